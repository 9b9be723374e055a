/* SPDX-License-Identifier: MIT */
/* The list of all probe types, and the door to attaching them. */
#include "internal.h"

/* clang-format off */
const struct probe_type *const probe_types[] = {
	&probe_begin,	   &probe_end,		 &probe_self,
	&probe_kprobe,	   &probe_kretprobe,	 &probe_uprobe,
	&probe_uretprobe,  &probe_usdt,		 &probe_tracepoint,
	&probe_rawtracepoint, &probe_fentry,	 &probe_fexit,
	&probe_iter,	   &probe_interval,	 &probe_profile,
	&probe_software,   &probe_hardware,	 &probe_watchpoint,
	&probe_test,	   &probe_bench,
	NULL,
};
/* clang-format on */

int
probe_attach(struct attach *a, const struct unit *u, const struct target *t)
{
	a->why = NULL;
	return u->type->attach(a, u, t);
}
