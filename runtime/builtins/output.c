// SPDX-License-Identifier: MIT
/*
 * Words that print: printf, print, cat, system, join. In BPF they send their
 * arguments; the text is made in user space.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOIN_STRINGS = 16, JOIN_LENGTH = 1024 };

static bool
is_pinned(const struct unit *u)
{
	return u->type->seq && u->targets.n && u->targets.v[0].pin;
}

static bool
printf_check(struct sema *s, struct node *n)
{
	if (!format_check(s, n, 0))
		return false;
	return !(n->call.word->flags & WORD_SEQ) || !is_pinned(sema_unit(s)) ||
	       seq_printf_check(s, n);
}

static struct ref
printf_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	return is_pinned(ir_unit(l)) ? seq_printf_lower(l, n)
				     : ir_emit(l, n, dst);
}

static void
printf_event(struct session *s, const struct event *e)
{
	size_t n;
	char *text;

	if (!s->out->json) {
		format_print(s->out, e);
		out_end(s->out);
		return;
	}
	text = builtin_format_text(s, e, false, &n);
	out_text_event(s->out, "printf", text, n);
	free(text);
}

/* ---- print ---- */

static bool
is_whole_map(const struct node *n)
{
	return n->kind == N_MAP && !n->map.keys.n && n->map.map;
}

/* How many elements, and what to divide by. */
static bool
print_numbers(struct sema *s, struct node *n)
{
	unsigned i;

	for (i = 1; i < ir_nargs(n); i++) {
		struct node *lit = sema_arg(n, i);
		int64_t v;

		if (lit->kind != N_INT || !sema_literal_int(lit, &v))
			return sema_error(s, n,
					  "print() expects a int "
					  "literal (%s provided)",
					  lit->type->kind == TY_INT
						  ? "int"
						  : sema_kind_name(lit->type));
	}
	return true;
}

static bool
print_check(struct sema *s, struct node *n)
{
	unsigned nargs = ir_nargs(n);
	struct node *x = sema_arg(n, 0);
	const struct type *t = x->type;

	if (nargs > 3)
		return sema_error(s, n,
				  "print() takes up to 3 arguments (%u "
				  "provided)",
				  nargs);
	if (!print_numbers(s, n))
		return false;
	if (!is_whole_map(x)) {
		if (t && t->nominal && t->nominal->multiline)
			return sema_error(s, n,
					  "Map type %s cannot print the "
					  "value of individual keys. You "
					  "must print the whole map.",
					  type_name(t));
		if (nargs > 1)
			return sema_error(s, n,
					  "Non-map print() only takes 1 "
					  "argument, %u found",
					  nargs);
		if (t && t->kind == TY_NONE)
			return sema_error(s, n,
					  "none type passed to print() "
					  "is not printable");
		if (t && t->kind == TY_POINTER && t->as == AS_CTX &&
		    !t->to->nfields)
			return sema_error(s, n,
					  "%s type passed to print() is not "
					  "printable",
					  type_name(t));
		return true;
	}
	if (sema_in_loop(s)) {
		sema_warn(s, n,
			  "Due to it's asynchronous nature using 'print()' in "
			  "a loop can lead to unexpected behavior. The map "
			  "will likely be updated before the runtime can "
			  "'print' it.");
		sema_rank(s, DIAG_MEANING);
	}
	if (nargs > 1)
		agg_warn_ignored(s, n, x->map.map);
	return true;
}

static void
print_value(struct session *s, const struct event *e)
{
	const struct type *t;
	uint64_t room;
	const void *v = event_value(e, 0, &t, &room);
	struct out *o = s->out;
	size_t n;
	const char *text;

	if (o->json)
		out_puts(o, "{\"type\": \"value\", \"data\": ");
	if (!v) { /* a literal */
		text = event_str(e, 0, &n);
		n = strnlen(text, n);
		if (o->json)
			out_json_string(o, text, n);
		else
			out_write(o, text, n);
	} else if (o->json) {
		out_json_value(o, t, v);
	} else {
		out_value(o, t, v);
	}
	out_puts(o, o->json ? "}\n" : "\n");
	out_end(o);
}

static void
print_event(struct session *s, const struct event *e)
{
	const struct node *call = e->spec->call;
	int64_t top = 0, div = 0;

	if (!is_whole_map(ir_arg_node(call, 0))) {
		print_value(s, e);
		return;
	}
	if (ir_nargs(call) > 1)
		top = event_int(e, 1);
	if (ir_nargs(call) > 2)
		div = event_int(e, 2);
	maps_print(s, event_map(e, 0), top, (uint64_t)div);
	out_end(s->out);
}

/* ---- cat, system ---- */

static void
cat_event(struct session *s, const struct event *e)
{
	size_t n, left = s->config->max_cat_bytes;
	char *path = builtin_format_text(s, e, false, &n);
	FILE *f = fopen(path, "re");
	struct sbuf text = { 0 };
	char chunk[4096];

	if (!f) {
		session_error(s, "failed to open file '%s' (%s)", path,
			      strerror(errno));
		free(path);
		return;
	}
	while (left &&
	       (n = fread(chunk, 1, left < sizeof(chunk) ? left : sizeof(chunk),
			  f)) > 0) {
		sbuf_add(&text, chunk, n);
		left -= n;
	}
	if (ferror(f))
		session_error(s, "failed to read file '%s' (%s)", path,
			      strerror(errno));
	fclose(f);
	out_text_event(s->out, "cat", text.s ? text.s : "", text.n);
	sbuf_free(&text);
	free(path);
}

/* sh -c, both streams into a pipe. Unlike popen()'s the command does not
 * inherit the signals that the session has blocked for its event loop. */
static pid_t
start_shell(const char *command, int *from)
{
	const char *argv[] = { "sh", "-c", command, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int pipes[2], error;
	sigset_t none;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return -1;
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, pipes[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, pipes[1], STDERR_FILENO);
	error = posix_spawn(&pid, "/bin/sh", &files, &attr,
			    (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	close(pipes[1]);
	*from = pipes[0];
	if (!error)
		return pid;
	close(pipes[0]);
	errno = error;
	return -1;
}

/* Output of a command, both streams in order; its wait status, or -1. */
static int
capture(const char *command, struct sbuf *text)
{
	char chunk[4096];
	int from, status, error;
	ssize_t n;
	pid_t pid = start_shell(command, &from);

	if (pid < 0)
		return -1;
	while ((n = read(from, chunk, sizeof(chunk))) > 0 ||
	       (n < 0 && errno == EINTR))
		if (n > 0)
			sbuf_add(text, chunk, (size_t)n);
	error = n < 0 ? errno : 0;
	close(from);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (error)
		errno = error;
	return error ? -1 : status;
}

static void
system_event(struct session *s, const struct event *e)
{
	size_t n;
	char *command = builtin_format_text(s, e, false, &n);
	struct sbuf text = { 0 };
	int status;

	out_flush(s->out);
	status = capture(command, &text);
	if (status == -1) {
		session_error(s, "failed to run '%s' (%s)", command,
			      strerror(errno));
	} else if (!WIFEXITED(status)) {
		session_error(s, "child process did not exit normally (%s)",
			      command);
	} else if (status) {
		session_error(s, "command exited with code %d (%s)",
			      WEXITSTATUS(status), command);
	} else {
		if (!s->out->json)
			sbuf_putc(&text, '\n');
		out_text_event(s->out, "syscall", text.s ? text.s : "", text.n);
	}
	sbuf_free(&text);
	free(command);
}

/* ---- join ---- */

/*
 * Record: u64 count-free; JOIN_STRINGS strings of JOIN_LENGTH bytes, each
 * preceded by nothing. A missing one is empty, and ends the list:
 *
 *	0        1024      2048 ...
 *	| argv[0] | argv[1] | ...
 */
static void
join_record(struct lower *l, const struct node *n, struct mem record)
{
	enum addrspace as = ir_space(l, ir_arg_node(n, 0)->type->as);
	struct ref list = ir_arg(l, n, 0);
	struct mem ptr = ir_obj(l, 8, 8);
	struct mem at = record;
	unsigned i;

	for (i = 0; i < JOIN_STRINGS; i++, at.off += JOIN_LENGTH) {
		/* A failed read leaves zeros: both helpers clear what they
		 * could not fill, so a null pointer gives an empty string. */
		ir_probe_read(l, as, ptr, ir_const(l, 8),
			      ir_bini(l, IR_ADD, list, 8 * i), false);
		ir_probe_read(l, as, at, ir_const(l, JOIN_LENGTH),
			      ir_load(l, ptr.base, ptr.off, 8), true);
	}
}

static bool
join_check(struct sema *s, struct node *n)
{
	const struct type *t = sema_arg(n, 0)->type;

	sema_warn_space(s, sema_arg(n, 0));
	if (!t || t->kind == TY_ERROR || t->kind == TY_POINTER ||
	    t->kind == TY_INT || t->kind == TY_ENUM || t->kind == TY_ARRAY)
		return true;
	return sema_error(s, n,
			  "%s() only supports int or pointer arguments (%s "
			  "provided)",
			  n->call.name, sema_kind_name(t));
}

static struct ref
join_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	(void)dst;
	ir_emit_raw(l, n, JOIN_STRINGS * JOIN_LENGTH, join_record);
	return REF_NONE;
}

static void
join_event(struct session *s, const struct event *e)
{
	const char *at = (const char *)e->data + 8;
	const char *sep = " ";
	struct out tmp = { .fd = -1, .escape = s->out->escape };
	size_t n;
	unsigned i;

	if (ir_nargs(e->spec->call) > 1)
		sep = event_str(e, 1, &n);
	for (i = 0; i < JOIN_STRINGS && *at; i++, at += JOIN_LENGTH) {
		if (i)
			out_puts(&tmp, sep);
		out_foreign(&tmp, at, strnlen(at, JOIN_LENGTH));
	}
	if (!s->out->json)
		out_putc(&tmp, '\n');
	out_text_event(s->out, "join", tmp.buf.s ? tmp.buf.s : "", tmp.buf.n);
	sbuf_free(&tmp.buf);
}

/* clang-format off */
const struct builtin output_words[] = {
	{ "printf", "(string literal, any = none, ...) -> void",
	  "formatted output", WORD_FORMAT | WORD_SEQ,
	  .check = printf_check, .lower = printf_lower,
	  .on_event = printf_event },
	{ "print", "(map|any, any = none, ...) -> void",
	  "print a value or a map",
	  .check = print_check, .lower = ir_emit, .on_event = print_event },
	{ "cat", "(string literal, any = none, ...) -> void", "print a file",
	  .check = printf_check, .lower = ir_emit, .on_event = cat_event },
	{ "system", "(string literal, any = none, ...) -> void",
	  "run a shell command",
	  WORD_UNSAFE, .check = printf_check, .lower = ir_emit,
	  .on_event = system_event },
	{ "join", "(any, string literal = \" \") -> void",
	  "print an array of strings", .check = join_check,
	  .lower = join_lower, .on_event = join_event },
	{ 0 },
};
/* clang-format on */
