/* SPDX-License-Identifier: MIT */
/*
 * The ground that every folder stands on: memory (arena, vec, sbuf), names
 * (hmap), places in the source (source, span) and messages about them (diag).
 * Nothing here knows the language.
 */
#ifndef JIFFY_BASE_H
#define JIFFY_BASE_H

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* ---- arena: memory of one compilation, given back as a whole ---- */

struct arena {
	struct arena_block *head;
	struct arena_block *spare; /* lent before, not in use */
	struct arena *lender;      /* of a scratch arena: whose blocks it uses,
				      and has given back when that is freed */
	size_t used;               /* bytes handed out so far */
};

/* `size` bytes, zeroed, aligned to 16. Never NULL: out of memory exits. */
void *arena_alloc(struct arena *a, size_t size);
/* The same; what is never touched takes no memory. For large arrays that
 * grow: a multiple of the page size. */
void *arena_alloc_lazy(struct arena *a, size_t size);
/* Make the `old` bytes at `last` `size` bytes where they are, if they were the
 * last to be handed out and there is room behind them. */
bool arena_extend(struct arena *a, void *last, size_t old, size_t size);
/* A NUL-terminated copy of `n` bytes at `s`. */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s);
/* sprintf into the arena. */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap);
/* Give all of it back; the arena can be used again. */
void arena_free(struct arena *a);
/* Say so and exit: there is nothing left to do it with. */
_Noreturn void base_out_of_memory(void);

/* ---- vec: a growing array in an arena ---- */

/* VEC(struct x): variadic, so that the type may be defined in place. */
#define VEC(...)                                                               \
	struct {                                                               \
		__VA_ARGS__ *v;                                                \
		uint32_t n, cap;                                               \
	}

/* A pointer to a new, zeroed last element. Moves the array when it grows. */
#define vec_push(a, vec)                                                       \
	((vec)->n < (vec)->cap ? (void)0                                       \
			       : vec_grow((a), (void **)&(vec)->v, (vec)->n,   \
					  &(vec)->cap, sizeof(*(vec)->v)),     \
	 &(vec)->v[(vec)->n++])

/* Room for one more element of `size` bytes in a full array; for vec_push. */
void vec_grow(struct arena *a, void **v, uint32_t n, uint32_t *cap,
	      size_t size);

/* ---- sbuf: growing text on the heap ---- */

struct sbuf {
	char *s; /* NUL-terminated once anything was added */
	size_t n, cap;
};

void sbuf_add(struct sbuf *b, const void *bytes, size_t n);
void sbuf_puts(struct sbuf *b, const char *s);
void sbuf_putc(struct sbuf *b, char c);
void sbuf_fill(struct sbuf *b, char c, size_t n); /* n times */
void sbuf_int(struct sbuf *b, int64_t v);         /* in decimals */
void sbuf_printf(struct sbuf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void sbuf_vprintf(struct sbuf *b, const char *fmt, va_list ap);
void sbuf_free(struct sbuf *b);

/* ---- hmap: text -> pointer, insertion order kept, in an arena ---- */

struct hmap_entry {
	const char *key;
	void *val;
};

struct hmap {
	VEC(struct hmap_entry) entries;
	uint32_t *slots;
	uint32_t nslots;
};

/* The value of `key`, or NULL. */
void *hmap_get(const struct hmap *m, const char *key);
/* Set it; the key's text must live as long as the map. */
void hmap_put(struct arena *a, struct hmap *m, const char *key, void *val);

/* The one of `n` candidates nearest to `word` by edit distance, or NULL when
 * none is near enough to be a misspelling (Damerau 1964, bounded). */
struct nearest {
	const char *word, *best;
	unsigned best_distance;
};
void nearest_try(struct nearest *n, const char *candidate);

/* ---- places in the source ---- */

/* Bytes [begin, end) of the sources laid end to end. {0,0}: no place. */
struct span {
	uint32_t begin, end;
};

struct source {
	const char *name; /* as messages show it: a path, or "stdin" */
	const char *text; /* NUL-terminated */
	uint32_t len;
	uint32_t base;       /* the span position of text[0]; at least 1 */
	VEC(uint32_t) lines; /* offset of each line's first byte */
};

struct sources {
	VEC(struct source *) list;
	uint32_t next_base;
};

struct place { /* 1-based; columns count bytes, a tab is one */
	const struct source *source;
	uint32_t line, col;
};

/* Add a source. Text and name are copied into the arena. */
struct source *source_add(struct arena *a, struct sources *s, const char *name,
			  const char *text, size_t len);
/* Where position `pos` is; .source is NULL when it is in none. */
struct place source_place(const struct sources *s, uint32_t pos);
/* Line `line` of a source, without its newline; its length in *len. */
const char *source_line(const struct source *s, uint32_t line, size_t *len);
/* The smallest span that covers both. */
struct span span_join(struct span a, struct span b);

/* ---- messages ---- */

enum diag_level { DIAG_ERROR, DIAG_WARNING };

/* Warnings come in this order, each kind as it was found. */
enum diag_rank {
	DIAG_EARLY, /* names, literals, parameters, and all else */
	DIAG_TYPES,
	DIAG_CASTS,
	DIAG_MEANING,
	DIAG_LATE,
	DIAG_RANKS,
};

struct diag_msg {
	enum diag_level level;
	enum diag_rank rank;
	struct span span;
	const char *text;
	bool is_note;     /* belongs to the message before it */
	bool is_bare;     /* has its own place and severity in its text */
	const char *hint; /* or NULL */
	uint32_t like;    /* 1 + the message before it in its list; 0: none */
};

/* Collects messages; diag_flush prints them. One per compilation. */
struct diag {
	struct arena *arena;
	struct sources *sources;
	VEC(struct diag_msg) msgs;
	uint32_t lists[1024]; /* by place: 1 + the last message of a list */
	uint32_t errors;
	bool foreign;  /* an error of the C reader: exit status 2 */
	bool muted;    /* drop what comes (speculative checks) */
	bool dropping; /* the last message was not kept: drop its notes */
	bool no_warnings;
	bool color;
};

/* The user's mistake at `span`. Returns false, so that callers can write
 * `return diag_error(...)`. A second error with the same span and text is
 * dropped. After 20 errors further ones are counted, not kept. */
bool diag_error(struct diag *d, struct span span, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* The last warning, and its notes, are of that rank. */
void diag_rank(struct diag *d, enum diag_rank rank);
/* An error without a place, shown as it is. */
bool diag_plain(struct diag *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same in C's own form: exit status 2. */
bool diag_foreign(struct diag *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
void diag_warn(struct diag *d, struct span span, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
void diag_vwarn(struct diag *d, struct span span, const char *fmt, va_list ap);
/* A second place that belongs to the last message (same severity word). */
void diag_note(struct diag *d, struct span span, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* "HINT: ..." under the last message. */
void diag_hint(struct diag *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Print all kept messages (errors first, then warnings) in the form of
 * REFERENCE 8.1 into `out`, and forget them. */
void diag_flush(struct diag *d, struct sbuf *out);

#endif
