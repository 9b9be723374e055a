/* SPDX-License-Identifier: MIT */
/* What read.c and read_op.c share: a reader of IR text, one word ahead. */
#ifndef JIFFY_IR_READ_H
#define JIFFY_IR_READ_H

#include "internal.h"

enum rd_kind { RD_END, RD_WORD, RD_REF, RD_NUM, RD_STR, RD_PUNCT };

/* One line of a function. */
struct rd_op {
	struct blk *blk;
	uint32_t id; /* 0: gives no value */
	struct op op;
	struct span span;
};

/* An argument of a phi, and the predecessor that it comes from. */
struct rd_phi {
	uint32_t op; /* index in reader->ops */
	struct blk *from;
	struct ref arg;
};

struct reader {
	struct prog *prog;
	const struct source *source;
	struct diag *diag;
	uint32_t pos, begin; /* behind and at the word ahead */
	enum rd_kind kind;
	const char *text; /* RD_WORD, RD_STR */
	int64_t num;      /* RD_NUM, RD_REF */
	char punct;       /* RD_PUNCT; '>' is "->" */
	bool failed;
	VEC(struct unit *) units; /* made up */
	/* of the function that is being read: */
	struct func *f;
	VEC(struct rd_op) ops;
	VEC(struct rd_phi) phis;
	VEC(struct blk *) blks; /* by id */
	uint32_t max_id;
};

void rd_next(struct reader *r);
/* Report at the word ahead, once. Returns false. */
bool rd_fail(struct reader *r, const char *what);
/* Is the word ahead this one; take it if so. */
bool rd_is_word(const struct reader *r, const char *word);
bool rd_take_word(struct reader *r, const char *word);
bool rd_take(struct reader *r, char punct);
bool rd_want(struct reader *r, char punct, const char *what);
int64_t rd_num(struct reader *r);
uint32_t rd_u32(struct reader *r);
/* The blocks of `f`, up to its closing brace. */
void rd_func_body(struct reader *r, struct func *f);

#endif
