/* SPDX-License-Identifier: MIT */
/*
 * date.c: a date as mails carry it, RFC 5322 section 3.3 and 4.3: the name of
 * the day may be missing, so may the seconds and the zone, years may have two
 * or three digits, zones may be letters.  A military letter, and a zone that
 * nobody knows, is UTC, as the RFC wants it.
 */
#include "date.h"

#include "header.h"

struct zone_row {
	struct str name;
	int hours; /* east of UTC */
};

static const struct zone_row zones[] = {
	{ { "EST", 3 }, -5 },
	{ { "EDT", 3 }, -4 },
	{ { "CST", 3 }, -6 },
	{ { "CDT", 3 }, -5 },
	{ { "MST", 3 }, -7 },
	{ { "MDT", 3 }, -6 },
	{ { "PST", 3 }, -8 },
	{ { "PDT", 3 }, -7 },
};

static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

static struct str
after(struct str s, uint32_t n)
{
	return (struct str){ s.p + n, s.n - n };
}

static bool
is_digit(struct str s, uint32_t i)
{
	return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

/* A number of low..high digits, at most 9; -1: it is none. */
static int
number(struct str *s, uint32_t low, uint32_t high)
{
	uint32_t n = 0;
	int value = 0;

	while (n < high && is_digit(*s, n))
		value = value * 10 + s->p[n++] - '0';
	if (n < low || is_digit(*s, n))
		return -1;
	*s = header_skip(after(*s, n));
	return value;
}

static bool
passed(struct str *s, char c)
{
	if (s->n == 0 || *s->p != c)
		return false;
	*s = header_skip(after(*s, 1));
	return true;
}

/* 0..11, or -1. */
static int
month(struct str *s)
{
	for (int i = 0; i < 12; i++)
		if (header_begins(*s, (struct str){ months + 3 * i, 3 })) {
			*s = header_skip(after(*s, 3));
			return i;
		}
	return -1;
}

static int
year(struct str *s)
{
	bool four = is_digit(*s, 2) && is_digit(*s, 3);
	int y = number(s, 2, 4);

	if (four || y < 0)
		return y;
	return y < 50 ? y + 2000 : y + 1900;
}

/* Minutes east of UTC. */
static int
zone(struct str s)
{
	bool west = s.n > 0 && *s.p == '-';
	int hhmm;

	if (s.n > 0 && (west || *s.p == '+')) {
		s = after(s, 1);
		hhmm = number(&s, 4, 4);
		hhmm = hhmm < 0 || hhmm % 100 > 59 ? 0 : hhmm / 100 * 60 + hhmm % 100;
		return west ? -hhmm : hhmm;
	}
	for (size_t i = 0; i < COUNTOF(zones); i++)
		if (header_begins(s, zones[i].name))
			return zones[i].hours * 60;
	return 0;
}

static bool
is_leap(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int
days_of(int y, int m)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[m] + (m == 1 && is_leap(y));
}

/* Days since 1970-01-01; y from 1900. */
static int
day_number(int y, int m, int d)
{
	int days = 365 * (y - 1970) + (y - 1) / 4 - 1969 / 4 - ((y - 1) / 100 - 1969 / 100) +
	           ((y - 1) / 400 - 1969 / 400);

	while (m > 0)
		days += days_of(y, --m);
	return days + d - 1;
}

static int
calendar_day(struct str *s, int *day)
{
	int d = number(s, 1, 2), m = month(s), y = year(s);

	if (d < 1 || m < 0 || y < 1900 || d > days_of(y, m))
		return -1;
	*day = day_number(y, m, d);
	return 0;
}

/* Seconds of the day; a leap second is the one before it. */
static int
time_of_day(struct str *s)
{
	int h = number(s, 1, 2), m, sec = 0;

	if (h < 0 || h > 23 || !passed(s, ':') || (m = number(s, 1, 2)) < 0 || m > 59)
		return -1;
	if (passed(s, ':') && ((sec = number(s, 1, 2)) < 0 || sec > 60))
		return -1;
	return h * 3600 + m * 60 + (sec == 60 ? 59 : sec);
}

/* "Fri," before the day. */
static struct str
without_weekday(struct str s)
{
	uint32_t n = 0;

	s = header_skip(s);
	while (n < s.n && n < 10 && !is_digit(s, n))
		n++;
	return is_digit(s, n) ? after(s, n) : s;
}

int
date_parse(struct str s, msec_t *at)
{
	int day, seconds;

	s = without_weekday(s);
	if (calendar_day(&s, &day) == -1 || (seconds = time_of_day(&s)) == -1)
		return -1;
	*at = ((msec_t)day * 86400 + seconds - zone(s) * 60) * MSEC_PER_SEC;
	return 0;
}
