/* SPDX-License-Identifier: MIT */
/*
 * BTF records -> struct type, but for what is in a struct. Typedefs and
 * qualifiers leave no trace.
 */
#include <string.h>

#include "internal.h"

static void
note_tag(struct ktags *tags, const char *tag)
{
	if (!strcmp(tag, "user"))
		tags->as = AS_USER;
	else if (!strcmp(tag, "percpu"))
		tags->percpu = "percpu";
}

const struct btf_type *
ktype_resolve(const struct kbtf *b, uint32_t *id, struct ktags *tags)
{
	const struct btf_type *t = kbtf_type(b, *id);

	for (int i = 0; t && i < CHAIN_MAX; i++) {
		switch (BTF_INFO_KIND(t->info)) {
		case BTF_KIND_TYPE_TAG:
			if (tags)
				note_tag(tags, kbtf_str(b, t->name_off));
			break;
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
			break;
		default:
			return t;
		}
		*id = t->type;
		t = kbtf_type(b, *id);
	}
	return NULL;
}

/* ---- integers, enums ---- */

static const struct type *
convert_int(struct ktypes *k, const struct btf_type *t)
{
	uint32_t data = *(const uint32_t *)(t + 1);
	bool is_signed = BTF_INT_ENCODING(data) & BTF_INT_SIGNED;

	switch (t->size) {
	case 1:
		if (BTF_INT_ENCODING(data) & BTF_INT_BOOL)
			return type_bool(k->types);
		break;
	case 2:
	case 4:
	case 8:
		break;
	case 16: /* __int128 */
		return type_array(k->types, type_int(k->types, 8, false), 2);
	default:
		return type_none(k->types);
	}
	return type_int(k->types, t->size, is_signed);
}

static struct enum_value *
enum_values(struct ktypes *k, const struct kbtf *b, const struct btf_type *t)
{
	uint32_t n = BTF_INFO_VLEN(t->info);
	const struct btf_enum64 *wide = (const void *)(t + 1);
	const struct btf_enum *e = (const void *)(t + 1);
	struct enum_value *v = arena_alloc(k->arena, (n + 1) * sizeof(*v));
	bool is_wide = BTF_INFO_KIND(t->info) == BTF_KIND_ENUM64;

	for (uint32_t i = 0; i < n; i++) {
		v[i].name =
			kbtf_str(b, is_wide ? wide[i].name_off : e[i].name_off);
		if (is_wide)
			v[i].value = (uint64_t)wide[i].val_hi32 << 32 |
				     wide[i].val_lo32;
		else if (BTF_INFO_KFLAG(t->info))
			v[i].value = (uint64_t)(int64_t)e[i].val;
		else
			v[i].value = (uint32_t)e[i].val;
	}
	return v;
}

/* Before 6.0 no enum said whether it is signed: a negative constant does. */
static bool
is_signed_enum(const struct btf_type *t, struct enum_value *v)
{
	uint32_t n = BTF_INFO_VLEN(t->info), i;

	if (BTF_INFO_KFLAG(t->info) ||
	    BTF_INFO_KIND(t->info) == BTF_KIND_ENUM64)
		return BTF_INFO_KFLAG(t->info);
	for (i = 0; i < n && v[i].value != UINT32_MAX; i++)
		;
	if (i == n)
		return false;
	for (i = 0; i < n; i++)
		v[i].value = (uint64_t)(int64_t)(int32_t)v[i].value;
	return true;
}

const struct type *
ktype_enum(struct ktypes *k, const struct kbtf *b, const struct btf_type *t,
	   uint32_t size)
{
	struct enum_value *v = enum_values(k, b, t);
	bool is_signed = is_signed_enum(t, v);
	const char *name = kbtf_str(b, t->name_off);

	if (size != 1 && size != 2 && size != 4)
		size = 8;
	if (!BTF_INFO_VLEN(t->info)) /* only declared: an int */
		return type_int(k->types, size, false);
	return type_enum(k->types, arena_printf(k->arena, "enum %s", name),
			 size, is_signed, v, BTF_INFO_VLEN(t->info));
}

/* ---- pointers, arrays ---- */

static const struct type *convert_pointer(struct ktypes *k,
					  const struct kbtf *b, uint32_t to,
					  enum addrspace as, unsigned depth);

static const struct type *convert(struct ktypes *k, const struct kbtf *b,
				  uint32_t id, enum addrspace as,
				  unsigned depth);

static const struct type *
convert_array(struct ktypes *k, const struct kbtf *b, const struct btf_type *t,
	      enum addrspace as, unsigned depth)
{
	const struct btf_array *a = (const void *)(t + 1);
	const struct type *of = convert(k, b, a->type, as, depth + 1);
	uint64_t size = (uint64_t)of->size * a->nelems;

	if (size > VALUE_LIMIT)
		return type_none(k->types);
	if (!of->size) /* any number of nothing */
		return type_array(k->types, of, 0);
	/* Text, whether or not its char is signed (REFERENCE 2.5). */
	if (of->kind == TY_INT && of->size == 1 && a->nelems)
		return type_string(k->types, a->nelems);
	return type_array(k->types, of, a->nelems);
}

/* ---- structs ---- */

struct type *
ktype_new_struct(struct ktypes *k, const char *name, const struct kbtf *b,
		 uint32_t id)
{
	struct type *t = type_struct(k->types, name, 0, NULL, 0);
	struct kpending *p = arena_alloc(k->arena, sizeof(*p));
	const struct btf_type *raw = b ? kbtf_type(b, id) : NULL;

	p->btf = b;
	p->id = id;
	t->origin = &p->source;
	t->is_union = name[0] == 'u';
	if (raw) {
		t->size = raw->size;
		t->align = ktype_align(b, id);
	}
	if (name[strcspn(name, " ")] != '\0')
		hmap_put(k->arena, &k->by_name, t->name, t);
	return t;
}

/* A struct that was named before its id was known gets it now. */
static const struct type *
adopt(struct ktypes *k, const struct type *t, const struct kbtf *b, uint32_t id)
{
	struct type *mine = (struct type *)(uintptr_t)t;
	struct kpending *p = (struct kpending *)mine->origin;

	(void)k;
	if (p && !p->btf) {
		p->btf = b;
		p->id = id;
		mine->size = ((const struct btf_type *)kbtf_type(b, id))->size;
		mine->align = ktype_align(b, id);
	}
	return mine;
}

static const struct type *
convert_record(struct ktypes *k, const struct kbtf *b, uint32_t id,
	       const struct btf_type *t)
{
	bool is_union = BTF_INFO_KIND(t->info) == BTF_KIND_UNION;
	const char *tag = is_union ? "union" : "struct";
	const char *name = kbtf_str(b, t->name_off);
	const struct type *known;

	if (!*name)
		return ktype_new_struct(k, tag, b, id);
	name = arena_printf(k->arena, "%s %s", tag, name);
	known = k->local ? k->local(k->local_arg, name) : NULL;
	if (known)
		return known;
	known = hmap_get(&k->by_name, name);
	return known ? adopt(k, known, b, id)
		     : ktype_new_struct(k, name, b, id);
}

static const struct type *
convert_forward(struct ktypes *k, const struct kbtf *b,
		const struct btf_type *t)
{
	return ktype_struct(
		k, arena_printf(k->arena, "%s %s",
				BTF_INFO_KFLAG(t->info) ? "union" : "struct",
				kbtf_str(b, t->name_off)));
}

/* ---- all of them ---- */

static const struct type *
make(struct ktypes *k, const struct kbtf *b, uint32_t id,
     const struct btf_type *t, enum addrspace as, unsigned depth)
{
	if (!t || depth > NEST_MAX)
		return type_none(k->types);
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
		return convert_int(k, t);
	case BTF_KIND_PTR:
		return convert_pointer(k, b, t->type, as, depth + 1);
	case BTF_KIND_ARRAY:
		return convert_array(k, b, t, as, depth);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return convert_record(k, b, id, t);
	case BTF_KIND_FWD:
		return convert_forward(k, b, t);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return ktype_enum(k, b, t, t->size);
	default: /* functions, floating point, what is newer than we are */
		return type_none(k->types);
	}
}

/* What is kept by id has no address space: records and enums. */
static bool
is_kept(const struct type *t)
{
	return t->kind == TY_STRUCT || t->kind == TY_ENUM;
}

static const struct type *
convert(struct ktypes *k, const struct kbtf *b, uint32_t id, enum addrspace as,
	unsigned depth)
{
	const struct btf_type *raw = ktype_resolve(b, &id, NULL);
	const struct type **slot, *t;

	if (!raw)
		return type_none(k->types);
	slot = ktype_slot(k, b, id);
	if (*slot)
		return *slot;
	t = make(k, b, id, raw, as, depth);
	if (is_kept(t))
		*ktype_slot(k, b, id) = t;
	return t;
}

static const struct type *
convert_pointer(struct ktypes *k, const struct kbtf *b, uint32_t to,
		enum addrspace as, unsigned depth)
{
	struct ktags tags = { .as = as };

	ktype_resolve(b, &to, &tags);
	return type_pointer(k->types, convert(k, b, to, as, depth), tags.as);
}

const struct type *
ktype_convert(struct ktypes *k, const struct kbtf *b, uint32_t id,
	      enum addrspace as)
{
	return convert(k, b, id, as, 0);
}

const struct type *
ktype_of(struct ktypes *k, const struct kbtf *b, uint32_t id, enum addrspace as)
{
	return ktype_convert(k, b, id, as);
}
