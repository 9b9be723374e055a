/* SPDX-License-Identifier: MIT */
/*
 * Owns the texts and the places in them. All sources lie end to end in one
 * space of positions, with a gap of one so that the end of a text is a place
 * of its own; a span is therefore two numbers and knows its source.
 */
#include <string.h>

#include "base.h"

static void
index_lines(struct arena *a, struct source *s)
{
	const char *at = s->text, *end = s->text + s->len;

	*vec_push(a, &s->lines) = 0;
	while (at < end && (at = memchr(at, '\n', (size_t)(end - at))))
		*vec_push(a, &s->lines) = (uint32_t)(++at - s->text);
}

struct source *
source_add(struct arena *a, struct sources *s, const char *name,
	   const char *text, size_t len)
{
	struct source *src = arena_alloc(a, sizeof(*src));

	assert(len < UINT32_MAX / 2);
	if (!s->next_base)
		s->next_base = 1;
	assert(s->next_base < UINT32_MAX / 2);
	src->name = arena_strdup(a, name);
	src->text = arena_strndup(a, text, len);
	src->len = (uint32_t)len;
	src->base = s->next_base;
	s->next_base += src->len + 1;
	index_lines(a, src);
	*vec_push(a, &s->list) = src;
	return src;
}

static const struct source *
source_of(const struct sources *s, uint32_t pos)
{
	for (uint32_t i = 0; i < s->list.n; i++) {
		const struct source *src = s->list.v[i];

		if (pos >= src->base && pos <= src->base + src->len)
			return src;
	}
	return NULL;
}

/* The last line that begins at or before `off`, from 0. */
static uint32_t
line_at(const struct source *s, uint32_t off)
{
	uint32_t lo = 0, hi = s->lines.n;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (s->lines.v[mid] <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

struct place
source_place(const struct sources *s, uint32_t pos)
{
	struct place p = { .source = source_of(s, pos) };
	uint32_t off;

	if (!p.source)
		return p;
	off = pos - p.source->base;
	p.line = line_at(p.source, off) + 1;
	p.col = off - p.source->lines.v[p.line - 1] + 1;
	return p;
}

const char *
source_line(const struct source *s, uint32_t line, size_t *len)
{
	uint32_t begin, end;

	assert(line >= 1 && line <= s->lines.n);
	begin = s->lines.v[line - 1];
	end = line < s->lines.n ? s->lines.v[line] - 1 : s->len;
	if (end > begin && s->text[end - 1] == '\r')
		end--;
	*len = end - begin;
	return s->text + begin;
}

struct span
span_join(struct span a, struct span b)
{
	if (!a.begin)
		return b;
	if (!b.begin)
		return a;
	if (b.begin < a.begin)
		a.begin = b.begin;
	if (b.end > a.end)
		a.end = b.end;
	return a;
}
