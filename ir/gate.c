/* SPDX-License-Identifier: MIT */
/*
 * The gate: some attach points take the kernel 60-100 ms each to detach
 * (DESIGN.md, 9), during which their programs still run. Programs of such
 * probe types begin with a look at ir_global.live, so that they all go live
 * together, and are all silent before the end probes run. A program that
 * never reads its context does without: it can be attached in a form that
 * detaches at once (struct probe_type, bare).
 */
#include "internal.h"

static bool
reads_context(const struct func *f)
{
	uint32_t i, k;

	for (i = 0; i < f->blks.n; i++)
		for (k = 0; k < f->blks.v[i]->ops.n; k++)
			if (ir_op(f, f->blks.v[i]->ops.v[k])->code == IR_CTX)
				return true;
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
	ir_dominators(f);
}

/* Needs: dead code gone. Breaks: rpo, dominators are made anew. */
bool
ir_gate(struct prog *p)
{
	uint32_t i;

	for (i = 0; i < p->funcs.n; i++) {
		struct func *f = p->funcs.v[i];
		const struct probe_type *type;

		if (f->parent || !f->unit)
			continue;
		type = f->unit->type;
		f->no_ctx = !reads_context(f);
		if (!type || !(type->flags & PROBE_GATE))
			continue;
		if (f->no_ctx && type->bare && type->bare(f->unit))
			continue;
		add_gate(p, f);
	}
	return true;
}
