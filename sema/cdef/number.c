/* SPDX-License-Identifier: MIT */
/*
 * Integers and characters of C as text -> values and types (C11 6.4.4).
 */
#include <string.h>

#include "internal.h"

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static unsigned
base_of(const char **s, const char *end)
{
	const char *p = *s;

	if (end - p < 2 || p[0] != '0')
		return 10;
	if (p[1] == 'x' || p[1] == 'X') {
		*s += 2;
		return 16;
	}
	if (p[1] == 'b' || p[1] == 'B') {
		*s += 2;
		return 2;
	}
	return 8;
}

bool
c_number(const char *s, size_t n, struct cnumber *out)
{
	const char *end = s + n, *first;
	unsigned base = base_of(&s, end);
	bool is_long = false;

	*out = (struct cnumber){ .bytes = 4 };
	for (first = s; s < end; s++) {
		int d = digit_of(*s);

		if ((unsigned)d >= base)
			break;
		out->v = out->v * base + (unsigned)d;
	}
	if (s == first)
		return false;
	for (; s < end; s++) {
		char c = *s | 0x20;

		if (c == 'l')
			is_long = true;
		else if (c == 'u')
			out->is_unsigned = out->suffix_u = true;
		else
			return false;
	}
	if (is_long || out->v > UINT32_MAX ||
	    (out->v > INT32_MAX && !out->is_unsigned && base == 10))
		out->bytes = 8;
	else if (out->v > INT32_MAX)
		out->is_unsigned = true;
	if (out->v > INT64_MAX)
		out->is_unsigned = true;
	return true;
}

static const char escapes[] = "abtnvfr";

bool
c_char(const char *s, size_t n, int64_t *out)
{
	const char *p = memchr(s, '\'', n), *end = s + n, *e;
	unsigned v = 0;
	int i;

	if (!p || ++p >= end)
		return false;
	if (*p != '\\') {
		*out = (signed char)*p;
		return p + 1 < end && p[1] == '\'';
	}
	if (++p >= end)
		return false;
	e = memchr(escapes, *p, sizeof(escapes) - 1);
	if (e) {
		*out = 7 + (e - escapes);
	} else if (*p == 'x') {
		while (++p < end && digit_of(*p) < 16)
			v = v * 16 + (unsigned)digit_of(*p);
		*out = (signed char)v;
	} else if (*p >= '0' && *p <= '7') {
		for (i = 0; i < 3 && p < end && digit_of(*p) < 8; i++)
			v = v * 8 + (unsigned)digit_of(*p++);
		*out = (signed char)v;
	} else {
		*out = *p == 'e' ? 27 : *p;
	}
	return true;
}
