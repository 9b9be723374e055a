/* SPDX-License-Identifier: MIT */
/*
 * Owns what the C section of a script means for the rest of it: its structs,
 * enums and #defines by name, behind them the built-in constants, and which
 * of the C reader's messages are mistakes. With BTF, headers of the kernel
 * are not needed: that they are missing is no mistake.
 */
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* ---- reading ---- */

static const char have_btf_name[] = "BPFTRACE_HAVE_BTF";

static bool
have_btf(const struct sema *s)
{
	const char *path = s->in->kernel ? s->in->kernel->paths.btf : NULL;

	return path && kernel_can(path, R_OK);
}

/* For C: a type that only the kernel knows. */
static const struct type *
from_kernel(void *arg, const char *name, bool whole)
{
	struct sema *s = arg;

	return lookup_kernel_type(s, name, whole);
}

/* One of --include, which stands in no line of the script. */
static bool
is_forced(const struct sema *s, const struct cdef_msg *m)
{
	const struct cdef_input *in = s->in->headers;

	for (uint32_t i = 0; in && m->missing && i < in->forced.n; i++)
		if (!strcmp(in->forced.v[i], m->missing))
			return true;
	return false;
}

/* A missing header that BTF stands in for: those of a folder, as the
 * kernel's and most of libc's are. Also where other headers of the kernel are
 * installed: they may be of another version. */
static bool
is_needless(const struct sema *s, const struct cdef_msg *m)
{
	return m->missing && have_btf(s) && !is_forced(s, m) &&
	       (strchr(m->missing, '/') || !strcmp(m->missing, "vmlinux.h"));
}

static bool
is_mistake(const struct sema *s, const struct cdef_msg *m)
{
	return m->fatal ? !is_needless(s, m) : m->in_script;
}

static bool
report(struct sema *s)
{
	const struct cdef_msg *m;
	bool good = true, lacking = false;
	const char *text;
	uint32_t i, n;

	m = cdef_messages(s->cdefs, &n);
	for (i = 0; i < n; i++) {
		if (!is_mistake(s, &m[i]))
			continue;
		text = is_forced(s, &m[i]) ? strstr(m[i].text, "fatal error:")
					   : NULL;
		good = diag_foreign(s->d, "%s", text ? text : m[i].text);
		lacking |= strstr(m[i].text, "unknown type") ||
			   strstr(m[i].text, "undeclared identifier");
	}
	if (lacking)
		diag_error(s->d, (struct span){ 0 },
			   "Include headers with missing type definitions or "
			   "install BTF information to your system.");
	if (!good)
		diag_foreign(s->d, "Clang parse error");
	return good;
}

bool
script_read(struct sema *s)
{
	struct cdef_input in = { 0 };
	const char **sections;
	uint32_t i;

	if (s->in->headers)
		in = *s->in->headers;
	in.arena = s->a;
	in.types = s->t;
	in.outside = from_kernel;
	in.outside_arg = s;
	in.nsections = s->ast->cdefs.n;
	s->arch = in.arch;
	if (!in.nsections && !in.forced.n)
		return true;
	sections = arena_alloc(s->a, (in.nsections + 1) * sizeof(*sections));
	for (i = 0; i < in.nsections; i++)
		sections[i] = s->ast->cdefs.v[i].text;
	in.sections = sections;
	if (in.nsections && have_btf(s)) {
		*vec_push(s->a, &in.defines) = have_btf_name;
		if (!in.kernel_source)
			*vec_push(s->a, &in.defines) = "_LINUX_TYPES_H";
	}
	s->cdefs = cdef_parse(&in);
	return report(s);
}

/* ---- types and enums ---- */

const struct type *
script_type(struct sema *s, const char *name)
{
	return s->cdefs ? cdef_type(s->cdefs, name) : NULL;
}

const struct type *
script_constant(struct sema *s, const char *name, uint64_t *value)
{
	return s->cdefs ? cdef_enum_constant(s->cdefs, name, value) : NULL;
}

bool
script_complete(struct sema *s, const struct type *t)
{
	return s->cdefs && cdef_complete(s->cdefs, t);
}

/* ---- #define ---- */

/* The text of a #define as an expression, parsed once. */
static const struct node *
define_node(struct sema *s, const char *name, const char *text)
{
	struct node *n = hmap_get(&s->defines, name);
	bool muted = s->d->muted;
	struct source *source;

	if (n)
		return n;
	source = source_add(s->a, s->ast->sources, name, text, strlen(text));
	s->d->muted = true;
	n = parse_expression(s->ast, source, s->d);
	s->d->muted = muted;
	if (n)
		hmap_put(s->a, &s->defines, arena_strdup(s->a, name), n);
	return n;
}

/* The tokens of a text, joined. */
static const char *
joined(struct sema *s, const char *text)
{
	char *out = arena_alloc(s->a, strlen(text) + 1), *p = out;

	for (; *text; text++)
		if (*text != ' ')
			*p++ = *text;
	return out;
}

bool
check_define(struct sema *s, struct node *n)
{
	const char *name = n->ident.name, *text;
	struct span at = n->span;
	const struct node *value;
	enum cdef_macro_kind kind;
	uint64_t ignored;

	if (!s->cdefs)
		return false;
	kind = cdef_macro(s->cdefs, name, &text);
	/* Headers define names of their enums' constants as themselves. */
	if (kind == CDEF_NONE || (kind != CDEF_LOOP && !*text) ||
	    ((kind == CDEF_LOOP || !strcmp(text, name)) &&
	     script_constant(s, name, &ignored)))
		return false;
	n->type = type_error(s->t);
	if (kind == CDEF_LOOP) {
		sema_error(s, n, "Macro recursion: %s", text);
		return true;
	}
	value = define_node(s, name, text);
	if (!value) {
		sema_error(s, n, "unable to expand macro as an expression: %s",
			   joined(s, text));
		return true;
	}
	*n = *ast_clone(s->a, value);
	*vec_push(s->a, &s->calls) = at;
	check_expr(s, n);
	s->calls.n--;
	return true;
}

/* A constant that headers would give. */
bool
check_header_constant(struct sema *s, struct node *n)
{
	int64_t value;

	if (have_btf(s) && !strcmp(n->ident.name, have_btf_name)) {
		sema_make_int(s, n, 1, false);
		return true;
	}
	if (!cdef_constant(n->ident.name, s->arch, &value))
		return false;
	sema_make_int(s, n, (uint64_t)value, value < 0);
	return true;
}
