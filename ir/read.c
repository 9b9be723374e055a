/* SPDX-License-Identifier: MIT */
/*
 * The text of print.c back into a program: maps, events, functions. The lines
 * of a function are read in read_op.c. What is read has the right form; that
 * it makes sense is for ir_verify to say.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "read.h"

/* ---- words ---- */

static void
skip_blanks(struct reader *r)
{
	const char *s = r->source->text;

	for (;;) {
		while (isspace((unsigned char)s[r->pos]))
			r->pos++;
		if (s[r->pos] != ';')
			return;
		while (s[r->pos] && s[r->pos] != '\n')
			r->pos++;
	}
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static void
read_number(struct reader *r, bool negative)
{
	const char *s = r->source->text + r->pos;
	char *end;
	uint64_t v;

	errno = 0;
	v = strtoull(s, &end, 0);
	if (errno)
		rd_fail(r, "number too large");
	r->num = (int64_t)(negative ? -v : v);
	r->pos += (uint32_t)(end - s);
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* A quoted string; bytes may be written as backslash and two hex digits. */
static void
read_string(struct reader *r)
{
	const char *s = r->source->text;
	struct sbuf b = { 0 };

	for (r->pos++; s[r->pos] && s[r->pos] != '"'; r->pos++) {
		int hi = -1, lo = -1;

		if (s[r->pos] == '\\') {
			hi = hex_digit(s[r->pos + 1]);
			lo = hi < 0 ? -1 : hex_digit(s[r->pos + 2]);
		}
		if (lo >= 0) {
			sbuf_putc(&b, (char)(hi * 16 + lo));
			r->pos += 2;
		} else {
			sbuf_putc(&b, s[r->pos]);
		}
	}
	r->text = arena_strndup(r->prog->arena, b.s ? b.s : "", b.n);
	sbuf_free(&b);
	if (s[r->pos])
		r->pos++;
	else
		rd_fail(r, "string without end");
}

static void
read_word(struct reader *r)
{
	const char *s = r->source->text + r->pos;
	size_t n = 0;

	while (is_word(s[n]))
		n++;
	r->text = arena_strndup(r->prog->arena, s, n);
	r->pos += (uint32_t)n;
}

void
rd_next(struct reader *r)
{
	const char *s = r->source->text;
	char c;

	skip_blanks(r);
	r->begin = r->pos;
	c = s[r->pos];
	if (!c) {
		r->kind = RD_END;
	} else if (isdigit((unsigned char)c)) {
		r->kind = RD_NUM;
		read_number(r, false);
	} else if (c == '-' && isdigit((unsigned char)s[r->pos + 1])) {
		r->kind = RD_NUM;
		r->pos++;
		read_number(r, true);
	} else if (c == '%' && isdigit((unsigned char)s[r->pos + 1])) {
		r->kind = RD_REF;
		r->pos++;
		read_number(r, false);
	} else if (is_word(c)) {
		r->kind = RD_WORD;
		read_word(r);
	} else if (c == '"') {
		r->kind = RD_STR;
		read_string(r);
	} else {
		r->kind = RD_PUNCT;
		r->punct = c;
		r->pos++;
		if (c == '-' && s[r->pos] == '>') {
			r->punct = '>';
			r->pos++;
		}
	}
}

bool
rd_fail(struct reader *r, const char *what)
{
	uint32_t base = r->source->base;
	struct span span = { base + r->begin, base + r->pos };

	if (!r->failed)
		diag_error(r->diag, span, "%s", what);
	r->failed = true;
	return false;
}

bool
rd_is_word(const struct reader *r, const char *word)
{
	return r->kind == RD_WORD && !strcmp(r->text, word);
}

bool
rd_take_word(struct reader *r, const char *word)
{
	if (r->failed || !rd_is_word(r, word))
		return false;
	rd_next(r);
	return true;
}

bool
rd_take(struct reader *r, char punct)
{
	if (r->failed || r->kind != RD_PUNCT || r->punct != punct)
		return false;
	rd_next(r);
	return true;
}

bool
rd_want(struct reader *r, char punct, const char *what)
{
	return rd_take(r, punct) || rd_fail(r, what);
}

int64_t
rd_num(struct reader *r)
{
	int64_t v = r->num;

	if (r->failed || r->kind != RD_NUM) {
		rd_fail(r, "a number should stand here");
		return 0;
	}
	rd_next(r);
	return v;
}

uint32_t
rd_u32(struct reader *r)
{
	int64_t v = r->num;

	if (r->kind == RD_NUM && (v < 0 || v > UINT32_MAX)) {
		rd_fail(r, "number out of range");
		return 0;
	}
	return (uint32_t)rd_num(r);
}

static const char *
read_name(struct reader *r)
{
	const char *name = r->text;

	if (r->failed || r->kind != RD_STR) {
		rd_fail(r, "a quoted name should stand here");
		return "";
	}
	rd_next(r);
	return name;
}

/* ---- maps and events ---- */

static enum map_use
read_use(struct reader *r)
{
	enum map_use use;

	for (use = MAP_USER; use <= MAP_CONST; use++)
		if (rd_take_word(r, ir_map_uses[use]))
			return use;
	rd_fail(r, "the use of a map should stand here");
	return MAP_USER;
}

/* Hex digits, as many bytes as the map's value has. */
static const void *
read_init(struct reader *r, uint32_t size)
{
	const char *hex = read_name(r);
	uint8_t *bytes;
	uint32_t i;

	if (r->failed || strlen(hex) != (size_t)size * 2) {
		rd_fail(r, "the map's value has another size");
		return NULL;
	}
	bytes = arena_alloc(r->prog->arena, size + 1);
	for (i = 0; i < size; i++)
		bytes[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 |
				     hex_digit(hex[2 * i + 1]));
	return bytes;
}

static const struct mapdef *
find_mapdef(const struct prog *p, const char *name)
{
	uint32_t i;

	for (i = 0; p->units && i < p->units->maps.n; i++)
		if (!strcmp(p->units->maps.v[i]->name, name))
			return p->units->maps.v[i];
	return NULL;
}

static bool
read_map_item(struct reader *r, struct map_spec *m)
{
	if (rd_take_word(r, "type"))
		m->type = rd_u32(r);
	else if (rd_take_word(r, "key"))
		m->key_size = rd_u32(r);
	else if (rd_take_word(r, "value"))
		m->value_size = rd_u32(r);
	else if (rd_take_word(r, "entries"))
		m->entries = rd_u32(r);
	else if (rd_take_word(r, "flags"))
		m->flags = rd_u32(r);
	else if (rd_take_word(r, "depth"))
		m->depth = rd_u32(r);
	else if (rd_take_word(r, "init"))
		m->init = read_init(r, m->value_size);
	else if (rd_take_word(r, "scalar")) {
		m->scalar = true;
		m->present_off = rd_u32(r);
	} else {
		return false;
	}
	return !r->failed;
}

static void
read_map(struct reader *r)
{
	struct prog *p = r->prog;
	struct map_spec m = { 0 };

	if (rd_u32(r) != p->maps.n)
		rd_fail(r, "maps should be numbered in order");
	m.use = read_use(r);
	m.name = read_name(r);
	while (read_map_item(r, &m))
		;
	if (m.use == MAP_USER)
		m.def = find_mapdef(p, m.name);
	*vec_push(p->arena, &p->maps) = m;
}

/* The unit of that name; one that has only a name when sema made none. */
static const struct unit *
read_unit(struct reader *r)
{
	const struct prog *p = r->prog;
	const char *name = read_name(r);
	struct unit *u;
	uint32_t i;

	for (i = 0; p->units && i < p->units->v.n; i++)
		if (!strcmp(p->units->v.v[i]->name, name))
			return p->units->v.v[i];
	for (i = 0; i < r->units.n; i++)
		if (!strcmp(r->units.v[i]->name, name))
			return r->units.v[i];
	u = arena_alloc(p->arena, sizeof(*u));
	u->name = arena_strdup(p->arena, name);
	u->index = r->units.n;
	*vec_push(p->arena, &r->units) = u;
	return u;
}

/* Stands for the type of an argument that was sent: the text has none. */
static const struct type some_type = { .kind = TY_NONE, .name = "void" };

static void
read_event_args(struct reader *r, struct event_spec *e)
{
	for (;;) {
		struct event_arg arg = { 0 };

		if (!rd_take(r, '-')) {
			if (r->failed || r->kind != RD_NUM)
				return;
			arg.type = &some_type;
			arg.off = rd_u32(r);
		}
		*vec_push(r->prog->arena, &e->args) = arg;
	}
}

static void
read_event(struct reader *r)
{
	struct prog *p = r->prog;
	struct event_spec *e = arena_alloc(p->arena, sizeof(*e));

	e->id = rd_u32(r);
	if (e->id != p->events.n)
		rd_fail(r, "events should be numbered in order");
	if (rd_take_word(r, "size"))
		e->size = rd_u32(r);
	if (rd_take_word(r, "unit"))
		e->unit = read_unit(r);
	if (rd_take_word(r, "args"))
		read_event_args(r, e);
	*vec_push(p->arena, &p->events) = e;
}

/* ---- functions ---- */

static void
read_parent(struct reader *r, struct func *f)
{
	uint32_t index = rd_u32(r);

	if (index >= f->index)
		rd_fail(r, "a parent should stand before its callbacks");
	else
		f->parent = r->prog->funcs.v[index];
}

static void
read_own(struct reader *r, struct func *f)
{
	uint32_t h = 0;

	while (h < IR_HELPERS && (ir_helpers[h].number < HELPER_OWN ||
				  ir_helpers[h].number >= HELPER_KERNEL ||
				  !rd_take_word(r, ir_helpers[h].name)))
		h++;
	if (h == IR_HELPERS || !f->parent)
		rd_fail(r, "a callback is called by a helper of its own");
	else
		ir_add_own(f->parent, h, f);
}

static void
read_far(struct reader *r, struct far *far)
{
	far->n = rd_u32(r);
	far->size = rd_u32(r);
	far->obj = rd_u32(r);
	far->off = rd_u32(r);
}

static void
read_behind(struct reader *r, struct func *f)
{
	uint32_t i = rd_u32(r);

	if (i < SHARED_ARGS)
		f->behind[i] = rd_u32(r);
	else
		rd_fail(r, "a function of the program has three parameters");
}

static bool
read_func_item(struct reader *r, struct func *f)
{
	if (rd_take_word(r, "unit"))
		f->unit = read_unit(r);
	else if (rd_take_word(r, "parent"))
		read_parent(r, f);
	else if (rd_take_word(r, "own"))
		read_own(r, f);
	else if (rd_take_word(r, "params"))
		f->nparams = (uint8_t)rd_u32(r);
	else if (rd_take_word(r, "behind"))
		read_behind(r, f);
	else if (rd_take_word(r, "stack"))
		f->stack = rd_u32(r);
	else if (rd_take_word(r, "slots"))
		f->nslots = rd_u32(r);
	else if (rd_take_word(r, "scratch"))
		f->scratch_size = rd_u32(r);
	else if (rd_take_word(r, "far"))
		read_far(r, &f->far);
	else if (rd_take_word(r, "allocated"))
		f->allocated = true;
	else
		return false;
	return !r->failed;
}

static void
read_obj(struct reader *r, struct func *f)
{
	struct obj o = { 0 };

	if (rd_u32(r) != f->objs.n)
		rd_fail(r, "objects should be numbered in order");
	if (rd_take_word(r, "size"))
		o.size = rd_u32(r);
	if (rd_take_word(r, "align"))
		o.align = rd_u32(r);
	o.pinned = rd_take_word(r, "pinned");
	o.on_stack = rd_take_word(r, "onstack");
	o.scratch = rd_take_word(r, "scratch");
	if (o.scratch || rd_take_word(r, "stack"))
		o.where = (int32_t)rd_num(r);
	*vec_push(f->arena, &f->objs) = o;
}

static void
read_func(struct reader *r)
{
	struct func *f;

	if (rd_u32(r) != r->prog->funcs.n)
		rd_fail(r, "functions should be numbered in order");
	f = ir_func(r->prog, read_name(r), NULL, NULL, 0);
	f->blks.n = 0;
	f->next_blk = 0;
	while (read_func_item(r, f))
		;
	rd_want(r, '{', "'{' should stand here");
	while (rd_take_word(r, "obj"))
		read_obj(r, f);
	rd_func_body(r, f);
	rd_want(r, '}', "'}' should stand here");
}

bool
ir_read(struct prog *p, const struct source *s, struct diag *d)
{
	struct reader r = { .prog = p, .source = s, .diag = d };

	rd_next(&r);
	while (!r.failed && r.kind != RD_END) {
		if (rd_take_word(&r, "map"))
			read_map(&r);
		else if (rd_take_word(&r, "event"))
			read_event(&r);
		else if (rd_take_word(&r, "func"))
			read_func(&r);
		else
			rd_fail(&r, "map, event or func should stand here");
	}
	return !r.failed;
}
