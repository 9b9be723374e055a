/* SPDX-License-Identifier: MIT */
/*
 * Where a section is in an ELF file: the kernel's types are in ".BTF" of a
 * vmlinux on disk. 64-bit files of the host's byte order; nothing in them is
 * believed.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

enum { NAMES_LARGEST = 1024 * 1024 };

static bool
read_at(int fd, void *to, size_t n, uint64_t at)
{
	return at <= INT64_MAX && pread(fd, to, n, (off_t)at) == (ssize_t)n;
}

static bool
read_header(int fd, Elf64_Ehdr *h)
{
	unsigned char order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
				      ? ELFDATA2LSB
				      : ELFDATA2MSB;

	return read_at(fd, h, sizeof(*h), 0) &&
	       !memcmp(h->e_ident, ELFMAG, SELFMAG) &&
	       h->e_ident[EI_CLASS] == ELFCLASS64 &&
	       h->e_ident[EI_DATA] == order && h->e_shnum &&
	       h->e_shentsize == sizeof(Elf64_Shdr) &&
	       h->e_shstrndx < h->e_shnum;
}

static const Elf64_Shdr *
find(const Elf64_Shdr *s, unsigned n, const char *names, size_t len,
     const char *name)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (s[i].sh_name < len && !strcmp(names + s[i].sh_name, name) &&
		    s[i].sh_type != SHT_NOBITS &&
		    !(s[i].sh_flags & SHF_COMPRESSED))
			return &s[i];
	return NULL;
}

bool
kernel_elf_is(int fd)
{
	char magic[SELFMAG];

	return read_at(fd, magic, sizeof(magic), 0) &&
	       !memcmp(magic, ELFMAG, SELFMAG);
}

bool
kernel_elf_section(int fd, const char *name, uint64_t *offset, uint64_t *size)
{
	const Elf64_Shdr *found = NULL;
	Elf64_Shdr *sections, *strings;
	char *names = NULL;
	Elf64_Ehdr h;
	size_t bytes;

	if (!read_header(fd, &h))
		return false;
	bytes = h.e_shnum * sizeof(*sections);
	sections = malloc(bytes);
	if (sections && read_at(fd, sections, bytes, h.e_shoff)) {
		strings = &sections[h.e_shstrndx];
		if (strings->sh_size && strings->sh_size <= NAMES_LARGEST)
			names = malloc(strings->sh_size);
		if (names &&
		    read_at(fd, names, strings->sh_size, strings->sh_offset)) {
			names[strings->sh_size - 1] = '\0';
			found = find(sections, h.e_shnum, names,
				     strings->sh_size, name);
		}
	}
	if (found) {
		*offset = found->sh_offset;
		*size = found->sh_size;
	}
	free(names);
	free(sections);
	return found;
}
