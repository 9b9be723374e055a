/* SPDX-License-Identifier: MIT */
/*
 * Loops. The body of a `for` becomes a callback of the kernel's: variables
 * from outside that it uses are marked as captured (scope.c).
 */
#include "internal.h"

enum { UNROLL_MAX = 100 };

void
check_while(struct sema *s, struct node *n)
{
	n->type = type_none(s->t);
	check_value(s, n->loop.cond);
	check_condition(s, n->loop.cond, n->span);
	s->loops++;
	check_block(s, n->loop.body);
	s->loops--;
}

static void
check_count(struct sema *s, const struct node *n)
{
	const struct node *c = n->loop.cond;

	if (!c->type || is_error(c->type))
		return;
	if (c->kind != N_INT || c->num.negative)
		sema_error(s, n, "invalid unroll value");
	else if (c->num.value < 1)
		sema_error(s, n, "unroll minimum value is 1");
	else if (c->num.value > UNROLL_MAX)
		sema_error(s, n, "unroll maximum value is %d", UNROLL_MAX);
}

void
check_unroll(struct sema *s, struct node *n)
{
	unsigned loops = s->loops;

	n->type = type_none(s->t);
	check_value(s, n->loop.cond);
	check_count(s, n);
	s->loops = 0; /* break and continue do not reach through */
	check_block(s, n->loop.body);
	s->loops = loops;
}

/* ---- for ---- */

static bool
bound_is_int(struct sema *s, const struct node *n, const struct node *bound,
	     const char *which)
{
	const struct type *t = bound->type;
	struct span head = n->span;

	if (!t || is_error(t))
		return false;
	if (type_is_int(t) && t->kind != TY_BOOL)
		return true;
	head.end = n->loop_for.to->span.end;
	return sema_error_at(s, head,
			     "Loop range requires an integer for the %s value",
			     which);
}

/* The loop variable's type: NULL unknown yet, or reported. */
static const struct type *
range_type(struct sema *s, struct node *n)
{
	struct node *from = n->loop_for.from, *to = n->loop_for.to;
	const struct type *t;
	bool good;

	check_value(s, from);
	check_value(s, to);
	good = bound_is_int(s, n, from, "start");
	if (!bound_is_int(s, n, to, "end") || !good)
		return is_error(from->type) || is_error(to->type) || s->final
			       ? type_error(s->t)
			       : NULL;
	t = type_promote(s->t, from->type, to->type);
	if (from->type->kind == TY_ENUM && to->type->kind == TY_INT)
		t = from->type; /* its names are printed */
	if (to->type->kind == TY_ENUM && from->type->kind == TY_INT)
		t = to->type;
	return t && type_is_int(t) ? t : type_int(s->t, 8, true);
}

static const struct type *
iterated_value(struct sema *s, struct node *n, struct mapdef *m)
{
	const struct type *t = m->value, *i;

	s->unknown |= !t;
	if (!t && s->desperate) {
		m->value = t = type_int(s->t, 8, true);
		s->changed = true;
	}
	if (!is_aggregate(t))
		return t ? type_settle(s->t, t) : NULL;
	i = int_type_of(s, t);
	if (i) {
		m->read_as_int = true;
		return i;
	}
	sema_error(s, n->loop_for.map,
		   "Loop expression does not support type: "
		   "%s",
		   type_name(t));
	return type_error(s->t);
}

/* The (key, value) tuple of a map. */
static const struct type *
map_item_type(struct sema *s, struct node *n)
{
	struct node *x = n->loop_for.map;
	struct mapdef *m = map_get(s, x->map.name, x->span);
	const struct type *items[2];

	x->map.map = m;
	x->type = type_none(s->t);
	m->iterated = true;
	if (m->scalar) {
		sema_error(s, x,
			   "@%s has no explicit keys (scalar map), and cannot "
			   "be used for iteration",
			   m->name);
		return type_error(s->t);
	}
	if (!m->keyed && s->final) {
		sema_error(s, x, "Undefined map: @%s", m->name);
		suggest_map(s, m->name);
		return type_error(s->t);
	}
	items[0] = m->key ? type_settle(s->t, m->key) : NULL;
	items[1] = iterated_value(s, n, m);
	if (is_error(items[0]) || is_error(items[1]))
		return type_error(s->t);
	return items[0] && items[1] ? type_tuple(s->t, items, 2) : NULL;
}

static void
declare_loop_var(struct sema *s, struct node *n, const struct type *t)
{
	struct var *old = var_find(s, n->loop_for.name), *v;

	if (old) {
		sema_error_at(s, n->loop_for.name_span,
			      "Loop declaration shadows existing variable: $%s",
			      var_text(s, n->loop_for.name));
		var_note(s, old);
	}
	v = var_declare(s, n->loop_for.name, n->loop_for.name_span);
	v->is_loop = true;
	v->of_cells = n->loop_for.map && n->loop_for.map->map.map &&
		      is_aggregate(n->loop_for.map->map.map->value);
	n->loop_for.var = v;
	var_assign(s, v, NULL, t, n->loop_for.name_span);
}

void
check_for(struct sema *s, struct node *n)
{
	const struct type *t;
	struct scope scope;

	n->type = type_none(s->t);
	t = n->loop_for.map ? map_item_type(s, n) : range_type(s, n);
	if (!s->fors++)
		s->loop_return = NULL;
	s->loops++;
	scope_push(s, &scope);
	declare_loop_var(s, n, t);
	check_block(s, n->loop_for.body);
	scope_pop(s);
	s->loops--;
	s->fors--;
}
