// SPDX-License-Identifier: MIT
/* Words that make or measure bytes: str, buf, strncmp, strlen, strcap. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* The address space that reading through `n` uses. */
static enum addrspace
space_of(const struct lower *l, const struct node *n)
{
	if (n->type->kind == TY_POINTER && n->type->as != AS_NONE)
		return n->type->as;
	return ir_space(l, AS_NONE);
}

/* "char name[]": how many there are is not known. */
static bool
is_flexible(const struct type *t)
{
	return t->kind == TY_ARRAY && !t->size;
}

/* Whether the bytes are at hand: strings and arrays, not addresses. */
static bool
has_bytes(const struct type *t)
{
	return t->kind == TY_STRING || t->kind == TY_BUFFER ||
	       (t->kind == TY_ARRAY && t->size);
}

/* The address that the bytes are to be read from, and how; 0 where none lie
 * behind what the script has copied. */
static struct ref
source_addr(struct lower *l, const struct node *call, enum addrspace *as)
{
	const struct node *x = ir_arg_node(call, 0);
	struct ref addr;

	if (is_flexible(x->type)) {
		addr = ir_arg_place(l, call, 0, as);
		return *as == AS_BPF ? ir_const(l, 0) : addr;
	}
	*as = space_of(l, x);
	return ir_arg(l, call, 0);
}

/* ---- str ---- */

static bool
str_source(struct sema *s, struct node *n, const struct type *t)
{
	if (t->kind == TY_STRING || t->kind == TY_BUFFER ||
	    t->kind == TY_POINTER || t->kind == TY_INT || t->kind == TY_ENUM ||
	    (t->kind == TY_ARRAY && t->to->size == 1))
		return true;
	return sema_error(s, n,
			  "str() expects a string, integer or a pointer type "
			  "as first argument (%s provided)",
			  type_name(t));
}

/* Of a literal: str(42) is "42", str("abc", 2) is "ab". */
static bool
fold_str(struct sema *s, struct node *n, const struct node *x,
	 const struct node *len)
{
	struct arena *a = sema_arena(s);
	int64_t v = INT32_MAX;
	const char *text;

	if ((x->kind != N_INT && x->kind != N_STR) ||
	    (len && (!sema_literal_int(len, &v) || v < 0)))
		return false;
	text = x->kind == N_STR
		       ? x->str.text
		       : arena_printf(a, "%lld", (long long)x->num.value);
	if (len)
		text = arena_printf(a, "%.*s",
				    v < INT32_MAX ? (int)v : INT32_MAX, text);
	sema_make_str(s, n, text);
	return true;
}

static bool
str_check(struct sema *s, struct node *n)
{
	struct types *types = sema_types(s);
	uint64_t max = sema_config(s)->max_strlen;
	struct node *x = sema_arg(n, 0), *len = sema_arg(n, 1);
	uint32_t size = (uint32_t)max;
	int64_t v;

	if (!x->type || x->type->kind == TY_ERROR) {
		n->type = type_error(types);
		return true;
	}
	if (!str_source(s, n, x->type))
		return false;
	if (fold_str(s, n, x, len))
		return true;
	sema_warn_space(s, x);
	if (len && sema_literal_int(len, &v)) {
		if (v < 0)
			return sema_error(s, n,
					  "strcannot use negative length "
					  "(%lld)",
					  (long long)v);
		if ((uint64_t)v >= max)
			sema_warn(s, n,
				  "length param (%lld) is too long and will be "
				  "shortened to %llu bytes (see "
				  "BPFTRACE_MAX_STRLEN)",
				  (long long)v, (unsigned long long)max);
		else
			size = (uint32_t)v + 1;
	}
	n->type = type_string(types, size);
	return true;
}

/* The length argument of str(), evaluated once. */
struct str_length {
	struct ref v; /* a value, when it is no literal */
	bool given, literal;
	int64_t lit;
};

static struct str_length
str_length(struct lower *l, const struct node *n)
{
	struct str_length len = { .given = ir_nargs(n) > 1 };

	len.literal =
		len.given && sema_literal_int(ir_arg_node(n, 1), &len.lit);
	if (len.given && !len.literal)
		len.v = ir_arg(l, n, 1);
	return len;
}

/* min(v, max) without a branch. By a mask, as the verifier keeps both bounds
 * of what it is laid over; those of a product with 0 it had lost up to 6.1. */
static struct ref
at_most(struct lower *l, struct ref v, uint32_t max)
{
	struct ref over = ir_cmp(l, CC_UGT, v, ir_const(l, max));

	v = ir_bin(l, IR_AND, v, ir_bini(l, IR_SUB, over, 1));
	return ir_bin(l, IR_ADD, v, ir_bini(l, IR_MUL, over, (int64_t)max));
}

/* How many bytes, NUL included, to read: a literal, or a bounded value. */
static struct ref
str_limit(struct lower *l, const struct str_length *len, uint32_t size)
{
	if (!len->given)
		return ir_const(l, size);
	if (len->literal)
		return ir_const(l, len->lit < (int64_t)size ? len->lit : size);
	return at_most(l, len->v, size);
}

/*
 * The helper ends what it reads with a NUL, but a string may fill all of its
 * storage: so says the language, and its printers mark it as cut. When the
 * helper used all of the storage, the last byte is read by itself. Nothing is
 * read past a NUL: a string that was not cut has its NUL there.
 */
static void
str_read(struct lower *l, const struct str_length *len, enum addrspace as,
	 struct mem dst, uint32_t size, struct ref addr)
{
	struct ref last = ir_const(l, size), got;
	struct blk *full, *done;

	got = ir_probe_read(l, as, dst, str_limit(l, len, size), addr, true);
	if (len->literal && len->lit <= (int64_t)size)
		return;
	full = ir_blk(l);
	done = ir_blk(l);
	if (len->given && !len->literal) {
		struct blk *more = ir_blk(l);

		ir_br(l, CC_UGT, len->v, last, more, done);
		ir_seal(l, more);
		ir_at(l, more);
	}
	ir_br(l, CC_EQ, got, last, full, done);
	ir_seal(l, full);
	ir_at(l, full);
	dst.off += (int32_t)size - 1;
	ir_probe_read(l, as, dst, ir_const(l, 1),
		      ir_bini(l, IR_ADD, addr, size - 1), false);
	ir_jmp(l, done);
	ir_seal(l, done);
	ir_at(l, done);
}

static void
str_copy(struct lower *l, const struct node *n, struct mem dst)
{
	struct mem src = ir_arg_mem(l, n, 0);
	const struct type *t = ir_arg_node(n, 0)->type;
	uint32_t size = n->type->size;
	uint32_t from = t->size;
	struct str_length len = str_length(l, n);

	if (t->kind == TY_BUFFER) {
		src.off += 4;
		from -= 4;
	}
	if (len.given && !len.literal) {
		ir_mem_zero(l, dst, size);
		if (from < size) /* nothing behind what there is */
			ir_probe_read(l, AS_KERNEL, dst,
				      at_most(l, len.v, from + 1),
				      ir_addr(l, src), true);
		else
			str_read(l, &len, AS_KERNEL, dst, size,
				 ir_addr(l, src));
		return;
	}
	if (len.given && len.lit < (int64_t)size) {
		ir_mem_zero(l, dst, size);
		if (len.lit > 1)
			ir_mem_copy(l, dst, src,
				    len.lit - 1 < from ? (uint32_t)len.lit - 1
						       : from);
		return;
	}
	ir_mem_copy(l, dst, src, from < size ? from : size);
	if (size > from)
		ir_mem_zero(l, (struct mem){ dst.base, dst.off + (int)from },
			    size - from);
}

static struct ref
str_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const struct node *x = ir_arg_node(n, 0);
	struct str_length len;
	enum addrspace as;
	struct ref addr;

	if (has_bytes(x->type)) {
		str_copy(l, n, *dst);
		return REF_NONE;
	}
	len = str_length(l, n);
	if (len.literal && len.lit < 2) {
		ir_mem_zero(l, *dst, n->type->size);
		return REF_NONE;
	}
	ir_store(l, dst->base, dst->off, ir_const(l, 0), 1);
	addr = source_addr(l, n, &as);
	str_read(l, &len, as, *dst, n->type->size, addr);
	return REF_NONE;
}

/* ---- buf ---- */

static bool
buf_check(struct sema *s, struct node *n)
{
	uint64_t max = sema_config(s)->max_strlen - 4;
	const struct type *t = sema_arg(n, 0)->type;
	struct node *len = sema_arg(n, 1);
	int64_t v = (int64_t)max;

	if (!t || t->kind == TY_ERROR) {
		n->type = type_error(sema_types(s));
		return true;
	}
	sema_warn_space(s, sema_arg(n, 0));
	if (!has_bytes(t) && !is_flexible(t) && t->kind != TY_POINTER &&
	    (!type_is_int(t) || t->kind == TY_BOOL))
		return sema_error(s, n,
				  "buf() expects an integer, string, or array "
				  "argument but saw %s",
				  sema_kind_name(t));
	if (!len && t->kind != TY_ARRAY && t->kind != TY_BUFFER)
		return sema_error(s, n,
				  "buf() expects a length argument for "
				  "non-array type %s",
				  t->kind == TY_POINTER ? type_name(t)
							: sema_kind_name(t));
	if (!len)
		v = t->kind == TY_ARRAY ? t->size : t->size - 4;
	else if (!sema_literal_int(len, &v))
		v = (int64_t)max;
	if (v < 0)
		return sema_error(s, n, "bufcannot use negative length (%lld)",
				  (long long)v);
	if (v > (int64_t)max)
		v = (int64_t)max;
	n->type = type_buffer(sema_types(s), (uint32_t)v);
	return true;
}

static struct ref
buf_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const struct node *x = ir_arg_node(n, 0);
	uint32_t cap = n->type->size - 4;
	struct mem data = { dst->base, dst->off + 4 };
	struct ref len = ir_const(l, cap);
	enum addrspace as;
	int64_t lit;

	if (ir_nargs(n) > 1 && !sema_literal_int(ir_arg_node(n, 1), &lit)) {
		len = at_most(l, ir_arg(l, n, 1), cap);
		ir_mem_zero(l, data, cap);
	}
	ir_store(l, dst->base, dst->off, len, 4);
	if (has_bytes(x->type)) {
		struct mem src = ir_arg_mem(l, n, 0);
		uint32_t size = x->type->size;

		if (x->type->kind == TY_BUFFER) {
			src.off += 4;
			size -= 4;
		}
		if (size < cap)
			ir_mem_zero(l, data, cap);
		ir_mem_copy(l, data, src, size < cap ? size : cap);
	} else if (cap) {
		struct ref addr = source_addr(l, n, &as);

		ir_probe_read(l, as, data, len, addr, false);
	}
	return REF_NONE;
}

/* ---- strncmp, strcap ---- */

static bool
strncmp_check(struct sema *s, struct node *n)
{
	unsigned i;
	int64_t limit;

	for (i = 0; i < 2; i++) {
		const struct type *t = sema_arg(n, i)->type;

		if (t && t->kind != TY_STRING && t->kind != TY_ERROR)
			return sema_error(s, n,
					  "strncmp() only supports string "
					  "arguments (%s provided)",
					  t->kind == TY_INT ? "int"
							    : type_name(t));
	}
	if (sema_arg(n, 2)->kind != N_INT ||
	    !sema_literal_int(sema_arg(n, 2), &limit) || limit < 0)
		return sema_error(s, n,
				  "Builtin strncmp requires a non-negative "
				  "literal");
	return true;
}

/* With a literal: its bytes are known, up to its NUL. */
static struct ref
strncmp_literal(struct lower *l, const struct node *n, unsigned other,
		const char *text, uint32_t limit)
{
	uint32_t size = (uint32_t)strlen(text) + 1;
	struct mem x = ir_arg_mem(l, n, other);

	return ir_bini(l, IR_XOR,
		       ir_str_equal_text(l, x,
					 ir_arg_node(n, other)->type->size,
					 text, size < limit ? size : limit),
		       1);
}

static struct ref
strncmp_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const struct type *a = ir_arg_node(n, 0)->type;
	const struct type *b = ir_arg_node(n, 1)->type;
	int64_t limit = 0;
	struct mem x, y;

	(void)dst;
	sema_literal_int(ir_arg_node(n, 2), &limit);
	if (limit <= 0)
		return ir_const(l, 0);
	if (limit > UINT32_MAX)
		limit = UINT32_MAX;
	for (unsigned i = 0; i < 2; i++) {
		const char *text = sema_literal_str(ir_arg_node(n, i), NULL);

		if (text)
			return strncmp_literal(l, n, 1 - i, text,
					       (uint32_t)limit);
	}
	x = ir_arg_mem(l, n, 0); /* in this order */
	y = ir_arg_mem(l, n, 1);
	return ir_bini(l, IR_XOR,
		       ir_str_equal(l, x, a->size, y, b->size, (uint32_t)limit),
		       1);
}

static bool
strcap_check(struct sema *s, struct node *n)
{
	const struct type *t = sema_arg(n, 0)->type;

	if (!t || t->kind == TY_ERROR) {
		n->type = type_error(sema_types(s));
		return true;
	}
	if (!has_bytes(t))
		return sema_error(s, n,
				  "string-like values must be either "
				  "strings, arrays or pointers");
	sema_make_int(s, n, t->size, false);
	n->type = type_int(sema_types(s), 8, true);
	return true;
}

/* clang-format off */
const struct builtin string_words[] = {
	{ "str", "(any, int = none, ...) -> auto", "a string read from memory",
	  WORD_TEXT,
	  .check = str_check, .lower = str_lower },
	{ "buf", "(any, int = none) -> auto", "bytes read from memory",
	  .check = buf_check, .lower = buf_lower },
	{ "strncmp", "(any, any, any) -> uint64",
	  "0 when the first n bytes are equal", .check = strncmp_check,
	  .lower = strncmp_lower },
	{ "strcap", "(any) -> auto", "bytes of storage of a string",
	  WORD_MACRO | WORD_CONST, .check = strcap_check },
	{ 0 },
};
/* clang-format on */
