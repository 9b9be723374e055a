// SPDX-License-Identifier: MIT
/*
 * Words that look into strings and memory: strlen, strstr, strcontains,
 * str_concat, memcmp, bswap. A string, an array or a buffer is looked at where
 * it lies; what a pointer leads to is read first, up to max_strlen bytes.
 */
#include "internal.h"

#include <string.h>

struct view {
	struct mem m;
	uint32_t size;
};

static bool
is_text(const struct type *t)
{
	return t->kind == TY_STRING || t->kind == TY_POINTER ||
	       (t->kind == TY_ARRAY && t->to->size == 1);
}

/* The first `n` arguments are strings, arrays or pointers. */
static bool
texts_check(struct sema *s, struct node *n, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++) {
		const struct type *t = sema_arg(n, i)->type;

		if (!t || t->kind == TY_ERROR || is_text(t))
			continue;
		if (t->kind == TY_ARRAY)
			return sema_error(s, n,
					  "string-like arrays must contain a "
					  "char-like type");
		return sema_error(s, n,
				  "string-like values must be either strings, "
				  "arrays or pointers");
	}
	return true;
}

static bool
text_check(struct sema *s, struct node *n)
{
	return texts_check(s, n, 1);
}

static bool
two_texts_check(struct sema *s, struct node *n)
{
	return texts_check(s, n, 2);
}

/* Bytes behind a pointer: `str`: up to a NUL, else all `size`. */
static struct view
read_view(struct lower *l, const struct node *n, unsigned i, uint32_t size,
	  bool str)
{
	struct view v = { .size = size };
	enum addrspace as = ir_arg_node(n, i)->type->as;

	as = as == AS_BPF ? AS_KERNEL : ir_space(l, as);
	v.m = ir_obj(l, size, 8);
	ir_mem_zero(l, v.m, str ? 1 : size);
	ir_probe_read(l, as, v.m, ir_const(l, size), ir_arg(l, n, i), str);
	return v;
}

static struct view
text_view(struct lower *l, const struct node *n, unsigned i)
{
	const struct type *t = ir_arg_node(n, i)->type;
	struct view v;

	if (t->kind == TY_POINTER)
		return read_view(l, n, i,
				 (uint32_t)ir_prog(l)->config->max_strlen,
				 true);
	v.m = ir_arg_mem(l, n, i);
	v.size = t->size;
	return v;
}

/* ---- strlen, strstr, strcontains, str_concat ---- */

static bool
strlen_check(struct sema *s, struct node *n)
{
	const struct node *x = sema_arg(n, 0);

	if (!text_check(s, n))
		return false;
	if (x->kind == N_STR) {
		sema_make_int(s, n, strlen(x->str.text), false);
		n->type = type_int(sema_types(s), 8, false);
	}
	return true;
}

static struct ref
strlen_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct view v = text_view(l, n, 0);

	(void)dst;
	return ir_str_len(l, v.m, v.size);
}

static struct ref
strstr_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct view hay = text_view(l, n, 0), needle = text_view(l, n, 1);

	(void)dst;
	return ir_str_find(l, hay.m, hay.size, needle.m, needle.size);
}

static struct ref
strcontains_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	return ir_cmp(l, CC_SGE, strstr_lower(l, n, dst), ir_const(l, 0));
}

/* The second string goes behind the first in memory that holds both at their
 * full size, so that no length needs a check. */
static struct ref
concat_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct view a = text_view(l, n, 0), b = text_view(l, n, 1);
	bool direct = a.size + b.size <= n->type->size;
	struct mem all = direct ? *dst : ir_obj(l, a.size + b.size, 8), at;
	struct ref len = ir_str_len(l, a.m, a.size);
	struct blk *in = ir_blk(l), *done = ir_blk(l);

	ir_mem_zero(l, all, direct ? n->type->size : a.size + b.size);
	ir_mem_copy(l, all, a.m, a.size);
	/* Always true; said to the verifier. */
	ir_br(l, CC_ULE, len, ir_const(l, a.size), in, done);
	ir_seal(l, in);
	ir_at(l, in);
	at = (struct mem){ ir_bin(l, IR_ADD, ir_addr(l, all), len), 0 };
	ir_probe_read(l, AS_KERNEL, at, ir_const(l, b.size), ir_addr(l, b.m),
		      true);
	ir_jmp(l, done);
	ir_seal(l, done);
	ir_at(l, done);
	if (!direct) {
		ir_mem_copy(l, *dst, all, n->type->size);
		ir_store(l, dst->base, dst->off + (int32_t)n->type->size - 1,
			 ir_const(l, 0), 1);
	}
	return REF_NONE;
}

/* ---- memcmp ---- */

static bool
memcmp_check(struct sema *s, struct node *n)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		const struct type *t = sema_arg(n, i)->type;

		if (t && t->kind == TY_NONE)
			return sema_error(s, n,
					  "memcmp() can not compare a value of "
					  "type '%s'",
					  type_name(t));
	}
	return true;
}

static struct view
memory_view(struct lower *l, const struct node *n, unsigned i)
{
	const struct node *x = ir_arg_node(n, i);
	uint32_t size = (uint32_t)ir_prog(l)->config->max_strlen;
	struct view v = { .size = x->type->size };
	int64_t limit;

	if (x->type->kind == TY_POINTER) {
		if (sema_literal_int(ir_arg_node(n, 2), &limit) && limit > 0 &&
		    limit < size)
			size = (uint32_t)limit;
		return read_view(l, n, i, size, false);
	}
	if (!type_is_scalar(x->type)) {
		v.m = ir_arg_mem(l, n, i);
		return v;
	}
	v.m = ir_obj(l, 8, 8);
	ir_store(l, v.m.base, v.m.off, ir_arg(l, n, i), 8);
	return v;
}

static struct ref
memcmp_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct view a = memory_view(l, n, 0), b = memory_view(l, n, 1);
	struct ref count = ir_arg(l, n, 2);

	(void)dst;
	return ir_mem_order(l, a.m, b.m, a.size < b.size ? a.size : b.size,
			    count);
}

/* ---- bswap ---- */

static uint64_t
swapped(uint64_t v, unsigned bytes)
{
	return __builtin_bswap64(v) >> (64 - 8 * bytes);
}

static bool
bswap_check(struct sema *s, struct node *n)
{
	const struct node *x = sema_arg(n, 0);
	const struct type *t = x->type;

	if (!t || t->kind == TY_ERROR) {
		n->type = t;
		return true;
	}
	if (!type_is_int(t) || t->kind == TY_BOOL)
		return sema_error(s, n,
				  "bswap() only supports integer arguments (%s "
				  "provided)",
				  sema_kind_name(t));
	t = type_int(sema_types(s), t->size, false);
	if (x->kind == N_INT)
		sema_make_int(s, n, swapped(x->num.value, t->size), false);
	n->type = t;
	return true;
}

static struct ref
bswap_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct ref v = ir_arg(l, n, 0);

	(void)dst;
	if (n->type->size == 1)
		return ir_un(l, IR_ZEXT, v, 1);
	return ir_un(l, IR_BSWAP, v, n->type->size);
}

static bool
default_length_check(struct sema *s, struct node *n)
{
	sema_make_int(s, n, sema_config(s)->max_strlen, false);
	n->type = type_int(sema_types(s), 8, false);
	return true;
}

/* clang-format off */
const struct builtin bytes_words[] = {
	{ "strlen", "(any) -> uint64", "length of a string", WORD_MACRO,
	  .check = strlen_check, .lower = strlen_lower },
	{ "strstr", "(any, any) -> int32", "where a string stands in another",
	  WORD_MACRO, .check = two_texts_check, .lower = strstr_lower },
	{ "strcontains", "(any, any) -> bool", "whether a string holds another",
	  WORD_MACRO, .check = two_texts_check, .lower = strcontains_lower },
	{ "str_concat", "(any, any) -> string[1024]", "two strings as one",
	  WORD_MACRO, .check = two_texts_check, .lower = concat_lower },
	{ "memcmp", "(any, any, int) -> int32", "compares bytes", WORD_MACRO,
	  .check = memcmp_check, .lower = memcmp_lower },
	{ "bswap", "(any) -> auto", "the bytes in reverse order", WORD_CONST,
	  .check = bswap_check, .lower = bswap_lower },
	{ "default_str_length", "auto", "the largest string, max_strlen",
	  WORD_MACRO | WORD_CONST, .check = default_length_check },
	{ 0 },
};
/* clang-format on */
