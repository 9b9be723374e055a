/* SPDX-License-Identifier: MIT */
/*
 * What nobody needs goes: ops whose result is not read and that do nothing
 * else, stores into objects that are never read, blocks that only jump, and
 * the borders between blocks that always follow each other.
 */
#include "internal.h"

struct dce {
	struct func *f;
	struct arena tmp;
	uint32_t *object; /* by ref id: 1 + object it points into */
	bool *is_read;    /* by object: some op may read it */
	bool *needed;     /* by ref id */
	bool *has_reader; /* by ref id: some op in a block reads it */
	VEC(struct late { /* what it reads is known when all ops were seen */
			  const struct blk *blk;
			  struct ref op;
	})
	late;
};

/* ---- objects that are only written ---- */

/* Helpers that only write to the memory behind their first argument. */
static bool
only_writes(const struct op *call)
{
	switch (call->index) {
	case HELPER_get_current_comm:
	case HELPER_probe_read:
	case HELPER_probe_read_str:
	case HELPER_probe_read_user:
	case HELPER_probe_read_kernel:
	case HELPER_probe_read_user_str:
	case HELPER_probe_read_kernel_str:
		return true;
	default:
		return false;
	}
}

/* Does argument 0 of the op merely say where to write? */
static bool
is_target(const struct dce *d, struct ref r)
{
	const struct op *op = ir_op(d->f, r);

	if (op->code == IR_CALL)
		return only_writes(op) && !d->has_reader[r.id];
	return op->code == IR_STORE || op->code == IR_XADD;
}

static void
note_phi(struct dce *d, const struct blk *b, struct ref r)
{
	const struct op *op = ir_op(d->f, r);
	uint32_t i;

	for (i = 0; i < b->preds.n; i++)
		d->has_reader[op->phi[i].id] = true;
	*vec_push(&d->tmp, &d->late) = (struct late){ b, r };
}

static void
note_op(struct dce *d, const struct blk *b, struct ref r)
{
	const struct op *op = ir_op(d->f, r);
	unsigned i, n = ir_ref_args(op);

	if (op->code == IR_OBJ)
		d->object[r.id] = op->index + 1;
	else if (op->code == IR_ADD)
		d->object[r.id] = d->object[op->arg[0].id];
	else if (op->code == IR_PHI)
		note_phi(d, b, r);
	for (i = 0; i < n; i++) {
		uint32_t o = d->object[op->arg[i].id];

		d->has_reader[op->arg[i].id] = true;
		if (!o || o == d->object[r.id])
			continue;
		if (!i && op->code == IR_CALL && only_writes(op))
			*vec_push(&d->tmp, &d->late) = (struct late){ b, r };
		else if (i || !is_target(d, r))
			d->is_read[o - 1] = true;
	}
}

static void
note_late(struct dce *d, const struct late *l)
{
	const struct op *op = ir_op(d->f, l->op);
	uint32_t i;

	if (op->code == IR_CALL && d->has_reader[l->op.id])
		d->is_read[d->object[op->arg[0].id] - 1] = true;
	for (i = 0; op->code == IR_PHI && i < l->blk->preds.n; i++)
		if (d->object[op->phi[i].id])
			d->is_read[d->object[op->phi[i].id] - 1] = true;
}

/* Needs rpo: the op that makes an address comes before those that use it. */
static void
find_reads(struct dce *d)
{
	const struct func *f = d->f;
	uint32_t i, k;

	for (i = 0; i < f->objs.n; i++)
		d->is_read[i] = f->objs.v[i].pinned;
	for (i = 0; i < f->blks.n; i++)
		for (k = 0; k < f->blks.v[i]->ops.n; k++)
			note_op(d, f->blks.v[i], f->blks.v[i]->ops.v[k]);
	for (i = 0; i < d->late.n; i++)
		note_late(d, &d->late.v[i]);
}

/* ---- dead ops ---- */

/* Must it stay even when its result is not read? */
static bool
has_effect(const struct dce *d, struct ref r)
{
	const struct op *op = ir_op(d->f, r);
	uint32_t o;

	if (ir_ops[op->code].flags & F_P || op->code == IR_LOAD ||
	    op->code == IR_RELOAD)
		return false;
	o = op->nargs ? d->object[op->arg[0].id] : 0;
	if (o && is_target(d, r))
		return d->is_read[o - 1];
	return op->code != IR_CALL || ir_helpers[op->index].flags & HS;
}

/* A phi's arguments; true when one may be made behind it, where the walk has
 * been. */
static bool
need_phi(struct dce *d, const struct blk *b, const struct op *phi)
{
	bool again = false;
	uint32_t i;

	for (i = 0; i < b->preds.n; i++) {
		again |= !d->needed[phi->phi[i].id] &&
			 b->preds.v[i]->rpo >= b->rpo;
		d->needed[phi->phi[i].id] = true;
	}
	return again;
}

/* From the last op to the first: who needs a value comes behind it, unless it
 * is a phi to which a way leads back. */
static bool
mark_blk(struct dce *d, const struct blk *b)
{
	bool again = false;
	uint32_t i, k;

	for (i = b->ops.n; i-- > 0;) {
		struct ref r = b->ops.v[i];
		const struct op *op = ir_op(d->f, r);

		if (!d->needed[r.id] && !has_effect(d, r))
			continue;
		d->needed[r.id] = true;
		for (k = 0; k < ir_ref_args(op); k++)
			d->needed[op->arg[k].id] = true;
		if (op->code == IR_PHI)
			again |= need_phi(d, b, op);
	}
	return again;
}

static void
mark(struct dce *d)
{
	bool again = true;
	uint32_t i;

	while (again) {
		again = false;
		for (i = d->f->blks.n; i-- > 0;)
			again |= mark_blk(d, d->f->blks.v[i]);
	}
}

static void
sweep(struct dce *d)
{
	uint32_t i, k;

	for (i = 0; i < d->f->blks.n; i++) {
		struct blk *b = d->f->blks.v[i];
		uint32_t n = 0;

		for (k = 0; k < b->ops.n; k++)
			if (d->needed[b->ops.v[k].id])
				b->ops.v[n++] = b->ops.v[k];
		b->ops.n = n;
	}
}

static void
drop_dead_ops(struct func *f)
{
	struct dce d = { .f = f, .tmp.lender = f->arena };

	d.object = arena_alloc(&d.tmp, f->ops.n * sizeof(*d.object));
	d.is_read = arena_alloc(&d.tmp, f->objs.n + 1);
	d.needed = arena_alloc(&d.tmp, f->ops.n);
	d.has_reader = arena_alloc(&d.tmp, f->ops.n);
	if (f->objs.n)
		find_reads(&d);
	mark(&d);
	sweep(&d);
	arena_free(&d.tmp);
}

/* ---- blocks that only jump ---- */

static uint32_t
pred_at(const struct blk *b, const struct blk *pred)
{
	uint32_t i = 0;

	while (i < b->preds.n && b->preds.v[i] != pred)
		i++;
	return i;
}

static bool
only_jumps(const struct func *f, const struct blk *b)
{
	return b->ops.n == 1 && ir_op(f, b->ops.v[0])->code == IR_JMP &&
	       b != f->blks.v[0] && b->succ[0] != b;
}

/* Do the phis of `b` take the same from both predecessors? */
static bool
same_from(const struct func *f, const struct blk *b, uint32_t x, uint32_t y)
{
	uint32_t i;

	for (i = 0; i < b->ops.n; i++) {
		const struct op *op = ir_op(f, b->ops.v[i]);

		if (op->code != IR_PHI)
			break;
		if (op->phi[x].id != op->phi[y].id)
			return false;
	}
	return true;
}

/* Another predecessor of `b`, whose phis take from it what they take from
 * predecessor `like`. */
static void
add_pred(struct func *f, struct blk *b, struct blk *pred, uint32_t like)
{
	uint32_t i, k, n = b->preds.n;

	*vec_push(f->arena, &b->preds) = pred;
	for (i = 0; i < b->ops.n; i++) {
		struct op *op = ir_op(f, b->ops.v[i]);
		struct ref *args;

		if (op->code != IR_PHI)
			break;
		args = arena_alloc(f->arena, (n + 1) * sizeof(*args));
		for (k = 0; k < n; k++)
			args[k] = op->phi[k];
		args[n] = op->phi[like];
		op->phi = args;
	}
}

/* Both ways of a branch lead to one place. */
static void
branch_to_jump(struct func *f, struct blk *b)
{
	struct op *op = ir_end(f, b);

	op->code = IR_JMP;
	op->nargs = 0;
	op->has_imm = false;
	op->cond = 0;
	op->width = 8;
	op->imm = 0;
	op->arg[0] = op->arg[1] = REF_NONE;
	b->succ[1] = NULL;
	f->ordered = false;
}

/* Lead `pred` past the empty block `b`; false where that cannot be. `*fewer`
 * tells that a branch went, and with it perhaps what it compared. */
static bool
thread_pred(struct func *f, struct blk *b, struct blk *pred, bool *fewer)
{
	struct blk *to = b->succ[0];
	unsigned side = pred->succ[0] != b;
	uint32_t like = pred_at(to, b), also = pred_at(to, pred);

	if (also < to->preds.n && !same_from(f, to, like, also))
		return false;
	ir_drop_pred(f, b, pred);
	if (also == to->preds.n) {
		pred->succ[side] = to;
		add_pred(f, to, pred, like);
	} else {
		pred->succ[0] = to;
		branch_to_jump(f, pred);
		*fewer = true;
	}
	return true;
}

static bool
thread_blk(struct func *f, struct blk *b, bool *fewer)
{
	bool changed = false;
	uint32_t i;

	if (!only_jumps(f, b))
		return false;
	for (i = 0; i < b->preds.n;) {
		if (thread_pred(f, b, b->preds.v[i], fewer))
			changed = true;
		else
			i++;
	}
	return changed;
}

/* ---- blocks that follow each other ---- */

static bool
always_next(const struct func *f, const struct blk *b)
{
	const struct blk *next = b->succ[0];

	return next && !b->succ[1] && next != b && next->preds.n == 1 &&
	       next != f->blks.v[0];
}

/* By ref id, if there are any: what they are now. */
struct merged {
	struct arena tmp;
	struct ref *to;
};

static void
note_merged(const struct func *f, struct merged *m, struct ref phi,
	    struct ref by)
{
	if (!m->to)
		m->to = arena_alloc(&m->tmp, f->ops.n * sizeof(*m->to));
	m->to[phi.id] = by;
}

/* A phi of a block with one predecessor: what it merges replaces it. */
static void
merge_ops(struct func *f, struct blk *b, struct blk *next, struct merged *m)
{
	uint32_t i;

	b->ops.n--; /* the jump */
	for (i = 0; i < next->ops.n; i++) {
		const struct op *op = ir_op(f, next->ops.v[i]);

		if (op->code == IR_PHI)
			note_merged(f, m, next->ops.v[i], op->phi[0]);
		else
			*vec_push(f->arena, &b->ops) = next->ops.v[i];
	}
	next->ops.n = 0;
}

static void
merge_next(struct func *f, struct blk *b, struct merged *m)
{
	struct blk *next = b->succ[0];
	unsigned i;

	merge_ops(f, b, next, m);
	for (i = 0; i < 2; i++) {
		b->succ[i] = next->succ[i];
		next->succ[i] = NULL;
		if (b->succ[i])
			b->succ[i]->preds.v[pred_at(b->succ[i], next)] = b;
	}
	next->preds.n = 0;
	f->ordered = false;
}

static void
merge_blks(struct func *f)
{
	struct merged m = { .tmp.lender = f->arena };
	uint32_t i;

	for (i = 0; i < f->blks.n; i++)
		while (f->blks.v[i]->ops.n && always_next(f, f->blks.v[i]))
			merge_next(f, f->blks.v[i], &m);
	ir_rpo(f);
	if (m.to)
		ir_replace(f, m.to);
	arena_free(&m.tmp);
}

static void
dce_func(struct func *f)
{
	bool changed = true, fewer = true;
	uint32_t i, round;

	ir_rpo(f);
	for (round = 0; changed; round++) {
		if (fewer)
			drop_dead_ops(f);
		changed = fewer = false;
		for (i = 0; i < f->blks.n; i++)
			changed |= thread_blk(f, f->blks.v[i], &fewer);
		if (changed || !round) {
			ir_rpo(f);
			merge_blks(f);
		}
	}
}

/* Needs: SSA. Leaves: rpo. Breaks: dominators. */
bool
ir_dce(struct prog *p)
{
	uint32_t i;

	for (i = 0; i < p->funcs.n; i++)
		dce_func(p->funcs.v[i]);
	return true;
}
