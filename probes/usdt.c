/* SPDX-License-Identifier: MIT */
/*
 * usdt: static markers of programs and libraries (REFERENCE 3.9). A target is
 * one place; a marker that stands in several has its arguments elsewhere in
 * each, so places share a program only where their notes say the same.
 */
#include <elf.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* target->group is the shown path, ->name the marker. */
struct marker {
	struct probe_site at;
	const char *provider, *name;
	const char *spec; /* the note's text of the arguments */
	unsigned machine;
};

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64, MACHINE_32 = EM_386 };
#else
enum { MACHINE = EM_AARCH64, MACHINE_32 = EM_AARCH64 };
#endif

/* ---- files ---- */

typedef void note_sink(void *arg, const struct probe_file *file,
		       const struct marker *m, uint64_t address);

static int
by_name(const void *va, const void *vb)
{
	const struct stapsdt_note *a = va, *b = vb;
	int order = strcmp(a->provider, b->provider);

	if (!order)
		order = strcmp(a->name, b->name);
	if (!order && a->address != b->address)
		order = a->address < b->address ? -1 : 1;
	return order;
}

/* Every marker of a file, by name; false: the file is none that has any. */
static bool
each_marker(struct arena *a, const struct probe_file *file, note_sink *sink,
	    void *arg)
{
	struct stapsdt_notes notes;
	struct elf_file *elf;
	struct marker m;
	const char *why;

	elf = stapsdt_read(a, file->open, &notes, &why);
	if (!elf)
		return false;
	if (elf->machine != MACHINE && elf->machine != MACHINE_32)
		return true;
	if (notes.v.n)
		qsort(notes.v.v, notes.v.n, sizeof(*notes.v.v), by_name);
	for (uint32_t i = 0; i < notes.v.n; i++) {
		const struct stapsdt_note *n = &notes.v.v[i];

		m = (struct marker){ { .open = file->open },
				     n->provider,
				     n->name,
				     n->args,
				     elf->machine };
		if (i && !by_name(n - 1, n))
			continue;
		if (!elf_file_offset(elf, n->address, &m.at.file_offset) ||
		    (n->semaphore &&
		     !elf_file_offset(elf, n->semaphore, &m.at.ref_ctr)))
			continue;
		sink(arg, file, &m, n->address);
	}
	return true;
}

/* "*" and nothing else: whatever any process has mapped. */
static void
find_files(struct arena *a, const char *target, int pid,
	   struct probe_files *files)
{
	if (!strcmp(target, "*") && !pid)
		probe_find_mapped(a, files);
	else
		probe_find_files(a, strcmp(target, "*") ? target : "", pid,
				 files);
}

/* ---- matching ---- */

struct matching {
	struct sema *sema;
	const struct attach_text *ap;
	struct match *match;
	const char *target, *provider, *name; /* as written */
	bool any_provider, any_name;          /* patterns */
};

static bool
is_wanted(const char *pattern, bool any, const char *text)
{
	return any ? kernel_match(pattern, text) : !strcmp(pattern, text);
}

static void
add_target(void *arg, const struct probe_file *file, const struct marker *found,
	   uint64_t address)
{
	struct matching *m = arg;
	struct marker *data;
	struct target *t;
	uint32_t before;

	if (!is_wanted(m->provider, m->any_provider, found->provider) ||
	    !is_wanted(m->name, m->any_name, found->name))
		return;
	data = arena_alloc(sema_arena(m->sema), sizeof(*data));
	*data = *found;
	before = m->match->targets.n;
	t = probe_target(m->sema, m->match, "%s:%s:%s:%s", probe_usdt.name,
			 file->shown, found->provider, found->name);
	t->group = file->shown;
	t->name = found->name;
	t->address = address;
	t->data = data;
	t->again = before && !strcmp(t[-1].probe, t->probe);
}

static bool
no_file(struct matching *m, const char *path)
{
	return sema_error_at(m->sema, m->ap->span,
			     "%s target file '%s' does not exist or is not "
			     "executable",
			     probe_usdt.name, path);
}

static bool
match_files(struct matching *m)
{
	struct arena *a = sema_arena(m->sema);
	struct probe_files files;

	find_files(a, m->target, sema_in(m->sema)->pid, &files);
	m->match->wildcard =
		m->any_provider || m->any_name || files.pattern || !*m->target;
	if (!files.v.n && *m->target && !files.pattern)
		return no_file(m, m->target);
	if (files.v.n > 1 && !files.pattern && *m->target) {
		diag_warn(sema_diag(m->sema), m->ap->span,
			  "attaching to %s target file '%s' but matched %u "
			  "binaries",
			  probe_usdt.name, files.v.v[0].shown, files.v.n);
		files.v.n = 1;
	}
	for (uint32_t i = 0; i < files.v.n; i++)
		if (!each_marker(a, &files.v.v[i], add_target, m) &&
		    !files.pattern && *m->target)
			return no_file(m, files.v.v[i].shown);
	if (m->match->targets.n)
		return true;
	return probe_none(m->sema, m->ap, m->match, "%s %s:%s", probe_usdt.name,
			  files.v.n ? files.v.v[0].shown : m->target, m->name);
}

/* With a process, "usdt:a:b" may name a namespace as well as a file. */
static bool
is_file(struct matching *m, const char *text)
{
	struct probe_files files;

	if (!*text || !sema_in(m->sema)->pid || strchr(text, '/'))
		return true;
	probe_find_files(sema_arena(m->sema), text, sema_in(m->sema)->pid,
			 &files);
	return files.v.n;
}

static void
split(struct matching *m)
{
	unsigned last = m->ap->parts.n - 1, provider = 0;

	m->name = probe_part(m->ap, last);
	m->any_name = probe_is_pattern(m->ap, last);
	m->target = "";
	if (last == 3 || (last == 2 && !is_file(m, probe_part(m->ap, 1))))
		provider = last - 1;
	if (last == 3 || (last == 2 && !provider))
		m->target = probe_part(m->ap, 1);
	m->provider = provider ? probe_part(m->ap, provider) : "";
	m->any_provider = !*m->provider || probe_is_pattern(m->ap, provider);
	if (!*m->provider)
		m->provider = "*";
}

static bool
usdt_match(struct sema *s, const struct attach_text *ap, struct match *out)
{
	struct matching m = { .sema = s, .ap = ap, .match = out };
	unsigned n = ap->parts.n - 1;
	int pid = sema_in(s)->pid;

	if (n < (pid ? 1u : 2u) || n > 3)
		return sema_error_at(s, ap->span,
				     "%s probe type requires 2 or 3 "
				     "arguments, found %u",
				     probe_usdt.name, n);
	split(&m);
	if (!*m.name)
		sema_error_at(s, ap->span,
			      "%s probe must have a target function or "
			      "wildcard",
			      probe_usdt.name);
	if (!*m.target && !pid)
		return sema_error_at(s, ap->span,
				     "%s probe must specify at least path or "
				     "pid to probe. To target all paths/pids "
				     "set the path to '*'.",
				     probe_usdt.name);
	return *m.name && match_files(&m);
}

/* "4@table+8(%rip)": where that lies is told from the marker's own place. */
static bool
is_relative(const char *spec)
{
	for (; *spec; spec++)
		if (strchr("@$+-", spec[0]) &&
		    (spec[1] == '_' ||
		     ((spec[1] | 0x20) >= 'a' && (spec[1] | 0x20) <= 'z')))
			return true;
	return false;
}

static bool
same_args(const struct target *a, const struct target *b)
{
	const struct marker *ma = a->data, *mb = b->data;

	return ma->machine == mb->machine && !strcmp(ma->spec, mb->spec) &&
	       (ma->machine == EM_AARCH64 || !is_relative(ma->spec));
}

/* ---- arguments ---- */

static struct ref
extend(struct lower *l, struct ref v, unsigned size, bool is_signed)
{
	if (size == 8)
		return v;
	return ir_un(l, is_signed ? IR_SEXT : IR_ZEXT, v, size);
}

static struct ref
load_reg(struct lower *l, const struct stapsdt_reg *r)
{
	struct ref v = ir_load(l, ir_ctx(l), r->offset & ~7, 8);

	if (r->offset & 7) /* %ah */
		v = ir_bini(l, IR_SHR, v, (r->offset & 7) * 8);
	return extend(l, v, r->width, r->is_signed);
}

/* What is added to addresses of the file: where it is loaded can be told from
 * where the marker was met. With a symbol, the instruction pointer stands for
 * its being relative, and has no part in the sum. */
static struct ref
symbol_address(struct lower *l, uint64_t symbol)
{
	const struct target *t = &ir_unit(l)->targets.v[0];

	return ir_bin(l, IR_ADD, probe_ip(l), ir_const(l, symbol - t->address));
}

static bool
find_symbol(struct lower *l, const struct stapsdt_arg *arg, uint64_t *symbol)
{
	const struct target *t = &ir_unit(l)->targets.v[0];
	const struct marker *m = t->data;

	*symbol = 0;
	return !arg->symbol || elf_address_of(ir_prog(l)->arena, m->at.open,
					      arg->symbol, symbol);
}

static struct ref
load_memory(struct lower *l, const struct stapsdt_arg *arg, uint64_t symbol)
{
	struct mem copy = ir_obj(l, 8, 8);
	struct ref at = ir_const(l, arg->value), index;

	if (arg->symbol)
		at = ir_bin(l, IR_ADD, symbol_address(l, symbol), at);
	else if (arg->base.offset >= 0)
		at = ir_bin(l, IR_ADD, load_reg(l, &arg->base), at);
	if (arg->index.offset >= 0) {
		index = load_reg(l, &arg->index);
		index = ir_bini(l, IR_SHL, index, arg->shift);
		at = ir_bin(l, IR_ADD, at, index);
	}
	ir_mem_zero(l, copy, 8);
	ir_probe_read(l, AS_USER, copy, ir_const(l, arg->size), at, false);
	return ir_load(l, copy.base, copy.off, arg->size);
}

static struct ref
no_arg(struct lower *l, unsigned n, const char *why)
{
	const struct unit *u = ir_unit(l);

	diag_error(ir_prog(l)->diag, u->ap->span,
		   "cannot read argument %u of %s: %s", n,
		   u->targets.v[0].probe, why);
	return ir_const(l, 0);
}

static struct ref
load_arg(struct lower *l, const struct stapsdt_arg *arg, uint64_t symbol)
{
	struct ref v = ir_const(l, arg->value);

	switch (arg->kind) {
	case STAPSDT_CONST:
		if (arg->symbol)
			v = ir_bin(l, IR_ADD, symbol_address(l, symbol), v);
		break;
	case STAPSDT_REG:
		v = load_reg(l, &arg->base);
		break;
	case STAPSDT_MEM:
		v = load_memory(l, arg, symbol);
		break;
	case STAPSDT_BAD:
		break;
	}
	return extend(l, v, arg->size, arg->is_signed);
}

static struct ref
usdt_arg(struct lower *l, unsigned n)
{
	const struct marker *m = ir_unit(l)->targets.v[0].data;
	struct arena *a = ir_prog(l)->arena;
	struct stapsdt_args args;
	uint64_t symbol;

	stapsdt_parse(a, m->machine, m->spec, &args);
	if (n >= args.n)
		return ir_const(l, 0);
	if (args.v[n].kind == STAPSDT_BAD)
		return no_arg(l, n, args.v[n].why);
	if (!find_symbol(l, &args.v[n], &symbol))
		return no_arg(l, n,
			      arena_printf(a, "'%s' is not among the symbols",
					   args.v[n].symbol));
	return load_arg(l, &args.v[n], symbol);
}

/* ---- attaching, listing ---- */

static int
usdt_attach(struct attach *a, const struct unit *u, const struct target *t)
{
	return probe_site_attach(a, u, t, false);
}

static void
list_marker(void *arg, const struct probe_file *file, const struct marker *m,
	    uint64_t address)
{
	struct listing *l = arg;

	(void)address;
	listing_add(l,
		    arena_printf(l->in->arena, "%s:%s:%s", file->shown,
				 m->provider, m->name),
		    NULL);
}

/* usdt:TARGET:PATTERN, where PATTERN may leave out the namespace. */
static void
usdt_list(struct listing *l)
{
	struct arena *a = l->in->arena;
	const char *colon = strchr(l->pattern, ':'), *rest, *target;
	struct probe_files files;

	if (!colon && !l->in->pid && strcmp(l->pattern, "*") != 0)
		return;
	rest = colon ? colon + 1 : l->pattern;
	target = colon        ? arena_strndup(a, l->pattern, colon - l->pattern)
		 : l->in->pid ? ""
			      : "*";
	if (!strchr(rest, ':'))
		rest = arena_printf(a, "*:%s", rest);
	find_files(a, target, l->in->pid, &files);
	if (!files.pattern && files.v.n > 1 && *target)
		files.v.n = 1;
	for (uint32_t i = 0; i < files.v.n; i++) {
		l->pattern = arena_printf(a, "%s:%s", files.v.v[i].shown, rest);
		each_marker(a, &files.v.v[i], list_marker, l);
	}
}

const struct probe_type probe_usdt = {
	.name = "usdt",
	.alias = "U",
	.doc = "static markers of programs and libraries",
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.multi_type = PROBE_UPROBE_MULTI,
	.multi_needs = FEAT_UPROBE_MULTI,
	.flags = PROBE_ANY | PROBE_ARGN | PROBE_CTX | PROBE_REGS | PROBE_USER |
		 PROBE_SIGNAL | PROBE_LATE,
	.max_parts = UINT32_MAX, /* usdt_match() knows more */
	.match = usdt_match,
	.same_args = same_args,
	.arg = usdt_arg,
	.reg = probe_reg,
	.index = probe_cookie,
	.attach = usdt_attach,
	.list = usdt_list,
};
