/* SPDX-License-Identifier: MIT */
/*
 * Scratch variables: block scopes, declarations, types. A variable lives from
 * round to round, found again by its name and the place of its declaration.
 *
 * A variable that is first assigned in an inner block and used after it was
 * one of the whole body in older dialects (REFERENCE 15). When such a use is
 * met, the name is noted as hoisted, and from the next round on its first
 * assignment declares it in the body's own scope.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

void
scope_push(struct sema *s, struct scope *sc)
{
	memset(sc, 0, sizeof(*sc));
	sc->up = s->scope;
	s->scope = sc;
}

void
scope_pop(struct sema *s)
{
	uint32_t i;

	for (i = s->scope->vars.n; i-- > 0;) {
		const struct scope_var *sv = &s->scope->vars.v[i];

		*vec_push(s->a, &s->gone) = sv->var;
		hmap_put(s->a, &s->visible, sv->var->name, sv->hidden);
	}
	s->scope = s->scope->up;
}

const char *
var_text(const struct sema *s, const char *name)
{
	const char *mark = strchr(name, '#');

	if (!mark)
		return name;
	return arena_strndup(s->a, name, (size_t)(mark - name));
}

struct var *
var_find(struct sema *s, const char *name)
{
	return hmap_get(&s->visible, name);
}

/* The variable that an earlier round declared here, or a new one. */
static struct var *
var_again(struct sema *s, const char *name, struct span at)
{
	struct unit *u = s->unit;
	struct var *v;
	char key[256];

	snprintf(key, sizeof(key), "%u %s", at.begin, name);
	v = hmap_get(s->known, key);
	if (v)
		return v;
	v = arena_alloc(s->a, sizeof(*v));
	v->name = name;
	v->span = at;
	v->id = u->vars.n;
	*vec_push(s->a, &u->vars) = v;
	hmap_put(s->a, s->known, arena_strdup(s->a, key), v);
	return v;
}

struct var *
var_declare(struct sema *s, const char *name, struct span at)
{
	struct scope *sc = s->scope;
	struct var *v = var_again(s, name, at);
	struct scope_var *sv;

	v->depth = s->fors;
	v->captured = v->assigned = v->used = false;
	if (hmap_get(&s->hoisted, name)) {
		while (sc->up)
			sc = sc->up;
		v->depth = 0;
		v->captured = s->fors > 0;
	}
	sv = vec_push(s->a, &sc->vars);
	sv->var = v;
	sv->hidden = var_find(s, name);
	hmap_put(s->a, &s->visible, v->name, v);
	return v;
}

void
var_note(struct sema *s, const struct var *v)
{
	const char *what = "assignment";

	if (!s->final)
		return;
	if (v->is_loop)
		what = NULL;
	else if (v->is_let)
		what = "declaration";
	if (what)
		diag_note(s->d, v->span, "This is the initial %s.", what);
	else
		diag_note(s->d, v->span, "This is the loop variable.");
}

static void
note_capture(struct sema *s, struct var *v)
{
	if (s->fors > v->depth)
		v->captured = true;
}

/* A name whose block has ended: hoist it and learn more next round. */
static bool
hoist(struct sema *s, const char *name)
{
	uint32_t i;

	for (i = 0; i < s->gone.n; i++) {
		const struct var *v = s->gone.v[i];

		if (strcmp(v->name, name) || v->is_loop || v->is_let)
			continue;
		hmap_put(s->a, &s->hoisted, v->name, s);
		s->changed = true;
		return true;
	}
	return false;
}

const struct type *
read_type(struct sema *s, const struct type *t, const struct type *open)
{
	if (!t)
		return NULL;
	if (open && open->flexible)
		return open;
	return t->flexible ? t : type_settle(s->t, t);
}

void
check_var(struct sema *s, struct node *n)
{
	struct var *v = var_find(s, n->var.name);

	n->var.var = v;
	if (!v) {
		n->type = NULL;
		if (!s->final && hoist(s, n->var.name))
			return;
		n->type = type_error(s->t);
		sema_error(s, n, "Undefined or undeclared variable: $%s",
			   var_text(s, n->var.name));
		suggest_variable(s, n->var.name);
		return;
	}
	note_capture(s, v);
	v->used = true;
	if (!v->assigned && v->is_let && !s->loops && !s->asked)
		sema_warn(s, n, "Variable used before it was assigned: $%s",
			  var_text(s, v->name));
	n->type = v->declared ? type_settle(s->t, v->type)
			      : read_type(s, v->type, v->open);
	if (!v->type && s->final) {
		sema_error(s, n, "Could not resolve the type of this variable");
		n->type = v->type = type_error(s->t);
	}
}

static bool
clash(struct sema *s, const struct var *v, const struct type *type,
      struct span at)
{
	sema_error_at(s, at,
		      "Type mismatch for $%s: trying to assign value of type "
		      "'%s' when variable already has a type '%s'",
		      var_text(s, v->name), type_name(type),
		      type_name(v->type));
	if (s->final && v->span.begin != at.begin)
		var_note(s, v);
	return false;
}

/* Whether an integer literal's value fits an integer type. */
static bool
literal_fits(const struct node *n, const struct type *t)
{
	unsigned bits = t->size * 8;
	int64_t v = (int64_t)n->num.value;

	if (n->num.negative)
		return t->is_signed &&
		       (bits == 64 || v >= -((int64_t)1 << (bits - 1)));
	if (t->is_signed)
		return n->num.value <= (uint64_t)INT64_MAX >> (64 - bits);
	return bits == 64 || n->num.value >> bits == 0;
}

bool
loses(const struct type *from, const struct type *to)
{
	if (from->is_signed == to->is_signed || from->flexible)
		return from->size > to->size;
	return from->is_signed || from->size >= to->size;
}

/* An integer into an enum: a literal is one of its constants. */
static bool
assign_enum(struct sema *s, struct var *v, struct node *value,
	    const struct type *type, struct span at)
{
	if (!value)
		return true;
	if (value->kind != N_INT) {
		if (loses(type, v->type))
			warn_cast(s, value, v->type);
		return true;
	}
	if (value->num.negative)
		return clash(s, v, type, at);
	return type_enum_value(v->type, value->num.value) ||
	       refuse_variant(s, value, v->type, (int64_t)value->num.value);
}

/* Into a type that `let $x: T` fixed. */
static bool
assign_declared(struct sema *s, struct var *v, struct node *value,
		const struct type *type, struct span at)
{
	const struct type *d = v->type, *to;

	if (type->kind == TY_INT && d->kind == TY_INT) {
		if (value && value->kind == N_INT)
			return literal_fits(value, d) || clash(s, v, type, at);
		if (value && loses(type, d))
			warn_cast(s, value, d);
		return true;
	}
	if (d->kind == TY_POINTER && type->kind == TY_POINTER)
		return true;
	if (type->kind == TY_ENUM && d->kind == TY_INT) {
		if (value && loses(type, d))
			warn_cast(s, value, d);
		return true;
	}
	if (d->kind == TY_ENUM && type->kind == TY_INT)
		return assign_enum(s, v, value, type, at);
	to = type_promote(s->t, d, type);
	if (to != d)
		return clash(s, v, type, at);
	return true;
}

bool
var_assign(struct sema *s, struct var *v, struct node *value,
	   const struct type *type, struct span at)
{
	bool fresh = !v->type && !v->used && !v->assigned;
	const struct type *to;

	note_capture(s, v);
	v->assigned = true;
	if (!type || is_error(v->type))
		return true;
	if (is_error(type)) {
		if (s->final && !v->type)
			v->type = type;
		return true;
	}
	if (v->declared)
		return assign_declared(s, v, value, type, at);
	to = v->type ? type_promote(s->t, v->type, type) : type;
	if (!to)
		return clash(s, v, type, at);
	if (to != v->type) {
		/* Unless nobody has seen it yet, without, or of this type. */
		s->changed |= v->type ? v->used : !fresh;
		v->type = to;
	}
	return true;
}

bool
sema_assign_var(struct sema *s, const struct node *at, struct node *var,
		const struct type *type)
{
	if (!var->var.var)
		return true;
	return var_assign(s, var->var.var, NULL, type, at->span);
}

static int
by_place(const void *a, const void *b)
{
	const struct var *const *x = a, *const *y = b;

	return ((*x)->span.begin > (*y)->span.begin) -
	       ((*x)->span.begin < (*y)->span.begin);
}

void
scope_warnings(struct sema *s)
{
	uint32_t i;

	if (s->gone.n)
		qsort(s->gone.v, s->gone.n, sizeof(*s->gone.v), by_place);
	for (i = 0; i < s->gone.n; i++) {
		const struct var *v = s->gone.v[i];

		if (v->is_let && !v->assigned)
			diag_warn(s->d, v->span,
				  "Variable $%s was never assigned to.",
				  var_text(s, v->name));
		if (v->type && hmap_get(&s->hoisted, v->name) && !v->is_let &&
		    !v->is_loop)
			diag_warn(s->d, v->span,
				  "$%s is used after the block that first "
				  "assigns it; declare it before with: let $%s",
				  var_text(s, v->name), var_text(s, v->name));
	}
}
