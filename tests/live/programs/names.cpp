/* SPDX-License-Identifier: MIT */
/* C++ names: overloads, methods, operators, templates, and one of C. */
#include <string>
#include <vector>

#define KEEP __attribute__((noinline, noclone))
#define BARRIER() __asm__ volatile("" ::: "memory")

namespace ns
{
struct base {
	int b;
};

class counter : public base
{
      public:
	int value;
	int get(int more) const;
	virtual ~counter()
	{
	}
};

KEEP int
counter::get(int more) const
{
	BARRIER();
	return value + more;
}

KEEP int
f(int a)
{
	BARRIER();
	return a;
}

KEEP int
f(const char *a, std::string &s)
{
	BARRIER();
	return a[0] + (int)s.size();
}

template <class T>
KEEP T
pick(T a, std::vector<T> &)
{
	BARRIER();
	return a;
}

KEEP int
operator+(const counter &c, int more)
{
	BARRIER();
	return c.value + more;
}
}

extern "C" KEEP int
plain(ns::counter &c, ns::base *b)
{
	BARRIER();
	return c.value + b->b;
}

int
main()
{
	ns::counter c;
	std::string text("text");
	std::vector<int> none;
	int sum;

	c.b = 5;
	c.value = 6;
	sum = ns::f(1) + ns::f("a", text) + ns::pick<int>(3, none) + c.get(2) +
	      (c + 4) + plain(c, &c);
	return sum == 123456789;
}
