/* SPDX-License-Identifier: MIT */
/*
 * Owns the test of what a tracer that runs can no longer do. Each call is made
 * with arguments that no kernel takes, so that it fails for its own reason
 * where nothing forbids it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtime/internal.h"

#define CALL(name)                                                             \
	{                                                                      \
#name, SYS_##name                                              \
	}
static const struct {
	const char *name;
	long number;
} forbidden[] = {
	CALL(execve),
	CALL(execveat),
	CALL(process_vm_writev),
	CALL(pidfd_getfd),
	CALL(ptrace),
	CALL(mount),
	CALL(umount2),
	CALL(fsopen),
	CALL(fspick),
	CALL(open_tree),
	CALL(move_mount),
	CALL(pivot_root),
	CALL(chroot),
	CALL(setns),
	CALL(unshare),
	CALL(init_module),
	CALL(finit_module),
	CALL(delete_module),
	CALL(kexec_load),
	CALL(reboot),
	CALL(swapon),
	CALL(connect),
	CALL(bind),
	CALL(truncate),
	CALL(linkat),
	CALL(symlinkat),
	CALL(mkdirat),
	CALL(mknodat),
	CALL(unlinkat),
	CALL(renameat2),
	CALL(fchmod),
	CALL(fchmodat),
	CALL(fchown),
	CALL(fchownat),
	CALL(setxattr),
	CALL(lsetxattr),
	CALL(fsetxattr),
	CALL(open_by_handle_at),
	CALL(openat2),
	CALL(io_uring_setup),
	CALL(keyctl),
	CALL(add_key),
	CALL(settimeofday),
	CALL(clock_settime),
	{ "fchmodat2", 452 },
#ifdef SYS_open
	CALL(open),
	CALL(creat),
	CALL(rename),
	CALL(unlink),
	CALL(link),
	CALL(symlink),
	CALL(mkdir),
	CALL(mknod),
	CALL(chmod),
	CALL(chown),
	CALL(lchown),
#endif
};

static unsigned wrong;

static void
expect(const char *name, bool refused, long result)
{
	bool is = result == -1 && errno == EPERM;

	if (result > 2)
		close((int)result);
	if (is == refused)
		return;
	fprintf(stderr, "%s: %s\n", name, is ? "refused" : "allowed");
	wrong++;
}

static void
try_all(void)
{
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
		expect(forbidden[i].name, true,
		       syscall(forbidden[i].number, -1, -1, -1, -1, -1, -1));
	expect("write", true, openat(AT_FDCWD, "/dev/null", O_WRONLY));
	expect("read", false, openat(AT_FDCWD, "/dev/null", O_RDONLY));
	expect("create", true, openat(AT_FDCWD, "/", O_RDONLY | O_CREAT, 0));
	expect("internet", true, socket(AF_INET, SOCK_DGRAM, 0));
	expect("local", false, socket(AF_UNIX, SOCK_DGRAM, 0));
	expect("program", true, syscall(SYS_bpf, BPF_PROG_LOAD, -1, -1));
	expect("map", false, syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, NULL, 0));
	expect("go on", false, ptrace(PTRACE_CONT, 0x3fffffff, 0, 0));
	expect("poke", true, ptrace(PTRACE_POKEDATA, 0x3fffffff, 0, 0));
}

/* How many went otherwise, in a process that is confined or not. */
static unsigned
run(bool unsafe)
{
	struct options opts = { .unsafe = unsafe };
	struct prog prog = { 0 };
	struct session s = { .opts = &opts, .prog = &prog };
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		confine(&s);
		if (unsafe)
			fclose(stderr);
		try_all();
		_exit((int)wrong);
	}
	waitpid(pid, &status, 0);
	cr_expect(WIFEXITED(status));
	return (unsigned)WEXITSTATUS(status);
}

Test(confine, calls)
{
	cr_expect_eq(run(false), 0);
	/* It is the filter that refuses; without privileges, the kernel
	 * refuses some itself. */
	if (!geteuid())
		cr_expect_gt(run(true), ARRAY_LEN(forbidden));
}
