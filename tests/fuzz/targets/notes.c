/* SPDX-License-Identifier: MIT */
/*
 * A program's file: its notes of markers (usdt), and the text of their
 * arguments as each machine writes them. The bytes are tried as such text, too.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../probes/internal.h"
#include "../target.h"

const char *const fuzz_corpus[] = {
	"tests/fuzz/corpus/elf/*",
	"tests/fuzz/corpus/notes/*",
	NULL,
};

static void
parse(struct arena *a, const char *text)
{
	static const unsigned machines[] = { EM_X86_64, EM_386, EM_AARCH64,
					     EM_MIPS };
	struct stapsdt_args args;

	for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
		stapsdt_parse(a, machines[i], text, &args);
		for (uint32_t k = 0; k < args.n; k++)
			if (args.v[k].kind == STAPSDT_BAD && !args.v[k].why)
				abort();
	}
}

void
fuzz_one(const unsigned char *data, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct stapsdt_notes notes;
	struct arena a = { 0 };
	const char *why;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, n) != (ssize_t)n)
		abort();
	if (stapsdt_read(&a, path, &notes, &why))
		for (uint32_t i = 0; i < notes.v.n; i++)
			parse(&a, notes.v.v[i].args);
	parse(&a, arena_strndup(&a, (const char *)data, n < 300 ? n : 300));
	arena_free(&a);
	close(fd);
}
