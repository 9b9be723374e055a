/* SPDX-License-Identifier: MIT */
/* Tokens, and what integers from the user's text mean. */
#include <criterion/criterion.h>
#include <string.h>

#include "../../lexer/lexer.h"

struct fixture {
	struct arena a;
	struct sources s;
	struct lexer l;
};

static void
set_up(struct fixture *f, const char *text)
{
	*f = (struct fixture){ 0 };
	lex_init(&f->l, &f->a,
		 source_add(&f->a, &f->s, "t", text, strlen(text)));
}

Test(lexer, marks_take_the_longest)
{
	static const enum token_kind want[] = {
		T_SHL_ASSIGN, T_SHR,        T_LE,         T_LT,
		T_ARROW,      T_MINUSMINUS, T_MINUS,      T_DOTDOT,
		T_DOT,        T_ANDAND,     T_AND_ASSIGN, T_PLUSPLUS,
		T_NE,         T_NOT,        T_EOF,        T_EOF,
	};
	struct fixture f;

	set_up(&f, "<<= >> <= < -> -- - .. . && &= ++ != !");
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		cr_assert_eq(lex_next(&f.l).kind, want[i]);
	arena_free(&f.a);
}

Test(lexer, words_and_sigils)
{
	struct fixture f;
	struct token t;

	set_up(&f, "iff if $if @if @ $12 $#");
	t = lex_next(&f.l);
	cr_assert(t.kind == T_IDENT && !strcmp(t.text, "iff"));
	cr_assert(t.span.begin == 1 && t.span.end == 4);
	t = lex_next(&f.l);
	cr_assert(t.kind == T_IF && !strcmp(t.text, "if"));
	t = lex_next(&f.l);
	cr_assert(t.kind == T_VAR && !strcmp(t.text, "if"));
	t = lex_next(&f.l);
	cr_assert(t.kind == T_MAP && !strcmp(t.text, "if"));
	t = lex_next(&f.l);
	cr_assert(t.kind == T_MAP && !strcmp(t.text, ""));
	t = lex_next(&f.l);
	cr_assert(t.kind == T_PARAM && t.num == 12);
	cr_assert_eq(lex_next(&f.l).kind, T_PARAM_COUNT);
	arena_free(&f.a);
}

Test(lexer, strings_may_hold_nul)
{
	struct fixture f;
	struct token t;

	set_up(&f, "\"a\\0b\\x41\\n\"");
	t = lex_next(&f.l);
	cr_assert_eq(t.kind, T_STR);
	cr_assert_eq(t.len, 5);
	cr_assert(!memcmp(t.text, "a\0bA\n", 6));
	arena_free(&f.a);
}

Test(lexer, a_malformed_token_says_what_it_would_be)
{
	struct fixture f;
	struct token t;

	set_up(&f, "12x \"\\q\" \"open");
	t = lex_next(&f.l);
	cr_assert(t.kind == T_ERROR && t.like == T_INT);
	cr_assert_str_eq(t.error, "invalid integer suffix 'x'");
	cr_assert(t.error_span.begin == 3 && t.error_span.end == 4);
	t = lex_next(&f.l);
	cr_assert(t.kind == T_ERROR && t.like == T_STR);
	t = lex_next(&f.l);
	cr_assert(t.kind == T_ERROR && t.like == T_ERROR);
	cr_assert_eq(lex_next(&f.l).kind, T_EOF);
	arena_free(&f.a);
}

struct integer_case {
	const char *text;
	uint64_t value;
	const char *error; /* NULL: good */
};

static void
check_integers(const struct integer_case *c, size_t n, bool from_user)
{
	struct arena a = { 0 };

	for (; n--; c++) {
		uint64_t value = 0;
		const char *error = lex_integer(&a, c->text, strlen(c->text),
						from_user, &value);

		if (c->error) {
			cr_assert_not_null(error, "%s", c->text);
			cr_assert_str_eq(error, c->error);
			continue;
		}
		cr_assert_null(error, "%s: %s", c->text, error);
		cr_assert_eq(value, c->value, "%s", c->text);
	}
	arena_free(&a);
}

Test(lexer, integers_of_the_user)
{
	static const struct integer_case cases[] = {
		{ "0", 0, NULL },
		{ "1_000", 1000, NULL },
		{ "0b101", 5, NULL },
		{ "0x1f", 31, NULL },
		{ "0755", 493, NULL },
		{ "5e6", 5000000, NULL },
		{ "10ms", 10000000, NULL },
		{ "1ul", 1, NULL },
		{ "", 0, "invalid integer: " },
		{ "-", 0, "invalid integer: -" },
		{ "abc", 0, "invalid integer: abc" },
		{ "0x", 0, "invalid integer: " },
		{ "1k", 0, "invalid trailing bytes: 1k" },
		{ "10_", 10, NULL },
		{ "0x1 ", 0, "invalid trailing bytes: 1 " },
		{ "5 6", 0, "invalid trailing bytes: 5 6" },
	};

	check_integers(cases, ARRAY_LEN(cases), true);
}

Test(lexer, integers_of_scripts)
{
	static const struct integer_case cases[] = {
		{ "18446744073709551615", UINT64_MAX, NULL },
		{ "18446744073709551616", 0,
		  "overflow error, maximum value is 18446744073709551615: "
		  "18446744073709551616" },
		{ "1e19", 10000000000000000000u, NULL },
		{ "0b101", 0, "invalid integer suffix 'b101'" },
		{ "08", 0, "invalid trailing bytes: 08" },
		{ "1UL", 0, "invalid trailing bytes: 1UL" },
	};

	check_integers(cases, ARRAY_LEN(cases), false);
}
