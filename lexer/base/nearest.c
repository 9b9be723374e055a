/* SPDX-License-Identifier: MIT */
/*
 * Owns the question "which of these names did the user mean?": the edit
 * distance with transpositions of neighbours (Damerau 1964, in the restricted
 * form that edits no letter twice), given up beyond a third of the word.
 */
#include <string.h>

#include "base.h"

enum { NEAREST_MAX = 64 }; /* longer names are not compared */

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* One row of the distance table: row[j] is for a[0..i) and b[0..j). */
static void
fill_row(const char *a, size_t i, const char *b, size_t nb,
	 unsigned (*rows)[NEAREST_MAX + 1])
{
	unsigned *two = rows[(i + 1) % 3], *one = rows[(i + 2) % 3];
	unsigned *row = rows[i % 3];

	row[0] = (unsigned)i;
	for (size_t j = 1; j <= nb; j++) {
		unsigned change = a[i - 1] != b[j - 1];

		row[j] = min3(one[j] + 1, row[j - 1] + 1, one[j - 1] + change);
		if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
		    a[i - 2] == b[j - 1] && two[j - 2] + 1 < row[j])
			row[j] = two[j - 2] + 1;
	}
}

static unsigned
distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned rows[3][NEAREST_MAX + 1];

	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++)
		fill_row(a, i, b, nb, rows);
	return rows[na % 3][nb];
}

/* Whether all letters stand in the longer word, in this order. */
static bool
is_within(const char *word, const char *longer)
{
	for (; *word && *longer; longer++)
		word += *word == *longer;
	return !*word;
}

void
nearest_try(struct nearest *n, const char *candidate)
{
	size_t na = strlen(n->word), nb = strlen(candidate);
	size_t gap = na > nb ? na - nb : nb - na;
	size_t limit = (na + 1) / 3;
	unsigned d;

	if (na > NEAREST_MAX || nb > NEAREST_MAX || gap > limit)
		return;
	d = distance(n->word, na, candidate, nb);
	if (d > limit)
		return;
	/* Of two as near, the one that only has more letters: cpid for cpd. */
	d = d * 2 + !is_within(n->word, candidate);
	if (n->best && d >= n->best_distance)
		return;
	n->best = candidate;
	n->best_distance = d;
}
