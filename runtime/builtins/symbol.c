// SPDX-License-Identifier: MIT
/* Addresses and names: ksym, usym, kaddr, percpu_kaddr, kptr, uptr, is_err,
 * path, container_of. */
#include "internal.h"

#include <linux/bpf.h>
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
		   .nameless = true,
		   .size = 8,
		   .align = 8,
		   .scalar = true,
		   .print = ksym_print,
		   .json = ksym_json },
	[USYM] = { .name = "usym_t",
		   .nameless = true,
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
	pid = ir_bini(l, IR_SHR, ir_pid_tgid(l), 32);
	ir_store(l, dst->base, dst->off, addr, 8);
	ir_store(l, dst->base, dst->off + (int32_t)offsetof(struct usym, pid),
		 pid, 8);
	return REF_NONE;
}

static bool
sym_check(struct sema *s, struct node *n)
{
	const struct type *t = sema_arg(n, 0)->type;

	if (t && t->kind != TY_ERROR &&
	    (!type_is_int(t) || t->kind == TY_BOOL) && t->kind != TY_POINTER &&
	    !(t->nominal && t->nominal->to_int))
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

/* ---- percpu_kaddr ---- */

/* What one CPU's copy of the variable is away from its address. */
static const char offsets[] = "__per_cpu_offset";

static bool
percpu_check(struct sema *s, struct node *n)
{
	const char *name = sema_literal_str(sema_arg(n, 0), NULL);
	struct types *t = sema_types(s);
	uint64_t *data;
	bool hidden = false;

	if (!name)
		return true;
	data = arena_alloc(sema_arena(s), 2 * sizeof(*data));
	if (!kernel_symbol(sema_kernel(s), name, &data[0], &hidden))
		return sema_error(s, n,
				  "Could not resolve variable \"%s\" from BTF",
				  name);
	if (!kernel_symbol(sema_kernel(s), offsets, &data[1], &hidden))
		return sema_error(s, n, "Failed to resolve kernel symbol: %s",
				  offsets);
	n->call.data = data;
	n->type = type_pointer(t, type_int(t, 8, false), AS_KERNEL);
	return true;
}

static struct ref
percpu_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const uint64_t *symbol = n->call.data;
	struct ref cpu = ir_nargs(n) > 1
				 ? ir_arg(l, n, 1)
				 : ir_call(l, HELPER_get_smp_processor_id, 0);
	struct blk *good = ir_blk(l), *done = ir_blk(l);
	struct mem away = ir_obj(l, 8, 8);
	uint32_t slot = ir_slot(l);
	struct ref at;

	(void)dst;
	ir_slot_set(l, slot, ir_const(l, 0));
	ir_br(l, CC_ULT, cpu, ir_const(l, (int64_t)session_possible_cpus()),
	      good, done);
	ir_seal(l, good);
	ir_at(l, good);
	at = ir_bin(l, IR_ADD, ir_bini(l, IR_SHL, cpu, 3),
		    ir_const(l, (int64_t)symbol[1]));
	ir_probe_read(l, AS_KERNEL, away, ir_const(l, 8), at, false);
	ir_slot_set(l, slot,
		    ir_bin(l, IR_ADD, ir_load(l, away.base, away.off, 8),
			   ir_const(l, (int64_t)symbol[0])));
	ir_jmp(l, done);
	ir_seal(l, done);
	ir_at(l, done);
	return ir_slot_get(l, slot);
}

/* ---- is_err, path, container_of ---- */

static bool
is_err_check(struct sema *s, struct node *n)
{
	const struct type *t = sema_arg(n, 0)->type;

	if (t && t->kind != TY_ERROR && !type_is_int(t) &&
	    t->kind != TY_POINTER)
		return sema_error(s, n,
				  "%s() only supports pointer arguments (%s "
				  "provided)",
				  n->call.name, sema_kind_name(t));
	return true;
}

static struct ref
is_err_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	enum { ERRNO_MAX = 4095 };

	(void)dst;
	return ir_cmp(l, CC_UGE, ir_arg(l, n, 0), ir_const(l, -ERRNO_MAX));
}

static bool
path_check(struct sema *s, struct node *n)
{
	uint64_t size = sema_config(s)->max_strlen;
	int64_t limit;

	if (sema_unit(s)->type->prog_type != BPF_PROG_TYPE_TRACING)
		return sema_error(s, n,
				  "The path function can only be used with "
				  "'fentry', 'fexit', 'iter' probes");
	if (ir_nargs(n) > 1 && sema_literal_int(sema_arg(n, 1), &limit) &&
	    limit > 0 && (uint64_t)limit < size)
		size = (uint64_t)limit;
	n->type = type_string(sema_types(s), (uint32_t)size);
	return true;
}

static struct ref
path_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	enum { PAGE = 4096 }; /* below it: a member of what is NULL */
	struct ref path = ir_arg_addr(l, n, 0);
	struct blk *there = ir_blk(l), *join = ir_blk(l);

	ir_mem_zero(l, *dst, n->type->size);
	ir_br(l, CC_UGE, path, ir_const(l, PAGE), there, join);
	ir_seal(l, there);
	ir_at(l, there);
	ir_call(l, HELPER_d_path, 3, path, ir_addr(l, *dst),
		ir_const(l, n->type->size));
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
	return REF_NONE;
}

static bool
container_check(struct sema *s, struct node *n)
{
	const struct type *p = sema_arg(n, 0)->type;
	const struct type *t = sema_arg(n, 1)->type;
	const struct node *member = sema_arg(n, 2);
	const struct field *f;

	if (!t || t->kind == TY_ERROR || member->kind != N_IDENT)
		return sema_error(s, n,
				  "%s() expects a pointer, a type and the name "
				  "of a member",
				  n->call.name);
	f = t->kind == TY_STRUCT ? type_field(t, member->ident.name) : NULL;
	if (!f)
		return sema_error(s, n, "'%s' has no field named '%s'",
				  type_name(t), member->ident.name);
	n->call.data = (void *)(uintptr_t)f->offset;
	n->type = type_pointer(sema_types(s), t,
			       p && p->kind == TY_POINTER ? p->as : AS_NONE);
	return true;
}

static struct ref
container_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)dst;
	return ir_bini(l, IR_SUB, ir_arg(l, n, 0),
		       (int64_t)(uintptr_t)n->call.data);
}

/* aux: the address space. */
static bool
space_check(struct sema *s, struct node *n)
{
	const struct type *t = sema_arg(n, 0)->type;

	if (!t || t->kind == TY_ERROR)
		n->type = type_error(sema_types(s));
	else if (t->kind != TY_POINTER &&
		 (!type_is_int(t) || t->kind == TY_BOOL))
		return sema_error(s, n,
				  "%s() only supports integer or pointer "
				  "arguments (%s provided)",
				  n->call.name, sema_kind_name(t));
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
	{ "percpu_kaddr", "(string literal, int = none) -> auto",
	  "address of a CPU's copy of a kernel variable",
	  .check = percpu_check, .lower = percpu_lower },
	{ "is_err", "(any) -> bool", "whether a pointer is an error number",
	  WORD_MACRO, .check = is_err_check, .lower = is_err_lower },
	{ "path", "(any, int literal = none) -> auto",
	  "a struct path as text", .check = path_check, .lower = path_lower },
	{ "container_of", "(any, type, word) -> auto",
	  "the struct that a member's address is in", WORD_MACRO,
	  .check = container_check, .lower = container_lower },
	{ "kptr", "(any) -> auto", "the pointer, as a kernel address",
	  .aux = AS_KERNEL, .check = space_check, .lower = space_lower },
	{ "uptr", "(any) -> auto", "the pointer, as a user address",
	  .aux = AS_USER, .check = space_check, .lower = space_lower },
	{ 0 },
};
/* clang-format on */
