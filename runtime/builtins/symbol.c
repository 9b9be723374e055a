// SPDX-License-Identifier: MIT
/* Addresses and names: ksym, usym, kaddr, kptr, uptr. */
#include "internal.h"

#include <string.h>

struct usym {
	uint64_t addr;
	uint32_t pid;
	uint32_t reserved;
};

enum { KSYM, USYM };

static void
ksym_print(struct out *o, const struct type *t, const void *cell)
{
	uint64_t addr;

	(void)t;
	memcpy(&addr, cell, sizeof(addr));
	sym_kernel(o->session, o, addr, false);
}

static void
ksym_json(struct out *o, const struct type *t, const void *cell)
{
	builtin_json_text(o, t, cell, ksym_print);
}

static void
usym_print(struct out *o, const struct type *t, const void *cell)
{
	struct usym u;

	(void)t;
	memcpy(&u, cell, sizeof(u));
	sym_user(o->session, o, u.pid, u.addr, false);
}

static void
usym_json(struct out *o, const struct type *t, const void *cell)
{
	builtin_json_text(o, t, cell, usym_print);
}

const struct nominal symbol_types[] = {
	[KSYM] = { .name = "ksym_t",
		   .size = 8,
		   .align = 8,
		   .scalar = true,
		   .print = ksym_print,
		   .json = ksym_json },
	[USYM] = { .name = "usym_t",
		   .of_process = true,
		   .size = sizeof(struct usym),
		   .align = 8,
		   .print = usym_print,
		   .json = usym_json },
	{ 0 },
};

const struct type *
symbol_type(struct types *t, bool user)
{
	const int64_t par[TYPE_PARAMS] = { 0 };

	return type_nominal(t, &symbol_types[user ? USYM : KSYM], false, par);
}

struct ref
symbol_store(struct lower *l, const struct type *t, struct ref addr,
	     const struct mem *dst)
{
	struct ref pid;

	if (t->nominal == &symbol_types[KSYM])
		return addr;
	pid = ir_bini(l, IR_SHR, ir_call(l, HELPER_get_current_pid_tgid, 0),
		      32);
	ir_store(l, dst->base, dst->off, addr, 8);
	ir_store(l, dst->base, dst->off + (int32_t)offsetof(struct usym, pid),
		 pid, 8);
	return REF_NONE;
}

static bool
sym_check(struct sema *s, struct node *n)
{
	const struct type *t = sema_arg(n, 0)->type;

	if (t && t->kind != TY_ERROR && !type_is_int(t) &&
	    t->kind != TY_POINTER && !(t->nominal && t->nominal->to_int))
		return sema_error(s, n,
				  "%s() expects an integer or pointer argument",
				  n->call.name);
	return true;
}

static struct ref
sym_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	return symbol_store(l, n->type, ir_arg(l, n, 0), dst);
}

static bool
kaddr_check(struct sema *s, struct node *n)
{
	const char *name = sema_literal_str(sema_arg(n, 0), NULL);
	bool hidden = false;
	uint64_t addr;

	if (!name)
		return true;
	if (kernel_symbol(sema_kernel(s), name, &addr, &hidden)) {
		sema_make_int(s, n, addr, false);
		n->type = type_int(sema_types(s), 8, false);
		return true;
	}
	sema_error(s, n, "Failed to resolve kernel symbol: %s", name);
	if (hidden)
		diag_hint(sema_diag(s), "the kernel hides its addresses: "
					"run as root, or set "
					"kernel.kptr_restrict to 0");
	return false;
}

/* aux: the address space. */
static bool
space_check(struct sema *s, struct node *n)
{
	const struct type *t = sema_arg(n, 0)->type;

	if (!t || t->kind == TY_ERROR)
		n->type = type_error(sema_types(s));
	else if (t->kind == TY_POINTER)
		n->type = type_pointer(sema_types(s), t->to,
				       (enum addrspace)n->call.word->aux);
	else
		n->type = type_pointer(sema_types(s),
				       type_int(sema_types(s), 8, false),
				       (enum addrspace)n->call.word->aux);
	return true;
}

static struct ref
space_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)dst;
	return ir_arg(l, n, 0);
}

/* clang-format off */
const struct builtin symbol_words[] = {
	{ "ksym", "(any) -> ksym_t", "name of a kernel address",
	  .check = sym_check, .lower = sym_lower },
	{ "usym", "(any) -> usym_t", "name of a user address",
	  .check = sym_check, .lower = sym_lower },
	{ "kaddr", "(string literal) -> auto", "address of a kernel symbol",
	  WORD_CONST, .check = kaddr_check },
	{ "kptr", "(any) -> auto", "the pointer, as a kernel address",
	  .aux = AS_KERNEL, .check = space_check, .lower = space_lower },
	{ "uptr", "(any) -> auto", "the pointer, as a user address",
	  .aux = AS_USER, .check = space_check, .lower = space_lower },
	{ 0 },
};
/* clang-format on */
