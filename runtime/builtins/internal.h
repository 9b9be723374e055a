/* SPDX-License-Identifier: MIT */
/* What the families of words share. Each family is one file with its rows. */
#ifndef JIFFY_BUILTINS_INTERNAL_H
#define JIFFY_BUILTINS_INTERNAL_H

#include "../internal.h"

extern const struct builtin process_words[], time_words[], context_words[],
	control_words[], output_words[], map_words[], agg_words[], hist_words[],
	string_words[], symbol_words[], net_words[], stack_words[];
extern const struct nominal process_types[], time_types[], agg_types[],
	hist_types[], symbol_types[], net_types[], stack_types[];

/* The text that `write` produces, as one JSON string. */
void builtin_json_text(struct out *o, const struct type *t, const void *cell,
		       void (*write)(struct out *, const struct type *,
				     const void *));
/* The text of a printf-like call, NUL-terminated, to be freed. */
char *builtin_format_text(struct session *s, const struct event *e, size_t *n);

/* ksym_t, or usym_t when `user`. */
const struct type *symbol_type(struct types *t, bool user);
/* A symbol value from an address: returned, or written to *dst. */
struct ref symbol_store(struct lower *l, const struct type *t, struct ref addr,
			const struct mem *dst);

#endif
