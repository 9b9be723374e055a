/* SPDX-License-Identifier: MIT */
/*
 * Owns the text of the tree (-d ast, -d sema): one node a line, children two
 * blanks further in, types behind `::` once sema ran. Golden files hold it,
 * so it changes only with the tree.
 */
#include <inttypes.h>

#include "parser.h"

struct printer {
	struct sbuf *out;
	const char *(*type_name)(const struct type *);
	int indent;
};

static void print_node(struct printer *p, const struct node *n);

static void
start(struct printer *p)
{
	sbuf_printf(p->out, "%*s", p->indent * 2, "");
}

/* A line of its own, in between nodes. */
static void PRINTF_LIKE(2, 3) line(struct printer *p, const char *fmt, ...)
{
	va_list ap;

	start(p);
	va_start(ap, fmt);
	sbuf_vprintf(p->out, fmt, ap);
	va_end(ap);
	sbuf_putc(p->out, '\n');
}

static void
put_quoted(struct sbuf *out, const char *text, uint32_t len)
{
	sbuf_putc(out, '"');
	for (uint32_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n')
			sbuf_puts(out, "\\n");
		else if (c == '"' || c == '\\')
			sbuf_printf(out, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			sbuf_printf(out, "\\x%02x", c);
		else
			sbuf_putc(out, (char)c);
	}
	sbuf_putc(out, '"');
}

/* ---- types as written ---- */

static void
put_type(struct printer *p, const struct type_expr *t)
{
	static const char *const tags[] = { "", "struct ", "union ", "enum " };

	if (t->name)
		sbuf_printf(p->out, "%s%s", tags[t->tag], t->name);
	else
		sbuf_puts(p->out, "typeof");
	if (t->of_type && !t->name) {
		sbuf_putc(p->out, '(');
		put_type(p, t->of_type);
		sbuf_putc(p->out, ')');
	}
	for (uint32_t i = 0; i < t->suffixes.n; i++) {
		const struct type_suffix *s = &t->suffixes.v[i];

		if (s->pointer)
			sbuf_puts(p->out, " *");
		else if (s->sized)
			sbuf_printf(p->out, "[%" PRIu64 "]", s->count);
		else
			sbuf_puts(p->out, "[]");
	}
}

/* The expressions in a type, as nodes below it. */
static void
print_type_nodes(struct printer *p, const struct type_expr *t)
{
	for (; t; t = t->of_type)
		if (t->of && !t->of_type)
			print_node(p, t->of);
}

/* ---- the line of a node ---- */

static const char *
increment_name(enum operator_kind op)
{
	switch ((int)op) {
	case OP_PREINC:
	case OP_PREDEC:
		return "pre";
	case OP_POSTINC:
	case OP_POSTDEC:
		return "post";
	default:
		return "";
	}
}

static void
put_field(struct printer *p, const struct node *n)
{
	sbuf_puts(p->out, n->field.arrow ? "field ->" : "field .");
	if (n->field.name)
		sbuf_puts(p->out, n->field.name);
	else
		sbuf_printf(p->out, "%" PRIu64, n->field.index);
}

static void
put_of(struct printer *p, const struct node *n, const struct type_expr *of)
{
	sbuf_puts(p->out, ast_kind_name(n->kind));
	if (of) {
		sbuf_putc(p->out, ' ');
		put_type(p, of);
	}
}

static void
put_offsetof(struct printer *p, const struct node *n)
{
	put_of(p, n, n->offset.of);
	for (uint32_t i = 0; i < n->offset.path.n; i++)
		sbuf_printf(p->out, "%s%s", i ? "." : ", ",
			    n->offset.path.v[i]);
}

static void
put_let(struct printer *p, const struct node *n)
{
	sbuf_printf(p->out, "let $%s", n->let.name);
	if (n->let.decl) {
		sbuf_puts(p->out, " : ");
		put_type(p, n->let.decl);
	}
}

static void
put_int(struct printer *p, const struct node *n)
{
	if (n->num.negative)
		sbuf_printf(p->out, "int %" PRId64, (int64_t)n->num.value);
	else
		sbuf_printf(p->out, "int %" PRIu64, n->num.value);
}

/* What distinguishes the node, besides its children. */
static void
put_head(struct printer *p, const struct node *n)
{
	struct sbuf *out = p->out;

	switch (n->kind) {
	case N_INT:
		put_int(p, n);
		break;
	case N_STR:
		sbuf_puts(out, "str ");
		put_quoted(out, n->str.text, n->str.len);
		break;
	case N_BOOL:
		sbuf_puts(out, n->num.value ? "bool true" : "bool false");
		break;
	case N_PARAM:
		sbuf_printf(out, "param $%" PRIu64, n->param.index);
		break;
	case N_PARAM_COUNT:
		sbuf_puts(out, "param $#");
		break;
	case N_IDENT:
		sbuf_printf(out, "ident %s", n->ident.name);
		break;
	case N_VAR:
		sbuf_printf(out, "var $%s", n->var.name);
		break;
	case N_MAP:
		sbuf_printf(out, "map @%s%s", n->map.name,
			    n->map.keys.n ? " []" : "");
		break;
	case N_CALL:
		sbuf_printf(out, "call %s", n->call.name);
		break;
	case N_UNARY:
		sbuf_printf(out, "unary %s%s", increment_name(n->unary.op),
			    ast_op_text(n->unary.op));
		break;
	case N_BINARY:
		sbuf_printf(out, "binary %s", ast_op_text(n->binary.op));
		break;
	case N_TERNARY:
		sbuf_puts(out, n->ternary.then ? "ternary" : "ternary ?:");
		break;
	case N_CAST:
		sbuf_puts(out, "cast ");
		put_type(p, n->cast.to);
		break;
	case N_FIELD:
		put_field(p, n);
		break;
	case N_SIZEOF:
	case N_TYPEOF:
	case N_TYPEINFO:
		put_of(p, n, n->of.of);
		break;
	case N_OFFSETOF:
		put_offsetof(p, n);
		break;
	case N_LET:
		put_let(p, n);
		break;
	case N_ASSIGN:
		sbuf_printf(out, "assign %s%s",
			    n->assign.op == OP_ASSIGN
				    ? ""
				    : ast_op_text(n->assign.op),
			    "=");
		break;
	case N_FOR:
		sbuf_printf(out, "for $%s", n->loop_for.name);
		break;
	case N_IMPORT:
		sbuf_puts(out, "import ");
		put_quoted(out, n->import.path,
			   (uint32_t)__builtin_strlen(n->import.path));
		break;
	case N_DISCARD:
		sbuf_puts(out, "discard");
		break;
	case N_EXPR:
		sbuf_puts(out, "expr");
		break;
	case N_INDEX:
	case N_TUPLE:
	case N_RECORD:
	case N_COMPTIME:
	case N_IF:
	case N_BLOCK:
	case N_WHILE:
	case N_UNROLL:
	case N_BREAK:
	case N_CONTINUE:
	case N_RETURN:
		sbuf_puts(out, ast_kind_name(n->kind));
		break;
	}
}

/* ---- what stands below it ---- */

static void
print_child(void *arg, struct node *child)
{
	print_node(arg, child);
}

static void
print_record_items(struct printer *p, const struct node *n)
{
	for (uint32_t i = 0; i < n->record.items.n; i++) {
		line(p, "%s =", n->record.items.v[i].name);
		p->indent++;
		print_node(p, n->record.items.v[i].value);
		p->indent--;
	}
}

static void
print_block_items(struct printer *p, const struct node *n)
{
	for (uint32_t i = 0; i < n->block.stmts.n; i++)
		print_node(p, n->block.stmts.v[i]);
	if (!n->block.value)
		return;
	line(p, "value");
	p->indent++;
	print_node(p, n->block.value);
	p->indent--;
}

static void
print_if_items(struct printer *p, const struct node *n)
{
	print_node(p, n->cond.cond);
	print_node(p, n->cond.then);
	if (!n->cond.other)
		return;
	line(p, "else");
	print_node(p, n->cond.other);
}

static void
print_children(struct printer *p, const struct node *n)
{
	switch ((int)n->kind) {
	case N_RECORD:
		print_record_items(p, n);
		break;
	case N_BLOCK:
		print_block_items(p, n);
		break;
	case N_IF:
		print_if_items(p, n);
		break;
	case N_SIZEOF:
	case N_TYPEOF:
	case N_TYPEINFO: /* a lone name was said in the head */
		if (n->of.of)
			print_type_nodes(p, n->of.of);
		else
			print_node(p, n->of.x);
		break;
	case N_OFFSETOF:
		if (n->offset.of)
			print_type_nodes(p, n->offset.of);
		else
			print_node(p, n->offset.x);
		break;
	case N_LET:
		print_type_nodes(p, n->let.decl);
		if (n->let.value)
			print_node(p, n->let.value);
		break;
	case N_CAST:
		print_type_nodes(p, n->cast.to);
		print_node(p, n->cast.x);
		break;
	default:
		ast_each_child(n, print_child, p);
		break;
	}
}

static void
print_node(struct printer *p, const struct node *n)
{
	start(p);
	put_head(p, n);
	if (n->type && p->type_name)
		sbuf_printf(p->out, " :: %s", p->type_name(n->type));
	sbuf_putc(p->out, '\n');
	p->indent++;
	print_children(p, n);
	p->indent--;
}

/* ---- the program ---- */

static void
print_top(struct printer *p, const struct node *n)
{
	p->indent++;
	print_node(p, n);
	p->indent--;
}

static void
print_heads(struct printer *p, const struct ast *ast)
{
	if (ast->shebang)
		line(p, "shebang %s", ast->shebang);
	for (uint32_t i = 0; i < ast->cdefs.n; i++)
		line(p, "cdef %s", ast->cdefs.v[i].text);
	if (ast->has_config)
		line(p, "config");
	for (uint32_t i = 0; i < ast->config.n; i++) {
		const struct config_item *c = &ast->config.v[i];
		static const char *const kinds[] = { "str", "int", "bool",
						     "word" };

		line(p, "  %s = %s %s", c->key, kinds[c->kind], c->text);
	}
	for (uint32_t i = 0; i < ast->imports.n; i++)
		line(p, "import %s", ast->imports.v[i].path);
	for (uint32_t i = 0; i < ast->map_decls.n; i++) {
		const struct map_decl *m = &ast->map_decls.v[i];

		line(p, "map @%s = %s(%" PRIu64 ")", m->name, m->kind,
		     m->entries);
	}
}

static void
print_macro(struct printer *p, const struct macro *m)
{
	static const char *const sigils[] = { "", "$", "@" };

	sbuf_printf(p->out, "macro %s(", m->name);
	for (uint32_t i = 0; i < m->params.n; i++)
		sbuf_printf(p->out, "%s%s%s", i ? ", " : "",
			    sigils[m->params.v[i].kind], m->params.v[i].name);
	sbuf_puts(p->out, ")\n");
	print_top(p, m->body);
}

static void
print_attach_text(struct printer *p, const struct attach_text *ap)
{
	start(p);
	sbuf_printf(p->out, "attach %s", ap->raw);
	if (ap->label)
		sbuf_printf(p->out, " as %s", ap->label);
	sbuf_puts(p->out, " =");
	for (uint32_t i = 0; i < ap->parts.n; i++) {
		const struct attach_part *part = &ap->parts.v[i];

		sbuf_printf(p->out, part->quoted ? " %s\"%s\"" : " %s[%s]",
			    part->after_at ? "@" : "", part->text);
	}
	sbuf_putc(p->out, '\n');
}

static void
print_probe(struct printer *p, const struct probe *probe)
{
	line(p, "probe");
	p->indent++;
	for (uint32_t i = 0; i < probe->aps.n; i++)
		print_attach_text(p, &probe->aps.v[i]);
	if (probe->pred) {
		line(p, "predicate");
		print_top(p, probe->pred);
	}
	print_node(p, probe->body);
	p->indent--;
}

void
ast_print(const struct ast *ast, struct sbuf *out)
{
	struct printer p = { out, ast->type_name, 0 };

	print_heads(&p, ast);
	for (uint32_t i = 0; i < ast->macros.n; i++)
		print_macro(&p, &ast->macros.v[i]);
	for (uint32_t i = 0; i < ast->subprogs.n; i++) {
		line(&p, "fn %s", ast->subprogs.v[i].name);
		print_top(&p, ast->subprogs.v[i].body);
	}
	for (uint32_t i = 0; i < ast->probes.n; i++)
		print_probe(&p, &ast->probes.v[i]);
}

void
ast_print_node(const struct node *n, int indent, struct sbuf *out)
{
	struct printer p = { out, NULL, indent };

	print_node(&p, n);
}
