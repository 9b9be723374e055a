/* SPDX-License-Identifier: MIT */
/*
 * Casts: which go (REFERENCE 2.3), and what they warn about.
 */
#include <string.h>

#include "internal.h"

static bool
is_byte_array(const struct type *t)
{
	return t->kind == TY_ARRAY && t->to->kind == TY_INT && t->to->size == 1;
}

static bool
is_int_array(const struct type *t)
{
	return t->kind == TY_ARRAY && t->to->kind == TY_INT;
}

static bool
int_to_array(const struct type *from, const struct type *to)
{
	return to->size == from->size ||
	       (to->size <= 8 && to->size > from->size);
}

static bool
from_scalar(const struct type *from, const struct type *to)
{
	switch (to->kind) {
	case TY_INT:
	case TY_BOOL:
	case TY_ENUM:
	case TY_POINTER:
		return true;
	case TY_ARRAY:
		return is_int_array(to) && from->kind != TY_POINTER &&
		       int_to_array(from, to);
	case TY_NOMINAL: /* username_t: 8 bytes that are an id */
		return from->kind == TY_INT && to->nominal->scalar;
	case TY_ERROR:
	case TY_NONE:
	case TY_STRING:
	case TY_BUFFER:
	case TY_STRUCT:
	case TY_TUPLE:
	case TY_RECORD:
		return false;
	}
	return false;
}

static bool
from_string(const struct type *from, const struct type *to)
{
	if (to->kind == TY_STRING)
		return to->size >= from->size;
	if (to->kind == TY_BOOL || to->kind == TY_POINTER)
		return true;
	return is_byte_array(to) && to->size == from->size;
}

static bool
allowed(const struct type *from, const struct type *to)
{
	if (from == to)
		return from->kind != TY_STRUCT;
	if (type_is_int(from) || from->kind == TY_POINTER)
		return from_scalar(from, to);
	if (from->kind == TY_STRING)
		return from_string(from, to);
	if (from->kind == TY_BUFFER || from->kind == TY_TUPLE ||
	    from->kind == TY_RECORD)
		return to->kind == TY_POINTER;
	if (from->kind == TY_ARRAY)
		return is_int_array(from) && type_is_int(to) &&
		       from->size == to->size;
	if (from->kind == TY_STRUCT) /* a type by two names */
		return to->kind == TY_STRUCT && from->size == to->size &&
		       from->name == to->name;
	return false;
}

/* The part of "(T)x" that is the parenthesised type. */
static struct span
type_span(const struct node *n)
{
	struct span at = n->span;

	if (n->cast.to->span.end && n->cast.to->span.end + 1 <= at.end)
		at.end = n->cast.to->span.end + 1;
	return at;
}

static void
warn_needless(struct sema *s, const struct node *n, const struct type *to)
{
	struct node at = { .span = type_span(n) };

	if (s->asked)
		return;
	sema_warn(s, &at, "Unnecessary cast: expression is already of type %s",
		  type_name(to));
	sema_rank(s, DIAG_MEANING);
}

/* One type, wherever its pointers lead. */
static bool
is_same(struct sema *s, const struct type *from, const struct type *to)
{
	if (from->kind == TY_POINTER && to->kind == TY_POINTER)
		return from->to == to->to;
	return type_settle(s->t, from) == to;
}

bool
refuse_variant(struct sema *s, const struct node *at, const struct type *to,
	       int64_t value)
{
	const char *name = type_name(to);

	if (!strncmp(name, "enum ", 5))
		name += 5;
	return sema_error(s, at,
			  "Enum: %s doesn't contain a variant value of %lld",
			  name, (long long)value);
}

/* A literal cast to an enum has to be one of its constants. */
static bool
is_variant(struct sema *s, const struct node *n, const struct type *to)
{
	struct node at = { .span = type_span(n) };
	int64_t v;

	if (to->kind != TY_ENUM || !sema_literal_int(n->cast.x, &v) || v < 0 ||
	    type_enum_value(to, (uint64_t)v))
		return true;
	return refuse_variant(s, &at, to, v);
}

/* Of the pointer that a value is cast to: a value that is no scalar lies in
 * the program's own memory, and its address is taken. */
static enum addrspace
space_of(const struct sema *s, const struct node *x)
{
	if (x->type->kind == TY_POINTER)
		return x->type->as;
	if (!type_is_scalar(x->type))
		return AS_BPF;
	while (x->kind == N_CAST)
		x = x->cast.x;
	return x->kind != N_INT && has_no_space(s) ? AS_ANY : AS_NONE;
}

/* As it is written where it has no size of its own. */
static const char *
target_name(const struct node *n, const struct type *to)
{
	const struct type_expr *t = n->cast.to;

	if (to->kind == TY_STRING && t->name && !t->suffixes.n)
		return t->name;
	return type_name(to);
}

/* The integer of an aggregation, which is of no type that the script chose:
 * @c, or the second of what a loop over them has. */
static bool
is_cell(const struct node *x)
{
	const struct node *v = NULL;
	int64_t i;

	if (is_implicit(x))
		return true;
	if (x->kind == N_FIELD && !x->field.name && x->field.index == 1)
		v = x->field.x;
	if (x->kind == N_INDEX && sema_literal_int(x->index.index, &i) &&
	    i == 1)
		v = x->index.x;
	return v && v->kind == N_VAR && v->var.var && v->var.var->of_cells;
}

void
check_cast(struct sema *s, struct node *n)
{
	struct node *x = n->cast.x;
	const struct type *to;

	check_expr(s, x);
	if (x->type && int_type_of(s, x->type) && is_aggregate(x->type))
		sema_as_int(s, x);
	to = resolve_type(s, n->cast.to, x->type);
	n->type = to;
	if (is_error(x->type) || is_error(to) || (!to && x->type)) {
		n->type = type_error(s->t);
		return;
	}
	if (!to || !x->type)
		return;
	if (!is_variant(s, n, to)) {
		n->type = type_error(s->t);
		return;
	}
	if (!allowed(x->type, to)) {
		struct node at = { .span = type_span(n) };

		n->type = type_error(s->t);
		if (x->type->kind == TY_STRUCT)
			sema_error(s, &at, "Cannot cast from C type \"%s\"",
				   type_name(x->type));
		else
			sema_error(s, &at, "Cannot cast from \"%s\" to \"%s\"",
				   type_name(x->type), target_name(n, to));
		return;
	}
	if (is_same(s, x->type, to) && to->kind != TY_ARRAY && !is_cell(x))
		warn_needless(s, n, to);
	if (to->kind == TY_POINTER && to->as == AS_NONE)
		n->type = type_pointer(s->t, to->to, space_of(s, x));
}
