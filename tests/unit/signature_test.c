/* SPDX-License-Identifier: MIT */
/* The grammar of signatures, and that every row of the language obeys it. */
#include <criterion/criterion.h>

#include "../../runtime/internal.h"
#include "../../sema/internal.h"

static const struct signature *
parse(struct arena *a, const char *text)
{
	const char *error;

	return signature_parse(a, text, &error);
}

Test(signature, forms)
{
	struct arena a = { 0 };
	const struct signature *s;

	s = parse(&a, "uint64");
	cr_assert(s && s->is_variable && !s->n);
	cr_assert_str_eq(s->result, "uint64");
	s = parse(&a, "() -> count_t");
	cr_assert(s && !s->is_variable && !s->n);
	cr_assert_str_eq(s->result, "count_t");
	s = parse(&a, "(int, int literal = 0) -> auto");
	cr_assert(s && s->n == 2 && s->min == 1);
	cr_assert(s->params[1].literal && s->params[1].optional);
	s = parse(&a, "(string literal, ...) -> void");
	cr_assert(s && s->n == 1 && s->min == 1 && s->variadic);
	s = parse(&a, "(map|any, word|int = none, ksym_t) -> struct x *");
	cr_assert(s && s->params[0].kinds == (P_MAP | P_ANY));
	cr_assert_str_eq(s->params[2].nominal, "ksym_t");
	cr_assert_str_eq(s->result, "struct x *");
	arena_free(&a);
}

Test(signature, malformed)
{
	struct arena a = { 0 };

	cr_assert_null(parse(&a, ""));
	cr_assert_null(parse(&a, "(int"));
	cr_assert_null(parse(&a, "(int)"));
	cr_assert_null(parse(&a, "(,) -> int8"));
	cr_assert_null(parse(&a, "(int, int, int, int, int, int, int, int, "
				 "int) -> void"));
	arena_free(&a);
}

Test(signature, all_rows)
{
	struct arena a = { 0 };
	const struct builtin *const *family;
	const struct builtin *w;

	for (family = builtin_words; *family; family++)
		for (w = *family; w->name; w++) {
			cr_expect(w->sig && parse(&a, w->sig), "%s", w->name);
			cr_expect(w->doc && w->doc[0], "%s", w->name);
		}
	arena_free(&a);
}
