/* SPDX-License-Identifier: MIT */
/*
 * Owns -l and -lv (REFERENCE 3.16): a comma list of patterns, each matched
 * against the whole text that a probe type's row gives for each of its
 * probes.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "internal.h"

struct sink {
	void (*line)(void *arg, const char *text);
	void *arg;
	struct arena *arena;
};

bool
listing_wants(const struct listing *l, const char *text)
{
	return kernel_match(l->pattern, text);
}

void
listing_add(struct listing *l, const char *text, const char *params)
{
	struct listed_probe *p;

	if (!listing_wants(l, text))
		return;
	p = vec_push(l->in->arena, &l->found);
	p->text = text;
	p->params = params;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(((const struct listed_probe *)a)->text,
		      ((const struct listed_probe *)b)->text);
}

/* The parameters are whole lines; the sink takes lines without newline. */
static void
put_params(const struct sink *out, const char *params)
{
	char *rest = arena_strdup(out->arena, params), *line;

	while ((line = strsep(&rest, "\n")) && (*line || rest))
		out->line(out->arg, line);
}

static void
put_found(struct listing *l, const struct sink *out)
{
	const char *prev = NULL;

	if (l->found.n)
		qsort(l->found.v, l->found.n, sizeof(*l->found.v), by_text);
	for (uint32_t i = 0; i < l->found.n; i++) {
		const struct listed_probe *p = &l->found.v[i];

		if (prev && !strcmp(prev, p->text))
			continue;
		prev = p->text;
		out->line(out->arg, arena_printf(out->arena, "%s:%s",
						 l->type->name, p->text));
		if (p->params)
			put_params(out, p->params);
	}
}

/* ---- providers ---- */

static bool
is_provider(const struct probe_type *t, const char *pattern)
{
	char lower[32];
	size_t n = strlen(pattern);

	if (t->alias && !strcmp(t->alias, pattern))
		return true;
	/* In capitals as well, where no other row has them (U). */
	if (t->alias && t->alias[0] >= 'a' && strcmp(pattern, "U") != 0 &&
	    !strcasecmp(t->alias, pattern))
		return true;
	if (t->old_name && !strcasecmp(t->old_name, pattern))
		return true;
	if (n >= sizeof(lower))
		return false;
	for (size_t i = 0; i <= n; i++)
		lower[i] = pattern[i] >= 'A' && pattern[i] <= 'Z'
				   ? pattern[i] + 'a' - 'A'
				   : pattern[i];
	return kernel_match(lower, t->name);
}

/* A wildcard means the kernel's events, those of user programs only when the
 * text leads to a file; all else is to be asked for by name. */
static bool
is_implied(const struct probe_type *t, const struct sema_input *in,
	   const char *pattern)
{
	if (!(t->flags & PROBE_ANY))
		return false;
	return !(t->flags & PROBE_USER) || in->pid || strchr(pattern, '/');
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(const struct probe_type *const *)a)->name,
		      (*(const struct probe_type *const *)b)->name);
}

/* The rows that a provider names, by name. */
static uint32_t
find_types(const struct sema_input *in, const char *provider,
	   const char *pattern, const struct probe_type **out, uint32_t max)
{
	bool wild = kernel_is_pattern(provider);
	uint32_t n = 0;

	for (uint32_t i = 0; probe_types[i] && n < max; i++) {
		const struct probe_type *t = probe_types[i];

		if (t->list && is_provider(t, provider) &&
		    (!wild || is_implied(t, in, pattern)))
			out[n++] = t;
	}
	qsort(out, n, sizeof(*out), by_name);
	return n;
}

static bool
list_types(const struct sema_input *in, const char *provider,
	   const char *pattern, bool verbose, const struct sink *out)
{
	const struct probe_type *types[32];
	uint32_t n = find_types(in, provider, pattern, types, 32);

	for (uint32_t i = 0; i < n; i++) {
		struct listing l = { .in = in,
				     .type = types[i],
				     .pattern = pattern,
				     .verbose = verbose };

		types[i]->list(&l);
		put_found(&l, out);
		if (l.failed && !kernel_is_pattern(provider))
			return diag_error(in->diag, (struct span){ 0 }, "%s",
					  l.failed);
		if (l.failed)
			diag_warn(in->diag, (struct span){ 0 }, "%s", l.failed);
	}
	return true;
}

/* ---- what a script's attach points match ---- */

/* "kprobe:vfs_read+4" lists as "kprobe:vfs_read". */
static const char *
target_text(struct arena *a, const struct probe_type *type,
	    const struct target *t)
{
	size_t n = strlen(type->name) + 1;
	const char *plus;

	if (type->flags & PROBE_SPECIAL && !type->listed)
		return NULL;
	if (type->listed)
		return type->listed(a, t);
	if (strlen(t->probe) < n)
		return NULL;
	plus = t->offset ? strrchr(t->probe, '+') : NULL;
	return plus ? arena_strndup(a, t->probe + n, plus - t->probe - n)
		    : t->probe + n;
}

/* What follows the provider in the script; one target is its own pattern. */
static const char *
run_pattern(struct arena *a, const struct unit *u, const struct target *v,
	    uint32_t n)
{
	const char *colon = strchr(v->ap->raw, ':');

	return n > 1 && colon ? colon + 1 : target_text(a, u->type, v);
}

static const char *
params_of(const struct listing *l, const char *text)
{
	for (uint32_t i = 0; i < l->found.n; i++)
		if (!strcmp(l->found.v[i].text, text))
			return l->found.v[i].params;
	return NULL;
}

/* The targets that one attach point found. */
static void
list_run(struct listing *l, const struct target *v, uint32_t n,
	 const struct sink *out)
{
	unsigned special = l->type->flags & PROBE_SPECIAL;
	const char *name = special && l->type->type_word ? l->type->type_word
							 : l->type->name;

	if (l->verbose && l->pattern && l->type->list)
		l->type->list(l);
	for (uint32_t i = 0; i < n; i++) {
		const char *text = target_text(out->arena, l->type, &v[i]);
		const char *params = text ? params_of(l, text) : NULL;

		if (!text)
			continue;
		out->line(out->arg,
			  arena_printf(out->arena, "%s:%s", name, text));
		if (params)
			put_params(out, params);
	}
}

void
probe_list_unit(const struct sema_input *in, const struct unit *u, bool verbose,
		void (*line)(void *arg, const char *text), void *arg)
{
	struct sink out = { line, arg, in->arena };

	for (uint32_t i = 0, n; i < u->targets.n; i += n) {
		const struct target *v = &u->targets.v[i];
		struct listing l = { .in = in,
				     .type = u->type,
				     .verbose = verbose };

		for (n = 1; i + n < u->targets.n && v[n].ap == v->ap;)
			n++;
		l.pattern = run_pattern(in->arena, u, v, n);
		list_run(&l, v, n, &out);
	}
}

/* ---- the door ---- */

static bool
list_one(const struct sema_input *in, char *pattern, bool verbose,
	 const struct sink *out)
{
	char *colon = strchr(pattern, ':');

	if (probe_list_types(in, pattern, verbose, out->line, out->arg))
		return true;
	if (!colon)
		return list_types(in, "*", pattern, verbose, out);
	*colon = '\0';
	return list_types(in, pattern, colon[1] ? colon + 1 : "*", verbose,
			  out);
}

bool
probe_list(const struct sema_input *in, const char *pattern, bool verbose,
	   void (*line)(void *arg, const char *text), void *arg)
{
	struct sink out = { line, arg, in->arena };
	char *rest, *one, *end;
	bool ok = true;

	rest = arena_strdup(in->arena, pattern ? pattern : "*:*");
	while (ok && (one = strsep(&rest, ","))) {
		one += strspn(one, " \t");
		for (end = one + strlen(one);
		     end > one && strchr(" \t", end[-1]);)
			*--end = '\0';
		if (*one)
			ok = list_one(in, one, verbose, &out);
	}
	return ok;
}
