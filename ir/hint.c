/* SPDX-License-Identifier: MIT */
/*
 * Hints: where a value should be made so that no move is needed later. From
 * the uses backwards: a call wants its arguments in r1-r5, RET wants r0, a
 * two-operand instruction passes its result's wish to its first operand, a phi
 * to its arguments. A value that is live across a call wants r6-r9 instead.
 * On the way it is noted which arguments of an op are read for the last time.
 * Without loops, it is also the walk that finds what blocks start with.
 */
#include "alloc.h"

struct hinting {
	struct flow *w;
	struct hints *h;
	bool *live;         /* by value */
	VEC(uint32_t) list; /* the live ones, and some that are not any more */
};

static void
make_live(struct hinting *k, uint32_t v)
{
	if (k->live[v])
		return;
	k->live[v] = true;
	*vec_push(k->w->tmp, &k->list) = v;
}

static void
cross_call(struct hinting *k)
{
	uint32_t i, n = 0;

	for (i = 0; i < k->list.n; i++) {
		uint32_t v = k->list.v[i];

		if (!k->live[v])
			continue;
		k->h->crosses[v] = true;
		k->list.v[n++] = v;
	}
	k->list.n = n;
}

static void
want(struct hinting *k, uint32_t v, int8_t reg)
{
	if (reg >= 0)
		k->h->want[v] = reg;
}

/* The value `from` shall be made where `v` is wanted. */
static void
pass_wish(struct hinting *k, uint32_t v, uint32_t from)
{
	want(k, from, k->h->want[v]);
	if (k->h->crosses[v])
		k->h->crosses[from] = true;
}

static void
hint_args(struct hinting *k, const struct op *op, uint32_t v)
{
	const struct func *f = k->w->f;
	uint32_t i;

	for (i = 0; op->code == IR_CALL && i < op->nargs; i++)
		want(k, op->arg[i].id, 1 + i);
	if (op->code == IR_RET && ir_in_reg(f, op, 0))
		want(k, op->arg[0].id, 0);
	if (op->code < IR_ADD || op->code > IR_BSWAP)
		return;
	/* x = y op z: y, unless it outlives x; then z, if it may. */
	if (ir_in_reg(f, op, 0) && !k->live[op->arg[0].id])
		pass_wish(k, v, op->arg[0].id);
	else if (ir_in_reg(f, op, 1) && !k->live[op->arg[1].id] &&
		 ir_ops[op->code].flags & F_C)
		pass_wish(k, v, op->arg[1].id);
}

/* What the op before has behind it: this one, and what this one has. */
static void
hint_next(const struct op *op, const struct op_hint *h, struct op_hint *before)
{
	before->wanted = h->wanted;
	before->calls = h->calls | (op->code == IR_CALL);
	if (op->code == IR_CALL)
		before->wanted = ((1u << op->nargs) - 1) << 1;
	else if (op->code == IR_RET)
		before->wanted = 1;
}

static void
hint_op(struct hinting *k, struct ref r, struct op_hint *h)
{
	const struct op *op = ir_op(k->w->f, r);
	uint32_t i, v = ir_defines(op, r);

	h->unread = v && !k->live[v];
	if (v)
		k->live[v] = false;
	if (op->code == IR_CALL)
		cross_call(k);
	hint_args(k, op, v);
	for (i = 0; i < op->nargs; i++)
		if (ir_in_reg(k->w->f, op, i) && !k->live[op->arg[i].id])
			h->dies |= 1 << i;
	for (i = 0; i < op->nargs; i++)
		if (h->dies >> i & 1)
			make_live(k, op->arg[i].id);
}

/* What a phi of a successor wants, its argument wants. */
static void
hint_phi_args(struct hinting *k, const struct blk *b)
{
	const struct blk *to = b->succ[0];
	uint32_t i, at;

	if (!to || b->succ[1])
		return;
	at = k->w->blk[b->rpo].at[0];
	for (i = 0; i < to->ops.n; i++) {
		const struct op *op = ir_op(k->w->f, to->ops.v[i]);

		if (op->code != IR_PHI)
			break;
		if (op->has_imm)
			continue;
		make_live(k, op->phi[at].id);
		pass_wish(k, to->ops.v[i].id, op->phi[at].id);
	}
}

/* What is live at the end, but for what phis read. */
static void
enter_end(struct hinting *k, const struct blk *b)
{
	uint32_t i, n;

	for (i = 0; i < k->list.n; i++)
		k->live[k->list.v[i]] = false;
	k->list.n = 0;
	for (i = 0; i < 2 && b->succ[i]; i++) {
		const live_list *in = &k->w->blk[b->succ[i]->rpo].in;

		for (n = 0; n < in->n; n++)
			make_live(k, in->v[n].v);
	}
}

/* What the block starts with: without loops nobody has asked for it yet. */
static void
keep_start(const struct hinting *k, live_list *in)
{
	uint32_t i;

	in->v = arena_alloc(k->w->tmp, k->list.n * sizeof(*in->v));
	for (i = 0; i < k->list.n; i++) {
		uint32_t v = k->list.v[i];

		if (k->live[v])
			in->v[in->n++].v = v;
		k->live[v] = false; /* it may be in the list twice */
	}
}

static void
hint_blk(struct hinting *k, const struct blk *b, struct op_hint *h)
{
	uint32_t i;

	enter_end(k, b);
	hint_phi_args(k, b);
	for (i = b->ops.n; i-- > 0;) {
		hint_op(k, b->ops.v[i], &h[i]);
		if (i)
			hint_next(ir_op(k->w->f, b->ops.v[i]), &h[i],
				  &h[i - 1]);
	}
	if (!k->w->loops)
		keep_start(k, &k->w->blk[b->rpo].in);
}

void
ir_hints(struct flow *w, struct hints *h)
{
	struct hinting k = { .w = w, .h = h };
	uint32_t i, n = w->f->ops.n, ops = 0;

	ir_loops(w);
	if (w->loops)
		ir_flow(w);
	else
		ir_places(w);
	h->first = arena_alloc(w->tmp, w->f->blks.n * sizeof(*h->first));
	for (i = 0; i < w->f->blks.n; i++) {
		h->first[i] = ops;
		ops += w->f->blks.v[i]->ops.n;
	}
	h->op = arena_alloc(w->tmp, ops * sizeof(*h->op));
	h->want = arena_alloc(w->tmp, n);
	h->crosses = arena_alloc(w->tmp, n * sizeof(*h->crosses));
	k.live = arena_alloc(w->tmp, n * sizeof(*k.live));
	memset(h->want, -1, n);
	for (i = w->f->blks.n; i-- > 0;)
		hint_blk(&k, w->f->blks.v[i], h->op + h->first[i]);
}
