/* SPDX-License-Identifier: MIT */
/*
 * Owns the script's output: one buffer in front of one descriptor, and the
 * quoting of JSON. Everything that a script prints goes through here, so that
 * what is buffered and what the kernel has seen never get out of order.
 */
#include <errno.h>
#include <poll.h>
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

/* Somebody else made the pipe or terminal a non-blocking one, and it is full:
 * true, once it has room again. */
static bool
wait_writable(const struct out *o)
{
	struct pollfd p = { .fd = o->fd, .events = POLLOUT };

	if (errno != EAGAIN)
		return false;
	if (poll(&p, 1, -1) < 0 && errno != EINTR)
		return false;
	errno = EAGAIN;
	return true;
}

void
out_flush(struct out *o)
{
	size_t done = 0;

	if (o->held || o->shaping)
		return;
	while (!o->failed && o->fd >= 0 && done < o->buf.n) {
		ssize_t n = write(o->fd, o->buf.s + done, o->buf.n - done);

		if (n < 0 && (errno == EINTR || wait_writable(o)))
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

int
out_status(struct out *o, const char *path, int status)
{
	if (o)
		out_flush(o);
	if (o ? !o->failed : !fflush(stdout) && !ferror(stdout))
		return status;
	fprintf(stderr, "ERROR: Failed to write \"%s\": %s\n",
		path ? path : "stdout", strerror(o ? o->error : errno));
	return status ? status : STATUS_ERROR;
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

/* One byte of a JSON string, below 0x80. */
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

/* Bytes of the UTF-8 sequence at `s`, of which n are there; 0: it is none
 * (RFC 3629: shortest form, no surrogates, up to U+10FFFF). */
static size_t
utf8_length(const unsigned char *s, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (s[0] < 0xc2 || s[0] > 0xf4 || n < len)
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return len;
}

/* Whether a terminal would take these bytes, of one character, as an order:
 * C0 and DEL, C1 in UTF-8, what is no UTF-8. */
static bool
is_control(const unsigned char *p, size_t len)
{
	if (p[0] < 0x80)
		return p[0] < 0x20 || p[0] == 0x7f;
	return !len || (p[0] == 0xc2 && p[1] < 0xa0);
}

void
out_foreign(struct out *o, const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	static const char named[] = "abtnvfr"; /* from 7 on */
	size_t len;

	if (!o->escape) {
		out_write(o, s, n);
		return;
	}
	for (size_t i = 0; i < n; i += len) {
		len = p[i] < 0x80 ? 0 : utf8_length(p + i, n - i);
		if (p[i] == '\\')
			out_puts(o, "\\\\");
		else if (!is_control(p + i, len))
			out_write(o, s + i, len ? len : 1);
		else if (p[i] >= 7 && p[i] <= 13)
			out_printf(o, "\\%c", named[p[i] - 7]);
		else
			for (size_t k = i; k < i + (len ? len : 1); k++)
				out_printf(o, "\\x%02x", p[k]);
		len += !len;
	}
}

/* Text as it is; bytes that are no UTF-8, which JSON may not hold, as the
 * character of that number. */
void
out_json_string(struct out *o, const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t len;

	out_putc(o, '"');
	for (size_t i = 0; i < n; i += len) {
		len = p[i] < 0x80 ? 0 : utf8_length(p + i, n - i);
		if (len)
			out_write(o, s + i, len);
		else if (p[i] >= 0x80)
			out_printf(o, "\\u%04x", p[i]);
		else
			json_byte(o, p[i]);
		len += !len;
	}
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
