/* SPDX-License-Identifier: MIT */
/*
 * What the files of runtime/ and runtime/builtins/ share: the session (a
 * loaded script), events, the output writer, symbols.
 */
#ifndef JIFFY_RUNTIME_INTERNAL_H
#define JIFFY_RUNTIME_INTERNAL_H

#include <stdio.h>

#include "../probes/probes.h"

/* ---- output: one buffered writer, text or JSON ---- */

enum out_buffering { OUT_LINE, OUT_FULL, OUT_NONE };

struct out {
	int fd;
	bool json;
	bool folded; /* maps keyed by stacks as lines */
	bool escape; /* --escape: out_foreign() shows what it is given */
	bool plus;   /* signed numbers of values show that they are positive */
	enum out_buffering buffering;
	struct sbuf buf;
	bool failed;  /* a write failed: errno in error */
	bool shaping; /* a value is being padded: nothing is written */
	bool held;    /* nothing is written, what goes to stderr comes here */
	int error;
	uint64_t div; /* of print(@m, top, div), for types that print both the
			 divided and the whole value; 0: none */
	struct session *session; /* symbols, trailer; NULL in unit tests */
};

void out_write(struct out *o, const void *bytes, size_t n);
void out_puts(struct out *o, const char *s);
void out_putc(struct out *o, char c);
/* Bytes that somebody else has chosen: names, paths, strings. */
void out_foreign(struct out *o, const char *s, size_t n);
void out_printf(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Hand what is buffered to the kernel. */
void out_flush(struct out *o);
/* At the end: flushes; `status`, or an error and 1 where a write failed. NULL:
 * stdio. */
int out_status(struct out *o, const char *path, int status);
/* End of one piece of output: flushes as the buffering says. */
void out_end(struct out *o);

/* A value's default text (REFERENCE 7.2). */
void out_value(struct out *o, const struct type *t, const void *v);
/* Its JSON form (7.9). */
void out_json_value(struct out *o, const struct type *t, const void *v);
/* A quoted JSON string. */
void out_json_string(struct out *o, const char *s, size_t n);
/* {"type": TYPE, "data": "TEXT"} in JSON mode, the text itself else. */
void out_text_event(struct out *o, const char *type, const char *text,
		    size_t n);
/* A value as an integer, extended by its type: ints, bools, enums, pointers,
 * symbols; merged aggregations through to_int. */
int64_t out_int(const struct type *t, const void *v);

/* Pieces of it, for format.c: a string's bytes up to its NUL, a buffer's
 * bytes, bytes in the %r form, an integer as JSON. */
const char *value_string(const struct type *t, const void *v, size_t *n);
const unsigned char *value_buffer(const struct type *t, const void *v,
				  size_t *n);
void value_escape(struct out *o, const unsigned char *s, size_t n);
void out_json_int(struct out *o, int64_t v, bool is_signed);

/* ---- printf ---- */

struct format; /* a parsed format string */

/* Parse a format; `first` is the number of its argument in the call. */
struct format *format_parse(struct arena *a, const char *s, size_t len,
			    unsigned first);
/* Parse and check a printf-like call whose argument `first` is the format:
 * REFERENCE 6.1-6.2 and its errors. For check() of words; the result goes
 * into n->call.data. */
bool format_check(struct sema *s, struct node *n, unsigned first);
/* The event's text by its call's format. Arguments that were not sent are
 * literals, taken from the call. */
void format_print(struct out *o, const struct event *e);

/* Page allocation flags by name: %gr. */
void gfp_print(struct out *o, uint64_t v);

/* ---- events ---- */

struct event {
	const struct event_spec *spec;
	const unsigned char *data; /* spec->size bytes, header included */
	struct session *session;   /* NULL in unit tests */
};

/* One record of the ring buffer: find its spec, run its word. */
void event_handle(struct session *s, const void *data, size_t size);
/* Tell what a program reported of its own accord (notice.c). */
/* A map was full at this place, another n times. */
void notice_full(struct session *s, const struct event_spec *spec, int64_t code,
		 uint64_t n);
void notice_handle(struct session *s, const struct event *e);

/* Bytes of argument i, and its type; NULL when it was not sent. */
const void *event_arg(const struct event *e, unsigned i,
		      const struct type **type);
/* The same, or a literal number's bytes, which are put into *room. NULL: a
 * literal string. */
const void *event_value(const struct event *e, unsigned i,
			const struct type **type, uint64_t *room);
/* Argument i as an integer, whether sent or a literal. */
int64_t event_int(const struct event *e, unsigned i);
/* Argument i as text, a literal or a sent string; length in *n. */
const char *event_str(const struct event *e, unsigned i, size_t *n);
/* Argument i, a whole map. */
const struct map_spec *event_map(const struct event *e, unsigned i);

/* ---- maps in user space ---- */

/* Print a map as at exit (7.3), top and div as print(@m, top, div). */
void maps_print(struct session *s, const struct map_spec *m, int64_t top,
		uint64_t div);
void maps_print_all(struct session *s);
void maps_clear(struct session *s, const struct map_spec *m);
void maps_zero(struct session *s, const struct map_spec *m);

/* All elements of a map, per-CPU cells merged. */
struct map_rows {
	struct map_row {
		unsigned char *key; /* owns the cell behind it as well */
		unsigned char *cell;
	} * v;
	uint32_t n, cap;
};
void maps_read(struct session *s, const struct map_spec *m,
	       struct map_rows *rows);
void maps_free_rows(struct map_rows *rows);
/* One lookup's result to one cell; whether a scalar was ever set. */
void maps_merge(const struct map_spec *m, unsigned ncpus, const void *lookup,
		void *cell);
bool maps_present(const struct map_spec *m, unsigned ncpus, const void *lookup);
void maps_sort(const struct mapdef *def, struct map_rows *rows);
int maps_compare_keys(const struct type *t, const void *a, const void *b);
/* The value of a scalar map, without its name. */
void maps_print_value(struct session *s, struct out *o,
		      const struct map_spec *m);
/* Sorts, cuts and divides the rows, then prints them. */
void maps_print_rows(struct out *o, const struct mapdef *def,
		     struct map_rows *rows, int64_t top, uint64_t div);

/* ---- stacks as lines, and as a picture ---- */

/* Behind each frame; in front of one of the kernel. */
enum { FOLD_NEXT = 1, FOLD_KERNEL = 2 };

struct folded { /* sorted by frames, no two alike */
	struct sbuf text;
	struct fold_line {
		const char *frames; /* in text */
		int64_t count;
	} * v;
	uint32_t n;
};
/* Whether a map has stacks in its key, and a number as its value. */
bool fold_is(const struct mapdef *def);
/* Its rows from `from` on. */
void fold_rows(struct session *s, const struct mapdef *def,
	       const struct map_rows *rows, uint32_t from, struct folded *f);
void fold_print(struct out *o, const struct folded *f);
void fold_free(struct folded *f);

/* --flamegraph: keep what a map is now, instead of what it was (flame.c). */
void flame_keep(struct session *s, const struct mapdef *def,
		const struct map_rows *rows, uint32_t from);
/* Draw all that was kept; false: reported. */
bool flame_write(struct session *s);
void flame_free(struct session *s);
/* Style, script and what stands around the boxes (flame_page.c). */
void flame_page(struct out *o, unsigned width, unsigned height, int64_t total);

/* ---- symbols, resolved when printed ---- */

/* "name", "name+off" or "0x..."; `offset`: with the +off. */
void sym_kernel(struct session *s, struct out *o, uint64_t addr, bool offset);
void sym_user(struct session *s, struct out *o, uint32_t pid, uint64_t addr,
	      bool offset);

/* The address as its file's build id and the offset there. */
void sym_user_build_id(struct session *s, struct out *o, uint32_t pid,
		       uint64_t addr);
/* The file that the address is mapped from, or NULL: for perf-mode stacks. */
const char *sym_user_module(struct session *s, uint32_t pid, uint64_t addr);
/* The lines of its source, as elf_source(). */
unsigned sym_kernel_source(struct session *s, uint64_t addr,
			   struct source_spot spots[SOURCE_SPOTS]);
unsigned sym_user_source(struct session *s, uint32_t pid, uint64_t addr,
			 struct source_spot spots[SOURCE_SPOTS]);
void sym_free(struct session *s);

/* What is mapped in processes (mappings.c). */
struct mapped {           /* a file, or a part of it that is mapped */
	const char *path; /* "" or "[...]": none */
	uint32_t major, minor;
	uint64_t ino, offset;
	uint32_t pid;         /* one that has it mapped */
	int held;             /* a handle on it; -1: none */
	struct elf_file *elf; /* for symbols.c; NULL: not asked yet, or none */
	bool asked;
};
/* The file itself, whatever its name shows by now: pid, begin, end. */
#define MAPPED_ITSELF "/proc/%u/map_files/%llx-%llx"
struct mapping {
	uint64_t begin, end;
	struct mapped *file;
};
struct process {
	struct process *next; /* in its bucket */
	uint32_t pid, parent; /* parent 0: not known */
	struct mapping *maps; /* the last that has an address counts */
	uint32_t n, cap;
	bool ended;
	struct perfmap *jit; /* for symbols.c */
};
/* Whether anything that is printed needs the mappings of a process. */
bool session_prints_addresses(const struct prog *p);
/* From here on, if the script prints addresses; before anything is traced. */
void mappings_start(struct session *s);
void mappings_watch(struct session *s); /* wake the loop's epoll */
/* Read a few of the processes that were there before; false: that was all. */
bool mappings_scan(struct session *s);
/* Take in what the kernel has reported. */
void mappings_drain(struct session *s);
/* Read those of a process that may soon be gone. */
void mappings_learn(struct session *s, uint32_t pid);
struct process *mappings_process(struct session *s, uint32_t pid);
/* That of an address, or NULL. */
const struct mapping *mappings_at(struct session *s, uint32_t pid,
				  uint64_t address);
void mappings_free(struct session *s);

/* What a process's just-in-time compiler says of its code (perfmap.c). Ask
 * while the process lives; the name lives until the next question. */
struct perfmap;
struct perfmap *perfmap_new(uint32_t pid);
const char *perfmap_find(struct perfmap *p, uint64_t addr, uint64_t *offset);
void perfmap_free(struct perfmap *p);

/* The kernel's functions by address (ksyms.c); from a kallsyms file. */
struct ksyms *ksyms_read(const char *path);
void ksyms_free(struct ksyms *k);
/* The function that covers an address, or NULL. */
const char *ksyms_find(const struct ksyms *k, uint64_t addr, uint64_t *offset);

/* ---- the command line ---- */

enum run_mode { RUN_TRACE, RUN_TEST, RUN_BENCH };

struct options {
	const char *script_path; /* or NULL */
	const char *program;     /* -e, or NULL */
	const char *pattern;     /* -l [pattern] */
	const char *output;      /* -o */
	const char *command;     /* -c */
	const char *debug;       /* -d stages */
	const char *kernel_dir;  /* --kernel: a directory of fixtures */
	const char *flamegraph;  /* a file for a picture of the stacks */
	const char *btf;         /* --btf=FILE: kernel types, or NULL */
	const char *functions;   /* --traceable-functions, or NULL */
	int pid;                 /* -p */
	uint32_t without;        /* --no-feature: bits 1 << enum feature */
	bool list, verbose, quiet, json, unsafe, dry_run, warnings;
	bool folded; /* -f folded */
	bool escape; /* control characters in foreign text are shown */
	bool no_warnings;
	bool wait_detach;    /* stay until the kernel has let go of all */
	bool quiet_maps;     /* no maps at the end */
	bool strict;         /* losses are an exit status */
	bool follow;         /* the process of -p, -c and its descendants */
	bool child_status;   /* end with the status of the -c child */
	int ready_fd;        /* gets a byte when all is attached; 0: none */
	uint64_t timeout;    /* ns; 0: none */
	bool compile_only;   /* --mode codegen */
	bool compiler_bench; /* --mode compiler-bench */
	bool check;          /* --check: compile the scripts, run none */
	bool info;
	bool fmt; /* --fmt, --mode format */
	enum out_buffering buffering;
	enum run_mode mode;
	const char *probe_filter; /* of names, with --test and --bench */
	struct params params;
	VEC(const char *) positional; /* what params points at */
	VEC(const char *) named;      /* --name=value behind `--` */
	VEC(const char *) scripts;    /* of --check */
	VEC(const char *) includes;   /* --include */
	VEC(const char *) include_dirs;
};

/* What the parser of options wants next. */
enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE, /* help or version was printed: exit 0 */
	OPTIONS_BAD,  /* reported: exit 1 */
};
enum options_result options_parse(struct options *o, struct arena *a, int argc,
				  char **argv);
/* Whether the script asks for all options given behind `--`; reports. */
bool options_settle(const struct script_options *o, struct diag *d);
/* "v1.2.3" */
const char *options_version(void);
/* A file that the user named, empty, to be written: a descriptor, or -1 and
 * errno. In folders of everybody only what is ours (create.c). */
int create_file(struct arena *a, const char *path);
/* Replace a file by `text` in one step; false: errno says why. */
bool rewrite_file(struct arena *a, const char *path, const char *text,
		  size_t n);
/* What became of a script under --check. */
struct checked {
	const char *script;
	bool ok;
	uint32_t probes, programs, insns;
	const struct diag *diag; /* not flushed yet */
};
/* A line of text or a JSON object (check.c). */
void check_print(struct out *o, const struct checked *c);
/* Those of `features` (1 << enum feature) that ir_needs() knows and this
 * kernel has not. */
uint32_t info_lacks(uint32_t features);
/* --info: what this kernel, asked by trial, and this build can do. */
void info_print(struct out *o, struct arena *a, const char *version);
/* Whether colours go to stderr: terminals and BPFTRACE_COLOR. */
bool options_color(void);

/* ---- the session: one loaded script ---- */

struct ring; /* ring.c */

/* What a trace could not tell (losses.c). */
enum loss {
	LOSS_EVENT,
	LOSS_FULL,
	LOSS_HELPER,
	LOSS_STRING,
	LOSS_STACK,
	LOSS_RUNTIME,
	LOSS_PROCESS,
	LOSS_MISSED,
	LOSSES
};

/* Exit statuses of our own making; exit(n) gives any other. */
enum {
	STATUS_ERROR = 1,
	STATUS_FOREIGN = 2, /* C definitions, environment */
	STATUS_LOSSES = 3,
	STATUS_LOAD = 255,
};

/* A program of the image in the kernel. */
struct loaded_prog {
	enum probe_form form; /* as what it was loaded */
	int fd;               /* one for all targets of its unit, */
	int *each;            /* or, if not NULL, one for each */
};

struct session {
	struct arena *arena;
	const struct options *opts;
	const struct sema_input *in;
	const struct config *config;
	const struct prog *prog;
	struct image *image;
	struct out *out;
	int *map_fds;              /* by map index */
	struct loaded_prog *progs; /* by image->progs index */
	struct ir_global *global;  /* counters shared with programs, or NULL */
	struct attach attach;
	struct ring *ring;
	int epoll_fd, signal_fd, child_fd, pid_fd;
	int child;        /* pid of -c, or 0 */
	int child_go;     /* writing a byte lets the child exec; -1: none */
	unsigned nprobes; /* attached, begin and end included */
	unsigned ncpus;   /* possible CPUs: cells of a per-CPU lookup */
	int exit_code;
	bool done;            /* exit() was seen: drop further events */
	bool failed;          /* session_failed() was called: status 1 */
	uint64_t boot_offset; /* ns: CLOCK_REALTIME - CLOCK_BOOTTIME */
	uint64_t full_seen[FULL_SITES], scarce_seen[FULL_SITES];
	uint64_t lost_seen;
	uint64_t losses[LOSSES];
	int timer_fd;    /* of --timeout; -1: none */
	int child_ended; /* the -c child's status as a shell's $?, or -1 */
	struct symbols *symbols; /* lazily made */
	struct mappings *mappings;
	VEC(struct packet_file {
		const char *path;
		FILE *file; /* NULL: could not be made */
	})
	packet_files;          /* of skboutput() */
	struct flame *flame;   /* what --flamegraph draws; by map index */
	struct follow *follow; /* whom --follow traces; NULL: nobody */
};

/* Create maps, load programs; false: reported. */
bool session_load(struct session *s);
/* Load program i anew, in the form that has a context. */
bool session_load_again(struct session *s, uint32_t i);
/* Close program i, in whatever form it is loaded. */
void session_unload(struct session *s, uint32_t i);
/* What struct session needs before session_load(); false: reported. */
bool session_init(struct session *s);
/* Make the file of -o, which a script with mistakes leaves as it was. */
bool session_open_output(struct session *s);
/* Close and free what the session holds; programs detach. */
void session_free(struct session *s);
/* Load and run: the exit status. */
int session_main(struct session *s);
/* How many CPUs there can be: the cells of a per-CPU map's element. */
unsigned session_possible_cpus(void);
/* begin, attach, event loop, end, maps. Returns the exit status. */
int session_run(struct session *s);
/* A diagnostic on stderr ("ERROR: ..."), after flushing the output. */
void session_error(struct session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same, and the trace goes on, but its exit status is no success. */
void session_failed(struct session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void session_warn(struct session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Why the kernel refused a program: its log's last insn as a place in the
 * script (load.c has the log). */
void refusal_report(struct session *s, const struct image_prog *p, int error,
		    const char *log);

/* Attach in the order of REFERENCE 3.4; false: reported. */
bool session_attach(struct session *s);
/* No more events from here on. */
void session_detach(struct session *s);
/* Give back what is attached; the slow part without waiting for it. */
void session_let_go(struct session *s);
/* Run the programs of begin or end probes, in source order. */
void session_run_special(struct session *s, bool end);
/* Run the probes of SIGUSR1; false: there are none. */
bool session_run_signal(struct session *s);
/* Whether a probe waits for a signal, so that nothing attached is no end. */
bool session_waits(const struct session *s);
/* The index of the map for a use, or -1. */
int session_map(const struct session *s, enum map_use use);
/* Report what is newly lost. */
void session_report_lost(struct session *s, bool total);
void session_report_stacks(struct session *s);
/* Events for which the kernel did not run a program (losses.c). */
void losses_report_missed(struct session *s);

/* The exit status, told why when --strict found losses (losses.c). */
int losses_status(struct session *s, int status);

/* --follow: keep the set of processes that are traced (follow.c). Before any
 * probe is attached; false: reported. */
bool follow_start(struct session *s);
/* Whether one of them still lives, after the one behind a descriptor that
 * epoll watched has ended; then another is watched. */
bool follow_goes_on(struct session *s, int ended);
bool follow_watches(const struct session *s, int fd);
/* Those that there was no room for. */
void follow_report(struct session *s);
void follow_free(struct session *s);

/* Behind an error: what the machine may lack (hints.c); `refused`: it was the
 * kernel's. */
void hints_print(bool refused);
/* Before anything: a kernel that is too old, KERNEL_VERSION() of it. */
void hints_version(uint32_t version);

/* All is attached: give up what is not needed to go on (confine.c). */
void confine(const struct session *s);

/* Tell who waits that all is attached; that the end has come (ready.c). */
void ready_tell(struct session *s);
void ready_end(void);

/* --test, --bench: leave in `units` only those that count in o->mode; false:
 * reported, *unattached where none is left.
 * Run the test or bench probes; the exit status. */
bool testing_select(struct unit_list *units, const struct options *o,
		    struct diag *d, bool *unattached);
int testing_run(struct session *s);
/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t testing_now(void);
/* The descriptor of the unit's program. */
int session_prog(const struct session *s, const struct unit *u);
/* A text for the user, now; the output before it is flushed. */
void session_stderr(struct session *s, const char *text, size_t n);

/* Run what iterators are attached to its end; false: there are none. */
bool walks_read(struct session *s);

/* ---- the child of -c ---- */

/* Fork, hold before exec; false: reported. */
bool child_start(struct session *s, const char *command);
/* Wait until the child is about to wait for child_release(). */
void child_ready(struct session *s);
/* Before it execs: have it stop at its exit, if its addresses are printed. */
void child_watch(struct session *s);
/* Let it exec; false: reported. */
bool child_release(struct session *s);
/* On SIGCHLD: let it go on from a stop, its mappings learnt. */
void child_stopped(struct session *s);
/* SIGTERM after exit(), SIGKILL for what is left. */
void child_stop(struct session *s);

/* ---- bpf(2), one call each: 0 or a descriptor, else -errno (sys.c) ---- */

union bpf_attr;

int sys_bpf(int command, union bpf_attr *attr);
int sys_map_create(const struct map_spec *m);
int sys_map_update(int fd, const void *key, const void *value);
int sys_map_lookup(int fd, const void *key, void *value);
/* key NULL: the first. -ENOENT after the last. */
int sys_map_next_key(int fd, const void *key, void *next);
int sys_map_delete(int fd, const void *key);
/* Up to *n elements from *cursor on (4 or key-size bytes, whichever is more;
 * NULL in: from the start). -ENOENT: these were the last. */
int sys_map_batch(int fd, const void *in, void *out, void *keys, void *values,
		  uint32_t *n);
/* The value of an array of one (BPF_F_MMAPABLE) as our memory, until we end;
 * NULL, errno set. */
void *sys_map_memory(int fd, uint32_t size);
int sys_map_freeze(int fd);
/* The BTF of a loaded module: a descriptor, or -errno. */
int sys_btf_of(const char *module);
/* BPF_PROG_TEST_RUN without a context. */
int sys_prog_run(int fd);
struct prog_run {
	bool packet;         /* its context is one (XDP); else it has none */
	uint32_t repeat;     /* with a packet: how often */
	uint32_t retval, ns; /* out; ns: the average of a run */
};
int sys_prog_test(int fd, struct prog_run *r);

struct prog_load {
	const char *name, *license;
	uint32_t type, attach_type;
	uint32_t attach_btf_id; /* of the function; 0: none */
	int attach_btf_fd;      /* of its module; 0: vmlinux */
	const struct bpf_insn *insns;
	uint32_t ninsns;
	int btf_fd; /* 0 or less: without func and line info */
	const struct gen_btf_prog *btf;
	char *log; /* NULL: no log */
	uint32_t log_size;
};
int sys_prog_load(const struct prog_load *p);
int sys_btf_load(const void *btf, uint32_t size);

/* ---- the ring buffer ---- */

/* Map it into memory; NULL with errno. */
struct ring *ring_open(int fd, uint32_t size);
/* Hand every finished record to event_handle(); returns their number. */
unsigned ring_drain(struct ring *r, struct session *s);
void ring_close(struct ring *r);

/* The families of words and types: runtime/builtins/table.c. */
extern const struct builtin *const builtin_words[];
/* Whether a name is a "true builtin", never a type in a cast (1.2). */
bool builtin_is_true(const char *name);
extern const struct nominal *const builtin_nominals[];

#endif
