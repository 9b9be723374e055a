/* SPDX-License-Identifier: MIT */
/*
 * What is in a struct or union: its fields with their places, bit-fields,
 * and the members of anonymous members. BTF is hostile: a field that does not
 * fit its struct is left out, as is a struct that contains itself.
 */
#include <string.h>

#include "internal.h"

static bool
is_record(const struct btf_type *t)
{
	unsigned kind = t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;

	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

/* What a member holds, arrays looked through. */
static const struct btf_type *
member_record(const struct kbtf *b, uint32_t *id)
{
	const struct btf_type *t = ktype_resolve(b, id, NULL);

	for (int i = 0; t && i < NEST_MAX; i++) {
		if (BTF_INFO_KIND(t->info) != BTF_KIND_ARRAY)
			break;
		*id = ((const struct btf_array *)(t + 1))->type;
		t = ktype_resolve(b, id, NULL);
	}
	return t;
}

/* ---- alignment ---- */

/* The largest of the members', as far as the size allows. `left` records may be
 * looked at: hostile BTF could go on for ever. */
static uint32_t
align_of(const struct kbtf *b, uint32_t id, unsigned *left)
{
	const struct btf_type *t = member_record(b, &id);
	const struct btf_member *m;
	uint32_t align = 1, a;

	if (!t || !*left)
		return 1;
	--*left;
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_PTR:
		return 8;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		break;
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT:
		return t->size < 8 && !(t->size & (t->size - 1)) ? t->size : 8;
	default:
		return 1;
	}
	m = (const void *)(t + 1);
	for (uint32_t i = 0; i < BTF_INFO_VLEN(t->info) && align < 8; i++) {
		a = align_of(b, m[i].type, left);
		if (a > align)
			align = a;
	}
	while (t->size % align) /* packed */
		align /= 2;
	return align;
}

uint32_t
ktype_align(const struct kbtf *b, uint32_t id)
{
	unsigned left = LOOKS_MAX;

	return align_of(b, id, &left);
}

/* ---- a struct in itself ---- */

/* Whether structs of `size` bytes go on and on in each other: only those of
 * one size can come back to where they began. */
static bool
is_endless(const struct kbtf *b, uint32_t id, uint32_t size, unsigned *left)
{
	const struct btf_type *t = member_record(b, &id);
	const struct btf_member *m;

	if (!is_record(t) || t->size != size)
		return false;
	if (!*left)
		return true;
	--*left;
	m = (const void *)(t + 1);
	for (uint32_t i = 0; i < BTF_INFO_VLEN(t->info); i++)
		if (is_endless(b, m[i].type, size, left))
			return true;
	return false;
}

/* ---- fields ---- */

/* Bits of a member before kernel 5.1: in its integer's own record. */
static uint32_t
old_bits(const struct btf_type *t, uint32_t *bit)
{
	uint32_t data;

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_INT)
		return 0;
	data = *(const uint32_t *)(t + 1);
	*bit += BTF_INT_OFFSET(data);
	return BTF_INT_BITS(data) == t->size * 8 ? 0 : BTF_INT_BITS(data);
}

static void
place_field(struct field *f, const struct kbtf *b, const struct btf_type *of,
	    const struct btf_member *m)
{
	uint32_t id = m->type, bit = m->offset, bits;
	const struct btf_type *t = ktype_resolve(b, &id, NULL);

	if (BTF_INFO_KFLAG(of->info)) {
		bits = BTF_MEMBER_BITFIELD_SIZE(m->offset);
		bit = BTF_MEMBER_BIT_OFFSET(m->offset);
	} else {
		bits = old_bits(t, &bit);
	}
	f->offset = bit / 8;
	f->bit_offset = bit % 8;
	f->bit_size = (uint8_t)bits;
}

static bool
fits(const struct field *f, uint32_t size)
{
	uint64_t end = f->offset;

	if (f->bit_size > 64 || (f->bit_size && !type_is_int(f->type)))
		return false;
	if (f->bit_size)
		end += (f->bit_offset + f->bit_size + 7) / 8;
	else
		end += f->type->size;
	return end <= size && (f->bit_size || !f->bit_offset);
}

/* A pointer's tags; they belong to the field, not to its type. */
static void
tag_field(struct field *f, const struct kbtf *b, uint32_t id)
{
	const struct btf_type *t = ktype_resolve(b, &id, NULL);
	struct ktags tags = { .as = AS_NONE };
	uint32_t to;

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_PTR)
		return;
	to = t->type;
	ktype_resolve(b, &to, &tags);
	f->as = tags.as;
	f->tag = tags.percpu;
}

static bool
is_anonymous(const struct type *t)
{
	return t->kind == TY_STRUCT && !strchr(t->name, ' ');
}

static bool
fill_field(struct ktypes *k, struct field *f, const struct kbtf *b,
	   const struct btf_type *of, const struct btf_member *m)
{
	unsigned left = LOOKS_MAX;

	if (is_endless(b, m->type, of->size, &left))
		return false;
	f->name = kbtf_str(b, m->name_off);
	f->type = ktype_convert(k, b, m->type, AS_KERNEL);
	place_field(f, b, of, m);
	tag_field(f, b, m->type);
	if (is_anonymous(f->type) && k->depth < NEST_MAX)
		ktype_complete(k, f->type);
	return fits(f, of->size) && (*f->name || f->type->kind == TY_STRUCT);
}

/* "struct {int32,uint8 *}": how messages call what has no name. */
static const char *
contents_name(struct ktypes *k, const struct type *t)
{
	struct sbuf s = { 0 };
	const char *name;

	sbuf_printf(&s, "%s {", t->is_union ? "union" : "struct");
	for (uint32_t i = 0; i < t->nfields; i++)
		sbuf_printf(&s, "%s%s", i ? "," : "",
			    type_name(t->fields[i].type));
	sbuf_putc(&s, '}');
	name = arena_strndup(k->arena, s.s, s.n);
	sbuf_free(&s);
	return name;
}

void
ktype_fill(struct ktypes *k, struct type *t, const struct kbtf *b, uint32_t id)
{
	const struct btf_type *raw = kbtf_type(b, id);
	const struct btf_member *m = (const void *)(raw + 1);
	uint32_t n = BTF_INFO_VLEN(raw->info), used = 0;
	struct field *f = arena_alloc(k->arena, (n + 1) * sizeof(*f));

	t->size = raw->size;
	t->align = ktype_align(b, id);
	k->depth++;
	for (uint32_t i = 0; i < n; i++) {
		if (fill_field(k, &f[used], b, raw, &m[i]))
			used++;
		else
			memset(&f[used], 0, sizeof(*f));
	}
	k->depth--;
	type_set_fields(k->types, t, f, used);
	if (is_anonymous(t))
		t->name = contents_name(k, t);
}
