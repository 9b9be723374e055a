/* SPDX-License-Identifier: MIT */
/*
 * Aggregations: per-CPU cells that words update in place, and their values
 * over all CPUs.
 */
#include "lower.h"

#include <linux/bpf.h>
#include <string.h>

enum { UNROLLED_CPUS = 8 };

/* ---- a cell to update ---- */

/* Make the missing cell. Another program on this CPU may be faster, so the
 * cell is looked up again whatever the kernel answered, *code. */
static struct ref
make_cell(struct lower *l, const struct mapdef *def, struct mem key,
	  struct ref *code)
{
	uint32_t size = lower_map_spec(l, def)->value_size;
	struct ref m, k, zeros;

	m = ir_map(l, def->index);
	k = ir_addr(l, key);
	zeros = ir_zeros(l, size);
	*code = ir_call(l, HELPER_map_update_elem, 4, m, k, zeros,
			ir_const(l, BPF_NOEXIST));
	return lower_lookup(l, def, key);
}

static struct mem
hash_cell(struct lower *l, const struct mapdef *def, struct mem key)
{
	struct blk *hit = ir_blk(l), *miss = lower_cold(l);
	struct blk *full = lower_cold(l);
	uint32_t slot = ir_slot(l);
	struct ref cell = lower_lookup(l, def, key), code;

	ir_slot_set(l, slot, cell);
	ir_br(l, CC_NE, cell, ir_const(l, 0), hit, miss);
	ir_seal(l, miss);
	ir_at(l, miss);
	cell = make_cell(l, def, key, &code);
	ir_slot_set(l, slot, cell);
	ir_br(l, CC_NE, cell, ir_const(l, 0), hit, full);
	ir_seal(l, full);
	ir_at(l, full);
	if (!ir_waits_for_use(lower_map_spec(l, def)))
		code = REF_NONE;
	lower_count_full(l, code);
	ir_jmp(l, l->scope->no_cell);
	ir_seal(l, hit);
	ir_at(l, hit);
	return (struct mem){ ir_slot_get(l, slot), 0 };
}

static struct mem
array_cell(struct lower *l, const struct mapdef *def, struct mem key)
{
	struct blk *hit = ir_blk(l);
	struct ref cell = lower_lookup(l, def, key);

	ir_br(l, CC_NE, cell, ir_const(l, 0), hit, l->scope->no_cell);
	ir_seal(l, hit);
	ir_at(l, hit);
	return (struct mem){ cell, 0 };
}

struct mem
ir_map_cell(struct lower *l, const struct node *call)
{
	const struct node *map = call->call.target;
	const struct mapdef *def;
	struct mem key, cell;

	assert(map && map->kind == N_MAP && l->scope->no_cell);
	def = map->map.map;
	key = l->given ? l->given->key : lower_key(l, def, lower_key_node(map));
	if (!lower_map_spec(l, def)->scalar)
		return hash_cell(l, def, key);
	cell = array_cell(l, def, key);
	if (!def->value->nominal->self_evident)
		lower_set_present(l, def, cell);
	return cell;
}

/* The word's code, with a value and a key that were made elsewhere. */
static struct ref
agg_body(struct lower *l, const struct shared_key *key, const struct ref *arg)
{
	const struct node *call = key->what;
	const struct mapdef *def = call->call.target->map.map;
	struct given given = { 0 };

	if (!lower_map_spec(l, def)->scalar)
		given.site = *arg++;
	given.key = def->key ? lower_given(l, def->key, *arg++)
			     : lower_key(l, def, NULL);
	if (call->call.args.n)
		given.value = *arg;
	l->given = &given;
	return call->call.word->lower(l, call, NULL);
}

/* The same cells, changed in the same way. */
static bool
same_agg(const struct node *a, const struct node *b)
{
	return a && a->call.word == b->call.word &&
	       !memcmp(a->type->par, b->type->par, sizeof(a->type->par));
}

/* False: it is not done; *given has what has been made for it, if anything. */
static bool
agg_far(struct lower *l, const struct node *call, struct given *given)
{
	static const struct shared_code code = { "update", agg_body };
	const struct mapdef *def = call->call.target->map.map;
	const struct node *key = lower_key_node(call->call.target);
	const struct sites *s = lower_sites(l, def);
	struct shared_key k = { .what = s->agg };
	struct ref arg[SHARED_ARGS];
	struct passed p;

	if (!lower_shares(l, s->sets) || !same_agg(s->agg, call))
		return false;
	if (call->call.args.n)
		given->value = ir_arg(l, call, 0);
	if (!lower_map_spec(l, def)->scalar)
		arg[k.nargs++] = given->site = lower_full_site(l);
	if (def->key && !lower_pass(l, key, def->key, &k, &p)) {
		given->key = lower_passed(l, def->key, &p);
		return false;
	}
	if (def->key)
		arg[k.nargs - 1] = p.arg;
	if (call->call.args.n)
		arg[k.nargs++] = given->value;
	lower_shared(l, &code, &k, arg);
	return true;
}

static void
agg_near(struct lower *l, const struct node *call, const struct given *given)
{
	struct blk *join = ir_blk(l), *outer = l->scope->no_cell;
	struct region r;

	lower_enter(l, &r);
	l->scope->no_cell = join;
	l->given = given->key.base.id ? given : NULL;
	call->call.word->lower(l, call, NULL);
	l->given = NULL;
	l->scope->no_cell = outer;
	lower_leave(l, &r);
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
}

/* The key before the value, where one may change the other. */
static bool
agg_ordered(struct lower *l, const struct node *call, struct given *given)
{
	const struct mapdef *def = call->call.target->map.map;
	const struct node *key = lower_key_node(call->call.target);

	if (!def->key || !call->call.args.n ||
	    call->call.word->flags & WORD_EARLY ||
	    (!lower_changes(key) && !lower_changes(ir_arg_node(call, 0))))
		return false;
	given->key = lower_key(l, def, key);
	given->value = ir_arg(l, call, 0);
	given->site = lower_full_site(l);
	return true;
}

void
lower_agg_assign(struct lower *l, const struct node *call)
{
	struct span stmt = l->span;
	struct given given = { 0 };

	l->span = call->span;
	if (agg_ordered(l, call, &given) || !agg_far(l, call, &given))
		agg_near(l, call, &given);
	l->span = stmt;
}

/* ---- the value over all CPUs ---- */

struct reduction {
	const struct mapdef *def;
	struct mem key, acc;
};

static void
add_cpu(struct lower *l, const struct reduction *r, struct ref cpu)
{
	const struct type *t = r->def->value;
	struct blk *hit = ir_blk(l), *join = ir_blk(l);
	struct ref map = ir_map(l, r->def->index), key = ir_addr(l, r->key);
	struct ref cell =
		ir_call(l, HELPER_map_lookup_percpu_elem, 3, map, key, cpu);
	struct mem m = { cell, 0 };

	ir_br(l, CC_NE, cell, ir_const(l, 0), hit, join);
	ir_seal(l, hit);
	ir_at(l, hit);
	t->nominal->reduce(l, t, &r->acc, &m);
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
}

static void
add_cpus_loop(struct lower *l, const struct reduction *r, uint64_t ncpus)
{
	struct blk *head = ir_blk(l), *body = ir_blk(l), *done = ir_blk(l);
	uint32_t slot = ir_slot(l);
	struct ref i;

	ir_slot_set(l, slot, ir_const(l, 0));
	ir_jmp(l, head);
	ir_at(l, head);
	i = ir_slot_get(l, slot);
	ir_br(l, CC_ULT, i, ir_const(l, (int64_t)ncpus), body, done);
	ir_seal(l, body);
	ir_at(l, body);
	add_cpu(l, r, i);
	ir_slot_set(l, slot, ir_bini(l, IR_ADD, i, 1));
	ir_jmp(l, head);
	ir_seal(l, head);
	ir_seal(l, done);
	ir_at(l, done);
}

void
lower_reduce_into(struct lower *l, const struct mapdef *def, struct mem key,
		  struct mem acc)
{
	const struct type *t = def->value;
	uint64_t i, ncpus = l->in->ncpus ? l->in->ncpus : 1;
	struct reduction r = { .def = def, .key = key, .acc = acc };

	if (!t->nominal->reduce) {
		lower_sorry(l, l->span, "one element of this aggregation");
		return;
	}
	ir_mem_zero(l, acc, t->size);
	if (ncpus <= UNROLLED_CPUS)
		for (i = 0; i < ncpus; i++)
			add_cpu(l, &r, ir_const(l, (int64_t)i));
	else
		add_cpus_loop(l, &r, ncpus);
}

struct ref
lower_reduce(struct lower *l, const struct mapdef *def, struct mem key)
{
	const struct type *t = def->value;
	struct mem acc;

	if (!t->nominal->reduced) {
		lower_sorry(l, l->span, "this aggregation's value as a number");
		return ir_const(l, 0);
	}
	acc = lower_obj(l, t);
	lower_reduce_into(l, def, key, acc);
	return t->nominal->reduced(l, t, &acc);
}
