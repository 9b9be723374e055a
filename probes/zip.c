/* SPDX-License-Identifier: MIT */
/*
 * Owns archives: where in a ZIP file one of its files lies. Android loads
 * libraries right out of them, uncompressed; only such ones can be probed.
 * The layout is that of PKWARE's APPNOTE; every number in it is checked.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

enum {
	END_SIZE = 22, /* end of central directory, without its comment */
	ENTRY_SIZE = 46,
	LOCAL_SIZE = 30,
	DIRECTORY_MAX = 64 * 1024 * 1024,
};

static uint32_t
get(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | p[bytes];
	return v;
}

static bool
read_at(int fd, void *buf, size_t n, uint64_t at)
{
	return at <= INT64_MAX && pread(fd, buf, n, (off_t)at) == (ssize_t)n;
}

/* Its place is told only by its mark, somewhere in the last 64 KB. */
static bool
find_end(int fd, uint64_t size, uint8_t end[END_SIZE])
{
	uint8_t tail[UINT16_MAX + END_SIZE];
	size_t n = size < sizeof(tail) ? size : sizeof(tail);

	if (n < END_SIZE || !read_at(fd, tail, n, size - n))
		return false;
	for (size_t i = n - END_SIZE + 1; i-- > 0;)
		if (!memcmp(tail + i, "PK\5\6", 4)) {
			memcpy(end, tail + i, END_SIZE);
			return true;
		}
	return false;
}

/* A walk through the directory. */
struct zip_walk {
	const uint8_t *p; /* the next entry */
	size_t left;
	const uint8_t *entry; /* the one just met */
	const char *name;     /* its name, not terminated */
	size_t length;
};

static bool
next_entry(struct zip_walk *w)
{
	size_t whole;

	if (w->left < ENTRY_SIZE || memcmp(w->p, "PK\1\2", 4) != 0)
		return false;
	w->length = get(w->p + 28, 2);
	whole = ENTRY_SIZE + w->length + get(w->p + 30, 2) + get(w->p + 32, 2);
	if (whole > w->left)
		return false;
	w->entry = w->p;
	w->name = (const char *)w->p + ENTRY_SIZE;
	w->p += whole;
	w->left -= whole;
	return true;
}

static bool
locate(int fd, const uint8_t *entry, uint64_t file_size, struct zip_member *out)
{
	uint8_t local[LOCAL_SIZE];
	uint64_t at = get(entry + 42, 4);

	if (!read_at(fd, local, sizeof(local), at) ||
	    memcmp(local, "PK\3\4", 4) != 0)
		return false;
	out->offset = at + LOCAL_SIZE + get(local + 26, 2) + get(local + 28, 2);
	out->size = get(entry + 24, 4);
	return out->offset <= file_size && out->size <= file_size - out->offset;
}

/* Read the directory into the arena; NULL, or what is wrong. */
static const char *
read_directory(struct arena *a, int fd, uint64_t *size, struct zip_walk *out)
{
	uint8_t end[END_SIZE], *bytes;
	struct stat st;
	uint32_t n;

	if (fstat(fd, &st) != 0 || st.st_size < 0)
		return "cannot be read";
	*size = (uint64_t)st.st_size;
	if (!find_end(fd, *size, end))
		return "is no ZIP archive";
	n = get(end + 12, 4);
	if (n > DIRECTORY_MAX || n > *size)
		return "is a broken ZIP archive";
	bytes = arena_alloc(a, n + 1);
	if (!read_at(fd, bytes, n, get(end + 16, 4)))
		return "is a broken ZIP archive";
	*out = (struct zip_walk){ .p = bytes, .left = n };
	return NULL;
}

const char *
zip_find(struct arena *a, int fd, const char *name, struct zip_member *out)
{
	struct zip_walk w;
	uint64_t size;
	const char *why = read_directory(a, fd, &size, &w);

	if (why)
		return why;
	while (next_entry(&w)) {
		if (w.length != strlen(name) || memcmp(w.name, name, w.length))
			continue;
		if (get(w.entry + 10, 2) != 0)
			return "has it compressed: nothing runs from there";
		return locate(fd, w.entry, size, out)
			       ? NULL
			       : "is a broken ZIP archive";
	}
	return "has no such member";
}

const char *
zip_name_at(struct arena *a, int fd, uint64_t offset)
{
	struct zip_member m;
	struct zip_walk w;
	uint64_t size;

	if (read_directory(a, fd, &size, &w))
		return NULL;
	while (next_entry(&w))
		if (get(w.entry + 10, 2) == 0 &&
		    locate(fd, w.entry, size, &m) && offset >= m.offset &&
		    offset - m.offset < m.size)
			return arena_strndup(a, w.name, w.length);
	return NULL;
}
