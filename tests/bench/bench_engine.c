/* SPDX-License-Identifier: MIT */
/*
 * bench_engine.c: what one event costs the engine, and what the engine
 * holds, with 10, 1,000 and 100,000 queues at a million contacts an hour.
 *
 * The clock is the events' own.  One hour of contacts goes in first, so that
 * the rolling windows are full and every event that enters pushes one out;
 * then ten minutes more are timed.  Every ten seconds of that clock everything that
 * became dirty is read, as the daemon's flush does; that is timed apart, for
 * it goes by objects and seconds, not by events.
 *
 *	bench_engine [CONTACTS AN HOUR]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/engine/engine.h"

#define START INT64_C(1767607200000) /* ms; Monday 2026-01-05 10:00 UTC */
#define HOUR INT64_C(3600000) /* ms */
#define WAIT INT64_C(12000) /* ms from queued to answered */
#define TALK INT64_C(180000) /* ms from answered to ended */
#define FLUSH INT64_C(10000) /* ms */
#define AGENTS 1000 /* each has many contacts at a time */

struct world {
	struct engine *engine;
	uint32_t queues;
	int64_t rate; /* contacts an hour */
	msec_t flushed; /* when last */
	uint64_t events, flushes; /* so far */
	double flush_ns; /* of all flushes */
	int64_t values[1024]; /* of one object; no scope has more columns */
};

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* What the daemon does every flush, without Redis. */
static void
flush(struct world *w)
{
	struct object o;
	struct state_field f;
	double start = cpu_ns();

	while (engine_dirty(w->engine, &o))
		engine_read(w->engine, o, w->values);
	while (engine_state(w->engine, &f))
		;
	w->flush_ns += cpu_ns() - start;
	w->flushes++;
}

static void
apply(struct world *w, struct event *e, enum event_kind kind, int64_t contact)
{
	char id[24], queue[24], agent[24];
	struct edge edge;

	/* Spread like a hash would, so that neighbours in time are none in memory. */
	snprintf(
	    queue, sizeof(queue), "q%u", (unsigned)((uint64_t)contact * 2654435761u % w->queues));
	snprintf(agent, sizeof(agent), "a%d", (int)(contact % AGENTS));
	snprintf(id, sizeof(id), "c%" PRId64, contact);
	e->event = (uint8_t)kind;
	e->source = STR_LIT("bench");
	e->channel = CHANNEL_CALL;
	e->queue = str_of(queue);
	e->contact = str_of(id);
	e->has = HAS(SOURCE) | HAS(TIME) | HAS(CHANNEL) | HAS(QUEUE) | HAS(CONTACT);
	if (kind != EV_QUEUED) {
		e->agent = str_of(agent);
		e->has |= HAS(AGENT);
	}
	if (engine_apply(w->engine, e, e->time) != ENGINE_OK) {
		fprintf(
		    stderr, "bench_engine: the engine did not take event %" PRIu64 "\n", w->events);
		exit(1);
	}
	w->events++;
	while (engine_edge(w->engine, &edge))
		;
	if (e->time >= w->flushed + FLUSH) {
		w->flushed = e->time;
		flush(w);
	}
}

/*
 * Plays contacts first .. last-1.  At each contact's arrival, the one that
 * arrived WAIT earlier is answered and the one that was answered TALK earlier
 * ends: three events a contact, in the order of their times.
 */
static void
play(struct world *w, int64_t first, int64_t last)
{
	int64_t waiting = WAIT * w->rate / HOUR, talking = waiting + TALK * w->rate / HOUR, i;
	struct event e;

	for (i = first; i < last; i++) {
		memset(&e, 0, sizeof(e));
		e.time = START + i * HOUR / w->rate;
		apply(w, &e, EV_QUEUED, i);
		if (i >= waiting)
			apply(w, &e, EV_ANSWERED, i - waiting);
		if (i >= talking)
			apply(w, &e, EV_ENDED, i - talking);
	}
}

static void
run(uint32_t queues, int64_t rate)
{
	static struct world w;
	struct site site;
	char name[] = "bench";
	struct world before;
	double start, flush_ns;
	size_t empty;

	site_defaults(&site);
	site.name = name;
	site.clock = CLOCK_EVENTS;
	site.limits.queues = queues;
	site.limits.agents = AGENTS;
	site.limits.contacts = 2000000;
	w = (struct world){ .queues = queues, .rate = rate, .engine = engine_new(&site) };
	if (w.engine == NULL) {
		fprintf(stderr, "bench_engine: no memory\n");
		exit(1);
	}
	empty = engine_memory(w.engine);
	w.flushed = INT64_MAX - FLUSH; /* none while the windows fill */
	play(&w, 0, rate);
	w.flushed = 0;
	flush(&w); /* the first gives everything */
	before = w;
	start = cpu_ns();
	play(&w, rate, rate + rate / 6);
	flush_ns = w.flush_ns - before.flush_ns;
	printf("%" PRIu32 " %.0f %.1f %.1f %.1f\n", queues,
	    (cpu_ns() - start - flush_ns) / (double)(w.events - before.events),
	    flush_ns / 1e6 / (double)(w.flushes - before.flushes), (double)empty / 1048576,
	    (double)engine_memory(w.engine) / 1048576);
	fflush(stdout);
	engine_free(w.engine);
}

int
main(int argc, char **argv)
{
	int64_t rate = argc > 1 ? strtoll(argv[1], NULL, 10) : 1000000;

	if (rate < 1000) {
		fprintf(stderr, "usage: bench_engine [CONTACTS AN HOUR]\n");
		return 64;
	}
	printf("queues ns/event ms/flush MiB_empty MiB_full\n");
	run(10, rate);
	run(1000, rate);
	run(100000, rate);
	return 0;
}
