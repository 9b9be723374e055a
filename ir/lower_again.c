/* SPDX-License-Identifier: MIT */
/*
 * Elements of maps that are read again. `/@start[tid]/ { nsecs - @start[tid] }`
 * asks for one element twice; what the first look-up gave counts for the
 * second if that one runs only when the first has, the key cannot have changed
 * and the program has not written to the map. What other CPUs write in between
 * may be seen at either, so nobody can tell the difference.
 */
#include "lower.h"

#include <string.h>

/* ---- keys ---- */

/* A field of the context, which nobody writes to: no pointer is followed. */
static bool
is_of_context(const struct node *n)
{
	const struct type *t = n->field.x->type;

	return n->field.x->kind == N_CALL && t->kind == TY_POINTER &&
	       t->as == AS_CTX && type_is_scalar(n->type);
}

static bool
is_steady_word(const struct node *n)
{
	return n->call.word && !n->call.args.n &&
	       n->call.word->flags & (WORD_STEADY | WORD_PURE_MEM);
}

/* The value that `$x` has here; REF_NONE where it lies in memory. */
static struct ref
current(struct lower *l, const struct node *n)
{
	const struct lvar *lv;

	if (!lower_var_known(l, n->var.var))
		return REF_NONE;
	lv = lower_var(l, n->var.var);
	return lv->at == AT_SLOT ? ir_slot_get(l, lv->index) : REF_NONE;
}

/* The values of the variables in a key, in order; false: it may differ from
 * one evaluation to the next. */
static bool
steady(struct lower *l, const struct node *n, struct seen *s)
{
	struct ref r;

	switch (n->kind) {
	case N_INT:
	case N_BOOL:
	case N_STR:
		return true;
	case N_VAR:
		r = current(l, n);
		if (!r.id || s->n == ARRAY_LEN(s->values))
			return false;
		s->values[s->n++] = r;
		return true;
	case N_CALL:
		return is_steady_word(n);
	case N_FIELD:
		return is_of_context(n);
	case N_CAST:
		return type_is_scalar(n->type) && steady(l, n->cast.x, s);
	case N_TUPLE:
		for (uint32_t i = 0; i < n->tuple.items.n; i++)
			if (!steady(l, n->tuple.items.v[i], s))
				return false;
		return true;
	default:
		return false;
	}
}

static bool
same_items(const node_list *a, const node_list *b,
	   bool (*same)(const struct node *, const struct node *))
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!same(a->v[i], b->v[i]))
			return false;
	return true;
}

/* Of steady keys, but for the values of variables. */
static bool
same(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind || a->type != b->type)
		return false;
	switch (a->kind) {
	case N_INT:
	case N_BOOL:
		return a->num.value == b->num.value &&
		       a->num.negative == b->num.negative;
	case N_STR:
		return a->str.len == b->str.len &&
		       !memcmp(a->str.text, b->str.text, a->str.len);
	case N_VAR:
		return a->var.var == b->var.var;
	case N_CALL:
		return a->call.word == b->call.word;
	case N_FIELD:
		return a->field.field == b->field.field;
	case N_CAST:
		return same(a->cast.x, b->cast.x);
	case N_TUPLE:
		return same_items(&a->tuple.items, &b->tuple.items, same);
	default:
		return false;
	}
}

/* ---- what was read ---- */

static bool
is_it(const struct lower *l, const struct seen *old, const struct seen *s)
{
	if (old->def != s->def || !lower_still_open(l, old->region) ||
	    old->n != s->n)
		return false;
	for (uint32_t i = 0; i < s->n; i++)
		if (old->values[i].id != s->values[i].id)
			return false;
	return same(old->key, s->key);
}

struct ref
lower_seen(struct lower *l, const struct node *map, struct seen *s)
{
	struct scope *c = l->scope;

	*s = (struct seen){ .key = lower_key_node(map),
			    .region = c->region->id };
	if (l->in->watch_reads || !s->key || !steady(l, s->key, s))
		return REF_NONE; /* each read that finds nothing is told */
	s->def = map->map.map;
	for (uint32_t i = 0; i < ARRAY_LEN(c->seen); i++)
		if (is_it(l, &c->seen[i], s))
			return ir_slot_get(l, c->seen[i].slot);
	return REF_NONE;
}

void
lower_see(struct lower *l, const struct seen *s, uint32_t slot)
{
	struct scope *c = l->scope;
	struct seen *to = &c->seen[c->nseen % ARRAY_LEN(c->seen)];

	if (!s->def)
		return;
	*to = *s;
	to->slot = slot;
	c->nseen++;
}

void
lower_forget(struct lower *l, const struct mapdef *def)
{
	struct scope *c = l->scope;

	for (uint32_t i = 0; i < ARRAY_LEN(c->seen); i++)
		if (!def || c->seen[i].def == def)
			c->seen[i].def = NULL;
}
