/* SPDX-License-Identifier: MIT */
/*
 * Owns the registers: where struct pt_regs (and the regs at the start of
 * struct bpf_perf_event_data) keeps them, and which hold arguments and
 * results. All are 8 bytes wide.
 */
#include <string.h>

#include "internal.h"

struct reg {
	const char *name;
	int32_t offset; /* bytes */
};

/* clang-format off */
#if defined(__x86_64__)
static const struct reg regs[] = {
	{ "r15", 0 },	{ "r14", 8 },	{ "r13", 16 },	{ "r12", 24 },
	{ "bp", 32 },	{ "bx", 40 },	{ "r11", 48 },	{ "r10", 56 },
	{ "r9", 64 },	{ "r8", 72 },	{ "ax", 80 },	{ "cx", 88 },
	{ "dx", 96 },	{ "si", 104 },	{ "di", 112 },	{ "orig_rax", 120 },
	{ "ip", 128 },	{ "pc", 128 },	{ "cs", 136 },	{ "flags", 144 },
	{ "sp", 152 },	{ "ss", 160 },
};
/* di si dx cx r8 r9 */
static const int32_t arg_offsets[] = { 112, 104, 96, 88, 72, 64 };
enum { RETVAL = 80, IP = 128 };
#elif defined(__aarch64__)
static const struct reg regs[] = {
	{ "r0", 0 },	{ "r1", 8 },	{ "r2", 16 },	{ "r3", 24 },
	{ "r4", 32 },	{ "r5", 40 },	{ "r6", 48 },	{ "r7", 56 },
	{ "r8", 64 },	{ "r9", 72 },	{ "r10", 80 },	{ "r11", 88 },
	{ "r12", 96 },	{ "r13", 104 },	{ "r14", 112 },	{ "r15", 120 },
	{ "r16", 128 },	{ "r17", 136 },	{ "r18", 144 },	{ "r19", 152 },
	{ "r20", 160 },	{ "r21", 168 },	{ "r22", 176 },	{ "r23", 184 },
	{ "r24", 192 },	{ "r25", 200 },	{ "r26", 208 },	{ "r27", 216 },
	{ "r28", 224 },	{ "r29", 232 },	{ "r30", 240 },	{ "sp", 248 },
	{ "pc", 256 },	{ "ip", 256 },	{ "pstate", 264 },
};
static const int32_t arg_offsets[] = { 0, 8, 16, 24, 32, 40, 48, 56 };
enum { RETVAL = 0, IP = 256 };
#endif
/* clang-format on */

_Static_assert(ARRAY_LEN(arg_offsets) == PROBE_NARGS, "one count, two files");

static struct ref
load(struct lower *l, int32_t offset)
{
	return ir_load(l, ir_ctx(l), offset, 8);
}

struct ref
probe_arg(struct lower *l, unsigned n)
{
	assert(n < ARRAY_LEN(arg_offsets));
	return load(l, arg_offsets[n]);
}

struct ref
probe_retval(struct lower *l)
{
	return load(l, RETVAL);
}

struct ref
probe_reg(struct lower *l, const char *name, bool *known)
{
	for (size_t i = 0; i < ARRAY_LEN(regs); i++) {
		*known = !strcmp(regs[i].name, name);
		if (*known && l) /* else only the name is asked about */
			return load(l, regs[i].offset);
		if (*known)
			break;
	}
	return REF_NONE;
}

struct ref
probe_ip(struct lower *l)
{
	return load(l, IP);
}

struct ref
probe_func_ip(struct lower *l)
{
	return ir_call(l, HELPER_get_func_ip, 1, ir_ctx(l));
}

struct ref
probe_cookie(struct lower *l)
{
	return ir_call(l, HELPER_get_attach_cookie, 1, ir_ctx(l));
}
