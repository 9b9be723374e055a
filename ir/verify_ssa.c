/* SPDX-License-Identifier: MIT */
/*
 * That a value's op dominates all that read it. The verifier may not change
 * the function and trusts no analysis of it: order and dominators are found
 * here once more (as in cfg.c, after Cooper, Harvey, Kennedy), by block id.
 */
#include <string.h>

#include "internal.h"
#include "verify.h"

enum { NONE = VF_NONE };

/* A block, and where it stands in the dominator tree. */
struct spot {
	const struct blk *blk;
	uint32_t idom;           /* number of its dominator, NONE: of none */
	uint32_t child, sibling; /* numbers, NONE: no more */
	uint32_t first, last;    /* of the walk while in its subtree */
};

struct ssa {
	const struct verify *v;
	struct spot *spots; /* by number: reverse postorder */
	uint32_t n;
	uint32_t *number; /* by block id; NONE: not reached */
	uint32_t *home;   /* by ref id: number of the op's block, or NONE */
	uint32_t *index;  /* by ref id: place in that block */
};

/* ---- order ---- */

struct visit {
	const struct blk *blk;
	unsigned next;
};

uint32_t
vf_order(const struct verify *v, const struct blk **order, uint32_t *numbers)
{
	const struct func *f = v->f;
	struct visit *stack =
		arena_alloc(v->tmp, (f->blks.n + 1) * sizeof(*stack));
	uint32_t depth = 1, at = f->blks.n, i, n;

	for (i = 0; i < f->next_blk; i++)
		numbers[i] = VF_NONE;
	stack[0].blk = f->blks.v[0];
	numbers[f->blks.v[0]->id] = 0; /* seen */
	while (depth) {
		struct visit *top = &stack[depth - 1];
		const struct blk *to = NULL;

		if (top->next < 2)
			to = top->blk->succ[top->next++];
		else
			order[--at] = stack[--depth].blk;
		if (to && numbers[to->id] == VF_NONE) {
			numbers[to->id] = 0;
			stack[depth++] = (struct visit){ to, 0 };
		}
	}
	n = f->blks.n - at;
	memmove(order, order + at, n * sizeof(*order));
	for (i = 0; i < n; i++)
		numbers[order[i]->id] = i;
	return n;
}

static void
number_blks(struct ssa *s)
{
	const struct verify *v = s->v;
	const struct blk **order =
		arena_alloc(v->tmp, v->f->blks.n * sizeof(*order));
	uint32_t i;

	s->n = vf_order(v, order, s->number);
	for (i = 0; i < s->n; i++)
		s->spots[i].blk = order[i];
}

/* ---- dominators ---- */

static uint32_t
common(const struct ssa *s, uint32_t a, uint32_t b)
{
	while (a != b) {
		while (a > b)
			a = s->spots[a].idom;
		while (b > a)
			b = s->spots[b].idom;
	}
	return a;
}

static bool
update_idom(struct ssa *s, uint32_t n)
{
	const struct blk *b = s->spots[n].blk;
	uint32_t dom = NONE, i;

	for (i = 0; i < b->preds.n; i++) {
		uint32_t p = s->number[b->preds.v[i]->id];

		if (p != NONE && s->spots[p].idom != NONE)
			dom = dom == NONE ? p : common(s, dom, p);
	}
	if (s->spots[n].idom == dom)
		return false;
	s->spots[n].idom = dom;
	return true;
}

static void
find_idoms(struct ssa *s)
{
	bool changed = true;
	uint32_t i;

	for (i = 0; i < s->n; i++)
		s->spots[i].idom = s->spots[i].child = s->spots[i].sibling =
			NONE;
	s->spots[0].idom = 0;
	while (changed) {
		changed = false;
		for (i = 1; i < s->n; i++)
			changed |= update_idom(s, i);
	}
	for (i = s->n; i-- > 1;) {
		struct spot *up = &s->spots[s->spots[i].idom];

		s->spots[i].sibling = up->child;
		up->child = i;
	}
}

/* Times of entering and leaving each subtree: a dominates b when b's time of
 * entering lies in a's subtree. */
static void
walk_tree(struct ssa *s)
{
	uint32_t *stack = arena_alloc(s->v->tmp, (s->n + 1) * sizeof(*stack));
	uint32_t depth = 1, time = 0;

	s->spots[0].first = time++;
	while (depth) {
		struct spot *top = &s->spots[stack[depth - 1]];
		uint32_t child = top->child;

		if (child == NONE) {
			top->last = time;
			depth--;
			continue;
		}
		top->child = s->spots[child].sibling;
		s->spots[child].first = time++;
		stack[depth++] = child;
	}
}

static bool
dominates(const struct ssa *s, uint32_t a, uint32_t b)
{
	return s->spots[a].first <= s->spots[b].first &&
	       s->spots[b].first < s->spots[a].last;
}

/* ---- reads ---- */

static void
find_homes(struct ssa *s)
{
	const struct func *f = s->v->f;
	uint32_t i, k;

	for (i = 0; i < f->ops.n; i++)
		s->home[i] = NONE;
	for (i = 0; i < s->n; i++) {
		const struct blk *b = s->spots[i].blk;

		for (k = 0; k < b->ops.n; k++) {
			s->home[b->ops.v[k].id] = i;
			s->index[b->ops.v[k].id] = k;
		}
	}
}

/* Is the value made before op number `index` of block number `n`? */
static bool
is_made(const struct ssa *s, struct ref value, uint32_t n, uint32_t index)
{
	uint32_t home = s->home[value.id];

	if (home == NONE)
		return false;
	if (home == n)
		return s->index[value.id] < index;
	return dominates(s, home, n);
}

static const char *
check_op(const struct ssa *s, uint32_t n, uint32_t index)
{
	const struct blk *b = s->spots[n].blk;
	const struct op *op = ir_op(s->v->f, b->ops.v[index]);
	uint32_t i;

	for (i = 0; i < ir_ref_args(op); i++)
		if (!is_made(s, op->arg[i], n, index))
			return "reads what may not be made";
	for (i = 0; op->code == IR_PHI && i < b->preds.n; i++) {
		uint32_t p = s->number[b->preds.v[i]->id];

		if (p != NONE && !is_made(s, op->phi[i], p, UINT32_MAX))
			return "merges what may not be made";
	}
	return NULL;
}

static bool
check_reads(const struct ssa *s)
{
	uint32_t i, k;

	for (i = 0; i < s->n; i++) {
		const struct blk *b = s->spots[i].blk;

		for (k = 0; k < b->ops.n; k++) {
			const char *why = check_op(s, i, k);

			if (why)
				return vf_bad(s->v, b, b->ops.v[k], why);
		}
	}
	return true;
}

bool
vf_ssa(const struct verify *v)
{
	const struct func *f = v->f;
	struct ssa s = { .v = v };

	s.spots = arena_alloc(v->tmp, f->blks.n * sizeof(*s.spots));
	s.number = arena_alloc(v->tmp, f->next_blk * sizeof(*s.number));
	s.home = arena_alloc(v->tmp, f->ops.n * sizeof(*s.home));
	s.index = arena_alloc(v->tmp, f->ops.n * sizeof(*s.index));
	number_blks(&s);
	find_idoms(&s);
	walk_tree(&s);
	find_homes(&s);
	return check_reads(&s);
}
