/* SPDX-License-Identifier: MIT */
/*
 * test_ever.c: what is counted since the state began: it never falls, not by
 * what is undone, not by a restart, not by another threshold.
 */
#include "tests/unit/engine_walk.h"
#include "tests/unit/stories.h"

static const char *
buckets(struct engine *e, const char *field, char buf[256])
{
	const char *text = kit_figure(e, kit_object(e, SCOPE_QUEUE, "sales"), field, buf);

	assert_non_null(text);
	return text;
}

static struct engine *
after(const char *story, const struct site *site)
{
	struct telling t = { .e = engine_new(site) };

	tell(&t, story);
	free(t.words);
	return t.e;
}

/* ---- what is counted ---- */

static const struct story stories[] = {
	/* a late that was none is decided twice, and late for good in no total */
	{ "0 queued; 21000 tick; 15000@24000 answered",
	    "sales.sl_late_count_60m=0 sales.sl_n_60m=1 sales.decided_total=2 "
	    "sales.in_target_total=1 sales.wait_seconds_total=15.000" },
	/* stuck, until its late answer is known */
	{ "0 queued; 61000 tick; 30000@62000 answered",
	    "sales.stuck_count_60m=0 sales.stuck_total=1 sales.answered_total=1 "
	    "sales.decided_total=1 sales.offered_total=1" },
	{ "0 queued; 4000 abandoned; 4000 queued; 10000 abandoned; 10000 queued; 15000 flowed_out "
	  "reason=key; "
	  "15000 queued; 16000 callback",
	    "sales.offered_total=4 sales.abandoned_total=2 sales.short_abandoned_total=1 "
	    "sales.flowed_out_total=1 sales.callback_total=1 sales.decided_total=4 "
	    "sales.in_target_total=0 sales.wait_seconds_total=10.000" },
	/* counted when it is said, though its second is to come */
	{ "5000@1000 queued", "sales.offered_count_60m=0 sales.offered_total=1" },
	/* work is over when all of it is */
	{ "0 queued; 1000 answered; 61000 ended acw=1",
	    "sales.handled_total=1 sales.handle_seconds_total=0.000" },
	{ "0 queued; 1000 answered; 61000 ended acw=1; 71000 wrapped",
	    "sales.handled_total=1 sales.handle_seconds_total=70.000" },
	{ "0 queued; 1000 answered; 61000 ended acw=1; 361001 tick",
	    "sales.handle_seconds_total=60.000" },
	{ "0 queued; 1000 answered; 11000 transferred to_agent=bob; 20000 answered agent=bob; "
	  "25000 ended agent=bob",
	    "sales.handled_total=2 sales.handle_seconds_total=15.000" },
	{ "0 ended", "sales.handled_total=1 sales.handle_seconds_total=0.000" },
	{ "0 missed; 1000 missed", "sales.missed_total=2" },
};

STORIES(stories)

/* ---- buckets ---- */

#define NOBODY                                                                                     \
	"1:0 2:0 5:0 10:0 15:0 20:0 30:0 45:0 60:0 90:0 120:0 180:0 300:0 600:0 "                  \
	"1800:0 3600:0 14400:0 inf:0"
#define WAITED                                                                                     \
	"0 queued; 1000 answered; 1000 queued visit=b; 21000 answered visit=b; "                   \
	"21000 queued visit=c; 43000 abandoned visit=c"

static void
test_buckets(void **state)
{
	struct site site;
	struct engine *e;
	char buf[256];

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	assert_string_equal(buckets(e, "wait_buckets", buf), NOBODY);
	engine_free(e);
	e = after(WAITED, &site); /* 1, 20 and 22 s */
	assert_string_equal(buckets(e, "wait_buckets", buf),
	    "1:1 2:1 5:1 10:1 15:1 20:2 30:3 45:3 60:3 90:3 120:3 180:3 300:3 600:3 1800:3 "
	    "3600:3 14400:3 inf:3");
	engine_free(e);
	e = after("0 queued; 1000 answered; 16001 ended acw=1; 36001 wrapped", &site);
	assert_string_equal(buckets(e, "handle_buckets", buf),
	    "15:0 30:0 60:1 120:1 180:1 240:1 300:1 420:1 600:1 900:1 1200:1 1800:1 3600:1 "
	    "7200:1 14400:1 inf:1");
	engine_free(e);
}

/* Edges that are no fixed ones stand between them, the shortest and longest at
 * the ends, and say of a fraction only what it is. */
static void
test_edge_of_its_own(void **state)
{
	static const struct {
		msec_t threshold;
		const char *here;
	} edges[] = {
		{ 500, "0.5:0 1:1 " },
		{ 21999, " 20:2 21.999:2 30:3 " },
		{ 22000, " 20:2 22:3 30:3 " },
		{ 20000, " 15:1 20:2 30:3 " },
		{ 14400001, " 14400:3 14400.001:3 inf:3" },
		{ 0, "1:1 2:1 " },
	};
	struct site site;
	struct engine *e;
	char buf[256];

	(void)state;
	for (size_t i = 0; i < COUNTOF(edges); i++) {
		kit_site(&site);
		site.queues[0].policy.threshold = edges[i].threshold;
		e = after(WAITED, &site);
		if (strstr(buckets(e, "wait_buckets", buf), edges[i].here) == NULL)
			fail_msg("no %s in %s", edges[i].here, buf);
		engine_free(e);
	}
}

/* ---- another threshold ---- */

static void
say(struct engine *e, enum event_kind kind, const char *visit, msec_t at)
{
	struct event ev = { .has = HAS(SOURCE) | HAS(TIME) | HAS(CHANNEL) | HAS(QUEUE) |
		                   HAS(CONTACT) | HAS(VISIT) | HAS(AGENT),
		.event = (uint8_t)kind,
		.source = STR_LIT("pbx"),
		.time = KIT_NOON + at,
		.queue = STR_LIT("sales"),
		.contact = kit_str(visit),
		.visit = kit_str(visit),
		.agent = STR_LIT("ann") };

	assert_int_equal(engine_apply(e, &ev, ev.time), ENGINE_OK);
}

static struct engine *
reload(struct engine *e, struct kit_kept *kept, const struct site *site)
{
	struct engine *next;

	kit_commit(e, kept);
	next = kit_load(kept, site);
	engine_check(next);
	engine_free(e);
	return next;
}

/* It begins with what is surely within it, and is exact from then on. */
static void
test_threshold_moves(void **state)
{
	struct kit_kept kept = { 0 };
	struct site site;
	struct engine *e;
	char buf[256];

	(void)state;
	kit_site(&site);
	e = after(WAITED, &site);
	site.queues[0].policy.threshold = 25000;
	e = reload(e, &kept, &site);
	assert_non_null(strstr(buckets(e, "wait_buckets", buf), " 20:2 25:2 30:3 "));
	say(e, EV_QUEUED, "d", 50000);
	say(e, EV_ANSWERED, "d", 75000);
	assert_non_null(strstr(buckets(e, "wait_buckets", buf), " 20:2 25:3 30:4 "));
	e = reload(e, &kept, &site); /* the same again: nothing begins anew */
	assert_non_null(strstr(buckets(e, "wait_buckets", buf), " 20:2 25:3 30:4 "));
	site.queues[0].policy.threshold = 30000;
	e = reload(e, &kept, &site);
	assert_non_null(strstr(buckets(e, "wait_buckets", buf), " 20:2 30:4 45:4 "));
	engine_free(e);
	kit_forget(&kept);
}

/* ---- it never falls ---- */

#define FIELDS 64
struct seen {
	int64_t n[FIELDS]; /* totals, then every count of the buckets */
	size_t used;
};

static void
see_buckets(struct seen *s, const char *text)
{
	for (const char *p = text; (p = strchr(p, ':')) != NULL; p++) {
		assert_true(s->used < FIELDS);
		s->n[s->used++] = strtoll(p + 1, NULL, 10);
	}
}

static void
see(struct engine *e, struct seen *s)
{
	struct object o = kit_object(e, SCOPE_QUEUE, "sales");
	size_t n, len;
	const struct column *c;
	char buf[256];

	*s = (struct seen){ 0 };
	n = engine_columns(e, SCOPE_QUEUE, &c);
	for (size_t i = 0; i < n; i++) {
		len = strlen(c[i].name);
		if (len > 6 && strcmp(c[i].name + len - 6, "_total") == 0)
			s->n[s->used++] = engine_figure(e, o, &c[i]);
	}
	assert_int_equal(s->used, 13);
	see_buckets(s, buckets(e, "wait_buckets", buf));
	see_buckets(s, buckets(e, "handle_buckets", buf));
}

static void
test_never_falls(void **state)
{
	struct seen before, now;
	struct site site;
	struct step step;
	struct walk w;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct kit_kept kept = { 0 };
		struct engine *e;

		walk_site(&site);
		e = engine_new(&site);
		walk_begin(&w, seed);
		see(e, &before);
		for (unsigned i = 0; i < 400; i++) {
			walk_step(&w, &step);
			engine_apply(e, &step.ev, step.now);
			if (i % 50 == 49)
				e = reload(e, &kept, &site);
			see(e, &now);
			for (size_t k = 0; k < now.used; k++)
				if (now.n[k] < before.n[k])
					fail_msg("seed %" PRIu64 ": count %zu fell", seed, k);
			before = now;
		}
		assert_true(before.n[0] > 0);
		engine_free(e);
		kit_forget(&kept);
	}
}

static void
test_began(void **state)
{
	struct kit_kept kept = { 0 };
	struct site site;
	struct engine *e;

	(void)state;
	kit_site(&site);
	e = engine_new(&site);
	assert_int_equal(engine_began(e), -1);
	engine_tick(e, KIT_NOON + 5);
	engine_tick(e, KIT_NOON + 5000);
	assert_int_equal(engine_began(e), KIT_NOON + 5);
	e = reload(e, &kept, &site);
	engine_tick(e, KIT_NOON + 9000);
	assert_int_equal(engine_began(e), KIT_NOON + 5);
	engine_free(e);
	kit_forget(&kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_edge_of_its_own),
		cmocka_unit_test(test_threshold_moves),
		cmocka_unit_test(test_never_falls),
		cmocka_unit_test(test_began),
	};

	return cmocka_run_group_tests_name("since the state began", tests, NULL, NULL);
}
