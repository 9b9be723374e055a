/* SPDX-License-Identifier: MIT */
/*
 * A program's file, or an archive with one in it: symbols, segments, what was
 * stripped, and whether instructions begin where symbols do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../probes/internal.h"
#include "../target.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/elf/*", NULL };

static void
ask(struct arena *a, const struct elf_file *f)
{
	enum { CODE = 256 };
	uint8_t code[CODE];
	uint64_t at;
	size_t n;

	for (uint32_t i = 0; i < f->symbols.n; i++) {
		const struct elf_symbol *s = &f->symbols.v[i];

		elf_at(f, s->address + s->size / 2);
		elf_find(f, s->name);
		sym_matches_plain(a, "a::*", s->name);
		n = elf_code(f, s->address, code, CODE);
		insn_place(f->machine, code, n, s->size % CODE);
		at = 0;
		insn_next_return(f->machine, code, n, &at);
		elf_address(f, s->address, &at);
	}
	elf_at(f, UINT64_MAX);
	elf_address_of(a, f->path, "outer", &at);
}

void
fuzz_one(const unsigned char *data, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct arena a = { 0 };
	struct elf_file *f;
	const char *why;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, n) != (ssize_t)n)
		abort();
	f = elf_open_at(&a, path, 100, &why);
	if (f)
		ask(&a, f);
	arena_free(&a);
	close(fd);
}
