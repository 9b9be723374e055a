/* SPDX-License-Identifier: MIT */
/*
 * A script through all passes, for the targets that need one: from its text,
 * against the kernel of tests/fixtures, to an image. Nothing is loaded.
 */
#ifndef JIFFY_TESTS_FUZZ_COMPILE_H
#define JIFFY_TESTS_FUZZ_COMPILE_H

#include "../../runtime/internal.h"

struct work {
	struct arena arena;
	struct sources sources;
	struct diag diag;
	struct ast ast;
	struct types types;
	struct kernel kernel;
	struct config config;
	struct sema_input in;
	struct prog prog;
	struct image image;
	const struct source *source;
};

/* All that a compilation is given. Whoever calls frees w->arena. */
void work_init(struct work *w, const char *text, size_t n);
/* Into w->image; false: w->diag says why. Aborts where a pass leaves what
 * ir_verify() refuses. */
bool work_compile(struct work *w);
/* The passes behind the IR's making: w->prog into w->image. */
bool work_passes(struct work *w);

#endif
