/* SPDX-License-Identifier: MIT */
/*
 * test_vitals.c: what the daemon makes of what it sees of itself.
 */
#include "daemon/vitals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MINUTE 60000

static int64_t value[MONITOR_COUNT];

static void
redis_is_down_since_it_was_good(void **state)
{
	struct facts f = { .redis_good = true, .oldest_page = -1 };
	struct vitals v;

	(void)state;
	vitals_init(&v, 1000);
	vitals_read(&v, &f, 5000, value);
	assert_int_equal(value[MONITOR_REDIS_DOWN], 0);
	f.redis_good = false;
	vitals_read(&v, &f, 5900, value);
	assert_int_equal(value[MONITOR_REDIS_DOWN], 0); /* a commit is under way */
	vitals_read(&v, &f, 12000, value);
	assert_int_equal(value[MONITOR_REDIS_DOWN], 7000);
	f.redis_good = true;
	vitals_read(&v, &f, 12001, value);
	assert_int_equal(value[MONITOR_REDIS_DOWN], 0);
}

static void
redis_that_never_was_there_is_down_since_the_begin(void **state)
{
	struct facts f = { .oldest_page = -1 };
	struct vitals v;

	(void)state;
	vitals_init(&v, 1000);
	vitals_read(&v, &f, 9000, value);
	assert_int_equal(value[MONITOR_REDIS_DOWN], 8000);
}

static void
figures_are_late_when_the_engine_is(void **state)
{
	struct facts f = { .wall = 100000, .engine_now = 40000, .oldest_page = -1 };
	struct vitals v;

	(void)state;
	vitals_init(&v, 0);
	vitals_read(&v, &f, 5000, value);
	assert_int_equal(value[MONITOR_LATE], 0); /* it is not loaded */
	f.loaded = true;
	vitals_read(&v, &f, 5200, value);
	assert_int_equal(value[MONITOR_LATE], 200); /* it had no more time for it */
	vitals_read(&v, &f, 90000, value);
	assert_int_equal(value[MONITOR_LATE], 60000);
	f.engine_now = 100001; /* the clock was set back */
	vitals_read(&v, &f, 90000, value);
	assert_int_equal(value[MONITOR_LATE], 0);
}

static void
the_oldest_page_and_the_largest_skew(void **state)
{
	struct facts f = { .wall = 100000, .oldest_page = 70000, .skew = -2500 };
	struct vitals v;

	(void)state;
	vitals_init(&v, 0);
	vitals_read(&v, &f, 0, value);
	assert_int_equal(value[MONITOR_OUTBOX], 30000);
	assert_int_equal(value[MONITOR_SKEW], 2500);
	f.oldest_page = -1;
	vitals_read(&v, &f, 0, value);
	assert_int_equal(value[MONITOR_OUTBOX], 0);
}

static int64_t
given_up(struct vitals *v, uint64_t total, msec_t mono)
{
	struct facts f = { .oldest_page = -1, .given_up = total };

	vitals_read(v, &f, mono, value);
	return value[MONITOR_HOOK_FAILED];
}

static void
what_is_recent_is_forgotten_after_ten_minutes(void **state)
{
	struct vitals v;

	(void)state;
	vitals_init(&v, 0);
	assert_int_equal(given_up(&v, 7, 0), 0); /* before our time */
	assert_int_equal(given_up(&v, 9, 30 * 1000), 2);
	assert_int_equal(given_up(&v, 10, 5 * MINUTE), 3);
	assert_int_equal(given_up(&v, 10, 9 * MINUTE + 59999), 3);
	assert_int_equal(given_up(&v, 10, 10 * MINUTE), 1);
	assert_int_equal(given_up(&v, 10, 15 * MINUTE), 0);
	assert_int_equal(given_up(&v, 12, 1000 * MINUTE), 2); /* after a long pause */
	assert_int_equal(given_up(&v, 12, 5000 * MINUTE), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(redis_is_down_since_it_was_good),
		cmocka_unit_test(redis_that_never_was_there_is_down_since_the_begin),
		cmocka_unit_test(figures_are_late_when_the_engine_is),
		cmocka_unit_test(the_oldest_page_and_the_largest_skew),
		cmocka_unit_test(what_is_recent_is_forgotten_after_ten_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
