/* SPDX-License-Identifier: MIT */
/*
 * Owns the words of random scripts that look into strings and bytes, or give
 * what is known when compiling.
 */
#include "gen.h"

static void
two_strings(struct gen *g, const char *word, unsigned depth)
{
	put(g, "%s(", word);
	gen_value(g, &g_str, depth ? depth - 1 : 0, true);
	put(g, ", ");
	gen_value(g, &g_str, depth ? depth - 1 : 0, false);
	put(g, ")");
}

static void
compare_bytes(struct gen *g, unsigned depth)
{
	const struct gtype *t = &g->types[0]; /* an array */

	put(g, "memcmp(");
	gen_value(g, t, depth ? depth - 1 : 0, false);
	put(g, ", ");
	gen_value(g, t, depth ? depth - 1 : 0, false);
	put(g, ", %u)", 1 + rnd(g, 8));
}

static void
known(struct gen *g, unsigned depth)
{
	static const char *const some[] = {
		"sizeof(uint16)",
		"sizeof((1, \"abc\"))",
		"comptime (3 + 4)",
		"getopt(\"n\", 7)",
		"1_000",
		"5e3",
		"0x1F_ff",
		"10us",
		"0755",
		"$1",
		"$#",
		"default_str_length()",
		"strcap(\"abc\")",
		"\"abc\"[1]",
		"ncpus",
	};
	const struct gvar *v = gen_pick_var(g, &g_int, false);

	put(g, "(");
	if (v && chance(g, 40))
		put(g, chance(g, 50) ? "sizeof($v%u)" : "((typeof($v%u))3)",
		    v->id);
	else
		put(g, "%s", some[rnd(g, ARRAY_LEN(some))]);
	put(g, chance(g, 50) ? " + " : " ^ ");
	gen_value(g, &g_int, depth ? depth - 1 : 0, true);
	put(g, ")");
}

static void
swap(struct gen *g, unsigned depth)
{
	static const char *const widths[] = { "uint8", "uint16", "uint32",
					      "uint64" };

	put(g, "bswap((%s)", widths[rnd(g, 4)]);
	gen_value(g, &g_int, depth ? depth - 1 : 0, true);
	put(g, ")");
}

static void
macro(struct gen *g, unsigned depth)
{
	const struct gvar *v = gen_pick_var(g, &g_int, true);

	if (v && !v->strict && chance(g, 50)) {
		put(g, "mv($v%u, ", v->id);
	} else {
		put(g, "mm(@m0, ");
	}
	gen_value(g, &g_int, depth ? depth - 1 : 0, true);
	put(g, ")");
}

void
gen_int_word(struct gen *g, unsigned depth)
{
	switch (rnd(g, g->pure ? 6 : 8)) {
	case 0:
		put(g, "strlen(");
		gen_value(g, &g_str, depth ? depth - 1 : 0, true);
		put(g, ")");
		return;
	case 1:
		two_strings(g, "strstr", depth);
		return;
	case 2:
		compare_bytes(g, depth);
		return;
	case 3:
		swap(g, depth);
		return;
	case 4:
		known(g, depth);
		return;
	case 5:
		put(g, "(");
		gen_value(g, &g_int, depth ? depth - 1 : 0, true);
		put(g, " ?: ");
		gen_value(g, &g_int, depth ? depth - 1 : 0, true);
		put(g, ")");
		return;
	}
	macro(g, depth);
}

void
gen_bool_word(struct gen *g, unsigned depth)
{
	const struct gmap *m = &g->maps[rnd(g, g->nmaps)];

	if (g->pure || chance(g, 70)) {
		two_strings(g, "strcontains", depth);
		return;
	}
	put(g, "delete(@%s", m->name);
	gen_key_arg(g, m, depth ? depth - 1 : 0);
	put(g, ")");
}

void
gen_printable(struct gen *g)
{
	switch (rnd(g, 3)) {
	case 0: /* at most 1,024 bytes */
		put(g, "str_concat(str(");
		gen_value(g, &g_str, 1, true);
		put(g, ", 200), str(");
		gen_value(g, &g_str, 1, true);
		put(g, ", %u))", 1 + rnd(g, 300));
		return;
	case 1:
		put(g, "ntop((uint32)");
		gen_value(g, &g_int, 2, true);
		put(g, ")");
		return;
	}
	put(g, "buf(");
	gen_value(g, &g->types[0], 2, false);
	put(g, ")");
}
