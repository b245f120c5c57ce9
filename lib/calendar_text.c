/* SPDX-License-Identifier: MIT */
/*
 * calendar_text.c: opening hours as somebody wrote them.
 *
 *	week day: "mon-fri 08:00-18:00"   a date: "2026-12-24 08:00-13:00"
 *
 * A day has its hours in order and apart from each other: what overlaps or
 * touches is made one when it is added, so that whoever reads them need not
 * think of it.  Hours that end before they begin end on the next day.  Hours
 * that end when they begin are refused: nobody can know whether a whole day
 * was meant or nothing.
 */
#include <ccmon/calendar.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define WEEK 7

/* What is wrong with a text, for whoever wrote it. */
struct complaint {
	char *why;
	size_t len;
};

static int CCMON_PRINTF(2, 3) refuse(const struct complaint *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->why, c->len, format, args);
	va_end(args);
	return -1;
}

/* ---- words ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word of the text, which goes on after it; empty: there is none. */
static struct str
next_word(const char **text)
{
	const char *p = *text, *begin;

	while (is_blank(*p))
		p++;
	begin = p;
	while (*p != '\0' && !is_blank(*p))
		p++;
	*text = p;
	return (struct str){ begin, (uint32_t)(p - begin) };
}

/* Splits a-b; false: there is no mark in it. */
static bool
split(struct str word, char mark, struct str *a, struct str *b)
{
	const char *p = word.n > 0 ? memchr(word.p, mark, word.n) : NULL;

	if (p == NULL)
		return false;
	*a = (struct str){ word.p, (uint32_t)(p - word.p) };
	*b = (struct str){ p + 1, word.n - a->n - 1 };
	return true;
}

/* A whole number of least..most digits; -1: it is none. */
static int
digits(struct str s, uint32_t least, uint32_t most)
{
	int n = 0;

	if (s.n < least || s.n > most)
		return -1;
	for (uint32_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		n = n * 10 + s.p[i] - '0';
	}
	return n;
}

/* ---- hours ---- */

static int
read_time(struct str word, uint16_t *minutes, const struct complaint *c)
{
	struct str hour, minute;
	int h, m;

	if (!split(word, ':', &hour, &minute))
		return refuse(c, "\"%.*s\" is no time of day: write 08:00", STR_ARG(word));
	h = digits(hour, 1, 2);
	m = digits(minute, 2, 2);
	if (h < 0 || m < 0 || m > 59 || h * 60 + m > DAY_MINUTES)
		return refuse(c, "\"%.*s\" is no time of day", STR_ARG(word));
	*minutes = (uint16_t)(h * 60 + m);
	return 0;
}

static int
read_hours(struct str word, struct opening *o, const struct complaint *c)
{
	struct str from, to;

	if (word.n == 0)
		return refuse(c, "the hours are missing: write 08:00-18:00");
	if (!split(word, '-', &from, &to))
		return refuse(c, "\"%.*s\" are no hours: write 08:00-18:00", STR_ARG(word));
	if (read_time(from, &o->from, c) != 0 || read_time(to, &o->to, c) != 0)
		return -1;
	if (o->from == DAY_MINUTES)
		return refuse(c, "\"%.*s\": a day begins at 00:00", STR_ARG(word));
	if (o->from == o->to)
		return refuse(
		    c, "\"%.*s\" ends when it begins; a whole day is 00:00-24:00", STR_ARG(word));
	if (o->to < o->from)
		o->to += DAY_MINUTES;
	return 0;
}

static int
read_end(const char *text, const struct complaint *c)
{
	struct str word = next_word(&text);

	if (word.n > 0)
		return refuse(
		    c, "\"%.*s\" is too much: one line for each range of hours", STR_ARG(word));
	return 0;
}

/* Puts new hours among those of a day, and makes one of all they touch. */
static int
add_hours(struct opening **day, size_t *n, struct opening new, const struct complaint *c)
{
	struct opening *o = realloc(*day, (*n + 1) * sizeof(*o));
	size_t first = 0, last;

	if (o == NULL)
		return refuse(c, "no memory");
	*day = o;
	while (first < *n && o[first].to < new.from)
		first++;
	for (last = first; last < *n && o[last].from <= new.to; last++) {
		new.from = o[last].from < new.from ? o[last].from : new.from;
		new.to = o[last].to > new.to ? o[last].to : new.to;
	}
	memmove(o + first + 1, o + last, (*n - last) * sizeof(*o));
	o[first] = new;
	*n = *n - (last - first) + 1;
	return 0;
}

/* ---- the week ---- */

static int
find_weekday(struct str word)
{
	static const char names[WEEK][4] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

	for (int day = 0; word.n == 3 && day < WEEK; day++)
		if ((word.p[0] | 0x20) == names[day][0] && (word.p[1] | 0x20) == names[day][1] &&
		    (word.p[2] | 0x20) == names[day][2])
			return day;
	return -1;
}

static int
read_weekday(struct str word, int *day, const struct complaint *c)
{
	*day = find_weekday(word);
	if (*day < 0)
		return refuse(c,
		    "\"%.*s\" is no day of the week: mon, tue, wed, thu, fri, sat, "
		    "sun or daily",
		    STR_ARG(word));
	return 0;
}

/* "mon-fri": the first and how many. */
static int
read_weekdays(struct str word, int *first, int *n, const struct complaint *c)
{
	struct str a = word, b = word;
	int last;

	if (str_is(word, "daily")) {
		*first = 0;
		*n = WEEK;
		return 0;
	}
	if (word.n == 0)
		return refuse(c, "the days are missing: write mon-fri 08:00-18:00");
	split(word, '-', &a, &b);
	if (read_weekday(a, first, c) != 0 || read_weekday(b, &last, c) != 0)
		return -1;
	*n = (last - *first + WEEK) % WEEK + 1;
	return 0;
}

int
calendar_add_open(struct calendar *calendar, const char *text, char *why, size_t why_len)
{
	const struct complaint c = { why, why_len };
	struct opening o;
	int first = 0, n = 0;

	if (read_weekdays(next_word(&text), &first, &n, &c) != 0 ||
	    read_hours(next_word(&text), &o, &c) != 0 || read_end(text, &c) != 0)
		return -1;
	for (int day = first; day < first + n; day++)
		if (add_hours(&calendar->week[day % WEEK], &calendar->nweek[day % WEEK], o, &c) !=
		    0)
			return -1;
	return 0;
}

/* ---- dates ---- */

/* Days since 1970-01-01 of the first of a month; months count from March, so
 * that the leap day is the last of its year. */
static int32_t
month_begin(int year, int month)
{
	int m = (month + 9) % 12, y = year - (month < 3);

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 - 719468;
}

static int32_t
month_end(int year, int month)
{
	return month < 12 ? month_begin(year, month + 1) : month_begin(year + 1, 1);
}

static int
read_date(struct str word, int32_t *date, const struct complaint *c)
{
	struct str year, month, day, rest;
	int y, m, d;

	if (word.n == 0)
		return refuse(c, "the date is missing: write 2026-12-25");
	if (!split(word, '-', &year, &rest) || !split(rest, '-', &month, &day) ||
	    (y = digits(year, 4, 4)) < 0 || (m = digits(month, 2, 2)) < 0 ||
	    (d = digits(day, 2, 2)) < 0)
		return refuse(c, "\"%.*s\" is no date: write 2026-12-25", STR_ARG(word));
	if (y < 1970 || m < 1 || m > 12 || d < 1 || d > month_end(y, m) - month_begin(y, m))
		return refuse(c, "there is no day %.*s", STR_ARG(word));
	*date = month_begin(y, m) + d - 1;
	return 0;
}

/* That of the date, where it is or belongs. */
static size_t
exception_place(const struct calendar *calendar, int32_t date)
{
	size_t i = 0;

	while (i < calendar->nexceptions && calendar->exception[i].date < date)
		i++;
	return i;
}

static struct exception *
add_exception(struct calendar *calendar, size_t i, int32_t date)
{
	size_t n = calendar->nexceptions;
	struct exception *e = realloc(calendar->exception, (n + 1) * sizeof(*e));

	if (e == NULL)
		return NULL;
	memmove(e + i + 1, e + i, (n - i) * sizeof(*e));
	e[i] = (struct exception){ .date = date };
	calendar->exception = e;
	calendar->nexceptions++;
	return &e[i];
}

int
calendar_add_exception(struct calendar *calendar, const char *text, char *why, size_t why_len)
{
	const struct complaint c = { why, why_len };
	struct str day = next_word(&text), hours = next_word(&text);
	struct exception *e;
	struct opening o = { 0 };
	int32_t date = 0;
	size_t i;
	bool known;

	if (read_date(day, &date, &c) != 0 || (hours.n > 0 && read_hours(hours, &o, &c) != 0) ||
	    read_end(text, &c) != 0)
		return -1;
	i = exception_place(calendar, date);
	known = i < calendar->nexceptions && calendar->exception[i].date == date;
	if (known && (calendar->exception[i].nopen > 0) != (hours.n > 0))
		return refuse(&c, "%.*s is given as closed and as open", STR_ARG(day));
	e = known ? &calendar->exception[i] : add_exception(calendar, i, date);
	if (e == NULL)
		return refuse(&c, "no memory");
	return hours.n > 0 ? add_hours(&e->open, &e->nopen, o, &c) : 0;
}
