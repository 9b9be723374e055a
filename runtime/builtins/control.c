// SPDX-License-Identifier: MIT
/* Words that steer the trace: exit(), unwatch(). */
#include "internal.h"

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

static bool
unwatch_check(struct sema *s, struct node *n)
{
	return sema_error(s, n,
			  "%s() needs watchpoint probes, which this "
			  "version does not have",
			  n->call.name);
}

/* clang-format off */
const struct builtin control_words[] = {
	{ "exit", "(int = 0) -> void", "end the trace",
	  WORD_URGENT | WORD_RETURNS, .lower = exit_lower,
	  .on_event = exit_event },
	{ "unwatch", "(any) -> void", "remove a watchpoint",
	  .check = unwatch_check },
	{ 0 },
};
/* clang-format on */
