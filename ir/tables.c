/* SPDX-License-Identifier: MIT */
/*
 * The tables of the middle, made from ops.def and helpers.def: what each op
 * and each kernel helper is called, takes and does.
 */
#include "internal.h"

const struct op_info ir_ops[IR_OPCODES] = {
#define OP(id, text, args, flags) [IR_##id] = { text, args, flags },
#include "ops.def"
#undef OP
};

const struct helper_info ir_helpers[IR_HELPERS] = {
#define HELPER(name, number, args, flags)                                      \
	[HELPER_##name] = { #name, number, args, flags },
#include "helpers.def"
#undef HELPER
};

uint32_t
ir_needs(const struct prog *p)
{
	uint32_t needs = 0, i, k, n;

	for (i = 0; i < p->funcs.n; i++) {
		const struct func *f = p->funcs.v[i];

		for (k = 0; k < f->blks.n; k++)
			for (n = 0; n < f->blks.v[k]->ops.n; n++) {
				const struct op *op =
					ir_op(f, f->blks.v[k]->ops.v[n]);

				if (op->code != IR_CALL)
					continue;
				if (op->index == HELPER_loop)
					needs |= 1u << FEAT_LOOP;
				if (op->index == HELPER_for_each_map_elem)
					needs |= 1u << FEAT_FOR_EACH;
			}
	}
	return needs;
}

const char *
ir_helper_name(enum ir_helper h)
{
	return ir_helpers[h].name;
}

const char *
ir_helper_by_number(uint32_t number)
{
	for (unsigned i = 0; i < IR_HELPERS; i++)
		if (ir_helpers[i].number == number)
			return ir_helpers[i].name;
	return NULL;
}

unsigned
ir_helper_number(enum ir_helper h)
{
	return ir_helpers[h].number;
}
