/* SPDX-License-Identifier: MIT */
/*
 * The disassembler against the kernel's own: what gen_print_insn() writes is
 * what stands in the verifier's log.
 */
#include <bpf/bpf.h>
#include <criterion/criterion.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../bpfgen/bpfgen.h"

#define INSN(c, d, s, o, i)                                                    \
	{                                                                      \
		.code = c, .dst_reg = d, .src_reg = s, .off = o, .imm = i      \
	}

static const struct {
	struct bpf_insn insn;
	const char *text;
} single[] = {
	{ INSN(0xb7, 1, 0, 0, 5), "r1 = 5" },
	{ INSN(0xb4, 1, 0, 0, -1), "w1 = -1" },
	{ INSN(0xbf, 6, 1, 0, 0), "r6 = r1" },
	{ INSN(0xbc, 6, 1, 0, 0), "w6 = w1" },
	{ INSN(0x07, 2, 0, 0, -8), "r2 += -8" },
	{ INSN(0x1f, 2, 3, 0, 0), "r2 -= r3" },
	{ INSN(0xc7, 2, 0, 0, 32), "r2 s>>= 32" },
	{ INSN(0x87, 2, 0, 0, 0), "r2 = -r2" },
	{ INSN(0xdc, 2, 0, 0, 16), "r2 = be16 r2" },
	{ INSN(0x79, 1, 10, -8, 0), "r1 = *(u64 *)(r10 -8)" },
	{ INSN(0x61, 1, 2, 4, 0), "r1 = *(u32 *)(r2 +4)" },
	{ INSN(0x7b, 10, 1, -16, 0), "*(u64 *)(r10 -16) = r1" },
	{ INSN(0x72, 10, 0, -16, 7), "*(u8 *)(r10 -16) = 7" },
	{ INSN(0xdb, 1, 2, 8, 0), "lock *(u64 *)(r1 +8) += r2" },
	{ INSN(0x85, 0, 0, 0, 14), "call bpf_get_current_pid_tgid#14" },
	{ INSN(0x05, 0, 0, -3, 0), "goto pc-3" },
	{ INSN(0x15, 1, 0, 2, 0), "if r1 == 0x0 goto pc+2" },
	{ INSN(0x6d, 1, 2, 2, 0), "if r1 s> r2 goto pc+2" },
	{ INSN(0xa6, 1, 0, 2, 9), "if w1 < 0x9 goto pc+2" },
	{ INSN(0x95, 0, 0, 0, 0), "exit" },
};

Test(disasm, single)
{
	for (size_t i = 0; i < ARRAY_LEN(single); i++) {
		struct sbuf out = { 0 };

		cr_assert_eq(gen_print_insn(&single[i].insn, &out), 1);
		cr_assert_str_eq(out.s, single[i].text);
		sbuf_free(&out);
	}
}

Test(disasm, wide)
{
	const struct bpf_insn insns[] = { INSN(0x18, 3, 0, 0, 2),
					  INSN(0, 0, 0, 0, 1) };
	struct sbuf out = { 0 };

	cr_assert_eq(gen_print_insn(insns, &out), 2);
	cr_assert_str_eq(out.s, "r3 = 0x100000002");
	sbuf_free(&out);
}

/* A program with one of each; the kernel's log says the same of each insn. */
static const struct bpf_insn program[] = {
	INSN(0x79, 2, 1, 0, 0),    INSN(0xbf, 6, 1, 0, 0),
	INSN(0xb7, 3, 0, 0, 77),   INSN(0x7b, 10, 2, -8, 0),
	INSN(0x7a, 10, 0, -16, 3), INSN(0x62, 10, 0, -24, -4),
	INSN(0x79, 4, 10, -8, 0),  INSN(0x0f, 4, 3, 0, 0),
	INSN(0x2f, 4, 3, 0, 0),    INSN(0x57, 4, 0, 0, 255),
	INSN(0x67, 4, 0, 0, 3),    INSN(0xc7, 4, 0, 0, 2),
	INSN(0xbc, 5, 4, 0, 0),    INSN(0x87, 5, 0, 0, 0),
	INSN(0xdc, 5, 0, 0, 32),   INSN(0x2d, 4, 5, 1, 0),
	INSN(0xb7, 4, 0, 0, 1),    INSN(0xdb, 10, 4, -8, 0),
	INSN(0x85, 0, 0, 0, 14),   INSN(0x75, 0, 0, 1, 100),
	INSN(0xa7, 0, 0, 0, 6),    INSN(0xb7, 0, 0, 0, 0),
	INSN(0x95, 0, 0, 0, 0),
};

/* "7: (0f) r4 += r3   ; R3_w=..." : insn 7 says `want`. */
static bool
log_agrees(const char *log, unsigned at, const struct bpf_insn *insn,
	   const char *want)
{
	char head[32];
	const char *line;

	snprintf(head, sizeof(head), "\n%u: (%02x) ", at, insn->code);
	line = strstr(log, head);
	if (!line)
		return true; /* a way the verifier did not go */
	line += strlen(head);
	return !strncmp(line, want, strlen(want)) &&
	       strchr(" \n", line[strlen(want)]);
}

Test(disasm, like_the_kernel)
{
	static char log[1 << 16];
	LIBBPF_OPTS(bpf_prog_load_opts, o, .log_buf = log,
		    .log_size = sizeof(log), .log_level = 2);
	int fd;

	if (geteuid() != 0)
		cr_skip_test("not root");
	fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "jiffy", "GPL",
			   program, ARRAY_LEN(program), &o);
	cr_assert(fd >= 0, "%s", log);
	close(fd);
	for (size_t i = 0; i < ARRAY_LEN(program); i++) {
		struct sbuf out = { 0 };

		gen_print_insn(&program[i], &out);
		cr_assert(log_agrees(log, i, &program[i], out.s),
			  "ours: %zu: %s\n%s", i, out.s, log);
		sbuf_free(&out);
	}
}
