/* SPDX-License-Identifier: MIT */
/*
 * Settings: defaults, the script's config block, the environment (REFERENCE
 * 9.5). One row per key says what kind of value it takes and where it goes.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "internal.h"

enum key_kind {
	KEY_NUMBER,
	KEY_BOOL,
	KEY_TEXT,
	KEY_CHOICE,  /* one of a list, kept as text */
	KEY_MISSING, /* enum of missing_probes */
	KEY_LICENSE,
	KEY_SWITCH,  /* a choice; yes is its first, no is its last */
	KEY_RETIRED, /* accepted with a warning */
	KEY_ENV_ONLY,
};

struct config_key {
	const char *name;
	enum key_kind kind;
	size_t offset;       /* in struct config */
	const char *choices; /* "|"-separated */
	const char *valid;   /* how the error names them; NULL: UNSTABLE's */
};

#define AT(field) offsetof(struct config, field)
#define UNSTABLE "enable|warn|error"

/* clang-format off */
static const struct config_key keys[] = {
	{ "max_strlen", KEY_NUMBER, AT(max_strlen), 0, 0 },
	{ "max_map_keys", KEY_NUMBER, AT(max_map_keys), 0, 0 },
	{ "max_probes", KEY_NUMBER, AT(max_probes), 0, 0 },
	{ "max_bpf_progs", KEY_NUMBER, AT(max_bpf_progs), 0, 0 },
	{ "max_cat_bytes", KEY_NUMBER, AT(max_cat_bytes), 0, 0 },
	{ "on_stack_limit", KEY_NUMBER, AT(on_stack_limit), 0, 0 },
	{ "perf_rb_pages", KEY_NUMBER, AT(perf_rb_pages), 0, 0 },
	{ "log_size", KEY_NUMBER, AT(log_size), 0, 0 },
	{ "print_maps_on_exit", KEY_BOOL, AT(print_maps_on_exit), 0, 0 },
	{ "cpp_demangle", KEY_BOOL, AT(cpp_demangle), 0, 0 },
	{ "lazy_symbolication", KEY_BOOL, AT(lazy_symbolication), 0, 0 },
	{ "show_debug_info", KEY_BOOL, AT(show_debug_info), 0, 0 },
	{ "use_blazesym", KEY_BOOL, AT(use_blazesym), 0, 0 },
	{ "missing_probes", KEY_MISSING, AT(missing_probes),
	  "error|warn|ignore", "ignore, warn, and error" },
	{ "str_trunc_trailer", KEY_TEXT, AT(str_trunc_trailer), 0, 0 },
	{ "license", KEY_LICENSE, AT(license),
	  "Dual MIT/GPL|Dual BSD/GPL|Dual MPL/GPL|GPL and additional rights|"
	  "GPL v2|GPL",
	  "Dual MIT/GPL, Dual BSD/GPL, Dual MPL/GPL, GPL and additional "
	  "rights, GPL v2, GPL" },
	{ "stack_mode", KEY_CHOICE, AT(stack_mode),
	  "bpftrace|perf|raw|build_id", "bpftrace, raw, perf, and build_id" },
	{ "cache_user_symbols", KEY_SWITCH, AT(cache_user_symbols),
	  "PER_PROGRAM|PER_PID|NONE", "PER_PID, PER_PROGRAM, and NONE" },
	{ "unstable_import_statement", KEY_SWITCH,
	  AT(unstable_import_statement), UNSTABLE, 0 },
	{ "unstable_typeinfo", KEY_SWITCH, AT(unstable_typeinfo), UNSTABLE, 0 },
	{ "unstable_tseries", KEY_SWITCH, AT(unstable_tseries), UNSTABLE, 0 },
	{ "unstable_dw_ustack", KEY_SWITCH, AT(unstable_dw_ustack), UNSTABLE,
	  0 },
	{ "symbol_source", KEY_RETIRED, 0, 0, 0 },
	{ "max_type_res_iterations", KEY_RETIRED, 0, 0, 0 },
	{ "unstable_addr", KEY_RETIRED, 0, 0, 0 },
	{ "unstable_import", KEY_RETIRED, 0, 0, 0 },
	{ "unstable_macro", KEY_RETIRED, 0, 0, 0 },
	{ "unstable_map_decl", KEY_RETIRED, 0, 0, 0 },
	{ "btf", KEY_ENV_ONLY, 0, 0, 0 },
	{ "kernel_build", KEY_ENV_ONLY, 0, 0, 0 },
	{ "kernel_source", KEY_ENV_ONLY, 0, 0, 0 },
	{ "vmlinux", KEY_ENV_ONLY, 0, 0, 0 },
};

/* Old names, in the block and in the environment. */
static const struct renamed {
	const char *old, *now;
	bool negated;
} renames[] = {
	{ "strlen", "max_strlen", false },
	{ "no_cpp_demangle", "cpp_demangle", true },
	{ "cat_bytes_max", "max_cat_bytes", false },
	{ "map_keys_max", "max_map_keys", false },
};
/* clang-format on */

void
config_default(struct config *c)
{
	memset(c, 0, sizeof(*c));
	c->max_strlen = 1024;
	c->max_map_keys = 4096;
	c->max_probes = 1024;
	c->max_bpf_progs = 1024;
	c->max_cat_bytes = 10240;
	c->on_stack_limit = 32;
	c->log_size = 1000000;
	c->print_maps_on_exit = true;
	c->cpp_demangle = true;
	c->lazy_symbolication = true;
	c->missing_probes = MISSING_ERROR;
	c->str_trunc_trailer = "..";
	c->license = "GPL";
	c->stack_mode = "bpftrace";
	c->cache_user_symbols = "PER_PID";
	c->unstable_import_statement = "error";
	c->unstable_typeinfo = "error";
	c->unstable_tseries = "warn";
	c->unstable_dw_ustack = "warn";
}

static const struct config_key *
find_key(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(keys); i++)
		if (!strcasecmp(name, keys[i].name))
			return &keys[i];
	return NULL;
}

static const struct renamed *
find_renamed(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(renames); i++)
		if (!strcasecmp(name, renames[i].old))
			return &renames[i];
	return NULL;
}

/* One value as text, from either source. */
struct setting {
	struct arena *arena;
	struct config *config;
	const char *text;
	bool negate;
};

static const char *
set_number(const struct setting *v, const struct config_key *k)
{
	uint64_t *field = (uint64_t *)((char *)v->config + k->offset);
	uint64_t n;

	if (!v->text[0] ||
	    lex_integer(v->arena, v->text, strlen(v->text), true, &n))
		return arena_printf(v->arena, "%s: expecting a number, got %s",
				    k->name, v->text);
	*field = n;
	return NULL;
}

/* 1: yes, 0: no, -1: neither. */
static int
yes_or_no(const char *text)
{
	static const char words[][6] = { "0", "false", "no",  "off",
					 "1", "true",  "yes", "on" };
	unsigned i;

	for (i = 0; i < ARRAY_LEN(words); i++)
		if (!strcasecmp(text, words[i]))
			return i >= ARRAY_LEN(words) / 2;
	return -1;
}

static const char *
set_bool(const struct setting *v, const struct config_key *k)
{
	bool *field = (bool *)((char *)v->config + k->offset);
	int yes = yes_or_no(v->text);

	if (yes < 0)
		return arena_printf(v->arena,
				    "%s: Invalid bool value: valid values are "
				    "true, false, 1 or 0.",
				    k->name);
	*field = yes != v->negate;
	return NULL;
}

/* The index of the value in "a|b|c", as which it is written to *text: -1,
 * none of them. */
static int
choice(const struct setting *v, const struct config_key *k, const char **text)
{
	bool exact = k->kind == KEY_CHOICE || k->kind == KEY_LICENSE;
	int yes = k->kind == KEY_SWITCH ? yes_or_no(v->text) : -1;
	size_t n = strlen(v->text);
	const char *list = k->choices;
	int i;

	for (i = 0; *list; i++) {
		size_t len = strcspn(list, "|");

		if ((yes == 1 && !i) || (!yes && !list[len]) ||
		    (len == n &&
		     !(exact ? strncmp : strncasecmp)(list, v->text, n))) {
			*text = arena_strndup(v->arena, list, len);
			return i;
		}
		list += len + (list[len] == '|');
	}
	return -1;
}

static const char *
set_choice(const struct setting *v, const struct config_key *k)
{
	char *field = (char *)v->config + k->offset;
	const char *text = NULL;
	int i = choice(v, k, &text);

	if (i < 0 && k->kind == KEY_LICENSE)
		return arena_printf(v->arena,
				    "Invalid value for license. Found: %s. "
				    "Valid values: %s. Read more about BPF "
				    "programs and licensing: "
				    "https://docs.kernel.org/bpf/"
				    "bpf_licensing.html#using-bpf-programs-in-"
				    "the-linux-kernel",
				    v->text, k->valid);
	if (i < 0)
		return arena_printf(
			v->arena,
			"%s: Invalid value for %s: valid values "
			"are %s.",
			k->name, k->valid ? k->name : "unstable config",
			k->valid ? k->valid : "enable, warn, and error");
	if (k->kind == KEY_MISSING)
		v->config->missing_probes = i;
	else
		*(const char **)field = text;
	return NULL;
}

/* NULL, or the error's text. */
static const char *
set_value(const struct setting *v, const struct config_key *k)
{
	switch (k->kind) {
	case KEY_NUMBER:
		return set_number(v, k);
	case KEY_BOOL:
		return set_bool(v, k);
	case KEY_TEXT:
		*(const char **)((char *)v->config + k->offset) =
			arena_strdup(v->arena, v->text);
		return NULL;
	case KEY_CHOICE:
	case KEY_MISSING:
	case KEY_LICENSE:
	case KEY_SWITCH:
		return set_choice(v, k);
	case KEY_RETIRED:
	case KEY_ENV_ONLY:
		return NULL;
	}
	return NULL;
}

/* ---- the script's block ---- */

static const char *
without_prefix(const char *key)
{
	static const char prefix[] = "BPFTRACE_";

	if (!strncasecmp(key, prefix, sizeof(prefix) - 1))
		return key + sizeof(prefix) - 1;
	return key;
}

/* A bool is a number to all but bools. */
static const char *
config_text(const struct config_item *item, const struct config_key *k)
{
	if (item->kind != CONFIG_BOOL || !k || k->kind == KEY_BOOL)
		return item->text;
	return item->num ? "1" : "0";
}

static bool
unknown_key(struct sema *s, struct span at, const char *name)
{
	struct nearest n = { .word = without_prefix(name) };

	diag_error(s->d, at, "%s: not a known configuration option", name);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		nearest_try(&n, keys[i].name);
	if (n.best)
		diag_hint(s->d, "did you mean '%s'?", n.best);
	return false;
}

static bool
apply_item(struct sema *s, const struct config_item *item)
{
	const char *name = without_prefix(item->key), *error;
	const struct renamed *r = find_renamed(name);
	const struct config_key *k = find_key(r ? r->now : name);
	struct setting v = { .arena = s->a,
			     .config = s->in->config,
			     .text = config_text(item, k),
			     .negate = r && r->negated };

	if (!k)
		return unknown_key(s, item->span, item->key);
	if (r)
		diag_warn(s->d, item->span,
			  "%s has been renamed, please use %s", r->old, r->now);
	if (k->kind == KEY_ENV_ONLY)
		return diag_error(s->d, item->span,
				  "%s: can only be set as an environment "
				  "variable",
				  k->name);
	if (k->kind == KEY_RETIRED)
		diag_warn(s->d, item->span,
			  "%s is deprecated and has no effect", k->name);
	/* In the block any other number is true. */
	if ((k->kind == KEY_BOOL || k->kind == KEY_SWITCH) &&
	    item->kind == CONFIG_INT && item->num)
		v.text = "1";
	error = set_value(&v, k);
	return error ? diag_error(s->d, item->span, "%s", error) : true;
}

bool
config_script(struct sema *s)
{
	bool good = true;
	uint32_t i;

	for (i = 0; i < s->ast->config.n; i++)
		if (!apply_item(s, &s->ast->config.v[i]))
			good = false;
	return good;
}

/* ---- the environment ---- */

static const char *
environment(struct arena *a, const char *key)
{
	char *name = arena_printf(a, "BPFTRACE_%s", key), *p;

	for (p = name; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return getenv(name);
}

bool
config_env(struct config *c, struct arena *a, const char **error)
{
	struct setting v = { .arena = a, .config = c };
	size_t i;

	*error = NULL;
	for (i = 0; i < ARRAY_LEN(renames) && !*error; i++) {
		v.text = environment(a, renames[i].old);
		v.negate = renames[i].negated;
		if (v.text)
			*error = set_value(&v, find_key(renames[i].now));
	}
	v.negate = false;
	for (i = 0; i < ARRAY_LEN(keys) && !*error; i++) {
		v.text = environment(a, keys[i].name);
		if (v.text)
			*error = set_value(&v, &keys[i]);
	}
	return !*error;
}
