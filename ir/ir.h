/* SPDX-License-Identifier: MIT */
/*
 * The middle: SSA over 64-bit values, its passes, and the builder through
 * which words and probe types write code. Typed AST in, ops on registers out.
 */
#ifndef JIFFY_IR_H
#define JIFFY_IR_H

#include "../sema/sema.h"

enum ir_opcode {
#define OP(id, text, args, flags) IR_##id,
#include "ops.def"
#undef OP
	IR_OPCODES
};

enum ir_helper {
#define HELPER(name, number, args, flags) HELPER_##name,
#include "helpers.def"
#undef HELPER
	IR_HELPERS
};

/* Conditions of IR_CMP and IR_BR; U unsigned, S signed. SET: a & b != 0. */
enum ir_cond {
	CC_EQ,
	CC_NE,
	CC_ULT,
	CC_ULE,
	CC_UGT,
	CC_UGE,
	CC_SLT,
	CC_SLE,
	CC_SGT,
	CC_SGE,
	CC_SET,
};

/* An SSA value: the number of the op that makes it. 0: none. */
struct ref {
	uint32_t id;
};
#define REF_NONE ((struct ref){ 0 })

/* A place in memory: [base + off]. */
struct mem {
	struct ref base;
	int32_t off;
};

struct op { /* 64 bytes: there are many */
	enum ir_opcode code : 8;
	uint8_t width; /* bytes */
	uint8_t cond;  /* enum ir_cond */
	uint8_t nargs;
	bool has_imm;    /* the last argument is `imm`, not a ref */
	bool keep : 1;   /* an address that stays in its register: making it
			    again would cost more (two insns) */
	bool number : 1; /* LOAD: no address, not even to the verifier */
	int8_t reg;      /* of the result, once assigned; else -1 */
	int8_t areg[5];  /* of each argument, likewise */
	int32_t off;
	uint32_t index; /* map, object, helper, function */
	struct ref arg[5];
	int64_t imm;
	struct ref *phi; /* IR_PHI: one per predecessor */
	struct span span;
};

/* Basic block: phis, ops, one terminator at the end. */
struct blk {
	uint32_t id;
	VEC(struct ref) ops;  /* in order, phis first */
	VEC(struct ref) phis; /* after ir_assign: no code, for ir_verify */
	VEC(struct blk *) preds;
	struct blk *succ[2];
	bool sealed; /* builder: all preds are known */
	bool cold;   /* laid out after the others */
	uint32_t rpo;
	struct blk *idom;
	struct waiting *waiting; /* builder's: phis to be filled */
};

/* Memory of a fixed size whose address is an IR_OBJ. */
struct obj {
	uint32_t size, align; /* bytes */
	bool pinned;   /* live in the whole function (captured by callbacks) */
	bool on_stack; /* never in scratch: the context of callbacks */
	bool scratch;  /* placed in per-CPU scratch, not on the stack */
	int32_t where; /* placed: offset from r10 (negative), or in scratch */
};

enum { SHARED_ARGS = 3 };

struct func {
	const char *name;
	const struct unit *unit; /* also set for callbacks: their owner's */
	struct func *parent;     /* callback: the caller; else NULL */
	uint32_t index;          /* in prog->funcs */
	uint8_t nparams;         /* callback parameters */
	VEC(struct op) ops;      /* by ref id; ops.v[0] is a dummy */
	VEC(struct blk *) blks;  /* blks.v[0] is the entry */
	VEC(struct obj) objs;
	uint32_t stack;        /* bytes used of 512, after placement + spill */
	uint32_t nslots;       /* spill slots of 8 bytes */
	uint32_t room;         /* bytes that they are likely to need */
	struct far {           /* the last ones of them, where the stack has */
		uint32_t size; /* no room: in scratch. Bytes there, 0: none */
		uint32_t obj;  /* holds their address */
		uint32_t off;  /* from it */
		uint32_t n;    /* how many they are */
	} far;
	uint32_t scratch_size;   /* bytes this function needs in scratch */
	uint32_t next_blk;       /* id of the next new block */
	bool ordered;            /* blks are in rpo, no edge changed since */
	bool no_ctx;             /* never reads its context */
	bool allocated;          /* ops are on registers */
	struct builder *builder; /* NULL once it is done */
	struct old_ops **old;    /* the program's: arrays that ops[] outgrew */
	struct arena *arena;
	bool is_own;                  /* no callback: called by a HELPER_OWN */
	uint32_t behind[SHARED_ARGS]; /* such: bytes at its arguments */
	struct own *own;              /* of a unit's function: such */
};

struct own {
	struct func *f;
	enum ir_helper helper;
	const struct shared_code *code; /* for what (lowering) */
	const void *what;
	uint64_t kind;
	struct own *next;
};

/* Of a slot: is it one of those in scratch; where there. */
static inline bool
ir_is_far(const struct func *f, int64_t slot)
{
	return slot >= (int64_t)f->nslots - f->far.n;
}

static inline int32_t
ir_far_off(const struct func *f, int64_t slot)
{
	return (int32_t)f->far.off +
	       8 * (int32_t)(slot - (f->nslots - f->far.n));
}

enum map_use {
	MAP_USER, /* a map of the script: def is set */
	MAP_RINGBUF,
	MAP_SCRATCH, /* per-CPU array, one entry per program */
	MAP_GLOBAL,  /* array, one entry: struct ir_global */
	MAP_STACKS,  /* hash of frames -> u64 number, frames[depth] */
	MAP_CONST,   /* array, one entry: constant data (long literals) */
	MAP_FOLLOW,  /* hash, process -> struct ir_followed: --follow */
};

/* The single value of the MAP_GLOBAL map, which user space maps into its
 * memory; as many zeros follow as the largest cell needs. Counters are atomic
 * adds. */
enum {
	FULL_SITES = 32
}; /* places that can find a map full; the last
      counter is shared by all further ones */
struct ir_global {
	uint64_t start_ns; /* boot clock when the tracer started: `elapsed` */
	uint64_t lost;     /* events that found the ring buffer full */
	uint64_t live;     /* 0: gated programs return at once (ir_gate) */
	/* Cells that could not be made, by site: the map had as many as it may,
	 * or the kernel had no memory at hand. */
	uint64_t full[FULL_SITES];
	uint64_t scarce[FULL_SITES];
};

/* A value of MAP_FOLLOW. */
struct ir_followed {
	uint64_t task; /* address of its struct task_struct; 0: not known */
	uint32_t from; /* 0: it is followed; else it is not known yet whether
			  it is, but it is if this process is */
	uint32_t reserved;
};

struct map_spec {
	enum map_use use;
	const char *name;
	uint32_t type; /* enum bpf_map_type */
	uint32_t key_size, value_size, entries, flags;
	const struct mapdef *def; /* MAP_USER */
	bool scalar; /* array of one; a presence byte at present_off */
	uint32_t present_off;
	uint32_t depth;   /* MAP_STACKS: frames */
	const void *init; /* MAP_CONST: value to write */
	uint32_t room;    /* likewise: bytes there are for it */
};

enum { AHEAD_BYTES = 80 << 20 }; /* of a map's elements, made in advance */

/* Are its elements to be allocated as they come, where the kernel can? */
bool ir_waits_for_use(const struct map_spec *m);

/* What a program reports of its own accord (REFERENCE 8.2). */
enum notice {
	NOTICE_NONE,
	NOTICE_HELPER, /* a helper failed: i64 what it returned */
	NOTICE_DIVISION,
	NOTICE_BOUNDS,
};

/* What one ir_emit() sends: u32 id, u32 reserved, then the arguments. */
struct event_spec {
	uint32_t id;        /* index in prog->events */
	enum notice notice; /* not of a call: of what stands at `at` */
	enum ir_helper helper;
	struct span at;
	const struct node *call;
	const struct builtin *word;
	const struct unit *unit;
	struct event_spec *like; /* lowering: the next one of a list */
	uint32_t size;           /* bytes, header included */
	VEC(struct event_arg {
		const struct type *type; /* NULL: not sent (literal, map) */
		uint32_t off;
	})
	args;
};

struct prog {
	struct arena *arena;
	struct diag *diag;
	const struct config *config;
	VEC(struct func *) funcs;
	VEC(struct map_spec) maps;
	VEC(struct event_spec *) events;
	struct event_spec **event_lists; /* lowering: by what they are of */
	uint32_t nevent_lists;
	const struct unit_list *units;
	const struct ast *ast;
	struct types *types;
	uint32_t without; /* features not to be used: 1 << enum feature */
	uint32_t kernel;  /* its version, 0x060c00 for 6.12; 0: any */
	VEC(struct event_spec *) full_sites; /* notices of global.full */
	VEC(const char *) texts; /* formats that values refer to by index */
	struct lately *made;     /* the builder's */
	struct old_ops **old;    /* by size: see func.c */
};

/* ---- passes: each Needs / Breaks is written above its function ---- */

bool ir_lower(const struct sema_input *in, struct prog *p);
bool ir_fold(struct prog *p);   /* constants, strength, branches */
bool ir_gvn(struct prog *p);    /* equal pure ops and pure helper calls */
bool ir_dce(struct prog *p);    /* dead ops and blocks, jump threading */
bool ir_blur(struct prog *p);   /* too many constants for the verifier */
bool ir_gate(struct prog *p);   /* a way to turn slow detachers off */
bool ir_place(struct prog *p);  /* objects to stack and scratch */
bool ir_select(struct prog *p); /* immediates and addresses into ops */
bool ir_spill(struct prog *p);  /* pressure below the registers */
bool ir_assign(struct prog *p); /* registers; no phi left */
bool ir_layout(struct prog *p); /* block order, fall-through */
/* Assert every rule that two passes rely on; false (reported) otherwise. */
bool ir_verify(const struct prog *p);
void ir_print(const struct prog *p, struct sbuf *out);
/* The inverse of ir_print, before and after allocation. */
bool ir_read(struct prog *p, const struct source *s, struct diag *d);
/* Features without which lowering has another way, or words for it: those
 * that the program makes use of, 1 << enum feature. */
uint32_t ir_needs(const struct prog *p);
const char *ir_helper_name(enum ir_helper h);
/* By the number that the kernel gave it; NULL: is none of ours. */
const char *ir_helper_by_number(uint32_t number);
unsigned ir_helper_number(enum ir_helper h);
/* Numbers of functions of the program's own, and of the kernel. */
enum { HELPER_OWN = 0x4000, HELPER_KERNEL = 0x8000 };
/* The function of its program that `f` calls there; NULL: there is none. */
struct func *ir_own_func(const struct func *f, const struct op *call);

/* ---- builder: for words (runtime/builtins) and probe types ---- */

struct ref ir_const(struct lower *l, int64_t v);
/* ADD..SAR, both 64-bit. Folds constants at once. */
struct ref ir_bin(struct lower *l, enum ir_opcode op, struct ref a,
		  struct ref b);
struct ref ir_bini(struct lower *l, enum ir_opcode op, struct ref a, int64_t b);
/* NEG; ZEXT, SEXT and BSWAP of `width` bytes. */
struct ref ir_un(struct lower *l, enum ir_opcode op, struct ref a,
		 unsigned width);
struct ref ir_cmp(struct lower *l, enum ir_cond c, struct ref a, struct ref b);
struct ref ir_load(struct lower *l, struct ref base, int32_t off,
		   unsigned width);
void ir_store(struct lower *l, struct ref base, int32_t off, struct ref v,
	      unsigned width);
/* Not atomic / atomic: [cell + off] += v, 8 bytes. */
void ir_add_at(struct lower *l, struct mem cell, int32_t off, struct ref v);
void ir_xadd(struct lower *l, struct ref base, int32_t off, struct ref v);
struct ref ir_call(struct lower *l, enum ir_helper h, unsigned nargs, ...);
struct ref ir_ctx(struct lower *l);
struct ref ir_map(struct lower *l, uint32_t map);
struct ref ir_mapval(struct lower *l, uint32_t map, int64_t off);
/* A fresh object of this function; its contents are undefined. */
struct mem ir_obj(struct lower *l, uint32_t size, uint32_t align);
/* Fill with zeros / copy; big ones go through helpers. Offsets decide the
 * access width, bases are taken as 8-aligned. Both memories directly
 * addressable (stack, map cell, ring record). */
void ir_mem_zero(struct lower *l, struct mem at, uint32_t size);
void ir_mem_copy(struct lower *l, struct mem dst, struct mem src,
		 uint32_t size);
/* The address of `m` as a value. */
struct ref ir_addr(struct lower *l, struct mem m);
/* What is read through a number or a pointer of this space in the unit that is
 * compiled: `as`, or what AS_NONE stands for there. */
enum addrspace ir_space(const struct lower *l, enum addrspace as);
/* probe_read[_kernel,_user][_str] by address space; returns its result. */
struct ref ir_probe_read(struct lower *l, enum addrspace as, struct mem dst,
			 struct ref size, struct ref addr, bool str);

/* Control flow. Blocks are made, jumped to, sealed when no jump to them can
 * come any more, and filled after ir_at(). */
struct blk *ir_blk(struct lower *l);
void ir_at(struct lower *l, struct blk *b);
void ir_seal(struct lower *l, struct blk *b);
void ir_jmp(struct lower *l, struct blk *to);
void ir_br(struct lower *l, enum ir_cond c, struct ref a, struct ref b,
	   struct blk *yes, struct blk *no);
void ir_ret(struct lower *l, struct ref v);
/* Scalar variables during construction (Braun et al. 2013): numbers from
 * ir_slot(); reading one that was never written gives 0. */
uint32_t ir_slot(struct lower *l);
void ir_slot_set(struct lower *l, uint32_t slot, struct ref v);
struct ref ir_slot_get(struct lower *l, uint32_t slot);

/* ---- lowering of the language: for words ---- */

/* The current process, in the upper half, and thread, as the tracer's pid
 * namespace counts them: 0 for one that is not in there. */
struct ref ir_pid_tgid(struct lower *l);
unsigned ir_nargs(const struct node *call);
const struct node *ir_arg_node(const struct node *call, unsigned i);
/* Argument i as a 64-bit value, extended by its type's sign. */
struct ref ir_arg(struct lower *l, const struct node *call, unsigned i);
/* Argument i, a type in memory: an address of bytes that stay as they are
 * for the rest of the expression. */
struct mem ir_arg_mem(struct lower *l, const struct node *call, unsigned i);
/* The address that argument i holds, or of what it is (a struct behind a
 * pointer), which is not read. */
struct ref ir_arg_addr(struct lower *l, const struct node *call, unsigned i);
/* The same of what is no value, and where that address is one. */
struct ref ir_arg_place(struct lower *l, const struct node *call, unsigned i,
			enum addrspace *as);
/* Any expression, likewise; into memory of its type's size. */
struct ref ir_expr(struct lower *l, const struct node *n);
struct mem ir_expr_mem(struct lower *l, const struct node *n);
void ir_expr_into(struct lower *l, const struct node *n, struct mem dst);
/* The per-CPU or plain cell of call->target's key, made (zeroed) if missing.
 * Code after it runs only when there is one (a full map is counted). */
struct mem ir_map_cell(struct lower *l, const struct node *call);
/* Words on maps: `map` an N_MAP, `key` any expr or NULL (scalar). Whether it
 * has the key (0, 1); removed (0, 1); number of keys. */
struct ref ir_map_has(struct lower *l, const struct node *map,
		      const struct node *key);
struct ref ir_map_delete(struct lower *l, const struct node *map,
			 const struct node *key);
/* The same as ir_map_has, and the value goes to the N_VAR `var`. */
struct ref ir_map_find(struct lower *l, const struct node *map,
		       const struct node *key, const struct node *var);
struct ref ir_map_len(struct lower *l, const struct node *map);
/* 1 when two strings (or memories) are equal in their first n bytes, up to
 * and including a NUL. */
struct ref ir_str_equal(struct lower *l, struct mem a, uint32_t a_size,
			struct mem b, uint32_t b_size, uint32_t n);
/* The same with the first n bytes of a text, which has as many. */
struct ref ir_str_equal_text(struct lower *l, struct mem a, uint32_t a_size,
			     const char *text, uint32_t n);
/* Constant bytes, kept once per program, 8-aligned. */
struct mem ir_bytes(struct lower *l, const void *bytes, uint32_t n);
/* Row `index` of a table of rows of `stride` bytes; from `count` on the row
 * `other`. The verifier can follow it. */
struct mem ir_row(struct lower *l, struct mem table, uint32_t stride,
		  struct ref index, uint32_t count, uint32_t other);
/* strlen, at most size; where a needle stands in a string, or -2; the
 * difference of the first bytes that differ among n, of which `size` are
 * there. */
struct ref ir_str_len(struct lower *l, struct mem s, uint32_t size);
struct ref ir_str_find(struct lower *l, struct mem hay, uint32_t hay_size,
		       struct mem needle, uint32_t needle_size);
struct ref ir_mem_order(struct lower *l, struct mem a, struct mem b,
			uint32_t size, struct ref n);
/*
 * Code that a word needs in each place where it stands. Where a long probe has
 * it in many, it becomes a function, and a place is a call: the code is given
 * all that it needs. `what` and `kind`: what tells it from other uses.
 */
struct shared_key {
	const void *what;
	uint64_t kind;
	uint8_t nargs;
	uint32_t behind[SHARED_ARGS]; /* an address of so many; 0: a number */
};
struct shared_code {
	const char *name;
	/* The result is a number, or REF_NONE. */
	struct ref (*body)(struct lower *l, const struct shared_key *key,
			   const struct ref *arg);
};
struct ref ir_shared(struct lower *l, const struct node *call,
		     const struct shared_code *s, const struct shared_key *key,
		     const struct ref *arg);
/* Send an event with all arguments that are neither literals nor whole maps:
 * the lowering of words whose work is done in user space. */
struct ref ir_emit(struct lower *l, const struct node *n,
		   const struct mem *dst);
/* An event whose arguments the word writes itself: `size` bytes after the
 * header. `body` runs with the record reserved (not at all when full). */
void ir_emit_raw(struct lower *l, const struct node *n, uint32_t size,
		 void (*body)(struct lower *l, const struct node *n,
			      struct mem record));
/* End the probe here. What follows is unreachable. */
void ir_end_probe(struct lower *l);
/* Memory of the function's own, on the stack however large. */
struct mem ir_stack_obj(struct lower *l, uint32_t size);
/* In a unit's own function: end the probe where this does not hold. */
void ir_only_where(struct lower *l, enum ir_cond c, struct ref a, struct ref b);
/* What probe_type.enter gave; none in callbacks. */
struct ref ir_entered(const struct lower *l);
const struct unit *ir_unit(const struct lower *l);
struct prog *ir_prog(const struct lower *l);
const struct sema_input *ir_in(const struct lower *l);
/* The index of a map for a use, made on first call. */
uint32_t ir_map_for(struct lower *l, enum map_use use, uint32_t depth);

#endif
