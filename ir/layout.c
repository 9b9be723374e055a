/* SPDX-License-Identifier: MIT */
/*
 * The order of blocks in the program. Blocks that only jump go away; what is
 * left is put in a reverse postorder in which loops stay together and cold
 * blocks come last; branches are turned so that their false side follows.
 */
#include "alloc.h"

struct layout {
	struct func *f;
	struct flow w;
	VEC(struct blk *) order; /* postorder */
	bool *seen;              /* by rpo */
};

/* ---- blocks that only jump ---- */

static bool
only_jumps(const struct func *f, const struct blk *b)
{
	return b->ops.n == 1 && ir_end(f, b)->code == IR_JMP && !b->phis.n &&
	       b->preds.n && b->succ[0] != b;
}

static bool
jumps_to(const struct blk *from, const struct blk *to)
{
	return from->succ[0] == to || from->succ[1] == to;
}

/* A block may not come to have the same successor twice. */
static bool
may_bypass(const struct blk *b)
{
	uint32_t i;

	for (i = 0; i < b->preds.n; i++)
		if (jumps_to(b->preds.v[i], b->succ[0]))
			return false;
	return true;
}

/* Another predecessor of `to`, like the one at position `at`. */
static void
add_pred(struct func *f, struct blk *to, uint32_t at, struct blk *pred)
{
	uint32_t i, n = to->preds.n;

	for (i = 0; i < to->phis.n; i++) {
		struct op *phi = ir_op(f, to->phis.v[i]);
		struct ref *args =
			arena_alloc(f->arena, (n + 1) * sizeof(*args));

		memcpy(args, phi->phi, n * sizeof(*args));
		args[n] = args[at];
		phi->phi = args;
	}
	*vec_push(f->arena, &to->preds) = pred;
}

static void
bypass(struct func *f, struct blk *b)
{
	struct blk *to = b->succ[0];
	uint32_t i, at = ir_pred_index(to, b);
	unsigned side;

	for (i = 0; i < b->preds.n; i++) {
		struct blk *pred = b->preds.v[i];

		for (side = 0; side < 2; side++)
			if (pred->succ[side] == b)
				pred->succ[side] = to;
		if (i)
			add_pred(f, to, at, pred);
		else
			to->preds.v[at] = pred;
	}
	b->preds.n = 0;
	f->ordered = false;
}

/* ---- order ---- */

/* Which successor goes first, i.e. ends up later: the one that leaves the
 * loop, then the cold one, then the false one. */
static unsigned
later_side(const struct layout *l, const struct blk *b)
{
	const struct blk *yes = b->succ[0], *no = b->succ[1];
	uint32_t dy, dn;

	if (!no)
		return 0;
	dy = l->w.blk[yes->rpo].depth;
	dn = l->w.blk[no->rpo].depth;
	if (dy != dn)
		return dy > dn;
	if (yes->cold != no->cold)
		return no->cold;
	return 1;
}

struct visit {
	struct blk *b;
	unsigned done; /* successors visited */
};

static void
postorder(struct layout *l)
{
	struct arena *tmp = l->w.tmp;
	VEC(struct visit) stack = { 0 };

	*vec_push(tmp, &stack) = (struct visit){ l->f->blks.v[0], 0 };
	l->seen[0] = true;
	while (stack.n) {
		struct visit *top = &stack.v[stack.n - 1];
		struct blk *to;

		if (top->done == 2) {
			*vec_push(tmp, &l->order) = top->b;
			stack.n--;
			continue;
		}
		to = top->b->succ[later_side(l, top->b) ^ top->done++];
		if (to && !l->seen[to->rpo]) {
			l->seen[to->rpo] = true;
			*vec_push(tmp, &stack) = (struct visit){ to, 0 };
		}
	}
}

/* The blocks between two places of the postorder that are (not) cold. */
static void
write_some(struct layout *l, uint32_t from, uint32_t to, bool cold)
{
	struct func *f = l->f;
	uint32_t i;

	for (i = from; i-- > to;) {
		struct blk *b = l->order.v[i];

		if ((b->cold && i + 1 < l->order.n) != cold)
			continue;
		b->rpo = f->blks.n;
		f->blks.v[f->blks.n++] = b;
	}
}

/* Cold blocks come after all others; in a long function after the others of
 * their group, so that no jump between them is over 32,767 insns. */
static void
write_order(struct layout *l)
{
	enum { GROUP = 8000 }; /* ops */
	uint32_t from = l->order.n, to, ops;

	l->f->blks.n = 0;
	l->f->ordered = false;
	while (from) {
		for (to = from, ops = 0; to && ops < GROUP; to--)
			ops += l->order.v[to - 1]->ops.n;
		write_some(l, from, to, false);
		write_some(l, from, to, true);
		from = to;
	}
}

/* ---- branches ---- */

static void
turn_branch(struct func *f, struct blk *b, const struct blk *follows)
{
	struct op *br = ir_end(f, b);
	struct blk *yes = b->succ[0];
	enum ir_cond not ;

	if (br->code != IR_BR || yes != follows ||
	    !ir_cond_not(br->cond, &not ))
		return;
	br->cond = not ;
	b->succ[0] = b->succ[1];
	b->succ[1] = yes;
	f->ordered = false;
}

static void
layout_func(struct func *f)
{
	struct arena tmp = { .lender = f->arena };
	struct layout l = { .f = f, .w = { .f = f, .tmp = &tmp } };
	uint32_t i;

	ir_loops(&l.w);
	l.seen = arena_alloc(&tmp, f->blks.n * sizeof(*l.seen));
	for (i = f->blks.n; i-- > 1;)
		if (only_jumps(f, f->blks.v[i]) && may_bypass(f->blks.v[i]))
			bypass(f, f->blks.v[i]);
	postorder(&l);
	write_order(&l);
	for (i = 0; i + 1 < f->blks.n; i++)
		turn_branch(f, f->blks.v[i], f->blks.v[i + 1]);
	arena_free(&tmp);
}

/* Needs: ir_assign, rpo. Breaks: rpo (now the place in the program). */
bool
ir_layout(struct prog *p)
{
	uint32_t i;

	for (i = 0; i < p->funcs.n; i++)
		layout_func(p->funcs.v[i]);
	return true;
}
