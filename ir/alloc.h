/* SPDX-License-Identifier: MIT */
/*
 * What the files of the register allocator share: prepare.c (shape), flow.c
 * (liveness, distances), spill.c and slots.c (pressure), hint.c, assign.c and
 * moves.c (registers).
 *
 * A value is a ref. It is live in a *register* between a definition (its op,
 * or a RELOAD) and a use; what waits in a slot is not live here.
 */
#ifndef JIFFY_IR_ALLOC_H
#define JIFFY_IR_ALLOC_H

#include <string.h>

#include "internal.h"

enum {
	REGS = 10,      /* r0-r9 */
	FIRST_KEPT = 6, /* r6-r9 survive calls */
	KEPT = 4,
	/* Values in registers between two ops: one register stays free, for
	 * results that may not share one with their operands and for moves. */
	PRESSURE = 9,
	FRAME = 10, /* r10 */
};

enum { FAR = 1000000, LOOP_EXIT = 10000 }; /* distances in ops */

/* A value that is live at a block's boundary. */
struct live {
	uint32_t v;
	uint32_t next; /* distance to the next use */
};
typedef VEC(struct live) live_list; /* in no order */

struct blk_flow {
	live_list in;       /* phi arguments are live out of predecessors,
			       phis are not live into their block */
	struct blk *header; /* innermost loop's, or NULL */
	uint32_t depth;     /* of loops around it */
	uint32_t call_in;   /* distance to the next call */
	uint32_t at[2];     /* by successor: the index of this predecessor */
	uint32_t notes[2];  /* with flow->notes: where its own begin and end */
};

struct flow {
	struct func *f;
	struct arena *tmp;
	struct blk_flow *blk; /* by blk->rpo */
	bool loops;           /* there is one */
	bool slots;           /* phis in slots read from registers, too */
	bool real;            /* only values that are not made again */
	uint32_t most;        /* alive at a time, of those */
	/* Where results and arguments are used next, if that is asked for: for
	 * each op of a block, from the last one to the first, its result's
	 * place and those of its arguments behind it. Places are counted from
	 * 1, in the block's terms; 0: nowhere. */
	bool notes;
	VEC(uint32_t) note;
};

/* Is argument i read from a register? Not: immediates, frame bases. */
static inline bool
ir_in_reg(const struct func *f, const struct op *op, unsigned i)
{
	if (i + op->has_imm >= op->nargs)
		return false;
	return i ||
	       (op->code != IR_LOAD && op->code != IR_STORE &&
		op->code != IR_XADD) ||
	       ir_op(f, op->arg[0])->code != IR_OBJ;
}

/* The value whose register `op` (the op of ref r) writes, or 0. */
static inline uint32_t
ir_defines(const struct op *op, struct ref r)
{
	if (op->code == IR_RELOAD)
		return op->arg[0].id;
	if (op->code == IR_PHI)
		return op->has_imm ? 0 : r.id;
	return ir_ops[op->code].flags & F_V ? 0 : r.id;
}

/* Cheaper made again than kept. */
static inline bool
ir_is_remat(const struct op *op)
{
	return op->code >= IR_CONST && op->code <= IR_OBJ && !op->keep;
}

/* A new op of no block yet; op pointers go stale. */
struct ref ir_make(struct func *f, struct op op);
/* The position of `pred` among b's predecessors. */
uint32_t ir_pred_index(const struct blk *b, const struct blk *pred);

/* prepare.c: no critical edge to phis, CTX and PARAM first, constants and
 * addresses made where they are used. */
void ir_prepare(struct func *f);
/* A new block on the way from one to the other. Breaks: rpo. */
struct blk *ir_split_edge(struct func *f, struct blk *from, struct blk *to);

/* flow.c */
void ir_loops(struct flow *w); /* needs rpo */
void ir_flow(struct flow *w);  /* live lists, loops; needs rpo */
/* Only blk->at: without loops, who walks the blocks from the last to the first
 * can make the live lists. Needs ir_loops. */
void ir_places(struct flow *w);

/* slots.c: few slots for the many of spill.c; false when the stack is full. */
struct facts;
bool ir_color_slots(struct prog *p, struct func *f, const struct facts *k);

/* hint.c: live lists (without distances), loops; hints */
struct op_hint {
	uint8_t dies;    /* bit per argument: nobody reads it later */
	uint8_t wanted;  /* registers of the next call or RET of the block */
	bool unread : 1; /* nobody reads the result */
	bool calls : 1;  /* a call follows in the block */
};
struct hints {
	int8_t *want;       /* by value: the register to make it in, -1: any */
	bool *crosses;      /* by value: live across a call: r6-r9 */
	struct op_hint *op; /* block after block, */
	uint32_t *first;    /* by rpo: that of its first op */
};
void ir_hints(struct flow *w, struct hints *h);

/* moves.c: all moves happen at once. */
struct move {
	int8_t src, dst;
	uint32_t v;
};
struct moves {
	struct move m[2 * REGS];
	uint32_t n;
};
void ir_move_add(struct moves *m, uint32_t v, int8_t src, int8_t dst);
/* Order them as COPYs, added to `out`. At least one register must be neither
 * read nor written by them nor hold a live value. */
void ir_move_emit(struct moves *m, struct func *f, struct span span,
		  void (*emit)(void *arg, struct ref copy), void *arg);

#endif
