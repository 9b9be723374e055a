/* SPDX-License-Identifier: MIT */
/*
 * Owns the command line (REFERENCE 9.1): argv in, struct options out. getopt
 * does the GNU manners; arguments that are no options are collected in order
 * because options may follow the script's name.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

#define JIFFY_VERSION "0.1.0"

enum {
	OPT_INFO = 256,
	OPT_FMT,
	OPT_UNSAFE,
	OPT_NO_WARNINGS,
	OPT_MISSING_PROBES,
	OPT_DRY_RUN,
	OPT_INCLUDE,
	OPT_KERNEL,
	OPT_MODE,
	OPT_TEST,
	OPT_BENCH,
	OPT_PROBE_FILTER,
	OPT_CHECK,
	OPT_WAIT_DETACH,
	OPT_TIMEOUT,
	OPT_FLAMEGRAPH,
	OPT_READY_FD,
	OPT_QUIET_MAPS,
	OPT_STRICT,
	OPT_CHILD_STATUS,
	OPT_FOLLOW,
	OPT_ESCAPE,
	OPT_NO_FEATURE,
	OPT_DEBUGINFO,
	OPT_TRACEABLE,
	OPT_DWARF_PID,
	OPT_IGNORED, /* accepted, without effect */
	OPT_IGNORED_ARG,
	OPT_EMIT_ELF,
	OPT_AOT,
	PID_LIMIT = 0x400000,
	SHARED_OPTIONS = 30, /* which bpftrace has, too */
};

/* Ordered: messages name them so. */
/* clang-format off */
static const struct option long_options[] = {
	{ "aot",                 required_argument, NULL, OPT_AOT },
	{ "bench",               no_argument,       NULL, OPT_BENCH },
	{ "btf",                 optional_argument, NULL, 'b' },
	{ "cmd",                 required_argument, NULL, 'c' },
	{ "debug",               required_argument, NULL, 'd' },
	{ "debuginfo",           required_argument, NULL, OPT_DEBUGINFO },
	{ "dry-run",             no_argument,       NULL, OPT_DRY_RUN },
	{ "dwarf-pid",           required_argument, NULL, OPT_DWARF_PID },
	{ "emit-elf",            required_argument, NULL, OPT_EMIT_ELF },
	{ "emit-llvm",           required_argument, NULL, OPT_IGNORED_ARG },
	{ "fmt",                 no_argument,       NULL, OPT_FMT },
	{ "help",                no_argument,       NULL, 'h' },
	{ "include",             required_argument, NULL, OPT_INCLUDE },
	{ "info",                no_argument,       NULL, OPT_INFO },
	{ "list",                no_argument,       NULL, 'l' },
	{ "mode",                required_argument, NULL, OPT_MODE },
	{ "no-feature",          required_argument, NULL, OPT_NO_FEATURE },
	{ "no-warnings",         no_argument,       NULL, OPT_NO_WARNINGS },
	{ "output",              required_argument, NULL, 'o' },
	{ "pid",                 required_argument, NULL, 'p' },
	{ "probe-filter",        required_argument, NULL, OPT_PROBE_FILTER },
	{ "quiet",               no_argument,       NULL, 'q' },
	{ "test",                no_argument,       NULL, OPT_TEST },
	{ "traceable-functions", required_argument, NULL, OPT_TRACEABLE },
	{ "unsafe",              no_argument,       NULL, OPT_UNSAFE },
	{ "usdt-file-activation", no_argument,      NULL, OPT_IGNORED },
	{ "verbose",             no_argument,       NULL, 'v' },
	{ "verify-llvm-ir",      no_argument,       NULL, OPT_IGNORED },
	{ "version",             no_argument,       NULL, 'V' },
	{ "warnings",            no_argument,       NULL, 'k' },
	/* bpftrace has none of these */
	{ "check",               no_argument,       NULL, OPT_CHECK },
	{ "child-status",        no_argument,       NULL, OPT_CHILD_STATUS },
	{ "escape",              no_argument,       NULL, OPT_ESCAPE },
	{ "flamegraph",          required_argument, NULL, OPT_FLAMEGRAPH },
	{ "follow",              no_argument,       NULL, OPT_FOLLOW },
	{ "kernel",              required_argument, NULL, OPT_KERNEL },
	{ "missing-probes",      required_argument, NULL, OPT_MISSING_PROBES },
	{ "quiet-maps",          no_argument,       NULL, OPT_QUIET_MAPS },
	{ "ready-fd",            required_argument, NULL, OPT_READY_FD },
	{ "strict",              no_argument,       NULL, OPT_STRICT },
	{ "timeout",             required_argument, NULL, OPT_TIMEOUT },
	{ "wait-detach",         no_argument,       NULL, OPT_WAIT_DETACH },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
"USAGE:\n"
"    %1$s [options] FILE [args]\n"
"    %1$s [options] - [args]             program on standard input\n"
"    %1$s [options] -e 'PROGRAM' [args]\n"
"\n"
"OPTIONS:\n"
"    -e PROGRAM          run this program text\n"
"    -l, --list [PAT]    list probes, or what a script's probes match\n"
"    -p, --pid PID       limit to a process, end with it\n"
"    -c, --cmd COMMAND   run a command, end with it\n"
"        --follow        with -p or -c: all its descendants, too\n"
"    -o, --output FILE   the script's output goes there\n"
"    -f FORMAT           output format: text, json; folded: maps keyed by\n"
"                        stacks as lines for flame graph tools\n"
"        --flamegraph F  draw them at the end: F.svg, for a browser\n"
"    -B MODE             output buffering: line, full, none\n"
"        --escape        show control characters in names and strings\n"
"    -I DIR              search C headers there\n"
"        --include FILE  as #include FILE before the script\n"
"        --unsafe        permit system(), signal() and the like\n"
"    -q, --quiet         no attach notice\n"
"    -v, --verbose       tell more; with -l: parameters\n"
"    -k, --warnings      show failing reads and lookups as well\n"
"        --no-warnings   show no warnings\n"
"        --missing-probes error, warn or ignore: what cannot be attached\n"
"        --quiet-maps    print no maps at the end\n"
"        --strict        end with status 3 if anything was lost or cut\n"
"        --timeout TIME  end after 5 (seconds), 500ms, 2m or 1h\n"
"        --ready-fd N    write a byte to descriptor N once all is attached\n"
"        --child-status  end with the status of the command of -c\n"
"        --dry-run       attach, then leave\n"
"        --test          run the script's test probes, --bench its bench\n"
"        --bench         probes; --probe-filter REGEX: some of them\n"
"        --wait-detach   end only when the kernel has let go of all probes\n"
"        --no-feature F  do without kprobe_multi, uprobe_multi,\n"
"                        attach_cookie, raw_tracepoint, perf_tracepoint,\n"
"                        ksym_iter, loop or for_each_map_elem (a\n"
"                        comma list)\n"
"        --debuginfo D   look for separate debug files there (D[:D...])\n"
"        --traceable-functions F\n"
"                        a copy of available_filter_functions\n"
"        --info          what this kernel can do; with -f json too\n"
"        --fmt           print the script formatted; with -o, rewrite it\n"
"    -h, --help          this text\n"
"    -V, --version       the version\n"
"\n"
"LOOKING INSIDE (no root needed):\n"
"    -d STAGE[=PASS]     print ast, sema, ir, ra, bpf or all, and leave\n"
"        --check FILE... compile scripts, run none; -f json for the messages\n"
"        --kernel DIR    ask DIR/tracefs, DIR/kallsyms and DIR/btf\n"
"                        instead of the running kernel\n"
"        --btf=FILE      kernel types from FILE\n"
"\n"
"EXAMPLES:\n"
"    %1$s -l '*sleep*'\n"
"    %1$s -e 'tracepoint:syscalls:sys_enter_openat"
" { printf(\"%%s\\n\", str(args.filename)) }'\n"
"    %1$s -e 'rawtracepoint:sys_enter { @[comm] = count(); }'\n";
/* clang-format on */

static void
help(FILE *to)
{
	fprintf(to, usage, "jiffy");
}

static enum options_result
bad(const char *text, bool with_help)
{
	fprintf(stderr, "ERROR: %s\n", text);
	if (with_help)
		help(stderr);
	return OPTIONS_BAD;
}

static enum options_result
set_pid(int *pid, struct arena *a, const char *text)
{
	const char *digits = text + strspn(text, " \t");
	bool minus = *digits == '-';
	const char *wrong;
	uint64_t v = 0;

	*pid = 0;
	if (!*text) /* as if it was not given */
		return OPTIONS_RUN;
	digits += minus || *digits == '+';
	wrong = lex_integer(a, digits, strlen(digits), true, &v);
	if (wrong)
		return bad(arena_printf(a, "Failed to parse pid: %.*s: %s",
					(int)strcspn(wrong, ":"), wrong, text),
			   false);
	if (minus)
		v = -v;
	if (v > PID_LIMIT)
		return bad(arena_printf(a, "Pid out of range: %" PRIu64, v),
			   false);
	if (!v)
		return bad("Failed to attach to pid: Unable to open pidfd "
			   "(Invalid argument)",
			   false);
	*pid = (int)v;
	return OPTIONS_RUN;
}

/* "5" seconds, or with a unit as in scripts. */
static enum options_result
set_timeout(struct options *o, const char *text)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "", 1000000000 },   { "s", 1000000000 },
		{ "ms", 1000000 },    { "us", 1000 },
		{ "m", 60000000000 }, { "h", 3600000000000 },
	};
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 10);
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (end != text && *text != '-' &&
		    !strcmp(end, units[i].name) && !errno && v &&
		    v <= INT64_MAX / units[i].ns) {
			o->timeout = v * units[i].ns;
			return OPTIONS_RUN;
		}
	fprintf(stderr,
		"ERROR: Invalid duration \"%s\"\n"
		"Valid durations: 5 (seconds), 5s, 500ms, 10us, 2m, 1h\n",
		text);
	return OPTIONS_BAD;
}

static enum options_result
set_ready_fd(struct options *o, const char *text)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (end != text && !*end && v > 0 && v <= INT_MAX &&
	    fcntl((int)v, F_GETFD) >= 0) {
		o->ready_fd = (int)v;
		fcntl(o->ready_fd, F_SETFD, FD_CLOEXEC);
		return OPTIONS_RUN;
	}
	fprintf(stderr, "ERROR: --ready-fd: \"%s\" is no open descriptor\n",
		text);
	return OPTIONS_BAD;
}

static enum options_result
set_format(struct options *o, const char *text)
{
	o->json = !strcmp(text, "json");
	o->folded = !strcmp(text, "folded");
	if (o->json || o->folded || !*text || !strcmp(text, "text"))
		return OPTIONS_RUN;
	fprintf(stderr,
		"ERROR: Invalid output format \"%s\"\n"
		"Valid formats: 'text', 'json'\n",
		text);
	return OPTIONS_BAD;
}

static enum options_result
set_buffering(struct options *o, const char *text)
{
	static const struct {
		const char *name;
		enum out_buffering mode;
	} modes[] = {
		{ "line", OUT_LINE },
		{ "full", OUT_FULL },
		{ "none", OUT_NONE },
	};

	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (!strcmp(text, modes[i].name)) {
			o->buffering = modes[i].mode;
			return OPTIONS_RUN;
		}
	return bad("USAGE: -B must be either 'line', 'full', or 'none'.",
		   false);
}

/* One of the options that say what to do with the script: only one. */
static enum options_result
run_mode(struct options *o, const char *option, enum run_mode mode)
{
	if (o->fmt || o->compile_only || o->compiler_bench ||
	    o->mode != RUN_TRACE) {
		fprintf(stderr,
			"ERROR: USAGE: %s conflicts with existing --mode\n",
			option);
		return OPTIONS_BAD;
	}
	o->mode = mode;
	return OPTIONS_RUN;
}

static enum options_result
set_mode(struct options *o, const char *text)
{
	o->fmt = o->compile_only = o->compiler_bench = false; /* the last */
	o->mode = RUN_TRACE;
	if (!strcmp(text, "test") || !strcmp(text, "bench"))
		return run_mode(o, "--mode",
				*text == 't' ? RUN_TEST : RUN_BENCH);
	if (!strcmp(text, "codegen")) {
		o->compile_only = true;
		return OPTIONS_RUN;
	}
	if (!strcmp(text, "format")) {
		o->fmt = true;
		return OPTIONS_RUN;
	}
	if (!strcmp(text, "compiler-bench")) {
		o->compiler_bench = true;
		return OPTIONS_RUN;
	}
	return bad("USAGE: --mode can only be 'codegen', 'compiler-bench', "
		   "'bench', 'test' or 'format'.",
		   false);
}

/* A comma list of names; the message is upstream's, which has the first
 * three. */
static enum options_result
set_without(struct options *o, const char *list)
{
	static const struct {
		const char *name;
		enum feature feature;
	} known[] = {
		{ "kprobe_multi", FEAT_KPROBE_MULTI },
		{ "kprobe_session", FEAT_KPROBE_SESSION },
		{ "uprobe_multi", FEAT_UPROBE_MULTI },
		{ "attach_cookie", FEAT_ATTACH_COOKIE },
		{ "raw_tracepoint", FEAT_RAW_TRACEPOINT },
		{ "perf_tracepoint", FEAT_PERF_TRACEPOINT },
		{ "ksym_iter", FEAT_KSYM_ITER },
		{ "loop", FEAT_LOOP },
		{ "for_each_map_elem", FEAT_FOR_EACH },
	};

	for (size_t n, i; *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		for (i = 0; i < ARRAY_LEN(known); i++)
			if (strlen(known[i].name) == n &&
			    !memcmp(known[i].name, list, n))
				break;
		if (i == ARRAY_LEN(known))
			return bad(
				"USAGE: --no-feature can only have values "
				"'kprobe_multi,kprobe_session,uprobe_multi'.",
				false);
		o->without |= 1u << known[i].feature;
	}
	return OPTIONS_RUN;
}

/* Which functions there are to probe: a copy of the kernel's list. */
static enum options_result
set_traceable(struct options *o, struct arena *a, const char *path)
{
	struct stat st;

	o->functions = path;
	if (!access(path, R_OK) && !stat(path, &st)) {
		if (!S_ISDIR(st.st_mode))
			return OPTIONS_RUN;
		errno = EISDIR;
	}
	return bad(arena_printf(a,
				"Failed to open kernel function info: Could "
				"not read functions from %s. (%s)",
				path, strerror(errno)),
		   false);
}

/* -d may be given several times: the stages add up. Versions before 0.20 had
 * -dd. */
static void
add_debug(struct options *o, struct arena *a, const char *stages)
{
	if (*stages && strcmp(stages, "d"))
		o->debug = o->debug ? arena_printf(a, "%s,%s", o->debug, stages)
				    : stages;
}

const char *
options_version(void)
{
	return "v" JIFFY_VERSION;
}

static enum options_result
print_version(void)
{
	printf("jiffy %s\n", options_version());
	return OPTIONS_DONE;
}

static enum options_result
print_help(void)
{
	help(stdout);
	return OPTIONS_DONE;
}

/* Options that are there or not, or NULL. */
static bool *
flag_of(struct options *o, int c)
{
	switch (c) {
	case 'l':
		return &o->list;
	case 'v':
		return &o->verbose;
	case 'q':
		return &o->quiet;
	case 'k':
		return &o->warnings;
	case OPT_INFO:
		return &o->info;
	case OPT_UNSAFE:
		return &o->unsafe;
	case OPT_NO_WARNINGS:
		return &o->no_warnings;
	case OPT_DRY_RUN:
		return &o->dry_run;
	case OPT_WAIT_DETACH:
		return &o->wait_detach;
	case OPT_CHECK:
		return &o->check;
	case OPT_QUIET_MAPS:
		return &o->quiet_maps;
	case OPT_STRICT:
		return &o->strict;
	case OPT_CHILD_STATUS:
		return &o->child_status;
	case OPT_ESCAPE:
		return &o->escape;
	case OPT_FOLLOW:
		return &o->follow;
	default: /* with more to do */
		return NULL;
	}
}

/* getopt has complained: what may have been meant, below the help. */
static enum options_result
unknown(struct arena *a, const char *arg)
{
	struct nearest n = { 0 };

	help(stderr);
	if (strncmp(arg, "--", 2) != 0)
		return OPTIONS_BAD;
	n.word = arena_strndup(a, arg + 2, strcspn(arg + 2, "="));
	for (const struct option *o = long_options; o->name; o++) {
		if (!strcmp(o->name, n.word))
			return OPTIONS_BAD; /* its value is what is wrong */
		nearest_try(&n, o->name);
	}
	if (n.best)
		fprintf(stderr, "\nHINT: did you mean '--%s'?\n", n.best);
	return OPTIONS_BAD;
}

static enum options_result
set(struct options *o, struct arena *a, int c, const char *arg)
{
	bool *flag = flag_of(o, c);

	if (flag) {
		*flag = true;
		return OPTIONS_RUN;
	}
	switch (c) {
	case 1: /* no option */
		*vec_push(a, &o->positional) = arg;
		return OPTIONS_RUN;
	case 'e':
		o->program = arg;
		return OPTIONS_RUN;
	case 'h':
		return print_help();
	case 'V':
		return print_version();
	case 'p':
		return set_pid(&o->pid, a, arg);
	case OPT_DWARF_PID: /* checked, without effect */
		return set_pid(&(int){ 0 }, a, arg);
	case 'c':
		o->command = *arg ? arg : NULL;
		return OPTIONS_RUN;
	case 'o':
		o->output = *arg ? arg : NULL;
		return OPTIONS_RUN;
	case 'f':
		return set_format(o, arg);
	case 'B':
		return set_buffering(o, arg);
	case 'I':
		*vec_push(a, &o->include_dirs) = arg;
		return OPTIONS_RUN;
	case OPT_INCLUDE:
		*vec_push(a, &o->includes) = arg;
		return OPTIONS_RUN;
	case 'd':
		add_debug(o, a, arg);
		return OPTIONS_RUN;
	case OPT_MODE:
		return set_mode(o, arg);
	case OPT_KERNEL:
		o->kernel_dir = arg;
		return OPTIONS_RUN;
	case 'b': /* alone, as once: without effect */
		o->btf = arg;
		return OPTIONS_RUN;
	case OPT_TEST:
		return run_mode(o, "--test", RUN_TEST);
	case OPT_BENCH:
		return run_mode(o, "--bench", RUN_BENCH);
	case OPT_PROBE_FILTER:
		o->probe_filter = arg;
		return OPTIONS_RUN;
	case OPT_FMT:
		if (run_mode(o, "--fmt", RUN_TRACE) == OPTIONS_BAD)
			return OPTIONS_BAD;
		o->fmt = true;
		return OPTIONS_RUN;
	case OPT_MISSING_PROBES: /* the same as the variable, and checks */
		setenv("BPFTRACE_MISSING_PROBES", optarg, 1);
		return OPTIONS_RUN;
	case OPT_DEBUGINFO:
		setenv("BPFTRACE_DEBUGINFO", arg, 1);
		return OPTIONS_RUN;
	case OPT_TRACEABLE:
		return set_traceable(o, a, arg);
	case OPT_FLAMEGRAPH:
		o->flamegraph = arg;
		return OPTIONS_RUN;
	case OPT_TIMEOUT:
		return set_timeout(o, arg);
	case OPT_READY_FD:
		return set_ready_fd(o, arg);
	case OPT_NO_FEATURE:
		return set_without(o, arg);
	case OPT_EMIT_ELF:
		return bad("USAGE: --emit-elf is not supported: jiffy writes "
			   "no object files.\n"
			   "HINT: -d bpf prints the program",
			   false);
	case OPT_AOT:
		return bad("USAGE: --aot is not supported: jiffy compiles a "
			   "script in milliseconds each time.",
			   false);
	default: /* accepted, without effect */
		return OPTIONS_RUN;
	}
}

/* What stands behind `--`: options of the script, and more arguments. */
static void
take_rest(struct options *o, struct arena *a, int argc, char **argv, int from)
{
	for (int i = from; i < argc; i++) {
		if (!strncmp(argv[i], "--", 2) && argv[i][2])
			*vec_push(a, &o->named) = argv[i];
		else
			*vec_push(a, &o->positional) = argv[i];
	}
}

/* The first argument is the script, unless -e brought one. */
static enum options_result
assign_script(struct options *o)
{
	const char *const *v = o->positional.v;
	uint32_t n = o->positional.n;

	if (o->list && !o->program) {
		o->pattern = n ? v[0] : NULL;
		return OPTIONS_RUN;
	}
	if (o->info)
		return OPTIONS_RUN;
	if (o->check && !o->program && o->scripts.n) {
		o->params.v = v;
		o->params.n = n;
		return OPTIONS_RUN;
	}
	if (!o->program) {
		if (!n || !*v[0])
			return bad("USAGE: filename or -e 'program' required.",
				   false);
		o->script_path = v[0];
		v++;
		n--;
	} else if (!*o->program) {
		return bad("USAGE: filename or -e 'program' required.", false);
	}
	o->params.v = v;
	o->params.n = n;
	return OPTIONS_RUN;
}

/*
 * An abbreviation that means one of bpftrace's options goes on doing so, though
 * one of ours begins like it: --q is --quiet, not --quiet-maps.
 */
static void
complete_names(struct arena *a, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		const char *text = argv[i] + 2, *name = NULL;
		size_t n = strncmp(argv[i], "--", 2) ? 0 : strcspn(text, "=");
		int matches = 0;

		for (int o = 0; n && long_options[o].name; o++) {
			if (strncmp(long_options[o].name, text, n))
				continue;
			if (o < SHARED_OPTIONS || !long_options[o].name[n])
				matches++;
			if (o < SHARED_OPTIONS)
				name = long_options[o].name;
		}
		if (matches == 1 && name)
			argv[i] = arena_printf(a, "--%s%s", name, text + n);
	}
}

enum options_result
options_parse(struct options *o, struct arena *a, int argc, char **argv)
{
	enum options_result r;
	int c;

	if (argc < 2) {
		help(stderr);
		return OPTIONS_BAD;
	}
	complete_names(a, argc, argv);
	/* '-' in front: hand out non-options in place, as value 1. */
	while ((c = getopt_long(argc, argv, "-e:lvhVp:c:o:f:B:qkI:d:b",
				long_options, NULL)) != -1) {
		/* -d without a stage, as once: the next option is none. */
		if (c == 'd' && *optarg == '-' && optarg == argv[optind - 1]) {
			optind--;
			continue;
		}
		r = c == '?' ? unknown(a, argv[optind - 1])
			     : set(o, a, c, optarg);
		if (r != OPTIONS_RUN)
			return r;
	}
	if (o->check && !o->program) {
		for (uint32_t i = 0; i < o->positional.n; i++)
			*vec_push(a, &o->scripts) = o->positional.v[i];
		o->positional.n = 0;
	}
	take_rest(o, a, argc, argv, optind);
	if (o->warnings && o->no_warnings)
		return bad("USAGE: -k, --warnings conflicts with "
			   "--no-warnings",
			   false);
	if (o->command && o->pid)
		return bad("USAGE: Cannot use both -c and -p.", true);
	if (o->follow && !o->command && !o->pid)
		return bad("USAGE: --follow needs -p or -c.", false);
	return assign_script(o);
}

/* ---- options of the script ---- */

static bool
is_known(const struct script_options *o, const char *given)
{
	size_t n = strcspn(given, "=");

	for (uint32_t i = 0; i < o->known.n; i++)
		if (strlen(o->known.v[i].name) == n &&
		    !strncmp(o->known.v[i].name, given, n))
			return true;
	return false;
}

/* With what they are for, a line for each, or their names alone. */
static void
list_known(const struct script_options *o, bool help, struct sbuf *out)
{
	if (!o->known.n)
		sbuf_puts(out, "no custom program options defined.");
	else
		sbuf_puts(out, "expected program options:");
	for (uint32_t i = 0; i < o->known.n; i++) {
		const char *doc = o->known.v[i].doc;

		if (help)
			sbuf_printf(out, "\n--%s%s%s", o->known.v[i].name,
				    doc ? ": " : "", doc ? doc : "");
		else
			sbuf_printf(out, "%s --%s", i ? "," : "",
				    o->known.v[i].name);
	}
	sbuf_putc(out, '\0');
}

bool
options_settle(const struct script_options *o, struct diag *d)
{
	struct sbuf known = { 0 }, unknown = { 0 };
	bool help_asked = false;

	for (uint32_t i = 0; i < o->ngiven; i++) {
		const char *text = o->given[i] + 2;

		if (is_known(o, text))
			continue;
		if (!strcmp(text, "help"))
			help_asked = true;
		sbuf_printf(&unknown, "%s--%.*s", unknown.n ? ", " : "",
			    (int)strcspn(text, "="), text);
	}
	if (!unknown.n)
		return true;
	list_known(o, help_asked, &known);
	if (help_asked) {
		fprintf(stderr, "HINT: %s\n", known.s);
		d->errors++;
	} else {
		diag_error(d, (struct span){ 0, 0 },
			   "unexpected program command line options: %.*s",
			   (int)unknown.n, unknown.s);
		diag_hint(d, "%s", known.s);
	}
	sbuf_free(&known);
	sbuf_free(&unknown);
	return false;
}

bool
options_color(void)
{
	const char *v = getenv("BPFTRACE_COLOR");

	if (v && !strcmp(v, "always"))
		return true;
	if (v && !strcmp(v, "never"))
		return false;
	if (v && strcmp(v, "auto"))
		fprintf(stderr,
			"WARNING: Invalid env value! The valid values of "
			"`BPFTRACE_COLOR` are [auto|always|never]. The "
			"current value is %s!\n",
			v);
	return isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}
