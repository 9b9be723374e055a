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
 *	a function's bytes	objects, then the slots that are far: those for
 *				which the stack has no room even so
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

/* At most so many values are alive at once: from the first place of each to its
 * last, in the order of the blocks. Soon known, and most probes have few. */
static uint32_t
count_at_most(const struct func *f, struct arena *tmp)
{
	uint32_t *last = arena_alloc(tmp, f->ops.n * sizeof(*last));
	uint32_t now = 0, most = 0, at = 0, i, k, n;
	uint32_t *ends; /* by place: values that are read last there */

	for (i = 0; i < f->blks.n; i++) {
		const struct blk *b = f->blks.v[i];

		for (k = 0; k < b->ops.n; k++, at++) {
			const struct op *op = ir_op(f, b->ops.v[k]);

			last[b->ops.v[k].id] = at;
			for (n = 0; n < ir_ref_args(op); n++)
				last[op->arg[n].id] = at;
			for (n = 0; op->phi && n < b->preds.n; n++)
				last[op->phi[n].id] = at;
		}
	}
	ends = arena_alloc(tmp, (at + 1) * sizeof(*ends));
	for (i = 0, at = 0; i < f->blks.n; i++) {
		const struct blk *b = f->blks.v[i];

		for (k = 0; k < b->ops.n; k++, at++) {
			now -= ends[at];
			if (ir_is_remat(ir_op(f, b->ops.v[k])) ||
			    last[b->ops.v[k].id] == at)
				continue;
			ends[last[b->ops.v[k].id]]++;
			now++;
			most = now > most ? now : most;
		}
	}
	return most;
}

static bool
may_need_room(const struct func *f)
{
	struct arena tmp = { .lender = f->arena };
	bool may = f->ops.n > STACK_LIMIT / 8 &&
		   count_at_most(f, &tmp) > STACK_LIMIT / 8 / 2;

	arena_free(&tmp);
	return may;
}

/* Where room is short: 8 bytes for each value that is alive where most are.
 * Registers count for nothing: what is in one now was in a slot before. */
static void
measure_spills(struct placer *c, struct func *f)
{
	struct arena tmp = { .lender = f->arena };
	struct flow w = { .f = f, .tmp = &tmp, .real = true };

	if (c->room[f->index])
		return;
	ir_rpo(f);
	ir_flow(&w);
	arena_free(&tmp);
	c->room[f->index] = SPILL_ROOM;
	if (w.most * 8 > SPILL_ROOM)
		c->room[f->index] = w.most * 8;
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

/* What is on the stack: objects, the key, and the word that says where the far
 * slots are. */
static void
lay_out_stack(struct placer *c, struct func *f)
{
	const struct overlap *o = &c->of[f->index];

	f->stack = ir_overlap_place(o, f, false);
	/* The key is dead before any object is touched: it shares. */
	if (has_key(c, f)) {
		f->objs.v[o->n].where = -8;
		f->stack = f->stack < 8 ? 8 : f->stack;
	}
	if (f->far.size) {
		f->stack = ((f->stack + 7) & ~7u) + 8;
		f->objs.v[f->far.obj].where = -(int32_t)f->stack;
	}
}

/* Once it is known what does not fit: the far slots behind the objects, within
 * one entry. */
static void
lay_out_scratch(struct placer *c, struct func *f)
{
	uint32_t at;

	f->scratch_size = ir_overlap_place(&c->of[f->index], f, true);
	if (!f->far.size)
		return;
	at = (f->scratch_size + 7) & ~7u;
	if (at % SCRATCH_PAGE + f->far.size > SCRATCH_PAGE)
		at = (at / SCRATCH_PAGE + 1) * SCRATCH_PAGE;
	f->far.off = at;
	f->scratch_size = at + f->far.size;
}

/* Slots in scratch, and a word on the stack that says where. */
static void
add_far(struct placer *c, struct func *f)
{
	struct obj o = { .size = 8, .align = 8, .pinned = true };

	o.on_stack = true;
	if (!has_key(c, f))
		add_key(f);
	f->far.size = 2 * c->room[f->index];
	if (f->far.size > SCRATCH_PAGE)
		f->far.size = SCRATCH_PAGE;
	f->far.obj = f->objs.n;
	*vec_push(f->arena, &f->objs) = o;
	c->room[f->index] = SPILL_ROOM;
	lay_out_stack(c, f);
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
		lay_out_stack(c, f);
	return n;
}

/* False: nobody needs many. */
static bool
move_slots(struct placer *c, struct func *f)
{
	struct func *most = f;

	for (; f; f = f->parent)
		if (c->room[f->index] > c->room[most->index])
			most = f;
	if (c->room[most->index] <= SPILL_ROOM || most->far.size)
		return false;
	add_far(c, most);
	return true;
}

/* Move the largest objects away until the chain fits. They share bytes, so it
 * takes several rounds; twice as many in each, since laying out takes time.
 * Then slots have to go, of the function that needs most. What is left over is
 * reported when spills are known (slots.c). */
static void
fit_chain(struct placer *c, struct func *f)
{
	uint32_t least = 1, size;
	const struct func *up;

	if (chain_size(c, f) > STACK_LIMIT / 2 || may_need_room(f))
		for (up = f; up; up = up->parent)
			measure_spills(c, c->p->funcs.v[up->index]);
	while ((size = chain_size(c, f)) > STACK_LIMIT) {
		if (!move_some(c, f, size - STACK_LIMIT, least) &&
		    !move_slots(c, f))
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
		lay_out_stack(c, f);
	}
	for (i = 0; i < p->funcs.n; i++)
		fit_chain(c, p->funcs.v[i]);
	for (i = 0; i < p->funcs.n; i++)
		lay_out_scratch(c, p->funcs.v[i]);
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

static bool
in_scratch(const struct func *f, struct ref r)
{
	const struct op *op = ir_op(f, r);

	return op->code == IR_OBJ && f->objs.v[op->index].scratch;
}

struct rewriting {
	struct arena *tmp;
	VEC(struct ref) ops; /* the block's new list */
};

/* OBJ becomes base + offset, which goes to the list before it. */
static void
rewrite_obj(struct func *f, struct ref r, const struct ref *pages,
	    struct rewriting *w)
{
	struct ref k;
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
	*vec_push(w->tmp, &w->ops) = k;
}

static void
rewrite_blk(struct func *f, struct blk *b, const struct ref *pages,
	    struct rewriting *w)
{
	uint32_t i;

	w->ops.n = 0;
	for (i = 0; i < b->ops.n; i++) {
		if (in_scratch(f, b->ops.v[i]))
			rewrite_obj(f, b->ops.v[i], pages, w);
		*vec_push(w->tmp, &w->ops) = b->ops.v[i];
	}
	if (w->ops.n > b->ops.n)
		ir_set_ops(f, b, w->ops.v, w->ops.n);
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
	if (f->far.size)
		used[f->far.off / SCRATCH_PAGE] = true;
	for (i = c->pages; i-- > 0;)
		if (used[i])
			pages[i] = look_up(f, c->map, key,
					   unit_index(f) * c->pages + i);
	return pages;
}

/* Where the slots in scratch are, for those who have no other register. */
static void
keep_far(struct func *f, struct ref base)
{
	struct op obj = { .code = IR_OBJ, .index = f->far.obj };
	struct op store = { .code = IR_STORE, .nargs = 2 };
	struct blk *body = NULL;
	uint32_t i;

	for (i = 0; i < f->blks.n && !body; i++) {
		const struct op *end = ir_end(f, f->blks.v[i]);

		if (end->code == IR_BR && end->arg[0].id == base.id)
			body = f->blks.v[i]->succ[0];
	}
	obj.span = store.span = ir_end(f, body)->span;
	store.arg[0] = ir_new_op(f, obj);
	store.arg[1] = base;
	ir_insert(f, body, 0, store.arg[0]);
	ir_insert(f, body, 1, ir_new_op(f, store));
	f->far.off %= SCRATCH_PAGE;
}

/* Where room is short: the address of an object in scratch is made anew in
 * each block that uses it, or it would take a slot from the first use to the
 * last. */
static void
make_local(struct func *f, struct blk *b, struct ref *here, struct rewriting *w)
{
	uint32_t i, k;

	w->ops.n = 0;
	for (i = 0; i < b->ops.n; i++) {
		struct ref r = b->ops.v[i];
		uint32_t n = ir_ref_args(ir_op(f, r));

		for (k = 0; k < n; k++) {
			struct ref a = ir_op(f, r)->arg[k];
			struct op again = *ir_op(f, a);
			uint32_t obj = again.index;

			if (!in_scratch(f, a))
				continue;
			again.span = ir_op(f, r)->span;
			if (!here[obj].id) {
				here[obj] = ir_new_op(f, again);
				*vec_push(w->tmp, &w->ops) = here[obj];
			}
			ir_op(f, r)->arg[k] = here[obj];
		}
		*vec_push(w->tmp, &w->ops) = r;
	}
	if (w->ops.n > b->ops.n)
		ir_set_ops(f, b, w->ops.v, w->ops.n);
}

static void
drop_unread(struct func *f, struct arena *tmp)
{
	bool *read = arena_alloc(tmp, f->ops.n);
	uint32_t i, k, n;

	for (i = 0; i < f->blks.n; i++)
		for (k = 0; k < f->blks.v[i]->ops.n; k++) {
			const struct op *op = ir_op(f, f->blks.v[i]->ops.v[k]);

			for (n = 0; n < ir_ref_args(op); n++)
				read[op->arg[n].id] = true;
			for (n = 0; op->phi && n < f->blks.v[i]->preds.n; n++)
				read[op->phi[n].id] = true;
		}
	for (i = 0; i < f->blks.n; i++) {
		struct blk *b = f->blks.v[i];

		for (k = n = 0; k < b->ops.n; k++)
			if (read[b->ops.v[k].id] || !in_scratch(f, b->ops.v[k]))
				b->ops.v[n++] = b->ops.v[k];
		b->ops.n = n;
	}
}

static void
make_all_local(struct placer *c, struct func *f)
{
	struct ref *here = arena_alloc(&c->tmp, f->objs.n * sizeof(*here));
	struct rewriting w = { .tmp = &c->tmp };
	uint32_t i;

	for (i = 0; i < f->blks.n; i++) {
		memset(here, 0, f->objs.n * sizeof(*here));
		make_local(f, f->blks.v[i], here, &w);
	}
	drop_unread(f, &c->tmp);
}

static void
use_scratch(struct placer *c, struct func *f)
{
	struct rewriting w = { .tmp = &c->tmp };
	uint32_t start = scratch_base(f), i;
	const struct ref *pages;

	for (i = 0; i < f->objs.n; i++)
		if (f->objs.v[i].scratch)
			f->objs.v[i].where += (int32_t)start;
	f->far.off += start;
	if (c->room[f->index])
		make_all_local(c, f);
	pages = look_up_pages(c, f);
	if (f->far.size)
		keep_far(f, pages[f->far.off / SCRATCH_PAGE]);
	for (i = 0; i < f->blks.n; i++)
		rewrite_blk(f, f->blks.v[i], pages, &w);
	ir_rpo(f);
}

/*
 * Needs: SSA, rpo. Leaves: every object placed, func->stack and scratch_size
 * set, no OBJ of one in scratch. Breaks: dominators.
 */
bool
ir_place(struct prog *p)
{
	struct placer c = { .p = p, .tmp.lender = p->arena };
	bool any = false, ok = true;
	uint32_t i;

	c.of = arena_alloc(&c.tmp, (p->funcs.n + 1) * sizeof(*c.of));
	c.room = arena_alloc(&c.tmp, (p->funcs.n + 1) * sizeof(*c.room));
	for (i = 0; i < p->funcs.n; i++)
		ir_rpo(p->funcs.v[i]);
	choose(&c);
	for (i = 0; i < p->funcs.n; i++) {
		any |= has_key(&c, p->funcs.v[i]);
		p->funcs.v[i]->room =
			c.room[i] ? c.room[i] : (uint32_t)SPILL_ROOM;
	}
	if (any)
		ok = size_scratch(&c);
	for (i = 0; ok && i < p->funcs.n; i++)
		if (has_key(&c, p->funcs.v[i]))
			use_scratch(&c, p->funcs.v[i]);
	arena_free(&c.tmp);
	return ok;
}
