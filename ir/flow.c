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
	uint32_t now;  /* live ones */
	uint32_t note; /* place of the next one */
	bool *stale;   /* by rpo: what follows it has changed */
};

static uint32_t
add_distance(uint32_t a, uint32_t b)
{
	return a + b < FAR ? a + b : FAR;
}

/* Leaving a loop costs: what is used in it stays in registers. On a critical
 * edge there may come to be a block, which jumps. */
static uint32_t
edge_cost(const struct flow *w, const struct blk *from, const struct blk *to)
{
	const struct blk_flow *a = &w->blk[from->rpo], *b = &w->blk[to->rpo];

	return (a->depth > b->depth ? LOOP_EXIT : 0) +
	       (from->succ[1] && to->preds.n > 1);
}

static inline void
read_at(struct walk *k, uint32_t v, uint32_t at)
{
	if (!k->state[v])
		k->list[k->n++] = v;
	if (k->state[v] != LIVE && ++k->now > k->w->most)
		k->w->most = k->now;
	k->state[v] = LIVE;
	k->next[v] = at;
}

static void
note_use(struct walk *k, uint32_t v)
{
	assert(k->note < k->w->note.cap);
	k->w->note.v[k->note++] = k->state[v] == LIVE ? k->next[v] + 1 : 0;
}

static void
note_uses(struct walk *k, const struct op *op, uint32_t v)
{
	uint32_t i;

	note_use(k, v);
	for (i = 0; i < op->nargs; i++)
		note_use(k, op->arg[i].id);
}

/* True for a call. */
static bool
walk_op(struct walk *k, struct ref r, uint32_t at)
{
	const struct func *f = k->w->f;
	const struct op *op = ir_op(f, r);
	uint32_t i, v = ir_defines(op, r);

	if (k->w->notes)
		note_uses(k, op, v);
	if (k->state[v]) {
		k->now -= k->state[v] == LIVE;
		k->state[v] = DEAD;
	}
	for (i = 0; i < op->nargs; i++)
		if (ir_in_reg(f, op, i) &&
		    !(k->w->real && ir_is_remat(ir_op(f, op->arg[i]))))
			read_at(k, op->arg[i].id, at);
	return op->code == IR_CALL;
}

/* The list as what the block starts with; true when that has changed. */
static bool
keep_list(struct walk *k, live_list *in)
{
	bool changed = k->now != in->n;
	uint32_t i;

	for (i = 0; i < in->n; i++)
		changed |= k->next[in->v[i].v] != in->v[i].next;
	in->n = 0;
	if (k->now > in->cap) {
		in->v = arena_alloc(k->w->tmp, k->now * sizeof(*in->v));
		in->cap = k->now;
	}
	for (i = 0; i < k->n; i++) {
		uint32_t v = k->list[i];

		if (k->state[v] == LIVE)
			in->v[in->n++] = (struct live){ v, k->next[v] };
		k->state[v] = 0;
	}
	return changed;
}

/* Read behind the block's end, `at` from its start. */
static inline void
read_behind(struct walk *k, uint32_t v, uint32_t at)
{
	if (!k->state[v] || at < k->next[v])
		read_at(k, v, at);
}

/* What the successor still reads. A phi reads its argument at once. */
static void
enter_from(struct walk *k, const struct blk *b, unsigned side)
{
	const struct flow *w = k->w;
	const struct blk *to = b->succ[side];
	const live_list *in = &w->blk[to->rpo].in;
	uint32_t way = b->ops.n + edge_cost(w, b, to), i;

	for (i = 0; i < in->n; i++)
		read_behind(k, in->v[i].v, add_distance(in->v[i].next, way));
	for (i = 0; i < to->ops.n; i++) {
		const struct op *op = ir_op(w->f, to->ops.v[i]);
		struct ref a;

		if (op->code != IR_PHI)
			break;
		a = op->phi[w->blk[b->rpo].at[side]];
		if ((!op->has_imm || w->slots) &&
		    !(w->real && ir_is_remat(ir_op(w->f, a))))
			read_behind(k, a.id, b->ops.n);
	}
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
	uint32_t i, call = call_after(k->w, b);
	bool changed;

	k->n = k->now = 0;
	if (!bf->notes[1])
		bf->notes[0] = k->w->note.n;
	k->note = bf->notes[0];
	for (i = 0; i < 2 && b->succ[i]; i++)
		enter_from(k, b, i);
	for (i = b->ops.n; i-- > 0;)
		if (walk_op(k, b->ops.v[i], i))
			call = i;
	changed = call != bf->call_in;
	bf->call_in = call;
	bf->notes[1] = k->note;
	if (k->note > k->w->note.n)
		k->w->note.n = k->note;
	return keep_list(k, &bf->in) || changed;
}

void
ir_places(struct flow *w)
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

/* Room for all notes: of what blocks hold, and the results. */
static void
make_notes(struct flow *w)
{
	const struct func *f = w->f;
	uint32_t i, k;

	for (i = 0; i < f->blks.n; i++) {
		const struct blk *b = f->blks.v[i];

		w->note.cap += b->ops.n;
		for (k = 0; k < b->ops.n; k++)
			w->note.cap += ir_op(f, b->ops.v[k])->nargs;
	}
	w->note.v = arena_alloc(w->tmp, w->note.cap * sizeof(*w->note.v));
}

void
ir_flow(struct flow *w)
{
	struct arena tmp = { .lender = w->f->arena };
	uint32_t nv = w->f->ops.n, nb = w->f->blks.n, i, p;
	struct walk k = { .w = w };
	bool again = true;

	if (!w->blk)
		ir_loops(w);
	ir_places(w);
	if (w->notes)
		make_notes(w);
	k.state = arena_alloc(&tmp, nv * sizeof(*k.state));
	k.next = arena_alloc(&tmp, nv * sizeof(*k.next));
	k.list = arena_alloc(&tmp, nv * sizeof(*k.list));
	k.stale = arena_alloc(&tmp, nb * sizeof(*k.stale));
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
	arena_free(&tmp);
}
