#define CAT(a, b) a ## b
#define STR(x) #x
#define V(...) f(__VA_ARGS__)
#define SELF SELF + 1
#if defined(CAT) && (1 << 3) > 7u && 'a' == 97
struct CAT(x, y) { int a : 3, b : 5; unsigned long c[4][2]; union { char d; short e; }; };
#elif 0
#error no
#else
#include "nosuch.h"
#endif
#undef V
#line 7 "other"
#ifdef __x86_64__
# define N 0x10UL
#endif
enum e { A, B = N, C = sizeof(struct xy) };
typedef int (*fn)(const char *, ...);
typedef struct { fn f; enum e e; } __attribute__((packed, aligned(4))) t;
_Static_assert(1, "x");
static inline int g(int a) { return a; }
extern const volatile void *p[N];
