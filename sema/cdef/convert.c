/* SPDX-License-Identifier: MIT */
/*
 * C types -> struct type, on demand. A struct is made without fields at
 * first (its size is known), and gets them when somebody asks: a pointer
 * costs nothing, and types that refer to themselves are no problem.
 */
#include <string.h>

#include "internal.h"

static const struct type *
convert_int(struct types *t, const struct ctype *c)
{
	if (c->size > 8)
		return type_array(t, type_int(t, 8, false), 2);
	return type_int(t, (unsigned)c->size, c->is_signed);
}

/* char[n] is text; one more byte than it has, so that a full one can be
 * told from one that was cut. Inside of arrays the stride is kept. */
static const struct type *
convert_array(struct cdefs *c, const struct ctype *a, bool inner)
{
	struct types *t = c->in.types;
	const struct ctype *of = a->to;
	uint32_t n = (uint32_t)a->count;
	bool text = of->kind == CK_INT && of->is_char;

	if (text && n)
		return type_string(t, n + !inner);
	if (of->kind == CK_ARRAY)
		return type_array(t, convert_array(c, of, true), n);
	return type_array(t, c_convert(c, of), n);
}

static const char *
tag_text(struct cdefs *c, const struct ctag *tag)
{
	static const char *const words[] = { [TAG_IS_STRUCT] = "struct",
					     [TAG_IS_UNION] = "union",
					     [TAG_IS_ENUM] = "enum" };
	const char *name = tag->name ? tag->name : tag->typedef_name;

	if (tag->name || !name)
		return arena_printf(c->in.arena, "%s %s", words[tag->kind],
				    name ? name : "(anonymous)");
	return name;
}

/* A struct that is only mentioned: what BTF has under that name. */
static const struct type *
convert_mention(struct cdefs *c, struct ctag *tag)
{
	if (!tag->elsewhere && tag->name && c->in.outside)
		tag->elsewhere = c->in.outside(c->in.outside_arg,
					       tag_text(c, tag), false);
	return tag->elsewhere;
}

static const struct type *
convert_record(struct cdefs *c, struct ctag *tag)
{
	const struct type *mention;
	struct type *t = tag->type;

	if (t)
		return t;
	mention = tag->complete ? NULL : convert_mention(c, tag);
	if (mention)
		return mention;
	t = type_struct(c->in.types, tag_text(c, tag), (uint32_t)tag->size,
			NULL, 0);
	t->align = tag->align ? tag->align : 1;
	t->is_union = tag->kind == TAG_IS_UNION;
	tag->type = t;
	*vec_push(c->in.arena, &c->made) = tag;
	return t;
}

static const struct type *
convert_enum(struct cdefs *c, struct ctag *tag, bool wide)
{
	const struct type **made = wide ? &tag->wide : &tag->narrow;

	if (!*made)
		*made = type_enum(c->in.types, tag_text(c, tag),
				  wide || !tag->size ? 8 : (uint32_t)tag->size,
				  tag->is_signed, tag->values.v, tag->values.n);
	return *made;
}

static const struct type *
convert_pointer(struct cdefs *c, const struct ctype *to)
{
	const struct type *t = c_convert(c, to);

	return type_pointer(c->in.types, t, AS_NONE);
}

const struct type *
c_convert(struct cdefs *c, const struct ctype *t)
{
	switch (t->kind) {
	case CK_VOID:
	case CK_FLOAT:
	case CK_FUNC:
		return type_none(c->in.types);
	case CK_BOOL: /* a number in a script's own structs, as upstream */
		return type_int(c->in.types, 1, false);
	case CK_INT:
		return convert_int(c->in.types, t);
	case CK_POINTER:
		return convert_pointer(c, t->to);
	case CK_ARRAY:
		return convert_array(c, t, false);
	case CK_RECORD:
		return convert_record(c, t->tag);
	case CK_ENUM:
		return convert_enum(c, t->tag, false);
	case CK_OUTSIDE:
		return t->outside->kind == TY_BOOL
			       ? type_int(c->in.types, 1, false)
			       : t->outside;
	}
	return type_none(c->in.types);
}

const struct type *
c_convert_wide(struct cdefs *c, const struct ctype *t)
{
	return t->kind == CK_ENUM ? convert_enum(c, t->tag, true)
				  : c_convert(c, t);
}

/* ---- fields ---- */

/* A bit-field lies in the unit of its type, unless packed across two. */
static void
bit_offset(struct field *f, const struct cmember *m)
{
	uint64_t unit = ctype_size(m->type) * 8;
	uint64_t in_unit = unit ? m->offset % unit : 0;

	if (in_unit + m->width > unit)
		in_unit = m->offset % 8;
	f->offset = (uint32_t)((m->offset - in_unit) / 8);
	f->bit_offset = (uint8_t)in_unit;
	f->bit_size = m->width;
}

static void fill(struct cdefs *c, struct ctag *tag);

/* What lies in a value is filled in with it: whoever copies or prints the
 * value does not ask again. */
static void
fill_inner(struct cdefs *c, const struct ctype *t)
{
	while (t->kind == CK_ARRAY)
		t = t->to;
	if (t->kind == CK_RECORD && t->tag->complete)
		fill(c, t->tag);
}

static void
fill_field(struct cdefs *c, struct field *f, const struct cmember *m)
{
	fill_inner(c, m->type);
	f->name = m->name;
	f->offset = (uint32_t)(m->offset / 8);
	f->type = c_convert(c, m->type);
	if (m->bitfield)
		bit_offset(f, m);
}

static void
fill(struct cdefs *c, struct ctag *tag)
{
	struct field *fields;
	const char *name;
	struct type *t;
	uint32_t i, n = 0;

	convert_record(c, tag);
	if (tag->filled)
		return;
	tag->filled = true;
	t = tag->type;
	fields = arena_alloc(c->in.arena,
			     (tag->members.n + 1) * sizeof(*fields));
	for (i = 0; i < tag->members.n; i++) {
		const struct cmember *m = &tag->members.v[i];

		if (m->name || !m->bitfield)
			fill_field(c, &fields[n++], m);
	}
	name = t->name;
	*t = *type_struct(c->in.types, name, (uint32_t)tag->size, fields, n);
	t->align = tag->align;
	t->is_union = tag->kind == TAG_IS_UNION;
}

bool
cdef_complete(struct cdefs *c, const struct type *t)
{
	uint32_t i = c->made.n;

	/* Ours have no origin, and no fields until they are filled in. */
	if (t->kind != TY_STRUCT || t->origin)
		return false;
	while (!t->nfields && i-- > 0)
		if (c->made.v[i]->type == t) {
			if (c->made.v[i]->complete)
				fill(c, c->made.v[i]);
			return true;
		}
	return t->nfields != 0;
}
