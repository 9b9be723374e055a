// SPDX-License-Identifier: MIT
/* Words on whole maps and their keys: delete, has_key, find, len, clear,
 * zero. */
#include "internal.h"

static bool
is_map(const struct node *n)
{
	return n && n->kind == N_MAP && !n->map.keys.n && n->map.map;
}

static struct ref
delete_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const struct node *key = ir_nargs(n) > 1 ? ir_arg_node(n, 1) : NULL;

	(void)dst;
	return ir_map_delete(l, ir_arg_node(n, 0), key);
}

static bool
delete_check(struct sema *s, struct node *n)
{
	struct node *m = sema_arg(n, 0);

	if (!is_map(m))
		return true;
	m->map.map->deleted = true;
	if (ir_nargs(n) == 2 && m->map.map->scalar)
		return sema_error(s, n,
				  "call to delete() with two arguments expects "
				  "a map with explicit keys (non-scalar map)");
	if (ir_nargs(n) == 1 && m->map.map->key)
		return sema_error(s, n,
				  "call to delete() with a single argument "
				  "expects a map without explicit keys "
				  "(scalar map)");
	return true;
}

static bool
needs_keys(struct sema *s, struct node *n)
{
	struct node *m = sema_arg(n, 0);

	if (is_map(m) && m->map.map->scalar && !m->map.map->keyed)
		return sema_error(s, n,
				  "call to %s() expects a map with explicit "
				  "keys (non-scalar map)",
				  n->call.name);
	return true;
}

static struct ref
has_key_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)dst;
	return ir_map_has(l, ir_arg_node(n, 0), ir_arg_node(n, 1));
}

static bool
find_check(struct sema *s, struct node *n)
{
	const struct mapdef *m = sema_map(sema_arg(n, 0));
	const struct type *value = m ? m->value : NULL;

	if (!needs_keys(s, n))
		return false;
	if (m && m->open && m->open->flexible)
		value = m->open;
	if (!value || !value->nominal || !value->nominal->map_only)
		return sema_assign_var(s, n, sema_arg(n, 2), value);
	if (!value->nominal->to_int)
		return sema_error(s, n,
				  "Value '%s' cannot be assigned to a scratch "
				  "variable.",
				  type_name(value));
	return sema_assign_var(s, n, sema_arg(n, 2),
			       type_int(sema_types(s), 8, value->is_signed));
}

static struct ref
find_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)dst;
	return ir_map_find(l, ir_arg_node(n, 0), ir_arg_node(n, 1),
			   ir_arg_node(n, 2));
}

static bool
len_check(struct sema *s, struct node *n)
{
	const struct node *x = sema_arg(n, 0);

	if (is_map(x))
		return needs_keys(s, n);
	if (!x->type || x->type->kind == TY_ERROR || stack_is(x->type))
		return true;
	return sema_error(s, n,
			  "call to len() expects a map, ustack, or kstack");
}

static struct ref
len_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)dst;
	if (!is_map(ir_arg_node(n, 0)))
		return stack_frames(l, ir_arg_node(n, 0));
	return ir_map_len(l, ir_arg_node(n, 0));
}

static void
clear_event(struct session *s, const struct event *e)
{
	maps_clear(s, event_map(e, 0));
}

static void
zero_event(struct session *s, const struct event *e)
{
	maps_zero(s, event_map(e, 0));
}

/* clang-format off */
const struct builtin map_words[] = {
	{ "delete", "(map, key = none) -> bool", "remove an element",
	  WORD_MACRO | WORD_EFFECT, .check = delete_check,
	  .lower = delete_lower },
	{ "has_key", "(map, key) -> bool", "whether a map has a key",
	  WORD_MACRO, .check = needs_keys, .lower = has_key_lower },
	{ "find", "(map, key, var) -> bool", "read an element, if any",
	  WORD_MACRO | WORD_EFFECT, .check = find_check, .lower = find_lower },
	{ "len", "(map|any) -> int64", "number of elements or of frames",
	  WORD_MACRO, .check = len_check, .lower = len_lower },
	{ "clear", "(map) -> void", "remove all elements", .lower = ir_emit,
	  .on_event = clear_event },
	{ "zero", "(map) -> void", "set all values to zero", .lower = ir_emit,
	  .on_event = zero_event },
	{ 0 },
};
/* clang-format on */
