// SPDX-License-Identifier: MIT
/*
 * Words about the current task and CPU: pid, comm, cgroup, cpu, ... Helpers
 * that give the same answer during one program run are marked pure in
 * ir/helpers.def, so `pid` and `tid` share one call.
 */
#include "internal.h"

#include <linux/bpf.h>
#include <linux/btf.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMM_BYTES = 16, COMM_PID_BYTES = 64 };

static struct ref
low_half(struct lower *l, enum ir_helper h)
{
	return ir_un(l, IR_ZEXT, ir_call(l, h, 0), 4);
}

static struct ref
high_half(struct lower *l, enum ir_helper h)
{
	return ir_bini(l, IR_SHR, ir_call(l, h, 0), 32);
}

/* Without a word of the script's: as the tracer's own namespace counts. */
static struct ref
both_ids(struct lower *l, const struct node *n)
{
	if (ir_nargs(n) && !strcmp(ir_arg_node(n, 0)->ident.name, "init"))
		return ir_call(l, HELPER_get_current_pid_tgid, 0);
	return ir_pid_tgid(l);
}

static struct ref
pid_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)dst;
	return ir_bini(l, IR_SHR, both_ids(l, n), 32);
}

static struct ref
tid_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)dst;
	return ir_un(l, IR_ZEXT, both_ids(l, n), 4);
}

static struct ref
uid_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)n, (void)dst;
	return low_half(l, HELPER_get_current_uid_gid);
}

static struct ref
gid_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)n, (void)dst;
	return high_half(l, HELPER_get_current_uid_gid);
}

/* Words that are one helper call without arguments: aux is the helper. */
static struct ref
helper_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)dst;
	return ir_call(l, (enum ir_helper)n->call.word->aux, 0);
}

static struct ref
rand_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)n, (void)dst;
	return low_half(l, HELPER_get_prandom_u32);
}

/* ---- comm, comm(PID) ---- */

static const char unknown_comm[] = "N/A";

static void
pid_record(struct lower *l, const struct node *n, struct mem record)
{
	ir_store(l, record.base, record.off, ir_arg(l, n, 0), 8);
}

/* The kernel hands out a reference to the task, which has to be given back on
 * every way. */
static void
comm_of_pid(struct lower *l, const struct node *n, struct mem dst)
{
	struct blk *found = ir_blk(l), *none = ir_blk(l), *done = ir_blk(l);
	struct mem text = ir_bytes(l, unknown_comm, sizeof(unknown_comm));
	struct ref task = ir_call(l, HELPER_task_from_pid, 1, ir_arg(l, n, 0));
	struct ref zero = ir_const(l, 0);

	ir_br(l, CC_NE, task, zero, found, none);
	ir_seal(l, found);
	ir_at(l, found);
	ir_mem_zero(l, dst, n->type->size);
	ir_probe_read(
		l, AS_KERNEL, dst, ir_const(l, COMM_BYTES),
		ir_bini(l, IR_ADD, task, (int64_t)(uintptr_t)n->call.data),
		true);
	ir_call(l, HELPER_task_release, 1, task);
	ir_jmp(l, done);
	ir_seal(l, none);
	ir_at(l, none);
	ir_mem_zero(l, dst, n->type->size);
	ir_mem_copy(l, dst, text, sizeof(unknown_comm));
	ir_emit_raw(l, n, 8, pid_record);
	ir_jmp(l, done);
	ir_seal(l, done);
	ir_at(l, done);
}

static void
comm_event(struct session *s, const struct event *e)
{
	char text[64];
	int64_t pid;
	int n;

	(void)s;
	memcpy(&pid, e->data + 8, sizeof(pid));
	n = snprintf(text, sizeof(text), "No such process (pid=%lld)",
		     (long long)pid);
	report_source(e, true, text, (size_t)n);
}

static struct ref
comm_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	if (ir_nargs(n)) {
		comm_of_pid(l, n, *dst);
		return REF_NONE;
	}
	/* Linux 6.1 leaves what is behind the NUL as it was. */
	ir_mem_zero(l, *dst, n->type->size);
	ir_call(l, HELPER_get_current_comm, 2, ir_addr(l, *dst),
		ir_const(l, n->type->size));
	return REF_NONE;
}

/* comm(PID) needs functions that the kernel lets only some programs call. */
static bool
comm_check(struct sema *s, struct node *n)
{
	const struct probe_type *t = sema_unit(s)->type;
	const struct node *x = sema_arg(n, 0);
	const struct kbtf *btf;
	const struct field *f;

	n->type = type_string(sema_types(s), x ? COMM_PID_BYTES : COMM_BYTES);
	if (!x)
		return true;
	if (x->type && x->type->kind != TY_ERROR && !type_is_int(x->type))
		return sema_error(s, n,
				  "Only integer supported for comm()'s pid");
	f = sema_field(s, sema_struct(s, "task_struct"), "comm");
	n->call.data = (void *)(uintptr_t)(f ? f->offset : 0);
	btf = kernel_btf(sema_kernel(s));
	if (f && btf && kbtf_find(btf, "bpf_task_from_pid", BTF_KIND_FUNC) &&
	    (t->prog_type == BPF_PROG_TYPE_TRACING ||
	     t->prog_type == BPF_PROG_TYPE_TRACEPOINT ||
	     t->prog_type == BPF_PROG_TYPE_PERF_EVENT))
		return true;
	return sema_error(s, n,
			  "Syntax comm(PID) is not supported in this probe "
			  "type yet. Type: %s",
			  t->type_word ? t->type_word : t->name);
}

/* pid(MODE): the init namespace's number, or the tracer's own. */
static bool
pid_check(struct sema *s, struct node *n)
{
	const struct node *x = sema_arg(n, 0);

	if (x && x->kind != N_IDENT)
		return sema_error(s, n,
				  "%s() only supports curr_ns and init as the "
				  "argument",
				  n->call.name);
	if (!x || !strcmp(x->ident.name, "curr_ns") ||
	    !strcmp(x->ident.name, "init"))
		return true;
	return sema_error(s, x,
			  "Invalid PID namespace mode: %s (expects: curr_ns "
			  "or init)",
			  x->ident.name);
}

static bool
curtask_check(struct sema *s, struct node *n)
{
	n->type = type_pointer(sema_types(s), sema_struct(s, "task_struct"),
			       AS_KERNEL);
	return true;
}

/* ---- parent and leader: fields of a task, the current one by default ---- */

enum { PARENT_TGID, PARENT_COMM, LEADER_COMM, LEADER_TID };

static bool
relative_check(struct sema *s, struct node *n)
{
	static const char *const paths[][3] = {
		[PARENT_TGID] = { "real_parent", "tgid" },
		[PARENT_COMM] = { "real_parent", "comm" },
		[LEADER_COMM] = { "group_leader", "comm" },
		[LEADER_TID] = { "group_leader", "pid" },
	};
	struct node *task = sema_arg(n, 0);

	if (!task) {
		task = arena_alloc(sema_arena(s), sizeof(*task));
		task->kind = N_IDENT;
		task->span = n->span;
		task->ident.name = "curtask";
	}
	sema_make_path(s, n, task, paths[n->call.word->aux]);
	return n->type && n->type->kind != TY_ERROR;
}

static bool
ncpus_check(struct sema *s, struct node *n)
{
	sema_make_int(s, n, sema_in(s)->ncpus, false);
	n->type = type_int(sema_types(s), 8, false);
	return true;
}

static bool
cpid_check(struct sema *s, struct node *n)
{
	if (!sema_in(s)->has_cpid) {
		n->type = type_int(sema_types(s), 8, false);
		return true;
	}
	sema_make_int(s, n, sema_in(s)->cpid, false);
	n->type = type_int(sema_types(s), 8, false);
	return true;
}

static void
nothing(struct lower *l, const struct node *n, struct mem record)
{
	(void)l, (void)n, (void)record;
}

/* Without a child: 0, and a warning each time. */
static struct ref
cpid_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)dst;
	ir_emit_raw(l, n, 0, nothing);
	return ir_const(l, 0);
}

static void
cpid_event(struct session *s, const struct event *e)
{
	static const char text[] = "No child command (`-c`); cpid is zero";

	(void)s;
	report_source(e, true, text, sizeof(text) - 1);
}

static bool
has_cpid_check(struct sema *s, struct node *n)
{
	sema_make_bool(s, n, sema_in(s)->has_cpid);
	return true;
}

/* The name of a uid from /etc/passwd, read afresh: names are rare output and
 * the file may change while a trace runs for days. fgetpwent() needs no NSS,
 * which a static executable does not have. */
static void
username_print(struct out *o, const struct type *t, const void *cell)
{
	uint64_t uid = *(const uint64_t *)cell;
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *p;

	(void)t;
	if (!f)
		return;
	while ((p = fgetpwent(f)))
		if (p->pw_uid == uid) {
			out_foreign(o, p->pw_name, strlen(p->pw_name));
			break;
		}
	fclose(f);
}

static void
username_json(struct out *o, const struct type *t, const void *cell)
{
	builtin_json_text(o, t, cell, username_print);
}

const struct nominal process_types[] = {
	{ .name = "username_t",
	  .size = 8,
	  .align = 8,
	  .scalar = true,
	  .print = username_print,
	  .json = username_json },
	{ 0 },
};

/* clang-format off */
const struct builtin process_words[] = {
	{ "pid", "(word|any = curr_ns) -> uint32", "process id",
	  WORD_BUILTIN | WORD_STEADY,
	  .check = pid_check, .lower = pid_lower },
	{ "tid", "(word|any = curr_ns) -> uint32", "thread id",
	  WORD_BUILTIN | WORD_STEADY,
	  .check = pid_check, .lower = tid_lower },
	{ "uid", "uint64", "real user id",
	  WORD_MACRO | WORD_STEADY, .lower = uid_lower },
	{ "gid", "uint64", "real group id",
	  WORD_MACRO | WORD_STEADY, .lower = gid_lower },
	{ "username", "username_t", "name of the current user",
	  WORD_MACRO | WORD_STEADY,
	  .lower = uid_lower },
	{ "comm", "(any = none) -> auto", "name of the current thread",
	  WORD_MACRO | WORD_PURE_MEM | WORD_FORM_ARGS, .check = comm_check,
	  .lower = comm_lower, .on_event = comm_event },
	{ "cgroup", "uint64", "id of the current cgroup (v2)",
	  WORD_MACRO | WORD_STEADY,
	  .lower = helper_lower, .aux = HELPER_get_current_cgroup_id },
	{ "cpu", "uint64", "id of the CPU that runs the probe",
	  WORD_MACRO | WORD_STEADY,
	  .lower = helper_lower, .aux = HELPER_get_smp_processor_id },
	{ "numaid", "uint64", "NUMA node that runs the probe",
	  WORD_MACRO | WORD_STEADY,
	  .lower = helper_lower, .aux = HELPER_get_numa_node_id },
	{ "ncpus", "auto", "number of possible CPUs",
	  WORD_MACRO | WORD_CONST, .check = ncpus_check },
	{ "cpid", "auto", "process id of the -c command",
	  WORD_MACRO | WORD_CONST | WORD_REPORTS | WORD_STEADY,
	  .check = cpid_check, .lower = cpid_lower, .on_event = cpid_event },
	{ "has_cpid", "auto", "whether there is a -c command",
	  WORD_MACRO | WORD_CONST, .check = has_cpid_check },
	{ "curtask", "auto", "the current struct task_struct",
	  WORD_MACRO | WORD_STEADY,
	  .check = curtask_check, .lower = helper_lower,
	  .aux = HELPER_get_current_task },
	{ "ppid", "(pointer = none) -> auto", "process id of the parent",
	  WORD_MACRO, .check = relative_check, .aux = PARENT_TGID },
	{ "pcomm", "(pointer = none) -> auto", "name of the parent",
	  WORD_MACRO, .check = relative_check, .aux = PARENT_COMM },
	{ "leader_comm", "(pointer = none) -> auto",
	  "name of the first thread of the process", WORD_MACRO,
	  .check = relative_check, .aux = LEADER_COMM },
	{ "leader_tid", "(pointer = none) -> auto",
	  "id of the first thread of the process", WORD_MACRO,
	  .check = relative_check, .aux = LEADER_TID },
	{ "rand", "uint64", "32 random bits", WORD_MACRO, .lower = rand_lower },
	{ 0 },
};
/* clang-format on */
