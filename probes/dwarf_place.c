/* SPDX-License-Identifier: MIT */
/*
 * Owns the way back from an address to the source: the line of its code, and
 * where the compiler has put other functions' code there, whose, and the lines
 * that call them.
 */
#include "dwarf.h"

#ifdef HAVE_LIBDW
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- units by address ---- */

static int
by_begin(const void *va, const void *vb)
{
	const struct dwarf_range *a = va, *b = vb;

	return a->begin < b->begin ? -1 : a->begin > b->begin;
}

static void
read_ranges(struct dwarf *d)
{
	struct dwarf_ranges *r = &d->ranges;
	Dwarf_Addr base, begin, end;
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;
	ptrdiff_t at;

	r->read = true;
	while (!d->lib.dwarf_get_units(d->dbg, cu, &cu, NULL, NULL, &unit,
				       NULL))
		for (at = 0; (at = d->lib.dwarf_ranges(&unit, at, &base, &begin,
						       &end)) > 0;)
			*vec_push(d->arena, &r->sorted) =
				(struct dwarf_range){ begin, end, unit };
	if (r->sorted.n)
		qsort(r->sorted.v, r->sorted.n, sizeof(*r->sorted.v), by_begin);
}

/* Not by .debug_aranges, which many compilers leave out. */
static Dwarf_Die *
unit_at(struct dwarf *d, uint64_t address)
{
	struct dwarf_ranges *r = &d->ranges;
	uint32_t low = 0, high;

	if (!r->read)
		read_ranges(d);
	for (high = r->sorted.n; low < high;) {
		uint32_t mid = low + (high - low) / 2;

		if (r->sorted.v[mid].begin <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low && address < r->sorted.v[low - 1].end
		       ? &r->sorted.v[low - 1].unit
		       : NULL;
}

/* ---- files ---- */

/* Names of files are told from where the compiler ran. */
static const char *
whole_path(struct dwarf *d, Dwarf_Die *unit, const char *path)
{
	char text[PATH_MAX];
	Dwarf_Attribute attr;
	const char *folder;

	if (!path || *path == '/' ||
	    !d->lib.dwarf_attr(unit, DW_AT_comp_dir, &attr))
		return path;
	folder = d->lib.dwarf_formstring(&attr);
	if (!folder || *folder != '/')
		return path;
	snprintf(text, sizeof(text), "%s/%s", folder, path);
	path = hmap_get(&d->texts, text);
	if (!path) {
		path = arena_strdup(d->arena, text);
		hmap_put(d->arena, &d->texts, path, (void *)path);
	}
	return path;
}

/* ---- functions in functions ---- */

/* Its name, with those around it where the linker's spelling says them. */
static const char *
plain_name(struct dwarf *d, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name, *plain;

	if (!d->lib.dwarf_attr_integrate(die, DW_AT_linkage_name, &attr))
		return d->lib.dwarf_attr_integrate(die, DW_AT_name, &attr)
			       ? d->lib.dwarf_formstring(&attr)
			       : NULL;
	name = d->lib.dwarf_formstring(&attr);
	plain = name ? hmap_get(&d->texts, name) : NULL;
	if (name && !plain) {
		plain = sym_demangle(d->arena, name);
		plain = plain ? plain : name;
		hmap_put(d->arena, &d->texts, name, (void *)plain);
	}
	return plain;
}

static const char *
called_in(struct dwarf *d, Dwarf_Die *unit, Dwarf_Die *die)
{
	uint64_t number = dwarf_number(d, die, DW_AT_call_file, UINT64_MAX);
	Dwarf_Files *files;
	size_t n;

	if (d->lib.dwarf_getsrcfiles(unit, &files, &n) != 0 || number >= n)
		return NULL;
	return whole_path(d, unit,
			  d->lib.dwarf_filesrc(files, number, NULL, NULL));
}

/* Go on to the child that has the address; false: there is none. */
static bool
narrow(const struct dwarf *d, Dwarf_Die *die, uint64_t address)
{
	Dwarf_Die child;

	if (d->lib.dwarf_child(die, &child) != 0)
		return false;
	do {
		switch (d->lib.dwarf_tag(&child)) {
		case DW_TAG_inlined_subroutine:
		case DW_TAG_lexical_block:
		case DW_TAG_try_block:
		case DW_TAG_catch_block:
			if (d->lib.dwarf_haspc(&child, address) <= 0)
				break;
			*die = child;
			return true;
		}
	} while (d->lib.dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* The functions that were put there, outermost first. */
static unsigned
find_inlined(struct dwarf *d, Dwarf_Die *unit, uint64_t address,
	     Dwarf_Die inlined[SOURCE_SPOTS - 1])
{
	unsigned n = 0;
	Dwarf_Die die;

	if (!dwarf_function_around(d, unit, address, &die))
		return 0;
	while (n < SOURCE_SPOTS - 1 && narrow(d, &die, address))
		if (d->lib.dwarf_tag(&die) == DW_TAG_inlined_subroutine)
			inlined[n++] = die;
	return n;
}

unsigned
elf_source(struct arena *a, struct hmap *kept, const struct elf_file *f,
	   uint64_t address, struct source_spot spots[SOURCE_SPOTS])
{
	struct dwarf *d = dwarf_kept(a, kept, f);
	Dwarf_Die *unit = d ? unit_at(d, address) : NULL;
	Dwarf_Die inlined[SOURCE_SPOTS - 1];
	Dwarf_Line *line;
	unsigned n;
	int number;

	line = unit ? d->lib.dwarf_getsrc_die(unit, address) : NULL;
	if (!line || d->lib.dwarf_lineno(line, &number) || number <= 0)
		return 0;
	spots[0].file =
		whole_path(d, unit, d->lib.dwarf_linesrc(line, NULL, NULL));
	spots[0].line = (uint32_t)number;
	n = find_inlined(d, unit, address, inlined);
	for (unsigned i = 0; i < n; i++) {
		Dwarf_Die *die = &inlined[n - 1 - i];

		spots[i].function = plain_name(d, die);
		spots[i + 1].file = called_in(d, unit, die);
		spots[i + 1].line =
			(uint32_t)dwarf_number(d, die, DW_AT_call_line, 0);
	}
	spots[n].function = NULL;
	return n + 1;
}

#endif
