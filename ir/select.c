/* SPDX-License-Identifier: MIT */
/*
 * Instruction selection: what an eBPF instruction can do besides its
 * operation moves into the op. Constants become immediates, additions to an
 * address become offsets, a comparison read by one branch becomes the branch,
 * a truncation before a narrow store goes. What nobody reads then is dropped.
 */
#include "internal.h"

struct select {
	struct func *f;
	struct arena *tmp;
	uint32_t *uses;    /* readers of each op's result */
	struct blk **home; /* block of each op */
};

static bool
fits_s32(int64_t v)
{
	return v == (int32_t)v;
}

static bool
fits_s16(int64_t v)
{
	return v == (int16_t)v;
}

static bool
is_alu(enum ir_opcode code)
{
	return code >= IR_ADD && code <= IR_SAR;
}

/* The constant that is argument i: a CONST or already an immediate. */
static bool
const_arg(const struct func *f, const struct op *op, unsigned i, int64_t *v)
{
	if (op->has_imm && i + 1 == op->nargs) {
		*v = op->imm;
		return true;
	}
	return ir_is_const(f, op->arg[i], v);
}

static void
swap_args(struct op *op)
{
	struct ref a = op->arg[0];

	op->arg[0] = op->arg[1];
	op->arg[1] = a;
}

/* A constant goes to the right, where it can become an immediate. */
static void
const_to_right(const struct func *f, struct op *op)
{
	bool cmp = op->code == IR_CMP || op->code == IR_BR;
	int64_t v;

	if (op->has_imm || op->nargs != 2 || !ir_is_const(f, op->arg[0], &v) ||
	    ir_is_const(f, op->arg[1], &v))
		return;
	if (cmp)
		op->cond = ir_cond_swap(op->cond);
	else if (!(ir_ops[op->code].flags & F_C))
		return;
	swap_args(op);
}

/* The kernel refuses immediate divisors of 0 and shifts of 64 and more; in a
 * register both are allowed and have a meaning. */
static bool
imm_allowed(const struct op *op, int64_t v)
{
	switch (op->code) { /* all others: as they come */
	case IR_DIV:
	case IR_MOD:
		return v != 0 && fits_s32(v);
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
		return v >= 0 && v < 64;
	default:
		return fits_s32(v);
	}
}

static void
set_imm(struct op *op, int64_t v)
{
	op->has_imm = true;
	op->imm = v;
	op->arg[op->nargs - 1] = REF_NONE;
}

/* The bytes that a store of `width` writes, as the immediate of a ST. */
static int64_t
truncate_to(int64_t v, unsigned width)
{
	unsigned shift = 64 - 8 * width;

	return (int64_t)((uint64_t)v << shift) >> shift;
}

static void
fold_imm(const struct func *f, struct op *op)
{
	int64_t v;

	if (op->has_imm || !op->nargs ||
	    !ir_is_const(f, op->arg[op->nargs - 1], &v))
		return;
	if (op->code == IR_STORE)
		v = truncate_to(v, op->width);
	if (imm_allowed(op, v))
		set_imm(op, v);
}

/* Argument 0 of an addition with a constant, or REF_NONE. */
static struct ref
add_const(const struct func *f, struct ref r, int64_t *v)
{
	const struct op *op = ir_op(f, r);

	if (op->code != IR_ADD || !const_arg(f, op, 1, v))
		return REF_NONE;
	return op->arg[0];
}

/* [(x + c) + off] is [x + (c + off)]. */
static void
fold_address(const struct func *f, struct op *op)
{
	struct ref base;
	int64_t v;

	while ((base = add_const(f, op->arg[0], &v)).id && fits_s16(v) &&
	       fits_s16(op->off + v)) {
		op->arg[0] = base;
		op->off += (int32_t)v;
	}
}

/* An address that is known: object + c, value of a map + c. */
static void
fold_known_address(struct op *op, const struct op *base)
{
	int64_t at = base->code == IR_OBJ ? base->off : base->imm;
	struct span span = op->span;
	int64_t to = at + op->imm; /* both fit 32 bits */

	if (base->code == IR_MAPVAL ? to < 0 || !fits_s32(to) : !fits_s16(to))
		return;
	*op = *base;
	op->span = span;
	if (op->code == IR_OBJ)
		op->off = (int32_t)to;
	else
		op->imm = to;
}

static void
fold_add(const struct func *f, struct op *op)
{
	const struct op *base;
	struct ref r;
	int64_t v;

	/* (x + c) + d is x + (c + d). */
	while (op->has_imm && (r = add_const(f, op->arg[0], &v)).id &&
	       fits_s32(v) && fits_s32(op->imm + v)) {
		op->arg[0] = r;
		op->imm += v;
	}
	base = ir_op(f, op->arg[0]);
	if (op->has_imm && (base->code == IR_OBJ || base->code == IR_MAPVAL))
		fold_known_address(op, base);
}

static void
select_alu(const struct func *f, struct op *op)
{
	int64_t v;

	if (op->code == IR_SUB && const_arg(f, op, 1, &v) && fits_s32(v) &&
	    fits_s32(-v)) {
		op->code = IR_ADD;
		set_imm(op, -v);
	}
	/* 0xffffffff is no immediate, but a 32-bit move does it. */
	if (op->code == IR_AND && const_arg(f, op, 1, &v) && v == 0xffffffff) {
		op->code = IR_ZEXT;
		op->width = 4;
		op->nargs = 1;
		op->has_imm = false;
		op->arg[1] = REF_NONE;
	}
	if (op->code == IR_ADD)
		fold_add(f, op);
}

/* A value of which only the low bytes are stored need not be cut to them. */
static void
narrow_store(const struct func *f, struct op *op)
{
	const struct op *v;

	if (op->has_imm)
		return;
	v = ir_op(f, op->arg[1]);
	while ((v->code == IR_ZEXT || v->code == IR_SEXT) &&
	       v->width >= op->width) {
		op->arg[1] = v->arg[0];
		v = ir_op(f, op->arg[1]);
	}
}

/* if ((a c b) != 0) is if (a c b). Far apart, only one value may be kept. */
static void
fuse_compare(struct select *s, struct blk *b, struct op *br)
{
	const struct op *cmp;
	bool inverted;
	enum ir_cond not ;

	if (!br->has_imm || br->imm || (br->cond != CC_NE && br->cond != CC_EQ))
		return;
	cmp = ir_op(s->f, br->arg[0]);
	if (cmp->code != IR_CMP || s->uses[br->arg[0].id] != 1 ||
	    (s->home[br->arg[0].id] != b && !cmp->has_imm))
		return;
	inverted = br->cond == CC_EQ;
	br->cond = cmp->cond;
	br->width = cmp->width;
	br->has_imm = cmp->has_imm;
	br->imm = cmp->imm;
	br->arg[0] = cmp->arg[0];
	br->arg[1] = cmp->arg[1];
	if (inverted && ir_cond_not(br->cond, &not )) {
		br->cond = not ;
	} else if (inverted) {
		struct blk *yes = b->succ[0];

		b->succ[0] = b->succ[1];
		b->succ[1] = yes;
		s->f->ordered = false;
	}
}

static void
select_op(struct select *s, struct blk *b, struct op *op)
{
	const_to_right(s->f, op);
	if (is_alu(op->code) || op->code == IR_CMP || op->code == IR_BR ||
	    op->code == IR_RET || op->code == IR_STORE)
		fold_imm(s->f, op);
	if (is_alu(op->code))
		select_alu(s->f, op);
	if (op->code == IR_LOAD || op->code == IR_STORE || op->code == IR_XADD)
		fold_address(s->f, op);
	if (op->code == IR_STORE)
		narrow_store(s->f, op);
	if (op->code == IR_BR)
		fuse_compare(s, b, op);
}

/* What a chain of copies copies. */
static struct ref
source_of(const struct func *f, struct ref r)
{
	while (r.id && ir_op(f, r)->code == IR_COPY)
		r = ir_op(f, r)->arg[0];
	return r;
}

static void
drop_copies(struct func *f, const struct blk *b, struct op *op)
{
	uint32_t i;

	for (i = 0; i < op->nargs; i++)
		op->arg[i] = source_of(f, op->arg[i]);
	if (op->code == IR_PHI)
		for (i = 0; i < b->preds.n; i++)
			op->phi[i] = source_of(f, op->phi[i]);
}

static void
count_op(const struct blk *b, const struct op *op, uint32_t *uses)
{
	uint32_t i;

	for (i = 0; i < op->nargs; i++)
		uses[op->arg[i].id]++;
	if (op->code == IR_PHI)
		for (i = 0; i < b->preds.n; i++)
			uses[op->phi[i].id]++;
}

static void
count_uses(struct select *s)
{
	struct func *f = s->f;
	uint32_t i, k;

	s->uses = arena_alloc(s->tmp, f->ops.n * sizeof(*s->uses));
	s->home = arena_alloc(s->tmp, f->ops.n * sizeof(*s->home));
	for (i = 0; i < f->blks.n; i++) {
		struct blk *b = f->blks.v[i];

		for (k = 0; k < b->ops.n; k++) {
			struct op *op = ir_op(f, b->ops.v[k]);

			drop_copies(f, b, op);
			count_op(b, op, s->uses);
			s->home[b->ops.v[k].id] = b;
		}
	}
}

/* Out of the way code has registers to spare: an address that two of its
 * blocks use is made once. */
static void
keep_addresses(struct select *s)
{
	struct func *f = s->f;
	uint32_t i, k, a;

	for (i = 0; i < f->blks.n; i++) {
		const struct blk *b = f->blks.v[i];

		for (k = 0; b->cold && k < b->ops.n; k++) {
			const struct op *op = ir_op(f, b->ops.v[k]);

			for (a = 0; a < op->nargs; a++) {
				const struct blk *home = s->home[op->arg[a].id];

				if (home && home != b && home->cold &&
				    ir_op(f, op->arg[a])->code == IR_MAPVAL)
					ir_op(f, op->arg[a])->keep = true;
			}
		}
	}
}

/* Mark what is needed, from the ops that do something. */
static void
mark_needed(struct select *s, bool *needed)
{
	VEC(struct ref) work = { 0 };
	struct func *f = s->f;
	uint32_t i, k;

	for (i = 0; i < f->blks.n; i++) {
		struct blk *b = f->blks.v[i];

		for (k = 0; k < b->ops.n; k++)
			if (!(ir_ops[ir_op(f, b->ops.v[k])->code].flags & F_P))
				*vec_push(s->tmp, &work) = b->ops.v[k];
	}
	while (work.n) {
		struct ref r = work.v[--work.n];
		struct op *op = ir_op(f, r);

		if (needed[r.id])
			continue;
		needed[r.id] = true;
		for (k = 0; k < op->nargs; k++)
			if (op->arg[k].id && !needed[op->arg[k].id])
				*vec_push(s->tmp, &work) = op->arg[k];
		for (k = 0; op->code == IR_PHI && k < s->home[r.id]->preds.n;
		     k++)
			*vec_push(s->tmp, &work) = op->phi[k];
	}
}

static void
drop_dead(struct select *s)
{
	bool *needed = arena_alloc(s->tmp, s->f->ops.n);
	uint32_t i, k;

	mark_needed(s, needed);
	for (i = 0; i < s->f->blks.n; i++) {
		struct blk *b = s->f->blks.v[i];
		uint32_t n = 0;

		for (k = 0; k < b->ops.n; k++)
			if (needed[b->ops.v[k].id])
				b->ops.v[n++] = b->ops.v[k];
		b->ops.n = n;
	}
}

static void
select_func(struct func *f)
{
	struct arena tmp = { .lender = f->arena };
	struct select s = { .f = f, .tmp = &tmp };
	uint32_t i, k;

	count_uses(&s);
	for (i = 0; i < f->blks.n; i++) {
		struct blk *b = f->blks.v[i];

		for (k = 0; k < b->ops.n; k++)
			select_op(&s, b, ir_op(f, b->ops.v[k]));
	}
	keep_addresses(&s);
	drop_dead(&s);
	arena_free(&tmp);
}

/* Needs: rpo order, placed objects. Breaks: nothing. */
bool
ir_select(struct prog *p)
{
	uint32_t i;

	for (i = 0; i < p->funcs.n; i++)
		select_func(p->funcs.v[i]);
	return true;
}
