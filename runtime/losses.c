// SPDX-License-Identifier: MIT
/*
 * Owns the count of what a trace could not tell: events that found the ring
 * buffer full, maps that took no more, helpers that failed, strings that were
 * cut, stacks whose frames were not kept. --strict makes any of them an exit
 * status.
 */
#include <linux/bpf.h>
#include <stdio.h>

#include "internal.h"

/* clang-format off */
static const struct { const char *one, *many; } names[] = {
	[LOSS_EVENT]   = { "event lost",         "events lost" },
	[LOSS_FULL]    = { "update of a full map", "updates of full maps" },
	[LOSS_HELPER]  = { "failed helper call", "failed helper calls" },
	[LOSS_STRING]  = { "string cut",         "strings cut" },
	[LOSS_STACK]   = { "stack missed",       "stacks missed" },
	[LOSS_RUNTIME] = { "run-time warning",   "run-time warnings" },
	[LOSS_MISSED]  = { "event missed",       "events missed" },
	[LOSS_PROCESS] = { "process not followed", "processes not followed" },
};
/* clang-format on */

/* "3 events lost, 1 string cut", or nothing. */
static void
add_text(const struct session *s, struct sbuf *text)
{
	for (unsigned i = 0; i < LOSSES; i++) {
		uint64_t n = s->losses[i];

		if (n)
			sbuf_printf(text, "%s%llu %s", text->n ? ", " : "",
				    (unsigned long long)n,
				    n == 1 ? names[i].one : names[i].many);
	}
}

/* Times that the kernel left a program out, because it, or for some types
 * any, was already running on that CPU: in what had been interrupted, or had
 * to make place for another task. */
static uint64_t
missed_by(int prog_fd)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = {
		.info = { .bpf_fd = (uint32_t)prog_fd,
			  .info_len = sizeof(info),
			  .info = (uintptr_t)&info },
	};

	if (prog_fd < 0 || sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
		return 0;
	return info.recursion_misses;
}

void
losses_report_missed(struct session *s)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < s->image->progs.n; i++) {
		const struct loaded_prog *p = &s->progs[i];
		uint32_t each = s->image->progs.v[i].unit->targets.n;

		n += missed_by(p->fd);
		while (p->each && each-- > 0)
			n += missed_by(p->each[each]);
	}
	s->losses[LOSS_MISSED] = n;
	if (n && !s->out->json)
		session_warn(s, "Total missed event count: %llu",
			     (unsigned long long)n);
}

int
losses_status(struct session *s, int status)
{
	struct sbuf text = { 0 };

	if (!s->opts->strict)
		return status;
	add_text(s, &text);
	if (text.n) {
		session_error(s, "--strict: %.*s", (int)text.n, text.s);
		if (!status)
			status = STATUS_LOSSES;
	}
	sbuf_free(&text);
	return status;
}
