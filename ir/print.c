/* SPDX-License-Identifier: MIT */
/*
 * A program as text that ir_read takes back, before and after register
 * allocation:
 *
 *	map 0 user "x" type 1 key 8 value 8 entries 4096
 *	event 0 size 16 unit "begin_1" args 8 -
 *
 *	func 0 "begin_1" unit "begin_1" {
 *	obj 0 size 16 align 8 stack -16
 *	b0:
 *		%1 = ctx
 *		%2 = load u32 [%1 + 8]
 *		br ult %2, %3 -> b1, b2
 *	b1 cold:
 *		...
 *	}
 *
 * A value is %ID, or %ID:rN once it has a register. Ops without a value have
 * no id in the text, and spans are not part of it. After allocation an
 * argument's :rN is where it is read, and `phi .. in 2` lives in slot 2. A `;`
 *starts a comment.
 */
#include "internal.h"

const char *const ir_map_uses[] = {
	[MAP_USER] = "user",       [MAP_RINGBUF] = "ringbuf",
	[MAP_SCRATCH] = "scratch", [MAP_GLOBAL] = "global",
	[MAP_STACKS] = "stacks",   [MAP_CONST] = "const",
	[MAP_FOLLOW] = "follow",
};

static void
print_name(struct sbuf *out, const char *s)
{
	sbuf_putc(out, '"');
	for (s = s ? s : ""; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < ' ' || c == '"' || c == '\\' || c >= 127)
			sbuf_printf(out, "\\%02x", c);
		else
			sbuf_putc(out, *s);
	}
	sbuf_putc(out, '"');
}

/* " key value", when there is one. */
static void
print_item(struct sbuf *out, const char *key, uint32_t value)
{
	if (value)
		sbuf_printf(out, " %s %u", key, value);
}

static void
print_map(const struct map_spec *m, uint32_t index, struct sbuf *out)
{
	const uint8_t *init = m->init;
	uint32_t i;

	sbuf_printf(out, "map %u %s ", index, ir_map_uses[m->use]);
	print_name(out, m->name);
	sbuf_printf(out, " type %u", m->type);
	print_item(out, "key", m->key_size);
	print_item(out, "value", m->value_size);
	print_item(out, "entries", m->entries);
	print_item(out, "flags", m->flags);
	if (m->scalar)
		sbuf_printf(out, " scalar %u", m->present_off);
	print_item(out, "depth", m->depth);
	if (init) {
		sbuf_puts(out, " init \"");
		for (i = 0; i < m->value_size; i++)
			sbuf_printf(out, "%02x", init[i]);
		sbuf_putc(out, '"');
	}
	sbuf_putc(out, '\n');
}

static void
print_event(const struct event_spec *e, struct sbuf *out)
{
	uint32_t i;

	sbuf_printf(out, "event %u size %u", e->id, e->size);
	if (e->unit && e->unit->name) {
		sbuf_puts(out, " unit ");
		print_name(out, e->unit->name);
	}
	if (e->args.n)
		sbuf_puts(out, " args");
	for (i = 0; i < e->args.n; i++) {
		if (e->args.v[i].type)
			sbuf_printf(out, " %u", e->args.v[i].off);
		else
			sbuf_puts(out, " -");
	}
	sbuf_putc(out, '\n');
}

/* ---- ops ---- */

static void
print_ref(struct ref r, int reg, struct sbuf *out)
{
	if (!r.id) {
		sbuf_puts(out, "none");
		return;
	}
	sbuf_printf(out, "%%%u", r.id);
	if (reg >= 0)
		sbuf_printf(out, ":r%d", reg);
}

/* Argument i: a ref, or the immediate in its place. */
static void
print_arg(const struct op *op, unsigned i, struct sbuf *out)
{
	if (i >= ir_ref_args(op))
		sbuf_printf(out, "%lld", (long long)op->imm);
	else
		print_ref(op->arg[i], op->areg[i], out);
}

static void
print_args(const struct op *op, unsigned from, struct sbuf *out)
{
	unsigned i;

	for (i = from; i < op->nargs; i++) {
		sbuf_puts(out, i == from ? "" : ", ");
		print_arg(op, i, out);
	}
}

static void
print_off(long long off, struct sbuf *out)
{
	if (off)
		sbuf_printf(out, " %c %lld", off < 0 ? '-' : '+',
			    off < 0 ? -off : off);
}

static void
print_mem(const struct op *op, struct sbuf *out)
{
	sbuf_putc(out, '[');
	print_arg(op, 0, out);
	print_off(op->off, out);
	sbuf_putc(out, ']');
}

static void
print_phi(const struct blk *b, const struct op *op, struct sbuf *out)
{
	uint32_t i;

	for (i = 0; op->phi && i < b->preds.n; i++) {
		sbuf_printf(out, "%s b%u ", i ? "," : "", b->preds.v[i]->id);
		print_ref(op->phi[i], -1, out);
	}
	if (op->has_imm)
		sbuf_printf(out, " in %lld", (long long)op->imm);
}

static void
print_call(const struct op *op, struct sbuf *out)
{
	sbuf_printf(out, " %s",
		    op->index < IR_HELPERS ? ir_helpers[op->index].name : "?");
	if (op->imm)
		sbuf_printf(out, " %llu", (unsigned long long)op->imm);
	sbuf_putc(out, '(');
	print_args(op, 0, out);
	sbuf_putc(out, ')');
}

static void
print_cond(const struct op *op, struct sbuf *out)
{
	sbuf_printf(out, " %s ", ir_cond_text(op->cond));
	if (op->width != 8)
		sbuf_printf(out, "u%u ", op->width * 8u);
}

static void
print_br(const struct blk *b, const struct op *op, struct sbuf *out)
{
	print_cond(op, out);
	print_args(op, 0, out);
	sbuf_printf(out, " -> b%u, b%u", b->succ[0]->id, b->succ[1]->id);
}

static void
print_operands(const struct blk *b, const struct op *op, struct sbuf *out)
{
	switch (op->code) {
	case IR_NOP:
	case IR_REST:
	case IR_CTX:
		break;
	case IR_CONST:
	case IR_PARAM:
		sbuf_printf(out, " %lld", (long long)op->imm);
		break;
	case IR_MAP:
	case IR_FUNC:
		sbuf_printf(out, " %u", op->index);
		break;
	case IR_OBJ:
		sbuf_printf(out, " %u", op->index);
		print_off(op->off, out);
		break;
	case IR_MAPVAL:
		sbuf_printf(out, " %u + %lld", op->index, (long long)op->imm);
		break;
	case IR_ZEXT:
	case IR_SEXT:
	case IR_BSWAP:
		sbuf_printf(out, " u%u ", op->width * 8u);
		print_args(op, 0, out);
		break;
	case IR_CMP:
		print_cond(op, out);
		print_args(op, 0, out);
		break;
	case IR_LOAD:
		sbuf_printf(out, " u%u ", op->width * 8u);
		print_mem(op, out);
		break;
	case IR_STORE:
	case IR_XADD:
		sbuf_printf(out, " u%u ", op->width * 8u);
		print_mem(op, out);
		sbuf_puts(out, ", ");
		print_args(op, 1, out);
		break;
	case IR_CALL:
		print_call(op, out);
		break;
	case IR_PHI:
		print_phi(b, op, out);
		break;
	case IR_JMP:
		sbuf_printf(out, " -> b%u", b->succ[0]->id);
		break;
	case IR_BR:
		print_br(b, op, out);
		break;
	case IR_SPILL:
		sbuf_putc(out, ' ');
		print_ref(op->arg[0], op->areg[0], out);
		sbuf_printf(out, " -> %lld", (long long)op->imm);
		if (op->nargs > 1) {
			sbuf_puts(out, " at ");
			print_ref(op->arg[1], op->areg[1], out);
		}
		break;
	case IR_RELOAD:
		sbuf_printf(out, " %lld", (long long)op->imm);
		if (op->arg[0].id) {
			sbuf_puts(out, " of ");
			print_ref(op->arg[0], op->areg[0], out);
		}
		break;
	default: /* arithmetic, ret */
		sbuf_putc(out, ' ');
		print_args(op, 0, out);
		break;
	}
}

void
ir_print_op(const struct func *f, const struct blk *b, struct ref r,
	    struct sbuf *out)
{
	const struct op *op = ir_op(f, r);

	sbuf_putc(out, '\t');
	if (!(ir_ops[op->code].flags & F_V)) {
		print_ref(r, op->reg, out);
		sbuf_puts(out, " = ");
	}
	sbuf_puts(out, ir_ops[op->code].text);
	print_operands(b, op, out);
	sbuf_putc(out, '\n');
}

/* ---- functions ---- */

static void
print_blk(const struct func *f, const struct blk *b, struct sbuf *out)
{
	uint32_t i;

	if (!b->ops.n && !b->preds.n && b != f->blks.v[0])
		return; /* made by the builder, never reached */
	sbuf_printf(out, "b%u%s:\n", b->id, b->cold ? " cold" : "");
	for (i = 0; i < b->phis.n; i++)
		ir_print_op(f, b, b->phis.v[i], out);
	for (i = 0; i < b->ops.n; i++)
		ir_print_op(f, b, b->ops.v[i], out);
}

static void
print_obj(const struct obj *o, uint32_t index, struct sbuf *out)
{
	sbuf_printf(out, "obj %u size %u align %u", index, o->size, o->align);
	if (o->pinned)
		sbuf_puts(out, " pinned");
	if (o->on_stack)
		sbuf_puts(out, " onstack");
	if (o->scratch)
		sbuf_printf(out, " scratch %d", o->where);
	else if (o->where)
		sbuf_printf(out, " stack %d", o->where);
	sbuf_putc(out, '\n');
}

static enum ir_helper
own_helper(const struct func *f)
{
	const struct own *o = f->parent->own;

	while (o->f != f)
		o = o->next;
	return o->helper;
}

static void
print_func(const struct func *f, struct sbuf *out)
{
	uint32_t i;

	sbuf_printf(out, "\nfunc %u ", f->index);
	print_name(out, f->name);
	if (f->unit && f->unit->name) {
		sbuf_puts(out, " unit ");
		print_name(out, f->unit->name);
	}
	if (f->parent)
		sbuf_printf(out, " parent %u", f->parent->index);
	if (f->is_own)
		sbuf_printf(out, " own %s", ir_helper_name(own_helper(f)));
	print_item(out, "params", f->nparams);
	for (i = 0; i < SHARED_ARGS; i++)
		if (f->behind[i])
			sbuf_printf(out, " behind %u %u", i, f->behind[i]);
	print_item(out, "stack", f->stack);
	print_item(out, "slots", f->nslots);
	print_item(out, "scratch", f->scratch_size);
	if (f->far.size)
		sbuf_printf(out, " far %u %u %u %u", f->far.n, f->far.size,
			    f->far.obj, f->far.off);
	sbuf_puts(out, f->allocated ? " allocated {\n" : " {\n");
	for (i = 0; i < f->objs.n; i++)
		print_obj(&f->objs.v[i], i, out);
	for (i = 0; i < f->blks.n; i++)
		print_blk(f, f->blks.v[i], out);
	sbuf_puts(out, "}\n");
}

void
ir_print(const struct prog *p, struct sbuf *out)
{
	uint32_t i;

	for (i = 0; i < p->maps.n; i++)
		print_map(&p->maps.v[i], i, out);
	for (i = 0; i < p->events.n; i++)
		print_event(p->events.v[i], out);
	for (i = 0; i < p->funcs.n; i++)
		print_func(p->funcs.v[i], out);
}
