/* SPDX-License-Identifier: MIT */
/*
 * Owns the addresses of functions that perf events are about to be opened
 * for. Before Linux 6.2 the kernel uncompresses its symbols one by one to find
 * a name, twice for each event (emulated 6.1: 30 of 50 ms); for many events it
 * is faster to read all of them once.
 */
#include <string.h>

#include "internal.h"

enum {
	FAST_SINCE = 0x060200, /* kallsyms has an index of names */
	MANY = 16,             /* look-ups that cost as much as reading all */
};

struct kplace {
	uint64_t address;
	uint32_t n; /* functions of that name */
};

static void
note(void *arg, const char *module, const char *name, uint64_t address)
{
	struct kplace *p = hmap_get(arg, name);

	(void)module;
	if (p && !p->n++)
		p->address = address;
}

/* A name in a module of its own is looked up there alone, which is quick. */
static bool
is_plain(const struct target *t)
{
	return *t->name && !t->offset &&
	       (!t->group || !strcmp(t->group, "vmlinux"));
}

static void
read_places(struct attach *a, const struct unit *u)
{
	struct hmap wanted = { 0 };

	for (uint32_t i = 0; i < u->targets.n; i++) {
		const struct target *t = &u->targets.v[i];
		struct kplace *p;

		if (!is_plain(t) || hmap_get(&a->places, t->name))
			continue;
		p = arena_alloc(a->arena, sizeof(*p));
		hmap_put(a->arena, &wanted, t->name, p);
		hmap_put(a->arena, &a->places, t->name, p);
	}
	kernel_places(a->kernel, note, &wanted);
}

uint64_t
probe_kernel_place(struct attach *a, const struct unit *u,
		   const struct target *t)
{
	uint32_t version = a->kernel->paths.version;
	const struct kplace *p;

	if (!version || version >= FAST_SINCE || u->targets.n < MANY ||
	    !is_plain(t))
		return 0;
	p = hmap_get(&a->places, t->name);
	if (!p) {
		read_places(a, u);
		p = hmap_get(&a->places, t->name);
	}
	/* Of several the kernel takes one: it shall choose. */
	return p->n == 1 ? p->address : 0;
}
