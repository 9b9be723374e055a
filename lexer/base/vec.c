/* SPDX-License-Identifier: MIT */
/*
 * Owns how VEC arrays grow: by doubling, into the arena memory behind it or
 * else into fresh one. The old array then stays behind in the arena, which is
 * why pointers into it still read.
 * Large arrays grow by more, into memory that costs nothing until it is used:
 * what is left behind is then a small part, and not as much as is in use.
 * Scratch arenas do not: their memory is used again.
 */
#include <string.h>

#include "base.h"

enum {
	VEC_FIRST = 4,
	VEC_LARGE = 128 * 1024, /* bytes */
	VEC_HUGE = 1024 * 1024,
};

/* By how much the room of `bytes` grows. What is large has pages of its own,
 * which cost nothing before they are touched: moving it costs more. */
static uint32_t
growth(size_t bytes)
{
	if (bytes < VEC_LARGE)
		return 2;
	return bytes < VEC_HUGE || bytes >= VEC_HUGE * 64 ? 8 : 64;
}

void
vec_grow(struct arena *a, void **v, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t by = a->lender ? 2 : growth(n * size), more;
	bool large = by > 2 && n < UINT32_MAX / by;
	void *bigger;

	assert(n == *cap);
	more = *cap ? *cap * (large ? by : 2) : VEC_FIRST;
	if (more <= *cap)
		base_out_of_memory();
	if (!large && n && arena_extend(a, *v, n * size, more * size)) {
		*cap = more;
		return;
	}
	bigger = large ? arena_alloc_lazy(a, more * size)
		       : arena_alloc(a, more * size);
	if (n)
		memcpy(bigger, *v, n * size);
	*v = bigger;
	*cap = more;
}
