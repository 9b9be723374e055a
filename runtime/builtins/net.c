// SPDX-License-Identifier: MIT
/* Network words: ntop. */
#include "internal.h"

#include <arpa/inet.h>
#include <string.h>

struct inet {
	uint64_t family;
	uint8_t addr[16];
};

enum { V4_BYTES = 4, V6_BYTES = 16 };

/* Bytes of address in an argument of that type; 0: not an address. */
static unsigned
address_bytes(const struct type *t)
{
	if (type_is_int(t))
		return V4_BYTES;
	if ((t->kind == TY_ARRAY || t->kind == TY_STRING) &&
	    (t->size == V4_BYTES || t->size == V6_BYTES))
		return t->size;
	return 0;
}

static bool
ntop_check(struct sema *s, struct node *n)
{
	const struct node *x = sema_arg(n, ir_nargs(n) - 1);
	const struct type *t = x->type;

	if (!t || t->kind == TY_ERROR || t->kind == TY_NONE)
		return true;
	if (!address_bytes(t))
		return sema_error(s, n,
				  "ntop() only supports int or array "
				  "arguments of 4 or 16 bytes (%s provided)",
				  type_name(t));
	return true;
}

static struct ref
ntop_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	unsigned last = ir_nargs(n) - 1;
	const struct type *t = ir_arg_node(n, last)->type;
	unsigned bytes = address_bytes(t);
	struct ref family =
		last ? ir_arg(l, n, 0)
		     : ir_const(l, bytes == V6_BYTES ? AF_INET6 : AF_INET);
	struct mem addr = { dst->base,
			    dst->off + (int32_t)offsetof(struct inet, addr) };

	if (type_is_int(t)) {
		struct ref v = ir_arg(l, n, last);

		ir_mem_zero(l, addr, V6_BYTES);
		ir_store(l, addr.base, addr.off, v, V4_BYTES);
	} else {
		struct mem from = ir_arg_mem(l, n, last);

		ir_mem_zero(l, addr, V6_BYTES);
		ir_mem_copy(l, addr, from, bytes);
	}
	ir_store(l, dst->base, dst->off, family, 8);
	return REF_NONE;
}

static void
inet_print(struct out *o, const struct type *t, const void *cell)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct inet in;

	(void)t;
	memcpy(&in, cell, sizeof(in));
	if (in.family == AF_INET || in.family == AF_INET6)
		inet_ntop((int)in.family, in.addr, text, sizeof(text));
	out_puts(o, text);
}

static void
inet_json(struct out *o, const struct type *t, const void *cell)
{
	builtin_json_text(o, t, cell, inet_print);
}

const struct nominal net_types[] = {
	{ .name = "inet",
	  .size = sizeof(struct inet),
	  .align = 8,
	  .print = inet_print,
	  .json = inet_json },
	{ 0 },
};

/* clang-format off */
const struct builtin net_words[] = {
	{ "ntop", "(any, any = none) -> inet", "an IP address as text",
	  .check = ntop_check, .lower = ntop_lower },
	{ 0 },
};
/* clang-format on */
