/* SPDX-License-Identifier: MIT */
/*
 * Owns the words of the reference evaluator that give a value made of their
 * arguments: REFERENCE 4.3.
 */
#include <string.h>
#include <sys/socket.h>

#include "eval.h"

static struct val
arg(struct ev *e, const struct node *n, uint32_t i)
{
	struct val v = eval(e, n->call.args.v[i]);

	if (!e->sorry && !type_is_scalar(v.t) && !v.p)
		e->sorry = "an argument";
	return v;
}

static uint32_t
length(struct val s)
{
	return (uint32_t)strnlen((char *)s.p, s.t->size);
}

/* 0: equal in the first n bytes. */
static struct val
word_strncmp(struct ev *e, const struct node *n)
{
	struct val a = arg(e, n, 0), b = arg(e, n, 1), r = { .t = n->type };
	uint64_t len = arg(e, n, 2).i;

	if (e->sorry)
		return r;
	if (len > a.t->size)
		len = a.t->size;
	if (len > b.t->size)
		len = b.t->size;
	r.i = strncmp((char *)a.p, (char *)b.p, len) != 0;
	return r;
}

/* str(s, n): at most n - 1 characters. */
static struct val
word_str(struct ev *e, const struct node *n)
{
	struct val v = arg(e, n, 0), r = eval_zero(e, n->type);
	size_t len;

	if (e->sorry || v.t->kind != TY_STRING) {
		e->sorry = e->sorry ? e->sorry : "str() of this";
		return r;
	}
	len = length(v);
	if (n->call.args.n > 1) {
		uint64_t max = eval(e, n->call.args.v[1]).i;

		len = !max ? 0 : max - 1 < len ? max - 1 : len;
	}
	memcpy(r.p, v.p, len < n->type->size ? len : n->type->size);
	return r;
}

static struct val
word_strlen(struct ev *e, const struct node *n)
{
	struct val v = arg(e, n, 0);

	return (struct val){ .t = n->type, .i = e->sorry ? 0 : length(v) };
}

static int
find(struct val hay, struct val needle)
{
	uint32_t n = length(needle), room = length(hay);

	for (uint32_t i = 0; i + n <= room; i++)
		if (!memcmp(hay.p + i, needle.p, n))
			return (int)i;
	return -2;
}

static struct val
word_strstr(struct ev *e, const struct node *n)
{
	struct val hay = arg(e, n, 0), needle = arg(e, n, 1);
	struct val r = { .t = n->type };

	if (e->sorry)
		return r;
	r.i = (uint64_t)(int64_t)find(hay, needle);
	if (n->type->kind == TY_BOOL)
		r.i = (int64_t)r.i >= 0;
	return r;
}

static struct val
word_str_concat(struct ev *e, const struct node *n)
{
	struct val a = arg(e, n, 0), b = arg(e, n, 1);
	struct val r = eval_zero(e, n->type);
	uint32_t na, nb;

	if (e->sorry)
		return r;
	na = length(a);
	nb = length(b);
	if (na + nb >= n->type->size)
		e->sorry = "a long str_concat()";
	else
		memcpy(r.p, a.p, na), memcpy(r.p + na, b.p, nb);
	return r;
}

static struct val
word_memcmp(struct ev *e, const struct node *n)
{
	struct val a = arg(e, n, 0), b = arg(e, n, 1), r = { .t = n->type };
	uint64_t len = arg(e, n, 2).i;

	if (e->sorry || len > a.t->size || len > b.t->size) {
		e->sorry = e->sorry ? e->sorry : "memcmp() past the end";
		return r;
	}
	for (uint64_t i = 0; i < len && !r.i; i++)
		r.i = (uint64_t)((int64_t)a.p[i] - b.p[i]);
	return r;
}

static struct val
word_bswap(struct ev *e, const struct node *n)
{
	struct val v = arg(e, n, 0);
	uint32_t size = n->type->size;

	return (struct val){ .t = n->type,
			     .i = __builtin_bswap64(v.i) >> (64 - 8 * size) };
}

static struct val
word_ntop(struct ev *e, const struct node *n)
{
	struct val v = arg(e, n, 0), r = eval_zero(e, n->type);
	uint64_t family = AF_INET;

	if (e->sorry || !type_is_scalar(v.t) || n->call.args.n > 1) {
		e->sorry = e->sorry ? e->sorry : "ntop() of this";
		return r;
	}
	memcpy(r.p, &family, 8);
	memcpy(r.p + 8, &v.i, 4);
	return r;
}

static struct val
word_buf(struct ev *e, const struct node *n)
{
	struct val v = arg(e, n, 0), r = eval_zero(e, n->type);

	if (e->sorry || v.t->kind != TY_ARRAY || n->call.args.n > 1) {
		e->sorry = e->sorry ? e->sorry : "buf() of this";
		return r;
	}
	memcpy(r.p, &v.t->size, 4);
	memcpy(r.p + 4, v.p, v.t->size);
	return r;
}

static const struct {
	const char *name;
	struct val (*run)(struct ev *e, const struct node *n);
} words[] = {
	{ "strncmp", word_strncmp },    { "str", word_str },
	{ "strlen", word_strlen },      { "strstr", word_strstr },
	{ "strcontains", word_strstr }, { "str_concat", word_str_concat },
	{ "memcmp", word_memcmp },      { "bswap", word_bswap },
	{ "ntop", word_ntop },          { "buf", word_buf },
};

bool
eval_word(struct ev *e, const struct node *n, struct val *r)
{
	for (size_t i = 0; n->call.word && i < ARRAY_LEN(words); i++)
		if (!strcmp(words[i].name, n->call.word->name)) {
			*r = words[i].run(e, n);
			return true;
		}
	return false;
}
