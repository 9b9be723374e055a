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
};

static void
add_target(void *arg, const char *name, uint32_t id)
{
	struct matching *m = arg;
	struct target *t;

	(void)id;
	name += strlen(prefix);
	t = probe_target(m->sema, m->match, "%s:vmlinux:%s",
			 probe_rawtracepoint.name, name);
	t->group = "vmlinux";
	t->name = name;
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
	struct matching arg = { s, m };

	if (!*name)
		return sema_error_at(s, ap->span, "%s probe must have a target",
				     probe_rawtracepoint.name);
	if (!btf)
		return sema_error_at(s, ap->span,
				     "No BTF found: %s probes need a kernel "
				     "with CONFIG_DEBUG_INFO_BTF",
				     probe_rawtracepoint.name);
	m->wildcard =
		last == 1 || probe_is_pattern(ap, 1) || probe_is_pattern(ap, 2);
	if (kernel_match(module, "vmlinux"))
		kbtf_each(btf, BTF_KIND_TYPEDEF,
			  arena_printf(sema_arena(s), "%s%s", prefix, name),
			  add_target, &arg);
	if (!m->targets.n)
		return probe_none(s, ap, m, "%s %s:%s",
				  probe_rawtracepoint.name, module, name);
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

/* Through typedefs and qualifiers to what is behind them. */
static const struct btf_type *
resolve(const struct kbtf *b, uint32_t id)
{
	const struct btf_type *t = kbtf_type(b, id);

	for (int depth = 0; t && depth < 32; depth++) {
		switch (BTF_INFO_KIND(t->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			t = kbtf_type(b, t->type);
			break;
		default:
			return t;
		}
	}
	return NULL;
}

static const struct type *
pointer_type(struct sema *s, const struct kbtf *b, const struct btf_type *ptr)
{
	struct arena *a = sema_arena(s);
	const char *to = probe_btf_text(a, b, ptr->type);

	return probe_ctype(s, arena_printf(a, "%s *", to), AS_KERNEL);
}

static const struct type *
scalar_type(struct sema *s, const struct btf_type *t)
{
	uint32_t encoding = BTF_INFO_KIND(t->info) == BTF_KIND_INT
				    ? *(const uint32_t *)(t + 1)
				    : 0;
	uint32_t size = t->size;

	if (BTF_INT_ENCODING(encoding) & BTF_INT_BOOL)
		return type_bool(sema_types(s));
	if (size != 1 && size != 2 && size != 4)
		size = 8;
	return type_int(sema_types(s), size,
			BTF_INT_ENCODING(encoding) & BTF_INT_SIGNED);
}

static const struct type *
param_type(struct sema *s, const struct kbtf *b, uint32_t id)
{
	const struct btf_type *t = resolve(b, id);

	switch (t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN) {
	case BTF_KIND_PTR:
		return pointer_type(s, b, t);
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return scalar_type(s, t);
	default:
		return type_int(sema_types(s), 8, false);
	}
}

/* Argument i stands at byte 8 i; the first parameter is the kernel's own. */
static const struct type *
args_type(struct sema *s, const struct kbtf *b, const struct probe_proto *p,
	  const char *name)
{
	uint32_t n = p->n > ARGS_MAX + 1 ? ARGS_MAX : p->n ? p->n - 1 : 0;
	struct arena *a = sema_arena(s);
	struct field *fields = arena_alloc(a, (n + 1) * sizeof(*fields));

	for (uint32_t i = 0; i < n; i++) {
		fields[i].name = kbtf_str(b, p->params[i + 1].name_off);
		fields[i].type = param_type(s, b, p->params[i + 1].type);
		fields[i].offset = i * 8;
		fields[i].as = AS_KERNEL;
	}
	return type_struct(sema_types(s),
			   arena_printf(a, "struct %s:vmlinux:%s_args",
					probe_rawtracepoint.name, name),
			   n * 8, fields, n);
}

static const struct type *
rawtracepoint_args(struct sema *s, struct unit *u, struct span at)
{
	const struct kbtf *b = kernel_btf(sema_kernel(s));
	const char *name = u->targets.v[0].name;
	struct probe_proto proto;

	if (b && find_proto(sema_arena(s), b, name, &proto))
		return args_type(s, b, &proto, name);
	sema_error_at(s, at, "No BTF found for %s", name);
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

static int
raw_open(const char *name, int prog_fd)
{
	struct raw_attr attr = { .name = (uintptr_t)name, .prog_fd = prog_fd };
	int fd = syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}

int
probe_raw_attach(struct attach *a, const struct target *t)
{
	int fd = raw_open(t->name, a->prog_fd);

	if (fd < 0)
		return probe_refused(a, fd, t->probe);
	*vec_push(a->arena, &a->fds) = fd;
	return 0;
}

static int
rawtracepoint_attach(struct attach *a, const struct unit *u,
		     const struct target *t)
{
	(void)u;
	return probe_raw_attach(a, t);
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

static void
list_event(void *arg, const char *name, uint32_t id)
{
	struct listing *l = arg;
	const char *text;

	(void)id;
	name += strlen(prefix);
	text = arena_printf(l->in->arena, "vmlinux:%s", name);
	if (listing_wants(l, text))
		listing_add(l, text,
			    l->verbose
				    ? event_params(l, kernel_btf(l->in->kernel),
						   name)
				    : NULL);
}

static void
rawtracepoint_list(struct listing *l)
{
	const struct kbtf *b = kernel_btf(l->in->kernel);

	if (b)
		kbtf_each(b, BTF_KIND_TYPEDEF,
			  arena_printf(l->in->arena, "%s*", prefix), list_event,
			  l);
}

const struct probe_type probe_rawtracepoint = {
	.name = "rawtracepoint",
	.alias = "rt",
	.doc = "tracepoints with the kernel's own arguments",
	.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.flags = PROBE_ANY | PROBE_ARGN | PROBE_ARGS | PROBE_EXPAND |
		 PROBE_SIGNAL | PROBE_FILTER_PID,
	.min_parts = 1,
	.max_parts = 2,
	.match = rawtracepoint_match,
	.args = rawtracepoint_args,
	.arg = rawtracepoint_arg,
	.nargs = ARGS_MAX,
	.attach = rawtracepoint_attach,
	.list = rawtracepoint_list,
};
