/* SPDX-License-Identifier: MIT */
/*
 * Owns statements, words and maps of the reference evaluator: REFERENCE 1.5,
 * 4.3, 4.4, 5. Cells of aggregations are laid out as runtime/ prints them.
 */
#include <stdlib.h>
#include <string.h>

#include "eval.h"

/* ---- maps ---- */

struct ev_map *
eval_map(struct ev *e, const struct node *n)
{
	struct ev_map *m = &e->maps[n->map.map->index];

	m->def = n->map.map;
	return m;
}

unsigned char *
eval_find(struct ev *e, struct ev_map *m, struct val key, bool make)
{
	const struct type *t = m->def->key;
	unsigned char *bytes = arena_alloc(e->a, (t ? t->size : 0) + 8);
	struct ev_row *r;

	if (t)
		eval_store(e, bytes, key, t);
	for (uint32_t i = 0; i < m->rows.n; i++)
		if (!m->rows.v[i].gone &&
		    (!t || !memcmp(m->rows.v[i].key, bytes, t->size)))
			return m->rows.v[i].cell;
	if (!make)
		return NULL;
	r = vec_push(e->a, &m->rows);
	*r = (struct ev_row){
		.key = bytes,
		.cell = arena_alloc(e->a, m->def->value->size + 8),
	};
	return r->cell;
}

unsigned char *
eval_cell(struct ev *e, const struct node *n, bool make)
{
	struct ev_map *m = eval_map(e, n);
	struct val key = { 0 };

	if (m->def->key)
		key = eval(e, n->map.key);
	if (e->sorry)
		return arena_alloc(e->a, m->def->value->size + 8);
	return eval_find(e, m, key, make);
}

/* What is read: an aggregation's number, where it has one. */
struct val
eval_cell_value(struct ev *e, const struct type *t, unsigned char *cell)
{
	const struct nominal *n = t->nominal;

	if (t->kind != TY_NOMINAL)
		return eval_load(t, cell);
	if (!n->to_int)
		return (struct val){ .t = t, .p = cell };
	return (struct val){ .t = type_int(e->in->types, 8, t->is_signed),
			     .i = (uint64_t)n->to_int(t, cell) };
}

static uint32_t
row_count(const struct ev_map *m)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->rows.n; i++)
		n += !m->rows.v[i].gone;
	return n;
}

/* ---- aggregations: REFERENCE 4.4 ---- */

static uint64_t
hist_bucket(uint64_t v, unsigned k)
{
	unsigned l = 63;

	if ((int64_t)v < 0)
		return 0;
	if (v < (uint64_t)1 << k)
		return v + 1;
	while (!(v >> l & 1))
		l--;
	return ((uint64_t)(l - k + 1) << k) +
	       (v >> (l - k) & (((uint64_t)1 << k) - 1)) + 1;
}

static uint64_t
lhist_bucket(int64_t v, const int64_t par[TYPE_PARAMS])
{
	if (v < par[0])
		return 0;
	if (v > par[1])
		v = par[1];
	return 1 + (uint64_t)((v - par[0]) / par[2]);
}

static void
extreme(uint64_t *cell, uint64_t v, bool is_signed, bool min)
{
	bool smaller = is_signed ? (int64_t)v < (int64_t)cell[0] : v < cell[0];

	if (!cell[1] || (v != cell[0] && smaller == min))
		cell[0] = v;
	cell[1] = 1;
}

static void
aggregate(const char *word, const struct type *t, void *cell, uint64_t v)
{
	uint64_t *c = cell;

	if (!strcmp(word, "count")) {
		c[0]++;
	} else if (!strcmp(word, "sum")) {
		c[0] += v;
	} else if (!strcmp(word, "min") || !strcmp(word, "max")) {
		extreme(c, v, t->is_signed, word[1] == 'i');
	} else if (!strcmp(word, "hist")) {
		c[hist_bucket(v, (unsigned)t->par[0])]++;
	} else if (!strcmp(word, "lhist")) {
		c[lhist_bucket((int64_t)v, t->par)]++;
	} else { /* avg, stats */
		c[0] += v;
		c[1]++;
	}
}

/* As it is now: in bytes of its own, whatever changes where it came from. */
static struct val
eval_key(struct ev *e, const struct node *target)
{
	const struct type *t = target->map.map->key;
	unsigned char *bytes;
	struct val key = { 0 };

	if (t)
		key = eval(e, target->map.key);
	if (!t || e->sorry)
		return key;
	bytes = arena_alloc(e->a, t->size + 8);
	eval_store(e, bytes, key, t);
	return eval_load(t, bytes);
}

/* The key before the value, but of histograms, whose word says so. */
static void
assign_aggregate(struct ev *e, const struct node *n)
{
	const struct node *call = n->assign.value, *target = n->assign.target;
	bool early = call->call.word->flags & WORD_EARLY;
	struct val key = { 0 }, v = { 0 };

	if (!early)
		key = eval_key(e, target);
	if (call->call.args.n)
		v = eval(e, call->call.args.v[0]);
	if (early)
		key = eval_key(e, target);
	if (!e->sorry)
		aggregate(call->call.word->name, target->map.map->value,
			  eval_find(e, eval_map(e, target), key, true), v.i);
}

/* ---- assignment ---- */

static const struct type *
arith_type(struct ev *e, enum operator_kind op, struct val a, struct val b)
{
	bool s = a.t->is_signed || b.t->is_signed || op == OP_SUB;

	return type_int(e->in->types, 8, s);
}

static void
assign_var(struct ev *e, const struct node *n)
{
	struct val old = eval_var(e, n->assign.target->var.var);
	struct val v = eval(e, n->assign.value);

	if (n->assign.op != OP_ASSIGN && !e->sorry)
		v = eval_arith(n->assign.op, old, v,
			       arith_type(e, n->assign.op, old, v));
	eval_set_var(e, n->assign.target->var.var, v);
}

static void
assign_map(struct ev *e, const struct node *n)
{
	const struct type *t = n->assign.target->map.map->value;
	const struct node *value = n->assign.value;
	unsigned char *cell;
	struct val v;

	if (t->kind == TY_NOMINAL && t->nominal->per_cpu) {
		assign_aggregate(e, n);
		return;
	}
	v = eval(e, value);
	cell = eval_cell(e, n->assign.target, true);
	if (e->sorry)
		return;
	if (n->assign.op != OP_ASSIGN) {
		struct val old = eval_load(t, cell);

		v = eval_arith(n->assign.op, old, v,
			       arith_type(e, n->assign.op, old, v));
	}
	eval_store(e, cell, v, t);
}

/* ---- loops ---- */

/* After a round: whether there is another one. */
static bool
goes_on(struct ev *e)
{
	bool on = e->flow == FLOW_ON || e->flow == FLOW_CONTINUE;

	if (e->flow != FLOW_RETURN)
		e->flow = FLOW_ON;
	return on && !e->sorry;
}

static void
for_range(struct ev *e, const struct node *n)
{
	const struct var *var = n->loop_for.var;
	struct val from = eval(e, n->loop_for.from);
	struct val to = eval(e, n->loop_for.to);
	bool s = var->type->is_signed;

	from = eval_convert(e, from, var->type);
	to = eval_convert(e, to, var->type);
	for (uint64_t i = from.i; s ? (int64_t)i < (int64_t)to.i : i < to.i;
	     i++) {
		eval_set_var(e, var, (struct val){ .t = var->type, .i = i });
		eval_stmts(e, &n->loop_for.body->block.stmts);
		if (!goes_on(e))
			return;
	}
}

static void
for_map(struct ev *e, const struct node *n)
{
	struct ev_map *m = eval_map(e, n->loop_for.map);
	const struct var *var = n->loop_for.var;
	const struct type *t = var->type;
	uint32_t count = m->rows.n;

	for (uint32_t i = 0; i < count; i++) {
		struct val kv = eval_zero(e, t);

		if (m->rows.v[i].gone)
			continue;
		eval_store(e, kv.p + t->fields[0].offset,
			   eval_load(m->def->key, m->rows.v[i].key),
			   t->fields[0].type);
		eval_store(e, kv.p + t->fields[1].offset,
			   eval_cell_value(e, m->def->value, m->rows.v[i].cell),
			   t->fields[1].type);
		eval_set_var(e, var, kv);
		eval_stmts(e, &n->loop_for.body->block.stmts);
		if (!goes_on(e))
			return;
	}
}

static void
while_loop(struct ev *e, const struct node *n)
{
	while (!e->sorry && eval_true(e, n->loop.cond)) {
		eval_stmts(e, &n->loop.body->block.stmts);
		if (!goes_on(e))
			return;
	}
}

static void
unroll(struct ev *e, const struct node *n)
{
	uint64_t count = eval(e, n->loop.cond).i;

	while (count-- > 0 && !e->sorry && e->flow == FLOW_ON)
		eval_stmts(e, &n->loop.body->block.stmts);
}

/* ---- statements ---- */

static void
let(struct ev *e, const struct node *n)
{
	if (n->let.value)
		eval_set_var(e, n->let.var, eval(e, n->let.value));
	else
		eval_set_var(e, n->let.var, eval_zero(e, n->let.var->type));
}

static void
stmt(struct ev *e, const struct node *n)
{
	switch ((int)n->kind) {
	case N_LET:
		let(e, n);
		return;
	case N_ASSIGN:
		if (n->assign.target->kind == N_VAR)
			assign_var(e, n);
		else
			assign_map(e, n);
		return;
	case N_IF:
		if (eval_true(e, n->cond.cond))
			stmt(e, n->cond.then);
		else if (n->cond.other)
			stmt(e, n->cond.other);
		return;
	case N_BLOCK:
		eval_stmts(e, &n->block.stmts);
		if (n->block.value && e->flow == FLOW_ON)
			eval(e, n->block.value);
		return;
	case N_WHILE:
		while_loop(e, n);
		return;
	case N_UNROLL:
		unroll(e, n);
		return;
	case N_FOR:
		if (n->loop_for.map)
			for_map(e, n);
		else
			for_range(e, n);
		return;
	case N_BREAK:
		e->flow = FLOW_BREAK;
		return;
	case N_CONTINUE:
		e->flow = FLOW_CONTINUE;
		return;
	case N_RETURN:
		if (n->ret.x)
			eval(e, n->ret.x);
		e->flow = FLOW_RETURN;
		return;
	case N_EXPR:
	case N_DISCARD:
		eval(e, n->expr.x);
		return;
	}
	eval(e, n);
}

void
eval_stmts(struct ev *e, const node_list *stmts)
{
	for (uint32_t i = 0; i < stmts->n; i++) {
		if (e->flow != FLOW_ON || e->sorry)
			return;
		stmt(e, stmts->v[i]);
	}
}

/* ---- words ---- */

static void
act(struct ev *e, struct ev_action action)
{
	*vec_push(e->a, &e->actions) = action;
}

/* The text made so far becomes an action. */
static void
flush_text(struct ev *e)
{
	struct sbuf *b = &e->out.buf;

	act(e, (struct ev_action){
		       .kind = ACT_TEXT,
		       .text = arena_strndup(e->a, b->s ? b->s : "", b->n),
		       .len = b->n });
	b->n = 0;
}

static struct val
word_printf(struct ev *e, const struct node *n)
{
	struct event_spec spec = { .call = n, .word = n->call.word };
	struct event event = { .spec = &spec };
	struct sbuf data = { 0 };

	for (uint32_t i = 0; i < n->call.args.n && !e->sorry; i++) {
		struct event_arg *a = vec_push(e->a, &spec.args);
		unsigned char room[8] = { 0 };
		struct val v;

		if (!i)
			continue;
		v = eval(e, n->call.args.v[i]);
		a->type = v.t;
		a->off = (uint32_t)data.n;
		memcpy(room, &v.i, 8);
		sbuf_add(&data, v.p ? v.p : room, v.p ? v.t->size : 8);
	}
	event.data = (unsigned char *)data.s;
	if (!e->sorry)
		format_print(&e->out, &event);
	flush_text(e);
	sbuf_free(&data);
	return (struct val){ .t = n->type };
}

static struct val
word_print(struct ev *e, const struct node *n)
{
	const struct node *x = n->call.args.v[0];
	struct ev_action a = { .kind = ACT_PRINT };
	struct val v;

	if (x->kind == N_MAP && !x->map.keys.n) {
		a.map = eval_map(e, x);
		if (n->call.args.n > 1)
			a.top = (int64_t)eval(e, n->call.args.v[1]).i;
		if (n->call.args.n > 2)
			a.div = eval(e, n->call.args.v[2]).i;
		act(e, a);
	} else {
		v = eval(e, x);
		if (!e->sorry)
			out_value(&e->out, v.t, v.p ? (void *)v.p : &v.i);
		out_putc(&e->out, '\n');
		flush_text(e);
	}
	return (struct val){ .t = n->type };
}

static uint64_t
word_delete(struct ev *e, const struct node *n)
{
	struct ev_map *m = eval_map(e, n->call.args.v[0]);
	struct val key = { 0 };
	unsigned char *cell;

	if (n->call.args.n > 1)
		key = eval(e, n->call.args.v[1]);
	cell = e->sorry ? NULL : eval_find(e, m, key, false);
	for (uint32_t i = 0; cell && i < m->rows.n; i++)
		if (m->rows.v[i].cell == cell)
			m->rows.v[i].gone = true;
	return cell != NULL;
}

static uint64_t
word_has_key(struct ev *e, const struct node *n)
{
	struct val key = eval(e, n->call.args.v[1]);

	return !e->sorry &&
	       eval_find(e, eval_map(e, n->call.args.v[0]), key, false);
}

static uint64_t
word_find(struct ev *e, const struct node *n)
{
	struct ev_map *m = eval_map(e, n->call.args.v[0]);
	struct val key = eval(e, n->call.args.v[1]);
	unsigned char *cell = e->sorry ? NULL : eval_find(e, m, key, false);

	if (cell)
		eval_set_var(e, n->call.args.v[2]->var.var,
			     eval_load(m->def->value, cell));
	return cell != NULL;
}

static void
word_exit(struct ev *e)
{
	act(e, (struct ev_action){ .kind = ACT_EXIT });
	e->flow = FLOW_RETURN;
}

static void
whole_map(struct ev *e, const struct node *n, bool zero)
{
	act(e, (struct ev_action){ .kind = zero ? ACT_ZERO : ACT_CLEAR,
				   .map = eval_map(e, n->call.args.v[0]) });
}

struct val
eval_call(struct ev *e, const struct node *n)
{
	const char *w = n->call.word ? n->call.word->name : "";
	struct val r = { .t = n->type };

	if (!strcmp(w, "printf"))
		return word_printf(e, n);
	if (!strcmp(w, "print"))
		return word_print(e, n);
	if (eval_word(e, n, &r))
		return r;
	if (!strcmp(w, "delete"))
		r.i = word_delete(e, n);
	else if (!strcmp(w, "has_key"))
		r.i = word_has_key(e, n);
	else if (!strcmp(w, "len"))
		r.i = row_count(eval_map(e, n->call.args.v[0]));
	else if (!strcmp(w, "find"))
		r.i = word_find(e, n);
	else if (!strcmp(w, "exit"))
		word_exit(e);
	else if (!strcmp(w, "clear") || !strcmp(w, "zero"))
		whole_map(e, n, w[0] == 'z');
	else
		e->sorry = w;
	return r;
}

/* ---- user space ---- */

static struct map_rows
rows_of(struct ev *e, const struct ev_map *m)
{
	uint32_t count = row_count(m);
	struct map_rows rows = { 0 };

	rows.v = arena_alloc(e->a, (count + 1) * sizeof(*rows.v));
	for (uint32_t i = 0; i < m->rows.n; i++) {
		const struct ev_row *r = &m->rows.v[i];
		unsigned char *copy;

		if (r->gone)
			continue;
		copy = arena_alloc(e->a, m->def->value->size);
		memcpy(copy, r->cell, m->def->value->size);
		rows.v[rows.n++] = (struct map_row){ r->key, copy };
	}
	return rows;
}

static void
print_map(struct ev *e, struct ev_map *m, int64_t top, uint64_t div)
{
	struct map_rows rows = rows_of(e, m);
	const struct type *t = m->def->value;

	if (!rows.n && !m->def->key &&
	    !(t->kind == TY_NOMINAL && t->nominal->multiline)) {
		rows.v[0].cell = arena_alloc(e->a, t->size + 8);
		rows.n = 1;
		top = 0;
		div = 0;
	}
	maps_print_rows(&e->out, m->def, &rows, top, div);
}

static void
perform(struct ev *e, const struct ev_action *a)
{
	switch (a->kind) {
	case ACT_TEXT:
		out_write(&e->out, a->text, a->len);
		break;
	case ACT_PRINT:
		print_map(e, a->map, a->top, a->div);
		break;
	case ACT_CLEAR:
		a->map->rows.n = 0;
		break;
	case ACT_ZERO:
		for (uint32_t i = 0; i < a->map->rows.n; i++)
			memset(a->map->rows.v[i].cell, 0,
			       a->map->def->value->size);
		break;
	case ACT_EXIT:
		break;
	}
}

static int
by_name(const void *a, const void *b)
{
	const struct ev_map *const *x = a, *const *y = b;

	return strcmp((*x)->def->name, (*y)->def->name);
}

static void
print_all(struct ev *e)
{
	struct ev_map **order =
		arena_alloc(e->a, (e->nmaps + 1) * sizeof(struct ev_map *));
	uint32_t n = 0;

	for (uint32_t i = 0; i < e->nmaps; i++)
		if (e->maps[i].def && e->maps[i].def->value)
			order[n++] = &e->maps[i];
	if (n)
		qsort(order, n, sizeof(struct ev_map *), by_name);
	for (uint32_t i = 0; i < n; i++) {
		struct map_rows rows = rows_of(e, order[i]);

		if (rows.n)
			maps_print_rows(&e->out, order[i]->def, &rows, 0, 0);
	}
}

static void
run_unit(struct ev *e, const struct unit *u)
{
	e->vars = arena_alloc(e->a, (u->vars.n + 1) * sizeof(*e->vars));
	e->homes = arena_alloc(e->a, (u->vars.n + 1) * sizeof(unsigned char *));
	for (uint32_t i = 0; i < u->vars.n; i++)
		if (u->vars.v[i]->type)
			e->vars[u->vars.v[i]->id] =
				eval_zero(e, u->vars.v[i]->type);
	e->flow = FLOW_ON;
	eval_stmts(e, &u->body->block.stmts);
}

/* The probes of one kind, then what they ask of user space: nothing behind
 * an exit() is heard. */
static void
run_units(struct ev *e, bool at_end, struct sbuf *text)
{
	const struct unit_list *units = e->in->ast->units;
	uint32_t i;

	for (i = 0; i < units->v.n && !e->sorry; i++)
		if (!!(units->v.v[i]->type->flags & PROBE_AT_END) == at_end)
			run_unit(e, units->v.v[i]);
	for (i = 0; i < e->actions.n && !e->sorry; i++) {
		if (e->actions.v[i].kind == ACT_EXIT)
			break;
		perform(e, &e->actions.v[i]);
	}
	e->actions.n = 0;
	sbuf_add(text, e->out.buf.s, e->out.buf.n);
	e->out.buf.n = 0;
}

const char *
eval_script(const struct sema_input *in, struct sbuf *text)
{
	const struct unit_list *units = in->ast->units;
	struct arena arena = { 0 };
	struct session session = { .config = in->config, .in = in };
	struct ev e = { .a = &arena, .in = in, .nmaps = units->maps.n };

	e.out.fd = -1;
	e.out.buffering = OUT_FULL;
	e.out.session = &session;
	session.out = &e.out;
	e.maps = arena_alloc(&arena, (e.nmaps + 1) * sizeof(*e.maps));
	run_units(&e, false, text);
	run_units(&e, true, text);
	out_puts(&e.out, "\n\n");
	if (in->config->print_maps_on_exit)
		print_all(&e);
	sbuf_add(text, e.out.buf.s, e.out.buf.n);
	sbuf_free(&e.out.buf);
	arena_free(&arena);
	return e.sorry;
}
