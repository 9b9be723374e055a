/* SPDX-License-Identifier: MIT */
/*
 * Code that words on bytes need: rows of tables, the length of a string, where
 * one string stands in another, which of two memories is the larger. Loops are
 * bounded back edges where the verifier may walk them round by round, and a
 * callback of bpf_loop where the rounds multiply.
 */
#include "lower.h"

#include <string.h>

enum { LOOPS_MAX = 8388608 }; /* the kernel's BPF_MAX_LOOPS */

static void
go_on(struct lower *l, struct blk *next)
{
	ir_seal(l, next);
	ir_at(l, next);
}

struct mem
ir_bytes(struct lower *l, const void *bytes, uint32_t n)
{
	return lower_bytes(l, bytes, n);
}

struct mem
ir_stack_obj(struct lower *l, uint32_t size)
{
	struct mem m = ir_obj(l, size, 8);

	if (m.base.id)
		l->f->objs.v[ir_op(l->f, m.base)->index].on_stack = true;
	return m;
}

struct mem
ir_row(struct lower *l, struct mem table, uint32_t stride, struct ref index,
       uint32_t count, uint32_t other)
{
	uint32_t slot = ir_slot(l);
	struct blk *known = ir_blk(l), *join = ir_blk(l);

	ir_slot_set(l, slot, ir_const(l, other));
	ir_br(l, CC_ULT, index, ir_const(l, count), known, join);
	go_on(l, known);
	ir_slot_set(l, slot, index);
	ir_jmp(l, join);
	go_on(l, join);
	index = ir_bini(l, IR_MUL, ir_slot_get(l, slot), stride);
	table.base = ir_bin(l, IR_ADD, table.base, index);
	return table;
}

/* ---- length ---- */

/* The helper finds the NUL while it copies, so that there is no loop. It ends
 * the copy with a NUL of its own, hence a full one needs a look at the last
 * byte. */
struct ref
ir_str_len(struct lower *l, struct mem s, uint32_t size)
{
	struct mem copy = ir_obj(l, size, 8);
	struct ref n, full, last;

	if (!size)
		return ir_const(l, 0);
	n = ir_probe_read(l, AS_KERNEL, copy, ir_const(l, size), ir_addr(l, s),
			  true);
	full = ir_cmp(l, CC_EQ, n, ir_const(l, size));
	last = ir_load(l, s.base, s.off + (int32_t)size - 1, 1);
	last = ir_cmp(l, CC_NE, last, ir_const(l, 0));
	n = ir_bini(l, IR_SUB, n, 1);
	return ir_bin(l, IR_ADD, n, ir_bin(l, IR_AND, full, last));
}

/* ---- order ---- */

/* Push the bytes from `n` on out of the words of *d, if there are any. */
static void
order_cut(struct lower *l, const struct walk *d, struct ref n,
	  struct blk *equal)
{
	struct ref left = ir_bin(l, IR_SUB, n, ir_slot_get(l, d->at)), bits;
	struct blk *some = ir_blk(l), *part = ir_blk(l), *whole = ir_blk(l);

	ir_br(l, CC_SLE, left, ir_const(l, 0), equal, some);
	go_on(l, some);
	ir_br(l, CC_SGE, left, ir_const(l, 8), whole, part);
	go_on(l, part);
	bits = ir_bin(l, IR_SUB, ir_const(l, 64), ir_bini(l, IR_SHL, left, 3));
	bits = ir_bini(l, IR_AND, bits, 63);
	ir_slot_set(l, d->x, ir_bin(l, IR_SHL, ir_slot_get(l, d->x), bits));
	ir_slot_set(l, d->y, ir_bin(l, IR_SHL, ir_slot_get(l, d->y), bits));
	ir_jmp(l, whole);
	go_on(l, whole);
}

/* The difference of the first bytes that differ, lowest address first. */
static struct ref
order_byte(struct lower *l, struct ref x, struct ref y)
{
	unsigned width;

	for (width = 4; width; width /= 2) {
		struct ref same = ir_cmp(l, CC_EQ, ir_un(l, IR_ZEXT, x, width),
					 ir_un(l, IR_ZEXT, y, width));
		struct ref skip = ir_bini(l, IR_MUL, same, 8 * width);

		x = ir_bin(l, IR_SHR, x, skip);
		y = ir_bin(l, IR_SHR, y, skip);
	}
	return ir_bin(l, IR_SUB, ir_un(l, IR_ZEXT, x, 1),
		      ir_un(l, IR_ZEXT, y, 1));
}

struct ref
ir_mem_order(struct lower *l, struct mem a, struct mem b, uint32_t size,
	     struct ref n)
{
	struct blk *equal = ir_blk(l), *join = ir_blk(l);
	struct walk d = lower_walk_begin(l, false);
	uint32_t result = ir_slot(l), words;
	int64_t fixed = -1;

	if (ir_is_const(l->f, n, &fixed) && fixed >= 0 && fixed < size)
		size = (uint32_t)fixed;
	words = (a.off | b.off) % 8 ? 0 : size & ~7u;
	lower_walk(l, &d, (struct pair){ a, b, 0, words, 8 });
	lower_walk(l, &d, (struct pair){ a, b, words, size, 1 });
	ir_jmp(l, equal);
	go_on(l, d.found);
	if (fixed < 0)
		order_cut(l, &d, n, equal);
	ir_slot_set(l, result,
		    order_byte(l, ir_slot_get(l, d.x), ir_slot_get(l, d.y)));
	ir_jmp(l, join);
	go_on(l, equal);
	ir_slot_set(l, result, ir_const(l, 0));
	ir_jmp(l, join);
	go_on(l, join);
	return ir_slot_get(l, result);
}

/* ---- search ---- */

/*
 * What the rounds share: three addresses on the stack, and a state in scratch
 * memory, whose contents the verifier does not follow round by round.
 *
 *	frame:  | haystack | needle | state |
 *	state:  | at | run | found |
 *
 * `run` bytes of the needle stand at `at`. Each round looks at one more byte.
 */
enum { S_AT = 0, S_RUN = 8, S_FOUND = 16, STATE_SIZE = 24, MISS = -2 };

/* Keep an object that is only known by an address in the frame. */
static void
pin(struct lower *l, struct mem m)
{
	const struct op *op = ir_op(l->f, m.base);

	if (op->code == IR_OBJ)
		l->f->objs.v[op->index].pinned = true;
}

static void
next_round(struct lower *l, struct ref state, struct ref at, struct ref run)
{
	ir_store(l, state, S_AT, at, 8);
	ir_store(l, state, S_RUN, run, 8);
	ir_ret(l, ir_const(l, 0));
}

/* The needle's byte `run`; its end goes to `found`. */
static struct ref
needle_byte(struct lower *l, struct ref frame, struct ref run, uint32_t size,
	    struct blk *found)
{
	struct blk *in = ir_blk(l), *some = ir_blk(l);
	struct ref want;

	ir_br(l, CC_ULT, run, ir_const(l, size), in, found);
	go_on(l, in);
	want = ir_load(l, frame, FIND_B, 8);
	want = ir_load(l, ir_bin(l, IR_ADD, want, run), 0, 1);
	ir_br(l, CC_NE, want, ir_const(l, 0), some, found);
	go_on(l, some);
	return want;
}

static void
find_round(struct lower *l, struct round_of what)
{
	uint32_t hay_size = what.size[0], needle_size = what.size[1];
	struct ref frame = ir_param(l, 1), state, at, run, pos, want, have;
	struct blk *found = ir_blk(l), *miss = ir_blk(l), *in = ir_blk(l);
	struct blk *same = ir_blk(l), *other = ir_blk(l), *on = ir_blk(l);

	state = ir_load(l, frame, FIND_STATE, 8);
	at = ir_load(l, state, S_AT, 8);
	run = ir_load(l, state, S_RUN, 8);
	want = needle_byte(l, frame, run, needle_size, found);
	pos = ir_bin(l, IR_ADD, at, run);
	ir_br(l, CC_ULT, pos, ir_const(l, hay_size), in, miss);
	go_on(l, in);
	have = ir_load(l, frame, FIND_A, 8);
	have = ir_load(l, ir_bin(l, IR_ADD, have, pos), 0, 1);
	ir_br(l, CC_EQ, have, want, same, other);
	go_on(l, same);
	next_round(l, state, at, ir_bini(l, IR_ADD, run, 1));
	go_on(l, other);
	ir_br(l, CC_NE, have, ir_const(l, 0), on, miss);
	go_on(l, on);
	next_round(l, state, ir_bini(l, IR_ADD, at, 1), ir_const(l, 0));
	go_on(l, found);
	ir_store(l, state, S_FOUND, at, 8);
	ir_ret(l, ir_const(l, 1));
	go_on(l, miss);
	ir_ret(l, ir_const(l, 1));
}

static struct lower
find_function(struct lower *l)
{
	const char *name = arena_printf(l->prog->arena, "%s_%u", l->unit->name,
					l->prog->funcs.n);
	struct lower c = *l;

	lower_check_frames(l);
	c.f = ir_func(l->prog, name, l->unit, l->f, 2);
	c.cur = c.f->blks.v[0];
	c.nslots = 0;
	return c;
}

struct func *
lower_find_function(struct lower *l, struct round_of what,
		    void (*body)(struct lower *l, struct round_of what))
{
	struct rounds *r = l->scope->rounds;
	struct lower c;

	while (r && (r->body != body || memcmp(&r->what, &what, sizeof(what))))
		r = r->next;
	if (r)
		return r->func;
	c = find_function(l);
	body(&c, what);
	r = arena_alloc(l->prog->arena, sizeof(*r));
	*r = (struct rounds){ l->scope->rounds, c.f, what, body };
	l->scope->rounds = r;
	return c.f;
}

/* Searches do not overlap: one object serves those of a function. */
static struct mem
shared_obj(struct lower *l, uint32_t *index, uint32_t size)
{
	if (!*index) {
		*index = l->f->objs.n + 1;
		return ir_obj(l, size, 8);
	}
	return (struct mem){ lower_obj_again(l, *index - 1), 0 };
}

struct mem
lower_find_frame(struct lower *l, struct mem a, struct mem b)
{
	struct scope *s = l->scope;
	struct mem frame = shared_obj(l, &s->find_frame, FIND_FRAME);
	struct mem state = shared_obj(l, &s->find_state, STATE_SIZE);

	l->f->objs.v[s->find_frame - 1].on_stack = true;
	l->f->objs.v[s->find_state - 1].scratch = true;
	pin(l, frame);
	pin(l, state);
	pin(l, a);
	pin(l, b);
	ir_store(l, frame.base, FIND_A, ir_addr(l, a), 8);
	ir_store(l, frame.base, FIND_B, ir_addr(l, b), 8);
	ir_store(l, frame.base, FIND_STATE, ir_addr(l, state), 8);
	return state;
}

void
lower_find_loop(struct lower *l, uint64_t rounds, struct func *round)
{
	struct mem frame = { lower_obj_again(l, l->scope->find_frame - 1), 0 };

	ir_call(l, HELPER_loop, 4,
		ir_const(l, rounds < LOOPS_MAX ? (int64_t)rounds : LOOPS_MAX),
		ir_callback(l, round), ir_addr(l, frame), ir_const(l, 0));
}

struct ref
ir_str_find(struct lower *l, struct mem hay, uint32_t hay_size,
	    struct mem needle, uint32_t needle_size)
{
	uint64_t rounds = ((uint64_t)hay_size + 1) * (needle_size + 1) + 1;
	struct func *round;
	struct mem state;

	if (!l->cur)
		return REF_NONE;
	if (lower_without_loop(l)) {
		diag_error(l->prog->diag, l->span,
			   "this kernel cannot search a string in a probe "
			   "(helper bpf_loop, kernel 5.17)");
		return ir_const(l, MISS);
	}
	state = lower_find_frame(l, hay, needle);
	round = lower_find_function(
		l, (struct round_of){ { hay_size, needle_size } }, find_round);
	ir_mem_zero(l, state, S_FOUND);
	ir_store(l, state.base, S_FOUND, ir_const(l, MISS), 8);
	lower_find_loop(l, rounds, round);
	return ir_load(l, state.base, S_FOUND, 8);
}
