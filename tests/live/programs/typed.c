/* SPDX-License-Identifier: MIT */
/*
 * Functions whose parameters are of every kind of C type, called once each
 * with known values; and markers of a function's lines: tests find those by
 * their text. Compiled with -g -O1.
 */
#include <stdbool.h>
#include <stdlib.h>

#define KEEP __attribute__((noinline, noclone))
#define BARRIER() __asm__ volatile("" ::: "memory")

enum color { RED, GREEN = 5, BLUE };

struct inner {
	int a;
	unsigned char tag[8];
};

typedef struct inner inner_t;
typedef const char *text_t;

union number {
	int i;
	float f;
	char c[4];
};

struct outer {
	char c;
	short s;
	int i;
	long l;
	unsigned long long ull;
	float fl;
	double db;
	_Bool b;
	char name[16];
	int arr[3];
	int grid[2][3];
	struct inner in;
	inner_t *pin;
	enum color col;
	unsigned int bf1 : 3;
	int bf2 : 5;
	unsigned int bf3 : 24;
	union number un;
	struct {
		int x, y;
	};
	union {
		int anon_i;
		char anon_c;
	};
	struct {
		int q;
	} named;
	struct outer *next;
};

struct pair {
	long first, second;
};

struct mixed {
	double d;
	long l;
};

struct large {
	long v[4];
};

int t_none(void);
int t_ints(char a, short b, int c, long d, unsigned char e, unsigned long f);
int t_record(struct outer *o, inner_t *i, enum color c, text_t s, bool b);
int t_value(struct inner i, int after);
int t_pair(struct pair p, int after);
int t_mixed(struct mixed m, int after);
int t_double(double d, int after);
int t_stack(int a, int b, int c, int d, int e, int f, int g);
struct large t_result(int first);
int t_callback(int (*cb)(const void *, struct outer *), void *p, char **argv);

KEEP int
t_none(void)
{
	BARRIER();
	return 1;
}

KEEP int
t_ints(char a, short b, int c, long d, unsigned char e, unsigned long f)
{
	BARRIER();
	return a + b + c + (int)d + e + (int)f;
}

KEEP int
t_record(struct outer *o, inner_t *i, enum color c, text_t s, bool b)
{
	BARRIER();
	return o->i + i->a + (int)c + *s + b;
}

KEEP int
t_value(struct inner i, int after)
{
	BARRIER();
	return i.a + after;
}

KEEP int
t_pair(struct pair p, int after)
{
	BARRIER();
	return (int)(p.first + p.second) + after;
}

KEEP int
t_mixed(struct mixed m, int after)
{
	BARRIER();
	return (int)m.d + (int)m.l + after;
}

KEEP int
t_double(double d, int after)
{
	BARRIER();
	return (int)d + after;
}

KEEP int
t_stack(int a, int b, int c, int d, int e, int f, int g)
{
	BARRIER();
	return a + b + c + d + e + f + g;
}

KEEP struct large
t_result(int first)
{
	struct large l = { { first, 2, 3, 4 } };

	BARRIER();
	return l;
}

KEEP int
t_callback(int (*cb)(const void *, struct outer *), void *p, char **argv)
{
	BARRIER();
	return cb ? cb(p, p) : argv != NULL;
}

static KEEP int
t_static(int only)
{
	int twice = only * 2; /* line:first */

	BARRIER();
	twice += only; /* line:second */
	return twice;
}

int
main(int argc, char **argv)
{
	struct inner i = { 9, "in" };
	struct outer o = {
		.c = 'x',
		.s = -2,
		.i = -3,
		.l = -4,
		.ull = 5,
		.b = 1,
		.name = "hello",
		.arr = { 1, 2, 3 },
		.grid = { { 1, 2, 3 }, { 4, 5, 6 } },
		.in = { 7, "tagtag" },
		.pin = &i,
		.col = GREEN,
		.bf1 = 5,
		.bf2 = -3,
		.bf3 = 70000,
		.un = { .i = 65 },
		.x = 11,
		.y = 12,
		.anon_i = 13,
		.named = { 14 },
		.next = &o,
	};
	int sum = argc;

	sum += t_none();
	sum += t_ints('a', -2, -3, -4, 200, 6);
	sum += t_record(&o, &i, BLUE, "text", true);
	sum += t_value(i, 3);
	sum += t_pair((struct pair){ -21, 22 }, 23);
	sum += t_mixed((struct mixed){ 1.5, 32 }, 33);
	sum += t_double(1.5, 2);
	sum += t_stack(1, 2, 3, 4, 5, 6, 7);
	sum += (int)t_result(41).v[3];
	sum += t_callback(NULL, &o, argv);
	sum += t_static(4);
	return sum == 123456789;
}
