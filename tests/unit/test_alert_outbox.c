/* SPDX-License-Identifier: MIT */
/*
 * test_alert_outbox.c: pages of an outbox told by hand, one at a time: rounds,
 * repeats and ends the state does not know, and what makes no sense.
 */
#include "tests/unit/alerts_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MINUTE 60000

static struct desk desk;
static struct desk_kept kept;
static char told_episode[EPISODE_MAX];
static msec_t told_began;

/* A page of that alert's episode, stored; and delivered, if it is finished. */
static void
tell_as(bool finished, const char *alert, enum page_kind kind, const char *page, uint16_t round,
    uint16_t step, msec_t time)
{
	struct page_ref ref = { kit_str(alert), kit_str(told_episode), told_began, round, step };
	char id[PAGE_ID_MAX];

	snprintf(id, sizeof(id), "%s.%s", told_episode, page);
	alerts_told(desk.alerts, &(struct told_page){ .id = kit_str(id),
	                             .kind = kind,
	                             .time = time,
	                             .finished = finished,
	                             .delivered = finished,
	                             .refs = &ref,
	                             .nrefs = 1 });
}

static void
tell(const char *alert, enum page_kind kind, const char *page, uint16_t round, uint16_t step,
    msec_t time)
{
	tell_as(true, alert, kind, page, round, step, time);
}

/* "down", which fires since half a minute, and what is kept knows it. */
static struct rule_def *
open_down(void)
{
	struct rule_def *r;

	kept = (struct desk_kept){ 0 };
	desk_init(&desk);
	r = desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5");
	desk_step(r, MINUTE, "boss");
	r->repeat = 2 * MINUTE;
	desk_open(&desk);
	desk_down(&desk, 6);
	memcpy(told_episode, desk.page[0].episode, EPISODE_MAX);
	told_began = desk.page[0].began;
	desk_run(&desk, MINUTE / 2);
	desk_commit(&desk, &kept);
	return r;
}

static void
close_down(void)
{
	desk_forget(&kept);
	desk_close(&desk);
}

static void
restart(msec_t later)
{
	desk.now += later;
	desk.npages = 0;
	desk_restart(&desk, &kept);
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, 6000, NULL);
}

static void
test_repeats_go_on_from_the_last(void **state)
{
	(void)state;
	open_down();
	restart(6 * MINUTE);
	tell("down/site", PAGE_ESCALATE, "0.1", 0, 1, told_began + MINUTE);
	tell("down/site", PAGE_REPEAT, "0.r2", 0, 1, told_began + 5 * MINUTE);
	tell("down/site", PAGE_REPEAT, "0.r1", 0, 1, told_began + 3 * MINUTE);
	desk_run(&desk, 0);
	assert_int_equal(desk.npages, 0);
	assert_int_equal(desk_view(&desk, "down/site").next_step, told_began + 7 * MINUTE);
	desk_run(&desk, MINUTE);
	assert_int_equal(desk.npages, 1);
	assert_string_equal(desk.page[0].id + EPISODE_MAX - 1, ".0.r3");
	assert_string_equal(desk.page[0].hooks, "boss");
	close_down();
}

/* The acknowledgement was over, and the first step of the next round told. */
static void
test_a_round_the_state_does_not_know(void **state)
{
	char why[128];

	(void)state;
	open_down();
	assert_int_equal(desk_order(&desk, ORDER_ACK, "down/site", 0, why), 0);
	desk_commit(&desk, &kept);
	restart(61 * MINUTE);
	assert_string_equal(desk_state(&desk, "down/site"), "acked");
	tell("down/site", PAGE_FIRE, "1.0", 1, 0, desk.now - 10000);
	desk_run(&desk, 1000);
	assert_string_equal(desk_state(&desk, "down/site"), "firing");
	assert_int_equal(desk.npages, 0);
	assert_int_equal(desk_view(&desk, "down/site").round, 1);
	desk_run(&desk, 49000);
	assert_int_equal(desk.npages, 1);
	assert_string_equal(desk.page[0].id + EPISODE_MAX - 1, ".1.1");
	assert_int_equal(desk.page[0].time, desk.now);
	close_down();
}

/* Acknowledged, and killed before the runner was told so. */
static void
test_an_acked_one_is_struck_off_again(void **state)
{
	struct page_ref ref;
	struct told_page told = { .kind = PAGE_FIRE, .refs = &ref, .nrefs = 1 };
	struct str episode;
	char why[128], id[PAGE_ID_MAX];

	(void)state;
	open_down();
	assert_int_equal(desk_order(&desk, ORDER_ACK, "down/site", 0, why), 0);
	desk_commit(&desk, &kept);
	restart(1000);
	snprintf(id, sizeof(id), "%s.0.0", told_episode);
	ref = (struct page_ref){ STR_LIT("down/site"), kit_str(told_episode), told_began, 0, 0 };
	told.id = kit_str(id);
	told.time = told_began;
	alerts_told(desk.alerts, &told);
	alerts_turn(desk.alerts, desk.now);
	assert_true(alerts_cancelled(desk.alerts, &episode));
	assert_memory_equal(episode.p, told_episode, EPISODE_MAX - 1);
	assert_false(alerts_cancelled(desk.alerts, &episode));
	told.finished = true;
	restart(1000);
	alerts_told(desk.alerts, &told);
	alerts_turn(desk.alerts, desk.now);
	assert_false(alerts_cancelled(desk.alerts, &episode)); /* nothing is left of it */
	close_down();
}

/* Of an episode that began and ended unseen only its end may be left. */
/* Episodes of pages that an outbox kept while another had the site. */
static size_t
count_struck(void)
{
	struct str episode;
	size_t n = 0;

	alerts_turn(desk.alerts, desk.now);
	while (alerts_cancelled(desk.alerts, &episode)) {
		assert_true(str_eq(episode, kit_str(told_episode)));
		n++;
	}
	return n;
}

/* The fire that nobody got here, and an end that may be told twice. */
static void
tell_kept(void)
{
	tell_as(false, "down/site", PAGE_FIRE, "0.0", 0, 0, told_began);
	tell_as(false, "down/site", PAGE_RESOLVE, "end", 0, 1, told_began + MINUTE);
}

static void
end_down(void)
{
	desk_down(&desk, 0);
	desk_run(&desk, MINUTE);
	assert_string_equal(desk_state(&desk, "down/site"), "resolved");
}

static void
test_what_another_told_is_struck_off(void **state)
{
	(void)state;
	open_down();
	end_down();
	desk_commit(&desk, &kept);
	restart(0);
	tell_kept();
	assert_int_equal(count_struck(), 1);
	desk_down(&desk, 6); /* a newer one: the state has forgotten the first */
	desk_commit(&desk, &kept);
	restart(0);
	tell_kept();
	assert_int_equal(count_struck(), 1);
	close_down();
}

/* Ended so long ago that the state does not know it: it does not fire on, and
 * what fires now is told. */
static void
test_what_was_told_long_ago_is_over(void **state)
{
	(void)state;
	open_down();
	end_down();
	desk_run(&desk, RESOLVED_MS);
	assert_string_equal(desk_state(&desk, "down/site"), "none");
	desk_commit(&desk, &kept);
	restart(0);
	tell_as(false, "down/site", PAGE_FIRE, "0.0", 0, 0, told_began);
	tell("down/site", PAGE_ESCALATE, "0.1", 0, 1, told_began + 1);
	assert_int_equal(count_struck(), 1);
	desk_turn(&desk);
	assert_int_equal(desk.npages, 1);
	assert_true(strcmp(desk.page[0].episode, told_episode) != 0);
	close_down();
}

/* Its end is to be told yet: by a page that tells of its begin, too. */
static void
test_an_end_that_is_owed_needs_no_begin(void **state)
{
	(void)state;
	open_down();
	desk.keep = true;
	end_down();
	desk_commit(&desk, &kept);
	restart(0);
	tell_as(false, "down/site", PAGE_FIRE, "0.0", 0, 0, told_began);
	assert_int_equal(count_struck(), 1);
	close_down();
}

static void
test_what_nobody_told_stays(void **state)
{
	(void)state;
	open_down();
	restart(0); /* the state knows of no end */
	tell_as(false, "down/site", PAGE_FIRE, "0.0", 0, 0, told_began);
	assert_int_equal(count_struck(), 0);
	desk.keep = true;
	desk_run(&desk, MINUTE); /* a page that is owed */
	end_down();
	desk_commit(&desk, &kept);
	restart(0);
	tell_as(false, "down/site", PAGE_ESCALATE, "0.1", 0, 1, told_began + MINUTE);
	assert_int_equal(count_struck(), 0);
	close_down();
}

static void
test_an_end_without_its_begin(void **state)
{
	(void)state;
	open_down();
	memcpy(told_episode, "fedcba9876543210", EPISODE_MAX);
	told_began += 5 * MINUTE;
	restart(10 * MINUTE);
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, 0, NULL);
	tell("down/site", PAGE_RESOLVE, "end", 0, 2, told_began + 2 * MINUTE);
	desk_run(&desk, 1000);
	assert_string_equal(desk_state(&desk, "down/site"), "resolved");
	assert_int_equal(desk_view(&desk, "down/site").ended, told_began + 2 * MINUTE);
	assert_string_equal(desk_view(&desk, "down/site").episode.p, told_episode);
	assert_int_equal(desk.npages, 0);
	close_down();
}

/* Steps the rule has no more: those who were told of them it cannot name. */
static void
test_a_step_the_rule_has_no_more(void **state)
{
	struct rule_def *r;

	(void)state;
	r = open_down();
	restart(20 * MINUTE);
	tell("down/site", PAGE_ESCALATE, "0.7", 0, 7, desk.now - MINUTE);
	desk_run(&desk, 0);
	assert_int_equal(desk_view(&desk, "down/site").step, 8);
	assert_int_equal(desk_view(&desk, "down/site").next_step, desk.now + MINUTE);
	r->repeat = 0;
	alerts_set_rules(desk.alerts, &desk.rules, &desk.calendars);
	desk_run(&desk, 60 * MINUTE);
	assert_int_equal(desk.npages, 0);
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, 0, NULL);
	desk_run(&desk, MINUTE);
	assert_string_equal(desk.page[0].hooks, "bell boss");
	close_down();
}

static void
test_what_makes_no_sense_is_left_out(void **state)
{
	static const char *const names[] = { "", "down", "storm" };

	(void)state;
	open_down();
	memcpy(told_episode, "fedcba9876543210", EPISODE_MAX);
	restart(1000);
	for (size_t i = 0; i < COUNTOF(names); i++)
		tell(names[i], PAGE_FIRE, "0.0", 0, 0, desk.now);
	told_episode[3] = '\0';
	tell("down/site", PAGE_RESOLVE, "end", 0, 0, desk.now);
	desk_run(&desk, 1000);
	assert_string_equal(desk_state(&desk, "down/site"), "firing");
	close_down();
}

/* It was clear long before the last page we know it told of: it ends once
 * that moment is over, with the time it was clear counted. */
static void
test_clear_before_the_outbox_is_reached(void **state)
{
	(void)state;
	open_down();
	restart(0);
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, 0, NULL);
	tell("down/site", PAGE_ESCALATE, "0.1", 0, 1, desk.now + MINUTE);
	desk_run(&desk, MINUTE);
	assert_string_equal(desk_state(&desk, "down/site"), "firing");
	desk_run(&desk, 1000);
	assert_string_equal(desk_state(&desk, "down/site"), "resolved");
	assert_string_equal(desk.page[0].hooks, "bell boss");
	restart(0); /* the same, but for a break in it */
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, 0, NULL);
	tell("down/site", PAGE_ESCALATE, "0.1", 0, 1, desk.now + MINUTE);
	desk_run(&desk, MINUTE - 5000);
	desk_down(&desk, 6);
	desk_down(&desk, 0);
	desk_run(&desk, 29000);
	assert_string_equal(desk_state(&desk, "down/site"), "firing");
	desk_run(&desk, 1000);
	assert_string_equal(desk_state(&desk, "down/site"), "resolved");
	close_down();
}

/* The state owes what the outbox has, in other pages than it knows. */
static void
test_what_is_told_leaves_the_list(void **state)
{
	struct page p;

	(void)state;
	open_down();
	desk.keep = true;
	desk_run(&desk, 5 * MINUTE);
	assert_int_equal(desk.npages, 4); /* with a second step and two repeats nobody stored */
	desk_commit(&desk, &kept);
	restart(0);
	tell("down/site", PAGE_REPEAT, "0.r1", 0, 1, told_began + 3 * MINUTE);
	alerts_turn(desk.alerts, desk.now);
	assert_true(alerts_page(desk.alerts, &p));
	assert_int_equal(p.kind, PAGE_ESCALATE);
	assert_true(alerts_page(desk.alerts, &p));
	assert_memory_equal(p.id.p + EPISODE_MAX - 1, ".0.r2", 6);
	assert_false(alerts_page(desk.alerts, &p));
	tell("down/site", PAGE_REPEAT, "0.r2", 0, 1, told_began + 5 * MINUTE);
	tell("down/site", PAGE_ESCALATE, "0.1", 0, 1, told_began + MINUTE);
	alerts_turn(desk.alerts, desk.now);
	alerts_offer_again(desk.alerts);
	assert_false(alerts_page(desk.alerts, &p));
	close_down();
}

/* An end is applied after all begins; it does not wake what was told later. */
static void
test_told_up_to_the_last_page(void **state)
{
	char first[EPISODE_MAX];

	(void)state;
	open_down();
	memcpy(first, told_episode, EPISODE_MAX);
	restart(20 * MINUTE);
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, 0, NULL);
	tell("down/site", PAGE_RESOLVE, "end", 0, 1, desk.now);
	memcpy(told_episode, "fedcba9876543210", EPISODE_MAX);
	told_began = desk.now + MINUTE;
	tell("down/site", PAGE_FIRE, "0.0", 0, 0, told_began);
	desk_run(&desk, MINUTE);
	assert_string_equal(desk_state(&desk, "down/site"), "firing");
	assert_string_equal(desk_view(&desk, "down/site").episode.p, told_episode);
	assert_int_equal(desk.npages, 0);
	close_down();
}

/* Whatever order they are told in: the second within ten minutes flaps. */
static void
test_told_in_any_order(void **state)
{
	(void)state;
	for (int turned = 0; turned < 2; turned++) {
		msec_t early, late;

		open_down();
		restart(60 * MINUTE);
		early = desk.now - 9 * MINUTE;
		late = desk.now - MINUTE;
		for (int i = 0; i < 2; i++) {
			bool is_late = i != turned;

			memcpy(told_episode, is_late ? "fedcba9876543210" : "0123456789abcdef",
			    EPISODE_MAX);
			told_began = is_late ? late : early;
			tell("down/site", PAGE_FIRE, "0.0", 0, 0, told_began);
		}
		desk_run(&desk, 0);
		assert_string_equal(desk_view(&desk, "down/site").episode.p, "fedcba9876543210");
		assert_true(desk_view(&desk, "down/site").flapping);
		assert_int_equal(desk_notes(&desk, "flapping down/site"), 1);
		close_down();
	}
}

/* Those who were told of together are told of together to the end. */
static void
test_told_in_a_storm(void **state)
{
	struct page_ref ref;
	struct told_page told = {
		.kind = PAGE_FIRE, .finished = true, .delivered = true, .refs = &ref, .nrefs = 1
	};
	char id[PAGE_ID_MAX];

	(void)state;
	open_down();
	memcpy(told_episode, "fedcba9876543210", EPISODE_MAX);
	restart(MINUTE);
	ref = (struct page_ref){ STR_LIT("down/site"), kit_str(told_episode), desk.now, 0, 0 };
	snprintf(id, sizeof(id), "s%s.0.0", told_episode);
	told.id = kit_str(id);
	told.time = desk.now;
	alerts_told(desk.alerts, &told);
	desk_run(&desk, MINUTE + GROUP_MS - 1);
	assert_int_equal(desk.npages, 0);
	desk_run(&desk, 1);
	assert_int_equal(desk.npages, 1);
	assert_string_equal(desk.page[0].hooks, "boss");
	close_down();
}

/* What was told counts when the next begins. */
static void
test_told_ones_make_a_storm(void **state)
{
	(void)state;
	open_down();
	desk.rules.paging.storm = 1;
	desk_rule(&desk, "late", SCOPE_SITE, "*", "monitor_late_seconds > 5");
	memcpy(told_episode, "fedcba9876543210", EPISODE_MAX);
	restart(5 * MINUTE);
	told_began = desk.now;
	tell("down/site", PAGE_FIRE, "0.0", 0, 0, desk.now);
	desk_run(&desk, 1000);
	assert_int_equal(desk.npages, 0);
	alerts_monitor(desk.alerts, MONITOR_LATE, 6000, NULL);
	desk_run(&desk, GROUP_MS - 1);
	assert_int_equal(desk.npages, 0);
	desk_run(&desk, 1);
	assert_string_equal(desk.page[0].first, "late/site");
	close_down();
}

/* Before the state was there more was told than the state knows. */
static void
test_repeats_from_before_the_state(void **state)
{
	const struct alerts_options options = { "hall", &desk.rules, &desk.calendars,
		&desk.engine };

	(void)state;
	open_down();
	desk_run(&desk, 3 * MINUTE);
	desk_commit(&desk, &kept); /* up to the first repeat */
	engine_free(desk.engine);
	alerts_free(desk.alerts);
	desk.engine = engine_new(&desk.site);
	desk.alerts = alerts_new(&options);
	desk.npages = 0;
	tell("down/site", PAGE_REPEAT, "0.r1", 0, 1, told_began + 3 * MINUTE);
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, 6000, NULL);
	desk.now = told_began + 5 * MINUTE;
	alerts_turn(desk.alerts, desk.now);
	desk_take(&desk);
	assert_string_equal(desk.page[0].id + EPISODE_MAX - 1, ".0.r2");
	engine_free(desk.engine);
	desk.engine = kit_load(&kept.engine, &desk.site);
	for (size_t i = 0; i < kept.alerts.n; i++) {
		const struct kit_field *f = &kept.alerts.f[i];
		int rc = alerts_state_put(desk.alerts,
		    &(struct state_field){ { f->key, f->nkey }, { f->value, f->nvalue } });

		assert_int_equal(rc, 0);
	}
	alerts_state_done(desk.alerts);
	desk_run(&desk, 2 * MINUTE);
	assert_int_equal(desk.npages, 2);
	assert_string_equal(desk.page[1].id + EPISODE_MAX - 1, ".0.r3");
	close_down();
}

/* Gathered when the state was kept, told since, and given up by all: the next
 * step is due, as the last one is known by that page now. */
static void
test_a_list_that_was_given_up(void **state)
{
	struct page_ref ref;
	struct told_page told = { .kind = PAGE_FIRE, .finished = true, .refs = &ref, .nrefs = 1 };
	char id[PAGE_ID_MAX];

	(void)state;
	kept = (struct desk_kept){ 0 };
	desk_init(&desk);
	desk.rules.paging.storm = 1;
	desk_rule(&desk, "alone", SCOPE_SITE, "*", "redis_down_seconds > 5");
	desk_step(desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5"), 10 * MINUTE,
	    "boss");
	desk_open(&desk);
	desk_down(&desk, 6);
	assert_int_equal(desk.npages, 1);
	desk_commit(&desk, &kept);
	memcpy(told_episode, desk_view(&desk, "down/site").episode.p, EPISODE_MAX);
	snprintf(id, sizeof(id), "s%s.0.0", told_episode);
	ref = (struct page_ref){ STR_LIT("down/site"), kit_str(told_episode), desk.now, 0, 0 };
	told.id = kit_str(id);
	told.time = desk.now + GROUP_MS;
	restart(MINUTE);
	alerts_told(desk.alerts, &told);
	desk_run(&desk, GROUP_MS);
	assert_int_equal(desk.npages, 1);
	assert_string_equal(desk.page[0].hooks, "boss");
	assert_string_equal(desk.page[0].first, "down/site");
	close_down();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeats_go_on_from_the_last),
		cmocka_unit_test(test_a_round_the_state_does_not_know),
		cmocka_unit_test(test_an_acked_one_is_struck_off_again),
		cmocka_unit_test(test_what_another_told_is_struck_off),
		cmocka_unit_test(test_what_was_told_long_ago_is_over),
		cmocka_unit_test(test_an_end_that_is_owed_needs_no_begin),
		cmocka_unit_test(test_what_nobody_told_stays),
		cmocka_unit_test(test_an_end_without_its_begin),
		cmocka_unit_test(test_a_step_the_rule_has_no_more),
		cmocka_unit_test(test_what_makes_no_sense_is_left_out),
		cmocka_unit_test(test_clear_before_the_outbox_is_reached),
		cmocka_unit_test(test_what_is_told_leaves_the_list),
		cmocka_unit_test(test_told_up_to_the_last_page),
		cmocka_unit_test(test_told_in_any_order),
		cmocka_unit_test(test_told_in_a_storm),
		cmocka_unit_test(test_told_ones_make_a_storm),
		cmocka_unit_test(test_a_list_that_was_given_up),
		cmocka_unit_test(test_repeats_from_before_the_state),
	};

	return cmocka_run_group_tests_name("alert_outbox", tests, NULL, NULL);
}
