/* SPDX-License-Identifier: MIT */
/*
 * test_business_minutes.c: business time of random calendars, against a count
 * of minutes, and its laws.
 *
 * The count knows nothing of spans or of tables of offsets.  It has what the
 * C library's clock shows at each minute, the latest it has shown so far, and
 * the earliest it is going to show: hours have begun when the former has come
 * to their opening, and are over when the latter has passed their closing.
 */
#include "calendar_kit.h"

#include <stdlib.h>

#define MINUTE INT64_C(60) /* s */
#define MINUTE_MS (MINUTE * MSEC_PER_SEC)
#define DAY INT64_C(86400) /* s */
#define QUARTER 15 /* minutes; clocks are changed at one of them */
#define LOOKED_DAYS 24 /* whose minutes are counted */
#define MARGIN_DAYS 4 /* around them, whose openings may reach in */
#define FIRST (MARGIN_DAYS * DAY_MINUTES)
#define PAST (FIRST + LOOKED_DAYS * DAY_MINUTES)
#define MINUTES (PAST + FIRST)

struct count {
	int64_t t0; /* of the first minute, s */
	int64_t wall[MINUTES]; /* what the clock shows at each, s */
	int64_t peak[MINUTES]; /* the most up to it */
	int64_t dip[MINUTES + 1]; /* the least from it on */
	int32_t open[MINUTES + 1]; /* open minutes before it */
};

/* ---- counting ---- */

static void
read_clock(struct count *n)
{
	struct tm tm;

	for (int i = 0; i < MINUTES; i++) {
		time_t t = n->t0 + i / QUARTER * QUARTER * MINUTE;

		if (i % QUARTER == 0)
			assert_non_null(localtime_r(&t, &tm));
		n->wall[i] = n->t0 + i * MINUTE + tm.tm_gmtoff;
		n->peak[i] = i > 0 && n->peak[i - 1] > n->wall[i] ? n->peak[i - 1] : n->wall[i];
	}
	n->dip[MINUTES] = INT64_MAX;
	for (int i = MINUTES - 1; i >= 0; i--)
		n->dip[i] = n->wall[i] < n->dip[i + 1] ? n->wall[i] : n->dip[i + 1];
}

static bool
is_within(const struct count *n, int i, int64_t date, const struct opening *o)
{
	int64_t from = date * DAY + o->from * MINUTE, to = date * DAY + o->to * MINUTE;

	return n->peak[i] >= from && (n->wall[i] < to || n->dip[i + 1] <= to);
}

static bool
is_open_by(const struct count *n, int i, int64_t date, const struct calendar *c)
{
	const struct opening *o = c->week[(date + 3) % 7];
	size_t nopen = c->nweek[(date + 3) % 7];

	for (size_t k = 0; k < c->nexceptions; k++)
		if (c->exception[k].date == date) {
			o = c->exception[k].open;
			nopen = c->exception[k].nopen;
		}
	for (size_t k = 0; k < nopen; k++)
		if (is_within(n, i, date, &o[k]))
			return true;
	return false;
}

static void
count_minutes(struct count *n, const struct calendar *c)
{
	for (int i = 0; i < MINUTES; i++) {
		int64_t date = n->wall[i] / DAY;
		bool open = false;

		for (int64_t d = date - 2; d <= date + 1; d++)
			open = open || is_open_by(n, i, d, c);
		n->open[i + 1] = n->open[i] + open;
	}
}

/* ---- comparing ---- */

static msec_t
random_instant(const struct count *n, int first, int past)
{
	int64_t minute = first + random_below((uint32_t)(past - first));

	return n->t0 * MSEC_PER_SEC + minute * MINUTE_MS +
	       (random_below(3) > 0 ? random_below((uint32_t)MINUTE_MS) : 0);
}

/* Open milliseconds since t0. */
static int64_t
open_until(const struct count *n, msec_t at)
{
	int64_t past = at - n->t0 * MSEC_PER_SEC, i = past / MINUTE_MS;

	return n->open[i] * MINUTE_MS + (n->open[i + 1] - n->open[i]) * (past % MINUTE_MS);
}

/* The first instant at which so many are over, or MSEC_NEVER: not here. */
static msec_t
instant_of(const struct count *n, int64_t open)
{
	for (int i = FIRST; i < PAST; i++)
		if (n->open[i + 1] * MINUTE_MS >= open)
			return n->t0 * MSEC_PER_SEC + i * MINUTE_MS + open - n->open[i] * MINUTE_MS;
	return MSEC_NEVER;
}

static void
compare_elapsed(const struct count *n, const struct calendar *c, const struct zone *z)
{
	msec_t from = random_instant(n, FIRST, PAST), to = random_instant(n, FIRST, PAST);
	int64_t wanted = from < to ? open_until(n, to) - open_until(n, from) : 0;
	int64_t open = calendar_elapsed(c, z, from, to);

	if (open != wanted)
		fail_msg("%s: from %lld to %lld %lld, not %lld", z->name, (long long)from,
		    (long long)to, (long long)open, (long long)wanted);
}

static void
compare_due(const struct count *n, const struct calendar *c, const struct zone *z)
{
	msec_t start = random_instant(n, FIRST, PAST), wanted, due;
	int64_t left = n->open[PAST] * MINUTE_MS - open_until(n, start), length = 1;

	if (left > 0)
		length += random_below((uint32_t)left);
	if (random_below(2))
		length += MINUTE_MS - length % MINUTE_MS; /* at a closing, now and then */
	wanted = instant_of(n, open_until(n, start) + length);
	due = calendar_due(c, z, start, length);
	if (wanted == MSEC_NEVER ? due < n->t0 * MSEC_PER_SEC + PAST * MINUTE_MS : due != wanted)
		fail_msg("%s: %lld from %lld is due %lld, not %lld", z->name, (long long)length,
		    (long long)start, (long long)due, (long long)wanted);
}

/* ---- laws, also far from what was counted ---- */

static void
check_sums(const struct calendar *c, const struct zone *z, msec_t a, msec_t b, msec_t t)
{
	int64_t ab = calendar_elapsed(c, z, a, b), bt = calendar_elapsed(c, z, b, t);

	assert_int_equal(ab + bt, calendar_elapsed(c, z, a, t));
	assert_in_range(ab, 0, b - a);
	assert_in_range(bt, 0, t - b);
}

static void
check_dues(const struct calendar *c, const struct zone *z, msec_t start, int64_t length, msec_t t)
{
	msec_t due = calendar_due(c, z, start, length);

	if (due != MSEC_NEVER) {
		assert_true(calendar_elapsed(c, z, start, due) == length);
		assert_true(due >= start + length);
		assert_true(calendar_due(c, z, start, length + 1) > due);
		assert_true(calendar_due(c, z, start + 1, length) >= due);
		assert_true(length == 0 || calendar_elapsed(c, z, start, due - 1) == length - 1);
	}
	length = calendar_elapsed(c, z, start, t);
	due = calendar_due(c, z, start, length);
	/* The calendar of exceptions only may have opened once in ten years. */
	assert_true(due <= t || (due == MSEC_NEVER && t - start > NEXT_OPEN_DAYS * DAY * 1000));
}

static void
check_laws(const struct calendar *c, const struct zone *z, msec_t start)
{
	const uint32_t farthest = 1 << (7 + random_below(15)); /* minutes; up to four years */
	msec_t b = start + random_below(farthest) * MINUTE_MS + random_below(1000);
	msec_t t = b + random_below(farthest) * MINUTE_MS + random_below(1000);

	check_sums(c, z, start, b, t);
	check_dues(c, z, start, random_below(farthest) * MINUTE_MS + random_below(1000), t);
}

/* ---- */

static void
try_calendar(struct count *n, const struct zone *z)
{
	int64_t day = random_day(z, LOOKED_DAYS);
	struct calendar c;

	n->t0 = day - day % DAY - MARGIN_DAYS * DAY;
	random_calendar(&c, day / DAY, LOOKED_DAYS);
	read_clock(n);
	count_minutes(n, &c);
	for (int k = 0; k < 100; k++) {
		compare_elapsed(n, &c, z);
		compare_due(n, &c, z);
		if (k % 4 == 0)
			check_laws(&c, z, random_instant(n, FIRST, PAST));
	}
	calendar_fini(&c);
}

static void
test_against_minutes(void **state)
{
	static const char *const names[] = { "Europe/Oslo", "America/New_York",
		"Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Chatham", "Africa/Casablanca",
		"America/Sao_Paulo" };
	static struct count n;
	struct zone z;

	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++) {
		assert_int_equal(zone_load(&z, names[i]), 0);
		assert_int_equal(setenv("TZ", names[i], 1), 0);
		tzset();
		for (int k = 0; k < 40; k++)
			try_calendar(&n, &z);
		zone_fini(&z);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
