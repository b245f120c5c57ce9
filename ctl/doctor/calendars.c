/* SPDX-License-Identifier: MIT */
/*
 * calendars.c: opening hours as ccmon understood them, for somebody
 * who knows when it is open to look at; and promises that cannot be broken,
 * because the hours never use them up.
 */
#include "doctor.h"
#include "ctl/due.h"

#include <ccmon/clock.h>

#define DAY_MS (INT64_C(86400) * MSEC_PER_SEC)
#define MINUTE_MS (60 * MSEC_PER_SEC)
#define WEEK 7 /* days */
#define DATES_MAX 4 /* dates to come that are named */
#define TEXT_MAX 256 /* bytes with NUL */

static bool
ever_opens(const struct calendar *c, const struct zone *zones, msec_t now)
{
	return calendar_due(c, zones, now, 1) != MSEC_NEVER;
}

/* ---- calendars */

/* "open until Mon 2026-11-23 16:00 +01:00" */
static void
state_text(char *buf, size_t len, const struct calendar *c, const struct zone *zones, msec_t now)
{
	msec_t change = calendar_next_change(c, zones, now);
	char when[DUE_TIME_MAX];

	if (change == MSEC_NEVER) {
		snprintf(buf, len, "always open");
		return;
	}
	due_time_text(when, &zones[c->zone], change);
	snprintf(
	    buf, len, "%s until %s", calendar_is_open(c, zones, now) ? "open" : "closed", when);
}

/* The exceptions to come: "; 2026-12-24 has its own hours, 2026-12-25 is closed" */
static void
dates_text(char *buf, size_t len, const struct calendar *c, int64_t today)
{
	const struct exception *e = c->exception, *end = e + c->nexceptions;
	char date[DUE_TIME_MAX];
	size_t n = 0;

	buf[0] = '\0';
	while (e < end && e->date < today)
		e++;
	for (int i = 0; e < end && i < DATES_MAX && n < len; i++, e++) {
		due_date_text(date, e->date);
		n += (size_t)snprintf(buf + n, len - n, "%s %s %s", i == 0 ? ";" : ",", date,
		    e->nopen > 0 ? "has its own hours" : "is closed");
	}
	if (e < end && n < len)
		snprintf(buf + n, len - n, " and %td more", end - e);
}

static void
say_calendar(struct doctor *d, const struct calendar *c, msec_t now)
{
	const struct zone *zones = d->c->settings->site.zones;
	msec_t week = calendar_elapsed(c, zones, now, now + WEEK * DAY_MS);
	char state[TEXT_MAX], dates[TEXT_MAX], length[DUE_TIME_MAX];

	if (!ever_opens(c, zones, now)) {
		doctor_say(d, FINDING_WARN, "calendar",
		    "%s does not open within %d days: rules sleep by it, and no clock is ever "
		    "late by it",
		    c->name, NEXT_OPEN_DAYS);
		return;
	}
	state_text(state, sizeof(state), c, zones, now);
	dates_text(dates, sizeof(dates), c, due_date(&zones[c->zone], now));
	due_length_text(length, week - week % MINUTE_MS);
	doctor_say(d, FINDING_OK, "calendar", "%s: %s; %s in the next %d days%s", c->name, state,
	    length, WEEK, dates);
}

/* A list of holidays ends, and nobody notices until the next one. */
static void
look_for_old_dates(struct doctor *d, const struct calendar *c, msec_t now)
{
	const struct zone *z = &d->c->settings->site.zones[c->zone];
	char date[DUE_TIME_MAX];

	if (c->nexceptions == 0 || c->exception[c->nexceptions - 1].date >= due_date(z, now))
		return;
	due_date_text(date, c->exception[c->nexceptions - 1].date);
	doctor_say(d, FINDING_HINT, "calendar",
	    "%s: the last of its holidays and exceptions was %s: add those to come", c->name, date);
}

void
doctor_calendars(struct doctor *d)
{
	const struct calendars *all = &d->c->settings->site.calendars;
	msec_t now = clock_wall();

	for (size_t i = 0; i < all->n; i++) {
		say_calendar(d, &all->calendar[i], now);
		look_for_old_dates(d, &all->calendar[i], now);
	}
}

/* ---- promises */

static void
look_at_promise(struct doctor *d, const struct queue_def *q, const struct calendar *c,
    const struct due_promise *p)
{
	const struct zone *zones = d->c->settings->site.zones;
	msec_t length = due_promised(q, p), now = clock_wall();
	msec_t due = calendar_due(c, zones, now, length);
	char promised[DUE_TIME_MAX], when[DUE_TIME_MAX];

	if (due != MSEC_NEVER && due - now <= NEXT_OPEN_DAYS * DAY_MS)
		return;
	due_length_text(promised, length);
	if (due == MSEC_NEVER)
		snprintf(when, sizeof(when), "never due");
	else
		due_time_text(when, &zones[c->zone], due);
	doctor_say(d, FINDING_WARN, "promise",
	    "%s promises %s within %s, which from now is %s%s: calendar %s opens too seldom",
	    q->name, p->name, promised, due == MSEC_NEVER ? "" : "due ", when, c->name);
}

void
doctor_promises(struct doctor *d)
{
	const struct site *site = &d->c->settings->site;
	const struct calendar *c;

	for (const struct queue_def *q = site->queues; q < site->queues + site->nqueues; q++) {
		c = q->calendar != NULL ? calendars_find(&site->calendars, q->calendar) : NULL;
		if (c == NULL || !ever_opens(c, site->zones, clock_wall()))
			continue; /* which is said once, of the calendar */
		for (const struct due_promise *p = due_promises; p < due_promises + DUE_PROMISES;
		     p++)
			if (due_promised(q, p) > 0)
				look_at_promise(d, q, c, p);
	}
}
