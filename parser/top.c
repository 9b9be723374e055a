/* SPDX-License-Identifier: MIT */
/*
 * Owns the program level (REFERENCE 1.1): C definitions, config, imports,
 * macros, map declarations, functions and probes, and their order.
 */
#include <string.h>

#include "internal.h"

/* ---- C definitions, kept verbatim ---- */

static struct cdef *
add_cdef(struct parser *p, uint32_t begin, uint32_t end)
{
	const struct source *s = p->lex.source;
	struct cdef *c = vec_push(p->arena, &p->ast->cdefs);

	c->text = arena_strndup(p->arena, s->text + begin, end - begin);
	c->span = (struct span){ s->base + begin, s->base + end };
	return c;
}

/* Does the '#' line at hand speak to the preprocessor? */
static bool
is_directive(const struct parser *p)
{
	static const char *const words[] = {
		"define",  "include", "if",    "ifdef",  "ifndef",
		"else",    "elif",    "endif", "undef",  "pragma",
		"warning", "error",   "line",  "import", "include_next",
	};
	struct token t = peek(p);

	for (size_t i = 0; is_name(&t) && i < ARRAY_LEN(words); i++)
		if (!strcmp(t.text, words[i]))
			return true;
	return false;
}

/* The end of the line at `at`; one that ends in a backslash goes on. */
static uint32_t
directive_end(const struct source *s, uint32_t at)
{
	while (at < s->len && s->text[at] != '\n') {
		if (s->text[at] == '\\' && at + 1 < s->len)
			at++;
		at++;
	}
	return at;
}

static bool
parse_directive(struct parser *p)
{
	const struct source *s = p->lex.source;
	uint32_t begin = p->tok.span.begin - s->base;
	uint32_t end = directive_end(s, begin);
	struct span span = { p->tok.span.begin, s->base + end };

	if (p->seen_def || p->ast->has_config) {
		bool comment = !is_directive(p);

		fail(p, span,
		     "C definitions must appear before probes and functions");
		if (comment)
			diag_hint(p->diag, "comments start with `//` or `/*`");
	} else {
		add_cdef(p, begin, end);
	}
	p->lex.pos = end;
	p->tok.span.end = s->base + end;
	advance(p);
	return true;
}

/* Behind a literal of C that begins at `at`. */
static uint32_t
skip_literal(const struct source *s, uint32_t at)
{
	char quote = s->text[at++];

	while (at < s->len && s->text[at] != quote && s->text[at] != '\n') {
		if (s->text[at] == '\\')
			at++;
		at++;
	}
	return at < s->len ? at + 1 : s->len;
}

/* Behind the braces of C that open at `at`; 0 when they stay open. */
static uint32_t
skip_c_braces(const struct source *s, uint32_t at)
{
	uint32_t open = 0;

	while (at < s->len) {
		const char *c = s->text + at;

		if (*c == '"' || *c == '\'') {
			at = skip_literal(s, at);
			continue;
		}
		if (c[0] == '/' && (c[1] == '/' || c[1] == '*')) {
			struct lexer lex = { .source = s, .pos = at };

			lex_skip_layout(&lex);
			at = lex.pos;
			continue;
		}
		at++;
		if (*c == '{')
			open++;
		else if (*c == '}' && !--open)
			return at;
	}
	return 0;
}

/* A name, and the parentheses of an attribute. */
static bool
skip_c_name(struct parser *p)
{
	uint32_t open = 0;

	advance(p);
	if (p->tok.kind != T_LPAREN)
		return true;
	do {
		open += p->tok.kind == T_LPAREN;
		open -= p->tok.kind == T_RPAREN;
		if (p->tok.kind == T_EOF)
			return fail_here(p, "expected ')'");
		advance(p);
	} while (open);
	return true;
}

static bool
is_attribute(const struct token *t)
{
	return t->kind == T_IDENT && !strcmp(t->text, "__attribute__");
}

/* Does a '{' follow the word at hand, names and attributes? Else it begins an
 * attach point. */
static bool
at_c_type(const struct parser *p)
{
	struct parser ahead = *p;

	while (is_name(&ahead.tok)) {
		advance(&ahead);
		if (ahead.tok.kind == T_LPAREN) {
			while (ahead.tok.kind != T_RPAREN &&
			       ahead.tok.kind != T_EOF)
				advance(&ahead);
			while (accept(&ahead, T_RPAREN))
				;
		}
	}
	return ahead.tok.kind == T_LBRACE;
}

/* struct, union or enum, with its body. */
static bool
parse_c_type(struct parser *p)
{
	const struct source *s = p->lex.source;
	uint32_t begin = p->tok.span.begin, end;

	while (is_name(&p->tok))
		if (!skip_c_name(p))
			return false;
	if (p->tok.kind != T_LBRACE)
		return fail_here(p, "expected '{'");
	end = skip_c_braces(s, p->tok.span.begin - s->base);
	if (!end) {
		p->lex.pos = s->len;
		advance(p);
		return fail_here(p, "expected '}'");
	}
	p->lex.pos = end;
	p->tok.span.end = s->base + end;
	advance(p);
	while (is_attribute(&p->tok))
		if (!skip_c_name(p))
			return false;
	accept(p, T_SEMI);
	add_cdef(p, begin - s->base, p->prev_end - s->base);
	if (p->seen_def || p->ast->has_config)
		diag_warn(p->diag, (struct span){ begin, p->prev_end },
			  "C definitions should appear before probes and "
			  "functions");
	return true;
}

/* ---- config and imports ---- */

static bool
parse_config_value(struct parser *p, struct config_item *item)
{
	struct token t = p->tok;

	item->num = t.num;
	if (t.kind == T_ERROR && t.like == T_INT)
		return fail_here(p, "expected integer");
	if (t.kind == T_STR) {
		item->kind = CONFIG_STR;
		item->text = t.text;
	} else if (t.kind == T_INT) {
		item->kind = CONFIG_INT;
		item->text = arena_printf(p->arena, "%llu",
					  (unsigned long long)t.num);
	} else if (t.kind == T_TRUE || t.kind == T_FALSE) {
		item->kind = CONFIG_BOOL;
		item->num = t.kind == T_TRUE;
		item->text = t.text;
	} else if (is_name(&t)) {
		item->kind = CONFIG_WORD;
		item->text = t.text;
	} else {
		return fail_here(p, "expected string, int, boolean, or ident");
	}
	advance(p);
	return true;
}

static bool
parse_config_item(struct parser *p)
{
	struct config_item item = { .span = p->tok.span };

	if (!is_name(&p->tok))
		return fail_here(p, "expected config key");
	item.key = p->tok.text;
	advance(p);
	if (!expect(p, T_ASSIGN) || !parse_config_value(p, &item))
		return false;
	item.span.end = p->prev_end;
	*vec_push(p->arena, &p->ast->config) = item;
	if (p->tok.kind == T_RBRACE || accept(p, T_SEMI))
		return true;
	return (p->tok.kind != T_EOF && at_line_start(p)) ||
	       fail_here(p, "expected ';'");
}

static bool
parse_config(struct parser *p)
{
	struct span word = p->tok.span;

	if (p->seen_def)
		return fail(p, word,
			    "config must appear before probes and functions");
	if (p->ast->has_config)
		return fail(p, word, "duplicate config block");
	advance(p);
	if (!expect(p, T_ASSIGN) || !expect(p, T_LBRACE))
		return false;
	p->ast->has_config = true;
	p->ast->config_span = word;
	if (p->tok.kind == T_SEMI)
		fail_here(p, "expected config key");
	while (p->tok.kind != T_RBRACE && p->tok.kind != T_EOF)
		if (!accept(p, T_SEMI) && !parse_config_item(p))
			resume_stmt(p);
	p->ast->config_span.end = p->tok.span.end;
	return expect(p, T_RBRACE);
}

static bool
parse_root_import(struct parser *p)
{
	struct import import = { .span = p->tok.span };

	if (p->seen_def)
		return fail(p, p->tok.span,
			    "root imports must appear before probes and "
			    "functions");
	advance(p);
	if (p->tok.kind != T_STR)
		return fail_here(p, "expected string after 'import'");
	import.path = p->tok.text;
	advance(p);
	import.span.end = p->prev_end;
	*vec_push(p->arena, &p->ast->imports) = import;
	return accept(p, T_SEMI) ||
	       (p->tok.kind != T_EOF && at_line_start(p)) ||
	       fail_here(p, "expected ';' after import");
}

/* ---- definitions ---- */

static bool
parse_map_decl(struct parser *p)
{
	struct map_decl m = { .span = p->tok.span };

	if (peek(p).kind != T_MAP)
		return fail(p, p->tok.span,
			    "root-level let statements need to be map "
			    "declarations, e.g. let @a = hash(2);");
	advance(p);
	m.name = p->tok.text;
	advance(p);
	if (!expect(p, T_ASSIGN))
		return false;
	if (!is_name(&p->tok))
		return fail_here(p, "expected map type name");
	m.kind = p->tok.text;
	m.kind_span = p->tok.span;
	advance(p);
	if (!expect(p, T_LPAREN))
		return false;
	if (p->tok.kind != T_INT || !p->tok.num)
		return fail_here(p, "expected positive integer for map "
				    "declaration max entries");
	m.entries = p->tok.num;
	advance(p);
	if (!expect(p, T_RPAREN))
		return false;
	accept(p, T_SEMI);
	m.span.end = p->prev_end;
	*vec_push(p->arena, &p->ast->map_decls) = m;
	return true;
}

static bool
parse_macro_param(struct parser *p, struct macro *m)
{
	struct macro_param *param;
	struct token t = p->tok;

	if (t.kind != T_VAR && t.kind != T_MAP && !is_name(&t))
		return fail_here(p, "expected macro argument ($var, @map, or "
				    "identifier)");
	if (t.kind == T_IDENT && is_true_builtin(p, t.text))
		return fail(p, t.span,
			    "builtin '%s' can't be used as a macro argument",
			    t.text);
	advance(p);
	param = vec_push(p->arena, &m->params);
	param->kind = t.kind == T_VAR   ? PARAM_VAR
		      : t.kind == T_MAP ? PARAM_MAP
					: PARAM_EXPR;
	param->name = t.text;
	param->span = t.span;
	return true;
}

static bool
parse_macro(struct parser *p)
{
	struct macro m = { .span = p->tok.span };

	advance(p);
	if (!is_name(&p->tok))
		return fail_here(p, "expected macro name");
	m.name = p->tok.text;
	m.name_span = p->tok.span;
	advance(p);
	if (!expect(p, T_LPAREN))
		return false;
	if (p->tok.kind != T_RPAREN) {
		do {
			if (!parse_macro_param(p, &m))
				return false;
		} while (accept(p, T_COMMA));
	}
	if (!expect(p, T_RPAREN) || !(m.body = parse_block(p)))
		return false;
	m.span.end = p->prev_end;
	*vec_push(p->arena, &p->ast->macros) = m;
	return true;
}

/* ($a : type, ...) */
static bool
parse_fn_params(struct parser *p)
{
	if (!expect(p, T_LPAREN))
		return false;
	if (accept(p, T_RPAREN))
		return true;
	do {
		if (p->tok.kind != T_VAR)
			return fail_here(p, "expected variable in function "
					    "argument");
		advance(p);
		if (!expect(p, T_COLON) || !parse_type(p))
			return false;
	} while (accept(p, T_COMMA));
	return expect(p, T_RPAREN);
}

static bool
parse_fn(struct parser *p)
{
	struct subprog f = { .span = p->tok.span };

	advance(p);
	if (!is_name(&p->tok))
		return fail_here(p, "expected function name");
	f.name = p->tok.text;
	advance(p);
	if (!parse_fn_params(p) || !expect(p, T_COLON) || !parse_type(p) ||
	    !(f.body = parse_block(p)))
		return false;
	settle(p, f.body);
	f.span.end = p->prev_end;
	*vec_push(p->arena, &p->ast->subprogs) = f;
	return true;
}

/* / expr / */
static bool
parse_pred(struct parser *p, struct probe *probe)
{
	probe->pred_span = p->tok.span;
	advance(p);
	p->in_pred = true;
	probe->pred = parse_expr(p);
	p->in_pred = false;
	if (!probe->pred)
		return false;
	if (p->tok.kind == T_ASSIGN) {
		fail_here(p, "expected '/' to close predicate");
		diag_hint(p->diag, "`==` compares");
		return false;
	}
	if (!accept(p, T_SLASH))
		return fail_here(p, "expected '/' to close predicate");
	probe->pred_span.end = p->prev_end;
	return true;
}

static bool
parse_probe(struct parser *p)
{
	struct probe probe = { .span = p->tok.span };

	do {
		struct attach_text ap = { 0 };

		if (probe.aps.n &&
		    (p->tok.kind == T_LBRACE || p->tok.kind == T_SLASH))
			break; /* a trailing comma */
		if (!parse_attach_point(p, &ap))
			return false;
		*vec_push(p->arena, &probe.aps) = ap;
	} while (accept(p, T_COMMA));
	if (p->tok.kind == T_SLASH && !parse_pred(p, &probe))
		return false;
	p->resume_at_brace = p->tok.kind != T_LBRACE;
	probe.body = parse_block(p);
	if (!probe.body)
		return false;
	for (uint32_t i = 0; i < probe.aps.n; i++) {
		const struct attach_text *ap = &probe.aps.v[i];

		if (ap->flaw)
			diag_error(p->diag, ap->span, "%s", ap->flaw);
		p->failed |= ap->flaw != NULL;
	}
	settle(p, probe.body);
	bare_values(probe.body);
	probe.span.end = p->prev_end;
	*vec_push(p->arena, &p->ast->probes) = probe;
	return true;
}

/* ---- the program ---- */

static bool
parse_item(struct parser *p)
{
	switch ((int)p->tok.kind) {
	case T_HASH:
		return parse_directive(p);
	case T_STRUCT:
	case T_UNION:
	case T_ENUM:
		if (at_c_type(p))
			return parse_c_type(p);
		break;
	case T_CONFIG:
		return parse_config(p);
	case T_IMPORT:
		return parse_root_import(p);
	default:
		break;
	}
	p->seen_def = true;
	switch ((int)p->tok.kind) {
	case T_LET:
		return parse_map_decl(p);
	case T_MACRO:
		return parse_macro(p);
	case T_FN:
		return parse_fn(p);
	default:
		return parse_probe(p);
	}
}

/* Behind a mistake: to the next definition, which stands behind the block or
 * the ';' of the broken one. */
static void
resume_top(struct parser *p)
{
	bool at_line = p->resume_at_line, at_brace = p->resume_at_brace;

	p->resume_at_line = p->resume_at_brace = false;
	while (p->tok.kind != T_EOF) {
		if (at_line && at_line_start(p))
			return;
		if (p->tok.kind == T_LBRACE) {
			skip_braces(p);
			accept(p, T_SEMI);
			return;
		}
		if (accept(p, T_RBRACE) || (!at_brace && accept(p, T_SEMI)))
			return;
		advance(p);
	}
}

static void
take_shebang(struct parser *p)
{
	const struct source *s = p->lex.source;
	const char *begin, *end;

	lex_skip_layout(&p->lex);
	begin = s->text + p->lex.pos;
	if (begin[0] != '#' || begin[1] != '!')
		return;
	end = memchr(begin, '\n', s->len - p->lex.pos);
	if (!end)
		end = s->text + s->len;
	p->ast->shebang = arena_strndup(p->arena, begin, (size_t)(end - begin));
	p->lex.pos = (uint32_t)(end - s->text);
}

bool
parse_source(struct ast *ast, const struct source *s,
	     const struct params *params, struct diag *d)
{
	struct parser p = { .ast = ast,
			    .arena = ast->arena,
			    .diag = d,
			    .params = params,
			    .prev_end = s->base };

	lex_init(&p.lex, ast->arena, s);
	take_shebang(&p);
	p.tok = lex_next(&p.lex);
	while (p.tok.kind != T_EOF)
		if (!parse_item(&p))
			resume_top(&p);
	return !p.failed;
}
