/* SPDX-License-Identifier: MIT */
/*
 * Which loops stay inline: those whose few rounds are known, so that the
 * verifier, which walks through each, gets to their end. All others run their
 * body as a callback.
 */
#include "lower.h"

enum { SHORT_ROUNDS = 64, SHORT_RANGE = 16, MANY_FORKS = 16 };

/* ---- kernels without bpf_loop ---- */

struct weight {
	unsigned nodes, depth; /* of loops in each other */
};

static void
weigh(void *arg, struct node *n)
{
	struct weight *w = arg, below = { 0 };

	ast_each_child(n, weigh, &below);
	below.nodes++;
	if (n->kind == N_FOR || n->kind == N_WHILE)
		below.depth++;
	if (n->kind == N_UNROLL && n->loop.cond->kind == N_INT)
		below.nodes *= (unsigned)n->loop.cond->num.value + 1;
	w->nodes += below.nodes;
	w->depth = below.depth > w->depth ? below.depth : w->depth;
}

/* The verifier walks through each round of a back edge, at most a million
 * insns in all; a node of the tree becomes ten or so. Loops in each other
 * share what there is. */
uint32_t
lower_rounds_max(const struct node *loop)
{
	enum { NODES = 40000, ROUNDS = 4096 };
	struct weight w = { 0 };
	uint64_t all, each = 1, power;
	unsigned i;

	weigh(&w, (struct node *)loop);
	all = NODES / w.nodes;
	do {
		for (power = 1, i = 0; i < w.depth; i++)
			power *= each + 1;
	} while (power <= all && each++ < ROUNDS);
	return (uint32_t)each;
}

/* ---- how often the verifier's ways fork ---- */

static void forks(void *arg, struct node *n);

static unsigned
forks_below(const struct node *n)
{
	unsigned c = 0;

	ast_each_child(n, forks, &c);
	return c;
}

/* A branch that leaves two values behind: the verifier follows both to the
 * end, round after round. Void calls and stores to maps join again. */
static void
forks(void *arg, struct node *n)
{
	unsigned *c = arg, below = forks_below(n);

	switch (n->kind) {
	case N_IF:
	case N_TERNARY:
	case N_MAP:
		below++;
		break;
	case N_BINARY:
		below += n->binary.op == OP_LAND || n->binary.op == OP_LOR ||
			 ((n->binary.op == OP_DIV || n->binary.op == OP_MOD) &&
			  n->binary.r->kind != N_INT);
		break;
	case N_ASSIGN:
		below -= n->assign.target->kind == N_MAP;
		break;
	case N_FOR:
	case N_WHILE:
		below *= MANY_FORKS;
		break;
	default:
		break;
	}
	*c += below;
}

static bool
is_light(const struct node *body, int64_t rounds)
{
	unsigned c = 0;

	forks(&c, (struct node *)body);
	return c * (uint64_t)rounds <= MANY_FORKS;
}

/* ---- for ($i : 0..10) ---- */

bool
lower_inline_range(const struct node *n, int64_t *from, int64_t *to)
{
	const struct node *a = n->loop_for.from, *b = n->loop_for.to;

	if (n->loop_for.map || a->kind != N_INT || b->kind != N_INT)
		return false;
	*from = (int64_t)a->num.value;
	*to = (int64_t)b->num.value;
	if (*to <= *from)
		return true;
	return *to - *from <= SHORT_RANGE &&
	       is_light(n->loop_for.body, *to - *from);
}

/* ---- while ($v < 10) { ... $v++; ... } ---- */

const struct var *
lower_changed_var(const struct node *n)
{
	const struct node *x;

	switch (n->kind) {
	case N_ASSIGN:
		x = n->assign.target;
		break;
	case N_LET:
		return n->let.var;
	case N_UNARY:
		if (n->unary.op != OP_PREINC && n->unary.op != OP_PREDEC &&
		    n->unary.op != OP_POSTINC && n->unary.op != OP_POSTDEC &&
		    n->unary.op != OP_ADDR)
			return NULL;
		x = n->unary.x;
		break;
	default:
		return NULL;
	}
	return x->kind == N_VAR ? x->var.var : NULL;
}

struct count {
	const struct var *var;
	unsigned changes, jumps;
};

static void
count(void *arg, struct node *n)
{
	struct count *c = arg;

	if (lower_changed_var(n) == c->var)
		c->changes++;
	if (n->kind == N_CONTINUE)
		c->jumps++;
	ast_each_child(n, count, c);
}

/* How far a statement moves `v`, or 0. */
static int64_t
step_of(const struct node *n, const struct var *v)
{
	const struct node *by;

	while (n->kind == N_EXPR || n->kind == N_DISCARD)
		n = n->expr.x;
	if (lower_changed_var(n) != v)
		return 0;
	if (n->kind == N_UNARY) {
		if (n->unary.op == OP_ADDR)
			return 0;
		return n->unary.op == OP_PREINC || n->unary.op == OP_POSTINC
			       ? 1
			       : -1;
	}
	by = n->kind == N_ASSIGN ? n->assign.value : NULL;
	if (!by || by->kind != N_INT || by->num.value > INT32_MAX)
		return 0;
	if (n->assign.op == OP_ADD)
		return (int64_t)by->num.value;
	return n->assign.op == OP_SUB ? -(int64_t)by->num.value : 0;
}

static bool
holds(enum operator_kind op, int64_t a, int64_t b)
{
	switch (op) {
	case OP_LT:
		return a < b;
	case OP_LE:
		return a <= b;
	case OP_GT:
		return a > b;
	case OP_GE:
		return a >= b;
	default:
		return a != b;
	}
}

const struct var *
lower_while_var(const struct node *n)
{
	const struct node *c = n->loop.cond;

	if (c->kind != N_BINARY || c->binary.l->kind != N_VAR ||
	    c->binary.r->kind != N_INT)
		return NULL;
	switch (c->binary.op) {
	case OP_LT:
	case OP_LE:
	case OP_GT:
	case OP_GE:
	case OP_NE:
		return c->binary.l->var.var;
	default:
		return NULL;
	}
}

uint32_t
lower_short_while(const struct node *n, int64_t start)
{
	const struct node *cond = n->loop.cond, *body = n->loop.body;
	struct count c = { .var = lower_while_var(n) };
	int64_t end = (int64_t)cond->binary.r->num.value, step = 0, v = start;
	uint32_t i;

	count(&c, (struct node *)body);
	if (c.changes != 1 || c.jumps || body->kind != N_BLOCK)
		return 0;
	for (i = 0; i < body->block.stmts.n && !step; i++)
		step = step_of(body->block.stmts.v[i], c.var);
	for (i = 0; step && holds(cond->binary.op, v, end); i++) {
		if (i == SHORT_ROUNDS)
			return 0;
		v += step;
	}
	/* Within what every type of variable holds. */
	if (!step || !is_light(body, i) || v < -1 || v > INT8_MAX ||
	    start < 0 || start > INT8_MAX)
		return 0;
	return i + 1;
}
