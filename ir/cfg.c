/* SPDX-License-Identifier: MIT */
/*
 * Analyses of the control flow graph: reverse postorder and dominators
 * (Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm", 2001). Given
 * a function, they fill the fields of its blocks.
 */
#include "internal.h"

/* One block on the way of the depth-first walk. */
struct visit {
	struct blk *blk;
	unsigned next; /* successor to go to */
};

enum { UNSEEN = 0, SEEN = 1 };

static void
clear_order(struct func *f)
{
	uint32_t i;

	for (i = 0; i < f->blks.n; i++) {
		f->blks.v[i]->rpo = UNSEEN;
		f->blks.v[i]->idom = NULL;
	}
}

/* Depth-first from the entry; writes blocks in postorder, returns how many.
 * A block's second successor goes first, so that the first one follows it in
 * the reverse. */
static uint32_t
postorder(struct func *f, struct blk **out, struct arena *tmp)
{
	struct visit *stack =
		arena_alloc(tmp, (f->blks.n + 1) * sizeof(*stack));
	uint32_t depth = 0, n = 0;

	stack[depth++] = (struct visit){ f->blks.v[0], 2 };
	f->blks.v[0]->rpo = SEEN;
	while (depth) {
		struct visit *top = &stack[depth - 1];
		struct blk *to;

		if (!top->next) {
			out[n++] = top->blk;
			depth--;
			continue;
		}
		to = top->blk->succ[--top->next];
		if (to && to->rpo == UNSEEN) {
			to->rpo = SEEN;
			stack[depth++] = (struct visit){ to, 2 };
		}
	}
	return n;
}

static void
drop_unreachable(struct func *f)
{
	uint32_t i, k;

	for (i = 0; i < f->blks.n; i++) {
		struct blk *b = f->blks.v[i];

		if (b->rpo != UNSEEN)
			continue;
		for (k = 0; k < 2; k++)
			if (b->succ[k] && b->succ[k]->rpo != UNSEEN)
				ir_drop_pred(f, b->succ[k], b);
	}
}

/* Needs: nothing. Breaks: dominators. */
void
ir_rpo(struct func *f)
{
	struct arena tmp = { .lender = f->arena };
	struct blk **order;
	uint32_t i, n;

	if (f->ordered)
		return;
	order = arena_alloc(&tmp, (f->blks.n + 1) * sizeof(*order));
	clear_order(f);
	n = postorder(f, order, &tmp);
	drop_unreachable(f);
	for (i = 0; i < n; i++) {
		f->blks.v[i] = order[n - 1 - i];
		f->blks.v[i]->rpo = i;
	}
	f->blks.n = n;
	f->ordered = true;
	arena_free(&tmp);
}

bool
ir_in_order(struct func *f)
{
	struct arena tmp = { .lender = f->arena };
	struct blk **order;
	bool good;

	if (!f->ordered)
		return true;
	order = arena_alloc(&tmp, (f->blks.n + 1) * sizeof(*order));
	for (uint32_t i = 0; i < f->blks.n; i++)
		f->blks.v[i]->rpo = UNSEEN;
	good = postorder(f, order, &tmp) == f->blks.n;
	for (uint32_t i = 0; i < f->blks.n; i++) {
		good = good && f->blks.v[i] == order[f->blks.n - 1 - i];
		f->blks.v[i]->rpo = i;
	}
	arena_free(&tmp);
	return good;
}

static struct blk *
common_dom(struct blk *a, struct blk *b)
{
	while (a != b) {
		while (a->rpo > b->rpo)
			a = a->idom;
		while (b->rpo > a->rpo)
			b = b->idom;
	}
	return a;
}

static struct blk *
idom_of(const struct blk *b)
{
	struct blk *dom = NULL;
	uint32_t i;

	for (i = 0; i < b->preds.n; i++) {
		struct blk *p = b->preds.v[i];

		if (p->idom)
			dom = dom ? common_dom(dom, p) : p;
	}
	return dom;
}

/* Needs: rpo. The entry is its own idom while this runs, NULL after it. */
void
ir_dominators(struct func *f)
{
	struct blk *entry = f->blks.v[0];
	bool changed = true;
	uint32_t i;

	for (i = 0; i < f->blks.n; i++)
		f->blks.v[i]->idom = NULL;
	entry->idom = entry;
	while (changed) {
		changed = false;
		for (i = 1; i < f->blks.n; i++) {
			struct blk *dom = idom_of(f->blks.v[i]);

			changed |= dom != f->blks.v[i]->idom;
			f->blks.v[i]->idom = dom;
		}
	}
	entry->idom = NULL;
}
