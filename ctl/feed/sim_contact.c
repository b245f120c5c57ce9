/* SPDX-License-Identifier: MIT */
/*
 * sim_contact.c: a contact in its queue, and every way out of it.
 *
 * A waiting contact is in its queue's line unless it rings at an agent's; then
 * it keeps its patience but nobody else can take it.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim_int.h"

#define CUSTOMERS 20000 /* of a house of rate 1; some of them call again */
#define STAFF_ARRIVES MINUTES(1) /* after the start; nobody is sent away before */

/* ---- contacts ---- */

static bool
contacts_room(struct sim *sim)
{
	uint32_t cap = sim->contacts_cap > 0 ? sim->contacts_cap * 2 : 256;
	struct contact **grown;

	if (sim->ncontacts < sim->contacts_cap)
		return true;
	grown = realloc(sim->contacts, cap * sizeof *grown);
	if (grown == NULL)
		return false;
	sim->contacts = grown;
	sim->contacts_cap = cap;
	return true;
}

static struct contact *
spare_contact(struct sim *sim)
{
	struct contact *c = TAILQ_FIRST(&sim->spare);

	if (c != NULL) {
		TAILQ_REMOVE(&sim->spare, c, link);
		return c;
	}
	c = contacts_room(sim) ? calloc(1, sizeof *c) : NULL;
	if (c == NULL) {
		sim->failed = true;
		return NULL;
	}
	c->number = sim->ncontacts;
	sim->contacts[sim->ncontacts++] = c;
	return c;
}

static struct contact *
new_contact(struct sim *sim)
{
	struct contact *c = spare_contact(sim);

	if (c == NULL)
		return NULL;
	*c = (struct contact){ .number = c->number, .phase = c->phase, .agent = NOBODY };
	c->customer = draw_below(&sim->draw, 1 + CUSTOMERS * sim->opt.rate);
	/* As a PBX does: unique over restarts too. */
	snprintf(c->id, sizeof c->id, "%lld.%llu", (long long)(sim->now / MSEC_PER_SEC),
	    (unsigned long long)++sim->born);
	return c;
}

void
contact_free(struct sim *sim, struct contact *c)
{
	c->state = CONTACT_FREE;
	c->phase++;
	TAILQ_INSERT_HEAD(&sim->spare, c, link);
}

void
contact_set(struct sim *sim, struct contact *c, enum timer_kind kind, msec_t after)
{
	sim_timer(sim, kind, after, c->number, c->phase);
}

struct event *
contact_emit(struct sim *sim, enum event_kind kind, const struct contact *c)
{
	const struct queue_plan *plan = &sim->house->plan[c->queue];
	struct event *ev = sim_emit(sim, kind, plan->channel);
	struct emitted *out = &sim->out[sim->nout - 1];

	/* The contact may be gone before its event is taken. */
	memcpy(out->contact, c->id, sizeof out->contact);
	sim_give(ev, M_CONTACT, out->contact);
	sim_give(ev, M_CHANNEL, word_name(WORDS_CHANNEL, plan->channel));
	sim_give(ev, M_QUEUE, plan->name);
	if (c->out)
		sim_give(ev, M_DIRECTION, "out");
	return ev;
}

struct event *
contact_emit_by(struct sim *sim, enum event_kind kind, const struct contact *c)
{
	struct event *ev = contact_emit(sim, kind, c);

	sim_give(ev, M_AGENT, sim->agents[c->agent].name);
	return ev;
}

/* ---- the line ---- */

static bool
is_in_line(const struct contact *c)
{
	return c->state == CONTACT_WAITING && c->agent == NOBODY;
}

static void
line_leave(struct sim *sim, struct contact *c)
{
	assert(is_in_line(c));
	TAILQ_REMOVE(&sim->line[c->queue], c, link);
	sim->waiting[c->queue]--;
}

/* Leaves the queue by that event; whoever it rang at is free again. */
static struct event *
leaves(struct sim *sim, struct contact *c, enum event_kind kind)
{
	struct event *ev = contact_emit(sim, kind, c);

	if (sim->house->plan[c->queue].channel == CHANNEL_CALL && !c->out && kind != EV_CALLBACK)
		sim_give_int(ev, M_WAIT_MS, sim->now - c->queued);
	if (is_in_line(c))
		line_leave(sim, c);
	c->phase++;
	c->state = CONTACT_AFTER;
	return ev;
}

static void
flows_out(struct sim *sim, struct contact *c, const char *reason)
{
	sim_give(leaves(sim, c, EV_FLOWED_OUT), M_REASON, reason);
}

static void
gives_up(struct sim *sim, struct contact *c)
{
	uint32_t rung = c->agent;

	leaves(sim, c, EV_ABANDONED);
	contact_free(sim, c);
	if (rung != NOBODY)
		agent_release(sim, rung, 0);
}

/* ---- arriving ---- */

/* Why nobody is let in just now, or NULL. */
static const char *
turned_away(struct sim *sim, const struct contact *c)
{
	const struct queue_plan *plan = &sim->house->plan[c->queue];

	if (!sim_is_open(sim, c->queue))
		return "closed";
	if (sim->waiting[c->queue] >= plan->full * (1 + sim->opt.rate))
		return "full";
	if (plan->channel != CHANNEL_EMAIL && !plan->patient &&
	    sim->now > sim->opt.start + STAFF_ARRIVES && agent_any_for(sim, c->queue) == NOBODY)
		return "no_agent";
	return NULL;
}

static void
set_patience(struct sim *sim, struct contact *c)
{
	const struct queue_plan *plan = &sim->house->plan[c->queue];
	msec_t patience;

	if (plan->patience > 0) {
		/* A few hang up as soon as they hear where they are. */
		patience = draw_chance(&sim->draw, 0.03)
		               ? SECONDS(1) + draw_below(&sim->draw, SECONDS(4))
		               : SECONDS(2) + draw_exponential_ms(&sim->draw, plan->patience);
		contact_set(sim, c, TIMER_PATIENCE, patience);
	}
	contact_set(sim, c, TIMER_LIMIT, plan->limit);
}

static void
wait_in_line(struct sim *sim, struct contact *c)
{
	uint32_t agent;

	TAILQ_INSERT_TAIL(&sim->line[c->queue], c, link);
	sim->waiting[c->queue]++;
	set_patience(sim, c);
	agent = agent_free_for(sim, c->queue);
	if (agent != NOBODY)
		contact_offer(sim, c, agent);
}

static void
emit_queued(struct sim *sim, const struct contact *c)
{
	struct event *ev = contact_emit(sim, EV_QUEUED, c);
	char *customer = sim->out[sim->nout - 1].customer;

	snprintf(customer, sizeof sim->out[0].customer, "k%u", c->customer);
	sim_give(ev, M_CUSTOMER, customer);
	if (strcmp(sim->house->plan[c->queue].name, "vip") == 0)
		sim_give_int(ev, M_PRIORITY, 10);
}

void
contact_enter(struct sim *sim, struct contact *c, unsigned queue)
{
	const char *away;

	c->queue = queue;
	c->state = CONTACT_WAITING;
	c->agent = NOBODY;
	c->queued = sim->now;
	c->phase++;
	emit_queued(sim, c);
	message_first(sim, c);
	away = turned_away(sim, c);
	if (away == NULL) {
		wait_in_line(sim, c);
		return;
	}
	/* It was never in the line. */
	c->state = CONTACT_BETWEEN;
	flows_out(sim, c, away);
	contact_free(sim, c);
}

void
contact_arrives(struct sim *sim, unsigned queue)
{
	struct contact *c = new_contact(sim);

	if (c != NULL)
		contact_enter(sim, c, queue);
}

/* An agent calls: rung at once, by the customer's telephone. */
void
contact_outbound(struct sim *sim, unsigned queue)
{
	uint32_t agent = agent_free_for(sim, queue);
	struct contact *c;

	if (agent == NOBODY || (c = new_contact(sim)) == NULL)
		return;
	c->queue = queue;
	c->state = CONTACT_WAITING;
	c->out = true;
	c->queued = sim->now;
	emit_queued(sim, c);
	c->agent = agent;
	agent_take(sim, agent);
	c->will_miss = draw_chance(&sim->draw, 0.3);
	contact_set(sim, c, TIMER_PICKUP, SECONDS(5) + draw_below(&sim->draw, SECONDS(20)));
}

/* ---- offered ---- */

void
contact_offer(struct sim *sim, struct contact *c, uint32_t agent)
{
	const struct queue_plan *plan = &sim->house->plan[c->queue];

	if (is_in_line(c))
		line_leave(sim, c);
	c->agent = agent;
	agent_take(sim, agent);
	if (plan->channel == CHANNEL_EMAIL) {
		handle_answer(sim, c);
		return;
	}
	contact_emit_by(sim, EV_RINGING, c);
	c->will_miss = c->state == CONTACT_WAITING && draw_chance(&sim->draw, plan->miss);
	contact_set(sim, c, TIMER_PICKUP,
	    c->will_miss ? SECONDS(15)
	                 : SECONDS(1) + draw_exponential_ms(&sim->draw, plan->pickup));
}

/* Back to the head of the line, and to the next agent if there is one. */
static void
missed(struct sim *sim, struct contact *c)
{
	uint32_t agent = c->agent;

	sim_give(contact_emit_by(sim, EV_MISSED, c), M_REASON, "no answer");
	c->agent = NOBODY;
	TAILQ_INSERT_HEAD(&sim->line[c->queue], c, link);
	sim->waiting[c->queue]++;
	agent_release(sim, agent, SECONDS(8));
	agent = agent_free_for(sim, c->queue);
	if (agent != NOBODY)
		contact_offer(sim, c, agent);
}

/* Whoever it rings at, talks or writes is gone in this instant. */
void
contact_cut(struct sim *sim, struct contact *c)
{
	if (c->state == CONTACT_WAITING && !c->out) {
		c->phase++; /* it rings no more */
		set_patience(sim, c);
		missed(sim, c);
	} else if (c->state == CONTACT_HANDLED || c->state == CONTACT_WRAPPING)
		handle_cut(sim, c);
}

static void
pickup(struct sim *sim, struct contact *c)
{
	if (!c->will_miss)
		handle_answer(sim, c);
	else if (c->out)
		gives_up(sim, c);
	else
		missed(sim, c);
}

/* ---- out of the queue ---- */

/* One in ten would rather be called, one in ten presses the key for the voice
 * mail, one in fifty is taken out by the house. */
static void
patience_ends(struct sim *sim, struct contact *c)
{
	unsigned how = draw_below(&sim->draw, 50);

	if (c->agent != NOBODY || sim->house->plan[c->queue].channel != CHANNEL_CALL || how >= 11)
		gives_up(sim, c);
	else if (how < 5) {
		sim_give_int(leaves(sim, c, EV_CALLBACK), M_DUE, sim->now + MINUTES(15));
		after_callback(sim, c);
	} else {
		flows_out(sim, c, how < 10 ? "key" : "withdrawn");
		contact_free(sim, c);
	}
}

static void
limit_reached(struct sim *sim, struct contact *c)
{
	int8_t to = sim->house->plan[c->queue].overflow;

	if (c->agent != NOBODY) {
		/* It rings: let it. */
		contact_set(sim, c, TIMER_LIMIT, SECONDS(30));
		return;
	}
	flows_out(sim, c, to >= 0 ? "overflow" : "timeout");
	if (to >= 0)
		contact_enter(sim, c, to);
	else
		contact_free(sim, c);
}

void
contact_timer(struct sim *sim, const struct timer *t)
{
	struct contact *c = sim->contacts[t->who];

	if (t->phase != c->phase)
		return;
	if (t->kind == TIMER_PATIENCE)
		patience_ends(sim, c);
	else if (t->kind == TIMER_LIMIT)
		limit_reached(sim, c);
	else if (t->kind == TIMER_PICKUP)
		pickup(sim, c);
	else if (t->kind <= TIMER_WRAP)
		handle_timer(sim, c, t->kind);
	else
		after_timer(sim, c, t->kind);
}
