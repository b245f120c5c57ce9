/* SPDX-License-Identifier: MIT */
/*
 * ami_call.c: one call of Asterisk's: how it is learnt of, what is told of it, and
 * what it comes to when nothing more is said.
 *
 * A call that is out of its queue waits for the message that says why, or that
 * nothing more will be said of it: its Hangup, its next queue, or some time.  So
 * does one that was transferred, or whose channel is gone.  Time goes on with
 * each message, of which a ping is one.
 */
#include "ami.h"

/* ---- telling */

void
ami_call_tell(struct ami *a, const struct call *c, enum event_kind kind, msec_t at)
{
	ami_begin(a, kind, at);
	ami_give(a, M_CHANNEL, STR_LIT("call"));
	ami_give(a, M_QUEUE, str_of(c->queue));
	ami_give(a, M_CONTACT, str_of(c->contact));
}

void
ami_call_tell_agent(struct ami *a, const struct call *c, enum event_kind kind, struct str agent)
{
	ami_call_tell(a, c, kind, a->now);
	ami_give(a, M_AGENT, agent);
}

void
ami_call_wait(struct ami *a, struct call *c, msec_t due)
{
	c->due = due;
	if (due < a->next_due)
		a->next_due = due;
	calls_change(&a->calls, c);
}

void
ami_call_flow_out(struct ami *a, struct call *c, const char *reason)
{
	ami_call_tell(a, c, EV_FLOWED_OUT, c->since);
	ami_give(a, M_REASON, str_of(reason));
	if (c->wait_ms >= 0)
		ami_give_int(a, M_WAIT_MS, c->wait_ms);
	calls_drop(&a->calls, c);
}

static void
abandon(struct ami *a, struct call *c)
{
	ami_call_tell(a, c, EV_ABANDONED, c->since);
	if (c->wait_ms >= 0)
		ami_give_int(a, M_WAIT_MS, c->wait_ms);
	calls_drop(&a->calls, c);
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

void
ami_call_end(struct ami *a, struct call *c, const char *by)
{
	ami_call_tell(a, c, EV_ENDED, c->since);
	if (by != NULL)
		ami_give(a, M_BY, str_of(by));
	tell_talk(a, c);
	calls_drop(&a->calls, c);
}

void
ami_call_transfer(struct ami *a, struct call *c)
{
	ami_call_tell(a, c, EV_TRANSFERRED, c->since);
	ami_give(a, M_TO_EXTERNAL, str_of(c->target[0] != '\0' ? c->target : "transfer"));
	tell_talk(a, c);
	calls_drop(&a->calls, c);
}

void
ami_call_lost(struct ami *a, struct call *c)
{
	ami_call_tell(a, c, EV_LOST, a->now);
	calls_drop(&a->calls, c);
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
	ami_call_wait(a, c, a->now + AMI_HANGUP_GRACE);
}

/* Nothing more will be said of it: what was said is what happened. */
void
ami_call_settle(struct ami *a, struct call *c)
{
	if (c->phase == CALL_ENDING || (c->phase == CALL_TALKING && c->target[0] != '\0'))
		ami_call_transfer(a, c);
	else if (c->phase == CALL_TALKING && (c->facts & FACT_GONE) != 0)
		ami_call_end(a, c, NULL);
	else if (!ami_call_is_out(c) || (c->facts & (FACT_UNSEEN | FACT_ABANDONED)) == FACT_UNSEEN)
		ami_call_lost(a, c);
	else if ((c->facts & FACT_DUMPED) != 0)
		ami_call_flow_out(a, c, "no_agent");
	else if ((c->facts & (FACT_ABANDONED | FACT_GONE)) != 0)
		abandon(a, c);
	else
		ami_call_flow_out(a, c, "key");
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
	struct str channel = ami_field(a, "Channel");

	if (str_begins(channel, "Local/"))
		c->facts |= FACT_LOCAL;
	calls_set(&a->calls, c, CALL_LINKED, ami_id(a, "Linkedid"));
}

struct call *
ami_call_add(struct ami *a, struct str contact, struct str queue, msec_t begun)
{
	struct call *c;

	if (calls_full(&a->calls))
		ami_call_lost(a, calls_oldest(&a->calls));
	c = calls_add(&a->calls, contact, queue);
	c->begun = c->since = begun > 0 ? begun : 0;
	c->seen = true;
	note_channel(a, c);
	ami_call_wait(a, c, c->begun + AMI_DAY);
	return c;
}

struct call *
ami_call_found(struct ami *a, struct str contact, struct str queue, msec_t begun)
{
	struct call *c = ami_call_add(a, contact, queue, begun);

	ami_call_tell(a, c, EV_QUEUED, c->begun);
	return c;
}

struct call *
ami_call_find(struct ami *a, unsigned phases, struct str contact, struct str queue)
{
	struct call *c = calls_find(&a->calls, phases, CALL_CONTACT, contact, queue);

	if (c != NULL)
		c->seen = true;
	return c;
}
