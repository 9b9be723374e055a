/* SPDX-License-Identifier: MIT */
/*
 * Variables to SSA while code is written, after Braun et al., "Simple and
 * Efficient Construction of Static Single Assignment Form" (CC 2013): phis
 * where a sealed block has several predecessors, phis in waiting where it is
 * not sealed, and trivial phis removed at once. A block whose predecessors were
 * all there when it was entered has the values of its dominator, except for
 * what was written in between; structured code is filled in such an order that
 * the time of the writes tells.
 */
#include <string.h>

#include "internal.h"

/* Of a block whose predecessors are being read: no value yet. */
#define PENDING ((struct ref){ UINT32_MAX })

struct incomplete {
	struct ref phi;
	uint32_t slot;
};

struct waiting { /* blk->waiting: for the block to be sealed */
	VEC(struct incomplete) phis;
};

static struct when *
when_of(struct func *f, const struct blk *b)
{
	while (f->builder->when.n <= b->id)
		vec_push(f->arena, &f->builder->when);
	return &f->builder->when.v[b->id];
}

/* The place in the table where the value of `slot` at the end of `b` is, or
 * where it would go. */
static struct def *
find_def(const struct def_table *t, const struct blk *b, uint32_t slot)
{
	uint32_t h = (b->id * 0x9e3779b1u ^ slot) * 0x85ebca6bu;
	uint32_t i = (h ^ h >> 15) & (t->size - 1);

	while (t->v[i].value.id &&
	       (t->v[i].blk != b->id || t->v[i].slot != slot))
		i = (i + 1) & (t->size - 1);
	return &t->v[i];
}

/* At most half full. */
static void
grow_defs(struct func *f, struct def_table *t)
{
	struct def_table old = *t;
	uint32_t i;

	t->size = old.size ? old.size * 2 : 32;
	t->v = arena_alloc(f->arena, t->size * sizeof(*t->v));
	for (i = 0; i < old.size; i++) {
		const struct def *d = &old.v[i];

		if (d->value.id)
			*find_def(t, &(struct blk){ .id = d->blk }, d->slot) =
				*d;
	}
}

static void
set_def(struct func *f, struct blk *b, uint32_t slot, struct ref v)
{
	struct def_table *t = &f->builder->defs;
	struct def *d;

	if (t->n * 2 >= t->size)
		grow_defs(f, t);
	d = find_def(t, b, slot);
	t->n += !d->value.id;
	*d = (struct def){ b->id, slot, v };
}

static struct ref
get_def(struct func *f, struct blk *b, uint32_t slot)
{
	const struct def_table *t = &f->builder->defs;

	struct ref r;

	if (!t->n)
		return REF_NONE;
	r = find_def(t, b, slot)->value;
	return r.id == PENDING.id ? r : ir_resolve(f, r);
}

static struct ref
new_phi(struct func *f, struct blk *b, uint32_t slot)
{
	struct ref r = ir_new_op(f, (struct op){ .code = IR_PHI });

	ir_insert(f, b, 0, r);
	ir_add_phi(f, r)->blk = b;
	set_def(f, b, slot, r);
	return r;
}

/* The value of a variable that was never written. */
static struct ref
zero(struct func *f)
{
	return ir_append_front(f, f->blks.v[0],
			       (struct op){ .code = IR_CONST });
}

static void
replace_in(struct op *op, uint32_t nphi, struct ref old, struct ref new)
{
	uint32_t i;

	for (i = 0; i < ir_ref_args(op); i++)
		if (op->arg[i].id == old.id)
			op->arg[i] = new;
	for (i = 0; op->phi && i < nphi; i++)
		if (op->phi[i].id == old.id)
			op->phi[i] = new;
}

static uint32_t
phi_args(struct func *f, struct ref r)
{
	const struct op *op = ir_op(f, r);

	return op->code == IR_PHI ? ir_phi_info(f, r)->blk->preds.n : 0;
}

/* The only value that is merged by `phi` beside itself, or REF_NONE. */
static struct ref
only_arg(struct func *f, struct ref phi)
{
	uint32_t i, n = phi_args(f, phi);
	struct ref same = REF_NONE;

	for (i = 0; i < n; i++) {
		struct ref a = ir_resolve(f, ir_op(f, phi)->phi[i]);

		if (a.id == phi.id || a.id == same.id)
			continue;
		if (same.id)
			return REF_NONE;
		same = a;
	}
	return same.id ? same : zero(f);
}

/* A phi of one value is that value; its readers may become trivial too. */
static struct ref
simplify_phi(struct func *f, struct ref phi)
{
	struct ref same = only_arg(f, phi);
	struct use *u;

	if (!same.id)
		return phi;
	u = ir_phi_info(f, phi)->uses;
	ir_unlink(ir_phi_info(f, phi)->blk, phi);
	*ir_op(f, phi) = (struct op){ .reg = -1, .arg = { same } };
	for (struct use *x = u; x; x = x->next) {
		if (x->user.id == phi.id)
			continue;
		replace_in(ir_op(f, x->user), phi_args(f, x->user), phi, same);
		ir_note_use(f, same, x->user);
	}
	for (; u; u = u->next) {
		const struct op *op = ir_op(f, u->user);

		if (op->code == IR_PHI && op->phi)
			simplify_phi(f, u->user);
	}
	return ir_resolve(f, same);
}

static struct ref read_var(struct func *f, struct blk *b, uint32_t slot);

/* What reaches `b` from each predecessor; called names by then settled. */
static void
read_preds(struct func *f, const struct blk *b, uint32_t slot, struct ref *args)
{
	uint32_t i;

	for (i = 0; i < b->preds.n; i++)
		args[i] = read_var(f, b->preds.v[i], slot);
	for (i = 0; i < b->preds.n; i++)
		args[i] = ir_resolve(f, args[i]);
}

static struct ref
fill_phi(struct func *f, struct blk *b, struct ref phi, const struct ref *args)
{
	size_t size = b->preds.n * sizeof(*args);
	struct ref *own = arena_alloc(f->arena, size + sizeof(*own));
	uint32_t i;

	memcpy(own, args, size);
	for (i = 0; i < b->preds.n; i++)
		ir_note_use(f, args[i], phi);
	ir_op(f, phi)->phi = own;
	return simplify_phi(f, phi);
}

static bool
all_equal(const struct ref *args, uint32_t n)
{
	uint32_t i;

	for (i = 1; i < n; i++)
		if (args[i].id != args[0].id)
			return false;
	return true;
}

/* A phi is made only where the predecessors differ, or where one of them is
 * behind the block itself (then read_var() has made it). */
static struct ref
merge_preds(struct func *f, struct blk *b, uint32_t slot)
{
	enum { FEW = 8 };
	struct ref few[FEW], *args = few, phi;

	if (b->preds.n > FEW)
		args = arena_alloc(f->arena, b->preds.n * sizeof(*args));
	set_def(f, b, slot, PENDING);
	read_preds(f, b, slot, args);
	phi = get_def(f, b, slot);
	if (phi.id == PENDING.id) {
		if (all_equal(args, b->preds.n))
			return args[0];
		phi = new_phi(f, b, slot);
	}
	return fill_phi(f, b, phi, args);
}

/* The value at the end of `b`, which has no definition of its own. */
static struct ref
read_merge(struct func *f, struct blk *b, uint32_t slot)
{
	struct ref r;

	if (!b->sealed) {
		r = new_phi(f, b, slot);
		if (!b->waiting)
			b->waiting = arena_alloc(f->arena, sizeof(*b->waiting));
		*vec_push(f->arena, &b->waiting->phis) =
			(struct incomplete){ r, slot };
		return r;
	}
	r = b->preds.n ? merge_preds(f, b, slot) : zero(f);
	set_def(f, b, slot, r);
	return r;
}

/*
 * The block whose value of `slot` is that of `at`, where the table has none:
 * the only predecessor, or the dominator if nothing was written since it was
 * left. NULL: the predecessors have to be merged.
 */
static struct blk *
step_back(const struct func *f, const struct blk *at, const struct write *w)
{
	const struct when *t = &f->builder->when.v[at->id];

	if (!at->sealed)
		return NULL;
	if (at->preds.n == 1)
		return at->preds.v[0];
	if (!at->idom)
		return NULL;
	while (w && w->time > t->entered)
		w = w->before;
	if (w && w->time > f->builder->when.v[at->idom->id].left)
		return NULL;
	return at->idom;
}

/* Straight lines without recursion: scripts are long. Of the blocks on the
 * way, only some are looked up in the table, and these keep what was found. */
static struct ref
read_var(struct func *f, struct blk *b, uint32_t slot)
{
	enum { STRIDE = 8, KEEP = 32 };
	const struct when *when = when_of(f, b) - b->id;
	const struct write *w =
		slot < f->builder->writes.n ? f->builder->writes.v[slot] : NULL;
	struct blk *keep[KEEP], *at = b, *to;
	struct ref r = REF_NONE;
	uint32_t n = 0;

	for (;; at = to) {
		const struct when *t = &when[at->id];
		bool mark = at == b || t->depth % STRIDE == 0;

		while (w && t->left && w->time > t->left)
			w = w->before;
		to = step_back(f, at, w);
		if (mark || !to || (w && w->time > t->entered))
			r = get_def(f, at, slot);
		if (r.id || !to)
			break;
		if (mark && n < KEEP)
			keep[n++] = at;
	}
	if (!r.id)
		r = read_merge(f, at, slot);
	else if (r.id == PENDING.id)
		r = new_phi(f, at, slot);
	while (n)
		set_def(f, keep[--n], slot, r);
	return r;
}

/* ---- the order in which blocks are filled ---- */

/* Of two blocks that are being or have been filled; NULL: not known, one is
 * behind a block that was entered before all its predecessors were there. */
static struct blk *
common_dom(struct func *f, struct blk *a, struct blk *b)
{
	while (a && b && a != b) {
		if (when_of(f, a)->depth >= when_of(f, b)->depth)
			a = a->idom;
		else
			b = b->idom;
	}
	return a && b ? a : NULL;
}

void
ir_note_entered(struct func *f, struct blk *b)
{
	struct blk *dom;
	uint32_t i;

	if (!f->builder || when_of(f, b)->entered)
		return;
	when_of(f, b)->entered = ++f->builder->clock;
	if (!b->sealed || !b->preds.n)
		return;
	dom = b->preds.v[0];
	for (i = 1; dom && i < b->preds.n; i++)
		dom = common_dom(f, dom, b->preds.v[i]);
	b->idom = dom;
	if (dom)
		when_of(f, b)->depth = when_of(f, dom)->depth + 1;
}

void
ir_note_left(struct func *f, struct blk *b)
{
	if (f->builder)
		when_of(f, b)->left = ++f->builder->clock;
}

static void
note_write(struct func *f, const struct blk *b, uint32_t slot)
{
	struct builder *bu = f->builder;
	struct write *w;

	while (bu->writes.n <= slot)
		vec_push(f->arena, &bu->writes);
	w = bu->writes.v[slot];
	if (w && w->time > when_of(f, b)->entered)
		return;
	w = arena_alloc(f->arena, sizeof(*w));
	*w = (struct write){ ++bu->clock, bu->writes.v[slot] };
	bu->writes.v[slot] = w;
}

void
ir_seal(struct lower *l, struct blk *b)
{
	uint32_t i;

	assert(!b->sealed);
	for (i = 0; b->waiting && i < b->waiting->phis.n; i++) {
		struct incomplete w = b->waiting->phis.v[i];
		struct ref *args = arena_alloc(
			l->f->arena, (b->preds.n + 1) * sizeof(*args));

		read_preds(l->f, b, w.slot, args);
		fill_phi(l->f, b, w.phi, args);
	}
	b->sealed = true;
}

uint32_t
ir_slot(struct lower *l)
{
	return l->nslots++;
}

void
ir_slot_set(struct lower *l, uint32_t slot, struct ref v)
{
	if (!l->cur)
		return;
	note_write(l->f, l->cur, slot);
	set_def(l->f, l->cur, slot, ir_resolve(l->f, v));
}

struct ref
ir_slot_get(struct lower *l, uint32_t slot)
{
	return l->cur ? read_var(l->f, l->cur, slot) : REF_NONE;
}
