/* SPDX-License-Identifier: MIT */
/*
 * The rules that every pass relies on, checked after each of them: the graph
 * is whole, ops have the arguments their tables name, each value is made
 * before it is read (verify_ssa.c), memory is accessed inside its object.
 * What holds after register allocation is checked in verify_regs.c.
 */
#include "verify.h"
#include "internal.h"

bool
vf_bad(const struct verify *v, const struct blk *b, struct ref r,
       const char *why)
{
	struct sbuf text = { 0 };
	struct span span = { 0, 0 };

	if (r.id && r.id < v->f->ops.n) {
		ir_print_op(v->f, b, r, &text);
		span = ir_op(v->f, r)->span;
		text.s[text.n - 1] = '\0'; /* the newline */
	}
	if (v->p->diag)
		diag_error(v->p->diag, span, "IR: function %s, b%u:%s: %s",
			   v->f->name ? v->f->name : "?", b ? b->id : 0,
			   text.s ? text.s : "", why);
	sbuf_free(&text);
	return false;
}

/* ---- the graph ---- */

static bool
is_blk(const struct verify *v, const struct blk *b)
{
	return b->id < v->f->next_blk && v->by_id[b->id] == b;
}

static uint32_t
count_pred(const struct blk *b, const struct blk *pred)
{
	uint32_t i, n = 0;

	for (i = 0; i < b->preds.n; i++)
		n += b->preds.v[i] == pred;
	return n;
}

static bool
check_edges(const struct verify *v, const struct blk *b)
{
	uint32_t i;

	for (i = 0; i < 2 && b->succ[i]; i++) {
		if (!is_blk(v, b->succ[i]))
			return vf_bad(v, b, REF_NONE, "jumps out of the list");
		if (count_pred(b->succ[i], b) != 1)
			return vf_bad(v, b, REF_NONE,
				      "is not one predecessor of its target");
	}
	for (i = 0; i < b->preds.n; i++) {
		const struct blk *p = b->preds.v[i];

		if (!is_blk(v, p) || (p->succ[0] != b && p->succ[1] != b))
			return vf_bad(v, b, REF_NONE,
				      "has a predecessor that goes elsewhere");
	}
	return true;
}

static unsigned
succ_wanted(enum ir_opcode code)
{
	return code == IR_BR ? 2 : code == IR_JMP ? 1 : 0;
}

static bool
check_end(const struct verify *v, const struct blk *b)
{
	struct ref last = b->ops.v[b->ops.n - 1];
	enum ir_opcode code = ir_op(v->f, last)->code;
	unsigned n = !!b->succ[0] + !!b->succ[1];

	if (!(ir_ops[code].flags & F_T))
		return vf_bad(v, b, last, "the block does not end here");
	if (n != succ_wanted(code) || (n == 1 && !b->succ[0]))
		return vf_bad(v, b, last, "wrong number of targets");
	if (n == 2 && b->succ[0] == b->succ[1])
		return vf_bad(v, b, last, "both targets are one block");
	return true;
}

/* What the builder made but never reached. */
static bool
is_leftover(const struct verify *v, const struct blk *b)
{
	return !b->ops.n && !b->preds.n && !b->succ[0] && b != v->f->blks.v[0];
}

static bool
claim_op(struct verify *v, const struct blk *b, struct ref r)
{
	if (!r.id || r.id >= v->f->ops.n)
		return vf_bad(v, b, REF_NONE, "an op without a number");
	if (ir_bit(v->owned, r.id))
		return vf_bad(v, b, r, "stands in two places");
	ir_bit_set(v->owned, r.id);
	return true;
}

static bool
claim_ops(struct verify *v, const struct blk *b)
{
	uint32_t i;

	for (i = 0; i < b->ops.n; i++)
		if (!claim_op(v, b, b->ops.v[i]))
			return false;
	for (i = 0; i < b->phis.n; i++) {
		if (!claim_op(v, b, b->phis.v[i]))
			return false;
		if (!v->f->allocated || !ir_op(v->f, b->phis.v[i])->phi)
			return vf_bad(v, b, b->phis.v[i], "a phi out of place");
	}
	return true;
}

static bool
check_graph(struct verify *v)
{
	const struct func *f = v->f;
	uint32_t i;

	for (i = 0; i < f->blks.n; i++) {
		const struct blk *b = f->blks.v[i];

		if (b->id >= f->next_blk || v->by_id[b->id])
			return vf_bad(v, b, REF_NONE, "number is not its own");
		v->by_id[b->id] = b;
	}
	if (!f->blks.n || f->blks.v[0]->preds.n)
		return vf_bad(v, NULL, REF_NONE, "the entry is jumped to");
	for (i = 0; i < f->blks.n; i++) {
		const struct blk *b = f->blks.v[i];

		if (is_leftover(v, b))
			continue;
		if (!b->ops.n)
			return vf_bad(v, b, REF_NONE, "the block is empty");
		if (!claim_ops(v, b) || !check_end(v, b) || !check_edges(v, b))
			return false;
	}
	return true;
}

/* ---- single ops ---- */

static const char *
check_count(const struct op *op)
{
	unsigned want = ir_ops[op->code].nargs;

	if (op->code == IR_CALL) {
		if (op->index >= IR_HELPERS)
			return "no such helper";
		want = ir_helpers[op->index].nargs;
		if (op->has_imm)
			return "a helper takes its arguments in registers";
	}
	if (op->code == IR_SPILL && op->nargs == 2)
		want = 2; /* to a far slot */
	if (op->nargs != want)
		return "wrong number of arguments";
	if (op->has_imm && !op->nargs && op->code != IR_PHI)
		return "an immediate without a place";
	return NULL;
}

static const char *
check_width(const struct op *op)
{
	unsigned w = op->width;

	if (w != 1 && w != 2 && w != 4 && w != 8)
		return "width is not 1, 2, 4 or 8";
	if (op->code == IR_BSWAP && w == 1)
		return "one byte cannot be swapped";
	if (op->code == IR_XADD && w < 4)
		return "atomic addition needs 4 or 8 bytes";
	if ((op->code == IR_CMP || op->code == IR_BR) && op->cond > CC_SET)
		return "no such condition";
	return NULL;
}

static const char *
check_index(const struct verify *v, const struct op *op)
{
	const struct prog *p = v->p;

	if ((op->code == IR_MAP || op->code == IR_MAPVAL) &&
	    op->index >= p->maps.n)
		return "no such map";
	if (op->code == IR_MAPVAL &&
	    (op->imm < 0 || op->imm > p->maps.v[op->index].value_size))
		return "outside of the map's value";
	if (op->code == IR_FUNC &&
	    (op->index >= p->funcs.n || p->funcs.v[op->index]->parent != v->f))
		return "not a callback of this function";
	if (op->code == IR_CALL && ir_helpers[op->index].number >= HELPER_OWN &&
	    ir_helpers[op->index].number < HELPER_KERNEL &&
	    !ir_own_func(v->f, op))
		return "the program has no such function";
	if (op->code == IR_OBJ && op->index >= v->f->objs.n)
		return "no such object";
	if (op->code == IR_PARAM && (op->imm < 0 || op->imm >= v->f->nparams))
		return "no such parameter";
	if (op->code == IR_CTX && v->f->parent)
		return "a callback has no context";
	if ((op->code == IR_SPILL || op->code == IR_RELOAD ||
	     (op->code == IR_PHI && op->has_imm)) &&
	    (op->imm < 0 || op->imm >= v->f->nslots))
		return "no such slot";
	return NULL;
}

/* The object at whose address + *off an address is known to point. */
static const struct obj *
object_of(const struct func *f, struct ref r, int64_t *off)
{
	const struct op *op = ir_op(f, r);
	uint32_t steps = 0; /* not yet known to be without circles */
	int64_t c;

	while (op->code == IR_ADD && steps++ < f->ops.n &&
	       (op->has_imm || ir_is_const(f, op->arg[1], &c))) {
		*off += op->has_imm ? op->imm : c;
		op = ir_op(f, op->arg[0]);
	}
	if (op->code != IR_OBJ)
		return NULL;
	*off += op->off;
	return &f->objs.v[op->index];
}

static const char *
check_access(const struct verify *v, const struct op *op)
{
	const struct obj *o;
	int64_t off = op->off;

	if (op->code != IR_LOAD && op->code != IR_STORE && op->code != IR_XADD)
		return NULL;
	if (op->has_imm && op->nargs == 1)
		return "address is a number";
	if (off != (int16_t)off)
		return "farther away than 16 bits say";
	o = object_of(v->f, op->arg[0], &off);
	if (!o)
		return NULL;
	if (off < 0 || off + op->width > o->size)
		return "outside of the object";
	if (off % op->width)
		return "not aligned";
	return NULL;
}

static const char *
check_args(const struct verify *v, const struct op *op)
{
	uint32_t i;

	for (i = 0; i < ir_ref_args(op); i++) {
		struct ref a = op->arg[i];

		if (!a.id || a.id >= v->f->ops.n)
			return "an argument is missing";
		if (ir_ops[ir_op(v->f, a)->code].flags & F_V)
			return "an argument gives no value";
	}
	return NULL;
}

/* Phis stand first; contexts and parameters next, in the entry block. */
static const char *
check_place(const struct verify *v, const struct blk *b, uint32_t at)
{
	enum ir_opcode code = ir_op(v->f, b->ops.v[at])->code;
	enum ir_opcode before = IR_PHI;

	if (ir_ops[code].flags & F_T && at + 1 < b->ops.n)
		return "the block ends before its last op";
	if (at)
		before = ir_op(v->f, b->ops.v[at - 1])->code;
	if (code == IR_PHI && before != IR_PHI)
		return "a phi stands behind another op";
	if (code != IR_CTX && code != IR_PARAM)
		return NULL;
	if (b != v->f->blks.v[0])
		return "not in the entry block";
	if (!v->f->allocated && at && before != IR_CTX && before != IR_PARAM)
		return "not at the head of the entry block";
	return NULL;
}

static const char *
check_phi(const struct verify *v, const struct blk *b, const struct op *op)
{
	uint32_t i;

	if (op->code != IR_PHI)
		return NULL;
	if (!op->phi)
		return "a phi without arguments";
	if (!b->preds.n)
		return "a phi where nothing is merged";
	for (i = 0; i < b->preds.n; i++)
		if (!op->phi[i].id || op->phi[i].id >= v->f->ops.n ||
		    ir_ops[ir_op(v->f, op->phi[i])->code].flags & F_V)
			return "a phi's argument is missing";
	return NULL;
}

/* The form of an op, then what it means: that needs the form of all. */
static const char *
check_form(const struct verify *v, const struct blk *b, uint32_t at)
{
	const struct op *op = ir_op(v->f, b->ops.v[at]);
	const char *why = check_count(op);

	why = why ? why : check_width(op);
	why = why ? why : check_args(v, op);
	why = why ? why : check_place(v, b, at);
	return why ? why : check_phi(v, b, op);
}

static const char *
check_meaning(const struct verify *v, const struct blk *b, uint32_t at)
{
	const struct op *op = ir_op(v->f, b->ops.v[at]);
	const char *why = check_index(v, op);

	return why ? why : check_access(v, op);
}

typedef const char *check_fn(const struct verify *, const struct blk *,
			     uint32_t at);

static bool
check_ops(const struct verify *v, check_fn *check)
{
	uint32_t i, k;

	for (i = 0; i < v->f->blks.n; i++) {
		const struct blk *b = v->f->blks.v[i];

		for (k = 0; k < b->ops.n; k++) {
			const char *why = check(v, b, k);

			if (why)
				return vf_bad(v, b, b->ops.v[k], why);
		}
	}
	return true;
}

/* ---- objects ---- */

static bool
check_objs(const struct verify *v)
{
	uint32_t i;

	for (i = 0; i < v->f->objs.n; i++) {
		const struct obj *o = &v->f->objs.v[i];

		if (!o->size || !o->align || o->align > 8 ||
		    o->align & (o->align - 1))
			return vf_bad(v, NULL, REF_NONE,
				      "an object's size or alignment");
		if (!o->scratch &&
		    (o->where > 0 || (v->f->allocated && o->where < -512)))
			return vf_bad(v, NULL, REF_NONE,
				      "an object outside of the stack");
		if (o->where % (int32_t)o->align)
			return vf_bad(v, NULL, REF_NONE,
				      "an object is not aligned");
	}
	return true;
}

static bool
verify_func(struct verify *v)
{
	const struct func *f = v->f;

	v->owned = arena_alloc(v->tmp, (f->ops.n / 64 + 1) * 8);
	v->by_id = arena_alloc(v->tmp, (f->next_blk + 1) * sizeof(*v->by_id));
	if (!check_objs(v) || !check_graph(v) || !check_ops(v, check_form) ||
	    !check_ops(v, check_meaning))
		return false;
	return f->allocated ? vf_regs(v) : vf_ssa(v);
}

bool
ir_verify(const struct prog *p)
{
	bool ok = true;
	uint32_t i;

	for (i = 0; ok && i < p->funcs.n; i++) {
		struct arena tmp = { .lender = p->arena };
		struct verify v = { .p = p, .f = p->funcs.v[i], .tmp = &tmp };

		ok = verify_func(&v) &&
		     (ir_in_order(p->funcs.v[i]) ||
		      vf_bad(&v, v.f->blks.v[0], REF_NONE,
			     "edges changed, and the order was kept"));
		arena_free(&tmp);
	}
	return ok;
}
