/* SPDX-License-Identifier: MIT */
/*
 * Global value numbering: an op that computes what a dominating op has
 * computed is that op. A walk down the dominator tree with a hash table whose
 * entries leave with their block (Briggs, Cooper, Simpson, "Value Numbering",
 * 1997). Pure ops, helpers that answer the same during one program run, and
 * loads from the context, which nobody writes. Copies and phis of one value
 * go on the way.
 */
#include "internal.h"

struct entry { /* a value that is available */
	struct ref value;
	uint32_t asked; /* when last: gvn->time */
	struct entry *next;
};

struct gvn {
	struct func *f;
	struct arena tmp;
	struct ref *to; /* by ref id: what replaces it */
	struct entry **buckets;
	uint32_t mask;
	uint32_t time;                 /* ops looked at */
	VEC(uint32_t) undo;            /* buckets, in order of insertion */
	struct blk **child, **sibling; /* dominator tree, by rpo */
};

struct visit {
	struct blk *blk, *next; /* child to go to */
	uint32_t undo;
};

/* ---- equal ops ---- */

static bool
from_context(const struct func *f, const struct op *load)
{
	return ir_op(f, load->arg[0])->code == IR_CTX;
}

/* May an earlier op stand for this one? */
static bool
is_numbered(const struct func *f, const struct op *op)
{
	if (op->code == IR_CALL)
		return ir_helpers[op->index].flags & HP;
	if (op->code == IR_LOAD)
		return from_context(f, op);
	return (ir_ops[op->code].flags & F_P) && op->code != IR_PHI;
}

static uint32_t
mix(uint32_t h, uint64_t v)
{
	return (uint32_t)(((h ^ v) * 0x9e3779b97f4a7c15ull) >> 29);
}

static uint32_t
hash_op(const struct op *op)
{
	uint32_t h = mix((uint32_t)op->code, (uint64_t)op->imm), sum = 0;
	unsigned i;

	h = mix(h, op->index);
	h = mix(h, (uint32_t)op->off);
	h = mix(h, op->width * 16u + op->cond);
	for (i = 0; i < ir_ref_args(op); i++)
		sum += mix(1, op->arg[i].id); /* order does not matter */
	return mix(h, sum);
}

static bool
same_args(const struct op *a, const struct op *b)
{
	bool any_order = ir_ops[a->code].flags & F_C && !a->has_imm;
	unsigned i;

	if (any_order && a->arg[0].id == b->arg[1].id &&
	    a->arg[1].id == b->arg[0].id)
		return true;
	for (i = 0; i < ir_ref_args(a); i++)
		if (a->arg[i].id != b->arg[i].id)
			return false;
	return true;
}

static bool
same_op(const struct op *a, const struct op *b)
{
	return a->code == b->code && a->width == b->width &&
	       a->cond == b->cond && a->nargs == b->nargs &&
	       a->has_imm == b->has_imm && a->off == b->off &&
	       a->imm == b->imm && a->index == b->index && same_args(a, b);
}

/* In a long probe a value that was needed last hundreds of ops ago takes a
 * spill slot all the way: it is computed again, from operands that are there
 * anyhow. What helpers say is worth the slot, constants take none. */
static bool
is_too_far(const struct gvn *g, const struct entry *e)
{
	enum { REACH = 512 };
	enum ir_opcode code = ir_op(g->f, e->value)->code;

	return g->time - e->asked > REACH && code >= IR_COPY && code != IR_CALL;
}

/* The available value of an equal op; else REF_NONE, and `r` is available. */
static struct ref
number(struct gvn *g, struct ref r)
{
	const struct op *op = ir_op(g->f, r);
	uint32_t at = hash_op(op) & g->mask;
	struct entry *e;

	for (e = g->buckets[at]; e; e = e->next)
		if (same_op(ir_op(g->f, e->value), op))
			break;
	if (e && !is_too_far(g, e)) {
		e->asked = g->time;
		return e->value;
	}
	e = arena_alloc(&g->tmp, sizeof(*e));
	*e = (struct entry){ r, g->time, g->buckets[at] };
	g->buckets[at] = e;
	*vec_push(&g->tmp, &g->undo) = at;
	return REF_NONE;
}

static void
leave(struct gvn *g, uint32_t undo)
{
	while (g->undo.n > undo) {
		uint32_t at = g->undo.v[--g->undo.n];

		g->buckets[at] = g->buckets[at]->next;
	}
}

/* ---- blocks ---- */

/* The one value that a phi merges, as far as is known, or REF_NONE. */
static struct ref
only_value(const struct gvn *g, const struct blk *b, struct ref r)
{
	const struct op *phi = ir_op(g->f, r);
	struct ref same = REF_NONE;
	uint32_t i;

	for (i = 0; i < b->preds.n; i++) {
		struct ref a = ir_final(g->to, phi->phi[i]);

		if (a.id == r.id || a.id == same.id)
			continue;
		if (same.id)
			return REF_NONE;
		same = a;
	}
	return same;
}

/* A phi of the block before `r` that merges the same values. */
static struct ref
equal_phi(const struct gvn *g, const struct blk *b, uint32_t n, struct ref r)
{
	const struct op *phi = ir_op(g->f, r);
	uint32_t i, k;

	for (i = 0; i < n; i++) {
		const struct op *o = ir_op(g->f, b->ops.v[i]);

		for (k = 0; k < b->preds.n; k++)
			if (ir_final(g->to, o->phi[k]).id !=
			    ir_final(g->to, phi->phi[k]).id)
				break;
		if (k == b->preds.n)
			return b->ops.v[i];
	}
	return REF_NONE;
}

/* What stands for `r`, the op after n kept ones of `b`; or REF_NONE. */
static struct ref
replacement(struct gvn *g, const struct blk *b, uint32_t n, struct ref r)
{
	enum { PHIS = 16 }; /* compared with each other: few are equal */
	struct op *op = ir_op(g->f, r);
	struct ref to;
	unsigned i;

	if (op->code == IR_PHI) {
		to = only_value(g, b, r);
		return to.id || n > PHIS ? to : equal_phi(g, b, n, r);
	}
	for (i = 0; i < ir_ref_args(op); i++)
		op->arg[i] = ir_final(g->to, op->arg[i]);
	if (op->code == IR_COPY)
		return op->arg[0];
	return is_numbered(g->f, op) ? number(g, r) : REF_NONE;
}

static void
number_blk(struct gvn *g, struct blk *b)
{
	uint32_t i, n = 0;

	for (i = 0; i < b->ops.n; i++) {
		struct ref r = b->ops.v[i];
		struct ref to = replacement(g, b, n, r);

		g->time++;
		if (to.id)
			g->to[r.id] = to;
		else
			b->ops.v[n++] = r;
	}
	b->ops.n = n;
}

/* ---- the tree ---- */

static void
make_tree(struct gvn *g)
{
	const struct func *f = g->f;
	uint32_t i;

	g->child = arena_alloc(&g->tmp, f->blks.n * sizeof(*g->child));
	g->sibling = arena_alloc(&g->tmp, f->blks.n * sizeof(*g->sibling));
	for (i = f->blks.n; i-- > 1;) { /* children end up in rpo */
		struct blk *b = f->blks.v[i];

		g->sibling[i] = g->child[b->idom->rpo];
		g->child[b->idom->rpo] = b;
	}
}

static struct visit
enter(struct gvn *g, struct blk *b)
{
	struct visit v = { b, g->child[b->rpo], g->undo.n };

	number_blk(g, b);
	return v;
}

static void
walk_tree(struct gvn *g)
{
	struct visit *stack =
		arena_alloc(&g->tmp, (g->f->blks.n + 1) * sizeof(*stack));
	uint32_t depth = 1;

	stack[0] = enter(g, g->f->blks.v[0]);
	while (depth) {
		struct visit *top = &stack[depth - 1];
		struct blk *next = top->next;

		if (!next) {
			leave(g, top->undo);
			depth--;
			continue;
		}
		top->next = g->sibling[next->rpo];
		stack[depth++] = enter(g, next);
	}
}

/* All others have read what was made before them. */
static void
replace_in_phis(const struct gvn *g)
{
	uint32_t i, k, n;

	for (i = 0; i < g->f->blks.n; i++) {
		const struct blk *b = g->f->blks.v[i];

		for (k = 0; k < b->ops.n; k++) {
			struct op *op = ir_op(g->f, b->ops.v[k]);

			if (op->code != IR_PHI)
				break;
			for (n = 0; n < b->preds.n; n++)
				op->phi[n] = ir_final(g->to, op->phi[n]);
		}
	}
}

static void
gvn_func(struct func *f)
{
	struct gvn g = { .f = f, .tmp.lender = f->arena, .mask = 63 };

	ir_rpo(f);
	ir_dominators(f);
	while (g.mask < f->ops.n)
		g.mask = g.mask * 2 + 1;
	g.to = arena_alloc(&g.tmp, f->ops.n * sizeof(*g.to));
	g.buckets = arena_alloc(&g.tmp, (g.mask + 1) * sizeof(*g.buckets));
	make_tree(&g);
	walk_tree(&g);
	replace_in_phis(&g);
	arena_free(&g.tmp);
}

/* Needs: SSA. Leaves: rpo, dominators, no COPY. */
bool
ir_gvn(struct prog *p)
{
	uint32_t i;

	for (i = 0; i < p->funcs.n; i++)
		gvn_func(p->funcs.v[i]);
	return true;
}
