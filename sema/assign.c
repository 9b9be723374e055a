/* SPDX-License-Identifier: MIT */
/*
 * let, = and the compound assignments, to variables and maps.
 */
#include <string.h>

#include "internal.h"

/* ---- values that cannot be kept ---- */

/* Where the value of branches and blocks comes from. */
static const struct node *
giver(const struct node *n)
{
	for (;;) {
		if (n->kind == N_TERNARY)
			n = n->ternary.other;
		else if (n->kind == N_IF)
			n = n->cond.then;
		else if (n->kind == N_BLOCK && n->block.value)
			n = n->block.value;
		else
			return n;
	}
}

/* Turns an aggregation into its integer. False: reported. */
static bool
value_allowed(struct sema *s, const struct node *at, struct node *value,
	      const char *where)
{
	const struct type *t = value->type;

	if (!t || is_error(t))
		return true;
	if (t->kind == TY_NONE && giver(value)->kind != N_CALL)
		return sema_error(s, at, "Invalid expression for assignment");
	if (t->kind == TY_NONE)
		return sema_error(s, at,
				  "Value 'void' cannot be assigned to a %s.",
				  where);
	if (is_aggregate(t) && sema_as_int(s, value))
		return true;
	if (!is_aggregate(t) && t->kind != TY_NONE)
		return true;
	return sema_error(s, at, "Value '%s' cannot be assigned to a %s.",
			  type_name(t), where);
}

/* ---- variables ---- */

static struct span
let_span(const struct node *n)
{
	struct span at = { n->span.begin, n->let.name_span.end };

	return at;
}

/* let $x: string; takes its size from the values. */
static bool
is_open_string(const struct type_expr *e)
{
	return e && e->name && e->tag == TAG_NONE && !e->suffixes.n &&
	       !strcmp(e->name, "string");
}

static void
let_type(struct sema *s, struct node *n, struct var *v)
{
	const struct type *t;

	if (!n->let.decl)
		return;
	if (is_open_string(n->let.decl)) {
		if (!v->type)
			v->type = type_string(s->t, 0);
		return;
	}
	t = resolve_type(s, n->let.decl, NULL);
	if (!t && s->final)
		t = type_error(s->t);
	if (t && (t->kind == TY_NONE || is_aggregate(t))) {
		sema_error_at(s, n->let.decl->span,
			      "Invalid variable declaration type: %s",
			      type_name(t));
		t = type_error(s->t);
	}
	if (t && !is_error(t)) {
		complete_value(s, t);
		v->declared = t;
	}
	if (t && v->type != t) {
		v->type = t;
		s->changed = true;
	}
}

void
check_let(struct sema *s, struct node *n)
{
	struct node *value = n->let.value;
	struct var *old, *v;

	n->type = type_none(s->t);
	if (value)
		check_expr(s, value);
	old = var_find(s, n->let.name);
	if (old) {
		sema_error_at(s, let_span(n),
			      "Variable $%s was already declared. Variable "
			      "shadowing is not allowed.",
			      var_text(s, n->let.name));
		var_note(s, old);
		return;
	}
	v = var_declare(s, n->let.name, let_span(n));
	n->let.var = v;
	v->is_let = true;
	let_type(s, n, v);
	if (value && value_allowed(s, n, value, "scratch variable"))
		var_assign(s, v, value, value->type, n->span);
	else if (value)
		v->assigned = true;
}

/* The operator and the value: what is underlined of `target op= value`. */
static struct span
operation_span(const struct node *n)
{
	struct span at = { n->assign.op_span.begin, n->span.end };

	return at;
}

/* The type of `target op value`. */
static const struct type *
compound_type(struct sema *s, struct node *n)
{
	struct node *x = n->assign.target, *value = n->assign.value;
	struct node at = { .kind = N_ASSIGN, .span = operation_span(n) };

	if (x->kind == N_VAR)
		check_var(s, x);
	if (is_aggregate(value->type))
		sema_as_int(s, value);
	if (int_type_of(s, x->type))
		return stepped_type(s, x->type, false);
	if (value->type && !is_error(value->type) &&
	    awaits_value(s, x, n->span))
		return NULL;
	/* What no number goes into clashes with the result, which is one. */
	if (x->type && value->type && !type_is_int(x->type) &&
	    x->type->kind != TY_POINTER && !is_error(x->type) &&
	    !is_error(value->type))
		return type_int(s->t, 8,
				type_is_int(value->type) &&
					value->type->is_signed);
	return binary_type(s, &at, n->assign.op, x, value);
}

static void
warn_narrow(struct sema *s, struct node *n, const struct var *v,
	    const struct type *type)
{
	struct node at = *n;

	at.span = operation_span(n);
	at.type = type;
	if (v->declared && v->declared->kind == TY_INT && type &&
	    type->kind == TY_INT && loses(type, v->declared))
		warn_cast(s, &at, v->declared);
}

static void
warn_sign_of(struct sema *s, const struct node *at, const struct type *t,
	     const struct type *to)
{
	struct node value = *at;
	uint32_t i;

	value.type = t;
	if (t->kind == TY_TUPLE && to->kind == TY_TUPLE)
		for (i = 0; i < t->nfields && i < to->nfields; i++)
			warn_sign_of(s, at, t->fields[i].type,
				     to->fields[i].type);
	if (to->kind == TY_INT && to->is_signed && !t->is_signed &&
	    t->size == 8 && (t->kind == TY_INT || t->kind == TY_ENUM))
		warn_cast(s, &value, to);
}

bool
is_implicit(const struct node *n)
{
	return n->kind == N_CAST && !n->cast.head.end;
}

/* A non-literal uint64 or an enum that others made int64, in tuples, too; no
 * aggregation, whose integer is of no type that the script chose. */
void
warn_sign(struct sema *s, const struct node *value, const struct type *to)
{
	uint32_t i;

	if (!s->final || !value->type || !to || is_implicit(value) ||
	    (is_literal(value) && value->type->kind != TY_ENUM))
		return;
	if (value->kind != N_TUPLE || to->kind != TY_TUPLE) {
		warn_sign_of(s, value, value->type, to);
		return;
	}
	for (i = 0; i < value->tuple.items.n && i < to->nfields; i++)
		warn_sign(s, value->tuple.items.v[i], to->fields[i].type);
}

static void
assign_var(struct sema *s, struct node *n)
{
	struct node *target = n->assign.target, *value = n->assign.value;
	bool compound = n->assign.op != OP_ASSIGN;
	const struct type *type;
	struct var *v;

	check_expr(s, value);
	if (!value_allowed(s, n, value, "scratch variable"))
		type = type_error(s->t);
	else
		type = compound ? compound_type(s, n) : value->type;
	v = var_find(s, target->var.name);
	if (compound && !v) /* reported; the name stands for something now */
		type = type_error(s->t);
	if (!v)
		v = var_declare(s, target->var.name, n->span);
	target->var.var = v;
	if (compound)
		warn_narrow(s, n, v, type);
	var_assign(s, v, compound ? NULL : value, type, n->span);
	target->type = v->type;
	if (type && !compound && !v->declared)
		warn_sign(s, value, v->type);
}

/* ---- maps ---- */

/* "count()", "hist(retval)": the word that makes values of this type. */
static const char *
maker_of(struct sema *s, const struct type *t)
{
	const struct builtin *const *family;
	const struct builtin *w;
	size_t len;

	for (family = s->in->lang->words; *family; family++)
		for (w = *family; w->name; w++) {
			len = strlen(w->name);
			if (!(w->flags & WORD_AGG) ||
			    strncmp(w->name, t->nominal->name, len) ||
			    strcmp(t->nominal->name + len, "_t"))
				continue;
			return arena_printf(s->a, "%s(%s)", w->name,
					    word_signature(s, w)->min ? "retval"
								      : "");
		}
	return type_name(t);
}

static bool
refuse_copy(struct sema *s, struct node *n)
{
	const struct type *t = n->assign.value->type;
	const char *to = n->assign.target->map.name;

	sema_error(s, n,
		   "Map value '%s' cannot be assigned from one map to another. "
		   "The function that returns this type must be called "
		   "directly e.g. `@%s = %s;`.",
		   type_name(t), to, maker_of(s, t));
	if (s->final && int_type_of(s, t))
		diag_hint(s->d,
			  "Add a cast to integer if you want the value of the "
			  "aggregate, e.g. `@%s = (int64)@%s;`.",
			  to,
			  n->assign.value->kind == N_MAP
				  ? n->assign.value->map.name
				  : "");
	return false;
}

/* What is stored, or NULL: reported, or not known yet. */
static const struct type *
map_value(struct sema *s, struct node *n, struct span *at)
{
	struct node *value = n->assign.value;

	if (value->kind == N_CALL && n->assign.op == OP_ASSIGN)
		value->call.target = n->assign.target;
	check_expr(s, value);
	take_args(s, value);
	if (!value->type || is_error(value->type))
		return value->type;
	if (n->assign.op != OP_ASSIGN)
		return compound_type(s, n);
	if (value->kind == N_CALL && is_aggregate(value->type)) {
		*at = value->span;
		return value->type;
	}
	if (is_aggregate(value->type)) {
		refuse_copy(s, n);
		return NULL;
	}
	return value_allowed(s, n, value, "map") ? value->type : NULL;
}

struct step_search {
	const char *map;
	bool found;
};

static bool
find_step(struct node *n, void *arg)
{
	struct step_search *f = arg;

	if (n->kind == N_UNARY && n->unary.op >= OP_PREINC &&
	    n->unary.x->kind == N_MAP && !strcmp(n->unary.x->map.name, f->map))
		f->found = true;
	return !f->found;
}

/* @x op= value reads @x first. That shows when the value steps @x: then it is
 * written out as @x = @x op value. */
static void
write_out(struct sema *s, struct node *n)
{
	struct step_search f = { n->assign.target->map.name, false };
	struct node *x;

	walk(n->assign.value, find_step, &f);
	if (!f.found)
		return;
	x = arena_alloc(s->a, sizeof(*x));
	x->kind = N_BINARY;
	x->span = operation_span(n);
	x->height = n->height;
	x->binary.op = n->assign.op;
	x->binary.op_span = n->assign.op_span;
	x->binary.l = ast_clone(s->a, n->assign.target);
	x->binary.r = n->assign.value;
	n->assign.value = x;
	n->assign.op = OP_ASSIGN;
}

/* The call is what goes into the map: its place is the mistake's. */
static bool
makes_aggregate(struct sema *s, const struct node *n)
{
	const struct builtin *w;

	if (n->kind != N_CALL)
		return false;
	w = find_word(s, n->call.name);
	return w && w->flags & WORD_AGG;
}

static void
assign_map(struct sema *s, struct node *n)
{
	struct node *target = n->assign.target;
	struct span at = n->span;
	const struct type *type;

	if (n->assign.op != OP_ASSIGN)
		write_out(s, n);
	check_map(s, target, true,
		  makes_aggregate(s, n->assign.value) ? n->assign.value->span
						      : target->span);
	if (n->assign.op == OP_ASSIGN)
		target->map.map->written++;
	type = map_value(s, n, &at);
	if (is_error(target->type))
		return;
	if (map_value_use(s, target->map.map, type, at))
		target->type = target->map.map->value;
	if (type && n->assign.op == OP_ASSIGN)
		warn_sign(s, n->assign.value, target->type);
}

void
check_assign(struct sema *s, struct node *n)
{
	n->type = type_none(s->t);
	if (n->assign.target->kind == N_VAR)
		assign_var(s, n);
	else
		assign_map(s, n);
}
