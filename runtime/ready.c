// SPDX-License-Identifier: MIT
/*
 * Tells those who wait for it that all is attached, and that the end has
 * come: the descriptor of --ready-fd, a service manager behind NOTIFY_SOCKET
 * (the protocol of sd_notify(3)), a test harness that reads standard output.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "internal.h"

/* One datagram to the service manager, if there is one. */
static void
notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = path ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof(to.sun_path) || !strchr("/@", *path))
		return;
	memcpy(to.sun_path, path, n);
	if (*path == '@')
		to.sun_path[0] = 0; /* the abstract namespace */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	       (const struct sockaddr *)&to,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}

void
ready_tell(struct session *s)
{
	int fd = s->opts->ready_fd;

	if (fd > 0) {
		if (write(fd, "\n", 1) != 1)
			session_warn(s, "Unable to write to descriptor %d: %s",
				     fd, strerror(errno));
		close(fd);
	}
	notify("READY=1");
	if (getenv("__BPFTRACE_NOTIFY_PROBES_ATTACHED")) {
		puts("__BPFTRACE_NOTIFY_PROBES_ATTACHED");
		fflush(stdout);
	}
}

void
ready_end(void)
{
	notify("STOPPING=1");
}
