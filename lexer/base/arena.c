/* SPDX-License-Identifier: MIT */
/*
 * Owns the memory of one compilation: a list of blocks that bytes are cut
 * from in order. Nothing is given back but the whole. Blocks come from
 * calloc, so what is handed out is zero and untouched pages cost nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum {
	ARENA_ALIGN = 16,
	ARENA_BLOCK = 32 * 1024,
};

struct arena_block {
	struct arena_block *next;
	size_t size, used; /* of bytes[] */
	_Alignas(ARENA_ALIGN) unsigned char bytes[];
};

void
base_out_of_memory(void)
{
	fputs("ERROR: out of memory\n", stderr);
	exit(1);
}

static struct arena_block *
add_block(struct arena *a, size_t need)
{
	size_t size = need > ARENA_BLOCK ? need : ARENA_BLOCK;
	struct arena_block *b;

	if (size > SIZE_MAX - sizeof(*b))
		base_out_of_memory();
	b = calloc(1, sizeof(*b) + size);
	if (!b)
		base_out_of_memory();
	b->size = size;
	b->next = a->head;
	a->head = b;
	return b;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->head;
	void *p;

	if (size > SIZE_MAX / 2)
		base_out_of_memory();
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (!b || b->size - b->used < size)
		b = add_block(a, size);
	p = b->bytes + b->used;
	b->used += size;
	a->used += size;
	return p;
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	if (n)
		memcpy(copy, s, n);
	return copy;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *s;
	int n;

	assert(fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(n >= 0);
	s = arena_alloc(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

void
arena_free(struct arena *a)
{
	struct arena_block *b = a->head;

	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	a->head = NULL;
	a->used = 0;
}
