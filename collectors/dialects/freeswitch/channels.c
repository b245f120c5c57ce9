/* SPDX-License-Identifier: MIT */
/*
 * channels.c: what the channels of members and of their agents
 * tell: hold, the bridge between the two, and the end.
 *
 * Most of these events are of other calls, and are passed over.
 */
#include "members.h"

static bool
is_of_channel(const struct fs_member *m, struct str id)
{
	return fs_name_is(&m->session, id) || fs_name_is(&m->agent_uuid, id);
}

static void
hold_or_resume(struct freeswitch *fs, bool holds)
{
	struct str id = fs_header(fs, "Unique-ID");
	struct fs_slot *slot = NULL;

	while ((slot = fs_next(fs, FS_MEMBER, slot)) != NULL)
		if (slot->member.answered != 0 && is_of_channel(&slot->member, id)) {
			fs_member_heard(fs, slot);
			fs_member_answered(fs, slot);
			fs_member_held(fs, slot, holds);
		}
}

void
fs_channel_hold(struct freeswitch *fs)
{
	hold_or_resume(fs, true);
}

void
fs_channel_unhold(struct freeswitch *fs)
{
	hold_or_resume(fs, false);
}

/* That they are joined mod_callcenter may take back; its own word comes next. */
void
fs_channel_bridge(struct freeswitch *fs)
{
	struct str a = fs_header(fs, "Bridge-A-Unique-ID"), b = fs_header(fs, "Bridge-B-Unique-ID");
	struct fs_slot *slot = NULL;

	while ((slot = fs_next(fs, FS_MEMBER, slot)) != NULL)
		if (is_of_channel(&slot->member, a) || is_of_channel(&slot->member, b))
			fs_member_heard(fs, slot);
}

void
fs_channel_hangup(struct freeswitch *fs)
{
	struct str id = fs_header(fs, "Unique-ID");
	struct fs_slot *slot = NULL;

	while ((slot = fs_next(fs, FS_MEMBER, slot)) != NULL)
		if (fs_name_is(&slot->member.session, id)) {
			fs_member_heard(fs, slot);
			fs_member_gone(fs, slot, fs_who_ended(fs, FS_BY_CUSTOMER));
		}
}
