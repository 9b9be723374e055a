/* SPDX-License-Identifier: MIT */
/*
 * Walks over two memories side by side, to the first place where they differ
 * (or a text ends): what comparisons of strings and bytes are made of. Few
 * rounds are written one after the other; more are a bounded back edge, which
 * the verifier walks through round by round, each time the walk is met. Where
 * these would become too many they are a callback of bpf_loop: it looks at
 * such once, but each round is a call.
 */
#include "lower.h"

enum { UNROLLED = 4 };

/* Insns that the verifier may go through: for one walk, for all of a unit. */
enum { ROUND_INSNS = 16, WALK_MAX = 10000, WALKS_MAX = 60000 };

#define ONES INT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

static void
go_on(struct lower *l, struct blk *next)
{
	ir_seal(l, next);
	ir_at(l, next);
}

/* Has its highest bit in each byte that is 0, and nothing below the first. */
static struct ref
zero_bytes(struct lower *l, struct ref x, unsigned width)
{
	uint64_t highs = HIGHS >> (64 - 8 * width);
	struct ref z = ir_bini(l, IR_SUB, x, ONES);

	z = ir_bin(l, IR_AND, z, ir_bini(l, IR_XOR, x, -1));
	return ir_bini(l, IR_AND, z, (int64_t)highs);
}

struct walk
lower_walk_begin(struct lower *l, bool text)
{
	return (struct walk){ ir_slot(l), ir_slot(l), ir_slot(l), text,
			      ir_blk(l) };
}

/* Zero while the walk has to go on. */
static struct ref
is_end(struct lower *l, const struct walk *w, struct ref x, struct ref y,
       unsigned width)
{
	struct ref end = ir_bin(l, IR_XOR, x, y);

	if (!w->text)
		return end;
	return ir_bin(l, IR_OR, end, zero_bytes(l, x, width));
}

/* One round: on to `next`, or to w->found. */
static void
walk_round(struct lower *l, struct walk *w, struct mem a, struct mem b,
	   unsigned width, struct ref at, struct blk *next)
{
	struct ref x = ir_load(l, a.base, a.off, width);
	struct ref y = ir_load(l, b.base, b.off, width);

	ir_slot_set(l, w->x, x);
	ir_slot_set(l, w->y, y);
	ir_slot_set(l, w->at, at);
	ir_br(l, CC_EQ, is_end(l, w, x, y, width), ir_const(l, 0), next,
	      w->found);
	go_on(l, next);
}

static void
walk_unrolled(struct lower *l, struct walk *w, struct pair p)
{
	uint32_t at;

	for (at = p.from; at < p.to; at += p.width) {
		struct mem a = { p.a.base, p.a.off + (int32_t)at };
		struct mem b = { p.b.base, p.b.off + (int32_t)at };

		walk_round(l, w, a, b, p.width, ir_const(l, at), ir_blk(l));
	}
}

static void
walk_loop(struct lower *l, struct walk *w, struct pair p)
{
	struct blk *head = ir_blk(l), *body = ir_blk(l), *done = ir_blk(l);
	uint32_t slot = ir_slot(l);
	struct ref at;

	ir_slot_set(l, slot, ir_const(l, p.from));
	ir_jmp(l, head);
	ir_at(l, head);
	at = ir_slot_get(l, slot);
	ir_br(l, CC_ULT, at, ir_const(l, p.to), body, done);
	go_on(l, body);
	p.a.base = ir_bin(l, IR_ADD, p.a.base, at);
	p.b.base = ir_bin(l, IR_ADD, p.b.base, at);
	walk_round(l, w, p.a, p.b, p.width, at, ir_blk(l));
	ir_slot_set(l, slot, ir_bini(l, IR_ADD, at, p.width));
	ir_jmp(l, head);
	ir_seal(l, head);
	go_on(l, done);
}

/* ---- as a callback ---- */

/*
 * The frame of lower_bytes.c's searches, with a state of its own:
 *
 *	frame:  | a | b | state |
 *	state:  | x | y | at |
 */
enum { S_X = 0, S_Y = 8, S_AT = 16, NOWHERE = -1 };

enum { W_FROM, W_TO, W_WIDTH, W_TEXT };

static void
callback_round(struct lower *l, struct round_of what)
{
	const struct walk w = { .text = what.size[W_TEXT] };
	uint32_t from = what.size[W_FROM], width = what.size[W_WIDTH];
	uint32_t rounds = (what.size[W_TO] - from) / width;
	struct blk *in = ir_blk(l), *out = ir_blk(l);
	struct blk *on = ir_blk(l), *end = ir_blk(l);
	struct ref frame = ir_param(l, 1), i = ir_param(l, 0), x, y, at, state;

	ir_br(l, CC_ULT, i, ir_const(l, rounds), in, out);
	go_on(l, in);
	at = ir_bini(l, IR_ADD, ir_bini(l, IR_MUL, i, width), from);
	x = ir_load(l, frame, FIND_A, 8);
	x = ir_load(l, ir_bin(l, IR_ADD, x, at), 0, width);
	y = ir_load(l, frame, FIND_B, 8);
	y = ir_load(l, ir_bin(l, IR_ADD, y, at), 0, width);
	ir_br(l, CC_EQ, is_end(l, &w, x, y, width), ir_const(l, 0), on, end);
	go_on(l, end);
	state = ir_load(l, frame, FIND_STATE, 8);
	ir_store(l, state, S_X, x, 8);
	ir_store(l, state, S_Y, y, 8);
	ir_store(l, state, S_AT, at, 8);
	ir_jmp(l, out);
	go_on(l, out);
	ir_ret(l, ir_const(l, 1));
	go_on(l, on);
	ir_ret(l, ir_const(l, 0));
}

static void
walk_callback(struct lower *l, struct walk *w, struct pair p)
{
	struct mem state = lower_find_frame(l, p.a, p.b);
	struct blk *found = ir_blk(l), *done = ir_blk(l);
	struct round_of what = { { p.from, p.to, p.width, w->text } };
	struct func *round = lower_find_function(l, what, callback_round);
	struct ref at;

	ir_store(l, state.base, S_AT, ir_const(l, NOWHERE), 8);
	lower_find_loop(l, (p.to - p.from) / p.width, round);
	at = ir_load(l, state.base, S_AT, 8);
	ir_br(l, CC_EQ, at, ir_const(l, NOWHERE), done, found);
	go_on(l, found);
	ir_slot_set(l, w->x, ir_load(l, state.base, S_X, 8));
	ir_slot_set(l, w->y, ir_load(l, state.base, S_Y, 8));
	ir_slot_set(l, w->at, at);
	ir_jmp(l, w->found);
	go_on(l, done);
}

/* ---- which ---- */

static bool
is_too_much(struct lower *l, uint64_t rounds)
{
	const struct loop *loop;
	uint64_t insns = rounds * ROUND_INSNS * l->scope->passes;

	if (lower_without_loop(l) || l->scope->frames >= FRAMES_MAX)
		return false;
	for (loop = l->scope->loop; loop; loop = loop->up)
		insns *= loop->rounds;
	if (insns > WALK_MAX || l->scope->u->walked + insns > WALKS_MAX)
		return true;
	l->scope->u->walked += (uint32_t)insns;
	return false;
}

void
lower_walk(struct lower *l, struct walk *w, struct pair p)
{
	uint32_t rounds = (p.to - p.from) / p.width;

	if (!l->cur)
		return;
	if (rounds <= UNROLLED)
		walk_unrolled(l, w, p);
	else if (is_too_much(l, rounds))
		walk_callback(l, w, p);
	else
		walk_loop(l, w, p);
}

/* Of the two words that differ, or in which a text ends: bits that differ
 * above the first NUL do not count. Less one, none is the highest. */
struct ref
lower_walk_differs(struct lower *l, const struct walk *w)
{
	struct ref x = ir_slot_get(l, w->x);
	struct ref d = ir_bin(l, IR_XOR, x, ir_slot_get(l, w->y));
	struct ref z = zero_bytes(l, x, 8);

	d = ir_bin(l, IR_AND, d, ir_un(l, IR_NEG, d, 8));
	z = ir_bin(l, IR_AND, z, ir_un(l, IR_NEG, z, 8));
	return ir_cmp(l, CC_UGE, ir_bini(l, IR_SUB, z, 1),
		      ir_bini(l, IR_SUB, d, 1));
}
