/* SPDX-License-Identifier: MIT */
/*
 * Owns kernel addresses as names: kallsyms read once, at the first address
 * that is printed, into two arrays (100,000 functions are about 3 MB).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct ksym {
	uint64_t addr;
	uint32_t name; /* offset in names */
};

struct ksyms {
	struct ksym *v;
	size_t n, cap;
	struct sbuf names;
};

static bool
is_text(char kind)
{
	return kind == 't' || kind == 'T' || kind == 'w' || kind == 'W';
}

static void
add(struct ksyms *k, uint64_t addr, const char *name, size_t n)
{
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 4096;
		struct ksym *v = realloc(k->v, cap * sizeof(*v));

		if (!v)
			return;
		k->v = v;
		k->cap = cap;
	}
	k->v[k->n++] =
		(struct ksym){ .addr = addr, .name = (uint32_t)k->names.n };
	sbuf_add(&k->names, name, n);
	sbuf_putc(&k->names, '\0');
}

/* One line: "ffffffff81000000 T _stext\t[module]". */
static void
take_line(struct ksyms *k, const char *line)
{
	char *end;
	uint64_t addr = strtoull(line, &end, 16);
	const char *name;

	if (!addr || end[0] != ' ' || !is_text(end[1]) || end[2] != ' ')
		return;
	name = end + 3;
	add(k, addr, name, strcspn(name, "\t\n "));
}

/* By address; names of the same address stay in file order. */
static int
compare(const void *a, const void *b)
{
	const struct ksym *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return (x->name > y->name) - (x->name < y->name);
}

struct ksyms *
ksyms_read(const char *path)
{
	struct ksyms *k = calloc(1, sizeof(*k));
	FILE *f = path ? fopen(path, "re") : NULL;
	char *line = NULL;
	size_t cap = 0;

	while (k && f && getline(&line, &cap, f) > 0)
		take_line(k, line);
	free(line);
	if (f)
		fclose(f);
	if (k && k->n)
		qsort(k->v, k->n, sizeof(*k->v), compare);
	return k;
}

void
ksyms_free(struct ksyms *k)
{
	if (!k)
		return;
	free(k->v);
	sbuf_free(&k->names);
	free(k);
}

const char *
ksyms_find(const struct ksyms *k, uint64_t addr, uint64_t *offset)
{
	size_t lo = 0, hi = k->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (k->v[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	lo--;
	while (lo && k->v[lo - 1].addr == k->v[lo].addr)
		lo--; /* the first of several names */
	*offset = addr - k->v[lo].addr;
	return k->names.s + k->v[lo].name;
}
