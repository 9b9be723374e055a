/* SPDX-License-Identifier: MIT */
/* Copies of the kernel's lists: when they are taken, and when not. */
#include "fixture.h"

struct home {
	const char *dir;
	struct kernel_paths paths;
};

static const char *
put(const struct home *p, const char *name, const char *text)
{
	return write_file(p->dir, name, text, strlen(text));
}

static struct home
new_home(void)
{
	struct home p = { .dir = temp_dir() };

	put(&p, "sys/ext4/refcnt", "1");
	put(&p, "other/refcnt", "1");
	p.paths = (struct kernel_paths){
		.functions = put(&p, "functions", "vfs_read\nvfs_old [ext4]\n"),
		.keep = { .folder = arena_printf(&arena, "%s/kept", p.dir),
			  .boot = put(&p, "boot", "0b5a-1\n"),
			  .modules = put(&p, "modules",
					 "ext4 8192 1 - Live 0xffff\n"),
			  .module_dir = arena_printf(&arena, "%s/sys", p.dir) },
	};
	return p;
}

static void
append(void *arg, const char *module, const char *name)
{
	sbuf_printf(arg, "%s:%s ", module, name);
}

/* What a new run finds. */
static void
expect(const struct home *p, const char *functions)
{
	struct sbuf b = { 0 };
	struct kernel k;

	kernel_init(&k, &arena, &p->paths);
	cr_assert(kernel_functions(&k, NULL, "vfs_*", append, &b) > 0);
	cr_assert_str_eq(b.s, functions);
	sbuf_free(&b);
}

#define OLD "ext4:vfs_old vmlinux:vfs_read "
#define NEW "vmlinux:vfs_new "

static void
change(const struct home *p)
{
	put(p, "functions", "vfs_new\n");
}

Test(keep, while_the_kernel_is_the_same)
{
	struct home p = new_home();

	expect(&p, OLD);
	change(&p);
	expect(&p, OLD); /* the copy: nobody asked the kernel */
	remove_dir(p.dir);
}

Test(keep, not_into_another_boot)
{
	struct home p = new_home();

	expect(&p, OLD);
	change(&p);
	put(&p, "boot", "0b5a-2\n");
	expect(&p, NEW);
	put(&p, "functions", "vfs_third\n");
	expect(&p, NEW); /* of this boot by now */
	remove_dir(p.dir);
}

Test(keep, not_after_a_module_came)
{
	struct home p = new_home();

	expect(&p, OLD);
	change(&p);
	put(&p, "sys/xfs/refcnt", "1");
	expect(&p, NEW);
	remove_dir(p.dir);
}

/* Gone and loaded again: the same name, another folder. */
Test(keep, not_after_a_module_came_back)
{
	struct home p = new_home();
	const char *at = arena_printf(&arena, "%s/sys/ext4", p.dir);

	expect(&p, OLD);
	change(&p);
	cr_assert_eq(rename(at, arena_printf(&arena, "%s/gone", p.dir)), 0);
	cr_assert_eq(rename(arena_printf(&arena, "%s/other", p.dir), at), 0);
	expect(&p, NEW);
	remove_dir(p.dir);
}

Test(keep, not_while_one_is_loaded)
{
	struct home p = new_home();

	put(&p, "modules", "ext4 8192 1 - Live 0x1\nxfs 1 1 - Loading 0x2\n");
	expect(&p, OLD);
	change(&p);
	expect(&p, NEW);
	remove_dir(p.dir);
}

Test(keep, not_without_knowing_the_boot)
{
	struct home p = new_home();

	p.paths.keep.boot = "/nonexistent";
	expect(&p, OLD);
	change(&p);
	expect(&p, NEW);
	remove_dir(p.dir);
}

/* Folders and files that others may write, links, half of a file. */
Test(keep, only_what_is_ours)
{
	struct home p = new_home();
	const char *folder = p.paths.keep.folder;
	const char *kept = arena_printf(&arena, "%s/functions", folder);
	const char *else_ = arena_printf(&arena, "%s/else", p.dir);

	expect(&p, OLD);
	change(&p);
	cr_assert_eq(chmod(folder, 0777), 0);
	expect(&p, NEW);
	cr_assert_eq(chmod(folder, 0700), 0);
	expect(&p, OLD);
	cr_assert_eq(chmod(kept, 0666), 0);
	expect(&p, NEW); /* and kept anew */
	cr_assert_eq(rename(kept, else_), 0);
	put(&p, "functions", "vfs_third\n");
	cr_assert_eq(symlink(else_, kept), 0);
	expect(&p, "vmlinux:vfs_third ");
	cr_assert_eq(truncate(kept, 10), 0);
	expect(&p, "vmlinux:vfs_third ");
	remove_dir(p.dir);
}

Test(keep, no_folder_that_is_a_link)
{
	struct home p = new_home();
	const char *folder = p.paths.keep.folder;
	const char *else_ = arena_printf(&arena, "%s/else", p.dir);

	expect(&p, OLD);
	change(&p);
	cr_assert_eq(rename(folder, else_), 0);
	cr_assert_eq(symlink(else_, folder), 0);
	expect(&p, NEW);
	remove_dir(p.dir);
}

/* Who made it first: another user. */
Test(keep, nothing_of_others)
{
	struct home p = new_home();
	const char *folder = p.paths.keep.folder;
	const char *kept = arena_printf(&arena, "%s/functions", folder);

	if (geteuid())
		cr_skip_test("only root can give files away");
	expect(&p, OLD);
	change(&p);
	cr_assert_eq(chown(folder, 12345, 12345), 0);
	expect(&p, NEW);
	cr_assert_eq(chown(folder, 0, 0), 0);
	expect(&p, OLD);
	cr_assert_eq(chown(kept, 12345, 12345), 0);
	expect(&p, NEW);
	remove_dir(p.dir);
}

Test(keep, nothing_where_nothing_is_to_be_kept)
{
	struct home p = new_home();

	p.paths.keep.folder = NULL;
	expect(&p, OLD);
	change(&p);
	expect(&p, NEW);
	remove_dir(p.dir);
}
