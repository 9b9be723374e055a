/* SPDX-License-Identifier: MIT */
/*
 * Constant folding: what can be computed now is, cheaper ops replace dearer
 * ones, comparisons melt into the branches that read them, decided branches
 * become jumps. One walk over the ops, arguments first; a value that equals
 * another one becomes a COPY, which gvn removes. Masks by a constant stay even
 * where a range says they change nothing: the verifier may need to see them.
 */
#include "internal.h"

struct fold {
	struct func *f;
	struct arena *tmp;
	uint64_t *max; /* by value: its largest possible one, unsigned */
	uint32_t nmax;
	struct blk *b;
	VEC(struct ref) out;  /* the block's new list */
	VEC(struct ref) late; /* were phis: go behind the phis */
	bool edges;           /* some edge went away */
};

/* ---- what is known of values ---- */

/* The value that `r` copies, in the end. */
static struct ref
source(const struct fold *c, struct ref r)
{
	while (ir_op(c->f, r)->code == IR_COPY)
		r = ir_op(c->f, r)->arg[0];
	return r;
}

static uint64_t
width_max(unsigned width)
{
	return width >= 8 ? UINT64_MAX : ((uint64_t)1 << 8 * width) - 1;
}

static uint64_t
max_of(const struct fold *c, struct ref r)
{
	const struct op *op = ir_op(c->f, r);

	if (op->code == IR_CONST)
		return (uint64_t)op->imm;
	return r.id < c->nmax && c->max[r.id] ? c->max[r.id] : UINT64_MAX;
}

/* All bits up to the highest one of v. */
static uint64_t
fill_bits(uint64_t v)
{
	return v ? UINT64_MAX >> __builtin_clzll(v) : 0;
}

static uint64_t
max_shifted(const struct fold *c, const struct op *op, uint64_t a)
{
	int64_t n;
	uint64_t v;

	if (!ir_is_const(c->f, op->arg[1], &n))
		return UINT64_MAX;
	n &= 63;
	if (op->code == IR_SHR)
		return a >> n;
	v = a << n;
	return v >> n == a && v <= INT64_MAX ? v : UINT64_MAX;
}

static uint64_t
max_product(uint64_t a, uint64_t b)
{
	return a <= UINT32_MAX && b <= UINT32_MAX ? a * b : UINT64_MAX;
}

/* What the verifier can follow as well: not divisions, not byte swaps, no
 * shifts by an unknown count, no products of large factors. */
static uint64_t
max_of_op(const struct fold *c, const struct op *op)
{
	uint64_t a = op->nargs > 0 ? max_of(c, op->arg[0]) : 0;
	uint64_t b = op->nargs > 1 ? max_of(c, op->arg[1]) : 0;
	uint64_t v;

	switch (op->code) { /* all others: anything */
	case IR_CMP:
		return 1;
	case IR_LOAD:
		return width_max(op->width);
	case IR_ZEXT:
		return a < width_max(op->width) ? a : width_max(op->width);
	case IR_AND:
		return a < b ? a : b;
	case IR_OR:
		return fill_bits(a | b);
	case IR_ADD:
		return __builtin_add_overflow(a, b, &v) ? UINT64_MAX : v;
	case IR_MUL:
		return max_product(a, b);
	case IR_SHL:
	case IR_SHR:
		return max_shifted(c, op, a);
	default:
		return UINT64_MAX;
	}
}

/* ---- rewriting an op ---- */

static struct op *
at(const struct fold *c, struct ref r)
{
	return ir_op(c->f, r);
}

/* The op becomes another one of the same place. */
static struct op *
reset(const struct fold *c, struct ref r, enum ir_opcode code, unsigned nargs)
{
	struct op *op = at(c, r);

	*op = (struct op){ .code = code,
			   .width = 8,
			   .nargs = (uint8_t)nargs,
			   .reg = -1,
			   .areg = { -1, -1, -1, -1, -1 },
			   .span = op->span };
	return op;
}

/* The op computes this number. These four return true: it changed. */
static bool
be_const(const struct fold *c, struct ref r, int64_t v)
{
	reset(c, r, IR_CONST, 0)->imm = v;
	return true;
}

/* The op has the value of another one. */
static bool
be_copy(const struct fold *c, struct ref r, struct ref of)
{
	reset(c, r, IR_COPY, 1)->arg[0] = of;
	return true;
}

/* The op becomes `a code v`. */
static bool
be_bini(struct fold *c, struct ref r, enum ir_opcode code, struct ref a,
	int64_t v)
{
	struct op k = { .code = IR_CONST, .imm = v, .span = at(c, r)->span };
	struct ref kr = ir_new_op(c->f, k);
	struct op *op = reset(c, r, code, 2);

	*vec_push(c->tmp, &c->out) = kr;
	op->arg[0] = a;
	op->arg[1] = kr;
	return true;
}

static bool
be_un(const struct fold *c, struct ref r, enum ir_opcode code, struct ref a,
      unsigned width)
{
	struct op *op = reset(c, r, code, 1);

	op->width = (uint8_t)width;
	op->arg[0] = a;
	return true;
}

/* ---- arithmetic ---- */

static bool
is_arith(enum ir_opcode code)
{
	return code >= IR_ADD && code <= IR_BSWAP;
}

static bool
all_const(const struct fold *c, const struct op *op, int64_t v[2])
{
	unsigned i;

	for (i = 0; i < op->nargs; i++)
		if (!ir_is_const(c->f, op->arg[i], &v[i]))
			return false;
	return true;
}

/* x op x */
static bool
fold_same(struct fold *c, struct ref r)
{
	const struct op *op = at(c, r);

	if (op->nargs != 2 || op->arg[0].id != op->arg[1].id)
		return false;
	switch (op->code) { /* all others: nothing simpler */
	case IR_SUB:
	case IR_XOR:
	case IR_MOD: /* 0 % 0 is 0 as well */
		return be_const(c, r, 0);
	case IR_AND:
	case IR_OR:
		return be_copy(c, r, op->arg[0]);
	default:
		return false;
	}
}

/* The exponent, or -1 when v is no power of two. */
static int
log2_of(int64_t v)
{
	uint64_t u = (uint64_t)v;

	return u && !(u & (u - 1)) ? __builtin_ctzll(u) : -1;
}

static bool
fold_mul(struct fold *c, struct ref r, struct ref x, int64_t v)
{
	if (v == 0)
		return be_const(c, r, 0);
	if (v == 1)
		return be_copy(c, r, x);
	if (v == -1)
		return be_un(c, r, IR_NEG, x, 8);
	return log2_of(v) > 0 && be_bini(c, r, IR_SHL, x, log2_of(v));
}

static bool
fold_div(struct fold *c, struct ref r, struct ref x, int64_t v)
{
	if (v == 0)
		return be_const(c, r, 0);
	if (v == 1)
		return be_copy(c, r, x);
	return log2_of(v) > 0 && be_bini(c, r, IR_SHR, x, log2_of(v));
}

static bool
fold_mod(struct fold *c, struct ref r, struct ref x, int64_t v)
{
	if (v == 0)
		return be_copy(c, r, x);
	if (v == 1)
		return be_const(c, r, 0);
	return log2_of(v) > 0 &&
	       be_bini(c, r, IR_AND, x, (int64_t)((uint64_t)v - 1));
}

/* x op v */
static bool
fold_with_const(struct fold *c, struct ref r, struct ref x, int64_t v)
{
	switch (at(c, r)->code) { /* all others: nothing simpler */
	case IR_ADD:
		return v == 0 && be_copy(c, r, x);
	case IR_SUB:
		return v == 0 ? be_copy(c, r, x)
			      : be_bini(c, r, IR_ADD, x,
					(int64_t) - (uint64_t)v);
	case IR_MUL:
		return fold_mul(c, r, x, v);
	case IR_DIV:
		return fold_div(c, r, x, v);
	case IR_MOD:
		return fold_mod(c, r, x, v);
	case IR_AND:
		if (v == 0)
			return be_const(c, r, 0);
		return v == -1 && be_copy(c, r, x);
	case IR_OR:
		if (v == -1)
			return be_const(c, r, -1);
		return v == 0 && be_copy(c, r, x);
	case IR_XOR:
		return v == 0 && be_copy(c, r, x);
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
		return (v & 63) == 0 && be_copy(c, r, x);
	default:
		return false;
	}
}

/* (x op u) op v is x op (u op v). */
static bool
fold_chain(struct fold *c, struct ref r, struct ref x, int64_t v)
{
	enum ir_opcode code = at(c, r)->code;
	const struct op *in = at(c, x);
	int64_t u;

	if (in->code != code || in->has_imm ||
	    !ir_is_const(c->f, in->arg[1], &u))
		return false;
	if (code == IR_SHL || code == IR_SHR)
		return (v & 63) + (u & 63) < 64 &&
		       be_bini(c, r, code, in->arg[0], (v & 63) + (u & 63));
	return (ir_ops[code].flags & F_C) &&
	       be_bini(c, r, code, in->arg[0], ir_eval(code, 8, u, v));
}

static void
const_to_right(const struct fold *c, struct op *op)
{
	struct ref x = op->arg[0];
	int64_t v;

	if (op->nargs != 2 || !ir_is_const(c->f, x, &v) ||
	    ir_is_const(c->f, op->arg[1], &v))
		return;
	if (op->code == IR_CMP || op->code == IR_BR)
		op->cond = (uint8_t)ir_cond_swap(op->cond);
	else if (!(ir_ops[op->code].flags & F_C))
		return;
	op->arg[0] = op->arg[1];
	op->arg[1] = x;
}

static bool
fold_binary(struct fold *c, struct ref r)
{
	struct op *op = at(c, r);
	struct ref x = op->arg[0];
	int64_t v;

	if (fold_same(c, r))
		return true;
	if (ir_is_const(c->f, op->arg[1], &v))
		return fold_with_const(c, r, x, v) || fold_chain(c, r, x, v);
	if (op->code == IR_SUB && ir_is_const(c->f, x, &v) && v == 0)
		return be_un(c, r, IR_NEG, op->arg[1], 8);
	return false;
}

/* ---- extensions ---- */

static bool
fold_zext(const struct fold *c, struct ref r)
{
	const struct op *op = at(c, r);
	const struct op *in = at(c, op->arg[0]);

	if (max_of(c, op->arg[0]) <= width_max(op->width))
		return be_copy(c, r, op->arg[0]);
	if ((in->code == IR_ZEXT || in->code == IR_SEXT) &&
	    in->width >= op->width)
		return be_un(c, r, IR_ZEXT, in->arg[0], op->width);
	return false;
}

static bool
fold_sext(const struct fold *c, struct ref r)
{
	const struct op *op = at(c, r);
	const struct op *in = at(c, op->arg[0]);

	if (op->width == 8 || max_of(c, op->arg[0]) <= width_max(op->width) / 2)
		return be_copy(c, r, op->arg[0]);
	if (in->code == IR_SEXT && in->width <= op->width)
		return be_copy(c, r, op->arg[0]);
	if ((in->code == IR_ZEXT || in->code == IR_SEXT) &&
	    in->width >= op->width)
		return be_un(c, r, IR_SEXT, in->arg[0], op->width);
	return false;
}

static bool
fold_neg(const struct fold *c, struct ref r)
{
	const struct op *in = at(c, at(c, r)->arg[0]);

	return in->code == IR_NEG && be_copy(c, r, in->arg[0]);
}

/* ---- comparisons ---- */

/* Whether `x cond v` is decided by x's range alone; then *holds. */
static bool
decided(const struct fold *c, enum ir_cond cond, struct ref x, int64_t v,
	bool *holds)
{
	uint64_t max = max_of(c, x), u = (uint64_t)v;
	bool is_signed = cond >= CC_SLT && cond <= CC_SGE;
	/* Comparing without sign gives the same. */
	bool is_plain = !is_signed || max <= INT64_MAX;
	bool less;

	if (is_signed && is_plain && v < 0) {
		*holds = cond == CC_SGT || cond == CC_SGE;
		return true;
	}
	switch (cond) {
	case CC_EQ:
	case CC_NE:
		*holds = cond == CC_NE;
		return max < u;
	case CC_SLT:
	case CC_SGE:
	case CC_ULT:
	case CC_UGE:
		less = cond == CC_SLT || cond == CC_ULT;
		*holds = u ? less : !less;
		return is_plain && (max < u || u == 0);
	case CC_SLE:
	case CC_SGT:
	case CC_ULE:
	case CC_UGT:
		*holds = cond == CC_SLE || cond == CC_ULE;
		return is_plain && max <= u;
	case CC_SET:
		*holds = false;
		return !(fill_bits(max) & u);
	}
	return false;
}

/* The outcome of a CMP or BR, when it is known. */
static bool
outcome(const struct fold *c, const struct op *op, bool *holds)
{
	int64_t v[2];

	if (op->width != 8)
		return false;
	if (all_const(c, op, v)) {
		*holds = ir_holds(op->cond, v[0], v[1]);
		return true;
	}
	if (op->arg[0].id == op->arg[1].id && op->cond != CC_SET) {
		*holds = ir_holds(op->cond, 0, 0);
		return true;
	}
	return ir_is_const(c->f, op->arg[1], &v[1]) &&
	       decided(c, op->cond, op->arg[0], v[1], holds);
}

/* `(a c b) != 0` and its kin: what it asks of the comparison. */
static bool
tests_compare(const struct fold *c, const struct op *op, bool *wanted)
{
	int64_t v;

	if (op->width != 8 || at(c, op->arg[0])->code != IR_CMP ||
	    !ir_is_const(c->f, op->arg[1], &v) || (v != 0 && v != 1) ||
	    (op->cond != CC_EQ && op->cond != CC_NE))
		return false;
	*wanted = (op->cond == CC_EQ) == (v == 1);
	return true;
}

static bool
fold_cmp(struct fold *c, struct ref r)
{
	struct op *op = at(c, r);
	const struct op *in = at(c, op->arg[0]);
	enum ir_cond inverse;
	bool yes;

	if (outcome(c, op, &yes))
		return be_const(c, r, yes);
	if (!tests_compare(c, op, &yes))
		return false;
	if (yes)
		return be_copy(c, r, op->arg[0]);
	if (!ir_cond_not(in->cond, &inverse) || in->has_imm)
		return false;
	op->cond = (uint8_t)inverse;
	op->width = in->width;
	op->arg[1] = in->arg[1];
	op->arg[0] = in->arg[0];
	return true;
}

static void
swap_targets(struct fold *c)
{
	struct blk *yes = c->b->succ[0];

	c->b->succ[0] = c->b->succ[1];
	c->b->succ[1] = yes;
	c->f->ordered = false;
}

static void
fuse_branch(struct fold *c, struct ref r)
{
	struct op *op = at(c, r);
	bool wanted;

	while (tests_compare(c, op, &wanted)) {
		const struct op *in = at(c, op->arg[0]);

		if (in->has_imm)
			return;
		op->cond = in->cond;
		op->width = in->width;
		op->arg[1] = source(c, in->arg[1]);
		op->arg[0] = source(c, in->arg[0]);
		if (!wanted)
			swap_targets(c);
	}
}

/* The branch goes one way: a jump. */
static void
be_jump(struct fold *c, struct ref r, bool yes)
{
	ir_drop_pred(c->f, c->b->succ[yes ? 1 : 0], c->b);
	if (!yes)
		swap_targets(c);
	c->b->succ[1] = NULL;
	reset(c, r, IR_JMP, 0);
	c->edges = true;
}

static void
fold_br(struct fold *c, struct ref r)
{
	bool yes;

	fuse_branch(c, r);
	if (outcome(c, at(c, r), &yes))
		be_jump(c, r, yes);
}

/* ---- the walk ---- */

/* One step of simplification; true when the op changed. */
static bool
fold_op(struct fold *c, struct ref r)
{
	struct op *op = at(c, r);
	int64_t v[2] = { 0, 0 };

	if (op->has_imm)
		return false; /* already selected */
	const_to_right(c, op);
	if (is_arith(op->code) && all_const(c, op, v))
		return be_const(c, r, ir_eval(op->code, op->width, v[0], v[1]));
	switch (op->code) { /* all others stay */
	case IR_ZEXT:
		return fold_zext(c, r);
	case IR_SEXT:
		return fold_sext(c, r);
	case IR_NEG:
		return fold_neg(c, r);
	case IR_CMP:
		return fold_cmp(c, r);
	default:
		return op->code >= IR_ADD && op->code <= IR_SAR &&
		       fold_binary(c, r);
	}
}

static void
see_through(const struct fold *c, struct op *op)
{
	unsigned i;

	for (i = 0; i < ir_ref_args(op); i++)
		op->arg[i] = source(c, op->arg[i]);
}

/* A phi that merges one value, or equal numbers, is none: true. */
static bool
fold_phi(struct fold *c, struct ref r)
{
	struct op *phi = at(c, r);
	struct ref same = REF_NONE;
	bool numbers = false;
	int64_t v = 0, w;
	uint32_t i;

	for (i = 0; i < c->b->preds.n; i++) {
		struct ref a = source(c, phi->phi[i]);

		phi->phi[i] = a;
		if (a.id == r.id || a.id == same.id)
			continue;
		if (!same.id) {
			same = a;
			numbers = ir_is_const(c->f, a, &v);
		} else if (!numbers || !ir_is_const(c->f, a, &w) || v != w) {
			return false;
		}
	}
	if (!same.id)
		return false;
	return numbers ? be_const(c, r, v) : be_copy(c, r, same);
}

static void
fold_one(struct fold *c, struct ref r)
{
	see_through(c, at(c, r));
	while (fold_op(c, r))
		see_through(c, at(c, r));
	if (at(c, r)->code == IR_BR && !at(c, r)->has_imm)
		fold_br(c, r);
	if (r.id < c->nmax)
		c->max[r.id] = max_of_op(c, at(c, r));
}

/* A block's new list: phis, what were phis, the others. */
static uint32_t
fold_phis(struct fold *c)
{
	struct blk *b = c->b;
	uint32_t i, k;

	c->out.n = c->late.n = 0;
	for (i = 0; i < b->ops.n; i++) {
		struct ref r = b->ops.v[i];

		if (at(c, r)->code != IR_PHI)
			break;
		if (fold_phi(c, r))
			*vec_push(c->tmp, &c->late) = r;
		else
			*vec_push(c->tmp, &c->out) = r;
	}
	for (k = 0; k < c->late.n; k++)
		*vec_push(c->tmp, &c->out) = c->late.v[k];
	return i;
}

static void
fold_blk(struct fold *c)
{
	struct blk *b = c->b;
	uint32_t i;

	for (i = fold_phis(c); i < b->ops.n; i++) {
		fold_one(c, b->ops.v[i]);
		*vec_push(c->tmp, &c->out) = b->ops.v[i];
	}
	b->ops.n = 0;
	for (i = 0; i < c->out.n; i++)
		*vec_push(c->f->arena, &b->ops) = c->out.v[i];
}

/* One walk over the function; true when an edge went away: another walk may
 * find more. */
static bool
fold_once(struct func *f)
{
	struct arena tmp = { .lender = f->arena };
	struct fold c = { .f = f, .tmp = &tmp, .nmax = f->ops.n };
	uint32_t i;

	c.max = arena_alloc(&tmp, c.nmax * sizeof(*c.max));
	for (i = 0; i < f->blks.n; i++) {
		c.b = f->blks.v[i];
		fold_blk(&c);
	}
	arena_free(&tmp);
	if (c.edges)
		ir_rpo(f);
	return c.edges;
}

/* Needs: SSA. Leaves: rpo. Breaks: dominators. */
bool
ir_fold(struct prog *p)
{
	enum { ROUNDS = 3 };
	uint32_t i, n;

	for (i = 0; i < p->funcs.n; i++) {
		struct func *f = p->funcs.v[i];

		f->builder = NULL; /* it is done */
		ir_rpo(f);
		for (n = 0; n < ROUNDS && fold_once(f); n++)
			;
	}
	return true;
}
