/* SPDX-License-Identifier: MIT */
/*
 * Owns messages to the user: collected during a compilation, printed at its
 * end in the form of REFERENCE 8.1. A message that is dropped (muted, said
 * before, one too many) takes its notes and its hint along.
 */
#include <stdio.h>
#include <string.h>

#include "base.h"

enum {
	MAX_ERRORS = 20,
	TAB_SHOWN = 4, /* blanks that stand for a tab */
};

static bool
said_before(const struct diag *d, const struct diag_msg *m)
{
	for (uint32_t i = m->like; i; i = d->msgs.v[i - 1].like) {
		const struct diag_msg *o = &d->msgs.v[i - 1];

		if (o->level == m->level && o->span.begin == m->span.begin &&
		    o->span.end == m->span.end && !strcmp(o->text, m->text))
			return true;
	}
	return false;
}

static void
keep(struct diag *d, struct diag_msg *m)
{
	uint32_t *list = &d->lists[m->span.begin % ARRAY_LEN(d->lists)];

	m->like = *list;
	d->dropping = said_before(d, m);
	if (d->dropping)
		return;
	if (m->level == DIAG_ERROR && d->errors++ >= MAX_ERRORS) {
		d->dropping = true;
		return;
	}
	*vec_push(d->arena, &d->msgs) = *m;
	*list = d->msgs.n;
}

bool
diag_error(struct diag *d, struct span span, const char *fmt, ...)
{
	struct diag_msg m = { .level = DIAG_ERROR, .span = span };
	va_list ap;

	if (d->muted)
		return false;
	va_start(ap, fmt);
	m.text = arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
	keep(d, &m);
	return false;
}

static void
keep_bare(struct diag *d, const char *fmt, va_list ap)
{
	struct diag_msg m = { .level = DIAG_ERROR, .is_bare = true };

	if (d->muted)
		return;
	m.text = arena_vprintf(d->arena, fmt, ap);
	keep(d, &m);
}

bool
diag_plain(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep_bare(d, fmt, ap);
	va_end(ap);
	return false;
}

bool
diag_foreign(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	d->foreign = true;
	va_start(ap, fmt);
	keep_bare(d, fmt, ap);
	va_end(ap);
	return false;
}

void
diag_vwarn(struct diag *d, struct span span, const char *fmt, va_list ap)
{
	struct diag_msg m = { .level = DIAG_WARNING, .span = span };

	if (d->muted)
		return;
	if (d->no_warnings) {
		d->dropping = true;
		return;
	}
	m.text = arena_vprintf(d->arena, fmt, ap);
	keep(d, &m);
}

void
diag_warn(struct diag *d, struct span span, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_vwarn(d, span, fmt, ap);
	va_end(ap);
}

void
diag_note(struct diag *d, struct span span, const char *fmt, ...)
{
	struct diag_msg m = { .span = span, .is_note = true };
	va_list ap;

	if (d->muted || d->dropping || !d->msgs.n)
		return;
	m.level = d->msgs.v[d->msgs.n - 1].level;
	m.rank = d->msgs.v[d->msgs.n - 1].rank;
	va_start(ap, fmt);
	m.text = arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
	*vec_push(d->arena, &d->msgs) = m;
}

void
diag_hint(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	if (d->muted || d->dropping || !d->msgs.n)
		return;
	va_start(ap, fmt);
	d->msgs.v[d->msgs.n - 1].hint = arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
}

static void
put_line(const struct source *s, uint32_t line, struct sbuf *out)
{
	size_t len;
	const char *text = source_line(s, line, &len);

	for (size_t i = 0, n; i < len; i += n + 1) {
		const char *tab = memchr(text + i, '\t', len - i);

		n = tab ? (size_t)(tab - text) - i : len - i;
		sbuf_add(out, text + i, n);
		if (tab)
			sbuf_fill(out, ' ', TAB_SHOWN);
	}
	sbuf_putc(out, '\n');
}

/* `~` under columns from..to-1 of a line, tabs as wide as put_line's. */
static void
put_underline(const struct place *at, uint32_t to, struct sbuf *out)
{
	size_t len, before = 0, under = 0;
	const char *text = source_line(at->source, at->line, &len);

	for (uint32_t col = 1; col < to || col < at->col; col++) {
		bool tab = col <= len && text[col - 1] == '\t';

		*(col < at->col ? &before : &under) += tab ? TAB_SHOWN : 1;
	}
	sbuf_fill(out, ' ', before);
	sbuf_fill(out, '~', under);
	sbuf_putc(out, '\n');
}

static void
put_number(struct sbuf *out, const char *mark, uint32_t n)
{
	sbuf_puts(out, mark);
	sbuf_int(out, n);
}

static void
put_header(const struct diag *d, const struct diag_msg *m,
	   const struct place *from, const struct place *to, struct sbuf *out)
{
	bool error = m->level == DIAG_ERROR;

	if (d->color)
		sbuf_puts(out, error ? "\033[31m" : "\033[33m");
	if (from->source) {
		bool lines = from->line != to->line;

		sbuf_puts(out, from->source->name);
		put_number(out, ":", from->line);
		if (!lines)
			put_number(out, ":", from->col);
		put_number(out, "-", lines ? to->line : to->col);
		sbuf_puts(out, ": ");
	}
	sbuf_puts(out, error ? "ERROR: " : "WARNING: ");
	sbuf_puts(out, m->text);
	sbuf_puts(out, d->color ? "\033[0m\n" : "\n");
}

/* Where a span ends: the place after its last byte, on that byte's line. */
static struct place
span_end(const struct diag *d, struct span span)
{
	struct place p;

	if (span.end <= span.begin)
		return source_place(d->sources, span.begin);
	p = source_place(d->sources, span.end - 1);
	p.col++;
	return p;
}

static void
put_msg(const struct diag *d, const struct diag_msg *m, struct sbuf *out)
{
	struct place from = source_place(d->sources, m->span.begin);
	struct place to = span_end(d, m->span);

	if (m->is_bare) {
		sbuf_printf(out, "%s\n", m->text);
		return;
	}
	if (to.source != from.source)
		to = from;
	put_header(d, m, &from, &to, out);
	if (from.source) {
		for (uint32_t line = from.line; line <= to.line; line++)
			put_line(from.source, line, out);
		if (from.line == to.line)
			put_underline(&from, to.col, out);
	}
	if (m->hint)
		sbuf_printf(out, "HINT: %s\n", m->hint);
}

void
diag_rank(struct diag *d, enum diag_rank rank)
{
	uint32_t i = d->msgs.n;

	if (d->muted || d->dropping)
		return;
	while (i-- > 0) {
		d->msgs.v[i].rank = rank;
		if (!d->msgs.v[i].is_note)
			break;
	}
}

static void
put_kind(struct diag *d, enum diag_level level, enum diag_rank rank,
	 struct sbuf *out)
{
	for (uint32_t i = 0; i < d->msgs.n; i++)
		if (d->msgs.v[i].level == level && d->msgs.v[i].rank == rank)
			put_msg(d, &d->msgs.v[i], out);
}

void
diag_flush(struct diag *d, struct sbuf *out)
{
	put_kind(d, DIAG_ERROR, DIAG_EARLY, out);
	for (int rank = 0; d->msgs.n && rank < DIAG_RANKS; rank++)
		put_kind(d, DIAG_WARNING, rank, out);
	d->msgs.n = 0;
	memset(d->lists, 0, sizeof(d->lists));
	d->dropping = false;
}
