/* SPDX-License-Identifier: MIT */
/*
 * Constant folding (REFERENCE 1.8): operators on literals become literals, in
 * 64 bits with the rules of C, unlike the same operators at run time. A
 * result that no 64-bit integer holds is an error.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

__extension__ typedef __int128 wide;

bool
is_literal(const struct node *n)
{
	uint32_t i;

	if (n->kind == N_INT || n->kind == N_STR || n->kind == N_BOOL)
		return true;
	if (n->kind != N_TUPLE)
		return false;
	for (i = 0; i < n->tuple.items.n; i++)
		if (!is_literal(n->tuple.items.v[i]))
			return false;
	return true;
}

bool
sema_is_constant(const struct node *n)
{
	uint32_t i;

	for (i = 0; n->kind == N_TUPLE && i < n->tuple.items.n; i++)
		if (!sema_is_constant(n->tuple.items.v[i]))
			return false;
	for (i = 0; n->kind == N_RECORD && i < n->record.items.n; i++)
		if (!sema_is_constant(n->record.items.v[i].value))
			return false;
	return n->kind == N_TUPLE || n->kind == N_RECORD || is_literal(n);
}

bool
is_number(const struct node *n)
{
	return n->kind == N_INT || n->kind == N_BOOL;
}

static wide
value_of(const struct node *n)
{
	return n->num.negative ? (wide)(int64_t)n->num.value
			       : (wide)n->num.value;
}

static bool
put_wide(struct sema *s, struct node *n, wide v)
{
	if (v < INT64_MIN || v > (wide)UINT64_MAX) {
		n->type = type_error(s->t);
		sema_error(s, n,
			   "unable to fold literals due to overflow or "
			   "underflow");
		return true;
	}
	sema_make_int(s, n, (uint64_t)v, v < 0);
	return true;
}

static bool
fail_fold(struct sema *s, struct node *n)
{
	return put_wide(s, n, (wide)1 << 100);
}

static bool
fold_shift(struct sema *s, struct node *n, enum operator_kind op, wide a,
	   wide b)
{
	if (b < 0 || b > 63)
		return fail_fold(s, n);
	if (op == OP_SHL && a < 0)
		return put_wide(s, n, (int64_t)((uint64_t)a << (unsigned)b));
	if (op == OP_SHL)
		return put_wide(s, n, (wide)((uint64_t)a << (unsigned)b));
	return put_wide(s, n, a >> (unsigned)b);
}

static bool
compare(enum operator_kind op, int c)
{
	switch ((int)op) {
	case OP_EQ:
		return c == 0;
	case OP_NE:
		return c != 0;
	case OP_LT:
		return c < 0;
	case OP_GT:
		return c > 0;
	case OP_LE:
		return c <= 0;
	}
	return c >= 0; /* OP_GE */
}

static bool
is_comparison(enum operator_kind op)
{
	return op >= OP_EQ && op <= OP_GE;
}

/* & | ^: on the 64-bit patterns; negative if the top bit came from one. */
static bool
fold_bits(struct sema *s, struct node *n, enum operator_kind op, wide a, wide b)
{
	uint64_t x = (uint64_t)a, y = (uint64_t)b, r;

	if (op == OP_BAND)
		r = x & y;
	else if (op == OP_BOR)
		r = x | y;
	else
		r = x ^ y;
	if ((a < 0 || b < 0) && r > INT64_MAX)
		return put_wide(s, n, (wide)(int64_t)r);
	return put_wide(s, n, (wide)r);
}

/* Products of signed numbers wrap, those of unsigned ones must fit. */
static bool
fold_product(struct sema *s, struct node *n, wide a, wide b)
{
	if (a < 0 || b < 0)
		return put_wide(s, n, (int64_t)((uint64_t)a * (uint64_t)b));
	return put_wide(s, n, a * b);
}

/* Of two bools it is one, whatever the operator. */
static bool
is_bool_result(const struct node *n)
{
	enum operator_kind op = n->binary.op;

	return n->binary.l->kind == N_BOOL && n->binary.r->kind == N_BOOL &&
	       op != OP_SHL && op != OP_SHR;
}

static bool
fold_numbers(struct sema *s, struct node *n)
{
	enum operator_kind op = n->binary.op;
	wide a = value_of(n->binary.l), b = value_of(n->binary.r);

	/* No 64-bit type has both. */
	if ((a < 0 && b > INT64_MAX) || (b < 0 && a > INT64_MAX))
		return fail_fold(s, n);
	if (is_comparison(op)) {
		sema_make_bool(s, n, compare(op, a < b ? -1 : a > b));
		return true;
	}
	switch ((int)op) {
	case OP_LOR:
		sema_make_bool(s, n, a || b);
		return true;
	case OP_LAND:
		sema_make_bool(s, n, a && b);
		return true;
	case OP_ADD:
		return put_wide(s, n, a + b);
	case OP_SUB:
		return put_wide(s, n, a - b);
	case OP_MUL:
		return fold_product(s, n, a, b);
	case OP_DIV:
		return b ? put_wide(s, n, a / b) : fail_fold(s, n);
	case OP_MOD:
		return b ? put_wide(s, n, a % b) : fail_fold(s, n);
	case OP_SHL:
	case OP_SHR:
		return fold_shift(s, n, op, a, b);
	case OP_BAND:
	case OP_BOR:
	case OP_BXOR:
		return fold_bits(s, n, op, a, b);
	}
	return false;
}

static void
put_str(struct sema *s, struct node *n, const char *text, uint32_t len)
{
	n->kind = N_STR;
	n->str.text = text;
	n->str.len = len;
	n->type = type_string(s->t, len + 1);
}

/* "abc" + 1 is "bc", and so is 1 + "abc". */
static bool
fold_skip(struct sema *s, struct node *n)
{
	bool swapped = is_number(n->binary.l);
	const struct node *str = swapped ? n->binary.r : n->binary.l;
	wide skip = value_of(swapped ? n->binary.l : n->binary.r);

	if (skip < 0 || skip >= str->str.len) {
		sema_warn(s, n, "literal string will always be empty");
		put_str(s, n, "", 0);
		return true;
	}
	put_str(s, n, str->str.text + (size_t)skip,
		str->str.len - (uint32_t)skip);
	return true;
}

static int
compare_strings(const struct node *a, const struct node *b)
{
	uint32_t n = a->str.len < b->str.len ? a->str.len : b->str.len;
	int c = memcmp(a->str.text, b->str.text, n);

	if (c)
		return c < 0 ? -1 : 1;
	return a->str.len < b->str.len ? -1 : a->str.len > b->str.len;
}

static bool
fold_strings(struct sema *s, struct node *n)
{
	const struct node *l = n->binary.l, *r = n->binary.r;
	enum operator_kind op = n->binary.op;

	if (is_comparison(op)) {
		sema_make_bool(s, n, compare(op, compare_strings(l, r)));
		return true;
	}
	if (op == OP_LAND || op == OP_LOR) {
		bool a = l->str.len, b = r->str.len;

		sema_make_bool(s, n, op == OP_LAND ? a && b : a || b);
		return true;
	}
	if (op == OP_ADD) {
		uint32_t len = l->str.len + r->str.len;
		char *text = arena_alloc(s->a, len + 1);

		memcpy(text, l->str.text, l->str.len);
		memcpy(text + l->str.len, r->str.text, r->str.len);
		put_str(s, n, text, len);
		return true;
	}
	n->type = type_error(s->t);
	sema_error(s, n, "illegal literal operation with strings");
	return true;
}

static bool
equal_literals(const struct node *a, const struct node *b)
{
	uint32_t i;

	if (is_number(a) && is_number(b))
		return value_of(a) == value_of(b);
	if (a->kind == N_STR && b->kind == N_STR)
		return compare_strings(a, b) == 0;
	if (a->kind != N_TUPLE || b->kind != N_TUPLE ||
	    a->tuple.items.n != b->tuple.items.n)
		return false;
	for (i = 0; i < a->tuple.items.n; i++)
		if (!equal_literals(a->tuple.items.v[i], b->tuple.items.v[i]))
			return false;
	return true;
}

bool
fold_binary(struct sema *s, struct node *n)
{
	const struct node *l = n->binary.l, *r = n->binary.r;
	enum operator_kind op = n->binary.op;

	if (!is_literal(l) || !is_literal(r))
		return false;
	if (is_number(l) && is_number(r)) {
		bool is_bool = is_bool_result(n);

		if (!fold_numbers(s, n))
			return false;
		if (is_bool && n->kind == N_INT)
			sema_make_bool(s, n, n->num.value != 0);
		return true;
	}
	if (l->kind == N_STR && r->kind == N_STR)
		return fold_strings(s, n);
	if (op == OP_ADD && ((l->kind == N_STR && is_number(r)) ||
			     (r->kind == N_STR && is_number(l))))
		return fold_skip(s, n);
	if (l->kind == N_TUPLE && r->kind == N_TUPLE &&
	    (op == OP_EQ || op == OP_NE)) {
		sema_make_bool(s, n, equal_literals(l, r) == (op == OP_EQ));
		return true;
	}
	return false;
}

bool
fold_unary(struct sema *s, struct node *n)
{
	const struct node *x = n->unary.x;

	if (n->unary.op == OP_NOT && is_number(x)) {
		sema_make_bool(s, n, !x->num.value);
		return true;
	}
	if (x->kind != N_INT)
		return false;
	if (n->unary.op == OP_NEG) {
		if (value_of(x) > (wide)1 << 63) {
			n->type = type_error(s->t);
			sema_error(s, n, "negative value will underflow");
			return true;
		}
		return put_wide(s, n, -value_of(x));
	}
	if (n->unary.op == OP_BNOT) {
		sema_make_int(s, n, ~x->num.value, false);
		return true;
	}
	return false;
}

/* $N: an integer if its whole text is one, else a string. */
void
check_param(struct sema *s, struct node *n, bool as_text)
{
	const struct params *p = &s->in->params;
	uint64_t index = n->param.index, v;
	const char *text = index <= p->n ? p->v[index - 1] : NULL, *number;
	bool minus;

	if (text && !*text && !as_text)
		text = NULL;
	if (!text && as_text) {
		put_str(s, n, "", 0);
		return;
	}
	if (!text) {
		sema_warn(s, n,
			  "Positional parameter $%llu is empty or not "
			  "provided. ",
			  (unsigned long long)index);
		sema_make_int(s, n, 0, false);
		return;
	}
	number = text + strspn(text, " \t\n");
	minus = *number == '-';
	number += minus || *number == '+';
	if (!as_text && *number >= '0' && *number <= '9' &&
	    !lex_integer(s->a, number, strlen(number), true, &v) &&
	    (!minus || v <= (uint64_t)1 << 63)) {
		sema_make_int(s, n, minus ? -v : v, minus && v);
		return;
	}
	put_str(s, n, text, (uint32_t)strlen(text));
	if (!as_text)
		check_string(s, n);
}
