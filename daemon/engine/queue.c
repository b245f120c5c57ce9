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

/* Those that stand for others are outside the limit. */
static bool
has_room(const struct engine *e)
{
	size_t n = e->nqueues;

	for (unsigned c = 0; c < CHANNEL_COUNT; c++)
		n -= e->other_queue[c] != NONE;
	return n < e->limits.queues;
}

static uint32_t
add_other(struct engine *e, enum channel channel)
{
	struct str name = str_of(other_queue_name(channel));
	uint32_t i = add(e, name, channel, &e->defaults[channel], 0);

	e->queues[i].channel_known = true;
	e->queues[i].names = names_new(e);
	return i;
}

static uint32_t
other(struct engine *e, enum channel channel)
{
	if (channel == CHANNEL_COUNT)
		return NONE;
	if (e->other_queue[channel] == NONE)
		e->other_queue[channel] = add_other(e, channel);
	return e->other_queue[channel];
}

static uint32_t
stand_in(struct engine *e, struct str name, enum channel channel)
{
	uint32_t i = other(e, channel);

	if (i != NONE && names_add(e, e->queues[i].names, name))
		object_changed(e, &e->queues[i].o);
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
		if (!has_room(e)) {
			e->limited.queues++;
			continue;
		}
		i = add(e, str_of(d->name), d->channel, &d->policy, d->zone);
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
queue_load(struct engine *e, struct str name, enum channel channel)
{
	uint32_t i;

	if (other_is_reserved(name))
		return other(e, channel);
	i = find(e, name);
	if (i == NONE && has_room(e))
		i = add(e, name, CHANNEL_CALL, &e->defaults[CHANNEL_CALL], 0);
	if (i == NONE)
		e->limited.queues++;
	else if (channel != CHANNEL_COUNT && !e->queues[i].channel_known)
		set_channel(e, &e->queues[i], channel);
	return i;
}

uint32_t
queue_get(struct engine *e, struct str name, enum channel channel)
{
	uint32_t i = other_is_reserved(name) ? NONE : queue_load(e, name, channel);

	return i == NONE ? stand_in(e, name, channel) : i;
}

uint64_t
queue_meant(const struct engine *e, uint32_t queue, struct str name)
{
	if (queue == NONE || e->queues[queue].names == NULL)
		return 0;
	return identity_hash(name, 0);
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
