/* SPDX-License-Identifier: MIT */
/*
 * calendar.c: when it is open.
 *
 * Hours are written in local time and belong to the date they begin on, even
 * where they end on the next.  Each date's hours are turned into instants by
 * the zone: it opens when the wall clock shows the time of opening for the
 * first time, and closes when it shows the time of closing for the last.  So
 * what is skipped is lost, what comes twice is open twice, and hours that
 * touch at midnight touch on every night of the year.
 *
 * In the order of dates, openings begin in order too; so one walk over them,
 * that gives of each what those before did not, answers every question.
 * Nothing is remembered between two questions.
 */
#include <ccmon/calendar.h>

#include <stdlib.h>

#define DAY INT64_C(86400) /* s */
#define DAY_MS (DAY * MSEC_PER_SEC)
#define MINUTE 60 /* s */
#define WEEK 7

/* Hours end on the next date at the latest, and no zone is a day from UTC: those
 * of a date end less than three days after it began in UTC, and begin less
 * than one before. */
#define DAYS_BEFORE 2
#define DAYS_AFTER 1

/* ---- what is held ---- */

void
calendar_fini(struct calendar *calendar)
{
	free(calendar->name);
	for (int day = 0; day < WEEK; day++)
		free(calendar->week[day]);
	for (size_t i = 0; i < calendar->nexceptions; i++)
		free(calendar->exception[i].open);
	free(calendar->exception);
	*calendar = (struct calendar){ 0 };
}

void
calendars_fini(struct calendars *calendars)
{
	for (size_t i = 0; i < calendars->n; i++)
		calendar_fini(&calendars->calendar[i]);
	free(calendars->calendar);
	*calendars = (struct calendars){ 0 };
}

const struct calendar *
calendars_find(const struct calendars *calendars, const char *name)
{
	for (size_t i = 0; i < calendars->n; i++)
		if (strcmp(calendars->calendar[i].name, name) == 0)
			return &calendars->calendar[i];
	return NULL;
}

/* ---- the hours of a date ---- */

static int
compare_dates(const void *a, const void *b)
{
	int64_t date = *(const int64_t *)a, other = ((const struct exception *)b)->date;

	return (date > other) - (date < other);
}

const struct exception *
calendar_exception(const struct calendar *calendar, int64_t date)
{
	if (calendar->nexceptions == 0)
		return NULL;
	return bsearch(&date, calendar->exception, calendar->nexceptions,
	    sizeof(*calendar->exception), compare_dates);
}

static int
weekday(int64_t date)
{
	return (int)(((date + 3) % WEEK + WEEK) % WEEK); /* 1970-01-01 was a Thursday */
}

static const struct opening *
hours_of(const struct calendar *calendar, int64_t date, size_t *n)
{
	const struct exception *e = calendar_exception(calendar, date);
	int day = weekday(date);

	*n = e != NULL ? e->nopen : calendar->nweek[day];
	return e != NULL ? e->open : calendar->week[day];
}

/* ---- walking over open time ---- */

/* The date it is in UTC, which is all a walk needs to begin. */
static int64_t
date_of(msec_t at)
{
	return at / DAY_MS - (at % DAY_MS < 0);
}

void
calendar_walk_begin(
    struct calendar_walk *w, const struct calendar *calendar, const struct zone *zones, msec_t from)
{
	*w = (struct calendar_walk){ .calendar = calendar,
		.zone = &zones[calendar->zone],
		.from = from,
		.date = date_of(from) - DAYS_BEFORE };
}

/* What of an opening is not over yet; false: nothing. */
static bool
cut(const struct calendar_walk *w, const struct opening *o, struct calendar_span *s)
{
	int64_t midnight = w->date * DAY;
	msec_t begin;

	s->end = wall_last(w->zone, midnight + o->to * MINUTE) * MSEC_PER_SEC;
	if (s->end <= w->from)
		return false;
	begin = wall_first(w->zone, midnight + o->from * MINUTE) * MSEC_PER_SEC;
	s->begin = begin > w->from ? begin : w->from;
	s->date = w->date;
	s->opening = o;
	return s->begin < s->end;
}

bool
calendar_walk_next(struct calendar_walk *w, msec_t until, struct calendar_span *s)
{
	int64_t last = date_of(until) + DAYS_AFTER;
	const struct opening *o;
	size_t n;

	for (; w->date <= last; w->date++, w->i = 0)
		for (o = hours_of(w->calendar, w->date, &n); w->i < n; w->i++) {
			if (!cut(w, &o[w->i], s))
				continue;
			if (s->begin > until)
				return false;
			w->from = s->end;
			w->i++;
			return true;
		}
	return false;
}

/* ---- questions ---- */

static msec_t
earlier(msec_t a, msec_t b)
{
	return a < b ? a : b;
}

/* So many days on, as far as there are instants. */
static msec_t
days_after(msec_t at, int64_t days)
{
	return earlier(at, MSEC_NEVER - days * DAY_MS) + days * DAY_MS;
}

bool
calendar_is_open(const struct calendar *calendar, const struct zone *zones, msec_t at)
{
	struct calendar_walk w;
	struct calendar_span s;

	calendar_walk_begin(&w, calendar, zones, at);
	return calendar_walk_next(&w, at, &s);
}

msec_t
calendar_next_change(const struct calendar *calendar, const struct zone *zones, msec_t at)
{
	const msec_t limit = days_after(at, NEXT_OPEN_DAYS);
	struct calendar_walk w;
	struct calendar_span s;

	calendar_walk_begin(&w, calendar, zones, at);
	if (!calendar_walk_next(&w, limit, &s))
		return MSEC_NEVER;
	if (s.begin > at)
		return s.begin;
	while (w.from <= limit && calendar_walk_next(&w, w.from, &s))
		; /* it closes and opens at once */
	return w.from <= limit ? w.from : MSEC_NEVER;
}

int64_t
calendar_elapsed(const struct calendar *calendar, const struct zone *zones, msec_t from, msec_t to)
{
	struct calendar_walk w;
	struct calendar_span s;
	int64_t open = 0;

	calendar_walk_begin(&w, calendar, zones, from);
	while (w.from < to && calendar_walk_next(&w, to, &s))
		open += earlier(s.end, to) - s.begin;
	return open;
}

msec_t
calendar_due(
    const struct calendar *calendar, const struct zone *zones, msec_t start, int64_t length)
{
	const msec_t last = days_after(start, DUE_DAYS);
	struct calendar_walk w;
	struct calendar_span s;

	if (length <= 0)
		return start;
	calendar_walk_begin(&w, calendar, zones, start);
	do {
		if (!calendar_walk_next(&w, earlier(days_after(w.from, NEXT_OPEN_DAYS), last), &s))
			return MSEC_NEVER;
		length -= s.end - s.begin;
	} while (length > 0);
	return s.end + length; /* less what of its last span was not needed */
}
