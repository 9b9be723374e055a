/* SPDX-License-Identifier: MIT */
/*
 * Owns source lines: from FILE:LINE to the first address of its code. FILE is
 * as much of the end of a path as tells it from others.
 */
#include "dwarf.h"

#ifdef HAVE_LIBDW
#include <string.h>

struct search {
	struct dwarf *d;
	const struct source_place *place;
	VEC(const char *) files; /* that match, each once */
	uint64_t address;
	bool found;
};

static bool
ends_in(const char *path, const char *tail)
{
	size_t n = strlen(path), m = strlen(tail);

	return m && n >= m && !strcmp(path + n - m, tail) &&
	       (n == m || (path[n - m - 1] == '/' && *tail != '/'));
}

/* A path may be told from where the compiler ran, as the unit says. */
static bool
is_wanted(struct search *s, Dwarf_Die *cu, const char *path)
{
	const struct libdw *lib = &s->d->lib;
	Dwarf_Attribute attr;
	const char *folder;

	if (ends_in(path, s->place->file))
		return true;
	if (*path == '/' || *s->place->file != '/' ||
	    !lib->dwarf_attr(cu, DW_AT_comp_dir, &attr))
		return false;
	folder = lib->dwarf_formstring(&attr);
	return folder &&
	       !strcmp(arena_printf(s->d->arena, "%s/%s", folder, path),
		       s->place->file);
}

static void
note_file(struct search *s, const char *path)
{
	for (uint32_t i = 0; i < s->files.n; i++)
		if (!strcmp(s->files.v[i], path))
			return;
	*vec_push(s->d->arena, &s->files) = path;
}

static void
search_files(struct search *s, Dwarf_Die *cu)
{
	const struct libdw *lib = &s->d->lib;
	Dwarf_Files *files;
	const char *path;
	size_t n;

	if (lib->dwarf_getsrcfiles(cu, &files, &n) != 0)
		return;
	for (size_t i = 0; i < n; i++) {
		path = lib->dwarf_filesrc(files, i, NULL, NULL);
		if (path && is_wanted(s, cu, path))
			note_file(s, path);
	}
}

static void
search_line(struct search *s, Dwarf_Line *line)
{
	const struct libdw *lib = &s->d->lib;
	const char *path = lib->dwarf_linesrc(line, NULL, NULL);
	Dwarf_Addr address;
	int number, column;
	bool ends;

	if (!path || strcmp(path, s->files.v[0]) != 0 ||
	    lib->dwarf_lineno(line, &number) ||
	    (uint32_t)number != s->place->line ||
	    lib->dwarf_lineendsequence(line, &ends) || ends ||
	    lib->dwarf_lineaddr(line, &address))
		return;
	if (s->place->column && (lib->dwarf_linecol(line, &column) ||
				 (uint32_t)column != s->place->column))
		return;
	if (!s->found || address < s->address)
		s->address = address;
	s->found = true;
}

static void
search_lines(struct search *s, Dwarf_Die *cu)
{
	Dwarf_Lines *lines;
	size_t n;

	if (s->d->lib.dwarf_getsrclines(cu, &lines, &n) != 0)
		return;
	for (size_t i = 0; i < n; i++)
		search_line(s, s->d->lib.dwarf_onesrcline(lines, i));
}

static void
each_unit(struct search *s, void (*each)(struct search *s, Dwarf_Die *cu))
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;

	while (!s->d->lib.dwarf_get_units(s->d->dbg, cu, &cu, NULL, NULL, &die,
					  NULL))
		each(s, &die);
}

static const char *
ambiguous(struct search *s)
{
	const char *text = s->files.v[0];

	for (uint32_t i = 1; i < s->files.n; i++)
		text = arena_printf(s->d->arena, "%s, %s", text, s->files.v[i]);
	return arena_printf(s->d->arena,
			    "Ambiguous source path, matches multiple files: %s",
			    text);
}

const char *
dwarf_find_line(struct dwarf *d, const struct source_place *place,
		uint64_t *address)
{
	struct search s = { .d = d, .place = place };
	const char *column = "";

	each_unit(&s, search_files);
	if (!s.files.n)
		return arena_printf(d->arena, "No compilation unit matches %s",
				    place->file);
	if (s.files.n > 1)
		return ambiguous(&s);
	if (place->line)
		each_unit(&s, search_lines);
	if (place->column)
		column = arena_printf(d->arena, ":%u", place->column);
	if (!s.found)
		return arena_printf(d->arena,
				    "Unable to map '%s:%u%s' to address",
				    place->file, place->line, column);
	*address = s.address;
	return NULL;
}

#endif
