/* SPDX-License-Identifier: MIT */
/* What the files that read debug information share. */
#ifndef JIFFY_PROBES_DWARF_H
#define JIFFY_PROBES_DWARF_H

#include "internal.h"

#ifdef HAVE_LIBDW
#include <dwarf.h>
#include <elfutils/libdw.h>

/* libdw's functions. The library is loaded when the first script asks for
 * debug information: most never do, and would pay for it at each start. */
struct libdw {
#define LIBDW(name) __typeof__(name) *name;
#include "libdw.def"
#undef LIBDW
};

/* The functions of one compilation unit, by address. */
struct dwarf_unit {
	VEC(struct dwarf_function {
		uint64_t address;
		Dwarf_Die die;
	})
	functions;
};

/* Where the code of compilation units lies. */
struct dwarf_ranges {
	VEC(struct dwarf_range {
		uint64_t begin, end;
		Dwarf_Die unit;
	})
	sorted; /* by begin */
	bool read;
};

struct dwarf {
	struct libdw lib;
	struct arena *arena;
	struct types *types;
	int fd;
	Elf *elf;
	Dwarf *dbg;
	struct hmap units; /* offset of the unit -> struct dwarf_unit */
	struct hmap by_id; /* offset of a record -> struct type */
	struct hmap names; /* "struct x" -> Dwarf_Die of its definition */
	bool has_names;
	struct dwarf_ranges ranges;
	struct hmap texts; /* a linker's name -> the programmer's; paths */
};

enum { DWARF_NEST = 32 }; /* types in types, namespaces in namespaces */

/* "1f2a": how maps of this library's offsets are keyed. */
const char *dwarf_key(struct arena *a, Dwarf_Die *die, const struct libdw *lib);
/* The entry that an attribute refers to; false: there is none. */
bool dwarf_reference(const struct dwarf *d, Dwarf_Die *die, unsigned name,
		     Dwarf_Die *out);
/* A number; `absent` when there is none. */
uint64_t dwarf_number(const struct dwarf *d, Dwarf_Die *die, unsigned name,
		      uint64_t absent);
/* Its name, or that of what it is an instance of; "": none. */
const char *dwarf_name(const struct dwarf *d, Dwarf_Die *die);
/* Go on to what typedefs and qualifiers wrap; false: void, or a loop. */
bool dwarf_peel(const struct dwarf *d, Dwarf_Die *die);
/* The type of an entry; void for what the language has no type for. */
const struct type *dwarf_type(struct dwarf *d, Dwarf_Die *die);
/* The function that starts at an address; false: nobody knows one. */
bool dwarf_function(struct dwarf *d, uint64_t address, Dwarf_Die *out);
/* The function of a unit that an address lies in; false: none of them. */
bool dwarf_function_around(struct dwarf *d, Dwarf_Die *cu, uint64_t address,
			   Dwarf_Die *out);
/* That of a file, opened once for all who ask with the same `kept`. */
struct dwarf *dwarf_kept(struct arena *a, struct hmap *kept,
			 const struct elf_file *elf);

#endif
#endif
