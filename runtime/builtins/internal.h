/* SPDX-License-Identifier: MIT */
/* What the families of words share. Each family is one file with its rows. */
#ifndef JIFFY_BUILTINS_INTERNAL_H
#define JIFFY_BUILTINS_INTERNAL_H

#include "../internal.h"

extern const struct builtin process_words[], time_words[], context_words[],
	control_words[], output_words[], map_words[], agg_words[], hist_words[],
	string_words[], symbol_words[], net_words[], stack_words[],
	bytes_words[], meta_words[], report_words[], names_words[],
	unsafe_words[], cgroup_words[], tseries_words[], option_words[],
	uaddr_words[], packet_words[];
extern const struct nominal process_types[], time_types[], agg_types[],
	hist_types[], symbol_types[], net_types[], stack_types[],
	cgroup_types[], tseries_types[];

/* The text that `write` produces, as one JSON string. */
void builtin_json_text(struct out *o, const struct type *t, const void *cell,
		       void (*write)(struct out *, const struct type *,
				     const void *));
/* The text of a printf-like call, NUL-terminated, to be freed. */
char *builtin_format_text(struct session *s, const struct event *e, bool escape,
			  size_t *n);

/* printf() as text that the kernel makes: for files of pinned iterators. */
bool seq_printf_check(struct sema *s, struct node *n);
struct ref seq_printf_lower(struct lower *l, const struct node *n);

/* Whether a type is a stack; the frames of one just taken. */
bool stack_is(const struct type *t);
struct ref stack_frames(struct lower *l, const struct node *n);

/* A message at the call of an event, on stderr. */
void report_at_call(const struct event *e, bool warning, const char *text,
		    size_t n);
/* The same with the script's line under it, as the compiler has it. */
void report_source(const struct event *e, bool warning, const char *text,
		   size_t n);
/* Warn once, or refuse: a feature whose switch says `setting`. */
bool unstable_check(struct sema *s, struct node *n, const char *name,
		    const char *setting);

/* What CLOCK_TAI is ahead of CLOCK_BOOTTIME, in ns, now. */
int64_t clock_tai_minus_boot(void);

/* print() of stats with more arguments than the map: a warning. */
void agg_warn_ignored(struct sema *s, const struct node *call,
		      const struct mapdef *m);

/* ksym_t, or usym_t when `user`. */
const struct type *symbol_type(struct types *t, bool user);
/* A symbol value from an address: returned, or written to *dst. */
struct ref symbol_store(struct lower *l, const struct type *t, struct ref addr,
			const struct mem *dst);

#endif
