/* SPDX-License-Identifier: MIT */
/* What is mapped where, of processes that change it: runtime/mappings.c. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../runtime/internal.h"

enum { SIZE = 4096 };

static int
file(char *path)
{
	int fd = mkstemp(path);

	cr_assert(fd >= 0 && !ftruncate(fd, SIZE));
	return fd;
}

static void *
map(int fd, void *at)
{
	void *p = mmap(at, SIZE, PROT_READ | PROT_EXEC,
		       MAP_PRIVATE | (at ? MAP_FIXED : 0), fd, 0);

	cr_assert(p != MAP_FAILED);
	return p;
}

/* As when a process executes one program, another, and the first again. */
Test(mappings, the_last_counts_also_when_it_was_there_before)
{
	char one[] = "/tmp/mappings-one-XXXXXX";
	char two[] = "/tmp/mappings-two-XXXXXX";
	int fds[] = { file(one), file(two) };
	const char *const paths[] = { one, two };
	struct session s = { 0 };
	uint32_t pid = (uint32_t)getpid();
	void *at = NULL;

	for (unsigned i = 0; i < 5; i++) {
		const struct mapping *m;

		at = map(fds[i % 2], at);
		mappings_learn(&s, pid);
		m = mappings_at(&s, pid, (uint64_t)(uintptr_t)at);
		cr_assert(m);
		cr_expect_str_eq(m->file->path, paths[i % 2]);
	}
	mappings_free(&s);
	unlink(one);
	unlink(two);
}

/* Asking again and again costs nothing. */
Test(mappings, the_same_is_kept_once)
{
	struct session s = { 0 };
	uint32_t pid = (uint32_t)getpid(), n;

	mappings_learn(&s, pid);
	n = mappings_process(&s, pid)->n;
	cr_expect(n > 0);
	mappings_learn(&s, pid);
	cr_expect_eq(mappings_process(&s, pid)->n, n);
	mappings_free(&s);
}
