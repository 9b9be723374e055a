/* SPDX-License-Identifier: MIT */
/*
 * rawtracepoint: a tracepoint's own arguments, as the kernel passes them
 * (REFERENCE 3.7). The context is an array of 64-bit arguments; BTF names and
 * types them.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

enum { ARGS_MAX = 12 }; /* the kernel's CAST_TO_U64() knows no more */

static const char prefix[] = "btf_trace_";

/* ---- matching ---- */

struct matching {
	struct sema *sema;
	struct match *match;
	const char *pattern; /* of module names */
	const char *typedefs;
	const char *module; /* the one looked through */
	bool all;           /* not only the first that has it */
	struct nearest near;
};

static void
add_target(void *arg, const char *name, uint32_t id)
{
	struct matching *m = arg;
	struct target *t;

	(void)id;
	name += strlen(prefix);
	t = probe_target(m->sema, m->match, "%s:%s:%s",
			 probe_rawtracepoint.name, m->module, name);
	t->group = arena_strdup(sema_arena(m->sema), m->module);
	t->name = name;
}

/* A plain name is looked for until it is found. */
static bool
match_module(void *arg, const char *module, const struct kbtf *b)
{
	struct matching *m = arg;

	if (!kernel_match(m->pattern, module))
		return true;
	m->module = module;
	kbtf_each(b, BTF_KIND_TYPEDEF, m->typedefs, add_target, m);
	return m->all || !m->match->targets.n;
}

static void
try_name(void *arg, const char *name, uint32_t id)
{
	struct matching *m = arg;

	(void)id;
	probe_nearest(m->sema, &m->near, name + strlen(prefix));
}

static bool
try_module(void *arg, const char *module, const struct kbtf *b)
{
	(void)module;
	kbtf_each(b, BTF_KIND_TYPEDEF, "btf_trace_*", try_name, arg);
	return true;
}

/* A name that is none. */
static bool
none(struct matching *m, const struct attach_text *ap, const char *name)
{
	m->near.word = name;
	kernel_each_btf(sema_kernel(m->sema), try_module, m);
	m->match->meant = m->near.best;
	return probe_none(m->sema, ap, m->match, "%s %s:%s",
			  probe_rawtracepoint.name, m->pattern, name);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct target *)a)->name,
		      ((const struct target *)b)->name);
}

/* rawtracepoint:sched_switch or rawtracepoint:vmlinux:sched_switch */
static bool
rawtracepoint_match(struct sema *s, const struct attach_text *ap,
		    struct match *m)
{
	unsigned last = ap->parts.n - 1;
	const char *module = last > 1 ? probe_part(ap, 1) : "*";
	const char *name = probe_part(ap, last);
	const struct kbtf *btf = kernel_btf(sema_kernel(s));
	struct matching arg = { .sema = s, .match = m, .pattern = module };

	if (!*name)
		return sema_error_at(s, ap->span,
				     "%s should be attached to a function",
				     probe_rawtracepoint.name);
	if (!btf)
		return sema_error_at(s, ap->span,
				     "No BTF found: %s probes need a kernel "
				     "with CONFIG_DEBUG_INFO_BTF",
				     probe_rawtracepoint.name);
	m->wildcard =
		last == 1 || probe_is_pattern(ap, 1) || probe_is_pattern(ap, 2);
	arg.typedefs = arena_printf(sema_arena(s), "%s%s", prefix, name);
	arg.all = kernel_is_pattern(name);
	kernel_each_btf(sema_kernel(s), match_module, &arg);
	if (!m->targets.n)
		return none(&arg, ap, name);
	qsort(m->targets.v, m->targets.n, sizeof(*m->targets.v), by_name);
	return true;
}

/* ---- args ---- */

/*
 * The prototype behind a tracepoint. __traceiter_NAME has one with names for
 * every event; btf_trace_NAME, a pointer to a function, has types alone.
 */
static bool
find_proto(struct arena *a, const struct kbtf *b, const char *name,
	   struct probe_proto *out)
{
	uint32_t id;

	id = kbtf_find(b, arena_printf(a, "__traceiter_%s", name),
		       BTF_KIND_FUNC);
	if (id && probe_btf_proto(b, id, out))
		return true;
	id = kbtf_find(b, arena_printf(a, "__bpf_trace_%s", name),
		       BTF_KIND_FUNC);
	return id && probe_btf_proto(b, id, out);
}

/* Argument i stands at byte 8 i; the first parameter is the kernel's own. */
static const struct type *
args_type(struct sema *s, const struct kbtf *b, const struct probe_proto *p,
	  const struct target *t)
{
	uint32_t n = p->n > ARGS_MAX + 1 ? ARGS_MAX : p->n ? p->n - 1 : 0;
	struct arena *a = sema_arena(s);
	struct field *fields = arena_alloc(a, (n + 1) * sizeof(*fields));

	for (uint32_t i = 0; i < n; i++) {
		fields[i].name = kbtf_str(b, p->params[i + 1].name_off);
		fields[i].type =
			sema_btf_type(s, b, p->params[i + 1].type, AS_KERNEL);
		if (fields[i].type->size > 8)
			fields[i].type = type_none(sema_types(s));
		fields[i].offset = i * 8;
	}
	return type_struct(sema_types(s),
			   arena_printf(a, "struct %s_args", t->probe), n * 8,
			   fields, n);
}

static const struct type *
rawtracepoint_args(struct sema *s, struct unit *u, struct span at)
{
	const struct target *t = &u->targets.v[0];
	const struct kbtf *b = kernel_module_btf(sema_kernel(s), t->group);
	struct probe_proto proto;

	if (b && find_proto(sema_arena(s), b, t->name, &proto))
		return args_type(s, b, &proto, t);
	sema_error_at(s, at, "No BTF found for %s", t->name);
	return NULL;
}

static struct ref
rawtracepoint_arg(struct lower *l, unsigned n)
{
	return ir_load(l, ir_ctx(l), 8 * n, 8);
}

/* ---- attaching, listing ---- */

/* The part of union bpf_attr for BPF_RAW_TRACEPOINT_OPEN. */
struct raw_attr {
	uint64_t name;
	uint32_t prog_fd, reserved;
	uint64_t cookie;
};

int
probe_raw_attach(struct attach *a, const char *name, const struct unit *u,
		 const struct target *t)
{
	struct raw_attr attr = { .name = (uintptr_t)name,
				 .prog_fd = (uint32_t)a->prog_fd };
	int fd;

	/* Kernels before 6.10 know no cookie, and want to see none. */
	if (a->by_cookie)
		attr.cookie = (uint64_t)(t - u->targets.v);
	fd = syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
	if (fd < 0)
		return probe_refused(a, -errno, t->probe);
	*vec_push(a->arena, &a->fds) = fd;
	return 0;
}

static int
rawtracepoint_attach(struct attach *a, const struct unit *u,
		     const struct target *t)
{
	int err = probe_raw_attach(a, t->name, u, t);

	if (err == -EINVAL)
		a->why = "Maybe trying to access arguments beyond what's "
			 "available in this tracepoint";
	return err;
}

static const char *
event_params(struct listing *l, const struct kbtf *b, const char *name)
{
	struct arena *a = l->in->arena;
	struct probe_proto p;
	struct sbuf out = { 0 };
	const char *text;

	if (!find_proto(a, b, name, &p))
		return NULL;
	for (uint32_t i = 1; i < p.n; i++)
		sbuf_printf(&out, "    %s %s\n",
			    probe_btf_text(a, b, p.params[i].type),
			    kbtf_str(b, p.params[i].name_off));
	text = arena_strndup(a, out.s ? out.s : "", out.n);
	sbuf_free(&out);
	return text;
}

struct listed {
	struct listing *l;
	const char *module;
	const struct kbtf *btf;
};

static void
list_event(void *arg, const char *name, uint32_t id)
{
	const struct listed *at = arg;
	struct listing *l = at->l;
	const char *text, *params = NULL;

	(void)id;
	name += strlen(prefix);
	text = arena_printf(l->in->arena, "%s:%s", at->module, name);
	if (!listing_wants(l, text))
		return;
	if (l->verbose)
		params = event_params(l, at->btf, name);
	listing_add(l, text, params);
}

static bool
list_module(void *arg, const char *module, const struct kbtf *b)
{
	struct listed at = { arg, module, b };

	kbtf_each(b, BTF_KIND_TYPEDEF,
		  arena_printf(at.l->in->arena, "%s*", prefix), list_event,
		  &at);
	return true;
}

static void
rawtracepoint_list(struct listing *l)
{
	if (!strchr(l->pattern, ':'))
		l->pattern = arena_printf(l->in->arena, "*:%s", l->pattern);
	kernel_each_btf(l->in->kernel, list_module, l);
}

const struct probe_type probe_rawtracepoint = {
	.name = "rawtracepoint",
	.alias = "rt",
	.doc = "tracepoints with the kernel's own arguments",
	.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.flags = PROBE_ANY | PROBE_ARGN | PROBE_ARGS | PROBE_PARAMS |
		 PROBE_EXPAND | PROBE_SIGNAL | PROBE_FILTER_PID,
	.min_parts = 1,
	.max_parts = 2,
	.parts = "2 or 1",
	.match = rawtracepoint_match,
	.args = rawtracepoint_args,
	.arg = rawtracepoint_arg,
	.nargs = PROBE_NARGS,
	.index = probe_cookie,
	.attach = rawtracepoint_attach,
	.list = rawtracepoint_list,
};
