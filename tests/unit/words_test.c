/* SPDX-License-Identifier: MIT */
/* All rows of words: the signature parses and names types that exist, there is
 * a line of help, and a test that uses the word. Tables of names. */
#include <criterion/criterion.h>

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtime/internal.h"
#include "../../sema/internal.h"

static struct arena arena;

static void
each_word(void (*fn)(const struct builtin *w))
{
	unsigned i;
	const struct builtin *w;

	for (i = 0; builtin_words[i]; i++)
		for (w = builtin_words[i]; w->name; w++)
			fn(w);
}

static bool
is_nominal(const char *name)
{
	unsigned i;
	const struct nominal *n;

	for (i = 0; builtin_nominals[i]; i++)
		for (n = builtin_nominals[i]; n->name; n++)
			if (!strcmp(n->name, name))
				return true;
	return false;
}

/* ---- every row ---- */

static void
check_row(const struct builtin *w)
{
	const struct signature *sig;
	const char *error = "";
	unsigned i;

	sig = signature_parse(&arena, w->sig, &error);
	cr_assert(sig, "%s: %s", w->name, error);
	cr_expect(w->doc && *w->doc, "%s has no help", w->name);
	cr_expect(w->lower || w->check, "%s does nothing", w->name);
	for (i = 0; i < sig->n; i++)
		if (sig->params[i].kinds & P_NOMINAL)
			cr_expect(is_nominal(sig->params[i].nominal),
				  "%s: no type %s", w->name,
				  sig->params[i].nominal);
}

Test(words, every_row_is_whole)
{
	each_word(check_row);
}

/* ---- editors know every word ---- */

static struct sbuf editor;

static void
read_file(struct sbuf *into, const char *path)
{
	char chunk[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	cr_assert(f, "%s: not there (run from the top)", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		sbuf_add(into, chunk, n);
	sbuf_putc(into, 0);
	fclose(f);
}

static void
check_editor(const struct builtin *w)
{
	size_t n = strlen(w->name);
	const char *at = editor.s;

	while ((at = strstr(at, w->name))) {
		if (!isalnum((unsigned char)at[-1]) && at[-1] != '_' &&
		    !isalnum((unsigned char)at[n]) && at[n] != '_')
			return;
		at++;
	}
	cr_expect_fail("%s is not highlighted", w->name);
}

Test(words, editors_know_every_word)
{
	static const char *const files[] = {
		"contrib/vim/syntax/bpftrace.vim",
		"contrib/textmate/bpftrace.tmLanguage.json",
	};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		editor.n = 0;
		read_file(&editor, files[i]);
		each_word(check_editor);
	}
	sbuf_free(&editor);
}

/* ---- every word has a test ---- */

static struct sbuf scripts;

static void
read_folder(const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *e;

	cr_assert(d, "%s: no such folder (run from the top)", folder);
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name), n;
		char path[512], chunk[4096];
		FILE *f;

		if (len < 3 || strcmp(e->d_name + len - 3, ".bt"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		f = fopen(path, "r");
		while (f && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
			sbuf_add(&scripts, chunk, n);
		if (f)
			fclose(f);
	}
	closedir(d);
}

static bool
is_part(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || c == '@';
}

static void
check_test(const struct builtin *w)
{
	size_t n = strlen(w->name);
	const char *p = scripts.s;

	while ((p = strstr(p, w->name))) {
		if ((p == scripts.s || !is_part(p[-1])) && !is_part(p[n]))
			return;
		p += n;
	}
	cr_expect(false, "no test has %s", w->name);
}

Test(words, every_word_has_a_test)
{
	read_folder("tests/lang");
	read_folder("tests/sema");
	read_folder("tests/live");
	sbuf_putc(&scripts, '\0');
	each_word(check_test);
	sbuf_free(&scripts);
}

/* ---- no name twice ---- */

static const char *seen[1024];
static unsigned nseen;

static void
check_unique(const struct builtin *w)
{
	unsigned i;

	for (i = 0; i < nseen; i++)
		cr_expect(strcmp(seen[i], w->name), "%s is there twice",
			  w->name);
	cr_assert(nseen < ARRAY_LEN(seen));
	seen[nseen++] = w->name;
}

Test(words, names_are_unique)
{
	each_word(check_unique);
}
