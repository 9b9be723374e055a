/* SPDX-License-Identifier: MIT */
/*
 * The constant expressions of #if and #elif, in 64-bit integers. Names that
 * are no macro are zero. What does not parse counts as false; in a script it is
 * a mistake.
 */
#include <string.h>

#include "internal.h"

struct cond {
	struct cpp *pp;
	struct ctoken t;
	unsigned depth;
	bool bad;
};

static struct cint ternary(struct cond *c);

static struct cint
val_of(uint64_t v)
{
	return (struct cint){ .v = v };
}

static void
next(struct cond *c)
{
	pp_raw(c->pp, &c->t);
	while (c->t.kind == CT_NAME && c->t.name != c->pp->defined &&
	       c->t.name->macro && c->t.name->macro->builtin < MB_HAS_INCLUDE &&
	       !(c->t.flags & TOK_PAINTED) && pp_macro_expand(c->pp, &c->t))
		pp_raw(c->pp, &c->t);
}

static bool
take(struct cond *c, unsigned punct)
{
	if (!is_punct(&c->t, punct))
		return false;
	next(c);
	return true;
}

/* defined X, defined(X); the name itself is not expanded. */
static struct cint
defined(struct cond *c)
{
	struct cint v = { 0 };
	bool paren;

	pp_raw(c->pp, &c->t);
	paren = is_punct(&c->t, '(');
	if (paren)
		pp_raw(c->pp, &c->t);
	if (c->t.kind == CT_NAME)
		v.v = c->t.name->macro != NULL;
	else
		c->bad = true;
	next(c);
	if (paren && !take(c, ')'))
		c->bad = true;
	return v;
}

static struct cint
has_include(struct cond *c, bool is_next)
{
	struct cint v = { 0 };
	const char *name;
	struct ctoken at;

	pp_raw(c->pp, &c->t);
	if (!is_punct(&c->t, '(') || c->pp->ctx) {
		c->bad = true;
		return v;
	}
	v.v = pp_include_operand(c->pp, is_next, &name, &at) != NULL;
	next(c);
	if (!take(c, ')') && name)
		c->bad = true;
	return v;
}

static struct cint
number(struct cond *c)
{
	struct cnumber n = { 0 };

	if (!c_number(c->t.text, c->t.len, &n))
		c->bad = true;
	next(c);
	return (struct cint){ n.v, n.suffix_u || n.v > INT64_MAX };
}

static struct cint
name_value(struct cond *c)
{
	const struct cmacro *m = c->t.name->macro;

	if (c->t.name == c->pp->defined)
		return defined(c);
	if (m && m->builtin >= MB_HAS_INCLUDE)
		return has_include(c, m->builtin == MB_HAS_INCLUDE_NEXT);
	next(c);
	/* Something we have no macro for, used like one: unknown(x). */
	if (is_punct(&c->t, '(')) {
		unsigned depth = 0;

		do {
			depth += is_punct(&c->t, '(');
			depth -= is_punct(&c->t, ')');
			next(c);
		} while (depth && c->t.kind != CT_EOF);
	}
	return val_of(0);
}

static struct cint
primary(struct cond *c)
{
	struct cint v = { 0 };
	int64_t ch = 0;

	switch (c->t.kind) {
	case CT_NUMBER:
		return number(c);
	case CT_NAME:
		return name_value(c);
	case CT_CHAR:
		c->bad |= !c_char(c->t.text, c->t.len, &ch);
		next(c);
		return val_of((uint64_t)ch);
	}
	if (take(c, '(')) {
		v = ternary(c);
		while (take(c, ','))
			v = ternary(c);
		if (!take(c, ')'))
			c->bad = true;
		return v;
	}
	c->bad = true;
	return v;
}

static struct cint
unary(struct cond *c)
{
	struct cint v;

	if (c->bad || ++c->depth > NEST_MAX) {
		c->bad = true;
		return val_of(0);
	}
	if (take(c, '!')) {
		v = val_of(!unary(c).v);
	} else if (take(c, '-')) {
		v = unary(c);
		v.v = -v.v;
	} else if (take(c, '~')) {
		v = unary(c);
		v.v = ~v.v;
	} else if (take(c, '+')) {
		v = unary(c);
	} else {
		v = primary(c);
	}
	c->depth--;
	return v;
}

int
c_precedence(const struct ctoken *t)
{
	if (t->kind != CT_PUNCT)
		return 0;
	switch (t->punct) {
	case '*':
	case '/':
	case '%':
		return 10;
	case '+':
	case '-':
		return 9;
	case P_SHL:
	case P_SHR:
		return 8;
	case '<':
	case '>':
	case P_LE:
	case P_GE:
		return 7;
	case P_EQ:
	case P_NE:
		return 6;
	case '&':
		return 5;
	case '^':
		return 4;
	case '|':
		return 3;
	case P_LAND:
		return 2;
	case P_LOR:
		return 1;
	}
	return 0;
}

static bool
less(struct cint a, struct cint b, bool is_unsigned)
{
	return is_unsigned ? a.v < b.v : (int64_t)a.v < (int64_t)b.v;
}

static uint64_t
divide(struct cint a, struct cint b, bool is_unsigned, bool rest)
{
	if (!b.v)
		return 0;
	if (is_unsigned)
		return rest ? a.v % b.v : a.v / b.v;
	if (b.v == UINT64_MAX)
		return rest ? 0 : -a.v;
	return rest ? (uint64_t)((int64_t)a.v % (int64_t)b.v)
		    : (uint64_t)((int64_t)a.v / (int64_t)b.v);
}

static uint64_t
shift(struct cint a, struct cint b, bool left)
{
	unsigned n = b.v & 63;

	if (left)
		return a.v << n;
	return a.is_unsigned ? a.v >> n : (uint64_t)((int64_t)a.v >> n);
}

struct cint
c_operate(unsigned op, struct cint a, struct cint b)
{
	bool u = a.is_unsigned || b.is_unsigned;

	switch (op) {
	case '*':
		return (struct cint){ a.v * b.v, u };
	case '/':
	case '%':
		return (struct cint){ divide(a, b, u, op == '%'), u };
	case '+':
		return (struct cint){ a.v + b.v, u };
	case '-':
		return (struct cint){ a.v - b.v, u };
	case P_SHL:
	case P_SHR:
		return (struct cint){ shift(a, b, op == P_SHL), a.is_unsigned };
	case '<':
		return val_of(less(a, b, u));
	case '>':
		return val_of(less(b, a, u));
	case P_LE:
		return val_of(!less(b, a, u));
	case P_GE:
		return val_of(!less(a, b, u));
	case P_EQ:
		return val_of(a.v == b.v);
	case P_NE:
		return val_of(a.v != b.v);
	case '&':
		return (struct cint){ a.v & b.v, u };
	case '^':
		return (struct cint){ a.v ^ b.v, u };
	case '|':
		return (struct cint){ a.v | b.v, u };
	case P_LAND:
		return val_of(a.v && b.v);
	case P_LOR:
		return val_of(a.v || b.v);
	}
	return a;
}

static struct cint
binary(struct cond *c, int min)
{
	struct cint a = unary(c);
	int prec;

	while ((prec = c_precedence(&c->t)) >= min && prec && !c->bad) {
		unsigned op = c->t.punct;

		next(c);
		a = c_operate(op, a, binary(c, prec + 1));
	}
	return a;
}

static struct cint
ternary(struct cond *c)
{
	struct cint a = binary(c, 1), then, other;

	if (!is_punct(&c->t, '?'))
		return a;
	if (++c->depth > NEST_MAX) {
		c->bad = true;
		return a;
	}
	next(c);
	then = ternary(c);
	if (!take(c, ':'))
		c->bad = true;
	other = ternary(c);
	c->depth--;
	return a.v ? then : other;
}

bool
pp_condition(struct cpp *pp)
{
	struct cond c = { .pp = pp };
	struct cint v;

	next(&c);
	v = ternary(&c);
	if (c.bad)
		pp_message(pp, false, c.t.kind == CT_EOF ? NULL : &c.t,
			   "error: expected value in expression");
	return v.v && !c.bad;
}
