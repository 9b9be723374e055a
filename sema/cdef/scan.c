/* SPDX-License-Identifier: MIT */
/*
 * Text of a file -> preprocessing tokens. A backslash at a line's end is
 * white space here (nobody cuts a word in two with it).
 */
#include <string.h>

#include "internal.h"

enum char_class {
	C_OTHER,
	C_SPACE,
	C_NEWLINE,
	C_LETTER,
	C_DIGIT,
	C_QUOTE,
	C_MARK,
	C_NUL,
};

static const uint8_t class_of[256] = {
	[0] = C_NUL,
	[' '] = C_SPACE,
	['\t'] = C_SPACE,
	['\r'] = C_SPACE,
	['\f'] = C_SPACE,
	['\v'] = C_SPACE,
	['\n'] = C_NEWLINE,
	['a' ... 'z'] = C_LETTER,
	['A' ... 'Z'] = C_LETTER,
	['_'] = C_LETTER,
	['$'] = C_LETTER,
	[128 ... 255] = C_LETTER,
	['0' ... '9'] = C_DIGIT,
	['"'] = C_QUOTE,
	['\''] = C_QUOTE,
	['!'] = C_MARK,
	['#'] = C_MARK,
	['%'] = C_MARK,
	['&'] = C_MARK,
	['('] = C_MARK,
	[')'] = C_MARK,
	['*'] = C_MARK,
	['+'] = C_MARK,
	[','] = C_MARK,
	['-'] = C_MARK,
	['.'] = C_MARK,
	['/'] = C_MARK,
	[':'] = C_MARK,
	[';'] = C_MARK,
	['<'] = C_MARK,
	['='] = C_MARK,
	['>'] = C_MARK,
	['?'] = C_MARK,
	['['] = C_MARK,
	[']'] = C_MARK,
	['^'] = C_MARK,
	['{'] = C_MARK,
	['|'] = C_MARK,
	['}'] = C_MARK,
	['~'] = C_MARK,
};

static uint8_t
class_at(const char *p)
{
	return class_of[(unsigned char)*p];
}

/* Behind a comment whose first two bytes are at `p`. */
static const char *
comment_end(const char *p, const char *end)
{
	const char *star;

	if (p[1] == '/') {
		for (p += 2; p < end && *p != '\n'; p++)
			if (*p == '\\' && p[1] == '\n')
				p++;
		return p < end ? p : end;
	}
	for (p += 2; (star = memchr(p, '*', (size_t)(end - p))); p = star + 1)
		if (star[1] == '/')
			return star + 2;
	return end;
}

static const char *
splice_end(const char *p)
{
	const char *q = p + 1;

	while (*q == ' ' || *q == '\t' || *q == '\r')
		q++;
	return *q == '\n' ? q + 1 : NULL;
}

/* Blanks, comments and, unless in a directive, newlines. */
static void
skip_blanks(const struct cpp *pp, struct cinput *in, struct ctoken *t)
{
	const char *p = in->p, *start = p, *q;

	for (;;) {
		while (class_at(p) == C_SPACE)
			p++;
		if (*p == '\n' && !pp->directive) {
			in->bol = true;
			p++;
		} else if (*p == '/' && (p[1] == '*' || p[1] == '/')) {
			p = comment_end(p, in->end);
		} else if (*p == '\\' && (q = splice_end(p))) {
			p = q;
		} else if (!*p && p < in->end) {
			p++;
		} else {
			break;
		}
	}
	t->flags = p > start ? TOK_SPACE : 0;
	in->p = p;
}

static const char *
quote_end(const char *p, const char *end)
{
	char quote = *p++;

	for (; p < end && *p != quote; p++) {
		if (*p == '\n')
			return p;
		if (*p == '\\' && p + 1 < end)
			p++;
	}
	return p < end ? p + 1 : end;
}

static const char *
number_end(const char *p)
{
	for (;; p++) {
		uint8_t c = class_at(p);

		if (c != C_LETTER && c != C_DIGIT && *p != '.')
			return p;
		if ((*p == 'e' || *p == 'E' || *p == 'p' || *p == 'P') &&
		    (p[1] == '+' || p[1] == '-'))
			p++;
	}
}

/* Two characters, or two and '='. */
static unsigned
mark_pair(char a, char b, char c)
{
	switch (a) {
	case '-':
		if (b == '>')
			return P_ARROW;
		break;
	case '<':
		if (b == '<')
			return c == '=' ? P_ASSIGN_OP : P_SHL;
		break;
	case '>':
		if (b == '>')
			return c == '=' ? P_ASSIGN_OP : P_SHR;
		break;
	case '.':
		return b == '.' && c == '.' ? P_ELLIPSIS : 0;
	}
	if (a == b)
		switch (a) {
		case '+':
			return P_INC;
		case '-':
			return P_DEC;
		case '&':
			return P_LAND;
		case '|':
			return P_LOR;
		case '#':
			return P_PASTE;
		}
	if (b != '=')
		return 0;
	switch (a) {
	case '<':
		return P_LE;
	case '>':
		return P_GE;
	case '=':
		return P_EQ;
	case '!':
		return P_NE;
	}
	return strchr("+-*/%&|^", a) ? P_ASSIGN_OP : 0;
}

static const char *
scan_mark(const char *p, struct ctoken *t)
{
	unsigned code = mark_pair(p[0], p[1], p[1] ? p[2] : 0);

	t->kind = CT_PUNCT;
	t->punct = (uint16_t)code;
	if (!code) {
		t->punct = (unsigned char)*p;
		return p + 1;
	}
	if (code == P_ELLIPSIS)
		return p + 3;
	return p + (code == P_ASSIGN_OP && p[0] == p[1] ? 3 : 2);
}

static const char *
scan_word(struct cpp *pp, const char *p, struct ctoken *t)
{
	const char *q = p + 1;

	while (class_at(q) == C_LETTER || class_at(q) == C_DIGIT)
		q++;
	if ((*q == '"' || *q == '\'') && q - p <= 2 && strchr("LuU", *p)) {
		t->kind = *q == '"' ? CT_STRING : CT_CHAR;
		return quote_end(q, q + strlen(q));
	}
	t->kind = CT_NAME;
	t->name = cname_intern(&pp->names, p, (size_t)(q - p));
	return q;
}

void
pp_scan(struct cpp *pp, struct cinput *in, struct ctoken *t)
{
	const char *p;

	skip_blanks(pp, in, t);
	p = in->p;
	t->text = p;
	t->name = NULL;
	if (in->bol) {
		t->flags |= TOK_LINE;
		in->bol = false;
	}
	switch (class_at(p)) {
	case C_NUL:
	case C_NEWLINE:
		t->kind = CT_EOF;
		t->len = 0;
		return;
	case C_LETTER:
		in->p = scan_word(pp, p, t);
		break;
	case C_DIGIT:
		t->kind = CT_NUMBER;
		in->p = number_end(p);
		break;
	case C_QUOTE:
		t->kind = *p == '"' ? CT_STRING : CT_CHAR;
		in->p = quote_end(p, in->end);
		break;
	case C_MARK:
		if (*p == '.' && class_at(p + 1) == C_DIGIT) {
			t->kind = CT_NUMBER;
			in->p = number_end(p);
			break;
		}
		in->p = scan_mark(p, t);
		break;
	default:
		t->kind = CT_OTHER;
		in->p = p + 1;
	}
	t->len = (uint32_t)(in->p - p);
}

bool
pp_scan_single(struct cpp *pp, const char *text, size_t len, struct ctoken *t)
{
	struct cinput in = { .p = text, .end = text + len };
	bool directive = pp->directive;

	pp->directive = true;
	pp_scan(pp, &in, t);
	pp->directive = directive;
	return t->kind != CT_EOF && in.p == in.end && !(t->flags & TOK_SPACE);
}

void
pp_skip_line(struct cinput *in)
{
	const char *p = in->p, *q;

	while (p < in->end && *p != '\n') {
		if (*p == '/' && (p[1] == '*' || p[1] == '/'))
			p = comment_end(p, in->end);
		else if (*p == '"' || *p == '\'')
			p = quote_end(p, in->end);
		else if (*p == '\\' && (q = splice_end(p)))
			p = q;
		else
			p++;
	}
	in->p = p < in->end ? p : in->end;
}

/* ---- skipping text that is not looked at ---- */

/* Behind one character, comment, literal or splice; *bol: whether only
 * blanks stand before what follows on its line. */
static const char *
skip_one(const char *p, const char *end, bool *bol)
{
	const char *q;

	switch (*p) {
	case '\n':
		*bol = true;
		return p + 1;
	case ' ':
	case '\t':
	case '\r':
		return p + 1;
	case '/':
		if (p[1] == '*' || p[1] == '/')
			return comment_end(p, end);
		break;
	case '"':
	case '\'':
		*bol = false;
		return quote_end(p, end);
	case '\\':
		q = splice_end(p);
		if (q)
			return q;
		break;
	}
	*bol = false;
	return p + 1;
}

static const char *
blank_end(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static bool
is_word(const char *p, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(p, word, n) && class_at(p + n) != C_LETTER &&
	       class_at(p + n) != C_DIGIT;
}

bool
pp_skip_dead(struct cinput *in)
{
	const char *p = in->p, *word;
	bool bol = in->bol;
	unsigned depth = 0;

	while (p < in->end) {
		if (*p != '#' || !bol) {
			p = skip_one(p, in->end, &bol);
			continue;
		}
		word = blank_end(p + 1);
		p++;
		bol = false;
		if (!strncmp(word, "if", 2)) {
			depth++;
		} else if (depth && is_word(word, "endif")) {
			depth--;
		} else if (!depth && (is_word(word, "endif") ||
				      !strncmp(word, "el", 2))) {
			in->p = p;
			in->bol = false;
			return true;
		}
	}
	in->p = in->end;
	return false;
}

/* Tokens of a macro first: what is left of them. True: all is closed. */
static bool
skip_tokens(struct cpp *pp, char open, char close, unsigned *depth)
{
	struct ctoken t;

	while (pp->ctx) {
		struct cctx *c = pp->ctx;

		if (c->pos == c->n && c->barrier)
			return true;
		if (c->pos == c->n && !c->up)
			break;
		pp_raw(pp, &t);
		if (t.kind == CT_EOF)
			return true;
		if (is_punct(&t, (unsigned)open))
			++*depth;
		else if (is_punct(&t, (unsigned)close) && !--*depth)
			return true;
	}
	return false;
}

/* In the file: to the closer, or to its end (false). */
static bool
skip_text(struct cpp *pp, char open, char close, unsigned *depth)
{
	struct cinput *in = pp->input;
	const char *p = in->p, *end = in->end;
	bool bol = in->bol;

	while (p < end) {
		if (*p == '#' && bol) {
			in->p = p + 1;
			in->bol = false;
			pp_directive(pp);
			if (pp->input != in || pp->stopped)
				return false;
			p = in->p;
			bol = in->bol;
			continue;
		}
		if (*p == open) {
			++*depth;
		} else if (*p == close && !--*depth) {
			in->p = p + 1;
			in->bol = false;
			return true;
		}
		p = skip_one(p, end, &bol);
	}
	in->p = end;
	in->bol = bol;
	return false;
}

void
pp_skip_balanced(struct cpp *pp, char open)
{
	char close = open == '(' ? ')' : open == '{' ? '}' : ']';
	unsigned depth = 1;
	struct ctoken t;

	if (skip_tokens(pp, open, close, &depth))
		return;
	while (pp->input && !pp->stopped) {
		struct cinput *in = pp->input;

		if (in->guard_state != GUARD_OPEN)
			in->guard_state = GUARD_NONE;
		if (skip_text(pp, open, close, &depth))
			return;
		if (pp->input != in || in->p < in->end)
			continue;
		pp_raw(pp, &t); /* leaves the file */
		if (t.kind == CT_EOF)
			return;
		if (is_punct(&t, (unsigned)open))
			depth++;
		else if (is_punct(&t, (unsigned)close) && !--depth)
			return;
	}
}
