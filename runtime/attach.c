/* SPDX-License-Identifier: MIT */
/*
 * Owns the order of attaching and detaching (REFERENCE 3.4) and the running
 * of the special probes, which are attached to nothing.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "internal.h"

static uint32_t
prog_index(const struct session *s, const struct unit *u)
{
	uint32_t i;

	for (i = 0; s->image->progs.v[i].unit != u; i++)
		assert(i + 1 < s->image->progs.n);
	return i;
}

int
session_prog(const struct session *s, const struct unit *u)
{
	return s->progs[prog_index(s, u)].fd;
}

static void
run_program(struct session *s, const struct unit *u)
{
	int error = sys_prog_run(session_prog(s, u));

	if (error)
		session_failed(s, "could not run the %s probe: %s",
			       u->type->name, strerror(-error));
}

void
session_run_special(struct session *s, bool end)
{
	const struct unit_list *units = s->prog->units;

	for (uint32_t i = 0; i < units->v.n; i++) {
		const struct unit *u = units->v.v[i];
		unsigned flags = u->type->flags;

		if (!(flags & PROBE_SPECIAL) ||
		    flags & (PROBE_AT_SIGNAL | PROBE_TEST | PROBE_BENCH) ||
		    end != !!(flags & PROBE_AT_END))
			continue;
		if (s->opts->verbose && !end)
			fprintf(stderr, "Attaching '%s' probe\n",
				u->type->name);
		run_program(s, u);
	}
}

bool
session_run_signal(struct session *s)
{
	const struct unit_list *units = s->prog->units;
	bool any = false;

	for (uint32_t i = 0; i < units->v.n; i++)
		if (units->v.v[i]->type->flags & PROBE_AT_SIGNAL) {
			run_program(s, units->v.v[i]);
			any = true;
		}
	return any;
}

bool
session_waits(const struct session *s)
{
	const struct unit_list *units = s->prog->units;

	for (uint32_t i = 0; i < units->v.n; i++)
		if (units->v.v[i]->type->flags & PROBE_AT_SIGNAL)
			return true;
	return false;
}

static void
tell_warnings(struct session *s)
{
	for (uint32_t i = 0; i < s->attach.warnings.n; i++)
		session_warn(s, "%s", s->attach.warnings.v[i]);
	s->attach.warnings.n = 0;
}

/* False: stop here. */
static bool
attach_failed(struct session *s, const char *probe)
{
	switch (s->config->missing_probes) {
	case MISSING_IGNORE:
		return true;
	case MISSING_WARN:
		session_warn(s, "Unable to attach probe: %s. Skipping.", probe);
		return true;
	case MISSING_ERROR:
		break;
	}
	tell_warnings(s);
	if (s->attach.why)
		session_error(s, "%s", s->attach.why);
	session_error(s,
		      "Unable to attach probe: %s. If this is expected, set "
		      "the 'missing_probes' config variable to 'warn'.",
		      probe);
	return false;
}

static int
attach_form(struct session *s, uint32_t prog, const struct unit *u,
	    const struct target *t)
{
	const struct loaded_prog *p = &s->progs[prog];

	s->attach.why = NULL; /* nor warnings: each form tells its own */
	s->attach.warnings.n = 0;
	s->attach.form = p->form;
	s->attach.by_cookie = u->by_index && !p->each;
	s->attach.prog_fd = p->each ? p->each[t - u->targets.v] : p->fd;
	return probe_attach(&s->attach, u, t);
}

/* An event that has no raw tracepoint, a kernel or a place that knows no multi
 * links: attached in the usual form. */
static int
attach_target(struct session *s, const struct unit *u, const struct target *t)
{
	uint32_t i = prog_index(s, u);
	int error = attach_form(s, i, u, t);

	if (!error || s->attach.form == FORM_PLAIN || u->raw ||
	    !session_load_again(s, i))
		return error;
	return attach_form(s, i, u, t);
}

static bool
attach_unit(struct session *s, const struct unit *u)
{
	bool late = u->type->flags & PROBE_LATE;

	for (uint32_t i = 0; i < u->targets.n; i++) {
		const struct target *t =
			&u->targets.v[late ? u->targets.n - 1 - i : i];

		if (s->opts->verbose)
			fprintf(stderr, "Trying to attach probe: %s\n",
				t->probe);
		if (attach_target(s, u, t)) {
			if (!attach_failed(s, t->probe))
				return false;
			continue;
		}
		tell_warnings(s);
		s->nprobes += !t->again;
	}
	return true;
}

/* Forwards, then backwards: see the order of 3.4. */
static bool
attach_pass(struct session *s, bool late)
{
	const struct unit_list *units = s->prog->units;

	for (uint32_t i = 0; i < units->v.n; i++) {
		const struct unit *u =
			units->v.v[late ? units->v.n - 1 - i : i];
		unsigned flags = u->type->flags;

		if (flags & PROBE_SPECIAL || late != !!(flags & PROBE_LATE))
			continue;
		if (!attach_unit(s, u))
			return false;
	}
	return true;
}

/* A link and an event each: a wildcard soon has more than the usual 1024. */
static void
allow_descriptors(const struct unit_list *units)
{
	struct rlimit limit;
	rlim_t want = 256;

	for (uint32_t i = 0; i < units->v.n; i++)
		want += 2 * (rlim_t)units->v.v[i]->targets.n;
	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= want)
		return;
	limit.rlim_cur = want;
	if (limit.rlim_max < want)
		limit.rlim_max = want;
	setrlimit(RLIMIT_NOFILE, &limit);
}

bool
session_attach(struct session *s)
{
	const struct unit_list *units = s->prog->units;

	allow_descriptors(units);
	if (!attach_pass(s, false) || !attach_pass(s, true))
		return false;
	for (uint32_t i = 0; i < units->v.n; i++)
		if (units->v.v[i]->type->flags & PROBE_SPECIAL)
			s->nprobes++;
	if (!s->nprobes && units->v.n) {
		session_error(s, "Attachment failed for all probes.");
		return false;
	}
	if (s->global)
		s->global->live = 1;
	return true;
}

/* ---- detaching ---- */

static void
close_fds(const int *v, uint32_t n)
{
	while (n-- > 0)
		close(v[n]);
}

/* In the child: away from our terminal, pipes and process group, so that no
 * shell and no CI job waits for it. */
static void
let_go_later(struct session *s, const int turn[2])
{
	char none;

	setsid();
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	if (s->out->fd > STDERR_FILENO)
		close(s->out->fd);
	close(turn[1]);
	while (read(turn[0], &none, 1) > 0)
		;
	_exit(0); /* closes the rest */
}

/*
 * Let a child close what waits for grace periods (a perf tracepoint about
 * 70 ms, one after the other): nobody should wait for it. Whoever closes a
 * descriptor last has to wait, so the child takes its turn when all of ours
 * are gone: when the pipe ends.
 */
static void
leave_to_child(struct session *s)
{
	int turn[2] = { -1, -1 };

	if (!s->opts->wait_detach && !pipe2(turn, O_CLOEXEC) && !fork())
		let_go_later(s, turn);
	close_fds(s->attach.slow_fds.v, s->attach.slow_fds.n);
	s->attach.slow_fds.n = 0;
	close_fds(turn, 2);
}

void
session_detach(struct session *s)
{
	if (s->global)
		s->global->live = 0;
	close_fds(s->attach.fds.v, s->attach.fds.n);
	s->attach.fds.n = 0;
}

void
session_let_go(struct session *s)
{
	session_detach(s);
	if (s->attach.slow_fds.n)
		leave_to_child(s);
}
