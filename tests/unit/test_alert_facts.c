/* SPDX-License-Identifier: MIT */
/*
 * test_alert_facts.c: what a look finds: figures that are undefined or rest
 * on too few samples, feeds that are silent, hours, objects and rules that go.
 */
#include "tests/unit/alerts_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct desk desk;

static struct rule_def *
open_with(const char *name, enum scope scope, const char *glob, const char *when)
{
	struct rule_def *r;

	desk_init(&desk);
	desk.site.queues[0].policy.max_wait = 0;
	r = desk_rule(&desk, name, scope, glob, when);
	r->clear_for = 0;
	return r;
}

static void
expect(const char *id, const char *state)
{
	assert_string_equal(desk_state(&desk, id), state);
}

/* A call that waits so long and is answered. */
static void
call(const char *contact, msec_t wait)
{
	desk_event(&desk, EV_QUEUED, contact);
	desk_run(&desk, wait);
	desk_event(&desk, EV_ANSWERED, contact);
	desk_turn(&desk);
}

static void
test_time_alone_fires(void **state)
{
	(void)state;
	open_with("wait", SCOPE_QUEUE, "*", "oldest_wait_seconds > 60");
	desk_open(&desk);
	desk_event(&desk, EV_QUEUED, "c1");
	desk_run(&desk, 60000);
	expect("wait/queue:sales", "none");
	desk_run(&desk, 1000);
	expect("wait/queue:sales", "firing");
	expect("wait/queue:help", "none");
	assert_string_equal(desk.page[0].summary, "sales: oldest_wait_seconds is 61, limit 60");
	desk_close(&desk);
}

static void
test_the_glob_is_kept(void **state)
{
	(void)state;
	open_with("wait", SCOPE_QUEUE, "s*", "waiting_count >= 0");
	desk_open(&desk);
	desk_turn(&desk);
	expect("wait/queue:sales", "firing");
	expect("wait/queue:help", "none");
	expect("wait/queue:post", "none");
	desk_close(&desk);
}

static void
test_undefined_neither_fires_nor_clears(void **state)
{
	(void)state;
	open_with("asa", SCOPE_QUEUE, "sales", "asa_seconds_15m > 20");
	desk_open(&desk);
	desk_turn(&desk);
	expect("asa/queue:sales", "none"); /* NaN */
	call("c1", 30000);
	expect("asa/queue:sales", "firing");
	desk_run(&desk, 1800000);
	assert_true(desk_view(&desk, "asa/queue:sales").value == FIGURE_NAN);
	expect("asa/queue:sales", "firing");
	call("c2", 1000);
	expect("asa/queue:sales", "resolved");
	desk_close(&desk);
}

static void
test_undefined_drops_what_is_pending(void **state)
{
	(void)state;
	open_with("asa", SCOPE_QUEUE, "sales", "asa_seconds_15m > 20")->hold = 1800000;
	desk_open(&desk);
	call("c1", 30000);
	expect("asa/queue:sales", "pending");
	desk_run(&desk, 899000); /* within the window still */
	expect("asa/queue:sales", "pending");
	desk_run(&desk, 2000);
	expect("asa/queue:sales", "none");
	desk_close(&desk);
}

static void
test_an_undefined_limit(void **state)
{
	(void)state;
	open_with("slow", SCOPE_QUEUE, "sales", "oldest_wait_seconds > 2 * asa_seconds_15m");
	desk_open(&desk);
	desk_event(&desk, EV_QUEUED, "c1");
	desk_run(&desk, 600000);
	expect("slow/queue:sales", "none");
	desk_event(&desk, EV_ANSWERED, "c1");
	desk_event(&desk, EV_QUEUED, "c2");
	desk_run(&desk, 10000);
	expect("slow/queue:sales", "none"); /* 10 is not more than twice 600 */
	desk_close(&desk);
}

static void
test_a_limit_from_another_field(void **state)
{
	(void)state;
	open_with("wait", SCOPE_QUEUE, "sales", "oldest_wait_seconds > 3 * sl_threshold_seconds");
	desk_open(&desk);
	desk_event(&desk, EV_QUEUED, "c1");
	desk_run(&desk, 60000);
	expect("wait/queue:sales", "none");
	desk_run(&desk, 1000);
	expect("wait/queue:sales", "firing");
	assert_int_equal(desk_view(&desk, "wait/queue:sales").threshold, 60000);
	desk_close(&desk);
}

static void
test_between_two_counts(void **state)
{
	(void)state;
	open_with("wait", SCOPE_QUEUE, "sales", "waiting_count > 1.5");
	desk_open(&desk);
	desk_event(&desk, EV_QUEUED, "c1");
	desk_turn(&desk);
	expect("wait/queue:sales", "none");
	desk_event(&desk, EV_QUEUED, "c2");
	desk_turn(&desk);
	expect("wait/queue:sales", "firing");
	desk_close(&desk);
}

static void
test_min_n(void **state)
{
	(void)state;
	open_with("asa", SCOPE_QUEUE, "sales", "asa_seconds_15m > 20")->min_n = 2;
	desk_open(&desk);
	call("c1", 30000);
	expect("asa/queue:sales", "none");
	call("c2", 30000);
	expect("asa/queue:sales", "firing");
	desk_close(&desk);
}

static void
test_min_n_means_nothing_for_counts(void **state)
{
	(void)state;
	open_with("many", SCOPE_QUEUE, "sales", "waiting_count > 0")->min_n = 100;
	desk_open(&desk);
	desk_event(&desk, EV_QUEUED, "c1");
	desk_turn(&desk);
	expect("many/queue:sales", "firing");
	desk_close(&desk);
}

/* ---- unknown ---- */

static struct feed_def feeds[] = { { (char[]){ "pbx" }, 10000 } };

static void
open_silent(const char *when)
{
	open_with("wait", SCOPE_QUEUE, "sales", when);
	desk.site.feeds = feeds;
	desk.site.nfeeds = 1;
}

/* Time goes by, and the source is heard every five seconds. */
static void
run_heard(msec_t ms)
{
	for (; ms > 0; ms -= 5000) {
		desk_event(&desk, EV_HEARTBEAT, NULL);
		desk_run(&desk, ms < 5000 ? ms : 5000);
	}
}

static void
test_unknown_while_pending(void **state)
{
	(void)state;
	open_silent("waiting_count > 0");
	desk.rules.rule[0].hold = 20000;
	desk_open(&desk);
	desk_event(&desk, EV_QUEUED, "c1");
	desk_turn(&desk);
	expect("wait/queue:sales", "pending");
	desk_run(&desk, 15000);
	expect("wait/queue:sales", "unknown");
	desk_run(&desk, 60000);
	expect("wait/queue:sales", "unknown");
	run_heard(19000); /* its `for` starts anew */
	expect("wait/queue:sales", "pending");
	run_heard(2000);
	expect("wait/queue:sales", "firing");
	desk_close(&desk);
}

static void
test_nothing_begins_unknown(void **state)
{
	(void)state;
	open_silent("oldest_wait_seconds > 30");
	desk_open(&desk);
	desk_event(&desk, EV_QUEUED, "c1");
	desk_run(&desk, 60000);
	expect("wait/queue:sales", "none");
	assert_int_equal(desk.npages, 0);
	desk_close(&desk);
}

/* The call of another source ends, but what pbx has is not known. */
static void
test_nothing_ends_unknown(void **state)
{
	(void)state;
	open_silent("waiting_count > 0");
	desk_step(&desk.rules.rule[0], 20000, "boss");
	desk_open(&desk);
	desk_event(&desk, EV_HEARTBEAT, NULL);
	desk_event(&desk, EV_QUEUED, "c0");
	desk_event(&desk, EV_ANSWERED, "c0"); /* so pbx feeds the queue */
	desk_event_of(&desk, "web", EV_QUEUED, "c1");
	desk_turn(&desk);
	expect("wait/queue:sales", "firing");
	desk_run(&desk, 15000);
	expect("wait/queue:sales", "unknown");
	desk_event_of(&desk, "web", EV_ANSWERED, "c1");
	desk_run(&desk, 60000);
	expect("wait/queue:sales", "unknown");
	assert_int_equal(desk_count(&desk, PAGE_ESCALATE), 1); /* its ladder goes on */
	assert_int_equal(desk_count(&desk, PAGE_RESOLVE), 0);
	run_heard(1000);
	expect("wait/queue:sales", "resolved");
	desk_close(&desk);
}

static void
test_feeds_are_never_unknown(void **state)
{
	(void)state;
	open_silent("waiting_count > 0");
	desk_rule(&desk, "silent", SCOPE_FEED, "*", "silent == 1");
	desk_open(&desk);
	desk_event(&desk, EV_HEARTBEAT, NULL);
	desk_run(&desk, 15000);
	expect("silent/feed:pbx", "firing");
	desk_close(&desk);
}

/* ---- hours ---- */

static struct calendar office;
static struct calendars calendars;

static void
open_office(void)
{
	char why[128];
	int rc;

	office = (struct calendar){ .name = strdup("office") };
	rc = calendar_add_open(&office, "mon-fri 08:00-12:10", why, sizeof(why));
	assert_int_equal(rc, 0);
	calendars = (struct calendars){ &office, 1, desk.site.zones };
	desk.calendars = calendars;
	desk.site.calendars = calendars;
}

static void
close_office(void)
{
	desk_close(&desk);
	calendar_fini(&office);
}

static void
test_hours_end(void **state)
{
	(void)state;
	open_with("wait", SCOPE_QUEUE, "sales", "waiting_count > 0")->hours = strdup("office");
	open_office();
	desk_rule(&desk, "long", SCOPE_QUEUE, "sales", "waiting_count > 0")->hold = 900000;
	desk.rules.rule[1].hours = strdup("office");
	desk_rule(&desk, "night", SCOPE_QUEUE, "sales", "waiting_count > 0")->hours =
	    strdup("always");
	desk_open(&desk);
	desk_event(&desk, EV_QUEUED, "c1");
	desk_run(&desk, 599000);
	expect("wait/queue:sales", "firing");
	expect("long/queue:sales", "pending");
	desk_run(&desk, 1000); /* 12:10 */
	expect("wait/queue:sales", "resolved");
	expect("long/queue:sales", "none");
	expect("night/queue:sales", "firing");
	assert_string_equal(
	    desk.page[desk.npages - 1].summary, "sales: wait resolved after 10m: closed");
	desk_run(&desk, 1800000);
	expect("wait/queue:sales", "none");
	close_office();
}

static void
test_the_queue_has_hours_of_its_own(void **state)
{
	(void)state;
	open_with("wait", SCOPE_QUEUE, "*", "waiting_count >= 0");
	open_office();
	desk.site.queues[0].calendar = (char[]){ "office" };
	desk_open(&desk);
	desk_turn(&desk);
	expect("wait/queue:sales", "firing");
	desk_run(&desk, 600000);
	expect("wait/queue:sales", "resolved");
	expect("wait/queue:help", "firing"); /* which has none */
	close_office();
}

/* ---- what goes ---- */

static void
test_a_removed_rule_resolves(void **state)
{
	static struct rules none;

	(void)state;
	open_with("wait", SCOPE_QUEUE, "sales", "waiting_count >= 0");
	desk_open(&desk);
	desk_turn(&desk);
	expect("wait/queue:sales", "firing");
	none = (struct rules){ .paging = desk.rules.paging };
	alerts_set_rules(desk.alerts, &none, NULL);
	desk.now += 1000;
	desk_turn(&desk);
	expect("wait/queue:sales", "resolved");
	assert_string_equal(desk.page[1].summary, "sales: wait resolved after 1s: rule removed");
	desk_close(&desk);
}

static void
test_a_rule_of_the_same_name_keeps_its_alert(void **state)
{
	(void)state;
	open_with("wait", SCOPE_QUEUE, "sales", "waiting_count >= 0");
	desk_open(&desk);
	desk_turn(&desk);
	alerts_set_rules(desk.alerts, &desk.rules, NULL);
	desk_run(&desk, 60000);
	expect("wait/queue:sales", "firing");
	assert_int_equal(desk.npages, 1);
	free(desk.rules.rule[0].glob);
	desk.rules.rule[0].glob = strdup("help"); /* means another queue now */
	alerts_set_rules(desk.alerts, &desk.rules, NULL);
	desk_turn(&desk);
	expect("wait/queue:sales", "resolved");
	expect("wait/queue:help", "firing");
	desk_close(&desk);
}

/* The engine forgets agents who were not seen for a day and more. */
static void
test_an_object_that_is_gone(void **state)
{
	struct event ev = { .event = EV_LOGIN,
		.source = STR_LIT("pbx"),
		.agent = STR_LIT("ann"),
		.has = HAS(SOURCE) | HAS(TIME) | HAS(AGENT) };

	(void)state;
	open_with("seen", SCOPE_AGENT, "*", "state_since_epoch_ms > 0");
	desk_open(&desk);
	ev.time = desk.now;
	engine_apply(desk.engine, &ev, desk.now);
	ev.event = EV_LOGOUT;
	ev.time = desk.now += 1000;
	engine_apply(desk.engine, &ev, desk.now);
	desk_turn(&desk);
	expect("seen/agent:ann", "firing");
	for (unsigned hours = 0; hours < 72 && desk.npages == 1; hours++) {
		desk.now += 3600000;
		desk_turn(&desk);
	}
	expect("seen/agent:ann", "resolved");
	assert_non_null(strstr(desk.page[1].summary, ": it is gone"));
	desk_close(&desk);
}

static void
test_the_status_says_so(void **state)
{
	struct object sales;
	char buf[256];

	(void)state;
	open_with("wait", SCOPE_QUEUE, "sales", "waiting_count > 0");
	desk_open(&desk);
	desk_event(&desk, EV_QUEUED, "c1");
	desk_turn(&desk);
	sales = kit_object(desk.engine, SCOPE_QUEUE, "sales");
	assert_string_equal(kit_figure(desk.engine, sales, "status", buf), "crit");
	assert_non_null(strstr(
	    kit_figure(desk.engine, sales, "status_reason", buf), "wait: waiting_count > 0"));
	desk_event(&desk, EV_ANSWERED, "c1");
	desk_turn(&desk);
	assert_string_equal(kit_figure(desk.engine, sales, "status", buf), "ok");
	desk_close(&desk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_alone_fires),
		cmocka_unit_test(test_the_glob_is_kept),
		cmocka_unit_test(test_undefined_neither_fires_nor_clears),
		cmocka_unit_test(test_undefined_drops_what_is_pending),
		cmocka_unit_test(test_an_undefined_limit),
		cmocka_unit_test(test_a_limit_from_another_field),
		cmocka_unit_test(test_between_two_counts),
		cmocka_unit_test(test_min_n),
		cmocka_unit_test(test_min_n_means_nothing_for_counts),
		cmocka_unit_test(test_unknown_while_pending),
		cmocka_unit_test(test_nothing_begins_unknown),
		cmocka_unit_test(test_nothing_ends_unknown),
		cmocka_unit_test(test_feeds_are_never_unknown),
		cmocka_unit_test(test_hours_end),
		cmocka_unit_test(test_the_queue_has_hours_of_its_own),
		cmocka_unit_test(test_a_removed_rule_resolves),
		cmocka_unit_test(test_a_rule_of_the_same_name_keeps_its_alert),
		cmocka_unit_test(test_an_object_that_is_gone),
		cmocka_unit_test(test_the_status_says_so),
	};

	return cmocka_run_group_tests_name("alert_facts", tests, NULL, NULL);
}
