/* SPDX-License-Identifier: MIT */
/*
 * Owns making a failing script small, on its text: lines and blocks go, what
 * stands in parentheses is replaced by a part of it or by a literal, for as
 * long as the verdict stays.
 */
#include <string.h>
#include <time.h>

#include "fuzz.h"

enum { TRIES = 500, SHRINK_SECONDS = 60 };

struct shrink {
	struct sbuf text;
	enum verdict v;
	unsigned tries;
	time_t end;
	char error[40]; /* how the message begins */
};

/* The text of the first error, without its place. */
static void
error_text(const char *why, char *out, size_t n)
{
	const char *at = why ? strstr(why, "ERROR: ") : NULL;
	size_t i = 0;

	for (at = at ? at + 7 : ""; i + 1 < n && at[i] > ' '; i++)
		out[i] = at[i];
	out[i] = '\0';
}

static bool
still_fails(struct shrink *s, const char *text)
{
	struct sbuf why = { 0 };
	char error[sizeof(s->error)];
	bool same = fuzz_try(text, true, &why) == s->v;

	error_text(why.s, error, sizeof(error));
	sbuf_free(&why);
	return same && !strcmp(error, s->error);
}

/* Whether `n` bytes at `at` can become `with`; done when so. */
static bool
replace(struct shrink *s, size_t at, size_t n, const char *with, size_t len)
{
	struct sbuf next = { 0 };

	if (time(NULL) >= s->end)
		s->tries = TRIES;
	if (s->tries >= TRIES)
		return false;
	s->tries++;
	sbuf_add(&next, s->text.s, at);
	sbuf_add(&next, with, len);
	sbuf_puts(&next, s->text.s + at + n);
	if (!still_fails(s, next.s)) {
		sbuf_free(&next);
		return false;
	}
	sbuf_free(&s->text);
	s->text = next;
	return true;
}

static size_t
line_end(const char *t, size_t at)
{
	const char *end = strchr(t + at, '\n');

	return end ? (size_t)(end - t) + 1 : strlen(t);
}

/* From the line at `at` to where its braces are balanced. */
static size_t
block_end(const char *t, size_t at)
{
	int depth = 0;
	bool string = false;

	for (size_t i = at; t[i]; i++) {
		if (string && t[i] == '\\')
			i++;
		else if (t[i] == '"')
			string = !string;
		else if (!string)
			depth += (t[i] == '{') - (t[i] == '}');
		if (depth < 0)
			return at;
		if (t[i] == '\n' && !depth)
			return i + 1;
	}
	return strlen(t);
}

/* "if (x) {" ... "}" becomes what is inside. */
static bool
unwrap(struct shrink *s, size_t at, size_t end)
{
	size_t first = line_end(s->text.s, at), last = end - 1;
	struct sbuf inner = { 0 };
	bool done;

	while (last > first && s->text.s[last - 1] != '\n')
		last--;
	if (first >= last || first >= end)
		return false;
	sbuf_add(&inner, s->text.s + first, last - first);
	done = replace(s, at, end - at, inner.s, inner.n);
	sbuf_free(&inner);
	return done;
}

static bool
cut_lines(struct shrink *s, unsigned lines)
{
	bool any = false;
	size_t at = 0;

	while (s->text.s[at] && s->tries < TRIES) {
		size_t end = block_end(s->text.s, at);

		for (unsigned i = 1; i < lines && end > at; i++) {
			size_t more = block_end(s->text.s, end);

			if (more == end)
				break;
			end = more;
		}
		if (end > at && replace(s, at, end - at, "", 0)) {
			any = true;
			continue;
		}
		if (end > at && lines == 1 && unwrap(s, at, end))
			any = true;
		at = line_end(s->text.s, at);
	}
	return any;
}

/* The index behind the parenthesis that closes the one at `at`. */
static size_t
group_end(const char *t, size_t at)
{
	int depth = 0;
	bool string = false;

	for (size_t i = at; t[i]; i++) {
		if (string && t[i] == '\\')
			i++;
		else if (t[i] == '"')
			string = !string;
		else if (!string)
			depth += (t[i] == '(') - (t[i] == ')');
		if (!depth)
			return i + 1;
	}
	return at;
}

static bool
replace_by_parts(struct shrink *s, size_t at, size_t end)
{
	static const char *const plain[] = { "1", "0", "true", "\"a\"" };
	struct sbuf part = { 0 };
	bool done = false;

	for (size_t i = 0; !done && i < ARRAY_LEN(plain); i++)
		if (end - at > strlen(plain[i]))
			done = replace(s, at, end - at, plain[i],
				       strlen(plain[i]));
	for (size_t i = at + 1; !done && i < end; i++) {
		size_t stop = i;

		if (s->text.s[i] == '(')
			stop = group_end(s->text.s, i);
		else if (s->text.s[i] == '$')
			while (stop == i || (stop < end &&
					     strchr("abcdefghijklmnopqrstuvwxyz"
						    "0123456789",
						    s->text.s[stop])))
				stop++;
		if (stop <= i || stop >= end)
			continue;
		part.n = 0;
		sbuf_add(&part, s->text.s + i, stop - i);
		done = replace(s, at, end - at, part.s, part.n);
		if (s->text.s[i] == '$')
			i = stop;
	}
	sbuf_free(&part);
	return done;
}

static bool
cut_expressions(struct shrink *s)
{
	bool any = false;

	for (size_t at = 0; s->text.s[at] && s->tries < TRIES; at++) {
		size_t end;

		if (s->text.s[at] != '(')
			continue;
		end = group_end(s->text.s, at);
		if (end > at + 2 && replace_by_parts(s, at, end)) {
			any = true;
			at--;
		}
	}
	return any;
}

void
fuzz_shrink(struct sbuf *text, enum verdict v)
{
	struct shrink s = { .v = v, .end = time(NULL) + SHRINK_SECONDS };
	struct sbuf why = { 0 };
	bool any = true;

	sbuf_puts(&s.text, text->s);
	fuzz_try(text->s, true, &why);
	error_text(why.s, s.error, sizeof(s.error));
	sbuf_free(&why);
	while (any && s.tries < TRIES) {
		any = false;
		for (unsigned lines = 8; lines; lines /= 2)
			any |= cut_lines(&s, lines);
		any |= cut_expressions(&s);
	}
	text->n = 0;
	sbuf_puts(text, s.text.s);
	sbuf_free(&s.text);
}
