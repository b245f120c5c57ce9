/* SPDX-License-Identifier: MIT */
/*
 * agents.c: FreeSWITCH's agents: their status, and the tiers, which
 * put them in queues.
 *
 * The switch tells a status also when it is the same as before, and of tiers
 * nothing but their list; so what was told last is kept, and only what is new
 * is told.  An agent's `state` (Waiting, Receiving, In a queue call) is not
 * read: calls say that, and say it better.
 */
#include <ccmon/event.h>

#include "freeswitch.h"

static const struct {
	const char *word;
	uint8_t status; /* enum fs_status */
} statuses[] = {
	{ "Logged Out", FS_LOGGED_OUT },
	{ "Available", FS_AVAILABLE },
	{ "Available (On Demand)", FS_AVAILABLE },
	{ "On Break", FS_ON_BREAK },
};

static enum fs_status
status_find(struct str word)
{
	for (unsigned i = 0; i < COUNTOF(statuses); i++)
		if (str_is(word, statuses[i].word))
			return (enum fs_status)statuses[i].status;
	return FS_STATUS_UNKNOWN;
}

static bool
is_agent(const struct fs_slot *slot, const void *name)
{
	return fs_name_is(&slot->agent.name, *(const struct str *)name);
}

static struct fs_slot *
find(struct freeswitch *fs, struct str name)
{
	return fs_find(fs, FS_AGENT, is_agent, &name);
}

const struct fs_agent *
fs_agent_find(struct freeswitch *fs, struct str name)
{
	const struct fs_slot *slot = find(fs, name);

	return slot != NULL ? &slot->agent : NULL;
}

/* Known from now on; NULL: refused. */
static struct fs_slot *
find_or_new(struct freeswitch *fs, struct str text)
{
	struct fs_slot *slot = find(fs, text);
	struct fs_name name;

	if (slot != NULL)
		return slot;
	if (!fs_name_set(&name, text)) {
		fs_refuse(fs, name_check(text, 1, FS_NAME_MAX), "CC-Agent");
		return NULL;
	}
	if ((slot = fs_new(fs, FS_AGENT)) != NULL)
		slot->agent = (struct fs_agent){ .name = name };
	return slot;
}

static void
tell(struct freeswitch *fs, const struct fs_agent *agent, enum event_kind kind, const char *state)
{
	fs_tell(fs, kind, fs->at);
	fs_give_name(fs, M_AGENT, &agent->name);
	fs_give(fs, M_STATE, str_of(state));
}

static void
set_status(struct freeswitch *fs, struct fs_slot *slot, enum fs_status status)
{
	struct fs_agent *agent = &slot->agent;

	if (status == FS_STATUS_UNKNOWN || status == agent->status)
		return;
	if (status == FS_LOGGED_OUT)
		tell(fs, agent, EV_LOGOUT, NULL);
	else if (agent->status != FS_AVAILABLE && agent->status != FS_ON_BREAK)
		tell(fs, agent, EV_LOGIN, NULL);
	if (status != FS_LOGGED_OUT)
		tell(fs, agent, EV_STATE, status == FS_ON_BREAK ? "paused" : "available");
	agent->status = (uint8_t)status;
	fs_changed(fs, slot);
}

/* Of two changes the one the switch made later is right, in whatever order
 * they come. */
void
fs_agent_info(struct freeswitch *fs)
{
	struct str name = fs_header(fs, "CC-Agent");
	struct str word = fs_header(fs, "CC-Agent-Status");
	struct fs_slot *slot;

	if (name.n == 0 || word.n == 0)
		fs_refuse(fs, REFUSAL_MISSING, name.n == 0 ? "CC-Agent" : "CC-Agent-Status");
	else if (status_find(word) == FS_STATUS_UNKNOWN)
		fs_refuse(fs, REFUSAL_BAD_VALUE, "CC-Agent-Status");
	else if ((slot = find_or_new(fs, name)) != NULL && fs->sequence >= slot->agent.sequence) {
		slot->agent.sequence = fs->sequence;
		set_status(fs, slot, status_find(word));
	}
}

/* Numbers of a new core begin at 1. */
void
fs_agents_restart(struct freeswitch *fs)
{
	struct fs_slot *slot = NULL;

	while ((slot = fs_next(fs, FS_AGENT, slot)) != NULL)
		slot->agent.sequence = 0;
}

/* ---- their list */

void
fs_agents_row(struct freeswitch *fs, const struct fs_row *row)
{
	struct fs_slot *slot = find_or_new(fs, fs_row_get(row, "name"));
	int64_t seconds = fs_number(fs_row_get(row, "wrap_up_time"));
	msec_t wrap_up =
	    seconds > 0 && seconds <= LENGTH_HIGH / MSEC_PER_SEC ? seconds * MSEC_PER_SEC : 0;

	if (slot == NULL)
		return;
	slot->agent.named = true;
	if (!fs_name_set(&slot->agent.uuid, fs_row_get(row, "uuid")))
		slot->agent.uuid.n = 0;
	set_status(fs, slot, status_find(fs_row_get(row, "status")));
	if (slot->agent.wrap_up == wrap_up)
		return;
	slot->agent.wrap_up = wrap_up;
	fs_changed(fs, slot);
}

/* Who is not in it was taken out of the house. */
void
fs_agents_listed(struct freeswitch *fs)
{
	struct fs_slot *slot = NULL;

	while ((slot = fs_next(fs, FS_AGENT, slot)) != NULL && fs_has_room(fs)) {
		if (!slot->agent.named) {
			set_status(fs, slot, FS_LOGGED_OUT);
			fs_forget(fs, slot);
		}
		slot->agent.named = false;
	}
}

/* ---- tiers, the list of which is all that is told of them */

static void
tell_tier(struct freeswitch *fs, const struct fs_tier *tier, enum event_kind kind)
{
	fs_tell(fs, kind, fs->at);
	fs_give(fs, M_CHANNEL, STR_LIT("call"));
	fs_give_name(fs, M_QUEUE, &tier->queue);
	fs_give_name(fs, M_AGENT, &tier->agent);
}

static bool
is_tier(const struct fs_slot *slot, const void *key)
{
	const struct fs_tier *tier = key;

	return fs_name_is(&slot->tier.agent, fs_name_str(&tier->agent)) &&
	       fs_name_is(&slot->tier.queue, fs_name_str(&tier->queue));
}

void
fs_tiers_row(struct freeswitch *fs, const struct fs_row *row)
{
	struct fs_tier tier = { .named = true };
	struct fs_slot *slot;

	if (!fs_name_set(&tier.agent, fs_row_get(row, "agent")) ||
	    !fs_name_set(&tier.queue, fs_row_get(row, "queue"))) {
		fs_refuse(fs, REFUSAL_BAD_NAME, "list tiers");
		return;
	}
	if ((slot = fs_find(fs, FS_TIER, is_tier, &tier)) == NULL &&
	    (slot = fs_new(fs, FS_TIER)) != NULL) {
		slot->tier = tier;
		tell_tier(fs, &slot->tier, EV_JOINED);
		fs_changed(fs, slot);
	}
	if (slot != NULL)
		slot->tier.named = true;
}

void
fs_tiers_listed(struct freeswitch *fs)
{
	struct fs_slot *slot = NULL;

	while ((slot = fs_next(fs, FS_TIER, slot)) != NULL && fs_has_room(fs)) {
		if (!slot->tier.named) {
			tell_tier(fs, &slot->tier, EV_LEFT);
			fs_forget(fs, slot);
		}
		slot->tier.named = false;
	}
}
