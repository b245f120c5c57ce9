/* SPDX-License-Identifier: MIT */
/*
 * sim_handle.c: a contact with an agent: answered, perhaps held, written to
 * or handed up, then transferred or ended, and the work after it.
 *
 * How long all that takes is drawn at the answer, so that a hold always ends
 * before the conversation does.
 */
#include <assert.h>

#include "sim_int.h"

#define TALK_MIN SECONDS(5)
#define TALK_MAX HOURS(2) /* far below any max_handle */
#define ROUNDS_MAX 3 /* transfers and returns of one contact */

static bool
is_call(const struct sim *sim, const struct contact *c)
{
	return sim->house->plan[c->queue].channel == CHANNEL_CALL;
}

/* ---- answered ---- */

static msec_t
draw_talk(struct sim *sim, const struct contact *c)
{
	const struct queue_plan *plan = &sim->house->plan[c->queue];
	msec_t talk = draw_lognormal_ms(&sim->draw, plan->talk, plan->talk_sigma);

	if (talk < TALK_MIN)
		return TALK_MIN;
	return talk < TALK_MAX ? talk : TALK_MAX;
}

static void
plan_conversation(struct sim *sim, struct contact *c)
{
	msec_t talk = draw_talk(sim, c), from, hold = 0;

	if (draw_chance(&sim->draw, sim->house->plan[c->queue].hold)) {
		hold = SECONDS(3) + draw_exponential_ms(&sim->draw, SECONDS(25));
		from = talk * (0.2 + 0.6 * draw_unit(&sim->draw));
		contact_set(sim, c, TIMER_HOLD, from);
		contact_set(sim, c, TIMER_RESUME, from + hold);
	}
	if (draw_chance(&sim->draw, 0.02))
		contact_set(sim, c, TIMER_ESCALATE, talk / 2);
	if (!is_call(sim, c))
		contact_set(sim, c, TIMER_MESSAGE, draw_exponential_ms(&sim->draw, SECONDS(15)));
	contact_set(sim, c, TIMER_TALKED, talk + hold);
}

void
handle_answer(struct sim *sim, struct contact *c)
{
	struct event *ev = contact_emit_by(sim, EV_ANSWERED, c);

	if (is_call(sim, c) && c->state == CONTACT_WAITING)
		sim_give_int(ev, M_WAIT_MS, sim->now - c->queued);
	c->state = CONTACT_HANDLED;
	c->phase++;
	c->answered = sim->now;
	c->hold_ms = 0;
	c->customer_turn = false;
	plan_conversation(sim, c);
}

/* ---- the end ---- */

/* A PBX measures its calls; a chat and a mailbox do not. */
static void
give_lengths(struct sim *sim, const struct contact *c, struct event *ev)
{
	if (!is_call(sim, c))
		return;
	sim_give_int(ev, M_TALK_MS, sim->now - c->answered - c->hold_ms);
	sim_give_int(ev, M_HOLD_MS, c->hold_ms);
}

static void
let_go(struct sim *sim, struct contact *c)
{
	uint32_t agent = c->agent;

	after_conversation(sim, c);
	agent_release(sim, agent, 0);
}

static void
emit_ended(struct sim *sim, struct contact *c, const char *by, bool acw)
{
	struct event *ev = contact_emit_by(sim, EV_ENDED, c);

	sim_give(ev, M_BY, by);
	sim_give_int(ev, M_ACW, acw);
	give_lengths(sim, c, ev);
	c->phase++;
	c->ended = sim->now;
}

static void
end(struct sim *sim, struct contact *c)
{
	const struct queue_plan *plan = &sim->house->plan[c->queue];
	bool acw = plan->acw > 0 && draw_chance(&sim->draw, 0.85);

	if (plan->channel == CHANNEL_EMAIL)
		message_answer(sim, c);
	emit_ended(sim, c, draw_chance(&sim->draw, 0.6) ? "customer" : "agent", acw);
	if (acw) {
		c->state = CONTACT_WRAPPING;
		contact_set(sim, c, TIMER_WRAP, draw_lognormal_ms(&sim->draw, plan->acw, 0.5));
	} else
		let_go(sim, c);
}

static void
wrap(struct sim *sim, struct contact *c)
{
	struct event *ev = contact_emit_by(sim, EV_WRAPPED, c);

	if (is_call(sim, c))
		sim_give_int(ev, M_ACW_MS, sim->now - c->ended);
	let_go(sim, c);
}

/* ---- transfers ---- */

/* Another open queue of the same channel, or -1. */
static int
other_queue(struct sim *sim, const struct contact *c)
{
	unsigned i, q, from = draw_below(&sim->draw, sim->house->nqueues);

	for (i = 0; i < sim->house->nqueues; i++) {
		q = (from + i) % sim->house->nqueues;
		if (q != c->queue &&
		    sim->house->plan[q].channel == sim->house->plan[c->queue].channel &&
		    sim_is_open(sim, q))
			return q;
	}
	return -1;
}

static struct event *
emit_transferred(struct sim *sim, struct contact *c)
{
	struct event *ev = contact_emit_by(sim, EV_TRANSFERRED, c);

	give_lengths(sim, c, ev);
	c->phase++;
	c->rounds++;
	return ev;
}

static void
to_queue(struct sim *sim, struct contact *c, unsigned queue)
{
	uint32_t agent = c->agent;

	sim_give(emit_transferred(sim, c), M_TO_QUEUE, sim->house->plan[queue].name);
	contact_enter(sim, c, queue);
	agent_release(sim, agent, 0);
}

static void
to_agent(struct sim *sim, struct contact *c, uint32_t target)
{
	uint32_t agent = c->agent;

	sim_give(emit_transferred(sim, c), M_TO_AGENT, sim->agents[target].name);
	c->state = CONTACT_BETWEEN;
	contact_offer(sim, c, target);
	agent_release(sim, agent, 0);
}

static void
to_outside(struct sim *sim, struct contact *c)
{
	sim_give(emit_transferred(sim, c), M_TO_EXTERNAL, "partner");
	let_go(sim, c);
}

/* false: there is nobody to transfer to. */
static bool
transfer(struct sim *sim, struct contact *c)
{
	double how = draw_unit(&sim->draw);
	int queue = how < 0.5 ? other_queue(sim, c) : -1;
	uint32_t target = how < 0.8 ? agent_free_for(sim, c->queue) : NOBODY;

	if (queue >= 0)
		to_queue(sim, c, queue);
	else if (target != NOBODY && target != c->agent)
		to_agent(sim, c, target);
	else if (how >= 0.8)
		to_outside(sim, c);
	else
		return false;
	return true;
}

static void
talked(struct sim *sim, struct contact *c)
{
	bool may = !c->out && c->rounds < ROUNDS_MAX;

	if (may && draw_chance(&sim->draw, sim->house->plan[c->queue].transfer) && transfer(sim, c))
		return;
	end(sim, c);
}

/* ---- in between ---- */

static void
hold(struct sim *sim, struct contact *c)
{
	contact_emit_by(sim, EV_HELD, c);
	c->on_hold = true;
	c->held = sim->now;
}

static void
resume(struct sim *sim, struct contact *c)
{
	contact_emit_by(sim, EV_RESUMED, c);
	c->on_hold = false;
	c->hold_ms += sim->now - c->held;
}

static void
escalate(struct sim *sim, struct contact *c)
{
	sim_give(contact_emit_by(sim, EV_ESCALATED, c), M_TO, "supervisor");
}

void
handle_cut(struct sim *sim, struct contact *c)
{
	if (c->state == CONTACT_WRAPPING) {
		c->phase++;
		wrap(sim, c);
		return;
	}
	if (c->on_hold)
		resume(sim, c);
	emit_ended(sim, c, "system", false);
	let_go(sim, c);
}

void
handle_timer(struct sim *sim, struct contact *c, enum timer_kind kind)
{
	static void (*const of_kind[TIMER_NKINDS])(struct sim *, struct contact *) = {
		[TIMER_HOLD] = hold,
		[TIMER_RESUME] = resume,
		[TIMER_ESCALATE] = escalate,
		[TIMER_MESSAGE] = message_next,
		[TIMER_TALKED] = talked,
		[TIMER_WRAP] = wrap,
	};

	of_kind[kind](sim, c);
}
