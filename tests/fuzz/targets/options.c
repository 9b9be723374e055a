/* SPDX-License-Identifier: MIT */
/*
 * The command line: each line of the input is an argument.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../runtime/internal.h"
#include "../target.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/options/*", NULL };

void
fuzz_one(const unsigned char *data, size_t n)
{
	enum { MOST = 100 };
	char *argv[MOST + 2] = { (char *)"jiffy" }, *text, *save = NULL;
	struct options o = { 0 };
	struct arena a = { 0 };
	int argc = 1;

	if (!freopen("/dev/null", "w", stdout))
		abort();
	text = arena_strndup(&a, (const char *)data, n);
	for (char *s = strtok_r(text, "\n", &save); s && argc <= MOST;
	     s = strtok_r(NULL, "\n", &save))
		argv[argc++] = s;
	optind = 0; /* glibc: from the start */
	if (options_parse(&o, &a, argc, argv) == OPTIONS_RUN) {
		struct diag d = { .arena = &a };
		struct script_options known = { .given = o.named.v,
						.ngiven = o.named.n };

		options_settle(&known, &d);
		if (!o.program && !o.script_path && !o.list && !o.info &&
		    !o.check)
			abort(); /* nothing to be run */
	}
	arena_free(&a);
}
