/* SPDX-License-Identifier: MIT */
/*
 * Where values lie and how they are read: fields, elements, what pointers
 * point to. The address space decides between loads and probe_read.
 */
#include "lower.h"

#include <linux/bpf.h>

enum { CTX_COPY_MAX = 128 }; /* bytes by direct loads */

/* What a pointer's value points to. The address of a variable or of a map is
 * read as kernel memory: the script may have computed with it. */
static struct lval
behind_pointer(struct lower *l, const struct node *p, const struct type *t)
{
	const struct type *pt = p->type;
	enum addrspace as = pt->kind == TY_POINTER ? pt->as : AS_NONE;

	as = as == AS_BPF ? AS_KERNEL : ir_space(l, as);
	return (struct lval){ .as = as, .m = { ir_expr(l, p), 0 }, .type = t };
}

static struct lval
in_bpf(struct mem m, const struct type *t)
{
	return (struct lval){ .as = AS_BPF, .m = m, .type = t };
}

static struct lval
lval_field(struct lower *l, const struct node *n)
{
	const struct node *x = n->field.x;
	const struct field *f = n->field.field;
	struct lval lv = x->type->kind == TY_POINTER
				 ? behind_pointer(l, x, x->type->to)
				 : lower_lval(l, x);

	if (!f && n->field.index < lv.type->nfields)
		f = &lv.type->fields[n->field.index];
	if (!f) {
		lower_sorry(l, n->span, "this field access");
		return in_bpf(lower_obj(l, n->type), n->type);
	}
	lv.m.off += (int32_t)f->offset;
	lv.type = f->type;
	lv.bit_offset = f->bit_offset;
	lv.bit_size = f->bit_size;
	lv.data_loc = f->data_loc;
	return lv;
}

/* An index that the verifier sees to be below `count`; out of bounds it is 0
 * and *guard is 0. */
static struct ref
bounded(struct lower *l, struct ref i, uint32_t count, struct ref *guard)
{
	uint32_t slot = ir_slot(l), ok = ir_slot(l);
	struct blk *in = ir_blk(l), *out = lower_cold(l), *join = ir_blk(l);

	ir_br(l, CC_ULT, i, ir_const(l, count), in, out);
	ir_seal(l, in);
	ir_seal(l, out);
	ir_at(l, in);
	ir_slot_set(l, slot, i);
	ir_slot_set(l, ok, ir_const(l, -1));
	ir_jmp(l, join);
	ir_at(l, out);
	lower_notice(l, NOTICE_BOUNDS, 0, ir_const(l, 0));
	ir_slot_set(l, slot, ir_const(l, 0));
	ir_slot_set(l, ok, ir_const(l, 0));
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
	*guard = ir_slot_get(l, ok);
	return ir_slot_get(l, slot);
}

/* An element of memory is read wherever it lies, with a warning. */
static void
warn_beyond(struct lower *l, struct ref i, uint32_t count)
{
	struct blk *in = ir_blk(l), *out = lower_cold(l);

	ir_br(l, CC_ULT, i, ir_const(l, count), in, out);
	ir_seal(l, out);
	ir_at(l, out);
	lower_notice(l, NOTICE_BOUNDS, 0, ir_const(l, 0));
	ir_jmp(l, in);
	ir_seal(l, in);
	ir_at(l, in);
}

static struct lval
lval_element(struct lower *l, struct lval lv, struct ref i,
	     const struct type *elem, uint32_t count)
{
	uint32_t size = elem->size ? elem->size : 1;
	int64_t c;

	lv.type = elem;
	if (l->cur && ir_is_const(l->f, i, &c) && c >= 0 &&
	    c < (INT32_MAX - lv.m.off) / (int64_t)size &&
	    (!count || c < count)) {
		lv.m.off += (int32_t)(c * size);
		return lv;
	}
	if (lv.as == AS_BPF && count)
		i = bounded(l, i, count, &lv.guard);
	else if (count)
		warn_beyond(l, i, count);
	/* No arithmetic with unknown offsets on the verifier's own pointers:
	 * they are addresses of the kernel, too. */
	if (lv.as == AS_CTX || lv.as == AS_BTF)
		lv.as = AS_KERNEL;
	i = ir_bini(l, IR_MUL, i, size);
	lv.m.base = ir_bin(l, IR_ADD, ir_addr(l, lv.m), i);
	lv.m.off = 0;
	return lv;
}

static struct lval
lval_index(struct lower *l, const struct node *n)
{
	const struct node *x = n->index.x;
	const struct type *t = x->type;
	struct lval lv;

	switch (t->kind) {
	case TY_POINTER:
		lv = behind_pointer(l, x, t->to);
		return lval_element(l, lv, ir_expr(l, n->index.index), n->type,
				    0);
	case TY_ARRAY:
		lv = lower_lval(l, x);
		return lval_element(l, lv, ir_expr(l, n->index.index), t->to,
				    t->count);
	case TY_STRING:
		lv = lower_lval(l, x);
		return lval_element(l, lv, ir_expr(l, n->index.index), n->type,
				    t->size);
	case TY_TUPLE:
	case TY_RECORD:
		lv = lower_lval(l, x);
		if (n->index.index->kind == N_INT &&
		    n->index.index->num.value < t->nfields) {
			const struct field *f =
				&t->fields[n->index.index->num.value];

			lv.m.off += (int32_t)f->offset;
			lv.type = f->type;
			return lv;
		}
		break;
	default:
		break;
	}
	lower_sorry(l, n->span, "indexing this");
	return in_bpf(lower_obj(l, n->type), n->type);
}

struct lval
lower_lval(struct lower *l, const struct node *n)
{
	struct lval lv;

	switch (n->kind) {
	case N_FIELD:
		return lval_field(l, n);
	case N_INDEX:
		return lval_index(l, n);
	case N_UNARY:
		if (n->unary.op == OP_DEREF)
			return behind_pointer(l, n->unary.x, n->type);
		break;
	case N_VAR:
		if (lower_var(l, n->var.var)->as == AS_BPF)
			break;
		return (struct lval){ .as = lower_var(l, n->var.var)->as,
				      .m = { lower_var_get(l, n->var.var), 0 },
				      .type = n->type };
	case N_EXPR:
	case N_COMPTIME:
		return lower_lval(l, n->expr.x);
	case N_CAST: /* a string as an array, a struct as itself */
		if (type_is_scalar(n->type) ||
		    type_is_scalar(n->cast.x->type) ||
		    n->cast.x->type->size != n->type->size)
			break;
		lv = lower_lval(l, n->cast.x);
		lv.type = n->type;
		return lv;
	default:
		break;
	}
	return in_bpf(ir_expr_mem(l, n), n->type);
}

/* ---- reading ---- */

static struct ref
extend(struct lower *l, struct ref v, const struct type *t)
{
	if (t->size < 8 && t->is_signed && t->kind != TY_BOOL)
		return ir_un(l, IR_SEXT, v, t->size);
	return v;
}

/* What was loaded is not an address, by its type. */
void
lower_number(struct lower *l, struct ref v, const struct type *t)
{
	if (l->cur && t->kind != TY_POINTER && ir_op(l->f, v)->code == IR_LOAD)
		ir_op(l->f, v)->number = true;
}

struct ref
lower_load_scalar(struct lower *l, struct mem m, const struct type *t)
{
	struct ref v = ir_load(l, m.base, m.off, t->size);

	lower_number(l, v, t);
	return extend(l, v, t);
}

/* Loads the context allows: aligned, and in tracepoints not of the first
 * word, which the kernel has overwritten with a pointer. */
static bool
ctx_loads(struct lower *l, int32_t off, uint32_t width)
{
	return off % (int32_t)width == 0 &&
	       (off >= 8 ||
		l->unit->type->prog_type != BPF_PROG_TYPE_TRACEPOINT);
}

bool
lower_loads_ctx(struct lower *l, const struct lval *lv)
{
	return lv->as == AS_CTX && ctx_loads(l, lv->m.off, 1);
}

static bool
loads_direct(struct lower *l, const struct lval *lv, uint32_t width)
{
	switch (lv->as) {
	case AS_BPF:
	case AS_BTF:
		return true;
	case AS_CTX:
		return ctx_loads(l, lv->m.off, width);
	case AS_NONE:
	case AS_KERNEL:
	case AS_USER:
	case AS_ANY:
		break;
	}
	return false;
}

static void
read_behind(struct lower *l, const struct lval *lv, struct mem dst,
	    uint32_t size)
{
	struct ref from = ir_addr(l, lv->m);

	ir_probe_read(l, lv->as, dst, ir_const(l, size), from, false);
}

/* An array as one integer may lie at any multiple of its elements' size. */
static struct ref
load_pieces(struct lower *l, struct mem m, uint32_t width)
{
	struct ref v = ir_const(l, 0);
	uint32_t w = width, done;

	while (m.off % (int32_t)w)
		w /= 2;
	if (w == width)
		return ir_load(l, m.base, m.off, width);
	for (done = 0; done < width; done += w) {
		struct ref x = ir_load(l, m.base, m.off + (int32_t)done, w);

		v = ir_bin(l, IR_OR, v, ir_bini(l, IR_SHL, x, done * 8));
	}
	return v;
}

/* A pointer in an iterator's context may be NULL, and the verifier wants to
 * see that checked before anything is added to it. */
static struct ref
or_null(struct lower *l, struct ref v)
{
	struct blk *null = ir_blk(l), *join = ir_blk(l);
	uint32_t slot = ir_slot(l);

	ir_slot_set(l, slot, v);
	ir_br(l, CC_NE, v, ir_const(l, 0), join, null);
	ir_seal(l, null);
	ir_at(l, null);
	ir_slot_set(l, slot, ir_const(l, 0));
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
	return ir_slot_get(l, slot);
}

static struct ref
load_width(struct lower *l, const struct lval *lv, uint32_t width)
{
	struct mem tmp;
	struct ref v;

	if (lv->as == AS_BPF)
		return load_pieces(l, lv->m, width);
	if (loads_direct(l, lv, width)) {
		v = ir_load(l, lv->m.base, lv->m.off, width);
		return lv->as == AS_CTX && width == 8 && l->unit->type->seq
			       ? or_null(l, v)
			       : v;
	}
	tmp = ir_obj(l, 8, 8);
	read_behind(l, lv, tmp, width);
	return ir_load(l, tmp.base, tmp.off, width);
}

/* The smallest load that covers the bits; zero-extended, as upstream. */
static struct ref
load_bits(struct lower *l, const struct lval *lv)
{
	struct lval at = *lv;
	unsigned shift = lv->bit_offset, width = 1;
	struct ref v;

	at.m.off += (int32_t)(shift / 8);
	shift %= 8;
	while (width * 8 < shift + lv->bit_size && width < 8)
		width *= 2;
	/* Back to where the load is aligned. */
	while (at.m.off % (int32_t)width && shift + 8 + lv->bit_size <= 64) {
		at.m.off--;
		shift += 8;
		while (width * 8 < shift + lv->bit_size)
			width *= 2;
	}
	v = ir_bini(l, IR_SHR, load_width(l, &at, width), shift);
	if (lv->bit_size >= 64)
		return v;
	return ir_bini(l, IR_AND, v, (INT64_C(1) << lv->bit_size) - 1);
}

struct ref
lower_lval_load(struct lower *l, struct lval lv)
{
	struct ref v;

	if (lv.data_loc) /* u32: length << 16 | offset in the record */
		return ir_bin(
			l, IR_ADD, lv.m.base,
			ir_bini(l, IR_AND, load_width(l, &lv, 4), 0xffff));
	if (lv.bit_size)
		return load_bits(l, &lv);
	v = extend(l, load_width(l, &lv, lv.type->size), lv.type);
	return lv.guard.id ? ir_bin(l, IR_AND, v, lv.guard) : v;
}

static void
copy_ctx(struct lower *l, const struct lval *lv, struct mem dst, uint32_t size)
{
	uint32_t done, w;

	for (done = 0; done < size; done += w) {
		int32_t from = lv->m.off + (int32_t)done;
		int32_t to = dst.off + (int32_t)done;

		for (w = 8; (from | to) % (int32_t)w || w > size - done;)
			w /= 2;
		ir_store(l, dst.base, to, ir_load(l, lv->m.base, from, w), w);
	}
}

void
lower_lval_into(struct lower *l, struct lval lv, struct mem dst, uint32_t size)
{
	if (lv.as == AS_BPF)
		ir_mem_copy(l, dst, lv.m, size);
	else if (size <= CTX_COPY_MAX && lower_loads_ctx(l, &lv))
		copy_ctx(l, &lv, dst, size);
	else
		read_behind(l, &lv, dst, size);
}

struct mem
lower_lval_mem(struct lower *l, struct lval lv)
{
	struct mem m;

	if (lv.as == AS_BPF)
		return lv.m;
	m = lower_obj(l, lv.type);
	lower_lval_into(l, lv, m, lv.type->size);
	return m;
}
