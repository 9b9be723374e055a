/* SPDX-License-Identifier: MIT */
/*
 * Owns -f folded: maps that are keyed by stacks as lines of frames, from the
 * outermost on, and a number: what tools that draw flame graphs read. First
 * come the parts of the key that are no stacks (a name, a process), then the
 * user's frames, then the kernel's. Lines that turn out alike are one.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static bool
is_stack(const struct type *t)
{
	return t->kind == TY_NOMINAL && t->nominal->fold;
}

static bool
is_number(const struct type *t)
{
	return type_is_int(t) || (t->kind == TY_NOMINAL && t->nominal->to_int);
}

bool
fold_is(const struct mapdef *def)
{
	const struct type *key = def->key;
	bool found = key && is_stack(key);

	if (!key || !def->value || !is_number(def->value))
		return false;
	for (uint32_t i = 0; key->kind == TY_TUPLE && i < key->nfields; i++)
		found |= is_stack(key->fields[i].type);
	return found;
}

/* A part that is no stack: one frame, whatever it is made of. */
static void
put_text(struct out *o, const struct type *t, const void *v)
{
	size_t from = o->buf.n;

	out_value(o, t, v);
	for (; from < o->buf.n; from++)
		if ((unsigned char)o->buf.s[from] < ' ')
			o->buf.s[from] = ' ';
	out_putc(o, FOLD_NEXT);
}

enum part { PART_TEXT, PART_USER, PART_KERNEL, PARTS };

static enum part
part_of(const struct type *t)
{
	if (!is_stack(t))
		return PART_TEXT;
	return t->nominal->of_process ? PART_USER : PART_KERNEL;
}

static void
put_part(struct out *o, const struct type *t, const void *v, enum part part)
{
	if (part_of(t) != part)
		return;
	if (part == PART_TEXT)
		put_text(o, t, v);
	else
		t->nominal->fold(o, t, v);
}

/* All frames of a key, each with FOLD_NEXT behind it. */
static void
put_frames(struct out *o, const struct type *t, const unsigned char *key)
{
	for (enum part part = PART_TEXT; part < PARTS; part++) {
		if (t->kind != TY_TUPLE)
			put_part(o, t, key, part);
		for (uint32_t i = 0; t->kind == TY_TUPLE && i < t->nfields; i++)
			put_part(o, t->fields[i].type,
				 key + t->fields[i].offset, part);
	}
}

static int
compare(const void *a, const void *b)
{
	const struct fold_line *x = a, *y = b;

	return strcmp(x->frames, y->frames);
}

/* Lines that are alike become the first of them. */
static void
unite(struct folded *f)
{
	uint32_t n = 0;

	if (f->n)
		qsort(f->v, f->n, sizeof(*f->v), compare);
	for (uint32_t i = 0; i < f->n; i++) {
		if (n && !strcmp(f->v[n - 1].frames, f->v[i].frames))
			f->v[n - 1].count += f->v[i].count;
		else
			f->v[n++] = f->v[i];
	}
	f->n = n;
}

void
fold_rows(struct session *s, const struct mapdef *def,
	  const struct map_rows *rows, uint32_t from, struct folded *f)
{
	struct out o = { .fd = -1, .session = s, .escape = s->opts->escape };
	size_t at = 0;

	*f = (struct folded){ .v = calloc(rows->n + 1, sizeof(*f->v)) };
	if (!f->v)
		return;
	for (uint32_t i = from; i < rows->n; i++) {
		struct fold_line *line = &f->v[f->n++];

		put_frames(&o, def->key, rows->v[i].key);
		out_putc(&o, '\0');
		line->count = out_int(def->value, rows->v[i].cell);
	}
	f->text = o.buf; /* it does not move any more */
	for (uint32_t i = 0; i < f->n; i++) {
		f->v[i].frames = f->text.s + at;
		at += strlen(f->v[i].frames) + 1;
	}
	unite(f);
}

/* A semicolon within a name would be two frames. */
void
fold_print(struct out *o, const struct folded *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		for (const char *c = f->v[i].frames; *c; c++)
			if (*c == FOLD_NEXT && c[1])
				out_putc(o, ';');
			else if (*c != FOLD_NEXT && *c != FOLD_KERNEL)
				out_putc(o, *c == ';' ? ':' : *c);
		out_printf(o, " %lld\n", (long long)f->v[i].count);
	}
	out_end(o);
}

void
fold_free(struct folded *f)
{
	sbuf_free(&f->text);
	free(f->v);
	*f = (struct folded){ 0 };
}
