/* SPDX-License-Identifier: MIT */
/*
 * The text of the IR, as -d prints it and takes it back: what is read and
 * passes ir_verify() prints as text that reads back the same.
 */
#include <stdlib.h>
#include <string.h>

#include "../compile.h"
#include "../target.h"

const char *const fuzz_corpus[] = {
	"tests/ir/*.ir",  "tests/ir/*.ra",    "tests/ir/*.gvn",
	"tests/ir/*.dce", "tests/ir/*.spill", NULL,
};

/* Read, verified, printed; false: refused. */
static bool
print_of(const char *text, size_t n, struct sbuf *out)
{
	struct compile *w = calloc(1, sizeof(*w));
	struct sbuf messages = { 0 };
	bool ok;

	if (!w)
		return false;
	work_init(w, text, n);
	ok = ir_read(&w->prog, w->script, &w->diag) && ir_verify(&w->prog);
	if (ok)
		ir_print(&w->prog, out);
	diag_flush(&w->diag, &messages);
	sbuf_free(&messages);
	compile_free(w);
	free(w);
	return ok;
}

void
fuzz_one(const unsigned char *data, size_t n)
{
	struct sbuf once = { 0 }, twice = { 0 };

	if (print_of((const char *)data, n, &once) && once.n) {
		if (!print_of(once.s, once.n, &twice) || once.n != twice.n ||
		    memcmp(once.s, twice.s, once.n))
			abort();
	}
	sbuf_free(&once);
	sbuf_free(&twice);
}
