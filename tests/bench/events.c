/* SPDX-License-Identifier: MIT */
/*
 * Usage: events JIFFY OBJECT WORKLOAD ROUNDS [CASE ...]
 * What an event costs: for each case a script under JIFFY, and the program of
 * the same name in OBJECT (events.bpf.c), attached to the same place at the
 * same time, while WORKLOAD makes the events: both see the very same ones. The
 * kernel measures (BPF_ENABLE_STATS). Prints a line for each:
 *	CASE  ns of jiffy's  ns of the other  insns of both
 * the mean of two medians of ROUNDS, jiffy's attached first, then second; ns as
 * the kernel has them, its own measuring (some 50 ns) included.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS_MAX = 101 };

/* clang-format off */
/* @M is a map's name by which jiffy's program is found; %W the workload. */
static const struct test {
	const char *name, *script;
	const char *action, *count; /* of the workload */
	const char *with;           /* another program that is needed, or NULL */
} tests[] = {
	{ "pid", "rawtracepoint:sys_enter { @M[pid] = count(); }",
	  "getppid", "100000", NULL },
	{ "comm", "rawtracepoint:sys_enter { @M[comm] = count(); }",
	  "getppid", "100000", NULL },
	{ "hist", "tracepoint:raw_syscalls:sys_exit { @M = hist(args.ret); }",
	  "getppid", "100000", NULL },
	{ "latency", "rawtracepoint:sys_enter { @s[tid] = nsecs; } "
	  "rawtracepoint:sys_exit /@s[tid]/ { @M[comm] = "
	  "hist((int64)(nsecs - @s[tid])); delete(@s, tid); }",
	  "getppid", "50000", "latency_start" },
	{ "opened", "tracepoint:syscalls:sys_enter_openat { @M = 1; "
	  "printf(\"%s %s\\n\", comm, str(args.filename)); }",
	  "openat", "30000", NULL },
	{ "called", "uprobe:%W:work_fn { @M = count(); }",
	  "call", "50000", NULL },
	{ "stack", "rawtracepoint:sys_enter { @M[kstack, comm] = count(); }",
	  "getppid", "50000", NULL },
	{ "named", "rawtracepoint:sys_enter /comm == \"nosuchname\"/ "
	  "{ @M = count(); }",
	  "getppid", "100000", NULL },
};
/* clang-format on */

static const char *jiffy, *object, *workload;

static void
fail(const char *what)
{
	fprintf(stderr, "events: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- what the kernel knows of a program ---- */

static struct bpf_prog_info
info_of(int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		fail("program");
	return info;
}

static bool
is_map(uint32_t id, const char *name)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_map_get_fd_by_id(id);
	bool is;

	if (fd < 0)
		return false;
	is = !bpf_obj_get_info_by_fd(fd, &info, &size) &&
	     !strcmp(info.name, name);
	close(fd);
	return is;
}

static bool
uses_map(int fd, const char *name)
{
	struct bpf_prog_info info = { 0 };
	uint32_t ids[64], size = sizeof(info);

	info.nr_map_ids = sizeof(ids) / sizeof(*ids);
	info.map_ids = (uintptr_t)ids;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return false;
	for (uint32_t i = 0; i < info.nr_map_ids && i < 64; i++)
		if (is_map(ids[i], name))
			return true;
	return false;
}

static int
find_program(const char *map)
{
	uint32_t id = 0;
	int fd;

	while (!bpf_prog_get_next_id(id, &id)) {
		fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0)
			continue;
		if (uses_map(fd, map))
			return fd;
		close(fd);
	}
	return -1;
}

/* ---- the two sides ---- */

/* The script with its names filled in. */
static char *
script_of(const struct test *t, const char *map)
{
	char *text = calloc(1, 4096), *to = text;

	for (const char *s = t->script; text && *s; s++) {
		if (!strncmp(s, "@M", 2))
			to += sprintf(to, "@%s", map), s++;
		else if (!strncmp(s, "%W", 2))
			to += sprintf(to, "%s", workload), s++;
		else
			*to++ = *s;
	}
	return text;
}

/* jiffy, attached: its pid. */
static pid_t
start_jiffy(const struct test *t, const char *map)
{
	char *script = script_of(t, map), number[16], c;
	int ready[2];
	pid_t pid;

	if (!script || pipe(ready))
		fail("pipe");
	pid = fork();
	if (!pid) {
		snprintf(number, sizeof(number), "%d", ready[1]);
		execl(jiffy, jiffy, "-q", "--quiet-maps", "--no-warnings", "-o",
		      "/dev/null", "--ready-fd", number, "-e", script,
		      (char *)NULL);
		_exit(127);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		fail(t->name);
	close(ready[0]);
	free(script);
	return pid;
}

static struct bpf_link *
attach(struct bpf_program *p)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = "work_fn");

	if (!strcmp(bpf_program__name(p), "called"))
		return bpf_program__attach_uprobe_opts(p, -1, workload, 0,
						       &opts);
	return bpf_program__attach(p);
}

/* Only the programs of this case. */
static struct bpf_object *
load(const struct test *t)
{
	struct bpf_object *o = bpf_object__open_file(object, NULL);
	struct bpf_program *p;

	if (!o)
		fail(object);
	bpf_object__for_each_program(p, o)
	{
		const char *name = bpf_program__name(p);

		bpf_program__set_autoload(
			p, !strcmp(name, t->name) ||
				   (t->with && !strcmp(name, t->with)));
	}
	if (bpf_object__load(o))
		fail(t->name);
	bpf_object__for_each_program(p, o) if (bpf_program__autoload(p) &&
					       !attach(p)) fail(t->name);
	return o;
}

static int
drop(void *arg, void *data, size_t n)
{
	(void)arg;
	(void)data;
	(void)n;
	return 0;
}

/* Somebody has to take what the other program sends. */
static void
run_workload(const struct test *t, struct ring_buffer *records)
{
	pid_t pid = fork();

	if (!pid) {
		execl(workload, workload, t->action, t->count, (char *)NULL);
		_exit(127);
	}
	while (!waitpid(pid, NULL, WNOHANG))
		ring_buffer__poll(records, 10);
	ring_buffer__consume(records);
}

/* ---- measuring ---- */

static int
by_value(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return (d > 0) - (d < 0);
}

static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_value);
	return v[n / 2];
}

static double
ns_per_event(const struct bpf_prog_info *a, const struct bpf_prog_info *b)
{
	uint64_t n = b->run_cnt - a->run_cnt;

	return n ? (double)(b->run_time_ns - a->run_time_ns) / (double)n : 0;
}

/* The two programs of a case, and what they cost in each round. */
struct pair {
	const struct test *test;
	int fds[2];
	unsigned insns[2];
	double ns[2][2 * ROUNDS_MAX];
	int n;
};

static void
measure(struct pair *p, struct ring_buffer *records, int rounds)
{
	struct bpf_prog_info before[2], after;

	run_workload(p->test, records); /* warm */
	for (; rounds > 0; rounds--, p->n++) {
		for (int k = 0; k < 2; k++)
			before[k] = info_of(p->fds[k]);
		run_workload(p->test, records);
		for (int k = 0; k < 2; k++) {
			after = info_of(p->fds[k]);
			p->insns[k] = after.xlated_prog_len / 8;
			p->ns[k][p->n] = ns_per_event(&before[k], &after);
		}
	}
}

/* Attached in one order: who comes second finds the caches warm. */
static void
attach_both(struct pair *p, bool first, int rounds)
{
	static unsigned count;
	const struct test *t = p->test;
	struct ring_buffer *records;
	struct bpf_object *o = NULL;
	char map[16], name[24];
	pid_t pid;

	snprintf(map, sizeof(map), "%c%d", 'a' + (char)count++, (int)getpid());
	snprintf(name, sizeof(name), "AT_%s", map);
	if (!first)
		o = load(t);
	pid = start_jiffy(t, map);
	if (first)
		o = load(t);
	p->fds[0] = find_program(name);
	p->fds[1] =
		bpf_program__fd(bpf_object__find_program_by_name(o, t->name));
	if (p->fds[0] < 0)
		fail("jiffy's program");
	records =
		ring_buffer__new(bpf_object__find_map_fd_by_name(o, "records"),
				 drop, NULL, NULL);
	measure(p, records, rounds);
	close(p->fds[0]);
	ring_buffer__free(records);
	bpf_object__close(o);
	kill(pid, SIGINT);
	waitpid(pid, NULL, 0);
}

/*
 * Of the very first pair of a case whichever is attached first takes some 45
 * ns more than ever after, also where both are the same program of clang's:
 * that pair is not counted.
 */
static void
run_test(const struct test *t, int rounds)
{
	struct pair p = { .test = t };
	double ns[2];

	attach_both(&p, true, 1);
	p.n = 0;
	attach_both(&p, true, rounds);
	attach_both(&p, false, rounds);
	for (int k = 0; k < 2; k++) /* each order by itself, then between */
		ns[k] = (median(p.ns[k], rounds) +
			 median(p.ns[k] + rounds, rounds)) /
			2;
	printf("%s %.1f %.1f %u %u\n", t->name, ns[0], ns[1], p.insns[0],
	       p.insns[1]);
	fflush(stdout);
}

static bool
is_asked(const char *name, char **cases)
{
	if (!*cases)
		return true;
	for (; *cases; cases++)
		if (!strcmp(*cases, name))
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	int stats = bpf_enable_stats(BPF_STATS_RUN_TIME), rounds;

	if (argc < 5) {
		fputs("usage: events JIFFY OBJECT WORKLOAD ROUNDS [CASE ...]\n",
		      stderr);
		return 2;
	}
	if (stats < 0)
		fail("BPF_ENABLE_STATS");
	jiffy = argv[1];
	object = argv[2];
	workload = argv[3];
	rounds = atoi(argv[4]);
	if (rounds < 1 || rounds > ROUNDS_MAX)
		rounds = 1;
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		if (is_asked(tests[i].name, argv + 5))
			run_test(&tests[i], rounds);
	close(stats);
	return 0;
}
