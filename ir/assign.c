/* SPDX-License-Identifier: MIT */
/*
 * Registers: one walk over the blocks in reverse postorder, with what each
 * register holds. Pressure was dealt with before, so a free register is always
 * found; where one is in the wrong place (calls, ends of blocks) values move.
 * A value has one home at a time, and a block starts with the homes of the
 * first predecessor that was done; moves on the other edges make it true.
 * The form this leaves is described in internal.h.
 */
#include "alloc.h"

/* What the registers hold at a block's start or end: a value, or 0. */
struct held {
	uint32_t v[REGS];
};

struct assign {
	struct func *f;
	struct flow w;
	struct hints h;
	struct arena *tmp;
	struct blk *b;
	VEC(struct ref) ops;      /* the block's new list */
	int8_t *home;             /* by value, -1: in no register */
	uint32_t val[REGS];       /* by register: value or 0 */
	const struct op_hint *at; /* by op of the block */
	bool *done;               /* by rpo */
	/* By rpo: what lives on from the block's end, and what it starts with
	 * besides phis. */
	struct held *out, *in;
};

static void
take(struct assign *a, uint32_t v, int8_t reg)
{
	assert(reg >= 0 && !a->val[reg]);
	a->val[reg] = v;
	a->home[v] = reg;
}

static void
drop(struct assign *a, uint32_t v)
{
	int8_t reg = a->home[v];

	if (reg >= 0 && a->val[reg] == v)
		a->val[reg] = 0;
	a->home[v] = -1;
}

static void
emit_copy(void *arg, struct ref r)
{
	struct assign *a = arg;

	*vec_push(a->tmp, &a->ops) = r;
}

/* ---- choosing a register ---- */

struct choice {
	uint32_t v;
	uint32_t forbidden; /* bit per register */
	int8_t best;        /* of a dying first operand, or -1 */
	unsigned wanted;    /* likewise: of the next call or RET */
	bool later; /* if it has to go to r6-r9, then only on some way */
};

static bool
usable(const struct assign *a, const struct choice *c, int8_t reg)
{
	return reg >= 0 && !a->val[reg] && !(c->forbidden & 1u << reg);
}

static int8_t
pick_kept(const struct assign *a, const struct choice *c)
{
	int8_t r;

	if (c->best >= FIRST_KEPT && usable(a, c, c->best))
		return c->best;
	for (r = FIRST_KEPT; r < REGS; r++)
		if (usable(a, c, r))
			return r;
	return -1;
}

/* What the next call or RET leaves alone first, then r6-r9 that nothing
 * across a call needs, then the registers that are wanted soon. */
static int8_t
pick_any(const struct assign *a, const struct choice *c)
{
	struct choice now = *c;
	int8_t r;

	now.forbidden |= c->wanted;
	for (r = 0; r < REGS; r++)
		if (usable(a, &now, r))
			return r;
	for (r = FIRST_KEPT - 1; r >= 0; r--)
		if (usable(a, c, r))
			return r;
	assert(!"a register is free: spill.c saw to it");
	return -1;
}

static int8_t
pick(const struct assign *a, const struct choice *c)
{
	int8_t want = a->h.want[c->v], r = -1;

	if (a->h.crosses[c->v]) {
		if (want >= FIRST_KEPT && usable(a, c, want))
			return want;
		if (c->later && usable(a, c, c->best))
			return c->best;
		r = pick_kept(a, c);
	}
	if (r >= 0)
		return r;
	if (usable(a, c, want))
		return want;
	if (usable(a, c, c->best))
		return c->best;
	return pick_any(a, c);
}

/* ---- calls ---- */

static bool
dies_here(const struct assign *a, uint32_t at, const struct op *op, uint32_t v)
{
	uint32_t i;

	for (i = 0; i < op->nargs; i++)
		if (op->arg[i].id == v)
			return a->at[at].dies >> i & 1;
	return false;
}

/* Values that outlive the call: those in r0-r5 move to r6-r9. */
static void
save_values(struct assign *a, uint32_t at, const struct op *op, struct moves *m)
{
	uint32_t busy = 0;
	int8_t r, to = FIRST_KEPT;

	for (r = FIRST_KEPT; r < REGS; r++)
		if (a->val[r] && !dies_here(a, at, op, a->val[r])) {
			busy |= 1u << r;
			ir_move_add(m, a->val[r], r, r);
		}
	for (r = 0; r < FIRST_KEPT; r++) {
		if (!a->val[r] || dies_here(a, at, op, a->val[r]))
			continue;
		while (busy & 1u << to)
			to++;
		assert(to < REGS);
		busy |= 1u << to;
		ir_move_add(m, a->val[r], r, to);
	}
}

static void
assign_call(struct assign *a, uint32_t at, struct ref r)
{
	struct moves m, all;
	struct op *op = ir_op(a->f, r);
	uint32_t i;

	m.n = 0;
	save_values(a, at, op, &m);
	all.n = m.n;
	memcpy(all.m, m.m, m.n * sizeof(*m.m));
	for (i = 0; i < op->nargs; i++)
		ir_move_add(&all, op->arg[i].id, a->home[op->arg[i].id], 1 + i);
	ir_move_emit(&all, a->f, op->span, emit_copy, a);
	op = ir_op(a->f, r);
	for (i = 0; i < op->nargs; i++)
		op->areg[i] = 1 + i;
	for (i = 0; i < REGS; i++)
		if (a->val[i])
			drop(a, a->val[i]);
	for (i = 0; i < m.n; i++)
		take(a, m.m[i].v, m.m[i].dst);
	op->reg = 0;
	if (!a->at[at].unread)
		take(a, r.id, 0);
	*vec_push(a->tmp, &a->ops) = r;
}

/* ---- other ops ---- */

static bool
two_operands(const struct op *op)
{
	return op->code >= IR_ADD && op->code <= IR_SAR && !op->has_imm;
}

static void
swap_operands(struct op *op)
{
	struct ref arg = op->arg[0];
	int8_t reg = op->areg[0];

	op->arg[0] = op->arg[1];
	op->areg[0] = op->areg[1];
	op->arg[1] = arg;
	op->areg[1] = reg;
}

/* The registers that the result may not have: an instruction's first operand
 * is its result, the second is read after that was overwritten. */
static void
constrain(const struct assign *a, const struct op *op, uint32_t at,
	  struct choice *c)
{
	bool commutes = ir_ops[op->code].flags & F_C;
	uint32_t i;

	if (op->code == IR_CMP)
		for (i = 0; i < 2; i++)
			if (op->areg[i] >= 0)
				c->forbidden |= 1u << op->areg[i];
	if (two_operands(op) && !commutes && op->areg[0] != op->areg[1])
		c->forbidden |= 1u << op->areg[1];
	if (op->code < IR_ADD || op->code > IR_BSWAP)
		return;
	if (a->at[at].dies & 1)
		c->best = op->areg[0];
	else if (two_operands(op) && commutes && a->at[at].dies & 2)
		c->best = op->areg[1];
}

static void
assign_result(struct assign *a, uint32_t at, struct ref r, struct choice *c)
{
	struct op *op = ir_op(a->f, r);
	int8_t reg;

	c->v = ir_defines(op, r);
	c->wanted = a->at[at].wanted;
	c->later = !a->at[at].calls && !a->w.blk[a->b->rpo].depth;
	reg = pick(a, c);
	op->reg = reg;
	if (two_operands(op) && reg == op->areg[1] && op->areg[0] != reg)
		swap_operands(op);
	if (!a->at[at].unread)
		take(a, c->v, reg);
}

static void
assign_plain(struct assign *a, uint32_t at, struct ref r)
{
	struct op *op = ir_op(a->f, r);
	struct choice c = { .best = -1 };
	uint32_t i;

	for (i = 0; i < op->nargs; i++) {
		if (ir_in_reg(a->f, op, i)) {
			op->areg[i] = a->home[op->arg[i].id];
			assert(op->areg[i] >= 0);
		} else if (op->arg[i].id) {
			op->areg[i] = FRAME;
		}
	}
	for (i = 0; i < op->nargs; i++)
		if (a->at[at].dies >> i & 1)
			drop(a, op->arg[i].id);
	if (ir_defines(op, r)) {
		constrain(a, op, at, &c);
		assign_result(a, at, r, &c);
	}
	*vec_push(a->tmp, &a->ops) = r;
}

static void
assign_ret(struct assign *a, struct ref r)
{
	struct op *op = ir_op(a->f, r);
	struct moves m = { 0 };

	if (ir_in_reg(a->f, op, 0)) {
		ir_move_add(&m, op->arg[0].id, a->home[op->arg[0].id], 0);
		ir_move_emit(&m, a->f, op->span, emit_copy, a);
		ir_op(a->f, r)->areg[0] = 0;
	}
	*vec_push(a->tmp, &a->ops) = r;
}

/* What the kernel gives: the context in r1, parameters in r1-r5. Those that
 * outlive a call leave at once, calls want the registers. */
static void
assign_givens(struct assign *a)
{
	struct moves m = { 0 };
	int8_t kept = FIRST_KEPT;
	uint32_t i;

	for (i = 0; i < a->b->ops.n; i++) {
		struct ref r = a->b->ops.v[i];
		struct op *op = ir_op(a->f, r);
		int8_t to;

		if (op->code != IR_CTX && op->code != IR_PARAM)
			break;
		op->reg = op->code == IR_CTX ? 1 : 1 + op->imm;
		*vec_push(a->tmp, &a->ops) = r;
		if (a->at[i].unread)
			continue;
		to = a->h.crosses[r.id] && kept < REGS ? kept++ : op->reg;
		ir_move_add(&m, r.id, op->reg, to);
		take(a, r.id, to);
	}
	if (i)
		ir_move_emit(&m, a->f, ir_op(a->f, a->b->ops.v[0])->span,
			     emit_copy, a);
}

static bool
only_frame_base(const struct assign *a, uint32_t at, const struct op *op)
{
	return op->code == IR_OBJ && a->at[at].unread;
}

static void
assign_op(struct assign *a, uint32_t at)
{
	struct ref r = a->b->ops.v[at];
	struct op *op = ir_op(a->f, r);

	if (op->code == IR_CTX || op->code == IR_PARAM || op->code == IR_PHI)
		return;
	if (only_frame_base(a, at, op))
		*vec_push(a->tmp, &a->ops) = r;
	else if (op->code == IR_CALL)
		assign_call(a, at, r);
	else if (op->code == IR_RET)
		assign_ret(a, r);
	else
		assign_plain(a, at, r);
}

/* ---- starts and ends of blocks ---- */

/* The predecessor whose homes the block takes over: a warm one if possible. */
static const struct blk *
model(const struct assign *a)
{
	const struct blk *best = NULL;
	uint32_t i;

	for (i = 0; i < a->b->preds.n; i++) {
		const struct blk *p = a->b->preds.v[i];

		if (a->done[p->rpo] && (!best || (best->cold && !p->cold)))
			best = p;
	}
	return best;
}

static int8_t
reg_of(const struct held *h, uint32_t v)
{
	int8_t r;

	for (r = 0; r < REGS; r++)
		if (h->v[r] == v)
			return r;
	return -1;
}

/* The values that the block starts with, in the order of their numbers. */
static void
sort_live(live_list *in)
{
	uint32_t i, k;

	for (i = 1; i < in->n; i++) {
		struct live it = in->v[i];

		for (k = i; k && in->v[k - 1].v > it.v; k--)
			in->v[k] = in->v[k - 1];
		in->v[k] = it;
	}
}

static void
enter_live(struct assign *a, const struct blk *from)
{
	struct blk_flow *bf = &a->w.blk[a->b->rpo];
	bool header = bf->header == a->b;
	uint32_t i;

	sort_live(&bf->in);
	for (i = 0; i < bf->in.n; i++)
		take(a, bf->in.v[i].v,
		     reg_of(&a->out[from->rpo], bf->in.v[i].v));
	/* In a loop, what outlives its calls moves before it, once. */
	for (i = 0; header && i < bf->in.n; i++) {
		uint32_t v = bf->in.v[i].v;
		struct choice c = { .v = v, .best = -1 };
		int8_t to;

		if (!a->h.crosses[v] || a->home[v] >= FIRST_KEPT)
			continue;
		to = pick_kept(a, &c);
		if (to >= 0) {
			drop(a, v);
			take(a, v, to);
		}
	}
	for (i = 0; i < bf->in.n; i++)
		a->in[a->b->rpo].v[a->home[bf->in.v[i].v]] = bf->in.v[i].v;
}

/* Arguments that are not made yet shall be made in the phi's register. */
static void
spread_hint(struct assign *a, const struct op *phi, int8_t reg)
{
	uint32_t i;

	for (i = 0; i < a->b->preds.n; i++)
		if (!a->done[a->b->preds.v[i]->rpo])
			a->h.want[phi->phi[i].id] = reg;
}

static int8_t
phi_arg_reg(const struct assign *a, const struct op *phi, const struct blk *p)
{
	uint32_t v = phi->phi[a->w.blk[p->rpo].at[0]].id;

	return reg_of(&a->out[p->rpo], v);
}

static void
enter_phis(struct assign *a, const struct blk *from)
{
	uint32_t i;

	for (i = 0; i < a->b->ops.n; i++) {
		struct ref r = a->b->ops.v[i];
		struct op *op = ir_op(a->f, r);
		struct choice c = { .v = r.id, .best = -1 };

		if (op->code != IR_PHI)
			break;
		if (!op->has_imm && !a->at[i].unread) {
			c.best = phi_arg_reg(a, op, from);
			if (!a->h.crosses[r.id] && usable(a, &c, c.best))
				op->reg = c.best;
			else
				op->reg = pick(a, &c);
			take(a, r.id, op->reg);
			spread_hint(a, op, op->reg);
		}
		if (op->has_imm || !a->at[i].unread)
			*vec_push(a->f->arena, &a->b->phis) = r;
	}
}

static void
leave_blk(struct assign *a)
{
	uint32_t i;

	memcpy(a->out[a->b->rpo].v, a->val, sizeof(a->val));
	for (i = 0; i < REGS; i++)
		if (a->val[i])
			drop(a, a->val[i]);
}

static void
replace_ops(struct assign *a)
{
	ir_set_ops(a->f, a->b, a->ops.v, a->ops.n);
	a->ops.n = 0;
}

static void
assign_blk(struct assign *a, struct blk *b)
{
	const struct blk *from;
	uint32_t i;

	a->b = b;
	b->phis.n = 0;
	a->at = a->h.op + a->h.first[b->rpo];
	from = model(a);
	if (from) {
		enter_live(a, from);
		enter_phis(a, from);
	} else {
		assign_givens(a);
	}
	for (i = 0; i < b->ops.n; i++)
		assign_op(a, i);
	leave_blk(a);
	replace_ops(a);
	a->done[b->rpo] = true;
}

/* ---- edges ---- */

static void
edge_moves(struct assign *a, const struct blk *from, const struct blk *to,
	   struct moves *m)
{
	const live_list *in = &a->w.blk[to->rpo].in;
	const struct held *out = &a->out[from->rpo];
	uint32_t i, at = a->w.blk[from->rpo].at[0];

	m->n = 0;
	for (i = 0; i < in->n; i++)
		ir_move_add(m, in->v[i].v, reg_of(out, in->v[i].v),
			    reg_of(&a->in[to->rpo], in->v[i].v));
	for (i = 0; i < to->phis.n; i++) {
		const struct op *op = ir_op(a->f, to->phis.v[i]);
		uint32_t v = op->phi[at].id;

		if (!op->has_imm)
			ir_move_add(m, v, reg_of(out, v), op->reg);
	}
}

/* A block with one predecessor and no phis starts as that one ended. */
static bool
has_moves(const struct blk *to)
{
	return to->preds.n > 1 || to->phis.n;
}

/* Is anything not where the block wants it? */
static bool
needs_moves(const struct assign *a, const struct blk *from,
	    const struct blk *to)
{
	const struct held *in = &a->in[to->rpo], *out = &a->out[from->rpo];
	uint32_t i, at = a->w.blk[from->rpo].at[0];

	for (i = 0; i < REGS; i++)
		if (in->v[i] && in->v[i] != out->v[i])
			return true;
	for (i = 0; i < to->phis.n; i++) {
		const struct op *op = ir_op(a->f, to->phis.v[i]);

		if (!op->has_imm && out->v[op->reg] != op->phi[at].id)
			return true;
	}
	return false;
}

static void
resolve_edge(struct assign *a, struct blk *from, struct blk *to)
{
	struct moves m;
	struct ref end;
	uint32_t i;

	if (!needs_moves(a, from, to))
		return;
	edge_moves(a, from, to, &m);
	if (from->succ[1])
		from = ir_split_edge(a->f, from, to);
	end = from->ops.v[from->ops.n - 1];
	for (i = 0; i + 1 < from->ops.n; i++)
		*vec_push(a->tmp, &a->ops) = from->ops.v[i];
	ir_move_emit(&m, a->f, ir_op(a->f, end)->span, emit_copy, a);
	*vec_push(a->tmp, &a->ops) = end;
	a->b = from;
	replace_ops(a);
}

static void
assign_func(struct func *f)
{
	struct arena tmp = { .lender = f->arena };
	struct assign a = { .f = f, .w = { .f = f, .tmp = &tmp }, .tmp = &tmp };
	uint32_t i, k, n = f->ops.n, blks = f->blks.n;

	ir_hints(&a.w, &a.h);
	a.home = arena_alloc(&tmp, n);
	memset(a.home, -1, n);
	a.in = arena_alloc(&tmp, f->blks.n * sizeof(*a.in));
	a.out = arena_alloc(&tmp, f->blks.n * sizeof(*a.out));
	a.done = arena_alloc(&tmp, f->blks.n * sizeof(*a.done));
	for (i = 0; i < blks; i++)
		assign_blk(&a, f->blks.v[i]);
	for (i = 0; i < blks; i++) {
		struct blk *to = f->blks.v[i];

		for (k = 0; k < to->preds.n && has_moves(to); k++)
			resolve_edge(&a, to->preds.v[k], to);
	}
	f->allocated = true;
	ir_rpo(f);
	arena_free(&tmp);
}

/* Needs: ir_spill. Breaks: SSA (see internal.h), dominators stay. */
bool
ir_assign(struct prog *p)
{
	uint32_t i;

	for (i = 0; i < p->funcs.n; i++)
		assign_func(p->funcs.v[i]);
	return true;
}
