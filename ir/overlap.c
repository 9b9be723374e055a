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
	VEC(struct touch { /* by an argument of an op, block after block */
			   const struct objects *set;
			   uint32_t op; /* its place in the block */
	})
	touches;
	struct { /* by object: blocks that touch it, by rpo */
		VEC(uint32_t) blks;
	} * in;
	VEC(struct back { uint32_t from, to; }) back; /* edges, by rpo */
	/* By rpo: 1 + the index of the first way back around the block and
	 * its neighbours; 0: there is none. Those of one region stand together
	 * and lead nowhere else. */
	uint32_t *region;
	bool *before, *after; /* by rpo, of the object at hand */
	struct stays {
		VEC(struct stay) v;
		uint32_t first, n; /* touches of the block */
	} * stays;                 /* by rpo */
	/* First by rpo: the object at hand is touched. Then by object: 1 + its
	 * place among the stays of the block at hand. */
	uint32_t *here;
	uint64_t *used;   /* one row: objects with an address at all */
	uint64_t *pinned; /* one row: they are alive everywhere */
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

	for (i = 0; i < set->n; i++) {
		uint32_t x = set->v[i], n = a->in[x].blks.n;

		ir_bit_set(a->o.touched, x);
		if (!n || a->in[x].blks.v[n - 1] != rpo)
			*vec_push(a->tmp, &a->in[x].blks) = rpo;
	}
}

static void
find_touches(struct alive *a)
{
	uint32_t i, k, n;

	for (i = 0; i < a->f->blks.n; i++) {
		const struct blk *b = a->f->blks.v[i];

		a->stays[i].first = a->touches.n;
		for (k = 0; k < b->ops.n; k++) {
			const struct op *op = ir_op(a->f, b->ops.v[k]);

			for (n = 0; n < ir_ref_args(op); n++) {
				const struct objects *set =
					touched_by(a, op, n);

				if (!set)
					continue;
				note_touches(a, i, set);
				*vec_push(a->tmp, &a->touches) =
					(struct touch){ set, k };
			}
		}
		a->stays[i].n = a->touches.n - a->stays[i].first;
	}
}

/* Ways back, in the order of where they lead. Those that overlap are a region,
 * from the first block that one leads to to the last one that one comes from.
 */
static void
find_back(struct alive *a)
{
	uint32_t i, k, first = 0, end = 0;

	for (i = 0; i < a->f->blks.n; i++) {
		const struct blk *b = a->f->blks.v[i];

		for (k = 0; k < b->preds.n; k++) {
			uint32_t from = b->preds.v[k]->rpo;

			if (from < i)
				continue;
			if (i >= end)
				first = a->back.n + 1;
			*vec_push(a->tmp, &a->back) = (struct back){ from, i };
			end = from >= end ? from + 1 : end;
		}
		a->region[i] = i < end ? first : 0;
	}
}

static bool
widen_in(const struct alive *a, uint32_t region, uint32_t *lo, uint32_t *hi)
{
	bool changed = false;
	uint32_t i;

	for (i = region - 1; i < a->back.n; i++) {
		const struct back *e = &a->back.v[i];

		if (a->region[e->to] != region)
			break;
		if (e->to > *hi || e->from < *lo ||
		    (e->to >= *lo && e->from <= *hi))
			continue;
		*lo = e->to < *lo ? e->to : *lo;
		*hi = e->from > *hi ? e->from : *hi;
		changed = true;
	}
	return changed;
}

/* Widen lo..hi until no way leaves it and comes back: in reverse postorder
 * only an edge that leads back can do so. */
static void
widen(const struct alive *a, uint32_t *lo, uint32_t *hi)
{
	uint32_t first = a->region[*lo], last = a->region[*hi];
	bool changed = true;

	while (changed) {
		changed = first && widen_in(a, first, lo, hi);
		if (last && last != first)
			changed |= widen_in(a, last, lo, hi);
	}
}

/* Does the mark of a neighbour, within lo..hi, reach the start of block i? */
static bool
reach_start(const struct alive *a, uint32_t i, uint32_t lo, uint32_t hi)
{
	const struct blk *b = a->f->blks.v[i];
	bool had = a->before[i];
	uint32_t k;

	for (k = 0; k < b->preds.n && !a->before[i]; k++) {
		uint32_t p = b->preds.v[k]->rpo;

		a->before[i] =
			p >= lo && p <= hi && (a->here[p] || a->before[p]);
	}
	return a->before[i] != had;
}

static bool
reach_end(const struct alive *a, uint32_t i, uint32_t lo, uint32_t hi)
{
	const struct blk *b = a->f->blks.v[i];
	bool had = a->after[i];
	uint32_t k;

	for (k = 0; k < 2 && b->succ[k] && !a->after[i]; k++) {
		uint32_t s = b->succ[k]->rpo;

		a->after[i] = s >= lo && s <= hi && (a->here[s] || a->after[s]);
	}
	return a->after[i] != had;
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
	while (changed) { /* once, but for ways back */
		changed = false;
		for (i = lo; i <= hi; i++)
			changed |= reach_start(a, i, lo, hi);
		for (i = hi + 1; i-- > lo;)
			changed |= reach_end(a, i, lo, hi);
		changed = changed && a->back.n;
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
	struct stays *stays;
	uint32_t *active; /* places of stays that have begun */
	uint32_t n;
};

/* First and last ops that touch each object of the block. */
static void
bound_stays(const struct scan *s)
{
	const struct alive *a = s->a;
	uint32_t i, k;

	for (i = 0; i < s->stays->v.n; i++) {
		s->stays->v.v[i].first = UINT32_MAX;
		a->here[s->stays->v.v[i].object] = i + 1;
	}
	for (k = 0; k < s->stays->n; k++) {
		const struct touch *h = &a->touches.v[s->stays->first + k];

		for (i = 0; i < h->set->n; i++) {
			struct stay *t =
				&s->stays->v.v[a->here[h->set->v[i]] - 1];

			t->first = t->first < h->op ? t->first : h->op;
			t->last = h->op;
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

/* The stays of objects that are touched for the first time begin. */
static void
begin(struct scan *s, const struct touch *h)
{
	uint32_t i;

	for (i = 0; i < h->set->n; i++) {
		uint32_t at = s->a->here[h->set->v[i]] - 1;
		struct stay *t = &s->stays->v.v[at];

		if (t->before || t->first != h->op)
			continue;
		s->active[s->n++] = at;
		t->before = true;
	}
}

/* All that one op touches is alive at once. */
static void
clash_blk(struct scan *s)
{
	const struct touch *h = s->a->touches.v + s->stays->first;
	uint32_t k, next, i;

	for (k = 0; k < s->stays->n; k = next) {
		for (next = k; next < s->stays->n && h[next].op == h[k].op;
		     next++)
			begin(s, &h[next]);
		for (; k < next; k++)
			for (i = 0; i < h[k].set->n; i++)
				clash(s, h[k].set->v[i], h[k].op);
	}
}

static void
find_clashes(struct alive *a)
{
	uint32_t *active = arena_alloc(a->tmp, a->o.n * sizeof(*active));
	uint32_t i, k;

	for (i = 0; i < a->f->blks.n; i++) {
		struct scan s = { .a = a,
				  .stays = &a->stays[i],
				  .active = active };

		if (!s.stays->n) /* nothing begins here */
			continue;
		bound_stays(&s);
		for (k = 0; k < s.stays->v.n; k++)
			if (s.stays->v.v[k].before)
				active[s.n++] = k;
		clash_blk(&s);
	}
}

/* ---- alive everywhere ---- */

static void
pin_stored(struct alive *a)
{
	uint32_t i, k, n;

	for (i = 0; i < a->f->blks.n; i++) {
		const struct blk *b = a->f->blks.v[i];

		for (k = 0; k < b->ops.n; k++) {
			const struct op *op = ir_op(a->f, b->ops.v[k]);
			const struct objects *set;

			if (op->code != IR_STORE || op->has_imm)
				continue;
			set = a->points[op->arg[1].id];
			for (n = 0; set && n < set->n; n++)
				ir_bit_set(a->pinned, set->v[n]);
		}
	}
}

static void
pin_marked(struct alive *a)
{
	uint32_t i;

	for (i = 0; i < a->o.n; i++)
		if (a->f->objs.v[i].pinned && ir_bit(a->used, i))
			ir_bit_set(a->pinned, i);
}

/* They clash with everything. Mostly they are few, and of thousands of objects
 * most words of most rows are never looked at. */
static void
clash_pinned(struct alive *a)
{
	uint32_t i, w;

	for (w = 0; w < a->o.words; w++) {
		if (!a->pinned[w])
			continue;
		a->o.touched[w] |= a->pinned[w];
		for (i = 0; i < a->o.n; i++)
			row(a, a->o.clash, i)[w] |= a->pinned[w];
	}
	for (i = 0; i < a->o.n; i++)
		if (ir_bit(a->pinned, i))
			memset(row(a, a->o.clash, i), 0xff, a->o.words * 8);
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
	a.pinned = a.o.pinned = rows(&a, 1);
	a.region = arena_alloc(tmp, f->blks.n * sizeof(*a.region));
	m = a.o.n > f->blks.n ? a.o.n : f->blks.n;
	a.points = arena_alloc(tmp, f->ops.n * sizeof(*a.points));
	a.in = arena_alloc(tmp, a.o.n * sizeof(*a.in));
	a.before = arena_alloc(tmp, f->blks.n);
	a.after = arena_alloc(tmp, f->blks.n);
	a.stays = arena_alloc(tmp, f->blks.n * sizeof(*a.stays));
	a.here = arena_alloc(tmp, m * sizeof(*a.here));
	find_points(&a);
	find_touches(&a);
	find_back(&a);
	for (i = 0; i < a.o.n; i++)
		find_stays(&a, i);
	find_clashes(&a);
	pin_stored(&a);
	pin_marked(&a);
	clash_pinned(&a);
	return a.o;
}

/* ---- bytes ---- */

struct range { /* the bytes of an object, counted from the edge */
	uint32_t begin, end, object;
};

struct coloring {
	const struct overlap *o;
	struct func *f;
	bool scratch;
	uint64_t *placed;   /* one row */
	struct range *all;  /* of those placed, by where they begin */
	struct range *some; /* likewise, those that clash with the next one */
	uint32_t *start;    /* by object */
	uint32_t n;
	/* The first of them that clash with everything and leave no gap: how
	 * many, and where they end. */
	uint32_t solid, floor;
	uint32_t last, at; /* placed last, and where it is in all[] */
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

/* Those that clash with x, in order, if they are few of many; how many, or -1.
 */
static int
find_few(struct coloring *c, uint32_t x)
{
	const uint64_t *clashes = c->o->clash + (size_t)x * c->o->words;
	uint32_t w, n = 0;

	for (w = 0; w < c->o->words; w++) {
		uint64_t bits = clashes[w] & c->placed[w];

		for (; bits; bits &= bits - 1) {
			uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(bits);

			if (n == c->n / 16)
				return -1;
			c->some[n++] = (struct range){
				c->start[i], c->start[i] + bytes(c->f, i), i
			};
		}
	}
	if (n > 1)
		qsort(c->some, n, sizeof(*c->some), by_begin);
	return (int)n;
}

static void
add_range(struct coloring *c, struct range r)
{
	uint32_t lo = 0, hi = c->n++;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (c->all[mid].begin <= r.begin)
			lo = mid + 1;
		else
			hi = mid;
	}
	memmove(c->all + lo + 1, c->all + lo,
		(c->n - 1 - lo) * sizeof(*c->all));
	c->all[lo] = r;
	c->last = r.object;
	c->at = lo;
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

/* Is x as large as what was placed last, and clashes with that and with what
 * it clashes with? No gap before that one is large enough, then, and nothing
 * before it reaches behind it. */
static bool
is_like_last(const struct coloring *c, uint32_t x)
{
	const uint64_t *clashes = c->o->clash + (size_t)x * c->o->words;
	const uint64_t *others = c->o->clash + (size_t)c->last * c->o->words;
	uint32_t w;

	if (!c->n || bytes(c->f, c->last) != bytes(c->f, x) ||
	    !ir_bit(clashes, c->last))
		return false;
	for (w = 0; w < c->o->words; w++) {
		uint64_t differ = (others[w] ^ clashes[w]) & c->placed[w];

		if (w == c->last / 64)
			differ &= ~((uint64_t)1 << (c->last % 64));
		if (differ)
			return false;
	}
	return true;
}

/* The first gap of `size` bytes for x. */
static uint32_t
first_fit(struct coloring *c, uint32_t x, uint32_t size)
{
	const uint64_t *clashes = c->o->clash + (size_t)x * c->o->words;
	uint32_t start = c->floor ? next_page(c, x, c->floor) : 0, i;
	uint32_t first = c->solid;
	int n = -1;

	if (is_like_last(c, x)) {
		start = next_page(c, x, c->all[c->at].end);
		first = c->at + 1;
	} else {
		n = find_few(c, x);
	}
	for (i = 0; n > 0 && i < (uint32_t)n; i++) {
		if (c->some[i].begin >= start + size)
			return start;
		if (c->some[i].end > start)
			start = next_page(c, x, c->some[i].end);
	}
	for (i = first; n < 0 && i < c->n; i++) {
		if (c->all[i].begin >= start + size)
			return start;
		if (c->all[i].end > start && ir_bit(clashes, c->all[i].object))
			start = next_page(c, x, c->all[i].end);
	}
	return start;
}

static uint32_t
place_one(struct coloring *c, uint32_t x)
{
	struct obj *o = &c->f->objs.v[x];
	uint32_t size = bytes(c->f, x), start = first_fit(c, x, size);
	uint32_t end = start + size;

	c->start[x] = start;
	ir_bit_set(c->placed, x);
	add_range(c, (struct range){ start, end, x });
	if (start == c->floor && ir_bit(c->o->pinned, x)) {
		c->floor = end;
		c->solid++;
	}
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
	c.all = arena_alloc(&tmp, (o->n + 1) * sizeof(*c.all));
	c.some = arena_alloc(&tmp, (o->n + 1) * sizeof(*c.some));
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
