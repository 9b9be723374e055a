/* SPDX-License-Identifier: MIT */
/*
 * Owns one trial: a script compiled with and without the passes that improve
 * code, run (in the interpreter, also as SSA, or in the kernel: whichever
 * sys_bpf() this program is linked with), its output compared with the
 * evaluator's.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtime/compile.h"
#include "eval.h"
#include "fuzz.h"

enum { TRIAL_SECONDS = 60 };

struct trial {
	struct compile c;
	struct sbuf want; /* what the evaluator says */
};

/* Of tests/vm/, where this program is linked with it: SSA runs, too. */
__attribute__((weak)) void vm_ir_use(const struct prog *p,
				     const struct session *s);

static void
init(struct trial *t)
{
	static const struct kernel_paths paths = {
		.kallsyms = "/proc/kallsyms",
		.btf = "/sys/kernel/btf/vmlinux",
		.btf_dir = "/sys/kernel/btf",
	};

	t->c.opts.quiet = t->c.opts.no_warnings = t->c.opts.warnings = true;
	t->c.opts.buffering = OUT_FULL;
	compile_init(&t->c, &paths);
	t->c.diag.no_warnings = true;
}

/* Ends the process: what went wrong is said on stderr already. */
_Noreturn static void
end(struct trial *t, enum verdict v)
{
	struct sbuf text = { 0 };

	diag_flush(&t->c.diag, &text);
	if (v == FUZZ_REFUSED && text.n &&
	    (strstr(text.s, " bytes of stack, the kernel allows ") ||
	     strstr(text.s, " bytes of scratch memory, the kernel allows ") ||
	     strstr(text.s, " instructions, the kernel allows ")))
		v = FUZZ_LIMIT;
	if (text.n)
		fwrite(text.s, 1, text.n, stderr);
	fflush(stderr);
	_exit((int)v);
}

/* ---- compile ---- */

static void
front(struct trial *t, const char *text)
{
	const struct source *s = source_add(&t->c.arena, &t->c.sources,
					    "fuzz.bt", text, strlen(text));

	if (!parse_source(&t->c.ast, s, &t->c.in.params, &t->c.diag) ||
	    t->c.diag.errors || !sema_expand(&t->c.in) || t->c.diag.errors ||
	    !sema_check(&t->c.in) || t->c.diag.errors)
		end(t, FUZZ_REFUSED);
}

static const struct {
	const char *name;
	bool (*run)(struct prog *p);
	bool optional; /* makes code better, not possible */
} passes[] = {
	{ "fold", ir_fold, true },      { "gvn", ir_gvn, true },
	{ "dce", ir_dce, true },        { "blur", ir_blur, false },
	{ "gate", ir_gate, false },     { "place", ir_place, false },
	{ "select", ir_select, false }, { "spill", ir_spill, false },
	{ "assign", ir_assign, false }, { "layout", ir_layout, false },
};

static void
check_valid(struct trial *t, const char *after)
{
	if (ir_verify(&t->c.prog))
		return;
	fprintf(stderr, "ir_verify after %s\n", after);
	end(t, FUZZ_INVALID);
}

static void run_ir(struct trial *t, const char *after);

static void
back(struct trial *t, bool plain)
{
	t->c.prog.ast = &t->c.ast;
	t->c.prog.units = t->c.ast.units;
	if (!ir_lower(&t->c.in, &t->c.prog) || t->c.diag.errors)
		end(t, FUZZ_REFUSED);
	check_valid(t, "lower");
	if (!plain)
		run_ir(t, "lower");
	for (size_t i = 0; i < ARRAY_LEN(passes); i++) {
		if (plain && passes[i].optional)
			continue;
		if (!passes[i].run(&t->c.prog) || t->c.diag.errors)
			end(t, FUZZ_REFUSED);
		check_valid(t, passes[i].name);
		if (!plain && passes[i].run == ir_select)
			run_ir(t, "select"); /* the last on SSA */
	}
	t->c.image.arena = &t->c.arena;
	t->c.image.prog = &t->c.prog;
	if (!gen_encode(&t->c.prog, &t->c.image) || t->c.diag.errors)
		end(t, FUZZ_REFUSED);
}

/* ---- run ---- */

static void
read_back(int fd, struct sbuf *out)
{
	char chunk[8192];
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		sbuf_add(out, chunk, (size_t)n);
	sbuf_puts(out, "");
}

static void
compare(struct trial *t, const struct sbuf *got, const char *how)
{
	const struct sbuf *want = &t->want;
	size_t i = 0;

	if (want->n == got->n && !memcmp(want->s, got->s, want->n))
		return;
	while (i < want->n && i < got->n && want->s[i] == got->s[i])
		i++;
	while (i > 0 && want->s[i - 1] != '\n')
		i--;
	fprintf(stderr, "output differs (%s); wanted:\n%.*s\ngot:\n%.*s\n", how,
		300, want->s + i, 300, got->s + i);
	end(t, FUZZ_DIFFERENT);
}

/* Whether a session on this image prints what is wanted. With `ir`, that is
 * interpreted instead, whose programs the image then only names. */
static void
run(struct trial *t, struct image *image, const struct prog *ir,
    const char *how)
{
	struct session s = {
		.arena = &t->c.arena,
		.opts = &t->c.opts,
		.in = &t->c.in,
		.config = &t->c.config,
		.prog = &t->c.prog,
		.image = image,
	};
	int fd = memfd_create("output", MFD_CLOEXEC);
	struct sbuf got = { 0 };

	if (!session_init(&s))
		end(t, FUZZ_NO_KERNEL);
	s.out->fd = fd;
	if (ir)
		vm_ir_use(ir, &s);
	if (session_main(&s))
		end(t, FUZZ_LOAD);
	session_free(&s);
	if (ir)
		vm_ir_use(NULL, NULL);
	read_back(fd, &got);
	close(fd);
	compare(t, &got, how);
	sbuf_free(&got);
}

static void
run_ir(struct trial *t, const char *after)
{
	static struct bpf_insn nothing = { .code = BPF_JMP | BPF_EXIT };
	struct image image = { .arena = &t->c.arena, .prog = &t->c.prog };

	if (!vm_ir_use)
		return;
	for (uint32_t i = 0; i < t->c.prog.funcs.n; i++) {
		struct func *f = t->c.prog.funcs.v[i];
		struct image_prog *p;

		if (f->parent)
			continue;
		p = vec_push(&t->c.arena, &image.progs);
		*p = (struct image_prog){ .unit = f->unit,
					  .name = f->name,
					  .insns = &nothing,
					  .ninsns = 1 };
		vec_push(&t->c.arena, &p->funcs)->func = f;
	}
	run(t, &image, &t->c.prog, after);
}

static void
trial(const char *text, bool plain)
{
	struct trial *t = calloc(1, sizeof(*t));
	const char *sorry;

	init(t);
	front(t, text);
	sorry = eval_script(&t->c.in, &t->want);
	sbuf_puts(&t->want, "");
	if (sorry) {
		fprintf(stderr, "cannot evaluate: %s\n", sorry);
		end(t, FUZZ_SORRY);
	}
	back(t, plain);
	run(t, &t->c.image, NULL, plain ? "without passes" : "all passes");
	sbuf_free(&t->want);
	compile_free(&t->c);
	free(t);
}

enum verdict
fuzz_try(const char *text, bool plain, struct sbuf *why)
{
	int fd = memfd_create("why", MFD_CLOEXEC), status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		dup2(fd, STDERR_FILENO);
		alarm(TRIAL_SECONDS);
		trial(text, false);
		if (plain)
			trial(text, true);
		_exit(FUZZ_GOOD);
	}
	waitpid(pid, &status, 0);
	if (why)
		read_back(fd, why);
	close(fd);
	if (WIFEXITED(status))
		return (enum verdict)WEXITSTATUS(status);
	if (WTERMSIG(status) == SIGALRM)
		return FUZZ_TIMEOUT;
	if (why)
		sbuf_printf(why, "signal %d\n", WTERMSIG(status));
	return FUZZ_CRASH;
}

const char *
fuzz_verdict_name(enum verdict v)
{
	switch (v) {
	case FUZZ_GOOD:
		return "good";
	case FUZZ_SORRY:
		return "the evaluator cannot";
	case FUZZ_REFUSED:
		return "does not compile";
	case FUZZ_INVALID:
		return "invalid IR";
	case FUZZ_LOAD:
		return "refused by the kernel";
	case FUZZ_DIFFERENT:
		return "other output";
	case FUZZ_NO_KERNEL:
		return "not allowed to load";
	case FUZZ_LIMIT:
		return "a limit of the kernel";
	case FUZZ_FAULT:
		return "fault in the interpreter";
	case FUZZ_CRASH:
		return "crash";
	case FUZZ_TIMEOUT:
		return "timeout";
	}
	return "crash (exit)";
}
