/* SPDX-License-Identifier: MIT */
/*
 * Owns copies of subtrees, which macros and unrolled loops are made of. What
 * sema wrote into the original does not come along. Texts are shared.
 */
#include "parser.h"

#define CLONE(field) (copy->field = clone(a, n->field))

static struct node *
clone(struct arena *a, const struct node *n)
{
	return n ? ast_clone(a, n) : NULL;
}

static node_list
clone_list(struct arena *a, const node_list *list)
{
	node_list copy = { 0 };

	for (uint32_t i = 0; i < list->n; i++)
		*vec_push(a, &copy) = ast_clone(a, list->v[i]);
	return copy;
}

static struct type_expr *
clone_type(struct arena *a, const struct type_expr *t)
{
	struct type_expr *copy;

	if (!t)
		return NULL;
	copy = arena_alloc(a, sizeof(*copy));
	*copy = *t; /* suffixes never change: shared */
	copy->of = clone(a, t->of);
	copy->of_type = clone_type(a, t->of_type);
	return copy;
}

static void
clone_record(struct arena *a, struct node *copy, const struct node *n)
{
	copy->record.items.v = NULL;
	copy->record.items.n = copy->record.items.cap = 0;
	for (uint32_t i = 0; i < n->record.items.n; i++) {
		struct named_expr *item = vec_push(a, &copy->record.items);

		*item = n->record.items.v[i];
		item->value = clone(a, item->value);
	}
}

static void
clone_expr(struct arena *a, struct node *copy, const struct node *n)
{
	switch ((int)n->kind) {
	case N_MAP:
		copy->map.keys = clone_list(a, &n->map.keys);
		copy->map.key = NULL;
		copy->map.map = NULL;
		break;
	case N_CALL:
		copy->call.args = clone_list(a, &n->call.args);
		copy->call.word = NULL;
		copy->call.target = NULL;
		copy->call.data = NULL;
		break;
	case N_UNARY:
		CLONE(unary.x);
		break;
	case N_BINARY:
		CLONE(binary.l);
		CLONE(binary.r);
		break;
	case N_TERNARY:
		CLONE(ternary.cond);
		CLONE(ternary.then);
		CLONE(ternary.other);
		break;
	case N_CAST:
		copy->cast.to = clone_type(a, n->cast.to);
		CLONE(cast.x);
		break;
	case N_FIELD:
		CLONE(field.x);
		copy->field.field = NULL;
		break;
	case N_INDEX:
		CLONE(index.x);
		CLONE(index.index);
		break;
	case N_TUPLE:
		copy->tuple.items = clone_list(a, &n->tuple.items);
		break;
	case N_RECORD:
		clone_record(a, copy, n);
		break;
	case N_SIZEOF:
	case N_TYPEOF:
	case N_TYPEINFO:
		copy->of.of = clone_type(a, n->of.of);
		CLONE(of.x);
		break;
	case N_OFFSETOF:
		copy->offset.of = clone_type(a, n->offset.of);
		CLONE(offset.x);
		break;
	}
}

static void
clone_stmt(struct arena *a, struct node *copy, const struct node *n)
{
	switch ((int)n->kind) {
	case N_COMPTIME:
	case N_EXPR:
	case N_DISCARD:
		CLONE(expr.x);
		break;
	case N_IF:
		CLONE(cond.cond);
		CLONE(cond.then);
		CLONE(cond.other);
		break;
	case N_BLOCK:
		copy->block.stmts = clone_list(a, &n->block.stmts);
		CLONE(block.value);
		break;
	case N_LET:
		copy->let.decl = clone_type(a, n->let.decl);
		CLONE(let.value);
		copy->let.var = NULL;
		break;
	case N_ASSIGN:
		CLONE(assign.target);
		CLONE(assign.value);
		break;
	case N_WHILE:
	case N_UNROLL:
		CLONE(loop.cond);
		CLONE(loop.body);
		break;
	case N_FOR:
		CLONE(loop_for.map);
		CLONE(loop_for.from);
		CLONE(loop_for.to);
		CLONE(loop_for.body);
		copy->loop_for.var = NULL;
		break;
	case N_RETURN:
		CLONE(ret.x);
		break;
	}
}

struct node *
ast_clone(struct arena *a, const struct node *n)
{
	struct node *copy = arena_alloc(a, sizeof(*copy));

	*copy = *n;
	copy->type = NULL;
	if (n->kind == N_VAR)
		copy->var.var = NULL;
	else if (n->kind == N_INT || n->kind == N_BOOL)
		copy->num.negative = false;
	clone_expr(a, copy, n);
	clone_stmt(a, copy, n);
	return copy;
}
