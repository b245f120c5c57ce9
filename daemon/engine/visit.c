/* SPDX-License-Identifier: MIT */
/*
 * visit.c: the life of one visit, one pass through one queue, as a table.
 *
 *	          answered            ended
 *	WAITING ------------> HANDLING --------> OVER
 *	   |                   |    ^             ^
 *	   | abandoned ...     |    | answered    |
 *	   |                   v    |             |
 *	   |                  BETWEEN ------------'
 *	   '--------------------------------------'
 *
 * The table says for each event and each state what is done; the rules are
 * those of doc/counting.md, a row there is a row here.  Sources repeat
 * themselves, contradict themselves and come late: nothing here is an error,
 * what makes no sense is dropped and named to be counted.
 */
#include "visit.h"

/* One event on its way through the table. */
struct act {
	struct engine *e;
	struct contact *c;
	struct visit *v; /* found, or NULL */
	uint32_t queue;
	uint64_t meant; /* of those the queue stands for */
	uint32_t agent;
	const struct event *ev;
	msec_t at;
};

static int64_t
wait_of(const struct act *a)
{
	return a->ev->has & HAS(WAIT_MS) ? a->ev->wait_ms : later(0, a->at - a->v->start);
}

/* ---- what the table's cells do ---- */

typedef enum inconsistency cell(struct act *);

static enum inconsistency
answer(struct act *a)
{
	struct visit *v = a->v;
	int64_t wait = wait_of(a);
	enum sl sl;

	visit_leave_waiting(a->e, v, OUTCOME_ANSWERED, a->at);
	if (visit_is_counted(v)) {
		sl = visit_settle(a->e, v, SL_GOOD, a->at, wait);
		visit_count(a->e, v, second_of(a->at),
		    v->sl == SL_UNTRACKED ? S_ANSWERED_UNTRACKED : S_ANSWERED, sl, a->agent, wait,
		    0);
	}
	visit_begin_handling(a->e, v, a->agent, a->at);
	return INC_NONE;
}

static enum inconsistency
answer_again(struct act *a)
{
	visit_begin_handling(a->e, a->v, a->agent, a->at);
	return INC_NONE;
}

static enum inconsistency
abandon(struct act *a)
{
	const struct policy *p = &a->e->queues[a->v->queue].policy;
	int64_t wait = wait_of(a);
	bool is_short = wait <= p->short_abandon;
	enum sl sl;

	visit_leave_waiting(a->e, a->v, OUTCOME_ABANDONED, a->at);
	if (!visit_is_counted(a->v))
		return INC_NONE;
	sl = visit_settle(a->e, a->v, is_short ? SL_SHORT : SL_ABANDONED, a->at, wait);
	visit_count(a->e, a->v, second_of(a->at), is_short ? S_ABANDONED_SHORT : S_ABANDONED, sl,
	    NONE, wait, 0);
	visit_breach(a->e, a->v, "abandoned", a->at, wait);
	return INC_NONE;
}

static enum inconsistency
leave(struct act *a, enum outcome outcome, enum sample_kind kind, enum sl within)
{
	int64_t wait = wait_of(a);
	enum sl sl;

	visit_leave_waiting(a->e, a->v, outcome, a->at);
	if (!visit_is_counted(a->v))
		return INC_NONE;
	sl = visit_settle(a->e, a->v, within, a->at, wait);
	visit_count(a->e, a->v, second_of(a->at), kind, sl, NONE, wait, 0);
	return INC_NONE;
}

static enum inconsistency
flow_out(struct act *a)
{
	int reason = word_find(WORDS_FLOW, a->ev->reason);

	return leave(a, OUTCOME_FLOWED, S_FLOW + (reason < 0 ? FLOW_OVERFLOW : (enum flow)reason),
	    SL_FLOWED);
}

/* Solved before anybody had it: nobody will answer it now. */
static enum inconsistency
withdraw(struct act *a)
{
	return leave(a, OUTCOME_FLOWED, S_FLOW + FLOW_WITHDRAWN, SL_FLOWED);
}

static enum inconsistency
ask_callback(struct act *a)
{
	return leave(a, OUTCOME_CALLBACK, S_CALLBACK, SL_CALLBACK);
}

/* What an event does to a visit that waits, where it may not have looked so. */
static cell *const outcome_cell[EVENT_NKINDS] = {
	[EV_ANSWERED] = answer,
	[EV_ABANDONED] = abandon,
	[EV_FLOWED_OUT] = flow_out,
	[EV_CALLBACK] = ask_callback,
};

/* May a visit begin?  Makes the contact when it is the first. */
static bool
can_begin(struct act *a)
{
	if (a->c == NULL)
		a->c = contact_new(a->e, source_find(a->e, a->ev->source), a->ev->contact);
	return a->c != NULL && contact_has_room(a->e, a->c);
}

/* A visit nobody announced: it began before this event. */
static enum inconsistency
begin_late(struct act *a)
{
	struct visit *v;

	if (!can_begin(a))
		return INC_UNKNOWN_VISIT;
	v = a->v = visit_new(a->e, a->c, a->queue, a->ev->visit);
	v->meant = a->meant;
	v->direction = a->ev->direction;
	v->start = a->at - (a->ev->has & HAS(WAIT_MS) ? a->ev->wait_ms : 0);
	if (visit_is_counted(v)) {
		if (a->e->queues[v->queue].policy.threshold == 0)
			v->sl = SL_UNTRACKED;
		waiting_insert(a->e, v);
		visit_count(a->e, v, second_of(v->start), S_OFFERED, SL_PENDING, NONE, 0, 0);
	} else
		v->sl = SL_UNTRACKED;
	outcome_cell[a->ev->event](a);
	return visit_is_counted(v) ? INC_UNKNOWN_VISIT : INC_NONE;
}

/* Over: but a message that was late itself may undo what a deadline did. */
static enum inconsistency
leave_after_all(struct act *a)
{
	struct visit *v = a->v;

	if (v->closed_at < a->at || v->outcome != OUTCOME_STUCK)
		return INC_AFTER_END;
	if (visit_is_counted(v)) {
		visit_uncount(a->e, v, second_of(v->closed_at), S_STUCK, SL_PENDING);
		waiting_insert(a->e, v);
	}
	v->closed_at = -1;
	v->state = VISIT_WAITING;
	v->outcome = OUTCOME_NONE;
	return outcome_cell[a->ev->event](a);
}

/* Returns talk and hold. */
static int64_t
count_handled(struct act *a)
{
	struct visit *v = a->v;
	int64_t hold = v->held + (v->on_hold ? later(0, a->at - v->phase) : 0), talk;

	if (a->ev->has & HAS(HOLD_MS))
		hold = a->ev->hold_ms;
	talk = a->ev->has & HAS(TALK_MS) ? a->ev->talk_ms : later(0, a->at - v->begun - hold);
	visit_count(a->e, v, second_of(a->at), S_HANDLED, SL_PENDING, v->agent, talk, hold);
	visit_stop_handling(a->e, v, a->at);
	visit_stop_ringing(a->e, v, a->at);
	return talk + hold;
}

/* How much after-contact work is to come: ms, 0, or MSEC_NEVER: until wrapped. */
static int64_t
work_to_come(const struct act *a)
{
	const struct event *ev = a->ev;

	if (a->v->agent == NONE || (ev->has & HAS(ACW) && !ev->acw))
		return 0;
	if (ev->has & HAS(ACW_MS))
		return ev->acw_ms;
	if (ev->has & HAS(ACW))
		return ev->event == EV_ENDED ? MSEC_NEVER : 0;
	return a->e->queues[a->v->queue].policy.wrapup;
}

/* The agent's part in it is over, but for what she does after. */
static void
stop_handling(struct act *a)
{
	int64_t worked = count_handled(a), length = work_to_come(a);

	if (length == 0)
		visit_done(a->e, a->v, worked);
	else
		work_begin(a->e, a->v, later(a->at, a->v->phase), length, worked);
}

static enum inconsistency
end(struct act *a)
{
	stop_handling(a);
	a->v->state = VISIT_OVER;
	return INC_NONE;
}

static enum inconsistency
end_between(struct act *a)
{
	visit_stop_ringing(a->e, a->v, a->at);
	a->v->state = VISIT_OVER;
	return INC_NONE;
}

/* The answer was never seen: how long it took cannot be known. */
static void
count_unknown(struct act *a)
{
	struct sample s = { .queue = a->queue & SAMPLE_NONE,
		.kind = S_HANDLED_UNKNOWN,
		.agent = a->agent & SAMPLE_NONE };

	sample_add(a->e, second_of(a->at), &s);
}

static enum inconsistency
end_unanswered(struct act *a)
{
	if (!visit_is_counted(a->v)) { /* dialled, nobody there */
		visit_leave_waiting(a->e, a->v, OUTCOME_NONE, a->at);
		return INC_NONE;
	}
	visit_become_stuck(a->e, a->v, a->at);
	count_unknown(a);
	return INC_UNANSWERED;
}

static enum inconsistency
end_unknown(struct act *a)
{
	count_unknown(a);
	return INC_UNKNOWN_VISIT;
}

/* Closed as stuck while handled, by a deadline after this event's time? */
static bool
handled_after_all(struct act *a)
{
	struct visit *v = a->v;

	if (v->closed_at < a->at || v->outcome == OUTCOME_STUCK || v->agent == NONE)
		return false;
	visit_uncount(a->e, v, second_of(v->closed_at), S_STUCK_HANDLING, SL_PENDING);
	agent_undo(
	    a->e, v->agent, later(v->closed_at, v->phase), v->on_hold ? OP_HOLD_END : OP_TALK_END);
	a->e->agents[v->agent].contacts_now++;
	a->e->queues[v->queue].in_progress++;
	v->closed_at = -1;
	v->state = VISIT_HANDLING;
	return true;
}

static enum inconsistency
end_over(struct act *a)
{
	return handled_after_all(a) ? end(a) : INC_AFTER_END;
}

static void
count_for(struct act *a, enum sample_kind kind, uint32_t agent)
{
	struct sample s = {
		.queue = a->queue & SAMPLE_NONE, .kind = (uint8_t)kind, .agent = agent & SAMPLE_NONE
	};

	sample_add(a->e, second_of(a->at), &s);
}

static enum inconsistency
transfer(struct act *a)
{
	struct visit *v = a->v;

	count_for(a, S_TRANSFERRED, v->agent);
	stop_handling(a);
	v->state = a->ev->has & HAS(TO_AGENT) ? VISIT_BETWEEN : VISIT_OVER;
	v->phase = later(a->at, v->phase);
	return INC_NONE;
}

static enum inconsistency
transfer_unanswered(struct act *a)
{
	count_for(a, S_TRANSFERRED, a->agent);
	return end_unanswered(a);
}

static enum inconsistency
transfer_between(struct act *a)
{
	count_for(a, S_TRANSFERRED, a->agent);
	return INC_AFTER_END;
}

static enum inconsistency
transfer_over(struct act *a)
{
	return handled_after_all(a) ? transfer(a) : transfer_between(a);
}

static enum inconsistency
transfer_unknown(struct act *a)
{
	count_for(a, S_TRANSFERRED, a->agent);
	return INC_UNKNOWN_VISIT;
}

static enum inconsistency
ring(struct act *a)
{
	struct offer *o;

	for (o = a->v->ringing; o != NULL; o = o->next)
		if (o->agent == a->agent)
			return INC_NONE;
	if (a->agent == NONE)
		return INC_NONE;
	o = memory_new(&a->e->memory, sizeof(*o));
	*o = (struct offer){ .next = a->v->ringing, .agent = a->agent, .since = a->at };
	a->v->ringing = o;
	agent_turn(a->e, a->agent, a->at, OP_RING, 0);
	return INC_NONE;
}

static enum inconsistency
miss(struct act *a)
{
	struct offer **p, *o;

	count_for(a, S_MISSED, a->agent);
	if (a->v == NULL)
		return INC_UNKNOWN_VISIT;
	for (p = &a->v->ringing; (o = *p) != NULL; p = &o->next)
		if (o->agent == a->agent) {
			*p = o->next;
			agent_do(a->e, o->agent, later(a->at, o->since), OP_RING_END, 0);
			memory_free(&a->e->memory, o, sizeof(*o));
			break;
		}
	return INC_NONE;
}

static enum inconsistency
hold_or_resume(struct act *a)
{
	struct visit *v = a->v;
	bool hold = a->ev->event == EV_HELD;
	msec_t at = later(a->at, v->phase);

	if (a->agent != v->agent)
		return INC_NOT_HANDLING;
	if (v->on_hold == hold)
		return INC_NONE;
	if (v->on_hold)
		v->held += at - v->phase;
	v->on_hold = hold;
	v->phase = at;
	agent_do(a->e, v->agent, at, hold ? OP_TALK_END : OP_HOLD_END, 0);
	agent_do(a->e, v->agent, at, hold ? OP_HOLD : OP_RESUME, 0);
	return INC_NONE;
}

static enum inconsistency
escalate(struct act *a)
{
	count_for(a, S_ESCALATED, a->agent);
	return a->v == NULL ? INC_UNKNOWN_VISIT : INC_NONE;
}

/* The newest after-contact work of that agent on the contact in this queue. */
static struct work *
find_work(const struct act *a)
{
	struct visit *v;
	struct work *w;

	for (v = a->c == NULL ? NULL : a->c->visits; v != NULL; v = v->next)
		for (w = v->works; w != NULL; w = w->next)
			if (v->queue == a->queue && v->meant == a->meant && w->agent == a->agent)
				return w;
	return NULL;
}

static enum inconsistency
wrap(struct act *a)
{
	struct work *w = find_work(a);

	if (w == NULL)
		return INC_WRAPPED_UNASKED;
	work_wrap(
	    a->e, w, a->at, a->ev->has & HAS(ACW_MS) ? a->ev->acw_ms : later(0, a->at - w->since));
	return INC_NONE;
}

/* What a message from before that says otherwise is believed. */
static enum inconsistency
lose(struct act *a)
{
	struct visit *v = a->v;

	if (v->state == VISIT_WAITING || v->state == VISIT_HANDLING)
		v->closed_at = a->at;
	visit_lose(a->e, v, a->at);
	return INC_NONE;
}

static enum inconsistency
answered_already(struct act *a)
{
	(void)a;
	return INC_ANSWERED_AGAIN;
}

static enum inconsistency
after_answer(struct act *a)
{
	(void)a;
	return INC_AFTER_ANSWER;
}

static enum inconsistency
after_end(struct act *a)
{
	(void)a;
	return INC_AFTER_END;
}

static enum inconsistency
unknown(struct act *a)
{
	(void)a;
	return INC_UNKNOWN_VISIT;
}

static enum inconsistency
not_handling(struct act *a)
{
	(void)a;
	return INC_NOT_HANDLING;
}

#define NO_VISIT VISIT_NSTATES

/* clang-format off */
#define LEAVES(sym, how) [EV_##sym] = { [VISIT_WAITING] = how, [VISIT_HANDLING] = after_answer, \
	[VISIT_BETWEEN] = after_answer, [VISIT_OVER] = leave_after_all, [NO_VISIT] = begin_late }
#define ALWAYS(sym, how) [EV_##sym] = { how, how, how, how, how }

static cell *const table[EVENT_NKINDS][VISIT_NSTATES + 1] = {
	[EV_ANSWERED] = { [VISIT_WAITING] = answer, [VISIT_HANDLING] = answered_already,
	    [VISIT_BETWEEN] = answer_again, [VISIT_OVER] = leave_after_all, [NO_VISIT] = begin_late },
	LEAVES(ABANDONED, abandon),
	LEAVES(FLOWED_OUT, flow_out),
	LEAVES(CALLBACK, ask_callback),
	[EV_ENDED] = { [VISIT_WAITING] = end_unanswered, [VISIT_HANDLING] = end,
	    [VISIT_BETWEEN] = end_between, [VISIT_OVER] = end_over, [NO_VISIT] = end_unknown },
	[EV_TRANSFERRED] = { [VISIT_WAITING] = transfer_unanswered, [VISIT_HANDLING] = transfer,
	    [VISIT_BETWEEN] = transfer_between, [VISIT_OVER] = transfer_over, [NO_VISIT] = transfer_unknown },
	[EV_RESOLVED] = { [VISIT_WAITING] = withdraw },
	[EV_RINGING] = { [VISIT_WAITING] = ring, [VISIT_HANDLING] = ring, [VISIT_BETWEEN] = ring,
	    [VISIT_OVER] = after_end, [NO_VISIT] = unknown },
	[EV_HELD] = { not_handling, [VISIT_HANDLING] = hold_or_resume, [VISIT_BETWEEN] = not_handling,
	    [VISIT_OVER] = not_handling, [NO_VISIT] = not_handling },
	[EV_RESUMED] = { not_handling, [VISIT_HANDLING] = hold_or_resume, [VISIT_BETWEEN] = not_handling,
	    [VISIT_OVER] = not_handling, [NO_VISIT] = not_handling },
	[EV_LOST] = { [VISIT_WAITING] = lose, [VISIT_HANDLING] = lose, [VISIT_BETWEEN] = lose,
	    [VISIT_OVER] = after_end, [NO_VISIT] = unknown },
	ALWAYS(MISSED, miss),
	ALWAYS(ESCALATED, escalate),
	ALWAYS(WRAPPED, wrap),
};
/* clang-format on */

/* ---- queued ---- */

/* A new visit, waiting since then. */
static void
begin(struct act *a)
{
	struct visit *v = visit_new(a->e, a->c, a->queue, a->ev->visit);

	v->meant = a->meant;
	v->direction = a->ev->direction;
	v->start = a->at;
	v->sl = visit_is_counted(v) && a->e->queues[v->queue].policy.threshold > 0 ? SL_PENDING
	                                                                           : SL_UNTRACKED;
	if (!visit_is_counted(v))
		return;
	waiting_insert(a->e, v);
	visit_count(a->e, v, second_of(a->at), S_OFFERED, SL_PENDING, NONE, 0, 0);
}

static enum inconsistency
queued(struct act *a)
{
	bool named = a->ev->has & HAS(VISIT);
	struct visit *open;

	if (a->v != NULL && (named || a->v->state != VISIT_OVER))
		return a->v->state == VISIT_OVER ? INC_AFTER_END : INC_QUEUED_AGAIN;
	for (open = a->c == NULL ? NULL : a->c->visits; open != NULL; open = open->next)
		if (open->queue == a->queue && open->meant == a->meant && open->state != VISIT_OVER)
			break;
	if (open != NULL)
		visit_lose(a->e, open, a->at);
	if (can_begin(a))
		begin(a);
	return open != NULL ? INC_QUEUED_AGAIN : INC_NONE;
}

enum inconsistency
visit_apply(struct engine *e, struct contact *c, struct visit *found, uint32_t queue,
    uint32_t agent, const struct event *ev, msec_t at)
{
	uint64_t meant = queue_meant(e, queue, ev->queue);
	struct act a = { e, c, found, queue, meant, agent, ev, at };
	cell *what;

	if (ev->event == EV_QUEUED)
		return queued(&a);
	if (found != NULL) {
		a.queue = found->queue;
		a.meant = found->meant;
	}
	what = table[ev->event][found == NULL ? NO_VISIT : found->state];
	return what == NULL ? INC_NONE : what(&a);
}
