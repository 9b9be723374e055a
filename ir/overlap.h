/* SPDX-License-Identifier: MIT */
/* Which objects of a function may share bytes (overlap.c), for place.c. */
#ifndef JIFFY_IR_OVERLAP_H
#define JIFFY_IR_OVERLAP_H

#include "internal.h"

/* A value of a per-CPU map has at most so many bytes (the kernel's
 * PCPU_MIN_UNIT_SIZE): in scratch no object lies across a multiple of it. */
enum { SCRATCH_PAGE = 32768 };

struct overlap {
	uint32_t n, words; /* objects; 64 to a word */
	uint64_t *clash;   /* n rows: objects that are alive at once */
	uint64_t *touched; /* one row: objects that any op touches */
	uint64_t *pinned;  /* one row: objects that clash with all */
};

/* Needs: rpo. In `tmp`. */
struct overlap ir_overlap(struct func *f, struct arena *tmp);
/* Give the function's first n objects that are (not) in scratch their
 * `where`: below r10, or from 0 upwards. Returns the bytes used. */
uint32_t ir_overlap_place(const struct overlap *o, struct func *f,
			  bool scratch);

#endif
