/* SPDX-License-Identifier: MIT */
/*
 * Owns the state of a parse: the next token, reporting a mistake and going on
 * behind it, and making nodes. The grammar is in top.c, attach.c, stmt.c,
 * expr.c and type.c.
 */
#include <string.h>

#include "internal.h"

void
advance(struct parser *p)
{
	p->prev_end = p->token_end = p->tok.span.end;
	p->tok = lex_next(&p->lex);
}

void
advance_byte(struct parser *p)
{
	uint32_t behind = p->tok.span.begin + 1;

	p->prev_end = p->token_end = behind;
	p->lex.pos = behind - p->lex.source->base;
	p->tok = lex_next(&p->lex);
}

bool
accept(struct parser *p, enum token_kind kind)
{
	if (p->tok.kind == T_EQ && kind == T_ASSIGN) {
		advance_byte(p); /* the other half is the mistake */
		return true;
	}
	if (p->tok.kind != kind)
		return false;
	advance(p);
	return true;
}

bool
expect(struct parser *p, enum token_kind kind)
{
	return accept(p, kind) || fail_at(p, "expected %s", token_name(kind));
}

struct token
peek(const struct parser *p)
{
	struct lexer ahead = p->lex;

	return lex_next(&ahead);
}

bool
at_line_start(const struct parser *p)
{
	const struct source *s = p->lex.source;
	const char *from = s->text + (p->token_end - s->base);

	return memchr(from, '\n', p->tok.span.begin - p->token_end);
}

bool
is_name(const struct token *t)
{
	return t->kind == T_IDENT || (t->kind >= T_BREAK && t->text);
}

bool
is_true_builtin(const struct parser *p, const char *name)
{
	return p->ast->is_word && p->ast->is_word(name);
}

/* All that is wrong with the literal at hand. */
static void
fail_token(struct parser *p)
{
	fail(p, p->tok.error_span, "%s", p->tok.error);
	for (const struct flaw *f = p->tok.more; f; f = f->more) {
		struct span at = { p->tok.span.begin + (uint32_t)f->begin,
				   p->tok.span.begin + (uint32_t)f->end };

		fail(p, at, "%s", f->message);
	}
}

void
heal(struct parser *p)
{
	assert(p->tok.kind == T_ERROR);
	fail_token(p);
	p->tok.kind = p->tok.like;
}

static bool
vfail(struct parser *p, struct span span, const char *fmt, va_list ap)
{
	p->failed = true;
	if (p->last_fail == span.begin)
		return false;
	p->last_fail = span.begin;
	return diag_error(p->diag, span, "syntax: %s",
			  arena_vprintf(p->arena, fmt, ap));
}

bool
fail(struct parser *p, struct span span, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail(p, span, fmt, ap);
	va_end(ap);
	return false;
}

static char
first_byte(const struct parser *p)
{
	const struct source *s = p->lex.source;

	return s->text[p->tok.span.begin - s->base];
}

/* A string without an end may have swallowed code up to its line's end. */
static bool
is_open_string(const struct parser *p)
{
	return p->tok.like == T_ERROR && first_byte(p) == '"';
}

/* What is underlined of a token that does not fit: a word or a number, else
 * its first byte. */
static struct span
unfit_span(const struct token *t)
{
	struct span at = t->span;
	bool number =
		t->kind == T_INT || (t->kind == T_ERROR && t->like == T_INT);

	if (!number && t->kind != T_VAR && t->kind != T_MAP &&
	    t->kind != T_PARAM && t->kind != T_EOF && !is_name(t))
		at.end = at.begin + 1;
	return at;
}

static bool
skip_open_string(struct parser *p)
{
	p->resume_at_line = is_open_string(p);
	if (p->resume_at_line)
		advance(p);
	return false;
}

static bool
vfail_at(struct parser *p, const char *fmt, va_list ap)
{
	vfail(p, unfit_span(&p->tok), fmt, ap);
	if (first_byte(p) == '\'')
		diag_hint(p->diag, "texts are in double quotes");
	if (p->tok.kind == T_ERROR)
		return skip_open_string(p);
	if (p->tok.kind == T_HASH) {
		diag_hint(p->diag, "comments start with `//` or `/*`");
		skip_line(p);
		p->resume_at_line = true;
	}
	return false;
}

bool
fail_at(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail_at(p, fmt, ap);
	va_end(ap);
	return false;
}

bool
fail_here(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	if (p->tok.kind == T_ERROR) {
		fail_token(p);
		return skip_open_string(p);
	}
	va_start(ap, fmt);
	vfail_at(p, fmt, ap);
	va_end(ap);
	return false;
}

void
skip_line(struct parser *p)
{
	const struct source *s = p->lex.source;
	uint32_t at = p->tok.span.begin - s->base;
	const char *end = memchr(s->text + at, '\n', s->len - at);

	p->lex.pos = end ? (uint32_t)(end - s->text) : s->len;
	p->tok.span.end = s->base + at;
	advance(p);
}

void
skip_braces(struct parser *p)
{
	uint32_t open = 0;

	do {
		if (p->tok.kind == T_LBRACE)
			open++;
		else if (p->tok.kind == T_RBRACE)
			open--;
		advance(p);
	} while (open && p->tok.kind != T_EOF);
}

void
resume_stmt(struct parser *p)
{
	bool at_line = p->resume_at_line;

	p->resume_at_line = false;
	while (p->tok.kind != T_EOF && p->tok.kind != T_RBRACE) {
		if (at_line && at_line_start(p))
			return;
		if (p->tok.kind == T_LBRACE) {
			skip_braces(p);
			if (at_line_start(p))
				return;
		} else if (accept(p, T_SEMI)) {
			while (accept(p, T_SEMI))
				;
			return;
		} else {
			advance(p);
		}
	}
	/* What is missing at the end was lost with the mistake. */
	if (p->tok.kind == T_EOF)
		p->last_fail = p->tok.span.begin;
}

bool
enter(struct parser *p)
{
	if (p->nesting >= MAX_NESTING)
		return fail_here(p, "nested more than %d levels deep",
				 MAX_NESTING);
	p->nesting++;
	return true;
}

void
leave(struct parser *p)
{
	assert(p->nesting);
	p->nesting--;
}

struct node *
new_node(struct parser *p, enum node_kind kind, struct span span)
{
	struct node *n = arena_alloc(p->arena, sizeof(*n));

	n->kind = kind;
	n->span = span;
	n->height = 1;
	return n;
}

static void
raise_height(void *arg, struct node *child)
{
	struct node *n = arg;

	if (n->height <= child->height)
		n->height = child->height + 1;
}

struct node *
seal(struct parser *p, struct node *n)
{
	ast_each_child(n, raise_height, n);
	if (n->height <= MAX_HEIGHT)
		return n;
	fail(p, n->span, "more than %d operations in one another", MAX_HEIGHT);
	return NULL;
}

struct node *
parse_expression(struct ast *ast, const struct source *s, struct diag *d)
{
	struct parser p = {
		.ast = ast, .arena = ast->arena, .diag = d, .prev_end = s->base
	};
	struct node *n;

	lex_init(&p.lex, ast->arena, s);
	p.tok = lex_next(&p.lex);
	n = parse_expr(&p);
	if (n && !p.failed && p.tok.kind != T_EOF)
		fail_here(&p, "expected end of expression");
	return p.failed ? NULL : n;
}
