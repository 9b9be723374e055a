/* SPDX-License-Identifier: MIT */
/*
 * Owns --flamegraph: the maps that are keyed by stacks as a picture (Gregg,
 * The Flame Graph, 2016): a box for each frame, as wide as its share, above
 * the one that called it. The file is one SVG that needs nothing else: a
 * browser shows it, its script (flame_page.c) zooms and searches.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum {
	WIDTH = 1200,
	MARGIN = 10,
	ROW = 17,    /* height of a frame */
	TOP = 44,    /* title and buttons */
	BOTTOM = 30, /* what the pointer is at */
	LETTER = 72, /* width, tenths: of 12 pixels high, one like all others */
	DEPTH_MAX = 1100
};

struct flame { /* one per map of the program */
	const struct mapdef *def;
	struct folded folded;
};

struct picture {
	struct out out;
	int64_t total;
	unsigned rows;
	struct open { /* frames whose right end is still to come */
		const char *name;
		size_t len;
		int64_t from;
		bool kernel;
	} open[DEPTH_MAX];
	unsigned nopen;
	bool drawing; /* else: how many rows there are */
};

void
flame_keep(struct session *s, const struct mapdef *def,
	   const struct map_rows *rows, uint32_t from)
{
	struct flame *f;

	if (!s->flame)
		s->flame = calloc(s->prog->maps.n + 1, sizeof(*s->flame));
	if (!s->flame || !rows->n) /* cleared: what it was is wanted */
		return;
	for (f = s->flame; f->def && f->def != def; f++)
		;
	f->def = def;
	fold_free(&f->folded);
	fold_rows(s, def, rows, from, &f->folded);
}

void
flame_free(struct session *s)
{
	for (struct flame *f = s->flame; f && f->def; f++)
		fold_free(&f->folded);
	free(s->flame);
	s->flame = NULL;
}

/* ---- boxes ---- */

static void
put_xml(struct out *o, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		switch (s[i]) {
		case '&':
			out_puts(o, "&amp;");
			break;
		case '<':
			out_puts(o, "&lt;");
			break;
		case '>':
			out_puts(o, "&gt;");
			break;
		case '"':
			out_puts(o, "&quot;");
			break;
		default: /* XML has no other control characters */
			out_putc(o, (unsigned char)s[i] < ' ' ? '?' : s[i]);
		}
}

/* One name, one colour: warm ones, and cold ones for the kernel. */
static void
put_colour(struct out *o, const struct open *f)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < f->len; i++)
		h = (h ^ (unsigned char)f->name[i]) * 16777619u;
	if (f->kernel)
		out_printf(o, "hsl(%u,45%%,%u%%)", 190 + h % 40,
			   66 + (h >> 8) % 12);
	else
		out_printf(o, "hsl(%u,85%%,%u%%)", 12 + h % 40,
			   60 + (h >> 8) % 12);
}

/* As much of the name as there is room for; the script does the same. */
static void
put_label(struct out *o, const struct open *f, double width)
{
	size_t room = width < 6 ? 0 : (size_t)((width - 6) * 10 / LETTER);

	if (f->len <= room)
		put_xml(o, f->name, f->len);
	else if (room >= 3)
		put_xml(o, f->name, room - 2);
	if (f->len > room && room >= 3)
		out_puts(o, "..");
}

static void
put_box(struct picture *p, const struct open *f, unsigned depth, int64_t to)
{
	double unit = (double)(WIDTH - 2 * MARGIN) / (double)p->total;
	double x = MARGIN + unit * (double)f->from;
	double width = unit * (double)(to - f->from);
	unsigned y = TOP + (p->rows - 1 - depth) * ROW;
	struct out *o = &p->out;

	out_printf(o, "<g class=\"f\" data-v=\"%lld %lld %u\"><title>",
		   (long long)f->from, (long long)(to - f->from), depth);
	put_xml(o, f->name, f->len);
	out_printf(o, " (%lld, %.2f%%)</title>", (long long)(to - f->from),
		   100.0 * (double)(to - f->from) / (double)p->total);
	out_printf(o,
		   "<rect x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%d\" "
		   "fill=\"",
		   x, y, width, ROW - 1);
	put_colour(o, f);
	out_printf(o, "\"/><text x=\"%.2f\" y=\"%u\">", x + 3, y + 12);
	put_label(o, f, width);
	out_puts(o, "</text></g>\n");
}

/* ---- frames that open and close, line by line ---- */

static void
close_frames(struct picture *p, unsigned keep, int64_t at)
{
	while (p->nopen > keep) {
		p->nopen--;
		if (p->drawing)
			put_box(p, &p->open[p->nopen], p->nopen, at);
	}
}

static void
open_frame(struct picture *p, const char *name, size_t len, int64_t at)
{
	bool kernel = len && *name == FOLD_KERNEL;

	if (p->nopen == DEPTH_MAX)
		return;
	p->open[p->nopen++] = (struct open){ .name = name + kernel,
					     .len = len - kernel,
					     .from = at,
					     .kernel = kernel };
	if (p->nopen > p->rows)
		p->rows = p->nopen;
}

static bool
is_open(const struct picture *p, unsigned depth, const char *name, size_t len)
{
	const struct open *f = &p->open[depth];
	bool kernel = len && *name == FOLD_KERNEL;

	return depth < p->nopen && f->kernel == kernel &&
	       f->len == len - kernel &&
	       !memcmp(f->name, name + kernel, f->len);
}

/* The frames that a line shares with the one before stay open. */
static void
put_line(struct picture *p, unsigned depth, const char *frames, int64_t at)
{
	size_t len;

	for (; *frames; frames += len + 1) {
		len = strcspn(frames, (char[]){ FOLD_NEXT, '\0' });
		if (!is_open(p, depth, frames, len)) {
			close_frames(p, depth, at);
			open_frame(p, frames, len, at);
		}
		depth++;
	}
	close_frames(p, depth, at);
}

static unsigned
count_maps(const struct session *s)
{
	unsigned n = 0;

	for (const struct flame *f = s->flame; f && f->def; f++)
		n++;
	return n;
}

/* All lines, under one frame for all, and one for each of several maps. */
static void
walk(struct picture *p, const struct session *s)
{
	bool several = count_maps(s) > 1;
	int64_t at = 0;

	open_frame(p, "all", 3, 0);
	for (const struct flame *f = s->flame; f && f->def; f++) {
		if (several) {
			close_frames(p, 1, at);
			open_frame(p, f->def->name, strlen(f->def->name), at);
		}
		for (uint32_t i = 0; i < f->folded.n; i++) {
			if (f->folded.v[i].count <= 0)
				continue;
			put_line(p, 1 + several, f->folded.v[i].frames, at);
			at += f->folded.v[i].count;
		}
	}
	close_frames(p, 0, at);
	p->total = at;
}

/* ---- the file ---- */

static bool
save(struct session *s, struct out *o)
{
	const char *path = s->opts->flamegraph;
	int fd = create_file(s->arena, path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool good = f && fwrite(o->buf.s, 1, o->buf.n, f) == o->buf.n;

	if (f && fclose(f))
		good = false;
	if (!good)
		session_error(s, "Failed to write \"%s\": %s", path,
			      strerror(errno));
	return good;
}

static void
put_page(struct picture *p, const struct session *s)
{
	unsigned height;

	walk(p, s);
	height = TOP + p->rows * ROW + BOTTOM;
	out_printf(&p->out,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		   "height=\"%u\" viewBox=\"0 0 %d %u\">\n",
		   WIDTH, height, WIDTH, height);
	flame_page(&p->out, WIDTH, height, p->total);
	p->drawing = p->total > 0;
	walk(p, s);
	out_puts(&p->out, "</svg>\n");
}

/* What is in the maps at the end; of those that were cleared, the last that
 * was printed. */
bool
flame_write(struct session *s)
{
	struct picture *p;
	bool good;

	for (uint32_t i = 0; i < s->prog->maps.n; i++) {
		const struct map_spec *m = &s->prog->maps.v[i];
		struct map_rows rows = { 0 };

		if (m->use != MAP_USER || !fold_is(m->def))
			continue;
		maps_read(s, m, &rows);
		flame_keep(s, m->def, &rows, 0);
		maps_free_rows(&rows);
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		return false;
	p->out = (struct out){ .fd = -1, .session = s };
	put_page(p, s);
	good = save(s, &p->out);
	sbuf_free(&p->out.buf);
	free(p);
	return good;
}
