/* SPDX-License-Identifier: MIT */
/* What the files of sema/ktype share. */
#ifndef JIFFY_KTYPE_INTERNAL_H
#define JIFFY_KTYPE_INTERNAL_H

#include <linux/btf.h>

#include "ktype.h"

enum {
	CHAIN_MAX = 64,        /* typedefs and qualifiers; more are a loop */
	NEST_MAX = 32,         /* structs in structs, arrays of arrays */
	LOOKS_MAX = 1000,      /* records looked at for one question */
	VALUE_LIMIT = 1 << 28, /* bytes; beyond is hostile */
};

/* The types made of one image's ids. */
struct kimage {
	const struct kbtf *btf;
	const struct type **by_id; /* from `first` on */
	uint32_t first;
};

struct ktypes {
	struct arena *arena;
	struct types *types;
	struct kernel *kernel;
	ktype_local_fn *local;
	void *local_arg;
	struct hmap by_name; /* "struct x" -> struct type; "enum x" */
	VEC(struct kimage) images;
	unsigned depth; /* of structs being filled in */
};

/* Behind type.origin of a struct without fields: where they stand, or, with
 * btf NULL, that its name has not been looked up. */
struct kpending {
	struct type_source source; /* no fill(): ours */
	const struct kbtf *btf;
	uint32_t id;
};

/* ---- ktype.c ---- */

/* The place of the type of an id, for reading and writing. */
const struct type **ktype_slot(struct ktypes *k, const struct kbtf *b,
			       uint32_t id);

/* ---- convert.c ---- */

/* A pointer's tags, met on the way to what it points to. */
struct ktags {
	enum addrspace as;
	const char *percpu;
};

/* Through typedefs and qualifiers; NULL: void, or a loop. *id follows. */
const struct btf_type *ktype_resolve(const struct kbtf *b, uint32_t *id,
				     struct ktags *tags);
const struct type *ktype_convert(struct ktypes *k, const struct kbtf *b,
				 uint32_t id, enum addrspace as);
const struct type *ktype_enum(struct ktypes *k, const struct kbtf *b,
			      const struct btf_type *t, uint32_t size);
struct type *ktype_new_struct(struct ktypes *k, const char *name,
			      const struct kbtf *b, uint32_t id);

/* ---- record.c ---- */

/* The alignment of a record, from its members. */
uint32_t ktype_align(const struct kbtf *b, uint32_t id);
/* Size, alignment and fields. */
void ktype_fill(struct ktypes *k, struct type *t, const struct kbtf *b,
		uint32_t id);

#endif
