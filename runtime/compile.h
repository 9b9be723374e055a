/* SPDX-License-Identifier: MIT */
/*
 * One compilation: all its parts, ready for the first pass (compile.c).
 */
#ifndef JIFFY_RUNTIME_COMPILE_H
#define JIFFY_RUNTIME_COMPILE_H

#include "../sema/cdef/cdef.h"
#include "internal.h"

/* All that one compilation is made of. */
struct compile {
	struct arena arena;
	struct options opts;
	struct sources sources;
	struct diag diag;
	struct ast ast;
	struct types types;
	struct kernel kernel;
	struct cdef_input headers;
	struct config config;
	struct script_options options;
	struct sema_input in;
	struct hmap files;
	struct prog prog;
	struct image image;
	const struct source *script;
};

/* Everything that a pass is given, by c->opts; false: exit with status 2,
 * reported. Whoever calls frees c->arena. */
bool compile_init(struct compile *c);
/* The IR and the image anew: the typed tree is to be lowered once more. */
void compile_restart(struct compile *c);

#endif
