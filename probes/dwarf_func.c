/* SPDX-License-Identifier: MIT */
/*
 * Owns a function's parameters as debug information has them: their names,
 * their C text, their types, and the registers that they are passed in, by
 * the rules of the machine's ABI (System V for x86-64, AAPCS64).
 */
#include "dwarf.h"

#ifdef HAVE_LIBDW
#include <string.h>

/* ---- text ---- */

static const char *text_of(struct dwarf *d, Dwarf_Die *die, unsigned depth);

static const char *
inner_text(struct dwarf *d, Dwarf_Die *die, unsigned depth)
{
	Dwarf_Die to;

	return dwarf_reference(d, die, DW_AT_type, &to)
		       ? text_of(d, &to, depth + 1)
		       : "void";
}

/* "const char", but "char* const". */
static const char *
qualified(struct dwarf *d, const char *word, const char *inner)
{
	size_t n = strlen(inner);

	return n && inner[n - 1] == '*'
		       ? arena_printf(d->arena, "%s %s", inner, word)
		       : arena_printf(d->arena, "%s %s", word, inner);
}

static const char *
tagged(struct dwarf *d, const char *tag, Dwarf_Die *die)
{
	const char *name = dwarf_name(d, die);

	return arena_printf(d->arena, "%s %s", tag,
			    *name ? name : "<anonymous>");
}

static const char *
text_of(struct dwarf *d, Dwarf_Die *die, unsigned depth)
{
	const char *inner;

	if (depth > DWARF_NEST)
		return "<unknown type>";
	inner = "";
	switch (d->lib.dwarf_tag(die)) {
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
		inner = inner_text(d, die, depth);
	}
	switch (d->lib.dwarf_tag(die)) {
	case DW_TAG_base_type:
	case DW_TAG_typedef:
	case DW_TAG_unspecified_type:
		return dwarf_name(d, die);
	case DW_TAG_structure_type:
		return tagged(d, "struct", die);
	case DW_TAG_class_type:
		return tagged(d, "class", die);
	case DW_TAG_union_type:
		return tagged(d, "union", die);
	case DW_TAG_enumeration_type:
		return tagged(d, "enum", die);
	case DW_TAG_pointer_type:
		return arena_printf(d->arena, "%s*", inner);
	case DW_TAG_reference_type:
		return arena_printf(d->arena, "%s&", inner);
	case DW_TAG_rvalue_reference_type:
		return arena_printf(d->arena, "%s&&", inner);
	case DW_TAG_const_type:
		return qualified(d, "const", inner);
	case DW_TAG_volatile_type:
		return qualified(d, "volatile", inner);
	case DW_TAG_restrict_type:
		return qualified(d, "restrict", inner);
	case DW_TAG_atomic_type:
		return qualified(d, "_Atomic", inner);
	}
	return "<unknown type>"; /* functions, arrays: no prefix form */
}

/* ---- where arguments are passed ---- */

enum {
	WORDS = PARAM_REGS,
	IN_REGISTER = 1, /* of integers */
	IN_VECTOR = 2,
};

/* What each 8 bytes of an argument are. */
struct layout {
	unsigned words; /* 0: it lies on the stack */
	unsigned parts[WORDS];
	bool by_address;
};

#if defined(__x86_64__)
enum { VECTORS = 8, LARGE_BY_ADDRESS = false };
#else
enum { VECTORS = 8, LARGE_BY_ADDRESS = true };
#endif

static unsigned
class_of_base(const struct dwarf *d, Dwarf_Die *die)
{
	switch (dwarf_number(d, die, DW_AT_encoding, 0)) {
	case DW_ATE_float:
	case DW_ATE_complex_float:
	case DW_ATE_imaginary_float:
	case DW_ATE_decimal_float:
		return IN_VECTOR;
	}
	return IN_REGISTER;
}

static void classify(const struct dwarf *d, Dwarf_Die *die, uint64_t at,
		     struct layout *out, unsigned depth);

static void
mark(struct layout *out, uint64_t at, uint64_t size, unsigned how)
{
	for (uint64_t word = at / 8; word < WORDS && word * 8 < at + size;
	     word++)
		out->parts[word] |= how;
}

static void
classify_members(const struct dwarf *d, Dwarf_Die *record, uint64_t at,
		 struct layout *out, unsigned depth)
{
	Dwarf_Die die, type;
	uint64_t bit;

	if (d->lib.dwarf_child(record, &die) != 0)
		return;
	do {
		if ((d->lib.dwarf_tag(&die) != DW_TAG_member &&
		     d->lib.dwarf_tag(&die) != DW_TAG_inheritance) ||
		    d->lib.dwarf_hasattr(&die, DW_AT_external) ||
		    !dwarf_reference(d, &die, DW_AT_type, &type))
			continue;
		bit = dwarf_number(d, &die, DW_AT_data_bit_offset, 0);
		classify(d, &type,
			 at + bit / 8 +
				 dwarf_number(d, &die,
					      DW_AT_data_member_location, 0),
			 out, depth + 1);
	} while (d->lib.dwarf_siblingof(&die, &die) == 0);
}

/* Mark the words that a value at `at` of the argument lies in. */
static void
classify(const struct dwarf *d, Dwarf_Die *in, uint64_t at, struct layout *out,
	 unsigned depth)
{
	Dwarf_Die die = *in;
	uint64_t size;

	if (depth > 8 || at >= WORDS * 8 || !dwarf_peel(d, &die))
		return;
	size = dwarf_number(d, &die, DW_AT_byte_size, 8);
	switch (d->lib.dwarf_tag(&die)) {
	case DW_TAG_base_type:
		mark(out, at, size, class_of_base(d, &die));
		break;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		classify_members(d, &die, at, out, depth);
		break;
	case DW_TAG_array_type: /* of one kind all through */
		if (dwarf_reference(d, &die, DW_AT_type, &die)) {
			classify(d, &die, at, out, depth + 1);
			if (at < 8)
				classify(d, &die, 8, out, depth + 1);
		}
		break;
	default:
		mark(out, at, size, IN_REGISTER);
	}
}

static bool
is_record(int tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
	       tag == DW_TAG_union_type;
}

static struct layout
layout_of(const struct dwarf *d, Dwarf_Die *die)
{
	enum { BY_REFERENCE = 4 }; /* DW_CC_pass_by_reference */
	struct layout out = { 0 };
	uint64_t size = dwarf_number(d, die, DW_AT_byte_size, 8);
	bool record = is_record(d->lib.dwarf_tag(die));

	if ((record && dwarf_number(d, die, DW_AT_calling_convention, 0) ==
			       BY_REFERENCE) ||
	    (size > 16 && LARGE_BY_ADDRESS)) {
		out.by_address = true;
		size = 8;
		out.parts[0] = IN_REGISTER;
	} else {
		classify(d, die, 0, &out, 0);
	}
	/* x86-64 passes long double on the stack. */
	if (size <= 16 && !(size == 16 && !record && !LARGE_BY_ADDRESS &&
			    out.parts[0] == IN_VECTOR))
		out.words = (unsigned)(size + 7) / 8;
	return out;
}

/* ---- parameters ---- */

struct registers {
	unsigned used, vectors;
};

/* Give a parameter its registers; false: it lies on the stack. */
static bool
assign(struct registers *r, const struct layout *at, struct dwarf_param *p,
       bool *readable)
{
	struct registers next = *r;

	*readable = true;
	for (unsigned i = 0; i < at->words; i++) {
		if (at->parts[i] & IN_REGISTER) {
			p->regs[p->nregs++] = (uint8_t)next.used++;
		} else {
			*readable = false;
			next.vectors++;
		}
	}
	if (!at->words || next.used > PROBE_NARGS || next.vectors > VECTORS) {
		p->nregs = 0;
		return false;
	}
	*r = next;
	return true;
}

static void
add_param(struct dwarf *d, Dwarf_Die *die, struct registers *r,
	  struct dwarf_params *out)
{
	struct dwarf_param *p = &out->v[out->n++];
	Dwarf_Die type, whole;
	struct layout at = { 0 };
	bool readable = true;

	memset(p, 0, sizeof(*p));
	p->name = dwarf_name(d, die);
	p->text = "<unknown type>";
	p->type = type_none(d->types);
	if (!dwarf_reference(d, die, DW_AT_type, &type))
		return;
	p->text = text_of(d, &type, 0);
	whole = type;
	if (!dwarf_peel(d, &whole))
		return;
	at = layout_of(d, &whole);
	if (!assign(r, &at, p, &readable)) {
		out->on_stack = true;
		return;
	}
	if (!readable)
		return;
	p->type = dwarf_type(d, &type);
	if (at.by_address)
		p->type = type_pointer(d->types, p->type, AS_USER);
}

/* What is returned in memory has its address passed before all others. */
static void
take_result(const struct dwarf *d, Dwarf_Die *function, struct registers *r)
{
	Dwarf_Die type;
	struct layout at;

	if (LARGE_BY_ADDRESS || /* x8 on aarch64, no argument's */
	    !dwarf_reference(d, function, DW_AT_type, &type) ||
	    !dwarf_peel(d, &type) || !is_record(d->lib.dwarf_tag(&type)))
		return;
	at = layout_of(d, &type);
	if (!at.words || at.by_address)
		r->used++;
}

bool
dwarf_params(struct dwarf *d, uint64_t address, struct dwarf_params *out)
{
	struct registers r = { 0 };
	Dwarf_Die function, die;

	out->n = 0;
	out->on_stack = false;
	if (!dwarf_function(d, address, &function))
		return false;
	take_result(d, &function, &r);
	if (d->lib.dwarf_child(&function, &die) != 0)
		return true;
	do {
		if (d->lib.dwarf_tag(&die) == DW_TAG_formal_parameter &&
		    out->n < DWARF_PARAMS)
			add_param(d, &die, &r, out);
	} while (d->lib.dwarf_siblingof(&die, &die) == 0);
	return true;
}

#endif
