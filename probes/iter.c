/* SPDX-License-Identifier: MIT */
/*
 * iter: a walk over all objects of a kind in the kernel (REFERENCE 3.12). The
 * program runs once per object, while somebody reads a file made from its
 * link: the session, at once, or whoever opens the file it is pinned to.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

static const char func_prefix[] = "bpf_iter_";
static const char ctx_prefix[] = "bpf_iter__";

/* ---- matching ---- */

static const struct probe_type *
type_of(const struct attach_text *ap)
{
	const char *name = ap->parts.n ? ap->parts.v[0].text : "";

	for (uint32_t i = 0; probe_types[i]; i++)
		if (!strcasecmp(probe_types[i]->name, name) ||
		    (probe_types[i]->alias &&
		     !strcmp(probe_types[i]->alias, name)))
			return probe_types[i];
	return NULL;
}

/* Told at the last iter of a list. */
static bool
is_alone_in(struct sema *s, const struct probe *p, const struct attach_text *ap)
{
	for (const struct attach_text *o = ap + 1; o < p->aps.v + p->aps.n; o++)
		if (type_of(o) == &probe_iter)
			return true;
	return p->aps.n == 1 ||
	       sema_error_at(s, ap->span,
			     "iter probe only supports one attach point.");
}

/* Reading the walk is all that the session does: nothing else may wait. */
static bool
is_alone(struct sema *s, const struct attach_text *ap)
{
	const struct ast *ast = sema_in(s)->ast;

	for (uint32_t i = 0; i < ast->probes.n; i++) {
		const struct probe *p = &ast->probes.v[i];
		const struct probe_type *t = type_of(p->aps.v);

		if (ap >= p->aps.v && ap < p->aps.v + p->aps.n) {
			if (!is_alone_in(s, p, ap))
				return false;
		} else if (!t || !(t->flags & PROBE_SPECIAL)) {
			return sema_error_at(s, ap->span,
					     "an iter probe must be the only "
					     "probe besides begin and end");
		}
	}
	return true;
}

struct finding {
	const char *func, *ctx; /* bpf_iter_task, bpf_iter__task */
	const char *module;
	uint32_t id;
};

static bool
find_in(void *arg, const char *module, const struct kbtf *b)
{
	struct finding *f = arg;

	if (!kbtf_find(b, f->ctx, BTF_KIND_STRUCT))
		return true;
	f->id = kbtf_find(b, f->func, BTF_KIND_FUNC);
	f->module = module;
	return !f->id;
}

static const char *
pin_path(struct arena *a, const char *text)
{
	return *text == '/' ? text : arena_printf(a, "/sys/fs/bpf/%s", text);
}

static bool
iter_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	struct arena *a = sema_arena(s);
	const char *name = probe_part(ap, 1);
	struct finding f = { .func = arena_printf(a, "%s%s", func_prefix, name),
			     .ctx = arena_printf(a, "%s%s", ctx_prefix, name) };
	struct target *t;

	if (probe_is_pattern(ap, 1))
		return sema_error_at(s, ap->span,
				     "iter probe type does not support "
				     "wildcards");
	if (ap->parts.n > 3 || ap->parts.n == 1)
		return sema_error_at(s, ap->span,
				     "%s probe type takes 2 arguments (1 "
				     "optional)",
				     probe_iter.name);
	kernel_each_btf(sema_kernel(s), find_in, &f);
	if (!f.id) {
		sema_error_at(s, ap->span,
			      "iter %s not available for your kernel version.",
			      name);
		if (!*name)
			sema_error_at(s, ap->span,
				      "iter should specify a iterator's name");
		return false;
	}
	if (!is_alone(s, ap))
		return false;
	t = probe_target(s, m, "%s:%s", probe_iter.name, name);
	t->name = name;
	t->group = arena_strdup(a, f.module);
	t->btf_id = f.id;
	if (*probe_part(ap, 2))
		t->pin = pin_path(a, probe_part(ap, 2));
	return true;
}

/* ---- the context ---- */

static const char *
iter_ctx(struct sema *s, const struct unit *u)
{
	return arena_printf(sema_arena(s), "%s%s", ctx_prefix,
			    u->targets.v[0].name);
}

/* ctx->meta->seq: both are the first members, always. */
static struct ref
iter_seq(struct lower *l)
{
	return ir_load(l, ir_load(l, ir_ctx(l), 0, 8), 0, 8);
}

/* NULL in the last call, behind the last object. */
static struct ref
iter_object(struct lower *l)
{
	return ir_load(l, ir_ctx(l), 8, 8);
}

/* The task of walks over tasks and what they have: the object is its struct
 * task_struct. Other objects are of no process. */
static struct ref
iter_process(struct lower *l, struct ref object)
{
	const struct kbtf *b = kernel_btf(ir_in(l)->kernel);
	int32_t off = b ? kbtf_offset(b, "task_struct", "tgid") : -1;

	if (off < 0 || strncmp(ir_unit(l)->targets.v[0].name, "task", 4) != 0)
		return REF_NONE;
	return ir_load(l, object, off, 4);
}

/* ---- attaching ---- */

/* The parts of union bpf_attr for BPF_LINK_CREATE and BPF_ITER_CREATE. */
struct iter_attr {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t info;
	uint32_t info_len, reserved;
};
struct iter_info { /* union bpf_iter_link_info, of tasks (kernel 6.1) */
	uint32_t tid, pid, pid_fd, reserved;
};

static int
link_create(struct attach *a, const struct target *t)
{
	struct iter_info info = { .pid = (uint32_t)a->pid };
	struct iter_attr attr = { .prog_fd = (uint32_t)a->prog_fd,
				  .attach_type = BPF_TRACE_ITER };
	int fd;

	if (a->pid && !strncmp(t->name, "task", 4)) {
		attr.info = (uintptr_t)&info;
		attr.info_len = sizeof(info);
	}
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	return fd < 0 ? -errno : fd;
}

/* The file of this walk; it keeps the link alive. */
static int
iter_create(int link)
{
	struct iter_attr attr = { .prog_fd = (uint32_t)link };
	int fd = syscall(SYS_bpf, BPF_ITER_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}

static int
pin(int link, const char *path)
{
	union bpf_attr attr = { .pathname = (uintptr_t)path,
				.bpf_fd = (uint32_t)link };

	return syscall(SYS_bpf, BPF_OBJ_PIN, &attr, sizeof(attr)) ? -errno : 0;
}

static int
iter_attach(struct attach *a, const struct unit *u, const struct target *t)
{
	int link = link_create(a, t), fd;

	(void)u;
	if (link < 0)
		return probe_refused(a, link, t->probe);
	fd = t->pin ? pin(link, t->pin) : iter_create(link);
	close(link);
	if (fd < 0 && t->pin) {
		a->why = arena_printf(a->arena, "cannot pin to %s: %s", t->pin,
				      strerror(-fd));
		return fd;
	}
	if (fd < 0)
		return probe_refused(a, fd, t->probe);
	*vec_push(a->arena, &a->walks) =
		(struct walk){ t->pin ? -1 : fd, t->pin };
	return 0;
}

/* ---- listing ---- */

/* The members of the context, but for the first, which is the reader's. */
static const char *
params(struct listing *l, const struct kbtf *b, const char *ctx)
{
	const struct btf_type *t =
		kbtf_type(b, kbtf_find(b, ctx, BTF_KIND_STRUCT));
	const struct btf_member *m = (const void *)(t + 1);
	struct arena *a = l->in->arena;
	struct sbuf out = { 0 };
	const char *text;

	for (uint32_t i = 1; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_type *in = kbtf_type(b, m[i].type);
		const struct btf_member *one = &m[i];

		/* A pointer stands in a union that makes it 8 bytes. */
		if (in && BTF_INFO_KIND(in->info) == BTF_KIND_UNION &&
		    BTF_INFO_VLEN(in->info))
			one = (const void *)(in + 1);
		sbuf_printf(&out, "    %s %s\n",
			    probe_btf_text(a, b, one->type),
			    kbtf_str(b, one->name_off));
	}
	text = arena_strndup(a, out.s ? out.s : "", out.n);
	sbuf_free(&out);
	return text;
}

struct listed {
	struct listing *l;
	const struct kbtf *btf;
};

static void
list_ctx(void *arg, const char *ctx, uint32_t id)
{
	const struct listed *at = arg;
	struct listing *l = at->l;
	const char *name = ctx + strlen(ctx_prefix);

	(void)id;
	if (listing_wants(l, name) &&
	    kbtf_find(at->btf,
		      arena_printf(l->in->arena, "%s%s", func_prefix, name),
		      BTF_KIND_FUNC))
		listing_add(l, name,
			    l->verbose ? params(l, at->btf, ctx) : NULL);
}

static bool
list_image(void *arg, const char *module, const struct kbtf *b)
{
	struct listed at = { arg, b };

	(void)module;
	kbtf_each(b, BTF_KIND_STRUCT,
		  arena_printf(at.l->in->arena, "%s*", ctx_prefix), list_ctx,
		  &at);
	return true;
}

static void
iter_list(struct listing *l)
{
	kernel_each_btf(l->in->kernel, list_image, l);
}

const struct probe_type probe_iter = {
	.name = "iter",
	.alias = "it",
	.doc = "walk over objects of the kernel",
	.prog_type = BPF_PROG_TYPE_TRACING,
	.attach_type = BPF_TRACE_ITER,
	.flags = PROBE_ANY | PROBE_CTX | PROBE_LATE,
	.min_parts = 0,
	.max_parts = UINT32_MAX, /* match() says it in its own words */
	.match = iter_match,
	.ctx = iter_ctx,
	.object = iter_object,
	.process = iter_process,
	.seq = iter_seq,
	.attach = iter_attach,
	.list = iter_list,
};
