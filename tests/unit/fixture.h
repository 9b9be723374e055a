/* SPDX-License-Identifier: MIT */
/* Kernels as files: the fixture of tests/fixtures, and broken ones that a test
 * writes into a folder of its own. */
#ifndef JIFFY_TEST_FIXTURE_H
#define JIFFY_TEST_FIXTURE_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../sema/kernel/kernel.h"

#define FIXTURE "tests/fixtures/kernel"

static struct arena arena;

static inline struct kernel
fixture_kernel(void)
{
	struct kernel_paths paths = { .tracefs = FIXTURE "/tracefs",
				      .kallsyms = FIXTURE "/kallsyms",
				      .btf = FIXTURE "/btf",
				      .btf_dir = FIXTURE "/modules" };
	struct kernel k;

	kernel_init(&k, &arena, &paths);
	return k;
}

static inline const char *
temp_dir(void)
{
	char *dir = arena_strdup(&arena, "/tmp/jiffy.XXXXXX");

	cr_assert(mkdtemp(dir));
	return dir;
}

static inline const char *
write_file(const char *dir, const char *name, const void *bytes, size_t n)
{
	char *path = arena_printf(&arena, "%s/%s", dir, name);
	FILE *f;

	for (char *p = path + strlen(dir) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
	f = fopen(path, "w");
	cr_assert(f);
	cr_assert_eq(fwrite(bytes, 1, n, f), n);
	fclose(f);
	return path;
}

static inline int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void
remove_dir(const char *dir)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline char *
slurp(const char *path, size_t *n)
{
	char *buf = arena_alloc(&arena, 1 << 20);
	FILE *f = fopen(path, "r");

	cr_assert(f, "%s", path);
	*n = fread(buf, 1, 1 << 20, f);
	fclose(f);
	return buf;
}

#endif
