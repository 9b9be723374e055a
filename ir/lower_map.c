/* SPDX-License-Identifier: MIT */
/*
 * Maps of the script. A keyed map is a hash. A scalar one is an array of one
 * element, addressed directly, with a byte behind the value that says whether
 * it was assigned:
 *
 *	0            size         present_off (== size)
 *	| value      | 1 or 0 | ... to a multiple of 8 |
 */
#include "lower.h"

#include <linux/bpf.h>
#include <string.h>

/* ---- map specs ---- */

bool
lower_is_agg(const struct type *t)
{
	return t && t->kind == TY_NOMINAL && t->nominal && t->nominal->map_only;
}

/*
 * All other elements are allocated ahead, as long as that takes no more than 80
 * MB, for each CPU in per-CPU maps: 4,096 of the finest histograms (100 ms).
 * LRU maps are always allocated ahead.
 *
 * Small values under keys of a file's length (@[str(args.filename)]): the usual
 * 4,096 of them would be most of what a script's start takes (20 ms on a busy
 * machine). On demand none is missed, however many are made at once, where the
 * kernel can get more in between: not in a program that runs with
 * interrupts off, as timers' do, where one of 1,500 was there.
 */
enum { LONG_KEY = 512, SMALL_VALUE = 256 };

bool
ir_waits_for_use(const struct map_spec *m)
{
	return (m->type == BPF_MAP_TYPE_PERCPU_HASH ||
		m->type == BPF_MAP_TYPE_HASH) &&
	       ((m->key_size > LONG_KEY && m->value_size <= SMALL_VALUE &&
		 !(m->def && m->def->in_bursts)) ||
		(uint64_t)m->value_size * m->entries > AHEAD_BYTES);
}

static uint32_t
declared_type(const char *kind)
{
	static const struct {
		const char *kind;
		uint32_t type;
	} kinds[] = {
		{ "hash", BPF_MAP_TYPE_HASH },
		{ "lruhash", BPF_MAP_TYPE_LRU_HASH },
		{ "percpuhash", BPF_MAP_TYPE_PERCPU_HASH },
		{ "percpulruhash", BPF_MAP_TYPE_LRU_PERCPU_HASH },
	};
	size_t i;

	for (i = 0; kind && i < ARRAY_LEN(kinds); i++)
		if (!strcmp(kinds[i].kind, kind))
			return kinds[i].type;
	return 0;
}

static void
hash_spec(struct map_spec *m, const struct config *c)
{
	const struct mapdef *def = m->def;
	bool agg = lower_is_agg(def->value);

	m->type = declared_type(def->declared_kind);
	if (!m->type)
		m->type = agg ? BPF_MAP_TYPE_PERCPU_HASH : BPF_MAP_TYPE_HASH;
	m->key_size = def->key ? def->key->size : 8;
	m->entries = (uint32_t)(def->entries ? def->entries : c->max_map_keys);
	if (!def->entries && def->few && def->few < m->entries)
		m->entries = (uint32_t)def->few;
	if (!def->key || !def->value)
		m->entries = 1;
}

static struct map_spec
user_spec(const struct sema_input *in, const struct mapdef *def)
{
	bool agg = lower_is_agg(def->value);
	struct map_spec m = { .use = MAP_USER, .def = def };

	m.name = arena_printf(in->arena, "AT_%s", def->name);
	m.value_size = def->value && def->value->size ? def->value->size : 8;
	if (def->key || (agg && def->deleted)) {
		hash_spec(&m, in->config);
		return m;
	}
	m.type = agg ? BPF_MAP_TYPE_PERCPU_ARRAY : BPF_MAP_TYPE_ARRAY;
	m.key_size = 4;
	m.entries = 1;
	m.scalar = true;
	m.present_off = m.value_size;
	m.value_size = (m.value_size + 1 + 7) & ~7u;
	return m;
}

void
lower_map_specs(const struct sema_input *in, struct prog *p)
{
	const struct unit_list *units = in->ast->units;
	uint32_t i;

	for (i = 0; i < units->maps.n; i++) {
		const struct mapdef *def = units->maps.v[i];

		assert(def->index == p->maps.n);
		*vec_push(p->arena, &p->maps) = user_spec(in, def);
	}
}

const struct map_spec *
lower_map_spec(struct lower *l, const struct mapdef *def)
{
	return &l->prog->maps.v[def->index];
}

/* ---- keys and cells ---- */

const struct node *
lower_key_node(const struct node *map)
{
	if (map->map.key)
		return map->map.key;
	return map->map.keys.n == 1 ? map->map.keys.v[0] : NULL;
}

struct mem
lower_key(struct lower *l, const struct mapdef *def, const struct node *key)
{
	struct mem m;

	if (key && def->key)
		return lower_mem(l, key, def->key, true);
	m = ir_obj(l, 8, 8);
	ir_store(l, m.base, m.off, ir_const(l, 0), 8);
	return m;
}

/* The kernel takes what a function is given the address of as written to:
 * constants have no place there. */
static bool
is_writable(struct lower *l, struct mem m)
{
	const struct op *base = l->cur ? ir_op(l->f, m.base) : NULL;

	return !base || base->code != IR_MAPVAL ||
	       l->prog->maps.v[base->index].use != MAP_CONST;
}

bool
lower_pass(struct lower *l, const struct node *n, const struct type *t,
	   struct shared_key *k, struct passed *p)
{
	if (type_is_scalar(t)) {
		p->arg = lower_convert(l, ir_expr(l, n), lower_value_type(l, n),
				       t);
		k->behind[k->nargs++] = 0;
		return true;
	}
	p->m = lower_mem(l, n, t, true);
	p->arg = ir_addr(l, p->m);
	k->behind[k->nargs++] = t->size;
	return is_writable(l, p->m);
}

struct mem
lower_passed(struct lower *l, const struct type *t, const struct passed *p)
{
	struct mem m;

	if (!type_is_scalar(t))
		return p->m;
	m = ir_obj(l, 8, 8);
	ir_store(l, m.base, m.off, p->arg, t->size);
	return m;
}

struct mem
lower_given(struct lower *l, const struct type *t, struct ref arg)
{
	struct passed p = { arg, { arg, 0 } };

	return lower_passed(l, t, &p);
}

struct ref
lower_lookup(struct lower *l, const struct mapdef *def, struct mem key)
{
	struct ref map = ir_map(l, def->index), k = ir_addr(l, key);

	return ir_call(l, HELPER_map_lookup_elem, 2, map, k);
}

static struct ref
update(struct lower *l, const struct mapdef *def, struct mem key,
       struct mem value, int64_t flags)
{
	struct ref map = ir_map(l, def->index), k = ir_addr(l, key);
	struct ref v = ir_addr(l, value), how = ir_const(l, flags);

	return ir_call(l, HELPER_map_update_elem, 4, map, k, v, how);
}

/* In the branch where a lookup found nothing. */
static void
tell_miss(struct lower *l, const struct node *map)
{
	struct span outer = l->span;

	if (!l->in->watch_reads)
		return;
	l->span = map->span;
	lower_notice(l, NOTICE_HELPER, HELPER_map_lookup_elem, ir_const(l, 0));
	l->span = outer;
}

/* The value of a scalar map, which is always there. */
static struct mem
direct(struct lower *l, const struct mapdef *def)
{
	return (struct mem){ ir_mapval(l, def->index, 0), 0 };
}

void
lower_set_present(struct lower *l, const struct mapdef *def, struct mem cell)
{
	const struct map_spec *m = lower_map_spec(l, def);

	if (m->scalar)
		ir_store(l, cell.base, cell.off + (int32_t)m->present_off,
			 ir_const(l, 1), 1);
}

static bool
is_direct(struct lower *l, const struct mapdef *def)
{
	return lower_map_spec(l, def)->type == BPF_MAP_TYPE_ARRAY;
}

/* ---- reading ---- */

/* The element's value goes to `slot`, 0 when there is none. */
static void
load_element(struct lower *l, const struct mapdef *def, struct mem key,
	     uint32_t slot, const struct node *map)
{
	struct blk *hit = ir_blk(l), *join = ir_blk(l), *miss = join;
	struct ref cell = lower_lookup(l, def, key);

	ir_slot_set(l, slot, ir_const(l, 0));
	if (l->in->watch_reads)
		miss = lower_cold(l);
	ir_br(l, CC_NE, cell, ir_const(l, 0), hit, miss);
	if (miss != join) {
		ir_seal(l, miss);
		ir_at(l, miss);
		tell_miss(l, map);
		ir_jmp(l, join);
	}
	ir_seal(l, hit);
	ir_at(l, hit);
	ir_slot_set(l, slot,
		    lower_load_scalar(l, (struct mem){ cell, 0 }, def->value));
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
}

/* The element's bytes go to `dst`, zeros when there is none. */
static void
copy_element(struct lower *l, const struct mapdef *def, struct mem key,
	     struct mem dst, const struct node *map)
{
	struct blk *hit = ir_blk(l), *miss = ir_blk(l), *join = ir_blk(l);
	struct ref cell = lower_lookup(l, def, key);

	ir_br(l, CC_NE, cell, ir_const(l, 0), hit, miss);
	ir_seal(l, hit);
	ir_seal(l, miss);
	ir_at(l, hit);
	ir_mem_copy(l, dst, (struct mem){ cell, 0 }, def->value->size);
	ir_jmp(l, join);
	ir_at(l, miss);
	tell_miss(l, map);
	ir_mem_zero(l, dst, def->value->size);
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
}

static struct ref
read_body(struct lower *l, const struct shared_key *k, const struct ref *arg)
{
	const struct mapdef *def = k->what;
	struct mem key = lower_given(l, def->key, arg[0]);
	uint32_t slot = ir_slot(l);

	if (k->nargs == 2) {
		copy_element(l, def, key, (struct mem){ arg[1], 0 }, NULL);
		return REF_NONE;
	}
	load_element(l, def, key, slot, NULL);
	return ir_slot_get(l, slot);
}

/* A read of an element in one of many places: of a number, or to *dst, which
 * is written in words of eight bytes. False: it is not done, there are not
 * many; *key has been made. */
static bool
read_far(struct lower *l, const struct node *map, const struct mem *dst,
	 struct mem *key, struct ref *value)
{
	static const struct shared_code code = { "read", read_body };
	const struct mapdef *def = map->map.map;
	const struct sites *s = lower_sites(l, def);
	struct shared_key k = { .what = def };
	struct ref arg[SHARED_ARGS];
	struct passed p;

	if (l->in->watch_reads || (dst && dst->off % 8) ||
	    !lower_shares(l, s->all - s->sets - s->changes)) {
		*key = lower_key(l, def, lower_key_node(map));
		return false;
	}
	if (!lower_pass(l, lower_key_node(map), def->key, &k, &p)) {
		*key = lower_passed(l, def->key, &p);
		return false;
	}
	arg[0] = p.arg;
	if (dst) {
		arg[1] = ir_addr(l, *dst);
		k.behind[k.nargs++] = def->value->size;
	}
	*value = lower_shared(l, &code, &k, arg);
	return true;
}

static struct ref
get_hash(struct lower *l, const struct mapdef *def, const struct node *map)
{
	uint32_t slot = ir_slot(l);
	struct seen s;
	struct ref value = lower_seen(l, map, &s);
	struct mem key;

	if (value.id)
		return value;
	if (read_far(l, map, NULL, &key, &value))
		ir_slot_set(l, slot, value);
	else
		load_element(l, def, key, slot, map);
	lower_see(l, &s, slot);
	return ir_slot_get(l, slot);
}

struct ref
lower_map_get(struct lower *l, const struct node *map)
{
	const struct mapdef *def = map->map.map;
	struct ref v;

	if (!def->value)
		return ir_const(l, 0);
	if (lower_is_agg(def->value))
		return lower_reduce(l, def,
				    lower_key(l, def, lower_key_node(map)));
	if (is_direct(l, def))
		v = lower_load_scalar(l, direct(l, def), def->value);
	else
		v = get_hash(l, def, map);
	return lower_convert(l, v, def->value, lower_value_type(l, map));
}

void
lower_map_into(struct lower *l, const struct node *map, struct mem dst)
{
	const struct mapdef *def = map->map.map;
	struct ref value;
	struct mem key;

	if (!def->value) {
		ir_mem_zero(l, dst, map->type->size);
		return;
	}
	if (lower_is_agg(def->value)) {
		lower_reduce_into(l, def,
				  lower_key(l, def, lower_key_node(map)), dst);
		return;
	}
	if (is_direct(l, def)) {
		ir_mem_copy(l, dst, direct(l, def), def->value->size);
		return;
	}
	if (!read_far(l, map, &dst, &key, &value))
		copy_element(l, def, key, dst, map);
}

/* ---- writing ---- */

/* Go on after an update whose failure is told. */
static void
check_update(struct lower *l, struct ref status)
{
	struct blk *full = lower_cold(l), *join = ir_blk(l);

	ir_br(l, CC_EQ, status, ir_const(l, 0), join, full);
	ir_seal(l, full);
	ir_at(l, full);
	lower_notice(l, NOTICE_HELPER, HELPER_map_update_elem, status);
	ir_jmp(l, join);
	ir_seal(l, join);
	ir_at(l, join);
}

static void
assign_direct(struct lower *l, const struct mapdef *def,
	      const struct node *value)
{
	const struct type *t = def->value;
	struct mem m;

	if (!type_is_scalar(t) && lower_mentions_map(value, def)) {
		m = lower_mem(l, value, t, true);
		ir_mem_copy(l, direct(l, def), m, t->size);
	} else {
		lower_into(l, value, t, direct(l, def), true);
	}
	lower_set_present(l, def, direct(l, def));
}

static struct ref
set_body(struct lower *l, const struct shared_key *k, const struct ref *arg)
{
	const struct mapdef *def = k->what;
	struct mem v = lower_given(l, def->value, arg[1]);
	struct mem key = lower_given(l, def->key, arg[2]);
	struct given given = { .site = arg[0] };

	l->given = &given;
	check_update(l, update(l, def, key, v, BPF_ANY));
	return REF_NONE;
}

static void
set_far(struct lower *l, const struct node *map, const struct node *value)
{
	static const struct shared_code code = { "set", set_body };
	const struct mapdef *def = map->map.map;
	struct shared_key k = { .what = def, .nargs = 1 };
	struct ref arg[SHARED_ARGS];
	struct passed v, key;
	bool all = lower_pass(l, value, def->value, &k, &v);

	all &= lower_pass(l, lower_key_node(map), def->key, &k, &key);
	if (all) {
		arg[0] = lower_notice_id(l, NOTICE_HELPER,
					 HELPER_map_update_elem);
		arg[1] = v.arg;
		arg[2] = key.arg;
		lower_shared(l, &code, &k, arg);
	} else {
		check_update(l,
			     update(l, def, lower_passed(l, def->key, &key),
				    lower_passed(l, def->value, &v), BPF_ANY));
	}
	lower_forget(l, def);
}

void
lower_map_assign(struct lower *l, const struct node *map,
		 const struct node *value)
{
	const struct mapdef *def = map->map.map;
	struct mem v, key;

	if (!def->value)
		return;
	if (is_direct(l, def)) {
		assign_direct(l, def, value);
		return;
	}
	if (def->key && lower_shares(l, lower_sites(l, def)->sets)) {
		set_far(l, map, value);
		return;
	}
	v = lower_mem(l, value, def->value, true);
	key = lower_key(l, def, lower_key_node(map));
	lower_forget(l, def);
	check_update(l, update(l, def, key, v, BPF_ANY));
}

/* ---- map op= x ---- */

struct change {
	const struct mapdef *def;
	enum operator_kind op;
	struct ref x;
	enum want want;
	uint32_t slot; /* of the wanted value */
};

/* Adding is atomic; the rest may lose a race, as upstream. */
static void
change_cell(struct lower *l, const struct change *c, struct mem cell)
{
	const struct type *t = c->def->value;
	bool atomic = t->size == 8 && (c->op == OP_ADD || c->op == OP_SUB);
	struct ref old = REF_NONE, new = REF_NONE;

	if (!atomic || c->want != WANT_NOTHING) {
		old = lower_load_scalar(l, cell, t);
		new = lower_arith(l, c->op, old, c->x);
	}
	if (atomic)
		ir_xadd(l, cell.base, cell.off,
			c->op == OP_ADD ? c->x : ir_un(l, IR_NEG, c->x, 8));
	else
		ir_store(l, cell.base, cell.off, new, t->size);
	if (c->want != WANT_NOTHING)
		ir_slot_set(l, c->slot, c->want == WANT_OLD ? old : new);
}

/* A missing element starts from zero. */
static struct ref
insert_first(struct lower *l, const struct change *c, struct mem key)
{
	struct ref zero = ir_const(l, 0);
	struct ref new = lower_arith(l, c->op, zero, c->x);
	struct mem m = ir_obj(l, 8, 8);

	ir_store(l, m.base, m.off, new, c->def->value->size);
	ir_slot_set(l, c->slot, c->want == WANT_OLD ? zero : new);
	return update(l, c->def, key, m, BPF_NOEXIST);
}

static void
change_at(struct lower *l, const struct change *c, struct mem key)
{
	struct blk *hit = ir_blk(l), *miss = lower_cold(l);
	struct blk *raced = lower_cold(l), *full = lower_cold(l);
	struct blk *done = ir_blk(l);
	uint32_t slot = ir_slot(l);
	struct ref cell = lower_lookup(l, c->def, key), r;

	ir_slot_set(l, slot, cell);
	ir_br(l, CC_NE, cell, ir_const(l, 0), hit, miss);
	ir_seal(l, miss);
	ir_at(l, miss);
	r = insert_first(l, c, key);
	ir_br(l, CC_EQ, r, ir_const(l, 0), done, raced);
	ir_seal(l, raced);
	ir_at(l, raced);
	cell = lower_lookup(l, c->def, key);
	ir_slot_set(l, slot, cell);
	ir_br(l, CC_NE, cell, ir_const(l, 0), hit, full);
	ir_seal(l, full);
	ir_at(l, full);
	lower_notice(l, NOTICE_HELPER, HELPER_map_update_elem, r);
	ir_jmp(l, done);
	ir_seal(l, hit);
	ir_at(l, hit);
	change_cell(l, c, (struct mem){ ir_slot_get(l, slot), 0 });
	ir_jmp(l, done);
	ir_seal(l, done);
	ir_at(l, done);
}

static struct ref
change_body(struct lower *l, const struct shared_key *k, const struct ref *arg)
{
	const struct mapdef *def = k->what;
	struct given given = { .site = arg[0] };
	struct change c = { .def = def,
			    .op = (enum operator_kind)k->kind,
			    .x = arg[1],
			    .want = WANT_NOTHING,
			    .slot = ir_slot(l) };

	l->given = &given;
	change_at(l, &c, lower_given(l, def->key, arg[2]));
	return REF_NONE;
}

static void
change_far(struct lower *l, const struct change *c, const struct node *map)
{
	static const struct shared_code code = { "change", change_body };
	struct shared_key k = { .what = c->def, .kind = c->op, .nargs = 2 };
	struct ref arg[SHARED_ARGS] = { { 0 }, c->x };
	struct passed key;

	if (!lower_pass(l, lower_key_node(map), c->def->key, &k, &key)) {
		change_at(l, c, lower_passed(l, c->def->key, &key));
		return;
	}
	arg[0] = lower_notice_id(l, NOTICE_HELPER, HELPER_map_update_elem);
	arg[2] = key.arg;
	lower_shared(l, &code, &k, arg);
}

/* Only sums go elsewhere: the others are rare, and a division has notices of
 * its own. */
static void
change_hash(struct lower *l, const struct change *c, const struct node *map)
{
	if (c->want == WANT_NOTHING && (c->op == OP_ADD || c->op == OP_SUB) &&
	    c->def->key && lower_shares(l, lower_sites(l, c->def)->changes))
		change_far(l, c, map);
	else
		change_at(l, c, lower_key(l, c->def, lower_key_node(map)));
	lower_forget(l, c->def);
}

struct ref
lower_map_update(struct lower *l, const struct node *map, enum operator_kind op,
		 struct ref x, enum want want)
{
	const struct mapdef *def = map->map.map;
	struct change c = { def, op, x, want, ir_slot(l) };

	if (!def->value || !type_is_scalar(def->value)) {
		lower_sorry(l, map->span, "this change of a map's element");
		return ir_const(l, 0);
	}
	if (is_direct(l, def)) {
		change_cell(l, &c, direct(l, def));
		lower_set_present(l, def, direct(l, def));
	} else {
		change_hash(l, &c, map);
	}
	return want == WANT_NOTHING ? REF_NONE : ir_slot_get(l, c.slot);
}

/* ---- words on maps ---- */

struct ref
ir_map_has(struct lower *l, const struct node *map, const struct node *key)
{
	const struct mapdef *def = map->map.map;
	struct ref cell;

	if (!def->value)
		return ir_const(l, 0);
	if (is_direct(l, def))
		return ir_load(l, direct(l, def).base,
			       (int32_t)lower_map_spec(l, def)->present_off, 1);
	cell = lower_lookup(l, def, lower_key(l, def, key));
	return ir_cmp(l, CC_NE, cell, ir_const(l, 0));
}

static struct ref
delete_direct(struct lower *l, const struct mapdef *def)
{
	const struct map_spec *m = lower_map_spec(l, def);
	struct mem v = direct(l, def);
	struct ref was = ir_load(l, v.base, (int32_t)m->present_off, 1);

	ir_store(l, v.base, (int32_t)m->present_off, ir_const(l, 0), 1);
	ir_mem_zero(l, v, m->present_off);
	return was;
}

struct ref
ir_map_delete(struct lower *l, const struct node *map, const struct node *key)
{
	const struct mapdef *def = map->map.map;
	struct ref m, k;

	if (!def->value)
		return ir_const(l, 0);
	if (is_direct(l, def))
		return delete_direct(l, def);
	if (!key)
		key = lower_key_node(map);
	k = ir_addr(l, lower_key(l, def, key));
	m = ir_map(l, def->index);
	lower_forget(l, def);
	k = ir_call(l, HELPER_map_delete_elem, 2, m, k);
	return ir_cmp(l, CC_EQ, k, ir_const(l, 0));
}
