/* SPDX-License-Identifier: MIT */
/*
 * Layouts of C structs: what our parser says about a definition is compared
 * with what the compiler of this test made of the same text.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../../sema/cdef/cdef.h"

/* The text, once for the compiler and once for us. */
#define BOTH(name, ...)                                                        \
	__VA_ARGS__;                                                           \
	static const char name[] = #__VA_ARGS__

/* clang-format off */
BOTH(plain,
	struct p1 { char a; short b; char c; int d; char e; long f; char g; };
	struct p2 { char a[3]; int b; short c[5]; void *d; char e; };
	struct p3 { struct p1 a; char b; struct p2 c[2]; };
	struct p4 { _Bool a; double b; float c; long double d; char e; };
	struct p5 { __int128 a; char b; };
	struct p6 { int a; char flex[]; };
	struct p7 { char a; union { long b; char c[9]; short d; } e; char f; };
	struct p8 { char a; struct { short b; struct { int c; char d; }; };
		    union { char e; long f; }; };
	union p9 { char a[5]; short b; struct { char c; int d; } e; }
);

BOTH(attributes,
	struct before_a6 { int a; };
	struct __attribute__((packed)) a1 { char a; int b; short c; long d; };
	struct a2 { char a; int b __attribute__((packed)); short c; long d; };
	struct a3 { char a; int b; } __attribute__((aligned(32)));
	struct a4 { char a; char b __attribute__((aligned(16))); char c; };
	struct a5 { char a; _Alignas(8) char b; short c; };
	struct a6 { char a; struct before_a6 b; char c; } __attribute__((packed));
	struct a7 { char a; int b __attribute__((aligned(2))); char c; }
		__attribute__((packed, aligned(4)));
	typedef int tight __attribute__((aligned(1)));
	typedef int wide __attribute__((aligned(16)));
	struct a8 { char a; tight b; char c; wide d; char e; };
	struct a9 { char a; wide b; char c; } __attribute__((packed));
	typedef int mode_di __attribute__((mode(DI)));
	typedef int v4 __attribute__((vector_size(16)));
	struct a10 { char a; mode_di b; char c; v4 d; };
	struct a11 { char a; __extension__ union { int b; char c; }
		__attribute__((packed)) d; int e; };
	struct a12 { short a; struct { int b; } __attribute__((packed)) c;
		     long d; } __attribute__((packed, aligned(2)))
);

BOTH(bits,
	struct b1 { unsigned a : 3, b : 5, c : 10; unsigned d : 20; char e; };
	struct b2 { char a; unsigned b : 9; unsigned long c : 33; char d : 3; };
	struct b3 { int a : 4; int : 0; int b : 4; char : 0; char c; };
	struct b4 { unsigned a : 30, b : 30, c : 4; } __attribute__((packed));
	struct b5 { char a; unsigned long b : 60; int c : 7; }
		__attribute__((packed));
	struct b6 { _Bool a : 1, b : 1; unsigned char c : 6; short d : 9; };
	struct b7 { unsigned short a : 12; unsigned b : 12; char c : 4; };
	struct b8 { int a; unsigned b : 1; struct { unsigned c : 7; }; };
	struct b9 { long a : 40; int b : 20; short c : 5; long d : 10; };
	union b10 { unsigned a : 5; unsigned long b : 35; char c; };
	struct b11 { char a; int : 7; char b; int : 20; char c; };
	struct b12 { unsigned a : 4 __attribute__((packed));
		     unsigned b : 30 __attribute__((packed)); char c; };
	struct b13 { char a; unsigned b : 8 __attribute__((aligned(8)));
		     char c; };
	struct b14 { unsigned long a : 1; unsigned char b : 7, c : 2; int d; };
	enum small { SMALL_A, SMALL_B };
	struct b15 { enum small a : 2; enum small b : 8; enum small c; }
);

#pragma pack(push, 2)
BOTH(pragmas,
	struct k1 { char a; int b; long c; char d; };
	struct k2 { char a; unsigned b : 20; long c : 40; char d; }
);
#pragma pack(pop)

BOTH(constants,
	enum { N = 4, M = N * 2 + 1, BIG = 1 << 5 };
	struct c1 { char a[N]; short b[M][N]; char c[sizeof(long) * 2 + 1]; };
	struct c2 { char a[sizeof(struct c1)]; long b; };
	struct c3 { char a[__builtin_offsetof(struct c1, b[2][1])]; int b; };
	struct c4 { char a[N > 3 ? BIG : 1]; char b[(unsigned char)257 + 2]; };
	struct c5 { char a[sizeof(((struct c1 *)0)->b)]; int b; };
	struct c6 { char a[~0u / 0x10000000]; char b[-1 < 0u ? 1 : 2]; };
	struct c7 { char a[(31 + 64 - 1) / 64]; char b['a' - 'A'];
		    char c[sizeof("four")]; char d[1 ? 2 : 3]; };
	typedef __typeof__(((struct c2 *)0)->b) long_t;
	struct c8 { char a; long_t b; __typeof__(int *) c; char d[1 << 3 >> 1];
		    char e[!0 + !!7]; char f[sizeof(int[3][2])]; };
	enum __attribute__((packed)) tiny { T1, T2 = 200 };
	enum huge { H1 = 1ul << 40, H2 = -1 };
	enum high { G1 = 0xffffffffu };
	struct c9 { enum tiny a; enum huge b; enum high c; char d; };
	struct c10 { int (*a)(int, struct c9); int (*(*b)(void))[3];
		     void (**c[2])(void); int *d[3]; int (*e)[5]; char f; };
	struct c11 { char a[__builtin_types_compatible_p(int, int) ? 3 : 4];
		     char b[_Alignof(struct c9)]; int c; }
);
/* clang-format on */

struct fixture {
	struct arena a;
	struct types t;
	struct cdefs *c;
};

static void
set_up(struct fixture *f, const char *before, const char *text)
{
	struct cdef_input in = { .arena = &f->a, .types = &f->t };
	const char *sections[] = { before, text };
	uint32_t n;

	memset(f, 0, sizeof(*f));
	types_init(&f->t, &f->a);
	in.sections = sections;
	in.nsections = 2;
#ifdef __aarch64__
	in.arch = CDEF_ARM64;
#endif
	f->c = cdef_parse(&in);
	cdef_messages(f->c, &n);
	cr_assert_eq(n, 0, "%s", n ? cdef_messages(f->c, &n)->text : "");
}

static const struct type *
type_of(struct fixture *f, const char *name)
{
	const struct type *t = cdef_type(f->c, name);

	cr_assert(t, "%s", name);
	cdef_complete(f->c, t);
	return t;
}

static const struct field *
field_of(struct fixture *f, const char *type, const char *name)
{
	const struct field *field = type_field(type_of(f, type), name);

	cr_assert(field, "%s.%s", type, name);
	return field;
}

/* Whether the bits that are set in `bytes` are those of the field. */
static bool
same_bits(const struct field *field, const unsigned char *bytes, size_t size)
{
	size_t first = field->offset * 8 + field->bit_offset, i;

	for (i = 0; i < size * 8; i++) {
		bool set = bytes[i / 8] >> i % 8 & 1;

		if (set != (i >= first && i < first + field->bit_size))
			return false;
	}
	return true;
}

#define SIZE(type)                                                             \
	do {                                                                   \
		cr_expect_eq(type_of(&f, #type)->size, sizeof(type), #type);   \
		cr_expect_eq(type_of(&f, #type)->align, _Alignof(type),        \
			     #type);                                           \
	} while (0)
#define AT(type, name)                                                         \
	cr_expect_eq(field_of(&f, #type, #name)->offset, offsetof(type, name), \
		     #type "." #name)
#define BITS(type, name)                                                       \
	do {                                                                   \
		type x;                                                        \
                                                                               \
		memset(&x, 0, sizeof(x));                                      \
		x.name--;                                                      \
		cr_expect(same_bits(field_of(&f, #type, #name),                \
				    (unsigned char *)&x, sizeof(x)),           \
			  #type "." #name);                                    \
	} while (0)

Test(cdef_layout, natural)
{
	struct fixture f;

	set_up(&f, "#define X", plain);
	SIZE(struct p1);
	AT(struct p1, b);
	AT(struct p1, d);
	AT(struct p1, f);
	AT(struct p1, g);
	SIZE(struct p2);
	AT(struct p2, b);
	AT(struct p2, c);
	AT(struct p2, d);
	SIZE(struct p3);
	AT(struct p3, c);
	SIZE(struct p4);
	AT(struct p4, d);
	SIZE(struct p5);
	SIZE(struct p6);
	AT(struct p6, flex);
	SIZE(struct p7);
	AT(struct p7, e);
	AT(struct p7, f);
	SIZE(struct p8);
	AT(struct p8, b);
	AT(struct p8, c);
	AT(struct p8, d);
	AT(struct p8, f);
	SIZE(union p9);
	arena_free(&f.a);
}

Test(cdef_layout, packed_and_aligned)
{
	struct fixture f;

	set_up(&f, "#define X", attributes);
	SIZE(struct a1);
	AT(struct a1, d);
	SIZE(struct a2);
	AT(struct a2, b);
	AT(struct a2, c);
	SIZE(struct a3);
	SIZE(struct a4);
	AT(struct a4, b);
	AT(struct a4, c);
	SIZE(struct a5);
	AT(struct a5, b);
	SIZE(struct a6);
	AT(struct a6, b);
	SIZE(struct a7);
	AT(struct a7, b);
	SIZE(struct a8);
	AT(struct a8, b);
	AT(struct a8, d);
	SIZE(struct a9);
	AT(struct a9, c);
	SIZE(struct a10);
	AT(struct a10, b);
	AT(struct a10, d);
	SIZE(struct a11);
	AT(struct a11, d);
	AT(struct a11, e);
	SIZE(struct a12);
	AT(struct a12, c);
	AT(struct a12, d);
	arena_free(&f.a);
}

Test(cdef_layout, bit_fields)
{
	struct fixture f;

	set_up(&f, "#define X", bits);
	SIZE(struct b1);
	BITS(struct b1, a);
	BITS(struct b1, b);
	BITS(struct b1, c);
	BITS(struct b1, d);
	AT(struct b1, e);
	SIZE(struct b2);
	BITS(struct b2, b);
	BITS(struct b2, c);
	BITS(struct b2, d);
	SIZE(struct b3);
	BITS(struct b3, b);
	AT(struct b3, c);
	SIZE(struct b4);
	BITS(struct b4, b);
	BITS(struct b4, c);
	SIZE(struct b5);
	BITS(struct b5, b);
	BITS(struct b5, c);
	SIZE(struct b6);
	BITS(struct b6, c);
	BITS(struct b6, d);
	SIZE(struct b7);
	BITS(struct b7, a);
	BITS(struct b7, b);
	BITS(struct b7, c);
	SIZE(struct b8);
	BITS(struct b8, b);
	BITS(struct b8, c);
	SIZE(struct b9);
	BITS(struct b9, a);
	BITS(struct b9, b);
	BITS(struct b9, c);
	BITS(struct b9, d);
	arena_free(&f.a);
}

Test(cdef_layout, odd_bit_fields)
{
	struct fixture f;

	set_up(&f, "#define X", bits);
	SIZE(union b10);
	BITS(union b10, b);
	SIZE(struct b11);
	AT(struct b11, b);
	AT(struct b11, c);
	SIZE(struct b12);
	BITS(struct b12, a);
	BITS(struct b12, b);
	AT(struct b12, c);
	SIZE(struct b13);
	BITS(struct b13, b);
	AT(struct b13, c);
	SIZE(struct b14);
	BITS(struct b14, b);
	BITS(struct b14, c);
	AT(struct b14, d);
	SIZE(struct b15);
	BITS(struct b15, b);
	AT(struct b15, c);
	arena_free(&f.a);
}

Test(cdef_layout, pragma_pack)
{
	struct fixture f;

	set_up(&f, "#pragma pack(push, 2)", pragmas);
	SIZE(struct k1);
	AT(struct k1, b);
	AT(struct k1, c);
	SIZE(struct k2);
	BITS(struct k2, b);
	BITS(struct k2, c);
	AT(struct k2, d);
	arena_free(&f.a);
}

Test(cdef_layout, sizes_that_are_computed)
{
	struct fixture f;

	set_up(&f, "#define X", constants);
	SIZE(struct c1);
	AT(struct c1, c);
	SIZE(struct c2);
	SIZE(struct c3);
	SIZE(struct c4);
	SIZE(struct c5);
	SIZE(struct c6);
	SIZE(struct c7);
	SIZE(struct c8);
	SIZE(struct c9);
	AT(struct c9, b);
	AT(struct c9, d);
	SIZE(struct c10);
	AT(struct c10, c);
	AT(struct c10, d);
	AT(struct c10, f);
	SIZE(struct c11);
	AT(struct c11, c);
	arena_free(&f.a);
}
