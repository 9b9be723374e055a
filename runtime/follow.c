// SPDX-License-Identifier: MIT
/*
 * --follow: owns the set of processes that are traced, which is the process
 * of -p, or the child of -c, and all that descend from it. The kernel keeps it
 * up to date: a program at sched_process_fork, which runs before the new
 * process does, adds the children of those that are in it, and takes a number
 * out of it that a stranger is given; one at sched_process_free forgets who is
 * gone. So no event of a descendant is lost, and nobody's number is mistaken
 * for another's.
 *
 * What had been forked before is found in /proc. Meanwhile every fork in the
 * system is noted with the process that did it, and settled once that one is
 * known: else the child of somebody whom we have not looked at yet, and who
 * ends before we do, would be missed.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* Shared with the programs. */
struct shared {
	uint64_t learning; /* note the forks of everybody */
	uint64_t added;    /* processes, by the kernel */
	uint64_t full;     /* those for which there was no room */
};

struct follow {
	int map; /* process -> struct ir_followed; the session's */
	int shared_fd;
	volatile struct shared *shared;
	int32_t pid_off, tgid_off; /* in struct task_struct */
	int watched;               /* whose end is waited for; -1: the root's */
};

/* ---- the two programs ---- */

/* Where things are on their stack. */
enum {
	AT_PID = -4, /* of the task in question */
	AT_TGID = -8,
	AT_PARENT = -12, /* who forked it */
	AT_VALUE = -32,  /* struct ir_followed */
	AT_FROM = AT_VALUE + (int)offsetof(struct ir_followed, from),
};

struct code {
	struct bpf_insn v[64];
	uint32_t n;
};

static uint32_t
put(struct code *c, unsigned code, unsigned dst, unsigned src, int off, int imm)
{
	assert(c->n < ARRAY_LEN(c->v));
	c->v[c->n] = (struct bpf_insn){ .code = (uint8_t)code,
					.dst_reg = dst & 15,
					.src_reg = src & 15,
					.off = (int16_t)off,
					.imm = imm };
	return c->n++;
}

/* A jump from `at` goes here. */
static void
land(struct code *c, uint32_t at)
{
	c->v[at].off = (int16_t)(c->n - at - 1);
}

static void
copy(struct code *c, unsigned dst, unsigned src)
{
	put(c, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

/* dst = r10 + off */
static void
stack(struct code *c, unsigned dst, int off)
{
	copy(c, dst, BPF_REG_10);
	put(c, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, off);
}

static void
load(struct code *c, unsigned size, unsigned dst, unsigned src, int off)
{
	put(c, BPF_LDX | BPF_MEM | size, dst, src, off, 0);
}

static void
store(struct code *c, unsigned size, int off, unsigned src)
{
	put(c, BPF_STX | BPF_MEM | size, BPF_REG_10, src, off, 0);
}

static void
call(struct code *c, enum ir_helper h)
{
	put(c, BPF_JMP | BPF_CALL, 0, 0, 0, (int)ir_helper_number(h));
}

static void
load_map(struct code *c, unsigned dst, unsigned pseudo, int fd)
{
	put(c, BPF_LD | BPF_IMM | BPF_DW, dst, pseudo, 0, fd);
	put(c, 0, 0, 0, 0, 0);
}

/* A number of the task in r6, into the stack. */
static void
read_task(struct code *c, int32_t member, int to)
{
	stack(c, BPF_REG_1, to);
	put(c, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, 4);
	copy(c, BPF_REG_3, BPF_REG_6);
	put(c, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, member);
	call(c, HELPER_probe_read_kernel);
}

/* The first argument's task, unless it is a process's second thread: a jump
 * that is taken then. */
static uint32_t
read_leader(const struct follow *f, struct code *c, int arg)
{
	load(c, BPF_DW, BPF_REG_6, BPF_REG_1, 8 * arg);
	read_task(c, f->pid_off, AT_PID);
	read_task(c, f->tgid_off, AT_TGID);
	load(c, BPF_W, BPF_REG_1, BPF_REG_10, AT_PID);
	load(c, BPF_W, BPF_REG_2, BPF_REG_10, AT_TGID);
	return put(c, BPF_JMP | BPF_JNE | BPF_X, BPF_REG_1, BPF_REG_2, 0, 0);
}

/* r0 = what is known of a process, or 0. */
static void
look_up(const struct follow *f, struct code *c, int key)
{
	load_map(c, BPF_REG_1, BPF_PSEUDO_MAP_FD, f->map);
	stack(c, BPF_REG_2, key);
	call(c, HELPER_map_lookup_elem);
}

static void
forget(const struct follow *f, struct code *c)
{
	load_map(c, BPF_REG_1, BPF_PSEUDO_MAP_FD, f->map);
	stack(c, BPF_REG_2, AT_TGID);
	call(c, HELPER_map_delete_elem);
}

static void
leave(struct code *c)
{
	put(c, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	put(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* One more in a counter of struct shared. */
static void
count(const struct follow *f, struct code *c, size_t counter)
{
	load_map(c, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, f->shared_fd);
	put(c, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, 1);
	put(c, BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_1, BPF_REG_2,
	    (int)counter, BPF_ADD);
	leave(c);
}

static void
add_process(const struct follow *f, struct code *c)
{
	uint32_t failed;

	load_map(c, BPF_REG_1, BPF_PSEUDO_MAP_FD, f->map);
	stack(c, BPF_REG_2, AT_TGID);
	stack(c, BPF_REG_3, AT_VALUE);
	put(c, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_4, 0, 0, BPF_ANY);
	call(c, HELPER_map_update_elem);
	failed = put(c, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 0, 0);
	count(f, c, offsetof(struct shared, added));
	land(c, failed);
	count(f, c, offsetof(struct shared, full));
}

/* sched_process_fork(parent, child), in the parent. */
static void
write_fork(const struct follow *f, struct code *c)
{
	uint32_t thread, stranger, known, strict;

	thread = read_leader(f, c, 1);
	store(c, BPF_DW, AT_VALUE, BPF_REG_6);
	put(c, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, AT_FROM, 0);
	call(c, HELPER_get_current_pid_tgid);
	put(c, BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_0, 0, 0, 32);
	store(c, BPF_W, AT_PARENT, BPF_REG_0);
	look_up(f, c, AT_PARENT);
	stranger = put(c, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 0, 0);
	load(c, BPF_W, BPF_REG_1, BPF_REG_0,
	     offsetof(struct ir_followed, from));
	known = put(c, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_1, 0, 0, 0);
	land(c, stranger);
	load_map(c, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, f->shared_fd);
	load(c, BPF_DW, BPF_REG_1, BPF_REG_1,
	     offsetof(struct shared, learning));
	strict = put(c, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_1, 0, 0, 0);
	load(c, BPF_W, BPF_REG_1, BPF_REG_10, AT_PARENT);
	store(c, BPF_W, AT_FROM, BPF_REG_1);
	land(c, known);
	add_process(f, c);
	land(c, strict);
	forget(f, c);
	land(c, thread);
	leave(c);
}

/* sched_process_free(task): nothing can happen to it any more. */
static void
write_free(const struct follow *f, struct code *c)
{
	uint32_t thread = read_leader(f, c, 0), stranger, other, same;

	look_up(f, c, AT_TGID);
	stranger = put(c, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 0, 0);
	load(c, BPF_DW, BPF_REG_1, BPF_REG_0,
	     offsetof(struct ir_followed, task));
	same = put(c, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_1, 0, 0, 0);
	/* Its number may have a new owner by now. */
	other = put(c, BPF_JMP | BPF_JNE | BPF_X, BPF_REG_1, BPF_REG_6, 0, 0);
	land(c, same);
	forget(f, c);
	land(c, thread);
	land(c, stranger);
	land(c, other);
	leave(c);
}

/* ---- attaching them ---- */

static int
raw_tracepoint(const char *event, int prog)
{
	union bpf_attr attr = {
		.raw_tracepoint = { .name = (uintptr_t)event,
				    .prog_fd = (uint32_t)prog },
	};

	return sys_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
}

static bool
attach_code(struct session *s, const char *event, const struct code *c)
{
	const struct prog_load load = { .name = event,
					.license = "GPL",
					.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
					.insns = c->v,
					.ninsns = c->n };
	int prog = sys_prog_load(&load);
	int fd = prog < 0 ? prog : raw_tracepoint(event, prog);

	if (prog >= 0)
		close(prog);
	if (fd < 0) {
		session_error(s, "--follow: cannot trace %s: %s", event,
			      strerror(-fd));
		return false;
	}
	*vec_push(s->arena, &s->attach.fds) = fd;
	return true;
}

static bool
attach_both(struct session *s)
{
	struct code fork = { 0 }, gone = { 0 };

	write_fork(s->follow, &fork);
	write_free(s->follow, &gone);
	return attach_code(s, "sched_process_fork", &fork) &&
	       attach_code(s, "sched_process_free", &gone);
}

static bool
make_shared(struct session *s, struct follow *f)
{
	static const struct map_spec spec = { .name = "follow_state",
					      .type = BPF_MAP_TYPE_ARRAY,
					      .key_size = 4,
					      .value_size =
						      sizeof(struct shared),
					      .entries = 1,
					      .flags = BPF_F_MMAPABLE };

	f->shared_fd = sys_map_create(&spec);
	if (f->shared_fd >= 0)
		f->shared = sys_map_memory(f->shared_fd, spec.value_size);
	if (f->shared)
		return true;
	session_error(s, "--follow: failed to create a map: %s",
		      strerror(f->shared_fd < 0 ? -f->shared_fd : errno));
	return false;
}

static bool
find_offsets(struct session *s, struct follow *f)
{
	const struct kbtf *b = kernel_btf(s->in->kernel);

	/* A task that is gone is known by its first namespace alone. */
	if (s->in->pids.ino) {
		session_error(s, "--follow does not work in a pid namespace; "
				 "run it outside, with the numbers there");
		return false;
	}
	f->pid_off = b ? kbtf_offset(b, "task_struct", "pid") : -1;
	f->tgid_off = b ? kbtf_offset(b, "task_struct", "tgid") : -1;
	if (f->pid_off >= 0 && f->tgid_off >= 0)
		return true;
	session_error(s, "--follow needs the kernel's types (BTF), which this "
			 "kernel does not have");
	return false;
}

/* ---- who is there already ---- */

static bool
is_followed(const struct follow *f, uint32_t pid)
{
	struct ir_followed v;

	return !sys_map_lookup(f->map, &pid, &v) && !v.from;
}

static void
add(struct follow *f, uint32_t pid, uint64_t task)
{
	struct ir_followed v = { .task = task };

	if (sys_map_update(f->map, &pid, &v) < 0)
		f->shared->full++;
}

/* The parent of a process; 0: it is gone. */
static uint32_t
parent_of(const char *pid)
{
	char path[64], text[512];
	const char *p;
	unsigned parent;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = 0;
	p = strrchr(text, ')'); /* "PID (any name) S PARENT" */
	return p && sscanf(p + 1, " %*c %u", &parent) == 1 ? parent : 0;
}

/* Children of those that are known; whether any was new. */
static bool
look_in_proc(struct follow *f)
{
	DIR *dir = opendir("/proc");
	const struct dirent *e;
	bool found = false;

	while (dir && (e = readdir(dir))) {
		uint32_t pid = (uint32_t)atoi(e->d_name), parent;

		if (!isdigit((unsigned char)*e->d_name) || is_followed(f, pid))
			continue;
		parent = parent_of(e->d_name);
		if (parent && is_followed(f, parent)) {
			add(f, pid, 0);
			found = true;
		}
	}
	if (dir)
		closedir(dir);
	return found;
}

/* The same of forks that were noted meanwhile. */
static bool
look_in_notes(struct follow *f)
{
	uint32_t at = 0, next;
	const uint32_t *key = NULL;
	struct ir_followed v;
	bool found = false;

	for (; !sys_map_next_key(f->map, key, &next); key = &at) {
		at = next;
		if (sys_map_lookup(f->map, &at, &v) || !v.from ||
		    !is_followed(f, v.from))
			continue;
		add(f, at, v.task);
		found = true;
	}
	return found;
}

static void
find_descendants(struct follow *f)
{
	bool more = true;

	while (more) {
		more = look_in_proc(f);
		more |= look_in_notes(f);
	}
	f->shared->learning = 0;
}

bool
follow_start(struct session *s)
{
	struct follow *f;
	int map = session_map(s, MAP_FOLLOW);

	if (!s->opts->follow || map < 0)
		return true; /* or nothing that has a process is traced */
	f = s->follow = arena_alloc(s->arena, sizeof(*f));
	f->map = s->map_fds[map];
	f->shared_fd = f->watched = -1;
	if (!find_offsets(s, f) || !make_shared(s, f))
		return false;
	/* The child waits, and has no children. */
	f->shared->learning = s->opts->pid != 0;
	add(f, (uint32_t)(s->child ? s->child : s->opts->pid), 0);
	if (!attach_both(s))
		return false;
	if (s->opts->pid)
		find_descendants(f);
	return true;
}

/* ---- the end of the last ---- */

static bool
has_ended(int pid_fd)
{
	struct pollfd p = { .fd = pid_fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* A descriptor of one that lives; -1: there is none in a walk over all. */
static int
find_living(const struct follow *f)
{
	uint32_t at = 0, next;
	const uint32_t *key = NULL;

	for (; !sys_map_next_key(f->map, key, &next); key = &at) {
		int fd;

		at = next;
		if (!is_followed(f, at))
			continue;
		fd = (int)syscall(SYS_pidfd_open, at, 0);
		if (fd >= 0 && !has_ended(fd))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

bool
follow_goes_on(struct session *s, int ended)
{
	struct follow *f = s->follow;
	struct epoll_event e = { .events = EPOLLIN };
	uint64_t added;

	if (!f)
		return false;
	epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, ended, NULL);
	if (f->watched >= 0)
		close(f->watched);
	do { /* again, if somebody came behind our back */
		added = f->shared->added;
		f->watched = find_living(f);
	} while (f->watched < 0 && added != f->shared->added);
	if (f->watched < 0)
		return false;
	e.data.fd = f->watched;
	return !epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, f->watched, &e);
}

bool
follow_watches(const struct session *s, int fd)
{
	return s->follow && s->follow->watched == fd;
}

void
follow_report(struct session *s)
{
	uint64_t n = s->follow ? s->follow->shared->full : 0;

	s->losses[LOSS_PROCESS] = n;
	if (n)
		session_warn(s, "Total processes not followed: %llu",
			     (unsigned long long)n);
}

void
follow_free(struct session *s)
{
	struct follow *f = s->follow;

	if (!f)
		return;
	if (f->shared)
		munmap((void *)(uintptr_t)f->shared, sizeof(*f->shared));
	if (f->shared_fd >= 0)
		close(f->shared_fd);
	if (f->watched >= 0)
		close(f->watched);
	s->follow = NULL;
}
