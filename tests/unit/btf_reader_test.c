/* SPDX-License-Identifier: MIT */
/* BTF as bytes: the fixture's, and what a hostile file may hold. */
#include <elf.h>
#include <errno.h>
#include <linux/btf.h>

#include "fixture.h"

static const struct kbtf *
btf_of(const void *bytes, size_t n)
{
	const char *dir = temp_dir();
	struct kernel_paths paths = { .btf = write_file(dir, "btf", bytes, n) };
	const struct kbtf *b;
	struct kernel k;

	kernel_init(&k, &arena, &paths);
	b = kernel_btf(&k);
	remove_dir(dir);
	return b;
}

/* Ask for everything that could lie out of bounds. */
static void
walk(const struct kbtf *b)
{
	const struct btf_type *t;

	for (uint32_t id = 1; (t = kbtf_type(b, id)); id++)
		(void)strlen(kbtf_str(b, t->name_off));
	kbtf_find(b, "task_struct", BTF_KIND_STRUCT);
	cr_assert_str_eq(kbtf_str(b, UINT32_MAX), "");
	cr_assert_eq(kbtf_type(b, UINT32_MAX), NULL);
	cr_assert_eq(kbtf_type(b, 0), NULL);
}

static void
count(void *arg, const char *name, uint32_t id)
{
	(void)name;
	(void)id;
	++*(int *)arg;
}

Test(btf_reader, finds_types_by_name_and_kind)
{
	struct kernel k = fixture_kernel();
	const struct kbtf *b = kernel_btf(&k);
	const struct btf_type *t;
	uint32_t id;
	int n = 0;

	cr_assert(b);
	cr_assert_eq(kernel_btf(&k), b);
	id = kbtf_find(b, "task_struct", BTF_KIND_STRUCT);
	cr_assert(id);
	t = kbtf_type(b, id);
	cr_assert_str_eq(kbtf_str(b, t->name_off), "task_struct");
	cr_assert_eq(BTF_INFO_KIND(t->info), BTF_KIND_STRUCT);
	cr_assert_eq(kbtf_find(b, "task_struct", BTF_KIND_FUNC), 0);
	cr_assert_eq(kbtf_find(b, "task_struc", BTF_KIND_STRUCT), 0);
	cr_assert_eq(kbtf_find(b, "ask_struct", BTF_KIND_STRUCT), 0);
	cr_assert_eq(kbtf_find(b, "", BTF_KIND_STRUCT), 0);
	kbtf_each(b, BTF_KIND_STRUCT, "task_*", count, &n);
	cr_assert_geq(n, 1);
	walk(b);
}

Test(btf_reader, missing_and_empty)
{
	struct kernel_paths paths = { .btf = "/nonexistent" };
	struct kernel k;

	kernel_init(&k, &arena, &paths);
	cr_assert_not(kernel_btf(&k));
	cr_assert_eq(errno, ENOENT);
	cr_assert_not(btf_of("", 0));
	cr_assert_not(btf_of("not BTF at all, surely not", 26));
}

Test(btf_reader, headers_that_lie)
{
	static const struct {
		uint32_t hdr_len, type_off, type_len, str_off, str_len;
	} bad[] = {
		{ 24, 0, UINT32_MAX, 0, 1 }, { 24, UINT32_MAX, 16, 0, 1 },
		{ 24, 0, 0, UINT32_MAX, 8 }, { 24, 0, 0, 0, 0 },
		{ 23, 0, 0, 0, 1 },          { 4096, 0, 0, 0, 1 },
		{ UINT32_MAX, 0, 0, 0, 1 },  { 24, 2, 12, 0, 1 },
		{ 24, 0, 0, 0, UINT32_MAX }, { 24, 8, 0, 1, 64 },
	};
	struct {
		struct btf_header h;
		char body[64];
	} image;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		memset(&image, 0, sizeof(image));
		image.h.magic = BTF_MAGIC;
		image.h.version = BTF_VERSION;
		image.h.hdr_len = bad[i].hdr_len;
		image.h.type_off = bad[i].type_off;
		image.h.type_len = bad[i].type_len;
		image.h.str_off = bad[i].str_off;
		image.h.str_len = bad[i].str_len;
		cr_assert_not(btf_of(&image, sizeof(image)), "row %zu", i);
	}
}

Test(btf_reader, strings_end_with_nul)
{
	struct {
		struct btf_header h;
		char strings[8];
	} image = { .h = { .magic = BTF_MAGIC,
			   .version = BTF_VERSION,
			   .hdr_len = sizeof(struct btf_header),
			   .str_len = 8 },
		    .strings = "\0abcdef" };

	cr_assert(btf_of(&image, sizeof(image)));
	image.strings[7] = 'x';
	cr_assert_not(btf_of(&image, sizeof(image)));
	image.strings[7] = '\0';
	image.strings[0] = 'x';
	cr_assert_not(btf_of(&image, sizeof(image)));
}

Test(btf_reader, truncated_and_mangled)
{
	size_t n;
	char *good = slurp(FIXTURE "/btf", &n), *bad;
	const struct kbtf *b;

	srand(1);
	for (int i = 0; i < 400; i++) {
		bad = arena_strndup(&arena, good, n);
		for (int j = 0; i >= 100 && j < 1 + i % 30; j++)
			bad[rand() % n] = rand();
		b = btf_of(bad, i < 100 ? i * n / 100 : n);
		if (b)
			walk(b);
	}
}

/* The fixture's types as section .BTF of an ELF file. */
static unsigned char *
elf_around(const void *btf, size_t n, size_t *size)
{
	static const char names[] = "\0.BTF\0.names";
	Elf64_Ehdr h = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
				      ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			 .e_shentsize = sizeof(Elf64_Shdr),
			 .e_shnum = 3,
			 .e_shstrndx = 2,
			 .e_shoff = sizeof(h) };
	Elf64_Shdr s[3] = {
		[1] = { .sh_name = 1,
			.sh_type = SHT_PROGBITS,
			.sh_offset = sizeof(h) + sizeof(s) + sizeof(names),
			.sh_size = n },
		[2] = { .sh_name = 6,
			.sh_type = SHT_STRTAB,
			.sh_offset = sizeof(h) + sizeof(s),
			.sh_size = sizeof(names) },
	};
	unsigned char *p;

	*size = s[1].sh_offset + n;
	p = arena_alloc(&arena, *size);
	memcpy(p, &h, sizeof(h));
	memcpy(p + sizeof(h), s, sizeof(s));
	memcpy(p + s[2].sh_offset, names, sizeof(names));
	memcpy(p + s[1].sh_offset, btf, n);
	return p;
}

Test(btf_reader, types_in_an_elf_file)
{
	size_t n, size, head;
	const char *btf = slurp(FIXTURE "/btf", &n);
	unsigned char *elf = elf_around(btf, n, &size);
	const struct kbtf *b = btf_of(elf, size);

	cr_assert(b);
	cr_assert(kbtf_find(b, "task_struct", BTF_KIND_STRUCT));
	head = size - n;
	cr_assert_not(btf_of(elf, head));
	srand(2);
	for (int i = 0; i < 400; i++) {
		elf = elf_around(btf, n, &size);
		for (int j = 0; j < 1 + i % 8; j++)
			elf[4 + rand() % (head - 4)] = rand();
		b = btf_of(elf, size);
		if (b)
			walk(b);
	}
}
