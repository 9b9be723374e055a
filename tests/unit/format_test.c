/* SPDX-License-Identifier: MIT */
/* printf's formats on values that were sent: runtime/format.c. */
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

TestSuite(format, .init = setup, .fini = teardown);

/* printf(fmt, v) with v sent as `t`. */
static void
expect(const char *fmt, const struct type *t, const void *v, const char *want)
{
	struct node lit = { .kind = N_STR }, call = { .kind = N_CALL };
	struct event_spec spec = { .call = &call };
	unsigned char data[64] = { 0 };
	struct event e = { .spec = &spec, .data = data };
	struct out o = { .fd = -1 };

	lit.str.text = fmt;
	lit.str.len = (uint32_t)strlen(fmt);
	*vec_push(&arena, &call.call.args) = &lit;
	call.call.data = format_parse(&arena, fmt, strlen(fmt), 0);
	vec_push(&arena, &spec.args);
	if (t) {
		struct event_arg *a = vec_push(&arena, &spec.args);

		*vec_push(&arena, &call.call.args) = &lit;
		a->type = t;
		a->off = 8;
		memcpy(data + 8, v, t->size);
	}
	format_print(&o, &e);
	sbuf_putc(&o.buf, '\0');
	cr_expect_str_eq(o.buf.s, want, "%s: '%s', want '%s'", fmt, o.buf.s,
			 want);
	sbuf_free(&o.buf);
}

static void
expect_int(const char *fmt, int64_t v, const char *want)
{
	expect(fmt, type_int(&types, 8, true), &v, want);
}

Test(format, text)
{
	expect("plain", NULL, NULL, "plain");
	expect("100%% %5% %z%k %y", NULL, NULL, "100% % %k %y");
	expect("%", NULL, NULL, "%");
	expect("%-", NULL, NULL, "%-");
	expect("", NULL, NULL, "");
}

Test(format, lengths)
{
	expect_int("%d", 5000000000, "705032704");
	expect_int("%ld", 5000000000, "5000000000");
	expect_int("%hhd", 300, "44");
	expect_int("%hd", 65535, "-1");
	expect_int("%u", -1, "4294967295");
	expect_int("%llu", -1, "18446744073709551615");
	expect_int("%zx", -1, "ffffffffffffffff");
	expect_int("%jd|", -1, "-1|");
}

Test(format, flags)
{
	expect_int("[%5d]", 42, "[   42]");
	expect_int("[%-5d]", 42, "[42   ]");
	expect_int("[%06d]", -5, "[0000-5]");
	expect_int("[%+05d]", 42, "[00+42]");
	expect_int("[%-05d]", 42, "[42000]");
	expect_int("[%#010x]", 255, "[0000000xff]");
	expect_int("[%#X]", 255, "[0XFF]");
	expect_int("[%#o]", 8, "[010]");
	expect_int("[%#x]", 0, "[0]");
	expect_int("[%08p]", 16, "[00000x10]");
	expect_int("[%p]", 0, "[0]");
	expect_int("[% d]", 4, "[4]");
	expect_int("[%5c]", 'A', "[    A]");
	expect_int("[%.3d]", 4, "[4]");
}

Test(format, strings)
{
	const struct type *t = type_string(&types, 8);
	char abc[8] = "abc", full[8] = "abcdefgh";
	bool yes = true;

	expect("[%s]", t, abc, "[abc]");
	expect("[%6s]", t, abc, "[   abc]");
	expect("[%-6s]", t, abc, "[abc   ]");
	expect("[%05s]", t, abc, "[00abc]");
	expect("[%.1s]", t, abc, "[abc]");
	expect("[%12s]", t, full, "[  abcdefgh..]");
	expect("[%6s]", type_bool(&types), &yes, "[  true]");
}

Test(format, composites_pad_their_bracket)
{
	const struct type *i32 = type_int(&types, 4, true);
	const struct type *items[] = { i32, i32 };
	int32_t v[2] = { 3, 4 };

	expect("[%-10s]", type_tuple(&types, items, 2), v, "[(         3, 4)]");
	expect("[%10s]", type_tuple(&types, items, 2), v, "[         (3, 4)]");
}

Test(format, buffers)
{
	const struct type *t = type_buffer(&types, 4);
	struct {
		uint32_t n;
		char data[4];
	} buf = { 4, { 'a', '\\', '\n', 'b' } };

	expect("%r", t, &buf, "a\\\\x0ab");
	expect("%rx", t, &buf, "\\x61\\x5c\\x0a\\x62");
	expect("%rh", t, &buf, "61 5c 0a 62");
	expect("%12rh|", t, &buf, " 61 5c 0a 62|");
	expect("%s", t, &buf, "a\\\\x0ab");
}

Test(format, gfp)
{
	expect_int("%gr", 0, "0");
	expect_int("%gr", 0xcc0, "GFP_KERNEL");
	expect_int("%gr", 0xdc0, "GFP_KERNEL|__GFP_ZERO");
	expect_int("%gr", 1ll << 40, "0x10000000000");
}
