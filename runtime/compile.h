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
	bool unattached; /* no probe counts: all others are of another mode */
};

/* All parts of a compilation, which was zeroed, for the kernel that is found
 * there. Whoever calls adds to c->in what is special. */
void compile_init(struct compile *c, const struct kernel_paths *paths);
/* The same by c->opts and the environment; false: exit with status 2,
 * reported. */
bool compile_init_options(struct compile *c);
/* The IR and the image anew: the typed tree is to be lowered once more. */
void compile_restart(struct compile *c);
/* What was read of programs is not needed any more; nothing is. */
void compile_forget(struct compile *c);
/* Where C headers are, the kernel's and libc's: for a script that has been
 * parsed, and only if it has any C. */
void compile_find_headers(struct compile *c);
void compile_free(struct compile *c);

#endif
