/* SPDX-License-Identifier: MIT */
/*
 * The builder: straight into SSA while code is written, after Braun et al.,
 * "Simple and Efficient Construction of Static Single Assignment Form" (CC
 * 2013). It owns functions and blocks under construction; lowering, words and
 * probe types call it, and get functions that ir_verify accepts. Where code is
 * unreachable (lower->cur is NULL) nothing is written and refs are REF_NONE.
 */
#include "internal.h"

/* Who reads a phi: only phis can turn out to be another value. */
struct use {
	struct ref user;
	struct use *next;
};

struct phi_info {
	struct use *uses;
	struct blk *blk;
};

struct users { /* func->users; by ref id */
	VEC(struct phi_info) phis;
};

struct incomplete {
	struct ref phi;
	uint32_t slot;
};

struct defs { /* blk->defs */
	VEC(struct ref) slots;
	VEC(struct incomplete) waiting; /* for the block to be sealed */
};

/* ---- functions and blocks ---- */

struct blk *
ir_new_blk(struct func *f)
{
	struct blk *b = arena_alloc(f->arena, sizeof(*b));

	b->id = f->next_blk++;
	b->defs = arena_alloc(f->arena, sizeof(struct defs));
	*vec_push(f->arena, &f->blks) = b;
	return b;
}

struct func *
ir_func(struct prog *p, const char *name, const struct unit *u,
	struct func *parent, uint8_t nparams)
{
	struct func *f = arena_alloc(p->arena, sizeof(*f));

	f->name = name;
	f->unit = u;
	f->parent = parent;
	f->nparams = nparams;
	f->arena = p->arena;
	f->index = p->funcs.n;
	f->users = arena_alloc(p->arena, sizeof(struct users));
	vec_push(f->arena, &f->ops)->reg = -1; /* the dummy */
	ir_new_blk(f)->sealed = true;
	*vec_push(p->arena, &p->funcs) = f;
	return f;
}

struct op *
ir_end(const struct func *f, const struct blk *b)
{
	struct op *op;

	assert(b->ops.n);
	op = ir_op(f, b->ops.v[b->ops.n - 1]);
	assert(ir_ops[op->code].flags & F_T);
	return op;
}

/* A removed phi stays in func->ops as a NOP that names its replacement: a
 * caller of the builder may still hold its ref. */
static struct ref
resolve(const struct func *f, struct ref r)
{
	while (r.id && f->ops.v[r.id].code == IR_NOP &&
	       f->ops.v[r.id].arg[0].id)
		r = f->ops.v[r.id].arg[0];
	return r;
}

static struct phi_info *
phi_info(struct func *f, struct ref phi)
{
	struct users *u = f->users;

	while (u->phis.n <= phi.id)
		vec_push(f->arena, &u->phis);
	return &u->phis.v[phi.id];
}

static void
note_use(struct func *f, struct ref of, struct ref user)
{
	struct phi_info *info;
	struct use *use;

	if (!f->users || ir_op(f, of)->code != IR_PHI)
		return;
	use = arena_alloc(f->arena, sizeof(*use));
	info = phi_info(f, of);
	*use = (struct use){ user, info->uses };
	info->uses = use;
}

static unsigned
ref_args(const struct op *op)
{
	return op->nargs - (op->has_imm && op->nargs ? 1 : 0);
}

/* A new op in func->ops, in no block yet. */
static struct ref
new_op(struct func *f, struct op op)
{
	struct ref r = { f->ops.n };
	unsigned i;

	op.reg = -1;
	if (!op.width)
		op.width = 8;
	for (i = 0; i < ref_args(&op); i++) {
		op.arg[i] = resolve(f, op.arg[i]);
		assert(op.arg[i].id);
	}
	*vec_push(f->arena, &f->ops) = op;
	for (i = 0; i < ref_args(&op); i++)
		note_use(f, op.arg[i], r);
	return r;
}

static void
insert_at(struct func *f, struct blk *b, uint32_t at, struct ref r)
{
	uint32_t i;

	vec_push(f->arena, &b->ops);
	for (i = b->ops.n - 1; i > at; i--)
		b->ops.v[i] = b->ops.v[i - 1];
	b->ops.v[at] = r;
}

struct ref
ir_append(struct func *f, struct blk *b, struct op op)
{
	struct ref r = new_op(f, op);

	*vec_push(f->arena, &b->ops) = r;
	return r;
}

struct ref
ir_append_before_end(struct func *f, struct blk *b, struct op op)
{
	struct ref r = new_op(f, op);

	assert(b->ops.n);
	insert_at(f, b, b->ops.n - 1, r);
	return r;
}

static uint32_t
after_head(const struct func *f, const struct blk *b)
{
	uint32_t i = 0;

	while (i < b->ops.n) {
		enum ir_opcode code = ir_op(f, b->ops.v[i])->code;

		if (code != IR_PHI && code != IR_CTX && code != IR_PARAM)
			break;
		i++;
	}
	return i;
}

struct ref
ir_append_front(struct func *f, struct blk *b, struct op op)
{
	struct ref r = new_op(f, op);

	insert_at(f, b, after_head(f, b), r);
	return r;
}

/* ---- plain ops ---- */

static struct ref
emit(struct lower *l, struct op op)
{
	if (!l->cur)
		return REF_NONE;
	op.span = l->span;
	return ir_append(l->f, l->cur, op);
}

bool
ir_is_const(const struct func *f, struct ref r, int64_t *v)
{
	r = resolve(f, r);
	if (!r.id || f->ops.v[r.id].code != IR_CONST)
		return false;
	*v = f->ops.v[r.id].imm;
	return true;
}

struct ref
ir_const(struct lower *l, int64_t v)
{
	return emit(l, (struct op){ .code = IR_CONST, .imm = v });
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

struct ref
ir_load(struct lower *l, struct ref base, int32_t off, unsigned width)
{
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
	emit(l, (struct op){ .code = IR_STORE,
			     .width = (uint8_t)width,
			     .off = off,
			     .nargs = 2,
			     .arg = { base, v } });
}

void
ir_xadd(struct lower *l, struct ref base, int32_t off, struct ref v)
{
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

/* CTX and PARAM stand at the head of the entry block, once each: there the
 * registers still hold them. */
static struct ref
entry_value(struct lower *l, enum ir_opcode code, int64_t imm)
{
	struct blk *entry = l->f->blks.v[0];
	uint32_t i, n = after_head(l->f, entry);
	struct ref r;

	if (!l->cur)
		return REF_NONE;
	for (i = 0; i < n; i++) {
		const struct op *op = ir_op(l->f, entry->ops.v[i]);

		if (op->code == code && op->imm == imm)
			return entry->ops.v[i];
	}
	r = new_op(l->f, (struct op){ .code = code, .imm = imm });
	insert_at(l->f, entry, n, r);
	return r;
}

struct ref
ir_ctx(struct lower *l)
{
	assert(!l->f->parent);
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
	return emit(l, (struct op){ .code = IR_MAP, .index = map });
}

struct ref
ir_mapval(struct lower *l, uint32_t map, int64_t off)
{
	return emit(l,
		    (struct op){ .code = IR_MAPVAL, .index = map, .imm = off });
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
}

static void
add_edge(struct lower *l, unsigned i, struct blk *to)
{
	assert(!to->sealed);
	l->cur->succ[i] = to;
	*vec_push(l->f->arena, &to->preds) = l->cur;
}

void
ir_jmp(struct lower *l, struct blk *to)
{
	if (!l->cur)
		return;
	emit(l, (struct op){ .code = IR_JMP });
	add_edge(l, 0, to);
	l->cur = NULL;
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
	l->cur = NULL;
}

void
ir_ret(struct lower *l, struct ref v)
{
	emit(l, (struct op){ .code = IR_RET, .nargs = 1, .arg = { v } });
	l->cur = NULL;
}

void
ir_drop_pred(struct func *f, struct blk *b, const struct blk *pred)
{
	uint32_t i, at = 0;

	while (at < b->preds.n && b->preds.v[at] != pred)
		at++;
	assert(at < b->preds.n);
	b->preds.n--;
	for (i = at; i < b->preds.n; i++)
		b->preds.v[i] = b->preds.v[i + 1];
	for (i = 0; i < b->ops.n; i++) {
		struct op *op = ir_op(f, b->ops.v[i]);
		uint32_t k;

		if (op->code != IR_PHI)
			break;
		for (k = at; k < b->preds.n; k++)
			op->phi[k] = op->phi[k + 1];
	}
}

/* ---- variables ---- */

static void
set_def(struct func *f, struct blk *b, uint32_t slot, struct ref v)
{
	struct defs *d = b->defs;

	while (d->slots.n <= slot)
		vec_push(f->arena, &d->slots);
	d->slots.v[slot] = v;
}

static struct ref
get_def(const struct func *f, const struct blk *b, uint32_t slot)
{
	const struct defs *d = b->defs;

	return slot < d->slots.n ? resolve(f, d->slots.v[slot]) : REF_NONE;
}

static struct ref
new_phi(struct func *f, struct blk *b, uint32_t slot)
{
	struct ref r = new_op(f, (struct op){ .code = IR_PHI });

	insert_at(f, b, 0, r);
	phi_info(f, r)->blk = b;
	set_def(f, b, slot, r);
	return r;
}

/* The value of a variable that was never written. */
static struct ref
zero(struct func *f)
{
	return ir_append_front(f, f->blks.v[0],
			       (struct op){ .code = IR_CONST });
}

static void
replace_in(struct op *op, uint32_t nphi, struct ref old, struct ref new)
{
	uint32_t i;

	for (i = 0; i < ref_args(op); i++)
		if (op->arg[i].id == old.id)
			op->arg[i] = new;
	for (i = 0; op->phi && i < nphi; i++)
		if (op->phi[i].id == old.id)
			op->phi[i] = new;
}

static uint32_t
phi_args(struct func *f, struct ref r)
{
	const struct op *op = ir_op(f, r);

	return op->code == IR_PHI ? phi_info(f, r)->blk->preds.n : 0;
}

static void
unlink_op(struct blk *b, struct ref r)
{
	uint32_t i, n = 0;

	for (i = 0; i < b->ops.n; i++)
		if (b->ops.v[i].id != r.id)
			b->ops.v[n++] = b->ops.v[i];
	b->ops.n = n;
}

/* The only value that is merged by `phi` beside itself, or REF_NONE. */
static struct ref
only_arg(struct func *f, struct ref phi)
{
	uint32_t i, n = phi_args(f, phi);
	struct ref same = REF_NONE;

	for (i = 0; i < n; i++) {
		struct ref a = resolve(f, ir_op(f, phi)->phi[i]);

		if (a.id == phi.id || a.id == same.id)
			continue;
		if (same.id)
			return REF_NONE;
		same = a;
	}
	return same.id ? same : zero(f);
}

/* A phi of one value is that value; its readers may become trivial too. */
static struct ref
simplify_phi(struct func *f, struct ref phi)
{
	struct ref same = only_arg(f, phi);
	struct use *u;

	if (!same.id)
		return phi;
	u = phi_info(f, phi)->uses;
	unlink_op(phi_info(f, phi)->blk, phi);
	*ir_op(f, phi) = (struct op){ .reg = -1, .arg = { same } };
	for (struct use *x = u; x; x = x->next) {
		if (x->user.id == phi.id)
			continue;
		replace_in(ir_op(f, x->user), phi_args(f, x->user), phi, same);
		note_use(f, same, x->user);
	}
	for (; u; u = u->next) {
		const struct op *op = ir_op(f, u->user);

		if (op->code == IR_PHI && op->phi)
			simplify_phi(f, u->user);
	}
	return resolve(f, same);
}

static struct ref read_var(struct func *f, struct blk *b, uint32_t slot);

static struct ref
fill_phi(struct func *f, struct blk *b, uint32_t slot, struct ref phi)
{
	struct ref *args =
		arena_alloc(f->arena, (b->preds.n + 1) * sizeof(*args));
	uint32_t i;

	for (i = 0; i < b->preds.n; i++)
		args[i] = read_var(f, b->preds.v[i], slot);
	for (i = 0; i < b->preds.n; i++) {
		args[i] = resolve(f, args[i]);
		note_use(f, args[i], phi);
	}
	ir_op(f, phi)->phi = args;
	return simplify_phi(f, phi);
}

/* The value at the end of `b`, which has no definition of its own. */
static struct ref
read_merge(struct func *f, struct blk *b, uint32_t slot)
{
	struct defs *d = b->defs;
	struct ref r;

	if (!b->sealed) {
		r = new_phi(f, b, slot);
		*vec_push(f->arena, &d->waiting) =
			(struct incomplete){ r, slot };
		return r;
	}
	r = b->preds.n ? fill_phi(f, b, slot, new_phi(f, b, slot)) : zero(f);
	set_def(f, b, slot, r);
	return r;
}

static struct ref
read_var(struct func *f, struct blk *b, uint32_t slot)
{
	struct blk *at = b;
	struct ref r;

	/* Straight lines without recursion: scripts are long. */
	while (!(r = get_def(f, at, slot)).id && at->sealed && at->preds.n == 1)
		at = at->preds.v[0];
	if (!r.id)
		r = read_merge(f, at, slot);
	for (; b != at; b = b->preds.v[0])
		set_def(f, b, slot, r);
	return r;
}

void
ir_seal(struct lower *l, struct blk *b)
{
	struct defs *d = b->defs;
	uint32_t i;

	assert(!b->sealed);
	for (i = 0; i < d->waiting.n; i++) {
		struct incomplete w = d->waiting.v[i];

		fill_phi(l->f, b, w.slot, w.phi);
	}
	b->sealed = true;
}

uint32_t
ir_slot(struct lower *l)
{
	return l->nslots++;
}

void
ir_slot_set(struct lower *l, uint32_t slot, struct ref v)
{
	if (l->cur)
		set_def(l->f, l->cur, slot, resolve(l->f, v));
}

struct ref
ir_slot_get(struct lower *l, uint32_t slot)
{
	return l->cur ? read_var(l->f, l->cur, slot) : REF_NONE;
}
