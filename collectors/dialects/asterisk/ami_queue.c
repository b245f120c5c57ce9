/* SPDX-License-Identifier: MIT */
/*
 * ami_queue.c: what happens to calls while they wait in Asterisk's queues.
 *
 * app_queue.c says the same thing in more than one way, and some things not
 * at all:
 *
 *	answered	QueueCallerLeave, then AgentConnect (announcements between)
 *	hung up		QueueCallerAbandon, QueueCallerLeave, Hangup
 *	timed out, nobody there, withdrawn
 *			QueueCallerAbandon too (!), QueueCallerLeave, and VarSet of
 *			QUEUESTATUS, which says which of them it was
 *	left by a key	QueueCallerLeave and nothing else: no QUEUESTATUS is set
 *	AgentDump	the agent hung up during her announcement: the caller
 *			goes on waiting, or leaves and nothing else is said
 *
 * So at an Abandon or a Leave the reason is not known yet: ami_call.c has what a
 * call comes to of which nothing more is said.
 *
 * RingTime is in ms in AgentRingNoAnswer and in seconds in AgentConnect, and is
 * not used; HoldTime is a length in seconds, whatever the manual says.
 */
#include "ami.h"

/* ms by the switch's clock.  The words that follow each other come within a few
 * ms; between a Leave and its AgentConnect a macro may play to the agent. */
#define ABANDON_GRACE INT64_C(2000)
#define LEFT_GRACE INT64_C(60000)
#define SAME_CONTACT_MAX 3 /* rows of one call looked at at once; the rest when due */

/* The call the message is about. */
static struct call *
waiting(struct ami *a)
{
	struct str contact = ami_name(a, "Uniqueid", M_CONTACT, true);
	struct str queue = ami_name(a, "Queue", M_QUEUE, true);

	return ami_refused(a) ? NULL
	                      : ami_call_find(a, PHASE(WAITING) | PHASE(LEFT), contact, queue);
}

/* One that is not known came before anybody listened. */
static struct call *
waiting_since(struct ami *a, int64_t wait_ms)
{
	struct call *c = waiting(a);

	if (c != NULL || ami_refused(a))
		return c;
	return ami_call_found(a, ami_field(a, "Uniqueid"), ami_field(a, "Queue"),
	    a->now - (wait_ms > 0 ? wait_ms : 0));
}

/* ---- in the queue */

/* It is in another queue now: of the one before nothing more will be said. */
static void
leave_others(struct ami *a, struct str contact, struct str queue)
{
	unsigned phases = PHASE(WAITING) | PHASE(LEFT);
	struct call *c = ami_call_find(a, phases, contact, STR_NONE), *next;

	for (int n = 0; c != NULL && n < SAME_CONTACT_MAX; c = next, n++) {
		next = calls_find_next(&a->calls, c, phases, CALL_CONTACT, contact, STR_NONE);
		if (ami_call_is_out(c) || !str_is(queue, c->queue))
			ami_call_settle(a, c);
	}
}

void
ami_join(struct ami *a)
{
	struct str contact = ami_name(a, "Uniqueid", M_CONTACT, true);
	struct str queue = ami_name(a, "Queue", M_QUEUE, true);

	if (ami_refused(a))
		return;
	leave_others(a, contact, queue);
	if (ami_call_find(a, PHASE(WAITING), contact, queue) == NULL)
		ami_call_found(a, contact, queue, a->now);
}

void
ami_leave(struct ami *a)
{
	struct str contact = ami_name(a, "Uniqueid", M_CONTACT, true);
	struct str queue = ami_name(a, "Queue", M_QUEUE, true);
	struct call *c;

	if (ami_refused(a) || (c = ami_call_find(a, PHASE(WAITING), contact, queue)) == NULL)
		return;
	c->phase = CALL_LEFT;
	if ((c->facts & FACT_ABANDONED) != 0)
		return calls_change(&a->calls, c);
	c->since = a->now;
	ami_call_wait(a, c, a->now + LEFT_GRACE);
}

void
ami_abandon(struct ami *a)
{
	int64_t wait = ami_seconds(a, "HoldTime", M_WAIT_MS);
	struct call *c = waiting_since(a, wait);

	if (c == NULL || (c->facts & FACT_ABANDONED) != 0)
		return;
	c->facts |= FACT_ABANDONED;
	c->wait_ms = wait;
	c->since = a->now;
	ami_call_wait(a, c, a->now + ABANDON_GRACE);
}

/* CONTINUE comes after a talk, and JOIN... and FULL of who was never in. */
static const char *
reason_of(struct str status)
{
	static const char *const reasons[][2] = {
		{ "TIMEOUT", "timeout" },
		{ "FULL", "full" },
		{ "JOINEMPTY", "no_agent" },
		{ "LEAVEEMPTY", "no_agent" },
		{ "JOINUNAVAIL", "no_agent" },
		{ "LEAVEUNAVAIL", "no_agent" },
		{ "CONTINUE", "overflow" },
		{ "WITHDRAW", "withdrawn" },
	};

	for (size_t i = 0; i < COUNTOF(reasons); i++)
		if (str_is(status, reasons[i][0]))
			return reasons[i][1];
	return NULL;
}

/* A variable has no queue: what is said is said of the one it just left. */
void
ami_variable(struct ami *a)
{
	const char *reason = reason_of(ami_field(a, "Value"));
	struct str contact = ami_id(a, "Uniqueid");
	struct call *c = NULL;

	if (!ami_is(a, "Variable", "QUEUESTATUS") || reason == NULL)
		return;
	c = ami_call_find(a, PHASE(LEFT) | PHASE(WAITING), contact, STR_NONE);
	while (c != NULL && !ami_call_is_out(c))
		c = calls_find_next(
		    &a->calls, c, PHASE(LEFT) | PHASE(WAITING), CALL_CONTACT, contact, STR_NONE);
	if (c != NULL)
		ami_call_flow_out(a, c, reason);
}

void
ami_ring(struct ami *a)
{
	struct str agent = ami_name(a, "MemberName", M_AGENT, true);
	struct call *c = waiting_since(a, 0);

	if (c == NULL)
		return;
	c->facts &= (uint8_t)~FACT_DUMPED;
	calls_change(&a->calls, c);
	ami_call_tell_agent(a, c, EV_RINGING, agent);
}

void
ami_miss(struct ami *a)
{
	struct str agent = ami_name(a, "MemberName", M_AGENT, true);
	struct call *c = waiting(a);

	if (c != NULL)
		ami_call_tell_agent(a, c, EV_MISSED, agent);
}

void
ami_dump(struct ami *a)
{
	struct str agent = ami_name(a, "MemberName", M_AGENT, true);
	struct call *c = waiting(a);

	if (c == NULL)
		return;
	c->facts |= FACT_DUMPED;
	calls_change(&a->calls, c);
	ami_call_tell_agent(a, c, EV_MISSED, agent);
}
