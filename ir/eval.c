/* SPDX-License-Identifier: MIT */
/*
 * What the pure ops compute: plain 64-bit arithmetic as the kernel's eBPF
 * does it (division by zero gives 0, its remainder the dividend, shift counts
 * are taken modulo 64), and the algebra of conditions.
 */
#include "internal.h"

static uint64_t
zext(uint64_t v, unsigned width)
{
	return width >= 8 ? v : v & (((uint64_t)1 << 8 * width) - 1);
}

static int64_t
sext(uint64_t v, unsigned width)
{
	unsigned shift = 64 - 8 * width;

	return (int64_t)(v << shift) >> shift;
}

static uint64_t
bswap(uint64_t v, unsigned width)
{
	return __builtin_bswap64(v) >> (64 - 8 * width);
}

int64_t
ir_eval(enum ir_opcode op, unsigned width, int64_t sa, int64_t sb)
{
	uint64_t a = (uint64_t)sa, b = (uint64_t)sb;

	switch (op) { /* every other op computes nothing from numbers alone */
	case IR_ADD:
		return (int64_t)(a + b);
	case IR_SUB:
		return (int64_t)(a - b);
	case IR_MUL:
		return (int64_t)(a * b);
	case IR_DIV:
		return b ? (int64_t)(a / b) : 0;
	case IR_MOD:
		return b ? (int64_t)(a % b) : sa;
	case IR_AND:
		return (int64_t)(a & b);
	case IR_OR:
		return (int64_t)(a | b);
	case IR_XOR:
		return (int64_t)(a ^ b);
	case IR_SHL:
		return (int64_t)(a << (b & 63));
	case IR_SHR:
		return (int64_t)(a >> (b & 63));
	case IR_SAR:
		return sa >> (b & 63);
	case IR_COPY:
		return sa;
	case IR_NEG:
		return (int64_t)-a;
	case IR_ZEXT:
		return (int64_t)zext(a, width);
	case IR_SEXT:
		return sext(a, width);
	case IR_BSWAP:
		return (int64_t)bswap(a, width);
	default:
		assert(!"not an arithmetic op");
		return 0;
	}
}

bool
ir_holds(enum ir_cond c, int64_t a, int64_t b)
{
	switch (c) {
	case CC_EQ:
		return a == b;
	case CC_NE:
		return a != b;
	case CC_ULT:
		return (uint64_t)a < (uint64_t)b;
	case CC_ULE:
		return (uint64_t)a <= (uint64_t)b;
	case CC_UGT:
		return (uint64_t)a > (uint64_t)b;
	case CC_UGE:
		return (uint64_t)a >= (uint64_t)b;
	case CC_SLT:
		return a < b;
	case CC_SLE:
		return a <= b;
	case CC_SGT:
		return a > b;
	case CC_SGE:
		return a >= b;
	case CC_SET:
		return (a & b) != 0;
	}
	return false;
}

static const struct cond_info {
	const char *text;
	enum ir_cond not, swap;
} conds[] = {
	[CC_EQ] = { "eq", CC_NE, CC_EQ },
	[CC_NE] = { "ne", CC_EQ, CC_NE },
	[CC_ULT] = { "ult", CC_UGE, CC_UGT },
	[CC_ULE] = { "ule", CC_UGT, CC_UGE },
	[CC_UGT] = { "ugt", CC_ULE, CC_ULT },
	[CC_UGE] = { "uge", CC_ULT, CC_ULE },
	[CC_SLT] = { "slt", CC_SGE, CC_SGT },
	[CC_SLE] = { "sle", CC_SGT, CC_SGE },
	[CC_SGT] = { "sgt", CC_SLE, CC_SLT },
	[CC_SGE] = { "sge", CC_SLT, CC_SLE },
	[CC_SET] = { "set", CC_SET, CC_SET },
};

bool
ir_cond_not(enum ir_cond c, enum ir_cond *out)
{
	*out = conds[c].not ;
	return c != CC_SET;
}

enum ir_cond
ir_cond_swap(enum ir_cond c)
{
	return conds[c].swap;
}

const char *
ir_cond_text(enum ir_cond c)
{
	return c < ARRAY_LEN(conds) ? conds[c].text : "?";
}
