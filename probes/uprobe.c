/* SPDX-License-Identifier: MIT */
/*
 * uprobe, uretprobe: functions and addresses of programs and libraries
 * (REFERENCE 3.8).
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define UNSAFE_HINT                                                            \
	"Use --unsafe to force attachment. WARNING: This option could lead "   \
	"to data corruption in the target process."

/* Behind a target; target->group is the shown path, ->name the function,
 * ->address virtual, ->offset from the function. */
struct site {
	struct probe_site at;
	uint64_t size; /* of the function, bytes; 0: unknown */
};

/* ---- matching ---- */

struct matching {
	struct sema *sema;
	const struct attach_text *ap;
	struct match *match;
	const struct probe_type *type;
	const char *function; /* as written, offset cut off; "": an address */
	uint64_t offset, address;
	bool pattern; /* `function` is one */
};

static bool
is_return(const struct probe_type *type)
{
	return type == &probe_uretprobe;
}

static void
add_target(struct matching *m, const struct probe_file *file,
	   const struct elf_file *elf, const struct elf_symbol *sym)
{
	struct arena *a = sema_arena(m->sema);
	struct site *p = arena_alloc(a, sizeof(*p));
	uint64_t address = sym->address + m->offset;
	struct target *t;

	if (!elf_file_offset(elf, address, &p->at.file_offset)) {
		if (*sym->name)
			return;
		p->at.file_offset = UINT64_MAX; /* for attaching to refuse */
	}
	p->at.open = file->open;
	p->size = sym->size;
	t = probe_target(m->sema, m->match, "%s:%s:%s", m->type->name,
			 file->shown, sym->name);
	if (m->offset)
		t->probe = arena_printf(a, "%s+%llu", t->probe,
					(unsigned long long)m->offset);
	t->group = file->shown;
	t->name = sym->name;
	t->address = address;
	t->offset = m->offset;
	t->data = p;
}

/* uprobe:/bin/x:4431: a virtual address, and the function around it. */
static void
add_address(struct matching *m, const struct probe_file *file,
	    const struct elf_file *elf)
{
	const struct elf_symbol *sym = elf_at(elf, m->address);
	struct elf_symbol none = { .name = "", .address = m->address };
	struct target *t;

	m->offset = sym ? m->address - sym->address : 0;
	add_target(m, file, elf, sym ? sym : &none);
	if (!m->match->targets.n)
		return;
	t = &m->match->targets.v[m->match->targets.n - 1];
	t->probe =
		arena_printf(sema_arena(m->sema), "%s:%s:%llu", m->type->name,
			     file->shown, (unsigned long long)m->address);
}

static int
by_name(const void *va, const void *vb)
{
	const struct elf_symbol *a = *(const struct elf_symbol *const *)va;
	const struct elf_symbol *b = *(const struct elf_symbol *const *)vb;

	return strcmp(a->name, b->name);
}

static void
add_matching(struct matching *m, const struct probe_file *file,
	     const struct elf_file *elf)
{
	struct arena *a = sema_arena(m->sema);
	VEC(const struct elf_symbol *) found = { 0 };

	for (uint32_t i = 0; i < elf->symbols.n; i++)
		if (kernel_match(m->function, elf->symbols.v[i].name))
			*vec_push(a, &found) = &elf->symbols.v[i];
	if (found.n)
		qsort(found.v, found.n, sizeof(*found.v), by_name);
	for (uint32_t i = 0; i < found.n; i++)
		if (!i || by_name(&found.v[i - 1], &found.v[i]))
			add_target(m, file, elf, found.v[i]);
}

/* One file's share of the match. */
static bool
match_file(struct matching *m, const struct probe_file *file)
{
	const struct elf_symbol *sym;
	const struct elf_file *elf;
	const char *why;

	elf = elf_open(sema_arena(m->sema), file->open, &why);
	if (!elf)
		return m->match->wildcard ||
		       sema_error_at(m->sema, m->ap->span,
				     "%s target file '%s' does not exist or "
				     "is not executable",
				     m->type->name, file->shown);
	sym = *m->function ? elf_find(elf, m->function) : NULL;
	if (!*m->function)
		add_address(m, file, elf);
	else if (m->pattern)
		add_matching(m, file, elf);
	else if (sym)
		add_target(m, file, elf, sym);
	return true;
}

/* A quoted name may hold a plus of its own: "operator+(int)". */
static bool
ends_in_offset(const char *text)
{
	const char *plus = strrchr(text, '+'), *rest = "";
	uint64_t value;

	return plus && !probe_number(plus + 1, &value, &rest) && !*rest;
}

/* Function, function+offset or address: the last part. */
static bool
read_place(struct matching *m, unsigned last)
{
	const char *text = probe_part(m->ap, last), *why;

	if (!*text)
		return sema_error_at(m->sema, m->ap->span,
				     "%s should be attached to a function "
				     "and/or address",
				     m->type->name);
	m->function = text;
	m->pattern = probe_is_pattern(m->ap, last);
	if (m->pattern)
		return true;
	if (m->ap->parts.v[last].quoted && !ends_in_offset(text))
		return true;
	if (*text >= '0' && *text <= '9') {
		m->function = "";
		if (probe_whole_number(sema_arena(m->sema), text, &m->address,
				       &why))
			return true;
		return sema_error_at(m->sema, m->ap->span,
				     "Invalid address: %s", why);
	}
	if (!probe_split_offset(m->sema, m->ap, text, &m->function, &m->offset))
		return false;
	if (m->offset && is_return(m->type))
		return sema_error_at(m->sema, m->ap->span,
				     "Offset not allowed");
	return true;
}

/* What the grammar allows and we cannot do yet. */
static bool
check_form(struct matching *m)
{
	const struct attach_text *ap = m->ap;
	unsigned n = ap->parts.n - 1;

	for (uint32_t i = 0; i < ap->parts.n; i++)
		if (ap->parts.v[i].after_at)
			return sema_error_at(m->sema, ap->span,
					     "attaching by source code "
					     "location is not supported yet");
	if (n == 3 && !strcmp(probe_part(ap, 2), "cpp"))
		return sema_error_at(m->sema, ap->span,
				     "attaching by C++ name is not supported "
				     "yet; use the mangled name");
	if (n == 3)
		return sema_error_at(m->sema, ap->span,
				     "unsupported language type: %s",
				     probe_part(ap, 2));
	if (n == 2 || (n == 1 && sema_in(m->sema)->pid))
		return true;
	return sema_error_at(m->sema, ap->span,
			     "%s probe type requires 2 or 3 arguments, "
			     "found %u",
			     m->type->name, n);
}

static bool
match_files(struct matching *m, const char *target)
{
	struct probe_files files;

	probe_find_files(sema_arena(m->sema), target, sema_in(m->sema)->pid,
			 &files);
	m->match->wildcard = m->pattern || files.pattern || !*target;
	if (!files.v.n && *target)
		return sema_error_at(m->sema, m->ap->span,
				     "%s target file '%s' does not exist or "
				     "is not executable",
				     m->type->name, target);
	if (files.v.n > 1 && !m->match->wildcard) {
		diag_warn(sema_diag(m->sema), m->ap->span,
			  "attaching to %s target file '%s' but matched %u "
			  "binaries",
			  m->type->name, files.v.v[0].shown, files.v.n);
		files.v.n = 1;
	}
	for (uint32_t i = 0; i < files.v.n; i++)
		if (!match_file(m, &files.v.v[i]))
			return false;
	if (m->match->targets.n)
		return true;
	return probe_none(m->sema, m->ap, m->match, "%s %s:%s", m->type->name,
			  files.v.n ? files.v.v[0].shown : target,
			  *m->function ? m->function
				       : probe_part(m->ap, m->ap->parts.n - 1));
}

static bool
match_any(struct sema *s, const struct attach_text *ap, struct match *out,
	  const struct probe_type *type)
{
	struct matching m = { .sema = s, .ap = ap, .match = out, .type = type };
	unsigned last = ap->parts.n - 1;

	if (!check_form(&m) || !read_place(&m, last))
		return false;
	return match_files(&m, last == 2 ? probe_part(ap, 1) : "");
}

static bool
uprobe_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	return match_any(s, ap, m, &probe_uprobe);
}

static bool
uretprobe_match(struct sema *s, const struct attach_text *ap, struct match *m)
{
	return match_any(s, ap, m, &probe_uretprobe);
}

static const struct type *
uprobe_args(struct sema *s, struct unit *u, struct span at)
{
	(void)at;
	sema_error_at(s, u->ap->span,
		      "Could not parse arguments of \"%s\": no debuginfo "
		      "found for %s",
		      u->targets.v[0].probe, u->targets.v[0].group);
	return NULL;
}

/* ---- attaching ---- */

/* Where it is not known that an instruction starts there, a breakpoint may
 * destroy one. */
static int
check_place(struct attach *a, const struct target *t)
{
	const struct site *p = t->data;

	if (a->unsafe)
		return 0;
	if (!*t->name)
		a->why = arena_printf(
			a->arena,
			"Could not determine instruction boundary for %s "
			"(binary appears stripped).\n" UNSAFE_HINT,
			t->probe);
	else if (t->offset && p->size && t->offset >= p->size)
		a->why = arena_printf(a->arena,
				      "Offset outside the function bounds "
				      "('%s' size is %llu)",
				      t->name, (unsigned long long)p->size);
	return a->why ? -EINVAL : 0;
}

static int
uprobe_attach(struct attach *a, const struct unit *u, const struct target *t)
{
	int err = check_place(a, t);

	if (err)
		return err;
	return probe_site_attach(a, u, t, is_return(u->type));
}

/* ---- listing: uprobe:TARGET:PATTERN ---- */

static void
list_file(struct listing *l, const struct probe_file *file)
{
	struct arena *a = l->in->arena;
	const struct elf_file *elf;
	const char *why, *text;

	elf = elf_open(a, file->open, &why);
	for (uint32_t i = 0; elf && i < elf->symbols.n; i++) {
		text = arena_printf(a, "%s:%s", file->shown,
				    elf->symbols.v[i].name);
		listing_add(l, text, NULL);
	}
}

static void
uprobe_list(struct listing *l)
{
	struct arena *a = l->in->arena;
	const char *colon = strrchr(l->pattern, ':');
	struct probe_files files;
	const char *target;

	if (!colon && !l->in->pid)
		return;
	target = colon ? arena_strndup(a, l->pattern, colon - l->pattern) : "";
	probe_find_files(a, target, l->in->pid, &files);
	if (!files.pattern && files.v.n > 1 && *target)
		files.v.n = 1;
	for (uint32_t i = 0; i < files.v.n; i++) {
		l->pattern = arena_printf(a, "%s:%s", files.v.v[i].shown,
					  colon ? colon + 1 : l->pattern);
		list_file(l, &files.v.v[i]);
	}
}

const struct probe_type probe_uprobe = {
	.name = "uprobe",
	.alias = "u",
	.doc = "functions and addresses of programs and libraries",
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.multi_type = PROBE_UPROBE_MULTI,
	.multi_needs = FEAT_UPROBE_MULTI,
	.flags = PROBE_ARGN | PROBE_ARGS | PROBE_CTX | PROBE_REGS | PROBE_FUNC |
		 PROBE_USER | PROBE_EXPAND | PROBE_SIGNAL | PROBE_LATE,
	.max_parts = UINT32_MAX, /* check_form() knows more */
	.match = uprobe_match,
	.args = uprobe_args,
	.arg = probe_arg,
	.nargs = PROBE_NARGS,
	.reg = probe_reg,
	.func = probe_ip,
	.index = probe_cookie,
	.attach = uprobe_attach,
	.list = uprobe_list,
};

const struct probe_type probe_uretprobe = {
	.name = "uretprobe",
	.alias = "ur",
	.doc = "returns from functions of programs and libraries",
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.multi_type = PROBE_UPROBE_MULTI,
	.multi_needs = FEAT_UPROBE_MULTI,
	.flags = PROBE_RETVAL | PROBE_CTX | PROBE_REGS | PROBE_FUNC |
		 PROBE_USER | PROBE_SIGNAL | PROBE_LATE,
	.max_parts = UINT32_MAX, /* check_form() knows more */
	.match = uretprobe_match,
	.retval = probe_retval,
	.reg = probe_reg,
	.func = probe_func_ip,
	.index = probe_cookie,
	.attach = uprobe_attach,
	.list = uprobe_list,
};
