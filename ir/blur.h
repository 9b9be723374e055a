/* SPDX-License-Identifier: MIT */
/* What blur.c and spilling want to know of a function, found by facts.c. */
#ifndef JIFFY_IR_BLUR_H
#define JIFFY_IR_BLUR_H

#include "alloc.h"

struct facts {
	struct func *f;
	struct arena *tmp;
	struct flow w;
	uint32_t n;        /* refs that there are facts of */
	struct blk **home; /* by ref id */
	uint32_t *uses;    /* by ref id */
	bool *address;     /* by ref id: the verifier has to know it */
	bool *pointer;     /* by ref id: may be one to the verifier */
	bool *unknown;     /* by ref id: any number, as far as it knows; from
			      ir_find_unknown() */
	bool *lives;       /* by ref id: used where it matters */
	VEC(struct ref) work;
	bool counted; /* loops are back edges for want of bpf_loop */
};

/* Needs: rpo. `f`, `tmp` and `counted` are set. */
void ir_find_facts(struct facts *c);
/* Behind it. */
void ir_find_unknown(struct facts *c);
bool ir_heads_loop(const struct blk *b);

#endif
