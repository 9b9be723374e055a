/* SPDX-License-Identifier: MIT */
/*
 * Probe types whose turn has not come: known by name, so that a script gets
 * the true reason and not "invalid probe type".
 */
#include <linux/bpf.h>

#include "internal.h"

static bool
iter_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	(void)m;
	return probe_not_yet(s, ap, probe_iter.name);
}

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
