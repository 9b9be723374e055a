/* SPDX-License-Identifier: MIT */
/*
 * What the files of sema share. The check pass works in rounds: each round
 * walks a fresh copy of every unit's body, so that a round may fold and
 * rewrite as it likes, and only the types of variables and maps survive it.
 * When a round changes none of them, the final round reports mistakes, and
 * its copies are what the next pass gets.
 */
#ifndef JIFFY_SEMA_INTERNAL_H
#define JIFFY_SEMA_INTERNAL_H

#include "cdef/cdef.h"
#include "ktype/ktype.h"
#include "sema.h"

enum { ROUNDS_MAX = 100, SIG_PARAMS = 8, DEPTH_MAX = 400 };

struct scope {
	struct scope *up;
	VEC(struct scope_var {
		struct var *var;
		struct var *hidden; /* what the name meant before, or NULL */
	})
	vars;
};

struct sema {
	const struct sema_input *in;
	struct arena *a;
	struct ast *ast;
	struct diag *d;
	struct types *t;
	struct unit_list *units;
	struct hmap maps;     /* name -> struct mapdef */
	struct hmap assigned; /* names of maps that some `=` stores to */
	struct hmap sigs;     /* text -> struct signature */
	struct {              /* those asked for lately, by address */
		const struct builtin *word;
		const struct signature *sig;
	} lately[64];
	struct hmap sig_types; /* text in a signature -> struct type */
	struct hmap words;     /* name -> struct builtin, once found */
	struct hmap nominals;  /* name -> struct nominal, if any */
	struct ktypes *ktypes; /* once asked for */
	struct cdefs *cdefs;   /* of the script; NULL: not read yet */
	enum cdef_arch arch;
	struct hmap defines; /* name -> struct node, of #defines */
	struct unit *unit;
	unsigned round;           /* of inference, from 0 */
	bool final;               /* types are settled: mistakes are reported */
	const struct node *tried; /* else: the body, whose statements are
				     checked as copies */
	bool changed;             /* this round learnt a type */
	bool unknown;   /* this round: a map was read of no known type */
	bool desperate; /* nothing else to learn: unknown maps are int64 */
	struct scope *scope;
	struct hmap visible;    /* name -> struct var */
	struct hmap *known;     /* place and name -> struct var, of the unit */
	struct hmap hoisted;    /* names used after their block (15) */
	VEC(struct var *) gone; /* variables whose block has ended */
	unsigned loops, fors;   /* enclosing while and for / for bodies */
	const struct node *loop_return; /* the first in this for body */
	unsigned depth;                 /* of nested expressions */
	bool asked;    /* in sizeof, typeof: an expression that does not run */
	bool no_space; /* something reads from no address space */
	VEC(struct span) calls; /* macro calls around this place */
};

/* ---- signature.c ---- */

enum param_kind {
	P_INT = 1 << 0,
	P_BOOL = 1 << 1,
	P_STRING = 1 << 2,
	P_POINTER = 1 << 3,
	P_ARRAY = 1 << 4,
	P_BUFFER = 1 << 5,
	P_STRUCT = 1 << 6,
	P_ANY = 1 << 7,
	P_MAP = 1 << 8,   /* a whole map, named without brackets */
	P_KEY = 1 << 9,   /* a key of the map before it */
	P_VAR = 1 << 10,  /* a variable, by reference */
	P_TYPE = 1 << 11, /* the name of a type */
	P_WORD = 1 << 12, /* a bare word that is never looked up */
	P_NOMINAL = 1 << 13,
};

struct sig_param {
	unsigned kinds;      /* enum param_kind */
	const char *name;    /* of the first kind, for messages */
	const char *nominal; /* P_NOMINAL */
	bool literal, optional;
};

struct signature {
	bool is_variable; /* has no parentheses */
	bool variadic;    /* any further arguments */
	unsigned n, min;
	struct sig_param params[SIG_PARAMS];
	const char *result;
};

/* Parse a word's sig; NULL and *error when it is malformed. */
const struct signature *signature_parse(struct arena *a, const char *sig,
					const char **error);

/* ---- words.c ---- */

const struct builtin *find_word(struct sema *s, const char *name);
const struct signature *word_signature(struct sema *s, const struct builtin *w);
/* A message, with "expanded from" the macro calls around it. */
void report_calls(struct sema *s, struct span at);

/* ---- import.c, config.c, attach.c, macro.c: parts of sema_expand ---- */

bool import_files(struct sema *s);
bool config_script(struct sema *s);
bool attach_probes(struct sema *s);
/* What a body takes from its target (depend.c). */
struct dependence {
	bool target; /* what only a unit of its own can have */
	bool index;  /* what an index can give, */
	bool known;  /* but where a literal has to stand */
	bool args, argn, form;
	VEC(const char *) fields; /* of args, NULL-ended; n == 0: the whole */
};
void depend_find(struct sema *s, struct node *body, struct dependence *d);
/* Whether the body ends the trace whenever it runs. */
bool depend_ends(struct sema *s, const struct node *body);
/* Whether targets of this type differ for the body at all. */
bool depend_any(const struct dependence *d, const struct probe_type *t);
/* Whether one unit can serve both targets. */
bool depend_same(struct sema *s, const struct dependence *d,
		 const struct probe_type *t, const struct target *a,
		 const struct target *b);
/* Expand the macro calls of a body in place. */
bool macro_expand(struct sema *s, struct node *body);
bool macro_check_definitions(struct sema *s);

/* ---- walk.c ---- */

/* Whether to go on into the node's children. */
typedef bool walk_fn(struct node *n, void *arg);
void walk(struct node *n, walk_fn *fn, void *arg);

/* ---- keys.c ---- */

/* Find the maps that can only ever have few elements. After the last round. */
void keys_count(struct sema *s);

/* ---- map.c ---- */

struct mapdef *map_get(struct sema *s, const char *name, struct span at);
/* Note that the map is used with / without a key; reports a mix. */
bool map_shape(struct sema *s, struct mapdef *m, bool keyed, struct span at);
/* Take part in the type of the key / value. `at` is what is underlined. */
bool map_key_use(struct sema *s, struct mapdef *m, const struct type *key,
		 struct span at);
bool map_value_use(struct sema *s, struct mapdef *m, const struct type *type,
		   struct span at);
/* N_MAP with its keys; `write`: it is the target of an assignment. Keys that
 * clash are reported at `at`. */
void check_map(struct sema *s, struct node *n, bool write, struct span at);
/* An argument that is a key of `m` (NULL: reported before). */
void check_map_key(struct sema *s, struct mapdef *m, struct node *key,
		   struct span at);
bool map_declarations(struct sema *s);
void map_settle(struct sema *s);
bool map_finish(struct sema *s);

/* ---- scope.c ---- */

void scope_push(struct sema *s, struct scope *sc);
void scope_pop(struct sema *s);
struct var *var_find(struct sema *s, const char *name);
struct var *var_declare(struct sema *s, const char *name, struct span at);
/* "x" of a macro's private "x#3". */
const char *var_text(const struct sema *s, const char *name);
/* Take part in the type of a variable; reports a clash at `at`. */
bool var_assign(struct sema *s, struct var *v, struct node *value,
		const struct type *type, struct span at);
void check_var(struct sema *s, struct node *n);
/* The type of a variable or map's value where it is read; `open`: what it was
 * before it was settled. */
const struct type *read_type(struct sema *s, const struct type *t,
			     const struct type *open);
/* Whether not every value of the one integer type has a place in the other. */
bool loses(const struct type *from, const struct type *to);
void scope_warnings(struct sema *s);
/* Notes where `v` was first seen: under an error about it. */
void var_note(struct sema *s, const struct var *v);

/* ---- operator.c ---- */

bool awaits_value(struct sema *s, struct node *x, struct span at);
const struct type *stepped_type(struct sema *s, const struct type *t,
				bool down);

/* ---- fold.c ---- */

bool is_literal(const struct node *n);
bool is_number(const struct node *n);
bool fold_binary(struct sema *s, struct node *n);
bool fold_unary(struct sema *s, struct node *n);
void check_param(struct sema *s, struct node *n, bool as_text);

/* ---- typeexpr.c ---- */

/* The type that is written there; NULL: reported. `sizer` gives the size of
 * "string" and "int8[]" without one, or is NULL. */
const struct type *resolve_type(struct sema *s, const struct type_expr *e,
				const struct type *sizer);
const struct type *type_by_name(struct sema *s, const char *name);

/* ---- lookup.c: the script's definitions, then the kernel's ---- */

/* "struct x", "union x", "enum x" or a bare name; NULL: unknown. */
const struct type *lookup_type(struct sema *s, const char *name);
/* A constant of an enum: its type and *value, or NULL. */
const struct type *lookup_constant(struct sema *s, const char *name,
				   uint64_t *value);
/* Before the size or the fields of a struct are looked at. */
void complete_type(struct sema *s, const struct type *t);
/* Before a value goes to user space: all structs in it. */
void complete_value(struct sema *s, const struct type *t);

/* The kernel's alone; `whole`: a struct with its size. NULL: unknown. */
const struct type *lookup_kernel_type(struct sema *s, const char *name,
				      bool whole);

/* ---- script.c: the C section ---- */

/* Read it; false: reported. */
bool script_read(struct sema *s);
/* "struct x", "union x", "enum x" or a typedef's name; NULL: none. */
const struct type *script_type(struct sema *s, const char *name);
const struct type *script_constant(struct sema *s, const char *name,
				   uint64_t *value);
bool script_complete(struct sema *s, const struct type *t);
/* An N_IDENT that is a #define becomes what that stands for, checked; one
 * that headers would define becomes a literal. False: it is none. */
bool check_define(struct sema *s, struct node *n);
bool check_header_constant(struct sema *s, struct node *n);

/* ---- expr.c, operator.c, cast.c, access.c, call.c ---- */

/* Type n and all below it. */
void check_expr(struct sema *s, struct node *n);
/* The type of a literal string, unless it is longer than max_strlen. */
void check_string(struct sema *s, struct node *n);
/* The same, where a value is needed: aggregations become integers. */
void check_value(struct sema *s, struct node *n);
/* `args` as a value is the struct, not its address. */
void take_args(struct sema *s, struct node *n);
void check_binary(struct sema *s, struct node *n);
void check_unary(struct sema *s, struct node *n);
/* The type of `l op r`, both checked. Wraps aggregations. */
const struct type *binary_type(struct sema *s, struct node *at,
			       enum operator_kind op, struct node *l,
			       struct node *r);
bool has_no_space(const struct sema *s);
void check_cast(struct sema *s, struct node *n);
void check_field(struct sema *s, struct node *n);
void check_index(struct sema *s, struct node *n);
void check_typeinfo(struct sema *s, struct node *n);
void check_sizeof(struct sema *s, struct node *n);
/* What only the type of is wanted. */
void check_asked(struct sema *s, struct node *n);
void check_offsetof(struct sema *s, struct node *n);
void check_ident(struct sema *s, struct node *n);
void check_call(struct sema *s, struct node *n);
/* delete(@a[1], @b[2]) as a statement: one call each. */
bool split_calls(struct sema *s, struct node *stmt);
/* ---- stmt.c, assign.c, loop.c ---- */

/* A block and its scope; as an expression it has its last value's type. */
void check_block(struct sema *s, struct node *n);
void check_if(struct sema *s, struct node *n);
void check_stmt(struct sema *s, struct node *n);
void check_let(struct sema *s, struct node *n);
void check_assign(struct sema *s, struct node *n);
void check_while(struct sema *s, struct node *n);
void check_unroll(struct sema *s, struct node *n);
void check_for(struct sema *s, struct node *n);
/* Whether `n` can be a condition; reports at `whole`. */
void check_condition(struct sema *s, struct node *n, struct span whole);
/* Whether nothing can follow: return, exit(), break, continue. */
bool ends_flow(const struct node *n);
/* "Expression of type: A being cast to type: B ..." */
void warn_cast(struct sema *s, const struct node *n, const struct type *to);
/* The same where a uint64 that is no literal becomes signed. */
/* A literal that is none of an enum's constants: reported. */
bool refuse_variant(struct sema *s, const struct node *at,
		    const struct type *to, int64_t value);
/* What sema_as_int() put in: no text of the script. */
bool is_implicit(const struct node *n);
void warn_sign(struct sema *s, const struct node *value, const struct type *to);
bool is_error(const struct type *t);
bool is_aggregate(const struct type *t);
const struct type *int_type_of(struct sema *s, const struct type *t);

/* ---- suggest.c: hints that join the error reported last ---- */

void suggest_function(struct sema *s, const char *name);
void suggest_ident(struct sema *s, const char *name);
void suggest_map(struct sema *s, const char *name);
void suggest_variable(struct sema *s, const char *name);
void suggest_probe_type(struct sema *s, const char *name);

#endif
