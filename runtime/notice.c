/* SPDX-License-Identifier: MIT */
/*
 * What programs report of their own accord: helpers that failed, division by
 * zero, elements outside of arrays (REFERENCE 8.2). Each in the form of a
 * warning of the compiler, at its place in the script.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

static const char *const texts[] = {
	[NOTICE_DIVISION] = "Divide or modulo by 0 detected. This can lead to "
			    "unexpected results. 1 is being used as the "
			    "result.",
	[NOTICE_BOUNDS] = "Array access out of bounds. This can lead to "
			  "unexpected results.",
};

static const char *
helper_text(const struct event_spec *e, int64_t code)
{
	if (e->helper == HELPER_map_update_elem && code == -E2BIG)
		return "Map full; can't update element. Try increasing "
		       "max_map_keys config or manually setting the max "
		       "entries in a map declaration e.g. "
		       "`let @a = hash(5000)`";
	if (e->helper == HELPER_map_lookup_elem)
		return "Can't lookup map element because it does not exist.";
	return strerror((int)-code);
}

static void
notice_json(struct session *s, const struct event_spec *e, int64_t code)
{
	struct place at = source_place(s->prog->ast->sources, e->at.begin);
	const char *file = at.source ? at.source->name : "";
	bool helper = e->notice == NOTICE_HELPER;
	const char *text = helper ? strerror((int)-code) : texts[e->notice];

	out_printf(s->out, "{\"type\": \"%s\", \"msg\": ",
		   helper ? "helper_error" : "runtime_error");
	out_json_string(s->out, text, strlen(text));
	if (helper)
		out_printf(s->out, ", \"helper\": \"%s\", \"retcode\": %lld",
			   ir_helper_name(e->helper), (long long)code);
	out_puts(s->out, ", \"filename\": ");
	out_json_string(s->out, file, strlen(file));
	out_printf(s->out, ", \"line\": %u, \"col\": %u}\n", at.line, at.col);
	out_end(s->out);
}

/* Which loss it is that a program tells of. */
static enum loss
loss_of(const struct event_spec *spec, int64_t code)
{
	if (spec->notice != NOTICE_HELPER)
		return LOSS_RUNTIME;
	if (spec->helper == HELPER_map_update_elem && code == -E2BIG)
		return LOSS_FULL;
	return LOSS_HELPER;
}

static void
tell(struct session *s, const struct event_spec *spec, int64_t code)
{
	struct arena scratch = { 0 };
	struct diag d = { .arena = &scratch,
			  .sources = s->prog->ast->sources,
			  .color = s->prog->diag->color };
	struct sbuf text = { 0 };

	if (s->opts->no_warnings)
		return;
	if (s->out->json) {
		notice_json(s, spec, code);
		return;
	}
	if (spec->notice == NOTICE_HELPER)
		diag_warn(&d, spec->at,
			  "%s\nAdditional Info - helper: %s, retcode: %lld",
			  helper_text(spec, code), ir_helper_name(spec->helper),
			  (long long)code);
	else
		diag_warn(&d, spec->at, "%s", texts[spec->notice]);
	diag_flush(&d, &text);
	session_stderr(s, text.s, text.n);
	sbuf_free(&text);
	arena_free(&scratch);
}

void
notice_full(struct session *s, const struct event_spec *spec, int64_t code,
	    uint64_t n)
{
	s->losses[loss_of(spec, code)] += n;
	tell(s, spec, code);
}

void
notice_handle(struct session *s, const struct event *e)
{
	int64_t code;

	memcpy(&code, e->data + 8, sizeof(code));
	if (e->spec->notice == NOTICE_HELPER)
		code = (int32_t)code; /* 6.1 leaves the upper half 0 */
	s->losses[loss_of(e->spec, code)]++;
	tell(s, e->spec, code);
}
