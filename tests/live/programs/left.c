/* SPDX-License-Identifier: MIT */
/*
 * What the kernel holds of a trace: `left MAP` counts the maps of that name,
 * the programs that use one of them, and the links of these programs.
 */
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { IDS_MAX = 4096 };

struct ids {
	uint32_t v[IDS_MAX], n;
};

static int
bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int
has(const struct ids *ids, uint32_t id)
{
	for (uint32_t i = 0; i < ids->n; i++)
		if (ids->v[i] == id)
			return 1;
	return 0;
}

static int
info(int fd, void *to, uint32_t size)
{
	union bpf_attr attr = { 0 };

	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info = (uintptr_t)to;
	attr.info.info_len = size;
	return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

static int
is_map(int fd, const void *name)
{
	struct bpf_map_info m = { 0 };

	return !info(fd, &m, sizeof(m)) && !strcmp(m.name, name);
}

static int
uses_maps(int fd, const void *arg)
{
	struct bpf_prog_info p = { 0 };
	uint32_t used[64] = { 0 };

	p.map_ids = (uintptr_t)used;
	p.nr_map_ids = sizeof(used) / sizeof(used[0]);
	if (info(fd, &p, sizeof(p)))
		return 0;
	for (uint32_t i = 0; i < p.nr_map_ids && i < 64; i++)
		if (has(arg, used[i]))
			return 1;
	return 0;
}

static int
is_link(int fd, const void *programs)
{
	struct bpf_link_info l = { 0 };

	return !info(fd, &l, sizeof(l)) && has(programs, l.prog_id);
}

/* All objects of a kind that `ours` knows. */
static void
collect(int next, int open, int (*ours)(int fd, const void *arg),
	const void *arg, struct ids *out)
{
	union bpf_attr at = { 0 };

	while (!bpf(next, &at) && out->n < IDS_MAX) {
		union bpf_attr attr = { 0 };
		int fd;

		attr.map_id = at.start_id = at.next_id;
		fd = bpf(open, &attr);
		if (fd < 0)
			continue;
		if (ours(fd, arg))
			out->v[out->n++] = at.start_id;
		close(fd);
	}
}

int
main(int argc, char **argv)
{
	static struct ids maps, programs, links;

	if (argc < 2)
		return 2;
	collect(BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID, is_map, argv[1],
		&maps);
	collect(BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, uses_maps, &maps,
		&programs);
	collect(BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID, is_link, &programs,
		&links);
	printf("%u maps, %u programs, %u links\n", maps.n, programs.n, links.n);
	return 0;
}
