/* SPDX-License-Identifier: MIT */
/*
 * Owns the order in which the names of types and constants are looked up:
 * what the script defines, then the kernel (BTF). Nothing is opened before a
 * name is met that needs it.
 */
#include <string.h>

#include "internal.h"

/* Definitions of the script's own: "struct x", "enum x", "x". */
static const struct type *
local_type(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static const struct type *
local_constant(struct sema *s, const char *name, uint64_t *value)
{
	(void)s;
	(void)name;
	(void)value;
	return NULL;
}

static bool
local_complete(struct sema *s, const struct type *t)
{
	(void)s;
	(void)t;
	return false;
}

static struct ktypes *
kernel_types(struct sema *s)
{
	if (!s->ktypes)
		s->ktypes = ktypes_new(s->t, s->in->kernel, local_type, s);
	return s->ktypes;
}

const struct type *
lookup_type(struct sema *s, const char *name)
{
	const struct type *t = local_type(s, name);

	return t ? t : ktype_find(kernel_types(s), name);
}

const struct type *
sema_struct(struct sema *s, const char *name)
{
	if (strncmp(name, "union ", 6) != 0)
		name = arena_printf(s->a, "struct %s", name);
	return ktype_struct(kernel_types(s), name);
}

const struct type *
sema_btf_type(struct sema *s, const struct kbtf *b, uint32_t id,
	      enum addrspace as)
{
	return ktype_of(kernel_types(s), b, id, as);
}

const struct type *
lookup_constant(struct sema *s, const char *name, uint64_t *value)
{
	const struct type *t = local_constant(s, name, value);

	return t ? t : ktype_constant(kernel_types(s), name, value);
}

void
complete_type(struct sema *s, const struct type *t)
{
	if (t->kind == TY_STRUCT && !local_complete(s, t))
		ktype_complete(kernel_types(s), t);
}

void
complete_value(struct sema *s, const struct type *t)
{
	ktype_complete_value(kernel_types(s), t);
}
