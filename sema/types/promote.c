/* SPDX-License-Identifier: MIT */
/*
 * The common type of two uses of one variable, map or branch: the promotion
 * table of REFERENCE 2.2, row by row.
 */
#include <string.h>

#include "../sema.h"
#include "internal.h"

static unsigned
max_size(const struct type *a, const struct type *b)
{
	return a->size > b->size ? a->size : b->size;
}

static const struct type *
promote_int(struct types *t, const struct type *a, const struct type *b)
{
	unsigned size = max_size(a, b);
	const struct type *s = a->is_signed ? a : b;
	const struct type *u = a->is_signed ? b : a;

	if (a->flexible && b->flexible)
		return a->size > b->size ? a : b;
	if (a->flexible || b->flexible)
		return type_int(t, size,
				a->flexible ? b->is_signed : a->is_signed);
	if (a->is_signed == b->is_signed)
		return type_int(t, size, a->is_signed);
	if (s->size > u->size)
		return s;
	return type_int(t, size < 8 ? size * 2 : 8, true);
}

static const struct type *
promote_enum(struct types *t, const struct type *a, const struct type *b)
{
	const struct type *i = a->kind == TY_INT ? a : b;
	const struct type *e = a->kind == TY_INT ? b : a;
	bool is_signed = i->is_signed;

	/* An enum is unsigned unless it has negative constants. */
	if (i->kind == TY_ENUM)
		is_signed = i->is_signed || e->is_signed;
	else if (i->flexible)
		is_signed = e->is_signed;
	return type_int(t, max_size(a, b) < 8 ? 4 : 8, is_signed);
}

/* Of what they point to; nothing but itself is like void. */
static const struct type *
promote_pointer(struct types *t, const struct type *a, const struct type *b)
{
	const struct type *to;

	if (a->to == b->to)
		return a->as != AS_NONE ? a : b;
	if (a->to->kind == TY_STRUCT || b->to->kind == TY_STRUCT)
		return !strcmp(a->to->name, b->to->name) ? a : NULL;
	to = type_promote(t, a->to, b->to);
	if (!to)
		return NULL;
	return type_pointer(t, to, a->as != AS_NONE ? a->as : b->as);
}

static const struct type *
promote_tuple(struct types *t, const struct type *a, const struct type *b)
{
	const struct type **items;
	uint32_t i;

	if (a->nfields != b->nfields)
		return NULL;
	items = arena_alloc(t->arena, (a->nfields + 1) * sizeof(*items));
	for (i = 0; i < a->nfields; i++) {
		items[i] =
			type_promote(t, a->fields[i].type, b->fields[i].type);
		if (!items[i])
			return NULL;
	}
	return type_tuple(t, items, a->nfields);
}

static const struct type *
promote_record(struct types *t, const struct type *a, const struct type *b)
{
	const struct type **items;
	const char **names;
	uint32_t i;

	if (a->nfields != b->nfields)
		return NULL;
	items = arena_alloc(t->arena, (a->nfields + 1) * sizeof(*items));
	names = arena_alloc(t->arena, (a->nfields + 1) * sizeof(*names));
	for (i = 0; i < a->nfields; i++) {
		const struct field *f = type_field(b, a->fields[i].name);

		items[i] =
			f ? type_promote(t, a->fields[i].type, f->type) : NULL;
		if (!items[i])
			return NULL;
		names[i] = a->fields[i].name;
	}
	return type_record(t, names, items, a->nfields);
}

static const struct type *
promote_nominal(const struct type *a, const struct type *b)
{
	if (a->nominal != b->nominal || memcmp(a->par, b->par, sizeof(a->par)))
		return NULL;
	return a->is_signed ? a : b;
}

/* Both of the same kind, and not the same type. */
static const struct type *
promote_same_kind(struct types *t, const struct type *a, const struct type *b)
{
	switch (a->kind) {
	case TY_INT:
		return promote_int(t, a, b);
	case TY_STRING:
	case TY_BUFFER:
		return a->size > b->size ? a : b;
	case TY_POINTER:
		return promote_pointer(t, a, b);
	case TY_ENUM:
		return promote_enum(t, a, b);
	case TY_TUPLE:
		return promote_tuple(t, a, b);
	case TY_RECORD:
		return promote_record(t, a, b);
	case TY_NOMINAL:
		return promote_nominal(a, b);
	case TY_STRUCT:
		return !strcmp(a->name, b->name) && a->size == b->size ? a
								       : NULL;
	case TY_ERROR:
	case TY_NONE:
	case TY_BOOL:
	case TY_ARRAY:
		return NULL;
	}
	return NULL;
}

const struct type *
type_promote(struct types *t, const struct type *a, const struct type *b)
{
	if (a == b)
		return a;
	if (a->kind == TY_ERROR || b->kind == TY_ERROR)
		return type_error(t);
	if (a->kind == b->kind)
		return promote_same_kind(t, a, b);
	if ((a->kind == TY_ENUM && b->kind == TY_INT) ||
	    (a->kind == TY_INT && b->kind == TY_ENUM))
		return promote_enum(t, a, b);
	return NULL;
}
