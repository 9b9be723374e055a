/* SPDX-License-Identifier: MIT */
/*
 * struct, union and enum: mentions and definitions. A definition that fails
 * leaves the tag without one, so that a script still gets the kernel's.
 */
#include <string.h>

#include "internal.h"

enum { SIZE_LIMIT = 1 << 30 };

static bool
in_script(const struct cparser *p)
{
	return p->pp->input && p->pp->input->file == p->pp->script;
}

/* ---- tags ---- */

static struct ctag *
tag_new(struct cparser *p, enum tag_kind kind, struct cname *name)
{
	struct ctag *tag = arena_alloc(p->arena, sizeof(*tag));

	tag->kind = kind;
	tag->ctype.kind = kind == TAG_IS_ENUM ? CK_ENUM : CK_RECORD;
	tag->ctype.tag = tag;
	if (name) {
		tag->name = name->text;
		name->tag = tag;
	}
	return tag;
}

static struct ctag *
tag_mention(struct cparser *p, enum tag_kind kind, struct cname *name)
{
	if (name && name->tag && name->tag->kind == kind)
		return name->tag;
	return tag_new(p, kind, name);
}

/* The tag that a definition fills: a new one when there was one before. The
 * script's wins over a header's; of its own it has one. */
static struct ctag *
tag_define(struct cparser *p, enum tag_kind kind, struct cname *name,
	   const struct ctoken *at)
{
	struct ctag *tag = name ? name->tag : NULL;
	struct ctoken *place;

	if (tag && tag->kind != kind && in_script(p) && tag->in_script)
		c_fail_at(p, at,
			  "use of '%s' with tag type that does not match "
			  "previous declaration",
			  tag->name);
	tag = tag_mention(p, kind, name);
	if (tag->complete && in_script(p) && tag->in_script)
		c_fail_twice(p, at, tag->at, "redefinition of", tag->name,
			     "definition");
	if (tag->complete)
		tag = tag_new(p, kind, name);
	tag->in_script = in_script(p);
	if (tag->in_script) {
		place = arena_alloc(p->arena, sizeof(*place));
		*place = *at;
		tag->at = place;
	}
	return tag;
}

/* ---- members ---- */

static const struct ctype *
member_type(struct cparser *p, const struct ctype *t,
	    const struct cdeclarator *d)
{
	const struct ctoken *at = d->name ? &d->at : &p->tok;
	const struct ctype *whole = NULL;

	if (t->kind == CK_FUNC && d->name) {
		c_fail_at(p, at, "field '%s' declared as a function",
			  d->name->text);
		return t;
	}
	if (t->kind == CK_FUNC || t->kind == CK_VOID) {
		c_fail_at(p, at, "field has incomplete type 'void'");
		return t;
	}
	if (ctype_complete(t))
		return t;
	if (t->kind == CK_RECORD)
		whole = c_outside(
			p, t->tag->kind == TAG_IS_UNION ? "union" : "struct",
			t->tag->name ? t->tag->name : "");
	else if (t->kind == CK_ENUM)
		return p->basic[B_UINT];
	else if (t->kind == CK_ARRAY && t->to->kind != CK_VOID)
		return ctype_array(p, member_type(p, t->to, d), t->count,
				   t->unsized);
	if (!whole)
		c_fail_at(p, at, "field has incomplete type '%s %s'",
			  t->kind == CK_RECORD && t->tag->kind == TAG_IS_UNION
				  ? "union"
				  : "struct",
			  t->kind == CK_RECORD && t->tag->name ? t->tag->name
							       : "");
	return whole ? whole : t;
}

/* Whoever walks a value walks its structs: not without end. */
static void
raise_level(struct cparser *p, struct ctag *tag, const struct ctype *t)
{
	while (t->kind == CK_ARRAY)
		t = t->to;
	if (t->kind == CK_RECORD && t->tag->level >= tag->level)
		tag->level = t->tag->level + 1;
	if (tag->level > LEVEL_MAX)
		c_fail(p, "structs nested too deeply");
}

/* In the script: headers are taken at their word. */
static const struct ctoken *
name_once(struct cparser *p, const struct ctag *tag,
	  const struct cdeclarator *d)
{
	struct ctoken *at;
	uint32_t i;

	if (!in_script(p))
		return NULL;
	if (tag->members.n && tag->kind == TAG_IS_STRUCT) {
		const struct cmember *last =
			&tag->members.v[tag->members.n - 1];

		if (last->at && last->type->kind == CK_ARRAY &&
		    last->type->unsized)
			c_fail_at(p, last->at,
				  "flexible array member '%s' is not at the "
				  "end of struct",
				  last->name);
	}
	if (!d->name)
		return NULL;
	for (i = 0; i < tag->members.n; i++) {
		const struct cmember *m = &tag->members.v[i];

		if (m->at && m->name == d->name->text)
			c_fail_twice(p, &d->at, m->at, "duplicate member",
				     m->name, "declaration");
	}
	at = arena_alloc(p->arena, sizeof(*at));
	*at = d->at;
	return at;
}

static void
add_member(struct cparser *p, struct ctag *tag, const struct cdeclarator *d)
{
	const struct ctype *t = member_type(p, d->type, d);
	const struct ctoken *at = name_once(p, tag, d);
	struct cmember *m;

	raise_level(p, tag, t);
	if (p->bad)
		return;
	t = c_attr_apply(p, t, &d->attr);
	m = vec_push(p->arena, &tag->members);
	m->name = d->name ? d->name->text : NULL;
	m->at = at;
	m->type = t;
	m->align = d->attr.align;
	m->packed = d->attr.packed;
}

static void
bit_width(struct cparser *p, struct ctag *tag, const struct cdeclarator *d)
{
	const struct ctoken *at = d->name ? &d->at : &p->tok;
	const char *name = d->name ? d->name->text : "";
	struct cmember *m = &tag->members.v[tag->members.n - 1];
	struct cvalue v = c_constant(p);
	uint64_t size = ctype_size(m->type) * 8;

	if (p->bad)
		return;
	if (m->type->kind == CK_BOOL)
		size = 1;
	if (m->type->kind != CK_INT && m->type->kind != CK_BOOL &&
	    m->type->kind != CK_ENUM && m->type->kind != CK_OUTSIDE)
		c_fail_at(p, at, "bit-field '%s' has non-integral type", name);
	else if (d->name && !v.v)
		c_fail_at(p, at, "named bit-field '%s' has zero width", name);
	else if ((int64_t)v.v < 0 && (!v.type || v.type->is_signed))
		c_fail_at(p, at, "bit-field '%s' has negative width (%lld)",
			  name, (long long)v.v);
	else if (v.v > size || v.v > 64)
		c_fail_at(p, at,
			  "width of bit-field '%s' (%llu bits) exceeds the "
			  "width of its type (%llu bits)",
			  name, (unsigned long long)v.v,
			  (unsigned long long)size);
	if (p->bad)
		return;
	m->bitfield = true;
	m->width = (uint8_t)v.v;
}

static void
declare_members(struct cparser *p, struct ctag *tag, const struct ctype *base,
		const struct cattr *attr)
{
	do {
		struct cdeclarator d = { .attr = *attr, .type = base };
		struct cmember *m;
		struct cattr after = { 0 };

		if (!is_punct(&p->tok, ':'))
			c_declarator(p, base, &d);
		if (p->bad)
			return;
		c_attrs(p, &d.attr);
		if (!d.name && !is_punct(&p->tok, ':'))
			c_fail(p, "expected member name or ';' after "
				  "declaration specifiers");
		add_member(p, tag, &d);
		if (c_accept(p, ':'))
			bit_width(p, tag, &d);
		c_attrs(p, &after);
		if (p->bad)
			return;
		m = &tag->members.v[tag->members.n - 1];
		if (after.align > m->align)
			m->align = after.align;
		m->packed |= after.packed;
	} while (c_accept(p, ','));
}

/* `struct { ... };` and `union { ... };` are members themselves. */
static void
anonymous_member(struct cparser *p, struct ctag *tag, const struct ctype *t,
		 const struct cattr *attr)
{
	struct cdeclarator d = { .type = t, .attr = *attr };

	if (t->kind == CK_RECORD && !t->tag->name && t->tag->complete)
		add_member(p, tag, &d);
}

static void
member_line(struct cparser *p, struct ctag *tag)
{
	bool is_typedef = p->is_typedef;
	struct cattr attr = { 0 };
	const struct ctype *base;

	if (c_at_keyword(p, KW_STATIC_ASSERT)) {
		c_advance(p);
		if (is_punct(&p->tok, '('))
			c_skip_group(p);
		c_accept(p, ';');
		return;
	}
	p->is_typedef = false;
	base = c_spec(p, &attr);
	if (base && is_punct(&p->tok, ';'))
		anonymous_member(p, tag, base, &attr);
	else if (base)
		declare_members(p, tag, base, &attr);
	p->is_typedef = is_typedef;
	/* The last one may go without. */
	if (!is_punct(&p->tok, '}') && !c_accept(p, ';')) {
		struct ctoken at = c_behind(p);

		c_fail_at(p, &at, "expected ';' at end of declaration list");
	}
}

static void
define_record(struct cparser *p, struct ctag *tag, struct cattr *attr)
{
	uint32_t pack = p->pp->pack;

	tag->members.n = 0;
	while (!p->bad && !is_punct(&p->tok, '}') && p->tok.kind != CT_EOF)
		if (!c_accept(p, ';'))
			member_line(p, tag);
	if (!c_expect(p, '}'))
		return;
	c_attrs(p, attr);
	tag->packed = attr->packed;
	c_layout_record(tag, pack, attr->align, p->pp->in->arch);
	if (tag->size <= SIZE_LIMIT)
		return;
	tag->complete = false;
	c_fail(p, "structure is too large");
}

/* ---- enums ---- */

static void
enumerator(struct cparser *p, struct ctag *tag, uint64_t *next)
{
	struct cname *name = p->tok.name;
	struct cattr ignored = { 0 };
	struct enum_value *v;

	if (p->tok.kind != CT_NAME || name->kw) {
		c_fail(p, "expected identifier");
		return;
	}
	if (in_script(p) && name->symbol && name->symbol->kind == SYM_CONST)
		c_fail(p, "redefinition of enumerator '%s'", name->text);
	c_advance(p);
	c_attrs(p, &ignored);
	if (c_accept(p, '=')) {
		struct cvalue given = c_constant(p);

		*next = given.v;
		tag->huge |= given.type && (int64_t)given.v < 0 &&
			     !given.type->is_signed;
	}
	if (p->bad)
		return;
	v = vec_push(p->arena, &tag->values);
	v->name = name->text;
	v->value = *next;
	c_symbol(p, name, SYM_CONST, &tag->ctype)->value = (*next)++;
}

static void
define_enum(struct cparser *p, struct ctag *tag, struct cattr *attr,
	    const struct ctype *base)
{
	uint64_t next = 0;

	tag->values.n = 0;
	while (!p->bad && !is_punct(&p->tok, '}')) {
		enumerator(p, tag, &next);
		if (!c_accept(p, ','))
			break;
	}
	if (p->tok.kind == CT_NAME) {
		struct ctoken at = c_behind(p);

		c_fail_at(p, &at, "missing ',' between enumerators");
	}
	if (!c_expect(p, '}'))
		return;
	c_attrs(p, attr);
	tag->packed = attr->packed;
	c_layout_enum(tag);
	if (base) {
		tag->size = ctype_size(base);
		tag->align = ctype_align(base);
	}
	if (attr->align > tag->align)
		tag->align = attr->align;
}

/* `enum x : u8` */
static const struct ctype *
enum_base(struct cparser *p)
{
	struct cattr ignored = { 0 };
	const struct ctoken *t;

	if (!is_punct(&p->tok, ':'))
		return NULL;
	t = c_peek(p);
	if (t->kind != CT_NAME)
		return NULL; /* an unnamed bit-field */
	c_advance(p);
	return c_spec(p, &ignored);
}

static enum tag_kind
kind_of(enum keyword kw)
{
	if (kw == KW_ENUM)
		return TAG_IS_ENUM;
	return kw == KW_UNION ? TAG_IS_UNION : TAG_IS_STRUCT;
}

const struct ctype *
c_tagged(struct cparser *p)
{
	enum tag_kind kind = kind_of(p->tok.name->kw);
	const struct ctype *base = NULL;
	struct cname *name = NULL;
	struct cattr attr = { 0 };
	struct ctoken at;
	struct ctag *tag;

	if (!c_go_deeper(p))
		return NULL;
	c_advance(p);
	c_attrs(p, &attr);
	at = p->tok;
	if (p->tok.kind == CT_NAME && !p->tok.name->kw) {
		name = p->tok.name;
		c_advance(p);
	}
	if (kind == TAG_IS_ENUM)
		base = enum_base(p);
	if (is_punct(&p->tok, '{')) {
		tag = tag_define(p, kind, name, &at);
		c_advance(p);
		if (kind == TAG_IS_ENUM)
			define_enum(p, tag, &attr, base);
		else
			define_record(p, tag, &attr);
	} else if (name) {
		tag = tag_mention(p, kind, name);
	} else {
		c_fail(p, "expected a name or '{'");
		return NULL;
	}
	p->depth--;
	return p->bad ? NULL : &tag->ctype;
}
