/* SPDX-License-Identifier: MIT */
/*
 * Owns, for the formatter, what the tree does not hold: comments and blank
 * lines. Attach points and C lines are no tokens, so the walk that looks for
 * comments steps over them.
 */
#include <string.h>

#include "internal.h"

/* ---- finding them ---- */

struct walk {
	struct formatter *f;
	struct lexer lex;
	VEC(struct comment) raw; /* not made of tokens, in source order */
	uint32_t next_raw;
	uint32_t depth; /* of braces */
};

static void
add_raw(struct walk *w, struct span span)
{
	uint32_t base = w->f->src->base, i;
	struct comment raw = { span.begin - base, span.end - base };

	vec_push(w->f->arena, &w->raw);
	for (i = w->raw.n - 1; i && w->raw.v[i - 1].begin > raw.begin; i--)
		w->raw.v[i] = w->raw.v[i - 1];
	w->raw.v[i] = raw;
}

static void
list_raw(struct walk *w)
{
	const struct ast *ast = w->f->ast;

	for (uint32_t i = 0; i < ast->cdefs.n; i++)
		add_raw(w, ast->cdefs.v[i].span);
	for (uint32_t i = 0; i < ast->probes.n; i++)
		for (uint32_t k = 0; k < ast->probes.v[i].aps.n; k++)
			add_raw(w, ast->probes.v[i].aps.v[k].span);
}

/* The end of the comment at `at`, or 0 when there is none. There may be a NUL
 * in it. */
static uint32_t
comment_end(const struct source *s, uint32_t at)
{
	const char *c = s->text + at, *end;

	if (c[0] != '/' || (c[1] != '/' && c[1] != '*'))
		return 0;
	if (c[1] == '/')
		end = memchr(c, '\n', s->len - at);
	else
		end = memmem(c + 2, s->len - at - 2, "*/", 2);
	if (!end)
		return s->len;
	return (uint32_t)(end - s->text) + (c[1] == '*' ? 2 : 0);
}

static void
take_layout(struct walk *w)
{
	const struct source *s = w->f->src;
	uint32_t *at = &w->lex.pos, end;

	for (;;) {
		*at += (uint32_t)strspn(s->text + *at, " \t\r\n\f\v");
		end = comment_end(s, *at);
		if (!end)
			return;
		*vec_push(w->f->arena, &w->f->comments) =
			(struct comment){ *at, end };
		*at = end;
	}
}

static bool
step_over_raw(struct walk *w)
{
	while (w->next_raw < w->raw.n &&
	       w->raw.v[w->next_raw].begin < w->lex.pos)
		w->next_raw++;
	if (w->next_raw == w->raw.n ||
	    w->raw.v[w->next_raw].begin != w->lex.pos)
		return false;
	w->lex.pos = w->raw.v[w->next_raw++].end;
	return true;
}

/* `config` that opens a block; where it is. */
static void
note_config(struct walk *w, const struct token *t)
{
	struct lexer ahead = w->lex;

	if (w->depth || t->kind != T_CONFIG || w->f->config_end ||
	    lex_next(&ahead).kind != T_ASSIGN ||
	    lex_next(&ahead).kind != T_LBRACE)
		return;
	w->f->config_at = t->span.begin - w->f->src->base;
	while (w->f->config_end == 0 || ahead.pos < w->f->src->len) {
		struct token next = lex_next(&ahead);

		w->f->config_end = ahead.pos;
		if (next.kind == T_RBRACE || next.kind == T_EOF)
			break;
	}
}

void
format_scan(struct formatter *f)
{
	struct walk w = { .f = f };
	struct token t;

	lex_init(&w.lex, f->arena, f->src);
	list_raw(&w);
	take_layout(&w);
	if (f->ast->shebang)
		w.lex.pos += (uint32_t)strlen(f->ast->shebang);
	for (;;) {
		take_layout(&w);
		if (step_over_raw(&w))
			continue;
		t = lex_next(&w.lex);
		if (t.kind == T_EOF)
			return;
		note_config(&w, &t);
		w.depth += t.kind == T_LBRACE;
		w.depth -= t.kind == T_RBRACE;
	}
}

/* ---- printing them ---- */

bool
format_pending(const struct formatter *f, uint32_t at)
{
	return f->next < f->comments.n && f->comments.v[f->next].begin < at;
}

static uint32_t
newlines(const struct formatter *f, uint32_t from, uint32_t to)
{
	uint32_t n = 0;

	for (; from < to && strchr(" \t\r\n\f\v", f->src->text[from]); from++)
		n += f->src->text[from] == '\n';
	return n;
}

static void
put_blank_lines(struct formatter *f, uint32_t to)
{
	uint32_t n = newlines(f, f->pos, to);

	for (; !f->first && n > 1; n--)
		sbuf_putc(f->out, '\n');
	f->first = false;
}

/* One line of a comment's text, blanks at its end cut off. */
static void
put_line(struct formatter *f, const char *text, size_t n)
{
	while (n && strchr(" \t\r\n\f\v", text[n - 1]))
		n--;
	sbuf_puts(f->out, "//");
	if (n && *text != ' ' && *text != '\t')
		sbuf_putc(f->out, ' ');
	sbuf_add(f->out, text, n);
}

static bool
is_blank(const char *s, size_t n)
{
	while (n && strchr(" \t\r\n\f\v*", s[n - 1]))
		n--;
	return !n;
}

/* A line of a block comment without its decoration. */
static const char *
undecorated(const char *line, const char *end, bool first)
{
	if (first)
		return line < end && *line == '*' ? line + 1 : line;
	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	return line < end && *line == '*' ? line + 1 : line;
}

static void
put_block_comment(struct formatter *f, const char *text, const char *end)
{
	bool first = true, any = false;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		const char *line;
		size_t n;

		stop = stop ? stop : end;
		line = undecorated(text, stop, first);
		n = (size_t)(stop - line);
		if (!is_blank(line, n) || (!first && stop < end)) {
			if (any)
				format_newline(f, f->indent);
			put_line(f, line, n);
			any = true;
		}
		first = false;
		text = stop + 1;
	}
	if (!any)
		sbuf_puts(f->out, "//");
}

static void
put_comment(struct formatter *f)
{
	const struct comment *c = &f->comments.v[f->next++];
	const char *text = f->src->text + c->begin;

	if (text[1] == '/')
		put_line(f, text + 2, c->end - c->begin - 2);
	else if (c->end - c->begin >= 4 && text[c->end - c->begin - 1] == '/')
		put_block_comment(f, text + 2, f->src->text + c->end - 2);
	else /* open to the end */
		put_block_comment(f, text + 2, f->src->text + c->end);
}

static void
put_own_line(struct formatter *f)
{
	sbuf_printf(f->out, "%*s", (int)f->indent, "");
	put_comment(f);
	sbuf_putc(f->out, '\n');
}

void
format_leading(struct formatter *f, uint32_t at)
{
	while (format_pending(f, at)) {
		const struct comment *c = &f->comments.v[f->next];

		put_blank_lines(f, c->begin);
		if (f->pos < c->end)
			f->pos = c->end;
		put_own_line(f);
	}
	put_blank_lines(f, at);
}

void
format_hoist(struct formatter *f, uint32_t at)
{
	while (format_pending(f, at))
		put_own_line(f);
}

/* Nothing but blanks and the end of the statement between. */
static bool
is_near(const struct formatter *f, uint32_t from, uint32_t to)
{
	return from <= to && from + strspn(f->src->text + from, " \t;)") >= to;
}

void
format_trailing(struct formatter *f, uint32_t last, uint32_t pos)
{
	const struct comment *c = NULL;

	f->pos = pos;
	if (f->next < f->comments.n)
		c = &f->comments.v[f->next];
	if (c && is_near(f, last, c->begin) &&
	    !memchr(f->src->text + last, '\n', c->end - last)) {
		sbuf_putc(f->out, ' ');
		if (f->pos < c->end)
			f->pos = c->end;
		put_comment(f);
	}
	sbuf_putc(f->out, '\n');
}
