/* SPDX-License-Identifier: MIT */
/*
 * told.c: the events a message became, until they are handed out.
 *
 * Their texts are copied, for what they were taken from may be forgotten or
 * overwritten before.  What is told was checked when it was read, so nothing
 * is refused here.
 */
#include <assert.h>
#include <ccmon/event.h>

#include "freeswitch.h"

#define ONE_THING 8 /* more events than become of one member, agent or tier */

bool
fs_has_room(const struct freeswitch *fs)
{
	return fs->n + ONE_THING <= FS_EVENTS_MAX &&
	       fs->ntexts + (size_t)ONE_THING * EVENT_NMEMBERS * ID_MAX_BYTES <= FS_TEXTS_MAX;
}

static struct event *
current(struct freeswitch *fs)
{
	return &fs->events[fs->n - 1];
}

static void
give_int(struct freeswitch *fs, enum event_member member, int64_t value)
{
	enum refusal why = event_set_int(current(fs), member, value);

	assert(why == REFUSAL_NONE);
}

void
fs_tell(struct freeswitch *fs, enum event_kind kind, msec_t at)
{
	assert(fs->n < FS_EVENTS_MAX);
	fs->n++;
	*current(fs) = (struct event){ .event = (uint8_t)kind };
	fs_give(fs, M_SOURCE, (struct str){ fs->source, fs->source_len });
	give_int(fs, M_TIME, at);
}

void
fs_give(struct freeswitch *fs, enum event_member member, struct str text)
{
	struct str copy = { fs->texts + fs->ntexts, text.n };
	enum refusal why;

	if (text.n == 0)
		return;
	assert(fs->ntexts + text.n <= FS_TEXTS_MAX);
	memcpy(fs->texts + fs->ntexts, text.p, text.n);
	fs->ntexts += text.n;
	why = event_set_str(current(fs), member, copy);
	assert(why == REFUSAL_NONE);
}

void
fs_give_name(struct freeswitch *fs, enum event_member member, const struct fs_name *name)
{
	fs_give(fs, member, fs_name_str(name));
}

/* A clock that was set back makes lengths negative, and one set far ahead
 * makes them longer than any call. */
void
fs_give_length(struct freeswitch *fs, enum event_member member, msec_t length)
{
	give_int(fs, member, length < 0 ? 0 : length > LENGTH_HIGH ? LENGTH_HIGH : length);
}

/* A message may tell something and be wrong in the rest: that comes last. */
void
fs_hand_out(struct freeswitch *fs, struct dialect_result *res)
{
	for (res->n = 0; res->n < DIALECT_EVENTS_MAX && fs->given < fs->n; res->n++)
		res->ev[res->n] = fs->events[fs->given++];
	res->more = fs->given < fs->n || (res->n > 0 && fs->why != REFUSAL_NONE);
	res->why = res->more ? REFUSAL_NONE : fs->why;
	res->detail = res->n == 0 ? fs->detail : STR_NONE;
	res->source = STR_NONE;
	if (res->why != REFUSAL_NONE)
		res->source = (struct str){ fs->source, fs->source_len };
}
