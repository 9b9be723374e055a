/* SPDX-License-Identifier: MIT */
/*
 * Owns the order in which the names of types and constants are looked up:
 * what the script defines, then the probed program, then the kernel (BTF).
 * Nothing is opened before a name is met that needs it.
 */
#include <string.h>

#include "internal.h"

static const struct type *
local_type(void *arg, const char *name)
{
	return script_type(arg, name);
}

static struct ktypes *
kernel_types(struct sema *s)
{
	if (!s->ktypes)
		s->ktypes = ktypes_new(s->t, s->in->kernel, local_type, s);
	return s->ktypes;
}

static const struct type *
program_type(struct sema *s, const char *name)
{
	const struct unit *u = s->unit;

	return u && u->type->named_type ? u->type->named_type(s, u, name)
					: NULL;
}

const struct type *
lookup_type(struct sema *s, const char *name)
{
	const struct type *t = script_type(s, name);

	if (!t)
		t = program_type(s, name);
	return t ? t : ktype_find(kernel_types(s), name);
}

const struct type *
lookup_kernel_type(struct sema *s, const char *name, bool whole)
{
	bool tagged =
		!strncmp(name, "struct ", 7) || !strncmp(name, "union ", 6);
	const struct type *t = program_type(s, name);

	if (t && whole)
		ktype_complete_value(kernel_types(s), t);
	if (t)
		return t;
	if (tagged && !whole)
		return ktype_struct(kernel_types(s), name);
	t = ktype_find(kernel_types(s), name);
	if (t)
		ktype_complete_value(kernel_types(s), t);
	return t;
}

const struct type *
sema_struct(struct sema *s, const char *name)
{
	if (strncmp(name, "union ", 6) != 0)
		name = arena_printf(s->a, "struct %s", name);
	return ktype_struct(kernel_types(s), name);
}

const struct type *
sema_enum(struct sema *s, const char *name, uint32_t size)
{
	const struct type *t = ktype_enum_field(
		kernel_types(s), arena_printf(s->a, "enum %s", name));

	return t && t->size == size ? t : NULL;
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
	const struct type *t = script_constant(s, name, value);

	return t ? t : ktype_constant(kernel_types(s), name, value);
}

void
complete_type(struct sema *s, const struct type *t)
{
	if (t->kind == TY_STRUCT && !script_complete(s, t))
		ktype_complete(kernel_types(s), t);
}

void
complete_value(struct sema *s, const struct type *t)
{
	const struct type *of = t;

	while (of->kind == TY_ARRAY)
		of = of->to;
	if (of->kind == TY_STRUCT) /* the script's, with all in it */
		script_complete(s, of);
	ktype_complete_value(kernel_types(s), t);
}
