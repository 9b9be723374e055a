/* SPDX-License-Identifier: MIT */
/*
 * Owns the list of passes as the fuzz targets run them: each one verified.
 */
#include <stdlib.h>

#include "compile.h"

static const struct kernel_paths paths = {
	.tracefs = "tests/fixtures/kernel/tracefs",
	.kallsyms = "tests/fixtures/kernel/kallsyms",
	.btf = "tests/fixtures/kernel/btf",
};

static bool (*const passes[])(struct prog *p) = {
	ir_fold,  ir_gvn,    ir_dce,   ir_blur,   ir_gate,
	ir_place, ir_select, ir_spill, ir_assign, ir_layout,
};

void
work_init(struct compile *w, const char *text, size_t n)
{
	compile_init(w, &paths);
	w->in.ncpus = 2;
	w->script = source_add(&w->arena, &w->sources, "fuzz.bt", text, n);
}

static void
format(struct compile *w)
{
	struct sbuf text = { 0 };

	ast_format(&w->ast, w->script, &text);
	sbuf_free(&text);
}

static void
verify(struct compile *w)
{
	if (!ir_verify(&w->prog))
		abort();
}

bool
work_passes(struct compile *w)
{
	for (size_t i = 0; i < ARRAY_LEN(passes); i++) {
		if (!passes[i](&w->prog) || w->diag.errors)
			return false;
		verify(w);
	}
	w->image.arena = &w->arena;
	w->image.prog = &w->prog;
	return gen_encode(&w->prog, &w->image);
}

bool
work_compile(struct compile *w)
{
	if (!parse_source(&w->ast, w->script, &w->in.params, &w->diag) ||
	    w->diag.errors)
		return false;
	format(w);
	if (!sema_expand(&w->in) || w->diag.errors || !sema_check(&w->in) ||
	    w->diag.errors)
		return false;
	w->prog.ast = &w->ast;
	w->prog.units = w->ast.units;
	if (!ir_lower(&w->in, &w->prog) || w->diag.errors)
		return false;
	verify(w);
	return work_passes(w);
}
