/* SPDX-License-Identifier: MIT */
/* Patterns of attach points. */
#include <criterion/criterion.h>
#include <string.h>

#include "../../sema/kernel/kernel.h"

Test(kmatch, plain_text_stands_for_itself)
{
	cr_assert(kernel_match("vfs_read", "vfs_read"));
	cr_assert_not(kernel_match("vfs_read", "vfs_readv"));
	cr_assert_not(kernel_match("vfs_readv", "vfs_read"));
	cr_assert_not(kernel_match("vfs_[r]ead", "vfs_read"));
	cr_assert_not(kernel_match("Vfs_read", "vfs_read"));
	cr_assert_not(kernel_match("vfs?read", "vfs_read"));
	cr_assert(kernel_match("", ""));
	cr_assert_not(kernel_match("", "x"));
}

Test(kmatch, star_stands_for_any_run)
{
	cr_assert(kernel_match("*", ""));
	cr_assert(kernel_match("*", "anything:at all"));
	cr_assert(kernel_match("vfs_*", "vfs_"));
	cr_assert(kernel_match("*_read*", "vfs_read_iter"));
	cr_assert(kernel_match("a*b*c", "a_b_b_c"));
	cr_assert(kernel_match("**a**", "bab"));
	cr_assert_not(kernel_match("a*b", "acbd"));
	cr_assert_not(kernel_match("*ab", "aab_"));
	cr_assert(kernel_match("*aab", "aaab"));
}

/* Recursion or exponential search would never end here. */
Test(kmatch, hostile_patterns_end, .timeout = 10)
{
	char pattern[2001], text[20001];

	for (int i = 0; i < 2000; i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[1999] = 'b';
	pattern[2000] = '\0';
	memset(text, 'a', 20000);
	text[20000] = '\0';
	cr_assert_not(kernel_match(pattern, text));
}

Test(kmatch, brackets_count_as_a_wildcard)
{
	cr_assert(kernel_is_pattern("a*"));
	cr_assert(kernel_is_pattern("vfs_[r]ead"));
	cr_assert_not(kernel_is_pattern("vfs_[read"));
	cr_assert_not(kernel_is_pattern("vfs_read"));
}
