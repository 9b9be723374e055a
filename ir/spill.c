/* SPDX-License-Identifier: MIT */
/*
 * Spilling, after Braun and Hack, "Register Spilling and Live-Range Splitting
 * for SSA-Form Programs" (CC 2009): walk the blocks with the set of values
 * that are in registers; where it grows too large, the value whose next use is
 * farthest leaves it, and comes back by a RELOAD before that use. A value that
 * is ever reloaded is written to its slot once, where it is made: a slot is
 * then valid on every path. Across a call at most four values stay.
 *
 * A phi that starts outside of the registers lives in its slot: predecessors
 * write it there.
 */
#include <stdlib.h>

#include "blur.h"

struct kept { /* a value in a register */
	uint32_t v;
	uint32_t next; /* position of its next use, in this block's terms */
};

enum { OFFERED = 1 << 30 }; /* in seen[]: was kept already */

/* Those at a block's start or end, by their place in spill->held. */
struct held {
	uint32_t first, n;
};

struct blk_spill {
	struct held in, out; /* `in`: only where ways meet */
	uint32_t first, n;   /* its ops in the new list */
	VEC(struct ref)
	edge; /* those of the way to the successor, which come
		 before the last one */
};

struct spill {
	struct func *f;
	struct flow w;
	struct arena *tmp;
	struct blk_spill *blk; /* by rpo */
	VEC(struct ref) ops;   /* new list, block after block */
	VEC(uint32_t) held;
	bool *stored;     /* by value: needs its slot */
	uint32_t *slot;   /* by value: slot + 1 */
	uint32_t max;     /* values in registers between two ops */
	uint32_t nvalues; /* at the start; those made later have no slot */
	bool reloads;     /* something is stored */
	/* Of the edge at hand: */
	VEC(uint32_t) loaded; /* what it brought back */
	VEC(struct saved { uint32_t v, slot; })
	saved; /* old values of phis */
	/* Of the block at hand: */
	struct blk *b;
	struct blk_spill *bs;
	VEC(struct kept) kept;
	const uint32_t *note; /* of the op at hand: the position of the next use
				 of its result, then those of its arguments;
				 they are counted from 1, 0 is none */
	uint32_t *seen;       /* by value: first use in the block or behind it,
				 of what is there at its start */
	bool renamed;         /* something was made again in it */
	struct name {
		struct ref is;
		uint32_t blk; /* in this block, from 1 */
	} * name;             /* by value: what was made again; or NULL */
};

/* Its place among those that are kept, or their number. */
static uint32_t
find_kept(const struct spill *s, uint32_t v)
{
	uint32_t i = 0;

	while (i < s->kept.n && s->kept.v[i].v != v)
		i++;
	return i;
}

static bool
is_kept(const struct spill *s, uint32_t v)
{
	return find_kept(s, v) < s->kept.n;
}

static bool
holds(const struct spill *s, const struct held *h, uint32_t v)
{
	uint32_t i;

	for (i = 0; i < h->n; i++)
		if (s->held.v[h->first + i] == v)
			return true;
	return false;
}

static void
keep(struct spill *s, uint32_t v, uint32_t next)
{
	*vec_push(s->tmp, &s->kept) = (struct kept){ v, next };
}

static uint32_t
slot_of(struct spill *s, uint32_t v)
{
	assert(v < s->nvalues);
	if (!s->slot[v])
		s->slot[v] = ++s->f->nslots;
	return s->slot[v] - 1;
}

/* At the end of the block at hand, or of a block that was done before. */
static void
put(struct spill *s, struct blk_spill *edge, struct ref r)
{
	if (edge)
		*vec_push(s->tmp, &edge->edge) = r;
	else
		*vec_push(s->tmp, &s->ops) = r;
}

static void
put_reload(struct spill *s, struct blk_spill *bs, uint32_t v, uint32_t slot,
	   struct span span)
{
	put(s, bs,
	    ir_make(s->f, (struct op){ .code = IR_RELOAD,
				       .width = 8,
				       .imm = slot,
				       .arg = { { v } },
				       .span = span }));
}

static void
put_spill(struct spill *s, struct blk_spill *bs, uint32_t v, uint32_t slot,
	  struct span span)
{
	put(s, bs,
	    ir_make(s->f, (struct op){ .code = IR_SPILL,
				       .width = 8,
				       .nargs = 1,
				       .imm = slot,
				       .arg = { { v } },
				       .span = span }));
}

/* ---- inside a block ---- */

static void
evict(struct spill *s, uint32_t i)
{
	s->kept.v[i] = s->kept.v[--s->kept.n];
}

static bool
reads(const struct op *op, uint32_t v)
{
	uint32_t i;

	for (i = 0; i < op->nargs; i++)
		if (op->arg[i].id == v)
			return true;
	return false;
}

/* The value whose next use is farthest, not one that `op` reads (or NULL). */
static uint32_t
farthest(const struct spill *s, const struct op *op)
{
	uint32_t i, best = s->kept.n;

	for (i = 0; i < s->kept.n; i++) {
		if (op && reads(op, s->kept.v[i].v))
			continue;
		if (best == s->kept.n ||
		    s->kept.v[i].next > s->kept.v[best].next)
			best = i;
	}
	assert(best < s->kept.n);
	return best;
}

static void
limit(struct spill *s, uint32_t max, const struct op *op)
{
	while (s->kept.n > max)
		evict(s, farthest(s, op));
}

/* The op says `to` where it says `v`; so will those behind it in the block,
 * where they say `first`, as which the value was known before. */
static void
rename(struct spill *s, struct ref r, uint32_t first, uint32_t v, struct ref to)
{
	struct op *op = ir_op(s->f, r);
	uint32_t i;

	for (i = 0; i < op->nargs; i++)
		if (op->arg[i].id == v)
			op->arg[i] = to;
	if (!s->name)
		s->name = arena_alloc(s->tmp, s->nvalues * sizeof(*s->name));
	s->name[first] = (struct name){ to, s->b->rpo + 1 };
	s->renamed = true;
}

static void
use_names(const struct spill *s, struct op *op)
{
	uint32_t i;

	for (i = 0; i < op->nargs; i++) {
		const struct name *n = &s->name[op->arg[i].id];

		if (n->blk == s->b->rpo + 1)
			op->arg[i] = n->is;
	}
}

/* Bring v back before the op; returns its name from there on. */
static uint32_t
bring_back(struct spill *s, struct ref r, uint32_t first, uint32_t v)
{
	struct op op = *ir_op(s->f, (struct ref){ v });
	struct span span = ir_op(s->f, r)->span;
	struct ref again;

	if (!ir_is_remat(&op)) {
		s->stored[v] = s->reloads = true;
		put_reload(s, NULL, v, slot_of(s, v), span);
		return v;
	}
	op.span = span;
	again = ir_make(s->f, op);
	rename(s, r, first, v, again);
	put(s, NULL, again);
	return again.id;
}

static void
need_args(struct spill *s, uint32_t at, struct ref r)
{
	uint32_t i, n = ir_op(s->f, r)->nargs;
	struct ref first[5];

	memcpy(first, ir_op(s->f, r)->arg, sizeof(first));
	if (s->renamed)
		use_names(s, ir_op(s->f, r));
	for (i = 0; i < n; i++) {
		const struct op *op = ir_op(s->f, r);
		uint32_t v = op->arg[i].id;

		if (ir_in_reg(s->f, op, i) && !is_kept(s, v))
			keep(s, bring_back(s, r, first[i].id, v), at + 1);
	}
	limit(s, s->max, ir_op(s->f, r));
}

/* What `op` reads is next read later, or never again. False: some of it is in
 * no register. */
static bool
pass_uses(struct spill *s, const struct op *op)
{
	bool gone = false;
	uint32_t i, k;

	for (i = 0; i < op->nargs; i++) {
		if (!ir_in_reg(s->f, op, i))
			continue;
		k = find_kept(s, op->arg[i].id);
		if (k == s->kept.n)
			return false;
		s->kept.v[k].next = s->note[1 + i];
		gone |= !s->note[1 + i];
	}
	for (k = s->kept.n; gone && k-- > 0;)
		if (!s->kept.v[k].next)
			evict(s, k);
	return true;
}

static void
spill_op(struct spill *s, uint32_t at)
{
	struct ref r = s->b->ops.v[at];
	const struct op *op = ir_op(s->f, r);

	s->note -= op->nargs + 1;
	if (op->code == IR_PHI) {
		put(s, NULL, r);
		return;
	}
	if (s->renamed || !pass_uses(s, op)) {
		need_args(s, at, r);
		op = ir_op(s->f, r);
		pass_uses(s, op);
	}
	if (op->code == IR_CALL)
		limit(s, KEPT, NULL);
	if (ir_defines(op, r) && s->note[0]) {
		limit(s, s->max - 1, NULL);
		keep(s, r.id, s->note[0]);
	}
	put(s, NULL, r);
}

/* ---- at a block's start ---- */

static int
by_next(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	if (x->next != y->next)
		return x->next < y->next ? -1 : 1;
	return x->v < y->v ? -1 : x->v > y->v;
}

static int
by_number(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return x->v < y->v ? -1 : x->v > y->v;
}

/* Mostly they are few, and in order but for one or two. */
static void
sort_kept(struct spill *s, int (*order)(const void *, const void *))
{
	enum { FEW = 32 };
	struct kept *l = s->kept.v;
	uint32_t i, k;

	if (s->kept.n > FEW) {
		qsort(l, s->kept.n, sizeof(*l), order);
		return;
	}
	for (i = 1; i < s->kept.n; i++) {
		struct kept it = l[i];

		for (k = i; k && order(&l[k - 1], &it) > 0; k--)
			l[k] = l[k - 1];
		l[k] = it;
	}
}

/* What the block needs of what is there at its start. */
static void
find_needed(struct spill *s)
{
	const live_list *in = &s->w.blk[s->b->rpo].in;
	uint32_t i;

	for (i = 0; i < in->n; i++)
		s->seen[in->v[i].v] = in->v[i].next + 1;
	for (i = 0; i < s->b->ops.n; i++) {
		if (ir_op(s->f, s->b->ops.v[i])->code != IR_PHI)
			break;
		s->seen[s->b->ops.v[i].id] = s->note[-1 - (int)i];
	}
}

/* Leave `seen` clean for the next block. */
static void
forget_needed(struct spill *s)
{
	const live_list *in = &s->w.blk[s->b->rpo].in;
	uint32_t i;

	for (i = 0; i < in->n; i++)
		s->seen[in->v[i].v] = 0;
	for (i = 0; i < s->b->ops.n; i++) {
		if (ir_op(s->f, s->b->ops.v[i])->code != IR_PHI)
			break;
		s->seen[s->b->ops.v[i].id] = 0;
	}
}

/* The value, if the block still needs it. */
static void
offer(struct spill *s, uint32_t v)
{
	if (!s->seen[v] || s->seen[v] & OFFERED)
		return;
	keep(s, v, s->seen[v]);
	s->seen[v] |= OFFERED;
}

/* What is in registers at the end of some predecessor that was done. */
static void
offer_held(struct spill *s)
{
	uint32_t i, k;

	for (i = 0; i < s->b->preds.n; i++) {
		const struct blk *p = s->b->preds.v[i];
		const struct held *out = &s->blk[p->rpo].out;

		for (k = 0; p->rpo < s->b->rpo && k < out->n; k++)
			offer(s, s->held.v[out->first + k]);
	}
}

static void
candidates(struct spill *s)
{
	const struct blk_flow *bf = &s->w.blk[s->b->rpo];
	uint32_t i;

	offer_held(s);
	if (bf->header == s->b)
		for (i = 0; i < bf->in.n; i++)
			if (bf->in.v[i].next < LOOP_EXIT)
				offer(s, bf->in.v[i].v);
	for (i = 0; i < s->b->ops.n; i++) {
		if (ir_op(s->f, s->b->ops.v[i])->code != IR_PHI)
			break;
		offer(s, s->b->ops.v[i].id);
	}
	sort_kept(s, by_next);
}

/* The nearest ones; of those not used before the next call only as many as
 * survive it. */
static void
choose_entry(struct spill *s)
{
	uint32_t call = s->w.blk[s->b->rpo].call_in + 1;
	uint32_t i, n = 0, beyond = 0;

	candidates(s);
	for (i = 0; i < s->kept.n && n < s->max; i++) {
		if (s->kept.v[i].next > call && beyond++ >= KEPT)
			continue;
		s->kept.v[n++] = s->kept.v[i];
	}
	s->kept.n = n;
}

/* A block entered from one place only: what is left of what was there, in the
 * order of its numbers. */
static void
inherit_entry(struct spill *s)
{
	offer_held(s);
	sort_kept(s, by_number);
}

static bool
has_phi(const struct func *f, const struct blk *b)
{
	return b->ops.n && ir_op(f, b->ops.v[0])->code == IR_PHI;
}

/* A phi that is not taken into a register lives in memory. */
static void
phis_to_memory(struct spill *s)
{
	uint32_t i;

	for (i = 0; i < s->b->ops.n; i++) {
		struct ref r = s->b->ops.v[i];
		struct op *op = ir_op(s->f, r);

		if (op->code != IR_PHI)
			break;
		if (!s->seen[r.id] || is_kept(s, r.id))
			continue;
		op->has_imm = true;
		op->imm = slot_of(s, r.id);
	}
}

static void
note_held(struct spill *s, struct held *to)
{
	uint32_t i;

	assert(s->kept.n <= REGS);
	to->first = s->held.n;
	to->n = s->kept.n;
	for (i = 0; i < s->kept.n; i++)
		*vec_push(s->tmp, &s->held) = s->kept.v[i].v;
}

static bool
is_meeting(const struct func *f, const struct blk *b)
{
	return b->preds.n > 1 || has_phi(f, b);
}

static void
spill_blk(struct spill *s, struct blk *b)
{
	uint32_t i;

	s->b = b;
	s->bs = &s->blk[b->rpo];
	s->kept.n = 0;
	s->renamed = false;
	s->note = s->w.note.v + s->w.blk[b->rpo].notes[1];
	find_needed(s);
	if (is_meeting(s->f, b))
		choose_entry(s);
	else
		inherit_entry(s);
	phis_to_memory(s);
	forget_needed(s);
	if (is_meeting(s->f, b))
		note_held(s, &s->bs->in);
	s->bs->first = s->ops.n;
	for (i = 0; i < b->ops.n; i++)
		spill_op(s, i);
	s->bs->n = s->ops.n - s->bs->first;
	note_held(s, &s->bs->out);
}

/* ---- edges into blocks with several predecessors ---- */

struct edge {
	struct blk *to;
	const struct blk_spill *from;
	struct blk_spill *bs; /* where the code goes: from's list */
	uint32_t at;          /* index of the predecessor */
	struct span span;
};

static bool
in_memory(const struct spill *s, uint32_t v)
{
	const struct op *op = ir_op(s->f, (struct ref){ v });

	return op->code == IR_PHI && op->has_imm;
}

/* The slot of its old value, or of its only one. */
static uint32_t
slot_on_edge(struct spill *s, uint32_t v)
{
	uint32_t i;

	for (i = 0; i < s->saved.n; i++)
		if (s->saved.v[i].v == v)
			return s->saved.v[i].slot;
	return slot_of(s, v);
}

/* Bring the value `v` back at the end of the edge's predecessor; a value that
 * is made again gets a new name. */
static uint32_t
edge_reload(struct spill *s, const struct edge *e, uint32_t v)
{
	struct op op = *ir_op(s->f, (struct ref){ v });
	struct ref again;

	if (ir_is_remat(&op)) {
		again = ir_make(s->f, op);
		put(s, e->bs, again);
		return again.id;
	}
	s->stored[v] = s->reloads = true;
	put_reload(s, e->bs, v, slot_on_edge(s, v), e->span);
	return v;
}

static bool
is_phi_of(const struct func *f, const struct blk *b, uint32_t v)
{
	uint32_t i;

	for (i = 0; i < b->ops.n; i++) {
		if (ir_op(f, b->ops.v[i])->code != IR_PHI)
			break;
		if (b->ops.v[i].id == v)
			return true;
	}
	return false;
}

/* Phis in memory whose old value another phi of the block still needs (and no
 * register has): keep a copy, their slots are about to be overwritten. */
static void
save_old_phis(struct spill *s, const struct edge *e)
{
	uint32_t i;

	for (i = 0; i < e->to->ops.n; i++) {
		struct ref r = e->to->ops.v[i];
		const struct op *op = ir_op(s->f, r);
		uint32_t a;

		if (op->code != IR_PHI)
			break;
		a = op->phi[e->at].id;
		if (a == r.id || !in_memory(s, a) ||
		    slot_on_edge(s, a) != slot_of(s, a) ||
		    !is_phi_of(s->f, e->to, a) || holds(s, &e->from->out, a))
			continue;
		put_reload(s, e->bs, a, slot_of(s, a), e->span);
		put_spill(s, e->bs, a, s->f->nslots, e->span);
		*vec_push(s->tmp, &s->saved) =
			(struct saved){ a, s->f->nslots++ };
	}
}

static void
store_phi(struct spill *s, const struct edge *e, struct ref r)
{
	struct ref a = ir_op(s->f, r)->phi[e->at];

	if (a.id == r.id)
		return;
	if (!holds(s, &e->from->out, a.id)) {
		a.id = edge_reload(s, e, a.id);
		ir_op(s->f, r)->phi[e->at] = a;
	}
	put_spill(s, e->bs, a.id, slot_of(s, r.id), e->span);
}

static bool
is_loaded(const struct spill *s, uint32_t v)
{
	uint32_t i = 0;

	while (i < s->loaded.n && s->loaded.v[i] != v)
		i++;
	return i < s->loaded.n;
}

/* The argument of a phi in a register. */
static void
load_phi(struct spill *s, const struct edge *e, struct ref r)
{
	uint32_t v = ir_op(s->f, r)->phi[e->at].id, again;

	if (holds(s, &e->from->out, v) || is_loaded(s, v))
		return;
	again = edge_reload(s, e, v);
	if (again == v)
		*vec_push(s->tmp, &s->loaded) = v;
	ir_op(s->f, r)->phi[e->at].id = again;
}

static void
fix_edge(struct spill *s, const struct edge *e)
{
	const struct held *in = &s->blk[e->to->rpo].in;
	uint32_t i, pass;

	save_old_phis(s, e);
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < e->to->ops.n; i++) {
			struct ref r = e->to->ops.v[i];

			if (ir_op(s->f, r)->code != IR_PHI)
				break;
			if (!pass && in_memory(s, r.id))
				store_phi(s, e, r);
			else if (pass && holds(s, in, r.id))
				load_phi(s, e, r);
		}
	for (i = 0; i < in->n; i++) {
		uint32_t v = s->held.v[in->first + i];

		if (!holds(s, &e->from->out, v) && !is_loaded(s, v) &&
		    !is_phi_of(s->f, e->to, v))
			edge_reload(s, e, v);
	}
}

/* What is done on an edge out of a branch is done in a block of its own. */
static void
make_way(struct spill *s, struct blk *from, struct blk *to,
	 const struct blk_spill *way)
{
	struct blk *mid;
	uint32_t i;

	if (!way->edge.n)
		return;
	mid = ir_split_edge(s->f, from, to);
	for (i = 0; i < way->edge.n; i++)
		ir_insert(s->f, mid, i, way->edge.v[i]);
}

static void
fix_edges_into(struct spill *s, struct blk *to)
{
	uint32_t i;

	for (i = 0; i < to->preds.n; i++) {
		struct blk *from = to->preds.v[i];
		struct blk_spill *bs = &s->blk[from->rpo], way = { 0 };
		struct ref end = s->ops.v[bs->first + bs->n - 1];
		struct edge e = { to, bs, from->succ[1] ? &way : bs, i,
				  ir_op(s->f, end)->span };

		s->loaded.n = s->saved.n = 0;
		fix_edge(s, &e);
		make_way(s, from, to, &way);
	}
}

/* ---- the new lists of ops ---- */

static bool
is_given(enum ir_opcode code)
{
	return code == IR_PHI || code == IR_CTX || code == IR_PARAM;
}

static void
store_value(struct spill *s, struct ref r)
{
	if (r.id < s->nvalues && s->stored[r.id] && !in_memory(s, r.id))
		put_spill(s, NULL, r.id, slot_of(s, r.id),
			  ir_op(s->f, r)->span);
}

/* The new list of a block, at the end of all: values that are ever reloaded go
 * to their slot where they are made; those a block starts with, after all of
 * them. */
static void
store_values(struct spill *s, const struct blk_spill *bs)
{
	uint32_t i, first = 0;

	for (; first < bs->n; first++) {
		struct ref r = s->ops.v[bs->first + first];

		if (!is_given(ir_op(s->f, r)->code))
			break;
		put(s, NULL, r);
	}
	for (i = 0; i < first; i++)
		store_value(s, s->ops.v[bs->first + i]);
	for (; i + 1 < bs->n; i++) {
		put(s, NULL, s->ops.v[bs->first + i]);
		store_value(s, s->ops.v[bs->first + i]);
	}
	for (i = 0; i < bs->edge.n; i++) {
		put(s, NULL, bs->edge.v[i]);
		store_value(s, bs->edge.v[i]);
	}
	put(s, NULL, s->ops.v[bs->first + bs->n - 1]);
}

static void
replace_ops(struct spill *s, struct blk *b, const struct blk_spill *bs)
{
	uint32_t end = s->ops.n;

	if (!s->reloads && !bs->edge.n) {
		ir_set_ops(s->f, b, s->ops.v + bs->first, bs->n);
		return;
	}
	store_values(s, bs);
	ir_set_ops(s->f, b, s->ops.v + end, s->ops.n - end);
	s->ops.n = end;
}

static void
spill_func(struct func *f, struct facts *k)
{
	struct arena tmp = { .lender = f->arena };
	struct spill s = { .f = f, .w = { .f = f, .tmp = &tmp }, .tmp = &tmp };
	uint32_t i, n;

	f->nslots = 0;
	/* A far slot is written through a register of its own. */
	s.max = f->far.size ? PRESSURE - 1 : PRESSURE;
	ir_prepare(f);
	if (f->far.size) {
		ir_find_facts(k);
		ir_find_unknown(k);
	}
	s.w.notes = true;
	s.w.slots = true;
	ir_flow(&s.w);
	s.nvalues = f->ops.n;
	n = f->blks.n;
	s.blk = arena_alloc(&tmp, n * sizeof(*s.blk));
	s.stored = arena_alloc(&tmp, s.nvalues * sizeof(*s.stored));
	s.slot = arena_alloc(&tmp, s.nvalues * sizeof(*s.slot));
	s.seen = arena_alloc(&tmp, s.nvalues * sizeof(*s.seen));
	for (i = 0; i < n; i++)
		spill_blk(&s, f->blks.v[i]);
	for (i = 0; i < n; i++)
		if (is_meeting(f, f->blks.v[i]))
			fix_edges_into(&s, f->blks.v[i]);
	for (i = 0; i < n; i++)
		replace_ops(&s, f->blks.v[i], &s.blk[i]);
	ir_rpo(f);
	arena_free(&tmp);
}

/*
 * Needs: selected ops, placed objects. Leaves every point with at most nine
 * values in registers, four across calls.
 * Breaks: dominators.
 */
bool
ir_spill(struct prog *p)
{
	bool ok = true;
	uint32_t i;

	for (i = 0; i < p->funcs.n; i++) {
		struct arena tmp = { .lender = p->arena };
		struct facts k = { .f = p->funcs.v[i], .tmp = &tmp };

		k.counted = p->without & 1u << FEAT_LOOP;
		spill_func(k.f, &k);
		ok &= ir_color_slots(p, k.f, &k);
		arena_free(&tmp);
	}
	return ok;
}
