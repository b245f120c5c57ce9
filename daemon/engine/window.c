/* SPDX-License-Identifier: MIT */
/*
 * window.c: the log of samples, second by second, and the windows that walk
 * over it.
 *
 * A sample is added to its objects' totals once and taken back once per
 * rolling window, when that window's tail has passed its second.  So every
 * window is exact, moving on costs only what happened in the second that
 * leaves, and memory grows with the samples of the longest window, not with
 * the number of queues.
 *
 *	        tail 60m ...      tail 15m ...    closing       n   n+5
 *	--|--------|-----------------|---------------|----------|---|-->
 *	   taken back               taken back      history     added
 *
 * A sample for a second the clock has passed goes into its own second's cell
 * and into every window that covers it; one for a second to come waits in
 * its cell.  Something to be undone is a negative sample at the same second.
 */
#include "engine_int.h"

/* ---- objects ---- */

void
object_init(struct engine *e, struct object_data *o, bool waits, bool history, uint16_t zone)
{
	memset(o, 0, sizeof(*o));
	o->win = memory_new(&e->memory, e->nwindows * sizeof(*o->win));
	if (waits)
		o->wait = memory_new(&e->memory, e->nshown * sizeof(*o->wait));
	if (history)
		history_init(e, o);
	o->longest[0] = o->longest[1] = -1;
	o->zone = zone;
	o->dirty = true;
	o->deferred = !waits; /* an agent's */
	o->behind = -1;
}

void
object_changed(const struct engine *e, struct object_data *o)
{
	o->dirty = true;
	if (!o->deferred)
		o->unsaved = true;
	else if (o->behind < 0)
		o->behind = e->n;
}

struct hist *
object_own(struct engine *e, struct object_data *o, unsigned w)
{
	if (o->own == NULL)
		o->own = memory_new(&e->memory, e->nshown * TARGET_COUNT * sizeof(*o->own));
	return o->own + w * TARGET_COUNT;
}

static void
clear_hists(struct engine *e, struct object_data *o, unsigned w)
{
	unsigned t;

	if (o->wait != NULL)
		hist_clear(&o->wait[w], &e->memory);
	for (t = 0; o->own != NULL && t < TARGET_COUNT; t++)
		hist_clear(object_own(e, o, w) + t, &e->memory);
}

void
object_fini(struct engine *e, struct object_data *o)
{
	unsigned w;

	for (w = 0; w < e->nshown; w++)
		clear_hists(e, o, w);
	memory_free(&e->memory, o->own, e->nshown * TARGET_COUNT * sizeof(*o->own));
	memory_free(&e->memory, o->win, e->nwindows * sizeof(*o->win));
	memory_free(&e->memory, o->wait, e->nshown * sizeof(*o->wait));
	history_fini(e, o);
	peak_fini(&o->peak, &e->memory);
	alarm_fini(e, &o->alarm);
	memset(o, 0, sizeof(*o));
}

/* The objects a sample counts for; n of them in o. */
static unsigned
objects_of(struct engine *e, const struct sample *s, struct object_data *o[4])
{
	unsigned n = 0, channel;

	if (s->queue != SAMPLE_NONE) {
		channel = e->queues[s->queue].channel;
		o[n++] = &e->queues[s->queue].o;
		o[n++] = &e->channels[channel].o;
		o[n++] = &e->site.o;
	}
	if (sample_rows[s->kind].agent && s->agent != SAMPLE_NONE &&
	    e->agents[s->agent].name != NULL)
		o[n++] = &e->agents[s->agent].o;
	return n;
}

/* ---- adding and taking back ---- */

static void
apply(struct engine *e, struct object_data *o, unsigned w, const struct sample *s, int sign)
{
	const struct sample_row *row = &sample_rows[s->kind];

	totals_add(&o->win[w], s, sign);
	if (o->wait == NULL || w >= e->nshown)
		return;
	if (s->negative)
		sign = -sign;
	if (row->wait)
		hist_add(&o->wait[w], &e->memory, s->a, sign);
	if (row->own > 0)
		hist_add(object_own(e, o, w) + row->own - 1, &e->memory, s->a, sign);
}

/* Does the tumbling window of this object hold that second? */
static bool
holds(const struct engine *e, const struct object_data *o, unsigned w, int64_t second)
{
	return e->window[w].kind == WINDOW_ALL || second >= e->day[o->zone].begin;
}

static void
note_longest(struct engine *e, struct object_data *o, int64_t second, const struct sample *s)
{
	if (o->wait == NULL || !sample_rows[s->kind].wait || s->negative)
		return;
	peak_add(&o->peak, &e->memory, second, s->a);
	if (second >= e->day[o->zone].begin && s->a > o->longest[0])
		o->longest[0] = s->a;
	if (s->a > o->longest[1])
		o->longest[1] = s->a;
}

static void
note_resolved(struct object_data *o, int64_t second, const struct sample *s)
{
	msec_t at = second * MSEC_PER_SEC + s->a;

	if (s->kind == S_RESOLVED && at > o->resolved)
		o->resolved = at;
}

/* A queue's arrivals of the last half hour, for its forecast, are one number
 * and no window: nothing else is asked of so long, and of no other object. */
static void
note_arrival(struct engine *e, const struct sample *s, int sign)
{
	if (s->kind != S_OFFERED || s->queue == SAMPLE_NONE)
		return;
	e->queues[s->queue].arrived += s->negative ? -sign : sign;
	e->queues[s->queue].o.dirty = true;
}

/* The second has come: into every window that covers it. */
static void
count(struct engine *e, int64_t second, const struct sample *s)
{
	struct object_data *o[4];
	unsigned n = objects_of(e, s, o), i, w;

	for (i = 0; i < n; i++) {
		for (w = 0; w < e->nwindows; w++)
			if (e->window[w].kind == WINDOW_ROLLING
			        ? second > e->n - e->window[w].seconds
			        : holds(e, o[i], w, second))
				apply(e, o[i], w, s, 1);
		note_longest(e, o[i], second, s);
		note_resolved(o[i], second, s);
		object_changed(e, o[i]);
	}
	if (second > e->n - RECENT_SECONDS)
		note_arrival(e, s, 1);
}

/* At once, though its second may be to come: what is loaded has it. */
static void
count_for_ever(struct engine *e, const struct sample *s)
{
	struct queue *q;

	if (s->queue == SAMPLE_NONE)
		return;
	q = &e->queues[s->queue];
	ever_count(&q->ever, q->policy.threshold, s);
	object_changed(e, &q->o);
}

void
count_tumbling(struct engine *e, struct object_data *o, int64_t second, const struct sample *s)
{
	for (unsigned w = 0; w < e->nwindows; w++)
		if (e->window[w].kind != WINDOW_ROLLING && holds(e, o, w, second))
			apply(e, o, w, s, 1);
	note_resolved(o, second, s);
}

/* ---- the log ---- */

static struct cell *
cell_of(const struct engine *e, int64_t second)
{
	return &e->cell[second & e->cell_mask];
}

static struct chunk *
chunk_get(struct engine *e)
{
	struct chunk *c = e->free_chunks;

	if (c == NULL)
		return memory_new(&e->memory, sizeof(*c));
	e->free_chunks = c->next;
	c->next = NULL;
	c->n = 0;
	return c;
}

void
log_put(struct engine *e, int64_t second, const struct sample *s)
{
	struct cell *cell = cell_of(e, second);

	if (cell->last == NULL)
		cell->first = cell->last = chunk_get(e);
	else if (cell->last->n == CHUNK_SAMPLES) {
		cell->last->next = chunk_get(e);
		cell->last = cell->last->next;
	}
	cell->last->s[cell->last->n++] = *s;
	e->nsamples++;
}

static void
cell_clear(struct engine *e, int64_t second)
{
	struct cell *cell = cell_of(e, second);
	struct chunk *c;

	while ((c = cell->first) != NULL) {
		cell->first = c->next;
		e->nsamples -= c->n;
		c->next = e->free_chunks;
		e->free_chunks = c;
	}
	cell->last = NULL;
}

void
sample_add(struct engine *e, int64_t second, const struct sample *s)
{
	if (second > e->n + FUTURE_SECONDS)
		second = e->n + FUTURE_SECONDS; /* cannot be: effective times end there */
	if (second > e->n - e->longest)
		log_put(e, second, s);
	state_log(e, second, s);
	count_for_ever(e, s);
	if (second > e->n)
		return;
	count(e, second, s);
	if (second <= e->closing)
		history_add(e, s);
}

/* ---- the clock goes on ---- */

/* Its day is another one: what was counted today goes. */
void
object_new_day(struct engine *e, struct object_data *o)
{
	unsigned w;

	for (w = 0; w < e->nwindows; w++)
		if (e->window[w].kind == WINDOW_TODAY) {
			memset(&o->win[w], 0, sizeof(o->win[w]));
			clear_hists(e, o, w);
		}
	o->longest[0] = -1;
	object_changed(e, o);
}

static void
reset_today(struct engine *e, struct object_data *o, size_t zone)
{
	if (o->zone == zone && o->win != NULL)
		object_new_day(e, o);
}

static void
new_day(struct engine *e, size_t zone)
{
	size_t i;

	e->day[zone].begin = day_begin(&e->zones[zone], e->n, e->day_start);
	e->day[zone].end = day_end(&e->zones[zone], e->n, e->day_start);
	for (i = 0; i < e->nqueues; i++)
		reset_today(e, &e->queues[i].o, zone);
	if (zone != 0)
		return;
	for (i = 0; i < CHANNEL_COUNT; i++)
		reset_today(e, &e->channels[i].o, zone);
	reset_today(e, &e->site.o, zone);
	for (i = 0; i < e->nagents; i++)
		reset_today(e, &e->agents[i].o, zone);
	agents_new_day(e);
}

/* The days that n and the closing second are in. */
void
days_set(struct engine *e)
{
	size_t z;

	for (z = 0; z < e->nzones; z++) {
		e->day[z].begin = day_begin(&e->zones[z], e->n, e->day_start);
		e->day[z].end = day_end(&e->zones[z], e->n, e->day_start);
		e->history_day[z].begin = day_begin(&e->zones[z], e->closing, e->day_start);
		e->history_day[z].end = day_end(&e->zones[z], e->closing, e->day_start);
	}
}

void
day_roll(struct engine *e)
{
	size_t zone;

	for (zone = 0; zone < e->nzones; zone++)
		if (e->n >= e->day[zone].end)
			new_day(e, zone);
}

/* That second is no longer in window w; after the longest, in none. */
static void
leave_window(struct engine *e, unsigned w, int64_t second)
{
	bool last = e->window[w].seconds == e->longest;
	struct object_data *o[4];
	struct chunk *c;
	unsigned n, i;
	uint64_t k;

	for (c = cell_of(e, second)->first; c != NULL; c = c->next)
		for (k = 0; k < c->n; k++) {
			n = objects_of(e, &c->s[k], o);
			for (i = 0; i < n; i++) {
				apply(e, o[i], w, &c->s[k], -1);
				if (last)
					peak_forget(&o[i]->peak, second + 1);
				o[i]->dirty = true;
			}
		}
}

static void
leave_recent(struct engine *e, int64_t second)
{
	const struct chunk *c;
	uint64_t k;

	for (c = cell_of(e, second)->first; c != NULL; c = c->next)
		for (k = 0; k < c->n; k++)
			note_arrival(e, &c->s[k], -1);
}

void
window_step(struct engine *e)
{
	const struct chunk *c;
	unsigned w;
	uint64_t k;

	e->n++;
	for (w = 0; w < e->nwindows; w++)
		if (e->window[w].kind == WINDOW_ROLLING)
			leave_window(e, w, e->n - e->window[w].seconds);
	leave_recent(e, e->n - RECENT_SECONDS);
	cell_clear(e, e->n - e->longest);
	day_roll(e);
	hours_roll(e);
	for (c = cell_of(e, e->n)->first; c != NULL; c = c->next)
		for (k = 0; k < c->n; k++)
			count(e, e->n, &c->s[k]);
	history_step(e, e->n - GRACE_SECONDS);
}

void
window_leap(struct engine *e, int64_t n)
{
	assert(e->nsamples == 0 && n >= e->n);
	e->n = n;
	day_roll(e);
	hours_roll(e);
	history_leap(e, n - GRACE_SECONDS);
}

/* ---- begin, end, and again ---- */

void
window_init(struct engine *e)
{
	int64_t size = 1;

	while (size < e->longest + FUTURE_SECONDS + 2)
		size *= 2;
	e->cell_mask = size - 1;
	e->cell = memory_new(&e->memory, (size_t)size * sizeof(*e->cell));
	e->day = memory_new(&e->memory, e->nzones * sizeof(*e->day));
	e->history_day = memory_new(&e->memory, e->nzones * sizeof(*e->history_day));
}

void
window_fini(struct engine *e)
{
	struct chunk *c;
	int64_t i;

	for (i = 0; i <= e->cell_mask; i++)
		cell_clear(e, i);
	while ((c = e->free_chunks) != NULL) {
		e->free_chunks = c->next;
		memory_free(&e->memory, c, sizeof(*c));
	}
	memory_free(&e->memory, e->cell, (size_t)(e->cell_mask + 1) * sizeof(*e->cell));
	memory_free(&e->memory, e->day, e->nzones * sizeof(*e->day));
	memory_free(&e->memory, e->history_day, e->nzones * sizeof(*e->history_day));
}

static void
rebuild_second(struct engine *e, int64_t second)
{
	struct object_data *o[4];
	const struct chunk *c;
	unsigned n, i, w;
	uint64_t k;

	for (c = cell_of(e, second)->first; c != NULL; c = c->next)
		for (k = 0; k < c->n; k++) {
			n = objects_of(e, &c->s[k], o);
			for (i = 0; i < n; i++) {
				for (w = 0; w < e->nwindows; w++)
					if (e->window[w].kind == WINDOW_ROLLING &&
					    second > e->n - e->window[w].seconds)
						apply(e, o[i], w, &c->s[k], 1);
				if (o[i]->wait != NULL && sample_rows[c->s[k].kind].wait &&
				    !c->s[k].negative)
					peak_add(&o[i]->peak, &e->memory, second, c->s[k].a);
			}
			if (second > e->n - RECENT_SECONDS)
				note_arrival(e, &c->s[k], 1);
		}
}

/* The rolling windows from the log alone, after a load. */
void
window_rebuild(struct engine *e)
{
	int64_t second;

	for (second = e->n - e->longest + 1; second <= e->n; second++)
		rebuild_second(e, second);
}
