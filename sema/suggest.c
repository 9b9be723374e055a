/* SPDX-License-Identifier: MIT */
/*
 * Owns the hints for names that nobody knows: the nearest of those that could
 * stand there, or how the name is written. Asked when an error was reported,
 * which the hint joins.
 */
#include <string.h>

#include "internal.h"

static bool
hint_nearest(struct sema *s, const struct nearest *n, const char *sigil)
{
	if (n->best)
		diag_hint(s->d, "did you mean '%s%s'?", sigil, n->best);
	return n->best != NULL;
}

static bool
is_tried(struct sema *s, const struct builtin *w, bool called)
{
	bool variable = word_signature(s, w)->is_variable;

	if (w->name[0] == '_')
		return false;
	if (called)
		return !variable;
	return variable || w->flags & (WORD_BUILTIN | WORD_MACRO);
}

/* Words of the language: those that are called, or those that are not. */
static void
try_words(struct sema *s, struct nearest *n, bool called)
{
	const struct builtin *const *family;

	for (family = s->in->lang->words; *family; family++) {
		const struct builtin *w;

		for (w = *family; w->name; w++)
			if (is_tried(s, w, called))
				nearest_try(n, w->name);
	}
}

void
suggest_function(struct sema *s, const char *name)
{
	struct nearest n = { .word = name };

	if (!s->final)
		return;
	try_words(s, &n, true);
	hint_nearest(s, &n, "");
}

/* The script's own variable or map, a function's name, or a misspelling. */
void
suggest_ident(struct sema *s, const char *name)
{
	const struct builtin *w = find_word(s, name);
	struct nearest n = { .word = name };

	if (!s->final)
		return;
	if (var_find(s, name)) {
		diag_hint(s->d, "did you mean '$%s'?", name);
	} else if (hmap_get(&s->maps, name)) {
		diag_hint(s->d, "did you mean '@%s'?", name);
	} else if (w && !word_signature(s, w)->is_variable) {
		diag_hint(s->d,
			  "'%s' is a function: %s(...); a text is in double "
			  "quotes",
			  name, name);
	} else {
		try_words(s, &n, false);
		hint_nearest(s, &n, "");
	}
}

void
suggest_map(struct sema *s, const char *name)
{
	struct nearest n = { .word = name };
	uint32_t i;

	for (i = 0; i < s->maps.entries.n; i++) {
		const struct mapdef *m = s->maps.entries.v[i].val;

		if (m->value && strcmp(m->name, name) != 0)
			nearest_try(&n, m->name);
	}
	hint_nearest(s, &n, "@");
}

void
suggest_variable(struct sema *s, const char *name)
{
	struct nearest n = { .word = name };
	uint32_t i;

	if (!s->final)
		return;
	for (i = 0; i < s->visible.entries.n; i++)
		if (s->visible.entries.v[i].val)
			nearest_try(&n, s->visible.entries.v[i].key);
	if (!hint_nearest(s, &n, "$") && hmap_get(&s->maps, name))
		diag_hint(s->d, "did you mean '@%s'?", name);
}

void
suggest_probe_type(struct sema *s, const char *name)
{
	const struct probe_type *const *row = s->in->lang->probe_types;
	struct nearest n = { .word = name };

	for (; row && *row; row++)
		nearest_try(&n, (*row)->name);
	hint_nearest(s, &n, "");
}
