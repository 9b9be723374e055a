/* SPDX-License-Identifier: MIT */
/* Events: format files as Linux prints them, and as nobody should. */
#include <errno.h>

#include "fixture.h"

static const struct trace_field *
field(const struct trace_event *e, const char *name)
{
	for (uint32_t i = 0; i < e->fields.n; i++)
		if (!strcmp(e->fields.v[i].name, name))
			return &e->fields.v[i];
	cr_assert(false, "no field %s", name);
	return NULL;
}

/* The event that a format file of this text makes. */
static const struct trace_event *
event_of(const char *text)
{
	const char *dir = temp_dir();
	struct kernel_paths paths = { .tracefs = dir };
	const struct trace_event *e;
	struct kernel k;

	write_file(dir, "events/cat/ev/format", text, strlen(text));
	kernel_init(&k, &arena, &paths);
	e = kernel_event(&k, "cat", "ev");
	remove_dir(dir);
	cr_assert(e);
	return e;
}

Test(tracefs, openat_has_its_arguments)
{
	struct kernel k = fixture_kernel();
	const struct trace_event *e;
	const struct trace_field *f;

	e = kernel_event(&k, "syscalls", "sys_enter_openat");
	cr_assert(e);
	cr_assert_gt(e->id, 0);
	f = field(e, "filename");
	cr_assert_str_eq(f->type, "const char *");
	cr_assert_str_eq(f->text, "const char * filename");
	cr_assert_eq(f->offset, 24);
	cr_assert_eq(f->size, 8);
	cr_assert_not(f->common);
	cr_assert(field(e, "common_pid")->common);
	cr_assert(field(e, "__syscall_nr")->is_signed);
	cr_assert_eq(e->size, 48);
	cr_assert_eq(kernel_event(&k, "syscalls", "sys_enter_openat"), e);
}

Test(tracefs, arrays_and_data_locations)
{
	struct kernel k = fixture_kernel();
	const struct trace_field *f;

	f = field(kernel_event(&k, "sched", "sched_switch"), "prev_comm");
	cr_assert_str_eq(f->type, "char");
	cr_assert_eq(f->count, 16);
	cr_assert_eq(f->size, 16);
	f = field(kernel_event(&k, "raw_syscalls", "sys_enter"), "args");
	cr_assert_eq(f->count, 6);
	cr_assert_eq(f->size, 48);
	cr_assert_str_eq(f->type, "unsigned long");
	f = field(kernel_event(&k, "sched", "sched_process_exec"), "filename");
	cr_assert(f->data_loc);
	cr_assert_str_eq(f->type, "char");
	cr_assert_eq(f->count, 0);
}

Test(tracefs, unusual_declarations)
{
	const struct trace_event *e = event_of(
		"name: ev\nID: 7\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;"
		"\tsigned:0;\n\n"
		"\tfield:char comm[TASK_COMM_LEN];\toffset:8;\tsize:16;"
		"\tsigned:0;\n"
		"\tfield:__rel_loc char[] path;\toffset:24;\tsize:4;"
		"\tsigned:0;\n"
		"\tfield:const struct foo *const p;\toffset:32;\tsize:8;"
		"\tsigned:0;\n"
		"\tfield:char *name;\toffset:40;\tsize:8;\tsigned:0;\n"
		"\tfield:u8 odd[3];\toffset:48;\tsize:7;\tsigned:0;\n"
		"\nprint fmt: \"field:int no;\toffset:1;\tsize:1;\"\n");

	cr_assert_eq(e->id, 7);
	cr_assert_eq(e->fields.n, 6);
	cr_assert_eq(field(e, "comm")->count, 16);
	cr_assert(field(e, "path")->rel_loc);
	cr_assert_not(field(e, "path")->data_loc);
	cr_assert_str_eq(field(e, "p")->type, "const struct foo *const");
	cr_assert_str_eq(field(e, "name")->type, "char *");
	cr_assert_eq(field(e, "odd")->count, 7);
}

Test(tracefs, broken_lines_are_left_out)
{
	const struct trace_event *e = event_of(
		"\tfield:int a;\toffset:-4;\tsize:4;\tsigned:1;\n"
		"\tfield:int b;\toffset:4294967290;\tsize:4;\tsigned:1;\n"
		"\tfield:int c;\toffset:8;\tsize:0;\tsigned:1;\n"
		"\tfield:int d;\toffset:8;\n"
		"\tfield:int e\n"
		"\tfield:;\toffset:8;\tsize:4;\n"
		"\tfield:[4];\toffset:8;\tsize:4;\n"
		"\tfield:];\toffset:8;\tsize:4;\n"
		"\tfield:9;\toffset:8;\tsize:4;\n"
		"\tfield:lonely;\toffset:8;\tsize:4;\n"
		"\tfield:__data_loc;\toffset:8;\tsize:4;\n"
		"\tfield:int good;\toffset:8;\tsize:4;\tsigned:1;");

	cr_assert_eq(e->fields.n, 1);
	cr_assert_str_eq(e->fields.v[0].name, "good");
}

/* Every prefix and many a changed byte of a real file: no crash, bounds. */
Test(tracefs, mangled_files_do_no_harm)
{
	size_t n;
	char *good = slurp(FIXTURE "/tracefs/events/sched/sched_switch/format",
			   &n),
	     *bad;

	srand(1);
	for (size_t i = 0; i < 300; i++) {
		bad = arena_strndup(&arena, good, i < 150 ? i * n / 150 : n);
		for (size_t j = 0; i >= 150 && j < 20; j++)
			bad[rand() % n] = 1 + rand() % 255;
		for (uint32_t f = 0; f < event_of(bad)->fields.n; f++)
			cr_assert_leq(event_of(bad)->fields.v[f].size, 65536);
	}
}

Test(tracefs, no_way_out_of_the_events_folder)
{
	struct kernel k = fixture_kernel();

	cr_assert_not(kernel_event(&k, "..", "events"));
	cr_assert_not(kernel_event(&k, "sched", "../sched/sched_switch"));
	cr_assert_not(kernel_event(&k, "", ""));
	cr_assert_eq(errno, ENOENT);
	cr_assert_not(kernel_event(&k, "sched", "nosuch"));
	cr_assert_eq(errno, ENOENT);
}

Test(tracefs, missing_says_where)
{
	struct kernel_paths paths = { .tracefs = "/nonexistent" };
	struct kernel k;
	const char *why = NULL;

	kernel_init(&k, &arena, &paths);
	cr_assert_not(kernel_tracefs(&k, &why));
	cr_assert(strstr(why, "/nonexistent"));
	cr_assert_not(kernel_event(&k, "sched", "sched_switch"));
	cr_assert_eq(errno, ENODEV);
	cr_assert_eq(kernel_events(&k, "*", "*", NULL, NULL), -ENODEV);
}

static void
append(void *arg, const char *category, const char *name)
{
	sbuf_printf(arg, "%s:%s\n", category, name);
}

Test(tracefs, listing_is_sorted_and_filtered)
{
	struct kernel k = fixture_kernel();
	struct sbuf b = { 0 };

	cr_assert_eq(kernel_events(&k, "*", "*page*", append, &b), 1);
	cr_assert_str_eq(b.s, "exceptions:page_fault_user\n");
	b.n = 0;
	kernel_events(&k, "raw*", "*", append, &b);
	cr_assert_str_eq(b.s,
			 "raw_syscalls:sys_enter\nraw_syscalls:sys_exit\n");
	b.n = 0;
	kernel_events(&k, "syscalls", "sys_e*_openat", append, &b);
	cr_assert_str_eq(
		b.s, "syscalls:sys_enter_openat\nsyscalls:sys_exit_openat\n");
	cr_assert_eq(kernel_events(&k, "nosuch", "*", append, &b), 0);
	cr_assert_eq(kernel_events(&k, "..", "*", append, &b), 0);
	sbuf_free(&b);
}

Test(tracefs, available_events_serves_wildcards)
{
	static const char text[] = "b:two\nnocolon\n:x\n../a:b\na:one\nb:one";
	const char *dir = temp_dir();
	struct kernel_paths paths = { .tracefs = dir };
	struct sbuf b = { 0 };
	struct kernel k;

	write_file(dir, "events/enable", "", 0);
	write_file(dir, "available_events", text, strlen(text));
	kernel_init(&k, &arena, &paths);
	cr_assert_eq(kernel_events(&k, "*", "*", append, &b), 3);
	cr_assert_str_eq(b.s, "a:one\nb:one\nb:two\n");
	sbuf_free(&b);
	remove_dir(dir);
}
