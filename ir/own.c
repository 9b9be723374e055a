/* SPDX-License-Identifier: MIT */
/*
 * Functions that a program brings along: what a long probe does in many
 * places. Telling that a map is full takes four blocks and seventeen insns in
 * each place, a cell of a map thirty, a stack fifty, and the verifier goes
 * through all of them from each; a call takes three. They are global functions
 * to the kernel, which looks at such once, whoever calls them.
 */
#include "lower.h"

enum { LONG_BODY = 200 }; /* nodes of the tree */

static void
count_node(void *arg, struct node *n)
{
	uint32_t *left = arg;

	if (!n || !*left)
		return;
	--*left;
	ast_each_child(n, count_node, arg);
}

/* Before Linux 6.5, a value that the verifier has to know exactly made it keep
 * all values exactly when there was a call of a function on the way to it. */
static bool
is_long(const struct sema_input *in, const struct node *body)
{
	uint32_t version = in->kernel ? in->kernel->paths.version : 0;
	uint32_t left = LONG_BODY;

	if (version && version < 0x060500)
		return false;
	count_node(&left, (struct node *)body);
	return !left;
}

/* ---- what there is much of ---- */

enum { MANY = 9, ROUNDS_MAX = 64 };

struct counter {
	struct unit_state *u;
	struct arena *arena;
	uint32_t times; /* in how many rounds of unroll() */
};

static uint32_t *
word_sites(struct unit_state *u, const struct builtin *w)
{
	uint32_t i;

	for (i = 0; i < u->called.n; i++)
		if (u->called.v[i].word == w)
			return &u->called.v[i].n;
	return NULL;
}

static void
count_call(struct counter *c, const struct node *n)
{
	const struct builtin *w = n->call.word;
	uint32_t *known = w ? word_sites(c->u, w) : NULL;
	struct sites *s;

	if (known)
		*known += c->times;
	else if (w)
		*vec_push(c->arena, &c->u->called) =
			(struct word_sites){ w, c->times };
	c->u->events += w && w->on_event ? c->times : 0;
	if (!w || !n->call.target)
		return;
	s = &c->u->maps[n->call.target->map.map->index];
	if (!s->agg)
		s->agg = n;
}

/* What a node does to a map. */
static void
count_map(struct counter *c, const struct node *n)
{
	const struct node *map = n;
	struct sites *s;

	if (n->kind == N_ASSIGN)
		map = n->assign.target;
	else if (n->kind == N_UNARY)
		map = n->unary.x;
	if (map->kind != N_MAP || !map->map.map)
		return;
	s = &c->u->maps[map->map.map->index];
	if (n->kind == N_MAP)
		s->all += c->times;
	else if (n->kind == N_ASSIGN && n->assign.op == OP_ASSIGN)
		s->sets += c->times;
	else if (n->kind == N_UNARY || n->assign.op == OP_ADD ||
		 n->assign.op == OP_SUB)
		s->changes += c->times;
}

static void
count_sites(void *arg, struct node *n)
{
	struct counter *c = arg;
	uint32_t times = c->times;

	if (!n)
		return;
	if (n->kind == N_CALL)
		count_call(c, n);
	else if (n->kind == N_MAP || n->kind == N_ASSIGN || n->kind == N_UNARY)
		count_map(c, n);
	else if (n->kind == N_UNROLL && n->loop.cond->kind == N_INT)
		c->times *= n->loop.cond->num.value < ROUNDS_MAX
				    ? (uint32_t)n->loop.cond->num.value
				    : ROUNDS_MAX;
	ast_each_child(n, count_sites, c);
	c->times = times;
}

void
lower_count_sites(struct lower *l, const struct node *body)
{
	struct unit_state *u = l->scope->u;
	struct counter c = { u, l->prog->arena, 1 };

	u->is_long = is_long(l->in, body);
	if (!u->is_long)
		return;
	u->maps =
		arena_alloc(c.arena, (l->prog->maps.n + 1) * sizeof(*u->maps));
	count_sites(&c, (struct node *)body);
}

const struct sites *
lower_sites(const struct lower *l, const struct mapdef *def)
{
	static const struct sites none;
	const struct unit_state *u = l->scope->u;

	return u->maps ? &u->maps[def->index] : &none;
}

/* ---- functions ---- */

struct func *
ir_own_func(const struct func *f, const struct op *call)
{
	const struct own *o;

	while (f->parent)
		f = f->parent;
	for (o = f->own; o; o = o->next)
		if (o->helper == call->index &&
		    o->f->index == (uint64_t)call->imm)
			return o->f;
	return NULL;
}

struct own *
ir_add_own(struct func *top, enum ir_helper h, struct func *f)
{
	struct own *o = arena_alloc(top->arena, sizeof(*o));

	*o = (struct own){ .f = f, .helper = h, .next = top->own };
	top->own = o;
	f->is_own = true;
	return o;
}

/* What a function does in the place of the code that is at hand. */
static struct own *
make_own(struct lower *l, enum ir_helper h, const char *name, struct lower *own)
{
	struct func *top = l->scope->u->top;

	*own = (struct lower){ .prog = l->prog,
			       .in = l->in,
			       .unit = l->unit,
			       .scope = l->scope,
			       .in_own = true,
			       .span = l->unit->probe->span };
	own->f = ir_func(l->prog, name, l->unit, top, ir_helpers[h].nargs);
	own->cur = own->f->blks.v[0];
	return ir_add_own(top, h, own->f);
}

static bool
may_call(const struct lower *l)
{
	return l->scope->u->is_long && !l->in_own &&
	       l->scope->frames < FRAMES_MAX;
}

static const struct own *
find_own(const struct lower *l, enum ir_helper h, const struct shared_code *s,
	 const struct shared_key *key)
{
	const struct own *o = l->scope->u->top->own;

	while (o && (o->helper != h || o->code != s || o->what != key->what ||
		     o->kind != key->kind))
		o = o->next;
	return o;
}

/* The kernel has no promise that an address is one: no caller has another. */
static struct ref
checked_param(struct lower *l, unsigned i)
{
	struct ref p = ir_param(l, i);
	struct blk *none, *some;

	if (!l->f->behind[i])
		return p;
	none = lower_cold(l);
	some = ir_blk(l);
	ir_br(l, CC_NE, p, ir_const(l, 0), some, none);
	ir_seal(l, none);
	ir_at(l, none);
	ir_ret(l, ir_const(l, 0));
	ir_seal(l, some);
	ir_at(l, some);
	return p;
}

static const struct own *
make_shared(struct lower *l, enum ir_helper h, const struct shared_code *s,
	    const struct shared_key *key)
{
	struct blk *no_cell = l->scope->no_cell;
	struct ref arg[SHARED_ARGS], r;
	struct lower own;
	struct own *o = make_own(l, h, s->name, &own);
	unsigned i;

	o->code = s;
	o->what = key->what;
	o->kind = key->kind;
	for (i = 0; i < key->nargs; i++)
		own.f->behind[i] = key->behind[i];
	for (i = 0; i < key->nargs; i++)
		arg[i] = checked_param(&own, i);
	l->scope->no_cell = ir_blk(&own);
	r = s->body(&own, key, arg);
	if (own.cur)
		ir_ret(&own, r.id ? r : ir_const(&own, 0));
	ir_seal(&own, l->scope->no_cell);
	ir_at(&own, l->scope->no_cell);
	ir_ret(&own, ir_const(&own, 0));
	l->scope->no_cell = no_cell;
	return o;
}

bool
lower_shares(const struct lower *l, uint32_t sites)
{
	return sites >= MANY && may_call(l);
}

struct ref
lower_shared(struct lower *l, const struct shared_code *s,
	     const struct shared_key *key, const struct ref *arg)
{
	enum ir_helper h = (enum ir_helper)(HELPER_own0 + key->nargs);
	const struct own *o;

	if (!l->cur)
		return REF_NONE;
	o = find_own(l, h, s, key);
	if (!o)
		o = make_shared(l, h, s, key);
	return ir_call_own(l, h, o->f->index, arg);
}

struct ref
ir_shared(struct lower *l, const struct node *call, const struct shared_code *s,
	  const struct shared_key *key, const struct ref *arg)
{
	const uint32_t *n = word_sites(l->scope->u, call->call.word);

	if (lower_shares(l, n ? *n : 0))
		return lower_shared(l, s, key, arg);
	return s->body(l, key, arg);
}
