/* SPDX-License-Identifier: MIT */
/*
 * Usage: inject [OPTION N ...] NAME COMMAND ...
 * Runs a command as often as it makes system calls that can fail, times the
 * ways in which each can, and makes one fail each time (as strace's --inject
 * does, by ptrace(2), without its start-up time). What must hold, whichever it
 * was: no signal ends it, it does not hang, it leaves no process behind; with
 * status 0 it printed what it prints undisturbed, with another it said why on
 * standard error; and what its first program printed is there. Options:
 *	--sample N  only N of them, evenly spread
 *	--only N    the system call of that number
 *	--limit N   seconds until it hangs
 *	--head N    so many lines of output are all that is the same each time
 *	--told 1    a message makes up for output that is missing
 * Exit status 1: something did not hold; 77: not on this machine.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef __x86_64__
int
main(void)
{
	fputs("system calls are changed on x86-64 only\n", stderr);
	return 77;
}
#else

enum { WAYS = 3, CALLS_MAX = 20000, BPF_TEST_RUN = 10 };

/* clang-format off */
/* What can fail, and how. Calls that only give back, or that fail for wrong
 * arguments alone, are left out. */
static const struct call {
	int nr;
	const char *name;
	int errors[WAYS]; /* 0: no more */
} calls[] = {
	{ SYS_read,            "read",            { EIO, EINTR } },
	{ SYS_pread64,         "pread",           { EIO } },
	{ SYS_write,           "write",           { ENOSPC, EINTR, EAGAIN } },
	{ SYS_open,            "open",            { EMFILE, ENOMEM, EACCES } },
	{ SYS_openat,          "openat",          { EMFILE, ENOMEM, EACCES } },
	{ SYS_stat,            "stat",            { ENOMEM } },
	{ SYS_fstat,           "fstat",           { ENOMEM } },
	{ SYS_newfstatat,      "newfstatat",      { ENOMEM } },
	{ SYS_statx,           "statx",           { ENOMEM } },
	{ SYS_access,          "access",          { EACCES } },
	{ SYS_faccessat2,      "faccessat",       { EACCES } },
	{ SYS_readlink,        "readlink",        { ENOMEM } },
	{ SYS_readlinkat,      "readlinkat",      { ENOMEM } },
	{ SYS_getdents64,      "getdents",        { ENOMEM } },
	{ SYS_mmap,            "mmap",            { ENOMEM } },
	{ SYS_mprotect,        "mprotect",        { ENOMEM } },
	{ SYS_mremap,          "mremap",          { ENOMEM } },
	{ SYS_brk,             "brk",             { ENOMEM } },
	{ SYS_bpf,             "bpf",             { EPERM, ENOMEM, EMFILE } },
	{ SYS_perf_event_open, "perf_event_open", { EPERM, ENOMEM, EMFILE } },
	{ SYS_ioctl,           "ioctl",           { ENOMEM, EINTR } },
	{ SYS_epoll_create1,   "epoll_create",    { EMFILE, ENOMEM } },
	{ SYS_epoll_ctl,       "epoll_ctl",       { ENOMEM, ENOSPC } },
	{ SYS_epoll_wait,      "epoll_wait",      { EINTR } },
	{ SYS_poll,            "poll",            { EINTR } },
	{ SYS_signalfd4,       "signalfd",        { EMFILE, ENOMEM } },
	{ SYS_timerfd_create,  "timerfd_create",  { EMFILE, ENOMEM } },
	{ SYS_pidfd_open,      "pidfd_open",      { EMFILE, ENOMEM } },
	{ SYS_memfd_create,    "memfd_create",    { EMFILE, ENOMEM } },
	{ SYS_socket,          "socket",          { EMFILE, ENOMEM } },
	{ SYS_socketpair,      "socketpair",      { EMFILE, ENOMEM } },
	{ SYS_pipe2,           "pipe",            { EMFILE, ENFILE } },
	{ SYS_sendto,          "sendto",          { ECONNREFUSED } },
	{ SYS_clone,           "clone",           { EAGAIN, ENOMEM } },
	{ SYS_clone3,          "clone3",          { EAGAIN, ENOMEM } },
	{ SYS_fork,            "fork",            { EAGAIN, ENOMEM } },
	{ SYS_vfork,           "vfork",           { EAGAIN, ENOMEM } },
	{ SYS_ptrace,          "ptrace",          { EPERM } },
	{ SYS_wait4,           "wait4",           { EINTR } },
	{ SYS_waitid,          "waitid",          { EINTR } },
	{ SYS_kill,            "kill",            { EPERM } },
	{ SYS_prlimit64,       "prlimit",         { EPERM } },
	{ SYS_capget,          "capget",          { EPERM } },
	{ SYS_capset,          "capset",          { EPERM } },
	{ SYS_prctl,           "prctl",           { EINVAL } },
	{ SYS_seccomp,         "seccomp",         { ENOMEM } },
	{ SYS_getrandom,       "getrandom",       { EINTR } },
	{ SYS_fcntl,           "fcntl",           { EMFILE } },
	{ SYS_dup2,            "dup2",            { EINTR } },
	{ SYS_nanosleep,       "nanosleep",       { EINTR } },
	{ SYS_clock_nanosleep, "clock_nanosleep", { EINTR } },
	{ SYS_rename,          "rename",          { ENOSPC, EROFS } },
	{ SYS_fsync,           "fsync",           { EIO, ENOSPC } },
	{ SYS_ftruncate,       "ftruncate",       { EIO } },
};
/* clang-format on */

static const struct call *
find_call(uint64_t nr)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if ((uint64_t)calls[i].nr == nr)
			return &calls[i];
	return NULL;
}

struct text {
	char *s;
	size_t n;
};

/* One run of the command. */
struct run {
	unsigned at;             /* the call to fail, from 1; 0: none */
	int way;                 /* which of its errors */
	const struct call *call; /* that was made to fail */
	int error;
	uint64_t arg;       /* its first argument */
	bool printed_first; /* a first program had run by then */
	bool hung, left;
	int status; /* of waitpid */
	struct text out, err;
	uint64_t *seen; /* numbers of all calls; NULL: not asked for */
	unsigned nseen;
};

static char **command;
static unsigned limit_s = 10;
static unsigned told;
static unsigned head; /* lines of output that count; 0: all */
static volatile sig_atomic_t late;

static void
on_alarm(int sig)
{
	(void)sig;
	late = 1;
}

/* ---- the traced process ---- */

static void
become(int out, int err)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		_exit(126);
	execv(command[0], command);
	_exit(126);
}

/* At the entry of a call: count it, and change it when its turn has come. */
static void
enter(pid_t pid, struct run *r, const struct __ptrace_syscall_info *info)
{
	unsigned n = ++r->nseen;

	if (r->seen && n <= CALLS_MAX)
		r->seen[n - 1] = info->entry.nr;
	if (n != r->at)
		return;
	r->call = find_call(info->entry.nr);
	if (!r->call || !r->call->errors[r->way]) {
		r->call = NULL; /* another one than at the first time */
		return;
	}
	r->error = r->call->errors[r->way];
	r->arg = info->entry.args[0];
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), -1L);
}

/* At the exit of the changed call; brk(2) alone has no error number. */
static void
leave(pid_t pid, const struct run *r)
{
	long value = r->call->nr == SYS_brk ? 0 : -(long)r->error;

	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rax), value);
}

/* Whether a begin probe has just been run. */
static bool
ran_first(const struct __ptrace_syscall_info *entry, int64_t result)
{
	return entry->entry.nr == SYS_bpf &&
	       entry->entry.args[0] == BPF_TEST_RUN && !result;
}

/* Follow it up to its end, or until the call has failed. */
static void
follow(pid_t pid, struct run *r)
{
	struct __ptrace_syscall_info info, entry = { 0 };
	int signal = 0, status;

	while (!late) {
		if (r->call && !r->seen && r->nseen > r->at)
			ptrace(PTRACE_DETACH, pid, 0, signal);
		else
			ptrace(PTRACE_SYSCALL, pid, 0, signal);
		if (waitpid(pid, &status, 0) < 0)
			continue;
		if (!WIFSTOPPED(status)) {
			r->status = status;
			return;
		}
		signal = WSTOPSIG(status);
		if (signal == SIGTRAP) /* of execve */
			signal = 0;
		if (signal != (SIGTRAP | 0x80))
			continue;
		signal = 0;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <=
		    0)
			continue;
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
			entry = info;
			enter(pid, r, &info);
		} else if (r->call && r->nseen == r->at) {
			leave(pid, r);
		} else if (ran_first(&entry, info.exit.rval) && !r->call) {
			r->printed_first = true;
		}
	}
	r->hung = true;
	kill(pid, SIGKILL);
	waitpid(pid, &r->status, 0);
}

/* ---- what it leaves ---- */

static void
kill_children(void)
{
	char path[64], text[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children",
		 (int)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (char *s = text, *end;; s = end) {
		long pid = strtol(s, &end, 10);

		if (end == s)
			return;
		kill((pid_t)pid, SIGKILL);
	}
}

/* Processes that it started and that outlive it become ours: soon they must
 * be gone. */
static bool
leaves_processes(void)
{
	for (int tries = 0; tries < 500; tries++) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0)
			return false;
		if (!pid)
			usleep(10000);
	}
	kill_children();
	while (waitpid(-1, NULL, 0) > 0)
		;
	return true;
}

static struct text
take(int fd)
{
	struct stat st = { 0 };
	struct text t;

	fstat(fd, &st);
	t.n = (size_t)st.st_size;
	t.s = calloc(1, t.n + 1);
	if (!t.s || pread(fd, t.s, t.n, 0) != (ssize_t)t.n)
		abort();
	close(fd);
	return t;
}

static void
run(struct run *r)
{
	int out = memfd_create("out", MFD_CLOEXEC), status;
	int err = memfd_create("err", MFD_CLOEXEC);
	pid_t pid = fork();

	if (!pid)
		become(out, err);
	waitpid(pid, &status, 0);
	if (!WIFSTOPPED(status)) {
		fputs("this process may not trace another\n", stderr);
		exit(77);
	}
	ptrace(PTRACE_SETOPTIONS, pid, 0,
	       PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	late = 0;
	alarm(limit_s);
	follow(pid, r);
	alarm(0);
	r->left = leaves_processes();
	r->out = take(out);
	r->err = take(err);
}

static void
run_free(struct run *r)
{
	free(r->out.s);
	free(r->err.s);
	free(r->seen);
}

/* ---- judging ---- */

static size_t
head_length(const char *s)
{
	size_t n = 0;

	for (unsigned i = 0; i < head && s[n]; i++)
		n += strcspn(s + n, "\n") + 1;
	return n;
}

/* Whether every line that both undisturbed runs have in common is there. */
static bool
has_common(struct text have, const struct run want[2])
{
	char *save = NULL, *lines = strdup(want[0].out.s);
	const char *at = have.s;
	bool ok = true;

	for (char *l = strtok_r(lines, "\n", &save); ok && l;
	     l = strtok_r(NULL, "\n", &save)) {
		const char *found;

		if (!strstr(want[1].out.s, l))
			continue;
		found = strstr(at, l);
		ok = found != NULL;
		if (ok)
			at = found + strlen(l);
	}
	free(lines);
	return ok;
}

static bool
same_output(struct text have, const struct run want[2])
{
	if (head)
		return !strncmp(have.s, want[0].out.s,
				head_length(want[0].out.s));
	if (strcmp(want[0].out.s, want[1].out.s))
		return has_common(have, want);
	return !strcmp(have.s, want[0].out.s);
}

static bool
has_first_line(struct text have, const struct run *want)
{
	size_t n = strcspn(want->out.s, "\n");

	return have.n >= n && !memcmp(have.s, want->out.s, n);
}

/* What did not hold, or NULL. */
static const char *
verdict(const struct run *r, const struct run want[2])
{
	bool to_err = r->call->nr == SYS_write && r->arg == STDERR_FILENO;
	bool to_out = r->call->nr == SYS_write && !to_err;
	bool said = strstr(r->err.s, "ERROR: ") ||
		    strstr(r->err.s, "error while loading shared libraries");

	if (r->hung)
		return "it hangs";
	if (WIFSIGNALED(r->status))
		return "a signal ended it";
	if (r->left)
		return "it leaves a process";
	if (!WEXITSTATUS(r->status) && !(told && said) &&
	    !same_output(r->out, want))
		return "status 0, and other output";
	if (WEXITSTATUS(r->status) && !said && !to_err)
		return "no message";
	if (r->printed_first && !to_out && !has_first_line(r->out, want))
		return "what was printed before is lost";
	return NULL;
}

static void
show(const char *title, struct text t)
{
	if (t.n)
		printf("    %s: %.*s%s", title, t.n > 600 ? 600 : (int)t.n, t.s,
		       t.s[t.n - 1] == '\n' ? "" : "\n");
}

/* True: all held. */
static bool
try_one(const char *name, const struct run want[2], unsigned at, int way,
	unsigned *done)
{
	struct run r = { .at = at, .way = way };
	const char *wrong;

	run(&r);
	wrong = r.call ? verdict(&r, want) : NULL;
	*done += r.call != NULL;
	if (wrong) {
		printf("%s: call %u, %s(%llu): %s: %s (%s %d)\n", name, at,
		       r.call->name, (unsigned long long)r.arg,
		       strerror(r.error), wrong,
		       WIFSIGNALED(r.status) ? "signal" : "status",
		       WIFSIGNALED(r.status) ? WTERMSIG(r.status)
					     : WEXITSTATUS(r.status));
		show("stderr", r.err);
		if (!WEXITSTATUS(r.status))
			show("stdout", r.out);
		fflush(stdout);
	}
	run_free(&r);
	return !wrong;
}

/* ---- all of them ---- */

static unsigned
ways_of(uint64_t nr)
{
	const struct call *c = find_call(nr);
	unsigned n = 0;

	while (c && n < WAYS && c->errors[n])
		n++;
	return n;
}

static bool
undisturbed(const char *name, struct run want[2])
{
	for (int i = 0; i < 2; i++) {
		want[i].seen = calloc(CALLS_MAX, sizeof(uint64_t));
		if (!want[i].seen)
			abort();
		run(&want[i]);
		if (!want[i].hung && !want[i].left &&
		    WIFEXITED(want[i].status) && !WEXITSTATUS(want[i].status))
			continue;
		printf("%s: fails undisturbed, status %#x%s\n", name,
		       (unsigned)want[i].status, want[i].hung ? ", hung" : "");
		show("stderr", want[i].err);
		return false;
	}
	if (want[0].nseen > CALLS_MAX)
		want[0].nseen = CALLS_MAX;
	return true;
}

/* Where the dynamic loader's calls end: it crashes when some of them fail. */
static unsigned
own_calls(const struct run *r)
{
	for (unsigned n = 0; n < r->nseen; n++)
		if (r->seen[n] == SYS_set_tid_address)
			return n + 1;
	return 0;
}

static bool
all(const char *name, unsigned sample, unsigned only)
{
	struct run want[2] = { 0 };
	unsigned total = 0, done = 0, i = 0, bad = 0, step = 1, first;

	if (!undisturbed(name, want))
		return false;
	first = own_calls(&want[0]);
	for (unsigned n = first; n < want[0].nseen; n++)
		total += ways_of(want[0].seen[n]);
	if (sample && total > sample)
		step = (total + sample - 1) / sample;
	for (unsigned n = first; n < want[0].nseen; n++)
		for (unsigned w = 0; w < ways_of(want[0].seen[n]); w++, i++)
			if (only ? n + 1 == only : i % step == step / 2)
				bad += !try_one(name, want, n + 1, (int)w,
						&done);
	printf("%s: %u system calls, %u ways to fail, %u tried, %u bad\n", name,
	       want[0].nseen, total, done, bad);
	run_free(&want[0]);
	run_free(&want[1]);
	return !bad;
}

int
main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_alarm };
	unsigned sample = 0, only = 0;
	int i = 1;

	for (; i + 1 < argc && !strncmp(argv[i], "--", 2); i += 2) {
		unsigned v = (unsigned)strtoul(argv[i + 1], NULL, 10);

		if (!strcmp(argv[i], "--sample"))
			sample = v;
		else if (!strcmp(argv[i], "--only"))
			only = v;
		else if (!strcmp(argv[i], "--head"))
			head = v;
		else if (!strcmp(argv[i], "--told"))
			told = v;
		else if (!strcmp(argv[i], "--limit"))
			limit_s = v;
	}
	if (i + 1 >= argc) {
		fputs("usage: inject [OPTION N ...] NAME COMMAND ...\n",
		      stderr);
		return 2;
	}
	command = argv + i + 1;
	sigaction(SIGALRM, &act, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return !all(argv[i], sample, only);
}
#endif
