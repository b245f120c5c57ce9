/* SPDX-License-Identifier: MIT */
/*
 * io_store.c: the commit protocol against a real Redis: each answer of the
 * script, and each way a commit can go wrong.
 */
#include "store_kit.h"

/* ---- the script */

static void
test_answers(void **state)
{
	const uint64_t seven = 7, eight = 8, nine = 9;

	(void)state;
	assert_int_equal(write_as("1:me", &seven, &eight), WRITES_NO_STATE);
	set_meta("owner", "1:me");
	set_meta("batch", "7");
	assert_int_equal(write_as("1:other", &seven, &eight), WRITES_FENCED);
	assert_string_equal(own_redis_text(&redis, "EXISTS " PREFIX "thing:a"), "0");
	assert_int_equal(write_as("1:me", &eight, &nine), WRITES_MISMATCH);
	assert_int_equal(write_as("1:me", &seven, &eight), WRITES_DONE);
	assert_string_equal(meta("batch"), "8");
	assert_int_equal(write_as("1:me", &seven, &eight), WRITES_ALREADY);
	assert_int_equal(write_as("1:me", &eight, NULL), WRITES_DONE);
	assert_string_equal(meta("batch"), "8");
	assert_int_equal(write_as("1:me", NULL, NULL), WRITES_DONE);
}

/* ---- beginning */

static void
test_begins_empty(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	loop_until(is_running, &h);
	assert_int_equal(h.renewed, 1);
	assert_int_equal(h.loaded, 1);
	commit(&h);
	assert_int_equal(h.committed, 1);
	assert_string_equal(meta("format"), STATE_FORMAT);
	assert_string_equal(meta("rewriting"), "");
	house_close(&h);
}

static void
test_loads_what_was_committed(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	loop_until(is_running, &h);
	change(&h, 41);
	commit(&h);
	change(&h, 42);
	commit(&h);
	house_close(&h);
	house_open(&h);
	loop_until(is_running, &h);
	assert_int_equal(h.renewed, 0);
	assert_int_equal(mark_of(&h), 42);
	house_close(&h);
}

static void
test_alerts_are_in_it(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	loop_until(is_running, &h);
	change(&h, 41);
	alerts_set_orders_read(h.alerts, STR_LIT("17-3"));
	commit(&h);
	house_close(&h);
	house_open(&h);
	loop_until(is_running, &h);
	assert_int_equal(h.renewed, 0);
	assert_true(str_is(alerts_orders_read(h.alerts), "17-3"));
	assert_int_equal(mark_of(&h), 41);
	house_close(&h);
}

/* Another engine, which holds the same: what is there goes, even when a commit
 * was under way. */
static void
test_rewritten(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	loop_until(is_running, &h);
	commit(&h);
	own_redis_text(&redis, "HSET " PREFIX "state:data m:stray x");
	change(&h, 1);
	assert_int_equal(store_commit(h.store), 1);
	store_rewrite(h.store);
	loop_until(is_idle, &h);
	assert_string_equal(own_redis_text(&redis, "HEXISTS " PREFIX "state:data m:stray"), "1");
	commit(&h);
	assert_string_equal(own_redis_text(&redis, "HEXISTS " PREFIX "state:data m:stray"), "0");
	house_close(&h);
	assert_int_equal(stored_mark(), 1);
}

/* Each of these states must not be loaded. */
static void
spoiled(const char *words)
{
	struct house h;

	empty(NULL);
	house_open(&h);
	loop_until(is_running, &h);
	change(&h, 5);
	commit(&h);
	house_close(&h);
	own_redis_text(&redis, words);
	house_open(&h);
	loop_until(is_running, &h);
	assert_int_equal(h.renewed, 1);
	assert_int_equal(mark_of(&h), 0);
	change(&h, 6);
	commit(&h);
	house_close(&h);
	assert_int_equal(stored_mark(), 6);
}

static void
test_spoiled_state(void **state)
{
	(void)state;
	spoiled("HSET " PREFIX "state:meta rewriting 1");
	spoiled("HSET " PREFIX "state:meta format 0");
	spoiled("HSET " PREFIX "state:data nonsense nonsense");
	spoiled("DEL " PREFIX "state:meta");
}

/* ---- Redis loses what it had */

static void
test_emptied(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	loop_until(is_running, &h);
	change(&h, 10);
	commit(&h);
	own_redis_text(&redis, "FLUSHALL");
	change(&h, 11);
	commit(&h); /* refused: the state is found missing, and owned anew */
	assert_int_equal(h.lost, 0);
	commit(&h);
	house_close(&h);
	assert_int_equal(stored_mark(), 11);
}

static void
test_rolled_back(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	loop_until(is_running, &h);
	change(&h, 20);
	commit(&h);
	set_meta("batch", "1000");
	own_redis_text(&redis, "HSET " PREFIX "state:data old rubbish");
	change(&h, 21);
	commit(&h);
	commit(&h);
	assert_int_equal(h.lost, 0);
	assert_true(atoi(meta("batch")) > 1000);
	assert_string_equal(own_redis_text(&redis, "HEXISTS " PREFIX "state:data old"), "0");
	house_close(&h);
	assert_int_equal(stored_mark(), 21);
}

/* ---- the outcome is not known */

static bool
batch_moved(const char *before)
{
	return strcmp(meta("batch"), before) != 0;
}

static void
test_unknown_but_done(void **state)
{
	struct house h;
	char before[32], after[32];

	(void)state;
	house_open(&h);
	loop_until(is_running, &h);
	change(&h, 50);
	commit(&h);
	snprintf(before, sizeof(before), "%s", meta("batch"));
	change(&h, 51);
	assert_int_equal(store_commit(h.store), 1);
	kill(redis.pid, SIGSTOP); /* so that it is sent, and its answer not read */
	event_base_loop(service_base(), EVLOOP_NONBLOCK);
	kill(redis.pid, SIGCONT);
	while (!batch_moved(before))
		assert_int_equal(h.committed, 1);
	snprintf(after, sizeof(after), "%s", meta("batch"));
	rlink_drop(h.redis, "test");
	assert_int_equal(h.committed, 1);
	loop_until(is_idle, &h);
	assert_int_equal(h.committed, 2);
	assert_string_equal(meta("batch"), after);
	house_close(&h);
}

static void
test_unknown_and_not_done(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	loop_until(is_running, &h);
	change(&h, 60);
	commit(&h);
	change(&h, 61);
	assert_int_equal(store_commit(h.store), 1);
	rlink_drop(h.redis, "test"); /* nothing was written to the socket yet */
	loop_until(is_idle, &h);
	assert_int_equal(h.committed, 2);
	house_close(&h);
	assert_int_equal(stored_mark(), 61);
}

/* ---- Redis refuses */

static bool
may_page_all(void *arg)
{
	struct house *h = arg;

	(void)store_turn(h->store, clock_mono());
	return store_pages(h->store, clock_mono()) == PAGES_ALL;
}

static void
test_out_of_memory(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	loop_until(is_running, &h);
	change(&h, 70);
	commit(&h);
	own_redis_text(&redis, "CONFIG SET maxmemory 1");
	change(&h, 71);
	assert_int_equal(store_commit(h.store), 1);
	change(&h, 72); /* the engine goes on */
	while (store_turn(h.store, clock_mono()) == MSEC_NEVER)
		event_base_loop(service_base(), EVLOOP_ONCE);
	assert_true(store_is_busy(h.store));
	assert_int_equal(store_commit(h.store), -1);
	loop_until(may_page_all, &h); /* nobody can take over from us */
	own_redis_text(&redis, "CONFIG SET maxmemory 0");
	loop_until(is_idle, &h);
	assert_int_equal(h.committed, 2);
	commit(&h);
	house_close(&h);
	assert_int_equal(stored_mark(), 72);
}

/* ---- entries of streams */

static void
reject_at(struct house *h, msec_t id_ms)
{
	struct edge edge = { .type = EDGE_REJECT,
		.id_ms = id_ms,
		.reject = { .time = id_ms,
		    .why = REFUSAL_NOT_JSON,
		    .source = STR_LIT("pbx"),
		    .sample = STR_LIT("{") } };

	streams_edge(h->streams, h->engine, &edge);
}

static void
test_entries_once(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	loop_until(is_running, &h);
	reject_at(&h, 1000);
	reject_at(&h, 1001);
	commit(&h);
	assert_string_equal(own_redis_text(&redis, "XLEN " PREFIX "rejects"), "2");
	assert_int_equal(streams_pending(h.streams), 0);
	reject_at(&h, 1001); /* a replay brings it again */
	reject_at(&h, 1002);
	commit(&h);
	assert_string_equal(own_redis_text(&redis, "XLEN " PREFIX "rejects"), "3");
	house_close(&h);
}

/* A commit that was dropped for a rewrite leaves its entries to the next. */
static void
test_entries_survive_a_rewrite(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	loop_until(is_running, &h);
	commit(&h);
	own_redis_text(&redis, "FLUSHALL");
	reject_at(&h, 2000);
	commit(&h);
	assert_int_equal(streams_pending(h.streams), 1);
	commit(&h);
	assert_int_equal(streams_pending(h.streams), 0);
	assert_string_equal(own_redis_text(&redis, "XLEN " PREFIX "rejects"), "1");
	house_close(&h);
}

/* Somebody made the stream something else: no state is half written. */
static void
test_broken_stream(void **state)
{
	struct house h;

	(void)state;
	house_open(&h);
	loop_until(is_running, &h);
	change(&h, 80);
	commit(&h);
	own_redis_text(&redis, "SET " PREFIX "rejects mine");
	reject_at(&h, 3000);
	change(&h, 81);
	assert_int_equal(store_commit(h.store), 1);
	while (store_turn(h.store, clock_mono()) == MSEC_NEVER)
		event_base_loop(service_base(), EVLOOP_ONCE);
	own_redis_text(&redis, "DEL " PREFIX "rejects");
	loop_until(is_idle, &h);
	assert_string_equal(own_redis_text(&redis, "XLEN " PREFIX "rejects"), "1");
	house_close(&h);
	assert_int_equal(stored_mark(), 81);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers),
		TEST(test_begins_empty),
		TEST(test_loads_what_was_committed),
		TEST(test_alerts_are_in_it),
		TEST(test_rewritten),
		TEST(test_spoiled_state),
		TEST(test_emptied),
		TEST(test_rolled_back),
		TEST(test_unknown_but_done),
		TEST(test_unknown_and_not_done),
		TEST(test_out_of_memory),
		TEST(test_entries_once),
		TEST(test_entries_survive_a_rewrite),
		TEST(test_broken_stream),
	};

	return cmocka_run_group_tests(tests, begin_all, end_all);
}
