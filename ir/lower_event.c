/* SPDX-License-Identifier: MIT */
/*
 * Events: a record is built where user space will read it.
 *
 *	0     4     8
 *	| id  | 0   | arguments that user space cannot know, 8-aligned |
 */
#include "lower.h"

#include <assert.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

enum { HEADER = 8 };

/* An argument's value, made before the record was reserved. */
struct early {
	bool done;
	struct ref v;
	struct mem m;
};

/* A word whose first parameter may be a map takes it as a whole. */
static bool
is_whole_map(const struct builtin *word, const struct node *n, uint32_t i)
{
	if (n->kind != N_MAP || n->map.keys.n)
		return false;
	if (n->map.map->key || !n->map.map->value)
		return true;
	return i == 0 && !strncmp(word->sig, "(map", 4);
}

/* Literals are known to user space; whole maps are read there, and so are
 * histograms, whose cells are too large to send. */
static bool
is_sent(const struct builtin *word, const struct node *n, uint32_t i)
{
	if (n->kind == N_STR || n->kind == N_INT || n->kind == N_BOOL)
		return false;
	if (!n->type || n->type->kind == TY_NONE || n->type->kind == TY_ERROR)
		return false;
	if (n->type->kind == TY_NOMINAL && n->type->nominal->multiline)
		return false;
	return !is_whole_map(word, n, i);
}

static void
layout(struct lower *l, struct event_spec *e)
{
	uint32_t i, off = HEADER;

	for (i = 0; i < e->call->call.args.n; i++) {
		const struct node *x = e->call->call.args.v[i];
		struct event_arg *a = vec_push(l->prog->arena, &e->args);

		if (!is_sent(e->word, x, i))
			continue;
		a->type = lower_value_type(l, x);
		a->off = off;
		off += (a->type->size + 7) & ~7u;
	}
	e->size = off;
}

/* Where events of this call are listed, by what it is. */
static struct event_spec **
events_like(struct prog *p, const struct node *call, const struct unit *unit)
{
	uint64_t h = ((uintptr_t)call >> 4) * 31 + ((uintptr_t)unit >> 4);

	h *= 0x9e3779b97f4a7c15; /* 2^64 / golden ratio */
	return &p->event_lists[h >> 32 & (p->nevent_lists - 1)];
}

/* As many lists as events, or more. */
static void
more_lists(struct prog *p)
{
	uint32_t i, n = p->nevent_lists ? p->nevent_lists * 4 : 64;

	if (p->events.n < p->nevent_lists)
		return;
	p->nevent_lists = n;
	p->event_lists = arena_alloc(p->arena, n * sizeof(*p->event_lists));
	for (i = 0; i < p->events.n; i++) {
		struct event_spec *e = p->events.v[i], **list;

		list = events_like(p, e->call, e->unit);
		e->like = *list;
		*list = e;
	}
}

/* One spec for a call, however often its code is written. */
static struct event_spec *
event_for(struct lower *l, const struct node *n)
{
	struct prog *p = l->prog;
	struct event_spec *e, **list;

	more_lists(p);
	list = events_like(p, n, l->unit);
	for (e = *list; e; e = e->like)
		if (e->call == n && e->unit == l->unit)
			return e;
	e = arena_alloc(p->arena, sizeof(*e));
	*e = (struct event_spec){ .id = p->events.n,
				  .call = n,
				  .word = n->call.word,
				  .unit = l->unit,
				  .size = HEADER,
				  .like = *list };
	*list = *vec_push(p->arena, &p->events) = e;
	return e;
}

static void
count_lost(struct lower *l)
{
	struct mem lost = lower_global(l, offsetof(struct ir_global, lost));

	ir_xadd(l, lost.base, lost.off, ir_const(l, 1));
}

static struct ref
lost_body(struct lower *l, const struct shared_key *key, const struct ref *arg)
{
	(void)key;
	(void)arg;
	count_lost(l);
	return REF_NONE;
}

static void
count_lost_far(struct lower *l)
{
	static const struct shared_code code = { "lost", lost_body };
	static const struct shared_key key;

	if (lower_shares(l, EVERYWHERE))
		lower_shared(l, &code, &key, NULL);
	else
		count_lost(l);
}

/* Go on with a record, or to `join` when the buffer is full. */
static struct ref
reserve_bytes(struct lower *l, uint32_t bytes, struct blk *join,
	      void (*lost)(struct lower *l))
{
	struct blk *ok = ir_blk(l), *full = lower_cold(l);
	struct ref map = ir_map(l, ir_map_for(l, MAP_RINGBUF, 0));
	struct ref size = ir_const(l, bytes), zero = ir_const(l, 0);
	struct ref r = ir_call(l, HELPER_ringbuf_reserve, 3, map, size, zero);

	ir_br(l, CC_NE, r, zero, ok, full);
	ir_seal(l, full);
	ir_at(l, full);
	lost(l);
	ir_jmp(l, join);
	ir_seal(l, ok);
	ir_at(l, ok);
	return r;
}

static struct mem
reserve(struct lower *l, const struct event_spec *e, struct blk *join)
{
	struct ref r = reserve_bytes(l, e->size, join, count_lost_far);

	ir_store(l, r, 0, ir_const(l, e->id), 8);
	return (struct mem){ r, 0 };
}

/*
 * What an iterator prints belongs to the file that it fills, or it would not
 * come in order: the record goes there, and the ring buffer only lends the
 * memory.
 */
static bool
to_seq(struct lower *l, const struct event_spec *e, struct mem record)
{
	const struct probe_type *t = l->unit->type;

	if (!t->seq || !(e->word->flags & WORD_SEQ))
		return false;
	ir_call(l, HELPER_seq_write, 3, t->seq(l), record.base,
		ir_const(l, e->size));
	ir_call(l, HELPER_ringbuf_discard, 2, record.base,
		ir_const(l, BPF_RB_NO_WAKEUP));
	return true;
}

/* Waking the reader costs more than the event: only when somebody waits for
 * it, or when a quarter of the buffer is full (DESIGN 9). */
static struct ref
wake(struct lower *l, const struct shared_key *key, const struct ref *arg)
{
	uint32_t ring = ir_map_for(l, MAP_RINGBUF, 0);
	int64_t quarter = l->prog->maps.v[ring].entries / 4;
	struct ref map = ir_map(l, ring), flags;

	(void)key;
	(void)arg;
	flags = ir_call(l, HELPER_ringbuf_query, 2, map,
			ir_const(l, BPF_RB_AVAIL_DATA));
	/* No branch, of which the verifier would follow both sides: the sign
	 * of what is left of the quarter. NO_WAKEUP is 1, FORCE_WAKEUP is 2. */
	flags = ir_bin(l, IR_SUB, ir_const(l, quarter - 1), flags);
	flags = ir_bini(l, IR_SHR, flags, 63);
	return ir_bini(l, IR_ADD, flags, BPF_RB_NO_WAKEUP);
}

static struct ref
wake_far(struct lower *l)
{
	static const struct shared_code code = { "wake", wake };
	static const struct shared_key key;

	if (lower_shares(l, l->scope->u->events))
		return lower_shared(l, &code, &key, NULL);
	return wake(l, &key, NULL);
}

static void
submit(struct lower *l, const struct event_spec *e, struct mem record)
{
	struct ref flags;

	if (e->word->flags & WORD_URGENT)
		flags = ir_const(l, BPF_RB_FORCE_WAKEUP);
	else
		flags = wake_far(l);
	ir_call(l, HELPER_ringbuf_submit, 2, record.base, flags);
}

/* What could leave the probe has to run while nothing is reserved; so has
 * what changes anything, even if nothing can be. With one of them the others
 * keep their place before and after it. */
static void
make_early(struct lower *l, const struct event_spec *e, struct early *early)
{
	bool any = l->in && l->in->watch_reads; /* which reports, too */
	uint32_t i;

	for (i = 0; i < e->args.n; i++)
		any |= e->args.v[i].type &&
		       lower_has_effects(e->call->call.args.v[i]);
	if (!any)
		return;

	for (i = 0; i < e->args.n; i++) {
		const struct node *x = e->call->call.args.v[i];

		if (!e->args.v[i].type)
			continue;
		early[i].done = true;
		if (type_is_scalar(e->args.v[i].type))
			early[i].v = ir_expr(l, x);
		else
			early[i].m = ir_expr_mem(l, x);
	}
}

static void
fill(struct lower *l, const struct event_spec *e, const struct early *early,
     struct mem record)
{
	uint32_t i;

	for (i = 0; i < e->args.n; i++) {
		const struct event_arg *a = &e->args.v[i];
		struct mem dst = { record.base, (int32_t)a->off };

		if (!a->type)
			continue;
		if (!early[i].done)
			lower_into(l, e->call->call.args.v[i], a->type, dst,
				   false);
		else if (type_is_scalar(a->type))
			ir_store(l, dst.base, dst.off, early[i].v,
				 a->type->size);
		else
			ir_mem_copy(l, dst, early[i].m, a->type->size);
	}
}

struct ref
ir_emit(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct event_spec *e = event_for(l, n);
	struct blk *join;
	struct early *early;
	struct mem record;

	(void)dst;
	if (!l->cur)
		return REF_NONE;
	if (!e->args.n)
		layout(l, e);
	early = arena_alloc(l->prog->arena, (e->args.n + 1) * sizeof(*early));
	make_early(l, e, early);
	join = ir_blk(l);
	record = reserve(l, e, join);
	fill(l, e, early, record);
	if (!to_seq(l, e, record))
		submit(l, e, record);
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
	return REF_NONE;
}

void
ir_emit_raw(struct lower *l, const struct node *n, uint32_t size,
	    void (*body)(struct lower *l, const struct node *n,
			 struct mem record))
{
	struct event_spec *e = event_for(l, n);
	struct blk *join = ir_blk(l);
	struct mem record;

	if (!l->cur)
		return;
	e->size = HEADER + ((size + 7) & ~7u);
	record = reserve(l, e, join);
	body(l, n, (struct mem){ record.base, HEADER });
	submit(l, e, record);
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
}

/* Bit 2 of -E2BIG is 0, of -ENOMEM 1. */
enum { SCARCE_BIT = 4 };
static_assert(!(-E2BIG & SCARCE_BIT) && (-ENOMEM & SCARCE_BIT) != 0,
	      "error codes");

/* An aggregation could not make a cell: a counter of its own tells where, in
 * three insns where an event would take fifteen; `code`, what the kernel said,
 * unless it can only be that the map is full. */
struct ref
lower_full_site(struct lower *l)
{
	struct prog *p = l->prog;
	struct event_spec *e;
	uint32_t i = p->full_sites.n;

	if (i < FULL_SITES) {
		e = arena_alloc(p->arena, sizeof(*e));
		*e = (struct event_spec){ .notice = NOTICE_HELPER,
					  .helper = HELPER_map_update_elem,
					  .at = l->span,
					  .unit = l->unit };
		*vec_push(p->arena, &p->full_sites) = e;
	} else {
		i = FULL_SITES - 1;
	}
	return ir_const(l, i * 8);
}

void
lower_count_full(struct lower *l, struct ref code)
{
	enum { APART = sizeof(((struct ir_global *)0)->full) };
	enum { LAST = 8 * (FULL_SITES - 1) };
	static_assert(!(FULL_SITES & (FULL_SITES - 1)), "a mask of bits");
	struct mem at = lower_global(l, offsetof(struct ir_global, full));
	struct ref site;
	int64_t i;

	site = l->given ? ir_bini(l, IR_AND, l->given->site, LAST)
			: lower_full_site(l);
	if (ir_is_const(l->f, site, &i))
		at.off += (int32_t)i;
	else
		at.base = ir_bin(l, IR_ADD, at.base, site);
	if (code.id) {
		code = ir_bini(l, IR_AND, code, SCARCE_BIT);
		code = ir_bini(l, IR_MUL, code, APART / SCARCE_BIT);
		at.base = ir_bin(l, IR_ADD, at.base, code);
	}
	ir_xadd(l, at.base, at.off, ir_const(l, 1));
}

/*
 * A notice's record:
 *
 *	0     4     8           16
 *	| id  | 0   | i64 code |
 */
static void
tell(struct lower *l, struct ref id, struct ref code,
     void (*lost)(struct lower *l))
{
	struct blk *join = ir_blk(l);
	struct ref r = reserve_bytes(l, HEADER + 8, join, lost);

	ir_store(l, r, 0, id, 8);
	ir_store(l, r, HEADER, code, 8);
	ir_call(l, HELPER_ringbuf_submit, 2, r, ir_const(l, 0));
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
}

static struct ref
tell_body(struct lower *l, const struct shared_key *key, const struct ref *arg)
{
	(void)key;
	tell(l, arg[0], arg[1], count_lost);
	return REF_NONE;
}

struct ref
lower_notice_id(struct lower *l, enum notice kind, enum ir_helper helper)
{
	struct prog *p = l->prog;
	struct event_spec *e;

	if (l->given)
		return l->given->site;
	e = arena_alloc(p->arena, sizeof(*e));
	*e = (struct event_spec){ .id = p->events.n,
				  .notice = kind,
				  .helper = helper,
				  .at = l->span,
				  .unit = l->unit,
				  .size = HEADER + 8 };
	*vec_push(p->arena, &p->events) = e;
	return ir_const(l, e->id);
}

void
lower_notice(struct lower *l, enum notice kind, enum ir_helper helper,
	     struct ref code)
{
	static const struct shared_code shared = { "tell", tell_body };
	static const struct shared_key key = { .nargs = 2 };
	struct ref arg[SHARED_ARGS] = { REF_NONE, code };

	if (!l->cur)
		return;
	arg[0] = lower_notice_id(l, kind, helper);
	if (lower_shares(l, EVERYWHERE))
		lower_shared(l, &shared, &key, arg);
	else
		tell(l, arg[0], code, count_lost);
}

void
ir_watch(struct lower *l, enum ir_helper helper, struct ref code)
{
	struct blk *failed, *join;

	if (!l->in || !l->in->watch_reads || !l->cur)
		return;
	failed = lower_cold(l);
	join = ir_blk(l);
	ir_br(l, CC_SLT, code, ir_const(l, 0), failed, join);
	ir_seal(l, failed);
	ir_at(l, failed);
	lower_notice(l, NOTICE_HELPER, helper, code);
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
}
