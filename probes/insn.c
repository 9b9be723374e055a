/* SPDX-License-Identifier: MIT */
/*
 * Owns where instructions begin: their lengths on x86-64, from the opcode
 * maps of the processor manual (volume 2, appendix A). A breakpoint inside of
 * an instruction would make another one of it, so a probe at an offset is
 * attached only where decoding from the function's start arrives.
 */
#include <elf.h>
#include <string.h>

#include "internal.h"

/* What follows the opcode; the low bits are bytes of immediate. */
enum shape {
	IMM8 = 1,
	IMM16 = 2,
	IMM24 = 3, /* enter */
	IMM32 = 4,
	IMM_MASK = 15,
	MODRM = 1 << 4,
	IMMZ = 1 << 5, /* 4 bytes, 2 with the operand size prefix */
	IMMV = 1 << 6, /* as IMMZ, 8 with REX.W */
	MOFFS = 1 << 7,
	TEST = 1 << 8, /* has its immediate only for /0 and /1 */
	NONE = 1 << 9,
};

/* A run of opcodes of one shape; what is in no run is no instruction. */
struct run {
	uint8_t first, last;
	uint16_t shape;
};

/* clang-format off */
static const struct run one_byte[] = {
	{ 0x50, 0x5f, NONE },		{ 0x63, 0x63, MODRM },
	{ 0x68, 0x68, IMMZ },		{ 0x69, 0x69, MODRM | IMMZ },
	{ 0x6a, 0x6a, IMM8 },		{ 0x6b, 0x6b, MODRM | IMM8 },
	{ 0x6c, 0x6f, NONE },		{ 0x70, 0x7f, IMM8 },
	{ 0x80, 0x80, MODRM | IMM8 },	{ 0x81, 0x81, MODRM | IMMZ },
	{ 0x83, 0x83, MODRM | IMM8 },	{ 0x84, 0x8f, MODRM },
	{ 0x90, 0x99, NONE },		{ 0x9b, 0x9f, NONE },
	{ 0xa0, 0xa3, MOFFS },		{ 0xa4, 0xa7, NONE },
	{ 0xa8, 0xa8, IMM8 },		{ 0xa9, 0xa9, IMMZ },
	{ 0xaa, 0xaf, NONE },		{ 0xb0, 0xb7, IMM8 },
	{ 0xb8, 0xbf, IMMV },		{ 0xc0, 0xc1, MODRM | IMM8 },
	{ 0xc2, 0xc2, IMM16 },		{ 0xc3, 0xc3, NONE },
	{ 0xc6, 0xc6, MODRM | IMM8 },	{ 0xc7, 0xc7, MODRM | IMMZ },
	{ 0xc8, 0xc8, IMM24 },		{ 0xc9, 0xc9, NONE },
	{ 0xca, 0xca, IMM16 },		{ 0xcb, 0xcc, NONE },
	{ 0xcd, 0xcd, IMM8 },		{ 0xcf, 0xcf, NONE },
	{ 0xd0, 0xd3, MODRM },		{ 0xd7, 0xd7, NONE },
	{ 0xd8, 0xdf, MODRM },		{ 0xe0, 0xe7, IMM8 },
	{ 0xe8, 0xe9, IMM32 },		{ 0xeb, 0xeb, IMM8 },
	{ 0xec, 0xef, NONE },		{ 0xf1, 0xf1, NONE },
	{ 0xf4, 0xf5, NONE },		{ 0xf6, 0xf6, MODRM | TEST | IMM8 },
	{ 0xf7, 0xf7, MODRM | TEST | IMMZ },
	{ 0xf8, 0xfd, NONE },		{ 0xfe, 0xff, MODRM },
};

static const struct run two_byte[] = { /* behind 0f */
	{ 0x00, 0x03, MODRM },		{ 0x05, 0x09, NONE },
	{ 0x0b, 0x0b, NONE },		{ 0x0d, 0x0d, MODRM },
	{ 0x0e, 0x0e, NONE },		{ 0x0f, 0x0f, MODRM | IMM8 },
	{ 0x10, 0x23, MODRM },		{ 0x28, 0x2f, MODRM },
	{ 0x30, 0x35, NONE },		{ 0x37, 0x37, NONE },
	{ 0x40, 0x6f, MODRM },		{ 0x70, 0x73, MODRM | IMM8 },
	{ 0x74, 0x76, MODRM },		{ 0x77, 0x77, NONE },
	{ 0x78, 0x79, MODRM },		{ 0x7a, 0x7f, MODRM },
	{ 0x80, 0x8f, IMM32 },		{ 0x90, 0x9f, MODRM },
	{ 0xa0, 0xa2, NONE },		{ 0xa3, 0xa3, MODRM },
	{ 0xa4, 0xa4, MODRM | IMM8 },	{ 0xa5, 0xa5, MODRM },
	{ 0xa8, 0xaa, NONE },		{ 0xab, 0xab, MODRM },
	{ 0xac, 0xac, MODRM | IMM8 },	{ 0xad, 0xb9, MODRM },
	{ 0xba, 0xba, MODRM | IMM8 },	{ 0xbb, 0xc1, MODRM },
	{ 0xc2, 0xc2, MODRM | IMM8 },	{ 0xc3, 0xc3, MODRM },
	{ 0xc4, 0xc6, MODRM | IMM8 },	{ 0xc7, 0xc7, MODRM },
	{ 0xc8, 0xcf, NONE },		{ 0xd0, 0xff, MODRM },
};
/* clang-format on */

struct decode {
	const uint8_t *p, *end;
	bool operand16, address32, wide;
};

static unsigned
shape_in(const struct run *v, size_t n, uint8_t opcode)
{
	for (size_t i = 0; i < n; i++)
		if (opcode >= v[i].first && opcode <= v[i].last)
			return v[i].shape;
	return 0;
}

/* 00-3f: eight operations in six forms each. */
static unsigned
shape_of_arithmetic(uint8_t opcode)
{
	switch (opcode & 7) {
	case 4:
		return IMM8;
	case 5:
		return IMMZ;
	case 6:
	case 7:
		return 0;
	}
	return MODRM;
}

/* Of opcode maps 1 to 3 (0f, 0f 38, 0f 3a), with VEX also 5 and 6, and AMD's
 * 8 to 10. */
static unsigned
shape_in_map(unsigned map, uint8_t opcode)
{
	switch (map) {
	case 1:
		return shape_in(two_byte, ARRAY_LEN(two_byte), opcode);
	case 2:
	case 5:
	case 6:
	case 9:
		return MODRM;
	case 3:
	case 8:
		return MODRM | IMM8;
	case 10:
		return MODRM | IMM32;
	}
	return 0;
}

static bool
take(struct decode *d, uint8_t *byte)
{
	if (d->p == d->end)
		return false;
	*byte = *d->p++;
	return true;
}

static bool
skip(struct decode *d, size_t n)
{
	if ((size_t)(d->end - d->p) < n)
		return false;
	d->p += n;
	return true;
}

/* Prefixes in any order, REX the last of them; the opcode follows. */
static bool
take_prefixes(struct decode *d, uint8_t *opcode)
{
	while (take(d, opcode)) {
		switch (*opcode) {
		case 0x66:
			d->operand16 = true;
			break;
		case 0x67:
			d->address32 = true;
			break;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0x64:
		case 0x65:
		case 0xf0:
		case 0xf2:
		case 0xf3:
			break;
		default:
			if ((*opcode & 0xf0) != 0x40)
				return true;
			d->wide = *opcode & 8;
			return take(d, opcode);
		}
	}
	return false;
}

/* VEX, EVEX and XOP name the opcode map in their first byte. */
static unsigned
take_vector(struct decode *d, uint8_t lead)
{
	unsigned map = 1, more = 0;
	uint8_t byte;

	if (!take(d, &byte))
		return 0;
	if (lead != 0xc5) {
		map = byte & (lead == 0x62 ? 7 : 31);
		more = lead == 0x62 ? 2 : 1;
	}
	if (!skip(d, more) || !take(d, &byte))
		return 0;
	if (map == 1 && byte >= 0x80 && byte <= 0x8f)
		return 0; /* jumps have no such form */
	if ((lead == 0x8f) != (map >= 8))
		return 0;
	return shape_in_map(map, byte);
}

static unsigned
take_escape(struct decode *d)
{
	uint8_t byte;

	if (!take(d, &byte))
		return 0;
	if (byte == 0x38 || byte == 0x3a) {
		unsigned map = byte == 0x38 ? 2 : 3;

		return take(d, &byte) ? shape_in_map(map, byte) : 0;
	}
	return shape_in_map(1, byte);
}

static unsigned
take_opcode(struct decode *d)
{
	uint8_t opcode;

	if (!take_prefixes(d, &opcode))
		return 0;
	switch (opcode) {
	case 0x0f:
		return take_escape(d);
	case 0x62:
	case 0xc4:
	case 0xc5:
		return take_vector(d, opcode);
	case 0x8f: /* pop, unless it is XOP */
		if (d->p < d->end && (*d->p & 31) >= 8)
			return take_vector(d, opcode);
		return MODRM;
	}
	if (opcode < 0x40)
		return shape_of_arithmetic(opcode);
	return shape_in(one_byte, ARRAY_LEN(one_byte), opcode);
}

/* The operand's byte and what it announces: SIB, displacement. */
static bool
take_modrm(struct decode *d, unsigned *shape)
{
	uint8_t modrm, sib = 0;
	unsigned mod, rm;

	if (!take(d, &modrm))
		return false;
	mod = modrm >> 6;
	rm = modrm & 7;
	if ((*shape & TEST) && (modrm & 0x30))
		*shape &= ~(unsigned)(IMMZ | IMM_MASK);
	if (mod == 3)
		return true;
	if (rm == 4 && !take(d, &sib))
		return false;
	if (mod == 0 && (rm == 5 || (rm == 4 && (sib & 7) == 5)))
		return skip(d, 4);
	return skip(d, mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

static bool
take_immediate(struct decode *d, unsigned shape)
{
	size_t n = shape & IMM_MASK;

	if (shape & IMMZ)
		n += d->operand16 && !d->wide ? 2 : 4;
	if (shape & IMMV)
		n += d->wide ? 8 : d->operand16 ? 2 : 4;
	if (shape & MOFFS)
		n += d->address32 ? 4 : 8;
	return skip(d, n);
}

unsigned
insn_length(const uint8_t *code, size_t n)
{
	enum { LONGEST = 15 };
	struct decode d = { .p = code };
	unsigned shape;

	d.end = code + (n < LONGEST ? n : LONGEST);
	shape = take_opcode(&d);
	if (!shape || ((shape & MODRM) && !take_modrm(&d, &shape)) ||
	    !take_immediate(&d, shape))
		return 0;
	return (unsigned)(d.p - code);
}

/* ret, with what hardens or pads it before it. */
static bool
is_return(const uint8_t *p, size_t n)
{
	if (n > 1 && (*p == 0xf3 || *p == 0xf2))
		p++;
	return *p == 0xc3 || *p == 0xc2;
}

static unsigned
length_on(unsigned machine, const uint8_t *p, size_t n)
{
	if (machine == EM_AARCH64)
		return n >= 4 ? 4 : 0;
	return machine == EM_X86_64 ? insn_length(p, n) : 0;
}

enum insn_place
insn_place(unsigned machine, const uint8_t *code, size_t n, uint64_t offset)
{
	unsigned length;
	uint64_t at = 0;

	while (at < offset) {
		length = at < n ? length_on(machine, code + at, n - at) : 0;
		if (!length)
			return INSN_UNKNOWN;
		at += length;
	}
	return at == offset ? INSN_START : INSN_INSIDE;
}

bool
insn_next_return(unsigned machine, const uint8_t *code, size_t n,
		 uint64_t *offset)
{
	static const uint8_t arm[] = { 0xc0, 0x03, 0x5f, 0xd6 };
	unsigned length;
	uint64_t at = *offset;

	for (; at < n; at += length) {
		length = length_on(machine, code + at, n - at);
		if (!length)
			return false;
		if (machine == EM_AARCH64 ? !memcmp(code + at, arm, 4)
					  : is_return(code + at, n - at)) {
			*offset = at;
			return true;
		}
	}
	return false;
}
