/* SPDX-License-Identifier: MIT */
/*
 * store_kit.h: daemons with nothing but a store, and a real Redis.
 *
 * What is committed here is a collector's mark, the smallest piece of the
 * engine's state, and how far orders were read, that of the alerts'; the
 * oracle's tests do the rest.
 */
#ifndef CCMON_TESTS_STORE_KIT_H
#define CCMON_TESTS_STORE_KIT_H

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

static inline void
house_up(void *arg)
{
	struct house *h = arg;

	store_up(h->store);
}

static inline void
house_down(void *arg, const char *why)
{
	struct house *h = arg;

	(void)why;
	store_down(h->store);
}

static inline void
house_acquired(void *arg, int64_t version)
{
	(void)arg, (void)version;
}

static inline void
new_alerts(struct house *h)
{
	alerts_free(h->alerts);
	h->alerts = alerts_new(&(struct alerts_options){
	    .site = h->site.name, .rules = &h->rules, .engine = &h->engine });
	assert_non_null(h->alerts);
}

static inline void
house_renew(void *arg)
{
	struct house *h = arg;

	engine_free(h->engine);
	h->engine = engine_new(&h->site);
	new_alerts(h);
	h->renewed++;
}

static inline void
house_loaded(void *arg)
{
	struct house *h = arg;

	h->loaded++;
}

static inline void
house_committed(void *arg)
{
	struct house *h = arg;

	h->committed++;
}

static inline void
house_lost(void *arg, const char *why)
{
	struct house *h = arg;

	snprintf(h->why, sizeof(h->why), "%s", why);
	h->lost++;
}

static inline void
house_stands_by(void *arg, const char *holder)
{
	struct house *h = arg;

	snprintf(h->why, sizeof(h->why), "%s", holder);
	h->stood_by++;
}

static inline void
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
static inline void
house_open(struct house *h)
{
	house_open_as(h, "1a thishost");
}

static inline void
house_close(struct house *h)
{
	rlink_close(h->redis);
	store_free(h->store);
	streams_free(h->streams);
	alerts_free(h->alerts);
	engine_free(h->engine);
}

static inline bool
is_running(void *arg)
{
	struct house *h = arg;

	(void)store_turn(h->store, clock_mono());
	return store_is_running(h->store);
}

static inline bool
is_idle(void *arg)
{
	struct house *h = arg;

	return is_running(h) && !store_is_busy(h->store);
}

static inline bool
is_lost(void *arg)
{
	struct house *h = arg;

	return h->lost > 0;
}

/* Something to commit: the mark of a collector. */
static inline void
change(struct house *h, uint64_t seq)
{
	struct journal_mark mark = { .id = { 7 }, .seq = seq };

	engine_set_mark(h->engine, STR_LIT("call"), &mark);
}

static inline uint64_t
mark_of(struct house *h)
{
	struct journal_mark mark;

	return engine_mark(h->engine, STR_LIT("call"), &mark) ? mark.seq : 0;
}

static inline void
commit(struct house *h)
{
	assert_int_equal(store_commit(h->store), 1);
	loop_until(is_idle, h);
}

/* What a daemon that starts now would find. */
static inline uint64_t
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

static inline uint64_t
stored_mark(void)
{
	return stored_mark_as("1a thishost");
}

static inline const char *
meta(const char *field)
{
	char words[128];

	snprintf(words, sizeof(words), "HGET " PREFIX "state:meta %s", field);
	return own_redis_text(&redis, words);
}

static inline void
set_meta(const char *field, const char *value)
{
	char words[160];

	snprintf(words, sizeof(words), "HSET " PREFIX "state:meta %s %s", field, value);
	own_redis_text(&redis, words);
}

static inline int64_t
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

static inline int
empty(void **state)
{
	(void)state;
	own_redis_text(&redis, "FLUSHALL");
	return 0;
}

static inline int
begin_all(void **state)
{
	(void)state;
	clock_turn();
	own_redis_start(&redis);
	return 0;
}

static inline int
end_all(void **state)
{
	(void)state;
	own_redis_end(&redis);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, empty)

#endif
