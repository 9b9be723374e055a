/* SPDX-License-Identifier: MIT */
/*
 * Owns a preprocessor as a whole: what is defined before the first line, and
 * the messages about what it reads.
 */
#include <string.h>

#include "internal.h"

/* ---- messages ---- */

/* The open file that the token was read from, or the current one. */
static const struct cinput *
input_of(const struct cpp *pp, const struct ctoken *at)
{
	const struct cinput *in;

	for (in = pp->input; at && in; in = in->up)
		if (at->text >= in->file->text &&
		    at->text <= in->file->text + in->file->len)
			return in;
	return pp->input;
}

static unsigned
line_of(const struct cfile *f, const char *p, unsigned *col)
{
	const char *line = f->text, *nl;
	unsigned n = 1;

	while (line < p && (nl = memchr(line, '\n', (size_t)(p - line)))) {
		line = nl + 1;
		n++;
	}
	*col = (unsigned)(p - line) + 1;
	return n;
}

uint32_t
pp_line(const struct cpp *pp)
{
	unsigned col;

	return pp->input ? line_of(pp->input->file, pp->input->p, &col) : 0;
}

static bool
said_before(const struct cpp *pp, const char *text)
{
	uint32_t i;

	for (i = 0; i < pp->msgs.n; i++)
		if (!strcmp(pp->msgs.v[i].text, text))
			return true;
	return false;
}

struct cdef_msg *
pp_message(struct cpp *pp, bool fatal, const struct ctoken *at, const char *fmt,
	   ...)
{
	const struct cinput *in = input_of(pp, at);
	const char *p, *text;
	struct cdef_msg *m;
	unsigned line, col;
	va_list ap;

	if (pp->msgs.n >= MSG_MAX && !fatal)
		return NULL;
	va_start(ap, fmt);
	text = arena_vprintf(pp->arena, fmt, ap);
	va_end(ap);
	if (in) {
		p = in->p;
		if (at && at->text >= in->file->text &&
		    at->text <= in->file->text + in->file->len)
			p = at->text;
		line = line_of(in->file, p, &col);
		text = arena_printf(pp->arena, "%s:%u:%u: %s", in->file->path,
				    line, col, text);
	}
	if (said_before(pp, text))
		return NULL;
	m = vec_push(pp->arena, &pp->msgs);
	m->text = text;
	m->fatal = fatal;
	m->in_script = in && in->file == pp->script;
	return m;
}

void
pp_stop(struct cpp *pp, const char *what)
{
	if (!pp->stopped)
		pp_message(pp, true, NULL, "fatal error: %s", what);
	pp->stopped = true;
}

/* ---- what is defined at first ---- */

static void
define_builtin(struct cpp *pp, const char *name, enum macro_builtin kind)
{
	struct cname *n = cname_intern(&pp->names, name, strlen(name));

	pp_macro_new(pp, n)->builtin = kind;
}

static void
read_all(struct cpp *pp, const char *path, const char *text)
{
	struct ctoken t;

	pp_file_enter(pp, pp_file_of_text(pp, path, text, strlen(text)));
	do {
		pp_raw(pp, &t);
	} while (t.kind != CT_EOF);
}

/* As -D: "NAME" is 1, "NAME=VALUE". */
static void
define_given(struct cpp *pp, const char *text)
{
	const char *eq = strchr(text, '=');
	int n = eq ? (int)(eq - text) : (int)strlen(text);

	read_all(pp, "<command line>",
		 arena_printf(pp->arena, "#define %.*s %s\n", n, text,
			      eq ? eq + 1 : "1"));
}

static const char always[] = "#define __has_attribute(x) 0\n"
			     "#define __has_builtin(x) 0\n"
			     "#define __has_c_attribute(x) 0\n"
			     "#define __DATE__ \"Jan  1 1970\"\n"
			     "#define __TIME__ \"00:00:00\"\n"
			     "#define __INCLUDE_LEVEL__ 1\n"
			     "#define _Pragma(x)\n";

/* What the kernel's own build gives its files. */
static const char kernel_macros[] = "#define __KERNEL__ 1\n"
				    "#define __BPF_TRACING__ 1\n"
				    "#define __HAVE_BUILTIN_BSWAP16__ 1\n"
				    "#define __HAVE_BUILTIN_BSWAP32__ 1\n"
				    "#define __HAVE_BUILTIN_BSWAP64__ 1\n"
				    "#define CC_USING_FENTRY 1\n"
				    "#define KBUILD_MODNAME \"bpftrace\"\n"
				    "#define KBUILD_BASENAME \"bpftrace\"\n"
				    "#define KBUILD_MODFILE \"bpftrace\"\n";

static void
predefine(struct cpp *pp)
{
	const struct cdef_input *in = pp->in;
	const char *text;
	uint32_t i;

	pp->predefining = true;
	for (i = 0; (text = pp_predefined(in->arch, i)); i++)
		read_all(pp, "<built-in>", text);
	read_all(pp, "<built-in>", always);
	define_builtin(pp, "__LINE__", MB_LINE);
	define_builtin(pp, "__FILE__", MB_FILE);
	define_builtin(pp, "__BASE_FILE__", MB_FILE);
	define_builtin(pp, "__COUNTER__", MB_COUNTER);
	define_builtin(pp, "__has_include", MB_HAS_INCLUDE);
	define_builtin(pp, "__has_include_next", MB_HAS_INCLUDE_NEXT);
	if (in->kernel_source)
		read_all(pp, "<built-in>", kernel_macros);
	for (i = 0; i < in->defines.n; i++)
		define_given(pp, in->defines.v[i]);
	pp->predefining = false;
}

void
pp_init(struct cpp *pp, const struct cdef_input *in)
{
	pp->arena = in->arena;
	pp->in = in;
	cnames_init(&pp->names, in->arena);
	pp->defined = cname_intern(&pp->names, "defined", 7);
	pp->va_args = cname_intern(&pp->names, "__VA_ARGS__", 11);
	pp_file_dirs(pp);
	predefine(pp);
}
