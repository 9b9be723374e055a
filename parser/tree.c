/* SPDX-License-Identifier: MIT */
/*
 * Owns what all users of the tree ask about any node: its name in messages
 * and its children.
 */
#include "parser.h"

const char *
ast_kind_name(enum node_kind kind)
{
	static const char *const names[] = {
#define NODE(kind, name) [N_##kind] = name,
#include "nodes.def"
#undef NODE
	};

	return names[kind];
}

const char *
ast_op_text(enum operator_kind op)
{
	static const char *const texts[] = {
#define OPERATOR(kind, text, prec) [OP_##kind] = text,
#include "operators.def"
#undef OPERATOR
	};

	return texts[op];
}

typedef void (*node_fn)(void *arg, struct node *child);

static void
visit(struct node *n, node_fn fn, void *arg)
{
	if (n)
		fn(arg, n);
}

static void
visit_list(const node_list *list, node_fn fn, void *arg)
{
	for (uint32_t i = 0; i < list->n; i++)
		fn(arg, list->v[i]);
}

/* The expression of a typeof, however deep in the type it is. */
static void
visit_type(const struct type_expr *t, node_fn fn, void *arg)
{
	for (; t; t = t->of_type)
		visit(t->of, fn, arg);
}

static void
visit3(struct node *a, struct node *b, struct node *c, node_fn fn, void *arg)
{
	visit(a, fn, arg);
	visit(b, fn, arg);
	visit(c, fn, arg);
}

void
ast_each_child(const struct node *n, node_fn fn, void *arg)
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
		break;
	case N_MAP:
		visit_list(&n->map.keys, fn, arg);
		break;
	case N_CALL:
		visit_list(&n->call.args, fn, arg);
		break;
	case N_UNARY:
		visit(n->unary.x, fn, arg);
		break;
	case N_BINARY:
		visit3(n->binary.l, n->binary.r, NULL, fn, arg);
		break;
	case N_TERNARY:
		visit3(n->ternary.cond, n->ternary.then, n->ternary.other, fn,
		       arg);
		break;
	case N_CAST:
		visit_type(n->cast.to, fn, arg);
		visit(n->cast.x, fn, arg);
		break;
	case N_FIELD:
		visit(n->field.x, fn, arg);
		break;
	case N_INDEX:
		visit3(n->index.x, n->index.index, NULL, fn, arg);
		break;
	case N_TUPLE:
		visit_list(&n->tuple.items, fn, arg);
		break;
	case N_RECORD:
		for (uint32_t i = 0; i < n->record.items.n; i++)
			fn(arg, n->record.items.v[i].value);
		break;
	case N_SIZEOF:
	case N_TYPEOF:
	case N_TYPEINFO:
		visit_type(n->of.of, fn, arg);
		visit(n->of.x, fn, arg);
		break;
	case N_OFFSETOF:
		visit_type(n->offset.of, fn, arg);
		visit(n->offset.x, fn, arg);
		break;
	case N_COMPTIME:
	case N_EXPR:
	case N_DISCARD:
		visit(n->expr.x, fn, arg);
		break;
	case N_IF:
		visit3(n->cond.cond, n->cond.then, n->cond.other, fn, arg);
		break;
	case N_BLOCK:
		visit_list(&n->block.stmts, fn, arg);
		visit(n->block.value, fn, arg);
		break;
	case N_LET:
		visit_type(n->let.decl, fn, arg);
		visit(n->let.value, fn, arg);
		break;
	case N_ASSIGN:
		visit3(n->assign.target, n->assign.value, NULL, fn, arg);
		break;
	case N_WHILE:
	case N_UNROLL:
		visit3(n->loop.cond, n->loop.body, NULL, fn, arg);
		break;
	case N_FOR:
		visit3(n->loop_for.map, n->loop_for.from, n->loop_for.to, fn,
		       arg);
		visit(n->loop_for.body, fn, arg);
		break;
	case N_RETURN:
		visit(n->ret.x, fn, arg);
		break;
	}
}
