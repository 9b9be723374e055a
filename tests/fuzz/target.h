/* SPDX-License-Identifier: MIT */
/*
 * What a file of tests/fuzz/targets/ gives: its name is the target's name.
 */
#ifndef JIFFY_TESTS_TARGET_H
#define JIFFY_TESTS_TARGET_H

#include "../../lexer/base/base.h"

/* Patterns (glob) of files to start from, NULL-ended. */
extern const char *const fuzz_corpus[];

/* Do it with these bytes. Whatever they are, it comes back: a signal, an
 * assertion, a sanitizer's complaint or 20 seconds are findings. Leaves
 * nothing behind: it is called thousands of times in one process. */
void fuzz_one(const unsigned char *data, size_t n);

#endif
