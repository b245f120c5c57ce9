/* SPDX-License-Identifier: MIT */
/*
 * queue.c: the queues, by their own names and by those that sources use.
 */
#include "engine_int.h"

/* Aliases follow the queues in the index: number nqueues_max + alias. */
#define ALIAS 0x80000000u

static bool
has_name(const void *ctx, uint32_t id, const void *key)
{
	const struct engine *e = ctx;
	const struct str *name = key;
	const char *own = id & ALIAS ? e->aliases[id & ~ALIAS].name : e->queues[id].name;

	return is_called(own, *name);
}

static uint32_t
find(const struct engine *e, struct str name)
{
	uint32_t id = index_find(
	    &e->queue_index, index_hash(&e->queue_index, name.p, name.n), has_name, e, &name);

	return id == NONE || !(id & ALIAS) ? id : e->aliases[id & ~ALIAS].queue;
}

static uint32_t
add(struct engine *e, struct str name, enum channel channel, const struct policy *policy,
    uint16_t zone)
{
	uint32_t i = (uint32_t)e->nqueues;
	struct queue *q;

	if (i >= e->limits.queues) {
		e->limited.queues++;
		return NONE;
	}
	e->queues = memory_grow(&e->memory, e->queues, i, &e->queues_cap, sizeof(*e->queues));
	q = &e->queues[e->nqueues++];
	memset(q, 0, sizeof(*q));
	q->name = engine_copy(e, name);
	q->channel = (uint8_t)channel;
	q->policy = *policy;
	q->hours = NONE;
	object_init(e, &q->o, true, true, zone);
	q->o.unsaved = true;
	index_add(&e->queue_index, &e->memory, index_hash(&e->queue_index, name.p, name.n), i);
	return i;
}

static void
add_alias(struct engine *e, const char *name, uint32_t queue)
{
	uint32_t i = (uint32_t)e->naliases;
	size_t n = strlen(name);

	e->aliases = memory_grow(&e->memory, e->aliases, i, &e->aliases_cap, sizeof(*e->aliases));
	e->aliases[e->naliases++] =
	    (struct alias){ engine_copy(e, (struct str){ name, (uint32_t)n }), queue };
	index_add(&e->queue_index, &e->memory, index_hash(&e->queue_index, name, n), i | ALIAS);
}

void
queues_configure(struct engine *e, const struct site *site)
{
	const struct queue_def *d;
	uint32_t i;
	size_t n, m;

	for (n = 0; n < site->nqueues; n++) {
		d = &site->queues[n];
		i = add(e, str_of(d->name), d->channel, &d->policy, d->zone);
		if (i == NONE)
			continue;
		e->queues[i].configured = e->queues[i].channel_known = true;
		e->queues[i].hours = hours_find(e, d->calendar);
		for (m = 0; m < d->nmatch; m++)
			add_alias(e, d->match[m], i);
	}
}

/* Nothing was counted in it yet: only agents named it. */
static void
set_channel(struct engine *e, struct queue *q, enum channel channel)
{
	q->channel = (uint8_t)channel;
	q->policy = e->defaults[channel];
	q->channel_known = true;
	q->o.dirty = q->o.unsaved = true;
	crew_call_all(e);
}

uint32_t
queue_get(struct engine *e, struct str name, enum channel channel)
{
	uint32_t i = find(e, name);

	if (i == NONE)
		i = add(e, name, CHANNEL_CALL, &e->defaults[CHANNEL_CALL], 0);
	if (i != NONE && channel != CHANNEL_COUNT && !e->queues[i].channel_known)
		set_channel(e, &e->queues[i], channel);
	return i;
}

void
queue_to_publish(struct engine *e, struct queue *q)
{
	q->o.dirty = e->channels[q->channel].o.dirty = e->site.o.dirty = true;
}

/* ---- who waits, by start ---- */

void
waiting_insert(struct engine *e, struct visit *v)
{
	struct queue *q = &e->queues[v->queue];
	struct visit *before = q->newest;

	while (before != NULL && before->start > v->start)
		before = before->older;
	v->older = before;
	v->newer = before == NULL ? q->oldest : before->newer;
	*(before == NULL ? &q->oldest : &before->newer) = v;
	*(v->newer == NULL ? &q->newest : &v->newer->older) = v;
	q->waiting++;
	q->waiting_changed = q->o.dirty = true;
}

void
waiting_remove(struct engine *e, struct visit *v)
{
	struct queue *q = &e->queues[v->queue];

	*(v->older == NULL ? &q->oldest : &v->older->newer) = v->newer;
	*(v->newer == NULL ? &q->newest : &v->newer->older) = v->older;
	v->older = v->newer = NULL;
	q->waiting--;
	q->waiting_changed = q->o.dirty = true;
}
