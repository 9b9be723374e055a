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
	struct blk *cur;  /* ops are appended here; NULL: unreachable */
	struct span span; /* given to new ops */
	uint32_t nslots;
	struct scope *scope; /* lowering's own */
	const struct sema_input *in;
	const struct unit *unit;
	bool in_own;               /* the code of a function of own.c */
	const struct given *given; /* lowering's own */
};

struct ref ir_call_own(struct lower *l, enum ir_helper h, uint32_t func,
		       const struct ref *arg);
/* With -k: a notice when the helper's result is negative. */
void ir_watch(struct lower *l, enum ir_helper helper, struct ref code);

static inline struct op *
ir_op(const struct func *f, struct ref r)
{
	assert(r.id - 1 < f->ops.n - 1); /* 0 is none */
	return &f->ops.v[r.id];
}

/* What is known while a function is built (ssa.c): the values of variables at
 * the ends of blocks, and who reads a phi, since only phis can turn out to be
 * another value. A phi's op.index is its number + 1. */
struct use {
	struct ref user;
	struct use *next;
};
enum { LATELY = 64 };
struct lately { /* was made lately, by what it is: constants and addresses */
	const struct blk *blk;
	int64_t imm;
	uint32_t index;
	enum ir_opcode code;
	struct ref ref;
};
struct builder {
	VEC(struct phi_info {
		struct use *uses;
		struct blk *blk;
	})
	phis;
	struct def_table { /* open addressing; free: no value */
		struct def {
			uint32_t blk, slot;
			struct ref value;
		} * v;
		uint32_t n, size;
	} defs;
	struct lately *made; /* of all functions: blocks tell them apart */
	/* The order in which things happen: */
	uint32_t clock;
	VEC(struct when { /* a block was filled: by id */
			  uint32_t entered, left; /* 0: not yet */
			  uint32_t depth;         /* below the entry, by idom */
	})
	when;
	VEC(struct write { /* a variable was written: by slot, the last one */
			   uint32_t time;
			   const struct write *before;
	} *)
	writes;
};
void ir_note_entered(struct func *f, struct blk *b);
void ir_note_left(struct func *f, struct blk *b);
struct phi_info *ir_add_phi(struct func *f, struct ref phi);
struct phi_info *ir_phi_info(struct func *f, struct ref phi);
void ir_note_use(struct func *f, struct ref of, struct ref user);
/* A removed phi stays in func->ops as a NOP that names its replacement: a
 * caller of the builder may still hold its ref. */
struct ref ir_resolve(const struct func *f, struct ref r);

/* Add an op, none of func->ops itself, as it is. */
struct ref ir_push_op(struct func *f, const struct op *op);
/* A new op, in no block yet; put it at ops.v[at] of b; take it out again. */
struct ref ir_new_op(struct func *f, struct op op);
void ir_insert(struct func *f, struct blk *b, uint32_t at, struct ref r);
void ir_unlink(struct blk *b, struct ref r);
/* A new list of ops, copied. */
void ir_set_ops(struct func *f, struct blk *b, const struct ref *ops,
		uint32_t n);
/* How many of op->arg are refs: not the last one when it is an immediate. */
static inline unsigned
ir_ref_args(const struct op *op)
{
	return op->nargs - (op->has_imm & (op->nargs > 0));
}
/* The index of the first op of `b` after phis, contexts and parameters. */
uint32_t ir_after_head(const struct func *f, const struct blk *b);
/* The address of at least `size` zeros that stay so. */
struct ref ir_zeros(struct lower *l, uint32_t size);
/* Add an op to the end of `b`. Moves func->ops: op pointers go stale.
 * A new op's reg is -1. */
struct ref ir_append(struct func *f, struct blk *b, struct op op);
/* The same, but before the terminator / as the first op after the phis,
 * contexts and parameters. */
struct ref ir_append_before_end(struct func *f, struct blk *b, struct op op);
struct ref ir_append_front(struct func *f, struct blk *b, struct op op);
/* A new block of `f`, unsealed, not yet jumped to. */
struct blk *ir_new_blk(struct func *f);
/* Take a func from the arena and add it, with its entry block. */
struct func *ir_func(struct prog *p, const char *name, const struct unit *u,
		     struct func *parent, uint8_t nparams);

/* The address of an object that was made before. */
struct ref ir_obj_again(struct lower *l, uint32_t obj);
/* Parameter n (0..4) of a callback; the address of a callback function. */
struct ref ir_param(struct lower *l, unsigned n);
struct ref ir_callback(struct lower *l, const struct func *f);
/* The context inside a callback (lower.c). */
struct ref ir_captured_ctx(struct lower *l);
/* True (and *v set) when `r` is a constant. */
bool ir_is_const(const struct func *f, struct ref r, int64_t *v);
/* The terminator of a finished block. */
struct op *ir_end(const struct func *f, const struct blk *b);
/* Forget that `pred` jumps to `b`: one predecessor, one phi argument each. */
void ir_drop_pred(struct func *f, struct blk *b, const struct blk *pred);

/* to[] names by ref id what a value was replaced by, if it was. */
static inline struct ref
ir_final(const struct ref *to, struct ref r)
{
	while (to[r.id].id)
		r = to[r.id];
	return r;
}
/* Read the replacement everywhere. to[] covers func->ops. */
void ir_replace(struct func *f, const struct ref *to);

/* The words of enum map_use in IR text. */
extern const char *const ir_map_uses[];
/* One op as a line of text. */
void ir_print_op(const struct func *f, const struct blk *b, struct ref r,
		 struct sbuf *out);

/* What pure ops compute (eval.c). */
int64_t ir_eval(enum ir_opcode op, unsigned width, int64_t a, int64_t b);
bool ir_holds(enum ir_cond c, int64_t a, int64_t b);
/* !(a c b) as a condition; false when there is none (SET). */
bool ir_cond_not(enum ir_cond c, enum ir_cond *out);
/* a c b == b (swapped c) a */
enum ir_cond ir_cond_swap(enum ir_cond c);
const char *ir_cond_text(enum ir_cond c);

/*
 * After ir_spill: still SSA, no COPY left. `SPILL v` writes v to slot imm;
 * RELOAD (nargs 0) brings the value named by arg[0] back into a register, so
 * uses below it still say v. A PHI with has_imm lives in slot imm: each
 * predecessor has SPILLed its argument there. CTX and PARAM come first in the
 * entry block; no edge to phis is critical.
 *
 * After ir_assign: op.reg is the register the result is written to, areg[i]
 * the one argument i is read from (-1: has_imm, or none needed). A value may
 * be in several registers and may move: COPY puts the value arg[0] from areg[0]
 * into reg, RELOAD the value arg[0] from slot imm; neither makes a new value.
 * - A call has its arguments in r1.., its result in r0, and ruins r1-r5.
 * - RET reads r0, or has_imm. CTX and PARAM are given in r1, r1...
 * - ADD..SAR: reg != areg[1] unless areg[0] == areg[1]; the encoder writes
 *   `mov reg, areg[0]` first when they differ. CMP: reg differs from both.
 * - An OBJ that is only a base of LOAD, STORE and XADD has reg -1; there its
 *   areg is 10 and the encoder adds obj.where. OBJ's own `off` is added too.
 * - PHIs have moved from blk->ops to blk->phis and are no code: at the end of
 *   predecessor i, register reg (or slot imm, with has_imm) holds argument i;
 *   from the block's start on, it is called by the phi's name.
 * - Slot n is at r10 + ir_slot_off(f, n); the last far.n of them are in
 *   scratch. Their SPILL has the address of that as a second argument; RELOAD
 *   reads it into its own register.
 */
static inline int32_t
ir_slot_off(const struct func *f, int64_t slot)
{
	return -(int32_t)f->stack + 8 * (int32_t)slot;
}

/* own.c: `f` is what HELPER_OWN `h` calls in the program of `top`. */
struct own *ir_add_own(struct func *top, enum ir_helper h, struct func *f);

/* Bytes of stack that calls of the program's own functions may add to the
 * chain that ends with `f`: none needs more, the kernel counts no less. */
enum { OWN_STACK = 32 };
static inline uint32_t
ir_own_stack(const struct func *f)
{
	while (f->parent)
		f = f->parent;
	return f->own ? OWN_STACK : 0;
}

/* Analyses. */
/* Rpo order of blks, drops unreachable ones; nothing while it is f->ordered:
 * who changes an edge clears that. */
void ir_rpo(struct func *f);
bool ir_in_order(struct func *f);   /* is that so? */
void ir_dominators(struct func *f); /* needs rpo */

static inline bool
ir_bit(const void *set, uint32_t i)
{
	return ((const uint64_t *)set)[i / 64] >> (i % 64) & 1;
}

static inline void
ir_bit_set(void *set, uint32_t i)
{
	((uint64_t *)set)[i / 64] |= (uint64_t)1 << (i % 64);
}

static inline void
ir_bit_clear(void *set, uint32_t i)
{
	((uint64_t *)set)[i / 64] &= ~((uint64_t)1 << (i % 64));
}

#endif
