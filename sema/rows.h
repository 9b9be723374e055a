/* SPDX-License-Identifier: MIT */
/*
 * The rows of the language: words, types that are more than C types, probe
 * types. Declared here, defined to the right (runtime/builtins, probes), and
 * handed in as a struct language, so that nobody reaches up. Structs of the
 * folders to the right are named here and never opened.
 */
#ifndef JIFFY_SEMA_ROWS_H
#define JIFFY_SEMA_ROWS_H

#include "../parser/parser.h"

struct sema_input;
struct unit_list;
struct sema;    /* sema/internal.h */
struct lower;   /* ir.h */
struct ref;     /* ir.h */
struct mem;     /* ir.h */
struct session; /* runtime */
struct event;   /* runtime */
struct out;     /* runtime */
struct attach;  /* probes.h */
struct listing; /* probes/internal.h */
struct type;    /* types/types.h */
struct types;   /* types/types.h */
struct unit;    /* sema.h */

/* A kernel feature that may be absent; rows in features.def. */
enum feature {
	FEAT_NONE,
#define FEATURE(id, name, doc) FEAT_##id,
#include "features.def"
#undef FEATURE
};

enum word_flags {
	WORD_UNSAFE = 1 << 0,   /* needs --unsafe */
	WORD_URGENT = 1 << 1,   /* its event wakes the reader at once */
	WORD_AGG = 1 << 2,      /* must be assigned to a map directly */
	WORD_MACRO = 1 << 3,    /* upstream: a library macro; wrong arguments
				   get the wording of macros (1.7), and it may
				   stand without parentheses */
	WORD_CONST = 1 << 4,    /* check() leaves a literal: may fold() */
	WORD_BUILTIN = 1 << 5,  /* a "true builtin" of 1.2 */
	WORD_RETURNS = 1 << 6,  /* ends the probe, as return does */
	WORD_TARGET = 1 << 7,   /* differs from target to target (`probe`) */
	WORD_PURE_MEM = 1 << 8, /* a result in memory that stays the same for
				   the whole program run (comm): read once */
	WORD_ARGS = 1 << 9,     /* as WORD_TARGET, but only where the probe
				   type has PROBE_EXPAND (`args`) */
	WORD_CTX = 1 << 10,     /* reads the context: not in a for body */
	WORD_TEXT = 1 << 11,    /* `$1` as an argument stands for its text */
	WORD_ARGN = 1 << 12,    /* as WORD_TARGET, but see same_args */
	WORD_FORMAT = 1 << 13,  /* its first argument is a format, which
				   max_strlen does not limit */
	WORD_INDEX = 1 << 14,   /* as WORD_TARGET, but where its value is used
				   a program may find it by its target's
				   index (struct unit, by_index) */
	WORD_SEQ = 1 << 15,     /* goes to the probe type's seq, if any */
	WORD_FORM = 1 << 16,    /* depends on how the program is attached */
	WORD_REPORTS = 1 << 17, /* may send an event of its own in an
				   expression */
	WORD_EFFECT = 1 << 18,  /* its result may be left alone */
	WORD_FILES = 1 << 19,   /* its on_event makes files */
	/* As WORD_FORM, where it has arguments. */
	WORD_FORM_ARGS = 1 << 20,
	WORD_STEADY = 1 << 21, /* without arguments, a scalar that stays the
				  same for the whole program run */
	WORD_EARLY = 1 << 22,  /* an aggregation whose value is evaluated
				  before its key */
	WORD_FEW = 1 << 23,    /* one value for each target (`func`), where
				  targets are not of user space */
};

/* A word of the language: a variable, a function or an aggregation. */
struct builtin {
	const char *name;
	/* "uint64"; "(int, int = 0) -> avg"; see sema/signature.c */
	const char *sig;
	const char *doc;      /* one line, for --help and the manual */
	unsigned flags;       /* enum word_flags */
	unsigned needs_probe; /* enum probe_flags, any of which must hold */
	enum feature needs;
	int64_t aux; /* the row's own: argN's number, a mode */
	/* What sig cannot say. Sets n->type when sig's result is "auto".
	 * Runs again in each round of inference: must be idempotent. May
	 * rewrite *n into a literal. */
	bool (*check)(struct sema *s, struct node *n);
	/* Code for the call. A scalar result is returned; a result in memory
	 * is written to *dst (never NULL then) and REF_NONE returned. */
	struct ref (*lower)(struct lower *l, const struct node *n,
			    const struct mem *dst);
	/* A result that lies somewhere already, zeros behind a string: where.
	 * NULL: nowhere. */
	struct mem (*place)(struct lower *l, const struct node *n);
	/* User side, once per event that ir_emit() sent, or NULL. */
	void (*on_event)(struct session *s, const struct event *e);
};

/* A type that is more than a C type: kstack, inet, avg, hist. */
struct nominal {
	const char *name;
	const char *unsigned_name; /* "usum_t"; NULL: none */
	/* How messages call it, by its parameters (types.h); NULL: its name. */
	const char *(*shown)(struct arena *a, const int64_t *par);
	bool nameless; /* cannot be written as a type (hist_t) */
	uint32_t size; /* bytes of a value or cell */
	uint32_t align;
	uint32_t (*size_of)(const struct type *t); /* instead of size */
	bool per_cpu, map_only;
	bool scalar;       /* a value fits a register (ksym) */
	bool multiline;    /* prints under a heading "@x:" (hist) */
	bool of_process;   /* its text needs the mappings of its process */
	bool self_evident; /* a cell that was ever updated is not all zero */
	/* User side. Cells of all CPUs into one; the first is copied. */
	void (*merge)(const struct type *t, void *into, const void *cell);
	/* Default text, or the indented lines of a multiline type. */
	void (*print)(struct out *o, const struct type *t, const void *cell);
	void (*json)(struct out *o, const struct type *t, const void *cell);
	/* A stack's frames, from the outermost on, for -f folded. */
	void (*fold)(struct out *o, const struct type *t, const void *cell);
	/* Sort rank of a merged cell (REFERENCE 5.3); NULL: by key. */
	int64_t (*rank)(const struct type *t, const void *cell);
	bool rank_unsigned;
	/* print(@m, top, div) */
	void (*divide)(const struct type *t, void *cell, uint64_t div);
	/* The merged cell as an integer (count, sum, min, max, avg);
	 * NULL: has no integer value. */
	int64_t (*to_int)(const struct type *t, const void *cell);
	/* In BPF: fold one CPU's cell into the accumulator objects; see
	 * ir_reduce(). Both NULL when to_int is. */
	void (*reduce)(struct lower *l, const struct type *t,
		       const struct mem *acc, const struct mem *cell);
	struct ref (*reduced)(struct lower *l, const struct type *t,
			      const struct mem *acc);
	const char *differ;    /* what to say of two with other parameters */
	const char *json_kind; /* "hist", "stats"; NULL: "map" */
	bool json_empty;       /* a map without elements is an object, too */
	const struct type *(*int_type)(struct types *t, const struct type *me);
};

enum probe_flags {
	PROBE_ARGN = 1 << 0, /* arg0, arg1, ... */
	PROBE_RETVAL = 1 << 1,
	PROBE_ARGS = 1 << 2, /* args.field */
	PROBE_CTX = 1 << 3,
	PROBE_REGS = 1 << 4, /* reg(), usermode */
	PROBE_FUNC = 1 << 5,
	PROBE_USER = 1 << 6,        /* pointers are user addresses by default */
	PROBE_PERF = 1 << 7,        /* context is struct bpf_perf_event_data */
	PROBE_TIMER = 1 << 8,       /* not filtered by -p */
	PROBE_SPECIAL = 1 << 9,     /* begin, end, self: run by test-run */
	PROBE_EXPAND = 1 << 10,     /* args differ from target to target: one
				       unit per target when args is read */
	PROBE_SIGNAL = 1 << 11,     /* signal() allowed */
	PROBE_LATE = 1 << 12,       /* attached in the second pass (3.4) */
	PROBE_FILTER_PID = 1 << 13, /* -p: an injected early return */
	PROBE_AT_END = 1 << 14,     /* special: run once all is detached */
	PROBE_AT_SIGNAL = 1 << 15,  /* special: run on SIGUSR1 */
	PROBE_ANY = 1 << 16,        /* "*:name" finds it */
	PROBE_GATE = 1 << 17,       /* slow to detach: has a gate (ir_gate) */
	PROBE_EACH = 1 << 18,       /* the kernel wants a program of its own for
				       each target (fentry) */
	PROBE_PARAMS = 1 << 19,     /* `args` are a function's parameters */
	PROBE_TEST = 1 << 20,       /* special: run under --test alone */
	PROBE_BENCH = 1 << 21,      /* special: run under --bench alone */
};

/* One concrete place a unit attaches to. */
struct target {
	const struct attach_text *ap; /* that found it; sema sets it */
	const char *probe;            /* REFERENCE 3.15 */
	const char *group;            /* category, module or file */
	const char *name;             /* event or function */
	uint64_t address;             /* of the place, where the type has one */
	uint64_t place; /* that the kernel has told of the function; 0 */
	uint64_t offset;
	uint64_t count;   /* rate, period, event count, number */
	uint32_t btf_id;  /* of the function a tracing program is for; 0 */
	uint32_t prog_id; /* it is one of this BPF program; 0: the kernel's */
	const char *pin;  /* where its link stays when we are gone, or NULL */
	bool again; /* one more place of the target before it: counts as one */
	const void *data; /* the probe type's own */
};

struct match { /* what probe_type.match fills */
	/* None and true: nothing there, which match() has said for a plain name
	 * (missing_probes permitting) and leaves to sema for a wildcard. */
	VEC(struct target) targets;
	const struct probe *probe;
	bool wildcard;
	bool missing;      /* match() has reported that there is nothing */
	const char *meant; /* nothing: what is nearly what was written; NULL */
};

/* A probe type. Rows live in probes/, one file each. */
struct probe_type {
	const char *name, *alias;
	const char *old_name; /* "kfunc"; NULL: none */
	const char *doc;
	const char *type_word; /* probetype: "special", ... NULL: name */
	uint32_t prog_type;    /* enum bpf_prog_type */
	uint32_t bare_type;    /* of programs that read no context, and  */
	bool (*bare)(const struct unit *u); /* whether all targets allow it */
	/* Whether a unit goes to one event, of bare_type, that its targets have
	 * in common (unit->raw), and the code that a program there begins with:
	 * on for a target's event alone; what it gives is ir_entered().
	 * load_args is for these only. NULL: no unit does. */
	bool (*raw)(const struct sema_input *in, const struct unit_list *all,
		    const struct unit *u);
	struct ref (*enter)(struct lower *l);
	/* Whether the two have that event in common. */
	bool (*same_event)(const struct target *a, const struct target *b);
	uint32_t attach_type; /* enum bpf_attach_type, 0: none */
	uint32_t multi_type;  /* the same of programs for multi links, and */
	bool (*multi)(const struct target *t); /* whether it can; NULL: all */
	enum feature multi_needs;
	unsigned flags;                /* enum probe_flags */
	unsigned min_parts, max_parts; /* arguments after the provider */
	const char *parts; /* how many, in messages; NULL: as counted */
	int ret;           /* what the program returns by default */
	/* Whether argN of two targets is read by the same code; NULL: of all.
	 * Where argN is read, those that differ are units of their own. */
	bool (*same_args)(const struct target *a, const struct target *b);
	/* The same for `args`: of these fields (NULL-ended), or as a whole
	 * (NULL). No hook: of no two, where PROBE_EXPAND is set. */
	bool (*same_fields)(struct sema *s, const struct target *a,
			    const struct target *b, const char *const *fields);
	/* Code for the index, in unit->targets, of the target that was hit.
	 * NULL: there is none, and what differs makes units of their own. */
	struct ref (*index)(struct lower *l);
	/* Check the text and find its targets; reports what is wrong. */
	bool (*match)(struct sema *s, const struct attach_text *ap,
		      struct match *out);
	/* The struct behind `args` (pointer with AS_CTX), or NULL: reported. */
	const struct type *(*args)(struct sema *s, struct unit *u,
				   struct span at);
	/* Why a field that args does not have cannot be read; NULL: no reason
	 * that upstream would name. */
	const char *(*hidden)(const char *field);
	/* What to use instead of retval, or NULL. */
	const char *instead_of_retval;
	/* Code that puts the struct behind `args` together in memory of the
	 * program's own, and its address. NULL: it lies in the context. */
	struct ref (*load_args)(struct lower *l);
	/* A type that only the probed program knows, by its name as the script
	 * has it ("struct x"); NULL: none of that name. */
	const struct type *(*named_type)(struct sema *s, const struct unit *u,
					 const char *name);
	/* Where a number that the script takes for an address leads. No hook:
	 * by the flags (ir_space). */
	enum addrspace (*space)(const struct unit *u);
	/* "pt_regs": the struct behind `ctx`. No hook: as PROBE_PERF says. */
	const char *(*ctx)(struct sema *s, const struct unit *u);
	/* What the program runs for; without one, at the end, it does not. */
	struct ref (*object)(struct lower *l);
	/* The process that object()'s value is of, for --follow; none: of
	 * none. No hook: the event's. */
	struct ref (*process)(struct lower *l, struct ref object);
	/* The file that printf() writes to, where the program has one. */
	struct ref (*seq)(struct lower *l);
	/* Code that reads the context; NULL where flags exclude it. */
	struct ref (*arg)(struct lower *l, unsigned n);
	struct ref (*retval)(struct lower *l);
	/* The type of retval; NULL: there is none. No hook: uint64. */
	const struct type *(*result)(struct sema *s, const struct unit *u);
	struct ref (*reg)(struct lower *l, const char *name, bool *known);
	unsigned nargs; /* argN that registers can hold; 0: no limit */
	struct ref (*func)(struct lower *l); /* address behind `func` */
	/* What `func` is instead where no address can be had: a value that
	 * sym_user() knows. NULL: always the address. */
	struct ref (*func_tag)(struct lower *l);
	int (*attach)(struct attach *a, const struct unit *u,
		      const struct target *t);
	/* -l: one call of the listing's sink for each name there is. */
	void (*list)(struct listing *l);
	/* A target in a script's listing: what follows the provider; NULL: it
	 * is not listed. No hook: its probe string, without an offset. */
	const char *(*listed)(struct arena *a, const struct target *t);
};

/* Whether the body asks which target it is at: then each is one of several,
 * as of a wildcard, and one that is not there is left out in silence. */
bool sema_names_target(struct sema *s, const struct probe *p);
/* Whether a multi link of that type takes all of these targets. */
bool probe_all_multi(const struct probe_type *t, const struct target *v,
		     uint32_t n);

struct language {
	const struct builtin *const *words; /* families, each {0}-ended */
	const struct nominal *const *nominals;
	const struct probe_type *const *probe_types; /* NULL-ended */
};

#endif
