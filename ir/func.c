/* SPDX-License-Identifier: MIT */
/*
 * Functions, blocks and the lists of ops in them: making, adding, removing.
 * The ground on which the builder and the passes stand.
 */
#include <string.h>

#include "internal.h"

/* An array of ops that a function has outgrown: the next one may have it. Of
 * many functions they would be more than what is in use. */
struct old_ops {
	struct old_ops *next;
};
enum { OLD_SIZES = 10 };
static const uint32_t old_first = 4; /* ops: 4, 8 ... 2048 */

struct blk *
ir_new_blk(struct func *f)
{
	struct blk *b = arena_alloc(f->arena, sizeof(*b));

	b->id = f->next_blk++;
	f->ordered = false;
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
	if (!p->made)
		p->made = arena_alloc(p->arena, LATELY * sizeof(*p->made));
	if (!p->old)
		p->old = arena_alloc(p->arena, OLD_SIZES * sizeof(*p->old));
	f->old = p->old;
	f->builder = arena_alloc(p->arena, sizeof(*f->builder));
	f->builder->made = p->made;
	ir_push_op(f, &(struct op){ .reg = -1 }); /* the dummy */
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
struct ref
ir_resolve(const struct func *f, struct ref r)
{
	while (r.id && f->ops.v[r.id].code == IR_NOP &&
	       f->ops.v[r.id].arg[0].id)
		r = f->ops.v[r.id].arg[0];
	return r;
}

struct phi_info *
ir_add_phi(struct func *f, struct ref phi)
{
	struct phi_info *info = vec_push(f->arena, &f->builder->phis);

	ir_op(f, phi)->index = f->builder->phis.n;
	return info;
}

struct phi_info *
ir_phi_info(struct func *f, struct ref phi)
{
	uint32_t number = ir_op(f, phi)->index;

	assert(number && number <= f->builder->phis.n);
	return &f->builder->phis.v[number - 1];
}

void
ir_note_use(struct func *f, struct ref of, struct ref user)
{
	struct phi_info *info;
	struct use *use;

	if (!f->builder || ir_op(f, of)->code != IR_PHI)
		return;
	use = arena_alloc(f->arena, sizeof(*use));
	info = ir_phi_info(f, of);
	*use = (struct use){ user, info->uses };
	info->uses = use;
}

static struct old_ops **
old_of(const struct func *f, uint32_t ops)
{
	unsigned i = 0;

	while (i < OLD_SIZES && old_first << i != ops)
		i++;
	return i < OLD_SIZES ? &f->old[i] : NULL;
}

static void
grow_ops(struct func *f)
{
	uint32_t n = f->ops.n, more = n ? n * 2 : old_first;
	struct old_ops **from = old_of(f, more), **to = old_of(f, n);
	void *before = f->ops.v;
	struct old_ops *it;

	if (from && *from) {
		it = *from;
		*from = it->next;
		f->ops.v = (void *)it;
		f->ops.cap = more;
		if (n)
			memcpy(it, before, n * sizeof(*f->ops.v));
	} else {
		vec_grow(f->arena, (void **)&f->ops.v, n, &f->ops.cap,
			 sizeof(*f->ops.v));
	}
	if (to && before != f->ops.v) {
		it = before;
		it->next = *to;
		*to = it;
	}
}

struct ref
ir_push_op(struct func *f, const struct op *op)
{
	if (f->ops.n == f->ops.cap)
		grow_ops(f);
	f->ops.v[f->ops.n] = *op;
	return (struct ref){ f->ops.n++ };
}

/* A new op in func->ops, in no block yet. */
struct ref
ir_new_op(struct func *f, struct op op)
{
	struct ref r;
	unsigned i;

	op.reg = -1;
	memset(op.areg, -1, sizeof(op.areg));
	if (!op.width)
		op.width = 8;
	for (i = 0; i < ir_ref_args(&op); i++) {
		op.arg[i] = ir_resolve(f, op.arg[i]);
		assert(op.arg[i].id);
	}
	r = ir_push_op(f, &op);
	for (i = 0; i < ir_ref_args(&op); i++)
		ir_note_use(f, op.arg[i], r);
	return r;
}

void
ir_insert(struct func *f, struct blk *b, uint32_t at, struct ref r)
{
	uint32_t i;

	vec_push(f->arena, &b->ops);
	for (i = b->ops.n - 1; i > at; i--)
		b->ops.v[i] = b->ops.v[i - 1];
	b->ops.v[at] = r;
}

void
ir_set_ops(struct func *f, struct blk *b, const struct ref *ops, uint32_t n)
{
	if (n > b->ops.cap) {
		b->ops.v = arena_alloc(f->arena, n * sizeof(*ops));
		b->ops.cap = n;
	}
	if (n)
		memcpy(b->ops.v, ops, n * sizeof(*ops));
	b->ops.n = n;
}

struct ref
ir_append(struct func *f, struct blk *b, struct op op)
{
	struct ref r = ir_new_op(f, op);

	*vec_push(f->arena, &b->ops) = r;
	return r;
}

struct ref
ir_append_before_end(struct func *f, struct blk *b, struct op op)
{
	struct ref r = ir_new_op(f, op);

	assert(b->ops.n);
	ir_insert(f, b, b->ops.n - 1, r);
	return r;
}

uint32_t
ir_after_head(const struct func *f, const struct blk *b)
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
	struct ref r = ir_new_op(f, op);

	ir_insert(f, b, ir_after_head(f, b), r);
	return r;
}

bool
ir_is_const(const struct func *f, struct ref r, int64_t *v)
{
	r = ir_resolve(f, r);
	if (!r.id || f->ops.v[r.id].code != IR_CONST)
		return false;
	*v = f->ops.v[r.id].imm;
	return true;
}

void
ir_unlink(struct blk *b, struct ref r)
{
	uint32_t i, n = 0;

	for (i = 0; i < b->ops.n; i++)
		if (b->ops.v[i].id != r.id)
			b->ops.v[n++] = b->ops.v[i];
	b->ops.n = n;
}

void
ir_drop_pred(struct func *f, struct blk *b, const struct blk *pred)
{
	uint32_t i, at = 0;

	while (at < b->preds.n && b->preds.v[at] != pred)
		at++;
	assert(at < b->preds.n);
	f->ordered = false;
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

void
ir_replace(struct func *f, const struct ref *to)
{
	uint32_t i, k, n;

	for (i = 0; i < f->blks.n; i++) {
		const struct blk *b = f->blks.v[i];

		for (k = 0; k < b->ops.n; k++) {
			struct op *op = ir_op(f, b->ops.v[k]);

			for (n = 0; n < ir_ref_args(op); n++)
				op->arg[n] = ir_final(to, op->arg[n]);
			for (n = 0; op->code == IR_PHI && n < b->preds.n; n++)
				op->phi[n] = ir_final(to, op->phi[n]);
		}
	}
}
