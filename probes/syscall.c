/* SPDX-License-Identifier: MIT */
/*
 * System calls, served from the two raw events that all of them pass. Each has
 * a tracepoint of its own for entry and for return, but these exist for perf
 * alone: the kernel keeps a bitmap of numbers, and a perf event for each.
 *
 * Measured on 6.18, ns added to every system call on a side (a call takes 175,
 * and 40 are the slow way that any tracer switches all calls to):
 *
 *	perf, another call is traced      40	this one  170
 *	raw, another call is traced       95	this one  100
 *	each further raw program         +65
 *
 * and ms until the kernel has let go: raw 0.01 for all; perf 70 for each event,
 * one after the other, though a child waits for it (runtime/attach.c). So the
 * raw form costs 55 ns for each call that nobody asked for, and saves 70 for
 * those that somebody did: it is the better one where a script wants more than
 * half of all calls. A wildcard does, and there detaching hundreds of events
 * takes half a minute. A tool that follows a few calls for hours does not: it
 * has the perf form, which starts and ends in the same time (3 ms) and leaves
 * the other calls alone. Hence RAW_FROM; and at most RAW_UNITS programs, since
 * each runs for all calls. But while the kernel lets go of a perf event, nobody
 * can attach one or read a format: whoever traces next waits. So a script that
 * ends of its own within SHORT_NS is better off with the raw form, too.
 *
 * The two raw events by their own names, raw_syscalls:sys_enter and sys_exit,
 * are served in the same way when a script reads the number or the result.
 *
 * What perf's form means is kept: numbers from orig_ax as it is then, tasks of
 * the 32-bit ABI left out, values as wide as the registers are.
 */
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum {
	RAW_FROM = 8, /* targets of a side, */
	SHORT_NS = 1000000000,
	RAW_UNITS = 2, /* in so many programs */
	NUMBER_AT = 8, /* in the record */
	FIRST_ARG = 16,
	SYSCALL_ARGS = 6,
	NOT_OURS = 0xffff,
};

/* ---- numbers ---- */

const char *const probe_syscalls[PROBE_SYSCALLS] = {
#if defined(__x86_64__)
#define X86_64(number, name) [number] = #name,
#define AARCH64(number, name)
#else
#define X86_64(number, name)
#define AARCH64(number, name) [number] = #name,
#endif
#include "syscall.def"
#undef X86_64
#undef AARCH64
};

/* Events are called after the kernel's functions, which are not always called
 * after the call. */
static const char *
call_of(const char *event)
{
	static const struct {
		const char *event, *call;
	} others[] = {
		{ "newstat", "stat" },
		{ "newfstat", "fstat" },
		{ "newlstat", "lstat" },
		{ "newuname", "uname" },
		{ "sendfile64", "sendfile" },
		{ "umount", "umount2" },
		{ "fadvise64_64", "fadvise64" },
		{ "arm64_personality", "personality" },
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (!strcmp(event, others[i].event))
			return others[i].call;
	return event;
}

static const char enter_prefix[] = "sys_enter_", exit_prefix[] = "sys_exit_";

/* sys_exit_read; sys_exit, where the two raw events themselves are traced */
static bool
is_exit(const struct target *t)
{
	return !strncmp(t->name, exit_prefix, strlen(exit_prefix) - 1);
}

int
probe_syscall_number(const char *event)
{
	size_t enter = strlen(enter_prefix), exit = strlen(exit_prefix);
	const char *call;

	if (!strncmp(event, enter_prefix, enter))
		call = call_of(event + enter);
	else if (!strncmp(event, exit_prefix, exit))
		call = call_of(event + exit);
	else
		return -1;
#ifdef __x86_64__
	if (!strcmp(call, "uprobe")) /* not in the table of names yet */
		return 336;
#endif
	for (int i = 0; i < PROBE_SYSCALLS; i++)
		if (probe_syscalls[i] && !strcmp(probe_syscalls[i], call))
			return i;
	return -1;
}

/* ---- the choice ---- */

static bool
is_syscall(const struct target *t)
{
	return t->group && !strcmp(t->group, PROBE_SYSCALLS_GROUP);
}

/* One of the two raw events, by its own name. */
static bool
is_raw_event(const struct target *t)
{
	return t->group && !strcmp(t->group, "raw_syscalls");
}

bool
probe_syscall_same(const struct target *a, const struct target *b)
{
	if (!is_syscall(a) || !is_syscall(b))
		return is_syscall(a) == is_syscall(b);
	return !a->count == !b->count && is_exit(a) == is_exit(b);
}

/* Fields lie where the kernel has always put them. */
static bool
is_usual(const struct trace_field *f, bool exit)
{
	uint32_t end = FIRST_ARG + 8 * (exit ? 1 : SYSCALL_ARGS);

	if (f->offset == NUMBER_AT)
		return f->size <= 8;
	return f->offset >= FIRST_ARG && f->offset % 8 == 0 && f->size == 8 &&
	       f->offset < end && !f->data_loc && !f->rel_loc;
}

static bool
are_usual(struct kernel *k, const struct target *t)
{
	const struct trace_event *e = kernel_event(k, t->group, t->name);

	for (uint32_t i = 0; e && i < e->fields.n; i++)
		if (!e->fields.v[i].common &&
		    !is_usual(&e->fields.v[i], is_exit(t)))
			return false;
	return e;
}

/* Programs and targets on the same side as `u` has. */
static void
count_side(const struct unit_list *all, const struct unit *u, uint32_t *units,
	   uint32_t *targets)
{
	*units = *targets = 0;
	for (uint32_t i = 0; i < all->v.n; i++) {
		const struct unit *x = all->v.v[i];

		if (x->type != u->type ||
		    !probe_syscall_same(u->targets.v, x->targets.v))
			continue;
		++*units;
		*targets += x->targets.n;
	}
}

/* Whether a timer ends the trace soon. */
static bool
is_short(const struct unit_list *all)
{
	for (uint32_t i = 0; i < all->v.n; i++) {
		const struct unit *u = all->v.v[i];

		if (u->type->flags & PROBE_TIMER && u->ends &&
		    probe_timer_ns(u->targets.v) <= SHORT_NS)
			return true;
	}
	return false;
}

/*
 * The raw events have the number and the result in registers of ours; perf's
 * record of them costs more. Arguments are left to perf: those of the 32-bit
 * ABI are other registers. Where nothing is read, the program is bare anyway.
 */
static bool
suits_raw_event(const struct sema_input *in, const struct unit *u)
{
	const struct target *t = u->targets.v;

	if (!u->reads_args || !u->fields || u->targets.n > 1 || u->by_form ||
	    in->without & 1u << FEAT_RAW_TRACEPOINT)
		return false;
	for (const char *const *f = u->fields; *f; f++)
		if (strcmp(*f, "id") != 0 && strcmp(*f, "ret") != 0)
			return false;
	return is_exit(t) || !strcmp(t->name, "sys_enter");
}

bool
probe_syscall_raw(const struct sema_input *in, const struct unit_list *all,
		  const struct unit *u)
{
	const struct target *t = u->targets.v;
	uint32_t units, targets;

	if (is_raw_event(t))
		return suits_raw_event(in, u);
	if (!is_syscall(t) || !t->count || u->by_form ||
	    in->without & 1u << FEAT_RAW_TRACEPOINT)
		return false;
	if (u->reads_args && !are_usual(in->kernel, t))
		return false;
	count_side(all, u, &units, &targets);
	if (in->without & 1u << FEAT_PERF_TRACEPOINT)
		return true;
	return units <= RAW_UNITS && (targets >= RAW_FROM || is_short(all));
}

/* ---- registers ---- */

#if defined(__x86_64__)
enum {
	REGS_FROM = 56, /* r10, r9, r8, ax, cx, dx, si, di, orig_ax */
	REGS_SIZE = 72,
	NUMBER = 120, /* orig_ax */
	STATUS = 16,  /* struct thread_info */
	STATUS_5_10 = 8,
	TS_COMPAT = 2,
};
/* di, si, dx, r10, r8, r9 */
static const int32_t arg_offsets[SYSCALL_ARGS] = { 112, 104, 96, 56, 72, 64 };
#elif defined(__aarch64__)
enum {
	REGS_FROM = 8, /* x1 ... syscallno */
	REGS_SIZE = 280,
	NUMBER = 280,
	STATUS = 0, /* thread_info.flags */
	STATUS_5_10 = 0,
	TS_COMPAT = 1 << 22, /* TIF_32BIT */
};
/* orig_x0, x1 ... x5 */
static const int32_t arg_offsets[SYSCALL_ARGS] = { 272, 8, 16, 24, 32, 40 };
#endif

/* `size` bytes from `off` on behind a kernel address. */
static struct mem
read_kernel(struct lower *l, struct ref address, int32_t off, uint32_t size)
{
	struct mem copy = ir_stack_obj(l, (size + 7) & ~7u);

	address = ir_bini(l, IR_ADD, address, off);
	ir_probe_read(l, AS_KERNEL, copy, ir_const(l, size), address, false);
	return copy;
}

/* Both raw events have the registers first; on entry the number follows, on
 * return the result, and the number is where entry found it. */
static struct ref
number(struct lower *l)
{
	const struct target *t = ir_unit(l)->targets.v;
	bool as_it_is = is_raw_event(t); /* may be -1 */
	struct ref nr;
	struct mem m;

	if (!is_exit(t)) {
		nr = ir_load(l, ir_ctx(l), 8, 8);
		return as_it_is ? nr : ir_un(l, IR_ZEXT, nr, 4);
	}
	m = read_kernel(l, ir_load(l, ir_ctx(l), 0, 8), NUMBER, 4);
	nr = ir_load(l, m.base, m.off, 4);
	return as_it_is ? ir_un(l, IR_SEXT, nr, 4) : nr;
}

/* A task of the 32-bit ABI has other numbers. Its sign stands at the start of
 * task_struct, in thread_info, which has one more word since 5.11. */
static void
leave_compat(struct lower *l)
{
	uint32_t version = ir_in(l)->kernel->paths.version;
	bool old = version && version < 0x050b00;
	struct ref task = ir_call(l, HELPER_get_current_task, 0), flag;
	struct mem m = read_kernel(l, task, old ? STATUS_5_10 : STATUS, 4);

	flag = ir_bini(l, IR_AND, ir_load(l, m.base, m.off, 4), TS_COMPAT);
	ir_only_where(l, CC_EQ, flag, ir_const(l, 0));
}

/* ---- code ---- */

/* By number: the target's index, 16 bits each. */
static struct ref
look_up(struct lower *l, struct ref nr)
{
	const struct unit *u = ir_unit(l);
	uint32_t size = (PROBE_SYSCALLS + 1) * sizeof(uint16_t);
	uint16_t *table = arena_alloc(ir_prog(l)->arena, size);
	struct mem row;

	for (uint32_t i = 0; i <= PROBE_SYSCALLS; i++)
		table[i] = NOT_OURS;
	for (uint32_t i = 0; i < u->targets.n; i++)
		table[u->targets.v[i].count - 1] = (uint16_t)i;
	row = ir_row(l, ir_bytes(l, table, size), sizeof(*table), nr,
		     PROBE_SYSCALLS, PROBE_SYSCALLS);
	return ir_load(l, row.base, row.off, sizeof(*table));
}

struct ref
probe_syscall_enter(struct lower *l)
{
	const struct unit *u = ir_unit(l);
	struct ref nr, index = ir_const(l, 0);

	if (is_raw_event(u->targets.v))
		return index;
	nr = number(l);
	if (u->targets.n == 1) {
		ir_only_where(l, CC_EQ, nr,
			      ir_const(l, (int64_t)u->targets.v[0].count - 1));
	} else {
		index = look_up(l, nr);
		ir_only_where(l, CC_NE, index, ir_const(l, NOT_OURS));
	}
	leave_compat(l);
	return index;
}

struct ref
probe_syscall_index(struct lower *l)
{
	struct ref index = ir_entered(l);

	return index.id ? index : look_up(l, number(l));
}

/* Whether the script reads the number, which no two kernels call the same. */
static bool
wants_number(struct lower *l)
{
	const struct unit *u = ir_unit(l);
	const struct trace_event *e = kernel_event(
		ir_in(l)->kernel, u->targets.v->group, u->targets.v->name);

	if (!e || !u->fields)
		return true;
	for (uint32_t i = 0; i < e->fields.n; i++)
		for (const char *const *f = u->fields; *f; f++)
			if (e->fields.v[i].offset == NUMBER_AT &&
			    !strcmp(*f, e->fields.v[i].name))
				return true;
	return false;
}

/* The record as perf has it; the first 8 bytes are nobody's. */
struct ref
probe_syscall_args(struct lower *l)
{
	bool exit = is_exit(ir_unit(l)->targets.v);
	uint32_t size = FIRST_ARG + 8 * (exit ? 1 : SYSCALL_ARGS);
	struct mem record = ir_stack_obj(l, size), regs;

	ir_store(l, record.base, 0, ir_const(l, 0), 8);
	ir_store(l, record.base, NUMBER_AT,
		 wants_number(l) ? number(l) : ir_const(l, 0), 8);
	if (is_raw_event(ir_unit(l)->targets.v) && !exit)
		return record.base;
	if (exit) {
		ir_store(l, record.base, FIRST_ARG, ir_load(l, ir_ctx(l), 8, 8),
			 8);
		return record.base;
	}
	regs = read_kernel(l, ir_load(l, ir_ctx(l), 0, 8), REGS_FROM,
			   REGS_SIZE);
	for (int32_t i = 0; i < SYSCALL_ARGS; i++)
		ir_store(l, record.base, FIRST_ARG + 8 * i,
			 ir_load(l, regs.base, arg_offsets[i] - REGS_FROM, 8),
			 8);
	return record.base;
}

/* ---- attaching ---- */

/* Once for all targets. */
int
probe_syscall_attach(struct attach *a, const struct unit *u,
		     const struct target *t)
{
	int err;

	if (a->done == u)
		return 0;
	a->by_cookie = false;
	err = probe_raw_attach(a, is_exit(t) ? "sys_exit" : "sys_enter", u, t);
	if (!err)
		a->done = u;
	return err;
}
