/* SPDX-License-Identifier: MIT */
/*
 * test_level.c: what of a closed interval is no sum: who waited and who was
 * there when it ended, how many agents it would have taken, and the waits in
 * it.
 */
#include "tests/unit/engine_walk.h"
#include "tests/unit/stories.h"

#define MINUTE INT64_C(60000) /* ms */

/* A field of the interval that begins so long after noon, as it went out. */
struct closed {
	const char *queue; /* NULL: the site */
	enum history history;
	msec_t start;
};

static bool
is_it(const struct engine *e, const struct closed *which, const struct edge *edge)
{
	if (edge->type != EDGE_HISTORY || edge->history != which->history ||
	    edge->start != KIT_NOON + which->start)
		return false;
	if (which->queue == NULL)
		return edge->object.scope == SCOPE_SITE;
	return edge->object.scope == SCOPE_QUEUE &&
	       str_eq(engine_name(e, edge->object), kit_str(which->queue));
}

static void
expect_fields(struct engine *e, const struct edge *edge, const char *expected)
{
	char text[FIGURE_TEXT_MAX], said[512] = "", all[512];
	const struct column *c;
	size_t n = engine_history_columns(e, &c);
	char *word, *next;

	snprintf(all, sizeof(all), "%s", expected);
	for (word = strtok_r(all, " ", &next); word != NULL; word = strtok_r(NULL, " ", &next))
		for (size_t i = 0, len = strcspn(word, "="); i < n; i++)
			if (strlen(c[i].name) == len && memcmp(c[i].name, word, len) == 0) {
				figure_format(text, edge->values[i], c[i].unit, "NaN");
				snprintf(said + strlen(said), sizeof(said) - strlen(said),
				    "%s%s=%s", *said == '\0' ? "" : " ", c[i].name, text);
			}
	assert_string_equal(said, expected);
}

/* The time goes on to that long after noon; on the way that interval closes. */
static void
expect_closed(struct telling *t, msec_t until, struct closed which, const char *expected)
{
	struct edge edge;
	bool found = false;

	engine_tick(t->e, KIT_NOON + until);
	while (engine_edge(t->e, &edge))
		if (is_it(t->e, &which, &edge)) {
			found = true;
			expect_fields(t->e, &edge, expected);
		}
	assert_true(found);
	t->now = until;
}

static struct telling
begin(const char *story)
{
	static struct site site;
	struct telling t = { 0 };

	kit_site(&site);
	t.e = engine_new(&site);
	tell(&t, story);
	return t;
}

static void
end(struct telling *t)
{
	engine_check(t->e);
	engine_free(t->e);
	free(t->words);
}

/* Of those known 15 s later, who waited at the last millisecond. */
static void
test_who_waited(void **state)
{
	struct telling t = begin("50000 queued contact=a; 58000 queued contact=b; "
	                         "58000 queued contact=c; 59500 abandoned contact=c; "
	                         "60000 queued contact=d; 61000 answered contact=b; "
	                         "59000@70000 queued contact=late; 72000 queued contact=e");

	(void)state;
	expect_closed(&t, 75000, (struct closed){ "sales", HISTORY_MINUTE, 0 },
	    "offered_count=4 waiting_count=3");
	expect_closed(&t, 75000 + MINUTE, (struct closed){ "sales", HISTORY_MINUTE, MINUTE },
	    "offered_count=2 waiting_count=2"); /* a and late are stuck, d not yet */
	end(&t);
}

static void
test_site_has_all(void **state)
{
	struct telling t = begin("50000 queued contact=a; 58000 queued contact=b queue=help "
	                         "channel=chat; 1000 login agent=ann");

	(void)state;
	expect_closed(&t, 75000, (struct closed){ NULL, HISTORY_MINUTE, 0 },
	    "waiting_count=2 agents_staffed_count=1 agents_required_count=NaN");
	end(&t);
}

/* By its messages it left before it came: not one less than none. */
static void
test_never_below_none(void **state)
{
	struct telling t = begin("61000 queued; 59000@61500 answered");

	(void)state;
	expect_closed(&t, 75000, (struct closed){ "sales", HISTORY_MINUTE, 0 }, "waiting_count=0");
	end(&t);
}

/* A stuck visit whose late answer comes after all. */
static void
test_undone(void **state)
{
	struct telling t = begin("0 queued; 61000 tick; 58000@62000 answered");

	(void)state;
	expect_closed(&t, 75000, (struct closed){ "sales", HISTORY_MINUTE, 0 },
	    "answered_count=1 waiting_count=0");
	end(&t);
}

static void
test_who_was_there(void **state)
{
	struct telling t = begin("1000 login agent=ann; 1000 joined agent=ann; "
	                         "2000 login agent=bob; 2000 joined agent=bob; "
	                         "3000 login agent=eve; 3000 joined agent=eve queue=help; "
	                         "30000 state agent=bob state=paused; 60000 login agent=dan; "
	                         "60000 joined agent=dan; 59000@70000 logout agent=ann; "
	                         "59500@71000 state agent=bob state=available");

	(void)state;
	expect_closed(
	    &t, 75000, (struct closed){ "sales", HISTORY_MINUTE, 0 }, "agents_staffed_count=1");
	expect_closed(&t, 75000 + MINUTE, (struct closed){ "sales", HISTORY_MINUTE, MINUTE },
	    "agents_staffed_count=2");
	end(&t);
}

/* As alert_forecast.scn has it: two calls of 100 s; no forecast of days. */
static void
test_how_many_it_takes(void **state)
{
	struct telling t = begin("0 login; 0 queued; 0 answered; 100000 ended; 100000 queued "
	                         "visit=b; 100000 answered visit=b; 200000 ended visit=b");

	(void)state;
	expect_closed(&t, 255000 + MINUTE - 1,
	    (struct closed){ "sales", HISTORY_MINUTE, 3 * MINUTE }, "agents_required_count=NaN");
	expect_closed(&t, 315000, (struct closed){ "sales", HISTORY_MINUTE, 4 * MINUTE },
	    "agents_staffed_count=1 agents_required_count=2");
	expect_closed(&t, 12 * 60 * MINUTE + 15000,
	    (struct closed){ "sales", HISTORY_DAY, -12 * 60 * MINUTE },
	    "answered_count=2 waiting_count=0 wait_p90_seconds=NaN wait_max_seconds=0.000 "
	    "agents_required_count=NaN agents_staffed_count=NaN");
	end(&t);
}

static void
test_waits(void **state)
{
	struct telling t = begin("0 queued contact=a; 4000 abandoned contact=a; 20000 queued "
	                         "contact=b; 30000 answered contact=b; 61000 queued contact=c; "
	                         "63000 answered contact=c; 5000@74000 queued contact=d; "
	                         "7000@74000 answered contact=d");

	(void)state;
	expect_closed(&t, 75000, (struct closed){ "sales", HISTORY_MINUTE, 0 },
	    "wait_p90_seconds=10.000 wait_max_seconds=10.000");
	expect_closed(&t, 75000 + MINUTE, (struct closed){ "sales", HISTORY_MINUTE, MINUTE },
	    "wait_p90_seconds=2.000 wait_max_seconds=2.000");
	expect_closed(&t, 75000 + 2 * MINUTE,
	    (struct closed){ "sales", HISTORY_MINUTE, 2 * MINUTE },
	    "wait_p90_seconds=NaN wait_max_seconds=NaN");
	expect_closed(&t, 915000, (struct closed){ "sales", HISTORY_QUARTER, 0 },
	    "answered_count=3 wait_max_seconds=10.000");
	end(&t);
}

/* ---- replayed after a crash, an interval is what it was ---- */

static void
one_more(struct engine *e, struct out *said, msec_t now, const struct step *s)
{
	engine_apply(e, &s->ev, now);
	kit_edges(e, said);
}

static void
test_replayed(void **state)
{
	struct kit_kept kept = { 0 };
	struct step steps[300];
	struct engine *e, *again;
	struct out live, replayed;
	struct site site;
	struct walk w;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		walk_site(&site);
		e = engine_new(&site);
		walk_begin(&w, seed);
		out_init(&live);
		out_init(&replayed);
		for (size_t i = 0; i < COUNTOF(steps); i++)
			walk_step(&w, &steps[i]);
		for (size_t i = 0; i < 150; i++)
			one_more(e, &live, steps[i].now, &steps[i]);
		kit_commit(e, &kept);
		again = kit_load(&kept, &site);
		live.len = 0;
		for (size_t i = 150; i < COUNTOF(steps); i++) {
			engine_tick(e, steps[i].now); /* live, it is told more often */
			one_more(e, &live, steps[i].now, &steps[i]);
			one_more(again, &replayed, steps[i].now, &steps[i]);
		}
		assert_int_equal(live.len, replayed.len);
		assert_true(live.len > 0 && memcmp(live.buf, replayed.buf, live.len) == 0);
		out_fini(&live);
		out_fini(&replayed);
		engine_free(e);
		engine_free(again);
		kit_forget(&kept);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_waited),
		cmocka_unit_test(test_site_has_all),
		cmocka_unit_test(test_never_below_none),
		cmocka_unit_test(test_undone),
		cmocka_unit_test(test_who_was_there),
		cmocka_unit_test(test_how_many_it_takes),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_replayed),
	};

	return cmocka_run_group_tests_name("when an interval ended", tests, NULL, NULL);
}
