/* SPDX-License-Identifier: MIT */
/* What the files of ir/ share; nobody else includes it. */
#ifndef JIFFY_IR_INTERNAL_H
#define JIFFY_IR_INTERNAL_H

#include "ir.h"

enum op_flags { F_P = 1, F_C = 2, F_T = 4, F_M = 8, F_V = 16 };
enum helper_flags { HP = 1, HN = 2, HS = 4 };

struct op_info {
	const char *text;
	uint8_t nargs, flags;
};
struct helper_info {
	const char *name;
	uint16_t number;
	uint8_t nargs, flags;
};
extern const struct op_info ir_ops[IR_OPCODES];
extern const struct helper_info ir_helpers[IR_HELPERS];

/* Lowering of one function. The first part is the builder's (build.c), the
 * second lowering's (lower*.c). */
struct lower {
	struct prog *prog;
	struct func *f;
	struct blk *cur; /* ops are appended here; NULL: unreachable */
	struct span span; /* given to new ops */
	uint32_t nslots;
	struct scope *scope; /* lowering's own */
	const struct sema_input *in;
	const struct unit *unit;
};

static inline struct op *
ir_op(const struct func *f, struct ref r)
{
	assert(r.id && r.id < f->ops.n);
	return &f->ops.v[r.id];
}

/* Add an op to the end of `b`. Moves func->ops: op pointers go stale. */
struct ref ir_append(struct func *f, struct blk *b, struct op op);
/* Take a func from the arena and add it, with its entry block. */
struct func *ir_func(struct prog *p, const char *name, const struct unit *u,
		     struct func *parent, uint8_t nparams);

/* Analyses. */
void ir_rpo(struct func *f);	   /* rpo order of blks, drops unreachable */
void ir_dominators(struct func *f); /* needs rpo */
bool ir_dominates(const struct blk *a, const struct blk *b);
void ir_liveness(struct func *f);  /* needs rpo */

#endif
