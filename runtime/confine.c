/* SPDX-License-Identifier: MIT */
/*
 * Owns what the tracer gives up once all is attached. From then on it reads
 * what traced processes control: their files, mappings, perf maps. Should one
 * of them find a hole, the code behind it may not start a program, open a file
 * for writing or change whose it is, trace or write another process, load code
 * into the kernel, mount or talk to the network (seccomp(2); a refused call
 * gets EPERM). With --unsafe, whose script starts programs itself, and where
 * files are still to be written, nothing is given up. Costs under 0.1 ms, once;
 * a kernel without seccomp is no error.
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#if defined(__x86_64__)
enum { ARCH = AUDIT_ARCH_X86_64, NUMBERS_END = 0x40000000 /* x32 */ };
#elif defined(__aarch64__)
enum { ARCH = AUDIT_ARCH_AARCH64, NUMBERS_END = 0x40000000 };
#endif

enum { FCHMODAT2 = 452 }; /* Linux 6.6, the same everywhere */

/* Never used by a tracer that runs. */
static const uint16_t refused[] = {
	SYS_execve,
	SYS_execveat,
	SYS_process_vm_writev,
	SYS_mount,
	SYS_umount2,
	SYS_fsopen,
	SYS_fspick,
	SYS_open_tree,
	SYS_move_mount,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_pivot_root,
	SYS_chroot,
	SYS_setns,
	SYS_unshare,
	SYS_connect,
	SYS_bind,
	SYS_renameat,
	SYS_renameat2,
	SYS_unlinkat,
	SYS_linkat,
	SYS_symlinkat,
	SYS_mkdirat,
	SYS_mknodat,
	SYS_fchmod, /* of what may be opened for reading: mode 4755 */
	SYS_fchmodat,
	SYS_fchown,
	SYS_fchownat,
	SYS_setxattr,
	SYS_lsetxattr,
	SYS_fsetxattr,
	SYS_truncate,
	SYS_pidfd_getfd,
	SYS_open_by_handle_at,
	SYS_keyctl,
	SYS_add_key,
	SYS_io_uring_setup,
	SYS_openat2,
	SYS_swapon,
	SYS_reboot,
	SYS_settimeofday,
	SYS_clock_settime,
#ifdef SYS_open
	SYS_open,
	SYS_creat,
	SYS_rename,
	SYS_unlink,
	SYS_link,
	SYS_symlink,
	SYS_mkdir,
	SYS_mknod,
	SYS_chmod,
	SYS_chown,
	SYS_lchown,
#endif
#ifdef SYS_kexec_file_load
	SYS_kexec_file_load,
#endif
#ifdef SYS_mount_setattr
	SYS_mount_setattr,
#endif
	FCHMODAT2,
};

/* Room for every row (four at most) and the checks before them. */
enum { INSNS = 4 * ARRAY_LEN(refused) + 40 };

struct filter {
	struct sock_filter v[INSNS];
	unsigned short n;
};

static void
add(struct filter *f, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	assert(f->n < INSNS);
	f->v[f->n++] = (struct sock_filter){ code, yes, no, k };
}

static void
load(struct filter *f, size_t offset)
{
	add(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void
refuse(struct filter *f)
{
	add(f, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1 /* EPERM */, 0, 0);
}

static void
allow(struct filter *f)
{
	add(f, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
}

static size_t
argument(unsigned i)
{
	return offsetof(struct seccomp_data, args) + i * sizeof(uint64_t);
}

/* A call one argument of which decides: what passes the test, or all else. */
struct rule {
	uint32_t nr;
	uint8_t argument;
	uint8_t n;
	uint16_t test; /* BPF_JEQ or BPF_JSET, with each of the values */
	bool passes;
	uint32_t v[3];
};

/* clang-format off */
static const struct rule rules[] = {
	/* For reading only. */
	{ SYS_openat, 2, 1, BPF_JSET, false,
	  { O_ACCMODE | O_CREAT | O_TRUNC } },
	/* The child of -c goes on. */
	{ SYS_ptrace, 0, 3, BPF_JEQ, true,
	  { PTRACE_CONT, PTRACE_LISTEN, PTRACE_DETACH } },
	/* The service manager. */
	{ SYS_socket, 0, 1, BPF_JEQ, true, { AF_UNIX } },
	/* No program but those that are loaded: it could write all memory. */
	{ SYS_bpf, 0, 1, BPF_JEQ, false, { BPF_PROG_LOAD } },
};
/* clang-format on */

static void
decide(struct filter *f, const struct rule *r)
{
	void (*const yes)(struct filter *) = r->passes ? allow : refuse;
	void (*const no)(struct filter *) = r->passes ? refuse : allow;

	add(f, BPF_JMP | BPF_JEQ | BPF_K, r->nr, 0, (uint8_t)(r->n + 3));
	load(f, argument(r->argument));
	for (unsigned i = 0; i < r->n; i++) {
		unsigned rest = r->n - 1 - i;

		add(f, BPF_JMP | r->test | BPF_K, r->v[i], (uint8_t)rest,
		    !rest);
	}
	yes(f);
	no(f);
}

static int
by_number(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

/*
 * The numbers halved until one is left: the kernel tries the whole filter for
 * each number there is when it takes it.
 */
static void
search(struct filter *f, const uint16_t *v, size_t n)
{
	unsigned short at = f->n;

	if (n == 1) {
		add(f, BPF_JMP | BPF_JEQ | BPF_K, v[0], 0, 1);
		refuse(f);
		allow(f);
		return;
	}
	add(f, BPF_JMP | BPF_JGE | BPF_K, v[n / 2], 0, 0);
	search(f, v, n / 2);
	assert(f->n - at - 1 <= UINT8_MAX);
	f->v[at].jt = (uint8_t)(f->n - at - 1);
	search(f, v + n / 2, n - n / 2);
}

static void
make_filter(struct filter *f)
{
	uint16_t sorted[ARRAY_LEN(refused)];

	memcpy(sorted, refused, sizeof(sorted));
	qsort(sorted, ARRAY_LEN(sorted), sizeof(*sorted), by_number);
	load(f, offsetof(struct seccomp_data, arch));
	add(f, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	refuse(f);
	load(f, offsetof(struct seccomp_data, nr));
	add(f, BPF_JMP | BPF_JGE | BPF_K, NUMBERS_END, 0, 1);
	refuse(f);
	for (unsigned i = 0; i < ARRAY_LEN(rules); i++)
		decide(f, &rules[i]);
	search(f, sorted, ARRAY_LEN(sorted));
}

static bool
writes_files(const struct session *s)
{
	for (uint32_t i = 0; i < s->prog->events.n; i++) {
		const struct builtin *word = s->prog->events.v[i]->word;

		if (word && word->flags & WORD_FILES)
			return true;
	}
	return s->opts->flamegraph != NULL;
}

void
confine(const struct session *s)
{
	struct filter f = { 0 };
	struct sock_fprog program;

	if (s->opts->unsafe || writes_files(s))
		return;
	make_filter(&f);
	program.len = f.n;
	program.filter = f.v;
	if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		return;
	/* Without CAP_SYS_ADMIN the kernel wants this promise first. */
	if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}
