/* SPDX-License-Identifier: MIT */
/*
 * An allocation checked without trusting the allocator: what each register
 * and each spill slot holds is followed along all ways (an optimistic forward
 * dataflow), and every op must find its arguments where it says it reads
 * them. The form that is checked is described in internal.h.
 */
#include <string.h>

#include "internal.h"
#include "verify.h"

enum { NREGS = 10, FRAME_REG = 10, STACK = 512 };

/* What register 0..9, then slot 0.., holds: the id of a value, 0: unknown. */
struct places {
	uint32_t *holds; /* NULL: the block was not reached yet */
};

struct regs {
	const struct verify *v;
	uint32_t n;         /* places */
	struct places *out; /* by block id, at the block's end */
	uint32_t *now;
	uint32_t *all;            /* what the ways into a block agree on */
	const struct blk **order; /* reverse postorder */
	uint32_t norder;
	uint32_t *number; /* by block id: place in that order */
	bool *stale;      /* by number: what comes in has changed */
	bool loops;
	bool judge; /* the contents are final: report what is wrong */
};

static bool
wrong(const struct regs *c, const struct blk *b, struct ref r, const char *why)
{
	return !c->judge || vf_bad(c->v, b, r, why);
}

static void
forget(struct regs *c, uint32_t value)
{
	uint32_t i;

	for (i = 0; i < c->n; i++)
		if (c->now[i] == value)
			c->now[i] = 0;
}

/* `value` is made anew: a copy from the last time round is not it. */
static void
define(struct regs *c, uint32_t value, int place)
{
	if (c->loops)
		forget(c, value);
	if (place >= 0)
		c->now[place] = value;
}

/* ---- one op ---- */

static bool
check_reads(struct regs *c, const struct blk *b, struct ref r)
{
	const struct func *f = c->v->f;
	const struct op *op = ir_op(f, r);
	uint32_t i;

	for (i = 0; i < ir_ref_args(op); i++) {
		int reg = op->areg[i];

		if (reg == FRAME_REG) {
			if (i || ir_op(f, op->arg[0])->code != IR_OBJ)
				return wrong(c, b, r, "r10 is the frame");
			continue;
		}
		if (reg < 0 || reg >= NREGS)
			return wrong(c, b, r, "reads from no register");
		if (c->now[reg] != op->arg[i].id)
			return wrong(c, b, r, "reads what is not there");
	}
	if (op->code == IR_RELOAD && (op->imm < 0 || op->imm >= f->nslots ||
				      c->now[NREGS + op->imm] != op->arg[0].id))
		return wrong(c, b, r, "reloads what is not there");
	return true;
}

static bool
is_frame_base(const struct op *op)
{
	return op->code == IR_LOAD || op->code == IR_STORE ||
	       op->code == IR_XADD;
}

/* Where the machine wants its operands. */
static const char *
check_machine(const struct op *op)
{
	uint32_t i;

	for (i = 0; i < ir_ref_args(op); i++) {
		if (op->areg[i] == FRAME_REG && !is_frame_base(op))
			return "only a base is on the frame";
		if (op->code == IR_CALL && op->areg[i] != (int)i + 1)
			return "the argument is not in its register";
	}
	if (op->reg < -1 || op->reg >= NREGS)
		return "no such register";
	if (op->code == IR_CALL && op->reg > 0)
		return "the result is in r0";
	if (op->code == IR_RET && !op->has_imm && op->areg[0])
		return "the result is not in r0";
	if (op->code >= IR_ADD && op->code <= IR_SAR && !op->has_imm &&
	    op->reg == op->areg[1] && op->areg[0] != op->areg[1])
		return "overwrites its second argument first";
	if (op->code == IR_CMP && (op->reg == op->areg[0] ||
				   (!op->has_imm && op->reg == op->areg[1])))
		return "overwrites its argument first";
	return NULL;
}

static void
apply_call(struct regs *c, struct ref r)
{
	const struct op *op = ir_op(c->v->f, r);
	uint32_t i;

	for (i = 0; i < 6; i++)
		c->now[i] = 0;
	define(c, r.id, op->reg);
}

static bool
step(struct regs *c, const struct blk *b, struct ref r)
{
	const struct op *op = ir_op(c->v->f, r);
	const char *why = check_machine(op);

	if (why)
		return vf_bad(c->v, b, r, why);
	if (!check_reads(c, b, r))
		return false;
	switch (op->code) { /* all others: as their table row says */
	case IR_CALL:
		apply_call(c, r);
		break;
	case IR_COPY:
	case IR_RELOAD:
		if (op->reg >= 0)
			c->now[op->reg] = op->arg[0].id;
		break;
	case IR_SPILL:
		if (op->imm >= 0 && op->imm < c->v->f->nslots)
			c->now[NREGS + op->imm] = op->arg[0].id;
		break;
	case IR_CTX:
	case IR_PARAM:
		if (op->reg >= 0 && c->now[op->reg] != r.id)
			return wrong(c, b, r, "is not in its register");
		break;
	default:
		if (!(ir_ops[op->code].flags & F_V))
			define(c, r.id, op->reg);
		break;
	}
	return true;
}

/* ---- blocks ---- */

/* Contexts and parameters are in r1.. when a function starts. */
static void
given(struct regs *c, const struct blk *b)
{
	uint32_t i;

	for (i = 0; i < b->ops.n; i++) {
		const struct op *op = ir_op(c->v->f, b->ops.v[i]);

		if (op->code == IR_CTX)
			c->now[1] = b->ops.v[i].id;
		else if (op->code == IR_PARAM)
			c->now[1 + op->imm] = b->ops.v[i].id;
	}
}

/* The place of a phi: its register, or its slot; -1: not needed. */
static int
phi_place(const struct func *f, const struct op *phi)
{
	if (!phi->has_imm)
		return phi->reg;
	return phi->imm >= 0 && phi->imm < f->nslots ? NREGS + (int)phi->imm
						     : -1;
}

/* Contents at the start of `b` when it comes from predecessor `i`. */
static bool
enter_from(struct regs *c, const struct blk *b, uint32_t i)
{
	const struct func *f = c->v->f;
	uint32_t k;

	memcpy(c->now, c->out[b->preds.v[i]->id].holds, c->n * sizeof(*c->now));
	for (k = 0; k < b->phis.n; k++) {
		const struct op *phi = ir_op(f, b->phis.v[k]);
		int place = phi_place(f, phi);

		if (place >= 0 && c->now[place] != phi->phi[i].id &&
		    !wrong(c, b, b->phis.v[k], "merges what is not there"))
			return false;
	}
	for (k = 0; k < b->phis.n; k++) {
		const struct op *phi = ir_op(f, b->phis.v[k]);
		int place = phi_place(f, phi);

		/* In two steps: a phi may be another one's argument. */
		if (place >= 0 && c->now[place] != phi->phi[i].id)
			c->now[place] = 0;
	}
	for (k = 0; c->loops && k < b->phis.n; k++)
		forget(c, b->phis.v[k].id);
	return true;
}

static bool
phi_holds(const struct regs *c, const struct blk *b, const struct op *phi,
	  uint32_t i)
{
	int place = phi_place(c->v->f, phi);

	return place >= 0 &&
	       c->out[b->preds.v[i]->id].holds[place] == phi->phi[i].id;
}

static void
name_phis(struct regs *c, const struct blk *b, uint32_t i)
{
	uint32_t k;

	for (k = 0; k < b->phis.n; k++) {
		const struct op *phi = ir_op(c->v->f, b->phis.v[k]);

		if (phi_holds(c, b, phi, i))
			c->now[phi_place(c->v->f, phi)] = b->phis.v[k].id;
	}
}

/* What all reached predecessors agree on. */
static bool
enter(struct regs *c, const struct blk *b)
{
	bool first = true;
	uint32_t i, k;

	memset(c->all, 0, c->n * sizeof(*c->all));
	for (i = 0; i < b->preds.n; i++) {
		if (!c->out[b->preds.v[i]->id].holds)
			continue;
		if (!enter_from(c, b, i))
			return false;
		name_phis(c, b, i);
		for (k = 0; !first && k < c->n; k++)
			if (c->all[k] != c->now[k])
				c->now[k] = 0;
		memcpy(c->all, c->now, c->n * sizeof(*c->all));
		first = false;
	}
	memcpy(c->now, c->all, c->n * sizeof(*c->now));
	if (!b->preds.n)
		given(c, b);
	return true;
}

/* What follows `b` has to be looked at again. */
static void
spread(struct regs *c, const struct blk *b, bool *again)
{
	uint32_t i, n = c->number[b->id];

	for (i = 0; i < 2 && b->succ[i]; i++) {
		uint32_t to = c->number[b->succ[i]->id];

		c->stale[to] = true;
		*again |= to <= n;
	}
}

static bool
flow_blk(struct regs *c, const struct blk *b, bool *again)
{
	struct places *out = &c->out[b->id];
	uint32_t i;

	if (!enter(c, b))
		return false;
	for (i = 0; i < b->ops.n; i++)
		if (!step(c, b, b->ops.v[i]))
			return false;
	if (!out->holds)
		out->holds = arena_alloc(c->v->tmp, c->n * sizeof(*out->holds));
	else if (!memcmp(out->holds, c->now, c->n * sizeof(*c->now)))
		return true;
	memcpy(out->holds, c->now, c->n * sizeof(*c->now));
	spread(c, b, again);
	return true;
}

/* All stale blocks in order; *again when a way back made one stale. */
static bool
flow_all(struct regs *c, bool *again)
{
	uint32_t i;

	*again = false;
	for (i = 0; i < c->norder; i++) {
		if (!c->stale[i])
			continue;
		c->stale[i] = false;
		if (!flow_blk(c, c->order[i], again))
			return false;
	}
	return true;
}

static void
find_order(struct regs *c)
{
	const struct verify *v = c->v;
	uint32_t i, k;

	c->order = arena_alloc(v->tmp, v->f->blks.n * sizeof(*c->order));
	c->number = arena_alloc(v->tmp, v->f->next_blk * sizeof(*c->number));
	c->stale = arena_alloc(v->tmp, v->f->blks.n * sizeof(*c->stale));
	c->norder = vf_order(v, c->order, c->number);
	for (i = 0; i < c->norder; i++)
		for (k = 0; k < 2 && c->order[i]->succ[k]; k++)
			c->loops |= c->number[c->order[i]->succ[k]->id] <= i;
}

/* The kernel rounds each frame of a chain of calls to 32 bytes. Those of the
 * program's own functions, of which one at a time ends a chain, are counted
 * with what calls them. */
static uint32_t
chain_stack(const struct func *f)
{
	uint32_t size = ir_own_stack(f);

	for (; f; f = f->parent)
		if (!f->is_own)
			size += (f->stack + 31) & ~31u;
	return size;
}

bool
vf_regs(const struct verify *v)
{
	struct regs c = { .v = v, .n = NREGS + v->f->nslots };
	bool again = true;

	if (chain_stack(v->f) > STACK ||
	    (v->f->is_own && v->f->stack > OWN_STACK))
		return vf_bad(v, NULL, REF_NONE, "the stack is too large");
	find_order(&c);
	c.out = arena_alloc(v->tmp, v->f->next_blk * sizeof(*c.out));
	c.now = arena_alloc(v->tmp, c.n * sizeof(*c.now));
	c.all = arena_alloc(v->tmp, c.n * sizeof(*c.all));
	c.stale[0] = true;
	/* Without loops all that comes before a block is final. */
	c.judge = !c.loops;
	while (again)
		if (!flow_all(&c, &again))
			return false;
	if (c.judge)
		return true;
	c.judge = true;
	memset(c.stale, true, c.norder * sizeof(*c.stale));
	return flow_all(&c, &again);
}
