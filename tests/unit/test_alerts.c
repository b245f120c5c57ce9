/* SPDX-License-Identifier: MIT */
/*
 * test_alerts.c: one alert's life, row by row of the table in
 * doc/alerting.md.
 */
#include "tests/unit/alerts_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ID "down/site"

static struct desk desk;

/* A rule of the site: Redis is away for more than five seconds. */
static struct rule_def *
open_with(msec_t hold)
{
	struct rule_def *r;

	desk_init(&desk);
	r = desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5");
	r->hold = hold;
	desk_open(&desk);
	return r;
}

static void
expect(const char *state)
{
	assert_string_equal(desk_state(&desk, ID), state);
}

static void
after(msec_t ms)
{
	desk_run(&desk, ms);
}

static void
test_quiet(void **state)
{
	(void)state;
	open_with(0);
	after(10000);
	expect("none");
	desk_down(&desk, 5); /* not more than five */
	expect("none");
	assert_int_equal(desk.npages, 0);
	desk_close(&desk);
}

static void
test_fires_at_once_without_for(void **state)
{
	(void)state;
	open_with(0);
	desk_down(&desk, 6);
	expect("firing");
	assert_int_equal(desk.npages, 1);
	assert_int_equal(desk.page[0].kind, PAGE_FIRE);
	assert_int_equal(desk.page[0].time, KIT_NOON);
	assert_string_equal(desk.page[0].hooks, "bell");
	assert_string_equal(desk.page[0].summary, "hall: redis_down_seconds is 6, limit 5");
	assert_int_equal(desk_view(&desk, ID).began, KIT_NOON);
	desk_close(&desk);
}

static void
test_pends_for_as_long_as_said(void **state)
{
	(void)state;
	open_with(10000);
	desk_down(&desk, 6);
	expect("pending");
	assert_int_equal(desk_view(&desk, ID).episode.n, 0);
	after(9999);
	expect("pending");
	after(1);
	expect("firing");
	assert_int_equal(desk_view(&desk, ID).began, KIT_NOON + 10000);
	assert_int_equal(desk.npages, 1);
	desk_close(&desk);
}

static void
test_pending_is_dropped(void **state)
{
	(void)state;
	open_with(10000);
	desk_down(&desk, 6);
	after(9000);
	desk_down(&desk, 0);
	expect("none");
	desk_down(&desk, 6); /* and begins anew */
	after(9999);
	expect("pending");
	after(1);
	expect("firing");
	desk_close(&desk);
}

static void
test_resolves_after_clear_for(void **state)
{
	(void)state;
	open_with(0);
	desk_down(&desk, 6);
	after(60000);
	desk_down(&desk, 0);
	after(29999);
	expect("firing");
	after(1);
	expect("resolved");
	assert_int_equal(desk.npages, 2);
	assert_int_equal(desk.page[1].kind, PAGE_RESOLVE);
	assert_string_equal(desk.page[1].summary, "hall: down resolved after 1m30s");
	assert_string_equal(desk.page[1].hooks, "bell");
	desk_close(&desk);
}

static void
test_a_break_starts_clear_for_anew(void **state)
{
	(void)state;
	open_with(0);
	desk_down(&desk, 6);
	desk_down(&desk, 0);
	after(29000);
	desk_down(&desk, 6);
	desk_down(&desk, 0);
	after(29999);
	expect("firing");
	after(1);
	expect("resolved");
	desk_close(&desk);
}

static void
test_resolved_is_shown_a_quarter_of_an_hour(void **state)
{
	(void)state;
	open_with(0)->clear_for = 0;
	desk_down(&desk, 6);
	desk_down(&desk, 0);
	expect("resolved");
	after(RESOLVED_MS - 1);
	expect("resolved");
	after(1);
	expect("none");
	desk_close(&desk);
}

static void
test_a_new_episode_after_resolved(void **state)
{
	char first[EPISODE_MAX];

	(void)state;
	open_with(0)->clear_for = 0;
	desk_down(&desk, 6);
	snprintf(first, sizeof(first), "%.*s", STR_ARG(desk_view(&desk, ID).episode));
	desk_down(&desk, 0);
	after(1000);
	desk_down(&desk, 6);
	expect("firing");
	assert_false(desk_view(&desk, ID).episode.n == strlen(first) &&
	             memcmp(desk_view(&desk, ID).episode.p, first, strlen(first)) == 0);
	assert_int_equal(desk.npages, 3);
	desk_close(&desk);
}

static void
test_hysteresis(void **state)
{
	struct rule_def *r = open_with(0);

	(void)state;
	desk_clear(r, "redis_down_seconds <= 2");
	alerts_set_rules(desk.alerts, &desk.rules, &desk.calendars);
	desk_down(&desk, 6);
	desk_down(&desk, 4); /* neither */
	after(120000);
	expect("firing");
	desk_down(&desk, 2);
	after(30000);
	expect("resolved");
	desk_down(&desk, 4);
	after(120000);
	expect("resolved");
	desk_close(&desk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_fires_at_once_without_for),
		cmocka_unit_test(test_pends_for_as_long_as_said),
		cmocka_unit_test(test_pending_is_dropped),
		cmocka_unit_test(test_resolves_after_clear_for),
		cmocka_unit_test(test_a_break_starts_clear_for_anew),
		cmocka_unit_test(test_resolved_is_shown_a_quarter_of_an_hour),
		cmocka_unit_test(test_a_new_episode_after_resolved),
		cmocka_unit_test(test_hysteresis),
	};

	return cmocka_run_group_tests_name("alerts", tests, NULL, NULL);
}
