/* SPDX-License-Identifier: MIT */
/*
 * Owns the map from text to pointers: entries in order of insertion, found
 * through an open-addressed table of their numbers (linear probing, FNV-1a).
 */
#include <string.h>

#include "base.h"

enum { HMAP_FIRST = 16 };

static uint32_t
hash(const char *key)
{
	uint32_t h = 2166136261u;

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 16777619u;
	return h;
}

/* The slot where `key` is, or where it would go. A slot holds an entry's
 * number plus one; zero is free. */
static uint32_t *
slot_of(const struct hmap *m, const char *key)
{
	uint32_t i = hash(key) & (m->nslots - 1);

	while (m->slots[i]) {
		if (!strcmp(m->entries.v[m->slots[i] - 1].key, key))
			break;
		i = (i + 1) & (m->nslots - 1);
	}
	return &m->slots[i];
}

/* At most half full, so that probing stays short and always ends. */
static void
make_room(struct arena *a, struct hmap *m)
{
	if (m->entries.n * 2 < m->nslots)
		return;
	m->nslots = m->nslots ? m->nslots * 2 : HMAP_FIRST;
	m->slots = arena_alloc(a, m->nslots * sizeof(*m->slots));
	for (uint32_t i = 0; i < m->entries.n; i++)
		*slot_of(m, m->entries.v[i].key) = i + 1;
}

void *
hmap_get(const struct hmap *m, const char *key)
{
	uint32_t *slot;

	if (!m->nslots)
		return NULL;
	slot = slot_of(m, key);
	return *slot ? m->entries.v[*slot - 1].val : NULL;
}

void
hmap_put(struct arena *a, struct hmap *m, const char *key, void *val)
{
	struct hmap_entry *e;
	uint32_t *slot;

	make_room(a, m);
	slot = slot_of(m, key);
	if (*slot) {
		m->entries.v[*slot - 1].val = val;
		return;
	}
	e = vec_push(a, &m->entries);
	e->key = key;
	e->val = val;
	*slot = m->entries.n;
}
