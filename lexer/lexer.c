/* SPDX-License-Identifier: MIT */
/*
 * Owns the split of source text into tokens (REFERENCE 1.2). Given a source,
 * hands on one token at a time; a malformed one carries its message along and
 * says by .like what the user meant, so that the parser can go on.
 */
#include <string.h>

#include "internal.h"

static const char *const token_names[] = {
#define TOKEN(kind, text) [T_##kind] = text,
#include "tokens.def"
#undef TOKEN
};

struct spelling {
	const char *text;
	enum token_kind kind;
};

enum { WORD_MAX = 9 };

static const struct word {
	char text[WORD_MAX];
	unsigned char kind;
} words[] = {
#define TOKEN(kind, text)
#define WORD(kind, text) { text, T_##kind },
#include "tokens.def"
#undef TOKEN
};

#define TOKEN(kind, text)
#define WORD(kind, text)                                                       \
	static_assert(sizeof(text) <= WORD_MAX, "a longer word");
#include "tokens.def"
#undef TOKEN

/* Longer spellings first: the first that fits is taken. */
/* clang-format off */
static const struct spelling long_marks[] = {
	{ "<<=", T_SHL_ASSIGN },     { ">>=", T_SHR_ASSIGN },
	{ "<<", T_SHL },             { ">>", T_SHR },
	{ "<=", T_LE },              { ">=", T_GE },
	{ "==", T_EQ },              { "!=", T_NE },
	{ "&&", T_ANDAND },          { "||", T_OROR },
	{ "++", T_PLUSPLUS },        { "--", T_MINUSMINUS },
	{ "+=", T_PLUS_ASSIGN },     { "-=", T_MINUS_ASSIGN },
	{ "*=", T_STAR_ASSIGN },     { "/=", T_SLASH_ASSIGN },
	{ "%=", T_PERCENT_ASSIGN },  { "&=", T_AND_ASSIGN },
	{ "|=", T_OR_ASSIGN },       { "^=", T_XOR_ASSIGN },
	{ "->", T_ARROW },           { "..", T_DOTDOT },
};
/* Bytes that a mark may go on with. */
static const bool joins[128] = {
	['<'] = true, ['>'] = true, ['='] = true, ['&'] = true,
	['|'] = true, ['+'] = true, ['-'] = true, ['.'] = true,
};
/* By their byte; 0: none of these. */
static const unsigned char marks[128] = {
	['('] = T_LPAREN,            [')'] = T_RPAREN,
	['{'] = T_LBRACE,            ['}'] = T_RBRACE,
	['['] = T_LBRACKET,          [']'] = T_RBRACKET,
	[','] = T_COMMA,             [';'] = T_SEMI,
	[':'] = T_COLON,             ['?'] = T_QUESTION,
	['.'] = T_DOT,               ['!'] = T_NOT,
	['~'] = T_TILDE,             ['*'] = T_STAR,
	['/'] = T_SLASH,             ['%'] = T_PERCENT,
	['+'] = T_PLUS,              ['-'] = T_MINUS,
	['<'] = T_LT,                ['>'] = T_GT,
	['='] = T_ASSIGN,            ['&'] = T_AND,
	['^'] = T_XOR,               ['|'] = T_OR,
	['#'] = T_HASH,
};
/* clang-format on */

const char *
token_name(enum token_kind kind)
{
	return token_names[kind];
}

void
lex_init(struct lexer *l, struct arena *a, const struct source *s)
{
	*l = (struct lexer){ .arena = a, .source = s };
}

/* Behind the first `stop` at or after `from`, or the end of the text. */
static uint32_t
skip_to(const struct source *s, uint32_t from, const char *stop)
{
	size_t n = strlen(stop);

	for (uint32_t i = from; i + n <= s->len; i++)
		if (!memcmp(s->text + i, stop, n))
			return i + (uint32_t)n;
	return s->len;
}

void
lex_skip_layout(struct lexer *l)
{
	for (;;) {
		const char *p = l->source->text + l->pos;

		if (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')
			l->pos++;
		else if (p[0] == '/' && p[1] == '/')
			l->pos = skip_to(l->source, l->pos + 2, "\n");
		else if (p[0] == '/' && p[1] == '*')
			l->pos = skip_to(l->source, l->pos + 2, "*/");
		else
			return;
	}
}

/* The length of the word at `p`, 0 when there is none. */
static uint32_t
word_length(const char *p)
{
	uint32_t n = 0;

	if (is_word_start(*p))
		while (is_word(p[n]))
			n++;
	return n;
}

/* Turn `t` into an error; `begin` and `end` count from the token's start. */
static void
set_flaw(struct token *t, const struct flaw *flaw)
{
	if (!flaw->message)
		return;
	t->like = t->kind;
	t->kind = T_ERROR;
	t->error = flaw->message;
	t->more = flaw->more;
	t->error_span.begin = t->span.begin + (uint32_t)flaw->begin;
	t->error_span.end = t->span.begin + (uint32_t)flaw->end;
}

static uint32_t
lex_word(struct lexer *l, const char *p, struct token *t)
{
	uint32_t n = word_length(p);

	t->kind = T_IDENT;
	t->text = arena_strndup(l->arena, p, n);
	t->len = n;
	for (size_t i = 0; n < WORD_MAX && i < ARRAY_LEN(words); i++)
		if (words[i].text[0] == *p && !strcmp(words[i].text, t->text))
			t->kind = words[i].kind;
	return n;
}

/* $1: decimal digits only; what follows is the next token. */
static uint32_t
lex_param(struct lexer *l, const char *p, struct token *t)
{
	struct flaw flaw = { 0 };
	uint32_t n = 1;
	bool overflow = false;

	t->kind = T_PARAM;
	for (; is_digit(p[n]); n++) {
		overflow |= __builtin_mul_overflow(t->num, 10, &t->num);
		overflow |= __builtin_add_overflow(
			t->num, (uint64_t)(p[n] - '0'), &t->num);
	}
	if (!t->num || overflow || t->num > INT64_MAX) {
		flaw.message =
			arena_printf(l->arena,
				     "param %.*s is out of integer range "
				     "[1, 9223372036854775807]",
				     (int)n, p);
		flaw.end = n;
		t->num = 1;
	}
	set_flaw(t, &flaw);
	return n;
}

/* $name, $1, $# */
static uint32_t
lex_dollar(struct lexer *l, const char *p, struct token *t)
{
	struct flaw flaw = { "expected identifier after '$'", 0, 1, NULL };
	uint32_t n = word_length(p + 1);

	if (is_digit(p[1]))
		return lex_param(l, p, t);
	if (p[1] == '#') {
		t->kind = T_PARAM_COUNT;
		return 2;
	}
	t->kind = T_VAR;
	t->text = arena_strndup(l->arena, p + 1, n);
	t->len = n;
	if (!n) {
		set_flaw(t, &flaw);
		t->like = T_ERROR;
	}
	return n + 1;
}

static uint32_t
lex_mark(const char *p, struct token *t)
{
	unsigned char first = (unsigned char)p[0], next = (unsigned char)p[1];
	bool alone = next >= ARRAY_LEN(joins) || !joins[next];

	for (size_t i = 0; !alone && i < ARRAY_LEN(long_marks); i++) {
		size_t n;

		if (long_marks[i].text[0] != *p) /* nearly always */
			continue;
		n = strlen(long_marks[i].text);
		if (!strncmp(p, long_marks[i].text, n)) {
			t->kind = long_marks[i].kind;
			return (uint32_t)n;
		}
	}
	t->kind = T_UNKNOWN;
	if (first < ARRAY_LEN(marks) && marks[first])
		t->kind = marks[first];
	return 1;
}

/* The token at `p`, of `left` bytes to the end; its length. */
static uint32_t
lex_token(struct lexer *l, const char *p, size_t left, struct token *t)
{
	struct flaw flaw = { 0 };
	uint32_t n;

	if (is_word_start(*p))
		return lex_word(l, p, t);
	if (*p == '$')
		return lex_dollar(l, p, t);
	if (*p == '@') {
		n = word_length(p + 1);
		t->kind = T_MAP;
		t->text = arena_strndup(l->arena, p + 1, n);
		t->len = n;
		return n + 1;
	}
	if (is_digit(*p)) {
		t->kind = T_INT;
		n = (uint32_t)lex_scan_integer(l->arena, p, left, false,
					       &t->num, &flaw);
	} else if (*p == '"') {
		t->kind = T_STR;
		n = (uint32_t)lex_scan_string(l->arena, p, left, &t->text,
					      &t->len, &flaw);
	} else {
		return lex_mark(p, t);
	}
	set_flaw(t, &flaw);
	if (flaw.message && !flaw.begin && *p == '"')
		t->like = T_ERROR; /* without an end it may hold code */
	return n;
}

struct token
lex_next(struct lexer *l)
{
	const struct source *s = l->source;
	struct token t = { .kind = T_EOF };

	lex_skip_layout(l);
	t.span.begin = t.span.end = s->base + l->pos;
	if (l->pos >= s->len)
		return t;
	l->pos += lex_token(l, s->text + l->pos, s->len - l->pos, &t);
	t.span.end = s->base + l->pos;
	return t;
}
