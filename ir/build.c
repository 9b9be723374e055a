/* SPDX-License-Identifier: MIT */
/*
 * The builder: what lowering, words and probe types write code with. Folds
 * constants at once. Where code is unreachable (lower->cur is NULL) nothing is
 * written and refs are REF_NONE.
 */
#include "internal.h"

static struct ref
emit(struct lower *l, struct op op)
{
	if (!l->cur)
		return REF_NONE;
	op.span = l->span;
	return ir_append(l->f, l->cur, op);
}

/* Constants and addresses: what was made in this block a moment ago is not
 * made again, ir_gvn would only throw it away. */
static struct ref
emit_once(struct lower *l, enum ir_opcode code, uint32_t index, int64_t imm)
{
	uint32_t h = (uint32_t)imm * 31 + (uint32_t)(imm >> 32) + index * 7 +
		     (uint32_t)code;
	struct lately *m;

	if (!l->cur)
		return REF_NONE;
	if (!l->f->builder)
		return emit(l, (struct op){ .code = code,
					    .index = index,
					    .imm = imm });
	m = &l->f->builder->made[h % LATELY];
	if (m->blk != l->cur || m->code != code || m->index != index ||
	    m->imm != imm) {
		*m = (struct lately){ l->cur, imm, index, code, REF_NONE };
		m->ref = emit(l, (struct op){ .code = code,
					      .index = index,
					      .imm = imm });
	}
	return m->ref;
}

struct ref
ir_const(struct lower *l, int64_t v)
{
	return emit_once(l, IR_CONST, 0, v);
}

/* x op v == x */
static bool
is_identity(enum ir_opcode op, int64_t v)
{
	switch (op) {
	case IR_ADD:
	case IR_SUB:
	case IR_OR:
	case IR_XOR:
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
		return v == 0;
	case IR_MUL:
	case IR_DIV:
		return v == 1;
	case IR_AND:
		return v == -1;
	default:
		return false;
	}
}

struct ref
ir_bini(struct lower *l, enum ir_opcode op, struct ref a, int64_t b)
{
	int64_t va;

	if (!l->cur)
		return REF_NONE;
	if (ir_is_const(l->f, a, &va))
		return ir_const(l, ir_eval(op, 8, va, b));
	if (is_identity(op, b))
		return a;
	return emit(l, (struct op){ .code = op,
				    .nargs = 2,
				    .arg = { a, ir_const(l, b) } });
}

struct ref
ir_bin(struct lower *l, enum ir_opcode op, struct ref a, struct ref b)
{
	int64_t va, vb;

	if (!l->cur)
		return REF_NONE;
	if (ir_is_const(l->f, b, &vb)) {
		if (ir_is_const(l->f, a, &va))
			return ir_const(l, ir_eval(op, 8, va, vb));
		if (is_identity(op, vb))
			return a;
	}
	return emit(l, (struct op){ .code = op, .nargs = 2, .arg = { a, b } });
}

struct ref
ir_un(struct lower *l, enum ir_opcode op, struct ref a, unsigned width)
{
	int64_t v;

	if (!l->cur)
		return REF_NONE;
	if (ir_is_const(l->f, a, &v))
		return ir_const(l, ir_eval(op, width, v, 0));
	if (width == 8 && (op == IR_ZEXT || op == IR_SEXT))
		return a;
	return emit(l, (struct op){ .code = op,
				    .width = (uint8_t)width,
				    .nargs = 1,
				    .arg = { a } });
}

struct ref
ir_cmp(struct lower *l, enum ir_cond c, struct ref a, struct ref b)
{
	int64_t va, vb;

	if (!l->cur)
		return REF_NONE;
	if (ir_is_const(l->f, a, &va) && ir_is_const(l->f, b, &vb))
		return ir_const(l, ir_holds(c, va, vb));
	return emit(l, (struct op){ .code = IR_CMP,
				    .cond = (uint8_t)c,
				    .nargs = 2,
				    .arg = { a, b } });
}

/* An instruction's offset has 16 bits: what is farther away, in a large event
 * or a kernel structure, has an address of its own. */
static struct ref
within_reach(struct lower *l, struct ref base, int32_t *off)
{
	int32_t far = *off;

	if (far == (int16_t)far)
		return base;
	*off = 0;
	return ir_bini(l, IR_ADD, base, far);
}

struct ref
ir_load(struct lower *l, struct ref base, int32_t off, unsigned width)
{
	base = within_reach(l, base, &off);
	return emit(l, (struct op){ .code = IR_LOAD,
				    .width = (uint8_t)width,
				    .off = off,
				    .nargs = 1,
				    .arg = { base } });
}

void
ir_store(struct lower *l, struct ref base, int32_t off, struct ref v,
	 unsigned width)
{
	base = within_reach(l, base, &off);
	emit(l, (struct op){ .code = IR_STORE,
			     .width = (uint8_t)width,
			     .off = off,
			     .nargs = 2,
			     .arg = { base, v } });
}

void
ir_xadd(struct lower *l, struct ref base, int32_t off, struct ref v)
{
	base = within_reach(l, base, &off);
	emit(l, (struct op){ .code = IR_XADD,
			     .width = 8,
			     .off = off,
			     .nargs = 2,
			     .arg = { base, v } });
}

void
ir_add_at(struct lower *l, struct mem cell, int32_t off, struct ref v)
{
	struct ref old = ir_load(l, cell.base, cell.off + off, 8);

	ir_store(l, cell.base, cell.off + off, ir_bin(l, IR_ADD, old, v), 8);
}

struct ref
ir_call(struct lower *l, enum ir_helper h, unsigned nargs, ...)
{
	struct op op = { .code = IR_CALL, .index = h, .nargs = (uint8_t)nargs };
	va_list ap;
	unsigned i;

	assert(nargs == ir_helpers[h].nargs);
	va_start(ap, nargs);
	for (i = 0; i < nargs; i++)
		op.arg[i] = va_arg(ap, struct ref);
	va_end(ap);
	return emit(l, op);
}

struct ref
ir_call_own(struct lower *l, enum ir_helper h, uint32_t func,
	    const struct ref *arg)
{
	struct op op = { .code = IR_CALL, .index = h, .imm = func };

	for (; op.nargs < ir_helpers[h].nargs; op.nargs++)
		op.arg[op.nargs] = arg[op.nargs];
	return emit(l, op);
}

/* CTX and PARAM stand at the head of the entry block, once each: there the
 * registers still hold them. */
static struct ref
entry_value(struct lower *l, enum ir_opcode code, int64_t imm)
{
	struct blk *entry = l->f->blks.v[0];
	uint32_t i, n = ir_after_head(l->f, entry);
	struct ref r;

	if (!l->cur)
		return REF_NONE;
	for (i = 0; i < n; i++) {
		const struct op *op = ir_op(l->f, entry->ops.v[i]);

		if (op->code == code && op->imm == imm)
			return entry->ops.v[i];
	}
	r = ir_new_op(l->f, (struct op){ .code = code, .imm = imm });
	ir_insert(l->f, entry, n, r);
	return r;
}

struct ref
ir_ctx(struct lower *l)
{
	if (l->f->parent)
		return ir_captured_ctx(l);
	return entry_value(l, IR_CTX, 0);
}

struct ref
ir_param(struct lower *l, unsigned n)
{
	assert(n < l->f->nparams);
	return entry_value(l, IR_PARAM, n);
}

struct ref
ir_callback(struct lower *l, const struct func *f)
{
	return emit(l, (struct op){ .code = IR_FUNC, .index = f->index });
}

struct ref
ir_map(struct lower *l, uint32_t map)
{
	return emit_once(l, IR_MAP, map, 0);
}

struct ref
ir_mapval(struct lower *l, uint32_t map, int64_t off)
{
	return emit_once(l, IR_MAPVAL, map, off);
}

struct mem
ir_obj(struct lower *l, uint32_t size, uint32_t align)
{
	struct op op = { .code = IR_OBJ, .index = l->f->objs.n };

	if (!l->cur)
		return (struct mem){ REF_NONE, 0 };
	assert(size && align && align <= 8);
	*vec_push(l->f->arena, &l->f->objs) =
		(struct obj){ .size = size, .align = align };
	return (struct mem){ emit(l, op), 0 };
}

struct ref
ir_obj_again(struct lower *l, uint32_t obj)
{
	return emit_once(l, IR_OBJ, obj, 0);
}

/* ---- control flow ---- */

struct blk *
ir_blk(struct lower *l)
{
	return ir_new_blk(l->f);
}

/* Blocks are jumped to before they are filled: one without predecessors is
 * unreachable. */
void
ir_at(struct lower *l, struct blk *b)
{
	l->cur = b->preds.n || b == l->f->blks.v[0] ? b : NULL;
	if (l->cur)
		ir_note_entered(l->f, b);
}

static void
leave(struct lower *l)
{
	ir_note_left(l->f, l->cur);
	l->cur = NULL;
}

static void
add_edge(struct lower *l, unsigned i, struct blk *to)
{
	assert(!to->sealed);
	l->cur->succ[i] = to;
	l->f->ordered = false;
	*vec_push(l->f->arena, &to->preds) = l->cur;
}

void
ir_jmp(struct lower *l, struct blk *to)
{
	if (!l->cur)
		return;
	emit(l, (struct op){ .code = IR_JMP });
	add_edge(l, 0, to);
	leave(l);
}

void
ir_br(struct lower *l, enum ir_cond c, struct ref a, struct ref b,
      struct blk *yes, struct blk *no)
{
	int64_t va, vb;

	if (!l->cur)
		return;
	if (ir_is_const(l->f, a, &va) && ir_is_const(l->f, b, &vb)) {
		ir_jmp(l, ir_holds(c, va, vb) ? yes : no);
		return;
	}
	if (yes == no) {
		ir_jmp(l, yes);
		return;
	}
	emit(l, (struct op){ .code = IR_BR,
			     .cond = (uint8_t)c,
			     .nargs = 2,
			     .arg = { a, b } });
	add_edge(l, 0, yes);
	add_edge(l, 1, no);
	leave(l);
}

void
ir_ret(struct lower *l, struct ref v)
{
	if (!l->cur)
		return;
	emit(l, (struct op){ .code = IR_RET, .nargs = 1, .arg = { v } });
	leave(l);
}
