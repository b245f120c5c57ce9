/* SPDX-License-Identifier: MIT */
/*
 * ami_members.c: what Asterisk says of the members of its queues.
 *
 * Each message is about one row, a queue and an interface, and comes for each
 * queue the member is in, whether anything changed or not.  An agent is logged
 * in while a phone of hers can be reached; where it cannot, she is still a
 * member, and is told as one again when she is back.  What is told is what
 * follows from all of her rows now and did not before (members.h).
 */
#include "ami.h"

#define DEVICE_INVALID "4" /* devicestate.h */
#define DEVICE_UNAVAILABLE "5"

/* What a message says of a row. */
struct said {
	struct str queue, interface, agent, phone, reason;
	bool away, paused;
	msec_t wrapup;
};

/* ---- telling */

static void
begin(struct ami *a, enum event_kind kind, struct str agent)
{
	ami_begin(a, kind, a->now);
	ami_give(a, M_AGENT, agent);
}

static void
tell_membership(struct ami *a, enum event_kind kind, struct str agent, struct str queue)
{
	begin(a, kind, agent);
	ami_give(a, M_CHANNEL, STR_LIT("call"));
	ami_give(a, M_QUEUE, queue);
}

static void
tell_state(struct ami *a, struct str agent, const struct standing *s)
{
	begin(a, EV_STATE, agent);
	ami_give(a, M_STATE, str_of(s->paused ? "paused" : "available"));
	if (s->paused && s->reason[0] != '\0')
		ami_give(a, M_REASON, str_of(s->reason));
}

/* Is one of her rows before this one of the same queue? */
static bool
is_second(struct ami *a, const struct member *m)
{
	return members_in(&a->members, str_of(m->agent), str_of(m->queue)) != m;
}

/* All her queues, each once, a line each; they are copied next to each other. */
static struct str
queues_of(struct ami *a, struct str agent)
{
	struct str all = { a->texts + a->ntexts, 0 };
	const struct member *m;
	uint32_t i = 0;

	while ((m = members_of(&a->members, agent, &i)) != NULL) {
		if (is_second(a, m))
			continue;
		if (all.n > 0)
			all.n += ami_keep(a, STR_LIT("\n")).n;
		all.n += ami_keep(a, str_of(m->queue)).n;
	}
	return all;
}

/* Who logs in says which queues she is in, and whether she is paused. */
static void
tell_login(struct ami *a, struct str agent, const struct standing *s)
{
	begin(a, EV_LOGIN, agent);
	ami_give_lasting(a, M_QUEUES, queues_of(a, agent));
	tell_state(a, agent, s);
}

/* joined: the queue she came to with this message, or none. */
static void
tell_changes(struct ami *a, struct str agent, const struct standing *before, struct str joined)
{
	struct standing now;

	members_standing(&a->members, agent, &now);
	if (now.there && !before->there)
		tell_login(a, agent, &now);
	else if (!now.there && before->there)
		begin(a, EV_LOGOUT, agent);
	else if (now.there) {
		if (joined.n > 0)
			tell_membership(a, EV_JOINED, agent, joined);
		if (!standing_same(&now, before))
			tell_state(a, agent, &now);
	}
}

/* ---- a row */

void
ami_member_drop(struct ami *a, struct member *m)
{
	const struct member gone = *m;
	struct str agent = str_of(gone.agent), queue = str_of(gone.queue);
	struct standing before;

	members_standing(&a->members, agent, &before);
	members_drop(&a->members, m);
	if (before.there && members_in(&a->members, agent, queue) == NULL)
		tell_membership(a, EV_LEFT, agent, queue);
	tell_changes(a, agent, &before, STR_NONE);
}

static size_t
queues_text(struct ami *a, struct str agent)
{
	const struct member *m;
	uint32_t i = 0;
	size_t n = 0;

	while ((m = members_of(&a->members, agent, &i)) != NULL)
		n += strlen(m->queue) + 1;
	return n;
}

/* The row of that member, made if need be; *is_new: she was not in that queue.
 * NULL: refused, there is no room. */
static struct member *
row_of(struct ami *a, const struct said *s, bool *is_new)
{
	struct member *m = members_find(&a->members, s->queue, s->interface);

	*is_new = false;
	if (m != NULL && str_is(s->agent, m->agent))
		return m;
	if (m != NULL) /* the interface is somebody else's now */
		ami_member_drop(a, m);
	*is_new = members_in(&a->members, s->agent, s->queue) == NULL;
	m = queues_text(a, s->agent) + s->queue.n < AMI_QUEUES_TEXT
	        ? members_add(&a->members, s->queue, s->interface, s->agent)
	        : NULL;
	if (m == NULL)
		ami_refuse(a, REFUSAL_TOO_LONG, "queues");
	return m;
}

static bool
set_text(char *to, struct str text)
{
	if (str_is(text, to))
		return false;
	if (text.n > 0)
		memcpy(to, text.p, text.n);
	to[text.n] = '\0';
	return true;
}

static void
set_row(struct ami *a, struct member *m, const struct said *s)
{
	bool changed = m->away != s->away || m->paused != s->paused || m->wrapup != s->wrapup;

	m->named = true;
	m->away = s->away;
	m->paused = s->paused;
	m->wrapup = s->wrapup;
	changed = set_text(m->phone, s->phone) || changed;
	changed = set_text(m->reason, s->reason) || changed;
	if (changed)
		members_change(&a->members, m);
}

static void
take(struct ami *a, const struct said *s)
{
	struct standing before;
	struct member *m;
	bool is_new;

	members_standing(&a->members, s->agent, &before);
	m = row_of(a, s, &is_new);
	if (m == NULL)
		return;
	set_row(a, m, s);
	tell_changes(a, s->agent, &before, is_new ? s->queue : STR_NONE);
}

/* ---- reading */

/* What is only compared, or shown as a reason: bounded by app_queue.c. */
static struct str
bounded(struct ami *a, const char *key, size_t max, enum event_member member)
{
	struct str text = ami_field(a, key);
	enum refusal why = text.n > 0 ? name_check(text, 1, max) : REFUSAL_NONE;

	ami_refuse(a, why, event_members[member].name);
	return why == REFUSAL_NONE ? text : STR_NONE;
}

static bool
is_away(const struct ami *a)
{
	return ami_is(a, "Status", DEVICE_INVALID) || ami_is(a, "Status", DEVICE_UNAVAILABLE);
}

/* The listing calls the same things by other names. */
static bool
read_row(struct ami *a, const char *agent, const char *interface, struct said *s)
{
	int64_t wrapup = ami_seconds(a, "Wrapuptime", M_ACW_MS);

	*s = (struct said){
		.queue = ami_name(a, "Queue", M_QUEUE, true),
		.agent = ami_name(a, agent, M_AGENT, true),
		.interface = bounded(a, interface, INTERFACE_MAX, M_AGENT),
		.phone = bounded(a, "StateInterface", INTERFACE_MAX, M_AGENT),
		.reason = bounded(a, "PausedReason", PAUSE_REASON_MAX, M_REASON),
		.away = is_away(a),
		.paused = ami_is(a, "Paused", "1"),
		.wrapup = wrapup > 0 ? wrapup : 0,
	};
	if (s->interface.n == 0)
		ami_refuse(a, REFUSAL_MISSING, "agent");
	return !ami_refused(a);
}

void
ami_member(struct ami *a)
{
	struct said s;

	if (read_row(a, "MemberName", "Interface", &s))
		take(a, &s);
}

void
ami_listed_member(struct ami *a)
{
	struct said s;

	if (read_row(a, "Name", "Location", &s))
		take(a, &s);
}

void
ami_member_removed(struct ami *a)
{
	struct member *m;
	struct said s;

	if (!read_row(a, "MemberName", "Interface", &s))
		return;
	m = members_find(&a->members, s.queue, s.interface);
	if (m != NULL)
		ami_member_drop(a, m);
}
