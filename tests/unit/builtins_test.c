/* SPDX-License-Identifier: MIT */
/* Histograms and aggregations in user space: labels, bars, merging. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "../../runtime/internal.h"

static const struct nominal *
row(const char *name)
{
	unsigned i;
	const struct nominal *n;

	for (i = 0; builtin_nominals[i]; i++)
		for (n = builtin_nominals[i]; n->name; n++)
			if (!strcmp(n->name, name))
				return n;
	cr_assert(false, "no type %s", name);
	return NULL;
}

static struct arena arena;
static struct types types;

static const struct type *
make(const char *name, bool is_signed, int64_t a, int64_t b, int64_t c)
{
	const int64_t par[TYPE_PARAMS] = { a, b, c };

	types_init(&types, &arena);
	return type_nominal(&types, row(name), is_signed, par);
}

static void
expect(const struct type *t, const void *cell, const char *text)
{
	struct out o = { .fd = -1, .buffering = OUT_FULL };

	t->nominal->print(&o, t, cell);
	sbuf_putc(&o.buf, '\0');
	cr_expect_str_eq(o.buf.s, text);
	sbuf_free(&o.buf);
}

static void
expect_json(const struct type *t, const void *cell, const char *text)
{
	struct out o = { .fd = -1, .buffering = OUT_FULL, .json = true };

	t->nominal->json(&o, t, cell);
	sbuf_putc(&o.buf, '\0');
	cr_expect_str_eq(o.buf.s, text);
	sbuf_free(&o.buf);
}

Test(hist, powers_of_two)
{
	static uint64_t c[66];
	const struct type *t = make("hist_t", false, 0, 0, 0);

	memset(c, 0, sizeof(c));
	c[4] = 2;
	c[5] = 4;
	expect(t, c,
	       "[4, 8)                 2 |@@@@@@@@@@@@@@@@@@@@@@@@@@           "
	       "  "
	       "             |\n"
	       "[8, 16)                4 "
	       "|@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"
	       "@@@@@@@@@@@@@|\n");
	expect_json(t, c,
		    "[{\"min\": 4, \"max\": 7, \"count\": 2},"
		    "{\"min\": 8, \"max\": 15, \"count\": 4}]");
}

static const char *
first_label(const struct type *t, uint32_t bucket)
{
	static char label[80];
	static uint64_t c[3000];
	struct out o = { .fd = -1, .buffering = OUT_FULL };
	size_t n;

	memset(c, 0, sizeof(c));
	c[bucket] = 1;
	t->nominal->print(&o, t, c);
	sbuf_putc(&o.buf, '\0');
	n = strcspn(o.buf.s, ")]");
	snprintf(label, sizeof(label), "%.*s", (int)n + 1, o.buf.s);
	sbuf_free(&o.buf);
	return label;
}

Test(hist, labels)
{
	const struct type *k0 = make("hist_t", false, 0, 0, 0);
	const struct type *k1 = make("hist_t", false, 1, 0, 0);
	const struct type *k2 = make("hist_t", false, 2, 0, 0);

	cr_expect_str_eq(first_label(k0, 0), "(..., 0)");
	cr_expect_str_eq(first_label(k0, 1), "[0]");
	cr_expect_str_eq(first_label(k0, 2), "[1]");
	cr_expect_str_eq(first_label(k0, 3), "[2, 4)");
	cr_expect_str_eq(first_label(k0, 11), "[512, 1K)");
	cr_expect_str_eq(first_label(k0, 12), "[1K, 2K)");
	cr_expect_str_eq(first_label(k0, 42), "[1T, 2T)");
	/* k = 1: bucket = ((l - k + 1) << k) + low bits + 1 */
	cr_expect_str_eq(first_label(k1, (9 << 1) + 1), "[512, 768)");
	cr_expect_str_eq(first_label(k1, (9 << 1) + 2), "[768, 1024)");
	cr_expect_str_eq(first_label(k1, (10 << 1) + 1), "[1024, 1536)");
	cr_expect_str_eq(first_label(k1, (10 << 1) + 2), "[1536, 2K)");
	cr_expect_str_eq(first_label(k1, (11 << 1) + 1), "[2K, 3K)");
	cr_expect_str_eq(first_label(k1, (19 << 1) + 2), "[768K, 1024K)");
	cr_expect_str_eq(first_label(k1, (20 << 1) + 1), "[1024K, 1536K)");
	cr_expect_str_eq(first_label(k2, 1), "[0]");
	cr_expect_str_eq(first_label(k2, 8), "[7]");
}

Test(lhist, labels)
{
	const struct type *t = make("lhist_t", false, 0, 10, 3);
	const struct type *unit = make("lhist_t", false, 42, 52, 1);
	const struct type *kilo = make("lhist_t", false, 0, 2097152, 1024);

	cr_expect_str_eq(first_label(t, 0), "(..., 0)");
	cr_expect_str_eq(first_label(t, 1), "[0, 3)");
	cr_expect_str_eq(first_label(t, 4), "[9, ...)");
	cr_expect_str_eq(first_label(unit, 1), "[42]");
	cr_expect_str_eq(first_label(unit, 11), "[52, ...)");
	cr_expect_str_eq(first_label(kilo, 1), "[0, 1K)");
	cr_expect_str_eq(first_label(kilo, 1024), "[1023K, 1M)");
}

Test(agg, min_is_set_only_by_cells_that_are)
{
	const struct type *t = make("min_t", true, 0, 0, 0);
	int64_t into[2] = { 0, 0 }, five[2] = { 5, 1 }, minus[2] = { -5, 1 };
	int64_t none[2] = { 0, 0 };

	t->nominal->merge(t, into, five);
	t->nominal->merge(t, into, none);
	expect(t, into, "5");
	t->nominal->merge(t, into, minus);
	expect(t, into, "-5");
}

Test(agg, stats_text)
{
	const struct type *t = make("stats_t", true, 0, 0, 0);
	int64_t cell[2] = { 6, 3 }; /* total, count */

	expect(t, cell, "{ .count = 3, .average = 2, .total = 6 }");
	expect_json(t, cell, "{\"count\": 3, \"average\": 2, \"total\": 6}");
}

Test(agg, average_is_cut_toward_zero)
{
	const struct type *t = make("avg_t", true, 0, 0, 0);
	int64_t cell[2] = { -7, 2 };

	expect(t, cell, "-3");
	cell[1] = 0;
	expect(t, cell, "0");
}
