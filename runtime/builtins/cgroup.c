// SPDX-License-Identifier: MIT
/*
 * Control groups by path and by id. cgroupid() is the inode of the group's
 * directory; cgroup_path() keeps the id, and its text is looked up in the
 * mounted hierarchies when it is printed.
 */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 64 };

struct cgroup_path {
	uint64_t id;
	uint64_t filter; /* 1 + index in prog->texts; 0: none */
};

/* ---- cgroupid ---- */

static bool
cgroupid_check(struct sema *s, struct node *n)
{
	const char *path = sema_literal_str(sema_arg(n, 0), NULL);
	struct stat st;

	if (!path)
		return true;
	if (stat(path, &st))
		return sema_error(s, n,
				  "Failed to get `cgroupid` for path: "
				  "\"%s\": %s",
				  path, strerror(errno));
	sema_make_int(s, n, st.st_ino, false);
	n->type = type_int(sema_types(s), 8, false);
	return true;
}

/* ---- cgroup_path ---- */

/* The index of a text in the program's list, added if new. */
static uint64_t
text_index(struct prog *p, const char *text)
{
	uint32_t i;

	for (i = 0; i < p->texts.n; i++)
		if (!strcmp(p->texts.v[i], text))
			return i;
	*vec_push(p->arena, &p->texts) = text;
	return i;
}

static bool
cgroup_path_check(struct sema *s, struct node *n)
{
	const struct node *filter = sema_arg(n, 1);

	if (!filter || filter->kind == N_STR || !filter->type ||
	    filter->type->kind == TY_ERROR)
		return true;
	return sema_error(s, n, "%s() expects a string literal (%s provided)",
			  n->call.name, sema_kind_name(filter->type));
}

static struct ref
cgroup_path_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	uint64_t filter = 0;

	if (ir_nargs(n) > 1)
		filter = 1 +
			 text_index(ir_prog(l),
				    sema_literal_str(ir_arg_node(n, 1), NULL));
	ir_store(l, dst->base, dst->off, ir_arg(l, n, 0), 8);
	ir_store(l, dst->base,
		 dst->off + (int32_t)offsetof(struct cgroup_path, filter),
		 ir_const(l, (int64_t)filter), 8);
	return REF_NONE;
}

/* The path below `dir` of the directory with that inode: breadth does not
 * matter, the kernel keeps hierarchies small. */
static bool
find_inode(int dir, uint64_t id, struct sbuf *path, unsigned depth)
{
	DIR *d = fdopendir(dir);
	const struct dirent *e;
	bool found = false;

	if (!d) {
		close(dir);
		return false;
	}
	while (!found && depth < DEPTH_MAX && (e = readdir(d))) {
		size_t n = path->n;
		int sub;

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		sbuf_printf(path, "/%s", e->d_name);
		found = e->d_ino == id;
		if (!found) {
			sub = openat(dirfd(d), e->d_name,
				     O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			found = sub >= 0 &&
				find_inode(sub, id, path, depth + 1);
		}
		if (!found)
			path->n = n;
	}
	closedir(d);
	return found;
}

/* "NAME:PATH" of the group in one hierarchy. */
static void
print_group(struct out *o, const char *name, const char *mount, uint64_t id,
	    bool *first)
{
	struct sbuf path = { 0 };
	struct stat st;
	int dir;

	if (stat(mount, &st))
		return;
	if (st.st_ino == id) {
		sbuf_putc(&path, '/');
	} else {
		dir = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0 || !find_inode(dir, id, &path, 0)) {
			sbuf_free(&path);
			return;
		}
	}
	out_printf(o, "%s%s:", *first ? "" : ",", name);
	out_foreign(o, path.s, path.n);
	*first = false;
	sbuf_free(&path);
}

struct hierarchy {
	char mount[256];
	char name[64];
};

static int
by_name(const void *a, const void *b)
{
	const struct hierarchy *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* A mount's hierarchy: "unified", or the last part of its directory. */
static bool
read_hierarchy(const char *line, struct hierarchy *h)
{
	char type[32];
	const char *base;

	if (sscanf(line, "%*s %255s %31s", h->mount, type) != 2)
		return false;
	if (!strcmp(type, "cgroup2")) {
		strcpy(h->name, "unified");
		return true;
	}
	if (strcmp(type, "cgroup"))
		return false;
	base = strrchr(h->mount, '/');
	snprintf(h->name, sizeof(h->name), "%.63s", base ? base + 1 : "");
	return true;
}

static void
cgroup_path_print(struct out *o, const struct type *t, const void *cell)
{
	struct hierarchy all[32];
	struct cgroup_path c;
	const char *filter = NULL;
	char line[1024];
	bool first = true;
	size_t i, n = 0;
	FILE *f = fopen("/proc/mounts", "re");

	(void)t;
	memcpy(&c, cell, sizeof(c));
	if (c.filter && o->session && c.filter <= o->session->prog->texts.n)
		filter = o->session->prog->texts.v[c.filter - 1];
	while (f && n < ARRAY_LEN(all) && fgets(line, sizeof(line), f))
		n += read_hierarchy(line, &all[n]);
	if (f)
		fclose(f);
	qsort(all, n, sizeof(*all), by_name);
	for (int unified = 1; unified >= 0; unified--)
		for (i = 0; i < n; i++) {
			if ((strcmp(all[i].name, "unified") == 0) != unified)
				continue;
			if (i && !by_name(&all[i - 1], &all[i]))
				continue; /* mounted twice */
			if (filter && fnmatch(filter, all[i].name, 0) &&
			    !strstr(all[i].name, filter))
				continue;
			print_group(o, all[i].name, all[i].mount, c.id, &first);
		}
}

static void
cgroup_path_json(struct out *o, const struct type *t, const void *cell)
{
	builtin_json_text(o, t, cell, cgroup_path_print);
}

const struct nominal cgroup_types[] = {
	{ .name = "cgroup_path_t",
	  .size = sizeof(struct cgroup_path),
	  .align = 8,
	  .print = cgroup_path_print,
	  .json = cgroup_path_json },
	{ 0 },
};

/* clang-format off */
const struct builtin cgroup_words[] = {
	{ "cgroupid", "(string literal) -> auto", "id of a cgroup's directory",
	  WORD_CONST, .check = cgroupid_check },
	{ "cgroup_path", "(int, string = none) -> cgroup_path_t",
	  "path of a cgroup", .check = cgroup_path_check,
	  .lower = cgroup_path_lower },
	{ 0 },
};
/* clang-format on */
