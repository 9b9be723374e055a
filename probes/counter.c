/* SPDX-License-Identifier: MIT */
/*
 * Owns what software and hardware share (REFERENCE 3.11): events of perf by
 * name, with a count after which they fire.
 */
#include <linux/perf_event.h>
#include <string.h>

#include "internal.h"

static const struct counter *
find_counter(const struct counter *table, const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

/* Older versions took an empty count for none (REFERENCE 15). */
static bool
read_count(struct sema *s, const struct attach_text *ap, const char *type,
	   const char *rate, uint64_t *count)
{
	const char *text = probe_part(ap, 2), *why;

	if (!*text) {
		diag_warn(sema_diag(s), ap->span,
			  "an empty count means the default; write %s:%s", type,
			  probe_part(ap, 1));
		return true;
	}
	if (!probe_whole_number(sema_arena(s), text, count, &why))
		return sema_error_at(s, ap->span,
				     "Invalid count for %s probe: %s", type,
				     why);
	if (*text == '-' || *count > INT64_MAX)
		return sema_error_at(s, ap->span,
				     "%s %s should be a positive integer", type,
				     rate);
	return true;
}

bool
probe_counter_match(struct sema *s, const struct attach_text *ap,
		    struct match *m, const char *type, const char *rate,
		    const struct counter *table)
{
	const char *name = probe_part(ap, 1);
	const struct counter *c = find_counter(table, name);
	uint64_t count = 0;
	struct target *t;

	if (!*name)
		return sema_error_at(s, ap->span,
				     "%s probe must have a %s event name", type,
				     type);
	if (probe_is_pattern(ap, 1))
		return sema_error_at(s, ap->span,
				     "wildcards are not allowed for %s probe "
				     "type",
				     type);
	if (ap->parts.n > 2 && !read_count(s, ap, type, rate, &count))
		return false;
	if (!c)
		return sema_error_at(s, ap->span, "%s is not a %s probe", name,
				     type);
	if (count)
		t = probe_target(s, m, "%s:%s:%llu", type, name,
				 (unsigned long long)count);
	else
		t = probe_target(s, m, "%s:%s", type, name);
	t->name = c->name;
	t->count = count ? count : c->period;
	t->data = c;
	return true;
}

int
probe_counter_attach(struct attach *a, const struct target *t,
		     uint32_t perf_type)
{
	const struct counter *c = t->data;
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.type = perf_type;
	attr.config = c->config;
	attr.sample_period = t->count;
	return probe_perf_everywhere(a, &attr, t->probe);
}

void
probe_counter_list(struct listing *l, const struct counter *table)
{
	for (; table->name; table++)
		listing_add(l, arena_printf(l->in->arena, "%s:", table->name),
			    NULL);
}
