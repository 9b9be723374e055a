/* SPDX-License-Identifier: MIT */
/*
 * Expressions as they occur in array sizes, widths, enums and typeof: their
 * type as far as it can be told, and their value where it is a constant.
 */
#include <string.h>

#include "internal.h"

static struct cvalue parse_unary(struct cparser *p);

static struct cvalue
nothing(void)
{
	return (struct cvalue){ 0 };
}

static bool
is_int(const struct ctype *t)
{
	return t &&
	       (t->kind == CK_INT || t->kind == CK_BOOL || t->kind == CK_ENUM);
}

/* The value as its type holds it. */
static struct cvalue
fit(const struct ctype *t, bool known, uint64_t v)
{
	struct cvalue r = { .type = t, .known = known };
	uint64_t size = t ? ctype_size(t) : 8;
	unsigned unused = size >= 8 ? 0 : 64 - (unsigned)size * 8;

	if (t && t->kind == CK_BOOL)
		v = v != 0;
	else if (t && t->kind == CK_INT && t->is_signed)
		v = (uint64_t)((int64_t)(v << unused) >> unused);
	else if (is_int(t) && size)
		v = v << unused >> unused;
	r.v = v;
	return r;
}

static struct cvalue
int_value(struct cparser *p, bool known, uint64_t v)
{
	return fit(p->basic[B_INT], known, v);
}

static struct cvalue
size_value(struct cparser *p, bool known, uint64_t v)
{
	return fit(p->basic[B_ULONG], known, v);
}

/* What an lvalue gives when it is read: arrays their address. */
static struct cvalue
rvalue(struct cparser *p, struct cvalue v)
{
	if (!v.lvalue)
		return v;
	v.lvalue = false;
	if (v.type && v.type->kind == CK_ARRAY)
		v.type = ctype_pointer(p, v.type->to);
	else
		v.known = false;
	return v;
}

/* int, or what is wider than it (C11 6.3.1.1). */
static const struct ctype *
promoted(struct cparser *p, const struct ctype *t)
{
	if (!is_int(t))
		return t;
	if (t->kind == CK_ENUM)
		return p->basic[ctype_size(t) == 8 ? B_LONG : B_INT];
	return t->size < 4 || t->kind == CK_BOOL ? p->basic[B_INT] : t;
}

static const struct ctype *
common_type(struct cparser *p, const struct ctype *a, const struct ctype *b)
{
	a = promoted(p, a);
	b = promoted(p, b);
	if (!a || !b)
		return a ? a : b;
	if (a->kind == CK_FLOAT || b->kind != CK_INT)
		return a->kind == CK_INT ? b : a;
	if (b->kind == CK_FLOAT || a->kind != CK_INT)
		return a->kind == CK_INT ? b : a;
	if (a->size != b->size)
		return a->size > b->size ? a : b;
	return a->is_signed ? b : a;
}

/* ---- primary expressions ---- */

static struct cvalue
number(struct cparser *p)
{
	struct cnumber n;
	enum basic b;

	if (!c_number(p->tok.text, p->tok.len, &n)) {
		c_advance(p);
		return (struct cvalue){ .type = p->basic[B_DOUBLE] };
	}
	c_advance(p);
	b = n.bytes == 8 ? B_LONG : B_INT;
	return fit(p->basic[n.is_unsigned ? b + 1 : b], true, n.v);
}

static struct cvalue
string(struct cparser *p)
{
	uint64_t n = 1;

	for (; p->tok.kind == CT_STRING; c_advance(p))
		n += p->tok.len > 2 ? p->tok.len - 2 : 0;
	return (struct cvalue){
		.type = ctype_array(p, p->basic[B_CHAR], n, false),
		.lvalue = true,
	};
}

static struct cvalue
parse_comma(struct cparser *p)
{
	struct cvalue v = c_conditional(p);

	while (c_accept(p, ','))
		v = c_conditional(p);
	return v;
}

/* sizeof and _Alignof. */
static struct cvalue
size_of(struct cparser *p, bool align)
{
	const struct ctype *t;

	c_advance(p);
	if (is_punct(&p->tok, '(')) {
		c_peek(p);
		p->tok = p->ahead;
		p->has_ahead = false;
		p->nest++;
		if (c_starts_type(p)) {
			t = c_type_name(p);
			c_expect(p, ')');
			if (is_punct(&p->tok, '{'))
				c_skip_group(p);
		} else {
			t = parse_comma(p).type;
			c_expect(p, ')');
		}
	} else {
		t = parse_unary(p).type;
	}
	if (!t || (t->kind != CK_VOID && !ctype_complete(t)))
		return size_value(p, false, 0);
	return size_value(p, true, align ? ctype_align(t) : ctype_size(t));
}

static struct cvalue
member(struct cvalue of, const struct cname *name)
{
	const struct cmember *m;
	uint64_t bits = 0;

	if (!of.type || of.type->kind != CK_RECORD)
		return nothing();
	m = ctag_member(of.type->tag, name->text, &bits);
	if (!m)
		return nothing();
	of.type = m->type;
	of.v += bits / 8;
	of.known &= !m->bitfield;
	return of;
}

static struct cvalue
element(struct cparser *p, struct cvalue of, struct cvalue index)
{
	of = rvalue(p, of);
	if (!of.type || of.type->kind != CK_POINTER)
		return nothing();
	of.type = of.type->to;
	of.known &= index.known;
	of.v += index.v * ctype_size(of.type);
	of.lvalue = true;
	return of;
}

/* (type, a.b[3].c) */
static struct cvalue
offset_of(struct cparser *p)
{
	struct cvalue at = { .known = true, .lvalue = true };

	c_advance(p);
	if (!c_expect(p, '('))
		return nothing();
	at.type = c_type_name(p);
	if (!c_expect(p, ','))
		return nothing();
	while (!p->bad && !is_punct(&p->tok, ')') && p->tok.kind != CT_EOF) {
		if (p->tok.kind == CT_NAME) {
			at = member(at, p->tok.name);
			c_advance(p);
		} else if (c_accept(p, '[')) {
			at = element(p, at, c_conditional(p));
			c_expect(p, ']');
		} else if (!c_accept(p, '.')) {
			c_fail(p, "unexpected offsetof");
		}
	}
	c_expect(p, ')');
	return size_value(p, at.known && at.type, at.v);
}

static struct cvalue
types_compatible(struct cparser *p)
{
	const struct ctype *a, *b;

	c_advance(p);
	c_expect(p, '(');
	a = c_type_name(p);
	c_expect(p, ',');
	b = c_type_name(p);
	c_expect(p, ')');
	return int_value(p, a && b, a && b && ctype_same(a, b));
}

static struct cvalue
choose_expr(struct cparser *p)
{
	struct cvalue c, a, b;

	c_advance(p);
	c_expect(p, '(');
	c = c_conditional(p);
	c_expect(p, ',');
	a = c_conditional(p);
	c_expect(p, ',');
	b = c_conditional(p);
	c_expect(p, ')');
	if (!c.known)
		return nothing();
	return c.v ? a : b;
}

static struct cvalue
generic(struct cparser *p)
{
	struct cvalue of, v, chosen = { 0 };
	bool exact = false;

	c_advance(p);
	c_expect(p, '(');
	of = rvalue(p, c_conditional(p));
	while (c_accept(p, ',')) {
		const struct ctype *t = NULL;

		if (c_starts_type(p))
			t = c_type_name(p);
		else
			c_advance(p); /* default */
		c_expect(p, ':');
		v = c_conditional(p);
		if (t ? of.type && ctype_same(t, of.type) && !exact : !exact)
			chosen = v;
		exact |= t && of.type && ctype_same(t, of.type);
	}
	c_expect(p, ')');
	return chosen;
}

/* ---- calls ---- */

/* Functions of GNU C whose value is known when the argument's is. */
static bool
builtin_value(const char *name, uint64_t a, uint64_t *v)
{
	enum { CLZ, CLZLL, CTZ, FFS, POPCOUNT, BSWAP16, BSWAP32, BSWAP64 };
	static const struct {
		const char *name;
		int op;
	} rows[] = {
		{ "clz", CLZ },
		{ "clzl", CLZLL },
		{ "clzll", CLZLL },
		{ "ctz", CTZ },
		{ "ctzl", CTZ },
		{ "ctzll", CTZ },
		{ "ffs", FFS },
		{ "ffsl", FFS },
		{ "ffsll", FFS },
		{ "popcount", POPCOUNT },
		{ "popcountl", POPCOUNT },
		{ "popcountll", POPCOUNT },
		{ "bswap16", BSWAP16 },
		{ "bswap32", BSWAP32 },
		{ "bswap64", BSWAP64 },
	};
	size_t i = 0;

	while (i < ARRAY_LEN(rows) && strcmp(name, rows[i].name))
		i++;
	if (i == ARRAY_LEN(rows))
		return false;
	switch (rows[i].op) {
	case CLZ:
		*v = (uint32_t)a ? (unsigned)__builtin_clz((uint32_t)a) : 32;
		break;
	case CLZLL:
		*v = a ? (unsigned)__builtin_clzll(a) : 64;
		break;
	case CTZ:
		*v = a ? (unsigned)__builtin_ctzll(a) : 64;
		break;
	case FFS:
		*v = (unsigned)__builtin_ffsll((long long)a);
		break;
	case POPCOUNT:
		*v = (unsigned)__builtin_popcountll(a);
		break;
	case BSWAP16:
		*v = __builtin_bswap16((uint16_t)a);
		break;
	case BSWAP32:
		*v = __builtin_bswap32((uint32_t)a);
		break;
	default:
		*v = __builtin_bswap64(a);
	}
	return true;
}

static struct cvalue
builtin_call(struct cparser *p, const char *name)
{
	struct cvalue first = { 0 }, v;
	unsigned n;
	uint64_t r;

	c_advance(p);
	for (n = 0; !p->bad && !is_punct(&p->tok, ')') && p->tok.kind != CT_EOF;
	     n++) {
		v = rvalue(p, c_conditional(p));
		if (!n)
			first = v;
		if (!c_accept(p, ','))
			break;
	}
	c_expect(p, ')');
	if (!strcmp(name, "expect"))
		return first;
	if (!strcmp(name, "constant_p"))
		return int_value(p, true, first.known);
	if (!first.known || !builtin_value(name, first.v, &r))
		return nothing();
	return fit(p->basic[r > INT32_MAX ? B_ULONG : B_INT], true, r);
}

static struct cvalue
identifier(struct cparser *p)
{
	const struct cname *name = p->tok.name;
	const struct csymbol *s = name->symbol;
	struct ctoken at = p->tok;

	c_advance(p);
	if (is_punct(&p->tok, '(') && !strncmp(name->text, "__builtin_", 10))
		return builtin_call(p, name->text + 10);
	if (s && s->kind == SYM_CONST) {
		bool wide = (int64_t)s->value != (int32_t)s->value;

		return fit(p->basic[wide ? B_LONG : B_INT], true, s->value);
	}
	if (s && s->kind == SYM_OTHER)
		return (struct cvalue){ .type = s->type, .lvalue = true };
	p->unknown = at;
	return nothing();
}

static struct cvalue
keyword(struct cparser *p)
{
	switch (p->tok.name->kw) {
	case KW_NONE:
		return identifier(p);
	case KW_SIZEOF:
		return size_of(p, false);
	case KW_ALIGNOF:
		return size_of(p, true);
	case KW_OFFSETOF:
		return offset_of(p);
	case KW_TYPES_COMPATIBLE:
		return types_compatible(p);
	case KW_CHOOSE_EXPR:
		return choose_expr(p);
	case KW_CONSTANT_P:
		c_advance(p);
		if (!is_punct(&p->tok, '('))
			return nothing();
		return builtin_call(p, "constant_p");
	case KW_GENERIC:
		return generic(p);
	case KW_EXTENSION:
		c_advance(p);
		return parse_unary(p);
	default:
		c_fail(p, "unexpected '%s'", p->tok.name->text);
		return nothing();
	}
}

/* ---- parentheses: casts, literals, statement expressions ---- */

static struct cvalue
cast(struct cparser *p)
{
	const struct ctype *t = c_type_name(p);
	struct cvalue v;

	c_expect(p, ')');
	if (p->bad || !t)
		return nothing();
	if (is_punct(&p->tok, '{')) {
		c_skip_group(p);
		return (struct cvalue){ .type = t, .lvalue = true };
	}
	v = rvalue(p, parse_unary(p));
	if (is_int(t) || t->kind == CK_POINTER)
		return fit(t, v.known, v.v);
	return (struct cvalue){ .type = t };
}

static struct cvalue
parenthesis(struct cparser *p)
{
	struct cvalue v;

	c_advance(p);
	if (is_punct(&p->tok, '{')) {
		c_skip_group(p);
		c_expect(p, ')');
		return nothing();
	}
	if (c_starts_type(p))
		return cast(p);
	v = parse_comma(p);
	c_expect(p, ')');
	return v;
}

static struct cvalue
primary(struct cparser *p)
{
	int64_t ch = 0;

	switch (p->tok.kind) {
	case CT_NUMBER:
		return number(p);
	case CT_STRING:
		return string(p);
	case CT_CHAR:
		c_char(p->tok.text, p->tok.len, &ch);
		c_advance(p);
		return int_value(p, true, (uint64_t)ch);
	case CT_NAME:
		return keyword(p);
	}
	if (is_punct(&p->tok, '('))
		return parenthesis(p);
	c_fail(p, "expected expression");
	return nothing();
}

/* ---- operators ---- */

static struct cvalue
deref(struct cparser *p, struct cvalue v)
{
	v = rvalue(p, v);
	if (!v.type || v.type->kind != CK_POINTER)
		return nothing();
	v.type = v.type->to;
	v.lvalue = true;
	return v;
}

static struct cvalue
postfix(struct cparser *p)
{
	struct cvalue v = primary(p);

	while (!p->bad) {
		bool arrow = is_punct(&p->tok, P_ARROW);

		if (arrow || is_punct(&p->tok, '.')) {
			c_advance(p);
			if (p->tok.kind != CT_NAME) {
				c_fail(p, "expected a member's name");
				break;
			}
			v = member(arrow ? deref(p, v) : v, p->tok.name);
			c_advance(p);
		} else if (c_accept(p, '[')) {
			v = element(p, v, rvalue(p, parse_comma(p)));
			c_expect(p, ']');
		} else if (is_punct(&p->tok, '(')) {
			c_skip_group(p);
			v = (struct cvalue){
				.type = v.type && v.type->kind == CK_FUNC
						? v.type->to
						: NULL,
			};
		} else if (is_punct(&p->tok, P_INC) ||
			   is_punct(&p->tok, P_DEC)) {
			c_advance(p);
			v.known = false;
		} else {
			break;
		}
	}
	return v;
}

static struct cvalue
address_of(struct cparser *p)
{
	struct cvalue v = parse_unary(p);

	if (v.type)
		v.type = ctype_pointer(p, v.type);
	v.known &= v.lvalue;
	v.lvalue = false;
	return v;
}

static struct cvalue
negate(struct cparser *p, unsigned op)
{
	struct cvalue v = rvalue(p, parse_unary(p));
	const struct ctype *t = promoted(p, v.type);

	switch (op) {
	case '-':
		return fit(t, v.known, -v.v);
	case '~':
		return fit(t, v.known, ~v.v);
	case '!':
		return int_value(p, v.known, !v.v);
	}
	return fit(t, v.known, v.v);
}

static struct cvalue
parse_unary(struct cparser *p)
{
	struct cvalue v;
	unsigned op;

	if (!c_go_deeper(p))
		return nothing();
	op = p->tok.kind == CT_PUNCT ? p->tok.punct : 0;
	switch (op) {
	case '-':
	case '+':
	case '~':
	case '!':
		c_advance(p);
		v = negate(p, op);
		break;
	case '*':
		c_advance(p);
		v = deref(p, parse_unary(p));
		break;
	case '&':
		c_advance(p);
		v = address_of(p);
		break;
	case P_INC:
	case P_DEC:
		c_advance(p);
		v = parse_unary(p);
		v.known = false;
		break;
	default:
		v = postfix(p);
	}
	p->depth--;
	return v;
}

static bool
gives_bool(unsigned op)
{
	return op == '<' || op == '>' || op == P_LE || op == P_GE ||
	       op == P_EQ || op == P_NE || op == P_LAND || op == P_LOR;
}

static struct cvalue
operate(struct cparser *p, unsigned op, struct cvalue a, struct cvalue b)
{
	const struct ctype *t = common_type(p, a.type, b.type);
	bool known = a.known && b.known, is_unsigned;
	struct cint r;

	if (op == P_SHL || op == P_SHR)
		t = promoted(p, a.type);
	if ((op == P_LAND && a.known && !a.v) ||
	    (op == P_LOR && a.known && a.v))
		return int_value(p, true, op == P_LOR);
	if (is_int(t) && known) {
		a = fit(op == P_LAND || op == P_LOR ? a.type : t, true, a.v);
		if (op != P_SHL && op != P_SHR && op != P_LAND && op != P_LOR)
			b = fit(t, true, b.v);
	}
	is_unsigned = !t || t->kind != CK_INT || !t->is_signed;
	r = c_operate(op, (struct cint){ a.v, is_unsigned },
		      (struct cint){ b.v, is_unsigned });
	if ((op == '/' || op == '%') && !b.v)
		known = false;
	if (gives_bool(op))
		return int_value(p, known, r.v);
	if (t && (t->kind == CK_POINTER || t->kind == CK_FLOAT))
		known = false;
	return fit(t, known, r.v);
}

static struct cvalue
binary(struct cparser *p, int min)
{
	struct cvalue a = parse_unary(p);
	int prec;

	while (!p->bad && (prec = c_precedence(&p->tok)) >= min && prec) {
		unsigned op = p->tok.punct;

		c_advance(p);
		a = operate(p, op, rvalue(p, a),
			    rvalue(p, binary(p, prec + 1)));
	}
	return a;
}

struct cvalue
c_conditional(struct cparser *p)
{
	struct cvalue c, a, b, v;

	if (!c_go_deeper(p))
		return nothing();
	c = binary(p, 1);
	if (c_accept(p, '?')) {
		c = rvalue(p, c);
		a = c;
		if (!is_punct(&p->tok, ':'))
			a = rvalue(p, parse_comma(p));
		c_expect(p, ':');
		b = rvalue(p, c_conditional(p));
		v = c.v ? a : b;
		c = fit(common_type(p, a.type, b.type), c.known && v.known,
			v.v);
	}
	p->depth--;
	return c;
}

struct cvalue
c_constant(struct cparser *p)
{
	struct ctoken at = p->tok;
	struct cvalue v;

	p->unknown.kind = CT_EOF;
	v = rvalue(p, c_conditional(p));
	if (!v.known && p->unknown.kind == CT_NAME)
		c_fail_at(p, &p->unknown, "use of undeclared identifier '%s'",
			  p->unknown.name->text);
	if (!v.known)
		c_fail_at(p, &at,
			  "expression is not an integer constant expression");
	return v;
}
