/* SPDX-License-Identifier: MIT */
/* Names as linkers have them: C++, Rust, and what looks like them. */
#include "../../../probes/probes.h"
#include "../target.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/names/*", NULL };

void
fuzz_one(const unsigned char *data, size_t n)
{
	struct arena a = { 0 };
	const char *name = arena_strndup(&a, (const char *)data, n);

	sym_demangle(&a, name);
	sym_matches_plain(&a, "ns::*(", name);
	sym_matches_plain(&a, "*f*", name);
	arena_free(&a);
}
