/* SPDX-License-Identifier: MIT */
/*
 * Wall time and peak memory of commands, interleaved so that all see the same
 * machine: `measure N CMD...` runs each shell-free command line N times in
 * turn and prints, per command: median ms, least ms, peak KiB, exit status.
 *
 * PAUSE_MS in the environment is waited before each: who attaches to a
 * tracepoint that was let go a moment ago waits for the kernel's grace periods
 * in the place of the one before (tp_rcu_cond_sync() in kernel/tracepoint.c),
 * 10-20 ms, and events through perf are let go only 70 ms after the process.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct result {
	double *ms;
	long peak; /* KiB */
	int status;
};

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
child(char *line)
{
	int null = open("/dev/null", O_RDWR);
	char *argv[32];
	int n = 0;

	/* Words are separated by '|', which no script here needs. */
	for (char *w = strtok(line, "|"); w && n < 31; w = strtok(NULL, "|"))
		argv[n++] = w;
	argv[n] = NULL;
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	execvp(argv[0], argv);
	_exit(127);
}

static void
measure(char *line, struct result *r, int round)
{
	const char *ms = getenv("PAUSE_MS");
	struct timespec pause = { .tv_nsec = ms ? atol(ms) * 1000000 : 0 };
	struct rusage use;
	double start;
	pid_t pid;

	nanosleep(&pause, NULL);
	start = now_ms();
	pid = fork();
	if (pid == 0)
		child(line);
	wait4(pid, &r->status, 0, &use);
	r->ms[round] = now_ms() - start;
	if (use.ru_maxrss > r->peak)
		r->peak = use.ru_maxrss;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[1]) : 0, n = argc - 2;
	struct result *r;

	if (rounds < 1) {
		fprintf(stderr, "usage: measure N COMMAND...\n");
		return 2;
	}
	r = calloc((size_t)n, sizeof(*r));
	for (int i = 0; i < n; i++)
		r[i].ms = calloc((size_t)rounds, sizeof(double));
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < n; i++)
			measure(argv[i + 2], &r[i], round);
	for (int i = 0; i < n; i++) {
		qsort(r[i].ms, (size_t)rounds, sizeof(double), by_value);
		printf("%.2f %.2f %ld %d\n", r[i].ms[rounds / 2], r[i].ms[0],
		       r[i].peak,
		       WIFEXITED(r[i].status) ? WEXITSTATUS(r[i].status)
					      : 128 + WTERMSIG(r[i].status));
		free(r[i].ms);
	}
	free(r);
	return 0;
}
