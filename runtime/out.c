/* SPDX-License-Identifier: MIT */
/*
 * Owns the script's output: one buffer in front of one descriptor, and the
 * quoting of JSON. Everything that a script prints goes through here, so that
 * what is buffered and what the kernel has seen never get out of order.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

enum { OUT_ENOUGH = 32768 }; /* bytes after which a full buffer is written */

void
out_write(struct out *o, const void *bytes, size_t n)
{
	sbuf_add(&o->buf, bytes, n);
}

void
out_puts(struct out *o, const char *s)
{
	sbuf_puts(&o->buf, s);
}

void
out_putc(struct out *o, char c)
{
	sbuf_putc(&o->buf, c);
}

void
out_printf(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sbuf_vprintf(&o->buf, fmt, ap);
	va_end(ap);
}

void
out_flush(struct out *o)
{
	size_t done = 0;

	if (o->held)
		return;
	while (!o->failed && o->fd >= 0 && done < o->buf.n) {
		ssize_t n = write(o->fd, o->buf.s + done, o->buf.n - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			o->failed = true;
			o->error = errno;
			break;
		}
		done += (size_t)n;
	}
	if (o->fd >= 0)
		o->buf.n = 0;
}

/*
 * Line buffering need not mean a system call per line: the loop flushes when
 * it has worked off a batch of events, before it waits again. So only a
 * buffer that is not batched by anyone (OUT_NONE) is written at once.
 */
void
out_end(struct out *o)
{
	if (o->buffering == OUT_NONE || o->buf.n >= OUT_ENOUGH)
		out_flush(o);
}

/* One byte of a JSON string. Bytes from 0x80 on pass: UTF-8, hopefully. */
static void
json_byte(struct out *o, unsigned char c)
{
	switch (c) {
	case '"':
		out_puts(o, "\\\"");
		break;
	case '\\':
		out_puts(o, "\\\\");
		break;
	case '\n':
		out_puts(o, "\\n");
		break;
	case '\r':
		out_puts(o, "\\r");
		break;
	case '\t':
		out_puts(o, "\\t");
		break;
	default:
		if (c < 0x20)
			out_printf(o, "\\u%04x", c);
		else
			out_putc(o, (char)c);
	}
}

void
out_json_string(struct out *o, const char *s, size_t n)
{
	out_putc(o, '"');
	for (size_t i = 0; i < n; i++)
		json_byte(o, (unsigned char)s[i]);
	out_putc(o, '"');
}

void
out_text_event(struct out *o, const char *type, const char *text, size_t n)
{
	if (!o->json) {
		out_write(o, text, n);
		return;
	}
	out_printf(o, "{\"type\": \"%s\", \"data\": ", type);
	out_json_string(o, text, n);
	out_puts(o, "}\n");
}
