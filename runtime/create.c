/* SPDX-License-Identifier: MIT */
/*
 * Owns the making of files that the user names: -o, --flamegraph, skboutput().
 * In a folder where everybody may write, a name can be somebody else's trap: a
 * link to a file of ours, or a file that its owner reads along. There only
 * what is ours, and is no link, is written to, whatever fs.protected_symlinks
 * says. Elsewhere links are followed, as everywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* What was opened in a folder of everybody; false: errno. */
static bool
is_ours(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	if (st.st_uid == geteuid() && st.st_nlink == 1)
		return !S_ISREG(st.st_mode) || !ftruncate(fd, 0);
	errno = EACCES;
	return false;
}

/* In that folder; its name behind it. */
static int
create_in(int folder, const char *name)
{
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC, fd, error;
	struct stat st;

	if (fstat(folder, &st))
		return -1;
	if (!(st.st_mode & S_IWOTH))
		return openat(folder, name, flags | O_TRUNC, 0644);
	/* Somebody else's FIFO would be waited for. */
	if (!fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) &&
	    S_ISFIFO(st.st_mode) && st.st_uid != geteuid()) {
		errno = EACCES;
		return -1;
	}
	fd = openat(folder, name, flags | O_NOFOLLOW, 0644);
	if (fd < 0 || is_ours(fd))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int
create_file(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dir = ".";
	int folder, fd, error;

	if (slash == path)
		dir = "/";
	else if (slash)
		dir = arena_strndup(a, path, (size_t)(slash - path));
	folder = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -1;
	fd = create_in(folder, slash ? slash + 1 : path);
	error = errno;
	close(folder);
	errno = error;
	return fd;
}
