/* SPDX-License-Identifier: MIT */
/*
 * The shape that spilling and assignment rely on: an edge out of a branch
 * never enters a block with phis (what they read has a place to be made in;
 * other edges get one where they turn out to need it: a half of all blocks
 * would be such that stay empty), context and parameters stand first in the
 * entry block, and what is cheaper made again than kept (constants, map
 * references, frame addresses) is made in the block that uses it, after the
 * last call.
 */
#include "alloc.h"

struct ref
ir_make(struct func *f, struct op op)
{
	op.reg = -1;
	memset(op.areg, -1, sizeof(op.areg));
	return ir_push_op(f, &op);
}

uint32_t
ir_pred_index(const struct blk *b, const struct blk *pred)
{
	uint32_t i = 0;

	while (b->preds.v[i] != pred)
		i++;
	assert(i < b->preds.n);
	return i;
}

static bool
starts_with_phi(const struct func *f, const struct blk *b)
{
	return b->ops.n && ir_op(f, b->ops.v[0])->code == IR_PHI;
}

/* ---- edges ---- */

struct blk *
ir_split_edge(struct func *f, struct blk *from, struct blk *to)
{
	struct blk *mid = ir_new_blk(f);
	uint32_t at = ir_pred_index(to, from);
	struct op jmp = { .code = IR_JMP, .width = 8 };

	jmp.span = ir_end(f, from)->span;
	mid->sealed = true;
	mid->cold = to->cold || from->cold;
	mid->succ[0] = to;
	*vec_push(f->arena, &mid->preds) = from;
	*vec_push(f->arena, &mid->ops) = ir_make(f, jmp);
	from->succ[from->succ[0] != to] = mid;
	to->preds.v[at] = mid;
	return mid;
}

static void
split_edges(struct func *f)
{
	uint32_t i, n = f->blks.n;

	for (i = 0; i < n; i++) {
		struct blk *b = f->blks.v[i];
		unsigned side;

		if (!b->succ[0] || !b->succ[1])
			continue;
		for (side = 0; side < 2; side++)
			if (starts_with_phi(f, b->succ[side]))
				ir_split_edge(f, b, b->succ[side]);
	}
}

/* ---- context and parameters ---- */

static void
rename_args(const struct blk *b, struct op *op, const struct ref *to)
{
	uint32_t i;

	for (i = 0; i < op->nargs; i++)
		if (to[op->arg[i].id].id)
			op->arg[i] = to[op->arg[i].id];
	for (i = 0; op->code == IR_PHI && i < b->preds.n; i++)
		if (to[op->phi[i].id].id)
			op->phi[i] = to[op->phi[i].id];
}

/* Take CTX and PARAM ops out of all blocks; to[] names one of a kind. True when
 * there were several. */
static bool
collect_givens(struct func *f, struct ref *first, struct ref *to)
{
	bool several = false;
	uint32_t i, k;

	for (i = 0; i < f->blks.n; i++) {
		struct blk *b = f->blks.v[i];
		uint32_t n = 0;

		for (k = 0; k < b->ops.n; k++) {
			struct ref r = b->ops.v[k];
			const struct op *op = ir_op(f, r);
			unsigned which = op->code == IR_CTX ? 0 : op->imm;

			if (op->code != IR_CTX && op->code != IR_PARAM) {
				b->ops.v[n++] = r;
				continue;
			}
			if (!first[which].id)
				first[which] = r;
			else
				several = true;
			to[r.id] = first[which];
		}
		b->ops.n = n;
	}
	return several;
}

static void
insert_front(struct func *f, struct blk *b, struct ref r)
{
	uint32_t i;

	vec_push(f->arena, &b->ops);
	for (i = b->ops.n - 1; i > 0; i--)
		b->ops.v[i] = b->ops.v[i - 1];
	b->ops.v[0] = r;
}

static void
hoist_givens(struct func *f, struct arena *tmp)
{
	struct ref *to = arena_alloc(tmp, f->ops.n * sizeof(*to));
	struct ref first[5] = { 0 };
	bool several = collect_givens(f, first, to);
	uint32_t i, k;

	for (i = 5; i-- > 0;)
		if (first[i].id)
			insert_front(f, f->blks.v[0], first[i]);
	for (i = 0; several && i < f->blks.n; i++)
		for (k = 0; k < f->blks.v[i]->ops.n; k++)
			rename_args(f->blks.v[i],
				    ir_op(f, f->blks.v[i]->ops.v[k]), to);
}

/* ---- what is made again ---- */

struct remat {
	struct func *f;
	struct blk *b;
	struct arena *tmp;
	VEC(struct ref) out;
	struct ref *here; /* per value: its copy in this block */
	uint32_t *stamp;  /* when it was made */
	uint32_t now;     /* counts blocks and calls */
};

static struct ref
make_again(struct remat *m, struct ref v, struct span span, bool fresh)
{
	struct op op;
	struct ref r;

	if (!fresh && m->stamp[v.id] == m->now)
		return m->here[v.id];
	op = *ir_op(m->f, v);
	op.span = span;
	r = ir_make(m->f, op);
	*vec_push(m->tmp, &m->out) = r;
	if (!fresh) {
		m->here[v.id] = r;
		m->stamp[v.id] = m->now;
	}
	return r;
}

static void
remat_args(struct remat *m, struct ref r)
{
	bool call = ir_op(m->f, r)->code == IR_CALL;
	unsigned i, n = ir_op(m->f, r)->nargs;

	for (i = 0; i < n; i++) {
		const struct op *op = ir_op(m->f, r);
		struct ref a = op->arg[i], again;

		if (!ir_in_reg(m->f, op, i) || !ir_is_remat(ir_op(m->f, a)))
			continue;
		again = make_again(m, a, op->span, call);
		ir_op(m->f, r)->arg[i] = again;
	}
}

/* Phis of the successor: their arguments are made at this block's end. */
static void
remat_phis(struct remat *m)
{
	struct blk *to = m->b->succ[0];
	uint32_t k, at;

	if (!to || !starts_with_phi(m->f, to))
		return;
	at = ir_pred_index(to, m->b);
	for (k = 0; k < to->ops.n; k++) {
		struct op *phi = ir_op(m->f, to->ops.v[k]);
		struct ref again;

		if (phi->code != IR_PHI)
			break;
		if (!ir_is_remat(ir_op(m->f, phi->phi[at])))
			continue;
		again = make_again(m, phi->phi[at], ir_end(m->f, m->b)->span,
				   true);
		ir_op(m->f, to->ops.v[k])->phi[at] = again;
	}
}

static void
remat_blk(struct remat *m)
{
	uint32_t k;

	m->now++;
	m->out.n = 0;
	for (k = 0; k < m->b->ops.n; k++) {
		struct ref r = m->b->ops.v[k];
		enum ir_opcode code = ir_op(m->f, r)->code;

		/* The originals go, but for frame bases. */
		if (ir_is_remat(ir_op(m->f, r)) && code != IR_OBJ)
			continue;
		if (ir_ops[code].flags & F_T)
			remat_phis(m);
		remat_args(m, r);
		*vec_push(m->tmp, &m->out) = r;
		if (code == IR_CALL)
			m->now++;
	}
	ir_set_ops(m->f, m->b, m->out.v, m->out.n);
}

void
ir_prepare(struct func *f)
{
	struct arena tmp = { .lender = f->arena };
	struct remat m = { .f = f, .tmp = &tmp };
	uint32_t i;

	split_edges(f);
	ir_rpo(f);
	hoist_givens(f, &tmp);
	m.here = arena_alloc(&tmp, f->ops.n * sizeof(*m.here));
	m.stamp = arena_alloc(&tmp, f->ops.n * sizeof(*m.stamp));
	for (i = 0; i < f->blks.n; i++) {
		m.b = f->blks.v[i];
		remat_blk(&m);
	}
	arena_free(&tmp);
}
