/* SPDX-License-Identifier: MIT */
/*
 * objects.c: the things that have figures, by scope and number, and which of
 * them changed.
 */
#include <assert.h>

#include "engine_int.h"

static struct object_data *
data_of(struct engine *e, struct object o)
{
	switch ((enum scope)o.scope) {
	case SCOPE_QUEUE:
		return &e->queues[o.index].o;
	case SCOPE_CHANNEL:
		return &e->channels[o.index].o;
	case SCOPE_SITE:
		return &e->site.o;
	case SCOPE_AGENT:
		return &e->agents[o.index].o;
	case SCOPE_FEED: /* those are published every time */
	case SCOPE_COUNT:
		break;
	}
	assert(false);
	return NULL;
}

size_t
engine_count(const struct engine *e, enum scope scope)
{
	const size_t n[SCOPE_COUNT] = { [SCOPE_QUEUE] = e->nqueues,
		[SCOPE_CHANNEL] = CHANNEL_COUNT,
		[SCOPE_SITE] = 1,
		[SCOPE_AGENT] = e->nagents,
		[SCOPE_FEED] = e->nsources };

	return n[scope];
}

bool
engine_exists(const struct engine *e, struct object o)
{
	return o.index < engine_count(e, o.scope) &&
	       (o.scope != SCOPE_AGENT || e->agents[o.index].name != NULL);
}

struct str
engine_name(const struct engine *e, struct object o)
{
	const char *name = "";

	switch ((enum scope)o.scope) {
	case SCOPE_QUEUE:
		name = e->queues[o.index].name;
		break;
	case SCOPE_CHANNEL:
		name = word_name(WORDS_CHANNEL, o.index);
		break;
	case SCOPE_SITE:
		name = e->name;
		break;
	case SCOPE_AGENT:
		name = e->agents[o.index].name;
		break;
	case SCOPE_FEED:
		name = e->sources[o.index].name;
		break;
	case SCOPE_COUNT:
		break;
	}
	return str_of(name);
}

bool
engine_find(const struct engine *e, enum scope scope, struct str name, struct object *o)
{
	struct str own;
	uint32_t i;

	if (scope == SCOPE_AGENT || scope == SCOPE_FEED) {
		i = scope == SCOPE_AGENT ? agent_find(e, name) : source_find(e, name);
		*o = (struct object){ (uint8_t)scope, i };
		return i != NONE;
	}
	for (i = 0; i < engine_count(e, scope); i++) {
		*o = (struct object){ (uint8_t)scope, i };
		own = engine_name(e, *o);
		if (str_eq(own, name))
			return true;
	}
	return false;
}

bool
engine_dirty(struct engine *e, struct object *out)
{
	struct object_data *d;
	struct object o;
	unsigned scope;

	agents_roll_call(e);
	for (scope = 0; scope < SCOPE_FEED; scope++) {
		for (; e->dirty_at[scope] < engine_count(e, (enum scope)scope);
		     e->dirty_at[scope]++) {
			o = (struct object){ (uint8_t)scope, e->dirty_at[scope] };
			d = data_of(e, o);
			if (!engine_exists(e, o) || !d->dirty)
				continue;
			d->dirty = false;
			*out = o;
			return true;
		}
	}
	/* Feeds change with every event: each of them, once a round. */
	if (e->dirty_at[SCOPE_FEED] < e->nsources) {
		*out = (struct object){ SCOPE_FEED, e->dirty_at[SCOPE_FEED]++ };
		return true;
	}
	memset(e->dirty_at, 0, sizeof(e->dirty_at));
	return false;
}

void
engine_dirty_all(struct engine *e)
{
	struct object o;
	unsigned scope;

	for (scope = 0; scope < SCOPE_FEED; scope++)
		for (o = (struct object){ (uint8_t)scope, 0 };
		     o.index < engine_count(e, (enum scope)scope); o.index++)
			data_of(e, o)->dirty = true;
	memset(e->dirty_at, 0, sizeof(e->dirty_at));
}

/* ---- what the alerts say ---- */

void
alarm_fini(struct engine *e, struct alarm *a)
{
	if (a->why != NULL)
		memory_free(&e->memory, a->why, strlen(a->why) + 1);
	*a = (struct alarm){ 0 };
}

static void
alarm_to_publish(struct engine *e, struct object o)
{
	if (o.scope == SCOPE_QUEUE)
		queue_to_publish(e, &e->queues[o.index]);
	else if (o.scope != SCOPE_FEED) /* those are published every time */
		data_of(e, o)->dirty = true;
}

/* Words that are only information say nothing about how it is. */
void
engine_alarm(struct engine *e, struct object o, enum severity severity, const char *why)
{
	struct alarm *a =
	    o.scope == SCOPE_FEED ? &e->sources[o.index].alarm : &data_of(e, o)->alarm;
	bool is_one = severity > SEVERITY_INFO;

	if (a->severity == severity && a->why != NULL && strcmp(a->why, why) == 0)
		return;
	if (!is_one && a->why == NULL)
		return;
	alarm_fini(e, a);
	if (is_one) {
		a->severity = (uint8_t)severity;
		a->why = engine_copy(e, str_of(why));
	}
	alarm_to_publish(e, o);
}

/* ---- who waits ---- */

/* A cursor is the visit or, marked by its lowest bit, the matter given last. */
#define MATTER 1u

static msec_t
earlier(msec_t a, msec_t b)
{
	return a < b ? a : b;
}

static void
give_visit(const struct queue *q, uint32_t queue, const struct visit *v, struct waiting *out)
{
	const struct matter *m = v->contact->matter;

	out->visit = v->id_len > 0 ? (struct str){ v->id, v->id_len }
	                           : (struct str){ v->contact->id, v->contact->id_len };
	out->since = v->start;
	out->due = q->policy.threshold > 0 ? v->start + q->policy.threshold : MSEC_NEVER;
	if (m != NULL && m->queue == queue)
		out->due = earlier(out->due, matter_first_due(m));
}

/* From that one on, the first with a due and without a visit that waits. */
static bool
give_matter(const struct queue *q, const struct link *l, uint32_t queue, uintptr_t *cursor,
    struct waiting *out)
{
	const struct matter *m;

	for (; l != NULL; l = order_next(&q->matters, l)) {
		m = (const struct matter *)l;
		out->due = matter_first_due(m);
		if (out->due == MSEC_NEVER || contact_is_waiting(m->contact, queue))
			continue;
		*cursor = (uintptr_t)l | MATTER;
		out->visit = (struct str){ m->contact->id, m->contact->id_len };
		out->since = l->at;
		return true;
	}
	return false;
}

bool
engine_waiting(const struct engine *e, uint32_t queue, uintptr_t *cursor, struct waiting *out)
{
	const struct queue *q = &e->queues[queue];
	const struct link *l;
	const struct visit *v;

	if (*cursor & MATTER) {
		l = (const struct link *)(*cursor & ~(uintptr_t)MATTER);
		return give_matter(q, order_next(&q->matters, l), queue, cursor, out);
	}
	v = *cursor == 0 ? q->oldest : ((const struct visit *)*cursor)->newer;
	if (v == NULL)
		return give_matter(q, order_first(&q->matters), queue, cursor, out);
	*cursor = (uintptr_t)v;
	give_visit(q, queue, v, out);
	return true;
}

bool
engine_waiting_changed(struct engine *e, uint32_t queue)
{
	bool changed = e->queues[queue].waiting_changed;

	e->queues[queue].waiting_changed = false;
	return changed;
}
