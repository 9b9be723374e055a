/* SPDX-License-Identifier: MIT */
/*
 * Owns expressions (REFERENCE 1.3 from `expr` on, 1.4): operators by
 * precedence climbing, everything else by descent.
 */
#include <string.h>

#include "internal.h"

static const unsigned char precedence[OP_COUNT] = {
#define OPERATOR(kind, text, prec) [OP_##kind] = prec,
#include "operators.def"
#undef OPERATOR
};

/* What a token is between and before operands, by its kind; 0: nothing, else
 * one more than the operator. */
#define OPERATOR_OF(op) ((unsigned char)(OP_##op + 1))
/* clang-format off */
static const unsigned char binary_ops[] = {
	[T_OROR] = OPERATOR_OF(LOR),    [T_ANDAND] = OPERATOR_OF(LAND),
	[T_OR] = OPERATOR_OF(BOR),      [T_XOR] = OPERATOR_OF(BXOR),
	[T_AND] = OPERATOR_OF(BAND),    [T_EQ] = OPERATOR_OF(EQ),
	[T_NE] = OPERATOR_OF(NE),       [T_LT] = OPERATOR_OF(LT),
	[T_GT] = OPERATOR_OF(GT),       [T_LE] = OPERATOR_OF(LE),
	[T_GE] = OPERATOR_OF(GE),       [T_SHL] = OPERATOR_OF(SHL),
	[T_SHR] = OPERATOR_OF(SHR),     [T_PLUS] = OPERATOR_OF(ADD),
	[T_MINUS] = OPERATOR_OF(SUB),   [T_STAR] = OPERATOR_OF(MUL),
	[T_SLASH] = OPERATOR_OF(DIV),   [T_PERCENT] = OPERATOR_OF(MOD),
}, prefix_ops[] = {
	[T_PLUSPLUS] = OPERATOR_OF(PREINC),
	[T_MINUSMINUS] = OPERATOR_OF(PREDEC),
	[T_AND] = OPERATOR_OF(ADDR),    [T_STAR] = OPERATOR_OF(DEREF),
	[T_NOT] = OPERATOR_OF(NOT),     [T_TILDE] = OPERATOR_OF(BNOT),
	[T_MINUS] = OPERATOR_OF(NEG),   [T_ARROW] = OPERATOR_OF(NEG),
	[T_MINUS_ASSIGN] = OPERATOR_OF(NEG),
	[T_STAR_ASSIGN] = OPERATOR_OF(DEREF),
	[T_ANDAND] = OPERATOR_OF(ADDR), [T_AND_ASSIGN] = OPERATOR_OF(ADDR),
};
/* clang-format on */

static bool
is_lvalue(const struct node *n)
{
	return n->kind == N_VAR || n->kind == N_MAP;
}

static bool
fail_increment(struct parser *p, struct span span)
{
	return fail(p, span, "increment/decrement requires a variable or map");
}

/* ---- primaries ---- */

/* Expressions up to `close`, at least one; takes `close` too. */
static bool
parse_list(struct parser *p, node_list *list, enum token_kind close)
{
	do {
		struct node *x = parse_inner(p);

		if (!x)
			return false;
		*vec_push(p->arena, list) = x;
	} while (accept(p, T_COMMA));
	return expect(p, close);
}

/* A token that is a node by itself; taken. */
static struct node *
leaf(struct parser *p, enum node_kind kind)
{
	struct node *n = new_node(p, kind, p->tok.span);

	advance(p);
	return n;
}

static struct node *
parse_literal(struct parser *p)
{
	struct token t = p->tok;
	struct node *n;

	switch ((int)t.kind) {
	case T_INT:
		n = leaf(p, N_INT);
		n->num.value = t.num;
		return n;
	case T_STR:
		n = leaf(p, N_STR);
		n->str.text = t.text;
		n->str.len = t.len;
		return n;
	case T_PARAM:
		n = leaf(p, N_PARAM);
		n->param.index = t.num;
		return n;
	case T_PARAM_COUNT:
		return leaf(p, N_PARAM_COUNT);
	case T_VAR:
		n = leaf(p, N_VAR);
		n->var.name = t.text;
		return n;
	default:
		n = leaf(p, N_BOOL);
		n->num.value = t.kind == T_TRUE;
		return n;
	}
}

static struct node *
parse_map(struct parser *p)
{
	const char *name = p->tok.text;
	struct node *n = leaf(p, N_MAP);

	n->map.name = name;
	if (!accept(p, T_LBRACKET))
		return n;
	if (!parse_list(p, &n->map.keys, T_RBRACKET))
		return NULL;
	n->span.end = p->prev_end;
	return seal(p, n);
}

/* What ends with a bare word ends where the next token begins. Not behind a
 * comment: that would belong to it when the script is formatted. */
static void
reach_next(struct parser *p)
{
	const struct source *s = p->lex.source;
	const char *gap = s->text + (p->token_end - s->base);
	uint32_t n = p->tok.span.begin - p->token_end;

	if (strspn(gap, " \t\r\n") >= n)
		p->prev_end = p->tok.span.begin;
}

/* A name, or a call of it. */
static struct node *
parse_word(struct parser *p)
{
	struct token t = p->tok;
	struct node *n = leaf(p, N_IDENT);

	if (p->tok.kind != T_LPAREN) {
		n->ident.name = t.text;
		reach_next(p);
		return n;
	}
	advance(p);
	n = new_node(p, N_CALL, t.span);
	n->call.name = t.text;
	n->call.name_span = t.span;
	if (!accept(p, T_RPAREN) && !parse_list(p, &n->call.args, T_RPAREN))
		return NULL;
	n->span.end = p->prev_end;
	return seal(p, n);
}

static bool
parse_record_field(struct parser *p, struct node *record)
{
	struct named_expr *f;
	struct token name = p->tok;
	struct node *value;

	if (!is_name(&name))
		return fail_here(p, "expected identifier");
	advance(p);
	if (!expect(p, T_ASSIGN) || !(value = parse_inner(p)))
		return false;
	for (uint32_t i = 0; i < record->record.items.n; i++)
		if (!strcmp(record->record.items.v[i].name, name.text))
			return fail(p, span_join(name.span, value->span),
				    "Named argument list already contains "
				    "name: %s",
				    name.text);
	f = vec_push(p->arena, &record->record.items);
	f->name = name.text;
	f->span = span_join(name.span, value->span);
	f->value = value;
	return true;
}

/* (a = 1, b = 2); the parenthesis is taken. */
static struct node *
parse_record(struct parser *p, struct span open)
{
	struct node *n = new_node(p, N_RECORD, open);

	do {
		if (!parse_record_field(p, n))
			return NULL;
	} while (accept(p, T_COMMA));
	if (!expect(p, T_RPAREN))
		return NULL;
	n->span.end = p->prev_end;
	return seal(p, n);
}

/* The rest of a tuple whose first item and comma are taken. */
static struct node *
parse_tuple(struct parser *p, struct span open, struct node *first)
{
	struct node *n = new_node(p, N_TUPLE, open);

	*vec_push(p->arena, &n->tuple.items) = first;
	while (p->tok.kind != T_RPAREN) {
		struct node *x = parse_inner(p);

		if (!x)
			return NULL;
		*vec_push(p->arena, &n->tuple.items) = x;
		if (!accept(p, T_COMMA))
			break;
	}
	if (!expect(p, T_RPAREN))
		return NULL;
	n->span.end = p->prev_end;
	return seal(p, n);
}

/* Parentheses, tuple or record. */
static struct node *
parse_paren(struct parser *p)
{
	struct span open = p->tok.span;
	struct node *x;

	advance(p);
	if (accept(p, T_RPAREN)) {
		open.end = p->prev_end;
		return new_node(p, N_TUPLE, open);
	}
	if (is_name(&p->tok) && peek(p).kind == T_ASSIGN &&
	    !is_true_builtin(p, p->tok.text))
		return parse_record(p, open);
	x = parse_inner(p);
	if (!x)
		return NULL;
	if (accept(p, T_COMMA))
		return parse_tuple(p, open, x);
	return expect(p, T_RPAREN) ? x : NULL;
}

static struct node *
parse_comptime(struct parser *p)
{
	struct node *n = leaf(p, N_COMPTIME);

	n->expr.x = parse_unary(p);
	if (!n->expr.x)
		return NULL;
	n->span.end = p->prev_end;
	return seal(p, n);
}

struct node *
parse_primary(struct parser *p)
{
	if (p->tok.kind == T_ERROR && p->tok.like != T_ERROR)
		heal(p);
	switch ((int)p->tok.kind) {
	case T_INT:
	case T_STR:
	case T_PARAM:
	case T_PARAM_COUNT:
	case T_VAR:
	case T_TRUE:
	case T_FALSE:
		return parse_literal(p);
	case T_MAP:
		return parse_map(p);
	case T_LPAREN:
		return parse_paren(p);
	case T_LBRACE:
		return parse_block(p);
	case T_IF:
		return parse_if(p);
	case T_COMPTIME:
		return parse_comptime(p);
	case T_SIZEOF:
		return parse_type_query(p, N_SIZEOF);
	case T_TYPEOF:
		if (peek(p).kind != T_LPAREN)
			return parse_word(p);
		return parse_type_query(p, N_TYPEOF);
	case T_TYPEINFO:
		return parse_type_query(p, N_TYPEINFO);
	case T_OFFSETOF:
		return parse_offsetof(p);
	default:
		if (is_name(&p->tok))
			return parse_word(p);
		fail_here(p, "expected expression");
		return NULL;
	}
}

/* ---- postfix and prefix ---- */

/* .name, ->name, .N */
static struct node *
parse_field(struct parser *p, struct node *x)
{
	bool arrow = p->tok.kind == T_ARROW;
	struct node *n = new_node(p, N_FIELD, x->span);

	advance(p);
	n->field.x = x;
	n->field.arrow = arrow;
	n->field.name_span = p->tok.span;
	if (is_name(&p->tok)) {
		n->field.name = p->tok.text;
	} else if (!arrow && p->tok.kind == T_INT) {
		n->field.index = p->tok.num;
	} else {
		fail_here(p, "expected field name after '%s'",
			  arrow ? "->" : ".");
		return NULL;
	}
	advance(p);
	n->span = span_join(x->span, n->field.name_span);
	return seal(p, n);
}

static struct node *
parse_index(struct parser *p, struct node *x)
{
	struct node *n = new_node(p, N_INDEX, x->span);

	advance(p);
	n->index.x = x;
	n->index.index = parse_inner(p);
	if (!n->index.index || !expect(p, T_RBRACKET))
		return NULL;
	n->span.end = p->prev_end;
	return seal(p, n);
}

static struct node *
parse_post_increment(struct parser *p, struct node *x)
{
	struct node *n = new_node(p, N_UNARY, span_join(x->span, p->tok.span));

	if (!is_lvalue(x)) {
		fail_increment(p, p->tok.span);
		return NULL;
	}
	n->unary.op = p->tok.kind == T_PLUSPLUS ? OP_POSTINC : OP_POSTDEC;
	n->unary.x = x;
	advance(p);
	return seal(p, n);
}

static struct node *
parse_postfix(struct parser *p)
{
	struct node *x = parse_primary(p);

	while (x) {
		switch ((int)p->tok.kind) {
		case T_DOT:
		case T_ARROW:
			x = parse_field(p, x);
			break;
		case T_LBRACKET:
			x = parse_index(p, x);
			break;
		case T_PLUSPLUS:
		case T_MINUSMINUS:
			if (at_line_start(p)) /* the next statement's */
				return x;
			x = parse_post_increment(p, x);
			break;
		default:
			return x;
		}
	}
	return NULL;
}

/* &$x or &@m, bare; the '&' is taken. */
static struct node *
parse_address_operand(struct parser *p)
{
	const char *name = p->tok.text;
	struct node *x = NULL;

	if (p->tok.kind == T_VAR) {
		x = parse_literal(p);
	} else if (p->tok.kind == T_MAP) {
		x = leaf(p, N_MAP);
		x->map.name = name;
	}
	if (x && p->tok.kind != T_LBRACKET && p->tok.kind != T_DOT &&
	    p->tok.kind != T_ARROW)
		return x;
	if (p->tok.kind == T_ERROR)
		fail_here(p, "expected expression");
	else
		fail_here(p, "address-of operator (&) can only be used on a "
			     "map or variable");
	return NULL;
}

static struct node *
parse_prefix(struct parser *p, enum operator_kind op)
{
	struct node *n = new_node(p, N_UNARY, p->tok.span), *x;

	if (p->tok.span.end - p->tok.span.begin > 1 && op < OP_PREINC)
		advance_byte(p); /* "&&x": what is behind one '&' is wrong */
	else
		advance(p);
	if (op == OP_ADDR)
		x = parse_address_operand(p);
	else
		x = parse_unary(p);
	if (!x)
		return NULL;
	if ((op == OP_PREINC || op == OP_PREDEC) && !is_lvalue(x)) {
		fail_increment(p, x->span);
		return NULL;
	}
	n->unary.op = op;
	n->unary.x = x;
	n->span.end = p->prev_end;
	return seal(p, n);
}

static struct node *
parse_unary_inside(struct parser *p)
{
	enum token_kind kind = p->tok.kind;

	if (kind < ARRAY_LEN(prefix_ops) && prefix_ops[kind])
		return parse_prefix(p, prefix_ops[kind] - 1);
	if (at_cast(p))
		return parse_cast(p);
	return parse_postfix(p);
}

struct node *
parse_unary(struct parser *p)
{
	struct node *x;

	if (!enter(p))
		return NULL;
	x = parse_unary_inside(p);
	leave(p);
	return x;
}

/* ---- binary and ternary ---- */

/* The operator that comes next, or OP_ASSIGN when there is none. */
static enum operator_kind
binary_op(const struct parser *p)
{
	enum token_kind kind = p->tok.kind;

	if (kind >= ARRAY_LEN(binary_ops) || !binary_ops[kind])
		return OP_ASSIGN;
	if (p->in_pred && kind == T_SLASH) {
		struct token next = peek(p);

		if (next.kind == T_LBRACE || next.kind == T_EOF)
			return OP_ASSIGN; /* closes the predicate */
	}
	return binary_ops[kind] - 1;
}

/* `l` and all operators behind it that bind at least as `min`. */
static struct node *
parse_binary(struct parser *p, struct node *l, unsigned min)
{
	while (l) {
		enum operator_kind op = binary_op(p);
		struct node *n, *r;

		if (op == OP_ASSIGN || precedence[op] < min)
			return l;
		n = new_node(p, N_BINARY, l->span);
		n->binary.op = op;
		n->binary.op_span = p->tok.span;
		advance(p);
		r = parse_binary(p, parse_unary(p), precedence[op] + 1u);
		if (!r)
			return NULL;
		n->binary.l = l;
		n->binary.r = r;
		n->span.end = p->prev_end; /* with parentheses */
		l = seal(p, n);
	}
	return NULL;
}

/* The rest of a ternary whose condition and '?' are taken. */
static struct node *
parse_ternary(struct parser *p, struct node *cond)
{
	struct node *n = new_node(p, N_TERNARY, cond->span);

	n->ternary.cond = cond;
	if (!accept(p, T_COLON)) {
		n->ternary.then = parse_expr(p);
		if (!n->ternary.then || !expect(p, T_COLON))
			return NULL;
	}
	n->ternary.other = parse_expr(p);
	if (!n->ternary.other)
		return NULL;
	n->span.end = p->prev_end;
	return seal(p, n);
}

struct node *
parse_expr_from(struct parser *p, struct node *first)
{
	struct node *x;

	if (!first || !enter(p))
		return NULL;
	x = parse_binary(p, first, 1);
	if (x && accept(p, T_QUESTION))
		x = parse_ternary(p, x);
	leave(p);
	return x;
}

struct node *
parse_expr(struct parser *p)
{
	return parse_expr_from(p, parse_unary(p));
}

struct node *
parse_inner(struct parser *p)
{
	bool in_pred = p->in_pred;
	struct node *x;

	p->in_pred = false;
	x = parse_expr(p);
	p->in_pred = in_pred;
	return x;
}
