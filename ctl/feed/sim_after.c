/* SPDX-License-Identifier: MIT */
/*
 * sim_after.c: what is written between customer and agent, and what is left
 * of a contact once nobody talks: surveys, reviews, promises, callbacks, and
 * the emails that come back.
 */
#include <assert.h>

#include "sim_int.h"

#define REPLY MINUTES(40) /* mean; a customer's answer to an email */
#define RETURNS_MAX 3

/* ---- messages ---- */

static struct event *
message(struct sim *sim, const struct contact *c, enum from from)
{
	struct event *ev = from == FROM_AGENT ? contact_emit_by(sim, EV_MESSAGE, c)
	                                      : contact_emit(sim, EV_MESSAGE, c);

	sim_give(ev, M_FROM, word_name(WORDS_FROM, from));
	return ev;
}

/* Who arrives says why; a machine says that it was heard. */
void
message_first(struct sim *sim, struct contact *c)
{
	uint8_t channel = sim->house->plan[c->queue].channel;

	if (channel == CHANNEL_CALL)
		return;
	message(sim, c, FROM_CUSTOMER);
	if (c->rounds == 0)
		message(sim, c, channel == CHANNEL_CHAT ? FROM_BOT : FROM_AUTO);
}

/* A chat goes to and fro; of an email's agent now and then a note is seen. */
void
message_next(struct sim *sim, struct contact *c)
{
	bool is_chat = sim->house->plan[c->queue].channel == CHANNEL_CHAT;
	struct event *ev;

	if (is_chat || draw_chance(&sim->draw, 0.1)) {
		ev = message(sim, c, c->customer_turn ? FROM_CUSTOMER : FROM_AGENT);
		if (!is_chat || (!c->customer_turn && draw_chance(&sim->draw, 0.05)))
			sim_give_int(ev, M_PUBLIC, false);
		else
			c->customer_turn = !c->customer_turn;
	}
	if (is_chat)
		contact_set(sim, c, TIMER_MESSAGE,
		    SECONDS(2) + draw_exponential_ms(&sim->draw, SECONDS(30)));
}

void
message_answer(struct sim *sim, struct contact *c)
{
	message(sim, c, FROM_AGENT);
}

/* ---- after the conversation ---- */

static void
later(struct sim *sim, struct contact *c, enum timer_kind kind, msec_t after)
{
	c->after++;
	contact_set(sim, c, kind, after);
}

static struct event *
survey(struct sim *sim, const struct contact *c)
{
	struct event *ev = contact_emit_by(sim, EV_SURVEY, c);

	sim_give(ev, M_KIND, word_name(WORDS_KIND, sim->house->plan[c->queue].survey));
	return ev;
}

static void
ask(struct sim *sim, struct contact *c)
{
	if (!draw_chance(&sim->draw, 0.30))
		return;
	sim_give_int(survey(sim, c), M_SENT, true);
	if (draw_chance(&sim->draw, 0.35))
		later(sim, c, TIMER_SURVEY,
		    SECONDS(10) + draw_exponential_ms(&sim->draw, MINUTES(2)));
}

static void
complain(struct sim *sim, const struct contact *c)
{
	static const enum kind kinds[] = { KIND_COMPLAINT, KIND_COMPLIMENT, KIND_COMPLIMENT,
		KIND_COMMENT };
	static const char *const tags[] = { "waiting", "price", "delivery", "friendly", "fraud" };
	struct event *ev;

	if (!draw_chance(&sim->draw, 0.02))
		return;
	ev = contact_emit_by(sim, EV_FEEDBACK, c);
	sim_give(ev, M_KIND, word_name(WORDS_KIND, kinds[draw_below(&sim->draw, COUNTOF(kinds))]));
	sim_give(ev, M_TAG, tags[draw_below(&sim->draw, COUNTOF(tags))]);
}

/* One promise in six is not kept in time.  What is promised is not solved yet. */
static bool
promise(struct sim *sim, struct contact *c)
{
	msec_t due = MINUTES(30);

	if (!draw_chance(&sim->draw, sim->house->promise))
		return false;
	sim_give_int(contact_emit_by(sim, EV_PROMISED, c), M_DUE, sim->now + due);
	later(sim, c, TIMER_PROMISE, due * (0.1 + 1.08 * draw_unit(&sim->draw)));
	return true;
}

static void
set_status(struct sim *sim, const struct contact *c, enum status status)
{
	sim_give(contact_emit_by(sim, EV_STATUS, c), M_STATUS, word_name(WORDS_STATUS, status));
}

/* The customer is asked for something, or the matter lies with somebody else. */
static bool
wait_for_customer(struct sim *sim, struct contact *c)
{
	if (sim->house->plan[c->queue].channel != CHANNEL_EMAIL || c->rounds >= RETURNS_MAX ||
	    !draw_chance(&sim->draw, 0.25))
		return false;
	if (draw_chance(&sim->draw, 0.2))
		set_status(sim, c, STATUS_ON_HOLD);
	set_status(sim, c, STATUS_PENDING);
	if (draw_chance(&sim->draw, 0.2))
		message(sim, c, FROM_AUTO); /* she is on holiday */
	return true;
}

/* Most matters are solved; a few come back all the same. */
static void
solve(struct sim *sim, struct contact *c)
{
	bool is_email = sim->house->plan[c->queue].channel == CHANNEL_EMAIL;
	bool solved = is_email || draw_chance(&sim->draw, 0.8);

	if (solved)
		contact_emit_by(sim, EV_RESOLVED, c);
	c->returns = solved && c->rounds < RETURNS_MAX && draw_chance(&sim->draw, 0.06);
}

static void
settle(struct sim *sim, struct contact *c)
{
	c->returns = false;
	c->pending = wait_for_customer(sim, c);
	if (!c->pending && !promise(sim, c))
		solve(sim, c);
	if (c->pending || c->returns)
		later(sim, c, TIMER_RETURN, MINUTES(1) + draw_exponential_ms(&sim->draw, REPLY));
}

void
after_conversation(struct sim *sim, struct contact *c)
{
	c->state = CONTACT_AFTER;
	c->phase++;
	c->after = 0;
	settle(sim, c);
	ask(sim, c);
	complain(sim, c);
	if (draw_chance(&sim->draw, 0.02))
		later(sim, c, TIMER_REVIEW, MINUTES(1) + draw_below(&sim->draw, MINUTES(20)));
	if (c->after == 0)
		contact_free(sim, c);
}

/* Called back within the quarter of an hour that was promised, most of them. */
void
after_callback(struct sim *sim, struct contact *c)
{
	c->after = 0;
	later(sim, c, TIMER_CALLBACK, MINUTES(1) + draw_exponential_ms(&sim->draw, MINUTES(6)));
}

/* ---- timers ---- */

static void
call_back(struct sim *sim, struct contact *c)
{
	c->agent = agent_any_for(sim, c->queue);
	if (c->agent == NOBODY)
		later(sim, c, TIMER_CALLBACK, MINUTES(10));
	else
		sim_give_int(contact_emit_by(sim, EV_CALLBACK_DONE, c), M_REACHED,
		    draw_chance(&sim->draw, 0.75));
}

/* The better half of each scale more often than the worse. */
static void
score(struct sim *sim, struct contact *c)
{
	static const uint8_t low[] = { 1, 0, 1 }, high[] = { 5, 10, 7 }; /* csat, nps, ces */
	uint8_t kind = sim->house->plan[c->queue].survey;
	unsigned steps = high[kind] - low[kind] + 1;
	unsigned a = draw_below(&sim->draw, steps), b = draw_below(&sim->draw, steps);

	sim_give_int(survey(sim, c), M_SCORE, low[kind] + (a > b ? a : b));
}

static void
review(struct sim *sim, struct contact *c)
{
	sim_give_int(
	    contact_emit_by(sim, EV_REVIEWED, c), M_SCORE, 50 + draw_below(&sim->draw, 51));
}

static void
keep_promise(struct sim *sim, struct contact *c)
{
	contact_emit_by(sim, EV_PROMISE_KEPT, c);
	contact_emit_by(sim, EV_RESOLVED, c);
}

/* The customer wrote again: in line once more; what else was to come is off. */
static void
come_back(struct sim *sim, struct contact *c)
{
	c->rounds++;
	if (c->pending)
		sim_give(contact_emit(sim, EV_STATUS, c), M_STATUS, "open");
	else
		contact_emit(sim, EV_REOPENED, c);
	contact_enter(sim, c, c->queue);
}

void
after_timer(struct sim *sim, struct contact *c, enum timer_kind kind)
{
	static void (*const of_kind[TIMER_NKINDS])(struct sim *, struct contact *) = {
		[TIMER_CALLBACK] = call_back,
		[TIMER_SURVEY] = score,
		[TIMER_REVIEW] = review,
		[TIMER_PROMISE] = keep_promise,
		[TIMER_RETURN] = come_back,
	};

	of_kind[kind](sim, c);
	if (kind != TIMER_RETURN && --c->after == 0)
		contact_free(sim, c);
}
