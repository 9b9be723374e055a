/* SPDX-License-Identifier: MIT */
/*
 * Owns the places in the kernel's code that can be traced: a list of pages of
 * records (kernel/trace/ftrace.c: struct ftrace_page, struct dyn_ftrace), read
 * from its memory with a small BPF program. Whatever looks odd makes it fail:
 * a module may go while we read.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

enum {
	PEEK = 32768, /* bytes at once */
	RECORDS_MAX = 1 << 22,
	PAGES_MAX = 1 << 16,
#if defined(__x86_64__)
	MARK = 4, /* ENDBR stands before the place */
#else
	MARK = 8,
#endif
};

int
kernel_bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* ---- reading memory ---- */

struct peek {
	int prog, map;
	const char *at; /* what was read */
};

/* Reads as many bytes as its second argument says from where its first one
 * says. */
static int
load_peek(int map)
{
	static const int type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	struct bpf_insn code[] = {
		{ BPF_LDX | BPF_MEM | BPF_DW, 3, 1, 0, 0 },
		{ BPF_LDX | BPF_MEM | BPF_DW, 2, 1, 8, 0 },
		{ BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1 },
		{ BPF_JMP | BPF_JGT | BPF_K, 2, 0, 3, PEEK },
		{ BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_VALUE, 0, map },
		{ 0 },
		{ BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_probe_read_kernel },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};
	union bpf_attr attr = { .prog_type = type,
				.license = (uintptr_t) "GPL",
				.prog_name = "sites",
				.insns = (uintptr_t)code,
				.insn_cnt = ARRAY_LEN(code) };

	return kernel_bpf(BPF_PROG_LOAD, &attr);
}

static void
close_peek(struct peek *p)
{
	if (p->at)
		munmap((void *)p->at, PEEK);
	if (p->prog >= 0)
		close(p->prog);
	if (p->map >= 0)
		close(p->map);
}

static bool
open_peek(struct peek *p)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY,
				.key_size = 4,
				.value_size = PEEK,
				.max_entries = 1,
				.map_flags = BPF_F_MMAPABLE };
	void *at = MAP_FAILED;

	*p = (struct peek){ .prog = -1 };
	p->map = kernel_bpf(BPF_MAP_CREATE, &attr);
	if (p->map >= 0)
		p->prog = load_peek(p->map);
	if (p->prog >= 0)
		at = mmap(NULL, PEEK, PROT_READ, MAP_SHARED, p->map, 0);
	if (at != MAP_FAILED)
		p->at = at;
	else
		close_peek(p);
	return p->at;
}

static bool
read_at(const struct peek *p, uint64_t address, size_t n)
{
	uint64_t args[] = { address, n };
	union bpf_attr attr = {
		.test = { .prog_fd = (uint32_t)p->prog,
			  .ctx_size_in = sizeof(args),
			  .ctx_in = (uintptr_t)args },
	};

	return !kernel_bpf(BPF_PROG_TEST_RUN, &attr) && !attr.test.retval;
}

/* ---- the records ---- */

struct layout {
	int32_t next, first, count, ip;
	uint32_t page, record; /* bytes of the structs */
};

static bool
find_layout(struct kernel *k, struct layout *o)
{
	const struct kbtf *b = kernel_btf(k);
	uint32_t page = b ? kbtf_find(b, "ftrace_page", BTF_KIND_STRUCT) : 0;
	uint32_t one = b ? kbtf_find(b, "dyn_ftrace", BTF_KIND_STRUCT) : 0;

	if (!page || !one)
		return false;
	o->page = ((const struct btf_type *)kbtf_type(b, page))->size;
	o->record = ((const struct btf_type *)kbtf_type(b, one))->size;
	o->next = kbtf_offset(b, "ftrace_page", "next");
	o->first = kbtf_offset(b, "ftrace_page", "records");
	o->count = kbtf_offset(b, "ftrace_page", "index");
	o->ip = kbtf_offset(b, "dyn_ftrace", "ip");
	return o->next >= 0 && o->first >= 0 && o->count >= 0 && o->ip == 0 &&
	       o->page <= PEEK && o->record >= 8 && o->record <= PEEK;
}

static uint64_t
word(const struct peek *p, int32_t at, size_t size)
{
	uint64_t v = 0;

	memcpy(&v, p->at + at, size);
	return v;
}

static bool
add_records(struct arena *a, struct sites *s, const struct peek *p,
	    const struct layout *o, uint64_t from, uint64_t count)
{
	uint64_t at_once = PEEK / o->record, n;

	if (count > RECORDS_MAX || s->v.n + count > RECORDS_MAX)
		return false;
	for (; count; count -= n, from += n * o->record) {
		n = count < at_once ? count : at_once;
		if (!read_at(p, from, n * o->record))
			return false;
		for (uint64_t i = 0; i < n; i++)
			*vec_push(a, &s->v) =
				word(p, (int32_t)(i * o->record), 8);
	}
	return true;
}

static bool
add_pages(struct arena *a, struct sites *s, const struct peek *p,
	  const struct layout *o, uint64_t start)
{
	uint64_t page, first, count;

	if (!read_at(p, start, 8))
		return false;
	page = word(p, 0, 8);
	for (int i = 0; page; i++) {
		if (i == PAGES_MAX || !read_at(p, page, o->page))
			return false;
		page = word(p, o->next, 8);
		first = word(p, o->first, 8);
		count = word(p, o->count, 4);
		if (!add_records(a, s, p, o, first, count))
			return false;
	}
	return s->v.n;
}

static int
by_address(const void *va, const void *vb)
{
	const uint64_t *a = va, *b = vb;

	return (*a > *b) - (*a < *b);
}

bool
sites_read(struct kernel *k, uint64_t start, struct sites *s)
{
	struct layout o;
	struct peek p;
	bool ok;

	*s = (struct sites){ 0 };
	if (!find_layout(k, &o) || !open_peek(&p))
		return false;
	ok = add_pages(k->arena, s, &p, &o, start);
	close_peek(&p);
	if (ok)
		qsort(s->v.v, s->v.n, sizeof(*s->v.v), by_address);
	return ok;
}

bool
sites_has(const struct sites *s, uint64_t function)
{
	uint32_t low = 0, high = s->v.n, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (s->v.v[middle] < function)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->v.n && s->v.v[low] - function <= MARK;
}
