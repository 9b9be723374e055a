/* SPDX-License-Identifier: MIT */
/*
 * Visiting every node of a subtree, parents first. The visitor may rewrite
 * the node it is given; what it became is walked then.
 */
#include "internal.h"

struct walker {
	walk_fn *fn;
	void *arg;
};

static void
walk_child(void *arg, struct node *child)
{
	const struct walker *w = arg;

	walk(child, w->fn, w->arg);
}

void
walk(struct node *n, walk_fn *fn, void *arg)
{
	struct walker w = { fn, arg };

	if (n && fn(n, arg))
		ast_each_child(n, walk_child, &w);
}
