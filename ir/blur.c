/* SPDX-License-Identifier: MIT */
/*
 * Pass "blur": what the kernel's verifier need not know, hidden from it, so
 * that its walk through a long program ends.
 *
 * The verifier follows all ways through a program, at most 1,000,000 insns in
 * all, and gives one up where it has been before in the same state. n branches
 * whose two sides leave different states behind are 2^n ways. What makes
 * states differ, found in its logs (level 2) of 6.1, 6.12 and 6.18:
 *
 * 1. A value of which a comparison has left a range, or one number (and with
 *    it, from 6.8 on, the stack slot that it was loaded from), once another
 *    comparison of it is decided by that: then it is "precise" (5.3).
 * 2. A variable that is a different constant, or has a different range, on
 *    each side, for the same reason; the result of a comparison is one.
 * 3. Before 6.3: an event's record that is reserved in the ring buffer. States
 *    are equal only if the records have the same number, and each has a new
 *    one: no state within a reservation is ever met again. Those outside would
 *    be, but states are kept only each 8 insns and 2 jumps: what stands between
 *    two events is often less. So n prints one after the other were 2^n ways.
 *
 * Against 1 and 2: values are mixed with a zero of which the verifier knows
 * nothing. Comparisons are of such copies, phis become them where they are
 * made, results of comparisons where they live on. Then what is known of a
 * value depends on the place in the program, not on the way to it, except for
 * what the verifier has to know: what goes into addresses and into arguments
 * of helpers, and what counts a loop. The mixing is XOR: by addition (6.12) or
 * copies the zero itself would come to share what is learnt later. Against 3:
 * REST behind each event, jumps to the next insn, which are enough for a state
 * to be kept and which the kernel removes when it is done.
 *
 * Only where the ways are too many: if n branches in m ops are 2^n * m insns
 * within the limit nothing is needed, whatever the states are.
 */
#include "blur.h"

enum {
	WAYS_MAX = 20,     /* branches: too many whatever stands there */
	INSNS_MAX = 200000 /* ops times ways: below this, leave it */
};

/* Without them a long program has a tenth fewer insns, and each of them takes
 * the kernel as long to remove as the program is long. */
enum { RESTS_UNTIL = 0x060300 };

struct blur {
	struct prog *p;
	struct facts k;
	struct ref zero;
};

/* ---- hiding ---- */

/* A load of its own, at the function's start: a copy in a register that is
 * compared would be known in all of them. */
static void
make_zero(struct blur *c)
{
	struct lower l = { .prog = c->p, .f = c->k.f, .unit = c->k.f->unit };
	struct blk *entry = c->k.f->blks.v[0];
	uint32_t head = ir_after_head(c->k.f, entry), n = entry->ops.n, i;
	struct ref *rest = arena_alloc(c->k.tmp, n * sizeof(*rest));

	for (i = head; i < n; i++)
		rest[i] = entry->ops.v[i];
	entry->ops.n = head;
	l.cur = entry;
	l.span = ir_op(c->k.f, rest[head])->span;
	c->zero = ir_load(&l, ir_zeros(&l, 8), 0, 8);
	for (i = head; i < n; i++)
		*vec_push(c->k.f->arena, &entry->ops) = rest[i];
}

static bool
may_hide(const struct blur *c, struct ref r)
{
	return r.id < c->k.n && !c->k.address[r.id] && !c->k.pointer[r.id] &&
	       ir_op(c->k.f, r)->code != IR_CONST;
}

static struct ref
hidden(struct blur *c, struct ref r)
{
	struct op mix = { .code = IR_XOR,
			  .width = 8,
			  .nargs = 2,
			  .reg = -1,
			  .span = ir_op(c->k.f, r)->span };

	mix.arg[0] = r;
	mix.arg[1] = c->zero;
	return ir_new_op(c->k.f, mix);
}

static bool
is_stack(const struct blur *c, struct ref address)
{
	const struct op *op = ir_op(c->k.f, address);

	return op->code == IR_OBJ || op->code == IR_PARAM;
}

/* Is `r` made of what stands on the stack? The verifier knows that as well as
 * registers: bytes of a text are other constants on each way. */
static bool
is_of_stack(const struct blur *c, struct ref r, unsigned depth)
{
	const struct op *op = ir_op(c->k.f, r);
	uint32_t i, n = ir_ref_args(op);

	if (op->code == IR_LOAD)
		return is_stack(c, op->arg[0]);
	if (op->code == IR_CALL || op->code == IR_PHI || op->code == IR_CMP)
		return false; /* unknown, or hidden itself */
	if (n && !depth)
		return true;
	for (i = 0; i < n; i++)
		if (is_of_stack(c, op->arg[i], depth - 1))
			return true;
	return false;
}

/* Is `r` read by one comparison only, and known in no other register nor slot
 * that lives on? Then it does not matter what is learnt of it. */
static bool
is_private(const struct blur *c, struct ref r)
{
	enum { DEPTH = 8 };
	const struct op *op;

	for (;; r = op->arg[0]) {
		op = ir_op(c->k.f, r);
		if (c->k.uses[r.id] > 1)
			return false;
		switch ((int)op->code) {
		case IR_CONST:
		case IR_CALL:
		case IR_PHI: /* hidden itself */
			return true;
		case IR_LOAD:
			return !is_stack(c, op->arg[0]);
		case IR_COPY:
		case IR_ZEXT:
		case IR_SEXT:
		case IR_AND: /* may become a copy of 32 bits */
			break;
		case IR_ADD: /* a constant more is still the same number */
		case IR_SUB:
			if (ir_op(c->k.f, op->arg[1])->code != IR_CONST)
				return !is_of_stack(c, r, DEPTH);
			break;
		default:
			return !is_of_stack(c, r, DEPTH);
		}
	}
}

struct rewriting {
	struct ref *to; /* by ref id: what everybody reads instead */
	uint32_t nto;
	bool any;
	VEC(struct ref) ops; /* the block's new list */
};

static void
put(struct blur *c, struct rewriting *w, struct ref r)
{
	*vec_push(c->k.tmp, &w->ops) = r;
}

static void
hide_operands(struct blur *c, struct rewriting *w, struct ref r)
{
	uint32_t i, n = ir_ref_args(ir_op(c->k.f, r));

	for (i = 0; i < n; i++) {
		struct ref a = ir_op(c->k.f, r)->arg[i], mix;

		if (!may_hide(c, a) || is_private(c, a))
			continue;
		mix = hidden(c, a);
		put(c, w, mix);
		ir_op(c->k.f, r)->arg[i] = mix;
	}
}

/* Another function's stack, perhaps: an address that was a parameter, or lay in
 * memory. A constant that goes there the verifier takes for precise, with all
 * it was made of, for only stores by the frame register can be followed. */
static bool
is_foreign(const struct blur *c, struct ref address)
{
	const struct op *op = ir_op(c->k.f, address);

	while (op->code == IR_ADD)
		op = ir_op(c->k.f, op->arg[0]);
	return op->code == IR_LOAD || op->code == IR_PARAM;
}

static void
hide_stored(struct blur *c, struct rewriting *w, struct ref r)
{
	struct op *op = ir_op(c->k.f, r);
	struct ref v = op->arg[1], mix;

	if (!is_foreign(c, op->arg[0]) || !may_hide(c, v) ||
	    !is_of_stack(c, v, 1))
		return;
	mix = hidden(c, v);
	put(c, w, mix);
	ir_op(c->k.f, r)->arg[1] = mix;
}

static void
hide_result(struct blur *c, struct rewriting *w, struct ref r)
{
	if (!c->k.lives[r.id] || !may_hide(c, r))
		return;
	w->to[r.id] = hidden(c, r);
	w->any = true;
	put(c, w, w->to[r.id]);
}

static void
hide_in(struct blur *c, struct rewriting *w, struct blk *b)
{
	uint32_t i, k, head = ir_after_head(c->k.f, b);

	w->ops.n = 0;
	for (i = 0; i < b->ops.n; i++) {
		struct ref r = b->ops.v[i];
		enum ir_opcode code = ir_op(c->k.f, r)->code;

		if (i == head)
			for (k = 0; k < head; k++)
				if (ir_op(c->k.f, b->ops.v[k])->code == IR_PHI)
					hide_result(c, w, b->ops.v[k]);
		if (code == IR_BR || code == IR_CMP)
			hide_operands(c, w, r);
		if (code == IR_STORE)
			hide_stored(c, w, r);
		put(c, w, r);
		if (code == IR_CMP)
			hide_result(c, w, r);
	}
	ir_set_ops(c->k.f, b, w->ops.v, w->ops.n);
}

static void
hide(struct blur *c)
{
	struct rewriting w = { .nto = c->k.f->ops.n };
	uint32_t most = c->k.f->ops.n, i;

	for (i = 0; i < c->k.f->blks.n;
	     i++) /* two operands and a result each */
		most += 3 * c->k.f->blks.v[i]->ops.n;
	w.to = arena_alloc(c->k.tmp, most * sizeof(*w.to));
	for (i = 0; i < c->k.f->blks.n; i++)
		hide_in(c, &w, c->k.f->blks.v[i]);
	if (w.any)
		ir_replace(c->k.f, w.to);
	for (i = 1; w.any && i < w.nto; i++)
		if (w.to[i].id)
			ir_op(c->k.f, w.to[i])->arg[0].id = i;
}

/* ---- where nothing is reserved ---- */

/* The block where an event's two ways meet: it was sent, or the buffer was
 * full. NULL: `b` reserves nothing, or they go different ways. */
static struct blk *
event_end(const struct blur *c, const struct blk *b)
{
	const struct op *end = ir_end(c->k.f, b), *from;
	uint32_t i;

	if (end->code != IR_BR)
		return NULL;
	from = ir_op(c->k.f, end->arg[0]);
	if (from->code != IR_CALL || from->index != HELPER_ringbuf_reserve)
		return NULL;
	for (i = 0; i < 2; i++)
		if (b->succ[i]->cold && !b->succ[i]->succ[1])
			return b->succ[i]->succ[0];
	return NULL;
}

static void
rest(struct blur *c)
{
	uint32_t i, n = c->k.f->blks.n;

	if (c->p->kernel >= RESTS_UNTIL)
		return;
	for (i = 0; i < n; i++) {
		struct blk *to = event_end(c, c->k.f->blks.v[i]);
		struct op op = { .code = IR_REST };

		if (!to || ir_heads_loop(to))
			continue;
		op.span = ir_end(c->k.f, to)->span;
		ir_append_front(c->k.f, to, op);
	}
}

/* ---- which programs ---- */

/* Ops and branches of a unit, the callbacks of its loops included. */
struct ways {
	uint64_t ops;
	uint32_t branches;
};

static uint32_t
count_branches(const struct func *f, const struct blk *b)
{
	uint32_t i, n = 0;

	for (i = 0; i < b->ops.n; i++) {
		const struct op *op = ir_op(f, b->ops.v[i]);

		n += op->code == IR_CMP;
		if (op->code == IR_BR)
			n += ir_end(f, b->succ[0])->code != IR_RET &&
			     ir_end(f, b->succ[1])->code != IR_RET;
	}
	return n;
}

static const struct func *
outermost(const struct func *f)
{
	while (f->parent)
		f = f->parent;
	return f;
}

static struct ways *
count_ways(const struct prog *p, struct arena *tmp)
{
	struct ways *ways = arena_alloc(tmp, (p->funcs.n + 1) * sizeof(*ways));
	uint32_t i, k;

	for (i = 0; i < p->funcs.n; i++) {
		const struct func *f = p->funcs.v[i];
		struct ways *w = &ways[outermost(f)->index];

		for (k = 0; k < f->blks.n; k++) {
			w->ops += f->blks.v[k]->ops.n;
			w->branches += count_branches(f, f->blks.v[k]);
		}
	}
	return ways;
}

static bool
are_too_many(const struct ways *w)
{
	return w->branches >= WAYS_MAX || w->ops << w->branches > INSNS_MAX;
}

static void
blur_func(struct prog *p, struct func *f)
{
	struct arena tmp = { .lender = p->arena };
	struct blur c = { .p = p, .k = { .f = f, .tmp = &tmp } };

	ir_rpo(f);
	c.k.counted = p->without & 1u << FEAT_LOOP;
	ir_find_facts(&c.k);
	make_zero(&c);
	hide(&c);
	rest(&c);
	arena_free(&tmp);
}

static bool
has_loops(const struct func *f)
{
	uint32_t i;

	for (i = 0; i < f->blks.n; i++)
		if (ir_heads_loop(f->blks.v[i]))
			return true;
	return false;
}

/* Needs: dead code gone, rpo. Nothing may fold constants after it. */
bool
ir_blur(struct prog *p)
{
	struct arena tmp = { .lender = p->arena };
	struct ways *ways = count_ways(p, &tmp);
	uint32_t i;

	for (i = 0; i < p->funcs.n; i++) {
		struct func *f = p->funcs.v[i];

		if (are_too_many(&ways[outermost(f)->index]) ||
		    (p->without & 1u << FEAT_LOOP && has_loops(f)))
			blur_func(p, f);
	}
	arena_free(&tmp);
	return true;
}
