/* SPDX-License-Identifier: MIT */
/*
 * Owns reading: a file line by line through one large buffer, and small files
 * whole. /proc and tracefs files have no size to ask for, hence the loops.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

enum { LINES_BUFFER = 128 * 1024 };

static ssize_t
read_some(int fd, void *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n;
}

bool
lines_open(struct lines *l, const char *path)
{
	*l = (struct lines){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
	if (l->fd < 0)
		return false;
	l->buf = malloc(LINES_BUFFER + 1);
	if (l->buf)
		return true;
	close(l->fd);
	errno = ENOMEM;
	return false;
}

/* Move what is left to the front and read behind it. */
static void
fill(struct lines *l)
{
	ssize_t n;

	memmove(l->buf, l->buf + l->begin, l->end - l->begin);
	l->end -= l->begin;
	l->begin = 0;
	n = read_some(l->fd, l->buf + l->end, LINES_BUFFER - l->end);
	if (n < 0)
		l->error = errno;
	if (n <= 0)
		l->eof = true;
	else
		l->end += n;
}

char *
lines_next(struct lines *l)
{
	char *line, *newline;

	for (;;) {
		line = l->buf + l->begin;
		newline = memchr(line, '\n', l->end - l->begin);
		if (newline) {
			*newline = '\0';
			l->begin = newline + 1 - l->buf;
			return line;
		}
		if (l->eof || l->end - l->begin == LINES_BUFFER)
			break;
		fill(l);
	}
	if (l->begin == l->end)
		return NULL;
	l->buf[l->end] = '\0';
	line = l->buf + l->begin;
	l->begin = l->end;
	return line;
}

void
lines_close(struct lines *l)
{
	close(l->fd);
	free(l->buf);
}

char *
kernel_read_file(struct arena *a, const char *path, size_t max, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *buf, *copy = NULL;
	size_t n = 0;
	ssize_t got = -1;

	if (fd < 0)
		return NULL;
	buf = malloc(max);
	if (!buf)
		got = -1, errno = ENOMEM;
	while (buf && n < max && (got = read_some(fd, buf + n, max - n)) > 0)
		n += got;
	if (got >= 0) {
		copy = arena_strndup(a, buf, n);
		*len = n;
	}
	free(buf);
	close(fd);
	return copy;
}

/* Pages of the buffer that are never reached cost nothing. */
char *
kernel_read_rest(struct arena *a, int fd, size_t *len)
{
	size_t room = LINES_BUFFER, n = 0;
	char *buf = arena_alloc(a, room), *larger;
	ssize_t got;

	while ((got = read_some(fd, buf + n, room - n)) > 0) {
		n += (size_t)got;
		if (n < room)
			continue;
		larger = arena_alloc(a, room * 8);
		memcpy(larger, buf, n);
		buf = larger;
		room *= 8;
	}
	close(fd);
	*len = n;
	return got < 0 ? NULL : buf;
}

char *
kernel_read_whole(struct arena *a, const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? NULL : kernel_read_rest(a, fd, len);
}
