/* SPDX-License-Identifier: MIT */
/*
 * The body of a function in IR text: blocks and ops. Ops are gathered first,
 * since a ref may stand before its op; then they get their places in
 * func->ops, blocks their predecessors, and phis their arguments.
 */
#include <stdlib.h>
#include <string.h>

#include "read.h"

enum { MAX_ID = 1 << 18 };

/* ---- refs, blocks, places ---- */

/* ":rN", if it stands here. */
static int8_t
read_reg(struct reader *r)
{
	char *end;
	unsigned long n;

	if (!rd_take(r, ':'))
		return -1;
	n = r->kind == RD_WORD && *r->text == 'r'
		    ? strtoul(r->text + 1, &end, 10)
		    : 11;
	if (n > 10) {
		rd_fail(r, "a register should stand here");
		return -1;
	}
	rd_next(r);
	return (int8_t)n;
}

static uint32_t
read_id(struct reader *r)
{
	uint32_t id = (uint32_t)r->num;

	if (r->failed || r->kind != RD_REF || r->num <= 0 || r->num > MAX_ID) {
		rd_fail(r, "a value (%1, %2, ..) should stand here");
		return 0;
	}
	rd_next(r);
	if (r->max_id < id)
		r->max_id = id;
	return id;
}

static struct ref
read_ref(struct reader *r, int8_t *reg)
{
	struct ref ref;

	*reg = -1;
	if (rd_take_word(r, "none"))
		return REF_NONE;
	ref.id = read_id(r);
	*reg = read_reg(r);
	return ref;
}

/* The id of "bN", or -1. */
static int64_t
blk_id(const struct reader *r)
{
	char *end;
	unsigned long n;

	if (r->kind != RD_WORD || r->text[0] != 'b' || !r->text[1])
		return -1;
	n = strtoul(r->text + 1, &end, 10);
	return *end || n > MAX_ID ? -1 : (int64_t)n;
}

static struct blk *
read_blk_name(struct reader *r)
{
	int64_t id = blk_id(r);
	struct arena *a = r->prog->arena;

	if (r->failed || id < 0) {
		rd_fail(r, "a block (b0, b1, ..) should stand here");
		return NULL;
	}
	rd_next(r);
	while (r->blks.n <= id)
		*vec_push(a, &r->blks) = NULL;
	if (!r->blks.v[id]) {
		r->blks.v[id] = arena_alloc(a, sizeof(struct blk));
		r->blks.v[id]->id = (uint32_t)id;
		if (r->f->next_blk <= id)
			r->f->next_blk = (uint32_t)id + 1;
	}
	return r->blks.v[id];
}

/* ---- operands ---- */

/* A ref, or a number that becomes the immediate. */
static void
read_arg(struct reader *r, struct op *op)
{
	if (op->nargs >= ARRAY_LEN(op->arg) || op->has_imm) {
		rd_fail(r, "too many arguments");
		return;
	}
	if (r->kind == RD_NUM) {
		op->has_imm = true;
		op->imm = rd_num(r);
	} else {
		op->arg[op->nargs] = read_ref(r, &op->areg[op->nargs]);
	}
	op->nargs++;
}

static void
read_args(struct reader *r, struct op *op)
{
	read_arg(r, op);
	while (rd_take(r, ','))
		read_arg(r, op);
}

static void
read_width(struct reader *r, struct op *op)
{
	static const char *const widths[] = { "u8", "u16", "u32", "u64" };
	unsigned i;

	for (i = 0; i < ARRAY_LEN(widths); i++) {
		if (rd_take_word(r, widths[i])) {
			op->width = (uint8_t)(1 << i);
			return;
		}
	}
	rd_fail(r, "a width (u8, u16, u32, u64) should stand here");
}

static void
read_cond(struct reader *r, struct op *op)
{
	enum ir_cond c;

	for (c = CC_EQ; c <= CC_SET; c++) {
		if (rd_take_word(r, ir_cond_text(c))) {
			op->cond = (uint8_t)c;
			if (rd_is_word(r, "u32"))
				read_width(r, op);
			return;
		}
	}
	rd_fail(r, "a condition (eq, ult, ..) should stand here");
}

static void
read_off(struct reader *r, struct op *op)
{
	if (rd_take(r, '+'))
		op->off = (int32_t)rd_u32(r);
	else if (rd_take(r, '-'))
		op->off = (int32_t)(0 - rd_u32(r));
}

static void
read_mem(struct reader *r, struct op *op)
{
	rd_want(r, '[', "'[' should stand here");
	read_arg(r, op);
	read_off(r, op);
	rd_want(r, ']', "']' should stand here");
}

static void
read_call(struct reader *r, struct op *op)
{
	enum ir_helper h = 0;

	while (h < IR_HELPERS && !rd_is_word(r, ir_helpers[h].name))
		h++;
	if (h == IR_HELPERS) {
		rd_fail(r, "the name of a helper should stand here");
		return;
	}
	rd_next(r);
	op->index = h;
	if (h >= HELPER_own0)
		op->imm = rd_u32(r);
	rd_want(r, '(', "'(' should stand here");
	if (rd_take(r, ')'))
		return;
	read_args(r, op);
	rd_want(r, ')', "')' should stand here");
}

static void
read_phi(struct reader *r, struct op *op)
{
	int8_t reg;

	do {
		struct rd_phi *p = vec_push(r->prog->arena, &r->phis);

		p->op = r->ops.n;
		p->from = read_blk_name(r);
		p->arg = read_ref(r, &reg);
	} while (rd_take(r, ','));
	if (rd_take_word(r, "in")) {
		op->has_imm = true;
		op->imm = rd_num(r);
	}
}

static void
read_targets(struct reader *r, struct blk *b, unsigned n)
{
	unsigned i;

	if (b->succ[0]) {
		rd_fail(r, "this block has ended");
		return;
	}
	rd_want(r, '>', "'->' should stand here");
	for (i = 0; i < n; i++) {
		if (i)
			rd_want(r, ',', "',' should stand here");
		b->succ[i] = read_blk_name(r);
	}
}

static void
read_operands(struct reader *r, struct blk *b, struct op *op)
{
	switch (op->code) {
	case IR_NOP:
	case IR_REST:
	case IR_CTX:
		break;
	case IR_CONST:
	case IR_PARAM:
		op->imm = rd_num(r);
		break;
	case IR_MAP:
	case IR_FUNC:
		op->index = rd_u32(r);
		break;
	case IR_OBJ:
		op->index = rd_u32(r);
		read_off(r, op);
		break;
	case IR_MAPVAL:
		op->index = rd_u32(r);
		rd_want(r, '+', "'+' should stand here");
		op->imm = rd_num(r);
		break;
	case IR_ZEXT:
	case IR_SEXT:
	case IR_BSWAP:
		read_width(r, op);
		read_args(r, op);
		break;
	case IR_CMP:
		read_cond(r, op);
		read_args(r, op);
		break;
	case IR_LOAD:
		read_width(r, op);
		read_mem(r, op);
		break;
	case IR_STORE:
	case IR_XADD:
		read_width(r, op);
		read_mem(r, op);
		rd_want(r, ',', "',' should stand here");
		read_arg(r, op);
		break;
	case IR_CALL:
		read_call(r, op);
		break;
	case IR_PHI:
		read_phi(r, op);
		break;
	case IR_JMP:
		read_targets(r, b, 1);
		break;
	case IR_BR:
		read_cond(r, op);
		read_args(r, op);
		read_targets(r, b, 2);
		break;
	case IR_SPILL:
		read_arg(r, op);
		rd_want(r, '>', "'->' should stand here");
		op->imm = rd_num(r);
		if (rd_take_word(r, "at"))
			read_arg(r, op);
		break;
	case IR_RELOAD:
		op->imm = rd_num(r);
		if (rd_take_word(r, "of"))
			op->arg[0] = read_ref(r, &op->areg[0]);
		break;
	default: /* arithmetic, ret */
		read_args(r, op);
		break;
	}
}

static enum ir_opcode
read_opcode(struct reader *r)
{
	enum ir_opcode code;

	for (code = 0; code < IR_OPCODES; code++)
		if (rd_take_word(r, ir_ops[code].text))
			return code;
	rd_fail(r, "the name of an op should stand here");
	return IR_NOP;
}

/* ---- lines ---- */

static void
read_op(struct reader *r, struct blk *b)
{
	struct rd_op o = { .blk = b, .op = { .reg = -1, .width = 8 } };
	uint32_t begin = r->begin;
	bool has_value = r->kind == RD_REF;

	memset(o.op.areg, -1, sizeof(o.op.areg));
	if (has_value) {
		o.id = read_id(r);
		o.op.reg = read_reg(r);
		rd_want(r, '=', "'=' should stand here");
	}
	o.op.code = read_opcode(r);
	if (has_value == !!(ir_ops[o.op.code].flags & F_V) && !r->failed)
		rd_fail(r, has_value ? "this op gives no value"
				     : "this op gives a value");
	read_operands(r, b, &o.op);
	o.span = (struct span){ r->source->base + begin,
				r->source->base + r->begin };
	*vec_push(r->prog->arena, &r->ops) = o;
}

static struct blk *
read_label(struct reader *r)
{
	struct blk *b = read_blk_name(r);

	if (!b)
		return NULL;
	if (b->sealed) /* until preds are made: it has been seen */
		rd_fail(r, "this block was there before");
	b->sealed = true;
	b->cold = rd_take_word(r, "cold");
	rd_want(r, ':', "':' should stand here");
	*vec_push(r->prog->arena, &r->f->blks) = b;
	return b;
}

static void
read_lines(struct reader *r)
{
	struct blk *b = NULL;

	while (!r->failed && (r->kind == RD_WORD || r->kind == RD_REF)) {
		if (blk_id(r) >= 0)
			b = read_label(r);
		else if (b)
			read_op(r, b);
		else
			rd_fail(r, "a block (b0:) should stand here");
	}
	if (!b)
		rd_fail(r, "a function has at least one block");
}

/* ---- putting it together ---- */

static bool
fail_at(struct reader *r, struct span span, const char *what)
{
	if (!r->failed)
		diag_error(r->diag, span, "%s", what);
	r->failed = true;
	return false;
}

static void
place_op(struct reader *r, const struct rd_op *o)
{
	struct func *f = r->f;
	struct ref ref = { o->id };

	if (!ref.id) {
		ref.id = f->ops.n;
		vec_push(f->arena, &f->ops);
	} else if (ir_op(f, ref)->code != IR_NOP) {
		fail_at(r, o->span, "this value was made before");
	}
	*ir_op(f, ref) = o->op;
	if (f->allocated && o->op.code == IR_PHI)
		*vec_push(f->arena, &o->blk->phis) = ref;
	else
		*vec_push(f->arena, &o->blk->ops) = ref;
}

static void
place_ops(struct reader *r)
{
	struct func *f = r->f;
	uint32_t i;

	while (f->ops.n <= r->max_id)
		vec_push(f->arena, &f->ops)->reg = -1;
	for (i = 0; i < r->ops.n; i++)
		place_op(r, &r->ops.v[i]);
}

static void
find_preds(struct reader *r)
{
	struct func *f = r->f;
	uint32_t i, k;

	for (i = 0; i < r->blks.n; i++)
		if (r->blks.v[i] && !r->blks.v[i]->sealed)
			rd_fail(r, "a jump goes to a block that is not there");
	for (i = 0; i < f->blks.n; i++) {
		struct blk *b = f->blks.v[i];

		b->rpo = i; /* what a pass printed is in order */
		for (k = 0; k < 2 && b->succ[k]; k++)
			*vec_push(f->arena, &b->succ[k]->preds) = b;
	}
}

/* The place of `from` among the predecessors from number `at` on, or n. */
static uint32_t
pred_index(const struct blk *b, const struct blk *from, uint32_t at)
{
	while (at < b->preds.n && b->preds.v[at] != from)
		at++;
	return at;
}

/* The order of predecessors is that of the first phi. */
static bool
order_preds(struct blk *b, const struct rd_phi *p)
{
	uint32_t i;

	for (i = 0; i < b->preds.n; i++) {
		uint32_t at = pred_index(b, p[i].from, i);

		if (at == b->preds.n)
			return false;
		b->preds.v[at] = b->preds.v[i];
		b->preds.v[i] = p[i].from;
	}
	return true;
}

static bool
fill_phi(struct reader *r, const struct rd_op *o, const struct rd_phi *p,
	 bool first)
{
	struct blk *b = o->blk;
	struct op *op = ir_op(r->f, (struct ref){ o->id });
	uint32_t i;

	if (first && !order_preds(b, p))
		return false;
	op->phi = arena_alloc(r->f->arena, (b->preds.n + 1) * sizeof(*op->phi));
	for (i = 0; i < b->preds.n; i++) {
		uint32_t at = pred_index(b, p[i].from, 0);

		if (at == b->preds.n || op->phi[at].id)
			return false;
		op->phi[at] = p[i].arg;
	}
	return true;
}

static void
fill_phis(struct reader *r)
{
	const struct blk *last = NULL;
	uint32_t i, n;

	for (i = 0; i < r->phis.n && !r->failed; i += n) {
		const struct rd_phi *p = &r->phis.v[i];
		const struct rd_op *o = &r->ops.v[p->op];

		for (n = 0; i + n < r->phis.n && p[n].op == p->op; n++)
			;
		if (n != o->blk->preds.n || !fill_phi(r, o, p, o->blk != last))
			fail_at(r, o->span,
				"one argument for each block that jumps here");
		last = o->blk;
	}
}

void
rd_func_body(struct reader *r, struct func *f)
{
	r->f = f;
	r->ops.n = r->phis.n = r->blks.n = 0;
	r->max_id = 0;
	if (r->failed)
		return;
	read_lines(r);
	if (!r->failed)
		place_ops(r);
	if (!r->failed)
		find_preds(r);
	fill_phis(r);
}
