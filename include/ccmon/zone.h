/* SPDX-License-Identifier: MIT */
/*
 * zone.h: an IANA time zone as plain data, so that what must be pure can
 * still know when a day begins.
 *
 * A zone is a table of offsets: from at[i] (epoch seconds) on, local time is
 * UTC plus offset[i] seconds.  at[0] is INT64_MIN.  zone_load (impure, over
 * the cctz library and /usr/share/zoneinfo) fills it for the years 1970 to
 * 2100; the rest is arithmetic.
 */
#ifndef CCMON_ZONE_H
#define CCMON_ZONE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ZONE_NAME_MAX	64	/* bytes with NUL; the longest in tzdata is 32 */

struct zone {
	char		 name[ZONE_NAME_MAX];
	size_t		 n;
	int64_t		*at;		/* epoch seconds, ascending; owned */
	int32_t		*offset;	/* seconds east of UTC; owned */
};

/* Fills z from the system's time zone data; -1 when no zone has that name. */
int	zone_load(struct zone *z, const char *name) CCMON_CHECK;
void	zone_fini(struct zone *z);

/* Pure, in lib/day.c: */

/* Seconds east of UTC at t (epoch seconds). */
int32_t	zone_offset(const struct zone *z, int64_t t);

/*
 * The first and the last instant at which the wall clock shows a wall time
 * (seconds since 1970 by that clock).  One that is skipped counts as the
 * first instant after the gap.  They differ only where the clock is put back
 * and shows it twice.
 */
int64_t	wall_first(const struct zone *z, int64_t wall);
int64_t	wall_last(const struct zone *z, int64_t wall);

/*
 * The last instant (epoch seconds) at or before t at which the zone's wall
 * clock showed day_start (seconds after midnight), and the first one after
 * t.  A wall time that is skipped counts as the first instant after the gap;
 * one that comes twice counts at its first time.  So days have 23 to 25
 * hours and every instant is in exactly one.
 */
int64_t	day_begin(const struct zone *z, int64_t t, int32_t day_start);
int64_t	day_end(const struct zone *z, int64_t t, int32_t day_start);

#ifdef __cplusplus
}
#endif

#endif
