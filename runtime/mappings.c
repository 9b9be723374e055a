// SPDX-License-Identifier: MIT
/*
 * Owns what is mapped where in each process, also in those that have ended:
 * a stack in a map is printed long after its process is gone, which takes its
 * addresses' meaning along. While a script that prints user addresses runs,
 * the kernel reports each executable mapping and each fork through perf's
 * records, one buffer per CPU; who was there before is read from /proc, a few
 * processes at a time, once the trace goes. Nothing of a file is read here.
 *
 * Of a process its mappings are kept in their order, and the last that has an
 * address is the one that counts: so an exec, or a new process of the same
 * number, needs no bookkeeping. Those that ended first are forgotten first
 * when there are too many.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

enum {
	BUCKETS = 1024,
	MAPPINGS_MAX = 1 << 18, /* of all processes; 24 bytes each */
	FILES_MAX = 16 << 20,   /* bytes of files' names */
	PROCESS_COST = 3,       /* one process, in mappings */
	RING_PAGES = 32,        /* per CPU: some 1,000 records */
	SCAN_STEP = 32,         /* processes read in one go */
	FOREFATHERS = 64,       /* forked, and nothing executed since */
	HELD_MAX = 256,         /* files */
};

struct perf_ring {
	int fd;
	struct perf_event_mmap_page *page;
};

struct mappings {
	struct arena arena;
	struct arena file_arena;
	struct hmap files;
	size_t file_bytes;
	struct process *buckets[BUCKETS];
	uint32_t total;
	VEC(uint32_t) ended; /* pids, in order; from first_ended on */
	uint32_t first_ended;
	VEC(struct perf_ring) rings;
	VEC(int) held;       /* files that our own root does not show */
	DIR *scan;           /* of /proc, while it goes on */
	uint32_t only;       /* the one process that matters; 0: all */
	unsigned char *copy; /* of a record that wraps around */
	size_t page_size;
};

/* ---- processes ---- */

static struct process **
slot_of(struct mappings *m, uint32_t pid)
{
	struct process **at = &m->buckets[pid % BUCKETS];

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	return at;
}

static struct process *
get_process(struct mappings *m, uint32_t pid)
{
	struct process **at = slot_of(m, pid);

	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			base_out_of_memory();
		(*at)->pid = pid;
		m->total += PROCESS_COST;
	}
	return *at;
}

static void
free_process(struct process *p)
{
	perfmap_free(p->jit);
	free(p->maps);
	free(p);
}

static void
forget(struct mappings *m, uint32_t pid)
{
	struct process **at = slot_of(m, pid), *p = *at;

	if (!p || !p->ended)
		return; /* its number has been given away again */
	*at = p->next;
	m->total -= p->n + PROCESS_COST;
	free_process(p);
}

static void
forget_all(struct mappings *m)
{
	struct process *p, *next;

	for (uint32_t i = 0; i < BUCKETS; i++) {
		for (p = m->buckets[i]; p; p = next) {
			next = p->next;
			free_process(p);
		}
		m->buckets[i] = NULL;
	}
	arena_free(&m->file_arena);
	memset(&m->files, 0, sizeof(m->files));
	m->file_bytes = 0;
	m->total = m->first_ended = m->ended.n = 0;
}

static void
make_room(struct mappings *m)
{
	while (m->total > MAPPINGS_MAX && m->first_ended < m->ended.n)
		forget(m, m->ended.v[m->first_ended++]);
	if (m->first_ended < m->ended.n / 2 + 64)
		return;
	m->ended.n -= m->first_ended;
	memmove(m->ended.v, m->ended.v + m->first_ended,
		m->ended.n * sizeof(*m->ended.v));
	m->first_ended = 0;
}

static struct mapping *
push(struct mappings *m, struct process *p)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 8;
		p->maps = realloc(p->maps, p->cap * sizeof(*p->maps));
		if (!p->maps)
			base_out_of_memory();
	}
	m->total++;
	return &p->maps[p->n++];
}

/*
 * A file that we cannot reach by its name may be gone once the last process of
 * its mount namespace is: a handle keeps it. Those that we can reach are left
 * alone, so that nothing of ours is in use when somebody unmounts it.
 */
static int
hold(struct mappings *m, const struct mapped *f, uint64_t begin, uint64_t end)
{
	char path[64];
	struct stat st;
	int fd;

	if (*f->path != '/' || m->held.n == HELD_MAX ||
	    (!stat(f->path, &st) && st.st_ino == f->ino))
		return -1;
	snprintf(path, sizeof(path), MAPPED_ITSELF, f->pid,
		 (unsigned long long)begin, (unsigned long long)end);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd >= 0)
		*vec_push(&m->arena, &m->held) = fd;
	return fd;
}

/* One object for what is mapped in many processes. */
static struct mapped *
file_of(struct mappings *m, const struct mapped *f, uint64_t begin,
	uint64_t end)
{
	struct arena *a = &m->file_arena;
	char key[PATH_MAX + 96];
	struct mapped *known;

	snprintf(key, sizeof(key), "%x:%x:%llx:%llx:%s", f->major, f->minor,
		 (unsigned long long)f->ino, (unsigned long long)f->offset,
		 f->path);
	known = hmap_get(&m->files, key);
	if (known)
		return known;
	known = arena_alloc(a, sizeof(*known));
	*known = *f;
	known->path = arena_strdup(a, f->path);
	known->held = hold(m, f, begin, end);
	hmap_put(a, &m->files, arena_strdup(a, key), known);
	m->file_bytes += sizeof(*known) + strlen(f->path) + strlen(key);
	return known;
}

static void
add_mapping(struct mappings *m, struct process *p, uint64_t begin, uint64_t end,
	    const struct mapped *f)
{
	struct mapped *file = file_of(m, f, begin, end);

	for (uint32_t i = p->n; i-- > 0;) {
		const struct mapping *old = &p->maps[i];

		if (old->begin == begin && old->end == end && old->file == file)
			return;
		if (begin < old->end && old->begin < end)
			break; /* what is below it counts no longer */
	}
	*push(m, p) = (struct mapping){ begin, end, file };
}

/* ---- from /proc ---- */

/* "begin-end perms offset dev inode   path" (proc(5)). */
static void
read_line(struct mappings *m, struct process *p, char *line)
{
	unsigned long long begin, end, offset, ino;
	struct mapped f = { .pid = p->pid };
	char perms[5];
	int path = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &begin, &end,
		   perms, &offset, &f.major, &f.minor, &ino, &path) < 7 ||
	    perms[2] != 'x')
		return;
	f.offset = offset;
	f.ino = ino;
	f.path = path ? line + path : "";
	add_mapping(m, p, begin, end, &f);
}

static void
read_maps(struct mappings *m, struct process *p)
{
	char path[64], *line = NULL;
	size_t cap = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/maps", p->pid);
	f = fopen(path, "re");
	if (!f)
		return;
	while (getline(&line, &cap, f) > 0)
		read_line(m, p, line);
	free(line);
	fclose(f);
}

/* The next few of those that were there before; false: no more. */
bool
mappings_scan(struct session *s)
{
	struct mappings *m = s->mappings;
	const struct dirent *e = NULL;

	if (!m || !m->scan)
		return false;
	for (unsigned n = 0; n < SCAN_STEP && (e = readdir(m->scan));) {
		if (!isdigit((unsigned char)*e->d_name))
			continue;
		read_maps(m, get_process(m, (uint32_t)atoi(e->d_name)));
		n++;
	}
	if (e)
		return true;
	closedir(m->scan);
	m->scan = NULL;
	return false;
}

/* ---- from the kernel's records ---- */

struct mmap_record { /* PERF_RECORD_MMAP2 */
	struct perf_event_header head;
	uint32_t pid, tid;
	uint64_t address, size, offset;
	uint32_t major, minor;
	uint64_t ino, generation;
	uint32_t prot, flags;
	char path[];
};

struct task_record { /* PERF_RECORD_FORK, PERF_RECORD_EXIT */
	struct perf_event_header head;
	uint32_t pid, ppid, tid, ptid;
	uint64_t time;
};

static void
take_mmap(struct mappings *m, const struct mmap_record *r)
{
	struct mapped f = { .pid = r->pid,
			    .major = r->major,
			    .minor = r->minor,
			    .ino = r->ino,
			    .offset = r->offset,
			    .path = r->path };
	struct process *p = get_process(m, r->pid);

	if (!strcmp(f.path, "//anon"))
		f.path = "";
	if (f.path[0] == '[')
		f.offset = 0; /* of the vdso it is no place in a file */
	add_mapping(m, p, r->address, r->address + r->size, &f);
}

/* A child has what its parent has: that is looked up when it is asked for,
 * because records of two CPUs do not come in their order. */
static void
take_fork(struct mappings *m, const struct task_record *r)
{
	struct process *p, *parent;

	if (r->pid == r->ppid)
		return; /* a thread */
	parent = get_process(m, r->ppid);
	if (!parent->n && !parent->parent)
		read_maps(m, parent);
	p = get_process(m, r->pid);
	p->ended = false;
	p->parent = r->ppid;
}

static void
take_exit(struct mappings *m, const struct task_record *r)
{
	struct process *p;

	if (r->pid != r->tid)
		return;
	p = *slot_of(m, r->pid);
	if (!p)
		return;
	p->ended = true;
	*vec_push(&m->arena, &m->ended) = r->pid;
	make_room(m);
}

static void
take_record(struct mappings *m, const struct perf_event_header *head)
{
	const struct task_record *task = (const void *)head;
	const struct mmap_record *map = (const void *)head;

	switch (head->type) {
	case PERF_RECORD_MMAP2:
		/* Who maps for ever fills no memory of ours: /proc knows what
		 * is mapped by now. */
		if (m->file_bytes > FILES_MAX || m->total > 2 * MAPPINGS_MAX)
			forget_all(m);
		if (!m->only || map->pid == m->only)
			take_mmap(m, map);
		break;
	case PERF_RECORD_FORK:
		if (!m->only || task->pid == m->only)
			take_fork(m, task);
		break;
	case PERF_RECORD_EXIT:
		take_exit(m, task);
		break;
	default: /* what the buffer had no room for is asked of /proc */
		break;
	}
}

static void
drain_ring(struct mappings *m, struct perf_ring *r)
{
	uint64_t end = __atomic_load_n(&r->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t at = r->page->data_tail, size = RING_PAGES * m->page_size;
	const unsigned char *data = (unsigned char *)r->page + m->page_size;

	while (at < end) {
		uint64_t from = at % size;
		const struct perf_event_header *h = (const void *)(data + from);
		uint16_t n = h->size;

		if (n < sizeof(*h))
			break;
		if (from + n > size) {
			memcpy(m->copy, data + from, size - from);
			memcpy(m->copy + (size - from), data,
			       n - (size - from));
			h = (const void *)m->copy;
		}
		take_record(m, h);
		at += n;
	}
	__atomic_store_n(&r->page->data_tail, end, __ATOMIC_RELEASE);
}

void
mappings_drain(struct session *s)
{
	struct mappings *m = s->mappings;

	for (uint32_t i = 0; m && i < m->rings.n; i++)
		drain_ring(m, &m->rings.v[i]);
}

/* ---- starting and asking ---- */

static bool
open_ring(struct mappings *m, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.size = sizeof(attr),
		.mmap = 1,
		.mmap2 = 1,
		.task = 1,
		.watermark = 1,
		.exclude_kernel = 1,
	};
	size_t size = (RING_PAGES + 1) * m->page_size;
	struct perf_ring r;

	attr.wakeup_watermark = (uint32_t)(RING_PAGES * m->page_size / 2);
	r.fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1,
			    PERF_FLAG_FD_CLOEXEC);
	if (r.fd < 0)
		return false;
	r.page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, 0);
	if (r.page == MAP_FAILED) {
		close(r.fd);
		return false;
	}
	*vec_push(&m->arena, &m->rings) = r;
	return true;
}

static struct mappings *
make(struct session *s)
{
	if (s->mappings)
		return s->mappings;
	s->mappings = calloc(1, sizeof(*s->mappings));
	if (!s->mappings)
		base_out_of_memory();
	s->mappings->page_size = (size_t)sysconf(_SC_PAGESIZE);
	return s->mappings;
}

/* CPUs that are offline have no ring, and processes that had none to report
 * to are asked in /proc. */
void
mappings_start(struct session *s)
{
	struct mappings *m;

	if (!session_prints_addresses(s->prog))
		return;
	m = make(s);
	m->copy = arena_alloc(&m->arena, UINT16_MAX);
	if (s->opts->pid && !s->opts->follow)
		m->only = (uint32_t)s->opts->pid;
	for (unsigned cpu = 0; cpu < s->ncpus; cpu++)
		open_ring(m, (int)cpu);
	if (m->only)
		read_maps(m, get_process(m, m->only));
	else
		m->scan = opendir("/proc");
}

void
mappings_watch(struct session *s)
{
	struct mappings *m = s->mappings;

	for (uint32_t i = 0; m && i < m->rings.n; i++) {
		struct epoll_event e = { .events = EPOLLIN,
					 .data.fd = m->rings.v[i].fd };

		epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, e.data.fd, &e);
	}
}

static const struct mapping *
find_own(const struct process *p, uint64_t address)
{
	for (uint32_t i = p->n; i-- > 0;)
		if (address >= p->maps[i].begin && address < p->maps[i].end)
			return &p->maps[i];
	return NULL;
}

static const struct mapping *
find(struct mappings *m, const struct process *p, uint64_t address)
{
	const struct mapping *found = NULL;

	for (unsigned n = 0; p && !found && n < FOREFATHERS; n++) {
		found = find_own(p, address);
		p = p->parent ? *slot_of(m, p->parent) : NULL;
	}
	return found;
}

void
mappings_learn(struct session *s, uint32_t pid)
{
	struct mappings *m = make(s);

	read_maps(m, get_process(m, pid));
}

struct process *
mappings_process(struct session *s, uint32_t pid)
{
	return get_process(make(s), pid);
}

/* Libraries may have come since the last look. */
const struct mapping *
mappings_at(struct session *s, uint32_t pid, uint64_t address)
{
	struct process *p = mappings_process(s, pid);
	const struct mapping *found = find(s->mappings, p, address);

	if (found)
		return found;
	mappings_drain(s);
	p = mappings_process(s, pid);
	found = find(s->mappings, p, address);
	if (found || p->ended)
		return found;
	read_maps(s->mappings, p);
	return find_own(p, address);
}

void
mappings_free(struct session *s)
{
	struct mappings *m = s->mappings;

	if (!m)
		return;
	for (uint32_t i = 0; i < m->rings.n; i++) {
		munmap(m->rings.v[i].page, (RING_PAGES + 1) * m->page_size);
		close(m->rings.v[i].fd);
	}
	for (uint32_t i = 0; i < m->held.n; i++)
		close(m->held.v[i]);
	forget_all(m);
	if (m->scan)
		closedir(m->scan);
	arena_free(&m->arena);
	free(m);
	s->mappings = NULL;
}
