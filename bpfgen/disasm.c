/* SPDX-License-Identifier: MIT */
/*
 * Instructions as text, as the kernel's verifier writes them in its log, so
 * that the two can be compared line by line; the script's own line stands
 * above the instructions it became.
 */
#include "internal.h"

static const char *const sizes[] = {
	[BPF_W >> 3] = "u32",
	[BPF_H >> 3] = "u16",
	[BPF_B >> 3] = "u8",
	[BPF_DW >> 3] = "u64",
};

static const char *const alu_ops[16] = {
	[BPF_ADD >> 4] = "+=",  [BPF_SUB >> 4] = "-=",
	[BPF_MUL >> 4] = "*=",  [BPF_DIV >> 4] = "/=",
	[BPF_OR >> 4] = "|=",   [BPF_AND >> 4] = "&=",
	[BPF_LSH >> 4] = "<<=", [BPF_RSH >> 4] = ">>=",
	[BPF_MOD >> 4] = "%=",  [BPF_XOR >> 4] = "^=",
	[BPF_MOV >> 4] = "=",   [BPF_ARSH >> 4] = "s>>=",
};

static const char *const jump_ops[16] = {
	[BPF_JEQ >> 4] = "==",   [BPF_JGT >> 4] = ">",
	[BPF_JLT >> 4] = "<",    [BPF_JGE >> 4] = ">=",
	[BPF_JLE >> 4] = "<=",   [BPF_JSET >> 4] = "&",
	[BPF_JNE >> 4] = "!=",   [BPF_JSGT >> 4] = "s>",
	[BPF_JSLT >> 4] = "s<",  [BPF_JSGE >> 4] = "s>=",
	[BPF_JSLE >> 4] = "s<=",
};

static void
unknown(const struct bpf_insn *i, struct sbuf *out)
{
	sbuf_printf(out, "BUG_%02x", i->code);
}

static void
print_alu(const struct bpf_insn *i, struct sbuf *out)
{
	const char *op = alu_ops[BPF_OP(i->code) >> 4];
	char r = BPF_CLASS(i->code) == BPF_ALU64 ? 'r' : 'w';

	if (BPF_OP(i->code) == BPF_END)
		sbuf_printf(out, "r%d = %s%d r%d", i->dst_reg,
			    BPF_SRC(i->code) == BPF_TO_BE ? "be" : "le", i->imm,
			    i->dst_reg);
	else if (BPF_OP(i->code) == BPF_NEG)
		sbuf_printf(out, "%c%d = -%c%d", r, i->dst_reg, r, i->dst_reg);
	else if (!op)
		unknown(i, out);
	else if (BPF_SRC(i->code) == BPF_X)
		sbuf_printf(out, "%c%d %s %c%d", r, i->dst_reg, op, r,
			    i->src_reg);
	else
		sbuf_printf(out, "%c%d %s %d", r, i->dst_reg, op, i->imm);
}

static void
print_load(const struct bpf_insn *i, struct sbuf *out)
{
	if (BPF_MODE(i->code) != BPF_MEM) {
		unknown(i, out);
		return;
	}
	sbuf_printf(out, "r%d = *(%s *)(r%d %+d)", i->dst_reg,
		    sizes[BPF_SIZE(i->code) >> 3], i->src_reg, i->off);
}

static void
print_store(const struct bpf_insn *i, struct sbuf *out)
{
	const char *size = sizes[BPF_SIZE(i->code) >> 3];

	if (BPF_MODE(i->code) == GEN_ATOMIC && i->imm == BPF_ADD)
		sbuf_printf(out, "lock *(%s *)(r%d %+d) += r%d", size,
			    i->dst_reg, i->off, i->src_reg);
	else if (BPF_MODE(i->code) != BPF_MEM)
		unknown(i, out);
	else if (BPF_CLASS(i->code) == BPF_STX)
		sbuf_printf(out, "*(%s *)(r%d %+d) = r%d", size, i->dst_reg,
			    i->off, i->src_reg);
	else
		sbuf_printf(out, "*(%s *)(r%d %+d) = %d", size, i->dst_reg,
			    i->off, i->imm);
}

static const char *
helper_name(int32_t number)
{
	int h;

	for (h = 0; h < IR_HELPERS; h++)
		if (ir_helper_number(h) == (uint32_t)number)
			return ir_helper_name(h);
	return NULL;
}

static void
print_jump(const struct bpf_insn *i, struct sbuf *out)
{
	const char *op = jump_ops[BPF_OP(i->code) >> 4];
	char r = BPF_CLASS(i->code) == BPF_JMP ? 'r' : 'w';
	const char *name;

	if (BPF_OP(i->code) == BPF_CALL) {
		name = helper_name(i->imm);
		sbuf_printf(out, "call %s%s#%d", name ? "bpf_" : "",
			    name ? name : "unknown", i->imm);
	} else if (BPF_OP(i->code) == BPF_EXIT) {
		sbuf_puts(out, "exit");
	} else if (BPF_OP(i->code) == BPF_JA) {
		sbuf_printf(out, "goto pc%+d", i->off);
	} else if (!op) {
		unknown(i, out);
	} else if (BPF_SRC(i->code) == BPF_X) {
		sbuf_printf(out, "if %c%d %s %c%d goto pc%+d", r, i->dst_reg,
			    op, r, i->src_reg, i->off);
	} else {
		sbuf_printf(out, "if %c%d %s 0x%x goto pc%+d", r, i->dst_reg,
			    op, (uint32_t)i->imm, i->off);
	}
}

static void
print_imm64(const struct bpf_insn *i, struct sbuf *out)
{
	uint64_t v = (uint32_t)i[0].imm | (uint64_t)(uint32_t)i[1].imm << 32;

	switch (i->src_reg) {
	case GEN_PSEUDO_MAP_FD:
		sbuf_printf(out, "r%d = map[fd:%d]", i->dst_reg, i[0].imm);
		break;
	case GEN_PSEUDO_MAP_VALUE:
		sbuf_printf(out, "r%d = map_value[fd:%d]%+d", i->dst_reg,
			    i[0].imm, i[1].imm);
		break;
	case GEN_PSEUDO_FUNC:
		sbuf_printf(out, "r%d = func pc%+d", i->dst_reg, i[0].imm);
		break;
	default:
		sbuf_printf(out, "r%d = 0x%llx", i->dst_reg,
			    (unsigned long long)v);
	}
}

unsigned
gen_print_insn(const struct bpf_insn *insn, struct sbuf *out)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		print_alu(insn, out);
		return 1;
	case BPF_LDX:
		print_load(insn, out);
		return 1;
	case BPF_ST:
	case BPF_STX:
		print_store(insn, out);
		return 1;
	case BPF_JMP:
	case BPF_JMP32:
		print_jump(insn, out);
		return 1;
	}
	if (insn->code != GEN_LD_IMM64) {
		unknown(insn, out);
		return 1;
	}
	print_imm64(insn, out);
	return 2;
}

/* ---- a program ---- */

/* A map has no descriptor yet: its name says more. */
static const struct reloc *
reloc_at(const struct image_prog *p, uint32_t insn)
{
	uint32_t i;

	for (i = 0; i < p->relocs.n; i++)
		if (p->relocs.v[i].insn == insn)
			return &p->relocs.v[i];
	return NULL;
}

static void
print_reloc(const struct image *im, const struct reloc *r, int reg,
	    struct sbuf *out)
{
	const char *name = im->prog->maps.v[r->map].name;

	sbuf_printf(out, "r%d = map%s[%s]", reg,
		    r->kind == RELOC_MAPVAL ? "_value" : "", name ? name : "");
	if (r->kind == RELOC_MAPVAL)
		sbuf_printf(out, "+%u", r->off);
}

static void
print_source(const struct image *im, struct span span, struct sbuf *out)
{
	const struct diag *d = im->prog->diag;
	struct place at;
	const char *text;
	size_t n;

	if (!span.begin || !d || !d->sources)
		return;
	at = source_place(d->sources, span.begin);
	if (!at.source)
		return;
	text = source_line(at.source, at.line, &n);
	while (n && (*text == ' ' || *text == '\t')) {
		text++;
		n--;
	}
	sbuf_puts(out, "; ");
	sbuf_add(out, text, n);
	sbuf_printf(out, " @ %s:%u\n", at.source->name, at.line);
}

static bool
same_line(const struct image *im, struct span a, struct span b)
{
	const struct diag *d = im->prog->diag;
	struct place x, y;

	if (!d || !d->sources)
		return false;
	x = source_place(d->sources, a.begin);
	y = source_place(d->sources, b.begin);
	return x.source == y.source && x.line == y.line;
}

static void
print_func_head(const struct image_prog *p, uint32_t insn, struct sbuf *out)
{
	uint32_t i;

	for (i = 1; i < p->funcs.n; i++)
		if (p->funcs.v[i].insn == insn)
			sbuf_printf(out, "%s:\n", p->funcs.v[i].func->name);
}

static void
print_prog(const struct image *im, const struct image_prog *p, struct sbuf *out)
{
	struct span before = { 0, 0 }, span;
	const struct reloc *r;
	uint32_t i = 0;

	sbuf_printf(out, "%s: %u insns, %u bytes of stack, %u spills\n",
		    p->name ? p->name : "", p->ninsns, p->stack, p->spills);
	while (i < p->ninsns) {
		print_func_head(p, i, out);
		span = gen_span(p, i);
		if (!i || !same_line(im, before, span))
			print_source(im, span, out);
		before = span;
		sbuf_printf(out, "%u: (%02x) ", i, p->insns[i].code);
		r = reloc_at(p, i);
		if (r) {
			print_reloc(im, r, p->insns[i].dst_reg, out);
			i += 2;
		} else {
			i += gen_print_insn(&p->insns[i], out);
		}
		sbuf_putc(out, '\n');
	}
}

void
gen_print(const struct image *im, struct sbuf *out)
{
	uint32_t i;

	for (i = 0; i < im->progs.n; i++) {
		if (i)
			sbuf_putc(out, '\n');
		print_prog(im, &im->progs.v[i], out);
	}
}
