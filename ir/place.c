/* SPDX-License-Identifier: MIT */
/*
 * Where objects live. Small ones share the 512 bytes of stack that a function
 * and its callbacks have together; large ones, and what does not fit, get
 * bytes of the unit's entry in the per-CPU scratch map, looked up once where
 * the function starts. Objects that may be alive at once never overlap: see
 * overlap.c. This file chooses between the two and rewrites the addresses.
 *
 *	stack of a function	objects, then spill slots (slots.c)
 *	a unit's scratch	its function's bytes, then its callbacks'
 *				(those of one caller on top of each other),
 *				in entries of at most 32 KiB
 */
#include <linux/bpf.h>

#include "alloc.h"
#include "overlap.h"

enum {
	STACK_LIMIT = 512,    /* MAX_BPF_STACK, for the whole chain */
	FRAME_ROUND = 32,     /* the kernel rounds each function's part */
	SPILL_ROOM = 64,      /* left to each function for spills */
	ALWAYS_ON_STACK = 64, /* up to this size, while there is room */
};

struct placer {
	struct prog *p;
	struct arena tmp;
	struct overlap *of; /* by func->index */
	uint32_t map;       /* of scratch */
	uint32_t pages;     /* of scratch, for each unit */
	uint32_t *room;     /* by func->index: bytes kept for spills; 0: not
			       looked at, SPILL_ROOM */
};

/* ---- stack or scratch ---- */

static uint32_t
stack_limit(const struct prog *p)
{
	uint64_t limit = p->config ? p->config->on_stack_limit : 0;

	if (limit > STACK_LIMIT)
		return STACK_LIMIT;
	return limit > ALWAYS_ON_STACK ? (uint32_t)limit : ALWAYS_ON_STACK;
}

/* What a function takes of the chain's 512 bytes. */
static uint32_t
frame_size(const struct placer *c, const struct func *f)
{
	uint32_t room = c->room[f->index] ? c->room[f->index] : SPILL_ROOM;

	return (f->stack + room + FRAME_ROUND - 1) / FRAME_ROUND * FRAME_ROUND;
}

static uint32_t
chain_size(const struct placer *c, const struct func *f)
{
	uint32_t size = ir_own_stack(f);

	for (; f; f = f->parent)
		if (!f->is_own)
			size += frame_size(c, f);
	return size;
}

static uint32_t
count_values(const struct func *f, const live_list *l)
{
	uint32_t n = 0, i;

	for (i = 0; i < l->n; i++)
		n += !ir_is_remat(&f->ops.v[l->v[i].v]);
	return n;
}

/* Where room is short: 8 bytes for each value that is alive where most are,
 * but for those that survive calls in registers. */
static void
measure_spills(struct placer *c, struct func *f)
{
	struct arena tmp = { 0 };
	struct flow w = { .f = f, .tmp = &tmp };
	uint32_t most = 0, i;

	if (c->room[f->index])
		return;
	ir_rpo(f);
	w.blk = arena_alloc(&tmp, f->blks.n * sizeof(*w.blk));
	ir_flow(&w);
	for (i = 0; i < f->blks.n; i++) {
		uint32_t in = count_values(f, &w.blk[i].in);
		uint32_t out = count_values(f, &w.blk[i].out);

		in = in > out ? in : out;
		most = most > in ? most : in;
	}
	arena_free(&tmp);
	c->room[f->index] = SPILL_ROOM;
	if (most > KEPT && (most - KEPT) * 8 > SPILL_ROOM)
		c->room[f->index] = (most - KEPT) * 8;
}

/* The key of the scratch lookup lives on the stack. */
static void
add_key(struct func *f)
{
	*vec_push(f->arena, &f->objs) = (struct obj){ .size = 4, .align = 4 };
}

/* Objects after those the function came with: the key. */
static bool
has_key(const struct placer *c, const struct func *f)
{
	return f->objs.n > c->of[f->index].n;
}

static void
to_scratch(struct placer *c, struct func *f, struct obj *o)
{
	o->scratch = true;
	if (!has_key(c, f))
		add_key(f);
}

static void
lay_out(struct placer *c, struct func *f)
{
	const struct overlap *o = &c->of[f->index];

	f->stack = ir_overlap_place(o, f, false);
	f->scratch_size = ir_overlap_place(o, f, true);
	/* The key is dead before any object is touched: it shares. */
	if (has_key(c, f)) {
		f->objs.v[o->n].where = -8;
		f->stack = f->stack < 8 ? 8 : f->stack;
	}
}

/* The largest object that is on the stack of `f` or its callers. */
static struct obj *
largest(const struct placer *c, struct func *f, struct func **owner)
{
	struct obj *best = NULL;
	uint32_t i;

	for (; f; f = f->parent) {
		for (i = 0; i < c->of[f->index].n; i++) {
			struct obj *o = &f->objs.v[i];

			if (o->scratch || o->on_stack ||
			    (best && o->size <= best->size))
				continue;
			best = o;
			*owner = f;
		}
	}
	return best;
}

/* Move objects of `excess` bytes away, the largest first, at least `least` of
 * them. False: there are none. */
static bool
move_some(struct placer *c, struct func *f, uint32_t excess, uint32_t least)
{
	struct func *owner = f;
	uint32_t bytes = 0, n;
	struct obj *o;

	for (n = 0; n < least || bytes < excess; n++) {
		o = largest(c, f, &owner);
		if (!o)
			break;
		bytes += o->size;
		to_scratch(c, owner, o);
	}
	for (; n && f; f = f->parent)
		lay_out(c, f);
	return n;
}

/* Move the largest objects away until the chain fits. They share bytes, so it
 * takes several rounds; twice as many in each, since laying out takes time.
 * What is left over is reported when spills are known (slots.c). */
static void
fit_chain(struct placer *c, struct func *f)
{
	uint32_t least = 1, size;
	const struct func *up;

	if (chain_size(c, f) > STACK_LIMIT / 2)
		for (up = f; up; up = up->parent)
			measure_spills(c, c->p->funcs.v[up->index]);
	while ((size = chain_size(c, f)) > STACK_LIMIT) {
		if (!move_some(c, f, size - STACK_LIMIT, least))
			return;
		least *= 2;
	}
}

static void
choose(struct placer *c)
{
	struct prog *p = c->p;
	uint32_t i, k;

	for (i = 0; i < p->funcs.n; i++) {
		struct func *f = p->funcs.v[i];

		c->of[i] = ir_overlap(f, &c->tmp);
		for (k = 0; k < c->of[i].n; k++) {
			struct obj *o = &f->objs.v[k];

			if ((o->scratch || o->size > stack_limit(p)) &&
			    !o->on_stack && ir_bit(c->of[i].touched, k))
				to_scratch(c, f, o);
		}
		lay_out(c, f);
	}
	for (i = 0; i < p->funcs.n; i++)
		fit_chain(c, p->funcs.v[i]);
}

/* ---- the scratch map ---- */

/* Bytes of the unit's scratch before those of `f`: pages stay pages. */
static uint32_t
scratch_base(const struct func *f)
{
	uint32_t base;

	if (!f->parent)
		return 0;
	base = scratch_base(f->parent) + f->parent->scratch_size;
	if (base % SCRATCH_PAGE + f->scratch_size <= SCRATCH_PAGE)
		return base;
	return (base / SCRATCH_PAGE + 1) * SCRATCH_PAGE;
}

static uint32_t
unit_index(const struct func *f)
{
	return f->unit ? f->unit->index : 0;
}

static uint32_t
find_scratch(struct prog *p)
{
	uint32_t i;

	for (i = 0; i < p->maps.n; i++)
		if (p->maps.v[i].use == MAP_SCRATCH)
			return i;
	*vec_push(p->arena, &p->maps) =
		(struct map_spec){ .use = MAP_SCRATCH,
				   .name = "scratch",
				   .type = BPF_MAP_TYPE_PERCPU_ARRAY,
				   .key_size = 4 };
	return i;
}

/* A string of the script's own is never larger; max_strlen may be. */
static bool
fits_pages(const struct placer *c)
{
	uint32_t i, k;

	for (i = 0; i < c->p->funcs.n; i++) {
		const struct func *f = c->p->funcs.v[i];

		for (k = 0; k < f->objs.n; k++)
			if (f->objs.v[k].scratch &&
			    f->objs.v[k].size > SCRATCH_PAGE)
				return diag_error(
					c->p->diag,
					ir_end(f, f->blks.v[0])->span,
					"this probe has a value of %u bytes, "
					"the kernel allows %u; use a smaller "
					"max_strlen",
					f->objs.v[k].size, SCRATCH_PAGE);
	}
	return true;
}

/* Scratch of more than a page has several entries for each unit. */
static bool
size_scratch(struct placer *c)
{
	struct prog *p = c->p;
	struct map_spec *m;
	uint32_t size = 0, units = 0, i;

	c->map = find_scratch(p);
	m = &p->maps.v[c->map];
	for (i = 0; i < p->funcs.n; i++) {
		const struct func *f = p->funcs.v[i];
		uint32_t end = scratch_base(f) + f->scratch_size;

		size = end > size ? end : size;
		if (units <= unit_index(f))
			units = unit_index(f) + 1;
	}
	c->pages = (size + SCRATCH_PAGE - 1) / SCRATCH_PAGE;
	size = size < SCRATCH_PAGE ? size : SCRATCH_PAGE;
	m->value_size = m->value_size > size ? m->value_size : size;
	m->entries = units * c->pages;
	return fits_pages(c);
}

/* ---- rewriting ---- */

/* A BR that goes to a new block returning early, and on to a new block with
 * all that `entry` has had after its head. */
static struct blk *
split_entry(struct func *f)
{
	struct blk *entry = f->blks.v[0], *body = ir_new_blk(f);
	uint32_t head = ir_after_head(f, entry), i;

	for (i = head; i < entry->ops.n; i++)
		*vec_push(f->arena, &body->ops) = entry->ops.v[i];
	entry->ops.n = head;
	for (i = 0; i < 2; i++) {
		struct blk *to = entry->succ[i];
		uint32_t k;

		body->succ[i] = to;
		entry->succ[i] = NULL;
		for (k = 0; to && k < to->preds.n; k++)
			if (to->preds.v[k] == entry)
				to->preds.v[k] = body;
	}
	return body;
}

/* What a function returns that could not run; a callback stops its loop. */
static int64_t
early_result(const struct func *f)
{
	if (f->parent)
		return 1;
	return f->unit && f->unit->type ? f->unit->type->ret : 0;
}

/* At the start of `f`: the address of one of the unit's entries. It is never
 * NULL, but the verifier wants to see that asked, at once and by everyone who
 * uses it: the body is dominated by it. */
static struct ref
look_up(struct func *f, uint32_t map, uint32_t key_obj, uint32_t entry)
{
	struct lower l = { .f = f, .cur = f->blks.v[0] };
	struct blk *body = split_entry(f), *none = ir_new_blk(f);
	struct op key = { .code = IR_OBJ, .index = key_obj };
	struct ref at, base;

	l.span = ir_op(f, body->ops.v[0])->span;
	key.span = l.span;
	at = ir_append(f, l.cur, key);
	ir_store(&l, at, 0, ir_const(&l, entry), 4);
	base = ir_call(&l, HELPER_map_lookup_elem, 2, ir_map(&l, map), at);
	ir_br(&l, CC_NE, base, ir_const(&l, 0), body, none);
	none->cold = true;
	ir_at(&l, none);
	ir_ret(&l, ir_const(&l, early_result(f)));
	body->sealed = none->sealed = true;
	return base;
}

/* OBJ becomes base + offset. */
static void
rewrite_obj(struct func *f, struct blk *b, uint32_t at, const struct ref *pages)
{
	struct ref r = b->ops.v[at], k;
	struct op *op = ir_op(f, r);
	uint32_t where = (uint32_t)f->objs.v[op->index].where;
	struct ref base = pages[where / SCRATCH_PAGE];
	struct op off = { .code = IR_CONST,
			  .imm = where % SCRATCH_PAGE,
			  .span = op->span };

	op->index = 0;
	op->code = off.imm ? IR_ADD : IR_COPY;
	op->nargs = off.imm ? 2 : 1;
	op->arg[0] = base;
	if (!off.imm)
		return;
	k = ir_new_op(f, off);
	ir_op(f, r)->arg[1] = k;
	ir_insert(f, b, at, k);
}

static bool
in_scratch(const struct func *f, struct ref r)
{
	const struct op *op = ir_op(f, r);

	return op->code == IR_OBJ && f->objs.v[op->index].scratch;
}

/* Backwards: each goes before those that are there. */
static struct ref *
look_up_pages(struct placer *c, struct func *f)
{
	struct ref *pages = arena_alloc(&c->tmp, c->pages * sizeof(*pages));
	bool *used = arena_alloc(&c->tmp, c->pages);
	uint32_t key = c->of[f->index].n, i;

	for (i = 0; i < f->objs.n; i++)
		if (f->objs.v[i].scratch)
			used[f->objs.v[i].where / SCRATCH_PAGE] = true;
	for (i = c->pages; i-- > 0;)
		if (used[i])
			pages[i] = look_up(f, c->map, key,
					   unit_index(f) * c->pages + i);
	return pages;
}

static void
use_scratch(struct placer *c, struct func *f)
{
	uint32_t start = scratch_base(f), i, k;
	const struct ref *pages;

	for (i = 0; i < f->objs.n; i++)
		if (f->objs.v[i].scratch)
			f->objs.v[i].where += (int32_t)start;
	pages = look_up_pages(c, f);
	for (i = 0; i < f->blks.n; i++) {
		struct blk *b = f->blks.v[i];

		for (k = 0; k < b->ops.n; k++)
			if (in_scratch(f, b->ops.v[k]))
				rewrite_obj(f, b, k, pages);
	}
	ir_rpo(f);
}

/*
 * Needs: SSA, rpo. Leaves: every object placed, func->stack and scratch_size
 * set, no OBJ of one in scratch. Breaks: dominators, liveness.
 */
bool
ir_place(struct prog *p)
{
	struct placer c = { .p = p };
	bool any = false, ok = true;
	uint32_t i;

	c.of = arena_alloc(&c.tmp, (p->funcs.n + 1) * sizeof(*c.of));
	c.room = arena_alloc(&c.tmp, (p->funcs.n + 1) * sizeof(*c.room));
	for (i = 0; i < p->funcs.n; i++)
		ir_rpo(p->funcs.v[i]);
	choose(&c);
	for (i = 0; i < p->funcs.n; i++)
		any |= has_key(&c, p->funcs.v[i]);
	if (any)
		ok = size_scratch(&c);
	for (i = 0; ok && i < p->funcs.n; i++)
		if (has_key(&c, p->funcs.v[i]))
			use_scratch(&c, p->funcs.v[i]);
	arena_free(&c.tmp);
	return ok;
}
