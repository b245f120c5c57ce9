/* SPDX-License-Identifier: MIT */
/*
 * feed.c: the sources, what of them was seen, and how they are.
 *
 * A source that numbers its events lets us see what is missing and drop what
 * comes again: the highest number, and for the 4,096 below it one bit each.
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
	return index_find(&e->source_index, hash_bytes(name.p, name.n, 0), has_name, e, &name);
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
	s->began = s->last_event = s->heard = -1;
	s->silent_after = silence_of(e, s->name);
	s->unsaved = true;
	index_add(&e->source_index, &e->memory, hash_bytes(name.p, name.n, 0), i);
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

/* ---- sequence numbers ---- */

static bool
is_seen(const struct source *s, uint64_t seq)
{
	return s->seen[seq % SEQ_WINDOW / 64] >> (seq % 64) & 1;
}

static void
mark(struct source *s, uint64_t seq, bool seen)
{
	uint64_t bit = UINT64_C(1) << (seq % 64), *word = &s->seen[seq % SEQ_WINDOW / 64];

	*word = seen ? *word | bit : *word & ~bit;
}

/* The numbers from first to last did not come. */
static void
lose(struct engine *e, struct source *s, uint64_t first, uint64_t last)
{
	if (s->nholes == HOLES_MAX)
		memmove(s->hole, s->hole + 1, --s->nholes * sizeof(*s->hole));
	s->hole[s->nholes++] = (struct hole){ first, last, last - first + 1, e->now };
	s->lost += last - first + 1;
}

static void
begin_numbering(struct engine *e, struct source *s, int64_t boot, uint64_t seq)
{
	bool first_ever = s->seq == 0;
	uint8_t i;

	s->boot = boot;
	s->seq = seq;
	/* What is below the first number of a source we meet is not ours to
	 * miss; below the first of a new numbering it is. */
	memset(s->seen, first_ever ? 0xff : 0, sizeof(s->seen));
	mark(s, seq, true);
	for (i = 0; i < s->nholes; i++)
		s->hole[i].first = UINT64_MAX;
	if (!first_ever && seq > 1)
		lose(e, s, 1, seq - 1);
}

static void
go_on(struct engine *e, struct source *s, uint64_t seq)
{
	uint64_t i, jumped = seq - s->seq - 1;

	if (jumped >= SEQ_WINDOW)
		memset(s->seen, 0, sizeof(s->seen));
	else
		for (i = s->seq + 1; i < seq; i++)
			mark(s, i, false);
	if (jumped > 0)
		lose(e, s, s->seq + 1, seq - 1);
	s->seq = seq;
	mark(s, seq, true);
}

/* A number below the highest: the filling of a hole, or a repeat. */
static bool
fill_hole(struct source *s, uint64_t seq)
{
	uint8_t i;

	if (s->seq - seq >= SEQ_WINDOW || is_seen(s, seq))
		return false;
	mark(s, seq, true);
	s->lost--;
	for (i = 0; i < s->nholes; i++)
		if (seq >= s->hole[i].first && seq <= s->hole[i].last)
			s->hole[i].missing--;
	return true;
}

bool
source_take(struct engine *e, struct source *s, const struct event *ev)
{
	uint64_t seq = (uint64_t)ev->seq;
	bool taken = true;

	if (ev->has & HAS(SEQ)) {
		if (s->seq == 0 || ev->boot > s->boot)
			begin_numbering(e, s, ev->boot, seq);
		else if (ev->boot < s->boot)
			taken = false;
		else if (seq > s->seq)
			go_on(e, s, seq);
		else
			taken = fill_hole(s, seq);
	}
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
	uint64_t n = 0;

	for (uint8_t i = 0; i < s->nholes; i++)
		if (e->now - s->hole[i].at <= HOUR_MS)
			n += s->hole[i].missing;
	return n;
}

enum feed_status
source_status(const struct engine *e, const struct source *s)
{
	if (is_silent(e, s))
		return FEED_SILENT;
	return source_missing(e, s) > 0 ? FEED_GAP : FEED_OK;
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
