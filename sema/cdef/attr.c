/* SPDX-License-Identifier: MIT */
/*
 * __attribute__((...)): those that change a layout; all others are skipped.
 */
#include <string.h>

#include "internal.h"

/* "packed" and "__packed__" are the same. */
static bool
is_attr(const struct cname *name, const char *word)
{
	const char *s = name->text;
	size_t n = name->len, len = strlen(word);

	if (n == len + 4 && !strncmp(s, "__", 2) && !strcmp(s + n - 2, "__"))
		s += 2;
	else if (n != len)
		return false;
	return !strncmp(s, word, len);
}

static uint32_t
mode_size(const struct cname *name)
{
	static const struct {
		const char *word;
		uint32_t bytes;
	} modes[] = {
		{ "QI", 1 }, { "byte", 1 }, { "HI", 2 },   { "SI", 4 },
		{ "DI", 8 }, { "TI", 16 },  { "word", 8 }, { "pointer", 8 },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(modes); i++)
		if (is_attr(name, modes[i].word))
			return modes[i].bytes;
	return 0;
}

/* The number in (n), the parenthesis being the current token. */
static uint32_t
attr_number(struct cparser *p)
{
	struct cvalue v;

	c_advance(p);
	v = c_constant(p);
	if (!c_expect(p, ')'))
		return 0;
	return v.v <= 1 << 20 ? (uint32_t)v.v : 0;
}

static bool
is_power_of_2(uint32_t n)
{
	return n && !(n & (n - 1));
}

static void
attr_aligned(struct cparser *p, struct cattr *attr)
{
	uint32_t n = 16;

	if (is_punct(&p->tok, '('))
		n = attr_number(p);
	if (is_power_of_2(n) && n > attr->align)
		attr->align = n;
}

static void
attr_one(struct cparser *p, struct cattr *attr)
{
	const struct cname *name;

	if (p->tok.kind != CT_NAME) {
		c_advance(p);
		return;
	}
	name = p->tok.name;
	c_advance(p);
	if (is_attr(name, "packed")) {
		attr->packed = true;
	} else if (is_attr(name, "aligned")) {
		attr_aligned(p, attr);
	} else if (is_attr(name, "mode") && is_punct(&p->tok, '(')) {
		c_advance(p);
		if (p->tok.kind == CT_NAME)
			attr->mode = mode_size(p->tok.name);
		c_advance(p);
		c_expect(p, ')');
	} else if (is_attr(name, "vector_size") && is_punct(&p->tok, '(')) {
		attr->vector = attr_number(p);
	} else if (is_punct(&p->tok, '(')) {
		c_skip_group(p);
	}
}

void
c_attrs(struct cparser *p, struct cattr *attr)
{
	while (!p->bad && c_at_keyword(p, KW_ATTRIBUTE)) {
		c_advance(p);
		if (!c_expect(p, '(') || !c_expect(p, '('))
			return;
		while (!p->bad && !is_punct(&p->tok, ')') &&
		       p->tok.kind != CT_EOF)
			attr_one(p, attr);
		if (!c_expect(p, ')') || !c_expect(p, ')'))
			return;
	}
}

static const struct ctype *
with_mode(struct cparser *p, const struct ctype *t, uint32_t bytes)
{
	static const uint8_t modes[2][17] = {
		{ [1] = B_UCHAR,
		  [2] = B_USHORT,
		  [4] = B_UINT,
		  [8] = B_ULONG,
		  [16] = B_UINT128 },
		{ [1] = B_SCHAR,
		  [2] = B_SHORT,
		  [4] = B_INT,
		  [8] = B_LONG,
		  [16] = B_INT128 },
	};

	if (t->kind != CK_INT)
		return t;
	return p->basic[modes[t->is_signed][bytes]];
}

const struct ctype *
c_attr_apply(struct cparser *p, const struct ctype *t, const struct cattr *attr)
{
	uint64_t size;

	if (attr->mode)
		t = with_mode(p, t, attr->mode);
	if (attr->vector && (size = ctype_size(t))) {
		struct ctype *v = arena_alloc(p->arena, sizeof(*v));

		*v = *ctype_array(p, t, attr->vector / size, false);
		v->align = attr->vector;
		t = v;
	}
	if (attr->align && p->is_typedef) {
		struct ctype *copy = arena_alloc(p->arena, sizeof(*copy));

		*copy = *t;
		copy->align = attr->align;
		t = copy;
	}
	return t;
}
