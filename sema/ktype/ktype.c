/* SPDX-License-Identifier: MIT */
/*
 * Owns the table of kernel types: by name and by id, each made once. Names
 * are looked up in vmlinux, then in the modules.
 */
#include <string.h>

#include "internal.h"

struct ktypes *
ktypes_new(struct types *t, struct kernel *kernel, ktype_local_fn *local,
	   void *arg)
{
	struct ktypes *k = arena_alloc(t->arena, sizeof(*k));

	k->arena = t->arena;
	k->types = t;
	k->kernel = kernel;
	k->local = local;
	k->local_arg = arg;
	return k;
}

static const struct kimage *
image_of(struct ktypes *k, const struct kbtf *b)
{
	const struct kbtf *base = kbtf_base(b);
	struct kimage *im;

	for (uint32_t i = 0; i < k->images.n; i++)
		if (k->images.v[i].btf == b)
			return &k->images.v[i];
	im = vec_push(k->arena, &k->images);
	im->btf = b;
	im->first = base ? kbtf_end(base) : 0;
	/* Pages that are never touched cost nothing. */
	im->by_id = arena_alloc(k->arena, (kbtf_end(b) - im->first + 1) *
						  sizeof(*im->by_id));
	return im;
}

const struct type **
ktype_slot(struct ktypes *k, const struct kbtf *b, uint32_t id)
{
	const struct kbtf *base = kbtf_base(b);
	const struct kimage *im;

	if (base && id < kbtf_end(base))
		b = base;
	im = image_of(k, b);
	return &im->by_id[id - im->first];
}

static void
each_btf(struct ktypes *k, kernel_btf_fn *each, void *arg)
{
	if (k->kernel)
		kernel_each_btf(k->kernel, each, arg);
}

/* ---- by name ---- */

struct lookup {
	const char *name;
	const unsigned *kinds; /* 0-ended */
	const struct kbtf *btf;
	uint32_t id;
};

static bool
look_up_in(void *arg, const char *module, const struct kbtf *b)
{
	struct lookup *l = arg;

	(void)module;
	for (const unsigned *kind = l->kinds; *kind && !l->id; kind++)
		l->id = kbtf_find(b, l->name, *kind);
	l->btf = b;
	return !l->id;
}

/* Where "struct x" stands; a bare name may be any of them. */
static bool
look_up(struct ktypes *k, const char *name, struct lookup *out)
{
	static const struct {
		const char *tag;
		unsigned kinds[7];
	} tags[] = {
		{ "struct ", { BTF_KIND_STRUCT } },
		{ "union ", { BTF_KIND_UNION } },
		{ "enum ", { BTF_KIND_ENUM, BTF_KIND_ENUM64 } },
		{ "",
		  { BTF_KIND_TYPEDEF, BTF_KIND_INT, BTF_KIND_STRUCT,
		    BTF_KIND_UNION, BTF_KIND_ENUM, BTF_KIND_ENUM64 } },
	};
	size_t i = 0;

	while (strncmp(name, tags[i].tag, strlen(tags[i].tag)) != 0)
		i++;
	*out = (struct lookup){ .name = name + strlen(tags[i].tag),
				.kinds = tags[i].kinds };
	each_btf(k, look_up_in, out);
	return out->id != 0;
}

static bool
is_record(const char *name)
{
	return !strncmp(name, "struct ", 7) || !strncmp(name, "union ", 6);
}

const struct type *
ktype_struct(struct ktypes *k, const char *name)
{
	const struct type *t = k->local ? k->local(k->local_arg, name) : NULL;

	if (!t)
		t = hmap_get(&k->by_name, name);
	return t ? t : ktype_new_struct(k, name, NULL, 0);
}

/* A script's struct counts as known even without fields. */
static bool
is_known(struct ktypes *k, const struct type *t)
{
	return !hmap_get(&k->by_name, t->name) || ktype_complete(k, t);
}

static const struct type *
find_other(struct ktypes *k, const char *name)
{
	const struct type *t = hmap_get(&k->by_name, name);
	const struct btf_type *raw;
	struct lookup at;

	if (t || !look_up(k, name, &at))
		return t;
	raw = ktype_resolve(at.btf, &at.id, NULL);
	if (raw && (BTF_INFO_KIND(raw->info) == BTF_KIND_ENUM ||
		    BTF_INFO_KIND(raw->info) == BTF_KIND_ENUM64))
		t = ktype_enum(k, at.btf, raw, 8);
	else
		t = ktype_of(k, at.btf, at.id, AS_NONE);
	hmap_put(k->arena, &k->by_name, arena_strdup(k->arena, name),
		 (void *)(uintptr_t)t);
	return t;
}

const struct type *
ktype_enum_field(struct ktypes *k, const char *name)
{
	const struct type *t;
	struct lookup at;

	if (!look_up(k, name, &at))
		return NULL;
	t = ktype_of(k, at.btf, at.id, AS_NONE);
	return t->kind == TY_ENUM ? t : NULL;
}

const struct type *
ktype_find(struct ktypes *k, const char *name)
{
	const struct type *t;

	if (!is_record(name))
		return find_other(k, name);
	t = ktype_struct(k, name);
	return is_known(k, t) ? t : NULL;
}

/* ---- completing ---- */

/* A struct known by name alone: find it. */
static void
settle_name(struct ktypes *k, const char *name, struct kpending *p)
{
	struct lookup at;

	if (!p->btf && look_up(k, name, &at)) {
		p->btf = at.btf;
		p->id = at.id;
	}
}

/* What was not found stays pending, and is not looked up again. */
bool
ktype_complete(struct ktypes *k, const struct type *t)
{
	struct type *mine = (struct type *)(uintptr_t)t;
	struct kpending *p;

	if (t->kind != TY_STRUCT || !t->origin)
		return true;
	if (t->origin->fill)
		return t->origin->fill(t->origin, mine);
	p = (struct kpending *)t->origin;
	if (!p->btf && !p->id)
		settle_name(k, t->name, p);
	if (!p->btf) {
		p->id = 1;
		return false;
	}
	mine->origin = NULL;
	ktype_fill(k, mine, p->btf, p->id);
	return true;
}

static void
complete_value(struct ktypes *k, const struct type *t, unsigned depth)
{
	while (t->kind == TY_ARRAY)
		t = t->to;
	if (depth > NEST_MAX)
		return;
	if (t->kind == TY_STRUCT)
		ktype_complete(k, t);
	else if (t->kind != TY_TUPLE && t->kind != TY_RECORD)
		return;
	for (uint32_t i = 0; i < t->nfields; i++)
		complete_value(k, t->fields[i].type, depth + 1);
}

void
ktype_complete_value(struct ktypes *k, const struct type *t)
{
	complete_value(k, t, 0);
}

/* ---- constants ---- */

struct constant {
	const char *name;
	const struct kbtf *btf;
	uint32_t id;
};

static bool
constant_in(void *arg, const char *module, const struct kbtf *b)
{
	struct constant *c = arg;

	(void)module;
	c->btf = b;
	c->id = kbtf_find_constant(b, c->name);
	return !c->id;
}

const struct type *
ktype_constant(struct ktypes *k, const char *name, uint64_t *value)
{
	struct constant c = { .name = name };
	const struct type *t;
	const struct btf_type *raw;
	const char *tag, *text;

	each_btf(k, constant_in, &c);
	if (!c.id)
		return NULL;
	raw = kbtf_type(c.btf, c.id);
	tag = kbtf_str(c.btf, raw->name_off);
	text = arena_printf(k->arena, "enum %s", *tag ? tag : name);
	t = hmap_get(&k->by_name, text);
	if (!t) {
		t = ktype_enum(k, c.btf, raw, 8);
		hmap_put(k->arena, &k->by_name, text, (void *)(uintptr_t)t);
	}
	for (uint32_t i = 0; i < t->nvalues; i++) {
		if (!strcmp(t->values[i].name, name)) {
			*value = t->values[i].value;
			return t;
		}
	}
	return NULL;
}
