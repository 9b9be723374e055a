/* SPDX-License-Identifier: MIT */
/*
 * Visiting every node of a subtree, parents first. The visitor may rewrite
 * the node it is given; what it became is walked then.
 */
#include "internal.h"

static void
walk_list(const node_list *list, walk_fn *fn, void *arg)
{
	uint32_t i;

	for (i = 0; i < list->n; i++)
		walk(list->v[i], fn, arg);
}

static void
walk_type(const struct type_expr *t, walk_fn *fn, void *arg)
{
	for (; t; t = t->of_type)
		walk(t->of, fn, arg);
}

static void
walk_record(const struct node *n, walk_fn *fn, void *arg)
{
	uint32_t i;

	for (i = 0; i < n->record.items.n; i++)
		walk(n->record.items.v[i].value, fn, arg);
}

static void
walk_children(struct node *n, walk_fn *fn, void *arg)
{
	switch (n->kind) {
	case N_INT:
	case N_STR:
	case N_BOOL:
	case N_PARAM:
	case N_PARAM_COUNT:
	case N_IDENT:
	case N_VAR:
	case N_BREAK:
	case N_CONTINUE:
	case N_IMPORT:
		return;
	case N_MAP:
		walk_list(&n->map.keys, fn, arg);
		return;
	case N_CALL:
		walk_list(&n->call.args, fn, arg);
		return;
	case N_UNARY:
		walk(n->unary.x, fn, arg);
		return;
	case N_BINARY:
		walk(n->binary.l, fn, arg);
		walk(n->binary.r, fn, arg);
		return;
	case N_TERNARY:
		walk(n->ternary.cond, fn, arg);
		walk(n->ternary.then, fn, arg);
		walk(n->ternary.other, fn, arg);
		return;
	case N_CAST:
		walk_type(n->cast.to, fn, arg);
		walk(n->cast.x, fn, arg);
		return;
	case N_FIELD:
		walk(n->field.x, fn, arg);
		return;
	case N_INDEX:
		walk(n->index.x, fn, arg);
		walk(n->index.index, fn, arg);
		return;
	case N_TUPLE:
		walk_list(&n->tuple.items, fn, arg);
		return;
	case N_RECORD:
		walk_record(n, fn, arg);
		return;
	case N_SIZEOF:
	case N_TYPEOF:
	case N_TYPEINFO:
		walk_type(n->of.of, fn, arg);
		walk(n->of.x, fn, arg);
		return;
	case N_OFFSETOF:
		walk_type(n->offset.of, fn, arg);
		walk(n->offset.x, fn, arg);
		return;
	case N_COMPTIME:
	case N_EXPR:
	case N_DISCARD:
		walk(n->expr.x, fn, arg);
		return;
	case N_IF:
		walk(n->cond.cond, fn, arg);
		walk(n->cond.then, fn, arg);
		walk(n->cond.other, fn, arg);
		return;
	case N_BLOCK:
		walk_list(&n->block.stmts, fn, arg);
		walk(n->block.value, fn, arg);
		return;
	case N_LET:
		walk_type(n->let.decl, fn, arg);
		walk(n->let.value, fn, arg);
		return;
	case N_ASSIGN:
		walk(n->assign.target, fn, arg);
		walk(n->assign.value, fn, arg);
		return;
	case N_WHILE:
	case N_UNROLL:
		walk(n->loop.cond, fn, arg);
		walk(n->loop.body, fn, arg);
		return;
	case N_FOR:
		walk(n->loop_for.map, fn, arg);
		walk(n->loop_for.from, fn, arg);
		walk(n->loop_for.to, fn, arg);
		walk(n->loop_for.body, fn, arg);
		return;
	case N_RETURN:
		walk(n->ret.x, fn, arg);
		return;
	}
}

void
walk(struct node *n, walk_fn *fn, void *arg)
{
	if (!n)
		return;
	if (fn(n, arg))
		walk_children(n, fn, arg);
}
