/* SPDX-License-Identifier: MIT */
/*
 * Parallel moves: what has to be in other registers before a call or at the
 * end of a block, put into an order in which no source is overwritten before
 * it is read; cycles are opened through a free register.
 */
#include "alloc.h"

void
ir_move_add(struct moves *m, uint32_t v, int8_t src, int8_t dst)
{
	assert(m->n < ARRAY_LEN(m->m) && src >= 0 && dst >= 0);
	m->m[m->n++] = (struct move){ src, dst, v };
}

static bool
is_source(const struct moves *m, int8_t reg)
{
	uint32_t i;

	for (i = 0; i < m->n; i++)
		if (m->m[i].src == reg)
			return true;
	return false;
}

/* Moves onto themselves only say that the register is taken. */
static uint32_t
drop_fixed(struct moves *m)
{
	uint32_t i, n = 0, taken = 0;

	for (i = 0; i < m->n; i++) {
		taken |= 1u << m->m[i].dst;
		if (m->m[i].src != m->m[i].dst)
			m->m[n++] = m->m[i];
	}
	m->n = n;
	return taken;
}

static struct ref
copy(struct func *f, const struct move *m, struct span span)
{
	struct op op = { .code = IR_COPY,
			 .width = 8,
			 .nargs = 1,
			 .arg = { { m->v } },
			 .span = span };
	struct ref r = ir_make(f, op);

	ir_op(f, r)->reg = m->dst;
	ir_op(f, r)->areg[0] = m->src;
	return r;
}

/* A move whose target nobody reads any more; m->n when all are in cycles. */
static uint32_t
find_ready(const struct moves *m)
{
	uint32_t i;

	for (i = 0; i < m->n; i++)
		if (!is_source(m, m->m[i].dst))
			return i;
	return m->n;
}

static int8_t
free_reg(uint32_t taken)
{
	int8_t r = 0;

	while (taken & 1u << r)
		r++;
	assert(r < REGS);
	return r;
}

void
ir_move_emit(struct moves *m, struct func *f, struct span span,
	     void (*emit)(void *arg, struct ref copy), void *arg)
{
	uint32_t i, taken = drop_fixed(m);

	while (m->n) {
		i = find_ready(m);
		if (i == m->n) {
			struct move out = m->m[--i];

			out.dst = free_reg(taken);
			emit(arg, copy(f, &out, span));
			m->m[i].src = out.dst;
			continue;
		}
		emit(arg, copy(f, &m->m[i], span));
		m->m[i] = m->m[--m->n];
	}
}
