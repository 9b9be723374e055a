/* SPDX-License-Identifier: MIT */
/* hardware: events that the processor counts (REFERENCE 3.11). */
#include <linux/bpf.h>
#include <linux/perf_event.h>

#include "internal.h"

/* clang-format off */
static const struct counter counters[] = {
	{ "backend-stalls", PERF_COUNT_HW_STALLED_CYCLES_BACKEND, 1000000 },
	{ "branch-instructions", PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 100000 },
	{ "branch-misses",	PERF_COUNT_HW_BRANCH_MISSES, 100000 },
	{ "branches",		PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 100000 },
	{ "bus-cycles",		PERF_COUNT_HW_BUS_CYCLES, 100000 },
	{ "cache-misses",	PERF_COUNT_HW_CACHE_MISSES, 1000000 },
	{ "cache-references",	PERF_COUNT_HW_CACHE_REFERENCES, 1000000 },
	{ "cpu-cycles",		PERF_COUNT_HW_CPU_CYCLES, 1000000 },
	{ "cycles",		PERF_COUNT_HW_CPU_CYCLES, 1000000 },
	{ "frontend-stalls", PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, 1000000 },
	{ "instructions",	PERF_COUNT_HW_INSTRUCTIONS, 1000000 },
	{ "ref-cycles",		PERF_COUNT_HW_REF_CPU_CYCLES, 1000000 },
	{ 0 },
};
/* clang-format on */

static bool
hardware_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	return probe_counter_match(s, ap, m, probe_hardware.name, "frequency",
				   counters);
}

static int
hardware_attach(struct attach *a, const struct unit *u, const struct target *t)
{
	(void)u;
	return probe_counter_attach(a, t, PERF_TYPE_HARDWARE);
}

static void
hardware_list(struct listing *l)
{
	probe_counter_list(l, counters);
}

const struct probe_type probe_hardware = {
	.name = "hardware",
	.alias = "h",
	.doc = "events counted by the processor",
	.prog_type = BPF_PROG_TYPE_PERF_EVENT,
	.flags = PROBE_ANY | PROBE_CTX | PROBE_REGS | PROBE_PERF,
	.min_parts = 1,
	.max_parts = 2,
	.match = hardware_match,
	.reg = probe_reg,
	.attach = hardware_attach,
	.list = hardware_list,
	.listed = probe_timer_listed,
};
