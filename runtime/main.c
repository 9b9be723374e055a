/* SPDX-License-Identifier: MIT */
/*
 * Owns the process: the table of passes that turns a script into an image, and
 * the way from options into it and from there into a session. The only file
 * that exits.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compile.h"

static bool
parse_unit(struct compile *c)
{
	return parse_source(&c->ast, c->script, &c->in.params, &c->diag);
}

static bool
expand(struct compile *c)
{
	return sema_expand(&c->in);
}

static bool
check(struct compile *c)
{
	compile_find_headers(c);
	return sema_check(&c->in) && options_settle(&c->options, &c->diag);
}

static bool
lower(struct compile *c)
{
	c->prog.ast = &c->ast;
	c->prog.units = c->ast.units;
	if (!c->opts.debug && !c->opts.check && !c->opts.compile_only &&
	    !testing_select(c->ast.units, &c->opts, &c->diag, &c->unattached))
		return false;
	return ir_lower(&c->in, &c->prog);
}

static bool
encode(struct compile *c)
{
	c->image.arena = &c->arena;
	c->image.prog = &c->prog;
	return gen_encode(&c->prog, &c->image);
}

static void
print_ast(const struct compile *c, struct sbuf *out)
{
	ast_print(&c->ast, out);
}

static void
print_ir(const struct compile *c, struct sbuf *out)
{
	ir_print(&c->prog, out);
}

static void
print_bpf(const struct compile *c, struct sbuf *out)
{
	gen_print(&c->image, out);
}

/* A pass works on the whole compilation, or on the program alone. */
struct pass {
	const char *name;
	bool (*run)(struct compile *c);
	bool (*ir)(struct prog *p); /* verified afterwards */
	const char *stage;          /* -d STAGE prints what it leaves */
	void (*print)(const struct compile *c, struct sbuf *out);
};

/* clang-format off */
static const struct pass pipeline[] = {
	/* name      run         ir         -d stage  printer */
	{ "parse",  parse_unit,  NULL,      "ast",    print_ast },
	{ "expand", expand,      NULL,      NULL,     print_ast },
	{ "check",  check,       NULL,      "sema",   print_ast },
	{ "lower",  lower,       NULL,      NULL,     print_ir  },
	{ "fold",   NULL,        ir_fold,   NULL,     print_ir  },
	{ "gvn",    NULL,        ir_gvn,    NULL,     print_ir  },
	{ "dce",    NULL,        ir_dce,    NULL,     print_ir  },
	{ "blur",   NULL,        ir_blur,   NULL,     print_ir  },
	{ "gate",   NULL,        ir_gate,   "ir",     print_ir  },
	{ "place",  NULL,        ir_place,  NULL,     print_ir  },
	{ "select", NULL,        ir_select, NULL,     print_ir  },
	{ "spill",  NULL,        ir_spill,  NULL,     print_ir  },
	{ "assign", NULL,        ir_assign, NULL,     print_ir  },
	{ "layout", NULL,        ir_layout, "ra",     print_ir  },
	{ "encode", encode,      NULL,      "bpf",    print_bpf },
};

/* Upstream's names for -d, and the stage that is nearest. */
static const struct { const char *theirs, *ours; } stage_names[] = {
	{ "types",       "sema" },
	{ "codegen",     "ir"   },
	{ "LLVMIR",      "ir"   },
	{ "codegen-opt", "ra"   },
	{ "verifier",    "bpf"  },
	{ "libbpf",      "bpf"  },
	{ "dis",         "bpf"  },
};
/* clang-format on */

enum { PASS_LOWER = 3, PASS_LAYOUT = 13 };

/* Whether one of -d's stages, "STAGE" or "STAGE=PASS", asks for this pass. */
static bool
stage_asks(const char *word, size_t n, const struct pass *p)
{
	const char *eq = memchr(word, '=', n);

	if (eq) {
		size_t len = n - (size_t)(eq + 1 - word);

		return strlen(p->name) == len && !memcmp(eq + 1, p->name, len);
	}
	if (n == 3 && !memcmp(word, "all", n))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(stage_names); i++)
		if (strlen(stage_names[i].theirs) == n &&
		    !memcmp(stage_names[i].theirs, word, n))
			return stage_asks(stage_names[i].ours,
					  strlen(stage_names[i].ours), p);
	return p->stage && strlen(p->stage) == n && !memcmp(word, p->stage, n);
}

static bool
is_asked(const char *debug, const struct pass *p)
{
	while (debug && *debug) {
		size_t n = strcspn(debug, ",");

		if (stage_asks(debug, n, p))
			return true;
		debug += n + (debug[n] == ',');
	}
	return false;
}

/* "ir=read", "ra=read": IR text as it was read, before any pass. */
static bool
asks_read(const char *debug)
{
	return !strcmp(debug, "ir=read") || !strcmp(debug, "ra=read");
}

/* Who asks for a stage of another compiler gets a note with ours. */
static void
note_stage(const char *word, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(stage_names); i++)
		if (strlen(stage_names[i].theirs) == n &&
		    !memcmp(stage_names[i].theirs, word, n))
			fprintf(stderr,
				"NOTE: there is no LLVM here; -d %s shows what "
				"-d %s does\n",
				stage_names[i].theirs, stage_names[i].ours);
}

/* Whether -d's stages all exist; names the first that does not. */
static bool
check_stages(const char *debug)
{
	if (debug && asks_read(debug))
		return true;
	while (debug && *debug) {
		size_t n = strcspn(debug, ","), i = 0;

		while (i < ARRAY_LEN(pipeline) &&
		       !stage_asks(debug, n, &pipeline[i]))
			i++;
		if (i == ARRAY_LEN(pipeline)) {
			fprintf(stderr,
				"ERROR: USAGE: invalid option for -d: %.*s\n",
				(int)n, debug);
			return false;
		}
		note_stage(debug, n);
		debug += n + (debug[n] == ',');
	}
	return true;
}

static void
print_stage(const struct compile *c, const struct pass *p)
{
	struct sbuf text = { 0 };

	p->print(c, &text);
	if (c->opts.debug && !strcmp(c->opts.debug, "all"))
		printf("; after %s\n", p->name);
	fwrite(text.s, 1, text.n, stdout);
	sbuf_free(&text);
}

static void
flush_diag(struct compile *c)
{
	struct sbuf text = { 0 };

	fflush(stdout);
	diag_flush(&c->diag, &text);
	if (text.n)
		fwrite(text.s, 1, text.n, stderr);
	sbuf_free(&text);
}

#ifdef __SANITIZE_ADDRESS__
enum { VERIFY_EACH = true };
#else
enum { VERIFY_EACH = false };
#endif

/*
 * Is the program verified after this pass? Doing so after each is a fourth of
 * the time to compile a long script, and once, at the end, still a twentieth:
 * every value is followed to every use. What it finds are mistakes of passes,
 * which scripts that were not compiled before hardly ever show, so who looks
 * for them pays: dumps, sanitized builds, unit tests, tests/vm (each script of
 * the language) and tests/fuzz verify after each pass, -d bpf at the end. What
 * is only run does not; there the kernel's own verifier stands behind it.
 */
static bool
is_verified(const struct compile *c, size_t i)
{
	const char *debug = c->opts.debug;

	if (VERIFY_EACH || (debug && strcmp(debug, "bpf") != 0))
		return pipeline[i].ir || i == PASS_LOWER;
	return debug && i == PASS_LAYOUT;
}

/* Run the passes from `first` on; with -d until nothing more is asked for. */
static bool
run_passes(struct compile *c, size_t first)
{
	size_t last = ARRAY_LEN(pipeline);

	if (c->opts.debug)
		while (last > first &&
		       !is_asked(c->opts.debug, &pipeline[last - 1]))
			last--;
	for (size_t i = first; i < last; i++) {
		const struct pass *p = &pipeline[i];

		if (!(p->ir ? p->ir(&c->prog) : p->run(c)))
			return false;
		if (c->diag.errors)
			return false;
		if (is_verified(c, i) && !ir_verify(&c->prog))
			return false;
		if (is_asked(c->opts.debug, p))
			print_stage(c, p);
	}
	return true;
}

/* ---- getting ready ---- */

static char *
read_all(int fd, size_t *n)
{
	struct sbuf b = { 0 };
	char chunk[8192];
	ssize_t got;

	while ((got = read(fd, chunk, sizeof(chunk))) > 0)
		sbuf_add(&b, chunk, (size_t)got);
	if (got < 0) {
		sbuf_free(&b);
		return NULL;
	}
	sbuf_puts(&b, "");
	*n = b.n;
	return b.s;
}

/* The script's text as a source; false: reported. */
static bool
read_script(struct compile *c)
{
	const char *path = c->opts.script_path;
	FILE *f = stdin;
	size_t n = 0;
	char *text;

	if (c->opts.program) {
		c->script =
			source_add(&c->arena, &c->sources, "stdin",
				   c->opts.program, strlen(c->opts.program));
		return true;
	}
	if (strcmp(path, "-"))
		f = fopen(path, "re");
	else
		path = "stdin";
	text = f ? read_all(fileno(f), &n) : NULL;
	if (f && f != stdin)
		fclose(f);
	if (!text)
		return diag_plain(&c->diag,
				  "ERROR: failed to open file '%s': %s%s", path,
				  strerror(errno),
				  strpbrk(path, "{:")
					  ? "\nHINT: a program's text needs -e"
					  : "");
	c->script = source_add(&c->arena, &c->sources, path, text, n);
	free(text);
	return true;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* A FILE of IR text enters the pipeline behind its making. */
static bool
compile_ir(struct compile *c)
{
	size_t first = PASS_LOWER + 1;

	if (!c->opts.debug) {
		fprintf(stderr, "ERROR: USAGE: an .ir file needs -d.\n");
		return false;
	}
	if (!ir_read(&c->prog, c->script, &c->diag))
		return false;
	if (c->prog.funcs.n && c->prog.funcs.v[0]->allocated)
		first = PASS_LAYOUT + 1;
	if (!ir_verify(&c->prog))
		return false;
	if (asks_read(c->opts.debug)) {
		print_stage(c, &pipeline[PASS_LOWER]);
		return true;
	}
	return run_passes(c, first);
}

struct listed {
	struct out out;
	bool any;
};

static void
print_line(void *arg, const char *text)
{
	struct listed *l = arg;

	l->any = true;
	l->out.buf.n = 0;
	out_foreign(&l->out, text, strlen(text));
	printf("%.*s\n", (int)l->out.buf.n, l->out.buf.s);
}

/* What the attach points of a script match, in source order. */
static bool
list_script(struct compile *c)
{
	struct listed all = { .out = { .escape = c->opts.escape } };
	const struct unit_list *units;

	if (!read_script(c) || !parse_unit(c) || !expand(c))
		return false;
	units = c->ast.units;
	for (uint32_t i = 0; units && i < units->v.n; i++)
		probe_list_unit(&c->in, units->v.v[i], c->opts.verbose,
				print_line, &all);
	sbuf_free(&all.out.buf);
	return true;
}

static int
list(struct compile *c)
{
	struct listed all = { .out = { .escape = c->opts.escape } };
	const char *pattern = c->opts.pattern;
	bool ok;

	if (pattern && !access(pattern, F_OK)) {
		c->opts.script_path = pattern;
		ok = list_script(c);
	} else if (c->opts.program) {
		ok = list_script(c);
	} else {
		if (pattern && ends_with(pattern, ".bt"))
			fprintf(stderr,
				"WARNING: It appears that '%s' is a filename "
				"but the file does not exist. Treating '%s' as "
				"a search pattern.\n",
				pattern, pattern);
		ok = probe_list(&c->in, pattern, c->opts.verbose, print_line,
				&all);
		sbuf_free(&all.out.buf);
		/* Scripts that read the list want silence. */
		if (ok && !all.any && isatty(STDERR_FILENO))
			fprintf(stderr, "No probe matches.\n");
	}
	flush_diag(c);
	return ok ? 0 : 1;
}

/* --fmt: the script's text anew, or nothing when it has mistakes. */
static bool
format(struct compile *c)
{
	const char *to = c->opts.output;
	struct sbuf text = { 0 };
	bool ok;

	if (!parse_unit(c) || c->diag.errors)
		return false;
	ast_format(&c->ast, c->script, &text);
	if (to)
		ok = rewrite_file(&c->arena, to, text.s, text.n);
	else
		ok = fwrite(text.s, 1, text.n, stdout) == text.n;
	if (!ok && to)
		fprintf(stderr, "ERROR: Failed to write \"%s\": %s\n", to,
			strerror(errno));
	sbuf_free(&text);
	return ok;
}

/* --info: privileges and output as for a trace. */
static int
info(struct compile *c)
{
	struct session s = {
		.arena = &c->arena,
		.opts = &c->opts,
		.in = &c->in,
		.prog = &c->prog,
		.image = &c->image,
	};
	int status;
	bool ready;

	c->opts.output = NULL; /* is the script's */
	ready = session_init(&s) && session_open_output(&s);
	if (ready)
		info_print(s.out, &c->arena, options_version());
	status = ready ? out_status(s.out, NULL, 0) : 1;
	session_free(&s);
	return status;
}

/* Compile with a session at hand: the child of -c gives a constant. */
/* For the running kernel: once more from the typed tree when it lacks what
 * the code makes use of. Only a script with loops asks. */
static bool
compile_here(struct compile *c)
{
	uint32_t needs, lacks;

	if (!run_passes(c, 0))
		return false;
	needs = ir_needs(&c->prog);
	lacks = needs && !c->opts.compile_only ? info_lacks(needs) : 0;
	if (!lacks)
		return true;
	c->in.without |= lacks;
	compile_restart(c);
	return run_passes(c, PASS_LOWER);
}

static int
trace(struct compile *c)
{
	struct session s = {
		.arena = &c->arena,
		.opts = &c->opts,
		.in = &c->in,
		.config = &c->config,
		.prog = &c->prog,
		.image = &c->image,
	};
	int status = 1;
	bool ready;

	if (!c->opts.no_warnings)
		hints_version(c->kernel.paths.version);
	ready = session_init(&s);
	c->in.cpid = (uint64_t)s.child;
	if (ready && compile_here(c)) {
		flush_diag(c);
		compile_forget(c);
		status = c->opts.compile_only ? 0 : session_main(&s);
	}
	flush_diag(c);
	if (c->diag.errors || status == STATUS_LOAD)
		hints_print(status == STATUS_LOAD);
	session_free(&s);
	return c->unattached ? STATUS_LOAD : status;
}

static void
count_probes(const struct compile *c, struct checked *r)
{
	const struct unit_list *units = c->prog.units;

	for (uint32_t i = 0; units && i < units->v.n; i++)
		r->probes += units->v.v[i]->targets.n;
	r->programs = c->image.progs.n;
	for (uint32_t i = 0; i < c->image.progs.n; i++)
		r->insns += c->image.progs.v[i].ninsns;
}

/* --check of one script; the exit status that it alone would give. */
static int
check_script(const struct options *opts, const char *path, struct out *out)
{
	struct compile c = { .opts = *opts };
	struct checked r = { .script = path ? path : "stdin", .diag = &c.diag };
	int status = 2;

	c.opts.script_path = path;
	if (compile_init_options(&c)) {
		status = 1;
		if (read_script(&c)) {
			r.ok = run_passes(&c, 0) && !c.diag.errors;
			status = r.ok ? 0 : c.diag.foreign ? 2 : 1;
		}
		if (r.ok)
			count_probes(&c, &r);
		check_print(out, &r);
		if (!out->json)
			flush_diag(&c);
	}
	compile_free(&c);
	return status;
}

/* All scripts of --check; the highest status of any. */
static int
check_scripts(struct compile *c)
{
	struct out out = { .fd = STDOUT_FILENO, .json = c->opts.json };
	int status = 0;

	if (c->opts.program)
		status = check_script(&c->opts, NULL, &out);
	for (uint32_t i = 0; i < c->opts.scripts.n; i++) {
		int s = check_script(&c->opts, c->opts.scripts.v[i], &out);

		if (s > status)
			status = s;
	}
	status = out_status(&out, NULL, status);
	sbuf_free(&out.buf);
	return status;
}

/* ---- --mode compiler-bench ---- */

/* Compile a script once more and add what each pass took. */
static bool
time_passes(const struct compile *with, uint64_t *took)
{
	const struct source *text = with->script;
	struct compile c = { .opts = with->opts };
	bool ok = compile_init_options(&c);

	c.script = source_add(&c.arena, &c.sources, text->name, text->text,
			      text->len);
	for (size_t i = 0; ok && i < ARRAY_LEN(pipeline); i++) {
		uint64_t start = testing_now();

		ok = pipeline[i].ir ? pipeline[i].ir(&c.prog)
				    : pipeline[i].run(&c);
		ok = ok && !c.diag.errors;
		took[i] += testing_now() - start;
	}
	if (!ok)
		flush_diag(&c);
	compile_free(&c);
	return ok;
}

/* For a second: per pass the rounds, their time and the mean in ns. */
static bool
bench_compiler(const struct compile *c)
{
	uint64_t took[ARRAY_LEN(pipeline)] = { 0 }, total = 0, rounds = 0;
	uint64_t end = testing_now() + 1000000000;

	for (; testing_now() < end; rounds++)
		if (!time_passes(c, took))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(pipeline); i++) {
		printf("%-30s%-8" PRIu64 "%-12" PRIu64 "%" PRIu64 " ns\n",
		       pipeline[i].name, rounds, took[i], took[i] / rounds);
		total += took[i];
	}
	printf("%-30s%-8" PRIu64 "%-12" PRIu64 "%" PRIu64 " ns\n", "total",
	       rounds, total, total / rounds);
	return true;
}

static int
run(struct compile *c)
{
	bool ok;

	if (!check_stages(c->opts.debug))
		return 1;
	if (getpid() == 1)
		kernel_mount_first();
	if (c->opts.check)
		return check_scripts(c);
	if (!compile_init_options(c))
		return 2;
	if (c->opts.info)
		return info(c);
	if (c->opts.list)
		return list(c);
	if (!read_script(c)) {
		flush_diag(c);
		return 1;
	}
	if (c->opts.fmt)
		ok = format(c);
	else if (c->opts.script_path && ends_with(c->opts.script_path, ".ir"))
		ok = compile_ir(c);
	else if (c->opts.debug)
		ok = run_passes(c, 0);
	else if (c->opts.compiler_bench)
		ok = bench_compiler(c);
	else
		return trace(c);
	flush_diag(c);
	return ok ? 0 : 1;
}

/*
 * A standard stream that was closed would be the number of the next file that
 * is opened, and what is printed would go there: it becomes one of which every
 * use fails.
 */
static void
hold_streams(void)
{
	struct pollfd streams[] = { { .fd = STDIN_FILENO },
				    { .fd = STDOUT_FILENO },
				    { .fd = STDERR_FILENO } };

	if (poll(streams, ARRAY_LEN(streams), 0) <= 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(streams); i++)
		if (streams[i].revents & POLLNVAL)
			open("/", O_PATH | O_DIRECTORY); /* the lowest free */
}

int
main(int argc, char **argv)
{
	struct compile c = { 0 };
	int status = 1;

	hold_streams();

	switch (options_parse(&c.opts, &c.arena, argc, argv)) {
	case OPTIONS_DONE:
		status = 0;
		break;
	case OPTIONS_BAD:
		break;
	case OPTIONS_RUN:
		status = run(&c);
		if (c.diag.foreign)
			status = 2;
		break;
	}
	compile_free(&c);
	return out_status(NULL, NULL, status);
}
