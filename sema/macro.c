/* SPDX-License-Identifier: MIT */
/*
 * Macros (REFERENCE 1.7). A call becomes a block: a copy of the macro's body
 * in which parameters are replaced by the arguments and the variables that
 * the body assigns or declares have a private name ("x#3"); others are the
 * caller's. The block stands at the call's place, its statements keep theirs
 * in the macro.
 */
#include <string.h>

#include "internal.h"

struct expander {
	struct sema *s;
	const struct macro *chain[32]; /* calls around this one */
	struct span calls[32];         /* and where they stand */
	unsigned n;
	unsigned *serial;
	bool good;
};

/* ---- definitions ---- */

/* "macro f": how messages point at a definition. */
static struct span
head_span(const struct macro *m)
{
	struct span at = { m->span.begin, m->name_span.end };

	return at;
}

/* Whether the older definition fits all calls of the newer one. */
static bool
covers(const struct macro *old, const struct macro *m)
{
	uint32_t i;

	if (strcmp(old->name, m->name) || old->params.n != m->params.n)
		return false;
	for (i = 0; i < m->params.n; i++)
		if (old->params.v[i].kind != PARAM_EXPR &&
		    old->params.v[i].kind != m->params.v[i].kind)
			return false;
	return true;
}

struct body_check {
	struct sema *s;
	const struct macro *macro;
	unsigned loops;
	bool good;
};

static bool
refuse_jump(struct body_check *c, const struct node *n)
{
	c->good = diag_error(c->s->d, n->span,
			     "'%s' statement is not allowed in a macro",
			     ast_kind_name(n->kind));
	return false;
}

static bool
check_body_node(struct node *n, void *arg)
{
	struct body_check *c = arg;

	if (n->kind == N_FOR || n->kind == N_WHILE) {
		c->loops++;
		walk(n->kind == N_FOR ? n->loop_for.body : n->loop.body,
		     check_body_node, c);
		c->loops--;
		return false;
	}
	if (n->kind == N_RETURN ||
	    ((n->kind == N_BREAK || n->kind == N_CONTINUE) && !c->loops))
		return refuse_jump(c, n);
	return true;
}

static bool
params_differ(struct sema *s, const struct macro *m)
{
	static const struct {
		const char *text, *sigil;
	} kinds[] = { [PARAM_VAR] = { "Variable", "$" },
		      [PARAM_MAP] = { "Map", "@" },
		      [PARAM_EXPR] = { "Ident", "" } };
	uint32_t i, j;

	for (i = 0; i < m->params.n; i++) {
		const struct macro_param *p = &m->params.v[i];

		for (j = 0; j < i; j++)
			if (p->kind == m->params.v[j].kind &&
			    !strcmp(p->name, m->params.v[j].name))
				return diag_error(s->d, p->span,
						  "%s for macro argument "
						  "has already been used: "
						  "%s%s",
						  kinds[p->kind].text,
						  kinds[p->kind].sigil,
						  p->name);
	}
	return true;
}

bool
macro_check_definitions(struct sema *s)
{
	struct body_check c = { .s = s, .good = true };
	uint32_t i, j;

	for (i = 0; i < s->ast->macros.n; i++) {
		const struct macro *m = &s->ast->macros.v[i];

		for (j = 0; j < i; j++) {
			const struct macro *old = &s->ast->macros.v[j];

			if (!covers(old, m))
				continue;
			c.good = diag_error(s->d, head_span(m),
					    "Redefinition of macro: %s",
					    m->name);
			diag_note(s->d, head_span(old),
				  "This is the original definition.");
		}
		c.macro = m;
		if (!params_differ(s, m))
			c.good = false;
		walk(m->body, check_body_node, &c);
	}
	return c.good;
}

/* ---- which definition ---- */

static bool
arg_fits(const struct macro_param *p, const struct node *arg)
{
	if (p->kind == PARAM_VAR)
		return arg->kind == N_VAR;
	if (p->kind == PARAM_MAP)
		return arg->kind == N_MAP && !arg->map.keys.n;
	return true;
}

/* The number of leading arguments that fit; all of them: a match. */
static uint32_t
fitting(const struct macro *m, const node_list *args)
{
	uint32_t i;

	for (i = 0; i < m->params.n && i < args->n; i++)
		if (!arg_fits(&m->params.v[i], args->v[i]))
			break;
	return i;
}

/* By how many arguments a call misses a definition. */
static uint32_t
distance(const struct macro *m, const node_list *args)
{
	return m->params.n > args->n ? m->params.n - args->n
				     : args->n - m->params.n;
}

static const struct macro *
find_macro(const struct sema *s, const char *name, const node_list *args,
	   const struct macro **closest)
{
	const struct macro *best = NULL;
	uint32_t i;

	*closest = NULL;
	for (i = 0; i < s->ast->macros.n; i++) {
		const struct macro *m = &s->ast->macros.v[i];

		if (strcmp(m->name, name))
			continue;
		if (!*closest || distance(m, args) < distance(*closest, args))
			*closest = m;
		if (!distance(m, args) && fitting(m, args) == args->n && !best)
			best = m;
	}
	return best;
}

static const char *
kind_of_arg(const struct node *arg)
{
	if (arg->kind == N_MAP && !arg->map.keys.n)
		return "a map";
	return arg->kind == N_VAR ? "a variable" : "an expression";
}

static void
report_mismatch(struct expander *x, const struct node *call,
		const struct macro *m, const node_list *args)
{
	struct diag *d = x->s->d;
	const struct macro_param *p;
	uint32_t i;

	x->good = diag_error(d, call->span,
			     "Call to %s() has arguments that do not match any "
			     "definition.",
			     m->name);
	if (m->params.n != args->n) {
		diag_note(d, head_span(m),
			  "The closest definition of %s() has a different "
			  "number of arguments. Expected: %u but got %u",
			  m->name, m->params.n, args->n);
		return;
	}
	i = fitting(m, args);
	p = &m->params.v[i];
	diag_note(d, args->v[i]->span,
		  "Mismatched arg. %s() expects a %s for arg %s%s but got %s.",
		  m->name, p->kind == PARAM_VAR ? "variable" : "map",
		  p->kind == PARAM_VAR ? "$" : "@", p->name,
		  kind_of_arg(args->v[i]));
	diag_note(d, p->span,
		  "This is the argument in the closest definition.");
}

/* ---- the copy ---- */

struct copy {
	struct expander *x;
	struct sema *s;
	const struct macro *macro;
	const node_list *args;
	unsigned serial;
	struct hmap own; /* variables that were assigned or declared so far */
};

static struct node *
argument(const struct copy *c, int kind, const char *name)
{
	uint32_t i;

	for (i = 0; i < c->macro->params.n; i++)
		if ((int)c->macro->params.v[i].kind == kind &&
		    !strcmp(c->macro->params.v[i].name, name))
			return c->args->v[i];
	return NULL;
}

/* A parameter where a type is wanted: what its typeof() is of. */
static void
put_type(const struct copy *c, struct type_expr *t)
{
	const struct node *with;

	while (t && !t->name)
		t = t->of_type;
	with = t && t->tag == TAG_NONE ? argument(c, PARAM_EXPR, t->name)
				       : NULL;
	if (!with || with->kind != N_TYPEOF)
		return;
	t->name = NULL;
	t->of = with->of.x ? ast_clone(c->s->a, with->of.x) : NULL;
	t->of_type = with->of.x ? NULL : with->of.of;
}

/* The name of a variable that the macro assigns or declares: its own. */
static const char *
private_name(struct copy *c, const char *name)
{
	char *own = hmap_get(&c->own, name);

	if (own)
		return own;
	own = arena_printf(c->s->a, "%s#%u", name, c->serial);
	hmap_put(c->s->a, &c->own, name, own);
	return own;
}

/* A variable: a parameter, the macro's own, or the caller's. */
static const char *
name_in_copy(const struct copy *c, const char *name)
{
	const struct node *with = argument(c, PARAM_VAR, name);
	const char *own = hmap_get(&c->own, name);

	if (with)
		return with->var.name;
	return own ? own : name;
}

/* "expanded from", for each call around this place. */
static void
note_calls(const struct expander *x)
{
	unsigned i;

	for (i = x->n; i > 0; i--)
		diag_note(x->s->d, x->calls[i - 1], "expanded from");
}

static void
report_foreign_map(struct expander *x, const struct node *n)
{
	struct span at = n->span; /* without the key */

	at.end = at.begin + 1 + (uint32_t)strlen(n->map.name);
	x->good = diag_error(x->s->d, at,
			     "Unhygienic access to map: @%s. Maps must be "
			     "passed into the macro as arguments.",
			     n->map.name);
	note_calls(x);
}

/* let $x in the macro; $x is no parameter. */
static void
substitute_let(struct copy *c, struct node *n)
{
	struct span at = { n->span.begin, n->let.name_span.end };

	put_type(c, n->let.decl);
	if (argument(c, PARAM_VAR, n->let.name)) {
		c->x->good = diag_error(c->s->d, at,
					"Variable declaration shadows macro "
					"arg $%s",
					n->let.name);
		note_calls(c->x);
	}
	n->let.name = private_name(c, n->let.name);
}

static bool
substitute(struct node *n, void *arg)
{
	struct copy *c = arg;
	struct node *with;

	switch ((int)n->kind) {
	case N_ASSIGN:
		with = n->assign.target;
		if (with->kind == N_VAR &&
		    !argument(c, PARAM_VAR, with->var.name))
			private_name(c, with->var.name);
		return true;
	case N_VAR:
		n->var.name = name_in_copy(c, n->var.name);
		return true;
	case N_CAST:
		put_type(c, n->cast.to);
		return true;
	case N_LET:
		substitute_let(c, n);
		return true;
	case N_FOR:
		with = argument(c, PARAM_VAR, n->loop_for.name);
		n->loop_for.name = with ? with->var.name
					: private_name(c, n->loop_for.name);
		return true;
	case N_MAP:
		with = argument(c, PARAM_MAP, n->map.name);
		if (with)
			n->map.name = with->map.name;
		else
			report_foreign_map(c->x, n);
		return true;
	case N_IDENT:
		with = argument(c, PARAM_EXPR, n->ident.name);
		if (!with)
			return true;
		*n = *ast_clone(c->s->a, with);
		return false; /* the caller's names, not the macro's */
	}
	return true;
}

/* ---- calls ---- */

static bool
report_recursion(struct expander *x, const struct node *call,
		 const struct macro *m)
{
	const char *text = "";
	unsigned i;
	bool on = false;

	for (i = 0; i < x->n; i++) {
		on = on || x->chain[i] == m;
		if (on)
			text = arena_printf(x->s->a, "%s%s > ", text,
					    x->chain[i]->name);
	}
	x->good = diag_error(x->s->d, call->span,
			     "Recursive macro call detected. Call chain: %s%s",
			     text, m->name);
	note_calls(x);
	return false;
}

static bool
is_recursive(const struct expander *x, const struct macro *m)
{
	unsigned i;

	for (i = 0; i < x->n; i++)
		if (x->chain[i] == m)
			return true;
	return x->n == ARRAY_LEN(x->chain);
}

static bool expand_node(struct node *n, void *arg);

static void
expand_call(struct expander *x, struct node *n, const struct macro *m,
	    const node_list *args)
{
	struct copy c = { .x = x, .s = x->s, .macro = m, .args = args };
	struct span at = n->span;
	struct node *body;
	uint32_t i;

	if (is_recursive(x, m)) {
		report_recursion(x, n, m);
		return;
	}
	for (i = 0; i < args->n; i++)
		walk(args->v[i], expand_node, x);
	c.serial = ++*x->serial;
	body = ast_clone(x->s->a, m->body);
	x->calls[x->n] = at;
	x->chain[x->n++] = m;
	walk(body, substitute, &c);
	walk(body, expand_node, x);
	x->n--;
	*n = *body;
	n->span = at;
}

static bool
expand_node(struct node *n, void *arg)
{
	struct expander *x = arg;
	node_list args = { 0 };
	const struct macro *m, *closest;
	const struct builtin *word;
	const char *name;

	if (n->kind != N_CALL && n->kind != N_IDENT)
		return true;
	name = n->kind == N_CALL ? n->call.name : n->ident.name;
	if (n->kind == N_CALL)
		args = n->call.args;
	word = find_word(x->s, name);
	if (word && (word->flags & WORD_BUILTIN) && n->kind == N_IDENT)
		return true; /* the script's is called with parentheses */
	m = find_macro(x->s, name, &args, &closest);
	if (!closest || (!m && word))
		return true;
	if (m)
		expand_call(x, n, m, &args);
	else
		report_mismatch(x, n, closest, &args);
	return false;
}

bool
macro_expand(struct sema *s, struct node *body)
{
	unsigned serial = 0;
	struct expander x = { .s = s, .serial = &serial, .good = true };

	if (s->ast->macros.n)
		walk(body, expand_node, &x);
	return x.good;
}
