/* SPDX-License-Identifier: MIT */
/*
 * test_engine.c: what the engine gives beside figures: rejects, marks, who
 * waits, its tables; and a state that meets another configuration.
 */
#include "tests/unit/engine_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void
queued(struct engine *e, const char *queue, const char *contact, const char *visit, msec_t at)
{
	struct event ev = { .has =
		                HAS(SOURCE) | HAS(TIME) | HAS(CHANNEL) | HAS(QUEUE) | HAS(CONTACT),
		.event = EV_QUEUED,
		.source = STR_LIT("pbx"),
		.time = at,
		.queue = kit_str(queue),
		.contact = kit_str(contact) };

	if (visit != NULL) {
		ev.has |= HAS(VISIT);
		ev.visit = kit_str(visit);
	}
	assert_int_equal(engine_apply(e, &ev, at), ENGINE_OK);
}

static bool
is_text(struct str s, const char *text)
{
	return str_eq(s, kit_str(text));
}

static void
test_rejects(void **state)
{
	struct reject r = { .time = KIT_NOON - 7,
		.why = REFUSAL_OVERSIZED,
		.source = STR_LIT("web"),
		.detail = STR_LIT("contact"),
		.sample = STR_LIT("{\"eve") };
	struct engine *e;
	struct site site;
	struct edge edge;

	(void)state;
	kit_site(&site);
	for (unsigned clock = CLOCK_WALL; clock <= CLOCK_EVENTS; clock++) {
		site.clock = (uint8_t)clock;
		site.limits.sources = 1;
		e = engine_new(&site);
		for (uint32_t i = 0; i < 3; i++)
			engine_reject(e, &r, KIT_NOON);
		for (uint32_t i = 0; i < 3; i++) {
			assert_true(engine_edge(e, &edge));
			assert_int_equal(edge.type, EDGE_REJECT);
			assert_int_equal(edge.id_ms, KIT_NOON);
			assert_int_equal(edge.id_seq, i);
			assert_int_equal(edge.time, KIT_NOON - 7);
			assert_int_equal(edge.reject.why, REFUSAL_OVERSIZED);
			assert_true(is_text(edge.reject.source, "web") &&
			            is_text(edge.reject.detail, "contact") &&
			            is_text(edge.reject.sample, "{\"eve"));
		}
		assert_false(engine_edge(e, &edge));
		r.source = kit_str("other"); /* one source too many: told all the same */
		engine_reject(e, &r, KIT_NOON + 1);
		assert_true(engine_edge(e, &edge) && is_text(edge.reject.source, "other"));
		assert_int_equal(
		    kit_value(e, kit_object(e, SCOPE_FEED, "web"), "rejected_total"), 3);
		r.source = kit_str("web");
		engine_free(e);
	}
	engine_free(NULL);
}

static void
test_marks(void **state)
{
	struct journal_mark here = { { 1, 2, 3 }, 7 }, there = { { 9 }, 1 }, got;
	struct kit_kept kept = { 0 };
	struct engine *e, *again;
	struct site site;

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	assert_false(engine_mark(e, STR_LIT("here"), &got));
	engine_set_mark(e, STR_LIT("here"), &here);
	engine_set_mark(e, STR_LIT("there"), &there);
	kit_commit(e, &kept);
	here.seq = 8;
	engine_set_mark(e, STR_LIT("here"), &here);
	kit_commit(e, &kept);
	again = kit_load(&kept, &site);
	assert_true(engine_mark(again, STR_LIT("here"), &got));
	assert_memory_equal(got.id, here.id, sizeof(got.id));
	assert_int_equal(got.seq, 8);
	assert_true(engine_mark(again, STR_LIT("there"), &got));
	assert_int_equal(got.seq, 1);
	engine_free(e);
	engine_free(again);
	kit_forget(&kept);
}

static void
test_who_waits(void **state)
{
	struct waiting w;
	uintptr_t cursor = 0;
	struct engine *e;
	struct site site;

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	engine_waiting_changed(e, 0);
	queued(e, "sales", "c2", "v2", KIT_NOON + 2000);
	queued(e, "sales", "c1", NULL, KIT_NOON + 1000);
	queued(e, "post", "c3", NULL, KIT_NOON + 1000);
	assert_true(engine_waiting_changed(e, 0));
	assert_false(engine_waiting_changed(e, 0));
	assert_true(engine_waiting(e, 0, &cursor, &w));
	assert_true(
	    is_text(w.visit, "c1") && w.since == KIT_NOON + 1000 && w.due == KIT_NOON + 21000);
	assert_true(engine_waiting(e, 0, &cursor, &w));
	assert_true(is_text(w.visit, "v2") && w.due == KIT_NOON + 22000);
	assert_false(engine_waiting(e, 0, &cursor, &w));
	cursor = 0;
	assert_true(engine_waiting(e, 2, &cursor, &w) && is_text(w.visit, "c3"));
	assert_true(w.due == KIT_NOON + 1000 + site.defaults[CHANNEL_EMAIL].first_response);
	assert_false(engine_waiting(e, 2, &cursor, &w)); /* not its matter, too */
	engine_tick(e, KIT_NOON + 21001); /* one is past its target now */
	assert_true(engine_waiting_changed(e, 0));
	engine_free(e);
}

static void
test_tables(void **state)
{
	const struct column *c;
	struct engine *e;
	struct site site;
	struct object o;
	size_t n;

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	assert_int_equal(engine_now(e), -1);
	assert_null(engine_metric(engine_nmetrics()));
	assert_string_equal(engine_metric(0)->name, "name");
	n = engine_history_columns(e, &c);
	for (size_t i = 0; i < n; i++)
		assert_true(engine_metric(c[i].metric)->in_history);
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++) {
		n = engine_columns(e, (enum scope)scope, &c);
		assert_true(n > 0);
		for (size_t i = 0; i < n; i++) {
			assert_true(engine_metric(c[i].metric)->scopes >> scope & 1);
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(c[i].name, c[j].name);
		}
	}
	assert_true(
	    engine_find(e, SCOPE_CHANNEL, STR_LIT("email"), &o) && o.index == CHANNEL_EMAIL);
	assert_true(engine_find(e, SCOPE_SITE, STR_LIT("hall"), &o));
	assert_false(engine_find(e, SCOPE_QUEUE, STR_LIT("hall"), &o));
	assert_false(engine_exists(e, (struct object){ SCOPE_AGENT, 0 }));
	engine_free(e);
}

/* ---- another configuration */

static void
walk_and_save(const struct site *site, uint64_t seed, struct kit_kept *kept, struct engine **e)
{
	struct edge edge;
	struct walk w;
	struct step s;

	walk_begin(&w, seed);
	*e = engine_new(site);
	for (unsigned i = 0; i < 300; i++) {
		walk_step(&w, &s);
		engine_apply(*e, &s.ev, s.now);
		if (i == 100)
			kit_commit(*e, kept);
	}
	while (engine_edge(*e, &edge))
		;
	kit_commit(*e, kept);
}

static void
same_value(
    struct engine *a, struct engine *b, enum scope scope, const char *name, const char *column)
{
	assert_int_equal(kit_value(a, kit_object(a, scope, name), column),
	    kit_value(b, kit_object(b, scope, name), column));
}

/* Queues in another order, other windows: names keep what is theirs. */
static void
test_other_queues(void **state)
{
	static const char *const queues[] = { "sales", "help", "post", "extra" };
	struct queue_def turned[3];
	struct kit_kept kept = { 0 };
	struct site site, other;
	struct engine *e, *again, *third;
	int rc;

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		kit_site(&site);
		rc = site_add_window(&site, "all");
		assert_int_equal(rc, 0);
		walk_and_save(&site, seed, &kept, &e);
		other = site;
		for (size_t i = 0; i < 3; i++)
			turned[i] = site.queues[2 - i];
		other.queues = turned;
		other.nwindows--; /* no "all" */
		again = kit_load(&kept, &other);
		engine_check(again);
		for (size_t i = 0; i < COUNTOF(queues); i++) {
			same_value(e, again, SCOPE_QUEUE, queues[i], "offered_count_60m");
			same_value(e, again, SCOPE_QUEUE, queues[i], "answered_count_today");
			same_value(e, again, SCOPE_QUEUE, queues[i], "waiting_count");
			same_value(e, again, SCOPE_QUEUE, queues[i], "in_progress_count");
		}
		kit_commit(again, &kept); /* its numbers are all new */
		third = kit_load(&kept, &other);
		for (size_t i = 0; i < COUNTOF(queues); i++)
			same_value(again, third, SCOPE_QUEUE, queues[i], "offered_count_60m");
		engine_free(e);
		engine_free(again);
		engine_free(third);
		kit_forget(&kept);
	}
}

/* Less room than there was: what does not fit is left out and counted. */
static void
test_less_room(void **state)
{
	struct engine_limits limited;
	struct kit_kept kept = { 0 };
	struct engine *e, *again;
	struct site site, other;
	struct step s;
	struct walk w;

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		kit_site(&site);
		walk_and_save(&site, seed, &kept, &e);
		engine_free(e);
		other = site;
		other.limits =
		    (struct site_limits){ .queues = 3, .agents = 2, .contacts = 2, .sources = 2 };
		again = kit_load(&kept, &other);
		engine_check(again);
		engine_limits(again, &limited);
		assert_true(limited.queues > 0 && limited.agents > 0 && limited.sources > 0);
		walk_begin(&w, seed);
		w.now = engine_now(again);
		for (unsigned i = 0; i < 200; i++) {
			walk_step(&w, &s);
			engine_apply(again, &s.ev, s.now);
		}
		engine_check(again);
		engine_free(again);
		kit_forget(&kept);
	}
}

/* A queue that promises nothing any more makes nobody late. */
static void
test_promise_withdrawn(void **state)
{
	struct kit_kept kept = { 0 };
	struct engine *e;
	struct site site;

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	queued(e, "sales", "c1", NULL, KIT_NOON);
	kit_commit(e, &kept);
	engine_free(e);
	site.queues[0].policy.threshold = 0;
	e = kit_load(&kept, &site);
	engine_tick(e, KIT_NOON + 30000);
	assert_int_equal(kit_value(e, kit_object(e, SCOPE_QUEUE, "sales"), "waiting_count"), 1);
	assert_int_equal(kit_value(e, kit_object(e, SCOPE_QUEUE, "sales"), "sl_late_count_60m"), 0);
	engine_free(e);
	kit_forget(&kept);
}

/* What is kept of many words, and of a text that is too long for a line. */
static void
test_too_much_to_say(void **state)
{
	struct event ev = { .has = HAS(SOURCE) | HAS(TIME) | HAS(AGENT) | HAS(STATE) | HAS(REASON),
		.event = EV_STATE,
		.source = STR_LIT("pbx"),
		.time = KIT_NOON,
		.agent = STR_LIT("ann"),
		.state = STATE_PAUSED };
	char word[64], buf[256];
	struct engine *e;
	struct site site;
	struct object ann;

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	for (unsigned i = 0; i < 1100; i++) {
		snprintf(word, sizeof(word), "word %u", i);
		ev.reason = kit_str(word);
		ev.time = KIT_NOON + i;
		engine_apply(e, &ev, ev.time);
		ann = kit_object(e, SCOPE_AGENT, "ann");
		assert_string_equal(kit_figure(e, ann, "state_reason", buf), i < 1024 ? word : "");
	}
	for (unsigned i = 0; i < 40; i++) {
		memset(word, 'q', sizeof(word));
		word[0] = (char)('A' + i);
		ev = (struct event){ .has = HAS(SOURCE) | HAS(TIME) | HAS(AGENT) | HAS(QUEUE),
			.event = EV_JOINED,
			.source = STR_LIT("pbx"),
			.time = KIT_NOON + 2000 + i,
			.agent = STR_LIT("ann"),
			.queue = { word, sizeof(word) } };
		engine_apply(e, &ev, ev.time);
	}
	assert_int_equal(strlen(kit_figure(e, ann, "queues", buf)), sizeof(buf) - 1);
	engine_check(e);
	engine_free(e);
}

/* A board is written, and rules are asked, before anybody told the time. */
static void
test_before_any_time(void **state)
{
	const struct object site_ = { .scope = SCOPE_SITE };
	struct object dirty;
	struct engine *e;
	struct site site;

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	assert_int_equal(engine_now(e), -1);
	while (engine_dirty(e, &dirty))
		assert_true(engine_exists(e, dirty));
	assert_int_equal(
	    engine_figure(e, site_, engine_column(e, SCOPE_SITE, "agents_staffed_count")), 0);
	engine_tick(e, KIT_NOON);
	assert_int_equal(engine_figure(e, site_, engine_column(e, SCOPE_SITE, "waiting_count")), 0);
	engine_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before_any_time),
		cmocka_unit_test(test_rejects),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_who_waits),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_other_queues),
		cmocka_unit_test(test_less_room),
		cmocka_unit_test(test_promise_withdrawn),
		cmocka_unit_test(test_too_much_to_say),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
