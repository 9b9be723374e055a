/* SPDX-License-Identifier: MIT */
/*
 * Pass "check": inference to a fixpoint over all units, then one round that
 * reports. See internal.h for how rounds work.
 *
 * Needs: ast->units. Gives: bodies with every name bound and every expression
 * typed; units' variables; the maps.
 */
#include <string.h>

#include "internal.h"

/* What a unit keeps from round to round. */
struct unit_state {
	struct hmap hoisted, known;
};

static void
check_unit(struct sema *s, struct unit *u, struct unit_state *st)
{
	uint32_t hoisted = st->hoisted.entries.n;

	s->unit = u;
	s->scope = NULL;
	s->loops = s->fors = s->depth = 0;
	s->hoisted = st->hoisted;
	s->known = &st->known;
	memset(&s->visible, 0, sizeof(s->visible));
	s->gone.n = 0;
	s->calls.n = 0;
	assert(!u->body->block.value); /* that is a macro's */
	s->tried = s->final ? NULL : u->body;
	check_block(s, u->body);
	st->hoisted = s->hoisted;
	/* Names moved to another scope: their types are learnt anew. */
	if (st->hoisted.entries.n != hoisted) {
		u->vars.n = 0;
		memset(&st->known, 0, sizeof(st->known));
	}
	if (s->final)
		scope_warnings(s);
}

static void
round_over_units(struct sema *s, struct unit_state *states)
{
	uint32_t i;

	s->changed = s->unknown = false;
	for (i = 0; i < s->units->v.n; i++)
		check_unit(s, s->units->v.v[i], &states[i]);
}

static bool
note_assigned(struct node *n, void *arg)
{
	struct sema *s = arg;
	const struct node *to = n->kind == N_ASSIGN && n->assign.op == OP_ASSIGN
					? n->assign.target
					: NULL;

	if (to && to->kind == N_MAP)
		hmap_put(s->a, &s->assigned, to->map.name, s);
	return true;
}

/* Rounds until nothing is learnt any more. When that leaves maps unknown
 * that are only read, they count as int64, and it goes on: once. */
static bool
infer(struct sema *s, struct unit_state *states)
{
	for (uint32_t i = 0; i < s->units->v.n; i++)
		walk(s->units->v.v[i]->body, note_assigned, s);
	for (s->round = 0; s->round < ROUNDS_MAX; s->round++) {
		round_over_units(s, states);
		if (s->changed)
			continue;
		if (s->desperate || !s->unknown)
			return true;
		s->desperate = true;
	}
	return false;
}

/* Ids are dense over the variables that the final round has. */
static void
number_variables(struct unit *u)
{
	uint32_t i;

	for (i = 0; i < u->vars.n; i++)
		u->vars.v[i]->id = i;
}

static void
show_aps(struct sema *s, const struct unit *u, struct probe *p)
{
	for (uint32_t i = 0; i < u->targets.n; i++)
		if (!i || u->targets.v[i].ap != u->targets.v[i - 1].ap)
			*vec_push(s->a, &p->aps) = *u->targets.v[i].ap;
}

/* The tree then shows what is compiled: one probe for each unit. */
static void
show_units(struct sema *s)
{
	struct ast *ast = s->ast;
	uint32_t i;

	memset(&ast->probes, 0, sizeof(ast->probes));
	for (i = 0; i < s->units->v.n; i++) {
		const struct unit *u = s->units->v.v[i];
		struct probe *p = vec_push(s->a, &ast->probes);

		p->span = u->probe->span;
		show_aps(s, u, p);
		p->body = u->body;
	}
}

static void
settle_var(struct sema *s, struct var *v)
{
	if (!v->type)
		return;
	v->open = v->declared ? NULL : v->type;
	v->type = type_settle(s->t, v->type);
}

/* What only literals were assigned to is stored as plain integers; reads of
 * it take the other side's sign, as literals do. */
static void
settle(struct sema *s)
{
	uint32_t i, j;

	map_settle(s);
	for (i = 0; i < s->units->v.n; i++) {
		struct unit *u = s->units->v.v[i];

		for (j = 0; j < u->vars.n; j++)
			settle_var(s, u->vars.v[j]);
	}
}

bool
sema_check(const struct sema_input *in)
{
	struct sema s = { .in = in,
			  .a = in->arena,
			  .ast = in->ast,
			  .d = in->diag,
			  .t = in->types,
			  .units = in->ast->units };
	static const struct node nowhere = { .kind = N_UNARY };
	struct unit_state *states =
		arena_alloc(s.a, (s.units->v.n + 1) * sizeof(*states));
	uint32_t i, errors = in->diag->errors;
	bool muted = in->diag->muted, settled;

	in->ast->type_name = type_name;
	if (!script_read(&s) || !map_declarations(&s))
		return false;
	in->diag->muted = true;
	settled = infer(&s, states);
	in->diag->muted = muted;
	settle(&s);
	s.final = true;
	round_over_units(&s, states);
	if (in->diag->errors == errors) {
		map_finish(&s);
		keys_count(&s);
	}
	for (i = 0; i < s.units->v.n; i++)
		number_variables(s.units->v.v[i]);
	show_units(&s);
	if (s.no_space && in->diag->errors == errors) {
		sema_warn(&s, &nowhere, "Addrspace is not set");
		sema_rank(&s, DIAG_TYPES);
	}
	if (!settled && in->diag->errors == errors)
		diag_error(in->diag, s.units->v.v[0]->probe->span,
			   "types do not settle: a value contains itself");
	return in->diag->errors == errors;
}
