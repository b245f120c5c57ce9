/* SPDX-License-Identifier: MIT */
/*
 * test_story.c: what the story of the demonstration says happens when: who is
 * gone, who waits meanwhile, who cannot be heard, and that it comes again.
 * What the daemon makes of it is tests/it/test_story.py's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ctl/feed/sim.h"

#define BEGAN INT64_C(1772452800000) /* 2026-03-02T12:00:00Z */
#define PAST 3600000 /* ms */
#define ROUND 180000
#define SEEDS 50
#define RUSH_FROM 35000
#define RUSH_TO 75000
#define DARK_FROM 60000
#define DARK_TO 106000
#define SILENT_FROM 135000
#define SILENT_TO 160000

static struct sim *
story(uint64_t seed, unsigned rounds)
{
	struct sim *sim = sim_new(&(struct sim_options){ .seed = seed,
	    .start = BEGAN - PAST,
	    .past = PAST,
	    .length = (msec_t)rounds * ROUND,
	    .rate = 1,
	    .story = true });

	assert_non_null(sim);
	return sim;
}

struct office {
	int here, waiting, answered, least;
	bool dark;
};

static void
count(struct office *o, const struct event *ev)
{
	switch (ev->event) {
	case EV_QUEUED:
		o->waiting++;
		break;
	case EV_ANSWERED:
		o->answered++;
		o->waiting--;
		break;
	case EV_ABANDONED:
	case EV_FLOWED_OUT:
	case EV_CALLBACK:
		o->waiting--;
		break;
	}
}

/* An office's agents name its queue alone when they come. */
static void
count_staff(struct office *o, const struct event *ev, struct str queue, struct str *names)
{
	int i;

	if (ev->event == EV_LOGIN && str_eq(ev->queues, queue)) {
		for (i = 0; names[i].n > 0 && !str_eq(names[i], ev->agent); i++)
			;
		names[i] = ev->agent;
		o->here++;
	}
	if (ev->event == EV_LOGOUT)
		for (i = 0; names[i].n > 0; i++)
			o->here -= str_eq(names[i], ev->agent);
}

static bool
is_between(msec_t t, msec_t from, msec_t to)
{
	return t >= from && t < to;
}

/* From the dark on nobody is there and nobody answers, and after 20 s of it at
 * the latest somebody waits; then all are back. */
static void
an_office_goes_dark(struct sim *sim, struct str queue, unsigned round)
{
	struct str names[32] = { STR_NONE };
	struct office o = { .least = 1 };
	struct event ev;
	msec_t t;
	int all = 0;

	while (sim_next(sim, &ev)) {
		t = ev.time - BEGAN - (msec_t)round * ROUND;
		count_staff(&o, &ev, queue, names);
		if ((ev.has & HAS(QUEUE)) && str_eq(ev.queue, queue))
			count(&o, &ev);
		if (t < DARK_FROM)
			all = o.here;
		if (is_between(t, DARK_FROM + 1, DARK_TO)) {
			assert_int_equal(o.here, 0);
			assert_false(ev.event == EV_ANSWERED && str_eq(ev.queue, queue));
		}
		if (is_between(t, DARK_FROM + 20000, DARK_TO) && o.waiting < o.least)
			o.least = o.waiting;
	}
	assert_true(all >= 5);
	assert_true(o.here >= all);
	assert_true(o.least >= 1);
	assert_true(o.answered > 50);
	sim_free(sim);
}

static void
each_time_another(void **state)
{
	static const char *const queues[] = { "orders", "returns", "billing", "delivery",
		"orders" };
	uint64_t seed;
	unsigned i;

	(void)state;
	for (seed = 1; seed <= 5; seed++)
		for (i = 0; i < COUNTOF(queues); i++)
			an_office_goes_dark(story(seed, i + 1), str_of(queues[i]), i);
}

static void
a_source_is_silent(void **state)
{
	static const char *const sources[] = { "chat1", "mail1", "pbx1", "" };
	struct sim *sim = story(1, 8);
	struct event ev;
	unsigned beats = 0;
	bool silent;
	msec_t t;

	(void)state;
	while (sim_next(sim, &ev)) {
		t = ev.time - BEGAN;
		silent = t >= 0 && is_between(t % ROUND, SILENT_FROM, SILENT_TO) &&
		         str_is(ev.source, sources[t / ROUND % COUNTOF(sources)]);
		assert_int_equal(sim_is_silent(sim, ev.source), silent);
		beats += silent && ev.event == EV_HEARTBEAT;
	}
	assert_int_equal(beats, 6 * (SILENT_TO - SILENT_FROM) / 5000); /* it goes on */
	sim_free(sim);
}

/* Contacts of one queue in a part of a round, of as many seeds as there are. */
static unsigned
offered(const char *queue, unsigned round, msec_t from, msec_t to)
{
	unsigned n = 0;
	uint64_t seed;

	for (seed = 1; seed <= SEEDS; seed++) {
		struct sim *sim = story(seed, round + 1);
		struct event ev;

		while (sim_next(sim, &ev))
			n += ev.event == EV_QUEUED && str_is(ev.queue, queue) &&
			     is_between(ev.time - BEGAN - (msec_t)round * ROUND, from, to);
		sim_free(sim);
	}
	return n;
}

/* 70 an hour make 39 in 40 seconds of fifty seeds, four times that 156; what
 * is left of five deviations of both. */
static void
a_rush(void **state)
{
	unsigned quiet = offered("sales", 0, -RUSH_TO, -RUSH_FROM);
	unsigned busy = offered("sales", 0, RUSH_FROM, RUSH_TO);

	(void)state;
	assert_in_range(quiet, 8, 71);
	assert_in_range(busy, 93, 219);
}

/* Ten queues, and each is as busy as it should be before anything happens. */
static void
a_quiet_hour(void **state)
{
	static const struct {
		const char *name;
		unsigned low, high; /* in the hour: four deviations */
	} queues[] = { { "sales", 36, 110 }, { "support", 44, 122 }, { "vip", 18, 72 },
		{ "billing", 76, 164 }, { "orders", 76, 164 }, { "returns", 76, 164 },
		{ "delivery", 76, 164 }, { "chat", 30, 95 }, { "advice", 12, 62 },
		{ "mail", 15, 75 } };
	unsigned i, n[COUNTOF(queues)] = { 0 }, others = 0;
	struct sim *sim = story(2, 0);
	struct event ev;

	(void)state;
	while (sim_next(sim, &ev)) {
		if (ev.event != EV_QUEUED)
			continue;
		for (i = 0; i < COUNTOF(queues); i++)
			if (str_is(ev.queue, queues[i].name))
				break;
		if (i < COUNTOF(queues))
			n[i]++;
		else
			others++;
	}
	for (i = 0; i < COUNTOF(queues); i++)
		assert_in_range(n[i], queues[i].low, queues[i].high);
	assert_int_equal(others, 0);
	sim_free(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_time_another),
		cmocka_unit_test(a_source_is_silent),
		cmocka_unit_test(a_rush),
		cmocka_unit_test(a_quiet_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
