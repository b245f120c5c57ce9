/* SPDX-License-Identifier: MIT */
/*
 * stopwatch.h: how long something took, as far as the machine ran.  "Within
 * two seconds" is a promise of the program, not of a host that runs nobody for
 * three: a thread looks at the time every ten milliseconds, and what it sleeps
 * longer than fifty does not count.
 */
#ifndef TESTS_STOPWATCH_H
#define TESTS_STOPWATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#define RAN_STEP INT64_C(10) /* ms */
#define RAN_STEP_MAX INT64_C(50) /* ms; longer ones count as that */

static _Atomic int64_t ran_ms;

/* ms of the real clock */
static inline int64_t
stopwatch_look(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static inline void *
stopwatch_meter(void *arg)
{
	static const struct timespec step = { 0, RAN_STEP * 1000000 };

	for (int64_t before = stopwatch_look(), now;; before = now) {
		(void)nanosleep(&step, NULL);
		now = stopwatch_look();
		ran_ms += now - before < RAN_STEP_MAX ? now - before : RAN_STEP_MAX;
	}
	return arg;
}

/* Milliseconds since the first call, as far as the machine ran; it may be a
 * step late. */
static inline int64_t
ran(void)
{
	static pthread_t meter;

	if (meter == 0)
		assert_int_equal(pthread_create(&meter, NULL, stopwatch_meter, NULL), 0);
	return ran_ms;
}

struct stopwatch {
	int64_t began, ran;
};

static inline struct stopwatch
stopwatch(void)
{
	return (struct stopwatch){ stopwatch_look(), ran() };
}

/* Milliseconds: no fewer than low by the clock, and no more than high of a
 * machine that ran. */
static inline void
assert_took(struct stopwatch w, int64_t low, int64_t high)
{
	assert_true(stopwatch_look() - w.began >= low);
	assert_in_range(ran() - w.ran, 0, high);
}

#endif
