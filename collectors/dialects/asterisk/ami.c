/* SPDX-License-Identifier: MIT */
/*
 * ami.c: the dialect of Asterisk's manager: each message a block of "Key: value"
 * lines, or the JSON object res_zmq_manager makes of it; events, and the answers
 * to what the input asks after each login.
 *
 * A call is told in pieces, over many messages, so this dialect remembers: the
 * open calls (calls.h), the members of queues (members.h), and when the switch
 * was started.  What each kind of message does is a row below.  All of it is
 * noted (dialect.h), so that after a crash the listing that follows tells what
 * changed and nothing twice.
 *
 * Times are the switch's own (`Timestamp`, with timestampevents=yes).  Where a
 * message has none, as in listings, the switch's clock is reckoned on from when
 * it last showed itself, in each answer to a ping at the latest.
 *
 * Callers' numbers and names are not read.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ami.h"
#include "collectors/dialects/table.h"

static void
ignore(struct ami *a)
{
	(void)a;
}

static const struct {
	const char *event;
	void (*take)(struct ami *);
} events[] = {
	{ "AgentCalled", ami_ring },
	{ "AgentComplete", ami_complete },
	{ "AgentConnect", ami_connect },
	{ "AgentDump", ami_dump },
	{ "AgentLogin", ignore }, /* of app_agent_pool: the device's state says it, too */
	{ "AgentLogoff", ignore },
	{ "AgentRingNoAnswer", ami_miss },
	{ "Agents", ignore },
	{ "AgentsComplete", ignore },
	{ "AttendedTransfer", ami_attended_transfer },
	{ "BlindTransfer", ami_blind_transfer },
	{ "CoreShowChannel", ami_channel },
	{ "CoreShowChannelsComplete", ami_channels_listed },
	{ "FullyBooted", ami_booted },
	{ "Hangup", ami_hangup },
	{ "Hold", ami_hold },
	{ "QueueCallerAbandon", ami_abandon },
	{ "QueueCallerJoin", ami_join },
	{ "QueueCallerLeave", ami_leave },
	{ "QueueEntry", ami_entry },
	{ "QueueMember", ami_listed_member },
	{ "QueueMemberAdded", ami_member },
	{ "QueueMemberPause", ami_member },
	{ "QueueMemberPenalty", ami_member },
	{ "QueueMemberRemoved", ami_member_removed },
	{ "QueueMemberRinginuse", ami_member },
	{ "QueueMemberStatus", ami_member },
	{ "QueueParams", ignore },
	{ "QueueStatusComplete", ami_members_listed },
	{ "QueueSummary", ignore },
	{ "QueueSummaryComplete", ignore },
	{ "Shutdown", ignore }, /* what becomes of it shows at the next login */
	{ "Unhold", ami_unhold },
	{ "VarSet", ami_variable },
};

/* What is not of queues is another's business, and not worth a word. */
static void
skip(struct ami *a, struct str event)
{
	if ((str_begins(event, "Queue") || str_begins(event, "Agent")) &&
	    name_check(event, 1, NAME_MAX_BYTES) == REFUSAL_NONE)
		a->res->detail = event;
}

static void
take(struct ami *a)
{
	struct str event = ami_field(a, "Event");

	if (event.n == 0 && ami_field(a, "Response").n > 0)
		return ami_response(a);
	if (event.n == 0)
		return ami_refuse(a, REFUSAL_UNKNOWN_EVENT, NULL);
	for (size_t i = 0; i < COUNTOF(events); i++)
		if (str_is(event, events[i].event))
			return events[i].take(a);
	skip(a, event);
}

/* ---- the time */

/* "1700000000.123456", to the ms; at most 10 digits before the point. */
static msec_t
parse_stamp(struct str text)
{
	msec_t ms = 0, unit = MSEC_PER_SEC / 10;
	uint32_t i;

	for (i = 0; i < text.n && text.p[i] >= '0' && text.p[i] <= '9' && i < 10; i++)
		ms = ms * 10 + (text.p[i] - '0') * MSEC_PER_SEC;
	if (i == 0 || (i < text.n && text.p[i] != '.'))
		return -1;
	for (i++; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++, unit /= 10)
		ms += (text.p[i] - '0') * unit;
	return i >= text.n && ms <= TIME_HIGH ? ms : -1;
}

/* Recordings do not say when a message came: then the last time holds. */
static void
tell_time(struct ami *a, msec_t received)
{
	struct str text = ami_field(a, "Timestamp");
	msec_t stamp = text.n > 0 ? parse_stamp(text) : -1;

	if (text.n > 0 && stamp < 0)
		return ami_refuse(a, REFUSAL_ILL_TYPED, "time");
	if (stamp >= 0) {
		a->stamp = stamp;
		a->stamped = received;
	}
	a->now = a->received = received;
	if (a->stamp > 0)
		a->now = a->stamp + (received > a->stamped ? received - a->stamped : 0);
	if (a->now <= 0)
		return ami_refuse(a, REFUSAL_MISSING, "time");
	if (a->now > TIME_HIGH)
		ami_refuse(a, REFUSAL_BAD_VALUE, "time");
}

/* ---- a message */

static bool
step(struct ami *a)
{
	static bool (*const steps[])(
	    struct ami *, uint32_t *) = { ami_sweep_members, ami_sweep_calls, ami_calls_due };

	for (unsigned i = 0; i < COUNTOF(steps); i++) {
		if ((a->work >> i & 1) == 0)
			continue;
		if (!steps[i](a, &a->at[i])) {
			a->work &= ~(1u << i);
			a->at[i] = 0;
		}
		return true;
	}
	return false;
}

static void
work(struct ami *a)
{
	struct dialect_result *res = a->res;

	while (a->work != 0 && res->n + AMI_STEP_EVENTS <= DIALECT_EVENTS_MAX)
		(void)step(a);
	res->more = a->work != 0;
}

static void
read_message(struct ami *a, struct str text, msec_t received)
{
	enum refusal why = ami_message_read(&a->msg, text);

	if (why != REFUSAL_NONE)
		return ami_refuse(a, why, NULL);
	tell_time(a, received);
	if (!ami_refused(a))
		take(a);
	if (!ami_refused(a) && a->now >= a->next_due)
		a->work |= WORK_DUE;
}

static void
ami_decode(void *state, const char *msg, size_t len, msec_t received, struct dialect_result *res)
{
	struct ami *a = state;

	a->res = res;
	a->ntexts = 0;
	a->msg.n = 0;
	res->n = 0;
	res->more = false;
	res->why = REFUSAL_NONE;
	res->source = res->detail = STR_NONE;
	if (len > EVENT_BODY_MAX)
		ami_refuse(a, REFUSAL_OVERSIZED, NULL);
	else if (msg != NULL)
		read_message(a, (struct str){ msg, (uint32_t)len }, received);
	if (!ami_refused(a))
		return work(a);
	res->n = 0; /* it is refused as a whole */
	res->source = (struct str){ a->source, a->source_len };
}

/* ---- notes: the switch is number 0, then calls and members in turn */

static bool
switch_changed(struct ami *a)
{
	if (a->noted)
		return false;
	jot_begin(&a->note, "switch %" PRId64, a->began);
	(void)jot_line(&a->note, a->startup);
	a->noted = true;
	return true;
}

static bool
ami_changed(void *state, unsigned *number, struct str *note)
{
	struct ami *a = state;
	uint32_t i;

	if (switch_changed(a))
		*number = 0;
	else if (calls_changed(&a->calls, &i, &a->note))
		*number = 1 + 2 * i;
	else if (members_changed(&a->members, &i, &a->note))
		*number = 2 + 2 * i;
	else
		return false;
	*note = jot_text(&a->note);
	return true;
}

static void
recall_switch(struct ami *a, struct str note)
{
	char line[DIALECT_NOTE_MAX + 1], startup[AMI_STARTUP_MAX + 1];
	msec_t began;

	if (!jot_take(&note, line, DIALECT_NOTE_MAX) ||
	    sscanf(line, "switch %" SCNd64, &began) != 1 || began < 0 || began > TIME_HIGH ||
	    !jot_take(&note, startup, AMI_STARTUP_MAX))
		return;
	a->began = began;
	memcpy(a->startup, startup, sizeof(startup));
}

static void
ami_recall(void *state, unsigned number, struct str note)
{
	struct ami *a = state;

	if (number == 0)
		recall_switch(a, note);
	else if (number % 2 == 1)
		(void)calls_recall(&a->calls, number / 2, note);
	else
		(void)members_recall(&a->members, number / 2 - 1, note);
}

/* ---- a switch */

static bool
is_source(const char *source)
{
	return source != NULL && strlen(source) <= NAME_MAX_BYTES &&
	       name_check(str_of(source), 1, NAME_MAX_BYTES) == REFUSAL_NONE;
}

static bool
init(struct ami *a)
{
	if (!ami_message_init(&a->msg))
		return false;
	if (calls_init(&a->calls)) {
		if (members_init(&a->members))
			return true;
		calls_fini(&a->calls);
	}
	ami_message_fini(&a->msg);
	return false;
}

static void *
ami_open(const char *source)
{
	struct ami *a;

	if (!is_source(source)) {
		errno = EINVAL;
		return NULL;
	}
	a = calloc(1, sizeof(*a));
	if (a != NULL && !init(a)) {
		free(a);
		a = NULL;
	}
	if (a == NULL)
		return NULL;
	a->source_len = (uint32_t)strlen(source);
	memcpy(a->source, source, a->source_len);
	a->noted = true;
	return a;
}

static void
ami_close(void *state)
{
	struct ami *a = state;

	members_fini(&a->members);
	calls_fini(&a->calls);
	ami_message_fini(&a->msg);
	free(a);
}

static const struct dialect_memory memory = { ami_changed, ami_recall };

const struct dialect dialect_ami = {
	.name = "ami",
	.text = "events of Asterisk's manager, a block or JSON object a message; needs a source",
	.needs_source = true,
	.open = ami_open,
	.close = ami_close,
	.decode = ami_decode,
	.memory = &memory,
};
