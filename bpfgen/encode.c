/* SPDX-License-Identifier: MIT */
/*
 * Pass "encode": allocated functions become eBPF instructions, one program per
 * unit with its callbacks behind it. Nothing newer than kernel 5.10 is used,
 * but for the callback address, which needs a helper that is newer anyway: no
 * signed division, no sign-extending loads or moves, no far jumps.
 */
#include <string.h>

#include "internal.h"

enum { FRAME = 10 };

struct jump { /* an insn whose offset waits for its target */
	uint32_t insn;
	const struct blk *to;
	struct span span;
};

struct callref { /* an ld_imm64 or a call that waits for a function's place */
	uint32_t insn;
	uint32_t func;
};

struct gen {
	const struct prog *p;
	struct image *im;
	struct image_prog *ip;
	struct arena *tmp;
	VEC(struct bpf_insn) insns;
	VEC(struct callref) callrefs;
	/* By func->index: the first callback, the next one of the same parent,
	 * where the code is (0: nowhere), and whether it is called. */
	uint32_t *child, *sibling, *place;
	bool *called;
	/* Of the function at hand: */
	const struct func *f;
	VEC(struct jump) jumps;
	uint32_t *start; /* by rpo: first insn of the block */
	struct span span;
	bool ok;
};

/* ---- instructions ---- */

static void
put(struct gen *g, uint8_t code, int dst, int src, int off, int32_t imm)
{
	assert(dst >= 0 && dst <= FRAME && src >= 0 && src <= FRAME);
	assert(off == (int16_t)off);
	*vec_push(g->im->arena, &g->insns) = (struct bpf_insn){
		.code = code,
		.dst_reg = (unsigned)dst,
		.src_reg = (unsigned)src,
		.off = (int16_t)off,
		.imm = imm,
	};
}

static void
put_alu_imm(struct gen *g, uint8_t op, int dst, int32_t imm)
{
	put(g, BPF_ALU64 | op | BPF_K, dst, 0, 0, imm);
}

static void
put_alu_reg(struct gen *g, uint8_t op, int dst, int src)
{
	put(g, BPF_ALU64 | op | BPF_X, dst, src, 0, 0);
}

static void
put_mov(struct gen *g, int dst, int src)
{
	if (dst != src)
		put_alu_reg(g, BPF_MOV, dst, src);
}

static void
put_imm64(struct gen *g, int dst, int pseudo, int32_t lo, int32_t hi)
{
	put(g, GEN_LD_IMM64, dst, pseudo, 0, lo);
	put(g, 0, 0, 0, 0, hi);
}

/* A move extends its 32 bits by sign, a 32-bit move by zeros. */
static void
put_const(struct gen *g, int dst, int64_t v)
{
	if (v == (int32_t)v)
		put_alu_imm(g, BPF_MOV, dst, (int32_t)v);
	else if (v == (int64_t)(uint32_t)v)
		put(g, BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, (int32_t)v);
	else
		put_imm64(g, dst, 0, (int32_t)v, (int32_t)(v >> 32));
}

static uint8_t
size_bits(unsigned width)
{
	switch (width) {
	case 1:
		return BPF_B;
	case 2:
		return BPF_H;
	case 4:
		return BPF_W;
	}
	assert(width == 8);
	return BPF_DW;
}

/* ---- values ---- */

static void
gen_map(struct gen *g, const struct op *op)
{
	bool value = op->code == IR_MAPVAL;

	*vec_push(g->im->arena, &g->ip->relocs) = (struct reloc){
		.insn = g->insns.n,
		.kind = value ? RELOC_MAPVAL : RELOC_MAP,
		.map = op->index,
		.off = value ? (uint32_t)op->imm : 0,
	};
	put_imm64(g, op->reg, value ? GEN_PSEUDO_MAP_VALUE : GEN_PSEUDO_MAP_FD,
		  0, value ? (int32_t)op->imm : 0);
}

/* The next insn's imm will be the way to a function. */
static void
refer(struct gen *g, uint32_t func)
{
	*vec_push(g->tmp, &g->callrefs) = (struct callref){ g->insns.n, func };
	g->called[func] = true;
}

static void
gen_func(struct gen *g, const struct op *op)
{
	refer(g, op->index);
	put_imm64(g, op->reg, GEN_PSEUDO_FUNC, 0, 0);
}

static void
gen_obj(struct gen *g, const struct op *op)
{
	const struct obj *o = &g->f->objs.v[op->index];

	assert(!o->scratch);
	if (op->reg < 0) /* only a base: part of each access */
		return;
	put_mov(g, op->reg, FRAME);
	put_alu_imm(g, BPF_ADD, op->reg, o->where + op->off);
}

static uint8_t
alu_bits(enum ir_opcode code)
{
	switch (code) { /* the two-operand ops */
	case IR_ADD:
		return BPF_ADD;
	case IR_SUB:
		return BPF_SUB;
	case IR_MUL:
		return BPF_MUL;
	case IR_DIV:
		return BPF_DIV;
	case IR_MOD:
		return BPF_MOD;
	case IR_AND:
		return BPF_AND;
	case IR_OR:
		return BPF_OR;
	case IR_XOR:
		return BPF_XOR;
	case IR_SHL:
		return BPF_LSH;
	case IR_SHR:
		return BPF_RSH;
	default:
		assert(code == IR_SAR);
		return BPF_ARSH;
	}
}

static void
gen_alu(struct gen *g, const struct op *op)
{
	assert(op->has_imm || op->reg == op->areg[0] || op->reg != op->areg[1]);
	put_mov(g, op->reg, op->areg[0]);
	if (op->has_imm)
		put_alu_imm(g, alu_bits(op->code), op->reg, (int32_t)op->imm);
	else
		put_alu_reg(g, alu_bits(op->code), op->reg,
			    op->areg[1] == op->areg[0] ? op->reg : op->areg[1]);
}

static void
gen_zext(struct gen *g, const struct op *op)
{
	if (op->width == 4) {
		put(g, BPF_ALU | BPF_MOV | BPF_X, op->reg, op->areg[0], 0, 0);
		return;
	}
	put_mov(g, op->reg, op->areg[0]);
	if (op->width < 4)
		put_alu_imm(g, BPF_AND, op->reg,
			    op->width == 1 ? 0xff : 0xffff);
}

static void
gen_sext(struct gen *g, const struct op *op)
{
	int32_t shift = 64 - 8 * op->width;

	put_mov(g, op->reg, op->areg[0]);
	if (!shift)
		return;
	put_alu_imm(g, BPF_LSH, op->reg, shift);
	put_alu_imm(g, BPF_ARSH, op->reg, shift);
}

/* BPF_END swaps on one byte order and truncates on the other. */
static void
gen_bswap(struct gen *g, const struct op *op)
{
	const uint16_t one = 1;
	bool little = *(const uint8_t *)&one;

	put_mov(g, op->reg, op->areg[0]);
	put(g, BPF_ALU | BPF_END | (little ? BPF_TO_BE : BPF_TO_LE), op->reg, 0,
	    0, 8 * op->width);
}

static uint8_t
jump_bits(enum ir_cond c)
{
	switch (c) {
	case CC_EQ:
		return BPF_JEQ;
	case CC_NE:
		return BPF_JNE;
	case CC_ULT:
		return BPF_JLT;
	case CC_ULE:
		return BPF_JLE;
	case CC_UGT:
		return BPF_JGT;
	case CC_UGE:
		return BPF_JGE;
	case CC_SLT:
		return BPF_JSLT;
	case CC_SLE:
		return BPF_JSLE;
	case CC_SGT:
		return BPF_JSGT;
	case CC_SGE:
		return BPF_JSGE;
	case CC_SET:
		return BPF_JSET;
	}
	assert(!"a condition");
	return 0;
}

static void
put_cond_jump(struct gen *g, const struct op *op, int off)
{
	uint8_t class = op->width == 4 ? BPF_JMP32 : BPF_JMP;
	uint8_t code = class | jump_bits(op->cond);

	if (op->has_imm)
		put(g, code | BPF_K, op->areg[0], 0, off, (int32_t)op->imm);
	else
		put(g, code | BPF_X, op->areg[0], op->areg[1], off, 0);
}

static void
gen_cmp(struct gen *g, const struct op *op)
{
	assert(op->reg != op->areg[0]);
	put_alu_imm(g, BPF_MOV, op->reg, 1);
	put_cond_jump(g, op, 1);
	put_alu_imm(g, BPF_MOV, op->reg, 0);
}

/* ---- memory ---- */

static int
mem_off(const struct gen *g, const struct op *op)
{
	const struct op *base = &g->f->ops.v[op->arg[0].id];

	if (op->areg[0] != FRAME)
		return op->off;
	assert(base->code == IR_OBJ);
	return op->off + base->off + g->f->objs.v[base->index].where;
}

static void
gen_load(struct gen *g, const struct op *op)
{
	put(g, BPF_LDX | BPF_MEM | size_bits(op->width), op->reg, op->areg[0],
	    mem_off(g, op), 0);
}

static void
gen_store(struct gen *g, const struct op *op)
{
	uint8_t bits = BPF_MEM | size_bits(op->width);

	if (op->has_imm)
		put(g, BPF_ST | bits, op->areg[0], 0, mem_off(g, op),
		    (int32_t)op->imm);
	else
		put(g, BPF_STX | bits, op->areg[0], op->areg[1], mem_off(g, op),
		    0);
}

static void
gen_xadd(struct gen *g, const struct op *op)
{
	put(g, BPF_STX | GEN_ATOMIC | size_bits(op->width), op->areg[0],
	    op->areg[1], mem_off(g, op), BPF_ADD);
}

static void
gen_spill(struct gen *g, const struct op *op)
{
	bool far = ir_is_far(g->f, op->imm);
	int off = far ? ir_far_off(g->f, op->imm)
		      : 8 * (int)op->imm - (int)g->f->stack;
	int base = FRAME;

	if (op->code == IR_SPILL) {
		base = far ? op->areg[1] : FRAME;
		put(g, BPF_STX | BPF_MEM | BPF_DW, base, op->areg[0], off, 0);
		return;
	}
	if (far) {
		put(g, BPF_LDX | BPF_MEM | BPF_DW, op->reg, FRAME,
		    g->f->objs.v[g->f->far.obj].where, 0);
		base = op->reg;
	}
	put(g, BPF_LDX | BPF_MEM | BPF_DW, op->reg, base, off, 0);
}

/* ---- control ---- */

static void
want_jump(struct gen *g, const struct blk *to)
{
	*vec_push(g->tmp, &g->jumps) = (struct jump){ g->insns.n, to, g->span };
}

static void
gen_jump(struct gen *g, const struct blk *to, const struct blk *next)
{
	if (to == next)
		return;
	want_jump(g, to);
	put(g, BPF_JMP | BPF_JA, 0, 0, 0, 0);
}

/* As many insns and jumps as it takes for the verifier to keep a state at the
 * last one's target; it removes jumps to the next insn from the program. */
static void
gen_rest(struct gen *g)
{
	enum { INSNS_KEPT = 8 };
	int i;

	for (i = 0; i < INSNS_KEPT; i++)
		put(g, BPF_JMP | BPF_JA, 0, 0, 0, 0);
}

static void
gen_branch(struct gen *g, const struct blk *b, const struct op *op,
	   const struct blk *next)
{
	want_jump(g, b->succ[0]);
	put_cond_jump(g, op, 0);
	gen_jump(g, b->succ[1], next);
}

static void
gen_ret(struct gen *g, const struct op *op)
{
	if (op->has_imm)
		put_const(g, 0, op->imm);
	put(g, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void
gen_call(struct gen *g, const struct op *op)
{
	unsigned number = ir_helper_number(op->index);
	bool kernel = number >= HELPER_KERNEL;

	if (!kernel && number >= HELPER_OWN) {
		refer(g, ir_own_func(g->f, op)->index);
		put(g, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
		return;
	}
	if (kernel)
		*vec_push(g->im->arena, &g->ip->relocs) = (struct reloc){
			.insn = g->insns.n,
			.kind = RELOC_KERNEL,
			.map = op->index,
		};
	put(g, BPF_JMP | BPF_CALL, 0, kernel ? BPF_PSEUDO_KFUNC_CALL : 0, 0,
	    (int32_t)number);
}

/* A new line entry whenever the source place changes. */
static void
note_span(struct gen *g, const struct op *op)
{
	struct line *last = NULL;

	if (op->span.begin)
		g->span = op->span;
	if (g->ip->lines.n)
		last = &g->ip->lines.v[g->ip->lines.n - 1];
	if (last && last->span.begin == g->span.begin &&
	    last->span.end == g->span.end)
		return;
	if (!last || last->insn != g->insns.n)
		last = vec_push(g->im->arena, &g->ip->lines);
	*last = (struct line){ g->insns.n, g->span };
}

static void
gen_op(struct gen *g, const struct blk *b, const struct op *op,
       const struct blk *next)
{
	note_span(g, op);
	switch (op->code) {
	case IR_REST:
		gen_rest(g);
		break;
	case IR_NOP:
	case IR_CTX:
	case IR_PARAM:
	case IR_PHI:
		break;
	case IR_CONST:
		put_const(g, op->reg, op->imm);
		break;
	case IR_MAP:
	case IR_MAPVAL:
		gen_map(g, op);
		break;
	case IR_FUNC:
		gen_func(g, op);
		break;
	case IR_OBJ:
		gen_obj(g, op);
		break;
	case IR_COPY:
		put_mov(g, op->reg, op->areg[0]);
		break;
	case IR_ADD:
	case IR_SUB:
	case IR_MUL:
	case IR_DIV:
	case IR_MOD:
	case IR_AND:
	case IR_OR:
	case IR_XOR:
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
		gen_alu(g, op);
		break;
	case IR_NEG:
		put_mov(g, op->reg, op->areg[0]);
		put_alu_imm(g, BPF_NEG, op->reg, 0);
		break;
	case IR_ZEXT:
		gen_zext(g, op);
		break;
	case IR_SEXT:
		gen_sext(g, op);
		break;
	case IR_BSWAP:
		gen_bswap(g, op);
		break;
	case IR_CMP:
		gen_cmp(g, op);
		break;
	case IR_LOAD:
		gen_load(g, op);
		break;
	case IR_STORE:
		gen_store(g, op);
		break;
	case IR_XADD:
		gen_xadd(g, op);
		break;
	case IR_CALL:
		gen_call(g, op);
		break;
	case IR_JMP:
		gen_jump(g, b->succ[0], next);
		break;
	case IR_BR:
		gen_branch(g, b, op, next);
		break;
	case IR_RET:
		gen_ret(g, op);
		break;
	case IR_SPILL:
	case IR_RELOAD:
		gen_spill(g, op);
		break;
	case IR_OPCODES:
		assert(!"an op");
		break;
	}
}

/* ---- functions and programs ---- */

/* Offsets of jumps are 16 bits; longer ones need kernel 6.6. */
static void
patch_jumps(struct gen *g)
{
	uint32_t i;

	for (i = 0; i < g->jumps.n; i++) {
		const struct jump *j = &g->jumps.v[i];
		int64_t off = (int64_t)g->start[j->to->rpo] - j->insn - 1;

		g->insns.v[j->insn].off = (int16_t)off;
		if (off == (int16_t)off || !g->ok)
			continue;
		g->ok = diag_error(g->p->diag, j->span,
				   "the code of this probe is too long: a "
				   "jump over %lld instructions, the kernel "
				   "allows %d",
				   (long long)(off < 0 ? -off : off),
				   INT16_MAX);
	}
}

static void
gen_code(struct gen *g, const struct func *f)
{
	uint32_t i, k;

	assert(f->allocated);
	g->f = f;
	g->jumps.n = 0;
	g->start = arena_alloc(g->tmp, f->blks.n * sizeof(*g->start));
	*vec_push(g->im->arena, &g->ip->funcs) =
		(struct image_func){ g->insns.n, f };
	for (i = 0; i < f->blks.n; i++) {
		const struct blk *b = f->blks.v[i];
		const struct blk *next =
			i + 1 < f->blks.n ? f->blks.v[i + 1] : NULL;

		assert(b->rpo == i);
		g->start[i] = g->insns.n;
		for (k = 0; k < b->ops.n; k++)
			gen_op(g, b, &f->ops.v[b->ops.v[k].id], next);
	}
	patch_jumps(g);
	g->ip->spills += f->nslots;
}

/*
 * A function, then its callbacks, then theirs. One that is not called, because
 * its loop was found to be dead, is left out: the kernel wants every function
 * to be used. Returns the bytes of stack of the deepest chain; a frame is
 * rounded up to 32 as the kernel does.
 */
static uint32_t
gen_tree(struct gen *g, const struct func *f)
{
	uint32_t i, below, deepest = 0;

	g->place[f->index] = g->insns.n;
	gen_code(g, f);
	for (i = g->child[f->index]; i; i = g->sibling[i]) {
		if (!g->called[i] || g->p->funcs.v[i]->is_own)
			continue;
		below = gen_tree(g, g->p->funcs.v[i]);
		deepest = below > deepest ? below : deepest;
	}
	return ((f->stack > 1 ? f->stack : 1) + 31) / 32 * 32 + deepest;
}

/* The program's own functions come last: by then all calls are known. */
static uint32_t
gen_own(struct gen *g, const struct func *top)
{
	const struct own *o;
	uint32_t size = 0;

	for (o = top->own; o; o = o->next)
		if (g->called[o->f->index])
			size = gen_tree(g, o->f);
	return size;
}

/* The imm of a callback's address counts from the next insn, as a call's. */
static void
patch_funcs(struct gen *g)
{
	uint32_t i;

	for (i = 0; i < g->callrefs.n; i++) {
		const struct callref *c = &g->callrefs.v[i];

		g->insns.v[c->insn].imm =
			(int32_t)(g->place[c->func] - c->insn - 1);
	}
}

static struct span
start_of(const struct func *f)
{
	return f->ops.v[f->blks.v[0]->ops.v[0].id].span;
}

static bool
check_stack(const struct gen *g, const struct func *f)
{
	if (g->ip->stack <= 512)
		return true;
	return diag_error(g->p->diag, start_of(f),
			  "this probe and its loops need %u bytes of stack, "
			  "the kernel allows 512",
			  g->ip->stack);
}

/* A program keeps a list of its maps: MAX_USED_MAPS. */
static bool
check_maps(const struct gen *g, const struct func *f)
{
	enum { MAPS_MAX = 64 };
	bool *used = arena_alloc(g->tmp, g->p->maps.n + 1);
	uint32_t i, n = 0, own = 0;

	for (i = 0; i < g->ip->relocs.n; i++) {
		uint32_t map = g->ip->relocs.v[i].map;

		if (g->ip->relocs.v[i].kind == RELOC_KERNEL || used[map])
			continue;
		used[map] = true;
		n++;
		own += g->p->maps.v[map].use == MAP_USER;
	}
	if (n <= MAPS_MAX)
		return true;
	return diag_error(g->p->diag, start_of(f),
			  "this probe uses %u maps, the kernel allows %u; "
			  "split it, or use keys of one map",
			  own, MAPS_MAX - (n - own));
}

static bool
encode_prog(struct gen g, const struct func *f)
{
	struct arena tmp = { .lender = g.im->arena };

	g.tmp = &tmp;
	g.ip = vec_push(g.im->arena, &g.im->progs);
	g.ip->unit = f->unit;
	g.ip->name = f->name;
	g.ip->stack = gen_tree(&g, f);
	g.ip->stack += gen_own(&g, f);
	patch_funcs(&g);
	g.ip->insns = g.insns.v;
	g.ip->ninsns = g.insns.n;
	g.ok &= check_stack(&g, f) && check_maps(&g, f);
	arena_free(&tmp);
	return g.ok;
}

/* A parent has a lower number than its callbacks, 0 is nobody's. */
static void
find_children(struct gen *g, struct arena *tmp)
{
	uint32_t i, n = g->p->funcs.n + 1;

	g->child = arena_alloc(tmp, n * sizeof(*g->child));
	g->sibling = arena_alloc(tmp, n * sizeof(*g->sibling));
	g->place = arena_alloc(tmp, n * sizeof(*g->place));
	g->called = arena_alloc(tmp, n * sizeof(*g->called));
	for (i = g->p->funcs.n; i-- > 1;) {
		const struct func *up = g->p->funcs.v[i]->parent;

		if (!up)
			continue;
		g->sibling[i] = g->child[up->index];
		g->child[up->index] = i;
	}
}

/* Needs: ir_layout. Fills out->progs, in the arena of the program. */
bool
gen_encode(const struct prog *p, struct image *out)
{
	struct gen g = { .p = p, .im = out, .ok = true };
	struct arena tmp = { .lender = p->arena };
	bool ok = true;
	uint32_t i;

	out->arena = p->arena;
	out->prog = p;
	find_children(&g, &tmp);
	for (i = 0; i < p->funcs.n; i++)
		if (!p->funcs.v[i]->parent)
			ok &= encode_prog(g, p->funcs.v[i]);
	arena_free(&tmp);
	return ok;
}

struct span
gen_span(const struct image_prog *p, uint32_t insn)
{
	struct span none = { 0, 0 };
	uint32_t lo = 0, hi = p->lines.n;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (p->lines.v[mid].insn <= insn)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? p->lines.v[lo - 1].span : none;
}
