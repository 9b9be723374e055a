/* SPDX-License-Identifier: MIT */
/*
 * Owns the question how many elements a map can ever have: one whose keys are
 * all literals, or words that take one value for each target of their probe
 * (@[func]), needs no room for the usual 4,096. To make that room takes the
 * kernel longer than to attach to seventy functions: 36 of 120 million
 * instructions for a map of counters.
 */
#include "internal.h"

/* Twice as many as can be counted, and some: functions may share a name. */
enum { SPARE = 64, MANY = 1 << 20 };

struct counting {
	struct sema *s;
	const struct unit *unit;
};

static uint64_t keys_of(const struct counting *c, const struct node *n);

static uint64_t
keys_of_all(const struct counting *c, const node_list *list)
{
	uint64_t n = 1;

	for (uint32_t i = 0; i < list->n && n < MANY; i++)
		n *= keys_of(c, list->v[i]);
	return n;
}

static uint64_t
keys_of_word(const struct counting *c, const char *name)
{
	const struct builtin *w = find_word(c->s, name);

	if (!w || !(w->flags & WORD_FEW) || c->unit->type->flags & PROBE_USER)
		return MANY;
	return c->unit->targets.n;
}

/* How many values an expression can have in the unit; MANY or more: any. */
static uint64_t
keys_of(const struct counting *c, const struct node *n)
{
	switch (n->kind) {
	case N_INT:
	case N_STR:
		return 1;
	case N_BOOL:
		return 2;
	case N_TUPLE:
		return keys_of_all(c, &n->tuple.items);
	case N_IDENT:
		return keys_of_word(c, n->ident.name);
	case N_CALL:
		return n->call.args.n ? MANY : keys_of_word(c, n->call.name);
	default:
		return MANY;
	}
}

static bool
count_keys(struct node *n, void *arg)
{
	const struct counting *c = arg;
	struct mapdef *m = n->kind == N_MAP ? n->map.map : NULL;

	if (!m || (!n->map.key && !n->map.keys.n))
		return true;
	m->few += n->map.key ? keys_of(c, n->map.key)
			     : keys_of_all(c, &n->map.keys);
	return true;
}

void
keys_count(struct sema *s)
{
	const struct unit_list *units = s->units;
	struct counting c = { .s = s };

	for (uint32_t i = 0; i < units->v.n; i++) {
		c.unit = units->v.v[i];
		walk(c.unit->body, count_keys, &c);
	}
	for (uint32_t i = 0; i < units->maps.n; i++) {
		struct mapdef *m = units->maps.v[i];

		m->few = m->few < MANY && !s->ast->subprogs.n
				 ? 2 * m->few + SPARE
				 : 0;
	}
}
