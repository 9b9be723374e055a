/* SPDX-License-Identifier: MIT */
/* What the files of sema/kernel share: the cache and the line reader. */
#ifndef JIFFY_KERNEL_INTERNAL_H
#define JIFFY_KERNEL_INTERNAL_H

#include <sys/types.h>

#include "kernel.h"

/* What was read so far; every member is filled on the first question. */
struct kernel_cache {
	const char *tracefs, *tracefs_why;
	bool tracefs_asked;
	struct hmap events;  /* "category:name" -> struct trace_event */
	struct hmap symbols; /* name -> struct kernel_known */
	struct kbtf *btf;
	int btf_errno;         /* why btf is NULL, once asked */
	struct hmap modules;   /* name -> struct kbtf */
	struct hmap blacklist; /* names that take no kprobe */
	bool blacklist_read;
	const char *filter; /* available_filter_functions; NULL: none */
	size_t filter_size;
	bool filter_asked;
	const char *part; /* of the list, by a walk; NULL: none */
	size_t part_size;
	unsigned walks;        /* over the kernel's symbols */
	struct hmap places;    /* "module:name" -> uint64_t, where one told */
	struct hmap functions; /* plain names asked for -> itself */
};

struct kernel_cache *kernel_cached(struct kernel *k);

/* A file line by line, in large reads and constant memory. */
struct lines {
	int fd;
	char *buf; /* from malloc */
	size_t begin, end;
	bool eof;
	int error; /* errno of a failed read */
};

/* False with errno when the file cannot be opened. */
bool lines_open(struct lines *l, const char *path);
/* The next line without its newline, NUL-terminated, valid until the next
 * call; NULL at the end. A line longer than the buffer comes in pieces. */
char *lines_next(struct lines *l);
void lines_close(struct lines *l);

/* A whole small file, NUL-terminated, in the arena; at most `max` bytes of
 * it. NULL with errno. */
char *kernel_read_file(struct arena *a, const char *path, size_t max,
		       size_t *len);

/* A whole file of any size, in the arena; not terminated. NULL with errno. */
char *kernel_read_whole(struct arena *a, const char *path, size_t *len);
/* The same of what is open, which is closed. */
char *kernel_read_rest(struct arena *a, int fd, size_t *len);

/* ---- mounts.c ---- */

/* Mounts tracefs for this process and its children alone (needs
 * CAP_SYS_ADMIN); false with errno. */
bool kernel_mount_tracefs(const char *dir);

/* ---- keep.c ---- */

/* A whole list of the kernel, in the arena, not terminated: the copy that an
 * earlier run has kept as `name`, or else from `path`, and kept. NULL with
 * errno. */
const char *kernel_read_kept(struct kernel *k, const char *path,
			     const char *name, size_t *len);
/* The copy alone; NULL: there is none of this kernel as it is. */
const char *kernel_recall(struct kernel *k, const char *name, size_t *len);
/* What make() gives (NULL: nothing), kept as `name`. */
typedef const char *kernel_make_fn(struct kernel *k, const void *arg,
				   size_t *len);
const char *kernel_make_kept(struct kernel *k, const char *name,
			     kernel_make_fn *make, const void *arg,
			     size_t *len);

/* ---- kallsyms.c ---- */

/* One line of kallsyms, taken apart in place. */
struct kallsym {
	uint64_t address;
	char type;
	const char *name;
	const char *module; /* NULL: the core kernel */
};
bool kallsym_parse(char *line, struct kallsym *out);

/* ---- ksyms.c ---- */

/* Functions of the running kernel that can be traced and begin as `prefix`
 * (its first bytes at least), as its own list has them. False: cannot be told
 * in this way, whatever was handed out so far. */
bool kernel_ksyms(struct kernel *k, const char *prefix, size_t n,
		  kernel_place_fn *each, void *arg);

/* ---- sites.c ---- */

/* The addresses that can be traced, sorted. */
struct sites {
	VEC(uint64_t) v;
};
union bpf_attr;
int kernel_bpf(int command, union bpf_attr *attr); /* -1 with errno */
/* `start`: of the kernel's pointer to its first page of records. */
bool sites_read(struct kernel *k, uint64_t start, struct sites *s);
/* Whether there is one at that function's entry. */
bool sites_has(const struct sites *s, uint64_t function);

/* ---- elf.c ---- */

bool kernel_elf_is(int fd);
/* Where section `name` of the ELF file is; false: nowhere. */
bool kernel_elf_section(int fd, const char *name, uint64_t *offset,
			uint64_t *size);

#endif
