/* SPDX-License-Identifier: MIT */
/*
 * Owns random scripts: macros, maps, begin probes and their statements. One
 * statement a line, so that lines can be cut from a script that fails. What
 * is printed never depends on the order of a map's elements.
 */
#include <stdio.h>

#include "gen.h"

const struct gtype g_int = { .kind = G_INT };
const struct gtype g_bool = { .kind = G_BOOL };
const struct gtype g_str = { .kind = G_STR };

/* ---- chance ---- */

unsigned
rnd(struct gen *g, unsigned n)
{
	uint64_t z = g->rng += 0x9e3779b97f4a7c15; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (unsigned)((z ^ z >> 31) % n);
}

bool
chance(struct gen *g, unsigned percent)
{
	return rnd(g, 100) < percent;
}

void
put(struct gen *g, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sbuf_vprintf(g->out, fmt, ap);
	va_end(ap);
}

static void
line(struct gen *g)
{
	for (unsigned i = 0; i < g->indent; i++)
		put(g, "  ");
}

/* ---- names and types ---- */

const struct gvar *
gen_pick_var(struct gen *g, const struct gtype *t, bool assign)
{
	unsigned tries;

	for (tries = 0; tries < 12 && g->nvars; tries++) {
		const struct gvar *v = &g->vars[rnd(g, g->nvars)];

		if (v->t == t && !(assign && v->fixed) &&
		    !(g->pure && !v->fixed))
			return v;
	}
	return NULL;
}

struct gvar *
gen_new_var(struct gen *g, const struct gtype *t)
{
	struct gvar *v = &g->vars[g->nvars < VARS - 1 ? g->nvars++ : VARS - 1];

	*v = (struct gvar){ .id = g->next_id++, .t = t };
	return v;
}

const struct gmap *
gen_pick_map(struct gen *g, const struct gtype *value)
{
	unsigned tries;

	for (tries = 0; tries < 12; tries++) {
		const struct gmap *m = &g->maps[rnd(g, g->nmaps)];

		if (m->value == value)
			return m;
	}
	return value == &g_int ? &g->maps[0] : NULL;
}

static const struct gtype *
pick_type(struct gen *g, bool simple)
{
	unsigned what = rnd(g, 12);

	if (what < 6)
		return &g_int;
	if (what < 7)
		return &g_bool;
	if (what < 9)
		return &g_str;
	if (g->nenums && chance(g, 25))
		return &g->enums[rnd(g, g->nenums)];
	return simple ? &g_int : &g->types[rnd(g, g->ntypes)];
}

static void
make_types(struct gen *g)
{
	static const struct gtype arrays[] = {
		{ .kind = G_ARRAY, .element = "uint8", .n = 8 },
		{ .kind = G_ARRAY, .element = "int16", .n = 4 },
		{ .kind = G_ARRAY, .element = "uint32", .n = 2 },
		{ .kind = G_ARRAY, .element = "int8", .n = 8 },
	};
	unsigned n = 1 + rnd(g, 5);

	for (unsigned i = 0; i < g->nenums; i++)
		g->enums[i] = (struct gtype){ .kind = G_ENUM, .id = i };
	g->types[g->ntypes++] = arrays[rnd(g, ARRAY_LEN(arrays))];
	while (n-- > 0) {
		struct gtype *t = &g->types[g->ntypes];
		unsigned i;

		t->kind = chance(g, 70) ? G_TUPLE : G_RECORD;
		t->n = 1 + rnd(g, ITEMS);
		for (i = 0; i < t->n; i++)
			t->item[i] = pick_type(g, false);
		g->ntypes++;
	}
}

/* ---- maps ---- */

static void
map_keys(struct gen *g, struct gmap *m)
{
	struct gtype *t;
	unsigned i;

	m->nkeys = rnd(g, 10) < 3 ? 0 : 1 + rnd(g, 5) / 3;
	if (m->nkeys && chance(g, 10))
		m->nkeys = 3;
	for (i = 0; i < m->nkeys; i++)
		m->key[i] = pick_type(g, false);
	m->key_type = m->key[0];
	if (m->nkeys < 2 || g->ntypes == TYPES)
		return;
	t = &g->types[g->ntypes++];
	*t = (struct gtype){ .kind = G_TUPLE, .n = m->nkeys };
	for (i = 0; i < m->nkeys; i++)
		t->item[i] = m->key[i];
	m->key_type = t;
}

static void
map_value(struct gen *g, struct gmap *m)
{
	unsigned min = rnd(g, 5), step = 1 + rnd(g, 9);

	if (chance(g, 65)) {
		m->value = pick_type(g, false);
		return;
	}
	m->agg = AGG_COUNT + rnd(g, AGG_LHIST);
	if (m->agg == AGG_LHIST)
		snprintf(m->agg_args, sizeof(m->agg_args), ", %u, %u, %u", min,
			 min + step * (2 + rnd(g, 9)) + rnd(g, 2), step);
	else if (m->agg == AGG_HIST && chance(g, 50))
		snprintf(m->agg_args, sizeof(m->agg_args), ", %u", rnd(g, 6));
}

static void
make_maps(struct gen *g)
{
	unsigned n = 1 + rnd(g, MAPS - 1);

	while (n-- > 0) {
		struct gmap *m = &g->maps[g->nmaps];

		snprintf(m->name, sizeof(m->name), "m%u", g->nmaps++);
		if (g->nmaps == 1) { /* one to read solid numbers from */
			m->nkeys = 1;
			m->key[0] = m->key_type = m->value = &g_int;
			continue;
		}
		map_keys(g, m);
		map_value(g, m);
	}
}

static void
agg_call(struct gen *g, const struct gmap *m)
{
	static const char *const words[] = { "",      "count", "sum",
					     "min",   "max",   "avg",
					     "stats", "hist",  "lhist" };

	put(g, "%s(", words[m->agg]);
	if (m->agg != AGG_COUNT)
		gen_top(g, &g_int, false);
	put(g, "%s)", m->agg_args);
}

static void
map_assign(struct gen *g, const struct gmap *m)
{
	line(g);
	put(g, "@%s", m->name);
	g->size = 8;
	gen_key(g, m, 2);
	put(g, " = ");
	if (m->value)
		gen_top(g, m->value, false);
	else
		agg_call(g, m);
	put(g, ";\n");
}

/* ---- simple statements ---- */

static void
compound(struct gen *g)
{
	static const char *const ops[] = { "+=", "-=", "*=", "/=",  "%=",
					   "&=", "|=", "^=", "<<=", ">>=" };
	unsigned i = rnd(g, ARRAY_LEN(ops));

	put(g, " %s ", ops[i]);
	if (i >= 8)
		put(g, "(");
	gen_top(g, &g_int, i >= 8);
	put(g, i >= 8 ? " & 63);\n" : ";\n");
}

static void
new_var(struct gen *g)
{
	static const char *const ints[] = { "int8",   "int16", "int32",
					    "int64",  "uint8", "uint16",
					    "uint32", "uint64" };
	const struct gtype *t = pick_type(g, false);
	unsigned id = g->next_id++;
	bool strict = t == &g_int && chance(g, 30);
	const struct gvar *like = gen_pick_var(g, &g_int, false);
	struct gvar *v;

	line(g);
	if (strict && like && chance(g, 30))
		put(g, "let $v%u: typeof($v%u) = ", id, like->id);
	else if (strict)
		put(g, "let $v%u: %s = ", id, ints[rnd(g, 8)]);
	else if (t == &g_str && chance(g, 30))
		put(g, "let $v%u: string = ", id);
	else
		put(g, chance(g, 50) ? "let $v%u = " : "$v%u = ", id);
	gen_top(g, t, strict);
	put(g, ";\n");
	v = gen_new_var(g, t);
	v->id = id;
	v->strict = strict;
}

static void
change_var(struct gen *g)
{
	const struct gtype *t = pick_type(g, false);
	const struct gvar *v = gen_pick_var(g, t, true);

	if (!v) {
		new_var(g);
		return;
	}
	line(g);
	put(g, "$v%u", v->id);
	if (t == &g_int && chance(g, 25)) {
		put(g, chance(g, 50) ? "++;\n" : "--;\n");
	} else if (t == &g_int && chance(g, 40)) {
		compound(g);
	} else {
		put(g, " = ");
		gen_top(g, t, v->strict);
		put(g, ";\n");
	}
}

static void
delete_key(struct gen *g, const struct gmap *m)
{
	line(g);
	put(g, "%sdelete(@%s", chance(g, 30) ? "_ = " : "", m->name);
	g->size = 8;
	gen_key_arg(g, m, 1);
	put(g, ");\n");
}

static void
change_map(struct gen *g)
{
	const struct gmap *m = &g->maps[rnd(g, g->nmaps)];

	if (chance(g, 15)) {
		delete_key(g, m);
	} else if (m->value == &g_int && chance(g, 50)) {
		line(g);
		put(g, "@%s", m->name);
		g->size = 8;
		gen_key(g, m, 2);
		if (chance(g, 40))
			put(g, chance(g, 50) ? "++;\n" : "--;\n");
		else
			compound(g);
	} else {
		map_assign(g, m);
	}
}

/* ---- output ---- */

static void
conversion(struct gen *g, const struct gtype *t)
{
	static const char *const lengths[] = { "", "", "l", "ll", "h", "hh" };
	static const char *const flags[] = { "",  "",   "",   "-", "0",
					     "5", "-7", "08", "+", "#" };

	put(g, "%%");
	if (t->kind == G_INT && chance(g, 5)) {
		put(g, "%sp", chance(g, 30) ? "20" : "");
	} else if (t->kind == G_INT && chance(g, 85)) {
		const char *f = flags[rnd(g, ARRAY_LEN(flags))];
		const char *l = lengths[rnd(g, ARRAY_LEN(lengths))];

		put(g, "%s%s%c", f, l, "diuxXoc"[rnd(g, 7)]);
	} else if (t->kind == G_STR || t->kind == G_INT) {
		put(g, "%ss", chance(g, 20) ? "12" : "");
	} else {
		put(g, (t->kind == G_BOOL || t->kind == G_ENUM) && chance(g, 40)
			       ? "d"
			       : "s");
	}
}

static void
print_formatted(struct gen *g)
{
	unsigned n = chance(g, 5) ? rnd(g, 12) : rnd(g, 5), i;
	const struct gtype *t[12]; /* NULL: something for %s only */

	line(g);
	put(g, "printf(\"p%u", g->next_id++);
	for (i = 0; i < n; i++) {
		t[i] = chance(g, 6) ? NULL : pick_type(g, false);
		put(g, " ");
		if (t[i])
			conversion(g, t[i]);
		else
			put(g, "%%s");
	}
	put(g, "\\n\"");
	for (i = 0; i < n; i++) {
		put(g, ", ");
		if (t[i])
			gen_top(g, t[i], false);
		else
			gen_printable(g);
	}
	put(g, ");\n");
}

static void
print_some(struct gen *g)
{
	const struct gmap *m = &g->maps[rnd(g, g->nmaps)];

	if (chance(g, 60)) {
		print_formatted(g);
		return;
	}
	line(g);
	if (g->rounds == 1 && chance(g, 25)) {
		put(g, "print(@%s", m->name);
		if (m->nkeys && chance(g, 30)) {
			put(g, ", %u", rnd(g, 4));
			if (chance(g, 40))
				put(g, ", %u", rnd(g, 4));
		}
		put(g, ");\n");
	} else if (g->rounds == 1 && chance(g, 6)) {
		put(g, "%s(@%s);\n", chance(g, 60) ? "clear" : "zero", m->name);
	} else if (chance(g, 25) && !(m->agg > AGG_STATS) && m->nkeys) {
		put(g, "print(@%s", m->name);
		g->size = 6;
		gen_key(g, m, 1);
		put(g, ");\n");
	} else {
		put(g, "print(");
		gen_top(g, pick_type(g, false), true);
		put(g, ");\n");
	}
}

/* ---- blocks ---- */

static void stmts(struct gen *g, unsigned n);

static void
body(struct gen *g)
{
	unsigned nvars = g->nvars;

	g->indent++;
	g->nest++;
	stmts(g, 1 + rnd(g, 4));
	g->nest--;
	g->indent--;
	g->nvars = nvars;
}

static void
close_brace(struct gen *g)
{
	line(g);
	put(g, "}\n");
}

static void
condition(struct gen *g)
{
	g->size = 12;
	put(g, "(");
	if (chance(g, 85))
		gen_bool(g, 1 + rnd(g, 4), true);
	else
		gen_value(g, &g_int, 2, true);
	put(g, ")");
}

static void
if_else(struct gen *g)
{
	line(g);
	put(g, "if ");
	condition(g);
	put(g, " {\n");
	body(g);
	while (chance(g, 25)) {
		line(g);
		put(g, "} else if ");
		condition(g);
		put(g, " {\n");
		body(g);
	}
	if (chance(g, 40)) {
		line(g);
		put(g, "} else {\n");
		body(g);
	}
	close_brace(g);
}

/* What a loop changes of the state, put back when it is written. */
struct around {
	unsigned nvars, rounds;
	bool in_loop, in_for;
};

static void
enter(struct gen *g, struct around *a, unsigned rounds, bool is_for)
{
	*a = (struct around){ g->nvars, g->rounds, g->in_loop, g->in_for };
	g->rounds *= rounds;
	g->in_loop = true;
	g->in_for |= is_for;
}

static void
leave(struct gen *g, const struct around *a)
{
	g->nvars = a->nvars;
	g->rounds = a->rounds;
	g->in_loop = a->in_loop;
	g->in_for = a->in_for;
	close_brace(g);
}

static void
while_loop(struct gen *g)
{
	unsigned id = g->next_id++, n = 1 + rnd(g, 6);
	struct around a;
	struct gvar *v;

	line(g);
	put(g, "$v%u = %u;\n", id, rnd(g, 2));
	enter(g, &a, n, false);
	v = gen_new_var(g, &g_int);
	v->id = id;
	v->fixed = true;
	line(g);
	put(g, "while ($v%u < %u) {\n", id, n);
	g->indent++;
	line(g);
	put(g, "$v%u++;\n", id);
	g->indent--;
	body(g);
	leave(g, &a);
}

static void
for_range(struct gen *g)
{
	unsigned id = g->next_id++;
	bool known = chance(g, 60);
	struct around a;
	struct gvar *v;

	line(g);
	put(g, "for ($v%u : ", id);
	if (chance(g, 80))
		put(g, "%u..", rnd(g, 3));
	else
		put(g, "(-%u)..", 1 + rnd(g, 3));
	g->size = 4;
	if (known) {
		put(g, "%u", rnd(g, 6));
	} else {
		put(g, "(");
		gen_value(g, &g_int, 1, true);
		put(g, " & 7)");
	}
	put(g, ") {\n");
	enter(g, &a, 8, true);
	v = gen_new_var(g, &g_int);
	v->id = id;
	v->fixed = true;
	body(g);
	leave(g, &a);
}

static void
unroll(struct gen *g)
{
	unsigned n = 1 + rnd(g, 4), copies = g->copies, rounds = g->rounds;
	bool in_loop = g->in_loop;

	line(g);
	put(g, "unroll (%u) {\n", n);
	g->copies *= n;
	g->rounds *= n;
	g->in_loop = false;
	body(g);
	g->copies = copies;
	g->rounds = rounds;
	g->in_loop = in_loop;
	close_brace(g);
}

static void fold_item(struct gen *g, const struct gvar *sum,
		      const struct gmap *agg);

/* The same in a loop of its own: a callback in a callback, or rounds of the
 * one around. */
static void
fold_loop(struct gen *g, const struct gvar *sum, const struct gmap *agg)
{
	unsigned id = g->next_id++, nvars = g->nvars;
	unsigned rounds = g->rounds, copies = g->copies;
	struct gvar *v;

	if (chance(g, 30)) {
		put(g, "unroll (%u) {\n", 1 + rnd(g, 3));
		g->copies *= 3;
	} else {
		put(g, "for ($v%u : %u..", id, rnd(g, 2));
		g->size = 4;
		if (chance(g, 30)) {
			put(g, "%u", rnd(g, 5));
		} else {
			put(g, "(");
			gen_value(g, &g_int, 1, true);
			put(g, " & 3)");
		}
		put(g, ") {\n");
		v = gen_new_var(g, &g_int);
		v->id = id;
		v->fixed = true;
	}
	g->rounds *= 4;
	g->indent++;
	fold_item(g, sum, agg);
	if (chance(g, 40))
		fold_item(g, sum, agg);
	g->indent--;
	g->nvars = nvars;
	g->rounds = rounds;
	g->copies = copies;
	close_brace(g);
}

/* One statement whose repetition commutes with itself. */
static void
fold_item(struct gen *g, const struct gvar *sum, const struct gmap *agg)
{
	static const char *const ops[] = { "+=", "^=", "|=" };

	line(g);
	if (chance(g, 30)) {
		put(g, "if ");
		condition(g);
		put(g, " {\n");
		g->indent++;
		fold_item(g, sum, agg);
		g->indent--;
		close_brace(g);
	} else if (g->rounds <= 64 && g->copies <= 4 && chance(g, 20)) {
		fold_loop(g, sum, agg);
	} else if (agg && chance(g, 40)) {
		put(g, "@%s", agg->name);
		g->size = 5;
		gen_key(g, agg, 1);
		put(g, " = ");
		agg_call(g, agg);
		put(g, ";\n");
	} else {
		put(g, "$v%u %s ", sum->id, ops[sum->strict ? 1 : 0]);
		gen_top(g, &g_int, false);
		put(g, ";\n");
	}
}

static void
unpack_item(struct gen *g, unsigned kv, const struct gmap *m)
{
	struct gvar *v;

	line(g);
	put(g, "let $v%u = $v%u.0;\n", g->next_id, kv);
	v = gen_new_var(g, m->key_type);
	v->fixed = true;
	line(g);
	put(g, "let $v%u = $v%u.1;\n", g->next_id, kv);
	v = gen_new_var(g, m->value ? m->value : &g_int);
	v->fixed = true;
}

static void
for_map(struct gen *g)
{
	const struct gmap *m = &g->maps[rnd(g, g->nmaps)];
	const struct gmap *agg = gen_pick_map(g, NULL);
	struct gvar sum = { .id = g->next_id++, .strict = chance(g, 50) };
	unsigned kv = g->next_id++, n = 1 + rnd(g, 3);
	struct around a;

	if (!m->nkeys || m->agg >= AGG_STATS)
		return;
	if (agg == m)
		agg = NULL;
	line(g);
	put(g, "let $v%u: int64 = %u;\n", sum.id, rnd(g, 9));
	line(g);
	put(g, "for ($v%u : @%s) {\n", kv, m->name);
	enter(g, &a, 16, true);
	g->indent++;
	unpack_item(g, kv, m);
	g->pure = true;
	if (chance(g, 20)) {
		line(g);
		put(g, "if ");
		condition(g);
		put(g, " { delete(@%s, $v%u); }\n", m->name,
		    g->vars[g->nvars - 2].id);
	}
	while (n-- > 0)
		fold_item(g, &sum, agg);
	g->pure = false;
	g->indent--;
	leave(g, &a);
	gen_new_var(g, &g_int)->id = sum.id;
	g->vars[g->nvars - 1].strict = true;
}

static void
find_key(struct gen *g)
{
	const struct gmap *m = &g->maps[rnd(g, g->nmaps)];
	unsigned id = g->next_id++;
	struct gvar *v;

	if (!m->nkeys || !m->value) {
		if_else(g);
		return;
	}
	line(g);
	put(g, "let $v%u = ", id);
	gen_top(g, m->value, false);
	put(g, ";\n");
	v = gen_new_var(g, m->value);
	v->id = id;
	line(g);
	put(g, "if (find(@%s", m->name);
	g->size = 8;
	gen_key_arg(g, m, 2);
	put(g, ", $v%u)) {\n", id);
	body(g);
	close_brace(g);
}

/* The branch not taken is never looked at. */
static void
if_comptime(struct gen *g)
{
	bool yes = chance(g, 50);

	line(g);
	put(g, "if comptime (sizeof(uint%u) == %u) {\n", yes ? 32 : 16, 4);
	g->indent++;
	line(g);
	put(g, yes ? "@m0[1]++;\n" : "$nothing = nowhere(1);\n");
	g->indent--;
	line(g);
	put(g, "} else {\n");
	g->indent++;
	line(g);
	put(g, yes ? "fail(\"no\");\n" : "@m0[2]++;\n");
	g->indent--;
	close_brace(g);
}

static void
jump(struct gen *g)
{
	line(g);
	put(g, "if ");
	condition(g);
	put(g, " {\n");
	g->indent++;
	line(g);
	if (g->in_loop && chance(g, 90))
		put(g, chance(g, 50) ? "break;\n" : "continue;\n");
	else
		put(g, !g->in_for && chance(g, 20)  ? "exit();\n"
		       : g->in_for || chance(g, 60) ? "return;\n"
						    : "return 1;\n");
	g->indent--;
	close_brace(g);
}

static void
stmt(struct gen *g)
{
	unsigned what = rnd(g, 35);
	bool deep = g->nest >= 6;

	if (what < 8)
		change_var(g);
	else if (what < 11)
		new_var(g);
	else if (what < 17)
		change_map(g);
	else if (what < 22 && g->rounds <= 48)
		print_some(g);
	else if (what < 25 && !deep)
		if_else(g);
	else if (what == 25 && !deep && g->rounds <= 16)
		while_loop(g);
	else if (what < 28 && !deep && g->rounds <= 16)
		for_range(g);
	else if (what == 28 && !deep && g->copies <= 4)
		unroll(g);
	else if (what == 29 && !deep && g->rounds <= 8)
		for_map(g);
	else if (what == 30 && g->nest && chance(g, g->in_loop ? 60 : 15))
		jump(g);
	else if (what == 31 && !deep)
		find_key(g);
	else if (what == 32 && chance(g, 20))
		if_comptime(g);
	else if (what >= 33)
		gen_pointer(g);
	else
		change_var(g);
}

static void
stmts(struct gen *g, unsigned n)
{
	while (n-- > 0 && g->budget-- > 0)
		stmt(g);
	if (g->budget <= 0) { /* never an empty block */
		line(g);
		put(g, "@m0[%u]++;\n", rnd(g, 4));
	}
}

/* ---- the script ---- */

static void
probe(struct gen *g, bool first, bool last)
{
	unsigned i, n = g->nmaps;

	g->nvars = 0;
	g->rounds = g->copies = 1;
	put(g, last && chance(g, 15) ? "end" : "begin");
	if (!first && chance(g, 20)) {
		put(g, " /");
		g->size = 8;
		gen_bool(g, 2, true);
		put(g, "/");
	}
	put(g, "\n{\n");
	g->indent = 1;
	for (i = 0; first && i < 4; i++) {
		line(g);
		put(g, "@m0[%u] = ", i);
		gen_literal(g);
		put(g, ";\n");
	}
	for (i = 1; first && i < n; i++) {
		g->nmaps = i; /* types are inferred in this order */
		map_assign(g, &g->maps[i]);
	}
	g->nmaps = n;
	while (g->budget > 0)
		stmts(g, 8);
	for (i = 0; i < g->nvars && i < 12; i++) {
		if (g->vars[i].t->kind == G_PTR)
			continue;
		line(g);
		put(g, "print($v%u);\n", g->vars[i].id);
	}
	g->indent = 0;
	put(g, "}\n");
}

void
gen_script(uint64_t seed, struct sbuf *out)
{
	struct gen g = { .rng = seed * 2654435761, .out = out };
	unsigned n = chance(&g, 20) ? 1 + rnd(&g, 4) : 1, i;
	int budget = 4 + (int)rnd(&g, chance(&g, 12) ? 50 : 12);

	if (!rnd(&g, 400))
		budget = 300;
	gen_prelude(&g);
	make_types(&g);
	make_maps(&g);
	gen_map_decls(&g);
	gen_macros(&g);
	for (i = 0; i < n; i++) {
		g.budget = budget;
		probe(&g, i == 0, i && i + 1 == n);
	}
}
