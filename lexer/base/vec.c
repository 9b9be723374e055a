/* SPDX-License-Identifier: MIT */
/*
 * Owns how VEC arrays grow: by doubling, into the arena memory behind it or
 * else into fresh one. The old array then stays behind in the arena, which is
 * why pointers into it still read.
 * Large arrays grow by more, into memory that costs nothing until it is used:
 * what is left behind is then an eighth, and not as much as is in use. Scratch
 * arenas do not: their memory is used again.
 */
#include <string.h>

#include "base.h"

enum {
	VEC_FIRST = 4,
	VEC_LARGE = 128 * 1024, /* bytes */
};

void
vec_grow(struct arena *a, void **v, uint32_t n, uint32_t *cap, size_t size)
{
	bool large = n * size >= VEC_LARGE && n < UINT32_MAX / 8 && !a->lender;
	uint32_t more;
	void *bigger;

	assert(n == *cap);
	more = *cap ? *cap * (large ? 8 : 2) : VEC_FIRST;
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
