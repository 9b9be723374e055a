/* SPDX-License-Identifier: MIT */
/*
 * Declarators: pointers, arrays, functions around a name, or around none.
 * What stands in parentheses refers to a type that is only known behind
 * them: it is built around a hole that is filled afterwards.
 */
#include "internal.h"

static void
qualifiers(struct cparser *p, struct cattr *attr)
{
	while (!p->bad && p->tok.kind == CT_NAME) {
		switch (p->tok.name->kw) {
		case KW_CONST:
		case KW_VOLATILE:
		case KW_RESTRICT:
		case KW_ATOMIC:
		case KW_STATIC:
		case KW_EXTENSION:
			c_advance(p);
			break;
		case KW_ATTRIBUTE:
			c_attrs(p, attr);
			break;
		default:
			return;
		}
	}
}

/* '(' where a declarator may begin: parameters, or a declarator in it. */
static bool
is_nested(struct cparser *p)
{
	const struct ctoken *t;

	if (!is_punct(&p->tok, '('))
		return false;
	t = c_peek(p);
	if (is_punct(t, '*') || is_punct(t, '(') || is_punct(t, '^') ||
	    is_punct(t, '['))
		return true;
	if (t->kind != CT_NAME)
		return false;
	if (t->name->kw)
		return t->name->kw == KW_ATTRIBUTE;
	return !t->name->symbol || t->name->symbol->kind != SYM_TYPEDEF;
}

static const struct ctype *suffixes(struct cparser *p, const struct ctype *base,
				    const struct cname *name);

static const struct ctype *
array_suffix(struct cparser *p, const struct ctype *base,
	     const struct cname *name)
{
	struct ctoken at;
	struct cattr ignored = { 0 };
	struct cvalue n = { 0 };
	bool unsized;

	c_advance(p);
	qualifiers(p, &ignored);
	unsized = is_punct(&p->tok, ']');
	at = p->tok;
	if (!unsized)
		n = c_constant(p);
	if (!c_expect(p, ']'))
		return base;
	if ((int64_t)n.v < 0) {
		c_fail_at(p, &at,
			  "'%s' declared as an array with a negative size",
			  name ? name->text : "");
		return base;
	}
	return ctype_array(p, suffixes(p, base, name), n.v, unsized);
}

static const struct ctype *
suffixes(struct cparser *p, const struct ctype *base, const struct cname *name)
{
	if (!c_go_deeper(p))
		return base;
	if (is_punct(&p->tok, '[')) {
		base = array_suffix(p, base, name);
	} else if (is_punct(&p->tok, '(')) {
		c_skip_group(p);
		base = ctype_func(p, suffixes(p, base, name));
	}
	p->depth--;
	return base;
}

void
c_declarator(struct cparser *p, const struct ctype *base,
	     struct cdeclarator *out)
{
	struct ctype *hole = NULL;

	out->type = base;
	if (!c_go_deeper(p))
		return;
	qualifiers(p, &out->attr);
	while (c_accept(p, '*') || c_accept(p, '^')) {
		struct cattr pointer = { 0 };

		base = ctype_pointer(p, base);
		qualifiers(p, &pointer);
	}
	if (is_nested(p)) {
		c_advance(p);
		hole = arena_alloc(p->arena, sizeof(*hole));
		hole->kind = CK_VOID;
		c_declarator(p, hole, out);
		c_expect(p, ')');
	} else if (p->tok.kind == CT_NAME && !p->tok.name->kw) {
		out->name = p->tok.name;
		out->at = p->tok;
		c_advance(p);
	}
	base = suffixes(p, base, out->name);
	if (hole)
		*hole = *base;
	else
		out->type = base;
	p->depth--;
}
