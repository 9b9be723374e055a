/* SPDX-License-Identifier: MIT */
/*
 * Which values are live in registers where a block starts, how far their next
 * use is, and which blocks are loops: what the allocator knows about a
 * function. Both are found in one walk over the blocks from the last to the
 * first, in which what follows a block was seen before it; only a way back
 * makes a block look again. Live sets are lists, and only those of starts are
 * kept: what is live at an end is what the successors start with.
 */
#include "alloc.h"

/* ---- loops ---- */

static void
grow_loop(struct flow *w, struct blk *header, struct blk *latch, uint32_t depth)
{
	VEC(struct blk *) work = { 0 };
	uint32_t i;

	*vec_push(w->tmp, &work) = latch;
	while (work.n) {
		struct blk *b = work.v[--work.n];
		struct blk_flow *bf = &w->blk[b->rpo];

		if (bf->header == header)
			continue;
		bf->header = header;
		bf->depth = depth;
		for (i = 0; b != header && i < b->preds.n; i++)
			*vec_push(w->tmp, &work) = b->preds.v[i];
	}
}

/* Outer headers come first in rpo: inner loops overwrite them. */
void
ir_loops(struct flow *w)
{
	const struct func *f = w->f;
	uint32_t i, k;

	w->blk = arena_alloc(w->tmp, f->blks.n * sizeof(*w->blk));
	for (i = 0; i < f->blks.n; i++) {
		struct blk *h = f->blks.v[i];
		uint32_t depth = w->blk[i].depth + 1;

		for (k = 0; k < h->preds.n; k++)
			if (h->preds.v[k]->rpo >= i) {
				grow_loop(w, h, h->preds.v[k], depth);
				w->loops = true;
			}
	}
}

/* ---- liveness, and the distances ---- */

enum { DEAD = 1, LIVE = 2 }; /* of those in the list; 0: is not in it */

struct walk {
	struct flow *w;
	uint8_t *state; /* by value, in the block at hand */
	uint32_t *next; /* likewise: distance from the block's start */
	uint32_t *list; /* values that are or were live in it; room for all */
	uint32_t n;
	bool *stale; /* by rpo: what follows it has changed */
};

static uint32_t
add_distance(uint32_t a, uint32_t b)
{
	return a + b < FAR ? a + b : FAR;
}

/* Leaving a loop costs: what is used in it stays in registers. */
static uint32_t
edge_cost(const struct flow *w, const struct blk *from, const struct blk *to)
{
	const struct blk_flow *a = &w->blk[from->rpo], *b = &w->blk[to->rpo];

	return a->depth > b->depth ? LOOP_EXIT : 0;
}

static inline void
add_out(struct flow *w, uint32_t v, uint32_t next)
{
	uint32_t at = w->at[v];

	if (!at) {
		w->out.v[w->out.n] = (struct live){ v, next };
		w->at[v] = ++w->out.n;
	} else if (next < w->out.v[at - 1].next) {
		w->out.v[at - 1].next = next;
	}
}

static void
make_room(struct flow *w, uint32_t n)
{
	struct live *bigger;

	if (w->out.n + n <= w->out.cap)
		return;
	w->out.cap = 2 * (w->out.n + n);
	bigger = arena_alloc(w->tmp, w->out.cap * sizeof(*bigger));
	if (w->out.n)
		memcpy(bigger, w->out.v, w->out.n * sizeof(*bigger));
	w->out.v = bigger;
}

/* What `b` and then the successor still read. A phi reads its argument at
 * once. */
static void
add_successor(struct flow *w, const struct blk *b, unsigned side)
{
	const struct blk *to = b->succ[side];
	const live_list *in = &w->blk[to->rpo].in;
	uint32_t cost = edge_cost(w, b, to), i;
	uint32_t at = w->blk[b->rpo].at[side];

	make_room(w, in->n + to->ops.n);
	for (i = 0; i < in->n; i++)
		add_out(w, in->v[i].v, add_distance(in->v[i].next, cost));
	for (i = 0; i < to->ops.n; i++) {
		const struct op *op = ir_op(w->f, to->ops.v[i]);

		if (op->code != IR_PHI)
			break;
		if (!op->has_imm || w->slots)
			add_out(w, op->phi[at].id, 0);
	}
}

static bool
starts_like(const struct flow *w, const struct blk *b, const struct blk *to)
{
	return !edge_cost(w, b, to) &&
	       ir_op(w->f, to->ops.v[0])->code != IR_PHI;
}

const live_list *
ir_live_out(struct flow *w, const struct blk *b)
{
	uint32_t i;

	if (b->succ[0] && !b->succ[1] && starts_like(w, b, b->succ[0]))
		return &w->blk[b->succ[0]->rpo].in;
	w->out.n = 0;
	for (i = 0; i < 2; i++)
		if (b->succ[i])
			add_successor(w, b, i);
	for (i = 0; i < w->out.n; i++)
		w->at[w->out.v[i].v] = 0;
	return &w->out;
}

static inline void
read_at(struct walk *k, uint32_t v, uint32_t at)
{
	if (!k->state[v])
		k->list[k->n++] = v;
	k->state[v] = LIVE;
	k->next[v] = at;
}

/* True for a call. */
static bool
walk_op(struct walk *k, struct ref r, uint32_t at)
{
	const struct func *f = k->w->f;
	const struct op *op = ir_op(f, r);
	uint32_t i, v = ir_defines(op, r);

	if (k->state[v])
		k->state[v] = DEAD;
	for (i = 0; i < op->nargs; i++)
		if (ir_in_reg(f, op, i))
			read_at(k, op->arg[i].id, at);
	return op->code == IR_CALL;
}

/* The list as what the block starts with; true when that has changed. */
static bool
keep_list(struct walk *k, live_list *in)
{
	uint32_t i, n = 0;
	bool changed = false;

	for (i = 0; i < in->n; i++)
		changed |= k->next[in->v[i].v] != in->v[i].next;
	for (i = 0; i < k->n; i++) {
		uint32_t v = k->list[i];

		if (k->state[v] == LIVE)
			k->list[n++] = v;
		k->state[v] = 0;
	}
	changed |= n != in->n;
	if (n > in->cap) {
		in->v = arena_alloc(k->w->tmp, n * sizeof(*in->v));
		in->cap = n;
	}
	for (i = 0; i < n; i++)
		in->v[i] = (struct live){ k->list[i], k->next[k->list[i]] };
	in->n = n;
	return changed;
}

static uint32_t
call_after(const struct flow *w, const struct blk *b)
{
	uint32_t i, at, call = FAR;

	for (i = 0; i < 2 && b->succ[i]; i++) {
		at = add_distance(w->blk[b->succ[i]->rpo].call_in,
				  edge_cost(w, b, b->succ[i]));
		call = at < call ? at : call;
	}
	return add_distance(call, b->ops.n);
}

static bool
walk_blk(struct walk *k, const struct blk *b)
{
	struct blk_flow *bf = &k->w->blk[b->rpo];
	const live_list *out = ir_live_out(k->w, b);
	uint32_t i, call = call_after(k->w, b);
	bool changed;

	k->n = 0;
	for (i = 0; i < out->n; i++)
		read_at(k, out->v[i].v, add_distance(out->v[i].next, b->ops.n));
	for (i = b->ops.n; i-- > 0;)
		if (walk_op(k, b->ops.v[i], i))
			call = i;
	changed = call != bf->call_in;
	bf->call_in = call;
	return keep_list(k, &bf->in) || changed;
}

/* By block: where it stands among the predecessors of its successors. */
static void
find_places(struct flow *w)
{
	uint32_t i, k;

	for (i = 0; i < w->f->blks.n; i++) {
		const struct blk *b = w->f->blks.v[i];

		assert(b->rpo == i);
		w->blk[i].call_in = FAR;
		for (k = 0; k < b->preds.n; k++) {
			const struct blk *p = b->preds.v[k];

			w->blk[p->rpo].at[p->succ[0] != b] = k;
		}
	}
}

void
ir_flow(struct flow *w)
{
	uint32_t nv = w->f->ops.n, nb = w->f->blks.n, i, p;
	struct walk k = { .w = w };
	bool again = true;

	ir_loops(w);
	find_places(w);
	w->at = arena_alloc(w->tmp, nv * sizeof(*w->at));
	k.state = arena_alloc(w->tmp, nv * sizeof(*k.state));
	k.next = arena_alloc(w->tmp, nv * sizeof(*k.next));
	k.list = arena_alloc(w->tmp, nv * sizeof(*k.list));
	k.stale = arena_alloc(w->tmp, nb * sizeof(*k.stale));
	memset(k.stale, true, nb * sizeof(*k.stale));
	while (again) {
		again = false;
		for (i = nb; i-- > 0;) {
			const struct blk *b = w->f->blks.v[i];

			if (!k.stale[i])
				continue;
			k.stale[i] = false;
			if (!walk_blk(&k, b))
				continue;
			for (p = 0; p < b->preds.n; p++) {
				k.stale[b->preds.v[p]->rpo] = true;
				again |= b->preds.v[p]->rpo >= i;
			}
		}
	}
}
