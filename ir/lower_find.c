/* SPDX-License-Identifier: MIT */
/*
 * A lookup that says whether there was an element: find(@map, key, $var).
 */
#include "lower.h"

static void
go_on(struct lower *l, struct blk *next)
{
	ir_seal(l, next);
	ir_at(l, next);
}

/* A cell's value into a variable of a type that holds it. */
static void
assign_cell(struct lower *l, const struct var *v, const struct type *t,
	    struct mem cell)
{
	if (type_is_scalar(v->type))
		lower_var_set(l, v,
			      lower_convert(l, lower_load_scalar(l, cell, t), t,
					    v->type));
	else
		lower_convert_mem(l, t, cell, v->type, lower_var_mem(l, v));
}

struct ref
ir_map_find(struct lower *l, const struct node *map, const struct node *key,
	    const struct node *var)
{
	const struct mapdef *def = map->map.map;
	struct blk *hit = ir_blk(l), *join = ir_blk(l);
	uint32_t found = ir_slot(l);
	struct ref cell, value;
	struct mem where;

	if (!def->value)
		return ir_const(l, 0);
	ir_slot_set(l, found, ir_const(l, 0));
	where = lower_key(l, def, key);
	cell = lower_lookup(l, def, where);
	ir_br(l, CC_NE, cell, ir_const(l, 0), hit, join);
	go_on(l, hit);
	if (lower_is_agg(def->value)) {
		value = lower_reduce(l, def, where);
		lower_var_set(l, var->var.var, value);
	} else {
		assign_cell(l, var->var.var, def->value,
			    (struct mem){ cell, 0 });
	}
	ir_slot_set(l, found, ir_const(l, 1));
	ir_jmp(l, join);
	go_on(l, join);
	return ir_slot_get(l, found);
}
