/* SPDX-License-Identifier: MIT */
/*
 * test_hook_lanes.c: order, collapse, patience and fairness of deliveries,
 * in a time of the test's own.
 */
#include <daemon/hooks/lanes.h>

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define PAGES 2000
#define HALF (UINT32_MAX / 2)

static struct lanes q;
static struct lane lane[80];
static struct delivery d[PAGES];
static struct page page[PAGES];
static struct page_ref refs[PAGES][4];
static bool cancelled[PAGES][4];
static char ids[PAGES][16];
static size_t struck[PAGES], nstruck;

static void
on_struck(void *arg, struct delivery *x)
{
	assert_null(arg);
	assert_int_equal(x->state, DELIVERY_DONE);
	struck[nstruck++] = (size_t)(x - d);
}

static void
add_lane(size_t i, size_t limit, msec_t give_up)
{
	lane[i] = (struct lane){ 0 };
	assert_int_equal(lanes_join(&q, &lane[i]), 0);
	lanes_set(&q, &lane[i], limit, give_up);
}

static int
setup(void **state)
{
	(void)state;
	memset(cancelled, 0, sizeof(cancelled));
	nstruck = 0;
	q = (struct lanes){ .on_struck = on_struck };
	add_lane(0, 4, 3600000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	lanes_fini(&q);
	return 0;
}

/* Page i for a lane; its episodes are the letters of the word. */
static struct delivery *
add(size_t i, size_t to, enum page_kind kind, const char *episodes, msec_t now)
{
	page[i] = (struct page){ .kind = kind, .refs = refs[i], .nrefs = strlen(episodes) };
	page[i].id = (struct str){ ids[i], (uint32_t)snprintf(ids[i], sizeof(ids[i]), "p%zu", i) };
	for (size_t k = 0; k < page[i].nrefs; k++)
		refs[i][k] = (struct page_ref){ .episode = { episodes + k, 1 } };
	d[i] = (struct delivery){ .page = &page[i],
		.cancelled = cancelled[i],
		.doom = NO_DOOM,
		.arrived = now,
		.due = now };
	lanes_add(&q, &lane[to], &d[i]);
	return &d[i];
}

static void
test_one_after_the_other(void **state)
{
	(void)state;
	add(0, 0, PAGE_FIRE, "a", 0);
	add(1, 0, PAGE_ESCALATE, "a", 0);
	add(2, 0, PAGE_FIRE, "b", 0);
	assert_ptr_equal(lanes_next(&q, 0), &d[0]);
	assert_ptr_equal(lanes_next(&q, 0), &d[2]);
	assert_null(lanes_next(&q, 0));
	assert_int_equal(d[0].attempt, 1);
	lanes_ended(&q, &d[0], HOOK_DELIVERED, 10, 0);
	assert_int_equal(d[0].state, DELIVERY_DONE);
	assert_ptr_equal(lanes_next(&q, 10), &d[1]);
	assert_int_equal(nstruck, 0);
}

/* One that fails holds up its own episode, and no other. */
static void
test_retry_keeps_order(void **state)
{
	(void)state;
	add(0, 0, PAGE_FIRE, "a", 0);
	add(1, 0, PAGE_ESCALATE, "a", 0);
	assert_ptr_equal(lanes_next(&q, 0), &d[0]);
	lanes_ended(&q, &d[0], HOOK_RETRY, 100, HALF);
	assert_int_equal(d[0].state, DELIVERY_WAITING);
	assert_int_equal(d[0].due, 100 + 749);
	assert_null(lanes_next(&q, 100));
	assert_int_equal(lanes_due(&q), 849);
	add(2, 0, PAGE_FIRE, "b", 100);
	assert_ptr_equal(lanes_next(&q, 100), &d[2]);
	assert_null(lanes_next(&q, 848));
	assert_ptr_equal(lanes_next(&q, 849), &d[0]);
	assert_int_equal(d[0].attempt, 2);
}

/* 1, 2, 4 ... 60 s, half of it by chance, and a last try when time is up. */
static void
test_delays(void **state)
{
	static const msec_t whole[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
	msec_t now = 0;

	(void)state;
	lanes_set(&q, &lane[0], 1, 200000);
	add(0, 0, PAGE_FIRE, "a", 0);
	for (size_t i = 0; i < COUNTOF(whole); i++) {
		assert_ptr_equal(lanes_next(&q, now), &d[0]);
		lanes_ended(&q, &d[0], HOOK_RETRY, now, i % 2 ? 0 : UINT32_MAX);
		if (now + whole[i] < 200000)
			assert_in_range(d[0].due - now, i % 2 ? whole[i] / 2 : whole[i] - 1,
			    i % 2 ? whole[i] / 2 : whole[i]);
		now = d[0].due;
	}
	while (d[0].state == DELIVERY_WAITING) {
		assert_true(d[0].due <= 200000);
		now = d[0].due;
		assert_ptr_equal(lanes_next(&q, now), &d[0]);
		lanes_ended(&q, &d[0], HOOK_RETRY, now, 0);
	}
	assert_int_equal(now, 200000);
	assert_int_equal(d[0].outcome, HOOK_GIVEN_UP);
	assert_int_equal(nstruck, 0);
}

static void
test_resolve_collapses(void **state)
{
	(void)state;
	add(0, 0, PAGE_FIRE, "a", 0);
	add(1, 0, PAGE_ESCALATE, "a", 0);
	add(2, 0, PAGE_FIRE, "b", 0);
	add(3, 0, PAGE_RESOLVE, "a", 0);
	assert_int_equal(nstruck, 2);
	assert_int_equal(d[0].outcome, HOOK_SUPERSEDED);
	assert_int_equal(d[1].outcome, HOOK_SUPERSEDED);
	assert_ptr_equal(lanes_next(&q, 0), &d[2]);
	assert_ptr_equal(lanes_next(&q, 0), &d[3]);
}

/* A storm's page goes when all it tells of has ended, and else comes first. */
static void
test_resolve_of_many(void **state)
{
	(void)state;
	add(0, 0, PAGE_FIRE, "abc", 0);
	add(1, 0, PAGE_RESOLVE, "ab", 0);
	assert_int_equal(nstruck, 0);
	assert_ptr_equal(lanes_next(&q, 0), &d[0]);
	assert_null(lanes_next(&q, 0));
	lanes_ended(&q, &d[0], HOOK_RETRY, 0, 0);
	add(2, 0, PAGE_RESOLVE, "abc", 0);
	assert_int_equal(nstruck, 2);
	assert_ptr_equal(lanes_next(&q, 0), &d[2]);
}

static void
test_resolve_dooms_what_runs(void **state)
{
	(void)state;
	add(0, 0, PAGE_FIRE, "a", 0);
	add(1, 0, PAGE_FIRE, "b", 0);
	assert_ptr_equal(lanes_next(&q, 0), &d[0]);
	assert_ptr_equal(lanes_next(&q, 0), &d[1]);
	add(2, 0, PAGE_RESOLVE, "a", 0);
	add(3, 0, PAGE_RESOLVE, "b", 0);
	assert_int_equal(nstruck, 0);
	assert_null(lanes_next(&q, 0));
	lanes_ended(&q, &d[0], HOOK_RETRY, 0, 0);
	assert_int_equal(d[0].outcome, HOOK_SUPERSEDED);
	assert_int_equal(d[0].state, DELIVERY_DONE);
	lanes_ended(&q, &d[1], HOOK_DELIVERED, 0, 0);
	assert_int_equal(d[1].outcome, HOOK_DELIVERED);
	assert_ptr_equal(lanes_next(&q, 0), &d[2]);
	assert_ptr_equal(lanes_next(&q, 0), &d[3]);
}

static void
test_other_lanes_are_left_alone(void **state)
{
	(void)state;
	add_lane(1, 1, 1000);
	add(0, 1, PAGE_FIRE, "a", 0);
	add(1, 0, PAGE_RESOLVE, "a", 0);
	assert_int_equal(nstruck, 0);
	assert_non_null(lanes_next(&q, 0));
	assert_non_null(lanes_next(&q, 0));
}

static void
test_watchdog(void **state)
{
	(void)state;
	add(0, 0, PAGE_FIRE, "a", 0);
	add(1, 0, PAGE_FIRE, "", 0);
	add(2, 0, PAGE_FIRE, "", 0);
	assert_int_equal(nstruck, 0); /* a test page is none */
	page[1].id = STR_LIT("watchdog.1");
	page[3] = (struct page){ .id = STR_LIT("watchdog.61") };
	d[3] = (struct delivery){ .page = &page[3], .doom = NO_DOOM };
	lanes_add(&q, &lane[0], &d[3]);
	assert_int_equal(nstruck, 1);
	assert_int_equal(struck[0], 1);
}

static void
test_cancel(void **state)
{
	(void)state;
	add(0, 0, PAGE_FIRE, "a", 0);
	assert_ptr_equal(lanes_next(&q, 0), &d[0]);
	add(1, 0, PAGE_ESCALATE, "a", 0);
	add(2, 0, PAGE_REPEAT, "ab", 0);
	add(3, 0, PAGE_FIRE, "b", 0);
	lanes_cancel(&q, STR_LIT("a"));
	assert_int_equal(nstruck, 1);
	assert_int_equal(d[1].outcome, HOOK_CANCELLED);
	lanes_ended(&q, &d[0], HOOK_RETRY, 0, 0);
	assert_int_equal(d[0].outcome, HOOK_CANCELLED);
	lanes_cancel(&q, STR_LIT("b"));
	assert_int_equal(nstruck, 3);
	add(4, 0, PAGE_RESOLVE, "a", 0);
	lanes_cancel(&q, STR_LIT("a"));
	assert_ptr_equal(lanes_next(&q, 0), &d[4]);
}

static void
test_hook_is_gone(void **state)
{
	(void)state;
	add(0, 0, PAGE_FIRE, "a", 0);
	add(1, 0, PAGE_FIRE, "b", 0);
	assert_ptr_equal(lanes_next(&q, 0), &d[0]);
	lanes_set(&q, &lane[0], 0, 0);
	assert_int_equal(nstruck, 1);
	assert_int_equal(d[1].outcome, HOOK_GIVEN_UP);
	add(2, 0, PAGE_FIRE, "c", 0);
	assert_int_equal(d[2].outcome, HOOK_GIVEN_UP);
	lanes_ended(&q, &d[0], HOOK_RETRY, 0, 0);
	assert_int_equal(d[0].outcome, HOOK_GIVEN_UP);
}

static void
test_concurrency(void **state)
{
	(void)state;
	lanes_set(&q, &lane[0], 2, 1000);
	for (size_t i = 0; i < 3; i++)
		add(i, 0, PAGE_FIRE, &"abc"[i], 0);
	for (size_t i = 0; i < 3; i++)
		page[i].nrefs = 1;
	assert_non_null(lanes_next(&q, 0));
	assert_non_null(lanes_next(&q, 0));
	assert_null(lanes_next(&q, 0));
	assert_int_equal(lanes_due(&q), MSEC_NEVER);
	lanes_ended(&q, &d[1], HOOK_GIVEN_UP, 0, 0);
	assert_ptr_equal(lanes_next(&q, 0), &d[2]);
}

/* A hundred pages a hook: all may start one, the rest is shared evenly. */
static void
test_fairness(void **state)
{
	size_t n = 0, i;

	(void)state;
	lanes_set(&q, &lane[0], 1000, 1000);
	add_lane(1, 1000, 1000);
	for (i = 0; i < 200; i++)
		add(i, i % 2, PAGE_FIRE, "", 0);
	while (lanes_next(&q, 0) != NULL)
		n++;
	assert_int_equal(n, LANES_PROCESSES);
	assert_int_equal(lane[0].running, LANES_PROCESSES / 2);
	assert_int_equal(lane[1].running, LANES_PROCESSES / 2);
	add_lane(2, 4, 1000); /* another one comes when all is taken */
	add(200, 2, PAGE_FIRE, "x", 0);
	add(201, 2, PAGE_FIRE, "y", 0);
	assert_ptr_equal(lanes_next(&q, 0), &d[200]);
	assert_null(lanes_next(&q, 0));
}

/* New pages are not kept behind old ones that fail again and again. */
static void
test_longest_due_first(void **state)
{
	(void)state;
	lanes_set(&q, &lane[0], 1, 3600000);
	add(0, 0, PAGE_FIRE, "a", 0);
	assert_ptr_equal(lanes_next(&q, 0), &d[0]);
	add(1, 0, PAGE_FIRE, "b", 500);
	lanes_ended(&q, &d[0], HOOK_RETRY, 30000, 0);
	assert_ptr_equal(lanes_next(&q, 31000), &d[1]);
	add(2, 0, PAGE_FIRE, "c", 31000);
	lanes_ended(&q, &d[1], HOOK_RETRY, 61000, 0);
	assert_ptr_equal(lanes_next(&q, 61500), &d[0]);
	lanes_ended(&q, &d[0], HOOK_RETRY, 91500, 0);
	assert_ptr_equal(lanes_next(&q, 95000), &d[2]);
}

/* A doomed delivery whose runner died is not run again. */
static void
test_doom_survives(void **state)
{
	(void)state;
	page[0] = (struct page){ .kind = PAGE_FIRE, .id = STR_LIT("p") };
	d[0] = (struct delivery){ .page = &page[0], .doom = HOOK_CANCELLED, .attempt = 1 };
	lanes_add(&q, &lane[0], &d[0]);
	assert_int_equal(nstruck, 1);
	assert_int_equal(d[0].outcome, HOOK_CANCELLED);
}

/* Whatever happens: per episode and lane, in order and never two at once; and
 * every delivery ends. */
static void
test_any_sequence(void **state)
{
	static char letters[PAGES][2];
	static uint64_t seed = 42;
	size_t added = 0, ended = 0;
	struct delivery *running[LANES_PROCESSES * 2];
	size_t nrunning = 0;
	long last[26];
	msec_t now = 0;

	(void)state;
	lanes_set(&q, &lane[0], 8, 20000);
	memset(last, -1, sizeof(last));
	while (ended + nstruck < 1500) {
		struct delivery *x;
		uint32_t r = (uint32_t)((seed = seed * 6364136223846793005u + 1) >> 33);

		if (added < 1500 && r % 3 != 0) {
			letters[added][0] = (char)('a' + r / 3 % 26);
			add(added, 0, r / 100 % 4 == 0 ? PAGE_RESOLVE : PAGE_FIRE, letters[added],
			    now);
			added++;
		}
		while ((x = lanes_next(&q, now)) != NULL) {
			int e = letters[x - d][0] - 'a';

			for (size_t i = 0; i < nrunning; i++)
				assert_int_not_equal(letters[running[i] - d][0] - 'a', e);
			assert_true(x - d >= last[e]);
			last[e] = x - d;
			running[nrunning++] = x;
		}
		if (nrunning > 0 && r % 2 == 0) {
			size_t i = r / 7 % nrunning;

			x = running[i];
			running[i] = running[--nrunning];
			lanes_ended(&q, x, r / 5 % 3 == 0 ? HOOK_RETRY : HOOK_DELIVERED, now, r);
			ended += x->state == DELIVERY_DONE;
		}
		now += r % 50;
	}
	assert_null(lane[0].first);
	assert_int_equal(lane[0].waiting + lane[0].running + q.running, 0);
	assert_true(nstruck > 50 && ended > 500);
}

/* A list longer than the table of episodes seen: order is kept all the same. */
static void
test_a_page_of_many_episodes(void **state)
{
	static struct page_ref many[300];
	static bool struck_off[300];
	static char names[300][4];
	struct page long_page = { .id = STR_LIT("s"), .refs = many, .nrefs = COUNTOF(many) };
	struct delivery all = { .page = &long_page, .cancelled = struck_off, .doom = NO_DOOM };

	(void)state;
	for (size_t i = 0; i < COUNTOF(many); i++) {
		snprintf(names[i], sizeof(names[i]), "%zu", i);
		many[i].episode = str_of(names[i]);
	}
	lanes_add(&q, &lane[0], &all);
	add(1, 0, PAGE_ESCALATE, "7", 0);
	add(2, 0, PAGE_FIRE, "a", 0);
	assert_ptr_equal(lanes_next(&q, 0), &all);
	assert_ptr_equal(lanes_next(&q, 0), &d[2]);
	assert_null(lanes_next(&q, 0));
	add(3, 0, PAGE_RESOLVE, "7", 0); /* says less than the list */
	assert_int_equal(nstruck, 1);
	assert_int_equal(struck[0], 1);
	lanes_ended(&q, &all, HOOK_DELIVERED, 10, 0);
	assert_ptr_equal(lanes_next(&q, 10), &d[3]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_after_the_other),
		TEST(test_retry_keeps_order),
		TEST(test_delays),
		TEST(test_resolve_collapses),
		TEST(test_resolve_of_many),
		TEST(test_resolve_dooms_what_runs),
		TEST(test_other_lanes_are_left_alone),
		TEST(test_watchdog),
		TEST(test_cancel),
		TEST(test_hook_is_gone),
		TEST(test_concurrency),
		TEST(test_fairness),
		TEST(test_longest_due_first),
		TEST(test_doom_survives),
		TEST(test_any_sequence),
		TEST(test_a_page_of_many_episodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
