/* SPDX-License-Identifier: MIT */
/*
 * Owns what is said behind an error whose cause may be the machine: what is not
 * mounted, what the kernel keeps from root, who root is. Looked at only then.
 */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "internal.h"

static void
hint(const char *text)
{
	fprintf(stderr, "HINT: %s\n", text);
}

/* What a machine that has just been started may lack. */
static void
hint_mounts(void)
{
	if (access("/proc/self", F_OK))
		hint("/proc is not mounted; mount it with: mount -t proc "
		     "nodev /proc");
	if (access("/sys/kernel", F_OK))
		hint("/sys is not mounted; mount it with: mount -t sysfs "
		     "nodev /sys");
}

/* What the kernel keeps from root as well: it only says that it refuses. */
static void
hint_lockdown(void)
{
	if (kernel_lockdown(LOCKED_CONFIDENTIALITY))
		hint("the kernel is locked down (confidentiality): no program "
		     "may read its memory, and tracefs and perf events are "
		     "closed");
	else if (kernel_lockdown(LOCKED_INTEGRITY))
		hint("the kernel is locked down (integrity): no program may "
		     "write to another one's memory");
}

/* Whether users here are others outside: then our root is not the kernel's. */
static bool
in_user_namespace(void)
{
	unsigned long inside, outside, count;
	FILE *f = fopen("/proc/self/uid_map", "re");
	bool all = !f ||
		   fscanf(f, "%lu %lu %lu", &inside, &outside, &count) != 3 ||
		   (!inside && !outside && count == UINT32_MAX);

	if (f)
		fclose(f);
	return !all;
}

static bool
has_cap(const struct __user_cap_data_struct *caps, int bit)
{
	return caps[bit / 32].effective & 1u << bit % 32;
}

/* Root in a container. */
static void
hint_root(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2] = { 0 };

	if (in_user_namespace()) {
		hint("this is a user namespace, whose root may not load "
		     "programs; run jiffy outside of it");
		return;
	}
	if (geteuid() || syscall(SYS_capget, &head, caps) ||
	    has_cap(caps, CAP_SYS_ADMIN) ||
	    (has_cap(caps, CAP_BPF) && has_cap(caps, CAP_PERFMON)))
		return;
	hint("root lacks CAP_BPF or CAP_PERFMON here; give the container both");
}

void
hints_version(uint32_t version)
{
	struct utsname host;

	if (version && version < (5 << 16 | 10 << 8) && !uname(&host))
		fprintf(stderr,
			"WARNING: Kernel version (%s) is lower than the "
			"minimum supported kernel version (5.10.0). Some "
			"features/scripts may not work as expected.\n",
			host.release);
}

void
hints_print(bool refused)
{
	hint_mounts();
	if (!refused)
		return;
	hint_lockdown();
	hint_root();
}
