/* SPDX-License-Identifier: MIT */
/*
 * Owns BTF as bytes (Documentation/bpf/btf.rst): checks the header and every
 * record's bounds once, then finds types by name and kind. What a type means
 * is the business of whoever asks.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "internal.h"

enum { BTF_LARGEST = 256 * 1024 * 1024 };

struct kbtf {
	const unsigned char *types; /* the type section */
	const char *strings;        /* NUL at both ends */
	uint32_t types_len, strings_len;
	uint32_t *offsets; /* of record id, in types; [0] unused */
	uint32_t ntypes;   /* ids are below this */
};

/* ---- reading ---- */

/*
 * sysfs lets its BTF be mapped since 6.16: shared pages instead of a copy,
 * mapped for the life of the process. An ordinary file could shrink under a
 * mapping, so it is copied.
 */
static const void *
map_sysfs(int fd, size_t size)
{
	struct statfs fs;
	void *p;

	if (fstatfs(fd, &fs) != 0 || fs.f_type != SYSFS_MAGIC)
		return NULL;
	p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

static const void *
copy_file(struct arena *a, int fd, size_t *size)
{
	char *p = arena_alloc(a, *size);
	size_t n = 0;
	ssize_t got;

	while (n < *size) {
		got = read(fd, p + n, *size - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return NULL;
		if (!got)
			break;
		n += got;
	}
	*size = n;
	return p;
}

static const void *
read_image(struct arena *a, const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const void *p = NULL;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0) {
		if (st.st_size <= 0 || st.st_size > BTF_LARGEST) {
			errno = EINVAL;
		} else {
			*size = st.st_size;
			p = map_sysfs(fd, *size);
			if (!p)
				p = copy_file(a, fd, size);
		}
	}
	close(fd);
	return p;
}

/* ---- checking ---- */

/* Bytes of a record with what follows it; 0: an unknown kind. */
static uint64_t
record_size(const struct btf_type *t)
{
	uint64_t n = BTF_INFO_VLEN(t->info), extra;

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		extra = 4;
		break;
	case BTF_KIND_ARRAY:
		extra = sizeof(struct btf_array);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_ENUM64:
		extra = n * 12;
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		extra = n * 8;
		break;
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		extra = 0;
		break;
	default: /* newer than this program */
		return 0;
	}
	return sizeof(*t) + extra;
}

/* Where each record starts. Stops at the first that is broken or unknown:
 * nothing behind it can be found. */
static void
index_types(struct arena *a, struct kbtf *b)
{
	uint32_t cap = b->types_len / sizeof(struct btf_type) + 2, at = 0;
	uint32_t *offsets = malloc(cap * sizeof(*offsets));
	uint64_t size;

	b->ntypes = 1;
	while (offsets && b->types_len - at >= sizeof(struct btf_type)) {
		size = record_size((const void *)(b->types + at));
		if (!size || size > b->types_len - at)
			break;
		offsets[b->ntypes++] = at;
		at += size;
	}
	b->offsets = arena_alloc(a, b->ntypes * sizeof(*offsets));
	if (offsets)
		memcpy(b->offsets + 1, offsets + 1,
		       (b->ntypes - 1) * sizeof(*offsets));
	free(offsets);
}

static bool
is_within(uint64_t off, uint64_t len, uint64_t size)
{
	return off <= size && len <= size - off;
}

static struct kbtf *
check_image(struct arena *a, const unsigned char *image, size_t size)
{
	struct btf_header h;
	struct kbtf *b;
	uint64_t body;

	if (size < sizeof(h))
		return NULL;
	memcpy(&h, image, sizeof(h));
	if (h.magic != BTF_MAGIC || h.version != BTF_VERSION ||
	    h.hdr_len < sizeof(h) || h.hdr_len > size)
		return NULL;
	body = size - h.hdr_len;
	if (!is_within(h.type_off, h.type_len, body) ||
	    !is_within(h.str_off, h.str_len, body) || h.type_off % 4 ||
	    h.hdr_len % 4 || !h.str_len)
		return NULL;
	b = arena_alloc(a, sizeof(*b));
	b->types = image + h.hdr_len + h.type_off;
	b->types_len = h.type_len;
	b->strings = (const char *)image + h.hdr_len + h.str_off;
	b->strings_len = h.str_len;
	if (b->strings[0] || b->strings[h.str_len - 1])
		return NULL;
	index_types(a, b);
	return b;
}

const struct kbtf *
kernel_btf(struct kernel *k)
{
	struct kernel_cache *c = kernel_cached(k);
	const void *image;
	size_t size;

	if (!c->btf && !c->btf_errno) {
		errno = ENOENT;
		image = k->paths.btf ? read_image(k->arena, k->paths.btf, &size)
				     : NULL;
		c->btf_errno = errno;
		if (image) {
			c->btf = check_image(k->arena, image, size);
			c->btf_errno = EINVAL;
		}
	}
	if (!c->btf)
		errno = c->btf_errno;
	return c->btf;
}

/* ---- asking ---- */

const void *
kbtf_type(const struct kbtf *b, uint32_t id)
{
	return id && id < b->ntypes ? b->types + b->offsets[id] : NULL;
}

const char *
kbtf_str(const struct kbtf *b, uint32_t offset)
{
	return offset < b->strings_len ? b->strings + offset : "";
}

/* The first type of a kind whose name stands at a string offset. */
static uint32_t
find_at(const struct kbtf *b, uint32_t name_off, unsigned kind)
{
	const struct btf_type *t;

	for (uint32_t id = 1; id < b->ntypes; id++) {
		t = (const void *)(b->types + b->offsets[id]);
		if (t->name_off == name_off && BTF_INFO_KIND(t->info) == kind)
			return id;
	}
	return 0;
}

/* The string first, then who uses it: one search through the strings is much
 * faster than comparing 100,000 names. A string may stand there twice. */
uint32_t
kbtf_find(const struct kbtf *b, const char *name, unsigned kind)
{
	const char *at = b->strings, *end = b->strings + b->strings_len;
	size_t n = strlen(name) + 1; /* with the NUL */
	uint32_t id = 0;

	if (n == 1)
		return 0;
	while (!id && (at = memmem(at, end - at, name, n))) {
		if (!at[-1])
			id = find_at(b, at - b->strings, kind);
		at++;
	}
	return id;
}

void
kbtf_each(const struct kbtf *b, unsigned kind, const char *pattern,
	  kbtf_fn *each, void *arg)
{
	const struct btf_type *t;
	const char *name;

	for (uint32_t id = 1; id < b->ntypes; id++) {
		t = kbtf_type(b, id);
		if (BTF_INFO_KIND(t->info) != kind)
			continue;
		name = kbtf_str(b, t->name_off);
		if (*name && kernel_match(pattern, name))
			each(arg, name, id);
	}
}
