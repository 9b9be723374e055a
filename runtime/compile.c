/* SPDX-License-Identifier: MIT */
/*
 * Owns what a compilation is given: where the kernel's types, symbols and
 * headers are, the configuration, and how all its parts know of each other.
 * Given options, it makes a struct compile ready for the first pass.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
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

/* Where the kernel's types are when sysfs has none (REFERENCE 10). */
static const char *
find_types(struct arena *a)
{
	static const char *const places[] = {
		"/boot/vmlinux-%s",
		"/lib/modules/%s/vmlinux-%s",
		"/lib/modules/%s/build/vmlinux",
		"/usr/lib/modules/%s/kernel/vmlinux",
		"/usr/lib/debug/boot/vmlinux-%s",
		"/usr/lib/debug/boot/vmlinux-%s.debug",
		"/usr/lib/debug/lib/modules/%s/vmlinux",
	};
	static const char sysfs[] = "/sys/kernel/btf/vmlinux";
	struct utsname host;

	if (kernel_can(sysfs, R_OK) || uname(&host) != 0)
		return sysfs;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		/* Two names, where a place has two. */
		const char *path =
			arena_printf(a, places[i], host.release, host.release);

		if (kernel_can(path, R_OK))
			return path;
	}
	return sysfs;
}

static void
init_kernel(struct compile *c)
{
	struct kernel_paths paths = {
		.kallsyms = "/proc/kallsyms",
		.btf = find_types(&c->arena),
		.btf_dir = "/sys/kernel/btf",
		.blacklist = "/sys/kernel/debug/kprobes/blacklist",
	};
	const char *dir = c->opts.kernel_dir;
	const char *btf = getenv("BPFTRACE_BTF");

	if (c->opts.btf)
		btf = c->opts.btf;
	if (btf && *btf) {
		paths.btf = btf;
		paths.btf_dir = NULL; /* modules belong to their vmlinux */
	}
	if (dir) {
		paths.blacklist = NULL;
		paths.tracefs = arena_printf(&c->arena, "%s/tracefs", dir);
		paths.kallsyms = arena_printf(&c->arena, "%s/kallsyms", dir);
		if (!c->opts.btf)
			paths.btf = arena_printf(&c->arena, "%s/btf", dir);
		paths.btf_dir = arena_printf(&c->arena, "%s/modules", dir);
	} else {
		paths.version = kernel_version();
	}
	kernel_init(&c->kernel, &c->arena, &paths);
	if (btf && *btf && !c->opts.no_warnings && !kernel_btf(&c->kernel))
		fprintf(stderr, "WARNING: BTF: failed to parse BTF from %s\n",
			btf);
}

/* Where C headers are: -I and --include, the kernel's and libc's. */
static void
init_headers(struct compile *c)
{
	const char *root = c->opts.kernel_dir ? c->opts.kernel_dir : "";
	struct cdef_input *h = &c->headers;
	struct utsname host;
	struct stat st;

	h->arena = &c->arena;
#ifdef __aarch64__
	h->arch = CDEF_ARM64;
#endif
	for (uint32_t i = 0; i < c->opts.includes.n; i++) {
		const char *path = c->opts.includes.v[i];

		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			*vec_push(&c->arena, &h->includes) = path;
		else
			*vec_push(&c->arena, &h->forced) = path;
	}
	if (uname(&host) == 0)
		cdef_find_headers(h, root, host.release,
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

bool
compile_init(struct compile *c)
{
	const char *error = NULL;

	c->diag.arena = &c->arena;
	c->diag.sources = &c->sources;
	c->diag.no_warnings = c->opts.no_warnings;
	c->diag.color = options_color();
	types_init(&c->types, &c->arena);
	init_kernel(c);
	init_headers(c);
	config_default(&c->config);
	if (!config_env(&c->config, &c->arena, &error)) {
		fprintf(stderr, "%s\n", error);
		return false;
	}
	c->ast.arena = &c->arena;
	c->ast.sources = &c->sources;
	c->ast.is_word = builtin_is_true;
	compile_restart(c);
	c->options.given = c->opts.named.v;
	c->options.ngiven = c->opts.named.n;
	c->in = (struct sema_input){
		.arena = &c->arena,
		.ast = &c->ast,
		.diag = &c->diag,
		.lang = &language,
		.kernel = &c->kernel,
		.types = &c->types,
		.config = &c->config,
		.params = c->opts.params,
		.options = &c->options,
		.files = &c->files,
		.headers = &c->headers,
		.unsafe = c->opts.unsafe,
		.watch_reads = c->opts.warnings,
		.without = c->opts.without,
		.pid = c->opts.pid,
		.follow = c->opts.follow,
		.command = c->opts.command,
		.has_cpid = c->opts.command != NULL,
		.ncpus = session_possible_cpus(),
	};
	return true;
}
