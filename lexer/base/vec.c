/* SPDX-License-Identifier: MIT */
/*
 * Owns how VEC arrays grow: by doubling, into fresh arena memory. The old
 * array stays behind in the arena, which is why pointers into it still read.
 */
#include <string.h>

#include "internal.h"

enum { VEC_FIRST = 4 };

void
vec_grow(struct arena *a, void **v, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t more;
	void *bigger;

	assert(n == *cap);
	more = *cap ? *cap * 2 : VEC_FIRST;
	if (more <= *cap)
		base_out_of_memory();
	bigger = arena_alloc(a, more * size);
	if (n)
		memcpy(bigger, *v, n * size);
	*v = bigger;
	*cap = more;
}
