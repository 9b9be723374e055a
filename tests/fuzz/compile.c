/* SPDX-License-Identifier: MIT */
/*
 * Owns the list of passes as the fuzz targets run them: each one verified.
 */
#include <stdlib.h>

#include "compile.h"

static const struct language language = {
	.words = builtin_words,
	.nominals = builtin_nominals,
	.probe_types = probe_types,
};

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
work_init(struct work *w, const char *text, size_t n)
{
	w->diag.arena = w->ast.arena = w->prog.arena = &w->arena;
	w->diag.sources = w->ast.sources = &w->sources;
	types_init(&w->types, &w->arena);
	kernel_init(&w->kernel, &w->arena, &paths);
	config_default(&w->config);
	w->prog.diag = &w->diag;
	w->prog.config = &w->config;
	w->prog.types = &w->types;
	w->in = (struct sema_input){
		.arena = &w->arena,
		.ast = &w->ast,
		.diag = &w->diag,
		.lang = &language,
		.kernel = &w->kernel,
		.types = &w->types,
		.config = &w->config,
		.ncpus = 2,
	};
	w->source = source_add(&w->arena, &w->sources, "fuzz.bt", text, n);
}

static void
format(struct work *w)
{
	struct sbuf text = { 0 };

	ast_format(&w->ast, w->source, &text);
	sbuf_free(&text);
}

static void
verify(struct work *w)
{
	if (!ir_verify(&w->prog))
		abort();
}

bool
work_passes(struct work *w)
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
work_compile(struct work *w)
{
	if (!parse_source(&w->ast, w->source, &w->in.params, &w->diag) ||
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
