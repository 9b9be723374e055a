/* SPDX-License-Identifier: MIT */
/* What golden files do not show: spans, copies, imports, parameters. */
#include <criterion/criterion.h>
#include <string.h>

#include "../../parser/parser.h"

struct fixture {
	struct arena a;
	struct sources s;
	struct diag d;
	struct ast ast;
	const char *text;
};

static bool
parse_with(struct fixture *f, const char *text, const struct params *params)
{
	*f = (struct fixture){ .text = text };
	f->d.arena = f->ast.arena = &f->a;
	f->d.sources = f->ast.sources = &f->s;
	return parse_source(&f->ast,
			    source_add(&f->a, &f->s, "t", text, strlen(text)),
			    params, &f->d);
}

static bool
parse(struct fixture *f, const char *text)
{
	return parse_with(f, text, NULL);
}

/* The text under a span. */
static const char *
under(struct fixture *f, struct span span)
{
	return arena_strndup(&f->a, f->text + span.begin - 1,
			     span.end - span.begin);
}

static struct node *
first_stmt(struct fixture *f)
{
	return f->ast.probes.v[0].body->block.stmts.v[0];
}

Test(parser, spans_of_expressions)
{
	struct fixture f;
	struct node *n;

	cr_assert(parse(&f, "begin { $x = (int8 *)(a + 1).b[2]; }"));
	n = first_stmt(&f);
	cr_assert_str_eq(under(&f, n->span), "$x = (int8 *)(a + 1).b[2]");
	n = n->assign.value;
	cr_assert_str_eq(under(&f, n->span), "(int8 *)(a + 1).b[2]");
	cr_assert_str_eq(under(&f, n->cast.head), "(int8 *)");
	cr_assert_str_eq(under(&f, n->cast.to->span), "int8 *");
	n = n->cast.x->index.x;
	cr_assert_str_eq(under(&f, n->span), "a + 1).b");
	cr_assert_str_eq(under(&f, n->field.name_span), "b");
	cr_assert_str_eq(under(&f, n->field.x->binary.op_span), "+");
	arena_free(&f.a);
}

Test(parser, spans_of_statements)
{
	struct fixture f;
	struct node *n;

	cr_assert(parse(&f, "begin { if (a) { } else if b { } }"));
	n = first_stmt(&f);
	cr_assert_str_eq(under(&f, n->span), "if (a) { } else if b { }");
	cr_assert_str_eq(under(&f, n->cond.head), "if (a)");
	cr_assert_str_eq(under(&f, n->cond.other->span), "if b { }");
	arena_free(&f.a);
	cr_assert(parse(&f, "begin { for ($i : 1..2) { } }"));
	n = first_stmt(&f);
	cr_assert_str_eq(under(&f, n->loop_for.head), "for ($i : 1..2)");
	cr_assert_str_eq(under(&f, n->loop_for.name_span), "$i");
	arena_free(&f.a);
}

Test(parser, spans_of_definitions)
{
	struct fixture f;

	cr_assert(parse(&f, "config = { a = 5 }\nlet @m = hash(2);\n"
			    "macro f(a) { a }\nx=kprobe:a , b /1/ { }"));
	cr_assert_str_eq(under(&f, f.ast.config.v[0].span), "a = 5");
	cr_assert_str_eq(under(&f, f.ast.map_decls.v[0].span),
			 "let @m = hash(2);");
	cr_assert_str_eq(under(&f, f.ast.macros.v[0].name_span), "f");
	cr_assert_str_eq(under(&f, f.ast.probes.v[0].aps.v[0].span),
			 "x=kprobe:a");
	cr_assert_str_eq(under(&f, f.ast.probes.v[0].pred_span), "/1/");
	arena_free(&f.a);
}

Test(parser, parameters_in_attach_points)
{
	static const char *const values[] = { "do_nanosleep", "a:b" };
	static const struct params params = { values, 2 };
	struct fixture f;
	const struct attach_text *ap;

	cr_assert(parse_with(&f, "kprobe:x_$1+4:$2:\"$1\":$3 { }", &params));
	ap = &f.ast.probes.v[0].aps.v[0];
	cr_assert_str_eq(ap->raw, "kprobe:x_do_nanosleep+4:a:b:\"$1\":");
	cr_assert_eq(ap->parts.n, 5);
	cr_assert_str_eq(ap->parts.v[1].text, "x_do_nanosleep+4");
	cr_assert_str_eq(ap->parts.v[2].text, "a:b");
	cr_assert_str_eq(ap->parts.v[3].text, "$1");
	cr_assert(ap->parts.v[3].quoted);
	cr_assert_str_eq(ap->parts.v[4].text, "");
	arena_free(&f.a);
}

Test(parser, imports_and_several_sources)
{
	struct fixture f;
	const char *more = "end { }";

	cr_assert(parse(&f, "import \"lib.bt\";\nbegin { import \"x\"; }"));
	cr_assert_eq(f.ast.imports.n, 1);
	cr_assert_str_eq(f.ast.imports.v[0].path, "lib.bt");
	cr_assert_eq(first_stmt(&f)->kind, N_IMPORT);
	cr_assert(parse_source(
		&f.ast, source_add(&f.a, &f.s, "lib.bt", more, 7), NULL, &f.d));
	cr_assert_eq(f.ast.probes.n, 2);
	arena_free(&f.a);
}

Test(parser, lone_names_may_be_types_or_words)
{
	struct fixture f;
	struct node *n;

	cr_assert(parse(&f, "begin { sizeof(foo); }"));
	n = first_stmt(&f)->expr.x;
	cr_assert(n->of.of && n->of.x && n->of.x->kind == N_IDENT);
	arena_free(&f.a);
}

Test(parser, clone_is_deep_and_fresh)
{
	struct fixture f;
	struct sbuf one = { 0 }, two = { 0 };
	struct node *body, *copy;

	cr_assert(parse(&f, "begin { let $x : typeof($y) = (a = @m[1, f(2)]);"
			    " for ($i : 0..3) { $x += $i ?: 1 } "
			    " if 1 { _ = (s *)$p.q[0] } else { return 5 } }"));
	body = f.ast.probes.v[0].body;
	copy = ast_clone(&f.a, body);
	copy->block.stmts.v[1]->loop_for.name = "other";
	cr_assert_str_eq(body->block.stmts.v[1]->loop_for.name, "i");
	copy->block.stmts.v[1]->loop_for.name = "i";
	ast_print_node(body, 1, &one);
	ast_print_node(copy, 1, &two);
	cr_assert_str_eq(one.s, two.s);
	cr_assert_neq(copy->block.stmts.v[0]->let.value,
		      body->block.stmts.v[0]->let.value);
	sbuf_free(&one);
	sbuf_free(&two);
	arena_free(&f.a);
}

static void
count_child(void *arg, struct node *child)
{
	(void)child;
	++*(int *)arg;
}

Test(parser, children_in_order)
{
	struct fixture f;
	int n = 0;

	cr_assert(parse(&f, "begin { f(1, 2, 3); }"));
	ast_each_child(first_stmt(&f)->expr.x, count_child, &n);
	cr_assert_eq(n, 3);
	cr_assert_eq(f.ast.probes.v[0].body->height, 4);
	arena_free(&f.a);
}

Test(parser, names_of_kinds_and_operators)
{
	cr_assert_str_eq(ast_kind_name(N_BINARY), "binary operator");
	cr_assert_str_eq(ast_op_text(OP_SHL), "<<");
	cr_assert_str_eq(ast_op_text(OP_POSTINC), "++");
}
