/* SPDX-License-Identifier: MIT */
/* watchpoint: accesses to an address, by the processor's debug registers
 * (REFERENCE 3.13). */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int
by_letter(const void *a, const void *b)
{
	return *(const char *)a - *(const char *)b;
}

static bool
not_a_mode(struct sema *s, const struct attach_text *ap, const char *text)
{
	char *sorted = arena_strdup(sema_arena(s), text);

	qsort(sorted, strlen(sorted), 1, by_letter);
	sema_error_at(s, ap->span, "invalid watchpoint mode: %s", sorted);
	diag_hint(sema_diag(s), "supported modes: x,w,rw");
	return false;
}

/* "wr" is "rw": letters to bits, each at most once. */
static bool
read_mode(struct sema *s, const struct attach_text *ap, const char *text,
	  uint32_t *mode)
{
	static const char not_letters[] =
		"watchpoint mode must be combination of (r,w,x)";
	static const char letters[] = "rwx";
	static const uint32_t bits[] = { HW_BREAKPOINT_R, HW_BREAKPOINT_W,
					 HW_BREAKPOINT_X };
	const char *at;

	*mode = 0;
	for (const char *p = text; *p; p++) {
		at = strchr(letters, *p);
		if (!at)
			return sema_error_at(s, ap->span, "%s", not_letters);
		if (*mode & bits[at - letters])
			return sema_error_at(s, ap->span,
					     "watchpoint modes may not be "
					     "duplicated");
		*mode |= bits[at - letters];
	}
	return *text || sema_error_at(s, ap->span, "%s", not_letters);
}

static const char *
mode_text(uint32_t mode)
{
	switch (mode) {
	case HW_BREAKPOINT_X:
		return "x";
	case HW_BREAKPOINT_W:
		return "w";
	case HW_BREAKPOINT_RW:
		return "rw";
	}
	return NULL; /* x86 has no others, and nobody misses them elsewhere */
}

static bool
check_mode(struct sema *s, const struct attach_text *ap, const char *text,
	   uint32_t *mode)
{
	if (read_mode(s, ap, text, mode) && mode_text(*mode))
		return true;
	return not_a_mode(s, ap, text);
}

/* What the address is of, and a colon; "": all processes. */
static const char *
watched_program(struct sema *s)
{
	const struct sema_input *in = sema_in(s);
	struct arena *a = sema_arena(s);
	struct probe_files files;
	const char *name;

	if (in->pid)
		return arena_printf(a, "/proc/%d/exe:", in->pid);
	if (!in->command)
		return "";
	name = arena_strndup(a, in->command, strcspn(in->command, " \t"));
	if (!strchr(name, '/')) {
		probe_find_files(a, name, 0, &files);
		if (files.v.n)
			name = files.v.v[0].shown;
	}
	return arena_printf(a, "%s:", name);
}

static bool
watchpoint_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	struct arena *a = sema_arena(s);
	uint64_t address, length;
	struct target *t;
	const char *why;
	bool good = true;
	uint32_t mode;

	if (!probe_whole_number(a, probe_part(ap, 1), &address, &why))
		return sema_error_at(s, ap->span,
				     "Invalid function/address argument: %s",
				     why);
	if (!probe_whole_number(a, probe_part(ap, 2), &length, &why))
		return sema_error_at(s, ap->span, "Invalid length argument: %s",
				     why);
	/* All that is wrong is told. */
	if (!address)
		good = sema_error_at(s, ap->span,
				     "watchpoint must be attached to a "
				     "non-zero address");
	if (length != 1 && length != 2 && length != 4 && length != 8)
		good = sema_error_at(s, ap->span,
				     "watchpoint length must be one of "
				     "(1,2,4,8)");
	if (!check_mode(s, ap, probe_part(ap, 3), &mode) || !good)
		return false;
	t = probe_target(s, m, "%s:%s%llu:%llu:%s", probe_watchpoint.name,
			 watched_program(s), (unsigned long long)address,
			 (unsigned long long)length, mode_text(mode));
	t->name = "";
	t->address = address;
	t->count = length;
	t->offset = mode;
	return true;
}

static int
watchpoint_attach(struct attach *a, const struct unit *u,
		  const struct target *t)
{
	struct perf_event_attr attr;
	uint32_t first = a->fds.n;
	int err;

	(void)u;
	memset(&attr, 0, sizeof(attr));
	attr.type = PERF_TYPE_BREAKPOINT;
	attr.bp_addr = t->address;
	attr.bp_type = (uint32_t)t->offset;
	attr.bp_len = t->count;
	if (attr.bp_type == HW_BREAKPOINT_X)
		attr.bp_len = sizeof(long); /* what the kernel asks for */
	attr.sample_period = 1;
	err = probe_perf_everywhere(a, &attr, t->probe);
	if (err == -ENOSPC)
		a->why = "No more HW registers left";
	if (!err)
		*vec_push(a->arena, &a->watched) =
			(struct watched){ t->address, first, a->fds.n };
	return err;
}

/* There is no list of addresses. */
static const char *
not_listed(struct arena *a, const struct target *t)
{
	(void)a;
	(void)t;
	return NULL;
}

const struct probe_type probe_watchpoint = {
	.name = "watchpoint",
	.alias = "w",
	.old_name = "asyncwatchpoint",
	.doc = "accesses to an address",
	.prog_type = BPF_PROG_TYPE_PERF_EVENT,
	.flags = PROBE_CTX | PROBE_REGS | PROBE_PERF | PROBE_USER,
	.min_parts = 3,
	.max_parts = 3,
	.match = watchpoint_match,
	.reg = probe_reg,
	.attach = watchpoint_attach,
	.listed = not_listed,
};
