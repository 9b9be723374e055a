/* SPDX-License-Identifier: MIT */
/*
 * Owns addresses as names: of the kernel, and of processes through what is
 * mapped in them (mappings.c) and the symbols of each file, kept once read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "internal.h"

struct loaded { /* a file by its identity */
	dev_t dev;
	ino_t ino;
	struct elf_file *elf;
};

struct symbols {
	struct arena arena;
	struct ksyms *kernel;
	uint32_t sorted; /* of the functions that we have attached to */
	VEC(struct loaded) files;
	struct elf_file *vdso; /* once asked for */
	struct hmap debug;     /* information that was opened: elf_source() */
	struct elf_file *vmlinux; /* the kernel with it, once asked for */
	uint64_t slide;           /* how far it runs from where it was linked */
};

static struct symbols *
symbols(struct session *s)
{
	if (!s->symbols) {
		s->symbols = calloc(1, sizeof(*s->symbols));
		if (!s->symbols)
			base_out_of_memory();
	}
	return s->symbols;
}

void
sym_free(struct session *s)
{
	if (!s->symbols)
		return;
	ksyms_free(s->symbols->kernel);
	probe_forget(&s->symbols->debug);
	arena_free(&s->symbols->arena);
	free(s->symbols);
	s->symbols = NULL;
}

static void
put(struct out *o, const char *name, uint64_t off, uint64_t addr, bool offset)
{
	if (!name)
		out_printf(o, "%#llx", (unsigned long long)addr);
	else
		out_foreign(o, name, strlen(name));
	if (name && offset)
		out_printf(o, "+%llu", (unsigned long long)off);
}

/* ---- kernel ---- */

static int
by_address(const void *va, const void *vb)
{
	const struct attached *a = va, *b = vb;

	return (a->address > b->address) - (a->address < b->address);
}

/* The function that starts there, when it is one that we have attached to. */
static const char *
attached_name(struct session *s, uint64_t addr)
{
	const struct attached key = { .address = addr }, *found;
	struct attach *a = &s->attach;
	struct symbols *y = symbols(s);

	if (!a->attached.n)
		return NULL;
	if (y->sorted < a->attached.n)
		qsort(a->attached.v, a->attached.n, sizeof(key), by_address);
	y->sorted = a->attached.n;
	found = bsearch(&key, a->attached.v, a->attached.n, sizeof(key),
			by_address);
	return found ? found->name : NULL;
}

void
sym_kernel(struct session *s, struct out *o, uint64_t addr, bool offset)
{
	const char *name = s && addr ? attached_name(s, addr) : NULL;
	uint64_t off = 0;

	if (!name && s && addr) {
		struct symbols *y = symbols(s);

		if (!y->kernel)
			y->kernel = ksyms_read(s->in->kernel->paths.kallsyms);
		if (y->kernel)
			name = ksyms_find(y->kernel, addr, &off);
	}
	put(o, name, off, addr, offset);
}

/* Kernels are moved when they start: by as much as one of their symbols. */
static void
open_vmlinux(struct session *s, struct symbols *y)
{
	const char *path = getenv("BPFTRACE_VMLINUX");
	uint64_t linked, runs;
	bool hidden;

	if (!path || !*path)
		path = kernel_vmlinux(&y->arena, true);
	y->vmlinux = arena_alloc(&y->arena, sizeof(*y->vmlinux));
	if (!path || !elf_address_of(&y->arena, path, "_stext", &linked) ||
	    !kernel_symbol(s->in->kernel, "_stext", &runs, &hidden))
		return;
	y->slide = runs - linked;
	y->vmlinux->path = path;
}

unsigned
sym_kernel_source(struct session *s, uint64_t addr,
		  struct source_spot spots[SOURCE_SPOTS])
{
	struct symbols *y = symbols(s);

	if (!y->vmlinux)
		open_vmlinux(s, y);
	if (!y->vmlinux->path)
		return 0;
	return elf_source(&y->arena, &y->debug, y->vmlinux, addr - y->slide,
			  spots);
}

/* ---- user ---- */

enum { RELATIVES = 8 };

/* How surely a file is the one that was mapped. Layered file systems show
 * another device, or another number, than they map. */
static int
likeness(const struct mapped *f, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return 0;
	if (st->st_ino != f->ino)
		return 1;
	return st->st_dev == makedev(f->major, f->minor) ? 3 : 2;
}

/* What was mapped itself, when its name shows another file by now, or none. */
static const char *
unnamed(struct arena *a, uint32_t pid, const struct mapping *m, struct stat *st)
{
	const char *path = arena_printf(a, MAPPED_ITSELF, pid,
					(unsigned long long)m->begin,
					(unsigned long long)m->end);

	if (!stat(path, st) && likeness(m->file, st) > 1)
		return path;
	path = arena_printf(a, "/proc/self/fd/%d", m->file->held);
	return m->file->held >= 0 && !stat(path, st) ? path : NULL;
}

/*
 * The file as the process sees it; when it has gone with its root, as its
 * parent or theirs does; else as we do. Where we see the same it is named as
 * we do: its symbols, and the debug file beside it, are read when first asked
 * for, and by then the process may have left.
 */
static const char *
reachable(struct session *s, uint32_t pid, const struct mapping *m,
	  struct stat *st)
{
	struct arena *a = &s->symbols->arena;
	const struct mapped *f = m->file;
	const char *best = NULL, *itself;
	struct stat here, there;
	uint32_t at = f->pid;
	int like = 0, is;

	*st = (struct stat){ 0 };
	for (unsigned n = 0; at && n < RELATIVES; n++) {
		const char *path =
			arena_printf(a, "/proc/%u/root%s", at, f->path);

		is = stat(path, &there) ? 0 : likeness(f, &there);
		if (is > like) {
			like = is;
			best = path;
			*st = there;
		}
		at = mappings_process(s, at)->parent;
	}
	is = stat(f->path, &here) ? 0 : likeness(f, &here);
	if (is > like ||
	    (is && here.st_ino == st->st_ino && here.st_dev == st->st_dev)) {
		best = f->path;
		*st = here;
		like = is;
	}
	itself = like > 1 ? NULL : unnamed(a, pid, m, &there);
	if (itself)
		*st = there;
	return itself ? itself : best;
}

/* The kernel's code in each process, where gettimeofday() and the like are:
 * all of 64 bits have the same, so ours will do. */
static struct elf_file *
vdso(struct symbols *y, uint64_t size)
{
	int from = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	int to = memfd_create("vdso", MFD_CLOEXEC);
	uint64_t begin = getauxval(AT_SYSINFO_EHDR);
	char page[4096], path[64];
	const char *why;

	if (y->vdso)
		size = 0;
	for (uint64_t at = 0; begin && at < size; at += sizeof(page))
		if (pread(from, page, sizeof(page), (off_t)(begin + at)) !=
			    sizeof(page) ||
		    write(to, page, sizeof(page)) != sizeof(page))
			break;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", to);
	if (!y->vdso)
		y->vdso = elf_open(&y->arena, path, &why);
	close(from);
	close(to);
	return y->vdso;
}

static struct elf_file *
elf_of(struct session *s, uint32_t pid, const struct mapping *m)
{
	struct symbols *y = symbols(s);
	struct mapped *f = m->file;
	struct loaded *file;
	struct stat st = { 0 };
	const char *why, *path;

	if (f->asked)
		return f->elf;
	f->asked = true;
	if (!strcmp(f->path, "[vdso]"))
		return f->elf = vdso(y, m->end - m->begin);
	if (*f->path != '/')
		return NULL;
	path = reachable(s, pid, m, &st);
	if (!path)
		return NULL;
	for (uint32_t i = 0; i < y->files.n; i++) {
		file = &y->files.v[i];
		if (file->dev == st.st_dev && file->ino == st.st_ino &&
		    (!file->elf || !file->elf->base)) /* no archive */
			return f->elf = file->elf;
	}
	file = vec_push(&y->arena, &y->files);
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	file->elf = elf_open_at(&y->arena, path, f->offset, &why);
	return f->elf = file->elf;
}

/* What a compiler made while the process ran. */
static const char *
jit_name(struct session *s, uint32_t pid, uint64_t addr, uint64_t *off)
{
	struct process *p = mappings_process(s, pid);

	if (!p->jit)
		p->jit = perfmap_new(pid);
	return perfmap_find(p->jit, addr, off);
}

/* The name of an address in a file, or of what a compiler made meanwhile. */
static const char *
user_name(struct session *s, uint32_t pid, const struct mapping *m,
	  uint64_t addr, uint64_t *off)
{
	struct elf_file *f = elf_of(s, pid, m);
	const struct elf_symbol *sym = NULL;
	uint64_t at = 0;

	if (f && elf_address(f, addr - m->begin + m->file->offset, &at))
		sym = elf_at(f, at);
	if (!sym)
		return f ? NULL : jit_name(s, pid, addr, off);
	*off = at - sym->address;
	return s->config->cpp_demangle ? elf_plain(f, sym) : sym->name;
}

/* The function that a tag stands for, of those that we have attached to. */
static const char *
tagged_name(const struct session *s, uint64_t tag)
{
	const struct unit_list *units = s->prog->units;

	for (uint32_t i = 0; i < units->v.n; i++) {
		const struct unit *u = units->v.v[i];

		for (uint32_t k = 0; u->type->func_tag && k < u->targets.n; k++)
			if (probe_func_tag(&u->targets.v[k]) == tag)
				return probe_func_name(&u->targets.v[k],
						       s->config->cpp_demangle);
	}
	return NULL;
}

void
sym_user_build_id(struct session *s, struct out *o, uint32_t pid, uint64_t addr)
{
	const struct mapping *m = s && addr ? mappings_at(s, pid, addr) : NULL;
	const struct elf_file *f = m ? elf_of(s, pid, m) : NULL;

	if (!f || !f->build_id) {
		out_printf(o, "%llx", (unsigned long long)addr);
		return;
	}
	addr += m->file->offset - m->begin;
	out_printf(o, "%s %#llx", f->build_id, (unsigned long long)addr);
}

void
sym_user(struct session *s, struct out *o, uint32_t pid, uint64_t addr,
	 bool offset)
{
	const struct mapping *m = s && addr ? mappings_at(s, pid, addr) : NULL;
	const char *name = NULL;
	uint64_t off = 0;

	if (s && probe_is_func_tag(addr))
		name = tagged_name(s, addr);
	else if (m)
		name = user_name(s, pid, m, addr, &off);
	put(o, name, off, addr, offset);
}

unsigned
sym_user_source(struct session *s, uint32_t pid, uint64_t addr,
		struct source_spot spots[SOURCE_SPOTS])
{
	const struct mapping *m = s ? mappings_at(s, pid, addr) : NULL;
	struct elf_file *f = m ? elf_of(s, pid, m) : NULL;
	uint64_t at;

	if (!f || *m->file->path != '/' ||
	    !elf_address(f, addr - m->begin + m->file->offset, &at))
		return 0;
	return elf_source(&s->symbols->arena, &s->symbols->debug, f, at, spots);
}

const char *
sym_user_module(struct session *s, uint32_t pid, uint64_t addr)
{
	const struct mapping *m = s ? mappings_at(s, pid, addr) : NULL;

	return m && *m->file->path ? m->file->path : NULL;
}
