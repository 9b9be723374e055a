/* SPDX-License-Identifier: MIT */
/*
 * Encoding: IR text to instructions, and programs that the running kernel's
 * verifier takes and runs (as root; skipped otherwise).
 */
#include <bpf/bpf.h>
#include <criterion/criterion.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <unistd.h>

#include "../../bpfgen/bpfgen.h"
#include "ir_random.h"

struct bench {
	struct arena a;
	struct sources sources;
	struct diag diag;
	struct prog p;
	struct image im;
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
compile(struct bench *t)
{
	cr_assert(ir_select(&t->p) && ir_spill(&t->p) && ir_assign(&t->p) &&
		  ir_layout(&t->p) && ir_verify(&t->p));
	cr_assert(gen_encode(&t->p, &t->im));
}

static void
compile_text(struct bench *t, const char *text)
{
	struct source *s;

	bench_init(t);
	s = source_add(&t->a, &t->sources, "test.ir", text, strlen(text));
	if (!ir_read(&t->p, s, &t->diag)) {
		diag_flush(&t->diag, &t->text);
		cr_assert(false, "%s", t->text.s);
	}
	compile(t);
}

/* The instructions of the only program, a line each, without numbers. */
static const char *
listing(struct bench *t)
{
	const struct image_prog *p = &t->im.progs.v[0];

	t->text.n = 0;
	for (uint32_t i = 0; i < p->ninsns;) {
		i += gen_print_insn(&p->insns[i], &t->text);
		sbuf_putc(&t->text, '\n');
	}
	return t->text.s;
}

static void
expect(const char *body, const char *want)
{
	struct bench t;
	struct sbuf text = { 0 };

	sbuf_printf(&text,
		    "map 0 user \"x\" type 1 key 8 value 8 entries 9\n"
		    "map 1 global \"g\" type 2 key 4 value 64 entries 1\n"
		    "func 0 \"f\" {\nobj 0 size 16 align 8 stack -16\n"
		    "b0:\n%s}\n",
		    body);
	compile_text(&t, text.s);
	cr_assert_str_eq(listing(&t), want, "got:\n%s", t.text.s);
	sbuf_free(&text);
	bench_free(&t);
}

Test(encode, constants)
{
	expect("%1 = const 5\nret %1\n", "r0 = 5\nexit\n");
	expect("%1 = const 4294967295\nret %1\n", "w0 = -1\nexit\n");
	expect("%1 = const 81985529216486895\nret %1\n",
	       "r0 = 0x123456789abcdef\nexit\n");
}

Test(encode, results_are_made_in_place)
{
	expect("%1 = call get_current_pid_tgid()\n%2 = const 32\n"
	       "%3 = shr %1, %2\nret %3\n",
	       "call bpf_get_current_pid_tgid#14\nr0 >>= 32\nexit\n");
}

/* What stands at their calls is no map: not to who prints, nor who counts. */
Test(encode, functions_of_the_kernel)
{
	struct bench t;

	compile_text(&t, "map 0 user \"x\" type 1 key 8 value 8 entries 9\n"
			 "func 0 \"f\" {\nb0:\n%1 = const 1\n"
			 "%2 = call task_from_pid(%1)\n"
			 "%3 = const 0\nret %3\n}\n");
	cr_assert_eq(t.im.progs.v[0].relocs.n, 1);
	gen_print(&t.im, &t.text);
	cr_expect(strstr(t.text.s, ": (85) call bpf_task_from_pid\n"), "%s",
		  t.text.s);
	bench_free(&t);
}

Test(encode, operands)
{
	expect("%1 = ctx\n%2 = load u64 [%1]\n%3 = load u64 [%1 + 8]\n"
	       "%4 = sub %2, %3\n%5 = add %4, %3\n%6 = mul %5, %2\nret %6\n",
	       "r2 = *(u64 *)(r1 +0)\nr1 = *(u64 *)(r1 +8)\n"
	       "r0 = r2\nr0 -= r1\nr0 += r1\nr0 *= r2\nexit\n");
}

Test(encode, extensions)
{
	expect("%1 = ctx\n%2 = load u64 [%1]\n%3 = zext u32 %2\n"
	       "%4 = zext u16 %3\n%5 = sext u32 %4\n%6 = bswap u16 %5\n"
	       "%7 = neg %6\nret %7\n",
	       "r0 = *(u64 *)(r1 +0)\nw0 = w0\nr0 &= 65535\nr0 <<= 32\n"
	       "r0 s>>= 32\nr0 = be16 r0\nr0 = -r0\nexit\n");
}

Test(encode, compare_to_value)
{
	expect("%1 = ctx\n%2 = load u64 [%1]\n%3 = const 9\n"
	       "%4 = cmp ugt %2, %3\nret %4\n",
	       "r1 = *(u64 *)(r1 +0)\nr0 = 1\nif r1 > 0x9 goto pc+1\n"
	       "r0 = 0\nexit\n");
}

Test(encode, stack_and_stores)
{
	expect("%1 = ctx\n%2 = load u64 [%1]\n%3 = obj 0\n%4 = const 8\n"
	       "%5 = add %3, %4\nstore u64 [%5], %2\n%6 = const 7\n"
	       "store u32 [%3 + 4], %6\nxadd u64 [%5], %2\n"
	       "%7 = map 0\n%8 = call map_delete_elem(%7, %5)\n"
	       "%9 = const 0\nret %9\n",
	       "r0 = *(u64 *)(r1 +0)\n*(u64 *)(r10 -8) = r0\n"
	       "*(u32 *)(r10 -12) = 7\nlock *(u64 *)(r10 -8) += r0\n"
	       "r1 = map[fd:0]\nr2 = r10\nr2 += -8\n"
	       "call bpf_map_delete_elem#3\nr0 = 0\nexit\n");
}

Test(encode, values_of_maps)
{
	expect("%1 = mapval 1 + 8\n%2 = const 1\nxadd u64 [%1 + 8], %2\n"
	       "%3 = const 0\nret %3\n",
	       "r1 = map_value[fd:0]+8\nr2 = 1\n"
	       "lock *(u64 *)(r1 +8) += r2\nr0 = 0\nexit\n");
}

/* @[pid] = count() */
static const char count_by_pid[] =
	"map 0 user \"\" type 5 key 8 value 8 entries 4096\n"
	"func 0 \"f\" {\n"
	"obj 0 size 8 align 8 stack -8\n"
	"obj 1 size 8 align 8 stack -16\n"
	"b0:\n"
	"%1 = call get_current_pid_tgid()\n"
	"%2 = const 32\n"
	"%3 = shr %1, %2\n"
	"%4 = obj 0\n"
	"store u64 [%4], %3\n"
	"%5 = map 0\n"
	"%6 = call map_lookup_elem(%5, %4)\n"
	"%7 = const 0\n"
	"br ne %6, %7 -> b1, b2\n"
	"b1:\n"
	"%8 = load u64 [%6]\n"
	"%9 = const 1\n"
	"%10 = add %8, %9\n"
	"store u64 [%6], %10\n"
	"jmp -> b3\n"
	"b2 cold:\n"
	"%11 = obj 1\n"
	"%12 = const 1\n"
	"store u64 [%11], %12\n"
	"%13 = map 0\n"
	"%14 = const 0\n"
	"%15 = call map_update_elem(%13, %4, %11, %14)\n"
	"jmp -> b3\n"
	"b3:\n"
	"%16 = const 0\n"
	"ret %16\n"
	"}\n";

Test(encode, count_by_pid)
{
	struct bench t;

	compile_text(&t, count_by_pid);
	cr_assert_str_eq(listing(&t),
			 "call bpf_get_current_pid_tgid#14\n"
			 "r0 >>= 32\n"
			 "*(u64 *)(r10 -8) = r0\n"
			 "r1 = map[fd:0]\n"
			 "r2 = r10\n"
			 "r2 += -8\n"
			 "call bpf_map_lookup_elem#1\n"
			 "if r0 == 0x0 goto pc+5\n"
			 "r1 = *(u64 *)(r0 +0)\n"
			 "r1 += 1\n"
			 "*(u64 *)(r0 +0) = r1\n"
			 "r0 = 0\n"
			 "exit\n"
			 "*(u64 *)(r10 -16) = 1\n"
			 "r1 = map[fd:0]\n"
			 "r2 = r10\n"
			 "r2 += -8\n"
			 "r3 = r10\n"
			 "r3 += -16\n"
			 "r4 = 0\n"
			 "call bpf_map_update_elem#2\n"
			 "goto pc-12\n",
			 "got:\n%s", t.text.s);
	bench_free(&t);
}

/* A branch over `n` stores. */
static void
long_branch(struct bench *t, unsigned n)
{
	struct func *f;
	struct blk *yes, *no;
	struct ref ctx, v;
	struct mem obj;

	bench_init(t);
	f = ir_func(&t->p, "long", NULL, NULL, 0);
	f->stack = 8;
	struct lower l = { .prog = &t->p, .f = f, .cur = f->blks.v[0] };

	ctx = ir_ctx(&l);
	obj = ir_obj(&l, 8, 8);
	f->objs.v[0].where = -8;
	v = ir_load(&l, ctx, 0, 8);
	yes = ir_blk(&l);
	no = ir_blk(&l);
	ir_br(&l, CC_EQ, v, ir_const(&l, 0), yes, no);
	ir_seal(&l, yes);
	ir_at(&l, yes);
	for (unsigned i = 0; i < n; i++)
		ir_store(&l, obj.base, 0, v, 8);
	ir_jmp(&l, no);
	ir_seal(&l, no);
	ir_at(&l, no);
	ir_ret(&l, v);
	ir_rpo(f);
	cr_assert(ir_select(&t->p) && ir_spill(&t->p) && ir_assign(&t->p) &&
		  ir_layout(&t->p));
}

Test(encode, jumps_of_16_bits)
{
	struct bench t;

	long_branch(&t, 32767);
	cr_assert(gen_encode(&t.p, &t.im));
	cr_assert_eq(t.im.progs.v[0].insns[1].off, 32767);
	bench_free(&t);
	long_branch(&t, 32768);
	cr_assert_not(gen_encode(&t.p, &t.im));
	cr_assert_eq(t.diag.errors, 1);
	diag_flush(&t.diag, &t.text);
	cr_assert_not_null(strstr(t.text.s, "a jump over 32768"), "%s",
			   t.text.s);
	bench_free(&t);
}

/* ---- the running kernel ---- */

static int
load(const struct image_prog *p, char *log, size_t size)
{
	LIBBPF_OPTS(bpf_prog_load_opts, o, .log_buf = log, .log_size = size,
		    .log_level = 1);

	return bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "jiffy", "GPL",
			     p->insns, p->ninsns, &o);
}

static uint32_t
run(int fd, const int64_t in[4])
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .ctx_in = in, .ctx_size_in = 32);

	cr_assert_eq(bpf_prog_test_run_opts(fd, &o), 0);
	return o.retval;
}

static const int64_t inputs[][4] = {
	{ 0, 0, 0, 0 },
	{ 1, 2, 3, 4 },
	{ -1, 0x7fffffffffffffff, 0x80000000, 17 },
	{ 0x123456789abcdef, -5, 99, 1 },
};

static void
in_kernel(struct shape sh)
{
	static char log[1 << 16];
	static struct trace want[ARRAY_LEN(inputs)];
	struct bench t;
	struct func *f;
	unsigned i;
	int fd;

	bench_init(&t);
	f = rnd_func(&t.p, sh);
	for (i = 0; i < ARRAY_LEN(inputs); i++)
		eval_func(f, inputs[i], &want[i]);
	compile(&t);
	fd = load(&t.im.progs.v[0], log, sizeof(log));
	cr_assert(fd >= 0, "seed %u: %s\n%s", sh.seed, log, listing(&t));
	for (i = 0; i < ARRAY_LEN(inputs); i++)
		cr_assert_eq(run(fd, inputs[i]),
			     (uint32_t)want[i].v[want[i].n - 1],
			     "seed %u, input %u\n%s", sh.seed, i, listing(&t));
	close(fd);
	bench_free(&t);
}

Test(encode, kernel_runs_random_programs)
{
	if (geteuid() != 0)
		cr_skip_test("not root");
	for (uint32_t seed = 1; seed <= 150; seed++)
		in_kernel((struct shape){ .seed = seed * 2654435761u,
					  .blocks = 1 + seed % 6,
					  .vars = 3 + seed % 12,
					  .ops = 12,
					  .calls = seed % 3 ? 12 : 0,
					  .kernel = true });
}
