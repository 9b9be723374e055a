// SPDX-License-Identifier: MIT
/*
 * Histograms: hist (powers of two, 2^k buckets each) and lhist (linear). A
 * cell is the whole array of u64 bucket counts of one key on one CPU.
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>

enum { HIST, LHIST };
enum { PAR_BITS };                   /* hist */
enum { PAR_MIN, PAR_MAX, PAR_STEP }; /* lhist */
enum { MAX_BITS = 5, MAX_LINEAR = 1000, BAR = 52 };

/* ---- layout ---- */

/* Bucket 0: below zero; 1..2^k: one integer each; then 2^k a power of two.
 * One more than can be hit: the verifier only sees that l < 64. */
static uint32_t
hist_buckets(const struct type *t)
{
	return (64u << t->par[PAR_BITS]) + 2;
}

static uint32_t
lhist_buckets(const struct type *t)
{
	return (uint32_t)((t->par[PAR_MAX] - t->par[PAR_MIN]) /
			  t->par[PAR_STEP]) +
	       2;
}

static uint32_t
hist_size(const struct type *t)
{
	return hist_buckets(t) * 8;
}

static uint32_t
lhist_size(const struct type *t)
{
	return lhist_buckets(t) * 8;
}

/* ---- checks ---- */

static bool
hist_check(struct sema *s, struct node *n)
{
	int64_t par[TYPE_PARAMS] = { 0 };
	const struct node *bits = sema_arg(n, 1);

	if (bits) {
		if (!sema_literal_int(bits, &par[PAR_BITS]))
			return true; /* reported by the signature */
		if (par[PAR_BITS] < 0 || par[PAR_BITS] > MAX_BITS)
			return sema_error(s, n, "hist: bits %lld must be 0..%d",
					  (long long)par[PAR_BITS], MAX_BITS);
	}
	n->type = type_nominal(sema_types(s), &hist_types[HIST], false, par);
	return true;
}

static bool
lhist_bounds(struct sema *s, struct node *n, const int64_t par[TYPE_PARAMS])
{
	int64_t min = par[PAR_MIN], max = par[PAR_MAX], step = par[PAR_STEP];

	if (!step)
		return sema_error(s, n,
				  "lhist() step must be >= 1 (0 provided)");
	if (min > max)
		return sema_error(s, n,
				  "lhist() min must be less than max (provided "
				  "min %lld and max %lld)",
				  (long long)min, (long long)max);
	if ((max - min) / step > MAX_LINEAR)
		return sema_error(s, n,
				  "lhist() too many buckets, must be <= %d "
				  "(would need %lld)",
				  MAX_LINEAR, (long long)((max - min) / step));
	if (step > max - min)
		return sema_error(s, n,
				  "lhist() step is too large for the given "
				  "range (provided step %lld for range %lld)",
				  (long long)step, (long long)(max - min));
	return true;
}

static bool
bound_literal(struct sema *s, struct node *n, unsigned i, const char *name,
	      int64_t *out)
{
	const struct node *x = sema_arg(n, i + 1);

	if (x->kind == N_INT && sema_literal_int(x, out) && *out >= 0)
		return true;
	return sema_error(s, n, "lhist: invalid %s value%s", name,
			  i == PAR_STEP ? ""
					: " (must be non-negative literal)");
}

static bool
lhist_check(struct sema *s, struct node *n)
{
	int64_t par[TYPE_PARAMS] = { 0 };

	if (!bound_literal(s, n, PAR_MIN, "min", &par[PAR_MIN]) ||
	    !bound_literal(s, n, PAR_MAX, "max", &par[PAR_MAX]) ||
	    !bound_literal(s, n, PAR_STEP, "step", &par[PAR_STEP]))
		return false;
	if (!lhist_bounds(s, n, par))
		return false;
	n->type = type_nominal(sema_types(s), &hist_types[LHIST], false, par);
	return true;
}

/* ---- code ---- */

/* floor(log2(v)) for 0 < v < 2^63, 0 for 0. Each step takes its decision
 * from the sign of a difference: no branch, so the verifier walks the code
 * once, not once per path. */
static struct ref
log2_code(struct lower *l, struct ref v)
{
	struct ref log = ir_const(l, 0);
	unsigned bits;

	for (bits = 32; bits; bits >>= 1) {
		struct ref limit = ir_const(l, (int64_t)((1ULL << bits) - 1));
		struct ref more =
			ir_bini(l, IR_SHR, ir_bin(l, IR_SUB, limit, v), 63);

		if (bits > 1)
			more = ir_bini(l, IR_MUL, more, bits);
		log = ir_bin(l, IR_OR, log, more);
		if (bits > 1)
			v = ir_bin(l, IR_SHR, v, more);
	}
	return log;
}

/* The larger of v and 0, bounded to 6 bits for the verifier. */
static struct ref
clamp_low(struct lower *l, struct ref v)
{
	struct ref negative = ir_bini(l, IR_SAR, v, 63);
	struct ref keep = ir_bini(l, IR_XOR, negative, -1);

	return ir_bini(l, IR_AND, ir_bin(l, IR_AND, v, keep), 63);
}

/* REFERENCE 4.4 for 0 <= v < 2^63. */
static struct ref
hist_bucket(struct lower *l, struct ref v, unsigned k)
{
	/* 63: the verifier of 6.1 knows no bounds of an or. */
	struct ref log = ir_bini(l, IR_AND, log2_code(l, v), 63);
	struct ref power, shift, low;

	if (k == 0) { /* 0 -> 1, else log + 2 */
		struct ref some =
			ir_bini(l, IR_SHR, ir_un(l, IR_NEG, v, 8), 63);

		return ir_bini(l, IR_ADD, ir_bin(l, IR_ADD, log, some), 1);
	}
	power = clamp_low(l, ir_bini(l, IR_SUB, log, (int64_t)k - 1));
	shift = clamp_low(l, ir_bini(l, IR_SUB, power, 1));
	low = ir_bini(l, IR_AND, ir_bin(l, IR_SHR, v, shift), (1 << k) - 1);
	return ir_bini(l, IR_ADD,
		       ir_bin(l, IR_ADD, ir_bini(l, IR_SHL, power, k), low), 1);
}

static void
bump(struct lower *l, const struct node *n, struct ref bucket)
{
	struct mem c = ir_map_cell(l, n);

	c.base = ir_bin(l, IR_ADD, c.base, ir_bini(l, IR_SHL, bucket, 3));
	ir_add_at(l, c, 0, ir_const(l, 1));
}

static struct ref
hist_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct ref v = ir_arg(l, n, 0);
	struct ref bucket = hist_bucket(l, v, (unsigned)n->type->par[PAR_BITS]);
	/* Below zero, as a signed number: bucket 0. */
	struct ref keep = ir_bini(l, IR_XOR, ir_bini(l, IR_SAR, v, 63), -1);

	(void)dst;
	bump(l, n, ir_bin(l, IR_AND, bucket, keep));
	return REF_NONE;
}

static struct ref
lhist_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const struct type *t = n->type;
	uint32_t last = lhist_buckets(t) - 1, slot = ir_slot(l);
	struct ref v = ir_arg(l, n, 0), bucket;
	struct blk *in = ir_blk(l), *mid = ir_blk(l), *done = ir_blk(l);

	(void)dst;
	ir_slot_set(l, slot, ir_const(l, 0));
	ir_br(l, CC_SLT, v, ir_const(l, t->par[PAR_MIN]), done, in);
	ir_seal(l, in);
	ir_at(l, in);
	ir_slot_set(l, slot, ir_const(l, last));
	ir_br(l, CC_SGE, v, ir_const(l, t->par[PAR_MAX]), done, mid);
	ir_seal(l, mid);
	ir_at(l, mid);
	bucket = ir_bini(l, IR_DIV, ir_bini(l, IR_SUB, v, t->par[PAR_MIN]),
			 t->par[PAR_STEP]);
	ir_slot_set(l, slot, ir_bini(l, IR_ADD, bucket, 1));
	ir_jmp(l, done);
	ir_seal(l, done);
	ir_at(l, done);
	bucket = ir_slot_get(l, slot);
	/* Always true; the verifier forgets bounds at a division. */
	in = ir_blk(l);
	done = ir_blk(l);
	ir_br(l, CC_ULE, bucket, ir_const(l, last), in, done);
	ir_seal(l, in);
	ir_at(l, in);
	bump(l, n, bucket);
	ir_jmp(l, done);
	ir_seal(l, done);
	ir_at(l, done);
	return REF_NONE;
}

/* ---- user space ---- */

static uint32_t
buckets_of(const struct type *t)
{
	return t->nominal == &hist_types[HIST] ? hist_buckets(t)
					       : lhist_buckets(t);
}

static void
hist_merge(const struct type *t, void *into, const void *cell)
{
	uint64_t *a = into;
	const uint64_t *b = cell;
	uint32_t i, n = buckets_of(t);

	for (i = 0; i < n; i++)
		a[i] += b[i];
}

static int64_t
hist_total(const struct type *t, const void *cell)
{
	const uint64_t *c = cell;
	uint32_t i, n = buckets_of(t);
	uint64_t total = 0;

	for (i = 0; i < n; i++)
		total += c[i];
	return (int64_t)total;
}

/* The div of print(@m, top, div). It does not change which lines are shown,
 * and counts of lhist are not divided. */
static uint64_t
divisor(const struct out *o, const struct type *t)
{
	return o->div > 1 && t->nominal == &hist_types[HIST] ? o->div : 1;
}

/* Lower bound of a hist bucket >= 1: m * 2^p; the bucket's label needs both
 * to choose the suffix. */
static void
hist_bound(uint32_t bucket, unsigned k, uint64_t *m, unsigned *p)
{
	uint32_t b = bucket - 1;

	if (b < 1u << k) {
		*m = b;
		*p = 0;
		return;
	}
	*p = (b >> k) - 1;
	*m = (1u << k) + (b & ((1u << k) - 1));
}

static int
bound_text(char *out, size_t n, uint64_t m, unsigned p)
{
	static const char suffix[] = " KMGTPE";

	if (p < 10)
		return snprintf(out, n, "%llu", (unsigned long long)(m << p));
	return snprintf(out, n, "%llu%c", (unsigned long long)(m << (p % 10)),
			suffix[p / 10]);
}

static void
hist_label(const struct type *t, uint32_t i, char *out, size_t n)
{
	unsigned k = (unsigned)t->par[PAR_BITS], p, p2;
	char lo[24], hi[24];
	uint64_t m, m2;

	if (i == 0) {
		snprintf(out, n, "(..., 0)");
		return;
	}
	hist_bound(i, k, &m, &p);
	if (i - 1 < 2u << k) { /* one integer */
		snprintf(out, n, "[%llu]", (unsigned long long)(m << p));
		return;
	}
	hist_bound(i + 1, k, &m2, &p2);
	bound_text(lo, sizeof(lo), m, p);
	bound_text(hi, sizeof(hi), m2, p2);
	snprintf(out, n, "[%s, %s)", lo, hi);
}

static void
linear_text(char *out, size_t n, int64_t v, int64_t step)
{
	enum { K = 1024, M = 1024 * 1024 };

	if (step % K || !v || v % K)
		snprintf(out, n, "%lld", (long long)v);
	else if (v % M)
		snprintf(out, n, "%lldK", (long long)(v / K));
	else
		snprintf(out, n, "%lldM", (long long)(v / M));
}

static void
lhist_label(const struct type *t, uint32_t i, char *out, size_t n)
{
	int64_t min = t->par[PAR_MIN], step = t->par[PAR_STEP];
	uint32_t last = lhist_buckets(t) - 1;
	char lo[24], hi[24];

	if (i == 0) {
		linear_text(lo, sizeof(lo), min, step);
		snprintf(out, n, "(..., %s)", lo);
		return;
	}
	linear_text(lo, sizeof(lo), min + (i - 1) * step, step);
	linear_text(hi, sizeof(hi), min + i * step, step);
	if (i == last)
		snprintf(out, n, "[%s, ...)", lo);
	else if (step == 1)
		snprintf(out, n, "[%s]", lo);
	else
		snprintf(out, n, "[%s, %s)", lo, hi);
}

/* First and last bucket that is not empty; false: none. */
static bool
used_range(const struct type *t, const uint64_t *c, uint32_t *first,
	   uint32_t *last)
{
	uint32_t i, n = buckets_of(t);
	bool any = false;

	for (i = 0; i < n; i++) {
		if (!c[i])
			continue;
		if (!any)
			*first = i;
		*last = i;
		any = true;
	}
	return any;
}

static void
hist_print(struct out *o, const struct type *t, const void *cell)
{
	const uint64_t *c = cell;
	uint32_t i, first = 0, last = 0;
	uint64_t max = 0, div = divisor(o, t), count;
	char label[64];

	if (!used_range(t, c, &first, &last))
		return;
	for (i = first; i <= last; i++)
		if (c[i] / div > max)
			max = c[i] / div;
	for (i = first; i <= last; i++) {
		int bar = 0;

		count = c[i] / div;
		if (max)
			bar = (int)((float)count / (float)max * BAR);

		if (t->nominal == &hist_types[HIST])
			hist_label(t, i, label, sizeof(label));
		else
			lhist_label(t, i, label, sizeof(label));
		out_printf(o, "%-16s%8llu |%.*s%*s|\n", label,
			   (unsigned long long)count, bar,
			   "@@@@@@@@@@@@@@@@@@@@@@@@@@"
			   "@@@@@@@@@@@@@@@@@@@@@@@@@@",
			   BAR - bar, "");
	}
}

static void
put_bound(struct out *o, const char *name, int64_t v, bool is_signed)
{
	out_printf(o, "\"%s\": ", name);
	out_json_int(o, v, is_signed);
	out_puts(o, ", ");
}

static void
json_bounds(struct out *o, const struct type *t, uint32_t i)
{
	uint64_t lo, hi;
	unsigned p;
	bool linear = t->nominal == &hist_types[LHIST];
	uint32_t n = buckets_of(t);

	if (i == 0) {
		put_bound(o, "max",
			  linear ? (int64_t)((uint64_t)t->par[PAR_MIN] - 1)
				 : -1,
			  true);
		return;
	}
	if (linear) {
		lo = (uint64_t)t->par[PAR_MIN] +
		     (i - 1) * (uint64_t)t->par[PAR_STEP];
		hi = lo + (uint64_t)t->par[PAR_STEP];
	} else {
		hist_bound(i, (unsigned)t->par[PAR_BITS], &lo, &p);
		lo <<= p;
		hist_bound(i + 1, (unsigned)t->par[PAR_BITS], &hi, &p);
		hi <<= p;
	}
	put_bound(o, "min", (int64_t)lo, false);
	if (!linear || i != n - 1)
		put_bound(o, "max", (int64_t)(hi - 1), false);
}

static void
hist_json(struct out *o, const struct type *t, const void *cell)
{
	const uint64_t *c = cell;
	uint32_t i, first = 0, last = 0;
	uint64_t div = divisor(o, t);

	out_putc(o, '[');
	if (used_range(t, c, &first, &last))
		for (i = first; i <= last; i++) {
			out_puts(o, i == first ? "{" : ",{");
			json_bounds(o, t, i);
			out_printf(o, "\"count\": %llu}",
				   (unsigned long long)(c[i] / div));
		}
	out_putc(o, ']');
}

#define HISTOGRAM                                                              \
	.align = 8, .per_cpu = true, .map_only = true, .multiline = true,      \
	.self_evident = true, .merge = hist_merge, .print = hist_print,        \
	.json = hist_json, .rank = hist_total, .json_kind = "hist"

/* clang-format off */
const struct nominal hist_types[] = {
	[HIST] = { .name = "hist_t", .nameless = true, .size_of = hist_size,
		   .differ = "Different bits in a single hist unsupported",
		   HISTOGRAM },
	[LHIST] = { .name = "lhist_t", .nameless = true, .size_of = lhist_size,
		    .differ = "Different lhist bounds in a single map "
			      "unsupported",
		    HISTOGRAM },
	{ 0 },
};

const struct builtin hist_words[] = {
	{ "hist", "(int, int literal = none) -> auto",
	  "histogram of powers of two", WORD_AGG | WORD_EARLY,
	  .check = hist_check, .lower = hist_lower },
	{ "lhist", "(int, any, any, any) -> auto",
	  "linear histogram", WORD_AGG | WORD_EARLY,
	  .check = lhist_check, .lower = lhist_lower },
	{ 0 },
};
/* clang-format on */
