/* SPDX-License-Identifier: MIT */
/*
 * test_ladder.c: who is told what and when: steps, repeats, rounds, what
 * holds them, and the ids of pages.
 */
#include "tests/unit/alerts_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ID "down/site"
#define MINUTE 60000

static struct desk desk;
static char why[128];

/* bell, after five minutes boss, after ten everybody. */
static struct rule_def *
open_ladder(msec_t repeat)
{
	struct rule_def *r;

	desk_init(&desk);
	r = desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5");
	desk_step(r, 5 * MINUTE, "boss");
	desk_step(r, 10 * MINUTE, "boss all");
	r->repeat = repeat;
	r->clear_for = 0;
	desk_open(&desk);
	return r;
}

static void
expect(const char *state)
{
	assert_string_equal(desk_state(&desk, ID), state);
}

static void
expect_page(size_t i, enum page_kind kind, msec_t after, const char *hooks, const char *id_end)
{
	const struct desk_page *p = &desk.page[i];

	assert_true(i < desk.npages);
	assert_int_equal(p->kind, kind);
	assert_int_equal(p->time, KIT_NOON + after);
	assert_string_equal(p->hooks, hooks);
	assert_string_equal(p->id + EPISODE_MAX - 1, id_end);
}

static void
test_steps(void **state)
{
	(void)state;
	open_ladder(0);
	desk_down(&desk, 6);
	desk_run(&desk, 60 * MINUTE);
	assert_int_equal(desk.npages, 3);
	expect_page(0, PAGE_FIRE, 0, "bell", ".0.0");
	expect_page(1, PAGE_ESCALATE, 5 * MINUTE, "boss", ".0.1");
	expect_page(2, PAGE_ESCALATE, 10 * MINUTE, "boss all", ".0.2");
	desk_down(&desk, 0);
	expect_page(3, PAGE_RESOLVE, 60 * MINUTE, "bell boss all", ".end");
	desk_close(&desk);
}

static void
test_the_end_goes_to_those_who_were_told(void **state)
{
	(void)state;
	open_ladder(0);
	desk_down(&desk, 6);
	desk_run(&desk, 6 * MINUTE);
	desk_down(&desk, 0);
	expect_page(2, PAGE_RESOLVE, 6 * MINUTE, "bell boss", ".end");
	desk_run(&desk, 60 * MINUTE);
	assert_int_equal(desk.npages, 3);
	desk_close(&desk);
}

static void
test_repeat(void **state)
{
	(void)state;
	open_ladder(7 * MINUTE);
	desk_down(&desk, 6);
	desk_run(&desk, 25 * MINUTE);
	assert_int_equal(desk.npages, 5);
	expect_page(3, PAGE_REPEAT, 17 * MINUTE, "boss all", ".0.r1");
	expect_page(4, PAGE_REPEAT, 24 * MINUTE, "boss all", ".0.r2");
	desk_close(&desk);
}

static void
test_given_up_the_next_step_is_due(void **state)
{
	(void)state;
	open_ladder(0);
	desk_down(&desk, 6);
	desk_run(&desk, MINUTE);
	alerts_finished(desk.alerts, kit_str(desk.page[0].id), false, desk.now);
	desk_turn(&desk);
	expect_page(1, PAGE_ESCALATE, MINUTE, "boss", ".0.1");
	alerts_finished(desk.alerts, kit_str(desk.page[0].id), false, desk.now); /* old news */
	desk_turn(&desk);
	assert_int_equal(desk.npages, 2);
	desk_run(&desk, 9 * MINUTE); /* the third when it would have been */
	expect_page(2, PAGE_ESCALATE, 10 * MINUTE, "boss all", ".0.2");
	desk_close(&desk);
}

/* There is no next step: its repeats are not for that at once, again and again. */
static void
test_given_up_the_last_step_repeats_in_its_time(void **state)
{
	(void)state;
	open_ladder(7 * MINUTE);
	desk_down(&desk, 6);
	desk_run(&desk, 11 * MINUTE);
	alerts_finished(desk.alerts, kit_str(desk.page[2].id), false, desk.now);
	desk_run(&desk, 6 * MINUTE);
	assert_int_equal(desk.npages, 4);
	expect_page(3, PAGE_REPEAT, 17 * MINUTE, "boss all", ".0.r1");
	alerts_finished(desk.alerts, kit_str(desk.page[3].id), false, desk.now);
	desk_run(&desk, 6 * MINUTE);
	assert_int_equal(desk.npages, 4);
	desk_close(&desk);
}

/* A turn that comes a little late is none; one that comes later moves what
 * follows. */
static void
test_steps_that_are_late(void **state)
{
	(void)state;
	open_ladder(0);
	desk_down(&desk, 6);
	desk.now += 5 * MINUTE + 1000;
	desk_turn(&desk);
	expect_page(1, PAGE_ESCALATE, 5 * MINUTE, "boss", ".0.1");
	desk.now = KIT_NOON + 10 * MINUTE + 1001;
	desk_turn(&desk);
	expect_page(2, PAGE_ESCALATE, 10 * MINUTE + 1001, "boss all", ".0.2");
	desk_close(&desk);
	open_ladder(0);
	desk_down(&desk, 6);
	desk.now += 5 * MINUTE + 2000;
	desk_turn(&desk);
	expect_page(1, PAGE_ESCALATE, 5 * MINUTE + 2000, "boss", ".0.1");
	desk_run(&desk, 5 * MINUTE - 1);
	assert_int_equal(desk.npages, 2);
	desk_run(&desk, 1);
	expect_page(2, PAGE_ESCALATE, 10 * MINUTE + 2000, "boss all", ".0.2");
	desk_close(&desk);
}

static void
test_delivered_changes_nothing(void **state)
{
	(void)state;
	open_ladder(0);
	desk_down(&desk, 6);
	alerts_finished(desk.alerts, kit_str(desk.page[0].id), true, desk.now);
	desk_run(&desk, MINUTE);
	assert_int_equal(desk.npages, 1);
	desk_close(&desk);
}

static void
test_nobody_to_tell(void **state)
{
	struct rule_def *r;

	(void)state;
	desk_init(&desk);
	r = desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5");
	free(r->steps[0].hooks[0]);
	r->steps[0].hooks[0] = NULL;
	r->severity = SEVERITY_WARN;
	r->clear_for = 0;
	desk_open(&desk);
	desk_down(&desk, 6);
	expect("firing");
	desk_down(&desk, 0);
	expect("resolved");
	assert_int_equal(desk.npages, 0);
	r->severity = SEVERITY_PAGE; /* but one that pages has those of paging */
	alerts_set_rules(desk.alerts, &desk.rules, NULL);
	desk.now += 1000;
	desk_down(&desk, 6);
	assert_int_equal(desk.npages, 1);
	assert_string_equal(desk.page[0].hooks, "pager");
	desk_close(&desk);
}

/* ---- acknowledged ---- */

static void
test_ack_is_silent_until_it_expires(void **state)
{
	(void)state;
	open_ladder(MINUTE);
	desk_down(&desk, 6);
	desk_run(&desk, 2 * MINUTE);
	assert_int_equal(desk_order(&desk, ORDER_ACK, ID, 0, why), 0);
	expect("acked");
	assert_int_equal(desk_view(&desk, ID).until, desk.now + 60 * MINUTE);
	assert_int_equal(desk_view(&desk, ID).next_step, -1);
	desk_run(&desk, 60 * MINUTE - 1);
	assert_int_equal(desk.npages, 1);
	desk_run(&desk, 1);
	expect("firing");
	expect_page(1, PAGE_FIRE, 62 * MINUTE, "bell", ".1.0");
	desk_run(&desk, 5 * MINUTE);
	expect_page(2, PAGE_ESCALATE, 67 * MINUTE, "boss", ".1.1");
	desk_close(&desk);
}

static void
test_the_end_of_an_acked_one_is_told(void **state)
{
	(void)state;
	open_ladder(0);
	desk_down(&desk, 6);
	assert_int_equal(desk_order(&desk, ORDER_ACK, ID, 0, why), 0);
	desk_run(&desk, MINUTE);
	desk_down(&desk, 0);
	expect("resolved");
	expect_page(1, PAGE_RESOLVE, MINUTE, "bell", ".end");
	desk_close(&desk);
}

static void
test_acked_again_lasts_longer(void **state)
{
	struct str episode;

	(void)state;
	open_ladder(0);
	desk_down(&desk, 6);
	episode = desk_view(&desk, ID).episode;
	assert_int_equal(desk_order(&desk, ORDER_ACK, ID, 0, why), 0);
	assert_true(alerts_cancelled(desk.alerts, &episode));
	assert_int_equal(episode.n, EPISODE_MAX - 1);
	assert_false(alerts_cancelled(desk.alerts, &episode));
	desk_run(&desk, 59 * MINUTE);
	assert_int_equal(desk_order(&desk, ORDER_ACK, desk.page[0].id, 0, why), -1);
	desk.page[0].id[EPISODE_MAX - 1] = '\0'; /* the episode will do, too */
	assert_int_equal(desk_order(&desk, ORDER_ACK, desk.page[0].id, 0, why), 0);
	desk_run(&desk, 59 * MINUTE);
	expect("acked");
	desk_run(&desk, MINUTE);
	expect("firing");
	desk_close(&desk);
}

static void
test_ack_strikes_what_nobody_stored(void **state)
{
	(void)state;
	open_ladder(0);
	desk.keep = true;
	desk_down(&desk, 6);
	assert_int_equal(desk.npages, 1);
	assert_int_equal(desk_order(&desk, ORDER_ACK, ID, 0, why), 0);
	alerts_offer_again(desk.alerts);
	desk_take(&desk);
	assert_int_equal(desk.npages, 1);
	desk_close(&desk);
}

static void
test_orders_are_refused_with_a_reason(void **state)
{
	struct order old = { .id = STR_LIT("1-0"), .what = STR_LIT(ID), .verb = ORDER_ACK };

	(void)state;
	open_ladder(0);
	assert_int_equal(desk_order(&desk, ORDER_ACK, ID, 0, why), -1);
	assert_string_equal(why, "no such alert");
	desk_down(&desk, 6);
	assert_int_equal(alerts_order(desk.alerts, &old, desk.now, why, sizeof(why)), -1);
	assert_string_equal(why, "it is older than an hour");
	desk_down(&desk, 0);
	assert_int_equal(desk_order(&desk, ORDER_ACK, ID, 0, why), -1);
	assert_string_equal(why, "it does not fire");
	assert_int_equal(desk_order(&desk, ORDER_SILENCE, "*", desk.now, why), -1);
	assert_int_equal(
	    desk_order(&desk, ORDER_SILENCE, "*", desk.now + INT64_C(2592000001), why), -1);
	assert_int_equal(desk_order(&desk, ORDER_SILENCE, "", desk.now + 1000, why), -1);
	assert_int_equal(desk_order(&desk, ORDER_UNSILENCE, "1-1", 0, why), -1);
	assert_string_equal(why, "no such silence");
	desk_close(&desk);
}

/* ---- silenced, inhibited ---- */

static void
test_silenced_from_begin_to_end(void **state)
{
	(void)state;
	open_ladder(0);
	assert_int_equal(
	    desk_order(&desk, ORDER_SILENCE, "down/*", desk.now + 60 * MINUTE, why), 0);
	desk_down(&desk, 6);
	expect("silenced");
	desk_run(&desk, 30 * MINUTE);
	desk_down(&desk, 0);
	expect("resolved");
	assert_int_equal(desk.npages, 0);
	assert_int_equal(desk_notes(&desk, "silenced " ID), 1);
	assert_int_equal(desk_notes(&desk, "resolved " ID), 1);
	desk_close(&desk);
}

static void
test_the_ladder_begins_when_the_silence_ends(void **state)
{
	(void)state;
	open_ladder(0);
	assert_int_equal(desk_order(&desk, ORDER_SILENCE, ID, desk.now + 30 * MINUTE, why), 0);
	desk_down(&desk, 6);
	desk_run(&desk, 36 * MINUTE);
	assert_int_equal(desk.npages, 2);
	expect_page(0, PAGE_FIRE, 30 * MINUTE, "bell", ".0.0");
	expect_page(1, PAGE_ESCALATE, 35 * MINUTE, "boss", ".0.1");
	desk_close(&desk);
}

static void
test_the_ladder_goes_on_where_it_stopped(void **state)
{
	struct silence_view silence;
	char id[32];

	(void)state;
	open_ladder(0);
	desk_down(&desk, 6);
	desk_run(&desk, MINUTE);
	assert_int_equal(desk_order(&desk, ORDER_SILENCE, "*", desk.now + 60 * MINUTE, why), 0);
	desk_run(&desk, 20 * MINUTE);
	assert_int_equal(desk.npages, 1);
	assert_true(alerts_silence(desk.alerts, 0, &silence));
	snprintf(id, sizeof(id), "%.*s", STR_ARG(silence.id));
	assert_int_equal(desk_order(&desk, ORDER_UNSILENCE, id, 0, why), 0);
	expect("firing");
	expect_page(1, PAGE_ESCALATE, 21 * MINUTE, "boss", ".0.1");
	desk_run(&desk, 4 * MINUTE); /* five minutes lie between these two */
	assert_int_equal(desk.npages, 2);
	desk_run(&desk, MINUTE);
	expect_page(2, PAGE_ESCALATE, 26 * MINUTE, "boss all", ".0.2");
	desk_close(&desk);
}

static void
test_inhibited(void **state)
{
	struct rule_def *r;

	(void)state;
	open_ladder(0);
	r = desk_rule(&desk, "late", SCOPE_SITE, "*", "monitor_late_seconds > 10");
	r->clear_for = 0;
	desk_inhibited_by(r, "down");
	r = desk_rule(&desk, "queued", SCOPE_QUEUE, "sales", "waiting_count >= 0");
	desk_inhibited_by(r, "busy");
	desk_rule(&desk, "busy", SCOPE_CHANNEL, "call", "waiting_count > 0")->clear_for = 0;
	alerts_set_rules(desk.alerts, &desk.rules, NULL);
	desk_turn(&desk);
	assert_string_equal(desk_state(&desk, "queued/queue:sales"), "firing");
	desk_down(&desk, 6);
	alerts_monitor(desk.alerts, MONITOR_LATE, 11000, NULL);
	desk_event(&desk, EV_QUEUED, "c1");
	desk.npages = 0;
	desk_turn(&desk);
	assert_string_equal(desk_state(&desk, "late/site"), "inhibited");
	assert_string_equal(desk_state(&desk, "queued/queue:sales"), "inhibited");
	assert_int_equal(desk.npages, 1); /* busy/channel:call */
	desk_event(&desk, EV_ANSWERED, "c1");
	desk_down(&desk, 0);
	assert_string_equal(desk_state(&desk, "late/site"), "firing");
	assert_string_equal(desk_state(&desk, "queued/queue:sales"), "firing");
	desk_close(&desk);
}

static void
test_rules_that_inhibit_each_other_both_page(void **state)
{
	struct rule_def *r;

	(void)state;
	desk_init(&desk);
	r = desk_rule(&desk, "a", SCOPE_SITE, "*", "redis_down_seconds > 5");
	desk_inhibited_by(r, "b");
	r = desk_rule(&desk, "b", SCOPE_SITE, "*", "redis_down_seconds > 5");
	desk_inhibited_by(r, "a");
	desk_open(&desk);
	desk_down(&desk, 6);
	assert_int_equal(desk.npages, 2);
	desk_close(&desk);
}

/* ---- flapping ---- */

/* One step only. */
static void
open_bell(msec_t clear_for)
{
	desk_init(&desk);
	desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5")->clear_for = clear_for;
	desk_open(&desk);
}

/* Up and down, a second each, for so long. */
static void
flap(msec_t ms)
{
	for (msec_t end = desk.now + ms; desk.now < end;) {
		desk_down(&desk, 6);
		desk_run(&desk, 1000);
		desk_down(&desk, 0);
		desk_run(&desk, 1000);
	}
}

static void
test_flapping_pages_once(void **state)
{
	(void)state;
	open_bell(30000);
	flap(10 * MINUTE);
	assert_int_equal(desk.npages, 1);
	desk_close(&desk);
}

static void
test_flapping_without_clear_for(void **state)
{
	(void)state;
	open_bell(0);
	flap(10 * MINUTE);
	assert_int_equal(desk_count(&desk, PAGE_FIRE), 2);
	assert_int_equal(desk_notes(&desk, "flapping " ID), 1);
	assert_true(desk_view(&desk, ID).flapping);
	desk_run(&desk, 10 * MINUTE - 2000);
	expect("firing");
	desk_run(&desk, 2000);
	expect("resolved");
	desk_close(&desk);
}

/* An episode that pended in between does not make the one before forgotten. */
static void
test_flapping_is_remembered_through_pending(void **state)
{
	(void)state;
	open_ladder(0)->hold = 5000;
	desk_down(&desk, 6);
	desk_run(&desk, 6000);
	desk_down(&desk, 0);
	expect("resolved");
	desk_down(&desk, 6);
	expect("pending");
	desk_down(&desk, 0);
	expect("none");
	desk_run(&desk, 5 * MINUTE);
	desk_down(&desk, 6);
	desk_run(&desk, 5000);
	assert_true(desk_view(&desk, ID).flapping);
	desk_close(&desk);
}

/* ---- the clock jumps ---- */

static void
jump(msec_t by)
{
	desk.now += by;
	alerts_tilt(desk.alerts, by, desk.now);
}

static void
test_a_jump_ahead_takes_no_step(void **state)
{
	msec_t began;

	(void)state;
	open_ladder(0);
	desk_down(&desk, 6);
	began = desk_view(&desk, ID).began;
	desk_run(&desk, MINUTE);
	jump(60 * MINUTE);
	desk_run(&desk, 4 * MINUTE - 1);
	assert_int_equal(desk.npages, 1);
	desk_run(&desk, 1);
	expect_page(1, PAGE_ESCALATE, 65 * MINUTE, "boss", ".0.1");
	assert_int_equal(desk_view(&desk, ID).began, began);
	desk_close(&desk);
}

static void
test_a_jump_back_delays_no_step(void **state)
{
	(void)state;
	open_ladder(0);
	desk_down(&desk, 6);
	desk_run(&desk, MINUTE);
	jump(-30 * MINUTE);
	desk_run(&desk, 4 * MINUTE);
	expect_page(1, PAGE_ESCALATE, -25 * MINUTE, "boss", ".0.1");
	desk_close(&desk);
}

static void
test_nothing_begins_or_ends_after_a_jump(void **state)
{
	(void)state;
	open_ladder(0);
	desk_rule(&desk, "late", SCOPE_SITE, "*", "monitor_late_seconds > 10");
	alerts_set_rules(desk.alerts, &desk.rules, NULL);
	desk_down(&desk, 6);
	jump(10000);
	alerts_monitor(desk.alerts, MONITOR_LATE, 11000, NULL);
	desk_down(&desk, 0);
	desk_run(&desk, TILT_MS - 1);
	expect("firing");
	assert_string_equal(desk_state(&desk, "late/site"), "none");
	desk_run(&desk, 1);
	expect("resolved");
	assert_string_equal(desk_state(&desk, "late/site"), "firing");
	desk_close(&desk);
}

static void
test_an_operators_silence_is_not_moved(void **state)
{
	struct silence_view v;

	(void)state;
	open_ladder(0);
	assert_int_equal(desk_order(&desk, ORDER_SILENCE, "*", desk.now + 60 * MINUTE, why), 0);
	jump(10 * MINUTE);
	assert_true(alerts_silence(desk.alerts, 0, &v));
	assert_int_equal(v.until, KIT_NOON + 60 * MINUTE);
	desk_run(&desk, 50 * MINUTE);
	assert_false(alerts_silence(desk.alerts, 0, &v));
	desk_close(&desk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_the_end_goes_to_those_who_were_told),
		cmocka_unit_test(test_repeat),
		cmocka_unit_test(test_given_up_the_next_step_is_due),
		cmocka_unit_test(test_given_up_the_last_step_repeats_in_its_time),
		cmocka_unit_test(test_steps_that_are_late),
		cmocka_unit_test(test_delivered_changes_nothing),
		cmocka_unit_test(test_nobody_to_tell),
		cmocka_unit_test(test_ack_is_silent_until_it_expires),
		cmocka_unit_test(test_the_end_of_an_acked_one_is_told),
		cmocka_unit_test(test_acked_again_lasts_longer),
		cmocka_unit_test(test_ack_strikes_what_nobody_stored),
		cmocka_unit_test(test_orders_are_refused_with_a_reason),
		cmocka_unit_test(test_silenced_from_begin_to_end),
		cmocka_unit_test(test_the_ladder_begins_when_the_silence_ends),
		cmocka_unit_test(test_the_ladder_goes_on_where_it_stopped),
		cmocka_unit_test(test_inhibited),
		cmocka_unit_test(test_rules_that_inhibit_each_other_both_page),
		cmocka_unit_test(test_flapping_pages_once),
		cmocka_unit_test(test_flapping_without_clear_for),
		cmocka_unit_test(test_flapping_is_remembered_through_pending),
		cmocka_unit_test(test_a_jump_ahead_takes_no_step),
		cmocka_unit_test(test_a_jump_back_delays_no_step),
		cmocka_unit_test(test_nothing_begins_or_ends_after_a_jump),
		cmocka_unit_test(test_an_operators_silence_is_not_moved),
	};

	return cmocka_run_group_tests_name("ladder", tests, NULL, NULL);
}
