/* SPDX-License-Identifier: MIT */
/* What the files of probes/ share: matching, reading the context, attaching,
 * listing. */
#ifndef JIFFY_PROBES_INTERNAL_H
#define JIFFY_PROBES_INTERNAL_H

#include <libelf.h>

#include "probes.h"

struct perf_event_attr; /* linux/perf_event.h */

/* ---- match.c: what match() functions have in common ---- */

/* A new target of the match, its `probe` string printed into the arena. */
struct target *probe_target(struct sema *s, struct match *m, const char *fmt,
			    ...) PRINTF_LIKE(3, 4);
/* Nothing found. A plain name is reported ("No matches for ...") as
 * missing_probes says; a wildcard is left to sema. match()'s result. */
bool probe_none(struct sema *s, const struct attach_text *ap, struct match *m,
		const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Behind its error: the nearest function of the kernel (module NULL: any). */
void probe_suggest_function(struct sema *s, const char *module,
			    const char *name);
/* One candidate more; its text need not live on. */
void probe_nearest(struct sema *s, struct nearest *n, const char *candidate);
/* The text of part `i`, "" when there is none. */
const char *probe_part(const struct attach_text *ap, unsigned i);
/* Whether part `i` is a wildcard, in quotes or not. */
bool probe_is_pattern(const struct attach_text *ap, unsigned i);

/* An unsigned number at the start of `text`: decimal, 0x, `_` between digits,
 * 1e6. *rest is what follows. NULL, or what is wrong ("invalid integer"). */
const char *probe_number(const char *text, uint64_t *value, const char **rest);
extern const char probe_overflow[]; /* what is wrong with a large one */
/* The same for the whole text, which may begin with a minus; `*why` gets
 * "invalid integer: TEXT". */
bool probe_whole_number(struct arena *a, const char *text, uint64_t *value,
			const char **why);
/* Whether it is one: else, where an address may stand, it is a name. */
bool probe_is_number(struct arena *a, const char *text);
/* "name+offset" split in two; false: reported. */
bool probe_split_offset(struct sema *s, const struct attach_text *ap,
			const char *text, const char **name, uint64_t *offset);

/* ---- syscall.c: system calls behind the raw events of all of them ---- */

#define PROBE_SYSCALLS_GROUP "syscalls" /* the category of their events */

bool probe_syscall_raw(const struct sema_input *in, const struct unit_list *all,
		       const struct unit *u);
/* The number behind "sys_enter_read" or "sys_exit_read"; -1: not known. A
 * target of the category has it, plus one, as its count. */
int probe_syscall_number(const char *event);
bool probe_syscall_same(const struct target *a, const struct target *b);
struct ref probe_syscall_enter(struct lower *l);
struct ref probe_syscall_index(struct lower *l);
struct ref probe_syscall_args(struct lower *l);
int probe_syscall_attach(struct attach *a, const struct unit *u,
			 const struct target *t);

/* ---- args.c: registers in struct pt_regs ---- */

#if defined(__x86_64__)
enum { PROBE_NARGS = 6 }; /* arguments that registers hold */
#elif defined(__aarch64__)
enum { PROBE_NARGS = 8 };
#else
#error "jiffy does not know this machine's registers"
#endif
struct ref probe_arg(struct lower *l, unsigned n);
struct ref probe_retval(struct lower *l);
struct ref probe_reg(struct lower *l, const char *name, bool *known);
/* The instruction pointer: the probed function's address at its entry. */
struct ref probe_ip(struct lower *l);
/* The probed function's address by helper, at its return. */
struct ref probe_func_ip(struct lower *l);
/* The cookie of the attachment: attach() gives every target its index. */
struct ref probe_cookie(struct lower *l);

/* ---- perf.c: attaching through perf events ---- */

/* Open an event, attach the program, enable; the descriptors go to a->fds and
 * a->slow_fds. */
int probe_perf_attach(struct attach *a, struct perf_event_attr *attr, int pid,
		      int cpu, uint64_t cookie, const char *what);
/* The same on every online CPU, or on every thread of a->pid. */
int probe_perf_everywhere(struct attach *a, struct perf_event_attr *attr,
			  const char *what);
/* The first online CPU. */
int probe_first_cpu(struct attach *a);
/* A perf PMU's type and the config bit of a format, or -errno:
 * /sys/bus/event_source/devices/NAME/... */
int probe_pmu_type(struct attach *a, const char *name);
int probe_pmu_bit(struct attach *a, const char *name, const char *format);
/* Take back all descriptors from a->fds.v[first] on. */
void probe_detach_from(struct attach *a, uint32_t first);
/* Attach to the raw tracepoint of that name; NULL: to what the program was
 * loaded for. */
int probe_raw_attach(struct attach *a, const char *name, const struct unit *u,
		     const struct target *t);
/* Set a->why for an error of the kernel; returns `err`. */
int probe_refused(struct attach *a, int err, const char *what);

/* ---- kplace.c: where functions of the kernel are ---- */

/* The address of the function that a target of the unit names, where giving
 * that is faster than the name; 0: give the name. */
uint64_t probe_kernel_place(struct attach *a, const struct unit *u,
			    const struct target *t);

/* ---- multi.c: one link for many places ---- */

struct multi {
	bool ret;            /* at the return */
	const char *path;    /* uprobes: the file */
	const char **syms;   /* kprobes: names */
	uint64_t *addresses; /* uprobes: file offsets; kprobes: or NULL */
	uint64_t *ref_ctrs;  /* uprobes: of semaphores; NULL: none */
	uint64_t *cookies;
	uint32_t n;
	int pid;
};
/* Attach all; 0 or -errno (what the kernel lacks: any). */
int probe_uprobe_multi(struct attach *a, const struct multi *m);
int probe_kprobe_multi(struct attach *a, const struct multi *m);

/* ---- elf.c ---- */

struct zip_member {
	uint64_t offset, size; /* of its bytes in the archive */
};
/* Where the archive has `name`, uncompressed; NULL, or what is wrong. */
const char *zip_find(struct arena *a, int fd, const char *name,
		     struct zip_member *out);
/* The name of the member that has a byte of the archive, or NULL. */
const char *zip_name_at(struct arena *a, int fd, uint64_t offset);
/* "x.apk" of "x.apk!/lib/y.so": what is to be opened for a path. */
const char *elf_disk_path(struct arena *a, const char *path);

/* Whether the compiler made the function of a part of another (f.part.0):
 * wildcards do not reach them, a name written out does. */
bool elf_is_part(const char *name);

/* elf_begin() for reading, but NULL for a file that would take all memory:
 * of unbelievably many sections, segments or symbols (bound.c). */
Elf *elf_begin_bounded(int fd, Elf_Cmd how);

typedef void elf_reader(struct elf_file *f, Elf *elf, void *arg);
/* As elf_open(), but `read` takes what it wants instead of the symbols. */
struct elf_file *elf_read(struct arena *a, const char *path, elf_reader *read,
			  void *arg, const char **why);

/* ---- debugfile.c: what was stripped ---- */

/* The section of that name, or NULL: none, or only its header. */
Elf_Data *elf_section(Elf *elf, const char *name);
/* The separate debug file of the file at `path`, or NULL. */
const char *elf_debug_file(struct arena *a, Elf *elf, const char *path);
/* The build id in hexadecimal, or NULL. */
const char *elf_build_id(struct arena *a, Elf *elf);
/* What .gnu_debugdata holds, an ELF file, or NULL. The caller frees it. */
void *elf_mini_debug(Elf *elf, size_t *size);

/* ---- insn.c: where instructions begin ---- */

/* Bytes of the x86-64 instruction at `code`; 0: none, or cut off at `n`. */
unsigned insn_length(const uint8_t *code, size_t n);
/* Whether an instruction starts `offset` bytes into a function's code, for a
 * machine (EM_...); `n` bytes of it are there. */
enum insn_place {
	INSN_START,
	INSN_INSIDE,
	INSN_UNKNOWN, /* code that is none, or of a machine we do not know */
};
enum insn_place insn_place(unsigned machine, const uint8_t *code, size_t n,
			   uint64_t offset);
/* The first return at or behind *offset; false: none there. */
bool insn_next_return(unsigned machine, const uint8_t *code, size_t n,
		      uint64_t *offset);

/* ---- places in files ---- */

/* What attaching needs; target->data of user-space probes begins with it. */
struct probe_site {
	const char *open;     /* path to open */
	uint64_t file_offset; /* of the probed instruction */
	uint64_t ref_ctr;     /* file offset of its semaphore; 0: none */
};

/* ---- image.c: what is read of a file, once for all that ask ---- */

struct probe_image {
	const struct elf_file *elf; /* NULL: cannot be read */
	const char *why;
};
/* Of the file to open; never NULL. */
const struct probe_image *probe_image(const struct sema_input *in,
				      const char *open);

/* ---- dwarf.c, dwarf_*.c: debug information ---- */

struct dwarf;
/* That of a file or of its separate debug file; NULL: there is none, or jiffy
 * was built without libdw. */
struct dwarf *probe_dwarf(const struct sema_input *in,
			  const struct probe_image *image);
/* "", or what a message should add when jiffy cannot read any. */
const char *dwarf_absent(void);

struct source_place {
	const char *file;
	uint32_t line, column; /* column 0: any */
};
/* The first address of a source line; NULL, or what is wrong. */
const char *dwarf_find_line(struct dwarf *d, const struct source_place *place,
			    uint64_t *address);
/* "struct x", "union x" or a typedef's name; NULL: nobody defines it. */
const struct type *dwarf_named_type(struct dwarf *d, const char *name);

enum { DWARF_PARAMS = 64, PARAM_REGS = 2 };

struct dwarf_params {
	uint32_t n;
	bool on_stack; /* some are */
	struct dwarf_param {
		const char *name;
		const char *text;         /* "const char*" */
		const struct type *type;  /* void: cannot be read */
		uint32_t nregs;           /* as many as its bytes lie in */
		uint8_t regs[PARAM_REGS]; /* argument registers, from 0 */
	} v[DWARF_PARAMS];
};
/* The parameters of the function that starts at an address; false: nobody
 * knows a function there. */
bool dwarf_params(struct dwarf *d, uint64_t address, struct dwarf_params *out);

struct listing;

/* ---- uprobe.c, uprobe_args.c, uprobe_list.c ---- */

struct uprobe_site { /* behind a target of uprobe and uretprobe */
	struct probe_site at;
	const struct probe_image *image;
	uint64_t size; /* of the function, bytes; 0: unknown */
	bool exact;    /* asked for by its name */
};
const struct type *uprobe_args(struct sema *s, struct unit *u, struct span at);
struct ref uprobe_load_args(struct lower *l);
bool uprobe_same_fields(struct sema *s, const struct target *a,
			const struct target *b, const char *const *fields);
const struct type *uprobe_named_type(struct sema *s, const struct unit *u,
				     const char *name);
bool uprobe_is_return(const struct probe_type *type);
void uprobe_list(struct listing *l);

/* ---- site.c: places in files ---- */

enum { PROBE_UPROBE_MULTI = 48 }; /* enum bpf_attach_type, kernel 6.6 */

/* Attach to one target; in the multi form to all of the unit at once. */
int probe_site_attach(struct attach *a, const struct unit *u,
		      const struct target *t, bool ret);

/* ---- timer.c: what interval and profile share ---- */

bool probe_timer_match(struct sema *s, const struct attach_text *ap,
		       struct match *m, const char *type);
/* The time between two events of a target, ns. */
uint64_t probe_timer_ns(const struct target *t);
/* The perf event that a target of theirs counts. */
void probe_timer_attr(const struct target *t, struct perf_event_attr *attr);
void probe_timer_list(struct listing *l);
const char *probe_timer_listed(struct arena *a, const struct target *t);

/* ---- counter.c: what software and hardware share ---- */

struct counter { /* a perf event with a name; tables are {0}-ended */
	const char *name;
	uint64_t config;
	uint64_t period; /* default */
};
/* `rate`: what messages call the count. */
bool probe_counter_match(struct sema *s, const struct attach_text *ap,
			 struct match *m, const char *type, const char *rate,
			 const struct counter *table);
int probe_counter_attach(struct attach *a, const struct target *t,
			 uint32_t perf_type);
void probe_counter_list(struct listing *l, const struct counter *table);

/* ---- path.c: from a target as written to files ---- */

/* A file that a user-space probe goes into. */
struct probe_file {
	const char *shown; /* as `probe` prints it */
	const char *open;  /* what to open: may lead through /proc/PID/root */
};
struct probe_files {
	VEC(struct probe_file) v;
	bool pattern; /* the target was a wildcard */
};
/* The files behind `target`: a path, a pattern, a program or library name;
 * "": all files that `pid` has mapped. */
void probe_find_files(struct arena *a, const char *target, int pid,
		      struct probe_files *out);
/* The files that any process has mapped to run. */
void probe_find_mapped(struct arena *a, struct probe_files *out);

/* ---- ctype.c: C types by their text ---- */

/* attach() of what is run, not attached (begin, test). */
int probe_attach_nothing(struct attach *a, const struct unit *u,
			 const struct target *t);
/* "const char *" behind its qualifiers. */
const char *probe_unqualified(const char *text);
/* What follows a word at the start of `text`, or NULL. */
const char *probe_after(const char *text, const char *word);
/* "const char *const *", "struct file *", "u32": the type, its pointers into
 * `as`; void for what nobody knows. */
const struct type *probe_ctype(struct sema *s, const char *text,
			       enum addrspace as);

/* ---- btf_text.c: kernel types as C text, for -lv and rawtracepoint ---- */

/* "struct file *", "unsigned int"; "void" for what does not exist. */
const char *probe_btf_text(struct arena *a, const struct kbtf *b, uint32_t id);
/* The prototype of a BTF function. */
struct probe_proto {
	const struct btf_param *params;
	uint32_t n;
	uint32_t ret; /* type id; 0: void */
};
bool probe_btf_proto(const struct kbtf *b, uint32_t func,
		     struct probe_proto *out);

/* ---- btf_list.c ---- */

/* Patterns that begin with "struct ", "union " or "enum ": the kernel's types
 * that match, verbose with their definitions. False: is none of these. */
bool probe_list_types(const struct sema_input *in, const char *pattern,
		      bool verbose, void (*line)(void *arg, const char *text),
		      void *arg);

/* ---- fentry_bpf.c ---- */

struct fentry_site {            /* behind a target of fentry and fexit */
	const struct kbtf *btf; /* where its types are */
	struct probe_proto proto;
};

/* The functions of loaded BPF programs that an attach point matches. */
bool probe_match_bpf(struct sema *s, const struct attach_text *ap,
		     struct match *m, const struct probe_type *type);

/* ---- list.c ---- */

struct listing {
	const struct sema_input *in;
	const struct probe_type *type;
	const char *pattern; /* what follows the provider */
	bool verbose;
	const char *failed; /* why there is nothing to list, or NULL */
	struct hmap ids;    /* a row's own: BTF ids by name */
	VEC(struct listed_probe {
		const char *text;   /* what follows the provider */
		const char *params; /* lines for -lv, or NULL */
	})
	found;
};
/* Whether the listing wants `text`; then add it. */
bool listing_wants(const struct listing *l, const char *text);
void listing_add(struct listing *l, const char *text, const char *params);

/* ---- the rows; table.c puts them in order ---- */

extern const struct probe_type probe_begin, probe_end, probe_self;
extern const struct probe_type probe_test, probe_bench;
extern const struct probe_type probe_kprobe, probe_kretprobe;
extern const struct probe_type probe_uprobe, probe_uretprobe, probe_usdt;
extern const struct probe_type probe_tracepoint, probe_rawtracepoint;
extern const struct probe_type probe_fentry, probe_fexit, probe_iter;
extern const struct probe_type probe_interval, probe_profile;
extern const struct probe_type probe_software, probe_hardware;
extern const struct probe_type probe_watchpoint;

#endif
