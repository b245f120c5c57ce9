/* SPDX-License-Identifier: MIT */
/*
 * history.c: intervals that are over, for charts and for good.
 *
 * Samples come here when they are GRACE_SECONDS old, into the open minute of
 * their queue and of the site; later ones too, so that nothing is missing
 * from the sums.  A minute that is over goes out as an edge and into its
 * quarter of an hour, that one into its day.  What was true at its end goes
 * with it (level.c).
 */
#include "engine_int.h"

static const int64_t length[HISTORY_COUNT] = {
#define H(sym, name, seconds, kept) [HISTORY_##sym] = seconds,
	HISTORIES(H)
#undef H
};

/* ---- one interval ---- */

static void
interval_clear(struct engine *e, struct interval *t)
{
	if (t->wait != NULL) {
		hist_clear(t->wait, &e->memory);
		memory_free(&e->memory, t->wait, sizeof(*t->wait));
	}
	*t = (struct interval){ .longest = -1 };
}

void
history_init(struct engine *e, struct object_data *o)
{
	unsigned h;

	o->history = memory_new(&e->memory, HISTORY_COUNT * sizeof(*o->history));
	for (h = 0; h < HISTORY_COUNT; h++)
		interval_clear(e, &o->history[h]);
}

void
history_fini(struct engine *e, struct object_data *o)
{
	unsigned h;

	for (h = 0; o->history != NULL && h < HISTORY_COUNT; h++)
		interval_clear(e, &o->history[h]);
	memory_free(&e->memory, o->history, HISTORY_COUNT * sizeof(*o->history));
}

struct hist *
interval_waits(struct engine *e, struct interval *t)
{
	if (t->wait == NULL)
		t->wait = memory_new(&e->memory, sizeof(*t->wait));
	return t->wait;
}

static void
interval_add(struct engine *e, struct interval *t, const struct sample *s)
{
	totals_add(&t->sum, s, 1);
	if (!sample_rows[s->kind].wait || s->negative)
		return;
	hist_add(interval_waits(e, t), &e->memory, s->a, 1);
	t->longest = s->a > t->longest ? s->a : t->longest;
}

/* Of a day the waits themselves are not kept: its histogram would double what
 * each commit writes of a queue. */
static void
interval_sum(struct engine *e, struct interval *t, const struct interval *more, bool is_day)
{
	totals_sum(&t->sum, &more->sum);
	t->longest = more->longest > t->longest ? more->longest : t->longest;
	if (!is_day && more->wait != NULL)
		hist_sum(interval_waits(e, t), &e->memory, more->wait);
}

static bool
is_empty(const struct interval *t)
{
	for (unsigned i = 0; i < C_COUNT; i++)
		if (t->sum.c[i] != 0)
			return false;
	return true;
}

/* ---- all of them ---- */

void
history_add(struct engine *e, const struct sample *s)
{
	struct queue *q;

	if (s->queue == SAMPLE_NONE)
		return;
	q = &e->queues[s->queue];
	interval_add(e, &q->o.history[HISTORY_MINUTE], s);
	interval_add(e, &e->site.o.history[HISTORY_MINUTE], s);
	q->o.unsaved = e->site.o.unsaved = true;
	e->history_busy = true;
}

/* Hands an interval on: out, and into the next longer one. */
static void
close_one(struct engine *e, struct object object, struct object_data *o, enum history h,
    int64_t start, bool skip)
{
	if (!skip) {
		level_at(e, e->closing);
		edge_history(e, object, h, start);
	}
	if (h + 1 < HISTORY_COUNT)
		interval_sum(e, &o->history[h + 1], &o->history[h], h + 1 == HISTORY_DAY);
	interval_clear(e, &o->history[h]);
	o->unsaved = true;
}

static void
close_all(struct engine *e, enum history h, int64_t start, bool leap)
{
	struct object_data *o;
	uint32_t i;

	for (i = 0; i < e->nqueues; i++) {
		o = &e->queues[i].o;
		close_one(e, (struct object){ SCOPE_QUEUE, i }, o, h, start,
		    leap && is_empty(&o->history[h]));
	}
	o = &e->site.o;
	close_one(
	    e, (struct object){ SCOPE_SITE, 0 }, o, h, start, leap && is_empty(&o->history[h]));
}

static void
close_days(struct engine *e, size_t zone, int64_t second)
{
	struct day *day = &e->history_day[zone];
	uint32_t i;

	for (i = 0; i < e->nqueues; i++)
		if (e->queues[i].o.zone == zone)
			close_one(e, (struct object){ SCOPE_QUEUE, i }, &e->queues[i].o,
			    HISTORY_DAY, day->begin, false);
	if (zone == 0)
		close_one(e, (struct object){ SCOPE_SITE, 0 }, &e->site.o, HISTORY_DAY, day->begin,
		    false);
	day->begin = day_begin(&e->zones[zone], second, e->day_start);
	day->end = day_end(&e->zones[zone], second, e->day_start);
}

/* Intervals that end at `end`, shortest first. */
static void
close_at(struct engine *e, int64_t end, bool leap)
{
	size_t zone;

	if (end % length[HISTORY_MINUTE] == 0)
		close_all(e, HISTORY_MINUTE, end - length[HISTORY_MINUTE], leap);
	if (end % length[HISTORY_QUARTER] == 0) {
		close_all(e, HISTORY_QUARTER, end - length[HISTORY_QUARTER], leap);
		e->history_busy = false;
	}
	for (zone = 0; zone < e->nzones; zone++)
		if (end >= e->history_day[zone].end)
			close_days(e, zone, end);
}

/* That second is old enough: its samples into the open minute. */
void
history_step(struct engine *e, int64_t second)
{
	const struct chunk *c;
	uint64_t k;

	if (second <= e->closing)
		return;
	e->closing = second;
	close_at(e, second, false);
	for (c = e->cell[second & e->cell_mask].first; c != NULL; c = c->next)
		for (k = 0; k < c->n; k++)
			history_add(e, &c->s[k]);
}

/* The next moment something can close: with nothing open but days, a day's end. */
static int64_t
next_end(const struct engine *e)
{
	int64_t next = INT64_MAX;
	size_t zone;

	if (e->history_busy)
		return (e->closing / length[HISTORY_MINUTE] + 1) * length[HISTORY_MINUTE];
	for (zone = 0; zone < e->nzones; zone++)
		if (e->history_day[zone].end < next)
			next = e->history_day[zone].end;
	return next;
}

/* The log is empty up to that second: close what is open, then only days. */
void
history_leap(struct engine *e, int64_t second)
{
	while (next_end(e) <= second) {
		e->closing = next_end(e);
		close_at(e, e->closing, true);
	}
	if (second > e->closing)
		e->closing = second;
}
