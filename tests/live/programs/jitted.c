/* SPDX-License-Identifier: MIT */
/*
 * Code made at run time, as a just-in-time compiler does: j_leaf() is called
 * through it, and /tmp/perf-PID.map names it. With a word it plays a trick:
 * "foreign" leaves the map to another user, "link" makes it one, "fifo" has
 * nobody at its other end, "hole" names the code behind a line of 60 MB, and
 * "behind" beyond what anybody should read.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int j_leaf(int a);
int j_inner(int a);

__attribute__((noinline)) int
j_inner(int a)
{
	__asm__ volatile("" : "+r"(a));
	return a;
}

__attribute__((noinline)) int
j_leaf(int a)
{
	return j_inner(a) + 1;
}

static void
name_code(FILE *f, const void *at, size_t size)
{
	fprintf(f, "%lx %zx jit::made at run time\n", (unsigned long)at, size);
}

static int
write_map(const char *path, const char *trick, const void *at, size_t size)
{
	char real[96];
	long hole;
	FILE *f;

	snprintf(real, sizeof(real), "%s.real", path);
	f = fopen(strcmp(trick, "link") ? path : real, "w");
	if (!f)
		return 1;
	hole = !strcmp(trick, "hole") ? 60 : !strcmp(trick, "behind") ? 100 : 0;
	if (hole) {
		fseek(f, hole << 20, SEEK_SET);
		fputc('\n', f);
	}
	name_code(f, at, size);
	fclose(f);
	if (!strcmp(trick, "fifo"))
		return unlink(path) || mkfifo(path, 0600);
	if (!strcmp(trick, "link"))
		return symlink(real, path);
	return !strcmp(trick, "foreign") && chown(path, 12345, -1);
}

int
main(int argc, char **argv)
{
#if defined(__x86_64__)
	/* push %rbp; mov %rsp,%rbp; call *%rsi; pop %rbp; ret */
	static const uint8_t code[] = { 0x55, 0x48, 0x89, 0xe5,
					0xff, 0xd6, 0x5d, 0xc3 };
#else
	/* stp x29,x30,[sp,-16]!; mov x29,sp; blr x1; ldp ...; ret */
	static const uint32_t code[] = { 0xa9bf7bfd, 0x910003fd, 0xd63f0020,
					 0xa8c17bfd, 0xd65f03c0 };
#endif
	char path[80];
	int (*run)(int a, int (*f)(int));
	void *page;

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return 1;
	memcpy(page, code, sizeof(code));
	__builtin___clear_cache((char *)page, (char *)page + 4096);
	memcpy(&run, &page, sizeof(run));
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	if (write_map(path, argc > 1 ? argv[1] : "", page, sizeof(code)))
		return 1;
	run(1, j_leaf);
	usleep(300000); /* while the stack is printed */
	unlink(path);
	strcat(path, ".real");
	unlink(path);
	return 0;
}
