/* SPDX-License-Identifier: MIT */
/*
 * `count FIRST LAST`: how many lines of the standard input begin with FIRST
 * and end with LAST, told at the end; all others are printed. So cheap that
 * what it counts, and not it, takes the machine.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct pattern {
	const char *first, *last;
	size_t n_first, n_last;
};

static bool
matches(const struct pattern *p, const char *line, size_t n)
{
	return n >= p->n_first + p->n_last &&
	       !memcmp(line, p->first, p->n_first) &&
	       !memcmp(line + n - p->n_last, p->last, p->n_last);
}

/* The whole lines of a buffer; returns how many bytes they were. */
static size_t
take(const struct pattern *p, const char *buf, size_t n, unsigned long *count)
{
	const char *line = buf, *end;

	while ((end = memchr(line, '\n', buf + n - line))) {
		if (matches(p, line, end - line))
			++*count;
		else
			fwrite(line, 1, end + 1 - line, stdout);
		line = end + 1;
	}
	return line - buf;
}

int
main(int argc, char **argv)
{
	static char buf[1 << 18];
	struct pattern p;
	unsigned long count = 0;
	size_t have = 0, taken;
	ssize_t got;

	if (argc != 3)
		return 2;
	p = (struct pattern){ argv[1], argv[2], strlen(argv[1]),
			      strlen(argv[2]) };
	/* Room for what comes while others run: less waiting for us. */
	fcntl(0, F_SETPIPE_SZ, 1 << 20);
	while ((got = read(0, buf + have, sizeof(buf) - have)) > 0) {
		have += got;
		taken = take(&p, buf, have, &count);
		have -= taken;
		memmove(buf, buf + taken, have);
	}
	fwrite(buf, 1, have, stdout);
	printf("printed %lu\n", count);
	return got < 0;
}
