/* SPDX-License-Identifier: MIT */
/*
 * The least that a tracer can do: `bare raw|perf [N]` loads a program of two
 * insns, attaches it to N tracepoints, detaches and ends. Linked statically,
 * without a library: what start-up is held against. With N it says what
 * attaching and detaching took.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MAX = 4096 };

static const char tracefs[] = "/sys/kernel/tracing/events";

static long
bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
load(unsigned type)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { 0 };

	attr.prog_type = type;
	attr.insns = (unsigned long)insns;
	attr.insn_cnt = 2;
	attr.license = (unsigned long)"GPL";
	return (int)bpf(BPF_PROG_LOAD, &attr);
}

static int
attach_raw(int prog, const char *name)
{
	union bpf_attr attr = { 0 };

	attr.raw_tracepoint.name = (unsigned long)name;
	attr.raw_tracepoint.prog_fd = (unsigned)prog;
	return (int)bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
}

static int
attach_perf(int prog, const char *group, const char *name)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT,
					.size = sizeof(attr),
					.sample_period = 1 };
	char path[512], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s/id", tracefs, group, name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return -1;
	close(fd);
	attr.config = strtoull(text, NULL, 10);
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);
	if (fd >= 0 && (ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog) ||
			ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)))
		return -1;
	return fd;
}

/* The same tracepoint again and again, or the system calls' one by one. */
static unsigned
attach(bool perf, int prog, unsigned n, int *fds)
{
	char path[512];
	struct dirent *e;
	unsigned got = 0;
	DIR *d = NULL;

	if (!perf || n == 1) {
		for (; got < n; got++) {
			fds[got] =
				perf ? attach_perf(prog, "sched",
						   "sched_process_exit")
				     : attach_raw(prog, "sched_process_exit");
			if (fds[got] < 0)
				break;
		}
		return got;
	}
	snprintf(path, sizeof(path), "%s/syscalls", tracefs);
	d = opendir(path);
	while (d && got < n && (e = readdir(d))) {
		if (strncmp(e->d_name, "sys_enter_", 10))
			continue;
		fds[got] = attach_perf(prog, "syscalls", e->d_name);
		if (fds[got] < 0)
			break;
		got++;
	}
	return got;
}

int
main(int argc, char **argv)
{
	static int fds[MAX];
	bool perf = argc > 1 && !strcmp(argv[1], "perf");
	unsigned n = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	int prog = load(perf ? BPF_PROG_TYPE_TRACEPOINT
			     : BPF_PROG_TYPE_RAW_TRACEPOINT);
	double start = now_ms(), attached;
	unsigned got;

	if (prog < 0 || n > MAX)
		return 1;
	got = attach(perf, prog, n, fds);
	attached = now_ms();
	for (unsigned i = 0; i < got; i++)
		close(fds[i]);
	if (argc > 2)
		printf("%u %.2f %.2f\n", got, attached - start,
		       now_ms() - attached);
	return got == 0;
}
