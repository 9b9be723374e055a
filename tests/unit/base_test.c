/* SPDX-License-Identifier: MIT */
/* The ground: arena, vec, sbuf, hmap, nearest, sources and messages. */
#include <criterion/criterion.h>
#include <string.h>

#include "../../lexer/base/base.h"

Test(base, arena_is_zeroed_and_aligned)
{
	struct arena a = { 0 };

	for (size_t n = 1; n < 100000; n = n * 3 + 1) {
		unsigned char *p = arena_alloc(&a, n);

		cr_assert_eq((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(p[i], 0);
		memset(p, 0xff, n);
	}
	cr_assert_str_eq(arena_printf(&a, "%d-%s", 5, "x"), "5-x");
	cr_assert_str_eq(arena_strndup(&a, "abc", 2), "ab");
	arena_free(&a);
	cr_assert_eq(a.used, 0);
	cr_assert_str_eq(arena_strdup(&a, "again"), "again");
	arena_free(&a);
}

Test(base, vec_grows_and_keeps)
{
	struct arena a = { 0 };
	VEC(int) v = { 0 };

	for (int i = 0; i < 1000; i++) {
		int *p = vec_push(&a, &v);

		cr_assert_eq(*p, 0);
		*p = i;
	}
	cr_assert_eq(v.n, 1000);
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(v.v[i], i);
	arena_free(&a);
}

Test(base, sbuf_grows)
{
	struct sbuf b = { 0 };

	for (int i = 0; i < 500; i++)
		sbuf_printf(&b, "%d,", i % 10);
	sbuf_putc(&b, '!');
	sbuf_puts(&b, "end");
	sbuf_add(&b, "\0x", 2);
	cr_assert_eq(b.n, 1000 + 1 + 3 + 2);
	cr_assert_str_eq(b.s + 1000, "!end");
	sbuf_free(&b);
	cr_assert_null(b.s);
}

Test(base, hmap_finds_what_was_put)
{
	struct arena a = { 0 };
	struct hmap m = { 0 };

	cr_assert_null(hmap_get(&m, "x"));
	for (uintptr_t i = 1; i <= 1000; i++)
		hmap_put(&a, &m, arena_printf(&a, "key%d", (int)i), (void *)i);
	hmap_put(&a, &m, "key7", (void *)77);
	cr_assert_eq(m.entries.n, 1000);
	cr_assert_eq((uintptr_t)hmap_get(&m, "key7"), 77);
	cr_assert_eq((uintptr_t)hmap_get(&m, "key1000"), 1000);
	cr_assert_null(hmap_get(&m, "key1001"));
	cr_assert_str_eq(m.entries.v[41].key, "key42");
	arena_free(&a);
}

static const char *
nearest_of(const char *word, const char *const *names, size_t n)
{
	struct nearest near = { .word = word };

	for (size_t i = 0; i < n; i++)
		nearest_try(&near, names[i]);
	return near.best;
}

Test(base, nearest_is_bounded)
{
	static const char *const names[] = { "filename", "flags", "mode",
					     "pid" };

	cr_assert_str_eq(nearest_of("filenam", names, 4), "filename");
	cr_assert_str_eq(nearest_of("flgas", names, 4), "flags");
	cr_assert_str_eq(nearest_of("ipd", names, 4), "pid");
	cr_assert_null(nearest_of("tgid", names, 4));
	cr_assert_null(nearest_of("x", names, 4));
	cr_assert_null(nearest_of("", names, 4));
}

struct fixture {
	struct arena a;
	struct sources s;
	struct diag d;
	struct sbuf out;
};

static void
set_up(struct fixture *f, const char *text)
{
	*f = (struct fixture){ 0 };
	f->d.arena = &f->a;
	f->d.sources = &f->s;
	source_add(&f->a, &f->s, "one", text, strlen(text));
	source_add(&f->a, &f->s, "two", "second\n", 7);
}

static void
expect_output(struct fixture *f, const char *want)
{
	diag_flush(&f->d, &f->out);
	cr_assert_str_eq(f->out.s ? f->out.s : "", want);
	sbuf_free(&f->out);
	arena_free(&f->a);
}

Test(base, places)
{
	struct fixture f;
	struct place p;
	size_t len;

	set_up(&f, "ab\n\ncd");
	p = source_place(&f.s, 1);
	cr_assert_str_eq(p.source->name, "one");
	cr_assert(p.line == 1 && p.col == 1);
	p = source_place(&f.s, 3); /* the newline */
	cr_assert(p.line == 1 && p.col == 3);
	p = source_place(&f.s, 7); /* the end of the text */
	cr_assert(p.line == 3 && p.col == 3);
	p = source_place(&f.s, 8);
	cr_assert_str_eq(p.source->name, "two");
	cr_assert_null(source_place(&f.s, 0).source);
	cr_assert_null(source_place(&f.s, 100).source);
	cr_assert(!strncmp(source_line(f.s.list.v[0], 3, &len), "cd", 2));
	cr_assert_eq(len, 2);
	cr_assert_eq(source_line(f.s.list.v[1], 2, &len)[0], '\0');
	cr_assert_eq(len, 0);
	arena_free(&f.a);
}

Test(base, diag_form)
{
	struct fixture f;

	set_up(&f, "a\tbc d\nnext\n");
	diag_warn(&f.d, (struct span){ 3, 5 }, "look at %s", "bc");
	diag_error(&f.d, (struct span){ 6, 7 }, "wrong");
	diag_note(&f.d, (struct span){ 14, 20 }, "because");
	diag_hint(&f.d, "try");
	expect_output(&f, "one:1:6-7: ERROR: wrong\n"
			  "a    bc d\n"
			  "        ~\n"
			  "two:1:1-7: ERROR: because\n"
			  "second\n"
			  "~~~~~~\n"
			  "HINT: try\n"
			  "one:1:3-5: WARNING: look at bc\n"
			  "a    bc d\n"
			  "     ~~\n");
}

Test(base, diag_many_lines_and_none)
{
	struct fixture f;

	set_up(&f, "a\nb\tc\nd\n");
	diag_error(&f.d, (struct span){ 1, 4 }, "spans");
	diag_error(&f.d, (struct span){ 0, 0 }, "nowhere");
	diag_error(&f.d, (struct span){ 9, 9 }, "at the end");
	expect_output(&f, "one:1-2: ERROR: spans\n"
			  "a\n"
			  "b    c\n"
			  "ERROR: nowhere\n"
			  "one:4:1-1: ERROR: at the end\n"
			  "\n"
			  "\n");
}

Test(base, diag_drops_what_was_said)
{
	struct fixture f;

	set_up(&f, "ab\n");
	diag_error(&f.d, (struct span){ 1, 2 }, "once");
	diag_error(&f.d, (struct span){ 1, 2 }, "once");
	diag_note(&f.d, (struct span){ 1, 2 }, "lost");
	diag_hint(&f.d, "lost");
	f.d.no_warnings = true;
	diag_warn(&f.d, (struct span){ 1, 2 }, "lost");
	diag_hint(&f.d, "lost");
	f.d.muted = true;
	cr_assert_not(diag_error(&f.d, (struct span){ 1, 2 }, "lost"));
	cr_assert_eq(f.d.errors, 1);
	expect_output(&f, "one:1:1-2: ERROR: once\nab\n~\n");
}

Test(base, diag_colors_the_header)
{
	struct fixture f;

	set_up(&f, "ab\n");
	f.d.color = true;
	diag_error(&f.d, (struct span){ 1, 2 }, "e");
	diag_warn(&f.d, (struct span){ 1, 2 }, "w");
	expect_output(&f, "\033[31mone:1:1-2: ERROR: e\033[0m\nab\n~\n"
			  "\033[33mone:1:1-2: WARNING: w\033[0m\nab\n~\n");
}

Test(base, diag_stops_after_twenty)
{
	struct fixture f;

	set_up(&f, "ab\n");
	for (int i = 0; i < 30; i++)
		diag_error(&f.d, (struct span){ 1, 2 }, "e%d", i);
	cr_assert_eq(f.d.errors, 30);
	cr_assert_eq(f.d.msgs.n, 20);
	arena_free(&f.a);
}
