/* SPDX-License-Identifier: MIT */
/*
 * test_rules.c: globs, the fields rules may speak of, and the built-in rules.
 */
#include <ccmon/rules.h>

#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "daemon/engine/engine.h"

static struct str
text(const char *s)
{
	return str_of(s);
}

/* ---- globs ---- */

static const struct {
	const char *glob, *name;
	bool matches;
} globs[] = {
	{ "*", "", true },
	{ "*", "sales", true },
	{ "", "", true },
	{ "", "a", false },
	{ "?", "", false },
	{ "?", "a", true },
	{ "?", "ab", false },
	{ "sales", "sales", true },
	{ "sales", "sale", false },
	{ "sales", "sales2", false },
	{ "sales", "Sales", false },
	{ "sales*", "sales", true },
	{ "sales*", "sales-eu", true },
	{ "*-eu", "sales-eu", true },
	{ "*-eu", "sales-eu-2", false },
	{ "*-eu*", "sales-eu-2", true },
	{ "s*-*u", "sales-x-eu", true },
	{ "s?les", "sales", true },
	{ "**", "a", true },
	{ "*a*b", "aab", true },
	{ "*a*b", "aabc", false },
	{ "a*a", "a", false },
	{ "a*a", "aa", true },
	{ "*?", "", false },
	{ "*?", "abc", true },
	{ "?*?", "a", false },
	{ "[a]", "a", false },
	{ "[a]", "[a]", true },
	{ "oldest_wait/queue:*", "oldest_wait/queue:sales", true },
	{ "*/queue:sales", "oldest_wait/queue:sales", true },
};

static void
test_globs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(globs); i++)
		if (glob_match(globs[i].glob, text(globs[i].name)) != globs[i].matches)
			fail_msg("%s and %s", globs[i].glob, globs[i].name);
	assert_true(glob_match("*", STR_NONE));
	assert_false(glob_match("a", STR_NONE));
	/* only the bytes of the name, not what stands behind it */
	assert_true(glob_match("ab", (struct str){ "abc", 2 }));
	assert_false(glob_match("abc", (struct str){ "abc", 2 }));
}

/* What a glob means, without any cleverness. */
static bool
slow_match(const char *glob, const char *name)
{
	if (*glob == '\0')
		return *name == '\0';
	if (*glob == '*')
		return slow_match(glob + 1, name) || (*name != '\0' && slow_match(glob, name + 1));
	return *name != '\0' && (*glob == '?' || *glob == *name) && slow_match(glob + 1, name + 1);
}

/* The n-th text over an alphabet, in order of length. */
static void
nth(unsigned n, const char *alphabet, char *out)
{
	unsigned base = (unsigned)strlen(alphabet);
	char *p = out;

	for (; n > 0; n = (n - 1) / base)
		*p++ = alphabet[(n - 1) % base];
	*p = '\0';
}

static void
test_every_short_glob(void **state)
{
	char glob[16], name[16];

	(void)state;
	for (unsigned g = 0; g < 5461; g++) /* all up to six letters of four */
		for (unsigned n = 0; n < 127; n++) { /* all up to six of two */
			nth(g, "ab*?", glob);
			nth(n, "ab", name);
			if (glob_match(glob, text(name)) != slow_match(glob, name))
				fail_msg("%s and %s", glob, name);
		}
}

/* Trying every way would take longer than the world has lasted. */
static void
test_glob_is_quick(void **state)
{
	char glob[201], name[10001];

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		memcpy(glob + 2 * i, "*a", 2);
	glob[199] = 'b';
	glob[200] = '\0';
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_false(glob_match(glob, text(name)));
}

/* ---- fields ---- */

static void
test_fields(void **state)
{
	const struct field_row *row;
	const char *window;

	(void)state;
	row = field_row_find(text("oldest_wait_seconds"));
	assert_non_null(row);
	assert_int_equal(row->unit, UNIT_SECONDS);
	assert_int_equal(row->scopes, 1 << SCOPE_QUEUE | 1 << SCOPE_CHANNEL | 1 << SCOPE_SITE);
	assert_false(row->is_text || row->windowed);
	assert_null(row->samples);
	row = field_row_split("sl_ratio_short_removed_15m", &window);
	assert_non_null(row);
	assert_string_equal(row->name, "sl_ratio_short_removed");
	assert_string_equal(row->samples, "sl_n");
	assert_string_equal(window, "15m");
	row = field_row_split("waiting_count", &window);
	assert_non_null(row);
	assert_null(window);
	assert_true(field_row_find(text("status"))->is_text);
	row = field_row_find(text("redis_down_seconds"));
	assert_int_equal(row->scopes, 1 << SCOPE_SITE);
	assert_int_equal(row->unit, UNIT_SECONDS);
}

static void
test_no_fields(void **state)
{
	static const char *const bad[] = { "", "_", "nonsense", "sl_ratio", "waiting_count_15m",
		"sl_ratio_15m_15m", "wait_sum_seconds_15m", "_15m" };
	const char *window;

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++)
		if (field_row_split(bad[i], &window) != NULL)
			fail_msg("\"%s\" was taken", bad[i]);
	/* in the history streams only: no object has it */
	assert_null(field_row_find(text("wait_sum_seconds")));
	assert_null(field_row_find((struct str){ "waiting_count", 7 }));
}

/* The engine has exactly these fields, each in its unit. */
static void
test_fields_are_the_engines(void **state)
{
	struct site site;
	struct engine *e;
	const struct column *c;
	const struct field_row *row;
	const char *window;
	size_t n, found;

	(void)state;
	site_defaults(&site);
	site.name = (char[]){ "main" };
	e = engine_new(&site);
	assert_non_null(e);
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++) {
		n = engine_columns(e, scope, &c);
		for (size_t i = 0; i < n; i++) {
			row = field_row_split(c[i].name, &window);
			assert_non_null(row);
			assert_true(row->scopes >> scope & 1);
			assert_int_equal(row->unit, c[i].unit);
			assert_int_equal(row->is_text, c[i].is_text);
			assert_int_equal(window != NULL, c[i].window != WINDOW_NOW);
		}
		found = 0;
		for (size_t i = 0; (row = field_row(i)) != NULL; i++)
			if (row->scopes >> scope & 1)
				found += row->windowed ? site.nwindows : 1;
		assert_int_equal(found, n + (scope == SCOPE_SITE ? MONITOR_COUNT : 0));
	}
	engine_free(e);
}

/* What a figure is formed of is a count beside it, in the same windows. */
static void
test_samples(void **state)
{
	const struct field_row *row, *count;
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; (row = field_row(i)) != NULL; i++) {
		if (row->samples == NULL)
			continue;
		n++;
		count = field_row_find(text(row->samples));
		if (count == NULL)
			fail_msg("%s: there is no %s", row->name, row->samples);
		assert_int_equal(count->unit, UNIT_COUNT);
		assert_int_equal(count->windowed, row->windowed);
		assert_int_equal(count->scopes & row->scopes, row->scopes);
		assert_true(row->unit == UNIT_RATIO || row->unit == UNIT_SECONDS ||
		            row->unit == UNIT_NUMBER);
	}
	assert_true(n > 15);
}

/* ---- words and built-in rules ---- */

static void
test_words(void **state)
{
	(void)state;
	assert_string_equal(severity_name(SEVERITY_INFO), "info");
	assert_string_equal(severity_name(SEVERITY_WARN), "warn");
	assert_string_equal(severity_name(SEVERITY_PAGE), "page");
	assert_string_equal(scope_name(SCOPE_QUEUE), "queue");
	assert_string_equal(scope_name(SCOPE_SITE), "site");
	assert_string_equal(scope_name(SCOPE_FEED), "feed");
	assert_string_equal(monitor_row(MONITOR_OUTBOX)->name, "outbox_oldest_seconds");
	assert_int_equal(monitor_row(MONITOR_LIMIT)->unit, UNIT_COUNT);
}

/* The contract, section 5. */
static const char *const contract[] = { "feed_silent", "feed_gap", "redis_down", "monitor_late",
	"outbox_stuck", "limit_reached", "clock_skew", "hook_failed" };

static void
check_builtin(const struct rule_def *r)
{
	const char *window;
	const struct field_row *row;

	assert_int_equal(r->nwhen, 1);
	row = field_row_split(r->when[0].field, &window);
	if (row == NULL)
		fail_msg("%s: there is no field %s", r->name, r->when[0].field);
	assert_true(row->scopes >> r->scope & 1);
	assert_null(window);
	assert_null(r->when[0].other);
	assert_string_equal(r->glob, "*");
	assert_int_equal(r->nsteps, 1);
	assert_int_equal(r->steps[0].after, 0);
	assert_non_null(r->steps[0].hooks);
	assert_null(r->steps[0].hooks[0]);
	assert_non_null(r->inhibited_by);
	assert_int_equal(r->nclear, 0);
}

static void
test_builtin(void **state)
{
	struct rules rules = { 0 };
	const struct rule_def *r;

	(void)state;
	assert_int_equal(rules_add_builtin(&rules), 0);
	assert_int_equal(rules.nrules, COUNTOF(contract));
	for (size_t i = 0; i < COUNTOF(contract); i++) {
		r = rules_find(&rules, contract[i]);
		assert_non_null(r);
		check_builtin(r);
	}
	r = rules_find(&rules, "redis_down");
	assert_int_equal(r->scope, SCOPE_SITE);
	assert_int_equal(r->severity, SEVERITY_PAGE);
	assert_string_equal(r->when[0].text, "redis_down_seconds > 5");
	assert_int_equal(rules_find(&rules, "feed_gap")->hold, 5000);
	assert_null(builtin_row(COUNTOF(contract)));
	assert_null(builtin_find("oldest_wait"));
	assert_int_equal(rules_add_builtin(&rules), 0); /* they are there */
	assert_int_equal(rules.nrules, COUNTOF(contract));
	rules_fini(&rules);
	assert_null(rules.rule);
	rules_fini(&rules);
}

static void
test_builtin_gives_way(void **state)
{
	struct rules rules = { .rule = calloc(1, sizeof(struct rule_def)), .nrules = 1 };

	(void)state;
	assert_non_null(rules.rule);
	rules.rule[0].name = strdup("redis_down");
	rules.rule[0].hold = 77;
	assert_int_equal(rules_add_builtin(&rules), 0);
	assert_int_equal(rules.nrules, COUNTOF(contract));
	assert_int_equal(rules_find(&rules, "redis_down")->hold, 77);
	assert_null(rules_find(&rules, "redis"));
	assert_null(rules_hook(&rules, "pager"));
	rules_fini(&rules);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_globs),
		cmocka_unit_test(test_every_short_glob),
		cmocka_unit_test(test_glob_is_quick),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_no_fields),
		cmocka_unit_test(test_fields_are_the_engines),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_builtin_gives_way),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
