// SPDX-License-Identifier: MIT
/*
 * kstack and ustack. In BPF a stack is the id that bpf_get_stackid() gives
 * (equal stacks, equal ids); user stacks carry the process, whose mappings
 * name the addresses when the stack is printed.
 */
#include "internal.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <string.h>

struct stack {
	int64_t id; /* negative: the helper's error */
	uint32_t pid;
	uint32_t reserved;
};

enum { KSTACK, USTACK };
enum { PAR_MODE, PAR_LIMIT };
enum { MODE_BPFTRACE, MODE_PERF, MODE_RAW, MODE_BUILD_ID };
enum { DEFAULT_LIMIT = 127, MAX_LIMIT = 1024 };

static const char *const mode_names[] = {
	[MODE_BPFTRACE] = "bpftrace",
	[MODE_PERF] = "perf",
	[MODE_RAW] = "raw",
	[MODE_BUILD_ID] = "build_id",
};

static bool
parse_mode(struct sema *s, const struct node *at, const char *word,
	   const char *text, int64_t *mode)
{
	unsigned i;

	for (i = 0; i < ARRAY_LEN(mode_names); i++)
		if (!strcmp(text, mode_names[i])) {
			*mode = i;
			return true;
		}
	return sema_error(s, at,
			  "Error parsing stack mode: %s: Invalid value for "
			  "stack_mode: valid values are bpftrace, raw, perf, "
			  "and build_id.",
			  word);
}

static bool
parse_limit(struct sema *s, struct node *n, const struct node *arg,
	    int64_t *limit)
{
	if (!sema_literal_int(arg, limit) || *limit < 0)
		return sema_error(s, n, "%s: invalid limit value",
				  n->call.name);
	if (*limit > MAX_LIMIT)
		return sema_error(s, n,
				  "%s([int limit]): limit shouldn't exceed "
				  "%d, %lld given",
				  n->call.name, MAX_LIMIT, (long long)*limit);
	return true;
}

static bool
stack_check(struct sema *s, struct node *n)
{
	int64_t par[TYPE_PARAMS] = { MODE_BPFTRACE, DEFAULT_LIMIT };
	const struct nominal *row = &stack_types[n->call.word->aux];
	unsigned i = 0, nargs = ir_nargs(n);
	struct type *t;

	if (sema_config(s)->stack_mode &&
	    !parse_mode(s, n, n->call.name, sema_config(s)->stack_mode,
			&par[PAR_MODE]))
		return false;
	if (nargs && sema_arg(n, 0)->kind == N_IDENT) {
		if (!parse_mode(s, sema_arg(n, 0), n->call.name,
				sema_arg(n, 0)->ident.name, &par[PAR_MODE]))
			return false;
		i = 1;
	} else if (nargs > 1) {
		sema_error(s, n, "Expected stack mode as first argument");
		i = 1;
	}
	if (par[PAR_MODE] == MODE_BUILD_ID && n->call.word->aux == KSTACK)
		return sema_error(s, n,
				  "'build_id' stack mode can only be used for "
				  "ustack");
	if (i < nargs && !parse_limit(s, n, sema_arg(n, i), &par[PAR_LIMIT]))
		return false;
	t = (struct type *)type_nominal(sema_types(s), row, false, par);
	n->type = t;
	return true;
}

static struct ref
stack_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	bool user = n->call.word->aux == USTACK;
	uint32_t depth = (uint32_t)n->type->par[PAR_LIMIT];
	struct ref id = ir_const(l, -1), pid;

	if (depth)
		id = ir_call(l, HELPER_get_stackid, 3, ir_ctx(l),
			     ir_map(l, ir_map_for(l, MAP_STACKS, depth)),
			     ir_const(l, user ? BPF_F_USER_STACK : 0));
	if (!user)
		return id;
	pid = ir_bini(l, IR_SHR, ir_call(l, HELPER_get_current_pid_tgid, 0),
		      32);
	ir_store(l, dst->base, dst->off, id, 8);
	ir_store(l, dst->base, dst->off + (int32_t)offsetof(struct stack, pid),
		 pid, 8);
	return REF_NONE;
}

bool
stack_is(const struct type *t)
{
	return t->nominal == &stack_types[KSTACK] ||
	       t->nominal == &stack_types[USTACK];
}

/* bpf_get_stack() instead of an id: programs cannot look into the map of
 * stacks. A stored stack is taken anew. */
struct ref
stack_frames(struct lower *l, const struct node *n)
{
	bool user = n->type->nominal == &stack_types[USTACK];
	uint32_t size = (uint32_t)n->type->par[PAR_LIMIT] * 8;
	struct mem frames = ir_obj(l, size ? size : 8, 8);
	struct ref got;

	if (!size)
		return ir_const(l, 0);
	got = ir_call(l, HELPER_get_stack, 4, ir_ctx(l), ir_addr(l, frames),
		      ir_const(l, size),
		      ir_const(l, user ? BPF_F_USER_STACK : 0));
	got = ir_bin(l, IR_MUL, got, ir_cmp(l, CC_SGT, got, ir_const(l, 0)));
	return ir_bini(l, IR_SHR, got, 3);
}

/* The frames of a stack; their number. */
static unsigned
read_frames(const struct session *s, const struct type *t, int64_t id,
	    uint64_t frames[MAX_LIMIT])
{
	uint32_t key = (uint32_t)id, i, n = 0;

	memset(frames, 0, MAX_LIMIT * sizeof(*frames));
	if (id < 0)
		return 0;
	for (i = 0; i < s->prog->maps.n; i++) {
		const struct map_spec *m = &s->prog->maps.v[i];

		if (m->use != MAP_STACKS || m->depth != t->par[PAR_LIMIT])
			continue;
		if (bpf_map_lookup_elem(s->map_fds[i], &key, frames))
			return 0;
	}
	while (n < t->par[PAR_LIMIT] && frames[n])
		n++;
	return n;
}

static void
print_frame(struct out *o, const struct type *t, uint64_t addr, uint32_t pid)
{
	bool user = t->nominal == &stack_types[USTACK];
	const char *module;

	switch (t->par[PAR_MODE]) {
	case MODE_RAW:
		out_printf(o, "%llx\n", (unsigned long long)addr);
		return;
	case MODE_PERF:
		out_printf(o, "\t%llx ", (unsigned long long)addr);
		break;
	default:
		out_puts(o, "        ");
	}
	if (user)
		sym_user(o->session, o, pid, addr, true);
	else
		sym_kernel(o->session, o, addr, true);
	if (user && t->par[PAR_MODE] == MODE_PERF) {
		out_puts(o, " (");
		module = sym_user_module(o->session, pid, addr);
		out_puts(o, module ? module : "[unknown]");
		out_putc(o, ')');
	}
	out_putc(o, '\n');
}

static void
stack_print(struct out *o, const struct type *t, const void *cell)
{
	uint64_t frames[MAX_LIMIT];
	struct stack st = { 0 };
	unsigned i, n;

	memcpy(&st, cell, t->size);
	out_putc(o, '\n');
	n = read_frames(o->session, t, st.id, frames);
	for (i = 0; i < n; i++)
		print_frame(o, t, frames[i], st.pid);
}

static void
stack_json(struct out *o, const struct type *t, const void *cell)
{
	builtin_json_text(o, t, cell, stack_print);
}

static const char *
stack_shown(struct arena *a, const char *word, const int64_t *par)
{
	return arena_printf(a, "%s_%s_%lld", word, mode_names[par[PAR_MODE]],
			    (long long)par[PAR_LIMIT]);
}

static const char *
kstack_shown(struct arena *a, const int64_t *par)
{
	return stack_shown(a, "kstack", par);
}

static const char *
ustack_shown(struct arena *a, const int64_t *par)
{
	return stack_shown(a, "ustack", par);
}

const struct nominal stack_types[] = {
	[KSTACK] = { .name = "kstack",
		     .shown = kstack_shown,
		     .nameless = true,
		     .size = 8,
		     .align = 8,
		     .scalar = true,
		     .print = stack_print,
		     .json = stack_json },
	[USTACK] = { .name = "ustack",
		     .shown = ustack_shown,
		     .nameless = true,
		     .of_process = true,
		     .size = sizeof(struct stack),
		     .align = 8,
		     .print = stack_print,
		     .json = stack_json },
	{ 0 },
};

/* clang-format off */
const struct builtin stack_words[] = {
	{ "kstack", "(word|any = none, word|any = none) -> auto",
	  "the kernel stack",
	  WORD_BUILTIN, .check = stack_check, .lower = stack_lower,
	  .aux = KSTACK },
	{ "ustack", "(word|any = none, word|any = none) -> auto",
	  "the user stack",
	  WORD_BUILTIN, .check = stack_check, .lower = stack_lower,
	  .aux = USTACK },
	{ 0 },
};
/* clang-format on */
