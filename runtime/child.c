/* SPDX-License-Identifier: MIT */
/*
 * Owns the child of -c: forked early because its pid is a constant of the
 * script, held on a pipe until all is attached, ended with the tracer.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

/* The command split at blanks, NULL-ended. */
static char **
split(struct arena *a, const char *command)
{
	VEC(char *) words = { 0 };
	char *save, *text = arena_strdup(a, command);

	for (char *w = strtok_r(text, " ", &save); w;
	     w = strtok_r(NULL, " ", &save))
		*vec_push(a, &words) = w;
	*vec_push(a, &words) = NULL;
	return words.v;
}

static bool
is_program(const char *path)
{
	struct stat st;

	return !access(path, X_OK) && !stat(path, &st) && S_ISREG(st.st_mode);
}

/* The file that a command's first word names, or NULL. */
static const char *
find_program(struct arena *a, const char *word)
{
	const char *dirs = getenv("PATH");
	size_t n;

	if (strchr(word, '/'))
		return is_program(word) ? word : NULL;
	for (; dirs && *dirs; dirs += n + (dirs[n] == ':')) {
		const char *path;

		n = strcspn(dirs, ":");
		path = arena_printf(a, "%.*s/%s", (int)n, dirs, word);
		if (is_program(path))
			return path;
	}
	return NULL;
}

/* In the child: wait for the word, then become the command. */
static void
become(const char *path, char **argv, int go, pid_t parent)
{
	sigset_t none;
	char c;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (write(go, "", 1) != 1 || read(go, &c, 1) != 1)
		_exit(1);
	execv(path, argv);
	_exit(127);
}

bool
child_start(struct session *s, const char *command)
{
	char **argv = split(s->arena, command);
	const char *path = argv[0] ? find_program(s->arena, argv[0]) : NULL;
	pid_t self = getpid();
	int go[2];

	if (!path) {
		session_error(s,
			      "Failed to fork child: Path '%s' does not exist "
			      "or is not executable (%s)",
			      argv[0] ? argv[0] : "", strerror(ENOENT));
		return false;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, go)) {
		session_error(s, "Failed to fork child: %s", strerror(errno));
		return false;
	}
	s->child = fork();
	if (!s->child)
		become(path, argv, (close(go[1]), go[0]), self);
	close(go[0]);
	if (s->child < 0) {
		session_error(s, "Failed to fork child: %s", strerror(errno));
		close(go[1]);
		s->child = 0;
		return false;
	}
	s->child_go = go[1];
	s->attach.pid = s->opts->follow ? 0 : s->child;
	s->child_fd = (int)syscall(SYS_pidfd_open, s->child, 0);
	if (s->child_fd < 0)
		session_error(s, "Unable to watch the child: %s",
			      strerror(errno));
	return s->child_fd >= 0;
}

/* Until the child waits for the word: its own first steps are not traced. */
void
child_ready(struct session *s)
{
	ssize_t n = 1;
	char c;

	if (s->child_go < 0)
		return;
	do
		n = read(s->child_go, &c, 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		session_failed(s, "Failed to wait for the child: %s",
			       strerror(errno));
}

bool
child_release(struct session *s)
{
	ssize_t n;

	if (s->child_go < 0)
		return true;
	do
		n = send(s->child_go, "", 1, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		session_error(s, "Failed to start the child: %s",
			      errno == EPIPE ? "it has ended already"
					     : strerror(errno));
	close(s->child_go);
	s->child_go = -1;
	return n == 1;
}

/* ---- its addresses ---- */

static bool
needs_process(const struct type *t)
{
	if (!t)
		return false;
	if (t->kind == TY_NOMINAL)
		return t->nominal->of_process;
	for (uint32_t i = 0; i < t->nfields; i++)
		if (t->kind != TY_STRUCT && needs_process(t->fields[i].type))
			return true;
	return false;
}

bool
session_prints_addresses(const struct prog *p)
{
	for (uint32_t i = 0; i < p->maps.n; i++) {
		const struct mapdef *def = p->maps.v[i].def;

		if (p->maps.v[i].use == MAP_USER &&
		    (needs_process(def->key) || needs_process(def->value)))
			return true;
	}
	for (uint32_t i = 0; i < p->events.n; i++)
		for (uint32_t a = 0; a < p->events.v[i]->args.n; a++)
			if (needs_process(p->events.v[i]->args.v[a].type))
				return true;
	return false;
}

/*
 * A process that has ended has no mappings any more, and its addresses stay
 * numbers. So the child is made to stop once, at the door of its exit.
 */
void
child_watch(struct session *s)
{
	if (s->child > 0 && session_prints_addresses(s->prog))
		ptrace(PTRACE_SEIZE, s->child, 0, PTRACE_O_TRACEEXIT);
}

/* One that cannot be told to go on is let go. */
static void
go_on(pid_t child, int signal, int event)
{
	bool stays = event == PTRACE_EVENT_STOP && signal != SIGTRAP;

	if (stays && !ptrace(PTRACE_LISTEN, child, 0, 0))
		return;
	if (!stays && !ptrace(PTRACE_CONT, child, 0, event ? 0 : signal))
		return;
	ptrace(PTRACE_DETACH, child, 0, event ? 0 : signal);
}

/* 1: the child's state has changed, *info; -1: there is no child any more. */
static int
has_changed(const struct session *s, int what, siginfo_t *info)
{
	int r;

	do {
		info->si_pid = 0;
		r = waitid(P_PID, (id_t)s->child, info, what | WNOHANG);
	} while (r < 0 && errno == EINTR);
	return r ? -1 : info->si_pid != 0;
}

void
child_stopped(struct session *s)
{
	siginfo_t info;
	int event;

	while (s->child > 0 && has_changed(s, WSTOPPED, &info) == 1) {
		event = info.si_status >> 8;
		if (event == PTRACE_EVENT_EXIT)
			mappings_learn(s, (uint32_t)s->child);
		go_on(s->child, info.si_status & 0xff, event);
	}
}

/* ---- its end ---- */

/* As a shell's $?. */
static int
shell_status(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? info->si_status
					   : 128 + info->si_status;
}

/* Whether the child ends within `ms`. */
static bool
ends_within(struct session *s, int ms)
{
	siginfo_t info = { 0 };

	for (; ms >= 0; ms--) {
		int changed;

		child_stopped(s);
		changed = has_changed(s, WEXITED, &info);
		if (changed == 1)
			s->child_ended = shell_status(&info);
		if (changed)
			return true;
		if (ms)
			usleep(1000);
	}
	return false;
}

void
child_stop(struct session *s)
{
	enum { PATIENCE = 100 }; /* ms */

	if (s->child <= 0)
		return;
	if (s->child_go >= 0)
		close(s->child_go); /* it reads the end and leaves */
	s->child_go = -1;
	if (!ends_within(s, 0)) {
		kill(s->child, SIGTERM);
		if (!ends_within(s, PATIENCE)) {
			kill(s->child, SIGKILL);
			ends_within(s, PATIENCE);
		}
	}
	if (s->child_fd >= 0)
		close(s->child_fd);
	s->child_fd = -1;
	s->child = 0;
}
