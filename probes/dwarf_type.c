/* SPDX-License-Identifier: MIT */
/*
 * Debug information's types -> struct type. Records get their fields when one
 * of them is asked for. All of it may be hostile: what does not fit into its
 * record, or contains itself, is left out.
 */
#include "dwarf.h"

#ifdef HAVE_LIBDW
#include <string.h>

enum { SIZE_MAX_VALUE = 1 << 28, DIMENSIONS = 8, LOOKS_MAX = 1000 };

/* Behind type.origin of a record without fields. */
struct pending {
	struct type_source source;
	struct dwarf *d;
	Dwarf_Die die;
};

static const struct type *convert(struct dwarf *d, Dwarf_Die *die,
				  unsigned depth);

/* ---- what a type is, its names and qualifiers peeled off ---- */

static bool
is_wrapper(int tag)
{
	switch (tag) {
	case DW_TAG_typedef:
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
	case DW_TAG_immutable_type:
	case DW_TAG_packed_type:
	case DW_TAG_shared_type:
		return true;
	}
	return false;
}

bool
dwarf_peel(const struct dwarf *d, Dwarf_Die *die)
{
	for (unsigned i = 0; i < DWARF_NEST; i++) {
		if (!is_wrapper(d->lib.dwarf_tag(die)))
			return true;
		if (!dwarf_reference(d, die, DW_AT_type, die))
			return false;
	}
	return false;
}

static bool
is_record(int tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
	       tag == DW_TAG_union_type;
}

/* ---- records by name ---- */

/* "struct x": C++'s classes are called so as well. */
static const char *
record_name(const struct dwarf *d, Dwarf_Die *die)
{
	const char *name = dwarf_name(d, die);
	const char *tag =
		d->lib.dwarf_tag(die) == DW_TAG_union_type ? "union" : "struct";

	return *name ? arena_printf(d->arena, "%s %s", tag, name) : tag;
}

static void
note_name(struct dwarf *d, const char *name, Dwarf_Die *die)
{
	Dwarf_Die *copy;

	if (hmap_get(&d->names, name))
		return;
	copy = arena_alloc(d->arena, sizeof(*copy));
	*copy = *die;
	hmap_put(d->arena, &d->names, name, copy);
}

/* Each definition by its name, and with the namespaces it stands in. */
static void
note_names(struct dwarf *d, Dwarf_Die *parent, unsigned depth)
{
	Dwarf_Die die;
	int tag;

	if (depth > DWARF_NEST || d->lib.dwarf_child(parent, &die) != 0)
		return;
	do {
		tag = d->lib.dwarf_tag(&die);
		if (tag == DW_TAG_namespace)
			note_names(d, &die, depth + 1);
		else if (tag == DW_TAG_typedef && *dwarf_name(d, &die))
			note_name(d, dwarf_name(d, &die), &die);
		if (!is_record(tag) ||
		    d->lib.dwarf_hasattr(&die, DW_AT_declaration) ||
		    !*dwarf_name(d, &die))
			continue;
		note_name(d, record_name(d, &die), &die);
		note_names(d, &die, depth + 1);
	} while (d->lib.dwarf_siblingof(&die, &die) == 0);
}

static Dwarf_Die *
find_name(struct dwarf *d, const char *name)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;

	while (!d->has_names &&
	       !d->lib.dwarf_get_units(d->dbg, cu, &cu, NULL, NULL, &die, NULL))
		note_names(d, &die, 0);
	d->has_names = true;
	return hmap_get(&d->names, name);
}

const struct type *
dwarf_named_type(struct dwarf *d, const char *name)
{
	Dwarf_Die *die = find_name(d, name);

	return die ? convert(d, die, 0) : NULL;
}

/* ---- scalars ---- */

static const struct type *
convert_base(struct dwarf *d, Dwarf_Die *die)
{
	uint64_t size = dwarf_number(d, die, DW_AT_byte_size, 0);
	bool is_signed = false;

	switch (dwarf_number(d, die, DW_AT_encoding, 0)) {
	case DW_ATE_signed:
	case DW_ATE_signed_char:
		is_signed = true;
		break;
	case DW_ATE_address:
	case DW_ATE_boolean:
	case DW_ATE_unsigned:
	case DW_ATE_unsigned_char:
	case DW_ATE_UTF:
		break;
	default:
		return type_none(d->types);
	}
	if (size == 16)
		return type_array(d->types, type_int(d->types, 8, false), 2);
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return type_none(d->types);
	return type_int(d->types, (unsigned)size, is_signed);
}

/* A number; upstream prints no names of constants here (REFERENCE 7.2). */
static const struct type *
convert_enum(struct dwarf *d, Dwarf_Die *die)
{
	uint64_t size = dwarf_number(d, die, DW_AT_byte_size, 4);
	Dwarf_Die base;

	if (dwarf_reference(d, die, DW_AT_type, &base) &&
	    dwarf_peel(d, &base) && d->lib.dwarf_tag(&base) == DW_TAG_base_type)
		return convert_base(d, &base);
	if (size != 1 && size != 2 && size != 4 && size != 8)
		size = 4;
	return type_int(d->types, (unsigned)size, false);
}

static const struct type *
convert_pointer(struct dwarf *d, Dwarf_Die *die, unsigned depth)
{
	const struct type *to = type_none(d->types);
	Dwarf_Die target;

	if (dwarf_reference(d, die, DW_AT_type, &target))
		to = convert(d, &target, depth + 1);
	return type_pointer(d->types, to, AS_USER);
}

/* ---- arrays ---- */

/* Counts of all dimensions, the outermost first; how many there are. */
static unsigned
dimensions(const struct dwarf *d, Dwarf_Die *die, uint64_t counts[DIMENSIONS])
{
	unsigned n = 0;
	Dwarf_Die sub;
	uint64_t upper;

	if (d->lib.dwarf_child(die, &sub) != 0)
		return 0;
	do {
		if (d->lib.dwarf_tag(&sub) != DW_TAG_subrange_type)
			continue;
		if (n == DIMENSIONS)
			return 0;
		upper = dwarf_number(d, &sub, DW_AT_upper_bound, UINT64_MAX);
		counts[n++] = dwarf_number(d, &sub, DW_AT_count, upper + 1);
	} while (d->lib.dwarf_siblingof(&sub, &sub) == 0);
	return n;
}

static const struct type *
array_of(struct dwarf *d, const struct type *of, uint64_t count)
{
	if (!of->size)
		return type_array(d->types, of, 0);
	if (count > SIZE_MAX_VALUE / of->size)
		return type_none(d->types);
	/* Text, whether or not its char is signed (REFERENCE 2.5). */
	if (of->kind == TY_INT && of->size == 1 && count)
		return type_string(d->types, (uint32_t)count);
	return type_array(d->types, of, (uint32_t)count);
}

static const struct type *
convert_array(struct dwarf *d, Dwarf_Die *die, unsigned depth)
{
	uint64_t counts[DIMENSIONS];
	unsigned n = dimensions(d, die, counts);
	const struct type *t;
	Dwarf_Die element;

	if (!n || !dwarf_reference(d, die, DW_AT_type, &element))
		return type_none(d->types);
	t = convert(d, &element, depth + 1);
	while (n-- > 0 && t->kind != TY_NONE)
		t = array_of(d, t, counts[n]);
	return t;
}

/* ---- records ---- */

static bool fill(struct type_source *source, struct type *t);

static const struct type *
convert_record(struct dwarf *d, Dwarf_Die *die)
{
	const char *key, *name = record_name(d, die);
	Dwarf_Die *whole = NULL;
	struct pending *p;
	struct type *t;

	if (d->lib.dwarf_hasattr(die, DW_AT_declaration))
		whole = find_name(d, name);
	if (whole && is_record(d->lib.dwarf_tag(whole)))
		die = whole;
	key = dwarf_key(d->arena, die, &d->lib);
	t = hmap_get(&d->by_id, key);
	if (t)
		return t;
	t = type_struct(d->types, name, 0, NULL, 0);
	t->is_union = *name == 'u';
	hmap_put(d->arena, &d->by_id, key, t);
	p = arena_alloc(d->arena, sizeof(*p));
	p->source.fill = fill;
	p->d = d;
	p->die = *die;
	t->origin = &p->source;
	if (dwarf_number(d, die, DW_AT_byte_size, 0) <= SIZE_MAX_VALUE)
		t->size = (uint32_t)dwarf_number(d, die, DW_AT_byte_size, 0);
	t->align = t->size % 8 ? 4 : 8;
	while (t->size % t->align)
		t->align /= 2;
	return t;
}

/* DWARF 4 counts bits from the record's start; before, from the left of a
 * unit of storage, as on big-endian machines. */
static bool
place_bits(const struct dwarf *d, Dwarf_Die *die, struct field *f)
{
	uint64_t bits = dwarf_number(d, die, DW_AT_bit_size, 0), at, unit;

	if (!bits)
		return true;
	if (bits > 64)
		return false;
	at = dwarf_number(d, die, DW_AT_data_bit_offset, UINT64_MAX);
	if (at == UINT64_MAX) {
		unit = dwarf_number(d, die, DW_AT_byte_size, f->type->size);
		at = f->offset * 8ull + unit * 8 - bits -
		     dwarf_number(d, die, DW_AT_bit_offset, 0);
	}
	if (at / 8 > SIZE_MAX_VALUE)
		return false;
	f->offset = (uint32_t)(at / 8);
	f->bit_offset = at % 8;
	f->bit_size = (uint8_t)bits;
	return type_is_int(f->type);
}

static bool
fits(const struct field *f, uint32_t size)
{
	uint64_t bytes = f->bit_size ? (f->bit_offset + f->bit_size + 7u) / 8
				     : f->type->size;

	return f->offset + bytes <= size;
}

/* The record that a member holds, arrays looked through; false: none. */
static bool
member_record(const struct dwarf *d, Dwarf_Die *member, Dwarf_Die *out)
{
	unsigned i;

	if (!dwarf_reference(d, member, DW_AT_type, out))
		return false;
	for (i = 0; i < DWARF_NEST && dwarf_peel(d, out); i++) {
		if (d->lib.dwarf_tag(out) != DW_TAG_array_type)
			return is_record(d->lib.dwarf_tag(out));
		if (!dwarf_reference(d, out, DW_AT_type, out))
			break;
	}
	return false;
}

/* Whether records of `size` bytes go on and on in each other: only those of
 * one size can come back to where they began. */
static bool
is_endless(const struct dwarf *d, Dwarf_Die *record, uint64_t size,
	   unsigned *left)
{
	Dwarf_Die die, inner;

	if (dwarf_number(d, record, DW_AT_byte_size, 0) != size)
		return false;
	if (!*left)
		return true;
	--*left;
	if (d->lib.dwarf_child(record, &die) != 0)
		return false;
	do {
		if (member_record(d, &die, &inner) &&
		    is_endless(d, &inner, size, left))
			return true;
	} while (*left && d->lib.dwarf_siblingof(&die, &die) == 0);
	return !*left;
}

static bool
has_end(const struct dwarf *d, Dwarf_Die *member, uint32_t size)
{
	unsigned left = LOOKS_MAX;
	Dwarf_Die record;

	return !member_record(d, member, &record) ||
	       !is_endless(d, &record, size, &left);
}

static bool
complete_base(const struct type *t)
{
	struct type_source *source = t->origin;

	return !source || !source->fill ||
	       source->fill(source, (struct type *)(uintptr_t)t);
}

/* A member, or a base class, whose members count as the class's own. */
static bool
make_field(struct dwarf *d, Dwarf_Die *die, const struct type *of,
	   struct field *f)
{
	uint64_t offset = dwarf_number(d, die, DW_AT_data_member_location, 0);
	Dwarf_Die type;

	if (d->lib.dwarf_hasattr(die, DW_AT_external) ||
	    d->lib.dwarf_hasattr(die, DW_AT_declaration) ||
	    offset > SIZE_MAX_VALUE ||
	    !dwarf_reference(d, die, DW_AT_type, &type))
		return false;
	f->name = dwarf_name(d, die);
	if (d->lib.dwarf_tag(die) == DW_TAG_inheritance)
		f->name = "";
	f->type = convert(d, &type, 0);
	f->offset = (uint32_t)offset;
	if (!place_bits(d, die, f) || !fits(f, of->size))
		return false;
	if (!has_end(d, die, of->size))
		return false;
	return *f->name ||
	       (f->type->kind == TY_STRUCT && complete_base(f->type));
}

static unsigned
count_members(const struct dwarf *d, Dwarf_Die *parent)
{
	unsigned n = 0;
	Dwarf_Die die;

	if (d->lib.dwarf_child(parent, &die) != 0)
		return 0;
	do
		n++;
	while (d->lib.dwarf_siblingof(&die, &die) == 0);
	return n;
}

static uint32_t
make_fields(struct dwarf *d, Dwarf_Die *parent, const struct type *of,
	    struct field *fields)
{
	uint32_t n = 0;
	Dwarf_Die die;
	int tag;

	if (d->lib.dwarf_child(parent, &die) != 0)
		return 0;
	do {
		tag = d->lib.dwarf_tag(&die);
		if (tag != DW_TAG_member && tag != DW_TAG_inheritance)
			continue;
		if (make_field(d, &die, of, &fields[n]))
			n++;
		else
			memset(&fields[n], 0, sizeof(*fields));
	} while (d->lib.dwarf_siblingof(&die, &die) == 0);
	return n;
}

static bool
fill(struct type_source *source, struct type *t)
{
	struct pending *p = (struct pending *)source;
	unsigned n = count_members(p->d, &p->die);
	struct field *fields;

	t->origin = NULL; /* first: so nothing comes back here */
	fields = arena_alloc(p->d->arena, (n + 1) * sizeof(*fields));
	n = make_fields(p->d, &p->die, t, fields);
	type_set_fields(p->d->types, t, fields, n);
	return true;
}

/* ---- all of them ---- */

static const struct type *
convert(struct dwarf *d, Dwarf_Die *in, unsigned depth)
{
	Dwarf_Die die = *in;

	if (depth > DWARF_NEST || !dwarf_peel(d, &die))
		return type_none(d->types);
	switch (d->lib.dwarf_tag(&die)) {
	case DW_TAG_base_type:
		return convert_base(d, &die);
	case DW_TAG_enumeration_type:
		return convert_enum(d, &die);
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		return convert_pointer(d, &die, depth);
	case DW_TAG_array_type:
		return convert_array(d, &die, depth);
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		return convert_record(d, &die);
	}
	return type_none(d->types);
}

const struct type *
dwarf_type(struct dwarf *d, Dwarf_Die *die)
{
	return convert(d, die, 0);
}

#endif
