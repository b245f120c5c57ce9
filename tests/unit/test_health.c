/* SPDX-License-Identifier: MIT */
/*
 * test_health.c: the status of queues, channels, site, agents and feeds, and
 * its words: who is heard first, what is the worst, and that what the alerts
 * say is published but never kept.
 */
#include "tests/unit/engine_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Noon is on Monday the 5th; Epiphany is a holiday. */
static struct calendar calendars[2];

static void
open_at(struct calendar *c, const char *text)
{
	char why[100];

	if (calendar_add_open(c, text, why, sizeof(why)) != 0)
		fail_msg("%s: %s", text, why);
}

static int
make_calendars(void **state)
{
	char why[100];

	(void)state;
	calendars[0].name = strdup("office");
	open_at(&calendars[0], "mon-fri 08:00-12:05");
	assert_int_equal(calendar_add_exception(&calendars[0], "2026-01-06", why, sizeof(why)), 0);
	calendars[1].name = strdup("never");
	return 0;
}

static int
free_calendars(void **state)
{
	(void)state;
	calendar_fini(&calendars[0]);
	calendar_fini(&calendars[1]);
	return 0;
}

/* kit_site with hours: of sales and help, or of all. */
static void
site_with_hours(struct site *site, const char *of_sales, const char *of_post)
{
	kit_site(site);
	site->calendars = (struct calendars){ calendars, COUNTOF(calendars), site->zones };
	site->queues[0].calendar = (char *)of_sales;
	site->queues[1].calendar = (char *)of_sales;
	site->queues[2].calendar = (char *)of_post;
}

static void
is(struct engine *e, enum scope scope, const char *name, const char *status, const char *reason)
{
	struct object o = kit_object(e, scope, name);
	char buf[256];

	assert_string_equal(kit_figure(e, o, "status", buf), status);
	assert_string_equal(kit_figure(e, o, "status_reason", buf), reason);
}

static void
say(struct engine *e, enum scope scope, const char *name, enum severity severity, const char *why)
{
	engine_alarm(e, kit_object(e, scope, name), severity, why);
}

static void
call(struct engine *e, enum event_kind kind, const char *contact, msec_t at)
{
	struct event ev = { .has = HAS(SOURCE) | HAS(TIME) | HAS(CHANNEL) | HAS(QUEUE) |
		                   HAS(CONTACT) | HAS(AGENT),
		.event = (uint8_t)kind,
		.source = STR_LIT("pbx"),
		.time = at,
		.queue = STR_LIT("sales"),
		.agent = STR_LIT("ann"),
		.contact = kit_str(contact) };

	assert_int_equal(engine_apply(e, &ev, at), ENGINE_OK);
}

/* ---- hours ---- */

static void
test_hours(void **state)
{
	struct engine *e;
	struct site site;

	(void)state;
	site_with_hours(&site, "office", NULL);
	e = engine_new(&site);
	assert_int_equal(kit_value(e, kit_object(e, SCOPE_QUEUE, "sales"), "open"), 1);
	engine_tick(e, KIT_NOON + 5 * MINUTE - 1);
	is(e, SCOPE_QUEUE, "sales", "ok", "too few visits in 15 minutes to judge");
	engine_tick(e, KIT_NOON + 5 * MINUTE);
	assert_int_equal(kit_value(e, kit_object(e, SCOPE_QUEUE, "sales"), "open"), 0);
	assert_int_equal(kit_value(e, kit_object(e, SCOPE_QUEUE, "post"), "open"), 1);
	is(e, SCOPE_QUEUE, "sales", "closed", "closed until Wed 08:00");
	is(e, SCOPE_CHANNEL, "call", "closed", "closed until Wed 08:00");
	is(e, SCOPE_CHANNEL, "email", "ok", "");
	is(e, SCOPE_SITE, "hall", "ok", "");
	engine_tick(e, KIT_NOON + 2 * DAY - 4 * HOUR);
	is(e, SCOPE_QUEUE, "sales", "ok", "too few visits in 15 minutes to judge");
	engine_free(e);
}

/* The copy is the engine's own. */
static void
test_hours_are_copied(void **state)
{
	struct engine *e;
	struct site site;

	(void)state;
	site_with_hours(&site, "office", "never");
	e = engine_new(&site);
	calendars[0].week[0][0].to = 60;
	engine_tick(e, KIT_NOON);
	is(e, SCOPE_QUEUE, "sales", "ok", "too few visits in 15 minutes to judge");
	calendars[0].week[0][0].to = 12 * 60 + 5;
	engine_free(e);
}

static void
test_closed_for_long(void **state)
{
	struct engine *e;
	struct site site;
	char why[100];

	(void)state;
	site_with_hours(&site, "never", "never");
	e = engine_new(&site);
	engine_tick(e, KIT_NOON);
	is(e, SCOPE_QUEUE, "sales", "closed", "outside its opening hours");
	is(e, SCOPE_SITE, "hall", "closed", "outside its opening hours");
	engine_free(e);

	assert_int_equal(
	    calendar_add_exception(&calendars[1], "2026-01-17 09:05-10:00", why, sizeof(why)), 0);
	site_with_hours(&site, "never", "never");
	e = engine_new(&site);
	engine_tick(e, KIT_NOON);
	is(e, SCOPE_QUEUE, "sales", "closed", "closed until Sat 09:05, in 12 days");
	engine_tick(e, KIT_NOON + 12 * DAY - 3 * HOUR);
	is(e, SCOPE_SITE, "hall", "closed", "closed until Sat 09:05");
	engine_free(e);

	site_with_hours(&site, "never", "office"); /* the first to open speaks */
	e = engine_new(&site);
	engine_tick(e, KIT_NOON + 6 * MINUTE);
	is(e, SCOPE_SITE, "hall", "closed", "closed until Wed 08:00");
	engine_free(e);
}

/* Nobody sees a queue close but by being told; nothing of it is kept. */
static void
test_closing_is_published(void **state)
{
	struct kit_kept kept = { 0 };
	struct state_field f;
	bool told[3] = { false };
	struct engine *e;
	struct object o;
	struct site site;

	(void)state;
	site_with_hours(&site, "office", NULL);
	e = engine_new(&site);
	engine_tick(e, KIT_NOON + 5 * MINUTE - SECOND);
	kit_commit(e, &kept);
	while (engine_dirty(e, &o))
		;
	engine_tick(e, KIT_NOON + 5 * MINUTE);
	while (engine_dirty(e, &o)) {
		told[0] |= o.scope == SCOPE_QUEUE && o.index == 0;
		told[1] |= o.scope == SCOPE_CHANNEL && o.index == CHANNEL_CALL;
		told[2] |= o.scope == SCOPE_SITE;
		assert_false(o.scope == SCOPE_QUEUE && o.index == 2);
	}
	assert_true(told[0] && told[1] && told[2]);
	while (engine_state(e, &f))
		assert_false(f.key.n > 1 && f.key.p[0] == 'q');
	engine_free(e);
	kit_forget(&kept);
}

/* ---- alerts ---- */

static void
test_alarms(void **state)
{
	struct engine *e;
	struct site site;

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	engine_tick(e, KIT_NOON);
	say(e, SCOPE_QUEUE, "sales", SEVERITY_INFO, "by the way");
	is(e, SCOPE_QUEUE, "sales", "ok", "too few visits in 15 minutes to judge");
	say(e, SCOPE_QUEUE, "sales", SEVERITY_WARN, "sales: they wait");
	is(e, SCOPE_QUEUE, "sales", "warn", "sales: they wait");
	is(e, SCOPE_CHANNEL, "call", "warn", "queue sales: sales: they wait");
	is(e, SCOPE_CHANNEL, "chat", "ok", "");
	is(e, SCOPE_SITE, "hall", "warn", "queue sales: sales: they wait");
	say(e, SCOPE_CHANNEL, "call", SEVERITY_WARN, "calls are odd"); /* no worse than the queue */
	is(e, SCOPE_CHANNEL, "call", "warn", "queue sales: sales: they wait");
	say(e, SCOPE_CHANNEL, "call", SEVERITY_PAGE, "calls are lost");
	is(e, SCOPE_CHANNEL, "call", "crit", "calls are lost");
	is(e, SCOPE_SITE, "hall", "warn", "queue sales: sales: they wait");
	say(e, SCOPE_SITE, "hall", SEVERITY_PAGE, "the house burns");
	is(e, SCOPE_SITE, "hall", "crit", "the house burns");
	say(e, SCOPE_SITE, "hall", SEVERITY_INFO, "");
	say(e, SCOPE_CHANNEL, "call", SEVERITY_INFO, "");
	say(e, SCOPE_QUEUE, "sales", SEVERITY_INFO, "");
	is(e, SCOPE_QUEUE, "sales", "ok", "too few visits in 15 minutes to judge");
	is(e, SCOPE_CHANNEL, "call", "ok", "");
	is(e, SCOPE_SITE, "hall", "ok", "");
	engine_free(e);
}

/* With its words still in it, an engine lets go of all it has. */
static void
test_alarms_of_agents_and_feeds(void **state)
{
	struct engine *e;
	struct site site;

	(void)state;
	kit_site(&site);
	site.silent_after = 15 * SECOND;
	e = engine_new(&site);
	call(e, EV_QUEUED, "c1", KIT_NOON);
	call(e, EV_ANSWERED, "c1", KIT_NOON);
	say(e, SCOPE_AGENT, "ann", SEVERITY_PAGE, "ann: paused for an hour");
	is(e, SCOPE_AGENT, "ann", "crit", "ann: paused for an hour");
	say(e, SCOPE_FEED, "pbx", SEVERITY_PAGE, "pbx: 9 rejected");
	is(e, SCOPE_FEED, "pbx", "ok", "pbx: 9 rejected");
	call(e, EV_HEARTBEAT, "c1", KIT_NOON);
	engine_tick(e, KIT_NOON + 16 * SECOND);
	is(e, SCOPE_FEED, "pbx", "silent", "nothing heard for 16 s");
	is(e, SCOPE_AGENT, "ann", "unknown", "feed pbx is silent");
	engine_free(e);
}

/* Nobody has called yet; but who is there for it is known from that feed. */
static void
test_fed_by_a_login(void **state)
{
	struct event login = { .has = HAS(SOURCE) | HAS(TIME) | HAS(AGENT) | HAS(QUEUES),
		.event = EV_LOGIN,
		.source = STR_LIT("pbx"),
		.time = KIT_NOON,
		.agent = STR_LIT("ann"),
		.queues = STR_LIT("help\nvip") };
	struct engine *e;
	struct site site;

	(void)state;
	kit_site(&site);
	site.silent_after = 15 * SECOND;
	e = engine_new(&site);
	assert_int_equal(engine_apply(e, &login, KIT_NOON), ENGINE_OK);
	call(e, EV_HEARTBEAT, "c1", KIT_NOON);
	engine_tick(e, KIT_NOON + 16 * SECOND);
	is(e, SCOPE_QUEUE, "help", "unknown", "feed pbx is silent");
	is(e, SCOPE_QUEUE, "vip", "unknown", "feed pbx is silent");
	is(e, SCOPE_QUEUE, "post", "ok", "no service level is promised");
	engine_free(e);
}

/* Closed, then unknown, then the alerts, then the service level. */
static void
test_order(void **state)
{
	static const char *const lost[] = { "c1", "c2", "c3", "c4", "c5" };
	struct engine *e;
	struct site site;

	(void)state;
	site_with_hours(&site, "office", NULL);
	site.silent_after = 15 * SECOND;
	e = engine_new(&site);
	for (size_t i = 0; i < COUNTOF(lost); i++)
		call(e, EV_QUEUED, lost[i], KIT_NOON + 4 * MINUTE);
	for (size_t i = 0; i < COUNTOF(lost); i++)
		call(e, EV_ABANDONED, lost[i], KIT_NOON + 4 * MINUTE + 15 * SECOND);
	is(e, SCOPE_QUEUE, "sales", "crit",
	    "service level 0.0000 of 5 in 15 minutes, target 0.8000");
	say(e, SCOPE_QUEUE, "sales", SEVERITY_WARN, "known to be bad");
	is(e, SCOPE_QUEUE, "sales", "warn", "known to be bad");
	say(e, SCOPE_QUEUE, "sales", SEVERITY_PAGE, "known to be bad");
	call(e, EV_HEARTBEAT, "c1", KIT_NOON + 4 * MINUTE + 20 * SECOND);
	is(e, SCOPE_QUEUE, "sales", "crit", "known to be bad");
	engine_tick(e, KIT_NOON + 4 * MINUTE + 36 * SECOND);
	is(e, SCOPE_QUEUE, "sales", "unknown", "feed pbx is silent");
	is(e, SCOPE_SITE, "hall", "unknown", "queue sales: feed pbx is silent");
	engine_tick(e, KIT_NOON + 5 * MINUTE);
	is(e, SCOPE_QUEUE, "sales", "closed", "closed until Wed 08:00");
	is(e, SCOPE_CHANNEL, "call", "closed", "closed until Wed 08:00");
	say(e, SCOPE_CHANNEL, "call", SEVERITY_WARN, "calls are odd"); /* has no hours of its own */
	is(e, SCOPE_CHANNEL, "call", "warn", "calls are odd");
	engine_free(e);
}

static unsigned
count_dirty(struct engine *e)
{
	struct object o;
	unsigned n = 0;

	while (engine_dirty(e, &o))
		n += o.scope != SCOPE_FEED;
	return n;
}

/* An alarm is published with what it counts for, once, and is no state. */
static void
test_alarms_are_not_kept(void **state)
{
	struct kit_kept kept = { 0 };
	struct state_field f;
	struct engine *e, *again;
	struct site site;

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	call(e, EV_QUEUED, "c1", KIT_NOON);
	call(e, EV_ANSWERED, "c1", KIT_NOON);
	kit_commit(e, &kept);
	count_dirty(e);
	say(e, SCOPE_QUEUE, "sales", SEVERITY_INFO, "");
	assert_int_equal(count_dirty(e), 0);
	say(e, SCOPE_QUEUE, "sales", SEVERITY_PAGE, "a");
	assert_int_equal(count_dirty(e), 3);
	say(e, SCOPE_QUEUE, "sales", SEVERITY_PAGE, "a");
	assert_int_equal(count_dirty(e), 0);
	say(e, SCOPE_QUEUE, "sales", SEVERITY_PAGE, "b");
	assert_int_equal(count_dirty(e), 3);
	say(e, SCOPE_AGENT, "ann", SEVERITY_WARN, "a");
	assert_int_equal(count_dirty(e), 1);
	say(e, SCOPE_SITE, "hall", SEVERITY_WARN, "a");
	assert_int_equal(count_dirty(e), 1);
	say(e, SCOPE_FEED, "pbx", SEVERITY_WARN, "a");
	assert_int_equal(count_dirty(e), 0);
	while (engine_state(e, &f))
		assert_true(f.key.n == 1 && f.key.p[0] == 'e'); /* the clock, each time */
	again = kit_load(&kept, &site);
	is(again, SCOPE_QUEUE, "sales", "ok", "too few visits in 15 minutes to judge");
	engine_free(e);
	engine_free(again);
	kit_forget(&kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hours, make_calendars, free_calendars),
		cmocka_unit_test_setup_teardown(
		    test_hours_are_copied, make_calendars, free_calendars),
		cmocka_unit_test_setup_teardown(
		    test_closed_for_long, make_calendars, free_calendars),
		cmocka_unit_test_setup_teardown(
		    test_closing_is_published, make_calendars, free_calendars),
		cmocka_unit_test(test_alarms),
		cmocka_unit_test(test_alarms_of_agents_and_feeds),
		cmocka_unit_test(test_fed_by_a_login),
		cmocka_unit_test_setup_teardown(test_order, make_calendars, free_calendars),
		cmocka_unit_test(test_alarms_are_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
