/* SPDX-License-Identifier: MIT */
/* What C definitions give to the rest of sema: types, enums, constants. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

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
	const char *sections[1] = { text };

	f->in.sections = sections;
	f->in.nsections = 1;
	f->c = cdef_parse(&f->in);
}

static uint32_t
messages(const struct fixture *f)
{
	uint32_t n;

	cdef_messages(f->c, &n);
	return n;
}

static const struct field *
field_of(struct fixture *f, const char *type, const char *name)
{
	const struct type *t = cdef_type(f->c, type);

	cr_assert(t, "%s", type);
	cr_assert(cdef_complete(f->c, t));
	cr_assert(type_field(t, name), "%s.%s", type, name);
	return type_field(t, name);
}

static void
expect_type(struct fixture *f, const char *type, const char *name,
	    const char *want)
{
	const char *got = type_name(field_of(f, type, name)->type);

	cr_expect_str_eq(got, want, "%s.%s: %s", type, name, got);
}

Test(cdef_names, types_of_fields)
{
	struct fixture f;

	set_up(&f);
	read_text(&f, "typedef unsigned char u8; typedef struct { u8 a; } anon;"
		      "struct s { char c; char text[16]; signed char st[4];"
		      "u8 bytes[6]; char many[3][8]; int grid[2][5];"
		      "struct s *next; void (*fn)(struct s *, int);"
		      "unsigned long long big; _Bool yes; double d;"
		      "void *p; const char *name; struct unknown *u;"
		      "anon an; __int128 wide; int tail[]; };");
	cr_expect_eq(messages(&f), 0);
	expect_type(&f, "struct s", "c", "int8");
	expect_type(&f, "struct s", "text", "string[17]");
	expect_type(&f, "struct s", "st", "int8[4]");
	expect_type(&f, "struct s", "bytes", "uint8[6]");
	expect_type(&f, "struct s", "many", "string[8][3]");
	expect_type(&f, "struct s", "grid", "int32[2][5]");
	expect_type(&f, "struct s", "next", "struct s *");
	expect_type(&f, "struct s", "fn", "void *");
	expect_type(&f, "struct s", "big", "uint64");
	expect_type(&f, "struct s", "yes", "uint8");
	expect_type(&f, "struct s", "d", "void");
	expect_type(&f, "struct s", "p", "void *");
	expect_type(&f, "struct s", "name", "int8 *");
	expect_type(&f, "struct s", "u", "struct unknown *");
	expect_type(&f, "struct s", "an", "anon");
	expect_type(&f, "struct s", "wide", "uint64[2]");
	expect_type(&f, "struct s", "tail", "int32[0]");
	cr_expect_str_eq(type_name(cdef_type(f.c, "u8")), "uint8");
	cr_expect_eq(field_of(&f, "struct s", "next")->type->to,
		     cdef_type(f.c, "struct s"));
	cr_expect(!cdef_type(f.c, "struct unknown"));
	cr_expect(!cdef_type(f.c, "union s"));
	cr_expect(!cdef_type(f.c, "struct nosuch"));
	arena_free(&f.a);
}

Test(cdef_names, anonymous_members_are_promoted)
{
	struct fixture f;

	set_up(&f);
	read_text(&f, "struct s { int a; union { long b; struct { int c; "
		      "unsigned d : 4, e : 7; }; }; };");
	cr_expect_eq(field_of(&f, "struct s", "b")->offset, 8);
	cr_expect_eq(field_of(&f, "struct s", "c")->offset, 8);
	cr_expect_eq(field_of(&f, "struct s", "e")->offset, 12);
	cr_expect_eq(field_of(&f, "struct s", "e")->bit_offset, 4);
	cr_expect_eq(field_of(&f, "struct s", "e")->bit_size, 7);
	arena_free(&f.a);
}

Test(cdef_names, enums)
{
	const struct type *t;
	struct fixture f;
	uint64_t v = 0;

	set_up(&f);
	read_text(&f, "enum e { A, B = 5, C, D = -2, E = 1 << 3 | B };"
		      "enum { F = 0x123456789abc };"
		      "struct s { enum e x; };");
	t = cdef_enum_constant(f.c, "C", &v);
	cr_assert(t);
	cr_expect_eq(v, 6);
	cr_expect_eq(t->size, 8);
	cr_expect_eq(t, cdef_type(f.c, "enum e"));
	cr_expect_str_eq(type_enum_value(t, 6), "C");
	cr_expect_eq(type_enum_value(t, 77), NULL);
	cdef_enum_constant(f.c, "D", &v);
	cr_expect_eq((int64_t)v, -2);
	cdef_enum_constant(f.c, "E", &v);
	cr_expect_eq(v, 13);
	cr_assert(cdef_enum_constant(f.c, "F", &v));
	cr_expect_eq(v, 0x123456789abc);
	cr_expect(!cdef_enum_constant(f.c, "G", &v));
	cr_expect_eq(field_of(&f, "struct s", "x")->type->size, 4);
	arena_free(&f.a);
}

/* ---- types that only BTF knows ---- */

static const struct type *
outside(void *arg, const char *name, bool whole)
{
	struct fixture *f = arg;

	if (!whole && !strcmp(name, "struct kernel_only"))
		return type_bool(&f->t);
	if (!strcmp(name, "u32"))
		return type_int(&f->t, 4, false);
	if (!strcmp(name, "struct list_head"))
		return type_array(&f->t, type_int(&f->t, 8, false), 2);
	return NULL;
}

Test(cdef_names, types_from_outside)
{
	struct fixture f;

	set_up(&f);
	f.in.outside = outside;
	f.in.outside_arg = &f;
	read_text(&f, "struct s { char c; struct list_head l; u32 k, *p; };"
		      "struct t { struct nosuch n; };"
		      "struct u { u33 a; }; struct v { int a; };"
		      "struct w { struct kernel_only *k; };");
	cr_expect_eq(field_of(&f, "struct w", "k")->type->to, type_bool(&f.t));
	cr_expect_eq(field_of(&f, "struct s", "k")->offset, 24);
	cr_expect_eq(cdef_type(f.c, "struct s")->size, 40);
	cr_expect(!cdef_type(f.c, "struct t"));
	cr_expect(!cdef_type(f.c, "struct u"));
	cr_expect(cdef_type(f.c, "struct v"));
	cr_expect_eq(messages(&f), 2);
	arena_free(&f.a);
}

/* ---- what cannot be parsed is skipped, and nothing else ---- */

Test(cdef_names, recovery)
{
	static const char *const bad[] = {
		"struct bad { nosuch x; int y; };",
		"nosuch f(int a) { return a; }",
		"int f(a, b) int a; { return a; }",
		"static inline int g(void) { if (1) { return '}'; } }",
		"extern int a[] = { 1, { 2, 3 } }, b;",
		"asm(\".globl x\"); __asm__ volatile (\"y\");",
		"_Static_assert(1 == 1, \"text\");",
		"typedef nosuch (*fn)(struct q { int a; });",
		"enum { X = nosuch, Y };",
		"struct bad { int x : 99; };",
		"int a[nosuch()];",
		"@ ` \\ y",
		"} } )",
		"struct { nosuch a; } x, y;",
		"__attribute__((constructor)) static void f(void) { }",
		"int x = ({ int y = 3; y; }), z;",
		"[[nodiscard]] int attribute;",
		"; ; ;",
		"#define M {\nvoid f(void) M }",
		"#if\n#elif\n#endif\n#endif\n#else",
		"#include\n#define\n#undef\n#define 1\n#define F(\n#nosuch",
	};
	struct fixture f;
	char text[1024];
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++) {
		set_up(&f);
		strcpy(text, "struct before { int a; };\n");
		strcat(text, bad[i]);
		strcat(text, "\nstruct after { int a; };\n");
		read_text(&f, text);
		cr_expect(cdef_type(f.c, "struct before"), "%s", bad[i]);
		cr_expect(cdef_type(f.c, "struct after"), "%s", bad[i]);
		cr_expect(!cdef_type(f.c, "struct bad"), "%s", bad[i]);
		arena_free(&f.a);
	}
}

/* A script may leave out the last semicolon, and the closing one. */
Test(cdef_names, missing_semicolons)
{
	static const char *const sections[] = {
		"struct a { int x; struct { char y }; }",
		"#define K 3",
		"union b { struct a x[K] }",
		"enum c { L, M }",
	};
	struct fixture f;

	set_up(&f);
	f.in.sections = sections;
	f.in.nsections = 4;
	f.c = cdef_parse(&f.in);
	cr_expect_eq(messages(&f), 0);
	cr_expect_eq(cdef_type(f.c, "struct a")->size, 8);
	cr_expect_eq(cdef_type(f.c, "union b")->size, 24);
	cr_expect(cdef_type(f.c, "union b")->is_union);
	cr_expect(cdef_type(f.c, "enum c"));
	arena_free(&f.a);
}

Test(cdef_names, bundled_headers)
{
	static const char *const sections[] = {
		"#include <stdint.h>",
		"#include <stddef.h>",
		"#include <stdbool.h>",
		"#include <limits.h>",
		"struct s { uint16_t a; size_t b; bool c; char d[CHAR_BIT]; }",
	};
	struct fixture f;

	set_up(&f);
	f.in.sections = sections;
	f.in.nsections = 5;
	f.c = cdef_parse(&f.in);
	cr_expect_eq(messages(&f), 0);
	cr_expect_eq(cdef_type(f.c, "struct s")->size, 32);
	cr_expect_str_eq(type_name(cdef_type(f.c, "int32_t")), "int32");
	arena_free(&f.a);
}

/* ---- the built-in table ---- */

static int64_t
constant(const char *name, enum cdef_arch arch)
{
	int64_t v = -12345;

	cr_expect(cdef_constant(name, arch, &v), "%s", name);
	return v;
}

Test(cdef_names, constants)
{
	const char *name, *before = "";
	int64_t v;
	size_t i;

	for (i = 0; (name = cdef_constant_name(i)); i++) {
		cr_expect_lt(strcmp(before, name), 0, "%s", name);
		cr_expect(cdef_constant(name, CDEF_X86_64, &v), "%s", name);
		before = name;
	}
	cr_expect_gt(i, 500);
	cr_expect_eq(constant("AF_INET6", CDEF_X86_64), AF_INET6);
	cr_expect_eq(constant("ENOENT", CDEF_ARM64), ENOENT);
	cr_expect_eq(constant("SIGKILL", CDEF_X86_64), SIGKILL);
	cr_expect_eq(constant("TASK_RUNNING", CDEF_X86_64), 0);
	cr_expect_eq(constant("ETH_P_IP", CDEF_X86_64), 0x800);
	cr_expect_eq(constant("ICMP_ECHO", CDEF_X86_64), 8);
	cr_expect_eq(constant("ICMPV6_ECHO_REPLY", CDEF_X86_64), 129);
	cr_expect_eq(constant("NSEC_PER_SEC", CDEF_X86_64), 1000000000);
	cr_expect_eq(constant("SOL_IPV6", CDEF_X86_64), 41);
	cr_expect_eq(constant("S_IFREG", CDEF_X86_64), 0100000);
	cr_expect_eq(constant("O_DIRECTORY", CDEF_X86_64), 0200000);
	cr_expect_eq(constant("O_DIRECTORY", CDEF_ARM64), 040000);
	cr_expect(!cdef_constant("AF_NOSUCH", CDEF_X86_64, &v));
	cr_expect(!cdef_constant("", CDEF_X86_64, &v));
}
