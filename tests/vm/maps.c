/* SPDX-License-Identifier: MIT */
/*
 * Owns the fake kernel's memory regions and maps. Elements stay where they
 * are for good, even deleted ones: programs may hold their addresses, as the
 * kernel's RCU lets them.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vm.h"

enum { REGION_GAP = 64 };

struct arena vm_arena;
static struct region *regions;
static VEC(struct vm_map *) maps;

struct region *
region_new(const char *what, uint64_t size)
{
	struct region *r = arena_alloc(&vm_arena, sizeof(*r));
	unsigned char *p = arena_alloc(&vm_arena, size + 2 * REGION_GAP);

	*r = (struct region){ .what = what,
			      .at = p + REGION_GAP,
			      .size = size,
			      .next = regions };
	regions = r;
	return r;
}

struct region *
region_find(uint64_t at, uint64_t size)
{
	struct region **link = &regions, *r;

	while ((r = *link)) {
		uint64_t base = (uint64_t)(uintptr_t)r->at;

		if (r->gone) { /* a loop's callbacks leave thousands */
			*link = r->next;
			continue;
		}
		if (at >= base && at - base <= r->size &&
		    size <= r->size - (at - base))
			return r;
		link = &r->next;
	}
	return NULL;
}

unsigned
vm_cpus(void)
{
	return session_possible_cpus();
}

bool
vm_map_per_cpu(const struct vm_map *m)
{
	return m->type == BPF_MAP_TYPE_PERCPU_HASH ||
	       m->type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       m->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool
is_array(const struct vm_map *m)
{
	return m->type == BPF_MAP_TYPE_ARRAY ||
	       m->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

uint32_t
vm_map_stride(const struct vm_map *m)
{
	return (m->value_size + 7) & ~7u;
}

static struct vm_elem *
add_elem(struct vm_map *m, const void *key)
{
	struct vm_elem *e = vec_push(&vm_arena, &m->elems);
	uint64_t size = vm_map_per_cpu(m)
				? (uint64_t)vm_map_stride(m) * vm_cpus()
				: m->value_size;

	e->key = arena_alloc(&vm_arena, m->key_size);
	memcpy(e->key, key, m->key_size);
	e->value = region_new("map value", size);
	m->live++;
	return e;
}

struct vm_map *
vm_map_create(const struct map_spec *spec)
{
	struct vm_map *m = arena_alloc(&vm_arena, sizeof(*m));

	m->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	m->name = spec->name;
	m->type = spec->type;
	m->key_size = spec->key_size;
	m->value_size = spec->value_size;
	m->entries = spec->entries;
	m->flags = spec->flags;
	for (uint32_t i = 0; is_array(m) && i < m->entries; i++)
		add_elem(m, &i);
	*vec_push(&vm_arena, &maps) = m;
	return m;
}

struct vm_map *
vm_map_by_fd(int fd)
{
	/* From the end: a closed descriptor's number may come again. */
	for (uint32_t i = maps.n; i > 0; i--)
		if (maps.v[i - 1]->fd == fd)
			return maps.v[i - 1];
	return NULL;
}

bool
vm_map_is(const void *p)
{
	for (uint32_t i = 0; i < maps.n; i++)
		if (maps.v[i] == p)
			return true;
	return false;
}

struct vm_elem *
vm_map_find(struct vm_map *m, const void *key)
{
	uint32_t i;

	if (is_array(m)) {
		memcpy(&i, key, sizeof(i));
		return i < m->elems.n ? &m->elems.v[i] : NULL;
	}
	for (i = 0; i < m->elems.n; i++)
		if (!m->elems.v[i].gone &&
		    !memcmp(m->elems.v[i].key, key, m->key_size))
			return &m->elems.v[i];
	return NULL;
}

/* The least recently used would go; the oldest is near enough. */
static void
evict(struct vm_map *m)
{
	for (uint32_t i = 0; i < m->elems.n; i++)
		if (!m->elems.v[i].gone) {
			m->elems.v[i].gone = true;
			m->live--;
			return;
		}
}

struct vm_elem *
vm_map_make(struct vm_map *m, const void *key, uint64_t flags, int *error)
{
	struct vm_elem *e = vm_map_find(m, key);

	*error = 0;
	if (e && flags == BPF_NOEXIST)
		*error = -EEXIST;
	else if (!e && (flags == BPF_EXIST))
		*error = -ENOENT;
	else if (!e && is_array(m))
		*error = -E2BIG;
	if (*error || e)
		return *error ? NULL : e;
	if (m->live >= m->entries) {
		if (m->type != BPF_MAP_TYPE_LRU_HASH &&
		    m->type != BPF_MAP_TYPE_LRU_PERCPU_HASH) {
			*error = -E2BIG;
			return NULL;
		}
		evict(m);
	}
	return add_elem(m, key);
}

int
vm_map_delete(struct vm_map *m, const void *key)
{
	struct vm_elem *e = vm_map_find(m, key);

	if (is_array(m))
		return -EINVAL;
	if (!e)
		return -ENOENT;
	e->gone = true;
	m->live--;
	return 0;
}
