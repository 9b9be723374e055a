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

/* The directory's entry for `name` among `n` bytes, or NULL. */
static const uint8_t *
find_entry(const uint8_t *p, size_t n, const char *name)
{
	size_t want = strlen(name), length, whole;

	while (n >= ENTRY_SIZE && !memcmp(p, "PK\1\2", 4)) {
		length = get(p + 28, 2);
		whole = ENTRY_SIZE + length + get(p + 30, 2) + get(p + 32, 2);
		if (whole > n)
			return NULL;
		if (length == want && !memcmp(p + ENTRY_SIZE, name, want))
			return p;
		p += whole;
		n -= whole;
	}
	return NULL;
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

const char *
zip_find(struct arena *a, int fd, const char *name, struct zip_member *out)
{
	uint8_t end[END_SIZE], *directory;
	const uint8_t *entry;
	struct stat st;
	uint64_t size;
	uint32_t n;

	if (fstat(fd, &st) != 0 || st.st_size < 0)
		return "cannot be read";
	size = (uint64_t)st.st_size;
	if (!find_end(fd, size, end))
		return "is no ZIP archive";
	n = get(end + 12, 4);
	if (n > DIRECTORY_MAX || n > size)
		return "is a broken ZIP archive";
	directory = arena_alloc(a, n + 1);
	if (!read_at(fd, directory, n, get(end + 16, 4)))
		return "is a broken ZIP archive";
	entry = find_entry(directory, n, name);
	if (!entry)
		return "has no such member";
	if (get(entry + 10, 2) != 0)
		return "has it compressed: nothing can run from there";
	return locate(fd, entry, size, out) ? NULL : "is a broken ZIP archive";
}
