/* SPDX-License-Identifier: MIT */
/*
 * The gate: a program that begins with a look at ir_global.live, and returns
 * at once while it is 0. With it all probes of a script go live together: no
 * event of one is seen before the last is attached. And some attach points
 * take the kernel 60-100 ms each to detach (DESIGN.md, 9), during which their
 * programs still run: these have to be silent before the end probes run. A
 * script with a single attach point that is quick to detach does without; a
 * program that never reads its context can be attached in a form that is
 * (struct probe_type, bare).
 */
#include "internal.h"

/* The cookie can be asked for in any form. */
static bool
asks_cookie(const struct op *op)
{
	return op->code == IR_CALL && op->index == HELPER_get_attach_cookie;
}

static bool
takes(const struct op *op, struct ref ctx)
{
	for (unsigned i = 0; i < op->nargs; i++)
		if (!(op->has_imm && i + 1 == op->nargs) &&
		    op->arg[i].id == ctx.id)
			return true;
	return false;
}

static bool
is_used(const struct func *f, struct ref ctx)
{
	uint32_t i, k, p;

	for (i = 0; i < f->blks.n; i++)
		for (k = 0; k < f->blks.v[i]->ops.n; k++) {
			const struct op *op = ir_op(f, f->blks.v[i]->ops.v[k]);

			if (takes(op, ctx) && !asks_cookie(op))
				return true;
			for (p = 0; op->phi && p < f->blks.v[i]->preds.n; p++)
				if (op->phi[p].id == ctx.id)
					return true;
		}
	return false;
}

static bool
reads_context(const struct func *f)
{
	uint32_t i, k;

	for (i = 0; i < f->blks.n; i++)
		for (k = 0; k < f->blks.v[i]->ops.n; k++) {
			struct ref r = f->blks.v[i]->ops.v[k];

			const struct op *op = ir_op(f, r);

			if (op->code == IR_CTX && is_used(f, r))
				return true;
			/* Bare programs may not call the kernel's own. */
			if (op->code == IR_CALL &&
			    ir_helper_number(op->index) >= HELPER_KERNEL)
				return true;
		}
	return false;
}

static void
rename_pred(struct blk *b, struct blk *from, struct blk *to)
{
	uint32_t i;

	for (i = 0; b && i < b->preds.n; i++)
		if (b->preds.v[i] == from)
			b->preds.v[i] = to;
}

/* Everything of the entry block behind the context's arrival moves to a new
 * block, which is returned; the entry has no terminator then. */
static struct blk *
split_entry(struct lower *l)
{
	struct func *f = l->f;
	struct blk *entry = f->blks.v[0], *body = ir_blk(l);
	uint32_t i, head = ir_after_head(f, entry);

	for (i = head; i < entry->ops.n; i++)
		*vec_push(f->arena, &body->ops) = entry->ops.v[i];
	entry->ops.n = head;
	for (i = 0; i < ARRAY_LEN(body->succ); i++) {
		body->succ[i] = entry->succ[i];
		entry->succ[i] = NULL;
		rename_pred(body->succ[i], entry, body);
	}
	return body;
}

static void
add_gate(struct prog *p, struct func *f)
{
	struct lower l = {
		.prog = p, .f = f, .unit = f->unit, .span = f->unit->probe->span
	};
	uint32_t map = ir_map_for(&l, MAP_GLOBAL, 0);
	struct blk *body = split_entry(&l), *off = ir_blk(&l);
	int32_t live = (int32_t)offsetof(struct ir_global, live);
	struct ref at;

	off->cold = true;
	ir_at(&l, f->blks.v[0]);
	at = ir_mapval(&l, map, sizeof(struct ir_global));
	live -= (int32_t)sizeof(struct ir_global);
	ir_br(&l, CC_NE, ir_load(&l, at, live, 8), ir_const(&l, 0), body, off);
	ir_seal(&l, body);
	ir_seal(&l, off);
	ir_at(&l, off);
	ir_ret(&l, ir_const(&l, f->unit->type->ret));
	ir_rpo(f);
}

/* Whether more than one thing is attached. */
static bool
are_many(const struct prog *p)
{
	uint32_t i, n = 0;

	for (i = 0; p->units && i < p->units->v.n; i++) {
		const struct unit *u = p->units->v.v[i];

		if (!(u->type->flags & PROBE_SPECIAL))
			n += u->raw ? 1 : u->targets.n;
	}
	return n > 1;
}

static bool
is_bare(const struct prog *p, const struct func *f)
{
	const struct probe_type *type = f->unit->type;

	if (f->unit->raw)
		return true;
	return f->no_ctx && type->bare && type->bare(f->unit) &&
	       !(p->without & 1u << FEAT_RAW_TRACEPOINT);
}

static bool
needs_gate(const struct prog *p, const struct func *f, bool many)
{
	const struct probe_type *type = f->unit->type;

	if (!type || type->flags & PROBE_SPECIAL)
		return false;
	return many || (type->flags & PROBE_GATE && !is_bare(p, f));
}

/* Needs: dead code gone. Leaves: rpo. Breaks: dominators. */
bool
ir_gate(struct prog *p)
{
	bool many = are_many(p);
	uint32_t i;

	for (i = 0; i < p->funcs.n; i++) {
		struct func *f = p->funcs.v[i];

		if (f->parent || !f->unit)
			continue;
		f->no_ctx = !reads_context(f);
		if (needs_gate(p, f, many))
			add_gate(p, f);
	}
	return true;
}
