/* SPDX-License-Identifier: MIT */
/*
 * C definitions: a script's C section, or a header that it includes, through
 * the preprocessor and the parser of declarations; then every name is asked.
 */
#include <stdlib.h>

#include "../../../sema/cdef/cdef.h"
#include "../target.h"

const char *const fuzz_corpus[] = {
	"tests/fuzz/corpus/*.c.txt",
	"tests/fuzz/corpus/cdef/*",
	"tests/fixtures/*/btf.c",
	"tests/fixtures/imports/*.h",
	NULL,
};

struct question {
	struct cdefs *c;
	uint32_t left;
};

static void
ask(void *arg, const char *name)
{
	static const char *const tags[] = { "%s", "struct %s", "union %s",
					    "enum %s" };
	struct question *q = arg;
	struct arena a = { 0 };
	const char *text;
	uint64_t value;

	if (!q->left || !q->left--)
		return;
	cdef_macro(q->c, name, &text);
	cdef_enum_constant(q->c, name, &value);
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		const char *full = arena_printf(&a, tags[i], name);
		const struct type *t = cdef_type(q->c, full);

		if (t)
			cdef_complete(q->c, t);
	}
	arena_free(&a);
}

/* Every word of the text may be a name. */
static void
ask_words(struct question *q, const char *s)
{
	char word[64];

	for (size_t n = 0; *s; s++) {
		bool in = (*s >= 'a' && *s <= 'z') ||
			  (*s >= 'A' && *s <= 'Z') || *s == '_' ||
			  (*s >= '0' && *s <= '9');

		if (in && n < sizeof(word) - 1)
			word[n++] = *s;
		if (in && s[1])
			continue;
		word[n] = '\0';
		if (n)
			ask(q, word);
		n = 0;
	}
}

void
fuzz_one(const unsigned char *data, size_t n)
{
	struct arena a = { 0 };
	struct types types = { 0 };
	const char *text = arena_strndup(&a, (const char *)data, n);
	struct cdef_input in = {
		.arena = &a,
		.types = &types,
		.sections = &text,
		.nsections = 1,
	};
	struct question q = { .left = 2000 };

	types_init(&types, &a);
	q.c = cdef_parse(&in);
	cdef_messages(q.c, &q.left);
	q.left = 2000;
	cdef_each_macro(q.c, ask, &q);
	ask_words(&q, text);
	arena_free(&a);
}
