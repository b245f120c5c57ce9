/* SPDX-License-Identifier: MIT */
/*
 * feed.c: the sources, and how they are.
 */
#include "engine_int.h"

static bool
has_name(const void *ctx, uint32_t id, const void *key)
{
	const struct engine *e = ctx;
	const struct str *name = key;

	return is_called(e->sources[id].name, *name);
}

uint32_t
source_find(const struct engine *e, struct str name)
{
	return index_find(
	    &e->source_index, index_hash(&e->source_index, name.p, name.n), has_name, e, &name);
}

static msec_t
silence_of(const struct engine *e, const char *name)
{
	for (size_t i = 0; i < e->nfeeds; i++)
		if (strcmp(e->feeds[i].name, name) == 0)
			return e->feeds[i].silent_after;
	return -1;
}

uint32_t
source_get(struct engine *e, struct str name)
{
	uint32_t i = source_find(e, name);
	struct source *s;

	if (i != NONE)
		return i;
	if (e->nsources >= e->limits.sources) {
		e->limited.sources++;
		return NONE;
	}
	i = (uint32_t)e->nsources;
	e->sources = memory_grow(&e->memory, e->sources, i, &e->sources_cap, sizeof(*e->sources));
	s = &e->sources[e->nsources++];
	memset(s, 0, sizeof(*s));
	s->name = engine_copy(e, name);
	s->identity = identity_hash(name, 0);
	s->began = s->last_event = s->heard = -1;
	s->silent_after = silence_of(e, s->name);
	s->unsaved = true;
	index_add(&e->source_index, &e->memory, index_hash(&e->source_index, name.p, name.n), i);
	return i;
}

/* A feed that is configured and says nothing is silent, not unknown. */
void
feeds_expect(struct engine *e)
{
	const char *name;
	uint32_t i;

	for (size_t f = 0; f < e->nfeeds; f++) {
		name = e->feeds[f].name;
		i = source_get(e, str_of(name));
		if (i != NONE && e->sources[i].heard < 0)
			e->sources[i].heard = e->now;
	}
}

/* ---- what comes ---- */

bool
source_take(struct engine *e, struct source *s, const struct event *ev)
{
	bool taken = (ev->has & HAS(SEQ)) == 0 || number_take(e, s, ev->boot, (uint64_t)ev->seq);

	if (taken)
		s->events++;
	else
		s->duplicates++;
	s->unsaved = true;
	return taken;
}

void
source_note(struct engine *e, uint32_t source, enum inconsistency what)
{
	e->sources[source].inconsistent[what]++;
}

/* ---- health ---- */

static bool
is_silent(const struct engine *e, const struct source *s)
{
	msec_t after = s->silent_after;

	if (after < 0)
		after = s->heartbeats ? e->silent_after : 0;
	return after > 0 && s->heard >= 0 && e->now - s->heard > after;
}

uint64_t
source_missing(const struct engine *e, const struct source *s)
{
	return numbers_missed_since(s, e->now - HOUR_MS);
}

enum feed_status
source_status(const struct engine *e, const struct source *s)
{
	if (is_silent(e, s))
		return FEED_SILENT;
	return numbers_were_missed_since(s, e->now - HOUR_MS) ? FEED_GAP : FEED_OK;
}

bool
fed_by_add(struct fed_by *f, uint32_t source)
{
	for (uint8_t i = 0; i < f->n; i++)
		if (f->source[i] == source)
			return false;
	if (f->n == FED_BY_MAX)
		return false;
	f->source[f->n++] = source;
	return true;
}

void
object_feed(struct object_data *o, struct fed_by *f, uint32_t source)
{
	if (fed_by_add(f, source))
		o->unsaved = true;
}
