// SPDX-License-Identifier: MIT
/* Network words: ntop, pton, macaddr, socket_cookie. */
#include "internal.h"

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <string.h>

struct inet {
	uint64_t family;
	uint8_t addr[16];
};

enum { V4_BYTES = 4, V6_BYTES = 16, MAC_BYTES = 6 };

/* Bytes of address in an argument of that type; 0: not an address. */
static unsigned
address_bytes(const struct type *t)
{
	if (type_is_int(t) && t->kind != TY_BOOL)
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
	const struct type *t = x->type, *family = sema_arg(n, 0)->type;

	if (!t || t->kind == TY_ERROR || t->kind == TY_NONE)
		return true;
	if (ir_nargs(n) > 1 && family && family->kind != TY_ERROR &&
	    (!type_is_int(family) || family->kind == TY_BOOL))
		return sema_error(s, n,
				  "ntop() only supports int arguments (%s "
				  "provided)",
				  sema_kind_name(family));
	if (address_bytes(t))
		return true;
	if (t->kind == TY_ARRAY || t->kind == TY_STRING)
		return sema_error(s, n,
				  "ntop() argument must be 4 or 16 bytes in "
				  "size");
	return sema_error(s, n,
			  "ntop() expects an integer or array argument, got "
			  "%s",
			  sema_kind_name(t));
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

/* ---- pton ---- */

static bool
pton_check(struct sema *s, struct node *n)
{
	const char *text = sema_literal_str(sema_arg(n, 0), NULL);
	struct types *t = sema_types(s);
	struct in6_addr addr;
	int family = text && strchr(text, ':') ? AF_INET6 : AF_INET;

	if (text && !strpbrk(text, ".:"))
		return sema_error(s, n,
				  "pton() expects an string argument of an "
				  "IPv4/IPv6 address, got %s",
				  text);
	if (!text)
		return sema_error(s, n,
				  "pton() expects an string literal at the "
				  "first argument");
	if (inet_pton(family, text, &addr) != 1 ||
	    (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&addr)))
		return sema_error(s, n,
				  "pton() expects a valid IPv4/IPv6 address, "
				  "got %s",
				  text);
	n->type = type_array(t, type_int(t, 1, false),
			     family == AF_INET6 ? V6_BYTES : V4_BYTES);
	return true;
}

static struct ref
pton_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const char *text = sema_literal_str(ir_arg_node(n, 0), NULL);
	unsigned char addr[V6_BYTES];

	inet_pton(n->type->size == V6_BYTES ? AF_INET6 : AF_INET, text, addr);
	ir_mem_copy(l, *dst, ir_bytes(l, addr, n->type->size), n->type->size);
	return REF_NONE;
}

/* ---- macaddr ---- */

static bool
macaddr_check(struct sema *s, struct node *n)
{
	const struct node *x = sema_arg(n, 0);
	const struct type *t = x->type;
	bool good = true;

	if (!t || t->kind == TY_ERROR)
		return true;
	sema_warn_space(s, x);
	if (x->kind == N_STR)
		good = sema_error(s, n,
				  "macaddr() does not support literal string "
				  "arguments");
	if ((t->kind == TY_ARRAY || t->kind == TY_STRING) &&
	    t->size < MAC_BYTES)
		good = sema_error(s, n,
				  "macaddr() argument must be at least 6 bytes "
				  "in size");
	else if (t->kind != TY_ARRAY && t->kind != TY_STRING &&
		 t->kind != TY_POINTER &&
		 (!type_is_int(t) || t->kind == TY_BOOL))
		good = sema_error(s, n,
				  "macaddr() only supports array or pointer "
				  "arguments (%s provided)",
				  sema_kind_name(t));
	return good;
}

static struct ref
macaddr_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const struct type *t = ir_arg_node(n, 0)->type;
	enum addrspace as = t->as;

	if (!type_is_scalar(t)) {
		ir_mem_copy(l, *dst, ir_arg_mem(l, n, 0), MAC_BYTES);
		return REF_NONE;
	}
	as = ir_space(l, as);
	ir_mem_zero(l, *dst, MAC_BYTES);
	ir_probe_read(l, as == AS_BPF ? AS_KERNEL : as, *dst,
		      ir_const(l, MAC_BYTES), ir_arg(l, n, 0), false);
	return REF_NONE;
}

static void
macaddr_print(struct out *o, const struct type *t, const void *cell)
{
	const unsigned char *b = cell;

	(void)t;
	out_printf(o, "%02X:%02X:%02X:%02X:%02X:%02X", b[0], b[1], b[2], b[3],
		   b[4], b[5]);
}

static void
macaddr_json(struct out *o, const struct type *t, const void *cell)
{
	builtin_json_text(o, t, cell, macaddr_print);
}

/* ---- socket_cookie ---- */

static bool
socket_cookie_check(struct sema *s, struct node *n)
{
	const struct probe_type *p = sema_unit(s)->type;
	const struct type *t = sema_arg(n, 0)->type;

	if (p->prog_type != BPF_PROG_TYPE_TRACING)
		return sema_error(s, n, "%s can not be used with \"%s\" probes",
				  n->call.name, p->name);
	if (t && t->kind != TY_ERROR && t->kind != TY_POINTER)
		return sema_error(s, n,
				  "%s() only supports pointer arguments (%s "
				  "provided)",
				  n->call.name, sema_kind_name(t));
	return true;
}

static struct ref
socket_cookie_lower(struct lower *l, const struct node *n,
		    const struct mem *dst)
{
	(void)dst;
	return ir_call(l, HELPER_get_socket_cookie, 1, ir_arg(l, n, 0));
}

/* ---- printing addresses ---- */

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

static const char *
inet_shown(struct arena *a, const int64_t *par)
{
	(void)par;
	return arena_printf(a, "inet[%zu]", sizeof(struct inet));
}

static const char *
macaddr_shown(struct arena *a, const int64_t *par)
{
	(void)a;
	(void)par;
	return "mac_address";
}

const struct nominal net_types[] = {
	{ .name = "inet",
	  .shown = inet_shown,
	  .size = sizeof(struct inet),
	  .align = 8,
	  .print = inet_print,
	  .json = inet_json },
	{ .name = "macaddr_t",
	  .shown = macaddr_shown,
	  .size = MAC_BYTES,
	  .align = 1,
	  .print = macaddr_print,
	  .json = macaddr_json },
	{ 0 },
};

/* clang-format off */
const struct builtin net_words[] = {
	{ "ntop", "(any, any = none) -> inet", "an IP address as text",
	  .check = ntop_check, .lower = ntop_lower },
	{ "pton", "(any) -> auto", "an IP address from text",
	  .check = pton_check, .lower = pton_lower },
	{ "macaddr", "(any) -> macaddr_t", "a hardware address as text",
	  .check = macaddr_check, .lower = macaddr_lower },
	{ "socket_cookie", "(any) -> uint64", "the cookie of a socket",
	  .check = socket_cookie_check, .lower = socket_cookie_lower },
	{ 0 },
};
/* clang-format on */
