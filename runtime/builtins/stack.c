// SPDX-License-Identifier: MIT
/*
 * kstack and ustack. A stack is known by a 64-bit hash of its frames, which are
 * kept once in a map under it; user stacks carry the process, whose mappings
 * name the addresses when the stack is printed. bpf_get_stackid() does the
 * same with as few bits of a hash as its map has room, and drops every stack
 * that meets another one in its place: with 4,096 places and 1,000 stacks a
 * tenth of them.
 */
#include "internal.h"

#include <linux/bpf.h>
#include <string.h>

struct stack {
	uint64_t id; /* hash of the frames; 0: none */
	uint32_t pid;
	uint32_t reserved;
};

enum { KSTACK, USTACK };
enum { PAR_MODE, PAR_LIMIT };
enum { MODE_BPFTRACE, MODE_PERF, MODE_RAW, MODE_BUILD_ID };
enum { DEFAULT_LIMIT = 127, MAX_LIMIT = 1024 };
static const int64_t HASH_MULTIPLIER = (int64_t)0x9e3779b97f4a7c15;

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
	if (arg->kind != N_INT || !sema_literal_int(arg, limit) || *limit < 0)
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

/*
 * A hash of the frames, walked one by one: every step is one to one in the
 * hash so far and in the frame, and mixes high bits back into low ones, which
 * a multiplication does not (Steele et al., Fast Splittable Pseudorandom
 * Number Generators, 2014). The verifier follows each round: the first
 * comparison, with a constant, is what bounds the address for it.
 */
static struct ref
hash_frames(struct lower *l, struct mem frames, uint32_t depth, struct ref n)
{
	struct blk *head = ir_blk(l), *within = ir_blk(l), *body = ir_blk(l);
	struct blk *done = ir_blk(l);
	uint32_t at = ir_slot(l), hash = ir_slot(l);
	struct ref i, h;

	ir_slot_set(l, at, ir_const(l, 0));
	ir_slot_set(l, hash, n);
	ir_jmp(l, head);
	ir_at(l, head);
	i = ir_slot_get(l, at);
	ir_br(l, CC_ULT, i, ir_const(l, depth), within, done);
	ir_seal(l, within);
	ir_at(l, within);
	ir_br(l, CC_ULT, i, n, body, done);
	ir_seal(l, body);
	ir_at(l, body);
	h = ir_load(
		l,
		ir_bin(l, IR_ADD, ir_addr(l, frames), ir_bini(l, IR_SHL, i, 3)),
		0, 8);
	h = ir_bin(l, IR_XOR, ir_slot_get(l, hash), h);
	h = ir_bin(l, IR_MUL, h, ir_const(l, HASH_MULTIPLIER));
	h = ir_bin(l, IR_XOR, h, ir_bini(l, IR_SHR, h, 29));
	ir_slot_set(l, hash, h);
	ir_slot_set(l, at, ir_bini(l, IR_ADD, i, 1));
	ir_jmp(l, head);
	ir_seal(l, head);
	ir_seal(l, done);
	ir_at(l, done);
	return ir_slot_get(l, hash);
}

/*
 * Keep the frames under their hash, unless they are kept already. The kernel
 * may have no memory for them at this moment: the next stack that is equal
 * tries again, and what is absent in the end is counted when it is printed.
 */
static void
keep_frames(struct lower *l, struct mem id, struct mem kept, uint32_t depth)
{
	struct blk *fresh = ir_blk(l), *done = ir_blk(l);
	struct ref map = ir_map(l, ir_map_for(l, MAP_STACKS, depth)), r;

	r = ir_call(l, HELPER_map_lookup_elem, 2, map, ir_addr(l, id));
	ir_br(l, CC_NE, r, ir_const(l, 0), done, fresh);
	ir_seal(l, fresh);
	ir_at(l, fresh);
	map = ir_map(l, ir_map_for(l, MAP_STACKS, depth));
	ir_call(l, HELPER_map_update_elem, 4, map, ir_addr(l, id),
		ir_addr(l, kept), ir_const(l, BPF_ANY));
	ir_jmp(l, done);
	ir_seal(l, done);
	ir_at(l, done);
}

/* The id of a stack of `n` bytes, or fewer than none. */
static struct ref
keep_stack(struct lower *l, const struct shared_key *key, const struct ref *arg)
{
	uint32_t depth = (uint32_t)key->kind;
	struct blk *some = ir_blk(l), *done = ir_blk(l);
	struct mem kept = { arg[0], 0 }, frames = { arg[0], 8 };
	struct mem id = ir_obj(l, 8, 8);
	struct ref n = arg[1];

	ir_store(l, id.base, id.off, ir_const(l, 0), 8);
	ir_br(l, CC_SGT, n, ir_const(l, 0), some, done);
	ir_seal(l, some);
	ir_at(l, some);
	n = ir_bini(l, IR_SHR, n, 3);
	ir_store(l, kept.base, kept.off, n, 8);
	ir_store(l, id.base, id.off, hash_frames(l, frames, depth, n), 8);
	keep_frames(l, id, kept, depth);
	ir_jmp(l, done);
	ir_seal(l, done);
	ir_at(l, done);
	return ir_load(l, id.base, id.off, 8);
}

/* Before Linux 6.3 raw tracepoints' bpf_get_stack() takes memory on the stack
 * only when all of it was written. */
static void
clear_frames(struct lower *l, struct mem frames, uint32_t depth)
{
	enum { TAKES_UNWRITTEN = 0x060300, STACK_FRAMES = 64 };
	uint32_t version = ir_in(l)->kernel->paths.version;

	if (!version || version >= TAKES_UNWRITTEN || depth > STACK_FRAMES)
		return;
	for (uint32_t i = 0; i < depth; i++)
		ir_store(l, frames.base, frames.off + i * 8, ir_const(l, 0), 8);
}

/* The stack's id; 0 when there are no frames. */
static struct ref
take_stack(struct lower *l, const struct node *call, uint32_t depth, bool user)
{
	static const struct shared_code code = { "stack", keep_stack };
	struct shared_key key = { .kind = depth,
				  .nargs = 2,
				  .behind = { 8 + depth * 8 } };
	struct mem kept = ir_obj(l, 8 + depth * 8, 8);
	struct mem frames = { kept.base, kept.off + 8 };
	struct ref arg[SHARED_ARGS] = { ir_addr(l, kept) };

	clear_frames(l, frames, depth);
	arg[1] = ir_call(l, HELPER_get_stack, 4, ir_ctx(l), ir_addr(l, frames),
			 ir_const(l, depth * 8),
			 ir_const(l, user ? BPF_F_USER_STACK : 0));
	return ir_shared(l, call, &code, &key, arg);
}

static struct ref
stack_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	bool user = n->call.word->aux == USTACK;
	uint32_t depth = (uint32_t)n->type->par[PAR_LIMIT];
	struct ref id, pid;

	id = depth ? take_stack(l, n, depth, user) : ir_const(l, 0);
	if (!user)
		return id;
	pid = ir_bini(l, IR_SHR, ir_pid_tgid(l), 32);
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

/* How many frames a stack has: what is kept under its id begins with it. */
struct ref
stack_frames(struct lower *l, const struct node *n)
{
	uint32_t depth = (uint32_t)n->type->par[PAR_LIMIT];
	struct blk *found = ir_blk(l), *done = ir_blk(l);
	struct mem id = ir_obj(l, 8, 8);
	uint32_t count = ir_slot(l);
	struct ref kept;

	if (n->type->nominal == &stack_types[USTACK]) {
		struct mem st = ir_expr_mem(l, n);

		ir_store(l, id.base, id.off, ir_load(l, st.base, st.off, 8), 8);
	} else {
		ir_store(l, id.base, id.off, ir_expr(l, n), 8);
	}
	ir_slot_set(l, count, ir_const(l, 0));
	if (!depth)
		return ir_slot_get(l, count);
	kept = ir_call(l, HELPER_map_lookup_elem, 2,
		       ir_map(l, ir_map_for(l, MAP_STACKS, depth)),
		       ir_addr(l, id));
	ir_br(l, CC_NE, kept, ir_const(l, 0), found, done);
	ir_seal(l, found);
	ir_at(l, found);
	ir_slot_set(l, count, ir_load(l, kept, 0, 8));
	ir_jmp(l, done);
	ir_seal(l, done);
	ir_at(l, done);
	return ir_slot_get(l, count);
}

/* What is kept of a stack: its number of frames, then the frames. */
static const uint64_t *
read_kept(struct session *s, const struct type *t, uint64_t id,
	  uint64_t room[1 + MAX_LIMIT])
{
	room[0] = 0; /* what is kept has at least one frame */
	for (uint32_t i = 0; id && i < s->prog->maps.n; i++) {
		const struct map_spec *m = &s->prog->maps.v[i];

		if (m->use == MAP_STACKS && m->depth == t->par[PAR_LIMIT] &&
		    sys_map_lookup(s->map_fds[i], &id, room))
			room[0] = 0;
	}
	if (id && !room[0])
		s->losses[LOSS_STACK]++;
	if (room[0] > (uint64_t)t->par[PAR_LIMIT])
		room[0] = (uint64_t)t->par[PAR_LIMIT];
	return room;
}

struct frame {
	const struct type *type; /* of the stack */
	uint64_t address;
	uint32_t pid;
	bool returns; /* the address is behind a call */
};

static bool
is_user(const struct frame *f)
{
	return f->type->nominal == &stack_types[USTACK];
}

static void
print_name(struct out *o, const struct frame *f)
{
	if (is_user(f))
		sym_user(o->session, o, f->pid, f->address, true);
	else
		sym_kernel(o->session, o, f->address, true);
}

/* A line: a function that the compiler has put there, or the symbol, whose
 * spot has no function. */
static void
print_line(struct out *o, const struct frame *f, const struct source_spot *spot)
{
	bool perf = f->type->par[PAR_MODE] == MODE_PERF;
	const char *module;

	if (perf)
		out_printf(o, "\t%llx ", (unsigned long long)f->address);
	else
		out_puts(o, "        ");
	if (spot->function) {
		out_puts(o, "[inlined] ");
		out_foreign(o, spot->function, strlen(spot->function));
	} else {
		print_name(o, f);
	}
	if (spot->file) {
		out_puts(o, " @");
		out_foreign(o, spot->file, strlen(spot->file));
		out_printf(o, ":%u", spot->line);
	}
	if (perf && is_user(f)) {
		out_puts(o, " (");
		module = sym_user_module(o->session, f->pid, f->address);
		module = module ? module : "[unknown]";
		out_foreign(o, module, strlen(module));
		out_putc(o, ')');
	}
	out_putc(o, '\n');
}

/* The line of a call is that of the bytes before where it returns to. */
static unsigned
find_source(struct session *s, const struct frame *f,
	    struct source_spot spots[SOURCE_SPOTS])
{
	uint64_t at = f->address - f->returns;

	return is_user(f) ? sym_user_source(s, f->pid, at, spots)
			  : sym_kernel_source(s, at, spots);
}

static void
print_frame(struct out *o, const struct frame *f)
{
	struct source_spot spots[SOURCE_SPOTS] = { 0 };
	unsigned n = 0;

	switch (f->type->par[PAR_MODE]) {
	case MODE_RAW:
		out_printf(o, "%llx\n", (unsigned long long)f->address);
		return;
	case MODE_BUILD_ID: /* of user stacks alone */
		sym_user_build_id(o->session, o, f->pid, f->address);
		out_putc(o, '\n');
		return;
	}
	if (dwarf_built_in && o->session && o->session->config->show_debug_info)
		n = find_source(o->session, f, spots);
	for (unsigned i = 0; i < n || i == 0; i++)
		print_line(o, f, &spots[i]);
}

static void
stack_print(struct out *o, const struct type *t, const void *cell)
{
	uint64_t room[1 + MAX_LIMIT];
	const uint64_t *kept;
	struct stack st = { 0 };

	memcpy(&st, cell, t->size);
	out_putc(o, '\n');
	kept = read_kept(o->session, t, st.id, room);
	for (uint64_t i = 1; i <= kept[0]; i++)
		print_frame(o, &(struct frame){ t, kept[i], st.pid, i > 1 });
}

static void
stack_json(struct out *o, const struct type *t, const void *cell)
{
	builtin_json_text(o, t, cell, stack_print);
}

/* Names alone: where in a function tells little once they are added up. */
static void
stack_fold(struct out *o, const struct type *t, const void *cell)
{
	bool user = t->nominal == &stack_types[USTACK];
	uint64_t room[1 + MAX_LIMIT];
	const uint64_t *kept;
	struct stack st = { 0 };

	memcpy(&st, cell, t->size);
	kept = read_kept(o->session, t, st.id, room);
	for (uint64_t i = kept[0]; i; i--) {
		if (user) {
			sym_user(o->session, o, st.pid, kept[i], false);
		} else {
			out_putc(o, FOLD_KERNEL);
			sym_kernel(o->session, o, kept[i], false);
		}
		out_putc(o, FOLD_NEXT);
	}
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
		     .json = stack_json,
		     .fold = stack_fold },
	[USTACK] = { .name = "ustack",
		     .shown = ustack_shown,
		     .nameless = true,
		     .of_process = true,
		     .size = sizeof(struct stack),
		     .align = 8,
		     .print = stack_print,
		     .json = stack_json,
		     .fold = stack_fold },
	{ 0 },
};

/* clang-format off */
const struct builtin stack_words[] = {
	{ "kstack", "(word|any = none, word|any = none) -> auto",
	  "the kernel stack",
	  WORD_BUILTIN | WORD_FORM, .check = stack_check, .lower = stack_lower,
	  .aux = KSTACK },
	{ "ustack", "(word|any = none, word|any = none) -> auto",
	  "the user stack",
	  WORD_BUILTIN, .check = stack_check, .lower = stack_lower,
	  .aux = USTACK },
	{ 0 },
};
/* clang-format on */
