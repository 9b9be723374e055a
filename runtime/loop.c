/* SPDX-License-Identifier: MIT */
/*
 * Owns the life cycle of REFERENCE 3.4: begin, attach, wait and print, detach,
 * end, maps. Records come without waking anybody below a watermark, so the
 * wait has a time limit; nothing waits once the end is known.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

enum {
	TICK_MS = 25,    /* the oldest that an unwoken event gets */
	LOST_TICKS = 40, /* between two looks at the counters */
};

static bool
watch(struct session *s, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	return fd < 0 || !epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &e);
}

/* From here on these signals arrive as data; false: errno says why not. */
static bool
block_signals(struct session *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	if (s->child > 0)
		sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd >= 0;
}

/* --timeout counts from here: all is attached. */
static bool
start_timer(struct session *s)
{
	struct itimerspec t = {
		.it_value.tv_sec = (time_t)(s->opts->timeout / 1000000000),
		.it_value.tv_nsec = (long)(s->opts->timeout % 1000000000),
	};

	if (!s->opts->timeout)
		return true;
	s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	return s->timer_fd >= 0 && !timerfd_settime(s->timer_fd, 0, &t, NULL);
}

/* Whatever is missing here nobody could end the trace by; false: errno. */
static bool
open_loop(struct session *s)
{
	int ring = session_map(s, MAP_RINGBUF);

	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd >= 0)
		mappings_watch(s);
	return s->epoll_fd >= 0 && watch(s, s->signal_fd) &&
	       watch(s, s->child_fd) && watch(s, s->pid_fd) && start_timer(s) &&
	       watch(s, s->timer_fd) &&
	       (ring < 0 || watch(s, s->map_fds[ring]));
}

static void
drain(struct session *s)
{
	mappings_drain(s);
	if (s->ring)
		ring_drain(s->ring, s);
}

/* What arrived by signal; true: end the trace. */
static bool
take_signals(struct session *s)
{
	struct signalfd_siginfo info;
	bool end = false;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			child_stopped(s);
		} else if (info.ssi_signo != SIGUSR1) {
			end = true;
		} else if (!session_run_signal(s)) {
			drain(s);
			maps_print_all(s);
		}
	}
	return end;
}

/* One wait; true: end the trace. */
static bool
wait_once(struct session *s)
{
	struct epoll_event events[8];
	int idle = s->ring || s->mappings ? TICK_MS : -1;
	int limit = mappings_scan(s) ? 0 : idle;
	int n = epoll_wait(s->epoll_fd, events, ARRAY_LEN(events), limit);
	bool end = false;

	for (int i = 0; i < n; i++) {
		int fd = events[i].data.fd;

		if (fd == s->signal_fd)
			end |= take_signals(s);
		else if (fd == s->child_fd || fd == s->pid_fd ||
			 follow_watches(s, fd))
			end |= !follow_goes_on(s, fd);
		else if (fd == s->timer_fd)
			end = true;
	}
	return end;
}

static void
poll_events(struct session *s)
{
	bool end = walks_read(s) ||
		   (!s->attach.fds.n && !s->attach.slow_fds.n &&
		    s->child_fd < 0 && s->pid_fd < 0 && !session_waits(s));

	for (unsigned tick = 1;; tick++) {
		drain(s);
		if (s->out->buffering != OUT_FULL || s->done)
			out_flush(s->out);
		if (end || s->done || s->out->failed)
			break;
		if (!(tick % LOST_TICKS))
			session_report_lost(s, false);
		end = wait_once(s);
	}
}

static void
notice(struct session *s)
{
	if (s->opts->quiet)
		return;
	if (s->out->json)
		out_printf(s->out,
			   "{\"type\": \"attached_probes\", \"count\": %u, "
			   "\"data\": {\"probes\": %u}}\n",
			   s->nprobes, s->nprobes);
	else
		fprintf(stderr, "Attached %u probe%s\n", s->nprobes,
			s->nprobes == 1 ? "" : "s");
}

/* What is printed once nothing is attached any more. */
static void
finish(struct session *s)
{
	drain(s);
	s->done = false; /* end probes print although exit() was seen */
	session_run_special(s, true);
	drain(s);
	session_report_lost(s, true);
	if (!s->out->json && !s->out->folded)
		out_puts(s->out, "\n\n");
	if (s->config->print_maps_on_exit && !s->opts->quiet_maps)
		maps_print_all(s);
	out_flush(s->out);
	session_report_stacks(s);
	follow_report(s);
	losses_report_missed(s);
	if (s->opts->flamegraph && !flame_write(s) && !s->exit_code)
		s->exit_code = STATUS_ERROR;
}

/* What is not on the disk was not said: no success. */
static int
status_of(struct session *s)
{
	int status = s->exit_code;

	if (s->out->failed)
		return out_status(s->out, s->opts->output, status);
	if (!status && s->failed)
		status = STATUS_ERROR;
	if (!status && s->opts->child_status && s->child_ended > 0)
		status = s->child_ended;
	return losses_status(s, status);
}

/* No trace. What begin probes have sent is printed all the same. */
static int
give_up(struct session *s, const char *what, int error)
{
	drain(s);
	out_flush(s->out);
	if (what)
		session_error(s, "%s: %s", what, strerror(error));
	return STATUS_LOAD;
}

int
session_run(struct session *s)
{
	if (s->opts->mode != RUN_TRACE)
		return out_status(s->out, s->opts->output, testing_run(s));
	if (!block_signals(s))
		return give_up(s, "Unable to wait for signals", errno);
	session_run_special(s, false);
	child_ready(s);
	mappings_start(s);
	if (!follow_start(s) || !session_attach(s))
		return give_up(s, NULL, 0);
	if (s->opts->dry_run)
		return 0;
	if (!open_loop(s))
		return give_up(s, "Unable to wait for events", errno);
	child_watch(s);
	if (!child_release(s))
		return give_up(s, NULL, 0);
	if (s->attach.fds.n || s->attach.slow_fds.n)
		confine(s);
	ready_tell(s);
	notice(s);
	poll_events(s);
	ready_end();
	session_detach(s);
	finish(s);
	child_stop(s);
	return status_of(s);
}
