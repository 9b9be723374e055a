/* SPDX-License-Identifier: MIT */
/*
 * Attach points -> units. Each attach point finds its probe type, which finds
 * the targets; each becomes one program, or one per target when the body
 * reads what differs from target to target (REFERENCE 3.1, 3.3).
 */
#include <string.h>
#include <strings.h>

#include "internal.h"

struct attaching {
	struct sema *s;
	const struct probe *probe;
	const struct attach_text *ap;
	unsigned taken;    /* attach points of this probe that found a target */
	unsigned strange;  /* whose provider is none at all */
	bool missing;      /* another one is not there */
	const char *meant; /* what a pattern without matches nearly is; NULL */
	bool several;      /* the probe may become more than one unit */
	uint64_t attachments;
	bool good;
	struct held {
		const struct probe_type *type; /* NULL: none */
		struct match match;
		struct hmap names; /* of its targets */
	} held; /* attach points before it, to become a unit with */
};

/* ---- the probe type ---- */

static bool
is_named(const struct probe_type *t, const char *name)
{
	if (!strcasecmp(t->name, name))
		return true;
	if (t->alias && !strcmp(t->alias, name))
		return true;
	return t->old_name && !strcasecmp(t->old_name, name);
}

static const struct probe_type *
find_type(const struct sema *s, const char *name)
{
	const struct probe_type *const *row;

	for (row = s->in->lang->probe_types; row && *row; row++)
		if (is_named(*row, name))
			return *row;
	return NULL;
}

static const char *
range_text(struct sema *s, const struct probe_type *t)
{
	if (t->parts)
		return t->parts;
	if (t->min_parts == t->max_parts)
		return arena_printf(s->a, "%u", t->min_parts);
	if (t->min_parts + 1 == t->max_parts)
		return arena_printf(s->a, "%u or %u", t->min_parts,
				    t->max_parts);
	return arena_printf(s->a, "%u to %u", t->min_parts, t->max_parts);
}

static bool
check_parts(struct attaching *a, const struct probe_type *t)
{
	unsigned n = a->ap->parts.n - 1;

	/* t:sched*: all events of the categories. */
	if (n == 1 && t->min_parts == 2 && t->flags & PROBE_ANY &&
	    kernel_is_pattern(a->ap->parts.v[1].text))
		return true;
	if (n >= t->min_parts && n <= t->max_parts)
		return true;
	return diag_error(a->s->d, a->ap->span,
			  "%s probe type requires %s arguments, found %u",
			  t->name, range_text(a->s, t), n);
}

/* Bring targets that share a program together, each such group where its
 * first one stood; the length of the first group of n. */
static uint32_t
gather(struct sema *s, const struct dependence *d, const struct probe_type *t,
       struct target *v, uint32_t n)
{
	uint32_t same = 1;

	for (uint32_t i = 1; i < n; i++) {
		struct target x = v[i];

		if (!depend_same(s, d, t, &v[0], &x))
			continue;
		memmove(&v[same + 1], &v[same], (i - same) * sizeof(*v));
		v[same++] = x;
	}
	return same;
}

/* ---- units ---- */

/* For this unit alone. */
static struct node *
own(struct attaching *a, struct node *n)
{
	return a->several ? ast_clone(a->s->a, n) : n;
}

/* The unit's own tree: { if (pred) { body } }, macros expanded. */
static struct node *
make_body(struct attaching *a)
{
	struct arena *arena = a->s->a;
	struct node *body = own(a, a->probe->body), *cond, *outer;

	if (a->probe->pred) {
		cond = arena_alloc(arena, sizeof(*cond));
		cond->kind = N_IF;
		cond->span = a->probe->pred_span;
		cond->cond.cond = own(a, a->probe->pred);
		cond->cond.then = body;
		cond->cond.head = a->probe->pred->span;
		outer = arena_alloc(arena, sizeof(*outer));
		outer->kind = N_BLOCK;
		outer->span = span_join(cond->span, body->span);
		*vec_push(arena, &outer->block.stmts) = cond;
		body = outer;
	}
	if (!macro_expand(a->s, body))
		a->good = false;
	return body;
}

/* "uprobe__tmp_x_f_1": what the kernel shows for the program. */
static char *
program_name(struct sema *s, const struct unit *u)
{
	const char *probe =
		u->targets.n ? u->targets.v[0].probe : u->type->name;
	char *name = arena_printf(s->a, "%s_%u", probe, u->index + 1), *p;

	for (p = name; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') &&
		    !(*p >= '0' && *p <= '9'))
			*p = '_';
	return name;
}

/* How many of the attach points at the start of `v` are the same. */
static uint32_t
same_ap_run(const struct target *v, uint32_t n)
{
	uint32_t run = 1;

	while (run < n && v[run].ap == v[0].ap)
		run++;
	return run;
}

static uint32_t
count_aps(const struct target *v, uint32_t n)
{
	uint32_t runs = 0, run;

	for (; n; v += run, n -= run, runs++)
		run = same_ap_run(v, n);
	return runs;
}

static void
add_unit(struct attaching *a, const struct probe_type *t, struct node *body,
	 const struct target *targets, uint32_t n, const struct dependence *d)
{
	struct sema *s = a->s;
	struct unit *u = arena_alloc(s->a, sizeof(*u));
	uint32_t i;

	u->probe = a->probe;
	u->ap = targets[0].ap;
	u->type = t;
	u->body = body;
	u->index = s->units->v.n;
	u->uses_probe = depend_any(d, t);
	u->by_index = d->index && n > 1;
	u->reads_args = d->args;
	u->fields = d->fields.n ? d->fields.v : NULL;
	u->by_form = d->form;
	u->ends = depend_ends(s, body);
	for (i = 0; i < n; i++)
		*vec_push(s->a, &u->targets) = targets[i];
	u->name = program_name(s, u);
	*vec_push(s->a, &s->units->v) = u;
	/* What is attached in the late pass has multi links: one for all. */
	a->attachments += t->flags & PROBE_LATE ? count_aps(targets, n) : n;
}

/* The limit counts as upstream does, which has a program for each match where
 * it knows no multi link or where the body asks which one it was. */
static bool
too_many_programs(struct attaching *a, const struct probe_type *t,
		  const struct dependence *d, const struct match *m)
{
	struct sema *s = a->s;
	uint64_t limit = s->in->config->max_bpf_progs;
	bool shared = t->multi_type && !t->same_args && !depend_any(d, t);
	const struct target *v = m->targets.v;
	uint32_t n = m->targets.n, at, run;

	for (at = 0; !shared && at < n; at += run) {
		run = same_ap_run(&v[at], n - at);
		if (run == 1 || s->units->v.n + at + (uint64_t)run <= limit)
			continue;
		diag_error(s->d, v[at].ap->span,
			   "Your program is trying to generate more than %u "
			   "BPF programs, which exceeds the current limit of "
			   "%llu",
			   run, (unsigned long long)limit);
		diag_hint(s->d, "You can increase the limit through the "
				"BPFTRACE_MAX_BPF_PROGS environment variable.");
		return true;
	}
	return false;
}

static void
add_units(struct attaching *a, const struct probe_type *t,
	  const struct match *m)
{
	struct node *body = make_body(a);
	uint32_t at = 0, n = m->targets.n, size;
	struct dependence d = { 0 };

	depend_find(a->s, body, &d);
	if (too_many_programs(a, t, &d, m)) {
		a->good = false;
		return;
	}
	for (; at < n; at += size) {
		size = gather(a->s, &d, t, &m->targets.v[at], n - at);
		add_unit(a, t, at ? ast_clone(a->s->a, body) : body,
			 &m->targets.v[at], size, &d);
	}
}

/* ---- attach points that become one unit ---- */

static void
release(struct attaching *a)
{
	if (a->held.type)
		add_units(a, a->held.type, &a->held.match);
	a->held = (struct held){ 0 };
}

bool
probe_all_multi(const struct probe_type *t, const struct target *v, uint32_t n)
{
	for (uint32_t i = 0; t->multi && i < n; i++)
		if (!t->multi(&v[i]))
			return false;
	return true;
}

/* One link for the functions of a list, as for those of a wildcard; it takes
 * each of them once. */
static bool
joins(const struct held *h, const struct probe_type *t, const struct match *m)
{
	const struct match *held = &h->match;

	if (h->type != t || !t->multi_type ||
	    !probe_all_multi(t, held->targets.v, held->targets.n) ||
	    !probe_all_multi(t, m->targets.v, m->targets.n))
		return false;
	for (uint32_t i = 0; i < m->targets.n; i++)
		if (hmap_get(&h->names, m->targets.v[i].name))
			return false;
	return true;
}

static void
hold(struct attaching *a, const struct probe_type *t, const struct match *m)
{
	struct held *h = &a->held;

	a->taken++;
	if (!joins(h, t, m))
		release(a);
	h->type = t;
	for (uint32_t i = 0; i < m->targets.n; i++) {
		struct target *new = vec_push(a->s->a, &h->match.targets);

		*new = m->targets.v[i];
		new->ap = a->ap;
		if (t->multi_type && a->probe->aps.n > 1)
			hmap_put(a->s->a, &h->names, new->name, h);
	}
}

/* ---- one attach point ---- */

bool
sema_names_target(struct sema *s, const struct probe *p)
{
	struct dependence d = { 0 };

	depend_find(s, p->body, &d);
	return d.target || d.index;
}

static bool
match_type(struct attaching *a, const struct probe_type *t)
{
	struct match m = { .probe = a->probe };

	if (!t->match(a->s, a->ap, &m)) {
		a->missing |= m.missing;
		return false;
	}
	if (m.targets.n)
		hold(a, t, &m);
	else if (m.meant)
		a->meant = m.meant;
	return true;
}

/* Whether a wildcard in the place of the provider finds this one. Those of
 * programs only where a path leads to one. */
static bool
is_found(const struct attaching *a, const struct probe_type *t)
{
	unsigned n = a->ap->parts.n - 1;

	if (!(t->flags & PROBE_ANY) || n < t->min_parts || n > t->max_parts ||
	    !kernel_match(a->ap->parts.v[0].text, t->name))
		return false;
	return !(t->flags & PROBE_USER) ||
	       (n && strchr(a->ap->parts.v[1].text, '/'));
}

/* One of the types, in silence. False: it has more against the attach point
 * than that nothing is there. */
static bool
try_type(struct attaching *a, const struct probe_type *t)
{
	bool muted = a->s->d->muted, good;
	struct match m = { .probe = a->probe };

	a->s->d->muted = true;
	good = t->match(a->s, a->ap, &m);
	a->s->d->muted = muted;
	if (good && m.targets.n)
		hold(a, t, &m);
	return good || m.missing;
}

/* "*:foo": every such type that takes so many parts. */
static bool
match_any(struct attaching *a)
{
	const struct probe_type *const *row;
	const struct probe_type *against = NULL;
	unsigned before = a->taken;
	bool any = false;

	a->several = true;
	for (row = a->s->in->lang->probe_types; *row; row++) {
		if (!is_found(a, *row))
			continue;
		if (try_type(a, *row))
			any = true;
		else if (!against)
			against = *row;
	}
	if (a->taken > before)
		return true;
	if (any)
		return true;
	if (against)
		return match_type(a, against);
	a->strange++;
	return diag_error(a->s->d, a->ap->span, "No probe type matched for %s",
			  a->ap->parts.v[0].text);
}

/* Short names are not written in capitals. */
static bool
invalid_type(struct attaching *a, const char *name)
{
	const struct probe_type *const *row = a->s->in->lang->probe_types;

	for (; row && *row; row++)
		if ((*row)->alias && !strcasecmp((*row)->alias, name) &&
		    (*row)->alias[0] >= 'a')
			return diag_error(a->s->d, a->ap->span,
					  "Invalid provider: '%s'",
					  (*row)->alias);
	diag_error(a->s->d, a->ap->span, "Invalid probe type: %s", name);
	suggest_probe_type(a->s, name);
	return false;
}

static bool
attach_point(struct attaching *a)
{
	const struct probe_type *t;
	const char *name;

	if (!a->ap->parts.n || !a->ap->parts.v[0].text[0])
		return diag_error(a->s->d, a->ap->span,
				  "No attach points for probe");
	name = a->ap->parts.v[0].text;
	if (strchr(name, '*'))
		return match_any(a);
	t = find_type(a->s, name);
	if (!t)
		return invalid_type(a, name);
	return check_parts(a, t) && match_type(a, t);
}

static struct span
aps_span(const struct probe *p)
{
	return span_join(p->aps.v[0].span, p->aps.v[p->aps.n - 1].span);
}

/* A probe that nothing is left of. That one of several patterns finds nothing
 * is no mistake. */
static void
no_targets(struct attaching *a, const struct probe *p)
{
	switch (a->s->in->config->missing_probes) {
	case MISSING_ERROR:
		diag_error(a->s->d, aps_span(p),
			   "Probe has no valid attach points. If this is "
			   "expected, set the 'missing_probes' config variable "
			   "to 'warn'.");
		if (a->meant)
			diag_hint(a->s->d, "did you mean '%s'?", a->meant);
		a->good = false;
		break;
	case MISSING_WARN:
		diag_warn(a->s->d, aps_span(p),
			  "Probe has no valid attach points. It is being "
			  "removed which may cause issues with program "
			  "behavior.");
		break;
	case MISSING_IGNORE:
		break;
	}
}

static void
attach_probe(struct attaching *a, const struct probe *p)
{
	bool good = true;
	uint32_t i;

	a->probe = p;
	a->taken = a->strange = 0;
	a->missing = false;
	a->meant = NULL;
	a->several = p->aps.n > 1;
	for (i = 0; i < p->aps.n; i++) {
		a->ap = &p->aps.v[i];
		if (!attach_point(a))
			good = false;
	}
	release(a);
	if (a->strange == p->aps.n)
		diag_error(a->s->d, aps_span(p), "No attach points for probe");
	a->good &= good;
	/* Before 0.24 a missing one of several was only warned about. */
	if (a->missing && a->taken &&
	    a->s->in->config->missing_probes == MISSING_ERROR)
		diag_hint(a->s->d, "to run without it: config = { "
				   "missing_probes = \"warn\" }, or "
				   "--missing-probes=warn");
	if (good && !a->taken && p->aps.n)
		no_targets(a, p);
}

static bool
check_limit(struct attaching *a)
{
	uint64_t max = a->s->in->config->max_probes;
	struct span nowhere = { 0, 0 };

	if (a->attachments <= max)
		return true;
	return diag_error(a->s->d, nowhere,
			  "Can't attach to %llu probes because it exceeds the "
			  "current limit of %llu probes.\nYou can increase the "
			  "limit through the BPFTRACE_MAX_PROBES environment "
			  "variable, but BE CAREFUL since a high number of "
			  "probes attached can cause your system to crash.",
			  (unsigned long long)a->attachments,
			  (unsigned long long)max);
}

/* Once all are known: where a script's units meet decides it. */
static void
choose_raw(struct sema *s)
{
	for (uint32_t i = 0; i < s->units->v.n; i++) {
		struct unit *u = s->units->v.v[i];

		u->raw = u->type->raw && u->type->raw(s->in, s->units, u);
	}
}

bool
attach_probes(struct sema *s)
{
	struct attaching a = { .s = s, .good = true };
	uint32_t i;

	for (i = 0; i < s->ast->probes.n; i++)
		attach_probe(&a, &s->ast->probes.v[i]);
	choose_raw(s);
	return a.good && check_limit(&a);
}
