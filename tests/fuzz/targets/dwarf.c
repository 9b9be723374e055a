/* SPDX-License-Identifier: MIT */
/*
 * A program's debug information: parameters of its functions with all types
 * that they lead to, types by name, source lines there and back. Most of it is
 * read by libdw: what is found there is theirs, but ours to survive.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../probes/internal.h"
#include "../target.h"

const char *const fuzz_corpus[] = {
	"tests/fuzz/corpus/elf/debug*",
	"tests/fuzz/corpus/elf/cpp",
	NULL,
};

static void
follow(const struct type *t, unsigned depth)
{
	struct type *mine = (struct type *)(uintptr_t)t;

	while (t->kind == TY_POINTER || t->kind == TY_ARRAY)
		t = t->to;
	mine = (struct type *)(uintptr_t)t;
	if (depth > 6 || t->kind != TY_STRUCT)
		return;
	if (t->origin && t->origin->fill)
		t->origin->fill(t->origin, mine);
	for (uint32_t i = 0; i < t->nfields && i < 20; i++)
		follow(t->fields[i].type, depth + 1);
}

static void
ask(struct dwarf *d, const struct elf_file *f)
{
	static const char *const names[] = { "struct pair", "pair_t",
					     "struct C", "union x" };
	struct source_place place = { "s.c", 6, 0 };
	struct dwarf_params params;
	const struct type *t;
	uint64_t address;

	for (uint32_t i = 0; i < f->symbols.n; i++) {
		if (!dwarf_params(d, f->symbols.v[i].address, &params))
			continue;
		for (uint32_t k = 0; k < params.n; k++)
			follow(params.v[k].type, 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		t = dwarf_named_type(d, names[i]);
		if (t)
			follow(t, 0);
	}
	dwarf_find_line(d, &place, &address);
}

static void
look_back(struct arena *a, struct hmap *files, const struct elf_file *f)
{
	struct source_spot spots[SOURCE_SPOTS];

	for (uint32_t i = 0; i < f->symbols.n; i++)
		elf_source(a, files, f, f->symbols.v[i].address + 5, spots);
}

void
fuzz_one(const unsigned char *data, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	const struct probe_image *image;
	struct hmap files = { 0 };
	struct arena a = { 0 };
	struct sema_input in = { .arena = &a, .files = &files };
	struct types types;
	struct dwarf *d;
	char path[32];

	types_init(&types, &a);
	in.types = &types;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, n) != (ssize_t)n)
		abort();
	image = probe_image(&in, path);
	d = image->elf ? probe_dwarf(&in, image) : NULL;
	if (d)
		ask(d, image->elf);
	if (d)
		look_back(&a, &files, image->elf);
	probe_forget(&files);
	arena_free(&a);
	close(fd);
}
