/* SPDX-License-Identifier: MIT */
/*
 * calendar.h: opening hours, as plain data and pure functions of an instant.
 */
#ifndef CCMON_CALENDAR_H
#define CCMON_CALENDAR_H

#include "base.h"
#include "zone.h"

#define DAY_MINUTES	1440
#define NEXT_OPEN_DAYS	400	/* days looked ahead for the next change */
#define DUE_DAYS	3660	/* days: what is due later is never */

struct opening {		/* minutes of local time, from < to */
	uint16_t	from, to;	/* to may pass midnight: up to 2 * DAY_MINUTES */
};

struct exception {		/* a date with hours of its own, or closed */
	int32_t		date;		/* days since 1970-01-01 */
	struct opening	*open;		/* none: a holiday */
	size_t		nopen;
};

struct calendar {
	char		*name;
	uint16_t	 zone;		/* index into site.zones */
	struct opening	*week[7];	/* by weekday, 0 = Monday; sorted, apart */
	size_t		 nweek[7];
	struct exception *exception;	/* by date */
	size_t		 nexceptions;
};

struct calendars {
	struct calendar	*calendar;
	size_t		 n;
	const struct zone *zones;	/* borrowed: site.zones */
};

/* "mon-fri 08:00-18:00", "sat 09:00-13:00", "daily 22:00-06:00", "sun 00:00-24:00":
 * adds to the week.  -1 and why. */
int	calendar_add_open(struct calendar *, const char *text, char *why, size_t why_len) CCMON_CHECK;
/* "2026-12-25" is closed; "2026-12-24 08:00-13:00" has these hours; may be
 * given several times for one date. */
int	calendar_add_exception(struct calendar *, const char *text, char *why, size_t why_len) CCMON_CHECK;
void	calendar_fini(struct calendar *);
void	calendars_fini(struct calendars *);	/* the zones stay */

const struct calendar *calendars_find(const struct calendars *, const char *name);	/* or NULL */

/* The date's own hours (days since 1970-01-01), or NULL: those of its weekday. */
const struct exception *calendar_exception(const struct calendar *, int64_t date);

/* Open time within the hours of one date. */
struct calendar_span {
	msec_t		begin, end;	/* begin < end */
	int64_t		date;		/* they belong to; days since 1970-01-01 */
	const struct opening *opening;	/* they are; borrowed */
};

struct calendar_walk {		/* plain data: a copy walks on by itself */
	const struct calendar *calendar;
	const struct zone *zone;
	msec_t		from;		/* what is open before was told */
	int64_t		date;		/* the opening to look at next */
	size_t		i;
};

/* Walks over all open time from an instant on: spans in their order, which
 * may touch and never overlap. */
void	calendar_walk_begin(struct calendar_walk *, const struct calendar *, const struct zone *zones,
	    msec_t from);
/* The next that begins at `until` or before; false: none does, and one that
 * begins later can still be asked for. */
bool	calendar_walk_next(struct calendar_walk *, msec_t until, struct calendar_span *);

/* Is it open at that instant (epoch ms)? */
bool	calendar_is_open(const struct calendar *, const struct zone *zones, msec_t at);
/* The next instant after `at` at which that changes; MSEC_NEVER: not within
 * NEXT_OPEN_DAYS. */
msec_t	calendar_next_change(const struct calendar *, const struct zone *zones, msec_t at);

/* Opening time in [from, to), ms; 0 when to <= from. */
int64_t	calendar_elapsed(const struct calendar *, const struct zone *zones, msec_t from, msec_t to);
/* The first instant at which calendar_elapsed(start, it) is length (ms, >= 0):
 * at the end of a day, that day's closing and not the next opening.  start for
 * a length of 0; MSEC_NEVER where it does not open for NEXT_OPEN_DAYS before,
 * or that would be more than DUE_DAYS later. */
msec_t	calendar_due(const struct calendar *, const struct zone *zones, msec_t start, int64_t length);

#endif
