/* SPDX-License-Identifier: MIT */
/*
 * The interning table and the simple types. A type is found again by a key:
 * its printed name where that is unique, else the name with what the name
 * does not tell (address space, flexibility, addresses of parts).
 */
#include <stdio.h>
#include <string.h>

#include "../sema.h"
#include "internal.h"

void
types_init(struct types *t, struct arena *a)
{
	memset(t, 0, sizeof(*t));
	t->arena = a;
}

const struct type *
types_find(const struct types *t, const char *key)
{
	return hmap_get(&t->by_text, key);
}

struct type *
types_add(struct types *t, const char *key, enum type_kind kind,
	  const char *name, uint32_t size, uint32_t align)
{
	struct type *n = arena_alloc(t->arena, sizeof(*n));

	n->kind = kind;
	n->name = arena_strdup(t->arena, name);
	n->size = size;
	n->align = align;
	hmap_put(t->arena, &t->by_text, arena_strdup(t->arena, key), n);
	return n;
}

char *
types_key(char *p, uint64_t n)
{
	do
		*p++ = "0123456789abcdef"[n & 15];
	while (n >>= 4);
	*p++ = ',';
	*p = '\0';
	return p;
}

enum { BASIC_ERROR, BASIC_NONE, BASIC_BOOL };

static const struct type *
simple(struct types *t, unsigned i, const char *key, enum type_kind kind,
       const char *name, uint32_t size)
{
	if (!t->basic[i])
		t->basic[i] =
			types_add(t, key, kind, name, size, size ? size : 1);
	return t->basic[i];
}

const struct type *
type_error(struct types *t)
{
	return simple(t, BASIC_ERROR, "?error", TY_ERROR, "none", 0);
}

const struct type *
type_none(struct types *t)
{
	return simple(t, BASIC_NONE, "void", TY_NONE, "void", 0);
}

const struct type *
type_bool(struct types *t)
{
	return simple(t, BASIC_BOOL, "bool", TY_BOOL, "bool", 1);
}

static const struct type *
make_int(struct types *t, unsigned bytes, bool is_signed, bool flexible)
{
	static const char names[2][9][8] = {
		{ [1] = "uint8",
		  [2] = "uint16",
		  [4] = "uint32",
		  [8] = "uint64" },
		{ [1] = "int8", [2] = "int16", [4] = "int32", [8] = "int64" },
	};
	const char *name = names[is_signed][bytes];
	unsigned i = (bytes >= 2) + (bytes >= 4) + (bytes >= 8);
	char key[16] = "~";
	struct type *n;

	assert(bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8);
	i |= (unsigned)is_signed << 2 | (unsigned)flexible << 3;
	if (t->ints[i])
		return t->ints[i];
	strcat(key, name);
	n = types_add(t, key + !flexible, TY_INT, name, bytes, bytes);
	n->is_signed = is_signed;
	n->flexible = flexible;
	if (flexible)
		n->plain = make_int(t, bytes, is_signed, false);
	return t->ints[i] = n;
}

const struct type *
type_time(struct types *t, int clock)
{
	char key[24];
	const struct type *found;
	struct type *n;

	snprintf(key, sizeof(key), "time%d", clock);
	found = types_find(t, key);
	if (found)
		return found;
	n = types_add(t, key, TY_INT, "uint64", 8, 8);
	n->par[0] = clock;
	return n;
}

const struct type *
type_int(struct types *t, unsigned bytes, bool is_signed)
{
	return make_int(t, bytes, is_signed, false);
}

const struct type *
type_literal(struct types *t, uint64_t value, bool negative)
{
	int64_t v = (int64_t)value;
	unsigned bytes = 8;

	if (!negative && value > INT64_MAX)
		return make_int(t, 8, false, false);
	if (v >= INT8_MIN && v <= INT8_MAX)
		bytes = 1;
	else if (v >= INT16_MIN && v <= INT16_MAX)
		bytes = 2;
	else if (v >= INT32_MIN && v <= INT32_MAX)
		bytes = 4;
	return make_int(t, bytes, true, !negative);
}

const struct type *
type_string(struct types *t, uint32_t size)
{
	const struct type **last = &t->strings[size % ARRAY_LEN(t->strings)];
	char name[32];

	if (*last && (*last)->size == size)
		return *last;
	snprintf(name, sizeof(name), size ? "string[%u]" : "string", size);
	*last = types_find(t, name);
	if (!*last)
		*last = types_add(t, name, TY_STRING, name, size, 1);
	return *last;
}

const struct type *
type_buffer(struct types *t, uint32_t data_bytes)
{
	char name[32];
	const struct type *found;

	snprintf(name, sizeof(name), "buffer[%u]", data_bytes + 4);
	found = types_find(t, name);
	if (found)
		return found;
	return types_add(t, name, TY_BUFFER, name, data_bytes + 4, 4);
}

const struct type *
type_pointer(struct types *t, const struct type *to, enum addrspace as)
{
	const struct type *found;
	const char *name;
	struct type *p;
	char key[40] = "*";

	types_key(types_key(key + 1, (uintptr_t)to), as);
	found = types_find(t, key);
	if (found)
		return found;
	name = arena_printf(t->arena, "%s *", type_name(to)); /* int8 * * */
	p = types_add(t, key, TY_POINTER, name, 8, 8);
	p->to = to;
	p->as = as;
	return p;
}

const struct type *
type_array(struct types *t, const struct type *of, uint32_t count)
{
	const char *inner = type_name(of);
	const char *cut = strchr(inner, '['), *name;
	const struct type *found;
	struct type *p;
	char key[40] = "[";

	types_key(types_key(key + 1, (uintptr_t)of), count);
	found = types_find(t, key);
	if (found)
		return found;
	/* The outer dimension is written first: int8[outer][inner]. */
	if (of->kind != TY_ARRAY || !cut)
		cut = inner + strlen(inner);
	name = arena_printf(t->arena, "%.*s[%u]%s", (int)(cut - inner), inner,
			    count, cut);
	p = types_add(t, key, TY_ARRAY, name, of->size * count, of->align);
	p->to = of;
	p->count = count;
	return p;
}

const struct type *
type_nominal(struct types *t, const struct nominal *n, bool is_signed,
	     const int64_t par[TYPE_PARAMS])
{
	static const int64_t none[TYPE_PARAMS];
	const char *name = n->name;
	const struct type *found;
	char key[128] = "n", *end;
	struct type *p;
	unsigned i;

	if (!par)
		par = none;
	end = types_key(types_key(key + 1, (uintptr_t)n), is_signed);
	for (i = 0; i < TYPE_PARAMS; i++)
		end = types_key(end, (uint64_t)par[i]);
	found = types_find(t, key);
	if (found)
		return found;
	if (!is_signed && n->unsigned_name)
		name = n->unsigned_name;
	else if (n->shown)
		name = n->shown(t->arena, par);
	p = types_add(t, key, TY_NOMINAL, name, n->size,
		      n->align ? n->align : 8);
	p->is_signed = is_signed;
	p->nominal = n;
	memcpy(p->par, par, sizeof(p->par));
	if (n->size_of)
		p->size = n->size_of(p);
	return p;
}

const struct type *
type_enum(struct types *t, const char *name, uint32_t size, bool is_signed,
	  const struct enum_value *values, uint32_t nvalues)
{
	struct type *p = arena_alloc(t->arena, sizeof(*p));

	p->kind = TY_ENUM;
	p->name = arena_strdup(t->arena, name);
	p->size = size;
	p->align = size;
	p->is_signed = is_signed;
	p->values = values;
	p->nvalues = nvalues;
	return p;
}

const char *
type_enum_value(const struct type *t, uint64_t value)
{
	uint32_t i;

	/* Of several names the last, as upstream. */
	for (i = t->nvalues; i-- > 0;)
		if (t->values[i].value == value)
			return t->values[i].name;
	return NULL;
}

const struct type *
type_plain(const struct type *t)
{
	return t->flexible ? t->plain : t;
}

const struct type *
type_settle(struct types *t, const struct type *a)
{
	if (a->flexible)
		return a->plain;
	if (a->kind == TY_STRING && !a->size)
		return type_string(t, 1);
	return a;
}

const char *
type_name(const struct type *t)
{
	return t && t->name ? t->name : "none";
}

bool
type_is_int(const struct type *t)
{
	return t->kind == TY_INT || t->kind == TY_BOOL || t->kind == TY_ENUM;
}

bool
type_is_scalar(const struct type *t)
{
	if (t->kind == TY_NOMINAL)
		return t->nominal->scalar;
	return type_is_int(t) || t->kind == TY_POINTER;
}
