/* SPDX-License-Identifier: MIT */
/*
 * Owns --info (REFERENCE 9.2): what this machine, this build and this kernel
 * can do. Every answer about the kernel is tried on the kernel: a tiny
 * program that calls the helper, a link of the kind.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "internal.h"

enum {
	CELL = 35, /* width of an entry, two in a row */
	/* Younger than the headers we may be built with. */
	HELPER_D_PATH = 147,
	HELPER_GET_FUNC_IP = 173,
	HELPER_LOOP = 181,
	HELPER_PERCPU_ELEM = 195,
	HELPER_GET_TAI_NS = 208,
	KPROBE_MULTI = 42, /* enum bpf_attach_type */
	UPROBE_MULTI = 48,
	KPROBE_SESSION = 56,
	OLD_LIMIT = 4096,
	NEW_LIMIT = 1000000,
};

struct answers {
	bool dpath, tai, func_ip, percpu_elem, loop;
	bool long_programs, btf, module_btf;
	bool kprobe_multi, uprobe_multi, kprobe_session, iter;
};

static bool
closed(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Types are what libbpf finds by name; 0: none. */
static uint32_t
kernel_id(const char *name, enum bpf_attach_type type)
{
	int id;

	libbpf_set_print(NULL);
	id = libbpf_find_vmlinux_btf_id(name, type);
	return id > 0 ? (uint32_t)id : 0;
}

/* Does the verifier know the helper in such a program? Whether it likes the
 * arguments, which are none, is no matter. */
static bool
has_helper(const struct prog_load *type, int helper)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = helper },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct prog_load p = *type;
	char log[4096] = "";

	p.license = "GPL";
	p.insns = insns;
	p.ninsns = ARRAY_LEN(insns);
	p.log = log;
	p.log_size = sizeof(log);
	if (closed(sys_prog_load(&p)))
		return true;
	return *log && !strstr(log, "invalid func ") &&
	       !strstr(log, "unknown func ") &&
	       !strstr(log, "cannot use helper");
}

uint32_t
info_lacks(uint32_t features)
{
	static const struct {
		enum feature feature;
		enum ir_helper helper;
	} known[] = {
		{ FEAT_LOOP, HELPER_loop },
		{ FEAT_FOR_EACH, HELPER_for_each_map_elem },
	};
	const struct prog_load kprobe = { .type = BPF_PROG_TYPE_KPROBE };
	uint32_t lacks = 0;
	size_t i;

	for (i = 0; i < ARRAY_LEN(known); i++) {
		uint32_t bit = 1u << known[i].feature;
		int number = (int)ir_helper_number(known[i].helper);

		if (features & bit && !has_helper(&kprobe, number))
			lacks |= bit;
	}
	return lacks;
}

/* Only programs at a few functions may call it. */
static bool
has_dpath(void)
{
	const struct prog_load type = {
		.type = BPF_PROG_TYPE_TRACING,
		.attach_type = BPF_TRACE_FENTRY,
		.attach_btf_id = kernel_id("filp_close", BPF_TRACE_FENTRY),
	};

	return type.attach_btf_id && has_helper(&type, HELPER_D_PATH);
}

static int
load_return(struct prog_load *p)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	p->license = "GPL";
	p->insns = insns;
	p->ninsns = ARRAY_LEN(insns);
	return sys_prog_load(p);
}

static bool
has_long_programs(void)
{
	static struct bpf_insn insns[OLD_LIMIT + 1];
	const struct prog_load p = {
		.license = "GPL",
		.type = BPF_PROG_TYPE_KPROBE,
		.insns = insns,
		.ninsns = ARRAY_LEN(insns),
	};

	for (size_t i = 0; i < ARRAY_LEN(insns); i++)
		insns[i].code = BPF_ALU64 | BPF_MOV | BPF_K;
	insns[ARRAY_LEN(insns) - 1].code = BPF_JMP | BPF_EXIT;
	return closed(sys_prog_load(&p));
}

/* What BPF_LINK_CREATE answers for a program of an attach type. */
static int
try_link(uint32_t attach_type, union bpf_attr *attr)
{
	struct prog_load p = { .type = BPF_PROG_TYPE_KPROBE,
			       .attach_type = attach_type };
	int fd = load_return(&p), link;

	if (fd < 0)
		return fd;
	attr->link_create.prog_fd = (uint32_t)fd;
	attr->link_create.attach_type = attach_type;
	link = sys_bpf(BPF_LINK_CREATE, attr);
	close(fd);
	closed(link);
	return link;
}

/* A function that is nearly never called, for the time of a link. */
static bool
has_kprobe_link(uint32_t attach_type)
{
	const char *symbol = "security_file_ioctl";
	struct {
		uint32_t prog_fd, target_fd, attach_type, flags;
		uint32_t kprobe_flags, n;
		uint64_t symbols, addresses, cookies;
	} link = { .n = 1, .symbols = (uintptr_t)&symbol };
	union bpf_attr attr = { 0 };

	static_assert(sizeof(link) <= sizeof(attr), "union bpf_attr");
	memcpy(&attr, &link, sizeof(link));
	return try_link(attach_type, &attr) >= 0;
}

/* A path that is no file is refused only where the link is known. */
static bool
has_uprobe_link(void)
{
	static const char path[] = "/";
	uint64_t offset = 1;
	struct {
		uint32_t prog_fd, target_fd, attach_type, flags;
		uint64_t path, offsets, counters, cookies;
		uint32_t n, uprobe_flags, pid;
	} link = { .path = (uintptr_t)path,
		   .offsets = (uintptr_t)&offset,
		   .n = 1 };
	union bpf_attr attr = { 0 };

	static_assert(sizeof(link) <= sizeof(attr), "union bpf_attr");
	memcpy(&attr, &link, sizeof(link));
	return try_link(UPROBE_MULTI, &attr) == -EBADF;
}

static bool
has_iter(void)
{
	struct prog_load p = {
		.type = BPF_PROG_TYPE_TRACING,
		.attach_type = BPF_TRACE_ITER,
		.attach_btf_id = kernel_id("task", BPF_TRACE_ITER),
	};
	union bpf_attr attr = { .link_create.attach_type = BPF_TRACE_ITER };
	int fd, link;

	if (!p.attach_btf_id || (fd = load_return(&p)) < 0)
		return false;
	attr.link_create.prog_fd = (uint32_t)fd;
	link = sys_bpf(BPF_LINK_CREATE, &attr);
	close(fd);
	return closed(link);
}

/* Kernels whose modules have types of their own, 5.11 and later, also tell the
 * names of such files. */
static bool
has_module_btf(void)
{
	char name[64];
	struct bpf_btf_info about = { .name = (uintptr_t)name,
				      .name_len = sizeof(name) };
	union bpf_attr attr = { 0 };
	bool named;
	int fd;

	if (sys_bpf(BPF_BTF_GET_NEXT_ID, &attr))
		return false;
	attr = (union bpf_attr){ .btf_id = attr.next_id };
	fd = sys_bpf(BPF_BTF_GET_FD_BY_ID, &attr);
	if (fd < 0)
		return false;
	attr = (union bpf_attr){ .info = { .bpf_fd = (uint32_t)fd,
					   .info_len = sizeof(about),
					   .info = (uintptr_t)&about } };
	named = !sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	return closed(fd) && named;
}

static struct answers
ask(void)
{
	const struct prog_load kprobe = { .type = BPF_PROG_TYPE_KPROBE };

	return (struct answers){
		.dpath = has_dpath(),
		.tai = has_helper(&kprobe, HELPER_GET_TAI_NS),
		.func_ip = has_helper(&kprobe, HELPER_GET_FUNC_IP),
		.percpu_elem = has_helper(&kprobe, HELPER_PERCPU_ELEM),
		.loop = has_helper(&kprobe, HELPER_LOOP),
		.long_programs = has_long_programs(),
		.btf = kernel_can("/sys/kernel/btf/vmlinux", R_OK),
		.module_btf = has_module_btf(),
		.kprobe_multi = has_kprobe_link(KPROBE_MULTI),
		.uprobe_multi = has_uprobe_link(),
		.kprobe_session = has_kprobe_link(KPROBE_SESSION),
		.iter = has_iter(),
	};
}

/* ---- the report ---- */

enum entry_kind { TEXT, YES_NO, NUMBER };

struct entry {
	const char *key;
	enum entry_kind kind;
	const char *text;
	long number; /* of YES_NO as well */
};

struct section {
	const char *name;
	bool table; /* two entries in a row, cells of one width */
	bool padded;
	struct entry entries[8]; /* up to one without a key */
};

static const char *
entry_text(struct arena *a, const struct entry *e)
{
	if (e->kind == TEXT)
		return e->text;
	if (e->kind == YES_NO)
		return e->number ? "yes" : "no";
	return arena_printf(a, "%ld", e->number);
}

static void
print_section(struct out *o, struct arena *a, const struct section *s)
{
	unsigned i;

	out_printf(o, "%-*s\n", s->padded ? CELL : 0, s->name);
	for (i = 0; s->entries[i].key; i++) {
		const struct entry *e = &s->entries[i];
		const char *cell =
			arena_printf(a, "  %s: %s", e->key, entry_text(a, e));
		bool second = i % 2;

		if (s->table)
			out_printf(o, "%-*s%s", CELL, cell + (second ? 2 : 0),
				   second ? "\n" : "");
		else
			out_printf(o, "%s\n", cell);
	}
	if (s->table && i % 2)
		out_putc(o, '\n');
	out_putc(o, '\n');
}

static void
print_json_entry(struct out *o, const struct entry *e)
{
	out_json_string(o, e->key, strlen(e->key));
	out_puts(o, ": ");
	if (e->kind == TEXT)
		out_json_string(o, e->text, strlen(e->text));
	else if (e->kind == YES_NO)
		out_puts(o, e->number ? "true" : "false");
	else
		out_printf(o, "%ld", e->number);
}

static void
print_json(struct out *o, const struct section *sections, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct section *s = &sections[i];

		out_puts(o, i ? ", " : "{");
		out_json_string(o, s->name, strlen(s->name));
		out_puts(o, ": {");
		for (unsigned k = 0; s->entries[k].key; k++) {
			out_puts(o, k ? ", " : "");
			print_json_entry(o, &s->entries[k]);
		}
		out_putc(o, '}');
	}
	out_puts(o, "}\n");
}

void
info_print(struct out *o, struct arena *arena, const char *version)
{
	struct utsname host = { 0 };
	const struct answers a = ask();

	uname(&host);
	/* clang-format off */
	const struct section sections[] = {
		{ "System", false, false, {
			{ "OS", TEXT, arena_printf(arena, "%s %s %s",
				host.sysname, host.release, host.version), 0 },
			{ "Arch", TEXT, host.machine, 0 } } },
		{ "Build", false, false, {
			{ "version", TEXT, version, 0 },
			{ "LLVM", TEXT, "none", 0 },
			{ "bfd", YES_NO, NULL, false },
			{ "libdw (DWARF support)", YES_NO, NULL,
			  dwarf_built_in },
			{ "libsystemd (systemd notify support)", YES_NO, NULL,
			  false },
			{ "blazesym (advanced symbolization)", YES_NO, NULL,
			  false },
			{ "dwunwind (DWARF stack unwinding)", YES_NO, NULL,
			  false } } },
		{ "Kernel helpers", true, false, {
			{ "dpath", YES_NO, NULL, a.dpath },
			{ "get_tai_ns", YES_NO, NULL, a.tai },
			{ "get_func_ip", YES_NO, NULL, a.func_ip },
			{ "lookup_percpu_elem", YES_NO, NULL, a.percpu_elem },
			{ "loop", YES_NO, NULL, a.loop } } },
		{ "Kernel features", true, true, {
			{ "Instruction limit", NUMBER, NULL,
			  a.long_programs ? NEW_LIMIT : OLD_LIMIT },
			{ "btf", YES_NO, NULL, a.btf },
			{ "module btf", YES_NO, NULL, a.module_btf } } },
		{ "Probe types", true, true, {
			{ "kprobe_multi", YES_NO, NULL, a.kprobe_multi },
			{ "uprobe_multi", YES_NO, NULL, a.uprobe_multi },
			{ "kprobe_session", YES_NO, NULL, a.kprobe_session },
			{ "iter", YES_NO, NULL, a.iter } } },
	};
	/* clang-format on */

	if (o->json)
		print_json(o, sections, ARRAY_LEN(sections));
	else
		for (size_t i = 0; i < ARRAY_LEN(sections); i++)
			print_section(o, arena, &sections[i]);
}
