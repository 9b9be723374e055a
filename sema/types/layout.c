/* SPDX-License-Identifier: MIT */
/*
 * Types made of parts: tuples and records with their layout, and finding a
 * field by its name.
 *
 *     (uint8, uint32, string[3])        offset  size
 *         .0  uint8                       0      1
 *         (zero)                          1      3
 *         .1  uint32                      4      4
 *         .2  string[3]                   8      3
 *         (zero)                         11      1   up to the alignment
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"

static uint32_t
round_up(uint32_t n, uint32_t align)
{
	return align ? (n + align - 1) / align * align : n;
}

/* Offsets of `items`; size and alignment into *out. */
static const struct field *
lay_out(struct types *t, const char *const *names,
	const struct type *const *items, uint32_t n, struct type *out)
{
	struct field *f = arena_alloc(t->arena, (n + 1) * sizeof(*f));
	uint32_t i, off = 0, align = 1;

	for (i = 0; i < n; i++) {
		uint32_t a = items[i]->align ? items[i]->align : 1;

		off = round_up(off, a);
		f[i].name = names ? names[i] : NULL;
		f[i].type = items[i];
		f[i].offset = off;
		if (items[i]->kind == TY_POINTER)
			f[i].as = items[i]->as;
		off += items[i]->size;
		if (a > align)
			align = a;
	}
	out->fields = f;
	out->nfields = n;
	out->align = align;
	out->size = round_up(off, align);
	return f;
}

/* What tells the type from others: the addresses of its parts. */
static const char *
parts_key(struct types *t, char *buf, size_t size, char kind,
	  const char *const *names, const struct type *const *items, uint32_t n)
{
	size_t need = 2 + n * 20;
	uint32_t i;
	char *p;

	for (i = 0; names && i < n; i++)
		need += strlen(names[i]);
	if (need > size)
		buf = arena_alloc(t->arena, need);
	p = buf;
	*p++ = kind;
	for (i = 0; i < n; i++) {
		if (names)
			p = stpcpy(p, names[i]);
		if (names)
			*p++ = ':';
		p = types_key(p, (uintptr_t)items[i]);
	}
	*p = '\0';
	return buf;
}

static const char *
tuple_name(struct types *t, const struct type *const *items, uint32_t n)
{
	const char *name = "(";
	uint32_t i;

	for (i = 0; i < n; i++)
		name = arena_printf(t->arena, "%s%s%s", name, i ? "," : "",
				    type_name(items[i]));
	return arena_printf(t->arena, "%s)", name);
}

/* The same without what is flexible; NULL: nothing is. */
static const struct type **
plain_items(struct types *t, const struct type *const *items, uint32_t n)
{
	const struct type **plain;
	uint32_t i;

	for (i = 0; i < n && !items[i]->flexible; i++)
		;
	if (i == n)
		return NULL;
	plain = arena_alloc(t->arena, n * sizeof(*plain));
	for (i = 0; i < n; i++)
		plain[i] = type_plain(items[i]);
	return plain;
}

const struct type *
type_tuple(struct types *t, const struct type *const *items, uint32_t n)
{
	char buf[256];
	const char *key = parts_key(t, buf, sizeof(buf), '(', NULL, items, n);
	const struct type *found = types_find(t, key), **plain;
	struct type *p;

	if (found)
		return found;
	p = types_add(t, key, TY_TUPLE, tuple_name(t, items, n), 0, 1);
	lay_out(t, NULL, items, n, p);
	plain = plain_items(t, items, n);
	p->flexible = plain;
	if (plain)
		p->plain = type_tuple(t, plain, n);
	return p;
}

static const char *
record_name(struct types *t, const char *const *names,
	    const struct type *const *items, uint32_t n)
{
	const char *name = "record { ";
	uint32_t i;

	for (i = 0; i < n; i++)
		name = arena_printf(t->arena, "%s%s.%s = %s", name,
				    i ? ", " : "", names[i],
				    type_name(items[i]));
	return arena_printf(t->arena, "%s }", name);
}

const struct type *
type_record(struct types *t, const char *const *names,
	    const struct type *const *items, uint32_t n)
{
	char buf[256];
	const char *key = parts_key(t, buf, sizeof(buf), '{', names, items, n);
	const struct type *found = types_find(t, key), **plain;
	struct type *p;

	if (found)
		return found;
	p = types_add(t, key, TY_RECORD, record_name(t, names, items, n), 0, 1);
	lay_out(t, names, items, n, p);
	plain = plain_items(t, items, n);
	p->flexible = plain;
	if (plain)
		p->plain = type_record(t, names, plain, n);
	return p;
}

static bool
is_anonymous(const struct field *f)
{
	return (!f->name || !f->name[0]) && f->type &&
	       f->type->kind == TY_STRUCT;
}

/* Append fields that can be named through the anonymous member `via`. */
static struct field *
promote_fields(struct field *out, const struct field *via,
	       const struct field *fields, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (!fields[i].name || !fields[i].name[0])
			continue;
		*out = fields[i];
		out->offset += via->offset;
		out++;
	}
	return out;
}

static void
collect_promoted(struct types *t, struct type *p)
{
	struct field *out;
	uint32_t i, n = 0;

	for (i = 0; i < p->nfields; i++)
		if (is_anonymous(&p->fields[i]))
			n += p->fields[i].type->nfields +
			     p->fields[i].type->npromoted;
	if (!n)
		return;
	out = arena_alloc(t->arena, n * sizeof(*out));
	p->promoted = out;
	for (i = 0; i < p->nfields; i++) {
		const struct field *f = &p->fields[i];

		if (!is_anonymous(f))
			continue;
		out = promote_fields(out, f, f->type->fields, f->type->nfields);
		out = promote_fields(out, f, f->type->promoted,
				     f->type->npromoted);
	}
	p->npromoted = (uint32_t)(out - p->promoted);
}

void
type_set_fields(struct types *t, struct type *p, const struct field *fields,
		uint32_t nfields)
{
	p->fields = fields;
	p->nfields = nfields;
	collect_promoted(t, p);
}

struct type *
type_struct(struct types *t, const char *name, uint32_t size,
	    const struct field *fields, uint32_t nfields)
{
	struct type *p = arena_alloc(t->arena, sizeof(*p));
	uint32_t i;

	p->kind = TY_STRUCT;
	p->name = arena_strdup(t->arena, name);
	p->size = size;
	p->align = 1;
	for (i = 0; i < nfields; i++)
		if (fields[i].type && fields[i].type->align > p->align)
			p->align = fields[i].type->align;
	type_set_fields(t, p, fields, nfields);
	return p;
}

static const struct field *
find_field(const struct field *fields, uint32_t n, const char *name)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (fields[i].name && fields[i].name[0] == name[0] &&
		    !strcmp(fields[i].name, name))
			return &fields[i];
	return NULL;
}

const struct field *
type_field(const struct type *t, const char *name)
{
	const struct field *f = find_field(t->fields, t->nfields, name);

	return f ? f : find_field(t->promoted, t->npromoted, name);
}
