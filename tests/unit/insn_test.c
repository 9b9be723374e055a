/* SPDX-License-Identifier: MIT */
/* Where instructions begin: each form of the opcode maps, and a function. */
#include <elf.h>

#include "../../probes/internal.h"
#include "fixture.h"

/* As the assembler of binutils writes it, and how long it is. */
static const struct {
	const char *text;
	uint8_t bytes[15];
	unsigned n;
} forms[] = {
	{ "push %rbp", { 0x55 }, 1 },
	{ "mov %rsp,%rbp", { 0x48, 0x89, 0xe5 }, 3 },
	{ "mov $1,%eax", { 0xb8, 1, 0, 0, 0 }, 5 },
	{ "movabs $1,%rax", { 0x48, 0xb8, 1, 0, 0, 0, 0, 0, 0, 0 }, 10 },
	{ "mov $1,%ax", { 0x66, 0xb8, 1, 0 }, 4 },
	{ "movabs 0x1,%al", { 0xa0, 1, 0, 0, 0, 0, 0, 0, 0 }, 9 },
	{ "addr32 mov 0x1,%al", { 0x67, 0xa0, 1, 0, 0, 0 }, 6 },
	{ "lea 0x1(%rip),%rax", { 0x48, 0x8d, 0x05, 1, 0, 0, 0 }, 7 },
	{ "mov (%rsp),%eax", { 0x8b, 0x04, 0x24 }, 3 },
	{ "mov 8(%rsp),%eax", { 0x8b, 0x44, 0x24, 8 }, 4 },
	{ "mov 0x1000(%rsp),%eax", { 0x8b, 0x84, 0x24, 0, 16, 0, 0 }, 7 },
	{ "mov 0x1,%eax", { 0x8b, 0x04, 0x25, 1, 0, 0, 0 }, 7 },
	{ "mov 0x1(,%rax,8),%eax", { 0x8b, 0x04, 0xc5, 1, 0, 0, 0 }, 7 },
	{ "test $1,%al", { 0xf6, 0xc0, 1 }, 3 },
	{ "not %al", { 0xf6, 0xd0 }, 2 },
	{ "testl $1,(%rax)", { 0xf7, 0x00, 1, 0, 0, 0 }, 6 },
	{ "testw $1,(%rax)", { 0x66, 0xf7, 0x00, 1, 0 }, 5 },
	{ "neg %rax", { 0x48, 0xf7, 0xd8 }, 3 },
	{ "enter $16,$1", { 0xc8, 16, 0, 1 }, 4 },
	{ "ret $8", { 0xc2, 8, 0 }, 3 },
	{ "jmp .+7", { 0xeb, 5 }, 2 },
	{ "jne .", { 0x0f, 0x85, 0xfa, 0xff, 0xff, 0xff }, 6 },
	{ "endbr64", { 0xf3, 0x0f, 0x1e, 0xfa }, 4 },
	{ "lock cmpxchg %ecx,(%rdx)", { 0xf0, 0x0f, 0xb1, 0x0a }, 4 },
	{ "pshufd $1,%xmm0,%xmm1", { 0x66, 0x0f, 0x70, 0xc8, 1 }, 5 },
	{ "pshufb %xmm0,%xmm1", { 0x66, 0x0f, 0x38, 0x00, 0xc8 }, 5 },
	{ "palignr $1,%xmm0,%xmm1", { 0x66, 0x0f, 0x3a, 0x0f, 0xc8, 1 }, 6 },
	{ "vzeroupper", { 0xc5, 0xf8, 0x77 }, 3 },
	{ "vpshufb %ymm0,%ymm1,%ymm2", { 0xc4, 0xe2, 0x75, 0, 0xd0 }, 5 },
	{ "vperm2i128 $1,%ymm0,%ymm1,%ymm2",
	  { 0xc4, 0xe3, 0x75, 0x46, 0xd0, 1 },
	  6 },
	{ "vmovdqu64 64(%rsi),%zmm0",
	  { 0x62, 0xf1, 0xfe, 0x48, 0x6f, 0x46, 1 },
	  7 },
	{ "pop (%rax)", { 0x8f, 0x00 }, 2 },
	{ "nopw %cs:0x0(%rax,%rax,1)",
	  { 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 },
	  10 },
};

Test(insn, lengths)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		unsigned n = insn_length(forms[i].bytes, 15);

		cr_assert_eq(n, forms[i].n, "%s: %u", forms[i].text, n);
		for (unsigned cut = 0; cut < n; cut++)
			cr_assert_eq(insn_length(forms[i].bytes, cut), 0,
				     "%s cut at %u", forms[i].text, cut);
	}
}

Test(insn, refuses_what_is_none)
{
	static const uint8_t none[][2] = {
		{ 0x06 }, { 0x27 }, { 0x60 },       { 0x82 },       { 0x9a },
		{ 0xd6 }, { 0xea }, { 0x0f, 0x04 }, { 0x0f, 0x24 },
	};
	uint8_t prefixes[16];

	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		cr_assert_eq(insn_length(none[i], 2), 0, "%02x", none[i][0]);
	memset(prefixes, 0x66, sizeof(prefixes));
	cr_assert_eq(insn_length(prefixes, sizeof(prefixes)), 0);
}

Test(insn, places_in_a_function)
{
	static const uint8_t code[] = {
		0x55, 0x48, 0x89, 0xe5, 0xb8, 1,    0,
		0,    0,    0x5d, 0xc3, 0xf3, 0xc3, 0x06,
	};
	static const uint8_t starts[] = { 0, 1, 4, 9, 10, 11, 13 };
	uint64_t at = 0;

	for (uint64_t i = 0; i <= 13; i++)
		cr_assert_eq(insn_place(EM_X86_64, code, sizeof(code), i),
			     memchr(starts, (int)i, sizeof(starts))
				     ? INSN_START
				     : INSN_INSIDE,
			     "%d", (int)i);
	cr_assert_eq(insn_place(EM_X86_64, code, sizeof(code), 14),
		     INSN_UNKNOWN);
	cr_assert_eq(insn_place(EM_X86_64, code, 3, 4), INSN_UNKNOWN);
	cr_assert_eq(insn_place(EM_MIPS, code, sizeof(code), 4), INSN_UNKNOWN);
	cr_assert_eq(insn_place(EM_AARCH64, code, sizeof(code), 4), INSN_START);
	cr_assert_eq(insn_place(EM_AARCH64, code, sizeof(code), 6),
		     INSN_INSIDE);
	cr_assert(insn_next_return(EM_X86_64, code, sizeof(code), &at));
	cr_assert_eq(at, 10);
	at++;
	cr_assert(insn_next_return(EM_X86_64, code, sizeof(code), &at));
	cr_assert_eq(at, 11);
	at += 2;
	cr_assert_not(insn_next_return(EM_X86_64, code, sizeof(code), &at));
}
