/* SPDX-License-Identifier: MIT */
/*
 * Function and line information: its records follow the kernel's rules, and
 * the running kernel takes them, with a callback, and shows the script's lines
 * in its log (as root; skipped otherwise).
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <criterion/criterion.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../bpfgen/bpfgen.h"

/* The script whose lines the ops below are given. */
static const char script[] = "BEGIN {\n"
			     "\t$x = nsecs;\n"
			     "\tfor ($i : 0..3) { $y = 1; }\n"
			     "}\n";

/* Two functions: the second is called back from the first, by bpf_loop. */
static const char code[] = "func 0 \"begin-1\" {\n"
			   "b0:\n"
			   "%1 = call ktime_get_ns()\n"
			   "%2 = const 3\n"
			   "%3 = func 1\n"
			   "%4 = const 0\n"
			   "%5 = const 0\n"
			   "%6 = call loop(%2, %3, %4, %5)\n"
			   "ret %1\n"
			   "}\n"
			   "func 1 \"begin_1_loop\" parent 0 params 2 {\n"
			   "b0:\n"
			   "%1 = param 0\n"
			   "%2 = const 1\n"
			   "%3 = and %1, %2\n"
			   "ret %3\n"
			   "}\n";

struct bench {
	struct arena a;
	struct sources sources;
	struct diag diag;
	struct prog p;
	struct image im;
	struct gen_btf btf;
	struct sbuf text;
};

static void
place_ops(struct func *f, uint32_t base, const char *word)
{
	uint32_t at = base + (uint32_t)(strstr(script, word) - script);

	for (uint32_t i = 1; i < f->ops.n; i++)
		f->ops.v[i].span = (struct span){ at, at + 2 };
}

static void
bench_init(struct bench *t)
{
	struct source *ir, *bt;

	memset(t, 0, sizeof(*t));
	t->diag.arena = &t->a;
	t->diag.sources = &t->sources;
	t->p.arena = &t->a;
	t->p.diag = &t->diag;
	ir = source_add(&t->a, &t->sources, "t.ir", code, strlen(code));
	bt = source_add(&t->a, &t->sources, "t.bt", script, strlen(script));
	if (!ir_read(&t->p, ir, &t->diag)) {
		diag_flush(&t->diag, &t->text);
		cr_assert(false, "%s", t->text.s);
	}
	place_ops(t->p.funcs.v[0], bt->base, "$x");
	place_ops(t->p.funcs.v[1], bt->base, "$y");
	cr_assert(ir_select(&t->p) && ir_spill(&t->p) && ir_assign(&t->p) &&
		  ir_layout(&t->p) && gen_encode(&t->p, &t->im));
	cr_assert(gen_btf(&t->im, &t->btf));
}

static void
bench_free(struct bench *t)
{
	sbuf_free(&t->text);
	arena_free(&t->a);
}

Test(btf, records)
{
	struct bench t;
	const struct gen_btf_prog *p;
	const struct bpf_line_info *l;
	struct btf *btf;

	bench_init(&t);
	p = t.btf.progs;
	l = p->line_info;
	cr_assert_eq(t.im.progs.n, 1);
	cr_assert_eq(p->func_info_cnt, 2);
	cr_assert_eq(p->line_info_cnt, 2);
	cr_assert_eq(l[0].insn_off, 0);
	cr_assert_eq(l[0].line_col, 2 << 10 | 2);
	cr_assert_eq(l[1].insn_off, t.im.progs.v[0].funcs.v[1].insn);
	cr_assert_eq(l[1].line_col, 3 << 10 | 20);
	btf = btf__new(t.btf.btf, t.btf.btf_size);
	cr_assert_not_null(btf);
	cr_assert_str_eq(btf__name_by_offset(btf, l[0].line_off),
			 "$x = nsecs;");
	cr_assert_str_eq(btf__name_by_offset(btf, l[0].file_name_off), "t.bt");
	cr_assert_geq(btf__find_by_name(btf, "begin_1"), 1);
	btf__free(btf);
	bench_free(&t);
}

Test(btf, places_of_insns)
{
	struct bench t;
	const struct image_prog *p;
	struct place at;

	bench_init(&t);
	p = &t.im.progs.v[0];
	at = source_place(&t.sources, gen_span(p, 3).begin);
	cr_assert_eq(at.line, 2);
	at = source_place(&t.sources, gen_span(p, p->ninsns - 1).begin);
	cr_assert_eq(at.line, 3);
	bench_free(&t);
}

static int
load(const struct bench *t, int btf_fd, char *log, size_t size)
{
	const struct image_prog *p = &t->im.progs.v[0];
	const struct gen_btf_prog *b = &t->btf.progs[0];
	LIBBPF_OPTS(
		bpf_prog_load_opts, o, .log_buf = log, .log_size = size,
		.log_level = 2, .prog_btf_fd = btf_fd,
		.func_info = b->func_info, .func_info_cnt = b->func_info_cnt,
		.func_info_rec_size = sizeof(struct bpf_func_info),
		.line_info = b->line_info, .line_info_cnt = b->line_info_cnt,
		.line_info_rec_size = sizeof(struct bpf_line_info));

	return bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "jiffy", "GPL",
			     p->insns, p->ninsns, &o);
}

Test(btf, kernel_takes_it)
{
	static char log[1 << 16];
	struct bench t;
	int btf_fd, fd;

	if (geteuid() != 0)
		cr_skip_test("not root");
	bench_init(&t);
	LIBBPF_OPTS(bpf_btf_load_opts, o, .log_buf = log,
		    .log_size = sizeof(log), .log_level = 1);
	btf_fd = bpf_btf_load(t.btf.btf, t.btf.btf_size, &o);
	cr_assert(btf_fd >= 0, "%s", log);
	fd = load(&t, btf_fd, log, sizeof(log));
	cr_assert(fd >= 0, "%s", log);
	cr_assert_not_null(strstr(log, "; $x = nsecs;"), "%s", log);
	close(fd);
	close(btf_fd);
	bench_free(&t);
}

Test(btf, listing_shows_the_script)
{
	struct bench t;

	bench_init(&t);
	gen_print(&t.im, &t.text);
	cr_assert_not_null(strstr(t.text.s, "; $x = nsecs; @ t.bt:2\n"
					    "0: (85) call bpf_ktime_get_ns#5"),
			   "%s", t.text.s);
	cr_assert_not_null(strstr(t.text.s, "begin_1_loop:\n"), "%s", t.text.s);
	bench_free(&t);
}
