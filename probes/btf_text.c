/* SPDX-License-Identifier: MIT */
/*
 * Owns the C text of kernel types, as listings show it: "struct file *",
 * "const char *", "unsigned int".
 */
#include <linux/btf.h>
#include <string.h>

#include "internal.h"

/* Pointers and qualifiers deeper than this are a loop in hostile BTF. */
enum { TEXT_DEPTH = 32 };

static const char *text_of(struct arena *a, const struct kbtf *b, uint32_t id,
			   unsigned depth);

static const char *
pointer_text(struct arena *a, const char *to)
{
	size_t n = strlen(to);

	return arena_printf(a, "%s%s*", to, n && to[n - 1] == '*' ? "" : " ");
}

static const char *
tagged(struct arena *a, const char *tag, const char *name)
{
	return arena_printf(a, "%s %s", tag, *name ? name : "(anon)");
}

static const char *
text_of(struct arena *a, const struct kbtf *b, uint32_t id, unsigned depth)
{
	const struct btf_type *t = kbtf_type(b, id);
	const char *name = t ? kbtf_str(b, t->name_off) : "void";

	if (!t || depth > TEXT_DEPTH)
		return name;
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_PTR:
		return pointer_text(a, text_of(a, b, t->type, depth + 1));
	case BTF_KIND_CONST:
		return arena_printf(a, "const %s",
				    text_of(a, b, t->type, depth + 1));
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return text_of(a, b, t->type, depth + 1);
	case BTF_KIND_STRUCT:
		return tagged(a, "struct", name);
	case BTF_KIND_UNION:
		return tagged(a, "union", name);
	case BTF_KIND_FWD:
		return tagged(a, BTF_INFO_KFLAG(t->info) ? "union" : "struct",
			      name);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return tagged(a, "enum", name);
	case BTF_KIND_FUNC_PROTO:
		return "void"; /* a pointer to it is all that C can hold */
	default:
		return name;
	}
}

const char *
probe_btf_text(struct arena *a, const struct kbtf *b, uint32_t id)
{
	return text_of(a, b, id, 0);
}

/* ---- prototypes ---- */

bool
probe_btf_proto(const struct kbtf *b, uint32_t func, struct probe_proto *out)
{
	const struct btf_type *f = kbtf_type(b, func), *p;

	p = f && BTF_INFO_KIND(f->info) == BTF_KIND_FUNC ? kbtf_type(b, f->type)
							 : NULL;
	if (!p || BTF_INFO_KIND(p->info) != BTF_KIND_FUNC_PROTO)
		return false;
	*out = (struct probe_proto){ .params = (const void *)(p + 1),
				     .n = BTF_INFO_VLEN(p->info),
				     .ret = p->type };
	return true;
}
