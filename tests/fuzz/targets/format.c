/* SPDX-License-Identifier: MIT */
/*
 * An event's format file, as tracefs has it or as a directory given by
 * --kernel: its fields, and a script that reads all of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../compile.h"
#include "../target.h"

const char *const fuzz_corpus[] = {
	"tests/fixtures/*/tracefs/events/*/*/format", NULL
};

/* DIR/events/c/e/format, and all of it away again. */
static void
place(const char *dir, const unsigned char *data, size_t n, bool add)
{
	static const char *const parts[] = { "", "/events", "/events/c",
					     "/events/c/e" };
	char path[128];
	FILE *f;

	for (size_t i = 0; add && i < ARRAY_LEN(parts); i++) {
		snprintf(path, sizeof(path), "%s%s", dir, parts[i]);
		mkdir(path, 0700);
	}
	snprintf(path, sizeof(path), "%s/events/c/e/format", dir);
	if (add) {
		f = fopen(path, "we");
		if (!f || fwrite(data, 1, n, f) != n || fclose(f))
			abort();
		return;
	}
	unlink(path);
	for (size_t i = ARRAY_LEN(parts); i-- > 0;) {
		snprintf(path, sizeof(path), "%s%s", dir, parts[i]);
		rmdir(path);
	}
}

static void
use(struct compile *w, const char *dir)
{
	struct kernel_paths paths = w->kernel.paths;
	const struct trace_event *e;
	struct sbuf script = { 0 };

	paths.tracefs = dir;
	kernel_init(&w->kernel, &w->arena, &paths);
	e = kernel_event(&w->kernel, "c", "e");
	if (!e)
		return;
	sbuf_puts(&script, "tracepoint:c:e { print(args); ");
	for (uint32_t i = 0; i < e->fields.n && i < 50; i++)
		sbuf_printf(&script, "print(args.%s); @[args.%s] = 1; ",
			    e->fields.v[i].name, e->fields.v[i].name);
	sbuf_puts(&script, "}");
	w->script = source_add(&w->arena, &w->sources, "format.bt", script.s,
			       script.n);
	sbuf_free(&script);
	work_compile(w);
}

void
fuzz_one(const unsigned char *data, size_t n)
{
	struct compile *w = calloc(1, sizeof(*w));
	struct sbuf messages = { 0 };
	char dir[64];

	if (!w)
		return;
	snprintf(dir, sizeof(dir), "/tmp/fuzz-format-%d", (int)getpid());
	place(dir, data, n, true);
	work_init(w, "", 0);
	use(w, dir);
	diag_flush(&w->diag, &messages);
	sbuf_free(&messages);
	compile_free(w);
	free(w);
	place(dir, data, n, false);
}
