/* SPDX-License-Identifier: MIT */
/*
 * Owns the default text of every type (REFERENCE 7.2), its JSON form (7.9)
 * and its reading as an integer. What a nominal type looks like stands in its
 * own row.
 */
#include <string.h>

#include "internal.h"

/* `size` bytes at v as an integer, extended by `is_signed`. */
static int64_t
load_int(const void *v, uint32_t size, bool is_signed)
{
	uint64_t u = 0;
	unsigned shift;

	if (size > sizeof(u))
		size = sizeof(u);
	memcpy(&u, v, size); /* both machines we know are little endian */
	if (!is_signed || size == sizeof(u) || !size)
		return (int64_t)u;
	shift = 64 - size * 8;
	return (int64_t)(u << shift) >> shift;
}

int64_t
out_int(const struct type *t, const void *v)
{
	switch (t->kind) {
	case TY_BOOL:
		return load_int(v, t->size, false) != 0;
	case TY_INT:
	case TY_ENUM:
		return load_int(v, t->size, t->is_signed);
	case TY_NOMINAL:
		if (t->nominal->to_int)
			return t->nominal->to_int(t, v);
		return load_int(v, 8, false);
	case TY_POINTER:
		return load_int(v, t->size, false);
	case TY_ERROR:
	case TY_NONE:
	case TY_STRING:
	case TY_BUFFER:
	case TY_ARRAY:
	case TY_STRUCT:
	case TY_TUPLE:
	case TY_RECORD:
		break;
	}
	return 0;
}

/* ---- what both forms share ---- */

const char *
value_string(const struct type *t, const void *v, size_t *n)
{
	*n = strnlen(v, t->size);
	return v;
}

const unsigned char *
value_buffer(const struct type *t, const void *v, size_t *n)
{
	uint32_t len;

	*n = 0;
	if (t->size < sizeof(len))
		return v;
	memcpy(&len, v, sizeof(len));
	if (len > t->size - sizeof(len))
		len = t->size - sizeof(len);
	*n = len;
	return (const unsigned char *)v + sizeof(len);
}

/* The bits of a bit-field as bytes of its type, in *room; zero-extended, as
 * in programs. */
static const void *
field_value(const struct field *f, const void *base, uint64_t *room)
{
	const unsigned char *at = (const unsigned char *)base + f->offset;
	uint64_t raw = 0;
	uint32_t size = (f->bit_offset + f->bit_size + 7) / 8;

	if (!f->bit_size)
		return at;
	if (size > sizeof(raw))
		size = sizeof(raw);
	memcpy(&raw, at, size);
	raw <<= 64 - f->bit_size - (f->bit_offset & 63);
	*room = raw >> (64 - f->bit_size);
	return room;
}

/* Text has room for a NUL that the struct's last member has no byte for. */
static const struct type *
field_type(const struct type *t, const struct field *f, struct type *room)
{
	if (f->type->kind != TY_STRING || f->offset > t->size ||
	    f->type->size <= t->size - f->offset)
		return f->type;
	*room = *f->type;
	room->size = t->size - f->offset;
	return room;
}

static bool
is_anonymous(const struct field *f)
{
	return (!f->name || !*f->name) && f->type->kind == TY_STRUCT;
}

/* ---- text ---- */

static void
text_string(struct out *o, const struct type *t, const void *v)
{
	const char *trailer = "..";
	size_t n;
	const char *s = value_string(t, v, &n);

	out_foreign(o, s, n);
	if (n < t->size || !t->size)
		return;
	if (o->session)
		o->session->losses[LOSS_STRING]++;
	if (o->session && o->session->config->str_trunc_trailer)
		trailer = o->session->config->str_trunc_trailer;
	out_puts(o, trailer);
}

void
value_escape(struct out *o, const unsigned char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] >= 0x20 && s[i] < 0x7f)
			out_putc(o, (char)s[i]);
		else
			out_printf(o, "\\x%02x", s[i]);
	}
}

static void
text_array(struct out *o, const struct type *t, const void *v)
{
	const unsigned char *p = v;

	out_putc(o, '[');
	for (uint32_t i = 0; i < t->count; i++) {
		if (i)
			out_putc(o, ',');
		out_value(o, t->to, p + (size_t)i * t->to->size);
	}
	out_putc(o, ']');
}

static void
text_tuple(struct out *o, const struct type *t, const void *v)
{
	const unsigned char *p = v;

	out_putc(o, '(');
	for (uint32_t i = 0; i < t->nfields; i++) {
		if (i)
			out_puts(o, ", ");
		out_value(o, t->fields[i].type, p + t->fields[i].offset);
	}
	out_putc(o, ')');
}

/* The fields, anonymous members' among them; how many were there before. */
static unsigned
text_fields(struct out *o, const struct type *t, const void *v, unsigned n)
{
	uint64_t room;
	struct type cut;

	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];

		if (is_anonymous(f)) {
			n = text_fields(o, f->type, (const char *)v + f->offset,
					n);
			continue;
		}
		out_puts(o, n++ ? ", ." : " .");
		out_puts(o, f->name ? f->name : "");
		out_puts(o, " = ");
		out_value(o, field_type(t, f, &cut), field_value(f, v, &room));
	}
	return n;
}

static void
text_struct(struct out *o, const struct type *t, const void *v)
{
	out_putc(o, '{');
	out_puts(o, text_fields(o, t, v, 0) ? " }" : "}");
}

static void
text_int(struct out *o, const struct type *t, const void *v)
{
	int64_t i = out_int(t, v);

	if (t->is_signed)
		out_printf(o, o->plus ? "%+lld" : "%lld", (long long)i);
	else
		out_printf(o, "%llu", (unsigned long long)i);
}

void
out_value(struct out *o, const struct type *t, const void *v)
{
	const unsigned char *bytes;
	const char *name;
	size_t n;

	switch (t->kind) {
	case TY_ERROR:
	case TY_NONE:
		out_puts(o, "null");
		break;
	case TY_BOOL:
		out_puts(o, out_int(t, v) ? "true" : "false");
		break;
	case TY_ENUM:
		name = type_enum_value(t, (uint64_t)out_int(t, v));
		if (name)
			out_puts(o, name);
		else
			text_int(o, t, v);
		break;
	case TY_INT:
		text_int(o, t, v);
		break;
	case TY_STRING:
		text_string(o, t, v);
		break;
	case TY_BUFFER:
		bytes = value_buffer(t, v, &n);
		value_escape(o, bytes, n);
		break;
	case TY_POINTER:
		out_printf(o, "0x%llx", (unsigned long long)out_int(t, v));
		break;
	case TY_ARRAY:
		text_array(o, t, v);
		break;
	case TY_STRUCT:
	case TY_RECORD:
		text_struct(o, t, v);
		break;
	case TY_TUPLE:
		text_tuple(o, t, v);
		break;
	case TY_NOMINAL:
		t->nominal->print(o, t, v);
		break;
	}
}

/* ---- JSON ---- */

/* Whether a reader that takes numbers for doubles gets it right. */
static bool
fits_double(uint64_t magnitude)
{
	while (magnitude && !(magnitude & 1))
		magnitude >>= 1;
	return magnitude < 1ull << 53;
}

void
out_json_int(struct out *o, int64_t v, bool is_signed)
{
	uint64_t u = (uint64_t)v;
	bool plain = fits_double(is_signed && v < 0 ? -u : u);

	if (!plain)
		out_putc(o, '"');
	if (is_signed)
		out_printf(o, "%lld", (long long)v);
	else
		out_printf(o, "%llu", (unsigned long long)u);
	if (!plain)
		out_putc(o, '"');
}

static void
json_list(struct out *o, const struct type *t, const void *v)
{
	const unsigned char *p = v;
	uint32_t n = t->kind == TY_ARRAY ? t->count : t->nfields;

	out_putc(o, '[');
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			out_putc(o, ',');
		if (t->kind == TY_ARRAY)
			out_json_value(o, t->to, p + (size_t)i * t->to->size);
		else
			out_json_value(o, t->fields[i].type,
				       p + t->fields[i].offset);
	}
	out_putc(o, ']');
}

static unsigned
json_fields(struct out *o, const struct type *t, const void *v, unsigned n)
{
	uint64_t room;
	struct type cut;

	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];

		if (is_anonymous(f)) {
			n = json_fields(o, f->type, (const char *)v + f->offset,
					n);
			continue;
		}
		if (n++)
			out_puts(o, ", ");
		out_json_string(o, f->name ? f->name : "",
				f->name ? strlen(f->name) : 0);
		out_puts(o, ": ");
		out_json_value(o, field_type(t, f, &cut),
			       field_value(f, v, &room));
	}
	return n;
}

static void
json_buffer(struct out *o, const struct type *t, const void *v)
{
	size_t n;
	const unsigned char *s = value_buffer(t, v, &n);

	out_putc(o, '[');
	for (size_t i = 0; i < n; i++)
		out_printf(o, "%s%d", i ? "," : "", (signed char)s[i]);
	out_putc(o, ']');
}

/* The default text as a JSON string. */
static void
json_text(struct out *o, const struct type *t, const void *v)
{
	struct out tmp = { .fd = -1, .session = o->session };

	out_value(&tmp, t, v);
	out_json_string(o, tmp.buf.s ? tmp.buf.s : "", tmp.buf.n);
	sbuf_free(&tmp.buf);
}

void
out_json_value(struct out *o, const struct type *t, const void *v)
{
	switch (t->kind) {
	case TY_ERROR:
	case TY_NONE:
		out_puts(o, "null");
		break;
	case TY_BOOL:
		out_puts(o, out_int(t, v) ? "true" : "false");
		break;
	case TY_INT:
	case TY_ENUM:
	case TY_POINTER:
		out_json_int(o, out_int(t, v), t->is_signed);
		break;
	case TY_STRING:
		json_text(o, t, v);
		break;
	case TY_BUFFER:
		json_buffer(o, t, v);
		break;
	case TY_ARRAY:
	case TY_TUPLE:
		json_list(o, t, v);
		break;
	case TY_STRUCT:
	case TY_RECORD:
		out_putc(o, '{');
		json_fields(o, t, v, 0);
		out_putc(o, '}');
		break;
	case TY_NOMINAL:
		if (t->nominal->json)
			t->nominal->json(o, t, v);
		else
			json_text(o, t, v);
		break;
	}
}
