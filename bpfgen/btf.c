/* SPDX-License-Identifier: MIT */
/*
 * Function and line information of an image's programs, so that the kernel's
 * log, bpftool and profilers show the script: one BTF blob for all programs
 * (docs.kernel.org/bpf/btf.html), records per program.
 *
 *	type 1		int
 *	type 2		void *
 *	type 3		int (void *ctx)		every program
 *	type 4		int (void)		every callback; never checked
 *	type 5		long
 *	type 6		char
 *	type 7 ...	FUNC: programs and own functions global, callbacks
 *			static (the kernel takes the address of static
 *			functions only); before an own function its type, of
 *			long and of char (*)[N]
 *
 * Rules of the kernel: line records ascend, every function starts with one,
 * and names of functions are identifiers.
 */
#include <linux/btf.h>
#include <string.h>

#include "internal.h"

enum type_id {
	ID_VOID,
	ID_INT,
	ID_PTR,
	ID_MAIN,
	ID_CALLBACK,
	ID_LONG,
	ID_CHAR,
};

struct blob {
	struct arena *a;
	VEC(uint8_t) types, strings;
	struct hmap known; /* text -> offset in strings, as a pointer */
	uint32_t ntypes;
	const struct sources *sources;
};

static void
add_bytes(struct blob *b, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	size_t i;

	for (i = 0; i < n; i++)
		*vec_push(b->a, &b->types) = p[i];
}

/* The offset of a string; equal ones are kept once. */
static uint32_t
add_string(struct blob *b, const char *s)
{
	uintptr_t at = (uintptr_t)hmap_get(&b->known, s);
	size_t i;

	if (!*s)
		return 0;
	if (at)
		return (uint32_t)at;
	at = b->strings.n;
	for (i = 0; i <= strlen(s); i++)
		*vec_push(b->a, &b->strings) = (uint8_t)s[i];
	hmap_put(b->a, &b->known, s, (void *)at);
	return (uint32_t)at;
}

static uint32_t
type_info(unsigned kind, unsigned vlen)
{
	return kind << 24 | vlen;
}

static void
add_type(struct blob *b, uint32_t name, uint32_t info, uint32_t type)
{
	struct btf_type t = { .name_off = name, .info = info };

	t.type = type;
	add_bytes(b, &t, sizeof(t));
	b->ntypes++;
}

static void
add_common_types(struct blob *b)
{
	uint32_t encoding = BTF_INT_SIGNED << 24 | 32;
	struct btf_param ctx = { .type = ID_PTR };

	add_type(b, add_string(b, "int"), type_info(BTF_KIND_INT, 0), 4);
	add_bytes(b, &encoding, sizeof(encoding));
	add_type(b, 0, type_info(BTF_KIND_PTR, 0), ID_VOID);
	add_type(b, 0, type_info(BTF_KIND_FUNC_PROTO, 1), ID_INT);
	ctx.name_off = add_string(b, "ctx");
	add_bytes(b, &ctx, sizeof(ctx));
	add_type(b, 0, type_info(BTF_KIND_FUNC_PROTO, 0), ID_INT);
	encoding = BTF_INT_SIGNED << 24 | 64;
	add_type(b, add_string(b, "long"), type_info(BTF_KIND_INT, 0), 8);
	add_bytes(b, &encoding, sizeof(encoding));
	encoding = BTF_INT_CHAR << 24 | 8;
	add_type(b, add_string(b, "char"), type_info(BTF_KIND_INT, 0), 1);
	add_bytes(b, &encoding, sizeof(encoding));
}

/* The address of so many bytes. */
static uint32_t
add_pointer(struct blob *b, uint32_t bytes)
{
	struct btf_array array = { ID_CHAR, ID_INT, bytes };

	add_type(b, 0, type_info(BTF_KIND_ARRAY, 0), 0);
	add_bytes(b, &array, sizeof(array));
	add_type(b, 0, type_info(BTF_KIND_PTR, 0), b->ntypes);
	return b->ntypes;
}

static uint32_t
add_own_type(struct blob *b, const struct func *f)
{
	struct btf_param arg[SHARED_ARGS];
	uint32_t i;

	for (i = 0; i < f->nparams; i++) {
		arg[i].type =
			f->behind[i] ? add_pointer(b, f->behind[i]) : ID_LONG;
		arg[i].name_off = add_string(b, "arg");
	}
	add_type(b, 0, type_info(BTF_KIND_FUNC_PROTO, f->nparams), ID_LONG);
	add_bytes(b, arg, f->nparams * sizeof(*arg));
	return b->ntypes;
}

/* A name the kernel takes. */
static const char *
identifier(struct arena *a, const char *name)
{
	char *s = arena_printf(a, "%.*s", GEN_MAX_NAME,
			       name && *name ? name : "prog");
	char *p;

	for (p = s; *p; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') ||
			      (*p >= 'A' && *p <= 'Z') || *p == '_';
		bool digit = *p >= '0' && *p <= '9' && p != s;

		if (!letter && !digit)
			*p = '_';
	}
	return s;
}

static uint32_t
add_func(struct blob *b, const struct func *f)
{
	bool callback = f->parent && !f->is_own;
	unsigned linkage = callback ? BTF_FUNC_STATIC : BTF_FUNC_GLOBAL;
	uint32_t type = callback ? ID_CALLBACK : ID_MAIN;

	if (f->is_own)
		type = add_own_type(b, f);
	add_type(b, add_string(b, identifier(b->a, f->name)),
		 type_info(BTF_KIND_FUNC, linkage), type);
	return b->ntypes;
}

/* ---- lines ---- */

static const char *
line_text(struct blob *b, const struct place *at)
{
	size_t n;
	const char *s = source_line(at->source, at->line, &n);

	while (n && (*s == ' ' || *s == '\t')) {
		s++;
		n--;
	}
	return arena_strndup(b->a, s, n);
}

/* Line and column share 32 bits: 22 and 10. */
static uint32_t
line_col(const struct place *at)
{
	uint32_t col = at->col < 1023 ? at->col : 1023;

	return at->line << 10 | col;
}

static struct bpf_line_info
line_record(struct blob *b, uint32_t insn, struct span span)
{
	struct bpf_line_info r = { .insn_off = insn };
	struct place at = { 0 };

	if (b->sources && span.begin)
		at = source_place(b->sources, span.begin);
	if (!at.source)
		return r;
	r.file_name_off = add_string(b, at.source->name);
	r.line_off = add_string(b, line_text(b, &at));
	r.line_col = line_col(&at);
	return r;
}

typedef VEC(struct bpf_line_info) line_infos;

/* Insn `insn` starts a function, or a new source place. */
static void
add_line(struct blob *b, line_infos *out, uint32_t insn, struct span span,
	 bool must)
{
	struct bpf_line_info r = line_record(b, insn, span);
	const struct bpf_line_info *last = out->n ? &out->v[out->n - 1] : NULL;

	if (last && last->insn_off == insn)
		return;
	if (!must && last && last->line_col == r.line_col &&
	    last->file_name_off == r.file_name_off)
		return;
	*vec_push(b->a, out) = r;
}

static void
add_lines(struct blob *b, const struct image_prog *p, struct gen_btf_prog *out)
{
	line_infos lines = { 0 };
	uint32_t i = 0, f = 0;

	while (i < p->lines.n || f < p->funcs.n) {
		uint32_t at = i < p->lines.n ? p->lines.v[i].insn : UINT32_MAX;
		bool func = f < p->funcs.n && p->funcs.v[f].insn <= at;

		if (func)
			at = p->funcs.v[f++].insn;
		else
			i++;
		if (at < p->ninsns)
			add_line(b, &lines, at, gen_span(p, at), func);
	}
	out->line_info = lines.v;
	out->line_info_cnt = lines.n;
}

static void
add_funcs(struct blob *b, const struct image_prog *p, struct gen_btf_prog *out)
{
	struct bpf_func_info *infos =
		arena_alloc(b->a, p->funcs.n * sizeof(*infos));
	uint32_t i;

	for (i = 0; i < p->funcs.n; i++) {
		infos[i].insn_off = p->funcs.v[i].insn;
		infos[i].type_id = add_func(b, p->funcs.v[i].func);
	}
	out->func_info = infos;
	out->func_info_cnt = p->funcs.n;
}

/* Header, types, strings. */
static void
join(const struct blob *b, struct gen_btf *out)
{
	struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(h),
		.type_len = b->types.n,
		.str_off = b->types.n,
		.str_len = b->strings.n,
	};
	uint8_t *p;

	out->btf_size = sizeof(h) + b->types.n + b->strings.n;
	out->btf = p = arena_alloc(b->a, out->btf_size);
	memcpy(p, &h, sizeof(h));
	memcpy(p + sizeof(h), b->types.v, b->types.n);
	memcpy(p + sizeof(h) + b->types.n, b->strings.v, b->strings.n);
}

bool
gen_btf(const struct image *im, struct gen_btf *out)
{
	struct blob b = { .a = im->arena };
	uint32_t i;

	if (im->prog->diag)
		b.sources = im->prog->diag->sources;
	vec_push(b.a, &b.strings); /* offset 0 is "" */
	add_common_types(&b);
	out->progs =
		arena_alloc(im->arena, (im->progs.n + 1) * sizeof(*out->progs));
	for (i = 0; i < im->progs.n; i++) {
		add_funcs(&b, &im->progs.v[i], &out->progs[i]);
		add_lines(&b, &im->progs.v[i], &out->progs[i]);
	}
	join(&b, out);
	return true;
}
