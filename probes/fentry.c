/* SPDX-License-Identifier: MIT */
/*
 * fentry, fexit: functions of the kernel through its trampolines, their
 * arguments and results typed by BTF (REFERENCE 3.7). The context is an array
 * of 64-bit values: the arguments, behind them the result.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#if defined(__x86_64__)
enum { ARGS_MAX = 6 }; /* those in registers: what trampolines pass on */
#else
enum { ARGS_MAX = 8 };
#endif

/* ---- matching ---- */

struct matching {
	struct sema *sema;
	struct match *match;
	const struct probe_type *type;
	const char *pattern;  /* of module names */
	const char *function; /* name or pattern */
	const char *module;   /* the one looked through */
	const struct kbtf *btf;
	struct hmap traceable; /* its functions that match */
};

/* A trampoline takes what stands in registers. */
static bool
can_attach(const struct kbtf *b, uint32_t id)
{
	struct probe_proto p;

	return probe_btf_proto(b, id, &p) && p.n <= ARGS_MAX &&
	       (!p.n || p.params[p.n - 1].type); /* 0: "..." */
}

static void
add_target(void *arg, const char *name, uint32_t id)
{
	struct matching *m = arg;
	struct arena *a = sema_arena(m->sema);
	struct fentry_site *site;
	struct target *t;

	if (!hmap_get(&m->traceable, name) || !can_attach(m->btf, id))
		return;
	site = arena_alloc(a, sizeof(*site));
	site->btf = m->btf;
	probe_btf_proto(m->btf, id, &site->proto);
	t = probe_target(m->sema, m->match, "%s:%s:%s", m->type->name,
			 m->module, name);
	t->group = arena_strdup(a, m->module);
	t->name = name;
	t->btf_id = id;
	t->data = site;
}

static void
note_traceable(void *arg, const char *module, const char *name)
{
	struct matching *m = arg;
	struct arena *a = sema_arena(m->sema);

	(void)module;
	hmap_put(a, &m->traceable, arena_strdup(a, name), m);
}

static bool
match_module(void *arg, const char *module, const struct kbtf *b)
{
	struct matching *m = arg;
	struct kernel *k = sema_kernel(m->sema);

	if (!kernel_match(m->pattern, module))
		return true;
	m->module = module;
	m->btf = b;
	memset(&m->traceable, 0, sizeof(m->traceable));
	if (kernel_is_pattern(m->function))
		kernel_functions(k, module, m->function, note_traceable, m);
	else if (kbtf_find(b, m->function, BTF_KIND_FUNC) &&
		 kernel_has_function(k, module, m->function))
		note_traceable(m, module, m->function);
	if (m->traceable.entries.n)
		kbtf_each(b, BTF_KIND_FUNC, m->function, add_target, m);
	return true;
}

static int
by_probe(const void *a, const void *b)
{
	return strcmp(((const struct target *)a)->probe,
		      ((const struct target *)b)->probe);
}

static bool
match_any(struct sema *s, const struct attach_text *ap, struct match *out,
	  const struct probe_type *type)
{
	unsigned last = ap->parts.n - 1;
	struct matching m = { .sema = s, .match = out, .type = type };

	m.pattern = last > 1 ? probe_part(ap, 1) : "*";
	m.function = probe_part(ap, last);
	if (!*m.function)
		return sema_error_at(s, ap->span,
				     "%s/%s should specify a function",
				     probe_fentry.name, probe_fexit.name);
	if (!kernel_btf(sema_kernel(s)))
		return sema_error_at(s, ap->span,
				     "No BTF found: %s probes need a kernel "
				     "with CONFIG_DEBUG_INFO_BTF",
				     type->name);
	out->wildcard = probe_is_pattern(ap, last) ||
			(last > 1 && probe_is_pattern(ap, 1));
	if (last > 1 && !strcmp(m.pattern, "bpf"))
		return probe_match_bpf(s, ap, out, type);
	if (last > 2)
		return sema_error_at(s, ap->span,
				     "Only the 'bpf' variant of this probe "
				     "supports 4 arguments");
	kernel_each_btf(sema_kernel(s), match_module, &m);
	if (!out->targets.n) {
		if (last > 1 ? probe_none(s, ap, out, "%s %s:%s", type->name,
					  m.pattern, m.function)
			     : probe_none(s, ap, out, "%s %s", type->name,
					  m.function))
			return true;
		probe_suggest_function(s, NULL, m.function);
		return false;
	}
	if (!out->wildcard && out->targets.n > 1)
		return sema_error_at(s, ap->span,
				     "ambiguous attach point, please specify "
				     "module containing the function '%s'",
				     m.function);
	qsort(out->targets.v, out->targets.n, sizeof(*out->targets.v),
	      by_probe);
	return true;
}

static bool
fentry_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	return match_any(s, ap, m, &probe_fentry);
}

static bool
fexit_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	return match_any(s, ap, m, &probe_fexit);
}

/* ---- arguments and the result ---- */

static const struct type *
value_type(struct sema *s, const struct fentry_site *site, uint32_t id)
{
	const struct type *type = sema_btf_type(s, site->btf, id, AS_KERNEL);

	/* A struct by value spreads over several registers. */
	return type && type->size <= 8 ? type : type_none(sema_types(s));
}

static const struct type *
fentry_args(struct sema *s, struct unit *u, struct span at)
{
	const struct target *t = &u->targets.v[0];
	const struct fentry_site *site = t->data;
	const struct probe_proto *p;
	struct field *fields;

	if (!site) {
		sema_error_at(s, at, "No BTF found for %s", t->name);
		return NULL;
	}
	p = &site->proto;
	fields = arena_alloc(sema_arena(s), (p->n + 1) * sizeof(*fields));
	for (uint32_t i = 0; i < p->n; i++) {
		fields[i].name = kbtf_str(site->btf, p->params[i].name_off);
		fields[i].type = value_type(s, site, p->params[i].type);
		fields[i].offset = i * 8;
	}
	return type_struct(
		sema_types(s),
		arena_printf(sema_arena(s), "struct %s_args", t->probe),
		p->n * 8, fields, p->n);
}

static const struct type *
fexit_result(struct sema *s, const struct unit *u)
{
	const struct fentry_site *site = u->targets.v[0].data;

	return site && site->proto.ret ? value_type(s, site, site->proto.ret)
				       : NULL;
}

/* Behind the arguments. In a BPF program whose types the kernel does not
 * trust, that is behind as many as any may have: only the helper knows. */
static struct ref
fexit_retval(struct lower *l)
{
	const struct target *t = &ir_unit(l)->targets.v[0];
	const struct fentry_site *site = t->data;
	struct mem value;

	if (t->prog_id) {
		value = ir_obj(l, 8, 8);
		ir_call(l, HELPER_get_func_ret, 2, ir_ctx(l),
			ir_addr(l, value));
		return ir_load(l, value.base, value.off, 8);
	}
	return ir_load(l, ir_ctx(l), 8 * (int32_t)site->proto.n, 8);
}

/* ---- attaching, listing ---- */

static int
fentry_attach(struct attach *a, const struct unit *u, const struct target *t)
{
	/* The program knows its function. */
	return probe_raw_attach(a, NULL, u, t);
}

struct listed {
	struct listing *l;
	const char *module;
	const struct kbtf *btf;
	struct hmap traceable;
};

static const char *
params(const struct listed *at, uint32_t id)
{
	struct arena *a = at->l->in->arena;
	struct sbuf out = { 0 };
	struct probe_proto p;
	const char *text;

	if (!probe_btf_proto(at->btf, id, &p))
		return NULL;
	for (uint32_t i = 0; i < p.n; i++)
		sbuf_printf(&out, "    %s %s\n",
			    probe_btf_text(a, at->btf, p.params[i].type),
			    kbtf_str(at->btf, p.params[i].name_off));
	if (at->l->type == &probe_fexit)
		sbuf_printf(&out, "    %s retval\n",
			    probe_btf_text(a, at->btf, p.ret));
	text = arena_strndup(a, out.s ? out.s : "", out.n);
	sbuf_free(&out);
	return text;
}

static void
list_function(void *arg, const char *name, uint32_t id)
{
	struct listed *at = arg;
	struct listing *l = at->l;
	struct probe_proto p;
	const char *text;

	if (!hmap_get(&at->traceable, name) ||
	    !probe_btf_proto(at->btf, id, &p) || p.n > ARGS_MAX)
		return;
	text = arena_printf(l->in->arena, "%s:%s", at->module, name);
	if (listing_wants(l, text))
		listing_add(l, text, l->verbose ? params(at, id) : NULL);
}

static void
note_listed(void *arg, const char *module, const char *name)
{
	struct listed *at = arg;
	struct arena *a = at->l->in->arena;

	(void)module;
	hmap_put(a, &at->traceable, arena_strdup(a, name), at);
}

static bool
list_module(void *arg, const char *module, const struct kbtf *b)
{
	struct listed at = { .l = arg, .module = module, .btf = b };
	const char *names = strchr(at.l->pattern, ':') + 1;

	kernel_functions(at.l->in->kernel, module, names, note_listed, &at);
	kbtf_each(b, BTF_KIND_FUNC, names, list_function, &at);
	return true;
}

static void
fentry_list(struct listing *l)
{
	if (!strchr(l->pattern, ':'))
		l->pattern = arena_printf(l->in->arena, "*:%s", l->pattern);
	kernel_each_btf(l->in->kernel, list_module, l);
}

const struct probe_type probe_fentry = {
	.name = "fentry",
	.alias = "f",
	.old_name = "kfunc",
	.doc = "functions of the kernel, arguments typed",
	.prog_type = BPF_PROG_TYPE_TRACING,
	.attach_type = BPF_TRACE_FENTRY,
	.flags = PROBE_ANY | PROBE_ARGS | PROBE_PARAMS | PROBE_FUNC |
		 PROBE_SIGNAL | PROBE_EXPAND | PROBE_EACH | PROBE_LATE |
		 PROBE_FILTER_PID,
	.min_parts = 1,
	.max_parts = 3,
	.parts = "1 or 3",
	.match = fentry_match,
	.args = fentry_args,
	.func = probe_func_ip,
	.index = probe_cookie,
	.attach = fentry_attach,
	.list = fentry_list,
};

const struct probe_type probe_fexit = {
	.name = "fexit",
	.alias = "fr",
	.old_name = "kretfunc",
	.doc = "returns from functions of the kernel, typed",
	.prog_type = BPF_PROG_TYPE_TRACING,
	.attach_type = BPF_TRACE_FEXIT,
	.flags = PROBE_ARGS | PROBE_PARAMS | PROBE_RETVAL | PROBE_FUNC |
		 PROBE_SIGNAL | PROBE_EXPAND | PROBE_EACH | PROBE_LATE |
		 PROBE_FILTER_PID,
	.min_parts = 1,
	.max_parts = 3,
	.parts = "1 or 3",
	.match = fexit_match,
	.args = fentry_args,
	.retval = fexit_retval,
	.result = fexit_result,
	.func = probe_func_ip,
	.index = probe_cookie,
	.attach = fentry_attach,
	.list = fentry_list,
};
