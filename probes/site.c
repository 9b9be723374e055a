/* SPDX-License-Identifier: MIT */
/*
 * Owns attaching to places in files: through one multi link per file, or
 * where the kernel has none (before 6.6) through perf, one event per place.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <string.h>

#include "internal.h"

/* The function's place in its file, so that keys stand in the order that
 * addresses have, behind some bits of FNV-1a (Fowler, Noll, Vo) of the file. */
uint64_t
probe_func_tag(const struct target *t)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (const char *p = t->group; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 0x100000001b3;
	return 0x8000ull << 48 | hash >> 48 << 32 |
	       (uint32_t)(t->address - t->offset);
}

/* The run of targets from `first` on that lie in one file. */
static uint32_t
same_file_run(const struct unit *u, uint32_t first)
{
	const struct probe_site *p = u->targets.v[first].data, *q;
	uint32_t n = 1;

	for (; first + n < u->targets.n; n++) {
		q = u->targets.v[first + n].data;
		if (strcmp(p->open, q->open) != 0)
			break;
	}
	return n;
}

static int
attach_run(struct attach *a, const struct unit *u, uint32_t first, uint32_t n,
	   bool ret)
{
	struct multi m = { .n = n, .pid = a->pid, .ret = ret };
	const struct probe_site *p = u->targets.v[first].data;

	m.path = p->open;
	m.addresses = arena_alloc(a->arena, n * sizeof(*m.addresses));
	m.ref_ctrs = arena_alloc(a->arena, n * sizeof(*m.ref_ctrs));
	m.cookies = arena_alloc(a->arena, n * sizeof(*m.cookies));
	for (uint32_t i = 0; i < n; i++) {
		p = u->targets.v[first + i].data;
		m.addresses[i] = p->file_offset;
		m.ref_ctrs[i] = p->ref_ctr;
		m.cookies[i] = first + i;
	}
	return probe_uprobe_multi(a, &m);
}

/* All targets of the unit, or none. */
static int
attach_all(struct attach *a, const struct unit *u, bool ret)
{
	uint32_t nfds = a->fds.n, n;
	int err = 0;

	for (uint32_t i = 0; !err && i < u->targets.n; i += n) {
		n = same_file_run(u, i);
		err = attach_run(a, u, i, n, ret);
	}
	if (err)
		probe_detach_from(a, nfds);
	return err;
}

static int
attach_perf(struct attach *a, const struct unit *u, const struct target *t,
	    bool ret)
{
	const struct probe_site *p = t->data;
	int type = probe_pmu_type(a, "uprobe");
	struct perf_event_attr attr;
	int bit;

	if (type < 0)
		return probe_refused(a, type, t->probe);
	memset(&attr, 0, sizeof(attr));
	attr.type = type;
	attr.sample_period = 1;
	attr.uprobe_path = (uintptr_t)p->open;
	attr.probe_offset = p->file_offset;
	if (ret) {
		bit = probe_pmu_bit(a, "uprobe", "retprobe");
		if (bit < 0)
			return probe_refused(a, bit, t->probe);
		attr.config |= 1ull << bit;
	}
	if (p->ref_ctr) {
		bit = probe_pmu_bit(a, "uprobe", "ref_ctr_offset");
		if (bit < 0)
			return probe_refused(a, bit, t->probe);
		attr.config |= p->ref_ctr << bit;
	}
	return probe_perf_attach(a, &attr, a->pid ? a->pid : -1,
				 a->pid ? -1 : probe_first_cpu(a),
				 t - u->targets.v, t->probe);
}

int
probe_site_attach(struct attach *a, const struct unit *u,
		  const struct target *t, bool ret)
{
	int err;

	if (a->done == u)
		return 0;
	if (a->form != FORM_MULTI)
		return attach_perf(a, u, t, ret);
	err = attach_all(a, u, ret);
	if (!err)
		a->done = u;
	return err;
}
