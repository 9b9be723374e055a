/* SPDX-License-Identifier: MIT */
/*
 * Owns the text of attach points (REFERENCE 1.6): it is not made of tokens,
 * but raw up to a blank, ',' or '{'. Hands on its parts, split at ':' and at
 * the '@' of a source location, with quotes and `$N` resolved.
 */
#include <string.h>

#include "internal.h"

struct raw {
	struct parser *p;
	const char *text;
	uint32_t at, end; /* offsets in the source */
	VEC(char) part;
	VEC(char) whole; /* what was read, with $N replaced */
	struct attach_text *ap;
	bool quoted, after_at;
};

static struct span
raw_span(const struct raw *r, uint32_t begin, uint32_t end)
{
	uint32_t base = r->p->lex.source->base;

	return (struct span){ base + begin, base + end };
}

/* The end of the quoted text that begins at `at`, behind its quote; 0 when
 * it is not closed. */
static uint32_t
quote_end(const struct source *s, uint32_t at)
{
	for (at++; at < s->len && s->text[at] != '"'; at++)
		if (s->text[at] == '\\' && at + 1 < s->len)
			at++;
	return at < s->len ? at + 1 : 0;
}

static bool
ends_raw(char c, bool seen_colon)
{
	switch (c) {
	case ' ':
	case '\t':
	case '\r':
	case '\n':
	case ',':
	case '{':
		return true;
	case '/':
		return !seen_colon;
	default:
		return false;
	}
}

/* Where the raw text that begins at `at` ends; false when a quote stays
 * open. */
static bool
find_end(struct parser *p, uint32_t at, uint32_t *end)
{
	const struct source *s = p->lex.source;
	uint32_t begin = at;
	bool seen_colon = false;

	while (at < s->len && (!ends_raw(s->text[at], seen_colon) ||
			       (at == begin && s->text[at] == '/'))) {
		if (s->text[at] == '"') {
			uint32_t behind = quote_end(s, at);

			if (!behind)
				return fail(p,
					    (struct span){ s->base + at,
							   s->base + at + 1 },
					    "unterminated string");
			at = behind;
			continue;
		}
		seen_colon |= s->text[at] == ':';
		at++;
	}
	*end = at;
	return true;
}

static void
end_part(struct raw *r)
{
	struct arena *a = r->p->arena;
	struct attach_part *part = vec_push(a, &r->ap->parts);

	part->text = arena_strndup(a, r->part.v, r->part.n);
	part->quoted = r->quoted;
	part->after_at = r->after_at;
	r->part.n = 0;
	r->quoted = false;
}

/* Take one byte, into the part too when `in_part`. */
static void
take(struct raw *r, bool in_part)
{
	char c = r->text[r->at++];

	*vec_push(r->p->arena, &r->whole) = c;
	if (in_part)
		*vec_push(r->p->arena, &r->part) = c;
}

static void
take_quoted(struct raw *r)
{
	uint32_t end = quote_end(r->p->lex.source, r->at);

	r->quoted = true;
	take(r, false);
	while (r->at < end - 1) {
		if (r->text[r->at] == '\\')
			take(r, false);
		take(r, true);
	}
	take(r, false);
}

static bool
is_digit_at(const struct raw *r, uint32_t at)
{
	return at < r->end && r->text[at] >= '0' && r->text[at] <= '9';
}

/* $N: the parameter's text takes its place; a missing one is empty. */
static bool
take_param(struct raw *r)
{
	const struct params *params = r->p->params;
	const char *value = "";
	uint32_t begin = r->at++;
	uint64_t n = 0;
	char junk;

	for (; is_digit_at(r, r->at); r->at++)
		if (n < UINT32_MAX)
			n = n * 10 + (uint64_t)(r->text[r->at] - '0');
	junk = r->at < r->end ? r->text[r->at] : 0;
	if (junk == '_' || (junk >= 'a' && junk <= 'z') ||
	    (junk >= 'A' && junk <= 'Z'))
		return fail(r->p, raw_span(r, begin, r->at + 1),
			    "invalid trailing character for positional "
			    "param: %c. Try quoting this entire part if this "
			    "is intentional e.g. \"%.*s\".",
			    junk, (int)(r->at + 1 - begin), r->text + begin);
	if (params && n >= 1 && n <= params->n)
		value = params->v[n - 1];
	for (; *value; value++) {
		*vec_push(r->p->arena, &r->part) = *value;
		*vec_push(r->p->arena, &r->whole) = *value;
	}
	return true;
}

/* A '$' that is no parameter's: it is taken as it is, and told when nothing
 * worse is wrong with the probe. */
static void
note_param(struct raw *r)
{
	char c = r->text[r->at + 1];

	r->ap->flaw = arena_printf(r->p->arena,
				   "invalid trailing character for "
				   "positional param: %c. Try quoting this "
				   "entire part if this is intentional e.g. "
				   "\"$%c\".",
				   c, c);
	take(r, true);
}

static bool
ends_part(const struct raw *r, uint32_t at)
{
	return at >= r->end || r->text[at] == ':' || r->text[at] == '"';
}

/* `name=` before the provider. */
static void
take_label(struct raw *r)
{
	struct lexer lex = r->p->lex;
	struct token t;

	lex.pos = r->at;
	t = lex_next(&lex);
	if (!is_name(&t) || lex.pos >= r->end || r->text[lex.pos] != '=')
		return;
	r->ap->label = t.text;
	r->at = lex.pos + 1;
}

static bool
split(struct raw *r)
{
	while (r->at < r->end) {
		char c = r->text[r->at];

		if (c == '"') {
			take_quoted(r);
		} else if (c == ':' || c == '@') {
			take(r, false);
			end_part(r);
			r->after_at = c == '@';
		} else if (c != '$' || ends_part(r, r->at + 1)) {
			take(r, true);
		} else if (!is_digit_at(r, r->at + 1) ||
			   r->text[r->at + 1] == '0') {
			note_param(r);
		} else if (!take_param(r)) {
			return false;
		}
	}
	end_part(r);
	r->ap->raw = arena_strndup(r->p->arena, r->whole.v, r->whole.n);
	return true;
}

bool
parse_attach_point(struct parser *p, struct attach_text *ap)
{
	const struct source *s = p->lex.source;
	struct raw r = { .p = p, .text = s->text, .ap = ap };
	uint32_t begin = p->tok.span.begin - s->base;

	if (!find_end(p, begin, &r.end))
		return false;
	if (r.end == begin) {
		/* Whatever the lexer made of it, it is no attach point. */
		return fail(p, p->tok.span, "expected attach point");
	}
	r.at = begin;
	ap->span = raw_span(&r, begin, r.end);
	take_label(&r);
	if (!split(&r))
		return false;
	p->lex.pos = r.end;
	p->tok.span = ap->span;
	advance(p);
	return true;
}
