/* SPDX-License-Identifier: MIT */
/*
 * Owns the way of an image into the kernel: maps, their first contents, type
 * information, programs. What the kernel refuses goes to refusal.c.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

/* Kernels before 5.11 charge maps to RLIMIT_MEMLOCK and say EPERM. */
static bool
raise_memlock(struct session *s)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

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

static bool
create_map(struct session *s, uint32_t i)
{
	const struct map_spec *m = &s->prog->maps.v[i];
	int fd = sys_map_create(m), error;

	if (fd == -EPERM && raise_memlock(s))
		fd = sys_map_create(m);
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

static void
relocate(struct session *s, struct image_prog *p)
{
	for (uint32_t i = 0; i < p->relocs.n; i++) {
		const struct reloc *r = &p->relocs.v[i];
		struct bpf_insn *insn = &p->insns[r->insn];

		assert(r->insn + 1 < p->ninsns);
		insn->imm = s->map_fds[r->map];
		switch (r->kind) {
		case RELOC_MAP:
			insn->src_reg = BPF_PSEUDO_MAP_FD;
			break;
		case RELOC_MAPVAL:
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

/* The function that a tracing program is for. Returns the descriptor of its
 * module's BTF, to be closed; -1: none. */
static int
set_function(struct prog_load *load, const struct unit *u)
{
	const struct target *t = u->targets.v;
	int fd;

	if (!u->targets.n || !t->btf_id)
		return -1;
	load->attach_btf_id = t->btf_id;
	if (!t->group || !strcmp(t->group, "vmlinux"))
		return -1;
	fd = sys_btf_of(t->group);
	if (fd >= 0) /* else the kernel says what it misses */
		load->attach_btf_fd = fd;
	return fd;
}

static bool
load_prog(struct session *s, uint32_t i, int btf_fd, const struct gen_btf *btf)
{
	struct image_prog *p = &s->image->progs.v[i];
	const struct probe_type *type = p->unit->type;
	enum probe_form form = s->prog_form[i];
	struct prog_load load = {
		.name = p->name,
		.license = s->config->license ? s->config->license : "GPL",
		.type = form == FORM_BARE ? type->bare_type : type->prog_type,
		.attach_type = attach_type(type, form),
		.insns = p->insns,
		.ninsns = p->ninsns,
		.btf_fd = btf_fd,
		.btf = btf_fd > 0 ? &btf->progs[i] : NULL,
	};
	int fd, module = set_function(&load, p->unit);

	relocate(s, p);
	fd = sys_prog_load(&load);
	if (fd == -EPERM && raise_memlock(s))
		fd = sys_prog_load(&load);
	if (fd < 0)
		refused(s, p, &load, fd);
	if (module >= 0)
		close(module);
	if (fd < 0)
		return false;
	s->prog_fds[i] = fd;
	return true;
}

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
	int btf_fd = load_btf(s, &btf);
	bool ok;

	close(s->prog_fds[i]);
	s->prog_fds[i] = -1;
	s->prog_form[i] = FORM_PLAIN;
	ok = load_prog(s, i, btf_fd, &btf);
	if (btf_fd > 0)
		close(btf_fd);
	return ok;
}

static enum probe_form
best_form(const struct image_prog *p)
{
	const struct probe_type *type = p->unit->type;

	if (type->bare && p->funcs.v[0].func->no_ctx && type->bare(p->unit))
		return FORM_BARE;
	if (type->multi_type && (!type->multi || type->multi(p->unit)))
		return FORM_MULTI;
	return FORM_PLAIN;
}

bool
session_load(struct session *s)
{
	uint32_t nmaps = s->prog->maps.n, nprogs = s->image->progs.n;
	struct gen_btf btf;
	int btf_fd;
	bool ok = true;

	s->map_fds = arena_alloc(s->arena, (nmaps + 1) * sizeof(int));
	s->prog_fds = arena_alloc(s->arena, (nprogs + 1) * sizeof(int));
	s->prog_form =
		arena_alloc(s->arena, (nprogs + 1) * sizeof(*s->prog_form));
	for (uint32_t i = 0; i < nmaps; i++)
		if (!create_map(s, i))
			return false;
	btf_fd = load_btf(s, &btf);
	for (uint32_t i = 0; ok && i < nprogs; i++) {
		s->prog_form[i] = best_form(&s->image->progs.v[i]);
		ok = load_prog(s, i, btf_fd, &btf);
	}
	if (btf_fd > 0)
		close(btf_fd);
	return ok;
}
