/* SPDX-License-Identifier: MIT */
/*
 * Owns the consumer's side of a BPF ring buffer (kernel/bpf/ringbuf.c): one
 * writable page with the consumer's position, one read-only page with the
 * producer's, then the data, mapped twice in a row by the kernel so that a
 * record never wraps.
 *
 *	record:	u32 length | busy | discard, u32 page offset, data, padding
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

struct ring {
	unsigned long *consumer;
	const unsigned long *producer;
	const unsigned char *data;
	size_t size, page;
};

struct ring *
ring_open(int fd, uint32_t size)
{
	struct ring *r = calloc(1, sizeof(*r));
	void *p;

	if (!r)
		return NULL;
	r->size = size;
	r->page = (size_t)sysconf(_SC_PAGESIZE);
	p = mmap(NULL, r->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		goto fail;
	r->consumer = p;
	p = mmap(NULL, r->page + 2 * r->size, PROT_READ, MAP_SHARED, fd,
		 (off_t)r->page);
	if (p == MAP_FAILED)
		goto fail;
	r->producer = p;
	r->data = (const unsigned char *)p + r->page;
	return r;
fail:
	ring_close(r);
	return NULL;
}

void
ring_close(struct ring *r)
{
	int error = errno;

	if (!r)
		return;
	if (r->consumer)
		munmap(r->consumer, r->page);
	if (r->producer)
		munmap((void *)(uintptr_t)r->producer, r->page + 2 * r->size);
	free(r);
	errno = error;
}

unsigned
ring_drain(struct ring *r, struct session *s)
{
	unsigned long at = *r->consumer, end;
	unsigned n = 0;

	while (at < (end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE))) {
		for (; at < end; n++) {
			const unsigned char *rec =
				r->data + (at & (r->size - 1));
			uint32_t len = __atomic_load_n((const uint32_t *)rec,
						       __ATOMIC_ACQUIRE);

			if (len & BPF_RINGBUF_BUSY_BIT)
				return n;
			if (!(len & BPF_RINGBUF_DISCARD_BIT))
				event_handle(s, rec + BPF_RINGBUF_HDR_SZ, len);
			len &= ~BPF_RINGBUF_DISCARD_BIT;
			at += (len + BPF_RINGBUF_HDR_SZ + 7) & ~7u;
			__atomic_store_n(r->consumer, at, __ATOMIC_RELEASE);
		}
	}
	return n;
}
