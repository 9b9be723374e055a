/* SPDX-License-Identifier: MIT */
/*
 * When objects are alive, hence which ones may share bytes. An object is alive
 * where it may have been touched before and may be touched again; two of them
 * clash when one is touched while the other is alive. All ops that are given
 * an address derived from an object touch it. Pinned objects, and those whose
 * address is stored somewhere, are alive everywhere.
 */
#include <stdlib.h>
#include <string.h>

#include "overlap.h"

/* Objects, ascending. Shared between values; NULL: none. */
struct objects {
	uint32_t n, v[];
};

/* An object in a block where it is alive: from op `first` to op `last`. */
struct stay {
	uint32_t object, first, last;
	bool before,
		after; /* touched before the block's start, after its end */
};

struct alive {
	struct func *f;
	struct arena *tmp;
	struct overlap o;
	const struct objects **points; /* by ref id: what it may point into */
	struct touches {               /* by object: blocks, by rpo */
		VEC(uint32_t) blks;
	} * in;
	VEC(struct back { uint32_t from, to; }) back; /* edges, by rpo */
	bool *before, *after; /* by rpo, of the object at hand */
	struct stays {
		VEC(struct stay) v;
	} * stays; /* by rpo */
	/* First by rpo: the object at hand is touched. Then by object: 1 + its
	 * place among the stays of the block at hand. */
	uint32_t *here;
	uint64_t *used; /* one row: objects with an address at all */
};

static uint64_t *
row(const struct alive *a, uint64_t *rows, uint32_t i)
{
	return rows + (size_t)i * a->o.words;
}

/* ---- where addresses go ---- */

static bool
contains(const struct objects *all, const struct objects *some)
{
	uint32_t i, k = 0;

	for (i = 0; i < some->n; i++) {
		while (k < all->n && all->v[k] < some->v[i])
			k++;
		if (k == all->n || all->v[k] != some->v[i])
			return false;
	}
	return true;
}

static const struct objects *
join(struct alive *a, const struct objects *x, const struct objects *y)
{
	struct objects *both;
	uint32_t i = 0, k = 0;

	if (!x || x == y)
		return y;
	if (!y || contains(x, y))
		return x;
	both = arena_alloc(a->tmp,
			   sizeof(*both) + (x->n + y->n) * sizeof(both->v[0]));
	while (i < x->n || k < y->n) {
		bool left = k == y->n || (i < x->n && x->v[i] <= y->v[k]);
		uint32_t next = left ? x->v[i] : y->v[k];

		i += i < x->n && x->v[i] == next;
		k += k < y->n && y->v[k] == next;
		both->v[both->n++] = next;
	}
	return both;
}

static const struct objects *
single(struct alive *a, uint32_t x)
{
	struct objects *one;

	ir_bit_set(a->used, x);
	one = arena_alloc(a->tmp, sizeof(*one) + sizeof(one->v[0]));
	one->n = 1;
	one->v[0] = x;
	return one;
}

static bool
derive(struct alive *a, const struct blk *b, struct ref r)
{
	const struct op *op = ir_op(a->f, r);
	const struct objects *had = a->points[r.id], *set = had;
	uint32_t i;

	if (op->code == IR_OBJ && !set)
		set = single(a, op->index);
	if ((ir_ops[op->code].flags & F_P) && op->code != IR_CMP) {
		for (i = 0; i < ir_ref_args(op); i++)
			set = join(a, set, a->points[op->arg[i].id]);
		for (i = 0; op->code == IR_PHI && i < b->preds.n; i++)
			set = join(a, set, a->points[op->phi[i].id]);
	}
	a->points[r.id] = set;
	return set != had && (!had || set->n > had->n);
}

/* Blocks in rpo: again only where an edge leads back. */
static void
find_points(struct alive *a)
{
	bool changed = true, loops = true;
	uint32_t i, k;

	while (changed && loops) {
		changed = loops = false;
		for (i = 0; i < a->f->blks.n; i++) {
			const struct blk *b = a->f->blks.v[i];

			for (k = 0; k < b->preds.n; k++)
				loops |= b->preds.v[k]->rpo >= i;
			for (k = 0; k < b->ops.n; k++)
				changed |= derive(a, b, b->ops.v[k]);
		}
	}
}

/* Objects that the op may access by its argument i; NULL: none. */
static const struct objects *
touched_by(const struct alive *a, const struct op *op, unsigned i)
{
	if (ir_ops[op->code].flags & F_P)
		return NULL;
	return a->points[op->arg[i].id];
}

/* ---- what is alive ---- */

static void
note_touches(struct alive *a, uint32_t rpo, const struct objects *set)
{
	uint32_t i;

	for (i = 0; set && i < set->n; i++) {
		struct touches *in = &a->in[set->v[i]];

		ir_bit_set(a->o.touched, set->v[i]);
		if (!in->blks.n || in->blks.v[in->blks.n - 1] != rpo)
			*vec_push(a->tmp, &in->blks) = rpo;
	}
}

static void
find_touches(struct alive *a)
{
	uint32_t i, k, n;

	for (i = 0; i < a->f->blks.n; i++) {
		const struct blk *b = a->f->blks.v[i];

		for (k = 0; k < b->preds.n; k++)
			if (b->preds.v[k]->rpo >= i)
				*vec_push(a->tmp, &a->back) =
					(struct back){ b->preds.v[k]->rpo, i };
		for (k = 0; k < b->ops.n; k++) {
			const struct op *op = ir_op(a->f, b->ops.v[k]);

			for (n = 0; n < ir_ref_args(op); n++)
				note_touches(a, i, touched_by(a, op, n));
		}
	}
}

/* Widen lo..hi until no way leaves it and comes back: in reverse postorder
 * only an edge that leads back can do so. */
static void
widen(const struct alive *a, uint32_t *lo, uint32_t *hi)
{
	bool changed = true;
	uint32_t i;

	while (changed) {
		changed = false;
		for (i = 0; i < a->back.n; i++) {
			const struct back *e = &a->back.v[i];

			if (e->to > *hi || e->from < *lo ||
			    (e->to >= *lo && e->from <= *hi))
				continue;
			*lo = e->to < *lo ? e->to : *lo;
			*hi = e->from > *hi ? e->from : *hi;
			changed = true;
		}
	}
}

/* Does the mark of a neighbour, within lo..hi, reach block i? */
static bool
reach(const struct alive *a, uint32_t i, uint32_t lo, uint32_t hi)
{
	const struct blk *b = a->f->blks.v[i];
	bool before = false, after = false;
	uint32_t k;

	for (k = 0; k < b->preds.n; k++) {
		uint32_t p = b->preds.v[k]->rpo;

		before |= p >= lo && p <= hi && (a->here[p] || a->before[p]);
	}
	for (k = 0; k < 2 && b->succ[k]; k++) {
		uint32_t s = b->succ[k]->rpo;

		after |= s >= lo && s <= hi && (a->here[s] || a->after[s]);
	}
	if (before == a->before[i] && after == a->after[i])
		return false;
	a->before[i] = before;
	a->after[i] = after;
	return true;
}

/* The blocks where x is alive, found between the first and the last that
 * touch it. */
static void
find_stays(struct alive *a, uint32_t x)
{
	uint32_t n = a->in[x].blks.n, lo, hi, i;
	bool changed = true;

	if (!n)
		return;
	lo = a->in[x].blks.v[0];
	hi = a->in[x].blks.v[n - 1];
	widen(a, &lo, &hi);
	for (i = 0; i < n; i++)
		a->here[a->in[x].blks.v[i]] = 1;
	while (changed) {
		changed = false;
		for (i = lo; i <= hi; i++)
			changed |= reach(a, i, lo, hi);
		for (i = hi + 1; i-- > lo;)
			changed |= reach(a, i, lo, hi);
	}
	for (i = lo; i <= hi; i++) {
		if (a->here[i] || (a->before[i] && a->after[i]))
			*vec_push(a->tmp, &a->stays[i].v) =
				(struct stay){ .object = x,
					       .before = a->before[i],
					       .after = a->after[i] };
		a->here[i] = 0;
		a->before[i] = a->after[i] = false;
	}
}

/* ---- clashes ---- */

struct scan { /* of one block */
	struct alive *a;
	const struct blk *b;
	struct stays *stays;
	uint32_t *active; /* places of stays that have begun */
	uint32_t n;
};

/* First and last ops that touch each object of the block. */
static void
bound_stays(const struct scan *s)
{
	const struct alive *a = s->a;
	uint32_t i, k, n;

	for (i = 0; i < s->stays->v.n; i++) {
		s->stays->v.v[i].first = UINT32_MAX;
		a->here[s->stays->v.v[i].object] = i + 1;
	}
	for (k = 0; k < s->b->ops.n; k++) {
		const struct op *op = ir_op(a->f, s->b->ops.v[k]);

		for (n = 0; n < ir_ref_args(op); n++) {
			const struct objects *set = touched_by(a, op, n);

			for (i = 0; set && i < set->n; i++) {
				struct stay *t =
					&s->stays->v.v[a->here[set->v[i]] - 1];

				t->first = t->first < k ? t->first : k;
				t->last = k;
			}
		}
	}
}

/* x is touched at op k: it clashes with all that is alive there. */
static void
clash(struct scan *s, uint32_t x, uint32_t k)
{
	struct alive *a = s->a;
	uint32_t i;

	for (i = 0; i < s->n;) {
		const struct stay *t = &s->stays->v.v[s->active[i]];

		if (!t->after && t->last < k) {
			s->active[i] = s->active[--s->n];
			continue;
		}
		ir_bit_set(row(a, a->o.clash, x), t->object);
		ir_bit_set(row(a, a->o.clash, t->object), x);
		i++;
	}
}

/* Pass 0 begins the stays of objects that op k touches first, pass 1 notes
 * the clashes. */
static void
clash_op(struct scan *s, uint32_t k, unsigned pass)
{
	const struct op *op = ir_op(s->a->f, s->b->ops.v[k]);
	uint32_t i, n, args = ir_ref_args(op);

	for (n = 0; n < args; n++) {
		const struct objects *set = touched_by(s->a, op, n);

		for (i = 0; set && i < set->n; i++) {
			uint32_t at = s->a->here[set->v[i]] - 1;
			struct stay *t = &s->stays->v.v[at];

			if (pass) {
				clash(s, set->v[i], k);
			} else if (!t->before && t->first == k) {
				s->active[s->n++] = at;
				t->before = true;
			}
		}
	}
}

/* As most ops do. */
static bool
touches_none(const struct scan *s, uint32_t k)
{
	const struct op *op = ir_op(s->a->f, s->b->ops.v[k]);

	return ir_ops[op->code].flags & F_P;
}

static void
find_clashes(struct alive *a)
{
	uint32_t *active = arena_alloc(a->tmp, a->o.n * sizeof(*active));
	uint32_t i, k;

	for (i = 0; i < a->f->blks.n; i++) {
		struct scan s = { .a = a,
				  .b = a->f->blks.v[i],
				  .stays = &a->stays[i],
				  .active = active };

		if (!s.stays->v.n)
			continue;
		bound_stays(&s);
		for (k = 0; k < s.stays->v.n; k++)
			if (s.stays->v.v[k].before)
				active[s.n++] = k;
		for (k = 0; k < s.b->ops.n; k++) {
			if (touches_none(&s, k))
				continue;
			clash_op(&s, k, 0);
			clash_op(&s, k, 1);
		}
	}
}

/* ---- alive everywhere ---- */

static void
pin(struct alive *a, uint32_t x)
{
	uint32_t i;

	ir_bit_set(a->o.touched, x);
	for (i = 0; i < a->o.n; i++) {
		ir_bit_set(row(a, a->o.clash, x), i);
		ir_bit_set(row(a, a->o.clash, i), x);
	}
}

static void
pin_stored(struct alive *a)
{
	bool *done = arena_alloc(a->tmp, a->o.n);
	uint32_t i, k, n;

	for (i = 0; i < a->f->blks.n; i++) {
		const struct blk *b = a->f->blks.v[i];

		for (k = 0; k < b->ops.n; k++) {
			const struct op *op = ir_op(a->f, b->ops.v[k]);
			const struct objects *set;

			if (op->code != IR_STORE || op->has_imm)
				continue;
			set = a->points[op->arg[1].id];
			for (n = 0; set && n < set->n; n++) {
				if (!done[set->v[n]])
					pin(a, set->v[n]);
				done[set->v[n]] = true;
			}
		}
	}
}

static void
pin_marked(struct alive *a)
{
	uint32_t i;

	for (i = 0; i < a->o.n; i++)
		if (a->f->objs.v[i].pinned && ir_bit(a->used, i))
			pin(a, i);
}

static uint64_t *
rows(const struct alive *a, uint32_t n)
{
	return arena_alloc(a->tmp, (size_t)(n + 1) * a->o.words * 8);
}

struct overlap
ir_overlap(struct func *f, struct arena *tmp)
{
	struct alive a = { .f = f, .tmp = tmp };
	uint32_t i, m;

	a.o.n = f->objs.n;
	a.o.words = (f->objs.n + 63) / 64;
	a.o.clash = rows(&a, a.o.n);
	a.o.touched = rows(&a, 1);
	if (!a.o.n)
		return a.o;
	a.used = rows(&a, 1);
	m = a.o.n > f->blks.n ? a.o.n : f->blks.n;
	a.points = arena_alloc(tmp, f->ops.n * sizeof(*a.points));
	a.in = arena_alloc(tmp, a.o.n * sizeof(*a.in));
	a.before = arena_alloc(tmp, f->blks.n);
	a.after = arena_alloc(tmp, f->blks.n);
	a.stays = arena_alloc(tmp, f->blks.n * sizeof(*a.stays));
	a.here = arena_alloc(tmp, m * sizeof(*a.here));
	find_points(&a);
	find_touches(&a);
	for (i = 0; i < a.o.n; i++)
		find_stays(&a, i);
	find_clashes(&a);
	pin_stored(&a);
	pin_marked(&a);
	return a.o;
}

/* ---- bytes ---- */

struct coloring {
	const struct overlap *o;
	struct func *f;
	bool scratch;
	uint32_t *start;  /* by object: its first byte, counted from the edge */
	uint64_t *placed; /* one row */
	uint32_t *order;  /* those placed, by start */
	uint32_t n;
	struct range { /* scratch of find_taken() */
		uint32_t begin, end;
	} * taken;
};

static uint32_t
bytes(const struct func *f, uint32_t x)
{
	return (f->objs.v[x].size + 7) & ~7u;
}

static int
by_begin(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->begin > y->begin) - (x->begin < y->begin);
}

static struct range
range_of(const struct coloring *c, uint32_t x)
{
	return (struct range){ c->start[x], c->start[x] + bytes(c->f, x) };
}

/* The bytes that are taken where x is alive, in their order; how many. Few of
 * many are sorted, else all are walked through, in their order. */
static uint32_t
find_taken(struct coloring *c, uint32_t x)
{
	const uint64_t *clashes = c->o->clash + (size_t)x * c->o->words;
	uint32_t w, i, n = 0;

	for (w = 0; w < c->o->words && n <= c->n / 16; w++) {
		uint64_t bits = clashes[w] & c->placed[w];

		for (; bits; bits &= bits - 1) {
			i = w * 64 + (uint32_t)__builtin_ctzll(bits);
			c->taken[n++] = range_of(c, i);
		}
	}
	if (w == c->o->words) {
		if (n > 1)
			qsort(c->taken, n, sizeof(*c->taken), by_begin);
		return n;
	}
	for (i = n = 0; i < c->n; i++)
		if (ir_bit(clashes, c->order[i]))
			c->taken[n++] = range_of(c, c->order[i]);
	return n;
}

static void
add_to_order(struct coloring *c, uint32_t x)
{
	uint32_t lo = 0, hi = c->n++;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (c->start[c->order[mid]] <= c->start[x])
			lo = mid + 1;
		else
			hi = mid;
	}
	memmove(c->order + lo + 1, c->order + lo,
		(c->n - 1 - lo) * sizeof(*c->order));
	c->order[lo] = x;
}

/* The first place for x from `start` on that is not on two pages. */
static uint32_t
next_page(const struct coloring *c, uint32_t x, uint32_t start)
{
	if (!c->scratch ||
	    start % SCRATCH_PAGE + bytes(c->f, x) <= SCRATCH_PAGE)
		return start;
	return (start / SCRATCH_PAGE + 1) * SCRATCH_PAGE;
}

/* First fit. */
static uint32_t
place_one(struct coloring *c, uint32_t x)
{
	struct obj *o = &c->f->objs.v[x];
	uint32_t start = 0, size = bytes(c->f, x), end, i;
	uint32_t n = find_taken(c, x);

	for (i = 0; i < n && c->taken[i].begin < start + size; i++)
		if (c->taken[i].end > start)
			start = next_page(c, x, c->taken[i].end);
	end = start + size;
	c->start[x] = start;
	ir_bit_set(c->placed, x);
	add_to_order(c, x);
	o->where = c->scratch ? (int32_t)start : -(int32_t)end;
	return end;
}

struct turn {
	uint32_t object, bytes;
};

/* The largest first, equals as they were made. */
static int
by_size(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return x->object < y->object ? -1 : 1;
}

uint32_t
ir_overlap_place(const struct overlap *o, struct func *f, bool scratch)
{
	struct arena tmp = { .lender = f->arena };
	struct coloring c = { .o = o, .f = f, .scratch = scratch };
	struct turn *turns = arena_alloc(&tmp, (o->n + 1) * sizeof(*turns));
	uint32_t i, n = 0, end, size = 0;

	c.start = arena_alloc(&tmp, (o->n + 1) * sizeof(*c.start));
	c.placed = arena_alloc(&tmp, (o->words + 1) * sizeof(*c.placed));
	c.order = arena_alloc(&tmp, (o->n + 1) * sizeof(*c.order));
	c.taken = arena_alloc(&tmp, (o->n + 1) * sizeof(*c.taken));
	for (i = 0; i < o->n; i++)
		if (f->objs.v[i].scratch == scratch && ir_bit(o->touched, i))
			turns[n++] = (struct turn){ i, bytes(f, i) };
	if (n)
		qsort(turns, n, sizeof(*turns), by_size);
	for (i = 0; i < n; i++) {
		end = place_one(&c, turns[i].object);
		size = end > size ? end : size;
	}
	arena_free(&tmp);
	return size;
}
