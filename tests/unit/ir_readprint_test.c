/* SPDX-License-Identifier: MIT */
/*
 * IR text: what is read is printed the same, before and after allocation, and
 * what cannot be read is refused with a message at the right place.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../../ir/internal.h"

struct bench {
	struct arena a;
	struct sources sources;
	struct diag diag;
	struct prog p;
	struct sbuf text;
};

static bool
read_text(struct bench *t, const char *text)
{
	struct source *s;

	memset(t, 0, sizeof(*t));
	t->diag.arena = &t->a;
	t->diag.sources = &t->sources;
	t->p.arena = &t->a;
	t->p.diag = &t->diag;
	s = source_add(&t->a, &t->sources, "t.ir", text, strlen(text));
	return ir_read(&t->p, s, &t->diag);
}

static void
bench_free(struct bench *t)
{
	sbuf_free(&t->text);
	arena_free(&t->a);
}

static void
same_again(const char *text)
{
	struct bench t;
	bool ok = read_text(&t, text);

	diag_flush(&t.diag, &t.text);
	cr_assert(ok, "%s", t.text.s);
	ir_print(&t.p, &t.text);
	cr_expect_str_eq(t.text.s, text);
	bench_free(&t);
}

static void
refused(const char *text, const char *message)
{
	struct bench t;

	cr_expect(!read_text(&t, text), "%s", text);
	diag_flush(&t.diag, &t.text);
	cr_expect(t.text.s && strstr(t.text.s, message), "%s", t.text.s);
	bench_free(&t);
}

Test(ir_readprint, maps_and_events)
{
	same_again("map 0 user \"a b\\22\\5c\\0a\" type 1 key 8 value 16 "
		   "entries 4096\n"
		   "map 1 ringbuf \"ringbuf\" type 27 entries 262144\n"
		   "map 2 const \"const\" type 2 key 4 value 4 entries 1 "
		   "flags 128 init \"00ff10a9\"\n"
		   "map 3 user \"s\" type 2 key 4 value 16 entries 1 "
		   "scalar 8\n"
		   "map 4 stacks \"stacks\" type 7 key 4 value 1016 "
		   "entries 128 depth 127\n"
		   "event 0 size 8\n"
		   "event 1 size 40 unit \"k_1\" args 8 - 16 - 32\n");
}

Test(ir_readprint, every_op)
{
	same_again("map 0 user \"x\" type 1 key 8 value 8 entries 10\n"
		   "\n"
		   "func 0 \"f\" unit \"f_1\" {\n"
		   "obj 0 size 16 align 8 pinned\n"
		   "obj 1 size 4 align 4 stack -4\n"
		   "obj 2 size 400 align 8 scratch 64\n"
		   "b0:\n"
		   "\t%1 = ctx\n"
		   "\t%2 = const -9223372036854775808\n"
		   "\t%3 = map 0\n"
		   "\t%4 = mapval 0 + 4\n"
		   "\t%5 = func 1\n"
		   "\t%6 = obj 0\n"
		   "\t%8 = obj 0 + 8\n"
		   "\t%9 = copy %2\n"
		   "\t%10 = add %9, -1\n"
		   "\t%11 = neg %10\n"
		   "\t%12 = zext u32 %11\n"
		   "\t%13 = sext u8 %12\n"
		   "\t%14 = bswap u16 %13\n"
		   "\t%15 = cmp sle %14, %2\n"
		   "\t%16 = cmp set u32 %14, 7\n"
		   "\t%17 = load u16 [%6 + 2]\n"
		   "\t%18 = load u64 [%1 - 8]\n"
		   "\tstore u8 [%6], %17\n"
		   "\tstore u64 [%6 + 8], 5\n"
		   "\txadd u64 [%6 + 8], %18\n"
		   "\t%19 = call map_update_elem(%3, %6, %8, %2)\n"
		   "\t%20 = call ktime_get_ns()\n"
		   "\tbr ne %20, 0 -> b7, b3\n"
		   "b7 cold:\n"
		   "\tjmp -> b3\n"
		   "b3:\n"
		   "\t%21 = phi b7 %15, b0 %16\n"
		   "\tret %21\n"
		   "}\n"
		   "\n"
		   "func 1 \"g\" unit \"f_1\" parent 0 params 4 {\n"
		   "b0:\n"
		   "\t%1 = param 3\n"
		   "\tret 0\n"
		   "}\n");
}

Test(ir_readprint, after_allocation)
{
	same_again("\n"
		   "func 0 \"f\" stack 24 slots 2 scratch 8 allocated {\n"
		   "obj 0 size 8 align 8 stack -8\n"
		   "b0:\n"
		   "\t%1:r1 = ctx\n"
		   "\tspill %1:r1 -> 0\n"
		   "\t%2 = obj 0\n"
		   "\tstore u64 [%2:r10], %1:r1\n"
		   "\t%3:r6 = const 1\n"
		   "\tbr eq %3:r6, 0 -> b1, b2\n"
		   "b1:\n"
		   "\t%4:r7 = reload 0 of %1\n"
		   "\tspill %3:r6 -> 1\n"
		   "\tjmp -> b3\n"
		   "b2:\n"
		   "\t%5:r7 = copy %3:r6\n"
		   "\tspill %3:r6 -> 1\n"
		   "\tjmp -> b3\n"
		   "b3:\n"
		   "\t%6:r7 = phi b1 %1, b2 %3\n"
		   "\t%7 = phi b1 %3, b2 %3 in 1\n"
		   "\t%8:r0 = copy %6:r7\n"
		   "\tret %6:r0\n"
		   "}\n");
}

Test(ir_readprint, comments_and_blanks_do_not_matter)
{
	struct bench t;

	cr_assert(read_text(&t, "; a comment\n"
				"func 0 \"f\" { b0: ; here, too\n"
				"%3=const   0x10 ret %3 }"));
	ir_print(&t.p, &t.text);
	cr_expect_str_eq(t.text.s, "\nfunc 0 \"f\" {\n"
				   "b0:\n"
				   "\t%3 = const 16\n"
				   "\tret %3\n"
				   "}\n");
	bench_free(&t);
}

#define FUNC(body) "func 0 \"f\" {\n" body "}\n"

Test(ir_readprint, mistakes_are_told)
{
	refused("mop 0", "t.ir:1:1-4: ERROR: map, event or func");
	refused("map 1 user \"x\"", "numbered in order");
	refused("map 0 user \"x", "string without end");
	refused("map 0 const \"x\" value 4 init \"00\"", "another size");
	refused(FUNC(""), "at least one block");
	refused(FUNC("b0:\n\tret\n"), "a value (%1, %2, ..)");
	refused(FUNC("b0:\n\t%1 = nix 5\n"), "the name of an op");
	refused(FUNC("b0:\n\t%1 = const 99999999999999999999\n"),
		"number too large");
	refused(FUNC("b0:\n\t%999999999 = const 1\n"), "should stand here");
	refused(FUNC("b0:\n\t%1 = const 1\n\t%1 = const 2\n\tret %1\n"),
		"made before");
	refused(FUNC("b0:\n\t%1 = store u8 [%1], %1\n"), "gives no value");
	refused(FUNC("b0:\n\tconst 1\n"), "this op gives a value");
	refused(FUNC("b0:\n\tjmp -> b1\n"), "not there");
	refused(FUNC("b0:\n\tret 0\nb0:\n\tret 0\n"), "was there before");
	refused(FUNC("b0:\n\t%1 = call frob()\n"), "name of a helper");
	refused(FUNC("b0:\n\tjmp -> b1\nb1:\n\t%1 = phi b2 %1\n\tret 0\n"
		     "b2:\n\tret 0\n"),
		"one argument for each block");
	refused(FUNC("b0:\n\tjmp -> b0\n\tjmp -> b0\n"), "has ended");
	refused(FUNC("b0:\n\t%1:r11 = ctx\n"), "a register");
}

/* ---- hostile text ---- */

static const char *const seeds[] = {
	"map 0 user \"x\" type 1 key 8 value 8\n"
	"func 0 \"f\" {\nobj 0 size 16 align 8\nb0:\n%1 = ctx\n"
	"%2 = load u64 [%1 + 8]\n%3 = obj 0\nstore u64 [%3], %2\n"
	"%4 = map 0\n%5 = call map_lookup_elem(%4, %3)\n%6 = const 0\n"
	"br eq %5, %6 -> b1, b2\nb1:\njmp -> b3\nb2:\n%7 = add %6, %2\n"
	"%10 = cmp ult %7, %2\nbr ne %10, %6 -> b3, b4\n"
	"b3:\n%8 = phi b1 %6, b2 %7, b4 %9\nret %8\n"
	"b4:\n%9 = shl %8, %6\njmp -> b3\n}\n",
	"func 0 \"f\" stack 24 slots 2 allocated {\n"
	"obj 0 size 8 align 8 stack -8\nb0:\n%1:r1 = ctx\n"
	"spill %1:r1 -> 0\n%2 = obj 0\nstore u64 [%2:r10], %1:r1\n"
	"%3:r6 = const 1\nbr eq %3:r6, 0 -> b1, b2\n"
	"b1:\n%4:r7 = reload 0 of %1\nspill %3:r6 -> 1\njmp -> b3\n"
	"b2:\n%5:r7 = copy %3:r6\nspill %3:r6 -> 1\njmp -> b3\n"
	"b3:\n%6:r7 = phi b1 %1, b2 %3\n%7 = phi b1 %3, b2 %3 in 1\n"
	"%8:r0 = copy %6:r7\nret %6:r0\n}\n",
};

static uint32_t
rnd(uint32_t *s, uint32_t n)
{
	*s = *s * 1664525 + 1013904223;
	return (*s >> 8) % n;
}

/* Change a few characters, mostly to ones that mean something here. */
static void
mutate(char *text, size_t n, uint32_t *s)
{
	static const char pieces[] = "0123456789%%%bb:->[]+,{}\"= urc\n";

	for (uint32_t k = 1 + rnd(s, 3); k > 0; k--) {
		size_t at = rnd(s, (uint32_t)n);

		if (text[at] >= '0' && text[at] <= '9')
			text[at] = (char)('0' + rnd(s, 10));
		else if (rnd(s, 3))
			text[at] = pieces[rnd(s, sizeof(pieces) - 1)];
		else
			text[at] = text[rnd(s, (uint32_t)n)];
	}
}

static void
run_passes(struct prog *p)
{
	if (!p->funcs.n || p->funcs.v[0]->allocated)
		return;
	cr_assert(ir_fold(p) && ir_verify(p));
	cr_assert(ir_gvn(p) && ir_verify(p));
	cr_assert(ir_dce(p) && ir_verify(p));
	cr_assert(ir_place(p) && ir_verify(p));
}

Test(ir_readprint, mutated_text_is_refused_or_works)
{
	char text[2000];
	unsigned valid = 0;

	for (uint32_t seed = 1; seed <= 20000; seed++) {
		const char *from = seeds[seed % ARRAY_LEN(seeds)];
		uint32_t s = seed * 2654435761u;
		struct bench t;

		memcpy(text, from, strlen(from) + 1);
		mutate(text, strlen(from), &s);
		if (read_text(&t, text) && ir_verify(&t.p)) {
			valid++;
			run_passes(&t.p);
			ir_print(&t.p, &t.text);
		}
		bench_free(&t);
	}
	cr_expect(valid > 200, "%u", valid);
}
