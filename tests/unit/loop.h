/* SPDX-License-Identifier: MIT */
/*
 * loop.h: runs the event loop until what a test waits for is so, and fails
 * after ten seconds of a machine that ran.
 */
#ifndef TESTS_LOOP_H
#define TESTS_LOOP_H

#include <event2/event.h>

#include <ccmon/clock.h>
#include <ccmon/service.h>

#include "stopwatch.h"

static inline void
loop_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
}

/* Runs the loop until it is so; fails after ten seconds. */
static inline void
loop_until(bool (*is_so)(void *), void *arg)
{
	static const struct timeval often = { 0, 5000 };
	struct event *tick = event_new(service_base(), -1, EV_PERSIST, loop_tick, NULL);
	msec_t end;

	clock_turn();
	end = ran() + 10000;
	event_add(tick, &often);
	while (!is_so(arg)) {
		assert_true(ran() < end);
		event_base_loop(service_base(), EVLOOP_ONCE);
		clock_turn();
	}
	event_free(tick);
}

#endif
