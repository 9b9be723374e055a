// SPDX-License-Identifier: MIT
/* The families of words and types: one line each. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

const struct builtin *const builtin_words[] = {
	context_words, process_words, time_words,    output_words,
	control_words, map_words,     agg_words,     hist_words,
	string_words,  symbol_words,  net_words,     stack_words,
	bytes_words,   meta_words,    report_words,  names_words,
	unsafe_words,  cgroup_words,  tseries_words, option_words,
	uaddr_words,   packet_words,  NULL,
};

const struct nominal *const builtin_nominals[] = {
	process_types, time_types,  agg_types,    hist_types,    symbol_types,
	net_types,     stack_types, cgroup_types, tseries_types, NULL,
};

bool
builtin_is_true(const char *name)
{
	const struct builtin *w;
	unsigned i;

	for (i = 0; builtin_words[i]; i++)
		for (w = builtin_words[i]; w->name; w++)
			if (w->flags & WORD_BUILTIN && w->name[0] == name[0] &&
			    !strcmp(w->name, name))
				return true;
	return false;
}

void
builtin_json_text(struct out *o, const struct type *t, const void *cell,
		  void (*write)(struct out *, const struct type *,
				const void *))
{
	struct out tmp = { .fd = -1, .buffering = OUT_FULL };

	tmp.session = o->session;
	write(&tmp, t, cell);
	out_json_string(o, tmp.buf.s ? tmp.buf.s : "", tmp.buf.n);
	sbuf_free(&tmp.buf);
}

char *
builtin_format_text(struct session *s, const struct event *e, bool escape,
		    size_t *n)
{
	struct out tmp = { .fd = -1, .buffering = OUT_FULL, .escape = escape };

	tmp.session = s;
	format_print(&tmp, e);
	sbuf_putc(&tmp.buf, '\0');
	*n = tmp.buf.n - 1;
	return tmp.buf.s;
}
