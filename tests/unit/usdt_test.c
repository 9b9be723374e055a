/* SPDX-License-Identifier: MIT */
/* Notes of static markers: what their arguments say, and notes that lie. */
#include <elf.h>

#include "../../probes/probes.h"
#include "fixture.h"

/* ---- arguments ---- */

static struct stapsdt_args args;

static const struct stapsdt_arg *
parse(unsigned machine, const char *text)
{
	stapsdt_parse(&arena, machine, text, &args);
	return args.v;
}

static void
is_bad(unsigned machine, const char *text, const char *why)
{
	const struct stapsdt_arg *a = parse(machine, text);

	cr_assert_eq(args.n, 1, "%s", text);
	cr_assert_eq(a->kind, STAPSDT_BAD, "%s", text);
	cr_assert(strstr(a->why, why), "%s: %s", text, a->why);
}

static void
is_reg(unsigned machine, const char *text, int32_t offset, unsigned width)
{
	const struct stapsdt_arg *a = parse(machine, text);

	cr_assert_eq(args.n, 1, "%s", text);
	cr_assert_eq(a->kind, STAPSDT_REG, "%s", text);
	cr_assert_eq(a->base.offset, offset, "%s", text);
	cr_assert_eq(a->base.width, width, "%s", text);
}

static void
is_mem(unsigned machine, const char *text, int64_t value, int32_t base,
       int32_t index, unsigned shift)
{
	const struct stapsdt_arg *a = parse(machine, text);

	cr_assert_eq(args.n, 1, "%s", text);
	cr_assert_eq(a->kind, STAPSDT_MEM, "%s: %s", text, a->why);
	cr_assert_eq(a->value, value, "%s", text);
	cr_assert_eq(a->base.offset, base, "%s", text);
	cr_assert_eq(a->index.offset, index, "%s", text);
	cr_assert_eq(a->shift, shift, "%s", text);
}

static void
is_const(unsigned machine, const char *text, int64_t value)
{
	const struct stapsdt_arg *a = parse(machine, text);

	cr_assert_eq(args.n, 1, "%s", text);
	cr_assert_eq(a->kind, STAPSDT_CONST, "%s", text);
	cr_assert_eq(a->value, value, "%s", text);
}

Test(usdt, x86_registers)
{
	is_reg(EM_X86_64, "8@%rdi", 112, 8);
	is_reg(EM_X86_64, "-4@%edi", 112, 4);
	is_reg(EM_X86_64, "2@%di", 112, 2);
	is_reg(EM_X86_64, "1@%dil", 112, 1);
	is_reg(EM_X86_64, "-1@%ah", 81, 1);
	is_reg(EM_X86_64, "8@%r8", 72, 8);
	is_reg(EM_X86_64, "4@%r15d", 0, 4);
	is_reg(EM_X86_64, "1@%r10b", 56, 1);
	is_reg(EM_X86_64, "1@%spl", 152, 1);
	is_reg(EM_386, "4@%eax", 80, 4);
}

Test(usdt, x86_memory)
{
	is_mem(EM_X86_64, "8@(%rsp)", 0, 152, -1, 0);
	is_mem(EM_X86_64, "-4@-20(%rbp)", -20, 32, -1, 0);
	is_mem(EM_X86_64, "8@16+8(%rsp)", 24, 152, -1, 0);
	is_mem(EM_X86_64, "8@-4+0(%rsp)", -4, 152, -1, 0);
	is_mem(EM_X86_64, "8@(%rax,%rdx,8)", 0, 80, 96, 3);
	is_mem(EM_X86_64, "8@0x10(%rax,%rdx)", 16, 80, 96, 0);
	is_mem(EM_X86_64, "8@0(,%rdx,4)", 0, -1, 96, 2);
	is_mem(EM_X86_64, "8@8(%rip)", 8, 128, -1, 0);
}

Test(usdt, constants)
{
	is_const(EM_X86_64, "4@$7", 7);
	is_const(EM_X86_64, "-4@$-7", -7);
	is_const(EM_X86_64, "8@$0x7fffffffffffffff", INT64_MAX);
	is_const(EM_X86_64, "8@$-9223372036854775808", INT64_MIN);
	is_const(EM_X86_64, "8@$18446744073709551615", -1);
	is_const(EM_AARCH64, "4@7", 7);
	is_const(EM_AARCH64, "-4@-7", -7);
	is_const(EM_AARCH64, "-4@#-7", -7);
}

Test(usdt, arm)
{
	is_reg(EM_AARCH64, "8@x0", 0, 8);
	is_reg(EM_AARCH64, "-4@w30", 240, 4);
	is_reg(EM_AARCH64, "8@sp", 248, 8);
	is_mem(EM_AARCH64, "8@[sp]", 0, 248, -1, 0);
	is_mem(EM_AARCH64, "8@[sp, 16]", 16, 248, -1, 0);
	is_mem(EM_AARCH64, "8@[x29, #-16]", -16, 232, -1, 0);
	is_mem(EM_AARCH64, "8@[x1,x2]", 0, 8, 16, 0);
	is_mem(EM_AARCH64, "8@[x1, x2, lsl 3]", 0, 8, 16, 3);
	is_mem(EM_AARCH64, "4@[x1, w2, sxtw #2]", 0, 8, 16, 2);
	cr_assert(args.v[0].index.is_signed);
	is_mem(EM_AARCH64, "4@[x1, w2, uxtw]", 0, 8, 16, 0);
	cr_assert_not(args.v[0].index.is_signed);
	cr_assert_eq(args.v[0].index.width, 4);
}

Test(usdt, several_arguments)
{
	const struct stapsdt_arg *a;

	a = parse(EM_X86_64, " -4@%eax  2@%nosuch 1@$3 ");
	cr_assert_eq(args.n, 3);
	cr_assert(a[0].is_signed && a[0].size == 4);
	cr_assert_eq(a[1].kind, STAPSDT_BAD);
	cr_assert(a[2].kind == STAPSDT_CONST && a[2].size == 1);
	cr_assert_not(a[2].is_signed);
	a = parse(EM_AARCH64, "8@[sp, 8] -4@w1");
	cr_assert_eq(args.n, 2);
	cr_assert_eq(a[1].kind, STAPSDT_REG);
	parse(EM_X86_64, "");
	cr_assert_eq(args.n, 0);
	parse(EM_X86_64, "1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 "
			 "1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 "
			 "1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 "
			 "1@$1 1@$1 1@$1 1@$1 1@$1 1@$1");
	cr_assert_eq(args.n, STAPSDT_ARGS);
}

Test(usdt, what_cannot_be_read)
{
	is_bad(EM_X86_64, "8f@%xmm0", "a floating point number");
	is_bad(EM_X86_64, "8@%xmm0", "a register");
	is_bad(EM_X86_64, "8@%", "a register");
	is_bad(EM_X86_64, "3@%rax", "a size that");
	is_bad(EM_X86_64, "16@%rax", "a size that");
	is_bad(EM_X86_64, "%rax", "without its size");
	is_bad(EM_X86_64, "-", "without its size");
	is_bad(EM_X86_64, "8", "without its size");
	is_bad(EM_X86_64, "8@", "not a number");
	is_bad(EM_X86_64, "8@4", "without a register");
	is_bad(EM_X86_64, "8@()", "without a register");
	is_bad(EM_X86_64, "8@(%rax", "without its end");
	is_bad(EM_X86_64, "8@(%rax,", "an index");
	is_bad(EM_X86_64, "8@(%rax,%rbx,3)", "a scale");
	is_bad(EM_X86_64, "8@%rax%rbx", "more than an operand");
	is_bad(EM_X86_64, "8@$99999999999999999999", "out of range");
	is_bad(EM_AARCH64, "8@x31", "a register");
	is_bad(EM_AARCH64, "8@d0", "a register");
	is_bad(EM_AARCH64, "8@[x1", "without its end");
	is_bad(EM_AARCH64, "8@[x1, x2, lsl 9]", "a shift");
	is_bad(EM_AARCH64, "8@[x1, x2, ror 1]", "nobody knows");
	is_bad(EM_RISCV, "8@a0", "another machine");
}

/* ---- notes ---- */

/* A file with one section of notes and one that marks the base. */
struct file {
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	Elf64_Shdr sh[4];
	char names[64];
	struct {
		uint32_t namesz, descsz, type;
		char owner[8];
		uint64_t pc, base, semaphore;
		char text[40];
	} __attribute__((packed)) note[2];
};

static const char names[] = "\0.note.stapsdt\0.stapsdt.base\0.shstrtab";

static struct file
sound_file(void)
{
	struct file f = {
		.eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64,
				     ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_DYN,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phoff = offsetof(struct file, ph),
			.e_phnum = 1,
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_shoff = offsetof(struct file, sh),
			.e_shnum = 4,
			.e_shstrndx = 3,
			.e_shentsize = sizeof(Elf64_Shdr) },
		.ph = { .p_type = PT_LOAD,
			.p_flags = PF_X | PF_R,
			.p_filesz = sizeof(struct file),
			.p_memsz = sizeof(struct file) },
	};

	memcpy(f.names, names, sizeof(names));
	f.sh[1] = (Elf64_Shdr){ .sh_name = 1,
				.sh_type = SHT_NOTE,
				.sh_offset = offsetof(struct file, note),
				.sh_size = sizeof(f.note) };
	f.sh[2] = (Elf64_Shdr){ .sh_name = 15,
				.sh_type = SHT_PROGBITS,
				.sh_addr = 0x1100,
				.sh_offset = offsetof(struct file, names),
				.sh_size = 1 };
	f.sh[3] = (Elf64_Shdr){ .sh_name = 29,
				.sh_type = SHT_STRTAB,
				.sh_offset = offsetof(struct file, names),
				.sh_size = sizeof(f.names) };
	for (int i = 0; i < 2; i++) {
		f.note[i].namesz = 8;
		f.note[i].descsz = 24 + sizeof(f.note[i].text);
		f.note[i].type = 3;
		memcpy(f.note[i].owner, "stapsdt", 8);
		f.note[i].pc = 0x200 + i;
		f.note[i].base = 0x1000;
		f.note[i].semaphore = i ? 0x300 : 0;
		memcpy(f.note[i].text, "app\0one\0008@%rdi", 15);
	}
	return f;
}

static struct stapsdt_notes notes;

static uint32_t
count(const struct file *f, size_t n)
{
	const char *dir = temp_dir(), *why = NULL;

	if (!stapsdt_read(&arena, write_file(dir, "elf", f, n), &notes, &why))
		cr_assert(why);
	remove_dir(dir);
	return notes.v.n;
}

Test(usdt, reads_notes_and_adjusts_them)
{
	struct file f = sound_file();

	cr_assert_eq(count(&f, sizeof(f)), 2);
	cr_assert_str_eq(notes.v.v[0].provider, "app");
	cr_assert_str_eq(notes.v.v[0].name, "one");
	cr_assert_str_eq(notes.v.v[0].args, "8@%rdi");
	cr_assert_eq(notes.v.v[0].address, 0x300);
	cr_assert_eq(notes.v.v[0].semaphore, 0);
	cr_assert_eq(notes.v.v[1].address, 0x301);
	cr_assert_eq(notes.v.v[1].semaphore, 0x400);
	f.sh[2].sh_name = 0;
	cr_assert_eq(count(&f, sizeof(f)), 2);
	cr_assert_eq(notes.v.v[0].address, 0x200);
}

Test(usdt, notes_that_lie)
{
	static const uint32_t sizes[] = { 0,          1,          7,
					  9,          23,         65,
					  0x7fffffff, 0xfffffffd, 0xffffffff };
	struct file f;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		f = sound_file();
		f.note[0].descsz = sizes[i];
		cr_assert_leq(count(&f, sizeof(f)), 2);
		f = sound_file();
		f.note[0].namesz = sizes[i];
		cr_assert_leq(count(&f, sizeof(f)), 1);
		f = sound_file();
		f.sh[1].sh_size = sizes[i];
		cr_assert_leq(count(&f, sizeof(f)), 1);
	}
	f = sound_file();
	memset(f.note[1].text, 'x', sizeof(f.note[1].text));
	cr_assert_eq(count(&f, sizeof(f)), 1);
	f = sound_file();
	f.note[0].type = 4;
	f.note[1].owner[0] = 'x';
	cr_assert_eq(count(&f, sizeof(f)), 0);
	f = sound_file();
	f.sh[1].sh_type = SHT_NOBITS;
	cr_assert_eq(count(&f, sizeof(f)), 0);
	f = sound_file();
	f.eh.e_shstrndx = 77;
	cr_assert_eq(count(&f, sizeof(f)), 0);
	f = sound_file();
	memset(f.names, 'x', sizeof(f.names));
	cr_assert_eq(count(&f, sizeof(f)), 0);
}

Test(usdt, truncated_and_random, .timeout = 60)
{
	struct file f = sound_file();
	uint64_t seed = 1;

	for (size_t n = 0; n < sizeof(f); n += 3)
		count(&f, n);
	for (int i = 0; i < 3000; i++) {
		f = sound_file();
		for (int k = 0; k < 3; k++) {
			seed = seed * 6364136223846793005u + 1;
			((uint8_t *)&f)[(seed >> 33) % sizeof(f)] = seed >> 24;
		}
		count(&f, sizeof(f));
	}
}
