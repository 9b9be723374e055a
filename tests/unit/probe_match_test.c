/* SPDX-License-Identifier: MIT */
/* Attach points to targets, types behind `args`, listings: each probe type
 * against the fixture kernel and against this very program. */
#include "../../probes/probes.h"
#include "fixture.h"

int traced_one(int x);
int traced_two(int x);

__attribute__((noinline)) int
traced_one(int x)
{
	return x * 7;
}

__attribute__((noinline)) int
traced_two(int x)
{
	return traced_one(x) + 3;
}

/* ---- running sema on a script ---- */

static bool
args_check(struct sema *s, struct node *n)
{
	const struct type *t = sema_args(s, n->span);

	n->type = t ? type_pointer(sema_types(s), t, AS_CTX)
		    : type_error(sema_types(s));
	return t != NULL;
}

static const struct builtin words[] = {
	{ .name = "args",
	  .sig = "auto",
	  .flags = WORD_ARGS,
	  .check = args_check },
	{ 0 },
};
static const struct nominal nominals[] = { { 0 } };
static const struct builtin *const all_words[] = { words, NULL };
static const struct nominal *const all_nominals[] = { nominals, NULL };
static const struct language language = { all_words, all_nominals,
					  probe_types };

struct run {
	struct sources sources;
	struct diag d;
	struct ast ast;
	struct types types;
	struct config config;
	struct kernel kernel;
	struct sema_input in;
	struct sbuf messages;
	bool good;
};

static void
prepare(struct run *r)
{
	memset(r, 0, sizeof(*r));
	r->d.arena = r->ast.arena = &arena;
	r->d.sources = r->ast.sources = &r->sources;
	types_init(&r->types, &arena);
	config_default(&r->config);
	r->kernel = fixture_kernel();
	r->in = (struct sema_input){ .arena = &arena,
				     .ast = &r->ast,
				     .diag = &r->d,
				     .lang = &language,
				     .kernel = &r->kernel,
				     .types = &r->types,
				     .config = &r->config };
}

static void
finish(struct run *r, const char *text)
{
	struct source *source =
		source_add(&arena, &r->sources, "t", text, strlen(text));

	r->good = parse_source(&r->ast, source, &r->in.params, &r->d) &&
		  sema_expand(&r->in) && sema_check(&r->in);
	diag_flush(&r->d, &r->messages);
}

/* The targets of an attach point, each with a blank behind it. */
static const char *
targets_of(const char *ap)
{
	struct sbuf b = { 0 };
	const char *text;
	struct run r;

	prepare(&r);
	finish(&r, arena_printf(&arena, "%s { }", ap));
	if (!r.good)
		return r.messages.s;
	for (uint32_t i = 0; i < r.ast.units->v.n; i++)
		for (uint32_t j = 0; j < r.ast.units->v.v[i]->targets.n; j++)
			sbuf_printf(&b, "%s ",
				    r.ast.units->v.v[i]->targets.v[j].probe);
	text = arena_strdup(&arena, b.s ? b.s : "");
	sbuf_free(&b);
	return text;
}

static const struct target *
target_of(const char *ap)
{
	struct run r;

	prepare(&r);
	finish(&r, arena_printf(&arena, "%s { }", ap));
	cr_assert(r.good, "%s", r.messages.s);
	return &r.ast.units->v.v[0]->targets.v[0];
}

/* The message's first line, without the place before it. */
static void
refused(const char *ap, const char *message)
{
	const char *got = targets_of(ap), *text;
	size_t n;

	text = strstr(got, "ERROR: ");
	cr_assert(text, "%s: wanted \"%s\", got: %s", ap, message, got);
	text += strlen("ERROR: ");
	n = strcspn(text, "\n");
	cr_assert_eq(n, strlen(message), "%s: %s", ap, text);
	cr_assert_not(strncmp(text, message, n), "%s: %s", ap, text);
	/* The whole attach point is underlined. */
	cr_assert(strstr(got, arena_printf(&arena, "t:1:1-%zu: ERROR",
					   strlen(ap) + 1)),
		  "%s: %s", ap, got);
}

static void
found(const char *ap, const char *want)
{
	const char *got = targets_of(ap);

	cr_assert_str_eq(got, want, "%s: %s", ap, got);
}

static const char *
type_of(const char *ap, const char *expr)
{
	struct run r;

	prepare(&r);
	finish(&r, arena_printf(&arena, "%s { $x = %s; }", ap, expr));
	if (!r.good)
		return r.messages.s;
	return type_name(r.ast.units->v.v[0]->vars.v[0]->type);
}

/* ---- special, timers, counters ---- */

Test(probe_match, special)
{
	found("begin", "begin ");
	found("END", "end ");
	found("self:signal:SIGUSR1", "self:signal:SIGUSR1 ");
	refused("self:foo:bar", "foo is not a supported trigger");
	refused("self:signal:SIGHUP", "SIGHUP is not a supported signal");
	refused("begin:x", "begin probe type requires 0 arguments, found 1");
}

Test(probe_match, timers)
{
	found("interval:s:1", "interval:s:1 ");
	found("i:ms:500", "interval:ms:500 ");
	found("interval:1s", "interval:us:1000000 ");
	found("profile:1500us", "profile:us:1500 ");
	found("p:hz:99", "profile:hz:99 ");
	found("interval:10000", "interval:us:10 ");
	found("interval:2m", "interval:us:120000000 ");
	found("interval:s:1e1", "interval:s:10 ");
	found("interval:ms:0x10", "interval:ms:16 ");
	found("interval:ms:1_000", "interval:ms:1000 ");
	/* A number of units, whatever it is made of: in ns, of ms. */
	found("interval:us:5ms", "interval:us:5000000 ");
	found("profile:ms:1u", "profile:ms:1 ");
	found("interval:us:0b1100", "interval:us:12 ");
	found("software:faults:1_0us", "software:faults:10000 ");
	cr_assert_eq(target_of("interval:ms:5")->count, 5000000);
	cr_assert_eq(target_of("interval:hz:50")->count, 50);
	cr_assert_eq(target_of("interval:1d")->count, 86400000000000);
}

Test(probe_match, timers_refuse)
{
	refused("interval:foo:1", "foo is not an accepted unit of time");
	refused("interval::1", "interval probe must have unit of time");
	refused("interval:us:08",
		"Invalid rate of interval probe: invalid trailing bytes: 08");
	refused("interval:m:1", "m is not an accepted unit of time");
	refused("interval:s:0",
		"interval frequency should be a positive integer");
	refused("profile:s:-1",
		"profile frequency should be a positive integer");
	refused("interval:s",
		"Invalid rate of interval probe: invalid integer: s");
	refused("interval:s:x",
		"Invalid rate of interval probe: invalid integer: x");
	refused("interval:1w",
		"Invalid rate of interval probe: invalid trailing bytes: 1w");
	refused("interval:999", "Invalid rate of interval probe. Minimum is "
				"1000 or 1us. Found: 999 nanoseconds");
	refused("interval:s:99999999999999999999",
		"Invalid rate of interval probe: overflow error, maximum "
		"value is 18446744073709551615: 99999999999999999999");
	refused("interval",
		"interval probe type requires 1 or 2 arguments, found 0");
	refused("interval:s:18446744073709551615",
		"interval frequency should be a positive integer");
	refused("interval:-1s",
		"Invalid rate of interval probe: overflow error, maximum "
		"value is 18446744073709551615: -1s");
	/* Longer than perf can count: the longest there is. */
	cr_assert_eq(target_of("interval:s:9223372036854775807")->count,
		     INT64_MAX);
	cr_assert_eq(target_of("interval:400000d")->count / 1000,
		     INT64_MAX / 1000);
}

Test(probe_match, counters)
{
	found("software:faults:100", "software:faults:100 ");
	found("s:cs", "software:cs ");
	found("hardware:cycles", "hardware:cycles ");
	cr_assert_eq(target_of("software:cs")->count, 1000);
	cr_assert_eq(target_of("software:cs:0")->count, 1000);
	cr_assert_eq(target_of("hardware:cache-misses:7")->count, 7);
	refused("software:foo:1", "foo is not a software probe");
	refused("hardware:cs", "cs is not a hardware probe");
	refused("software:cs:x",
		"Invalid count for software probe: invalid integer: x");
}

/* ---- tracepoints ---- */

Test(probe_match, tracepoints)
{
	found("tracepoint:sched:sched_switch",
	      "tracepoint:sched:sched_switch ");
	found("t:raw_syscalls:*", "tracepoint:raw_syscalls:sys_enter "
				  "tracepoint:raw_syscalls:sys_exit ");
	found("t:*:*_rename", "tracepoint:task:task_rename ");
	refused("tracepoint:cat:ev", "No matches for tracepoint cat:ev.");
	refused("tracepoint:sched:no*",
		"Probe has no valid attach points. If this is expected, set "
		"the 'missing_probes' config variable to 'warn'.");
	refused("tracepoint:sched:", "tracepoint probe must have a target");
	refused("tracepoint:sched",
		"tracepoint probe type requires 2 arguments, found 1");
}

Test(probe_match, tracepoint_args)
{
	static const char openat[] = "tracepoint:syscalls:sys_enter_openat";
	static const char sched[] = "tracepoint:sched:sched_switch";

	cr_assert_str_eq(type_of(openat, "args.filename"), "uint8 *");
	cr_assert_str_eq(type_of(openat, "args.flags"), "uint64");
	cr_assert_str_eq(type_of(openat, "args.__syscall_nr"), "int32");
	cr_assert_str_eq(type_of(sched, "args.prev_comm"), "string[16]");
	cr_assert_str_eq(type_of(sched, "args.prev_state"), "int64");
	cr_assert_str_eq(
		type_of("tracepoint:sched:sched_process_exec", "args.filename"),
		"int64");
	cr_assert_str_eq(
		type_of("tracepoint:raw_syscalls:sys_enter", "args.args"),
		"uint64[6]");
	cr_assert_str_eq(
		type_of("tracepoint:syscalls:sys_enter_nanosleep", "args.rqtp"),
		"struct __kernel_timespec *");
	cr_assert(strstr(type_of(sched, "args.common_pid"), "ERROR"));
}

Test(probe_match, tracefs_that_is_missing)
{
	struct run r;

	prepare(&r);
	r.kernel.paths.tracefs = "/nonexistent";
	finish(&r, "tracepoint:sched:sched_switch { }");
	cr_assert_not(r.good);
	cr_assert(strstr(r.messages.s, "there is no tracefs at /nonexistent"));
}

Test(probe_match, missing_probes_may_warn)
{
	struct run r;

	prepare(&r);
	finish(&r, "config = { missing_probes = \"warn\" } "
		   "tracepoint:cat:ev { } begin { }");
	cr_assert(r.good);
	cr_assert(strstr(r.messages.s, "WARNING: No matches for tracepoint "
				       "cat:ev. Skipping."));
	cr_assert_eq(r.ast.units->v.n, 1);
}

/* ---- kernel functions ---- */

Test(probe_match, kprobes)
{
	found("kprobe:vfs_read", "kprobe:vfs_read ");
	found("k:vfs_read+0x4", "kprobe:vfs_read+4 ");
	found("kprobe:vfs_read+0", "kprobe:vfs_read ");
	found("kretprobe:vfs_re*", "kretprobe:vfs_read kretprobe:vfs_readv ");
	found("kprobe:vmlinux:vfs_read", "kprobe:vmlinux:vfs_read ");
	found("kprobe:nf_tables:nf_*", "kprobe:nf_tables:nf_hook ");
	refused("kprobe:nosuch", "No matches for kprobe nosuch.");
	refused("kretprobe:vfs_read+1", "Offset not allowed");
	refused("kprobe:vfs_read+x", "Invalid offset: invalid integer: x");
	refused("kprobe:0x10", "Probing by address requires --unsafe");
	refused("kprobe:", "kprobes should be attached to a function or an "
			   "address");
	refused("kprobe:a:b:c:d",
		"kprobe probe type requires 1 or 2 arguments, found 4");
	cr_assert(strstr(targets_of("kprobe:nosuch"),
			 "WARNING: nosuch is not traceable"));
	cr_assert(strstr(targets_of("kprobe:nomod:vfs_read"),
			 "specified module nomod in probe "
			 "kprobe:nomod:vfs_read is not loaded."));
}

Test(probe_match, later)
{
	refused("iter:task",
		"iter task not available for your kernel version.");
}

/* ---- user functions ---- */

static const char *
self(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	cr_assert_gt(n, 0);
	return arena_strndup(&arena, path, n);
}

Test(probe_match, uprobes)
{
	const char *exe = self(), *ap;
	const struct target *t;

	ap = arena_printf(&arena, "uprobe:%s:traced_one", exe);
	found(ap, arena_printf(&arena, "%s ", ap));
	t = target_of(ap);
	cr_assert_str_eq(t->name, "traced_one");
	cr_assert_str_eq(t->group, exe);
	cr_assert_gt(t->address, 0);
	found(arena_printf(&arena, "uprobe:%s:%llu", exe,
			   (unsigned long long)t->address),
	      arena_printf(&arena, "uprobe:%s:%llu ", exe,
			   (unsigned long long)t->address));
	found(arena_printf(&arena, "u:%s:traced_one+0x1", exe),
	      arena_printf(&arena, "%s+1 ", ap));
	found(arena_printf(&arena, "uretprobe:%s:traced_*", exe),
	      arena_printf(&arena,
			   "uretprobe:%s:traced_one "
			   "uretprobe:%s:traced_two ",
			   exe, exe));
}

Test(probe_match, uprobes_refuse)
{
	refused("uprobe:/nonexistent:f", "uprobe target file '/nonexistent' "
					 "does not exist or is not executable");
	refused("uprobe:/etc/passwd:f", "uprobe target file '/etc/passwd' "
					"does not exist or is not executable");
	refused("uprobe:nosuchprogram:f",
		"uprobe target file 'nosuchprogram' does not exist or is not "
		"executable");
	refused("uprobe:libnosuch:f", "uprobe target file 'libnosuch' does "
				      "not exist or is not executable");
	refused("uprobe:/bin/sh:nosuch+3",
		"No matches for uprobe /bin/sh:nosuch.");
	refused("uprobe:/bin/sh:",
		"uprobe should be attached to a function and/or address");
	refused("uprobe:f",
		"uprobe probe type requires 2 or 3 arguments, found 1");
	refused("uprobe:/bin/sh:x:y", "unsupported language type: x");
	refused("uprobe:/bin/sh:f+x", "Invalid offset: invalid integer: x");
	refused("uprobe:/bin/sh:f+", "Invalid offset");
	refused("uprobe:/bin/sh@f.c", "Invalid uprobe arguments, expected "
				      "format: uprobe:TARGET@FILE:LINE[:COL]");
	refused("uprobe:/bin/sh@f.c:x", "Invalid line number: invalid "
					"integer: x");
	refused("uprobe:/bin/sh@f.c:1:", "Invalid column number: invalid "
					 "integer: ");
	refused("uretprobe:/bin/sh@f.c:1", "Source code location not allowed");
}

Test(probe_match, libraries_and_programs_by_name)
{
	const char *got = targets_of("uprobe:libc:malloc");

	cr_assert(strstr(got, "/libc.so.6:malloc"), "%s", got);
	cr_assert_not(strncmp(got, "uprobe:/", 8), "%s", got);
	refused("uprobe:sh:no_such_function",
		arena_printf(&arena, "No matches for uprobe %s:%s.",
			     access("/usr/bin/sh", X_OK) ? "/bin/sh"
							 : "/usr/bin/sh",
			     "no_such_function"));
}

/* ---- listings ---- */

static void
add_line(void *arg, const char *text)
{
	sbuf_printf(arg, "%s\n", text);
}

static const char *
listed(const char *pattern, bool verbose)
{
	struct sbuf b = { 0 };
	const char *text;
	struct run r;

	prepare(&r);
	r.good = probe_list(&r.in, pattern, verbose, add_line, &b);
	diag_flush(&r.d, &r.messages);
	text = arena_strdup(&arena, r.good ? b.s ? b.s : "" : r.messages.s);
	sbuf_free(&b);
	return text;
}

Test(probe_match, lists)
{
	cr_assert_str_eq(listed("software:cs*,interval:*s:", false),
			 "software:cs:\n"
			 "interval:ms:\ninterval:s:\ninterval:us:\n");
	cr_assert_str_eq(listed("software:cs", false), "");
	cr_assert_str_eq(listed("kprobe:vfs_r*", false),
			 "kprobe:vfs_read\nkprobe:vfs_readv\n");
	cr_assert_str_eq(listed("kprobe:vmlinux:vfs_r*", false),
			 "kprobe:vmlinux:vfs_read\nkprobe:vmlinux:vfs_readv\n");
	cr_assert_str_eq(listed("*enter_openat", false),
			 "tracepoint:syscalls:sys_enter_openat\n");
	cr_assert_str_eq(listed("T:raw_*:sys_ex*", false),
			 "tracepoint:raw_syscalls:sys_exit\n");
	cr_assert_str_eq(listed("TRACEPOINT:raw_*:sys_ex*", false),
			 "tracepoint:raw_syscalls:sys_exit\n");
	cr_assert_str_eq(listed("nosuch:*", false), "");
	cr_assert(strstr(listed(NULL, false), "kprobe:vfs_read\n"));
	cr_assert_str_eq(listed("struct task_str*", false),
			 "struct task_struct\n");
}

Test(probe_match, lists_user_functions_when_asked)
{
	const char *exe = self();

	cr_assert_str_eq(
		listed(arena_printf(&arena, "uprobe:%s:traced_*", exe), false),
		arena_printf(&arena,
			     "uprobe:%s:traced_one\n"
			     "uprobe:%s:traced_two\n",
			     exe, exe));
	cr_assert_not(strstr(listed("*:*", false), "uprobe"));
}

Test(probe_match, lists_parameters)
{
	cr_assert_str_eq(listed("tracepoint:sched:sched_process_exec", true),
			 "tracepoint:sched:sched_process_exec\n"
			 "    __data_loc char[] filename\n    pid_t pid\n"
			 "    pid_t old_pid\n");
	cr_assert(strstr(listed("tracepoint:syscalls:sys_enter_openat", true),
			 "\n    const char * filename\n"));
}
