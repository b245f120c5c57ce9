/* SPDX-License-Identifier: MIT */
/*
 * test_metrics.c: the text of a small site to the byte, in both formats; what
 * is undefined, what is not there, names that want to break out of their
 * quotes; and counters that do not fall, unless they began anew.
 */
#include "wallboard/metrics_int.h"

#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define WORDS_MAX 64
#define TEXT_MAX 65536

static const struct metrics_self self = { STR_LIT("1.2"), STR_LIT("main"), 1795349000500, true };

/* A reply to HGETALL from "field", "value", ... NULL. */
static void
add(struct metrics *m, enum metrics_kind kind, const char *name, ...)
{
	struct reply item[WORDS_MAX], hash = { .type = REPLY_ARRAY, .item = item };
	const char *word;
	va_list ap;

	va_start(ap, name);
	while ((word = va_arg(ap, const char *)) != NULL) {
		assert_true(hash.n < WORDS_MAX);
		item[hash.n++] = (struct reply){ .type = REPLY_TEXT, .text = str_of(word) };
	}
	va_end(ap);
	metrics_add(m, kind, str_of(name), &hash);
}

/* The whole text; good until asked again. */
static const char *
text(struct metrics *m, enum metrics_format format)
{
	static char copy[TEXT_MAX];
	struct out o;

	out_init(&o);
	metrics_write(m, &self, format, &o);
	assert_false(o.failed);
	assert_true(o.len < sizeof(copy));
	memcpy(copy, o.buf, o.len);
	copy[o.len] = '\0';
	out_fini(&o);
	return copy;
}

static void
assert_has(const char *text, const char *line)
{
	if (strstr(text, line) == NULL)
		fail_msg("not there: %s\nin: %s", line, text);
}

static void
assert_has_not(const char *text, const char *words)
{
	if (strstr(text, words) != NULL)
		fail_msg("there: %s\nin: %s", words, text);
}

static struct metrics *
fresh(void)
{
	struct metrics *m = metrics_new();

	assert_non_null(m);
	metrics_begin(m);
	return m;
}

/* ---- the whole text ---- */

static void
add_small_site(struct metrics *m)
{
	add(m, METRICS_META, NULL, "state", "running", "updated_epoch_ms", "1795349750735", NULL);
	add(m, METRICS_QUEUE, "sales", "channel", "call", "in_progress_count", "3", "sl_ratio_15m",
	    "0.8000", "sl_ratio_today", "NaN", "sl_ratio_short_removed_15m", "0.9", NULL);
	add(m, METRICS_QUEUE, "billing", "channel", "chat", "in_progress_count", "0", NULL);
	add(m, METRICS_FEED, "pbx1", "events_total", "331", NULL);
	add(m, METRICS_HOOKS, NULL, "pager",
	    "{\"name\":\"pager\",\"waiting\":2,\"running\":1,\"oldest_epoch_ms\":null,"
	    "\"attempts_total\":9,\"delivered_total\":5,\"given_up_total\":1}",
	    NULL);
}

/* clang-format off */
#define ALERTS(state) \
	"ccmon_alerts{state=\"" state "\",severity=\"info\"} 0\n" \
	"ccmon_alerts{state=\"" state "\",severity=\"warn\"} 0\n" \
	"ccmon_alerts{state=\"" state "\",severity=\"page\"} 0\n"
#define ALL_ALERTS \
	ALERTS("pending") ALERTS("firing") ALERTS("acked") ALERTS("silenced") \
	ALERTS("inhibited") ALERTS("unknown") ALERTS("resolved")
/* clang-format on */

static void
test_prometheus(void **state)
{
	struct metrics *m = fresh();

	(void)state;
	add_small_site(m);
	assert_string_equal(text(m, METRICS_PROMETHEUS),
	    "# TYPE ccmon_build_info gauge\n"
	    "# HELP ccmon_build_info the wall-board that answers\n"
	    "ccmon_build_info{version=\"1.2\"} 1\n"
	    "# TYPE ccmon_site_info gauge\n"
	    "# HELP ccmon_site_info whose figures these are\n"
	    "ccmon_site_info{site=\"main\"} 1\n"
	    "# TYPE ccmon_start_time_seconds gauge\n"
	    "# HELP ccmon_start_time_seconds when the wall-board started\n"
	    "ccmon_start_time_seconds 1795349000.5\n"
	    "# TYPE ccmon_up_redis gauge\n"
	    "# HELP ccmon_up_redis 1 when Redis answers; without it there are no other figures\n"
	    "ccmon_up_redis 1\n"
	    "# TYPE ccmon_daemon_info gauge\n"
	    "# HELP ccmon_daemon_info who writes the figures, or did\n"
	    "ccmon_daemon_info 1\n"
	    "# TYPE ccmon_daemon_state gauge\n"
	    "# HELP ccmon_daemon_state 1 for what the daemon said last of itself\n"
	    "ccmon_daemon_state{state=\"starting\"} 0\n"
	    "ccmon_daemon_state{state=\"running\"} 1\n"
	    "ccmon_daemon_state{state=\"stopping\"} 0\n"
	    "# TYPE ccmon_figures_timestamp_seconds gauge\n"
	    "# HELP ccmon_figures_timestamp_seconds the time the figures are of\n"
	    "ccmon_figures_timestamp_seconds 1795349750.735\n"
	    "# TYPE ccmon_contacts_in_progress gauge\n"
	    "# HELP ccmon_contacts_in_progress visits being handled (talk or hold)\n"
	    "ccmon_contacts_in_progress{queue=\"billing\",channel=\"chat\"} 0\n"
	    "ccmon_contacts_in_progress{queue=\"sales\",channel=\"call\"} 3\n"
	    "# TYPE ccmon_sla_window_ratio gauge\n"
	    "# HELP ccmon_sla_window_ratio service level by the queue's formula (sl_formula)\n"
	    "ccmon_sla_window_ratio{queue=\"sales\",channel=\"call\",window=\"15m\"} 0.8\n"
	    "ccmon_sla_window_ratio{queue=\"sales\",channel=\"call\",window=\"today\"} NaN\n"
	    "# TYPE ccmon_alerts gauge\n"
	    "# HELP ccmon_alerts alerts in that state\n" ALL_ALERTS
	    "# TYPE ccmon_events_total counter\n"
	    "# HELP ccmon_events_total events taken\n"
	    "ccmon_events_total{feed=\"pbx1\"} 331\n"
	    "# TYPE ccmon_hook_runs_total counter\n"
	    "# HELP ccmon_hook_runs_total runs that ended\n"
	    "ccmon_hook_runs_total{hook=\"pager\"} 9\n"
	    "# TYPE ccmon_hook_failures_total counter\n"
	    "# HELP ccmon_hook_failures_total of those, that did not deliver their page\n"
	    "ccmon_hook_failures_total{hook=\"pager\"} 4\n"
	    "# TYPE ccmon_hook_given_up_total counter\n"
	    "# HELP ccmon_hook_given_up_total pages that were never delivered\n"
	    "ccmon_hook_given_up_total{hook=\"pager\"} 1\n"
	    "# TYPE ccmon_hook_spool_size gauge\n"
	    "# HELP ccmon_hook_spool_size pages that wait, or are being told\n"
	    "ccmon_hook_spool_size{hook=\"pager\"} 3\n"
	    "# TYPE ccmon_hook_oldest_timestamp_seconds gauge\n"
	    "# HELP ccmon_hook_oldest_timestamp_seconds when the oldest page was written that "
	    "waits; NaN: none does\n"
	    "ccmon_hook_oldest_timestamp_seconds{hook=\"pager\"} NaN\n");
	metrics_free(m);
}

/* With Redis away there is only what the wall-board knows of itself. */
static void
test_openmetrics(void **state)
{
	static const struct metrics_self away = { STR_LIT("1.2"), STR_LIT("main"), 1000, false };
	struct metrics *m = fresh();
	struct out o;

	(void)state;
	out_init(&o);
	add_small_site(m);
	(void)text(m, METRICS_OPENMETRICS);
	metrics_begin(m);
	metrics_write(m, &away, METRICS_OPENMETRICS, &o);
	out_bytes(&o, "", 1);
	assert_false(o.failed);
	assert_string_equal(o.buf,
	    "# TYPE ccmon_build info\n"
	    "# HELP ccmon_build the wall-board that answers\n"
	    "ccmon_build_info{version=\"1.2\"} 1\n"
	    "# TYPE ccmon_site info\n"
	    "# HELP ccmon_site whose figures these are\n"
	    "ccmon_site_info{site=\"main\"} 1\n"
	    "# TYPE ccmon_start_time_seconds gauge\n"
	    "# UNIT ccmon_start_time_seconds seconds\n"
	    "# HELP ccmon_start_time_seconds when the wall-board started\n"
	    "ccmon_start_time_seconds 1\n"
	    "# TYPE ccmon_up_redis gauge\n"
	    "# HELP ccmon_up_redis 1 when Redis answers; without it there are no other figures\n"
	    "ccmon_up_redis 0\n"
	    "# EOF\n");
	out_fini(&o);
	metrics_free(m);
}

static void
test_openmetrics_counter(void **state)
{
	struct metrics *m = fresh();
	const char *said;

	(void)state;
	add(m, METRICS_FEED, "pbx1", "events_total", "331", NULL);
	said = text(m, METRICS_OPENMETRICS);
	assert_has(said, "# TYPE ccmon_events counter\n# HELP ccmon_events events taken\n"
	                 "ccmon_events_total{feed=\"pbx1\"} 331\n");
	metrics_free(m);
}

static void
test_formats(void **state)
{
	(void)state;
	assert_int_equal(metrics_format_of(NULL), METRICS_PROMETHEUS);
	assert_int_equal(metrics_format_of("text/plain"), METRICS_PROMETHEUS);
	assert_int_equal(metrics_format_of("*/*"), METRICS_PROMETHEUS);
	assert_int_equal(
	    metrics_format_of("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"),
	    METRICS_OPENMETRICS);
	assert_has(metrics_content_type(METRICS_PROMETHEUS), "text/plain; version=0.0.4");
	assert_has(metrics_content_type(METRICS_OPENMETRICS),
	    "application/openmetrics-text; version=1.0.0");
}

/* ---- names and numbers ---- */

static void
test_names_stay_in_their_quotes(void **state)
{
	struct metrics *m = fresh();

	(void)state;
	add(m, METRICS_QUEUE, "a\"} 9\n\\b", "waiting_count", "1", NULL);
	assert_has(text(m, METRICS_PROMETHEUS),
	    "\nccmon_contacts_waiting{queue=\"a\\\"} 9\\n\\\\b\"} 1\n");
	metrics_free(m);
}

static void
test_numbers(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int64_t value;
	} cases[] = {
		{ "0", true, 0 },
		{ "17", true, 170000 },
		{ "0.8000", true, 8000 },
		{ "-3.25", true, -32500 },
		{ "1795349750735", true, 17953497507350000 },
		{ "NaN", true, FIGURE_NAN },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ "ok", false, 0 },
		{ "1e3", false, 0 },
		{ "1.23456", false, 0 },
		{ "99999999999999999999", false, 0 },
	};
	int64_t value;

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		assert_int_equal(number_parse(str_of(cases[i].text), &value), cases[i].good);
		if (cases[i].good)
			assert_int_equal(value, cases[i].value);
	}
}

/* Before the daemon was told the time, nobody knows since when. */
static void
test_oldest(void **state)
{
	struct metrics *m = fresh();
	const char *said;

	(void)state;
	add(m, METRICS_QUEUE, "a", "updated_epoch_ms", "100500", "waiting_count", "2",
	    "oldest_wait_seconds", "9.250", NULL);
	add(m, METRICS_QUEUE, "b", "updated_epoch_ms", "100500", "waiting_count", "0",
	    "oldest_wait_seconds", "0.000", NULL);
	add(m, METRICS_QUEUE, "c", "updated_epoch_ms", "NaN", "waiting_count", "0",
	    "oldest_wait_seconds", "0.000", NULL);
	said = text(m, METRICS_PROMETHEUS);
	assert_has(said, "ccmon_oldest_waiting_timestamp_seconds{queue=\"a\"} 91.25\n"
	                 "ccmon_oldest_waiting_timestamp_seconds{queue=\"b\"} 0\n");
	assert_has_not(said, "ccmon_oldest_waiting_timestamp_seconds{queue=\"c\"}");
	metrics_free(m);
}

static void
test_every_family_has_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < metrics_nfamilies; i++)
		if (family_help(&metrics_families[i]) == NULL)
			fail_msg("%s says nothing of itself", metrics_families[i].name);
}

static void
test_every_family_is_there_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < metrics_nfamilies; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(metrics_families[i].name, metrics_families[j].name);
}

/* ---- histograms ---- */

static void
test_histogram(void **state)
{
	struct metrics *m = fresh();

	(void)state;
	add(m, METRICS_QUEUE, "a", "wait_buckets", "1:0 2.5:3 20:9 inf:11", "wait_seconds_total",
	    "93.125", NULL);
	assert_has(text(m, METRICS_PROMETHEUS),
	    "ccmon_wait_seconds_bucket{queue=\"a\",le=\"1.0\"} 0\n"
	    "ccmon_wait_seconds_bucket{queue=\"a\",le=\"2.5\"} 3\n"
	    "ccmon_wait_seconds_bucket{queue=\"a\",le=\"20.0\"} 9\n"
	    "ccmon_wait_seconds_bucket{queue=\"a\",le=\"+Inf\"} 11\n"
	    "ccmon_wait_seconds_sum{queue=\"a\"} 93.125\n"
	    "ccmon_wait_seconds_count{queue=\"a\"} 11\n");
	metrics_free(m);
}

static void
test_histogram_that_is_none(void **state)
{
	static const char *const broken[] = { "", "inf", "1:0", "1:0 2:3", "2:0 1:0 inf:0",
		"1:5 2:3 inf:9", "1:x inf:1", "1:1 inf:1 2:2", "NaN:1 inf:1", "1:NaN inf:1",
		"1:1  inf:1", "1234567890123:1 inf:1" };
	struct metrics *m = fresh();

	(void)state;
	for (size_t i = 0; i < COUNTOF(broken); i++) {
		metrics_begin(m);
		add(m, METRICS_QUEUE, "a", "wait_buckets", broken[i], "wait_seconds_total", "1",
		    NULL);
		assert_has_not(text(m, METRICS_PROMETHEUS), "ccmon_wait_seconds");
	}
	metrics_begin(m);
	add(m, METRICS_QUEUE, "a", "wait_buckets", "1:1 inf:1", NULL);
	assert_has_not(text(m, METRICS_PROMETHEUS), "ccmon_wait_seconds");
	metrics_free(m);
}

/* What was remembered under the old edges does not exceed the new one's. */
static void
test_histogram_of_another_threshold(void **state)
{
	struct metrics *m = fresh();

	(void)state;
	add(m, METRICS_QUEUE, "a", "wait_buckets", "10:5 20:8 inf:9", "wait_seconds_total", "90",
	    NULL);
	(void)text(m, METRICS_PROMETHEUS);
	metrics_begin(m);
	add(m, METRICS_QUEUE, "a", "wait_buckets", "10:4 15:4 inf:9", "wait_seconds_total", "90",
	    NULL);
	assert_has(text(m, METRICS_PROMETHEUS),
	    "ccmon_wait_seconds_bucket{queue=\"a\",le=\"10.0\"} 5\n"
	    "ccmon_wait_seconds_bucket{queue=\"a\",le=\"15.0\"} 5\n"
	    "ccmon_wait_seconds_bucket{queue=\"a\",le=\"+Inf\"} 9\n");
	metrics_free(m);
}

/* ---- counters ---- */

static const char *
offered(struct metrics *m, const char *began, const char *total)
{
	metrics_begin(m);
	add(m, METRICS_META, NULL, "state_began_epoch_ms", began, NULL);
	add(m, METRICS_QUEUE, "a", "offered_total", total, NULL);
	return text(m, METRICS_PROMETHEUS);
}

static void
test_counters_never_fall(void **state)
{
	struct metrics *m = fresh();

	(void)state;
	assert_has(offered(m, "1000", "10"), "ccmon_contacts_offered_total{queue=\"a\"} 10\n");
	assert_has(offered(m, "1000", "8"), "ccmon_contacts_offered_total{queue=\"a\"} 10\n");
	assert_has(offered(m, "1000", "11"), "ccmon_contacts_offered_total{queue=\"a\"} 11\n");
	metrics_free(m);
}

static void
test_counters_begin_anew_with_the_state(void **state)
{
	struct metrics *m = fresh();

	(void)state;
	assert_has(offered(m, "1000", "10"), "ccmon_contacts_offered_total{queue=\"a\"} 10\n");
	assert_has(offered(m, "2000", "1"), "ccmon_contacts_offered_total{queue=\"a\"} 1\n");
	metrics_free(m);
}

/* All queues gone: the daemon is away, and comes back a moment older. */
static void
test_counters_outlive_the_daemon(void **state)
{
	struct metrics *m = fresh();

	(void)state;
	(void)offered(m, "1000", "10");
	metrics_begin(m);
	assert_has_not(text(m, METRICS_PROMETHEUS), "ccmon_contacts_offered_total");
	assert_has(offered(m, "1000", "9"), "ccmon_contacts_offered_total{queue=\"a\"} 10\n");
	metrics_free(m);
}

/* One gone among others is no more; of that name there may be another. */
static void
test_a_queue_is_forgotten(void **state)
{
	struct metrics *m = fresh();

	(void)state;
	(void)offered(m, "1000", "10");
	metrics_begin(m);
	add(m, METRICS_QUEUE, "b", "offered_total", "1", NULL);
	assert_has_not(text(m, METRICS_PROMETHEUS), "queue=\"a\"");
	assert_has(offered(m, "1000", "2"), "ccmon_contacts_offered_total{queue=\"a\"} 2\n");
	metrics_free(m);
}

/* A collector counts since it started: a fall is a new start. */
static void
test_a_collector_starts_anew(void **state)
{
	struct metrics *m = fresh();

	(void)state;
	add(m, METRICS_COLLECTOR, "c", "received_total", "10", NULL);
	(void)text(m, METRICS_PROMETHEUS);
	metrics_begin(m);
	add(m, METRICS_COLLECTOR, "c", "received_total", "1", NULL);
	assert_has(text(m, METRICS_PROMETHEUS),
	    "ccmon_collector_received_events_total{collector=\"c\"} 1\n");
	metrics_free(m);
}

static void
test_a_counter_is_a_number(void **state)
{
	struct metrics *m = fresh();

	(void)state;
	assert_has_not(offered(m, "1000", "NaN"), "ccmon_contacts_offered_total");
	assert_has_not(offered(m, "1000", ""), "ccmon_contacts_offered_total");
	metrics_free(m);
}

static void
test_many_subjects_and_parts(void **state)
{
	struct metrics *m = fresh();
	char name[16];

	(void)state;
	for (int i = 199; i >= 0; i--) {
		(void)snprintf(name, sizeof(name), "q%03d", i);
		add(m, METRICS_QUEUE, name, "waiting_count", "1", NULL);
	}
	add(m, METRICS_FEED, "f", "duplicate_total", "2", "rejected_total", "3", NULL);
	assert_has(text(m, METRICS_PROMETHEUS),
	    "ccmon_contacts_waiting{queue=\"q099\"} 1\nccmon_contacts_waiting{queue=\"q100\"} 1\n");
	assert_has(text(m, METRICS_PROMETHEUS),
	    "ccmon_events_dropped_total{feed=\"f\",reason=\"duplicate\"} 2\n"
	    "ccmon_events_dropped_total{feed=\"f\",reason=\"rejected\"} 3\n");
	metrics_free(m);
}

/* ---- alerts ---- */

#define ALERT(id, rule, scope, state)                                                              \
	id, "{\"id\":\"" id "\",\"rule\":\"" rule "\",\"scope\":\"" scope "\",\"state\":\"" state  \
	    "\",\"severity\":\"page\",\"value\":1.5,\"by\":null,\"flapping\":false}"

static void
test_alerts(void **state)
{
	struct metrics *m = fresh();
	const char *said;

	(void)state;
	add(m, METRICS_META, NULL, "state", "running", NULL);
	add(m, METRICS_ALERTS, NULL, ALERT("w/queue:a", "w", "queue:a", "acked"),
	    ALERT("w/queue:b", "w", "queue:b", "resolved"), ALERT("s/site", "s", "site", "firing"),
	    ALERT("o/agent:anna", "o", "agent:anna", "firing"),
	    ALERT("o/agent:bert", "o", "agent:bert", "silenced"),
	    ALERT("o/agent:carl", "o", "agent:carl", "pending"), "none", "no JSON", NULL);
	said = text(m, METRICS_PROMETHEUS);
	assert_has(said, "ccmon_alert_firing{rule=\"o\",severity=\"page\",scope=\"agent\"} 2\n"
	                 "ccmon_alert_firing{rule=\"s\",severity=\"page\",scope=\"site\"} 1\n"
	                 "ccmon_alert_firing{queue=\"a\",rule=\"w\",severity=\"page\","
	                 "scope=\"queue:a\"} 1\n"
	                 "ccmon_alert_firing{queue=\"b\",rule=\"w\",severity=\"page\","
	                 "scope=\"queue:b\"} 0\n# TYPE ccmon_alerts gauge\n");
	assert_has(said, "ccmon_alerts{state=\"firing\",severity=\"page\"} 2\n");
	assert_has(said, "ccmon_alerts{state=\"pending\",severity=\"page\"} 1\n");
	assert_has_not(said, "anna");
	metrics_free(m);
}

/* ---- what is no hash ---- */

static void
test_no_hash(void **state)
{
	static const struct reply error = { .type = REPLY_ERROR, .text = STR_LIT("NOPERM") };
	static const struct reply empty = { .type = REPLY_ARRAY };
	struct metrics *m = fresh();

	(void)state;
	metrics_add(m, METRICS_QUEUE, STR_LIT("a"), NULL);
	metrics_add(m, METRICS_QUEUE, STR_LIT("a"), &error);
	metrics_add(m, METRICS_QUEUE, STR_LIT("a"), &empty);
	assert_has_not(text(m, METRICS_PROMETHEUS), "queue=");
	metrics_free(m);
	metrics_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prometheus),
		cmocka_unit_test(test_openmetrics),
		cmocka_unit_test(test_openmetrics_counter),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_names_stay_in_their_quotes),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_oldest),
		cmocka_unit_test(test_every_family_has_words),
		cmocka_unit_test(test_every_family_is_there_once),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_histogram_that_is_none),
		cmocka_unit_test(test_histogram_of_another_threshold),
		cmocka_unit_test(test_counters_never_fall),
		cmocka_unit_test(test_counters_begin_anew_with_the_state),
		cmocka_unit_test(test_counters_outlive_the_daemon),
		cmocka_unit_test(test_a_queue_is_forgotten),
		cmocka_unit_test(test_a_collector_starts_anew),
		cmocka_unit_test(test_a_counter_is_a_number),
		cmocka_unit_test(test_many_subjects_and_parts),
		cmocka_unit_test(test_alerts),
		cmocka_unit_test(test_no_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
