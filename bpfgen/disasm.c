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

/* A long script is many lines: pieces are put together here, at a fourth of
 * what printf takes. */
static void
put_reg(struct sbuf *out, char r, unsigned n)
{
	sbuf_putc(out, r);
	sbuf_int(out, n);
}

static void
put_offset(struct sbuf *out, int off)
{
	if (off >= 0)
		sbuf_putc(out, '+');
	sbuf_int(out, off);
}

/* " OP " and the second operand. */
static void
put_operation(struct sbuf *out, const char *op)
{
	sbuf_putc(out, ' ');
	sbuf_puts(out, op);
	sbuf_putc(out, ' ');
}

static void
put_place(struct sbuf *out, const char *size, unsigned reg, int off)
{
	sbuf_puts(out, "*(");
	sbuf_puts(out, size);
	sbuf_puts(out, " *)(");
	put_reg(out, 'r', reg);
	sbuf_putc(out, ' ');
	put_offset(out, off);
	sbuf_putc(out, ')');
}

static void
unknown(const struct bpf_insn *i, struct sbuf *out)
{
	sbuf_printf(out, "BUG_%02x", i->code);
}

static void
print_binary(const struct bpf_insn *i, const char *op, char r, struct sbuf *out)
{
	put_reg(out, r, i->dst_reg);
	put_operation(out, op);
	if (BPF_SRC(i->code) == BPF_X)
		put_reg(out, r, i->src_reg);
	else
		sbuf_int(out, i->imm);
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
	else
		print_binary(i, op, r, out);
}

static void
print_load(const struct bpf_insn *i, struct sbuf *out)
{
	if (BPF_MODE(i->code) != BPF_MEM) {
		unknown(i, out);
		return;
	}
	put_reg(out, 'r', i->dst_reg);
	sbuf_puts(out, " = ");
	put_place(out, sizes[BPF_SIZE(i->code) >> 3], i->src_reg, i->off);
}

static void
print_store(const struct bpf_insn *i, struct sbuf *out)
{
	const char *size = sizes[BPF_SIZE(i->code) >> 3];

	bool atomic = BPF_MODE(i->code) == GEN_ATOMIC && i->imm == BPF_ADD;

	if (!atomic && BPF_MODE(i->code) != BPF_MEM) {
		unknown(i, out);
		return;
	}
	if (atomic)
		sbuf_puts(out, "lock ");
	put_place(out, size, i->dst_reg, i->off);
	put_operation(out, atomic ? "+=" : "=");
	if (BPF_CLASS(i->code) == BPF_STX)
		put_reg(out, 'r', i->src_reg);
	else
		sbuf_int(out, i->imm);
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
print_call(int32_t number, struct sbuf *out)
{
	const char *name = helper_name(number);

	sbuf_puts(out, name ? "call bpf_" : "call unknown");
	sbuf_puts(out, name ? name : "");
	sbuf_putc(out, '#');
	sbuf_int(out, number);
}

static void
print_branch(const struct bpf_insn *i, const char *op, struct sbuf *out)
{
	char r = BPF_CLASS(i->code) == BPF_JMP ? 'r' : 'w';

	sbuf_puts(out, "if ");
	put_reg(out, r, i->dst_reg);
	put_operation(out, op);
	if (BPF_SRC(i->code) == BPF_X)
		put_reg(out, r, i->src_reg);
	else
		sbuf_printf(out, "0x%x", (uint32_t)i->imm);
	sbuf_puts(out, " goto pc");
	put_offset(out, i->off);
}

static void
print_jump(const struct bpf_insn *i, struct sbuf *out)
{
	const char *op = jump_ops[BPF_OP(i->code) >> 4];

	if (BPF_OP(i->code) == BPF_CALL && i->src_reg == BPF_PSEUDO_CALL) {
		sbuf_puts(out, "call pc");
		put_offset(out, i->imm);
	} else if (BPF_OP(i->code) == BPF_CALL) {
		print_call(i->imm, out);
	} else if (BPF_OP(i->code) == BPF_EXIT) {
		sbuf_puts(out, "exit");
	} else if (BPF_OP(i->code) == BPF_JA) {
		sbuf_puts(out, "goto pc");
		put_offset(out, i->off);
	} else if (!op) {
		unknown(i, out);
	} else {
		print_branch(i, op, out);
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

/* A map has no descriptor yet, a function of the kernel no BTF id: their names
 * say more. */
static void
print_reloc(const struct image *im, const struct reloc *r, int reg,
	    struct sbuf *out)
{
	const char *name;

	if (r->kind == RELOC_KERNEL) {
		sbuf_puts(out, "call bpf_");
		sbuf_puts(out, ir_helper_name((enum ir_helper)r->map));
		return;
	}
	name = im->prog->maps.v[r->map].name;
	put_reg(out, 'r', (unsigned)reg);
	sbuf_puts(out, r->kind == RELOC_MAPVAL ? " = map_value[" : " = map[");
	sbuf_puts(out, name ? name : "");
	sbuf_putc(out, ']');
	if (r->kind == RELOC_MAPVAL)
		put_offset(out, (int)r->off);
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

/* Where the walk over a program's insns is in its tables, which are in order
 * of insns. */
struct cursor {
	uint32_t reloc, line, func;
	struct span span;
};

/* The name of the function that begins here (not the first), and the source
 * line where it changes. */
static void
print_heads(const struct image *im, const struct image_prog *p, uint32_t insn,
	    struct cursor *c, struct sbuf *out)
{
	struct span before = c->span;

	while (c->func < p->funcs.n && p->funcs.v[c->func].insn <= insn) {
		if (c->func)
			sbuf_printf(out, "%s:\n",
				    p->funcs.v[c->func].func->name);
		c->func++;
	}
	if (c->line == p->lines.n || p->lines.v[c->line].insn > insn)
		return;
	while (c->line < p->lines.n && p->lines.v[c->line].insn <= insn)
		c->span = p->lines.v[c->line++].span;
	if (!insn || !same_line(im, before, c->span))
		print_source(im, c->span, out);
}

static void
print_code(const struct image *im, const struct image_prog *p, uint32_t insn,
	   struct cursor *c, struct sbuf *out)
{
	static const char hex[] = "0123456789abcdef";
	const struct bpf_insn *i = &p->insns[insn];

	sbuf_int(out, insn);
	sbuf_puts(out, ": (");
	sbuf_putc(out, hex[i->code >> 4]);
	sbuf_putc(out, hex[i->code & 15]);
	sbuf_puts(out, ") ");
	if (c->reloc < p->relocs.n && p->relocs.v[c->reloc].insn == insn)
		print_reloc(im, &p->relocs.v[c->reloc++], i->dst_reg, out);
	else
		gen_print_insn(i, out);
	sbuf_putc(out, '\n');
}

static void
print_prog(const struct image *im, const struct image_prog *p, struct sbuf *out)
{
	struct cursor c = { 0 };
	uint32_t i = 0;

	sbuf_printf(out, "%s: %u insns, %u bytes of stack, %u spills\n",
		    p->name ? p->name : "", p->ninsns, p->stack, p->spills);
	while (i < p->ninsns) {
		print_heads(im, p, i, &c, out);
		print_code(im, p, i, &c, out);
		i += p->insns[i].code == GEN_LD_IMM64 ? 2 : 1;
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
