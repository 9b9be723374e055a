/* SPDX-License-Identifier: MIT */
/*
 * Owns the reading of iterators: the program runs as their file is read, and
 * the file holds the records that its printf() calls have made, one after the
 * other, as the ring buffer would.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* Print the whole records at the start of `b`; what is left is part of one. */
static void
print_records(struct session *s, struct sbuf *b)
{
	size_t at = 0;
	uint32_t id;

	while (b->n - at >= sizeof(id)) {
		memcpy(&id, b->s + at, sizeof(id));
		if (id >= s->prog->events.n ||
		    b->n - at < s->prog->events.v[id]->size)
			break;
		event_handle(s, b->s + at, b->n - at);
		at += s->prog->events.v[id]->size;
	}
	memmove(b->s, b->s + at, b->n - at);
	b->n -= at;
}

/* Its text is text in JSON, too. */
static void
read_walk(struct session *s, int fd)
{
	bool json = s->out->json;
	struct sbuf b = { 0 };
	char chunk[1 << 15];
	ssize_t n;

	s->out->json = false;
	do {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			break;
		sbuf_add(&b, chunk, (size_t)n);
		print_records(s, &b);
	} while (!s->out->failed);
	s->out->json = json;
	if (n < 0)
		session_error(s, "failed to read the iterator: %s",
			      strerror(errno));
	sbuf_free(&b);
	close(fd);
}

bool
walks_read(struct session *s)
{
	for (uint32_t i = 0; i < s->attach.walks.n; i++) {
		const struct walk *w = &s->attach.walks.v[i];

		if (w->pin)
			out_printf(s->out, "Program pinned to %s\n", w->pin);
		else
			read_walk(s, w->fd);
	}
	return s->attach.walks.n;
}
