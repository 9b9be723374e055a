// SPDX-License-Identifier: MIT
/*
 * What the one who runs the script can set, as values in it: config, and
 * getopt() for options behind `--`. Both are known to the compiler.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- config ---- */

enum setting_kind { SET_BOOL, SET_NUMBER, SET_TEXT, SET_MISSING };

static const struct setting {
	const char *name;
	enum setting_kind kind;
	size_t at;
} settings[] = {
#define SETTING(name, kind)                                                    \
	{                                                                      \
#name, kind, offsetof(struct config, name)                     \
	}
	SETTING(cpp_demangle, SET_BOOL),
	SETTING(lazy_symbolication, SET_BOOL),
	SETTING(print_maps_on_exit, SET_BOOL),
	SETTING(use_blazesym, SET_BOOL),
	SETTING(show_debug_info, SET_BOOL),
	SETTING(log_size, SET_NUMBER),
	SETTING(max_bpf_progs, SET_NUMBER),
	SETTING(max_cat_bytes, SET_NUMBER),
	SETTING(max_map_keys, SET_NUMBER),
	SETTING(max_probes, SET_NUMBER),
	SETTING(max_strlen, SET_NUMBER),
	SETTING(on_stack_limit, SET_NUMBER),
	SETTING(perf_rb_pages, SET_NUMBER),
	SETTING(str_trunc_trailer, SET_TEXT),
	SETTING(unstable_import_statement, SET_TEXT),
	SETTING(unstable_tseries, SET_TEXT),
	SETTING(unstable_typeinfo, SET_TEXT),
	SETTING(unstable_dw_ustack, SET_TEXT),
	SETTING(missing_probes, SET_MISSING),
	SETTING(stack_mode, SET_TEXT),
	SETTING(license, SET_TEXT),
#undef SETTING
};

static void
put_setting(struct sema *s, struct node *n, const struct setting *set)
{
	static const char *const missing[] = {
		[MISSING_ERROR] = "error",
		[MISSING_WARN] = "warn",
		[MISSING_IGNORE] = "ignore",
	};
	const struct config *c = sema_config(s);
	const char *at = (const char *)c + set->at;

	switch (set->kind) {
	case SET_BOOL:
		sema_make_bool(s, n, *(const bool *)at);
		break;
	case SET_NUMBER:
		sema_make_int(s, n, *(const uint64_t *)at, false);
		break;
	case SET_TEXT:
		sema_make_str(s, n, *(const char *const *)at);
		break;
	case SET_MISSING:
		sema_make_str(s, n, missing[c->missing_probes]);
		break;
	}
}

static bool
config_check(struct sema *s, struct node *n)
{
	enum { COUNT = ARRAY_LEN(settings) };
	const struct type *types[COUNT];
	const char *names[COUNT];
	struct node record = { .kind = N_RECORD, .span = n->span };
	unsigned i;

	for (i = 0; i < COUNT; i++) {
		struct node *x = arena_alloc(sema_arena(s), sizeof(*x));
		struct named_expr *item =
			vec_push(sema_arena(s), &record.record.items);

		x->span = n->span;
		put_setting(s, x, &settings[i]);
		item->name = names[i] = settings[i].name;
		item->value = x;
		types[i] = type_settle(sema_types(s), x->type);
	}
	*n = record;
	n->type = type_record(sema_types(s), names, types, COUNT);
	return true;
}

/* ---- getopt ---- */

/* What follows "--name": "=value", "", or NULL. The last one counts. */
static const char *
given_option(const struct script_options *o, const char *name)
{
	const char *found = NULL;
	size_t n = strlen(name);
	uint32_t i;

	for (i = 0; o && i < o->ngiven; i++) {
		const char *text = o->given[i] + 2;

		if (!strncmp(text, name, n) && (!text[n] || text[n] == '='))
			found = text + n;
	}
	return found;
}

static const char *
default_text(struct sema *s, const struct node *x)
{
	if (!x || x->kind == N_BOOL)
		return x && x->num.value ? "true" : "false";
	if (x->kind == N_STR)
		return x->str.text;
	return arena_printf(sema_arena(s), "%lld", (long long)x->num.value);
}

static struct script_option *
find_known(struct script_options *o, const char *name)
{
	for (uint32_t i = 0; i < o->known.n; i++)
		if (!strcmp(o->known.v[i].name, name))
			return &o->known.v[i];
	return NULL;
}

/*
 * Note that the script has this option; false: with another default, or with
 * another description. Where it has none, that of another place counts.
 */
static bool
declare(struct sema *s, struct node *n, const char *name)
{
	struct script_options *o = sema_in(s)->options;
	const struct node *arg = sema_arg(n, 2);
	const char *doc = arg ? sema_literal_str(arg, NULL) : NULL;
	const char *fallback = default_text(s, sema_arg(n, 1));
	struct script_option *known;

	if (!o)
		return true;
	known = find_known(o, name);
	if (!known) {
		known = vec_push(sema_arena(s), &o->known);
		known->name = arena_strdup(sema_arena(s), name);
		known->fallback = arena_strdup(sema_arena(s), fallback);
	}
	if (strcmp(known->fallback, fallback))
		return sema_error(
			s, n,
			"Command line option '%s' needs to have the "
			"same default value in all places it is used. "
			"Previous default value: %s",
			name, known->fallback);
	if (!doc || !*doc)
		return true;
	if (known->doc && strcmp(known->doc, doc))
		return sema_error(
			s, n,
			"Command line option '%s' must have the same "
			"description in all places it's used. Hint: You can "
			"wrap it in a macro",
			name);
	known->doc = doc;
	return true;
}

/* On the command line, so without a place. */
static bool
bad_value(struct sema *s, const char *name, const char *what, const char *value)
{
	return sema_error_at(s, (struct span){ 0, 0 },
			     "program command line option --%s %s (value: %s)",
			     name, what, value);
}

static bool
take_bool(struct sema *s, struct node *n, const char *name, const char *value)
{
	static const char *const words[] = { "0",  "1",   "false", "true",
					     "no", "yes", "off",   "on" };
	unsigned i;

	for (i = 0; i < ARRAY_LEN(words); i++)
		if (!strcasecmp(value, words[i])) {
			sema_make_bool(s, n, i & 1);
			return true;
		}
	return bad_value(s, name, "expects a boolean (e.g. 'true')", value);
}

static bool
take_int(struct sema *s, struct node *n, const char *name, const char *given)
{
	const char *text = given + 1, *wrong, *colon;
	bool minus;
	uint64_t v;

	if (*given != '=')
		return bad_value(s, name, "expects an integer", "true");
	minus = *text == '-';
	wrong = lex_integer(sema_arena(s), text + minus, strlen(text + minus),
			    true, &v);
	if (!wrong && v > (uint64_t)INT64_MAX + minus)
		wrong = "overflow";
	if (wrong && !strncmp(wrong, "overflow", 8))
		return bad_value(s, name, "value is out of range", text);
	if (wrong) { /* the number follows the colon, which all have */
		colon = strchr(wrong, ':');
		return bad_value(s, name,
				 arena_strndup(sema_arena(s), wrong,
					       (size_t)(colon - wrong)),
				 text);
	}
	sema_make_int(s, n, minus ? -v : v, minus && v);
	return true;
}

static bool
getopt_check(struct sema *s, struct node *n)
{
	const struct node *first = sema_arg(n, 0), *def = sema_arg(n, 1);
	const char *name = sema_literal_str(first, NULL), *given;
	const struct type *int64 = type_int(sema_types(s), 8, true);
	bool good = true;

	if (!name)
		return sema_error(s, first,
				  "First argument to 'getopt' must be a string "
				  "literal.");
	if (def && def->kind != N_INT && def->kind != N_BOOL &&
	    def->kind != N_STR)
		return sema_error(s, def,
				  "Second argument to 'getopt' must be a "
				  "string literal, integer literal, or a "
				  "boolean literal.");
	if (sema_arg(n, 2) && !sema_literal_str(sema_arg(n, 2), NULL))
		return sema_error(s, sema_arg(n, 2),
				  "Third argument to 'getopt' must be a string "
				  "literal.");
	if (!declare(s, n, name))
		return false;
	given = given_option(sema_in(s)->options, name);
	if (!def || def->kind == N_BOOL) {
		if (given)
			return take_bool(s, n, name,
					 *given ? given + 1 : "true");
		sema_make_bool(s, n, def && def->num.value);
	} else if (def->kind == N_INT) {
		if (given)
			good = take_int(s, n, name, given);
		else
			sema_make_int(s, n, def->num.value, def->num.negative);
		n->type = int64;
	} else if (given && *given != '=') {
		good = bad_value(s, name, "expects a string", "true");
	} else {
		sema_make_str(s, n, given ? given + 1 : def->str.text);
	}
	return good;
}

/* clang-format off */
const struct builtin option_words[] = {
	{ "config", "auto", "the configuration, as a record", WORD_CONST,
	  .check = config_check },
	{ "getopt", "(any, any = false, any = none) -> auto",
	  "an option of the script, given behind --", WORD_CONST,
	  .check = getopt_check },
	{ 0 },
};
/* clang-format on */
