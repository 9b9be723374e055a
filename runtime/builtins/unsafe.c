// SPDX-License-Identifier: MIT
/*
 * Words that change what they trace: signal, signal_thread, override,
 * write_user. All need --unsafe.
 */
#include "internal.h"

#include <linux/bpf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SIGNAL_MAX = 64 };

/* clang-format off */
static const struct {
	const char *name;
	int number;
} signal_names[] = {
	{ "HUP", SIGHUP }, { "INT", SIGINT }, { "QUIT", SIGQUIT },
	{ "ILL", SIGILL }, { "TRAP", SIGTRAP }, { "ABRT", SIGABRT },
	{ "IOT", SIGIOT }, { "BUS", SIGBUS }, { "FPE", SIGFPE },
	{ "KILL", SIGKILL }, { "USR1", SIGUSR1 }, { "SEGV", SIGSEGV },
	{ "USR2", SIGUSR2 }, { "PIPE", SIGPIPE }, { "ALRM", SIGALRM },
	{ "TERM", SIGTERM }, { "STKFLT", SIGSTKFLT }, { "CHLD", SIGCHLD },
	{ "CONT", SIGCONT }, { "STOP", SIGSTOP }, { "TSTP", SIGTSTP },
	{ "TTIN", SIGTTIN }, { "TTOU", SIGTTOU }, { "URG", SIGURG },
	{ "XCPU", SIGXCPU }, { "XFSZ", SIGXFSZ }, { "VTALRM", SIGVTALRM },
	{ "PROF", SIGPROF }, { "WINCH", SIGWINCH }, { "IO", SIGIO },
	{ "POLL", SIGPOLL }, { "PWR", SIGPWR }, { "SYS", SIGSYS },
};
/* clang-format on */

/* "KILL" or "SIGKILL", in any case; 0: none. */
static int
signal_number(const char *text)
{
	size_t i;

	if (!strncasecmp(text, "SIG", 3))
		text += 3;
	for (i = 0; i < ARRAY_LEN(signal_names); i++)
		if (!strcasecmp(text, signal_names[i].name))
			return signal_names[i].number;
	return 0;
}

/* In place of WORD_UNSAFE, whose text differs. */
static bool
unsafe(struct sema *s, struct node *n)
{
	if (sema_in(s)->unsafe)
		return true;
	return sema_error(s, n,
			  "%s() is unsafe. To use you need the --unsafe flag",
			  n->call.name);
}

static bool
signal_check(struct sema *s, struct node *n)
{
	const struct probe_type *p = sema_unit(s)->type;
	struct node *x = sema_arg(n, 0);
	const char *text = sema_literal_str(x, NULL);
	bool good = true;
	int64_t v;

	if (text && !signal_number(text))
		return sema_error(s, n, "Invalid string for signal: %s", text);
	if (!(p->flags & PROBE_SIGNAL))
		good = sema_error(
			s, n, "%s() can not be used for this probetype %s",
			n->call.name, p->type_word ? p->type_word : p->name);
	good = unsafe(s, n) && good;
	if (text)
		sema_make_int(s, x, (uint64_t)signal_number(text), false);
	if (x->kind == N_INT && sema_literal_int(x, &v) &&
	    (v < 1 || v > SIGNAL_MAX))
		return sema_error(s, n,
				  "%s() accepts a string literal or an integer "
				  "between 1 and 64 (inclusive)",
				  n->call.name);
	if (!x->type || x->type->kind == TY_ERROR ||
	    (type_is_int(x->type) && x->type->kind != TY_BOOL))
		return good;
	return sema_error(s, n, "%s() accepts a string literal or %s",
			  n->call.name,
			  x->type->kind == TY_STRING ? "an integer"
						     : "a positive integer");
}

/* aux: the helper. */
static struct ref
signal_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)dst;
	ir_call(l, (enum ir_helper)n->call.word->aux, 1, ir_arg(l, n, 0));
	return REF_NONE;
}

static bool
override_check(struct sema *s, struct node *n)
{
	const struct probe_type *p = sema_unit(s)->type;

	if (!(p->flags & PROBE_CTX))
		return sema_error(s, n,
				  "The ctx builtin can not be used with '%s' "
				  "probes",
				  p->name);
	if (p->prog_type != BPF_PROG_TYPE_KPROBE || p->flags & PROBE_USER)
		return sema_error(s, n, "%s() can only be used with kprobes",
				  n->call.name);
	return unsafe(s, n);
}

static struct ref
override_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct ref rc = ir_arg(l, n, 0);

	(void)dst;
	ir_call(l, HELPER_override_return, 2, ir_ctx(l), rc);
	return REF_NONE;
}

static bool
write_user_check(struct sema *s, struct node *n)
{
	const struct type *t = sema_arg(n, 1)->type;
	int64_t len;

	if (!unsafe(s, n))
		return false;
	if (t && type_is_scalar(t) && t->kind != TY_POINTER)
		return sema_error(s, n,
				  "%s() writes from memory: a string, an "
				  "array, a struct or a pointer (%s provided)",
				  n->call.name, sema_kind_name(t));
	if (t && t->kind == TY_POINTER &&
	    !sema_literal_int(sema_arg(n, 2), &len))
		return sema_error(s, n,
				  "%s() needs a literal length to write from "
				  "a pointer",
				  n->call.name);
	return true;
}

/* What is to be written, in memory of *size bytes. */
static struct mem
source_bytes(struct lower *l, const struct node *n, uint32_t *size)
{
	const struct node *x = ir_arg_node(n, 1);
	enum addrspace as = x->type->as;
	struct mem m;
	int64_t len = 0;

	if (x->type->kind != TY_POINTER) {
		*size = x->type->size;
		return ir_arg_mem(l, n, 1);
	}
	sema_literal_int(ir_arg_node(n, 2), &len);
	*size = len > 0 && len < UINT16_MAX ? (uint32_t)len : 1;
	m = ir_obj(l, *size, 8);
	ir_mem_zero(l, m, *size);
	ir_probe_read(l, ir_space(l, as), m, ir_const(l, *size),
		      ir_arg(l, n, 1), false);
	return m;
}

static struct ref
write_user_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	struct ref to = ir_arg(l, n, 0), len = ir_arg(l, n, 2), r;
	struct blk *good = ir_blk(l), *done = ir_blk(l);
	uint32_t size, slot = ir_slot(l);
	struct mem from = source_bytes(l, n, &size);

	(void)dst;
	ir_slot_set(l, slot, ir_const(l, 0));
	len = ir_bini(l, IR_SUB, len, 1);
	ir_br(l, CC_ULT, len, ir_const(l, size), good, done);
	ir_seal(l, good);
	ir_at(l, good);
	len = ir_bini(l, IR_ADD, len, 1);
	r = ir_call(l, HELPER_probe_write_user, 3, to, ir_addr(l, from), len);
	ir_slot_set(l, slot, ir_cmp(l, CC_EQ, r, ir_const(l, 0)));
	ir_jmp(l, done);
	ir_seal(l, done);
	ir_at(l, done);
	return ir_slot_get(l, slot);
}

/* clang-format off */
const struct builtin unsafe_words[] = {
	{ "signal", "(any) -> void", "send a signal to the current process",
	  WORD_MACRO, .aux = HELPER_send_signal, .check = signal_check,
	  .lower = signal_lower },
	{ "signal_thread", "(any) -> void",
	  "send a signal to the current thread", WORD_MACRO,
	  .aux = HELPER_send_signal_thread, .check = signal_check,
	  .lower = signal_lower },
	{ "override", "(int) -> void", "make the traced function return this",
	  WORD_MACRO | WORD_CTX, .check = override_check,
	  .lower = override_lower },
	{ "write_user", "(any, any, int) -> bool", "write user memory",
	  WORD_MACRO, .check = write_user_check, .lower = write_user_lower },
	{ 0 },
};
/* clang-format on */
