// SPDX-License-Identifier: MIT
/* Words that steer the trace: exit(), unwatch(). */
#include "internal.h"

#include <unistd.h>

static struct ref
exit_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	ir_emit(l, n, dst);
	ir_end_probe(l);
	return REF_NONE;
}

static void
exit_event(struct session *s, const struct event *e)
{
	s->exit_code = ir_nargs(e->spec->call) ? event_int(e, 0) & 0xff : 0;
	s->done = true;
}

/* Closing the link, or the event where there is none, ends it at once. */
static void
unwatch_event(struct session *s, const struct event *e)
{
	uint64_t address = (uint64_t)event_int(e, 0);

	for (uint32_t i = 0; i < s->attach.watched.n; i++) {
		const struct watched *w = &s->attach.watched.v[i];

		for (uint32_t k = w->first; k < w->end; k++)
			if (w->address == address && s->attach.fds.v[k] >= 0) {
				close(s->attach.fds.v[k]);
				s->attach.fds.v[k] = -1;
			}
	}
}

/* clang-format off */
const struct builtin control_words[] = {
	{ "exit", "(int = 0) -> void", "end the trace",
	  WORD_URGENT | WORD_RETURNS, .lower = exit_lower,
	  .on_event = exit_event },
	{ "unwatch", "(int|pointer) -> void", "remove a watchpoint",
	  WORD_URGENT, .lower = ir_emit, .on_event = unwatch_event },
	{ 0 },
};
/* clang-format on */
