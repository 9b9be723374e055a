/* SPDX-License-Identifier: MIT */
/*
 * Markers (usdt) whose notes are written by hand: every form of argument with
 * a known value, semaphores, one marker in several places, and text that
 * nobody can read. "marks wait" waits for a line before it begins.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if !defined(__x86_64__)
int
main(void)
{
	return 77;
}
#else

int m_counter = -7;
uint64_t m_table[4] = { 100, 101, 102, 103 };
__attribute__((section(".probes"))) volatile unsigned short m_semaphore;

/* The note of a marker at the nop that `code` is followed by. */
#define MARK(name, args, semaphore, code)                                      \
	code "\n990:	nop\n"                                                    \
	     "	.pushsection .note.stapsdt, \"\", \"note\"\n"                   \
	     "	.balign 4\n"                                                    \
	     "	.4byte 992f - 991f, 994f - 993f, 3\n"                           \
	     "991:	.asciz \"stapsdt\"\n"                                       \
	     "992:	.balign 4\n"                                                \
	     "993:	.8byte 990b, _.stapsdt.base, " semaphore "\n"          \
	     "	.asciz \"marks\"\n"                                             \
	     "	.asciz \"" name "\"\n"                                         \
	     "	.asciz \"" args "\"\n"                                         \
	     "994:	.balign 4\n"                                                \
	     "	.popsection\n"

__asm__(".pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, "
	"comdat\n"
	".weak _.stapsdt.base\n"
	".hidden _.stapsdt.base\n"
	"_.stapsdt.base: .space 1\n"
	".size _.stapsdt.base, 1\n"
	".popsection\n");

int64_t m_cells[4] = { 10, -11, 12, 0x80000000 };

/* clang-format off */
#define FUNCTION(name)                                                         \
	".globl " name "\n.type " name ", @function\n" name ":\n"
#define END(name) "ret\n.size " name ", . - " name "\n"

__asm__(".text\n" FUNCTION("m_registers")
	"push %rbx\n push %r15\n"
	MARK("wide", "8@%rax 4@%eax 2@%ax 1@%al 1@%ah", "0",
	     "movabs $0xf1f2f3f4f5f6f7f8, %rax")
	MARK("narrow", "-8@%rax -4@%eax -2@%ax -1@%al -1@%ah", "0", "")
	MARK("other", "8@%r15 4@%r15d -2@%r15w 1@%r15b 1@%sil 4@%edi", "0",
	     "mov %rax, %r15\n mov $0x1234, %esi\n mov $77, %edi")
	MARK("consts", "4@$5 -4@$-5 8@$-1 1@$255 -1@$255 2@$0x10", "0", "")
	"pop %r15\n pop %rbx\n"
	END("m_registers"));

__asm__(".text\n" FUNCTION("m_memory")
	"push %rbx\n"
	MARK("base", "8@(%rbx) -8@8(%rbx) 4@16(%rbx) -4@24(%rbx)", "0",
	     "mov %rdi, %rbx")
	MARK("index", "8@(%rbx,%rcx,8) -8@-8(%rbx,%rcx,8) 8@16(,%rdx,1)", "0",
	     "mov $2, %ecx\n mov %rbx, %rdx")
	MARK("symbol",
	     "-4@m_counter(%rip) 8@m_table+8(%rip) 8@16+m_table(%rip)", "0",
	     "")
	"pop %rbx\n"
	END("m_memory"));

__asm__(".text\n" FUNCTION("m_places")
	MARK("several", "-4@%eax", "0", "mov $1, %eax")
	MARK("several", "-4@%ecx", "0", "mov $2, %ecx")
	MARK("several", "-4@$3", "0", "")
	MARK("several", "-4@%eax", "0", "mov $4, %eax")
	MARK("bare", "", "0", "")
	END("m_places"));

__asm__(".text\n" FUNCTION("m_counted")
	MARK("counted", "2@$9", "m_semaphore", "")
	END("m_counted"));

__asm__(".text\n" FUNCTION("m_texts")
	MARK("floats", "8f@%xmm0 4@$1", "0", "")
	MARK("broken", "4@$ -@%eax 4@%nosuch 3@%eax", "0", "")
	MARK("dash-ed", "4@$1", "0", "")
	END("m_texts"));

/* clang-format on */

void m_registers(void);
void m_memory(int64_t *cells);
void m_places(void);
void m_counted(void);
void m_texts(void);

int
main(int argc, char **argv)
{
	char line[8];

	if (argc > 1 && !strcmp(argv[1], "wait") &&
	    !fgets(line, sizeof(line), stdin))
		return 1;
	m_registers();
	m_memory(m_cells);
	m_places();
	if (m_semaphore)
		m_counted();
	m_texts();
	return 0;
}
#endif
