/* SPDX-License-Identifier: MIT */
/*
 * Spill slots: spill.c gives every value one of its own; here those that are
 * never needed at the same time come to share, and the frame gets its final
 * size. Liveness of slots, an interference matrix, first fit.
 *
 *	r10 - 0		objects (place.c)
 *	    ...		up to func->stack, rounded to 8
 *	    -8 ...	slots, from the lowest address upwards
 */
#include "alloc.h"

enum { STACK_LIMIT = 512 }; /* MAX_BPF_STACK, callbacks included */

struct slots {
	struct func *f;
	uint32_t n, words;
	uint64_t *live_in; /* blks.n rows */
	uint64_t *clash;   /* n rows */
	uint64_t *live;    /* one row */
};

static void
clash_with_live(struct slots *s, uint32_t slot)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		if (i != slot && ir_bit(s->live, i)) {
			ir_bit_set(s->clash + slot * s->words, i);
			ir_bit_set(s->clash + i * s->words, slot);
		}
}

/* A phi in a slot is there from the block's start on: its slot is live in,
 * written by the predecessors. */
static bool
scan_blk(struct slots *s, const struct blk *b)
{
	uint64_t *in = s->live_in + b->rpo * s->words;
	bool changed = false;
	uint32_t i, k;

	memset(s->live, 0, s->words * sizeof(*s->live));
	for (i = 0; i < 2; i++)
		for (k = 0; b->succ[i] && k < s->words; k++)
			s->live[k] |=
				s->live_in[b->succ[i]->rpo * s->words + k];
	for (i = b->ops.n; i-- > 0;) {
		const struct op *op = ir_op(s->f, b->ops.v[i]);

		if (op->code == IR_SPILL) {
			ir_bit_clear(s->live, op->imm);
			clash_with_live(s, op->imm);
		} else if (op->code == IR_RELOAD) {
			ir_bit_set(s->live, op->imm);
		}
	}
	for (k = 0; k < s->words; k++) {
		changed |= in[k] != s->live[k];
		in[k] = s->live[k];
	}
	return changed;
}

static uint32_t
first_free(const struct slots *s, uint32_t slot, const uint32_t *color)
{
	uint32_t c, i;

	for (c = 0;; c++) {
		for (i = 0; i < slot; i++)
			if (color[i] == c &&
			    ir_bit(s->clash + slot * s->words, i))
				break;
		if (i == slot)
			return c;
	}
}

static void
renumber(struct func *f, const uint32_t *color)
{
	uint32_t i, k;

	for (i = 0; i < f->blks.n; i++)
		for (k = 0; k < f->blks.v[i]->ops.n; k++) {
			struct op *op = ir_op(f, f->blks.v[i]->ops.v[k]);

			if (op->code == IR_SPILL || op->code == IR_RELOAD ||
			    (op->code == IR_PHI && op->has_imm))
				op->imm = color[op->imm];
		}
}

static void
color_slots(struct func *f, struct arena *tmp)
{
	struct slots s = { .f = f, .n = f->nslots };
	uint32_t *color = arena_alloc(tmp, s.n * sizeof(*color));
	uint32_t i, used = 0;
	bool changed = true;

	s.words = (s.n + 63) / 64;
	s.live_in = arena_alloc(tmp, f->blks.n * s.words * sizeof(uint64_t));
	s.clash = arena_alloc(tmp, s.n * s.words * sizeof(uint64_t));
	s.live = arena_alloc(tmp, s.words * sizeof(uint64_t));
	while (changed) {
		changed = false;
		for (i = f->blks.n; i-- > 0;)
			changed |= scan_blk(&s, f->blks.v[i]);
	}
	for (i = 0; i < s.n; i++) {
		color[i] = first_free(&s, i, color);
		used = color[i] + 1 > used ? color[i] + 1 : used;
	}
	renumber(f, color);
	f->nslots = used;
}

/* The kernel counts a callback's caller as well, each in steps of 32 bytes.
 * Callers have lower numbers: theirs is known already. */
static uint32_t
chain_stack(const struct func *f)
{
	uint32_t size = f->parent ? (f->stack + 31) & ~31u : f->stack;

	while ((f = f->parent))
		size += (f->stack + 31) & ~31u;
	return size;
}

bool
ir_color_slots(struct prog *p, struct func *f)
{
	struct arena tmp = { 0 };
	uint32_t size;

	if (f->nslots)
		color_slots(f, &tmp);
	arena_free(&tmp);
	f->stack = ((f->stack + 7) & ~7u) + 8 * f->nslots;
	size = chain_stack(f);
	if (size <= STACK_LIMIT)
		return true;
	return diag_error(p->diag, ir_op(f, f->blks.v[0]->ops.v[0])->span,
			  "%s needs %u bytes of stack, the kernel allows %d; "
			  "use fewer variables at a time",
			  f->parent ? "this loop and what is around it"
				    : "this probe",
			  size, STACK_LIMIT);
}
