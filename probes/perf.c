/* SPDX-License-Identifier: MIT */
/*
 * Owns attaching through perf events: open, link the program (5.15), or set
 * it by ioctl on older kernels, enable. What the kernel refuses becomes a
 * sentence that names the remedy.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* ---- what the machine has ---- */

/* A small file of sysfs or procfs, NUL-terminated. */
static bool
read_small(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n < 0)
		return false;
	buf[n] = '\0';
	return true;
}

/* A number behind a file of /sys/bus/event_source/devices, or -errno. Thousands
 * of attachments ask for the same few: kept. */
static int
pmu_number(struct attach *a, const char *file, const char *format)
{
	uintptr_t known = (uintptr_t)hmap_get(&a->pmus, file);
	char path[256], text[32];
	int n;

	if (known)
		return (int)(known - 1);
	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s", file);
	if (!read_small(path, text, sizeof(text)))
		return -errno;
	if (sscanf(text, format, &n) != 1 || n < 0)
		return -EINVAL;
	hmap_put(a->arena, &a->pmus, arena_strdup(a->arena, file),
		 (void *)((uintptr_t)n + 1));
	return n;
}

int
probe_pmu_type(struct attach *a, const char *name)
{
	return pmu_number(a, arena_printf(a->arena, "%s/type", name), "%d");
}

int
probe_pmu_bit(struct attach *a, const char *name, const char *format)
{
	int bit = pmu_number(
		a, arena_printf(a->arena, "%s/format/%s", name, format),
		"config:%d");

	return bit > 63 ? -EINVAL : bit;
}

enum { CPUS_MAX = 8192 };

/* Call for every CPU of a list like "0-3,8"; stops at an error. */
static int
each_online_cpu(int (*each)(void *arg, int cpu), void *arg)
{
	char text[4096], *p = text, *end;
	int err = 0;

	if (!read_small("/sys/devices/system/cpu/online", text, sizeof(text)))
		return each(arg, 0);
	while (!err && *p >= '0' && *p <= '9') {
		long first = strtol(p, &end, 10), last = first;

		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		for (; !err && first <= last && first < CPUS_MAX; first++)
			err = each(arg, first);
		p = *end == ',' ? end + 1 : end;
	}
	return err;
}

static int
take_first(void *arg, int cpu)
{
	*(int *)arg = cpu;
	return 1;
}

int
probe_first_cpu(struct attach *a)
{
	if (!a->has_first_cpu)
		each_online_cpu(take_first, &a->first_cpu);
	a->has_first_cpu = true;
	return a->first_cpu;
}

/* ---- attaching ---- */

/* A process that ended leaves an entry without a program until its parent
 * has asked for it; the kernel's answers differ with the moment. */
static bool
has_ended(int pid)
{
	char path[64], to[8];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return readlink(path, to, sizeof(to)) < 0 && errno == ENOENT;
}

/* Debian's kernels and Ubuntu's have a level above 2, at which CAP_PERFMON is
 * not enough for any event. The level where it is that high, else 0. */
static int
paranoid(void)
{
	int level = 0;
	FILE *f = fopen("/proc/sys/kernel/perf_event_paranoid", "re");

	if (f && fscanf(f, "%d", &level) != 1)
		level = 0;
	if (f)
		fclose(f);
	return level > 2 && geteuid() != 0 ? level : 0;
}

static const char *
not_permitted(struct attach *a)
{
	int level = paranoid();

	if (level)
		return arena_printf(a->arena,
				    "not permitted while "
				    "kernel.perf_event_paranoid is %d; set it "
				    "to 2, or run as root",
				    level);
	return "not permitted; it needs CAP_BPF and CAP_PERFMON (run as root)";
}

int
probe_refused(struct attach *a, int err, const char *what)
{
	const char *why;

	if (a->pid && has_ended(a->pid))
		err = -ESRCH;
	switch (-err) {
	case EPERM:
	case EACCES:
		why = not_permitted(a);
		break;
	case EMFILE:
		why = "too many open files; raise the limit with ulimit -n";
		break;
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		why = "this kernel or machine does not have it";
		break;
	case ESRCH:
		why = "the process has ended";
		break;
	default:
		why = strerror(-err);
	}
	a->why = arena_printf(a->arena, "cannot attach to %s: %s", what, why);
	return err;
}

static int
too_often(struct attach *a, const char *what)
{
	a->why = arena_printf(a->arena,
			      "cannot attach to %s: more often than "
			      "kernel.perf_event_max_sample_rate allows",
			      what);
	return -EINVAL;
}

/* Who has CAP_PERFMON may open any event but those that are made for it: a
 * single uprobe (all kernels up to 6.18 at least). */
static int
not_opened(struct attach *a, const struct perf_event_attr *attr, int err,
	   const char *what)
{
	if (err != -EACCES || attr->type < PERF_TYPE_MAX || !geteuid() ||
	    paranoid())
		return probe_refused(a, err, what);
	a->why = arena_printf(a->arena,
			      "cannot attach to %s: not permitted; without "
			      "a multi link (Linux 6.6) it needs CAP_SYS_ADMIN "
			      "(run as root)",
			      what);
	return err;
}

/* The part of union bpf_attr for BPF_LINK_CREATE on a perf event. */
struct perf_link_attr {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t cookie;
};

static int
create_link(int prog_fd, int perf_fd, uint64_t cookie)
{
	struct perf_link_attr attr = { .prog_fd = prog_fd,
				       .target_fd = perf_fd,
				       .attach_type = BPF_PERF_EVENT,
				       .cookie = cookie };
	int fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}

/* Give the event its program and start it. Returns the link, below 0 where
 * an old kernel has none; *err is 0 or -errno. */
static int
set_program(struct attach *a, int fd, uint64_t cookie, int *err)
{
	int link = create_link(a->prog_fd, fd, cookie);

	*err = 0;
	if (link < 0 && a->by_cookie)
		*err = link;
	else if (link < 0 && ioctl(fd, PERF_EVENT_IOC_SET_BPF, a->prog_fd) != 0)
		*err = -errno;
	else if (ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) != 0)
		*err = -errno;
	if (*err && link >= 0)
		close(link);
	return link;
}

/*
 * Letting go of a tracepoint or probe waits for grace periods, for its link
 * (30 ms on 6.18) and for its event (70 ms), so the session gets both apart.
 * Any other event is quick, and its link keeps it alive.
 */
static void
keep(struct attach *a, const struct perf_event_attr *attr, int fd, int link)
{
	bool quick = attr->type == PERF_TYPE_SOFTWARE ||
		     attr->type == PERF_TYPE_HARDWARE ||
		     attr->type == PERF_TYPE_BREAKPOINT;

	if (quick) {
		if (link >= 0)
			close(fd);
		*vec_push(a->arena, &a->fds) = link >= 0 ? link : fd;
		return;
	}
	if (link >= 0)
		*vec_push(a->arena, &a->slow_fds) = link;
	*vec_push(a->arena, &a->slow_fds) = fd;
}

int
probe_perf_attach(struct attach *a, struct perf_event_attr *attr, int pid,
		  int cpu, uint64_t cookie, const char *what)
{
	int fd, link, err;

	attr->size = sizeof(*attr);
	attr->disabled = 1;
	fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1,
		     PERF_FLAG_FD_CLOEXEC);
	if (fd < 0 && errno == EINVAL && attr->inherit_thread) {
		attr->inherit_thread = attr->inherit = 0; /* before 5.13 */
		return probe_perf_attach(a, attr, pid, cpu, cookie, what);
	}
	if (fd < 0 && errno == EINVAL && attr->freq)
		return too_often(a, what);
	if (fd < 0)
		return not_opened(a, attr, -errno, what);
	link = set_program(a, fd, cookie, &err);
	if (err) {
		close(fd);
		return probe_refused(a, err, what);
	}
	keep(a, attr, fd, link);
	return 0;
}

void
probe_detach_from(struct attach *a, uint32_t first)
{
	while (a->fds.n > first)
		close(a->fds.v[--a->fds.n]);
}

struct everywhere {
	struct attach *attach;
	struct perf_event_attr *attr;
	const char *what;
	int err; /* that was noted */
};

/* Breakpoints are few: each place where one is missing is told, so that the
 * rest is tried as well. 0: go on. */
static int
note_failure(struct everywhere *e, int err, int cpu, int tid)
{
	if (!err || e->attr->type != PERF_TYPE_BREAKPOINT)
		return err;
	e->err = err;
	*vec_push(e->attach->arena, &e->attach->warnings) = arena_printf(
		e->attach->arena,
		"Failed to create a perf event for cpu %d tid %d: %s", cpu, tid,
		strerror(-err));
	return 0;
}

static int
attach_to_cpu(void *arg, int cpu)
{
	struct everywhere *e = arg;
	int err;

	err = probe_perf_attach(e->attach, e->attr, -1, cpu, 0, e->what);
	return note_failure(e, err, cpu, -1);
}

/* A thread that ended in between is none to miss. */
static int
attach_to_threads(struct everywhere *e)
{
	char path[64];
	struct dirent *entry;
	int err = 0, n = 0, tid;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", e->attach->pid);
	d = opendir(path);
	if (!d)
		return probe_refused(e->attach, -ESRCH, e->what);
	e->attr->inherit = e->attr->inherit_thread = 1;
	while (!err && (entry = readdir(d))) {
		tid = atoi(entry->d_name);
		if (tid <= 0)
			continue;
		err = probe_perf_attach(e->attach, e->attr, tid, -1, 0,
					e->what);
		n += !err;
		err = err == -ESRCH ? 0 : note_failure(e, err, -1, tid);
	}
	closedir(d);
	if (!err && !e->err && !n)
		return probe_refused(e->attach, -ESRCH, e->what);
	return err;
}

int
probe_perf_everywhere(struct attach *a, struct perf_event_attr *attr,
		      const char *what)
{
	struct everywhere e = { a, attr, what, 0 };
	uint32_t nfds = a->fds.n;
	int err;

	err = a->pid ? attach_to_threads(&e)
		     : each_online_cpu(attach_to_cpu, &e);
	if (!err)
		err = e.err;
	if (err)
		probe_detach_from(a, nfds);
	return err;
}
