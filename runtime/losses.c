// SPDX-License-Identifier: MIT
/*
 * Owns the count of what a trace could not tell: events that found the ring
 * buffer full, maps that took no more, helpers that failed, strings that were
 * cut, stacks whose frames were not kept. --strict makes any of them an exit
 * status.
 */
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
