// SPDX-License-Identifier: MIT
/*
 * Aggregations of one or two numbers per key: count, sum, min, max, avg,
 * stats. Each CPU has its own cell and adds in place; nothing is lost between
 * CPUs, and nothing is locked. User space merges the cells.
 */
#include "internal.h"

#include <string.h>

struct single { /* count, sum */
	int64_t value;
};

struct extreme { /* min, max */
	int64_t value;
	uint64_t is_set;
};

struct mean { /* avg, stats */
	int64_t total;
	int64_t count;
};

enum { COUNT, SUM, MIN, MAX, AVG, STATS };

/* The type: signed as the argument is; literals are signed. */
static bool
agg_check(struct sema *s, struct node *n)
{
	const struct nominal *row = &agg_types[n->call.word->aux];
	const int64_t par[TYPE_PARAMS] = { 0 };
	const struct node *x = sema_arg(n, 0);
	bool is_signed = x && x->type && x->type->is_signed;

	n->type = type_nominal(sema_types(s), row, is_signed, par);
	return true;
}

/* ---- code ---- */

static struct ref
count_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)dst;
	ir_add_at(l, ir_map_cell(l, n), 0, ir_const(l, 1));
	return REF_NONE;
}

static struct ref
sum_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct ref v = ir_arg(l, n, 0);

	(void)dst;
	ir_add_at(l, ir_map_cell(l, n), 0, v);
	return REF_NONE;
}

static enum ir_cond
better(const struct node *n)
{
	bool min = n->call.word->aux == MIN;

	/* As the map has it: one signed use makes it signed. */
	if (n->call.target->map.map->value->is_signed)
		return min ? CC_SLT : CC_SGT;
	return min ? CC_ULT : CC_UGT;
}

static struct ref
extreme_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct ref v = ir_arg(l, n, 0);
	struct mem c = ir_map_cell(l, n);
	int32_t set = c.off + (int32_t)offsetof(struct extreme, is_set);
	struct blk *compare = ir_blk(l), *store = ir_blk(l), *done = ir_blk(l);

	(void)dst;
	ir_br(l, CC_EQ, ir_load(l, c.base, set, 8), ir_const(l, 0), store,
	      compare);
	ir_seal(l, compare);
	ir_at(l, compare);
	ir_br(l, better(n), v, ir_load(l, c.base, c.off, 8), store, done);
	ir_seal(l, store);
	ir_at(l, store);
	ir_store(l, c.base, c.off, v, 8);
	ir_store(l, c.base, set, ir_const(l, 1), 8);
	ir_jmp(l, done);
	ir_seal(l, done);
	ir_at(l, done);
	return REF_NONE;
}

static struct ref
mean_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct ref v = ir_arg(l, n, 0);
	struct mem c = ir_map_cell(l, n);

	(void)dst;
	ir_add_at(l, c, offsetof(struct mean, total), v);
	ir_add_at(l, c, offsetof(struct mean, count), ir_const(l, 1));
	return REF_NONE;
}

/* ---- reading a value in BPF: one CPU's cell into an accumulator ---- */

static void
single_reduce(struct lower *l, const struct type *t, const struct mem *acc,
	      const struct mem *cell)
{
	(void)t;
	ir_add_at(l, *acc, 0, ir_load(l, cell->base, cell->off, 8));
}

static void
mean_reduce(struct lower *l, const struct type *t, const struct mem *acc,
	    const struct mem *cell)
{
	(void)t;
	ir_add_at(l, *acc, 0, ir_load(l, cell->base, cell->off, 8));
	ir_add_at(l, *acc, 8, ir_load(l, cell->base, cell->off + 8, 8));
}

static void
extreme_reduce(struct lower *l, const struct type *t, const struct mem *acc,
	       const struct mem *cell)
{
	bool min = t->nominal == &agg_types[MIN];
	enum ir_cond cc = t->is_signed ? (min ? CC_SLT : CC_SGT)
				       : (min ? CC_ULT : CC_UGT);
	struct blk *set = ir_blk(l), *compare = ir_blk(l), *store = ir_blk(l);
	struct blk *done = ir_blk(l);
	struct ref v;

	ir_br(l, CC_NE, ir_load(l, cell->base, cell->off + 8, 8),
	      ir_const(l, 0), set, done);
	ir_seal(l, set);
	ir_at(l, set);
	v = ir_load(l, cell->base, cell->off, 8);
	ir_br(l, CC_EQ, ir_load(l, acc->base, acc->off + 8, 8), ir_const(l, 0),
	      store, compare);
	ir_seal(l, compare);
	ir_at(l, compare);
	ir_br(l, cc, v, ir_load(l, acc->base, acc->off, 8), store, done);
	ir_seal(l, store);
	ir_at(l, store);
	ir_store(l, acc->base, acc->off, v, 8);
	ir_store(l, acc->base, acc->off + 8, ir_const(l, 1), 8);
	ir_jmp(l, done);
	ir_seal(l, done);
	ir_at(l, done);
}

static struct ref
first_reduced(struct lower *l, const struct type *t, const struct mem *acc)
{
	(void)t;
	return ir_load(l, acc->base, acc->off, 8);
}

/* total / count, toward zero, 0 when there is none. BPF before v4 divides
 * unsigned only, and by zero gives 0. */
static struct ref
mean_reduced(struct lower *l, const struct type *t, const struct mem *acc)
{
	struct ref total = ir_load(l, acc->base, acc->off, 8);
	struct ref count = ir_load(l, acc->base, acc->off + 8, 8);
	struct ref sign;

	if (!t->is_signed)
		return ir_bin(l, IR_DIV, total, count);
	sign = ir_bini(l, IR_SAR, total, 63);
	total = ir_bin(l, IR_SUB, ir_bin(l, IR_XOR, total, sign), sign);
	total = ir_bin(l, IR_DIV, total, count);
	return ir_bin(l, IR_SUB, ir_bin(l, IR_XOR, total, sign), sign);
}

/* ---- user space ---- */

static void
single_merge(const struct type *t, void *into, const void *cell)
{
	(void)t;
	*(uint64_t *)into += *(const uint64_t *)cell;
}

static void
extreme_merge(const struct type *t, void *into, const void *cell)
{
	struct extreme *a = into;
	const struct extreme *b = cell;
	bool min = t->nominal == &agg_types[MIN];
	bool less = t->is_signed ? b->value < a->value
				 : (uint64_t)b->value < (uint64_t)a->value;

	if (!b->is_set)
		return;
	if (!a->is_set || (b->value != a->value && less == min))
		*a = *b;
}

static void
mean_merge(const struct type *t, void *into, const void *cell)
{
	struct mean *a = into;
	const struct mean *b = cell;

	(void)t;
	a->total = (int64_t)((uint64_t)a->total + (uint64_t)b->total);
	a->count += b->count;
}

static int64_t
first_int(const struct type *t, const void *cell)
{
	(void)t;
	return *(const int64_t *)cell;
}

static int64_t
mean_int(const struct type *t, const void *cell)
{
	const struct mean *m = cell;

	if (!m->count)
		return 0;
	if (t->is_signed)
		return m->total / m->count;
	return (int64_t)((uint64_t)m->total / (uint64_t)m->count);
}

static int64_t
divide_number(const struct type *t, int64_t v, uint64_t div)
{
	if (t->is_signed && div <= INT64_MAX)
		return v / (int64_t)div;
	return (int64_t)((uint64_t)v / div);
}

/* Of stats only the average is divided; count and total stay. */
static int64_t
stats_mean(const struct out *o, const struct type *t, const void *cell)
{
	int64_t mean = mean_int(t, cell);

	return o->div > 1 ? divide_number(t, mean, o->div) : mean;
}

static void
print_number(struct out *o, const struct type *t, int64_t v)
{
	if (t->is_signed)
		out_printf(o, "%lld", (long long)v);
	else
		out_printf(o, "%llu", (unsigned long long)v);
}

static void
int_print(struct out *o, const struct type *t, const void *cell)
{
	print_number(o, t, t->nominal->to_int(t, cell));
}

static void
int_json(struct out *o, const struct type *t, const void *cell)
{
	out_json_int(o, t->nominal->to_int(t, cell), t->is_signed);
}

static void
stats_print(struct out *o, const struct type *t, const void *cell)
{
	const struct mean *m = cell;

	out_printf(o, "{ .count = %lld, .average = ", (long long)m->count);
	print_number(o, t, stats_mean(o, t, cell));
	out_puts(o, ", .total = ");
	print_number(o, t, m->total);
	out_puts(o, " }");
}

static void
stats_json(struct out *o, const struct type *t, const void *cell)
{
	const struct mean *m = cell;

	out_printf(o, "{\"count\": %lld, \"average\": ", (long long)m->count);
	out_json_int(o, stats_mean(o, t, cell), t->is_signed);
	out_puts(o, ", \"total\": ");
	out_json_int(o, m->total, t->is_signed);
	out_putc(o, '}');
}

static void
first_divide(const struct type *t, void *cell, uint64_t div)
{
	int64_t *v = cell;

	*v = divide_number(t, *v, div);
}

/* Of an average only the average shrinks, not the count: total becomes the
 * divided average of one. */
static void
avg_divide(const struct type *t, void *cell, uint64_t div)
{
	struct mean *m = cell;

	m->total = divide_number(t, mean_int(t, cell), div);
	m->count = 1;
}

static const struct type *
agg_int_type(struct types *types, const struct type *me)
{
	return type_int(types, 8, me->is_signed);
}

void
agg_warn_ignored(struct sema *s, const struct node *call,
		 const struct mapdef *m)
{
	if (!m->value || m->value->nominal != &agg_types[STATS])
		return;
	sema_warn(s, call,
		  "print()'s top and div arguments are ignored when used on "
		  "stats() maps.");
	sema_rank(s, DIAG_MEANING);
}

#define MEAN                                                                   \
	.size = sizeof(struct mean), .align = 8, .per_cpu = true,              \
	.map_only = true, .self_evident = true, .merge = mean_merge
#define SINGLE                                                                 \
	.size = sizeof(struct single), .align = 8, .per_cpu = true,            \
	.map_only = true, .merge = single_merge, .print = int_print,           \
	.json = int_json, .rank = first_int, .divide = first_divide,           \
	.to_int = first_int, .reduce = single_reduce,                          \
	.reduced = first_reduced, .int_type = agg_int_type
#define EXTREME                                                                \
	.size = sizeof(struct extreme), .align = 8, .per_cpu = true,           \
	.map_only = true, .self_evident = true, .merge = extreme_merge,        \
	.print = int_print, .json = int_json, .rank = first_int,               \
	.rank_unsigned = true, .divide = first_divide, .to_int = first_int,    \
	.reduce = extreme_reduce, .reduced = first_reduced,                    \
	.int_type = agg_int_type

/* clang-format off */
const struct nominal agg_types[] = {
	[COUNT] = { .name = "count_t", SINGLE, .rank_unsigned = true,
		    .self_evident = true },
	[SUM] = { .name = "sum_t", .unsigned_name = "usum_t", SINGLE },
	[MIN] = { .name = "min_t", .unsigned_name = "umin_t", EXTREME },
	[MAX] = { .name = "max_t", .unsigned_name = "umax_t", EXTREME },
	[AVG] = { .name = "avg_t", .unsigned_name = "uavg_t", MEAN,
		  .print = int_print, .json = int_json, .rank = mean_int,
		  .divide = avg_divide, .to_int = mean_int,
		  .reduce = mean_reduce, .reduced = mean_reduced,
		  .json_kind = "stats", .json_empty = true,
		  .int_type = agg_int_type },
	[STATS] = { .name = "stats_t", .unsigned_name = "ustats_t", MEAN,
		    .print = stats_print, .json = stats_json,
		    .reduce = mean_reduce, .rank = mean_int,
		    .json_kind = "stats", .json_empty = true },
	{ 0 },
};

const struct builtin agg_words[] = {
	{ "count", "() -> auto", "how often, per key", WORD_AGG,
	  .check = agg_check, .lower = count_lower, .aux = COUNT },
	{ "sum", "(integer) -> auto", "the sum, per key", WORD_AGG,
	  .check = agg_check, .lower = sum_lower, .aux = SUM },
	{ "min", "(integer) -> auto", "the smallest value, per key", WORD_AGG,
	  .check = agg_check, .lower = extreme_lower, .aux = MIN },
	{ "max", "(integer) -> auto", "the largest value, per key", WORD_AGG,
	  .check = agg_check, .lower = extreme_lower, .aux = MAX },
	{ "avg", "(integer) -> auto", "the mean, per key", WORD_AGG,
	  .check = agg_check, .lower = mean_lower, .aux = AVG },
	{ "stats", "(integer) -> auto", "count, mean, total, per key", WORD_AGG,
	  .check = agg_check, .lower = mean_lower, .aux = STATS },
	{ 0 },
};
/* clang-format on */
