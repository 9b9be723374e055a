/* SPDX-License-Identifier: MIT */
/* The C preprocessor: macros, conditionals, headers, limits. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../sema/cdef/cdef.h"

struct fixture {
	struct arena a;
	struct types t;
	struct cdef_input in;
	struct cdefs *c;
};

static void
set_up(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	types_init(&f->t, &f->a);
	f->in.arena = &f->a;
	f->in.types = &f->t;
}

static void
read_text(struct fixture *f, const char *text)
{
	static const char *sections[2] = { "#define EMPTY" };

	set_up(f);
	sections[1] = text;
	f->in.sections = sections;
	f->in.nsections = 2;
	f->c = cdef_parse(&f->in);
}

/* What `name` expands to after `text`. */
static const char *
expansion(struct fixture *f, const char *text, const char *name)
{
	const char *out = "?";

	read_text(f, text);
	cr_assert_neq(cdef_macro(f->c, name, &out), CDEF_NONE, "%s", text);
	return out;
}

static const char *
message(struct fixture *f, uint32_t i)
{
	uint32_t n;
	const struct cdef_msg *m = cdef_messages(f->c, &n);

	return i < n ? m[i].text : "";
}

struct expand_case {
	const char *text, *want;
};

Test(cdef_pp, expansions)
{
	static const struct expand_case cases[] = {
		{ "#define R 1\n", "1" },
		{ "#define R A + B\n#define A (1 << 2)\n#define B A|3\n",
		  "(1 << 2) + (1 << 2)|3" },
		{ "#define R F(1, (2, 3))\n#define F(a, b) b a\n", "(2, 3) 1" },
		{ "#define R F (x)\n#define F(a) [a]\n", "[x]" },
		{ "#define R F\n#define F(a) [a]\n", "F" },
		{ "#define R S(a \"b\\n\" 'c')\n#define S(x) #x\n",
		  "\"a \\\"b\\\\n\\\" 'c'\"" },
		{ "#define R S(V)\n#define S(x) T(x)\n#define T(x) #x\n"
		  "#define V 1 +  2\n",
		  "\"1 + 2\"" },
		{ "#define R P(V, 2)\n#define P(a, b) a ## b\n#define V 9\n",
		  "V2" },
		{ "#define R P(, 2) P(1, ) P(,)\n#define P(a, b) a ## b\n",
		  "2 1" },
		{ "#define R L(x) L(x, 1, 2)\n"
		  "#define L(f, ...) g(f, ## __VA_ARGS__)\n",
		  "g(x) g(x, 1, 2)" },
		{ "#define R L(1) L()\n#define L(args...) {args}\n", "{1} {}" },
		{ "#define R [F()]\n#define F(x) x\n", "[]" },
		{ "#define R G(G(1))\n#define G(x) x + 1\n", "1 + 1 + 1" },
		{ "#define R F(G)(2)\n#define F(x) x\n#define G(x) <x>\n",
		  "<2>" },
		{ "#define R 0x10UL + 12ull + 'A' + 017L\n",
		  "0x10 + 12 + 65 + 017" },
		{ "#define R __LINE__\n", "0" },
		{ "#define R a /* b */ c // d\n", "a c" },
		{ "#define R 1 \\\n  + 2\n", "1 + 2" },
	};
	struct fixture f;
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		const char *got = expansion(&f, cases[i].text, "R");

		cr_expect_str_eq(got, cases[i].want, "%s -> %s", cases[i].text,
				 got);
		arena_free(&f.a);
	}
}

/* The example of C11 6.10.3.5. */
Test(cdef_pp, standard_rescanning)
{
	struct fixture f;
	const char *got = expansion(&f,
				    "#define x 3\n"
				    "#define f(a) f(x * (a))\n"
				    "#undef x\n"
				    "#define x 2\n"
				    "#define g f\n"
				    "#define z z[0]\n"
				    "#define h g(~\n"
				    "#define m(a) a(w)\n"
				    "#define w 0,1\n"
				    "#define t(a) a\n"
				    "#define R f(y+1) + f(f(k)) % t(t(g)(0) + "
				    "t)(1);\n",
				    "R");

	cr_expect_str_eq(got, "f(2 * (y+1)) + f(2 * (f(2 * (k)))) % "
			      "f(2 * (0)) + t(1);");
	arena_free(&f.a);
}

Test(cdef_pp, cycles_are_named)
{
	struct fixture f;
	const char *text;

	read_text(&f, "#define a b\n#define b a\n#define c 1 + d\n"
		      "#define d (e)\n#define e 2 d\n#define F(x) x\n");
	cr_assert_eq(cdef_macro(f.c, "a", &text), CDEF_LOOP);
	cr_expect_str_eq(text, "a->b");
	cr_assert_eq(cdef_macro(f.c, "c", &text), CDEF_LOOP);
	cr_expect_str_eq(text, "c->d->e");
	cr_expect_eq(cdef_macro(f.c, "F", &text), CDEF_NONE);
	cr_expect_eq(cdef_macro(f.c, "none", &text), CDEF_NONE);
	cr_expect_eq(cdef_macro(f.c, "__INT_MAX__", &text), CDEF_NONE);
	arena_free(&f.a);
}

struct if_case {
	const char *cond;
	bool want;
};

Test(cdef_pp, conditions)
{
	static const struct if_case cases[] = {
		{ "1", true },
		{ "0", false },
		{ "X", false },
		{ "defined X", false },
		{ "defined(EMPTY) && !defined X", true },
		{ "EMPTY + 1", true },
		{ "TWO == 2 && TWO * 3 > 5", true },
		{ "1 ? 0 : 1", false },
		{ "-1 < 0", true },
		{ "-1 < 0u", false },
		{ "-1 / 0 == 0", true },
		{ "(1 << 3 | 4) == 12", true },
		{ "F(1) == 2", true },
		{ "__has_include(<nosuch.h>)", false },
		{ "__has_include(\"nosuch.h\")", false },
		{ "defined __has_include", true },
		{ "__has_attribute(packed)", false },
		{ "__has_something(a, b(c))", false },
		{ "'a' == 97 && '\\n' == 10", true },
		{ "0x10 + 010 == 24", true },
		{ "1 +", false },
		{ ")", false },
		{ "__GNUC__ >= 4 && __LP64__", true },
		{ "__SIZEOF_POINTER__ == 8", true },
		{ "~0 == -1", true },
		{ "2 || 1 / 0", true },
	};
	struct fixture f;
	const char *text;
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		char buf[256];

		snprintf(buf, sizeof(buf),
			 "#define TWO 2\n#define F(x) x + 1\n#if %s\n"
			 "#define R 1\n#else\n#define R 0\n#endif\n",
			 cases[i].cond);
		text = expansion(&f, buf, "R");
		cr_expect_str_eq(text, cases[i].want ? "1" : "0", "%s",
				 cases[i].cond);
		arena_free(&f.a);
	}
}

Test(cdef_pp, branches)
{
	struct fixture f;

	cr_expect_str_eq(expansion(&f,
				   "#if 0\n# if 1\n#define R 1\n#else\n"
				   "#define R 2\n#endif\n'don't\n/*\n#else\n*/"
				   "\n#elif 1\n#define R 3\n#elif 1\n"
				   "#define R 4\n#else\n#define R 5\n#endif\n",
				   "R"),
			 "3");
	arena_free(&f.a);
	cr_expect_str_eq(expansion(&f,
				   "#ifdef A\n#define R 1\n#elif 0\n#else\n"
				   "#ifndef A\n#define R 2\n#endif\n#endif\n",
				   "R"),
			 "2");
	arena_free(&f.a);
}

static void
put_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "w");
	cr_assert(out);
	fputs(text, out);
	fclose(out);
}

static void
remove_files(const char *dir, const char *const *names, size_t n)
{
	char path[256];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

Test(cdef_pp, includes)
{
	static const char *const names[] = { "a.h", "b.h", "c.h", "loop.h" };
	static const char *sections[] = {
		"#include <a.h>", "#include \"a.h\"",  "#define C <c.h>",
		"#include C",     "#include <loop.h>",
	};
	char dir[] = "/tmp/jiffy_cdef_XXXXXX";
	struct fixture f;
	const char *text;

	cr_assert(mkdtemp(dir));
	put_file(dir, "a.h",
		 "#ifndef A_H\n#define A_H\n#include \"b.h\"\n"
		 "struct in_a { struct in_b b; };\n#endif\n");
	put_file(dir, "b.h",
		 "#pragma once\nstruct in_b { int x; };\n"
		 "#include <a.h>\n");
	put_file(dir, "c.h", "#define R 7\n");
	put_file(dir, "loop.h", "#include \"loop.h\"\n");
	set_up(&f);
	*vec_push(&f.a, &f.in.includes) = dir;
	f.in.sections = sections;
	f.in.nsections = 5;
	f.c = cdef_parse(&f.in);
	cr_expect(cdef_type(f.c, "struct in_a"));
	cr_assert_eq(cdef_macro(f.c, "R", &text), CDEF_VALUE);
	cr_expect_str_eq(text, "7");
	cr_expect(strstr(message(&f, 0), "nested too deeply"), "%s",
		  message(&f, 0));
	remove_files(dir, names, 4);
	arena_free(&f.a);
}

Test(cdef_pp, messages)
{
	static const char *sections[] = { "#include <nosuch.h>" };
	const struct cdef_msg *m;
	struct fixture f;
	uint32_t n;

	set_up(&f);
	f.in.sections = sections;
	f.in.nsections = 1;
	f.c = cdef_parse(&f.in);
	m = cdef_messages(f.c, &n);
	cr_assert_eq(n, 1);
	cr_expect_str_eq(m->text, "definitions.h:2:10: fatal error: 'nosuch.h'"
				  " file not found");
	cr_expect(m->fatal && m->in_script);
	arena_free(&f.a);
	read_text(&f, "struct x { u32 k; };\n#error not here\n");
	cr_expect_str_eq(message(&f, 0), "definitions.h:3:12: error: unknown "
					 "type name 'u32'");
	cr_expect_str_eq(message(&f, 1), "definitions.h:4:2: error: not here");
	arena_free(&f.a);
	read_text(&f, "struct x { int a; };\nstruct x { int b; };\n");
	cr_expect_str_eq(message(&f, 0), "definitions.h:4:8: error: "
					 "redefinition of 'x'");
	arena_free(&f.a);
}

/* Twice as many tokens with each macro: stopped, not waited for. */
Test(cdef_pp, explosion_is_stopped, .timeout = 60)
{
	struct sbuf b = { 0 };
	struct fixture f;
	bool found = false;
	uint32_t n;
	int i;

	sbuf_puts(&b, "#define X0 x\n");
	for (i = 1; i < 60; i++)
		sbuf_printf(&b, "#define X%d X%d X%d\n", i, i - 1, i - 1);
	sbuf_puts(&b, "int X59;\n");
	read_text(&f, b.s);
	for (n = 0; *message(&f, n); n++)
		found |= strstr(message(&f, n), "too many tokens") != NULL;
	cr_expect(found);
	arena_free(&f.a);
	sbuf_free(&b);
}

Test(cdef_pp, nesting_is_bounded)
{
	static const char *const deep[] = { "(", "{", "[", "*(", "-", "~(" };
	struct fixture f;
	size_t i;
	int k;

	for (i = 0; i < ARRAY_LEN(deep); i++) {
		struct sbuf b = { 0 };

		sbuf_puts(&b, "#if ");
		for (k = 0; k < 20000; k++)
			sbuf_puts(&b, deep[i]);
		sbuf_puts(&b, "\n#endif\nint (*a)[");
		for (k = 0; k < 20000; k++)
			sbuf_puts(&b, deep[i]);
		sbuf_puts(&b, "\n;struct after { int x; };\n");
		read_text(&f, b.s);
		arena_free(&f.a);
		sbuf_free(&b);
	}
}
