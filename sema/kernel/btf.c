/* SPDX-License-Identifier: MIT */
/*
 * Owns BTF as bytes (Documentation/bpf/btf.rst): checks the header and every
 * record's bounds once, then finds types by name and kind. What a type means
 * is the business of whoever asks.
 */
#include <dirent.h>
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

/*
 * A module's BTF is split: its ids and string offsets go on where those of
 * its base, the kernel's, end.
 */
struct kbtf {
	const struct kbtf *base;    /* of a module; else NULL */
	const unsigned char *types; /* the type section */
	const char *strings;        /* NUL at the end */
	uint32_t types_len, strings_len;
	uint32_t first_string; /* offset of strings[0] */
	uint32_t *offsets;     /* in types, of record first_type + i */
	uint32_t first_type;   /* 0: void, which has no record */
	uint32_t ntypes;       /* ids are below this */
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

/* The whole file, or the types in an ELF file. */
static bool
find_image(int fd, uint64_t *at, uint64_t *size)
{
	struct stat st;

	if (kernel_elf_is(fd))
		return kernel_elf_section(fd, ".BTF", at, size);
	if (fstat(fd, &st) != 0 || st.st_size < 0)
		return false;
	*at = 0;
	*size = (uint64_t)st.st_size;
	return true;
}

static const void *
read_image(struct arena *a, const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const void *p = NULL;
	uint64_t at, n;

	if (fd < 0)
		return NULL;
	if (!find_image(fd, &at, &n) || !n || n > BTF_LARGEST) {
		errno = EINVAL;
	} else {
		*size = n;
		p = at ? NULL : map_sysfs(fd, *size);
		if (!p && lseek(fd, (off_t)at, SEEK_SET) >= 0)
			p = copy_file(a, fd, size);
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
	uint32_t *offsets = malloc(cap * sizeof(*offsets)), n = 0;
	uint64_t size;

	if (offsets && !b->base)
		offsets[n++] = 0;
	while (offsets && b->types_len - at >= sizeof(struct btf_type)) {
		size = record_size((const void *)(b->types + at));
		if (!size || size > b->types_len - at)
			break;
		offsets[n++] = at;
		at += size;
	}
	b->offsets = arena_alloc(a, (n + 1) * sizeof(*offsets));
	if (n)
		memcpy(b->offsets, offsets, n * sizeof(*offsets));
	b->ntypes = b->first_type + n;
	free(offsets);
}

static bool
is_within(uint64_t off, uint64_t len, uint64_t size)
{
	return off <= size && len <= size - off;
}

static struct kbtf *
check_image(struct arena *a, const unsigned char *image, size_t size,
	    const struct kbtf *base)
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
	    h.hdr_len % 4 || (!h.str_len && !base))
		return NULL;
	b = arena_alloc(a, sizeof(*b));
	b->types = image + h.hdr_len + h.type_off;
	b->types_len = h.type_len;
	b->strings = (const char *)image + h.hdr_len + h.str_off;
	b->strings_len = h.str_len;
	if (h.str_len && b->strings[h.str_len - 1])
		return NULL;
	if (!base && b->strings[0])
		return NULL;
	if (base) {
		b->base = base;
		b->first_type = base->ntypes;
		b->first_string = base->first_string + base->strings_len;
	}
	index_types(a, b);
	return b;
}

const struct kbtf *
kbtf_read(struct arena *a, const void *image, size_t size)
{
	void *copy = arena_alloc(a, size);

	memcpy(copy, image, size);
	return check_image(a, copy, size, NULL);
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
			c->btf = check_image(k->arena, image, size, NULL);
			c->btf_errno = EINVAL;
		}
	}
	if (!c->btf)
		errno = c->btf_errno;
	return c->btf;
}

/* ---- modules ---- */

const struct kbtf *
kernel_module_btf(struct kernel *k, const char *module)
{
	struct kernel_cache *c = kernel_cached(k);
	const struct kbtf *base = kernel_btf(k), *b;
	const char *path;
	const void *image;
	size_t size;

	if (!base || !strcmp(module, "vmlinux"))
		return base;
	if (!k->paths.btf_dir || !*module || *module == '.' ||
	    strchr(module, '/'))
		return NULL;
	b = hmap_get(&c->modules, module);
	if (b)
		return b;
	path = arena_printf(k->arena, "%s/%s", k->paths.btf_dir, module);
	image = read_image(k->arena, path, &size);
	b = image ? check_image(k->arena, image, size, base) : NULL;
	if (b)
		hmap_put(k->arena, &c->modules, arena_strdup(k->arena, module),
			 (void *)(uintptr_t)b);
	return b;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
kernel_each_btf(struct kernel *k, kernel_btf_fn *each, void *arg)
{
	DIR *dir = k->paths.btf_dir ? opendir(k->paths.btf_dir) : NULL;
	const struct kbtf *b = kernel_btf(k);
	VEC(const char *) names = { 0 };
	const struct dirent *e;

	if (b && !each(arg, "vmlinux", b)) {
		if (dir)
			closedir(dir);
		return;
	}
	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.' && strcmp(e->d_name, "vmlinux") != 0)
			*vec_push(k->arena, &names) =
				arena_strdup(k->arena, e->d_name);
	if (dir)
		closedir(dir);
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), by_name);
	for (uint32_t i = 0; i < names.n; i++) {
		b = kernel_module_btf(k, names.v[i]);
		if (b && b->base && !each(arg, names.v[i], b))
			return;
	}
}

/* ---- asking ---- */

const struct kbtf *
kbtf_base(const struct kbtf *b)
{
	return b->base;
}

uint32_t
kbtf_end(const struct kbtf *b)
{
	return b->ntypes;
}

const void *
kbtf_type(const struct kbtf *b, uint32_t id)
{
	if (b->base && id < b->first_type)
		return kbtf_type(b->base, id);
	return id && id < b->ntypes ? b->types + b->offsets[id - b->first_type]
				    : NULL;
}

const char *
kbtf_str(const struct kbtf *b, uint32_t offset)
{
	if (b->base && offset < b->first_string)
		return kbtf_str(b->base, offset);
	offset -= b->first_string;
	return offset < b->strings_len ? b->strings + offset : "";
}

/* Whether a record, or a part of it, is what a search is for. */
struct wanted {
	uint32_t name_off;
	unsigned kind;
};
typedef bool is_wanted_fn(struct wanted *w, const struct btf_type *t);

static uint32_t
find_record(const struct kbtf *b, is_wanted_fn *is_wanted, struct wanted *w)
{
	uint32_t id = b->first_type ? b->first_type : 1;

	for (; id < b->ntypes; id++)
		if (is_wanted(w,
			      (const void *)(b->types +
					     b->offsets[id - b->first_type])))
			return id;
	return 0;
}

/* The string first, then who uses it: one search through the strings is much
 * faster than comparing 100,000 names. A string may stand there twice, and
 * what a module uses may stand in its base. */
static uint32_t
find(const struct kbtf *b, const char *name, is_wanted_fn *is_wanted,
     struct wanted *w)
{
	size_t n = strlen(name) + 1; /* with the NUL */
	const struct kbtf *in;
	const char *at, *end;
	uint32_t id = 0;

	for (in = b; in && n > 1 && !id; in = in->base) {
		at = in->strings;
		end = at + in->strings_len;
		while (!id && (at = memmem(at, end - at, name, n))) {
			w->name_off = at - in->strings + in->first_string;
			if (at == in->strings || !at[-1])
				id = find_record(b, is_wanted, w);
			at++;
		}
	}
	return id;
}

static bool
is_named(struct wanted *w, const struct btf_type *t)
{
	return t->name_off == w->name_off && BTF_INFO_KIND(t->info) == w->kind;
}

uint32_t
kbtf_find(const struct kbtf *b, const char *name, unsigned kind)
{
	struct wanted w = { .kind = kind };

	return find(b, name, is_named, &w);
}

static bool
has_constant(struct wanted *w, const struct btf_type *t)
{
	const struct btf_enum64 *wide = (const void *)(t + 1);
	const struct btf_enum *e = (const void *)(t + 1);
	unsigned kind = BTF_INFO_KIND(t->info), n = BTF_INFO_VLEN(t->info);

	if (kind == BTF_KIND_ENUM64) {
		for (; n; n--, wide++)
			if (wide->name_off == w->name_off)
				return true;
	} else if (kind == BTF_KIND_ENUM) {
		for (; n; n--, e++)
			if (e->name_off == w->name_off)
				return true;
	}
	return false;
}

uint32_t
kbtf_find_constant(const struct kbtf *b, const char *name)
{
	struct wanted w = { 0 };

	return find(b, name, has_constant, &w);
}

void
kbtf_each(const struct kbtf *b, unsigned kind, const char *pattern,
	  kbtf_fn *each, void *arg)
{
	const struct btf_type *t;
	const char *name;
	uint32_t id = b->first_type ? b->first_type : 1;

	for (; id < b->ntypes; id++) {
		t = kbtf_type(b, id);
		if (BTF_INFO_KIND(t->info) != kind)
			continue;
		name = kbtf_str(b, t->name_off);
		if (*name && kernel_match(pattern, name))
			each(arg, name, id);
	}
}

/* ---- members ---- */

/* The same of a type by its id: a struct, or a union in one. */
static int32_t
offset_in(const struct kbtf *b, uint32_t id, const char *member)
{
	const struct btf_type *t = kbtf_type(b, id);
	const struct btf_member *m = (const void *)(t + 1);

	if (!t || (BTF_INFO_KIND(t->info) != BTF_KIND_STRUCT &&
		   BTF_INFO_KIND(t->info) != BTF_KIND_UNION))
		return -1;
	for (uint32_t i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const char *name = kbtf_str(b, m[i].name_off);
		uint32_t bits = BTF_INFO_KFLAG(t->info)
					? BTF_MEMBER_BIT_OFFSET(m[i].offset)
					: m[i].offset;
		int32_t inner;

		if (!strcmp(name, member))
			return (int32_t)(bits / 8);
		inner = *name ? -1 : offset_in(b, m[i].type, member);
		if (inner >= 0)
			return (int32_t)(bits / 8) + inner;
	}
	return -1;
}

int32_t
kbtf_offset(const struct kbtf *b, const char *in, const char *member)
{
	uint32_t id = kbtf_find(b, in, BTF_KIND_STRUCT);

	return id ? offset_in(b, id, member) : -1;
}
