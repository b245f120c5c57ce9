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
 * that makes one of those that touch, answers every question.
 */
#include <ccmon/calendar.h>

#include <stdlib.h>

#define DAY INT64_C(86400) /* s */
#define MINUTE 60 /* s */
#define WEEK 7

/* An opening reaches into the day after its own, and a clock put back can
 * show the day before once more; so a moment is looked for in the openings
 * of its date, of two before and of one after. */
#define DAYS_BEFORE 2
#define DAYS_AFTER 1

struct span { /* epoch seconds, begin < end */
	int64_t begin, end;
};

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

static int
weekday(int64_t date)
{
	return (int)(((date + 3) % WEEK + WEEK) % WEEK); /* 1970-01-01 was a Thursday */
}

static const struct opening *
hours_of(const struct calendar *calendar, int64_t date, size_t *n)
{
	const struct exception *e = NULL;
	int day = weekday(date);

	if (calendar->nexceptions > 0)
		e = bsearch(
		    &date, calendar->exception, calendar->nexceptions, sizeof(*e), compare_dates);
	*n = e != NULL ? e->nopen : calendar->nweek[day];
	return e != NULL ? e->open : calendar->week[day];
}

static struct span
span_of(const struct zone *z, int64_t date, const struct opening *o)
{
	return (struct span){ wall_first(z, date * DAY + o->from * MINUTE),
		wall_last(z, date * DAY + o->to * MINUTE) };
}

/* ---- walking over them ---- */

struct walk {
	const struct calendar *calendar;
	const struct zone *zone;
	int64_t date, last; /* dates: this one, and the last to look at */
	size_t i; /* this opening of the date */
};

static struct walk
walk_from(const struct calendar *calendar, const struct zone *zones, int64_t t, int64_t days)
{
	const struct zone *z = &zones[calendar->zone];
	int64_t wall = t + zone_offset(z, t), date = wall / DAY - (wall % DAY < 0);

	return (struct walk){ calendar, z, date - DAYS_BEFORE, date + days, 0 };
}

/* The next opening that takes any time, in the order of begins. */
static bool
walk_opening(struct walk *w, struct span *s)
{
	const struct opening *o;
	size_t n;

	for (; w->date <= w->last; w->date++, w->i = 0) {
		o = hours_of(w->calendar, w->date, &n);
		while (w->i < n) {
			*s = span_of(w->zone, w->date, &o[w->i++]);
			if (s->begin < s->end)
				return true;
		}
	}
	return false;
}

/* The next time it is open that ends after t, up to where it really closes. */
static bool
walk_span(struct walk *w, int64_t t, struct span *s)
{
	struct walk ahead;
	struct span more;

	do
		if (!walk_opening(w, s))
			return false;
	while (s->end <= t);
	for (ahead = *w; walk_opening(&ahead, &more) && more.begin <= s->end; *w = ahead)
		if (more.end > s->end)
			s->end = more.end;
	return true;
}

/* ---- questions ---- */

static int64_t
second_of(msec_t at)
{
	return at / MSEC_PER_SEC - (at % MSEC_PER_SEC < 0);
}

bool
calendar_is_open(const struct calendar *calendar, const struct zone *zones, msec_t at)
{
	int64_t t = second_of(at);
	struct walk w = walk_from(calendar, zones, t, DAYS_AFTER);
	struct span s;

	while (walk_opening(&w, &s))
		if (s.begin <= t && t < s.end)
			return true;
	return false;
}

msec_t
calendar_next_change(const struct calendar *calendar, const struct zone *zones, msec_t at)
{
	int64_t t = second_of(at), change;
	struct walk w = walk_from(calendar, zones, t, NEXT_OPEN_DAYS + DAYS_AFTER);
	struct span s;

	if (!walk_span(&w, t, &s))
		return MSEC_NEVER;
	change = s.begin > t ? s.begin : s.end;
	return change - t > NEXT_OPEN_DAYS * DAY ? MSEC_NEVER : change * MSEC_PER_SEC;
}

/* ---- business time ---- */

static msec_t
latest(msec_t a, msec_t b)
{
	return a > b ? a : b;
}

int64_t
calendar_elapsed(const struct calendar *calendar, const struct zone *zones, msec_t from, msec_t to)
{
	int64_t days = to <= from ? 0 : (to - from) / MSEC_PER_SEC / DAY, open = 0;
	struct walk w = walk_from(calendar, zones, second_of(from), days + 1 + DAYS_AFTER);
	struct span s;
	msec_t end;

	while (walk_span(&w, second_of(from), &s) && s.begin * MSEC_PER_SEC < to) {
		end = s.end * MSEC_PER_SEC < to ? s.end * MSEC_PER_SEC : to;
		open += end - latest(s.begin * MSEC_PER_SEC, from);
	}
	return open;
}

msec_t
calendar_due(
    const struct calendar *calendar, const struct zone *zones, msec_t start, int64_t length)
{
	struct walk w = walk_from(calendar, zones, second_of(start), NEXT_OPEN_DAYS + DAYS_AFTER);
	msec_t begin;
	struct span s;

	if (length <= 0)
		return start;
	while (walk_span(&w, second_of(start), &s)) {
		begin = latest(s.begin * MSEC_PER_SEC, start);
		if (length <= s.end * MSEC_PER_SEC - begin)
			return begin + length;
		length -= s.end * MSEC_PER_SEC - begin;
		w.last = w.date + NEXT_OPEN_DAYS; /* it opens: look further */
	}
	return MSEC_NEVER;
}
