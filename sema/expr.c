/* SPDX-License-Identifier: MIT */
/*
 * Expressions: one dispatch over the node kinds, and those that are no
 * operator, access, cast or call. A type that is not known yet is NULL; what
 * depends on it waits for the next round.
 */
#include <string.h>

#include "internal.h"

enum { VALUE_MAX = 1 << 16 };

void
check_string(struct sema *s, struct node *n)
{
	uint64_t max = s->in->config->max_strlen;

	n->type = type_string(s->t, n->str.len + 1);
	if (n->str.len < max)
		return;
	n->type = type_error(s->t);
	sema_error(s, n, "String is too long (over %llu bytes): %s",
		   (unsigned long long)max, n->str.text);
}

/* A value that contains itself would grow from round to round. */
static void
limit_size(struct sema *s, struct node *n)
{
	if (!n->type || n->type->size <= VALUE_MAX)
		return;
	n->type = type_error(s->t);
	sema_error(s, n, "value is too large (over %d bytes)", VALUE_MAX);
}

/* An item of a tuple or record; NULL type: not known yet. */
static const struct type *
item_type(struct sema *s, struct node *n, struct node *item)
{
	check_value(s, item);
	if (!item->type || is_error(item->type))
		return item->type;
	if (item->type->kind == TY_NONE) {
		sema_error(s, n, "Value '%s' cannot be used in a tuple.",
			   type_name(item->type));
		return type_error(s->t);
	}
	if (is_aggregate(item->type) && !item->type->nominal->reduce) {
		sema_error(s, item, "Map type %s cannot exist inside a tuple.",
			   type_name(item->type));
		return type_error(s->t);
	}
	return item->type->flexible ? item->type
				    : type_settle(s->t, item->type);
}

static void
check_tuple(struct sema *s, struct node *n)
{
	uint32_t i, count = n->tuple.items.n;
	const struct type **items =
		arena_alloc(s->a, (count + 1) * sizeof(*items));
	const struct type *bad = NULL;
	bool known = true;

	for (i = 0; i < count; i++) {
		items[i] = item_type(s, n, n->tuple.items.v[i]);
		if (!items[i])
			known = false;
		else if (is_error(items[i]))
			bad = items[i];
	}
	n->type = bad ? bad : NULL;
	if (!bad && known)
		n->type = count ? type_tuple(s->t, items, count)
				: type_none(s->t);
	limit_size(s, n);
}

static void
check_record(struct sema *s, struct node *n)
{
	uint32_t i, count = n->record.items.n;
	const struct type **items =
		arena_alloc(s->a, (count + 1) * sizeof(*items));
	const char **names = arena_alloc(s->a, (count + 1) * sizeof(*names));
	const struct type *bad = NULL;
	bool known = true;

	for (i = 0; i < count; i++) {
		names[i] = n->record.items.v[i].name;
		items[i] = item_type(s, n, n->record.items.v[i].value);
		if (!items[i])
			known = false;
		else if (is_error(items[i]))
			bad = items[i];
	}
	n->type = bad ? bad : NULL;
	if (!bad && known)
		n->type = type_record(s->t, names, items, count);
	limit_size(s, n);
}

/* The common type of two branches; `whole` is underlined. */
static const struct type *
branch_type(struct sema *s, const struct node *whole, const struct type *a,
	    const struct type *b)
{
	const struct type *t;

	if (!a || !b)
		return a ? a : b;
	if (is_error(a) || is_error(b))
		return type_error(s->t);
	t = type_promote(s->t, a, b);
	if (t)
		return type_settle(s->t, t);
	sema_error(s, whole,
		   "Branches must return the same type or compatible types: "
		   "have '%s' and '%s'",
		   type_name(a), type_name(b));
	return type_error(s->t);
}

static void
take_literal(struct node *n, bool first)
{
	struct span at = n->span;

	if (!first)
		*n = *n->ternary.other;
	else
		*n = n->ternary.then ? *n->ternary.then : *n->ternary.cond;
	n->span = at;
}

static void
check_ternary(struct sema *s, struct node *n)
{
	struct node *c = n->ternary.cond, *then = n->ternary.then;
	struct node *other = n->ternary.other;
	int64_t v;

	check_value(s, c);
	check_condition(s, c, n->span);
	if (then)
		check_value(s, then);
	check_value(s, other);
	if (is_literal(c) && is_literal(other) && (!then || is_literal(then))) {
		/* Literals alone may be of any two types. */
		take_literal(n, sema_literal_int(c, &v) && v);
		return;
	}
	n->type = branch_type(s, n, then ? then->type : c->type, other->type);
	if (n->type) {
		warn_sign(s, then ? then : c, n->type);
		warn_sign(s, other, n->type);
	}
}

static void
check_comptime(struct sema *s, struct node *n)
{
	struct node *x = n->expr.x;

	check_value(s, x);
	n->type = x->type;
	if (sema_is_constant(x)) {
		*n = *x;
		return;
	}
	if (is_error(x->type))
		return;
	n->type = type_error(s->t);
	sema_error(s, n, "Unable to resolve comptime expression");
}

/* The value of an `if` whose parts are checked: of all its branches. */
static void
set_if_type(struct sema *s, struct node *n)
{
	struct node *other = n->cond.other;

	if (other && other->kind == N_IF)
		set_if_type(s, other);
	if (!other || !n->cond.then->type || !other->type) {
		n->type = other ? NULL : type_none(s->t);
		return;
	}
	n->type = branch_type(s, n, n->cond.then->type, other->type);
}

static void
check_if_value(struct sema *s, struct node *n)
{
	int64_t v;

	check_if(s, n);
	if (n->kind != N_IF)
		return;
	/* What a literal leaves out may have any type. */
	while (n->kind == N_IF && n->cond.other && is_number(n->cond.cond)) {
		sema_literal_int(n->cond.cond, &v);
		*n = v ? *n->cond.then : *n->cond.other;
	}
	if (n->kind == N_IF)
		set_if_type(s, n);
}

void
take_args(struct sema *s, struct node *n)
{
	const struct type *t = n->type;
	struct node *x;

	if (n->kind != N_CALL || !n->call.word || !t || n->call.args.n ||
	    !(n->call.word->flags & WORD_ARGS) || t->kind != TY_POINTER)
		return;
	x = arena_alloc(s->a, sizeof(*x));
	*x = *n;
	memset(&n->unary, 0, sizeof(n->unary));
	n->kind = N_UNARY;
	n->unary.op = OP_DEREF;
	n->unary.x = x;
	n->type = t->to;
}

void
check_value(struct sema *s, struct node *n)
{
	check_expr(s, n);
	take_args(s, n);
	if (is_aggregate(n->type))
		sema_as_int(s, n);
}

static void
check_unsupported(struct sema *s, struct node *n)
{
	n->type = type_error(s->t);
	if (n->kind == N_TYPEOF) {
		sema_error(s, n,
			   "When used as a call argument, `typeof` builtin "
			   "only valid for macro calls that are expecting a "
			   "type parameter");
		return;
	}
	sema_error(s, n, "%s is not supported yet", ast_kind_name(n->kind));
}

static void
check_int(struct sema *s, struct node *n)
{
	n->type = type_literal(s->t, n->num.value, n->num.negative);
}

static void
check_bool(struct sema *s, struct node *n)
{
	n->type = type_bool(s->t);
}

static void
check_number_param(struct sema *s, struct node *n)
{
	check_param(s, n, false);
}

static void
check_param_count(struct sema *s, struct node *n)
{
	sema_make_int(s, n, s->in->params.n, false);
}

static void
check_map_read(struct sema *s, struct node *n)
{
	check_map(s, n, false, n->span);
}

/* clang-format off */
static void (*const checks[])(struct sema *s, struct node *n) = {
	[N_INT] = check_int,           [N_STR] = check_string,
	[N_BOOL] = check_bool,         [N_PARAM] = check_number_param,
	[N_PARAM_COUNT] = check_param_count,
	[N_IDENT] = check_ident,       [N_VAR] = check_var,
	[N_MAP] = check_map_read,      [N_CALL] = check_call,
	[N_UNARY] = check_unary,       [N_BINARY] = check_binary,
	[N_TERNARY] = check_ternary,   [N_CAST] = check_cast,
	[N_FIELD] = check_field,       [N_INDEX] = check_index,
	[N_TUPLE] = check_tuple,       [N_RECORD] = check_record,
	[N_SIZEOF] = check_sizeof,     [N_OFFSETOF] = check_offsetof,
	[N_COMPTIME] = check_comptime, [N_IF] = check_if_value,
	[N_BLOCK] = check_block,       [N_TYPEINFO] = check_typeinfo,
};
/* clang-format on */

/* Kinds without an entry are no expressions. */
static void
dispatch(struct sema *s, struct node *n)
{
	if (n->kind < ARRAY_LEN(checks) && checks[n->kind])
		checks[n->kind](s, n);
	else
		check_unsupported(s, n);
}

void
check_expr(struct sema *s, struct node *n)
{
	if (s->depth >= DEPTH_MAX) {
		n->type = type_error(s->t);
		sema_error(s, n, "expression is nested too deeply");
		return;
	}
	s->depth++;
	dispatch(s, n);
	s->depth--;
}
