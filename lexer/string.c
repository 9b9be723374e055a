/* SPDX-License-Identifier: MIT */
/*
 * Owns string literals: where one ends and what its escapes mean. The result
 * may hold any byte, NUL too.
 */
#include <string.h>

#include "internal.h"

/* One string while it is read. */
struct string {
	struct arena *arena;
	const char *text;
	size_t len, at;
	char *out;
	uint32_t n;
	struct flaw *flaw;
};

static void
refuse(struct string *s, size_t begin, size_t end, const char *message)
{
	struct flaw *f = s->flaw;

	if (f->message) {
		while (f->more)
			f = f->more;
		f = f->more = arena_alloc(s->arena, sizeof(*f));
	}
	*f = (struct flaw){ message, begin, end, NULL };
}

/* The word that begins at `at`, or one byte. */
static size_t
word_end(const struct string *s, size_t at)
{
	size_t end = at + 1;

	if (is_word(s->text[at]))
		while (end < s->len && is_word(s->text[end]))
			end++;
	return end;
}

static char
simple_escape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case '"':
	case '\\':
		return c;
	default:
		return 0;
	}
}

/* \ooo: one to three digits, at s->at. */
static void
read_octal(struct string *s)
{
	size_t from = s->at;
	unsigned value = 0;

	while (s->at < s->len && s->at < from + 3 && s->text[s->at] >= '0' &&
	       s->text[s->at] <= '7')
		value = value * 8 + (unsigned)(s->text[s->at++] - '0');
	if (value > 255)
		refuse(s, from - 1, s->at,
		       arena_printf(s->arena,
				    "octal escape sequence out of range "
				    "'\\%.*s'",
				    (int)(s->at - from), s->text + from));
	s->out[s->n++] = (char)value;
}

/* \xH or \xHH; s->at is behind the x. */
static void
read_hex(struct string *s)
{
	size_t from = s->at;
	unsigned value = 0;

	while (s->at < s->len && s->at < from + 2 && is_hex(s->text[s->at])) {
		char c = s->text[s->at++];

		value = value * 16 +
			(unsigned)(is_digit(c) ? c - '0'
					       : (c | 0x20) - 'a' + 10);
	}
	if (s->at == from)
		refuse(s, from, word_end(s, from),
		       "invalid hex escape sequence");
	s->out[s->n++] = (char)value;
}

/* s->at is behind the backslash. */
static void
read_escape(struct string *s)
{
	char c = s->text[s->at];
	char plain = simple_escape(c);

	if (plain) {
		s->out[s->n++] = plain;
		s->at++;
	} else if (c >= '0' && c <= '7') {
		read_octal(s);
	} else if (c == 'x') {
		s->at++;
		read_hex(s);
	} else {
		refuse(s, s->at, word_end(s, s->at),
		       arena_printf(s->arena, "invalid escape character '\\%c'",
				    c));
		s->at++;
	}
}

/* Offset of the closing quote, or of the end of line or text before it. */
static size_t
find_end(const char *text, size_t len)
{
	size_t i = 1;

	while (i < len && text[i] != '"' && text[i] != '\n') {
		if (text[i] == '\\' && i + 1 < len && text[i + 1] != '\n')
			i++;
		i++;
	}
	return i < len ? i : len;
}

size_t
lex_scan_string(struct arena *a, const char *text, size_t len, const char **out,
		uint32_t *out_len, struct flaw *flaw)
{
	size_t end = find_end(text, len);
	struct string s = { .arena = a,
			    .text = text,
			    .len = end,
			    .at = 1,
			    .out = arena_alloc(a, end + 1),
			    .flaw = flaw };

	*out = s.out;
	if (end == len || text[end] != '"') {
		refuse(&s, 0, end, "unterminated string");
		return end;
	}
	while (s.at < end) {
		if (text[s.at] != '\\') {
			s.out[s.n++] = text[s.at++];
			continue;
		}
		s.at++;
		read_escape(&s);
	}
	*out_len = s.n;
	return end + 1;
}
