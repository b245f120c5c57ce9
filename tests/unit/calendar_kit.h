/* SPDX-License-Identifier: MIT */
/*
 * calendar_kit.h: calendars for tests, of texts and at random.
 */
#ifndef TESTS_CALENDAR_KIT_H
#define TESTS_CALENDAR_KIT_H

#include <ccmon/calendar.h>

#include <stdio.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define TEXTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Lists end with NULL, or are NULL. */
static inline void
set_up(struct calendar *c, const char *const *open, const char *const *exceptions)
{
	char why[200];

	*c = (struct calendar){ 0 };
	for (; open != NULL && *open != NULL; open++)
		if (calendar_add_open(c, *open, why, sizeof(why)) != 0)
			fail_msg("%s: %s", *open, why);
	for (; exceptions != NULL && *exceptions != NULL; exceptions++)
		if (calendar_add_exception(c, *exceptions, why, sizeof(why)) != 0)
			fail_msg("%s: %s", *exceptions, why);
}

static inline uint32_t
random_below(uint32_t n)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 32) % n;
}

/* Half of the hours in the small hours, where the clocks are changed. */
static inline void
random_hours(char *text, size_t len)
{
	uint32_t from, to;

	do {
		from = random_below(2) ? random_below(5 * 60) : random_below(DAY_MINUTES);
		to = random_below(2) ? random_below(5 * 60) : random_below(DAY_MINUTES + 1);
		if (random_below(2)) {
			from -= from % 30;
			to -= to % 30;
		}
	} while (from == to);
	snprintf(text, len, "%02u:%02u-%02u:%02u", from / 60, from % 60, to / 60, to % 60);
}

/* Hours that pass midnight, touch and overlap, and exceptions within so many
 * days of a date. */
static inline void
random_calendar(struct calendar *c, int64_t date, uint32_t days)
{
	static const char *const names[] = { "daily", "mon-fri", "fri-mon", "sat", "sun", "sat-sun",
		"wed-tue" };
	char hours[32], text[64], why[100];
	uint32_t n = random_below(5);

	*c = (struct calendar){ 0 };
	while (n-- > 0) {
		random_hours(hours, sizeof(hours));
		snprintf(text, sizeof(text), "%s %s", names[random_below(COUNTOF(names))], hours);
		if (calendar_add_open(c, text, why, sizeof(why)) != 0)
			fail_msg("%s: %s", text, why);
	}
	for (n = random_below(1 + days / 2); n > 0; n--) {
		time_t t = (date + random_below(days)) * 86400;
		size_t at = strftime(text, sizeof(text), "%F", gmtime(&t));

		random_hours(hours, sizeof(hours));
		if (random_below(2))
			snprintf(text + at, sizeof(text) - at, " %s", hours);
		/* Refused where the date is closed already: also a calendar. */
		if (calendar_add_exception(c, text, why, sizeof(why)) != 0)
			assert_non_null(strstr(why, "is given as closed and as open"));
	}
}

/* In [1971, 2038), half of them in the days before a change of the clock. */
static inline int64_t
random_day(const struct zone *z, uint32_t days_before)
{
	const int64_t low = 31536000, high = 2145916800;
	int64_t t = low + random_below((uint32_t)(high - low));
	size_t i = random_below((uint32_t)z->n);

	if (random_below(2) == 0 && z->at[i] > low && z->at[i] < high)
		t = z->at[i] - random_below(days_before) * INT64_C(86400);
	return t - t % 60;
}

#endif
