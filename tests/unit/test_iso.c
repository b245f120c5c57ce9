/* SPDX-License-Identifier: MIT */
/*
 * test_iso.c: instants as web systems write them, against the C library's
 * calendar.
 */
#include <stdio.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collectors/dialects/web/iso.h"

static msec_t
read_time(const char *text)
{
	return iso_time(str_of(text));
}

static void
shapes(void **state)
{
	static const struct {
		const char *text;
		msec_t time;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2021-07-23T18:02:48.000Z", INT64_C(1627063368000) },
		{ "2021-07-23 18:02:48 UTC", INT64_C(1627063368000) },
		{ "2021-07-23t18:02:48z", INT64_C(1627063368000) },
		{ "2021-07-23T20:02:48+02:00", INT64_C(1627063368000) },
		{ "2021-07-23T20:02:48 +0200", INT64_C(1627063368000) },
		{ "2021-07-23T12:32:48-05:30", INT64_C(1627063368000) },
		{ "2021-07-23T18:02:48.1Z", INT64_C(1627063368100) },
		{ "2021-07-23T18:02:48,12Z", INT64_C(1627063368120) },
		{ "2021-07-23T18:02:48.123999999Z", INT64_C(1627063368123) },
		{ "2016-12-31T23:59:60Z", INT64_C(1483228800000) },
		{ "2000-02-29T00:00:00Z", INT64_C(951782400000) },
		{ "2100-01-01T00:00:00Z", INT64_C(4102444800000) },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		if (read_time(cases[i].text) != cases[i].time)
			fail_msg("%s: %lld", cases[i].text, (long long)read_time(cases[i].text));
}

static void
refused(void **state)
{
	static const char *const bad[] = { "", "2021", "2021-07-23", "2021-07-23T18:02:48",
		"2021-07-23T18:02Z", "2021-07-23T18:02:48.Z", "2021-07-23T18:02:48Zx",
		"2021-07-23T18:02:48+2", "2021-07-23T18:02:48+02:0", "2021-07-23T18:02:48+02:60",
		"2021-07-23T24:00:00Z", "2021-07-23T18:60:48Z", "2021-07-23T18:02:61Z",
		"2021-13-01T00:00:00Z", "2021-00-01T00:00:00Z", "2021-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z", "2021-04-31T00:00:00Z", "2021-01-00T00:00:00Z",
		"1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "21-07-23T18:02:48Z",
		"2021-7-23T18:02:48Z", " 2021-07-23T18:02:48Z", "2021-07-23X18:02:48Z",
		"2021/07/23T18:02:48Z", "2021-07-23T18:02:48 CEST", "-021-07-23T18:02:48Z" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++)
		if (read_time(bad[i]) != -1)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(iso_time(STR_NONE), -1);
}

/* A day and a bit at a time, to the end of 2399. */
static void
every_month(void **state)
{
	char text[40];
	struct tm tm;
	time_t t;

	(void)state;
	for (t = 0; t < INT64_C(13569465600); t += 86400 + 3607) {
		gmtime_r(&t, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		if (read_time(text) != (msec_t)t * 1000)
			fail_msg("%s", text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes),
		cmocka_unit_test(refused),
		cmocka_unit_test(every_month),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
