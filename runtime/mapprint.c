/* SPDX-License-Identifier: MIT */
/*
 * Owns the layout of printed maps: as text (REFERENCE 7.3) and as JSON (7.9),
 * whole ones at exit and by print(@m, top, div).
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static bool
is_multiline(const struct type *t)
{
	return t->kind == TY_NOMINAL && t->nominal->multiline;
}

/* ---- text ---- */

/* The key in brackets; tuples without their own parentheses. */
static void
put_key(struct out *o, const struct type *t, const void *key)
{
	size_t start, len;

	out_putc(o, '[');
	start = o->buf.n;
	out_value(o, t, key);
	len = o->buf.n - start;
	if (len >= 2 && o->buf.s[start] == '(' &&
	    o->buf.s[o->buf.n - 1] == ')') {
		memmove(o->buf.s + start, o->buf.s + start + 1, len - 2);
		o->buf.n -= 2;
	}
	out_putc(o, ']');
}

static void
put_row(struct out *o, const struct mapdef *def, const struct map_row *r)
{
	out_putc(o, '@');
	out_puts(o, def->name);
	if (def->key)
		put_key(o, def->key, r->key);
	out_puts(o, is_multiline(def->value) ? ":\n" : ": ");
	out_value(o, def->value, r->cell);
	out_putc(o, '\n');
}

/* ---- JSON ---- */

/* A key is its default text without tuple parentheses and blanks. */
static void
json_key(struct out *o, const struct type *t, const void *key)
{
	struct out tmp = { .fd = -1, .session = o->session };
	size_t n = 0;

	put_key(&tmp, t, key);
	for (size_t i = 1; i + 1 < tmp.buf.n; i++)
		if (tmp.buf.s[i] != ' ')
			tmp.buf.s[n++] = tmp.buf.s[i];
	out_json_string(o, tmp.buf.s, n);
	sbuf_free(&tmp.buf);
}

static void
json_rows(struct out *o, const struct mapdef *def, const struct map_rows *rows,
	  uint32_t from)
{
	const struct type *t = def->value;
	const char *kind = "map";

	if (t->kind == TY_NOMINAL && t->nominal->json_kind)
		kind = t->nominal->json_kind;
	out_printf(o, "{\"type\": \"%s\", \"data\": {\"@%s\": ", kind,
		   def->name);
	if (def->key || !rows->n)
		out_putc(o, '{');
	for (uint32_t i = from; i < rows->n; i++) {
		if (i > from)
			out_puts(o, ", ");
		if (def->key) {
			json_key(o, def->key, rows->v[i].key);
			out_puts(o, ": ");
		}
		out_json_value(o, t, rows->v[i].cell);
	}
	out_puts(o, def->key || !rows->n ? "}}}\n" : "}}\n");
}

/* ---- both ---- */

static void
divide_int(const struct type *t, void *cell, uint64_t div)
{
	int64_t v = out_int(t, cell);

	if (!t->is_signed)
		v = (int64_t)((uint64_t)v / div);
	else if (div == UINT64_MAX) /* -1, and the smallest number */
		v = (int64_t)(0 - (uint64_t)v);
	else
		v /= (int64_t)div;
	memcpy(cell, &v, t->size);
}

/* div of print(@m, top, div): in place, each integer that is in the value.
 * What cannot be divided in place looks at out.div when it prints. */
static void
divide(const struct type *t, unsigned char *cell, uint64_t div)
{
	switch (t->kind) {
	case TY_INT:
		divide_int(t, cell, div);
		break;
	case TY_NOMINAL:
		if (t->nominal->divide)
			t->nominal->divide(t, cell, div);
		break;
	case TY_TUPLE:
	case TY_RECORD:
		for (uint32_t i = 0; i < t->nfields; i++)
			divide(t->fields[i].type, cell + t->fields[i].offset,
			       div);
		break;
	case TY_ARRAY:
		for (uint32_t i = 0; i < t->count; i++)
			divide(t->to, cell + i * t->to->size, div);
		break;
	case TY_ERROR:
	case TY_NONE:
	case TY_BOOL:
	case TY_STRING:
	case TY_BUFFER:
	case TY_POINTER:
	case TY_STRUCT:
	case TY_ENUM:
		break;
	}
}

/* -f folded and --flamegraph; whether that is all there is to print. */
static bool
put_folded(struct out *o, const struct mapdef *def, const struct map_rows *rows,
	   uint32_t from)
{
	struct session *s = o->session;
	struct folded f;

	if (!s || !fold_is(def))
		return false;
	if (s->opts->flamegraph)
		flame_keep(s, def, rows, from);
	if (!o->folded)
		return false;
	fold_rows(s, def, rows, from, &f);
	fold_print(o, &f);
	fold_free(&f);
	return true;
}

static bool
is_shown_empty(const struct type *t)
{
	return t->kind == TY_NOMINAL && t->nominal->json_empty;
}

void
maps_print_rows(struct out *o, const struct mapdef *def, struct map_rows *rows,
		int64_t top, uint64_t div)
{
	uint32_t from = 0;

	maps_sort(def, rows);
	if (top > 0 && (uint64_t)top < rows->n)
		from = rows->n - (uint32_t)top;
	for (uint32_t i = from; div > 1 && i < rows->n; i++)
		divide(def->value, rows->v[i].cell, div);
	if (put_folded(o, def, rows, from))
		return;
	o->div = div;
	if (o->json && (rows->n || is_shown_empty(def->value)))
		json_rows(o, def, rows, from);
	for (uint32_t i = from; !o->json && i < rows->n; i++)
		put_row(o, def, &rows->v[i]);
	o->div = 0;
	out_end(o);
}

/* An empty scalar prints the zero of its type. */
static void
print_empty(struct out *o, const struct map_spec *m)
{
	unsigned char *zeros;
	struct map_row row = { 0 };
	struct map_rows rows = { .v = &row, .n = 1, .cap = 1 };

	if (is_multiline(m->def->value))
		return;
	zeros = calloc(1, m->value_size);
	if (!zeros)
		return;
	row.cell = zeros;
	maps_print_rows(o, m->def, &rows, 0, 0);
	free(zeros);
}

void
maps_print(struct session *s, const struct map_spec *m, int64_t top,
	   uint64_t div)
{
	struct map_rows rows = { 0 };

	if (!m || !m->def->value)
		return;
	maps_read(s, m, &rows);
	if (rows.n || m->def->key)
		maps_print_rows(s->out, m->def, &rows, top, div);
	else
		print_empty(s->out, m);
	maps_free_rows(&rows);
}

void
maps_print_value(struct session *s, struct out *o, const struct map_spec *m)
{
	struct map_rows rows = { 0 };

	if (!m || !m->def->value)
		return;
	maps_read(s, m, &rows);
	if (rows.n)
		out_value(o, m->def->value, rows.v[0].cell);
	maps_free_rows(&rows);
}

static int
compare_names(const void *a, const void *b)
{
	const struct map_spec *const *x = a, *const *y = b;

	return strcmp((*x)->def->name, (*y)->def->name);
}

void
maps_print_all(struct session *s)
{
	uint32_t n = 0, nmaps = s->prog->maps.n;
	const struct map_spec **maps = calloc(nmaps + 1, sizeof(*maps));

	for (uint32_t i = 0; maps && i < nmaps; i++) {
		const struct map_spec *m = &s->prog->maps.v[i];

		if (m->use == MAP_USER && m->def->value)
			maps[n++] = m;
	}
	if (n)
		qsort(maps, n, sizeof(*maps), compare_names);
	for (uint32_t i = 0; i < n; i++) {
		struct map_rows rows = { 0 };

		maps_read(s, maps[i], &rows);
		maps_print_rows(s->out, maps[i]->def, &rows, 0, 0);
		maps_free_rows(&rows);
	}
	free(maps);
}
