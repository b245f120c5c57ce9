/* SPDX-License-Identifier: MIT */
/*
 * info.c: what callcenter::info tells of members, by CC-Action.
 *
 * bridge-agent-start says that an agent took the call, before she hears an
 * announcement and before the two are joined; where that fails the caller
 * waits on.  So an answer is kept until something shows that they are.
 * member-queue-start does not say when the member joined: it is now.
 */
#include <ccmon/event.h>

#include "members.h"

/* The member that is meant; one nobody announced begins when it joined, where
 * that is said.  NULL: it is not known, or there is no room. */
static struct fs_slot *
member_of(struct freeswitch *fs, const struct fs_said *said)
{
	struct fs_slot *slot = fs_member_find(fs, fs_name_str(&said->name[FS_UUID]));

	if (slot == NULL && said->time[FS_JOINED] != 0) {
		slot = fs_member_new(fs, said, said->time[FS_JOINED]);
		if (slot != NULL)
			fs_member_queued(fs, slot);
	}
	if (slot != NULL)
		fs_member_heard(fs, slot);
	return slot;
}

static void
start(struct freeswitch *fs, const struct fs_said *said, int64_t again)
{
	struct fs_slot *slot = fs_member_find(fs, fs_name_str(&said->name[FS_UUID]));

	if (slot != NULL) {
		fs_member_heard(fs, slot);
		if (fs_name_is(&slot->member.session, fs_name_str(&said->name[FS_SESSION])))
			return;
		/* It came while it was there: how it left was not heard. */
		fs_member_lost(fs, slot, fs->at);
	}
	if ((slot = fs_member_new(fs, said, fs->at)) == NULL)
		return;
	slot->member.again = again;
	fs_member_begin(fs, slot);
}

static void
hear_start(struct freeswitch *fs, const struct fs_said *said)
{
	start(fs, said, 0);
}

/* It came back under the uuid it had; its visit is another one. */
static void
hear_resume(struct freeswitch *fs, const struct fs_said *said)
{
	start(fs, said, fs->at / MSEC_PER_SEC);
}

/* In a race of all agents each of them is offered the call. */
static void
hear_offering(struct freeswitch *fs, const struct fs_said *said)
{
	struct fs_slot *slot = member_of(fs, said);

	if (slot == NULL || slot->member.told || slot->member.begun)
		return;
	fs_member_tell(fs, &slot->member, EV_RINGING, fs->at);
	fs_give_name(fs, M_AGENT, &said->name[FS_AGENT_NAME]);
	fs_changed(fs, slot);
}

/* Of one who came back the agent's events say when it joined first; who was
 * away did not wait. */
static void
take_call(struct fs_member *m, const struct fs_said *said, msec_t at)
{
	msec_t joined = said->time[FS_JOINED], back = m->again * MSEC_PER_SEC;

	m->agent = said->name[FS_AGENT_NAME];
	m->agent_uuid = said->name[FS_AGENT_UUID];
	m->answered = at;
	m->wait = said->time[FS_ANSWERED] - (back > joined ? back : joined);
	if (m->wait < 0)
		m->wait = 0;
}

static void
hear_bridge_start(struct freeswitch *fs, const struct fs_said *said)
{
	struct fs_slot *slot = member_of(fs, said);

	if (slot == NULL || slot->member.told)
		return;
	take_call(&slot->member, said, fs->at);
	fs_member_await(fs, fs->at);
}

void
fs_member_joined(struct freeswitch *fs)
{
	struct str agent = fs_header(fs, "CC-Agent");
	struct fs_slot *slot = NULL;

	fs->sw->tells_states = true;
	if (!fs_header_is(fs, "CC-Agent-State", "In a queue call"))
		return;
	while ((slot = fs_next(fs, FS_MEMBER, slot)) != NULL)
		if (slot->member.answered != 0 && !slot->member.told &&
		    fs_name_is(&slot->member.agent, agent)) {
			fs_member_heard(fs, slot);
			fs_member_answered(fs, slot);
		}
}

static void
tell_missed(struct freeswitch *fs, const struct fs_member *m, const struct fs_name *agent)
{
	fs_member_tell(fs, m, EV_MISSED, fs->at);
	fs_give_name(fs, M_AGENT, agent);
}

/* The agent took the call and the two were never joined: the caller waits on,
 * or is gone, of which another event tells.  Where it was the caller, the
 * switch cancelled the agent's channel; else the agent's side failed. */
static void
fall_back(struct freeswitch *fs, struct fs_slot *slot)
{
	struct fs_member *m = &slot->member;

	if (m->told || m->answered == 0)
		return;
	if (!fs_header_is(fs, "Hangup-Cause", "ORIGINATOR_CANCEL"))
		tell_missed(fs, m, &m->agent);
	m->answered = 0;
	m->agent.n = m->agent_uuid.n = 0;
	fs_changed(fs, slot);
}

static void
hear_bridge_end(struct freeswitch *fs, const struct fs_said *said)
{
	struct fs_slot *slot = member_of(fs, said);

	if (slot == NULL)
		return;
	if (fs_header_is(fs, "CC-Agent-Bridged", "false")) {
		fall_back(fs, slot);
		return;
	}
	if (slot->member.answered == 0 && said->time[FS_ANSWERED] != 0)
		take_call(&slot->member, said, said->time[FS_ANSWERED]);
	fs_member_answered(fs, slot);
	fs_member_gone(fs, slot, fs_who_ended(fs, FS_BY_AGENT));
}

/* Another agent was quicker, or the offer was taken back. */
static void
hear_bridge_fail(struct freeswitch *fs, const struct fs_said *said)
{
	struct fs_slot *slot = member_of(fs, said);

	if (slot == NULL || fs_header_is(fs, "CC-Hangup-Cause", "LOSE_RACE") ||
	    fs_header_is(fs, "CC-Hangup-Cause", "ORIGINATOR_CANCEL"))
		return;
	tell_missed(fs, &slot->member, &said->name[FS_AGENT_NAME]);
	fs_changed(fs, slot);
}

/* The agent's part is over; where she sent the caller on, the history of the
 * caller's channel says so. */
static void
terminated(struct freeswitch *fs, struct fs_slot *slot, const struct fs_said *said)
{
	struct fs_member *m = &slot->member;
	msec_t hold = fs_member_hold(m, fs->at);
	struct str to;

	if (m->answered == 0)
		take_call(m, said, said->time[FS_ANSWERED]);
	fs_member_answered(fs, slot);
	to = fs_transfer_target(fs, said->time[FS_ANSWERED]);
	fs_member_tell_end(fs, m, to.n > 0 ? EV_TRANSFERRED : EV_ENDED, fs->at);
	fs_give(fs, M_TO_EXTERNAL, to);
	if (to.n == 0)
		fs_member_tell_by(
		    fs, m->by != FS_BY_UNKNOWN ? m->by : fs_who_ended(fs, FS_BY_CUSTOMER));
	fs_give_length(fs, M_TALK_MS, said->time[FS_LEAVING] - said->time[FS_ANSWERED] - hold);
	if (hold > 0)
		fs_give_length(fs, M_HOLD_MS, hold);
	fs_member_over(fs, slot);
}

static void
canceled(struct freeswitch *fs, struct fs_slot *slot, const struct fs_said *said)
{
	struct fs_member *m = &slot->member;

	if (m->told)
		fs_member_tell_end(fs, m, EV_ENDED, fs->at);
	else {
		fs_member_tell_way_out(fs, m, fs->at, fs_header(fs, "CC-Cancel-Reason"));
		fs_give_length(fs, M_WAIT_MS, said->time[FS_LEAVING] - said->time[FS_JOINED]);
	}
	fs_member_over(fs, slot);
}

static void
hear_end(struct freeswitch *fs, const struct fs_said *said)
{
	bool is_terminated = fs_header_is(fs, "CC-Cause", "Terminated");
	struct fs_slot *slot;

	if (!is_terminated && !fs_header_is(fs, "CC-Cause", "Cancel"))
		fs_refuse(fs, REFUSAL_BAD_VALUE, "CC-Cause");
	else if (is_terminated && said->name[FS_AGENT_NAME].n == 0)
		fs_refuse(fs, REFUSAL_MISSING, "CC-Agent");
	else if (is_terminated && said->time[FS_ANSWERED] == 0)
		fs_refuse(fs, REFUSAL_MISSING, "CC-Agent-Answered-Time");
	else if ((slot = member_of(fs, said)) != NULL)
		(is_terminated ? terminated : canceled)(fs, slot, said);
}

#define MEMBER (FS_NEEDS(UUID) | FS_NEEDS(SESSION) | FS_NEEDS(QUEUE))

static const struct {
	const char *name;
	unsigned needs;
	void (*hear)(struct freeswitch *, const struct fs_said *);
} actions[] = {
	{ "member-queue-start", MEMBER, hear_start },
	{ "member-queue-resume", MEMBER, hear_resume },
	{ "agent-offering", MEMBER | FS_NEEDS(AGENT_NAME), hear_offering },
	{ "bridge-agent-start",
	    MEMBER | FS_NEEDS(AGENT_NAME) | FS_NEEDS(AGENT_UUID) | FS_NEEDS(JOINED) |
	        FS_NEEDS(ANSWERED),
	    hear_bridge_start },
	{ "bridge-agent-end", MEMBER | FS_NEEDS(AGENT_NAME), hear_bridge_end },
	{ "bridge-agent-fail", MEMBER | FS_NEEDS(AGENT_NAME), hear_bridge_fail },
	{ "member-queue-end", MEMBER | FS_NEEDS(JOINED) | FS_NEEDS(LEAVING), hear_end },
};

bool
fs_member_info(struct freeswitch *fs, struct str action)
{
	struct fs_said said;

	for (unsigned i = 0; i < COUNTOF(actions); i++)
		if (str_is(action, actions[i].name)) {
			if (fs_said_read(fs, actions[i].needs, &said))
				actions[i].hear(fs, &said);
			return true;
		}
	return false;
}
