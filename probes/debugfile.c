/* SPDX-License-Identifier: MIT */
/*
 * Owns what a stripped file has elsewhere: its separate debug file, found by
 * build id or debuglink as gdb finds them, and the symbols that Fedora's
 * packages keep compressed in .gnu_debugdata ("MiniDebugInfo").
 */
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "internal.h"

#ifdef HAVE_LZMA
#include <lzma.h>
#endif

#define DEBUG_FOLDER "/usr/lib/debug"

/* ---- sections ---- */

enum { SMALL_MAX = 64 << 20 }; /* .gnu_debugdata and the like */

Elf_Data *
elf_section(Elf *elf, const char *name)
{
	Elf_Scn *scn = NULL;
	const char *have;
	size_t strings;
	GElf_Shdr sh;

	if (elf_getshdrstrndx(elf, &strings) != 0)
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh))
			continue;
		have = elf_strptr(elf, strings, sh.sh_name);
		if (!have || strcmp(have, name) != 0)
			continue;
		if (sh.sh_type == SHT_NOBITS ||
		    (sh.sh_size > SMALL_MAX && !strncmp(name, ".gnu", 4)))
			return NULL;
		return elf_rawdata(scn, NULL);
	}
	return NULL;
}

/* ---- build id ---- */

/* Larger ones, at which nobody could look in passing, are not believed. */
#define CRC_MAX ((off_t)4 << 30) /* bytes of a debug file without build id */
enum { BUILD_ID_MIN = 2, BUILD_ID_MAX = 64 };

struct build_id {
	const uint8_t *bytes;
	size_t n;
};

static bool
id_among_notes(Elf_Data *data, struct build_id *out)
{
	size_t at = 0, name, desc;
	GElf_Nhdr note;

	while ((at = gelf_getnote(data, at, &note, &name, &desc))) {
		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 ||
		    memcmp((char *)data->d_buf + name, "GNU", 4) != 0 ||
		    note.n_descsz < BUILD_ID_MIN ||
		    note.n_descsz > BUILD_ID_MAX)
			continue;
		out->bytes = (uint8_t *)data->d_buf + desc;
		out->n = note.n_descsz;
		return true;
	}
	return false;
}

static bool
find_build_id(Elf *elf, struct build_id *out)
{
	Elf_Scn *scn = NULL;
	Elf_Data *data;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_NOTE)
			continue;
		data = elf_getdata(scn, NULL);
		if (data && data->d_buf && id_among_notes(data, out))
			return true;
	}
	return false;
}

const char *
elf_build_id(struct arena *a, Elf *elf)
{
	static const char digits[] = "0123456789abcdef";
	struct build_id id;
	char *text;

	if (!find_build_id(elf, &id))
		return NULL;
	text = arena_alloc(a, id.n * 2 + 1);
	for (size_t i = 0; i < id.n; i++) {
		text[i * 2] = digits[id.bytes[i] >> 4];
		text[i * 2 + 1] = digits[id.bytes[i] & 15];
	}
	return text;
}

/* ---- separate files ---- */

struct search {
	struct arena *arena;
	Elf *elf;         /* the stripped one */
	const char *path; /* its own */
	const char *root; /* "/proc/PID/root" of that path, or "" */
	struct build_id id;
	uint32_t crc; /* of the debuglink */
	bool has_id;
	const char *found;
};

/* zlib's checksum is the one that debuglinks use. */
static bool
has_crc(int fd, uint32_t want)
{
	static const size_t size = 1 << 16;
	struct stat st;
	uint8_t *buf =
		fstat(fd, &st) || st.st_size > CRC_MAX ? NULL : malloc(size);
	uLong crc = crc32(0, NULL, 0);
	ssize_t n;

	while (buf && (n = read(fd, buf, size)) > 0)
		crc = crc32(crc, buf, (uInt)n);
	free(buf);
	return (uint32_t)crc == want;
}

/* Whether `fd` belongs to the stripped file: by build id, else checksum. */
static bool
belongs(struct search *s, int fd)
{
	Elf *elf = elf_begin_bounded(fd, ELF_C_READ);
	struct build_id id;
	bool good = elf && elf_kind(elf) == ELF_K_ELF;

	if (good && s->has_id && find_build_id(elf, &id))
		good = id.n == s->id.n && !memcmp(id.bytes, s->id.bytes, id.n);
	else if (good)
		good = lseek(fd, 0, SEEK_SET) == 0 && has_crc(fd, s->crc);
	elf_end(elf);
	return good;
}

static bool
try(struct search *s, const char *path)
{
	struct stat a, b;
	int fd;

	if (s->found || stat(path, &a) != 0 || !S_ISREG(a.st_mode) ||
	    (stat(s->path, &b) == 0 && a.st_dev == b.st_dev &&
	     a.st_ino == b.st_ino))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (belongs(s, fd))
		s->found = path;
	close(fd);
	return s->found;
}

/* In the root of the file, then in ours. */
static void
try_roots(struct search *s, const char *path)
{
	if (!*s->root || !try(s, arena_printf(s->arena, "%s%s", s->root, path)))
		try(s, path);
}

/* In each folder of BPFTRACE_DEBUGINFO (--debuginfo), with colons or commas
 * between, then in that of the distributions. */
static void
try_folders(struct search *s, const char *path)
{
	const char *list = getenv("BPFTRACE_DEBUGINFO");

	for (size_t n; list && *list && !s->found; list += n + !!list[n]) {
		n = strcspn(list, ":,");
		try(s, arena_printf(s->arena, "%.*s%s", (int)n, list, path));
	}
	try_roots(s, arena_printf(s->arena, DEBUG_FOLDER "%s", path));
}

static void
try_build_id(struct search *s)
{
	struct sbuf hex = { 0 };

	sbuf_printf(&hex, "/.build-id/%02x/", s->id.bytes[0]);
	for (size_t i = 1; i < s->id.n; i++)
		sbuf_printf(&hex, "%02x", s->id.bytes[i]);
	sbuf_puts(&hex, ".debug");
	try_folders(s, arena_strndup(s->arena, hex.s, hex.n));
	sbuf_free(&hex);
}

static void
try_folder(struct search *s, const char *path, const char *name)
{
	int n = (int)(strrchr(path, '/') - path);

	try(s, arena_printf(s->arena, "%s%.*s/%s", s->root, n, path, name));
	try(s,
	    arena_printf(s->arena, "%s%.*s/.debug/%s", s->root, n, path, name));
	try_folders(s, arena_printf(s->arena, "/%s", name));
	try_folders(s, arena_printf(s->arena, "%.*s/%s", n, path, name));
}

/* .gnu_debuglink: a file name, padded to 4 bytes, and a checksum. */
static void
try_debuglink(struct search *s)
{
	const Elf_Data *data = elf_section(s->elf, ".gnu_debuglink");
	const char *name, *inside = s->path + strlen(s->root);
	char real[PATH_MAX];
	size_t n;

	if (!data || !data->d_buf || data->d_size < 8)
		return;
	name = data->d_buf;
	n = strnlen(name, data->d_size);
	if (!n || n / 4 * 4 + 8 > data->d_size || strchr(name, '/'))
		return;
	memcpy(&s->crc, name + n / 4 * 4 + 4, sizeof(s->crc));
	if (strchr(inside, '/'))
		try_folder(s, inside, name);
	if (!*s->root && !s->found && realpath(s->path, real))
		try_folder(s, real, name);
}

/* "/proc/12/root/bin/x" lies in a root of its own. */
static const char *
root_of(struct arena *a, const char *path)
{
	const char *p = path;
	size_t digits;

	if (strncmp(p, "/proc/", 6) != 0)
		return "";
	p += 6;
	digits = strspn(p, "0123456789");
	if (!digits || strncmp(p + digits, "/root/", 6) != 0)
		return "";
	return arena_strndup(a, path, (size_t)(p - path) + digits + 5);
}

const char *
elf_debug_file(struct arena *a, Elf *elf, const char *path)
{
	struct search s = { .arena = a, .elf = elf, .path = path };

	s.root = root_of(a, path);
	s.has_id = find_build_id(elf, &s.id);
	if (s.has_id)
		try_build_id(&s);
	if (!s.found)
		try_debuglink(&s);
	return s.found;
}

/* ---- .gnu_debugdata ---- */

#ifdef HAVE_LZMA

typedef __typeof__(lzma_stream_buffer_decode) decode_fn;

enum { XZ_MEMORY = 128 * 1024 * 1024 };

/* The size of the contents stands nowhere handy: try larger buffers, for as
 * long as it is the buffer that ends first. (What was written until then is not
 * told.) */
static void *
decode(decode_fn *run, const Elf_Data *in, size_t *size)
{
	uint64_t memory;
	size_t cap, from;
	uint8_t *out;
	lzma_ret ret;

	for (cap = in->d_size * 8 + 4096; cap <= XZ_MEMORY; cap *= 4) {
		out = malloc(cap);
		memory = XZ_MEMORY;
		from = *size = 0;
		if (!out)
			return NULL;
		ret = run(&memory, 0, NULL, in->d_buf, &from, in->d_size, out,
			  size, cap);
		if (ret == LZMA_OK)
			return out;
		free(out);
		if (ret != LZMA_BUF_ERROR)
			return NULL;
	}
	return NULL;
}

void *
elf_mini_debug(Elf *elf, size_t *size)
{
	const Elf_Data *in = elf_section(elf, ".gnu_debugdata");
	void *library, *out = NULL;
	decode_fn *run;

	if (!in || !in->d_buf || !in->d_size || in->d_size > XZ_MEMORY / 16)
		return NULL;
	/* Loaded only for the few files that have such a section. */
	library = dlopen("liblzma.so.5", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return NULL;
	run = (decode_fn *)dlsym(library, "lzma_stream_buffer_decode");
	if (run)
		out = decode(run, in, size);
	dlclose(library);
	return out;
}

#else

void *
elf_mini_debug(Elf *elf, size_t *size)
{
	(void)elf;
	(void)size;
	return NULL;
}

#endif
