/* SPDX-License-Identifier: MIT */
/*
 * Owns ELF files: function symbols and loaded segments, read once through
 * libelf; symbols that were stripped are taken from where they went. The file
 * may belong to the traced program and say anything: libelf checks the
 * bounds, we check what it gives back.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* ---- reading ---- */

/* Addresses of code from outside of it are not functions one could probe. */
static bool
is_function(const GElf_Sym *sym)
{
	unsigned type = GELF_ST_TYPE(sym->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC) &&
	       sym->st_shndx != SHN_UNDEF && sym->st_value;
}

/* "memcpy@@GLIBC_2.14" is called memcpy. */
static const char *
plain_name(struct arena *a, const char *name)
{
	const char *at = strchr(name, '@');

	return arena_strndup(a, name, at ? (size_t)(at - name) : strlen(name));
}

static void
read_symbols(struct elf_file *f, Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t n = data && sh->sh_entsize ? data->d_size / sh->sh_entsize : 0;
	struct elf_symbol *s;
	const char *name;
	GElf_Sym sym;

	if (n > INT32_MAX)
		return;
	for (size_t i = 0; i < n; i++) {
		if (!gelf_getsym(data, i, &sym))
			break;
		if (!is_function(&sym))
			continue;
		name = elf_strptr(elf, sh->sh_link, sym.st_name);
		if (!name || !*name)
			continue;
		s = vec_push(f->arena, &f->symbols);
		s->name = plain_name(f->arena, name);
		s->address = sym.st_value;
		s->size = sym.st_size;
	}
}

static void
read_segments(struct elf_file *f, Elf *elf)
{
	struct elf_segment *seg;
	GElf_Phdr ph;
	size_t n;

	if (elf_getphdrnum(elf, &n) != 0)
		return;
	for (size_t i = 0; i < n && i < UINT16_MAX; i++) {
		if (!gelf_getphdr(elf, i, &ph) || ph.p_type != PT_LOAD)
			continue;
		seg = vec_push(f->arena, &f->loads);
		seg->vaddr = ph.p_vaddr;
		seg->offset = ph.p_offset;
		seg->filesz = ph.p_filesz;
		seg->exec = ph.p_flags & PF_X;
	}
}

/* ---- order ---- */

static size_t
underscores(const char *name)
{
	return strspn(name, "_");
}

/* By address; of several names for one place the plainest comes first. */
static int
by_address(const void *va, const void *vb)
{
	const struct elf_symbol *a = va, *b = vb;
	size_t ua, ub;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	ua = underscores(a->name);
	ub = underscores(b->name);
	if (ua != ub)
		return ua < ub ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* .dynsym repeats what .symtab has. */
static void
sort_symbols(struct elf_file *f)
{
	struct elf_symbol *v = f->symbols.v;
	uint32_t n = 0;

	if (!f->symbols.n)
		return;
	qsort(v, f->symbols.n, sizeof(*v), by_address);
	for (uint32_t i = 0; i < f->symbols.n; i++)
		if (!n || by_address(&v[n - 1], &v[i]))
			v[n++] = v[i];
	f->symbols.n = n;
}

static bool
read_tables(struct elf_file *f, Elf *elf)
{
	bool whole = false; /* .symtab has what .dynsym has, and more */
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &sh) &&
		    (sh.sh_type == SHT_SYMTAB || sh.sh_type == SHT_DYNSYM)) {
			read_symbols(f, elf, scn, &sh);
			whole |= sh.sh_type == SHT_SYMTAB;
		}
	return whole;
}

static bool
read_debug_file(struct elf_file *f, Elf *elf)
{
	int fd = -1;
	Elf *other;

	f->debug = elf_debug_file(f->arena, elf, f->path);
	if (f->debug)
		fd = open(f->debug, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	other = elf_begin_bounded(fd, ELF_C_READ);
	read_tables(f, other);
	elf_end(other);
	close(fd);
	return true;
}

static void
read_mini_debug(struct elf_file *f, Elf *elf)
{
	size_t size = 0;
	void *bytes = elf_mini_debug(elf, &size);
	Elf *other = bytes ? elf_memory(bytes, size) : NULL;

	if (other)
		read_tables(f, other);
	elf_end(other);
	free(bytes);
}

/* The linker and the runtime of Go leave one of these. */
static bool
is_made_by_go(Elf *elf)
{
	return elf_section(elf, ".gopclntab") ||
	       elf_section(elf, ".data.rel.ro.gopclntab") ||
	       elf_section(elf, ".go.buildinfo") ||
	       elf_section(elf, ".note.go.buildid");
}

static void
read_functions(struct elf_file *f, Elf *elf, void *arg)
{
	(void)arg;
	if (!read_tables(f, elf) && !read_debug_file(f, elf))
		read_mini_debug(f, elf);
	f->is_go = is_made_by_go(elf);
	f->build_id = elf_build_id(f->arena, elf);
	sort_symbols(f);
}

/* ---- the door ---- */

/* A file, or a member of an archive that was copied out of it. */
struct opened {
	int fd;
	uint8_t *copy;
	struct zip_member member;
};

static struct elf_file *
read_elf(struct arena *a, Elf *elf, const char **why)
{
	struct elf_file *f;
	GElf_Ehdr eh;

	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh)) {
		*why = "is no ELF file";
		return NULL;
	}
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN) {
		*why = "is neither a program nor a shared library";
		return NULL;
	}
	f = arena_alloc(a, sizeof(*f));
	f->arena = a;
	f->is_exec = eh.e_type == ET_EXEC;
	f->machine = eh.e_machine;
	f->word = eh.e_ident[EI_CLASS] == ELFCLASS32 ? 4 : 8;
	f->little_endian = eh.e_ident[EI_DATA] == ELFDATA2LSB;
	read_segments(f, elf);
	return f;
}

/* O_NONBLOCK: a FIFO at that path must not stop us. */
static int
open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

const char *
elf_disk_path(struct arena *a, const char *path)
{
	const char *member = strstr(path, "!/");

	return member ? arena_strndup(a, path, (size_t)(member - path)) : path;
}

enum { MEMBER_MAX = 1 << 30 }; /* bytes of a file in an archive */

static Elf *
open_member(struct arena *a, struct opened *o, const char *name,
	    const char **why)
{
	*why = zip_find(a, o->fd, name, &o->member);
	if (*why)
		return NULL;
	if (o->member.size <= MEMBER_MAX)
		o->copy = malloc(o->member.size + 1);
	*why = "does not fit into memory";
	if (!o->copy)
		return NULL;
	*why = "cannot be read";
	if (pread(o->fd, o->copy, o->member.size, (off_t)o->member.offset) !=
	    (ssize_t)o->member.size)
		return NULL;
	return elf_memory((char *)o->copy, o->member.size);
}

struct elf_file *
elf_read(struct arena *a, const char *path, elf_reader *read, void *arg,
	 const char **why)
{
	const char *disk = elf_disk_path(a, path);
	struct opened o = { .fd = open_regular(disk) };
	struct elf_file *f = NULL;
	Elf *elf;

	if (o.fd < 0) {
		*why = arena_printf(a, "cannot be opened: %s", strerror(errno));
		return NULL;
	}
	elf_version(EV_CURRENT);
	if (disk == path)
		elf = elf_begin_bounded(o.fd, ELF_C_READ);
	else
		elf = open_member(a, &o, path + strlen(disk) + 2, why);
	if (elf || disk == path)
		f = read_elf(a, elf, why);
	if (f) {
		f->path = arena_strdup(a, path);
		f->disk = arena_strdup(a, disk);
		f->base = o.member.offset;
		read(f, elf, arg);
	}
	elf_end(elf);
	free(o.copy);
	close(o.fd);
	return f;
}

struct elf_file *
elf_open(struct arena *a, const char *path, const char **why)
{
	return elf_read(a, path, read_functions, NULL, why);
}

struct elf_file *
elf_open_at(struct arena *a, const char *path, uint64_t offset,
	    const char **why)
{
	struct elf_file *f = elf_open(a, path, why);
	const char *name;
	int fd;

	if (f || (fd = open_regular(path)) < 0)
		return f;
	name = zip_name_at(a, fd, offset);
	close(fd);
	return name ? elf_open(a, arena_printf(a, "%s!/%s", path, name), why)
		    : NULL;
}

struct wanted {
	const char *name;
	uint64_t address;
	bool found;
};

static void
look_in_table(Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh, struct wanted *w)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t n = data && sh->sh_entsize ? data->d_size / sh->sh_entsize : 0;
	const char *name;
	GElf_Sym sym;

	if (n > INT32_MAX)
		return;
	for (size_t i = 0; !w->found && i < n; i++) {
		if (!gelf_getsym(data, (int)i, &sym))
			break;
		if (sym.st_shndx == SHN_UNDEF)
			continue;
		name = elf_strptr(elf, sh->sh_link, sym.st_name);
		w->found = name && !strcmp(name, w->name);
		w->address = sym.st_value;
	}
}

static void
look_for_symbol(struct elf_file *f, Elf *elf, void *arg)
{
	struct wanted *w = arg;
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	(void)f;
	while (!w->found && (scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &sh) &&
		    (sh.sh_type == SHT_SYMTAB || sh.sh_type == SHT_DYNSYM))
			look_in_table(elf, scn, &sh, w);
}

bool
elf_address_of(struct arena *a, const char *path, const char *name,
	       uint64_t *address)
{
	struct wanted w = { .name = name };
	const char *why;

	elf_read(a, path, look_for_symbol, &w, &why);
	*address = w.address;
	return w.found;
}

size_t
elf_code(const struct elf_file *f, uint64_t address, uint8_t *buf, size_t n)
{
	uint64_t offset;
	ssize_t got;
	int fd;

	if (!elf_file_offset(f, address, &offset) || offset > INT64_MAX)
		return 0;
	fd = open_regular(f->disk);
	if (fd < 0)
		return 0;
	got = pread(fd, buf, n, (off_t)offset);
	close(fd);
	return got > 0 ? (size_t)got : 0;
}

bool
elf_is_part(const char *name)
{
	return strstr(name, ".part.");
}

const struct elf_symbol *
elf_find(const struct elf_file *f, const char *name)
{
	for (uint32_t i = 0; i < f->symbols.n; i++)
		if (!strcmp(f->symbols.v[i].name, name))
			return &f->symbols.v[i];
	return NULL;
}

const char *
elf_plain(struct elf_file *f, const struct elf_symbol *s)
{
	struct elf_symbol *mine = &f->symbols.v[s - f->symbols.v];

	if (!mine->plain)
		mine->plain = sym_demangle(f->arena, mine->name);
	if (!mine->plain)
		mine->plain = mine->name;
	return mine->plain;
}

/* The number of symbols that start at or below the address. */
static uint32_t
symbols_up_to(const struct elf_file *f, uint64_t address)
{
	uint32_t lo = 0, hi = f->symbols.n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (f->symbols.v[mid].address <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
is_executable(const struct elf_file *f, uint64_t address)
{
	for (uint32_t i = 0; i < f->loads.n; i++)
		if (f->loads.v[i].exec && address >= f->loads.v[i].vaddr &&
		    address - f->loads.v[i].vaddr < f->loads.v[i].filesz)
			return true;
	return false;
}

/*
 * A symbol without a size (hand-written assembly) covers all up to the next
 * one. Functions may nest, so look back a little for one that is long enough.
 */
const struct elf_symbol *
elf_at(const struct elf_file *f, uint64_t address)
{
	enum { LOOK_BACK = 16 };
	uint32_t i = symbols_up_to(f, address), first;
	const struct elf_symbol *s, *best = NULL;

	first = i > LOOK_BACK ? i - LOOK_BACK : 0;
	for (; !best && i > first; i--) {
		s = &f->symbols.v[i - 1];
		if (address - s->address < s->size || address == s->address ||
		    (!s->size && is_executable(f, address)))
			best = s;
	}
	/* The first of the names of that place is the plainest. */
	while (best && best > f->symbols.v &&
	       best[-1].address == best->address && best[-1].size == best->size)
		best--;
	return best;
}

bool
elf_file_offset(const struct elf_file *f, uint64_t address, uint64_t *offset)
{
	for (uint32_t i = 0; i < f->loads.n; i++) {
		const struct elf_segment *seg = &f->loads.v[i];

		if (address < seg->vaddr || address - seg->vaddr >= seg->filesz)
			continue;
		*offset = address - seg->vaddr + seg->offset + f->base;
		return true;
	}
	return false;
}

bool
elf_address(const struct elf_file *f, uint64_t offset, uint64_t *address)
{
	offset -= f->base;
	for (uint32_t i = 0; i < f->loads.n; i++) {
		const struct elf_segment *seg = &f->loads.v[i];

		if (!seg->exec || offset < seg->offset ||
		    offset - seg->offset >= seg->filesz)
			continue;
		*address = offset - seg->offset + seg->vaddr;
		return true;
	}
	return false;
}
