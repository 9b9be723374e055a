/* SPDX-License-Identifier: MIT */
/*
 * Names of kernel addresses: between two symbols, before the first one, and
 * where several have the same address.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../runtime/internal.h"

static const char text[] = "ffffffff81000000 T first\n"
			   "ffffffff81000100 t __do_sys_x\n"
			   "ffffffff81000100 T __ia32_sys_x\n"
			   "ffffffff81000100 T __x64_sys_x\n"
			   "ffffffff81000200 T later\n";

Test(ksyms, of_several_names_the_last)
{
	char path[] = "/tmp/ksyms.XXXXXX";
	int fd = mkstemp(path);
	uint64_t offset = 0;
	struct ksyms *k;

	cr_assert(write(fd, text, sizeof(text) - 1) ==
		  (ssize_t)sizeof(text) - 1);
	close(fd);
	k = ksyms_read(path);
	unlink(path);
	cr_assert_null(ksyms_find(k, 0xffffffff80ffffff, &offset));
	cr_assert_str_eq(ksyms_find(k, 0xffffffff81000005, &offset), "first");
	cr_assert_eq(offset, 5);
	cr_assert_str_eq(ksyms_find(k, 0xffffffff81000107, &offset),
			 "__x64_sys_x");
	cr_assert_eq(offset, 7);
	cr_assert_str_eq(ksyms_find(k, 0xffffffff81000200, &offset), "later");
	cr_assert_eq(offset, 0);
	ksyms_free(k);
}
