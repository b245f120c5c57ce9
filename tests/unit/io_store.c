/* SPDX-License-Identifier: MIT */
/*
 * io_store.c: the commit protocol against a real Redis: each answer of the
 * script, and each way a commit can go wrong.
 *
 * What is committed here is a collector's mark, the smallest piece of the
 * engine's state, and how far orders were read, that of the alerts'; the
 * oracle's tests do the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/daemon.h"

#include "loop.h"
#include "redis.h"

#define PREFIX "ccmon:v1:{unit}:"

static struct own_redis redis;

/* A daemon with nothing but a store. */
struct house {
	struct site site;
	struct rules rules;
	struct engine *engine;
	struct alerts *alerts;
	struct streams *streams;
	struct rlink *redis;
	struct store *store;
	unsigned renewed, loaded, committed, lost;
};

static void
house_up(void *arg)
{
	struct house *h = arg;

	store_up(h->store);
}

static void
house_down(void *arg, const char *why)
{
	struct house *h = arg;

	(void)why;
	store_down(h->store);
}

static void
house_acquired(void *arg, int64_t version)
{
	(void)arg, (void)version;
}

static void
new_alerts(struct house *h)
{
	alerts_free(h->alerts);
	h->alerts = alerts_new(&(struct alerts_options){
	    .site = h->site.name, .rules = &h->rules, .engine = &h->engine });
	assert_non_null(h->alerts);
}

static void
house_renew(void *arg)
{
	struct house *h = arg;

	engine_free(h->engine);
	h->engine = engine_new(&h->site);
	new_alerts(h);
	h->renewed++;
}

static void
house_loaded(void *arg)
{
	struct house *h = arg;

	h->loaded++;
}

static void
house_committed(void *arg)
{
	struct house *h = arg;

	h->committed++;
}

static void
house_lost(void *arg, const char *why)
{
	struct house *h = arg;

	(void)why;
	h->lost++;
}

static void
house_open(struct house *h)
{
	static char name[] = "unit";
	struct rlink_options r = {
		.unix_path = redis.socket, .on_up = house_up, .on_down = house_down, .arg = h
	};
	struct store_options s = { .engine = &h->engine,
		.alerts = &h->alerts,
		.prefix = PREFIX,
		.on_acquired = house_acquired,
		.renew = house_renew,
		.on_loaded = house_loaded,
		.on_committed = house_committed,
		.on_lost = house_lost,
		.arg = h };

	*h = (struct house){ 0 };
	site_defaults(&h->site);
	h->site.name = name;
	h->engine = engine_new(&h->site);
	new_alerts(h);
	h->streams = streams_new(PREFIX);
	h->redis = rlink_open(&r);
	s.redis = h->redis;
	s.streams = h->streams;
	h->store = store_new(&s);
	assert_true(h->engine != NULL && h->streams != NULL && h->store != NULL);
}

static void
house_close(struct house *h)
{
	rlink_close(h->redis);
	store_free(h->store);
	streams_free(h->streams);
	alerts_free(h->alerts);
	engine_free(h->engine);
}

static bool
is_running(void *arg)
{
	struct house *h = arg;

	(void)store_turn(h->store, clock_mono());
	return store_is_running(h->store);
}

static bool
is_idle(void *arg)
{
	struct house *h = arg;

	return is_running(h) && !store_is_busy(h->store);
}

static bool
is_lost(void *arg)
{
	struct house *h = arg;

	return h->lost > 0;
}

/* Something to commit: the mark of a collector. */
static void
change(struct house *h, uint64_t seq)
{
	struct journal_mark mark = { .id = { 7 }, .seq = seq };

	engine_set_mark(h->engine, STR_LIT("call"), &mark);
}

static uint64_t
mark_of(struct house *h)
{
	struct journal_mark mark;

	return engine_mark(h->engine, STR_LIT("call"), &mark) ? mark.seq : 0;
}

static void
commit(struct house *h)
{
	assert_int_equal(store_commit(h->store), 1);
	loop_until(is_idle, h);
}

/* What a daemon that starts now would find. */
static uint64_t
stored_mark(void)
{
	struct house h;
	uint64_t seq;

	house_open(&h);
	loop_until(is_running, &h);
	assert_int_equal(h.lost, 0);
	seq = mark_of(&h);
	house_close(&h);
	return seq;
}

static const char *
meta(const char *field)
{
	char words[128];

	snprintf(words, sizeof(words), "HGET " PREFIX "state:meta %s", field);
	return own_redis_text(&redis, words);
}

static void
set_meta(const char *field, const char *value)
{
	char words[160];

	snprintf(words, sizeof(words), "HSET " PREFIX "state:meta %s %s", field, value);
	own_redis_text(&redis, words);
}

static int
empty(void **state)
{
	(void)state;
	own_redis_text(&redis, "FLUSHALL");
	return 0;
}

/* ---- the script */

static int64_t
write_as(const char *owner, const uint64_t *expected, const uint64_t *next)
{
	struct writes w;
	struct out command;
	struct reply *reply;
	int64_t rc;

	writes_init(&w, PREFIX);
	out_init(&command);
	write_begin(&w, "HSET", "thing:%s", "a b");
	write_text(&w, "field");
	write_int(&w, 42);
	write_end(&w);
	writes_seal(&w, &command, owner, expected, next);
	reply = rclient_ask(redis.client, &command);
	assert_non_null(reply);
	assert_int_equal(reply->type, REPLY_INT);
	rc = reply->integer;
	reply_free(reply);
	out_fini(&command);
	writes_fini(&w);
	return rc;
}

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
	assert_true(str_eq(alerts_orders_read(h.alerts), STR_LIT("17-3")));
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

static int
begin_all(void **state)
{
	(void)state;
	clock_turn();
	own_redis_start(&redis);
	return 0;
}

static int
end_all(void **state)
{
	(void)state;
	own_redis_end(&redis);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_answers, empty),
		cmocka_unit_test_setup(test_begins_empty, empty),
		cmocka_unit_test_setup(test_loads_what_was_committed, empty),
		cmocka_unit_test_setup(test_alerts_are_in_it, empty),
		cmocka_unit_test_setup(test_rewritten, empty),
		cmocka_unit_test_setup(test_spoiled_state, empty),
		cmocka_unit_test_setup(test_emptied, empty),
		cmocka_unit_test_setup(test_rolled_back, empty),
		cmocka_unit_test_setup(test_replaced, empty),
		cmocka_unit_test_setup(test_older_owner_comes_back, empty),
		cmocka_unit_test_setup(test_own_return_is_no_replacement, empty),
		cmocka_unit_test_setup(test_unknown_but_done, empty),
		cmocka_unit_test_setup(test_unknown_and_not_done, empty),
		cmocka_unit_test_setup(test_out_of_memory, empty),
		cmocka_unit_test_setup(test_entries_once, empty),
		cmocka_unit_test_setup(test_entries_survive_a_rewrite, empty),
		cmocka_unit_test_setup(test_broken_stream, empty),
	};

	return cmocka_run_group_tests(tests, begin_all, end_all);
}
