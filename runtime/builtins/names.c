// SPDX-License-Identifier: MIT
/*
 * Numbers by name: strerror, signal_name, syscall_name. The texts lie in
 * constant memory of the program, NAME_SIZE bytes each, so that a name is a
 * string like any other; that of a literal is known to the compiler.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 64 };

struct names {
	const char *const *v;
	uint32_t n;
	const char *unknown;
	bool ignore_sign;
};

static const char *const errors[] = {
#define ERRNO(number, text) [number] = text,
#include "errno.def"
#undef ERRNO
};

static const char *const signals[] = {
#define SIGNAL(number, text) [number] = text,
#include "signal.def"
#undef SIGNAL
};

enum { ERRORS, SIGNALS, SYSCALLS };

static const struct names all_names[] = {
	[ERRORS] = { errors, ARRAY_LEN(errors), "Unknown error", true },
	[SIGNALS] = { signals, ARRAY_LEN(signals), "N/A", false },
	[SYSCALLS] = { probe_syscalls, PROBE_SYSCALLS, "Unknown syscall",
		       false },
};

static const char *
name_of(const struct names *names, int64_t number)
{
	uint64_t i;

	if (names->ignore_sign && number < 0)
		number = -number;
	i = (uint64_t)number;
	return i < names->n && names->v[i] ? names->v[i] : names->unknown;
}

static bool
name_check(struct sema *s, struct node *n)
{
	const struct names *names = &all_names[n->call.word->aux];
	const struct type *t = sema_arg(n, 0)->type;
	int64_t number;

	if (t && t->kind != TY_ERROR && !type_is_int(t))
		return sema_error(s, n, "Cannot cast from \"%s\" to \"int32\"",
				  type_name(t));
	if (sema_literal_int(sema_arg(n, 0), &number))
		sema_make_str(s, n, name_of(names, (int32_t)number));
	n->type = type_string(sema_types(s), NAME_SIZE);
	return true;
}

/* The texts of all numbers, and the one for the others behind them. */
static struct mem
name_table(struct lower *l, const struct names *names)
{
	size_t size = (names->n + 1) * NAME_SIZE;
	char *table = arena_alloc(ir_prog(l)->arena, size);
	uint32_t i;

	memset(table, 0, size);
	for (i = 0; i <= names->n; i++)
		strncpy(table + i * NAME_SIZE, name_of(names, i),
			NAME_SIZE - 1);
	return ir_bytes(l, table, (uint32_t)size);
}

static struct ref
name_lower(struct lower *l, const struct node *n, const struct mem *dst)
{
	const struct names *names = &all_names[n->call.word->aux];
	struct mem at = name_table(l, names);
	struct ref i = ir_un(l, IR_SEXT, ir_arg(l, n, 0), 4);
	struct ref minus;

	if (names->ignore_sign) {
		minus = ir_bini(l, IR_SAR, i, 63);
		i = ir_bin(l, IR_SUB, ir_bin(l, IR_XOR, i, minus), minus);
	}
	at = ir_row(l, at, NAME_SIZE, i, names->n, names->n);
	ir_mem_copy(l, *dst, at, NAME_SIZE);
	return REF_NONE;
}

/* clang-format off */
const struct builtin names_words[] = {
	{ "strerror", "(any) -> auto", "text of an error number", WORD_MACRO,
	  .aux = ERRORS, .check = name_check, .lower = name_lower },
	{ "signal_name", "(any) -> auto", "text of a signal number", WORD_MACRO,
	  .aux = SIGNALS, .check = name_check, .lower = name_lower },
	{ "syscall_name", "(any) -> auto", "name of a system call's number",
	  WORD_MACRO, .aux = SYSCALLS, .check = name_check,
	  .lower = name_lower },
	{ 0 },
};
/* clang-format on */
