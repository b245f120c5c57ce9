/* SPDX-License-Identifier: MIT */
/*
 * test_alert_rules.c: conditions at their edges, rules that hold each other,
 * silences that overlap, and names as long as they get.
 */
#include "tests/unit/alerts_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct desk desk;
static char why[128];

static void
expect(const char *id, const char *state)
{
	assert_string_equal(desk_state(&desk, id), state);
}

/* One rule about the site; redis_down_seconds is what is said. */
static void
expect_condition(const char *when, int64_t ms, bool holds, int64_t threshold)
{
	struct rule_def *r;

	desk_init(&desk);
	r = desk_rule(&desk, "r", SCOPE_SITE, "*", when);
	r->severity = SEVERITY_INFO;
	desk_open(&desk);
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, ms, NULL);
	desk_turn(&desk);
	expect("r/site", holds ? "firing" : "none");
	if (holds)
		assert_int_equal(desk_view(&desk, "r/site").threshold, threshold);
	desk_close(&desk);
}

static void
test_comparisons(void **state)
{
	static const struct {
		const char *op;
		bool below, equal, above;
	} rows[] = { { "<", true, false, false }, { "<=", true, true, false },
		{ ">", false, false, true }, { ">=", false, true, true },
		{ "==", false, true, false }, { "!=", true, false, true } };
	char when[64];

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		snprintf(when, sizeof(when), "redis_down_seconds %s 2", rows[i].op);
		expect_condition(when, 1999, rows[i].below, 2000);
		expect_condition(when, 2000, rows[i].equal, 2000);
		expect_condition(when, 2001, rows[i].above, 2000);
	}
}

/* Between two steps of a unit, below zero, and further than anything counts. */
static void
test_numbers(void **state)
{
	(void)state;
	expect_condition("redis_down_seconds > 2.0005", 2000, false, 0);
	expect_condition("redis_down_seconds > 2.0005", 2001, true, 2001);
	expect_condition("redis_down_seconds > 2.0004", 2001, true, 2000);
	expect_condition("redis_down_seconds > monitor_late_seconds - 0.0026", 0, true, -3);
	expect_condition("redis_down_seconds > monitor_late_seconds - 0.0024", 0, true, -2);
	expect_condition("redis_down_seconds < monitor_late_seconds - 0.0024", 0, false, 0);
	expect_condition("redis_down_seconds < 9999999999999", 5, true, 9000000000000);
	expect_condition("redis_down_seconds > 9999999999999", 5, false, 0);
	expect_condition(
	    "redis_down_seconds > monitor_late_seconds - 9999999999999", 5, true, -9000000000000);
}

static void
test_two_fields(void **state)
{
	(void)state;
	desk_init(&desk);
	desk_rule(&desk, "r", SCOPE_SITE, "*", "redis_down_seconds > 2 * monitor_late_seconds + 1");
	desk_open(&desk);
	alerts_monitor(desk.alerts, MONITOR_LATE, 3000, NULL);
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, 7000, NULL);
	desk_turn(&desk);
	expect("r/site", "none");
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, 7001, NULL);
	desk_turn(&desk);
	expect("r/site", "firing");
	assert_int_equal(desk_view(&desk, "r/site").threshold, 7000);
	desk_close(&desk);
}

/* A field of no object here, as another build's rule might name. */
static void
test_a_field_nobody_has(void **state)
{
	(void)state;
	expect_condition("moon_count != 1", 0, false, 0);
	desk_init(&desk);
	desk_rule(&desk, "r", SCOPE_QUEUE, "*", "redis_down_seconds > 1");
	desk_open(&desk);
	desk_down(&desk, 6);
	expect("r/queue:sales", "none");
	desk_close(&desk);
}

static struct rule_def *
two_conditions(const char *first, const char *second)
{
	struct rule_def *r;
	struct condition *c;

	desk_init(&desk);
	desk.site.queues[0].policy.max_wait = 0;
	r = desk_rule(&desk, "r", SCOPE_QUEUE, "sales", first);
	c = desk_condition(second);
	r->when = realloc(r->when, 2 * sizeof(*c));
	r->when[r->nwhen++] = *c;
	free(c);
	r->clear_for = 0;
	desk_open(&desk);
	return r;
}

/* A condition that fails is enough to clear, whatever the other would say. */
static void
test_one_that_fails_and_one_undefined(void **state)
{
	(void)state;
	for (int turned = 0; turned < 2; turned++) {
		const char *waits = "waiting_count > 0", *speed = "asa_seconds_15m > 10";

		two_conditions(turned ? speed : waits, turned ? waits : speed);
		desk_event(&desk, EV_QUEUED, "c1");
		desk_run(&desk, 20000);
		desk_event(&desk, EV_QUEUED, "c2");
		desk_event(&desk, EV_ANSWERED, "c1");
		desk_run(&desk, 1000);
		expect("r/queue:sales", "firing");
		desk_run(&desk, 1000000); /* asa_seconds_15m is undefined by now */
		expect("r/queue:sales", "firing");
		desk_event(&desk, EV_ABANDONED, "c2");
		desk_turn(&desk);
		expect("r/queue:sales", "resolved");
		desk_close(&desk);
	}
}

/* ---- rules that hold each other ---- */

/* However long the ring is, each of them is told; who is held by one of them
 * is in no ring. */
static void
test_a_long_ring(void **state)
{
	char name[8], by[8];

	(void)state;
	desk_init(&desk);
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		snprintf(by, sizeof(by), "r%d", (i + 1) % 12);
		desk_inhibited_by(
		    desk_rule(&desk, name, SCOPE_SITE, "*", "redis_down_seconds > 5"), by);
	}
	desk_inhibited_by(
	    desk_rule(&desk, "held", SCOPE_SITE, "*", "redis_down_seconds > 5"), "r7");
	desk_open(&desk);
	desk_down(&desk, 6);
	assert_int_equal(desk.npages, 12);
	expect("held/site", "inhibited");
	desk_close(&desk);
}

/* A chain is none: only its last is told, and who is not there holds nobody. */
static void
test_a_long_chain(void **state)
{
	char name[8], by[8];

	(void)state;
	desk_init(&desk);
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		snprintf(by, sizeof(by), "r%d", i + 1);
		desk_inhibited_by(
		    desk_rule(&desk, name, SCOPE_SITE, "*", "redis_down_seconds > 5"), by);
	}
	desk_open(&desk);
	desk_down(&desk, 6);
	assert_int_equal(desk.npages, 1);
	assert_string_equal(desk.page[0].first, "r11/site");
	desk_close(&desk);
}

/* A rule about a channel does not hold one about the site, nor an agent's. */
static void
test_what_is_no_part_of_it_holds_nothing(void **state)
{
	(void)state;
	desk_init(&desk);
	desk.site.queues[0].policy.max_wait = 0;
	desk_rule(&desk, "calls", SCOPE_CHANNEL, "call", "waiting_count > 0");
	desk_inhibited_by(desk_rule(&desk, "all", SCOPE_SITE, "*", "waiting_count > 0"), "calls");
	desk_inhibited_by(
	    desk_rule(&desk, "queue", SCOPE_QUEUE, "*", "waiting_count > 0"), "calls");
	desk_open(&desk);
	desk_event(&desk, EV_QUEUED, "c1");
	desk_turn(&desk);
	expect("calls/channel:call", "firing");
	expect("all/site", "firing");
	expect("queue/queue:sales", "inhibited");
	desk_close(&desk);
}

/* ---- what is shown of an object ---- */

static void
test_the_worst_is_the_status(void **state)
{
	struct object sales;
	char buf[256];

	(void)state;
	desk_init(&desk);
	desk.site.queues[0].policy.max_wait = 0;
	desk_rule(&desk, "a", SCOPE_QUEUE, "*", "waiting_count > 0")->severity = SEVERITY_WARN;
	desk_rule(&desk, "b", SCOPE_QUEUE, "*", "waiting_count > 0");
	desk_rule(&desk, "c", SCOPE_QUEUE, "*", "waiting_count > 0");
	desk_open(&desk);
	desk_event(&desk, EV_QUEUED, "c1");
	desk_turn(&desk);
	sales = kit_object(desk.engine, SCOPE_QUEUE, "sales");
	assert_non_null(strstr(kit_figure(desk.engine, sales, "status_reason", buf), "b: waiting"));
	assert_int_equal(desk_order(&desk, ORDER_ACK, "b/queue:sales", 0, why), 0);
	assert_non_null(strstr(kit_figure(desk.engine, sales, "status_reason", buf), "b: waiting"));
	assert_int_equal(desk_order(&desk, ORDER_SILENCE, "b/*", desk.now + 9000000, why), 0);
	desk_run(&desk, 3600000); /* the acknowledgement is over: it is silenced */
	expect("b/queue:sales", "silenced");
	assert_non_null(strstr(kit_figure(desk.engine, sales, "status_reason", buf), "c: waiting"));
	desk_close(&desk);
}

/* Of silences that overlap the longest is named. */
static void
test_silences_that_overlap(void **state)
{
	static const int64_t minutes[] = { 10, 30, 20 };
	struct alert_view v;

	(void)state;
	desk_init(&desk);
	desk_rule(&desk, "r", SCOPE_SITE, "*", "redis_down_seconds > 5");
	desk_open(&desk);
	for (size_t i = 0; i < COUNTOF(minutes); i++)
		assert_int_equal(
		    desk_order(&desk, ORDER_SILENCE, "r/*", desk.now + minutes[i] * 60000, why), 0);
	desk_down(&desk, 6);
	v = desk_view(&desk, "r/site");
	assert_int_equal(v.until, desk.now + 30 * 60000);
	assert_true(v.silence.n > 0);
	desk_run(&desk, 25 * 60000);
	expect("r/site", "silenced");
	desk_run(&desk, 5 * 60000);
	expect("r/site", "firing");
	assert_int_equal(desk.npages, 1);
	desk_close(&desk);
}

/* An acknowledgement and a silence at once: when the first is over the second
 * still holds, and what is told then is the next round. */
static void
test_acked_while_silenced(void **state)
{
	(void)state;
	desk_init(&desk);
	desk_rule(&desk, "r", SCOPE_SITE, "*", "redis_down_seconds > 5");
	desk_open(&desk);
	assert_int_equal(desk_order(&desk, ORDER_SILENCE, "*", desk.now + 7200000, why), 0);
	desk_down(&desk, 6);
	expect("r/site", "silenced");
	assert_int_equal(desk_order(&desk, ORDER_ACK, "r/site", 0, why), 0);
	expect("r/site", "acked");
	desk_run(&desk, 3600000);
	expect("r/site", "silenced");
	desk_run(&desk, 3599000);
	assert_int_equal(desk.npages, 0);
	desk_run(&desk, 1000);
	expect("r/site", "firing");
	assert_int_equal(desk.npages, 1);
	assert_string_equal(desk.page[0].id + EPISODE_MAX - 1, ".1.0");
	assert_int_equal(desk.page[0].kind, PAGE_FIRE);
	desk_close(&desk);
}

static void
test_orders_of_an_hour_ago(void **state)
{
	struct order o = { .verb = ORDER_SILENCE, .what = STR_LIT("*"), .by = STR_LIT("ann") };
	char id[32];

	(void)state;
	desk_init(&desk);
	desk_open(&desk);
	desk_turn(&desk);
	o.until = desk.now + 60000;
	for (int late = 0; late < 2; late++) {
		snprintf(id, sizeof(id), "%" PRId64 "-0", desk.now - 3600000 - late);
		o.id = kit_str(id);
		assert_int_equal(
		    alerts_order(desk.alerts, &o, desk.now, why, sizeof(why)), late ? -1 : 0);
	}
	assert_string_equal(why, "it is older than an hour");
	desk_close(&desk);
}

/* While a journal is handed over the operator's time is ahead of the alerts'. */
static void
test_an_order_moves_no_time(void **state)
{
	struct order o = { .id = STR_LIT("9999999999999-0"), .what = STR_LIT("r/site") };
	msec_t wall;

	(void)state;
	desk_init(&desk);
	desk_rule(&desk, "r", SCOPE_SITE, "*", "redis_down_seconds > 5")->hold = 60000;
	desk_open(&desk);
	desk_down(&desk, 6);
	assert_int_equal(desk_order(&desk, ORDER_SILENCE, "*", desk.now + 1800000, why), 0);
	wall = desk.now + 3600000;
	assert_int_equal(alerts_order(desk.alerts, &o, wall, why, sizeof(why)), -1);
	desk_run(&desk, 59999);
	expect("r/site", "pending");
	desk_run(&desk, 1);
	expect("r/site", "silenced");
	assert_int_equal(alerts_order(desk.alerts, &o, wall, why, sizeof(why)), 0);
	desk_turn(&desk);
	assert_int_equal(desk_view(&desk, "r/site").until, wall + 3600000);
	desk.now = wall;
	desk_turn(&desk);
	expect("r/site", "acked");
	assert_int_equal(desk.npages, 0);
	desk_close(&desk);
}

/* ---- names ---- */

static void
test_names_of_64_bytes(void **state)
{
	char rule[65], queue[65], id[ALERT_ID_MAX];
	struct event ev = { .event = EV_QUEUED,
		.source = STR_LIT("pbx"),
		.contact = STR_LIT("c1"),
		.channel = CHANNEL_CALL };
	struct desk_kept kept = { 0 };

	(void)state;
	memset(rule, 'r', 64);
	memset(queue, 'q', 64);
	rule[64] = queue[64] = '\0';
	assert_true(snprintf(id, sizeof(id), "%s/queue:%s", rule, queue) < ALERT_ID_MAX);
	desk_init(&desk);
	desk_rule(&desk, rule, SCOPE_QUEUE, "q*", "waiting_count > 0");
	desk_open(&desk);
	ev.time = desk.now;
	ev.queue = kit_str(queue);
	ev.has = HAS(SOURCE) | HAS(TIME) | HAS(CONTACT) | HAS(QUEUE) | HAS(CHANNEL);
	(void)engine_apply(desk.engine, &ev, desk.now);
	desk_turn(&desk);
	expect(id, "firing");
	assert_string_equal(desk.page[0].first, id);
	desk_commit(&desk, &kept);
	desk_restart(&desk, &kept);
	desk_turn(&desk);
	expect(id, "firing");
	assert_int_equal(desk_order(&desk, ORDER_ACK, id, 0, why), 0);
	expect(id, "acked");
	assert_int_equal(desk.npages, 1);
	desk_forget(&kept);
	desk_close(&desk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_two_fields),
		cmocka_unit_test(test_a_field_nobody_has),
		cmocka_unit_test(test_one_that_fails_and_one_undefined),
		cmocka_unit_test(test_a_long_ring),
		cmocka_unit_test(test_a_long_chain),
		cmocka_unit_test(test_what_is_no_part_of_it_holds_nothing),
		cmocka_unit_test(test_the_worst_is_the_status),
		cmocka_unit_test(test_silences_that_overlap),
		cmocka_unit_test(test_acked_while_silenced),
		cmocka_unit_test(test_orders_of_an_hour_ago),
		cmocka_unit_test(test_an_order_moves_no_time),
		cmocka_unit_test(test_names_of_64_bytes),
	};

	return cmocka_run_group_tests_name("alert_rules", tests, NULL, NULL);
}
