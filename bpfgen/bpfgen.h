/* SPDX-License-Identifier: MIT */
/*
 * Ops on registers -> struct image: insns, relocations, line tables. What the
 * loader needs, and nothing that needs a kernel.
 */
#ifndef JIFFY_BPFGEN_H
#define JIFFY_BPFGEN_H

#include "../ir/ir.h"

struct bpf_insn; /* linux/bpf.h */

enum reloc_kind {
	RELOC_MAP,    /* ld_imm64: the map's descriptor */
	RELOC_MAPVAL, /* ld_imm64: descriptor and offset in the value */
	RELOC_KERNEL, /* call: the BTF id of a function of the kernel */
};

struct reloc {
	uint32_t insn; /* of the first half */
	enum reloc_kind kind;
	uint32_t map; /* index in image->prog->maps; call: enum ir_helper */
	uint32_t off;
};

struct line { /* insns from `insn` on come from `span` */
	uint32_t insn;
	struct span span;
};

/* One program: a unit's function and its callbacks behind it. */
struct image_prog {
	const struct unit *unit;
	const char *name;
	struct bpf_insn *insns;
	uint32_t ninsns;
	VEC(struct reloc) relocs;
	VEC(struct line) lines;
	VEC(struct image_func {
		uint32_t insn; /* first */
		const struct func *func;
	})
	funcs;
	uint32_t stack;  /* bytes of the deepest chain */
	uint32_t spills; /* spill slots */
};

struct image {
	struct arena *arena;
	const struct prog *prog;
	VEC(struct image_prog) progs;
};

/* Pass "encode". */
bool gen_encode(const struct prog *p, struct image *out);
/* In the verifier's dialect, with the source line above each group. */
void gen_print(const struct image *im, struct sbuf *out);
/* One instruction ("r1 = *(u64 *)(r10 -8)"); returns insns consumed (1, 2). */
unsigned gen_print_insn(const struct bpf_insn *insn, struct sbuf *out);
/*
 * Function and line information (Documentation/bpf/btf.rst, .BTF.ext): one
 * BTF blob for bpf_btf_load, shared by all programs of the image, and each
 * program's records. All in the image's arena.
 */
struct gen_btf {
	void *btf;
	uint32_t btf_size;
	struct gen_btf_prog {
		void *func_info; /* struct bpf_func_info[] */
		uint32_t func_info_cnt;
		void *line_info; /* struct bpf_line_info[] */
		uint32_t line_info_cnt;
	} * progs; /* image->progs.n of them */
};
bool gen_btf(const struct image *im, struct gen_btf *out);
/* The source place of an insn of a program. */
struct span gen_span(const struct image_prog *p, uint32_t insn);

#endif
