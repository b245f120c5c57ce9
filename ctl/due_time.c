/* SPDX-License-Identifier: MIT */
/*
 * due_time.c: instants as people write them, and as they like to read them.
 *
 * A time of day without a zone can be one instant, two or none: where the
 * clock is changed it says which one was taken, and never guesses in silence.
 */
#include "due.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include <ccmon/event.h>

#define MINUTE 60 /* s */
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* ---- reading ---- */

/* What stands there, as seconds of that clock. */
struct written {
	int64_t wall;
	int ms;
	bool has_zone;
	int east; /* s */
};

/* A number of exactly so many digits, from low to high. */
static bool
take_number(const char **p, int digits, int low, int high, int *n)
{
	*n = 0;
	for (int i = 0; i < digits; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*n = *n * 10 + **p - '0';
	}
	return *n >= low && *n <= high;
}

static bool
take_mark(const char **p, const char *marks)
{
	if (**p == '\0' || strchr(marks, **p) == NULL)
		return false;
	(*p)++;
	return true;
}

static bool
read_date(const char **p, struct written *w)
{
	struct tm tm = { 0 };
	int year, month, day;

	if (!take_number(p, 4, 1970, 2100, &year) || !take_mark(p, "-") ||
	    !take_number(p, 2, 1, 12, &month) || !take_mark(p, "-") ||
	    !take_number(p, 2, 1, 31, &day))
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	w->wall = timegm(&tm);
	return tm.tm_mday == day; /* else the month is shorter */
}

static void
read_fraction(const char **p, int *ms)
{
	int unit = 100;

	for (*ms = 0; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
		*ms += (**p - '0') * unit;
}

static bool
read_clock(const char **p, struct written *w)
{
	int hour, minute, second = 0;

	if (!take_number(p, 2, 0, 24, &hour) || !take_mark(p, ":") ||
	    !take_number(p, 2, 0, 59, &minute))
		return false;
	if (take_mark(p, ":")) {
		if (!take_number(p, 2, 0, 59, &second))
			return false;
		if (take_mark(p, ".,"))
			read_fraction(p, &w->ms);
	}
	w->wall += hour * HOUR + minute * MINUTE + second;
	return hour < 24 || (minute == 0 && second == 0 && w->ms == 0);
}

/* Z, +01:00, +0100 or +01; nothing is fine, too. */
static bool
read_zone(const char **p, struct written *w)
{
	int sign = **p == '-' ? -1 : 1, hour, minute = 0;

	if (**p == '\0')
		return true;
	w->has_zone = true;
	if (take_mark(p, "Zz"))
		return true;
	if (!take_mark(p, "+-") || !take_number(p, 2, 0, 23, &hour))
		return false;
	if (take_mark(p, ":") ? !take_number(p, 2, 0, 59, &minute)
	                      : **p != '\0' && !take_number(p, 2, 0, 59, &minute))
		return false;
	w->east = sign * (hour * HOUR + minute * MINUTE);
	return true;
}

static bool
read_iso(const char *p, struct written *w)
{
	if (!read_date(&p, w))
		return false;
	if (take_mark(&p, "Tt ") && !(read_clock(&p, w) && read_zone(&p, w)))
		return false;
	return *p == '\0';
}

/* The instant a wall time without a zone means, and a word on it. */
static int64_t
take_instant(const struct zone *z, int64_t wall, char note[DUE_NOTE_MAX])
{
	int64_t first = wall_first(z, wall), last = wall_last(z, wall);
	char taken[DUE_TIME_MAX], other[DUE_TIME_MAX];

	due_time_text(taken, z, first * MSEC_PER_SEC);
	due_time_text(other, z, last * MSEC_PER_SEC);
	if (first != last)
		snprintf(note, DUE_NOTE_MAX,
		    "that time comes twice in %s; taken is the first, "
		    "%s, and not %s",
		    z->name, taken, other);
	else if (first + zone_offset(z, first) != wall)
		snprintf(note, DUE_NOTE_MAX,
		    "the clock leaps over that time in %s; taken is the "
		    "first instant after it, %s",
		    z->name, taken);
	else
		snprintf(note, DUE_NOTE_MAX, "a time without a zone is in %s", z->name);
	return first;
}

static bool
read_epoch(const char *text, msec_t *at)
{
	char *end;

	if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
		return false;
	errno = 0;
	*at = strtoll(text, &end, 10);
	if (errno != 0)
		*at = MSEC_NEVER;
	return true;
}

bool
due_time_read(const char *text, const struct zone *z, msec_t *at, char note[DUE_NOTE_MAX])
{
	struct written w = { 0 };
	int64_t second;

	note[0] = '\0';
	if (!read_epoch(text, at)) {
		if (!read_iso(text, &w)) {
			snprintf(note, DUE_NOTE_MAX,
			    "no instant: write 2026-03-27T15:00+01:00, 2026-03-27T15:00, "
			    "2026-03-27, or milliseconds since 1970");
			return false;
		}
		second = w.has_zone ? w.wall - w.east : take_instant(z, w.wall, note);
		*at = second * MSEC_PER_SEC + w.ms;
	}
	if (*at >= TIME_LOW && *at <= TIME_HIGH)
		return true;
	snprintf(note, DUE_NOTE_MAX, "not in the years 1970 to 2099");
	return false;
}

/* ---- writing ---- */

void
due_date_text(char buf[DUE_TIME_MAX], int64_t date)
{
	time_t t = date * DAY;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(buf, DUE_TIME_MAX, "%a %F", &tm) == 0)
		snprintf(buf, DUE_TIME_MAX, "-");
}

void
due_clock_text(char buf[DUE_TIME_MAX], const struct zone *z, msec_t at)
{
	int64_t t = at / MSEC_PER_SEC, wall = (t + zone_offset(z, t)) % DAY;
	int second = (int)(wall % MINUTE), ms = (int)(at % MSEC_PER_SEC);
	int n =
	    snprintf(buf, DUE_TIME_MAX, "%02d:%02d", (int)(wall / HOUR), (int)(wall / MINUTE % 60));

	if (ms != 0)
		snprintf(buf + n, (size_t)(DUE_TIME_MAX - n), ":%02d.%03d", second, ms);
	else if (second != 0)
		snprintf(buf + n, (size_t)(DUE_TIME_MAX - n), ":%02d", second);
}

void
due_offset_text(char buf[DUE_TIME_MAX], int32_t east)
{
	int32_t s = abs(east);

	snprintf(buf, DUE_TIME_MAX, "%c%02d:%02d", east < 0 ? '-' : '+', s / HOUR, s / MINUTE % 60);
}

void
due_time_text(char buf[DUE_TIME_MAX], const struct zone *z, msec_t at)
{
	int32_t east = zone_offset(z, at / MSEC_PER_SEC);
	char date[DUE_TIME_MAX], clock[DUE_TIME_MAX], offset[DUE_TIME_MAX];

	due_date_text(date, (at / MSEC_PER_SEC + east) / DAY);
	due_clock_text(clock, z, at);
	due_offset_text(offset, east);
	snprintf(buf, DUE_TIME_MAX, "%.14s %.12s %.6s", date, clock, offset);
}

void
due_length_text(char buf[DUE_TIME_MAX], msec_t length)
{
	static const struct {
		const char *name;
		msec_t length;
	} units[] = { { "h", HOUR * MSEC_PER_SEC }, { "m", MINUTE * MSEC_PER_SEC },
		{ "s", MSEC_PER_SEC }, { "ms", 1 } };
	size_t n = 0;

	snprintf(buf, DUE_TIME_MAX, "0s");
	for (size_t i = 0; i < COUNTOF(units); length %= units[i++].length)
		if (length >= units[i].length)
			n += (size_t)snprintf(buf + n, DUE_TIME_MAX - n, "%" PRId64 "%s",
			    length / units[i].length, units[i].name);
}
