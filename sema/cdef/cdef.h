/* SPDX-License-Identifier: MIT */
/*
 * C definitions: the C section of a script, with all headers that it includes,
 * preprocessed and parsed; then structs, enums, typedefs and #defines by name.
 * Which directories hold headers is the caller's business, so that tests never
 * depend on the machine. Declarations that nothing here understands are left
 * out; what the C section itself gets wrong is collected as messages.
 */
#ifndef JIFFY_CDEF_H
#define JIFFY_CDEF_H

#include "../types/types.h"

enum cdef_arch { CDEF_X86_64, CDEF_ARM64 };

typedef VEC(const char *) cdef_dirs;

/* What is to be read, and where headers are. */
struct cdef_input {
	struct arena *arena;
	struct types *types;
	enum cdef_arch arch;
	cdef_dirs includes; /* -I */
	cdef_dirs forced;   /* --include */
	/* Of the kernel's headers, or NULL: the tree, and where it was built
	 * (the same, unless the distribution splits them). */
	const char *kernel_source, *kernel_build;
	cdef_dirs system;            /* libc's, "/usr/include" */
	cdef_dirs defines;           /* "NAME" or "NAME=VALUE" */
	const char *const *sections; /* the C section, piece by piece */
	uint32_t nsections;
	/* A type that C does not know: "struct x", "u32". NULL: unknown to
	 * all. `whole`: its size must be right. May be NULL itself. */
	const struct type *(*outside)(void *arg, const char *name, bool whole);
	void *outside_arg;
};

/* What was wrong, "definitions.h:2:10: fatal error: 'x.h' file not found". */
struct cdef_msg {
	const char *text;
	const char *missing; /* the header that was not found, or NULL */
	bool fatal;          /* a header is missing, or a limit was exceeded */
	bool in_script;      /* in the C section itself, not in a header */
};

struct cdefs;

/* Read all of it. Never NULL; lives in the arena. */
struct cdefs *cdef_parse(const struct cdef_input *in);
/* The messages in order; their number in *n. */
const struct cdef_msg *cdef_messages(const struct cdefs *c, uint32_t *n);

/* "struct x", "union x", "enum x" or a typedef's name; NULL: not defined
 * here. A struct's size is known, its fields after cdef_complete. */
const struct type *cdef_type(struct cdefs *c, const char *name);
/* Fill in the fields of a struct that came from here, also as what a pointer
 * or a field refers to. False: it is none of ours. */
bool cdef_complete(struct cdefs *c, const struct type *t);
/* An enum's constant: its enum (8 bytes wide) and *value; NULL: none. */
const struct type *cdef_enum_constant(struct cdefs *c, const char *name,
				      uint64_t *value);

enum cdef_macro_kind {
	CDEF_NONE,  /* no object-like macro of that name */
	CDEF_VALUE, /* *text is its expansion, to be parsed */
	CDEF_LOOP,  /* *text is the cycle, "a->b" */
};

/* An object-like #define, fully expanded, as text of our own language: C's
 * suffixes and character constants are turned into plain numbers. */
enum cdef_macro_kind cdef_macro(struct cdefs *c, const char *name,
				const char **text);
/* Call `each` for every name of a #define of the C section and its headers
 * (predefined ones left out). */
void cdef_each_macro(const struct cdefs *c,
		     void (*each)(void *arg, const char *name), void *arg);

/* ---- constants that headers give and BTF does not ---- */

/* AF_INET, ENOENT, SIGKILL, ...: true and *value. Needs no cdefs. */
bool cdef_constant(const char *name, enum cdef_arch arch, int64_t *value);

/* The name of entry i, in the order of the table; NULL behind the last. */
const char *cdef_constant_name(size_t i);

/* ---- where headers are ---- */

/* Set the kernel's directories from the environment's (source, build: NULL
 * when unset) or those of /lib/modules/RELEASE, and libc's: those that are
 * there below `root` ("" for the machine). */
void cdef_find_headers(struct cdef_input *in, const char *root,
		       const char *release, const char *source,
		       const char *build);

#endif
