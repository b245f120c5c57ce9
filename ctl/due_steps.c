/* SPDX-License-Identifier: MIT */
/*
 * due_steps.c: the way to a due instant, date by date.  It walks over the
 * very spans the clocks walk over, and its end is compared with theirs.
 */
#include "due.h"

#include <assert.h>
#include <stdlib.h>

#define DAY INT64_C(86400) /* s */
#define DAY_MS (DAY * MSEC_PER_SEC)
#define MINUTE 60 /* s */

int64_t
due_date(const struct zone *z, msec_t at)
{
	int64_t t = at / MSEC_PER_SEC;

	return (t + zone_offset(z, t)) / DAY;
}

static bool
add_step(struct due *d, struct due_step step)
{
	struct due_step *grown = realloc(d->step, (d->nsteps + 1) * sizeof(*grown));

	if (grown == NULL)
		return false;
	d->step = grown;
	d->step[d->nsteps++] = step;
	return true;
}

/* ---- dates that gave nothing ---- */

/* Why these hours gave none, when they are the date's last. */
static enum due_kind
why_hours(const struct due *d, int64_t date, const struct opening *o)
{
	int64_t begin = wall_first(d->zone, date * DAY + o->from * MINUTE);
	int64_t end = wall_last(d->zone, date * DAY + o->to * MINUTE);

	if (begin >= end)
		return DUE_LEAPT;
	return end * MSEC_PER_SEC <= d->start ? DUE_OVER : DUE_COVERED;
}

static struct due_step
why_nothing(const struct due *d, int64_t date)
{
	const struct exception *e = calendar_exception(d->calendar, date);
	int day = (int)((date + 3) % 7); /* 1970-01-01 was a Thursday */
	size_t n = e != NULL ? e->nopen : d->calendar->nweek[day];
	const struct opening *o = e != NULL ? e->open : d->calendar->week[day];
	enum due_kind kind = e != NULL ? DUE_HOLIDAY : DUE_CLOSED;

	return (struct due_step){
		.kind = n > 0 ? why_hours(d, date, &o[n - 1]) : kind,
		.exception = e != NULL,
		.date = date,
		.days = 1,
	};
}

/* Days of the week that are closed are one step, however many in a row. */
static bool
add_nothing(struct due *d, int64_t first, int64_t past)
{
	struct due_step *last, step;

	for (int64_t date = first; date < past; date++) {
		step = why_nothing(d, date);
		last = d->nsteps > 0 ? &d->step[d->nsteps - 1] : NULL;
		if (step.kind == DUE_CLOSED && last != NULL && last->kind == DUE_CLOSED)
			last->days++;
		else if (!add_step(d, step))
			return false;
	}
	return true;
}

/* ---- the way ---- */

static bool
add_open(struct due *d, const struct calendar_span *s, msec_t left)
{
	return add_step(d, (struct due_step){
	                       .kind = DUE_OPEN,
	                       .exception = calendar_exception(d->calendar, s->date) != NULL,
	                       .date = s->date,
	                       .days = 1,
	                       .hours = *s->opening,
	                       .from = s->begin,
	                       .to = left < s->end - s->begin ? s->begin + left : s->end,
	                   });
}

/* Where calendar_due() looks no further. */
static msec_t
horizon(const struct due *d, msec_t from)
{
	msec_t near = from + NEXT_OPEN_DAYS * DAY_MS, far = d->start + DUE_DAYS * DAY_MS;

	return near < far ? near : far;
}

static bool
walk_to_due(struct due *d)
{
	int64_t date = due_date(d->zone, d->start);
	msec_t left = d->length, due = d->start;
	struct calendar_walk w;
	struct calendar_span s;

	calendar_walk_begin(&w, d->calendar, d->zones, d->start);
	for (; left > 0 && calendar_walk_next(&w, horizon(d, w.from), &s);
	     left -= s.end - s.begin) {
		if (!add_nothing(d, date, s.date) || !add_open(d, &s, left))
			return false;
		due = d->step[d->nsteps - 1].to;
		date = s.date + 1;
	}
	assert(d->due == (left > 0 ? MSEC_NEVER : due));
	return true;
}

bool
due_find(struct due *d)
{
	if (d->calendar == NULL) {
		d->due = d->start + d->length;
		return true;
	}
	d->due = calendar_due(d->calendar, d->zones, d->start, d->length);
	return walk_to_due(d);
}
