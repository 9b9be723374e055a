/* SPDX-License-Identifier: MIT */
/*
 * A kernel without a kernel: maps in memory and an interpreter for eBPF that
 * checks what the verifier would (registers before use, bounds, alignment on
 * the stack, lost ring records). tests/vm/run is the whole of jiffy with
 * runtime/sys.c and runtime/ring.c replaced by sys.c here, so that scripts
 * whose probes are begin and end run anywhere, by anybody.
 */
#ifndef JIFFY_TESTS_VM_H
#define JIFFY_TESTS_VM_H

#include <linux/bpf.h>

#include "../../runtime/internal.h"

/* ---- memory that programs may touch ---- */

struct region {
	const char *what; /* "stack", "map value": for messages */
	unsigned char *at;
	uint64_t size;
	bool read_only, gone;
	struct region *next;
};

/* A fresh region, zeroed, with a gap to its neighbours. */
struct region *region_new(const char *what, uint64_t size);
/* The region that holds all of [at, at + size), or NULL. */
struct region *region_find(uint64_t at, uint64_t size);

/* ---- maps ---- */

struct vm_elem {
	unsigned char *key;
	struct region *value; /* of all CPUs, one after the other */
	bool gone;
};

struct vm_record { /* of a ring buffer */
	struct region *mem;
	enum { RECORD_BUSY, RECORD_READY, RECORD_DROPPED, RECORD_READ } state;
};

struct vm_map {
	int fd; /* an eventfd: readable while a ring has records */
	const char *name;
	uint32_t type, key_size, value_size, entries, flags;
	VEC(struct vm_elem) elems;
	uint32_t live; /* elements that are not gone */
	VEC(struct vm_record) records;
	uint64_t ring_used;
};

struct vm_map *vm_map_create(const struct map_spec *m);
struct vm_map *vm_map_by_fd(int fd);
/* Whether `p` is a map's own address, as programs hold it. */
bool vm_map_is(const void *p);
bool vm_map_per_cpu(const struct vm_map *m);
/* Bytes from one CPU's value to the next. */
uint32_t vm_map_stride(const struct vm_map *m);
unsigned vm_cpus(void);
struct vm_elem *vm_map_find(struct vm_map *m, const void *key);
/* The element, made when missing; NULL with *error. */
struct vm_elem *vm_map_make(struct vm_map *m, const void *key, uint64_t flags,
			    int *error);
int vm_map_delete(struct vm_map *m, const void *key);

/* ---- programs ---- */

struct vm_prog {
	int fd;
	const char *name;
	struct bpf_insn *insns;
	uint32_t ninsns;
};

struct vm { /* one run of a program */
	const struct vm_prog *prog;
	unsigned cpu;
	uint64_t steps;
	uint32_t pc; /* of the insn at work: for messages */
	unsigned depth;
};

/* Run from its first insn; r0. A wrong program ends the process with 70. */
uint64_t vm_run(const struct vm_prog *p, unsigned cpu);
/* Call the function at insn `pc` with up to 5 arguments; r0. */
uint64_t vm_call(struct vm *vm, uint32_t pc, const uint64_t args[5]);
/* One helper, by number. */
uint64_t vm_helper(struct vm *vm, uint32_t number, const uint64_t args[5]);
/* The program is wrong: say where and why, and end with status 70. */
_Noreturn void vm_fault(const struct vm *vm, const char *fmt, ...)
	PRINTF_LIKE(2, 3);
/* Memory the program handed over, checked; never NULL. */
void *vm_memory(struct vm *vm, uint64_t at, uint64_t size, bool write,
		const char *what);

enum { VM_FUNC = 0x46 }; /* top byte of a callback's address */
enum { VM_EXIT_FAULT = 70 };

/* ---- SSA instead of programs ---- */

/* From here on not what is loaded runs, but the function of `p` that has the
 * program's name, on the maps of `s`; NULL: no more. */
void vm_ir_use(const struct prog *p, const struct session *s);
bool vm_ir_used(void);
/* The index in p->funcs of the probe of that name. */
uint32_t vm_ir_probe(const char *name);
/* Call a function by its index in p->funcs; r0. */
uint64_t vm_ir_call(struct vm *vm, uint32_t index, const uint64_t args[5]);

/* Everything of the fake kernel lives as long as the process. */
extern struct arena vm_arena;

#endif
