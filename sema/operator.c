/* SPDX-License-Identifier: MIT */
/*
 * Operators on values: which kinds they take (REFERENCE 2.9) and the type of
 * the result (2.2). Integer arithmetic is always 64-bit.
 */
#include "internal.h"

static bool
is_comparison(enum operator_kind op)
{
	return op >= OP_EQ && op <= OP_GE;
}

static bool
is_logical(enum operator_kind op)
{
	return op == OP_LAND || op == OP_LOR;
}

static bool
is_pointer(const struct type *t)
{
	return t->kind == TY_POINTER;
}

/* Of a cast the type alone is pointed at. */
static struct span
side_span(const struct node *n)
{
	return n->kind == N_CAST && n->cast.head.end ? n->cast.head : n->span;
}

void
warn_cast(struct sema *s, const struct node *n, const struct type *to)
{
	struct node at = *n;

	at.span = side_span(n);
	sema_warn(s, &at,
		  "Expression of type: %s being cast to type: %s. This may "
		  "cause unexpected results. Use an explicit cast to suppress "
		  "this warning.",
		  type_name(n->type), type_name(to));
	sema_rank(s, DIAG_CASTS);
}

static void
note_sides(struct sema *s, const struct node *l, const char *lname,
	   const struct node *r, const char *rname)
{
	if (!s->final)
		return;
	diag_note(s->d, side_span(l), "left (%s)", lname);
	diag_note(s->d, side_span(r), "right (%s)", rname);
}

/* The type that an operand has in messages: of an aggregation its own. */
static const struct type *
own_type(const struct node *n)
{
	return is_implicit(n) ? n->cast.x->type : n->type;
}

static const struct type *
refuse(struct sema *s, const struct node *at, enum operator_kind op,
       const struct node *l, const struct node *r)
{
	sema_error(s, at,
		   "The %s operator can not be used on expressions of types "
		   "%s, %s",
		   ast_op_text(op), type_name(own_type(l)),
		   type_name(own_type(r)));
	return type_error(s->t);
}

/* The same beside `other`, which is no number: arithmetic, but of strings, has
 * made 64 bits of an integer by then, unsigned ones of a shift's count. */
static const char *
operand_name(struct sema *s, enum operator_kind op, const struct node *n,
	     const struct node *other, bool is_count)
{
	const struct type *t = n->type;
	bool negative = n->kind == N_INT && n->num.negative;

	if (is_comparison(op) || is_logical(op) || (is_count && negative) ||
	    other->type->kind == TY_STRING ||
	    (t->kind != TY_INT && t->kind != TY_ENUM))
		return type_name(own_type(n));
	return type_name(type_int(
		s->t, 8, t->kind == TY_INT && t->is_signed && !is_count));
}

static const struct type *
mismatch(struct sema *s, const struct node *at, enum operator_kind op,
	 const struct node *l, const struct node *r)
{
	bool shift = op == OP_SHL || op == OP_SHR;
	const char *lname = operand_name(s, op, l, r, false);
	const char *rname = operand_name(s, op, r, l, shift);

	if (s->final) {
		diag_error(s->d, at->span,
			   "Type mismatch for '%s': comparing %s with %s",
			   ast_op_text(op), lname, rname);
		note_sides(s, l, lname, r, rname);
		report_calls(s, at->span);
	}
	return type_error(s->t);
}

/* Whether the operation on two integers is a signed one. */
static bool
is_signed_op(enum operator_kind op, const struct type *l, const struct type *r)
{
	bool ls = l->is_signed && l->kind == TY_INT;
	bool rs = r->is_signed && r->kind == TY_INT;

	if (op == OP_SUB)
		return true;
	if (l->flexible && !r->flexible)
		return rs;
	if (r->flexible && !l->flexible)
		return ls;
	return ls || rs;
}

static bool
same_int(const struct type *a, const struct type *b)
{
	return a->kind == b->kind && a->size == b->size &&
	       a->is_signed == b->is_signed;
}

/* Such a map is narrow while its type is looked for: see awaits_value(). */
static bool
is_only_stepped(const struct node *n)
{
	return n->kind == N_MAP && n->map.map && n->map.map->only_stepped;
}

static bool
find_item(struct node *n, void *arg)
{
	bool *found = arg;

	if (n->kind == N_VAR && n->var.var && n->var.var->is_loop)
		*found = true;
	return !*found && n->kind != N_MAP; /* a key says nothing */
}

/* Whether two operands of a division, the same in the end, were not while
 * their types were looked for. What is computed from
 * an item of a loop had none before the loop's map had. */
static bool
differed(const struct node *l, const struct node *r)
{
	const struct node *other = is_only_stepped(l) ? r : l;
	bool item = false;

	if (is_only_stepped(l) == is_only_stepped(r))
		return false;
	walk((struct node *)other, find_item, &item);
	return !item || other->kind == N_FIELD;
}

static const struct type *
int_result(struct sema *s, const struct node *at, enum operator_kind op,
	   const struct node *l, const struct node *r)
{
	bool is_signed = is_signed_op(op, l->type, r->type);

	if (is_signed) {
		warn_sign(s, l, type_int(s->t, 8, true));
		warn_sign(s, r, type_int(s->t, 8, true));
	}
	if (is_signed && (op == OP_DIV || op == OP_MOD) &&
	    (!same_int(l->type, r->type) || differed(l, r))) {
		sema_warn(s, at,
			  "signed operands for '%s' can lead to undefined "
			  "behavior (cast to unsigned to silence warning)",
			  ast_op_text(op));
		sema_rank(s, DIAG_TYPES);
	}
	if (is_comparison(op) || is_logical(op) ||
	    (l->type->kind == TY_BOOL && r->type->kind == TY_BOOL &&
	     op != OP_SHL && op != OP_SHR))
		return type_bool(s->t);
	return type_int(s->t, 8, is_signed);
}

static const struct type *
pointer_result(struct sema *s, struct node *at, enum operator_kind op,
	       struct node *l, struct node *r)
{
	bool both = is_pointer(l->type) && is_pointer(r->type);

	if (is_logical(op))
		return type_bool(s->t);
	if (is_comparison(op)) {
		const char *a, *b;

		if (!both || l->type->to == r->type->to)
			return type_bool(s->t);
		a = type_name(l->type->to);
		b = type_name(r->type->to);
		sema_warn(s, at, "comparison of distinct pointer types: %s, %s",
			  a, b);
		note_sides(s, l, a, r, b);
		sema_rank(s, DIAG_TYPES);
		return type_bool(s->t);
	}
	if (both || (op != OP_ADD && op != OP_SUB))
		return refuse(s, at, op, l, r);
	complete_type(s, is_pointer(l->type) ? l->type->to : r->type->to);
	if (is_pointer(l->type))
		return l->type;
	return op == OP_ADD ? r->type : refuse(s, at, op, l, r);
}

static bool
is_composite(const struct type *t)
{
	return t->kind == TY_TUPLE || t->kind == TY_RECORD;
}

/* Arrays compare when they have one shape, and integers in it. */
static const struct type *
array_result(struct sema *s, const struct node *at, enum operator_kind op,
	     const struct node *l, const struct node *r)
{
	if (op != OP_EQ && op != OP_NE) {
		sema_error(s, at, "The %s operator cannot be used on arrays.",
			   ast_op_text(op));
		return type_error(s->t);
	}
	if (l->type->count != r->type->count) {
		sema_error(s, at,
			   "Only arrays of same size support comparison "
			   "operators.");
		return type_error(s->t);
	}
	if (l->type->to != r->type->to || !type_is_int(l->type->to)) {
		sema_error(s, at,
			   "Only arrays of same sized integer support "
			   "comparison operators.");
		return type_error(s->t);
	}
	return type_bool(s->t);
}

/* Both sides of one kind that is no integer and no pointer. */
static const struct type *
memory_result(struct sema *s, const struct node *at, enum operator_kind op,
	      const struct node *l, const struct node *r)
{
	bool equality = op == OP_EQ || op == OP_NE;

	if (is_pointer(l->type) || is_pointer(r->type))
		return refuse(s, at, op, l, r);
	if (l->type->kind != r->type->kind)
		return mismatch(s, at, op, l, r);
	if (l->type->kind == TY_ARRAY)
		return array_result(s, at, op, l, r);
	if (is_composite(l->type) && !type_promote(s->t, l->type, r->type))
		return mismatch(s, at, op, l, r);
	if (l->type->kind == TY_NOMINAL && l->type->nominal != r->type->nominal)
		return mismatch(s, at, op, l, r);
	if (!equality || (l->type->kind == TY_STRUCT && l->type != r->type) ||
	    l->type->kind == TY_NONE || is_aggregate(l->type))
		return refuse(s, at, op, l, r);
	return type_bool(s->t);
}

const struct type *
binary_type(struct sema *s, struct node *at, enum operator_kind op,
	    struct node *l, struct node *r)
{
	const struct type *lt = l->type, *rt = r->type;
	bool lw, rw;

	if (is_error(lt) || is_error(rt))
		return type_error(s->t);
	if (!lt || !rt)
		return is_comparison(op) || is_logical(op) ? type_bool(s->t)
							   : NULL;
	lw = type_is_int(lt) || is_pointer(lt);
	rw = type_is_int(rt) || is_pointer(rt);
	if (type_is_int(lt) && type_is_int(rt))
		return int_result(s, at, op, l, r);
	if (lw && rw)
		return pointer_result(s, at, op, l, r);
	return memory_result(s, at, op, l, r);
}

void
check_binary(struct sema *s, struct node *n)
{
	check_value(s, n->binary.l);
	check_value(s, n->binary.r);
	if (fold_binary(s, n))
		return;
	n->type = binary_type(s, n, n->binary.op, n->binary.l, n->binary.r);
}

/* What the step itself makes of a map, which needs no other round for it. */
static void
step_map(struct sema *s, struct mapdef *m, const struct type *t, struct span at)
{
	m->written++;
	map_value_use(s, m, t, at);
	m->written--;
}

/* A map that is stepped, or is the target of a compound assignment, has the
 * type of what is assigned to it elsewhere, for which it waits; when nothing
 * is, it is an int64, as a map that is only read. */
bool
awaits_value(struct sema *s, struct node *x, struct span at)
{
	if (x->kind != N_MAP || x->type || !x->map.map)
		return false;
	if (hmap_get(&s->assigned, x->map.name)) {
		s->unknown = true;
		if (!s->desperate)
			return true;
	}
	x->type = type_int(s->t, 8, true);
	x->map.map->only_stepped = true;
	step_map(s, x->map.map, x->type, at);
	return false;
}

/* What a step makes of `t`: 64 bits. */
const struct type *
stepped_type(struct sema *s, const struct type *t, bool down)
{
	const struct type *i = int_type_of(s, t);

	if (!i)
		i = t;
	return type_int(s->t, 8, down || (i->kind == TY_INT && i->is_signed));
}

static bool
is_declared_int(const struct var *v)
{
	return v->declared &&
	       (v->declared->kind == TY_INT || v->declared->kind == TY_ENUM);
}

/* ++ and --: 64-bit, or a pointer that steps. */
static void
check_step(struct sema *s, struct node *n)
{
	struct node *x = n->unary.x;
	enum operator_kind op = n->unary.op;
	bool down = op == OP_PREDEC || op == OP_POSTDEC;
	const struct type *t;

	if (x->kind == N_MAP)
		check_map(s, x, true, x->span);
	else
		check_expr(s, x);
	t = x->type;
	n->type = t;
	if (is_error(t) || (!t && x->kind == N_VAR))
		return;
	if (t && is_pointer(t)) {
		complete_type(s, t->to);
		return;
	}
	if (awaits_value(s, x, n->span))
		return;
	n->type = t = stepped_type(s, x->type, down);
	if (x->kind == N_MAP)
		step_map(s, x->map.map, t, n->span);
	else if (x->var.var && is_declared_int(x->var.var))
		n->type = x->type;
	else if (x->var.var)
		var_assign(s, x->var.var, NULL, t, n->span);
}

static const struct type *
refuse_unary(struct sema *s, const struct node *n)
{
	if (is_error(n->unary.x->type))
		return n->unary.x->type;
	sema_error(s, n,
		   "The %s operator can not be used on expressions of type "
		   "'%s'",
		   ast_op_text(n->unary.op), type_name(n->unary.x->type));
	return type_error(s->t);
}

/* Probes that no code of the kernel or of a process has called have no space
 * of their own. */
bool
has_no_space(const struct sema *s)
{
	unsigned flags = s->unit->type->flags;

	return flags & (PROBE_SPECIAL | PROBE_PERF) && !(flags & PROBE_USER);
}

/* Nobody knows whose memory a number names; what is declared to be a pointer
 * may come from anywhere. */
void
sema_warn_space(struct sema *s, const struct node *n)
{
	const struct type *t = n->type;

	if (!t || !has_no_space(s) ||
	    (n->kind == N_VAR && n->var.var && n->var.var->declared))
		return;
	while (type_is_int(t) && n->kind == N_CAST && n->cast.x->type) {
		n = n->cast.x;
		t = n->type;
	}
	if (!type_is_int(t) &&
	    (t->kind != TY_POINTER || (t->as != AS_NONE && t->as != AS_ANY)))
		return;
	s->no_space |= s->final && !s->asked;
}

static const struct type *
deref_type(struct sema *s, const struct node *n)
{
	const struct type *t = n->unary.x->type;

	if (type_is_int(t) || (is_pointer(t) && !type_is_scalar(t->to)))
		sema_warn_space(s, n->unary.x);
	if (is_pointer(t)) {
		complete_type(s, t->to);
		return t->to;
	}
	if (t->kind == TY_STRUCT) /* *args */
		return t;
	if (type_is_int(t) && t->kind != TY_BOOL)
		return type_int(s->t, 8, false);
	if (is_error(t))
		return t;
	return refuse_unary(s, n);
}

/* &$x or &@m: neither reads its operand. */
static void
check_address(struct sema *s, struct node *n)
{
	struct node *x = n->unary.x;

	if (x->kind == N_MAP) {
		x->map.map = map_get(s, x->map.name, x->span);
		x->type = type_none(s->t);
		n->type = type_pointer(s->t, x->type, AS_BPF);
		return;
	}
	check_expr(s, x);
	n->type = x->type;
	if (x->type && !is_error(x->type))
		n->type = type_pointer(s->t, x->type, AS_BPF);
}

static const struct type *
unary_type(struct sema *s, const struct node *n)
{
	const struct type *t = n->unary.x->type;

	switch ((int)n->unary.op) {
	case OP_NOT:
		if (t->kind == TY_INT || t->kind == TY_BOOL ||
		    t->kind == TY_ENUM)
			return type_bool(s->t);
		return refuse_unary(s, n);
	case OP_DEREF:
		return deref_type(s, n);
	}
	if (t->kind != TY_INT && t->kind != TY_ENUM)
		return refuse_unary(s, n);
	return type_int(s->t, 8, t->is_signed);
}

void
check_unary(struct sema *s, struct node *n)
{
	switch ((int)n->unary.op) {
	case OP_PREINC:
	case OP_PREDEC:
	case OP_POSTINC:
	case OP_POSTDEC:
		check_step(s, n);
		return;
	case OP_ADDR:
		check_address(s, n);
		return;
	}
	check_value(s, n->unary.x);
	if (fold_unary(s, n))
		return;
	n->type = n->unary.x->type ? unary_type(s, n) : NULL;
}
