/* SPDX-License-Identifier: MIT */
/* Expanding and checking, over a language of a few words and two probe types:
 * what is found where, which type comes out, which message. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "../../ir/ir.h"
#include "../../sema/sema.h"

/* ---- the language ---- */

static int64_t
count_to_int(const struct type *t, const void *cell)
{
	(void)t;
	(void)cell;
	return 0;
}

static const struct nominal nominals[] = {
	{ .name = "count_t",
	  .size = 8,
	  .align = 8,
	  .per_cpu = true,
	  .map_only = true,
	  .to_int = count_to_int },
	{ .name = "hist_t",
	  .size = 512,
	  .align = 8,
	  .per_cpu = true,
	  .map_only = true },
	{ .name = "kstack", .size = 8, .align = 8, .scalar = true },
	{ 0 },
};
static const struct nominal *const all_nominals[] = { nominals, NULL };

static bool
args_check(struct sema *s, struct node *n)
{
	const struct type *t = sema_args(s, n->span);

	n->type = t ? type_pointer(sema_types(s), t, AS_CTX)
		    : type_error(sema_types(s));
	return t != NULL;
}

static bool
is_int_check(struct sema *s, struct node *n)
{
	const struct node *x = sema_arg(n, 0);

	sema_make_bool(s, n, x->type->kind == TY_INT);
	return true;
}

static const struct builtin words[] = {
	{ .name = "nsecs", .sig = "uint64", .doc = "x" },
	{ .name = "pid", .sig = "uint32", .doc = "x" },
	{ .name = "comm", .sig = "string[16]", .doc = "x" },
	{ .name = "args",
	  .sig = "auto",
	  .flags = WORD_ARGS,
	  .check = args_check },
	{ .name = "probe", .sig = "string[8]", .flags = WORD_INDEX },
	{ .name = "arg0", .sig = "uint64", .flags = WORD_CTX },
	{ .name = "kstack",
	  .sig = "(word|int = none, int = none) -> kstack",
	  .flags = WORD_BUILTIN },
	{ .name = "print", .sig = "(map|any, int literal = 0) -> void" },
	{ .name = "printf", .sig = "(string literal, ...) -> void" },
	{ .name = "clear", .sig = "(map) -> void" },
	{ .name = "delete",
	  .sig = "(map, key = none) -> bool",
	  .flags = WORD_MACRO | WORD_EFFECT },
	{ .name = "find", .sig = "(map, key, var) -> bool" },
	{ .name = "exit", .sig = "(int = 0) -> void", .flags = WORD_RETURNS },
	{ .name = "strlen", .sig = "(string) -> uint64" },
	{ .name = "system",
	  .sig = "(string literal) -> void",
	  .flags = WORD_UNSAFE },
	{ .name = "count", .sig = "() -> count_t", .flags = WORD_AGG },
	{ .name = "hist",
	  .sig = "(int, int literal = 0) -> hist_t",
	  .flags = WORD_AGG },
	{ .name = "is_int", .sig = "(any) -> auto", .check = is_int_check },
	{ 0 },
};
static const struct builtin *const all_words[] = { words, NULL };

static bool
once_match(struct sema *s, const struct attach_text *ap, struct match *out)
{
	struct target *t = vec_push(sema_arena(s), &out->targets);

	(void)ap;
	t->probe = "once";
	return true;
}

/* "many:*" finds three targets, "many:none" none, others one. */
static bool
many_match(struct sema *s, const struct attach_text *ap, struct match *out)
{
	const char *name = ap->parts.v[1].text;
	unsigned i, n = 1;

	if (!strcmp(name, "none"))
		return sema_error_at(s, ap->span, "No matches for many none.");
	out->wildcard = strchr(name, '*') != NULL;
	if (out->wildcard)
		n = name[0] == '*' ? 3 : 0;
	for (i = 0; i < n; i++)
		vec_push(sema_arena(s), &out->targets)->probe = "many:x";
	return true;
}

static const struct type *
many_args(struct sema *s, struct unit *u, struct span at)
{
	struct types *t = sema_types(s);
	struct field *f = arena_alloc(sema_arena(s), 2 * sizeof(*f));

	(void)u;
	(void)at;
	f[0] = (struct field){ .name = "filename",
			       .type = type_int(t, 8, false),
			       .offset = 16 };
	f[1] = (struct field){ .name = "ret",
			       .type = type_int(t, 4, true),
			       .offset = 24 };
	return type_struct(t, "struct many_args", 32, f, 2);
}

static const struct probe_type once = {
	.name = "once",
	.alias = "o",
	.match = once_match,
};
static const struct probe_type many = {
	.name = "many",
	.old_name = "lots",
	.flags = PROBE_EXPAND | PROBE_ARGS,
	.min_parts = 1,
	.max_parts = 2,
	.match = many_match,
	.args = many_args,
};
/* The targets of "tell:*" have `ret` at the same place, nothing else. */
static bool
tell_same(struct sema *s, const struct target *a, const struct target *b,
	  const char *const *fields)
{
	(void)s, (void)a, (void)b;
	for (; fields && *fields; fields++)
		if (strcmp(*fields, "ret") != 0)
			return false;
	return fields;
}

static struct ref
tell_index(struct lower *l)
{
	(void)l;
	return (struct ref){ 0 };
}

static const struct probe_type tell = {
	.name = "tell",
	.flags = PROBE_EXPAND | PROBE_ARGS,
	.min_parts = 1,
	.max_parts = 1,
	.match = many_match,
	.args = many_args,
	.same_fields = tell_same,
	.index = tell_index,
};
static const struct probe_type *const probe_types[] = { &once, &many, &tell,
							NULL };

static const struct language language = { all_words, all_nominals,
					  probe_types };

/* ---- running the passes ---- */

struct fixture {
	struct arena a;
	struct sources sources;
	struct diag d;
	struct ast ast;
	struct types types;
	struct config config;
	struct sema_input in;
	struct sbuf messages;
	bool good;
};

static const char *const two_params[] = { "10ms", "abc" };

static void
run(struct fixture *f, const char *text)
{
	struct params params = { two_params, 2 };

	memset(f, 0, sizeof(*f));
	f->d.arena = f->ast.arena = &f->a;
	f->d.sources = f->ast.sources = &f->sources;
	types_init(&f->types, &f->a);
	config_default(&f->config);
	f->in = (struct sema_input){ .arena = &f->a,
				     .ast = &f->ast,
				     .diag = &f->d,
				     .lang = &language,
				     .types = &f->types,
				     .config = &f->config,
				     .params = params };
	f->good = parse_source(&f->ast,
			       source_add(&f->a, &f->sources, "t", text,
					  strlen(text)),
			       &params, &f->d) &&
		  sema_expand(&f->in) && sema_check(&f->in);
	diag_flush(&f->d, &f->messages);
}

static void
end(struct fixture *f)
{
	sbuf_free(&f->messages);
	arena_free(&f->a);
}

/* No message at all. */
static void
clean(const char *text)
{
	struct fixture f;

	run(&f, text);
	cr_assert(f.good && !f.messages.n, "%s: %s", text,
		  f.messages.n ? f.messages.s : "(failed silently)");
	end(&f);
}

static void
says(const char *text, const char *message, bool good)
{
	struct fixture f;

	run(&f, text);
	cr_assert(f.good == good, "%s: %s", text,
		  f.messages.n ? f.messages.s : "");
	cr_assert(f.messages.n && strstr(f.messages.s, message),
		  "%s: wanted \"%s\", got: %s", text, message,
		  f.messages.n ? f.messages.s : "nothing");
	end(&f);
}

static void
wrong(const char *text, const char *message)
{
	says(text, message, false);
}

static void
warns(const char *text, const char *message)
{
	says(text, message, true);
}

/* The type of map @x ("key -> value", or the value alone). */
static void
map_is(const char *text, const char *want)
{
	struct fixture f;
	const char *got = "no such map";
	uint32_t i;

	run(&f, text);
	cr_assert(f.good, "%s: %s", text, f.messages.s);
	for (i = 0; i < f.ast.units->maps.n; i++) {
		const struct mapdef *m = f.ast.units->maps.v[i];

		if (strcmp(m->name, "x"))
			continue;
		got = m->key ? arena_printf(&f.a, "%s -> %s", type_name(m->key),
					    type_name(m->value))
			     : type_name(m->value);
	}
	cr_assert_str_eq(got, want, "%s: %s", text, got);
	end(&f);
}

/* ---- types ---- */

Test(sema, literals_are_small_and_signed)
{
	map_is("once { @x = 5; }", "int8");
	map_is("once { @x = 255; }", "int16");
	map_is("once { @x = -129; }", "int16");
	map_is("once { @x = 9223372036854775808; }", "uint64");
	map_is("once { @x = \"abc\"; }", "string[4]");
	map_is("once { @x = true; }", "bool");
	map_is("once { @x = 1 < 2; }", "bool");
}

Test(sema, arithmetic_is_64_bit)
{
	map_is("once { @x = pid + 1; }", "uint64");
	map_is("once { @x = pid - 1; }", "int64");
	map_is("once { $a = 5; @x = $a + 1; }", "int64");
	map_is("once { $a = 5; @x = $a + pid; }", "uint64");
	map_is("once { @x = nsecs >> 1; }", "uint64");
	map_is("once { @x = (int32)pid << 1; }", "int64");
	map_is("once { @x++; }", "int64");
	map_is("once { @x--; }", "int64");
	map_is("once { @x += 1; }", "int64");
	map_is("once { @x += nsecs; }", "int64");
}

Test(sema, assignments_promote)
{
	map_is("once { @x = 5; @x = 500; }", "int16");
	map_is("once { @x = pid; @x = 5; }", "uint32");
	map_is("once { @x = 5; @x = pid; }", "uint32");
	map_is("once { @x = pid; @x = -1; }", "int64");
	map_is("once { @x = (int8)pid; @x = (uint8)pid; }", "int16");
	map_is("once { @x = \"a\"; @x = \"abc\"; }", "string[4]");
	map_is("once { @x = (1, \"a\"); @x = (300, \"bc\"); }",
	       "(int16,string[3])");
	map_is("once { @x = (a = 1, b = 2); @x = (b = 300, a = 4); }",
	       "record { .a = int8, .b = int16 }");
}

Test(sema, inference_reaches_back)
{
	map_is("once { @x = @y; } once { @y = 500; }", "int16");
	map_is("once { $a = @y; @x = $a; } once { @y = \"abc\"; }",
	       "string[4]");
	map_is("once { for ($kv : @y) { @x = $kv.1; } } once { @y[1] = 5; }",
	       "int8");
	map_is("once { $a = 5; @x = sizeof($a); $a = 5000000000; }", "int8");
	map_is("once { @x = @nope; }", "int64");
}

Test(sema, keys)
{
	map_is("once { @x[1] = 1; @x[pid] = 2; }", "uint32 -> int8");
	map_is("once { @x[1, \"a\"] = 1; @x[300, \"bc\"] = 2; }",
	       "(int16,string[3]) -> int8");
	map_is("once { @x[(1, 2)] = 1; }", "(int8,int8) -> int8");
	map_is("once { @x[kstack] = count(); }", "kstack -> count_t");
	map_is("once { @x[1] = 2; if (@x[300]) { } }", "int16 -> int8");
	map_is("once { @x[1] = 1; delete(@x, 70000); }", "int32 -> int8");
	map_is("once { @x[1, 2] = 1; delete(@x[1, 300]); }",
	       "(int8,int16) -> int8");
}

Test(sema, aggregations)
{
	map_is("once { @x = count(); }", "count_t");
	map_is("once { @c = count(); @x = @c + 1; }", "uint64");
	map_is("once { @c[1] = count(); $a = @c[1]; @x = $a; }", "uint64");
	map_is("once { @c = count(); @x[@c] = 1; }", "uint64 -> int8");
	clean("once { @c = count(); if (@c > 5) { print(@c); } }");
	clean("once { @c[1] = count(); for ($kv : @c) { print($kv.1); } }");
	wrong("once { count(); }", "count() must be assigned directly");
	wrong("once { @h = hist(1); $x = @h; }",
	      "Value 'hist_t' cannot be assigned to a scratch variable.");
	wrong("once { @h = hist(1); @b = @h; }", "e.g. `@b = hist(retval);`.");
	wrong("once { @c = count(); @b = @c; }", "e.g. `@b = (int64)@c;`.");
	wrong("once { @c = count(); @c++; }",
	      "assign value of type 'uint64' when map already has a type "
	      "'count_t'");
}

Test(sema, clashes_name_both)
{
	wrong("once { $a = 5; $a = \"x\"; }",
	      "t:1:16-24: ERROR: Type mismatch for $a: trying to assign value "
	      "of type 'string[2]' when variable already has a type 'int8'");
	wrong("once { @y = 2; @y = count(); }",
	      "t:1:21-28: ERROR: Type mismatch for @y: trying to assign value "
	      "of type 'count_t' when map already has a type 'int8'");
	wrong("once { @y[1] = 2; @y[\"a\"] = 3; }",
	      "t:1:19-26: ERROR: Argument mismatch for @y: trying to access "
	      "with arguments: 'string[2]' when map expects arguments: 'int8'");
	wrong("once { @y[1] = 2; @y = 3; }",
	      "@y used as a map without an explicit key (scalar map), "
	      "previously used with an explicit key (non-scalar map)");
	wrong("once { @y = 2; } once { @y = \"a\"; }", "t:1:8-14: ERROR: this");
}

/* ---- folding ---- */

/* `text` folds to the literal that prints as `want` in the typed AST. */
static void
folds(const char *expr, const char *want)
{
	struct fixture f;
	struct sbuf out = { 0 };
	const struct node *n;
	char text[256];

	snprintf(text, sizeof(text), "once { @x = %s; }", expr);
	run(&f, text);
	cr_assert(f.good, "%s: %s", expr, f.messages.s);
	n = f.ast.units->v.v[0]->body->block.stmts.v[0]->assign.value;
	if (n->kind == N_INT && n->num.negative)
		sbuf_printf(&out, "%lld", (long long)n->num.value);
	else if (n->kind == N_INT)
		sbuf_printf(&out, "%llu", (unsigned long long)n->num.value);
	else if (n->kind == N_BOOL)
		sbuf_puts(&out, n->num.value ? "true" : "false");
	else if (n->kind == N_STR)
		sbuf_puts(&out, n->str.text);
	else
		sbuf_puts(&out, ast_kind_name(n->kind));
	cr_assert_str_eq(out.s ? out.s : "", want, "%s: %s", expr, out.s);
	sbuf_free(&out);
	end(&f);
}

Test(sema, folding_follows_c)
{
	folds("-7 / 2", "-3");
	folds("-7 % 3", "-1");
	folds("-7 >> 1", "-4");
	folds("~5", "18446744073709551610");
	folds("9223372036854775807 + 1", "9223372036854775808");
	folds("-9223372036854775808", "-9223372036854775808");
	folds("1 << 63", "9223372036854775808");
	folds("2 * 8 + 1", "17");
	folds("-1 & 255", "255");
	folds("1 == 2", "false");
	folds("!5", "false");
	folds("1 && 0", "false");
	folds("\"a\" + \"bc\"", "abc");
	folds("\"abc\" + 1", "bc");
	folds("\"abc\"[1]", "98");
	folds("\"abc\" < \"abd\"", "true");
	folds("(1, 2) == (1, 2, 3)", "false");
	folds("1 ? 2 : 3", "2");
	folds("comptime 5", "5");
	folds("$1", "10000000");
	folds("$2", "abc");
	folds("$2 + 1", "bc");
	folds("$#", "2");
	folds("sizeof(uint64)", "8");
	folds("sizeof((1, \"abc\"))", "5");
	wrong("once { @x = 1 << 64; }", "unable to fold literals");
	wrong("once { @x = 1 / 0; }", "unable to fold literals");
	wrong("once { @x = \"a\" * \"b\"; }", "illegal literal operation");
	warns("once { @x = $3; }", "Positional parameter $3 is empty");
}

/* ---- scopes ---- */

Test(sema, scopes)
{
	clean("once { if (1) { $x = 1; print($x); } if (1) { $x = \"a\"; "
	      "print($x); } }");
	clean("once { let $x; if (1) { $x = 1; } print($x); }");
	clean("once { $x = 1; for ($i : 0..3) { $x = $i; } print($x); }");
	wrong("once { print($y); }", "Undefined or undeclared variable: $y");
	wrong("once { $x = 1; if (1) { let $x = 2; } }",
	      "Variable $x was already declared. Variable shadowing is not");
	wrong("once { $x = 1; for ($x : 0..2) { } }",
	      "Loop declaration shadows existing variable: $x");
	wrong("once { let $x; print($x); }",
	      "Could not resolve the type of this variable");
	wrong("once { $x += 1; }", "Undefined or undeclared variable: $x");
	wrong("once /$x/ { $x = 1; }", "Undefined or undeclared variable: $x");
	warns("once { let $x; }", "Variable $x was never assigned to.");
	warns("once { let $x: int8; print($x); }",
	      "Variable used before it was assigned: $x");
}

Test(sema, old_scopes_are_hoisted)
{
	warns("once { if (pid) { $x = 1; } print($x); }",
	      "$x is used after the block");
	warns("once { if (pid) { $x = 1; } else { $x = 500; } @x = $x; }",
	      "$x is used after the block");
	wrong("once { if (pid) { $x = 1; } else { $x = \"a\"; } @x = $x; }",
	      "Type mismatch for $x");
}

Test(sema, captured_variables)
{
	struct fixture f;
	const struct unit *u;

	run(&f, "once { $x = 1; $y = 2; for ($i : 0..3) { $x = $i; $z = 1; "
		"print($z); } print($y); }");
	cr_assert(f.good);
	u = f.ast.units->v.v[0];
	cr_assert_eq(u->vars.n, 4);
	cr_assert(u->vars.v[0]->captured);
	cr_assert(!u->vars.v[1]->captured);
	cr_assert(u->vars.v[2]->is_loop && !u->vars.v[2]->captured);
	cr_assert(!u->vars.v[3]->captured && u->vars.v[3]->depth == 1);
	end(&f);
}

Test(sema, declared_types)
{
	clean("once { let $x: uint8 = 255; $x = 3; print($x); }");
	wrong("once { let $x: uint8 = 256; }",
	      "Type mismatch for $x: trying to assign value of type 'int16' "
	      "when variable already has a type 'uint8'");
	wrong("once { let $x: uint8 = -1; }", "of type 'int8'");
	wrong("once { let $x: bool = 1; }", "Type mismatch for $x");
	wrong("once { let $x: string[2] = \"abc\"; }", "Type mismatch for $x");
	wrong("once { let $x: nope = 1; }",
	      "Cannot resolve unknown type \"nope\"");
	warns("once { let $x: uint8 = nsecs; print($x); }",
	      "Expression of type: uint64 being cast to type: uint8.");
	clean("once { let $x: string = \"a\"; $x = \"abcdef\"; print($x); }");
}

/* ---- operators ---- */

Test(sema, operators_refuse)
{
	wrong("once { @x = 1 == \"a\"; }",
	      "Type mismatch for '==': comparing int8 with string[2]");
	wrong("once { @x = comm < comm; }",
	      "The < operator can not be used on expressions of types "
	      "string[16], string[16]");
	wrong("once { $p = (int8 *)pid; @x = $p - $p; }",
	      "The - operator can not be used on expressions of types int8 *, "
	      "int8 *");
	wrong("once { $p = (int8 *)pid; @x = !$p; }",
	      "The ! operator can not be used on expressions of type 'int8 *'");
	wrong("once { @x = -comm; }", "The - operator can not be used");
	wrong("once { @x = nsecs ? 1 : \"a\"; }",
	      "Branches must return the same type or compatible types: have "
	      "'int8' and 'string[2]'");
	wrong("once { if (comm) { } }", "Invalid condition: string");
	warns("once { @x = nsecs - pid; }",
	      "Expression of type: uint64 being cast to type: int64.");
	warns("once { @x = (nsecs - pid) / 2; }", "signed operands for '/'");
	warns("once { $p = (int8 *)pid; $q = (int16 *)pid; @x = $p == $q; }",
	      "comparison of distinct pointer types: int8, int16");
	clean("once { if (comm == \"bash\") { } }");
	clean("once { $p = (int8 *)pid; @x = $p + 1 == 1 + $p; }");
}

Test(sema, casts)
{
	map_is("once { @x = (uint8)nsecs; }", "uint8");
	map_is("once { @x = (uint64 *)nsecs; }", "uint64 *");
	map_is("once { @x = (uint8[8])nsecs; }", "uint8[8]");
	map_is("once { @x = (int8[])comm; }", "int8[16]");
	map_is("once { @x = (bool)pid; }", "bool");
	wrong("once { @x = (int64)\"abc\"; }",
	      "Cannot cast from \"string[4]\" to \"int64\"");
	wrong("once { @x = (uint8[4])nsecs; }",
	      "Cannot cast from \"uint64\" to \"uint8[4]\"");
	warns("once { @x = (uint32)pid; }",
	      "Unnecessary cast: expression is already of type uint32");
}

Test(sema, parts_of_values)
{
	map_is("once { $t = (1, \"ab\"); @x = $t.1; }", "string[3]");
	map_is("once { $t = (a = 1, b = comm); @x = $t.b; }", "string[16]");
	map_is("once { @x = comm[2]; }", "int8");
	map_is("many:a { @x = args.ret; }", "int32");
	wrong("once { $t = (1, 2); @x = $t.5; }",
	      "Invalid tuple index: 5. Found 2 elements in tuple.");
	wrong("once { $t = (a = 1); @x = $t.c; }",
	      "Record does not contain a field named 'c'");
	wrong("once { $a = 5; @x = $a.foo; }",
	      "Can not access field 'foo' on expression of type 'int8'");
	wrong("once { $a = 5; @x = $a[1]; }",
	      "The array index operator [] can only be used on arrays, "
	      "pointers, and tuples, found int8.");
	wrong("many:a { @x = args.filenam; }",
	      "Struct/union of type 'struct many_args' does not contain a "
	      "field named 'filenam'");
	wrong("many:a { @x = args.filenam; }",
	      "HINT: did you mean 'filename'?");
}

/* ---- words ---- */

Test(sema, words_check_arguments)
{
	wrong("once { @x = nosuch; }", "Unknown identifier: 'nosuch'");
	wrong("once { nosuch(1); }", "Unknown function: 'nosuch'");
	wrong("once { pid(1); }", "pid() requires no arguments (1 provided)");
	wrong("once { clear(); }",
	      "clear() requires one argument (0 provided)");
	wrong("once { printf(); }",
	      "printf() requires at least one argument (0 provided)");
	wrong("once { exit(1, 2); }",
	      "exit() takes up to one argument (2 provided)");
	wrong("once { printf(5); }",
	      "printf() expects a string literal (int provided)");
	wrong("once { exit(\"a\"); }",
	      "exit() only supports int arguments (string provided)");
	wrong("once { @b[1] = 1; delete(@b, 1, 2); }",
	      "Call to delete() has arguments that do not match any "
	      "definition.");
	wrong("once { clear(5); }", "clear() expects a map argument");
	wrong("once { print(@nope); }", "Undefined map: @nope");
	wrong("once { system(\"x\"); }", "system() is an unsafe function");
	wrong("once { @x = print(1); }",
	      "Value 'void' cannot be assigned to a map.");
	wrong("once { for ($i : 0..3) { @x = arg0; } }",
	      "'arg0' builtin is not allowed in a for-loop");
	warns("once { pid; }", "Return value discarded.");
	clean("once { _ = pid; @x++; @b[1] = 1; delete(@b, 1); }");
	warns("once { @a[1] = 1; @b[1] = 1; delete(@a[1], @b[1]); }",
	      "an old form");
}

Test(sema, statements)
{
	wrong("once { break; }", "'break' statement is not allowed in a probe");
	wrong("once { unroll(101) { } }", "unroll maximum value is 100");
	wrong("once { unroll(0) { } }", "unroll minimum value is 1");
	wrong("once { unroll(pid) { } }", "invalid unroll value");
	wrong("once { for ($i : 0..\"b\") { } }",
	      "Loop range requires an integer for the end value");
	wrong("once { @a = 1; for ($kv : @a) { } }",
	      "@a has no explicit keys (scalar map)");
	wrong("once { @h[1] = hist(1); for ($kv : @h) { } }",
	      "Loop expression does not support type: hist_t");
	warns("once { exit(); print(1); }", "Unreachable statement.");
	warns("once { for ($i : 0..3) { if ($i == 2) { exit(); } } }",
	      "exit() in a for loop is an old form");
	clean("once { while (pid > 5) { break; } }");
	clean("once { if comptime (is_int(5)) { print(1); } else { nosuch(); } "
	      "}");
	wrong("once { @x = comptime nsecs; }",
	      "Unable to resolve comptime expression");
	wrong("once { if (0) { nosuch(); } }", "Unknown function: 'nosuch'");
	wrong("once { @x = \"a\"; @x = (@x, 1); }", "Type mismatch for @x");
}

Test(sema, macros)
{
	map_is("macro twice(a) { a * 2 } once { @x = twice(nsecs); }",
	       "uint64");
	map_is("macro set($v) { $v = 500; $w = 1; } "
	       "once { $w = 1; set($w); @x = $w; }",
	       "int16");
	map_is("macro put(@m, k) { @m[k] = k; } once { put(@x, 5); }",
	       "int8 -> int8");
	map_is("macro five() { 5 } once { @x = five; }", "int8");
	wrong("macro f(a) { 5 } once { f(1, 2); }",
	      "Call to f() has arguments that do not match any definition.");
	wrong("macro f($a) { 5 } once { f(5); }",
	      "Mismatched arg. f() expects a variable for arg $a but got an "
	      "expression.");
	wrong("macro f() { @x = 1; } once { f(); }",
	      "Unhygienic access to map: @x.");
	wrong("macro a() { b(); } macro b() { a(); } once { a(); }",
	      "Recursive macro call detected. Call chain: a > b > a");
	wrong("macro f(a) { 5 } macro f(b) { 6 } once { }",
	      "Redefinition of macro: f");
	wrong("macro f(a) { a + comm } once { @x = f(5); }", "expanded from");
}

/* ---- attach points and settings ---- */

/* How many units the body of a probe with three targets becomes. */
static void
expect_units(const char *body, uint32_t n, bool by_index)
{
	struct fixture f;
	char text[256];

	snprintf(text, sizeof(text), "tell:* { %s }", body);
	run(&f, text);
	cr_assert(f.good, "%s: %s", body, f.messages.s);
	cr_assert_eq(f.ast.units->v.n, n, "%s: %u units", body,
		     f.ast.units->v.n);
	cr_assert_eq(f.ast.units->v.v[0]->by_index, by_index, "%s", body);
	end(&f);
}

Test(sema, one_unit_for_many_targets)
{
	expect_units("@ = count();", 1, false);
	expect_units("@[probe] = count();", 1, true);
	expect_units("@[1, probe] = count(); delete(@[2, probe]);", 1, true);
	expect_units("let $x = probe; $y = (probe, 1); @ = probe;", 1, true);
	expect_units("printf(\"%s\", probe);", 1, true);
	expect_units("if (probe == \"a\") { print(1); }", 1, true);
	expect_units("print(args.ret); @[probe] = hist(args.ret);", 1, true);
	/* Where it has to be known, or the places differ: one for each. */
	expect_units("print(strlen(probe));", 3, false);
	expect_units("print(args.ret); @[probe] = hist(args.filename);", 3,
		     false);
	expect_units("print(args);", 3, false);
}

Test(sema, units)
{
	struct fixture f;

	run(&f, "BEGIN { }");
	cr_assert(!f.good && strstr(f.messages.s, "Invalid probe type: BEGIN"));
	end(&f);
	run(&f, "o, many:* { print(1); } lots:* { print(args.ret); } "
		"many:* { print(probe); }");
	cr_assert(f.good, "%s", f.messages.s);
	cr_assert_eq(f.ast.units->v.n, 8);
	cr_assert_eq(f.ast.units->v.v[1]->targets.n, 3);
	cr_assert_str_eq(f.ast.units->v.v[1]->name, "many_x_2");
	cr_assert_eq(f.ast.units->v.v[2]->targets.n, 1);
	cr_assert(f.ast.units->v.v[7]->uses_probe);
	end(&f);
	wrong("many { }", "many probe type requires 1 or 2 arguments, found 0");
	wrong("once:a { }", "once probe type requires 0 arguments, found 1");
	wrong("many:none { }", "No matches for many none.");
	wrong("many:a* { }", "Probe has no valid attach points. If this is");
	wrong("config = { max_bpf_progs = 2 } many:* { print(probe); }",
	      "more than 3 BPF programs, which exceeds the current limit of 2");
	wrong("config = { max_probes = 1 } once, once { }",
	      "Can't attach to 2 probes because it exceeds the current limit");
	warns("config = { missing_probes = warn } many:a* { } once { }",
	      "Probe has no valid attach points. It is being removed");
}

Test(sema, config_block)
{
	struct fixture f;

	run(&f, "config = { MAX_STRLEN = 9; BPFTRACE_MAX_PROBES = 7; "
		"print_maps_on_exit = 0; missing_probes = warn; "
		"stack_mode = perf } once { }");
	cr_assert(f.good, "%s", f.messages.s);
	cr_assert_eq(f.config.max_strlen, 9);
	cr_assert_eq(f.config.max_probes, 7);
	cr_assert(!f.config.print_maps_on_exit);
	cr_assert_eq(f.config.missing_probes, MISSING_WARN);
	cr_assert_str_eq(f.config.stack_mode, "perf");
	end(&f);
	wrong("config = { foo = 1 } once { }",
	      "foo: not a known configuration option");
	wrong("config = { max_strlen = abc } once { }",
	      "max_strlen: expecting a number, got abc");
	wrong("config = { print_maps_on_exit = maybe } once { }",
	      "print_maps_on_exit: Invalid bool value");
	wrong("config = { btf = 1 } once { }",
	      "btf: can only be set as an environment variable");
	warns("config = { strlen = 9 } once { }",
	      "strlen has been renamed, please use max_strlen");
	wrong("config = { max_strlen = 8 } once { print(\"abcdefgh\"); }",
	      "String is too long (over 8 bytes): abcdefgh");
}

Test(sema, map_declarations)
{
	clean("let @x = percpuhash(6); once { @x = count(); }");
	wrong("let @a = foo(2); once { }", "Invalid bpf map type: foo");
	wrong("let @c = hash(6); once { @c = count(); }",
	      "Incompatible map types. Type from declaration: hash. Type from "
	      "value/key type: percpuhash");
	warns("let @a = hash(2); once { }", "Unused map: @a");
}

Test(sema, one_mistake_one_message)
{
	struct fixture f;

	run(&f, "once { $x = nosuch; print($x); $y = $x + 1; @z[$y] = $x; }");
	cr_assert(!f.good);
	cr_assert_eq(strstr(strstr(f.messages.s, "ERROR") + 1, "ERROR"), NULL,
		     "%s", f.messages.s);
	end(&f);
}
