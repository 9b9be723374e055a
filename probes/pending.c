/* SPDX-License-Identifier: MIT */
/*
 * Probe types whose turn has not come: known by name, so that a script gets
 * the true reason and not "invalid probe type".
 */
#include <linux/bpf.h>

#include "internal.h"

static bool
usdt_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	(void)m;
	return probe_not_yet(s, ap, probe_usdt.name);
}

static bool
iter_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	(void)m;
	return probe_not_yet(s, ap, probe_iter.name);
}

const struct probe_type probe_usdt = {
	.name = "usdt",
	.alias = "U",
	.doc = "static markers of programs and libraries",
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.flags = PROBE_ARGN | PROBE_CTX | PROBE_REGS | PROBE_USER |
		 PROBE_SIGNAL | PROBE_LATE,
	.min_parts = 2,
	.max_parts = 3,
	.match = usdt_match,
};

const struct probe_type probe_iter = {
	.name = "iter",
	.alias = "it",
	.doc = "walk over objects of the kernel",
	.prog_type = BPF_PROG_TYPE_TRACING,
	.attach_type = BPF_TRACE_ITER,
	.flags = PROBE_ANY | PROBE_CTX | PROBE_LATE,
	.min_parts = 1,
	.max_parts = 2,
	.match = iter_match,
};
