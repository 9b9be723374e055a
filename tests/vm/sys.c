/* SPDX-License-Identifier: MIT */
/*
 * Owns what takes the place of runtime/sys.c and runtime/ring.c: the calls
 * that the rest of jiffy makes to the kernel, answered by maps.c and
 * machine.c. Attaching still asks the real kernel, hence is not for here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vm.h"

static VEC(struct vm_prog *) progs;

int
sys_bpf(int command, union bpf_attr *attr)
{
	(void)command;
	(void)attr;
	return -ENOSYS;
}

int
sys_map_create(const struct map_spec *m)
{
	if (!m->entries && m->type != BPF_MAP_TYPE_STACK_TRACE)
		return -EINVAL;
	return vm_map_create(m)->fd;
}

/* Bytes of an element's value as user space sees it. */
static uint64_t
user_size(const struct vm_map *m)
{
	return vm_map_per_cpu(m) ? (uint64_t)vm_map_stride(m) * vm_cpus()
				 : m->value_size;
}

int
sys_map_update(int fd, const void *key, const void *value)
{
	struct vm_map *m = vm_map_by_fd(fd);
	struct vm_elem *e;
	int error = -EBADF;

	e = m ? vm_map_make(m, key, BPF_ANY, &error) : NULL;
	if (!e)
		return error;
	memcpy(e->value->at, value, user_size(m));
	return 0;
}

int
sys_map_lookup(int fd, const void *key, void *value)
{
	struct vm_map *m = vm_map_by_fd(fd);
	struct vm_elem *e = m ? vm_map_find(m, key) : NULL;

	if (!e)
		return m ? -ENOENT : -EBADF;
	memcpy(value, e->value->at, user_size(m));
	return 0;
}

/* The first element from index `i` on. */
static const struct vm_elem *
elem_from(const struct vm_map *m, uint32_t i)
{
	while (i < m->elems.n && m->elems.v[i].gone)
		i++;
	return i < m->elems.n ? &m->elems.v[i] : NULL;
}

int
sys_map_next_key(int fd, const void *key, void *next)
{
	struct vm_map *m = vm_map_by_fd(fd);
	const struct vm_elem *e;

	if (!m)
		return -EBADF;
	e = key ? vm_map_find(m, key) : NULL;
	e = elem_from(m, e ? (uint32_t)(e - m->elems.v) + 1 : 0);
	if (!e)
		return -ENOENT;
	memcpy(next, e->key, m->key_size);
	return 0;
}

int
sys_map_delete(int fd, const void *key)
{
	struct vm_map *m = vm_map_by_fd(fd);

	return m ? vm_map_delete(m, key) : -EBADF;
}

int
sys_map_batch(int fd, const void *in, void *out, void *keys, void *values,
	      uint32_t *n)
{
	struct vm_map *m = vm_map_by_fd(fd);
	uint32_t at = 0, got = 0;

	if (!m)
		return -EBADF;
	if (in)
		memcpy(&at, in, sizeof(at));
	for (; got < *n; got++) {
		const struct vm_elem *e = elem_from(m, at);

		if (!e)
			break;
		memcpy((char *)keys + got * m->key_size, e->key, m->key_size);
		memcpy((char *)values + got * user_size(m), e->value->at,
		       user_size(m));
		at = (uint32_t)(e - m->elems.v) + 1;
	}
	*n = got;
	memcpy(out, &at, sizeof(at));
	return elem_from(m, at) ? 0 : -ENOENT;
}

void *
sys_map_memory(int fd, uint32_t size)
{
	struct vm_map *m = vm_map_by_fd(fd);
	const uint32_t zero = 0;
	struct vm_elem *e = m ? vm_map_find(m, &zero) : NULL;

	(void)size;
	return e ? e->value->at : NULL;
}

int
sys_map_freeze(int fd)
{
	struct vm_map *m = vm_map_by_fd(fd);

	for (uint32_t i = 0; m && i < m->elems.n; i++)
		m->elems.v[i].value->read_only = true;
	return m ? 0 : -EBADF;
}

int
sys_btf_of(const char *module)
{
	(void)module;
	return -ENOENT;
}

int
sys_btf_load(const void *btf, uint32_t size)
{
	(void)btf;
	(void)size;
	return -ENOSYS;
}

int
sys_prog_load(const struct prog_load *p)
{
	struct vm_prog *v = arena_alloc(&vm_arena, sizeof(*v));
	size_t size = p->ninsns * sizeof(*v->insns);

	v->fd = eventfd(0, EFD_CLOEXEC);
	v->name = arena_strdup(&vm_arena, p->name ? p->name : "");
	v->insns = arena_alloc(&vm_arena, size);
	memcpy(v->insns, p->insns, size);
	v->ninsns = p->ninsns;
	*vec_push(&vm_arena, &progs) = v;
	return v->fd;
}

int
sys_prog_run(int fd)
{
	static unsigned runs;

	for (uint32_t i = progs.n; i > 0; i--)
		if (progs.v[i - 1]->fd == fd) {
			/* From CPU to CPU: cells have to be merged. */
			vm_run(progs.v[i - 1], runs++ % vm_cpus());
			return 0;
		}
	return -EBADF;
}

/* Tests and benchmarks are the kernel's business. */
int
sys_prog_test(int fd, struct prog_run *r)
{
	(void)r;
	return sys_prog_run(fd);
}

/* ---- the ring buffer ---- */

struct ring {
	struct vm_map *map;
};

struct ring *
ring_open(int fd, uint32_t size)
{
	struct ring *r = calloc(1, sizeof(*r));

	(void)size;
	if (r)
		r->map = vm_map_by_fd(fd);
	return r;
}

void
ring_close(struct ring *r)
{
	free(r);
}

unsigned
ring_drain(struct ring *r, struct session *s)
{
	struct vm_map *m = r->map;
	uint64_t count;
	unsigned n = 0;

	if (read(m->fd, &count, sizeof(count)) < 0)
		count = 0;
	for (uint32_t i = 0; i < m->records.n; i++) {
		struct vm_record *rec = &m->records.v[i];

		if (rec->state == RECORD_BUSY) {
			fputs("vm: a ring record was lost\n", stderr);
			_Exit(70);
		}
		if (rec->state == RECORD_READY) {
			rec->state = RECORD_READ;
			event_handle(s, rec->mem->at, rec->mem->size);
			n++;
		}
	}
	m->records.n = 0;
	m->ring_used = 0;
	return n;
}

/* The interpreter asks for no capability: nobody is refused. */
uid_t
geteuid(void)
{
	return 0;
}
