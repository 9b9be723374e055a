/* SPDX-License-Identifier: MIT */
/*
 * Owns the way from a target as a script writes it to files: paths, patterns,
 * programs in PATH, libraries, and what a process has mapped (REFERENCE 3.8).
 */
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

enum { MAPS_MAX = 16 * 1024 * 1024, CACHE_MAX = 16 * 1024 * 1024 };

static bool
same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* Two ways to one file (/bin and /usr/bin) count once; members of an archive
 * are files of their own. */
static void
add_file(struct arena *a, struct probe_files *out, const char *shown,
	 const char *path)
{
	const char *disk = elf_disk_path(a, path);
	struct probe_file *f;
	struct stat st;

	if (stat(disk, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	for (uint32_t i = 0; disk == path && i < out->v.n; i++)
		if (same_file(out->v.v[i].open, path))
			return;
	f = vec_push(a, &out->v);
	f->shown = arena_strdup(a, shown);
	f->open = arena_strdup(a, path);
}

/* ---- other mount namespaces ---- */

static bool
shares_our_mounts(int pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	return same_file(path, "/proc/self/ns/mnt");
}

/* Where `path`, as the process sees it, is for us. */
static const char *
through_root(struct arena *a, const char *path, int pid)
{
	if (!pid || *path != '/' || shares_our_mounts(pid))
		return path;
	return arena_printf(a, "/proc/%d/root%s", pid, path);
}

static void
add_path(struct arena *a, struct probe_files *out, const char *path, int pid)
{
	add_file(a, out, path, through_root(a, path, pid));
}

/* ---- mapped files ---- */

static bool
is_library_name(const char *base, const char *lib)
{
	size_t n = strlen(lib);

	if (strncmp(base, lib, n) != 0)
		return false;
	base += n;
	return !*base || *base == '-' || !strncmp(base, ".so", 3);
}

/* "ADDR-ADDR r-xp OFFSET DEV INODE   PATH": the path, or NULL when the
 * mapping is not executable or not of a file. */
static char *
mapped_path(char *line)
{
	char *perms = strchr(line, ' '), *path;

	if (!perms || strlen(perms) < 5 || perms[3] != 'x')
		return NULL;
	path = strchr(perms, '/');
	if (!path || strstr(path, " (deleted)"))
		return NULL;
	return path;
}

/* Files mapped by the process, all or those of a library. */
static void
add_mapped(struct arena *a, struct probe_files *out, const char *lib, int pid)
{
	char path[64], *line, *file;
	const char *shown;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	line = NULL;
	while (f && getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		file = mapped_path(line);
		if (!file)
			continue;
		if (lib && !is_library_name(strrchr(file, '/') + 1, lib))
			continue;
		shown = arena_printf(a, "/proc/%d/root%s", pid, file);
		add_file(a, out, lib ? file : shown, shown);
	}
	free(line);
	if (f)
		fclose(f);
}

/* One line of /proc/PID/maps; files are told apart by what follows the
 * offset: "DEV INODE   PATH". */
static void
add_line_once(struct arena *a, struct probe_files *out, struct hmap *seen,
	      const char *pid, char *line)
{
	char *path = mapped_path(line), *key;
	const char *open = path;

	if (!path)
		return;
	key = strchr(strchr(line, ' ') + 6, ' ');
	if (!key || hmap_get(seen, key))
		return;
	hmap_put(a, seen, arena_strdup(a, key), out);
	if (!shares_our_mounts(atoi(pid)))
		open = arena_printf(a, "/proc/%s/root%s", pid, path);
	add_file(a, out, open, open);
}

void
probe_find_mapped(struct arena *a, struct probe_files *out)
{
	DIR *d = opendir("/proc");
	struct hmap seen = { 0 };
	struct dirent *e;
	char path[300], *line = NULL;
	size_t size = 0;
	FILE *f;

	*out = (struct probe_files){ .pattern = true };
	while (d && (e = readdir(d))) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/maps", e->d_name);
		f = fopen(path, "re");
		while (f && getline(&line, &size, f) > 0) {
			line[strcspn(line, "\n")] = '\0';
			add_line_once(a, out, &seen, e->d_name, line);
		}
		if (f)
			fclose(f);
	}
	free(line);
	if (d)
		closedir(d);
}

/* ---- libraries ---- */

/* The dynamic linker's cache, ldconfig's "1.1" format. */
struct ld_cache_header {
	char magic[20];
	uint32_t nlibs, strings_len;
	uint32_t unused[5];
};
struct ld_cache_entry {
	int32_t flags;
	uint32_t key, value; /* offsets of strings in the file */
	uint32_t os_version;
	uint64_t hwcap;
};

#if defined(__x86_64__)
enum { LD_CACHE_ARCH = 0x0300 };
#elif defined(__aarch64__)
enum { LD_CACHE_ARCH = 0x0a00 };
#else
enum { LD_CACHE_ARCH = 0 };
#endif

/* The whole file, with a NUL behind it: so every offset in it is a string. */
static char *
read_whole(const char *path, size_t max, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *buf = f ? calloc(1, max + 1) : NULL;

	*len = buf ? fread(buf, 1, max, f) : 0;
	if (f)
		fclose(f);
	return buf;
}

static void
search_cache(struct arena *a, struct probe_files *out, const char *lib,
	     const char *cache, size_t len)
{
	struct ld_cache_header h;
	struct ld_cache_entry e;
	size_t at = sizeof(h);

	if (len < sizeof(h))
		return;
	memcpy(&h, cache, sizeof(h));
	if (memcmp(h.magic, "glibc-ld.so.cache1.1", sizeof(h.magic)) != 0)
		return;
	for (uint32_t i = 0; i < h.nlibs && len - at >= sizeof(e); i++) {
		memcpy(&e, cache + at, sizeof(e));
		at += sizeof(e);
		if (e.key >= len || e.value >= len ||
		    (e.flags & 0xff00) != LD_CACHE_ARCH)
			continue;
		if (is_library_name(cache + e.key, lib))
			add_file(a, out, cache + e.value, cache + e.value);
	}
}

static void
search_folder(struct arena *a, struct probe_files *out, const char *lib,
	      const char *folder)
{
	struct dirent *e;
	const char *path;
	DIR *d = opendir(folder);

	while (d && (e = readdir(d))) {
		if (!is_library_name(e->d_name, lib))
			continue;
		path = arena_printf(a, "%s/%s", folder, e->d_name);
		add_file(a, out, path, path);
	}
	if (d)
		closedir(d);
}

static void
add_library(struct arena *a, struct probe_files *out, const char *lib, int pid)
{
	static const char *const folders[] = {
		"/lib/x86_64-linux-gnu",
		"/lib/aarch64-linux-gnu",
		"/lib64",
		"/usr/lib64",
		"/lib",
		"/usr/lib",
		"/usr/local/lib",
	};
	size_t len;
	char *cache;

	if (pid)
		add_mapped(a, out, lib, pid);
	if (out->v.n)
		return;
	cache = read_whole("/etc/ld.so.cache", CACHE_MAX, &len);
	if (cache)
		search_cache(a, out, lib, cache, len);
	free(cache);
	for (size_t i = 0; !out->v.n && i < ARRAY_LEN(folders); i++)
		search_folder(a, out, lib, folders[i]);
}

/* ---- programs ---- */

/* An empty entry of PATH means the working folder; we run as root and do not
 * follow it. */
static void
add_program(struct arena *a, struct probe_files *out, const char *name, int pid)
{
	const char *path = getenv("PATH"), *full;
	char *rest, *folder;

	if (!path)
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
		       "/sbin:/bin";
	rest = arena_strdup(a, path);
	while ((folder = strsep(&rest, ":"))) {
		if (*folder != '/')
			continue;
		full = arena_printf(a, "%s/%s", folder, name);
		add_path(a, out, full, pid);
	}
}

/* ---- patterns ---- */

/*
 * glob(3) would do, but it knows the homes of users: with it comes all that
 * looks up names, and in a static executable that is a resolver and a dynamic
 * loader.
 */
struct expansion {
	struct arena *a;
	VEC(const char *) paths;
};

static void expand(struct expansion *e, const char *folder, const char *rest);

/* `name` in `folder`, which ends with '/' or is empty. */
static void
expand_name(struct expansion *e, const char *folder, const char *name,
	    const char *rest)
{
	struct stat st;
	const char *path;

	if (*rest) {
		expand(e, arena_printf(e->a, "%s%s/", folder, name), rest);
		return;
	}
	path = arena_printf(e->a, "%s%s", folder, name);
	if (!lstat(path, &st))
		*vec_push(e->a, &e->paths) = path;
}

static void
expand(struct expansion *e, const char *folder, const char *rest)
{
	size_t n = strcspn(rest, "/");
	const char *name = arena_strndup(e->a, rest, n);
	const struct dirent *entry;
	DIR *dir;

	rest += n + strspn(rest + n, "/");
	if (!strpbrk(name, "*?[")) {
		expand_name(e, folder, name, rest);
		return;
	}
	dir = opendir(*folder ? folder : ".");
	while (dir && (entry = readdir(dir)))
		if (!fnmatch(name, entry->d_name, FNM_PERIOD))
			expand_name(e, folder, entry->d_name, rest);
	if (dir)
		closedir(dir);
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_pattern(struct arena *a, struct probe_files *out, const char *pattern,
	    int pid)
{
	const char *open = through_root(a, pattern, pid);
	size_t skip = strlen(open) - strlen(pattern), slashes;
	struct expansion e = { .a = a };

	slashes = strspn(open, "/");
	expand(&e, slashes ? "/" : "", open + slashes);
	if (e.paths.n)
		qsort(e.paths.v, e.paths.n, sizeof(*e.paths.v), by_path);
	for (uint32_t i = 0; i < e.paths.n; i++)
		add_file(a, out, e.paths.v[i] + skip, e.paths.v[i]);
}

void
probe_find_files(struct arena *a, const char *target, int pid,
		 struct probe_files *out)
{
	*out = (struct probe_files){ .pattern = kernel_is_pattern(target) };
	if (!*target)
		add_mapped(a, out, NULL, pid);
	else if (out->pattern)
		add_pattern(a, out, target, pid);
	else if (strchr(target, '/'))
		add_path(a, out, target, pid);
	else if (!strncmp(target, "lib", 3))
		add_library(a, out, target, pid);
	if (!out->v.n && *target && !out->pattern && !strchr(target, '/'))
		add_program(a, out, target, pid);
}
