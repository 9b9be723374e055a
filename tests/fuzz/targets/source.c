/* SPDX-License-Identifier: MIT */
/*
 * A script's text: through lexer, parser, sema, ir and bpfgen, and through the
 * formatter. No program is loaded.
 */
#include <stdlib.h>

#include "../compile.h"
#include "../target.h"

const char *const fuzz_corpus[] = {
	"tests/lexer/*.bt", "tests/parser/*.bt", "tests/sema/*.bt",
	"tests/ir/*.bt",    "tests/lang/*.bt",   "tests/bpfgen/*.bt",
	"tests/live/*.bt",  "examples/*.bt",     NULL,
};

void
fuzz_one(const unsigned char *data, size_t n)
{
	struct compile *w = calloc(1, sizeof(*w));
	struct sbuf messages = { 0 };

	if (!w)
		return;
	work_init(w, (const char *)data, n);
	work_compile(w);
	diag_flush(&w->diag, &messages);
	sbuf_free(&messages);
	compile_free(w);
	free(w);
}
