// SPDX-License-Identifier: MIT
/*
 * tseries(n, interval, count, agg): the last `count` intervals of a value. A
 * cell is a ring of buckets; an interval's number since the TAI epoch says
 * which bucket it has, and whether what is in there is its own.
 */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct bucket {
	uint64_t epoch; /* number of the interval; 0: never used */
	int64_t value;
	uint64_t extra; /* avg: samples; last value: when (ns) */
};

enum { PAR_INTERVAL, PAR_COUNT, PAR_AGG };
enum { AGG_LAST, AGG_AVG, AGG_MAX, AGG_MIN, AGG_SUM };
enum {
	COUNT_MAX = 1000000,
	/* A per-CPU value has at most 32 KB. */
	COUNT_HERE = 32768 / sizeof(struct bucket),
	WIDTH = 53,
	NS_PER_S = 1000000000,
};

static const char *const agg_names[] = {
	[AGG_AVG] = "avg",
	[AGG_MAX] = "max",
	[AGG_MIN] = "min",
	[AGG_SUM] = "sum",
};

static uint32_t
tseries_size(const struct type *t)
{
	return (uint32_t)t->par[PAR_COUNT] * sizeof(struct bucket);
}

/* ---- checks ---- */

static bool
literal(struct sema *s, struct node *n, unsigned i, const char *what,
	int64_t *v)
{
	const struct node *x = sema_arg(n, i);

	if (sema_literal_int(x, v) && *v >= 0 && x->type->kind != TY_BOOL)
		return true;
	return sema_error(s, n,
			  "tseries: invalid %s value (must be non-negative "
			  "literal)",
			  what);
}

static bool
bounds_check(struct sema *s, struct node *n, int64_t par[TYPE_PARAMS])
{
	long long count;

	if (!literal(s, n, 1, "interval_ns", &par[PAR_INTERVAL]) ||
	    !literal(s, n, 2, "num_intervals", &par[PAR_COUNT]))
		return false;
	if (par[PAR_INTERVAL] < 1)
		return sema_error(s, n,
				  "tseries() interval_ns must be >= 1 (%lld "
				  "provided)",
				  (long long)par[PAR_INTERVAL]);
	count = par[PAR_COUNT];
	if (count < 1)
		return sema_error(s, n,
				  "tseries() num_intervals must be >= 1 (%lld "
				  "provided)",
				  count);
	if (count > COUNT_HERE)
		return sema_error(
			s, n,
			"tseries() num_intervals must be < %d (%lld "
			"provided)",
			count > COUNT_MAX ? COUNT_MAX : COUNT_HERE + 1, count);
	return true;
}

static bool
agg_check(struct sema *s, struct node *n, int64_t *agg)
{
	const struct node *x = sema_arg(n, 3);
	const char *name = x ? sema_literal_str(x, NULL) : NULL;
	unsigned i;

	*agg = AGG_LAST;
	if (!x)
		return true;
	for (i = AGG_AVG; name && i < ARRAY_LEN(agg_names); i++)
		if (!strcmp(name, agg_names[i])) {
			*agg = i;
			return true;
		}
	return sema_error(s, n,
			  "tseries() expects one of the following aggregation "
			  "functions: avg, max, min, sum (\"%s\" provided)",
			  name ? name : "");
}

static bool
tseries_check(struct sema *s, struct node *n)
{
	int64_t par[TYPE_PARAMS] = { 0 };
	const struct type *t = sema_arg(n, 0)->type;

	if (!unstable_check(s, n, "tseries",
			    sema_config(s)->unstable_tseries) ||
	    !bounds_check(s, n, par) || !agg_check(s, n, &par[PAR_AGG]))
		return false;
	n->type = type_nominal(sema_types(s), &tseries_types[0],
			       t && t->is_signed, par);
	return true;
}

/* ---- code ---- */

static enum ir_cond
keeps(const struct type *t)
{
	bool max = t->par[PAR_AGG] == AGG_MAX;

	if (t->is_signed)
		return max ? CC_SLT : CC_SGT;
	return max ? CC_ULT : CC_UGT;
}

/* Into a bucket that has samples of this interval. */
static void
bucket_add(struct lower *l, const struct type *t, struct mem b, struct ref v,
	   struct ref extra, struct blk *done)
{
	int32_t value = b.off + (int32_t)offsetof(struct bucket, value);
	struct blk *better;

	switch (t->par[PAR_AGG]) {
	case AGG_AVG:
		ir_add_at(l, b, offsetof(struct bucket, extra), ir_const(l, 1));
		ir_add_at(l, b, offsetof(struct bucket, value), v);
		break;
	case AGG_SUM:
		ir_add_at(l, b, offsetof(struct bucket, value), v);
		break;
	case AGG_MIN:
	case AGG_MAX:
		better = ir_blk(l);
		ir_br(l, keeps(t), ir_load(l, b.base, value, 8), v, better,
		      done);
		ir_seal(l, better);
		ir_at(l, better);
		ir_store(l, b.base, value, v, 8);
		break;
	default:
		ir_store(l, b.base, value, v, 8);
		ir_store(l, b.base,
			 b.off + (int32_t)offsetof(struct bucket, extra), extra,
			 8);
	}
	ir_jmp(l, done);
}

static struct ref
tseries_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const struct type *t = n->type;
	struct blk *in = ir_blk(l), *fresh = ir_blk(l), *same = ir_blk(l);
	struct blk *done = ir_blk(l);
	struct ref v = ir_arg(l, n, 0), now, epoch, i, extra;
	struct mem b;

	(void)dst;
	now = ir_bini(l, IR_ADD, ir_call(l, HELPER_ktime_get_boot_ns, 0),
		      clock_tai_minus_boot());
	extra = t->par[PAR_AGG] == AGG_AVG ? ir_const(l, 1) : now;
	epoch = ir_bini(l, IR_DIV, now, t->par[PAR_INTERVAL]);
	i = ir_bini(l, IR_MOD, epoch, t->par[PAR_COUNT]);
	b = ir_map_cell(l, n);
	/* Always true; the verifier forgets bounds at a division. */
	ir_br(l, CC_ULT, i, ir_const(l, t->par[PAR_COUNT]), in, done);
	ir_seal(l, in);
	ir_at(l, in);
	b.base = ir_bin(l, IR_ADD, b.base,
			ir_bini(l, IR_MUL, i, sizeof(struct bucket)));
	ir_br(l, CC_EQ, ir_load(l, b.base, b.off, 8), epoch, same, fresh);
	ir_seal(l, fresh);
	ir_at(l, fresh);
	ir_store(l, b.base, b.off, epoch, 8);
	ir_store(l, b.base, b.off + (int32_t)offsetof(struct bucket, value), v,
		 8);
	ir_store(l, b.base, b.off + (int32_t)offsetof(struct bucket, extra),
		 extra, 8);
	ir_jmp(l, done);
	ir_seal(l, same);
	ir_at(l, same);
	bucket_add(l, t, b, v, extra, done);
	ir_seal(l, done);
	ir_at(l, done);
	return REF_NONE;
}

/* ---- user space ---- */

static bool
is_less(const struct type *t, int64_t a, int64_t b)
{
	return t->is_signed ? a < b : (uint64_t)a < (uint64_t)b;
}

static void
bucket_merge(const struct type *t, struct bucket *a, const struct bucket *b)
{
	switch (t->par[PAR_AGG]) {
	case AGG_AVG:
	case AGG_SUM:
		a->value += b->value;
		a->extra += b->extra;
		break;
	case AGG_MIN:
		if (is_less(t, b->value, a->value))
			a->value = b->value;
		break;
	case AGG_MAX:
		if (is_less(t, a->value, b->value))
			a->value = b->value;
		break;
	default:
		if (b->extra > a->extra)
			*a = *b;
	}
}

static void
tseries_merge(const struct type *t, void *into, const void *cell)
{
	const struct bucket *b = cell;
	struct bucket *a = into;
	int64_t i;

	for (i = 0; i < t->par[PAR_COUNT]; i++) {
		if (b[i].epoch > a[i].epoch)
			a[i] = b[i];
		else if (b[i].epoch && b[i].epoch == a[i].epoch)
			bucket_merge(t, &a[i], &b[i]);
	}
}

static int64_t
last_epoch(const struct type *t, const void *cell)
{
	const struct bucket *b = cell;
	uint64_t last = 0;
	int64_t i;

	for (i = 0; i < t->par[PAR_COUNT]; i++)
		if (b[i].epoch > last)
			last = b[i].epoch;
	return (int64_t)last;
}

/* What an interval shows. */
static int64_t
shown(const struct type *t, const struct bucket *b)
{
	if (t->par[PAR_AGG] != AGG_AVG || !b->extra)
		return b->value;
	if (t->is_signed)
		return b->value / (int64_t)b->extra;
	return (int64_t)((uint64_t)b->value / b->extra);
}

static const struct bucket *
bucket_of(const struct type *t, const void *cell, uint64_t epoch)
{
	const struct bucket *b = (const struct bucket *)cell +
				 epoch % (uint64_t)t->par[PAR_COUNT];

	return b->epoch == epoch ? b : NULL;
}

/* First and last interval to show, smallest and largest value. */
struct extent {
	uint64_t first, last;
	int64_t min, max;
};

static bool
find_extent(const struct type *t, const void *cell, struct extent *x)
{
	uint64_t e;

	x->first = 0;
	x->last = (uint64_t)last_epoch(t, cell);
	if (!x->last)
		return false;
	e = x->last >= (uint64_t)t->par[PAR_COUNT]
		    ? x->last - (uint64_t)t->par[PAR_COUNT] + 1
		    : 1;
	for (; e <= x->last; e++) {
		const struct bucket *b = bucket_of(t, cell, e);
		int64_t v = b ? shown(t, b) : 0;

		if (!b)
			continue;
		if (!x->first || is_less(t, v, x->min))
			x->min = v;
		if (!x->first || is_less(t, x->max, v))
			x->max = v;
		if (!x->first)
			x->first = e;
	}
	return true;
}

/* Where the epoch, in TAI, is on the wall clock. */
static int64_t
tai_minus_real(void)
{
	struct timespec tai, real;

	clock_gettime(CLOCK_TAI, &tai);
	clock_gettime(CLOCK_REALTIME, &real);
	return (tai.tv_sec - real.tv_sec + (tai.tv_nsec - real.tv_nsec > 0)) *
	       (int64_t)NS_PER_S;
}

static const struct unit_of_time {
	uint64_t ns;
	const char *name;
	int digits;
} time_units[] = {
	{ NS_PER_S, "", 0 },
	{ 1000000, ".ms", 3 },
	{ 1000, ".us", 6 },
	{ 0, ".ns", 9 },
};

static void
put_time(struct out *o, uint64_t ns, const struct unit_of_time *u)
{
	time_t secs = (time_t)(ns / NS_PER_S);
	char text[16], digits[16];
	struct tm tm;

	if (!localtime_r(&secs, &tm) ||
	    !strftime(text, sizeof(text), "%H:%M:%S", &tm))
		strcpy(text, "(?)");
	out_puts(o, text);
	if (!u->digits)
		return;
	snprintf(digits, sizeof(digits), "%09u", (unsigned)(ns % NS_PER_S));
	out_printf(o, ".%.*s", u->digits, digits);
}

static void
put_int(struct out *o, const struct type *t, int64_t v)
{
	if (t->is_signed)
		out_printf(o, "%lld", (long long)v);
	else
		out_printf(o, "%llu", (unsigned long long)v);
}

static void
put_range(struct out *o, const struct type *t, int indent,
	  const struct extent *x)
{
	char min[24], max[24];
	const char *f = t->is_signed ? "%lld" : "%llu";

	snprintf(min, sizeof(min), f, (long long)x->min);
	snprintf(max, sizeof(max), f, (long long)x->max);
	out_printf(o, "%*s%-21s%32s\n", indent, "", min, max);
}

static int
column(const struct extent *x, int64_t v)
{
	double range = (double)x->max - (double)x->min;

	return (int)((WIDTH - 1) * (((double)v - (double)x->min) / range));
}

static void
put_line(struct out *o, const struct type *t, const struct extent *x,
	 const struct bucket *b)
{
	char graph[WIDTH + 1];

	memset(graph, ' ', WIDTH);
	graph[WIDTH] = '\0';
	if (t->is_signed && x->min < 0 && x->max > 0)
		graph[column(x, 0)] = '.';
	graph[0] = graph[WIDTH - 1] = '|';
	if (b)
		graph[column(x, shown(t, b))] = '*';
	out_printf(o, " %s ", graph);
	if (b)
		put_int(o, t, shown(t, b));
	else
		out_putc(o, '-');
	out_putc(o, '\n');
}

static void
tseries_print(struct out *o, const struct type *t, const void *cell)
{
	static const char rule[] =
		"___________________________________________________";
	const struct unit_of_time *u = time_units;
	uint64_t interval = (uint64_t)t->par[PAR_INTERVAL], e;
	int64_t zone = tai_minus_real();
	struct extent x;
	int indent;

	if (!find_extent(t, cell, &x)) {
		out_puts(o, "<no data>");
		return;
	}
	if (x.min == x.max) {
		x.min--;
		x.max++;
	}
	while ((x.first == x.last ? 0 : interval) < u->ns)
		u++;
	indent = 9 + (u->digits ? 1 + u->digits : 0);
	put_range(o, t, indent, &x);
	out_printf(o, "hh:mm:ss%-*s|%s|\n", indent - 8, u->name, rule);
	for (e = x.first; e <= x.last; e++) {
		put_time(o, e * interval - (uint64_t)zone, u);
		put_line(o, t, &x, bucket_of(t, cell, e));
	}
	out_printf(o, "%*sv%sv\n", indent, "", rule);
	put_range(o, t, indent, &x);
}

static void
tseries_json(struct out *o, const struct type *t, const void *cell)
{
	uint64_t interval = (uint64_t)t->par[PAR_INTERVAL], e, ns;
	int64_t zone = tai_minus_real();
	const char *comma = "";
	struct extent x;
	char text[32];
	struct tm tm;
	time_t secs;

	out_putc(o, '[');
	if (!find_extent(t, cell, &x)) {
		out_putc(o, ']');
		return;
	}
	for (e = x.first; e <= x.last; e++) {
		const struct bucket *b = bucket_of(t, cell, e);

		if (!b)
			continue;
		ns = e * interval - (uint64_t)zone;
		secs = (time_t)(ns / NS_PER_S);
		gmtime_r(&secs, &tm);
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
		out_printf(o, "%s{\"interval_start\":\"%s.%09u\",\"value\":",
			   comma, text, (unsigned)(ns % NS_PER_S));
		out_json_int(o, shown(t, b), t->is_signed);
		out_putc(o, '}');
		comma = ",";
	}
	out_putc(o, ']');
}

/* Not divided by print(@m, top, div). */
static void
tseries_divide(const struct type *t, void *cell, uint64_t div)
{
	(void)t, (void)cell, (void)div;
}

/* clang-format off */
const struct nominal tseries_types[] = {
	{ .name = "tseries_t", .nameless = true,
	  .size_of = tseries_size, .align = 8,
	  .per_cpu = true, .map_only = true, .multiline = true,
	  .self_evident = true, .merge = tseries_merge,
	  .print = tseries_print, .json = tseries_json, .rank = last_epoch,
	  .divide = tseries_divide, .json_kind = "tseries",
	  .differ = "Different tseries bounds in a single map unsupported" },
	{ 0 },
};

const struct builtin tseries_words[] = {
	{ "tseries", "(int, any, any, any = none) -> auto",
	  "a value over time", WORD_AGG, .check = tseries_check,
	  .lower = tseries_lower },
	{ 0 },
};
/* clang-format on */
