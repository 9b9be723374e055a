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

const char *
ir_helper_name(enum ir_helper h)
{
	return ir_helpers[h].name;
}

unsigned
ir_helper_number(enum ir_helper h)
{
	return ir_helpers[h].number;
}
