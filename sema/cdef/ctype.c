/* SPDX-License-Identifier: MIT */
/*
 * C types: the basic ones (LP64, x86-64 SysV and AAPCS64), those made from
 * others, their sizes.
 */
#include <string.h>

#include "internal.h"

static const struct ctype basic_types[B_COUNT] = {
	[B_VOID] = { .kind = CK_VOID, .size = 0, .align = 1 },
	[B_BOOL] = { .kind = CK_BOOL, .size = 1, .align = 1 },
	[B_CHAR] = { .kind = CK_INT,
		     .size = 1,
		     .align = 1,
		     .is_signed = true,
		     .is_char = true },
	[B_SCHAR] = { .kind = CK_INT,
		      .size = 1,
		      .align = 1,
		      .is_signed = true },
	[B_UCHAR] = { .kind = CK_INT, .size = 1, .align = 1 },
	[B_SHORT] = { .kind = CK_INT,
		      .size = 2,
		      .align = 2,
		      .is_signed = true },
	[B_USHORT] = { .kind = CK_INT, .size = 2, .align = 2 },
	[B_INT] = { .kind = CK_INT, .size = 4, .align = 4, .is_signed = true },
	[B_UINT] = { .kind = CK_INT, .size = 4, .align = 4 },
	[B_LONG] = { .kind = CK_INT, .size = 8, .align = 8, .is_signed = true },
	[B_ULONG] = { .kind = CK_INT, .size = 8, .align = 8 },
	[B_INT128] = { .kind = CK_INT,
		       .size = 16,
		       .align = 16,
		       .is_signed = true },
	[B_UINT128] = { .kind = CK_INT, .size = 16, .align = 16 },
	[B_FLOAT] = { .kind = CK_FLOAT, .size = 4, .align = 4 },
	[B_DOUBLE] = { .kind = CK_FLOAT, .size = 8, .align = 8 },
	[B_LDOUBLE] = { .kind = CK_FLOAT, .size = 16, .align = 16 },
};

void
ctypes_init(struct cparser *p)
{
	int i;

	for (i = 0; i < B_COUNT; i++)
		p->basic[i] = &basic_types[i];
}

static struct ctype *
ctype_new(struct cparser *p, enum ckind kind, const struct ctype *to,
	  uint64_t size, uint32_t align)
{
	struct ctype *t = arena_alloc(p->arena, sizeof(*t));

	t->kind = kind;
	t->to = to;
	t->size = size;
	t->align = align;
	return t;
}

const struct ctype *
ctype_pointer(struct cparser *p, const struct ctype *to)
{
	return ctype_new(p, CK_POINTER, to, 8, 8);
}

const struct ctype *
ctype_func(struct cparser *p, const struct ctype *result)
{
	return ctype_new(p, CK_FUNC, result, 1, 1);
}

const struct ctype *
ctype_array(struct cparser *p, const struct ctype *of, uint64_t count,
	    bool unsized)
{
	struct ctype *t = ctype_new(p, CK_ARRAY, of, 0, 0);

	t->count = count;
	t->unsized = unsized;
	return t;
}

enum { SIZE_LIMIT = 1 << 30 }; /* bytes of any object worth describing */

uint64_t
ctype_size(const struct ctype *t)
{
	uint64_t size;

	switch (t->kind) {
	case CK_ARRAY:
		size = ctype_size(t->to);
		if (size && t->count > SIZE_LIMIT / size)
			return SIZE_LIMIT;
		return size * t->count;
	case CK_RECORD:
	case CK_ENUM:
		return t->size ? t->size : t->tag->size;
	case CK_OUTSIDE:
		return t->outside->size;
	case CK_VOID:
		return 1;
	case CK_BOOL:
	case CK_INT:
	case CK_FLOAT:
	case CK_POINTER:
	case CK_FUNC:
		break;
	}
	return t->size;
}

uint32_t
ctype_align(const struct ctype *t)
{
	if (t->align)
		return t->align;
	switch (t->kind) {
	case CK_ARRAY:
		return ctype_align(t->to);
	case CK_RECORD:
	case CK_ENUM:
		return t->tag->align ? t->tag->align : 1;
	case CK_OUTSIDE:
		return t->outside->align ? t->outside->align : 1;
	case CK_VOID:
	case CK_BOOL:
	case CK_INT:
	case CK_FLOAT:
	case CK_POINTER:
	case CK_FUNC:
		break;
	}
	return 1;
}

bool
ctype_complete(const struct ctype *t)
{
	while (t->kind == CK_ARRAY)
		t = t->to;
	if (t->kind == CK_RECORD || t->kind == CK_ENUM)
		return t->tag->complete;
	return t->kind != CK_VOID;
}

bool
ctype_same(const struct ctype *a, const struct ctype *b)
{
	for (;; a = a->to, b = b->to) {
		if (a == b)
			return true;
		if (a->kind != b->kind)
			return false;
		switch (a->kind) {
		case CK_VOID:
		case CK_BOOL:
			return true;
		case CK_INT:
		case CK_FLOAT:
			return a->size == b->size &&
			       a->is_signed == b->is_signed;
		case CK_RECORD:
		case CK_ENUM:
			return a->tag == b->tag;
		case CK_OUTSIDE:
			return a->outside == b->outside;
		case CK_ARRAY:
			if (a->count != b->count)
				return false;
			break;
		case CK_POINTER:
		case CK_FUNC:
			break;
		}
	}
}

static const struct cmember *
find_member(const struct ctag *tag, const char *name, uint64_t *bits,
	    unsigned depth)
{
	const struct cmember *m, *found;
	uint32_t i;

	for (i = 0; depth < NEST_MAX && i < tag->members.n; i++) {
		m = &tag->members.v[i];
		if (m->name && !strcmp(m->name, name)) {
			*bits += m->offset;
			return m;
		}
		if (m->name || m->type->kind != CK_RECORD)
			continue;
		found = find_member(m->type->tag, name, bits, depth + 1);
		if (found) {
			*bits += m->offset;
			return found;
		}
	}
	return NULL;
}

const struct cmember *
ctag_member(const struct ctag *tag, const char *name, uint64_t *bits)
{
	return find_member(tag, name, bits, 0);
}
