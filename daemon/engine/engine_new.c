/* SPDX-License-Identifier: MIT */
/*
 * engine_new.c: an engine for a site, and its end.
 */
#include "engine_int.h"

static unsigned
need_window(struct engine *e, int64_t seconds)
{
	unsigned w;

	for (w = 0; w < e->nwindows; w++)
		if (e->window[w].kind == WINDOW_ROLLING && e->window[w].seconds == seconds)
			return w;
	e->window[e->nwindows++] = (struct engine_window){ WINDOW_ROLLING, seconds, true };
	return w;
}

static void
copy_windows(struct engine *e, const struct site *site)
{
	size_t w;

	memcpy(e->shown, site->windows, sizeof(e->shown));
	e->nshown = e->nwindows = site->nwindows;
	for (w = 0; w < e->nshown; w++)
		e->window[w] =
		    (struct engine_window){ e->shown[w].kind, e->shown[w].seconds, false };
	e->hour = need_window(e, HOUR_SECONDS);
	e->quarter = need_window(e, 900);
	for (w = 0; w < e->nwindows; w++)
		if (e->window[w].kind == WINDOW_ROLLING && e->window[w].seconds > e->longest)
			e->longest = e->window[w].seconds;
}

static void
copy_zones(struct engine *e, const struct site *site)
{
	const struct zone *z;
	size_t i;

	e->nzones = site->nzones;
	e->zones = memory_new(&e->memory, e->nzones * sizeof(*e->zones));
	for (i = 0; i < e->nzones; i++) {
		z = &site->zones[i];
		e->zones[i] = *z;
		e->zones[i].at = memory_new(&e->memory, z->n * sizeof(*z->at));
		e->zones[i].offset = memory_new(&e->memory, z->n * sizeof(*z->offset));
		memcpy(e->zones[i].at, z->at, z->n * sizeof(*z->at));
		memcpy(e->zones[i].offset, z->offset, z->n * sizeof(*z->offset));
	}
}

static void
copy_feeds(struct engine *e, const struct site *site)
{
	size_t i;

	e->nfeeds = site->nfeeds;
	e->feeds = memory_new(&e->memory, e->nfeeds * sizeof(*e->feeds));
	for (i = 0; i < e->nfeeds; i++) {
		e->feeds[i].silent_after = site->feeds[i].silent_after;
		e->feeds[i].name = engine_copy(e, str_of(site->feeds[i].name));
	}
}

struct engine *
engine_new(const struct site *site)
{
	struct memory memory = { 0 };
	struct engine *e = memory_new(&memory, sizeof(*e));
	unsigned c;

	e->memory = memory;
	e->began = e->now = e->roll_call = e->called_at = -1;
	e->leveled = INT64_MIN;
	e->name = engine_copy(e, site->name == NULL ? STR_LIT("") : str_of(site->name));
	e->clock = site->clock;
	e->other_agent = NONE;
	for (c = 0; c < CHANNEL_COUNT; c++)
		e->other_queue[c] = NONE;
	e->day_start = site->day_start;
	e->limits = site->limits;
	memcpy(e->key, site->key, sizeof(e->key));
	e->silent_after = site->silent_after;
	e->fcr = site->fcr_days * (24 * HOUR_MS);
	memcpy(e->defaults, site->defaults, sizeof(e->defaults));
	copy_windows(e, site);
	copy_zones(e, site);
	copy_feeds(e, site);
	hours_init(e, &site->calendars);
	index_init(&e->queue_index, &e->memory, e->key);
	index_init(&e->agent_index, &e->memory, e->key);
	index_init(&e->source_index, &e->memory, e->key);
	index_init(&e->contact_index, &e->memory, e->key);
	resolutions_init(e);
	window_init(e);
	for (c = 0; c < CHANNEL_COUNT; c++)
		object_init(e, &e->channels[c].o, true, false, 0);
	object_init(e, &e->site.o, true, true, 0);
	columns_init(e);
	state_init(e);
	queues_configure(e, site);
	return e;
}

static void
free_name(struct engine *e, char *name)
{
	if (name != NULL)
		memory_free(&e->memory, name, strlen(name) + 1);
}

static void
free_things(struct engine *e)
{
	size_t i;

	for (i = 0; i < e->ncontacts; i++)
		if (e->contacts[i] != NULL)
			contact_forget(e, e->contacts[i]);
	resolutions_fini(e);
	for (i = 0; i < e->nqueues; i++) {
		object_fini(e, &e->queues[i].o);
		names_free(e, e->queues[i].names);
		free_name(e, e->queues[i].name);
	}
	for (i = 0; i < e->naliases; i++)
		free_name(e, e->aliases[i].name);
	for (i = 0; i < e->nagents; i++)
		if (e->agents[i].name != NULL) {
			object_fini(e, &e->agents[i].o);
			names_free(e, e->agents[i].names);
			timeline_fini(&e->agents[i].line, &e->memory);
			memory_free(&e->memory, e->agents[i].member,
			    e->agents[i].members_cap * sizeof(*e->agents[i].member));
			free_name(e, e->agents[i].name);
		}
	for (i = 0; i < e->nsources; i++) {
		numbers_fini(e, &e->sources[i]);
		alarm_fini(e, &e->sources[i].alarm);
		free_name(e, e->sources[i].name);
	}
	for (i = 0; i < e->nreasons; i++)
		free_name(e, e->reasons[i]);
	for (i = 0; i < e->nmarks; i++)
		free_name(e, e->marks[i].name);
	for (i = 0; i < e->nfeeds; i++)
		free_name(e, e->feeds[i].name);
}

void
engine_free(struct engine *e)
{
	struct memory *m, memory;
	size_t i;

	if (e == NULL)
		return;
	m = &e->memory;
	free_things(e);
	edges_fini(e);
	state_fini(e);
	columns_fini(e);
	for (i = 0; i < CHANNEL_COUNT; i++)
		object_fini(e, &e->channels[i].o);
	object_fini(e, &e->site.o);
	window_fini(e);
	hours_fini(e);
	heap_fini(&e->due, m);
	for (i = 0; i < e->nzones; i++) {
		memory_free(m, e->zones[i].at, e->zones[i].n * sizeof(*e->zones[i].at));
		memory_free(m, e->zones[i].offset, e->zones[i].n * sizeof(*e->zones[i].offset));
	}
	memory_free(m, e->zones, e->nzones * sizeof(*e->zones));
	memory_free(m, e->feeds, e->nfeeds * sizeof(*e->feeds));
	index_fini(&e->queue_index, m);
	index_fini(&e->agent_index, m);
	index_fini(&e->source_index, m);
	index_fini(&e->contact_index, m);
	memory_free(m, e->queues, e->queues_cap * sizeof(*e->queues));
	memory_free(m, e->aliases, e->aliases_cap * sizeof(*e->aliases));
	memory_free(m, e->agents, e->agents_cap * sizeof(*e->agents));
	memory_free(m, e->called, e->called_cap * sizeof(*e->called));
	memory_free(m, e->sources, e->sources_cap * sizeof(*e->sources));
	memory_free(m, e->reasons, e->reasons_cap * sizeof(*e->reasons));
	memory_free(m, e->contacts, e->contacts_cap * sizeof(*e->contacts));
	memory_free(m, e->free_slot, e->free_cap * sizeof(*e->free_slot));
	memory_free(m, e->marks, e->marks_cap * sizeof(*e->marks));
	free_name(e, e->name);
	assert(m->used == sizeof(*e));
	memory = *m;
	memory_free(&memory, e, sizeof(*e));
	memory_fini(&memory);
}
