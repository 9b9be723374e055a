/* SPDX-License-Identifier: MIT */
/*
 * Owns macros: their definition, and the stream of tokens in which their uses
 * are replaced. Replacements are a stack of token lists in front of the file;
 * a macro is busy while its list is on the stack, and its name there is
 * painted: never to be expanded again (C11 6.10.3.4).
 */
#include <string.h>

#include "internal.h"

/* ---- #define ---- */

struct cmacro *
pp_macro_new(struct cpp *pp, struct cname *name)
{
	struct cmacro *m = arena_alloc(pp->arena, sizeof(*m));

	m->name = name;
	m->predefined = pp->predefining;
	name->macro = m;
	if (!pp->predefining)
		*vec_push(pp->arena, &pp->macro_names) = name;
	return m;
}

/* (a, b, c...) behind the name; false: malformed. */
static bool
scan_params(struct cpp *pp, struct cmacro *m, ctokens *params)
{
	struct ctoken t;

	pp_scan(pp, pp->input, &t);
	if (is_punct(&t, ')'))
		return true;
	for (;; pp_scan(pp, pp->input, &t)) {
		if (is_punct(&t, P_ELLIPSIS)) {
			t.name = pp->va_args;
			m->variadic = true;
		} else if (t.kind != CT_NAME) {
			return false;
		}
		*vec_push(pp->arena, params) = t;
		pp_scan(pp, pp->input, &t);
		if (is_punct(&t, P_ELLIPSIS)) {
			m->variadic = true;
			pp_scan(pp, pp->input, &t);
		}
		if (is_punct(&t, ')'))
			return true;
		if (!is_punct(&t, ','))
			return false;
	}
}

static void
mark_param(struct ctoken *t, const ctokens *params)
{
	uint32_t i;

	for (i = 0; i < params->n; i++)
		if (params->v[i].name == t->name) {
			t->kind = CT_PARAM;
			t->punct = (uint16_t)i;
			return;
		}
}

static void
scan_body(struct cpp *pp, struct cmacro *m, const ctokens *params)
{
	struct tokbuf *b = pp_tokbuf_get(pp);
	struct ctoken t, *copy;
	bool hash = false;

	for (;;) {
		pp_scan(pp, pp->input, &t);
		if (t.kind == CT_EOF)
			break;
		if (t.kind == CT_NAME)
			mark_param(&t, params);
		else if (is_punct(&t, P_PASTE))
			t.kind = CT_PASTE;
		if (hash && t.kind == CT_PARAM) {
			t.kind = CT_STRINGIFY;
			t.flags = b->t.v[b->t.n - 1].flags;
			b->t.n--;
		}
		hash = m->function && is_punct(&t, '#');
		*vec_push(pp->arena, &b->t) = t;
	}
	copy = arena_alloc(pp->arena, b->t.n * sizeof(t));
	if (b->t.n)
		memcpy(copy, b->t.v, b->t.n * sizeof(t));
	m->body = copy;
	m->nbody = b->t.n;
	pp_tokbuf_put(pp, b);
}

void
pp_macro_define(struct cpp *pp)
{
	struct tokbuf *params;
	struct cmacro *m;
	struct cname *name = pp_macro_name(pp);

	if (!name || name == pp->defined)
		return;
	m = pp_macro_new(pp, name);
	params = pp_tokbuf_get(pp);
	if (*pp->input->p == '(') {
		pp->input->p++;
		m->function = true;
		if (!scan_params(pp, m, &params->t) || params->t.n > 10000) {
			pp_message(pp, false, NULL,
				   "error: expected comma in macro parameter "
				   "list");
			name->macro = NULL;
			pp_tokbuf_put(pp, params);
			return;
		}
	}
	m->nparams = params->t.n;
	scan_body(pp, m, &params->t);
	pp_tokbuf_put(pp, params);
}

/* ---- lists of tokens in front of the file ---- */

struct tokbuf *
pp_tokbuf_get(struct cpp *pp)
{
	struct tokbuf *b = pp->free_buf;

	if (!b)
		return arena_alloc(pp->arena, sizeof(*b));
	pp->free_buf = b->next;
	b->t.n = 0;
	return b;
}

void
pp_tokbuf_put(struct cpp *pp, struct tokbuf *b)
{
	b->next = pp->free_buf;
	pp->free_buf = b;
}

void
pp_push(struct cpp *pp, const struct ctoken *v, uint32_t n, struct cmacro *m,
	struct tokbuf *buf)
{
	struct cctx *c = pp->free_ctx;

	if (c)
		pp->free_ctx = c->up;
	else
		c = arena_alloc(pp->arena, sizeof(*c));
	*c = (struct cctx){
		.up = pp->ctx, .v = v, .n = n, .macro = m, .buf = buf
	};
	if (m)
		m->busy = true;
	pp->ctx = c;
	pp->made += n;
	if (pp->made > TOKENS_MAX)
		pp_stop(pp, "macros expand to too many tokens");
}

static void
ctx_pop(struct cpp *pp)
{
	struct cctx *c = pp->ctx;

	pp->ctx = c->up;
	if (c->macro)
		c->macro->busy = false;
	if (c->buf)
		pp_tokbuf_put(pp, c->buf);
	c->up = pp->free_ctx;
	pp->free_ctx = c;
}

void
pp_unread(struct cpp *pp, const struct ctoken *t)
{
	if (t->kind == CT_EOF)
		return;
	pp_push(pp, NULL, 1, NULL, NULL);
	pp->ctx->single = *t;
	pp->ctx->v = &pp->ctx->single;
}

/* The next token of the files; their ends are passed over. */
static void
file_token(struct cpp *pp, struct ctoken *t)
{
	struct cinput *in;

	while ((in = pp->input)) {
		pp_scan(pp, in, t);
		if (t->kind == CT_EOF) {
			if (pp->directive)
				return;
			pp_file_leave(pp);
			continue;
		}
		if (is_punct(t, '#') && t->flags & TOK_LINE && !pp->directive) {
			pp_directive(pp);
			if (pp->stopped)
				break;
			continue;
		}
		if (in->guard_state != GUARD_OPEN)
			in->guard_state = GUARD_NONE;
		return;
	}
	*t = (struct ctoken){ .kind = CT_EOF, .text = "" };
}

void
pp_raw(struct cpp *pp, struct ctoken *t)
{
	struct cctx *c;

	while ((c = pp->ctx) && !pp->stopped) {
		if (c->pos < c->n) {
			*t = c->v[c->pos++];
			return;
		}
		if (c->barrier) {
			*t = (struct ctoken){ .kind = CT_EOF, .text = "" };
			return;
		}
		ctx_pop(pp);
	}
	if (pp->stopped)
		*t = (struct ctoken){ .kind = CT_EOF, .text = "" };
	else
		file_token(pp, t);
}

void
pp_next(struct cpp *pp, struct ctoken *t)
{
	do {
		pp_raw(pp, t);
	} while (t->kind == CT_NAME && t->name->macro &&
		 !(t->flags & TOK_PAINTED) && pp_macro_expand(pp, t));
}

/* ---- uses ---- */

struct tokbuf *
pp_expand_argument(struct cpp *pp, const struct ctoken *v, uint32_t n)
{
	struct tokbuf *out = pp_tokbuf_get(pp);
	struct ctoken t;

	if (++pp->expanding > EXPAND_MAX) {
		pp_stop(pp, "macros nested too deeply");
		pp->expanding--;
		return out;
	}
	pp_push(pp, v, n, NULL, NULL);
	pp->ctx->barrier = true;
	for (pp_next(pp, &t); t.kind != CT_EOF; pp_next(pp, &t))
		*vec_push(pp->arena, &out->t) = t;
	while (!pp->ctx->barrier)
		ctx_pop(pp);
	ctx_pop(pp);
	pp->expanding--;
	return out;
}

static void
new_arg(struct cpp *pp, struct tokbuf *bounds, uint32_t begin)
{
	vec_push(pp->arena, &bounds->t)->len = begin;
}

/* Tokens between the parentheses, the opening one read. Where arguments
 * begin is kept in `bounds`, as many as there are. False: none closes. */
static bool
collect(struct cpp *pp, const struct cmacro *m, struct tokbuf *raw,
	struct tokbuf *bounds)
{
	unsigned depth = 0;
	struct ctoken t;

	new_arg(pp, bounds, 0);
	for (;;) {
		pp_raw(pp, &t);
		if (t.kind == CT_EOF)
			return false;
		if (t.kind == CT_NAME && t.name->macro && t.name->macro->busy)
			t.flags |= TOK_PAINTED;
		if (t.flags & TOK_LINE)
			t.flags = (t.flags & ~TOK_LINE) | TOK_SPACE;
		if (is_punct(&t, '(')) {
			depth++;
		} else if (is_punct(&t, ')') && !depth--) {
			return true;
		} else if (is_punct(&t, ',') && !depth &&
			   !(m->variadic && bounds->t.n >= m->nparams)) {
			new_arg(pp, bounds, raw->t.n);
			continue;
		}
		*vec_push(pp->arena, &raw->t) = t;
		if (raw->t.n > TOKENS_MAX / 16) {
			pp_stop(pp, "macro arguments too long");
			return false;
		}
	}
}

/* The use of a function-like macro whose '(' was read, into `out`. */
static bool
call(struct cpp *pp, struct cmacro *m, struct tokbuf *out)
{
	struct tokbuf *bounds = pp_tokbuf_get(pp);
	struct cargs args = { .raw = pp_tokbuf_get(pp) };
	uint32_t i, given;
	bool ok = collect(pp, m, args.raw, bounds);

	given = bounds->t.n;
	args.n = m->nparams;
	args.v = arena_alloc(pp->arena, (m->nparams + 1) * sizeof(*args.v));
	for (i = 0; ok && i < m->nparams; i++) {
		bool has = i < given, more = i + 1 < given;

		args.v[i].begin = has ? bounds->t.v[i].len : args.raw->t.n;
		args.v[i].end = more ? bounds->t.v[i + 1].len : args.raw->t.n;
		args.v[i].absent = !has;
	}
	if (ok)
		pp_substitute(pp, m, &args, out);
	for (i = 0; i < m->nparams; i++)
		if (args.v[i].expanded)
			pp_tokbuf_put(pp, args.v[i].expanded);
	pp_tokbuf_put(pp, args.raw);
	pp_tokbuf_put(pp, bounds);
	return ok;
}

static void
expand_builtin(struct cpp *pp, const struct cmacro *m, struct ctoken *t)
{
	const char *text;

	if (m->builtin == MB_FILE)
		text = arena_printf(pp->arena, "\"%s\"",
				    pp->input ? pp->input->file->path : "");
	else
		text = arena_printf(pp->arena, "%u",
				    m->builtin == MB_LINE ? pp_line(pp)
							  : pp->counter++);
	t->kind = m->builtin == MB_FILE ? CT_STRING : CT_NUMBER;
	t->text = text;
	t->len = (uint32_t)strlen(text);
	t->name = NULL;
}

/* The first token stands where the macro's name stood. */
static void
inherit(struct ctoken *first, const struct ctoken *name)
{
	first->flags &= (uint8_t) ~(TOK_SPACE | TOK_LINE);
	first->flags |= name->flags & (TOK_SPACE | TOK_LINE);
}

bool
pp_macro_expand(struct cpp *pp, struct ctoken *t)
{
	struct cmacro *m = t->name->macro;
	struct tokbuf *out;
	struct ctoken u;

	if (m->builtin) {
		if (m->builtin < MB_HAS_INCLUDE)
			expand_builtin(pp, m, t);
		return false;
	}
	if (m->busy) {
		t->flags |= TOK_PAINTED;
		return false;
	}
	if (m->function) {
		pp_raw(pp, &u);
		if (!is_punct(&u, '(')) {
			pp_unread(pp, &u);
			return false;
		}
	}
	out = pp_tokbuf_get(pp);
	if (m->function) {
		if (!call(pp, m, out)) {
			pp_tokbuf_put(pp, out);
			return true;
		}
	} else {
		pp_substitute(pp, m, NULL, out);
	}
	if (out->t.n)
		inherit(&out->t.v[0], t);
	pp_push(pp, out->t.v, out->t.n, m, out);
	return true;
}
