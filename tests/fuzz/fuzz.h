/* SPDX-License-Identifier: MIT */
/*
 * Random scripts: what makes them, what judges them, what makes them small.
 */
#ifndef JIFFY_TESTS_FUZZ_H
#define JIFFY_TESTS_FUZZ_H

#include "../../lexer/base/base.h"

/* The script of a seed: the same text always. */
void gen_script(uint64_t seed, struct sbuf *out);

/* What became of one script; the exit status of the process that tried. */
enum verdict {
	FUZZ_GOOD = 0,
	FUZZ_SORRY = 10,     /* the evaluator does not know it */
	FUZZ_REFUSED = 11,   /* a compile error */
	FUZZ_INVALID = 12,   /* ir_verify() */
	FUZZ_LOAD = 13,      /* the verifier said no */
	FUZZ_DIFFERENT = 14, /* other output than the evaluator's */
	FUZZ_NO_KERNEL = 15, /* not allowed to load */
	FUZZ_LIMIT = 16,  /* it exceeds a limit of the kernel, and we say so */
	FUZZ_FAULT = 70,  /* the interpreter stopped it */
	FUZZ_CRASH = 100, /* a signal ended us */
	FUZZ_TIMEOUT = 101,
};

/* Compile, run, compare, in a process of its own; what it said in `why`. With
 * `plain` once more, without the passes that only make code better. */
enum verdict fuzz_try(const char *text, bool plain, struct sbuf *why);
const char *fuzz_verdict_name(enum verdict v);

/* Cut and simplify while the verdict stays; replaces *text. */
void fuzz_shrink(struct sbuf *text, enum verdict v);

#endif
