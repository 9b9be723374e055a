/* SPDX-License-Identifier: MIT */
/*
 * A macro's body with its arguments put in: # and ## work on arguments as
 * written, everything else on expanded ones (C11 6.10.3.1 to 6.10.3.3).
 */
#include <string.h>

#include "internal.h"

static void
put(struct cpp *pp, struct tokbuf *out, const struct ctoken *t)
{
	*vec_push(pp->arena, &out->t) = *t;
}

/* ---- text of tokens ---- */

static void
add_text(struct sbuf *b, const struct ctoken *t)
{
	if (t->kind == CT_NAME)
		sbuf_add(b, t->name->text, t->name->len);
	else
		sbuf_add(b, t->text, t->len);
}

const char *
pp_text(struct cpp *pp, const struct ctoken *v, uint32_t n)
{
	struct sbuf b = { 0 };
	const char *text;
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (i && v[i].flags & (TOK_SPACE | TOK_LINE))
			sbuf_putc(&b, ' ');
		add_text(&b, &v[i]);
	}
	text = arena_strndup(pp->arena, b.n ? b.s : "", b.n);
	sbuf_free(&b);
	return text;
}

/* # parameter: the argument as a string. */
static void
stringify(struct cpp *pp, struct cargs *args, const struct ctoken *at,
	  struct tokbuf *out)
{
	const struct carg *a = &args->v[at->punct];
	struct ctoken t = *at;
	struct sbuf b = { 0 };
	uint32_t i;

	sbuf_putc(&b, '"');
	for (i = a->begin; i < a->end && b.n < TEXT_MAX; i++) {
		const struct ctoken *x = &args->raw->t.v[i];
		bool quoted = x->kind == CT_STRING || x->kind == CT_CHAR;
		uint32_t k;

		if (i > a->begin && x->flags & TOK_SPACE)
			sbuf_putc(&b, ' ');
		if (!quoted)
			add_text(&b, x);
		for (k = 0; quoted && k < x->len; k++) {
			if (x->text[k] == '"' || x->text[k] == '\\')
				sbuf_putc(&b, '\\');
			sbuf_putc(&b, x->text[k]);
		}
	}
	sbuf_putc(&b, '"');
	t.kind = CT_STRING;
	t.text = arena_strndup(pp->arena, b.s, b.n);
	t.len = (uint32_t)b.n;
	sbuf_free(&b);
	put(pp, out, &t);
}

/* ---- ## ---- */

/* Join the last token of `out` with `t`. */
static void
paste(struct cpp *pp, struct tokbuf *out, const struct ctoken *t)
{
	struct ctoken *last = &out->t.v[out->t.n - 1], joined;
	struct sbuf b = { 0 };
	const char *text;

	if (t->kind == CT_EMPTY)
		return;
	if (last->kind == CT_EMPTY) {
		uint8_t flags = last->flags;

		*last = *t;
		last->flags = flags;
		return;
	}
	if (last->len + t->len > TEXT_MAX) {
		pp_stop(pp, "pasted token too long");
		return;
	}
	add_text(&b, last);
	add_text(&b, t);
	text = arena_strndup(pp->arena, b.s, b.n);
	if (pp_scan_single(pp, text, b.n, &joined)) {
		joined.flags = last->flags & (uint8_t)~TOK_PAINTED;
		*last = joined;
	} else {
		put(pp, out, t);
	}
	sbuf_free(&b);
}

/* An argument as written, for ##; the first token may be joined. */
static void
put_raw(struct cpp *pp, struct cargs *args, const struct ctoken *at,
	struct tokbuf *out, bool join)
{
	const struct carg *a = &args->v[at->punct];
	struct ctoken empty = { .kind = CT_EMPTY,
				.flags = at->flags,
				.text = "" };
	uint32_t i;

	if (a->begin == a->end) {
		if (!join)
			put(pp, out, &empty);
		return;
	}
	for (i = a->begin; i < a->end; i++) {
		struct ctoken t = args->raw->t.v[i];

		if (i == a->begin) {
			t.flags = (t.flags & TOK_PAINTED) |
				  (at->flags & TOK_SPACE);
			if (join) {
				paste(pp, out, &t);
				continue;
			}
		}
		put(pp, out, &t);
	}
}

static void
put_expanded(struct cpp *pp, struct cargs *args, const struct ctoken *at,
	     struct tokbuf *out)
{
	struct carg *a = &args->v[at->punct];
	uint32_t i;

	if (a->begin == a->end)
		return;
	if (!a->expanded)
		a->expanded = pp_expand_argument(pp, args->raw->t.v + a->begin,
						 a->end - a->begin);
	for (i = 0; i < a->expanded->t.n; i++) {
		struct ctoken t = a->expanded->t.v[i];

		if (!i)
			t.flags = (t.flags & TOK_PAINTED) |
				  (at->flags & TOK_SPACE);
		put(pp, out, &t);
	}
}

/* , ## __VA_ARGS__ with nothing for it: the comma goes (a GNU extension);
 * with something: no pasting takes place. */
static bool
comma_varargs(struct cpp *pp, const struct cmacro *m, struct cargs *args,
	      const struct ctoken *t, struct tokbuf *out)
{
	const struct carg *a;

	if (!m->variadic || t->kind != CT_PARAM || t->punct + 1u != m->nparams)
		return false;
	if (!is_punct(&out->t.v[out->t.n - 1], ','))
		return false;
	a = &args->v[t->punct];
	if (a->begin == a->end)
		out->t.n--;
	else
		put_expanded(pp, args, t, out);
	return true;
}

static void
drop_empty(struct tokbuf *out, bool used)
{
	uint32_t i, n = 0;

	if (!used)
		return;
	for (i = 0; i < out->t.n; i++)
		if (out->t.v[i].kind != CT_EMPTY)
			out->t.v[n++] = out->t.v[i];
	out->t.n = n;
}

void
pp_substitute(struct cpp *pp, const struct cmacro *m, struct cargs *args,
	      struct tokbuf *out)
{
	bool join = false, pasted = false;
	uint32_t i;

	for (i = 0; i < m->nbody && !pp->stopped; i++) {
		const struct ctoken *t = &m->body[i];
		bool next = i + 1 < m->nbody && t[1].kind == CT_PASTE;

		if (t->kind == CT_PASTE && out->t.n && i + 1 < m->nbody) {
			join = pasted = true;
			continue;
		}
		if (join && comma_varargs(pp, m, args, t, out))
			; /* done */
		else if (t->kind == CT_PARAM && (join || next))
			put_raw(pp, args, t, out, join);
		else if (t->kind == CT_PARAM)
			put_expanded(pp, args, t, out);
		else if (t->kind == CT_STRINGIFY)
			stringify(pp, args, t, out);
		else if (join)
			paste(pp, out, t);
		else
			put(pp, out, t);
		join = false;
		pasted |= next;
	}
	drop_empty(out, pasted);
}
