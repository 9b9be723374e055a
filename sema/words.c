/* SPDX-License-Identifier: MIT */
/*
 * Finding the rows of words and nominals, and the helpers that their
 * callbacks use: messages, literals, what was handed in.
 */
#include <string.h>

#include "internal.h"

static const struct builtin *
search_word(const struct sema *s, const char *name)
{
	const struct builtin *const *family;
	const struct builtin *w;

	for (family = s->in->lang->words; family && *family; family++)
		for (w = *family; w->name; w++)
			if (w->name[0] == name[0] && !strcmp(w->name, name))
				return w;
	return NULL;
}

/* Words that the script has used are remembered: it uses few, but often. */
const struct builtin *
find_word(struct sema *s, const char *name)
{
	const struct builtin *w = hmap_get(&s->words, name);

	if (w)
		return w;
	w = search_word(s, name);
	if (w)
		hmap_put(s->a, &s->words, w->name, (void *)(uintptr_t)w);
	return w;
}

static const struct signature *
find_signature(struct sema *s, const struct builtin *w)
{
	const struct signature *sig = hmap_get(&s->sigs, w->sig);
	const char *error;

	if (sig)
		return sig;
	sig = signature_parse(s->a, w->sig, &error);
	assert(sig); /* the unit test walks all rows */
	hmap_put(s->a, &s->sigs, w->sig, (void *)(uintptr_t)sig);
	return sig;
}

const struct signature *
word_signature(struct sema *s, const struct builtin *w)
{
	size_t at = (uintptr_t)w / sizeof(*w) % ARRAY_LEN(s->lately);

	if (s->lately[at].word != w) {
		s->lately[at].word = w;
		s->lately[at].sig = find_signature(s, w);
	}
	return s->lately[at].sig;
}

static const struct nominal *
search_nominal(const struct sema *s, const char *name)
{
	const struct nominal *const *family;
	const struct nominal *n;

	for (family = s->in->lang->nominals; family && *family; family++)
		for (n = *family; n->name; n++)
			if (!strcmp(n->name, name) ||
			    (n->unsigned_name &&
			     !strcmp(n->unsigned_name, name)))
				return n;
	return NULL;
}

const struct nominal *
sema_nominal(struct sema *s, const char *name)
{
	static const struct nominal none;
	const struct nominal *n = hmap_get(&s->nominals, name);

	if (!n) {
		n = search_nominal(s, name);
		hmap_put(s->a, &s->nominals, arena_strdup(s->a, name),
			 (void *)(uintptr_t)(n ? n : &none));
	}
	return n == &none ? NULL : n;
}

/* ---- messages ---- */

void
report_calls(struct sema *s, struct span at)
{
	uint32_t i = s->calls.n;

	while (i-- > 0) {
		struct span call = s->calls.v[i];

		if (at.begin >= call.begin && at.end <= call.end)
			return;
		if (call.begin >= at.begin && call.end <= at.end)
			continue; /* a block of the statement itself */
		diag_note(s->d, call, "expanded from");
	}
}

bool
sema_error_at(struct sema *s, struct span at, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (!s->final)
		return false;
	va_start(ap, fmt);
	text = arena_vprintf(s->a, fmt, ap);
	va_end(ap);
	diag_error(s->d, at, "%s", text);
	report_calls(s, at);
	return false;
}

bool
sema_error(struct sema *s, const struct node *n, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(s->a, fmt, ap);
	va_end(ap);
	return sema_error_at(s, n->span, "%s", text);
}

void
sema_rank(struct sema *s, enum diag_rank rank)
{
	if (s->final)
		diag_rank(s->d, rank);
}

void
sema_warn(struct sema *s, const struct node *n, const char *fmt, ...)
{
	va_list ap;

	if (!s->final)
		return;
	va_start(ap, fmt);
	diag_vwarn(s->d, n->span, fmt, ap);
	va_end(ap);
	report_calls(s, n->span);
}

/* ---- what was handed in ---- */

struct diag *
sema_diag(struct sema *s)
{
	return s->d;
}

struct types *
sema_types(struct sema *s)
{
	return s->t;
}

struct kernel *
sema_kernel(struct sema *s)
{
	return s->in->kernel;
}

struct arena *
sema_arena(struct sema *s)
{
	return s->a;
}

const struct config *
sema_config(struct sema *s)
{
	return s->in->config;
}

const struct sema_input *
sema_in(struct sema *s)
{
	return s->in;
}

struct unit *
sema_unit(struct sema *s)
{
	return s->unit;
}

bool
sema_in_loop(const struct sema *s)
{
	return s->loops || s->fors;
}

struct node *
sema_arg(const struct node *call, unsigned i)
{
	return i < call->call.args.n ? call->call.args.v[i] : NULL;
}

struct mapdef *
sema_map(const struct node *n)
{
	return n->kind == N_MAP ? n->map.map : NULL;
}

const struct type *
sema_args(struct sema *s, struct span at)
{
	struct unit *u = s->unit;

	if (u->args)
		return u->args;
	if (!u->type->args) {
		sema_error_at(s, at, "'args' has no fields in '%s' probes",
			      u->type->name);
		return NULL;
	}
	u->args = u->type->args(s, u, at);
	return u->args;
}

/* ---- literals ---- */

bool
sema_literal_int(const struct node *n, int64_t *v)
{
	if (n->kind != N_INT && n->kind != N_BOOL)
		return false;
	*v = (int64_t)n->num.value;
	return true;
}

const char *
sema_literal_str(const struct node *n, uint32_t *len)
{
	if (n->kind != N_STR)
		return NULL;
	if (len)
		*len = n->str.len;
	return n->str.text;
}

void
sema_make_int(struct sema *s, struct node *n, uint64_t v, bool negative)
{
	memset(&n->num, 0, sizeof(n->num));
	n->kind = N_INT;
	n->num.value = v;
	n->num.negative = negative;
	n->type = type_literal(s->t, v, negative);
}

void
sema_make_bool(struct sema *s, struct node *n, bool v)
{
	memset(&n->num, 0, sizeof(n->num));
	n->kind = N_BOOL;
	n->num.value = v;
	n->type = type_bool(s->t);
}

void
sema_make_str(struct sema *s, struct node *n, const char *text)
{
	n->kind = N_STR;
	n->str.text = text;
	n->str.len = (uint32_t)strlen(text);
	check_string(s, n);
}

/* ---- types of arguments ---- */

const char *
sema_kind_name(const struct type *t)
{
	switch (t->kind) {
	case TY_INT:
		return t->is_signed || t->flexible ? "int" : "unsigned int";
	case TY_BOOL:
		return "bool";
	case TY_STRING:
		return "string";
	case TY_BUFFER:
		return "buffer";
	case TY_POINTER:
		return "pointer";
	case TY_ARRAY:
		return "array";
	case TY_STRUCT:
		return "c_type";
	case TY_ENUM:
		return "int";
	case TY_TUPLE:
		return "tuple";
	case TY_RECORD:
		return "record";
	case TY_NONE:
		return "void";
	case TY_NOMINAL:
		return t->nominal->name;
	case TY_ERROR:
		break;
	}
	return type_name(t);
}

bool
is_error(const struct type *t)
{
	return t && t->kind == TY_ERROR;
}

bool
is_aggregate(const struct type *t)
{
	return t && t->kind == TY_NOMINAL && t->nominal->map_only;
}

const struct type *
int_type_of(struct sema *s, const struct type *t)
{
	if (!t || t->kind != TY_NOMINAL || !t->nominal->to_int)
		return NULL;
	if (t->nominal->int_type)
		return t->nominal->int_type(s->t, t);
	return type_int(s->t, 8, t->is_signed);
}

const struct field *
sema_field(struct sema *s, const struct type *t, const char *name)
{
	if (!t)
		return NULL;
	complete_type(s, t);
	return type_field(t, name);
}

bool
sema_as_int(struct sema *s, struct node *n)
{
	const struct type *to = int_type_of(s, n->type);
	struct type_expr *text;
	struct node *x;

	if (!to)
		return false;
	x = arena_alloc(s->a, sizeof(*x));
	*x = *n;
	if (x->kind == N_MAP && x->map.map)
		x->map.map->read_as_int = true;
	text = arena_alloc(s->a, sizeof(*text));
	text->span = n->span;
	text->name = type_name(to);
	n->kind = N_CAST;
	memset(&n->cast, 0, sizeof(n->cast));
	n->cast.to = text;
	n->cast.x = x;
	n->type = to;
	return true;
}
