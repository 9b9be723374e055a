/* SPDX-License-Identifier: MIT */
/*
 * The signatures of words, parsed from their rows' text:
 *
 *     sig     = result | "(" [params] ")" "->" result
 *     params  = param {"," param} ["," "..."] | "..."
 *     param   = kind {"|" kind} ["literal"] ["=" default]
 *     kind    = "int" | "bool" | "string" | "pointer" | "array" | "buffer"
 *             | "struct" | "any"
 *             | "integer" an int; messages name the whole type that was given
 *             | "map"    a whole map, by name; its node gets type void
 *             | "key"    a key of the map parameter before it
 *             | "var"    a variable that is written to
 *             | "type"   a type's name; the node gets that type
 *             | "word" | "timestamp_mode"
 *                        a bare word, left as an N_IDENT of type void
 *             | the name of a nominal type
 *     result  = "auto" | a type as in a script
 *
 * "..." takes any number of further arguments of any kind. A default marks what
 * may be left out; its text is for the reader. "literal" asks for a constant
 * after folding. With "auto" the word's check() sets the type. "string" as
 * result is string[max_strlen]. Where map and key stand first, a single `@m[k]`
 * is taken apart: delete(@m[k]) means delete(@m, k).
 */
#include <ctype.h>
#include <string.h>

#include "internal.h"

struct sig_reader {
	struct arena *a;
	const char *p;
	const char *error;
};

static const struct kind_name {
	const char *name;
	unsigned kind;
} kind_names[] = {
	{ "int", P_INT },
	{ "integer", P_INT },
	{ "bool", P_BOOL },
	{ "var", P_VAR },
	{ "string", P_STRING },
	{ "pointer", P_POINTER },
	{ "array", P_ARRAY },
	{ "buffer", P_BUFFER },
	{ "struct", P_STRUCT },
	{ "any", P_ANY },
	{ "map", P_MAP },
	{ "key", P_KEY },
	{ "type", P_TYPE },
	{ "word", P_WORD },
	{ "timestamp_mode", P_WORD },
};

static void
skip_blanks(struct sig_reader *r)
{
	while (*r->p == ' ')
		r->p++;
}

static bool
take(struct sig_reader *r, const char *text)
{
	size_t n = strlen(text);

	skip_blanks(r);
	if (strncmp(r->p, text, n))
		return false;
	r->p += n;
	return true;
}

static bool
is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The next word, or NULL. */
static const char *
take_word(struct sig_reader *r)
{
	const char *begin;

	skip_blanks(r);
	begin = r->p;
	while (is_word_char(*r->p))
		r->p++;
	if (r->p == begin)
		return NULL;
	return arena_strndup(r->a, begin, (size_t)(r->p - begin));
}

static void
fail(struct sig_reader *r, const char *what)
{
	if (!r->error)
		r->error = arena_printf(r->a, "%s at \"%s\"", what, r->p);
}

static void
read_kind(struct sig_reader *r, struct sig_param *p)
{
	const char *word = take_word(r);
	size_t i;

	if (!word) {
		fail(r, "kind expected");
		return;
	}
	if (!p->name)
		p->name = word;
	for (i = 0; i < ARRAY_LEN(kind_names); i++) {
		if (strcmp(word, kind_names[i].name))
			continue;
		p->kinds |= kind_names[i].kind;
		return;
	}
	p->kinds |= P_NOMINAL;
	p->nominal = word;
}

static void
read_param(struct sig_reader *r, struct sig_param *p)
{
	do
		read_kind(r, p);
	while (!r->error && take(r, "|"));
	if (take(r, "literal"))
		p->literal = true;
	if (!take(r, "="))
		return;
	p->optional = true;
	skip_blanks(r);
	while (*r->p && *r->p != ',' && *r->p != ')')
		r->p++;
}

static void
read_params(struct sig_reader *r, struct signature *sig)
{
	if (take(r, ")"))
		return;
	do {
		struct sig_param *p = &sig->params[sig->n];

		if (take(r, "...")) {
			sig->variadic = true;
			break;
		}
		if (sig->n == SIG_PARAMS) {
			fail(r, "too many parameters");
			return;
		}
		read_param(r, p);
		sig->n++;
		if (!p->optional)
			sig->min = sig->n;
	} while (!r->error && take(r, ","));
	if (!take(r, ")"))
		fail(r, "')' expected");
}

const struct signature *
signature_parse(struct arena *a, const char *text, const char **error)
{
	struct sig_reader r = { .a = a, .p = text };
	struct signature *sig = arena_alloc(a, sizeof(*sig));

	if (take(&r, "(")) {
		read_params(&r, sig);
		if (!r.error && !take(&r, "->"))
			fail(&r, "'->' expected");
	} else {
		sig->is_variable = true;
	}
	skip_blanks(&r);
	if (!*r.p)
		fail(&r, "result expected");
	sig->result = r.p;
	*error = r.error;
	return r.error ? NULL : sig;
}
