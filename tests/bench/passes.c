/* SPDX-License-Identifier: MIT */
/*
 * What each pass is good for: the scripts that are given are compiled with all
 * of them and without each of those that only make code better, against the
 * kernel of tests/fixtures. Prints the CPU time that each takes of all, and how
 * many insns and spill slots more there are without it. A pass that gains
 * nothing has no place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../fuzz/compile.h"

static const struct {
	const char *name;
	bool (*run)(struct prog *p);
	bool optional; /* makes code better, not possible */
} passes[] = {
	{ "fold", ir_fold, true },      { "gvn", ir_gvn, true },
	{ "dce", ir_dce, true },        { "blur", ir_blur, false },
	{ "gate", ir_gate, false },     { "place", ir_place, false },
	{ "select", ir_select, true },  { "spill", ir_spill, false },
	{ "assign", ir_assign, false }, { "layout", ir_layout, false },
};
enum { PASSES = ARRAY_LEN(passes), ALL = PASSES };

struct total {
	uint64_t insns, spills;
	unsigned smaller, same, larger; /* scripts, without the pass */
	unsigned failed;                /* do not compile without it */
	double ms;
};

struct count {
	bool ok;
	uint32_t insns, spills;
};

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static bool
front(struct compile *w)
{
	if (!parse_source(&w->ast, w->script, &w->in.params, &w->diag) ||
	    w->diag.errors || !sema_expand(&w->in) || w->diag.errors ||
	    !sema_check(&w->in) || w->diag.errors)
		return false;
	w->prog.ast = &w->ast;
	w->prog.units = w->ast.units;
	return ir_lower(&w->in, &w->prog) && !w->diag.errors;
}

/* All passes but `without`; `total` gets the time of each. */
static bool
back(struct compile *w, size_t without, struct total *total)
{
	for (size_t i = 0; i < PASSES; i++) {
		double start = cpu_ms();

		if (i == without)
			continue;
		if (!passes[i].run(&w->prog) || w->diag.errors)
			return false;
		if (without == ALL)
			total[i].ms += cpu_ms() - start;
	}
	w->image.arena = &w->arena;
	w->image.prog = &w->prog;
	return gen_encode(&w->prog, &w->image) && !w->diag.errors;
}

static struct count
compile(const char *text, size_t n, size_t without, struct total *total)
{
	struct compile w = { 0 };
	struct count c = { 0 };

	work_init(&w, text, n);
	c.ok = front(&w) && back(&w, without, total);
	for (uint32_t i = 0; c.ok && i < w.image.progs.n; i++) {
		c.insns += w.image.progs.v[i].ninsns;
		c.spills += w.image.progs.v[i].spills;
	}
	compile_free(&w);
	return c;
}

static void
add(struct total *t, const struct count *all, const struct count *c)
{
	if (!c->ok) {
		t->failed++;
		return;
	}
	t->insns += c->insns - (uint64_t)all->insns;
	t->spills += c->spills - (uint64_t)all->spills;
	t->smaller += c->insns < all->insns;
	t->same += c->insns == all->insns;
	t->larger += c->insns > all->insns;
}

static bool
measure(const char *path, struct total *total)
{
	FILE *f = fopen(path, "re");
	static char text[1 << 20];
	struct count all, c;
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	all = compile(text, n, ALL, total);
	if (!all.ok)
		return false;
	total[ALL].insns += all.insns;
	total[ALL].spills += all.spills;
	for (size_t i = 0; i < PASSES; i++) {
		if (!passes[i].optional)
			continue;
		c = compile(text, n, i, total);
		add(&total[i], &all, &c);
	}
	return true;
}

int
main(int argc, char **argv)
{
	static struct total total[PASSES + 1];
	unsigned n = 0;

	for (int i = 1; i < argc; i++)
		n += measure(argv[i], total);
	printf("  %u scripts, %llu insns, %llu spill slots\n", n,
	       (unsigned long long)total[ALL].insns,
	       (unsigned long long)total[ALL].spills);
	printf("  %-8s %8s | without: %8s %8s %8s %8s %8s %8s\n", "", "ms",
	       "insns", "slots", "larger", "same", "smaller", "refused");
	for (size_t i = 0; i < PASSES; i++) {
		const struct total *t = &total[i];

		printf("  %-8s %8.1f", passes[i].name, t->ms);
		if (passes[i].optional)
			printf(" |          %+8lld %+8lld %8u %8u %8u %8u",
			       (long long)t->insns, (long long)t->spills,
			       t->larger, t->same, t->smaller, t->failed);
		printf("\n");
	}
	return 0;
}
