/* SPDX-License-Identifier: MIT */
/*
 * Usage: NAME [--seconds N | --count N] [--seed N] [--keep DIR] [FILE ...]
 * Owns the mutations of `make fuzz TARGET=NAME`: inputs are made from the
 * target's corpus, cut, spliced and changed, and handed to its fuzz_one(), many
 * in one process. One that ends the process is kept, cut down, in DIR; FILEs
 * are tried as they are. Exit status 1 when something was found. With clang
 * and -DLIBFUZZER the same target is libFuzzer's.
 */
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "target.h"

#ifdef LIBFUZZER
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	fuzz_one(data, n);
	return 0;
}
#else

enum {
	BATCH = 500,     /* inputs a process */
	LIMIT_S = 20,    /* for one input */
	ROOM = 64 << 10, /* the largest input */
	MOST_FOUND = 20,
};

struct input {
	unsigned char *p;
	size_t n;
};

struct mutator {
	uint64_t rng;
	struct input *corpus;
	size_t ncorpus;
	struct input now; /* ROOM bytes */
	bool binary;      /* it is no text */
};

struct shared {      /* with the process that tries */
	uint64_t at; /* inputs begun */
};

static unsigned
rnd(struct mutator *m, size_t n)
{
	uint64_t z = m->rng += 0x9e3779b97f4a7c15; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return n ? (unsigned)((z ^ z >> 31) % n) : 0;
}

/* ---- the corpus ---- */

static bool
read_file(const char *path, struct input *out)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return false;
	out->p = malloc(ROOM);
	out->n = out->p ? fread(out->p, 1, ROOM, f) : 0;
	fclose(f);
	return true;
}

static void
read_corpus(struct mutator *m)
{
	glob_t g = { 0 };
	int flags = 0;

	for (size_t i = 0; fuzz_corpus[i]; i++, flags = GLOB_APPEND)
		glob(fuzz_corpus[i], flags, NULL, &g);
	m->corpus = calloc(g.gl_pathc + 1, sizeof(*m->corpus));
	for (size_t i = 0; m->corpus && i < g.gl_pathc; i++)
		m->ncorpus += read_file(g.gl_pathv[i], &m->corpus[m->ncorpus]);
	globfree(&g);
	if (!m->ncorpus) {
		fputs("no corpus: start in the top folder\n", stderr);
		exit(2);
	}
}

/* ---- mutations ---- */

static void
cut(struct input *in, size_t at, size_t n)
{
	memmove(in->p + at, in->p + at + n, in->n - at - n);
	in->n -= n;
}

/* `n` bytes of `from`, which is another input, at `at`. */
static void
paste(struct input *in, size_t at, const unsigned char *from, size_t n)
{
	if (in->n + n > ROOM)
		n = ROOM - in->n;
	memmove(in->p + at + n, in->p + at, in->n - at);
	memcpy(in->p + at, from, n);
	in->n += n;
}

/* From one separator to the next: a word, a line. */
static size_t
token(const struct input *in, size_t at)
{
	size_t n = 0;

	while (at + n < in->n && n < 200 &&
	       !strchr(" \t\n;,(){}[]", in->p[at + n]))
		n++;
	return n ? n : at < in->n;
}

static void
splice(struct mutator *m, bool words)
{
	const struct input *o = &m->corpus[rnd(m, m->ncorpus)];
	size_t from = rnd(m, o->n), n = words ? token(o, from) : rnd(m, 120);

	if (from + n > o->n)
		n = o->n - from;
	paste(&m->now, rnd(m, m->now.n + 1), o->p + from, n);
}

static void
replace(struct mutator *m)
{
	static const char *const odd[] = {
		"0",
		"-1",
		"18446744073709551615",
		"9223372036854775808",
		"\"",
		"(",
		")",
		"{",
		"}",
		"[",
		"]",
		"//",
		"/*",
		"$x",
		"@x",
		"@",
		"$1",
		"->",
		".",
		"*",
		"&",
		"?",
		":",
		"..",
		"=",
		"++",
		"\\",
		"\n#",
		"%s",
		",",
		";",
		"let",
		"for",
		"if",
		"struct s",
		"(uint8)",
		"macro",
		"import",
		"comptime",
		"unroll",
		"sizeof",
		"_",
		"\xff",
		"\x80",
	};
	size_t at = rnd(m, m->now.n), n = token(&m->now, at);
	const char *with = odd[rnd(m, ARRAY_LEN(odd))];

	if (!m->now.n)
		return;
	cut(&m->now, at, n);
	paste(&m->now, at, (const unsigned char *)with, strlen(with));
}

/* A number of 1 to 8 bytes in place: what files of programs are made of. */
static void
overwrite(struct mutator *m)
{
	static const uint64_t odd[] = {
		0,      1,          2,          3,    8,         24,
		64,     0x7f,       0x80,       0xff, 0x100,     0x7fff,
		0xffff, 0x7fffffff, 0x80000000, ~0u,  INT64_MAX, UINT64_MAX,
	};
	struct input *in = &m->now;
	size_t width = (size_t)1 << rnd(m, 4), at = rnd(m, in->n);
	uint64_t v = odd[rnd(m, ARRAY_LEN(odd))];

	at -= at % width;
	if (at + width > in->n)
		return;
	if (rnd(m, 3) == 0)
		v = rnd(m, in->n);
	else if (rnd(m, 4) == 0)
		memcpy(&v, in->p + rnd(m, in->n - width), width);
	memcpy(in->p + at, &v, width);
}

/* Other changes move what follows: a file's tables would be lost. */
static bool
keeps_layout(struct mutator *m)
{
	return m->binary && rnd(m, 8);
}

static void
mutate_once(struct mutator *m)
{
	struct input *in = &m->now;
	size_t at = rnd(m, in->n), n;

	if (in->n > 8 && keeps_layout(m)) {
		overwrite(m);
		return;
	}
	switch (in->n ? rnd(m, 8) : 0) {
	case 0:
	case 1:
		splice(m, rnd(m, 2));
		return;
	case 2:
		in->p[at] ^= (unsigned char)(1u << rnd(m, 8));
		return;
	case 3:
		in->p[at] = (unsigned char)rnd(m, 256);
		return;
	case 4: /* a word twice */
		n = token(in, at);
		{
			unsigned char copy[256];

			memcpy(copy, in->p + at, n);
			paste(in, at, copy, n);
		}
		return;
	case 5:
		cut(in, at, token(in, at));
		return;
	case 6:
		n = rnd(m, 60);
		cut(in, at, at + n > in->n ? in->n - at : n);
		return;
	}
	replace(m);
}

/* The input of a number: always the same. */
static void
make_input(struct mutator *m, uint64_t seed)
{
	const struct input *from;
	unsigned n;

	m->rng = seed * 0x2545f4914f6cdd1d;
	from = &m->corpus[rnd(m, m->ncorpus)];
	memcpy(m->now.p, from->p, from->n);
	m->now.n = from->n;
	m->binary = from->n && memchr(from->p, 0, from->n);
	n = rnd(m, 3) ? 1 + rnd(m, 2) : 1 + rnd(m, 8);
	while (n-- > 0)
		mutate_once(m);
}

/* ---- trying ---- */

/* In a process of its own; its wait status. */
static int
try_bytes(const unsigned char *p, size_t n, bool quiet)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		if (quiet && !freopen("/dev/null", "w", stderr))
			_exit(0);
		alarm(LIMIT_S);
		fuzz_one(p, n);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

/* Leave out what is not needed for it to fail. */
static void
make_small(struct input *in)
{
	unsigned char *copy = malloc(ROOM);
	time_t end = time(NULL) + 60;

	for (size_t n = in->n / 2; copy && n > 0; n /= 2)
		for (size_t at = 0; at + n <= in->n && time(NULL) < end;) {
			struct input next = { copy, in->n };

			memcpy(copy, in->p, in->n);
			cut(&next, at, n);
			if (try_bytes(next.p, next.n, true)) {
				memcpy(in->p, copy, next.n);
				in->n = next.n;
			} else {
				at += n;
			}
		}
	free(copy);
}

static void
found(struct mutator *m, uint64_t seed, const char *keep)
{
	char path[256];
	FILE *f;

	make_input(m, seed);
	if (!try_bytes(m->now.p, m->now.n, true)) {
		printf("input %llu failed after others only\n",
		       (unsigned long long)seed);
		return;
	}
	make_small(&m->now);
	snprintf(path, sizeof(path), "%s/%llu", keep, (unsigned long long)seed);
	f = fopen(path, "we");
	if (f) {
		fwrite(m->now.p, 1, m->now.n, f);
		fclose(f);
	}
	printf("---- input %llu, %zu bytes: %s\n%.*s\n",
	       (unsigned long long)seed, m->now.n, path, (int)m->now.n,
	       (const char *)m->now.p);
	fflush(stdout);
	try_bytes(m->now.p, m->now.n, false);
}

/* Inputs from `seed` on, up to a batch; how many were done. */
static uint64_t
batch(struct mutator *m, struct shared *s, uint64_t seed, uint64_t most,
      bool *failed)
{
	int status = 0;
	pid_t pid;

	s->at = 0;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(0);
		while (s->at < most) {
			make_input(m, seed + s->at++);
			alarm(LIMIT_S);
			fuzz_one(m->now.p, m->now.n);
		}
		_exit(0);
	}
	waitpid(pid, &status, 0);
	*failed = status != 0;
	return s->at;
}

static bool
run(struct mutator *m, uint64_t seed, uint64_t count, time_t seconds,
    const char *keep)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	time_t start = time(NULL);
	uint64_t done = 0;
	unsigned nfound = 0;

	while (nfound < MOST_FOUND &&
	       (seconds ? time(NULL) - start < seconds : done < count)) {
		uint64_t most = BATCH;
		bool failed;

		if (!seconds && count - done < most)
			most = count - done;
		done += batch(m, s, seed + done, most, &failed);
		if (failed) {
			nfound++;
			found(m, seed + done - 1, keep);
		}
	}
	printf("%llu inputs, %u found\n", (unsigned long long)done, nfound);
	return nfound;
}

static bool
run_corpus(struct mutator *m, uint64_t seed, uint64_t count, time_t seconds,
	   const char *keep)
{
	bool bad;

	read_corpus(m);
	bad = run(m, seed, count, seconds, keep);
	for (size_t i = 0; i < m->ncorpus; i++)
		free(m->corpus[i].p);
	free(m->corpus);
	return bad;
}

int
main(int argc, char **argv)
{
	struct mutator m = { .now.p = malloc(ROOM) };
	uint64_t seed = 1, count = 1000;
	const char *keep = "/tmp";
	time_t seconds = 0;
	bool bad = false, files = false;

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "0";

		if (!strcmp(argv[i], "--seconds"))
			seconds = strtol(value, NULL, 10), i++;
		else if (!strcmp(argv[i], "--count"))
			count = strtoull(value, NULL, 10), i++;
		else if (!strcmp(argv[i], "--seed"))
			seed = strtoull(value, NULL, 10), i++;
		else if (!strcmp(argv[i], "--keep"))
			keep = value, i++;
		else if (files = true, read_file(argv[i], &m.now))
			bad |= try_bytes(m.now.p, m.now.n, false) != 0;
	}
	if (!files)
		bad = run_corpus(&m, seed, count, seconds, keep);
	free(m.now.p);
	return bad;
}
#endif
