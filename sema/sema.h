/* SPDX-License-Identifier: MIT */
/*
 * AST -> typed AST: names bound to rows, every expression typed, constants
 * folded, wildcards expanded. The rows of words, types and probe types are
 * declared here and handed in (struct language); sema knows none by name.
 */
#ifndef JIFFY_SEMA_H
#define JIFFY_SEMA_H

#include "kernel/kernel.h"
#include "types/types.h"

struct sema;       /* sema/internal.h */
struct lower;      /* ir.h */
struct ref;        /* ir.h */
struct mem;        /* ir.h */
struct session;    /* runtime */
struct event;      /* runtime */
struct out;        /* runtime */
struct attach;     /* probes.h */
struct listing;    /* probes/internal.h */
struct cdef_input; /* cdef/cdef.h */
struct unit;

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
				   get the wording of macros (1.7) */
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
	uint32_t size;             /* bytes of a value or cell */
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
	PROBE_ANY = 1 << 16,        /* "*:name" finds it (kernel probes) */
	PROBE_GATE = 1 << 17,       /* slow to detach: has a gate (ir_gate) */
	PROBE_EACH = 1 << 18,       /* the kernel wants a program of its own for
				       each target (fentry) */
	PROBE_PARAMS = 1 << 19,     /* `args` are a function's parameters */
};

/* One concrete place a unit attaches to. */
struct target {
	const char *probe; /* REFERENCE 3.15 */
	const char *group; /* category, module or file */
	const char *name;  /* event or function */
	uint64_t address;  /* of the place, where the type has one */
	uint64_t offset;
	uint64_t count;   /* rate, period or event count */
	uint32_t btf_id;  /* of the function a tracing program is for; 0 */
	const void *data; /* the probe type's own */
};

struct match { /* what probe_type.match fills */
	/* None and true: nothing there, which match() has said for a plain name
	 * (missing_probes permitting) and leaves to sema for a wildcard. */
	VEC(struct target) targets;
	bool wildcard;
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
	uint32_t attach_type;               /* enum bpf_attach_type, 0: none */
	uint32_t multi_type; /* the same of programs for multi links, and */
	bool (*multi)(const struct unit *u); /* whether all targets allow it */
	enum feature multi_needs;
	unsigned flags;                /* enum probe_flags */
	unsigned min_parts, max_parts; /* arguments after the provider */
	int ret;                       /* what the program returns by default */
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
	/* Code that puts the struct behind `args` together in memory of the
	 * program's own, and its address. NULL: it lies in the context. */
	struct ref (*load_args)(struct lower *l);
	/* A type that only the probed program knows, by its name as the script
	 * has it ("struct x"); NULL: none of that name. */
	const struct type *(*named_type)(struct sema *s, const struct unit *u,
					 const char *name);
	/* Code that reads the context; NULL where flags exclude it. */
	struct ref (*arg)(struct lower *l, unsigned n);
	struct ref (*retval)(struct lower *l);
	/* The type of retval; NULL: there is none. No hook: uint64. */
	const struct type *(*result)(struct sema *s, const struct unit *u);
	struct ref (*reg)(struct lower *l, const char *name, bool *known);
	unsigned nargs; /* argN that registers can hold; 0: no limit */
	struct ref (*func)(struct lower *l); /* address behind `func` */
	int (*attach)(struct attach *a, const struct unit *u,
		      const struct target *t);
	/* -l: one call of the listing's sink for each name there is. */
	void (*list)(struct listing *l);
};

struct language {
	const struct builtin *const *words; /* families, each {0}-ended */
	const struct nominal *const *nominals;
	const struct probe_type *const *probe_types; /* NULL-ended */
};

struct var {
	const char *name;
	const struct type *type;
	struct span span; /* of the declaration or first assignment */
	const struct type *declared; /* of let $x: T */
	uint32_t id;                 /* dense, per unit */
	bool captured; /* used in a for body declared outside of it */
	bool assigned, used, is_loop, is_let;
	unsigned depth; /* of enclosing for bodies at its declaration */
};

struct mapdef {
	const char *name;                        /* without '@' */
	const struct type *key;                  /* NULL: scalar */
	const struct type *value;                /* NULL: never written */
	struct span key_span, value_span, first; /* where each was decided */
	const char *declared_kind;               /* of let @x = kind(n) */
	uint64_t entries;
	uint32_t index;     /* dense, in order of first use */
	bool scalar, keyed; /* neither: only declared */
	bool iterated, deleted, read_as_int;
};

/* What is compiled to one program: a probe's body for one or more targets. */
struct unit {
	const struct probe *probe;
	const struct attach_text *ap;
	const struct probe_type *type;
	VEC(struct target) targets;
	struct node *body;       /* N_BLOCK, this unit's own copy */
	const struct type *args; /* struct behind `args`, once asked for */
	const void *args_data;   /* the probe type's own, behind it */
	VEC(struct var *) vars;
	uint32_t index;
	bool uses_probe; /* reads `probe` or what depends on the target */
	bool by_index;   /* and finds it by the target's index */
	char *name;      /* program name: "begin_1" */
};

struct unit_list {
	VEC(struct unit *) v;
	VEC(struct mapdef *) maps;
};

struct config {
	uint64_t max_strlen, max_map_keys, max_probes, max_bpf_progs;
	uint64_t max_cat_bytes, on_stack_limit, perf_rb_pages, log_size;
	bool print_maps_on_exit, cpp_demangle, lazy_symbolication;
	bool show_debug_info;
	enum { MISSING_ERROR, MISSING_WARN, MISSING_IGNORE } missing_probes;
	const char *str_trunc_trailer, *license;
	const char *stack_mode;
	const char *cache_user_symbols;
	/* "enable", "warn" or "error" */
	const char *unstable_import_statement, *unstable_tseries;
	const char *unstable_typeinfo, *unstable_dw_ustack;
};

/* Options of the script itself, behind `--` on the command line. */
struct script_options {
	const char *const *given; /* "--name" or "--name=value" */
	uint32_t ngiven;
	VEC(struct script_option {
		const char *name, *doc;
		const char *fallback; /* its default, as text */
	})
	known; /* what the script asks for */
};

/* All that sema is given. */
struct sema_input {
	struct arena *arena;
	struct ast *ast;
	struct diag *diag;
	const struct language *lang;
	struct kernel *kernel;
	struct types *types;
	struct config *config; /* defaults in, script's config applied */
	struct params params;  /* $1 ... */
	struct script_options *options;
	struct hmap *files; /* the probe types' own: what they know of files
			       that several ask for; NULL: nothing is kept */
	const struct cdef_input *headers; /* where they are, -I; or NULL */
	bool unsafe;
	bool watch_reads; /* -k: tell of failed reads, too */
	uint32_t without; /* --no-feature: bits 1 << enum feature */
	int pid;          /* -p, or 0 */
	uint64_t cpid;    /* -c child, or 0 */
	bool has_cpid;
	uint64_t ncpus;
};

void config_default(struct config *c);
/* Apply the environment (BPFTRACE_*); false: *error says why. */
bool config_env(struct config *c, struct arena *a, const char **error);

/* Pass "expand": config, params, attach points to targets, one unit each. */
bool sema_expand(const struct sema_input *in);
/* Pass "check": bind, infer to a fixpoint, fold, check. */
bool sema_check(const struct sema_input *in);

/* ---- for check(), match() and args() of rows (sema/words.c) ---- */

/* Report at the node or place; false. Silent before the final round. */
bool sema_error(struct sema *s, const struct node *n, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
bool sema_error_at(struct sema *s, struct span at, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
void sema_warn(struct sema *s, const struct node *n, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
struct diag *sema_diag(struct sema *s);
struct types *sema_types(struct sema *s);
struct kernel *sema_kernel(struct sema *s);
struct arena *sema_arena(struct sema *s);
const struct config *sema_config(struct sema *s);
const struct sema_input *sema_in(struct sema *s);
struct unit *sema_unit(struct sema *s);
bool sema_in_loop(const struct sema *s);
/* Argument i after folding, or NULL. */
struct node *sema_arg(const struct node *call, unsigned i);
/* A literal integer (or bool); a literal string or NULL. */
bool sema_literal_int(const struct node *n, int64_t *v);
const char *sema_literal_str(const struct node *n, uint32_t *len);
/* Turn *n into a literal. */
void sema_make_int(struct sema *s, struct node *n, uint64_t v, bool negative);
void sema_make_str(struct sema *s, struct node *n, const char *text);
/* The row of a nominal type by name, or NULL. */
const struct nominal *sema_nominal(struct sema *s, const char *name);
/* "struct NAME" (or "union NAME" as written), looked up when its fields are;
 * the same pointer always. */
const struct type *sema_struct(struct sema *s, const char *name);
/* "enum NAME" of the kernel, for a field of `size` bytes; NULL: unknown. */
const struct type *sema_enum(struct sema *s, const char *name, uint32_t size);
/* The type of an id in BTF; pointers lead into `as`. */
const struct type *sema_btf_type(struct sema *s, const struct kbtf *b,
				 uint32_t id, enum addrspace as);
void sema_make_bool(struct sema *s, struct node *n, bool v);
/* An aggregation becomes its integer (in an N_CAST); false: it has none. */
bool sema_as_int(struct sema *s, struct node *n);
/* "int", "string", "pointer": how messages on arguments call a type. */
const char *sema_kind_name(const struct type *t);
/* A type from its text, as in a script ("struct x *"); NULL: unknown. */
const struct type *sema_type(struct sema *s, const char *text);
/* Turn *n into base->a->b, typed; `path` is NULL-ended. */
void sema_make_path(struct sema *s, struct node *n, struct node *base,
		    const char *const *path);
/* The struct behind `args` in this unit, or NULL: reported at `at`. */
const struct type *sema_args(struct sema *s, struct span at);
/* The N_VAR takes part in an assignment of a value of that type. */
bool sema_assign_var(struct sema *s, struct node *var, const struct type *type);
/* The definition of the map that argument `n` names; NULL: is no map. */
struct mapdef *sema_map(const struct node *n);

#endif
