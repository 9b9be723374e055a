/* SPDX-License-Identifier: MIT */
/*
 * Variables of the script: SSA slots for scalars, objects for what lives in
 * memory, the capture frame for what loop bodies share. Structs and arrays
 * behind an address of the kernel or of a process stay there: the variable
 * holds the address (REFERENCE 2.4).
 */
#include "lower.h"

static void
place_var(struct lower *l, const struct var *v, struct lvar *lv)
{
	bool scalar = type_is_scalar(v->type) || lv->as != AS_BPF;
	uint32_t size = scalar ? 8 : v->type->size;
	struct mem m;

	lv->ready = true;
	if (scalar && !lv->addressed) {
		lv->at = AT_SLOT;
		lv->index = ir_slot(l);
		return;
	}
	lv->at = AT_OBJ;
	lv->index = l->f->objs.n;
	m = ir_obj(l, size ? size : 8, 8);
	if (lv->unset || lv->addressed)
		ir_mem_zero(l, m, size);
	l->f->objs.v[lv->index].pinned = lv->addressed;
}

/* The variables that one function alone uses, function by function: a script
 * may have as many loops as variables. */
static void
sort_vars(struct lower *l, struct unit_state *u)
{
	uint32_t i;

	u->own_vars = arena_alloc(l->prog->arena,
				  (u->nfuncs + 1) * sizeof(*u->own_vars));
	for (i = l->unit->vars.n; i-- > 0;) {
		const struct var *v = l->unit->vars.v[i];
		struct lvar *lv = &u->vars[v->id];

		if (!lv->seen || lv->captured || !v->type)
			continue;
		assert(lv->func <= u->nfuncs);
		lv->var = v;
		lv->next = u->own_vars[lv->func];
		u->own_vars[lv->func] = lv;
	}
}

void
lower_place_vars(struct lower *l, uint32_t func)
{
	struct unit_state *u = l->scope->u;
	struct lvar *lv;

	if (!u->own_vars)
		sort_vars(l, u);
	for (lv = u->own_vars[func]; lv; lv = lv->next)
		place_var(l, lv->var, lv);
}

struct lvar *
lower_var(struct lower *l, const struct var *v)
{
	struct lvar *lv;

	assert(v->id < l->scope->u->nvars);
	lv = &l->scope->u->vars[v->id];
	assert(lv->ready);
	return lv;
}

/* A declared variable that nobody uses has no place. */
bool
lower_var_known(const struct lower *l, const struct var *v)
{
	return v->id < l->scope->u->nvars && l->scope->u->vars[v->id].ready;
}

struct mem
lower_var_mem(struct lower *l, const struct var *v)
{
	const struct lvar *lv = lower_var(l, v);
	struct mem m;

	switch (lv->at) {
	case AT_OBJ:
		return (struct mem){ lower_obj_again(l, lv->index), 0 };
	case AT_FRAME:
		return lower_frame(l, lv->off);
	case AT_FRAME_PTR:
		if (!l->scope->callback)
			return (struct mem){ lower_obj_again(l, lv->index),
					     lv->inner };
		m = lower_frame(l, lv->off);
		return (struct mem){ ir_load(l, m.base, m.off, 8), lv->inner };
	case AT_SLOT:
		break;
	}
	assert(!"a scalar has no memory");
	return (struct mem){ REF_NONE, 0 };
}

/* In the frame a scalar is as wide as in a register: the verifier follows
 * such values. */
static bool
is_whole(const struct lvar *lv)
{
	return lv->as != AS_BPF || (lv->at == AT_FRAME && !lv->addressed);
}

struct ref
lower_var_get(struct lower *l, const struct var *v)
{
	const struct lvar *lv = lower_var(l, v);
	struct mem m;

	if (lv->at == AT_SLOT)
		return ir_slot_get(l, lv->index);
	m = lower_var_mem(l, v);
	if (is_whole(lv)) {
		struct ref x = ir_load(l, m.base, m.off, 8);

		if (lv->as == AS_BPF)
			lower_number(l, x, v->type);
		return x;
	}
	return lower_load_scalar(l, m, v->type);
}

/* What the verifier takes for a pointer: no arithmetic with the unknown. */
static bool
is_address(const struct lower *l, const struct var *v, struct ref x)
{
	const struct op *op;

	if (v->type->kind == TY_POINTER || !l->cur)
		return true;
	op = ir_op(l->f, ir_resolve(l->f, x));
	if (op->code == IR_ADD)
		op = ir_op(l->f, ir_resolve(l->f, op->arg[0]));
	return op->code == IR_CTX || op->code == IR_OBJ ||
	       op->code == IR_MAPVAL || op->code == IR_MAP;
}

/* The same address, as a number: what has been in a map's memory is no pointer
 * to the verifier, which lets no callback store one to the stack in its
 * caller's frame, and has rules for what may be added to one. */
struct ref
lower_as_number(struct lower *l, struct ref address)
{
	uint32_t obj = l->f->objs.n;
	struct mem m = ir_obj(l, 8, 8);

	l->f->objs.v[obj].scratch = true;
	ir_store(l, m.base, m.off, address, 8);
	return ir_load(l, m.base, m.off, 8);
}

void
lower_var_set(struct lower *l, const struct var *v, struct ref x)
{
	const struct lvar *lv = lower_var(l, v);
	struct mem m;

	if (lv->at == AT_SLOT) {
		ir_slot_set(l, lv->index, x);
		return;
	}
	m = lower_var_mem(l, v);
	if (lv->at == AT_FRAME && lv->as == AS_BPF && !is_address(l, v, x))
		x = ir_bin(l, IR_SHL, x, lower_unknown_zero(l));
	ir_store(l, m.base, m.off, x, is_whole(lv) ? 8 : v->type->size);
}

void
lower_var_clear(struct lower *l, const struct var *v)
{
	if (type_is_scalar(v->type) || lower_var(l, v)->as != AS_BPF)
		lower_var_set(l, v, ir_const(l, 0));
	else
		ir_mem_zero(l, lower_var_mem(l, v), v->type->size);
}

static void
assign_address(struct lower *l, const struct var *v, const struct node *value)
{
	struct lval lv = lower_lval(l, value);

	if (lv.as != lower_var(l, v)->as) {
		lower_sorry(l, value->span,
			    "a variable with structs of different address "
			    "spaces");
		return;
	}
	lower_var_set(l, v, ir_addr(l, lv.m));
}

void
lower_var_assign(struct lower *l, const struct var *v, const struct node *value)
{
	struct lvar *lv = lower_var(l, v);

	if (lv->as != AS_BPF) {
		assign_address(l, v, value);
	} else if (type_is_scalar(v->type)) {
		struct ref x = ir_expr(l, value);

		lower_var_set(l, v,
			      lower_convert(l, x, lower_value_type(l, value),
					    v->type));
	} else if (lv->addressed || lower_mentions_var(value, v)) {
		/* What is read of it is read before any of it changes. */
		struct mem m = lower_mem(l, value, v->type, lv->clean);

		ir_mem_copy(l, lower_var_mem(l, v), m, v->type->size);
	} else {
		lower_into(l, value, v->type, lower_var_mem(l, v), lv->clean);
	}
}
