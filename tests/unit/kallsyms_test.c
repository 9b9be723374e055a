/* SPDX-License-Identifier: MIT */
/* Symbols and functions of the kernel. */
#include "fixture.h"

static struct kernel
kernel_of(const char *dir, const char *kallsyms, const char *functions)
{
	struct kernel_paths paths = { 0 };
	struct kernel k;

	if (kallsyms)
		paths.kallsyms =
			write_file(dir, "kallsyms", kallsyms, strlen(kallsyms));
	if (functions)
		paths.functions = write_file(dir, "functions", functions,
					     strlen(functions));
	kernel_init(&k, &arena, &paths);
	return k;
}

static void
append(void *arg, const char *module, const char *name)
{
	sbuf_printf(arg, "%s:%s ", module, name);
}

Test(kallsyms, symbols_have_addresses)
{
	struct kernel k = fixture_kernel();
	uint64_t addr;
	bool hidden;

	cr_assert(kernel_symbol(&k, "vfs_read", &addr, &hidden));
	cr_assert_eq(addr, 0xffffffff81300400);
	cr_assert(kernel_symbol(&k, "nf_hook", &addr, &hidden));
	cr_assert_eq(addr, 0xffffffffc0000000);
	cr_assert_not(kernel_symbol(&k, "vfs_rea", &addr, &hidden));
	cr_assert_not(hidden);
	/* Asked again: from the cache, the same. */
	cr_assert(kernel_symbol(&k, "vfs_read", &addr, &hidden));
	cr_assert_eq(addr, 0xffffffff81300400);
}

Test(kallsyms, zeros_are_hidden)
{
	const char *dir = temp_dir();
	struct kernel k = kernel_of(dir,
				    "0000000000000000 T vfs_read\n"
				    "0000000000000000 t x\t[mod]\n",
				    NULL);
	uint64_t addr;
	bool hidden;

	cr_assert_not(kernel_symbol(&k, "vfs_read", &addr, &hidden));
	cr_assert(hidden);
	cr_assert_not(kernel_symbol(&k, "nosuch", &addr, &hidden));
	cr_assert_not(hidden);
	remove_dir(dir);
}

Test(kallsyms, broken_lines_are_skipped)
{
	const char *dir = temp_dir();
	struct kernel k = kernel_of(dir,
				    "\n \nzz T a\n12 T\n12 T \n12\n12 TT b\n"
				    "11112222333344445 T c\n"
				    "10 T d\t[unclosed\n20 T e [mod",
				    NULL);
	struct sbuf b = { 0 };

	cr_assert_eq(kernel_functions(&k, NULL, "*", append, &b), 2);
	cr_assert_str_eq(b.s, "vmlinux:d vmlinux:e ");
	sbuf_free(&b);
	remove_dir(dir);
}

/* Longer than the reader's buffer, and no newline anywhere. */
Test(kallsyms, endless_lines_do_no_harm)
{
	const char *dir = temp_dir();
	size_t n = 700 * 1000;
	char *text = arena_alloc(&arena, n + 1);
	struct kernel k;
	uint64_t addr;
	bool hidden;

	memset(text, 'a', n);
	k = kernel_of(dir, text, NULL);
	cr_assert_not(kernel_symbol(&k, "a", &addr, &hidden));
	remove_dir(dir);
}

/* Lines across the borders of the reader's buffer stay whole. */
Test(kallsyms, long_files_are_read_whole)
{
	const char *dir = temp_dir();
	struct sbuf b = { 0 };
	struct kernel k;
	uint64_t addr;
	bool hidden;

	for (int i = 0; i < 40000; i++)
		sbuf_printf(&b, "%016x T function_%d\n", i + 16, i);
	k = kernel_of(dir, b.s, NULL);
	for (int i = 0; i < 40000; i += 1111) {
		const char *name = arena_printf(&arena, "function_%d", i);

		cr_assert(kernel_symbol(&k, name, &addr, &hidden), "%s", name);
		cr_assert_eq(addr, (uint64_t)i + 16);
	}
	sbuf_free(&b);
	remove_dir(dir);
}

Test(kallsyms, functions_by_pattern)
{
	struct kernel k = fixture_kernel();
	struct sbuf b = { 0 };

	cr_assert_eq(kernel_functions(&k, NULL, "vfs_r*", append, &b), 2);
	cr_assert_str_eq(b.s, "vmlinux:vfs_read vmlinux:vfs_readv ");
	b.n = 0;
	cr_assert_eq(kernel_functions(&k, "nf_*", "*", append, &b), 1);
	cr_assert_str_eq(b.s, "nf_tables:nf_hook ");
	cr_assert_eq(kernel_functions(&k, "vmlinux", "nf_hook", append, &b), 0);
	cr_assert_eq(kernel_functions(&k, NULL, "linux_banner", append, &b), 0);
	cr_assert(kernel_has_function(&k, NULL, "vfs_read"));
	cr_assert(kernel_has_function(&k, "nf_tables", "nf_hook"));
	cr_assert_not(kernel_has_function(&k, NULL, "vfs_rea"));
	cr_assert_not(kernel_has_function(&k, NULL, "rcu_read_lock"));
	sbuf_free(&b);
}

Test(kallsyms, excluded_and_made_functions)
{
	const char *dir = temp_dir();
	struct kernel k = kernel_of(dir,
				    "10 T b\n20 T rcu_x\n30 t a.part.0\n"
				    "40 t __pfx_b\n50 T default_idle\n60 T b\n"
				    "70 T _sinittext\n80 t init\n"
				    "90 T _einittext\na0 W a\nb0 D data\n",
				    NULL);
	struct sbuf b = { 0 };

	cr_assert_eq(kernel_functions(&k, NULL, "*", append, &b), 3);
	cr_assert_str_eq(b.s, "vmlinux:_einittext vmlinux:a vmlinux:b ");
	cr_assert_eq(kernel_functions(&k, NULL, "a.part.0", append, &b), 1);
	cr_assert_eq(kernel_functions(&k, NULL, "rcu_x", append, &b), 0);
	sbuf_free(&b);
	remove_dir(dir);
}

Test(kallsyms, the_filter_file_goes_first)
{
	const char *dir = temp_dir();
	struct kernel k = kernel_of(dir, "10 T only_here\n",
				    "traceable\nother [mod]\nodd [open\n\n");
	struct sbuf b = { 0 };

	cr_assert_eq(kernel_functions(&k, NULL, "*", append, &b), 3);
	cr_assert_str_eq(b.s, "vmlinux:odd mod:other vmlinux:traceable ");
	sbuf_free(&b);
	remove_dir(dir);
}

Test(kallsyms, nothing_to_read)
{
	struct kernel_paths paths = { .kallsyms = "/nonexistent" };
	struct kernel k;
	uint64_t addr;
	bool hidden;

	kernel_init(&k, &arena, &paths);
	cr_assert_lt(kernel_functions(&k, NULL, "*", append, NULL), 0);
	cr_assert_not(kernel_symbol(&k, "a", &addr, &hidden));
}
