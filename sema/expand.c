/* SPDX-License-Identifier: MIT */
/*
 * Pass "expand": settings applied, imports read, macros and attach points
 * expanded, so that ast->units says what is compiled.
 *
 * Needs: a parsed AST. Gives: ast->units.
 */
#include "internal.h"

bool
sema_expand(const struct sema_input *in)
{
	struct sema s = { .in = in,
			  .a = in->arena,
			  .ast = in->ast,
			  .d = in->diag,
			  .t = in->types,
			  .final = true };
	bool good;

	s.units = arena_alloc(s.a, sizeof(*s.units));
	in->ast->units = s.units;
	in->ast->type_name = type_name;
	good = config_script(&s);
	good = import_files(&s) && good;
	good = macro_check_definitions(&s) && good;
	return good && attach_probes(&s);
}
