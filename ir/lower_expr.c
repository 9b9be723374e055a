/* SPDX-License-Identifier: MIT */
/*
 * Expressions whose value fits a register, and conditions. A value is always
 * 64 bits, extended by its type's sign; what is narrower is truncated and
 * extended where it gets a narrower type.
 */
#include "lower.h"

const struct type *
lower_value_type(struct lower *l, const struct node *n)
{
	const struct type *t = n->type;

	if (t->kind == TY_NOMINAL && t->nominal && t->nominal->int_type)
		return t->nominal->int_type(l->prog->types, t);
	return t;
}

/* ---- conversion ---- */

/* Whether each value of `from`, extended to 64 bits, is one of `to`. */
static bool
fits(const struct type *from, const struct type *to)
{
	if (to->size >= 8 || from == to)
		return true;
	if (from->kind == TY_BOOL)
		return true;
	if (from->size == to->size)
		return from->is_signed == to->is_signed;
	return from->size < to->size && (!from->is_signed || to->is_signed);
}

struct ref
lower_convert(struct lower *l, struct ref v, const struct type *from,
	      const struct type *to)
{
	if (to->kind == TY_BOOL && from->kind != TY_BOOL)
		return ir_cmp(l, CC_NE, v, ir_const(l, 0));
	if (fits(from, to))
		return v;
	return ir_un(l, to->is_signed ? IR_SEXT : IR_ZEXT, v, to->size);
}

static struct ref
cast_from_memory(struct lower *l, const struct node *n)
{
	const struct type *from = n->cast.x->type, *to = n->type;
	struct lval lv = lower_lval(l, n->cast.x);

	if (from->kind == TY_STRING && to->kind == TY_BOOL) {
		lv.type = type_int(l->prog->types, 1, false);
		return ir_cmp(l, CC_NE, lower_lval_load(l, lv), ir_const(l, 0));
	}
	if (from->size > 8 || from->size & (from->size - 1)) {
		lower_sorry(l, n->span, "this cast");
		return ir_const(l, 0);
	}
	lv.type = type_int(l->prog->types, from->size, to->is_signed);
	return lower_convert(l, lower_lval_load(l, lv), lv.type, to);
}

/* Where a value lies. The address may go anywhere, so the place is kept until
 * the end of the function. */
static struct ref
address_of_value(struct lower *l, const struct node *x)
{
	uint32_t obj = l->f->objs.n;
	struct mem m;

	if (x->kind == N_VAR) {
		m = lower_var_mem(l, x->var.var);
	} else {
		m = lower_obj(l, x->type);
		l->f->objs.v[obj].pinned = true;
		lower_into(l, x, x->type, m, true);
	}
	return lower_as_number(l, ir_addr(l, m));
}

static struct ref
expr_cast(struct lower *l, const struct node *n)
{
	const struct node *x = n->cast.x;
	struct ref v;

	if (lower_takes_address(n))
		return address_of_value(l, x);
	if (!type_is_scalar(x->type) && !lower_is_agg(x->type))
		return cast_from_memory(l, n);
	v = ir_expr(l, x);
	return lower_convert(l, v, lower_value_type(l, x), n->type);
}

/* ---- arithmetic ---- */

int64_t
lower_step(const struct type *t)
{
	if (t->kind != TY_POINTER || !t->to || !t->to->size)
		return 1;
	return t->to->size;
}

/* What a divisor of zero gives. */
static struct ref
undivided(struct lower *l)
{
	lower_notice(l, NOTICE_DIVISION, 0, ir_const(l, 0));
	return ir_const(l, 1);
}

/* Unsigned 64-bit; a divisor of zero gives 1 (REFERENCE 2.2). */
static struct ref
divide(struct lower *l, enum ir_opcode op, struct ref a, struct ref b)
{
	struct blk *some, *none, *join;
	uint32_t slot;
	int64_t c;

	if (!l->cur)
		return REF_NONE;
	if (ir_is_const(l->f, b, &c))
		return c ? ir_bin(l, op, a, b) : undivided(l);
	slot = ir_slot(l);
	some = ir_blk(l);
	none = lower_cold(l);
	join = ir_blk(l);
	ir_br(l, CC_NE, b, ir_const(l, 0), some, none);
	ir_seal(l, some);
	ir_seal(l, none);
	ir_at(l, none);
	ir_slot_set(l, slot, undivided(l));
	ir_jmp(l, join);
	ir_at(l, some);
	ir_slot_set(l, slot, ir_bin(l, op, a, b));
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
	return ir_slot_get(l, slot);
}

struct ref
lower_arith(struct lower *l, enum operator_kind op, struct ref a, struct ref b)
{
	switch (op) {
	case OP_ADD:
		return ir_bin(l, IR_ADD, a, b);
	case OP_SUB:
		return ir_bin(l, IR_SUB, a, b);
	case OP_MUL:
		return ir_bin(l, IR_MUL, a, b);
	case OP_DIV:
		return divide(l, IR_DIV, a, b);
	case OP_MOD:
		return divide(l, IR_MOD, a, b);
	case OP_BAND:
		return ir_bin(l, IR_AND, a, b);
	case OP_BOR:
		return ir_bin(l, IR_OR, a, b);
	case OP_BXOR:
		return ir_bin(l, IR_XOR, a, b);
	case OP_SHL:
		return ir_bin(l, IR_SHL, a, b);
	case OP_SHR: /* logical, even for signed values */
		return ir_bin(l, IR_SHR, a, b);
	default:
		assert(!"not arithmetic");
		return REF_NONE;
	}
}

static struct ref
scaled(struct lower *l, struct ref v, const struct node *n,
       const struct type *pointer)
{
	if (n->type->kind == TY_POINTER)
		return v;
	return ir_bini(l, IR_MUL, v, lower_step(pointer));
}

static bool
compares(enum operator_kind op)
{
	switch (op) {
	case OP_EQ:
	case OP_NE:
	case OP_LT:
	case OP_GT:
	case OP_LE:
	case OP_GE:
		return true;
	default:
		return false;
	}
}

/* The value of a condition as 0 or 1. */
static struct ref
expr_bool(struct lower *l, const struct node *n)
{
	struct blk *yes = ir_blk(l), *no = ir_blk(l), *join = ir_blk(l);
	uint32_t slot = ir_slot(l);

	lower_cond(l, n, yes, no);
	ir_seal(l, yes);
	ir_seal(l, no);
	ir_at(l, yes);
	ir_slot_set(l, slot, ir_const(l, 1));
	ir_jmp(l, join);
	ir_at(l, no);
	ir_slot_set(l, slot, ir_const(l, 0));
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
	return ir_slot_get(l, slot);
}

static enum ir_cond
cond_of(struct lower *l, const struct node *n)
{
	const struct type *a = lower_value_type(l, n->binary.l);
	const struct type *b = lower_value_type(l, n->binary.r);
	const struct type *t = type_promote(l->prog->types, a, b);
	bool s = t && type_is_int(t) ? t->is_signed
				     : a->is_signed || b->is_signed;

	if (a->kind == TY_POINTER || b->kind == TY_POINTER)
		s = false;
	switch (n->binary.op) {
	case OP_EQ:
		return CC_EQ;
	case OP_NE:
		return CC_NE;
	case OP_LT:
		return s ? CC_SLT : CC_ULT;
	case OP_GT:
		return s ? CC_SGT : CC_UGT;
	case OP_LE:
		return s ? CC_SLE : CC_ULE;
	case OP_GE:
		return s ? CC_SGE : CC_UGE;
	default:
		assert(!"not a comparison");
		return CC_EQ;
	}
}

static bool
in_memory(const struct node *n)
{
	return !type_is_scalar(n->type) && !lower_is_agg(n->type);
}

static struct ref
expr_binary(struct lower *l, const struct node *n)
{
	const struct node *x = n->binary.l, *y = n->binary.r;
	struct ref a, b;

	if (n->binary.op == OP_LAND || n->binary.op == OP_LOR ||
	    (compares(n->binary.op) && (in_memory(x) || in_memory(y))))
		return expr_bool(l, n);
	a = ir_expr(l, x);
	b = ir_expr(l, y);
	if (compares(n->binary.op))
		return ir_cmp(l, cond_of(l, n), a, b);
	if (n->type->kind == TY_POINTER) {
		a = scaled(l, a, x, n->type);
		b = scaled(l, b, y, n->type);
	}
	a = lower_arith(l, n->binary.op, a, b);
	/* Of two bools it is one, whatever the operator. */
	return n->type->kind == TY_BOOL ? ir_cmp(l, CC_NE, a, ir_const(l, 0))
					: a;
}

/* ---- ++ and -- ---- */

static struct ref
step(struct lower *l, const struct node *n)
{
	const struct node *x = n->unary.x;
	enum operator_kind op = n->unary.op;
	bool down = op == OP_PREDEC || op == OP_POSTDEC;
	bool post = op == OP_POSTINC || op == OP_POSTDEC;
	enum operator_kind arith = down ? OP_SUB : OP_ADD;
	struct ref by = ir_const(l, lower_step(x->type)), old, new;

	if (x->kind == N_MAP)
		return lower_map_update(l, x, arith, by,
					post ? WANT_OLD : WANT_NEW);
	if (x->kind != N_VAR) {
		lower_sorry(l, n->span, "++ or -- on this");
		return ir_const(l, 0);
	}
	old = lower_var_get(l, x->var.var);
	new = lower_convert(l, lower_arith(l, arith, old, by),
			    type_int(l->prog->types, 8, true),
			    x->var.var->type);
	lower_var_set(l, x->var.var, new);
	return post ? old : new;
}

static struct ref
expr_address(struct lower *l, const struct node *n)
{
	const struct node *x = n->unary.x;

	if (x->kind == N_VAR)
		return address_of_value(l, x);
	if (x->kind == N_MAP)
		return ir_map(l, x->map.map->index);
	lower_sorry(l, n->span, "the address of this");
	return ir_const(l, 0);
}

/* Unsigned operands wrap at their own width (REFERENCE 2.2). */
static struct ref
at_own_width(struct lower *l, struct ref v, const struct type *t)
{
	if (t->is_signed || t->size >= 8)
		return v;
	return ir_un(l, IR_ZEXT, v, t->size);
}

static struct ref
expr_unary(struct lower *l, const struct node *n)
{
	const struct node *x = n->unary.x;

	switch (n->unary.op) {
	case OP_NEG:
		return at_own_width(l, ir_un(l, IR_NEG, ir_expr(l, x), 8),
				    lower_value_type(l, x));
	case OP_BNOT:
		return at_own_width(l, ir_bini(l, IR_XOR, ir_expr(l, x), -1),
				    lower_value_type(l, x));
	case OP_NOT:
		return ir_cmp(l, CC_EQ, ir_expr(l, x), ir_const(l, 0));
	case OP_DEREF:
		return lower_lval_load(l, lower_lval(l, n));
	case OP_ADDR:
		return expr_address(l, n);
	case OP_PREINC:
	case OP_PREDEC:
	case OP_POSTINC:
	case OP_POSTDEC:
		return step(l, n);
	default:
		lower_sorry(l, n->span, "this operator");
		return ir_const(l, 0);
	}
}

/* ---- choices ---- */

/* Where the arms of a choice go: their values, as `t`, to `slot`. */
struct choice {
	const struct type *t;
	uint32_t slot;
	struct blk *join;
};

static void choose(struct lower *l, const struct node *n, struct choice c);

/* A choice in an arm has no join of its own, if its type needs none. */
static bool
goes_on(struct lower *l, const struct node *arm, const struct choice *c)
{
	return (arm->kind == N_TERNARY || arm->kind == N_IF) &&
	       type_is_scalar(arm->type) &&
	       fits(lower_value_type(l, arm), c->t);
}

static void
choose_arm(struct lower *l, const struct node *arm, struct choice c,
	   struct blk *at)
{
	struct region r;

	ir_seal(l, at);
	ir_at(l, at);
	lower_enter(l, &r);
	if (!arm) {
		ir_slot_set(l, c.slot, ir_const(l, 0));
	} else if (goes_on(l, arm, &c)) {
		c.t = lower_value_type(l, arm);
		choose(l, arm, c);
	} else {
		struct ref v = ir_expr(l, arm);

		v = lower_convert(l, v, lower_value_type(l, arm), c.t);
		ir_slot_set(l, c.slot, v);
	}
	lower_leave(l, &r);
	ir_jmp(l, c.join);
}

static void
choose(struct lower *l, const struct node *n, struct choice c)
{
	bool branch = n->kind == N_IF;
	const struct node *cond = branch ? n->cond.cond : n->ternary.cond;
	const struct node *then = branch ? n->cond.then : n->ternary.then;
	struct blk *yes = ir_blk(l), *no = ir_blk(l);
	struct span outer = l->span;

	l->span = n->span;
	lower_cond(l, cond, yes, no);
	choose_arm(l, then ? then : cond, c, yes);
	choose_arm(l, branch ? n->cond.other : n->ternary.other, c, no);
	l->span = outer;
}

static struct ref
expr_choice(struct lower *l, const struct node *n)
{
	struct choice c = { lower_value_type(l, n), ir_slot(l), ir_blk(l) };

	choose(l, n, c);
	ir_seal(l, c.join);
	ir_at(l, c.join);
	return ir_slot_get(l, c.slot);
}

static struct ref
expr_block(struct lower *l, const struct node *n)
{
	uint32_t i;
	struct ref v;

	for (i = 0; i < n->block.stmts.n; i++)
		lower_stmt(l, n->block.stmts.v[i]);
	if (!n->block.value)
		return ir_const(l, 0);
	v = ir_expr(l, n->block.value);
	return n->type && type_is_scalar(n->type)
		       ? lower_convert(l, v,
				       lower_value_type(l, n->block.value),
				       n->type)
		       : v;
}

static struct ref
expr_call(struct lower *l, const struct node *n)
{
	const struct builtin *word = n->call.word;

	if (!word || !word->lower) {
		lower_sorry(l, n->span, "this call");
		return ir_const(l, 0);
	}
	if (in_memory(n) && n->type->kind != TY_NONE)
		return ir_addr(l, ir_expr_mem(l, n));
	return word->lower(l, n, NULL);
}

static struct ref
expr_here(struct lower *l, const struct node *n)
{
	switch (n->kind) {
	case N_INT:
	case N_BOOL:
		return ir_const(l, (int64_t)n->num.value);
	case N_VAR:
		return lower_var_get(l, n->var.var);
	case N_MAP:
		return lower_map_get(l, n);
	case N_CALL:
		return expr_call(l, n);
	case N_UNARY:
		return expr_unary(l, n);
	case N_BINARY:
		return expr_binary(l, n);
	case N_TERNARY:
	case N_IF:
		return expr_choice(l, n);
	case N_CAST:
		return expr_cast(l, n);
	case N_FIELD:
	case N_INDEX:
		return lower_lval_load(l, lower_lval(l, n));
	case N_BLOCK:
		return expr_block(l, n);
	case N_EXPR:
	case N_COMPTIME:
		return ir_expr(l, n->expr.x);
	default:
		lower_sorry(l, n->span, ast_kind_name(n->kind));
		return ir_const(l, 0);
	}
}

struct ref
ir_expr(struct lower *l, const struct node *n)
{
	struct span outer = l->span;
	struct ref r;

	if (!l->cur)
		return REF_NONE;
	l->span = n->span;
	if (n->type && in_memory(n) && n->type->kind != TY_NONE &&
	    n->type->kind != TY_ERROR)
		r = ir_addr(l, ir_expr_mem(l, n));
	else
		r = expr_here(l, n);
	l->span = outer;
	return r;
}

/* ---- conditions ---- */

static void
cond_pair(struct lower *l, const struct node *n, struct blk *yes,
	  struct blk *no)
{
	struct blk *next = ir_blk(l);
	struct region r;

	if (n->binary.op == OP_LAND)
		lower_cond(l, n->binary.l, next, no);
	else
		lower_cond(l, n->binary.l, yes, next);
	ir_seal(l, next);
	ir_at(l, next);
	lower_enter(l, &r);
	lower_cond(l, n->binary.r, yes, no);
	lower_leave(l, &r);
}

static void
cond_compare(struct lower *l, const struct node *n, struct blk *yes,
	     struct blk *no)
{
	const struct node *x = n->binary.l, *y = n->binary.r;
	struct ref a, b;

	if (in_memory(x) || in_memory(y)) {
		if (n->binary.op == OP_EQ)
			lower_equal(l, x, y, yes, no);
		else
			lower_equal(l, x, y, no, yes);
		return;
	}
	a = ir_expr(l, x);
	b = ir_expr(l, y);
	ir_br(l, cond_of(l, n), a, b, yes, no);
}

static bool
cond_operator(struct lower *l, const struct node *n, struct blk *yes,
	      struct blk *no)
{
	if (n->kind == N_BINARY &&
	    (n->binary.op == OP_LAND || n->binary.op == OP_LOR))
		cond_pair(l, n, yes, no);
	else if (n->kind == N_BINARY && compares(n->binary.op))
		cond_compare(l, n, yes, no);
	else if (n->kind == N_UNARY && n->unary.op == OP_NOT)
		lower_cond(l, n->unary.x, no, yes);
	else if (n->kind == N_EXPR || n->kind == N_COMPTIME)
		lower_cond(l, n->expr.x, yes, no);
	else
		return false;
	return true;
}

void
lower_cond(struct lower *l, const struct node *n, struct blk *yes,
	   struct blk *no)
{
	struct span outer = l->span;

	if (!l->cur)
		return;
	l->span = n->span;
	if (!cond_operator(l, n, yes, no)) {
		struct ref v = ir_expr(l, n);

		ir_br(l, CC_NE, v, ir_const(l, 0), yes, no);
	}
	l->span = outer;
}
