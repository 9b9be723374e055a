/* SPDX-License-Identifier: MIT */
/*
 * The maps of the script: one definition per name over all units. Its key and
 * value types are the promotion of every use; the first use decides whether
 * it has keys at all.
 */
#include <string.h>

#include "internal.h"

static const char scalar_text[] = "without an explicit key (scalar map)";
static const char keyed_text[] = "with an explicit key (non-scalar map)";

/* A round that learns something of a map is in vain if the map was met before
 * in it: what was made of it then has to be made again. Nothing is made of the
 * type of the key where it is one element's, nor of the value's where a value
 * is only written. */
static void
learnt(struct sema *s, const struct mapdef *m)
{
	s->changed |= m->met > 1;
}

static void
learnt_key(struct sema *s, const struct mapdef *m)
{
	s->changed |= m->met > m->by_key;
}

static void
learnt_value(struct sema *s, const struct mapdef *m)
{
	s->changed |= m->met > m->written;
}

struct mapdef *
map_get(struct sema *s, const char *name, struct span at)
{
	struct mapdef *m = hmap_get(&s->maps, name);

	if (m && m->met_round != s->round)
		m->met = m->by_key = m->written = 0;
	if (m) {
		m->met_round = s->round;
		m->met++;
		return m;
	}
	m = arena_alloc(s->a, sizeof(*m));
	m->name = name;
	m->first = at;
	m->index = s->units->maps.n;
	m->met = 1;
	m->met_round = s->round;
	*vec_push(s->a, &s->units->maps) = m;
	hmap_put(s->a, &s->maps, name, m);
	return m;
}

bool
map_shape(struct sema *s, struct mapdef *m, bool keyed, struct span at)
{
	if (!m->scalar && !m->keyed) {
		m->scalar = !keyed;
		m->keyed = keyed;
		m->first = at;
		learnt(s, m);
		return true;
	}
	if (m->keyed == keyed)
		return true;
	m->clashes = true;
	return sema_error_at(s, at, "@%s used as a map %s, previously used %s",
			     m->name, keyed ? keyed_text : scalar_text,
			     keyed ? scalar_text : keyed_text);
}

/* Where the type came from: a note under the mismatch. */
static void
note_origin(struct sema *s, struct span origin, struct span at)
{
	if (s->final && origin.begin && origin.begin != at.begin)
		diag_note(s->d, origin, "this is where its type was decided");
}

static const char *
key_text(struct sema *s, const struct type *t)
{
	return arena_strdup(s->a, type_name(t));
}

bool
map_key_use(struct sema *s, struct mapdef *m, const struct type *key,
	    struct span at)
{
	const struct type *to;

	if (!key || is_error(key) || is_error(m->key))
		return true;
	complete_value(s, key);
	if (!m->key) {
		m->key = key;
		m->key_span = at;
		learnt_key(s, m);
		return true;
	}
	to = type_promote(s->t, m->key, key);
	if (!to) {
		m->clashes = true;
		sema_error_at(
			s, at,
			"Argument mismatch for @%s: trying to access with "
			"arguments: '%s' when map expects arguments: '%s'",
			m->name, key_text(s, key), key_text(s, m->key));
		note_origin(s, m->key_span, at);
		return false;
	}
	if (to != m->key) {
		m->key = to;
		learnt_key(s, m);
	}
	return true;
}

bool
map_value_use(struct sema *s, struct mapdef *m, const struct type *type,
	      struct span at)
{
	const struct type *to;

	if (!type || is_error(m->value))
		return true;
	complete_value(s, type);
	if (is_error(type)) {
		if (s->final && !m->value)
			m->value = type;
		return true;
	}
	if (!m->value) {
		m->value = type;
		m->value_span = at;
		learnt_value(s, m);
		return true;
	}
	to = type_promote(s->t, m->value, type);
	if (!to && type->nominal && type->nominal->differ &&
	    type->nominal == m->value->nominal)
		return sema_error_at(s, at, "%s", type->nominal->differ);
	if (!to) {
		sema_error_at(
			s, at,
			"Type mismatch for @%s: trying to assign value of "
			"type '%s' when map already has a type '%s'",
			m->name, type_name(type), type_name(m->value));
		note_origin(s, m->value_span, at);
		return false;
	}
	if (to != m->value) {
		m->value = to;
		learnt_value(s, m);
	}
	return true;
}

/* Several keys are one tuple; n->map.key is what lowering reads. */
static void
check_keys(struct sema *s, struct node *n)
{
	struct node *key = n->map.keys.v[0];
	uint32_t i;

	if (n->map.keys.n > 1) {
		struct node *last = n->map.keys.v[n->map.keys.n - 1];

		key = arena_alloc(s->a, sizeof(*key));
		key->kind = N_TUPLE;
		key->span = span_join(n->map.keys.v[0]->span, last->span);
		for (i = 0; i < n->map.keys.n; i++)
			*vec_push(s->a, &key->tuple.items) = n->map.keys.v[i];
	}
	n->map.key = key;
	check_value(s, key);
}

/* A value that can be a key; reports at the whole access. */
static bool
key_allowed(struct sema *s, const struct node *key, struct span at)
{
	const struct type *t = key->type;

	if (t && (t->kind == TY_NONE || is_aggregate(t)))
		return sema_error_at(s, at,
				     "Value '%s' cannot be used as a map key.",
				     type_name(t));
	return true;
}

/* Whether one run of the probe may make more elements than the kernel has at
 * hand: it gets new ones when interrupts are on, as they are in begin. */
static bool
many_at_once(const struct sema *s)
{
	unsigned flags = s->unit->type->flags;

	return !(flags & PROBE_SPECIAL) && (s->loops || flags & PROBE_PERF);
}

void
check_map(struct sema *s, struct node *n, bool write, struct span at)
{
	struct mapdef *m = map_get(s, n->map.name, n->span);
	bool keyed = n->map.keys.n > 0, good;

	n->map.map = m;
	n->type = type_error(s->t);
	if (s->asked && !keyed && m->keyed) {
		n->type = m->key; /* sizeof(@x) of a map with keys */
		return;
	}
	good = (s->asked && !keyed) || map_shape(s, m, keyed, n->span);
	if (keyed) {
		m->by_key++;
		check_keys(s, n);
		if (!good || !key_allowed(s, n->map.key, n->span) ||
		    !map_key_use(s, m, n->map.key->type, at))
			return;
		warn_sign(s, n->map.key, m->key);
	}
	if (!good)
		return;
	if (write)
		m->in_bursts |= many_at_once(s);
	s->unknown |= !m->value && !write;
	if (!m->value && s->desperate && !write) {
		m->value = type_int(s->t, 8, true);
		s->changed = true;
	}
	n->type = read_type(s, m->value, m->open);
}

void
check_map_key(struct sema *s, struct mapdef *m, struct node *key,
	      struct span at)
{
	bool open;

	check_value(s, key);
	if (!m)
		return;
	/* What no other use says is left open. */
	open = !m->scalar && !m->keyed && !s->final;
	if ((open || map_shape(s, m, true, at)) && key_allowed(s, key, at) &&
	    map_key_use(s, m, key->type, at))
		warn_sign(s, key, m->key);
}

/* ---- let @m = kind(n); ---- */

static const char *const map_kinds[] = { "percpulruhash", "percpuhash",
					 "lruhash", "hash" };

static bool
known_kind(const char *kind)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(map_kinds); i++)
		if (!strcmp(kind, map_kinds[i]))
			return true;
	return false;
}

bool
map_declarations(struct sema *s)
{
	uint32_t i;
	bool good = true;

	for (i = 0; i < s->ast->map_decls.n; i++) {
		const struct map_decl *decl = &s->ast->map_decls.v[i];
		struct mapdef *m;

		if (!known_kind(decl->kind)) {
			good = diag_error(s->d, decl->span,
					  "Invalid bpf map type: %s",
					  decl->kind);
			diag_hint(s->d, "Valid map types: percpulruhash, "
					"percpuhash, lruhash, hash");
			continue;
		}
		m = map_get(s, decl->name, decl->span);
		m->declared_kind = decl->kind;
		m->entries = decl->entries;
	}
	return good;
}

/* Before the final round: literals alone are plain signed integers. */
void
map_settle(struct sema *s)
{
	uint32_t i;

	for (i = 0; i < s->units->maps.n; i++) {
		struct mapdef *m = s->units->maps.v[i];

		if (m->key)
			m->key = type_settle(s->t, m->key);
		if (!m->value)
			continue;
		m->open = m->value;
		m->value = type_settle(s->t, m->value);
	}
}

/* After the final round: declarations that do not fit, or were not used. */
bool
map_finish(struct sema *s)
{
	uint32_t i;
	bool good = true;

	for (i = 0; i < s->ast->map_decls.n; i++) {
		const struct map_decl *decl = &s->ast->map_decls.v[i];
		const struct mapdef *m = hmap_get(&s->maps, decl->name);
		struct span at;
		bool per_cpu, agg;

		if (!m || (!m->scalar && !m->keyed)) {
			diag_warn(s->d, decl->span, "Unused map: @%s",
				  decl->name);
			diag_rank(s->d, DIAG_LATE);
			continue;
		}
		agg = m->value && m->value->kind == TY_NOMINAL &&
		      m->value->nominal->per_cpu;
		per_cpu = !strncmp(decl->kind, "percpu", 6);
		if (!m->value || agg == per_cpu)
			continue;
		at.begin = m->first.begin; /* the bare name */
		at.end = at.begin + 1 + (uint32_t)strlen(m->name);
		good = diag_error(s->d, at,
				  "Incompatible map types. Type from "
				  "declaration: %s. Type from value/key type: "
				  "%s",
				  decl->kind, agg ? "percpuhash" : "hash");
	}
	return good;
}
