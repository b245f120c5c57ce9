/* SPDX-License-Identifier: MIT */
/*
 * test_day.c: days of 23, 24 and 25 hours, midnights that do not exist and
 * midnights that come twice, and the same found by looking at every second
 * that could be it, over zones of the system.
 */
#include <ccmon/zone.h>

#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define HOUR 3600
#define DAY (24 * HOUR)

#define ZONE(name, at, offset)                                                                     \
	{                                                                                          \
		name, COUNTOF(at), at, offset                                                      \
	}

/* 2026: forward 29 March 01:00 UTC, back 25 October 01:00 UTC. */
static int64_t oslo_at[] = { INT64_MIN, 1774746000, 1792890000 };
static int32_t oslo_offset[] = { HOUR, 2 * HOUR, HOUR };
static const struct zone oslo = ZONE("Europe/Oslo", oslo_at, oslo_offset);

/* 2018-11-04 00:00 (-3) became 01:00 (-2); 2018-02-18 00:00 (-2) became 23:00 (-3). */
static int64_t paulo_at[] = { INT64_MIN, 1518919200, 1541300400 };
static int32_t paulo_offset[] = { -2 * HOUR, -3 * HOUR, -2 * HOUR };
static const struct zone paulo = ZONE("America/Sao_Paulo", paulo_at, paulo_offset);

/* 30 December 2011 did not exist in Samoa: from -10 to +14 at its midnight. */
static int64_t apia_at[] = { INT64_MIN, 1325239200 };
static int32_t apia_offset[] = { -10 * HOUR, 14 * HOUR };
static const struct zone apia = ZONE("Pacific/Apia", apia_at, apia_offset);

static void
is_day(const struct zone *z, int32_t day_start, int64_t t, int64_t begin, int64_t end)
{
	assert_int_equal(day_begin(z, t, day_start), begin);
	assert_int_equal(day_end(z, t, day_start), end);
}

/* The same day at its first, a middle and its last second. */
static void
is_whole_day(const struct zone *z, int32_t day_start, int64_t begin, int64_t end)
{
	is_day(z, day_start, begin, begin, end);
	is_day(z, day_start, begin + (end - begin) / 2, begin, end);
	is_day(z, day_start, end - 1, begin, end);
	assert_int_equal(day_end(z, begin - 1, day_start), begin);
	assert_int_equal(day_begin(z, end, day_start), end);
}

static void
test_offsets(void **state)
{
	(void)state;
	assert_int_equal(zone_offset(&oslo, INT64_MIN), HOUR);
	assert_int_equal(zone_offset(&oslo, oslo_at[1] - 1), HOUR);
	assert_int_equal(zone_offset(&oslo, oslo_at[1]), 2 * HOUR);
	assert_int_equal(zone_offset(&oslo, oslo_at[2] - 1), 2 * HOUR);
	assert_int_equal(zone_offset(&oslo, oslo_at[2]), HOUR);
	assert_int_equal(zone_offset(&oslo, INT64_MAX), HOUR);
}

static void
test_oslo(void **state)
{
	const int64_t march = 1774738800; /* 2026-03-29 00:00 +01:00 */
	const int64_t october = 1792879200; /* 2026-10-25 00:00 +02:00 */

	(void)state;
	is_whole_day(&oslo, 0, march - DAY, march);
	is_whole_day(&oslo, 0, march, march + 23 * HOUR);
	is_whole_day(&oslo, 0, march + 23 * HOUR, march + 47 * HOUR);
	is_whole_day(&oslo, 0, october - DAY, october);
	is_whole_day(&oslo, 0, october, october + 25 * HOUR);
	is_whole_day(&oslo, 0, october + 25 * HOUR, october + 49 * HOUR);
}

/* 02:30 is skipped in March: the day begins at 03:00; and comes twice in
 * October: the day begins at the first of them. */
static void
test_day_start_inside_the_change(void **state)
{
	const int32_t half_past_two = 2 * HOUR + HOUR / 2;
	const int64_t back = oslo_at[2] - HOUR / 2;

	(void)state;
	is_whole_day(&oslo, half_past_two, oslo_at[1], oslo_at[1] + 23 * HOUR + HOUR / 2);
	is_whole_day(&oslo, half_past_two, oslo_at[1] - DAY + HOUR / 2, oslo_at[1]);
	is_whole_day(&oslo, half_past_two, back - DAY, back);
	is_whole_day(&oslo, half_past_two, back, back + 25 * HOUR);
}

static void
test_no_midnight(void **state)
{
	const int64_t change = paulo_at[2]; /* 2018-11-04 */

	(void)state;
	is_whole_day(&paulo, 0, change - DAY, change);
	is_whole_day(&paulo, 0, change, change + 23 * HOUR);
	is_whole_day(&paulo, HOUR / 2, change, change + 23 * HOUR + HOUR / 2);
}

/* Midnight is the instant of going back to 23:00: it is never shown, then an
 * hour later it is.  Half an hour before it, 23:30 comes twice. */
static void
test_two_last_hours(void **state)
{
	const int64_t change = paulo_at[1]; /* 2018-02-18 */
	const int32_t late = 23 * HOUR + HOUR / 2;

	(void)state;
	is_whole_day(&paulo, 0, change - 23 * HOUR - HOUR, change + HOUR);
	is_whole_day(&paulo, 0, change + HOUR, change + 25 * HOUR);
	is_whole_day(&paulo, late, change - HOUR / 2, change - HOUR / 2 + 25 * HOUR);
}

/* Going back from 00:30 to 23:30: midnight comes twice, and its day begins at
 * the first, although the clock shows the old date again. */
static void
test_two_midnights(void **state)
{
	int64_t at[] = { INT64_MIN, 100 * DAY + HOUR / 2 };
	int32_t offset[] = { 0, -HOUR };
	const struct zone z = ZONE("Test/Two", at, offset);

	(void)state;
	is_whole_day(&z, 0, 99 * DAY, 100 * DAY);
	is_whole_day(&z, 0, 100 * DAY, 101 * DAY + HOUR);
}

/* The day that was left out is empty, so the next begins at the same instant. */
static void
test_a_day_left_out(void **state)
{
	(void)state;
	is_whole_day(&apia, 0, apia_at[1] - DAY, apia_at[1]);
	is_whole_day(&apia, 0, apia_at[1], apia_at[1] + DAY);
}

/* ---- by looking ---- */

/* Does a day begin at t: the clock shows day_start for the first time for that
 * date, or it leapt over it just now? */
static bool
begins(const struct zone *z, int64_t t, int32_t day_start)
{
	int64_t before = t - 1 + zone_offset(z, t - 1), now = t + zone_offset(z, t);
	int64_t next; /* the first day_start after what the clock showed before */

	next = before - ((before - day_start) % DAY + DAY) % DAY + DAY;
	if (now < next)
		return false;
	/* Shown or leapt over; not so if it was in the two days before. */
	for (int64_t past = t - 1; past > t - 2 * DAY; past -= 60)
		if (past + zone_offset(z, past) >= next)
			return false;
	return true;
}

/* Looks at each second; the steps of a minute above miss nothing, since
 * day_start here and all changes since 1972 are at whole minutes. */
static int64_t
look(const struct zone *z, int64_t t, int step, int32_t day_start)
{
	for (int64_t end = t + 3 * step * DAY; t != end; t += step)
		if (begins(z, t, day_start))
			return t;
	fail_msg("%s: no day begins near %lld", z->name, (long long)t);
	return 0;
}

static uint32_t
random_below(uint32_t n)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 32) % n;
}

/* Half of the instants within two days of a change. */
static int64_t
random_instant(const struct zone *z)
{
	int64_t t = INT64_C(94694400) + random_below(2000000000) + random_below(1900000000);
	size_t i = random_below((uint32_t)z->n);

	if (random_below(2) == 0 && z->at[i] > 94694400)
		t = z->at[i] - 2 * DAY + random_below(4 * DAY);
	return t;
}

static void
test_against_looking(void **state)
{
	static const char *const names[] = { "UTC", "Europe/Oslo", "America/New_York",
		"America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Asia/Kathmandu",
		"Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kwajalein", "Africa/Cairo",
		"Africa/Casablanca", "Asia/Tehran", "America/St_Johns", "America/Asuncion",
		"Antarctica/Troll", "Asia/Pyongyang", "America/Scoresbysund", "Asia/Gaza" };
	static const int32_t starts[] = { 0, HOUR / 2, 2 * HOUR, 4 * HOUR, 23 * HOUR + 1800,
		86340 };

	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++) {
		struct zone z;

		assert_int_equal(zone_load(&z, names[i]), 0);
		for (int k = 0; k < 24; k++) {
			int32_t day_start = starts[random_below(COUNTOF(starts))];
			int64_t t = random_instant(&z);

			assert_int_equal(day_begin(&z, t, day_start), look(&z, t, -1, day_start));
			assert_int_equal(day_end(&z, t, day_start), look(&z, t + 1, 1, day_start));
		}
		zone_fini(&z);
	}
}

/* ---- zone_load ---- */

static void
test_load(void **state)
{
	struct zone z;

	(void)state;
	assert_int_equal(zone_load(&z, "Europe/Oslo"), 0);
	assert_string_equal(z.name, "Europe/Oslo");
	assert_true(z.at[0] == INT64_MIN);
	for (size_t i = 1; i < z.n; i++)
		assert_true(z.at[i] > z.at[i - 1] && z.offset[i] != z.offset[i - 1]);
	for (int64_t t = oslo_at[1] - 80 * DAY; t < oslo_at[2] + 60 * DAY; t += 1800)
		assert_int_equal(zone_offset(&z, t), zone_offset(&oslo, t));
	assert_int_equal(zone_offset(&z, 4087814400), 2 * HOUR); /* 2099-07-16 */
	zone_fini(&z);
	assert_null(z.at);

	assert_int_equal(zone_load(&z, "UTC"), 0);
	assert_int_equal(z.n, 1);
	assert_int_equal(z.offset[0], 0);
	zone_fini(&z);
}

static void
test_no_such_zone(void **state)
{
	static const char *const names[] = { "", "Nowhere/City", "Europe", "../etc/passwd",
		"Europe/../UTC", "/usr/share/zoneinfo/UTC", "/etc/localtime", "file:UTC",
		"libc:UTC", "libc:localtime", "Europe/Oslo/", "Europe//Oslo", "Europe/Oslo ",
		":UTC", ".", "zone.tab", "Fixed/UTC+01:00:00",
		"Europe/OsloOsloOsloOsloOsloOsloOsloOsloOsloOsloOsloOsloOsloOsloOsloOslo" };
	struct zone z;

	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++)
		if (zone_load(&z, names[i]) != -1)
			fail_msg("\"%s\" was loaded", names[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_oslo),
		cmocka_unit_test(test_day_start_inside_the_change),
		cmocka_unit_test(test_no_midnight),
		cmocka_unit_test(test_two_last_hours),
		cmocka_unit_test(test_two_midnights),
		cmocka_unit_test(test_a_day_left_out),
		cmocka_unit_test(test_against_looking),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_no_such_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
