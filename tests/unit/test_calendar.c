/* SPDX-License-Identifier: MIT */
/*
 * test_calendar.c: opening hours as they are written and as they are kept, and
 * when it is open on days of 23, 24 and 25 hours.
 */
#include "calendar_kit.h"

#define MINUTE INT64_C(60)
#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)

static struct zone oslo, new_york;
static const int64_t new_year = 1767222000; /* 2026-01-01 00:00 +01:00 */

/* The hours of a day as text: "480-1080 1200-1260". */
static void
has_hours(const struct opening *o, size_t n, const char *wanted)
{
	char text[200] = "";
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%d-%d", i > 0 ? " " : "",
		    o[i].from, o[i].to);
	assert_string_equal(text, wanted);
}

static void
has_week(const char *const *open, const char *const wanted[7])
{
	struct calendar c;

	set_up(&c, open, NULL);
	for (int day = 0; day < 7; day++)
		has_hours(c.week[day], c.nweek[day], wanted[day]);
	calendar_fini(&c);
}

/* ---- reading ---- */

static void
test_days(void **state)
{
	(void)state;
	has_week(TEXTS("mon-fri 08:00-18:00", "sat 9:00-13:00"),
	    (const char *[]){
	        "480-1080", "480-1080", "480-1080", "480-1080", "480-1080", "540-780", "" });
	has_week(TEXTS("fri-mon 00:00-24:00"),
	    (const char *[]){ "0-1440", "", "", "", "0-1440", "0-1440", "0-1440" });
	has_week(
	    TEXTS("daily 22:00-06:00"), (const char *[]){ "1320-1800", "1320-1800", "1320-1800",
	                                    "1320-1800", "1320-1800", "1320-1800", "1320-1800" });
	has_week(
	    TEXTS("sun-sun 23:59-00:00"), (const char *[]){ "", "", "", "", "", "", "1439-1440" });
	has_week(
	    TEXTS("\tWED  08:00-08:01 "), (const char *[]){ "", "", "480-481", "", "", "", "" });
}

static void
test_hours_are_merged(void **state)
{
	(void)state;
	has_week(TEXTS("mon 14:00-16:00", "mon 08:00-12:00", "tue 08:00-12:00", "tue 12:00-13:00",
	             "wed 08:00-12:00", "wed 14:00-18:00", "wed 11:00-15:00", "thu 08:00-09:00",
	             "thu 10:00-11:00", "thu 12:00-13:00", "thu 09:30-11:30", "fri 22:00-06:00",
	             "fri 23:00-24:00"),
	    (const char *[]){ "480-720 840-960", "480-780", "480-1080", "480-540 570-690 720-780",
	        "1320-1800", "", "" });
}

static void
test_exceptions(void **state)
{
	struct calendar c;

	(void)state;
	set_up(&c, NULL,
	    TEXTS("2026-12-25", "2024-02-29", "2026-12-24 10:00-12:00", "2026-12-25",
	        "2026-12-24 08:00-09:00", "1970-01-01", "2100-03-01"));
	assert_int_equal(c.nexceptions, 5);
	assert_int_equal(c.exception[0].date, 0);
	assert_int_equal(c.exception[1].date, 19782);
	assert_int_equal(c.exception[2].date, 20811);
	has_hours(c.exception[2].open, c.exception[2].nopen, "480-540 600-720");
	assert_int_equal(c.exception[3].date, 20812);
	assert_int_equal(c.exception[3].nopen, 0);
	assert_int_equal(c.exception[4].date, 47541);
	calendar_fini(&c);
}

static const struct {
	const char *text, *why;
} bad_open[] = {
	{ "", "the days are missing: write mon-fri 08:00-18:00" },
	{ "mon", "the hours are missing: write 08:00-18:00" },
	{ "monday 08:00-18:00",
	    "\"monday\" is no day of the week: mon, tue, wed, thu, fri, sat, sun or daily" },
	{ "mon-fry 08:00-18:00",
	    "\"fry\" is no day of the week: mon, tue, wed, thu, fri, sat, sun or daily" },
	{ "-fri 08:00-18:00",
	    "\"\" is no day of the week: mon, tue, wed, thu, fri, sat, sun or daily" },
	{ "08:00-18:00",
	    "\"08:00\" is no day of the week: mon, tue, wed, thu, fri, sat, sun or daily" },
	{ "mon 08:00", "\"08:00\" are no hours: write 08:00-18:00" },
	{ "mon 08:00-25:00", "\"25:00\" is no time of day" },
	{ "mon 08:00-24:01", "\"24:01\" is no time of day" },
	{ "mon 08:60-10:00", "\"08:60\" is no time of day" },
	{ "mon 08:0-10:00", "\"08:0\" is no time of day" },
	{ "mon 008:00-10:00", "\"008:00\" is no time of day" },
	{ "mon 8-10", "\"8\" is no time of day: write 08:00" },
	{ "mon +8:00-10:00", "\"+8:00\" is no time of day" },
	{ "mon -08:00", "\"\" is no time of day: write 08:00" },
	{ "mon 24:00-06:00", "\"24:00-06:00\": a day begins at 00:00" },
	{ "mon 00:00-00:00", "\"00:00-00:00\" ends when it begins; a whole day is 00:00-24:00" },
	{ "mon 08:00-12:00 13:00-18:00",
	    "\"13:00-18:00\" is too much: one line for each range of hours" },
}, bad_exceptions[] = {
	{ "", "the date is missing: write 2026-12-25" },
	{ "25.12.2026", "\"25.12.2026\" is no date: write 2026-12-25" },
	{ "2026-12", "\"2026-12\" is no date: write 2026-12-25" },
	{ "2026-1-05", "\"2026-1-05\" is no date: write 2026-12-25" },
	{ "26-12-25", "\"26-12-25\" is no date: write 2026-12-25" },
	{ "2026-02-29", "there is no day 2026-02-29" },
	{ "2100-02-29", "there is no day 2100-02-29" },
	{ "2026-13-01", "there is no day 2026-13-01" },
	{ "2026-00-01", "there is no day 2026-00-01" },
	{ "2026-01-00", "there is no day 2026-01-00" },
	{ "2026-04-31", "there is no day 2026-04-31" },
	{ "1969-12-31", "there is no day 1969-12-31" },
	{ "2026-12-25 closed", "\"closed\" are no hours: write 08:00-18:00" },
	{ "2026-12-25 08:00-25:00", "\"25:00\" is no time of day" },
	{ "2026-12-25 08:00-09:00 10:00-11:00",
	    "\"10:00-11:00\" is too much: one line for each range of hours" },
};

static void
test_complaints(void **state)
{
	struct calendar c = { 0 };
	char why[200];

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad_open); i++) {
		assert_int_equal(calendar_add_open(&c, bad_open[i].text, why, sizeof(why)), -1);
		assert_string_equal(why, bad_open[i].why);
	}
	for (size_t i = 0; i < COUNTOF(bad_exceptions); i++) {
		assert_int_equal(
		    calendar_add_exception(&c, bad_exceptions[i].text, why, sizeof(why)), -1);
		assert_string_equal(why, bad_exceptions[i].why);
	}
	for (int day = 0; day < 7; day++)
		assert_int_equal(c.nweek[day], 0);
	assert_int_equal(c.nexceptions, 0);
	calendar_fini(&c);
}

static void
test_open_and_closed(void **state)
{
	struct calendar c;
	char why[200], small[8];

	(void)state;
	set_up(&c, NULL, TEXTS("2026-12-25", "2026-12-24 08:00-12:00"));
	assert_int_equal(
	    calendar_add_exception(&c, "2026-12-25 08:00-09:00", why, sizeof(why)), -1);
	assert_string_equal(why, "2026-12-25 is given as closed and as open");
	assert_int_equal(calendar_add_exception(&c, "2026-12-24", small, sizeof(small)), -1);
	assert_string_equal(small, "2026-12");
	calendar_fini(&c);
}

static void
test_find(void **state)
{
	char office[] = "office", night[] = "night";
	struct calendar two[] = { { .name = office }, { .name = night } };
	struct calendars all = { two, 2, NULL };

	(void)state;
	assert_ptr_equal(calendars_find(&all, "night"), &two[1]);
	assert_ptr_equal(calendars_find(&all, "office"), &two[0]);
	assert_null(calendars_find(&all, "nigh"));
	assert_null(calendars_find(&(struct calendars){ 0 }, "office"));
}

/* ---- instants ---- */

/* Open in [begin, end) and at neither end's other side; epoch seconds. */
static void
is_open_time(const struct calendar *c, const struct zone *z, int64_t begin, int64_t end)
{
	assert_false(calendar_is_open(c, z, begin * 1000 - 1));
	assert_true(calendar_is_open(c, z, begin * 1000));
	assert_true(calendar_is_open(c, z, end * 1000 - 1));
	assert_false(calendar_is_open(c, z, end * 1000));
	for (int64_t t = begin; t < end; t += 15 * MINUTE)
		assert_true(calendar_is_open(c, z, t * 1000));
	assert_int_equal(calendar_next_change(c, z, begin * 1000 - 1), begin * 1000);
	assert_int_equal(calendar_next_change(c, z, begin * 1000), end * 1000);
	assert_int_equal(calendar_next_change(c, z, (begin + end) / 2 * 1000), end * 1000);
	assert_int_equal(calendar_next_change(c, z, end * 1000 - 1), end * 1000);
}

static void
test_week_and_holidays(void **state)
{
	const int64_t monday = 1780264800; /* 2026-06-01 00:00 +02:00 */
	struct calendar c;

	(void)state;
	set_up(&c, TEXTS("mon-fri 08:00-18:00", "sat 09:00-13:00", "fri 22:00-02:00"),
	    TEXTS("2026-06-03", "2026-06-04 10:00-12:00", "2026-06-04 13:00-14:00"));
	is_open_time(&c, &oslo, monday + 8 * HOUR, monday + 18 * HOUR);
	is_open_time(&c, &oslo, monday + DAY + 8 * HOUR, monday + DAY + 18 * HOUR);
	assert_int_equal(calendar_next_change(&c, &oslo, (monday + DAY + 18 * HOUR) * 1000),
	    (monday + 3 * DAY + 10 * HOUR) * 1000);
	is_open_time(&c, &oslo, monday + 3 * DAY + 10 * HOUR, monday + 3 * DAY + 12 * HOUR);
	is_open_time(&c, &oslo, monday + 3 * DAY + 13 * HOUR, monday + 3 * DAY + 14 * HOUR);
	is_open_time(&c, &oslo, monday + 4 * DAY + 22 * HOUR, monday + 5 * DAY + 2 * HOUR);
	is_open_time(&c, &oslo, monday + 5 * DAY + 9 * HOUR, monday + 5 * DAY + 13 * HOUR);
	assert_int_equal(calendar_next_change(&c, &oslo, (monday + 5 * DAY + 13 * HOUR) * 1000),
	    (monday + 7 * DAY + 8 * HOUR) * 1000);
	calendar_fini(&c);
}

/* The night before a holiday belongs to the day before. */
static void
test_night_before_a_holiday(void **state)
{
	const int64_t eve = 1798066800; /* 2026-12-24 00:00 +01:00 */
	struct calendar c;

	(void)state;
	set_up(&c, TEXTS("daily 22:00-06:00"), TEXTS("2026-12-25"));
	is_open_time(&c, &oslo, eve + 22 * HOUR, eve + DAY + 6 * HOUR);
	assert_int_equal(calendar_next_change(&c, &oslo, (eve + DAY + 6 * HOUR) * 1000),
	    (eve + 2 * DAY + 22 * HOUR) * 1000);
	calendar_fini(&c);
}

/* No minute is closed at midnight, on no day of the year. */
static void
test_never_closed(void **state)
{
	struct calendar c;

	(void)state;
	set_up(&c, TEXTS("mon-sat 00:00-24:00", "sun 00:00-12:00", "sun 12:00-24:00"), NULL);
	for (int64_t t = new_year; t < new_year + 366 * DAY; t += 30 * MINUTE) {
		assert_true(calendar_is_open(&c, &oslo, t * 1000));
		assert_true(calendar_is_open(&c, &oslo, t * 1000 - 1));
	}
	assert_true(calendar_next_change(&c, &oslo, new_year * 1000) == MSEC_NEVER);
	calendar_fini(&c);
}

static void
test_never_open(void **state)
{
	struct calendar c = { 0 };

	(void)state;
	assert_false(calendar_is_open(&c, &oslo, new_year * 1000));
	assert_true(calendar_next_change(&c, &oslo, new_year * 1000) == MSEC_NEVER);
	assert_true(calendar_next_change(&c, &oslo, INT64_MIN) == MSEC_NEVER);
	assert_true(calendar_next_change(&c, &oslo, INT64_MAX) == MSEC_NEVER);
	assert_false(calendar_is_open(&c, &oslo, INT64_MIN));
	assert_false(calendar_is_open(&c, &oslo, INT64_MAX));
}

/* What is further away than anybody looks does not exist. */
static void
test_far_away(void **state)
{
	const int64_t opens = new_year + 500 * DAY; /* 2027-05-16 01:00 +02:00 */
	struct calendar c;

	(void)state;
	set_up(&c, NULL, TEXTS("2027-05-16 01:00-02:00"));
	assert_true(calendar_next_change(&c, &oslo, (opens - NEXT_OPEN_DAYS * DAY - 1) * 1000) ==
	            MSEC_NEVER);
	assert_int_equal(
	    calendar_next_change(&c, &oslo, (opens - NEXT_OPEN_DAYS * DAY) * 1000), opens * 1000);
	calendar_fini(&c);
}

/* ---- the clock is changed ---- */

/* Of a calendar with these hours daily, the one opening in [day, day + 30 h)
 * that begins and ends so long after `day`. */
static void
is_open_daily(const struct zone *z, int64_t day, const char *hours, int64_t begin, int64_t end)
{
	struct calendar c;
	char text[40];

	snprintf(text, sizeof(text), "daily %s", hours);
	set_up(&c, TEXTS(text), NULL);
	is_open_time(&c, z, day + begin, day + end);
	calendar_fini(&c);
}

static void
is_closed_all_day(const struct zone *z, int64_t day, const char *hours)
{
	struct calendar c;
	char text[40];

	snprintf(text, sizeof(text), "daily %s", hours);
	set_up(&c, TEXTS(text), NULL);
	for (int64_t t = day; t < day + 23 * HOUR; t += MINUTE)
		assert_false(calendar_is_open(&c, z, t * 1000));
	assert_true(calendar_next_change(&c, z, day * 1000) > (day + 23 * HOUR) * 1000);
	calendar_fini(&c);
}

/* 29 March: 02:00 becomes 03:00, an hour is missing. */
static void
test_oslo_spring(void **state)
{
	const int64_t day = 1774738800; /* 2026-03-29 00:00 +01:00 */

	(void)state;
	is_open_daily(&oslo, day, "08:00-18:00", 7 * HOUR, 17 * HOUR);
	is_open_daily(&oslo, day, "01:00-04:00", 1 * HOUR, 3 * HOUR);
	is_open_daily(&oslo, day, "01:00-02:30", 1 * HOUR, 2 * HOUR);
	is_open_daily(&oslo, day, "02:30-04:00", 2 * HOUR, 3 * HOUR);
	is_open_daily(&oslo, day, "02:00-03:30", 2 * HOUR, 2 * HOUR + 30 * MINUTE);
	is_open_daily(&oslo, day - DAY, "22:00-06:00", 22 * HOUR, 29 * HOUR);
	is_open_daily(&oslo, day - DAY, "22:00-02:30", 22 * HOUR, 26 * HOUR);
	is_closed_all_day(&oslo, day, "02:10-02:50");
	is_closed_all_day(&oslo, day, "02:00-03:00");
}

/* 25 October: 03:00 becomes 02:00, an hour comes twice. */
static void
test_oslo_autumn(void **state)
{
	const int64_t day = 1792879200; /* 2026-10-25 00:00 +02:00 */

	(void)state;
	is_open_daily(&oslo, day, "08:00-18:00", 9 * HOUR, 19 * HOUR);
	is_open_daily(&oslo, day, "01:00-04:00", 1 * HOUR, 5 * HOUR);
	is_open_daily(&oslo, day, "01:00-02:30", 1 * HOUR, 3 * HOUR + 30 * MINUTE);
	is_open_daily(&oslo, day, "02:30-04:00", 2 * HOUR + 30 * MINUTE, 5 * HOUR);
	is_open_daily(&oslo, day, "01:00-02:00", 1 * HOUR, 3 * HOUR);
	is_open_daily(&oslo, day, "02:10-02:50", 2 * HOUR + 10 * MINUTE, 3 * HOUR + 50 * MINUTE);
	is_open_daily(&oslo, day, "03:00-04:00", 4 * HOUR, 5 * HOUR);
	is_open_daily(&oslo, day - DAY, "22:00-06:00", 22 * HOUR, 31 * HOUR);
}

/* 8 March and 1 November, at two o'clock in the morning. */
static void
test_new_york(void **state)
{
	const int64_t march = 1772946000; /* 2026-03-08 00:00 -05:00 */
	const int64_t november = 1793505600; /* 2026-11-01 00:00 -04:00 */

	(void)state;
	is_open_daily(&new_york, march, "09:00-17:00", 8 * HOUR, 16 * HOUR);
	is_open_daily(&new_york, march, "02:30-09:00", 2 * HOUR, 8 * HOUR);
	is_open_daily(&new_york, march, "01:00-02:15", 1 * HOUR, 2 * HOUR);
	is_closed_all_day(&new_york, march, "02:00-03:00");
	is_open_daily(&new_york, november, "09:00-17:00", 10 * HOUR, 18 * HOUR);
	is_open_daily(&new_york, november, "01:30-09:00", 1 * HOUR + 30 * MINUTE, 10 * HOUR);
	is_open_daily(&new_york, november, "00:00-01:15", 0, 2 * HOUR + 15 * MINUTE);
	is_open_daily(&new_york, november - DAY, "22:00-01:30", 22 * HOUR, 26 * HOUR + 30 * MINUTE);
}

/* 30 December 2011 did not exist in Samoa, so nothing was open on it. */
static void
test_a_day_left_out(void **state)
{
	const int64_t day = 1325152800; /* 2011-12-29 00:00 -10:00 */
	struct calendar c;
	struct zone apia;

	(void)state;
	assert_int_equal(zone_load(&apia, "Pacific/Apia"), 0);
	set_up(&c, TEXTS("daily 22:00-06:00"), NULL);
	is_open_time(&c, &apia, day + 22 * HOUR, day + 24 * HOUR + 6 * HOUR);
	calendar_fini(&c);
	set_up(&c, TEXTS("thu 22:00-24:00", "fri 00:00-24:00", "sat 05:00-06:00"), NULL);
	is_open_time(&c, &apia, day + 22 * HOUR, day + 24 * HOUR);
	is_open_time(&c, &apia, day + 29 * HOUR, day + 30 * HOUR);
	calendar_fini(&c);
	zone_fini(&apia);
}

/* Going back from 00:30 to 23:30: what opens at midnight is open, although for
 * half an hour the clock shows the old date again. */
static void
test_two_midnights(void **state)
{
	int64_t at[] = { INT64_MIN, 100 * DAY + 30 * MINUTE };
	int32_t offset[] = { 0, -HOUR };
	const struct zone two = { "Test/Two", COUNTOF(at), at, offset };

	(void)state;
	is_open_daily(&two, 100 * DAY, "00:00-01:00", 0, 2 * HOUR);
	is_open_daily(&two, 100 * DAY, "00:10-00:20", 10 * MINUTE, HOUR + 20 * MINUTE);
	is_open_daily(&two, 99 * DAY, "22:00-23:45", 22 * HOUR, 24 * HOUR + 45 * MINUTE);
}

static int
load_zones(void **state)
{
	(void)state;
	return zone_load(&oslo, "Europe/Oslo") != 0 ||
	       zone_load(&new_york, "America/New_York") != 0;
}

static int
free_zones(void **state)
{
	(void)state;
	zone_fini(&oslo);
	zone_fini(&new_york);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_hours_are_merged),
		cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_open_and_closed),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_week_and_holidays),
		cmocka_unit_test(test_night_before_a_holiday),
		cmocka_unit_test(test_never_closed),
		cmocka_unit_test(test_never_open),
		cmocka_unit_test(test_far_away),
		cmocka_unit_test(test_oslo_spring),
		cmocka_unit_test(test_oslo_autumn),
		cmocka_unit_test(test_new_york),
		cmocka_unit_test(test_a_day_left_out),
		cmocka_unit_test(test_two_midnights),
	};

	return cmocka_run_group_tests(tests, load_zones, free_zones);
}
