/* SPDX-License-Identifier: MIT */
/*
 * kprobe, kretprobe: functions of the kernel (REFERENCE 3.5). Attached
 * through one multi link (5.18 with FPROBE), else through perf, one event per
 * function.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/perf_event.h>
#include <string.h>

#include "internal.h"

enum { TRACE_KPROBE_MULTI = 42 }; /* enum bpf_attach_type, kernel 5.18 */

/* ---- matching ---- */

struct matching {
	struct sema *sema;
	const struct attach_text *ap;
	struct match *match;
	const struct probe_type *type;
	const char *module; /* NULL: none written */
	const char *function;
	uint64_t offset;
};

static bool
is_return(const struct probe_type *type)
{
	return type == &probe_kretprobe;
}

static void
add_target(void *arg, const char *module, const char *name)
{
	struct matching *m = arg;
	struct arena *a = sema_arena(m->sema);
	struct target *t;

	if (kernel_refuses_kprobe(sema_kernel(m->sema), name))
		return;

	if (m->module)
		t = probe_target(m->sema, m->match, "%s:%s:%s", m->type->name,
				 module, name);
	else
		t = probe_target(m->sema, m->match, "%s:%s", m->type->name,
				 name);
	if (m->offset)
		t->probe = arena_printf(a, "%s+%llu", t->probe,
					(unsigned long long)m->offset);
	t->group = m->module ? arena_strdup(a, module) : NULL;
	t->name = arena_strdup(a, name);
	t->offset = m->offset;
	t->place = kernel_place_of(sema_kernel(m->sema), module, name);
}

static bool
add_address(struct matching *m, const char *text)
{
	struct target *t;
	uint64_t address;
	const char *why;

	if (!sema_in(m->sema)->unsafe)
		return sema_error_at(m->sema, m->ap->span,
				     "Probing by address requires --unsafe");
	if (!probe_whole_number(sema_arena(m->sema), text, &address, &why))
		return sema_error_at(m->sema, m->ap->span,
				     "Invalid address: %s", why);
	t = probe_target(m->sema, m->match, "%s:%llu", m->type->name,
			 (unsigned long long)address);
	t->name = "";
	t->address = address;
	return true;
}

static void
note_any(void *arg, const char *module, const char *name)
{
	(void)module;
	(void)name;
	*(bool *)arg = true;
}

static bool
is_loaded(struct matching *m)
{
	bool any = !strcmp(m->module, "vmlinux");

	if (!any)
		kernel_functions(sema_kernel(m->sema), m->module, "*", note_any,
				 &any);
	return any;
}

static bool
can_probe(struct matching *m, const char *module, const char *name)
{
	struct kernel *k = sema_kernel(m->sema);

	return kernel_has_function(k, module, name) &&
	       !kernel_refuses_kprobe(k, name);
}

/* Functions of system calls have had longer names since 4.17. */
static void
suggest(struct matching *m)
{
#if defined(__x86_64__)
	static const char prefix[] = "__x64_";
#else
	static const char prefix[] = "__arm64_";
#endif
	const char *name =
		arena_printf(sema_arena(m->sema), "%s%s", prefix, m->function);

	if (!strncmp(m->function, "sys_", 4) && can_probe(m, m->module, name))
		diag_hint(sema_diag(m->sema), "did you mean '%s'?", name);
	else if (!m->match->wildcard)
		probe_suggest_function(m->sema, m->module, m->function);
}

/* A plain name that is not there: upstream's error and its warning. */
static bool
none(struct matching *m)
{
	bool ok;

	if (m->module && !m->match->wildcard && !is_loaded(m))
		sema_error_at(m->sema, m->ap->span,
			      "specified module %s in probe %s:%s:%s is not "
			      "loaded.",
			      m->module, m->type->name, m->module, m->function);
	if (!m->match->wildcard &&
	    sema_config(m->sema)->missing_probes != MISSING_IGNORE &&
	    !can_probe(m, NULL, m->function))
		diag_warn(sema_diag(m->sema), m->ap->span,
			  "%s is not traceable (either non-existing, inlined, "
			  "or marked as \"notrace\"); attaching to it will "
			  "likely fail",
			  m->function);
	if (m->module && !m->match->wildcard)
		ok = probe_none(m->sema, m->ap, m->match, "%s %s:%s",
				m->type->name, m->module, m->function);
	else
		ok = probe_none(m->sema, m->ap, m->match, "%s %s",
				m->type->name, m->function);
	if (!ok)
		suggest(m);
	return ok;
}

static bool
match_function(struct matching *m, bool pattern)
{
	if (pattern)
		kernel_functions(sema_kernel(m->sema), m->module, m->function,
				 add_target, m);
	else if (can_probe(m, m->module, m->function))
		add_target(m, m->module ? m->module : "vmlinux", m->function);
	return m->match->targets.n || none(m);
}

static bool
match_any(struct sema *s, const struct attach_text *ap, struct match *out,
	  const struct probe_type *type)
{
	struct matching m = { .sema = s, .ap = ap, .match = out, .type = type };
	unsigned last = ap->parts.n - 1;
	const char *text = probe_part(ap, last);

	if (!*text)
		return sema_error_at(s, ap->span,
				     "kprobes should be attached to a "
				     "function or an address");
	if (probe_is_number(sema_arena(s), text))
		return add_address(&m, text);
	if (last == 2 && *probe_part(ap, 1))
		m.module = probe_part(ap, 1);
	out->wildcard = probe_is_pattern(ap, last) ||
			(last == 2 && probe_is_pattern(ap, 1));
	m.function = text;
	if (is_return(type) && strchr(text, '+'))
		return sema_error_at(s, ap->span, "Offset not allowed");
	if (!probe_is_pattern(ap, last) &&
	    !probe_split_offset(s, ap, text, &m.function, &m.offset))
		return false;
	return match_function(&m, out->wildcard);
}

static bool
kprobe_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	return match_any(s, ap, m, &probe_kprobe);
}

static bool
kretprobe_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	return match_any(s, ap, m, &probe_kretprobe);
}

/* ---- reading the context ---- */

/* A multi link takes entries alone. */
static bool
is_entry(const struct target *t)
{
	return !t->offset && !t->address;
}

/*
 * The function's address. The instruction pointer is some bytes behind it: the
 * breakpoint's, or the call's that stands at the entry. With the helper, which
 * knows entries only, the value is the one that the return has, and the one
 * that a link names for it.
 */
static struct ref
kprobe_func(struct lower *l)
{
	enum { HELPER_FROM = 0x050f00 };
	uint32_t version = ir_in(l)->kernel->paths.version;
	const struct unit *u = ir_unit(l);

	if ((version && version < HELPER_FROM) ||
	    !probe_all_multi(u->type, u->targets.v, u->targets.n))
		return probe_ip(l);
	return probe_func_ip(l);
}

/* ---- attaching ---- */

/* The name as the kernel resolves it, with its module where one was given. */
static const char *
symbol(struct attach *a, const struct target *t)
{
	if (!t->group || !strcmp(t->group, "vmlinux"))
		return t->name;
	return arena_printf(a->arena, "%s:%s", t->group, t->name);
}

static bool
has_place(const struct unit *u)
{
	for (uint32_t i = 0; i < u->targets.n; i++)
		if (!u->targets.v[i].place)
			return false;
	return true;
}

/* All targets of the unit through one link, which takes the names of the core
 * kernel and of loaded modules alike, and looks for them among all its
 * symbols; for addresses it need not. */
static int
attach_all(struct attach *a, const struct unit *u)
{
	struct multi m = { .n = u->targets.n, .ret = is_return(u->type) };
	int err = -EINVAL;

	m.syms = arena_alloc(a->arena, m.n * sizeof(*m.syms));
	m.cookies = arena_alloc(a->arena, m.n * sizeof(*m.cookies));
	m.addresses = arena_alloc(a->arena, m.n * sizeof(*m.addresses));
	for (uint32_t i = 0; i < m.n; i++) {
		m.syms[i] = u->targets.v[i].name;
		m.cookies[i] = i;
		m.addresses[i] = u->targets.v[i].place;
	}
	if (has_place(u))
		err = probe_kprobe_multi(a, &m);
	m.addresses = NULL;
	return err ? probe_kprobe_multi(a, &m) : 0;
}

/* What BTF knows need not be left in the code. */
static bool
is_traceable(struct attach *a, const struct target *t)
{
	bool any = false;

	kernel_functions(a->kernel, t->group, t->name, note_any, &any);
	return any;
}

static int
why_not(struct attach *a, int err, const struct target *t)
{
	if (err == -EINVAL && *t->name && !is_traceable(a, t)) {
		a->why = arena_printf(a->arena,
				      "cannot attach to %s: %s is not "
				      "traceable (inlined, or marked as "
				      "\"notrace\")",
				      t->probe, t->name);
		return err;
	}
	if (err == -EILSEQ) {
		a->why = "Possible attachment attempt in the middle of an "
			 "instruction, try a different offset.";
		return err;
	}
	return probe_refused(a, err, t->probe);
}

struct namesakes {
	struct attach *attach;
	struct perf_event_attr attr;
	const struct target *target;
	uint64_t cookie;
	uint32_t n;
};

static void
attach_namesake(void *arg, const char *module, const char *name,
		uint64_t address)
{
	struct namesakes *n = arg;
	const char *group = n->target->group;

	if (strcmp(name, n->target->name) != 0 ||
	    (group && strcmp(group, module) != 0))
		return;
	n->attr.kprobe_func = 0;
	n->attr.probe_offset = address + n->target->offset;
	if (!probe_perf_attach(n->attach, &n->attr, -1,
			       probe_first_cpu(n->attach), n->cookie,
			       n->target->probe))
		n->n++;
}

/* Several static functions of one name: the kernel used to take the first that
 * it found, and refuses the name since 6.7 and in stable kernels of that time.
 * All are meant. */
static int
attach_namesakes(struct namesakes *n)
{
	kernel_places(n->attach->kernel, attach_namesake, n);
	if (n->n)
		return 0;
	n->attach->why = arena_printf(
		n->attach->arena,
		"cannot attach to %s: the kernel has several functions of "
		"this name, and does not show their addresses",
		n->target->probe);
	return -EADDRNOTAVAIL;
}

static int
attach_perf(struct attach *a, const struct unit *u, const struct target *t)
{
	int type = probe_pmu_type(a, "kprobe"), bit, err;
	uint64_t cookie = t - u->targets.v, place;
	struct perf_event_attr attr;

	if (type < 0) {
		a->why = arena_printf(a->arena,
				      "cannot attach to %s: this kernel has "
				      "no kprobes (CONFIG_KPROBE_EVENTS)",
				      t->probe);
		return -EOPNOTSUPP;
	}
	memset(&attr, 0, sizeof(attr));
	attr.type = type;
	attr.sample_period = 1;
	place = t->address ? t->address : probe_kernel_place(a, u, t);
	attr.kprobe_func = place ? 0 : (uintptr_t)symbol(a, t);
	attr.probe_offset = place ? place : t->offset;
	if (is_return(u->type)) {
		bit = probe_pmu_bit(a, "kprobe", "retprobe");
		if (bit < 0)
			return why_not(a, bit, t);
		attr.config |= 1ull << bit;
	}
	err = probe_perf_attach(a, &attr, -1, probe_first_cpu(a), cookie,
				t->probe);
	if (err == -EADDRNOTAVAIL && !t->address)
		return attach_namesakes(
			&(struct namesakes){ a, attr, t, cookie, 0 });
	return err ? why_not(a, err, t) : 0;
}

static int
kprobe_attach(struct attach *a, const struct unit *u, const struct target *t)
{
	int err;

	if (a->done == u)
		return 0;
	if (a->form != FORM_MULTI)
		return attach_perf(a, u, t);
	err = attach_all(a, u);
	if (!err)
		a->done = u;
	return err;
}

/* ---- listing ---- */

/* -lv: the BTF types, named after the words that read them. */
static const char *
params(struct listing *l, const char *name)
{
	const struct kbtf *b = kernel_btf(l->in->kernel);
	uintptr_t id = (uintptr_t)hmap_get(&l->ids, name);
	struct arena *a = l->in->arena;
	struct sbuf out = { 0 };
	struct probe_proto p;
	const char *text;

	if (!id || !probe_btf_proto(b, id, &p))
		return NULL;
	if (is_return(l->type))
		sbuf_printf(&out, "    %s retval\n",
			    probe_btf_text(a, b, p.ret));
	for (uint32_t i = 0; !is_return(l->type) && i < p.n; i++)
		sbuf_printf(&out, "    %s arg%u\n",
			    probe_btf_text(a, b, p.params[i].type), i);
	text = arena_strndup(a, out.s ? out.s : "", out.n);
	sbuf_free(&out);
	return text;
}

static void
list_function(void *arg, const char *module, const char *name)
{
	struct listing *l = arg;
	const char *text = name;

	if (kernel_refuses_kprobe(l->in->kernel, name))
		return;
	if (strchr(l->pattern, ':'))
		text = arena_printf(l->in->arena, "%s:%s", module, name);
	if (listing_wants(l, text))
		listing_add(l, text, l->verbose ? params(l, name) : NULL);
}

static void
note_id(void *arg, const char *name, uint32_t id)
{
	struct listing *l = arg;

	hmap_put(l->in->arena, &l->ids, name, (void *)(uintptr_t)id);
}

/* -lv asks BTF for thousands of names: index them once. */
static void
kprobe_list(struct listing *l)
{
	const char *colon = strchr(l->pattern, ':');
	const char *name = colon ? colon + 1 : l->pattern;
	const struct kbtf *b = l->verbose ? kernel_btf(l->in->kernel) : NULL;

	if (b)
		kbtf_each(b, BTF_KIND_FUNC, name, note_id, l);
	kernel_functions(l->in->kernel, NULL, name, list_function, l);
}

const struct probe_type probe_kprobe = {
	.name = "kprobe",
	.alias = "k",
	.doc = "functions of the kernel",
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.multi_type = TRACE_KPROBE_MULTI,
	.multi = is_entry,
	.multi_needs = FEAT_KPROBE_MULTI,
	.flags = PROBE_GATE | PROBE_ANY | PROBE_ARGN | PROBE_CTX | PROBE_REGS |
		 PROBE_FUNC | PROBE_SIGNAL | PROBE_LATE | PROBE_FILTER_PID,
	.min_parts = 1,
	.max_parts = 2,
	.match = kprobe_match,
	.arg = probe_arg,
	.nargs = PROBE_NARGS,
	.reg = probe_reg,
	.func = kprobe_func,
	.index = probe_cookie,
	.attach = kprobe_attach,
	.list = kprobe_list,
};

const struct probe_type probe_kretprobe = {
	.name = "kretprobe",
	.alias = "kr",
	.doc = "returns from functions of the kernel",
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.multi_type = TRACE_KPROBE_MULTI,
	.multi = is_entry,
	.multi_needs = FEAT_KPROBE_MULTI,
	.flags = PROBE_GATE | PROBE_RETVAL | PROBE_CTX | PROBE_REGS |
		 PROBE_FUNC | PROBE_SIGNAL | PROBE_FILTER_PID,
	.min_parts = 1,
	.max_parts = 2,
	.match = kretprobe_match,
	.retval = probe_retval,
	.reg = probe_reg,
	.func = probe_func_ip,
	.index = probe_cookie,
	.attach = kprobe_attach,
	.list = kprobe_list,
};
