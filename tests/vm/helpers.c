/* SPDX-License-Identifier: MIT */
/*
 * Owns the stub helpers: what include/uapi/linux/bpf.h says of each, on the
 * fake kernel's maps, for a process with fixed ids. Reads of addresses that
 * are not the program's fail as in the kernel: -EFAULT, the destination
 * zeroed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "vm.h"

enum { VM_PID = 1234, VM_TID = 1235, LOOP_MAX = 8388608, LOOP_DEPTH = 1 };

static void *
pointer(uint64_t v)
{
	return (void *)(uintptr_t)v;
}

static uint64_t
address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static struct vm_map *
map_arg(struct vm *vm, uint64_t v)
{
	if (!vm_map_is(pointer(v)))
		vm_fault(vm, "the first argument is not a map");
	return pointer(v);
}

static void *
key_arg(struct vm *vm, const struct vm_map *m, uint64_t v)
{
	return vm_memory(vm, v, m->key_size, false, "key");
}

static uint64_t
value_on(const struct vm_map *m, const struct vm_elem *e, unsigned cpu)
{
	return address(e->value->at) +
	       (vm_map_per_cpu(m) ? cpu * vm_map_stride(m) : 0);
}

static uint64_t
map_lookup(struct vm *vm, const uint64_t a[5])
{
	struct vm_map *m = map_arg(vm, a[0]);
	struct vm_elem *e = vm_map_find(m, key_arg(vm, m, a[1]));

	return e ? value_on(m, e, vm->cpu) : 0;
}

static uint64_t
map_lookup_percpu(struct vm *vm, const uint64_t a[5])
{
	struct vm_map *m = map_arg(vm, a[0]);
	struct vm_elem *e = vm_map_find(m, key_arg(vm, m, a[1]));

	if (!vm_map_per_cpu(m))
		vm_fault(vm, "map %s is not per CPU", m->name);
	return e && a[2] < vm_cpus() ? value_on(m, e, (unsigned)a[2]) : 0;
}

static uint64_t
map_update(struct vm *vm, const uint64_t a[5])
{
	struct vm_map *m = map_arg(vm, a[0]);
	const void *key = key_arg(vm, m, a[1]);
	const void *value = vm_memory(vm, a[2], m->value_size, false, "value");
	struct vm_elem *e;
	int error;

	e = vm_map_make(m, key, a[3], &error);
	if (!e)
		return (uint64_t)(int64_t)error;
	memmove(pointer(value_on(m, e, vm->cpu)), value, m->value_size);
	return 0;
}

static uint64_t
map_delete(struct vm *vm, const uint64_t a[5])
{
	struct vm_map *m = map_arg(vm, a[0]);

	return (uint64_t)(int64_t)vm_map_delete(m, key_arg(vm, m, a[1]));
}

static uint32_t
callback_arg(struct vm *vm, uint64_t v)
{
	if (v >> 56 != VM_FUNC)
		vm_fault(vm, "the argument is not a callback");
	return (uint32_t)v;
}

static uint64_t
for_each(struct vm *vm, const uint64_t a[5])
{
	struct vm_map *m = map_arg(vm, a[0]);
	uint32_t pc = callback_arg(vm, a[1]), n = m->elems.n;
	uint64_t done = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct vm_elem *e = &m->elems.v[i];
		struct region *key;
		uint64_t args[5] = { a[0], 0, value_on(m, e, vm->cpu), a[2] };
		uint64_t r;

		if (e->gone)
			continue;
		key = region_new("map key", m->key_size);
		key->read_only = true;
		memcpy(key->at, e->key, m->key_size);
		args[1] = address(key->at);
		done++;
		r = vm_call(vm, pc, args);
		key->gone = true;
		if (r > 1)
			vm_fault(vm, "a callback returns 0 or 1");
		if (r)
			break;
	}
	return done;
}

static uint64_t
loop(struct vm *vm, const uint64_t a[5])
{
	uint32_t pc = callback_arg(vm, a[1]), n = (uint32_t)a[0], i = 0;

	if (n > LOOP_MAX)
		return (uint64_t)(int64_t)-E2BIG;
	while (i < n) {
		uint64_t args[5] = { i++, a[2] };
		uint64_t r = vm_call(vm, pc, args);

		if (r > 1)
			vm_fault(vm, "a callback returns 0 or 1");
		if (r)
			break;
	}
	return i;
}

/* ---- reads that may fail ---- */

static uint64_t
probe_read(struct vm *vm, const uint64_t a[5])
{
	void *dst = vm_memory(vm, a[0], (uint32_t)a[1], true, "destination");

	if (region_find(a[2], (uint32_t)a[1])) {
		memmove(dst, pointer(a[2]), (uint32_t)a[1]);
		return 0;
	}
	memset(dst, 0, (uint32_t)a[1]);
	return (uint64_t)(int64_t)-EFAULT;
}

static uint64_t
probe_read_str(struct vm *vm, const uint64_t a[5])
{
	uint32_t size = (uint32_t)a[1], i;
	char *dst = vm_memory(vm, a[0], size, true, "destination");

	if (size == 0)
		return 0;
	for (i = 0; i < size - 1; i++) {
		if (!region_find(a[2] + i, 1)) {
			memset(dst, 0, size);
			return (uint64_t)(int64_t)-EFAULT;
		}
		dst[i] = *(const char *)pointer(a[2] + i);
		if (!dst[i])
			return i + 1;
	}
	dst[i] = 0;
	return size;
}

/* ---- the ring buffer ---- */

static struct vm_record *
record_add(struct vm_map *m, uint64_t size, unsigned state)
{
	struct vm_record *r;

	if (m->ring_used + size + 8 > m->entries)
		return NULL;
	m->ring_used += size + 8;
	r = vec_push(&vm_arena, &m->records);
	r->mem = region_new("ring record", size);
	r->state = state;
	return r;
}

static void
wake(const struct vm_map *m)
{
	uint64_t one = 1;

	if (write(m->fd, &one, sizeof(one)) < 0)
		return; /* it is readable already */
}

static uint64_t
ring_output(struct vm *vm, const uint64_t a[5])
{
	struct vm_map *m = map_arg(vm, a[0]);
	const void *data = vm_memory(vm, a[1], a[2], false, "record");
	struct vm_record *r = record_add(m, a[2], RECORD_READY);

	if (!r)
		return (uint64_t)(int64_t)-EAGAIN;
	memcpy(r->mem->at, data, a[2]);
	wake(m);
	return 0;
}

static uint64_t
ring_reserve(struct vm *vm, const uint64_t a[5])
{
	struct vm_map *m = map_arg(vm, a[0]);
	struct vm_record *r = record_add(m, a[1], RECORD_BUSY);

	if (r)
		memset(r->mem->at, 0x55, a[1]);
	return r ? address(r->mem->at) : 0;
}

static struct vm_record *
find_record(struct vm *vm, uint64_t at, struct vm_map **map)
{
	for (int fd = 0; fd < 1024; fd++) {
		struct vm_map *m = vm_map_by_fd(fd);

		for (uint32_t i = 0; m && i < m->records.n; i++)
			if (address(m->records.v[i].mem->at) == at) {
				*map = m;
				return &m->records.v[i];
			}
	}
	vm_fault(vm, "the argument is no ring record");
}

static uint64_t
ring_end(struct vm *vm, uint64_t at, unsigned state)
{
	struct vm_map *m;
	struct vm_record *r = find_record(vm, at, &m);

	if (r->state != RECORD_BUSY)
		vm_fault(vm, "the record was handed over before");
	r->state = state;
	r->mem->gone = true;
	wake(m);
	return 0;
}

/* ---- the process and the time ---- */

static uint64_t
clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t
current_comm(struct vm *vm, const uint64_t a[5])
{
	char *to = vm_memory(vm, a[0], (uint32_t)a[1], true, "destination");

	memset(to, 0, (uint32_t)a[1]);
	strncpy(to, "vm", (uint32_t)a[1] - 1);
	return 0;
}

uint64_t
vm_helper(struct vm *vm, uint32_t number, const uint64_t a[5])
{
	switch (number) {
	case BPF_FUNC_map_lookup_elem:
		return map_lookup(vm, a);
	case BPF_FUNC_map_lookup_percpu_elem:
		return map_lookup_percpu(vm, a);
	case BPF_FUNC_map_update_elem:
		return map_update(vm, a);
	case BPF_FUNC_map_delete_elem:
		return map_delete(vm, a);
	case BPF_FUNC_for_each_map_elem:
		return for_each(vm, a);
	case BPF_FUNC_loop:
		return loop(vm, a);
	case BPF_FUNC_probe_read:
	case BPF_FUNC_probe_read_user:
	case BPF_FUNC_probe_read_kernel:
		return probe_read(vm, a);
	case BPF_FUNC_probe_read_str:
	case BPF_FUNC_probe_read_user_str:
	case BPF_FUNC_probe_read_kernel_str:
		return probe_read_str(vm, a);
	case BPF_FUNC_ringbuf_output:
		return ring_output(vm, a);
	case BPF_FUNC_ringbuf_reserve:
		return ring_reserve(vm, a);
	case BPF_FUNC_ringbuf_submit:
		return ring_end(vm, a[0], RECORD_READY);
	case BPF_FUNC_ringbuf_discard:
		return ring_end(vm, a[0], RECORD_DROPPED);
	case BPF_FUNC_ringbuf_query:
		return map_arg(vm, a[0])->ring_used;
	case BPF_FUNC_ktime_get_ns:
		return clock_ns(CLOCK_MONOTONIC);
	case BPF_FUNC_ktime_get_boot_ns:
		return clock_ns(CLOCK_BOOTTIME);
	case BPF_FUNC_ktime_get_tai_ns:
		return clock_ns(CLOCK_TAI);
	case BPF_FUNC_jiffies64:
		return clock_ns(CLOCK_MONOTONIC) / 4000000;
	case BPF_FUNC_trace_printk:
		return a[1];
	case BPF_FUNC_get_prandom_u32:
		return (uint32_t)random();
	case BPF_FUNC_get_smp_processor_id:
		return vm->cpu;
	case BPF_FUNC_get_numa_node_id:
		return 0;
	case BPF_FUNC_get_current_pid_tgid:
		return (uint64_t)VM_PID << 32 | VM_TID;
	case BPF_FUNC_get_current_uid_gid:
		return 0;
	case BPF_FUNC_get_current_comm:
		return current_comm(vm, a);
	case BPF_FUNC_get_current_task:
		return 0xffff888000001000;
	case BPF_FUNC_get_current_cgroup_id:
		return 1;
	case BPF_FUNC_get_stackid:
		return (uint64_t)(int64_t)-EFAULT;
	case BPF_FUNC_get_stack:
		return (uint64_t)(int64_t)-EFAULT;
	}
	vm_fault(vm, "helper %u is not in the interpreter", number);
}
