/* SPDX-License-Identifier: MIT */
/*
 * Owns the memory of one compilation: a list of blocks that bytes are cut
 * from in order. Nothing is given back but the whole. Each block is twice as
 * large as the one before, up to a limit, so that the many short-lived arenas
 * of passes stay small. Bytes are zeroed when they are handed out, not a block
 * at a time; what needs a block of its own comes from calloc, where untouched
 * pages cost nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base.h"

enum {
	ARENA_ALIGN = 16,
	ARENA_FIRST = 1024,
	ARENA_BLOCK = 64 * 1024,
};

struct arena_block {
	struct arena_block *next;
	size_t size, used; /* of bytes[] */
	bool mapped;       /* by mmap, else from malloc */
	_Alignas(ARENA_ALIGN) unsigned char bytes[];
};

void
base_out_of_memory(void)
{
	fputs("ERROR: out of memory\n", stderr);
	exit(1);
}

static struct arena_block *
new_block(size_t size, bool zero)
{
	struct arena_block *b;

	if (size > SIZE_MAX - sizeof(*b))
		base_out_of_memory();
	b = zero ? calloc(1, sizeof(*b) + size) : malloc(sizeof(*b) + size);
	if (!b)
		base_out_of_memory();
	b->size = size;
	b->used = 0;
	b->mapped = false;
	return b;
}

/* A new head, at least twice as large as the last. */
static struct arena_block *
add_block(struct arena *a, size_t need)
{
	size_t last = a->head ? a->head->size : ARENA_FIRST / 2;
	size_t size = last < ARENA_BLOCK / 2 ? last * 2 : ARENA_BLOCK;
	struct arena_block *b;

	while (size < need + sizeof(*b))
		size *= 2;
	b = new_block(size - sizeof(*b), false);
	b->next = a->head;
	a->head = b;
	return b;
}

/* A full block, behind the head: that one still has room. */
static void *
add_full_block(struct arena *a, struct arena_block *b)
{
	b->used = b->size;
	if (a->head) {
		b->next = a->head->next;
		a->head->next = b;
	} else {
		b->next = NULL;
		a->head = b;
	}
	return b->bytes;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->head;
	void *p;

	if (size > SIZE_MAX / 2)
		base_out_of_memory();
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	a->used += size;
	if (!b || b->size - b->used < size) {
		if (size > ARENA_BLOCK / 4)
			return add_full_block(a, new_block(size, true));
		b = add_block(a, size);
	}
	p = b->bytes + b->used;
	b->used += size;
	return memset(p, 0, size);
}

void *
arena_alloc_lazy(struct arena *a, size_t size)
{
	struct arena_block *b;

	if (size > SIZE_MAX / 2)
		base_out_of_memory();
	a->used += size;
	b = mmap(NULL, sizeof(*b) + size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (b == MAP_FAILED)
		base_out_of_memory();
	b->size = size;
	b->mapped = true;
	return add_full_block(a, b);
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

		if (b->mapped)
			munmap(b, sizeof(*b) + b->size);
		else
			free(b);
		b = next;
	}
	a->head = NULL;
	a->used = 0;
}
