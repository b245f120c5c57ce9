/* SPDX-License-Identifier: MIT */
/*
 * test_lease.c: what a daemon concludes from its lease: when it may page, when
 * it may take over, and that it is wrong in no moment in which another could
 * have the site.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/lease.h"

static struct lease l;

/* Turns as a daemon takes them, so that nobody seems to have hung. */
static enum pages_allowed
pages_after(msec_t from, msec_t to, bool running)
{
	enum pages_allowed allowed = PAGES_NONE;

	for (msec_t t = from; t <= to; t += 100)
		allowed = lease_pages(&l, t, running);
	return allowed;
}

static void
test_ours_while_it_is_renewed(void **state)
{
	(void)state;
	lease_init(&l, 1000);
	assert_int_equal(lease_pages(&l, 1000, false), PAGES_NONE);
	lease_fine(&l);
	lease_extend(&l, 1000);
	assert_int_equal(lease_pages(&l, 1500, true), PAGES_COMMITTED);
	assert_int_equal(lease_pages(&l, 1500, false), PAGES_NONE);
	assert_false(lease_is_due(&l, 1000 + LEASE_RENEW_MS - 1));
	assert_true(lease_is_due(&l, 1000 + LEASE_RENEW_MS));
	/* given up before another may have it */
	assert_int_equal(
	    pages_after(1500, 1000 + LEASE_MS - LEASE_STEP_MS - 100, true), PAGES_COMMITTED);
	assert_int_equal(pages_after(3400, 1000 + LEASE_MS - LEASE_STEP_MS, true), PAGES_NONE);
}

static void
test_redis_is_away(void **state)
{
	(void)state;
	lease_init(&l, 0);
	lease_fine(&l);
	lease_extend(&l, 0);
	lease_trouble(&l, 500);
	lease_trouble(&l, 3000); /* since the first */
	assert_int_equal(pages_after(500, 500 + AWAY_MS - 100, false), PAGES_NONE);
	assert_int_equal(lease_pages(&l, 500 + AWAY_MS, false), PAGES_ALL);
	lease_fine(&l);
	assert_int_equal(lease_pages(&l, 500 + AWAY_MS, false), PAGES_NONE);
}

/* Stopped, and going on with a connection that broke: somebody else may have
 * the site for long, and Redis be well. */
static void
test_a_stopped_one_knows_nothing(void **state)
{
	(void)state;
	lease_init(&l, 0);
	lease_fine(&l);
	lease_extend(&l, 0);
	assert_int_equal(lease_pages(&l, 100, true), PAGES_COMMITTED);
	lease_trouble(&l, 200);
	assert_int_equal(lease_pages(&l, 60000, false), PAGES_NONE);
	assert_int_equal(pages_after(60000, 60000 + HUNG_MS - 100, false), PAGES_NONE);
	assert_int_equal(lease_pages(&l, 60000 + HUNG_MS, false), PAGES_ALL);
}

/* The same, and what it had asked before it was stopped is not answered. */
static void
test_a_stopped_one_has_waited_long(void **state)
{
	(void)state;
	lease_init(&l, 0);
	lease_fine(&l);
	lease_extend(&l, 0);
	lease_waits(&l, 0, UNANSWERED_MS);
	assert_int_equal(l.trouble_since, MSEC_NEVER);
	assert_int_equal(lease_pages(&l, 60000, true), PAGES_NONE);
	lease_waits(&l, 0, 60000);
	assert_int_equal(l.trouble_since, UNANSWERED_MS);
	assert_int_equal(pages_after(60001, 60000 + HUNG_MS - 100, true), PAGES_NONE);
	lease_fine(&l); /* answered: another has it */
	assert_int_equal(pages_after(63000, 70000, false), PAGES_NONE);
}

static void
test_standing_by_tells_nothing(void **state)
{
	(void)state;
	lease_init(&l, 0);
	lease_fine(&l);
	lease_is_others(&l, 2000, true, 100);
	assert_true(l.standby);
	lease_trouble(&l, 200);
	assert_int_equal(pages_after(200, 60000, false), PAGES_NONE);
	lease_extend(&l, 60000);
	assert_false(l.standby);
}

static void
test_what_may_be_taken(void **state)
{
	(void)state;
	lease_init(&l, 0);
	assert_int_equal(lease_claim(&l, 0), CLAIM_ANY); /* the first one of all */
	lease_is_others(&l, 2000, true, 100);
	assert_int_equal(lease_claim(&l, 200), CLAIM_EXPIRED); /* we watch it */
	lease_is_others(&l, -200, true, 2400);
	assert_int_equal(lease_claim(&l, 2400), CLAIM_EXPIRED);
	/* Redis was away: whoever had it comes back first */
	lease_unseen(&l, 5000);
	lease_is_others(&l, -9000, true, 5001);
	assert_int_equal(lease_claim(&l, 5000 + PATIENCE_MS - 1), CLAIM_NOTHING);
	assert_int_equal(lease_claim(&l, 5000 + PATIENCE_MS), CLAIM_ANY);
	lease_is_others(&l, 3000, true, 6000); /* and did */
	assert_int_equal(lease_claim(&l, 6000), CLAIM_EXPIRED);
}

static void
test_emptied_under_a_standby(void **state)
{
	(void)state;
	lease_init(&l, 0);
	lease_is_others(&l, 2000, true, 100);
	lease_is_others(&l, -1, false, 1000);
	lease_is_others(&l, -1, false, 1250); /* since the first */
	assert_int_equal(lease_claim(&l, 1000 + PATIENCE_MS - 1), CLAIM_NOTHING);
	assert_int_equal(lease_claim(&l, 1000 + PATIENCE_MS), CLAIM_ANY);
}

static void
test_nobody_waits_who_never_stood_by(void **state)
{
	(void)state;
	lease_init(&l, 0);
	lease_unseen(&l, 100);
	assert_int_equal(lease_claim(&l, 100), CLAIM_ANY);
}

static void
test_a_big_commit_has_time(void **state)
{
	(void)state;
	assert_int_equal(lease_for(1000), LEASE_MS);
	assert_true(lease_for(64 << 20) >= LEASE_MS + 8000);
	assert_true(lease_for(80 << 20) < LEASE_LONGEST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ours_while_it_is_renewed),
		cmocka_unit_test(test_redis_is_away),
		cmocka_unit_test(test_a_stopped_one_knows_nothing),
		cmocka_unit_test(test_a_stopped_one_has_waited_long),
		cmocka_unit_test(test_standing_by_tells_nothing),
		cmocka_unit_test(test_what_may_be_taken),
		cmocka_unit_test(test_emptied_under_a_standby),
		cmocka_unit_test(test_nobody_waits_who_never_stood_by),
		cmocka_unit_test(test_a_big_commit_has_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
