/* SPDX-License-Identifier: MIT */
/*
 * Owns the memory of one compilation: a list of blocks that bytes are cut
 * from in order. Nothing is given back but the whole. Each block is twice as
 * large as the one before, up to a limit, so that a short script needs little.
 * Bytes are zeroed when they are handed out, not a block at a time, unless the
 * kernel did it; what needs a block of its own comes from calloc, where
 * untouched pages cost nothing.
 *
 * Of a long script, page faults were a quarter of the time. What is larger than
 * a few megabytes comes in huge pages, if the kernel has them, and the scratch
 * arenas of passes borrow their blocks from the arena that they name, one after
 * the other the same ones. Sanitized builds do neither, so that who reads what
 * is gone is found.
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
	ARENA_LONG = 2 * 1024 * 1024, /* that large is a long script's; also */
	ARENA_HUGE = ARENA_LONG,      /* the size of a huge page */
};

#ifdef __SANITIZE_ADDRESS__
enum { ARENA_RECYCLES = false };
#else
enum { ARENA_RECYCLES = true };
#endif

struct arena_block {
	struct arena_block *next;
	size_t size, used; /* of bytes[] */
	size_t dirty;      /* from here on they are zero */
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
	b->dirty = zero ? 0 : size;
	b->mapped = false;
	return b;
}

/* `size` bytes of fresh pages in all, on a boundary of huge ones. */
static struct arena_block *
map_block(size_t size)
{
	size_t room = size + ARENA_HUGE, skip;
	char *p = mmap(NULL, room, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct arena_block *b;

	if (p == MAP_FAILED)
		base_out_of_memory();
	skip = -(uintptr_t)p & (ARENA_HUGE - 1);
	if (skip)
		munmap(p, skip);
	munmap(p + skip + size, room - skip - size);
	b = (struct arena_block *)(p + skip);
	madvise(b, size, MADV_HUGEPAGE); /* or small ones */
	b->size = size - sizeof(*b);
	b->mapped = true;
	return b;
}

/* One of the blocks that were borrowed before, the smallest that will do. */
static struct arena_block *
take_spare(struct arena *owner, size_t need)
{
	struct arena_block **at, **best = NULL, *b;

	for (at = &owner->spare; *at; at = &(*at)->next)
		if ((*at)->size >= need &&
		    (!best || (*at)->size < (*best)->size))
			best = at;
	if (!best)
		return NULL;
	b = *best;
	*best = b->next;
	b->dirty = b->used > b->dirty ? b->used : b->dirty;
	b->used = 0;
	return b;
}

static size_t
next_size(const struct arena *a, size_t need)
{
	size_t last = a->head ? a->head->size : ARENA_FIRST / 2;
	size_t size = last < ARENA_BLOCK / 2 ? last * 2 : ARENA_BLOCK;

	if (a->lender && ARENA_RECYCLES)
		size = ARENA_BLOCK;
	if (a->used > (a->lender ? ARENA_LONG / 8 : ARENA_LONG) &&
	    ARENA_RECYCLES)
		size = ARENA_HUGE;
	while (size < need + sizeof(struct arena_block))
		size *= 2;
	return size;
}

/* A new head. */
static struct arena_block *
add_block(struct arena *a, size_t need)
{
	struct arena_block *b = take_spare(a->lender ? a->lender : a, need);

	if (!b) {
		size_t size = next_size(a, need);

		b = size >= ARENA_HUGE ? map_block(size)
				       : new_block(size - sizeof(*b), false);
	}
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

/* Has the arena outgrown blocks of its own for what is large? */
static bool
is_long(const struct arena *a)
{
	return ARENA_RECYCLES && (a->lender || a->used > ARENA_LONG);
}

void *
arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->head;
	size_t dirty;
	void *p;

	if (size > SIZE_MAX / 2)
		base_out_of_memory();
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	a->used += size;
	if (!b || b->size - b->used < size) {
		if (size > ARENA_BLOCK / 4 && !is_long(a))
			return add_full_block(a, new_block(size, true));
		b = add_block(a, size);
	}
	p = b->bytes + b->used;
	dirty = b->dirty > b->used ? b->dirty - b->used : 0;
	b->used += size;
	return dirty ? memset(p, 0, dirty < size ? dirty : size) : p;
}

bool
arena_extend(struct arena *a, void *last, size_t old, size_t size)
{
	struct arena_block *b = a->head;
	size_t end, more;

	old = (old + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (!b || old > size ||
	    (unsigned char *)last + old != b->bytes + b->used)
		return false;
	end = b->used;
	more = (size - old + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (b->size - end < more)
		return false;
	a->used += more;
	b->used += more;
	if (b->dirty > end)
		memset(b->bytes + end, 0,
		       b->dirty - end < more ? b->dirty - end : more);
	return true;
}

void *
arena_alloc_lazy(struct arena *a, size_t size)
{
	struct arena_block *b;

	if (size > SIZE_MAX / 2)
		base_out_of_memory();
	if (a->lender && ARENA_RECYCLES)
		return arena_alloc(a, size);
	a->used += size;
	size = (size + sizeof(*b) + 4095) & ~(size_t)4095;
	return add_full_block(a, map_block(size));
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
	char *s, first[256]; /* nearly always enough */
	va_list again;
	int n;

	assert(fmt);
	va_copy(again, ap);
	n = vsnprintf(first, sizeof(first), fmt, again);
	va_end(again);
	assert(n >= 0);
	if ((size_t)n < sizeof(first))
		return arena_strndup(a, first, (size_t)n);
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

static void
free_blocks(struct arena_block *b)
{
	while (b) {
		struct arena_block *next = b->next;

		if (b->mapped)
			munmap(b, sizeof(*b) + b->size);
		else
			free(b);
		b = next;
	}
}

/* Give the blocks to who lent them, for the next one. */
static void
give_back(struct arena *a)
{
	struct arena_block *last = a->head;

	while (last->next)
		last = last->next;
	last->next = a->lender->spare;
	a->lender->spare = a->head;
}

void
arena_free(struct arena *a)
{
	if (a->lender && ARENA_RECYCLES) {
		if (a->head)
			give_back(a);
	} else {
		free_blocks(a->head);
		free_blocks(a->spare);
	}
	a->head = a->spare = NULL;
	a->used = 0;
}
