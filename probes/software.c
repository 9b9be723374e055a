/* SPDX-License-Identifier: MIT */
/* software: events that the kernel itself counts (REFERENCE 3.11). */
#include <linux/bpf.h>
#include <linux/perf_event.h>

#include "internal.h"

/* clang-format off */
static const struct counter counters[] = {
	{ "alignment-faults",	PERF_COUNT_SW_ALIGNMENT_FAULTS, 1 },
	{ "bpf-output",		PERF_COUNT_SW_BPF_OUTPUT, 1 },
	{ "context-switches",	PERF_COUNT_SW_CONTEXT_SWITCHES, 1000 },
	{ "cs",			PERF_COUNT_SW_CONTEXT_SWITCHES, 1000 },
	{ "cpu",		PERF_COUNT_SW_CPU_CLOCK, 1000000 },
	{ "cpu-clock",		PERF_COUNT_SW_CPU_CLOCK, 1000000 },
	{ "cpu-migrations",	PERF_COUNT_SW_CPU_MIGRATIONS, 1 },
	{ "dummy",		PERF_COUNT_SW_DUMMY, 1 },
	{ "emulation-faults",	PERF_COUNT_SW_EMULATION_FAULTS, 1 },
	{ "faults",		PERF_COUNT_SW_PAGE_FAULTS, 100 },
	{ "major-faults",	PERF_COUNT_SW_PAGE_FAULTS_MAJ, 1 },
	{ "minor-faults",	PERF_COUNT_SW_PAGE_FAULTS_MIN, 100 },
	{ "page-faults",	PERF_COUNT_SW_PAGE_FAULTS, 100 },
	{ "task-clock",		PERF_COUNT_SW_TASK_CLOCK, 1 },
	{ 0 },
};
/* clang-format on */

static bool
software_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	return probe_counter_match(s, ap, m, probe_software.name, "count",
				   counters);
}

static int
software_attach(struct attach *a, const struct unit *u, const struct target *t)
{
	(void)u;
	return probe_counter_attach(a, t, PERF_TYPE_SOFTWARE);
}

static void
software_list(struct listing *l)
{
	probe_counter_list(l, counters);
}

const struct probe_type probe_software = {
	.name = "software",
	.alias = "s",
	.doc = "events counted by the kernel",
	.prog_type = BPF_PROG_TYPE_PERF_EVENT,
	.flags = PROBE_ANY | PROBE_CTX | PROBE_REGS | PROBE_PERF,
	.min_parts = 1,
	.max_parts = 2,
	.match = software_match,
	.reg = probe_reg,
	.attach = software_attach,
	.list = software_list,
	.listed = probe_timer_listed,
};
