/* SPDX-License-Identifier: MIT */
/*
 * Owns what interval and profile share (REFERENCE 3.10): units, rates, and
 * the perf event of the software clock that serves both.
 */
#include <linux/perf_event.h>
#include <string.h>

#include "internal.h"

struct unit_of_time {
	const char *name;
	uint64_t ns; /* 0: a frequency */
};

/* In a duration literal (10ms), and as a part of its own (interval:ms:10). */
static const struct unit_of_time literal_units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", 60000000000 },
	{ "h", 3600000000000 },
	{ "d", 86400000000000 },
	{ "", 1 },
};
static const struct unit_of_time part_units[] = {
	{ "hz", 0 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "us", 1000 },
};

/* What the kernel takes: perf refuses periods of 2^63 and more. */
static const uint64_t longest = INT64_MAX;

static const struct unit_of_time *
find_unit(const struct unit_of_time *units, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(units[i].name, name))
			return &units[i];
	return NULL;
}

/* interval:10ms, or a bare number of nanoseconds. */
static bool
match_literal(struct sema *s, const struct attach_text *ap, struct match *m,
	      const char *type)
{
	const char *text = probe_part(ap, 1), *rest = "", *wrong;
	const struct unit_of_time *unit = NULL;
	struct target *t;
	uint64_t n, ns;

	wrong = probe_number(text, &n, &rest);
	if (wrong && *text == '-' && !probe_number(text + 1, &n, &rest))
		wrong = probe_overflow;
	if (!wrong) {
		unit = find_unit(literal_units, ARRAY_LEN(literal_units), rest);
		if (!unit)
			wrong = "invalid trailing bytes";
	}
	if (!unit)
		return sema_error_at(s, ap->span,
				     "Invalid rate of %s probe: %s: %s", type,
				     wrong, text);
	if (__builtin_mul_overflow(n, unit->ns, &ns) || ns > longest)
		ns = longest;
	if (ns < 1000)
		return sema_error_at(s, ap->span,
				     "Invalid rate of %s probe. Minimum is "
				     "1000 or 1us. Found: %llu nanoseconds",
				     type, (unsigned long long)ns);
	t = probe_target(s, m, "%s:us:%llu", type,
			 (unsigned long long)(ns / 1000));
	t->name = "us";
	t->count = ns / 1000 * 1000;
	t->data = find_unit(part_units, ARRAY_LEN(part_units), "us");
	return true;
}

/* interval:ms:500 */
static bool
match_parts(struct sema *s, const struct attach_text *ap, struct match *m,
	    const char *type)
{
	const char *name = probe_part(ap, 1), *text = probe_part(ap, 2), *why;
	const struct unit_of_time *unit;
	struct target *t;
	uint64_t n;

	if (text[0] == '-' && text[1] >= '0' && text[1] <= '9')
		n = 0;
	else if (!probe_whole_number(sema_arena(s), text, &n, &why))
		return sema_error_at(s, ap->span,
				     "Invalid rate of %s probe: %s", type, why);
	if ((int64_t)n <= 0)
		return sema_error_at(s, ap->span,
				     "%s frequency should be a positive "
				     "integer",
				     type);
	if (!*name)
		return sema_error_at(s, ap->span,
				     "%s probe must have unit of time", type);
	unit = find_unit(part_units, ARRAY_LEN(part_units), name);
	if (!unit) {
		sema_error_at(s, ap->span, "%s is not an accepted unit of time",
			      name);
		diag_hint(sema_diag(s), "there are hz, s, ms and us");
		return false;
	}
	t = probe_target(s, m, "%s:%s:%llu", type, name, (unsigned long long)n);
	t->name = unit->name;
	t->data = unit;
	if (__builtin_mul_overflow(n, unit->ns ? unit->ns : 1, &t->count) ||
	    t->count > longest)
		t->count = longest;
	return true;
}

bool
probe_timer_match(struct sema *s, const struct attach_text *ap, struct match *m,
		  const char *type)
{
	return ap->parts.n == 2 ? match_literal(s, ap, m, type)
				: match_parts(s, ap, m, type);
}

uint64_t
probe_timer_ns(const struct target *t)
{
	const struct unit_of_time *unit = t->data;

	return unit->ns ? t->count : 1000000000 / (t->count ? t->count : 1);
}

/* target->count: ns, or times a second for a unit without length. */
void
probe_timer_attr(const struct target *t, struct perf_event_attr *attr)
{
	const struct unit_of_time *unit = t->data;

	memset(attr, 0, sizeof(*attr));
	attr->type = PERF_TYPE_SOFTWARE;
	attr->config = PERF_COUNT_SW_CPU_CLOCK;
	attr->freq = !unit->ns;
	attr->sample_period = t->count;
}

void
probe_timer_list(struct listing *l)
{
	for (size_t i = 0; i < ARRAY_LEN(part_units); i++)
		listing_add(
			l,
			arena_printf(l->in->arena, "%s:", part_units[i].name),
			NULL);
}

/* "interval:ms:500" lists as "interval:ms:". */
const char *
probe_timer_listed(struct arena *a, const struct target *t)
{
	const char *unit = strchr(t->probe, ':') + 1;

	return arena_printf(a, "%.*s:", (int)strcspn(unit, ":"), unit);
}
