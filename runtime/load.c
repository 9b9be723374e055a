/* SPDX-License-Identifier: MIT */
/*
 * Owns the way of an image into the kernel: maps, their first contents, type
 * information, programs. What the kernel refuses goes to refusal.c.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

/* Kernels before 5.11 charge maps to RLIMIT_MEMLOCK and say EPERM. */
/* Linux 5.11 and later account to the memory group: a refusal has another
 * reason there. */
static bool
raise_memlock(struct session *s)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (s->in->kernel->paths.version >= (5 << 16 | 11 << 8))
		return false;
	if (!setrlimit(RLIMIT_MEMLOCK, &limit))
		return true;
	session_warn(s, "Unknown error -1: couldn't set RLIMIT_MEMLOCK for "
			"bpftrace. If your program is not loading, you can try "
			"\"ulimit -l 8192\" to fix the problem");
	return false;
}

static uint64_t
boot_ns(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* The counters, which programs and we share. */
static int
map_global(struct session *s, const struct map_spec *m, int fd)
{
	s->global = sys_map_memory(fd, m->value_size);
	if (!s->global)
		return -errno;
	s->global->start_ns = boot_ns();
	return 0;
}

/* The first contents of a map. */
static int
fill_map(struct session *s, const struct map_spec *m, int fd)
{
	uint32_t zero = 0;
	int error;

	if (m->use == MAP_GLOBAL)
		return map_global(s, m, fd);
	if (!m->init)
		return 0;
	error = sys_map_update(fd, &zero, m->init);
	if (!error && m->flags & BPF_F_RDONLY_PROG)
		error = sys_map_freeze(fd);
	return error;
}

/*
 * Elements that are allocated when they are needed: from 6.1 on the kernel does
 * so in any context (bpf_mem_alloc). Before, it refuses such maps to programs
 * of perf events and warns of others, and every element has to be allocated
 * ahead. Nothing but the version tells the two apart before a program is
 * refused.
 */
static bool
allocates_on_demand(void)
{
	struct utsname host;
	unsigned major, minor;

	return uname(&host) == 0 &&
	       sscanf(host.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 1));
}

/*
 * Wide histograms never: of those the kernel keeps few in reserve and gets new
 * ones where it may not wait. Of 3,000 of 8 KB, made 10 us apart, 1,100 were
 * there; of small ones all. As many as fit are better than most of them lost.
 */
enum { LARGE_VALUE = 1024 };

static bool
is_cut(const struct map_spec *m)
{
	return m->type == BPF_MAP_TYPE_PERCPU_HASH &&
	       m->value_size > LARGE_VALUE && ir_waits_for_use(m);
}

/* What a map without that may hold: 4 MB of stacks of the usual depth. */
enum { AHEAD_MAX = 4096 };

static int
make_map(const struct map_spec *m)
{
	struct map_spec ahead = *m, later = *m;

	if (is_cut(m)) {
		ahead.entries = AHEAD_BYTES / m->value_size;
		return sys_map_create(&ahead);
	}
	if (ir_waits_for_use(m) && allocates_on_demand()) {
		later.flags |= BPF_F_NO_PREALLOC;
		return sys_map_create(&later);
	}
	if (!(m->flags & BPF_F_NO_PREALLOC) || allocates_on_demand())
		return sys_map_create(m);
	ahead.flags &= ~(uint32_t)BPF_F_NO_PREALLOC;
	if (m->use == MAP_STACKS && ahead.entries > AHEAD_MAX)
		ahead.entries = AHEAD_MAX;
	return sys_map_create(&ahead);
}

static bool
create_map(struct session *s, uint32_t i)
{
	const struct map_spec *m = &s->prog->maps.v[i];
	int fd = make_map(m), error;

	if (fd == -EPERM && raise_memlock(s))
		fd = make_map(m);
	if (fd < 0) {
		session_error(s, "failed to create map: '%s': %s",
			      m->name ? m->name : "", strerror(-fd));
		return false;
	}
	s->map_fds[i] = fd;
	error = fill_map(s, m, fd);
	if (error) {
		session_error(s, "failed to fill map: '%s': %s",
			      m->name ? m->name : "", strerror(-error));
		return false;
	}
	if (m->use != MAP_RINGBUF)
		return true;
	s->ring = ring_open(fd, m->entries);
	if (!s->ring)
		session_error(s, "failed to map the ring buffer: %s",
			      strerror(errno));
	return s->ring != NULL;
}

/* The BTF id of a function of the kernel; 0, which the kernel refuses, where
 * there is none. */
static int32_t
kernel_function_id(struct session *s, enum ir_helper h)
{
	const struct kbtf *btf = kernel_btf(s->in->kernel);
	char name[64];

	snprintf(name, sizeof(name), "bpf_%s", ir_helper_name(h));
	return btf ? (int32_t)kbtf_find(btf, name, BTF_KIND_FUNC) : 0;
}

static void
relocate(struct session *s, struct image_prog *p)
{
	for (uint32_t i = 0; i < p->relocs.n; i++) {
		const struct reloc *r = &p->relocs.v[i];
		struct bpf_insn *insn = &p->insns[r->insn];

		assert(r->insn + 1 < p->ninsns);
		switch (r->kind) {
		case RELOC_KERNEL:
			insn->imm = kernel_function_id(s, r->map);
			break;
		case RELOC_MAP:
			insn->imm = s->map_fds[r->map];
			insn->src_reg = BPF_PSEUDO_MAP_FD;
			break;
		case RELOC_MAPVAL:
			insn->imm = s->map_fds[r->map];
			insn->src_reg = BPF_PSEUDO_MAP_VALUE;
			insn[1].imm = (int32_t)r->off;
			break;
		}
	}
}

/* The kernel's log of a second, failing try. */
static void
refused(struct session *s, struct image_prog *p, struct prog_load *load,
	int error)
{
	uint32_t size = (uint32_t)s->config->log_size;
	int again;

	load->log = calloc(1, size + 1);
	load->log_size = size;
	again = load->log ? sys_prog_load(load) : error;
	if (again >= 0) { /* it changed its mind */
		session_error(s, "could not load a program: %s",
			      strerror(-error));
		free(load->log);
		return;
	}
	refusal_report(s, p, error, load->log ? load->log : "");
	free(load->log);
}

static uint32_t
attach_type(const struct probe_type *type, enum probe_form form)
{
	switch (form) {
	case FORM_PLAIN:
		return type->attach_type;
	case FORM_MULTI:
		return type->multi_type;
	case FORM_BARE:
		return 0;
	}
	return 0;
}

/* ---- one program ---- */

/* What loading a program takes. */
struct loading {
	struct session *s;
	uint32_t i; /* of the program */
	int btf_fd;
	const struct gen_btf *btf;
};

/* The function that a tracing program is for. Returns the descriptor of its
 * module's BTF, or of the BPF program that it is in, to be closed; -1: none. */
static int
set_function(struct prog_load *load, const struct target *t)
{
	int fd;

	if (!t || !t->btf_id)
		return -1;
	load->attach_btf_id = t->btf_id;
	if (t->prog_id) {
		union bpf_attr attr = { .prog_id = t->prog_id };

		fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
		if (fd >= 0) /* the same member of union bpf_attr */
			load->attach_btf_fd = fd;
		return fd;
	}
	if (!t->group || !strcmp(t->group, "vmlinux"))
		return -1;
	fd = sys_btf_of(t->group);
	if (fd >= 0) /* else the kernel says what it misses */
		load->attach_btf_fd = fd;
	return fd;
}

/* Load `insns`, for one target or (NULL) for all. A descriptor or -errno;
 * `report`: and what the kernel has against it. */
static int
load_insns(const struct loading *l, const struct bpf_insn *insns,
	   const struct target *t, bool report)
{
	struct session *s = l->s;
	struct image_prog *p = &s->image->progs.v[l->i];
	const struct probe_type *type = p->unit->type;
	enum probe_form form = s->progs[l->i].form;
	struct prog_load load = {
		.name = p->name,
		.license = s->config->license ? s->config->license : "GPL",
		.type = form == FORM_BARE ? type->bare_type : type->prog_type,
		.attach_type = attach_type(type, form),
		.insns = insns,
		.ninsns = p->ninsns,
		.btf_fd = l->btf_fd,
		.btf = l->btf_fd > 0 ? &l->btf->progs[l->i] : NULL,
	};
	int module = set_function(&load, t), fd = sys_prog_load(&load);

	if (fd == -EPERM && raise_memlock(s))
		fd = sys_prog_load(&load);
	if (fd < 0 && report)
		refused(s, p, &load, fd);
	if (module >= 0)
		close(module);
	return fd;
}

static bool
asks_cookie(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg &&
	       insn->imm == (int32_t)ir_helper_number(HELPER_get_attach_cookie);
}

static bool
uses_cookie(const struct image_prog *p)
{
	for (uint32_t i = 0; i < p->ninsns; i++)
		if (asks_cookie(&p->insns[i]))
			return true;
	return false;
}

/* The program for one target: it need not ask for the cookie. */
static void
set_cookie(const struct image_prog *p, struct bpf_insn *insns, uint32_t cookie)
{
	for (uint32_t i = 0; i < p->ninsns; i++)
		if (asks_cookie(&p->insns[i]))
			insns[i] = (struct bpf_insn){
				.code = BPF_ALU64 | BPF_MOV | BPF_K,
				.dst_reg = BPF_REG_0,
				.imm = (int32_t)cookie,
			};
}

/* One program for each target, of the same code. */
static bool
load_each(const struct loading *l)
{
	struct image_prog *p = &l->s->image->progs.v[l->i];
	struct loaded_prog *to = &l->s->progs[l->i];
	size_t size = p->ninsns * sizeof(*p->insns);
	uint32_t n = p->unit->targets.n;
	struct bpf_insn *insns = arena_alloc(l->s->arena, size);
	bool ok = true;

	memcpy(insns, p->insns, size);
	if (to->form == FORM_MULTI)
		to->form = FORM_PLAIN;
	to->each = arena_alloc(l->s->arena, n * sizeof(*to->each));
	memset(to->each, -1, n * sizeof(*to->each));
	for (uint32_t i = 0; ok && i < n; i++) {
		set_cookie(p, insns, i);
		to->each[i] =
			load_insns(l, insns, &p->unit->targets.v[i], true);
		ok = to->each[i] >= 0;
	}
	return ok;
}

static bool
load_prog(const struct loading *l)
{
	struct session *s = l->s;
	struct image_prog *p = &s->image->progs.v[l->i];
	const struct unit *u = p->unit;
	bool cookie = uses_cookie(p), many = u->targets.n > 1;

	relocate(s, p);
	if (many && u->type->flags & PROBE_EACH)
		return load_each(l);
	if (cookie && s->in->without & 1u << FEAT_ATTACH_COOKIE)
		return load_each(l);
	s->progs[l->i].fd = load_insns(
		l, p->insns, u->targets.n ? u->targets.v : NULL, !cookie);
	if (s->progs[l->i].fd >= 0)
		return true;
	return cookie && load_each(l);
}

void
session_unload(struct session *s, uint32_t i)
{
	struct loaded_prog *p = &s->progs[i];

	for (uint32_t t = 0;
	     p->each && t < s->image->progs.v[i].unit->targets.n; t++)
		if (p->each[t] >= 0)
			close(p->each[t]);
	if (p->fd >= 0)
		close(p->fd);
	p->each = NULL;
	p->fd = -1;
}

/* ---- all of them ---- */

/* BTF of our own functions, which callbacks need; -1: none. */
static int
load_btf(const struct session *s, struct gen_btf *btf)
{
	memset(btf, 0, sizeof(*btf));
	return gen_btf(s->image, btf) ? sys_btf_load(btf->btf, btf->btf_size)
				      : -1;
}

/* The form that was chosen does not suit: load the usual one. */
bool
session_load_again(struct session *s, uint32_t i)
{
	struct gen_btf btf;
	struct loading l = { s, i, load_btf(s, &btf), &btf };
	bool ok;

	session_unload(s, i);
	s->progs[i].form = FORM_PLAIN;
	ok = load_prog(&l);
	if (l.btf_fd > 0)
		close(l.btf_fd);
	return ok;
}

static enum probe_form
best_form(const struct session *s, const struct image_prog *p)
{
	const struct probe_type *type = p->unit->type;
	uint32_t without = s->in->without;

	if (p->unit->raw)
		return FORM_BARE;
	if (type->bare && !(without & 1u << FEAT_RAW_TRACEPOINT) &&
	    p->funcs.v[0].func->no_ctx && type->bare(p->unit))
		return FORM_BARE;
	if (type->multi_type && !(without & 1u << type->multi_needs) &&
	    probe_all_multi(type, p->unit->targets.v, p->unit->targets.n))
		return FORM_MULTI;
	return FORM_PLAIN;
}

static bool
load_all(struct session *s)
{
	struct gen_btf btf;
	struct loading l = { s, 0, load_btf(s, &btf), &btf };
	bool ok = true;

	for (; ok && l.i < s->image->progs.n; l.i++) {
		s->progs[l.i].form = best_form(s, &s->image->progs.v[l.i]);
		ok = load_prog(&l);
	}
	if (l.btf_fd > 0)
		close(l.btf_fd);
	return ok;
}

bool
session_load(struct session *s)
{
	uint32_t nmaps = s->prog->maps.n, nprogs = s->image->progs.n;

	s->map_fds = arena_alloc(s->arena, (nmaps + 1) * sizeof(int));
	s->progs = arena_alloc(s->arena, (nprogs + 1) * sizeof(*s->progs));
	for (uint32_t i = 0; i < nprogs; i++)
		s->progs[i].fd = -1;
	for (uint32_t i = 0; i < nmaps; i++)
		if (!create_map(s, i))
			return false;
	return load_all(s);
}
