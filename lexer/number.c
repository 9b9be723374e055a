/* SPDX-License-Identifier: MIT */
/*
 * Owns what an integer may look like (REFERENCE 1.2): decimal, octal, hex,
 * exponent, and the suffixes for durations and C types. Given text, hands on
 * a value or the reason why there is none.
 */
#include <string.h>

#include "internal.h"

struct suffix {
	const char *text;
	uint64_t factor; /* durations, in ns */
	uint64_t max;    /* C types: only a range check */
};

/* clang-format off */
static const struct suffix suffixes[] = {
	{ "ns",  1,                     UINT64_MAX },
	{ "us",  1000,                  UINT64_MAX },
	{ "ms",  1000000,               UINT64_MAX },
	{ "s",   1000000000,            UINT64_MAX },
	{ "m",   60 * 1000000000ull,    UINT64_MAX },
	{ "h",   3600 * 1000000000ull,  UINT64_MAX },
	{ "d",   86400 * 1000000000ull, UINT64_MAX },
	{ "u",   1,                     UINT32_MAX },
	{ "ul",  1,                     UINT64_MAX },
	{ "ull", 1,                     UINT64_MAX },
	{ "l",   1,                     INT64_MAX },
	{ "ll",  1,                     INT64_MAX },
	/* C's capitals are read as suffixes only to be refused as a whole. */
	{ "U",   0,                     0 },
	{ "UL",  0,                     0 },
	{ "ULL", 0,                     0 },
	{ "L",   0,                     0 },
	{ "LL",  0,                     0 },
	{ "Ul",  0,                     0 },
	{ "Ull", 0,                     0 },
};
/* clang-format on */

/* A number while it is read: text[0, digits_end) without the suffix. */
struct number {
	struct arena *arena;
	const char *text;
	size_t len, at;
	uint64_t value;
	bool overflow, from_user;
	struct flaw *flaw;
};

static void
refuse(struct number *n, size_t begin, size_t end, const char *message)
{
	if (n->flaw->message)
		return;
	*n->flaw = (struct flaw){ message, begin, end, NULL };
}

/* Refuse all of the number, with its text (from `skip` on) in the message. */
static void
refuse_text(struct number *n, const char *what, size_t skip)
{
	refuse(n, 0, n->at,
	       arena_printf(n->arena, "%s: %.*s", what, (int)(n->at - skip),
			    n->text + skip));
}

static void
refuse_overflow(struct number *n, uint64_t max, size_t skip)
{
	refuse_text(n,
		    arena_printf(n->arena,
				 "overflow error, maximum value is %llu",
				 (unsigned long long)max),
		    skip);
}

static void
multiply_add(struct number *n, uint64_t factor, uint64_t add)
{
	if (__builtin_mul_overflow(n->value, factor, &n->value) ||
	    __builtin_add_overflow(n->value, add, &n->value))
		n->overflow = true;
}

static unsigned
digit_value(char c)
{
	if (is_digit(c))
		return (unsigned)(c - '0');
	return (unsigned)((c | 0x20) - 'a') + 10;
}

/* Digits of `base` and underscores, as far as they go; how many digits. */
static size_t
read_digits(struct number *n, unsigned base)
{
	size_t count = 0, underscore = SIZE_MAX;

	for (; n->at < n->len; n->at++) {
		char c = n->text[n->at];

		if (c == '_') {
			underscore = n->at;
			continue;
		}
		if (!is_hex(c) || digit_value(c) >= base)
			break;
		multiply_add(n, base, digit_value(c));
		underscore = SIZE_MAX;
		count++;
	}
	if (underscore != SIZE_MAX && !n->from_user)
		refuse(n, underscore, underscore + 1,
		       "trailing underscore in integer literal");
	return count;
}

/* 0x.. and 0b..: no suffix may follow. A token ends where its digits do; text
 * from elsewhere is one number, all of it. */
static void
read_prefixed(struct number *n, unsigned base)
{
	n->at = 2;
	if (!read_digits(n, base))
		refuse(n, 0, n->at,
		       arena_printf(n->arena, "invalid integer: %s",
				    n->from_user ? n->text + n->at : ""));
	if (n->overflow)
		refuse_overflow(n, UINT64_MAX, 2);
}

/* `e` and its digits after the coefficient. True when the exponent cannot be
 * read; the caller says so once it knows the whole number's text. */
static bool
read_exponent(struct number *n)
{
	uint64_t coefficient = n->value;
	size_t first = ++n->at;
	uint64_t exponent;

	n->value = 0;
	if (!read_digits(n, 10) || n->text[first] == '0' ||
	    n->text[first] == '_') {
		n->overflow = false;
		return true;
	}
	exponent = n->overflow || n->value > 64 ? 64 : n->value;
	n->value = coefficient;
	n->overflow = false;
	while (exponent--)
		multiply_add(n, 10, 0);
	return false;
}

/* The longest suffix at n->at, or NULL. */
static const struct suffix *
read_suffix(struct number *n)
{
	const struct suffix *best = NULL;
	size_t best_len = 0;

	if (n->at >= n->len || !is_word(n->text[n->at]))
		return NULL; /* nearly always */
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		size_t len = strlen(suffixes[i].text);

		if (len <= best_len || len > n->len - n->at ||
		    memcmp(n->text + n->at, suffixes[i].text, len))
			continue;
		best = &suffixes[i];
		best_len = len;
	}
	n->at += best_len;
	return best;
}

/* What is left of the word after number and suffix is an unknown suffix; in
 * text of the user it only is behind the number. */
static void
refuse_rest(struct number *n, bool suffix)
{
	size_t from = n->at;

	if (n->from_user || (suffix && is_digit(n->text[from])))
		return;
	while (n->at < n->len && is_word(n->text[n->at]))
		n->at++;
	if (n->at > from)
		refuse(n, from, n->at,
		       arena_printf(n->arena, "invalid integer suffix '%.*s'",
				    (int)(n->at - from), n->text + from));
}

/* Decimal, octal and exponent forms, which may carry a suffix. */
static void
read_plain(struct number *n)
{
	const struct suffix *suffix;
	bool lone_digit, bad_exponent = false, exponent = false, octal;
	uint64_t max = UINT64_MAX;
	size_t ndigits = read_digits(n, 10);

	lone_digit = ndigits == 1 && n->text[0] != '0' && n->at == 1;
	octal = n->text[0] == '0' && ndigits > 1;
	if (n->at < n->len && (n->text[n->at] | 0x20) == 'e') {
		exponent = true;
		bad_exponent = read_exponent(n);
	}
	suffix = read_suffix(n);
	refuse_rest(n, suffix);
	if (exponent && !lone_digit) {
		refuse_text(n,
			    "coefficient part of scientific literal must be "
			    "1-9",
			    0);
	} else if (bad_exponent || (suffix && !suffix->factor)) {
		refuse_text(n, "invalid trailing bytes", 0);
	} else if (octal && !exponent) {
		size_t end = n->at;

		n->value = n->at = 0;
		n->overflow = false;
		n->from_user = true; /* the underscores were looked at */
		read_digits(n, 8);
		if (n->at < end && is_digit(n->text[n->at])) {
			n->at = end;
			refuse_text(n, "invalid trailing bytes", 0);
		}
		n->at = end;
	}
	if (suffix && suffix->factor) {
		max = suffix->max;
		multiply_add(n, suffix->factor, 0);
	}
	if (n->overflow || n->value > max)
		refuse_overflow(n, max, octal);
}

size_t
lex_scan_integer(struct arena *a, const char *text, size_t len, bool from_user,
		 uint64_t *out, struct flaw *flaw)
{
	struct number n = { .arena = a,
			    .text = text,
			    .len = len,
			    .from_user = from_user,
			    .flaw = flaw };
	char second = len > 1 && text[0] == '0' ? (char)(text[1] | 0x20) : 0;

	if (second == 'x')
		read_prefixed(&n, 16);
	else if (second == 'b' && from_user)
		read_prefixed(&n, 2);
	else
		read_plain(&n);
	*out = flaw->message ? 0 : n.value;
	return n.at;
}

const char *
lex_integer(struct arena *a, const char *text, size_t len, bool from_user,
	    uint64_t *out)
{
	struct flaw flaw = { 0 };
	size_t used, skip = 0;

	if (!len || !is_digit(text[0]))
		return arena_printf(a, "invalid integer: %.*s", (int)len, text);
	used = lex_scan_integer(a, text, len, from_user, out, &flaw);
	if (flaw.message)
		return flaw.message;
	if (used == len)
		return NULL;
	if (from_user && text[0] == '0' && len > 1 && !is_digit(text[1]))
		skip = 2;
	return arena_printf(a, "invalid trailing bytes: %.*s",
			    (int)(len - skip), text + skip);
}
