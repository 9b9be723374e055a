/* SPDX-License-Identifier: MIT */
/*
 * Owns printf's format strings (REFERENCE 6.1-6.3): parsed and checked once
 * by the compiler, printed once per event. A value's text is written first and
 * padded in place, so that nothing is allocated for an event.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum accepts {
	ACCEPT_ANY,
	ACCEPT_INT, /* ints, bools, enums, pointers */
	ACCEPT_BUFFER,
	ACCEPT_NOTHING, /* known to printf(3), not to us */
};

enum conv_kind {
	CONV_PERCENT,
	CONV_TEXT,
	CONV_SIGNED,
	CONV_UNSIGNED, /* in the row's base */
	CONV_POINTER,
	CONV_CHAR,
	CONV_ESCAPED,
	CONV_ESCAPED_ALL,
	CONV_HEX_DUMP,
	CONV_GFP,
	CONV_NONE,
};

struct conv {
	const char *text; /* after %, flags, width and length */
	enum conv_kind kind;
	enum accepts accepts;
	const char *prefix; /* under '#' */
};

/* clang-format off */
/* Longer spellings first: "rh" is no "r" followed by an h. */
static const struct conv convs[] = {
	{ "%",  CONV_PERCENT,     ACCEPT_ANY,     NULL },
	{ "s",  CONV_TEXT,        ACCEPT_ANY,     NULL },
	{ "d",  CONV_SIGNED,      ACCEPT_INT,     NULL },
	{ "i",  CONV_SIGNED,      ACCEPT_INT,     NULL },
	{ "u",  CONV_UNSIGNED,    ACCEPT_INT,     NULL },
	{ "x",  CONV_UNSIGNED,    ACCEPT_INT,     "0x" },
	{ "X",  CONV_UNSIGNED,    ACCEPT_INT,     "0X" },
	{ "o",  CONV_UNSIGNED,    ACCEPT_INT,     "0"  },
	{ "p",  CONV_POINTER,     ACCEPT_INT,     "0x" },
	{ "c",  CONV_CHAR,        ACCEPT_INT,     NULL },
	{ "gr", CONV_GFP,         ACCEPT_INT,     NULL },
	{ "rh", CONV_HEX_DUMP,    ACCEPT_BUFFER,  NULL },
	{ "rx", CONV_ESCAPED_ALL, ACCEPT_BUFFER,  NULL },
	{ "r",  CONV_ESCAPED,     ACCEPT_BUFFER,  NULL },
	{ "e",  CONV_NONE,        ACCEPT_NOTHING, NULL },
	{ "E",  CONV_NONE,        ACCEPT_NOTHING, NULL },
	{ "f",  CONV_NONE,        ACCEPT_NOTHING, NULL },
	{ "F",  CONV_NONE,        ACCEPT_NOTHING, NULL },
	{ "g",  CONV_NONE,        ACCEPT_NOTHING, NULL },
	{ "G",  CONV_NONE,        ACCEPT_NOTHING, NULL },
	{ "a",  CONV_NONE,        ACCEPT_NOTHING, NULL },
	{ "A",  CONV_NONE,        ACCEPT_NOTHING, NULL },
	{ "n",  CONV_NONE,        ACCEPT_NOTHING, NULL },
};
/* clang-format on */

/* Literal text, then a conversion (or none, at the end). */
struct piece {
	const char *text;
	size_t len;
	const struct conv *conv; /* NULL: only text */
	unsigned width, bytes;   /* bytes: of an int, by its length */
	bool left, plus, prefix, zero;
};

struct format {
	unsigned first; /* number of the argument with the format itself */
	VEC(struct piece) pieces;
	unsigned nargs; /* conversions that take an argument */
};

/* ---- parsing ---- */

static const char *
skip_one(const char *p, const char *end, char c, bool *seen)
{
	*seen = p < end && *p == c;
	return p + *seen;
}

/* A width or precision: digits or '*', which stands for none. */
static const char *
skip_number(const char *p, const char *end, unsigned *n)
{
	enum { WIDEST = 1 << 20 };

	*n = 0;
	if (p < end && *p == '*')
		return p + 1;
	for (; p < end && isdigit((unsigned char)*p); p++)
		if (*n < WIDEST)
			*n = *n * 10 + (unsigned)(*p - '0');
	return p;
}

/* The bytes of the integer. L, which is for floating point, and what is no
 * length modifier of C (hl, lll) change nothing. */
static const char *
skip_length(const char *p, const char *end, unsigned *bytes)
{
	static const struct {
		const char *text;
		unsigned bytes;
	} lengths[] = {
		{ "hh", 1 }, { "h", 2 }, { "l", 8 }, { "ll", 8 },
		{ "j", 8 },  { "z", 8 }, { "t", 8 },
	};
	const char *from = p;

	*bytes = 4;
	while (p < end && strchr("hlLjzt", *p) && *p)
		p++;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
		if (strlen(lengths[i].text) == (size_t)(p - from) &&
		    !memcmp(lengths[i].text, from, (size_t)(p - from)))
			*bytes = lengths[i].bytes;
	return p;
}

static const struct conv *
find_conv(const char *p, const char *end)
{
	for (size_t i = 0; i < ARRAY_LEN(convs); i++) {
		size_t n = strlen(convs[i].text);

		if ((size_t)(end - p) >= n && !memcmp(p, convs[i].text, n))
			return &convs[i];
	}
	return NULL;
}

/* The conversion behind a '%' at p - 1: what follows it, or NULL: is none. */
static const char *
parse_conv(const char *p, const char *end, struct piece *out)
{
	bool space, dot;
	unsigned precision; /* has no effect, as upstream */

	p = skip_one(p, end, '-', &out->left);
	p = skip_one(p, end, '+', &out->plus);
	p = skip_one(p, end, ' ', &space);
	p = skip_one(p, end, '#', &out->prefix);
	p = skip_one(p, end, '0', &out->zero);
	p = skip_number(p, end, &out->width);
	skip_one(p, end, '.', &dot);
	if (dot) {
		const char *after = skip_number(p + 1, end, &precision);

		if (after == p + 1)
			return NULL;
		p = after;
	}
	p = skip_length(p, end, &out->bytes);
	out->conv = find_conv(p, end);
	return out->conv ? p + strlen(out->conv->text) : NULL;
}

struct format *
format_parse(struct arena *a, const char *s, size_t len, unsigned first)
{
	struct format *f = arena_alloc(a, sizeof(*f));
	const char *end = s + len, *text = s, *p = s;

	f->first = first;
	while (p < end) {
		struct piece piece = { 0 };
		const char *next;

		if (*p++ != '%')
			continue;
		next = parse_conv(p, end, &piece);
		if (!next)
			continue; /* it is text */
		piece.text = text;
		piece.len = (size_t)(p - 1 - text);
		if (piece.conv->kind != CONV_PERCENT)
			f->nargs++;
		*vec_push(a, &f->pieces) = piece;
		text = p = next;
	}
	if (text < end) {
		struct piece *tail = vec_push(a, &f->pieces);

		tail->text = text;
		tail->len = (size_t)(end - text);
	}
	return f;
}

/* ---- checking ---- */

static bool
accepts(enum accepts a, const struct type *t)
{
	switch (a) {
	case ACCEPT_ANY:
		return true;
	case ACCEPT_INT:
		return type_is_int(t) || t->kind == TY_POINTER;
	case ACCEPT_BUFFER:
		return t->kind == TY_BUFFER;
	case ACCEPT_NOTHING:
		break;
	}
	return false;
}

static bool
check_conv(struct sema *s, struct node *call, const struct conv *c,
	   struct node *arg)
{
	const struct type *t = arg->type;

	if (c->accepts == ACCEPT_NOTHING)
		return sema_error(s, call, "unsupported format specifier: %s",
				  c->text);
	if (!t || t->kind == TY_ERROR)
		return true;
	if (t->kind == TY_NONE || (t->kind == TY_TUPLE && !t->nfields))
		return sema_error(s, call,
				  "unable to print none type for specifier: "
				  "%s",
				  c->text);
	/* Older scripts print an aggregation as a number without a cast. */
	if (c->accepts == ACCEPT_INT && t->kind == TY_NOMINAL &&
	    t->nominal->to_int && sema_as_int(s, arg)) {
		sema_warn(s, arg,
			  "a number made of '%s' is an old form; write a cast: "
			  "(%s)",
			  type_name(t), type_name(arg->type));
		return true;
	}
	if (accepts(c->accepts, t))
		return true;
	return sema_error(s, call,
			  "unsupported format specifier for type '%s': %s",
			  type_name(t), c->text);
}

bool
format_check(struct sema *s, struct node *n, unsigned first)
{
	struct node *text = sema_arg(n, first);
	unsigned given, arg = first + 1;
	struct format *f = n->call.data;

	if (!text || text->kind != N_STR)
		return sema_error(
			s, n, "%s() expects a string literal (%s provided)",
			n->call.name,
			text && text->type ? sema_kind_name(text->type)
					   : "none");
	if (!f)
		f = format_parse(sema_arena(s), text->str.text, text->str.len,
				 first);
	n->call.data = f;
	given = n->call.args.n - first - 1;
	if (given != f->nargs)
		return sema_error(s, n,
				  "%s arguments for format string (%u "
				  "supplied, %u expected)",
				  given < f->nargs ? "not enough" : "too many",
				  given, f->nargs);
	for (uint32_t i = 0; i < f->pieces.n; i++) {
		const struct conv *c = f->pieces.v[i].conv;

		if (!c || c->kind == CONV_PERCENT)
			continue;
		if (!check_conv(s, n, c, sema_arg(n, arg++)))
			return false;
	}
	return true;
}

/* ---- printing ---- */

/* Blanks or zeros around the text from `start` on. */
static void
pad(struct out *o, const struct piece *p, size_t start, size_t len, bool left)
{
	char fill = p->zero ? '0' : ' ';
	size_t n = p->width > len ? p->width - len : 0, at;

	at = left ? start + len : start;
	for (size_t i = 0; i < n; i++)
		sbuf_putc(&o->buf, fill);
	if (!n)
		return;
	memmove(o->buf.s + at + n, o->buf.s + at, o->buf.n - n - at);
	memset(o->buf.s + at, fill, n);
}

static int64_t
narrow(int64_t v, unsigned bytes, bool is_signed)
{
	unsigned shift = 64 - bytes * 8;

	if (is_signed)
		return (int64_t)((uint64_t)v << shift) >> shift;
	return (int64_t)((uint64_t)v << shift >> shift);
}

static void
put_digits(struct out *o, char conv, uint64_t v)
{
	switch (conv) {
	case 'u':
		out_printf(o, "%llu", (unsigned long long)v);
		break;
	case 'o':
		out_printf(o, "%llo", (unsigned long long)v);
		break;
	case 'X':
		out_printf(o, "%llX", (unsigned long long)v);
		break;
	default:
		out_printf(o, "%llx", (unsigned long long)v);
	}
}

static void
put_int(struct out *o, const struct piece *p, int64_t v)
{
	const struct conv *c = p->conv;

	switch (c->kind) {
	case CONV_SIGNED:
		v = narrow(v, p->bytes, true);
		if (p->plus && v >= 0)
			out_putc(o, '+');
		out_printf(o, "%lld", (long long)v);
		break;
	case CONV_CHAR:
		out_putc(o, (char)v);
		break;
	case CONV_GFP:
		gfp_print(o, (uint64_t)v);
		break;
	case CONV_UNSIGNED:
		v = narrow(v, p->bytes, false);
		/* fallthrough */
	case CONV_POINTER:
		if (c->prefix && v && (p->prefix || c->kind == CONV_POINTER))
			out_puts(o, c->prefix);
		put_digits(o, *c->text, (uint64_t)v);
		break;
	case CONV_PERCENT:
	case CONV_TEXT:
	case CONV_ESCAPED:
	case CONV_ESCAPED_ALL:
	case CONV_HEX_DUMP:
	case CONV_NONE:
		assert(!"no conversion of integers");
	}
}

static void
put_buffer(struct out *o, const struct conv *c, const struct type *t,
	   const void *v)
{
	size_t n;
	const unsigned char *s = value_buffer(t, v, &n);

	if (c->kind == CONV_ESCAPED) {
		value_escape(o, s, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (c->kind == CONV_ESCAPED_ALL)
			out_printf(o, "\\x%02x", s[i]);
		else
			out_printf(o, "%s%02x", i ? " " : "", s[i]);
	}
}

/* What gets padded: of tuples, structs and arrays only the opening bracket,
 * with the blank that follows it. */
static size_t
padded_length(const struct type *t, size_t len)
{
	if (t->kind == TY_TUPLE || t->kind == TY_ARRAY)
		return 1;
	if (t->kind == TY_STRUCT || t->kind == TY_RECORD)
		return 2;
	return len;
}

static void
put_value(struct out *o, const struct piece *p, const struct type *t,
	  const void *v)
{
	size_t start = o->buf.n;

	o->shaping = true;
	if (p->conv->accepts == ACCEPT_BUFFER && t->kind == TY_BUFFER)
		put_buffer(o, p->conv, t, v);
	else if (p->conv->kind == CONV_GFP && t->kind == TY_BOOL)
		out_printf(o, "!{invalid GFP flags conversion: %s}",
			   out_int(t, v) ? "true" : "false");
	else if (p->conv->accepts == ACCEPT_INT)
		put_int(o, p, out_int(t, v));
	if (p->conv->kind == CONV_TEXT) {
		o->plus = p->plus;
		out_value(o, t, v);
		o->plus = false;
	}
	pad(o, p, start, padded_length(t, o->buf.n - start), p->left);
	o->shaping = false;
}

/* %s of a histogram, which was not sent: its map as it is by now. An element
 * of a map has no text. */
static void
put_histogram(struct out *o, const struct event *e, unsigned i)
{
	const struct node *n = e->spec->call->call.args.v[i];

	if (n->kind == N_MAP && !n->map.keys.n)
		maps_print_value(e->session, o, event_map(e, i));
	else
		session_error(e->session, "unable to convert type: %s",
			      type_name(n->type));
}

static bool
is_histogram(const struct type *t)
{
	return t && t->kind == TY_NOMINAL && t->nominal->multiline;
}

static void
put_arg(struct out *o, const struct piece *p, const struct event *e, unsigned i)
{
	size_t start = o->buf.n, n;
	const struct type *t;
	const char *s;
	uint64_t room;
	const void *v = event_value(e, i, &t, &room);

	if (v) {
		put_value(o, p, t, v);
		return;
	}
	if (is_histogram(e->spec->call->call.args.v[i]->type)) {
		put_histogram(o, e, i);
		return;
	}
	s = event_str(e, i, &n);
	out_write(o, s, strnlen(s, n));
	pad(o, p, start, o->buf.n - start, p->left);
}

void
format_print(struct out *o, const struct event *e)
{
	const struct format *f = e->spec->call->call.data;
	unsigned arg = f->first + 1;

	for (uint32_t i = 0; i < f->pieces.n; i++) {
		const struct piece *p = &f->pieces.v[i];

		out_write(o, p->text, p->len);
		if (!p->conv)
			continue;
		if (p->conv->kind == CONV_PERCENT)
			out_putc(o, '%');
		else
			put_arg(o, p, e, arg++);
	}
}
