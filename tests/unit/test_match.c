/* SPDX-License-Identifier: MIT */
/*
 * test_match.c: a state is loaded by a site that is another by now.  Queues
 * that became one by a `match` read as if they had always been one; what there
 * is no room for any more is gone for good.  Neither leaves anything behind
 * that a later load could find.
 */
#include "tests/unit/engine_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define STEPS 1200
#define SEEDS 4
#define HOUR INT64_C(3600000)

/* "vente" is a queue of its own. */
static void
apart(struct site *site)
{
	walk_site(site);
	site->queues[0].nmatch = 0;
	site->queues[0].policy = site->defaults[CHANNEL_CALL];
}

/* It is "sales". */
static void
joined(struct site *site)
{
	apart(site);
	site->queues[0].nmatch = 1;
}

static void
take_edges(struct engine *e)
{
	struct edge edge;

	while (engine_edge(e, &edge))
		;
}

/* A contact stays in its queue: in two that are one it would be queued again.
 * Nobody leaves: in one queue she leaves the last.  And no numbers: which of a
 * queue's feeds is named first for having lost some is an order of hearing. */
static void
play(struct engine *e, uint64_t seed)
{
	char contact[64];
	struct step s;
	struct walk w;

	walk_begin(&w, seed);
	for (unsigned i = 0; i < STEPS; i++) {
		walk_step(&w, &s);
		if (s.ev.event == EV_LEFT)
			continue;
		s.ev.has &= ~(HAS(SEQ) | HAS(BOOT));
		if (s.ev.has & HAS(CONTACT)) {
			snprintf(contact, sizeof(contact), "%.*s.%.*s", STR_ARG(s.ev.contact),
			    STR_ARG(s.ev.queue));
			s.ev.contact = kit_str(contact);
		}
		engine_apply(e, &s.ev, s.now);
		take_edges(e);
	}
}

/* Ends both, which are lines. */
static void
assert_lines(struct out *a, struct out *b)
{
	size_t i, from = 0;

	assert_true(a->len > 0);
	for (i = 0; i < a->len && i < b->len && a->buf[i] == b->buf[i]; i++)
		if (a->buf[i] == '\n')
			from = i + 1;
	if (i < a->len || i < b->len)
		fail_msg("%.*s\nis not\n%.*s", (int)strcspn(a->buf + from, "\n"), a->buf + from,
		    (int)strcspn(b->buf + from, "\n"), b->buf + from);
	out_fini(a);
	out_fini(b);
}

static void
assert_same(struct engine *e, struct engine *like)
{
	struct out a, b;

	out_init(&a);
	out_init(&b);
	kit_dump(e, &a, true);
	kit_dump(like, &b, true);
	assert_lines(&a, &b);
}

/* The intervals that were open, too. */
static void
assert_ends_like(struct engine *e, struct engine *like)
{
	msec_t end = engine_now(e) + 30 * HOUR, at;
	struct out a, b;

	out_init(&a);
	out_init(&b);
	for (at = engine_now(e); at <= end; at += HOUR) {
		engine_tick(e, at);
		engine_tick(like, at);
		kit_edges(e, &a);
		kit_edges(like, &b);
	}
	assert_lines(&a, &b);
	assert_same(e, like);
}

static bool
keeps(const struct kit_kept *k, const char *key)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->f[i].nkey == strlen(key) && memcmp(k->f[i].key, key, strlen(key)) == 0)
			return true;
	return false;
}

/* As a restart would: what was kept, and what is kept then. */
static struct engine *
restart(struct engine *e, struct kit_kept *kept, const struct site *site)
{
	kit_commit(e, kept);
	engine_free(e);
	e = kit_load(kept, site);
	engine_check(e);
	kit_commit(e, kept);
	return e;
}

/* ---- queues that became one ---- */

static void
test_as_if_always_one(void **state)
{
	struct site before, after;
	struct engine *e, *always;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct kit_kept kept = { 0 };

		apart(&before);
		e = engine_new(&before);
		play(e, seed);
		joined(&after);
		always = engine_new(&after);
		play(always, seed);
		e = restart(e, &kept, &after);
		assert_same(e, always);
		assert_true(keeps(&kept, "q:sales") && !keeps(&kept, "q:vente"));
		e = restart(e, &kept, &after);
		assert_same(e, always);
		assert_ends_like(e, always);
		engine_check(e);
		engine_free(e);
		engine_free(always);
		kit_forget(&kept);
	}
}

static void
say(struct engine *e, enum event_kind kind, const char *queue, int64_t at)
{
	struct event ev = { .has = HAS(SOURCE) | HAS(TIME) | HAS(CHANNEL) | HAS(QUEUE) |
		                   HAS(CONTACT) | HAS(AGENT),
		.event = (uint8_t)kind,
		.source = STR_LIT("pbx"),
		.time = KIT_NOON + at,
		.queue = kit_str(queue),
		.contact = kit_str(queue),
		.agent = STR_LIT("ann") };

	if (kind == EV_LOGIN)
		ev = (struct event){ .has = HAS(SOURCE) | HAS(TIME) | HAS(QUEUES) | HAS(AGENT),
			.event = EV_LOGIN,
			.source = ev.source,
			.time = ev.time,
			.queues = ev.queue,
			.agent = ev.agent };
	assert_int_equal(engine_apply(e, &ev, ev.time), ENGINE_OK);
	take_edges(e);
}

static void
visit(struct engine *e, const char *queue, int64_t at, int64_t wait)
{
	say(e, EV_QUEUED, queue, at);
	say(e, EV_ANSWERED, queue, at + wait);
	say(e, EV_ENDED, queue, at + wait);
}

static int64_t
of_sales(struct engine *e, const char *figure)
{
	return kit_value(e, kit_object(e, SCOPE_QUEUE, "sales"), figure);
}

/* What stands for it was the only one there: it has the number of the other. */
static void
test_only_the_other_name_was_there(void **state)
{
	struct kit_kept kept = { 0 };
	struct site site;
	struct engine *e;

	(void)state;
	apart(&site);
	site.nqueues = 0;
	e = engine_new(&site);
	for (unsigned i = 0; i < 10; i++)
		visit(e, "vente", i * 1000, 100);
	joined(&site);
	e = restart(e, &kept, &site);
	assert_int_equal(of_sales(e, "offered_total"), 10);
	for (unsigned i = 0; i < 50; i++)
		visit(e, "vente", 600000 + i * 1000, 500);
	e = restart(e, &kept, &site);
	assert_int_equal(of_sales(e, "offered_count_today"), 60);
	assert_int_equal(of_sales(e, "offered_total"), 60);
	assert_false(keeps(&kept, "q:vente"));
	engine_free(e);
	kit_forget(&kept);
}

/* Counted by another threshold, which its own count of those within does not
 * become less by: 23 s are known to be within 25 only where it was the edge. */
static void
test_threshold_of_the_other_was_another(void **state)
{
	struct kit_kept kept = { 0 };
	struct site site;
	struct engine *e;
	char buf[256];

	(void)state;
	apart(&site);
	site.queues[0].policy.threshold = 25000;
	e = engine_new(&site);
	visit(e, "sales", 0, 23000);
	visit(e, "vente", 30000, 19000);
	visit(e, "vente", 60000, 23000);
	joined(&site);
	site.queues[0].policy.threshold = 25000;
	e = restart(e, &kept, &site);
	assert_non_null(
	    strstr(kit_figure(e, kit_object(e, SCOPE_QUEUE, "sales"), "wait_buckets", buf),
	        " 15:0 20:1 25:2 30:3 "));
	engine_free(e);
	kit_forget(&kept);
}

static void
test_member_of_both(void **state)
{
	struct kit_kept kept = { 0 };
	struct site site;
	struct engine *e;

	(void)state;
	apart(&site);
	e = engine_new(&site);
	say(e, EV_LOGIN, "sales\nvente", 0);
	joined(&site);
	e = restart(e, &kept, &site);
	assert_int_equal(of_sales(e, "agents_staffed_count"), 1);
	engine_free(e);
	kit_forget(&kept);
}

/* ---- what there is no room for ---- */

static void
left_out(uint64_t seed, const struct site_limits *limits)
{
	struct kit_kept kept = { 0 };
	struct site wide, narrow;
	struct engine *e, *few;

	apart(&wide);
	e = engine_new(&wide);
	play(e, seed);
	kit_commit(e, &kept);
	engine_free(e);
	narrow = wide;
	narrow.limits = *limits;
	few = kit_load(&kept, &narrow);
	engine_check(few);
	kit_commit(few, &kept);
	e = kit_load(&kept, &wide);
	engine_check(e);
	assert_same(e, few);
	play(e, seed + 1); /* new things do not take its numbers for theirs */
	engine_check(e);
	engine_free(few);
	engine_free(e);
	kit_forget(&kept);
}

static void
test_left_out_is_gone(void **state)
{
	static const struct site_limits limits[] = {
		{ .queues = 4, .agents = 99, .contacts = 99, .sources = 99 },
		{ .queues = 99, .agents = 2, .contacts = 99, .sources = 99 },
		{ .queues = 99, .agents = 99, .contacts = 3, .sources = 99 },
		{ .queues = 99, .agents = 99, .contacts = 99, .sources = 2 },
	};

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		for (size_t i = 0; i < COUNTOF(limits); i++)
			left_out(seed, &limits[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_if_always_one),
		cmocka_unit_test(test_only_the_other_name_was_there),
		cmocka_unit_test(test_threshold_of_the_other_was_another),
		cmocka_unit_test(test_member_of_both),
		cmocka_unit_test(test_left_out_is_gone),
	};

	return cmocka_run_group_tests_name("another site", tests, NULL, NULL);
}
