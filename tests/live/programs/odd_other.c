/* SPDX-License-Identifier: MIT */
/* The second static function of a name that odd.c has, too. */
int odd_other(int a);

__attribute__((noinline)) static int
o_same(int a)
{
	__asm__ volatile("nop");
	return a + 1;
}

int
odd_other(int a)
{
	return o_same(a);
}
