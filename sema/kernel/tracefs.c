/* SPDX-License-Identifier: MIT */
/*
 * Owns tracefs: where it is mounted, which events there are, and what their
 * format files say (Documentation/trace/events.rst). An event's format is read
 * when somebody asks for that event, never for a listing.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

enum {
	FORMAT_MAX = 256 * 1024,  /* bytes of a format file that are read */
	RECORD_MAX = 64 * 1024,   /* bytes of a record, as perf limits it */
	EVENTS_MAX = 1024 * 1024, /* entries of a listing */
};

/* ---- the mount ---- */

static bool
is_tracefs(const char *dir)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s/events", dir) >=
	    sizeof(path))
		return false;
	return kernel_can(path, R_OK | X_OK);
}

/* "SOURCE DIR TYPE OPTIONS..." a line, spaces in DIR as \040: such mounts
 * are left alone. */
static const char *
find_mount(struct arena *a)
{
	const char *found = NULL;
	struct lines l;
	char *line, *dir, *type, *rest;

	if (!lines_open(&l, "/proc/mounts"))
		return NULL;
	while (!found && (line = lines_next(&l))) {
		rest = line;
		strsep(&rest, " ");
		dir = strsep(&rest, " ");
		type = strsep(&rest, " ");
		if (type && !strcmp(type, "tracefs") && is_tracefs(dir))
			found = arena_strdup(a, dir);
	}
	lines_close(&l);
	return found;
}

static const char *
find_tracefs(struct kernel *k)
{
	static const char *const usual[] = { "/sys/kernel/tracing",
					     "/sys/kernel/debug/tracing" };
	const char *found;

	if (k->paths.tracefs)
		return is_tracefs(k->paths.tracefs) ? k->paths.tracefs : NULL;
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		if (is_tracefs(usual[i]))
			return usual[i];
	found = find_mount(k->arena);
	if (!found && kernel_mount_tracefs(usual[0]) && is_tracefs(usual[0]))
		found = usual[0];
	return found;
}

static const char *
why_missing(struct kernel *k)
{
	if (k->paths.tracefs)
		return arena_printf(k->arena, "there is no tracefs at %s",
				    k->paths.tracefs);
	if (!kernel_can("/sys/kernel/tracing/events", F_OK) && errno == EACCES)
		return "tracefs cannot be read; run as root or with "
		       "CAP_DAC_READ_SEARCH";
	if (kernel_lockdown(LOCKED_CONFIDENTIALITY))
		return "the kernel is locked down (confidentiality), which "
		       "closes tracefs";
	return "tracefs is not mounted; mount it with: "
	       "mount -t tracefs nodev /sys/kernel/tracing";
}

const char *
kernel_tracefs(struct kernel *k, const char **why)
{
	struct kernel_cache *c = kernel_cached(k);

	if (!c->tracefs_asked) {
		c->tracefs_asked = true;
		c->tracefs = find_tracefs(k);
		if (!c->tracefs)
			c->tracefs_why = why_missing(k);
	}
	if (why)
		*why = c->tracefs_why;
	return c->tracefs;
}

/* ---- format files ---- */

/* The value of "key:NUMBER" in a field's line, or -1. */
static int64_t
attribute(const char *line, const char *key)
{
	const char *p = strstr(line, key);
	char *end;
	long long v;

	if (!p)
		return -1;
	p += strlen(key);
	errno = 0;
	v = strtoll(p, &end, 10);
	return end == p || errno || v < 0 ? -1 : v;
}

static bool
is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		s[--n] = '\0';
	return s;
}

/* Cut `word` off the front of *s. */
static bool
skip_word(char **s, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*s, word, n) != 0 || is_name_char((*s)[n]))
		return false;
	*s = trim(*s + n);
	return true;
}

/* The bytes of one element, by the number in brackets; a name there
 * (TASK_COMM_LEN) means that only char arrays can be understood. */
static uint32_t
array_count(const char *brackets, uint32_t size)
{
	char *end;
	unsigned long n = strtoul(brackets, &end, 0);

	if (end == brackets || n == 0 || n > size)
		return size;
	return size % n ? size : n;
}

/*
 * "char prev_comm[16]", "const char * filename", "__data_loc char[] name":
 * split into type, name and array. False: a declaration that is none.
 */
static bool
parse_declaration(struct arena *a, char *decl, struct trace_field *f)
{
	char *open, *name;
	size_t n;

	f->text = arena_strdup(a, decl = trim(decl));
	f->data_loc = skip_word(&decl, "__data_loc");
	f->rel_loc = !f->data_loc && skip_word(&decl, "__rel_loc");
	n = strlen(decl);
	open = n && decl[n - 1] == ']' ? strrchr(decl, '[') : NULL;
	if (open) {
		f->count = array_count(open + 1, f->size);
		*open = '\0';
		decl = trim(decl);
		n = strlen(decl);
	}
	while (n && is_name_char(decl[n - 1]))
		n--;
	name = decl + n;
	if (!*name || isdigit((unsigned char)*name))
		return false;
	f->name = arena_strdup(a, name);
	*name = '\0';
	decl = trim(decl);
	n = strlen(decl);
	if (f->data_loc || f->rel_loc) {
		f->count = 0;
		if (n > 2 && !strcmp(decl + n - 2, "[]"))
			decl[n - 2] = '\0';
	}
	f->type = arena_strdup(a, trim(decl));
	return *f->type;
}

/* "field:DECLARATION;\toffset:N;\tsize:N;\tsigned:N;" */
static bool
parse_field(struct arena *a, char *line, struct trace_field *f)
{
	char *decl = strstr(line, "field:"), *end;
	int64_t offset, size;

	end = decl ? strchr(decl, ';') : NULL;
	if (!end)
		return false;
	*end++ = '\0';
	offset = attribute(end, "offset:");
	size = attribute(end, "size:");
	if (offset < 0 || size <= 0 || offset > RECORD_MAX ||
	    size > RECORD_MAX || offset + size > RECORD_MAX)
		return false;
	*f = (struct trace_field){ .offset = offset, .size = size };
	f->is_signed = attribute(end, "signed:") == 1;
	if (!parse_declaration(a, decl + strlen("field:"), f))
		return false;
	f->common = !strncmp(f->name, "common_", 7);
	return true;
}

static void
parse_line(struct arena *a, char *line, struct trace_event *e)
{
	struct trace_field f;

	if (!strncmp(line, "ID:", 3)) {
		e->id = strtoul(line + 3, NULL, 10);
		return;
	}
	if (!strchr("\t ", *line) || !parse_field(a, line, &f))
		return;
	*vec_push(a, &e->fields) = f;
	if (f.offset + f.size > e->size)
		e->size = f.offset + f.size;
}

static struct trace_event *
parse_format(struct arena *a, char *text)
{
	struct trace_event *e = arena_alloc(a, sizeof(*e));
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (!strncmp(line, "print fmt:", 10))
			break;
		if (*line)
			parse_line(a, line, e);
	}
	return e;
}

/* One component of a path: no way out of the events folder. */
static bool
is_component(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/');
}

static struct trace_event *
read_event(struct kernel *k, const char *root, const char *category,
	   const char *name)
{
	char path[4096];
	struct trace_event *e;
	size_t len;
	char *text;

	errno = ENOENT;
	if ((size_t)snprintf(path, sizeof(path), "%s/events/%s/%s/format", root,
			     category, name) >= sizeof(path))
		return NULL;
	text = kernel_read_file(k->arena, path, FORMAT_MAX, &len);
	if (!text)
		return NULL;
	e = parse_format(k->arena, text);
	e->category = arena_strdup(k->arena, category);
	e->name = arena_strdup(k->arena, name);
	return e;
}

const struct trace_event *
kernel_event(struct kernel *k, const char *category, const char *name)
{
	struct kernel_cache *c = kernel_cached(k);
	const char *root = kernel_tracefs(k, NULL), *key;
	struct trace_event *e;

	if (!root) {
		errno = ENODEV;
		return NULL;
	}
	if (!is_component(category) || !is_component(name)) {
		errno = ENOENT;
		return NULL;
	}
	key = arena_printf(k->arena, "%s:%s", category, name);
	e = hmap_get(&c->events, key);
	if (!e) {
		e = read_event(k, root, category, name);
		if (e)
			hmap_put(k->arena, &c->events, key, e);
	}
	return e;
}

/* ---- listing ---- */

struct listed {
	const char *category, *name;
};

struct listing_of_events {
	struct arena *arena;
	const char *category, *name; /* patterns */
	VEC(struct listed) found;
};

static void
note_event(struct listing_of_events *l, const char *category, const char *name)
{
	struct listed *e;
	uint32_t n = l->found.n;

	if (n >= EVENTS_MAX || !kernel_match(l->category, category) ||
	    !kernel_match(l->name, name))
		return;
	e = vec_push(l->arena, &l->found);
	e->name = arena_strdup(l->arena, name);
	e->category = n && !strcmp(l->found.v[n - 1].category, category)
			      ? l->found.v[n - 1].category
			      : arena_strdup(l->arena, category);
}

static bool
is_directory(DIR *d, const struct dirent *e)
{
	struct stat st;

	if (e->d_name[0] == '.')
		return false;
	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return fstatat(dirfd(d), e->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static int
list_category(struct listing_of_events *l, const char *root,
	      const char *category)
{
	char path[4096];
	struct dirent *e;
	DIR *d;

	if ((size_t)snprintf(path, sizeof(path), "%s/events/%s", root,
			     category) >= sizeof(path))
		return -ENAMETOOLONG;
	d = opendir(path);
	if (!d)
		return errno == ENOENT ? 0 : -errno;
	while ((e = readdir(d)))
		if (is_directory(d, e))
			note_event(l, category, e->d_name);
	closedir(d);
	return 0;
}

static int
list_folders(struct listing_of_events *l, const char *root)
{
	char path[4096];
	struct dirent *e;
	int err = 0;
	DIR *d;

	if ((size_t)snprintf(path, sizeof(path), "%s/events", root) >=
	    sizeof(path))
		return -ENAMETOOLONG;
	d = opendir(path);
	if (!d)
		return -errno;
	while (!err && (e = readdir(d)))
		if (is_directory(d, e) && kernel_match(l->category, e->d_name))
			err = list_category(l, root, e->d_name);
	closedir(d);
	return err;
}

/* One file has them all ("category:name" a line): far faster than making
 * the kernel build the folders. False when it cannot be read. */
static bool
list_available(struct listing_of_events *l, const char *root)
{
	char path[4096], *line, *colon;
	struct lines file;

	if ((size_t)snprintf(path, sizeof(path), "%s/available_events", root) >=
		    sizeof(path) ||
	    !lines_open(&file, path))
		return false;
	while ((line = lines_next(&file))) {
		colon = strchr(line, ':');
		if (!colon)
			continue;
		*colon = '\0';
		if (is_component(line) && is_component(colon + 1))
			note_event(l, line, colon + 1);
	}
	lines_close(&file);
	return true;
}

static int
by_event(const void *va, const void *vb)
{
	const struct listed *a = va, *b = vb;
	int d = strcmp(a->category, b->category);

	return d ? d : strcmp(a->name, b->name);
}

int
kernel_events(struct kernel *k, const char *category, const char *name,
	      kernel_event_fn *each, void *arg)
{
	struct listing_of_events l = { .arena = k->arena,
				       .category = category,
				       .name = name };
	const char *root = kernel_tracefs(k, NULL);
	int err = 0;

	if (!root)
		return -ENODEV;
	if (!kernel_is_pattern(category))
		err = is_component(category) ? list_category(&l, root, category)
					     : 0;
	else if (!list_available(&l, root))
		err = list_folders(&l, root);
	if (err)
		return err;
	if (l.found.n)
		qsort(l.found.v, l.found.n, sizeof(*l.found.v), by_event);
	for (uint32_t i = 0; i < l.found.n; i++)
		each(arg, l.found.v[i].category, l.found.v[i].name);
	return l.found.n;
}
