// SPDX-License-Identifier: MIT
/*
 * Words that ask the compiler and are gone before there is code: the kind of
 * an expression, what the kernel has, checks that stop the compilation.
 */
#include "internal.h"

#include <linux/bpf.h>
#include <linux/btf.h>
#include <string.h>

enum question { IS_STR, IS_PTR, IS_ARRAY, IS_INTEGER, IS_UNSIGNED, IS_LITERAL };

static bool
answer(enum question q, const struct node *x)
{
	const struct type *t = x->type;
	bool integer = t->kind == TY_INT || t->kind == TY_ENUM;

	switch (q) {
	case IS_STR:
		return t->kind == TY_STRING;
	case IS_PTR:
		return t->kind == TY_POINTER;
	case IS_ARRAY:
		return t->kind == TY_ARRAY;
	case IS_INTEGER:
		return integer;
	case IS_UNSIGNED:
		return integer && !t->is_signed;
	case IS_LITERAL:
		return sema_is_constant(x);
	}
	return false;
}

/* aux: enum question. */
static bool
is_check(struct sema *s, struct node *n)
{
	const struct node *x = sema_arg(n, 0);

	if (!x->type || x->type->kind == TY_ERROR)
		n->type = x->type;
	else
		sema_make_bool(s, n,
			       answer((enum question)n->call.word->aux, x));
	return true;
}

/* aux: whether this probe's programs must be allowed to call it. */
static bool
kfunc_check(struct sema *s, struct node *n)
{
	const struct kbtf *btf = kernel_btf(sema_kernel(s));
	const char *name = sema_literal_str(sema_arg(n, 0), NULL);
	bool good;

	if (!name)
		return sema_error(s, n, "%s() accepts a string literal only",
				  n->call.name);
	good = btf && kbtf_find(btf, name, BTF_KIND_FUNC);
	if (n->call.word->aux)
		good = good &&
		       sema_unit(s)->type->prog_type == BPF_PROG_TYPE_TRACING;
	sema_make_bool(s, n, good);
	return true;
}

static bool
static_assert_check(struct sema *s, struct node *n)
{
	const char *text = sema_literal_str(sema_arg(n, 1), NULL);
	int64_t cond;

	if (!sema_literal_int(sema_arg(n, 0), &cond))
		return sema_error(s, n,
				  "Unable to resolve comptime expression");
	if (!cond)
		return sema_error(s, n, "%s", text ? text : "");
	return true;
}

/* The text of a printf-like call whose arguments are all literals. */
static bool
fail_check(struct sema *s, struct node *n)
{
	const struct event_spec spec = { .call = n };
	const struct event e = { .spec = &spec };
	struct out tmp = { .fd = -1, .buffering = OUT_FULL };
	unsigned i;

	if (!format_check(s, n, 0))
		return false;
	for (i = 0; i < ir_nargs(n); i++) {
		const struct node *x = sema_arg(n, i);
		int64_t v;

		if (!sema_literal_int(x, &v) && !sema_literal_str(x, NULL))
			return sema_error(s, n,
					  "%s() arguments need to be literals",
					  n->call.name);
	}
	format_print(&tmp, &e);
	sbuf_putc(&tmp.buf, '\0');
	sema_error(s, n, "%s", tmp.buf.s);
	sbuf_free(&tmp.buf);
	return false;
}

static struct ref
nothing_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)l, (void)n, (void)dst;
	return REF_NONE;
}

/* clang-format off */
#define IS(name, what, doc)                                                    \
	{ name, "(any) -> auto", doc, WORD_MACRO | WORD_CONST, .aux = what,    \
	  .check = is_check }

const struct builtin meta_words[] = {
	IS("is_str", IS_STR, "whether the type is a string"),
	IS("is_ptr", IS_PTR, "whether the type is a pointer"),
	IS("is_array", IS_ARRAY, "whether the type is an array"),
	IS("is_integer", IS_INTEGER, "whether the type is an integer"),
	IS("is_unsigned_integer", IS_UNSIGNED,
	   "whether the type is an unsigned integer"),
	IS("is_literal", IS_LITERAL, "whether the compiler knows the value"),
	{ "kfunc_exist", "(any) -> auto", "whether the kernel has a function",
	  WORD_MACRO | WORD_CONST, .check = kfunc_check },
	{ "kfunc_allowed", "(any) -> auto",
	  "whether this probe may call a kernel function",
	  WORD_MACRO | WORD_CONST, .aux = 1, .check = kfunc_check },
	{ "static_assert", "(any, any) -> void",
	  "stop the compilation if something is false", WORD_MACRO,
	  .check = static_assert_check, .lower = nothing_lower },
	{ "fail", "(string literal, any = none, ...) -> void",
	  "stop the compilation with a message", .check = fail_check,
	  .lower = nothing_lower },
	{ 0 },
};
/* clang-format on */
