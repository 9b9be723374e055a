/* SPDX-License-Identifier: MIT */
/*
 * tracepoint: static events of the kernel (REFERENCE 3.6). Targets and the
 * type of `args` come from tracefs; attached through perf.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <string.h>

#include "internal.h"

/* ---- matching ---- */

struct matching {
	struct sema *sema;
	struct match *match;
};

static void
add_target(struct sema *s, struct match *m, const char *category,
	   const char *name)
{
	struct target *t =
		probe_target(s, m, "tracepoint:%s:%s", category, name);

	t->group = arena_strdup(sema_arena(s), category);
	t->name = arena_strdup(sema_arena(s), name);
	if (!strcmp(category, PROBE_SYSCALLS_GROUP))
		t->count = (uint64_t)(probe_syscall_number(name) + 1);
}

static void
add_listed(void *arg, const char *category, const char *name)
{
	struct matching *m = arg;

	add_target(m->sema, m->match, category, name);
}

static bool
tracefs_error(struct sema *s, const struct attach_text *ap, int err)
{
	const char *why = NULL;

	kernel_tracefs(sema_kernel(s), &why);
	return sema_error_at(s, ap->span, "cannot read the tracepoints: %s",
			     why ? why : strerror(err));
}

/* ---- a name that is none ---- */

struct searching {
	struct sema *sema;
	struct nearest names, groups;
};

static void
try_name(void *arg, const char *category, const char *name)
{
	struct searching *search = arg;

	(void)category;
	probe_nearest(search->sema, &search->names, name);
}

static void
try_group(void *arg, const char *category, const char *name)
{
	struct searching *search = arg;

	(void)name;
	probe_nearest(search->sema, &search->groups, category);
}

/* Another event of the group, or another group with the event. */
static void
suggest(struct sema *s, const char *category, const char *name)
{
	struct searching search = { s, { .word = name }, { .word = category } };
	struct kernel *k = sema_kernel(s);

	if (kernel_events(k, category, "*", try_name, &search) <= 0)
		kernel_events(k, "*", name, try_group, &search);
	if (search.names.best)
		name = search.names.best;
	else if (search.groups.best)
		category = search.groups.best;
	else
		return;
	diag_hint(sema_diag(s), "did you mean '%s:%s:%s'?",
		  probe_tracepoint.name, category, name);
}

static bool
tracepoint_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	const char *category = probe_part(ap, 1), *name = probe_part(ap, 2);
	struct matching arg = { s, m };
	int n;

	if (ap->parts.n == 2)
		name = "*"; /* the one part is a wildcard */
	if (!*category || !*name)
		return sema_error_at(s, ap->span, "%s probe must have a target",
				     probe_tracepoint.name);
	m->wildcard = probe_is_pattern(ap, 1) || probe_is_pattern(ap, 2);
	if (m->wildcard) {
		n = kernel_events(sema_kernel(s), category, name, add_listed,
				  &arg);
		if (n < 0)
			return tracefs_error(s, ap, -n);
	} else if (kernel_event(sema_kernel(s), category, name)) {
		add_target(s, m, category, name);
	} else if (errno != ENOENT) {
		return tracefs_error(s, ap, errno);
	}
	if (m->targets.n)
		return true;
	if (probe_none(s, ap, m, "%s %s:%s", probe_tracepoint.name, category,
		       name))
		return true;
	suggest(s, category, name);
	return false;
}

/* ---- args ---- */

/* One element of `size` bytes. */
static const struct type *
element_type(struct sema *s, const struct trace_field *f, uint32_t size,
	     enum addrspace as)
{
	const char *tag = probe_after(probe_unqualified(f->type), "enum");
	struct types *t = sema_types(s);
	const struct type *known = tag ? sema_enum(s, tag, size) : NULL;

	if (known)
		return known;
	if (size == 8 && strchr(f->type, '*'))
		return probe_ctype(s, f->type, as);
	if (size == 1 && !strcmp(f->type, "bool"))
		return type_bool(t);
	if (size == 1 || size == 2 || size == 4 || size == 8)
		return type_int(t, size, f->is_signed);
	return type_array(t, type_int(t, 1, false), size);
}

static const struct type *
field_type(struct sema *s, const struct trace_field *f, enum addrspace as)
{
	const char *type = probe_unqualified(f->type);
	const struct type *element;

	if (f->data_loc)
		return type_int(sema_types(s), 8, true);
	if (!f->count)
		return element_type(s, f, f->size, as);
	if (f->count == f->size && !strcmp(type, "char"))
		return type_string(sema_types(s), f->size);
	element = element_type(s, f, f->size / f->count, as);
	return type_array(sema_types(s), element, f->count);
}

static const struct type *
event_type(struct sema *s, const struct trace_event *e, enum addrspace as)
{
	struct arena *a = sema_arena(s);
	struct field *fields =
		arena_alloc(a, (e->fields.n + 1) * sizeof(*fields));
	uint32_t n = 0;

	for (uint32_t i = 0; i < e->fields.n; i++) {
		const struct trace_field *f = &e->fields.v[i];

		if (f->common)
			continue;
		fields[n++] = (struct field){
			.name = f->name,
			.type = field_type(s, f, as),
			.offset = f->offset,
			.data_loc = f->data_loc,
			/* The data lie in the record, kernel memory. */
			.as = f->data_loc ? AS_KERNEL : as,
		};
	}
	return type_struct(sema_types(s),
			   arena_printf(a, "struct %s:%s:%s_args",
					probe_tracepoint.name, e->category,
					e->name),
			   e->size, fields, n);
}

/* Only system calls have pointers of the traced program. */
static enum addrspace
pointer_space(const struct target *t)
{
	return strcmp(t->group, PROBE_SYSCALLS_GROUP) ? AS_KERNEL : AS_USER;
}

/* Arguments of system calls are numbers at times where they are addresses
 * (prctl, ioctl). */
static enum addrspace
number_space(const struct unit *u)
{
	for (uint32_t i = 0; i < u->targets.n; i++)
		if (pointer_space(&u->targets.v[i]) == AS_USER)
			return AS_ANY;
	return AS_KERNEL;
}

static const struct type *
tracepoint_args(struct sema *s, struct unit *u, struct span at)
{
	const struct target *t = &u->targets.v[0];
	const struct trace_event *e;

	e = kernel_event(sema_kernel(s), t->group, t->name);
	if (e)
		return event_type(s, e, pointer_space(t));
	sema_error_at(s, at, "cannot read the arguments of %s: %s", t->probe,
		      strerror(errno));
	return NULL;
}

static const char *
tracepoint_hidden(const char *field)
{
	return strncmp(field, "common_", 7)
		       ? NULL
		       : "BPF does not support accessing common tracepoint "
			 "fields";
}

/* ---- attaching, listing ---- */

/* The events of system calls exist for perf and ftrace only: behind them are
 * the two raw tracepoints of all system calls. */
static bool
tracepoint_bare(const struct unit *u)
{
	return strcmp(u->targets.v[0].group, PROBE_SYSCALLS_GROUP) != 0;
}

static const struct trace_field *
field_of(const struct trace_event *e, const char *name)
{
	for (uint32_t i = 0; i < e->fields.n; i++)
		if (!strcmp(e->fields.v[i].name, name))
			return &e->fields.v[i];
	return NULL;
}

/* Whether the field is read by the same code in both events. */
static bool
same_field(const struct trace_event *a, const struct trace_event *b,
	   const char *name)
{
	const struct trace_field *f = field_of(a, name);
	const struct trace_field *g = field_of(b, name);

	return f && g && f->offset == g->offset && f->size == g->size &&
	       f->count == g->count && f->is_signed == g->is_signed &&
	       f->data_loc == g->data_loc && !strcmp(f->type, g->type);
}

static bool
tracepoint_same_fields(struct sema *s, const struct target *a,
		       const struct target *b, const char *const *fields)
{
	struct kernel *k = sema_kernel(s);
	const struct trace_event *e, *f;

	if (pointer_space(a) != pointer_space(b))
		return false;
	e = kernel_event(k, a->group, a->name);
	f = kernel_event(k, b->group, b->name);
	for (; e && f && fields && *fields; fields++)
		if (!same_field(e, f, *fields))
			return false;
	return e && f && fields;
}

static struct ref
tracepoint_index(struct lower *l)
{
	return ir_unit(l)->raw ? probe_syscall_index(l) : probe_cookie(l);
}

/* A tracepoint's perf event fires on every CPU, wherever it was opened. */
static int
tracepoint_attach(struct attach *a, const struct unit *u,
		  const struct target *t)
{
	const struct trace_event *e;
	struct perf_event_attr attr;

	if (u->raw)
		return probe_syscall_attach(a, u, t);
	if (a->form == FORM_BARE)
		return probe_raw_attach(a, t->name, u, t);
	e = kernel_event(a->kernel, t->group, t->name);
	if (!e)
		return probe_refused(a, -errno, t->probe);
	memset(&attr, 0, sizeof(attr));
	attr.type = PERF_TYPE_TRACEPOINT;
	attr.config = e->id;
	attr.sample_period = 1;
	return probe_perf_attach(a, &attr, -1, probe_first_cpu(a),
				 t - u->targets.v, t->probe);
}

static const char *
event_params(struct listing *l, const char *category, const char *name)
{
	struct kernel *k = l->in->kernel;
	const struct trace_event *e = kernel_event(k, category, name);
	struct sbuf b = { 0 };
	const char *text;

	for (uint32_t i = 0; e && i < e->fields.n; i++)
		if (!e->fields.v[i].common)
			sbuf_printf(&b, "    %s\n", e->fields.v[i].text);
	text = arena_strndup(l->in->arena, b.s ? b.s : "", b.n);
	sbuf_free(&b);
	return text;
}

static void
list_event(void *arg, const char *category, const char *name)
{
	struct listing *l = arg;
	const char *text;

	text = arena_printf(l->in->arena, "%s:%s", category, name);
	if (listing_wants(l, text))
		listing_add(l, text,
			    l->verbose ? event_params(l, category, name)
				       : NULL);
}

/* A plain category spares the listing of all others. */
static void
tracepoint_list(struct listing *l)
{
	const char *colon = strchr(l->pattern, ':'), *category = "*";

	if (!colon)
		l->pattern = arena_printf(l->in->arena, "*:%s", l->pattern);
	else
		category = arena_strndup(l->in->arena, l->pattern,
					 colon - l->pattern);
	if (kernel_is_pattern(category))
		category = "*";
	if (kernel_events(l->in->kernel, category, "*", list_event, l) < 0)
		kernel_tracefs(l->in->kernel, &l->failed);
}

const struct probe_type probe_tracepoint = {
	.name = "tracepoint",
	.alias = "t",
	.doc = "static events of the kernel",
	.prog_type = BPF_PROG_TYPE_TRACEPOINT,
	.bare_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.bare = tracepoint_bare,
	.flags = PROBE_GATE | PROBE_ANY | PROBE_ARGS | PROBE_EXPAND |
		 PROBE_SIGNAL | PROBE_FILTER_PID,
	.min_parts = 2,
	.max_parts = 2,
	.ret = 1,
	.match = tracepoint_match,
	.args = tracepoint_args,
	.space = number_space,
	.index = tracepoint_index,
	.raw = probe_syscall_raw,
	.enter = probe_syscall_enter,
	.same_event = probe_syscall_same,
	.load_args = probe_syscall_args,
	.hidden = tracepoint_hidden,
	.instead_of_retval = "args.ret",
	.same_fields = tracepoint_same_fields,
	.attach = tracepoint_attach,
	.list = tracepoint_list,
};
