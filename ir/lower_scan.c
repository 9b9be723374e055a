/* SPDX-License-Identifier: MIT */
/*
 * One look over a unit before its code is written: which loop bodies become
 * functions, and where each variable has to live so that all who use it can.
 */
#include <string.h>

#include "lower.h"

struct mark { /* code that may not run */
	const struct mark *up;
	uint32_t id; /* an address may be another mark's later */
};

struct scan {
	struct lower *l;
	struct unit_state *u;
	uint32_t func;
	const struct mark *mark; /* NULL: what always runs, id 0 */
	uint32_t marks;
};

/* What is changed in a loop's body has no known value there. */
static void
forget(void *arg, struct node *n)
{
	struct scan *s = arg;
	const struct var *v = lower_changed_var(n);

	if (v)
		s->u->vars[v->id].known = false;
	ast_each_child(n, forget, s);
}

static void scan(void *arg, struct node *n);

static void
under(struct scan *s, struct node *n)
{
	struct mark m = { s->mark, ++s->marks };

	if (!n)
		return;
	s->mark = &m;
	scan(s, n);
	s->mark = m.up;
}

static bool
still_open(const struct scan *s, uint32_t mark)
{
	const struct mark *x = s->mark;

	while (x && x->id != mark)
		x = x->up;
	return x || !mark;
}

static uint32_t
here(const struct scan *s)
{
	return s->mark ? s->mark->id : 0;
}

static struct lvar *
touch(struct scan *s, const struct var *v)
{
	struct lvar *lv;

	assert(v->id < s->u->nvars);
	lv = &s->u->vars[v->id];
	if (lv->seen && lv->func != s->func)
		lv->captured = true;
	if (!lv->seen) {
		lv->as = AS_BPF;
		lv->func = s->func;
		lv->seen = true;
	}
	return lv;
}

static void
use(struct scan *s, const struct var *v, bool clean)
{
	struct lvar *lv = touch(s, v);

	if (!lv->ready || !still_open(s, lv->born))
		lv->unset = true;
	lv->clean |= clean;
}

static bool
is_lazy_type(const struct type *t)
{
	return t->kind == TY_STRUCT || t->kind == TY_ARRAY;
}

/* `ready` serves as "was assigned" until places are given. */
static void
assign(struct scan *s, const struct var *v, const struct node *value)
{
	struct lvar *lv = touch(s, v);

	lv->known = value && value->kind == N_INT;
	if (lv->known)
		lv->value = (int64_t)value->num.value;
	lv->set_at = here(s);
	if (!lv->ready) {
		lv->ready = true;
		lv->born = here(s);
		if (value && is_lazy_type(v->type)) {
			enum addrspace as = lower_space(s->l, value);

			lv->as = as == AS_CTX ? AS_BPF : as;
		}
	}
}

static bool
names_a_map(const struct node *call)
{
	uint32_t i;

	for (i = 0; i < call->call.args.n; i++) {
		const struct node *a = call->call.args.v[i];

		if (a->kind == N_MAP && !a->map.keys.n)
			return true;
	}
	return false;
}

/* A child whose bytes after the NUL nobody looks at. */
static void
scan_loose(struct scan *s, struct node *n)
{
	if (n->kind == N_VAR)
		use(s, n->var.var, false);
	else
		scan(s, n);
}

static void
scan_call(struct scan *s, struct node *n)
{
	bool loose = !names_a_map(n);
	uint32_t i;

	for (i = 0; i < n->call.args.n; i++) {
		if (loose)
			scan_loose(s, n->call.args.v[i]);
		else
			scan(s, n->call.args.v[i]);
	}
}

static void
scan_binary(struct scan *s, struct node *n)
{
	scan_loose(s, n->binary.l);
	if (n->binary.op == OP_LAND || n->binary.op == OP_LOR)
		under(s, n->binary.r);
	else
		scan_loose(s, n->binary.r);
}

/* For lowering. A loop that is not inline is a function. */
static void
note_while(struct scan *s, const struct node *n, uint32_t rounds)
{
	struct while_func *w = vec_push(s->l->prog->arena, &s->u->whiles);

	*w = (struct while_func){ n, 0, rounds };
	if (!rounds)
		s->func = w->func = s->u->nfuncs++;
}

static void
scan_while(struct scan *s, struct node *n)
{
	const struct var *v = lower_while_var(n);
	const struct lvar *lv = v ? &s->u->vars[v->id] : NULL;
	uint32_t func = s->func, rounds = 0;

	if (lv && lv->known && !lv->captured && still_open(s, lv->set_at))
		rounds = lower_short_while(n, lv->value);
	forget(s, n->loop.body);
	if (rounds || !lower_without_loop(s->l))
		note_while(s, n, rounds);
	scan(s, n->loop.cond);
	under(s, n->loop.body);
	s->func = func;
}

static void
scan_body(struct scan *s, struct node *n, bool callback)
{
	uint32_t func = s->func;
	struct mark m = { s->mark, ++s->marks };

	if (callback)
		s->func = s->u->nfuncs++;
	s->mark = &m;
	forget(s, n->loop_for.body);
	assign(s, n->loop_for.var, NULL);
	scan(s, n->loop_for.body);
	s->mark = m.up;
	s->func = func;
}

static void
scan_for(struct scan *s, struct node *n)
{
	int64_t from, to;

	if (n->loop_for.map) {
		scan_body(s, n, true);
		return;
	}
	scan(s, n->loop_for.from);
	scan(s, n->loop_for.to);
	scan_body(s, n,
		  !lower_inline_range(n, &from, &to) &&
			  !lower_without_loop(s->l));
}

static void
scan_assign(struct scan *s, struct node *n)
{
	struct node *target = n->assign.target;

	scan(s, n->assign.value);
	if (target->kind == N_VAR) {
		if (n->assign.op != OP_ASSIGN)
			use(s, target->var.var, false);
		assign(s, target->var.var, n->assign.value);
		if (n->assign.op != OP_ASSIGN)
			s->u->vars[target->var.var->id].known = false;
	} else {
		scan(s, target);
	}
}

/* (T *)x of a value that lies in memory: where it lies. */
bool
lower_takes_address(const struct node *n)
{
	return n->kind == N_CAST && n->type->kind == TY_POINTER &&
	       !type_is_scalar(n->cast.x->type) &&
	       !lower_is_agg(n->cast.x->type);
}

static void
scan_unary(struct scan *s, struct node *n)
{
	struct node *x = n->unary.x;

	if (x->kind == N_VAR && n->unary.op == OP_ADDR)
		touch(s, x->var.var)->addressed = true;
	scan(s, x);
	if (lower_changed_var(n))
		touch(s, x->var.var)->known = false;
}

static void
scan(void *arg, struct node *n)
{
	struct scan *s = arg;

	if (!n)
		return;
	switch (n->kind) {
	case N_VAR:
		use(s, n->var.var, true);
		break;
	case N_LET:
		if (n->let.value)
			scan(s, n->let.value);
		assign(s, n->let.var, n->let.value);
		break;
	case N_ASSIGN:
		scan_assign(s, n);
		break;
	case N_CALL:
		scan_call(s, n);
		break;
	case N_UNARY:
		scan_unary(s, n);
		break;
	case N_BINARY:
		scan_binary(s, n);
		break;
	case N_FIELD:
		scan_loose(s, n->field.x);
		break;
	case N_INDEX:
		scan_loose(s, n->index.x);
		scan(s, n->index.index);
		break;
	case N_MAP:
		scan(s, n->map.key);
		break;
	case N_CAST:
		if (lower_takes_address(n) && n->cast.x->kind == N_VAR)
			touch(s, n->cast.x->var.var)->addressed = true;
		scan(s, n->cast.x);
		break;
	case N_TERNARY:
		scan(s, n->ternary.cond);
		under(s, n->ternary.then);
		under(s, n->ternary.other);
		break;
	case N_IF:
		scan(s, n->cond.cond);
		under(s, n->cond.then);
		under(s, n->cond.other);
		break;
	case N_WHILE:
		scan_while(s, n);
		break;
	case N_UNROLL:
		forget(s, n->loop.body);
		scan(s, n->loop.body);
		break;
	case N_FOR:
		scan_for(s, n);
		break;
	default:
		ast_each_child(n, scan, s);
	}
}

/* A new look knows only what was captured in the last one. */
static void
forget_all(struct unit_state *u)
{
	uint32_t i;

	for (i = 0; i < u->nvars; i++)
		u->vars[i] = (struct lvar){ .captured = u->vars[i].captured };
}

static uint32_t
count_captured(const struct unit_state *u)
{
	uint32_t i, n = 0;

	for (i = 0; i < u->nvars; i++)
		n += u->vars[i].captured;
	return n;
}

/* Until nothing changes: the verifier cannot count with a captured variable,
 * so that a loop over one is no short one, even if what captures it stands in
 * the loop's own body. */
void
lower_scan(struct lower *l, struct unit_state *u, const struct node *n)
{
	bool again = true;
	uint32_t i;

	while (again) {
		uint32_t captured = count_captured(u);
		struct scan s = { .l = l, .u = u };

		u->nfuncs = 1;
		u->whiles.n = 0;
		forget_all(u);
		scan(&s, (struct node *)n);
		again = count_captured(u) != captured;
	}
	for (i = 0; i < u->nvars; i++)
		u->vars[i].ready = false;
}

/* ---- questions about a subtree ---- */

struct search {
	const struct var *var, *pair;
	uint64_t part;
	const struct mapdef *map;
	bool ends, effects, changes;
	bool found;
};

/* `$kv.1` where part 0 is asked for. */
static bool
is_other_part(const struct search *s, const struct node *n)
{
	if (n->kind == N_FIELD && n->field.x->kind == N_VAR &&
	    n->field.x->var.var == s->pair && !n->field.name)
		return n->field.index != s->part;
	if (n->kind == N_INDEX && n->index.x->kind == N_VAR &&
	    n->index.x->var.var == s->pair && n->index.index->kind == N_INT)
		return n->index.index->num.value != s->part;
	return false;
}

static bool
returns(const struct node *call)
{
	return call->call.word->flags & WORD_RETURNS;
}

/* Such a division reports it, an event of its own. */
static bool
may_divide_by_zero(const struct node *n)
{
	return (n->binary.op == OP_DIV || n->binary.op == OP_MOD) &&
	       n->binary.r->kind != N_INT;
}

/* So does such an index. */
static bool
may_be_beyond(const struct node *n)
{
	return n->index.x->type->kind != TY_POINTER &&
	       n->index.index->kind != N_INT;
}

/* Words on maps: some of them change one. */
static bool
takes_map(const struct node *call)
{
	return !strncmp(call->call.word->sig, "(map", 4);
}

static void
search(void *arg, struct node *n)
{
	struct search *s = arg;

	if (s->found)
		return;
	if (s->pair && is_other_part(s, n))
		return;
	switch (n->kind) {
	case N_VAR:
		s->found = n->var.var == s->var || n->var.var == s->pair;
		break;
	case N_MAP:
		s->found = s->map && n->map.map == s->map;
		break;
	case N_RETURN:
		s->found = s->ends;
		break;
	case N_CALL:
		s->found =
			n->call.word &&
			((s->ends && returns(n)) ||
			 (s->changes && takes_map(n)) ||
			 (s->effects && (takes_map(n) ||
					 n->call.word->flags & WORD_REPORTS)));
		break;
	case N_BINARY:
		s->found = s->effects && may_divide_by_zero(n);
		break;
	case N_INDEX:
		s->found = s->effects && may_be_beyond(n);
		break;
	case N_BLOCK:
		s->found = s->effects || s->changes;
		break;
	case N_UNARY:
		s->found =
			(s->effects || s->changes) && n->unary.op >= OP_PREINC;
		break;
	default:
		break;
	}
	if (s->found)
		return;
	if (n->kind == N_MAP && n->map.key)
		search(s, n->map.key);
	else
		ast_each_child(n, search, s);
}

bool
lower_ends_probe(const struct node *n)
{
	struct search s = { .ends = true };

	search(&s, (struct node *)n);
	return s.found;
}

bool
lower_mentions_var(const struct node *n, const struct var *v)
{
	struct search s = { .var = v };

	search(&s, (struct node *)n);
	return s.found;
}

bool
lower_uses_part(const struct node *n, const struct var *v, uint64_t i)
{
	struct search s = { .pair = v, .part = i };

	search(&s, (struct node *)n);
	return s.found;
}

bool
lower_mentions_map(const struct node *n, const struct mapdef *m)
{
	struct search s = { .map = m };

	search(&s, (struct node *)n);
	return s.found;
}

bool
lower_has_effects(const struct node *n)
{
	struct search s = { .effects = true, .ends = true };

	search(&s, (struct node *)n);
	return s.found;
}

bool
lower_changes(const struct node *n)
{
	struct search s = { .changes = true };

	search(&s, (struct node *)n);
	return s.found;
}

/* ---- address spaces of structs and arrays ---- */

static enum addrspace
pointee_space(struct lower *l, const struct node *x)
{
	enum addrspace as = x->type->kind == TY_POINTER ? x->type->as : AS_NONE;

	/* What &$x points to is as good as any kernel memory. */
	return as == AS_BPF ? AS_KERNEL : ir_space(l, as);
}

enum addrspace
lower_space(struct lower *l, const struct node *n)
{
	const struct node *x;

	switch (n->kind) {
	case N_VAR:
		return l->scope->u->vars[n->var.var->id].as;
	case N_UNARY:
		return n->unary.op == OP_DEREF ? pointee_space(l, n->unary.x)
					       : AS_BPF;
	case N_FIELD:
		x = n->field.x;
		break;
	case N_INDEX:
		x = n->index.x;
		break;
	case N_CAST: /* of a number: its bytes are ours */
		return type_is_scalar(n->cast.x->type)
			       ? AS_BPF
			       : lower_space(l, n->cast.x);
	case N_EXPR:
		return lower_space(l, n->expr.x);
	default:
		return AS_BPF;
	}
	return x->type->kind == TY_POINTER ? pointee_space(l, x)
					   : lower_space(l, x);
}
