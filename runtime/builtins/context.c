// SPDX-License-Identifier: MIT
/*
 * Words that read what the probe was called with: args, argN, retval, ctx,
 * func, reg(), probe. How is the probe type's business; these rows only check
 * that it has what they ask for.
 */
#include "internal.h"

#include <string.h>
#include <sys/utsname.h>

/* Words between the stack pointer and the first argument on the stack. */
#if defined(__x86_64__)
enum { RETURN_ADDRESS = 1 };
#else
enum { RETURN_ADDRESS = 0 };
#endif

static const char *
probetype_of(const struct unit *u)
{
	return u->type->type_word ? u->type->type_word : u->type->name;
}

static bool
args_check(struct sema *s, struct node *n)
{
	const struct unit *u = sema_unit(s);
	enum addrspace as = AS_CTX;
	const struct type *args;

	if (!(u->type->flags & PROBE_ARGS))
		return sema_error(
			s, n,
			"The args builtin can only be used with tracepoint, "
			"rawtracepoint, fentry/fexit, and uprobe probes (%s "
			"used here)",
			probetype_of(u));
	/* A raw unit's record reads as the context would. */
	if (u->type->load_args && !u->type->raw)
		as = AS_BPF;
	args = sema_args(s, n->span);
	n->type = args ? type_pointer(sema_types(s), args, as)
		       : type_error(sema_types(s));
	return args;
}

static struct ref
args_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const struct unit *u = ir_unit(l);

	(void)n, (void)dst;
	if (u->type->load_args && (u->raw || !u->type->raw))
		return u->type->load_args(l);
	return ir_ctx(l);
}

static struct ref
ctx_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)n, (void)dst;
	return ir_ctx(l);
}

static bool
arg_check(struct sema *s, struct node *n)
{
	const struct probe_type *t = sema_unit(s)->type;
	struct utsname uts;

	if (!(t->flags & PROBE_ARGN))
		return sema_error(
			s, n,
			"The %s builtin can only be used with 'kprobes', "
			"'uprobes' and 'usdt' probes",
			n->call.name);
	if (t->nargs && n->call.word->aux >= (int64_t)t->nargs) {
		uname(&uts);
		return sema_error(s, n, "%s doesn't support %s", uts.machine,
				  n->call.name);
	}
	return true;
}

static struct ref
arg_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)dst;
	return ir_unit(l)->type->arg(l, (unsigned)n->call.word->aux);
}

static bool
retval_check(struct sema *s, struct node *n)
{
	const struct unit *u = sema_unit(s);
	const char *instead = u->type->instead_of_retval;

	n->type = type_int(sema_types(s), 8, false);
	if (!(u->type->flags & PROBE_RETVAL))
		return sema_error(s, n,
				  "The retval builtin can only be used with "
				  "'kretprobe' and 'uretprobe' and 'fentry' "
				  "probes%s%s%s",
				  instead ? " (try to use " : "",
				  instead ? instead : "",
				  instead ? " instead)" : "");
	if (u->type->result)
		n->type = u->type->result(s, u);
	if (n->type)
		return true;
	n->type = type_none(sema_types(s));
	return sema_error(s, n, "%s returns nothing", u->targets.v[0].name);
}

static struct ref
retval_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct ref v = ir_unit(l)->type->retval(l);

	(void)dst;
	if (!n->type->size || n->type->size >= 8)
		return v;
	return ir_un(l, n->type->is_signed ? IR_SEXT : IR_ZEXT, v,
		     n->type->size);
}

static bool
ctx_check(struct sema *s, struct node *n)
{
	const struct unit *u = sema_unit(s);
	const char *name =
		u->type->flags & PROBE_PERF ? "bpf_perf_event_data" : "pt_regs";

	if (!(u->type->flags & PROBE_CTX)) {
		if ((u->type->flags & (PROBE_ARGS | PROBE_PARAMS)) ==
		    PROBE_ARGS)
			return sema_error(s, n, "Use args instead of ctx in %s",
					  u->type->name);
		return sema_error(s, n,
				  "The ctx builtin can not be used with '%s' "
				  "probes",
				  u->type->name);
	}
	if (u->type->ctx)
		name = u->type->ctx(s, u);
	n->type = type_pointer(sema_types(s), sema_struct(s, name), AS_CTX);
	return true;
}

static bool
func_check(struct sema *s, struct node *n)
{
	const struct probe_type *t = sema_unit(s)->type;

	if (!(t->flags & PROBE_FUNC))
		return sema_error(s, n,
				  "The func builtin can not be used with '%s' "
				  "probes",
				  t->name);
	n->type = symbol_type(sema_types(s), t->flags & PROBE_USER);
	return true;
}

static struct ref
func_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const struct probe_type *t = ir_unit(l)->type;
	struct ref addr = t->func_tag ? t->func_tag(l) : t->func(l);

	return symbol_store(l, n->type, addr, dst);
}

/* ---- probe: a literal, or the row of a table with all targets' names ---- */

static uint32_t
longest_name(const struct unit *u)
{
	size_t size = 0, n;

	for (uint32_t i = 0; i < u->targets.n; i++) {
		n = strlen(u->targets.v[i].probe) + 1;
		size = n > size ? n : size;
	}
	return (uint32_t)size;
}

static bool
probe_check(struct sema *s, struct node *n)
{
	const struct unit *u = sema_unit(s);

	if (!u->by_index) {
		sema_make_str(s, n, u->targets.n ? u->targets.v[0].probe : "");
		return true;
	}
	n->type = type_string(sema_types(s), longest_name(u));
	return true;
}

static struct mem
probe_place(struct lower *l, const struct node *n)
{
	const struct unit *u = ir_unit(l);
	uint32_t stride = (n->type->size + 7) & ~7u, count = u->targets.n;
	char *names = arena_alloc(ir_prog(l)->arena, count * stride);
	struct mem table;

	for (uint32_t i = 0; i < count; i++)
		memcpy(names + i * stride, u->targets.v[i].probe,
		       strlen(u->targets.v[i].probe));
	table = ir_bytes(l, names, count * stride);
	return ir_row(l, table, stride, u->type->index(l), count, 0);
}

static struct ref
probe_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	ir_mem_copy(l, *dst, probe_place(l, n), n->type->size);
	return REF_NONE;
}

static bool
probetype_check(struct sema *s, struct node *n)
{
	sema_make_str(s, n, probetype_of(sema_unit(s)));
	return true;
}

static bool
reg_check(struct sema *s, struct node *n)
{
	const struct probe_type *t = sema_unit(s)->type;
	struct node *arg = sema_arg(n, 0);
	const char *name = arg ? sema_literal_str(arg, NULL) : NULL;
	struct utsname uts;
	bool known = false;

	if (!(t->flags & PROBE_REGS) || !t->reg)
		return sema_error(s, n,
				  "reg can not be used with \"%s\" "
				  "probes",
				  t->name);
	if (!name)
		return true;
	t->reg(NULL, name, &known);
	uname(&uts);
	if (!known)
		return sema_error(s, n,
				  "'%s' is not a valid register on this "
				  "architecture (%s)",
				  name, uts.machine);
	return true;
}

static struct ref
reg_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const char *name = sema_literal_str(ir_arg_node(n, 0), NULL);
	bool known;

	(void)dst;
	return ir_unit(l)->type->reg(l, name, &known);
}

/* sargN: the word on the stack where the ABI passes arguments at the entry of
 * a function, of versions before 0.25. */
static bool
sarg_check(struct sema *s, struct node *n)
{
	const struct probe_type *t = sema_unit(s)->type;

	if (!(t->flags & PROBE_ARGN) || !(t->flags & PROBE_REGS) || !t->reg)
		return sema_error(s, n,
				  "The %s builtin can only be used with "
				  "'kprobes' and 'uprobes' probes",
				  n->call.name);
	sema_warn(s, n,
		  "%s is an old form; write *(uint64 *)(reg(\"sp\") + %d)",
		  n->call.name, (int)(n->call.word->aux + RETURN_ADDRESS) * 8);
	return true;
}

static struct ref
sarg_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const struct probe_type *t = ir_unit(l)->type;
	struct mem word = ir_obj(l, 8, 8);
	bool known;
	struct ref at = ir_bini(l, IR_ADD, t->reg(l, "sp", &known),
				(n->call.word->aux + RETURN_ADDRESS) * 8);

	(void)dst;
	ir_probe_read(l, t->flags & PROBE_USER ? AS_USER : AS_KERNEL, word,
		      ir_const(l, 8), at, false);
	return ir_load(l, word.base, word.off, 8);
}

/* Whether the probe's registers are those of user space: the privilege bits
 * of cs, the exception level in pstate. */
static bool
usermode_check(struct sema *s, struct node *n)
{
	const struct probe_type *t = sema_unit(s)->type;

	(void)n;
	if (t->flags & PROBE_REGS && !t->reg)
		return sema_error(s, n, "%s can not be used with \"%s\" probes",
				  n->call.name, t->name);
	return true;
}

static struct ref
usermode_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const struct probe_type *t = ir_unit(l)->type;
	bool known;

	(void)n, (void)dst;
	if (t->flags & PROBE_SPECIAL)
		return ir_const(l, 1);
	if (!(t->flags & PROBE_REGS)) /* a place in the kernel's code */
		return ir_const(l, 0);
#if defined(__x86_64__)
	return ir_cmp(l, CC_SET, t->reg(l, "cs", &known), ir_const(l, 3));
#else
	return ir_bini(
		l, IR_XOR,
		ir_cmp(l, CC_SET, t->reg(l, "pstate", &known), ir_const(l, 15)),
		1);
#endif
}

/* clang-format off */
#define ARG(N)                                                                 \
	{ "arg" #N, "uint64", "argument " #N " of the traced function",        \
	  WORD_BUILTIN | WORD_CTX | WORD_ARGN | WORD_STEADY,                   \
	  .aux = N,                                                            \
	  .check = arg_check, .lower = arg_lower }

#define SARG(N)                                                                \
	{ "sarg" #N, "uint64", "stack argument " #N " (an old form)",          \
	  WORD_BUILTIN | WORD_CTX, .aux = N,                                   \
	  .check = sarg_check, .lower = sarg_lower }

const struct builtin context_words[] = {
	{ "args", "auto", "the arguments by name",
	  WORD_BUILTIN | WORD_ARGS | WORD_CTX,
	  .check = args_check, .lower = args_lower },
	ARG(0), ARG(1), ARG(2), ARG(3), ARG(4), ARG(5), ARG(6), ARG(7), ARG(8),
	ARG(9), ARG(10), ARG(11),
	SARG(0), SARG(1), SARG(2), SARG(3), SARG(4), SARG(5), SARG(6), SARG(7),
	SARG(8), SARG(9),
	{ "retval", "auto", "value the traced function returned",
	  WORD_MACRO | WORD_CTX | WORD_ARGS | WORD_STEADY,
	  .check = retval_check, .lower = retval_lower },
	{ "ctx", "auto", "the program's context", WORD_BUILTIN | WORD_CTX,
	  .check = ctx_check, .lower = ctx_lower },
	{ "func", "auto", "name of the traced function",
	  WORD_MACRO | WORD_FEW,
	  .check = func_check, .lower = func_lower },
	{ "probe", "auto", "name of the attach point",
	  WORD_MACRO | WORD_INDEX | WORD_FEW, .check = probe_check,
	  .lower = probe_lower, .place = probe_place },
	{ "probetype", "auto", "name of the probe type",
	  WORD_MACRO | WORD_CONST, .check = probetype_check },
	{ "usermode", "uint8", "1 where user space was interrupted",
	  WORD_MACRO | WORD_CTX, .check = usermode_check,
	  .lower = usermode_lower },
	{ "reg", "(string literal) -> uint64", "a register's value",
	  .check = reg_check, .lower = reg_lower },
	{ 0 },
};
/* clang-format on */
