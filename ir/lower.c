/* SPDX-License-Identifier: MIT */
/*
 * Lowering, from the outside in: the program, its maps by use, one function
 * per unit with its prologue and its end. Given the typed AST; what it hands
 * on is SSA. Statements, expressions, maps and loops have files of their own.
 */
#include "lower.h"

#include <linux/bpf.h>
#include <string.h>

enum {
	PAGE_BYTES = 4096,
	FEW_PAGES = 16,    /* of the ring, where only exit() writes to it */
	RING_PAGES = 256,  /* where the config says nothing, but room for so */
	RING_EVENTS = 512, /* many of the largest event, if it takes no more */
	RING_BYTES_MAX = 16 << 20, /* than this */
	STACK_ENTRIES = 65536,
	FOLLOW_ENTRIES =
		32768, /* made ahead: a fork may not fail to find one */
};

/* ---- maps by use ---- */

static uint32_t
ring_bytes(const struct config *c)
{
	uint64_t pages = c->perf_rb_pages ? c->perf_rb_pages : RING_PAGES;
	uint64_t want = pages * PAGE_BYTES, n = PAGE_BYTES;

	while (n < want && n < UINT32_C(1) << 31)
		n *= 2;
	return (uint32_t)n;
}

static struct map_spec
array_spec(enum map_use use, const char *name, uint32_t value_size)
{
	return (struct map_spec){ .use = use,
				  .name = name,
				  .type = BPF_MAP_TYPE_ARRAY,
				  .key_size = 4,
				  .value_size = value_size,
				  .entries = 1 };
}

static struct map_spec
spec_for(const struct prog *p, enum map_use use, uint32_t depth)
{
	struct map_spec m;

	switch (use) {
	case MAP_RINGBUF:
		return (struct map_spec){ .use = use,
					  .name = "ringbuf",
					  .type = BPF_MAP_TYPE_RINGBUF,
					  .entries = ring_bytes(p->config) };
	case MAP_SCRATCH: /* its size comes with ir_place */
		m = array_spec(use, "scratch", 8);
		m.type = BPF_MAP_TYPE_PERCPU_ARRAY;
		return m;
	case MAP_GLOBAL:
		/* Zeros behind it: an address needs a byte to point to. */
		m = array_spec(use, "global", sizeof(struct ir_global) + 8);
		m.flags = BPF_F_MMAPABLE;
		return m;
	case MAP_CONST:
		m = array_spec(use, "const", 0);
		m.flags = BPF_F_RDONLY_PROG;
		return m;
	case MAP_STACKS:
		return (struct map_spec){ .use = use,
					  .name = "stacks",
					  .type = BPF_MAP_TYPE_HASH,
					  .key_size = 8,
					  .value_size = 8 + 8 * depth,
					  .flags = BPF_F_NO_PREALLOC,
					  .entries = STACK_ENTRIES,
					  .depth = depth };
	case MAP_FOLLOW:
		return (struct map_spec){ .use = use,
					  .name = "follow",
					  .type = BPF_MAP_TYPE_HASH,
					  .key_size = 4,
					  .value_size =
						  sizeof(struct ir_followed),
					  .entries = FOLLOW_ENTRIES };
	case MAP_USER:
		break;
	}
	assert(!"maps of the script are made before");
	return (struct map_spec){ 0 };
}

uint32_t
ir_map_for(struct lower *l, enum map_use use, uint32_t depth)
{
	struct prog *p = l->prog;
	uint32_t i;

	for (i = 0; i < p->maps.n; i++)
		if (p->maps.v[i].use == use && p->maps.v[i].depth == depth)
			return i;
	*vec_push(p->arena, &p->maps) = spec_for(p, use, depth);
	return i;
}

/* An element of all constants' map: they are laid end to end in it. */
struct mem
lower_bytes(struct lower *l, const void *bytes, uint32_t n)
{
	uint32_t map = ir_map_for(l, MAP_CONST, 0);
	struct map_spec *m = &l->prog->maps.v[map];
	uint32_t off, size = (n + 7) & ~7u;
	char *all;

	for (off = 0; off + size <= m->value_size; off += 8)
		if (!memcmp((const char *)m->init + off, bytes, n))
			return (struct mem){ ir_mapval(l, map, off), 0 };
	off = m->value_size;
	all = (char *)(uintptr_t)m->init;
	if (off + size > m->room) {
		m->room = 2 * (off + size);
		all = arena_alloc(l->prog->arena, m->room);
		if (off)
			memcpy(all, m->init, off);
	}
	memcpy(all + off, bytes, n);
	m->init = all;
	m->value_size = off + size;
	return (struct mem){ ir_mapval(l, map, off), 0 };
}

/* Based on the zeros behind the counters: code that needs both holds one
 * address. */
struct mem
lower_global(struct lower *l, uint32_t off)
{
	return (struct mem){ ir_zeros(l, 0),
			     (int32_t)off - (int32_t)sizeof(struct ir_global) };
}

/* ---- for all files of lowering ---- */

const struct unit *
ir_unit(const struct lower *l)
{
	return l->unit;
}

const struct sema_input *
ir_in(const struct lower *l)
{
	return l->in;
}

struct prog *
ir_prog(const struct lower *l)
{
	return l->prog;
}

struct ref
lower_obj_again(struct lower *l, uint32_t obj)
{
	return ir_obj_again(l, obj);
}

struct mem
lower_frame(struct lower *l, int32_t off)
{
	const struct scope *s = l->scope;
	struct ref base =
		s->callback ? s->frame : lower_obj_again(l, s->u->frame_obj);

	assert(s->u->has_frame);
	return (struct mem){ base, off };
}

void
lower_enter(struct lower *l, struct region *r)
{
	r->up = l->scope->region;
	r->id = ++l->scope->regions;
	r->kept = l->scope->kept;
	l->scope->region = r;
}

void
lower_leave(struct lower *l, struct region *r)
{
	assert(l->scope->region == r);
	l->scope->region = r->up;
	l->scope->kept = r->kept;
}

void
lower_sorry(struct lower *l, struct span at, const char *what)
{
	diag_error(l->prog->diag, at, "%s cannot be compiled yet", what);
}

struct blk *
lower_cold(struct lower *l)
{
	struct blk *b = ir_blk(l);

	b->cold = true;
	return b;
}

void
lower_finish(struct lower *l)
{
	ir_ret(l, ir_const(l, l->unit->type->ret));
}

void
ir_end_probe(struct lower *l)
{
	lower_return(l, ir_const(l, l->unit->type->ret));
}

/* The context is behind a pointer in the frame once a loop's body has become
 * a function of its own. The unit's function puts it there at its start. */
struct ref
ir_captured_ctx(struct lower *l)
{
	struct unit_state *u = l->scope->u;
	struct mem at = lower_frame(l, u->ctx_off);

	u->ctx_used = true;
	return ir_load(l, at.base, at.off, 8);
}

static void
store_ctx(struct lower *l, const struct unit_state *u)
{
	struct blk *entry = l->f->blks.v[0];
	struct op obj = { .code = IR_OBJ, .index = u->frame_obj };
	struct op store = { .code = IR_STORE, .nargs = 2, .off = u->ctx_off };
	uint32_t at;

	l->cur = entry;
	store.arg[1] = ir_ctx(l);
	store.arg[0] = ir_new_op(l->f, obj);
	at = ir_after_head(l->f, entry);
	ir_insert(l->f, entry, at, store.arg[0]);
	ir_insert(l->f, entry, at + 1, ir_new_op(l->f, store));
	l->cur = NULL;
}

/* ---- units ---- */

/* The probe goes on only where the comparison holds. */
struct ref
ir_entered(const struct lower *l)
{
	return l->f->parent ? REF_NONE : l->scope->u->entered;
}

void
ir_only_where(struct lower *l, enum ir_cond c, struct ref a, struct ref b)
{
	struct blk *mine = ir_blk(l), *other = lower_cold(l);

	ir_br(l, c, a, b, mine, other);
	ir_seal(l, mine);
	ir_seal(l, other);
	ir_at(l, other);
	lower_finish(l);
	ir_at(l, mine);
}

/* The helper for a namespace writes the thread, then the process, as the
 * other one returns them; zeros for who is not in there. */
struct ref
ir_pid_tgid(struct lower *l)
{
	const struct pid_space *in = &l->in->pids;
	struct mem ids;

	if (!in->ino || l->unit->type->prog_type == BPF_PROG_TYPE_XDP)
		return ir_call(l, HELPER_get_current_pid_tgid, 0);
	ids = ir_obj(l, 8, 8);
	ir_mem_zero(l, ids, 8);
	ir_call(l, HELPER_get_ns_current_pid_tgid, 4,
		ir_const(l, (int64_t)in->dev), ir_const(l, (int64_t)in->ino),
		ir_addr(l, ids), ir_const(l, 8));
	return ir_load(l, ids.base, ids.off, 8);
}

/* The process that the event is of. */
static struct ref
event_process(struct lower *l)
{
	return ir_bini(l, IR_SHR, ir_pid_tgid(l), 32);
}

/* Only where a process is one of those that are followed. */
static void
only_followed(struct lower *l, struct ref tgid)
{
	struct ref map = ir_map(l, ir_map_for(l, MAP_FOLLOW, 0)), cell;
	int32_t from = (int32_t)offsetof(struct ir_followed, from);
	struct mem key = ir_obj(l, 8, 8);

	ir_store(l, key.base, key.off, tgid, 4);
	cell = ir_call(l, HELPER_map_lookup_elem, 2, map, ir_addr(l, key));
	ir_only_where(l, CC_NE, cell, ir_const(l, 0));
	ir_only_where(l, CC_EQ, ir_load(l, cell, from, 4), ir_const(l, 0));
}

/* --follow, in probes of all kinds but those that no process causes. */
static void
follow(struct lower *l, struct ref object)
{
	const struct probe_type *t = l->unit->type;
	struct ref tgid;

	if (t->flags & (PROBE_SPECIAL | PROBE_TIMER))
		return;
	tgid = t->process ? t->process(l, object) : event_process(l);
	if (tgid.id)
		only_followed(l, tgid);
}

static void
filter(struct lower *l)
{
	const struct probe_type *t = l->unit->type;
	struct ref object = REF_NONE;

	if (l->unit->raw)
		l->scope->u->entered = t->enter(l);
	if (t->object) {
		object = t->object(l);
		ir_only_where(l, CC_NE, object, ir_const(l, 0));
	}
	if (l->in->follow)
		follow(l, object);
	else if (l->in->pid && t->flags & PROBE_FILTER_PID)
		ir_only_where(l, CC_EQ, event_process(l),
			      ir_const(l, l->in->pid));
}

/* The frame has to be on the stack, of which there is little: what would make
 * it large goes to an object that may be in scratch. */
static void
place_rest(struct lower *l, struct unit_state *u, struct lvar *lv,
	   uint32_t size)
{
	struct obj *o;

	if (!u->rest_off) {
		u->rest_off = u->frame_size;
		u->frame_size += 8;
		u->rest_obj = l->f->objs.n;
		ir_obj(l, 8, 8);
		l->f->objs.v[u->rest_obj].pinned = true;
		l->f->objs.v[u->rest_obj].size = 0;
	}
	o = &l->f->objs.v[u->rest_obj];
	lv->at = AT_FRAME_PTR;
	lv->index = u->rest_obj;
	lv->off = u->rest_off;
	lv->inner = (int32_t)o->size;
	lv->ready = true;
	o->size += (size + 7) & ~7u;
}

/* Loops in each other: the verifier goes through a callback again as long as
 * anything on the stack is another when it returns, texts byte by byte, and so
 * through all in it. Of scratch it knows nothing; numbers are hidden (set). */
static bool
hides_captured(const struct unit_state *u, const struct var *v)
{
	return (u->nfuncs > 2 || u->is_long) && !type_is_scalar(v->type);
}

/* Room in the frame for a variable that callbacks share. */
static void
place_captured(struct lower *l, struct unit_state *u, const struct var *v,
	       struct lvar *lv)
{
	enum { IN_FRAME_MAX = 32, FRAME_MAX = 128 };
	uint32_t size = type_is_scalar(v->type) ? 8 : v->type->size;
	bool far = size > IN_FRAME_MAX && lv->as == AS_BPF;
	bool hide = lv->as == AS_BPF && hides_captured(u, v);

	if ((u->frame_size >= FRAME_MAX && lv->as == AS_BPF) ||
	    (hide && !far)) {
		place_rest(l, u, lv, size);
		l->f->objs.v[u->rest_obj].scratch |= hide;
		return;
	}
	lv->at = far ? AT_FRAME_PTR : AT_FRAME;
	lv->off = u->frame_size;
	lv->ready = true;
	if (far) {
		lv->index = l->f->objs.n;
		ir_obj(l, size, 8);
		l->f->objs.v[lv->index].pinned = true;
		l->f->objs.v[lv->index].scratch = hide;
	}
	u->frame_size += far || lv->as != AS_BPF ? 8 : (int32_t)(size + 7) & ~7;
}

static void
prepare_frame(struct lower *l, struct unit_state *u)
{
	uint32_t i;

	if (u->nfuncs > 1) {
		u->frame_obj = l->f->objs.n;
		ir_obj(l, 8, 8);
		l->f->objs.v[u->frame_obj].pinned = true;
		l->f->objs.v[u->frame_obj].on_stack = true;
		u->has_frame = true;
		u->done_off = 0;
		u->result_off = 8;
		u->ctx_off = 16;
		u->frame_size = 24;
	}
	for (i = 0; i < l->unit->vars.n; i++) {
		const struct var *v = l->unit->vars.v[i];

		if (v->id < u->nvars && u->vars[v->id].captured)
			place_captured(l, u, v, &u->vars[v->id]);
	}
}

static void
blur_start(struct lower *l, const struct var *v)
{
	const struct lvar *lv = &l->scope->u->vars[v->id];

	if (lv->captured && lv->at == AT_FRAME && type_is_scalar(v->type))
		lower_var_set(l, v, ir_const(l, 0));
}

/* Callbacks see the frame only: what they read before any assignment has to
 * be there. */
static void
fill_frame(struct lower *l, struct unit_state *u)
{
	int32_t after;
	uint32_t i;

	if (!u->has_frame)
		return;
	/* The context's place is filled before all else, if at all. */
	after = u->ctx_off + 8;
	ir_mem_zero(l, lower_frame(l, 0), (uint32_t)u->ctx_off);
	ir_mem_zero(l, lower_frame(l, after),
		    (uint32_t)(u->frame_size - after));
	for (i = 0; i < l->unit->vars.n; i++)
		blur_start(l, l->unit->vars.v[i]);
	for (i = 0; i < u->nvars; i++) {
		struct mem m = { REF_NONE, 0 };

		if (u->vars[i].at != AT_FRAME_PTR || u->vars[i].inner)
			continue; /* or it shares the object of another */
		m.base = lower_obj_again(l, u->vars[i].index);
		ir_mem_zero(l, m, l->f->objs.v[u->vars[i].index].size);
		ir_store(l, lower_frame(l, 0).base, u->vars[i].off, m.base, 8);
	}
}

static uint32_t
count_vars(const struct unit *unit)
{
	uint32_t i, n = 0;

	for (i = 0; i < unit->vars.n; i++)
		if (unit->vars.v[i]->id >= n)
			n = unit->vars.v[i]->id + 1;
	return n;
}

static void
lower_unit(const struct sema_input *in, struct prog *p, const struct unit *unit)
{
	struct unit_state u = { .nfuncs = 1, .nvars = count_vars(unit) };
	struct region region = { 0 };
	struct scope scope = {
		.u = &u, .region = &region, .passes = 1, .frames = 1
	};
	struct lower l = { .prog = p, .scope = &scope, .in = in, .unit = unit };

	u.vars = arena_alloc(p->arena, (u.nvars + 1) * sizeof(*u.vars));
	l.f = u.top = ir_func(p, unit->name, unit, NULL, 0);
	l.cur = l.f->blks.v[0];
	l.span = unit->probe->span;
	lower_count_sites(&l, unit->body);
	filter(&l);
	lower_scan(&l, &u, unit->body);
	prepare_frame(&l, &u);
	fill_frame(&l, &u);
	lower_place_vars(&l, 0);
	lower_stmt(&l, unit->body);
	l.span = unit->probe->span;
	lower_finish(&l);
	if (u.ctx_used)
		store_ctx(&l, &u);
	if (u.has_frame)
		l.f->objs.v[u.frame_obj].size = (uint32_t)u.frame_size;
}

/* Does nothing but what ends the trace write to the buffer? */
static bool
only_ends(const struct prog *p)
{
	for (uint32_t i = 0; i < p->events.n; i++)
		if (!p->events.v[i]->word ||
		    !(p->events.v[i]->word->flags & WORD_URGENT))
			return false;
	return true;
}

/*
 * The buffer has room for a burst of large events, too. A quarter of what small
 * ones need stays what wakes the reader: for these a wake-up costs little.
 * Where there is no burst to come, it is small: making the usual one is a third
 * of what starting takes.
 */
static void
fit_ring(struct prog *p)
{
	uint64_t want = 0;
	uint32_t i;

	if (p->config->perf_rb_pages)
		return;
	if (only_ends(p))
		for (i = 0; i < p->maps.n; i++)
			if (p->maps.v[i].use == MAP_RINGBUF)
				p->maps.v[i].entries = FEW_PAGES * PAGE_BYTES;
	for (i = 0; i < p->events.n; i++)
		if (p->events.v[i]->size * (uint64_t)RING_EVENTS > want)
			want = p->events.v[i]->size * (uint64_t)RING_EVENTS;
	for (i = 0; i < p->maps.n; i++)
		while (p->maps.v[i].use == MAP_RINGBUF &&
		       p->maps.v[i].entries < want &&
		       p->maps.v[i].entries < RING_BYTES_MAX)
			p->maps.v[i].entries *= 2;
}

/* Needs: the typed AST. Gives: SSA without unreachable code's edges. */
bool
ir_lower(const struct sema_input *in, struct prog *p)
{
	const struct unit_list *units = in->ast->units;
	uint32_t i, errors = in->diag->errors;

	p->arena = in->arena;
	p->diag = in->diag;
	p->config = in->config;
	p->units = units;
	p->ast = in->ast;
	p->types = in->types;
	p->without = in->without;
	p->kernel = in->kernel ? in->kernel->paths.version : 0;
	lower_map_specs(in, p);
	for (i = 0; i < units->v.n; i++)
		lower_unit(in, p, units->v.v[i]);
	for (i = 0; i < p->funcs.n; i++)
		p->funcs.v[i]->builder = NULL; /* it is done */
	fit_ring(p);
	return in->diag->errors == errors;
}
