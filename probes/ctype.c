/* SPDX-License-Identifier: MIT */
/*
 * Owns the way from a C type's text, as format files and BTF spell it, to a
 * type of the language.
 */
#include <string.h>

#include "internal.h"

struct c_int {
	const char *name; /* without "unsigned" and "signed" */
	unsigned bytes;
	bool is_signed;
};

/* The kernel is compiled with unsigned chars since 6.2. */
/* clang-format off */
static const struct c_int ints[] = {
	{ "char", 1, false },  { "short", 2, true },
	{ "short int", 2, true },  { "int", 4, true },
	{ "long", 8, true },	   { "long int", 8, true },
	{ "long long", 8, true },  { "long long int", 8, true },
	{ "s8", 1, true },	   { "u8", 1, false },
	{ "s16", 2, true },	   { "u16", 2, false },
	{ "s32", 4, true },	   { "u32", 4, false },
	{ "s64", 8, true },	   { "u64", 8, false },
	{ "__s8", 1, true },	   { "__u8", 1, false },
	{ "__s16", 2, true },	   { "__u16", 2, false },
	{ "__s32", 4, true },	   { "__u32", 4, false },
	{ "__s64", 8, true },	   { "__u64", 8, false },
	{ "size_t", 8, false },	   { "ssize_t", 8, true },
	{ "loff_t", 8, true },	   { "pid_t", 4, true },
	{ "uid_t", 4, false },	   { "gid_t", 4, false },
	{ "", 4, true }, /* "unsigned" alone */
};
/* clang-format on */

const char *
probe_after(const char *text, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(text, word, n) != 0 || (text[n] && text[n] != ' '))
		return NULL;
	return text + n + strspn(text + n, " ");
}

static const char *
skip(const char *text, const char *word)
{
	const char *rest = probe_after(text, word);

	return rest ? rest : text;
}

const char *
probe_unqualified(const char *text)
{
	const char *rest;

	while ((rest = probe_after(text, "const")) ||
	       (rest = probe_after(text, "volatile")))
		text = rest;
	return text;
}

static const struct c_int *
find_int(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(ints); i++)
		if (!strcmp(ints[i].name, name))
			return &ints[i];
	return NULL;
}

/* A type that is no pointer; void where nothing is known of it. */
static const struct type *
named_type(struct sema *s, const char *text)
{
	const char *tag = probe_after(text, "struct");
	const char *plain = probe_after(text, "unsigned");
	const struct type *t;
	const struct c_int *i;

	if (tag && *tag != '(')
		return sema_struct(s, tag);
	i = find_int(plain ? plain : skip(text, "signed"));
	if (i && *text)
		return type_int(sema_types(s), i->bytes,
				i->is_signed && !plain);
	t = sema_type(s, text);
	return t && t->kind != TY_ERROR ? t : type_none(sema_types(s));
}

const struct type *
probe_ctype(struct sema *s, const char *text, enum addrspace as)
{
	const char *base = probe_unqualified(text), *star = strchr(base, '*');
	const struct type *t;
	size_t n = star ? (size_t)(star - base) : strlen(base);

	while (n && base[n - 1] == ' ')
		n--;
	if (n > 6 && !strncmp(base + n - 6, " const", 6))
		n -= 6;
	t = named_type(s, arena_strndup(sema_arena(s), base, n));
	for (; star && *star; star++)
		if (*star == '*')
			t = type_pointer(sema_types(s), t, as);
	return t;
}
