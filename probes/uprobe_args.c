/* SPDX-License-Identifier: MIT */
/*
 * Owns `args` of uprobes: the function's debug information says what is where,
 * here it becomes a struct and the code that fills it.
 *
 *	args: each parameter in whole words, in order; a narrow one is cut to
 *	its width, so that equal arguments are equal bytes
 */
#include <string.h>

#include "internal.h"

static struct dwarf *
dwarf_of(struct sema *s, const struct unit *u)
{
	const struct uprobe_site *p =
		u->targets.n ? u->targets.v[0].data : NULL;

	return p ? probe_dwarf(sema_in(s), p->image) : NULL;
}

static uint32_t
words_of(const struct dwarf_param *p)
{
	return p->nregs ? p->nregs : 1;
}

static const struct type *
make_struct(struct sema *s, const struct target *t,
	    const struct dwarf_params *params)
{
	struct arena *a = sema_arena(s);
	struct field *f = arena_alloc(a, params->n * sizeof(*f));
	uint32_t offset = 0;

	for (uint32_t i = 0; i < params->n; i++) {
		f[i].name = params->v[i].name;
		f[i].type = params->v[i].type;
		f[i].offset = offset;
		offset += words_of(&params->v[i]) * 8;
	}
	return type_struct(sema_types(s),
			   arena_printf(a, "struct %s_args", t->probe), offset,
			   f, params->n);
}

static const struct type *
no_args(struct sema *s, const struct unit *u, const char *why)
{
	const struct target *t = &u->targets.v[0];

	sema_error_at(s, u->ap->span, "Could not parse arguments of \"%s\": %s",
		      t->probe, why);
	return NULL;
}

const struct type *
uprobe_args(struct sema *s, struct unit *u, struct span at)
{
	const struct target *t = &u->targets.v[0];
	struct dwarf *d = dwarf_of(s, u);
	struct dwarf_params *params;

	if (!d)
		return no_args(s, u,
			       arena_printf(sema_arena(s),
					    "no debuginfo found for %s%s",
					    t->group, dwarf_absent()));
	params = arena_alloc(sema_arena(s), sizeof(*params));
	if (t->offset || !dwarf_params(d, t->address, params) || !params->n) {
		sema_error_at(s, at, "Cannot read function parameters");
		return NULL;
	}
	if (params->on_stack)
		return no_args(s, u,
			       "'args' builtin is not supported for probes "
			       "with stack-passed arguments.");
	u->args_data = params;
	return make_struct(s, t, params);
}

static const struct dwarf_param *
find_param(const struct dwarf_params *params, const char *name)
{
	for (uint32_t i = 0; i < params->n; i++)
		if (!strcmp(params->v[i].name, name))
			return &params->v[i];
	return NULL;
}

static bool
same_param(const struct dwarf_param *a, const struct dwarf_param *b)
{
	return a->type == b->type && a->nregs == b->nregs &&
	       !memcmp(a->regs, b->regs, a->nregs * sizeof(*a->regs));
}

/* Whether one program reads these parameters of both: then they may differ in
 * all others, but each must stand at the same place of the struct. */
bool
uprobe_same_fields(struct sema *s, const struct target *a,
		   const struct target *b, const char *const *fields)
{
	const struct uprobe_site *pa = a->data, *pb = b->data;
	struct dwarf *da = probe_dwarf(sema_in(s), pa->image);
	struct dwarf *db = probe_dwarf(sema_in(s), pb->image);
	struct dwarf_params va, vb;
	const struct dwarf_param *x, *y;

	if (!fields || !da || da != db || a->offset || b->offset ||
	    !dwarf_params(da, a->address, &va) ||
	    !dwarf_params(db, b->address, &vb) || va.on_stack || vb.on_stack)
		return false;
	for (; *fields; fields++) {
		x = find_param(&va, *fields);
		y = find_param(&vb, *fields);
		if (!x || !y || !same_param(x, y))
			return false;
	}
	return true;
}

const struct type *
uprobe_named_type(struct sema *s, const struct unit *u, const char *name)
{
	struct dwarf *d = dwarf_of(s, u);

	return d ? dwarf_named_type(d, name) : NULL;
}

/* ---- code ---- */

/* A word of an argument, what lies behind its end cleared. */
static void
store_word(struct lower *l, struct mem at, struct ref v, uint32_t bytes)
{
	if (bytes >= 8 || bytes == 4 || bytes == 2 || bytes == 1) {
		ir_store(l, at.base, at.off, v, bytes >= 8 ? 8 : bytes);
		return;
	}
	v = ir_bin(l, IR_AND, v, ir_const(l, (1ll << (bytes * 8)) - 1));
	ir_store(l, at.base, at.off, v, 8);
}

struct ref
uprobe_load_args(struct lower *l)
{
	const struct unit *u = ir_unit(l);
	const struct dwarf_params *params = u->args_data;
	struct mem all = ir_obj(l, u->args->size, 8), at = all;

	ir_mem_zero(l, all, u->args->size);
	for (uint32_t i = 0; i < params->n; i++) {
		const struct dwarf_param *p = &params->v[i];
		uint32_t left = p->type->size;

		at.off = all.off + (int32_t)u->args->fields[i].offset;
		for (uint32_t k = 0; k < p->nregs && left; k++) {
			store_word(l, at, probe_arg(l, p->regs[k]), left);
			at.off += 8;
			left -= left < 8 ? left : 8;
		}
	}
	return ir_addr(l, all);
}
