/* SPDX-License-Identifier: MIT */
/*
 * Owns the session from its making to its end: privileges, the output file,
 * the child, messages to the user, what is counted as lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

void
session_stderr(struct session *s, const char *text, size_t n)
{
	if (s->out && s->out->held) {
		out_write(s->out, text, n);
		return;
	}
	if (s->out)
		out_flush(s->out);
	fwrite(text, 1, n, stderr);
	fflush(stderr);
}

static void
message(struct session *s, const char *word, const char *fmt, va_list ap)
{
	struct sbuf text = { 0 };

	sbuf_puts(&text, word);
	sbuf_vprintf(&text, fmt, ap);
	sbuf_putc(&text, '\n');
	session_stderr(s, text.s, text.n);
	sbuf_free(&text);
}

void
session_error(struct session *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(s, "ERROR: ", fmt, ap);
	va_end(ap);
}

void
session_failed(struct session *s, const char *fmt, ...)
{
	va_list ap;

	s->failed = true;
	va_start(ap, fmt);
	message(s, "ERROR: ", fmt, ap);
	va_end(ap);
}

void
session_warn(struct session *s, const char *fmt, ...)
{
	va_list ap;

	if (s->opts->no_warnings)
		return;
	va_start(ap, fmt);
	message(s, "WARNING: ", fmt, ap);
	va_end(ap);
}

enum { CPUS_MAX = 8192 };

/* "0-3,8-11": how many are named. */
static unsigned
count_cpus(const char *p)
{
	unsigned long n = 0, first, last;
	char *end;

	while (*p >= '0' && *p <= '9') {
		first = last = strtoul(p, &end, 10);
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last < first || last >= CPUS_MAX)
			return 0;
		n += last - first + 1;
		p = *end == ',' ? end + 1 : end;
	}
	return (unsigned)n;
}

/* Where sysfs is not mounted: as many as the kernel fills cells in a lookup.
 * Too many of them do no harm, too few would be written beyond. */
static unsigned
ask_cpus(void)
{
	static const struct map_spec spec = { .type = BPF_MAP_TYPE_PERCPU_ARRAY,
					      .key_size = 4,
					      .value_size = 8,
					      .entries = 1 };
	uint64_t *cells = malloc(CPUS_MAX * sizeof(*cells));
	int fd = sys_map_create(&spec);
	uint32_t zero = 0;
	unsigned n = 0;

	if (!cells)
		base_out_of_memory();
	memset(cells, 0xff, CPUS_MAX * sizeof(*cells));
	if (fd >= 0 && !sys_map_lookup(fd, &zero, cells))
		while (n < CPUS_MAX && !cells[n])
			n++;
	if (fd >= 0)
		close(fd);
	free(cells);
	return n ? n : CPUS_MAX;
}

unsigned
session_possible_cpus(void)
{
	int fd = open("/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	unsigned cpus;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	cpus = count_cpus(text);
	return cpus ? cpus : ask_cpus();
}

/* ---- privileges ---- */

static const struct {
	int bit;
	const char *name;
} needed[] = {
	{ CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH" },
	{ CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE" },
	{ CAP_BPF, "CAP_BPF" },
	{ CAP_PERFMON, "CAP_PERFMON" },
};

static bool
has_cap(const struct __user_cap_data_struct *caps, int bit)
{
	return caps[bit / 32].effective & 1u << bit % 32;
}

/*
 * Who may load programs goes on: files that only root may read are missed when
 * they are needed, and many scripts need none. Anybody else is told what would
 * be enough for all of them, one after the other.
 */
static bool
check_privileges(struct session *s)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2] = { 0 };

	if (!geteuid() || syscall(SYS_capget, &head, caps))
		return true; /* the kernel will tell */
	if (has_cap(caps, CAP_SYS_ADMIN))
		return true;
	if (has_cap(caps, CAP_BPF) && has_cap(caps, CAP_PERFMON))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
		if (has_cap(caps, needed[i].bit))
			continue;
		session_error(s,
			      "Missing %s capability, please run jiffy as the "
			      "root user.",
			      needed[i].name);
		fprintf(stderr,
			"HINT: %s%s%s would be enough; tracefs also needs "
			"CAP_DAC_READ_SEARCH, kernel symbols CAP_SYSLOG\n",
			has_cap(caps, CAP_BPF) ? "" : "CAP_BPF",
			has_cap(caps, CAP_BPF) || has_cap(caps, CAP_PERFMON)
				? ""
				: " and ",
			has_cap(caps, CAP_PERFMON) ? "" : "CAP_PERFMON");
		return false;
	}
	return true;
}

/* ---- making and freeing ---- */

static void
init_output(struct session *s)
{
	s->out = arena_alloc(s->arena, sizeof(*s->out));
	s->out->fd = STDOUT_FILENO;
	s->out->json = s->opts->json;
	s->out->folded = s->opts->folded;
	s->out->escape = s->opts->escape && !s->opts->json;
	s->out->buffering = s->opts->buffering;
	s->out->session = s;
}

/* The picture is written last: what forbids it is said before the trace. */
static bool
can_draw(struct session *s)
{
	const char *path = s->opts->flamegraph;
	const char *name = path ? strrchr(path, '/') : NULL;
	const char *folder =
		name ? arena_strndup(s->arena, path, (size_t)(name - path) + 1)
		     : ".";

	if (!path || !access(folder, W_OK | X_OK))
		return true;
	session_error(s, "Failed to write \"%s\": %s", path, strerror(errno));
	return false;
}

bool
session_open_output(struct session *s)
{
	const char *path = s->opts->output;

	if (!can_draw(s))
		return false;
	if (!path)
		return true;
	s->out->fd = create_file(s->arena, path);
	if (s->out->fd >= 0)
		return true;
	session_error(s, "Failed to open output file: \"%s\": %s", path,
		      strerror(errno));
	return false;
}

static uint64_t
now(clockid_t clock)
{
	struct timespec t = { 0 };

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static bool
watch_pid(struct session *s)
{
	if (!s->opts->pid)
		return true;
	s->pid_fd = (int)syscall(SYS_pidfd_open, s->opts->pid, 0);
	if (s->pid_fd >= 0)
		return true;
	session_error(s, "Failed to attach to pid: Unable to open pidfd (%s)",
		      strerror(errno));
	return false;
}

bool
session_init(struct session *s)
{
	s->epoll_fd = s->signal_fd = s->child_fd = s->pid_fd = s->child_go = -1;
	s->timer_fd = s->child_ended = -1;
	s->ncpus = session_possible_cpus();
	s->boot_offset = now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME);
	s->attach.arena = s->arena;
	s->attach.kernel = s->in->kernel;
	s->attach.unsafe = s->opts->unsafe;
	/* --follow asks in the program. */
	s->attach.pid = s->opts->follow ? 0 : s->opts->pid;
	init_output(s);
	if (!check_privileges(s) || !watch_pid(s))
		return false;
	return !s->opts->command || child_start(s, s->opts->command);
}

static void
close_all(int *fds, uint32_t n)
{
	for (uint32_t i = 0; fds && i < n; i++)
		if (fds[i] > 0)
			close(fds[i]);
}

void
session_free(struct session *s)
{
	child_stop(s);
	if (s->out)
		out_flush(s->out);
	session_let_go(s);
	for (uint32_t i = 0; s->progs && i < s->image->progs.n; i++)
		session_unload(s, i);
	close_all(s->map_fds, s->prog->maps.n);
	ring_close(s->ring);
	mappings_free(s);
	sym_free(s);
	flame_free(s);
	follow_free(s);
	if (s->out)
		sbuf_free(&s->out->buf);
	close_all((int[]){ s->epoll_fd, s->signal_fd, s->pid_fd, s->timer_fd },
		  4);
}

int
session_main(struct session *s)
{
	if (!session_open_output(s))
		return 1;
	if (!s->prog->units || !s->prog->units->v.n) {
		/* Who reads JSON reads nothing else. */
		fputs("No probes to attach\n", s->out->json ? stderr : stdout);
		return 1;
	}
	if (!session_load(s))
		return STATUS_LOAD;
	return session_run(s);
}

/* ---- what the kernel counted ---- */

int
session_map(const struct session *s, enum map_use use)
{
	for (uint32_t i = 0; i < s->prog->maps.n; i++)
		if (s->prog->maps.v[i].use == use)
			return (int)i;
	return -1;
}

static void
report_lost(struct session *s, uint64_t n)
{
	if (!s->out->json) {
		out_flush(s->out);
		fprintf(stderr, "Lost %llu events\n", (unsigned long long)n);
		return;
	}
	out_printf(s->out,
		   "{\"type\": \"lost_events\", \"count\": %llu, "
		   "\"data\": {\"events\": %llu}}\n",
		   (unsigned long long)n, (unsigned long long)n);
	out_end(s->out);
}

static void
report_full(struct session *s, const uint64_t *now, uint64_t *seen,
	    int64_t code)
{
	for (uint32_t i = 0; i < s->prog->full_sites.n; i++)
		if (now[i] > seen[i])
			notice_full(s, s->prog->full_sites.v[i], code,
				    now[i] - seen[i]);
	memcpy(seen, now, FULL_SITES * sizeof(*seen));
}

void
session_report_lost(struct session *s, bool total)
{
	struct ir_global g;

	if (!s->global)
		return;
	g = *s->global;
	if (g.lost > s->lost_seen)
		report_lost(s, g.lost - s->lost_seen);
	s->lost_seen = s->losses[LOSS_EVENT] = g.lost;
	report_full(s, g.full, s->full_seen, -E2BIG);
	report_full(s, g.scarce, s->scarce_seen, -ENOMEM);
	if (total && g.lost && !s->out->json)
		session_warn(s, "Total lost event count: %llu",
			     (unsigned long long)g.lost);
}

/* Stacks that were printed without their frames. */
void
session_report_stacks(struct session *s)
{
	uint64_t n = s->losses[LOSS_STACK];

	if (n && !s->out->json)
		session_warn(s, "Total missed stack count: %llu",
			     (unsigned long long)n);
}
