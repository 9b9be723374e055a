/* SPDX-License-Identifier: MIT */
/*
 * Owns the names of a C text: each is stored once and found again by an
 * open-addressed table (FNV-1a, linear probing), so that a name is compared
 * by its address, and what it stands for hangs on it.
 */
#include <string.h>

#include "internal.h"

enum { NAMES_FIRST = 8192 };

static uint32_t
hash(const char *s, size_t n)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h ^ h >> 15;
}

static struct cslot *
slot_of(const struct cnames *t, const char *s, size_t n, uint32_t h)
{
	uint32_t i = h & (t->nslots - 1);

	for (; t->slots[i].name; i = (i + 1) & (t->nslots - 1)) {
		const struct cslot *slot = &t->slots[i];

		if (slot->hash == h && slot->name->len == n &&
		    !memcmp(slot->name->text, s, n))
			break;
	}
	return &t->slots[i];
}

static void
grow(struct cnames *t)
{
	struct cslot *old = t->slots;
	uint32_t i, at, n = t->nslots;

	t->nslots = n ? n * 2 : NAMES_FIRST;
	t->slots = arena_alloc(t->arena, t->nslots * sizeof(*t->slots));
	for (i = 0; i < n; i++) {
		if (!old[i].name)
			continue;
		at = old[i].hash & (t->nslots - 1);
		while (t->slots[at].name)
			at = (at + 1) & (t->nslots - 1);
		t->slots[at] = old[i];
	}
}

struct cname *
cname_find(const struct cnames *t, const char *s, size_t n)
{
	return slot_of(t, s, n, hash(s, n))->name;
}

struct cname *
cname_intern(struct cnames *t, const char *s, size_t n)
{
	uint32_t h = hash(s, n);
	struct cslot *slot = slot_of(t, s, n, h);
	struct cname *name = slot->name;

	if (name)
		return name;
	if (t->n * 2 >= t->nslots) {
		grow(t);
		slot = slot_of(t, s, n, h);
	}
	name = arena_alloc(t->arena, sizeof(*name) + n + 1);
	name->len = (uint32_t)n;
	memcpy(name->text, s, n);
	slot->hash = h;
	slot->name = name;
	t->n++;
	return name;
}

struct spelling {
	const char *text;
	enum keyword kw;
};

void
cnames_init(struct cnames *t, struct arena *a)
{
	static const struct spelling spellings[] = {
#define KEYWORD(id, text) { text, KW_##id },
#include "keywords.def"
#undef KEYWORD
		{ "__inline", KW_INLINE },
		{ "__inline__", KW_INLINE },
		{ "__thread", KW_THREAD },
		{ "__const", KW_CONST },
		{ "__const__", KW_CONST },
		{ "__volatile", KW_VOLATILE },
		{ "__volatile__", KW_VOLATILE },
		{ "__restrict", KW_RESTRICT },
		{ "__restrict__", KW_RESTRICT },
		{ "__seg_gs", KW_CONST },
		{ "__seg_fs", KW_CONST },
		{ "__attribute", KW_ATTRIBUTE },
		{ "__alignof", KW_ALIGNOF },
		{ "__alignof__", KW_ALIGNOF },
		{ "__typeof", KW_TYPEOF },
		{ "__typeof__", KW_TYPEOF },
		{ "typeof_unqual", KW_TYPEOF },
		{ "__typeof_unqual__", KW_TYPEOF },
		{ "__asm", KW_ASM },
		{ "__asm__", KW_ASM },
		{ "__signed", KW_SIGNED },
		{ "__signed__", KW_SIGNED },
		{ "_Float32", KW_FLOAT },
		{ "_Float64", KW_DOUBLE },
		{ "_Float32x", KW_DOUBLE },
		{ "_Float64x", KW_FLOAT128 },
		{ "__float128", KW_FLOAT128 },
		{ "__complex__", KW_COMPLEX },
		{ "_Imaginary", KW_COMPLEX },
	};
	size_t i;

	t->arena = a;
	grow(t);
	for (i = 0; i < ARRAY_LEN(spellings); i++)
		cname_intern(t, spellings[i].text, strlen(spellings[i].text))
			->kw = spellings[i].kw;
}
