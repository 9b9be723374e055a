/* SPDX-License-Identifier: MIT */
/*
 * Owns patterns: `*` stands for any run of characters, everything else for
 * itself (REFERENCE 3.3).
 */
#include <string.h>

#include "internal.h"

/* Greedy with one step back: only the last star ever has to grow, so this is
 * O(pattern * text) at worst and needs no recursion. */
bool
kernel_match(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool
kernel_is_pattern(const char *text)
{
	return strchr(text, '*') || (strchr(text, '[') && strchr(text, ']'));
}
