/* SPDX-License-Identifier: MIT */
/*
 * day.c: where a day begins, in a zone whose clocks are put forward and back.
 *
 * A day begins when the wall clock shows day_start.  Between two changes of
 * the offset the wall clock runs evenly, so each stretch of the zone's table
 * shows day_start once for each whole day of wall time, at an instant found
 * by division.  What is left are the edges: a day_start that was skipped
 * begins its day at the change, and one that comes twice does so only the
 * first time, which is the earliest instant found for that date.
 */
#include <ccmon/zone.h>

#include <assert.h>

#define DAY INT64_C(86400) /* s of wall clock */

/* The stretch t lies in: the last i with at[i] <= t. */
static size_t
stretch_of(const struct zone *z, int64_t t)
{
	size_t low = 0, high = z->n;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (z->at[mid] <= t)
			low = mid;
		else
			high = mid;
	}
	return low;
}

int32_t
zone_offset(const struct zone *z, int64_t t)
{
	return z->offset[stretch_of(z, t)];
}

static int64_t
floor_div(int64_t n, int64_t d)
{
	return n / d - (n % d < 0);
}

/* Offsets stay within a day of UTC, so the search begins in the stretch a day
 * before. */
int64_t
wall_first(const struct zone *z, int64_t wall)
{
	size_t i = stretch_of(z, wall - DAY);

	for (; i + 1 < z->n; i++)
		if (wall - z->offset[i] < z->at[i + 1])
			break;
	/* Before its stretch: the change leapt over it. */
	return wall - z->offset[i] > z->at[i] ? wall - z->offset[i] : z->at[i];
}

/* The same from the other end. */
int64_t
wall_last(const struct zone *z, int64_t wall)
{
	size_t i = stretch_of(z, wall + DAY);

	for (; i > 0; i--)
		if (wall - z->offset[i] >= z->at[i])
			break;
	/* Behind its stretch: the change leapt over it. */
	return i + 1 < z->n && wall - z->offset[i] > z->at[i + 1] ? z->at[i + 1]
	                                                          : wall - z->offset[i];
}

/* The number of the wall clock's day, counted from day_start, at t. */
static int64_t
day_number(const struct zone *z, int64_t t, int32_t day_start)
{
	return floor_div(t + zone_offset(z, t) - day_start, DAY);
}

/* A clock put back over day_start shows the old date again for a while, so
 * the day that has begun can be one later than the wall clock says. */
int64_t
day_begin(const struct zone *z, int64_t t, int32_t day_start)
{
	int64_t day = day_number(z, t, day_start) + 1, begin;

	assert(day_start >= 0 && day_start < DAY);
	while ((begin = wall_first(z, day * DAY + day_start)) > t)
		day--;
	return begin;
}

int64_t
day_end(const struct zone *z, int64_t t, int32_t day_start)
{
	int64_t day = day_number(z, t, day_start), end;

	assert(day_start >= 0 && day_start < DAY);
	while ((end = wall_first(z, day * DAY + day_start)) <= t)
		day++;
	return end;
}
