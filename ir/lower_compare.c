/* SPDX-License-Identifier: MIT */
/*
 * Equality of what lives in memory. A literal is compared with a few loads of
 * its own bytes; two strings word by word up to the NUL; tuples field by
 * field; arrays and buffers as bytes.
 */
#include "lower.h"

#include <string.h>

struct outcome {
	struct blk *yes, *no;
};

static void
go_on(struct lower *l, struct blk *next)
{
	ir_seal(l, next);
	ir_at(l, next);
}

/* ---- with a literal ---- */

static void
equal_bytes(struct lower *l, struct mem m, const char *text, uint32_t n,
	    struct outcome o)
{
	uint32_t done, w;

	for (done = 0; done < n; done += w) {
		int32_t off = m.off + (int32_t)done;
		struct blk *next = ir_blk(l);
		uint64_t v = 0;
		struct ref x;

		for (w = 8; off % (int32_t)w || w > n - done;)
			w /= 2;
		memcpy(&v, text + done, w);
		x = ir_load(l, m.base, off, w);
		ir_br(l, CC_EQ, x, ir_const(l, (int64_t)v), next, o.no);
		go_on(l, next);
	}
	ir_jmp(l, o.yes);
}

/* Up to and including the literal's NUL, within the smaller capacity. */
static void
equal_literal(struct lower *l, const struct node *x, const struct node *lit,
	      struct outcome o)
{
	uint32_t n = (uint32_t)strnlen(lit->str.text, lit->str.len) + 1;
	struct lval lv = lower_lval(l, x);
	char *text = arena_alloc(l->prog->arena, n);

	memcpy(text, lit->str.text, n - 1);
	if (n > lv.type->size)
		n = lv.type->size;
	if (n > lit->type->size)
		n = lit->type->size;
	if (lv.as != AS_BPF &&
	    !lower_loads_ctx(l, &lv)) { /* no more than is looked at */
		struct mem m = ir_obj(l, (n + 7) & ~7u, 8);

		lower_lval_into(l, lv, m, n);
		lv.m = m;
	}
	equal_bytes(l, lv.m, text, n, o);
}

/* ---- two strings ---- */

/* Word by word, and byte by byte where they are not aligned. */
static void
equal_strings(struct lower *l, struct mem a, struct mem b, uint32_t n,
	      struct outcome o)
{
	uint32_t words = (a.off | b.off) % 8 ? 0 : n & ~7u;
	struct walk w = lower_walk_begin(l, true);

	lower_walk(l, &w, (struct pair){ a, b, 0, words, 8 });
	lower_walk(l, &w, (struct pair){ a, b, words, n, 1 });
	ir_jmp(l, o.yes);
	go_on(l, w.found);
	if (n)
		ir_br(l, CC_NE, lower_walk_differs(l, &w), ir_const(l, 0), o.no,
		      o.yes);
}

/* ---- other memory ---- */

static void
equal_memory(struct lower *l, struct mem a, struct mem b, uint32_t n,
	     struct outcome o)
{
	uint32_t done, w;

	for (done = 0; done < n; done += w) {
		int32_t pa = a.off + (int32_t)done, pb = b.off + (int32_t)done;
		struct blk *next = ir_blk(l);
		struct ref x;

		for (w = 8; (pa | pb) % (int32_t)w || w > n - done;)
			w /= 2;
		x = ir_load(l, a.base, pa, w);
		ir_br(l, CC_EQ, x, ir_load(l, b.base, pb, w), next, o.no);
		go_on(l, next);
	}
	ir_jmp(l, o.yes);
}

/* Buffers: u32 length, then the bytes; up to the shorter length. */
static void
equal_buffers(struct lower *l, struct mem a, struct mem b, uint32_t cap,
	      struct outcome o)
{
	struct ref la = ir_load(l, a.base, a.off, 4);
	struct ref lb = ir_load(l, b.base, b.off, 4);
	uint32_t i;

	for (i = 0; i < cap; i++) {
		struct blk *ina = ir_blk(l), *inb = ir_blk(l), *next;
		int32_t off = 4 + (int32_t)i;
		struct ref x;

		ir_br(l, CC_UGT, la, ir_const(l, i), ina, o.yes);
		go_on(l, ina);
		ir_br(l, CC_UGT, lb, ir_const(l, i), inb, o.yes);
		go_on(l, inb);
		next = ir_blk(l);
		x = ir_load(l, a.base, a.off + off, 1);
		ir_br(l, CC_EQ, x, ir_load(l, b.base, b.off + off, 1), next,
		      o.no);
		go_on(l, next);
	}
	ir_jmp(l, o.yes);
}

static void
equal_scalars(struct lower *l, struct ref x, const struct type *tb,
	      struct mem b, struct outcome o)
{
	ir_br(l, CC_EQ, x, lower_load_scalar(l, b, tb), o.yes, o.no);
}

static void equal_values(struct lower *l, const struct type *ta, struct mem a,
			 const struct type *tb, struct mem b, struct outcome o);

static void
equal_fields(struct lower *l, const struct type *ta, struct mem a,
	     const struct type *tb, struct mem b, struct outcome o)
{
	uint32_t i;

	for (i = 0; i < ta->nfields; i++) {
		const struct field *f = &ta->fields[i];
		const struct field *g = ta->kind == TY_RECORD && f->name
						? type_field(tb, f->name)
					: i < tb->nfields ? &tb->fields[i]
							  : NULL;
		struct blk *next = ir_blk(l);

		if (!g)
			continue;
		equal_values(l, f->type,
			     (struct mem){ a.base, a.off + (int32_t)f->offset },
			     g->type,
			     (struct mem){ b.base, b.off + (int32_t)g->offset },
			     (struct outcome){ next, o.no });
		go_on(l, next);
	}
	ir_jmp(l, o.yes);
}

static void
equal_values(struct lower *l, const struct type *ta, struct mem a,
	     const struct type *tb, struct mem b, struct outcome o)
{
	uint32_t n = ta->size < tb->size ? ta->size : tb->size;

	if (type_is_scalar(ta) && type_is_scalar(tb))
		equal_scalars(l, lower_load_scalar(l, a, ta), tb, b, o);
	else if (ta->kind == TY_STRING)
		equal_strings(l, a, b, n, o);
	else if (ta->kind == TY_TUPLE || ta->kind == TY_RECORD)
		equal_fields(l, ta, a, tb, b, o);
	else if (ta->kind == TY_BUFFER)
		equal_buffers(l, a, b, n - 4, o);
	else
		equal_memory(l, a, b, n, o);
}

void
lower_equal(struct lower *l, const struct node *a, const struct node *b,
	    struct blk *yes, struct blk *no)
{
	struct outcome o = { yes, no };
	struct mem ma, mb;

	if (b->kind == N_STR && a->type->kind == TY_STRING) {
		equal_literal(l, a, b, o);
	} else if (a->kind == N_STR && b->type->kind == TY_STRING) {
		equal_literal(l, b, a, o);
	} else {
		ma = ir_expr_mem(l, a);
		mb = ir_expr_mem(l, b);
		equal_values(l, a->type, ma, b->type, mb, o);
	}
}

static struct ref
outcome_value(struct lower *l, struct outcome o)
{
	struct blk *join = ir_blk(l);
	uint32_t slot = ir_slot(l);

	go_on(l, o.yes);
	ir_slot_set(l, slot, ir_const(l, 1));
	ir_jmp(l, join);
	go_on(l, o.no);
	ir_slot_set(l, slot, ir_const(l, 0));
	ir_jmp(l, join);
	go_on(l, join);
	return ir_slot_get(l, slot);
}

struct ref
ir_str_equal_text(struct lower *l, struct mem a, uint32_t a_size,
		  const char *text, uint32_t n)
{
	struct outcome o = { ir_blk(l), ir_blk(l) };

	equal_bytes(l, a, text, n < a_size ? n : a_size, o);
	return outcome_value(l, o);
}

struct ref
ir_str_equal(struct lower *l, struct mem a, uint32_t a_size, struct mem b,
	     uint32_t b_size, uint32_t n)
{
	struct outcome o = { ir_blk(l), ir_blk(l) };

	if (n > a_size)
		n = a_size;
	if (n > b_size)
		n = b_size;
	equal_strings(l, a, b, n, o);
	return outcome_value(l, o);
}
