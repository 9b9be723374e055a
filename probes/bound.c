/* SPDX-License-Identifier: MIT */
/*
 * Owns the door through which ELF files come in. Who runs a program may make
 * its file what he likes: a few kilobytes on disk, with holes, that claim
 * thousands of millions of sections or symbols, for which libelf would take
 * all memory. What no linker makes is refused before libelf sees it.
 */
#include <byteswap.h>
#include <elf.h>
#include <gelf.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* Ten times what the largest programs have. */
enum {
	SECTIONS_MAX = 1 << 20,
	TABLE_MAX = 256 << 20, /* bytes of a symbol table */
	STRINGS_MAX = 1 << 30, /* of its names */
	NOTES_MAX = 16 << 20,
};

/* Where the numbers are, in files of 64 and of 32 bits. */
static const struct layout {
	unsigned shoff, phnum, shnum, sh_size, word;
} layouts[] = {
	{ offsetof(Elf64_Ehdr, e_shoff), offsetof(Elf64_Ehdr, e_phnum),
	  offsetof(Elf64_Ehdr, e_shnum), offsetof(Elf64_Shdr, sh_size), 8 },
	{ offsetof(Elf32_Ehdr, e_shoff), offsetof(Elf32_Ehdr, e_phnum),
	  offsetof(Elf32_Ehdr, e_shnum), offsetof(Elf32_Shdr, sh_size), 4 },
};

/* A number of 2, 4 or 8 bytes; one that is not there is 0. */
static uint64_t
number(int fd, uint64_t at, unsigned size, bool swapped)
{
	uint64_t v = 0;

	if (at > INT64_MAX - 8 || pread(fd, &v, size, (off_t)at) != size)
		return 0;
	if (!swapped)
		return v;
	return size == 2   ? bswap_16((uint16_t)v)
	       : size == 4 ? bswap_32((uint32_t)v)
			   : bswap_64(v);
}

/* Sections and segments as the headers count them. */
static bool
counts_are_sane(int fd)
{
	unsigned char ident[EI_NIDENT];
	const struct layout *l;
	uint64_t sections, at;
	bool swapped;

	if (pread(fd, ident, sizeof(ident), 0) != sizeof(ident) ||
	    memcmp(ident, ELFMAG, SELFMAG) != 0)
		return true; /* no ELF file: libelf says so, too */
	swapped = (ident[EI_DATA] == ELFDATA2MSB) ==
		  (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
	l = &layouts[ident[EI_CLASS] == ELFCLASS32];
	sections = number(fd, l->shnum, 2, swapped);
	at = number(fd, l->shoff, l->word, swapped);
	if (!sections && at) /* too many for the header: in section 0 */
		sections = number(fd, at + l->sh_size, l->word, swapped);
	return sections <= SECTIONS_MAX &&
	       number(fd, l->phnum, 2, swapped) != PN_XNUM;
}

static uint64_t
most(uint32_t type)
{
	switch (type) {
	case SHT_SYMTAB:
	case SHT_DYNSYM:
		return TABLE_MAX;
	case SHT_STRTAB:
		return STRINGS_MAX;
	case SHT_NOTE:
		return NOTES_MAX;
	default: /* not read, or bounded where they are */
		return UINT64_MAX;
	}
}

/* What lies behind the file's end libelf does not read. */
static bool
sections_are_sane(Elf *elf, int fd)
{
	Elf_Scn *scn = NULL;
	struct stat st;
	GElf_Shdr sh;

	if (fstat(fd, &st))
		return false;
	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &sh) && sh.sh_size > most(sh.sh_type) &&
		    sh.sh_size <= (uint64_t)st.st_size)
			return false;
	return true;
}

Elf *
elf_begin_bounded(int fd, Elf_Cmd how)
{
	Elf *elf = counts_are_sane(fd) ? elf_begin(fd, how, NULL) : NULL;

	if (!elf || sections_are_sane(elf, fd))
		return elf;
	elf_end(elf);
	return NULL;
}
