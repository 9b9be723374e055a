/* SPDX-License-Identifier: MIT */
/*
 * Owns the maps' elements as user space sees them: reading all of a map with
 * each element's per-CPU cells merged into one, clearing, zeroing. How they
 * are sorted and printed: mapsort.c, mapprint.c.
 *
 *	lookup of a per-CPU element: ncpus cells, each rounded up to 8 bytes
 *	scalar array: one element that always exists; a presence byte in the
 *	value says whether the script ever set it
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { BATCH = 4096 }; /* elements per system call */

static bool
is_per_cpu(const struct map_spec *m)
{
	return m->type == BPF_MAP_TYPE_PERCPU_HASH ||
	       m->type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
	       m->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static bool
is_array(const struct map_spec *m)
{
	return m->type == BPF_MAP_TYPE_ARRAY ||
	       m->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static int
map_fd(const struct session *s, const struct map_spec *m)
{
	return s->map_fds[m - s->prog->maps.v];
}

static size_t
round_up_8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* Bytes of one lookup's result, and of one CPU's part of it. */
static size_t
lookup_size(const struct session *s, const struct map_spec *m)
{
	if (is_per_cpu(m))
		return round_up_8(m->value_size) * s->ncpus;
	return m->value_size;
}

static bool
is_zero(const unsigned char *p, size_t n)
{
	return !n || (!p[0] && !memcmp(p, p + 1, n - 1));
}

/* ---- merging ---- */

void
maps_merge(const struct map_spec *m, unsigned ncpus, const void *lookup,
	   void *cell)
{
	const struct type *t = m->def->value;
	size_t stride = round_up_8(m->value_size);
	const unsigned char *p = lookup;
	bool first = true;

	memset(cell, 0, m->value_size);
	if (!is_per_cpu(m)) {
		memcpy(cell, lookup, m->value_size);
		return;
	}
	for (unsigned i = 0; i < ncpus; i++, p += stride) {
		if (is_zero(p, t->size))
			continue;
		if (first || t->kind != TY_NOMINAL || !t->nominal->merge)
			memcpy(cell, p, m->value_size);
		else
			t->nominal->merge(t, cell, p);
		first = false;
	}
}

/* Whether a scalar array's element was ever set. */
bool
maps_present(const struct map_spec *m, unsigned ncpus, const void *lookup)
{
	size_t stride = round_up_8(m->value_size);
	const unsigned char *p = lookup;
	unsigned n = is_per_cpu(m) ? ncpus : 1;

	for (unsigned i = 0; i < n; i++, p += stride) {
		if (m->present_off < m->value_size && p[m->present_off])
			return true;
		if (is_per_cpu(m) && !is_zero(p, m->value_size))
			return true;
	}
	return false;
}

/* ---- reading ---- */

static void *
need(void *p)
{
	if (!p)
		base_out_of_memory();
	return p;
}

static void
add_row(struct map_rows *rows, const struct map_spec *m, unsigned ncpus,
	const void *key, const void *lookup)
{
	struct map_row *r;

	if (rows->n == rows->cap) {
		rows->cap = rows->cap ? rows->cap * 2 : 16;
		rows->v = need(realloc(rows->v, rows->cap * sizeof(*rows->v)));
	}
	r = &rows->v[rows->n++];
	r->key = need(calloc(1, round_up_8(m->key_size) + m->value_size));
	r->cell = r->key + round_up_8(m->key_size);
	memcpy(r->key, key, m->key_size);
	maps_merge(m, ncpus, lookup, r->cell);
}

void
maps_free_rows(struct map_rows *rows)
{
	for (uint32_t i = 0; i < rows->n; i++)
		free(rows->v[i].key);
	free(rows->v);
	*rows = (struct map_rows){ 0 };
}

static void
cannot_read(struct session *s, const struct map_spec *m, int error)
{
	session_failed(s, "failed to read map: '%s': %s",
		       m->name ? m->name : "", strerror(-error));
}

/* Element by element: where the kernel cannot do it in batches. */
static void
walk(struct session *s, const struct map_spec *m, struct map_rows *rows)
{
	unsigned char *key = need(calloc(2, m->key_size + 1));
	unsigned char *next = key + m->key_size + 1;
	void *value = need(calloc(1, lookup_size(s, m)));
	int fd = map_fd(s, m), error = 0;
	uint64_t limit = 2 * (uint64_t)m->entries + 1;

	/* A deleted key makes the walk start again: hence the limit. */
	for (bool any = false; limit-- > 0; any = true) {
		error = sys_map_next_key(fd, any ? key : NULL, next);
		if (error)
			break;
		memcpy(key, next, m->key_size);
		error = sys_map_lookup(fd, key, value);
		if (!error)
			add_row(rows, m, s->ncpus, key, value);
		else if (error != -ENOENT) /* deleted meanwhile */
			break;
	}
	if (error && error != -ENOENT)
		cannot_read(s, m, error);
	free(value);
	free(key);
}

/* False: not possible, nothing was added. */
static bool
read_batches(struct session *s, const struct map_spec *m, struct map_rows *rows)
{
	uint32_t chunk = m->entries < BATCH ? m->entries : BATCH;
	size_t ksize = m->key_size, vsize = lookup_size(s, m);
	unsigned char *keys = need(calloc(chunk, ksize));
	unsigned char *values = need(calloc(chunk, vsize));
	unsigned char *cursor = need(calloc(1, ksize + 8));
	bool any = false;
	int r = 0;

	while (!r) {
		uint32_t n = chunk;

		r = sys_map_batch(map_fd(s, m), any ? cursor : NULL, cursor,
				  keys, values, &n);
		for (uint32_t i = 0; i < n; i++)
			add_row(rows, m, s->ncpus, keys + i * ksize,
				values + i * vsize);
		any = true;
	}
	free(cursor);
	free(values);
	free(keys);
	if (r != -ENOENT)
		maps_free_rows(rows);
	return r == -ENOENT;
}

static void
read_scalar(struct session *s, const struct map_spec *m, struct map_rows *rows)
{
	void *value = need(calloc(1, lookup_size(s, m)));
	uint32_t zero = 0;
	int error = sys_map_lookup(map_fd(s, m), &zero, value);

	if (error)
		cannot_read(s, m, error);
	else if (maps_present(m, s->ncpus, value))
		add_row(rows, m, s->ncpus, &zero, value);
	free(value);
}

void
maps_read(struct session *s, const struct map_spec *m, struct map_rows *rows)
{
	if (is_array(m))
		read_scalar(s, m, rows);
	else if (!read_batches(s, m, rows))
		walk(s, m, rows);
}

/* ---- clearing and zeroing ---- */

/*
 * The way on is asked for while the key is still there: without one the kernel
 * looks for the first element through all the empty buckets, each time.
 */
static void
delete_keys(int fd, const struct map_spec *m)
{
	unsigned char *key = need(calloc(2, m->key_size + 1));
	unsigned char *next = key + m->key_size + 1;
	uint64_t limit = 2 * (uint64_t)m->entries + 1;
	bool more = !sys_map_next_key(fd, NULL, key);

	/* Others add and delete meanwhile: hence the limit. */
	while (more && limit--) {
		more = !sys_map_next_key(fd, key, next);
		sys_map_delete(fd, key);
		memcpy(key, next, m->key_size);
	}
	free(key);
}

void
maps_clear(struct session *s, const struct map_spec *m)
{
	uint32_t zero = 0;
	void *value;

	if (m && is_array(m)) {
		value = need(calloc(1, lookup_size(s, m)));
		sys_map_update(map_fd(s, m), &zero, value);
		free(value);
	} else if (m) {
		delete_keys(map_fd(s, m), m);
	}
}

/* The value that is set, but zero. */
static void *
zero_value(struct session *s, const struct map_spec *m)
{
	unsigned char *value = need(calloc(1, lookup_size(s, m)));
	unsigned n = is_per_cpu(m) ? s->ncpus : 1;

	if (is_array(m))
		for (unsigned i = 0; i < n; i++)
			value[i * round_up_8(m->value_size) + m->present_off] =
				1;
	return value;
}

void
maps_zero(struct session *s, const struct map_spec *m)
{
	struct map_rows rows = { 0 };
	void *value;

	if (!m || !m->def->value)
		return;
	value = zero_value(s, m);
	maps_read(s, m, &rows);
	for (uint32_t i = 0; i < rows.n; i++)
		sys_map_update(map_fd(s, m), rows.v[i].key, value);
	maps_free_rows(&rows);
	free(value);
}
