/* SPDX-License-Identifier: MIT */
/*
 * Parts of values: fields, elements, and the sizes and offsets of types.
 */
#include <string.h>

#include "internal.h"

static void
fail(struct sema *s, struct node *n)
{

	n->type = type_error(s->t);
}

/* What pointers lead to, through all of them. */
static const struct type *
aggregate_behind(const struct type *t)
{
	while (t->kind == TY_POINTER)
		t = t->to;
	return t;
}

/* The pointer through which `n` is reached, or NULL. */
static const struct type *
reached_through(const struct node *n)
{
	while (n->type->kind != TY_POINTER) {
		if (n->kind == N_FIELD)
			n = n->field.x;
		else if (n->kind == N_INDEX)
			n = n->index.x;
		else if (n->kind == N_UNARY)
			n = n->unary.x;
		else
			return NULL;
	}
	return n->type;
}

/* Pointers in a struct lead where the pointer to it did, unless the field
 * says otherwise; else where their type does. */
static const struct type *
field_type(struct sema *s, const struct node *n, const struct field *f)
{
	const struct type *via = reached_through(n->field.x), *t = f->type;
	enum addrspace as = t->as;

	if (t->kind != TY_POINTER)
		return t;
	if (f->as != AS_NONE)
		as = f->as;
	else if (via && (via->as == AS_USER || via->as == AS_NONE))
		as = via->as;
	else if (via && as == AS_NONE)
		as = AS_KERNEL;
	return as == t->as ? t : type_pointer(s->t, t->to, as);
}

static void
hint_field(struct sema *s, const struct type *t, const char *name)
{
	struct nearest near = { .word = name };
	uint32_t i;

	if (!s->final)
		return;
	for (i = 0; i < t->nfields; i++)
		if (t->fields[i].name)
			nearest_try(&near, t->fields[i].name);
	for (i = 0; i < t->npromoted; i++)
		if (t->promoted[i].name)
			nearest_try(&near, t->promoted[i].name);
	if (near.best)
		diag_hint(s->d, "did you mean '%s'?", near.best);
}

static bool
is_params(const struct sema *s, const struct type *t)
{
	return s->unit && s->unit->args == t &&
	       (s->unit->type->flags & PROBE_PARAMS);
}

/* Where no kernel type is known, its name is no mistake. */
static void
hint_types(struct sema *s)
{
	if (s->in->kernel && !kernel_btf(s->in->kernel))
		diag_hint(s->d,
			  "there are no kernel types here "
			  "(/sys/kernel/btf/vmlinux); give them with "
			  "--btf FILE, or #include what defines this one");
}

static void
no_field(struct sema *s, struct node *n, const struct type *t)
{
	const char *name = n->field.name;
	const char *(*hidden)(const char *field) =
		t == s->unit->args ? s->unit->type->hidden : NULL;

	fail(s, n);
	if (hidden && hidden(name)) {
		sema_error(s, n, "%s", hidden(name));
		return;
	}
	if (is_params(s, t))
		sema_error(s, n, "Can't find function parameter %s", name);
	else if (t->kind == TY_RECORD)
		sema_error(s, n, "Record does not contain a field named '%s'",
			   name);
	else if (t->kind != TY_STRUCT)
		sema_error(s, n,
			   "Can not access field '%s' on expression of type "
			   "'%s'",
			   name, type_name(t));
	else if (!t->nfields && !t->size)
		sema_error(s, n, "Unknown struct/union: '%s'", type_name(t));
	else
		sema_error(s, n,
			   "Struct/union of type '%s' does not contain a field "
			   "named '%s'",
			   type_name(t), name);
	if (t->kind == TY_STRUCT && !t->nfields && !t->size)
		hint_types(s);
	hint_field(s, t, name);
}

static void
tuple_item(struct sema *s, struct node *n, const struct type *t, uint64_t i)
{
	if (t->kind != TY_TUPLE) {
		fail(s, n);
		sema_error(s, n,
			   "Can not access index '%llu' on expression of type "
			   "'%s'",
			   (unsigned long long)i, type_name(t));
		if (n->field.x->kind == N_INT)
			diag_hint(s->d, "numbers are whole ones");
		return;
	}
	if (i >= t->nfields) {
		fail(s, n);
		sema_error(s, n,
			   "Invalid tuple index: %llu. Found %u elements in "
			   "tuple.",
			   (unsigned long long)i, t->nfields);
		return;
	}
	n->type = t->fields[i].type;
	if (n->kind == N_FIELD)
		n->field.field = &t->fields[i];
}

/* A field of a record that is written out, where all of it is known. */
static bool
fold_field(struct node *n)
{
	const struct node *x = n->field.x;
	struct node *found = NULL;
	uint32_t i;

	if (x->kind != N_RECORD || !n->field.name)
		return false;
	for (i = 0; i < x->record.items.n; i++) {
		const struct named_expr *item = &x->record.items.v[i];

		if (!is_literal(item->value))
			return false;
		if (!strcmp(item->name, n->field.name))
			found = item->value;
	}
	if (found) {
		struct span at = n->span;

		*n = *found;
		n->span = at;
	}
	return found;
}

void
check_field(struct sema *s, struct node *n)
{
	const struct type *t;

	check_expr(s, n->field.x);
	if (fold_field(n))
		return;
	t = n->field.x->type;
	n->type = t;
	if (!t || is_error(t))
		return;
	if (!n->field.name) {
		tuple_item(s, n, t, n->field.index);
		return;
	}
	t = aggregate_behind(t);
	complete_type(s, t);
	if (t->kind == TY_STRUCT || t->kind == TY_RECORD)
		n->field.field = type_field(t, n->field.name);
	if (!n->field.field) {
		no_field(s, n, t);
		return;
	}
	if (n->field.field->tag) {
		fail(s, n);
		sema_error(s, n,
			   "Attempting to access pointer field '%s' with "
			   "unsupported tag attribute: %s",
			   n->field.name, n->field.field->tag);
		return;
	}
	if (is_params(s, t) && n->field.field->type->kind == TY_NONE) {
		fail(s, n);
		sema_error(s, n, "%s has unsupported type", n->field.name);
		return;
	}
	if (n->field.x->type->kind == TY_POINTER)
		sema_warn_space(s, n->field.x);
	n->type = field_type(s, n, n->field.field);
}

void
sema_make_path(struct sema *s, struct node *n, struct node *base,
	       const char *const *path)
{
	struct span at = n->span;

	for (; *path; path++) {
		struct node *f = path[1] ? arena_alloc(s->a, sizeof(*f)) : n;

		memset(f, 0, sizeof(*f));
		f->kind = N_FIELD;
		f->span = at;
		f->field.x = base;
		f->field.name = *path;
		base = f;
	}
	check_field(s, n);
}

static void
out_of_bounds(struct sema *s, struct node *n, int64_t i, uint32_t size)
{
	fail(s, n);
	sema_error(s, n, "the index %lld is out of bounds for array of size %u",
		   (long long)i, size);
}

static void
string_item(struct sema *s, struct node *n, int64_t i, bool known)
{
	const struct node *x = n->index.x;

	if (known && (i < 0 || i >= x->type->size)) {
		out_of_bounds(s, n, i, x->type->size);
		return;
	}
	if (known && x->kind == N_STR) {
		uint8_t c = i < x->str.len ? (uint8_t)x->str.text[i] : 0;

		sema_make_int(s, n, c, false);
		return;
	}
	n->type = type_int(s->t, 1, true);
}

static void
array_item(struct sema *s, struct node *n, int64_t i, bool known)
{
	const struct type *t = n->index.x->type;

	n->type = t->to;
	if (known && t->count && (i < 0 || (uint64_t)i >= t->count))
		out_of_bounds(s, n, i, t->count);
}

static void
pointer_item(struct sema *s, struct node *n)
{
	const struct type *t = n->index.x->type;

	n->type = t->to;
	complete_type(s, t->to);
	sema_warn_space(s, n->index.x);
	if (t->to->size)
		return;
	fail(s, n);
	sema_error(s, n,
		   "The array index operator [] cannot be used on a pointer to "
		   "an unsized type (%s).",
		   type_name(t));
}

static bool
index_is_int(struct sema *s, const struct node *n)
{
	const struct type *t = n->index.index->type;

	int64_t i;

	if (type_is_int(t) && t->kind != TY_BOOL &&
	    (!sema_literal_int(n->index.index, &i) || i >= 0))
		return true;
	if (!is_error(t))
		sema_error(s, n,
			   "The array index operator [] only accepts "
			   "non-negative integer indices. Got: %s",
			   type_name(t));
	return false;
}

void
check_index(struct sema *s, struct node *n)
{
	const struct type *t;
	int64_t i = 0;
	bool known;

	check_expr(s, n->index.x);
	check_value(s, n->index.index);
	t = n->index.x->type;
	n->type = t;
	if (!t || is_error(t) || !n->index.index->type) {
		n->type = t && is_error(t) ? t : NULL;
		return;
	}
	if (!index_is_int(s, n)) {
		fail(s, n);
		return;
	}
	known = sema_literal_int(n->index.index, &i);
	if (t->kind == TY_STRING)
		string_item(s, n, i, known);
	else if (t->kind == TY_ARRAY)
		array_item(s, n, i, known);
	else if (t->kind == TY_POINTER)
		pointer_item(s, n);
	else if (t->kind == TY_TUPLE && known)
		tuple_item(s, n, t, (uint64_t)i);
	else if (t->kind == TY_TUPLE) {
		fail(s, n);
		sema_error(s, n,
			   "Array-style access for tuples only valid for "
			   "integer literals");
	} else {
		fail(s, n);
		sema_error(s, n,
			   "The array index operator [] can only be used on "
			   "arrays, pointers, and tuples, found %s.",
			   type_name(t));
	}
}

void
check_asked(struct sema *s, struct node *n)
{
	bool outer = s->asked;

	s->asked = true;
	check_expr(s, n);
	s->asked = outer;
}

/* What sizeof and offsetof are asked about; NULL: unknown yet or reported. */
static const struct type *
type_asked(struct sema *s, struct type_expr *of, struct node *x)
{
	const struct type *t;

	/* sizeof(x): a bare name is a type if there is one. */
	if (x && x->kind == N_IDENT) {
		t = type_by_name(s, x->ident.name);
		if (!t && !find_word(s, x->ident.name))
			t = lookup_type(s, x->ident.name);
		if (t)
			return t;
	}
	if (x && x->kind == N_TYPEOF) /* a macro's argument */
		return type_asked(s, x->of.of, x->of.x);
	if (x) {
		check_asked(s, x);
		return x->type;
	}
	t = resolve_type(s, of, NULL);
	return t ? t : type_error(s->t);
}

void
check_sizeof(struct sema *s, struct node *n)
{
	const struct type *t = type_asked(s, n->of.of, n->of.x);

	n->type = t;
	if (!t || is_error(t))
		return;
	complete_type(s, t);
	/* Of an aggregation: of the number it is read as. */
	sema_make_int(s, n, is_aggregate(t) ? 8 : t->size, false);
}

/* ---- typeinfo ---- */

static bool
may_use_typeinfo(struct sema *s, const struct node *n)
{
	const char *setting = s->in->config->unstable_typeinfo;
	const struct node nowhere = { .kind = N_TYPEINFO };

	if (!strcmp(setting, "error"))
		return sema_error(s, n,
				  "typeinfo feature is not enabled by default. "
				  "To enable this unstable feature, set the "
				  "config flag to enable. "
				  "unstable_typeinfo=enable");
	if (!strcmp(setting, "warn"))
		sema_warn(s, &nowhere,
			  "Script is using an unstable feature: typeinfo. To "
			  "prevent this warning you must explicitly enable it "
			  "in the config e.g. unstable_typeinfo=enable");
	return true;
}

static const char *
base_name(const struct type *t)
{
	return t->kind == TY_INT ? "int" : sema_kind_name(t);
}

/* A record of literals: the id in BTF, which is 0 as upstream, the kind and
 * the name. */
void
check_typeinfo(struct sema *s, struct node *n)
{
	static const char *const names[] = { "btf_id", "base_type",
					     "full_type" };
	const struct type *t = type_asked(s, n->of.of, n->of.x), *types[3];
	struct node record = { .kind = N_RECORD, .span = n->span };
	uint32_t i;

	n->type = t;
	if (!t || is_error(t))
		return;
	if (!may_use_typeinfo(s, n)) {
		fail(s, n);
		return;
	}
	for (i = 0; i < 3; i++) {
		struct node *x = arena_alloc(s->a, sizeof(*x));
		struct named_expr *item = vec_push(s->a, &record.record.items);

		x->span = n->span;
		if (i == 0)
			sema_make_int(s, x, 0, false);
		else if (i == 1)
			sema_make_str(s, x, base_name(t));
		else
			sema_make_str(s, x, type_name(t));
		item->name = names[i];
		item->value = x;
		types[i] = type_settle(s->t, x->type);
	}
	*n = record;
	n->type = type_record(s->t, names, types, 3);
}

void
check_offsetof(struct sema *s, struct node *n)
{
	const struct type *t = type_asked(s, n->offset.of, n->offset.x);
	uint64_t off = 0;
	uint32_t i;

	n->type = t;
	if (!t || is_error(t))
		return;
	t = aggregate_behind(t);
	for (i = 0; i < n->offset.path.n; i++) {
		const char *name = n->offset.path.v[i];
		const struct field *f;

		complete_type(s, t);
		f = type_field(t, name);
		if (t->kind != TY_STRUCT) {
			fail(s, n);
			sema_error(s, n, "'%s' is not a C type.", type_name(t));
			return;
		}
		if (!f) {
			fail(s, n);
			sema_error(s, n, "'%s' has no field named '%s'",
				   type_name(t), name);
			hint_field(s, t, name);
			return;
		}
		off += f->offset;
		t = f->type;
	}
	sema_make_int(s, n, off, false);
}
