/* SPDX-License-Identifier: MIT */
/*
 * Owns the file systems of the kernel that a host has not mounted: tracefs is
 * mounted where nobody else sees it, in a mount namespace of our own (what the
 * host mounts later still arrives here, MS_SLAVE: mount_namespaces(7)). The
 * first process of a machine, whose only program jiffy may be, makes do without
 * /proc and /sys as well.
 */
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

bool
kernel_mount_tracefs(const char *dir)
{
	return !unshare(CLONE_NEWNS) &&
	       !mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) &&
	       !mount("nodev", dir, "tracefs", 0, NULL);
}

/* Where there is no `file` of it. What fails is missed, and said, by who needs
 * it. */
static void
mount_missing(const char *dir, const char *file, const char *type)
{
	if (!access(file, F_OK))
		return;
	mkdir(dir, 0555);
	mount("nodev", dir, type, 0, NULL);
}

void
kernel_mount_first(void)
{
	mount_missing("/proc", "/proc/self", "proc");
	mount_missing("/sys", "/sys/kernel", "sysfs");
}
