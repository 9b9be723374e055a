/* SPDX-License-Identifier: MIT */
/*
 * Owns blocks and statements. A mistake ends its statement, and the block
 * goes on with the next one. The last expression of a block without a ';' is
 * the block's value until whoever holds the block settles that it has none.
 */
#include <string.h>

#include "internal.h"

/* ---- values of blocks ---- */

/* Does the construct give a value on every way through it? */
static bool
has_value(const struct node *n)
{
	if (n->kind == N_BLOCK)
		return n->block.value;
	if (n->kind == N_IF)
		return n->cond.then->block.value && n->cond.other &&
		       has_value(n->cond.other);
	return true;
}

/* `x` as a statement: `if` and blocks stand for themselves. */
static struct node *
to_stmt(struct parser *p, struct node *x)
{
	struct node *n;

	if (x->kind == N_IF || x->kind == N_BLOCK) {
		settle(p, x);
		return x;
	}
	n = new_node(p, N_EXPR, x->span);
	n->expr.x = x;
	n->expr.lost = x->span;
	return seal(p, n);
}

void
settle(struct parser *p, struct node *n)
{
	for (; n && n->kind == N_IF; n = n->cond.other)
		settle(p, n->cond.then);
	if (!n || !n->block.value)
		return;
	n->block.value = to_stmt(p, n->block.value);
	if (n->block.value)
		*vec_push(p->arena, &n->block.stmts) = n->block.value;
	n->block.value = NULL;
	seal(p, n);
}

static struct node *
last_stmt(struct node *block)
{
	node_list *stmts = &block->block.stmts;

	return stmts->n ? stmts->v[stmts->n - 1] : NULL;
}

/* The values of `n`, a settled statement, are lost as one. */
static void
lose_value(struct node *n, struct span whole)
{
	struct node *value;

	for (; n && n->kind == N_IF; n = n->cond.other)
		lose_value(n->cond.then, whole);
	if (!n || n->kind != N_BLOCK || !(value = last_stmt(n)))
		return;
	if (value->kind == N_EXPR)
		value->expr.lost = whole;
	else
		lose_value(value, whole);
}

void
bare_values(struct node *n)
{
	struct node *value;

	for (; n && n->kind == N_IF; n = n->cond.other)
		bare_values(n->cond.then);
	if (!n || n->kind != N_BLOCK || !(value = last_stmt(n)))
		return;
	if (value->kind != N_EXPR)
		bare_values(value);
	else if (value->expr.x->kind == N_CAST)
		value->expr.lost = value->expr.x->cast.head;
	else
		value->expr.lost = value->expr.x->span;
}

/* ---- if ---- */

/* "(" expr ")", or a unary expression without them. */
static struct node *
parse_cond(struct parser *p)
{
	struct node *x;

	if (!accept(p, T_LPAREN))
		return parse_unary(p);
	x = parse_inner(p);
	return x && expect(p, T_RPAREN) ? x : NULL;
}

/* `if`, its condition and its block, without what follows an `else`. */
static struct node *
parse_one_if(struct parser *p)
{
	struct node *n = new_node(p, N_IF, p->tok.span);

	advance(p);
	n->cond.cond = parse_cond(p);
	if (!n->cond.cond)
		return NULL;
	n->cond.head = n->span;
	n->cond.head.end = p->prev_end;
	n->cond.then = parse_block(p);
	return n->cond.then ? n : NULL;
}

/* Set spans and heights of a chain of `else if` from its end on. */
static struct node *
seal_chain(struct parser *p, struct node **links, uint32_t n)
{
	while (n--) {
		links[n]->span.end = p->prev_end;
		if (!seal(p, links[n]))
			return NULL;
	}
	return links[0];
}

struct node *
parse_if(struct parser *p)
{
	node_list links = { 0 };
	struct node **last = NULL;

	do {
		struct node *n = parse_one_if(p);

		if (!n)
			return NULL;
		if (last)
			*last = n;
		last = &n->cond.other;
		*vec_push(p->arena, &links) = n;
	} while (p->tok.kind == T_ELSE && peek(p).kind == T_IF &&
		 accept(p, T_ELSE));
	if (accept(p, T_ELSE)) {
		if (p->tok.kind != T_LBRACE) {
			fail_here(p, "expected '{' or 'if' after 'else'");
			return NULL;
		}
		*last = parse_block(p);
		if (!*last)
			return NULL;
	}
	return seal_chain(p, links.v, links.n);
}

/* ---- other statements ---- */

static struct node *
parse_body(struct parser *p)
{
	struct node *body = parse_block(p);

	if (body)
		settle(p, body);
	return body;
}

/* while and unroll */
static struct node *
parse_loop(struct parser *p, enum node_kind kind)
{
	struct node *n = new_node(p, kind, p->tok.span);

	advance(p);
	n->loop.cond = parse_cond(p);
	n->loop.body = n->loop.cond ? parse_body(p) : NULL;
	if (!n->loop.body)
		return NULL;
	if (kind == N_WHILE)
		bare_values(n->loop.body);
	n->span.end = p->prev_end;
	return seal(p, n);
}

/* An end of a range: a cast may be one, an operator needs parentheses. */
static struct node *
parse_bound(struct parser *p)
{
	return at_cast(p) ? parse_cast(p) : parse_primary(p);
}

/* What a `for` goes over, with the parenthesis that closes its head. */
static bool
parse_for_range(struct parser *p, struct node *n, bool paren)
{
	struct node *from = parse_bound(p);

	if (!from)
		return false;
	if (accept(p, T_DOTDOT)) {
		n->loop_for.from = from;
		n->loop_for.to = parse_bound(p);
		return n->loop_for.to && (!paren || expect(p, T_RPAREN));
	}
	if (paren && !expect(p, T_RPAREN))
		return false;
	if (from->kind != N_MAP || from->map.keys.n)
		return fail_here(p, "expected map or range in for loop");
	n->loop_for.map = from;
	return true;
}

static bool
parse_for_head(struct parser *p, struct node *n, bool paren)
{
	if (p->tok.kind != T_VAR)
		return fail_here(p, "expected variable in for loop");
	n->loop_for.name = p->tok.text;
	n->loop_for.name_span = p->tok.span;
	advance(p);
	return expect(p, T_COLON) && parse_for_range(p, n, paren);
}

/* Behind a mistake in a head with parentheses: a `for` as in C has ';' there,
 * which end no statement. */
static void
skip_head(struct parser *p)
{
	while (p->tok.kind != T_EOF && p->tok.kind != T_LBRACE &&
	       p->tok.kind != T_RBRACE && !at_line_start(p))
		advance(p);
}

static struct node *
parse_for(struct parser *p)
{
	struct node *n = new_node(p, N_FOR, p->tok.span);
	bool paren;

	advance(p);
	paren = accept(p, T_LPAREN);
	if (!parse_for_head(p, n, paren)) {
		if (paren)
			skip_head(p);
		return NULL;
	}
	n->loop_for.head = n->span;
	n->loop_for.head.end = p->prev_end;
	n->loop_for.body = parse_body(p);
	if (!n->loop_for.body)
		return NULL;
	bare_values(n->loop_for.body);
	n->span.end = p->prev_end;
	return seal(p, n);
}

static struct node *
parse_let(struct parser *p)
{
	struct node *n = new_node(p, N_LET, p->tok.span);

	advance(p);
	if (p->tok.kind != T_VAR) {
		fail_here(p, "expected variable after 'let'");
		return NULL;
	}
	n->let.name = p->tok.text;
	n->let.name_span = p->tok.span;
	advance(p);
	if (accept(p, T_COLON) && !(n->let.decl = parse_type(p)))
		return NULL;
	if (accept(p, T_ASSIGN) && !(n->let.value = parse_expr(p)))
		return NULL;
	n->span.end = p->prev_end;
	return seal(p, n);
}

static struct node *
parse_return(struct parser *p)
{
	struct node *n = new_node(p, N_RETURN, p->tok.span);

	advance(p);
	if (p->tok.kind == T_SEMI || p->tok.kind == T_RBRACE ||
	    p->tok.kind == T_EOF)
		return n;
	n->ret.x = parse_expr(p);
	if (!n->ret.x)
		return NULL;
	n->span.end = p->prev_end;
	return seal(p, n);
}

static struct node *
parse_stmt_import(struct parser *p)
{
	struct node *n = new_node(p, N_IMPORT, p->tok.span);

	advance(p);
	if (p->tok.kind != T_STR) {
		fail_here(p, "expected string after 'import'");
		return NULL;
	}
	n->import.path = p->tok.text;
	advance(p);
	n->span.end = p->prev_end;
	return n;
}

static struct node *
parse_jump(struct parser *p, enum node_kind kind)
{
	struct node *n = new_node(p, kind, p->tok.span);

	advance(p);
	return n;
}

/* ---- assignments and expression statements ---- */

/* The operator of an assignment token, or OP_COUNT. */
static enum operator_kind
assign_op(enum token_kind kind)
{
	switch ((int)kind) {
	case T_ASSIGN:
		return OP_ASSIGN;
	case T_PLUS_ASSIGN:
		return OP_ADD;
	case T_MINUS_ASSIGN:
		return OP_SUB;
	case T_STAR_ASSIGN:
		return OP_MUL;
	case T_SLASH_ASSIGN:
		return OP_DIV;
	case T_PERCENT_ASSIGN:
		return OP_MOD;
	case T_AND_ASSIGN:
		return OP_BAND;
	case T_OR_ASSIGN:
		return OP_BOR;
	case T_XOR_ASSIGN:
		return OP_BXOR;
	case T_SHL_ASSIGN:
		return OP_SHL;
	case T_SHR_ASSIGN:
		return OP_SHR;
	default:
		return OP_COUNT;
	}
}

/* What an assignment to part of a value is told; NULL: not assignable at all,
 * which is a missing ';' in the reader's eyes. */
static const char *
part_message(const struct node *target)
{
	if (target->kind == N_FIELD)
		return "Tuples and records are immutable once created. "
		       "Consider creating a new value and assigning it "
		       "instead.";
	if (target->kind == N_INDEX)
		return "invalid assignment target";
	return NULL;
}

/* `target op value`, where the operator comes next. */
static struct node *
parse_assignment(struct parser *p, struct node *target)
{
	struct node *n = new_node(p, N_ASSIGN, target->span);
	const char *refusal = part_message(target);
	bool discard = target->kind == N_IDENT;

	n->assign.op = assign_op(p->tok.kind);
	n->assign.op_span = p->tok.span;
	advance(p);
	n->assign.target = target;
	n->assign.value = parse_expr(p);
	if (!n->assign.value)
		return NULL;
	n->span.end = p->prev_end;
	if (refusal) {
		fail(p, n->span, "%s", refusal);
		return NULL;
	}
	if (discard) {
		struct node *x = n->assign.value;

		n->kind = N_DISCARD;
		n->expr.x = x;
	}
	return seal(p, n);
}

/* Can `target`, which began with a token of kind `first`, be assigned to by
 * what comes next, or should we say why not? */
static bool
at_assignment(const struct parser *p, const struct node *target,
	      enum token_kind first)
{
	if (assign_op(p->tok.kind) == OP_COUNT)
		return false;
	if (target->kind == N_IDENT)
		return p->tok.kind == T_ASSIGN &&
		       !strcmp(target->ident.name, "_");
	return (first == T_VAR || first == T_MAP) &&
	       (target->kind == N_VAR || target->kind == N_MAP ||
		part_message(target));
}

/* `if` and blocks end a statement, unless an operator follows on the line. */
static struct node *
parse_braced(struct parser *p)
{
	struct node *x = parse_primary(p);

	return !x || at_line_start(p) ? x : parse_expr_from(p, x);
}

static struct node *
parse_expr_stmt(struct parser *p)
{
	enum token_kind first = p->tok.kind;
	struct node *x;

	if (first == T_IF || first == T_LBRACE)
		return parse_braced(p);
	x = parse_expr(p);
	if (x && at_assignment(p, x, first))
		return parse_assignment(p, x);
	return x;
}

/* A statement without its ';'; a bare expression for an expression. */
static struct node *
parse_stmt(struct parser *p)
{
	switch ((int)p->tok.kind) {
	case T_LET:
		return parse_let(p);
	case T_WHILE:
		return parse_loop(p, N_WHILE);
	case T_UNROLL:
		return parse_loop(p, N_UNROLL);
	case T_FOR:
		return parse_for(p);
	case T_BREAK:
		return parse_jump(p, N_BREAK);
	case T_CONTINUE:
		return parse_jump(p, N_CONTINUE);
	case T_RETURN:
		return parse_return(p);
	case T_IMPORT:
		return parse_stmt_import(p);
	default:
		return parse_expr_stmt(p);
	}
}

/* ---- blocks ---- */

static bool
is_expr(const struct node *n)
{
	return n->kind < N_LET;
}

/* Does the statement end with its own '}'? */
static bool
ends_in_brace(const struct node *n)
{
	return n->kind == N_IF || n->kind == N_BLOCK || n->kind == N_WHILE ||
	       n->kind == N_UNROLL || n->kind == N_FOR;
}

/* What must stand behind `stmt`. Old scripts leave the ';' out at the end of
 * a line (REFERENCE 15). */
static bool
end_stmt(struct parser *p, const struct node *stmt)
{
	struct span last = { p->token_end - 1, p->token_end };

	if (accept(p, T_SEMI) || p->tok.kind == T_RBRACE || ends_in_brace(stmt))
		return true;
	if (p->tok.kind == T_EOF || p->tok.kind == T_HASH || !at_line_start(p))
		return fail_at(p, "expected ';'");
	diag_warn(p->diag, last, "missing ';' between statements");
	return true;
}

/* Jumps and bare values do; steps, and what begins as an assignment could, do
 * not. */
static bool
ends_with_semicolon(const struct node *n, enum token_kind first)
{
	if (n->kind != N_EXPR)
		return n->kind == N_RETURN || n->kind == N_BREAK ||
		       n->kind == N_CONTINUE;
	if (first == T_VAR || first == T_MAP || first == T_PARAM ||
	    first == T_PARAM_COUNT)
		return false;
	return n->expr.x->kind != N_UNARY || n->expr.x->unary.op < OP_PREINC;
}

/* One statement into `block`, with what ends it. */
static bool
parse_into(struct parser *p, struct node *block)
{
	enum token_kind first = p->tok.kind;
	struct span whole = p->tok.span;
	struct node *s = parse_stmt(p);
	uint32_t closed;
	bool last, braced;

	if (!s)
		return false;
	last = p->tok.kind == T_RBRACE;
	closed = p->prev_end;
	if (!end_stmt(p, s))
		return false;
	whole.end = p->prev_end;
	if (ends_in_brace(s) && whole.end == closed)
		whole.end = p->tok.span.begin; /* it looked for a ';' */
	if (last && is_expr(s) && has_value(s)) {
		block->block.value = s;
		return true;
	}
	braced = ends_in_brace(s) && is_expr(s) && has_value(s);
	if (is_expr(s))
		s = to_stmt(p, s);
	if (s && braced)
		lose_value(s, whole);
	if (s && s->kind == N_EXPR)
		s->span.begin = whole.begin;
	if (s && ends_with_semicolon(s, first))
		s->span.end = whole.end;
	if (s && s->kind == N_EXPR)
		s->expr.lost = s->span;
	if (s)
		*vec_push(p->arena, &block->block.stmts) = s;
	return s;
}

static struct node *
parse_stmts(struct parser *p, struct node *block)
{
	bool in_pred = p->in_pred;

	p->in_pred = false;
	while (p->tok.kind != T_RBRACE && p->tok.kind != T_EOF)
		if (!parse_into(p, block))
			resume_stmt(p);
	p->in_pred = in_pred;
	if (!expect(p, T_RBRACE))
		return NULL;
	block->span.end = p->prev_end;
	return seal(p, block);
}

struct node *
parse_block(struct parser *p)
{
	struct node *block = new_node(p, N_BLOCK, p->tok.span);

	if (p->tok.kind != T_LBRACE) {
		fail_at(p, "expected '{'");
		return NULL;
	}
	if (!enter(p))
		return NULL;
	advance(p);
	block = parse_stmts(p, block);
	leave(p);
	return block;
}
