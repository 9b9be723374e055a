/* SPDX-License-Identifier: MIT */
/* Names of linkers: C++, Rust, and what only looks like them. */
#include "../../probes/probes.h"
#include "fixture.h"

static void
plain(const char *name, const char *want)
{
	const char *have = sym_demangle(&arena, name);

	if (!sym_built_in)
		return;
	cr_assert(have, "%s", name);
	cr_assert_str_eq(have, want);
}

static const char *
repeat(const char *head, const char *unit, size_t n, const char *tail)
{
	struct sbuf s = { 0 };
	const char *text;

	sbuf_puts(&s, head);
	while (n-- > 0)
		sbuf_puts(&s, unit);
	sbuf_puts(&s, tail);
	text = arena_strndup(&arena, s.s, s.n);
	sbuf_free(&s);
	return text;
}

Test(names, cpp)
{
	plain("_ZN2ns1fEi", "ns::f(int)");
	plain("_ZNK2ns1S3getEi", "ns::S::get(int) const");
	plain("_ZN2ns1SD1Ev", "ns::S::~S()");
	plain("_ZN2ns4pickIiEET_S1_RSt6vectorIS1_SaIS1_EE",
	      "int ns::pick<int>(int, std::vector<int, std::allocator<int> "
	      ">&)");
	plain("_ZN12_GLOBAL__N_11fEv", "(anonymous namespace)::f()");
}

Test(names, rust)
{
	plain("_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE",
	      "core::fmt::Formatter::write_str");
	plain("_RNvCs1234_7mycrate3foo", "mycrate::foo");
}

Test(names, none)
{
	static const char *const none[] = { "",        "_",          "_Z",
					    "main",    "_Zx",        "_ZN",
					    "_R",      "_Rx",        "_ZN5",
					    "_ZNfooE", "__cxa_throw" };

	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		cr_assert_not(sym_demangle(&arena, none[i]), "%s", none[i]);
}

/* Deep ones must not take the stack, long ones not the memory. */
Test(names, hostile)
{
	sym_demangle(&arena, repeat("_Z1f", "P", 4000, "i"));
	sym_demangle(&arena, repeat("_Z1f", "1aI", 1300, "i"));
	sym_demangle(&arena, repeat("_ZN", "1a", 1500, "E"));
	sym_demangle(&arena, repeat("_Z", "9", 4000, ""));
	sym_demangle(&arena, repeat("_RNvC", "I", 4000, ""));
	sym_demangle(&arena, repeat("_Z1fI", "S0_S0_", 600, "EvT_"));
	cr_assert_not(sym_demangle(&arena, repeat("_ZN", "1a", 9000, "E")));
}

Test(names, patterns)
{
	const char *over = "_ZN2ns1fEPKc";

	if (!sym_built_in)
		return;
	cr_assert(sym_matches_plain(&arena, "ns::f", over));
	cr_assert(sym_matches_plain(&arena, "ns::*", over));
	cr_assert(sym_matches_plain(&arena, "ns::f(char const*)", over));
	cr_assert(sym_matches_plain(&arena, "ns::f(*)", over));
	cr_assert_not(sym_matches_plain(&arena, "ns::f(int)", over));
	cr_assert_not(sym_matches_plain(&arena, "ns", over));
	cr_assert(sym_matches_plain(&arena, "main", "main"));
	/* The parameters are the last pair: this is operator(). */
	cr_assert(sym_matches_plain(&arena, "ns::S::operator()(int)",
				    "_ZN2ns1SclEi"));
}
