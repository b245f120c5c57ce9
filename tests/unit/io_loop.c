/* SPDX-License-Identifier: MIT */
/*
 * io_loop.c: does the daemon know when its engine stands still?  Of the
 * daemon there is only what is asked: the engine, and what it was told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/loop.h"

#define T INT64_C(1767225600000) /* 2026-01-01 */

static void
test_advances(void **state)
{
	struct settings settings = { 0 };
	struct daemon d = { .settings = &settings, .live = true, .wall = T };

	(void)state;
	site_defaults(&settings.site);
	d.engine = engine_new(&settings.site);
	assert_non_null(d.engine);
	engine_tick(d.engine, T);
	assert_true(loop_advances(&d));
	d.wall = T + 1; /* it was told so, and has not moved */
	assert_false(loop_advances(&d));
	engine_tick(d.engine, T + 1);
	assert_true(loop_advances(&d));
	d.wall = T - 60000; /* somebody set the clock back */
	assert_true(loop_advances(&d));
	engine_free(d.engine);
}

/* While it waits for Redis or follows a journal, it may stand. */
static void
test_waits(void **state)
{
	struct settings settings = { 0 };
	struct daemon d = { .settings = &settings, .live = false, .wall = T };

	(void)state;
	site_defaults(&settings.site);
	d.engine = engine_new(&settings.site);
	assert_non_null(d.engine);
	assert_true(loop_advances(&d));
	d.live = true;
	assert_false(loop_advances(&d));
	settings.site.clock = CLOCK_EVENTS;
	assert_true(loop_advances(&d));
	engine_free(d.engine);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_advances),
		cmocka_unit_test(test_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
