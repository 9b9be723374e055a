/* SPDX-License-Identifier: MIT */
/*
 * Pass "blur": constants that meet at joins, hidden from the kernel's verifier.
 *
 * The verifier walks all ways through a program and gives one up where it has
 * been before in the same state. A variable that is a different constant on
 * each way makes the states differ as soon as a comparison of it is decided by
 * its value ("precise", 5.3 and later): n such joins are 2^n ways, and the
 * limit is 1,000,000 insns. A constant that is added to a zero of which the
 * verifier knows nothing is any number to it, on all ways.
 *
 * Only where it matters: a probe with few such joins keeps its constants. Never
 * where the verifier has to know: what goes into addresses and into arguments
 * of helpers, and what counts a loop.
 */
#include "internal.h"

enum {
	WAYS_MAX = 16,     /* joins: 65,536 ways are too many for any probe */
	INSNS_MAX = 200000 /* ops times ways: below this, leave it */
};

struct blur {
	struct prog *p;
	struct func *f;
	struct arena tmp;
	struct blk **home; /* by ref id */
	bool *address;     /* by ref id: the verifier has to know it */
	bool *known;       /* by ref id: a constant, on some way to it */
	bool *meets;       /* by ref id: a known phi that lives on */
	VEC(struct ref) work;
	uint32_t nphis, nops;
	struct ref zero;
};

/* ---- what the verifier has to know ---- */

static void
need(struct blur *c, struct ref r)
{
	if (c->address[r.id])
		return;
	c->address[r.id] = true;
	*vec_push(&c->tmp, &c->work) = r;
}

static void
need_roots(struct blur *c, const struct op *op)
{
	uint32_t i;

	if (op->code == IR_LOAD || op->code == IR_STORE || op->code == IR_XADD)
		need(c, op->arg[0]);
	for (i = 0; op->code == IR_CALL && i < ir_ref_args(op); i++)
		need(c, op->arg[i]);
}

/* What `op` is computed from, in registers. */
static void
need_sources(struct blur *c, struct ref r)
{
	const struct op *op = ir_op(c->f, r);
	uint32_t i;

	if (op->code == IR_PHI)
		for (i = 0; i < c->home[r.id]->preds.n; i++)
			need(c, op->phi[i]);
	else if (ir_ops[op->code].flags & F_P && op->code != IR_LOAD)
		for (i = 0; i < ir_ref_args(op); i++)
			need(c, op->arg[i]);
}

/* ---- phis of constants ---- */

static bool
heads_loop(const struct blk *b)
{
	uint32_t i;

	for (i = 0; i < b->preds.n; i++)
		if (b->preds.v[i]->rpo >= b->rpo)
			return true;
	return false;
}

/* Is `r` a constant on some way to it? */
static bool
knows(const struct blur *c, const struct blk *b, struct ref r)
{
	const struct op *op = ir_op(c->f, r);
	uint32_t i;

	if (op->code == IR_PHI) {
		for (i = 0; i < b->preds.n && !heads_loop(b); i++)
			if (c->known[op->phi[i].id])
				return true;
		return false;
	}
	if (op->code != IR_CONST &&
	    (op->code < IR_COPY || op->code == IR_CMP || op->code == IR_LOAD ||
	     !(ir_ops[op->code].flags & F_P)))
		return false;
	for (i = 0; i < ir_ref_args(op); i++)
		if (!c->known[op->arg[i].id])
			return false;
	return true;
}

static void
note_use(struct blur *c, struct ref r, const struct blk *user)
{
	if (c->meets[r.id] || c->home[r.id] == user || c->address[r.id] ||
	    !c->known[r.id] || ir_op(c->f, r)->code != IR_PHI)
		return;
	c->meets[r.id] = true;
	c->nphis++;
}

static void
note_uses(struct blur *c, const struct blk *b, const struct op *op)
{
	uint32_t i;

	for (i = 0; i < ir_ref_args(op); i++)
		note_use(c, op->arg[i], b);
	for (i = 0; op->code == IR_PHI && i < b->preds.n; i++)
		note_use(c, op->phi[i], b);
}

static void
look(struct blur *c)
{
	const struct func *f = c->f;
	uint32_t i, k;

	c->home = arena_alloc(&c->tmp, f->ops.n * sizeof(*c->home));
	c->address = arena_alloc(&c->tmp, f->ops.n * sizeof(*c->address));
	c->known = arena_alloc(&c->tmp, f->ops.n * sizeof(*c->known));
	c->meets = arena_alloc(&c->tmp, f->ops.n * sizeof(*c->meets));
	for (i = 0; i < f->blks.n; i++) {
		struct blk *b = f->blks.v[i];

		c->nops += b->ops.n;
		for (k = 0; k < b->ops.n; k++) {
			c->home[b->ops.v[k].id] = b;
			need_roots(c, ir_op(f, b->ops.v[k]));
		}
	}
	while (c->work.n)
		need_sources(c, c->work.v[--c->work.n]);
	for (i = 0; i < f->blks.n; i++)
		for (k = 0; k < f->blks.v[i]->ops.n; k++) {
			struct ref r = f->blks.v[i]->ops.v[k];

			c->known[r.id] = knows(c, f->blks.v[i], r);
			note_uses(c, f->blks.v[i], ir_op(f, r));
		}
}

static bool
is_too_many(const struct blur *c)
{
	return c->nphis >= WAYS_MAX ||
	       (uint64_t)c->nops << c->nphis > INSNS_MAX;
}

/* ---- hiding them ---- */

static void
make_zero(struct blur *c)
{
	struct lower l = { .prog = c->p, .f = c->f, .unit = c->f->unit };
	struct blk *entry = c->f->blks.v[0];
	struct ref end = entry->ops.v[--entry->ops.n];

	l.cur = entry;
	l.span = ir_op(c->f, end)->span;
	c->zero = ir_load(&l, ir_zeros(&l, 8), 0, 8);
	*vec_push(c->f->arena, &entry->ops) = end;
}

static struct ref
hidden(struct blur *c, struct blk *b, struct ref constant)
{
	struct op add = { .code = IR_ADD, .nargs = 2 };

	if (!ir_op(c->f, constant)->imm)
		return c->zero;
	add.span = ir_op(c->f, constant)->span;
	add.arg[0] = c->zero;
	add.arg[1] = constant;
	return ir_append_before_end(c->f, b, add);
}

static void
hide(struct blur *c, struct blk *b)
{
	uint32_t i, k;

	for (k = 0; k < b->ops.n; k++) {
		struct ref r = b->ops.v[k];

		if (ir_op(c->f, r)->code != IR_PHI)
			break;
		for (i = 0; c->meets[r.id] && i < b->preds.n; i++) {
			struct ref a = ir_op(c->f, r)->phi[i];

			if (ir_op(c->f, a)->code != IR_CONST)
				continue;
			a = hidden(c, b->preds.v[i], a);
			ir_op(c->f, r)->phi[i] = a;
		}
	}
}

/* ---- loops that are back edges because there is no bpf_loop ---- */

/* 0, 1, 2...: by this the verifier sees that the loop ends. */
static bool
is_counter(const struct blur *c, const struct blk *b, struct ref r)
{
	const struct op *phi = ir_op(c->f, r);
	uint32_t i;

	for (i = 0; i < b->preds.n; i++) {
		const struct op *a = ir_op(c->f, phi->phi[i]);

		if (a->code == IR_CONST)
			continue;
		if (a->code != IR_ADD || a->arg[0].id != r.id ||
		    ir_op(c->f, a->arg[1])->code != IR_CONST)
			return false;
	}
	return true;
}

/* All else that changes from round to round is unknown at its start, so that
 * the ways within a round join again. */
static void
hide_rounds(struct blur *c, struct blk *b, struct ref *to)
{
	uint32_t i;

	for (i = 0; i < b->ops.n; i++) {
		struct ref r = b->ops.v[i], hide;

		if (ir_op(c->f, r)->code != IR_PHI)
			break;
		if (c->address[r.id] || is_counter(c, b, r))
			continue;
		hide = ir_append_front(c->f, b,
				       (struct op){ .code = IR_SHL,
						    .nargs = 2,
						    .arg = { r, c->zero } });
		to[r.id] = hide;
	}
}

static void
hide_loops(struct blur *c)
{
	uint32_t n = c->f->ops.n, most = n, i;
	struct ref *to;

	for (i = 0; i < c->f->blks.n; i++)
		most += c->f->blks.v[i]->ops.n;
	to = arena_alloc(&c->tmp, most * sizeof(*to));
	for (i = 0; i < c->f->blks.n; i++)
		if (heads_loop(c->f->blks.v[i]))
			hide_rounds(c, c->f->blks.v[i], to);
	ir_replace(c->f, to);
	for (i = 1; i < n; i++)
		if (to[i].id)
			ir_op(c->f, to[i])->arg[0].id = i;
}

static bool
has_loops(const struct func *f)
{
	uint32_t i;

	for (i = 0; i < f->blks.n; i++)
		if (heads_loop(f->blks.v[i]))
			return true;
	return false;
}

/* Needs: dead code gone, rpo. Nothing may fold constants after it. */
bool
ir_blur(struct prog *p)
{
	uint32_t i, k;

	for (i = 0; i < p->funcs.n; i++) {
		struct blur c = { .p = p, .f = p->funcs.v[i] };
		bool loops = p->without & 1u << FEAT_LOOP && has_loops(c.f);
		bool many;

		look(&c);
		many = c.nphis && (loops || is_too_many(&c));
		if (many || loops)
			make_zero(&c);
		for (k = 0; many && k < c.f->blks.n; k++)
			hide(&c, c.f->blks.v[k]);
		if (loops)
			hide_loops(&c);
		arena_free(&c.tmp);
	}
	return true;
}
