/* SPDX-License-Identifier: MIT */
/*
 * Owns the system call bpf(2). libbpf's wrappers probe for features by
 * loading programs before the first real call, which is most of a short
 * run's time; the calls themselves are this simple.
 */
#include <ctype.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

int
sys_bpf(int command, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : (int)r;
}

static uint64_t
address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* The kernel takes letters, digits, '_' and '.', 15 of them. */
static void
set_name(char *to, const char *name)
{
	size_t n = 0;

	for (; name && *name && n < BPF_OBJ_NAME_LEN - 1; name++)
		to[n++] = isalnum((unsigned char)*name) ? *name : '_';
}

int
sys_map_create(const struct map_spec *m)
{
	union bpf_attr attr = {
		.map_type = m->type,
		.key_size = m->key_size,
		.value_size = m->value_size,
		.max_entries = m->entries,
		.map_flags = m->flags,
	};

	set_name(attr.map_name, m->name);
	return sys_bpf(BPF_MAP_CREATE, &attr);
}

int
sys_map_update(int fd, const void *key, const void *value)
{
	union bpf_attr attr = {
		.map_fd = (uint32_t)fd,
		.key = address(key),
		.value = address(value),
	};

	return sys_bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

int
sys_map_lookup(int fd, const void *key, void *value)
{
	union bpf_attr attr = {
		.map_fd = (uint32_t)fd,
		.key = address(key),
		.value = address(value),
	};

	return sys_bpf(BPF_MAP_LOOKUP_ELEM, &attr);
}

int
sys_map_next_key(int fd, const void *key, void *next)
{
	union bpf_attr attr = {
		.map_fd = (uint32_t)fd,
		.key = address(key),
		.next_key = address(next),
	};

	return sys_bpf(BPF_MAP_GET_NEXT_KEY, &attr);
}

int
sys_map_delete(int fd, const void *key)
{
	union bpf_attr attr = { .map_fd = (uint32_t)fd, .key = address(key) };

	return sys_bpf(BPF_MAP_DELETE_ELEM, &attr);
}

int
sys_map_batch(int fd, const void *in, void *out, void *keys, void *values,
	      uint32_t *n)
{
	union bpf_attr attr = {
		.batch.map_fd = (uint32_t)fd,
		.batch.in_batch = address(in),
		.batch.out_batch = address(out),
		.batch.keys = address(keys),
		.batch.values = address(values),
		.batch.count = *n,
	};
	int r = sys_bpf(BPF_MAP_LOOKUP_BATCH, &attr);

	*n = r && r != -ENOENT ? 0 : attr.batch.count;
	return r;
}

void *
sys_map_memory(int fd, uint32_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

int
sys_map_freeze(int fd)
{
	union bpf_attr attr = { .map_fd = (uint32_t)fd };

	return sys_bpf(BPF_MAP_FREEZE, &attr);
}

/* A signal that arrives meanwhile ends the verifier, and a run of many
 * repetitions, which then want to be begun anew. */
static int
uninterrupted(int command, union bpf_attr *attr)
{
	enum { TRIES = 100 };
	int r = -EAGAIN;

	for (int i = 0; i < TRIES && (r == -EAGAIN || r == -EINTR); i++)
		r = sys_bpf(command, attr);
	return r;
}

int
sys_prog_run(int fd)
{
	union bpf_attr attr = { .test.prog_fd = (uint32_t)fd };

	return uninterrupted(BPF_PROG_TEST_RUN, &attr);
}

int
sys_prog_test(int fd, struct prog_run *r)
{
	static const unsigned char packet[64];
	union bpf_attr attr = { .test.prog_fd = (uint32_t)fd };
	int error;

	if (r->packet) {
		attr.test.repeat = r->repeat ? r->repeat : 1;
		attr.test.data_in = address(packet);
		attr.test.data_size_in = sizeof(packet);
	}
	error = uninterrupted(BPF_PROG_TEST_RUN, &attr);
	r->retval = attr.test.retval;
	r->ns = attr.test.duration;
	return error;
}

int
sys_prog_load(const struct prog_load *p)
{
	union bpf_attr attr = {
		.prog_type = p->type,
		.expected_attach_type = p->attach_type,
		.insns = address(p->insns),
		.insn_cnt = p->ninsns,
		.license = address(p->license),
		.log_level = p->log ? 1 : 0,
		.log_buf = address(p->log),
		.log_size = p->log ? p->log_size : 0,
	};

	set_name(attr.prog_name, p->name);
	if (p->btf_fd > 0) {
		attr.prog_btf_fd = (uint32_t)p->btf_fd;
		attr.func_info_rec_size = sizeof(struct bpf_func_info);
		attr.func_info = address(p->btf->func_info);
		attr.func_info_cnt = p->btf->func_info_cnt;
		attr.line_info_rec_size = sizeof(struct bpf_line_info);
		attr.line_info = address(p->btf->line_info);
		attr.line_info_cnt = p->btf->line_info_cnt;
	}
	attr.attach_btf_id = p->attach_btf_id;
	attr.attach_btf_obj_fd = (uint32_t)p->attach_btf_fd;
	return uninterrupted(BPF_PROG_LOAD, &attr);
}

int
sys_btf_load(const void *btf, uint32_t size)
{
	union bpf_attr attr = { .btf = address(btf), .btf_size = size };

	return sys_bpf(BPF_BTF_LOAD, &attr);
}

static bool
btf_is_named(int fd, const char *name)
{
	char text[64] = "";
	struct bpf_btf_info info = { .name = address(text),
				     .name_len = sizeof(text) };
	union bpf_attr attr = {
		.info = { .bpf_fd = (uint32_t)fd,
			  .info_len = sizeof(info),
			  .info = address(&info) },
	};

	return !sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) && info.kernel_btf &&
	       !strcmp(text, name);
}

int
sys_btf_of(const char *module)
{
	union bpf_attr next = { .start_id = 0 }, attr;
	int fd;

	for (; !sys_bpf(BPF_BTF_GET_NEXT_ID, &next);
	     next.start_id = next.next_id) {
		memset(&attr, 0, sizeof(attr));
		attr.btf_id = next.next_id;
		fd = sys_bpf(BPF_BTF_GET_FD_BY_ID, &attr);
		if (fd < 0)
			continue;
		if (btf_is_named(fd, module))
			return fd;
		close(fd);
	}
	return -ENOENT;
}
