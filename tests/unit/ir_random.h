/* SPDX-License-Identifier: MIT */
/*
 * Random functions, and two evaluators: of SSA, and of what the allocator
 * made of it. Both write down every call with its arguments, every value
 * stored and the result; the two lists must agree.
 */
#ifndef JIFFY_TEST_IR_RANDOM_H
#define JIFFY_TEST_IR_RANDOM_H

#include <stdlib.h>
#include <string.h>

#include "../../ir/internal.h"

enum { FRAME_AT = 0x10000, CTX_AT = 0x20000, FRAME_SIZE = 1024 };

/* ---- random functions ---- */

struct shape {
	uint32_t seed;
	unsigned blocks, vars, ops;
	unsigned calls; /* of 100 ops */
	bool loops;     /* else only forward jumps */
	bool kernel;    /* the running kernel must take it */
};

static inline uint32_t
rnd(uint32_t *s, uint32_t n)
{
	*s = *s * 1664525 + 1013904223;
	return (*s >> 8) % n;
}

static inline int64_t
rnd_const(uint32_t *s)
{
	static const int64_t odd[] = { 0,
				       1,
				       -1,
				       0x7fffffff,
				       0x80000000,
				       0xffffffff,
				       0x123456789abcdef,
				       -77 };

	return rnd(s, 3) ? (int64_t)rnd(s, 100) : odd[rnd(s, 8)];
}

static inline struct ref
rnd_value(struct lower *l, struct shape *sh, const struct mem *obj)
{
	uint32_t *s = &sh->seed;

	if (!rnd(s, 6))
		return ir_const(l, rnd_const(s));
	if (!sh->kernel && !rnd(s, 12))
		return ir_addr(l, (struct mem){ obj->base, 8 });
	return ir_slot_get(l, rnd(s, sh->vars));
}

/* Binary ops whose second argument needs no care. */
static inline struct ref
rnd_bin(struct lower *l, struct shape *sh, struct ref a, struct ref b)
{
	static const enum ir_opcode ops[] = { IR_ADD, IR_SUB, IR_MUL,
					      IR_AND, IR_OR,  IR_XOR,
					      IR_SUB, IR_DIV, IR_MOD };
	uint32_t *s = &sh->seed;

	if (!rnd(s, 6)) {
		enum ir_opcode shift = IR_SHL + rnd(s, 3);

		return ir_bini(l, shift, a, 1 + rnd(s, 63));
	}
	return ir_bin(l, ops[rnd(s, 9)], a, b);
}

static inline struct ref
rnd_call(struct lower *l, struct shape *sh, const struct mem *obj)
{
	static const enum ir_helper with[] = {
		HELPER_ktime_get_ns,    HELPER_send_signal,
		HELPER_map_delete_elem, HELPER_get_stackid,
		HELPER_map_update_elem, HELPER_get_stack,
	};
	unsigned n = sh->kernel ? 0 : rnd(&sh->seed, 5);
	struct ref a[4];

	for (unsigned i = 0; i < 4; i++)
		a[i] = rnd_value(l, sh, obj);
	if (n == 4)
		return ir_call(l, HELPER_get_stack, 4, a[0], a[1], a[2], a[3]);
	return ir_call(l, with[n], n, a[0], a[1], a[2]);
}

static inline void
rnd_op(struct lower *l, struct shape *sh, const struct mem *obj)
{
	uint32_t *s = &sh->seed, to = rnd(s, sh->vars), off;
	struct ref a = rnd_value(l, sh, obj), b = rnd_value(l, sh, obj), r;
	enum ir_opcode ext = rnd(s, 2) ? IR_ZEXT : IR_SEXT;

	if (rnd(s, 100) < sh->calls) {
		r = rnd_call(l, sh, obj);
		if (!sh->kernel && rnd(s, 3))
			ir_slot_set(l, to, r);
		return;
	}
	switch (rnd(s, 8)) {
	case 0:
		off = 8 * rnd(s, 4);
		ir_store(l, obj->base, off, a, 1u << rnd(s, 4));
		return;
	case 1:
		off = 8 * rnd(s, 4);
		r = ir_load(l, obj->base, off, 1u << rnd(s, 4));
		break;
	case 2:
		r = ir_cmp(l, rnd(s, 11), a, b);
		break;
	case 3:
		r = ir_un(l, ext, a, 1u << rnd(s, 3));
		break;
	case 4:
		r = rnd(s, 2) ? ir_un(l, IR_NEG, a, 8)
			      : ir_un(l, IR_BSWAP, a, 2u << rnd(s, 3));
		break;
	default:
		r = rnd_bin(l, sh, a, b);
	}
	ir_slot_set(l, to, r);
}

static inline void
rnd_end(struct lower *l, struct shape *sh, struct blk **b, unsigned i,
	const struct mem *obj)
{
	uint32_t *s = &sh->seed;
	unsigned n = sh->blocks, to;

	if (i + 1 == n) {
		struct ref v = ir_const(l, 7);

		for (to = 0; to < sh->vars; to++) {
			v = ir_bini(l, IR_MUL, v, 31);
			v = ir_bin(l, IR_XOR, v, ir_slot_get(l, to));
		}
		ir_ret(l, v);
		return;
	}
	to = sh->loops ? 1 + rnd(s, n - 1) : i + 1 + rnd(s, n - i - 1);
	/* Not back to a block that folded branches made unreachable. */
	if (!rnd(s, 3) || to == i + 1 || to == i || (to < i && !b[to]->ops.n)) {
		ir_jmp(l, b[i + 1]);
	} else {
		enum ir_cond c = rnd(s, 11);
		struct ref x = rnd_value(l, sh, obj);

		ir_br(l, c, x, rnd_value(l, sh, obj), b[i + 1], b[to]);
	}
}

static inline struct func *
rnd_func(struct prog *p, struct shape sh)
{
	struct func *f = ir_func(p, "random", NULL, NULL, 0);
	struct lower l = { .prog = p, .f = f, .cur = f->blks.v[0] };
	struct blk *b[64] = { f->blks.v[0] };
	struct ref ctx;
	struct mem obj;

	assert(sh.blocks <= 64);
	for (unsigned i = 0; i < sh.vars; i++)
		ir_slot(&l);
	for (unsigned i = 1; i < sh.blocks; i++) {
		b[i] = ir_blk(&l);
		b[i]->cold = !rnd(&sh.seed, 6);
	}
	ctx = ir_ctx(&l);
	obj = ir_obj(&l, 32, 8);
	ir_mem_zero(&l, obj, 32);
	for (unsigned i = 0; i < sh.vars; i++)
		ir_slot_set(&l, i, ir_load(&l, ctx, 8 * (i % 4), 8));
	for (unsigned i = 0; i < sh.blocks; i++) {
		ir_at(&l, b[i]);
		for (unsigned k = rnd(&sh.seed, sh.ops + 1); k > 0; k--)
			rnd_op(&l, &sh, &obj);
		if (!sh.kernel && !rnd(&sh.seed, 4))
			ir_slot_set(&l, 0, ir_load(&l, ctx, 8, 4));
		rnd_end(&l, &sh, b, i, &obj);
	}
	for (unsigned i = 1; i < sh.blocks; i++)
		ir_seal(&l, b[i]);
	ir_rpo(f);
	f->objs.v[0].where = -32;
	f->stack = 32;
	return f;
}

/* ---- evaluators ---- */

struct trace {
	int64_t v[4000];
	unsigned n;
	bool cut; /* ran too long: only its start counts */
};

struct machine {
	const struct func *f;
	struct trace *t;
	int64_t *val; /* SSA: by value */
	int64_t reg[11];
	uint8_t frame[FRAME_SIZE]; /* r10 is its end */
	uint8_t ctx[64];
	unsigned steps;
};

static inline void
note(struct machine *m, int64_t v)
{
	if (m->t->n < 4000)
		m->t->v[m->t->n++] = v;
}

static inline int64_t
get_arg(const struct machine *m, const struct op *op, unsigned i)
{
	if (op->has_imm && i + 1u == op->nargs)
		return op->imm;
	if (!m->f->allocated)
		return m->val[op->arg[i].id];
	if (op->areg[i] == 10) {
		const struct op *base = ir_op(m->f, op->arg[i]);

		return FRAME_AT + m->f->objs.v[base->index].where + base->off;
	}
	assert(op->areg[i] >= 0);
	return m->reg[op->areg[i]];
}

static inline uint8_t *
at_address(struct machine *m, int64_t a, unsigned width)
{
	if (a >= CTX_AT && a + width <= CTX_AT + 64)
		return m->ctx + (a - CTX_AT);
	assert(a >= FRAME_AT - FRAME_SIZE && a + width <= FRAME_AT);
	return m->frame + FRAME_SIZE - (FRAME_AT - a);
}

static inline int64_t
eval_call(struct machine *m, const struct op *op)
{
	uint64_t h = op->index * 77 + m->t->n;

	note(m, op->index);
	for (unsigned i = 0; i < op->nargs; i++) {
		note(m, get_arg(m, op, i));
		h = h * 31 + (uint64_t)get_arg(m, op, i);
	}
	if (m->f->allocated)
		for (unsigned i = 0; i < 6; i++)
			m->reg[i] = 0xdead0000 + i;
	return (int64_t)h;
}

static inline bool
eval_cond(const struct machine *m, const struct op *op)
{
	return ir_holds(op->cond, get_arg(m, op, 0), get_arg(m, op, 1));
}

static inline int64_t
eval_op(struct machine *m, const struct op *op)
{
	int64_t v = 0;

	switch (op->code) {
	case IR_CONST:
		return op->imm;
	case IR_OBJ:
		return FRAME_AT + m->f->objs.v[op->index].where + op->off;
	case IR_CTX:
		return CTX_AT;
	case IR_CMP:
		return eval_cond(m, op);
	case IR_LOAD:
		memcpy(&v,
		       at_address(m, get_arg(m, op, 0) + op->off, op->width),
		       op->width);
		return v;
	case IR_STORE:
		v = get_arg(m, op, 1);
		memcpy(at_address(m, get_arg(m, op, 0) + op->off, op->width),
		       &v, op->width);
		v = op->width < 8 ? v & ((1ll << 8 * op->width) - 1) : v;
		note(m, v);
		return 0;
	case IR_CALL:
		return eval_call(m, op);
	case IR_SPILL:
		v = get_arg(m, op, 0);
		memcpy(at_address(m, FRAME_AT + ir_slot_off(m->f, op->imm), 8),
		       &v, 8);
		return 0;
	case IR_RELOAD:
		memcpy(&v,
		       at_address(m, FRAME_AT + ir_slot_off(m->f, op->imm), 8),
		       8);
		return v;
	default:
		return ir_eval(op->code, op->width, get_arg(m, op, 0),
			       op->nargs > 1 ? get_arg(m, op, 1) : 0);
	}
}

static inline void
eval_phis(struct machine *m, const struct blk *b, const struct blk *from)
{
	int64_t now[256];
	uint32_t k = 0, i;

	while (b->preds.v[k] != from)
		k++;
	for (i = 0; i < b->ops.n; i++) {
		const struct op *op = ir_op(m->f, b->ops.v[i]);

		if (op->code != IR_PHI)
			break;
		assert(i < 256);
		now[i] = m->val[op->phi[k].id];
	}
	while (i-- > 0)
		m->val[b->ops.v[i].id] = now[i];
}

static inline void
set_result(struct machine *m, struct ref r, const struct op *op, int64_t v)
{
	if (!m->f->allocated)
		m->val[r.id] = v;
	else if (op->reg >= 0)
		m->reg[op->reg] = v;
}

/* One block; the next one, or NULL. */
static inline const struct blk *
eval_blk(struct machine *m, const struct blk *b)
{
	for (uint32_t i = 0; i < b->ops.n; i++) {
		const struct op *op = ir_op(m->f, b->ops.v[i]);

		m->steps++;
		if (op->code == IR_PHI)
			continue;
		if (op->code == IR_RET) {
			note(m, get_arg(m, op, 0));
			return NULL;
		}
		if (op->code == IR_JMP)
			return b->succ[0];
		if (op->code == IR_BR)
			return b->succ[!eval_cond(m, op)];
		set_result(m, b->ops.v[i], op, eval_op(m, op));
	}
	return NULL;
}

static inline void
eval_func(const struct func *f, const int64_t ctx[4], struct trace *t)
{
	struct machine m = { .f = f, .t = t };
	const struct blk *b = f->blks.v[0], *from = NULL;

	t->n = 0;
	memcpy(m.ctx, ctx, 32);
	m.reg[1] = CTX_AT;
	m.val = calloc(f->ops.n, sizeof(*m.val));
	for (unsigned jumps = 0; b && t->n < 3000 && jumps < 20000; jumps++) {
		const struct blk *next;

		if (from && !f->allocated)
			eval_phis(&m, b, from);
		next = eval_blk(&m, b);
		from = b;
		b = next;
	}
	t->cut = b != NULL;
	free(m.val);
}

#endif
