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

/* The part of struct bpf_link_info for kprobes: 6.6; `cookies` 6.9. */
struct multi_info {
	uint32_t type, id, prog_id, pad;
	uint64_t addrs;
	uint32_t count, flags;
	uint64_t missed, cookies;
};

static uint64_t
pointer(const void *p)
{
	return (uintptr_t)p;
}

/* The link or -errno. */
static int
create(struct attach *a, struct multi_attr *attr)
{
	int fd;

	attr->prog_fd = a->prog_fd;
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, attr, sizeof(*attr));
	return fd < 0 ? -errno : fd;
}

int
probe_uprobe_multi(struct attach *a, const struct multi *m)
{
	struct multi_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.attach_type = PROBE_UPROBE_MULTI;
	attr.uprobe.path = pointer(m->path);
	attr.uprobe.offsets = pointer(m->addresses);
	attr.uprobe.ref_ctr_offsets = pointer(m->ref_ctrs);
	attr.uprobe.cookies = pointer(m->cookies);
	attr.uprobe.cnt = m->n;
	attr.uprobe.flags = m->ret ? MULTI_RETURN : 0;
	attr.uprobe.pid = m->pid;
	fd = create(a, &attr);
	if (fd < 0)
		return fd;
	*vec_push(a->arena, &a->fds) = fd;
	return 0;
}

/*
 * The kernel has looked up all the names: take the addresses from it, and who
 * prints one need not read all symbols of the kernel. They come in an order of
 * their own; the cookies say whose they are. Best effort.
 */
static void
note_addresses(struct attach *a, const struct multi *m, int link)
{
	uint64_t *addresses = arena_alloc(a->arena, m->n * sizeof(uint64_t));
	uint64_t *cookies = arena_alloc(a->arena, m->n * sizeof(uint64_t));
	struct multi_info info = { .addrs = pointer(addresses),
				   .count = m->n,
				   .cookies = pointer(cookies) };
	struct {
		uint32_t fd, size;
		uint64_t info;
	} attr = { (uint32_t)link, sizeof(info), pointer(&info) };

	memset(cookies, -1, m->n * sizeof(*cookies));
	if (syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		return;
	for (uint32_t i = 0; i < m->n; i++)
		if (addresses[i] && cookies[i] < m->n)
			*vec_push(a->arena, &a->attached) =
				(struct attached){ addresses[i],
						   m->syms[cookies[i]] };
}

int
probe_kprobe_multi(struct attach *a, const struct multi *m)
{
	struct multi_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.attach_type = TRACE_KPROBE_MULTI;
	if (m->addresses)
		attr.kprobe.addrs = pointer(m->addresses);
	else
		attr.kprobe.syms = pointer(m->syms);
	attr.kprobe.cookies = pointer(m->cookies);
	attr.kprobe.cnt = m->n;
	attr.kprobe.flags = m->ret ? MULTI_RETURN : 0;
	fd = create(a, &attr);
	if (fd < 0)
		return fd;
	note_addresses(a, m, fd);
	*vec_push(a->arena, &a->slow_fds) = fd;
	return 0;
}
