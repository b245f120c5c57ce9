/* SPDX-License-Identifier: MIT */
/*
 * ami_listing.c: what is true now, asked of Asterisk after each login, and what
 * must have happened while nobody listened.
 *
 * QueueStatus tells of members and of who waits, CoreShowChannels of everybody
 * who is on the line.  The channels are asked for last, so who is in neither is
 * gone; nothing says how, and that is what is told.  Live messages come between
 * those of the listing: what they speak of is there.
 *
 * Whether the switch was started anew is said by FullyBooted, in seconds since,
 * before the listing.  CoreStatus says it in the switch's local time, which
 * can only be compared with what it said before, and after the listing; that is
 * for a listing without channels.
 */
#include "ami.h"

/* ms; by so much two reckonings of one start may differ.  A start that is missed
 * costs nothing: its calls are in no listing. */
#define ANEW INT64_C(60000)
#define AGAIN INT64_C(5000) /* ms; by so much two reckonings of one wait may differ */

/* ---- a start */

static void
restart(struct ami *a, msec_t at)
{
	ami_begin(a, EV_RESTARTED, at);
	calls_drop_all(&a->calls);
}

void
ami_booted(struct ami *a)
{
	int64_t uptime = ami_seconds(a, "Uptime", M_TIME);
	/* By our own clock where there is one: the switch did not show its own. */
	msec_t began = (a->received > 0 ? a->received : a->now) - uptime;

	if (ami_refused(a) || uptime < 0 || began <= 0)
		return;
	if (a->began > 0 && began - a->began > ANEW)
		restart(a, began);
	if (a->began > 0 && began - a->began <= ANEW)
		return;
	a->began = began;
	a->startup[0] = '\0';
	a->noted = false;
}

static void
compare_startup(struct ami *a)
{
	struct str date = ami_field(a, "CoreStartupDate"), time = ami_field(a, "CoreStartupTime");
	char startup[AMI_STARTUP_MAX + 1];

	if (date.n == 0 || date.n + 1 + time.n > AMI_STARTUP_MAX || name_check(date, 1, 40) ||
	    name_check(time, 1, 40))
		return;
	memcpy(startup, date.p, date.n);
	startup[date.n] = ' ';
	memcpy(startup + date.n + 1, time.p, time.n);
	startup[date.n + 1 + time.n] = '\0';
	if (strcmp(startup, a->startup) == 0)
		return;
	if (a->startup[0] != '\0') {
		a->anew = true;
		a->work |= WORK_CALLS;
	}
	memcpy(a->startup, startup, sizeof(startup));
	a->noted = false;
}

/* ---- the listing */

static void
begin_listing(struct ami *a)
{
	struct member *m;
	struct call *c;
	uint32_t i = 0;

	while ((c = calls_walk(&a->calls, &i)) != NULL) {
		c->seen = c->present = false;
		c->bridge = 0;
	}
	for (i = 0; (m = members_walk(&a->members, &i)) != NULL; m->bridge = 0)
		m->named = false;
	a->listing = true;
	a->channels = a->anew = false;
}

static void
end_listing(struct ami *a)
{
	a->listing = false;
	a->work |= WORK_CALLS;
}

/* A listing the user may not see is answered by an Error. */
void
ami_response(struct ami *a)
{
	bool granted = ami_is(a, "Response", "Success");

	if (ami_is(a, "Ping", "Pong"))
		ami_begin(a, EV_HEARTBEAT, a->now);
	else if (ami_is(a, "ActionID", "ccmon-queues") && granted)
		begin_listing(a);
	else if (ami_is(a, "ActionID", "ccmon-channels") && a->listing && !granted)
		end_listing(a);
	else if (ami_is(a, "ActionID", "ccmon-status") && granted)
		compare_startup(a);
}

/* Who came back to a queue while nobody listened has another wait. */
void
ami_entry(struct ami *a)
{
	struct str contact = ami_name(a, "Uniqueid", M_CONTACT, true);
	struct str queue = ami_name(a, "Queue", M_QUEUE, true);
	int64_t wait = ami_seconds(a, "Wait", M_WAIT_MS);
	msec_t begun = a->now - (wait > 0 ? wait : 0);
	struct call *c;

	if (ami_refused(a))
		return;
	c = calls_find(&a->calls, PHASES_ALL, CALL_CONTACT, contact, queue);
	if (c != NULL && (c->phase != CALL_WAITING || begun - c->begun > AGAIN)) {
		ami_call_settle(a, c);
		c = NULL;
	}
	if (c == NULL)
		c = ami_call_found(a, contact, queue, begun);
	c->seen = true;
}

void
ami_members_listed(struct ami *a)
{
	if (a->listing)
		a->work |= WORK_MEMBERS;
}

/* FNV-1a; 0 for none. */
static uint64_t
hash(struct str text)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (uint32_t i = 0; i < text.n; i++)
		h = (h ^ (uint8_t)text.p[i]) * UINT64_C(1099511628211);
	return text.n == 0 ? 0 : h | 1;
}

/* A joint between two channels may have gone from the middle of a call that
 * goes on; then any channel of the call will do. */
static void
see_calls(struct ami *a, enum call_word word, struct str id, uint64_t bridge)
{
	struct call *c = calls_find(&a->calls, PHASES_ALL, word, id, STR_NONE);

	for (; c != NULL; c = calls_find_next(&a->calls, c, PHASES_ALL, word, id, STR_NONE)) {
		if (word == CALL_LINKED && (c->facts & FACT_LOCAL) == 0)
			continue;
		c->present = true;
		if (bridge != 0)
			c->bridge = bridge;
	}
}

void
ami_channel(struct ami *a)
{
	struct str channel = ami_field(a, "Channel");
	uint64_t bridge = hash(ami_field(a, "BridgeId"));
	struct member *m;
	uint32_t i = 0;

	if (!a->listing)
		return;
	a->channels = true;
	see_calls(a, CALL_CONTACT, ami_id(a, "Uniqueid"), bridge);
	see_calls(a, CALL_LINKED, ami_id(a, "Linkedid"), bridge);
	while (bridge != 0 && (m = members_walk(&a->members, &i)) != NULL)
		if (member_has_channel(m, channel))
			m->bridge = bridge;
}

void
ami_channels_listed(struct ami *a)
{
	if (!a->listing)
		return;
	a->channels = true;
	end_listing(a);
}

/* ---- what nobody named */

bool
ami_sweep_members(struct ami *a, uint32_t *at)
{
	struct member *m = members_walk(&a->members, at);

	if (m == NULL)
		return false;
	if (!m->named)
		ami_member_drop(a, m);
	return true;
}

/* The member of its queue who is in the same bridge. */
static const struct member *
joined_with(struct ami *a, const struct call *c)
{
	const struct member *m;
	uint32_t i = 0;

	while (c->bridge != 0 && (m = members_walk(&a->members, &i)) != NULL)
		if (m->bridge == c->bridge && strcmp(m->queue, c->queue) == 0)
			return m;
	return NULL;
}

static void
sweep_waiting(struct ami *a, struct call *c)
{
	const struct member *m = joined_with(a, c);

	if (m != NULL)
		ami_call_answered(a, c, str_of(m->agent));
	else if (!c->present)
		ami_call_settle(a, c);
	else if (!ami_call_is_out(c))
		ami_call_left_unseen(a, c);
}

/* Without a list of channels nothing is known of who talks, unless the switch
 * is another. */
bool
ami_sweep_calls(struct ami *a, uint32_t *at)
{
	struct call *c = calls_walk(&a->calls, at);

	if (c == NULL)
		return false;
	if (c->seen)
		return true;
	c->seen = a->channels || c->phase != CALL_TALKING;
	if (a->anew)
		ami_call_lost(a, c);
	else if (c->phase == CALL_WAITING || c->phase == CALL_LEFT)
		sweep_waiting(a, c);
	else if (c->phase == CALL_TALKING && a->channels && c->bridge == 0)
		ami_call_settle(a, c);
	return true;
}
