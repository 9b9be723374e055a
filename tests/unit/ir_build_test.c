/* SPDX-License-Identifier: MIT */
/*
 * The builder: what it writes for a few small programs, compared as text, and
 * that ir_verify accepts it.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../../ir/internal.h"

struct bench {
	struct arena a;
	struct sources sources;
	struct diag diag;
	struct prog p;
	struct lower l;
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
	t->l.prog = &t->p;
	t->l.f = ir_func(&t->p, "f", NULL, NULL, 0);
	t->l.cur = t->l.f->blks.v[0];
}

/* The program's text is `want` (the function's braces cut off). */
static void
expect(struct bench *t, const char *want)
{
	const char *body;

	if (!ir_verify(&t->p)) {
		diag_flush(&t->diag, &t->text);
		ir_print(&t->p, &t->text);
		cr_assert(false, "%s", t->text.s);
	}
	ir_print(&t->p, &t->text);
	body = strstr(t->text.s, "b0:\n");
	cr_assert(body);
	t->text.s[t->text.n - 2] = '\0';
	cr_expect_str_eq(body, want);
	sbuf_free(&t->text);
	arena_free(&t->a);
}

Test(ir_build, constants_fold)
{
	struct bench t;
	struct ref v;

	bench_init(&t);
	v = ir_const(&t.l, 40);
	v = ir_bin(&t.l, IR_ADD, v, ir_const(&t.l, 2));
	v = ir_bini(&t.l, IR_MUL, v, 1);
	v = ir_un(&t.l, IR_SEXT, v, 1);
	ir_ret(&t.l, v);
	expect(&t, "b0:\n"
		   "\t%1 = const 40\n"
		   "\t%2 = const 2\n"
		   "\t%3 = const 42\n"
		   "\tret %3\n");
}

Test(ir_build, context_is_made_once_and_first)
{
	struct bench t;
	struct ref a, b;

	bench_init(&t);
	a = ir_const(&t.l, 1);
	b = ir_ctx(&t.l);
	cr_expect_eq(b.id, ir_ctx(&t.l).id);
	a = ir_bin(&t.l, IR_ADD, a, ir_load(&t.l, b, 8, 4));
	ir_ret(&t.l, a);
	expect(&t, "b0:\n"
		   "\t%2 = ctx\n"
		   "\t%1 = const 1\n"
		   "\t%3 = load u32 [%2 + 8]\n"
		   "\t%4 = add %1, %3\n"
		   "\tret %4\n");
}

Test(ir_build, a_join_needs_a_phi)
{
	struct bench t;
	struct lower *l = &t.l;
	struct blk *yes, *no, *join;
	struct ref v;
	uint32_t x;

	bench_init(&t);
	yes = ir_blk(l);
	no = ir_blk(l);
	join = ir_blk(l);
	x = ir_slot(l);
	v = ir_load(l, ir_ctx(l), 0, 8);
	ir_br(l, CC_EQ, v, ir_const(l, 0), yes, no);
	ir_seal(l, yes);
	ir_seal(l, no);
	ir_at(l, yes);
	ir_slot_set(l, x, ir_const(l, 5));
	ir_jmp(l, join);
	ir_at(l, no);
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
	ir_ret(l, ir_slot_get(l, x));
	expect(&t, "b0:\n"
		   "\t%1 = ctx\n"
		   "\t%8 = const 0\n"
		   "\t%2 = load u64 [%1]\n"
		   "\t%3 = const 0\n"
		   "\tbr eq %2, %3 -> b1, b2\n"
		   "b1:\n"
		   "\t%5 = const 5\n"
		   "\tjmp -> b3\n"
		   "b2:\n"
		   "\tjmp -> b3\n"
		   "b3:\n"
		   "\t%9 = phi b1 %5, b2 %8\n"
		   "\tret %9\n");
}

/* while (i < 10) i++; y is read in the loop but not written. */
static struct ref
count_to_ten(struct lower *l, uint32_t i, uint32_t y, struct ref *kept)
{
	struct blk *head = ir_blk(l), *body = ir_blk(l), *out = ir_blk(l);
	struct ref v;

	ir_jmp(l, head);
	ir_at(l, head);
	v = ir_slot_get(l, i);
	ir_br(l, CC_ULT, v, ir_const(l, 10), body, out);
	ir_seal(l, body);
	ir_seal(l, out);
	ir_at(l, body);
	*kept = ir_slot_get(l, y);
	ir_slot_set(l, i, ir_bini(l, IR_ADD, ir_slot_get(l, i), 1));
	ir_jmp(l, head);
	ir_seal(l, head);
	ir_at(l, out);
	return ir_bin(l, IR_ADD, ir_slot_get(l, i), *kept);
}

Test(ir_build, a_loop_keeps_only_the_phi_that_merges)
{
	struct bench t;
	struct lower *l = &t.l;
	struct ref y, kept;
	uint32_t i, j;

	bench_init(&t);
	i = ir_slot(l);
	j = ir_slot(l);
	y = ir_load(l, ir_ctx(l), 0, 8);
	ir_slot_set(l, i, ir_const(l, 0));
	ir_slot_set(l, j, y);
	ir_ret(l, count_to_ten(l, i, j, &kept));
	/* A ref that was handed out for a phi which is none. */
	cr_expect_eq(ir_resolve(l->f, kept).id, y.id);
	expect(&t, "b0:\n"
		   "\t%1 = ctx\n"
		   "\t%2 = load u64 [%1]\n"
		   "\t%3 = const 0\n"
		   "\tjmp -> b1\n"
		   "b1:\n"
		   "\t%5 = phi b0 %3, b2 %10\n"
		   "\t%6 = const 10\n"
		   "\tbr ult %5, %6 -> b2, b3\n"
		   "b2:\n"
		   "\t%9 = const 1\n"
		   "\t%10 = add %5, %9\n"
		   "\tjmp -> b1\n"
		   "b3:\n"
		   "\t%12 = add %5, %2\n"
		   "\tret %12\n");
}

Test(ir_build, unreachable_code_is_not_written)
{
	struct bench t;
	struct lower *l = &t.l;
	struct blk *never;
	struct ref r;
	uint32_t x;

	bench_init(&t);
	x = ir_slot(l);
	never = ir_blk(l);
	ir_ret(l, ir_const(l, 0));
	r = ir_bin(l, IR_ADD, ir_ctx(l), ir_slot_get(l, x));
	cr_expect_eq(r.id, 0);
	ir_store(l, r, 0, r, 8);
	ir_slot_set(l, x, r);
	ir_mem_zero(l, ir_obj(l, 200, 8), 200);
	cr_expect_eq(ir_call(l, HELPER_send_signal, 1, r).id, 0);
	ir_br(l, CC_EQ, r, r, never, never);
	ir_seal(l, never);
	ir_at(l, never);
	ir_ret(l, ir_un(l, IR_NEG, r, 8));
	expect(&t, "b0:\n"
		   "\t%1 = const 0\n"
		   "\tret %1\n");
}

Test(ir_build, memory_is_filled_by_alignment)
{
	struct bench t;
	struct lower *l = &t.l;
	struct mem m;

	bench_init(&t);
	m = ir_obj(l, 24, 8);
	m.off = 1;
	ir_mem_zero(l, m, 12);
	ir_ret(l, ir_const(l, 0));
	expect(&t, "b0:\n"
		   "\t%1 = obj 0\n"
		   "\t%2 = const 0\n"
		   "\tstore u8 [%1 + 1], %2\n"
		   "\tstore u16 [%1 + 2], %2\n"
		   "\tstore u32 [%1 + 4], %2\n"
		   "\tstore u32 [%1 + 8], %2\n"
		   "\tstore u8 [%1 + 12], %2\n"
		   "\tret %2\n");
}

Test(ir_build, copies_use_what_both_sides_allow)
{
	struct bench t;
	struct lower *l = &t.l;
	struct mem to, from;

	bench_init(&t);
	to = ir_obj(l, 16, 8);
	from = ir_obj(l, 16, 8);
	from.off = 4;
	ir_mem_copy(l, to, from, 11);
	ir_ret(l, ir_addr(l, from));
	expect(&t, "b0:\n"
		   "\t%1 = obj 0\n"
		   "\t%2 = obj 1\n"
		   "\t%3 = load u32 [%2 + 4]\n"
		   "\tstore u32 [%1], %3\n"
		   "\t%5 = load u32 [%2 + 8]\n"
		   "\tstore u32 [%1 + 4], %5\n"
		   "\t%7 = load u16 [%2 + 12]\n"
		   "\tstore u16 [%1 + 8], %7\n"
		   "\t%9 = load u8 [%2 + 14]\n"
		   "\tstore u8 [%1 + 10], %9\n"
		   "\t%11 = const 4\n"
		   "\t%12 = add %2, %11\n"
		   "\tret %12\n");
}

Test(ir_build, a_variable_never_written_is_zero)
{
	struct bench t;
	struct lower *l = &t.l;

	bench_init(&t);
	ir_ret(l, ir_slot_get(l, ir_slot(l)));
	expect(&t, "b0:\n"
		   "\t%1 = const 0\n"
		   "\tret %1\n");
}

Test(ir_build, decided_branches_are_jumps)
{
	struct bench t;
	struct lower *l = &t.l;
	struct blk *yes, *no;
	struct ref v;

	bench_init(&t);
	yes = ir_blk(l);
	no = ir_blk(l);
	v = ir_const(l, -1);
	ir_br(l, CC_SLT, v, ir_const(l, 0), yes, no);
	ir_seal(l, yes);
	ir_seal(l, no);
	ir_at(l, no);
	ir_ret(l, ir_const(l, 1));
	ir_at(l, yes);
	ir_ret(l, ir_const(l, 2));
	expect(&t, "b0:\n"
		   "\t%1 = const -1\n"
		   "\t%2 = const 0\n"
		   "\tjmp -> b1\n"
		   "b1:\n"
		   "\t%4 = const 2\n"
		   "\tret %4\n");
}
