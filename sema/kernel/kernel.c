/* SPDX-License-Identifier: MIT */
/*
 * Owns struct kernel itself: which files, and the cache that the other files
 * of this folder fill.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "internal.h"

struct kernel_cache *
kernel_cached(struct kernel *k)
{
	if (!k->cache)
		k->cache = arena_alloc(k->arena, sizeof(*k->cache));
	return k->cache;
}

void
kernel_init(struct kernel *k, struct arena *a, const struct kernel_paths *paths)
{
	*k = (struct kernel){ .arena = a, .paths = *paths };
}

bool
kernel_can(const char *path, int mode)
{
	return !faccessat(AT_FDCWD, path, mode, AT_EACCESS);
}

const char *
kernel_vmlinux(struct arena *a, bool debug)
{
	/* Those from DEBUG on come with packages of debug information. */
	static const char *const places[] = {
		"/boot/vmlinux-%s",
		"/lib/modules/%s/vmlinux-%s",
		"/lib/modules/%s/build/vmlinux",
		"/usr/lib/modules/%s/kernel/vmlinux",
		"/usr/lib/debug/boot/vmlinux-%s",
		"/usr/lib/debug/boot/vmlinux-%s.debug",
		"/usr/lib/debug/lib/modules/%s/vmlinux",
	};
	enum { DEBUG = 4, PLACES = ARRAY_LEN(places) };
	struct utsname host;

	if (uname(&host))
		return NULL;
	for (size_t i = 0; i < PLACES; i++) {
		/* Two names, where a place has two. */
		const char *path = arena_printf(
			a, places[(debug ? DEBUG + i : i) % PLACES],
			host.release, host.release);

		if (kernel_can(path, R_OK))
			return path;
	}
	return NULL;
}

bool
kernel_lockdown(enum kernel_lockdown level)
{
	static const char *const words[] = {
		[LOCKED_INTEGRITY] = "[integrity]",
		[LOCKED_CONFIDENTIALITY] = "[confidentiality]",
	};
	int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);
	char text[64];
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return strstr(text, words[level]) != NULL;
}
