/* SPDX-License-Identifier: MIT */
/*
 * The register allocator: random functions mean the same before and after,
 * ir_verify agrees with every step, and code that fits does not spill.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "ir_random.h"

struct bench {
	struct arena a;
	struct sources sources;
	struct diag diag;
	struct prog p;
	struct sbuf text;
};

static void
bench_init(struct bench *t)
{
	memset(t, 0, sizeof(*t));
	t->diag.arena = &t->a;
	t->diag.sources = &t->sources;
	t->p.arena = &t->a;
	t->p.diag = &t->diag;
}

static void
bench_free(struct bench *t)
{
	sbuf_free(&t->text);
	arena_free(&t->a);
}

static void
check_verified(struct bench *t, const char *after)
{
	if (ir_verify(&t->p))
		return;
	diag_flush(&t->diag, &t->text);
	ir_print(&t->p, &t->text);
	cr_assert(false, "after %s:\n%s", after, t->text.s);
}

typedef bool pass_fn(struct prog *p);

static const struct {
	const char *name;
	pass_fn *run;
} passes[] = {
	{ "select", ir_select },
	{ "spill", ir_spill },
	{ "assign", ir_assign },
	{ "layout", ir_layout },
};

static void
allocate(struct bench *t)
{
	for (size_t i = 0; i < ARRAY_LEN(passes); i++) {
		if (getenv("IR_DUMP")) {
			ir_print(&t->p, &t->text);
			fprintf(stderr, "before %s\n%s\n", passes[i].name,
				t->text.s);
			t->text.n = 0;
		}
		cr_assert(passes[i].run(&t->p), "%s", passes[i].name);
		check_verified(t, passes[i].name);
	}
}

static const int64_t inputs[][4] = {
	{ 0, 0, 0, 0 },
	{ 1, 2, 3, 4 },
	{ -1, 0x7fffffffffffffff, 0x80000000, 17 },
	{ 0x123456789abcdef, -5, 99, 1 },
};

static void
same_meaning(struct shape sh)
{
	static struct trace want[ARRAY_LEN(inputs)], got;
	struct bench t;
	struct func *f;
	unsigned i, n;

	bench_init(&t);
	f = rnd_func(&t.p, sh);
	check_verified(&t, "building");
	for (i = 0; i < ARRAY_LEN(inputs); i++)
		eval_func(f, inputs[i], &want[i]);
	allocate(&t);
	for (i = 0; i < ARRAY_LEN(inputs); i++) {
		eval_func(f, inputs[i], &got);
		n = got.n < want[i].n ? got.n : want[i].n;
		cr_assert(memcmp(got.v, want[i].v, n * sizeof(*got.v)) == 0 &&
				  (want[i].cut || got.n == want[i].n),
			  "seed %u, input %u", sh.seed, i);
	}
	bench_free(&t);
}

static void
many(struct shape sh, unsigned n)
{
	for (uint32_t seed = 1; seed <= n; seed++) {
		sh.seed = seed * 2654435761u;
		same_meaning(sh);
	}
}

Test(alloc, straight_lines)
{
	many((struct shape){ .blocks = 1, .vars = 4, .ops = 20, .calls = 10 },
	     300);
}

Test(alloc, high_pressure_without_calls)
{
	many((struct shape){ .blocks = 1, .vars = 20, .ops = 60 }, 300);
}

Test(alloc, many_calls)
{
	many((struct shape){ .blocks = 3, .vars = 8, .ops = 20, .calls = 50 },
	     300);
}

Test(alloc, forward_jumps)
{
	many((struct shape){ .blocks = 12, .vars = 6, .ops = 8, .calls = 20 },
	     600);
}

Test(alloc, loops)
{
	many((struct shape){ .blocks = 10,
			     .vars = 6,
			     .ops = 6,
			     .calls = 20,
			     .loops = true },
	     600);
}

Test(alloc, loops_without_calls)
{
	many((struct shape){ .blocks = 8, .vars = 12, .ops = 6, .loops = true },
	     600);
}

Test(alloc, phis_in_memory)
{
	many((struct shape){ .blocks = 8,
			     .vars = 24,
			     .ops = 10,
			     .calls = 30,
			     .loops = true },
	     600);
}

Test(alloc, large)
{
	many((struct shape){ .blocks = 60,
			     .vars = 16,
			     .ops = 20,
			     .calls = 15,
			     .loops = true },
	     40);
}

/* `n` values are loaded, a call is made (or not), their sum is returned. */
static uint32_t
slots_for(unsigned n, bool call)
{
	struct bench t;
	struct func *f;
	struct ref v[16], ctx, sum;
	uint32_t slots;

	bench_init(&t);
	f = ir_func(&t.p, "sum", NULL, NULL, 0);
	struct lower l = { .prog = &t.p, .f = f, .cur = f->blks.v[0] };

	ctx = ir_ctx(&l);
	for (unsigned i = 0; i < n; i++)
		v[i] = ir_load(&l, ctx, 8 * i, 8);
	if (call)
		ir_call(&l, HELPER_ktime_get_ns, 0);
	sum = v[0];
	for (unsigned i = 1; i < n; i++)
		sum = ir_bin(&l, IR_ADD, sum, v[i]);
	ir_ret(&l, sum);
	allocate(&t);
	slots = f->nslots;
	bench_free(&t);
	return slots;
}

Test(alloc, spills_only_what_does_not_fit)
{
	cr_assert_eq(slots_for(8, false), 0);
	cr_assert_eq(slots_for(9, false), 0);
	cr_assert_eq(slots_for(4, true), 0);
	cr_assert_eq(slots_for(5, true), 1);
	cr_assert_eq(slots_for(9, true), 5);
}
