/* SPDX-License-Identifier: MIT */
/*
 * test_alert_told.c: pages between three that may die: the alerts, whose
 * state may be older than what was told; the runner, which may be a new one;
 * and Redis, which may come back later than both.
 */
#include "tests/unit/alerts_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ID "wait/queue:sales"
#define MINUTE 60000

static struct desk desk;
static struct desk_kept kept;

/* A call waits; what is kept knows nothing of it being told. */
static void
open_told(void)
{
	struct rule_def *r;

	kept = (struct desk_kept){ 0 };
	desk_init(&desk);
	desk.site.queues[0].policy.max_wait = 0;
	r = desk_rule(&desk, "wait", SCOPE_QUEUE, "sales", "oldest_wait_seconds > 30");
	desk_step(r, 5 * MINUTE, "boss");
	r->clear_for = 0;
	desk_open(&desk);
	desk_event(&desk, EV_QUEUED, "c1");
	desk_turn(&desk);
	desk_commit(&desk, &kept);
	desk_run(&desk, 31000);
	assert_int_equal(desk.npages, 1);
}

static void
close_told(void)
{
	desk_forget(&kept);
	desk_close(&desk);
}

static void
expect(const char *state)
{
	assert_string_equal(desk_state(&desk, ID), state);
}

static void
test_an_episode_the_state_does_not_know(void **state)
{
	char episode[EPISODE_MAX];

	(void)state;
	open_told();
	memcpy(episode, desk.page[0].episode, sizeof(episode));
	desk_run(&desk, 20000);
	desk_restart(&desk, &kept);
	desk_tell(&desk);
	desk_run(&desk, 4 * MINUTE);
	expect("firing");
	assert_int_equal(desk.npages, 1);
	assert_memory_equal(desk_view(&desk, ID).episode.p, episode, EPISODE_MAX - 1);
	desk_run(&desk, MINUTE);
	assert_int_equal(desk.npages, 2); /* five minutes after the first */
	assert_int_equal(desk.page[1].time, desk.page[0].time + 5 * MINUTE);
	desk_event(&desk, EV_ANSWERED, "c1");
	desk_turn(&desk);
	assert_int_equal(desk.npages, 3);
	assert_string_equal(desk.page[2].hooks, "bell boss");
	assert_memory_equal(desk.page[2].id, episode, EPISODE_MAX - 1);
	close_told();
}

/* It can be acknowledged before the first turn. */
static void
test_an_order_about_what_was_told(void **state)
{
	char why[128];

	(void)state;
	open_told();
	desk_restart(&desk, &kept);
	desk_tell(&desk);
	assert_int_equal(desk_order(&desk, ORDER_ACK, ID, 0, why), 0);
	expect("acked");
	desk_run(&desk, 30 * MINUTE);
	assert_int_equal(desk.npages, 1);
	close_told();
}

static void
test_an_episode_that_ended_in_the_outbox(void **state)
{
	(void)state;
	open_told();
	desk_commit(&desk, &kept); /* it fires there */
	desk_event(&desk, EV_ANSWERED, "c1");
	desk_turn(&desk);
	assert_int_equal(desk.npages, 2);
	desk.now += 1000;
	desk_restart(&desk, &kept);
	desk_tell(&desk);
	desk_event(&desk, EV_ANSWERED, "c1");
	desk_run(&desk, 1000);
	expect("resolved");
	assert_int_equal(desk.npages, 2);
	assert_int_equal(desk_view(&desk, ID).ended, desk.page[1].time);
	close_told();
}

static void
test_what_the_outbox_has_is_not_owed(void **state)
{
	(void)state;
	open_told();
	desk.keep = true;
	desk_restart(&desk, &kept);
	desk_run(&desk, 1000);
	assert_int_equal(desk.npages, 2); /* given, but nobody says it is stored */
	assert_string_equal(desk.page[1].id, desk.page[0].id);
	desk_commit(&desk, &kept);
	desk_restart(&desk, &kept);
	desk.npages = 1;
	desk_tell(&desk);
	desk_run(&desk, 1000);
	assert_int_equal(desk.npages, 1);
	close_told();
}

static void
test_owed_until_stored(void **state)
{
	(void)state;
	open_told();
	desk.keep = true;
	desk_restart(&desk, &kept);
	desk_turn(&desk);
	assert_int_equal(desk.npages, 2);
	alerts_offer_again(desk.alerts); /* another runner */
	desk_take(&desk);
	assert_int_equal(desk.npages, 3);
	desk_commit(&desk, &kept);
	desk_restart(&desk, &kept); /* and another of us */
	desk_take(&desk);
	assert_int_equal(desk.npages, 4);
	for (size_t i = 1; i < desk.npages; i++)
		assert_string_equal(desk.page[i].id, desk.page[0].id);
	alerts_stored(desk.alerts, kit_str(desk.page[0].id));
	alerts_offer_again(desk.alerts);
	desk_take(&desk);
	assert_int_equal(desk.npages, 4);
	close_told();
}

/* On one machine's disk is not told: when that dies, another tells it. */
static void
test_owed_until_finished(void **state)
{
	struct str id;

	(void)state;
	open_told();
	desk.keep = true;
	desk_restart(&desk, &kept);
	desk_turn(&desk);
	id = kit_str(desk.page[0].id);
	alerts_stored(desk.alerts, id);
	desk_commit(&desk, &kept);
	desk_restart(&desk, &kept); /* another machine, whose outbox knows nothing */
	desk_take(&desk);
	assert_int_equal(desk.npages, 3);
	assert_string_equal(desk.page[2].id, desk.page[0].id);
	assert_true(alerts_owes(desk.alerts, id));
	alerts_finished(desk.alerts, id, true, desk.now);
	assert_false(alerts_owes(desk.alerts, id));
	desk_commit(&desk, &kept);
	desk_restart(&desk, &kept);
	desk_take(&desk);
	assert_int_equal(desk.npages, 3);
	close_told();
}

/* The same machine: its outbox has it, and does not know its end yet. */
static void
test_stored_here_is_not_given_again(void **state)
{
	struct page_ref ref;

	(void)state;
	open_told();
	ref = (struct page_ref){ STR_LIT(ID), kit_str(desk.page[0].episode), desk.page[0].began, 0,
		0 };
	desk.keep = true;
	desk_restart(&desk, &kept);
	desk_turn(&desk);
	alerts_stored(desk.alerts, kit_str(desk.page[0].id));
	desk_commit(&desk, &kept);
	desk_restart(&desk, &kept);
	alerts_told(desk.alerts, &(struct told_page){ .id = kit_str(desk.page[0].id),
	                             .kind = desk.page[0].kind,
	                             .time = desk.page[0].time,
	                             .refs = &ref,
	                             .nrefs = 1 });
	desk_run(&desk, 1000);
	assert_int_equal(desk.npages, 2);
	assert_true(alerts_owes(desk.alerts, kit_str(desk.page[0].id)));
	close_told();
}

/* What no commit has may have another id when another daemon finds it. */
static void
test_out_once_it_is_committed(void **state)
{
	struct page p;

	(void)state;
	open_told();
	desk.keep = true;
	desk_restart(&desk, &kept);
	alerts_commit_begins(desk.alerts);
	alerts_committed(desk.alerts);
	engine_tick(desk.engine, desk.now);
	alerts_turn(desk.alerts, desk.now);
	assert_false(alerts_page_committed(desk.alerts, &p));
	assert_true(alerts_want_commit(desk.alerts));
	alerts_committed(desk.alerts); /* one that began before it */
	assert_false(alerts_page_committed(desk.alerts, &p));
	desk_commit(&desk, &kept);
	alerts_commit_begins(desk.alerts);
	alerts_committed(desk.alerts);
	assert_true(alerts_page_committed(desk.alerts, &p));
	assert_false(alerts_want_commit(desk.alerts));
	alerts_offer_again(desk.alerts);
	alerts_state_all(desk.alerts); /* Redis lost it */
	assert_false(alerts_page_committed(desk.alerts, &p));
	assert_true(alerts_want_commit(desk.alerts));
	desk_commit(&desk, &kept);
	desk_restart(&desk, &kept); /* what came from there is */
	assert_true(alerts_page_committed(desk.alerts, &p));
	close_told();
}

static void
test_given_up_while_we_were_away(void **state)
{
	struct page_ref ref;
	const struct desk_page *p;

	(void)state;
	open_told();
	desk_commit(&desk, &kept);
	desk_run(&desk, 10000);
	desk_restart(&desk, &kept);
	p = &desk.page[0];
	ref = (struct page_ref){ kit_str(p->first), kit_str(p->episode), p->began, 0, 0 };
	alerts_told(desk.alerts, &(struct told_page){ .id = kit_str(p->id),
	                             .kind = p->kind,
	                             .time = p->time,
	                             .finished = true,
	                             .refs = &ref,
	                             .nrefs = 1 });
	desk_turn(&desk);
	assert_int_equal(desk.npages, 2);
	assert_string_equal(desk.page[1].hooks, "boss");
	close_told();
}

static void
test_a_rule_nobody_has_any_more(void **state)
{
	struct page_ref ref = { STR_LIT("gone/queue:sales"), STR_LIT("0123456789abcdef"), KIT_NOON,
		0, 0 };
	struct page_ref dog = { STR_LIT("watchdog/site"), STR_NONE, KIT_NOON, 0, 0 };

	(void)state;
	open_told();
	alerts_told(desk.alerts, &(struct told_page){ .id = STR_LIT("0123456789abcdef.0.0"),
	                             .time = KIT_NOON,
	                             .refs = &ref,
	                             .nrefs = 1 });
	alerts_told(desk.alerts,
	    &(struct told_page){
	        .id = STR_LIT("watchdog.1"), .time = KIT_NOON, .refs = &dog, .nrefs = 1 });
	desk_turn(&desk);
	assert_string_equal(desk_state(&desk, "gone/queue:sales"), "none");
	close_told();
}

/* ---- Redis comes later ---- */

/* New alerts over an engine that has no state yet. */
static void
start_without_redis(void)
{
	const struct alerts_options options = { "hall", &desk.rules, &desk.calendars,
		&desk.engine };

	alerts_free(desk.alerts);
	engine_free(desk.engine);
	desk.engine = engine_new(&desk.site);
	desk.alerts = alerts_new(&options);
}

static void
turn_without_redis(msec_t ms)
{
	for (msec_t end = desk.now + ms; desk.now < end; desk.now += 1000)
		alerts_turn(desk.alerts, desk.now);
	desk_take(&desk);
}

/* The state is there at last; the same objects take it up. */
static void
load(void)
{
	engine_free(desk.engine);
	desk.engine = kit_load(&kept.engine, &desk.site);
	for (size_t i = 0; i < kept.alerts.n; i++) {
		const struct kit_field *f = &kept.alerts.f[i];
		int rc = alerts_state_put(desk.alerts,
		    &(struct state_field){ { f->key, f->nkey }, { f->value, f->nvalue } });

		assert_int_equal(rc, 0);
	}
	alerts_state_done(desk.alerts);
}

static void
test_nothing_ends_before_the_state_is_there(void **state)
{
	(void)state;
	open_told();
	desk_commit(&desk, &kept);
	start_without_redis();
	desk_tell(&desk);
	turn_without_redis(6 * MINUTE);
	expect("unknown");
	assert_int_equal(desk.npages, 2); /* its ladder goes on */
	assert_string_equal(desk.page[1].hooks, "boss");
	load();
	desk_run(&desk, MINUTE);
	expect("firing");
	assert_int_equal(desk.npages, 2);
	desk_event(&desk, EV_ANSWERED, "c1");
	desk_turn(&desk);
	assert_string_equal(desk.page[2].hooks, "bell boss");
	close_told();
}

static void
test_what_we_know_of_ourselves_pages_before(void **state)
{
	char id[PAGE_ID_MAX];

	(void)state;
	open_told();
	desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5");
	desk_commit(&desk, &kept);
	start_without_redis();
	desk.npages = 0;
	desk.keep = true;
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, 6000, NULL);
	turn_without_redis(10000);
	assert_int_equal(desk.npages, 1);
	assert_string_equal(desk.page[0].first, "down/site");
	memcpy(id, desk.page[0].id, sizeof(id));
	load();
	alerts_check(desk.alerts);
	desk_turn(&desk);
	assert_string_equal(desk_state(&desk, "down/site"), "firing");
	assert_string_equal(desk_state(&desk, ID), "firing");
	alerts_offer_again(desk.alerts);
	desk_take(&desk);
	assert_string_equal(desk.page[desk.npages - 1].id, id); /* owed still, as it was */
	close_told();
}

/* What the outbox tells of an agent, whom only the state knows. */
static void
test_nobody_is_gone_before_the_state_is_there(void **state)
{
	struct page_ref ref = { STR_LIT("busy/agent:bob"), STR_LIT("0123456789abcdef"), 0, 0, 0 };
	struct told_page told = { .id = STR_LIT("0123456789abcdef.0.0"),
		.finished = true,
		.delivered = true,
		.refs = &ref,
		.nrefs = 1 };

	(void)state;
	open_told();
	desk_rule(&desk, "busy", SCOPE_AGENT, "*", "contacts_now_count > 0");
	start_without_redis();
	ref.began = told.time = desk.now - 1000;
	desk.npages = 0;
	alerts_told(desk.alerts, &told);
	turn_without_redis(MINUTE);
	assert_string_equal(desk_state(&desk, "busy/agent:bob"), "unknown");
	assert_int_equal(desk.npages, 0);
	load();
	desk_run(&desk, 1000);
	assert_string_equal(desk_state(&desk, "busy/agent:bob"), "resolved");
	assert_string_equal(desk.page[0].id, "0123456789abcdef.end");
	close_told();
}

/* Each time the outbox tells all it has, and each time that is enough. */
static void
test_two_restarts_with_redis_away(void **state)
{
	(void)state;
	open_told();
	start_without_redis();
	desk_tell(&desk);
	turn_without_redis(3 * MINUTE);
	assert_int_equal(desk.npages, 1);
	start_without_redis();
	desk_tell(&desk);
	turn_without_redis(3 * MINUTE);
	assert_int_equal(desk.npages, 2); /* the second step, five minutes after the first */
	assert_int_equal(desk.page[1].time, desk.page[0].time + 5 * MINUTE);
	start_without_redis();
	desk_tell(&desk);
	turn_without_redis(10 * MINUTE);
	assert_int_equal(desk.npages, 2);
	load();
	desk_run(&desk, 1000);
	expect("firing");
	desk_event(&desk, EV_ANSWERED, "c1");
	desk_turn(&desk);
	assert_int_equal(desk.npages, 3);
	assert_string_equal(desk.page[2].hooks, "bell boss");
	assert_memory_equal(desk.page[2].id, desk.page[0].id, EPISODE_MAX - 1);
	close_told();
}

/* An alert that was there before the state is replaced by that of the state;
 * who points to it is asked again. */
static void
test_an_inhibitor_from_before_the_state(void **state)
{
	(void)state;
	open_told();
	desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5");
	desk_inhibited_by(
	    desk_rule(&desk, "late", SCOPE_SITE, "*", "monitor_late_seconds > 5"), "down");
	alerts_set_rules(desk.alerts, &desk.rules, &desk.calendars);
	desk_down(&desk, 6);
	desk_commit(&desk, &kept);
	desk.now += 1000;
	start_without_redis();
	desk_tell(&desk);
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, 6000, NULL);
	alerts_monitor(desk.alerts, MONITOR_LATE, 6000, NULL);
	turn_without_redis(1000);
	assert_string_equal(desk_state(&desk, "late/site"), "inhibited");
	desk.engine = (engine_free(desk.engine), kit_load(&kept.engine, &desk.site));
	for (size_t i = 0; i < kept.alerts.n; i++) {
		const struct kit_field *f = &kept.alerts.f[i];
		int rc = alerts_state_put(desk.alerts,
		    &(struct state_field){ { f->key, f->nkey }, { f->value, f->nvalue } });

		assert_int_equal(rc, 0);
		if (desk_view(&desk, "late/site").inhibitor.n > 0)
			assert_int_equal(desk_view(&desk, "late/site").inhibitor.n, 9);
	}
	alerts_state_done(desk.alerts);
	desk_turn(&desk);
	assert_string_equal(desk_state(&desk, "late/site"), "inhibited");
	assert_string_equal(desk_view(&desk, "late/site").inhibitor.p, "down/site");
	close_told();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_episode_the_state_does_not_know),
		cmocka_unit_test(test_an_order_about_what_was_told),
		cmocka_unit_test(test_an_episode_that_ended_in_the_outbox),
		cmocka_unit_test(test_what_the_outbox_has_is_not_owed),
		cmocka_unit_test(test_owed_until_stored),
		cmocka_unit_test(test_owed_until_finished),
		cmocka_unit_test(test_stored_here_is_not_given_again),
		cmocka_unit_test(test_out_once_it_is_committed),
		cmocka_unit_test(test_given_up_while_we_were_away),
		cmocka_unit_test(test_a_rule_nobody_has_any_more),
		cmocka_unit_test(test_nothing_ends_before_the_state_is_there),
		cmocka_unit_test(test_what_we_know_of_ourselves_pages_before),
		cmocka_unit_test(test_nobody_is_gone_before_the_state_is_there),
		cmocka_unit_test(test_two_restarts_with_redis_away),
		cmocka_unit_test(test_an_inhibitor_from_before_the_state),
	};

	return cmocka_run_group_tests_name("alert_told", tests, NULL, NULL);
}
