/* SPDX-License-Identifier: MIT */
/*
 * begin, end and self: raw tracepoint programs that are attached to nothing;
 * the session fires them with a test run (REFERENCE 3.2).
 */
#include <linux/bpf.h>
#include <string.h>

#include "internal.h"

static bool
begin_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	(void)ap;
	probe_target(s, m, "begin");
	return true;
}

static bool
end_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	(void)ap;
	probe_target(s, m, "end");
	return true;
}

/* self:signal:SIGUSR1 */
static bool
self_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	const char *trigger = probe_part(ap, 1), *signal = probe_part(ap, 2);

	if (strcmp(trigger, "signal") != 0)
		return sema_error_at(s, ap->span,
				     "%s is not a supported trigger", trigger);
	if (strcmp(signal, "SIGUSR1") != 0)
		return sema_error_at(s, ap->span,
				     "%s is not a supported signal", signal);
	probe_target(s, m, "self:%s:%s", trigger, signal);
	return true;
}

int
probe_attach_nothing(struct attach *a, const struct unit *u,
		     const struct target *t)
{
	(void)a;
	(void)u;
	(void)t;
	return 0;
}

static void
self_list(struct listing *l)
{
	listing_add(l, "signal:SIGUSR1", NULL);
}

const struct probe_type probe_begin = {
	.name = "begin",
	.doc = "once, before anything is attached",
	.type_word = "special",
	.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.flags = PROBE_SPECIAL,
	.match = begin_match,
	.attach = probe_attach_nothing,
};

const struct probe_type probe_end = {
	.name = "end",
	.doc = "once, after everything is detached",
	.type_word = "special",
	.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.flags = PROBE_SPECIAL | PROBE_AT_END,
	.match = end_match,
	.attach = probe_attach_nothing,
};

const struct probe_type probe_self = {
	.name = "self",
	.doc = "when the tracer itself receives a signal",
	.type_word = "special",
	.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.flags = PROBE_SPECIAL | PROBE_AT_SIGNAL,
	.min_parts = 2,
	.max_parts = 2,
	.match = self_match,
	.attach = probe_attach_nothing,
	.list = self_list,
};
