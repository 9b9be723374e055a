/* SPDX-License-Identifier: MIT */
/*
 * Passes and the verifier on small programs written as text: what must be
 * refused is, before and after allocation, and what passes promise holds.
 * (What they make of programs is in tests/ir/, beside their input.)
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../../ir/alloc.h"

struct bench {
	struct arena a;
	struct sources sources;
	struct diag diag;
	struct prog p;
	struct sbuf text;
};

static void
bench_read(struct bench *t, const char *text)
{
	struct source *s;

	memset(t, 0, sizeof(*t));
	t->diag.arena = &t->a;
	t->diag.sources = &t->sources;
	t->p.arena = &t->a;
	t->p.diag = &t->diag;
	s = source_add(&t->a, &t->sources, "t.ir", text, strlen(text));
	if (ir_read(&t->p, s, &t->diag))
		return;
	diag_flush(&t->diag, &t->text);
	cr_assert(false, "%s", t->text.s);
}

static void
bench_free(struct bench *t)
{
	sbuf_free(&t->text);
	arena_free(&t->a);
}

/* ir_verify says `why`; NULL: it is content. */
static void
verdict(const char *text, const char *why)
{
	struct bench t;
	bool ok;

	bench_read(&t, text);
	ok = ir_verify(&t.p);
	diag_flush(&t.diag, &t.text);
	sbuf_puts(&t.text, "");
	cr_expect_eq(ok, !why, "%s%s", text, t.text.s);
	if (why)
		cr_expect(strstr(t.text.s, why), "%s: %s", why, t.text.s);
	bench_free(&t);
}

#define FUNC(body) "func 0 \"f\" {\nobj 0 size 16 align 8\nb0:\n" body "}\n"

/* ---- the verifier before allocation ---- */

Test(ir_verify, graph)
{
	verdict(FUNC("ret 0\n"), NULL);
	verdict(FUNC("%1 = ctx\n"), "does not end here");
	verdict(FUNC("ret 0\nret 0\n"), "ends before its last op");
	verdict(FUNC("jmp -> b0\n"), "entry is jumped to");
	verdict(FUNC("%1 = ctx\nbr eq %1, 0 -> b1, b1\nb1:\nret 0\n"),
		"both targets are one block");
}

Test(ir_verify, values_are_made_before_they_are_read)
{
	verdict(FUNC("%1 = ctx\n%2 = add %3, %1\n%3 = const 1\nret %2\n"),
		"may not be made");
	verdict(FUNC("%1 = ctx\nbr eq %1, 0 -> b1, b2\n"
		     "b1:\n%2 = const 1\njmp -> b2\n"
		     "b2:\nret %2\n"),
		"may not be made");
	verdict(FUNC("%1 = ctx\nbr eq %1, 0 -> b1, b2\n"
		     "b1:\n%2 = const 1\njmp -> b2\n"
		     "b2:\n%3 = phi b0 %1, b1 %2\nret %3\n"),
		NULL);
	verdict(FUNC("%1 = ctx\nbr eq %1, 0 -> b1, b2\n"
		     "b1:\n%2 = const 1\njmp -> b2\n"
		     "b2:\n%3 = phi b0 %2, b1 %2\nret %3\n"),
		"merges what may not be made");
	verdict(FUNC("ret %7\n"), "gives no value");
}

Test(ir_verify, ops_are_as_their_rows_say)
{
	verdict(FUNC("%1 = ctx\n%2 = add %1\nret %2\n"), "number of arguments");
	verdict(FUNC("%1 = ctx\n%2 = call ktime_get_ns(%1)\nret %2\n"),
		"number of arguments");
	verdict(FUNC("%1 = call send_signal(5)\nret 0\n"), "in registers");
	verdict(FUNC("%1 = ctx\n%2 = bswap u8 %1\nret %2\n"), "swapped");
	verdict(FUNC("%1 = map 0\nret %1\n"), "no such map");
	verdict(FUNC("%1 = obj 1\nret %1\n"), "no such object");
	verdict(FUNC("%1 = func 0\nret %1\n"), "not a callback");
	verdict(FUNC("%1 = param 0\nret %1\n"), "no such parameter");
	verdict(FUNC("%1 = const 1\n%2 = ctx\nret %2\n"), "not at the head");
	verdict(FUNC("%1 = ctx\n%2 = const 1\njmp -> b1\nb1:\n"
		     "%3 = const 2\n%4 = phi b0 %2\nret %4\n"),
		"a phi stands behind");
}

Test(ir_verify, objects_are_accessed_inside)
{
	verdict(FUNC("%1 = obj 0\n%2 = load u64 [%1 + 8]\nret %2\n"), NULL);
	verdict(FUNC("%1 = obj 0\n%2 = load u64 [%1 + 16]\nret %2\n"),
		"outside of the object");
	verdict(FUNC("%1 = obj 0\n%2 = const 12\n%3 = add %1, %2\n"
		     "store u64 [%3], %2\nret %2\n"),
		"outside of the object");
	verdict(FUNC("%1 = obj 0\n%2 = load u32 [%1 + 2]\nret %2\n"),
		"not aligned");
	verdict(FUNC("%1 = obj 0\nstore u8 [%1 - 1], %1\nret %1\n"),
		"outside of the object");
	/* No circle can hold it up. */
	verdict(FUNC("%1 = add %1, 1\n%2 = load u8 [%1]\nret %2\n"),
		"may not be made");
}

/* ---- the verifier after allocation ---- */

#define REGS(body) "func 0 \"f\" stack 16 slots 2 allocated {\nb0:\n" body "}\n"

Test(ir_verify, registers_hold_what_is_read)
{
	verdict(REGS("%1:r1 = ctx\n%2:r6 = load u64 [%1:r1]\n"
		     "%3:r0 = copy %2:r6\nret %2:r0\n"),
		NULL);
	verdict(REGS("%1:r1 = ctx\n%2:r6 = load u64 [%1:r2]\nret 0\n"),
		"reads what is not there");
	verdict(REGS("%1:r6 = ctx\nret 0\n"), "not in its register");
	verdict(REGS("%1:r1 = ctx\n%2:r1 = const 5\n"
		     "%3:r0 = load u64 [%1:r1]\nret %3:r0\n"),
		"reads what is not there");
	verdict(REGS("%1:r6 = const 1\nret %1:r6\n"), "not in r0");
}

Test(ir_verify, calls_ruin_registers)
{
	verdict(REGS("%1:r3 = const 5\n%2:r6 = copy %1:r3\n"
		     "%3:r0 = call ktime_get_ns()\n"
		     "%4:r0 = add %1:r6, %3:r0\nret %4:r0\n"),
		"overwrites its second");
	verdict(REGS("%1:r3 = const 5\n%3:r0 = call ktime_get_ns()\n"
		     "%4:r0 = add %3:r0, %1:r3\nret %4:r0\n"),
		"reads what is not there");
	verdict(REGS("%1:r6 = const 5\n%3:r0 = call ktime_get_ns()\n"
		     "%4:r0 = add %3:r0, %1:r6\nret %4:r0\n"),
		NULL);
	verdict(REGS("%1:r6 = const 5\n%2:r0 = call send_signal(%1:r6)\n"
		     "ret 0\n"),
		"not in its register");
}

Test(ir_verify, slots_hold_what_is_reloaded)
{
	verdict(REGS("%1:r1 = const 5\nspill %1:r1 -> 1\n"
		     "%2:r0 = reload 1 of %1\nret %1:r0\n"),
		NULL);
	verdict(REGS("%1:r1 = const 5\nspill %1:r1 -> 1\n"
		     "%2:r0 = reload 0 of %1\nret %1:r0\n"),
		"reloads what is not there");
	verdict(REGS("%1:r1 = const 5\n%2:r2 = const 6\n"
		     "spill %1:r1 -> 0\nspill %2:r2 -> 0\n"
		     "%3:r0 = reload 0 of %1\nret %1:r0\n"),
		"reloads what is not there");
	verdict(REGS("%1:r1 = const 5\nspill %1:r1 -> 2\nret 0\n"),
		"no such slot");
}

#define LOOP(back)                                                             \
	REGS("%1:r6 = const 0\n%2:r7 = const 9\njmp -> b1\n"                   \
	     "b1:\n%3:r6 = phi b0 %1, b2 %4\n"                                 \
	     "br ult %3:r6, %2:r7 -> b2, b3\n"                                 \
	     "b2:\n" back "jmp -> b1\n"                                        \
	     "b3:\n%5:r0 = copy %3:r6\nret %3:r0\n")

Test(ir_verify, loops_agree_on_registers)
{
	verdict(LOOP("%4:r6 = add %3:r6, 1\n"), NULL);
	verdict(LOOP("%4:r8 = add %3:r6, 1\n"), "merges what is not there");
	verdict(LOOP("%4:r6 = add %3:r6, 1\n%6:r7 = const 1\n"),
		"reads what is not there");
	/* The value of the last time round is not the phi's. */
	verdict(LOOP("%6:r8 = copy %3:r6\n%4:r8 = add %3:r8, 1\n"
		     "%7:r6 = copy %4:r8\n"),
		NULL);
}

Test(ir_verify, ways_must_agree)
{
	verdict(REGS("%1:r1 = ctx\n%2:r6 = load u64 [%1:r1]\n"
		     "br eq %2:r6, 0 -> b1, b2\n"
		     "b1:\n%3:r7 = copy %2:r6\njmp -> b3\n"
		     "b2:\n%4:r6 = const 1\njmp -> b3\n"
		     "b3:\n%5:r0 = copy %2:r6\nret %2:r0\n"),
		"reads what is not there");
}

/* ---- analyses ---- */

Test(ir_cfg, order_dominators)
{
	struct bench t;
	struct func *f;
	struct blk **b;

	/* b9 is not reached: it goes, and its argument of the phi. */
	bench_read(&t, FUNC("%1 = ctx\n%2 = load u64 [%1]\n"
			    "br eq %2, %1 -> b1, b2\n"
			    "b2:\n%3 = const 3\njmp -> b3\n"
			    "b1:\n%4 = const 4\njmp -> b3\n"
			    "b3:\n%5 = phi b1 %4, b9 %7, b2 %3\n"
			    "%6 = add %5, %2\nret %6\n"
			    "b9:\n%7 = const 1\njmp -> b3\n"));
	f = t.p.funcs.v[0];
	ir_rpo(f);
	b = f->blks.v;
	cr_assert_eq(f->blks.n, 4);
	cr_expect(b[0]->id == 0 && b[1]->id == 1 && b[2]->id == 2 &&
		  b[3]->id == 3);
	cr_expect_eq(b[3]->preds.n, 2);
	cr_expect_eq(ir_op(f, b[3]->ops.v[0])->phi[1].id, 3);
	ir_dominators(f);
	cr_expect(b[1]->idom == b[0] && b[2]->idom == b[0] &&
		  b[3]->idom == b[0] && !b[0]->idom);
	bench_free(&t);
}

Test(ir_flow, starts_uses_and_most)
{
	/* From the last op to the first: the result's next use, 3 being the
	 * third op, and those of the arguments. */
	static const uint32_t notes[] = { 0, 0, 3, 0, 0, 2 };
	struct arena tmp = { 0 };
	struct bench t;
	struct flow w = { .tmp = &tmp, .notes = true };
	struct flow real = { .tmp = &tmp, .real = true };

	bench_read(&t, FUNC("%1 = ctx\n%2 = load u64 [%1]\n"
			    "br eq %2, %1 -> b1, b2\n"
			    "b1:\n%4 = const 4\njmp -> b3\n"
			    "b2:\n%3 = const 3\njmp -> b3\n"
			    "b3:\n%5 = phi b1 %4, b2 %3\n"
			    "%6 = add %5, %2\nret %6\n"));
	w.f = real.f = t.p.funcs.v[0];
	ir_rpo(w.f);
	ir_flow(&w);
	cr_expect(w.blk[0].in.n == 0 && w.blk[1].in.n == 1);
	cr_expect(w.blk[1].in.v[0].v == 2 && w.blk[1].in.v[0].next == 3);
	cr_assert(w.blk[3].in.n == 1, "a phi is not live into its block");
	cr_expect(w.blk[3].in.v[0].v == 2 && w.blk[3].in.v[0].next == 1);
	cr_assert_eq(w.blk[3].notes[1] - w.blk[3].notes[0], 6);
	cr_expect_arr_eq(w.note.v + w.blk[3].notes[0], notes, sizeof(notes));
	ir_flow(&real);
	cr_expect_eq(real.most, 2, "constants do not count");
	arena_free(&tmp);
	bench_free(&t);
}

/* ---- passes ---- */

typedef bool pass_fn(struct prog *p);

/* All passes up to and with `last`; then the text has or lacks `piece`. */
static void
expect_after(const char *text, pass_fn *last, const char *piece, bool has)
{
	static pass_fn *const passes[] = { ir_fold, ir_gvn, ir_dce, ir_place };
	struct bench t;
	size_t i = 0;

	bench_read(&t, text);
	do {
		cr_assert(passes[i](&t.p));
		cr_assert(ir_verify(&t.p));
	} while (passes[i++] != last);
	ir_print(&t.p, &t.text);
	cr_expect_eq(!!strstr(t.text.s, piece), has, "%s\n%s", piece, t.text.s);
	bench_free(&t);
}

Test(ir_passes, a_wild_division_stays)
{
	expect_after(FUNC("%1 = ctx\n%2 = load u64 [%1]\n%3 = const 10\n"
			  "%4 = div %2, %3\n%5 = mod %4, %2\nret %5\n"),
		     ir_dce, "div %2, %3", true);
}

Test(ir_passes, what_a_helper_may_write_is_read_again)
{
	const char *text = "map 0 user \"x\" type 1 key 8 value 8\n" FUNC(
		"%1 = obj 0\n%2 = const 0\nstore u64 [%1], %2\n"
		"%3 = load u64 [%1]\n%4 = const 8\n"
		"%5 = call get_current_comm(%1, %4)\n"
		"%6 = load u64 [%1]\n%7 = sub %3, %6\nret %7\n");

	expect_after(text, ir_dce, "%7 = sub %3, %6", true);
	expect_after(text, ir_dce, "get_current_comm", true);
}

Test(ir_passes, an_object_stored_somewhere_is_alive_everywhere)
{
	const char *text =
		"map 0 user \"x\" type 1 key 8 value 8\n"
		"func 0 \"f\" {\n"
		"obj 0 size 8 align 8\nobj 1 size 8 align 8\n"
		"obj 2 size 8 align 8\n"
		"b0:\n%1 = obj 0\n%2 = obj 1\n%3 = obj 2\n%4 = map 0\n"
		"store u64 [%1], %4\nstore u64 [%2], %1\n"
		"%5 = call map_delete_elem(%4, %2)\n"
		"store u64 [%3], %5\n"
		"%6 = call map_delete_elem(%4, %3)\nret %6\n}\n";

	expect_after(text, ir_place, "stack 16 {", true);
	expect_after(text, ir_place, "obj 0 size 8 align 8 stack -8", true);
	expect_after(text, ir_place, "obj 1 size 8 align 8 stack -16", true);
	expect_after(text, ir_place, "obj 2 size 8 align 8 stack -16", true);
}

Test(ir_passes, a_unit_has_its_own_scratch_entry)
{
	const char *text = "map 0 user \"x\" type 1 key 8 value 8\n"
			   "event 0 size 8 unit \"a\"\n"
			   "func 0 \"b\" unit \"b\" {\nobj 0 size 300 align 8\n"
			   "b0:\n%1 = obj 0\n%2 = map 0\n"
			   "%3 = call map_delete_elem(%2, %1)\nret %3\n}\n";

	expect_after(text, ir_place,
		     "map 1 scratch \"scratch\" type 6 key 4 value 304 "
		     "entries 2",
		     true);
	expect_after(text, ir_place, "= const 1\n\tstore u32", true);
}
