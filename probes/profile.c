/* SPDX-License-Identifier: MIT */
/* profile: a timer on every CPU, or in the threads of -p (REFERENCE 3.10). */
#include <linux/bpf.h>
#include <linux/perf_event.h>

#include "internal.h"

static bool
profile_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	return probe_timer_match(s, ap, m, probe_profile.name);
}

static int
profile_attach(struct attach *a, const struct unit *u, const struct target *t)
{
	struct perf_event_attr attr;

	(void)u;
	probe_timer_attr(t, &attr);
	return probe_perf_everywhere(a, &attr, t->probe);
}

const struct probe_type probe_profile = {
	.name = "profile",
	.alias = "p",
	.doc = "timer on every CPU",
	.prog_type = BPF_PROG_TYPE_PERF_EVENT,
	.flags = PROBE_CTX | PROBE_REGS | PROBE_PERF | PROBE_SIGNAL,
	.min_parts = 1,
	.max_parts = 2,
	.match = profile_match,
	.reg = probe_reg,
	.attach = profile_attach,
	.list = probe_timer_list,
	.listed = probe_timer_listed,
};
