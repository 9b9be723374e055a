/* SPDX-License-Identifier: MIT */
/*
 * Lines that begin with #: conditionals, #include, and the others. A macro
 * that guards a whole file (#ifndef at its top, the matching #endif at its
 * end) is noted, so that the file is not entered a second time.
 */
#include <string.h>

#include "internal.h"

static struct cname *
scan_name(struct cpp *pp)
{
	struct ctoken t;

	pp_scan(pp, pp->input, &t);
	return t.kind == CT_NAME ? t.name : NULL;
}

static const struct cname *
directive_word(struct cpp *pp)
{
	struct cinput *in = pp->input;
	struct ctoken t;

	pp_scan(pp, in, &t);
	in->word = t.text;
	in->blank = t.kind == CT_EOF;
	return t.kind == CT_NAME ? t.name : NULL;
}

/* The rest of the line, macros that are left included. */
static void
end_line(struct cpp *pp)
{
	struct ctoken t;

	while (pp->ctx) {
		pp_raw(pp, &t);
		if (t.kind == CT_EOF)
			break;
	}
	pp_skip_line(pp->input);
}

/* A mistake at the directive's word. */
static void
fail_word(struct cpp *pp, const char *text)
{
	struct ctoken at = { .text = pp->input->word };

	pp_message(pp, false, &at, "error: %s", text);
}

/* The name behind #define and the like; NULL: there is none. */
struct cname *
pp_macro_name(struct cpp *pp)
{
	struct ctoken t;

	pp_scan(pp, pp->input, &t);
	if (t.kind == CT_NAME)
		return t.name;
	if (t.kind == CT_EOF)
		pp_message(pp, false, NULL, "error: macro name missing");
	else
		pp_message(pp, false, &t,
			   "error: macro name must be an identifier");
	return NULL;
}

/* ---- conditionals ---- */

static bool
in_conditional(struct cpp *pp)
{
	return pp->conds.n > pp->input->conds;
}

static void
end_conditional(struct cpp *pp)
{
	struct cinput *in = pp->input;

	if (!in_conditional(pp)) {
		fail_word(pp, "#endif without #if");
		return;
	}
	if (pp->conds.v[--pp->conds.n].guard && in->guard_state == GUARD_OPEN)
		in->guard_state = GUARD_END;
}

static void
begin_else(struct cpp *pp, struct ccond *c)
{
	if (c->has_else)
		fail_word(pp, "#else after #else");
	c->has_else = true;
}

/* What to do with the #else or #elif behind a dead branch: true: go on. */
static bool
try_branch(struct cpp *pp, const struct cname *word)
{
	struct ccond *c = &pp->conds.v[pp->conds.n - 1];
	bool live = !c->taken;

	c->guard = false;
	if (!strcmp(word->text, "else"))
		begin_else(pp, c);
	else if (!live)
		return false;
	else if (!strcmp(word->text, "elif"))
		live = pp_condition(pp);
	else if (!strcmp(word->text, "elifdef"))
		live = (word = scan_name(pp)) && word->macro;
	else if (!strcmp(word->text, "elifndef"))
		live = (word = scan_name(pp)) && !word->macro;
	else
		return false;
	c = &pp->conds.v[pp->conds.n - 1];
	c->taken |= live;
	return live;
}

/* Skip dead branches; stands in the line that ended them. */
static void
skip_branches(struct cpp *pp)
{
	const struct cname *word;

	do {
		end_line(pp);
		if (!pp_skip_dead(pp->input) || pp->stopped)
			return;
		word = directive_word(pp);
		if (word && !strcmp(word->text, "endif")) {
			end_conditional(pp);
			return;
		}
	} while (!word || !try_branch(pp, word));
}

static void
begin_conditional(struct cpp *pp, bool live, bool guard)
{
	const char *at = pp->input->word;
	struct ccond *c = vec_push(pp->arena, &pp->conds);

	*c = (struct ccond){ .at = at, .taken = live, .guard = guard };
	if (!live)
		skip_branches(pp);
}

static void
do_if(struct cpp *pp)
{
	begin_conditional(pp, pp_condition(pp), false);
}

static void
do_ifdef(struct cpp *pp)
{
	const struct cname *name = pp_macro_name(pp);

	begin_conditional(pp, name && name->macro, false);
}

static void
do_ifndef(struct cpp *pp)
{
	struct cinput *in = pp->input;
	struct cname *name = pp_macro_name(pp);
	bool guard = in->guard_state == GUARD_START && name;

	if (guard) {
		in->guard_state = GUARD_OPEN;
		in->guard = name;
	}
	begin_conditional(pp, !name || !name->macro, guard);
}

/* #else, #elif behind a live branch. */
static void
do_else(struct cpp *pp)
{
	struct ccond *c;
	bool last = !strncmp(pp->input->word, "else", 4);

	if (!in_conditional(pp)) {
		fail_word(pp, last ? "#else without #if" : "#elif without #if");
		return;
	}
	c = &pp->conds.v[pp->conds.n - 1];
	c->guard = false;
	c->taken = true;
	if (last)
		begin_else(pp, c);
	skip_branches(pp);
}

/* ---- #include ---- */

static const char *
operand_text(struct cpp *pp)
{
	struct tokbuf *b = pp_tokbuf_get(pp);
	const char *text;
	struct ctoken t;

	for (pp_next(pp, &t); t.kind != CT_EOF; pp_next(pp, &t))
		*vec_push(pp->arena, &b->t) = t;
	text = pp_text(pp, b->t.v, b->t.n);
	pp_tokbuf_put(pp, b);
	return text;
}

struct cfile *
pp_include_operand(struct cpp *pp, bool next, const char **name,
		   struct ctoken *at)
{
	struct cinput *in = pp->input;
	const char *text, *end;

	while (*in->p == ' ' || *in->p == '\t')
		in->p++;
	*at = (struct ctoken){ .text = in->p };
	text = in->p;
	if (*text != '<' && *text != '"')
		text = operand_text(pp);
	*name = NULL;
	if (*text != '<' && *text != '"')
		return NULL;
	end = text + 1 + strcspn(text + 1, *text == '<' ? ">\n" : "\"\n");
	if (*end != '>' && *end != '"')
		return NULL;
	*name = arena_strndup(pp->arena, text + 1, (size_t)(end - text - 1));
	if (text == in->p)
		in->p = end + 1;
	return pp_file_find(pp, *name, *text == '<', next);
}

static void
include(struct cpp *pp, bool next)
{
	struct cdef_msg *m;
	struct ctoken at;
	const char *name;

	pp->enter = pp_include_operand(pp, next, &name, &at);
	if (pp->enter)
		return;
	if (!name) {
		pp_message(pp, false, &at,
			   "error: expected \"FILENAME\" or <FILENAME>");
		return;
	}
	m = pp_message(pp, true, &at, "fatal error: '%s' file not found", name);
	if (m)
		m->missing = name;
}

static void
do_include(struct cpp *pp)
{
	include(pp, false);
}

static void
do_include_next(struct cpp *pp)
{
	include(pp, true);
}

/* ---- others ---- */

static void
do_undef(struct cpp *pp)
{
	struct cname *name = pp_macro_name(pp);

	if (name)
		name->macro = NULL;
}

static void
do_error(struct cpp *pp)
{
	const char *p = pp->input->p;
	struct ctoken at = { .text = pp->input->word };
	size_t n = strcspn(p, "\n");

	while (n && (*p == ' ' || *p == '\t'))
		p++, n--;
	pp_message(pp, false, &at, "error: %.*s", n > 200 ? 200 : (int)n, p);
}

/* pack(push, n), pack(n), pack(pop), pack(). */
static void
pragma_pack(struct cpp *pp)
{
	struct cnumber num;
	struct ctoken t;

	do {
		pp_next(pp, &t);
		if (t.kind == CT_NAME && !strcmp(t.name->text, "push")) {
			*vec_push(pp->arena, &pp->pack_stack) = pp->pack;
		} else if (t.kind == CT_NAME && !strcmp(t.name->text, "pop")) {
			if (pp->pack_stack.n)
				pp->pack = pp->pack_stack.v[--pp->pack_stack.n];
			return;
		} else if (t.kind == CT_NUMBER &&
			   c_number(t.text, t.len, &num) && num.v <= 16) {
			pp->pack = (uint32_t)num.v;
			return;
		} else if (is_punct(&t, ')')) {
			if (!pp->pack_stack.n)
				pp->pack = 0;
			return;
		}
	} while (t.kind != CT_EOF);
}

static void
do_pragma(struct cpp *pp)
{
	const struct cname *name = scan_name(pp);

	if (name && !strcmp(name->text, "once"))
		pp->input->file->once = true;
	else if (name && !strcmp(name->text, "pack"))
		pragma_pack(pp);
}

static void
do_nothing(struct cpp *pp)
{
	(void)pp;
}

static const struct row {
	const char *name;
	void (*run)(struct cpp *pp);
} rows[] = {
	{ "define", pp_macro_define }, { "include", do_include },
	{ "endif", end_conditional },  { "if", do_if },
	{ "ifdef", do_ifdef },         { "else", do_else },
	{ "ifndef", do_ifndef },       { "elif", do_else },
	{ "undef", do_undef },         { "pragma", do_pragma },
	{ "error", do_error },         { "include_next", do_include_next },
	{ "elifdef", do_else },        { "elifndef", do_else },
	{ "import", do_include },      { "warning", do_nothing },
	{ "line", do_nothing },        { "ident", do_nothing },
};

void
pp_directive(struct cpp *pp)
{
	struct cinput *in = pp->input;
	const struct cname *name;
	bool guard;
	size_t i;

	pp->directive = true;
	name = directive_word(pp);
	guard = name && !strcmp(name->text, "ifndef");
	if (in->guard_state == GUARD_END ||
	    (in->guard_state == GUARD_START && !guard))
		in->guard_state = GUARD_NONE;
	for (i = 0; name && i < ARRAY_LEN(rows); i++)
		if (!strcmp(name->text, rows[i].name)) {
			rows[i].run(pp);
			break;
		}
	if (!name ? !in->blank : i == ARRAY_LEN(rows))
		fail_word(pp, "invalid preprocessing directive");
	if (!pp->stopped)
		end_line(pp);
	pp->directive = false;
	if (pp->enter) {
		struct cfile *f = pp->enter;

		pp->enter = NULL;
		pp_file_enter(pp, f);
	}
}
