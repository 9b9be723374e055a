/* SPDX-License-Identifier: MIT */
/*
 * Types of the kernel: BTF in, struct type out. Lazy all through: nothing is
 * opened before a type is asked for, a struct gets its fields when one of
 * them is, and a pointer to a struct costs a name.
 */
#ifndef JIFFY_KTYPE_H
#define JIFFY_KTYPE_H

#include "../kernel/kernel.h"
#include "../types/types.h"

struct ktypes;

/* Types go to `t`; without a kernel there are none. `local`, if not NULL, is
 * asked first for each "struct x": definitions of the script win over those of
 * the kernel. */
typedef const struct type *ktype_local_fn(void *arg, const char *name);
struct ktypes *ktypes_new(struct types *t, struct kernel *k,
			  ktype_local_fn *local, void *arg);

/* "struct x", "union x", "enum x" or a typedef's name, in vmlinux or else in
 * a module; NULL: nowhere. Enums are 8 bytes wide (REFERENCE 2.1). */
const struct type *ktype_find(struct ktypes *k, const char *name);
/* "struct x" or "union x", looked up when it is completed: the same pointer
 * as ktype_find's. Never NULL. */
const struct type *ktype_struct(struct ktypes *k, const char *name);
/* "enum x" as wide as its fields are; NULL: nowhere, or it has no constants. */
const struct type *ktype_enum_field(struct ktypes *k, const char *name);
/* The type of an id. `as`, where not AS_NONE: the space of its pointers. */
const struct type *ktype_of(struct ktypes *k, const struct kbtf *b, uint32_t id,
			    enum addrspace as);
/* Fill in a struct's size and fields; those of anonymous members too. False:
 * nobody knows the struct. */
bool ktype_complete(struct ktypes *k, const struct type *t);
/* The same for all that lies in a value of type `t`. */
void ktype_complete_value(struct ktypes *k, const struct type *t);
/* An enum's constant: its type, 8 bytes wide, and value; NULL: none. */
const struct type *ktype_constant(struct ktypes *k, const char *name,
				  uint64_t *value);

#endif
