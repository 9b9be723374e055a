/* SPDX-License-Identifier: MIT */
/* What the parts of the generator share: gen.c (statements), gen_expr.c
 * (expressions), gen_decl.c (what stands before the probes, pointers),
 * gen_word.c (words on strings and bytes). */
#ifndef JIFFY_TESTS_GEN_H
#define JIFFY_TESTS_GEN_H

#include "fuzz.h"

enum gkind {
	G_INT,
	G_BOOL,
	G_STR,
	G_TUPLE,
	G_RECORD,
	G_ARRAY,
	G_ENUM,
	G_PTR, /* to a struct of the script; of variables only */
};

enum { ITEMS = 4, VARS = 80, MAPS = 8, TYPES = 24 };

struct gtype { /* of a value; ints of any width and strings are one each */
	enum gkind kind;
	unsigned n; /* items; elements of an array */
	const struct gtype *item[ITEMS];
	const char *element; /* of an array: "uint8" */
	unsigned id;         /* of an enum */
};

enum { STRUCTS = 3, FIELDS = 4, ENUMS = 2, ENUM_VALUES = 4 };

struct gstruct { /* at most 32 bytes */
	unsigned nfields;
	unsigned count[FIELDS]; /* elements of an array; 0: is none */
};

struct gvar {
	unsigned id;
	const struct gtype *t;
	bool fixed;  /* never assigned again: loops rely on it */
	bool strict; /* of a declared type: literals may not fit */
	unsigned to; /* G_PTR: the struct, */
	unsigned of; /* and the variable whose bytes it is */
};

enum gagg {
	AGG_NONE,
	AGG_COUNT,
	AGG_SUM,
	AGG_MIN,
	AGG_MAX,
	AGG_AVG,
	AGG_STATS,
	AGG_HIST,
	AGG_LHIST,
};

struct gmap {
	char name[12];
	const struct gtype *key[3];
	unsigned nkeys;               /* 0: scalar */
	const struct gtype *key_type; /* of $kv.0 */
	const struct gtype *value;    /* NULL: an aggregation */
	enum gagg agg;
	char agg_args[32]; /* ", 0, 100, 10" */
};

struct gen {
	uint64_t rng;
	struct sbuf *out;
	unsigned indent;
	struct gvar vars[VARS];
	unsigned nvars;
	struct gmap maps[MAPS];
	unsigned nmaps;
	struct gtype types[TYPES];
	unsigned ntypes;
	struct gstruct structs[STRUCTS];
	struct gtype enums[ENUMS];
	unsigned nstructs, nenums;
	unsigned max_strlen;
	unsigned next_id, nmacros;
	int budget;                /* statements left */
	int size;                  /* of the expression at work: parts left */
	unsigned nest;             /* blocks around */
	unsigned rounds;           /* of the loops around, multiplied */
	unsigned copies;           /* of unrolls around, multiplied */
	bool in_loop;              /* break and continue may stand here */
	bool in_for, pure;         /* pure: no effects, fixed variables only */
	const struct gmap *walked; /* by the loop around */
};

extern const struct gtype g_int, g_bool, g_str;

/* ---- gen_decl.c ---- */

/* config, structs, enums; to be called before types are made. */
void gen_prelude(struct gen *g);
/* let @m = hash(500); */
void gen_map_decls(struct gen *g);
void gen_macros(struct gen *g);
/* A statement that makes a pointer to a struct, or changes what it sees. */
void gen_pointer(struct gen *g);
/* An integer or a bool behind a pointer; false: there is no pointer. */
bool gen_field(struct gen *g, unsigned depth);
void gen_enum_value(struct gen *g, const struct gtype *t, unsigned depth,
		    bool solid);

/* ---- gen_word.c ---- */

/* An integer, a bool out of strings, bytes and declarations. */
void gen_int_word(struct gen *g, unsigned depth);
void gen_bool_word(struct gen *g, unsigned depth);
/* What can only be printed with %s. */
void gen_printable(struct gen *g);

/* ---- gen.c, gen_expr.c ---- */

/* A number below n. */
unsigned rnd(struct gen *g, unsigned n);
bool chance(struct gen *g, unsigned percent);
void put(struct gen *g, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* An expression of a type. `solid`: never a literal, nor folded to one. */
void gen_value(struct gen *g, const struct gtype *t, unsigned depth,
	       bool solid);
/* The same, parts bounded; where a statement begins. */
void gen_top(struct gen *g, const struct gtype *t, bool solid);
void gen_bool(struct gen *g, unsigned depth, bool solid);
void gen_literal(struct gen *g);
/* "[key, key]", or nothing; ", (key, key)" as an argument. */
void gen_key(struct gen *g, const struct gmap *m, unsigned depth);
void gen_key_arg(struct gen *g, const struct gmap *m, unsigned depth);
const struct gvar *gen_pick_var(struct gen *g, const struct gtype *t,
				bool assign);
struct gvar *gen_new_var(struct gen *g, const struct gtype *t);
/* A map with this value type; NULL: one that is an aggregation. */
const struct gmap *gen_pick_map(struct gen *g, const struct gtype *value);

#endif
