/* SPDX-License-Identifier: MIT */
/*
 * sim_agent.c: an agent's day: login, pauses, a while away from one queue,
 * logout; and who is free for which contact.
 *
 * What she would do next waits until her hands are empty: nobody pauses, goes
 * home or changes queues with a customer on the line.
 */
#include <assert.h>
#include <stdio.h>

#include "sim_int.h"

#define BETWEEN_SWITCHES HOURS(3) /* mean */
#define AWAY MINUTES(25) /* mean time out of a queue */

static const struct {
	const char *reason;
	msec_t mean;
} pauses[] = { { "coffee", MINUTES(6) }, { "lunch", MINUTES(30) }, { "meeting", MINUTES(20) },
	{ "training", MINUTES(25) }, { "rest", MINUTES(4) } };

static struct event *
agent_emit(struct sim *sim, enum event_kind kind, const struct agent *a)
{
	struct event *ev = sim_emit(sim, kind, a->channel);

	sim_give(ev, M_AGENT, a->name);
	return ev;
}

static void
set(struct sim *sim, struct agent *a, enum timer_kind kind, msec_t after)
{
	sim_timer(sim, kind, after, a - sim->agents, a->phase);
}

static bool
is_free(const struct sim *sim, const struct agent *a)
{
	return a->here && !a->paused && !a->leaving && a->busy < a->slots &&
	       a->rests_until <= sim->now;
}

/* Of the free ones who know the queue, the longest idle. */
uint32_t
agent_free_for(struct sim *sim, unsigned queue)
{
	uint32_t i, best = NOBODY;
	const struct agent *a;

	for (i = 0; i < sim->nagents; i++) {
		a = &sim->agents[i];
		if (!(a->skills & 1 << queue) || !is_free(sim, a))
			continue;
		if (best == NOBODY || a->busy < sim->agents[best].busy ||
		    (a->busy == sim->agents[best].busy &&
		        a->free_since < sim->agents[best].free_since))
			best = i;
	}
	return best;
}

uint32_t
agent_any_for(struct sim *sim, unsigned queue)
{
	uint32_t i;

	for (i = 0; i < sim->nagents; i++)
		if (sim->agents[i].here && sim->agents[i].skills & 1 << queue)
			return i;
	return NOBODY;
}

/* The longest waiting contact she can take; the vip queue first. */
static struct contact *
next_for(struct sim *sim, const struct agent *a)
{
	struct contact *c, *best = NULL;
	unsigned q;

	for (q = 0; q < sim->house->nqueues; q++) {
		if (!(a->skills & 1 << q))
			continue;
		c = TAILQ_FIRST(&sim->line[q]);
		if (c != NULL && strcmp(sim->house->plan[q].name, "vip") == 0)
			return c;
		if (c != NULL && (best == NULL || c->queued < best->queued))
			best = c;
	}
	return best;
}

static void
leave(struct sim *sim, struct agent *a)
{
	agent_emit(sim, EV_LOGOUT, a);
	a->here = a->leaving = a->paused = a->wants_pause = false;
	a->phase++;
	/* The same shift tomorrow. */
	set(sim, a, TIMER_LOGIN, (a->shift - sim->now % HOURS(24) + 2 * HOURS(24)) % HOURS(24));
}

static void
pause(struct sim *sim, struct agent *a)
{
	unsigned which = draw_below(&sim->draw, COUNTOF(pauses));
	struct event *ev = agent_emit(sim, EV_STATE, a);

	sim_give(ev, M_STATE, "paused");
	sim_give(ev, M_REASON, pauses[which].reason);
	a->paused = true;
	a->wants_pause = false;
	set(sim, a, TIMER_UNPAUSE, draw_lognormal_ms(&sim->draw, pauses[which].mean, 0.4));
}

/* Her hands changed: what she wanted to do, or the next contact. */
static void
look_around(struct sim *sim, struct agent *a)
{
	struct contact *c;

	if (a->busy == 0 && a->leaving)
		leave(sim, a);
	else if (a->busy == 0 && a->wants_pause && a->here)
		pause(sim, a);
	while (is_free(sim, a) && (c = next_for(sim, a)) != NULL)
		contact_offer(sim, c, a - sim->agents);
}

void
agent_take(struct sim *sim, uint32_t agent)
{
	struct agent *a = &sim->agents[agent];

	assert(is_free(sim, a));
	a->busy++;
}

void
agent_release(struct sim *sim, uint32_t agent, msec_t rest)
{
	struct agent *a = &sim->agents[agent];

	assert(a->busy > 0);
	a->busy--;
	a->free_since = sim->now;
	if (rest > 0) {
		a->rests_until = sim->now + rest;
		set(sim, a, TIMER_RESTED, rest);
	}
	look_around(sim, a);
}

/* ---- timers ---- */

static void
login(struct sim *sim, struct agent *a)
{
	struct event *ev = agent_emit(sim, EV_LOGIN, a);
	char *names = sim->out[sim->nout - 1].queues;
	msec_t into_shift = (sim->now % HOURS(24) - a->shift + HOURS(24)) % HOURS(24);
	size_t len = 0;
	unsigned q;

	a->skills = a->all_skills;
	for (q = 0; q < sim->house->nqueues; q++)
		if (a->skills & 1 << q)
			len += snprintf(names + len, sizeof sim->out[0].queues - len, "%s%s",
			    len > 0 ? "\n" : "", sim->house->plan[q].name);
	sim_give(ev, M_QUEUES, names);
	a->here = true;
	a->phase++;
	a->free_since = sim->now;
	set(sim, a, TIMER_SHIFT_END, a->shift_length - into_shift);
	set(sim, a, TIMER_PAUSE, draw_exponential_ms(&sim->draw, sim->house->between_pauses));
	set(sim, a, TIMER_SWITCH, draw_exponential_ms(&sim->draw, BETWEEN_SWITCHES));
	look_around(sim, a);
}

static void
shift_end(struct sim *sim, struct agent *a)
{
	a->leaving = true;
	look_around(sim, a);
}

static void
want_pause(struct sim *sim, struct agent *a)
{
	a->wants_pause = true;
	look_around(sim, a);
}

static void
unpause(struct sim *sim, struct agent *a)
{
	sim_give(agent_emit(sim, EV_STATE, a), M_STATE, "available");
	a->paused = false;
	a->free_since = sim->now;
	set(sim, a, TIMER_PAUSE, draw_exponential_ms(&sim->draw, sim->house->between_pauses));
	look_around(sim, a);
}

/* Out of the last of her queues for a while, or back in all of them. */
static void
switch_queue(struct sim *sim, struct agent *a)
{
	unsigned away = a->skills != a->all_skills;
	unsigned q = 31 - __builtin_clz(a->all_skills);
	struct event *ev;

	set(sim, a, TIMER_SWITCH, draw_exponential_ms(&sim->draw, away ? BETWEEN_SWITCHES : AWAY));
	if (a->busy > 0 || a->all_skills == 1 << q)
		return;
	ev = agent_emit(sim, away ? EV_JOINED : EV_LEFT, a);
	sim_give(ev, M_QUEUE, sim->house->plan[q].name);
	sim_give(ev, M_CHANNEL, word_name(WORDS_CHANNEL, a->channel));
	a->skills ^= 1 << q;
	look_around(sim, a);
}

void
agent_send_away(struct sim *sim, uint32_t agent)
{
	if (sim->agents[agent].here)
		shift_end(sim, &sim->agents[agent]);
}

void
agent_call_back(struct sim *sim, uint32_t agent)
{
	struct agent *a = &sim->agents[agent];

	a->leaving = false;
	if (a->here)
		return;
	a->phase++;
	set(sim, a, TIMER_LOGIN, SECONDS(1) + draw_below(&sim->draw, SECONDS(4)));
}

void
agent_timer(struct sim *sim, const struct timer *t)
{
	static void (*const of_kind[TIMER_NKINDS])(struct sim *, struct agent *) = {
		[TIMER_LOGIN] = login,
		[TIMER_SHIFT_END] = shift_end,
		[TIMER_PAUSE] = want_pause,
		[TIMER_UNPAUSE] = unpause,
		[TIMER_RESTED] = look_around,
		[TIMER_SWITCH] = switch_queue,
	};
	struct agent *a = &sim->agents[t->who];

	if (t->phase == a->phase)
		of_kind[t->kind](sim, a);
}

/* Within half a minute when her shift is on already. */
void
agent_begin(struct sim *sim, uint32_t agent)
{
	struct agent *a = &sim->agents[agent];
	msec_t into_shift = (sim->now % HOURS(24) - a->shift + 2 * HOURS(24)) % HOURS(24);

	if (into_shift + SECONDS(30) < a->shift_length)
		set(sim, a, TIMER_LOGIN, draw_below(&sim->draw, SECONDS(30)));
	else
		set(sim, a, TIMER_LOGIN, HOURS(24) - into_shift);
}
