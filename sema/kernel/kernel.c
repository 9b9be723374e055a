/* SPDX-License-Identifier: MIT */
/*
 * Owns struct kernel itself: which files, and the cache that the other files
 * of this folder fill.
 */
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

struct kernel_cache *
kernel_cached(struct kernel *k)
{
	if (!k->cache)
		k->cache = arena_alloc(k->arena, sizeof(*k->cache));
	return k->cache;
}

void
kernel_init(struct kernel *k, struct arena *a, const struct kernel_paths *paths)
{
	*k = (struct kernel){ .arena = a, .paths = *paths };
}

bool
kernel_can(const char *path, int mode)
{
	return !faccessat(AT_FDCWD, path, mode, AT_EACCESS);
}
