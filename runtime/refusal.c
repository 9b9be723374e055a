/* SPDX-License-Identifier: MIT */
/*
 * Owns what is said when the verifier refuses a program: the last instruction
 * its log names, turned back into a place in the script.
 */
#include <ctype.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* The last line of the log that is about the program: not the summary. */
static const char *
last_complaint(const char *log, size_t *len)
{
	const char *best = NULL;
	size_t n;

	for (*len = 0; *log; log += n + (log[n] == '\n')) {
		n = strcspn(log, "\n");
		if (!n || !strncmp(log, "processed ", 10) ||
		    !strncmp(log, "verification time", 17) ||
		    !strncmp(log, "stack depth", 11))
			continue;
		best = log;
		*len = n;
	}
	return best;
}

/* The number of the last instruction line, "12: (79) r1 = ..."; or -1. */
static long
last_insn(const char *log)
{
	long insn = -1;
	size_t n;

	for (; *log; log += n + (log[n] == '\n')) {
		char *end;
		long v;

		n = strcspn(log, "\n");
		if (!isdigit((unsigned char)*log))
			continue;
		v = strtol(log, &end, 10);
		if (!strncmp(end, ": (", 3))
			insn = v;
	}
	return insn;
}

/*
 * "program of this type cannot use helper bpf_d_path#147" (6.11), "unknown
 * func bpf_d_path#147" (before), "helper call is not allowed in probe":
 * the helper that the instruction calls, or NULL.
 */
static const char *
refused_helper(const struct image_prog *p, long insn, const char *why)
{
	static const char *const texts[] = { "cannot use helper",
					     "unknown func",
					     "helper call is not allowed" };
	enum { CALL = 0x85 };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (strstr(why, texts[i]) && p->insns[insn].code == CALL &&
		    !p->insns[insn].src_reg)
			return ir_helper_by_number(
				(uint32_t)p->insns[insn].imm);
	return NULL;
}

/* True: that says it all. */
static bool
say_where(struct session *s, const struct image_prog *p, const char *log)
{
	struct sbuf text = { 0 };
	const char *helper;
	long insn = last_insn(log);
	struct diag *d = s->prog->diag;
	size_t len;
	const char *why = last_complaint(log, &len);
	struct span at = { 0 };

	if (insn >= 0 && (unsigned long)insn < p->ninsns)
		at = gen_span(p, (uint32_t)insn);
	if (!why || !at.begin)
		return false;
	why = strndup(why, len);
	helper = why ? refused_helper(p, insn, why) : NULL;
	if (helper)
		diag_error(d, at, "helper bpf_%s not allowed in probe", helper);
	else
		diag_error(d, at, "the kernel's verifier: %s", why ? why : "");
	free((char *)(uintptr_t)why);
	diag_flush(d, &text);
	session_stderr(s, text.s, text.n);
	sbuf_free(&text);
	return helper;
}

void
refusal_report(struct session *s, const struct image_prog *p, int error,
	       const char *log)
{
	out_flush(s->out);
	if (s->opts->verbose)
		fprintf(stderr, "%s\n", log);
	if (say_where(s, p, log))
		return;
	session_error(s,
		      "Error loading BPF program for %s. Error code: %d (%s)."
		      "%s",
		      p->name, error, strerror(-error),
		      s->opts->verbose ? ""
				       : " Use -v for full kernel error log.");
}
