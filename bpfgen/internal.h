/* SPDX-License-Identifier: MIT */
/*
 * What the files of bpfgen/ share: the numbers of the instruction set that
 * the oldest headers we build with do not name.
 */
#ifndef JIFFY_BPFGEN_INTERNAL_H
#define JIFFY_BPFGEN_INTERNAL_H

#include <linux/bpf.h>

#include "bpfgen.h"

/* src_reg of an ld_imm64 and of a call: what its imm means. */
enum gen_pseudo {
	GEN_PSEUDO_MAP_FD = 1,
	GEN_PSEUDO_MAP_VALUE = 2,
	GEN_PSEUDO_FUNC = 4, /* since 5.13 */
};

enum {
	GEN_ATOMIC = 0xc0, /* mode of a STX; was BPF_XADD */
	GEN_LD_IMM64 = BPF_LD | BPF_DW | BPF_IMM,
	GEN_MAX_NAME = 127, /* of a BTF name */
};

#endif
