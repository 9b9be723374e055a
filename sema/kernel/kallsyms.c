/* SPDX-License-Identifier: MIT */
/*
 * Owns kallsyms: "ffffffff81000000 T _text" lines, a module's name in
 * brackets behind a tab. Read in one streaming pass per question that was not
 * asked before; nothing but the answers is kept.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct kernel_known {
	uint64_t address;
	bool found, hidden;
};

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool
kallsym_parse(char *line, struct kallsym *out)
{
	char *p = line, *tab, *end;

	*out = (struct kallsym){ 0 };
	for (; hex_digit(*p) >= 0; p++)
		out->address = out->address << 4 | hex_digit(*p);
	if (p == line || p - line > 16 || p[0] != ' ' || !p[1] || p[2] != ' ')
		return false;
	out->type = p[1];
	out->name = p += 3;
	tab = strpbrk(p, "\t ");
	if (!tab)
		return *out->name;
	*tab++ = '\0';
	tab += strspn(tab, "\t ");
	end = strchr(tab, ']');
	if (*tab == '[' && end) {
		*end = '\0';
		out->module = tab + 1;
	}
	return *out->name;
}

static struct kernel_known *
find(struct kernel *k, const char *name)
{
	struct kernel_known *known = arena_alloc(k->arena, sizeof(*known));
	struct kallsym sym;
	struct lines l;
	char *line;

	if (!k->paths.kallsyms || !lines_open(&l, k->paths.kallsyms))
		return known;
	while (!known->found && (line = lines_next(&l))) {
		if (!kallsym_parse(line, &sym) || strcmp(sym.name, name) != 0)
			continue;
		known->address = sym.address;
		known->found = true;
	}
	lines_close(&l);
	/* kptr_restrict shows zeros. Only a percpu symbol may really be
	 * there, and its neighbours then are not. */
	known->hidden = known->found && known->address == 0;
	return known;
}

bool
kernel_symbol(struct kernel *k, const char *name, uint64_t *addr, bool *hidden)
{
	struct kernel_cache *c = kernel_cached(k);
	struct kernel_known *known = hmap_get(&c->symbols, name);

	if (!known) {
		known = find(k, name);
		hmap_put(k->arena, &c->symbols, arena_strdup(k->arena, name),
			 known);
	}
	*hidden = known->hidden;
	*addr = known->address;
	return known->found && !known->hidden;
}

void
kernel_places(struct kernel *k, kernel_place_fn *each, void *arg)
{
	struct kallsym sym;
	struct lines l;
	char *line;

	if (!k->paths.kallsyms || !lines_open(&l, k->paths.kallsyms))
		return;
	while ((line = lines_next(&l)))
		if (kallsym_parse(line, &sym) && strchr("tTwW", sym.type) &&
		    sym.address)
			each(arg, sym.module ? sym.module : "vmlinux", sym.name,
			     sym.address);
	lines_close(&l);
}
