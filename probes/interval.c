/* SPDX-License-Identifier: MIT */
/* interval: a timer on one CPU, whatever -p says (REFERENCE 3.10). */
#include <linux/bpf.h>
#include <linux/perf_event.h>

#include "internal.h"

static bool
interval_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	return probe_timer_match(s, ap, m, probe_interval.name);
}

static int
interval_attach(struct attach *a, const struct unit *u, const struct target *t)
{
	struct perf_event_attr attr;

	(void)u;
	probe_timer_attr(t, &attr);
	return probe_perf_attach(a, &attr, -1, probe_first_cpu(a), 0, t->probe);
}

const struct probe_type probe_interval = {
	.name = "interval",
	.alias = "i",
	.doc = "timer on one CPU",
	.prog_type = BPF_PROG_TYPE_PERF_EVENT,
	.flags = PROBE_CTX | PROBE_REGS | PROBE_PERF | PROBE_TIMER,
	.min_parts = 1,
	.max_parts = 2,
	.match = interval_match,
	.reg = probe_reg,
	.attach = interval_attach,
	.list = probe_timer_list,
	.listed = probe_timer_listed,
};
