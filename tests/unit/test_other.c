/* SPDX-License-Identifier: MIT */
/*
 * test_other.c: past the limits.  What there is no room for counts in
 * __other__; channels and the site, and whoever has a name, read as if there
 * were room for all; a million names cost no more than a few.
 */
#include "tests/unit/engine_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define STEPS 2000

/* One queue is configured; the walk speaks of three more. */
static struct engine *
make(uint32_t queues, uint32_t agents)
{
	struct site site;

	walk_site(&site);
	site.nqueues = 1;
	site.limits.queues = queues;
	site.limits.agents = agents;
	return engine_new(&site);
}

/* But nobody leaves a queue: who leaves the last one there is room for is taken
 * to be gone, and what she does from then on is another story. */
static void
play(struct engine *e, uint64_t seed)
{
	struct edge edge;
	struct step s;
	struct walk w;

	walk_begin(&w, seed);
	for (unsigned i = 0; i < STEPS; i++) {
		walk_step(&w, &s);
		if (s.ev.event == EV_LEFT)
			continue;
		engine_apply(e, &s.ev, s.now);
		while (engine_edge(e, &edge))
			;
	}
	engine_check(e);
}

/* What comes of who is in which queue, words about single queues, and what is
 * the largest of what each queue says of its first. */
static bool
is_of_parts(const char *name)
{
	static const char *const parts[] = { "agents_", "occupancy", "concurrency", "effective",
		"handled_per_login", "handled_per_staffed", "status", "degraded", "queues" };

	for (size_t i = 0; i < COUNTOF(parts); i++)
		if (strncmp(name, parts[i], strlen(parts[i])) == 0)
			return true;
	return strstr(name, "_oldest_") != NULL;
}

static void
same_figures(struct engine *a, struct engine *b, enum scope scope, const char *name)
{
	const struct column *c;
	size_t n = engine_columns(a, scope, &c);
	char one[256], other[256];

	for (size_t i = 0; i < n; i++) {
		if (is_of_parts(c[i].name))
			continue;
		kit_figure(a, kit_object(a, scope, name), c[i].name, one);
		kit_figure(b, kit_object(b, scope, name), c[i].name, other);
		if (strcmp(one, other) != 0)
			print_error("%s %s: %s, but %s\n", name, c[i].name, one, other);
		assert_string_equal(one, other);
	}
}

static void
test_queues(void **state)
{
	struct engine *room, *full;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		room = make(4096, 4096);
		full = make(1, 4096);
		play(room, seed);
		play(full, seed);
		same_figures(room, full, SCOPE_SITE, "hall");
		same_figures(room, full, SCOPE_CHANNEL, "call");
		same_figures(room, full, SCOPE_CHANNEL, "chat");
		same_figures(room, full, SCOPE_CHANNEL, "email");
		same_figures(room, full, SCOPE_QUEUE, "sales");
		same_figures(room, full, SCOPE_AGENT, "ann");
		assert_int_equal(kit_value(full, kit_object(full, SCOPE_QUEUE, "__other__:chat"),
		                     "other_names_count"),
		    2);
		engine_free(room);
		engine_free(full);
	}
}

static const char *const agents[] = { "ann", "bob", "cat", "dan", "eve", "__other__" };

static int64_t
sum_of_agents(struct engine *e, const char *column)
{
	struct object o;
	int64_t sum = 0;

	for (size_t i = 0; i < COUNTOF(agents); i++)
		if (engine_find(e, SCOPE_AGENT, kit_str(agents[i]), &o))
			sum += kit_value(e, o, column);
	return sum;
}

static void
test_agents(void **state)
{
	static const char *const columns[] = { "answered_count_60m", "handled_count_60m",
		"answered_count_today", "resolved_count_today" };
	struct engine *room, *full;
	char buf[256];
	struct object o;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		room = make(4096, 4096);
		full = make(4096, 2);
		play(room, seed);
		play(full, seed);
		for (size_t i = 0; i < COUNTOF(columns); i++)
			assert_int_equal(
			    sum_of_agents(room, columns[i]), sum_of_agents(full, columns[i]));
		o = kit_object(full, SCOPE_AGENT, "__other__");
		assert_string_equal(kit_figure(full, o, "state", buf), "several");
		assert_string_equal(kit_figure(full, o, "occupancy_ratio_60m", buf), "NaN");
		assert_string_equal(kit_figure(full, o, "staffed_seconds_60m", buf), "NaN");
		assert_non_null(
		    strstr(kit_figure(full, o, "status_reason", buf), "beyond limits.agents"));
		engine_free(room);
		engine_free(full);
	}
}

/* ---- floods ---- */

static enum engine_rc
answered(struct engine *e, const char *queue, const char *agent, const char *contact, msec_t at)
{
	struct event ev = { .has = HAS(SOURCE) | HAS(TIME) | HAS(CHANNEL) | HAS(QUEUE) |
		                   HAS(CONTACT) | HAS(AGENT),
		.event = EV_QUEUED,
		.source = STR_LIT("pbx"),
		.time = at,
		.queue = kit_str(queue),
		.contact = kit_str(contact),
		.agent = kit_str(agent) };

	engine_apply(e, &ev, at);
	ev.event = EV_ANSWERED;
	engine_apply(e, &ev, at + 1);
	ev.event = EV_ENDED;
	return engine_apply(e, &ev, at + 2);
}

#define FLOOD 100000 /* names */

/* A limit of 64 each, and contacts that are over: less than 16 MiB. */
static void
test_flood(void **state)
{
	struct engine *e = make(64, 64);
	char queue[32], agent[32], contact[32], buf[256];
	int64_t n, offered = 0, answers = 0;
	struct object o;
	struct edge edge;
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < FLOOD; i++) {
		snprintf(queue, sizeof(queue), "q%u", i);
		snprintf(agent, sizeof(agent), "a%u", i);
		snprintf(contact, sizeof(contact), "c%u", i);
		assert_int_equal(answered(e, queue, agent, contact, KIT_NOON + i), ENGINE_OK);
		while (engine_edge(e, &edge))
			;
		if (i == FLOOD / 10 * 9)
			used = engine_memory(e);
	}
	assert_int_equal(engine_count(e, SCOPE_QUEUE), 64 + 1);
	assert_int_equal(engine_count(e, SCOPE_AGENT), 64 + 1);
	assert_true(engine_memory(e) < used + used / 4);
	o = kit_object(e, SCOPE_QUEUE, "__other__:call");
	offered = kit_value(e, o, "offered_count_60m");
	assert_int_equal(offered, FLOOD - 63); /* sales is one of the 64 */
	n = kit_value(e, o, "other_names_count");
	assert_in_range(n, (FLOOD - 63) * 4 / 5, (FLOOD - 63) * 6 / 5);
	assert_non_null(strstr(kit_figure(e, o, "status_reason", buf), "stands for about"));
	o = kit_object(e, SCOPE_AGENT, "__other__");
	answers = kit_value(e, o, "answered_count_60m");
	assert_int_equal(answers, FLOOD - 64);
	assert_int_equal(
	    kit_value(e, kit_object(e, SCOPE_SITE, "hall"), "answered_count_60m"), FLOOD);
	engine_free(e);
}

/* Who says our names is one more of those they stand for. */
static void
test_reserved(void **state)
{
	struct engine *e = make(4096, 4096), *again;
	struct kit_kept kept = { 0 };
	struct engine_limits limited;
	struct site site;
	struct object o;

	(void)state;
	answered(e, "__other__:chat", "__other__", "c1", KIT_NOON);
	answered(e, "__other__:call", "__other__x", "c2", KIT_NOON + 5);
	walk_site(&site);
	site.nqueues = 1;
	kit_commit(e, &kept);
	again = kit_load(&kept, &site);
	for (unsigned i = 0; i < 2; i++) {
		struct engine *of = i == 0 ? e : again;

		assert_false(engine_find(of, SCOPE_QUEUE, STR_LIT("__other__:chat"), &o));
		o = kit_object(of, SCOPE_QUEUE, "__other__:call");
		assert_int_equal(kit_value(of, o, "offered_count_60m"), 2);
		assert_int_equal(kit_value(of, o, "other_names_count"), 2);
		o = kit_object(of, SCOPE_AGENT, "__other__");
		assert_int_equal(kit_value(of, o, "answered_count_60m"), 2);
		assert_int_equal(kit_value(of, o, "other_names_count"), 2);
		assert_false(engine_find(of, SCOPE_AGENT, STR_LIT("__other__x"), &o));
		engine_limits(of, &limited);
		assert_int_equal(limited.queues + limited.agents, 0);
	}
	engine_free(e);
	engine_free(again);
	kit_forget(&kept);
}

static void
log_in(struct engine *e, const char *agent)
{
	struct event ev = { .event = EV_LOGIN,
		.has = HAS(SOURCE) | HAS(TIME) | HAS(AGENT),
		.source = STR_LIT("crm"),
		.time = KIT_NOON,
		.agent = kit_str(agent) };

	engine_apply(e, &ev, KIT_NOON);
}

/* An agent's record waits for minutes; the names are told by nothing else. */
static void
test_names_are_saved_at_once(void **state)
{
	struct kit_kept kept = { 0 };
	struct engine *e, *again;
	struct site site;

	(void)state;
	walk_site(&site);
	site.limits.agents = 1;
	e = engine_new(&site);
	log_in(e, "ann");
	log_in(e, "bob");
	kit_commit(e, &kept);
	log_in(e, "cat");
	kit_commit(e, &kept);
	again = kit_load(&kept, &site);
	assert_int_equal(
	    kit_value(again, kit_object(again, SCOPE_AGENT, "__other__"), "other_names_count"), 2);
	engine_free(again);
	engine_free(e);
	kit_forget(&kept);
}

static void
mail(struct engine *e, enum event_kind kind, const char *agent, msec_t at)
{
	struct event ev = { .event = (uint8_t)kind,
		.has = HAS(SOURCE) | HAS(TIME) | HAS(CHANNEL) | HAS(QUEUE) | HAS(CONTACT),
		.source = STR_LIT("crm"),
		.time = at,
		.channel = CHANNEL_EMAIL,
		.queue = STR_LIT("post"),
		.contact = STR_LIT("m1") };
	struct edge edge;

	if (agent != NULL) {
		ev.has |= HAS(AGENT);
		ev.agent = kit_str(agent);
	}
	engine_apply(e, &ev, at);
	while (engine_edge(e, &edge))
		;
}

/* Who stands for others is forgotten with them; she rings for nothing then. */
static void
test_forgotten_while_ringing(void **state)
{
	msec_t day = INT64_C(24) * 3600 * 1000;
	struct kit_kept kept = { 0 };
	struct engine *e, *again;
	struct object o;
	struct site site;

	(void)state;
	kit_site(&site);
	site.limits.agents = 1;
	e = engine_new(&site);
	log_in(e, "ann");
	mail(e, EV_QUEUED, NULL, KIT_NOON + 1000);
	mail(e, EV_RINGING, "bob", KIT_NOON + 2000);
	mail(e, EV_HEARTBEAT, NULL, KIT_NOON + 3 * day);
	assert_false(engine_find(e, SCOPE_AGENT, STR_LIT("__other__"), &o));
	kit_commit(e, &kept);
	again = kit_load(&kept, &site);
	mail(e, EV_RESOLVED, NULL, KIT_NOON + 3 * day + 1000);
	mail(again, EV_RESOLVED, NULL, KIT_NOON + 3 * day + 1000);
	engine_check(e);
	engine_check(again);
	engine_free(again);
	engine_free(e);
	kit_forget(&kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queues),
		cmocka_unit_test(test_agents),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_names_are_saved_at_once),
		cmocka_unit_test(test_forgotten_while_ringing),
	};

	return cmocka_run_group_tests_name("other", tests, NULL, NULL);
}
