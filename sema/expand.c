/* SPDX-License-Identifier: MIT */
/*
 * Pass "expand": settings applied, constructs that are not there yet refused,
 * macros and attach points expanded, so that ast->units says what is
 * compiled.
 *
 * Needs: a parsed AST. Gives: ast->units.
 */
#include "internal.h"

static bool
refuse(struct sema *s, struct span at, const char *what)
{
	return diag_error(s->d, at, "%s are not supported yet", what);
}

static bool
check_constructs(struct sema *s)
{
	bool good = true;

	if (s->ast->imports.n)
		good = refuse(s, s->ast->imports.v[0].span, "imports");
	if (s->ast->subprogs.n)
		good = refuse(s, s->ast->subprogs.v[0].span, "functions (fn)");
	return good;
}

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
	good = check_constructs(&s) && good;
	good = macro_check_definitions(&s) && good;
	return good && attach_probes(&s);
}
