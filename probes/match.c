/* SPDX-License-Identifier: MIT */
/*
 * Owns what the match() functions have in common: numbers in attach points,
 * targets, and what to say when there is none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct target *
probe_target(struct sema *s, struct match *m, const char *fmt, ...)
{
	struct arena *a = sema_arena(s);
	struct target *t = vec_push(a, &m->targets);
	va_list ap;

	va_start(ap, fmt);
	t->probe = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return t;
}

bool
probe_none(struct sema *s, const struct attach_text *ap, struct match *m,
	   const char *fmt, ...)
{
	const char *what;
	va_list args;

	if (m->wildcard || sema_names_target(s, m->probe))
		return true;
	va_start(args, fmt);
	what = arena_vprintf(sema_arena(s), fmt, args);
	va_end(args);
	switch (sema_config(s)->missing_probes) {
	case MISSING_ERROR:
		m->missing = true;
		return sema_error_at(s, ap->span, "No matches for %s.", what);
	case MISSING_WARN:
		diag_warn(sema_diag(s), ap->span,
			  "No matches for %s. Skipping.", what);
		return true;
	case MISSING_IGNORE:
		return true;
	}
	return false;
}

void
probe_nearest(struct sema *s, struct nearest *n, const char *candidate)
{
	nearest_try(n, candidate);
	if (n->best == candidate)
		n->best = arena_strdup(sema_arena(s), candidate);
}

struct searching {
	struct sema *sema;
	struct nearest nearest;
};

static void
try_function(void *arg, const char *module, const char *name)
{
	struct searching *search = arg;

	(void)module;
	probe_nearest(search->sema, &search->nearest, name);
}

void
probe_suggest_function(struct sema *s, const char *module, const char *name)
{
	struct searching search = { s, { .word = name } };

	kernel_functions(sema_kernel(s), module, "*", try_function, &search);
	if (search.nearest.best)
		diag_hint(sema_diag(s), "did you mean '%s'?",
			  search.nearest.best);
}

const char *
probe_part(const struct attach_text *ap, unsigned i)
{
	return i < ap->parts.n ? ap->parts.v[i].text : "";
}

bool
probe_is_pattern(const struct attach_text *ap, unsigned i)
{
	return i < ap->parts.n && kernel_is_pattern(ap->parts.v[i].text);
}

/* ---- numbers ---- */

const char probe_overflow[] =
	"overflow error, maximum value is 18446744073709551615";

static int
digit(char c, unsigned base)
{
	int v = -1;

	if (c >= '0' && c <= '9')
		v = c - '0';
	else if (c >= 'a' && c <= 'f')
		v = c - 'a' + 10;
	else if (c >= 'A' && c <= 'F')
		v = c - 'A' + 10;
	return v < (int)base ? v : -1;
}

static bool
is_exponent(const char *p)
{
	return (*p == 'e' || *p == 'E') && digit(p[1], 10) >= 0;
}

/* Digits from p; *rest is behind them. False when the value is too large. */
static bool
read_digits(const char *p, unsigned base, uint64_t *value, const char **rest)
{
	bool fits = true;
	int d;

	*value = 0;
	for (;; p++) {
		if (*p == '_' && digit(p[1], base) >= 0)
			continue;
		d = digit(*p, base);
		if (d < 0)
			break;
		fits = fits && !__builtin_mul_overflow(*value, base, value) &&
		       !__builtin_add_overflow(*value, (uint64_t)d, value);
	}
	*rest = p;
	return fits;
}

static bool
is_hex(const char *text)
{
	return text[0] == '0' && (text[1] | 0x20) == 'x';
}

const char *
probe_number(const char *text, uint64_t *value, const char **rest)
{
	unsigned base = 10;
	uint64_t power;
	bool fits;

	if (is_hex(text)) {
		base = 16;
		text += 2;
	}
	if (digit(*text, base) < 0)
		return "invalid integer";
	fits = read_digits(text, base, value, rest);
	if (base == 10 && is_exponent(*rest)) {
		fits = read_digits(*rest + 1, 10, &power, rest) && fits;
		for (; fits && *value && power; power--)
			fits = !__builtin_mul_overflow(*value, (uint64_t)10,
						       value);
	}
	return fits ? NULL : probe_overflow;
}

/* The same text as a number of the script's: 10ms is 10000000. */
bool
probe_whole_number(struct arena *a, const char *text, uint64_t *value,
		   const char **why)
{
	bool minus = text[0] == '-' && digit(text[1], 10) >= 0;

	text += minus;
	*why = lex_integer(a, text, strlen(text), true, value);
	if (*why)
		return false;
	if (minus)
		*value = -*value;
	return true;
}

bool
probe_is_number(struct arena *a, const char *text)
{
	const char *why;
	uint64_t value;

	return probe_whole_number(a, text, &value, &why);
}

bool
probe_split_offset(struct sema *s, const struct attach_text *ap,
		   const char *text, const char **name, uint64_t *offset)
{
	const char *plus = strrchr(text, '+'), *why;

	*name = text;
	*offset = 0;
	if (!plus)
		return true;
	if (strchr(text, '+') != plus)
		return sema_error_at(s, ap->span,
				     "Cannot take more than one offset");
	if (!plus[1] || plus == text)
		return sema_error_at(s, ap->span, "Invalid offset");
	if (!probe_whole_number(sema_arena(s), plus + 1, offset, &why))
		return sema_error_at(s, ap->span, "Invalid offset: %s", why);
	*name = arena_strndup(sema_arena(s), text, plus - text);
	return true;
}
