/* SPDX-License-Identifier: MIT */
/*
 * Owns the headers: the list of directories, which file a name means, its
 * text (read once), and the stack of files that are being read. A file whose
 * include guard is defined is not entered again.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

static void
add_dir(struct cpp *pp, const char *path)
{
	vec_push(pp->arena, &pp->dirs)->path = path;
}

static void
add_bundled(struct cpp *pp, bool first)
{
	struct cdir *d = vec_push(pp->arena, &pp->dirs);

	d->path = first ? "<bundled>" : "<bundled, last>";
	d->bundled = true;
	d->first = first;
}

static void
add_below(struct cpp *pp, const char *root, const char *sub)
{
	if (root)
		add_dir(pp, arena_printf(pp->arena, "%s/%s", root, sub));
}

/* The order of the kernel's own makefile: its tree and its build in turn. */
static void
add_kernel(struct cpp *pp)
{
	const char *src = pp->in->kernel_source;
	const char *build = pp->in->kernel_build;
	const char *arch = pp->in->arch == CDEF_X86_64 ? "x86" : "arm64";
	static const char *const subs[] = {
		"arch/%s/include",
		"arch/%s/include/generated",
		"include",
		"arch/%s/include/uapi",
		"arch/%s/include/generated/uapi",
		"include/uapi",
		"include/generated/uapi",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(subs); i++) {
		const char *sub = subs[i];
		const char *cut = strstr(sub, "%s");

		if (cut)
			sub = arena_printf(pp->arena, "%.*s%s%s",
					   (int)(cut - sub), sub, arch,
					   cut + 2);
		add_below(pp, src, sub);
		if (build && (!src || strcmp(src, build)))
			add_below(pp, build, sub);
	}
}

void
pp_file_dirs(struct cpp *pp)
{
	const struct cdef_input *in = pp->in;
	uint32_t i;

	for (i = 0; i < in->includes.n; i++)
		add_dir(pp, in->includes.v[i]);
	add_bundled(pp, true);
	if (in->kernel_source || in->kernel_build)
		add_kernel(pp);
	for (i = 0; i < in->system.n; i++)
		add_dir(pp, in->system.v[i]);
	add_bundled(pp, false);
}

/* ---- reading ---- */

static char *
read_all(struct arena *a, int fd, size_t size, size_t *len)
{
	char *text = arena_alloc(a, size + 1);
	ssize_t got;

	for (*len = 0; *len < size; *len += (size_t)got) {
		got = read(fd, text + *len, size - *len);
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got <= 0)
			break;
	}
	return text;
}

struct cfile *
pp_file_of_text(struct cpp *pp, const char *path, const char *text, size_t len)
{
	struct cfile *f = arena_alloc(pp->arena, sizeof(*f));

	f->path = path;
	f->text = text;
	f->len = len;
	f->dir = -1;
	return f;
}

/* A regular file by its path, from the cache or the disk; NULL: none. */
static struct cfile *
file_at(struct cpp *pp, const char *path)
{
	struct cfile *f = hmap_get(&pp->files, path);
	struct stat st;
	char *text;
	size_t len;
	int fd;

	if (f)
		return f;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= FILE_MAX) {
		text = read_all(pp->arena, fd, (size_t)st.st_size, &len);
		path = arena_strdup(pp->arena, path);
		f = pp_file_of_text(pp, path, text, len);
		hmap_put(pp->arena, &pp->files, path, f);
	}
	close(fd);
	return f;
}

static struct cfile *
file_bundled(struct cpp *pp, const struct cdir *d, const char *name)
{
	const char *text = pp_bundled(name, d->first);
	const char *path;
	struct cfile *f;

	if (!text)
		return NULL;
	path = arena_printf(pp->arena, "%s/%s", d->path, name);
	f = hmap_get(&pp->files, path);
	if (f)
		return f;
	f = pp_file_of_text(pp, path, text, strlen(text));
	hmap_put(pp->arena, &pp->files, path, f);
	return f;
}

static struct cfile *
file_in_dir(struct cpp *pp, const char *dir, size_t n, const char *name)
{
	char path[4096];
	size_t len = strlen(name);

	if (n + len + 2 > sizeof(path))
		return NULL;
	memcpy(path, dir, n);
	path[n] = '/';
	memcpy(path + n + 1, name, len + 1);
	return file_at(pp, path);
}

static struct cfile *
file_search(struct cpp *pp, const char *name, uint32_t from)
{
	struct cfile *f = NULL;
	uint32_t i;

	for (i = from; i < pp->dirs.n && !f; i++) {
		const struct cdir *d = &pp->dirs.v[i];

		if (d->bundled)
			f = file_bundled(pp, d, name);
		else
			f = file_in_dir(pp, d->path, strlen(d->path), name);
		if (f && f->dir < 0)
			f->dir = (int)i;
	}
	return f;
}

/* "x.h": beside the file that includes it first. */
static struct cfile *
file_beside(struct cpp *pp, const char *name)
{
	const struct cfile *from = pp->input ? pp->input->file : NULL;
	const char *slash = from ? strrchr(from->path, '/') : NULL;
	struct cfile *f;

	if (!slash)
		return file_at(pp, name);
	f = file_in_dir(pp, from->path, (size_t)(slash - from->path), name);
	if (f && f->dir < 0)
		f->dir = from->dir;
	return f;
}

struct cfile *
pp_file_find(struct cpp *pp, const char *name, bool angled, bool next)
{
	struct cfile *f = NULL;

	if (name[0] == '/')
		return file_at(pp, name);
	if (next && pp->input && pp->input->file->dir >= 0)
		return file_search(pp, name,
				   (uint32_t)pp->input->file->dir + 1);
	if (!angled)
		f = file_beside(pp, name);
	if (f)
		return f;
	f = hmap_get(&pp->found, name);
	if (f)
		return f;
	f = file_search(pp, name, 0);
	if (f)
		hmap_put(pp->arena, &pp->found, arena_strdup(pp->arena, name),
			 f);
	return f;
}

/* ---- the stack of files ---- */

bool
pp_file_enter(struct cpp *pp, struct cfile *f)
{
	struct cinput *in;

	if (f->once || (f->guard && f->guard->macro))
		return true;
	if (pp->depth >= INCLUDE_MAX) {
		pp_stop(pp, "#include nested too deeply");
		return false;
	}
	in = arena_alloc(pp->arena, sizeof(*in));
	in->up = pp->input;
	in->file = f;
	in->p = f->text;
	in->end = f->text + f->len;
	in->bol = true;
	in->conds = pp->conds.n;
	pp->input = in;
	pp->depth++;
	return true;
}

void
pp_file_leave(struct cpp *pp)
{
	struct cinput *in = pp->input;

	if (in->guard_state == GUARD_END)
		in->file->guard = in->guard;
	if (pp->conds.n > in->conds) {
		struct ctoken at = { .text = pp->conds.v[in->conds].at };

		pp_message(pp, false, &at,
			   "error: unterminated conditional directive");
		pp->conds.n = in->conds;
	}
	pp->input = in->up;
	pp->depth--;
}

/* ---- where headers are ---- */

static const char *
if_dir(struct arena *a, const char *root, const char *path)
{
	char *full = arena_printf(a, "%s%s", root, path);
	struct stat st;

	return stat(full, &st) == 0 && S_ISDIR(st.st_mode) ? full : NULL;
}

void
cdef_find_headers(struct cdef_input *in, const char *root, const char *release,
		  const char *source, const char *build)
{
	static const char *const system[] = {
		"/usr/local/include",
		NULL, /* the architecture's */
		"/usr/include",
	};
	struct arena *a = in->arena;
	const char *lib = arena_printf(a, "/lib/modules/%s", release);
	size_t i;

	in->kernel_source =
		source ? if_dir(a, "", source)
		       : if_dir(a, root, arena_printf(a, "%s/source", lib));
	in->kernel_build =
		build ? if_dir(a, "", build)
		      : if_dir(a, root, arena_printf(a, "%s/build", lib));
	if (!in->kernel_source)
		in->kernel_source = in->kernel_build;
	if (!in->kernel_build)
		in->kernel_build = in->kernel_source;
	for (i = 0; i < ARRAY_LEN(system); i++) {
		const char *path = system[i];

		if (!path)
			path = in->arch == CDEF_X86_64
				       ? "/usr/include/x86_64-linux-gnu"
				       : "/usr/include/aarch64-linux-gnu";
		path = if_dir(a, root, path);
		if (path)
			*vec_push(a, &in->system) = path;
	}
}
