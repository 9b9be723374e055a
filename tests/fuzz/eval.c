/* SPDX-License-Identifier: MIT */
/*
 * Owns values and expressions of the reference evaluator: REFERENCE 1.4, 2.2,
 * 2.3, 2.6, 2.7.
 */
#include <string.h>

#include "eval.h"

/* ---- values ---- */

/* What is left of 64 bits in a scalar type, extended again. */
static uint64_t
fit(const struct type *t, uint64_t v)
{
	unsigned bits = t->size * 8;

	if (t->kind == TY_BOOL)
		return v & 1;
	if (bits >= 64)
		return v;
	v &= ((uint64_t)1 << bits) - 1;
	if (t->is_signed && v >> (bits - 1))
		v |= ~(uint64_t)0 << bits;
	return v;
}

static struct val
scalar(const struct type *t, uint64_t v)
{
	return (struct val){ .t = t, .i = fit(t, v) };
}

static struct val
memory(struct ev *e, const struct type *t)
{
	return (struct val){ .t = t, .p = arena_alloc(e->a, t->size + 8) };
}

struct val
eval_zero(struct ev *e, const struct type *t)
{
	return type_is_scalar(t) ? scalar(t, 0) : memory(e, t);
}

struct val
eval_load(const struct type *t, unsigned char *p)
{
	uint64_t v = 0;

	if (!type_is_scalar(t))
		return (struct val){ .t = t, .p = p };
	memcpy(&v, p, t->size);
	return scalar(t, v);
}

static const struct field *
same_field(const struct type *from, const struct type *to, uint32_t i)
{
	if (to->kind == TY_RECORD)
		return type_field(from, to->fields[i].name);
	return &from->fields[i];
}

static void
store_fields(struct ev *e, unsigned char *p, struct val v, const struct type *t)
{
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *f = same_field(v.t, t, i);

		eval_store(e, p + t->fields[i].offset,
			   eval_load(f->type, v.p + f->offset),
			   t->fields[i].type);
	}
}

void
eval_store(struct ev *e, unsigned char *p, struct val v, const struct type *t)
{
	uint32_t n = v.t->size < t->size ? v.t->size : t->size;
	uint64_t i;

	if (type_is_scalar(t)) {
		i = eval_convert(e, v, t).i;
		memcpy(p, &i, t->size);
		return;
	}
	memset(p, 0, t->size);
	if (t->kind == TY_TUPLE || t->kind == TY_RECORD)
		store_fields(e, p, v, t);
	else if (t->kind == TY_STRING)
		memcpy(p, v.p, strnlen((char *)v.p, n));
	else
		memcpy(p, v.p, n);
}

struct val
eval_convert(struct ev *e, struct val v, const struct type *t)
{
	struct val r;

	if (type_is_scalar(t)) {
		if (t->kind == TY_BOOL)
			return scalar(t, v.i != 0);
		return scalar(t, v.i);
	}
	r = memory(e, t);
	eval_store(e, r.p, v, t);
	return r;
}

/* ---- comparison ---- */

static bool
equal_strings(struct val a, struct val b)
{
	uint32_t n = a.t->size < b.t->size ? a.t->size : b.t->size;

	return !strncmp((char *)a.p, (char *)b.p, n);
}

bool
eval_equal(struct val a, struct val b)
{
	if (type_is_scalar(a.t))
		return a.i == b.i;
	if (a.t->kind == TY_STRING)
		return equal_strings(a, b);
	if (a.t->kind == TY_ARRAY)
		return !memcmp(a.p, b.p, a.t->size);
	for (uint32_t i = 0; i < a.t->nfields; i++) {
		const struct field *f = &a.t->fields[i];
		const struct field *g = same_field(b.t, a.t, i);

		if (!eval_equal(eval_load(f->type, a.p + f->offset),
				eval_load(g->type, b.p + g->offset)))
			return false;
	}
	return true;
}

/* Literals only: an integer, or one in a tuple or record. */
static bool
holds_literals(const struct type *t)
{
	if (t->kind == TY_INT)
		return t->flexible;
	if (t->kind != TY_TUPLE && t->kind != TY_RECORD)
		return false;
	for (uint32_t i = 0; i < t->nfields; i++)
		if (holds_literals(t->fields[i].type))
			return true;
	return false;
}

/* What holds literals only has a sign where it is read, as they have. */
static struct val
as_read(const struct node *n, struct val v)
{
	if (n->type && n->type->size == v.t->size && holds_literals(n->type))
		v.t = n->type;
	return v;
}

/* Signed if either side is; a literal takes the other side's sign. */
static bool
signed_compare(const struct type *a, const struct type *b)
{
	if (a->flexible && !b->flexible)
		return b->kind == TY_INT && b->is_signed;
	if (b->flexible && !a->flexible)
		return a->kind == TY_INT && a->is_signed;
	return (a->kind == TY_INT && a->is_signed) ||
	       (b->kind == TY_INT && b->is_signed);
}

static bool
less(struct val a, struct val b)
{
	if (signed_compare(a.t, b.t))
		return (int64_t)a.i < (int64_t)b.i;
	return a.i < b.i;
}

static bool
compare(enum operator_kind op, struct val a, struct val b)
{
	switch ((int)op) {
	case OP_EQ:
		return eval_equal(a, b);
	case OP_NE:
		return !eval_equal(a, b);
	case OP_LT:
		return less(a, b);
	case OP_GT:
		return less(b, a);
	case OP_LE:
		return !less(b, a);
	}
	return !less(a, b);
}

/* ---- operators ---- */

struct val
eval_arith(enum operator_kind op, struct val a, struct val b,
	   const struct type *t)
{
	uint64_t x = a.i, y = b.i;

	switch ((int)op) {
	case OP_ADD:
		return scalar(t, x + y);
	case OP_SUB:
		return scalar(t, x - y);
	case OP_MUL:
		return scalar(t, x * y);
	case OP_DIV:
		return scalar(t, y ? x / y : 1);
	case OP_MOD:
		return scalar(t, y ? x % y : 1);
	case OP_BAND:
		return scalar(t, x & y);
	case OP_BOR:
		return scalar(t, x | y);
	case OP_BXOR:
		return scalar(t, x ^ y);
	case OP_SHL:
		return scalar(t, x << (y & 63));
	}
	return scalar(t, x >> (y & 63));
}

static struct val
binary(struct ev *e, const struct node *n)
{
	enum operator_kind op = n->binary.op;
	struct val a, b;

	if (op == OP_LAND)
		return scalar(n->type, eval_true(e, n->binary.l) &&
					       eval_true(e, n->binary.r));
	if (op == OP_LOR)
		return scalar(n->type, eval_true(e, n->binary.l) ||
					       eval_true(e, n->binary.r));
	a = eval(e, n->binary.l);
	b = eval(e, n->binary.r);
	if (e->sorry)
		return eval_zero(e, n->type);
	if (op >= OP_EQ && op <= OP_GE)
		return scalar(n->type, compare(op, a, b));
	if (n->type->kind == TY_BOOL) /* of two bools */
		return scalar(
			n->type,
			eval_arith(op, a, b, type_int(e->in->types, 8, false))
					.i != 0);
	return eval_arith(op, a, b, n->type);
}

/* ++ and --: 64-bit, then as wide as the place. */
static struct val
step(struct ev *e, const struct node *n)
{
	const struct node *x = n->unary.x;
	enum operator_kind op = n->unary.op;
	bool down = op == OP_PREDEC || op == OP_POSTDEC;
	struct val old, new;

	if (x->kind == N_MAP) {
		const struct type *t = x->map.map->value;
		unsigned char *cell = eval_cell(e, x, true);

		old = eval_load(t, cell);
		new = scalar(t, down ? old.i - 1 : old.i + 1);
		eval_store(e, cell, new, t);
	} else {
		old = eval_var(e, x->var.var);
		new = scalar(old.t, down ? old.i - 1 : old.i + 1);
		eval_set_var(e, x->var.var, new);
	}
	return scalar(n->type,
		      op == OP_POSTINC || op == OP_POSTDEC ? old.i : new.i);
}

/* 64-bit; unsigned operands wrap at their own width. */
static struct val
negate(struct val x, const struct type *t, bool complement)
{
	uint64_t v = complement ? ~x.i : -x.i;

	if (!x.t->is_signed && x.t->size < 8)
		v &= ((uint64_t)1 << x.t->size * 8) - 1;
	return scalar(t, v);
}

/* ---- variables and addresses: ours stand for the kernel's ---- */

struct val
eval_var(struct ev *e, const struct var *var)
{
	unsigned char *home = e->homes[var->id];
	struct val v;

	if (!home)
		return e->vars[var->id];
	v = eval_load(var->type, home);
	return v.p ? eval_convert(e, v, var->type) : v;
}

void
eval_set_var(struct ev *e, const struct var *var, struct val v)
{
	if (e->sorry)
		return;
	if (e->homes[var->id])
		eval_store(e, e->homes[var->id], v, var->type);
	else
		e->vars[var->id] = eval_convert(e, v, var->type);
}

static struct val
address(struct ev *e, const struct node *n)
{
	const struct node *x = n->unary.x;
	unsigned char **home;

	if (x->kind != N_VAR) {
		e->sorry = "this address";
		return eval_zero(e, n->type);
	}
	home = &e->homes[x->var.var->id];
	if (!*home) {
		*home = arena_alloc(e->a, x->var.var->type->size + 8);
		eval_store(e, *home, e->vars[x->var.var->id], x->var.var->type);
	}
	return (struct val){ .t = n->type, .i = (uint64_t)(uintptr_t)*home };
}

/* What a pointer leads to. */
static struct val
behind(struct ev *e, struct val p, uint32_t off, const struct type *t)
{
	struct val v = eval_zero(e, t);

	if (e->sorry || !p.i)
		return v;
	return eval_load(t, (unsigned char *)(uintptr_t)p.i + off);
}

static struct val
bits(const struct field *f, const unsigned char *p, const struct type *t)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < f->bit_size; i++) {
		uint32_t at = f->bit_offset + i;

		v |= (uint64_t)(p[at / 8] >> at % 8 & 1) << i;
	}
	return scalar(t, v);
}

static struct val
unary(struct ev *e, const struct node *n)
{
	switch ((int)n->unary.op) {
	case OP_NEG:
		return negate(eval(e, n->unary.x), n->type, false);
	case OP_BNOT:
		return negate(eval(e, n->unary.x), n->type, true);
	case OP_NOT:
		return scalar(n->type, !eval_true(e, n->unary.x));
	case OP_ADDR:
		return address(e, n);
	case OP_DEREF:
		return behind(e, eval(e, n->unary.x), 0, n->type);
	case OP_PREINC:
	case OP_PREDEC:
	case OP_POSTINC:
	case OP_POSTDEC:
		return step(e, n);
	}
	e->sorry = ast_op_text(n->unary.op);
	return eval_zero(e, n->type);
}

/* ---- casts ---- */

static struct val
cast_to_memory(struct ev *e, struct val v, const struct type *t)
{
	struct val r = memory(e, t);

	if (type_is_scalar(v.t))
		memcpy(r.p, &v.i, v.t->size < t->size ? v.t->size : t->size);
	else
		eval_store(e, r.p, v, t);
	return r;
}

static struct val
cast(struct ev *e, const struct node *n)
{
	struct val v = eval(e, n->cast.x);
	uint64_t bytes = 0;

	if (e->sorry)
		return eval_zero(e, n->type);
	if (!type_is_scalar(n->type))
		return cast_to_memory(e, v, n->type);
	if (!type_is_scalar(v.t)) {
		if (n->type->kind == TY_BOOL)
			return scalar(n->type, v.p[0] != 0);
		memcpy(&bytes, v.p, v.t->size < 8 ? v.t->size : 8);
		return scalar(n->type, bytes);
	}
	return eval_convert(e, v, n->type);
}

/* ---- parts and wholes ---- */

static struct val
field(struct ev *e, const struct node *n)
{
	struct val v = eval(e, n->field.x);
	const struct field *f = n->field.field;

	if (v.t->kind == TY_POINTER)
		v.p = (unsigned char *)(uintptr_t)v.i;
	if (e->sorry || !f || !v.p) {
		e->sorry = e->sorry ? e->sorry : "a field";
		return eval_zero(e, n->type);
	}
	if (f->bit_size)
		return bits(f, v.p + f->offset, f->type);
	return eval_load(f->type, v.p + f->offset);
}

static struct val
element(struct ev *e, const struct node *n)
{
	struct val v = eval(e, n->index.x);
	struct val i = eval(e, n->index.index);
	uint32_t count;

	if (e->sorry)
		return eval_zero(e, n->type);
	if (v.t->kind == TY_TUPLE)
		return eval_load(n->type, v.p + v.t->fields[i.i].offset);
	if (v.t->kind == TY_POINTER)
		return behind(e, v, (uint32_t)i.i * n->type->size, n->type);
	count = v.t->size / n->type->size;
	if (i.i >= count)
		return eval_zero(e, n->type);
	return eval_load(n->type, v.p + i.i * n->type->size);
}

static struct val
tuple(struct ev *e, const struct node *n)
{
	struct val v = memory(e, n->type);

	for (uint32_t i = 0; i < n->tuple.items.n && !e->sorry; i++) {
		const struct field *f = &n->type->fields[i];

		eval_store(e, v.p + f->offset, eval(e, n->tuple.items.v[i]),
			   f->type);
	}
	return v;
}

static struct val
record(struct ev *e, const struct node *n)
{
	struct val v = memory(e, n->type);

	for (uint32_t i = 0; i < n->record.items.n && !e->sorry; i++) {
		const struct field *f =
			type_field(n->type, n->record.items.v[i].name);

		eval_store(e, v.p + f->offset,
			   eval(e, n->record.items.v[i].value), f->type);
	}
	return v;
}

/* ---- choices and blocks ---- */

bool
eval_true(struct ev *e, const struct node *n)
{
	if (n->kind == N_STR)
		return n->str.len > 0;
	return eval(e, n).i != 0;
}

static struct val
choose(struct ev *e, const struct node *n, const struct node *arm)
{
	struct val v = eval(e, arm);

	if (!v.t || e->sorry || !n->type || n->type->kind == TY_NONE)
		return (struct val){ .t = n->type };
	return eval_convert(e, v, n->type);
}

static struct val
block(struct ev *e, const struct node *n)
{
	eval_stmts(e, &n->block.stmts);
	if (n->block.value)
		return eval(e, n->block.value);
	return (struct val){ .t = n->type };
}

static struct val
literal(struct ev *e, const struct node *n)
{
	struct val v;

	if (n->kind != N_STR)
		return (struct val){ .t = n->type, .i = n->num.value };
	v = memory(e, n->type);
	memcpy(v.p, n->str.text, strnlen(n->str.text, n->str.len));
	return v;
}

static struct val
map_read(struct ev *e, const struct node *n)
{
	const struct type *t = n->map.map->value;
	unsigned char *cell = eval_cell(e, n, false);

	struct val v = eval_zero(e, t);

	if (!v.p)
		v = memory(e, t);
	if (cell)
		memcpy(v.p, cell, t->size);
	return eval_cell_value(e, t, v.p);
}

static struct val
dispatch(struct ev *e, const struct node *n)
{
	switch ((int)n->kind) {
	case N_INT:
	case N_BOOL:
	case N_STR:
		return literal(e, n);
	case N_VAR:
		return as_read(n, eval_var(e, n->var.var));
	case N_MAP:
		return as_read(n, map_read(e, n));
	case N_CALL:
		return eval_call(e, n);
	case N_UNARY:
		return unary(e, n);
	case N_BINARY:
		return binary(e, n);
	case N_TERNARY:
		return choose(e, n,
			      !eval_true(e, n->ternary.cond) ? n->ternary.other
			      : n->ternary.then              ? n->ternary.then
							     : n->ternary.cond);
	case N_IF:
		return choose(e, n,
			      eval_true(e, n->cond.cond) ? n->cond.then
							 : n->cond.other);
	case N_CAST:
		return cast(e, n);
	case N_FIELD:
		return field(e, n);
	case N_INDEX:
		return element(e, n);
	case N_TUPLE:
		return tuple(e, n);
	case N_RECORD:
		return record(e, n);
	case N_BLOCK:
		return block(e, n);
	case N_EXPR:
	case N_COMPTIME:
		return eval(e, n->expr.x);
	}
	e->sorry = ast_kind_name(n->kind);
	return eval_zero(e, n->type);
}

struct val
eval(struct ev *e, const struct node *n)
{
	static const struct type nothing = { .kind = TY_INT, .size = 8 };

	if (e->steps++ > 3000000)
		e->sorry = "too many steps";
	if (e->sorry || !n || !n->type) {
		e->sorry = e->sorry ? e->sorry : "no type";
		return (struct val){ .t = &nothing };
	}
	return dispatch(e, n);
}
