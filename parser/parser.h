/* SPDX-License-Identifier: MIT */
/*
 * Tokens -> AST, the whole grammar of REFERENCE 1.3. The tree knows grammar
 * only: no name of a builtin, probe type or kernel type. Every node has a
 * span. sema fills the fields marked "sema:", nothing else changes after it.
 */
#ifndef JIFFY_PARSER_H
#define JIFFY_PARSER_H

#include "../lexer/lexer.h"

struct type;    /* sema.h */
struct var;     /* sema.h */
struct mapdef;  /* sema.h */
struct builtin; /* sema.h */
struct field;   /* sema.h */

enum node_kind {
#define NODE(kind, name) N_##kind,
#include "nodes.def"
#undef NODE
};

enum operator_kind {
#define OPERATOR(kind, text, prec) OP_##kind,
#include "operators.def"
#undef OPERATOR
	OP_COUNT
};

/* A type as written: `struct x *`, `uint8[16]`, `typeof($x)`. */
struct type_expr {
	struct span span;
	const char *name; /* without struct/union/enum; NULL for typeof */
	enum { TAG_NONE, TAG_STRUCT, TAG_UNION, TAG_ENUM } tag;
	struct node *of;           /* typeof(expr), or NULL */
	struct type_expr *of_type; /* typeof(type), or NULL */
	VEC(struct type_suffix {
		bool pointer; /* else an array */
		bool sized;   /* [N] rather than [] */
		uint64_t count;
	})
	suffixes;
};

typedef VEC(struct node *) node_list;

struct named_expr { /* one field of a record */
	const char *name;
	struct span span;
	struct node *value;
};

/*
 * One node. A call, a variable-like word and an aggregation are all N_CALL
 * after sema (an N_IDENT that is a word becomes an N_CALL without arguments).
 */
struct node {
	enum node_kind kind;
	struct span span;
	uint32_t height;         /* of the tree below, leaves 1; bounded */
	const struct type *type; /* sema: of an expression */
	union {
		struct { /* N_INT: value; N_BOOL: 0 or 1 */
			uint64_t value;
			bool negative; /* sema: value is an int64 below zero */
		} num;
		struct { /* N_STR: may hold NUL bytes */
			const char *text;
			uint32_t len;
		} str;
		struct { /* N_PARAM: $N */
			uint64_t index;
		} param;
		struct { /* N_IDENT */
			const char *name;
		} ident;
		struct { /* N_VAR: $name, name without the sigil */
			const char *name;
			struct var *var; /* sema: */
		} var;
		struct {                  /* N_MAP: @name or @name[key, ...] */
			const char *name; /* "" for the anonymous map */
			node_list keys;   /* n == 0: no brackets */
			struct node *key; /* sema: one expr (a tuple of keys) */
			struct mapdef *map; /* sema: */
		} map;
		struct call { /* N_CALL */
			const char *name;
			struct span name_span;
			node_list args;
			const struct builtin *word; /* sema: */
			struct node *target; /* sema: map it is assigned to */
			void *data; /* the word's own, set by its check() */
		} call;
		struct { /* N_UNARY: OP_NEG OP_NOT OP_BNOT OP_DEREF OP_ADDR
			    and OP_PREINC OP_PREDEC OP_POSTINC OP_POSTDEC */
			enum operator_kind op;
			struct node *x;
		} unary;
		struct { /* N_BINARY */
			enum operator_kind op;
			struct span op_span;
			struct node *l, *r;
		} binary;
		struct { /* N_TERNARY; then == NULL: "a ?: b" */
			struct node *cond, *then, *other;
		} ternary;
		struct { /* N_CAST */
			struct type_expr *to;
			struct node *x;
			struct span head; /* the type with its parentheses */
		} cast;
		struct { /* N_FIELD: x.name, x->name, or x.N (tuple) */
			struct node *x;
			const char *name; /* NULL: by index */
			struct span name_span;
			uint64_t index;
			bool arrow;
			const struct field *field; /* sema: */
		} field;
		struct { /* N_INDEX */
			struct node *x, *index;
		} index;
		struct { /* N_TUPLE */
			node_list items;
		} tuple;
		struct { /* N_RECORD */
			VEC(struct named_expr) items;
		} record;
		struct { /* N_SIZEOF N_TYPEOF N_TYPEINFO: type or x; both for a
			    lone name, which may be either: sema decides */
			struct type_expr *of;
			struct node *x;
		} of;
		struct { /* N_OFFSETOF; type or x as above */
			struct type_expr *of;
			struct node *x;
			VEC(const char *) path;
			struct span path_span;
		} offset;
		struct { /* N_COMPTIME, N_EXPR, N_DISCARD (_ = x) */
			struct node *x;
			struct span lost; /* N_EXPR: whose value that is */
		} expr;
		struct { /* N_IF: statement and expression */
			struct node *cond;
			struct node *then;  /* N_BLOCK */
			struct node *other; /* N_BLOCK, N_IF or NULL */
			struct span head;   /* `if` to the end of cond */
		} cond;
		struct { /* N_BLOCK; value: trailing expression or NULL. In
			    statement position (bodies of probes and loops, an
			    `if` or block among stmts) value is NULL, stmts
			    holds it. stmts are N_LET, N_ASSIGN, N_EXPR, loops,
			    ..., or N_IF and N_BLOCK bare, without N_EXPR. */
			node_list stmts;
			struct node *value;
		} block;
		struct { /* N_LET */
			const char *name;
			struct span name_span;
			struct type_expr *decl; /* or NULL */
			struct node *value;     /* or NULL */
			struct var *var;        /* sema: */
		} let;
		struct { /* N_ASSIGN; op: OP_ASSIGN or the compound's operator
			    (OP_ADD for +=) */
			enum operator_kind op;
			struct span op_span;
			struct node *target; /* N_VAR or N_MAP */
			struct node *value;
		} assign;
		struct { /* N_WHILE, N_UNROLL */
			struct node *cond;
			struct node *body;
		} loop;
		struct { /* N_FOR: over a map, or from..to */
			const char *name;
			struct span name_span;
			struct node *map;       /* N_MAP, or NULL */
			struct node *from, *to; /* when map is NULL */
			struct node *body;
			struct span head; /* `for` to the end of the range */
			struct var *var;  /* sema: */
		} loop_for;
		struct { /* N_RETURN; x may be NULL */
			struct node *x;
		} ret;
		struct { /* N_IMPORT */
			const char *path;
		} import;
	};
};

/* One attach point as written, `name=` prefix cut off. */
struct attach_text {
	struct span span;
	const char *raw;   /* the text, `$N` already replaced */
	const char *label; /* of `name=`, or NULL */
	const char *flaw;  /* a message, or NULL; for the parser alone */
	VEC(struct attach_part {
		const char *text; /* quotes and escapes resolved */
		bool quoted;
		bool after_at; /* stood after '@' (source location) */
	})
	parts; /* split at ':' outside quotes; parts.v[0]: provider */
};

struct probe {
	struct span span;
	VEC(struct attach_text) aps;
	struct node *pred;     /* or NULL */
	struct span pred_span; /* with its slashes */
	struct node *body;     /* N_BLOCK */
};

struct macro {
	const char *name;
	struct span span, name_span;
	VEC(struct macro_param {
		enum { PARAM_EXPR, PARAM_VAR, PARAM_MAP } kind;
		const char *name;
		struct span span;
	})
	params;
	struct node *body; /* N_BLOCK */
};

struct map_decl { /* let @name = kind(entries); */
	const char *name, *kind;
	struct span span, kind_span;
	uint64_t entries;
};

struct subprog { /* fn name($a : type) : type { } */
	const char *name;
	struct span span;
	struct node *body;
};

struct config_item {
	const char *key;
	struct span span; /* of key = value */
	enum { CONFIG_STR, CONFIG_INT, CONFIG_BOOL, CONFIG_WORD } kind;
	const char *text; /* the value as text, for every kind */
	uint64_t num;     /* CONFIG_INT, CONFIG_BOOL */
};

struct import {
	const char *path;
	struct span span;
};

struct cdef { /* a '#' line, or a struct/union/enum definition, verbatim */
	const char *text;
	struct span span;
};

struct ast {
	struct arena *arena;
	struct sources *sources;
	/* Words that are never a type's name in a cast: sema's true builtins.
	 * Set by the driver; NULL: there are none. */
	bool (*is_word)(const char *name);
	const char *shebang; /* or NULL */
	VEC(struct cdef) cdefs;
	bool has_config;
	struct span config_span;
	VEC(struct config_item) config;
	VEC(struct import) imports;
	VEC(struct macro) macros;
	VEC(struct map_decl) map_decls;
	VEC(struct subprog) subprogs;
	VEC(struct probe) probes;
	/* sema: */
	struct unit_list *units; /* what is compiled (sema.h) */
	const char *(*type_name)(const struct type *); /* for ast_print */
};

/* Values of $1.. for attach points; expressions keep their N_PARAM. */
struct params {
	const char *const *v;
	uint32_t n;
};

/* Parse one source into `ast` (several calls add up: imports). Reports all
 * it finds; false when there was an error. */
bool parse_source(struct ast *ast, const struct source *s,
		  const struct params *params, struct diag *d);

/* Parse a source that is one expression; NULL: reported. */
struct node *parse_expression(struct ast *ast, const struct source *s,
			      struct diag *d);

/* Call `fn` for each node right below `n`, in the order of the text. */
void ast_each_child(const struct node *n,
		    void (*fn)(void *arg, struct node *child), void *arg);
/* A copy of a whole subtree, sema fields reset. */
struct node *ast_clone(struct arena *a, const struct node *n);
/* The tree as indented text, one node a line; with types once sema ran. */
void ast_print(const struct ast *ast, struct sbuf *out);
void ast_print_node(const struct node *n, int indent, struct sbuf *out);
/* The program in the usual layout (REFERENCE 9.6), comments kept; of the one
 * source that it was parsed from without a mistake, before sema. */
void ast_format(const struct ast *ast, const struct source *s,
		struct sbuf *out);
/* "N_BINARY" -> "binary operator": how messages name a construct. */
const char *ast_kind_name(enum node_kind kind);
/* "+", "==": an operator's spelling. */
const char *ast_op_text(enum operator_kind op);

#endif
