/* SPDX-License-Identifier: MIT */
/* What verify.c, verify_ssa.c and verify_regs.c share. */
#ifndef JIFFY_IR_VERIFY_H
#define JIFFY_IR_VERIFY_H

#include "internal.h"

struct verify {
	const struct prog *p;
	const struct func *f;
	struct arena *tmp;
	const struct blk **by_id; /* blocks of f->blks */
	uint64_t *owned;          /* ops that stand in a block */
};

/* Report a broken rule. Returns false. */
bool vf_bad(const struct verify *v, const struct blk *b, struct ref r,
	    const char *why);
/* Blocks that can be reached, in reverse postorder, found anew: the verifier
 * trusts no analysis. Returns how many; numbers[] by block id, VF_NONE: not
 * reached. */
enum { VF_NONE = UINT32_MAX };
uint32_t vf_order(const struct verify *v, const struct blk **order,
		  uint32_t *numbers);
/* Each value is made before it is read, on every way. */
bool vf_ssa(const struct verify *v);
/* Follow the contents of registers and slots. */
bool vf_regs(const struct verify *v);

#endif
