/* SPDX-License-Identifier: MIT */
/*
 * Owns, for the formatter, expressions: where blanks and parentheses stand,
 * and how one that does not fit goes on in the next line. What fits on its
 * line is printed as one; else lists and chains of operators are filled,
 * under the column behind their opening bracket.
 */
#include <inttypes.h>
#include <string.h>

#include "internal.h"

enum { WIDTH = 80 };

static unsigned
column(const struct formatter *f)
{
	size_t n = f->out->n;

	while (n && f->out->s[n - 1] != '\n')
		n--;
	return (unsigned)(f->out->n - n);
}

void
format_newline(struct formatter *f, unsigned at)
{
	sbuf_printf(f->out, "\n%*s", (int)at, "");
}

/* How wide it is on one line; WIDTH when it cannot be. */
static unsigned
flat_width(const struct formatter *f, const struct node *n)
{
	struct formatter probe = *f;
	struct sbuf text = { 0 };
	unsigned width;

	probe.out = &text;
	probe.flat = true;
	format_expr(&probe, n, 0);
	width = text.n < WIDTH && !memchr(text.s, '\n', text.n)
			? (unsigned)text.n
			: WIDTH;
	sbuf_free(&text);
	return width;
}

/* A blank, or a new line at `at` where `n` fits there and here no more. What
 * fits nowhere stays, and breaks inside if it can. */
static void
space_or_line(struct formatter *f, const struct node *n, unsigned extra,
	      unsigned at)
{
	unsigned width = f->flat ? 0 : flat_width(f, n);

	if (f->flat || width == WIDTH || column(f) + 1 + width + extra <= WIDTH)
		sbuf_putc(f->out, ' ');
	else
		format_newline(f, at);
}

/* ---- types, leaves ---- */

void
format_type(struct formatter *f, const struct type_expr *t)
{
	static const char *const tags[] = { "", "struct ", "union ", "enum " };

	if (t->name) {
		sbuf_printf(f->out, "%s%s", tags[t->tag], t->name);
	} else if (t->of_type) {
		format_type(f, t->of_type);
	} else {
		sbuf_puts(f->out, "typeof(");
		format_expr(f, t->of, 1);
		sbuf_putc(f->out, ')');
	}
	for (uint32_t i = 0; i < t->suffixes.n; i++) {
		const struct type_suffix *s = &t->suffixes.v[i];

		if (s->pointer)
			sbuf_putc(f->out, '*');
		else if (s->sized)
			sbuf_printf(f->out, "[%" PRIu64 "]", s->count);
		else
			sbuf_puts(f->out, "[]");
	}
}

static void
put_source(struct formatter *f, struct span span)
{
	sbuf_add(f->out, f->src->text + (span.begin - f->src->base),
		 span.end - span.begin);
}

/* Bytes of the UTF-8 character at `s`, or 0. */
static uint32_t
utf8_length(const unsigned char *s, uint32_t n)
{
	uint32_t len = *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : *s >= 0xc2 ? 2 : 0;

	if (*s > 0xf4 || len > n)
		return 0;
	for (uint32_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

static void
put_string(struct formatter *f, const char *text, uint32_t len)
{
	static const char plain[] = "\n\t\r\"\\", letters[] = "ntr\"\\";

	sbuf_putc(f->out, '"');
	for (uint32_t i = 0; i < len; i++) {
		const unsigned char *c = (const unsigned char *)text + i;
		const char *escape = *c ? strchr(plain, *c) : NULL;
		uint32_t wide = *c >= 0x80 ? utf8_length(c, len - i) : 0;

		if (escape) {
			sbuf_printf(f->out, "\\%c", letters[escape - plain]);
		} else if (wide) {
			sbuf_add(f->out, c, wide);
			i += wide - 1;
		} else if (*c < 0x20 || *c >= 0x7f) {
			sbuf_printf(f->out, "\\x%02x", *c);
		} else {
			sbuf_putc(f->out, (char)*c);
		}
	}
	sbuf_putc(f->out, '"');
}

/* ---- parentheses ---- */

/* Is it more than one operand? */
static bool
is_compound(const struct node *n)
{
	return n->kind == N_BINARY || n->kind == N_UNARY || n->kind == N_CAST ||
	       n->kind == N_TERNARY || n->kind == N_IF || n->kind == N_BLOCK ||
	       n->kind == N_COMPTIME;
}

static void
put_wrapped(struct formatter *f, const struct node *n, bool parens,
	    unsigned reserve)
{
	if (parens)
		sbuf_putc(f->out, '(');
	format_expr(f, n, reserve + parens);
	if (parens)
		sbuf_putc(f->out, ')');
}

static void
put_operand(struct formatter *f, const struct node *n, unsigned reserve)
{
	put_wrapped(f, n, is_compound(n), reserve);
}

/* The value of a field, an index: what is no single word is wrapped. */
static void
put_inner(struct formatter *f, const struct node *n, unsigned reserve)
{
	put_wrapped(f, n, is_compound(n) || n->kind == N_RECORD, reserve);
}

static bool
is_comparison(const struct node *n)
{
	return n->kind == N_BINARY && n->binary.op >= OP_EQ &&
	       n->binary.op <= OP_GE;
}

static bool
needs_parens(const struct node *operand, enum operator_kind op)
{
	bool logical = op == OP_LAND || op == OP_LOR;

	return is_compound(operand) && !(logical && is_comparison(operand));
}

static bool
is_equality(enum operator_kind op)
{
	return op == OP_EQ || op == OP_NE;
}

/* `a < b == c`: what is compared first needs none. */
static bool
compares_on(const struct node *l, enum operator_kind op)
{
	return op >= OP_EQ && op <= OP_GE && is_comparison(l) &&
	       (is_equality(op) || !is_equality(l->binary.op));
}

/* `a && b` as the left side of another `&&`: a chain. */
static bool
continues(const struct node *l, enum operator_kind op)
{
	return (op == OP_LAND || op == OP_LOR) && l->kind == N_BINARY &&
	       l->binary.op == op;
}

/* Would its text begin with a parenthesis? */
static bool
begins_open(const struct node *n)
{
	for (;;) {
		if (n->kind == N_FIELD)
			n = n->field.x;
		else if (n->kind == N_INDEX)
			n = n->index.x;
		else
			return n->kind == N_TUPLE || n->kind == N_RECORD ||
			       (is_compound(n) && n->kind != N_COMPTIME);
	}
}

void
format_cond(struct formatter *f, const struct node *n, bool parens)
{
	put_wrapped(f, n, parens || begins_open(n), 2);
}

void
format_bound(struct formatter *f, const struct node *n)
{
	put_wrapped(f, n, n->kind != N_INT, 2);
}

/* ---- lists ---- */

/* What a list needs on one line from its item `from` on. */
static unsigned
list_width(const struct formatter *f, const node_list *list, uint32_t from)
{
	unsigned width = 0;

	for (uint32_t i = from; i < list->n && width < WIDTH; i++)
		width += flat_width(f, list->v[i]) + 2 * (i > from);
	return width;
}

/* Does a format keep its line, with all its arguments on the next one? */
static bool
breaks_behind_format(const struct formatter *f, const node_list *list,
		     unsigned at, unsigned reserve)
{
	return !f->flat && list->n > 1 && list->v[0]->kind == N_STR &&
	       at + list_width(f, list, 0) + reserve > WIDTH &&
	       at + list_width(f, list, 1) + reserve <= WIDTH;
}

/* "a, b, c", filled, new lines at `at`. */
static void
put_list(struct formatter *f, const node_list *list, unsigned at,
	 unsigned reserve)
{
	bool aside = breaks_behind_format(f, list, at, reserve);

	for (uint32_t i = 0; i < list->n; i++) {
		unsigned behind = i + 1 < list->n ? 1 : reserve;

		if (i)
			sbuf_putc(f->out, ',');
		if (i == 1 && aside) {
			format_newline(f, at);
		} else if (i) {
			space_or_line(f, list->v[i], behind, at);
		}
		format_expr(f, list->v[i], behind);
	}
}

static void
put_bracketed(struct formatter *f, const node_list *list, const char *brackets,
	      unsigned reserve)
{
	sbuf_putc(f->out, brackets[0]);
	put_list(f, list, column(f), reserve + 1);
	sbuf_putc(f->out, brackets[1]);
}

static void
put_tuple(struct formatter *f, const struct node *n, unsigned reserve)
{
	if (n->tuple.items.n != 1) {
		put_bracketed(f, &n->tuple.items, "()", reserve);
		return;
	}
	sbuf_putc(f->out, '(');
	format_expr(f, n->tuple.items.v[0], reserve + 2);
	sbuf_puts(f->out, ",)");
}

static void
put_record(struct formatter *f, const struct node *n, unsigned reserve)
{
	bool broken =
		!f->flat && column(f) + flat_width(f, n) + reserve > WIDTH;
	unsigned at = column(f);

	sbuf_putc(f->out, '(');
	if (broken)
		format_newline(f, at + 2);
	for (uint32_t i = 0; i < n->record.items.n; i++) {
		const struct named_expr *e = &n->record.items.v[i];
		unsigned extra = (unsigned)strlen(e->name) + 2;

		if (i) {
			sbuf_putc(f->out, ',');
			space_or_line(f, e->value, extra, at + 2);
		}
		sbuf_printf(f->out, "%s=", e->name);
		put_inner(f, e->value, 1);
	}
	if (broken)
		format_newline(f, at);
	sbuf_putc(f->out, ')');
}

/* ---- operators ---- */

static void
put_binary(struct formatter *f, const struct node *n, unsigned reserve)
{
	const char *op = ast_op_text(n->binary.op);
	const struct node *l = n->binary.l;
	bool parens = needs_parens(n->binary.r, n->binary.op);
	unsigned at = column(f);

	put_wrapped(f, l,
		    !continues(l, n->binary.op) &&
			    !compares_on(l, n->binary.op) &&
			    needs_parens(l, n->binary.op),
		    (unsigned)strlen(op) + 1);
	sbuf_printf(f->out, " %s", op);
	space_or_line(f, n->binary.r, reserve + 2 * parens, at);
	put_wrapped(f, n->binary.r, parens, reserve);
}

static void
put_unary(struct formatter *f, const struct node *n, unsigned reserve)
{
	const char *op = ast_op_text(n->unary.op);

	if (n->unary.op == OP_POSTINC || n->unary.op == OP_POSTDEC) {
		format_expr(f, n->unary.x, reserve + 2);
		sbuf_puts(f->out, op);
	} else {
		sbuf_puts(f->out, op);
		put_operand(f, n->unary.x, reserve);
	}
}

static void
put_ternary(struct formatter *f, const struct node *n, unsigned reserve)
{
	unsigned at = column(f);

	put_operand(f, n->ternary.cond, 2);
	if (n->ternary.then) {
		space_or_line(f, n->ternary.then, 4, at);
		sbuf_puts(f->out, "? ");
		put_operand(f, n->ternary.then, 2);
		space_or_line(f, n->ternary.other, reserve + 4, at);
		sbuf_puts(f->out, ": ");
	} else {
		sbuf_puts(f->out, " ?: ");
	}
	put_operand(f, n->ternary.other, reserve);
}

static void
put_cast(struct formatter *f, const struct node *n, unsigned reserve)
{
	sbuf_putc(f->out, '(');
	format_type(f, n->cast.to);
	sbuf_putc(f->out, ')');
	put_operand(f, n->cast.x, reserve);
}

static void
put_field(struct formatter *f, const struct node *n)
{
	put_inner(f, n->field.x, 1);
	if (n->field.name)
		sbuf_printf(f->out, ".%s", n->field.name);
	else
		sbuf_printf(f->out, ".%" PRIu64, n->field.index);
}

/* `(@m)[0]` is an element of a map's value, `@m[0]` of the map. */
static void
put_index(struct formatter *f, const struct node *n, unsigned reserve)
{
	const struct node *x = n->index.x;
	bool map = x->kind == N_MAP && !x->map.keys.n;

	put_wrapped(f, x, map || is_compound(x), 1);
	sbuf_putc(f->out, '[');
	put_inner(f, n->index.index, reserve + 1);
	sbuf_putc(f->out, ']');
}

static void
put_of(struct formatter *f, const struct type_expr *of, const struct node *x)
{
	if (of)
		format_type(f, of);
	else
		format_expr(f, x, 1);
}

static void
put_offsetof(struct formatter *f, const struct node *n)
{
	sbuf_puts(f->out, "offsetof(");
	put_of(f, n->offset.of, n->offset.x);
	for (uint32_t i = 0; i < n->offset.path.n; i++)
		sbuf_printf(f->out, "%s%s", i ? "." : ", ",
			    n->offset.path.v[i]);
	sbuf_putc(f->out, ')');
}

/* `@m[(1, 2)]` is `@m[1, 2]`. */
static const node_list *
plain_keys(const struct node *n)
{
	const struct node *only = n->map.keys.v[0];

	if (n->map.keys.n == 1 && only->kind == N_TUPLE &&
	    only->tuple.items.n > 1)
		return &only->tuple.items;
	return &n->map.keys;
}

/* ---- any expression ---- */

void
format_expr(struct formatter *f, const struct node *n, unsigned reserve)
{
	switch ((int)n->kind) {
	case N_STR:
		put_string(f, n->str.text, n->str.len);
		break;
	case N_MAP:
		sbuf_printf(f->out, "@%s", n->map.name);
		if (n->map.keys.n)
			put_bracketed(f, plain_keys(n), "[]", reserve);
		break;
	case N_CALL:
		sbuf_puts(f->out, n->call.name);
		put_bracketed(f, &n->call.args, "()", reserve);
		break;
	case N_UNARY:
		put_unary(f, n, reserve);
		break;
	case N_BINARY:
		put_binary(f, n, reserve);
		break;
	case N_TERNARY:
		put_ternary(f, n, reserve);
		break;
	case N_CAST:
		put_cast(f, n, reserve);
		break;
	case N_FIELD:
		put_field(f, n);
		break;
	case N_INDEX:
		put_index(f, n, reserve);
		break;
	case N_TUPLE:
		put_tuple(f, n, reserve);
		break;
	case N_RECORD:
		put_record(f, n, reserve);
		break;
	case N_SIZEOF:
	case N_TYPEOF:
	case N_TYPEINFO:
		sbuf_printf(f->out, "%s(", ast_kind_name(n->kind));
		put_of(f, n->of.of, n->of.x);
		sbuf_putc(f->out, ')');
		break;
	case N_OFFSETOF:
		put_offsetof(f, n);
		break;
	case N_COMPTIME:
		sbuf_puts(f->out, "comptime ");
		put_operand(f, n->expr.x, reserve);
		break;
	case N_IF:
		format_if(f, n);
		break;
	case N_BLOCK:
		format_bare_block(f, n);
		break;
	default: /* a single token: as it is spelt */
		put_source(f, n->span);
		break;
	}
}
