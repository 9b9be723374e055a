/* SPDX-License-Identifier: MIT */
/* What the lexer's files share among themselves. */
#ifndef JIFFY_LEXER_INTERNAL_H
#define JIFFY_LEXER_INTERNAL_H

#include "lexer.h"

/* Letters are ASCII's, whatever the locale says. */
static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline bool
is_word_start(char c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

static inline bool
is_word(char c)
{
	return is_word_start(c) || is_digit(c);
}

/* number.c: the integer at the start of `text`, which begins with a digit.
 * Returns how many bytes belong to it, well formed or not. */
size_t lex_scan_integer(struct arena *a, const char *text, size_t len,
			bool from_user, uint64_t *out, struct flaw *flaw);

/* string.c: the string literal at the start of `text`, which begins with a
 * quote. Returns how many bytes belong to it; *out and *out_len are the
 * decoded text. */
size_t lex_scan_string(struct arena *a, const char *text, size_t len,
		       const char **out, uint32_t *out_len, struct flaw *flaw);

#endif
