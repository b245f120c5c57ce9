/* SPDX-License-Identifier: MIT */
/*
 * io_alert_settings.c: calendars, hooks, paging and alerts as operators write
 * them, and every way we know to write one that would stay silent.
 */
#include "settings_kit.h"

#define HOOKS "hooks: { a: { command = \"/a\"; }; b: { command = \"/b\"; }; };\n"

static void
test_calendar(void **state)
{
	struct settings *s = load_good("calendars: { shift: { open = \"daily 22:00-06:00\";\n"
	                               "  exceptions = [\"2026-12-24 08:00-13:00\"]; }; };\n"
	                               "queues: { a: { channel = \"call\"; calendar = "
	                               "\"shift\"; }; };\n");
	const struct calendar *c = calendars_find(&s->site.calendars, "shift");

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->zone, 0);
	assert_true(calendar_is_open(c, s->site.zones, INT64_C(1795908600000)));
	assert_false(calendar_is_open(c, s->site.zones, INT64_C(1795946400000)));
	assert_string_equal(s->site.queues[0].calendar, "shift");
	settings_free(s);
}

static void
test_hook(void **state)
{
	struct settings *s =
	    load_good("hooks: { a: { command = [\"/bin/a\", \"-x\"]; env = [\"TOKEN=\", "
	              "\"URL=http://x/?a=b\"]; timeout = \"5s\"; concurrency = 1; give_up = "
	              "\"10m\"; };\n b: { command = \"/bin/b\"; }; };\n"
	              "paging: { hooks = [\"b\", \"a\"]; storm = 5; ack_timeout = \"2h\"; };\n"
	              "watchdog: { hook = \"b\"; every = \"5m\"; };\n");
	const struct hook_def *a = rules_hook(&s->rules, "a"), *b = rules_hook(&s->rules, "b");

	(void)state;
	assert_string_equal(a->command[1], "-x");
	assert_null(a->command[2]);
	assert_string_equal(a->env[0], "TOKEN=");
	assert_string_equal(a->env[1], "URL=http://x/?a=b");
	assert_int_equal(a->timeout, 5000);
	assert_int_equal(a->concurrency, 1);
	assert_int_equal(a->give_up, 600000);
	assert_null(b->env[0]);
	assert_int_equal(b->timeout, 30000);
	assert_int_equal(b->concurrency, 4);
	assert_int_equal(b->give_up, 3600000);
	assert_string_equal(s->rules.paging.hooks[1], "a");
	assert_int_equal(s->rules.paging.storm, 5);
	assert_int_equal(s->rules.paging.ack_timeout, 7200000);
	assert_string_equal(s->rules.paging.watchdog_hook, "b");
	assert_int_equal(s->rules.paging.watchdog_every, 300000);
	settings_free(s);
}

static void
test_alert(void **state)
{
	struct settings *s = load_good(
	    HOOKS "calendars: { office: { open = \"daily 08:00-18:00\"; }; };\n"
	          "alerts: { slow: { scope = \"queue:sales*\"; for = \"30s\"; min_n = 5;\n"
	          "  when = [\"sl_ratio_15m < sl_target_ratio - 0.2\", \"waiting_count > "
	          "1\"]; clear = \"sl_ratio_15m > 0.8\"; clear_for = \"1m\";\n"
	          "  severity = \"page\"; hooks = \"a\"; repeat = \"15m\"; hours = "
	          "\"office\";\n"
	          "  ladder = ( { after = \"10m\"; hooks = [\"a\", \"b\"]; },\n"
	          "             { after = \"20m\"; hooks = \"b\"; } );\n"
	          "  inhibited_by = [\"other\", \"redis_down\"]; };\n"
	          " other: { scope = \"site\"; when = \"waiting_count > 100\"; }; };\n");
	const struct rule_def *r = rules_find(&s->rules, "slow");

	(void)state;
	assert_int_equal(r->scope, SCOPE_QUEUE);
	assert_string_equal(r->glob, "sales*");
	assert_int_equal(r->nwhen, 2);
	assert_string_equal(r->when[0].other, "sl_target_ratio");
	assert_string_equal(r->when[1].text, "waiting_count > 1");
	assert_int_equal(r->nclear, 1);
	assert_int_equal(r->min_n, 5);
	assert_int_equal(r->hold, 30000);
	assert_int_equal(r->clear_for, 60000);
	assert_int_equal(r->severity, SEVERITY_PAGE);
	assert_int_equal(r->nsteps, 3);
	assert_int_equal(r->steps[0].after, 0);
	assert_string_equal(r->steps[0].hooks[0], "a");
	assert_int_equal(r->steps[1].after, 600000);
	assert_string_equal(r->steps[1].hooks[1], "b");
	assert_null(r->steps[1].hooks[2]);
	assert_int_equal(r->steps[2].after, 1200000);
	assert_int_equal(r->repeat, 900000);
	assert_string_equal(r->inhibited_by[1], "redis_down");
	assert_string_equal(r->hours, "office");
	settings_free(s);
}

/* What an alert has that says no more than it must. */
static void
test_alert_defaults(void **state)
{
	struct settings *s = load_good(
	    "alerts: { a: { scope = \"site\"; when = \"outbox_oldest_seconds > 1\"; }; };");
	const struct rule_def *r = rules_find(&s->rules, "a");

	(void)state;
	assert_int_equal(r->scope, SCOPE_SITE);
	assert_string_equal(r->glob, "*");
	assert_int_equal(r->hold, 0);
	assert_int_equal(r->clear_for, 30000);
	assert_int_equal(r->nclear, 0);
	assert_int_equal(r->severity, SEVERITY_WARN);
	assert_int_equal(r->nsteps, 1);
	assert_null(r->steps[0].hooks[0]);
	assert_int_equal(r->repeat, 0);
	assert_null(r->inhibited_by[0]);
	assert_null(r->hours);
	settings_free(s);
}

static void
test_builtin_replaced(void **state)
{
	struct settings *s =
	    load_good(HOOKS "alerts: { redis_down: { hooks = [\"a\"]; };\n"
	                    " feed_gap: { scope = \"feed:pbx?\"; severity = "
	                    "\"info\"; clear_for = \"0s\"; };\n"
	                    " limit_reached: { when = \"limit_refused_count > 9\"; "
	                    "for = \"1m\"; }; };\n");
	const struct rule_def *r = rules_find(&s->rules, "redis_down");
	size_t n = 0;

	(void)state;
	while (builtin_row(n) != NULL)
		n++;
	assert_int_equal(s->rules.nrules, n);
	assert_string_equal(r->steps[0].hooks[0], "a");
	assert_string_equal(r->when[0].text, "redis_down_seconds > 5");
	assert_int_equal(r->scope, SCOPE_SITE);
	assert_int_equal(r->severity, SEVERITY_PAGE);
	assert_int_equal(r->clear_for, 10000);
	r = rules_find(&s->rules, "feed_gap");
	assert_string_equal(r->glob, "pbx?");
	assert_string_equal(r->when[0].field, "gap_count");
	assert_int_equal(r->severity, SEVERITY_INFO);
	assert_int_equal(r->hold, 5000);
	assert_int_equal(r->clear_for, 0);
	r = rules_find(&s->rules, "limit_reached");
	assert_true(r->when[0].number == 9);
	assert_int_equal(r->hold, 60000);
	settings_free(s);
}

/* What is on when nobody touched etc/ccmon.cfg: it tells nobody, and there is
 * no built-in rule missing. */
static void
test_shipped(void **state)
{
	static const struct {
		const char *name;
		enum severity severity;
	} rules[] = {
		{ "queue_unstaffed", SEVERITY_PAGE },
		{ "oldest_wait", SEVERITY_WARN },
		{ "oldest_wait_page", SEVERITY_PAGE },
		{ "nowcast_low", SEVERITY_WARN },
		{ "sl_incident", SEVERITY_PAGE },
		{ "sl_burn_page", SEVERITY_PAGE },
		{ "sl_burn", SEVERITY_WARN },
		{ "abandon_high", SEVERITY_WARN },
		{ "occupancy_high", SEVERITY_WARN },
		{ "first_response_due", SEVERITY_WARN },
		{ "promise_due", SEVERITY_WARN },
		{ "callback_due", SEVERITY_WARN },
		{ "promise_broken", SEVERITY_WARN },
		{ "first_response_late", SEVERITY_WARN },
	};
	struct settings *s = settings_load("etc/ccmon.cfg", complain, NULL);
	const struct rule_def *r;
	size_t n = COUNTOF(rules);

	(void)state;
	assert_non_null(s);
	for (size_t i = 0; i < COUNTOF(rules); i++) {
		r = rules_find(&s->rules, rules[i].name);
		if (r == NULL)
			fail_msg("no %s", rules[i].name);
		assert_int_equal(r->severity, rules[i].severity);
		assert_int_equal(r->scope, SCOPE_QUEUE);
		assert_string_equal(r->glob, "*");
		assert_int_equal(r->nsteps, 1);
		assert_null(r->steps[0].hooks[0]);
	}
	for (size_t i = 0; builtin_row(i) != NULL; i++, n++)
		assert_non_null(rules_find(&s->rules, builtin_row(i)->name));
	assert_int_equal(s->rules.nrules, n);
	assert_int_equal(s->rules.nhooks, 0);
	settings_free(s);
}

#define ALERT(text) "alerts: { a: { scope = \"queue:*\"; " text " }; };"
#define WHEN(condition) ALERT("when = \"" condition "\";")
#define AT ":1: alerts.a."

static const struct {
	const char *text, *said;
} bad_alerts[] = {
	{ WHEN("wating_count > 1"),
	    AT "when: there is no field wating_count; did you mean waiting_count?\n" },
	{ WHEN("sl_rato_15m < 0.5"),
	    AT "when: there is no field sl_rato_15m; did you mean sl_ratio_15m?\n" },
	{ WHEN("xyzzy > 1"), AT "when: there is no field xyzzy\n" },
	{ WHEN("sl_ratio_10m < 0.5"),
	    AT "when: sl_ratio_10m: there is no window 10m here: 15m, 60m, today\n" },
	{ "windows = [\"5m\", \"today\"];\n" WHEN("sl_ratio_15m < 0.5"),
	    ":2: alerts.a.when: sl_ratio_15m: there is no window 15m here: 5m, today\n" },
	{ WHEN("sl_ratio < 0.5"), AT "when: sl_ratio needs a window: sl_ratio_15m, sl_ratio_60m, "
	                             "sl_ratio_today\n" },
	{ WHEN("waiting_count_15m > 1"),
	    AT "when: waiting_count is of this moment and has no window\n" },
	{ WHEN("login_seconds_15m > 1"),
	    AT "when: login_seconds_15m is a figure of agent, not of queue\n" },
	{ WHEN("redis_down_seconds > 1"),
	    AT "when: redis_down_seconds is a figure of site, not of queue\n" },
	{ WHEN("status == 1"), AT "when: status is a text: only numbers can be compared\n" },
	{ WHEN("waiting_count > oldest_wait_seconds"),
	    AT "when: waiting_count is a count, oldest_wait_seconds is seconds\n" },
	{ WHEN("waiting_count > 2 * wating_count"),
	    AT "when: there is no field wating_count; did you mean waiting_count?\n" },
	{ WHEN("sl_ratio_15m < 80"),
	    AT "when: sl_ratio_15m is a ratio, from 0 to 1: 80 % is 0.80\n" },
	{ WHEN("waiting_count > 5s"),
	    AT "when: \"5s\": a number stands alone, in the unit of its field\n" },
	{ ALERT("\n when = [\"waiting_count > 1\",\n \"waiting > 1\"];\n clear = \"a\";"),
	    ":3: alerts.a.when[1]: there is no field waiting\n"
	    ":4: alerts.a.clear: ends where one of < <= > >= == != must stand\n" },
	{ ALERT("when = [];"),
	    AT "when: needs a condition: when = \"oldest_wait_seconds > 60\"\n" },
	{ "alerts: { a: { }; };", ":1: alerts.a: needs a scope, such as \"queue:*\"\n"
	                          ":1: alerts.a: needs a condition: when = "
	                          "\"oldest_wait_seconds > 60\"\n" },
	{ "alerts: { a: { scope = \"team:*\"; when = \"waiting_count > 1\"; }; };",
	    AT "scope: \"team:*\" is no scope: write queue:*, channel:call, agent:*, feed:* or "
	       "site\n" },
	{ "alerts: { a: { scope = \"queue\"; when = \"waiting_count > 1\"; }; };",
	    AT "scope: \"queue\" names nothing: write the word, a colon, and a name or *\n" },
	{ "alerts: { a: { scope = \"site:*\"; when = \"waiting_count > 1\"; }; };",
	    AT "scope: \"site:*\" names the site, and there is one: write site\n" },
	{ "alerts: { a: { scope = \"channel:cal\"; when = \"waiting_count > 1\"; }; };",
	    AT "scope: \"channel:cal\" is no channel: there are call, chat and email\n" },
	{ ALERT("when = \"waiting_count > 1\"; min_n = 5;"),
	    AT "min_n: is of no use: only ratios, means and percentiles are formed of samples\n" },
	{ ALERT("when = \"waiting_count > 1\"; hooks = [\"pager\"];"),
	    AT "hooks[0]: there is no hook \"pager\"\n" },
	{ "hooks: { pager: { command = \"/p\"; }; };\n" ALERT(
	      "when = \"waiting_count > 1\"; hooks = \"pagr\";"),
	    ":2: alerts.a.hooks: there is no hook \"pagr\"; did you mean pager?\n" },
	{ ALERT("when = \"waiting_count > 1\"; hours = \"night\";"),
	    AT "hours: there is no calendar \"night\"\n" },
	{ "calendars: { office: { }; };\n" ALERT(
	      "when = \"waiting_count > 1\"; hours = \"ofice\";"),
	    ":2: alerts.a.hours: there is no calendar \"ofice\"; did you mean office?\n" },
	{ ALERT("when = \"waiting_count > 1\"; inhibited_by = [\"a\"];"),
	    AT "inhibited_by[0]: a would inhibit itself\n" },
	{ ALERT("when = \"waiting_count > 1\"; inhibited_by = [\"redis_don\"];"),
	    AT "inhibited_by[0]: there is no alert \"redis_don\"; did you mean redis_down?\n" },
	{ "alerts: {\n a: { scope = \"queue:*\"; when = \"waiting_count > 1\"; inhibited_by = "
	  "\"b\"; };\n"
	  " b: { scope = \"queue:*\"; when = \"waiting_count > 2\"; inhibited_by = \"c\"; };\n"
	  " c: { scope = \"queue:*\"; when = \"waiting_count > 3\"; inhibited_by = [\"d\", \"a\"]; "
	  "};\n"
	  " d: { scope = \"queue:*\"; when = \"waiting_count > 3\"; }; };",
	    ":2: alerts.a.inhibited_by: c is inhibited by a in turn: neither would be told\n"
	    ":3: alerts.b.inhibited_by: a is inhibited by b in turn: neither would be told\n"
	    ":4: alerts.c.inhibited_by: b is inhibited by c in turn: neither would be told\n" },
	{ "alerts: {\n a: { scope = \"queue:*\"; when = \"waiting_count > 1\"; inhibited_by = "
	  "\"b\"; };\n"
	  " b: { scope = \"queue:*\"; when = \"waiting_count > 2\"; inhibited_by = \"c\"; };\n"
	  " c: { scope = \"queue:*\"; when = \"waiting_count > 3\"; inhibited_by = [\"a\", \"d\"]; "
	  "};\n"
	  " d: { scope = \"queue:*\"; when = \"waiting_count > 3\"; }; };",
	    ":2: alerts.a.inhibited_by: c is inhibited by a in turn: neither would be told\n"
	    ":3: alerts.b.inhibited_by: a is inhibited by b in turn: neither would be told\n"
	    ":4: alerts.c.inhibited_by: b is inhibited by c in turn: neither would be told\n" },
	{ HOOKS ALERT("when = \"waiting_count > 1\"; ladder = ( { after = \"10m\"; hooks = "
	              "\"a\"; },\n { after = \"10m\"; hooks = \"c\"; } );"),
	    ":3: alerts.a.ladder[1].hooks: there is no hook \"c\"; did you mean a?\n"
	    ":3: alerts.a.ladder[1].after: must be later than the step before, at 600 s\n" },
	{ HOOKS ALERT("when = \"waiting_count > 1\"; ladder = ( { hooks = \"a\"; } );"),
	    ":2: alerts.a.ladder[0]: needs { after = \"10m\"; hooks = [\"name\"]; }\n" },
	{ ALERT("when = \"waiting_count > 1\"; ladder = ( { after = \"1m\"; hooks = []; } );"),
	    AT "ladder[0].hooks: needs somebody to tell\n" },
	{ ALERT("when = \"waiting_count > 1\"; severity = \"crit\";"),
	    AT "severity: \"crit\" is not one of info, warn, page\n" },
	{ ALERT("whn = \"waiting_count > 1\";"), AT "whn: unknown setting; did you mean when?\n" },
	{ "alerts: { storm: { scope = \"site\"; when = \"waiting_count > 1\"; }; };",
	    ":1: alerts.storm: is a name ccmon uses itself\n" },
	{ "alerts: { a*: { scope = \"site\"; when = \"waiting_count > 1\"; }; };",
	    ":1: alerts.a*: a name without *, please: silences match by it\n" },
	{ "alerts: { redis_down: { when = \"waiting > 1\"; }; };",
	    ":1: alerts.redis_down.when: there is no field waiting\n" },
	{ "hooks: { a: { }; };", ":1: hooks.a: needs command = [\"/path/of/a/program\"]\n" },
	{ "hooks: { a: { command = \"ntfy\"; }; };", ":1: hooks.a.command: \"ntfy\" is no absolute "
	                                             "path, and there is no shell to find it\n" },
	{ "hooks: { a: { command = \"/a\"; env = [\"A=1\", \"TOKEN\", \"=x\"]; }; };",
	    ":1: hooks.a.env[1]: \"TOKEN\": write \"NAME=value\"\n"
	    ":1: hooks.a.env[2]: \"=x\": write \"NAME=value\"\n" },
	{ "hooks: { a: { command = \"/a\"; env = \"CCMON_KIND=fire\"; }; };",
	    ":1: hooks.a.env: names with CCMON_ are what the page says\n" },
	{ HOOKS "paging: { hooks = [\"a\", \"boss\"]; };",
	    ":2: paging.hooks[1]: there is no hook \"boss\"\n" },
	{ HOOKS "watchdog: { hook = \"dog\"; };", ":2: watchdog.hook: there is no hook \"dog\"\n" },
	{ "queues: { x: { channel = \"call\"; calendar = \"ofice\"; }; };\n"
	  "calendars: { office: { open = \"mon-fri 08:00-18:00\"; }; };",
	    ":1: queues.x.calendar: there is no calendar \"ofice\"; did you mean office?\n" },
};

static void
test_bad_alerts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(bad_alerts); i++) {
		assert_null(load(bad_alerts[i].text));
		assert_string_equal(said, bad_alerts[i].said);
	}
}

/* What is wrong in a calendar is said at its line; in which words is
 * test_calendar.c's. */
static void
test_bad_calendar(void **state)
{
	(void)state;
	assert_null(load("calendars: { x: { open = [\"mon 08:00-18:00\",\n \"moon 08:00-18:00\"];\n"
	                 " holidays = \"2026-02-30\"; exceptions = \"2026-12-24 8-13h\"; }; };"));
	assert_int_equal(nsaid, 3);
	assert_non_null(strstr(said, ":2: calendars.x.open[1]: "));
	assert_non_null(strstr(said, ":3: calendars.x.holidays: "));
	assert_non_null(strstr(said, ":3: calendars.x.exceptions: "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calendar),
		cmocka_unit_test(test_hook),
		cmocka_unit_test(test_alert),
		cmocka_unit_test(test_alert_defaults),
		cmocka_unit_test(test_builtin_replaced),
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_bad_alerts),
		cmocka_unit_test(test_bad_calendar),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
