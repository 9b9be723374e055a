/* SPDX-License-Identifier: MIT */
/*
 * Owns multi links: one link for many functions, which above all goes away in
 * one grace period instead of one for each (DESIGN section 9). Kernel 5.18
 * for kprobes, 6.6 for uprobes; the numbers stand here because the headers we
 * build with may be older.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

enum {
	TRACE_KPROBE_MULTI = 42, /* enum bpf_attach_type */
	MULTI_RETURN = 1,        /* flag of both links */
};

/* The parts of union bpf_attr for BPF_LINK_CREATE. */
struct multi_attr {
	uint32_t prog_fd, target_fd, attach_type, link_flags;
	union {
		struct {
			uint32_t flags, cnt;
			uint64_t syms, addrs, cookies;
		} kprobe;
		struct {
			uint64_t path, offsets, ref_ctr_offsets, cookies;
			uint32_t cnt, flags, pid, reserved;
		} uprobe;
	};
};

static uint64_t
pointer(const void *p)
{
	return (uintptr_t)p;
}

static int
create(struct attach *a, struct multi_attr *attr)
{
	int fd;

	attr->prog_fd = a->prog_fd;
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, attr, sizeof(*attr));
	if (fd < 0)
		return -errno;
	*vec_push(a->arena, &a->fds) = fd;
	return 0;
}

int
probe_uprobe_multi(struct attach *a, const struct multi *m)
{
	struct multi_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.attach_type = PROBE_UPROBE_MULTI;
	attr.uprobe.path = pointer(m->path);
	attr.uprobe.offsets = pointer(m->addresses);
	attr.uprobe.ref_ctr_offsets = pointer(m->ref_ctrs);
	attr.uprobe.cookies = pointer(m->cookies);
	attr.uprobe.cnt = m->n;
	attr.uprobe.flags = m->ret ? MULTI_RETURN : 0;
	attr.uprobe.pid = m->pid;
	return create(a, &attr);
}

int
probe_kprobe_multi(struct attach *a, const struct multi *m)
{
	struct multi_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.attach_type = TRACE_KPROBE_MULTI;
	attr.kprobe.syms = pointer(m->syms);
	attr.kprobe.cookies = pointer(m->cookies);
	attr.kprobe.cnt = m->n;
	attr.kprobe.flags = m->ret ? MULTI_RETURN : 0;
	return create(a, &attr);
}
