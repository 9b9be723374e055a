/* SPDX-License-Identifier: MIT */
/*
 * Source text -> tokens, pulled one at a time. Attach points and C lines are
 * not made of tokens: the parser asks for them as raw text at the places
 * where the grammar has them.
 */
#ifndef JIFFY_LEXER_H
#define JIFFY_LEXER_H

#include "base/base.h"

enum token_kind {
#define TOKEN(kind, text) T_##kind,
#include "tokens.def"
#undef TOKEN
};

/* What is wrong with a literal; several escapes may be. */
struct flaw {
	const char *message; /* NULL: well formed */
	size_t begin, end;   /* offsets in the token's text */
	struct flaw *more;   /* in the arena */
};

struct token {
	enum token_kind kind;
	struct span span;
	const char *text;  /* identifiers, $names and @names without sigil,
			      decoded strings; in the arena */
	uint32_t len;      /* of text; strings may hold NUL bytes */
	uint64_t num;      /* T_INT, T_PARAM */
	const char *error; /* T_ERROR: the message, already without prefix */
	struct span error_span;
	const struct flaw *more; /* T_ERROR: the other mistakes in it */
	enum token_kind like;    /* T_ERROR: what it would be if well formed;
				    T_ERROR: nobody can say */
};

struct lexer {
	struct arena *arena;
	const struct source *source;
	uint32_t pos; /* offset in source->text of the next byte to read */
};

void lex_init(struct lexer *l, struct arena *a, const struct source *s);
/* The next token; T_EOF again and again at the end. A malformed token comes
 * as T_ERROR with its message. */
struct token lex_next(struct lexer *l);
/* Skip layout (blanks and comments). */
void lex_skip_layout(struct lexer *l);
/* What an integer literal's text means: REFERENCE 1.2, with binary numbers
 * allowed when `from_user` (positional parameters, config, environment).
 * Returns NULL and sets *out, or the error text (in the arena). */
const char *lex_integer(struct arena *a, const char *text, size_t len,
			bool from_user, uint64_t *out);
/* "','" or "identifier": how messages call a token kind. */
const char *token_name(enum token_kind kind);

#endif
