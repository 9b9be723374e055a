/* SPDX-License-Identifier: MIT */
/*
 * Owns the maps of just-in-time compilers: /tmp/perf-PID.map, with the pid and
 * the /tmp that the process itself sees, which the kernel's perf made a custom.
 * Lines "START SIZE NAME", hexadecimal, added as code is made. Anyone can put
 * a file there: only the process's own user and root are believed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

enum { FILE_MAX = 64 << 20, LONGEST = 1 << 16, LOOK_BACK = 16 };

struct perfmap {
	struct arena arena; /* of what was read */
	char path[96];
	uid_t owner;
	off_t size; /* when it was read */
	bool known; /* whose process it is */
	VEC(struct jitted {
		uint64_t begin, end;
		const char *name;
		uint32_t order; /* in the file: a later one is in force */
	})
	code;
};

struct perfmap *
perfmap_new(uint32_t pid)
{
	struct perfmap *p = calloc(1, sizeof(*p));
	unsigned inside = pid, uid;
	char path[64], *line = NULL;
	size_t cap = 0;
	FILE *f;

	if (!p)
		base_out_of_memory();
	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	f = fopen(path, "re");
	while (f && getline(&line, &cap, f) > 0) {
		if (sscanf(line, "Uid: %*u %u", &uid) == 1) {
			p->owner = uid;
			p->known = true;
		} else if (!strncmp(line, "NSpid:", 6)) {
			line[strcspn(line, "\n")] = '\0';
			inside = (unsigned)atoi(strrchr(line, '\t') + 1);
		}
	}
	free(line);
	if (f)
		fclose(f);
	snprintf(p->path, sizeof(p->path), "/proc/%u/root/tmp/perf-%u.map", pid,
		 inside);
	return p;
}

void
perfmap_free(struct perfmap *p)
{
	if (!p)
		return;
	arena_free(&p->arena);
	free(p);
}

static void
add_line(struct perfmap *p, char *line)
{
	unsigned long long begin, size;
	struct jitted *j;
	int name = 0;

	if (sscanf(line, "%llx %llx %n", &begin, &size, &name) < 2 || !name ||
	    !line[name] || !size || size > UINT64_MAX - begin)
		return;
	j = vec_push(&p->arena, &p->code);
	j->begin = begin;
	j->end = begin + size;
	j->name = arena_strdup(&p->arena, line + name);
	j->order = p->code.n;
}

static int
by_begin(const void *va, const void *vb)
{
	const struct jitted *a = va, *b = vb;

	if (a->begin != b->begin)
		return a->begin < b->begin ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

/* The file may be a hole, one line as long as the disk allows: what is longer
 * than a line may be is cut. */
static void
read_lines(struct perfmap *p, FILE *f)
{
	char *line = malloc(LONGEST);
	size_t n = 0;
	off_t left;
	int c = 0;

	arena_free(&p->arena);
	memset(&p->code, 0, sizeof(p->code));
	for (left = FILE_MAX; line && c != EOF && left; left--) {
		c = getc_unlocked(f);
		if (c != EOF && c != '\n') {
			if (n < LONGEST - 1)
				line[n++] = (char)c;
			continue;
		}
		line[n] = '\0';
		add_line(p, line);
		n = 0;
	}
	free(line);
	if (p->code.n)
		qsort(p->code.v, p->code.n, sizeof(*p->code.v), by_begin);
}

static bool
is_new(const struct perfmap *p, const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_size != p->size &&
	       (st->st_uid == p->owner || st->st_uid == 0);
}

/* Read it where it has grown since. What is no file is not even opened: that
 * alone is enough for some devices. */
static void
refresh(struct perfmap *p)
{
	struct stat st;
	FILE *f;
	int fd;

	if (lstat(p->path, &st) || !is_new(p, &st))
		return;
	fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	if (fstat(fd, &st) || !is_new(p, &st)) {
		close(fd);
		return;
	}
	f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return;
	}
	p->size = st.st_size;
	read_lines(p, f);
	fclose(f);
}

static const struct jitted *
look_up(const struct perfmap *p, uint64_t addr)
{
	uint32_t lo = 0, hi = p->code.n, mid, first;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (p->code.v[mid].begin <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	first = lo > LOOK_BACK ? lo - LOOK_BACK : 0;
	for (; lo > first; lo--)
		if (addr < p->code.v[lo - 1].end)
			return &p->code.v[lo - 1];
	return NULL;
}

const char *
perfmap_find(struct perfmap *p, uint64_t addr, uint64_t *offset)
{
	const struct jitted *j;

	if (!p->known)
		return NULL;
	refresh(p);
	j = look_up(p, addr);
	if (j)
		*offset = addr - j->begin;
	return j ? j->name : NULL;
}
