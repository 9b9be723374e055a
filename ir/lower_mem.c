/* SPDX-License-Identifier: MIT */
/*
 * Values in memory: strings, tuples, records, arrays, structs. Each is built
 * where it is wanted (destination passing); an address of what is there
 * already is used in place. Padding is zero, so that equal keys are equal
 * bytes; the bytes after a string's NUL are only where that is asked for.
 */
#include "lower.h"

#include <string.h>

enum { STORED_MAX = 64 }; /* bytes of a literal that become stores */

struct mem
lower_obj(struct lower *l, const struct type *t)
{
	uint32_t size = t->size ? t->size : 8;

	return ir_obj(l, (size + 7) & ~7u, 8);
}

static struct mem
at(struct mem m, uint32_t off)
{
	m.off += (int32_t)off;
	return m;
}

static uint32_t
smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool
same_layout(const struct type *a, const struct type *b)
{
	if (type_plain(a) == type_plain(b))
		return true;
	if (a->kind == TY_TUPLE || a->kind == TY_RECORD || lower_is_agg(a))
		return false;
	return a->kind == b->kind && a->size == b->size;
}

/* ---- literals ---- */

/* `size` bytes at dst: those of `text`, then zeros. */
static void
store_text(struct lower *l, const char *text, uint32_t len, struct mem dst,
	   uint32_t size)
{
	uint32_t done, w;

	for (done = 0; done < size && done < len; done += w) {
		int32_t off = dst.off + (int32_t)done;
		uint64_t v = 0;

		for (w = 8; off % (int32_t)w || w > size - done;)
			w /= 2;
		memcpy(&v, text + done, smaller(w, len - done));
		ir_store(l, dst.base, off, ir_const(l, (int64_t)v), w);
	}
	if (done < size)
		ir_mem_zero(l, at(dst, done), size - done);
}

static void
literal_into(struct lower *l, const struct node *n, struct mem dst,
	     uint32_t size)
{
	uint32_t len = smaller(n->str.len, size);

	if (len <= STORED_MAX) {
		store_text(l, n->str.text, len, dst, size);
		return;
	}
	ir_mem_copy(l, dst, lower_bytes(l, n->str.text, len), len);
	ir_mem_zero(l, at(dst, len), size - len);
}

static struct mem
literal_mem(struct lower *l, const struct node *n, const struct type *t)
{
	struct mem m;
	char *text;

	if (t->size > STORED_MAX) {
		text = arena_alloc(l->prog->arena, t->size);
		memcpy(text, n->str.text, smaller(n->str.len, t->size));
		return lower_bytes(l, text, t->size);
	}
	m = lower_obj(l, t);
	literal_into(l, n, m, t->size);
	return m;
}

/* ---- words with a result in memory ---- */

bool
lower_still_open(const struct lower *l, uint32_t region)
{
	const struct region *x = l->scope->region;

	while (x && x->id != region)
		x = x->up;
	return x;
}

static bool
is_kept(const struct node *n)
{
	return n->call.word->flags & WORD_PURE_MEM && !n->call.args.n;
}

/* What the word gave before on every way to here. */
static const struct kept *
find_kept(const struct lower *l, const struct builtin *word)
{
	const struct kept *k;

	for (k = l->scope->kept; k; k = k->next)
		if (k->word == word && lower_still_open(l, k->region))
			return k;
	return NULL;
}

static void
call_into(struct lower *l, const struct node *n, struct mem dst, bool clean)
{
	const struct builtin *word = n->call.word;

	if (!word || !word->lower) {
		lower_sorry(l, n->span, "this call");
		return;
	}
	if (is_kept(n)) {
		const struct kept *k = find_kept(l, word);

		if (k) {
			struct mem m = { lower_obj_again(l, k->obj), 0 };

			ir_mem_copy(l, dst, m, n->type->size);
			return;
		}
	} else if (clean && n->type->kind == TY_STRING) {
		ir_mem_zero(l, dst, n->type->size);
	}
	word->lower(l, n, &dst);
}

static struct mem
call_mem(struct lower *l, const struct node *n, bool clean)
{
	bool keep = n->call.word && is_kept(n);
	const struct kept *old = keep ? find_kept(l, n->call.word) : NULL;
	struct mem m;
	struct kept *k;

	if (old)
		return (struct mem){ lower_obj_again(l, old->obj), 0 };
	if (n->call.word && n->call.word->place)
		return n->call.word->place(l, n);
	m = lower_obj(l, n->type);
	call_into(l, n, m, clean);
	if (keep && l->cur) {
		k = arena_alloc(l->prog->arena, sizeof(*k));
		*k = (struct kept){ l->scope->kept, n->call.word,
				    l->scope->region->id,
				    ir_op(l->f, m.base)->index };
		l->scope->kept = k;
	}
	return m;
}

/* ---- conversion ---- */

void
lower_zero_padding(struct lower *l, const struct type *t, struct mem dst)
{
	uint32_t i, end = 0;

	for (i = 0; i < t->nfields; i++) {
		if (t->fields[i].offset > end)
			ir_mem_zero(l, at(dst, end), t->fields[i].offset - end);
		end = t->fields[i].offset + t->fields[i].type->size;
	}
	if (t->size > end)
		ir_mem_zero(l, at(dst, end), t->size - end);
}

static const struct field *
field_like(const struct type *t, const struct field *f, uint32_t i)
{
	if (t->kind == TY_RECORD && f->name)
		return type_field(t, f->name);
	return i < t->nfields ? &t->fields[i] : NULL;
}

void
lower_convert_mem(struct lower *l, const struct type *from, struct mem src,
		  const struct type *to, struct mem dst)
{
	uint32_t i, n = smaller(from->size, to->size);

	if (type_is_scalar(to) && type_is_scalar(from)) {
		struct ref v = lower_load_scalar(l, src, from);

		ir_store(l, dst.base, dst.off, lower_convert(l, v, from, to),
			 to->size);
		return;
	}
	if (type_plain(from) == type_plain(to) ||
	    (to->kind != TY_TUPLE && to->kind != TY_RECORD)) {
		ir_mem_copy(l, dst, src, n);
		ir_mem_zero(l, at(dst, n), to->size - n);
		return;
	}
	lower_zero_padding(l, to, dst);
	for (i = 0; i < to->nfields; i++) {
		const struct field *g = &to->fields[i];
		const struct field *f = field_like(from, g, i);

		if (f)
			lower_convert_mem(l, f->type, at(src, f->offset),
					  g->type, at(dst, g->offset));
	}
}

static void
tuple_into(struct lower *l, const struct node *n, const struct type *t,
	   struct mem dst, bool clean)
{
	uint32_t i;

	lower_zero_padding(l, t, dst);
	for (i = 0; i < n->tuple.items.n && i < t->nfields; i++)
		lower_into(l, n->tuple.items.v[i], t->fields[i].type,
			   at(dst, t->fields[i].offset), clean);
}

/* In the order of the text; in the places of the type. */
static void
record_into(struct lower *l, const struct node *n, const struct type *t,
	    struct mem dst, bool clean)
{
	uint32_t i;

	lower_zero_padding(l, t, dst);
	for (i = 0; i < n->record.items.n; i++) {
		const struct field *f =
			type_field(t, n->record.items.v[i].name);

		if (f)
			lower_into(l, n->record.items.v[i].value, f->type,
				   at(dst, f->offset), clean);
	}
}

/* `size` bytes of v, in stores that are aligned at dst. */
static void
store_pieces(struct lower *l, struct mem dst, struct ref v, uint32_t size)
{
	uint32_t done, w;

	for (done = 0; done < size; done += w) {
		int32_t off = dst.off + (int32_t)done;

		for (w = 8; off % (int32_t)w || w > size - done;)
			w /= 2;
		ir_store(l, dst.base, off, ir_bini(l, IR_SHR, v, done * 8), w);
	}
}

static void
cast_into(struct lower *l, const struct node *n, struct mem dst)
{
	const struct node *x = n->cast.x;
	const struct type *from = lower_value_type(l, x), *t = n->type;
	struct ref v;

	if (!type_is_scalar(from)) {
		lower_convert_mem(l, from, lower_mem(l, x, from, false), t,
				  dst);
		return;
	}
	v = ir_expr(l, x);
	store_pieces(l, dst, v, smaller(from->size, t->size));
	if (t->size > from->size)
		ir_mem_zero(l, at(dst, from->size), t->size - from->size);
}

/* ---- choices ---- */

static void
arm_into(struct lower *l, const struct node *arm, const struct type *t,
	 struct mem dst, bool clean, struct blk *in, struct blk *join)
{
	struct region r;

	ir_seal(l, in);
	ir_at(l, in);
	lower_enter(l, &r);
	if (arm)
		lower_into(l, arm, t, dst, clean);
	else
		ir_mem_zero(l, dst, t->size);
	lower_leave(l, &r);
	ir_jmp(l, join);
}

static void
choice_into(struct lower *l, const struct node *cond, const struct node *then,
	    const struct node *other, const struct type *t, struct mem dst,
	    bool clean)
{
	struct blk *yes = ir_blk(l), *no = ir_blk(l), *join = ir_blk(l);

	lower_cond(l, cond, yes, no);
	arm_into(l, then, t, dst, clean, yes, join);
	arm_into(l, other, t, dst, clean, no, join);
	ir_seal(l, join);
	ir_at(l, join);
}

static void
block_into(struct lower *l, const struct node *n, const struct type *t,
	   struct mem dst, bool clean)
{
	uint32_t i;

	for (i = 0; i < n->block.stmts.n; i++)
		lower_stmt(l, n->block.stmts.v[i]);
	if (n->block.value)
		lower_into(l, n->block.value, t, dst, clean);
}

/* ---- into memory ---- */

/* Bytes of the expression's own type, which `t` begins with. */
static bool
own_into(struct lower *l, const struct node *n, struct mem dst, bool clean)
{
	switch (n->kind) {
	case N_CALL:
		call_into(l, n, dst, clean);
		return true;
	case N_MAP:
		lower_map_into(l, n, dst);
		return true;
	case N_FIELD:
	case N_INDEX:
	case N_UNARY:
		lower_lval_into(l, lower_lval(l, n), dst, n->type->size);
		return true;
	case N_CAST:
		cast_into(l, n, dst);
		return true;
	default:
		return false;
	}
}

static void
memory_into(struct lower *l, const struct node *n, const struct type *t,
	    struct mem dst, bool clean)
{
	const struct type *own = n->type;

	if ((same_layout(own, t) ||
	     (own->kind == t->kind && own->kind == TY_STRING &&
	      own->size < t->size)) &&
	    own_into(l, n, dst, clean)) {
		ir_mem_zero(l, at(dst, own->size), t->size - own->size);
		return;
	}
	lower_convert_mem(l, own, lower_mem(l, n, own, clean), t, dst);
}

static void
scalar_into(struct lower *l, const struct node *n, const struct type *t,
	    struct mem dst)
{
	struct ref v = ir_expr(l, n);

	v = lower_convert(l, v, lower_value_type(l, n), t);
	ir_store(l, dst.base, dst.off, v, t->size);
}

static void
into_here(struct lower *l, const struct node *n, const struct type *t,
	  struct mem dst, bool clean)
{
	switch (n->kind) {
	case N_STR:
		literal_into(l, n, dst, t->size);
		break;
	case N_TUPLE:
		tuple_into(l, n, t, dst, clean);
		break;
	case N_RECORD:
		record_into(l, n, t, dst, clean);
		break;
	case N_TERNARY:
		choice_into(l, n->ternary.cond,
			    n->ternary.then ? n->ternary.then : n->ternary.cond,
			    n->ternary.other, t, dst, clean);
		break;
	case N_IF:
		choice_into(l, n->cond.cond, n->cond.then, n->cond.other, t,
			    dst, clean);
		break;
	case N_BLOCK:
		block_into(l, n, t, dst, clean);
		break;
	case N_EXPR:
	case N_COMPTIME:
		lower_into(l, n->expr.x, t, dst, clean);
		break;
	default:
		memory_into(l, n, t, dst, clean);
	}
}

void
lower_into(struct lower *l, const struct node *n, const struct type *t,
	   struct mem dst, bool clean)
{
	struct span outer = l->span;

	if (!l->cur)
		return;
	l->span = n->span;
	if (type_is_scalar(t))
		scalar_into(l, n, t, dst);
	else
		into_here(l, n, t, dst, clean);
	l->span = outer;
}

void
ir_expr_into(struct lower *l, const struct node *n, struct mem dst)
{
	lower_into(l, n, n->type, dst, true);
}

/* ---- the address of a value ---- */

static bool
is_view(const struct node *n)
{
	return n->kind == N_CAST && !type_is_scalar(n->cast.x->type) &&
	       !lower_is_agg(n->cast.x->type) &&
	       n->cast.x->type->size == n->type->size;
}

/* In place, where there is a place of exactly this type. */
static bool
mem_in_place(struct lower *l, const struct node *n, bool clean, struct mem *m)
{
	switch (n->kind) {
	case N_STR:
		*m = literal_mem(l, n, n->type);
		return true;
	case N_CALL:
		*m = call_mem(l, n, clean);
		return true;
	case N_VAR:
		if (lower_var(l, n->var.var)->as == AS_BPF)
			*m = lower_var_mem(l, n->var.var);
		else
			*m = lower_lval_mem(l, lower_lval(l, n));
		return true;
	case N_FIELD:
	case N_INDEX:
	case N_UNARY:
		*m = lower_lval_mem(l, lower_lval(l, n));
		return true;
	case N_CAST:
		if (!is_view(n))
			return false;
		*m = lower_lval_mem(l, lower_lval(l, n));
		return true;
	case N_EXPR:
	case N_COMPTIME:
		*m = lower_mem(l, n->expr.x, n->type, clean);
		return true;
	default:
		return false;
	}
}

struct mem
lower_mem(struct lower *l, const struct node *n, const struct type *t,
	  bool clean)
{
	struct span outer = l->span;
	struct mem m = { REF_NONE, 0 };

	if (!l->cur)
		return m;
	l->span = n->span;
	if (type_is_scalar(t) || !same_layout(n->type, t) ||
	    !mem_in_place(l, n, clean, &m)) {
		m = lower_obj(l, t);
		lower_into(l, n, t, m, clean);
	}
	l->span = outer;
	return m;
}

struct mem
ir_expr_mem(struct lower *l, const struct node *n)
{
	return lower_mem(l, n, n->type, false);
}

unsigned
ir_nargs(const struct node *call)
{
	return call->call.args.n;
}

const struct node *
ir_arg_node(const struct node *call, unsigned i)
{
	assert(i < call->call.args.n);
	return call->call.args.v[i];
}

struct ref
ir_arg(struct lower *l, const struct node *call, unsigned i)
{
	if (l->given)
		return l->given->value;
	return ir_expr(l, ir_arg_node(call, i));
}

struct mem
ir_arg_mem(struct lower *l, const struct node *call, unsigned i)
{
	return ir_expr_mem(l, ir_arg_node(call, i));
}

struct ref
ir_arg_addr(struct lower *l, const struct node *call, unsigned i)
{
	const struct node *x = ir_arg_node(call, i);

	if (type_is_scalar(x->type))
		return ir_expr(l, x);
	return ir_addr(l, lower_lval(l, x).m);
}

struct ref
ir_arg_place(struct lower *l, const struct node *call, unsigned i,
	     enum addrspace *as)
{
	struct lval lv = lower_lval(l, ir_arg_node(call, i));

	*as = lv.as;
	return ir_addr(l, lv.m);
}
