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
	unsigned renewed, loaded, committed, lost, stood_by;
	char why[256]; /* it is lost; or who has the site */
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

	snprintf(h->why, sizeof(h->why), "%s", why);
	h->lost++;
}

static void
house_stands_by(void *arg, const char *holder)
{
	struct house *h = arg;

	snprintf(h->why, sizeof(h->why), "%s", holder);
	h->stood_by++;
}

static void
house_open_as(struct house *h, const char *instance)
{
	static char name[] = "unit";
	struct rlink_options r = {
		.unix_path = redis.socket, .on_up = house_up, .on_down = house_down, .arg = h
	};
	struct store_options s = { .engine = &h->engine,
		.alerts = &h->alerts,
		.prefix = PREFIX,
		.instance = instance,
		.on_standby = house_stands_by,
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

/* Each is the one that was there before: it need not wait. */
static void
house_open(struct house *h)
{
	house_open_as(h, "1a thishost");
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
stored_mark_as(const char *instance)
{
	struct house h;
	uint64_t seq;

	house_open_as(&h, instance);
	loop_until(is_running, &h);
	assert_int_equal(h.lost, 0);
	seq = mark_of(&h);
	house_close(&h);
	return seq;
}

static uint64_t
stored_mark(void)
{
	return stored_mark_as("1a thishost");
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
	assert_true(lease_left() > LEASE_MS - 500 && lease_left() <= LEASE_MS);
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
	assert_true(lease_left() > LEASE_MS - 500);
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
	assert_true(lease_left() > LEASE_MS - 500);
	assert_int_equal(renew_as("1:n", 20000), WRITES_DONE);
	assert_true(lease_left() > 19000);
	assert_int_equal(write_as("1:n", NULL, NULL), WRITES_DONE); /* no shorter for that */
	assert_true(lease_left() > 18000);
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
		cmocka_unit_test_setup(test_nobody_has_it, empty),
		cmocka_unit_test_setup(test_another_has_it, empty),
		cmocka_unit_test_setup(test_we_had_it, empty),
		cmocka_unit_test_setup(test_an_older_one_has_it, empty),
		cmocka_unit_test_setup(test_lease_far_ahead, empty),
		cmocka_unit_test_setup(test_writes_move_the_lease, empty),
		cmocka_unit_test_setup(test_second_stands_by, empty),
		cmocka_unit_test_setup(test_second_takes_over, empty),
		cmocka_unit_test_setup(test_released, empty),
		cmocka_unit_test_setup(test_emptied_under_two, empty),
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
