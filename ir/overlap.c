/* SPDX-License-Identifier: MIT */
/*
 * When objects are alive, hence which ones may share bytes. An object is alive
 * where it may have been touched before and may be touched again; two of them
 * clash when one is touched while the other is alive. All ops that are given
 * an address derived from an object touch it. Pinned objects, and those whose
 * address is stored somewhere, are alive everywhere.
 */
#include <string.h>

#include "overlap.h"

struct alive {
	struct func *f;
	struct arena *tmp;
	struct overlap o;
	uint64_t *points; /* by ref id, a row: objects it may point into */
	uint64_t *before; /* by rpo, a row: touched before the block's start */
	uint64_t *after;  /* by rpo, a row: touched after the block's end */
	uint64_t *inside; /* by rpo, a row */
	uint64_t *used;   /* one row: objects with an address at all */
};

static uint64_t *
row(const struct alive *a, uint64_t *rows, uint32_t i)
{
	return rows + (size_t)i * a->o.words;
}

/* into |= from; true when it grew. */
static bool
add_row(const struct alive *a, uint64_t *into, const uint64_t *from)
{
	bool grew = false;
	uint32_t i;

	for (i = 0; i < a->o.words; i++) {
		grew |= (from[i] & ~into[i]) != 0;
		into[i] |= from[i];
	}
	return grew;
}

/* ---- where addresses go ---- */

static bool
derive(struct alive *a, const struct blk *b, struct ref r)
{
	const struct op *op = ir_op(a->f, r);
	uint64_t *set = row(a, a->points, r.id);
	bool grew = false;
	uint32_t i;

	if (op->code == IR_OBJ && !ir_bit(set, op->index)) {
		ir_bit_set(set, op->index);
		ir_bit_set(a->used, op->index);
		grew = true;
	}
	if (!(ir_ops[op->code].flags & F_P) || op->code == IR_CMP)
		return grew;
	for (i = 0; i < ir_ref_args(op); i++)
		grew |= add_row(a, set, row(a, a->points, op->arg[i].id));
	for (i = 0; op->code == IR_PHI && i < b->preds.n; i++)
		grew |= add_row(a, set, row(a, a->points, op->phi[i].id));
	return grew;
}

static void
find_points(struct alive *a)
{
	bool changed = true;
	uint32_t i, k;

	while (changed) {
		changed = false;
		for (i = 0; i < a->f->blks.n; i++) {
			const struct blk *b = a->f->blks.v[i];

			for (k = 0; k < b->ops.n; k++)
				changed |= derive(a, b, b->ops.v[k]);
		}
	}
}

/* Objects that the op may access. */
static void
touches(const struct alive *a, const struct op *op, uint64_t *set)
{
	uint32_t i;

	memset(set, 0, a->o.words * sizeof(*set));
	if (ir_ops[op->code].flags & F_P)
		return;
	for (i = 0; i < ir_ref_args(op); i++)
		add_row(a, set, row(a, a->points, op->arg[i].id));
}

/* ---- what is alive ---- */

static void
find_inside(struct alive *a)
{
	uint64_t *set = arena_alloc(a->tmp, a->o.words * sizeof(*set));
	uint32_t i, k;

	for (i = 0; i < a->f->blks.n; i++) {
		const struct blk *b = a->f->blks.v[i];

		for (k = 0; k < b->ops.n; k++) {
			touches(a, ir_op(a->f, b->ops.v[k]), set);
			add_row(a, row(a, a->inside, i), set);
		}
		add_row(a, a->o.touched, row(a, a->inside, i));
	}
}

static bool
flow_blk(struct alive *a, const struct blk *b)
{
	uint64_t *before = row(a, a->before, b->rpo);
	uint64_t *after = row(a, a->after, b->rpo);
	bool grew = false;
	uint32_t i;

	for (i = 0; i < b->preds.n; i++) {
		uint32_t p = b->preds.v[i]->rpo;

		grew |= add_row(a, before, row(a, a->before, p));
		grew |= add_row(a, before, row(a, a->inside, p));
	}
	for (i = 0; i < 2 && b->succ[i]; i++) {
		uint32_t s = b->succ[i]->rpo;

		grew |= add_row(a, after, row(a, a->after, s));
		grew |= add_row(a, after, row(a, a->inside, s));
	}
	return grew;
}

static void
find_alive(struct alive *a)
{
	uint32_t i, n = a->f->blks.n;
	bool changed = true;

	while (changed) {
		changed = false;
		for (i = 0; i < n; i++)
			changed |= flow_blk(a, a->f->blks.v[i]);
		for (i = n; i-- > 0;)
			changed |= flow_blk(a, a->f->blks.v[i]);
	}
}

/* ---- clashes ---- */

/* The next object in `set` from x on; n: none. */
static uint32_t
next_in(const struct alive *a, const uint64_t *set, uint32_t x)
{
	uint32_t w = x / 64;
	uint64_t bits;

	if (w >= a->o.words)
		return a->o.n;
	bits = set[w] & (UINT64_MAX << (x % 64));
	while (!bits && ++w < a->o.words)
		bits = set[w];
	return bits ? w * 64 + (uint32_t)__builtin_ctzll(bits) : a->o.n;
}

static void
clash(const struct alive *a, uint32_t x, const uint64_t *with)
{
	uint32_t i;

	if (!add_row(a, row(a, a->o.clash, x), with))
		return; /* known, the other way round as well */
	for (i = next_in(a, with, 0); i < a->o.n; i = next_in(a, with, i + 1))
		ir_bit_set(row(a, a->o.clash, i), x);
}

/* Alive at op k: touched before or here, and here or later. */
static void
clash_blk(const struct alive *a, const struct blk *b, uint64_t *scratch)
{
	uint32_t words = a->o.words, n = b->ops.n, i, k, w;
	uint64_t *later = scratch, *here = later + words;
	uint64_t *live = here + words, *sofar = live + words;
	uint64_t *rest; /* a row per op: touched behind it */

	rest = arena_alloc(a->tmp, (size_t)(n + 1) * words * sizeof(*rest));
	memcpy(later, row(a, a->after, b->rpo), words * sizeof(*later));
	for (k = n; k-- > 0;) {
		memcpy(rest + (size_t)k * words, later, words * sizeof(*later));
		touches(a, ir_op(a->f, b->ops.v[k]), here);
		add_row(a, later, here);
	}
	memcpy(sofar, row(a, a->before, b->rpo), words * sizeof(*sofar));
	for (k = 0; k < n; k++) {
		touches(a, ir_op(a->f, b->ops.v[k]), here);
		for (w = 0; w < words; w++)
			live[w] = here[w] |
				  (sofar[w] & rest[(size_t)k * words + w]);
		for (i = next_in(a, here, 0); i < a->o.n;
		     i = next_in(a, here, i + 1))
			clash(a, i, live);
		add_row(a, sofar, here);
	}
}

static void
find_clashes(struct alive *a)
{
	uint64_t *scratch = arena_alloc(a->tmp, 4 * a->o.words * 8);
	uint32_t i;

	for (i = 0; i < a->f->blks.n; i++) {
		uint32_t w;

		for (w = 0; w < a->o.words; w++)
			if (row(a, a->inside, i)[w])
				break;
		if (w < a->o.words)
			clash_blk(a, a->f->blks.v[i], scratch);
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
	const uint64_t *set;
	uint32_t i, k, n;

	for (i = 0; i < a->f->blks.n; i++) {
		const struct blk *b = a->f->blks.v[i];

		for (k = 0; k < b->ops.n; k++) {
			const struct op *op = ir_op(a->f, b->ops.v[k]);

			if (op->code != IR_STORE || op->has_imm)
				continue;
			set = row(a, a->points, op->arg[1].id);
			for (n = next_in(a, set, 0); n < a->o.n;
			     n = next_in(a, set, n + 1))
				pin(a, n);
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

	a.o.n = f->objs.n;
	a.o.words = (f->objs.n + 63) / 64;
	a.o.clash = rows(&a, a.o.n);
	a.o.touched = rows(&a, 1);
	if (!a.o.n)
		return a.o;
	a.used = rows(&a, 1);
	a.points = rows(&a, f->ops.n);
	a.before = rows(&a, f->blks.n);
	a.after = rows(&a, f->blks.n);
	a.inside = rows(&a, f->blks.n);
	find_points(&a);
	find_inside(&a);
	find_alive(&a);
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
	uint32_t *start; /* by object: its first byte, counted from the edge */
	bool *placed;
};

static uint32_t
bytes(const struct func *f, uint32_t x)
{
	return (f->objs.v[x].size + 7) & ~7u;
}

/* The lowest placed object that x would hit at `start`; n: none. */
static uint32_t
hit_by(const struct coloring *c, uint32_t x, uint32_t start)
{
	const uint64_t *clashes = c->o->clash + (size_t)x * c->o->words;
	uint32_t i;

	for (i = 0; i < c->o->n; i++)
		if (c->placed[i] && ir_bit(clashes, i) &&
		    start < c->start[i] + bytes(c->f, i) &&
		    c->start[i] < start + bytes(c->f, x))
			return i;
	return c->o->n;
}

/* First fit. */
static uint32_t
place_one(struct coloring *c, uint32_t x)
{
	struct obj *o = &c->f->objs.v[x];
	uint32_t start = 0, hit, end;

	while ((hit = hit_by(c, x, start)) < c->o->n)
		start = c->start[hit] + bytes(c->f, hit);
	end = start + bytes(c->f, x);
	c->start[x] = start;
	c->placed[x] = true;
	o->where = c->scratch ? (int32_t)start : -(int32_t)end;
	return end;
}

/* The largest one that is to be placed, first of equals; n: none. */
static uint32_t
next_object(const struct coloring *c)
{
	const struct func *f = c->f;
	uint32_t i, best = c->o->n;

	for (i = 0; i < c->o->n; i++)
		if (!c->placed[i] && f->objs.v[i].scratch == c->scratch &&
		    ir_bit(c->o->touched, i) &&
		    (best == c->o->n || bytes(f, i) > bytes(f, best)))
			best = i;
	return best;
}

uint32_t
ir_overlap_place(const struct overlap *o, struct func *f, bool scratch)
{
	struct arena tmp = { 0 };
	struct coloring c = { .o = o, .f = f, .scratch = scratch };
	uint32_t x, end, size = 0;

	c.start = arena_alloc(&tmp, (o->n + 1) * sizeof(*c.start));
	c.placed = arena_alloc(&tmp, o->n + 1);
	while ((x = next_object(&c)) < o->n) {
		end = place_one(&c, x);
		size = end > size ? end : size;
	}
	arena_free(&tmp);
	return size;
}
