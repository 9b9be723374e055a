/* SPDX-License-Identifier: MIT */
/*
 * A family of processes for --follow: each member calls getppid() a known
 * number of times. Some are there before anybody traces, some fork from
 * threads, execute this program anew (from a second thread, too), lose their
 * parent, outlive the first of all. Begins with a line on standard input.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EARLY = 3, CALLS = 5 };

static const char *self;
static int gate[2];

static void
calls(int n)
{
	while (n-- > 0)
		syscall(SYS_getppid);
}

/* Waits until the first closes the gate. */
static void
wait_for_start(void)
{
	char c;

	close(gate[1]);
	while (read(gate[0], &c, 1) > 0)
		;
}

/* Two calls CALLS each: the child and its child. */
static void
early(void)
{
	if (fork())
		return;
	fork();
	wait_for_start();
	calls(CALLS);
	while (wait(NULL) > 0)
		;
	_exit(0);
}

static void *
exec_leaf(void *arg)
{
	execl(self, self, "leaf", (char *)NULL);
	return arg;
}

/* CALLS, in what is executed by a thread that is not the first. */
static void
exec_from_thread(void)
{
	pthread_t t;

	if (fork())
		return;
	pthread_create(&t, NULL, exec_leaf, NULL);
	pthread_join(t, NULL);
	_exit(1);
}

/* CALLS by a child, and CALLS by its child, which soon has another parent
 * and outlives us all. */
static void
orphan(void)
{
	if (fork())
		return;
	calls(CALLS);
	if (fork())
		_exit(0);
	usleep(300 * 1000);
	calls(CALLS);
	_exit(0);
}

static void *
fork_in_thread(void *arg)
{
	calls(CALLS);
	if (!fork()) {
		calls(CALLS);
		_exit(0);
	}
	return arg;
}

int
main(int argc, char **argv)
{
	pthread_t thread;
	char line[8];
	const char *late =
		getenv("LATE"); /* how many of those who come later */

	(void)argc;
	self = argv[0];
	if (argv[1] && !strcmp(argv[1], "leaf")) {
		calls(CALLS);
		return 0;
	}
	if (pipe(gate))
		return 1;
	for (int i = 0; i < EARLY; i++)
		early();
	puts("ready");
	fflush(stdout);
	if (!argv[1] && !fgets(line, sizeof(line), stdin))
		return 1;
	calls(CALLS);
	close(gate[1]);
	for (int i = late ? atoi(late) : 100; i > 0; i--) {
		orphan();
		pthread_create(&thread, NULL, fork_in_thread, NULL);
		pthread_join(thread, NULL);
		exec_from_thread();
	}
	while (wait(NULL) > 0)
		;
	/* CALLS * (1 + 2 EARLY + LATE (2 + 2 + 1)) */
	return 0;
}
