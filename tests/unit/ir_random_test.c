/* SPDX-License-Identifier: MIT */
/*
 * Random structured functions mean the same after each pass. They are written
 * through the builder (nested ifs, bounded loops, objects, map cells, helper
 * calls) and run by an evaluator of its own, whose memory knows objects before
 * and after placement. What is compared: the result, what helpers with effects
 * were given (bytes behind pointers, too), and the map's cells.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ir/internal.h"

enum { SLOTS = 6, MAX_OBJS = 40, CELLS = 4, CELL_SIZE = 64 };

/* ---- random functions ---- */

struct made { /* an object in scope; all of it is written */
	struct mem m;
	uint32_t size;
};

struct gen {
	struct lower l;
	uint32_t seed;
	uint32_t slots[SLOTS];
	struct made objs[MAX_OBJS];
	unsigned nobjs, depth, budget;
};

static uint32_t
rnd(struct gen *g, uint32_t n)
{
	g->seed = g->seed * 1664525 + 1013904223;
	return (g->seed >> 8) % n;
}

static int64_t
rnd_const(struct gen *g)
{
	static const int64_t odd[] = { 0,  1,   -1,         0x7fffffff,
				       8,  255, 0x80000000, 0xffffffff,
				       64, 2,   INT64_MIN,  0x123456789abcdef };

	return rnd(g, 2) ? (int64_t)rnd(g, 20) : odd[rnd(g, 12)];
}

static struct ref
get(struct gen *g)
{
	if (!rnd(g, 4))
		return ir_const(&g->l, rnd_const(g));
	return ir_slot_get(&g->l, g->slots[rnd(g, SLOTS)]);
}

static void
set(struct gen *g, struct ref v)
{
	ir_slot_set(&g->l, g->slots[rnd(g, SLOTS)], v);
}

static struct ref
gen_expr(struct gen *g, unsigned depth)
{
	static const enum ir_helper pure[] = {
		HELPER_get_current_pid_tgid,
		HELPER_get_current_uid_gid,
		HELPER_get_smp_processor_id,
	};
	struct lower *l = &g->l;
	struct ref a, b;

	if (!depth)
		return get(g);
	a = gen_expr(g, depth - 1);
	switch (rnd(g, 6)) {
	case 0:
		return ir_un(l, IR_NEG + rnd(g, 3), a, 1u << rnd(g, 4));
	case 1:
		return ir_un(l, IR_BSWAP, a, 2u << rnd(g, 3));
	case 2:
		b = gen_expr(g, depth - 1);
		return ir_cmp(l, rnd(g, 11), a, b);
	case 3:
		return rnd(g, 2) ? ir_call(l, pure[rnd(g, 3)], 0)
				 : ir_load(l, ir_ctx(l), 8 * rnd(g, 4), 4);
	default:
		b = gen_expr(g, depth - 1);
		return ir_bin(l, IR_ADD + rnd(g, 11), a, b);
	}
}

static void
gen_obj(struct gen *g)
{
	static const uint32_t sizes[] = { 8, 16, 12, 24, 40, 7, 64, 100, 160 };
	uint32_t size = sizes[rnd(g, ARRAY_LEN(sizes))], n = g->nobjs;
	struct made *o = &g->objs[n];

	if (n == MAX_OBJS)
		return;
	o->size = size;
	o->m = ir_obj(&g->l, size, 8);
	if (n && g->objs[n - 1].size >= size && rnd(g, 2))
		ir_mem_copy(&g->l, o->m, g->objs[n - 1].m, size);
	else
		ir_mem_zero(&g->l, o->m, size);
	g->nobjs++;
}

static void
gen_access(struct gen *g)
{
	const struct made *o = &g->objs[rnd(g, g->nobjs)];
	unsigned w = 1u << rnd(g, 4);
	int32_t off;

	while (w > o->size)
		w /= 2;
	off = (int32_t)(rnd(g, o->size / w) * w);
	if (rnd(g, 2))
		ir_store(&g->l, o->m.base, off, get(g), w);
	else
		set(g, ir_load(&g->l, o->m.base, off, w));
}

static const struct made *
rnd_obj(struct gen *g, uint32_t size)
{
	unsigned n;

	for (n = 0; n < 8; n++) {
		const struct made *o = &g->objs[rnd(g, g->nobjs)];

		if (o->size >= size)
			return o;
	}
	return NULL;
}

/* Seen from outside: 8 bytes of each. */
static void
gen_update(struct gen *g)
{
	const struct made *k = rnd_obj(g, 8), *v = rnd_obj(g, 16);
	struct lower *l = &g->l;
	struct ref map, key, value;

	if (!k || !v)
		return;
	map = ir_map(l, 0);
	key = ir_addr(l, k->m);
	value = ir_bini(l, IR_ADD, v->m.base, 8);
	set(g, ir_call(l, HELPER_map_update_elem, 4, map, key, value, get(g)));
}

static void
gen_cell(struct gen *g)
{
	const struct made *k = rnd_obj(g, 8);
	struct lower *l = &g->l;
	struct blk *hit, *out;
	struct ref map, at;

	if (!k)
		return;
	hit = ir_blk(l);
	out = ir_blk(l);
	map = ir_map(l, 0);
	at = ir_call(l, HELPER_map_lookup_elem, 2, map, ir_addr(l, k->m));
	ir_br(l, CC_NE, at, ir_const(l, 0), hit, out);
	ir_seal(l, hit);
	ir_at(l, hit);
	if (rnd(g, 2))
		ir_add_at(l, (struct mem){ at, 0 }, 8, get(g));
	else
		set(g, ir_load(l, at, 16, 8));
	ir_jmp(l, out);
	ir_seal(l, out);
	ir_at(l, out);
}

static void
gen_read(struct gen *g)
{
	const struct made *o = &g->objs[rnd(g, g->nobjs)];
	struct ref size = ir_const(&g->l, 1 + rnd(g, o->size)), r, from;

	from = ir_const(&g->l, 0x5000 + rnd(g, 64));
	r = ir_probe_read(&g->l, AS_KERNEL, o->m, size, from, false);
	if (rnd(g, 2))
		set(g, r);
}

static void gen_stmts(struct gen *g);

static void
gen_inner(struct gen *g)
{
	unsigned nobjs = g->nobjs;

	g->depth++;
	gen_stmts(g);
	g->depth--;
	g->nobjs = nobjs;
}

static void
gen_if(struct gen *g)
{
	struct lower *l = &g->l;
	struct blk *yes = ir_blk(l), *no = ir_blk(l), *out = ir_blk(l);
	struct ref a = gen_expr(g, rnd(g, 2)), b = get(g);

	if (rnd(g, 3)) {
		a = ir_cmp(l, rnd(g, 11), a, b);
		b = ir_const(l, rnd(g, 2));
		ir_br(l, rnd(g, 2), a, b, yes, no);
	} else {
		ir_br(l, rnd(g, 11), a, b, yes, no);
	}
	ir_seal(l, yes);
	ir_seal(l, no);
	ir_at(l, yes);
	gen_inner(g);
	ir_jmp(l, out);
	ir_at(l, no);
	if (rnd(g, 2))
		gen_inner(g);
	ir_jmp(l, out);
	ir_seal(l, out);
	ir_at(l, out);
}

static void
gen_while(struct gen *g)
{
	struct lower *l = &g->l;
	struct blk *head = ir_blk(l), *body = ir_blk(l), *out = ir_blk(l);
	uint32_t i = ir_slot(l);
	struct ref v;

	ir_slot_set(l, i, ir_const(l, 0));
	ir_jmp(l, head);
	ir_at(l, head);
	v = ir_slot_get(l, i);
	ir_br(l, CC_ULT, v, ir_const(l, 1 + rnd(g, 4)), body, out);
	ir_seal(l, body);
	ir_at(l, body);
	gen_inner(g);
	if (!rnd(g, 3)) { /* break */
		struct blk *on = ir_blk(l);

		v = get(g);
		ir_br(l, CC_EQ, v, get(g), out, on);
		ir_seal(l, on);
		ir_at(l, on);
	}
	v = ir_slot_get(l, i);
	ir_slot_set(l, i, ir_bini(l, IR_ADD, v, 1));
	ir_jmp(l, head);
	ir_seal(l, head);
	ir_seal(l, out);
	ir_at(l, out);
}

static void
gen_stmt(struct gen *g)
{
	unsigned what = rnd(g, 16);

	if (!g->nobjs)
		gen_obj(g);
	if (what == 0 && g->depth < 4)
		gen_while(g);
	else if (what < 3 && g->depth < 5)
		gen_if(g);
	else if (what < 5)
		gen_obj(g);
	else if (what < 8 && g->nobjs)
		gen_access(g);
	else if (what < 9 && g->nobjs)
		gen_update(g);
	else if (what < 10 && g->nobjs)
		gen_cell(g);
	else if (what < 11 && g->nobjs)
		gen_read(g);
	else if (what < 12 && g->depth && !rnd(g, 4))
		ir_ret(&g->l, get(g));
	else
		set(g, gen_expr(g, 1 + rnd(g, 3)));
}

static void
gen_stmts(struct gen *g)
{
	unsigned n = 1 + rnd(g, 6);

	while (n-- > 0 && g->budget) {
		g->budget--;
		gen_stmt(g);
	}
}

static void
gen_func(struct prog *p, uint32_t seed, unsigned budget)
{
	struct gen g = { .seed = seed, .budget = budget };
	struct ref v;
	unsigned i;

	g.l.prog = p;
	g.l.f = ir_func(p, "random", NULL, NULL, 0);
	g.l.cur = g.l.f->blks.v[0];
	for (i = 0; i < SLOTS; i++) {
		g.slots[i] = ir_slot(&g.l);
		if (i < 4)
			ir_slot_set(&g.l, g.slots[i],
				    ir_load(&g.l, ir_ctx(&g.l), 8 * (int)i, 8));
	}
	while (g.budget)
		gen_stmts(&g);
	v = ir_const(&g.l, 17);
	for (i = 0; i < SLOTS; i++) {
		v = ir_bini(&g.l, IR_MUL, v, 31);
		v = ir_bin(&g.l, IR_XOR, v, ir_slot_get(&g.l, g.slots[i]));
	}
	ir_ret(&g.l, v);
}

/* ---- the evaluator ---- */

enum {
	AT_CTX = 0x10000,
	AT_STACK = 0x20000,   /* r10 */
	AT_OBJS = 0x100000,   /* not yet placed: 0x1000 each */
	AT_CELLS = 0x30000,   /* of map 0 */
	AT_ZERO = 0x40000,    /* the map of zeros */
	AT_SCRATCH = 0x50000, /* two entries of 0x4000 */
};

struct trace {
	uint64_t v[20000];
	unsigned n;
};

struct machine {
	const struct prog *p;
	const struct func *f;
	struct trace *t;
	uint64_t *val;
	uint8_t ctx[64], stack[512], zero[1024], scratch[0x8000];
	uint8_t cells[CELLS * CELL_SIZE];
	uint8_t objs[128][256];
	bool placed;
};

static void
note(struct machine *m, uint64_t v)
{
	cr_assert(m->t->n < ARRAY_LEN(m->t->v));
	m->t->v[m->t->n++] = v;
}

static uint8_t *
within(uint8_t *bytes, uint64_t base, uint64_t size, uint64_t a, uint64_t n)
{
	return a >= base && a + n <= base + size ? bytes + (a - base) : NULL;
}

static uint8_t *
memory(struct machine *m, uint64_t a, uint64_t n)
{
	uint8_t *b = within(m->ctx, AT_CTX, sizeof(m->ctx), a, n);
	uint64_t o = (a - AT_OBJS) / 0x1000;

	b = b ? b : within(m->stack, AT_STACK - 512, 512, a, n);
	b = b ? b : within(m->zero, AT_ZERO, sizeof(m->zero), a, n);
	b = b ? b : within(m->cells, AT_CELLS, sizeof(m->cells), a, n);
	b = b ? b : within(m->scratch, AT_SCRATCH, 0x8000, a, n);
	if (!b && a >= AT_OBJS && o < m->f->objs.n)
		b = within(m->objs[o], AT_OBJS + o * 0x1000,
			   m->f->objs.v[o].size, a, n);
	cr_assert(b, "address %llx, %llu bytes", (unsigned long long)a,
		  (unsigned long long)n);
	return b;
}

static uint64_t
peek(struct machine *m, uint64_t a, unsigned n)
{
	uint64_t v = 0;

	memcpy(&v, memory(m, a, n), n);
	return v;
}

static uint64_t
look_up(struct machine *m, uint64_t map, uint64_t key)
{
	if (m->p->maps.v[map].use == MAP_SCRATCH)
		return AT_SCRATCH + peek(m, key, 4) * 0x4000;
	key = peek(m, key, 8);
	return key % 3 ? AT_CELLS + key % CELLS * CELL_SIZE : 0;
}

static uint64_t
probe_read(struct machine *m, uint64_t to, uint64_t n, uint64_t from)
{
	uint8_t *out = memory(m, to, n), *in;
	uint64_t i;

	in = from < AT_CTX ? NULL : memory(m, from, n);
	for (i = 0; i < n; i++)
		out[i] = in ? in[i] : (uint8_t)(from + 3 * i);
	return from & 1;
}

static uint64_t
call(struct machine *m, const struct op *op, const uint64_t *a)
{
	switch (op->index) {
	case HELPER_map_lookup_elem:
		return look_up(m, a[0], a[1]);
	case HELPER_map_update_elem:
		note(m, peek(m, a[1], 8));
		note(m, peek(m, a[2], 8));
		note(m, a[3]);
		return m->t->n % 3;
	case HELPER_probe_read:
	case HELPER_probe_read_kernel:
		return probe_read(m, a[0], a[1], a[2]);
	default:
		return op->index * 0x10001;
	}
}

/* Written apart from eval.c, on purpose. */
static uint64_t
arith(const struct op *op, uint64_t a, uint64_t b)
{
	unsigned i, w = op->width;
	uint64_t v = 0;

	switch (op->code) {
	case IR_ADD:
		return a + b;
	case IR_SUB:
		return a - b;
	case IR_MUL:
		return a * b;
	case IR_DIV:
		return b == 0 ? 0 : a / b;
	case IR_MOD:
		return b == 0 ? a : a % b;
	case IR_AND:
		return a & b;
	case IR_OR:
		return a | b;
	case IR_XOR:
		return a ^ b;
	case IR_SHL:
		return a << (b % 64);
	case IR_SHR:
		return a >> (b % 64);
	case IR_SAR:
		for (v = a, i = 0; i < b % 64; i++)
			v = (v >> 1) | (v & (uint64_t)1 << 63);
		return v;
	case IR_NEG:
		return ~a + 1;
	case IR_COPY:
		return a;
	case IR_ZEXT:
	case IR_SEXT:
		memcpy(&v, &a, w);
		if (op->code == IR_SEXT && w < 8 && v >> (8 * w - 1) & 1)
			memset((uint8_t *)&v + w, 0xff, 8 - w);
		return v;
	case IR_BSWAP:
		for (i = 0; i < w; i++)
			v = v << 8 | (a >> 8 * i & 0xff);
		return v;
	default:
		cr_assert(false, "op %s", ir_ops[op->code].text);
		return 0;
	}
}

static bool
holds(const struct op *op, uint64_t a, uint64_t b)
{
	int64_t sa = (int64_t)a, sb = (int64_t)b;

	switch ((enum ir_cond)op->cond) {
	case CC_EQ:
		return a == b;
	case CC_NE:
		return a != b;
	case CC_ULT:
		return a < b;
	case CC_ULE:
		return a <= b;
	case CC_UGT:
		return a > b;
	case CC_UGE:
		return a >= b;
	case CC_SLT:
		return sa < sb;
	case CC_SLE:
		return sa <= sb;
	case CC_SGT:
		return sa > sb;
	case CC_SGE:
		return sa >= sb;
	case CC_SET:
		return a & b;
	}
	return false;
}

static uint64_t
eval_op(struct machine *m, const struct op *op, const uint64_t *a)
{
	const struct obj *o;
	uint64_t v;

	switch (op->code) {
	case IR_CONST:
		return (uint64_t)op->imm;
	case IR_MAP:
		return op->index;
	case IR_MAPVAL:
		return AT_ZERO + (uint64_t)op->imm;
	case IR_CTX:
		return AT_CTX;
	case IR_OBJ:
		o = &m->f->objs.v[op->index];
		return m->placed ? AT_STACK + (uint64_t)(int64_t)o->where
				 : AT_OBJS + op->index * 0x1000;
	case IR_CMP:
		return holds(op, a[0], a[1]);
	case IR_LOAD:
		return peek(m, a[0] + (uint64_t)op->off, op->width);
	case IR_STORE:
		memcpy(memory(m, a[0] + (uint64_t)op->off, op->width), &a[1],
		       op->width);
		return 0;
	case IR_XADD:
		v = peek(m, a[0] + (uint64_t)op->off, op->width) + a[1];
		memcpy(memory(m, a[0] + (uint64_t)op->off, op->width), &v,
		       op->width);
		return 0;
	case IR_CALL:
		return call(m, op, a);
	default:
		return arith(op, a[0], a[1]);
	}
}

static void
eval_phis(struct machine *m, const struct blk *b, const struct blk *from)
{
	uint64_t now[64];
	uint32_t k = 0, i;

	while (b->preds.v[k] != from)
		k++;
	for (i = 0; i < b->ops.n; i++) {
		const struct op *op = ir_op(m->f, b->ops.v[i]);

		if (op->code != IR_PHI)
			break;
		now[i] = m->val[op->phi[k].id];
	}
	while (i-- > 0)
		m->val[b->ops.v[i].id] = now[i];
}

static const struct blk *
eval_blk(struct machine *m, const struct blk *b)
{
	uint32_t i, k;

	for (i = 0; i < b->ops.n; i++) {
		const struct op *op = ir_op(m->f, b->ops.v[i]);
		uint64_t a[5] = { 0 };

		for (k = 0; k < op->nargs; k++)
			a[k] = m->val[op->arg[k].id];
		if (op->code == IR_RET)
			note(m, a[0]);
		if (op->code == IR_BR)
			return b->succ[!holds(op, a[0], a[1])];
		if (ir_ops[op->code].flags & F_T)
			return b->succ[0];
		if (op->code != IR_PHI)
			m->val[b->ops.v[i].id] = eval_op(m, op, a);
	}
	return NULL;
}

static const uint64_t inputs[][4] = {
	{ 0, 0, 0, 0 },
	{ 1, 2, 3, 4 },
	{ UINT64_MAX, INT64_MAX, 0x80000000, 17 },
	{ 0x123456789abcdef, (uint64_t)-5, 99, 1 },
};

/* Stack and scratch are dirty: nothing may rely on zeros in them. */
static void
eval(const struct prog *p, bool placed, const uint64_t *in, struct trace *t)
{
	struct machine *m = calloc(1, sizeof(*m));
	const struct blk *from = NULL, *next;
	const struct blk *b = p->funcs.v[0]->blks.v[0];
	unsigned i;

	m->p = p;
	m->f = p->funcs.v[0];
	m->t = t;
	m->placed = placed;
	m->val = calloc(m->f->ops.n, sizeof(*m->val));
	cr_assert(m->f->objs.n <= ARRAY_LEN(m->objs));
	memcpy(m->ctx, in, 32);
	memset(m->stack, 0xa5, sizeof(m->stack));
	memset(m->scratch, 0x5a, sizeof(m->scratch));
	t->n = 0;
	while (b) {
		if (from)
			eval_phis(m, b, from);
		next = eval_blk(m, b);
		from = b;
		b = next;
	}
	for (i = 0; i < sizeof(m->cells); i += 8)
		note(m, *(uint64_t *)(m->cells + i));
	free(m->val);
	free(m);
}

/* ---- the test ---- */

struct bench {
	struct arena a;
	struct sources sources;
	struct diag diag;
	struct prog p;
	struct sbuf text;
};

static void
start(struct bench *t)
{
	memset(t, 0, sizeof(*t));
	t->diag.arena = &t->a;
	t->diag.sources = &t->sources;
	t->p.arena = &t->a;
	t->p.diag = &t->diag;
}

static void
fail(struct bench *t, uint32_t seed, const char *after, const char *what)
{
	t->text.n = 0;
	diag_flush(&t->diag, &t->text);
	ir_print(&t->p, &t->text);
	cr_assert(false, "seed %u, after %s: %s\n%s", seed, after, what,
		  t->text.s);
}

/* Print, read, print: the same text; the read program replaces the other. */
static void
round_trip(struct bench *t, uint32_t seed, const char *after)
{
	struct source *s;
	struct sbuf first = { 0 };
	struct prog old = t->p;

	ir_print(&t->p, &first);
	s = source_add(&t->a, &t->sources, "random.ir", first.s, first.n);
	t->p = (struct prog){ .arena = &t->a, .diag = &t->diag };
	if (!ir_read(&t->p, s, &t->diag)) {
		t->p = old;
		fail(t, seed, after, "is not read back");
	}
	t->text.n = 0;
	ir_print(&t->p, &t->text);
	if (strcmp(first.s, t->text.s))
		fail(t, seed, after, "is printed otherwise");
	sbuf_free(&first);
}

typedef bool pass_fn(struct prog *p);
static const struct {
	const char *name;
	pass_fn *run;
	bool meaning; /* the evaluator can run what it leaves */
} passes[] = {
	{ "fold", ir_fold, true },      { "gvn", ir_gvn, true },
	{ "dce", ir_dce, true },        { "fold", ir_fold, true },
	{ "gvn", ir_gvn, true },        { "dce", ir_dce, true },
	{ "place", ir_place, true },    { "select", ir_select, false },
	{ "spill", ir_spill, false },   { "assign", ir_assign, false },
	{ "layout", ir_layout, false },
};

static struct trace want[ARRAY_LEN(inputs)], got;

static void
compare(struct bench *t, uint32_t seed, const char *after)
{
	unsigned i;

	for (i = 0; i < ARRAY_LEN(inputs); i++) {
		eval(&t->p, !strcmp(after, "place"), inputs[i], &got);
		if (got.n != want[i].n ||
		    memcmp(got.v, want[i].v, got.n * sizeof(*got.v)))
			fail(t, seed, after, "means something else");
	}
}

static void
one(uint32_t seed, unsigned budget)
{
	struct bench t;
	unsigned i;

	start(&t);
	*vec_push(&t.a, &t.p.maps) =
		(struct map_spec){ .name = "x", .type = 1, .key_size = 8 };
	*vec_push(&t.a, &t.p.maps) = (struct map_spec){ .use = MAP_GLOBAL,
							.name = "zero",
							.type = 2 };
	gen_func(&t.p, seed, budget);
	if (!ir_verify(&t.p))
		fail(&t, seed, "building", "is not valid");
	for (i = 0; i < ARRAY_LEN(inputs); i++)
		eval(&t.p, false, inputs[i], &want[i]);
	round_trip(&t, seed, "building");
	for (i = 0; i < ARRAY_LEN(passes); i++) {
		if (!passes[i].run(&t.p))
			break; /* too much stack: said in time */
		if (!ir_verify(&t.p))
			fail(&t, seed, passes[i].name, "is not valid");
		if (passes[i].meaning)
			compare(&t, seed, passes[i].name);
		round_trip(&t, seed, passes[i].name);
	}
	sbuf_free(&t.text);
	arena_free(&t.a);
}

static void
many(unsigned n, unsigned budget)
{
	const char *only = getenv("IR_SEED");
	uint32_t i;

	if (only) {
		one((uint32_t)strtoul(only, NULL, 10), budget);
		return;
	}
	for (i = 1; i <= n; i++)
		one(i * 2654435761u, budget);
}

Test(ir_random, small)
{
	many(1000, 8);
}

Test(ir_random, middle)
{
	many(600, 40);
}

Test(ir_random, large)
{
	many(60, 150);
}
