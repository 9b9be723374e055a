/* SPDX-License-Identifier: MIT */
/*
 * Owns debug information as such: loading libdw, opening a file's DWARF, and
 * finding the entry of a function by its address, which is right for static
 * functions that share a name and for C++ alike.
 */
#include "dwarf.h"

#include <stdlib.h>

#ifdef HAVE_LIBDW
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Among what sema's input keeps of files. */
#define DWARF_KEY "dwarf "

/* ---- opening ---- */

static bool
load_library(struct libdw *lib)
{
	void *so = dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
	bool good = so;

#define LIBDW(name)                                                            \
	lib->name = good ? (__typeof__(lib->name))dlsym(so, #name) : NULL;     \
	good = good && lib->name;
#include "libdw.def"
#undef LIBDW
	return good;
}

static void
close_dwarf(struct dwarf *d)
{
	if (d->dbg)
		d->lib.dwarf_end(d->dbg);
	elf_end(d->elf);
	if (d->fd >= 0)
		close(d->fd);
	d->dbg = NULL;
	d->elf = NULL;
	d->fd = -1;
}

/* The debug information in one file, read as its parts are asked for. */
static void
open_dwarf(struct dwarf *d, const char *path)
{
	d->fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (d->fd < 0)
		return;
	elf_version(EV_CURRENT);
	d->elf = elf_begin_bounded(d->fd, ELF_C_READ_MMAP);
	if (d->elf && (elf_section(d->elf, ".debug_info") ||
		       elf_section(d->elf, ".zdebug_info")))
		d->dbg = d->lib.dwarf_begin_elf(d->elf, DWARF_C_READ, NULL);
	if (!d->dbg)
		close_dwarf(d);
}

static struct dwarf *
open_file(struct arena *a, struct types *types, const struct elf_file *elf)
{
	struct dwarf *d = arena_alloc(a, sizeof(*d));

	d->arena = a;
	d->types = types;
	d->fd = -1;
	if (!load_library(&d->lib))
		return d;
	open_dwarf(d, elf->path);
	if (!d->dbg)
		open_dwarf(d, elf->debug);
	return d;
}

/* `kept`: those that were opened before, or NULL. */
static struct dwarf *
find_file(struct arena *a, struct types *types, struct hmap *kept,
	  const struct elf_file *elf)
{
	char key[PATH_MAX + sizeof(DWARF_KEY)];
	struct dwarf *d;

	snprintf(key, sizeof(key), DWARF_KEY "%s", elf->path);
	d = kept ? hmap_get(kept, key) : NULL;
	if (!d) {
		d = open_file(a, types, elf);
		if (kept)
			hmap_put(a, kept, arena_strdup(a, key), d);
	}
	return d->dbg ? d : NULL;
}

struct dwarf *
probe_dwarf(const struct sema_input *in, const struct probe_image *image)
{
	if (!image->elf)
		return NULL;
	return find_file(in->arena, in->types, in->files, image->elf);
}

struct dwarf *
dwarf_kept(struct arena *a, struct hmap *kept, const struct elf_file *elf)
{
	return find_file(a, NULL, kept, elf);
}

const char *
dwarf_absent(void)
{
	struct libdw lib;

	return load_library(&lib) ? ""
				  : " (reading it needs libdw.so.1, of the "
				    "package libdw1)";
}

void
probe_forget(struct hmap *files)
{
	for (uint32_t i = 0; i < files->entries.n; i++)
		if (!strncmp(files->entries.v[i].key, DWARF_KEY,
			     strlen(DWARF_KEY)))
			close_dwarf(files->entries.v[i].val);
}

/* ---- attributes ---- */

const char *
dwarf_key(struct arena *a, Dwarf_Die *die, const struct libdw *lib)
{
	return arena_printf(a, "%llx",
			    (unsigned long long)lib->dwarf_dieoffset(die));
}

bool
dwarf_reference(const struct dwarf *d, Dwarf_Die *die, unsigned name,
		Dwarf_Die *out)
{
	Dwarf_Attribute attr;

	return d->lib.dwarf_attr_integrate(die, name, &attr) &&
	       d->lib.dwarf_formref_die(&attr, out);
}

uint64_t
dwarf_number(const struct dwarf *d, Dwarf_Die *die, unsigned name,
	     uint64_t absent)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;
	Dwarf_Sword with_sign;

	if (!d->lib.dwarf_attr_integrate(die, name, &attr))
		return absent;
	if (!d->lib.dwarf_formudata(&attr, &value))
		return value;
	if (!d->lib.dwarf_formsdata(&attr, &with_sign))
		return (uint64_t)with_sign;
	return absent;
}

const char *
dwarf_name(const struct dwarf *d, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name;

	if (!d->lib.dwarf_attr_integrate(die, DW_AT_name, &attr))
		return "";
	name = d->lib.dwarf_formstring(&attr);
	return name ? arena_strdup(d->arena, name) : "";
}

/* ---- functions ---- */

/* Of a function whose cold part lies elsewhere the first range is the one
 * that it is entered by. */
static void
note_function(struct dwarf *d, struct dwarf_unit *u, Dwarf_Die *die)
{
	Dwarf_Addr base, start, end;
	struct dwarf_function *f;

	if (d->lib.dwarf_ranges(die, 0, &base, &start, &end) <= 0)
		return;
	f = vec_push(d->arena, &u->functions);
	f->address = start;
	f->die = *die;
}

/* Functions of a unit, those in namespaces and classes, too. */
static void
note_functions(struct dwarf *d, struct dwarf_unit *u, Dwarf_Die *parent,
	       unsigned depth)
{
	Dwarf_Die die;

	if (depth > DWARF_NEST || d->lib.dwarf_child(parent, &die) != 0)
		return;
	do {
		switch (d->lib.dwarf_tag(&die)) {
		case DW_TAG_subprogram:
			note_function(d, u, &die);
			break;
		case DW_TAG_namespace:
		case DW_TAG_module:
		case DW_TAG_class_type:
		case DW_TAG_structure_type:
			note_functions(d, u, &die, depth + 1);
			break;
		}
	} while (d->lib.dwarf_siblingof(&die, &die) == 0);
}

static int
by_address(const void *va, const void *vb)
{
	const struct dwarf_function *a = va, *b = vb;

	return a->address < b->address ? -1 : a->address > b->address;
}

static struct dwarf_unit *
unit_of(struct dwarf *d, Dwarf_Die *cu)
{
	struct dwarf_unit *u;
	char key[32];

	snprintf(key, sizeof(key), "%llx",
		 (unsigned long long)d->lib.dwarf_dieoffset(cu));
	u = hmap_get(&d->units, key);
	if (u)
		return u;
	u = arena_alloc(d->arena, sizeof(*u));
	note_functions(d, u, cu, 0);
	if (u->functions.n)
		qsort(u->functions.v, u->functions.n, sizeof(*u->functions.v),
		      by_address);
	hmap_put(d->arena, &d->units, arena_strdup(d->arena, key), u);
	return u;
}

static bool
find_in_unit(struct dwarf *d, Dwarf_Die *cu, uint64_t address, Dwarf_Die *out)
{
	struct dwarf_unit *u = unit_of(d, cu);
	struct dwarf_function want = { .address = address }, *f = NULL;

	if (u->functions.n)
		f = bsearch(&want, u->functions.v, u->functions.n,
			    sizeof(*u->functions.v), by_address);
	if (f)
		*out = f->die;
	return f;
}

static bool
has_address(const struct dwarf *d, const struct dwarf_function *f,
	    uint64_t address, Dwarf_Die *out)
{
	*out = f->die;
	return d->lib.dwarf_haspc(out, address) > 0;
}

/* The last function that starts there or before it, if the address is its;
 * else whichever has it: their cold parts lie elsewhere. */
bool
dwarf_function_around(struct dwarf *d, Dwarf_Die *cu, uint64_t address,
		      Dwarf_Die *out)
{
	struct dwarf_unit *u = unit_of(d, cu);
	uint32_t low = 0, high = u->functions.n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (u->functions.v[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	if (low && has_address(d, &u->functions.v[low - 1], address, out))
		return true;
	for (uint32_t i = 0; i < u->functions.n; i++)
		if (has_address(d, &u->functions.v[i], address, out))
			return true;
	return false;
}

/* Compilers may leave out the table that leads from addresses to units. */
bool
dwarf_function(struct dwarf *d, uint64_t address, Dwarf_Die *out)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;

	if (d->lib.dwarf_addrdie(d->dbg, address, &die))
		return find_in_unit(d, &die, address, out);
	while (!d->lib.dwarf_get_units(d->dbg, cu, &cu, NULL, NULL, &die, NULL))
		if (d->lib.dwarf_haspc(&die, address) > 0 &&
		    find_in_unit(d, &die, address, out))
			return true;
	return false;
}

#else

struct dwarf *
probe_dwarf(const struct sema_input *in, const struct probe_image *image)
{
	(void)in, (void)image;
	return NULL;
}

void
probe_forget(struct hmap *files)
{
	(void)files;
}

unsigned
elf_source(struct arena *a, struct hmap *kept, const struct elf_file *f,
	   uint64_t address, struct source_spot spots[SOURCE_SPOTS])
{
	(void)a, (void)kept, (void)f, (void)address, (void)spots;
	return 0;
}

const char *
dwarf_absent(void)
{
	return " (this jiffy was built without libdw: the usual build on a "
	       "system with libdw-dev has it, the static one never does)";
}

const char *
dwarf_find_line(struct dwarf *d, const struct source_place *place,
		uint64_t *address)
{
	(void)d, (void)place, (void)address;
	return "jiffy was built without libdw";
}

bool
dwarf_params(struct dwarf *d, uint64_t address, struct dwarf_params *out)
{
	(void)d, (void)address;
	out->n = 0;
	return false;
}

const struct type *
dwarf_named_type(struct dwarf *d, const char *name)
{
	(void)d, (void)name;
	return NULL;
}

#endif
