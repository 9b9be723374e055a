/* SPDX-License-Identifier: MIT */
/*
 * Owns what the C section of a script defines, as the rest of sema sees it:
 * from the pieces of text to answers about names.
 */
#include <string.h>

#include "internal.h"

/* ---- reading it ---- */

static bool
has_include(const struct cdef_input *in)
{
	uint32_t i;

	for (i = 0; i < in->nsections; i++)
		if (in->sections[i][0] == '#' &&
		    strstr(in->sections[i], "include"))
			return true;
	return in->forced.n > 0;
}

/* Line 1 is ours; each piece begins a line of its own. */
static struct cfile *
script_file(struct cpp *pp)
{
	const struct cdef_input *in = pp->in;
	struct sbuf b = { 0 };
	struct cfile *f;
	uint32_t i;

	sbuf_putc(&b, '\n');
	for (i = 0; i < in->nsections; i++) {
		sbuf_puts(&b, in->sections[i]);
		sbuf_puts(&b, in->sections[i][0] == '#' ? "\n" : ";\n");
	}
	f = pp_file_of_text(pp, "definitions.h",
			    arena_strndup(pp->arena, b.s, b.n), b.n);
	sbuf_free(&b);
	return f;
}

/* The headers that come before the script's own lines. */
static struct cfile *
forced_file(struct cpp *pp)
{
	const struct cdef_input *in = pp->in;
	struct sbuf b = { 0 };
	struct cfile *f;
	uint32_t i;

	sbuf_puts(&b, "\n");
	if (in->kernel_source)
		sbuf_puts(&b, "#if __has_include(<linux/kconfig.h>)\n"
			      "#include <linux/kconfig.h>\n"
			      "#endif\n"
			      "#if __has_include(<linux/compiler_types.h>)\n"
			      "#include <linux/compiler_types.h>\n"
			      "#endif\n");
	for (i = 0; i < in->forced.n; i++)
		sbuf_printf(&b, "#include \"%s\"\n", in->forced.v[i]);
	f = pp_file_of_text(pp, "<command line>",
			    arena_strndup(pp->arena, b.s, b.n), b.n);
	sbuf_free(&b);
	return f;
}

struct cdefs *
cdef_parse(const struct cdef_input *in)
{
	struct cdefs *c = arena_alloc(in->arena, sizeof(*c));
	struct cparser *p = arena_alloc(in->arena, sizeof(*p));
	struct cpp *pp = &c->pp;

	c->in = *in;
	if (!in->nsections && !in->forced.n) {
		cnames_init(&pp->names, in->arena);
		return c;
	}
	pp_init(pp, &c->in);
	pp_file_enter(pp, script_file(pp));
	pp->script = pp->input->file;
	if (has_include(in))
		pp_file_enter(pp, forced_file(pp));
	p->pp = pp;
	p->arena = in->arena;
	ctypes_init(p);
	c_unit(p);
	return c;
}

const struct cdef_msg *
cdef_messages(const struct cdefs *c, uint32_t *n)
{
	*n = c->pp.msgs.n;
	return c->pp.msgs.v;
}

/* ---- names ---- */

static struct cname *
find(const struct cdefs *c, const char *name)
{
	return cname_find(&c->pp.names, name, strlen(name));
}

static const struct type *
find_tag(struct cdefs *c, enum tag_kind kind, const char *name)
{
	const struct cname *n = find(c, name);

	if (!n || !n->tag || !n->tag->complete || n->tag->kind != kind)
		return NULL;
	return c_convert_wide(c, &n->tag->ctype);
}

const struct type *
cdef_type(struct cdefs *c, const char *name)
{
	const struct cname *n;

	if (!strncmp(name, "struct ", 7))
		return find_tag(c, TAG_IS_STRUCT, name + 7);
	if (!strncmp(name, "union ", 6))
		return find_tag(c, TAG_IS_UNION, name + 6);
	if (!strncmp(name, "enum ", 5))
		return find_tag(c, TAG_IS_ENUM, name + 5);
	n = find(c, name);
	if (n && n->symbol && n->symbol->kind == SYM_TYPEDEF)
		return c_convert_wide(c, n->symbol->type);
	if (n && n->tag && n->tag->complete && !n->symbol)
		return c_convert_wide(c, &n->tag->ctype);
	return NULL;
}

const struct type *
cdef_enum_constant(struct cdefs *c, const char *name, uint64_t *value)
{
	const struct cname *n = find(c, name);

	if (!n || !n->symbol || n->symbol->kind != SYM_CONST)
		return NULL;
	*value = n->symbol->value;
	return c_convert_wide(c, n->symbol->type);
}

/* ---- #defines as expressions ---- */

/* A C number or character as our language writes it. */
static void
put_token(struct sbuf *b, const struct ctoken *t)
{
	struct cnumber n;
	uint32_t len = t->len;
	int64_t ch;

	if (t->kind == CT_CHAR && c_char(t->text, t->len, &ch)) {
		sbuf_printf(b, "%lld", (long long)ch);
		return;
	}
	if (t->kind == CT_NUMBER && c_number(t->text, t->len, &n))
		while (len > 1 && strchr("uUlL", t->text[len - 1]))
			len--;
	sbuf_add(b, t->text, len);
}

static bool
is_object(const struct cname *n)
{
	return n->macro && !n->macro->function && !n->macro->predefined &&
	       !n->macro->builtin;
}

/* The first name in the body that leads back to one on the path. */
static bool
find_loop(struct cdefs *c, const struct cname *n, const struct cname **path,
	  uint32_t depth, uint32_t *budget)
{
	uint32_t i, k;

	path[depth] = n;
	if (depth + 1 >= NEST_MAX || !--*budget)
		return false;
	for (i = 0; i < n->macro->nbody; i++) {
		const struct cname *next = n->macro->body[i].name;

		if (!next || !is_object(next))
			continue;
		for (k = 0; k <= depth; k++)
			if (path[k] == next) {
				path[depth + 1] = NULL;
				return true;
			}
		if (find_loop(c, next, path, depth + 1, budget))
			return true;
	}
	return false;
}

static const char *
loop_text(struct cdefs *c, const struct cname *n)
{
	const struct cname *path[NEST_MAX + 1] = { 0 };
	uint32_t i, budget = 10000;
	const char *text = "";

	if (!find_loop(c, n, path, 0, &budget))
		return n->text;
	for (i = 0; path[i]; i++)
		text = arena_printf(c->in.arena, "%s%s%s", text, i ? "->" : "",
				    path[i]->text);
	return text;
}

enum cdef_macro_kind
cdef_macro(struct cdefs *c, const char *name, const char **text)
{
	struct cname *n = find(c, name);
	struct tokbuf *b;
	struct sbuf out = { 0 };
	bool loop = false;
	struct ctoken t;
	uint32_t i;

	if (!n || !is_object(n))
		return CDEF_NONE;
	c->pp.stopped = false;
	c->pp.made = 0;
	t = (struct ctoken){
		.kind = CT_NAME, .name = n, .text = n->text, .len = n->len
	};
	b = pp_expand_argument(&c->pp, &t, 1);
	for (i = 0; i < b->t.n; i++) {
		const struct ctoken *x = &b->t.v[i];

		loop |= x->kind == CT_NAME && x->flags & TOK_PAINTED &&
			is_object(x->name);
		if (i && x->flags & (TOK_SPACE | TOK_LINE))
			sbuf_putc(&out, ' ');
		put_token(&out, x);
	}
	pp_tokbuf_put(&c->pp, b);
	*text = loop ? loop_text(c, n)
		     : arena_strndup(c->in.arena, out.n ? out.s : "", out.n);
	sbuf_free(&out);
	return loop ? CDEF_LOOP : CDEF_VALUE;
}

void
cdef_each_macro(const struct cdefs *c,
		void (*each)(void *arg, const char *name), void *arg)
{
	uint32_t i;

	for (i = 0; i < c->pp.macro_names.n; i++)
		if (is_object(c->pp.macro_names.v[i]))
			each(arg, c->pp.macro_names.v[i]->text);
}
