/* SPDX-License-Identifier: MIT */
/*
 * Where members lie (System V ABI, x86-64 psABI 3.1.2 and AAPCS64 5.9, with
 * GNU's packed and aligned). A bit-field shares the storage unit of its
 * declared type with its neighbours, and moves on to the next unit where it
 * would cross an alignment boundary of that type; packed ones never move.
 */
#include "internal.h"

struct cursor {
	uint64_t bits; /* the next free bit */
	uint64_t end;  /* the furthest bit in use */
	uint32_t align;
	uint32_t pack;
	bool is_union, packed;
	enum cdef_arch arch;
};

static uint64_t
round_up(uint64_t n, uint64_t to)
{
	return to ? (n + to - 1) / to * to : n;
}

static uint32_t
member_align(const struct cursor *c, const struct cmember *m)
{
	uint32_t align = ctype_align(m->type);

	if (c->packed || m->packed)
		align = 1;
	if (m->align > align)
		align = m->align;
	if (c->pack && align > c->pack)
		align = c->pack;
	return align;
}

static void
raise_align(struct cursor *c, uint32_t align)
{
	if (align > c->align)
		c->align = align;
}

/* Whether `width` bits from here touch more units than the type spans. */
static bool
crosses(uint64_t at, uint64_t width, uint64_t align, uint64_t size)
{
	uint64_t in_unit = at % align;

	return (in_unit + width + align - 1) / align > size / align;
}

static void
place_bits(struct cursor *c, struct cmember *m)
{
	uint64_t size = ctype_size(m->type) * 8;
	uint64_t type_align = (uint64_t)ctype_align(m->type) * 8;
	bool packed = c->packed || m->packed;

	if (c->pack && type_align > c->pack * 8ull)
		type_align = c->pack * 8ull;
	if (m->align) {
		c->bits = round_up(c->bits, m->align * 8ull);
		raise_align(c, m->align);
	}
	if (!m->width) {
		c->bits = round_up(c->bits, type_align);
		if (c->arch == CDEF_ARM64)
			raise_align(c, (uint32_t)(type_align / 8));
		m->offset = c->bits;
		return;
	}
	if (!packed && crosses(c->bits, m->width, type_align, size))
		c->bits = round_up(c->bits, type_align);
	if (!packed && (m->name || c->arch == CDEF_ARM64))
		raise_align(c, (uint32_t)(type_align / 8));
	m->offset = c->bits;
	c->bits += m->width;
}

static void
place(struct cursor *c, struct cmember *m)
{
	uint32_t align;

	if (c->is_union)
		c->bits = 0;
	if (m->bitfield) {
		place_bits(c, m);
	} else {
		align = member_align(c, m);
		raise_align(c, align);
		c->bits = round_up(c->bits, align * 8ull);
		m->offset = c->bits;
		c->bits += ctype_size(m->type) * 8;
	}
	if (c->bits > c->end)
		c->end = c->bits;
}

void
c_layout_record(struct ctag *tag, uint32_t pack, uint32_t align,
		enum cdef_arch arch)
{
	struct cursor c = { .align = 1,
			    .pack = pack,
			    .packed = tag->packed,
			    .is_union = tag->kind == TAG_IS_UNION,
			    .arch = arch };
	uint32_t i;

	for (i = 0; i < tag->members.n; i++)
		place(&c, &tag->members.v[i]);
	raise_align(&c, align);
	tag->align = c.align;
	tag->size = round_up(round_up(c.end, 8) / 8, c.align);
	tag->complete = true;
}

/* The smallest of unsigned int, int, unsigned long, long; of char and short
 * too when packed. */
void
c_layout_enum(struct ctag *tag)
{
	uint64_t max = 0;
	int64_t min = 0;
	uint32_t i, size;

	for (i = 0; i < tag->values.n; i++) {
		uint64_t v = tag->values.v[i].value;

		if ((int64_t)v < min)
			min = (int64_t)v;
		else if ((int64_t)v >= 0 && v > max)
			max = v;
	}
	if (tag->huge) {
		min = 0;
		max = UINT64_MAX;
	}
	tag->is_signed = min < 0;
	for (size = tag->packed ? 1 : 4; size < 8; size *= 2) {
		uint64_t limit = (1ull << (size * 8 - (min < 0))) - 1;

		if (max <= limit && (!min || min >= -(int64_t)limit - 1))
			break;
	}
	tag->size = size;
	tag->align = size;
	tag->complete = true;
}
