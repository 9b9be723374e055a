/* SPDX-License-Identifier: MIT */
/*
 * AST -> typed AST: names bound to rows, every expression typed, constants
 * folded, wildcards expanded. The rows of words, types and probe types
 * (rows.h) are handed in; sema knows none by name.
 */
#ifndef JIFFY_SEMA_H
#define JIFFY_SEMA_H

#include "kernel/kernel.h"
#include "rows.h"
#include "types/types.h"

struct cdef_input; /* cdef/cdef.h */

struct var {
	const char *name;
	const struct type *type;
	struct span span; /* of the declaration or first assignment */
	const struct type *declared; /* of let $x: T */
	uint32_t id;                 /* dense, per unit */
	bool captured; /* used in a for body declared outside of it */
	bool assigned, used, is_loop, is_let;
	bool of_cells; /* of a for over a map of aggregations */
	/* Once settled: its type with what only literals were assigned to,
	 * which takes the other side's sign when it is read. */
	const struct type *open;
	unsigned depth; /* of enclosing for bodies at its declaration */
};

struct mapdef {
	const char *name;                        /* without '@' */
	const struct type *key;                  /* NULL: scalar */
	const struct type *value;                /* NULL: never written */
	struct span key_span, value_span, first; /* where each was decided */
	const char *declared_kind;               /* of let @x = kind(n) */
	uint64_t entries;
	uint64_t few;   /* room enough for all keys that it can have; 0: many */
	uint32_t index; /* dense, in order of first use */
	uint32_t met, met_round; /* sema's: how often in which round; */
	uint32_t by_key;         /* of these: an element by its key; */
	uint32_t written;        /* of these: no more than written to */
	bool scalar, keyed;      /* neither: only declared */
	bool iterated, deleted, read_as_int;
	bool in_bursts;          /* written where many are made at once */
	bool only_stepped;       /* by ++ and the like, assigned nowhere */
	bool clashes;            /* uses that do not fit each other */
	const struct type *open; /* as of a variable */
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
	bool reads_args;
	const char *const *fields; /* that it reads of args, NULL-ended; NULL:
				      args as a whole */
	bool by_form; /* reads what depends on how it is attached (kstack) */
	bool ends;    /* its body calls exit(), under no condition */
	bool raw;     /* see probe_type.raw */
	char *name;   /* program name: "begin_1" */
};

struct unit_list {
	VEC(struct unit *) v;
	VEC(struct mapdef *) maps;
};

struct config {
	uint64_t max_strlen, max_map_keys, max_probes, max_bpf_progs;
	uint64_t max_cat_bytes, on_stack_limit, perf_rb_pages, log_size;
	bool print_maps_on_exit, cpp_demangle, lazy_symbolication;
	bool show_debug_info, use_blazesym;
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
	bool follow;      /* --follow: its descendants, or the child's, too */
	uint64_t cpid;    /* -c child, or 0 */
	const char *command; /* of -c; NULL */
	bool has_cpid;
	/* The pid namespace that numbers of processes are of, as the kernel
	 * knows its file in /proc/PID/ns; ino 0: the first one. */
	struct pid_space {
		uint64_t dev, ino;
	} pids;
	uint64_t ncpus; /* that are possible: values over all are read */
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
/* Of what rank the warning was that was just given. */
void sema_rank(struct sema *s, enum diag_rank rank);
/* Memory is read at the address `n`: a warning where nobody knows whether it
 * is the kernel's or a process'. */
void sema_warn_space(struct sema *s, const struct node *n);
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
/* Is `n` a literal, or a tuple or record of them? */
bool sema_is_constant(const struct node *n);
void sema_make_str(struct sema *s, struct node *n, const char *text);
/* The row of a nominal type by name, or NULL. */
const struct nominal *sema_nominal(struct sema *s, const char *name);
/* "struct NAME" (or "union NAME" as written), looked up when its fields are;
 * the same pointer always. */
const struct type *sema_struct(struct sema *s, const char *name);
/* "enum NAME" of the kernel, for a field of `size` bytes; NULL: unknown. */
const struct type *sema_enum(struct sema *s, const char *name, uint32_t size);
/* A struct's field, or NULL; its fields are looked up now. */
const struct field *sema_field(struct sema *s, const struct type *t,
			       const char *name);
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
/* The N_VAR takes part in an assignment of a value of that type; a clash is
 * reported at `at`. */
bool sema_assign_var(struct sema *s, const struct node *at, struct node *var,
		     const struct type *type);
/* The definition of the map that argument `n` names; NULL: is no map. */
struct mapdef *sema_map(const struct node *n);

#endif
