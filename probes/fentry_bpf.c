/* SPDX-License-Identifier: MIT */
/*
 * fentry:bpf:NAME, fentry:bpf:ID:NAME: loaded BPF programs, whose functions
 * are named by the type information they came with (REFERENCE 3.7).
 */
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

enum { FUNCS_MAX = 256 }; /* functions of one program */

struct search {
	struct sema *sema;
	struct match *match;
	const char *provider, *id, *name; /* patterns */
};

static int
call(int command, union bpf_attr *attr)
{
	int r = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : r;
}

/* The program's BTF and its functions' ids there; 0: it has none. */
static uint32_t
read_info(int fd, uint32_t *btf_id, struct bpf_func_info *funcs)
{
	struct bpf_prog_info info = { .func_info = (uintptr_t)funcs,
				      .nr_func_info = FUNCS_MAX,
				      .func_info_rec_size = sizeof(*funcs) };
	union bpf_attr attr = { .info.bpf_fd = (uint32_t)fd,
				.info.info_len = sizeof(info),
				.info.info = (uintptr_t)&info };

	if (call(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0 ||
	    info.func_info_rec_size != sizeof(*funcs))
		return 0;
	*btf_id = info.btf_id;
	return info.nr_func_info < FUNCS_MAX ? info.nr_func_info : FUNCS_MAX;
}

static void
add_function(struct search *s, uint32_t prog, const struct kbtf *btf,
	     uint32_t id)
{
	struct arena *a = sema_arena(s->sema);
	const struct btf_type *f = kbtf_type(btf, id);
	const char *name = f ? kbtf_str(btf, f->name_off) : "";
	struct fentry_site *site;
	struct target *t;

	if (!*name || !kernel_match(s->name, name))
		return;
	t = probe_target(s->sema, s->match, "%s:bpf:%u:%s", s->provider, prog,
			 name);
	t->name = name;
	t->btf_id = id;
	t->prog_id = prog;
	site = arena_alloc(a, sizeof(*site));
	site->btf = btf;
	if (probe_btf_proto(btf, id, &site->proto))
		t->data = site;
}

static void
add_functions(struct search *s, uint32_t prog, struct btf *from,
	      const struct bpf_func_info *funcs, uint32_t n)
{
	uint32_t size;
	const void *image = btf__raw_data(from, &size);
	const struct kbtf *btf =
		image ? kbtf_read(sema_arena(s->sema), image, size) : NULL;

	for (uint32_t i = 0; btf && i < n; i++)
		add_function(s, prog, btf, funcs[i].type_id);
}

static void
look_at(struct search *s, uint32_t prog)
{
	union bpf_attr attr = { .prog_id = prog };
	struct bpf_func_info funcs[FUNCS_MAX];
	uint32_t n, btf_id = 0;
	struct btf *btf = NULL;
	int fd;

	if (!kernel_match(s->id, arena_printf(sema_arena(s->sema), "%u", prog)))
		return;
	fd = call(BPF_PROG_GET_FD_BY_ID, &attr);
	if (fd < 0)
		return; /* it has just gone */
	n = read_info(fd, &btf_id, funcs);
	if (n && btf_id)
		btf = btf__load_from_kernel_by_id(btf_id);
	if (btf)
		add_functions(s, prog, btf, funcs, n);
	btf__free(btf);
	close(fd);
}

bool
probe_match_bpf(struct sema *sema, const struct attach_text *ap,
		struct match *m, const struct probe_type *type)
{
	unsigned last = ap->parts.n - 1;
	struct search s = { .sema = sema,
			    .match = m,
			    .provider = type->name,
			    .id = last > 2 ? probe_part(ap, 2) : "*",
			    .name = probe_part(ap, last) };
	union bpf_attr attr = { .start_id = 0 };

	/* Of programs, there may be several: only an id says which. */
	m->wildcard = !probe_is_number(sema_arena(sema), s.id) ||
		      kernel_is_pattern(s.name);
	if (m->wildcard && strcmp(s.id, "*") != 0 &&
	    !probe_is_number(sema_arena(sema), s.id))
		return sema_error_at(sema, ap->span,
				     "bpf program id must be a number or '*'");
	while (call(BPF_PROG_GET_NEXT_ID, &attr) == 0) {
		look_at(&s, attr.next_id);
		attr.start_id = attr.next_id;
	}
	return m->targets.n ||
	       probe_none(sema, ap, m, "%s bpf:%s", type->name, s.name);
}
