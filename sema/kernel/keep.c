/* SPDX-License-Identifier: MIT */
/*
 * Owns copies of lists that the kernel is slow to print: it looks up the name
 * of each of its functions, 50,000 of them, 30 ms and more. They change when a
 * module comes or goes, so a copy in a folder of /run begins with what the
 * kernel was when it printed: this boot, and the modules, each with the number
 * of its folder in sysfs, which a module that is loaded again does not get
 * again. Who may not write there, or cannot tell, asks the kernel.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

enum { SMALL = 4096, KEPT_MAX = 64 << 20 };

/* ---- what the kernel is ---- */

static bool
add_modules(struct sbuf *key, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return false;
	while ((entry = readdir(dir)))
		if (*entry->d_name != '.')
			sbuf_printf(key, "%s %llu\n", entry->d_name,
				    (unsigned long long)entry->d_ino);
	closedir(dir);
	return true;
}

/* Ends with an empty line; false: unknown. */
static bool
state_of(struct kernel *k, struct sbuf *key)
{
	const struct kernel_keep *from = &k->paths.keep;
	size_t n;
	char *boot = kernel_read_file(k->arena, from->boot, SMALL, &n);

	if (!boot || !n)
		return false;
	sbuf_printf(key, "jiffy 1\n%s\n", boot);
	if (!add_modules(key, from->module_dir))
		return false;
	sbuf_putc(key, '\n');
	return true;
}

/* While a module is being loaded, the kernel lists what is gone a moment
 * later: functions that only initialise. */
static bool
is_settled(const char *modules)
{
	struct lines l;
	bool settled;
	char *line;

	if (!lines_open(&l, modules))
		return errno == ENOENT; /* a kernel that has none */
	settled = true;
	while ((line = lines_next(&l)))
		if (!strstr(line, " Live "))
			settled = false;
	lines_close(&l);
	return settled && !l.error;
}

/* ---- the copies ---- */

/* A folder that nobody but us may write, made if need be. -1: none. */
static int
open_folder(const char *path, bool make)
{
	struct stat st;
	int fd;

	if (make)
		mkdir(path, 0700);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && st.st_uid == geteuid() && !(st.st_mode & 022))
		return fd;
	close(fd);
	return -1;
}

/* All of a regular file of ours; NULL: is none. */
static char *
read_ours(struct arena *a, int fd, size_t *len)
{
	struct stat st;
	size_t n = 0;
	ssize_t got;
	char *buf;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_mode & 022 || st.st_size <= 0 || st.st_size > KEPT_MAX)
		return NULL;
	*len = (size_t)st.st_size;
	buf = arena_alloc(a, *len);
	while (n < *len && (got = read(fd, buf + n, *len - n)) > 0)
		n += (size_t)got;
	return n == *len ? buf : NULL;
}

static const char *
recall(struct kernel *k, const struct sbuf *key, const char *name, size_t *len)
{
	int dir = open_folder(k->paths.keep.folder, false), fd = -1;
	const char *text = NULL;

	if (dir >= 0)
		fd = openat(dir, name,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		text = read_ours(k->arena, fd, len);
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	if (!text || *len < key->n || memcmp(text, key->s, key->n) != 0)
		return NULL;
	*len -= key->n;
	return text + key->n;
}

static bool
write_all(int fd, const char *text, size_t n)
{
	ssize_t done;

	for (; n; text += done, n -= (size_t)done)
		if ((done = write(fd, text, n)) <= 0)
			return false;
	return true;
}

/* Under another name first: nobody ever sees half of it. */
static void
store(struct kernel *k, const struct sbuf *key, const char *name,
      const char *text, size_t len)
{
	const char *other = arena_printf(k->arena, "%s.%d", name, getpid());
	int dir = open_folder(k->paths.keep.folder, true), fd;
	bool whole;

	if (dir < 0)
		return;
	fd = openat(dir, other,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0) {
		whole = write_all(fd, key->s, key->n) &&
			write_all(fd, text, len);
		close(fd);
		if (!whole || renameat(dir, other, dir, name) != 0)
			unlinkat(dir, other, 0);
	}
	close(dir);
}

/* Whether the kernel is still what it was when it began to print. */
static bool
is_still(struct kernel *k, const struct sbuf *before)
{
	struct sbuf now = { 0 };
	bool same = is_settled(k->paths.keep.modules) && state_of(k, &now) &&
		    now.n == before->n && !memcmp(now.s, before->s, now.n);

	sbuf_free(&now);
	return same;
}

const char *
kernel_recall(struct kernel *k, const char *name, size_t *len)
{
	struct sbuf key = { 0 };
	const char *text = NULL;

	if (k->paths.keep.folder && state_of(k, &key))
		text = recall(k, &key, name, len);
	sbuf_free(&key);
	return text;
}

const char *
kernel_make_kept(struct kernel *k, const char *name, kernel_make_fn *make,
		 const void *arg, size_t *len)
{
	struct sbuf key = { 0 };
	bool known = k->paths.keep.folder && state_of(k, &key);
	const char *text = make(k, arg, len);

	if (text && *len && known && is_still(k, &key))
		store(k, &key, name, text, *len);
	sbuf_free(&key);
	return text;
}

static const char *
read_list(struct kernel *k, const void *path, size_t *len)
{
	return kernel_read_whole(k->arena, path, len);
}

const char *
kernel_read_kept(struct kernel *k, const char *path, const char *name,
		 size_t *len)
{
	const char *text = kernel_recall(k, name, len);

	return text ? text : kernel_make_kept(k, name, read_list, path, len);
}
