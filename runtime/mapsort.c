/* SPDX-License-Identifier: MIT */
/*
 * Owns the order in which a map's elements are printed (REFERENCE 5.3): by
 * value where the type has a rank, else by key; equal ones by key, so that
 * the same data always prints the same.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int
compare_signed(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_unsigned(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Keys that are integers compare as signed ones of their size. */
static int
compare_int_keys(const struct type *t, const void *a, const void *b)
{
	struct type as_signed = *t;

	as_signed.is_signed = true;
	return compare_signed(out_int(&as_signed, a), out_int(&as_signed, b));
}

int
maps_compare_keys(const struct type *t, const void *a, const void *b)
{
	const unsigned char *x = a, *y = b;
	int r = 0;

	switch (t->kind) {
	case TY_INT:
	case TY_ENUM:
		return compare_int_keys(t, a, b);
	case TY_STRING:
		return strncmp(a, b, t->size);
	case TY_BOOL:
	case TY_POINTER:
		return compare_unsigned((uint64_t)out_int(t, a),
					(uint64_t)out_int(t, b));
	case TY_TUPLE:
	case TY_RECORD:
		for (uint32_t i = 0; !r && i < t->nfields; i++)
			r = maps_compare_keys(t->fields[i].type,
					      x + t->fields[i].offset,
					      y + t->fields[i].offset);
		return r;
	case TY_ARRAY:
		for (uint32_t i = 0; !r && i < t->count; i++)
			r = maps_compare_keys(t->to, x + i * t->to->size,
					      y + i * t->to->size);
		return r;
	case TY_ERROR:
	case TY_NONE:
	case TY_BUFFER:
	case TY_STRUCT:
	case TY_NOMINAL:
		break;
	}
	return memcmp(a, b, t->size);
}

/* By value; 0 where the type has no rank. */
static int
compare_values(const struct type *t, const void *a, const void *b)
{
	const struct nominal *n = t->nominal;

	switch (t->kind) {
	case TY_INT:
	case TY_ENUM:
		if (t->is_signed)
			return compare_signed(out_int(t, a), out_int(t, b));
		return compare_unsigned((uint64_t)out_int(t, a),
					(uint64_t)out_int(t, b));
	case TY_NOMINAL:
		if (!n->rank)
			return 0;
		if (!n->rank_unsigned && (t->is_signed || !n->unsigned_name))
			return compare_signed(n->rank(t, a), n->rank(t, b));
		return compare_unsigned((uint64_t)n->rank(t, a),
					(uint64_t)n->rank(t, b));
	case TY_ERROR:
	case TY_NONE:
	case TY_BOOL:
	case TY_STRING:
	case TY_BUFFER:
	case TY_POINTER:
	case TY_ARRAY:
	case TY_STRUCT:
	case TY_TUPLE:
	case TY_RECORD:
		break;
	}
	return 0;
}

static int
compare_rows(const void *a, const void *b, void *arg)
{
	const struct map_row *x = a, *y = b;
	const struct mapdef *def = arg;
	int r = compare_values(def->value, x->cell, y->cell);

	if (r || !def->key)
		return r;
	return maps_compare_keys(def->key, x->key, y->key);
}

void
maps_sort(const struct mapdef *def, struct map_rows *rows)
{
	if (rows->n > 1)
		qsort_r(rows->v, rows->n, sizeof(*rows->v), compare_rows,
			(void *)(uintptr_t)def);
}
