/* SPDX-License-Identifier: MIT */
/* Names, layout, interning and the promotion table (REFERENCE 2.1, 2.2). */
#include <criterion/criterion.h>

#include "../../sema/sema.h"

struct fixture {
	struct arena a;
	struct types t;
};

static void
init(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	types_init(&f->t, &f->a);
}

Test(types, names)
{
	struct fixture f;
	const struct type *items[2];

	init(&f);
	items[0] = type_int(&f.t, 1, true);
	items[1] = type_string(&f.t, 2);
	cr_expect_str_eq(type_name(items[0]), "int8");
	cr_expect_str_eq(type_name(type_int(&f.t, 8, false)), "uint64");
	cr_expect_str_eq(type_name(items[1]), "string[2]");
	cr_expect_str_eq(type_name(type_buffer(&f.t, 5)), "buffer[9]");
	cr_expect_str_eq(type_name(type_none(&f.t)), "void");
	cr_expect_str_eq(
		type_name(type_pointer(
			&f.t, type_pointer(&f.t, items[0], AS_USER), AS_USER)),
		"int8 * *");
	cr_expect_str_eq(
		type_name(type_array(&f.t, type_array(&f.t, items[0], 3), 2)),
		"int8[2][3]");
	cr_expect_str_eq(type_name(type_tuple(&f.t, items, 2)),
			 "(int8,string[2])");
	arena_free(&f.a);
}

Test(types, interned)
{
	struct fixture f;
	const struct type *i, *p;

	init(&f);
	i = type_int(&f.t, 4, true);
	p = type_pointer(&f.t, i, AS_USER);
	cr_expect_eq(p, type_pointer(&f.t, i, AS_USER));
	cr_expect_neq(p, type_pointer(&f.t, i, AS_KERNEL));
	cr_expect_neq(type_literal(&f.t, 70000, false), i);
	cr_expect_eq(type_settle(&f.t, type_literal(&f.t, 70000, false)), i);
	cr_expect(!type_literal(&f.t, (uint64_t)-1, true)->flexible);
	arena_free(&f.a);
}

Test(types, tuple_layout)
{
	struct fixture f;
	const struct type *items[3], *t;

	init(&f);
	items[0] = type_int(&f.t, 1, false);
	items[1] = type_int(&f.t, 4, false);
	items[2] = type_string(&f.t, 3);
	t = type_tuple(&f.t, items, 3);
	cr_expect_eq(t->fields[1].offset, 4);
	cr_expect_eq(t->fields[2].offset, 8);
	cr_expect_eq(t->size, 12);
	cr_expect_eq(t->align, 4);
	arena_free(&f.a);
}

Test(types, anonymous_members)
{
	struct fixture f;
	struct field in = { .name = "deep", .offset = 4 };
	struct field out[2] = { { .name = "a" }, { .offset = 8 } };
	const struct type *t;

	init(&f);
	in.type = out[0].type = type_int(&f.t, 4, true);
	out[1].type = type_struct(&f.t, "struct in", 8, &in, 1);
	t = type_struct(&f.t, "struct out", 16, out, 2);
	cr_assert(type_field(t, "deep"));
	cr_expect_eq(type_field(t, "deep")->offset, 12);
	cr_expect_eq(type_field(t, "nope"), NULL);
	arena_free(&f.a);
}

static const char *
common(struct fixture *f, const struct type *a, const struct type *b)
{
	const struct type *p = type_promote(&f->t, a, b);
	const struct type *q = type_promote(&f->t, b, a);

	cr_expect_eq(p, q, "promotion of %s and %s is one-sided", type_name(a),
		     type_name(b));
	return p ? type_name(p) : "none";
}

Test(types, promotion_of_ints)
{
	struct fixture f;
	const struct type *i8, *u8, *i64, *u64, *u32, *five, *big;

	init(&f);
	i8 = type_int(&f.t, 1, true);
	u8 = type_int(&f.t, 1, false);
	u32 = type_int(&f.t, 4, false);
	i64 = type_int(&f.t, 8, true);
	u64 = type_int(&f.t, 8, false);
	five = type_literal(&f.t, 5, false);
	big = type_literal(&f.t, 300, false);
	cr_expect_str_eq(common(&f, u8, u32), "uint32");
	cr_expect_str_eq(common(&f, i8, u8), "int16");
	cr_expect_str_eq(common(&f, i8, u32), "int64");
	cr_expect_str_eq(common(&f, i64, u32), "int64");
	cr_expect_str_eq(common(&f, i64, u64), "int64");
	cr_expect_str_eq(common(&f, five, u32), "uint32");
	cr_expect_str_eq(common(&f, big, u8), "uint16");
	cr_expect_str_eq(common(&f, five, big), "int16");
	cr_expect_str_eq(common(&f, i8, type_bool(&f.t)), "none");
	cr_expect_str_eq(common(&f, i8, type_string(&f.t, 4)), "none");
	arena_free(&f.a);
}
