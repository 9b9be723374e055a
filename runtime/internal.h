/* SPDX-License-Identifier: MIT */
/*
 * What the files of runtime/ and runtime/builtins/ share: the session (a
 * loaded script), events, the output writer, symbols.
 */
#ifndef JIFFY_RUNTIME_INTERNAL_H
#define JIFFY_RUNTIME_INTERNAL_H

#include "../probes/probes.h"

/* ---- output: one buffered writer, text or JSON ---- */

enum out_buffering { OUT_LINE, OUT_FULL, OUT_NONE };

struct out {
	int fd;
	bool json;
	enum out_buffering buffering;
	struct sbuf buf;
	bool failed; /* a write failed: errno in error */
	int error;
	struct session *session; /* symbols, trailer; NULL in unit tests */
};

void out_write(struct out *o, const void *bytes, size_t n);
void out_puts(struct out *o, const char *s);
void out_putc(struct out *o, char c);
void out_printf(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Hand what is buffered to the kernel. */
void out_flush(struct out *o);
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

/* ---- printf ---- */

struct format; /* a parsed format string */

/* Parse and check a printf-like call whose argument `first` is the format:
 * REFERENCE 6.1-6.2 and its errors. For check() of words; the result goes
 * into n->call.data. */
bool format_check(struct sema *s, struct node *n, unsigned first);
/* The event's text by its call's format. Arguments that were not sent are
 * literals, taken from the call. */
void format_print(struct out *o, const struct event *e);

/* ---- events ---- */

struct event {
	const struct event_spec *spec;
	const unsigned char *data; /* spec->size bytes, header included */
};

/* Bytes of argument i, and its type; NULL when it was not sent. */
const void *event_arg(const struct event *e, unsigned i,
		      const struct type **type);
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

/* ---- symbols, resolved when printed ---- */

/* "name", "name+off" or "0x..."; `offset`: with the +off. */
void sym_kernel(struct session *s, struct out *o, uint64_t addr, bool offset);
void sym_user(struct session *s, struct out *o, uint32_t pid, uint64_t addr,
	      bool offset);

/* ---- the session ---- */

struct options {
	const char *script_path; /* or NULL */
	const char *program;	 /* -e, or NULL */
	const char *pattern;	 /* -l [pattern] */
	const char *output;	 /* -o */
	const char *command;	 /* -c */
	const char *debug;	 /* -d stages */
	int pid;		 /* -p */
	bool list, verbose, quiet, json, unsafe, dry_run, warnings;
	bool no_warnings;
	enum out_buffering buffering;
	struct params params;
};

struct session {
	struct arena *arena;
	const struct options *opts;
	const struct sema_input *in;
	const struct config *config;
	const struct prog *prog;
	struct image *image;
	struct out *out;
	int *map_fds;	/* by map index */
	int *prog_fds;	/* by image->progs index */
	struct attach attach;
	struct ring_buffer *ring;
	int epoll_fd, signal_fd, child_fd, pid_fd, timer_fd;
	int child;	/* pid of -c, or 0 */
	unsigned ncpus; /* possible CPUs: cells of a per-CPU lookup */
	int exit_code;
	bool done;	/* exit() was seen: drop further events */
	uint64_t boot_offset; /* ns: CLOCK_REALTIME - CLOCK_BOOTTIME */
	uint64_t lost_seen;
	struct symbols *symbols; /* lazily made */
};

/* Create maps, load programs; false: reported. */
bool session_load(struct session *s);
/* begin, attach, event loop, end, maps. Returns the exit status. */
int session_run(struct session *s);
/* A diagnostic on stderr ("ERROR: ..."), after flushing the output. */
void session_error(struct session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void session_warn(struct session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The families of words and types: runtime/builtins/table.c. */
extern const struct builtin *const builtin_words[];
extern const struct nominal *const builtin_nominals[];

#endif
