// SPDX-License-Identifier: MIT
/*
 * printf() of an iterator that is pinned: whoever reads its file wants text,
 * which the kernel makes, so the format is what the kernel knows.
 */
#include "internal.h"

#include <linux/bpf.h>
#include <string.h>

enum { SEQ_ARGS = 12 }; /* MAX_BPRINTF_VARARGS */

/* Skip to behind the next conversion's letter, which is returned; 0: none. */
static char
next_conversion(const char **at)
{
	const char *f = *at;

	while ((f = strchr(f, '%'))) {
		f += 1 + strspn(f + 1, "0123456789-+ lhjzt");
		if (!*f)
			return 0;
		*at = f + 1;
		if (*f != '%')
			return *f;
		f++;
	}
	return 0;
}

static bool
takes(char c, const struct type *t)
{
	if (c == 's')
		return t->kind == TY_STRING;
	return strchr("diuxXpc", c) && type_is_scalar(t);
}

bool
seq_printf_check(struct sema *s, struct node *n)
{
	const char *at = sema_literal_str(sema_arg(n, 0), NULL);
	unsigned i;
	char c;

	for (i = 1; at && (c = next_conversion(&at)); i++) {
		const struct type *t = sema_arg(n, i)->type;

		if (t && t->kind != TY_ERROR && !takes(c, t))
			return sema_error(s, sema_arg(n, i),
					  "the kernel, which prints for a "
					  "pinned iterator, has no %%%c for "
					  "type '%s'",
					  c, type_name(t));
	}
	if (i > SEQ_ARGS + 1)
		return sema_error(s, n,
				  "cannot use more than %d conversion "
				  "specifiers in a pinned iterator",
				  SEQ_ARGS);
	return true;
}

struct ref
seq_printf_lower(struct lower *l, const struct node *n)
{
	unsigned nargs = ir_nargs(n) - 1;
	uint32_t len = 0;
	const char *text = sema_literal_str(ir_arg_node(n, 0), &len);
	struct mem data = ir_obj(l, 8 * (nargs + !nargs), 8);
	struct ref format;

	for (unsigned i = 0; i < nargs; i++) {
		const struct type *t = ir_arg_node(n, i + 1)->type;
		struct ref v = type_is_scalar(t)
				       ? ir_arg(l, n, i + 1)
				       : ir_addr(l, ir_arg_mem(l, n, i + 1));

		ir_store(l, data.base, data.off + 8 * (int32_t)i, v, 8);
	}
	format = ir_addr(l, ir_bytes(l, text, len + 1));
	ir_call(l, HELPER_seq_printf, 5, ir_unit(l)->type->seq(l), format,
		ir_const(l, len + 1), nargs ? ir_addr(l, data) : ir_const(l, 0),
		ir_const(l, 8 * nargs));
	return REF_NONE;
}
