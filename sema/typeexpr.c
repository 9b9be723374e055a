/* SPDX-License-Identifier: MIT */
/*
 * Types as written in a script -> struct type.
 */
#include <string.h>

#include "internal.h"

static const struct name_int {
	const char *name;
	unsigned bytes;
	bool is_signed;
} int_names[] = {
	{ "int8", 1, true },      { "int16", 2, true },
	{ "int32", 4, true },     { "int64", 8, true },
	{ "uint8", 1, false },    { "uint16", 2, false },
	{ "uint32", 4, false },   { "uint64", 8, false },
	{ "int8_t", 1, true },    { "int16_t", 2, true },
	{ "int32_t", 4, true },   { "int64_t", 8, true },
	{ "uint8_t", 1, false },  { "uint16_t", 2, false },
	{ "uint32_t", 4, false }, { "uint64_t", 8, false },
	{ "s8", 1, true },        { "s16", 2, true },
	{ "s32", 4, true },       { "s64", 8, true },
	{ "u8", 1, false },       { "u16", 2, false },
	{ "u32", 4, false },      { "u64", 8, false },
	{ "__s8", 1, true },      { "__s16", 2, true },
	{ "__s32", 4, true },     { "__s64", 8, true },
	{ "__u8", 1, false },     { "__u16", 2, false },
	{ "__u32", 4, false },    { "__u64", 8, false },
	{ "char", 1, false },     { "short", 2, true },
	{ "int", 4, true },       { "unsigned", 4, false },
	{ "long", 8, true },      { "size_t", 8, false },
	{ "ssize_t", 8, true },   { "pid_t", 4, true },
	{ "uid_t", 4, false },    { "gid_t", 4, false },
	{ "dev_t", 4, false },    { "uintptr_t", 8, false },
	{ "intptr_t", 8, true },  { "off_t", 8, true },
	{ "loff_t", 8, true },    { "sector_t", 8, false },
	{ "gfp_t", 4, false },    { "umode_t", 2, false },
	{ "mode_t", 4, false },
};

const struct type *
type_by_name(struct sema *s, const char *name)
{
	const struct nominal *nominal;
	size_t i;

	for (i = 0; i < ARRAY_LEN(int_names); i++)
		if (!strcmp(name, int_names[i].name))
			return type_int(s->t, int_names[i].bytes,
					int_names[i].is_signed);
	if (!strcmp(name, "bool"))
		return type_bool(s->t);
	if (!strcmp(name, "void"))
		return type_none(s->t);
	if (!strcmp(name, "string"))
		return type_string(s->t, 0);
	if (!strcmp(name, "buffer"))
		return type_buffer(s->t, 0);
	nominal = sema_nominal(s, name);
	if (!nominal || nominal->nameless)
		return NULL;
	return type_nominal(s->t, nominal, !strcmp(nominal->name, name), NULL);
}

static const char *
written_name(struct sema *s, const struct type_expr *e)
{
	static const char *const tags[] = { [TAG_NONE] = "",
					    [TAG_STRUCT] = "struct ",
					    [TAG_UNION] = "union ",
					    [TAG_ENUM] = "enum " };

	return arena_printf(s->a, "%s%s", tags[e->tag], e->name);
}

/* Enums are named in casts. */
static struct span
with_parentheses(struct span at)
{
	if (at.begin && at.begin < at.end) {
		at.begin--;
		at.end++;
	}
	return at;
}

static const struct type *
unknown_type(struct sema *s, const struct type_expr *e)
{
	if (e->tag == TAG_ENUM)
		sema_error_at(s, with_parentheses(e->span), "Unknown enum: %s",
			      e->name);
	else
		sema_error_at(s, e->span, "Cannot resolve unknown type \"%s\"",
			      written_name(s, e));
	return NULL;
}

/* The size of "string" where none is written: the value's, or the limit. */
static uint32_t
default_string(struct sema *s, const struct type *sizer)
{
	if (sizer && sizer->kind == TY_STRING)
		return sizer->size;
	return (uint32_t)s->in->config->max_strlen;
}

/* string[N], buffer[N], inet[N]: the first suffix is a size, no array. */
static const struct type *
sized_type(struct sema *s, const struct type_expr *e, uint32_t *used,
	   const struct type *sizer)
{
	bool sized = e->suffixes.n && !e->suffixes.v[0].pointer &&
		     e->suffixes.v[0].sized;
	uint64_t n = sized ? e->suffixes.v[0].count : 0;

	if (e->tag != TAG_NONE || n > 1 << 20)
		return NULL;
	*used = sized;
	if (!strcmp(e->name, "string"))
		return type_string(s->t, sized ? (uint32_t)n
					       : default_string(s, sizer));
	if (!strcmp(e->name, "buffer"))
		return type_buffer(s->t, (uint32_t)n);
	*used = 0;
	return NULL;
}

static const struct type *
base_type(struct sema *s, const struct type_expr *e, uint32_t *used,
	  const struct type *sizer)
{
	const struct type *t;

	if (e->of && e->of->kind == N_IDENT) { /* or a type's name */
		t = type_by_name(s, e->of->ident.name);
		if (!t && !find_word(s, e->of->ident.name))
			t = lookup_type(s, e->of->ident.name);
		if (t)
			return t;
	}
	if (e->of) {
		check_asked(s, e->of);
		return e->of->type ? type_settle(s->t, e->of->type) : NULL;
	}
	if (e->of_type)
		return resolve_type(s, e->of_type, NULL);
	t = sized_type(s, e, used, sizer);
	if (t)
		return t;
	if (e->tag == TAG_NONE)
		t = type_by_name(s, e->name);
	if (!t)
		t = lookup_type(s, written_name(s, e));
	return t ? t : unknown_type(s, e);
}

/* int8[]: as many elements as the value has. */
static uint32_t
unsized_count(const struct type *element, const struct type *sizer)
{
	if (!sizer || !element->size)
		return 0;
	return sizer->size / element->size;
}

const struct type *
resolve_type(struct sema *s, const struct type_expr *e,
	     const struct type *sizer)
{
	uint32_t i = 0;
	const struct type *t = base_type(s, e, &i, sizer);

	for (; t && !is_error(t) && i < e->suffixes.n; i++) {
		const struct type_suffix *suffix = &e->suffixes.v[i];

		if (suffix->pointer)
			t = type_pointer(s->t, t, AS_NONE);
		else
			t = type_array(s->t, t,
				       suffix->sized ? (uint32_t)suffix->count
						     : unsized_count(t, sizer));
	}
	return t;
}

static unsigned
tag_of(const char **text)
{
	static const struct {
		const char *word;
		unsigned tag;
	} tags[] = { { "struct ", TAG_STRUCT },
		     { "union ", TAG_UNION },
		     { "enum ", TAG_ENUM } };
	size_t i;

	for (i = 0; i < ARRAY_LEN(tags); i++) {
		size_t n = strlen(tags[i].word);

		if (strncmp(*text, tags[i].word, n) != 0)
			continue;
		*text += n;
		return tags[i].tag;
	}
	return TAG_NONE;
}

/* "struct x *", "uint64", "string[16]": the text of signatures. */
const struct type *
sema_type(struct sema *s, const char *text)
{
	struct type_expr e = { 0 };
	const char *end;
	bool muted = s->final;
	const struct type *t = hmap_get(&s->sig_types, text);
	const char *whole = text;

	if (t)
		return t;
	e.tag = tag_of(&text);
	end = text + strcspn(text, " *[");
	e.name = arena_strndup(s->a, text, (size_t)(end - text));
	for (; *end; end++) {
		struct type_suffix *suffix;

		if (*end != '*' && *end != '[')
			continue;
		suffix = vec_push(s->a, &e.suffixes);
		suffix->pointer = *end == '*';
		while (!suffix->pointer && end[1] && *++end != ']') {
			suffix->sized = true;
			suffix->count =
				suffix->count * 10 + (uint64_t)(*end - '0');
		}
	}
	s->final = false;
	t = resolve_type(s, &e, NULL);
	s->final = muted;
	if (t)
		hmap_put(s->a, &s->sig_types, whole, (void *)(uintptr_t)t);
	return t;
}
