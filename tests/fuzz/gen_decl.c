/* SPDX-License-Identifier: MIT */
/*
 * Owns what stands before the probes of a random script: configuration,
 * structs, enums, declared maps, macros; and what uses structs: pointers to
 * the bytes of a variable.
 */
#include "gen.h"

static const char *const c_types[] = {
	"char", "unsigned char", "short", "unsigned short",
	"int",  "unsigned int",  "long",  "unsigned long",
};
static const unsigned c_sizes[] = { 1, 1, 2, 2, 4, 4, 8, 8 };

/* ---- declarations ---- */

static void
config(struct gen *g)
{
	static const unsigned lengths[] = { 256, 320, 400, 512, 1024, 2000 };

	g->max_strlen = 1024;
	put(g, "config = { max_map_keys = 300");
	if (chance(g, 40)) {
		g->max_strlen = lengths[rnd(g, ARRAY_LEN(lengths))];
		put(g, "; max_strlen = %u", g->max_strlen);
	}
	if (chance(g, 20))
		put(g, "; on_stack_limit = %u", 8 << rnd(g, 6));
	if (chance(g, 10))
		put(g, "; print_maps_on_exit = false");
	put(g, " }\n");
}

/* No field is larger than 8 bytes, so that 4 of them fit 32. */
static void
field(struct gen *g, struct gstruct *s, unsigned i)
{
	unsigned type = rnd(g, ARRAY_LEN(c_types)), size = c_sizes[type];

	if (size < 8 && type > 0 && chance(g, 25)) {
		s->count[i] = 8 / size;
		put(g, "%s f%u[%u]; ", c_types[type], i, s->count[i]);
	} else if (type % 2 && chance(g, 30)) {
		put(g, "%s f%u : %u; ", c_types[type], i,
		    1 + rnd(g, size * 8 - 1));
	} else {
		put(g, "%s f%u; ", c_types[type], i);
	}
}

static void
structs(struct gen *g)
{
	unsigned n = chance(g, 50) ? 1 + rnd(g, STRUCTS) : 0;

	while (g->nstructs < n) {
		struct gstruct *s = &g->structs[g->nstructs];

		put(g, "struct s%u { ", g->nstructs++);
		s->nfields = 1 + rnd(g, FIELDS);
		for (unsigned i = 0; i < s->nfields; i++)
			field(g, s, i);
		put(g, "}%s\n",
		    chance(g, 30) ? " __attribute__((packed))" : "");
	}
}

static void
enums(struct gen *g)
{
	unsigned n = chance(g, 40) ? 1 + rnd(g, ENUMS) : 0;

	for (; g->nenums < n; g->nenums++) {
		put(g, "enum e%u { ", g->nenums);
		for (unsigned i = 0; i < ENUM_VALUES; i++) {
			put(g, "E%u_%u", g->nenums, i);
			if (chance(g, 30))
				put(g, " = %u", i * 50 + rnd(g, 50));
			put(g, ", ");
		}
		put(g, "}\n");
	}
}

void
gen_prelude(struct gen *g)
{
	structs(g);
	enums(g);
	config(g);
}

void
gen_map_decls(struct gen *g)
{
	for (unsigned i = 0; i < g->nmaps; i++) {
		const struct gmap *m = &g->maps[i];

		if (!m->nkeys || chance(g, 80))
			continue;
		put(g, "let @%s = %s%s(%u);\n", m->name,
		    m->value ? "" : "percpu",
		    chance(g, 70) ? "hash" : "lruhash", 300 + rnd(g, 300));
	}
}

/* The first ones take two expressions; gen_word.c calls all. */
void
gen_macros(struct gen *g)
{
	static const char *const bodies[] = {
		"(x + (y * 3))",
		"let $t = x; let $u = y; ($t ^ ($u - $t))",
		"if (x > y) { x } else { y }",
		"let $t = y; $t += x; $t *= 5; $t",
	};
	unsigned n = rnd(g, 5), i;

	for (i = 0; i < n; i++)
		put(g, "macro m%u(x, y) { %s }\n", i, bodies[i % 4]);
	g->nmacros = n > ARRAY_LEN(bodies) ? ARRAY_LEN(bodies) : n;
	put(g, "macro mv($a, x) { let $t = $a; $a = ($t ^ x); $t }\n"
	       "macro mm(@a, x) { @a[x & 7] += 3; @a[2] }\n");
}

/* ---- pointers ---- */

static void
four_words(struct gen *g)
{
	put(g, "(");
	for (unsigned i = 0; i < 4; i++) {
		put(g, "%s((uint64)", i ? ", " : "");
		g->size = 4;
		gen_value(g, &g_int, 2, true);
		put(g, ")");
	}
	put(g, ");\n");
}

static const struct gvar *
pick_pointer(struct gen *g)
{
	for (unsigned tries = 0; tries < 8 && g->nvars; tries++) {
		const struct gvar *v = &g->vars[rnd(g, g->nvars)];

		if (v->t->kind == G_PTR)
			return v;
	}
	return NULL;
}

static void
line(struct gen *g)
{
	for (unsigned i = 0; i < g->indent; i++)
		put(g, "  ");
}

/* A copy of the struct in a map, or its text. */
static void
use_struct(struct gen *g, const struct gvar *v)
{
	unsigned key = rnd(g, 3);

	if (chance(g, 30)) {
		put(g, "print(*$v%u);\n", v->id);
		return;
	}
	put(g, "@st%u[%u] = *$v%u;\n", v->to, key, v->id);
	line(g);
	put(g, "@m0[2] += @st%u[%u].f0%s;\n", v->to, chance(g, 80) ? key : 7,
	    g->structs[v->to].count[0] ? "[0]" : "");
}

void
gen_pointer(struct gen *g)
{
	static const struct gtype pointer = { .kind = G_PTR };
	const struct gvar *old = pick_pointer(g);
	unsigned of;
	struct gvar *v;

	line(g);
	if (old && g->rounds <= 16 && chance(g, 30)) {
		use_struct(g, old);
		return;
	}
	if (!g->nstructs || (old && chance(g, 40))) {
		if (old)
			put(g, "$v%u = ", old->of), four_words(g);
		else
			put(g, "@m0[%u]--;\n", rnd(g, 9));
		return;
	}
	of = g->next_id++;
	put(g, "$v%u = ", of);
	four_words(g);
	v = gen_new_var(g, &pointer);
	v->fixed = true;
	v->of = of;
	v->to = rnd(g, g->nstructs);
	line(g);
	put(g, "$v%u = (struct s%u *)(&$v%u);\n", v->id, v->to, of);
}

bool
gen_field(struct gen *g, unsigned depth)
{
	static const char *const forms[] = { "$v%u->f%u", "$v%u.f%u",
					     "(*$v%u).f%u", "$v%u[0].f%u" };
	const struct gvar *v = g->pure ? NULL : pick_pointer(g);
	const struct gstruct *s;
	unsigned i;

	if (!v)
		return false;
	s = &g->structs[v->to];
	i = rnd(g, s->nfields);
	put(g, forms[rnd(g, ARRAY_LEN(forms))], v->id, i);
	if (!s->count[i])
		return true;
	if (chance(g, 50)) {
		put(g, "[%u]", rnd(g, s->count[i]));
		return true;
	}
	put(g, "[");
	gen_value(g, &g_int, depth ? depth - 1 : 0, true);
	put(g, " & %u]", s->count[i] - 1);
	return true;
}

void
gen_enum_value(struct gen *g, const struct gtype *t, unsigned depth, bool solid)
{
	if (solid || (depth && chance(g, 20))) {
		put(g, "((enum e%u)", t->id);
		gen_value(g, &g_int, depth ? depth - 1 : 0, true);
		put(g, ")");
	} else {
		put(g, "E%u_%u", t->id, rnd(g, ENUM_VALUES));
	}
}
