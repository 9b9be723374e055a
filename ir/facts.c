/* SPDX-License-Identifier: MIT */
/*
 * What is to be known of values before some of them are hidden from the
 * kernel's verifier (blur.c): which ones it has to know, which ones it may
 * take for pointers, with which it lets nobody calculate, and who reads them.
 */
#include <linux/bpf.h>

#include "blur.h"

/* ---- loops ---- */

bool
ir_heads_loop(const struct blk *b)
{
	uint32_t i;

	for (i = 0; i < b->preds.n; i++)
		if (b->preds.v[i]->rpo >= b->rpo)
			return true;
	return false;
}

/* Is the second argument a constant? After ir_select it may be in the op. */
static bool
by_constant(const struct facts *c, const struct op *op, int64_t *v)
{
	if (op->has_imm) {
		*v = op->imm;
		return true;
	}
	return ir_is_const(c->f, op->arg[1], v);
}

/* 0, 1, 2...: by this the verifier sees that the loop ends. */
static bool
is_counter(const struct facts *c, const struct blk *b, const struct op *phi,
	   struct ref r)
{
	uint32_t i;
	int64_t v;

	for (i = 0; i < b->preds.n; i++) {
		const struct op *a = ir_op(c->f, phi->phi[i]);

		if (a->code == IR_CONST)
			continue;
		if (a->code != IR_ADD || a->arg[0].id != r.id ||
		    !by_constant(c, a, &v))
			return false;
	}
	return true;
}

/* Is `r` computed, by constants alone, from what a loop begins with? */
static bool
counts(const struct facts *c, struct ref r)
{
	const struct op *op = ir_op(c->f, r);
	int64_t v;

	while (op->code != IR_PHI) {
		if (op->code < IR_COPY || op->code == IR_LOAD ||
		    !(ir_ops[op->code].flags & F_P) || !op->arg[0].id ||
		    (op->nargs > 1 && !by_constant(c, op, &v)))
			return false;
		r = op->arg[0];
		op = ir_op(c->f, r);
	}
	return ir_heads_loop(c->home[r.id]) &&
	       (!c->counted || is_counter(c, c->home[r.id], op, r));
}

/* May one side of the branch at the end of `b` leave a loop around it? (Maybe
 * it enters one: no matter.) */
static bool
leaves_loop(const struct facts *c, const struct blk *b)
{
	const struct blk_flow *w = c->w.blk;
	uint32_t i;

	for (i = 0; i < 2 && b->succ[i]; i++)
		if (w[b->rpo].depth &&
		    w[b->succ[i]->rpo].header != w[b->rpo].header)
			return true;
	return false;
}

/* ---- what the verifier has to know ---- */

static void
need(struct facts *c, struct ref r)
{
	if (c->address[r.id])
		return;
	c->address[r.id] = true;
	*vec_push(c->tmp, &c->work) = r;
}

/* An argument that may be any number. */
static bool
takes_any(const struct facts *c, const struct op *op, uint32_t i)
{
	const struct func *own;

	switch (op->index) {
	case HELPER_own1:
	case HELPER_own2:
	case HELPER_own3:
		own = ir_own_func(c->f, op);
		return own && !own->behind[i];
	case HELPER_probe_read:
	case HELPER_probe_read_str:
	case HELPER_probe_read_user:
	case HELPER_probe_read_kernel:
	case HELPER_probe_read_user_str:
	case HELPER_probe_read_kernel_str:
		return i == 2;
	default:
		return false;
	}
}

static void
need_roots(struct facts *c, const struct blk *b, const struct op *op)
{
	uint32_t i;

	if (op->code == IR_LOAD || op->code == IR_STORE || op->code == IR_XADD)
		need(c, op->arg[0]);
	for (i = 0; op->code == IR_CALL && i < ir_ref_args(op); i++)
		if (!takes_any(c, op, i))
			need(c, op->arg[i]);
	if (op->code == IR_BR && leaves_loop(c, b))
		for (i = 0; i < ir_ref_args(op); i++)
			if (counts(c, op->arg[i]))
				need(c, op->arg[i]);
}

/* May it be known to be less than a mask says, as it comes from a comparison?
 * Folding may have relied on that (max_of_op() in fold.c). */
static bool
is_of_compare(const struct facts *c, struct ref r, unsigned depth)
{
	const struct op *op = ir_op(c->f, r);
	uint32_t i;

	if (op->code == IR_CMP)
		return true;
	if (op->code == IR_LOAD || op->code == IR_PHI ||
	    !(ir_ops[op->code].flags & F_P))
		return false;
	for (i = 0; i < ir_ref_args(op); i++)
		if (!depth || is_of_compare(c, op->arg[i], depth - 1))
			return true;
	return false;
}

/* Within bounds whatever it is computed from. */
static bool
is_bounded(const struct facts *c, const struct op *op)
{
	enum { DEPTH = 8 };
	int64_t mask;

	return op->code == IR_AND && by_constant(c, op, &mask) && mask >= 0 &&
	       mask <= INT32_MAX && !is_of_compare(c, op->arg[0], DEPTH);
}

/* What `op` is computed from, in registers. */
static void
need_sources(struct facts *c, struct ref r)
{
	const struct op *op = ir_op(c->f, r);
	uint32_t i;

	if (op->code == IR_PHI)
		for (i = 0; i < c->home[r.id]->preds.n; i++)
			need(c, op->phi[i]);
	else if (ir_ops[op->code].flags & F_P && op->code != IR_LOAD &&
		 !is_bounded(c, op))
		for (i = 0; i < ir_ref_args(op); i++)
			need(c, op->arg[i]);
}

/* ---- what may be a pointer to the verifier ---- */

/* Is what lies behind `base` numbers only? Pointers can be in the context and
 * behind its pointers, and in frames that callbacks share. */
static bool
holds_numbers(const struct facts *c, struct ref base)
{
	const struct op *op = ir_op(c->f, base);

	while (op->code == IR_ADD || op->code == IR_COPY)
		op = ir_op(c->f, op->arg[0]);
	switch ((int)op->code) {
	case IR_MAPVAL:
	case IR_CALL:
		return true;
	case IR_OBJ:
		return !c->f->objs.v[op->index].pinned;
	case IR_CTX:
		return c->f->unit && c->f->unit->type &&
		       c->f->unit->type->prog_type != BPF_PROG_TYPE_TRACING;
	default:
		return false;
	}
}

static bool
makes_pointer(const struct facts *c, const struct op *op, const struct blk *b)
{
	uint32_t i;

	switch ((int)op->code) {
	case IR_MAP:
	case IR_MAPVAL:
	case IR_FUNC:
	case IR_OBJ:
	case IR_CTX:
		return true;
	case IR_PARAM: /* the first one of bpf_loop's callback is its index */
		return c->f->is_own ? c->f->behind[op->imm]
				    : op->imm || c->f->nparams != 2;
	case IR_CALL:
		return ir_helpers[op->index].flags & HN;
	case IR_LOAD:
		return op->width == 8 && !op->number &&
		       !holds_numbers(c, op->arg[0]);
	case IR_COPY:
	case IR_ADD:
	case IR_SUB:
		for (i = 0; i < op->nargs; i++)
			if (c->pointer[op->arg[i].id])
				return true;
		return false;
	case IR_PHI:
		for (i = 0; i < b->preds.n; i++)
			if (c->pointer[op->phi[i].id])
				return true;
		return false;
	default:
		return false;
	}
}

/* Blocks in rpo: without loops, what is read was looked at before. */
static void
find_pointers(struct facts *c)
{
	bool more = true;
	uint32_t i, k;

	while (more) {
		more = false;
		for (i = 0; i < c->f->blks.n; i++) {
			const struct blk *b = c->f->blks.v[i];

			for (k = 0; k < b->ops.n; k++) {
				uint32_t id = b->ops.v[k].id;

				if (c->pointer[id] ||
				    !makes_pointer(c, &c->f->ops.v[id], b))
					continue;
				c->pointer[id] = true;
				more = c->w.loops;
			}
		}
	}
}

/* ---- of what the verifier knows nothing ---- */

/* May `op` teach it something of its operands, or of what it makes together
 * with them? A copy, and a sum with a constant, are linked to them. */
static bool
teaches(const struct op *op)
{
	switch ((int)op->code) {
	case IR_BR:
	case IR_CMP:
	case IR_COPY:
	case IR_ZEXT:
	case IR_SEXT:
	case IR_PHI:
		return true;
	case IR_ADD:
	case IR_SUB:
		return op->has_imm;
	default:
		return false;
	}
}

static bool
gives_any(const struct op *op)
{
	return op->index != HELPER_get_smp_processor_id &&
	       op->index != HELPER_get_numa_node_id &&
	       !(ir_helpers[op->index].flags & (HN | HS));
}

static bool
makes_unknown(const struct facts *c, const struct op *op)
{
	const struct op *base;
	uint32_t i;

	switch ((int)op->code) {
	case IR_CALL:
		return gives_any(op);
	case IR_LOAD:
		base = ir_op(c->f, op->arg[0]);
		return op->width == 8 &&
		       (base->code == IR_MAPVAL || base->code == IR_CALL);
	case IR_ADD:
	case IR_SUB:
	case IR_MUL:
	case IR_XOR:
	case IR_NEG:
		for (i = 0; i < ir_ref_args(op); i++)
			if (c->unknown[op->arg[i].id])
				return true;
		return false;
	default:
		return false;
	}
}

void
ir_find_unknown(struct facts *c)
{
	bool *taught = arena_alloc(c->tmp, c->n * sizeof(*taught));
	uint32_t i, k, j;

	c->unknown = arena_alloc(c->tmp, c->n * sizeof(*c->unknown));
	for (i = 0; i < c->f->blks.n; i++) {
		const struct blk *b = c->f->blks.v[i];

		for (k = 0; k < b->ops.n; k++) {
			const struct op *op = ir_op(c->f, b->ops.v[k]);

			if (!teaches(op))
				continue;
			for (j = 0; j < ir_ref_args(op); j++)
				taught[op->arg[j].id] = true;
			for (j = 0; op->code == IR_PHI && j < b->preds.n; j++)
				taught[op->phi[j].id] = true;
		}
	}
	for (i = 0; i < c->f->blks.n; i++)
		for (k = 0; k < c->f->blks.v[i]->ops.n; k++) {
			uint32_t id = c->f->blks.v[i]->ops.v[k].id;

			c->unknown[id] = !taught[id] && !c->pointer[id] &&
					 makes_unknown(c, &c->f->ops.v[id]);
		}
}

/* ---- who reads a value ---- */

/* Stores outside the stack, whose contents the verifier does not follow. */
static bool
forgets(const struct facts *c, const struct op *op, unsigned arg)
{
	const struct op *base;

	if (op->code != IR_STORE || arg != 1)
		return false;
	base = ir_op(c->f, op->arg[0]);
	return base->code == IR_MAPVAL || base->code == IR_CALL;
}

static void
note_use(struct facts *c, struct ref r, const struct blk *user, bool forgotten)
{
	c->uses[r.id]++;
	if (c->home[r.id] != user || !forgotten)
		c->lives[r.id] = true;
}

static void
note_uses(struct facts *c, const struct blk *b, const struct op *op)
{
	uint32_t i;

	for (i = 0; i < ir_ref_args(op); i++)
		note_use(c, op->arg[i], b, forgets(c, op, i));
	/* It is the phi's reader that counts. */
	for (i = 0; op->code == IR_PHI && i < b->preds.n; i++)
		c->uses[op->phi[i].id]++;
}

void
ir_find_facts(struct facts *c)
{
	const struct func *f = c->f;
	uint32_t n = f->ops.n, i, k;

	c->n = n;
	c->w = (struct flow){ .f = c->f, .tmp = c->tmp };
	ir_loops(&c->w);
	c->home = arena_alloc(c->tmp, n * sizeof(*c->home));
	c->uses = arena_alloc(c->tmp, n * sizeof(*c->uses));
	c->address = arena_alloc(c->tmp, n * sizeof(*c->address));
	c->pointer = arena_alloc(c->tmp, n * sizeof(*c->pointer));
	c->lives = arena_alloc(c->tmp, n * sizeof(*c->lives));
	for (i = 0; i < f->blks.n; i++) {
		struct blk *b = f->blks.v[i];

		for (k = 0; k < b->ops.n; k++) {
			const struct op *op = ir_op(f, b->ops.v[k]);

			c->home[b->ops.v[k].id] = b;
			need_roots(c, b, op);
			note_uses(c, b, op);
		}
	}
	while (c->work.n)
		need_sources(c, c->work.v[--c->work.n]);
	find_pointers(c);
}
