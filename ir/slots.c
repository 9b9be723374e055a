/* SPDX-License-Identifier: MIT */
/*
 * Spill slots: spill.c gives every value one of its own; here those that are
 * never needed at the same time come to share, and the frame gets its final
 * size. Liveness of slots, which ones clash, first fit. Long probes have
 * thousands of slots of which few are live at once: lists, not matrices. And
 * few of their ops are SPILLs and RELOADs: those are picked out once.
 *
 *	r10 - 0		objects (place.c)
 *	    ...		up to func->stack, rounded to 8
 *	    -8 ...	slots, from the lowest address upwards
 *
 * Where they are more than the stack has room for, and place.c has seen it
 * coming, those that are used least go to scratch. Not those that are written
 * before the address of scratch is known, nor pointers and what else the
 * verifier has to know: it does not look into scratch.
 */
#include <stdlib.h>

#include "blur.h"

enum {
	STACK_LIMIT = 512, /* MAX_BPF_STACK, callbacks included */
	SLOTS_MAX = STACK_LIMIT / 8,
};

typedef VEC(uint32_t) list;

struct access { /* a SPILL, a RELOAD or a phi in a slot */
	struct ref op;
	uint32_t slot;
	enum ir_opcode code;
};

struct blk_slots {
	uint32_t first, n; /* of the accesses */
	list in;           /* slots that are live at its start */
	bool stale;        /* what follows it has changed */
};

struct slots {
	struct func *f;
	struct arena *tmp;
	uint32_t n;
	VEC(struct access) accesses; /* block by block */
	struct blk_slots *blk;       /* by rpo */
	list *clash;                 /* by slot: those of lower numbers */
	/* The slots that are live, and by slot: its place there + 1. */
	list live;
	uint32_t *at;
	uint32_t most;   /* of them at once */
	uint32_t max;    /* of those there can be */
	uint32_t used;   /* colors */
	uint32_t *color; /* by slot */
	const struct facts *k;
};

static void
find_accesses(struct slots *s)
{
	uint32_t i, k;

	for (i = 0; i < s->f->blks.n; i++) {
		const struct blk *b = s->f->blks.v[i];

		s->blk[i].first = s->accesses.n;
		for (k = 0; k < b->ops.n; k++) {
			const struct op *op = ir_op(s->f, b->ops.v[k]);

			if (op->code == IR_SPILL || op->code == IR_RELOAD ||
			    (op->code == IR_PHI && op->has_imm))
				*vec_push(s->tmp, &s->accesses) =
					(struct access){ b->ops.v[k],
							 (uint32_t)op->imm,
							 op->code };
		}
		s->blk[i].n = s->accesses.n - s->blk[i].first;
	}
}

/* ---- what is live at once, from the last block to the first ---- */

static void
add_live(struct slots *s, uint32_t slot)
{
	if (s->at[slot])
		return;
	*vec_push(s->tmp, &s->live) = slot;
	s->at[slot] = s->live.n;
	s->most = s->live.n > s->most ? s->live.n : s->most;
}

static void
drop_live(struct slots *s, uint32_t slot)
{
	uint32_t last;

	if (!s->at[slot])
		return;
	last = s->live.v[--s->live.n];
	s->live.v[s->at[slot] - 1] = last;
	s->at[last] = s->at[slot];
	s->at[slot] = 0;
}

/* What is live at the end of `b`. What is live now is so where `last` starts,
 * the block that was looked at before; mostly that is what follows. */
static void
enter_end(struct slots *s, const struct blk *b, const struct blk *last)
{
	uint32_t i, k;

	if (b->succ[0] != last && b->succ[1] != last) {
		for (i = 0; i < s->live.n; i++)
			s->at[s->live.v[i]] = 0;
		s->live.n = 0;
	}
	for (i = 0; i < 2; i++) {
		const struct blk *to = b->succ[i];

		for (k = 0; to && to != last && k < s->blk[to->rpo].in.n; k++)
			add_live(s, s->blk[to->rpo].in.v[k]);
	}
}

/* The slot is written while they are. */
static void
clash_with_live(struct slots *s, uint32_t slot)
{
	uint32_t i;

	for (i = 0; i < s->live.n && s->most <= s->max; i++) {
		uint32_t other = s->live.v[i];

		if (other < slot)
			*vec_push(s->tmp, &s->clash[slot]) = other;
		else
			*vec_push(s->tmp, &s->clash[other]) = slot;
	}
}

/* A phi in a slot is there from the block's start on: its slot is live in,
 * written by the predecessors. */
static void
scan_blk(struct slots *s, const struct blk_slots *bs)
{
	uint32_t i;

	for (i = bs->first + bs->n; i-- > bs->first;) {
		const struct access *x = &s->accesses.v[i];

		if (x->code == IR_SPILL) {
			drop_live(s, x->slot);
			clash_with_live(s, x->slot);
		} else if (x->code == IR_RELOAD) {
			add_live(s, x->slot);
		}
	}
}

/* True when they have become more: fewer they never become. */
static bool
keep_start(struct slots *s, list *in)
{
	if (s->live.n == in->n)
		return false;
	if (s->live.n > in->cap) {
		in->v = arena_alloc(s->tmp, s->live.n * sizeof(*in->v));
		in->cap = s->live.n;
	}
	memcpy(in->v, s->live.v, s->live.n * sizeof(*in->v));
	in->n = s->live.n;
	return true;
}

/* Blocks again of which a way back has changed the end: what clashed, clashes
 * still. */
static void
find_clashes(struct slots *s)
{
	const struct blk *last = NULL;
	bool again = true;
	uint32_t i, k;

	for (i = 0; i < s->f->blks.n; i++)
		s->blk[i].stale = true;
	while (again) {
		again = false;
		for (i = s->f->blks.n; i-- > 0;) {
			const struct blk *b = s->f->blks.v[i];

			if (!s->blk[i].stale)
				continue;
			s->blk[i].stale = false;
			enter_end(s, b, last);
			scan_blk(s, &s->blk[i]);
			last = b;
			if (!keep_start(s, &s->blk[i].in))
				continue;
			for (k = 0; k < b->preds.n; k++) {
				s->blk[b->preds.v[k]->rpo].stale = true;
				again |= b->preds.v[k]->rpo >= i;
			}
		}
	}
}

/* ---- first fit ---- */

static uint32_t
first_free(const struct slots *s, uint32_t slot, const uint32_t *color,
	   uint32_t *taken)
{
	const list *l = &s->clash[slot];
	uint32_t c = 0, i;

	for (i = 0; i < l->n; i++)
		taken[color[l->v[i]]] = slot + 1;
	while (taken[c] == slot + 1)
		c++;
	return c;
}

static void
renumber(const struct slots *s, const uint32_t *color)
{
	uint32_t i;

	for (i = 0; i < s->accesses.n; i++) {
		struct op *op = ir_op(s->f, s->accesses.v[i].op);

		op->imm = color[op->imm];
	}
}

static void
color_slots(struct slots *s)
{
	uint32_t *taken = arena_alloc(s->tmp, (s->n + 1) * sizeof(*taken));
	uint32_t i;

	s->color = arena_alloc(s->tmp, s->n * sizeof(*s->color));
	s->clash = arena_alloc(s->tmp, s->n * sizeof(list));
	s->blk = arena_alloc(s->tmp, s->f->blks.n * sizeof(*s->blk));
	s->at = arena_alloc(s->tmp, s->n * sizeof(*s->at));
	find_accesses(s);
	find_clashes(s);
	if (s->most > s->max) { /* an error: they do not fit in any way */
		s->used = s->most;
		return;
	}
	for (i = 0; i < s->n; i++) {
		s->color[i] = first_free(s, i, s->color, taken);
		if (s->color[i] >= s->used)
			s->used = s->color[i] + 1;
	}
	renumber(s, s->color);
}

/* ---- the room that there is ---- */

/* As the kernel does: nothing is 32 bytes, too. */
static uint32_t
rounded(uint32_t size)
{
	return size ? (size + 31) & ~31u : 32;
}

/* The kernel counts a callback's caller as well, each in steps of 32 bytes.
 * Callers have lower numbers: theirs is known already. */
static uint32_t
chain_stack(const struct func *f)
{
	bool calls = f->parent || f->own;
	uint32_t size = calls ? rounded(f->stack) : f->stack;

	if (f->is_own)
		size = 0; /* it is in what follows, as the deepest of them */
	size += ir_own_stack(f);
	while ((f = f->parent))
		size += rounded(f->stack);
	return size;
}

/* What callbacks of `f` take, whose spills are not known yet. */
static uint32_t
below(const struct prog *p, const struct func *f)
{
	uint32_t most = 0, i;

	for (i = f->index + 1; i < p->funcs.n; i++) {
		const struct func *g = p->funcs.v[i];
		uint32_t size;

		if (g->parent != f || g->is_own)
			continue;
		size = rounded(g->stack + g->room) + below(p, g);
		most = most > size ? most : size;
	}
	return most;
}

/* How many slots fit beside the objects of `f`. */
static uint32_t
near_max(const struct prog *p, const struct func *f)
{
	uint32_t others = below(p, f), objs = (f->stack + 7) & ~7u, room;

	if (f->is_own)
		return (OWN_STACK - objs) / 8;

	others += f->parent ? rounded(chain_stack(f->parent)) : ir_own_stack(f);
	room = others < STACK_LIMIT ? STACK_LIMIT - others : 0;
	room &= f->parent ? ~31u : ~7u;
	return room > objs ? (room - objs) / 8 : 0;
}

/* ---- far slots ---- */

struct rank {
	uint32_t color;
	uint32_t uses; /* FIRST: it has to be near */
};

enum { FIRST = UINT32_MAX };

static int
by_uses(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->uses != y->uses)
		return x->uses > y->uses ? -1 : 1;
	return x->color < y->color ? -1 : x->color > y->color;
}

/* Stores the address of scratch: place.c's. */
static bool
keeps_far(const struct func *f, const struct op *op)
{
	const struct op *base;

	if (op->code != IR_STORE)
		return false;
	base = ir_op(f, op->arg[0]);
	return base->code == IR_OBJ && base->index == f->far.obj;
}

/* What is made on an edge is a phi's, of whom there are facts. */
static bool
is_fixed(const struct facts *k, struct ref r)
{
	return r.id < k->n && !k->unknown[r.id] &&
	       (k->address[r.id] || k->pointer[r.id]);
}

/* By color. Returns the address of the word that says where scratch is. */
static struct ref
count_uses(const struct slots *s, struct rank *ranks)
{
	const struct func *f = s->f;
	struct ref at = REF_NONE;
	uint32_t i, k;

	for (i = 0; i < f->blks.n; i++)
		for (k = 0; k < f->blks.v[i]->ops.n; k++) {
			const struct op *op = ir_op(f, f->blks.v[i]->ops.v[k]);

			if (!at.id && keeps_far(f, op))
				at = op->arg[0];
			if (op->code != IR_SPILL && op->code != IR_RELOAD)
				continue;
			if (!at.id || is_fixed(s->k, op->arg[0]))
				ranks[op->imm].uses = FIRST;
			else if (ranks[op->imm].uses != FIRST)
				ranks[op->imm].uses++;
		}
	return at;
}

/* A SPILL to a far slot reads the slots' address first. */
static void
give_address(struct func *f, struct ref at)
{
	struct op load = { .code = IR_LOAD, .width = 8, .nargs = 1 };
	uint32_t i, k;

	load.arg[0] = at;
	for (i = 0; i < f->blks.n; i++)
		for (k = 0; k < f->blks.v[i]->ops.n; k++) {
			struct ref r = f->blks.v[i]->ops.v[k], base;
			const struct op *op = ir_op(f, r);

			if (op->code != IR_SPILL || !ir_is_far(f, op->imm))
				continue;
			load.span = op->span;
			base = ir_make(f, load);
			ir_insert(f, f->blks.v[i], k++, base);
			ir_op(f, r)->nargs = 2;
			ir_op(f, r)->arg[1] = base;
		}
}

/* The slots that are used most stay on the stack, `near` of them. */
static void
part(struct slots *s, uint32_t near)
{
	struct func *f = s->f;
	struct rank *ranks = arena_alloc(s->tmp, s->used * sizeof(*ranks));
	uint32_t *to = arena_alloc(s->tmp, s->used * sizeof(*to)), i;
	struct ref at;

	for (i = 0; i < s->used; i++)
		ranks[i].color = i;
	at = count_uses(s, ranks);
	qsort(ranks, s->used, sizeof(*ranks), by_uses);
	if (ranks[near].uses == FIRST)
		return;
	for (i = 0; i < s->used; i++)
		to[ranks[i].color] = i;
	renumber(s, to);
	f->far.n = s->used - near;
	give_address(f, at);
}

static void
give_slots(struct prog *p, struct func *f, const struct facts *k,
	   struct arena *tmp)
{
	struct slots s = { .f = f, .n = f->nslots, .tmp = tmp, .k = k };
	uint32_t near;

	s.max = SLOTS_MAX + f->far.size / 8;
	color_slots(&s);
	f->nslots = s.used;
	if (!f->far.size || s.most > s.max)
		return;
	near = near_max(p, f);
	if (s.used > near && s.used - near <= f->far.size / 8)
		part(&s, near);
}

bool
ir_color_slots(struct prog *p, struct func *f, const struct facts *k)
{
	struct arena tmp = { .lender = f->arena };
	uint32_t size;

	if (f->nslots)
		give_slots(p, f, k, &tmp);
	arena_free(&tmp);
	f->stack = ((f->stack + 7) & ~7u) + 8 * (f->nslots - f->far.n);
	size = chain_stack(f);
	if (size <= STACK_LIMIT)
		return true;
	return diag_error(p->diag, ir_op(f, f->blks.v[0]->ops.v[0])->span,
			  "%s needs %u bytes of stack, the kernel allows %d; "
			  "use fewer variables at a time",
			  f->parent ? "this loop and what is around it"
				    : "this probe",
			  size, STACK_LIMIT);
}
