/* SPDX-License-Identifier: MIT */
/*
 * test_alert_reload.c: other rules while an alert fires.  It keeps what was,
 * and goes on by what the rule says now.
 */
#include "tests/unit/alerts_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ID "down/site"
#define MINUTE 60000

static struct desk desk;
static char why[128];

/* "bell" at once, "boss" after five minutes. */
static struct rule_def *
open_firing(void)
{
	struct rule_def *r;

	desk_init(&desk);
	r = desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5");
	desk_step(r, 5 * MINUTE, "boss");
	desk_open(&desk);
	desk_down(&desk, 6);
	assert_int_equal(desk.npages, 1);
	return r;
}

static void
reload(void)
{
	alerts_set_rules(desk.alerts, &desk.rules, &desk.calendars);
	desk_turn(&desk);
}

/* The last page so far: its hooks, and when, ms after the episode's begin. */
static void
expect_last(size_t n, const char *hooks, msec_t after)
{
	assert_int_equal(desk.npages, n);
	assert_string_equal(desk.page[n - 1].hooks, hooks);
	assert_int_equal(desk.page[n - 1].time - desk.page[0].time, after);
}

static void
drop_step(struct rule_def *r)
{
	char **hooks = r->steps[--r->nsteps].hooks;

	for (char **h = hooks; *h != NULL; h++)
		free(*h);
	free(hooks);
}

static void
test_a_longer_ladder(void **state)
{
	struct rule_def *r = open_firing();

	(void)state;
	desk_run(&desk, 6 * MINUTE);
	expect_last(2, "boss", 5 * MINUTE);
	assert_int_equal(desk_view(&desk, ID).next_step, -1);
	desk_step(r, 20 * MINUTE, "all");
	reload();
	assert_int_equal(desk.npages, 2);
	assert_int_equal(desk_view(&desk, ID).steps, 3);
	desk_run(&desk, 14 * MINUTE);
	expect_last(3, "all", 20 * MINUTE);
	assert_string_equal(desk_state(&desk, ID), "firing");
	desk_close(&desk);
}

static void
test_a_shorter_ladder(void **state)
{
	struct rule_def *r = open_firing();

	(void)state;
	desk_step(r, 9 * MINUTE, "all");
	reload();
	desk_run(&desk, 6 * MINUTE);
	drop_step(r);
	drop_step(r);
	reload();
	desk_run(&desk, 60 * MINUTE);
	assert_int_equal(desk.npages, 2);
	desk_down(&desk, 0);
	desk_run(&desk, MINUTE);
	assert_int_equal(desk.npages, 3);
	assert_string_equal(desk.page[2].hooks, "bell boss"); /* who was told */
	desk_close(&desk);
}

static void
test_a_step_that_is_to_come_moves(void **state)
{
	struct rule_def *r = open_firing();

	(void)state;
	desk_run(&desk, MINUTE);
	r->steps[1].after = 3 * MINUTE;
	reload();
	desk_run(&desk, 3 * MINUTE);
	expect_last(2, "boss", 3 * MINUTE);
	desk_close(&desk);
}

static void
test_a_repeat_that_was_not(void **state)
{
	struct rule_def *r = open_firing();

	(void)state;
	desk_run(&desk, 6 * MINUTE);
	r->repeat = 10 * MINUTE;
	reload();
	desk_run(&desk, 10 * MINUTE);
	expect_last(3, "boss", 16 * MINUTE);
	assert_int_equal(desk.page[2].kind, PAGE_REPEAT);
	reload();
	desk_run(&desk, 10 * MINUTE);
	expect_last(4, "boss", 26 * MINUTE); /* the same again changes nothing */
	r->repeat = 0;
	reload();
	desk_run(&desk, 60 * MINUTE);
	assert_int_equal(desk.npages, 4);
	desk_close(&desk);
}

static void
test_a_reload_takes_no_step_before_the_first(void **state)
{
	(void)state;
	desk_init(&desk);
	desk_step(
	    desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5"), MINUTE, "boss");
	desk_open(&desk);
	assert_int_equal(desk_order(&desk, ORDER_SILENCE, "*", desk.now + 5 * MINUTE, why), 0);
	desk_down(&desk, 6);
	reload();
	desk_run(&desk, 4 * MINUTE);
	assert_int_equal(desk.npages, 0);
	desk_run(&desk, 90000);
	expect_last(1, "bell", 0);
	desk_run(&desk, MINUTE);
	expect_last(2, "boss", MINUTE);
	desk_close(&desk);
}

static void
test_severity_and_words(void **state)
{
	struct rule_def *r = open_firing();
	struct alert_view v;

	(void)state;
	r->severity = SEVERITY_WARN;
	condition_fini(r->when);
	free(r->when);
	r->when = desk_condition("redis_down_seconds > 3");
	reload();
	v = desk_view(&desk, ID);
	assert_int_equal(v.severity, SEVERITY_WARN);
	assert_string_equal(v.condition.p, "redis_down_seconds > 3");
	assert_string_equal(v.summary.p, "hall: redis_down_seconds is 6, limit 3");
	assert_int_equal(v.threshold, 3000);
	assert_string_equal(v.episode.p, desk.page[0].episode);
	assert_int_equal(desk.npages, 1);
	desk_run(&desk, 5 * MINUTE);
	expect_last(2, "boss", 5 * MINUTE);
	assert_string_equal(desk.env[8], "CCMON_SEVERITY=warn");
	desk_close(&desk);
}

static void
test_an_acked_one_stays_acked(void **state)
{
	struct rule_def *r = open_firing();

	(void)state;
	assert_int_equal(desk_order(&desk, ORDER_ACK, ID, 0, why), 0);
	r->steps[1].after = 2 * MINUTE;
	desk_step(r, 10 * MINUTE, "all");
	reload();
	desk_run(&desk, 59 * MINUTE);
	assert_int_equal(desk.npages, 1);
	desk_run(&desk, 4 * MINUTE);
	expect_last(3, "boss", 62 * MINUTE);
	desk_close(&desk);
}

/* What is pending has held for as long as the alerts were told, however long
 * ago by the wall that was. */
static void
test_a_reload_is_no_look(void **state)
{
	struct rule_def *r;

	(void)state;
	desk_init(&desk);
	r = desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5");
	r->hold = MINUTE;
	desk_open(&desk);
	desk_down(&desk, 6);
	alerts_set_rules(desk.alerts, &desk.rules, &desk.calendars);
	desk_take(&desk);
	assert_string_equal(desk_state(&desk, ID), "pending");
	desk_down(&desk, 6);
	desk_run(&desk, MINUTE - 1);
	assert_string_equal(desk_state(&desk, ID), "pending");
	desk_run(&desk, 1);
	assert_string_equal(desk_state(&desk, ID), "firing");
	assert_int_equal(desk.npages, 1);
	desk_close(&desk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_longer_ladder),
		cmocka_unit_test(test_a_shorter_ladder),
		cmocka_unit_test(test_a_step_that_is_to_come_moves),
		cmocka_unit_test(test_a_repeat_that_was_not),
		cmocka_unit_test(test_a_reload_takes_no_step_before_the_first),
		cmocka_unit_test(test_severity_and_words),
		cmocka_unit_test(test_an_acked_one_stays_acked),
		cmocka_unit_test(test_a_reload_is_no_look),
	};

	return cmocka_run_group_tests_name("alert_reload", tests, NULL, NULL);
}
