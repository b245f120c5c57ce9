/* SPDX-License-Identifier: MIT */
/*
 * members.c: callers in FreeSWITCH's queues, from callcenter::info
 * and the events of their channels.
 *
 * bridge-agent-start says that an agent took the call, before she hears an
 * announcement and before the two are joined; when that fails the caller waits
 * on, also when their channels were bridged.  So `answered` is told when the
 * switch has them for joined, with the time and the wait of when the agent took
 * it: when she is "In a queue call", or at whatever else shows it; after a grace
 * where agents' states are not heard of.
 *
 * The switch is silent on some ways out.  What ended is closed when a channel
 * did and nothing came of it within the grace, by the time of later messages.
 * A member nobody announced is begun by whatever names the time it joined.
 */
#include <inttypes.h>
#include <stdio.h>

#include <ccmon/event.h>

#include "members.h"

/* ---- telling */

void
fs_member_tell(struct freeswitch *fs, const struct fs_member *m, enum event_kind kind, msec_t at)
{
	char visit[FS_NAME_MAX + 24]; /* bytes; a number has no more than 20 */
	int n = snprintf(visit, sizeof(visit), "%.*s", m->uuid.n, m->uuid.p);

	if (m->again != 0)
		n += snprintf(visit + n, sizeof(visit) - (size_t)n, "-%" PRId64, m->again);
	fs_tell(fs, kind, at);
	fs_give(fs, M_CHANNEL, STR_LIT("call"));
	fs_give_name(fs, M_QUEUE, &m->queue);
	fs_give_name(fs, M_CONTACT, &m->session);
	fs_give(fs, M_VISIT, (struct str){ visit, (uint32_t)n });
}

void
fs_member_tell_by(struct freeswitch *fs, enum fs_by by)
{
	static const char *const words[] = {
		[FS_BY_AGENT] = "agent", [FS_BY_CUSTOMER] = "customer", [FS_BY_SYSTEM] = "system"
	};

	if (by != FS_BY_UNKNOWN)
		fs_give(fs, M_BY, str_of(words[by]));
}

void
fs_member_answered(struct freeswitch *fs, struct fs_slot *slot)
{
	struct fs_member *m = &slot->member;

	if (m->told || m->answered == 0)
		return;
	fs_member_tell(fs, m, EV_ANSWERED, m->answered);
	fs_give_name(fs, M_AGENT, &m->agent);
	fs_give_length(fs, M_WAIT_MS, m->wait);
	m->told = true;
	fs_changed(fs, slot);
}

/* The wrap-up time is the switch's own setting of that agent. */
void
fs_member_tell_end(
    struct freeswitch *fs, const struct fs_member *m, enum event_kind kind, msec_t at)
{
	const struct fs_agent *agent = fs_agent_find(fs, fs_name_str(&m->agent));

	fs_member_tell(fs, m, kind, at);
	fs_give_name(fs, M_AGENT, &m->agent);
	if (agent != NULL && agent->wrap_up > 0)
		fs_give_length(fs, M_ACW_MS, agent->wrap_up);
}

msec_t
fs_member_hold(const struct fs_member *m, msec_t at)
{
	msec_t last = m->hold_since != 0 && at > m->hold_since ? at - m->hold_since : 0;

	return m->held + last;
}

void
fs_member_lost(struct freeswitch *fs, struct fs_slot *slot, msec_t at)
{
	fs_member_tell(fs, &slot->member, EV_LOST, at);
	fs_member_over(fs, slot);
}

/*
 * How it left unanswered, by CC-Cancel-Reason.  BREAK_OUT is the caller who
 * hung up, and NONE the one who did when an agent had already taken the call.
 */
static const struct {
	const char *reason, *flow; /* NULL: abandoned */
} ways_out[] = {
	{ "BREAK_OUT", NULL },
	{ "NONE", NULL },
	{ "TIMEOUT", "timeout" },
	{ "NO_AGENT_TIMEOUT", "no_agent" },
	{ "EXIT_WITH_KEY", "key" },
};

void
fs_member_tell_way_out(
    struct freeswitch *fs, const struct fs_member *m, msec_t at, struct str reason)
{
	const char *flow = NULL;

	for (unsigned i = 0; i < COUNTOF(ways_out); i++)
		if (str_is(reason, ways_out[i].reason))
			flow = ways_out[i].flow;
	fs_member_tell(fs, m, flow == NULL ? EV_ABANDONED : EV_FLOWED_OUT, at);
	fs_give(fs, M_REASON, str_of(flow));
}

/* ---- members that are known */

static bool
is_member(const struct fs_slot *slot, const void *uuid)
{
	return fs_name_is(&slot->member.uuid, *(const struct str *)uuid);
}

struct fs_slot *
fs_member_find(struct freeswitch *fs, struct str uuid)
{
	return fs_find(fs, FS_MEMBER, is_member, &uuid);
}

struct fs_slot *
fs_member_new(struct freeswitch *fs, const struct fs_said *said, msec_t joined)
{
	struct fs_slot *slot = fs_new(fs, FS_MEMBER);

	if (slot == NULL)
		return NULL;
	slot->member = (struct fs_member){ .uuid = said->name[FS_UUID],
		.session = said->name[FS_SESSION],
		.queue = said->name[FS_QUEUE],
		.joined = joined,
		.heard = fs->at };
	fs_changed(fs, slot);
	return slot;
}

void
fs_member_queued(struct freeswitch *fs, struct fs_slot *slot)
{
	slot->member.begun = false;
	fs_member_tell(fs, &slot->member, EV_QUEUED, slot->member.joined);
	fs_changed(fs, slot);
}

/* A caller may be sent back into the queue that is hers still: 100 ms pass
 * before the switch tells that the talk is over. */
static bool
is_back_early(struct freeswitch *fs, const struct fs_slot *slot)
{
	const struct fs_member *m = &slot->member, *other;
	struct fs_slot *before = NULL;

	while ((before = fs_next(fs, FS_MEMBER, before)) != NULL) {
		other = &before->member;
		if (before != slot && other->told &&
		    fs_name_is(&other->session, fs_name_str(&m->session)) &&
		    fs_name_is(&other->queue, fs_name_str(&m->queue)))
			return true;
	}
	return false;
}

void
fs_member_begin(struct freeswitch *fs, struct fs_slot *slot)
{
	slot->member.begun = is_back_early(fs, slot);
	if (slot->member.begun)
		return;
	fs_member_queued(fs, slot);
	fs_member_answered(fs, slot);
}

void
fs_member_over(struct freeswitch *fs, struct fs_slot *slot)
{
	struct fs_name session = slot->member.session;
	struct fs_slot *next = NULL;

	fs_forget(fs, slot);
	while ((next = fs_next(fs, FS_MEMBER, next)) != NULL && fs_has_room(fs))
		if (next->member.begun && !next->member.listed &&
		    fs_name_is(&next->member.session, fs_name_str(&session)))
			fs_member_begin(fs, next);
}

/* What a listing found may be heard of before that is at its end. */
void
fs_member_heard(struct freeswitch *fs, struct fs_slot *slot)
{
	if (slot->member.begun)
		fs_member_begin(fs, slot);
	slot->member.heard = fs->at;
	slot->member.missing = 0;
	slot->member.listed = false;
	fs_changed(fs, slot);
}

/* Looked at again when that long has passed. */
void
fs_member_await(struct freeswitch *fs, msec_t since)
{
	if (fs->due > since + FS_GRACE)
		fs->due = since + FS_GRACE;
}

void
fs_member_gone(struct freeswitch *fs, struct fs_slot *slot, enum fs_by by)
{
	struct fs_member *m = &slot->member;

	if (m->by == FS_BY_UNKNOWN)
		m->by = (uint8_t)by;
	if (m->gone == 0)
		m->gone = fs->at;
	fs_member_await(fs, m->gone);
	fs_changed(fs, slot);
}

void
fs_member_missing(struct freeswitch *fs, struct fs_slot *slot)
{
	if (slot->member.missing == 0)
		slot->member.missing = fs->at;
	fs_member_await(fs, slot->member.missing);
	fs_changed(fs, slot);
}

/* Two parts of the switch may each tell of the same hold, and of its end. */
void
fs_member_held(struct freeswitch *fs, struct fs_slot *slot, bool holds)
{
	struct fs_member *m = &slot->member;

	if (holds == (m->hold_since != 0))
		return;
	fs_member_tell(fs, m, holds ? EV_HELD : EV_RESUMED, fs->at);
	fs_give_name(fs, M_AGENT, &m->agent);
	m->held = fs_member_hold(m, fs->at);
	m->hold_since = holds ? fs->at : 0;
	fs_changed(fs, slot);
}

/* ---- what nothing came of */

/* A channel ended, or a part of the switch did with it. */
static void
close_gone(struct freeswitch *fs, struct fs_slot *slot)
{
	struct fs_member *m = &slot->member;

	if (m->told) {
		fs_member_tell_end(fs, m, EV_ENDED, m->gone);
		fs_member_tell_by(fs, m->by);
	} else
		fs_member_tell_way_out(fs, m, m->gone, STR_LIT("BREAK_OUT"));
	fs_member_over(fs, slot);
}

static bool
is_over(const struct freeswitch *fs, msec_t since)
{
	return since != 0 && fs->sw->now - since >= FS_GRACE;
}

static void
look_at(struct freeswitch *fs, struct fs_slot *slot)
{
	const struct fs_member *m = &slot->member;
	bool is_taken = m->answered != 0 && !m->told && !fs->sw->tells_states;

	if (is_taken && is_over(fs, m->answered))
		fs_member_answered(fs, slot);
	if (is_over(fs, m->gone))
		close_gone(fs, slot);
	else if (is_over(fs, m->missing))
		fs_member_lost(fs, slot, m->missing);
	else {
		if (m->gone != 0)
			fs_member_await(fs, m->gone);
		if (m->missing != 0)
			fs_member_await(fs, m->missing);
		if (is_taken && !m->told)
			fs_member_await(fs, m->answered);
	}
}

void
fs_members_due(struct freeswitch *fs)
{
	struct fs_slot *slot = NULL;

	if (fs->sw->now < fs->due)
		return;
	fs->due = MSEC_NEVER;
	while ((slot = fs_next(fs, FS_MEMBER, slot)) != NULL) {
		if (!fs_has_room(fs)) {
			fs->due = fs->sw->now; /* the rest with the next message */
			return;
		}
		look_at(fs, slot);
	}
}

/*
 * A new core has none of the old one's calls.  After a restart a listing may
 * be the first to name calls of the new one, and before it says who it is:
 * they stay, so the others are told to be lost one by one.
 */
void
fs_members_restart(struct freeswitch *fs)
{
	struct fs_slot *slot = NULL;
	bool some_stay = false;

	while ((slot = fs_next(fs, FS_MEMBER, slot)) != NULL)
		some_stay = some_stay || slot->member.listed;
	if (!some_stay)
		fs_tell(fs, EV_RESTARTED, fs->at);
	while ((slot = fs_next(fs, FS_MEMBER, slot)) != NULL && fs_has_room(fs)) {
		if (slot->member.listed)
			continue;
		if (some_stay)
			fs_member_lost(fs, slot, fs->at);
		else
			fs_forget(fs, slot);
	}
}
