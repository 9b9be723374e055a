/* SPDX-License-Identifier: MIT */
/*
 * A script through all passes, for the targets that need one: from its text,
 * against the kernel of tests/fixtures, to an image. Nothing is loaded.
 */
#ifndef JIFFY_TESTS_FUZZ_COMPILE_H
#define JIFFY_TESTS_FUZZ_COMPILE_H

#include "../../runtime/compile.h"

/* All that a compilation is given. Whoever calls frees it. */
void work_init(struct compile *w, const char *text, size_t n);
/* Into w->image; false: w->diag says why. Aborts where a pass leaves what
 * ir_verify() refuses. */
bool work_compile(struct compile *w);
/* The passes behind the IR's making: w->prog into w->image. */
bool work_passes(struct compile *w);

#endif
