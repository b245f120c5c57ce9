/* SPDX-License-Identifier: MIT */
/*
 * test_notice.c: the watchdog's page and a test's, begin and end: what a hook
 * gets must look like any other page.
 */
#include <daemon/notice.h>

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NOON INT64_C(1767614400123) /* 2026-01-05 12:00:00.123 UTC */

static struct notice notice;

/* Each variable of a page, but CCMON_ATTEMPT, and no other. */
static const char *
variable(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < notice.page.nenv; i++) {
		assert_memory_equal(notice.page.env[i].p, "CCMON_", 6);
		assert_int_equal(strlen(notice.page.env[i].p), notice.page.env[i].n);
		if (strncmp(notice.page.env[i].p + 6, name, len) == 0 &&
		    notice.page.env[i].p[6 + len] == '=')
			return notice.page.env[i].p + 6 + len + 1;
	}
	fail_msg("no CCMON_%s", name);
	return NULL;
}

static json_t *
body(void)
{
	json_t *json =
	    json_loadb(notice.page.body.p, notice.page.body.n, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(json);
	return json;
}

static const char *
text_in(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static void
expect(const char *name, const char *value)
{
	assert_string_equal(variable(name), value);
}

static void
expect_page(const char *id, enum page_kind kind, const char *hook, msec_t time)
{
	const struct page *p = &notice.page;

	assert_int_equal(p->id.n, strlen(id));
	assert_memory_equal(p->id.p, id, p->id.n);
	assert_int_equal(p->kind, kind);
	assert_int_equal(p->time, time);
	assert_int_equal(p->nhooks, 1);
	assert_int_equal(p->hooks[0].n, strlen(hook));
	assert_memory_equal(p->hooks[0].p, hook, p->hooks[0].n);
	assert_int_equal(p->nrefs, 0);
	assert_int_equal(p->nenv, 16);
	expect("PAGE_ID", id);
	expect("KIND", page_kind_name(kind));
	expect("SITE", "hall");
	expect("SCOPE", "site");
	expect("SEVERITY", "info");
	expect("METRIC", "");
	expect("VALUE", "");
	expect("THRESHOLD", "");
	expect("STEP", "0");
	expect("COUNT", "1");
}

/* The parts of Alertmanager's webhook, version 4, that are always the same. */
static json_t *
expect_body(const char *rule, const char *status)
{
	json_t *json = body(), *alert = json_array_get(json_object_get(json, "alerts"), 0);
	json_t *own = json_object_get(json, "ccmon");
	static const char *const labels[] = { "groupLabels", "commonLabels" };

	assert_string_equal(text_in(json, "version"), "4");
	assert_string_equal(text_in(json, "status"), status);
	assert_string_equal(text_in(json, "receiver"), "ccmon");
	assert_string_equal(text_in(json, "externalURL"), "");
	assert_int_equal(json_integer_value(json_object_get(json, "truncatedAlerts")), 0);
	for (size_t i = 0; i < COUNTOF(labels); i++)
		assert_string_equal(text_in(json_object_get(json, labels[i]), "alertname"), rule);
	assert_int_equal(json_array_size(json_object_get(json, "alerts")), 1);
	assert_string_equal(text_in(alert, "status"), status);
	assert_string_equal(text_in(json_object_get(alert, "labels"), "alertname"), rule);
	assert_string_equal(text_in(json_object_get(alert, "labels"), "severity"), "info");
	assert_string_equal(text_in(json_object_get(alert, "labels"), "site"), "hall");
	assert_string_equal(text_in(json_object_get(alert, "annotations"), "summary"),
	    text_in(json_object_get(json, "commonAnnotations"), "summary"));
	assert_string_equal(text_in(alert, "generatorURL"), "");
	assert_string_equal(text_in(alert, "fingerprint"), text_in(json, "groupKey"));
	assert_string_equal(text_in(own, "page_id"), variable("PAGE_ID"));
	assert_string_equal(text_in(own, "kind"), variable("KIND"));
	assert_string_equal(text_in(own, "site"), "hall");
	assert_int_equal(json_integer_value(json_object_get(own, "schema_version")), 1);
	assert_int_equal(
	    json_integer_value(json_object_get(own, "time_epoch_ms")), notice.page.time);
	assert_int_equal(json_array_size(json_object_get(own, "alerts")), 0);
	return json;
}

static void
expect_times(json_t *json, const char *from, const char *to)
{
	json_t *alert = json_array_get(json_object_get(json, "alerts"), 0);

	assert_string_equal(text_in(alert, "startsAt"), from);
	assert_string_equal(text_in(alert, "endsAt"), to);
	json_decref(json);
}

static void
test_the_watchdog(void **state)
{
	(void)state;
	notice_watchdog(&notice, "hall", "dog", NOON);
	expect_page("watchdog.1767614400", PAGE_FIRE, "dog", NOON);
	expect("ALERT", "watchdog/site");
	expect("RULE", "watchdog");
	expect("EPISODE", "watchdog.1767614400");
	expect("SINCE_EPOCH_MS", "1767614400123");
	expect("UNTIL_EPOCH_MS", "");
	expect_times(
	    expect_body("watchdog", "firing"), "2026-01-05T12:00:00.123Z", "0001-01-01T00:00:00Z");
}

static void
test_a_test_and_its_end(void **state)
{
	(void)state;
	notice_test(&notice, "hall", "bell", STR_LIT("1767614400000-0"), NOON);
	expect_page("test.1767614400000-0", PAGE_FIRE, "bell", NOON);
	expect("ALERT", "hook_test/site");
	expect("RULE", "hook_test");
	expect("EPISODE", "test.1767614400000-0");
	expect("UNTIL_EPOCH_MS", "");
	expect_times(
	    expect_body("hook_test", "firing"), "2026-01-05T12:00:00.123Z", "0001-01-01T00:00:00Z");
	notice_test_end(&notice, "hall", "bell", STR_LIT("1767614400000-0"), NOON, NOON + 2000);
	expect_page("test.1767614400000-0.end", PAGE_RESOLVE, "bell", NOON + 2000);
	expect("EPISODE", "test.1767614400000-0"); /* that of its begin */
	expect("SINCE_EPOCH_MS", "1767614400123");
	expect("UNTIL_EPOCH_MS", "1767614402123");
	expect_times(expect_body("hook_test", "resolved"), "2026-01-05T12:00:00.123Z",
	    "2026-01-05T12:00:02.123Z");
}

/* The longest id a stream can give, and the longest name of a hook. */
static void
test_long_names(void **state)
{
	char hook[65];

	(void)state;
	memset(hook, 'h', 64);
	hook[64] = '\0';
	notice_test_end(&notice, "hall", hook, STR_LIT("18446744073709551615-18446744073709551615"),
	    NOON, NOON);
	expect_page("test.18446744073709551615-18446744073709551615.end", PAGE_RESOLVE, hook, NOON);
	assert_true(notice.page.id.n < PAGE_ID_MAX);
	json_decref(expect_body("hook_test", "resolved"));
}

static void
test_words(void **state)
{
	(void)state;
	assert_string_equal(page_kind_name(PAGE_REPEAT), "repeat");
	assert_string_equal(page_kind_name(PAGE_ESCALATE), "escalate");
	assert_string_equal(hook_outcome_name(HOOK_DELIVERED), "delivered");
	assert_string_equal(hook_outcome_name(HOOK_SUPERSEDED), "superseded");
}

static int
setup(void **state)
{
	(void)state;
	notice_init(&notice);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	notice_fini(&notice);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_watchdog),
		cmocka_unit_test(test_a_test_and_its_end),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("notice", tests, setup, teardown);
}
