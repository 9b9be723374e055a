/* SPDX-License-Identifier: MIT */
/*
 * Statements: blocks and their scopes, conditions, jumps. Assignments are in
 * assign.c, loops in loop.c.
 */
#include <string.h>

#include "internal.h"

/* ---- conditions ---- */

void
check_condition(struct sema *s, struct node *n, struct span whole)
{
	const struct type *t = n->type;

	if (!t || is_error(t) || type_is_int(t) || t->kind == TY_POINTER)
		return;
	if (n->kind == N_STR) {
		sema_make_bool(s, n, n->str.len > 0);
		return;
	}
	n->type = type_error(s->t);
	sema_error_at(s, whole, "Invalid condition: %s", sema_kind_name(t));
}

/* if comptime (c): only the branch that is taken exists. */
static void
take_branch(struct sema *s, struct node *n)
{
	const struct node *cond = n->cond.cond;
	int64_t v = cond->kind == N_STR && cond->str.len;
	struct node *taken;

	sema_literal_int(cond, &v);
	taken = v ? n->cond.then : n->cond.other;
	if (taken) {
		*n = *taken;
	} else {
		n->kind = N_BLOCK;
		memset(&n->block, 0, sizeof(n->block));
	}
	if (n->kind == N_IF)
		check_if(s, n);
	else
		check_block(s, n);
}

void
check_if(struct sema *s, struct node *n)
{
	struct node *cond = n->cond.cond;
	bool comptime = cond->kind == N_COMPTIME;

	n->type = type_none(s->t);
	check_value(s, cond);
	if (comptime) {
		if (is_literal(cond))
			take_branch(s, n);
		return; /* else not known yet, or reported */
	}
	check_condition(s, cond, n->span);
	check_block(s, n->cond.then);
	if (!n->cond.other)
		return;
	if (n->cond.other->kind == N_IF)
		check_if(s, n->cond.other);
	else
		check_block(s, n->cond.other);
}

/* ---- what ends a block ---- */

static bool
is_jump(const struct node *n)
{
	return n->kind == N_BREAK || n->kind == N_CONTINUE;
}

bool
ends_flow(const struct node *n)
{
	const struct node *x;

	if (n->kind == N_RETURN || n->kind == N_BREAK || n->kind == N_CONTINUE)
		return true;
	if (n->kind == N_IF)
		return n->cond.other && ends_flow(n->cond.then) &&
		       ends_flow(n->cond.other);
	if (n->kind == N_BLOCK)
		return n->block.stmts.n &&
		       ends_flow(n->block.stmts.v[n->block.stmts.n - 1]);
	if (n->kind != N_EXPR)
		return false;
	x = n->expr.x;
	return x->kind == N_CALL && x->call.word && x->call.args.n < 2 &&
	       (x->call.word->flags & WORD_RETURNS);
}

static void
check_jump(struct sema *s, struct node *n)
{
	n->type = type_none(s->t);
	if (!s->loops)
		sema_error(s, n, "'%s' statement is not allowed in a probe",
			   ast_kind_name(n->kind));
}

/* In the body of a `for` all returns have a value, or none has. */
static bool
is_consistent(struct sema *s, const struct node *n)
{
	if (!s->fors)
		return true;
	if (!s->loop_return)
		s->loop_return = n;
	if (!s->loop_return->ret.x == !n->ret.x)
		return true;
	return sema_error(s, n, "Return value used in loop is inconsistent");
}

static void
check_return(struct sema *s, struct node *n)
{
	struct node *x = n->ret.x;
	bool good = is_consistent(s, n);

	n->type = type_none(s->t);
	if (!x)
		return;
	check_value(s, x);
	if (!good)
		return;
	if (x->type && !is_error(x->type) &&
	    (!type_is_int(x->type) || x->type->kind == TY_BOOL))
		sema_error(s, n,
			   "Probe return values can only be integers. Found %s",
			   type_name(x->type));
}

/* ---- expression statements ---- */

/* Steps, and words that are called for what they change. */
static bool
is_wanted_for_effect(const struct node *x)
{
	if (x->kind == N_UNARY)
		return x->unary.op >= OP_PREINC;
	return x->kind == N_CALL && x->call.word &&
	       x->call.word->flags & WORD_EFFECT;
}

static void
check_expr_stmt(struct sema *s, struct node *n)
{
	struct node *x = n->expr.x, at = *n;

	n->type = type_none(s->t);
	if (split_calls(s, n)) {
		check_block(s, n);
		return;
	}
	check_expr(s, x);
	if (!x->type || is_error(x->type) || x->type->kind == TY_NONE ||
	    is_wanted_for_effect(x))
		return;
	at.span = n->expr.lost;
	sema_warn(s, &at, "Return value discarded.");
	sema_rank(s, DIAG_MEANING);
}

static void
check_discard(struct sema *s, struct node *n)
{
	check_value(s, n->expr.x);
	n->type = type_none(s->t);
}

void
check_stmt(struct sema *s, struct node *n)
{
	switch ((int)n->kind) {
	case N_LET:
		check_let(s, n);
		return;
	case N_ASSIGN:
		check_assign(s, n);
		return;
	case N_DISCARD:
		check_discard(s, n);
		return;
	case N_EXPR:
		check_expr_stmt(s, n);
		return;
	case N_IF:
		check_if(s, n);
		return;
	case N_BLOCK:
		check_block(s, n);
		return;
	case N_WHILE:
		check_while(s, n);
		return;
	case N_UNROLL:
		check_unroll(s, n);
		return;
	case N_FOR:
		check_for(s, n);
		return;
	case N_BREAK:
	case N_CONTINUE:
		check_jump(s, n);
		return;
	case N_RETURN:
		check_return(s, n);
		return;
	case N_IMPORT:
		n->type = type_error(s->t);
		sema_error(s, n,
			   "Import statements that are not at the top level "
			   "are primarily for the standard library. If this is "
			   "functionality you need, please file an issue to "
			   "explain why.");
		return;
	}
	check_expr(s, n);
}

/* A block that a macro call became stands at the call, what is in it stands
 * in the macro: that tells it from the script's own blocks. */
static bool
is_expansion(const struct node *n)
{
	const struct node *first = n->block.value;

	if (n->block.stmts.n)
		first = n->block.stmts.v[0];
	return first && (first->span.begin < n->span.begin ||
			 first->span.begin >= n->span.end);
}

/* Of what a round before the last one has checked nothing is left but what it
 * learnt: copies are given back, some at a time, so that they are small. */
static void
try_stmts(struct sema *s, const struct node *n)
{
	enum { SOME = 16384 }; /* bytes */
	struct arena copies = { .lender = s->a };
	uint32_t i;

	for (i = 0; i < n->block.stmts.n; i++) {
		check_stmt(s, ast_clone(&copies, n->block.stmts.v[i]));
		if (copies.used > SOME)
			arena_free(&copies);
	}
	arena_free(&copies);
}

static void
check_stmts(struct sema *s, struct node *n)
{
	uint32_t i;

	for (i = 0; i < n->block.stmts.n; i++) {
		struct node *stmt = n->block.stmts.v[i];

		check_stmt(s, stmt);
		if (i && ends_flow(n->block.stmts.v[i - 1]) &&
		    (s->loops || !is_jump(n->block.stmts.v[i - 1])))
			sema_warn(s, stmt, "Unreachable statement.");
	}
}

void
check_block(struct sema *s, struct node *n)
{
	struct scope scope;
	bool expansion = is_expansion(n);

	if (expansion)
		*vec_push(s->a, &s->calls) = n->span;
	scope_push(s, &scope);
	if (n == s->tried)
		try_stmts(s, n);
	else
		check_stmts(s, n);
	n->type = type_none(s->t);
	if (n->block.value) {
		check_value(s, n->block.value);
		n->type = n->block.value->type;
	}
	scope_pop(s);
	if (expansion)
		s->calls.n--;
}
