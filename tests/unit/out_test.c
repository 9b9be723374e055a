/* SPDX-License-Identifier: MIT */
/* The output writer and the text of values: runtime/out.c, value.c. */
#include <criterion/criterion.h>
#include <string.h>

#include "../../runtime/internal.h"

static struct arena arena;
static struct types types;

static void
setup(void)
{
	types_init(&types, &arena);
}

static void
teardown(void)
{
	arena_free(&arena);
}

TestSuite(out, .init = setup, .fini = teardown);

static void
expect(const struct type *t, const void *v, const char *text, const char *json)
{
	struct out o = { .fd = -1 };

	out_value(&o, t, v);
	sbuf_putc(&o.buf, '\0');
	cr_expect_str_eq(o.buf.s, text);
	o.buf.n = 0;
	out_json_value(&o, t, v);
	sbuf_putc(&o.buf, '\0');
	cr_expect_str_eq(o.buf.s, json);
	sbuf_free(&o.buf);
}

static void
expect_quoted(const char *bytes, const char *json)
{
	struct out o = { .fd = -1, .json = true };

	out_json_string(&o, bytes, strlen(bytes));
	sbuf_add(&o.buf, "", 1);
	cr_expect_str_eq(o.buf.s, json);
	sbuf_free(&o.buf);
}

/* Bytes that are no UTF-8, each alone: cut, too long, too large, half of a
 * pair. */
Test(out, json_is_valid_whatever_the_bytes)
{
	expect_quoted("\xc3\xa9\xe2\x82\xac", "\"\xc3\xa9\xe2\x82\xac\"");
	expect_quoted("a\xff", "\"a\\u00ff\"");
	expect_quoted("\xc3", "\"\\u00c3\"");
	expect_quoted("\xc0\xaf", "\"\\u00c0\\u00af\"");
	expect_quoted("\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\"");
	expect_quoted("\xf4\x90\x80\x80", "\"\\u00f4\\u0090\\u0080\\u0080\"");
	expect_quoted("\x1b[2J\"\\", "\"\\u001b[2J\\\"\\\\\"");
}

Test(out, integers)
{
	int8_t a = -5;
	uint64_t big = UINT64_MAX, even = 1ull << 60;
	int64_t odd = (1ll << 53) + 1;
	bool yes = true;

	expect(type_int(&types, 1, true), &a, "-5", "-5");
	expect(type_int(&types, 1, false), &a, "251", "251");
	expect(type_int(&types, 8, false), &big, "18446744073709551615",
	       "\"18446744073709551615\"");
	expect(type_int(&types, 8, false), &even, "1152921504606846976",
	       "1152921504606846976");
	expect(type_int(&types, 8, true), &odd, "9007199254740993",
	       "\"9007199254740993\"");
	expect(type_bool(&types), &yes, "true", "true");
	cr_expect_eq(out_int(type_int(&types, 1, true), &a), -5);
	cr_expect_eq(out_int(type_int(&types, 1, false), &a), 251);
}

Test(out, strings_and_buffers)
{
	struct {
		uint32_t n;
		char data[4];
	} buf = { 3, { 'a', '\n', (char)0xff, 'x' } };

	expect(type_string(&types, 4), "ab\0", "ab", "\"ab\"");
	expect(type_string(&types, 4), "abcd", "abcd..", "\"abcd..\"");
	expect(type_string(&types, 4), "a\"\n", "a\"\n", "\"a\\\"\\n\"");
	expect(type_buffer(&types, 4), &buf, "a\\x0a\\xff", "[97,10,-1]");
	buf.n = 1000; /* hostile: more than there is */
	expect(type_buffer(&types, 4), &buf, "a\\x0a\\xffx", "[97,10,-1,120]");
}

Test(out, composites)
{
	const struct type *i32 = type_int(&types, 4, true);
	const struct type *items[] = { i32, type_string(&types, 4) };
	const char *names[] = { "a", "b" };
	const struct type *tuple = type_tuple(&types, items, 2);
	const struct type *rec = type_record(&types, names, items, 2);
	struct {
		int32_t a;
		char b[4];
	} v = { -1, "xy" };
	int32_t list[3] = { 1, 2, 3 };

	expect(tuple, &v, "(-1, xy)", "[-1,\"xy\"]");
	expect(rec, &v, "{ .a = -1, .b = xy }", "{\"a\": -1, \"b\": \"xy\"}");
	expect(type_array(&types, i32, 3), list, "[1,2,3]", "[1,2,3]");
	expect(type_struct(&types, "struct none", 0, NULL, 0), &v, "{}", "{}");
}

Test(out, bit_fields_and_anonymous_members)
{
	const struct type *u32 = type_int(&types, 4, false);
	const struct type *i32 = type_int(&types, 4, true);
	const struct field inner[] = { { .name = "x", .type = u32 } };
	const struct type *in =
		type_struct(&types, "struct <anon>", 4, inner, 1);
	const struct field fields[] = {
		{ .name = "lo", .type = u32, .bit_size = 4 },
		{ .name = "hi", .type = i32, .bit_offset = 4, .bit_size = 4 },
		{ .name = NULL, .type = in, .offset = 4 },
	};
	uint32_t v[2] = { 0xf3, 7 };

	expect(type_struct(&types, "struct s", 8, fields, 3), v,
	       "{ .lo = 3, .hi = 15, .x = 7 }",
	       "{\"lo\": 3, \"hi\": 15, \"x\": 7}");
}

Test(out, text_events_are_quoted_in_json)
{
	struct out o = { .fd = -1, .json = true };

	out_text_event(&o, "printf", "a\tb\\\x01", 5);
	sbuf_putc(&o.buf, '\0');
	cr_expect_str_eq(o.buf.s, "{\"type\": \"printf\", \"data\": "
				  "\"a\\tb\\\\\\u0001\"}\n");
	sbuf_free(&o.buf);
}
