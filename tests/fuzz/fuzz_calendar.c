/* SPDX-License-Identifier: MIT */
/*
 * fuzz_calendar.c: any lines as opening hours and as exceptions.
 *
 * What is taken leaves the hours of every day in order and apart; what is
 * refused says why and changes nothing.  Then the calendar is walked from
 * change to change, through both nights in which the clock is put: it is open
 * on one side of each and closed on the other, and nowhere in between does
 * that change.  Business time adds up over the same changes, and a length of
 * it is due where it is used up, and not a millisecond sooner.
 */
#include <ccmon/calendar.h>

#include <assert.h>
#include <stdlib.h>

#define HOUR 3600
#define CHANGES 64 /* to walk over */
#define SUMS 16 /* of them to add up */
#define WEEK 7

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Oslo, 2026: forward 29 March 01:00 UTC, back 25 October 01:00 UTC. */
static int64_t oslo_at[] = { INT64_MIN, 1774746000, 1792890000 };
static int32_t oslo_offset[] = { HOUR, 2 * HOUR, HOUR };
static const struct zone oslo = { "Europe/Oslo", COUNTOF(oslo_at), oslo_at, oslo_offset };

static size_t
check_hours(const struct opening *o, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert(o[i].from < o[i].to && o[i].from < DAY_MINUTES && o[i].to < 2 * DAY_MINUTES);
		assert(i == 0 || o[i - 1].to < o[i].from);
	}
	return n;
}

/* All in order; how many there are. */
static size_t
check_calendar(const struct calendar *c)
{
	size_t n = c->nexceptions;

	for (int day = 0; day < WEEK; day++)
		n += check_hours(c->week[day], c->nweek[day]);
	for (size_t i = 0; i < c->nexceptions; i++) {
		n += check_hours(c->exception[i].open, c->exception[i].nopen);
		assert(i == 0 || c->exception[i - 1].date < c->exception[i].date);
	}
	return n;
}

static void
add_line(struct calendar *c, const char *line)
{
	char why[200] = "", other[200] = "";
	size_t before = check_calendar(c);

	if (calendar_add_open(c, line, why, sizeof(why)) == 0 ||
	    calendar_add_exception(c, line, other, sizeof(other)) == 0)
		return;
	assert(*why != '\0' && *other != '\0');
	assert(check_calendar(c) == before);
}

static void
walk_changes(const struct calendar *c, msec_t at)
{
	msec_t change;

	for (int i = 0; i < CHANGES; i++, at = change) {
		bool open = calendar_is_open(c, &oslo, at);

		change = calendar_next_change(c, &oslo, at);
		if (change == MSEC_NEVER)
			return;
		assert(change > at);
		assert(calendar_is_open(c, &oslo, at + (change - at) / 2) == open);
		assert(calendar_is_open(c, &oslo, change - 1) == open);
		assert(calendar_is_open(c, &oslo, change) != open);
	}
}

static void
check_due(const struct calendar *c, msec_t start, int64_t length)
{
	msec_t due = calendar_due(c, &oslo, start, length);

	if (due == MSEC_NEVER)
		return;
	assert(calendar_elapsed(c, &oslo, start, due) == length);
	assert(length == 0 || calendar_elapsed(c, &oslo, start, due - 1) == length - 1);
}

/* From one change to the next all of the time is open, or nothing. */
static void
add_up(const struct calendar *c, const msec_t start)
{
	int64_t open = 0;
	msec_t at = start, change;

	for (int i = 0; i < SUMS; i++, at = change) {
		change = calendar_next_change(c, &oslo, at);
		if (change == MSEC_NEVER)
			return;
		if (calendar_is_open(c, &oslo, at))
			open += change - at;
		assert(calendar_elapsed(c, &oslo, start, change) == open);
		check_due(c, start, open);
		check_due(c, start, open / 2 + 1);
		check_due(c, at + (change - at) / 3, open + 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct calendar c = { 0 };
	char *text = malloc(size + 1), *rest = text, *line;

	assert(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL)
		add_line(&c, line);
	check_calendar(&c);
	for (size_t i = 1; i < COUNTOF(oslo_at); i++) {
		walk_changes(&c, (oslo_at[i] - 3 * 24 * HOUR) * MSEC_PER_SEC);
		add_up(&c, (oslo_at[i] - 3 * 24 * HOUR) * MSEC_PER_SEC);
	}
	calendar_fini(&c);
	free(text);
	return 0;
}
