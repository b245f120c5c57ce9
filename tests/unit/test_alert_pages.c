/* SPDX-License-Identifier: MIT */
/*
 * test_alert_pages.c: what a hook is given: the body, as JSON that another
 * reader takes, and the environment; and an alert's line in Redis.
 */
#include "tests/unit/alerts_kit.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct desk desk;

static json_t *
body(void)
{
	json_error_t why;
	json_t *root = json_loadb(desk.bodies.buf, desk.bodies.len, JSON_REJECT_DUPLICATES, &why);

	if (root == NULL)
		fail_msg("%s at %d of %.*s", why.text, why.position, (int)desk.bodies.len,
		    desk.bodies.buf);
	return root;
}

/* "alerts.0.labels.queue": the value there, as text. */
static void
expect(const json_t *root, const char *path, const char *want)
{
	char text[512], *copy = strdup(path), *rest = copy, *part;
	const json_t *at = root;

	while ((part = strsep(&rest, ".")) != NULL && at != NULL)
		at = json_is_array(at) ? json_array_get(at, (size_t)atoi(part))
		                       : json_object_get(at, part);
	free(copy);
	if (at == NULL)
		fail_msg("there is no %s", path);
	if (json_is_string(at))
		snprintf(text, sizeof(text), "%s", json_string_value(at));
	else if (json_is_real(at))
		snprintf(text, sizeof(text), "%g", json_real_value(at));
	else if (json_is_integer(at))
		snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(at));
	else
		snprintf(text, sizeof(text), "%s",
		    json_is_null(at)   ? "null"
		    : json_is_true(at) ? "true"
		                       : "false");
	assert_string_equal(text, want);
}

static const char *
env(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < desk.nenv; i++)
		if (strncmp(desk.env[i], name, n) == 0 && desk.env[i][n] == '=')
			return desk.env[i] + n + 1;
	fail_msg("there is no %s", name);
	return NULL;
}

static void
open_wait(void)
{
	struct rule_def *r;

	desk_init(&desk);
	desk.site.queues[0].policy.max_wait = 0;
	r = desk_rule(&desk, "oldest_wait", SCOPE_QUEUE, "*", "oldest_wait_seconds > 60");
	r->clear_for = 0;
	desk_open(&desk);
	desk.now += 500;
	desk_event(&desk, EV_QUEUED, "c1");
	desk_run(&desk, 61000);
	assert_int_equal(desk.npages, 1);
}

static void
test_the_body_of_a_fire(void **state)
{
	json_t *root;

	(void)state;
	open_wait();
	root = body();
	expect(root, "version", "4");
	expect(root, "groupKey", "{}:{alertname=\"oldest_wait\", scope=\"queue:sales\"}");
	expect(root, "truncatedAlerts", "0");
	expect(root, "status", "firing");
	expect(root, "receiver", "ccmon");
	expect(root, "groupLabels.alertname", "oldest_wait");
	expect(root, "groupLabels.scope", "queue:sales");
	expect(root, "commonLabels.queue", "sales");
	expect(root, "commonLabels.severity", "critical");
	expect(root, "commonAnnotations.description", "oldest_wait_seconds > 60");
	expect(root, "externalURL", "");
	expect(root, "alerts.0.status", "firing");
	expect(root, "alerts.0.labels.alertname", "oldest_wait");
	expect(root, "alerts.0.labels.site", "hall");
	expect(
	    root, "alerts.0.annotations.summary", "sales: oldest_wait_seconds is 60.5, limit 60");
	expect(root, "alerts.0.startsAt", "2026-01-05T12:01:01.000Z");
	expect(root, "alerts.0.endsAt", "0001-01-01T00:00:00Z");
	expect(root, "alerts.0.generatorURL", "");
	assert_int_equal(json_string_length(json_object_get(
	                     json_array_get(json_object_get(root, "alerts"), 0), "fingerprint")),
	    16);
	expect(root, "ccmon.schema_version", "1");
	expect(root, "ccmon.page_id", desk.page[0].id);
	expect(root, "ccmon.kind", "fire");
	expect(root, "ccmon.site", "hall");
	expect(root, "ccmon.time_epoch_ms", "1767614461000");
	expect(root, "ccmon.alerts.0.id", "oldest_wait/queue:sales");
	expect(root, "ccmon.alerts.0.state", "firing");
	expect(root, "ccmon.alerts.0.figures.waiting_count", "1");
	expect(root, "ccmon.alerts.0.figures.asa_seconds_15m", "null");
	json_decref(root);
	desk_close(&desk);
}

static void
test_the_body_of_a_resolve(void **state)
{
	json_t *root;

	(void)state;
	open_wait();
	desk_event(&desk, EV_ANSWERED, "c1");
	desk_run(&desk, 1000);
	assert_int_equal(desk.npages, 2);
	root = body();
	expect(root, "status", "resolved");
	expect(root, "alerts.0.status", "resolved");
	expect(root, "alerts.0.startsAt", "2026-01-05T12:01:01.000Z");
	expect(root, "alerts.0.endsAt", "2026-01-05T12:01:01.500Z");
	expect(root, "ccmon.kind", "resolve");
	json_decref(root);
	assert_string_equal(env("CCMON_KIND"), "resolve");
	assert_string_equal(env("CCMON_UNTIL_EPOCH_MS"), "1767614461500");
	assert_string_equal(env("CCMON_SUMMARY"), "sales: oldest_wait resolved after 0s");
	desk_close(&desk);
}

static void
test_the_environment(void **state)
{
	(void)state;
	open_wait();
	assert_string_equal(env("CCMON_PAGE_ID"), desk.page[0].id);
	assert_string_equal(env("CCMON_KIND"), "fire");
	assert_string_equal(env("CCMON_ALERT"), "oldest_wait/queue:sales");
	assert_string_equal(env("CCMON_RULE"), "oldest_wait");
	assert_string_equal(env("CCMON_SCOPE"), "queue:sales");
	assert_string_equal(env("CCMON_SEVERITY"), "page");
	assert_string_equal(env("CCMON_METRIC"), "oldest_wait_seconds");
	assert_string_equal(env("CCMON_VALUE"), "60.500");
	assert_string_equal(env("CCMON_THRESHOLD"), "60.000");
	assert_string_equal(env("CCMON_SINCE_EPOCH_MS"), "1767614461000");
	assert_string_equal(env("CCMON_UNTIL_EPOCH_MS"), "");
	assert_string_equal(env("CCMON_STEP"), "0");
	assert_string_equal(env("CCMON_SITE"), "hall");
	assert_string_equal(env("CCMON_COUNT"), "1");
	assert_int_equal(strlen(env("CCMON_EPISODE")), 16);
	desk_close(&desk);
}

static void
test_the_line_in_redis(void **state)
{
	struct alert_view v;
	json_t *root;

	(void)state;
	open_wait();
	v = desk_view(&desk, "oldest_wait/queue:sales");
	out_reset(&desk.bodies);
	alert_json(&desk.bodies, &v);
	root = body();
	expect(root, "rule", "oldest_wait");
	expect(root, "severity", "page");
	expect(root, "flapping", "false");
	expect(root, "value", "61");
	expect(root, "threshold", "60");
	expect(root, "began_epoch_ms", "1767614461000");
	expect(root, "ended_epoch_ms", "null");
	expect(root, "step", "1");
	expect(root, "steps", "1");
	expect(root, "next_step_epoch_ms", "null");
	expect(root, "inhibitor", "null");
	json_decref(root);
	desk_close(&desk);
}

/* Two queues and a site past a storm's limit of one. */
static void
test_a_storm(void **state)
{
	json_t *root;

	(void)state;
	desk_init(&desk);
	desk.rules.paging.storm = 1;
	desk_rule(&desk, "wait", SCOPE_QUEUE, "*", "waiting_count >= 0")->severity = SEVERITY_WARN;
	desk_open(&desk);
	desk_run(&desk, GROUP_MS);
	assert_int_equal(desk.npages, 2);
	root = body();
	expect(root, "groupKey", "{}:{alertname=\"storm\", scope=\"site\"}");
	expect(root, "commonLabels.alertname", "wait");
	expect(root, "commonLabels.severity", "warning");
	assert_null(json_object_get(json_object_get(root, "commonLabels"), "queue"));
	assert_int_equal(json_array_size(json_object_get(root, "alerts")), 2);
	json_decref(root);
	assert_string_equal(env("CCMON_ALERT"), "storm/site");
	assert_string_equal(env("CCMON_RULE"), "storm");
	assert_string_equal(env("CCMON_SCOPE"), "site");
	assert_string_equal(env("CCMON_SEVERITY"), "warn");
	assert_string_equal(env("CCMON_VALUE"), "");
	assert_string_equal(env("CCMON_EPISODE"), desk.page[1].id);
	assert_string_equal(env("CCMON_COUNT"), "2");
	assert_string_equal(
	    env("CCMON_SUMMARY"), "2 new alerts: wait/queue:post and wait/queue:sales");
	desk_close(&desk);
}

static void
test_what_a_monitor_says_is_in_the_summary(void **state)
{
	(void)state;
	desk_init(&desk);
	desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5");
	desk_open(&desk);
	alerts_monitor(desk.alerts, MONITOR_REDIS_DOWN, 6500, "connection \"refused\"\n");
	desk_turn(&desk);
	assert_string_equal(desk.page[0].summary,
	    "hall: redis_down_seconds is 6.5, limit 5 (connection \"refused\"\n)");
	json_decref(body());
	desk_close(&desk);
}

/* The page is given when the alert has another episode, and then none. */
static void
test_a_page_of_the_past(void **state)
{
	char episode[EPISODE_MAX];
	struct page page;
	json_t *root;

	(void)state;
	desk_init(&desk);
	desk_rule(&desk, "down", SCOPE_SITE, "*", "redis_down_seconds > 5")->clear_for = 0;
	desk_open(&desk);
	desk.keep = true;
	desk_down(&desk, 6);
	snprintf(episode, sizeof(episode), "%s", env("CCMON_EPISODE"));
	desk_down(&desk, 0);
	desk_run(&desk, RESOLVED_MS);
	assert_string_equal(desk_state(&desk, "down/site"), "none");
	alerts_offer_again(desk.alerts);
	assert_true(alerts_page(desk.alerts, &page));
	desk_take_page(&desk, &page);
	assert_string_equal(env("CCMON_EPISODE"), episode);
	assert_string_equal(env("CCMON_ALERT"), "down/site");
	assert_string_equal(env("CCMON_RULE"), "down");
	root = body();
	expect(root, "alerts.0.startsAt", "2026-01-05T12:00:00.000Z");
	json_decref(root);
	desk_close(&desk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_body_of_a_fire),
		cmocka_unit_test(test_the_body_of_a_resolve),
		cmocka_unit_test(test_the_environment),
		cmocka_unit_test(test_the_line_in_redis),
		cmocka_unit_test(test_a_storm),
		cmocka_unit_test(test_what_a_monitor_says_is_in_the_summary),
		cmocka_unit_test(test_a_page_of_the_past),
	};

	return cmocka_run_group_tests_name("alert_pages", tests, NULL, NULL);
}
