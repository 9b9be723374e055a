/* SPDX-License-Identifier: MIT */
/*
 * Usage: run [--seed N] [--count N] [--seconds N] [--keep N] [--print]
 *            [--raw] [--shrink] [FILE ...]
 * Tries the scripts of `count` seeds, or for `seconds`; or the FILEs. Stops
 * after `keep` failures. Exit status 1 when one failed: it is printed, made
 * small (not with --raw). Too large: needs more stack or scratch memory than
 * there is, and gets the error that says so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz.h"

static unsigned limits; /* programs that exceed one */

static void
report(const char *name, struct sbuf *text, enum verdict v, struct sbuf *why,
       bool shrink)
{
	printf("---- %s: %s\n%s\n", name, fuzz_verdict_name(v),
	       why->s ? why->s : "");
	fflush(stdout);
	if (shrink) {
		why->n = 0;
		fuzz_shrink(text, v);
		fuzz_try(text->s, true, why);
		printf("made small:\n%s\n%s\n", text->s, why->s ? why->s : "");
	} else {
		printf("%s\n", text->s);
	}
	fflush(stdout);
}

static bool
try_text(const char *name, struct sbuf *text, bool plain, bool shrink)
{
	struct sbuf why = { 0 };
	enum verdict v = fuzz_try(text->s, plain, &why);

	if (v == FUZZ_LIMIT)
		limits++;
	else if (v != FUZZ_GOOD)
		report(name, text, v, &why, shrink);
	sbuf_free(&why);
	if (v == FUZZ_NO_KERNEL)
		exit(77);
	return v == FUZZ_GOOD || v == FUZZ_LIMIT;
}

static bool
try_seed(uint64_t seed, bool print, bool shrink)
{
	struct sbuf text = { 0 };
	char name[64];
	bool good = true;

	gen_script(seed, &text);
	snprintf(name, sizeof(name), "seed %llu", (unsigned long long)seed);
	if (print)
		printf("%s", text.s);
	else
		good = try_text(name, &text, !(seed % 3), shrink);
	sbuf_free(&text);
	return good;
}

static bool
try_file(const char *path, bool shrink)
{
	struct sbuf text = { 0 };
	FILE *f = fopen(path, "re");
	char chunk[4096];
	size_t n;
	bool good;

	if (!f) {
		perror(path);
		return false;
	}
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		sbuf_add(&text, chunk, n);
	fclose(f);
	sbuf_puts(&text, "");
	good = try_text(path, &text, true, shrink);
	sbuf_free(&text);
	return good;
}

struct plan {
	uint64_t seed, count;
	time_t seconds;
	unsigned keep; /* stop after so many failures */
	bool print, raw, shrink;
};

static int
run(const struct plan *p)
{
	time_t start = time(NULL);
	unsigned failed = 0;
	uint64_t i = 0;

	while (failed < p->keep &&
	       (p->seconds ? time(NULL) - start < p->seconds : i < p->count)) {
		failed += !try_seed(p->seed + i, p->print, !p->raw);
		if (++i % 1000 == 0) {
			fprintf(stderr, "%llu programs, %u failed, %lld s\n",
				(unsigned long long)i, failed,
				(long long)(time(NULL) - start));
		}
	}
	if (!p->print)
		printf("%llu programs, %u failed, %u too large, seeds from "
		       "%llu\n",
		       (unsigned long long)i, failed, limits,
		       (unsigned long long)p->seed);
	return failed != 0;
}

int
main(int argc, char **argv)
{
	struct plan p = { .seed = 1, .count = 100, .keep = 20 };
	bool bad = false, files = false;

	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];
		const char *value = i + 1 < argc ? argv[i + 1] : "0";

		if (!strcmp(arg, "--print"))
			p.print = true;
		else if (!strcmp(arg, "--raw"))
			p.raw = true;
		else if (!strcmp(arg, "--shrink"))
			p.shrink = true;
		else if (!strcmp(arg, "--seed"))
			p.seed = strtoull(value, NULL, 10), i++;
		else if (!strcmp(arg, "--count"))
			p.count = strtoull(value, NULL, 10), i++;
		else if (!strcmp(arg, "--seconds"))
			p.seconds = strtol(value, NULL, 10), i++;
		else if (!strcmp(arg, "--keep"))
			p.keep = (unsigned)strtoul(value, NULL, 10), i++;
		else
			files = true, bad |= !try_file(arg, p.shrink);
	}
	return files ? bad : run(&p);
}
