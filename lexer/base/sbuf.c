/* SPDX-License-Identifier: MIT */
/*
 * Owns growing text on the heap, for output whose length nobody knows before.
 * It lives outside of the arena because the runtime keeps buffers for good.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"

/* Room for `more` bytes and a NUL after what is there. */
static void
reserve(struct sbuf *b, size_t more)
{
	size_t need, cap = b->cap ? b->cap : 64;
	char *s;

	if (more < b->cap - b->n) /* nearly always; n is below cap, or both 0 */
		return;
	if (more > SIZE_MAX / 4 || b->n > SIZE_MAX / 4)
		base_out_of_memory();
	need = b->n + more + 1;
	while (cap < need)
		cap *= 2;
	s = realloc(b->s, cap);
	if (!s)
		base_out_of_memory();
	b->s = s;
	b->cap = cap;
}

void
sbuf_add(struct sbuf *b, const void *bytes, size_t n)
{
	reserve(b, n);
	if (n)
		memcpy(b->s + b->n, bytes, n);
	b->n += n;
	b->s[b->n] = '\0';
}

void
sbuf_puts(struct sbuf *b, const char *s)
{
	sbuf_add(b, s, strlen(s));
}

void
sbuf_putc(struct sbuf *b, char c)
{
	sbuf_fill(b, c, 1);
}

void
sbuf_fill(struct sbuf *b, char c, size_t n)
{
	reserve(b, n);
	memset(b->s + b->n, c, n);
	b->n += n;
	b->s[b->n] = '\0';
}

void
sbuf_int(struct sbuf *b, int64_t v)
{
	char text[24], *end = text + sizeof(text), *at = end;
	uint64_t left = v < 0 ? -(uint64_t)v : (uint64_t)v;

	do {
		*--at = (char)('0' + left % 10);
	} while (left /= 10);
	if (v < 0)
		*--at = '-';
	sbuf_add(b, at, (size_t)(end - at));
}

void
sbuf_vprintf(struct sbuf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	assert(fmt);
	va_copy(again, ap);
	n = vsnprintf(b->s ? b->s + b->n : NULL, b->cap - b->n, fmt, again);
	va_end(again);
	assert(n >= 0);
	if ((size_t)n >= b->cap - b->n) { /* cut off: once more, with room */
		reserve(b, (size_t)n);
		vsnprintf(b->s + b->n, (size_t)n + 1, fmt, ap);
	}
	b->n += (size_t)n;
}

void
sbuf_printf(struct sbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sbuf_vprintf(b, fmt, ap);
	va_end(ap);
}

void
sbuf_free(struct sbuf *b)
{
	free(b->s);
	*b = (struct sbuf){ 0 };
}
