/* SPDX-License-Identifier: MIT */
/*
 * Owns replacing a file's text in one step: whoever reads it sees the old
 * text or the new, and when writing fails the old one stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* What mkstemp() replaces. */
#define UNIQUE                                                                 \
	"XX"                                                                   \
	"XX"                                                                   \
	"XX"

static bool
write_all(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t done = write(fd, text, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		text += done;
		n -= (size_t)done;
	}
	return true;
}

/* A new file keeps to the umask, an old one its mode. */
static mode_t
file_mode(const char *path)
{
	struct stat st;
	mode_t mask;

	if (stat(path, &st) == 0)
		return st.st_mode & 07777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* Devices and pipes are written to, as they cannot be replaced. */
static bool
write_special(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write_all(fd, text, n);

	if (fd >= 0 && close(fd))
		ok = false;
	return ok;
}

bool
rewrite_file(struct arena *a, const char *path, const char *text, size_t n)
{
	char *real = realpath(path, NULL); /* through symbolic links */
	const char *target = real ? arena_strdup(a, real) : path;
	char *tmp = arena_printf(a, "%s." UNIQUE, target);
	struct stat st;
	bool ok;
	int fd;

	free(real);
	if (stat(target, &st) == 0 && !S_ISREG(st.st_mode))
		return write_special(target, text, n);
	fd = mkstemp(tmp);
	if (fd < 0)
		return false;
	ok = write_all(fd, text, n) && !fchmod(fd, file_mode(target)) &&
	     !fsync(fd);
	if (close(fd))
		ok = false;
	ok = ok && !rename(tmp, target);
	if (!ok)
		unlink(tmp);
	return ok;
}
