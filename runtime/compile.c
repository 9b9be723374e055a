/* SPDX-License-Identifier: MIT */
/*
 * Owns what a compilation is given: where the kernel's types, symbols and
 * headers are, the configuration, and how all its parts know of each other.
 * It makes a struct compile ready for the first pass.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "compile.h"

/* Of the running kernel. */
static uint32_t
kernel_version(void)
{
	unsigned major, minor, patch = 0;
	struct utsname host;

	if (uname(&host) ||
	    sscanf(host.release, "%u.%u.%u", &major, &minor, &patch) < 2)
		return 0;
	return major << 16 | (minor & 255) << 8 | (patch & 255);
}

/* Numbers of processes are the user's, who may be in a container. */
static struct pid_space
own_pids(void)
{
	enum { FIRST = 0xeffffffc }; /* PROC_PID_INIT_INO, since 3.8 */
	enum { KERNEL_MINOR_BITS = 20 };
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) || st.st_ino == FIRST)
		return (struct pid_space){ 0 };
	return (struct pid_space){ (uint64_t)major(st.st_dev)
						   << KERNEL_MINOR_BITS |
					   minor(st.st_dev),
				   st.st_ino };
}

/* Where the kernel's types are (REFERENCE 10). */
static const char *
find_types(struct arena *a)
{
	static const char sysfs[] = "/sys/kernel/btf/vmlinux";
	const char *path =
		kernel_can(sysfs, R_OK) ? NULL : kernel_vmlinux(a, false);

	return path ? path : sysfs;
}

/* The file of kernel types that was asked for, or NULL. */
static const char *
given_types(const struct compile *c)
{
	const char *btf = getenv("BPFTRACE_BTF");

	if (c->opts.btf)
		btf = c->opts.btf;
	return btf && *btf ? btf : NULL;
}

/* The running kernel, or that of --kernel. */
static void
find_kernel(struct compile *c, struct kernel_paths *paths)
{
	const char *dir = c->opts.kernel_dir, *btf = given_types(c);

	*paths = (struct kernel_paths){
		.kallsyms = "/proc/kallsyms",
		.btf = find_types(&c->arena),
		.btf_dir = "/sys/kernel/btf",
		.blacklist = "/sys/kernel/debug/kprobes/blacklist",
		.keep = { "/run/jiffy", "/proc/sys/kernel/random/boot_id",
			  "/proc/modules", "/sys/module" },
		.walk = !dir && !btf &&
			!(c->opts.without & 1u << FEAT_KSYM_ITER),
	};
	if (btf) {
		paths->btf = btf;
		paths->btf_dir = NULL; /* modules belong to their vmlinux */
	}
	paths->functions = c->opts.functions;
	if (paths->functions)
		paths->keep.folder = NULL; /* where the kernel's own lies */
	if (!dir) {
		paths->version = kernel_version();
		return;
	}
	paths->blacklist = NULL;
	paths->keep.folder = NULL;
	paths->tracefs = arena_printf(&c->arena, "%s/tracefs", dir);
	paths->kallsyms = arena_printf(&c->arena, "%s/kallsyms", dir);
	if (!c->opts.btf)
		paths->btf = arena_printf(&c->arena, "%s/btf", dir);
	paths->btf_dir = arena_printf(&c->arena, "%s/modules", dir);
}

static void
check_types(struct compile *c)
{
	const char *btf = given_types(c);

	if (btf && !c->opts.no_warnings && !kernel_btf(&c->kernel))
		fprintf(stderr, "WARNING: BTF: failed to parse BTF from %s\n",
			btf);
}

/* What the command line says of C headers. */
static void
take_includes(struct compile *c)
{
	struct cdef_input *h = &c->headers;

	h->arena = &c->arena;
#ifdef __aarch64__
	h->arch = CDEF_ARM64;
#endif
	for (uint32_t i = 0; i < c->opts.include_dirs.n; i++)
		*vec_push(&c->arena, &h->includes) = c->opts.include_dirs.v[i];
	for (uint32_t i = 0; i < c->opts.includes.n; i++)
		*vec_push(&c->arena, &h->forced) = c->opts.includes.v[i];
}

void
compile_find_headers(struct compile *c)
{
	const char *root = c->opts.kernel_dir ? c->opts.kernel_dir : "";
	struct utsname host;

	if ((c->ast.cdefs.n || c->headers.forced.n) && !c->headers.system.n &&
	    uname(&host) == 0)
		cdef_find_headers(&c->headers, root, host.release,
				  getenv("BPFTRACE_KERNEL_SOURCE"),
				  getenv("BPFTRACE_KERNEL_BUILD"));
}

static const struct language language = {
	.words = builtin_words,
	.nominals = builtin_nominals,
	.probe_types = probe_types,
};

void
compile_restart(struct compile *c)
{
	c->image = (struct image){ 0 };
	c->prog = (struct prog){
		.arena = &c->arena,
		.diag = &c->diag,
		.config = &c->config,
		.types = &c->types,
	};
}

void
compile_init(struct compile *c, const struct kernel_paths *paths)
{
	c->diag.arena = &c->arena;
	c->diag.sources = &c->sources;
	types_init(&c->types, &c->arena);
	kernel_init(&c->kernel, &c->arena, paths);
	config_default(&c->config);
	c->ast.arena = &c->arena;
	c->ast.sources = &c->sources;
	c->ast.is_word = builtin_is_true;
	compile_restart(c);
	c->in = (struct sema_input){
		.arena = &c->arena,
		.ast = &c->ast,
		.diag = &c->diag,
		.lang = &language,
		.kernel = &c->kernel,
		.types = &c->types,
		.config = &c->config,
		.options = &c->options,
		.files = &c->files,
		.ncpus = session_possible_cpus(),
	};
}

/* What the command line says of the script and of how it is compiled. */
static void
take_options(struct compile *c)
{
	const struct options *o = &c->opts;

	c->diag.no_warnings = o->no_warnings;
	c->diag.color = options_color();
	c->options.given = o->named.v;
	c->options.ngiven = o->named.n;
	c->in.params = o->params;
	c->in.headers = &c->headers;
	c->in.unsafe = o->unsafe;
	c->in.watch_reads = o->warnings;
	c->in.without = o->without;
	c->in.pid = o->pid;
	c->in.follow = o->follow;
	c->in.command = o->command;
	c->in.has_cpid = o->command != NULL;
	if (!o->kernel_dir)
		c->in.pids = own_pids();
}

bool
compile_init_options(struct compile *c)
{
	struct kernel_paths paths;
	const char *error = NULL;

	find_kernel(c, &paths);
	compile_init(c, &paths);
	check_types(c);
	take_includes(c);
	take_options(c);
	if (config_env(&c->config, &c->arena, &error))
		return true;
	fprintf(stderr, "%s\n", error);
	return false;
}

void
compile_forget(struct compile *c)
{
	probe_forget(&c->files);
	c->files = (struct hmap){ 0 };
}

void
compile_free(struct compile *c)
{
	compile_forget(c);
	arena_free(&c->arena);
}
