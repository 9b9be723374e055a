/* SPDX-License-Identifier: MIT */
/*
 * The builder's memory operations: fill, copy, read from elsewhere. Small
 * ones become loads and stores as wide as the offsets' alignment allows (the
 * verifier wants stack accesses aligned), large ones a helper call.
 */
#include "internal.h"

enum { INLINE_MAX = 128 }; /* bytes */

/* The widest access at `off` (8-aligned base) within `left` bytes. */
static unsigned
width_at(int32_t off, uint32_t left)
{
	unsigned w = 8;

	while ((uint32_t)off % w || w > left)
		w /= 2;
	return w;
}

struct ref
ir_addr(struct lower *l, struct mem m)
{
	return ir_bini(l, IR_ADD, m.base, m.off);
}

static void
read_kernel(struct lower *l, struct mem dst, uint32_t size, struct ref from)
{
	struct ref to = ir_addr(l, dst); /* arguments have no order in C */

	ir_call(l, HELPER_probe_read_kernel, 3, to, ir_const(l, size), from);
}

/* `size` bytes of zeros, behind the counters. */
struct ref
ir_zeros(struct lower *l, uint32_t size)
{
	uint32_t map = ir_map_for(l, MAP_GLOBAL, 0);
	struct map_spec *m = &l->prog->maps.v[map];
	uint32_t want = (uint32_t)sizeof(struct ir_global) + ((size + 7) & ~7u);

	if (m->value_size < want)
		m->value_size = want;
	return ir_mapval(l, map, sizeof(struct ir_global));
}

/* One call instead of a store per 8 bytes. */
static void
zero_large(struct lower *l, struct mem at, uint32_t size)
{
	read_kernel(l, at, size, ir_zeros(l, size));
}

void
ir_mem_zero(struct lower *l, struct mem at, uint32_t size)
{
	uint32_t done, w;
	struct ref zero;

	if (!l->cur || !size)
		return;
	if (size > INLINE_MAX) {
		zero_large(l, at, size);
		return;
	}
	zero = ir_const(l, 0);
	for (done = 0; done < size; done += w) {
		int32_t off = at.off + (int32_t)done;

		w = width_at(off, size - done);
		ir_store(l, at.base, off, zero, w);
	}
}

void
ir_mem_copy(struct lower *l, struct mem dst, struct mem src, uint32_t size)
{
	uint32_t done, w;

	if (!l->cur || !size)
		return;
	if (size > INLINE_MAX) {
		read_kernel(l, dst, size, ir_addr(l, src));
		return;
	}
	for (done = 0; done < size; done += w) {
		int32_t to = dst.off + (int32_t)done;
		int32_t from = src.off + (int32_t)done;

		w = width_at(to | from, size - done);
		ir_store(l, dst.base, to, ir_load(l, src.base, from, w), w);
	}
}

enum addrspace
ir_space(const struct lower *l, enum addrspace as)
{
	const struct probe_type *t = l->unit->type;

	if (as != AS_NONE)
		return as;
	if (t->space)
		return t->space(l->unit);
	if (t->flags & (PROBE_PERF | PROBE_SPECIAL))
		return AS_ANY;
	return t->flags & PROBE_USER ? AS_USER : AS_KERNEL;
}

/* Where kernel and processes have addresses apart, the two oldest helpers read
 * either; elsewhere the kernel has them no longer. */
static enum addrspace
either(const struct lower *l)
{
#if defined(__x86_64__)
	(void)l;
	return AS_ANY;
#else
	return l->unit->type->space ? AS_USER : AS_KERNEL;
#endif
}

static enum ir_helper
reader(enum addrspace as, bool str)
{
	switch (as) {
	case AS_USER:
		return str ? HELPER_probe_read_user_str
			   : HELPER_probe_read_user;
	case AS_ANY:
		return str ? HELPER_probe_read_str : HELPER_probe_read;
	default:
		return str ? HELPER_probe_read_kernel_str
			   : HELPER_probe_read_kernel;
	}
}

struct ref
ir_probe_read(struct lower *l, enum addrspace as, struct mem dst,
	      struct ref size, struct ref addr, bool str)
{
	enum ir_helper h = reader(as == AS_ANY ? either(l) : as, str);
	struct ref r;

	r = ir_call(l, h, 3, ir_addr(l, dst), size, addr);
	ir_watch(l, h, r);
	return r;
}
