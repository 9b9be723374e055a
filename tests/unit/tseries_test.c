/* SPDX-License-Identifier: MIT */
/* Time series in user space: the graph, merging of CPUs, JSON. */
/* ROWS: 7.5.graph 7.9.tseries */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../runtime/internal.h"

enum { LAST, AVG, MAX, MIN, SUM };
enum { COUNT = 5 };

struct bucket { /* as in runtime/builtins/tseries.c */
	uint64_t epoch;
	int64_t value;
	uint64_t extra;
};

static struct arena arena;
static struct types types;

static const struct type *
make(int64_t agg)
{
	const int64_t par[TYPE_PARAMS] = { 1000000000, COUNT, agg };
	unsigned i;
	const struct nominal *n;

	types_init(&types, &arena);
	for (i = 0; builtin_nominals[i]; i++)
		for (n = builtin_nominals[i]; n->name; n++)
			if (!strcmp(n->name, "tseries_t"))
				return type_nominal(&types, n, true, par);
	cr_assert(false, "no tseries_t");
	return NULL;
}

static char *
text_of(const struct type *t, const void *cell, bool json)
{
	struct out o = { .fd = -1, .buffering = OUT_FULL, .json = json };

	if (json)
		t->nominal->json(&o, t, cell);
	else
		t->nominal->print(&o, t, cell);
	sbuf_putc(&o.buf, '\0');
	return o.buf.s;
}

static void
put(struct bucket *cell, uint64_t epoch, int64_t value, uint64_t extra)
{
	cell[epoch % COUNT] = (struct bucket){ epoch, value, extra };
}

/* The part of each line behind the time. */
static void
expect_lines(char *text, const char *const *want)
{
	char *line, *save = NULL;

	for (line = strtok_r(text, "\n", &save); line && *want;
	     line = strtok_r(NULL, "\n", &save), want++)
		cr_expect_str_eq(line + 9, *want, "%s", line);
	cr_expect(!line && !*want);
}

Test(tseries, graph)
{
	static const char *const want[] = {
		"-2                                                  4",
		"|___________________________________________________|",
		"*                .                                  | -2",
		"|                .                                  | -",
		"|                .                                  * 4",
		"v___________________________________________________v",
		"-2                                                  4",
		NULL,
	};
	struct bucket cell[COUNT] = { 0 };
	char *text;

	put(cell, 1000, -2, 0);
	put(cell, 1002, 4, 0);
	text = text_of(make(LAST), cell, false);
	expect_lines(text, want);
	free(text);
}

Test(tseries, nothing_and_json)
{
	struct bucket cell[COUNT] = { 0 };
	char *text = text_of(make(SUM), cell, false);

	cr_expect_str_eq(text, "<no data>");
	free(text);
	text = text_of(make(SUM), cell, true);
	cr_expect_str_eq(text, "[]");
	free(text);
}

Test(tseries, cpus_merge)
{
	static const int64_t want[] = {
		[LAST] = 3, [AVG] = 10, [MAX] = 7, [MIN] = 3, [SUM] = 10,
	};
	int64_t agg;

	for (agg = LAST; agg <= SUM; agg++) {
		struct bucket a[COUNT] = { 0 }, b[COUNT] = { 0 };
		const struct type *t = make(agg);

		put(a, 1000, 7, 1);
		put(b, 1000, 3, 2);
		put(a, 1001, 1, 1); /* the other CPU is one round behind */
		put(b, 1001 - COUNT, 9, 9);
		t->nominal->merge(t, a, b);
		cr_expect_eq(a[1000 % COUNT].value, want[agg]);
		cr_expect_eq(a[1001 % COUNT].value, 1);
		cr_expect_eq(t->nominal->rank(t, a), 1001);
	}
}
