/* SPDX-License-Identifier: MIT */
/*
 * Owns -l and -lv of uprobes: uprobe:TARGET:PATTERN, and with cpp: before the
 * pattern the names that C++ and Rust programmers gave.
 */
#include <string.h>

#include "internal.h"

/* "    int a\n" for each parameter, or NULL. */
static const char *
params_of(const struct sema_input *in, const struct probe_image *image,
	  uint64_t address)
{
	struct dwarf *d = probe_dwarf(in, image);
	struct dwarf_params params;
	const char *text = "";

	if (!d || !dwarf_params(d, address, &params))
		return NULL;
	for (uint32_t i = 0; i < params.n; i++)
		text = arena_printf(
			in->arena, "%s    %s%s%s\n", text, params.v[i].text,
			*params.v[i].name ? " " : "", params.v[i].name);
	return text;
}

static void
list_function(struct listing *l, const struct probe_file *file,
	      const struct probe_image *image, const struct elf_symbol *sym)
{
	struct arena *a = l->in->arena;
	const char *params = NULL, *text;

	text = arena_printf(a, "%s:%s", file->shown, sym->name);
	if (!listing_wants(l, text))
		return;
	if (l->verbose && !uprobe_is_return(l->type))
		params = params_of(l->in, image, sym->address);
	listing_add(l, text, params);
}

/* As one may type it: the demangled name in quotes. */
static void
list_plain(struct listing *l, const struct probe_file *file,
	   const struct elf_symbol *sym, const char *pattern)
{
	struct arena *a = l->in->arena;
	const char *plain = sym_demangle(a, sym->name);

	if (!sym_matches_plain(a, pattern, sym->name))
		return;
	listing_add(l,
		    arena_printf(a, "%s:cpp:\"%s\"", file->shown,
				 plain ? plain : sym->name),
		    NULL);
}

static void
list_file(struct listing *l, const struct probe_file *file, const char *cpp)
{
	const struct probe_image *image = probe_image(l->in, file->open);
	const struct elf_file *elf = image->elf;
	uint32_t before = l->found.n;

	if (!elf)
		return;
	for (uint32_t i = 0; i < elf->symbols.n; i++) {
		if (elf_is_part(elf->symbols.v[i].name))
			continue;
		if (cpp)
			list_plain(l, file, &elf->symbols.v[i], cpp);
		else
			list_function(l, file, image, &elf->symbols.v[i]);
	}
	if (l->found.n > before && l->verbose && !cpp &&
	    !uprobe_is_return(l->type) && !probe_dwarf(l->in, image))
		diag_warn(l->in->diag, (struct span){ 0 },
			  "No DWARF found for \"%s\", cannot show parameter "
			  "info",
			  file->shown);
}

/* "FILE:cpp:NAME", where NAME may hold colons and stand in quotes. */
static const char *
split_cpp(struct arena *a, const char *pattern, const char **target)
{
	const char *cpp = strstr(pattern, ":cpp:"), *name;
	size_t n;

	if (!cpp)
		return NULL;
	*target = arena_strndup(a, pattern, (size_t)(cpp - pattern));
	name = cpp + strlen(":cpp:");
	n = strlen(name);
	if (n > 1 && name[0] == '"' && name[n - 1] == '"')
		return arena_strndup(a, name + 1, n - 2);
	return name;
}

void
uprobe_list(struct listing *l)
{
	struct arena *a = l->in->arena;
	const char *colon = strrchr(l->pattern, ':'), *target = "", *cpp;
	const char *name = colon ? colon + 1 : l->pattern;
	struct probe_files files;

	if (!colon && !l->in->pid)
		return;
	cpp = split_cpp(a, l->pattern, &target);
	if (!cpp && colon)
		target = arena_strndup(a, l->pattern,
				       (size_t)(colon - l->pattern));
	probe_find_files(a, target, l->in->pid, &files);
	if (!files.pattern && files.v.n > 1 && *target)
		files.v.n = 1;
	for (uint32_t i = 0; i < files.v.n; i++) {
		l->pattern = arena_printf(a, "%s:%s", files.v.v[i].shown,
					  cpp ? "*" : name);
		list_file(l, &files.v.v[i], cpp);
	}
}
