/* SPDX-License-Identifier: MIT */
/*
 * Functions that a program brings along: what a long probe does in many
 * places, and hardly ever. Telling that a map is full takes four blocks and
 * seventeen insns in each place, and the verifier goes through all of them
 * from each; a call takes three. They are global functions to the kernel,
 * which looks at such once, whoever calls them.
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
bool
lower_is_long(const struct sema_input *in, const struct node *body)
{
	uint32_t version = in->kernel ? in->kernel->paths.version : 0;
	uint32_t left = LONG_BODY;

	if (version && version < 0x060500)
		return false;
	count_node(&left, (struct node *)body);
	return !left;
}

static struct func *
find_own(const struct func *top, enum ir_helper h)
{
	const struct own *o;

	for (o = top->own; o; o = o->next)
		if (o->helper == h)
			return o->f;
	return NULL;
}

struct func *
ir_own_func(const struct func *f, enum ir_helper h)
{
	while (f->parent)
		f = f->parent;
	return find_own(f, h);
}

void
ir_add_own(struct func *top, enum ir_helper h, struct func *f)
{
	struct own *o = arena_alloc(top->arena, sizeof(*o));

	*o = (struct own){ f, h, top->own };
	top->own = o;
	f->is_own = true;
}

/* For the words of lower_event.c: what a function does in the place of the
 * code that is at hand, once for each unit. */
static void
make_own(struct lower *l, enum ir_helper h, const char *name,
	 void (*body)(struct lower *l))
{
	struct func *top = l->scope->u->top;
	struct lower own = { .prog = l->prog,
			     .in = l->in,
			     .unit = l->unit,
			     .scope = l->scope,
			     .span = l->unit->probe->span };

	own.f = ir_func(l->prog, name, l->unit, top, ir_helpers[h].nargs);
	own.cur = own.f->blks.v[0];
	body(&own);
	ir_ret(&own, ir_const(&own, 0));
	ir_add_own(top, h, own.f);
}

bool
lower_own(struct lower *l, enum ir_helper h, const char *name,
	  void (*body)(struct lower *l))
{
	if (!l->scope->u->is_long || l->scope->frames >= FRAMES_MAX)
		return false;
	if (!ir_own_func(l->scope->u->top, h))
		make_own(l, h, name, body);
	return true;
}
