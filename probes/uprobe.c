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

/* ---- matching ---- */

struct matching {
	struct sema *sema;
	const struct attach_text *ap;
	struct match *match;
	const struct probe_type *type;
	const char *function; /* as written, offset cut off */
	uint64_t offset, address;
	enum uprobe_form {
		PLACE_NAME,
		PLACE_PATTERN,
		PLACE_CPP, /* a pattern of demangled names */
		PLACE_ADDRESS,
		PLACE_SOURCE,
	} place;
	struct source_place source;
	bool any_file; /* the target is a pattern: some may be no programs */
	bool refused;  /* a reason was given */
};

bool
uprobe_is_return(const struct probe_type *type)
{
	return type == &probe_uretprobe;
}

/* ---- programs made by Go ---- */

/* "main.f+57, main.f+90": where to probe instead. */
static const char *
returns_of(struct arena *a, const struct elf_file *elf,
	   const struct elf_symbol *sym)
{
	enum { CODE_MAX = 1 << 20, MOST = 8 };
	size_t n = sym->size < CODE_MAX ? sym->size : CODE_MAX;
	uint8_t *code = arena_alloc(a, n + 1);
	const char *text = "";
	unsigned found = 0;

	n = elf_code(elf, sym->address, code, n);
	for (uint64_t at = 0;
	     found < MOST && insn_next_return(elf->machine, code, n, &at);
	     at++, found++)
		text = arena_printf(a, "%s%s%s+%llu", text, found ? ", " : "",
				    sym->name, (unsigned long long)at);
	return text;
}

/* A return probe replaces the return address on the stack; Go walks and moves
 * its stacks, finds an address that is none of its own, and gives up. */
static bool
refuse_go(struct matching *m, const struct elf_file *elf,
	  const struct elf_symbol *sym)
{
	const char *instead = returns_of(sema_arena(m->sema), elf, sym);

	if (m->refused)
		return false;
	m->refused = true;
	sema_error_at(m->sema, m->ap->span,
		      "%s on '%s' would crash the program: '%s' was made by "
		      "Go, whose stacks move. Use --unsafe to force "
		      "attachment.",
		      m->type->name, sym->name, elf->path);
	if (*instead)
		diag_hint(sema_diag(m->sema),
			  "%s is safe where the function returns: %s",
			  probe_uprobe.name, instead);
	return false;
}

/* ---- targets ---- */

static bool
add_target(struct matching *m, const struct probe_file *file,
	   const struct probe_image *image, const struct elf_symbol *sym)
{
	struct arena *a = sema_arena(m->sema);
	struct uprobe_site *p = arena_alloc(a, sizeof(*p));
	uint64_t address = sym->address + m->offset;
	struct target *t;

	if (uprobe_is_return(m->type) && image->elf->is_go && *sym->name &&
	    !sema_in(m->sema)->unsafe)
		return refuse_go(m, image->elf, sym);
	if (!elf_file_offset(image->elf, address, &p->at.file_offset)) {
		if (*sym->name && !m->offset)
			return true;
		p->at.file_offset = UINT64_MAX; /* for attaching to refuse */
	}
	p->at.open = image->elf->disk;
	p->size = sym->size;
	p->image = image;
	p->exact = m->place != PLACE_PATTERN && m->place != PLACE_CPP;
	t = probe_target(m->sema, m->match, "%s:%s:%s%s", m->type->name,
			 file->shown, m->place == PLACE_CPP ? "cpp:" : "",
			 sym->name);
	if (m->offset)
		t->probe = arena_printf(a, "%s+%llu", t->probe,
					(unsigned long long)m->offset);
	t->group = file->shown;
	t->name = sym->name;
	t->address = address;
	t->offset = m->offset;
	t->data = p;
	return true;
}

/* uprobe:/bin/x:4431: a virtual address, and the function around it. */
static bool
add_address(struct matching *m, const struct probe_file *file,
	    const struct probe_image *image)
{
	const struct elf_symbol *sym = elf_at(image->elf, m->address);
	struct elf_symbol none = { .name = "", .address = m->address };
	uint32_t before = m->match->targets.n;

	m->offset = sym ? m->address - sym->address : 0;
	if (!add_target(m, file, image, sym ? sym : &none))
		return false;
	if (m->match->targets.n > before)
		m->match->targets.v[before].probe = arena_printf(
			sema_arena(m->sema), "%s:%s:%llu", m->type->name,
			file->shown, (unsigned long long)m->address);
	return true;
}

static bool
add_source(struct matching *m, const struct probe_file *file,
	   const struct probe_image *image)
{
	struct dwarf *dwarf = probe_dwarf(sema_in(m->sema), image);
	const char *why;

	if (!dwarf)
		return sema_error_at(
			m->sema, m->ap->span,
			"No DWARF debug info found for '%s', cannot attach by "
			"source code location.%s",
			file->shown, dwarf_absent());
	why = dwarf_find_line(dwarf, &m->source, &m->address);
	if (why)
		return sema_error_at(m->sema, m->ap->span, "DWARF error: %s",
				     why);
	return add_address(m, file, image);
}

static int
by_name(const void *va, const void *vb)
{
	const struct elf_symbol *a = *(const struct elf_symbol *const *)va;
	const struct elf_symbol *b = *(const struct elf_symbol *const *)vb;

	return strcmp(a->name, b->name);
}

static bool
is_wanted(struct matching *m, const char *name)
{
	if (elf_is_part(name))
		return false;
	return m->place == PLACE_CPP ? sym_matches_plain(sema_arena(m->sema),
							 m->function, name)
				     : kernel_match(m->function, name);
}

static bool
add_matching(struct matching *m, const struct probe_file *file,
	     const struct probe_image *image)
{
	struct arena *a = sema_arena(m->sema);
	const struct elf_file *elf = image->elf;
	VEC(const struct elf_symbol *) found = { 0 };

	for (uint32_t i = 0; i < elf->symbols.n; i++)
		if (is_wanted(m, elf->symbols.v[i].name))
			*vec_push(a, &found) = &elf->symbols.v[i];
	if (found.n)
		qsort(found.v, found.n, sizeof(*found.v), by_name);
	for (uint32_t i = 0; i < found.n; i++)
		if ((!i || by_name(&found.v[i - 1], &found.v[i])) &&
		    !add_target(m, file, image, found.v[i]))
			return false;
	return true;
}

/* Static functions of several source files may share a name. */
static void
warn_of_others(struct matching *m, const struct probe_file *file,
	       const struct elf_file *elf, const struct elf_symbol *sym)
{
	const struct elf_symbol *other = NULL;

	for (uint32_t i = 0; !other && i < elf->symbols.n; i++)
		if (elf->symbols.v[i].address != sym->address &&
		    !strcmp(elf->symbols.v[i].name, sym->name))
			other = &elf->symbols.v[i];
	if (!other)
		return;
	diag_warn(sema_diag(m->sema), m->ap->span,
		  "'%s' has several functions '%s'; probing the one at %#llx",
		  file->shown, sym->name, (unsigned long long)sym->address);
	diag_hint(sema_diag(m->sema), "another one is %s:%s:%#llx",
		  m->type->name, file->shown,
		  (unsigned long long)other->address);
}

static bool
add_named(struct matching *m, const struct probe_file *file,
	  const struct probe_image *image)
{
	const struct elf_symbol *sym = elf_find(image->elf, m->function);

	if (!sym)
		return true;
	warn_of_others(m, file, image->elf, sym);
	return add_target(m, file, image, sym);
}

static bool
no_file(struct matching *m, const char *path)
{
	return sema_error_at(m->sema, m->ap->span,
			     "%s target file '%s' does not exist or is not "
			     "executable",
			     probe_uprobe.name, path);
}

/* One file's share of the match. */
static bool
match_file(struct matching *m, const struct probe_file *file)
{
	const struct probe_image *image =
		probe_image(sema_in(m->sema), file->open);

	if (!image->elf && m->any_file)
		return true;
	if (!image->elf) {
		no_file(m, file->shown);
		diag_hint(sema_diag(m->sema), "the file %s", image->why);
		return false;
	}
	switch (m->place) {
	case PLACE_NAME:
		return add_named(m, file, image);
	case PLACE_PATTERN:
	case PLACE_CPP:
		return add_matching(m, file, image);
	case PLACE_ADDRESS:
		return add_address(m, file, image);
	case PLACE_SOURCE:
		return add_source(m, file, image);
	}
	return false;
}

/* ---- reading the attach point ---- */

/* A quoted name may hold a plus of its own: "operator+(int)". */
static bool
ends_in_offset(const char *text)
{
	const char *plus = strrchr(text, '+'), *rest = "";
	uint64_t value;

	return plus && !probe_number(plus + 1, &value, &rest) && !*rest;
}

/* Lines of the source are for files with debug information. */
static bool
no_place(struct matching *m)
{
	const struct sema_input *in = sema_in(m->sema);
	const struct probe_image *image = probe_image(in, probe_part(m->ap, 1));

	return sema_error_at(m->sema, m->ap->span,
			     "%s should be attached to a function%s",
			     m->type->name,
			     image->elf && probe_dwarf(in, image)
				     ? ", address, or source file and line "
				       "(using DWARF)"
				     : " and/or address");
}

static bool
read_address(struct matching *m, const char *text)
{
	const char *why;

	m->place = PLACE_ADDRESS;
	return probe_whole_number(sema_arena(m->sema), text, &m->address,
				  &why) &&
	       (m->address || no_place(m));
}

/* Function, function+offset or address: the last part. */
static bool
read_place(struct matching *m, unsigned last)
{
	const char *text = probe_part(m->ap, last);

	if (!*text)
		return no_place(m);
	m->function = text;
	if (m->place == PLACE_CPP)
		return true;
	if (m->ap->parts.v[last].quoted && !ends_in_offset(text) &&
	    !probe_is_pattern(m->ap, last))
		return true;
	if (probe_is_number(sema_arena(m->sema), text))
		return read_address(m, text);
	if (uprobe_is_return(m->type) && strchr(text, '+'))
		return sema_error_at(m->sema, m->ap->span,
				     "Offset not allowed");
	if (probe_is_pattern(m->ap, last)) {
		m->place = PLACE_PATTERN;
		if (!ends_in_offset(text))
			return true;
	}
	return probe_split_offset(m->sema, m->ap, text, &m->function,
				  &m->offset);
}

static bool
read_number(struct matching *m, unsigned part, const char *what, uint32_t *out)
{
	uint64_t value = 0;
	const char *why;

	if (!probe_whole_number(sema_arena(m->sema), probe_part(m->ap, part),
				&value, &why))
		return sema_error_at(m->sema, m->ap->span,
				     "Invalid %s number: %s", what, why);
	*out = value <= INT32_MAX ? (uint32_t)value : INT32_MAX;
	return true;
}

/* TARGET@FILE:LINE[:COLUMN], `at` the part behind the @. */
static bool
read_source(struct matching *m, unsigned at)
{
	unsigned n = m->ap->parts.n - at;

	m->place = PLACE_SOURCE;
	m->function = "";
	m->source.file = probe_part(m->ap, at);
	if (uprobe_is_return(m->type))
		return sema_error_at(m->sema, m->ap->span,
				     "Source code location not allowed");
	if (at != 2 || n < 2 || n > 3 || !*m->source.file ||
	    !*probe_part(m->ap, at + 1))
		return sema_error_at(m->sema, m->ap->span,
				     "Invalid %s arguments, expected format: "
				     "%s:TARGET@FILE:LINE[:COL]",
				     m->type->name, m->type->name);
	return read_number(m, at + 1, "line", &m->source.line) &&
	       (n < 3 || read_number(m, at + 2, "column", &m->source.column));
}

/* How many parts there are, and what they are. */
static bool
read_form(struct matching *m)
{
	const struct attach_text *ap = m->ap;
	unsigned n = ap->parts.n - 1;

	for (uint32_t i = 0; i < ap->parts.n; i++)
		if (ap->parts.v[i].after_at)
			return read_source(m, i);
	if (n == 3 && strcmp(probe_part(ap, 2), "cpp") != 0)
		return sema_error_at(m->sema, ap->span,
				     "unsupported language type: %s",
				     probe_part(ap, 2));
	if (n == 3)
		m->place = PLACE_CPP;
	if (n > 1 && n < 4 && !*probe_part(ap, 1)) {
		sema_error_at(m->sema, ap->span, "%s should have a target",
			      m->type->name);
		read_place(m, n);
		return no_file(m, "");
	}
	if (n == 3 || n == 2 || (n == 1 && sema_in(m->sema)->pid))
		return read_place(m, n);
	return sema_error_at(m->sema, ap->span,
			     "%s probe type requires 2 or 3 arguments, "
			     "found %u",
			     m->type->name, n);
}

/* A misspelt name, or a file that was stripped of all of them. */
static void
hint_names(struct matching *m, const struct probe_file *file)
{
	const struct elf_file *elf =
		probe_image(sema_in(m->sema), file->open)->elf;
	struct nearest near = { .word = m->function };

	if (!elf)
		return;
	for (uint32_t i = 0; i < elf->symbols.n; i++)
		nearest_try(&near, elf->symbols.v[i].name);
	if (near.best)
		diag_hint(sema_diag(m->sema), "did you mean '%s'?", near.best);
	else if (!elf->symbols.n)
		diag_hint(sema_diag(m->sema),
			  "the file has no symbols: install its debug "
			  "symbols, or give an address");
}

static bool
match_files(struct matching *m, const char *target)
{
	struct probe_files files;

	probe_find_files(sema_arena(m->sema), target, sema_in(m->sema)->pid,
			 &files);
	m->match->wildcard = m->place == PLACE_PATTERN ||
			     m->place == PLACE_CPP || files.pattern || !*target;
	m->any_file = files.pattern || !*target;
	if (!files.v.n && *target)
		return no_file(m, target);
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
	if (m->match->targets.n ||
	    probe_none(m->sema, m->ap, m->match, "%s %s:%s", m->type->name,
		       files.v.n ? files.v.v[0].shown : target,
		       *m->function ? m->function
				    : probe_part(m->ap, m->ap->parts.n - 1)))
		return true;
	if (files.v.n && m->place == PLACE_NAME)
		hint_names(m, &files.v.v[0]);
	return false;
}

static bool
match_any(struct sema *s, const struct attach_text *ap, struct match *out,
	  const struct probe_type *type)
{
	struct matching m = { .sema = s, .ap = ap, .match = out, .type = type };

	return read_form(&m) &&
	       match_files(&m, ap->parts.n > 2 ? probe_part(ap, 1) : "");
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

/* ---- reading the context ---- */

/*
 * Before 6.6 a return probe cannot tell its function's address. It knows the
 * cookie, and by it the name: a tag stands for both, at the entry as well, so
 * that the two are the same key.
 */
static struct ref
func_tag(struct lower *l)
{
	enum { ADDRESS_FROM = 0x060600 };
	const struct unit *u = ir_unit(l);
	uint32_t version = ir_in(l)->kernel->paths.version, n = u->targets.n;
	uint64_t *table = arena_alloc(ir_prog(l)->arena, (n + 1) * 8);
	struct mem row;

	if (!version || version >= ADDRESS_FROM)
		return u->type->func(l);
	for (uint32_t i = 0; i < n; i++) {
		if (!*u->targets.v[i].name)
			return u->type->func(l);
		table[i] = probe_func_tag(&u->targets.v[i]);
	}
	if (n == 1)
		return ir_const(l, (int64_t)table[0]);
	row = ir_row(l, ir_bytes(l, table, (n + 1) * 8), 8, probe_cookie(l), n,
		     n);
	return ir_load(l, row.base, row.off, 8);
}

const char *
probe_func_name(const struct target *t, bool plain)
{
	const struct uprobe_site *p = t->data;
	const struct elf_symbol *sym = elf_find(p->image->elf, t->name);

	return sym && plain ? elf_plain((struct elf_file *)p->image->elf, sym)
			    : t->name;
}

/* ---- attaching ---- */

/* From the function's start, instruction by instruction. */
static enum insn_place
place_of(struct attach *a, const struct target *t)
{
	enum { CODE_MAX = 16 * 1024 * 1024, LONGEST = 16 };
	const struct uprobe_site *p = t->data;
	const struct elf_file *elf = p->image->elf;
	uint8_t *code;
	size_t n;

	if (!t->offset)
		return INSN_START;
	if (t->offset > CODE_MAX)
		return INSN_UNKNOWN;
	code = arena_alloc(a->arena, t->offset + LONGEST);
	n = elf_code(elf, t->address - t->offset, code, t->offset + LONGEST);
	return insn_place(elf->machine, code, n, t->offset);
}

/* Where it is not known that an instruction starts there, a breakpoint may
 * destroy one. */
static const char *
why_not(struct attach *a, const struct target *t)
{
	const struct uprobe_site *p = t->data;

	if (*t->name && t->offset && t->offset >= p->size)
		return arena_printf(a->arena,
				    "Offset outside the function bounds "
				    "('%s' size is %llu)",
				    t->name, (unsigned long long)p->size);
	if (a->unsafe)
		return NULL;
	if (!*t->name || place_of(a, t) == INSN_UNKNOWN)
		return arena_printf(a->arena,
				    "Could not determine instruction boundary "
				    "for %s%s\n" UNSAFE_HINT,
				    t->probe,
				    *t->name ? "."
					     : " (binary appears stripped).");
	if (!p->size && p->exact)
		return arena_printf(a->arena,
				    "Could not determine boundary for %s "
				    "(symbol has size 0).\n" UNSAFE_HINT,
				    t->name);
	if (place_of(a, t) == INSN_INSIDE)
		return arena_printf(
			a->arena,
			"Could not add uprobe into middle of instruction: "
			"%s:%s+%llu\n" UNSAFE_HINT,
			t->group, t->name, (unsigned long long)t->offset);
	return NULL;
}

/* What --unsafe lets through. */
static void
warn_unsafe(struct attach *a, const struct target *t)
{
	enum insn_place place = place_of(a, t);
	const char *text = NULL;

	if (place == INSN_INSIDE)
		text = arena_printf(a->arena,
				    "Unsafe uprobe in the middle of the "
				    "instruction: %s:%s+%llu",
				    t->group, t->name,
				    (unsigned long long)t->offset);
	else if (!*t->name || place == INSN_UNKNOWN)
		text = arena_printf(a->arena,
				    "Could not determine instruction boundary "
				    "for %s%s Misaligned probes can lead to "
				    "tracee crashes!",
				    t->probe,
				    *t->name ? "."
					     : " (binary appears stripped).");
	if (text)
		*vec_push(a->arena, &a->warnings) = text;
}

static int
uprobe_attach(struct attach *a, const struct unit *u, const struct target *t)
{
	a->why = why_not(a, t);
	if (a->why)
		return -EINVAL;
	if (a->unsafe)
		warn_unsafe(a, t);
	return probe_site_attach(a, u, t, uprobe_is_return(u->type));
}

/* ---- the rows ---- */

const struct probe_type probe_uprobe = {
	.name = "uprobe",
	.alias = "u",
	.doc = "functions and addresses of programs and libraries",
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.multi_type = PROBE_UPROBE_MULTI,
	.multi_needs = FEAT_UPROBE_MULTI,
	.flags = PROBE_ANY | PROBE_ARGN | PROBE_ARGS | PROBE_PARAMS |
		 PROBE_CTX | PROBE_REGS | PROBE_FUNC | PROBE_USER |
		 PROBE_EXPAND | PROBE_SIGNAL | PROBE_LATE,
	.max_parts = UINT32_MAX, /* check_form() knows more */
	.match = uprobe_match,
	.args = uprobe_args,
	.load_args = uprobe_load_args,
	.same_fields = uprobe_same_fields,
	.named_type = uprobe_named_type,
	.arg = probe_arg,
	.nargs = PROBE_NARGS,
	.reg = probe_reg,
	.func = probe_ip,
	.func_tag = func_tag,
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
	.named_type = uprobe_named_type,
	.retval = probe_retval,
	.reg = probe_reg,
	.func = probe_func_ip,
	.func_tag = func_tag,
	.index = probe_cookie,
	.attach = uprobe_attach,
	.list = uprobe_list,
};
