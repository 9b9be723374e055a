/* SPDX-License-Identifier: MIT */
/*
 * One file per probe type: match targets, type `args`, read the context,
 * attach. The rows are struct probe_type (sema.h).
 */
#ifndef JIFFY_PROBES_H
#define JIFFY_PROBES_H

#include "../bpfgen/bpfgen.h"

/* As what a program was loaded. Its helpers differ: the kernel takes those
 * for cookies and addresses by this. */
enum probe_form {
	FORM_PLAIN,
	FORM_BARE,  /* as the row's bare_type */
	FORM_MULTI, /* for a multi link */
};

/* An iterator's link: read by the session, or pinned for others to read. */
struct walk {
	int fd;          /* to be read to its end; -1: pinned */
	const char *pin; /* where, or NULL */
};

/* What attaching is given and what it leaves behind. */
struct attach {
	struct arena *arena;
	struct kernel *kernel;
	int prog_fd;
	enum probe_form form; /* of the program; with others than the plain one
				 a failure leads to another try */
	int pid; /* of -p or -c: attach-time kinds are limited to it; 0 */
	bool unsafe;
	bool by_cookie; /* the program asks for the cookie, which has to be the
			   target's index in its unit */
	VEC(int)
	fds; /* added by attach(): links and perf events; closing
		them detaches. Owned by the session. */
	VEC(int)
	slow_fds; /* what waits for grace periods when it is closed, so that
		     the session leaves that to a child: perf events, links to
		     them, links to functions of the kernel. Their programs
		     have a gate (ir_gate), which is shut at once */
	VEC(struct walk) walks; /* iterators; nothing of them waits */
	VEC(struct watched {
		uint64_t address;
		uint32_t first, end; /* in fds: its perf events */
	})
	watched; /* watchpoints, for unwatch() */
	VEC(struct attached {
		uint64_t address; /* of a kernel function */
		const char *name;
	})
	attached; /* by multi links, as far as the kernel tells */
	bool has_first_cpu;
	int first_cpu;      /* that is online */
	struct hmap pmus;   /* numbers of the kernel's kinds of events */
	struct hmap places; /* addresses of kernel functions by name, where the
			       kernel is slow to find them (kplace.c) */
	VEC(const char *) warnings; /* to be told before `why` */
	const char *why; /* set on failure: a whole line for the user */
	/* The unit whose targets a multi link has attached all at once. */
	const struct unit *done;
};

/* What stands for a function of a file where its address is not known: none
 * that a processor has. */
uint64_t probe_func_tag(const struct target *t);
/* The function's name, `plain`: as the programmer wrote it. */
const char *probe_func_name(const struct target *t, bool plain);
static inline bool
probe_is_func_tag(uint64_t value)
{
	return value >> 48 == 0x8000;
}

/* All probe types, NULL-ended. */
extern const struct probe_type *const probe_types[];

/* Attach a loaded program to one target: 0 or -errno, a->why set. */
int probe_attach(struct attach *a, const struct unit *u,
		 const struct target *t);
/* -l and -lv: the lines for a comma list of patterns, sorted as REFERENCE
 * 3.16 says; NULL pattern: all kernel probes. False: reported. */
bool probe_list(const struct sema_input *in, const char *pattern, bool verbose,
		void (*line)(void *arg, const char *text), void *arg);
/* What the attach point of a unit matches, in the unit's order. */
void probe_list_unit(const struct sema_input *in, const struct unit *u,
		     bool verbose, void (*line)(void *arg, const char *text),
		     void *arg);

/* System calls by number; NULL where there is none. */
enum { PROBE_SYSCALLS = 512 };
extern const char *const probe_syscalls[PROBE_SYSCALLS];

/* Once the script is compiled: let go of debug information, which may be
 * large. */
void probe_forget(struct hmap *files);

/* ---- ELF files: symbols of programs and libraries ---- */

struct elf_symbol {
	const char *name;
	const char *plain; /* demangled, once elf_plain() was asked */
	uint64_t address;  /* virtual */
	uint64_t size;
};

struct elf_file {
	struct arena *arena;
	const char *path;     /* as opened: "x.apk!/lib/y.so" */
	const char *disk;     /* the file it lies in: "x.apk" */
	const char *debug;    /* of the separate debug file, or NULL */
	const char *build_id; /* in hexadecimal, or NULL */
	uint64_t base;        /* where in `disk` it begins */
	bool is_exec;         /* ET_EXEC, not position independent */
	bool is_go;           /* its stacks move: no return probes */
	bool little_endian;
	uint16_t machine;               /* EM_... */
	uint8_t word;                   /* bytes of an address: 4, 8 */
	VEC(struct elf_symbol) symbols; /* functions, sorted by address */
	VEC(struct elf_segment {
		uint64_t vaddr, offset, filesz;
		bool exec;
	})
	loads; /* PT_LOAD */
};

/* Read an ELF file's function symbols: .symtab and .dynsym, those of its
 * separate debug file, .gnu_debugdata. NULL, *why set: missing, not ELF,
 * malformed. Everything in the arena. */
struct elf_file *elf_open(struct arena *a, const char *path, const char **why);
/* The same for what is mapped from an offset of a file: it may be an archive,
 * and the ELF file a member of it. */
struct elf_file *elf_open_at(struct arena *a, const char *path, uint64_t offset,
			     const char **why);
/* The symbol of that name, or NULL. */
const struct elf_symbol *elf_find(const struct elf_file *f, const char *name);
/* The name of one of the file's symbols as the programmer wrote it. */
const char *elf_plain(struct elf_file *f, const struct elf_symbol *s);
/* The address of any symbol, data too; false: no such one. */
bool elf_address_of(struct arena *a, const char *path, const char *name,
		    uint64_t *address);
/* The symbol that covers an address, or NULL. */
const struct elf_symbol *elf_at(const struct elf_file *f, uint64_t address);
/* File offset of a virtual address; false when no segment has it. */
bool elf_file_offset(const struct elf_file *f, uint64_t address,
		     uint64_t *offset);
/* Virtual address of a file offset (executable segments). */
bool elf_address(const struct elf_file *f, uint64_t offset, uint64_t *address);

/* The bytes at a virtual address, at most `n`; how many there are. */
size_t elf_code(const struct elf_file *f, uint64_t address, uint8_t *buf,
		size_t n);

/* ---- where code was written (dwarf_place.c) ---- */

struct source_spot {
	const char *function; /* whose code was put there; NULL: the symbol's */
	const char *file;     /* NULL: not known */
	uint32_t line;
};
enum { SOURCE_SPOTS = 16 };
/* The line of an address, behind those of the functions that the compiler put
 * there, innermost first; how many. 0: nothing tells. What has been opened is
 * in `kept`, until probe_forget(). */
unsigned elf_source(struct arena *a, struct hmap *kept,
		    const struct elf_file *f, uint64_t address,
		    struct source_spot spots[SOURCE_SPOTS]);

/* ---- C++ and Rust names ---- */

/* "ns::f(int)" for "_ZN2ns1fEi"; NULL: is none, or jiffy was built without
 * a library that knows. */
const char *sym_demangle(struct arena *a, const char *name);
/* Whether a linker's name matches as cpp: means it: demangled, its parameters
 * only where the pattern has a parenthesis. */
bool sym_matches_plain(struct arena *a, const char *pattern, const char *name);
/* What this jiffy was built with: a demangler, a reader of debug information.
 */
enum {
#ifdef HAVE_DEMANGLE
	sym_built_in = true,
#else
	sym_built_in = false,
#endif
#ifdef HAVE_LIBDW
	dwarf_built_in = true,
#else
	dwarf_built_in = false,
#endif
};

/* ---- notes of static markers (usdt) ---- */

/* Where an argument of a marker is found. */
struct stapsdt_arg {
	enum {
		STAPSDT_CONST,
		STAPSDT_REG,
		STAPSDT_MEM, /* base + value + (index << shift) */
		STAPSDT_BAD, /* `why` says what of it nobody can read */
	} kind;
	uint8_t size; /* bytes: 1, 2, 4, 8 */
	bool is_signed;
	uint8_t shift;
	int64_t value; /* constant or displacement */
	struct stapsdt_reg {
		int32_t offset; /* in struct pt_regs, bytes; -1: none */
		uint8_t width;  /* bytes that count */
		bool is_signed; /* extended so (aarch64's sxtw) */
	} base, index;          /* STAPSDT_REG: base */
	const char *symbol;     /* whose address is to be added, or NULL */
	const char *why;
};

enum { STAPSDT_ARGS = 32 };

struct stapsdt_args {
	uint32_t n;
	struct stapsdt_arg v[STAPSDT_ARGS];
};

struct stapsdt_note {
	const char *provider, *name;
	const char *args;            /* "-4@%edi 8@(%rsp)" */
	uint64_t address, semaphore; /* virtual; semaphore 0: none */
};

struct stapsdt_notes {
	VEC(struct stapsdt_note) v;
};

/* Read the notes of a file, addresses adjusted; what contradicts itself is
 * left out. NULL, *why set: no ELF file. */
struct elf_file *stapsdt_read(struct arena *a, const char *path,
			      struct stapsdt_notes *out, const char **why);
/* Read the text of a note's arguments, as the machine (EM_...) writes it. */
void stapsdt_parse(struct arena *a, unsigned machine, const char *text,
		   struct stapsdt_args *out);

#endif
