/* SPDX-License-Identifier: MIT */
/*
 * Owns asking the kernel for the functions whose names begin in one way: a BPF
 * program of ours walks over its symbols (iterator "ksym", Linux 6.0) and hands
 * out those alone, with their addresses; which of them can be traced tell the
 * kernel's own records (sites.c). Printing a list of all takes it three times
 * as long. Whoever asks gets all or nothing: where anything is unusual, the
 * list is to be read.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

enum {
	PREFIX_MAX = 64,  /* bytes that the program compares */
	MODULE_NAME = 56, /* MODULE_NAME_LEN on 64 bits */
	INSNS_MAX = 512,
	JUMPS_MAX = PREFIX_MAX + 64,
};

/* What the program writes: of a symbol that is not asked for the head alone,
 * and only in modules, where an earlier name of the same place counts. */
struct head {
	uint64_t address;
	uint32_t whole;
	char in[4]; /* of the module's name; a run of the same is one or more */
};
struct found {
	struct head head;
	char module[MODULE_NAME], name[256];
};

/* One per program: the symbol at hand and the address of the one before, which
 * a second call for the same symbol (no room left) must not change. */
struct state {
	uint64_t number, address, before;
};

/* Where the kernel's structs have what the program reads. */
struct places {
	uint32_t func;
	int32_t meta, seq, number, sym, name, address, module;
};

static const char records[] = "ftrace_pages_start";

struct writing {
	struct bpf_insn v[INSNS_MAX];
	uint32_t n;
	uint32_t jumps[JUMPS_MAX], njumps; /* to wherever land() is called */
};

/* ---- the program ---- */

static void
put(struct writing *w, int code, int dst, int src, int off, int64_t imm)
{
	assert(w->n < INSNS_MAX);
	w->v[w->n++] = (struct bpf_insn){ (uint8_t)code, dst & 15, src & 15,
					  (int16_t)off, (int32_t)imm };
}

static void
load(struct writing *w, int size, int dst, int src, int32_t off)
{
	put(w, BPF_LDX | BPF_MEM | size, dst, src, off, 0);
}

static void
jump(struct writing *w, int code, int dst, int src, int64_t imm)
{
	assert(w->njumps < JUMPS_MAX);
	w->jumps[w->njumps++] = w->n;
	put(w, BPF_JMP | code, dst, src, 0, imm);
}

static void
land(struct writing *w)
{
	while (w->njumps) {
		uint32_t from = w->jumps[--w->njumps];

		w->v[from].off = (int16_t)(w->n - from - 1);
	}
}

static void
address_of(struct writing *w, int dst, int base, int32_t off)
{
	put(w, BPF_ALU64 | BPF_MOV | BPF_X, dst, base, 0, 0);
	put(w, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, off);
}

static void
call(struct writing *w, enum bpf_func_id f)
{
	put(w, BPF_JMP | BPF_CALL, 0, 0, 0, f);
}

/* Member `at` of the record, which ends at the frame's end, from memory. */
static void
copy(struct writing *w, enum bpf_func_id read, size_t at, size_t n, int base,
     int32_t off)
{
	address_of(w, 1, 10, (int32_t)at - (int32_t)sizeof(struct found));
	put(w, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, (int64_t)n);
	address_of(w, 3, base, off);
	call(w, read);
}

/* Ends the program. */
static void
hand_out(struct writing *w, const struct places *p, bool whole)
{
	int32_t top = -(int32_t)sizeof(struct found);

	put(w, BPF_STX | BPF_MEM | BPF_DW, 10, 9, top, 0);
	put(w, BPF_ST | BPF_MEM | BPF_W, 10, 0,
	    top + (int32_t)offsetof(struct head, whole), whole);
	for (int32_t i = 0; i < (int32_t)sizeof((struct head){}.in); i++) {
		load(w, BPF_B, 2, 6, p->module + i);
		put(w, BPF_STX | BPF_MEM | BPF_B, 10, 2,
		    top + (int32_t)offsetof(struct head, in) + i, 0);
	}
	if (whole) {
		copy(w, BPF_FUNC_probe_read_kernel,
		     offsetof(struct found, module), MODULE_NAME, 6, p->module);
		copy(w, BPF_FUNC_probe_read_kernel_str,
		     offsetof(struct found, name),
		     sizeof((struct found){}.name), 6, p->name);
	}
	load(w, BPF_DW, 1, 7, p->seq);
	address_of(w, 2, 10, top);
	put(w, BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0,
	    whole ? sizeof(struct found) : sizeof(struct head));
	call(w, BPF_FUNC_seq_write);
	put(w, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	put(w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void
leave_unless(struct writing *w, const struct places *p, const char *text,
	     size_t n)
{
	for (size_t i = 0; i < n; i++) {
		load(w, BPF_B, 2, 6, p->name + (int32_t)i);
		jump(w, BPF_JNE | BPF_K, 2, 0, (uint8_t)text[i]);
	}
}

/* The symbol's struct in r6, its address in r9, the walk in r7. */
static void
begin(struct writing *w, const struct places *p, int map)
{
	load(w, BPF_DW, 7, 1, p->meta);
	load(w, BPF_DW, 6, 1, p->sym);
	put(w, BPF_JMP | BPF_JNE | BPF_K, 6, 0, 2, 0);
	put(w, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	put(w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	load(w, BPF_DW, 9, 6, p->address);
	put(w, BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_VALUE, 0, map);
	put(w, 0, 0, 0, 0, 0);
	load(w, BPF_DW, 2, 7, p->number);
	load(w, BPF_DW, 3, 1, offsetof(struct state, number));
	put(w, BPF_JMP | BPF_JEQ | BPF_X, 2, 3, 4, 0);
	put(w, BPF_STX | BPF_MEM | BPF_DW, 1, 2, offsetof(struct state, number),
	    0);
	load(w, BPF_DW, 3, 1, offsetof(struct state, address));
	put(w, BPF_STX | BPF_MEM | BPF_DW, 1, 3, offsetof(struct state, before),
	    0);
	put(w, BPF_STX | BPF_MEM | BPF_DW, 1, 9,
	    offsetof(struct state, address), 0);
	load(w, BPF_DW, 8, 1, offsetof(struct state, before));
}

/* Of several names of a place the kernel's list has the first alone. Its
 * records of the places are wanted in any case. */
static void
write_program(struct writing *w, const struct places *p, int map,
	      const char *prefix, size_t n)
{
	begin(w, p, map);
	leave_unless(w, p, records, sizeof(records));
	hand_out(w, p, true);
	land(w);
	leave_unless(w, p, prefix, n);
	jump(w, BPF_JEQ | BPF_X, 8, 9, 0);
	hand_out(w, p, true);
	land(w);
	load(w, BPF_B, 2, 6, p->module);
	jump(w, BPF_JEQ | BPF_K, 2, 0, 0);
	hand_out(w, p, false);
	land(w);
	put(w, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	put(w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* ---- the walk ---- */

static bool
find_places(struct kernel *k, struct places *p)
{
	const struct kbtf *b = kernel_btf(k);

	if (!b)
		return false;
	p->func = kbtf_find(b, "bpf_iter_ksym", BTF_KIND_FUNC);
	if (!p->func)
		return false;
	p->meta = kbtf_offset(b, "bpf_iter__ksym", "meta");
	p->sym = kbtf_offset(b, "bpf_iter__ksym", "ksym");
	p->seq = kbtf_offset(b, "bpf_iter_meta", "seq");
	p->number = kbtf_offset(b, "bpf_iter_meta", "seq_num");
	p->name = kbtf_offset(b, "kallsym_iter", "name");
	p->address = kbtf_offset(b, "kallsym_iter", "value");
	p->module = kbtf_offset(b, "kallsym_iter", "module_name");
	return p->meta >= 0 && p->sym >= 0 && p->seq >= 0 && p->number >= 0 &&
	       p->name >= 0 && p->address >= 0 && p->module >= 0;
}

static int
load_walk(const struct places *p, int map, const char *prefix, size_t n)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_TRACING,
				.expected_attach_type = BPF_TRACE_ITER,
				.license = (uintptr_t) "GPL",
				.prog_name = "functions",
				.attach_btf_id = p->func };
	struct writing w = { .n = 0 };

	write_program(&w, p, map, prefix, n);
	attr.insns = (uintptr_t)w.v;
	attr.insn_cnt = w.n;
	return kernel_bpf(BPF_PROG_LOAD, &attr);
}

/* A descriptor to read from; -1: not here, or not for us. */
static int
open_walk(struct kernel *k, const char *prefix, size_t n)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_ARRAY,
			       .key_size = 4,
			       .value_size = sizeof(struct state),
			       .max_entries = 1 };
	union bpf_attr attr = { .link_create = { .attach_type =
							 BPF_TRACE_ITER } };
	int state, prog = -1, link = -1, walk = -1;
	struct places p;

	if (!find_places(k, &p) ||
	    (state = kernel_bpf(BPF_MAP_CREATE, &map)) < 0)
		return -1;
	prog = load_walk(&p, state, prefix, n);
	attr.link_create.prog_fd = (uint32_t)prog;
	if (prog >= 0)
		link = kernel_bpf(BPF_LINK_CREATE, &attr);
	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = (uint32_t)link;
	if (link >= 0)
		walk = kernel_bpf(BPF_ITER_CREATE, &attr);
	close(state);
	if (prog >= 0)
		close(prog);
	if (link >= 0)
		close(link); /* the walk keeps all of them */
	return walk;
}

/* ---- what it found ---- */

struct candidate {
	const char *module, *name;
	uint64_t address;
};

struct reading {
	const char *text;
	size_t n, at, run; /* bytes; where the run at hand begins */
	struct head head;  /* at `at` */
	uint64_t records;  /* address of the pointer to the first; 0: unknown */
	VEC(struct candidate) places;
};

static size_t
record_size(const struct head *h)
{
	return h->whole ? sizeof(struct found) : sizeof(*h);
}

/* Whether an earlier symbol of the module has that place; symbols of modules
 * are not in order. */
static bool
is_second(const struct reading *r)
{
	struct head head;

	for (size_t at = r->run; at < r->at; at += record_size(&head)) {
		memcpy(&head, r->text + at, sizeof(head));
		if (head.address == r->head.address)
			return true;
	}
	return false;
}

/* False: not to be told from here. */
static bool
take(struct kernel *k, struct reading *r, const struct found *f)
{
	struct candidate *p;

	if (strnlen(f->name, sizeof(f->name)) >= sizeof(f->name) - 1 ||
	    strnlen(f->module, sizeof(f->module)) == sizeof(f->module))
		return false;
	if (!*f->module && !strcmp(f->name, records)) {
		r->records = f->head.address;
		return true;
	}
	if (*f->module && is_second(r))
		return true;
	p = vec_push(k->arena, &r->places);
	p->module = *f->module ? arena_strdup(k->arena, f->module) : "vmlinux";
	p->name = arena_strdup(k->arena, f->name);
	p->address = f->head.address;
	return true;
}

static bool
take_all(struct kernel *k, struct reading *r)
{
	char in[sizeof(r->head.in)] = "";
	struct found f;

	for (r->at = 0; r->at < r->n; r->at += record_size(&r->head)) {
		if (r->n - r->at < sizeof(r->head))
			return false;
		memcpy(&r->head, r->text + r->at, sizeof(r->head));
		if (memcmp(in, r->head.in, sizeof(in)) != 0)
			r->run = r->at;
		memcpy(in, r->head.in, sizeof(in));
		if (!r->head.whole)
			continue;
		if (r->n - r->at < sizeof(f))
			return false;
		memcpy(&f, r->text + r->at, sizeof(f));
		if (!take(k, r, &f))
			return false;
	}
	return r->records;
}

bool
kernel_ksyms(struct kernel *k, const char *prefix, size_t n,
	     kernel_place_fn *each, void *arg)
{
	struct reading r = { 0 };
	struct sites sites;
	int fd;

	if (n > PREFIX_MAX)
		n = PREFIX_MAX;
	fd = open_walk(k, prefix, n);
	if (fd < 0)
		return false;
	r.text = kernel_read_rest(k->arena, fd, &r.n);
	if (!r.text || !take_all(k, &r) || !sites_read(k, r.records, &sites))
		return false;
	for (uint32_t i = 0; i < r.places.n; i++) {
		const struct candidate *p = &r.places.v[i];

		if (sites_has(&sites, p->address))
			each(arg, p->module, p->name, p->address);
	}
	return true;
}
