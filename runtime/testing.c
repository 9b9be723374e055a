/* SPDX-License-Identifier: MIT */
/*
 * Owns --test and --bench: which of a script's probes then count, the running
 * of the test and bench probes, and what is printed of them (REFERENCE 7.8).
 */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

enum {
	BENCH_FIRST = 1000,      /* iterations of the first try */
	BENCH_MOST = 1 << 22,    /* of the last */
	BENCH_ENOUGH = 10000000, /* ns that a measurement takes at least */
	NAME_WIDTH = 41,         /* columns of the table */
	TIME_WIDTH = 15,
	COUNT_WIDTH = 10,
};

static const char green[] = "\033[32m", red[] = "\033[31m", plain[] = "\033[0m";

/* ---- which probes count ---- */

static unsigned
flag_of(enum run_mode mode)
{
	switch (mode) {
	case RUN_TRACE:
		return 0;
	case RUN_TEST:
		return PROBE_TEST;
	case RUN_BENCH:
		return PROBE_BENCH;
	}
	return 0;
}

/* Whether the regular expression, NULL: any, matches the unit's name. */
static bool
passes(const regex_t *filter, const struct unit *u)
{
	return !filter || !regexec(filter, u->targets.v[0].probe, 0, NULL, 0);
}

static bool
counts(const struct unit *u, enum run_mode mode, const regex_t *filter)
{
	unsigned flags = u->type->flags;

	if (mode == RUN_TRACE)
		return !(flags & (PROBE_TEST | PROBE_BENCH));
	if (flags & flag_of(mode))
		return passes(filter, u);
	return flags & PROBE_SPECIAL &&
	       !(flags & (PROBE_TEST | PROBE_BENCH | PROBE_AT_SIGNAL));
}

/* Only probes of another mode: which one is it? */
static bool
wrong_mode(struct diag *d, unsigned dropped)
{
	struct span nowhere = { 0, 0 };

	if (dropped & PROBE_TEST)
		return diag_error(d, nowhere,
				  "No probes attached; use --test to run test "
				  "probes.");
	if (dropped & PROBE_BENCH)
		return diag_error(d, nowhere,
				  "No probes attached; use --bench to run "
				  "benchmark probes.");
	return diag_error(d, nowhere, "Attachment failed for all probes.");
}

static bool
compile_filter(const char *text, regex_t *re, struct diag *d)
{
	struct span nowhere = { 0, 0 };
	char other[128];
	const char *why = other;
	int err = regcomp(re, text, REG_EXTENDED | REG_NOSUB);

	if (!err)
		return true;
	regerror(err, re, other, sizeof(other));
	if (err == REG_EBRACK || (err == REG_BADPAT && strchr(text, '[')))
		why = "Unexpected character within '[...]' in regular "
		      "expression";
	else if (err == REG_EPAREN || err == REG_BADRPT)
		why = "Mismatched '(' and ')' in regular expression";
	else if (err == REG_EBRACE || err == REG_BADBR)
		why = "Invalid range in '{}' in regular expression";
	else if (err == REG_EESCAPE)
		why = "Invalid escape at end of regular expression";
	return diag_error(d, nowhere, "Invalid --probe-filter regex '%s': %s",
			  text, why);
}

bool
testing_select(struct unit_list *units, const struct options *o, struct diag *d,
	       bool *unattached)
{
	regex_t re, *filter = NULL;
	unsigned dropped = 0, own = flag_of(o->mode);
	uint32_t n = 0;

	if (o->probe_filter && !compile_filter(o->probe_filter, &re, d))
		return false;
	if (o->probe_filter)
		filter = &re;
	for (uint32_t i = 0; i < units->v.n; i++) {
		struct unit *u = units->v.v[i];

		if (counts(u, o->mode, filter))
			units->v.v[n++] = u;
		else
			dropped |= 1 | u->type->flags;
	}
	units->v.n = n;
	if (filter)
		regfree(filter);
	*unattached = !n && dropped && !(dropped & own);
	return !*unattached || wrong_mode(d, dropped);
}

/* ---- running one ---- */

uint64_t
testing_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Run it once and take in what it sent; false: it failed. *ns: its time. */
static bool
run_once(struct session *s, const struct unit *u, uint64_t *ns)
{
	struct prog_run r = { .packet = u->type->flags & PROBE_BENCH };
	uint64_t start = testing_now();
	int error;

	s->exit_code = 0;
	s->done = false;
	error = sys_prog_test(session_prog(s, u), &r);
	*ns = testing_now() - start;
	if (s->ring)
		ring_drain(s->ring, s);
	if (error)
		session_error(s, "could not run '%s': %s", u->targets.v[0].name,
			      strerror(-error));
	return !error && !r.retval && !s->exit_code;
}

/* ---- tests ---- */

static void
tag(struct out *o, const char *color, const char *text)
{
	out_printf(o, "%s%s%s ", color, text, plain);
}

static const char *
plural(uint32_t n)
{
	return n == 1 ? "" : "s";
}

static void
put_duration(struct out *o, uint64_t ns)
{
	static const char *const units[] = { "ns", "\u03bcs", "ms", "s" };
	unsigned i = 0;

	for (; ns >= 1000 && i + 1 < ARRAY_LEN(units); i++)
		ns /= 1000;
	out_printf(o, " (%llu %s)\n", (unsigned long long)ns, units[i]);
}

static void
put_json_result(struct session *s, const char *name, size_t text, uint64_t ns,
		bool good)
{
	struct out *o = s->out;
	struct sbuf said = { 0 };

	sbuf_add(&said, o->buf.s + text, o->buf.n - text);
	o->buf.n = text;
	out_puts(o, "{\"type\": \"test_result\", \"data\": {");
	out_json_string(o, name, strlen(name));
	out_printf(o, ": {\"duration\": %llu, \"passed\": %s, \"output\": ",
		   (unsigned long long)ns, good ? "true" : "false");
	out_json_string(o, said.s ? said.s : "", said.n);
	out_puts(o, "}}}\n");
	sbuf_free(&said);
}

/* What a test prints is held back, and shown if it fails. */
static bool
run_test(struct session *s, const struct unit *u)
{
	const char *name = u->targets.v[0].name;
	struct out *o = s->out;
	bool json = o->json, good;
	uint64_t ns;
	size_t text;

	if (!json) {
		tag(o, green, "[ RUN      ]");
		out_printf(o, "%s\n", name);
	}
	text = o->buf.n;
	o->held = true;
	o->json = false;
	good = run_once(s, u, &ns);
	o->json = json;
	o->held = false;
	if (json) {
		put_json_result(s, name, text, ns, good);
	} else {
		if (good)
			o->buf.n = text;
		tag(o, good ? green : red,
		    good ? "[       OK ]" : "[  FAILED  ]");
		out_puts(o, name);
		put_duration(o, ns);
	}
	out_flush(o);
	return good;
}

static void
sum_up(struct session *s, const bool *good, uint32_t n, uint32_t passed)
{
	const struct unit_list *units = s->prog->units;
	struct out *o = s->out;
	uint32_t failed = n - passed, at = 0;

	tag(o, green, "[==========]");
	out_printf(o, "%u test%s ran.\n", n, plural(n));
	tag(o, green, "[  PASSED  ]");
	out_printf(o, "%u test%s.\n", passed, plural(passed));
	if (!failed)
		return;
	tag(o, red, "[  FAILED  ]");
	out_printf(o, "%u test%s, listed below:\n", failed, plural(failed));
	for (uint32_t i = 0; i < units->v.n; i++) {
		const struct unit *u = units->v.v[i];

		if (!(u->type->flags & PROBE_TEST) || good[at++])
			continue;
		tag(o, red, "[  FAILED  ]");
		out_printf(o, "%s\n", u->targets.v[0].name);
	}
}

static uint32_t
count_units(const struct session *s, unsigned flag)
{
	const struct unit_list *units = s->prog->units;
	uint32_t n = 0;

	for (uint32_t i = 0; i < units->v.n; i++)
		n += !!(units->v.v[i]->type->flags & flag);
	return n;
}

static bool
run_tests(struct session *s)
{
	const struct unit_list *units = s->prog->units;
	uint32_t n = count_units(s, PROBE_TEST), at = 0, passed = 0;
	bool *good = arena_alloc(s->arena, n + 1);

	if (!n)
		return true;
	if (!s->out->json) {
		tag(s->out, green, "[==========]");
		out_printf(s->out, "Running %u tests.\n", n);
	}
	for (uint32_t i = 0; i < units->v.n; i++)
		if (units->v.v[i]->type->flags & PROBE_TEST) {
			good[at] = run_test(s, units->v.v[i]);
			passed += good[at++];
		}
	if (!s->out->json)
		sum_up(s, good, n, passed);
	return passed == n;
}

/* ---- benchmarks ---- */

/* Whatever it prints goes nowhere. */
static void
discard(struct session *s, size_t text)
{
	s->done = true;
	if (s->ring)
		ring_drain(s->ring, s);
	s->done = false;
	s->out->buf.n = text;
	if (s->global)
		s->lost_seen = s->global->lost;
}

/* More and more iterations, until there is something to measure. */
static bool
measure(struct session *s, const struct unit *u, struct prog_run *r)
{
	size_t text = s->out->buf.n;

	*r = (struct prog_run){ .packet = true };
	for (r->repeat = BENCH_FIRST;; r->repeat *= 2) {
		int error = sys_prog_test(session_prog(s, u), r);

		discard(s, text);
		if (error) {
			session_error(s, "could not run '%s': %s",
				      u->targets.v[0].name, strerror(-error));
			return false;
		}
		if ((uint64_t)r->ns * r->repeat >= BENCH_ENOUGH ||
		    r->repeat >= BENCH_MOST)
			return true;
	}
}

static void
put_row(struct out *o, int width, const struct unit *u,
	const struct prog_run *r)
{
	const char *name = u->targets.v[0].name;

	if (!o->json) {
		out_printf(o, "%-*s%-*u%u\n", width, name, TIME_WIDTH, r->ns,
			   r->repeat);
		return;
	}
	out_puts(o, "{\"type\": \"benchmark_result\", \"data\": {");
	out_json_string(o, name, strlen(name));
	out_printf(o, ": {\"average\": %u, \"iters\": %u}}}\n", r->ns,
		   r->repeat);
}

/* One that fails is told; one that returns something else than 0 is not one,
 * and left out, as upstream does. */
static bool
run_bench(struct session *s, const struct unit *u, int width)
{
	struct prog_run r;
	bool json = s->out->json, good;
	size_t text = s->out->buf.n;
	uint64_t ns;

	s->out->held = true;
	good = run_once(s, u, &ns);
	discard(s, text);
	s->out->held = false;
	s->out->json = json;
	if (s->exit_code) {
		session_error(s, "Benchmark '%s' failed.",
			      u->targets.v[0].name);
		return false;
	}
	if (!good)
		return true;
	if (!measure(s, u, &r))
		return false;
	put_row(s->out, width, u, &r);
	out_flush(s->out);
	return true;
}

static void
put_heading(struct out *o, int width)
{
	out_printf(o, "%-*s%-*s%-*s\n", width, "Benchmark", TIME_WIDTH,
		   "Time(ns)", COUNT_WIDTH, "Iterations");
	for (int i = 0; i < width + TIME_WIDTH + COUNT_WIDTH; i++)
		out_putc(o, '-');
	out_putc(o, '\n');
}

static bool
run_benches(struct session *s)
{
	const struct unit_list *units = s->prog->units;
	int width = NAME_WIDTH;
	bool good = true;

	if (!count_units(s, PROBE_BENCH))
		return true;
	if (s->ring) /* what begin printed */
		discard(s, s->out->buf.n);
	for (uint32_t i = 0; i < units->v.n; i++) {
		const struct unit *u = units->v.v[i];
		int n = u->type->flags & PROBE_BENCH
				? (int)strlen(u->targets.v[0].name) + 1
				: 0;

		width = n > width ? n : width;
	}
	if (!s->out->json)
		put_heading(s->out, width);
	for (uint32_t i = 0; i < units->v.n; i++)
		if (units->v.v[i]->type->flags & PROBE_BENCH)
			good &= run_bench(s, units->v.v[i], width);
	return good;
}

/* ---- the door ---- */

int
testing_run(struct session *s)
{
	bool good;

	session_run_special(s, false);
	good = s->opts->mode == RUN_TEST ? run_tests(s) : run_benches(s);
	s->done = false;
	session_run_special(s, true);
	if (s->ring)
		ring_drain(s->ring, s);
	if (!s->out->json)
		out_puts(s->out, "\n\n");
	out_flush(s->out);
	return good ? 0 : 1;
}
