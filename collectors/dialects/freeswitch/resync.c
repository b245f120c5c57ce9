/* SPDX-License-Identifier: MIT */
/*
 * resync.c: members and channels as the switch lists them: where to
 * begin after a connect, and now and then what was missed.
 *
 * What was heard of lately is believed before a list, for the switch tells of
 * a member before it writes it down.  Who was not, and is not in the list of
 * its queue, or whose channel is not there, is lost, when nothing comes of it
 * within the grace either.  Calls that nobody heard of begin when all lists
 * are there: the table of members may hold some whose channel is long gone.
 */
#include <ccmon/event.h>

#include "members.h"

void
fs_resync_begin(struct freeswitch *fs)
{
	struct fs_slot *slot = NULL;

	while ((slot = fs_next(fs, FS_MEMBER, slot)) != NULL) {
		struct fs_member *m = &slot->member;

		if (m->begun)
			fs_forget(fs, slot);
		m->queue_named = m->named = m->channel_named = m->channel_held = false;
	}
	fs->listing.goes_on = true;
	fs->listing.has_channels = false;
	fs->listing.began = fs->at;
}

/* ---- members */

static msec_t
row_time(const struct fs_row *row, const char *column)
{
	int64_t seconds = fs_number(fs_row_get(row, column));

	return seconds > 0 && seconds <= TIME_HIGH / MSEC_PER_SEC ? seconds * MSEC_PER_SEC : 0;
}

static bool
row_names(const struct fs_row *row, struct fs_said *said)
{
	*said = (struct fs_said){ 0 };
	return fs_name_set(&said->name[FS_UUID], fs_row_get(row, "uuid")) &&
	       fs_name_set(&said->name[FS_SESSION], fs_row_get(row, "session_uuid")) &&
	       fs_name_set(&said->name[FS_QUEUE], fs_row_get(row, "queue"));
}

/* Joined to an agent: by whom, since when, on which channel. */
static void
set_answered(struct freeswitch *fs, struct fs_member *m, const struct fs_row *row)
{
	struct str name = fs_row_get(row, "serving_agent");
	const struct fs_agent *agent = fs_agent_find(fs, name);

	if (m->answered != 0 || !fs_name_set(&m->agent, name))
		return;
	if (agent != NULL)
		m->agent_uuid = agent->uuid;
	m->answered = row_time(row, "bridge_epoch");
	if (m->answered < m->joined)
		m->answered = m->joined;
	m->wait = m->answered - m->joined;
}

/* One nobody heard of; it is told when its channel was seen. */
static struct fs_slot *
begin(struct freeswitch *fs, const struct fs_said *said, const struct fs_row *row)
{
	msec_t back = row_time(row, "rejoined_epoch"), joined = row_time(row, "joined_epoch");
	struct fs_slot *slot = fs_member_new(fs, said, back > joined ? back : joined);

	if (slot == NULL)
		return NULL;
	if (back > joined)
		slot->member.again = back / MSEC_PER_SEC;
	if (slot->member.joined == 0)
		slot->member.joined = fs->at;
	slot->member.listed = slot->member.begun = true;
	return slot;
}

/* The row of one who left stays in the table, for she may come back. */
void
fs_members_row(struct freeswitch *fs, const struct fs_row *row)
{
	struct str state = fs_row_get(row, "state");
	struct fs_slot *slot;
	struct fs_said said;

	if (str_is(state, "Abandoned"))
		return;
	if (!row_names(row, &said)) {
		fs_refuse(fs, REFUSAL_BAD_NAME, "listing");
		return;
	}
	slot = fs_member_find(fs, fs_name_str(&said.name[FS_UUID]));
	if (slot == NULL && (slot = begin(fs, &said, row)) == NULL)
		return;
	slot->member.named = true;
	if (!str_is(state, "Answered"))
		return;
	set_answered(fs, &slot->member, row);
	if (!slot->member.begun)
		fs_member_answered(fs, slot);
}

void
fs_members_listed(struct freeswitch *fs, struct str queue)
{
	struct fs_slot *slot = NULL;

	while ((slot = fs_next(fs, FS_MEMBER, slot)) != NULL)
		if (fs_name_is(&slot->member.queue, queue))
			slot->member.queue_named = true;
}

/* ---- channels */

static void
channel(struct freeswitch *fs, struct str id, bool holds)
{
	struct fs_slot *slot = NULL;

	while (id.n > 0 && (slot = fs_next(fs, FS_MEMBER, slot)) != NULL) {
		struct fs_member *m = &slot->member;
		bool is_caller = fs_name_is(&m->session, id);

		m->channel_named |= is_caller;
		m->channel_held |= holds && (is_caller || fs_name_is(&m->agent_uuid, id));
	}
}

static struct str
text_at(const struct json_node *row, const char *name)
{
	const struct json_node *node = json_path(row, name);

	return node != NULL && node->type == JSON_TEXT ? node->text : STR_NONE;
}

/* Without any it has no rows. */
void
fs_channels_listed(struct freeswitch *fs, struct str json)
{
	const struct json_node *root = json_tree_parse(fs->tree, json.p, json.n), *row;

	if (root == NULL || json_path(root, "row_count") == NULL) {
		fs_refuse(fs, REFUSAL_NOT_JSON, "listing");
		return;
	}
	fs->listing.has_channels = true;
	row = json_path(root, "rows");
	for (row = row != NULL ? row->child : NULL; row != NULL; row = row->next)
		channel(fs, text_at(row, "uuid"), str_is(text_at(row, "callstate"), "HELD"));
}

/* ---- what the lists say together */

static void
tell_begun(struct freeswitch *fs, struct fs_slot *slot)
{
	fs_member_queued(fs, slot);
	fs_member_answered(fs, slot);
	if (slot->member.told)
		fs_member_held(fs, slot, slot->member.channel_held);
}

static bool
is_heard_lately(const struct freeswitch *fs, const struct fs_member *m)
{
	return m->heard > fs->listing.began - FS_GRACE;
}

/* A channel is in one queue at a time: who is listed in one is gone from where
 * she was before, and that is told first.  false: how she left may come yet, or
 * there is no room. */
static bool
lose_former(struct freeswitch *fs, const struct fs_slot *slot)
{
	const struct fs_member *m = &slot->member;
	struct fs_slot *other = NULL;

	while ((other = fs_next(fs, FS_MEMBER, other)) != NULL) {
		const struct fs_member *former = &other->member;

		if (former->begun || !fs_name_is(&former->session, fs_name_str(&m->session)))
			continue;
		if (is_heard_lately(fs, former) || !fs_has_room(fs))
			return false;
		fs_member_lost(fs, other, m->joined > former->heard ? m->joined : former->heard);
	}
	return true;
}

static bool
is_gone(const struct freeswitch *fs, const struct fs_member *m)
{
	return fs->listing.has_channels && !m->channel_named;
}

static void
conclude_begun(struct freeswitch *fs, struct fs_slot *slot)
{
	if (is_gone(fs, &slot->member))
		fs_forget(fs, slot);
	else if (lose_former(fs, slot))
		tell_begun(fs, slot);
	else
		slot->member.listed = false; /* it begins when that one is over */
}

static void
conclude(struct freeswitch *fs, struct fs_slot *slot)
{
	struct fs_member *m = &slot->member;

	if (m->begun)
		conclude_begun(fs, slot);
	else if (is_heard_lately(fs, m))
		return;
	else if (is_gone(fs, m) || (m->queue_named && !m->named))
		fs_member_missing(fs, slot);
	else if (fs->listing.has_channels && m->told)
		fs_member_held(fs, slot, m->channel_held);
}

/* Those there was no room for are seen by the next list. */
void
fs_resync_end(struct freeswitch *fs)
{
	struct fs_slot *slot = NULL;

	while ((slot = fs_next(fs, FS_MEMBER, slot)) != NULL && fs_has_room(fs))
		conclude(fs, slot);
	fs->listing.goes_on = false;
}
