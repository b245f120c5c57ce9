/* SPDX-License-Identifier: MIT */
/*
 * test_site.c: the contract's defaults, and the words of a configuration.
 */
#include <ccmon/site.h>

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static void
test_lengths(void **state)
{
	static const struct {
		const char *text;
		msec_t length;
	} cases[] = {
		{ "250ms", 250 },
		{ "20s", 20 * SECOND },
		{ "15m", 15 * MINUTE },
		{ "1h30m", 90 * MINUTE },
		{ "2d", 2 * DAY },
		{ "1w2d3h4m5s6ms", 9 * DAY + 3 * HOUR + 4 * MINUTE + 5 * SECOND + 6 },
		{ "1m1ms", MINUTE + 1 },
		{ "90s", 90 * SECOND },
		{ "0s", 0 },
		{ "9223372036854775807ms", INT64_MAX },
		{ "106751991167d", INT64_C(106751991167) * DAY },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		msec_t length = -1;

		assert_int_equal(duration_parse(cases[i].text, &length), 0);
		assert_true(length == cases[i].length);
	}
}

static void
test_no_lengths(void **state)
{
	static const char *const bad[] = { "", "0", "20", "s", "ms", "-1s", "+1s", " 1s", "1s ",
		"1 s", "1h 30m", "30m1h", "1s1s", "1ms1s", "1x", "1S", "1.5h", "1sec", "1hm",
		"20s5", "9223372036854775808ms", "99999999999999999999s", "106751991168d",
		"9223372036854775807ms1w", "15250284452w4d", "1s\n" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		msec_t length = 77;

		if (duration_parse(bad[i], &length) != -1)
			fail_msg("\"%s\" was taken as %lld ms", bad[i], (long long)length);
		assert_int_equal(length, 77);
	}
}

static void
test_defaults(void **state)
{
	const struct policy *p;
	struct site s;

	(void)state;
	site_defaults(&s);
	assert_int_equal(s.nzones, 1);
	assert_string_equal(s.zones[0].name, "UTC");
	assert_int_equal(zone_offset(&s.zones[0], 1780000000), 0);
	assert_int_equal(day_begin(&s.zones[0], 1780000000, 0), 1780000000 / 86400 * 86400);
	assert_int_equal(s.clock, CLOCK_WALL);
	assert_int_equal(s.day_start, 0);
	assert_int_equal(s.silent_after, 15 * SECOND);
	assert_int_equal(s.fcr_days, 7);
	assert_int_equal(s.limits.queues, 4096);
	assert_int_equal(s.limits.agents, 65536);
	assert_int_equal(s.limits.contacts, 1000000);
	assert_int_equal(s.limits.sources, 1024);
	assert_int_equal(s.nqueues + s.nfeeds, 0);

	p = &s.defaults[CHANNEL_CALL];
	assert_int_equal(p->threshold, 20 * SECOND);
	assert_int_equal(p->target, 8000);
	assert_int_equal(p->short_abandon, 5 * SECOND);
	assert_int_equal(p->formula, SL_SHORT_REMOVED);
	assert_int_equal(p->risk, 7500);
	assert_int_equal(p->max_wait, 2 * HOUR);
	assert_int_equal(p->max_handle, 8 * HOUR);
	assert_int_equal(p->max_open, 7 * 24 * HOUR);
	assert_int_equal(p->wrapup, 0);
	assert_int_equal(p->first_response, 0);

	p = &s.defaults[CHANNEL_CHAT];
	assert_int_equal(p->threshold, 30 * SECOND);
	assert_int_equal(p->first_response, MINUTE);
	assert_int_equal(p->next_response, 2 * MINUTE);
	assert_int_equal(p->max_wait, 2 * HOUR);
	assert_int_equal(p->max_handle, 12 * HOUR);
	assert_int_equal(p->max_open, 24 * HOUR);

	p = &s.defaults[CHANNEL_EMAIL];
	assert_int_equal(p->threshold, 0);
	assert_int_equal(p->first_response, 4 * HOUR);
	assert_int_equal(p->first_response_target, 9000);
	assert_int_equal(p->resolution, 2 * DAY);
	assert_int_equal(p->resolution_target, 9000);
	assert_int_equal(p->max_wait, 0);
	assert_int_equal(p->max_handle, 0);
	assert_int_equal(p->max_open, 90 * 24 * HOUR);
}

static void
test_windows(void **state)
{
	static const char *const bad[] = { "", "60x", "15m", "today", "0s", "500ms", "1500ms",
		"86401s", "25h", "1d1s", "yesterday", "15", "000000000001s" };
	struct site s;

	(void)state;
	site_defaults(&s);
	assert_int_equal(s.nwindows, 3);
	assert_string_equal(s.windows[0].name, "15m");
	assert_int_equal(s.windows[0].kind, WINDOW_ROLLING);
	assert_int_equal(s.windows[0].seconds, 900);
	assert_int_equal(s.windows[1].seconds, 3600);
	assert_string_equal(s.windows[2].name, "today");
	assert_int_equal(s.windows[2].kind, WINDOW_TODAY);

	for (size_t i = 0; i < COUNTOF(bad); i++)
		if (site_add_window(&s, bad[i]) != -1)
			fail_msg("\"%s\" was taken as a window", bad[i]);
	assert_int_equal(s.nwindows, 3);

	assert_int_equal(site_add_window(&s, "all"), 0);
	assert_int_equal(s.windows[3].kind, WINDOW_ALL);
	assert_int_equal(site_add_window(&s, "1d"), 0);
	assert_int_equal(s.windows[4].seconds, WINDOW_SECONDS_MAX);
	assert_int_equal(site_add_window(&s, "90s"), 0);
	assert_int_equal(s.windows[5].seconds, 90);
	assert_int_equal(site_add_window(&s, "1h29m59s"), 0);
	assert_int_equal(site_add_window(&s, "00000000002s"), -1);
	assert_int_equal(site_add_window(&s, "1s"), 0);
	assert_int_equal(s.nwindows, WINDOWS_MAX);
	assert_int_equal(site_add_window(&s, "2s"), -1);
}

static void
test_formulas(void **state)
{
	(void)state;
	for (int f = 0; f < SL_NFORMULAS; f++) {
		assert_int_equal(sl_formula_find(sl_formula_name(f)), f);
		assert_true(strlen(sl_formula_text(f)) > 0);
	}
	assert_int_equal(sl_formula_find("short_removed"), SL_SHORT_REMOVED);
	assert_int_equal(sl_formula_find("answered_only"), SL_ANSWERED_ONLY);
	assert_int_equal(sl_formula_find(""), -1);
	assert_int_equal(sl_formula_find("short"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_no_lengths),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_formulas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
