/* SPDX-License-Identifier: MIT */
/* Statements: blocks, choices, assignments, and the ways out of a probe. */
#include "lower.h"

void
lower_return(struct lower *l, struct ref value)
{
	const struct unit_state *u = l->scope->u;
	struct mem frame;

	if (!l->scope->callback) {
		ir_ret(l, value);
		return;
	}
	/* Whoever runs the loop looks into the frame afterwards. */
	frame = lower_frame(l, 0);
	ir_store(l, frame.base, u->result_off, value, 8);
	ir_store(l, frame.base, u->done_off, ir_const(l, 1), 8);
	ir_ret(l, ir_const(l, 1));
}

static void
stmt_return(struct lower *l, const struct node *n)
{
	if (n->ret.x)
		lower_return(l, ir_expr(l, n->ret.x));
	else
		ir_end_probe(l);
}

static void
stmt_leave(struct lower *l, bool is_break)
{
	const struct loop *loop = l->scope->loop;
	struct blk *to;

	assert(loop);
	to = is_break ? loop->brk : loop->cont;
	if (to)
		ir_jmp(l, to);
	else
		ir_ret(l, ir_const(l, is_break));
}

/* ---- if ---- */

static void
arm(struct lower *l, const struct node *n, struct blk *in, struct blk *join)
{
	struct region r;

	ir_seal(l, in);
	ir_at(l, in);
	lower_enter(l, &r);
	lower_stmt(l, n);
	lower_leave(l, &r);
	ir_jmp(l, join);
}

/* What an `else if` leads to is where the first `if` does: a long ladder would
 * have as many joins, one behind the other. */
static void
ladder(struct lower *l, const struct node *cond, const struct node *then,
       const struct node *other, struct blk *join)
{
	struct blk *yes = ir_blk(l), *no = other ? ir_blk(l) : join;
	struct region r;

	lower_cond(l, cond, yes, no);
	arm(l, then, yes, join);
	if (other && other->kind == N_IF) {
		ir_seal(l, no);
		ir_at(l, no);
		lower_enter(l, &r);
		l->span = other->span;
		ladder(l, other->cond.cond, other->cond.then, other->cond.other,
		       join);
		lower_leave(l, &r);
	} else if (other) {
		arm(l, other, no, join);
	}
}

static void
stmt_if(struct lower *l, const struct node *cond, const struct node *then,
	const struct node *other)
{
	struct blk *join = ir_blk(l);

	ladder(l, cond, then, other, join);
	ir_seal(l, join);
	ir_at(l, join);
}

/* ---- assignments ---- */

static bool
is_valued(const struct type *t)
{
	return t && t->kind != TY_NONE && t->kind != TY_ERROR;
}

static void
stmt_let(struct lower *l, const struct node *n)
{
	const struct var *v = n->let.var;

	if (!v || !is_valued(v->type) || !lower_var_known(l, v))
		return;
	if (n->let.value)
		lower_var_assign(l, v, n->let.value);
	else
		lower_var_clear(l, v);
}

/* The operator and the value: where a division by zero is told of. */
static struct span
operation_span(const struct node *n)
{
	struct span at = { n->assign.op_span.begin, n->span.end };

	return at;
}

/* $x op= value is $x = $x op value: $x is read first. At 64 bits, then as
 * wide as the variable. */
static void
compound_var(struct lower *l, const struct node *n)
{
	const struct var *v = n->assign.target->var.var;
	struct ref old = lower_var_get(l, v), x = ir_expr(l, n->assign.value);
	const struct type *wide =
		type_int(l->prog->types, 8, v->type->is_signed);

	x = ir_bini(l, IR_MUL, x, lower_step(v->type));
	l->span = operation_span(n);
	x = lower_arith(l, n->assign.op, old, x);
	lower_var_set(l, v, lower_convert(l, x, wide, v->type));
}

static void
assign_var(struct lower *l, const struct node *n)
{
	const struct var *v = n->assign.target->var.var;

	if (!is_valued(v->type))
		return;
	if (n->assign.op == OP_ASSIGN)
		lower_var_assign(l, v, n->assign.value);
	else
		compound_var(l, n);
}

static void
assign_map(struct lower *l, const struct node *n)
{
	const struct node *map = n->assign.target, *value = n->assign.value;
	const struct type *t = map->map.map->value;

	if (!is_valued(t))
		return;
	if (n->assign.op != OP_ASSIGN) {
		struct ref x =
			ir_bini(l, IR_MUL, ir_expr(l, value), lower_step(t));

		if (n->assign.op == OP_DIV || n->assign.op == OP_MOD)
			l->span = operation_span(n);
		lower_map_update(l, map, n->assign.op, x, WANT_NOTHING);
	} else if (lower_is_agg(t)) {
		if (value->kind == N_CALL && value->call.target)
			lower_agg_assign(l, value);
		else
			lower_sorry(l, value->span,
				    "this value of an aggregation");
	} else {
		lower_map_assign(l, map, value);
	}
}

/* ---- expressions ---- */

static bool
steps_a_map(const struct node *n)
{
	if (n->kind != N_UNARY || n->unary.x->kind != N_MAP)
		return false;
	return n->unary.op == OP_PREINC || n->unary.op == OP_POSTINC ||
	       n->unary.op == OP_PREDEC || n->unary.op == OP_POSTDEC;
}

/* For its effects only. */
static void
stmt_expr(struct lower *l, const struct node *n)
{
	bool down;

	while (n->kind == N_EXPR || n->kind == N_DISCARD)
		n = n->expr.x;
	if (steps_a_map(n)) {
		down = n->unary.op == OP_PREDEC || n->unary.op == OP_POSTDEC;
		lower_map_update(l, n->unary.x, down ? OP_SUB : OP_ADD,
				 ir_const(l, lower_step(n->unary.x->type)),
				 WANT_NOTHING);
	} else if (n->kind == N_TERNARY && n->ternary.then) {
		stmt_if(l, n->ternary.cond, n->ternary.then, n->ternary.other);
	} else if (n->kind == N_IF || n->kind == N_BLOCK) {
		lower_stmt(l, n);
	} else if (n->kind == N_MAP || n->kind == N_STR) {
		return;
	} else {
		ir_expr(l, n);
	}
}

void
lower_block(struct lower *l, const struct node *block)
{
	uint32_t i;

	for (i = 0; i < block->block.stmts.n && l->cur; i++)
		lower_stmt(l, block->block.stmts.v[i]);
	if (block->block.value && l->cur)
		stmt_expr(l, block->block.value);
}

/* What a later round writes is not known when the first is lowered. */
static void
stmt_loop(struct lower *l, const struct node *n)
{
	lower_forget(l, NULL);
	if (n->kind == N_WHILE)
		lower_while(l, n);
	else if (n->kind == N_UNROLL)
		lower_unroll(l, n);
	else
		lower_for(l, n);
	lower_forget(l, NULL);
}

static void
stmt_here(struct lower *l, const struct node *n)
{
	switch (n->kind) {
	case N_BLOCK:
		lower_block(l, n);
		break;
	case N_IF:
		stmt_if(l, n->cond.cond, n->cond.then, n->cond.other);
		break;
	case N_LET:
		stmt_let(l, n);
		break;
	case N_ASSIGN:
		if (n->assign.target->kind == N_VAR)
			assign_var(l, n);
		else
			assign_map(l, n);
		break;
	case N_WHILE:
	case N_UNROLL:
	case N_FOR:
		stmt_loop(l, n);
		break;
	case N_BREAK:
	case N_CONTINUE:
		stmt_leave(l, n->kind == N_BREAK);
		break;
	case N_RETURN:
		stmt_return(l, n);
		break;
	default:
		stmt_expr(l, n);
	}
}

void
lower_stmt(struct lower *l, const struct node *n)
{
	struct span outer = l->span;

	if (!l->cur)
		return;
	l->span = n->span;
	stmt_here(l, n);
	l->span = outer;
}
