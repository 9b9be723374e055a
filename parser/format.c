/* SPDX-License-Identifier: MIT */
/*
 * Owns the program in the usual layout (REFERENCE 9.6): its parts in the
 * order of the source, probes and their statements, one a line. The result
 * means the same, and formatted again it is the same.
 */
#include <string.h>

#include "internal.h"

enum { STEP = 2 };

static uint32_t
offset(const struct formatter *f, uint32_t pos)
{
	return pos - f->src->base;
}

static void
put_slice(struct formatter *f, uint32_t begin, uint32_t end)
{
	while (end > begin && strchr(" \t\r\n", f->src->text[end - 1]))
		end--;
	sbuf_add(f->out, f->src->text + begin, end - begin);
}

static void
put_indent(struct formatter *f)
{
	sbuf_printf(f->out, "%*s", (int)f->indent, "");
}

/* ---- where a statement ends ---- */

/* Behind `at`: closing parentheses, which spans leave out, then a ';'. */
static uint32_t
skip_end(const struct formatter *f, uint32_t at, bool *semicolon)
{
	struct lexer lex = { .arena = f->arena, .source = f->src, .pos = at };
	struct token t;

	*semicolon = f->src->text[at - 1] == ';';
	if (*semicolon) /* some spans hold it */
		return at;
	t = lex_next(&lex);
	while (t.kind == T_RPAREN) {
		at = lex.pos;
		t = lex_next(&lex);
	}
	*semicolon = t.kind == T_SEMI;
	return *semicolon ? lex.pos : at;
}

static void
note_block(void *arg, struct node *child)
{
	bool *found = arg;

	if (child->kind == N_BLOCK)
		*found = true;
	else if (!*found)
		ast_each_child(child, note_block, arg);
}

/* Does it hold a block? Then comments in it have a place there. */
static bool
has_block(const struct node *n)
{
	bool found = n->kind == N_BLOCK;

	if (!found)
		ast_each_child(n, note_block, &found);
	return found;
}

/* ---- statements ---- */

static void
put_let(struct formatter *f, const struct node *n)
{
	sbuf_printf(f->out, "let $%s", n->let.name);
	if (n->let.decl) {
		sbuf_puts(f->out, " : ");
		format_type(f, n->let.decl);
	}
	if (n->let.value) {
		sbuf_puts(f->out, " = ");
		format_expr(f, n->let.value, 1);
	}
}

/* The same place each time, whatever is read meanwhile. */
static bool
is_same_place(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == N_VAR)
		return !strcmp(a->var.name, b->var.name);
	if (a->kind == N_INT)
		return a->num.value == b->num.value;
	if (a->kind != N_MAP || strcmp(a->map.name, b->map.name) != 0 ||
	    a->map.keys.n != b->map.keys.n)
		return false;
	for (uint32_t i = 0; i < a->map.keys.n; i++)
		if (!is_same_place(a->map.keys.v[i], b->map.keys.v[i]))
			return false;
	return true;
}

/* `x = x + 1` is `x += 1`. */
static bool
is_compound_assign(const struct node *target, const struct node *value)
{
	enum operator_kind op =
		value->kind == N_BINARY ? value->binary.op : OP_ASSIGN;

	return value->kind == N_BINARY && op != OP_LAND && op != OP_LOR &&
	       !(op >= OP_EQ && op <= OP_GE) &&
	       is_same_place(target, value->binary.l);
}

static void
put_assign(struct formatter *f, const struct node *n)
{
	const struct node *value = n->assign.value;
	enum operator_kind op = n->assign.op;

	if (op == OP_ASSIGN && is_compound_assign(n->assign.target, value)) {
		op = value->binary.op;
		value = value->binary.r;
	}
	format_expr(f, n->assign.target, 3);
	if (op == OP_ASSIGN)
		sbuf_puts(f->out, " = ");
	else
		sbuf_printf(f->out, " %s= ", ast_op_text(op));
	format_expr(f, value, 1);
}

static void
put_for(struct formatter *f, const struct node *n)
{
	sbuf_printf(f->out, "for $%s : ", n->loop_for.name);
	if (n->loop_for.map) {
		format_expr(f, n->loop_for.map, 2);
	} else {
		format_bound(f, n->loop_for.from);
		sbuf_puts(f->out, "..");
		format_bound(f, n->loop_for.to);
	}
	sbuf_putc(f->out, ' ');
	format_block(f, n->loop_for.body, true);
}

static void
put_loop(struct formatter *f, const struct node *n)
{
	sbuf_printf(f->out, "%s ", ast_kind_name(n->kind));
	format_cond(f, n->loop.cond, n->kind == N_UNROLL);
	sbuf_putc(f->out, ' ');
	format_block(f, n->loop.body, true);
}

static void
put_stmt(struct formatter *f, const struct node *n)
{
	switch ((int)n->kind) {
	case N_LET:
		put_let(f, n);
		break;
	case N_ASSIGN:
		put_assign(f, n);
		break;
	case N_DISCARD:
		sbuf_puts(f->out, "_ = ");
		format_expr(f, n->expr.x, 1);
		break;
	case N_EXPR:
		format_expr(f, n->expr.x, 1);
		break;
	case N_FOR:
		put_for(f, n);
		break;
	case N_WHILE:
	case N_UNROLL:
		put_loop(f, n);
		break;
	case N_RETURN:
		sbuf_puts(f->out, n->ret.x ? "return " : "return");
		if (n->ret.x)
			format_expr(f, n->ret.x, 1);
		break;
	case N_BREAK:
	case N_CONTINUE:
		sbuf_puts(f->out, ast_kind_name(n->kind));
		break;
	case N_IMPORT:
		put_slice(f, offset(f, n->span.begin), offset(f, n->span.end));
		break;
	default: /* if and blocks, the value of a block */
		format_expr(f, n, 1);
		break;
	}
}

static bool
ends_in_brace(const struct node *n)
{
	return n->kind == N_IF || n->kind == N_BLOCK || n->kind == N_FOR ||
	       n->kind == N_WHILE || n->kind == N_UNROLL;
}

/* A statement and its ';', which the last one of a block may do without:
 * then it is the block's value, or looks like it. */
static void
put_line(struct formatter *f, const struct node *n, bool last, bool value)
{
	bool written, semicolon;
	uint32_t end = skip_end(f, offset(f, n->span.end), &written);
	uint32_t past = offset(f, n->kind == N_EXPR ? n->expr.x->span.end
						    : n->span.end);

	if (value)
		semicolon = false;
	else if (ends_in_brace(n))
		semicolon = last && written;
	else
		semicolon = written || !last || n->kind != N_EXPR;
	format_leading(f, offset(f, n->span.begin));
	if (!has_block(n))
		format_hoist(f, past);
	put_indent(f);
	put_stmt(f, n);
	if (semicolon)
		sbuf_putc(f->out, ';');
	format_trailing(f, past, end);
}

static void
put_lines(struct formatter *f, const struct node *n, bool ends)
{
	uint32_t count = n->block.stmts.n;

	for (uint32_t i = 0; i < count; i++) {
		bool last = i + 1 == count && !n->block.value;

		f->ends = ends && last && ends_in_brace(n->block.stmts.v[i]);
		put_line(f, n->block.stmts.v[i], !ends && last, false);
	}
	f->ends = ends && n->block.value && ends_in_brace(n->block.value);
	if (n->block.value)
		put_line(f, n->block.value, !ends, !ends);
	f->ends = false;
}

/* What a block is made of, when that is one thing that fits its line. */
static const struct node *
sole(const struct formatter *f, const struct node *n)
{
	const struct node *only = n->block.value;

	if (!only && n->block.stmts.n == 1)
		only = n->block.stmts.v[0];
	else if (n->block.stmts.n)
		return NULL;
	if (!only || format_pending(f, offset(f, n->span.end)) ||
	    (only->kind == N_BLOCK ? !sole(f, only) : has_block(only)))
		return NULL;
	return only;
}

static void
put_short_block(struct formatter *f, const struct node *n, bool ends)
{
	const struct node *only = sole(f, n);
	bool written;

	skip_end(f, offset(f, only->span.end), &written);
	sbuf_puts(f->out, "{ ");
	put_stmt(f, only);
	if (only != n->block.value || ends)
		if (!ends_in_brace(only) &&
		    (written || ends || only->kind != N_EXPR))
			sbuf_putc(f->out, ';');
	sbuf_puts(f->out, " }");
	f->pos = offset(f, n->span.end);
}

void
format_bare_block(struct formatter *f, const struct node *n)
{
	bool ends = f->ends;

	if (sole(f, n))
		put_short_block(f, n, ends);
	else
		format_block(f, n, ends);
}

/* `ends`: every statement gets its ';', the last one too. */
void
format_block(struct formatter *f, const struct node *n, bool ends)
{
	uint32_t end = offset(f, n->span.end);
	unsigned indent = f->indent;

	if (!n->block.stmts.n && !n->block.value && !format_pending(f, end)) {
		sbuf_puts(f->out, "{}");
		f->pos = end;
		return;
	}
	sbuf_puts(f->out, "{\n");
	f->indent += STEP;
	f->first = true;
	f->pos = offset(f, n->span.begin) + 1;
	put_lines(f, n, ends);
	while (format_pending(f, end))
		format_leading(f, f->comments.v[f->next].begin + 1);
	f->first = false;
	f->indent = indent;
	put_indent(f);
	sbuf_putc(f->out, '}');
	f->pos = end;
}

/* ---- if ---- */

static bool
is_short(const struct formatter *f, const struct node *n)
{
	const struct node *only = n->kind == N_BLOCK ? sole(f, n) : NULL;

	return only && (only == n->block.value || only->kind == N_EXPR);
}

/* `if a { 1 } else { 2 }`, where something follows. */
static bool
is_short_if(const struct formatter *f, const struct node *n)
{
	return is_short(f, n->cond.then) && n->cond.other &&
	       is_short(f, n->cond.other) && !has_block(n->cond.cond);
}

static void
put_if(struct formatter *f, const struct node *n, bool ends, bool one_line)
{
	sbuf_puts(f->out, "if ");
	format_cond(f, n->cond.cond, false);
	sbuf_putc(f->out, ' ');
	if (one_line)
		put_short_block(f, n->cond.then, false);
	else
		format_block(f, n->cond.then, ends);
	if (!n->cond.other)
		return;
	sbuf_puts(f->out, " else ");
	if (n->cond.other->kind == N_IF)
		put_if(f, n->cond.other, ends, false);
	else if (one_line)
		put_short_block(f, n->cond.other, false);
	else
		format_block(f, n->cond.other, ends);
}

void
format_if(struct formatter *f, const struct node *n)
{
	bool ends = f->ends;

	f->ends = false;
	put_if(f, n, ends, !ends && is_short_if(f, n));
}

/* ---- the program's parts ---- */

/* A head that is made of tokens, blanks between them as usual. */
static void
put_tokens(struct formatter *f, uint32_t begin, uint32_t end)
{
	struct lexer lex = { .arena = f->arena,
			     .source = f->src,
			     .pos = begin };
	bool glue = true;

	for (;;) {
		struct token t = lex_next(&lex);
		uint32_t at = offset(f, t.span.begin);

		if (t.kind == T_EOF || at >= end)
			return;
		if (!glue && t.kind != T_LPAREN && t.kind != T_RPAREN &&
		    t.kind != T_COMMA && t.kind != T_LBRACKET &&
		    t.kind != T_RBRACKET && t.kind != T_STAR &&
		    t.kind != T_SEMI)
			sbuf_putc(f->out, ' ');
		put_slice(f, at, offset(f, t.span.end));
		glue = t.kind == T_LPAREN || t.kind == T_LBRACKET;
	}
}

static void
put_aps(struct formatter *f, const struct probe *p)
{
	for (uint32_t i = 0; i < p->aps.n; i++) {
		uint32_t end = offset(f, p->aps.v[i].span.end);
		struct lexer lex = { .arena = f->arena,
				     .source = f->src,
				     .pos = end };

		if (i) {
			f->first = true;
			format_leading(f, offset(f, p->aps.v[i].span.begin));
		}
		put_slice(f, offset(f, p->aps.v[i].span.begin), end);
		if (i + 1 == p->aps.n)
			break;
		lex_next(&lex);
		sbuf_putc(f->out, ',');
		format_trailing(f, lex.pos, lex.pos);
	}
	sbuf_putc(f->out, '\n');
}

static void
put_probe(struct formatter *f, const void *part)
{
	const struct probe *p = part;

	put_aps(f, p);
	if (p->pred) {
		sbuf_putc(f->out, '/');
		format_expr(f, p->pred, 1);
		sbuf_puts(f->out, "/\n");
	}
	format_block(f, p->body, true);
}

static void
put_macro(struct formatter *f, const void *part)
{
	const struct macro *m = part;

	put_tokens(f, offset(f, m->span.begin), offset(f, m->body->span.begin));
	sbuf_putc(f->out, '\n');
	format_block(f, m->body, false);
}

static void
put_fn(struct formatter *f, const void *part)
{
	const struct subprog *s = part;

	put_tokens(f, offset(f, s->span.begin), offset(f, s->body->span.begin));
	sbuf_putc(f->out, '\n');
	format_block(f, s->body, true);
}

static void
put_map_decl(struct formatter *f, const void *part)
{
	const struct map_decl *m = part;
	uint32_t begin = offset(f, m->span.begin);

	put_tokens(f, begin, offset(f, m->span.end));
	if (f->out->s[f->out->n - 1] != ';')
		sbuf_putc(f->out, ';');
}

static void
put_import(struct formatter *f, const void *part)
{
	const struct import *i = part;

	put_slice(f, offset(f, i->span.begin), offset(f, i->span.end));
	sbuf_putc(f->out, ';');
}

static void
put_cdef(struct formatter *f, const void *part)
{
	const struct cdef *c = part;

	put_slice(f, offset(f, c->span.begin), offset(f, c->span.end));
	if (f->out->s[f->out->n - 1] == '}')
		sbuf_putc(f->out, ';');
}

static void
put_shebang(struct formatter *f, const void *part)
{
	(void)part;
	sbuf_puts(f->out, f->ast->shebang);
}

/* Quotes are dropped where the text is a word by itself. */
static void
put_config_value(struct formatter *f, const struct config_item *c)
{
	uint32_t end = offset(f, c->span.end), begin = end;
	struct source word = { .text = c->text,
			       .len = (uint32_t)strlen(c->text) };
	struct lexer lex = { .arena = f->arena, .source = &word };
	struct lexer value = { .arena = f->arena,
			       .source = f->src,
			       .pos = offset(f, c->span.begin) };

	if (c->kind == CONFIG_STR && lex_next(&lex).kind == T_IDENT &&
	    lex.pos == word.len) {
		sbuf_puts(f->out, c->text);
		return;
	}
	lex_next(&value);
	lex_next(&value);
	begin = offset(f, lex_next(&value).span.begin);
	put_slice(f, begin, end);
}

static void
put_config(struct formatter *f, const void *part)
{
	bool semicolon;

	(void)part;
	sbuf_puts(f->out, "config = {\n");
	f->indent = STEP;
	f->first = true;
	f->pos = (uint32_t)(strchr(f->src->text + f->config_at, '{') + 1 -
			    f->src->text);
	for (uint32_t i = 0; i < f->ast->config.n; i++) {
		const struct config_item *c = &f->ast->config.v[i];
		uint32_t end = skip_end(f, offset(f, c->span.end), &semicolon);

		format_leading(f, offset(f, c->span.begin));
		format_hoist(f, end);
		sbuf_printf(f->out, "%*s%s = ", STEP, "", c->key);
		put_config_value(f, c);
		sbuf_putc(f->out, ';');
		format_trailing(f, end, end);
	}
	while (format_pending(f, f->config_end))
		format_leading(f, f->comments.v[f->next].begin + 1);
	f->indent = 0;
	sbuf_putc(f->out, '}');
}

/* ---- the program ---- */

typedef void put_part(struct formatter *f, const void *what);

struct part {
	uint32_t begin, end; /* offsets in the source */
	put_part *put;
	const void *what;
};

struct parts {
	struct formatter *f;
	VEC(struct part) list;
};

/* Keep them in the order of the source. */
static void
add_part(struct parts *p, uint32_t begin, uint32_t end, put_part *put,
	 const void *what)
{
	uint32_t i;

	vec_push(p->f->arena, &p->list);
	for (i = p->list.n - 1; i && p->list.v[i - 1].begin > begin; i--)
		p->list.v[i] = p->list.v[i - 1];
	p->list.v[i] = (struct part){ begin, end, put, what };
}

/* `n` items of `size` bytes each, whose span is at `span_at` in them. */
static void
add_parts(struct parts *p, const void *items, uint32_t n, size_t size,
	  size_t span_at, put_part *put)
{
	for (uint32_t i = 0; i < n; i++) {
		const char *item = (const char *)items + i * size;
		const struct span *at = (const void *)(item + span_at);

		add_part(p, offset(p->f, at->begin), offset(p->f, at->end), put,
			 item);
	}
}

/* The arguments that describe a vector of structs with a span. */
#define ITEMS(vec, type)                                                       \
	(vec).v, (vec).n, sizeof(struct type), offsetof(struct type, span)

static void
list_parts(struct parts *p)
{
	struct formatter *f = p->f;
	const struct ast *ast = f->ast;

	if (ast->shebang) {
		size_t n = strlen(ast->shebang);
		const char *at =
			memmem(f->src->text, f->src->len, ast->shebang, n);
		uint32_t begin = (uint32_t)(at - f->src->text);

		add_part(p, begin, begin + (uint32_t)n, put_shebang, NULL);
	}
	if (ast->has_config)
		add_part(p, f->config_at, f->config_end, put_config, NULL);
	add_parts(p, ITEMS(ast->cdefs, cdef), put_cdef);
	add_parts(p, ITEMS(ast->imports, import), put_import);
	add_parts(p, ITEMS(ast->macros, macro), put_macro);
	add_parts(p, ITEMS(ast->map_decls, map_decl), put_map_decl);
	add_parts(p, ITEMS(ast->subprogs, subprog), put_fn);
	add_parts(p, ITEMS(ast->probes, probe), put_probe);
}

void
ast_format(const struct ast *ast, const struct source *s, struct sbuf *out)
{
	struct formatter f = { .arena = ast->arena,
			       .ast = ast,
			       .src = s,
			       .out = out,
			       .first = true };
	struct parts parts = { .f = &f };
	bool semicolon;

	format_scan(&f);
	list_parts(&parts);
	for (uint32_t i = 0; i < parts.list.n; i++) {
		const struct part *p = &parts.list.v[i];

		format_leading(&f, p->begin);
		p->put(&f, p->what);
		f.first = false;
		f.pos = skip_end(&f, p->end, &semicolon);
		sbuf_putc(out, '\n');
	}
	while (format_pending(&f, s->len))
		format_leading(&f, f.comments.v[f.next].begin + 1);
}
