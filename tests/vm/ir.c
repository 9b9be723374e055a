/* SPDX-License-Identifier: MIT */
/*
 * Owns a second interpreter: of SSA, before registers exist. Each object is
 * a region of its own, so what strays from one into its neighbour is seen
 * here, and what two of them share the stack for wrongly is seen in
 * machine.c: hence both run. Its arithmetic is its own, not ir/'s.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ir/internal.h"
#include "vm.h"

enum { POISON = 0xaa };
static const uint64_t max_steps = 200000000;

static const struct prog *ir;         /* what runs instead of insns */
static const struct session *session; /* whose maps they are */

struct frame {
	const struct func *f;
	const struct blk *at;
	struct ref op;
	uint64_t *v;          /* by ref */
	struct region **objs; /* made when their address is asked for */
	const uint64_t *args;
};

void
vm_ir_use(const struct prog *p, const struct session *s)
{
	ir = p;
	session = s;
}

bool
vm_ir_used(void)
{
	return ir != NULL;
}

uint32_t
vm_ir_probe(const char *name)
{
	uint32_t i = 0;

	while (i < ir->funcs.n && strcmp(ir->funcs.v[i]->name, name))
		i++;
	assert(i < ir->funcs.n);
	return i;
}

_Noreturn static void
wrong(const struct frame *f, const char *what)
{
	struct sbuf text = { 0 };

	ir_print_op(f->f, f->at, f->op, &text);
	fprintf(stderr, "vm: %s, bb%u: %s: %s\n", f->f->name, f->at->id,
		text.s ? text.s : "", what);
	_Exit(VM_EXIT_FAULT);
}

static uint64_t
low(uint64_t v, unsigned width)
{
	return width < 8 ? v & (((uint64_t)1 << 8 * width) - 1) : v;
}

static uint64_t
arg(const struct frame *f, const struct op *op, unsigned i)
{
	if (op->has_imm && i + 1u == op->nargs)
		return (uint64_t)op->imm;
	return f->v[op->arg[i].id];
}

/* ---- arithmetic ---- */

static uint64_t
binary(const struct frame *f, enum ir_opcode code, uint64_t a, uint64_t b)
{
	switch ((int)code) {
	case IR_ADD:
		return a + b;
	case IR_SUB:
		return a - b;
	case IR_MUL:
		return a * b;
	case IR_DIV:
		return b ? a / b : 0;
	case IR_MOD:
		return b ? a % b : a;
	case IR_AND:
		return a & b;
	case IR_OR:
		return a | b;
	case IR_XOR:
		return a ^ b;
	case IR_SHL:
		return a << (b & 63);
	case IR_SHR:
		return a >> (b & 63);
	case IR_SAR:
		return (uint64_t)((int64_t)a >> (b & 63));
	}
	wrong(f, "unknown operation");
}

static uint64_t
unary(const struct frame *f, const struct op *op, uint64_t a)
{
	unsigned shift = 64 - 8 * op->width;

	switch ((int)op->code) {
	case IR_COPY:
		return a;
	case IR_NEG:
		return 0 - a;
	case IR_ZEXT:
		return low(a, op->width);
	case IR_SEXT:
		return (uint64_t)((int64_t)(a << shift) >> shift);
	case IR_BSWAP:
		return __builtin_bswap64(a) >> shift;
	}
	wrong(f, "unknown operation");
}

static bool
holds(const struct frame *f, const struct op *op)
{
	uint64_t a = arg(f, op, 0), b = arg(f, op, 1);
	int64_t sa = (int64_t)a, sb = (int64_t)b;

	switch ((enum ir_cond)op->cond) {
	case CC_EQ:
		return a == b;
	case CC_NE:
		return a != b;
	case CC_ULT:
		return a < b;
	case CC_ULE:
		return a <= b;
	case CC_UGT:
		return a > b;
	case CC_UGE:
		return a >= b;
	case CC_SLT:
		return sa < sb;
	case CC_SLE:
		return sa <= sb;
	case CC_SGT:
		return sa > sb;
	case CC_SGE:
		return sa >= sb;
	case CC_SET:
		return (a & b) != 0;
	}
	wrong(f, "unknown condition");
}

/* ---- addresses and memory ---- */

static struct vm_map *
map_of(const struct frame *f, const struct op *op)
{
	struct vm_map *m = vm_map_by_fd(session->map_fds[op->index]);

	if (!m)
		wrong(f, "no such map");
	return m;
}

static uint64_t
address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static uint64_t
object(struct frame *f, const struct op *op)
{
	struct region **r = &f->objs[op->index];

	if (!*r) {
		uint32_t size = f->f->objs.v[op->index].size;

		*r = region_new("object", size);
		memset((*r)->at, POISON, size);
	}
	return address((*r)->at) + (uint64_t)(int64_t)op->off;
}

static uint64_t
in_map(const struct frame *f, const struct op *op)
{
	struct vm_map *m = map_of(f, op);

	if (!m->elems.n || op->imm < 0 || op->imm > m->value_size)
		wrong(f, "outside of the map's value");
	return address(m->elems.v[0].value->at) + (uint64_t)op->imm;
}

static unsigned char *
place(const struct frame *f, const struct op *op, bool write)
{
	uint64_t at = arg(f, op, 0) + (uint64_t)(int64_t)op->off;
	struct region *r = region_find(at, op->width);

	if (!r)
		wrong(f, "memory that is not the program's");
	if (write && r->read_only)
		wrong(f, "read-only memory");
	return (unsigned char *)(uintptr_t)at;
}

static uint64_t
load(const struct frame *f, const struct op *op)
{
	uint64_t v = 0;

	memcpy(&v, place(f, op, false), op->width);
	return v;
}

static void
store(const struct frame *f, const struct op *op)
{
	unsigned char *p = place(f, op, true);
	uint64_t v = arg(f, op, 1), old = 0;

	if (op->code == IR_XADD) {
		memcpy(&old, p, op->width);
		v += old;
	}
	memcpy(p, &v, op->width);
}

static uint64_t
call(struct vm *vm, const struct frame *f, const struct op *op)
{
	uint64_t args[5] = { 0 };

	for (unsigned i = 0; i < op->nargs; i++)
		args[i] = arg(f, op, i);
	if (ir_helpers[op->index].number >= HELPER_OWN &&
	    ir_helpers[op->index].number < HELPER_KERNEL)
		return vm_ir_call(vm, ir_own_func(f->f, op)->index, args);
	return vm_helper(vm, ir_helper_number((enum ir_helper)op->index), args);
}

/* ---- control ---- */

static void
jump(struct frame *f, const struct blk *to)
{
	const struct blk *from = f->at;
	uint64_t *old = f->v + f->f->ops.n; /* room for as many again */
	uint32_t pred = 0, n = 0;

	while (pred < to->preds.n && to->preds.v[pred] != from)
		pred++;
	f->at = to;
	f->op = to->ops.v[0];
	if (pred == to->preds.n)
		wrong(f, "came from a block that is no predecessor");
	for (; ir_op(f->f, to->ops.v[n])->code == IR_PHI; n++)
		old[n] = f->v[ir_op(f->f, to->ops.v[n])->phi[pred].id];
	while (n-- > 0)
		f->v[to->ops.v[n].id] = old[n];
}

static uint64_t
value(struct vm *vm, struct frame *f, const struct op *op)
{
	switch ((int)op->code) {
	case IR_NOP:
	case IR_REST:
		return 0;
	case IR_CONST:
		return (uint64_t)op->imm;
	case IR_MAP:
		return address(map_of(f, op));
	case IR_MAPVAL:
		return in_map(f, op);
	case IR_FUNC:
		return (uint64_t)VM_FUNC << 56 | op->index;
	case IR_OBJ:
		return object(f, op);
	case IR_CTX:
		return f->args[0];
	case IR_PARAM:
		return f->args[op->imm];
	case IR_CMP:
		return holds(f, op);
	case IR_LOAD:
		return load(f, op);
	case IR_STORE:
	case IR_XADD:
		store(f, op);
		return 0;
	case IR_CALL:
		return call(vm, f, op);
	}
	if (ir_ops[op->code].nargs == 2)
		return binary(f, op->code, arg(f, op, 0), arg(f, op, 1));
	return unary(f, op, arg(f, op, 0));
}

/* The ops of a block up to its terminator, which is returned. */
static const struct op *
block(struct vm *vm, struct frame *f)
{
	const struct blk *b = f->at;

	for (uint32_t i = 0;; i++) {
		const struct op *op = ir_op(f->f, f->op = b->ops.v[i]);

		if (++vm->steps > max_steps)
			wrong(f, "does not end");
		if (ir_ops[op->code].flags & F_T)
			return op;
		if (op->code != IR_PHI)
			f->v[b->ops.v[i].id] = value(vm, f, op);
	}
}

static uint64_t
run(struct vm *vm, struct frame *f)
{
	for (;;) {
		const struct op *end = block(vm, f);

		if (end->code == IR_RET)
			return arg(f, end, 0);
		jump(f, f->at->succ[end->code == IR_BR && !holds(f, end)]);
	}
}

uint64_t
vm_ir_call(struct vm *vm, uint32_t index, const uint64_t args[5])
{
	const struct func *func = ir->funcs.v[index];
	struct frame f = {
		.f = func,
		.at = func->blks.v[0],
		.v = calloc(func->ops.n, 2 * sizeof(*f.v)),
		.objs = calloc(func->objs.n + 1, sizeof(struct region *)),
		.args = args,
	};
	uint64_t r = run(vm, &f);

	for (uint32_t i = 0; i < func->objs.n; i++)
		if (f.objs[i])
			f.objs[i]->gone = true;
	free(f.objs);
	free(f.v);
	return r;
}
