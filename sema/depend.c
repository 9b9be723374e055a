/* SPDX-License-Identifier: MIT */
/*
 * Owns the question what a body takes from its target: which targets of an
 * attach point can share one program, and whether that program has to find
 * out at run time which of them it was hit at (REFERENCE 3.3, DESIGN 5).
 */
#include <string.h>

#include "internal.h"

struct looking {
	struct sema *s;
	struct dependence *d;
	unsigned index; /* words with WORD_INDEX, */
	unsigned value; /* and those whose value may come at run time */
	unsigned args, field;
};

static const struct builtin *
word_of(struct sema *s, const struct node *n)
{
	if (n->kind == N_IDENT)
		return find_word(s, n->ident.name);
	return n->kind == N_CALL ? find_word(s, n->call.name) : NULL;
}

static void
note_field(struct looking *k, const struct node *n)
{
	const struct builtin *w = word_of(k->s, n->field.x);

	if (!w || !(w->flags & WORD_ARGS) || !n->field.name)
		return;
	k->field++;
	for (uint32_t i = 0; i < k->d->fields.n; i++)
		if (!strcmp(k->d->fields.v[i], n->field.name))
			return;
	*vec_push(k->s->a, &k->d->fields) = n->field.name;
}

static bool
look_for_words(struct node *n, void *arg)
{
	struct looking *k = arg;
	const struct builtin *w = word_of(k->s, n);

	if (n->kind == N_FIELD)
		note_field(k, n);
	if (!w)
		return true;
	if (w->flags & WORD_INDEX)
		k->index++;
	else if (w->flags & WORD_TARGET)
		k->d->target = true;
	if (w->flags & WORD_ARGS)
		k->args++;
	if (w->flags & WORD_ARGN)
		k->d->argn = true;
	if (w->flags & WORD_FORM ||
	    (w->flags & WORD_FORM_ARGS && n->kind == N_CALL && n->call.args.n))
		k->d->form = true;
	return true;
}

/* ---- where a word's value need not be known before ---- */

static void
take_value(struct looking *k, const struct node *n)
{
	const struct builtin *w = n ? word_of(k->s, n) : NULL;

	if (w && w->flags & WORD_INDEX)
		k->value++;
}

static void
take_values(struct looking *k, const node_list *list)
{
	for (uint32_t i = 0; i < list->n; i++)
		take_value(k, list->v[i]);
}

/* printf and its kin send any values; others may fold theirs. */
static bool
take_arguments(struct looking *k, const struct node *n)
{
	const struct builtin *w = word_of(k->s, n);
	const struct signature *sig = w ? word_signature(k->s, w) : NULL;

	if (!sig || w->flags & WORD_AGG)
		return false;
	if (sig->variadic)
		for (uint32_t i = 0; i < n->call.args.n; i++)
			if (i >= sig->n || !sig->params[i].literal)
				take_value(k, n->call.args.v[i]);
	return sig->variadic || (sig->n && sig->params[0].kinds & P_MAP);
}

static bool
look_for_values(struct node *n, void *arg)
{
	struct looking *k = arg;

	switch (n->kind) {
	case N_MAP:
		take_values(k, &n->map.keys);
		return true;
	case N_TUPLE:
		take_values(k, &n->tuple.items);
		return true;
	case N_ASSIGN:
		take_value(k, n->assign.value);
		return true;
	case N_LET:
		take_value(k, n->let.value);
		return true;
	case N_BINARY:
		if (n->binary.op == OP_EQ || n->binary.op == OP_NE) {
			take_value(k, n->binary.l);
			take_value(k, n->binary.r);
		}
		return true;
	case N_CALL:
		return take_arguments(k, n);
	case N_COMPTIME:
	case N_SIZEOF:
	case N_OFFSETOF:
	case N_TYPEOF:
	case N_TYPEINFO:
		return false; /* these are answered now */
	default:
		return true;
	}
}

void
depend_find(struct sema *s, struct node *body, struct dependence *d)
{
	struct looking k = { .s = s, .d = d };

	walk(body, look_for_words, &k);
	if (k.index)
		walk(body, look_for_values, &k);
	d->index = k.index != 0;
	d->known = k.index > k.value;
	d->args = k.args != 0;
	if (k.args > k.field)
		d->fields.n = 0;
	else
		*vec_push(s->a, &d->fields) = NULL;
}

bool
depend_ends(struct sema *s, const struct node *body)
{
	for (uint32_t i = 0; i < body->block.stmts.n; i++) {
		const struct node *n = body->block.stmts.v[i];
		const struct builtin *w =
			n->kind == N_EXPR ? word_of(s, n->expr.x) : NULL;

		if (w && w->flags & WORD_RETURNS)
			return true;
	}
	return false;
}

bool
depend_any(const struct dependence *d, const struct probe_type *t)
{
	return d->target || d->index || (d->args && t->flags & PROBE_EXPAND);
}

bool
depend_same(struct sema *s, const struct dependence *d,
	    const struct probe_type *t, const struct target *a,
	    const struct target *b)
{
	const char *const *fields = d->fields.n ? d->fields.v : NULL;

	if (d->target || (d->index && (d->known || !t->index)))
		return false;
	if (t->same_event && !t->same_event(a, b))
		return false;
	if (d->argn && t->same_args && !t->same_args(a, b))
		return false;
	if (d->args && t->flags & PROBE_EXPAND)
		return t->same_fields && t->same_fields(s, a, b, fields);
	return true;
}
