/* SPDX-License-Identifier: MIT */
/*
 * Owns user addresses as names: the mappings of each process and the symbols
 * of each file, both kept once read. A process that is gone by the time its
 * addresses are printed leaves hexadecimal numbers, unless its mappings were
 * learnt before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

struct mapping {
	uint64_t begin, end, offset;
	const char *path;
	struct elf_file *elf; /* NULL: not asked yet, or none */
	bool asked;
};

/* A traced machine may start processes for ever: those asked for last are
 * remembered, and those that were told to be. */
enum { PROCESSES_MAX = 1024 };

struct process {
	uint32_t pid;
	bool kept;
	struct arena arena; /* of its mappings */
	VEC(struct mapping) maps;
	struct perfmap *jit;
};

struct loaded { /* a file by its identity */
	dev_t dev;
	ino_t ino;
	struct elf_file *elf;
};

struct symbols {
	struct arena arena;
	struct ksyms *kernel;
	uint32_t sorted; /* of the functions that we have attached to */
	VEC(struct process *) processes;
	uint32_t oldest; /* of them, from PROCESSES_MAX on */
	VEC(struct loaded) files;
	struct elf_file *vdso; /* once asked for */
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

static void
forget(struct process *p)
{
	perfmap_free(p->jit);
	arena_free(&p->arena);
	*p = (struct process){ 0 };
}

void
sym_free(struct session *s)
{
	if (!s->symbols)
		return;
	for (uint32_t i = 0; i < s->symbols->processes.n; i++)
		forget(s->symbols->processes.v[i]);
	ksyms_free(s->symbols->kernel);
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

/* ---- user ---- */

/* "begin-end perms offset dev inode   path" (proc(5)). */
static void
add_mapping(struct process *p, char *line)
{
	unsigned long long begin, end, offset;
	struct mapping *m;
	char perms[5];
	int path = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%llx-%llx %4s %llx %*s %*s %n", &begin, &end, perms,
		   &offset, &path) < 4 ||
	    perms[2] != 'x')
		return;
	m = vec_push(&p->arena, &p->maps);
	m->begin = begin;
	m->end = end;
	m->offset = offset;
	m->path = path ? arena_strdup(&p->arena, line + path) : "";
}

/* One that has ended has an empty list: what was known of it stays. */
static void
read_mappings(struct process *p)
{
	struct process now = { .pid = p->pid };
	char path[64], *line = NULL;
	size_t cap = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/maps", p->pid);
	f = fopen(path, "re");
	if (!f)
		return;
	while (getline(&line, &cap, f) > 0)
		add_mapping(&now, line);
	free(line);
	fclose(f);
	if (!now.maps.n) {
		arena_free(&now.arena);
		return;
	}
	arena_free(&p->arena);
	p->arena = now.arena;
	p->maps.v = now.maps.v;
	p->maps.n = now.maps.n;
	p->maps.cap = now.maps.cap;
}

/* A place for one more. */
static struct process *
new_process(struct symbols *y)
{
	struct process *p;

	for (uint32_t i = 0;
	     y->processes.n >= PROCESSES_MAX && i < y->processes.n; i++) {
		p = y->processes.v[y->oldest++ % y->processes.n];
		if (p->kept)
			continue;
		forget(p);
		return p;
	}
	p = arena_alloc(&y->arena, sizeof(*p));
	*vec_push(&y->arena, &y->processes) = p;
	return p;
}

static struct process *
process(struct symbols *y, uint32_t pid)
{
	struct process *p;

	for (uint32_t i = 0; i < y->processes.n; i++)
		if (y->processes.v[i]->pid == pid)
			return y->processes.v[i];
	p = new_process(y);
	p->pid = pid;
	p->jit = perfmap_new(pid);
	read_mappings(p);
	return p;
}

static struct mapping *
find_mapping(struct process *p, uint64_t addr)
{
	for (uint32_t i = 0; i < p->maps.n; i++)
		if (addr >= p->maps.v[i].begin && addr < p->maps.v[i].end)
			return &p->maps.v[i];
	return NULL;
}

/* The mapping of an address; libraries may have come since the last look. */
static struct mapping *
mapping_at(struct symbols *y, uint32_t pid, uint64_t addr)
{
	struct process *p = process(y, pid);
	struct mapping *m = find_mapping(p, addr);

	if (m)
		return m;
	read_mappings(p);
	return find_mapping(p, addr);
}

/*
 * The file as the process sees it, else as we do. Where both are the same it
 * is named as we do: its symbols, and the debug file beside it, are read when
 * first asked for, and by then the process may have left with its root.
 */
static const char *
reachable(struct process *p, const char *path, struct stat *st)
{
	const char *there =
		arena_printf(&p->arena, "/proc/%u/root%s", p->pid, path);
	bool here = !stat(path, st);
	struct stat theirs;

	if (stat(there, &theirs))
		return here ? path : NULL;
	if (here && st->st_dev == theirs.st_dev && st->st_ino == theirs.st_ino)
		return path;
	*st = theirs;
	return there;
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
elf_of(struct symbols *y, struct process *p, struct mapping *m)
{
	struct loaded *file;
	struct stat st;
	const char *why, *path;

	if (m->asked)
		return m->elf;
	m->asked = true;
	if (!strcmp(m->path, "[vdso]"))
		return m->elf = vdso(y, m->end - m->begin);
	if (*m->path != '/')
		return NULL;
	path = reachable(p, m->path, &st);
	if (!path || !S_ISREG(st.st_mode))
		return NULL;
	for (uint32_t i = 0; i < y->files.n; i++) {
		file = &y->files.v[i];
		if (file->dev == st.st_dev && file->ino == st.st_ino &&
		    (!file->elf || !file->elf->base)) /* no archive */
			return m->elf = file->elf;
	}
	file = vec_push(&y->arena, &y->files);
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	path = arena_strdup(&y->arena, path); /* outlives the process */
	file->elf = elf_open_at(&y->arena, path, m->offset, &why);
	return m->elf = file->elf;
}

/* The name of an address in a file, or of what a compiler made meanwhile. */
static const char *
user_name(struct session *s, struct process *p, struct mapping *m,
	  uint64_t addr, uint64_t *off)
{
	struct elf_file *f = elf_of(s->symbols, p, m);
	const struct elf_symbol *sym = NULL;
	uint64_t at = 0;

	if (f && elf_address(f, addr - m->begin + m->offset, &at))
		sym = elf_at(f, at);
	if (!sym)
		return f ? NULL : perfmap_find(p->jit, addr, off);
	*off = at - sym->address;
	return s->config->cpp_demangle ? elf_plain(f, sym) : sym->name;
}

void
sym_user(struct session *s, struct out *o, uint32_t pid, uint64_t addr,
	 bool offset)
{
	struct mapping *m =
		s && addr ? mapping_at(symbols(s), pid, addr) : NULL;
	const char *name = NULL;
	uint64_t off = 0;

	if (m)
		name = user_name(s, process(s->symbols, pid), m, addr, &off);
	put(o, name, off, addr, offset);
}

const char *
sym_user_module(struct session *s, uint32_t pid, uint64_t addr)
{
	struct mapping *m = s ? mapping_at(symbols(s), pid, addr) : NULL;

	return m && *m->path ? m->path : NULL;
}

void
sym_user_learn(struct session *s, uint32_t pid)
{
	struct process *p = process(symbols(s), pid);

	p->kept = true;
	read_mappings(p);
}
