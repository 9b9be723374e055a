/* SPDX-License-Identifier: MIT */
/*
 * Owns the listing of kernel types: -l 'struct task*', and -lv with their
 * definitions in C, which libbpf writes.
 */
#include <bpf/btf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct listed_types {
	const struct sema_input *in;
	const char *pattern; /* "struct task*" */
	const char *tag;     /* "struct" */
	unsigned kind;
	bool verbose;
	const char *module;     /* the one looked through */
	const struct btf *base; /* libbpf's vmlinux */
	VEC(const char *) found;
};

static void
add_name(void *arg, const char *name, uint32_t id)
{
	struct listed_types *l = arg;

	(void)id;
	*vec_push(l->in->arena, &l->found) =
		arena_printf(l->in->arena, "%s %s", l->tag, name);
}

/* ---- definitions ---- */

static void
append(void *ctx, const char *fmt, va_list args)
{
	sbuf_vprintf(ctx, fmt, args);
}

/* "struct x {" at `text`, if it matches; else NULL. */
static const char *
defined_name(const struct listed_types *l, const char *text, const char *end)
{
	const char *brace = memmem(text, end - text, " {", 2);
	char *name;

	if (!brace)
		return NULL;
	name = arena_strndup(l->in->arena, text, brace - text);
	return kernel_match(l->pattern, name) ? name : NULL;
}

/* Definitions stand apart by empty lines; what they need comes with them. */
static void
split_definitions(struct listed_types *l, const char *text)
{
	struct arena *a = l->in->arena;
	const char *end;

	for (; *text; text = *end ? end + 2 : end) {
		end = strstr(text, "\n\n");
		if (!end)
			end = text + strlen(text);
		if (strncmp(text, l->tag, strlen(l->tag)) == 0 &&
		    defined_name(l, text, end))
			*vec_push(a, &l->found) =
				arena_printf(a, "%s: %.*s\n", l->module,
					     (int)(end - text), text);
	}
}

static void
dump_type(void *arg, const char *name, uint32_t id)
{
	(void)name;
	btf_dump__dump_type(arg, id);
}

static void
add_definitions(struct listed_types *l, const struct kbtf *b,
		const struct btf *btf)
{
	struct sbuf text = { 0 };
	struct btf_dump *dump = btf_dump__new(btf, append, &text, NULL);

	if (dump)
		kbtf_each(b, l->kind, l->pattern + strlen(l->tag) + 1,
			  dump_type, dump);
	btf_dump__free(dump);
	if (text.s)
		split_definitions(l, text.s);
	sbuf_free(&text);
}

/* ---- vmlinux and the modules ---- */

static bool
list_image(void *arg, const char *module, const struct kbtf *b)
{
	struct listed_types *l = arg;
	const struct kernel_paths *paths = &l->in->kernel->paths;
	const char *path = paths->btf;
	struct btf *btf;

	l->module = module;
	if (!l->verbose) {
		kbtf_each(b, l->kind, l->pattern + strlen(l->tag) + 1, add_name,
			  l);
		return true;
	}
	if (l->base)
		path = arena_printf(l->in->arena, "%s/%s", paths->btf_dir,
				    module);
	btf = btf__parse_split(path, (struct btf *)(uintptr_t)l->base);
	if (!btf)
		return true;
	add_definitions(l, b, btf);
	if (l->base)
		btf__free(btf);
	else
		l->base = btf; /* the first, which the others stand on */
	return true;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
list_kind(struct listed_types *l, void (*line)(void *arg, const char *text),
	  void *arg)
{
	kernel_each_btf(l->in->kernel, list_image, l);
	btf__free((struct btf *)(uintptr_t)l->base);
	if (l->found.n)
		qsort(l->found.v, l->found.n, sizeof(*l->found.v), by_text);
	for (uint32_t i = 0; i < l->found.n; i++)
		if (!i || strcmp(l->found.v[i - 1], l->found.v[i]) != 0)
			line(arg, l->found.v[i]);
}

bool
probe_list_types(const struct sema_input *in, const char *pattern, bool verbose,
		 void (*line)(void *arg, const char *text), void *arg)
{
	static const struct {
		const char *tag;
		unsigned kind;
	} tags[] = { { "struct", BTF_KIND_STRUCT },
		     { "union", BTF_KIND_UNION },
		     { "enum", BTF_KIND_ENUM } };

	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		struct listed_types l = { .in = in,
					  .pattern = pattern,
					  .tag = tags[i].tag,
					  .kind = tags[i].kind,
					  .verbose = verbose };
		size_t n = strlen(l.tag);

		if (strncmp(pattern, l.tag, n) != 0 || pattern[n] != ' ')
			continue;
		list_kind(&l, line, arg);
		return true;
	}
	return false;
}
