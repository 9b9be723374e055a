/* SPDX-License-Identifier: MIT */
/*
 * Symbols that are not what compilers write: without a size, two of one name,
 * one of data; and one that lasts, for -p: "odd wait" waits for a line.
 */
#include <stdio.h>
#include <string.h>

__asm__(".text\n"
	".globl o_nosize\n"
	".type o_nosize, %function\n"
	"o_nosize:\n"
	"	mov $1, %eax\n"
	"	ret\n"
	".globl o_sized\n"
	".type o_sized, %function\n"
	"o_sized:\n"
	"	push %rbx\n"    /* +0 */
	"	mov $2, %eax\n" /* +1 */
	"	pop %rbx\n"     /* +6 */
	"	ret\n"          /* +7 */
	".size o_sized, . - o_sized\n");

int o_nosize(void);
int o_sized(void);
int o_data = 3;

__attribute__((noinline)) static int
o_same(int a)
{
	__asm__ volatile("");
	return a;
}

int odd_other(int a);

int
main(int argc, char **argv)
{
	char line[8];

	if (argc > 1 && !strcmp(argv[1], "wait") &&
	    !fgets(line, sizeof(line), stdin))
		return 1;
	return o_nosize() + o_sized() + o_same(3) + odd_other(4) == 1000;
}
