/* SPDX-License-Identifier: MIT */
/*
 * iso.c: reads an instant of ISO 8601, in the shapes that web systems write.
 *
 * The C library would need a time zone, or a locale, or both; here a date is
 * counted into days by arithmetic.  A fraction of a second is cut to
 * milliseconds.  Second 60 is the first of the next minute.
 */
#include "iso.h"

struct cursor {
	const char *p, *end;
	bool failed;
};

static char
peek(const struct cursor *c)
{
	return c->p < c->end ? *c->p : '\0';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Exactly so many digits, whose value is from low to high. */
static int
number(struct cursor *c, int digits, int low, int high)
{
	int n = 0;

	for (; digits > 0; digits--, c->p++) {
		if (!is_digit(peek(c))) {
			c->failed = true;
			return low;
		}
		n = n * 10 + (*c->p - '0');
	}
	c->failed |= n < low || n > high;
	return n;
}

static bool
takes(struct cursor *c, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(c->end - c->p) < len || memcmp(c->p, word, len) != 0)
		return false;
	c->p += len;
	return true;
}

static void
expect(struct cursor *c, const char *word)
{
	c->failed |= !takes(c, word);
}

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970-01-01. */
static int64_t
date(struct cursor *c)
{
	static const int16_t before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334,
		365 };
	int year, month, day, last;

	year = number(c, 4, 1970, 9999);
	expect(c, "-");
	month = number(c, 2, 1, 12);
	expect(c, "-");
	day = number(c, 2, 1, 31);
	if (c->failed)
		return 0;
	last = before[month] - before[month - 1] + (month == 2 && is_leap(year));
	c->failed |= day > last;
	return INT64_C(365) * (year - 1970) + (year - 1969) / 4 - (year - 1901) / 100 +
	       (year - 1601) / 400 + before[month - 1] + (month > 2 && is_leap(year)) + day - 1;
}

/* Seconds since midnight. */
static int64_t
clock_time(struct cursor *c)
{
	int hour, minute;

	hour = number(c, 2, 0, 23);
	expect(c, ":");
	minute = number(c, 2, 0, 59);
	expect(c, ":");
	return (hour * 60 + minute) * 60 + number(c, 2, 0, 60);
}

static int
milliseconds(struct cursor *c)
{
	int ms = 0, unit = 100;

	if (!takes(c, ".") && !takes(c, ","))
		return 0;
	c->failed |= !is_digit(peek(c));
	for (; is_digit(peek(c)); c->p++, unit /= 10)
		ms += (*c->p - '0') * unit;
	return ms;
}

/* Seconds east of Greenwich. */
static int64_t
offset(struct cursor *c)
{
	int sign, hour, minute;

	takes(c, " ");
	if (takes(c, "Z") || takes(c, "z") || takes(c, "UTC") || takes(c, "GMT"))
		return 0;
	sign = peek(c) == '-' ? -1 : 1;
	if (!takes(c, "-"))
		expect(c, "+");
	hour = number(c, 2, 0, 23);
	takes(c, ":");
	minute = number(c, 2, 0, 59);
	return sign * (hour * 60 + minute) * 60;
}

msec_t
iso_time(struct str text)
{
	struct cursor c = { text.p, text.p + text.n, text.p == NULL };
	int64_t seconds;
	int ms;

	if (c.failed)
		return -1;
	seconds = date(&c) * 86400;
	if (!takes(&c, "T") && !takes(&c, "t"))
		expect(&c, " ");
	seconds += clock_time(&c);
	ms = milliseconds(&c);
	seconds -= offset(&c);
	return c.failed || c.p != c.end || seconds < 0 ? -1 : seconds * MSEC_PER_SEC + ms;
}
