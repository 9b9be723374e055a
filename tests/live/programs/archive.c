/* SPDX-License-Identifier: MIT */
/*
 * "archive write FILE" packs this program into a ZIP archive as
 * lib/self.so, uncompressed and on a page of its own, and as lib/packed.so,
 * said to be compressed. "archive run FILE" maps the member and calls one of
 * its functions there, as Android runs libraries.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, LOCAL = 30, ENTRY = 46, END = 22 };

extern const char __executable_start[];
int a_leaf(int a);

/* Needs nothing around it, so that a copy of its page will do. */
__attribute__((noinline)) int
a_leaf(int a)
{
	__asm__ volatile("" : "+r"(a));
	return a + 1;
}

static void
put(uint8_t *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static void
put_entry(FILE *f, const char *name, unsigned method, size_t size)
{
	uint8_t e[ENTRY] = "PK\1\2";

	put(e + 10, method, 2);
	put(e + 20, size, 4);
	put(e + 24, size, 4);
	put(e + 28, strlen(name), 2);
	fwrite(e, 1, ENTRY, f);
	fputs(name, f);
}

/* The member's contents begin at PAGE: the extra field is as long. */
static int
write_archive(const char *path)
{
	static const char name[] = "lib/self.so";
	static uint8_t whole[16 * 1024 * 1024], head[PAGE] = "PK\3\4";
	uint8_t end[END] = "PK\5\6";
	FILE *in = fopen("/proc/self/exe", "r"), *f = fopen(path, "w");
	size_t n;
	long at;

	if (!in || !f)
		return 1;
	n = fread(whole, 1, sizeof(whole), in);
	put(head + 18, n, 4);
	put(head + 22, n, 4);
	put(head + 26, strlen(name), 2);
	put(head + 28, PAGE - LOCAL - strlen(name), 2);
	memcpy(head + LOCAL, name, strlen(name));
	fwrite(head, 1, PAGE, f);
	fwrite(whole, 1, n, f);
	at = ftell(f);
	put_entry(f, name, 0, n);
	put_entry(f, "lib/packed.so", 8, n);
	put(end + 8, 2, 2);
	put(end + 10, 2, 2);
	put(end + 12, (uint64_t)(ftell(f) - at), 4);
	put(end + 16, (uint64_t)at, 4);
	fwrite(end, 1, END, f);
	return fclose(f) != 0;
}

static int
run_archive(const char *path)
{
	uintptr_t offset = (uintptr_t)a_leaf - (uintptr_t)__executable_start;
	int fd = open(path, O_RDONLY);
	int (*leaf)(int);
	char *page;

	page = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd,
		    (off_t)(PAGE + offset / PAGE * PAGE));
	if (page == MAP_FAILED)
		return 1;
	page += offset % PAGE;
	memcpy(&leaf, &page, sizeof(leaf));
	return leaf(41) != 42;
}

int
main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	return !strcmp(argv[1], "write") ? write_archive(argv[2])
					 : run_archive(argv[2]);
}
