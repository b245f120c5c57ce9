/* SPDX-License-Identifier: MIT */
/*
 * ami_calls.c: what happens to the calls in Asterisk's queues.
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
 * So a call that is out of its queue waits for the message that says why, or
 * that nothing more will be said of it: its Hangup, its next queue, or some time.
 * The same goes for a transfer: AgentComplete says that, BlindTransfer and
 * AttendedTransfer where to, and either may be first.
 *
 * RingTime is in ms in AgentRingNoAnswer and in seconds in AgentConnect, and is
 * not used; HoldTime and TalkTime are lengths in seconds, whatever the manual
 * says, and the talk has its holds in it.
 */
#include "ami.h"

/* ms by the switch's clock.  The words that follow each other come within a few
 * ms; between a Leave and its AgentConnect a macro may play to the agent. */
#define ABANDON_GRACE INT64_C(2000)
#define LEFT_GRACE INT64_C(60000)
#define TRANSFER_GRACE INT64_C(2000)
#define HANGUP_GRACE INT64_C(10000)
#define SAME_CONTACT_MAX 3 /* rows of one call looked at at once; the rest when due */

enum leg { LEG_AGENT = 1, LEG_CALLER = 2, LEG_OTHER = 4 };

/* ---- telling */

static void
tell(struct ami *a, const struct call *c, enum event_kind kind, msec_t at)
{
	ami_begin(a, kind, at);
	ami_give(a, M_CHANNEL, STR_LIT("call"));
	ami_give(a, M_QUEUE, str_of(c->queue));
	ami_give(a, M_CONTACT, str_of(c->contact));
}

static void
tell_agent(struct ami *a, const struct call *c, enum event_kind kind, struct str agent)
{
	tell(a, c, kind, a->now);
	ami_give(a, M_AGENT, agent);
}

static void
wait_until(struct ami *a, struct call *c, msec_t due)
{
	c->due = due;
	if (due < a->next_due)
		a->next_due = due;
	calls_change(&a->calls, c);
}

static void
drop(struct ami *a, struct call *c)
{
	calls_drop(&a->calls, c);
}

static void
flow_out(struct ami *a, struct call *c, const char *reason)
{
	tell(a, c, EV_FLOWED_OUT, c->since);
	ami_give(a, M_REASON, str_of(reason));
	if (c->wait_ms >= 0)
		ami_give_int(a, M_WAIT_MS, c->wait_ms);
	drop(a, c);
}

static void
abandon(struct ami *a, struct call *c)
{
	tell(a, c, EV_ABANDONED, c->since);
	if (c->wait_ms >= 0)
		ami_give_int(a, M_WAIT_MS, c->wait_ms);
	drop(a, c);
}

/* The switch's talk has the holds in it. */
static void
tell_talk(struct ami *a, const struct call *c)
{
	const struct member *m = members_in(&a->members, str_of(c->agent), str_of(c->queue));
	int64_t held = c->held_ms < LENGTH_HIGH ? c->held_ms : LENGTH_HIGH;

	ami_give(a, M_AGENT, str_of(c->agent));
	if (c->talk_ms >= 0)
		ami_give_int(a, M_TALK_MS, c->talk_ms > held ? c->talk_ms - held : 0);
	if (held > 0)
		ami_give_int(a, M_HOLD_MS, held);
	if (m != NULL && m->wrapup > 0)
		ami_give_int(a, M_ACW_MS, m->wrapup);
}

static void
end(struct ami *a, struct call *c, const char *by)
{
	tell(a, c, EV_ENDED, c->since);
	if (by != NULL)
		ami_give(a, M_BY, str_of(by));
	tell_talk(a, c);
	drop(a, c);
}

static void
transfer(struct ami *a, struct call *c)
{
	tell(a, c, EV_TRANSFERRED, c->since);
	ami_give(a, M_TO_EXTERNAL, str_of(c->target[0] != '\0' ? c->target : "transfer"));
	tell_talk(a, c);
	drop(a, c);
}

void
ami_call_lost(struct ami *a, struct call *c)
{
	tell(a, c, EV_LOST, a->now);
	drop(a, c);
}

/* ---- out of the queue */

bool
ami_call_is_out(const struct call *c)
{
	return c->phase == CALL_LEFT ||
	       (c->phase == CALL_WAITING && (c->facts & (FACT_ABANDONED | FACT_GONE)) != 0);
}

/* It is on the line, and in no queue: in a moment an agent has it, perhaps. */
void
ami_call_left_unseen(struct ami *a, struct call *c)
{
	c->phase = CALL_LEFT;
	c->facts |= FACT_UNSEEN;
	c->since = a->now;
	wait_until(a, c, a->now + HANGUP_GRACE);
}

/* Nothing more will be said of it: what was said is what happened. */
void
ami_call_settle(struct ami *a, struct call *c)
{
	if (c->phase == CALL_ENDING || (c->phase == CALL_TALKING && c->target[0] != '\0'))
		transfer(a, c);
	else if (c->phase == CALL_TALKING && (c->facts & FACT_GONE) != 0)
		end(a, c, NULL);
	else if (!ami_call_is_out(c) || (c->facts & (FACT_UNSEEN | FACT_ABANDONED)) == FACT_UNSEEN)
		ami_call_lost(a, c);
	else if ((c->facts & FACT_DUMPED) != 0)
		flow_out(a, c, "no_agent");
	else if ((c->facts & (FACT_ABANDONED | FACT_GONE)) != 0)
		abandon(a, c);
	else
		flow_out(a, c, "key");
}

bool
ami_calls_due(struct ami *a, uint32_t *at)
{
	struct call *c;

	if (*at == 0)
		a->next_due = MSEC_NEVER;
	c = calls_walk(&a->calls, at);
	if (c == NULL)
		return false;
	if (c->due <= a->now)
		ami_call_settle(a, c);
	else if (c->due < a->next_due)
		a->next_due = c->due;
	return true;
}

/* ---- finding, and learning of one */

static void
note_channel(struct ami *a, struct call *c)
{
	struct str channel = ami_field(a, "Channel"), local = STR_LIT("Local/");

	if (channel.n > local.n && memcmp(channel.p, local.p, local.n) == 0)
		c->facts |= FACT_LOCAL;
	calls_set(&a->calls, c, CALL_LINKED, ami_id(a, "Linkedid"));
}

static struct call *
add(struct ami *a, struct str contact, struct str queue, msec_t begun)
{
	struct call *c;

	if (calls_full(&a->calls))
		ami_call_lost(a, calls_oldest(&a->calls));
	c = calls_add(&a->calls, contact, queue);
	c->begun = c->since = begun > 0 ? begun : 0;
	c->seen = true;
	note_channel(a, c);
	wait_until(a, c, c->begun + AMI_DAY);
	return c;
}

struct call *
ami_call_found(struct ami *a, struct str contact, struct str queue, msec_t begun)
{
	struct call *c = add(a, contact, queue, begun);

	tell(a, c, EV_QUEUED, c->begun);
	return c;
}

static struct call *
find(struct ami *a, unsigned phases, struct str contact, struct str queue)
{
	struct call *c = calls_find(&a->calls, phases, CALL_CONTACT, contact, queue);

	if (c != NULL)
		c->seen = true;
	return c;
}

/* The call the message is about. */
static struct call *
waiting(struct ami *a)
{
	struct str contact = ami_name(a, "Uniqueid", M_CONTACT, true);
	struct str queue = ami_name(a, "Queue", M_QUEUE, true);

	return ami_refused(a) ? NULL : find(a, PHASE(WAITING) | PHASE(LEFT), contact, queue);
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
	struct call *c = find(a, phases, contact, STR_NONE), *next;

	for (int n = 0; c != NULL && n < SAME_CONTACT_MAX; c = next, n++) {
		next = calls_find_next(&a->calls, c, phases, CALL_CONTACT, contact, STR_NONE);
		if (ami_call_is_out(c) || !str_eq(queue, str_of(c->queue)))
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
	if (find(a, PHASE(WAITING), contact, queue) == NULL)
		ami_call_found(a, contact, queue, a->now);
}

void
ami_leave(struct ami *a)
{
	struct str contact = ami_name(a, "Uniqueid", M_CONTACT, true);
	struct str queue = ami_name(a, "Queue", M_QUEUE, true);
	struct call *c;

	if (ami_refused(a) || (c = find(a, PHASE(WAITING), contact, queue)) == NULL)
		return;
	c->phase = CALL_LEFT;
	if ((c->facts & FACT_ABANDONED) != 0)
		return calls_change(&a->calls, c);
	c->since = a->now;
	wait_until(a, c, a->now + LEFT_GRACE);
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
	wait_until(a, c, a->now + ABANDON_GRACE);
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
		if (str_eq(status, str_of(reasons[i][0])))
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
	c = find(a, PHASE(LEFT) | PHASE(WAITING), contact, STR_NONE);
	while (c != NULL && !ami_call_is_out(c))
		c = calls_find_next(
		    &a->calls, c, PHASE(LEFT) | PHASE(WAITING), CALL_CONTACT, contact, STR_NONE);
	if (c != NULL)
		flow_out(a, c, reason);
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
	tell_agent(a, c, EV_RINGING, agent);
}

void
ami_miss(struct ami *a)
{
	struct str agent = ami_name(a, "MemberName", M_AGENT, true);
	struct call *c = waiting(a);

	if (c != NULL)
		tell_agent(a, c, EV_MISSED, agent);
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
	tell_agent(a, c, EV_MISSED, agent);
}

/* ---- talking */

static void
begin_talk(struct ami *a, struct call *c, struct str agent, msec_t at, int64_t wait_ms)
{
	c->phase = CALL_TALKING;
	c->facts &= FACT_LOCAL;
	c->seen = true;
	c->since = at;
	c->wait_ms = wait_ms;
	calls_name(c->agent, NAME_MAX_BYTES, agent);
	calls_set(&a->calls, c, CALL_PEER, ami_id(a, "DestUniqueid"));
	wait_until(a, c, c->begun + AMI_DAY);
	tell(a, c, EV_ANSWERED, at);
	ami_give(a, M_AGENT, agent);
	if (wait_ms >= 0)
		ami_give_int(a, M_WAIT_MS, wait_ms);
}

void
ami_call_answered(struct ami *a, struct call *c, struct str agent, int64_t wait_ms)
{
	begin_talk(a, c, agent, a->now, wait_ms);
}

/* By the id of the call, or by what all its channels share: it may have come
 * to another channel. */
static struct call *
match(struct ami *a, unsigned phases, struct str contact, struct str queue)
{
	struct call *c = find(a, phases, contact, queue);

	if (c == NULL)
		c = calls_find(&a->calls, phases, CALL_LINKED, ami_id(a, "Linkedid"), queue);
	return c;
}

/* The call's talk with that agent: there may be another, when it was transferred
 * back to its queue. */
static struct call *
talk_of(struct ami *a, struct str contact, struct str queue, struct str agent)
{
	struct call *c = find(a, PHASE(TALKING), contact, queue);

	while (c != NULL && !str_eq(agent, str_of(c->agent)))
		c = calls_find_next(&a->calls, c, PHASE(TALKING), CALL_CONTACT, contact, queue);
	return c;
}

void
ami_connect(struct ami *a)
{
	struct str contact = ami_name(a, "Uniqueid", M_CONTACT, true);
	struct str queue = ami_name(a, "Queue", M_QUEUE, true);
	struct str agent = ami_name(a, "MemberName", M_AGENT, true);
	int64_t wait = ami_seconds(a, "HoldTime", M_WAIT_MS);
	struct call *c;

	if (ami_refused(a))
		return;
	c = talk_of(a, contact, queue, agent);
	if (c != NULL) /* the listing said so before, but not by which channel */
		return calls_set(&a->calls, c, CALL_PEER, ami_id(a, "DestUniqueid"));
	c = match(a, PHASE(WAITING) | PHASE(LEFT), contact, queue);
	if (c == NULL)
		c = add(a, contact, queue, a->now - (wait > 0 ? wait : 0));
	begin_talk(a, c, agent, a->now, wait);
}

static struct call *
talking(struct ami *a, struct str contact, struct str queue, struct str agent)
{
	unsigned phase = PHASE(TALKING);
	struct call *c = talk_of(a, contact, queue, agent);

	if (c == NULL)
		c = match(a, phase, contact, queue);
	if (c == NULL)
		c = calls_find(&a->calls, phase, CALL_PEER, ami_id(a, "DestUniqueid"), queue);
	if (c == NULL)
		c = calls_of_agent(&a->calls, agent, queue);
	return c;
}

/* An AgentConnect was missed: what its end says tells of it as well. */
static struct call *
talked(struct ami *a, struct str contact, struct str queue, struct str agent, int64_t wait)
{
	int64_t talk = ami_seconds(a, "TalkTime", M_TALK_MS);
	msec_t at = a->now - (talk > 0 ? talk : 0);
	struct call *c = match(a, PHASE(WAITING) | PHASE(LEFT), contact, queue);

	if (c == NULL)
		c = add(a, contact, queue, at - (wait > 0 ? wait : 0));
	begin_talk(a, c, agent, at > 0 ? at : 0, wait);
	return c;
}

static void
resume_all(struct ami *a, struct call *c)
{
	if (c->held != 0 && a->now > c->held_at)
		c->held_ms += a->now - c->held_at;
	c->held = 0;
}

static void
complete(struct ami *a, struct call *c)
{
	resume_all(a, c);
	c->since = a->now;
	if (ami_is(a, "Reason", "caller"))
		return end(a, c, "customer");
	if (!ami_is(a, "Reason", "transfer"))
		return end(a, c, ami_is(a, "Reason", "agent") ? "agent" : NULL);
	if (c->target[0] != '\0')
		return transfer(a, c);
	c->phase = CALL_ENDING;
	wait_until(a, c, a->now + TRANSFER_GRACE);
}

/* The caller's channel may be gone, and not in the message. */
void
ami_complete(struct ami *a)
{
	struct str contact = ami_name(a, "Uniqueid", M_CONTACT, false);
	struct str queue = ami_name(a, "Queue", M_QUEUE, true);
	struct str agent = ami_name(a, "MemberName", M_AGENT, true);
	int64_t wait = ami_seconds(a, "HoldTime", M_WAIT_MS);
	int64_t talk = ami_seconds(a, "TalkTime", M_TALK_MS);
	struct call *c;

	if (ami_refused(a))
		return;
	c = talking(a, contact, queue, agent);
	if (c == NULL && contact.n == 0)
		return ami_refuse(a, REFUSAL_MISSING, "contact");
	if (c == NULL)
		c = talked(a, contact, queue, agent, wait);
	c->talk_ms = talk;
	complete(a, c);
}

/* ---- on hold: said twice at times, and by either end */

static struct call *
held(struct ami *a, enum leg *leg)
{
	struct str id = ami_id(a, "Uniqueid");
	struct call *c = calls_find(&a->calls, PHASE(TALKING), CALL_PEER, id, STR_NONE);

	*leg = LEG_AGENT;
	if (c == NULL) {
		c = calls_find(&a->calls, PHASE(TALKING), CALL_CONTACT, id, STR_NONE);
		*leg = LEG_CALLER;
	}
	if (c == NULL) {
		c = calls_find(
		    &a->calls, PHASE(TALKING), CALL_LINKED, ami_id(a, "Linkedid"), STR_NONE);
		*leg = LEG_OTHER;
	}
	return c;
}

void
ami_hold(struct ami *a)
{
	enum leg leg;
	struct call *c = held(a, &leg);

	if (c == NULL)
		return;
	c->seen = true;
	if (c->held == 0) {
		c->held_at = a->now;
		tell_agent(a, c, EV_HELD, str_of(c->agent));
	}
	c->held |= (uint8_t)leg;
	calls_change(&a->calls, c);
}

void
ami_unhold(struct ami *a)
{
	enum leg leg;
	struct call *c = held(a, &leg);

	if (c == NULL || (c->held & leg) == 0)
		return;
	c->seen = true;
	calls_change(&a->calls, c);
	if (c->held != leg) {
		c->held &= (uint8_t)~leg;
		return;
	}
	resume_all(a, c);
	tell_agent(a, c, EV_RESUMED, str_of(c->agent));
}

/* ---- transferred */

/* Whoever it is that transfers, one of these is an end of the call. */
static struct call *
transferred(struct ami *a)
{
	static const char *const keys[] = { "TransfererUniqueid", "OrigTransfererUniqueid",
		"SecondTransfererUniqueid", "TransfereeUniqueid" };
	unsigned phases = PHASE(TALKING) | PHASE(ENDING);
	struct call *c = NULL;

	for (size_t i = 0; i < COUNTOF(keys) && c == NULL; i++) {
		struct str id = ami_id(a, keys[i]);

		c = calls_find(&a->calls, phases, CALL_PEER, id, STR_NONE);
		if (c == NULL)
			c = calls_find(&a->calls, phases, CALL_CONTACT, id, STR_NONE);
	}
	return c;
}

/* Where to; a text that is no name is none. */
static void
send_to(struct ami *a, struct call *c, struct str target)
{
	if (name_check(target, 1, ID_MAX_BYTES) != REFUSAL_NONE)
		target = STR_LIT("transfer");
	calls_name(c->target, ID_MAX_BYTES, target);
	c->seen = true;
	if (c->phase == CALL_ENDING)
		return transfer(a, c);
	c->since = a->now;
	wait_until(a, c, a->now + HANGUP_GRACE);
}

/* As an extension, as the log says it: what answers there it does not know. */
void
ami_blind_transfer(struct ami *a)
{
	struct str exten = ami_id(a, "Extension"), context = ami_id(a, "Context");
	struct call *c = transferred(a);
	char target[2 * ID_MAX_BYTES + 1];

	if (c == NULL || !ami_is(a, "Result", "Success"))
		return;
	if (exten.n > 0)
		memcpy(target, exten.p, exten.n);
	target[exten.n] = '@';
	if (context.n > 0)
		memcpy(target + exten.n + 1, context.p, context.n);
	send_to(a, c, (struct str){ target, exten.n + 1 + context.n });
}

/* Ids of bridges and channels mean nothing to anybody: the shape is named, as
 * in the log.  After Threeway the agent is still in it. */
void
ami_attended_transfer(struct ami *a)
{
	static const char *const shapes[][2] = { { "Bridge", "BRIDGE" }, { "Link", "LINK" } };
	struct call *c = transferred(a);

	if (c == NULL || !ami_is(a, "Result", "Success"))
		return;
	if (ami_is(a, "DestType", "App"))
		return send_to(a, c, ami_field(a, "DestApp"));
	for (size_t i = 0; i < COUNTOF(shapes); i++)
		if (ami_is(a, "DestType", shapes[i][0]))
			return send_to(a, c, str_of(shapes[i][1]));
}

/* ---- hung up */

static void
hang_up(struct ami *a, struct call *c)
{
	c->seen = true;
	if (c->phase == CALL_ENDING || (c->phase == CALL_TALKING && c->target[0] != '\0'))
		return; /* its time comes by itself */
	if (ami_call_is_out(c))
		return ami_call_settle(a, c);
	if (c->phase == CALL_TALKING && (c->facts & FACT_LOCAL) != 0)
		return; /* taken out of the middle, perhaps */
	c->facts |= FACT_GONE;
	c->since = a->now;
	wait_until(a, c, a->now + HANGUP_GRACE);
}

/* Taken from her, a call goes on without her, and its end comes at its very end,
 * without the id of a channel. */
static void
hang_up_agent(struct ami *a)
{
	struct call *c =
	    calls_find(&a->calls, PHASE(TALKING), CALL_PEER, ami_id(a, "Uniqueid"), STR_NONE);

	if (c == NULL)
		return;
	c->facts |= FACT_AGENT_GONE;
	calls_change(&a->calls, c);
}

void
ami_hangup(struct ami *a)
{
	struct str contact = ami_id(a, "Uniqueid");
	struct call *c = find(a, PHASES_ALL, contact, STR_NONE), *next;

	for (int n = 0; c != NULL && n < SAME_CONTACT_MAX; c = next, n++) {
		next = calls_find_next(&a->calls, c, PHASES_ALL, CALL_CONTACT, contact, STR_NONE);
		hang_up(a, c);
	}
	hang_up_agent(a);
}
