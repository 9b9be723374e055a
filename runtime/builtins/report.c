// SPDX-License-Identifier: MIT
/*
 * Words that report to the one who runs the script, on stderr with the place
 * in the script: errorf, warnf, assert; and debugf, into the kernel's own
 * trace.
 */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEBUG_ARGS = 3 };

/* ---- to stderr ---- */

/* "FILE:L:C1-C2" or, over several lines, "FILE:L1-L2". */
static void
put_place(struct sbuf *out, const struct place *a, const struct place *b)
{
	const char *file = a->source ? a->source->name : "";

	if (a->line == b->line)
		sbuf_printf(out, "%s:%u:%u-%u", file, a->line, a->col, b->col);
	else
		sbuf_printf(out, "%s:%u-%u", file, a->line, b->line);
}

static void
report_json(struct out *o, const char *type, const struct place *at,
	    const char *text, size_t n)
{
	const char *file = at->source ? at->source->name : "";

	out_printf(o, "{\"type\": \"%s\", \"msg\": ", type);
	out_json_string(o, text, n);
	out_puts(o, ", \"filename\": ");
	out_json_string(o, file, strlen(file));
	out_printf(o, ", \"line\": %u, \"col\": %u}\n", at->line, at->col);
	out_end(o);
}

void
report_at_call(const struct event *e, bool warning, const char *text, size_t n)
{
	struct session *s = e->session;
	const struct sources *all = s->prog->ast->sources;
	struct span span = e->spec->call->span;
	struct place a = source_place(all, span.begin);
	struct place b = source_place(all, span.end);
	struct sbuf line = { 0 };

	if (warning && s->opts->no_warnings)
		return;
	if (s->out->json) {
		report_json(s->out, warning ? "warnf" : "errorf", &a, text, n);
		return;
	}
	put_place(&line, &a, &b);
	sbuf_puts(&line, warning ? ": WARNING: " : ": ERROR: ");
	sbuf_add(&line, text, n);
	if (!n || text[n - 1] != '\n')
		sbuf_putc(&line, '\n');
	session_stderr(s, line.s, line.n);
	sbuf_free(&line);
}

void
report_source(const struct event *e, bool warning, const char *text, size_t n)
{
	struct session *s = e->session;
	struct span span = e->spec->call->span;
	struct arena scratch = { 0 };
	struct diag d = { .arena = &scratch,
			  .sources = s->prog->ast->sources,
			  .color = s->prog->diag->color };
	struct sbuf out = { 0 };

	if (s->out->json || (warning && s->opts->no_warnings)) {
		report_at_call(e, warning, text, n);
		return;
	}
	if (warning)
		diag_warn(&d, span, "%.*s", (int)n, text);
	else
		diag_error(&d, span, "%.*s", (int)n, text);
	diag_flush(&d, &out);
	session_stderr(s, out.s, out.n);
	sbuf_free(&out);
	arena_free(&scratch);
}

bool
unstable_check(struct sema *s, struct node *n, const char *name,
	       const char *setting)
{
	const struct diag *d = sema_diag(s);
	struct node nowhere = { .kind = N_INT };
	const char *text;
	uint32_t i;

	if (!strcmp(setting, "error"))
		return sema_error(s, n,
				  "%s feature is not enabled by default. To "
				  "enable this unstable feature, set the "
				  "config flag to enable. unstable_%s=enable",
				  name, name);
	if (!strcmp(setting, "enable"))
		return true;
	text = arena_printf(sema_arena(s),
			    "Script is using an unstable feature: %s. To "
			    "prevent this warning you must explicitly enable "
			    "it in the config e.g. unstable_%s=enable",
			    name, name);
	for (i = 0; i < d->msgs.n; i++)
		if (!strcmp(d->msgs.v[i].text, text))
			return true;
	sema_warn(s, &nowhere, "%s", text);
	return true;
}

static bool
format_words_check(struct sema *s, struct node *n)
{
	return format_check(s, n, 0);
}

/* aux: a warning. */
static void
report_event(struct session *s, const struct event *e)
{
	size_t n;
	char *text = builtin_format_text(s, e, s->out->escape, &n);

	report_at_call(e, e->spec->call->call.word->aux, text, n);
	free(text);
}

/* ---- assert ---- */

static bool
assert_check(struct sema *s, struct node *n)
{
	const struct type *cond = sema_arg(n, 0)->type;
	const struct type *text = sema_arg(n, 1)->type;
	int64_t v;

	if (cond && cond->kind != TY_ERROR && !type_is_int(cond) &&
	    cond->kind != TY_POINTER)
		return sema_error(s, n,
				  "The ! operator can not be used on "
				  "expressions of type '%s'",
				  type_name(cond));
	if (sema_literal_int(sema_arg(n, 1), &v)) {
		sema_make_str(
			s, sema_arg(n, 1),
			arena_printf(sema_arena(s), "%lld", (long long)v));
		return true;
	}
	if (text && text->kind != TY_ERROR && text->kind != TY_STRING)
		return sema_error(s, n,
				  "assert() expects a string as its message "
				  "(%s provided)",
				  sema_kind_name(text));
	return true;
}

static void
assert_record(struct lower *l, const struct node *n, struct mem record)
{
	const struct node *text = ir_arg_node(n, 1);

	if (!sema_literal_str(text, NULL))
		ir_expr_into(l, text, record);
}

static struct ref
assert_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct blk *good = ir_blk(l), *bad = ir_blk(l);
	const struct node *text = ir_arg_node(n, 1);
	uint32_t size = sema_literal_str(text, NULL) ? 0 : text->type->size;

	(void)dst;
	ir_br(l, CC_NE, ir_arg(l, n, 0), ir_const(l, 0), good, bad);
	ir_seal(l, bad);
	ir_at(l, bad);
	ir_emit_raw(l, n, size, assert_record);
	ir_end_probe(l);
	ir_seal(l, good);
	ir_at(l, good);
	return REF_NONE;
}

/* Upstream's assert() is a macro of its library: its place there comes
 * first. */
static void
assert_place(struct session *s, const struct event *e, const struct sbuf *text)
{
	static const char note[] = "expanded from";
	struct sbuf line = { 0 };

	if (s->out->json) {
		report_at_call(e, false, text->s, text->n);
		return;
	}
	sbuf_printf(&line, "stdlib/base.bt:6:5-37: ERROR: %.*s\n", (int)text->n,
		    text->s);
	session_stderr(s, line.s, line.n);
	sbuf_free(&line);
	report_source(e, false, note, strlen(note));
}

static void
assert_event(struct session *s, const struct event *e)
{
	const struct node *arg = ir_arg_node(e->spec->call, 1);
	const char *text = sema_literal_str(arg, NULL);
	struct sbuf line = { 0 };
	size_t n;

	sbuf_puts(&line, "assert failed: ");
	if (text) {
		sbuf_puts(&line, text);
	} else {
		text = value_string(arg->type, e->data + 8, &n);
		sbuf_add(&line, text, n);
	}
	assert_place(s, e, &line);
	sbuf_free(&line);
	s->exit_code = 1;
	s->done = true;
}

/* ---- debugf ---- */

/* The next conversion that takes an argument, behind *f; NUL: none. */
static char
next_conversion(const char **f)
{
	const char *p = *f;

	while ((p = strchr(p, '%'))) {
		p += 1 + strspn(p + 1, "0123456789-+ #.lhjzt");
		if (!*p)
			break;
		if (*p++ == '%')
			continue;
		*f = p;
		return p[-1];
	}
	return '\0';
}

/* Whether the kernel's own printf() would read the argument as it is. */
static bool
debugf_argument(struct sema *s, const struct node *format, char conv,
		const struct node *arg)
{
	const struct type *t = arg ? arg->type : NULL;

	if (!strchr("duxps", conv))
		return sema_error(s, format,
				  "Invalid format specifier for `debugf`: %c",
				  conv);
	if (!t || t->kind == TY_ERROR)
		return true;
	if ((conv == 's') == (t->kind == TY_STRING))
		return true;
	return sema_error(s, arg, "Type does not match format specifier: %c",
			  conv);
}

static bool
debugf_check(struct sema *s, struct node *n)
{
	const struct node *format = sema_arg(n, 0);
	const char *text = sema_literal_str(format, NULL);
	unsigned count = 0;
	bool good;
	char conv;

	sema_warn(s, n,
		  "The debugf() builtin is not recommended for production use. "
		  "For more information see bpf_trace_printk in "
		  "bpf-helpers(7).");
	good = format_check(s, n, 0);
	while (text && (conv = next_conversion(&text)))
		good = debugf_argument(s, format, conv, sema_arg(n, ++count)) &&
		       good;
	if (count > DEBUG_ARGS)
		good = sema_error(s, n,
				  "cannot use more than %d conversion "
				  "specifiers",
				  DEBUG_ARGS);
	return good;
}

static struct ref
debugf_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	uint32_t len = 0;
	const char *text = sema_literal_str(ir_arg_node(n, 0), &len);
	struct ref a[DEBUG_ARGS];
	unsigned i, nargs = ir_nargs(n) - 1;
	struct ref f;

	(void)dst;
	for (i = 0; i < DEBUG_ARGS; i++) {
		const struct type *t =
			i < nargs ? ir_arg_node(n, i + 1)->type : NULL;

		if (!t)
			a[i] = ir_const(l, 0);
		else
			a[i] = type_is_scalar(t)
				       ? ir_arg(l, n, i + 1)
				       : ir_addr(l, ir_arg_mem(l, n, i + 1));
	}
	f = ir_addr(l, ir_bytes(l, text, len + 1));
	ir_call(l, HELPER_trace_printk, 5, f, ir_const(l, len + 1), a[0], a[1],
		a[2]);
	return REF_NONE;
}

/* clang-format off */
const struct builtin report_words[] = {
	{ "errorf", "(string literal, any = none, ...) -> void",
	  "print an error with the place in the script", WORD_FORMAT,
	  .check = format_words_check, .lower = ir_emit,
	  .on_event = report_event },
	{ "warnf", "(string literal, any = none, ...) -> void",
	  "print a warning with the place in the script", WORD_FORMAT, .aux = 1,
	  .check = format_words_check, .lower = ir_emit,
	  .on_event = report_event },
	{ "assert", "(any, any) -> void", "end the trace if something is false",
	  WORD_MACRO | WORD_URGENT, .check = assert_check,
	  .lower = assert_lower, .on_event = assert_event },
	{ "debugf", "(any, any = none, ...) -> void",
	  "print into the kernel's trace buffer", .check = debugf_check,
	  .lower = debugf_lower },
	{ 0 },
};
/* clang-format on */
