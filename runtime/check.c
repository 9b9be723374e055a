// SPDX-License-Identifier: MIT
/*
 * Owns what --check says of a script that was compiled and goes nowhere: a
 * line, or an object with every message in it, for a CI job to read.
 */
#include <string.h>

#include "internal.h"

static void
put_text(struct out *o, const char *key, const char *text)
{
	out_printf(o, ", \"%s\": ", key);
	out_json_string(o, text, strlen(text));
}

/* One message; what belongs to the one before it (a second place) says so. */
static void
put_message(struct out *o, const struct diag *d, const struct diag_msg *m)
{
	out_printf(o, "{\"severity\": \"%s\"",
		   m->is_note               ? "note"
		   : m->level == DIAG_ERROR ? "error"
					    : "warning");
	if (!m->is_bare) {
		struct place at = source_place(d->sources, m->span.begin);
		struct place to = source_place(d->sources, m->span.end);

		put_text(o, "filename", at.source ? at.source->name : "");
		out_printf(o, ", \"line\": %u, \"col\": %u", at.line, at.col);
		out_printf(o, ", \"end_line\": %u, \"end_col\": %u", to.line,
			   to.col);
	}
	put_text(o, "msg", m->text);
	if (m->hint)
		put_text(o, "hint", m->hint);
	out_putc(o, '}');
}

static void
put_json(struct out *o, const struct checked *c)
{
	out_puts(o, "{\"type\": \"check\"");
	put_text(o, "script", c->script);
	out_printf(o, ", \"ok\": %s", c->ok ? "true" : "false");
	out_printf(o, ", \"probes\": %u, \"programs\": %u, \"insns\": %u",
		   c->probes, c->programs, c->insns);
	out_puts(o, ", \"messages\": [");
	for (uint32_t i = 0; i < c->diag->msgs.n; i++) {
		if (i)
			out_puts(o, ", ");
		put_message(o, c->diag, &c->diag->msgs.v[i]);
	}
	out_puts(o, "]}\n");
}

static const char *
plural(uint32_t n)
{
	return n == 1 ? "" : "s";
}

void
check_print(struct out *o, const struct checked *c)
{
	if (o->json)
		put_json(o, c);
	else if (c->ok)
		out_printf(o, "%s: ok: %u probe%s, %u program%s, %u insns\n",
			   c->script, c->probes, plural(c->probes), c->programs,
			   plural(c->programs), c->insns);
	else
		out_printf(o, "%s: %u error%s\n", c->script, c->diag->errors,
			   plural(c->diag->errors));
	out_flush(o);
}
