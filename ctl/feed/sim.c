/* SPDX-License-Identifier: MIT */
/*
 * sim.c: the simulation's time: a heap of timers, the arrivals that set the
 * rest in motion, and the events of the present instant until they are taken.
 *
 * Contacts arrive as a Poisson process whose rate follows the day: candidates
 * at the busiest rate, each kept with the chance the hour has (thinning).
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim_int.h"

#define HEARTBEAT SECONDS(5) /* contract section 2 */

static const char *const sources[SIM_SOURCES] = {
	[CHANNEL_CALL] = "pbx1", [CHANNEL_CHAT] = "chat1", [CHANNEL_EMAIL] = "mail1"
};

/* ---- timers ---- */

static bool
is_before(const struct timer *a, const struct timer *b)
{
	return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static bool
heap_room(struct sim *sim)
{
	size_t cap = sim->timers_cap * 2;
	struct timer *grown;

	if (sim->ntimers < sim->timers_cap)
		return true;
	grown = realloc(sim->timers, (cap > 0 ? cap : 1024) * sizeof *grown);
	if (grown == NULL)
		return false;
	sim->timers = grown;
	sim->timers_cap = cap > 0 ? cap : 1024;
	return true;
}

static void
heap_push(struct sim *sim, const struct timer *t)
{
	struct timer *heap;
	size_t i, up;

	if (!heap_room(sim)) {
		sim->failed = true;
		return;
	}
	heap = sim->timers;
	for (i = sim->ntimers++; i > 0; i = up) {
		up = (i - 1) / 2;
		if (!is_before(t, &heap[up]))
			break;
		heap[i] = heap[up];
	}
	heap[i] = *t;
}

static struct timer
heap_pop(struct sim *sim)
{
	struct timer *heap = sim->timers, top = heap[0], last = heap[--sim->ntimers];
	size_t i, down;

	for (i = 0; (down = 2 * i + 1) < sim->ntimers; i = down) {
		if (down + 1 < sim->ntimers && is_before(&heap[down + 1], &heap[down]))
			down++;
		if (!is_before(&heap[down], &last))
			break;
		heap[i] = heap[down];
	}
	heap[i] = last;
	return top;
}

void
sim_timer(struct sim *sim, enum timer_kind kind, msec_t after, uint32_t who, uint32_t phase)
{
	struct timer t = { sim->now + after, sim->order++, who, phase, kind };

	assert(after >= 0);
	heap_push(sim, &t);
}

/* ---- events ---- */

void
sim_give(struct event *ev, enum event_member member, const char *text)
{
	enum refusal why = event_set_str(ev, member, str_of(text));

	assert(why == REFUSAL_NONE);
	(void)why;
}

void
sim_give_int(struct event *ev, enum event_member member, int64_t value)
{
	enum refusal why = event_set_int(ev, member, value);

	assert(why == REFUSAL_NONE);
	(void)why;
}

struct event *
sim_emit(struct sim *sim, enum event_kind kind, unsigned source)
{
	struct event *ev;

	assert(sim->nout < EMIT_MAX);
	ev = &sim->out[sim->nout++].ev;
	memset(ev, 0, sizeof *ev);
	ev->event = kind;
	sim_give(ev, M_SOURCE, sources[source]);
	sim_give_int(ev, M_BOOT, sim->opt.start);
	sim_give_int(ev, M_SEQ, ++sim->seq[source]);
	sim_give_int(ev, M_TIME, sim->now);
	return ev;
}

/* ---- what happens by itself ---- */

static void
heartbeat(struct sim *sim, const struct timer *t)
{
	sim_emit(sim, EV_HEARTBEAT, t->who);
	sim_timer(sim, TIMER_HEARTBEAT, HEARTBEAT, t->who, 0);
}

static void
next_arrival(struct sim *sim, enum timer_kind kind, unsigned queue, double per_hour)
{
	double mean = (double)HOURS(1) / (per_hour * sim->house->peak * sim->opt.rate);

	if (per_hour > 0)
		sim_timer(sim, kind, draw_exponential_ms(&sim->draw, mean), queue, 0);
}

static void
arrival(struct sim *sim, const struct timer *t)
{
	next_arrival(sim, TIMER_ARRIVAL, t->who, sim->house->plan[t->who].per_hour);
	if (draw_chance(&sim->draw, sim->house->busy(sim, t->who)))
		contact_arrives(sim, t->who);
}

static void
outbound(struct sim *sim, const struct timer *t)
{
	next_arrival(sim, TIMER_OUTBOUND, t->who, sim->house->plan[t->who].out_per_hour);
	if (draw_chance(&sim->draw, sim->house->busy(sim, t->who)))
		contact_outbound(sim, t->who);
}

static void
fire(struct sim *sim, const struct timer *t)
{
	static void (*const of_kind[TIMER_NKINDS])(struct sim *, const struct timer *) = {
		[TIMER_HEARTBEAT] = heartbeat,
		[TIMER_ARRIVAL] = arrival,
		[TIMER_OUTBOUND] = outbound,
		[TIMER_ACT] = story_act,
		[TIMER_REDIAL] = story_redial,
	};

	if (t->kind >= TIMER_PATIENCE)
		contact_timer(sim, t);
	else if (t->kind >= TIMER_LOGIN)
		agent_timer(sim, t);
	else
		of_kind[t->kind](sim, t);
}

static void
begin(struct sim *sim)
{
	unsigned i;

	for (i = 0; i < SIM_SOURCES; i++)
		sim_timer(sim, TIMER_HEARTBEAT, 0, i, 0);
	for (i = 0; i < sim->nagents; i++)
		agent_begin(sim, i);
	for (i = 0; i < sim->house->nqueues; i++) {
		next_arrival(sim, TIMER_ARRIVAL, i, sim->house->plan[i].per_hour);
		next_arrival(sim, TIMER_OUTBOUND, i, sim->house->plan[i].out_per_hour);
	}
	if (sim->house->begin != NULL)
		sim->house->begin(sim);
}

/* ---- from outside ---- */

struct sim *
sim_new(const struct sim_options *opt)
{
	struct sim *sim;
	unsigned q;

	assert(opt->rate > 0 && opt->start >= 0 && opt->length >= 0 && opt->past >= 0);
	sim = calloc(1, sizeof *sim);
	if (sim == NULL)
		return NULL;
	sim->opt = *opt;
	sim->house = opt->story ? &sim_story : &sim_usual;
	sim->now = opt->start;
	sim->end = opt->start + opt->past;
	sim->end = opt->length > TIME_HIGH - sim->end ? TIME_HIGH : sim->end + opt->length;
	draw_init(&sim->draw, opt->seed);
	TAILQ_INIT(&sim->spare);
	for (q = 0; q < sim->house->nqueues; q++)
		TAILQ_INIT(&sim->line[q]);
	if (sim->house->hire(sim))
		begin(sim);
	else
		sim->failed = true;
	if (sim->failed) {
		sim_free(sim);
		return NULL;
	}
	return sim;
}

void
sim_free(struct sim *sim)
{
	uint32_t i;

	if (sim == NULL)
		return;
	for (i = 0; i < sim->ncontacts; i++)
		free(sim->contacts[i]);
	free(sim->contacts);
	free(sim->agents);
	free(sim->timers);
	free(sim);
}

bool
sim_next(struct sim *sim, struct event *ev)
{
	struct timer t;

	while (sim->next_out == sim->nout) {
		sim->next_out = sim->nout = 0;
		/* Heartbeats never end, so the heap is never empty. */
		if (sim->failed || sim->timers[0].at >= sim->end)
			return false;
		t = heap_pop(sim);
		sim->now = t.at;
		fire(sim, &t);
	}
	*ev = sim->out[sim->next_out++].ev;
	return true;
}

bool
sim_is_silent(const struct sim *sim, struct str source)
{
	unsigned i;

	for (i = 0; i < SIM_SOURCES; i++)
		if (str_is(source, sources[i]))
			return sim->house->is_silent != NULL && sim->house->is_silent(sim, i);
	return false;
}

bool
sim_failed(const struct sim *sim)
{
	return sim->failed;
}
