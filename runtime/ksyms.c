/* SPDX-License-Identifier: MIT */
/*
 * Owns kernel addresses as names: kallsyms read once, at the first address
 * that is printed, into two arrays (100,000 functions are about 3 MB).
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

enum { READ_SIZE = 64 * 1024 };

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

static bool
read_hex(const char *p, const char *end, uint64_t *value)
{
	*value = 0;
	for (; p < end; p++) {
		unsigned digit = (unsigned)*p - '0';

		if (digit > 9)
			digit = (unsigned)*p - 'a' + 10;
		if (digit > 15)
			return false;
		*value = *value << 4 | digit;
	}
	return *value;
}

/* One line: "ffffffff81000000 T _stext\t[module]". Half of them are data:
 * nothing of those is read but the kind. */
static void
take_line(struct ksyms *k, const char *line, size_t n)
{
	const char *space = memchr(line, ' ', n), *end = line + n, *name;
	uint64_t addr;

	if (!space || end - space < 4 || space[2] != ' ' || !is_text(space[1]))
		return;
	if (!read_hex(line, space, &addr))
		return;
	name = space + 3;
	for (space = name; space < end && *space != '\t' && *space != ' ';)
		space++;
	add(k, addr, name, (size_t)(space - name));
}

/* The whole lines of a buffer; how many bytes they are. */
static size_t
take_lines(struct ksyms *k, const char *buf, size_t n)
{
	const char *line = buf, *end;

	while ((end = memchr(line, '\n', n - (size_t)(line - buf)))) {
		take_line(k, line, (size_t)(end - line));
		line = end + 1;
	}
	return (size_t)(line - buf);
}

static void
read_all(struct ksyms *k, int fd)
{
	char *buf = malloc(READ_SIZE);
	size_t n = 0, used;
	ssize_t got;

	while (buf && n < READ_SIZE &&
	       (got = read(fd, buf + n, READ_SIZE - n)) > 0) {
		n += (size_t)got;
		used = take_lines(k, buf, n);
		n -= used;
		memmove(buf, buf + used, n);
	}
	free(buf);
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

/* The core kernel's come in order, and in front of its modules: most of the
 * work is to see that. */
static void
sort(struct ksyms *k)
{
	size_t from = 1;

	while (from < k->n && compare(&k->v[from - 1], &k->v[from]) < 0)
		from++;
	if (from >= k->n)
		return;
	qsort(k->v + from, k->n - from, sizeof(*k->v), compare);
	if (compare(&k->v[from - 1], &k->v[from]) > 0)
		qsort(k->v, k->n, sizeof(*k->v), compare);
}

struct ksyms *
ksyms_read(const char *path)
{
	struct ksyms *k = calloc(1, sizeof(*k));
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (k && fd >= 0) {
		read_all(k, fd);
		sort(k);
	}
	if (fd >= 0)
		close(fd);
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
	lo--; /* of several names the last, as upstream does */
	*offset = addr - k->v[lo].addr;
	return k->names.s + k->v[lo].name;
}
