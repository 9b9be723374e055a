/* SPDX-License-Identifier: MIT */
/*
 * Loops. `while` and short constant ranges are back edges; other ranges and
 * maps run their body as a callback of bpf_loop and bpf_for_each_map_elem:
 * a function of its own, which shares variables through the capture frame and
 * returns 1 to stop.
 *
 * Kernels before 5.17 have no bpf_loop: there all ranges and `while` are back
 * edges whose rounds are counted. When the count is at its end the loop stops
 * and says so.
 */
#include "lower.h"

#include <errno.h>

enum { MAX_LOOPS = 8388608 }; /* the kernel's BPF_MAX_LOOPS */

static void
go_on(struct lower *l, struct blk *next)
{
	ir_seal(l, next);
	ir_at(l, next);
}

static void
body_in(struct lower *l, const struct node *body, struct blk *brk,
	struct blk *cont, uint32_t rounds)
{
	struct loop loop = { l->scope->loop, brk, cont, rounds };

	l->scope->loop = &loop;
	lower_stmt(l, body);
	l->scope->loop = loop.up;
}

static void
inline_while(struct lower *l, const struct node *n, uint32_t rounds)
{
	struct blk *head = ir_blk(l), *body = ir_blk(l), *done = ir_blk(l);
	struct region r;

	ir_jmp(l, head);
	ir_at(l, head);
	lower_enter(l, &r);
	lower_cond(l, n->loop.cond, body, done);
	go_on(l, body);
	body_in(l, n->loop.body, done, head, rounds);
	lower_leave(l, &r);
	ir_jmp(l, head);
	ir_seal(l, head);
	go_on(l, done);
}

void
lower_unroll(struct lower *l, const struct node *n)
{
	uint64_t i;

	if (n->loop.cond->kind != N_INT) {
		lower_sorry(l, n->loop.cond->span, "this number of rounds");
		return;
	}
	for (i = 0; i < n->loop.cond->num.value; i++)
		lower_stmt(l, n->loop.body);
}

/* ---- a constant range ---- */

/* Assigning the loop variable in the body does not change the rounds. */
static void
inline_range(struct lower *l, const struct node *n, int64_t from, int64_t to)
{
	struct blk *head = ir_blk(l), *body = ir_blk(l), *next = ir_blk(l);
	struct blk *done = ir_blk(l);
	uint32_t slot = ir_slot(l);
	struct region r;
	struct ref i;

	ir_slot_set(l, slot, ir_const(l, from));
	ir_jmp(l, head);
	ir_at(l, head);
	i = ir_slot_get(l, slot);
	ir_br(l, CC_SLT, i, ir_const(l, to), body, done);
	go_on(l, body);
	lower_enter(l, &r);
	lower_var_set(l, n->loop_for.var, i);
	body_in(l, n->loop_for.body, done, next, (uint32_t)(to - from));
	lower_leave(l, &r);
	ir_jmp(l, next);
	go_on(l, next);
	i = ir_bini(l, IR_ADD, ir_slot_get(l, slot), 1);
	ir_slot_set(l, slot, i);
	ir_jmp(l, head);
	ir_seal(l, head);
	go_on(l, done);
}

/* ---- without bpf_loop ---- */

bool
lower_without_loop(const struct lower *l)
{
	return l->in && l->in->without & 1u << FEAT_LOOP;
}

/* The limit of rounds that a loop has, and those in it. */
static uint32_t
rounds_limit(struct lower *l, const struct node *n)
{
	struct unit_state *u = l->scope->u;

	if (!l->scope->loop || !u->rounds_max)
		u->rounds_max = lower_rounds_max(n);
	return u->rounds_max;
}

/* Go on with a body while fewer than `limit` rounds were; else say that the
 * loop was cut, and leave it. Returns the number of this round. */
static struct ref
count_round(struct lower *l, uint32_t slot, uint32_t limit, struct blk *done)
{
	struct blk *body = ir_blk(l), *over = lower_cold(l);
	struct ref i = ir_slot_get(l, slot);

	ir_br(l, CC_ULT, i, ir_const(l, limit), body, over);
	go_on(l, over);
	lower_notice(l, NOTICE_HELPER, HELPER_loop, ir_const(l, -E2BIG));
	ir_jmp(l, done);
	go_on(l, body);
	return i;
}

static void
next_round(struct lower *l, uint32_t slot, struct blk *next, struct blk *head)
{
	go_on(l, next);
	ir_slot_set(l, slot, ir_bini(l, IR_ADD, ir_slot_get(l, slot), 1));
	ir_jmp(l, head);
	ir_seal(l, head);
}

/* A back edge whose rounds are counted. */
struct counted {
	struct blk *head, *test, *next, *done;
	uint32_t slot, limit;
	struct region region;
};

/* Stands in `head`, where it is to be decided: on to `test`, or `done`. */
static void
counted_begin(struct lower *l, const struct node *n, struct counted *c)
{
	*c = (struct counted){ .head = ir_blk(l),
			       .test = ir_blk(l),
			       .next = ir_blk(l),
			       .done = ir_blk(l),
			       .slot = ir_slot(l),
			       .limit = rounds_limit(l, n) };
	ir_slot_set(l, c->slot, ir_const(l, 0));
	ir_jmp(l, c->head);
	ir_at(l, c->head);
	lower_enter(l, &c->region);
}

static void
counted_end(struct lower *l, const struct node *body, struct counted *c)
{
	body_in(l, body, c->done, c->next, c->limit);
	lower_leave(l, &c->region);
	ir_jmp(l, c->next);
	next_round(l, c->slot, c->next, c->head);
	go_on(l, c->done);
}

static void
counted_while(struct lower *l, const struct node *n)
{
	struct counted c;

	counted_begin(l, n, &c);
	lower_cond(l, n->loop.cond, c.test, c.done);
	go_on(l, c.test);
	count_round(l, c.slot, c.limit, c.done);
	counted_end(l, n->loop.body, &c);
}

static void
counted_range(struct lower *l, const struct node *n)
{
	const struct type *t = n->loop_for.var->type;
	struct ref from = ir_expr(l, n->loop_for.from);
	struct ref to = ir_expr(l, n->loop_for.to), i;
	struct counted c;

	counted_begin(l, n, &c);
	i = ir_bin(l, IR_ADD, from, ir_slot_get(l, c.slot));
	ir_br(l, t->is_signed ? CC_SLT : CC_ULT, i, to, c.test, c.done);
	go_on(l, c.test);
	count_round(l, c.slot, c.limit, c.done);
	i = lower_convert(l, i, type_int(l->prog->types, 8, t->is_signed), t);
	lower_var_set(l, n->loop_for.var, i);
	counted_end(l, n->loop_for.body, &c);
}

/* ---- callbacks ---- */

struct callback {
	struct lower l;
	struct scope scope;
	struct region region;
};

/* How often the verifier walks through what stands here. A callback it does
 * (from 6.7 on) until nothing new comes of it. */
static uint32_t
passes(const struct lower *l)
{
	enum { PER_CALLBACK = 3, PASSES_MAX = 1 << 20 };
	uint64_t n = (uint64_t)l->scope->passes * PER_CALLBACK;
	const struct loop *loop;

	for (loop = l->scope->loop; loop && n < PASSES_MAX; loop = loop->up)
		n *= loop->rounds;
	return n < PASSES_MAX ? (uint32_t)n : PASSES_MAX;
}

/* Each callback is a function that is active with all around it. */
void
lower_check_frames(struct lower *l)
{
	if (l->scope->frames == FRAMES_MAX && l->cur)
		diag_error(l->prog->diag, l->span,
			   "too many loops in each other: the kernel allows "
			   "%d, searches in strings count as one",
			   FRAMES_MAX - 1);
}

static void
callback_begin(struct callback *c, struct lower *l, uint8_t nparams)
{
	const struct func *f;

	lower_check_frames(l);
	c->l = *l;
	c->region = (struct region){ 0 };
	c->scope = (struct scope){ .u = l->scope->u,
				   .callback = true,
				   .passes = passes(l),
				   .frames = l->scope->frames + 1,
				   .region = &c->region };
	c->l.f = ir_func(l->prog,
			 arena_printf(l->prog->arena, "%s_%u", l->unit->name,
				      l->prog->funcs.n),
			 l->unit, l->f, nparams);
	f = c->l.f;
	c->l.cur = f->blks.v[0];
	c->l.nslots = 0;
	c->l.scope = &c->scope;
	if (c->scope.u->has_frame)
		c->scope.frame = ir_param(&c->l, nparams - 1u);
}

/*
 * The verifier (6.7 and later) runs a callback again and again until nothing
 * new comes of it. A counter in the frame is new each time, and a branch on
 * it keeps it from being generalised: so scalars in the frame are shifted by
 * a zero that the verifier does not know to be one, after which it knows
 * nothing of them (adding it would leave them bounds, new ones each time).
 * The index of bpf_loop has 32 bits, in a register of which it knows nothing;
 * the zeros behind the counters it does not look into: anybody may write there.
 */
struct ref
lower_unknown_zero(struct lower *l)
{
	if (l->f->parent && l->f->nparams == 2)
		return ir_bini(l, IR_SHR, ir_param(l, 0), 32);
	return ir_load(l, ir_zeros(l, 8), 0, 8);
}

static void
callback_body(struct callback *c, const struct node *body)
{
	body_in(&c->l, body, NULL, NULL, 1);
	ir_ret(&c->l, ir_const(&c->l, 0));
}

/* Behind the helper's call: the body may have ended the probe. */
static void
after_loop(struct lower *l, const struct node *body)
{
	const struct unit_state *u = l->scope->u;
	struct blk *ended, *next;
	struct mem frame;

	if (!lower_ends_probe(body))
		return;
	ended = lower_cold(l);
	next = ir_blk(l);
	frame = lower_frame(l, 0);
	ir_br(l, CC_NE, ir_load(l, frame.base, u->done_off, 8), ir_const(l, 0),
	      ended, next);
	go_on(l, ended);
	if (l->scope->callback)
		ir_ret(l, ir_const(l, 1));
	else
		ir_ret(l, ir_load(l, frame.base, u->result_off, 8));
	go_on(l, next);
}

static uint32_t
body_number(const struct lower *l, const struct node *n)
{
	return l->scope->u->vars[n->loop_for.var->id].func;
}

/* ---- while ---- */

/* Runs until its condition fails, or the kernel's limit. */
static void
callback_while(struct lower *l, const struct node *n, uint32_t func)
{
	struct ref limit, callback, frame;
	struct blk *go, *stop;
	struct callback c;

	callback_begin(&c, l, 2);
	lower_place_vars(&c.l, func);
	go = ir_blk(&c.l);
	stop = ir_blk(&c.l);
	lower_cond(&c.l, n->loop.cond, go, stop);
	go_on(&c.l, stop);
	ir_ret(&c.l, ir_const(&c.l, 1));
	go_on(&c.l, go);
	callback_body(&c, n->loop.body);
	limit = ir_const(l, MAX_LOOPS);
	callback = ir_callback(l, c.l.f);
	frame = ir_addr(l, lower_frame(l, 0));
	ir_call(l, HELPER_loop, 4, limit, callback, frame, ir_const(l, 0));
	after_loop(l, n->loop.body);
}

void
lower_while(struct lower *l, const struct node *n)
{
	const struct unit_state *u = l->scope->u;
	uint32_t i;

	for (i = 0; i < u->whiles.n && u->whiles.v[i].loop != n; i++)
		;
	if (i == u->whiles.n)
		counted_while(l, n);
	else if (u->whiles.v[i].func)
		callback_while(l, n, u->whiles.v[i].func);
	else
		inline_while(l, n, u->whiles.v[i].rounds);
}

/* ---- ranges ---- */

static void
range_body(struct lower *l, const struct node *n, const struct func **f,
	   int32_t from_off)
{
	const struct type *t = n->loop_for.var->type;
	struct callback c;
	struct mem frame;
	struct ref i;

	callback_begin(&c, l, 2);
	lower_place_vars(&c.l, body_number(l, n));
	frame = lower_frame(&c.l, from_off);
	i = ir_load(&c.l, frame.base, frame.off, 8);
	lower_number(&c.l, i, t);
	i = ir_bin(&c.l, IR_ADD, i, ir_param(&c.l, 0));
	i = lower_convert(&c.l, i, type_int(l->prog->types, 8, t->is_signed),
			  t);
	lower_var_set(&c.l, n->loop_for.var, i);
	callback_body(&c, n->loop_for.body);
	*f = c.l.f;
}

/* Ranges one after the other share a word, those in each other do not. */
static int32_t
frame_word(struct lower *l)
{
	struct unit_state *u = l->scope->u;

	if (u->depth == u->words.n) {
		*vec_push(l->prog->arena, &u->words) = u->frame_size;
		u->frame_size += 8;
	}
	return u->words.v[u->depth];
}

/* The difference may wrap around at 64 bits: compare first. */
static struct ref
rounds(struct lower *l, const struct node *n, struct blk *none)
{
	struct ref from = ir_expr(l, n->loop_for.from);
	struct ref to = ir_expr(l, n->loop_for.to), count;
	const struct type *t = n->loop_for.var->type;
	struct blk *some = ir_blk(l), *few = ir_blk(l), *many = lower_cold(l);
	struct mem frame = lower_frame(l, frame_word(l));

	ir_store(l, frame.base, frame.off, from, 8);
	ir_br(l, t->is_signed ? CC_SLT : CC_ULT, from, to, some, none);
	go_on(l, some);
	count = ir_bin(l, IR_SUB, to, from);
	ir_br(l, CC_ULE, count, ir_const(l, MAX_LOOPS), few, many);
	ir_seal(l, many);
	ir_at(l, many);
	lower_notice(l, NOTICE_HELPER, HELPER_loop, ir_const(l, -E2BIG));
	ir_jmp(l, none);
	go_on(l, few);
	return count;
}

static void
for_range(struct lower *l, const struct node *n)
{
	struct blk *none = ir_blk(l);
	struct ref count = rounds(l, n, none), callback, frame;
	struct unit_state *u = l->scope->u;
	const struct func *f;

	if (!l->cur)
		goto out;
	u->depth++;
	range_body(l, n, &f, u->words.v[u->depth - 1]);
	u->depth--;
	callback = ir_callback(l, f);
	frame = ir_addr(l, lower_frame(l, 0));
	ir_call(l, HELPER_loop, 4, count, callback, frame, ir_const(l, 0));
	after_loop(l, n->loop_for.body);
	ir_jmp(l, none);
out:
	go_on(l, none);
}

/* ---- maps ---- */

static void
fill_pair(struct lower *l, const struct node *n)
{
	const struct mapdef *def = n->loop_for.map->map.map;
	const struct var *v = n->loop_for.var;
	const struct field *f = v->type->fields;
	struct mem pair = lower_var_mem(l, v), at = pair;
	struct mem key = { ir_param(l, 1), 0 }, value = { ir_param(l, 2), 0 };

	lower_zero_padding(l, v->type, pair);
	if (lower_uses_part(n->loop_for.body, v, 0)) {
		at.off = pair.off + (int32_t)f[0].offset;
		lower_convert_mem(l, def->key, key, f[0].type, at);
	}
	if (!lower_uses_part(n->loop_for.body, v, 1))
		return;
	at.off = pair.off + (int32_t)f[1].offset;
	if (lower_is_agg(def->value))
		ir_store(l, at.base, at.off, lower_reduce(l, def, key),
			 f[1].type->size);
	else
		lower_convert_mem(l, def->value, value, f[1].type, at);
}

static bool
can_walk(struct lower *l, struct span at)
{
	if (!l->in || !(l->in->without & 1u << FEAT_FOR_EACH))
		return true;
	return diag_error(l->prog->diag, at,
			  "this kernel cannot walk over a map in a probe "
			  "(helper bpf_for_each_map_elem, kernel 5.13)");
}

static void
for_map(struct lower *l, const struct node *n)
{
	const struct mapdef *def = n->loop_for.map->map.map;
	struct ref map, callback, frame;
	struct callback c;

	if (!def->key || !def->value || !can_walk(l, n->span))
		return;
	callback_begin(&c, l, 4);
	lower_place_vars(&c.l, body_number(l, n));
	fill_pair(&c.l, n);
	callback_body(&c, n->loop_for.body);
	map = ir_map(l, def->index);
	callback = ir_callback(l, c.l.f);
	frame = ir_addr(l, lower_frame(l, 0));
	ir_call(l, HELPER_for_each_map_elem, 4, map, callback, frame,
		ir_const(l, 0));
	after_loop(l, n->loop_for.body);
}

void
lower_for(struct lower *l, const struct node *n)
{
	int64_t from, to;

	if (n->loop_for.map)
		for_map(l, n);
	else if (lower_inline_range(n, &from, &to))
		inline_range(l, n, from, to);
	else if (lower_without_loop(l))
		counted_range(l, n);
	else
		for_range(l, n);
}

/* The kernel counts what it walks over. */
struct ref
ir_map_len(struct lower *l, const struct node *n)
{
	struct ref map, callback, none;
	struct callback c;

	if (!n->map.map->value || !can_walk(l, n->span))
		return ir_const(l, 0);
	callback_begin(&c, l, 4);
	ir_ret(&c.l, ir_const(&c.l, 0));
	map = ir_map(l, n->map.map->index);
	callback = ir_callback(l, c.l.f);
	none = ir_const(l, 0);
	return ir_call(l, HELPER_for_each_map_elem, 4, map, callback, none,
		       none);
}
