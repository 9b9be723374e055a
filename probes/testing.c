/* SPDX-License-Identifier: MIT */
/*
 * test and bench: programs that the session runs itself, under --test and
 * --bench (REFERENCE 3.14). Their names are their only targets.
 */
#include <ctype.h>
#include <linux/bpf.h>
#include <string.h>
#include <strings.h>

#include "internal.h"

static bool
has_name(const struct attach_text *ap, const struct probe_type *type,
	 const char *name)
{
	return ap->parts.n == 2 &&
	       !strcasecmp(ap->parts.v[0].text, type->name) &&
	       !strcmp(ap->parts.v[1].text, name);
}

/* An attach point before this one that has its name; NULL: there is none. */
static const struct attach_text *
other_of(struct sema *s, const struct attach_text *ap,
	 const struct probe_type *type)
{
	const struct ast *ast = sema_in(s)->ast;

	for (uint32_t i = 0; i < ast->probes.n; i++)
		for (uint32_t j = 0; j < ast->probes.v[i].aps.n; j++) {
			const struct attach_text *o =
				&ast->probes.v[i].aps.v[j];

			if (o == ap)
				return NULL;
			if (has_name(o, type, probe_part(ap, 1)))
				return o;
		}
	return NULL;
}

static bool
not_unique(struct sema *s, const struct attach_text *ap,
	   const struct attach_text *other, const struct probe_type *type)
{
	char upper[8] = { 0 };

	for (size_t i = 0; type->name[i] && i + 1 < sizeof(upper); i++)
		upper[i] = (char)toupper((unsigned char)type->name[i]);
	sema_error_at(s, ap->span,
		      "\"%s\" was used as the name for more than one %s probe",
		      probe_part(ap, 1), upper);
	diag_note(sema_diag(s), other->span, "this is the other instance");
	return false;
}

static bool
match_name(struct sema *s, const struct attach_text *ap, struct match *m,
	   const struct probe_type *type)
{
	const struct attach_text *other = other_of(s, ap, type);
	struct target *t;

	if (!*probe_part(ap, 1))
		return sema_error_at(s, ap->span, "%s probes must have a name",
				     type->name);
	if (other)
		return not_unique(s, ap, other, type);
	t = probe_target(s, m, "%s:%s", type->name, probe_part(ap, 1));
	t->name = probe_part(ap, 1);
	return true;
}

static bool
test_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	return match_name(s, ap, m, &probe_test);
}

static bool
bench_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	return match_name(s, ap, m, &probe_bench);
}

static const char *
listed_name(struct arena *a, const struct target *t)
{
	return arena_printf(a, "%s:", t->name);
}

/* The session runs them. */
const struct probe_type probe_test = {
	.name = "test",
	.doc = "once, under --test: passes unless something says no",
	.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.flags = PROBE_SPECIAL | PROBE_TEST,
	.min_parts = 1,
	.max_parts = 1,
	.match = test_match,
	.attach = probe_attach_nothing,
	.listed = listed_name,
};

/* Of the types that can be run without being attached, this one repeats a
 * program inside the kernel and measures it. */
const struct probe_type probe_bench = {
	.name = "bench",
	.doc = "many times, under --bench: how long it takes",
	.type_word = "benchmark",
	.prog_type = BPF_PROG_TYPE_XDP,
	.flags = PROBE_SPECIAL | PROBE_BENCH,
	.min_parts = 1,
	.max_parts = 1,
	.match = bench_match,
	.attach = probe_attach_nothing,
	.listed = listed_name,
};
