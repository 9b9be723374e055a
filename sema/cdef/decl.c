/* SPDX-License-Identifier: MIT */
/*
 * Declarations at the top of a file. Each is parsed on its own; where one
 * does not parse, it is skipped to its end and the next one begins with a
 * clean slate. Bodies of functions, initializers and asm are never looked at.
 */
#include <string.h>

#include "internal.h"

/* ---- tokens ---- */

static void
read_token(struct cparser *p, struct ctoken *t)
{
	pp_next(p->pp, t);
}

void
c_advance(struct cparser *p)
{
	if (is_punct(&p->tok, '(') || is_punct(&p->tok, '[') ||
	    is_punct(&p->tok, '{'))
		p->nest++;
	else if (is_punct(&p->tok, ')') || is_punct(&p->tok, ']') ||
		 is_punct(&p->tok, '}'))
		p->nest--;
	p->end = p->tok.text + p->tok.len;
	if (p->has_ahead) {
		p->tok = p->ahead;
		p->has_ahead = false;
	} else {
		read_token(p, &p->tok);
	}
}

const struct ctoken *
c_peek(struct cparser *p)
{
	if (!p->has_ahead)
		read_token(p, &p->ahead);
	p->has_ahead = true;
	return &p->ahead;
}

bool
c_accept(struct cparser *p, unsigned punct)
{
	if (p->bad || !is_punct(&p->tok, punct))
		return false;
	c_advance(p);
	return true;
}

bool
c_expect(struct cparser *p, unsigned punct)
{
	if (c_accept(p, punct))
		return true;
	c_fail(p, "expected '%c'", (char)punct);
	return false;
}

static void
vfail(struct cparser *p, const struct ctoken *at, const char *fmt, va_list ap)
{
	if (p->bad)
		return;
	p->bad = true;
	pp_message(p->pp, false, at, "error: %s",
		   arena_vprintf(p->arena, fmt, ap));
}

void
c_fail(struct cparser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail(p, &p->tok, fmt, ap);
	va_end(ap);
}

void
c_fail_at(struct cparser *p, const struct ctoken *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail(p, at, fmt, ap);
	va_end(ap);
}

struct ctoken
c_behind(const struct cparser *p)
{
	return (struct ctoken){ .text = p->end ? p->end : p->tok.text };
}

void
c_fail_twice(struct cparser *p, const struct ctoken *at,
	     const struct ctoken *first, const char *what, const char *name,
	     const char *noun)
{
	if (p->bad)
		return;
	p->bad = true;
	pp_message(p->pp, false, at, "error: %s '%s'", what, name);
	pp_message(p->pp, false, first, "note: previous %s is here", noun);
}

bool
c_at_keyword(const struct cparser *p, enum keyword kw)
{
	return p->tok.kind == CT_NAME && p->tok.name->kw == kw;
}

bool
c_go_deeper(struct cparser *p)
{
	if (p->bad)
		return false;
	if (++p->depth <= NEST_MAX)
		return true;
	c_fail(p, "nested too deeply");
	return false;
}

void
c_skip_group(struct cparser *p)
{
	unsigned open = p->tok.punct, depth = 1;
	unsigned close = open == '(' ? ')' : open == '{' ? '}' : ']';

	if (p->has_ahead) {
		depth += is_punct(&p->ahead, open);
		depth -= is_punct(&p->ahead, close);
		p->has_ahead = false;
	}
	while (depth--)
		pp_skip_balanced(p->pp, (char)open);
	read_token(p, &p->tok);
}

/* ---- symbols ---- */

struct csymbol *
c_symbol(struct cparser *p, struct cname *name, enum symbol_kind kind,
	 const struct ctype *t)
{
	struct csymbol *s = arena_alloc(p->arena, sizeof(*s));

	s->kind = kind;
	s->type = t;
	name->symbol = s;
	return s;
}

static void
declare(struct cparser *p, const struct cdeclarator *d)
{
	const struct ctype *t = c_attr_apply(p, d->type, &d->attr);
	struct ctag *tag =
		t->kind == CK_RECORD || t->kind == CK_ENUM ? t->tag : NULL;

	if (!d->name)
		return;
	if (p->is_typedef && tag && !tag->name && !tag->typedef_name)
		tag->typedef_name = d->name->text;
	if (d->name->symbol && d->name->symbol->kind == SYM_TYPEDEF &&
	    p->is_typedef && ctype_same(d->name->symbol->type, t))
		return;
	c_symbol(p, d->name, p->is_typedef ? SYM_TYPEDEF : SYM_OTHER, t);
}

/* ---- one declaration ---- */

static void
skip_initializer(struct cparser *p)
{
	c_advance(p);
	while (!p->bad && p->tok.kind != CT_EOF && !is_punct(&p->tok, ',') &&
	       !is_punct(&p->tok, ';')) {
		if (is_punct(&p->tok, '{') || is_punct(&p->tok, '(') ||
		    is_punct(&p->tok, '['))
			c_skip_group(p);
		else
			c_advance(p);
	}
}

/* asm("name") and attributes behind a declarator. */
static void
skip_suffix(struct cparser *p, struct cdeclarator *d)
{
	for (;;) {
		if (p->tok.kind == CT_NAME && p->tok.name->kw == KW_ASM) {
			c_advance(p);
			if (is_punct(&p->tok, '('))
				c_skip_group(p);
		} else if (p->tok.kind == CT_NAME &&
			   p->tok.name->kw == KW_ATTRIBUTE) {
			c_attrs(p, &d->attr);
		} else {
			return;
		}
	}
}

/* `struct x (int a) {` declares nothing. */
static bool
nameless(struct cparser *p)
{
	const struct ctoken *t;

	if (!is_punct(&p->tok, '('))
		return false;
	t = c_peek(p);
	if (!is_punct(t, ')') &&
	    (t->kind != CT_NAME || !t->name->kw || t->name->kw == KW_ATTRIBUTE))
		return false;
	c_fail_at(p, t, "expected identifier or '('");
	return true;
}

static void
init_declarators(struct cparser *p, const struct ctype *base,
		 const struct cattr *attr)
{
	for (;;) {
		struct cdeclarator d = { .attr = *attr };

		if (!nameless(p))
			c_declarator(p, base, &d);
		if (p->bad)
			return;
		skip_suffix(p, &d);
		declare(p, &d);
		if (d.type->kind == CK_FUNC && is_punct(&p->tok, '{')) {
			c_skip_group(p);
			return;
		}
		if (is_punct(&p->tok, '='))
			skip_initializer(p);
		if (c_accept(p, ';'))
			return;
		if (!c_expect(p, ','))
			return;
	}
}

static void
declaration(struct cparser *p)
{
	struct cattr attr = { 0 };
	const struct ctype *base;

	if (c_at_keyword(p, KW_STATIC_ASSERT) || c_at_keyword(p, KW_ASM)) {
		c_advance(p);
		while (p->tok.kind == CT_NAME)
			c_advance(p);
		if (is_punct(&p->tok, '('))
			c_skip_group(p);
		c_accept(p, ';');
		return;
	}
	base = c_spec(p, &attr);
	if (!base || p->bad || c_accept(p, ';'))
		return;
	init_declarators(p, base, &attr);
}

/* ---- going on behind what was not understood ---- */

/* Behind a closing brace: whether declarators follow, as in `} x;`. */
static bool
goes_on(const struct cparser *p)
{
	if (p->tok.flags & TOK_LINE)
		return false;
	return p->tok.kind == CT_NAME || is_punct(&p->tok, '*') ||
	       is_punct(&p->tok, ';') || is_punct(&p->tok, '=') ||
	       is_punct(&p->tok, ',');
}

/* A word at the beginning of a line that only a declaration begins with. */
static bool
begins_anew(const struct cparser *p)
{
	if (p->nest > 0 || p->tok.kind != CT_NAME || !(p->tok.flags & TOK_LINE))
		return false;
	switch (p->tok.name->kw) {
	case KW_TYPEDEF:
	case KW_EXTERN:
	case KW_STATIC:
	case KW_STRUCT:
	case KW_UNION:
	case KW_ENUM:
		return true;
	default:
		return false;
	}
}

static void
recover(struct cparser *p)
{
	p->bad = false;
	while (p->tok.kind != CT_EOF && !begins_anew(p)) {
		if (is_punct(&p->tok, ';') && p->nest <= 0) {
			c_advance(p);
			return;
		}
		if (is_punct(&p->tok, '{')) {
			c_skip_group(p);
			if (p->nest <= 0 && !goes_on(p))
				return;
		} else if (is_punct(&p->tok, '}') && p->nest <= 1) {
			p->nest = 1;
			c_advance(p);
			if (!goes_on(p))
				return;
		} else {
			c_advance(p);
		}
	}
}

void
c_unit(struct cparser *p)
{
	read_token(p, &p->tok);
	while (p->tok.kind != CT_EOF) {
		p->nest = 0;
		p->depth = 0;
		p->is_typedef = false;
		if (is_punct(&p->tok, ';'))
			c_advance(p);
		else
			declaration(p);
		if (p->bad)
			recover(p);
	}
}
