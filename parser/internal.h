/* SPDX-License-Identifier: MIT */
/*
 * What the parser's files share: the state of one parse, and one entry per
 * subject. A function that returns NULL or false has reported the mistake;
 * the callers hand that up to the statement, which resumes behind it.
 */
#ifndef JIFFY_PARSER_INTERNAL_H
#define JIFFY_PARSER_INTERNAL_H

#include "parser.h"

enum {
	MAX_NESTING = 200, /* parentheses and blocks: bounds our recursion */
	MAX_HEIGHT = 1000, /* of a tree: bounds that of later passes */
};

struct parser {
	struct ast *ast;
	struct arena *arena;
	struct diag *diag;
	const struct params *params;
	struct lexer lex;   /* behind `tok` */
	struct token tok;   /* the next one, not yet accepted */
	uint32_t prev_end;  /* where the last accepted token ended; a bare word
			     * looks for its '(' up to the next token */
	uint32_t token_end; /* where it ended in any case */
	uint32_t last_fail; /* where the last mistake was reported */
	uint32_t nesting;
	bool in_pred;         /* a '/' before '{' ends the expression */
	bool resume_at_brace; /* it has spoilt a '{': ';' end nothing */
	bool resume_at_line;  /* the mistake spoils no more than its line */
	bool failed;
	bool seen_def; /* a probe, macro, map declaration or fn came */
};

/* parser.c: tokens */
void advance(struct parser *p);
/* Past the first byte of the next token: what is behind it is read anew. */
void advance_byte(struct parser *p);
bool accept(struct parser *p, enum token_kind kind);
/* The next token must be `kind`: take it, or report "expected ...". */
bool expect(struct parser *p, enum token_kind kind);
/* The token behind the next one, in a copy of the lexer. */
struct token peek(const struct parser *p);
/* Does the next token stand on another line than the last one? */
bool at_line_start(const struct parser *p);
/* An identifier, or a keyword where any name can stand. */
bool is_name(const struct token *t);
bool is_true_builtin(const struct parser *p, const char *name);
/* A malformed literal: report it and take it for a good one. */
void heal(struct parser *p);

/* parser.c: mistakes; all return false. One place is reported once. */
bool fail(struct parser *p, struct span span, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* At the next token, whatever it is. */
bool fail_at(struct parser *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same where an operand could stand: a malformed one has a message of
 * its own. */
bool fail_here(struct parser *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Go to where the next statement may begin. */
void resume_stmt(struct parser *p);
/* Skip a '{', what it holds, and its '}'. */
void skip_braces(struct parser *p);
void skip_line(struct parser *p);
bool enter(struct parser *p);
void leave(struct parser *p);

/* parser.c: nodes */
struct node *new_node(struct parser *p, enum node_kind kind, struct span span);
/* All children are set: work out the height. NULL when it is too much. */
struct node *seal(struct parser *p, struct node *n);

/* expr.c */
struct node *parse_expr(struct parser *p);
/* An operand that was read already, and the rest of its expression. */
struct node *parse_expr_from(struct parser *p, struct node *first);
struct node *parse_unary(struct parser *p);
struct node *parse_primary(struct parser *p);
/* An expression in brackets of any kind: predicates' rule is off. */
struct node *parse_inner(struct parser *p);

/* type.c */
struct type_expr *parse_type(struct parser *p);
/* Is the '(' that comes next the head of a cast? */
bool at_cast(const struct parser *p);
struct node *parse_cast(struct parser *p);
struct node *parse_type_query(struct parser *p, enum node_kind kind);
struct node *parse_offsetof(struct parser *p);

/* stmt.c */
struct node *parse_block(struct parser *p);
struct node *parse_if(struct parser *p);
/* Make a block's values statements: nobody uses them. */
void settle(struct parser *p, struct node *n);
/* What stands last in a settled body of a probe or a loop is spoken of
 * without its ';' and parentheses. */
void bare_values(struct node *n);

/*
 * The formatter: format.c lays out the program and its statements,
 * layout.c expressions, comments.c what stands between tokens.
 */
struct comment {
	uint32_t begin, end; /* offsets in the source */
};

struct formatter {
	struct arena *arena;
	const struct ast *ast;
	const struct source *src;
	struct sbuf *out;
	unsigned indent;
	bool flat;    /* measuring: one line, however long */
	bool first;   /* nothing stands in this block yet */
	bool ends;    /* blocks end the body: no value is left in them */
	uint32_t pos; /* offset behind what is printed already */
	VEC(struct comment) comments;
	uint32_t next;                  /* comment to print */
	uint32_t config_at, config_end; /* the config block; 0: none */
};

/* comments.c: find all comments, and the config block. */
void format_scan(struct formatter *f);
/* Is a comment that is not printed yet before `at`? */
bool format_pending(const struct formatter *f, uint32_t at);
/* Print the comments before `at`, and the blank lines up to it. */
void format_leading(struct formatter *f, uint32_t at);
/* Print the comments before `at`, which stand inside a statement. */
void format_hoist(struct formatter *f, uint32_t at);
/* End the line, with a comment that stands behind `pos` on its line, or in
 * front of it from `last` on. */
void format_trailing(struct formatter *f, uint32_t last, uint32_t pos);

/* layout.c: an expression, `reserve` columns left free behind it. */
void format_expr(struct formatter *f, const struct node *n, unsigned reserve);
/* The condition of if, while and unroll. */
void format_cond(struct formatter *f, const struct node *n, bool parens);
/* An end of a range. */
void format_bound(struct formatter *f, const struct node *n);
void format_type(struct formatter *f, const struct type_expr *t);
void format_newline(struct formatter *f, unsigned column);

/* format.c */
void format_block(struct formatter *f, const struct node *n, bool ends);
void format_bare_block(struct formatter *f, const struct node *n);
void format_if(struct formatter *f, const struct node *n);

/* attach.c */
bool parse_attach_point(struct parser *p, struct attach_text *ap);

#endif
