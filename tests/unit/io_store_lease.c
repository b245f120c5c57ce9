/* SPDX-License-Identifier: MIT */
/*
 * io_store_lease.c: whose site it is, against a real Redis: each answer of the
 * lease's script, and two daemons of whom one stands by.
 */
#include "store_kit.h"

/* ---- two daemons */

static void
test_replaced(void **state)
{
	struct house h, other;

	(void)state;
	house_open(&h);
	loop_until(is_running, &h);
	change(&h, 30);
	commit(&h);
	house_open(&other);
	loop_until(is_running, &other);
	assert_int_equal(mark_of(&other), 30);
	change(&h, 31);
	assert_int_equal(store_commit(h.store), 1);
	loop_until(is_lost, &h);
	assert_int_equal(mark_of(&other), 30);
	change(&other, 32);
	commit(&other);
	assert_int_equal(other.lost, 0);
	house_close(&h);
	house_close(&other);
	assert_int_equal(stored_mark(), 32);
}

/* A power cut can bring back the owner before us: that one is gone. */
static void
test_older_owner_comes_back(void **state)
{
	struct house h;

	(void)state;
	set_meta("epoch", "5");
	house_open(&h);
	loop_until(is_running, &h);
	change(&h, 33);
	commit(&h);
	set_meta("epoch", "5");
	set_meta("owner", "5:former");
	change(&h, 34);
	commit(&h);
	assert_int_equal(h.lost, 0);
	commit(&h);
	house_close(&h);
	assert_int_equal(stored_mark(), 34);
}

static void
test_own_return_is_no_replacement(void **state)
{
	struct house h;
	char owner[128];

	(void)state;
	house_open(&h);
	loop_until(is_running, &h);
	change(&h, 35);
	commit(&h);
	snprintf(owner, sizeof(owner), "%s", meta("owner"));
	rlink_drop(h.redis, "test");
	loop_until(is_running, &h);
	change(&h, 36);
	commit(&h);
	assert_int_equal(h.lost, 0);
	assert_string_equal(meta("owner"), owner);
	house_close(&h);
}

/* ---- the lease: each answer of its script */

/* What a daemon that asks is told: its words with a blank between, the ms left
 * of a lease as "left" where it runs. */
static const char *
acquire_as(const char *instance, const char *held, uint64_t epoch, enum lease_claim claim)
{
	static char told[512];
	struct out command;
	struct reply *r;
	size_t n = 0;

	out_init(&command);
	acquire_command(&command, &(struct acquire){ .prefix = PREFIX,
	                              .held = held,
	                              .epoch = epoch,
	                              .nonce = "n",
	                              .instance = instance,
	                              .claim = claim });
	r = rclient_ask(redis.client, &command);
	assert_non_null(r);
	assert_int_equal(r->type, REPLY_ARRAY);
	for (size_t i = 0; i < r->n; i++)
		if (r->item[i].type == REPLY_INT)
			n += (size_t)snprintf(told + n, sizeof(told) - n, " %s",
			    r->item[i].integer > LEASE_MS ? "long"
			    : r->item[i].integer > 0      ? "left"
			                                  : "over");
		else
			n += (size_t)snprintf(told + n, sizeof(told) - n, "%s%.*s",
			    i > 0 ? " " : "", STR_ARG(r->item[i].text));
	reply_free(r);
	out_fini(&command);
	return told;
}

static void
set_lease(msec_t from_now)
{
	char text[32];

	clock_turn();
	snprintf(
	    text, sizeof(text), "%lld", (long long)(from_now == 0 ? 0 : clock_wall() + from_now));
	set_meta("lease", text);
}

static int64_t
lease_left(void)
{
	clock_turn();
	return strtoll(meta("lease"), NULL, 10) - clock_wall();
}

static bool
is_holder(const char *instance)
{
	const char *holder = meta("holder");

	return strncmp(holder, instance, strlen(instance)) == 0 &&
	       atoi(holder + strlen(instance)) == getpid();
}

static void
test_nobody_has_it(void **state)
{
	(void)state;
	assert_string_equal(acquire_as("a x", "", 0, CLAIM_NOTHING), "   over");
	assert_string_equal(acquire_as("a x", "", 0, CLAIM_EXPIRED), "   over");
	assert_string_equal(own_redis_text(&redis, "HGET " PREFIX "standby instance"), "a");
	assert_string_equal(acquire_as("a x", "", 7, CLAIM_ANY), "8:n    ");
	assert_string_equal(own_redis_text(&redis, "EXISTS " PREFIX "standby"), "0");
	assert_true(is_holder("a x"));
	assert_true(lease_left() > LEASE_MS / 2 && lease_left() <= LEASE_MS);
}

static void
test_another_has_it(void **state)
{
	char held[64];

	(void)state;
	assert_string_equal(acquire_as("a x", "", 0, CLAIM_ANY), "1:n    ");
	snprintf(held, sizeof(held), " 1:n a x %d left", (int)getpid());
	assert_string_equal(acquire_as("b y", "", 0, CLAIM_ANY), held);
	assert_string_equal(acquire_as("b y", "", 0, CLAIM_EXPIRED), held);
	assert_string_equal(own_redis_text(&redis, "HGET " PREFIX "standby host"), "y");
	assert_string_equal(meta("owner"), "1:n");
	/* a copy of its state_dir is another daemon */
	assert_string_equal(acquire_as("a y", "", 0, CLAIM_ANY), held);
	assert_string_equal(acquire_as("a xx", "", 0, CLAIM_ANY), held);
	/* it ran out */
	set_lease(-1000);
	snprintf(held, sizeof(held), " 1:n a x %d over", (int)getpid());
	assert_string_equal(acquire_as("b y", "", 0, CLAIM_NOTHING), held);
	assert_string_equal(acquire_as("b y", "", 0, CLAIM_EXPIRED), "2:n    ");
	assert_true(is_holder("b y"));
	/* and the one that had it is told so, though that lease ran out, too */
	set_lease(0);
	snprintf(held, sizeof(held), " 2:n b y %d over", (int)getpid());
	assert_string_equal(acquire_as("a x", "1:n", 1, CLAIM_ANY), held);
}

static void
test_we_had_it(void **state)
{
	(void)state;
	assert_string_equal(acquire_as("a x", "", 0, CLAIM_ANY), "1:n    ");
	assert_string_equal(acquire_as("a x", "", 0, CLAIM_ANY), "2:n    "); /* killed, and back */
	set_lease(0);
	assert_string_equal(acquire_as("a x", "2:n", 2, CLAIM_ANY), "2:n    ");
	assert_true(lease_left() > LEASE_MS / 2);
}

/* Redis was rolled back to before our time: to one who is gone, or who lives. */
static void
test_an_older_one_has_it(void **state)
{
	char held[64];

	(void)state;
	assert_string_equal(acquire_as("b y", "", 0, CLAIM_ANY), "1:n    ");
	snprintf(held, sizeof(held), " 1:n b y %d left", (int)getpid());
	assert_string_equal(acquire_as("a x", "5:n", 5, CLAIM_ANY), held);
	set_lease(-1);
	assert_string_equal(acquire_as("a x", "5:n", 5, CLAIM_ANY), "6:n    ");
}

/* The clock of Redis was set back by an hour. */
static void
test_lease_far_ahead(void **state)
{
	char held[64];

	(void)state;
	assert_string_equal(acquire_as("a x", "", 0, CLAIM_ANY), "1:n    ");
	set_lease(3600000);
	snprintf(held, sizeof(held), " 1:n a x %d left", (int)getpid());
	assert_string_equal(acquire_as("b y", "", 0, CLAIM_ANY), held);
	assert_true(lease_left() <= LEASE_MS);
	set_lease(3600000);
	assert_int_equal(write_as("1:n", NULL, NULL), WRITES_DONE);
	assert_true(lease_left() <= LEASE_MS);
}

static int64_t
renew_as(const char *owner, msec_t lease)
{
	struct out command;
	struct reply *reply;
	int64_t rc;

	out_init(&command);
	lease_command(&command, PREFIX, owner, lease);
	reply = rclient_ask(redis.client, &command);
	assert_non_null(reply);
	assert_int_equal(reply->type, REPLY_INT);
	rc = reply->integer;
	reply_free(reply);
	out_fini(&command);
	return rc;
}

static void
test_writes_move_the_lease(void **state)
{
	(void)state;
	assert_string_equal(acquire_as("a x", "", 0, CLAIM_ANY), "1:n    ");
	set_lease(100);
	assert_int_equal(write_as("2:n", NULL, NULL), WRITES_FENCED);
	assert_true(lease_left() <= 100);
	assert_int_equal(write_as("1:n", NULL, NULL), WRITES_DONE);
	assert_true(lease_left() > LEASE_MS / 2);
	assert_int_equal(renew_as("1:n", 20000), WRITES_DONE);
	assert_true(lease_left() > 2 * LEASE_MS);
	assert_int_equal(write_as("1:n", NULL, NULL), WRITES_DONE); /* no shorter for that */
	assert_true(lease_left() > 2 * LEASE_MS);
	assert_int_equal(renew_as("2:n", 0), WRITES_FENCED);
	assert_int_equal(renew_as("1:n", 0), WRITES_DONE);
	assert_string_equal(meta("lease"), "0");
	assert_string_equal(meta("owner"), "1:n");
}

/* ---- two daemons, one stands by */

struct pair {
	struct house first, second;
};

static bool
second_stands_by(void *arg)
{
	struct pair *p = arg;

	(void)is_running(&p->first);
	(void)is_running(&p->second);
	return p->second.stood_by > 0;
}

static bool
second_runs(void *arg)
{
	return is_running(&((struct pair *)arg)->second);
}

/* The second saw more than one lease's length go by. */
static bool
long_after(void *arg)
{
	struct pair *p = arg;
	static msec_t since;

	(void)second_stands_by(p);
	since = since == 0 ? clock_mono() : since;
	return clock_mono() - since > 2 * LEASE_MS;
}

static void
open_pair(struct pair *p)
{
	house_open_as(&p->first, "1a thishost");
	loop_until(is_running, &p->first);
	change(&p->first, 90);
	commit(&p->first);
	house_open_as(&p->second, "2b thathost");
	loop_until(second_stands_by, p);
	assert_non_null(strstr(p->second.why, "thishost"));
}

static void
close_pair(struct pair *p)
{
	house_close(&p->first);
	house_close(&p->second);
}

static void
test_second_stands_by(void **state)
{
	struct pair p;

	(void)state;
	open_pair(&p);
	loop_until(long_after, &p);
	assert_true(store_is_running(p.first.store) && !store_is_running(p.second.store));
	assert_int_equal(p.second.stood_by, 1); /* said once */
	assert_int_equal(p.first.lost + p.second.lost + p.second.loaded, 0);
	assert_int_equal(store_pages(p.first.store, clock_mono()), PAGES_COMMITTED);
	assert_int_equal(store_pages(p.second.store, clock_mono()), PAGES_NONE);
	change(&p.first, 91);
	commit(&p.first);
	close_pair(&p);
}

static void
test_second_takes_over(void **state)
{
	struct pair p;
	struct stopwatch takeover;

	(void)state;
	open_pair(&p);
	takeover = stopwatch(); /* nobody turns the first one any more */
	loop_until(second_runs, &p);
	assert_took(takeover, 1, LEASE_MS + 1000);
	assert_int_equal(mark_of(&p.second), 90);
	/* the first goes on, and may not page before it knows */
	assert_int_equal(store_pages(p.first.store, clock_mono()), PAGES_NONE);
	change(&p.first, 91);
	assert_int_equal(store_commit(p.first.store), 1);
	loop_until(is_lost, &p.first);
	assert_non_null(strstr(p.first.why, "the ccmond on thathost"));
	assert_int_equal(mark_of(&p.second), 90);
	change(&p.second, 92);
	commit(&p.second);
	close_pair(&p);
	assert_int_equal(stored_mark_as("2b thathost"), 92);
}

static bool
is_released(void *arg)
{
	return store_is_released(((struct house *)arg)->store);
}

static void
test_released(void **state)
{
	struct pair p;
	struct stopwatch release;

	(void)state;
	open_pair(&p);
	release = stopwatch();
	store_release(p.first.store);
	loop_until(is_released, &p.first);
	loop_until(second_runs, &p);
	assert_took(release, 0, 1500);
	close_pair(&p);
}

/* Redis was emptied under both: who had the site writes it again. */
static bool
first_has_written(void *arg)
{
	struct pair *p = arg;

	(void)second_stands_by(p);
	if (is_idle(&p->first))
		(void)store_commit(p->first.store);
	return strcmp(meta("format"), STATE_FORMAT) == 0;
}

static void
test_emptied_under_two(void **state)
{
	struct pair p;

	(void)state;
	open_pair(&p);
	own_redis_text(&redis, "FLUSHALL");
	change(&p.first, 95);
	loop_until(first_has_written, &p);
	assert_int_equal(p.first.lost + p.second.lost + p.second.loaded, 0);
	close_pair(&p);
	assert_int_equal(stored_mark(), 95);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_replaced),
		TEST(test_nobody_has_it),
		TEST(test_another_has_it),
		TEST(test_we_had_it),
		TEST(test_an_older_one_has_it),
		TEST(test_lease_far_ahead),
		TEST(test_writes_move_the_lease),
		TEST(test_second_stands_by),
		TEST(test_second_takes_over),
		TEST(test_released),
		TEST(test_emptied_under_two),
		TEST(test_older_owner_comes_back),
		TEST(test_own_return_is_no_replacement),
	};

	return cmocka_run_group_tests(tests, begin_all, end_all);
}
