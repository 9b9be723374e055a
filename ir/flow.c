/* SPDX-License-Identifier: MIT */
/*
 * Where values are live in registers, how far the next use is, and which
 * blocks are loops: what the allocator knows about a function. Live sets are
 * lists, made value by value by walking from the uses up to the definitions
 * (Boissinot et al., "Computing Liveness Sets for SSA-Form Programs", 2011):
 * the work is the size of the result.
 */
#include "alloc.h"

/* A block where a value is used or defined; in lists by number, 0 ends one. */
struct site {
	uint32_t blk; /* rpo */
	uint32_t next : 31;
	uint32_t at_end : 1; /* use: by a phi of the successor */
};

struct found { /* `v` is live at a block's start or end */
	uint32_t v;
	uint32_t blk : 31;
	uint32_t at_end : 1;
};

struct walk {
	struct flow *w;
	VEC(struct site) sites;
	VEC(struct found) found;  /* ascending by v */
	uint32_t *uses, *defs;    /* by value: first site */
	uint32_t *local;          /* by value: last block that defined it + 1 */
	uint32_t *in, *out, *def; /* by rpo: last value seen there */
	VEC(uint32_t) work;       /* rpo */
};

static void
add_site(struct walk *k, uint32_t *list, const struct blk *b, bool at_end)
{
	*vec_push(k->w->tmp, &k->sites) =
		(struct site){ b->rpo, *list, at_end };
	*list = k->sites.n - 1;
}

static void
collect_op(struct walk *k, struct blk *b, struct ref r)
{
	const struct func *f = k->w->f;
	const struct op *op = ir_op(f, r);
	uint32_t i, v = ir_defines(op, r);

	for (i = 0; i < op->nargs; i++) {
		uint32_t a = op->arg[i].id;

		if (ir_in_reg(f, op, i) && k->local[a] != b->rpo + 1)
			add_site(k, &k->uses[a], b, false);
	}
	for (i = 0; op->code == IR_PHI && !op->has_imm && i < b->preds.n; i++)
		add_site(k, &k->uses[op->phi[i].id], b->preds.v[i], true);
	if (v) {
		add_site(k, &k->defs[v], b, false);
		k->local[v] = b->rpo + 1;
	}
}

static void
live_at_end(struct walk *k, uint32_t blk, uint32_t v)
{
	if (k->out[blk] == v)
		return;
	k->out[blk] = v;
	k->w->blk[blk].out.n++;
	*vec_push(k->w->tmp, &k->found) = (struct found){ v, blk, true };
	if (k->def[blk] != v)
		*vec_push(k->w->tmp, &k->work) = blk;
}

static void
live_at_start(struct walk *k, uint32_t blk, uint32_t v)
{
	const struct blk *b = k->w->f->blks.v[blk];
	uint32_t i;

	if (k->in[blk] == v)
		return;
	k->in[blk] = v;
	k->w->blk[blk].in.n++;
	*vec_push(k->w->tmp, &k->found) = (struct found){ v, blk, false };
	assert(b->preds.n);
	for (i = 0; i < b->preds.n; i++)
		live_at_end(k, b->preds.v[i]->rpo, v);
}

static void
walk_value(struct walk *k, uint32_t v)
{
	uint32_t i;

	for (i = k->defs[v]; i; i = k->sites.v[i].next)
		k->def[k->sites.v[i].blk] = v;
	for (i = k->uses[v]; i; i = k->sites.v[i].next) {
		if (k->sites.v[i].at_end)
			live_at_end(k, k->sites.v[i].blk, v);
		else
			live_at_start(k, k->sites.v[i].blk, v);
		while (k->work.n)
			live_at_start(k, k->work.v[--k->work.n], v);
	}
}

/* One array for all lists: their lengths are known. */
static void
fill_lists(struct walk *k)
{
	struct live *all =
		arena_alloc(k->w->tmp, (k->found.n + 1) * sizeof(struct live));
	uint32_t i;

	for (i = 0; i < k->w->f->blks.n; i++) {
		struct blk_flow *bf = &k->w->blk[i];

		bf->in.v = all;
		all += bf->in.cap = bf->in.n;
		bf->out.v = all;
		all += bf->out.cap = bf->out.n;
		bf->in.n = bf->out.n = 0;
	}
	for (i = 0; i < k->found.n; i++) {
		const struct found *at = &k->found.v[i];
		struct blk_flow *bf = &k->w->blk[at->blk];
		live_list *l = at->at_end ? &bf->out : &bf->in;

		l->v[l->n++].v = at->v;
	}
}

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

void
ir_flow(struct flow *w)
{
	struct func *f = w->f;
	struct walk k = { .w = w };
	uint32_t nv = f->ops.n, nb = f->blks.n, i, n;

	ir_loops(w);
	vec_push(w->tmp, &k.sites); /* none has number 0 */
	k.uses = arena_alloc(w->tmp, nv * sizeof(*k.uses));
	k.defs = arena_alloc(w->tmp, nv * sizeof(*k.defs));
	k.local = arena_alloc(w->tmp, nv * sizeof(*k.local));
	k.in = arena_alloc(w->tmp, nb * sizeof(*k.in));
	k.out = arena_alloc(w->tmp, nb * sizeof(*k.out));
	k.def = arena_alloc(w->tmp, nb * sizeof(*k.def));
	for (i = 0; i < nb; i++) {
		assert(f->blks.v[i]->rpo == i);
		for (n = 0; n < f->blks.v[i]->ops.n; n++)
			collect_op(&k, f->blks.v[i], f->blks.v[i]->ops.v[n]);
	}
	for (i = 1; i < nv; i++)
		if (k.uses[i])
			walk_value(&k, i);
	fill_lists(&k);
}

/* ---- distances ---- */

const struct live *
ir_find_live(const live_list *l, uint32_t v)
{
	uint32_t lo = 0, hi = l->n;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (l->v[mid].v < v)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < l->n && l->v[lo].v == v ? &l->v[lo] : NULL;
}

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

/* The distances of what is live out of `b` to its uses behind `to`, if they
 * are nearer: both lists ascend. A phi of `to` uses its argument at once. */
static void
distances_to(const struct flow *w, const struct blk *b, const struct blk *to,
	     uint32_t *best)
{
	const live_list *out = &w->blk[b->rpo].out, *in = &w->blk[to->rpo].in;
	uint32_t i, k, cost = edge_cost(w, b, to), at;

	for (i = k = 0; i < out->n && k < in->n; i++) {
		uint32_t d;

		while (k < in->n && in->v[k].v < out->v[i].v)
			k++;
		if (k == in->n || in->v[k].v != out->v[i].v)
			continue;
		d = add_distance(in->v[k].next, cost);
		best[i] = d < best[i] ? d : best[i];
	}
	if (!to->ops.n || ir_op(w->f, to->ops.v[0])->code != IR_PHI)
		return;
	at = ir_pred_index(to, b);
	for (i = 0; i < to->ops.n; i++) {
		const struct op *op = ir_op(w->f, to->ops.v[i]);
		const struct live *l;

		if (op->code != IR_PHI)
			break;
		l = ir_find_live(out, op->phi[at].id);
		if (l)
			best[l - out->v] = 0;
	}
}

static bool
update(uint32_t *at, uint32_t d)
{
	bool changed = *at != d;

	*at = d;
	return changed;
}

/* Distances at the block's end from its successors, then, through the block
 * from its last op to the first, those at its start. `next` is scratch. */
static bool
distances_blk(struct flow *w, const struct blk *b, uint32_t *next,
	      uint32_t *best)
{
	struct blk_flow *bf = &w->blk[b->rpo];
	uint32_t i, k, call = FAR;
	bool changed = false;

	for (i = 0; i < bf->out.n; i++)
		best[i] = FAR;
	for (i = 0; i < 2; i++)
		if (b->succ[i]) {
			distances_to(w, b, b->succ[i], best);
			k = add_distance(w->blk[b->succ[i]->rpo].call_in,
					 edge_cost(w, b, b->succ[i]));
			call = k < call ? k : call;
		}
	call = add_distance(call, b->ops.n);
	for (i = 0; i < bf->out.n; i++) {
		struct live *l = &bf->out.v[i];

		changed |= update(&l->next, best[i]);
		next[l->v] = add_distance(l->next, b->ops.n);
	}
	for (i = b->ops.n; i-- > 0;) {
		const struct op *op = ir_op(w->f, b->ops.v[i]);

		if (op->code == IR_CALL)
			call = i;
		for (k = 0; k < op->nargs; k++)
			if (ir_in_reg(w->f, op, k))
				next[op->arg[k].id] = i;
	}
	changed |= update(&bf->call_in, call);
	for (i = 0; i < bf->in.n; i++)
		changed |= update(&bf->in.v[i].next, next[bf->in.v[i].v]);
	return changed;
}

/* They only guide choices: a few rounds are near enough to the fixpoint.
 * Without loops, one is: successors come first. */
void
ir_distances(struct flow *w)
{
	uint32_t *next = arena_alloc(w->tmp, w->f->ops.n * sizeof(*next));
	uint32_t i, k, round, most = 0, *best;
	bool changed = true;

	for (i = 0; i < w->f->blks.n; i++) {
		w->blk[i].call_in = FAR;
		for (k = 0; k < w->blk[i].in.n; k++)
			w->blk[i].in.v[k].next = FAR;
		most = w->blk[i].out.n > most ? w->blk[i].out.n : most;
	}
	best = arena_alloc(w->tmp, (most + 1) * sizeof(*best));
	for (round = 0; changed && round < (w->loops ? 8 : 1); round++) {
		changed = false;
		for (i = w->f->blks.n; i-- > 0;)
			changed |=
				distances_blk(w, w->f->blks.v[i], next, best);
	}
}
