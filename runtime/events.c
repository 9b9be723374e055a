/* SPDX-License-Identifier: MIT */
/*
 * Owns the reading of one ring buffer record: which call sent it, and where
 * its arguments are. Literals and whole maps were not sent; they are taken
 * from the call itself.
 */
#include <string.h>

#include "internal.h"

void
event_handle(struct session *s, const void *data, size_t size)
{
	struct event e = { .data = data, .session = s };
	uint32_t id;

	if (s->done || size < sizeof(id))
		return;
	memcpy(&id, data, sizeof(id));
	if (id >= s->prog->events.n)
		return;
	e.spec = s->prog->events.v[id];
	if (size < e.spec->size)
		return;
	if (e.spec->notice)
		notice_handle(s, &e);
	else if (e.spec->word->on_event)
		e.spec->word->on_event(s, &e);
}

const void *
event_arg(const struct event *e, unsigned i, const struct type **type)
{
	const struct event_arg *a;

	if (i >= e->spec->args.n)
		return NULL;
	a = &e->spec->args.v[i];
	if (!a->type)
		return NULL;
	*type = a->type;
	return e->data + a->off;
}

const void *
event_value(const struct event *e, unsigned i, const struct type **type,
	    uint64_t *room)
{
	const void *v = event_arg(e, i, type);
	const struct node *n;

	if (v)
		return v;
	n = e->spec->call->call.args.v[i];
	if (n->kind != N_INT && n->kind != N_BOOL)
		return NULL;
	*room = n->num.value;
	*type = n->type;
	return *type && (*type)->size <= sizeof(*room) ? room : NULL;
}

int64_t
event_int(const struct event *e, unsigned i)
{
	const struct type *t;
	const void *v = event_arg(e, i, &t);
	const struct node *n;

	if (v)
		return out_int(t, v);
	n = e->spec->call->call.args.v[i];
	return n->kind == N_INT || n->kind == N_BOOL ? (int64_t)n->num.value
						     : 0;
}

const char *
event_str(const struct event *e, unsigned i, size_t *n)
{
	const struct type *t;
	const void *v = event_arg(e, i, &t);
	const struct node *lit;

	if (v)
		return value_string(t, v, n);
	lit = e->spec->call->call.args.v[i];
	*n = lit->kind == N_STR ? lit->str.len : 0;
	return lit->kind == N_STR ? lit->str.text : "";
}

const struct map_spec *
event_map(const struct event *e, unsigned i)
{
	const struct node *n = e->spec->call->call.args.v[i];
	const struct prog *p = e->session->prog;

	assert(n->kind == N_MAP);
	for (uint32_t m = 0; m < p->maps.n; m++)
		if (p->maps.v[m].use == MAP_USER &&
		    p->maps.v[m].def == n->map.map)
			return &p->maps.v[m];
	return NULL;
}
