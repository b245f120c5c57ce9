/* SPDX-License-Identifier: MIT */
/*
 * ami_talk.c: what happens to calls of Asterisk's queues that have an agent.
 *
 * AgentComplete says how a talk ended, but not always of which call: the caller's
 * channel may be another by then, or gone, and with it all ids in the message.
 * Then it is the call in that queue of that agent.  Of a transfer it says that,
 * and BlindTransfer or AttendedTransfer where to, and either may be first.
 *
 * TalkTime is in seconds and has the holds in it; a hold is said at times twice,
 * and by either end of the call.
 */
#include "ami.h"

#define TRANSFER_GRACE INT64_C(2000) /* ms by the switch's clock */
#define SAME_CONTACT_MAX 3 /* rows of one call looked at at once; the rest when due */

enum leg { LEG_AGENT = 1, LEG_CALLER = 2, LEG_OTHER = 4 };

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
	ami_call_wait(a, c, c->begun + AMI_DAY);
	ami_call_tell(a, c, EV_ANSWERED, at);
	ami_give(a, M_AGENT, agent);
	if (wait_ms >= 0)
		ami_give_int(a, M_WAIT_MS, wait_ms);
}

void
ami_call_answered(struct ami *a, struct call *c, struct str agent)
{
	begin_talk(a, c, agent, a->now, -1);
}

/* By the id of the call, or by what all its channels share: it may have come
 * to another channel. */
static struct call *
match(struct ami *a, unsigned phases, struct str contact, struct str queue)
{
	struct call *c = ami_call_find(a, phases, contact, queue);

	if (c == NULL)
		c = calls_find(&a->calls, phases, CALL_LINKED, ami_id(a, "Linkedid"), queue);
	return c;
}

/* The call's talk with that agent: there may be another, when it was transferred
 * back to its queue. */
static struct call *
talk_of(struct ami *a, struct str contact, struct str queue, struct str agent)
{
	struct call *c = ami_call_find(a, PHASE(TALKING), contact, queue);

	while (c != NULL && !str_is(agent, c->agent))
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
		c = ami_call_add(a, contact, queue, a->now - (wait > 0 ? wait : 0));
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
		c = ami_call_add(a, contact, queue, at - (wait > 0 ? wait : 0));
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
		return ami_call_end(a, c, "customer");
	if (!ami_is(a, "Reason", "transfer"))
		return ami_call_end(a, c, ami_is(a, "Reason", "agent") ? "agent" : NULL);
	if (c->target[0] != '\0')
		return ami_call_transfer(a, c);
	c->phase = CALL_ENDING;
	ami_call_wait(a, c, a->now + TRANSFER_GRACE);
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
		ami_call_tell_agent(a, c, EV_HELD, str_of(c->agent));
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
	ami_call_tell_agent(a, c, EV_RESUMED, str_of(c->agent));
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
		return ami_call_transfer(a, c);
	c->since = a->now;
	ami_call_wait(a, c, a->now + AMI_HANGUP_GRACE);
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
	ami_call_wait(a, c, a->now + AMI_HANGUP_GRACE);
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
	struct call *c = ami_call_find(a, PHASES_ALL, contact, STR_NONE), *next;

	for (int n = 0; c != NULL && n < SAME_CONTACT_MAX; c = next, n++) {
		next = calls_find_next(&a->calls, c, PHASES_ALL, CALL_CONTACT, contact, STR_NONE);
		hang_up(a, c);
	}
	hang_up_agent(a);
}
