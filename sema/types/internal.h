/* SPDX-License-Identifier: MIT */
/*
 * What the files of sema/types share: finding a type by its text, and making
 * one when there is none yet.
 */
#ifndef JIFFY_TYPES_INTERNAL_H
#define JIFFY_TYPES_INTERNAL_H

#include "types.h"

/* The interned type of this key, or NULL. */
const struct type *types_find(const struct types *t, const char *key);
/* A number as text of a key, at most 17 characters and a NUL; its end. */
char *types_key(char *p, uint64_t n);
/* A new type under a key that types_find did not know; to be filled in. */
struct type *types_add(struct types *t, const char *key, enum type_kind kind,
		       const char *name, uint32_t size, uint32_t align);

#endif
