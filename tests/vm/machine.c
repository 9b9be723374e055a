/* SPDX-License-Identifier: MIT */
/*
 * Owns the interpreter: one frame per function, registers that know whether
 * they were written, every access checked against the regions. Semantics:
 * Documentation/bpf/standardization/instruction-set.rst.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm.h"

enum {
	STACK_SIZE = 512,
	MAX_DEPTH = 8,
	POISON = 0xaa, /* what an unwritten stack byte reads */
};
static const uint64_t max_steps = 200000000;

struct frame {
	uint64_t r[11];
	uint16_t written; /* bit per register */
	uint32_t pc;
};

void
vm_fault(const struct vm *vm, const char *fmt, ...)
{
	struct sbuf text = { 0 };
	va_list ap;

	if (!vm_ir_used())
		gen_print_insn(&vm->prog->insns[vm->pc], &text);
	fflush(stdout);
	fprintf(stderr, "vm: %s, insn %u: %s: ", vm->prog->name, vm->pc,
		text.s ? text.s : "");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	_Exit(VM_EXIT_FAULT);
}

void *
vm_memory(struct vm *vm, uint64_t at, uint64_t size, bool write,
	  const char *what)
{
	struct region *r = region_find(at, size);

	if (!r)
		vm_fault(vm, "%s: %llu bytes at 0x%llx are not the program's",
			 what, (unsigned long long)size,
			 (unsigned long long)at);
	if (write && r->read_only)
		vm_fault(vm, "%s: %s is read-only", what, r->what);
	return (void *)(uintptr_t)at;
}

static uint64_t
get(struct vm *vm, const struct frame *f, unsigned reg)
{
	if (reg > 10 || !(f->written >> reg & 1))
		vm_fault(vm, "r%u was not written", reg);
	return f->r[reg];
}

static void
set(struct vm *vm, struct frame *f, unsigned reg, uint64_t v)
{
	if (reg > 9)
		vm_fault(vm, "r%u cannot be written", reg);
	f->r[reg] = v;
	f->written |= (uint16_t)(1u << reg);
}

/* ---- arithmetic ---- */

static uint64_t
alu(struct vm *vm, uint8_t op, uint64_t a, uint64_t b, unsigned bits)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_MOD:
		return b ? a % b : a;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b & (bits - 1));
	case BPF_RSH:
		return a >> (b & (bits - 1));
	case BPF_ARSH:
		return bits == 64 ? (uint64_t)((int64_t)a >> (b & 63))
				  : (uint32_t)((int32_t)a >> (b & 31));
	case BPF_MOV:
		return b;
	case BPF_NEG:
		return -a;
	}
	vm_fault(vm, "unknown operation 0x%x", op);
}

static uint64_t
swap(struct vm *vm, const struct bpf_insn *i, uint64_t v)
{
	bool big = BPF_SRC(i->code) == BPF_TO_BE;

	switch (i->imm) {
	case 16:
		return big ? __builtin_bswap16((uint16_t)v) : (uint16_t)v;
	case 32:
		return big ? __builtin_bswap32((uint32_t)v) : (uint32_t)v;
	case 64:
		return big ? __builtin_bswap64(v) : v;
	}
	vm_fault(vm, "byte swap of %d bits", i->imm);
}

static void
step_alu(struct vm *vm, struct frame *f, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64;
	uint8_t op = BPF_OP(i->code);
	uint64_t a = 0, b = 0;

	if (i->off)
		vm_fault(vm, "signed division and moves need kernel 6.6");
	if (op != BPF_MOV)
		a = get(vm, f, i->dst_reg);
	if (op == BPF_END) {
		set(vm, f, i->dst_reg, swap(vm, i, a));
		return;
	}
	if (op != BPF_NEG)
		b = BPF_SRC(i->code) == BPF_X ? get(vm, f, i->src_reg)
					      : (uint64_t)(int64_t)i->imm;
	if (!wide) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	a = alu(vm, op, a, b, wide ? 64 : 32);
	set(vm, f, i->dst_reg, wide ? a : (uint32_t)a);
}

/* ---- jumps ---- */

static bool
holds(struct vm *vm, uint8_t op, uint64_t a, uint64_t b)
{
	int64_t sa = (int64_t)a, sb = (int64_t)b;

	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return sa > sb;
	case BPF_JSGE:
		return sa >= sb;
	case BPF_JSLT:
		return sa < sb;
	case BPF_JSLE:
		return sa <= sb;
	case BPF_JSET:
		return (a & b) != 0;
	}
	vm_fault(vm, "unknown jump 0x%x", op);
}

static void
step_jump(struct vm *vm, struct frame *f, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_JMP;
	uint64_t a, b;

	if (BPF_OP(i->code) == BPF_JA) {
		f->pc += (uint32_t)(int32_t)i->off;
		return;
	}
	a = get(vm, f, i->dst_reg);
	b = BPF_SRC(i->code) == BPF_X ? get(vm, f, i->src_reg)
				      : (uint64_t)(int64_t)i->imm;
	if (!wide) {
		a = (uint64_t)(int64_t)(int32_t)a;
		b = (uint64_t)(int64_t)(int32_t)b;
	}
	if (holds(vm, BPF_OP(i->code), a, b))
		f->pc += (uint32_t)(int32_t)i->off;
}

/* ---- memory ---- */

static unsigned
width(const struct bpf_insn *i)
{
	switch (BPF_SIZE(i->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	}
	return 8;
}

static void *
place(struct vm *vm, uint64_t base, const struct bpf_insn *i, bool write)
{
	uint64_t at = base + (uint64_t)(int64_t)i->off;
	struct region *r = region_find(at, width(i));

	if (r && !strcmp(r->what, "stack") && at % width(i))
		vm_fault(vm, "misaligned stack access");
	return vm_memory(vm, at, width(i), write, write ? "store" : "load");
}

static void
store(void *p, uint64_t v, unsigned n)
{
	memcpy(p, &v, n); /* little endian */
}

static uint64_t
load(const void *p, unsigned n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return v;
}

static void
step_atomic(struct vm *vm, struct frame *f, const struct bpf_insn *i)
{
	void *p = place(vm, get(vm, f, i->dst_reg), i, true);
	uint64_t old = load(p, width(i)), v = get(vm, f, i->src_reg);

	if (width(i) < 4)
		vm_fault(vm, "atomic operations are 4 or 8 bytes wide");
	switch (i->imm & ~BPF_FETCH) {
	case BPF_ADD:
		store(p, old + v, width(i));
		break;
	case BPF_OR:
		store(p, old | v, width(i));
		break;
	case BPF_AND:
		store(p, old & v, width(i));
		break;
	case BPF_XOR:
		store(p, old ^ v, width(i));
		break;
	default:
		vm_fault(vm, "unknown atomic operation 0x%x", i->imm);
	}
	if (i->imm & BPF_FETCH)
		set(vm, f, i->src_reg, old);
}

static void
step_store(struct vm *vm, struct frame *f, const struct bpf_insn *i)
{
	uint64_t v;

	if (BPF_CLASS(i->code) == BPF_STX && BPF_MODE(i->code) == BPF_ATOMIC) {
		step_atomic(vm, f, i);
		return;
	}
	v = BPF_CLASS(i->code) == BPF_ST ? (uint64_t)(int64_t)i->imm
					 : get(vm, f, i->src_reg);
	store(place(vm, get(vm, f, i->dst_reg), i, true), v, width(i));
}

static uint64_t
wide_constant(struct vm *vm, const struct frame *f, const struct bpf_insn *i)
{
	struct vm_map *m;

	switch (i->src_reg) {
	case 0:
		return (uint32_t)i[0].imm | (uint64_t)(uint32_t)i[1].imm << 32;
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_VALUE:
		m = vm_map_by_fd(i->imm);
		if (!m)
			vm_fault(vm, "no map behind descriptor %d", i->imm);
		if (i->src_reg == BPF_PSEUDO_MAP_FD)
			return (uint64_t)(uintptr_t)m;
		if (!m->elems.n || (uint32_t)i[1].imm >= m->value_size)
			vm_fault(vm, "outside of the map's value");
		return (uint64_t)(uintptr_t)m->elems.v[0].value->at +
		       (uint32_t)i[1].imm;
	case BPF_PSEUDO_FUNC:
		return (uint64_t)VM_FUNC << 56 | (f->pc + (uint32_t)i->imm);
	}
	vm_fault(vm, "unknown constant kind %u", i->src_reg);
}

/* ---- calls ---- */

static void
step_call(struct vm *vm, struct frame *f, const struct bpf_insn *i)
{
	uint64_t args[5], r0;

	/* What was not written is not looked at: helpers know their arity. */
	for (int n = 0; n < 5; n++)
		args[n] = f->r[n + 1];
	if (i->src_reg == BPF_PSEUDO_CALL)
		r0 = vm_call(vm, f->pc + (uint32_t)i->imm, args);
	else
		r0 = vm_helper(vm, (uint32_t)i->imm, args);
	f->written &= (uint16_t)~0x3e;
	set(vm, f, 0, r0);
}

/* One insn; false: the function returned. */
static bool
step(struct vm *vm, struct frame *f)
{
	const struct bpf_insn *i;

	if (f->pc >= vm->prog->ninsns)
		vm_fault(vm, "ran out of the program");
	if (++vm->steps > max_steps)
		vm_fault(vm, "does not end");
	vm->pc = f->pc;
	i = &vm->prog->insns[f->pc++];
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		step_alu(vm, f, i);
		break;
	case BPF_LDX:
		set(vm, f, i->dst_reg,
		    load(place(vm, get(vm, f, i->src_reg), i, false),
			 width(i)));
		break;
	case BPF_ST:
	case BPF_STX:
		step_store(vm, f, i);
		break;
	case BPF_LD:
		set(vm, f, i->dst_reg, wide_constant(vm, f, i));
		f->pc++;
		break;
	case BPF_JMP:
	case BPF_JMP32:
		if (i->code == (BPF_JMP | BPF_EXIT))
			return false;
		if (i->code == (BPF_JMP | BPF_CALL))
			step_call(vm, f, i);
		else
			step_jump(vm, f, i);
		break;
	}
	return true;
}

uint64_t
vm_call(struct vm *vm, uint32_t pc, const uint64_t args[5])
{
	struct region *stack;
	struct frame f = { .pc = pc, .written = 0x43e };
	uint32_t back = vm->pc;

	if (vm_ir_used())
		return vm_ir_call(vm, pc, args);
	stack = region_new("stack", STACK_SIZE);
	if (++vm->depth > MAX_DEPTH)
		vm_fault(vm, "calls nest deeper than %d", MAX_DEPTH);
	memset(stack->at, POISON, STACK_SIZE);
	f.r[10] = (uint64_t)(uintptr_t)stack->at + STACK_SIZE;
	memcpy(&f.r[1], args, 5 * sizeof(args[0]));
	while (step(vm, &f))
		;
	stack->gone = true;
	vm->depth--;
	f.r[0] = get(vm, &f, 0);
	vm->pc = back;
	return f.r[0];
}

uint64_t
vm_run(const struct vm_prog *p, unsigned cpu)
{
	struct vm vm = { .prog = p, .cpu = cpu };
	struct region *ctx = region_new("context", 64);
	uint64_t args[5] = { (uint64_t)(uintptr_t)ctx->at };
	uint64_t r0;

	ctx->read_only = true;
	r0 = vm_call(&vm, vm_ir_used() ? vm_ir_probe(p->name) : 0, args);
	ctx->gone = true;
	return r0;
}
