/* SPDX-License-Identifier: MIT */
/*
 * Owns what has been read of each file: a script with ten attach points in
 * one library reads its symbols once. Kept where the input of sema says, or
 * not at all.
 */
#include "internal.h"

const struct probe_image *
probe_image(const struct sema_input *in, const char *open)
{
	struct probe_image *image = NULL;
	char *key = arena_printf(in->arena, "elf %s", open);

	if (in->files)
		image = hmap_get(in->files, key);
	if (image)
		return image;
	image = arena_alloc(in->arena, sizeof(*image));
	image->elf = elf_open(in->arena, open, &image->why);
	if (in->files)
		hmap_put(in->arena, in->files, key, image);
	return image;
}
