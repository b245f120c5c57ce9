/* SPDX-License-Identifier: MIT */
/*
 * edges.c: what happened once, kept in order until it is taken.
 *
 * An edge's id is made here: milliseconds of the clock and a number, never
 * going back within its stream, so that an entry written twice is known by
 * its id.
 */
#include "engine_int.h"

struct edge_data {
	struct edge edge;
	size_t size; /* of the allocation */
	char text[]; /* texts or values the edge points to */
};

static struct edge_data *
push(struct engine *e, enum edge_type type, size_t extra, msec_t id)
{
	struct edges *q = &e->edges;
	struct edge_data *d = memory_new(&e->memory, sizeof(*d) + extra);

	if (q->first > 0 && q->first + q->n == q->cap) {
		memmove(q->e, q->e + q->first, q->n * sizeof(*q->e));
		q->first = 0;
	}
	q->e = memory_grow(&e->memory, q->e, q->first + q->n, &q->cap, sizeof(*q->e));
	q->e[q->first + q->n++] = d;
	if (id > q->last_ms[type]) {
		q->last_ms[type] = id;
		q->last_no[type] = 0;
	} else
		q->last_no[type]++;
	d->size = sizeof(*d) + extra;
	d->edge.type = (uint8_t)type;
	d->edge.id_ms = q->last_ms[type];
	d->edge.id_seq = q->last_no[type];
	return d;
}

/* Copies a text behind the edge. */
static struct str
keep(char **to, struct str s)
{
	struct str kept = { *to, s.n };

	if (s.n > 0)
		memcpy(*to, s.p, s.n);
	*to += s.n;
	return kept;
}

void
edge_breach(struct engine *e, const struct breach *b)
{
	const struct contact *c = b->contact;
	struct str source = str_of(e->sources[c->source].name);
	struct str queue = str_of(e->queues[b->queue].name);
	struct str agent = str_of(b->agent == NONE ? NULL : e->agents[b->agent].name);
	struct str contact = { c->id, c->id_len };
	struct edge_data *d = push(
	    e, EDGE_BREACH, (size_t)source.n + queue.n + agent.n + contact.n + b->visit.n, e->now);
	char *to = d->text;

	d->edge.kind = b->kind;
	d->edge.time = b->at;
	d->edge.waited_ms = b->waited;
	d->edge.source = keep(&to, source);
	d->edge.queue = keep(&to, queue);
	d->edge.agent = keep(&to, agent);
	d->edge.contact = keep(&to, contact);
	d->edge.visit = keep(&to, b->visit);
}

void
edge_history(struct engine *e, struct object object, enum history h, int64_t start)
{
	struct edge_data *d = push(e, EDGE_HISTORY, e->nhistory_columns * sizeof(int64_t), e->now);

	history_read(e, object, h, e->history_values);
	memcpy(d->text, e->history_values, e->nhistory_columns * sizeof(int64_t));
	d->edge.object = object;
	d->edge.history = (uint8_t)h;
	d->edge.start = start * MSEC_PER_SEC;
	d->edge.values = (const int64_t *)(const void *)d->text;
	d->edge.id_ms = d->edge.start;
	d->edge.id_seq = 0;
}

void
edge_reject(struct engine *e, const struct reject *r)
{
	struct edge_data *d =
	    push(e, EDGE_REJECT, (size_t)r->source.n + r->detail.n + r->sample.n, e->now);
	char *to = d->text;

	d->edge.time = r->time;
	d->edge.reject = *r;
	d->edge.reject.source = keep(&to, r->source);
	d->edge.reject.detail = keep(&to, r->detail);
	d->edge.reject.sample = keep(&to, r->sample);
}

static void
drop(struct engine *e, struct edge_data *d)
{
	if (d != NULL)
		memory_free(&e->memory, d, d->size);
}

bool
engine_edge(struct engine *e, struct edge *out)
{
	struct edges *q = &e->edges;

	drop(e, q->given);
	q->given = NULL;
	if (q->n == 0) {
		q->first = 0;
		return false;
	}
	q->given = q->e[q->first++];
	q->n--;
	*out = q->given->edge;
	return true;
}

void
edges_fini(struct engine *e)
{
	struct edge edge;

	while (engine_edge(e, &edge))
		;
	memory_free(&e->memory, e->edges.e, e->edges.cap * sizeof(*e->edges.e));
}
