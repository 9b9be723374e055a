/* SPDX-License-Identifier: MIT */
/* What the files lower*.c share: lowering's own state, one struct scope per
 * function. Nobody else includes it. */
#ifndef JIFFY_LOWER_H
#define JIFFY_LOWER_H

#include "internal.h"

/* Where a variable of the script lives. */
struct lvar {
	enum {
		AT_SLOT,      /* an SSA slot: scalars, addresses of structs */
		AT_OBJ,       /* an object of its function */
		AT_FRAME,     /* in the capture frame */
		AT_FRAME_PTR, /* the frame holds the address of its object */
	} at;
	uint32_t index; /* slot or object */
	int32_t off;    /* in the frame */
	int32_t inner;  /* AT_FRAME_PTR: in the object */
	/* Structs and arrays behind a kernel or user address are read when
	 * their fields are; the variable holds the address. AS_BPF: bytes. */
	enum addrspace as;
	uint32_t func;  /* number of the function that uses it */
	bool seen;      /* func is known */
	bool captured;  /* used in more than one function */
	bool addressed; /* &$x */
	bool clean;     /* its bytes after a string's NUL must be zero */
	bool unset;     /* may be read before it was assigned */
	bool ready;     /* index is valid */
	uint32_t born;  /* id of a mark (lower_scan.c) */
	bool known;     /* while scanning: is `value` since `set_at` */
	int64_t value;
	uint32_t set_at;
	const struct var *var; /* used in one function only: */
	struct lvar *next;     /* the next one of that */
};

/* In how many places a unit has to do with a map, when it is long. */
struct sites {
	const struct node *agg; /* the first one of an aggregation */
	uint32_t all, sets, changes;
};

/* In a function of own.c: what its callers give it. */
struct given {
	struct ref site;  /* of what fails there: a notice, or a counter */
	struct ref value; /* of an aggregation */
	struct mem key;
};

/* State of a whole unit: its function and the callbacks of its loops. */
struct unit_state {
	struct lvar *vars; /* by var->id */
	uint32_t nvars;
	uint32_t nfuncs;        /* 1 + loop bodies that become callbacks */
	struct lvar **own_vars; /* by number of the function, its own */
	uint32_t frame_obj;     /* in the unit's function */
	int32_t frame_size;     /* grows while lowering; 0: no frame */
	int32_t done_off;       /* u64: the probe ended inside a callback */
	int32_t result_off;     /* u64: what it returns then */
	int32_t ctx_off;        /* u64: the context */
	uint32_t rest_obj; /* captured variables the frame has no room for */
	int32_t rest_off;  /* u64: its address; 0: there is none */
	struct ref entered;
	bool has_frame, ctx_used;
	bool is_long;       /* code in many places goes to functions (own.c) */
	struct sites *maps; /* by index */
	uint32_t events;    /* places that send one */
	VEC(struct word_sites {
		const struct builtin *word;
		uint32_t n;
	})
	called;
	VEC(int32_t) words;  /* frame: where ranges start, by depth */
	uint32_t depth;      /* of ranges that are callbacks */
	uint32_t rounds_max; /* without bpf_loop: of the loops at hand */
	uint32_t walked;     /* insns of the verifier in walks (below) */
	struct func *top;
	VEC(struct while_func {
		const struct node *loop;
		uint32_t func;   /* that it becomes as a callback; or */
		uint32_t rounds; /* 0: as many as it likes */
	})
	whiles;
};

/* The bodies that `break` and `continue` leave. */
struct loop {
	struct loop *up;
	struct blk *brk, *cont; /* NULL in a callback's outermost body */
	uint32_t rounds; /* in which the verifier walks through it, at most */
};

/* Code that runs only under a condition; what was computed in one is valid
 * in it and in those inside. */
struct region {
	struct region *up;
	uint32_t id;       /* an address may be another region's later */
	struct kept *kept; /* before it */
};

/* The bytes of a word that gives the same all through a probe's run. */
struct kept {
	struct kept *next;
	const struct builtin *word;
	uint32_t region; /* its id */
	uint32_t obj;
};

/* An element that was read (lower_again.c). */
struct seen {
	const struct mapdef *def; /* NULL: none */
	const struct node *key;
	uint32_t region;      /* its id */
	uint32_t slot;        /* has its value */
	uint32_t n;           /* variables in the key */
	struct ref values[4]; /* theirs */
};

enum { FRAMES_MAX = 8 }; /* functions that are active: MAX_CALL_FRAMES */

/* Rounds over two memories, as a callback (lower_bytes.c). */
struct round_of {
	uint32_t size[4]; /* what tells those of one body apart */
};
struct rounds {
	struct rounds *next;
	struct func *func;
	struct round_of what;
	void (*body)(struct lower *l, struct round_of what);
};

struct scope {
	struct unit_state *u;
	bool callback;
	struct ref frame; /* callback: its parameter */
	struct loop *loop;
	struct region *region;
	struct kept *kept;
	struct seen seen[8]; /* the last ones, in a ring */
	uint32_t nseen;
	struct blk *no_cell; /* where ir_map_cell goes without a cell */
	uint32_t passes;     /* of the verifier through the function, or so */
	uint32_t frames;     /* of functions that are active in it */
	uint32_t regions;    /* that were entered; the outermost has id 0 */
	/* Objects of all searches, one after the other: number + 1. */
	uint32_t find_frame, find_state;
	struct rounds *rounds; /* their callbacks */
};

/* Where a value lies, before it is read. */
struct lval {
	enum addrspace as;
	struct mem m;
	const struct type *type;
	uint8_t bit_offset, bit_size;
	bool data_loc;
	struct ref guard; /* 0: index out of bounds, the value is 0; or NONE */
};

/* ---- lower.c ---- */

struct ref lower_obj_again(struct lower *l, uint32_t obj);
struct mem lower_frame(struct lower *l, int32_t off);
void lower_enter(struct lower *l, struct region *r);
void lower_leave(struct lower *l, struct region *r);
/* Not possible yet: say so, once. */
void lower_sorry(struct lower *l, struct span at, const char *what);
/* Address of `n` constant bytes (kept once per program). */
struct mem lower_bytes(struct lower *l, const void *bytes, uint32_t n);
struct mem lower_global(struct lower *l, uint32_t off);
struct blk *lower_cold(struct lower *l);
/* End the function with the probe's default result. */
void lower_finish(struct lower *l);

/* ---- own.c ---- */

/* Whether there are functions for that, and in how many places there would be
 * calls of them. */
void lower_count_sites(struct lower *l, const struct node *body);
const struct sites *lower_sites(const struct lower *l,
				const struct mapdef *def);
/* Whether code is to be a function when it stands in so many (in a unit that
 * has any: EVERYWHERE); its call. */
enum { EVERYWHERE = 1 << 20 };
bool lower_shares(const struct lower *l, uint32_t sites);
struct ref lower_shared(struct lower *l, const struct shared_code *s,
			const struct shared_key *key, const struct ref *arg);
/* ---- lower_scan.c ---- */

/* Number the functions and find where each variable has to live. */
void lower_scan(struct lower *l, struct unit_state *u, const struct node *n);
bool lower_ends_probe(const struct node *n);
bool lower_mentions_var(const struct node *n, const struct var *v);
bool lower_mentions_map(const struct node *n, const struct mapdef *m);
/* Whether part i of the pair `v` is read, or the pair as a whole. */
bool lower_uses_part(const struct node *n, const struct var *v, uint64_t i);
/* Whether `n` changes anything, or holds statements, which could leave it
 * half-way. */
bool lower_has_effects(const struct node *n);
bool lower_changes(const struct node *n); /* variables or maps */
bool lower_takes_address(const struct node *n);
/* The space in which a struct or array expression lies. */
enum addrspace lower_space(struct lower *l, const struct node *n);

/* ---- lower_loop.c ---- */

/* The kernel, or the user, has no bpf_loop: all loops are back edges. */
bool lower_without_loop(const struct lower *l);
/* An error where no further callback can be active. */
void lower_check_frames(struct lower *l);

/* ---- lower_short.c ---- */

/* The constant bounds of a loop that is small enough to stay inline. */
bool lower_inline_range(const struct node *loop_for, int64_t *from,
			int64_t *to);
/* The variable that a while loop compares with a number, or NULL. */
const struct var *lower_while_var(const struct node *n);
/* How many rounds the loop has when its variable begins with `start`; 0: too
 * many, or who knows. */
uint32_t lower_short_while(const struct node *n, int64_t start);
/* How many rounds of each loop in `loop`, itself included, the verifier has
 * the patience for when they are back edges. */
uint32_t lower_rounds_max(const struct node *loop);
/* The variable that this very node changes, or NULL. */
const struct var *lower_changed_var(const struct node *n);

/* ---- lower_stmt.c ---- */

void lower_stmt(struct lower *l, const struct node *n);
void lower_block(struct lower *l, const struct node *block);
void lower_return(struct lower *l, struct ref value);

/* ---- lower_expr.c ---- */

/* Go to `yes` or `no`, without making a bool of it. */
void lower_cond(struct lower *l, const struct node *n, struct blk *yes,
		struct blk *no);
/* A scalar of one type as one of another: truncated and extended. */
struct ref lower_convert(struct lower *l, struct ref v, const struct type *from,
			 const struct type *to);
struct ref lower_arith(struct lower *l, enum operator_kind op, struct ref a,
		       struct ref b);
/* The step of ++ and -- and the factor of + on a pointer. */
int64_t lower_step(const struct type *t);
const struct type *lower_value_type(struct lower *l, const struct node *n);

/* ---- lower_event.c ---- */

/* Tell the user, at a place that is rarely reached. `code`: what the helper
 * returned. */
struct ref lower_full_site(struct lower *l);
void lower_count_full(struct lower *l, struct ref code);
/* The notice of this place, for code that is shared: `given.site`. */
struct ref lower_notice_id(struct lower *l, enum notice kind,
			   enum ir_helper helper);
void lower_notice(struct lower *l, enum notice kind, enum ir_helper helper,
		  struct ref code);

/* ---- lower_lval.c ---- */

struct lval lower_lval(struct lower *l, const struct node *n);
struct ref lower_lval_load(struct lower *l, struct lval lv);
struct mem lower_lval_mem(struct lower *l, struct lval lv);
/* In the context, readable by aligned loads. */
bool lower_loads_ctx(struct lower *l, const struct lval *lv);
void lower_lval_into(struct lower *l, struct lval lv, struct mem dst,
		     uint32_t size);
void lower_number(struct lower *l, struct ref v, const struct type *t);
struct ref lower_load_scalar(struct lower *l, struct mem m,
			     const struct type *t);

/* ---- lower_var.c ---- */

/* Give the variables of function number `func` their places in l->f. */
void lower_place_vars(struct lower *l, uint32_t func);
struct lvar *lower_var(struct lower *l, const struct var *v);
struct ref lower_var_get(struct lower *l, const struct var *v);
void lower_var_set(struct lower *l, const struct var *v, struct ref x);
struct mem lower_var_mem(struct lower *l, const struct var *v);
void lower_var_assign(struct lower *l, const struct var *v,
		      const struct node *value);
bool lower_var_known(const struct lower *l, const struct var *v);
struct ref lower_as_number(struct lower *l, struct ref address);
void lower_var_clear(struct lower *l, const struct var *v);

/* ---- lower_mem.c ---- */

/* The value of `n` as type `t` into dst. clean: the bytes after a string's
 * NUL are zero. */
void lower_into(struct lower *l, const struct node *n, const struct type *t,
		struct mem dst, bool clean);
/* The same from bytes of type `from`. */
void lower_convert_mem(struct lower *l, const struct type *from, struct mem src,
		       const struct type *to, struct mem dst);
/* Whether the region of this id is one that we are in. */
bool lower_still_open(const struct lower *l, uint32_t region);
/* An address of the value as type `t`, without a copy where possible. */
struct mem lower_mem(struct lower *l, const struct node *n,
		     const struct type *t, bool clean);
struct mem lower_obj(struct lower *l, const struct type *t);
/* Zeros between and after the fields of a tuple or record. */
void lower_zero_padding(struct lower *l, const struct type *t, struct mem dst);

/* ---- lower_compare.c ---- */

void lower_equal(struct lower *l, const struct node *a, const struct node *b,
		 struct blk *yes, struct blk *no);

/* ---- lower_words.c ---- */

/* A walk over two memories, a place after the other: words of `width` bytes
 * from..to. On to w->found with what differs, or what a text ends in, in its
 * slots; else it goes on behind. Several walks may have one end. */
struct walk {
	uint32_t x, y, at; /* slots */
	bool text;         /* a NUL is an end, too */
	struct blk *found; /* to be sealed by who began it */
};
struct pair {
	struct mem a, b;
	uint32_t from, to;
	unsigned width;
};
struct walk lower_walk_begin(struct lower *l, bool text);
void lower_walk(struct lower *l, struct walk *w, struct pair p);
/* At w->found, of texts: 1 if they differ. */
struct ref lower_walk_differs(struct lower *l, const struct walk *w);

/* ---- lower_bytes.c: rounds over two memories as a callback ---- */

enum { FIND_A = 0, FIND_B = 8, FIND_STATE = 16, FIND_FRAME = 24 };

/* Puts the addresses of both and of 24 bytes of state, which are returned,
 * into a frame on the stack. */
struct mem lower_find_frame(struct lower *l, struct mem a, struct mem b);
/* A function of (round, address of the frame) that `body` writes, one for all
 * places with the same `what`. */
struct func *lower_find_function(struct lower *l, struct round_of what,
				 void (*body)(struct lower *l,
					      struct round_of what));
void lower_find_loop(struct lower *l, uint64_t rounds, struct func *round);

/* ---- lower_map.c, lower_agg.c ---- */

const struct map_spec *lower_map_spec(struct lower *l,
				      const struct mapdef *def);
void lower_map_specs(const struct sema_input *in, struct prog *p);
/* The address of a key; `key` NULL: of a scalar map. */
struct mem lower_key(struct lower *l, const struct mapdef *def,
		     const struct node *key);
const struct node *lower_key_node(const struct node *map);
/* A value as an argument of a function of own.c, which *k is told of: itself,
 * or the address of its bytes. False: it cannot be one. */
struct passed {
	struct ref arg;
	struct mem m;
};
bool lower_pass(struct lower *l, const struct node *n, const struct type *t,
		struct shared_key *k, struct passed *p);
/* Its bytes after all; and where it is given. */
struct mem lower_passed(struct lower *l, const struct type *t,
			const struct passed *p);
struct mem lower_given(struct lower *l, const struct type *t, struct ref arg);
/* The cell's address, or 0. */
struct ref lower_lookup(struct lower *l, const struct mapdef *def,
			struct mem key);
void lower_set_present(struct lower *l, const struct mapdef *def,
		       struct mem cell);
struct ref lower_map_get(struct lower *l, const struct node *map);
void lower_map_into(struct lower *l, const struct node *map, struct mem dst);
void lower_map_assign(struct lower *l, const struct node *map,
		      const struct node *value);
/* map op= x; returns the old value, or the new one, if `want` asks. */
enum want { WANT_NOTHING, WANT_OLD, WANT_NEW };
struct ref lower_map_update(struct lower *l, const struct node *map,
			    enum operator_kind op, struct ref x,
			    enum want want);
void lower_agg_assign(struct lower *l, const struct node *call);
bool lower_is_agg(const struct type *t);
/* The reduced cells of all CPUs under a key that lies in memory: as a cell,
 * as a number. */
void lower_reduce_into(struct lower *l, const struct mapdef *def,
		       struct mem key, struct mem acc);
struct ref lower_reduce(struct lower *l, const struct mapdef *def,
			struct mem key);

/* ---- lower_again.c ---- */

/* The value of the element, if it has been read on every way to here and may
 * not have changed; else REF_NONE, and *s for lower_see(). */
struct ref lower_seen(struct lower *l, const struct node *map, struct seen *s);
/* It has been read, and its value is in `slot`. */
void lower_see(struct lower *l, const struct seen *s, uint32_t slot);
/* The program writes to the map; NULL: it may write to any. */
void lower_forget(struct lower *l, const struct mapdef *def);

/* ---- lower_loop.c ---- */

struct ref lower_unknown_zero(struct lower *l);

void lower_while(struct lower *l, const struct node *n);
void lower_unroll(struct lower *l, const struct node *n);
void lower_for(struct lower *l, const struct node *n);

#endif
