/* SPDX-License-Identifier: MIT */
/*
 * matter.c: what is owed to a contact, as a table.  A row there is a row of
 * "Matters and response clocks" in doc/counting.md.
 *
 * A matter exists only while it is open: a call to a queue that promises no
 * response never has one.  Its clocks are response.c's; here stands which
 * event starts, stops or calls off which of them, and when all of it is over.
 */
#include "matter.h"

/* One event on its way through the table. */
struct act {
	struct engine *e;
	struct contact *c; /* NULL: nobody knows it yet */
	const struct told *t;
	uint32_t queue; /* of its visit, where it speaks of one */
};

static enum channel
channel_of(const struct engine *e, uint32_t queue)
{
	return (enum channel)e->queues[queue].channel;
}

/* ---- what the table's rows do; m is the matter, or NULL: none is open ---- */

typedef void cell(struct act *, struct matter *);

static bool
is_inbound(const struct act *a)
{
	return a->t->visit != NULL && a->t->visit->direction == DIRECTION_IN;
}

/* Of calls only what is promised is a matter. */
static bool
is_owed_something(const struct engine *e, uint32_t queue)
{
	const struct policy *p = &e->queues[queue].policy;

	return channel_of(e, queue) != CHANNEL_CALL || p->first_response > 0 || p->resolution > 0;
}

static void
start_resolution(struct act *a, struct matter *m, msec_t at)
{
	if (m->resolution)
		return;
	response_start(a->e, m, TARGET_RESOLUTION, at);
	m->resolution = m->response[TARGET_RESOLUTION] != NULL;
}

/* With whatever event its visit began. */
static void
be_queued(struct act *a)
{
	const struct visit *v = a->t->visit;
	struct matter *m = a->c->matter;

	if (m == NULL && !is_owed_something(a->e, v->queue))
		return;
	if (m == NULL)
		m = matter_open(a->e, a->c, v->queue, v->start);
	matter_move(a->e, m, v->queue);
	m->ended = false;
	m->between = MSEC_NEVER;
	if (!m->responded && m->response[TARGET_FIRST_RESPONSE] == NULL)
		response_start(a->e, m, TARGET_FIRST_RESPONSE, v->start);
	start_resolution(a, m, v->start);
}

static void
answered(struct act *a, struct matter *m)
{
	if (m == NULL || !is_inbound(a) || channel_of(a->e, a->queue) != CHANNEL_CALL)
		return;
	m->responded = true;
	response_stop(a->e, m, TARGET_FIRST_RESPONSE, a->t->at, a->t->agent);
}

static void
turn_over(struct act *a, struct matter *m, bool to_customer)
{
	unsigned t;

	matter_set_pending(a->e, m, to_customer);
	for (t = 0; t < TARGET_COUNT; t++)
		if (!(WORK >> t & 1))
			continue;
		else if (to_customer)
			response_stand_still(a->e, m, t, a->t->at);
		else
			response_go_on(a->e, m, t, a->t->at);
}

static void
hear_customer(struct act *a, struct matter *m)
{
	if (m->pending)
		turn_over(a, m, false);
	if (m->response[TARGET_FIRST_RESPONSE] == NULL && m->response[TARGET_NEXT_RESPONSE] == NULL)
		response_start(a->e, m, TARGET_NEXT_RESPONSE, a->t->at);
}

/* Sources that know whole seconds send what was asked and what was said at
 * one instant: what began then is not answered by it. */
static void
hear_agent(struct act *a, struct matter *m)
{
	static const enum target answered_by[] = { TARGET_FIRST_RESPONSE, TARGET_NEXT_RESPONSE,
		TARGET_PROMISE };
	const struct response *r;

	for (unsigned i = 0; i < COUNTOF(answered_by); i++) {
		r = m->response[answered_by[i]];
		if (r != NULL && r->by_start.at < a->t->at)
			response_stop(a->e, m, answered_by[i], a->t->at, a->t->agent);
	}
	m->responded = true;
}

static void
message(struct act *a, struct matter *m)
{
	const struct event *ev = a->t->ev;
	bool public = !(ev->has & HAS(PUBLIC)) || ev->public;

	if (m == NULL)
		return;
	if (ev->from == FROM_CUSTOMER)
		hear_customer(a, m);
	else if (ev->from == FROM_AGENT && public)
		hear_agent(a, m);
}

static void
set_status(struct act *a, struct matter *m)
{
	bool pending = a->t->ev->status == STATUS_PENDING;

	if (m != NULL && m->pending != pending)
		turn_over(a, m, pending);
}

/* The contact's, or one this queue opens, also for a contact nobody knew;
 * NULL: there is no room. */
static struct matter *
get(struct act *a, uint32_t queue)
{
	struct matter *m;

	if (a->c == NULL)
		a->c = contact_new(a->e, a->t->source, a->t->ev->contact);
	if (a->c == NULL)
		return NULL;
	if (a->c->matter != NULL)
		return a->c->matter;
	m = matter_open(a->e, a->c, queue, a->t->at);
	m->ended = !contact_has_open_visit(a->c);
	return m;
}

static void
promise(struct act *a, struct matter *m)
{
	m = get(a, a->t->queue);
	if (m == NULL)
		return;
	response_stop(a->e, m, TARGET_PROMISE, a->t->at, NONE);
	response_promise(a->e, m, TARGET_PROMISE, a->t->at, a->t->ev->due);
}

static void
keep_promise(struct act *a, struct matter *m)
{
	response_stop(a->e, m, TARGET_PROMISE, a->t->at, a->t->agent);
}

static void
ask_callback(struct act *a, struct matter *m)
{
	const struct event *ev = a->t->ev;

	if (!is_inbound(a))
		return;
	m = get(a, a->queue);
	matter_end_conversation(a->e, m, WORK | BIT(CALLBACK), a->t->at);
	response_promise(
	    a->e, m, TARGET_CALLBACK, a->t->at, ev->has & HAS(DUE) ? ev->due : MSEC_NEVER);
}

static void
count(struct act *a, const struct matter *m, enum sample_kind kind)
{
	struct sample s = { .queue = m->queue & SAMPLE_NONE,
		.kind = (uint8_t)kind,
		.agent = a->t->agent & SAMPLE_NONE };

	sample_add(a->e, second_of(a->t->at), &s);
}

static void
call_back(struct act *a, struct matter *m)
{
	const struct event *ev = a->t->ev;

	if (ev->has & HAS(REACHED))
		count(a, m, ev->reached ? S_REACHED : S_UNREACHED);
	response_stop(a->e, m, TARGET_CALLBACK, a->t->at, a->t->agent);
}

static void
leave(struct act *a, struct matter *m)
{
	if (m != NULL && a->t->visit != NULL)
		matter_end_conversation(a->e, m, WORK, a->t->at);
}

static void
hang_up(struct act *a, struct matter *m)
{
	if (m != NULL && channel_of(a->e, a->queue) != CHANNEL_EMAIL)
		matter_end_conversation(a->e, m, RESPONSES, a->t->at);
}

/* Letters are where they were. */
static void
lose_conversation(struct engine *e, struct matter *m, msec_t at)
{
	if (channel_of(e, m->queue) != CHANNEL_EMAIL)
		matter_end_conversation(e, m, WORK, at);
}

/* To another queue: it comes there, or it was lost on the way. */
static void
transfer(struct act *a, struct matter *m)
{
	msec_t max_wait;

	if (m == NULL)
		return;
	if (a->t->ev->has & HAS(TO_EXTERNAL))
		matter_end_conversation(a->e, m, RESPONSES, a->t->at);
	else if (a->t->ev->has & HAS(TO_QUEUE) && channel_of(a->e, a->queue) != CHANNEL_EMAIL) {
		max_wait = a->e->queues[m->queue].policy.max_wait;
		m->between = max_wait > 0 ? a->t->at + max_wait : MSEC_NEVER;
	}
}

/* Nobody knows what became of it. */
static void
lose(struct act *a, struct matter *m)
{
	if (m != NULL && a->t->visit != NULL)
		lose_conversation(a->e, m, a->t->at);
}

static void
resolve(struct act *a, struct matter *m)
{
	if (m == NULL)
		return;
	response_stop(a->e, m, TARGET_RESOLUTION, a->t->at, a->t->agent);
	matter_close(a->e, a->c, a->t->at);
}

static void
reopen(struct act *a, struct matter *m)
{
	m = get(a, a->t->queue);
	if (m == NULL)
		return;
	m->ended = false;
	response_start(a->e, m, TARGET_FIRST_RESPONSE, a->t->at);
	start_resolution(a, m, a->t->at);
}

static cell *const table[EVENT_NKINDS] = {
	[EV_ANSWERED] = answered,
	[EV_MESSAGE] = message,
	[EV_STATUS] = set_status,
	[EV_PROMISED] = promise,
	[EV_PROMISE_KEPT] = keep_promise,
	[EV_CALLBACK] = ask_callback,
	[EV_CALLBACK_DONE] = call_back,
	[EV_ABANDONED] = leave,
	[EV_FLOWED_OUT] = leave,
	[EV_ENDED] = hang_up,
	[EV_TRANSFERRED] = transfer,
	[EV_RESOLVED] = resolve,
	[EV_REOPENED] = reopen,
	[EV_LOST] = lose,
};

static bool
runs(const struct contact *c, enum target t)
{
	return c != NULL && c->matter != NULL && c->matter->response[t] != NULL;
}

enum inconsistency
matter_refuses(const struct contact *c, const struct event *ev)
{
	if (ev->event == EV_MESSAGE && c == NULL)
		return INC_UNKNOWN_VISIT;
	if (ev->event == EV_PROMISE_KEPT && !runs(c, TARGET_PROMISE))
		return INC_UNKNOWN_VISIT;
	if (ev->event == EV_CALLBACK_DONE && !runs(c, TARGET_CALLBACK))
		return INC_UNKNOWN_VISIT;
	if (ev->event == EV_REOPENED && c != NULL && c->matter != NULL)
		return INC_QUEUED_AGAIN;
	return INC_NONE;
}

struct contact *
matter_apply(struct engine *e, struct contact *c, const struct told *t)
{
	struct act a = { e, c, t, t->visit != NULL ? t->visit->queue : t->queue };
	cell *what = table[t->ev->event];

	if (t->begun && is_inbound(&a))
		be_queued(&a);
	if (what != NULL)
		what(&a, c == NULL ? NULL : c->matter);
	if (a.c != NULL)
		matter_close_if_over(e, a.c);
	return a.c;
}

void
matter_lose(struct engine *e, struct contact *c, msec_t at)
{
	if (c->matter == NULL)
		return;
	lose_conversation(e, c->matter, at);
	matter_close_if_over(e, c);
}
