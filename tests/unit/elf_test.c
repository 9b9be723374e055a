/* SPDX-License-Identifier: MIT */
/* Programs as ELF files: this test itself, and what no linker would write. */
#include <elf.h>

#include "../../probes/probes.h"
#include "fixture.h"

/* Two functions to look for. */
int elf_test_first(int x);
int elf_test_second(int x);

__attribute__((noinline)) int
elf_test_first(int x)
{
	return x * 3 + 1;
}

__attribute__((noinline)) int
elf_test_second(int x)
{
	return elf_test_first(x) ^ 5;
}

static struct elf_file *
elf_of(const void *bytes, size_t n, const char **why)
{
	const char *dir = temp_dir();
	struct elf_file *f;

	f = elf_open(&arena, write_file(dir, "elf", bytes, n), why);
	remove_dir(dir);
	return f;
}

static void
walk(const struct elf_file *f)
{
	uint64_t v;

	for (uint32_t i = 0; i < f->symbols.n; i++) {
		cr_assert(*f->symbols.v[i].name);
		if (i)
			cr_assert_leq(f->symbols.v[i - 1].address,
				      f->symbols.v[i].address);
		elf_at(f, f->symbols.v[i].address + 1);
		elf_file_offset(f, f->symbols.v[i].address, &v);
		elf_address(f, f->symbols.v[i].address, &v);
	}
	elf_at(f, 0);
	elf_at(f, UINT64_MAX);
	elf_find(f, "nosuch");
}

Test(elf, finds_functions)
{
	const char *why = NULL;
	struct elf_file *f = elf_open(&arena, "/proc/self/exe", &why);
	const struct elf_symbol *a, *b;
	uint64_t offset, address;

	cr_assert(f, "%s", why);
	a = elf_find(f, "elf_test_first");
	b = elf_find(f, "elf_test_second");
	cr_assert(a && b);
	cr_assert_gt(a->size, 0);
	cr_assert_eq(elf_at(f, a->address), a);
	cr_assert_eq(elf_at(f, a->address + a->size - 1), a);
	cr_assert_eq(elf_at(f, b->address + 1), b);
	cr_assert(elf_file_offset(f, a->address, &offset));
	cr_assert(elf_address(f, offset, &address));
	cr_assert_eq(address, a->address);
	cr_assert_not(elf_file_offset(f, UINT64_MAX, &offset));
	cr_assert_not(elf_address(f, UINT64_MAX, &address));
	cr_assert_not(elf_find(f, "elf_test_third"));
	walk(f);
}

Test(elf, refuses_what_is_none)
{
	const char *why = NULL;

	cr_assert_not(elf_open(&arena, "/nonexistent", &why));
	cr_assert(why);
	why = NULL;
	cr_assert_not(elf_open(&arena, "/tmp", &why));
	cr_assert(why);
	why = NULL;
	cr_assert_not(elf_of("", 0, &why));
	cr_assert(why);
	cr_assert_not(elf_of("#!/bin/sh\n", 10, &why));
	cr_assert_not(elf_of("\177ELF", 4, &why));
	cr_assert_not(elf_of("!<arch>\n", 8, &why));
}

/* An open of a FIFO waits for a writer, unless told not to. */
Test(elf, does_not_wait_for_a_fifo, .timeout = 10)
{
	const char *dir = temp_dir(), *why = NULL;
	const char *path = arena_printf(&arena, "%s/fifo", dir);

	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_assert_not(elf_open(&arena, path, &why));
	cr_assert(why);
	remove_dir(dir);
}

Test(elf, headers_that_lie)
{
	Elf64_Ehdr eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64,
				       ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_DYN,
			  .e_machine = EM_X86_64,
			  .e_version = EV_CURRENT,
			  .e_ehsize = sizeof(eh),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_shentsize = sizeof(Elf64_Shdr) };
	const char *why = NULL;
	struct elf_file *f;

	f = elf_of(&eh, sizeof(eh), &why);
	cr_assert(f);
	cr_assert_eq(f->symbols.n, 0);
	eh.e_shoff = UINT64_MAX - 8;
	eh.e_shnum = 0xffff;
	eh.e_phoff = UINT64_MAX - 8;
	eh.e_phnum = 0xffff;
	f = elf_of(&eh, sizeof(eh), &why);
	if (f)
		walk(f);
	eh.e_shoff = eh.e_phoff = 0;
	f = elf_of(&eh, sizeof(eh), &why);
	if (f)
		walk(f);
}

/* A small real file with bytes changed where headers and tables are. */
Test(elf, mangled_files_do_no_harm, .timeout = 120)
{
	const char *why;
	struct elf_file *f;
	size_t n, at;
	char *good = slurp("/bin/true", &n), *bad;

	srand(1);
	for (int i = 0; i < 300; i++) {
		bad = arena_alloc(&arena, n);
		memcpy(bad, good, n);
		for (int j = 0; j < 1 + i % 20; j++) {
			at = rand() % 4000;
			if (rand() % 3)
				at = n - 1 - at;
			bad[at % n] = rand();
		}
		f = elf_of(bad, i % 5 ? n : n * (i % 97) / 97, &why);
		if (f)
			walk(f);
		if (i % 50 == 0) {
			arena_free(&arena);
			good = slurp("/bin/true", &n);
		}
	}
}
