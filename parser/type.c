/* SPDX-License-Identifier: MIT */
/*
 * Owns types as the script writes them, and the constructs that hold one:
 * casts, sizeof, offsetof, typeof and typeinfo. Whether `(name)` is a cast or
 * a parenthesised word shows only behind it, so there is a look ahead here.
 */
#include "internal.h"

static bool
is_tag(enum token_kind kind)
{
	return kind == T_STRUCT || kind == T_UNION || kind == T_ENUM;
}

/* ---- looking ahead, in a copy of the lexer ---- */

struct scout {
	struct lexer lex;
	struct token tok;
};

static struct scout
scout_at(const struct parser *p)
{
	return (struct scout){ p->lex, p->tok };
}

static void
scout_next(struct scout *s)
{
	s->tok = lex_next(&s->lex);
}

/* Step over balanced parentheses; false at the end of the text. */
static bool
scout_parens(struct scout *s)
{
	uint32_t open = 0;

	do {
		if (s->tok.kind == T_LPAREN)
			open++;
		else if (s->tok.kind == T_RPAREN)
			open--;
		else if (s->tok.kind == T_EOF)
			return false;
		scout_next(s);
	} while (open);
	return true;
}

/* Step over a type's name; false when there is none. A word of the language
 * may be one. */
static bool
scout_base(struct scout *s)
{
	bool tag = is_tag(s->tok.kind), of = s->tok.kind == T_TYPEOF;

	if (!is_name(&s->tok) || s->tok.kind == T_TRUE ||
	    s->tok.kind == T_FALSE)
		return false;
	scout_next(s);
	if (of)
		return s->tok.kind == T_LPAREN && scout_parens(s);
	if (tag && !is_name(&s->tok))
		return false;
	if (tag)
		scout_next(s);
	return true;
}

/* Step over `*` and `[N]`; how many there were. */
static uint32_t
scout_suffixes(struct scout *s)
{
	uint32_t n = 0;

	for (;; n++) {
		if (s->tok.kind == T_LBRACKET) {
			scout_next(s);
			if (s->tok.kind == T_INT)
				scout_next(s);
			if (s->tok.kind != T_RBRACKET)
				return n;
		} else if (s->tok.kind != T_STAR) {
			return n;
		}
		scout_next(s);
	}
}

/* Can the token be the first of what a cast applies to? A '[' or '{' could
 * as well go on after a parenthesised word. */
static bool
starts_operand(const struct token *t)
{
	switch ((int)t->kind) {
	case T_INT:
	case T_STR:
	case T_VAR:
	case T_MAP:
	case T_PARAM:
	case T_PARAM_COUNT:
	case T_LPAREN:
	case T_MINUS:
	case T_MINUSMINUS:
	case T_NOT:
	case T_TILDE:
	case T_STAR:
	case T_AND:
	case T_ERROR:
		return true;
	default:
		return is_name(t);
	}
}

bool
at_cast(const struct parser *p)
{
	const char *name;
	struct scout s;

	if (p->tok.kind != T_LPAREN)
		return false;
	s = scout_at(p);
	scout_next(&s);
	name = s.tok.text;
	if (!scout_base(&s))
		return false;
	scout_suffixes(&s);
	if (s.tok.kind != T_RPAREN)
		return false;
	scout_next(&s);
	return starts_operand(&s.tok) && !is_true_builtin(p, name);
}

/* Is a type next, where an expression could stand as well? *lone: a bare
 * name, which may be either. */
static bool
at_type(const struct parser *p, bool *lone)
{
	struct scout s = scout_at(p);

	*lone = is_name(&p->tok) && !is_tag(p->tok.kind) &&
		p->tok.kind != T_TYPEOF;
	if (!scout_base(&s) || is_true_builtin(p, p->tok.text))
		return false;
	if (scout_suffixes(&s))
		*lone = false;
	return s.tok.kind == T_RPAREN || s.tok.kind == T_COMMA;
}

/* ---- types ---- */

/* '(' and a type or an expression. */
static bool
parse_type_or_expr(struct parser *p, struct type_expr **of, struct node **x)
{
	bool lone;

	if (!expect(p, T_LPAREN))
		return false;
	if (!at_type(p, &lone)) {
		*x = parse_inner(p);
		return *x != NULL;
	}
	*of = parse_type(p);
	if (lone && *of) {
		*x = new_node(p, N_IDENT, (*of)->span);
		(*x)->ident.name = (*of)->name;
	}
	return *of != NULL;
}

static bool
parse_suffixes(struct parser *p, struct type_expr *t)
{
	while (p->tok.kind == T_STAR || p->tok.kind == T_LBRACKET) {
		struct type_suffix *s = vec_push(p->arena, &t->suffixes);

		s->pointer = p->tok.kind == T_STAR;
		advance(p);
		if (s->pointer)
			continue;
		s->sized = p->tok.kind == T_INT;
		s->count = p->tok.num;
		if (s->sized)
			advance(p);
		if (!expect(p, T_RBRACKET))
			return false;
	}
	return true;
}

static bool
parse_base_type(struct parser *p, struct type_expr *t)
{
	if (accept(p, T_TYPEOF))
		return parse_type_or_expr(p, &t->of_type, &t->of) &&
		       expect(p, T_RPAREN);
	if (accept(p, T_STRUCT))
		t->tag = TAG_STRUCT;
	else if (accept(p, T_UNION))
		t->tag = TAG_UNION;
	else if (accept(p, T_ENUM))
		t->tag = TAG_ENUM;
	if (!is_name(&p->tok))
		return fail_here(p, t->tag == TAG_NONE ? "expected type name"
						       : "expected identifier");
	t->name = p->tok.text;
	advance(p);
	return true;
}

struct type_expr *
parse_type(struct parser *p)
{
	struct type_expr *t = arena_alloc(p->arena, sizeof(*t));

	t->span = p->tok.span;
	if (!enter(p))
		return NULL;
	if (!parse_base_type(p, t) || !parse_suffixes(p, t))
		t = NULL;
	else
		t->span.end = p->prev_end;
	leave(p);
	return t;
}

/* ---- what holds a type ---- */

struct node *
parse_cast(struct parser *p)
{
	struct node *n = new_node(p, N_CAST, p->tok.span);

	advance(p);
	n->cast.to = parse_type(p);
	if (!n->cast.to || !expect(p, T_RPAREN))
		return NULL;
	n->cast.head = n->span;
	n->cast.head.end = p->prev_end;
	n->cast.x = parse_unary(p);
	if (!n->cast.x)
		return NULL;
	n->span = span_join(n->span, n->cast.x->span);
	return seal(p, n);
}

struct node *
parse_type_query(struct parser *p, enum node_kind kind)
{
	struct node *n = new_node(p, kind, p->tok.span);

	advance(p);
	if (!parse_type_or_expr(p, &n->of.of, &n->of.x) || !expect(p, T_RPAREN))
		return NULL;
	n->span.end = p->prev_end;
	return seal(p, n);
}

struct node *
parse_offsetof(struct parser *p)
{
	struct node *n = new_node(p, N_OFFSETOF, p->tok.span);

	advance(p);
	if (!parse_type_or_expr(p, &n->offset.of, &n->offset.x) ||
	    !expect(p, T_COMMA))
		return NULL;
	n->offset.path_span = p->tok.span;
	do {
		if (!is_name(&p->tok)) {
			fail_here(p, "expected identifier");
			return NULL;
		}
		*vec_push(p->arena, &n->offset.path) = p->tok.text;
		advance(p);
	} while (accept(p, T_DOT));
	n->offset.path_span.end = p->prev_end;
	if (!expect(p, T_RPAREN))
		return NULL;
	n->span.end = p->prev_end;
	return seal(p, n);
}
