/* SPDX-License-Identifier: MIT */
/*
 * Words: names bound to rows, arguments counted and checked against the
 * signature, the result typed. A bare word becomes a call without arguments.
 */
#include <string.h>

#include "internal.h"

/* ---- may the word stand here? ---- */

static bool
may_stand(struct sema *s, struct node *n)
{
	const struct builtin *w = n->call.word;

	if ((w->flags & WORD_UNSAFE) && !s->in->unsafe)
		return sema_error(s, n,
				  "%s() is an unsafe function being used in "
				  "safe mode",
				  w->name);
	if (w->needs_probe && !(s->unit->type->flags & w->needs_probe))
		return sema_error(s, n,
				  "The %s builtin can not be used with '%s' "
				  "probes",
				  w->name, s->unit->type->name);
	if ((w->flags & WORD_CTX) && s->fors && (!w->check || w->check(s, n))) {
		n->type = type_error(s->t);
		return sema_error(s, n,
				  "'%s' builtin is not allowed in a for-loop",
				  w->name);
	}
	if ((w->flags & WORD_CTX) && s->fors)
		return false; /* its check has reported */
	if ((w->flags & WORD_RETURNS) && s->fors)
		sema_warn(s, n,
			  "%s() in a for loop is an old form; write it behind "
			  "the loop and leave that with: break",
			  w->name);
	if ((w->flags & WORD_AGG) && !n->call.target)
		return sema_error(s, n,
				  "%s() must be assigned directly to a map",
				  w->name);
	return true;
}

/* ---- how many arguments ---- */

static const char no_match[] =
	"Call to %s() has arguments that do not match any definition.";

static const char *
count_text(struct sema *s, unsigned n)
{
	if (n == 1)
		return "one argument";
	return arena_printf(s->a, "%u arguments", n);
}

static bool
wrong_count(struct sema *s, const struct node *n, const char *need)
{
	return sema_error(s, n, "%s() %s (%u provided)", n->call.word->name,
			  need, n->call.args.n);
}

static bool
wrong_count_macro(struct sema *s, const struct node *n, unsigned want)
{
	sema_error(s, n, no_match, n->call.word->name);
	if (s->final)
		diag_note(s->d, n->span,
			  "The closest definition of %s() has a different "
			  "number of arguments. Expected: %u but got %u",
			  n->call.word->name, want, n->call.args.n);
	return false;
}

static bool
check_count(struct sema *s, const struct node *n, const struct signature *sig)
{
	unsigned given = n->call.args.n;

	if (given >= sig->min && (sig->variadic || given <= sig->n))
		return true;
	if (n->call.word->flags & WORD_MACRO)
		return wrong_count_macro(s, n,
					 given < sig->min ? sig->min : sig->n);
	if (!sig->n)
		return wrong_count(s, n, "requires no arguments");
	if (sig->min == sig->n && !sig->variadic)
		return wrong_count(s, n,
				   arena_printf(s->a, "requires %s",
						count_text(s, sig->n)));
	if (given < sig->min)
		return wrong_count(s, n,
				   arena_printf(s->a, "requires at least %s",
						count_text(s, sig->min)));
	return wrong_count(
		s, n,
		arena_printf(s->a, "takes up to %s", count_text(s, sig->n)));
}

/* ---- what kind of arguments ---- */

static unsigned
kind_of(const struct type *t)
{
	switch (t->kind) {
	case TY_INT:
	case TY_ENUM:
		return P_INT;
	case TY_BOOL:
		return P_BOOL;
	case TY_STRING:
		return P_STRING;
	case TY_BUFFER:
		return P_BUFFER;
	case TY_POINTER:
		return P_POINTER;
	case TY_ARRAY:
		return P_ARRAY;
	case TY_STRUCT:
		return P_STRUCT;
	case TY_NOMINAL:
		return P_NOMINAL;
	case TY_ERROR:
		return ~0U;
	case TY_NONE:
	case TY_TUPLE:
	case TY_RECORD:
		return 0;
	}
	return 0;
}

/* "int" for all widths: messages on literals do not go into detail. */
static const char *
plain_kind(const struct type *t)
{
	return t->kind == TY_INT ? "int" : sema_kind_name(t);
}

static bool
wrong_kind(struct sema *s, const struct node *n, const struct sig_param *p,
	   const struct node *arg)
{
	return sema_error(s, n, "%s() only supports %s arguments (%s provided)",
			  n->call.word->name, p->name,
			  strcmp(p->name, "integer") ? plain_kind(arg->type)
						     : type_name(arg->type));
}

static bool
check_kind(struct sema *s, struct node *n, const struct sig_param *p,
	   struct node *arg)
{
	const struct type *t = arg->type;
	unsigned kinds = p->kinds;

	if (!t || is_error(t))
		return !is_error(t);
	if ((kinds & P_INT) && !(kinds & P_ANY) && is_aggregate(t) &&
	    sema_as_int(s, arg))
		t = arg->type;
	if (p->literal && !is_literal(arg))
		return sema_error(s, n,
				  "%s() expects a %s literal (%s provided)",
				  n->call.word->name, p->name, plain_kind(t));
	if (kinds & P_ANY)
		return true;
	if (kinds & P_BOOL)
		kinds |= P_INT | P_POINTER;
	if (p->literal && !(kind_of(t) & kinds))
		return sema_error(s, n,
				  "%s() expects a %s literal (%s provided)",
				  n->call.word->name, p->name, plain_kind(t));
	if (!(kind_of(t) & kinds))
		return wrong_kind(s, n, p, arg);
	if (t->kind == TY_NOMINAL && strcmp(t->nominal->name, p->nominal))
		return wrong_kind(s, n, p, arg);
	return true;
}

/* Not a map, or not a variable, where the signature wants one. */
static bool
wrong_form(struct sema *s, const struct node *n, const struct node *arg,
	   const char *want, const char *param)
{
	const char *got = "an expression";

	if (!(n->call.word->flags & WORD_MACRO))
		return sema_error(s, arg, "%s() expects a %s argument",
				  n->call.word->name, want);
	if (arg->kind == N_VAR)
		got = "a variable";
	if (arg->kind == N_MAP && !arg->map.keys.n)
		got = "a map";
	sema_error(s, n, no_match, n->call.word->name);
	if (s->final)
		diag_note(s->d, arg->span,
			  "Mismatched arg. %s() expects a %s for arg %s but "
			  "got %s.",
			  n->call.word->name, want, param, got);
	return false;
}

/* clear() and zero() of a map that nothing writes were allowed once. */
static bool
undefined_map(struct sema *s, const struct node *n, const struct sig_param *p,
	      struct node *arg)
{
	const char *name = arg->map.map->name;

	arg->type = type_error(s->t);
	if (n->call.word->flags & WORD_MACRO)
		return sema_error(s, n, "Unknown map: @%s", name);
	if (p->kinds & P_ANY)
		sema_error(s, arg, "Undefined map: @%s", name);
	else
		sema_warn(s, arg, "Undefined map: @%s", name);
	suggest_map(s, name);
	if (p->kinds & P_ANY)
		return false;
	arg->type = type_none(s->t);
	return true;
}

/* Whose check says what is wrong with the map. */
static bool
has_key_arg(struct sema *s, const struct node *n)
{
	const struct signature *sig = word_signature(s, n->call.word);

	return n->call.args.n > 1 && sig->n > 1 &&
	       sig->params[1].kinds == P_KEY;
}

/* A map named without brackets: not read, so typed void. */
static bool
check_map_arg(struct sema *s, struct node *n, const struct sig_param *p,
	      struct node *arg)
{
	struct mapdef *m;

	if (arg->kind != N_MAP || arg->map.keys.n)
		return wrong_form(s, n, arg, "map", "@map");
	m = map_get(s, arg->map.name, arg->span);
	arg->map.map = m;
	arg->type = type_none(s->t);
	if (s->final && !m->scalar && !m->keyed && !has_key_arg(s, n))
		return undefined_map(s, n, p, arg);
	return true;
}

/* A variable that is only written, so typed void; one that nothing declares
 * is the call's own. */
static bool
check_var_arg(struct sema *s, struct node *n, struct node *arg)
{
	struct scope own;

	if (arg->kind != N_VAR)
		return wrong_form(s, n, arg, "variable", "$var");
	arg->type = type_none(s->t);
	arg->var.var = var_find(s, arg->var.name);
	if (!arg->var.var) {
		scope_push(s, &own);
		arg->var.var = var_declare(s, arg->var.name, arg->span);
		arg->var.var->is_let = true; /* not hoisted */
		scope_pop(s);
	}
	arg->var.var->assigned = true;
	return true;
}

/* A key of the map before it. Only a word that keys the map itself would give
 * a map that nothing writes a type. */
static bool
check_key_arg(struct sema *s, struct node *n, struct mapdef *m,
	      struct node *arg)
{
	/* A scalar map's word says so in its own check(). */
	if (m && m->scalar)
		check_value(s, arg);
	else
		check_map_key(s, m, arg, n->span);
	if (m && s->final && !m->value && !m->clashes && !is_error(arg->type)) {
		sema_error(s, n, "Undefined map: @%s", m->name);
		suggest_map(s, m->name);
		return false;
	}
	return !is_error(arg->type);
}

static bool
check_type_arg(struct sema *s, struct node *n, struct node *arg)
{
	if (arg->kind == N_IDENT)
		arg->type = type_by_name(s, arg->ident.name);
	else if (arg->kind == N_TYPEOF && arg->of.of)
		arg->type = resolve_type(s, arg->of.of, NULL);
	if (arg->type) {
		complete_type(s, arg->type);
		return true;
	}
	return sema_error(s, arg, "%s() expects a type argument",
			  n->call.word->name);
}

/* The map that stands before a key parameter. */
static struct mapdef *
map_before(const struct node *n, uint32_t i)
{
	return i ? sema_map(n->call.args.v[i - 1]) : NULL;
}

static bool
check_arg(struct sema *s, struct node *n, const struct sig_param *p, uint32_t i)
{
	struct node *arg = n->call.args.v[i];

	if ((p->kinds & P_WORD) && arg->kind == N_IDENT) {
		arg->type = type_none(s->t);
		return true;
	}
	if ((p->kinds & P_MAP) &&
	    (p->kinds == P_MAP || (arg->kind == N_MAP && !arg->map.keys.n)))
		return check_map_arg(s, n, p, arg);
	if (p->kinds & P_KEY)
		return check_key_arg(s, n, map_before(n, i), arg);
	if (p->kinds & P_VAR)
		return check_var_arg(s, n, arg);
	if (p->kinds & P_TYPE)
		return check_type_arg(s, n, arg);
	if (!i && arg->kind == N_STR &&
	    n->call.word->flags & (WORD_FORMAT | WORD_TEXT)) {
		arg->type = type_string(s->t, arg->str.len + 1);
		return true;
	}
	if (arg->kind == N_PARAM && (n->call.word->flags & WORD_TEXT))
		check_param(s, arg, true);
	else
		check_expr(s, arg);
	take_args(s, arg);
	return check_kind(s, n, p, arg);
}

/* False: a mistake was reported. *known: all types are. */
static bool
check_args(struct sema *s, struct node *n, const struct signature *sig,
	   bool *known)
{
	static const struct sig_param any = { .kinds = P_ANY, .name = "any" };
	bool good = true;
	uint32_t i;

	*known = true;
	for (i = 0; i < n->call.args.n; i++) {
		const struct sig_param *p = i < sig->n ? &sig->params[i] : &any;

		if (!check_arg(s, n, p, i))
			good = false;
		if (n->call.args.v[i]->type)
			complete_value(s, n->call.args.v[i]->type);
		else
			*known = false;
	}
	return good;
}

/* ---- the result ---- */

static const struct type *
result_type(struct sema *s, const struct node *n, const struct signature *sig)
{
	const struct nominal *nominal;
	const struct type *arg;
	bool is_signed = false;

	if (!strcmp(sig->result, "auto"))
		return NULL;
	if (!strcmp(sig->result, "string"))
		return type_string(s->t, (uint32_t)s->in->config->max_strlen);
	nominal = sema_nominal(s, sig->result);
	if (!nominal)
		return sema_type(s, sig->result);
	if (nominal->unsigned_name && n->call.args.n) {
		arg = n->call.args.v[0]->type;
		is_signed = arg && arg->is_signed;
	}
	return type_nominal(s->t, nominal, is_signed, NULL);
}

/* @m[k] where the signature has (map, key): the two are taken apart. */
static void
split_key(struct sema *s, struct node *n, const struct signature *sig)
{
	struct node *m, *key;
	uint32_t i;

	if (n->call.args.n != 1 || sig->n < 2 ||
	    sig->params[0].kinds != P_MAP || sig->params[1].kinds != P_KEY)
		return;
	m = n->call.args.v[0];
	if (m->kind != N_MAP || !m->map.keys.n)
		return;
	key = m->map.keys.v[0];
	if (m->map.keys.n > 1) {
		key = arena_alloc(s->a, sizeof(*key));
		key->kind = N_TUPLE;
		key->span = m->span;
		for (i = 0; i < m->map.keys.n; i++)
			*vec_push(s->a, &key->tuple.items) = m->map.keys.v[i];
	}
	*vec_push(s->a, &n->call.args) = key;
	memset(&m->map.keys, 0, sizeof(m->map.keys));
}

static void
check_word(struct sema *s, struct node *n)
{
	const struct builtin *w = n->call.word;
	const struct signature *sig = word_signature(s, w);
	bool known;

	n->type = type_error(s->t);
	split_key(s, n, sig);
	if (!may_stand(s, n) || !check_count(s, n, sig) ||
	    !check_args(s, n, sig, &known))
		return;
	n->type = result_type(s, n, sig);
	if (known && w->check && !w->check(s, n))
		n->type = type_error(s->t);
	if (n->kind == N_STR && n->type && n->type->kind == TY_STRING)
		return;
	if (known && !n->type && s->final)
		n->type = type_error(s->t);
}

/* args, arg0, ctx: no functions. */
static bool
is_name_only(struct sema *s, const struct builtin *w)
{
	return w->flags & WORD_BUILTIN && word_signature(s, w)->is_variable;
}

/* Whether a bare name may mean the word: not a function's, which leaves it to
 * constants and the like. */
static bool
is_bare_word(struct sema *s, const struct builtin *w)
{
	return w && (w->flags & (WORD_BUILTIN | WORD_MACRO) ||
		     word_signature(s, w)->is_variable);
}

void
check_call(struct sema *s, struct node *n)
{
	const struct builtin *w = find_word(s, n->call.name);

	n->call.word = w;
	if (!w || is_name_only(s, w)) {
		n->type = type_error(s->t);
		sema_error(s, n, "Unknown function: '%s'", n->call.name);
		suggest_function(s, n->call.name);
		return;
	}
	check_word(s, n);
}

/* A constant of an enum: a literal of the enum's type. */
static bool
check_constant(struct sema *s, struct node *n)
{
	const struct type *t;
	uint64_t value;

	t = lookup_constant(s, n->ident.name, &value);
	if (!t)
		return false;
	sema_make_int(s, n, value, t->is_signed && (int64_t)value < 0);
	n->type = t;
	return true;
}

void
check_ident(struct sema *s, struct node *n)
{
	const char *name = n->ident.name;
	const struct builtin *w = find_word(s, name);

	if (!is_bare_word(s, w)) {
		if (check_define(s, n) || check_constant(s, n) ||
		    check_header_constant(s, n))
			return;
		n->type = type_error(s->t);
		sema_error(s, n, "Unknown identifier: '%s'", name);
		suggest_ident(s, name);
		return;
	}
	memset(&n->call, 0, sizeof(n->call));
	n->kind = N_CALL;
	n->call.name = name;
	n->call.name_span = n->span;
	n->call.word = w;
	check_word(s, n);
}

/* ---- delete(@a[1], @b[2]) ---- */

static bool
all_keyed_maps(const struct node *call)
{
	uint32_t i;

	for (i = 0; i < call->call.args.n; i++)
		if (call->call.args.v[i]->kind != N_MAP ||
		    !call->call.args.v[i]->map.keys.n)
			return false;
	return true;
}

bool
split_calls(struct sema *s, struct node *stmt)
{
	struct node *call = stmt->expr.x;
	const struct signature *sig;
	const struct builtin *w;
	node_list calls = { 0 };
	uint32_t i;

	if (call->kind != N_CALL || call->call.args.n < 2 ||
	    !all_keyed_maps(call))
		return false;
	w = find_word(s, call->call.name);
	sig = w ? word_signature(s, w) : NULL;
	if (!sig || sig->n != 2 || sig->params[0].kinds != P_MAP ||
	    sig->params[1].kinds != P_KEY)
		return false;
	sema_warn(s, call,
		  "several maps in one %s() are an old form; write "
		  "%s(@map, key) for each",
		  w->name, w->name);
	for (i = 0; i < call->call.args.n; i++) {
		struct node *one = arena_alloc(s->a, sizeof(*one));
		struct node *x = arena_alloc(s->a, sizeof(*x));

		*one = *stmt;
		one->expr.x = x;
		one->expr.lost = one->span;
		*x = *call;
		memset(&x->call.args, 0, sizeof(x->call.args));
		*vec_push(s->a, &x->call.args) = call->call.args.v[i];
		*vec_push(s->a, &calls) = one;
	}
	stmt->kind = N_BLOCK;
	stmt->block.stmts = calls;
	stmt->block.value = NULL;
	return true;
}
