/* SPDX-License-Identifier: MIT */
/*
 * Owns C++ and Rust names: from the linker's spelling to the programmer's, by
 * libiberty, where jiffy was built with it. Names come from files that may
 * say anything, and short ones can stand for very long ones: what grows
 * beyond all sense stays as it is.
 */
#include <setjmp.h>
#include <string.h>

#include "internal.h"

enum { MANGLED_MAX = 4096, PLAIN_MAX = 32 * 1024 };

#ifdef HAVE_DEMANGLE
#include <demangle.h>

struct sink {
	struct sbuf text;
	jmp_buf too_long;
};

static void
add(const char *s, size_t n, void *arg)
{
	struct sink *out = arg;

	if (out->text.n + n > PLAIN_MAX)
		longjmp(out->too_long, 1);
	sbuf_add(&out->text, s, n);
}

/* Rust's old names are C++ names that end in a hash: ask it first. */
static bool
write_plain(const char *name, struct sink *out)
{
	const int plain = DMGL_PARAMS | DMGL_ANSI;

	if (setjmp(out->too_long))
		return false;
	return rust_demangle_callback(name, plain, add, out) ||
	       cplus_demangle_v3_callback(name, plain, add, out);
}

const char *
sym_demangle(struct arena *a, const char *name)
{
	struct sink out = { 0 };
	const char *text = NULL;

	if (name[0] != '_' || (name[1] != 'Z' && name[1] != 'R') ||
	    strlen(name) > MANGLED_MAX)
		return NULL;
	if (write_plain(name, &out) && out.text.n)
		text = arena_strndup(a, out.text.s, out.text.n);
	sbuf_free(&out.text);
	return text;
}

#else

const char *
sym_demangle(struct arena *a, const char *name)
{
	(void)a;
	(void)name;
	return NULL;
}

#endif

/* Where the parameters begin: the parenthesis that the last one closes. */
static size_t
end_of_name(const char *text)
{
	size_t i = strlen(text);
	unsigned depth = 0;

	while (i-- > 0) {
		if (text[i] == ')')
			depth++;
		else if (text[i] == '(' && depth && !--depth)
			return i;
	}
	return strlen(text);
}

bool
sym_matches_plain(struct arena *a, const char *pattern, const char *name)
{
	const char *plain = sym_demangle(a, name);

	if (!plain)
		plain = name;
	else if (!strchr(pattern, '('))
		plain = arena_strndup(a, plain, end_of_name(plain));
	return kernel_match(pattern, plain);
}
