/* SPDX-License-Identifier: MIT */
/*
 * test_business.c: business time, worked out by hand.  A due is right when
 * the time is used up at it, and was not a millisecond before; so each row
 * is asked both ways.  Two of the rows are printed otherwise, and wrong, in
 * the manuals of products.
 */
#include "calendar_kit.h"

#define MINUTE INT64_C(60000) /* ms */
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static struct zone zones[3];
enum { OSLO, NEW_YORK, UTC };

/* "2026-03-27 15:00 +0100", also with seconds and milliseconds: the offset
 * stands there, so no zone is asked. */
static msec_t
at(const char *text)
{
	struct tm tm = { 0 };
	int ms = 0, n = 0;
	const char *p = strptime(text, "%Y-%m-%d %H:%M", &tm);
	long east;

	assert_non_null(p);
	if (*p == ':') {
		assert_int_equal(sscanf(p, ":%2d.%3d%n", &tm.tm_sec, &ms, &n), 2);
		p += n;
	}
	assert_non_null(strptime(p, " %z", &tm));
	east = tm.tm_gmtoff;
	return ((msec_t)timegm(&tm) - east) * MSEC_PER_SEC + ms;
}

/* ---- dues ---- */

#define OPEN(...) .open = { __VA_ARGS__ }
#define DATES(...) .dates = { __VA_ARGS__ }
#define OFFICE "mon-fri 09:00-17:00"

static const struct row {
	const char *what, *start;
	int64_t length;
	const char *due; /* NULL: never */
	const char *open[4], *dates[4];
	uint16_t zone;
} rows[] = {
	{ "over the weekend", "2026-01-30 16:30 +0100", HOUR, "2026-02-02 09:30 +0100",
	    OPEN(OFFICE) },
	{ "Monday 11:00, and not Tuesday", "2026-01-30 16:00 +0100", 4 * HOUR,
	    "2026-02-02 11:00 +0100", OPEN("mon-fri 08:00-17:00") },
	{ "12:00, and not 11:00", "2026-01-28 16:00 +0100", 4 * HOUR, "2026-01-29 12:00 +0100",
	    OPEN(OFFICE) },
	{ "four hours on a Friday", "2026-01-30 16:00 +0100", 4 * HOUR, "2026-02-02 12:00 +0100",
	    OPEN(OFFICE) },
	{ "four hours on a Thursday", "2026-01-29 15:00 +0100", 4 * HOUR, "2026-01-30 11:00 +0100",
	    OPEN(OFFICE) },
	{ "the clock goes forward on Sunday", "2026-03-27 15:00 +0100", 4 * HOUR,
	    "2026-03-30 11:00 +0200", OPEN("mon-fri 08:00-16:00") },
	{ "the clock goes back on Sunday", "2026-10-23 15:00 +0200", 4 * HOUR,
	    "2026-10-26 11:00 +0100", OPEN("mon-fri 08:00-16:00") },
	{ "a day of 23 hours", "2026-03-29 00:00 +0100", 23 * HOUR, "2026-03-30 00:00 +0200",
	    OPEN("daily 00:00-24:00") },
	{ "a day of 25 hours", "2026-10-25 00:00 +0200", 25 * HOUR, "2026-10-26 00:00 +0100",
	    OPEN("daily 00:00-24:00") },
	{ "24 hours from the begin of 23", "2026-03-29 00:00 +0100", 24 * HOUR,
	    "2026-03-30 01:00 +0200", OPEN("daily 00:00-24:00") },

	/* where a day ends */
	{ "exactly at closing", "2026-01-30 16:00 +0100", HOUR, "2026-01-30 17:00 +0100",
	    OPEN(OFFICE) },
	{ "a millisecond after closing", "2026-01-30 16:00 +0100", HOUR + 1,
	    "2026-02-02 09:00:00.001 +0100", OPEN(OFFICE) },
	{ "a whole day", "2026-01-30 09:00 +0100", 8 * HOUR, "2026-01-30 17:00 +0100",
	    OPEN(OFFICE) },
	{ "from closing", "2026-01-30 17:00 +0100", HOUR, "2026-02-02 10:00 +0100", OPEN(OFFICE) },
	{ "from before opening", "2026-01-30 03:00 +0100", HOUR, "2026-01-30 10:00 +0100",
	    OPEN(OFFICE) },
	{ "nothing while it is open", "2026-01-30 16:00 +0100", 0, "2026-01-30 16:00 +0100",
	    OPEN(OFFICE) },
	{ "nothing while it is closed", "2026-01-31 16:00 +0100", 0, "2026-01-31 16:00 +0100",
	    OPEN(OFFICE) },
	{ "two openings a day", "2026-01-30 11:30 +0100", HOUR, "2026-01-30 13:30 +0100",
	    OPEN("mon-fri 09:00-12:00", "mon-fri 13:00-17:00") },
	{ "until lunch", "2026-01-30 11:00 +0100", HOUR, "2026-01-30 12:00 +0100",
	    OPEN("mon-fri 09:00-12:00", "mon-fri 13:00-17:00") },

	/* midnight */
	{ "until 24:00", "2026-01-30 23:00 +0100", HOUR, "2026-01-31 00:00 +0100",
	    OPEN("mon-fri 18:00-24:00") },
	{ "what touches at midnight is one", "2026-01-30 23:00 +0100", 2 * HOUR,
	    "2026-01-31 01:00 +0100", OPEN("fri 18:00-24:00", "sat 00:00-02:00") },
	{ "no minute is lost at midnight", "2026-01-30 23:00 +0100", 7 * DAY + HOUR,
	    "2026-02-07 00:00 +0100", OPEN("mon-sun 00:00-24:00") },
	{ "what overlaps is not twice", "2026-01-30 20:00 +0100", 8 * HOUR,
	    "2026-01-31 04:00 +0100", OPEN("fri 20:00-06:00", "sat 02:00-04:00") },
	{ "nearly round the clock, west of it", "2026-01-30 20:30 -0500", HOUR,
	    "2026-01-30 22:30 -0500", OPEN("daily 22:00-21:00"), .zone = NEW_YORK },

	/* nights in which the clock is changed */
	{ "a night of seven hours", "2026-03-28 22:00 +0100", 7 * HOUR, "2026-03-29 06:00 +0200",
	    OPEN("daily 22:00-06:00") },
	{ "one hour more than that", "2026-03-28 22:00 +0100", 8 * HOUR, "2026-03-29 23:00 +0200",
	    OPEN("daily 22:00-06:00") },
	{ "a night of nine hours", "2026-10-24 22:00 +0200", 9 * HOUR, "2026-10-25 06:00 +0100",
	    OPEN("daily 22:00-06:00") },
	{ "02:10-02:50 is skipped", "2026-03-28 02:45 +0100", 10 * MINUTE, "2026-03-30 02:15 +0200",
	    OPEN("daily 02:10-02:50") },
	{ "02:10-02:50 comes twice", "2026-10-25 02:10 +0200", 100 * MINUTE,
	    "2026-10-25 02:50 +0100", OPEN("daily 02:10-02:50") },
	{ "into the second 02:30", "2026-10-25 02:00 +0200", 90 * MINUTE, "2026-10-25 02:30 +0100",
	    OPEN("daily 00:00-24:00") },
	{ "New York, at two in the morning", "2026-03-07 22:00 -0500", 8 * HOUR,
	    "2026-03-08 07:00 -0400", OPEN("sat 22:00-08:00"), .zone = NEW_YORK },
	{ "New York, two ones", "2026-11-01 00:30 -0400", 2 * HOUR, "2026-11-01 01:30 -0500",
	    OPEN("sun 00:00-03:00"), .zone = NEW_YORK },

	/* holidays and exceptions */
	{ "Christmas", "2026-12-24 12:00 +0100", 4 * HOUR, "2026-12-28 11:00 +0100",
	    OPEN("mon-fri 08:00-16:00"), DATES("2026-12-24 08:00-13:00", "2026-12-25") },
	{ "a Saturday on which it is open", "2026-01-30 16:00 +0100", 4 * HOUR,
	    "2026-01-31 13:00 +0100", OPEN(OFFICE), DATES("2026-01-31 10:00-13:00") },
	{ "the night before a holiday", "2026-12-24 23:00 +0100", 8 * HOUR,
	    "2026-12-26 23:00 +0100", OPEN("daily 22:00-06:00"), DATES("2026-12-25") },
	{ "an exception before another", "2026-12-24 07:00 +0100", 3 * HOUR,
	    "2026-12-24 14:00 +0100", OPEN("mon-fri 08:00-16:00"),
	    DATES("2026-12-24 13:00-14:00", "2026-12-24 08:00-10:00") },

	/* calendars that hardly open */
	{ "never", "2026-01-30 16:00 +0100", 1, .due = NULL },
	{ "never, and nothing is wanted", "2026-01-30 16:00 +0100", 0,
	    .due = "2026-01-30 16:00 +0100" },
	{ "once a year", "2026-01-01 00:00 +0100", 90 * MINUTE, "2027-01-02 08:30 +0100",
	    DATES("2026-01-02 08:00-09:00", "2027-01-02 08:00-09:00") },
	{ "twice, and then never", "2026-01-01 00:00 +0100", 2 * HOUR + 1, NULL,
	    DATES("2026-01-02 08:00-09:00", "2027-01-02 08:00-09:00") },
	{ "until never", "2026-01-01 00:00 +0100", 2 * HOUR, "2027-01-02 09:00 +0100",
	    DATES("2026-01-02 08:00-09:00", "2027-01-02 08:00-09:00") },
	{ "400 days", "2026-01-01 00:00 +0100", 1, "2027-02-05 00:00:00.001 +0100",
	    DATES("2027-02-05 00:00-01:00") },
	{ "400 days and a minute", "2026-01-01 00:00 +0100", 1, NULL,
	    DATES("2027-02-05 00:01-01:00") },
	{ "a minute a week", "2026-01-05 00:00 +0100", 366 * DAY, NULL, OPEN("mon 00:00-00:01") },

	/* instants */
	{ "before 1970", "1969-12-31 16:30 +0100", HOUR, "1970-01-01 09:30 +0100", OPEN(OFFICE) },
	{ "long before 1970", "1965-01-29 16:30 +0100", HOUR, "1965-02-01 09:30 +0100",
	    OPEN(OFFICE) },
	{ "over the epoch", "1969-12-31 23:59:59.999 +0000", 2, "1970-01-01 00:00:00.001 +0000",
	    OPEN("daily 00:00-24:00"), .zone = UTC },
	{ "milliseconds", "2026-01-30 16:59:59.250 +0100", 1000, "2026-02-02 09:00:00.250 +0100",
	    OPEN(OFFICE) },
	{ "the last millisecond", "2026-01-30 16:59:59.999 +0100", 1, "2026-01-30 17:00 +0100",
	    OPEN(OFFICE) },
	{ "a millisecond", "2026-01-30 10:00:00.001 +0100", 1, "2026-01-30 10:00:00.002 +0100",
	    OPEN(OFFICE) },
};

static void
check_due(const struct row *r, const struct calendar *c)
{
	msec_t start = at(r->start), wanted = r->due != NULL ? at(r->due) : MSEC_NEVER;
	msec_t due = calendar_due(c, zones, start, r->length);

	if (due != wanted)
		fail_msg("%s: %lld, not %lld", r->what, (long long)due, (long long)wanted);
	if (due == MSEC_NEVER)
		return;
	if (calendar_elapsed(c, zones, start, due) != r->length)
		fail_msg("%s: not used up", r->what);
	if (r->length > 0 && calendar_elapsed(c, zones, start, due - 1) != r->length - 1)
		fail_msg("%s: not the first instant", r->what);
}

static void
test_due(void **state)
{
	struct calendar c;

	(void)state;
	for (const struct row *r = rows; r < rows + COUNTOF(rows); r++) {
		set_up(&c, r->open, r->dates);
		c.zone = r->zone;
		check_due(r, &c);
		calendar_fini(&c);
	}
}

/* ---- what has passed ---- */

static const struct passed {
	const char *what, *from, *to;
	int64_t open;
	const char *hours, *date;
	uint16_t zone;
} passed[] = {
	{ "Chatwoot's week", "2022-03-20 00:00 +0000", "2022-03-26 23:59 +0000",
	    144000 * MSEC_PER_SEC, OFFICE, NULL, UTC },
	{ "that week in New York", "2022-03-20 00:00 -0400", "2022-03-26 23:59 -0400",
	    144000 * MSEC_PER_SEC, OFFICE, NULL, NEW_YORK },
	{ "29 March", "2026-03-29 00:00 +0100", "2026-03-30 00:00 +0200", 23 * HOUR,
	    "daily 00:00-24:00", NULL, OSLO },
	{ "25 October", "2026-10-25 00:00 +0200", "2026-10-26 00:00 +0100", 25 * HOUR,
	    "daily 00:00-24:00", NULL, OSLO },
	{ "a year", "2026-01-01 00:00 +0100", "2027-01-01 00:00 +0100", 365 * DAY,
	    "daily 00:00-24:00", NULL, OSLO },
	{ "a year but Christmas", "2026-01-01 00:00 +0100", "2027-01-01 00:00 +0100", 364 * DAY,
	    "daily 00:00-24:00", "2026-12-25", OSLO },
	{ "backwards", "2026-01-30 16:00 +0100", "2026-01-30 15:00 +0100", 0, OFFICE, NULL, OSLO },
	{ "no time", "2026-01-30 16:00 +0100", "2026-01-30 16:00 +0100", 0, OFFICE, NULL, OSLO },
	{ "a weekend", "2026-01-30 17:00 +0100", "2026-02-02 09:00 +0100", 0, OFFICE, NULL, OSLO },
	{ "milliseconds", "2026-01-30 16:59:58.500 +0100", "2026-02-02 09:00:00.250 +0100", 1750,
	    OFFICE, NULL, OSLO },
	{ "over the epoch", "1969-12-31 00:00 +0000", "1970-01-02 00:00 +0000", 16 * HOUR, OFFICE,
	    NULL, UTC },
	{ "a century", "2000-01-01 00:00 +0000", "2100-01-01 00:00 +0000", 36525 * 8 * HOUR,
	    "daily 09:00-17:00", NULL, UTC },
};

static void
test_passed(void **state)
{
	struct calendar c;

	(void)state;
	for (const struct passed *p = passed; p < passed + COUNTOF(passed); p++) {
		set_up(&c, TEXTS(p->hours), TEXTS(p->date));
		c.zone = p->zone;
		int64_t open = calendar_elapsed(&c, zones, at(p->from), at(p->to));
		if (open != p->open)
			fail_msg(
			    "%s: %lld, not %lld", p->what, (long long)open, (long long)p->open);
		calendar_fini(&c);
	}
}

static void
test_never_open(void **state)
{
	const struct calendar c = { 0 };

	(void)state;
	assert_int_equal(
	    calendar_elapsed(&c, zones, at("1970-01-01 00:00 +0000"), at("2100-01-01 00:00 +0000")),
	    0);
	assert_true(calendar_due(&c, zones, INT64_MAX, 1) == MSEC_NEVER);
	assert_true(calendar_due(&c, zones, INT64_MIN, 1) == MSEC_NEVER);
	assert_true(calendar_due(&c, zones, INT64_MAX - 1, 0) == INT64_MAX - 1);
}

/* ---- the walk ---- */

static void
gives(struct calendar_walk *w, const char *until, const char *begin, const char *end)
{
	struct calendar_span s;

	assert_true(calendar_walk_next(w, at(until), &s));
	assert_int_equal(s.begin, at(begin));
	assert_int_equal(s.end, at(end));
	assert_in_range(s.opening->from, 0, DAY_MINUTES);
}

static void
gives_nothing(struct calendar_walk *w, const char *until)
{
	struct calendar_span s;

	assert_false(calendar_walk_next(w, at(until), &s));
}

/* What touches comes as two, what overlaps is cut, and what lies beyond can
 * be asked for later. */
static void
test_walk(void **state)
{
	struct calendar_walk w, copy;
	struct calendar c;

	(void)state;
	set_up(&c, TEXTS("fri 20:00-24:00", "sat 00:00-06:00", "fri 23:00-02:00"), NULL);
	calendar_walk_begin(&w, &c, zones, at("2026-01-30 21:00 +0100"));
	gives_nothing(&w, "2026-01-30 20:59:59.999 +0100");
	gives(&w, "2026-01-30 21:00 +0100", "2026-01-30 21:00 +0100", "2026-01-31 02:00 +0100");
	gives_nothing(&w, "2026-01-31 01:59:59.999 +0100");
	copy = w;
	gives(&w, "2026-01-31 02:00 +0100", "2026-01-31 02:00 +0100", "2026-01-31 06:00 +0100");
	gives_nothing(&w, "2026-02-06 19:59:59.999 +0100");
	gives(&w, "2026-02-06 20:00 +0100", "2026-02-06 20:00 +0100", "2026-02-07 02:00 +0100");
	gives(&copy, "2026-02-06 20:00 +0100", "2026-01-31 02:00 +0100", "2026-01-31 06:00 +0100");
	calendar_fini(&c);
}

static void
test_exception_of_a_date(void **state)
{
	struct calendar c;

	(void)state;
	set_up(&c, TEXTS(OFFICE), TEXTS("2026-12-25", "2026-12-24 08:00-13:00"));
	assert_null(calendar_exception(&c, 20810));
	assert_int_equal(calendar_exception(&c, 20811)->nopen, 1);
	assert_int_equal(calendar_exception(&c, 20812)->nopen, 0);
	assert_null(calendar_exception(&c, 20813));
	assert_null(calendar_exception(&(struct calendar){ 0 }, 20812));
	calendar_fini(&c);
}

static int
load_zones(void **state)
{
	(void)state;
	return zone_load(&zones[OSLO], "Europe/Oslo") != 0 ||
	       zone_load(&zones[NEW_YORK], "America/New_York") != 0 ||
	       zone_load(&zones[UTC], "UTC") != 0;
}

static int
free_zones(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(zones); i++)
		zone_fini(&zones[i]);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_passed),
		cmocka_unit_test(test_never_open),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_exception_of_a_date),
	};

	return cmocka_run_group_tests(tests, load_zones, free_zones);
}
