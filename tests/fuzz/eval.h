/* SPDX-License-Identifier: MIT */
/*
 * What a script must print, by walking its typed AST: the reference that the
 * compiler's code is compared with. Shares nothing with ir/; the text of
 * values and maps is made by runtime/'s printers, from bytes made here.
 */
#ifndef JIFFY_TESTS_EVAL_H
#define JIFFY_TESTS_EVAL_H

#include "../../runtime/internal.h"

struct val {
	const struct type *t;
	uint64_t i;       /* scalar: extended to 64 bits by its type */
	unsigned char *p; /* in memory: t->size bytes */
};

struct ev_row {
	unsigned char *key, *cell;
	bool gone;
};

struct ev_map {
	const struct mapdef *def;
	VEC(struct ev_row) rows;
};

/* Work for user space, done once all begin probes ran. */
struct ev_action {
	enum { ACT_TEXT, ACT_PRINT, ACT_CLEAR, ACT_ZERO, ACT_EXIT } kind;
	const char *text;
	size_t len;
	struct ev_map *map;
	int64_t top;
	uint64_t div;
};

enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE, FLOW_RETURN };

struct ev {
	struct arena *a;
	const struct sema_input *in;
	struct ev_map *maps; /* by mapdef->index */
	uint32_t nmaps;
	VEC(struct ev_action) actions;
	struct out out;        /* text being made */
	struct val *vars;      /* of the unit at work, by var->id */
	unsigned char **homes; /* of those whose address was taken; else NULL */
	enum flow flow;
	uint64_t steps;
	const char *sorry; /* what cannot be evaluated, or NULL */
};

/* Runs all probes; the output into `text`. NULL, or why it cannot. */
const char *eval_script(const struct sema_input *in, struct sbuf *text);

/* ---- between eval.c (expressions), eval_word.c (words that give values)
 * and eval_stmt.c (all else) ---- */

/* False: it is no such word. */
bool eval_word(struct ev *e, const struct node *n, struct val *r);
struct val eval_var(struct ev *e, const struct var *var);
void eval_set_var(struct ev *e, const struct var *var, struct val v);

struct val eval(struct ev *e, const struct node *n);
bool eval_true(struct ev *e, const struct node *n);
struct val eval_arith(enum operator_kind op, struct val a, struct val b,
		      const struct type *t);
struct val eval_convert(struct ev *e, struct val v, const struct type *t);
/* The value of a type in memory, and back. */
struct val eval_load(const struct type *t, unsigned char *p);
void eval_store(struct ev *e, unsigned char *p, struct val v,
		const struct type *t);
struct val eval_zero(struct ev *e, const struct type *t);
bool eval_equal(struct val a, struct val b);

void eval_stmts(struct ev *e, const node_list *stmts);
struct val eval_call(struct ev *e, const struct node *n);
struct ev_map *eval_map(struct ev *e, const struct node *n);
/* The cell, or NULL; made (zeroed) when `make`. */
unsigned char *eval_cell(struct ev *e, const struct node *n, bool make);
unsigned char *eval_find(struct ev *e, struct ev_map *m, struct val key,
			 bool make);
struct val eval_cell_value(struct ev *e, const struct type *t,
			   unsigned char *cell);

#endif
