/* SPDX-License-Identifier: MIT */
/*
 * Owns the expressions of random scripts. All are well typed; each operator
 * has an operand that is no literal, since folding has an arithmetic of its
 * own (REFERENCE 1.8) and errors of its own.
 */
#include "gen.h"

static const char *const int_types[] = {
	"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"
};

/* ---- integers ---- */

void
gen_literal(struct gen *g)
{
	static const char *const odd[] = {
		"0",
		"1",
		"127",
		"128",
		"255",
		"256",
		"32767",
		"32768",
		"65535",
		"65536",
		"2147483647",
		"2147483648",
		"4294967295",
		"4294967296",
		"9223372036854775807",
		"18446744073709551615",
		"9223372036854775808",
		"0xdeadbeef",
		"1000000007",
		"63",
		"(-1)",
		"(-2)",
		"(-128)",
		"(-129)",
		"(-32769)",
		"(-2147483648)",
		"(-2147483649)",
		"(-9223372036854775807)",
	};

	if (chance(g, 60))
		put(g, "%u", rnd(g, 20));
	else
		put(g, "%s", odd[rnd(g, ARRAY_LEN(odd))]);
}

static void
int_leaf(struct gen *g, bool solid)
{
	const struct gvar *v = gen_pick_var(g, &g_int, false);
	const struct gmap *m;

	if (!solid && (g->size < 0 || chance(g, 35))) {
		gen_literal(g);
	} else if (!v && !g->pure && g->size < 0) {
		put(g, "@m0[%u]", rnd(g, 4));
	} else if (v && (g->pure || g->size < 0 || chance(g, 75))) {
		put(g, "$v%u", v->id);
	} else if (g->pure) {
		put(g, "(int64)strncmp(\"a\", \"b\", 1)");
	} else {
		m = gen_pick_map(g, &g_int);
		put(g, "@%s", m->name);
		gen_key(g, m, 0);
	}
}

static void
int_binary(struct gen *g, unsigned depth)
{
	static const char *const ops[] = { "+", "-", "*", "/", "%",  "&",
					   "|", "^", "+", "-", "<<", ">>" };
	unsigned i = rnd(g, ARRAY_LEN(ops));
	bool left = chance(g, 60);

	put(g, "(");
	if (left && chance(g, 4))
		gen_bool(g, depth - 1, true);
	else
		gen_value(g, &g_int, depth - 1, left);
	put(g, " %s ", ops[i]);
	if (i < 10) {
		gen_value(g, &g_int, depth - 1, !left);
	} else if (left && chance(g, 50)) {
		put(g, "%u", rnd(g, 64));
	} else {
		put(g, "(");
		gen_value(g, &g_int, depth - 1, true);
		put(g, " & 63)");
	}
	put(g, ")");
}

static void
int_unary(struct gen *g, unsigned depth)
{
	static const char *const ops[] = { "-", "~" };

	put(g, "(%s", ops[rnd(g, 2)]);
	gen_value(g, &g_int, depth - 1, true);
	put(g, ")");
}

static const struct gtype *
pick_array(struct gen *g)
{
	return &g->types[0];
}

static void
int_cast(struct gen *g, unsigned depth)
{
	if (chance(g, 10)) {
		put(g, "((%s)", chance(g, 50) ? "int64" : "uint64");
		gen_value(g, pick_array(g), depth - 1, true);
		put(g, ")");
		return;
	}
	put(g, "((%s)", int_types[rnd(g, ARRAY_LEN(int_types))]);
	if (chance(g, 80))
		gen_value(g, &g_int, depth - 1, true);
	else
		gen_bool(g, depth - 1, true);
	put(g, ")");
}

static void
int_step(struct gen *g)
{
	const struct gvar *v = gen_pick_var(g, &g_int, true);
	const struct gmap *m;
	bool pre = chance(g, 50);
	const char *op = chance(g, 50) ? "++" : "--";

	if (g->pure) {
		int_leaf(g, true);
		return;
	}
	put(g, "(%s", pre ? op : "");
	if (v && chance(g, 60)) {
		put(g, "$v%u", v->id);
	} else {
		m = gen_pick_map(g, &g_int);
		put(g, "@%s", m->name);
		gen_key(g, m, 1);
	}
	put(g, "%s)", pre ? "" : op);
}

/* An integer inside of something bigger. */
static void
int_part(struct gen *g, unsigned depth)
{
	unsigned tries, i;

	if (chance(g, 40) && gen_field(g, depth))
		return;
	for (tries = 0; tries < 12 && g->nvars; tries++) {
		const struct gvar *v = &g->vars[rnd(g, g->nvars)];
		const struct gtype *t = v->t;

		if (g->pure && !v->fixed)
			continue;
		if (t->kind == G_ARRAY && chance(g, 50)) {
			put(g, "$v%u[", v->id);
			if (chance(g, 50)) {
				put(g, "%u]", rnd(g, t->n));
				return;
			}
			gen_value(g, &g_int, depth - 1, true);
			put(g, " & %u]", t->n - 1);
			return;
		}
		if (t->kind == G_STR) {
			put(g, "$v%u[", v->id);
			if (chance(g, 60)) {
				put(g, "0]");
				return;
			}
			gen_value(g, &g_int, depth - 1, true);
			put(g, " & 7]");
			return;
		}
		for (i = 0;
		     (t->kind == G_TUPLE || t->kind == G_RECORD) && i < t->n;
		     i++) {
			if (t->item[i]->kind != G_INT || chance(g, 40))
				continue;
			if (t->kind == G_TUPLE)
				put(g, "$v%u.%u", v->id, i);
			else
				put(g, "$v%u.f%u", v->id, i);
			return;
		}
	}
	int_leaf(g, true);
}

static void
int_word(struct gen *g, unsigned depth)
{
	const struct gmap *m = gen_pick_map(g, NULL);

	switch (g->pure ? 0 : rnd(g, 4)) {
	case 0:
		put(g, "strncmp(");
		gen_value(g, &g_str, depth - 1, true);
		put(g, ", ");
		gen_value(g, &g_str, depth - 1, false);
		put(g, ", %u)", 1 + rnd(g, 12));
		return;
	case 1:
		if (m && m->agg < AGG_STATS) {
			put(g, chance(g, 60) ? "((int64)" : "(1 * ");
			put(g, "@%s", m->name);
			gen_key(g, m, depth - 1);
			put(g, ")");
			return;
		}
		break;
	case 2:
		m = &g->maps[rnd(g, g->nmaps)];
		if (m->nkeys) {
			put(g, "len(@%s)", m->name);
			return;
		}
		break;
	}
	if (g->nmacros) {
		put(g, "m%u(", rnd(g, g->nmacros));
		gen_value(g, &g_int, depth - 1, true);
		put(g, ", ");
		gen_value(g, &g_int, depth - 1, true);
		put(g, ")");
		return;
	}
	int_leaf(g, true);
}

static void
int_value(struct gen *g, unsigned depth, bool solid)
{
	unsigned what = rnd(g, 20);

	if (!depth || g->size <= 0)
		int_leaf(g, solid);
	else if (what < 8)
		int_binary(g, depth);
	else if (what < 10)
		int_unary(g, depth);
	else if (what < 13)
		int_cast(g, depth);
	else if (what < 14)
		int_step(g);
	else if (what < 16)
		int_part(g, depth);
	else if (what < 17)
		int_word(g, depth);
	else if (what < 18)
		gen_int_word(g, depth);
	else
		int_leaf(g, solid);
}

/* ---- choices and blocks, of any type ---- */

static void
choice(struct gen *g, const struct gtype *t, unsigned depth)
{
	bool ternary = chance(g, 60);
	unsigned nvars = g->nvars;

	put(g, ternary ? "(" : "(if (");
	gen_bool(g, depth - 1, true);
	put(g, ternary ? " ? " : ") { ");
	gen_value(g, t, depth - 1, false);
	put(g, ternary ? " : " : " } else { ");
	gen_value(g, t, depth - 1, false);
	put(g, ternary ? ")" : " })");
	g->nvars = nvars;
}

static void
block(struct gen *g, const struct gtype *t, unsigned depth)
{
	unsigned nvars = g->nvars;
	struct gvar v = { .t = chance(g, 50) ? t : &g_int };

	put(g, "({ let $v%u = ", v.id = g->next_id++);
	gen_value(g, v.t, depth - 1, true);
	put(g, "; ");
	v.fixed = true;
	if (g->nvars < VARS)
		g->vars[g->nvars++] = v;
	gen_value(g, t, depth - 1, true);
	put(g, " })");
	g->nvars = nvars;
}

/* ---- bools ---- */

static void
compare(struct gen *g, unsigned depth)
{
	static const char *const ops[] = { "==", "!=", "<", ">", "<=", ">=" };
	unsigned what = rnd(g, 10);
	const struct gtype *t = &g_int;

	if (what == 0)
		t = &g_str;
	else if (what == 1)
		t = &g->types[rnd(g, g->ntypes)];
	put(g, "(");
	gen_value(g, t, depth - 1, true);
	put(g, " %s ", ops[rnd(g, t == &g_int ? ARRAY_LEN(ops) : 2)]);
	gen_value(g, t, depth - 1, false);
	put(g, ")");
}

static void
bool_leaf(struct gen *g, bool solid)
{
	const struct gvar *v = gen_pick_var(g, &g_bool, false);

	if (!solid && chance(g, 20)) {
		put(g, chance(g, 50) ? "true" : "false");
	} else if (v && chance(g, 70)) {
		put(g, "$v%u", v->id);
	} else {
		put(g, "(");
		int_leaf(g, true);
		put(g, " > ");
		gen_literal(g);
		put(g, ")");
	}
}

static void
bool_word(struct gen *g, unsigned depth)
{
	const struct gmap *m = &g->maps[rnd(g, g->nmaps)];

	if (g->pure || !m->nkeys) {
		put(g, "((bool)");
		gen_value(g, chance(g, 70) ? &g_int : &g_str, depth - 1, true);
		put(g, ")");
		return;
	}
	put(g, "has_key(@%s", m->name);
	gen_key_arg(g, m, depth - 1);
	put(g, ")");
}

void
gen_bool(struct gen *g, unsigned depth, bool solid)
{
	unsigned what = rnd(g, 12);

	g->size--;
	if (!depth || g->size <= 0) {
		bool_leaf(g, solid);
	} else if (what < 6) {
		compare(g, depth);
	} else if (what < 8) {
		put(g, "(");
		gen_bool(g, depth - 1, true);
		put(g, chance(g, 50) ? " && " : " || ");
		gen_bool(g, depth - 1, true);
		put(g, ")");
	} else if (what == 8) {
		put(g, "(!");
		gen_bool(g, depth - 1, true);
		put(g, ")");
	} else if (what == 9 && chance(g, 30)) {
		gen_bool_word(g, depth);
	} else if (what == 9) {
		bool_word(g, depth);
	} else if (what == 10) {
		choice(g, &g_bool, depth);
	} else {
		bool_leaf(g, solid);
	}
}

/* ---- strings and composites ---- */

static void
string_literal(struct gen *g)
{
	static const char *const some[] = { "",
					    "a",
					    "ab",
					    "abc",
					    "abd",
					    "abcdefg",
					    "abcdefgh",
					    "abcdefghi",
					    "hello world",
					    "x y",
					    "the same 16 char",
					    "a rather long string, longer "
					    "than the on-stack limit is" };

	if (chance(g, 3))
		put(g, "\"%0*u\"", (int)rnd(g, g->max_strlen - 20) + 1,
		    rnd(g, 3));
	else
		put(g, "\"%s\"", some[rnd(g, ARRAY_LEN(some))]);
}

/* A variable or a map cell of the type; false: there is none. */
static bool
stored(struct gen *g, const struct gtype *t, unsigned depth)
{
	const struct gvar *v = gen_pick_var(g, t, false);
	/* A key may be made of what the map holds, and so on. */
	const struct gmap *m = g->size > -6 ? gen_pick_map(g, t) : NULL;

	if (v && (!m || g->pure || chance(g, 60))) {
		put(g, "$v%u", v->id);
		return true;
	}
	if (!m || g->pure)
		return false;
	put(g, "@%s", m->name);
	gen_key(g, m, depth);
	return true;
}

static void
string_value(struct gen *g, unsigned depth, bool solid)
{
	unsigned what = rnd(g, 10);

	if (g->size < -4 && !solid) {
		string_literal(g);
		return;
	}
	if (depth && g->size > 0 && what == 0) {
		put(g, "str(");
		gen_value(g, &g_str, depth - 1, true);
		if (chance(g, 60))
			put(g, ", %u", rnd(g, 12));
		put(g, ")");
		return;
	}
	if ((solid || what < 6) && stored(g, &g_str, depth ? depth - 1 : 0))
		return;
	if (!solid) {
		string_literal(g);
		return;
	}
	put(g, "(");
	bool_leaf(g, true);
	put(g, " ? ");
	string_literal(g);
	put(g, " : ");
	string_literal(g);
	put(g, ")");
}

static void
composite(struct gen *g, const struct gtype *t, unsigned depth, bool solid)
{
	unsigned i;

	put(g, "(");
	for (i = 0; i < t->n; i++) {
		put(g, i ? ", " : "");
		if (t->kind == G_RECORD)
			put(g, "f%u = ", i);
		gen_value(g, t->item[i], depth ? depth - 1 : 0, solid && !i);
	}
	put(g, t->kind == G_TUPLE && t->n == 1 ? ",)" : ")");
}

static void
array(struct gen *g, const struct gtype *t, unsigned depth)
{
	put(g, "((%s[%u])(uint64)", t->element, t->n);
	gen_value(g, &g_int, depth ? depth - 1 : 0, true);
	put(g, ")");
}

void
gen_value(struct gen *g, const struct gtype *t, unsigned depth, bool solid)
{
	g->size--;
	if (depth > 1 && g->size > 0 && chance(g, 7)) {
		choice(g, t, depth);
		return;
	}
	if (depth > 1 && g->size > 0 && chance(g, 3)) {
		block(g, t, depth);
		return;
	}
	switch (t->kind) {
	case G_INT:
		int_value(g, depth, solid);
		return;
	case G_BOOL:
		gen_bool(g, depth, solid);
		return;
	case G_STR:
		string_value(g, depth, solid);
		return;
	case G_TUPLE:
	case G_RECORD:
		if (chance(g, 50) || !stored(g, t, depth ? depth - 1 : 0))
			composite(g, t, depth, solid);
		return;
	case G_ARRAY:
		if (chance(g, 40) || !stored(g, t, depth ? depth - 1 : 0))
			array(g, t, depth);
		return;
	case G_ENUM:
		if (chance(g, 40) || !stored(g, t, depth ? depth - 1 : 0))
			gen_enum_value(g, t, depth, solid);
		return;
	case G_PTR:
		return;
	}
}

void
gen_top(struct gen *g, const struct gtype *t, bool solid)
{
	g->size = chance(g, 5) ? 60 : 16;
	gen_value(g, t, 1 + rnd(g, 5), solid);
}

void
gen_key(struct gen *g, const struct gmap *m, unsigned depth)
{
	unsigned i;

	for (i = 0; i < m->nkeys; i++) {
		put(g, i ? ", " : "[");
		gen_value(g, m->key[i], depth, false);
	}
	put(g, m->nkeys ? "]" : "");
}

void
gen_key_arg(struct gen *g, const struct gmap *m, unsigned depth)
{
	unsigned i;

	for (i = 0; i < m->nkeys; i++) {
		put(g, i ? ", " : m->nkeys > 1 ? ", (" : ", ");
		gen_value(g, m->key[i], depth, false);
	}
	put(g, m->nkeys > 1 ? ")" : "");
}
