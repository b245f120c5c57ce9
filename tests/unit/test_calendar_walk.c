/* SPDX-License-Identifier: MIT */
/*
 * test_calendar_walk.c: random calendars in many zones and years, against a
 * walk that looks at every minute and knows nothing but what the wall clock
 * shows at it.
 */
#include "calendar_kit.h"

#define MINUTE INT64_C(60)
#define DAY INT64_C(86400)
#define LOOKED_DAYS 6 /* whose minutes are compared */
#define MARGIN_DAYS 4 /* around them, whose openings may reach in */
#define MINUTES ((LOOKED_DAYS + 2 * MARGIN_DAYS) * DAY_MINUTES)

struct look {
	int64_t t0; /* of the first minute */
	int64_t wall[MINUTES]; /* what the clock shows at each, s */
	bool open[MINUTES];
};

/* The first minute that shows the wall time, or the last; where none does, the
 * first that shows more. */
static int
shown(const struct look *l, int64_t wall, bool last)
{
	int found = -1, past = -1;

	for (int i = 0; i < MINUTES; i++) {
		if (l->wall[i] == wall && (found < 0 || last))
			found = i;
		if (l->wall[i] > wall && past < 0)
			past = i;
	}
	return found >= 0 ? found : past >= 0 ? past : MINUTES;
}

static void
look_at_hours(struct look *l, int64_t date, const struct opening *o, size_t n)
{
	int end;

	for (size_t k = 0; k < n; k++) {
		end = shown(l, date * DAY + o[k].to * MINUTE, true);
		for (int i = shown(l, date * DAY + o[k].from * MINUTE, false); i < end; i++)
			l->open[i] = true;
	}
}

static const struct exception *
exception_of(const struct calendar *c, int64_t date)
{
	for (size_t i = 0; i < c->nexceptions; i++)
		if (c->exception[i].date == date)
			return &c->exception[i];
	return NULL;
}

static void
look(struct look *l, const struct calendar *c, const struct zone *z, int64_t day)
{
	const int64_t date = (day + zone_offset(z, day)) / DAY;
	const struct exception *e;

	memset(l->open, 0, sizeof(l->open));
	l->t0 = (date - MARGIN_DAYS) * DAY - zone_offset(z, day);
	for (int i = 0; i < MINUTES; i++)
		l->wall[i] = l->t0 + i * MINUTE + zone_offset(z, l->t0 + i * MINUTE);
	for (int64_t d = date - MARGIN_DAYS + 1; d < date + LOOKED_DAYS + MARGIN_DAYS - 1; d++) {
		e = exception_of(c, d);
		if (e != NULL)
			look_at_hours(l, d, e->open, e->nopen);
		else
			look_at_hours(l, d, c->week[(d + 3) % 7], c->nweek[(d + 3) % 7]);
	}
}

/* The next minute at which that changes, of those that are looked at, or -1. */
static int
next_change(const struct look *l, int i)
{
	for (int k = i + 1; k < MINUTES - MARGIN_DAYS * DAY_MINUTES; k++)
		if (l->open[k] != l->open[i])
			return k;
	return -1;
}

static void
compare(const struct look *l, const struct calendar *c, const struct zone *z)
{
	const int first = MARGIN_DAYS * DAY_MINUTES, past = MINUTES - MARGIN_DAYS * DAY_MINUTES;
	msec_t at, next;
	int change;

	for (int i = first; i < past; i++) {
		at = (l->t0 + i * MINUTE) * 1000 + random_below(60000);
		if (calendar_is_open(c, z, at) != l->open[i])
			fail_msg("%s at %lld: not %d", z->name, (long long)at, l->open[i]);
	}
	for (int k = 0; k < 50; k++) {
		int i = first + (int)random_below((uint32_t)(past - first));

		at = (l->t0 + i * MINUTE) * 1000 + random_below(60000);
		next = calendar_next_change(c, z, at);
		change = next_change(l, i);
		if (change < 0)
			assert_true(next >= (l->t0 + past * MINUTE) * 1000);
		else
			assert_int_equal(next, (l->t0 + change * MINUTE) * 1000);
	}
}

static void
test_against_looking(void **state)
{
	static const char *const names[] = { "UTC", "Europe/Oslo", "America/New_York",
		"America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Asia/Kathmandu",
		"Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kwajalein", "Africa/Cairo",
		"Africa/Casablanca", "Asia/Tehran", "America/St_Johns", "America/Asuncion",
		"Antarctica/Troll", "America/Scoresbysund", "Asia/Gaza" };
	static struct look l;
	struct calendar c;
	struct zone z;

	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++) {
		assert_int_equal(zone_load(&z, names[i]), 0);
		for (int k = 0; k < 12; k++) {
			int64_t day = random_day(&z, LOOKED_DAYS);

			random_calendar(&c, day / DAY, LOOKED_DAYS);
			look(&l, &c, &z, day);
			compare(&l, &c, &z);
			calendar_fini(&c);
		}
		zone_fini(&z);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_looking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
