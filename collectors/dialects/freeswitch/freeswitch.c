/* SPDX-License-Identifier: MIT */
/*
 * freeswitch.c: the dialect of FreeSWITCH: the JSON events of its event socket
 * (and of mod_event_zmq, which are the same), and the replies to listings that
 * the input asks for, "list WHAT" and a body.
 *
 * Event-Sequence counts everything the core does, so a hole in it means
 * nothing; with the Core-UUID it is the name of an event, by which a repeat is
 * known.  Another Core-UUID is a switch that was started again.
 *
 * CHANNEL_HANGUP_COMPLETE says Hangup-Cause twice.
 *
 * A message is told to those who know of it below.  Time passes by what the
 * messages say: HEARTBEATs come when nothing else does.
 */
#include <ccmon/event.h>

#include <errno.h>
#include <stdlib.h>

#include "freeswitch.h"
#include "collectors/dialects/table.h"

/* ---- what an event is about */

static void
skip(struct freeswitch *fs, struct str verb)
{
	fs->detail = verb;
}

/* Said by other events, or of no use: members-count is on the way already, and
 * where the own count differs the next listing settles it. */
static void
hear_nothing(struct freeswitch *fs)
{
	(void)fs;
}

static const struct {
	const char *action;
	void (*hear)(struct freeswitch *);
} other_actions[] = {
	{ "agent-add", hear_nothing },
	{ "agent-contact-change", hear_nothing },
	{ "agent-max-no-answer", hear_nothing },
	{ "agent-state-change", fs_member_joined },
	{ "agent-state-get", hear_nothing },
	{ "agent-status-change", fs_agent_info },
	{ "agent-status-get", fs_agent_info },
	{ "agent-uuid-get", hear_nothing },
	{ "members-count", hear_nothing },
};

static void
hear_callcenter(struct freeswitch *fs)
{
	struct str action = fs_header(fs, "CC-Action");

	if (action.n == 0) {
		fs_refuse(fs, REFUSAL_MISSING, "CC-Action");
		return;
	}
	for (unsigned i = 0; i < COUNTOF(other_actions); i++)
		if (str_is(action, other_actions[i].action)) {
			other_actions[i].hear(fs);
			return;
		}
	if (!fs_member_info(fs, action))
		skip(fs, action);
}

static void
hear_heartbeat(struct freeswitch *fs)
{
	fs_tell(fs, EV_HEARTBEAT, fs->at);
	fs_changed(fs, fs->slots); /* the time */
}

/* Who are not members' or agents' channels are nobody's. */
static const struct {
	const char *name, *subclass; /* NULL: it has none */
	void (*hear)(struct freeswitch *);
} names[] = {
	{ "CUSTOM", "callcenter::info", hear_callcenter },
	{ "HEARTBEAT", NULL, hear_heartbeat },
	{ "CHANNEL_HOLD", NULL, fs_channel_hold },
	{ "CHANNEL_UNHOLD", NULL, fs_channel_unhold },
	{ "CHANNEL_BRIDGE", NULL, fs_channel_bridge },
	{ "CHANNEL_UNBRIDGE", NULL, hear_nothing },
	{ "CHANNEL_HANGUP_COMPLETE", NULL, fs_channel_hangup },
};

/* Not one of them: whatever else a switch publishes. */
static int
name_find(const struct freeswitch *fs)
{
	struct str name = fs_header(fs, "Event-Name");
	struct str subclass = fs_header(fs, "Event-Subclass");

	for (int i = 0; i < (int)COUNTOF(names); i++)
		if (str_is(name, names[i].name) &&
		    (names[i].subclass == NULL || str_is(subclass, names[i].subclass)))
			return i;
	return -1;
}

/* ---- when, by whom, for the first time? */

void
fs_core_is(struct freeswitch *fs, struct str core)
{
	bool is_first = fs->sw->core.n == 0;

	if (core.n == 0 || fs_name_is(&fs->sw->core, core))
		return;
	if (!fs_name_set(&fs->sw->core, core)) {
		fs_refuse(fs, name_check(core, 1, FS_NAME_MAX), "Core-UUID");
		return;
	}
	fs->sw->highest = fs->old = 0;
	memset(fs->seen, 0, sizeof(fs->seen));
	if (!is_first) {
		fs_members_restart(fs);
		fs_agents_restart(fs);
	}
	fs_changed(fs, fs->slots);
}

/* Was this event heard before?  It was from now on. */
static bool
is_repeat(struct freeswitch *fs)
{
	int64_t *seen = &fs->seen[fs->sequence % FS_SEEN];

	if (fs->sequence == 0)
		return false;
	if (fs->sequence <= fs->old || *seen == fs->sequence)
		return true;
	*seen = fs->sequence;
	if (fs->sw->highest < fs->sequence)
		fs->sw->highest = fs->sequence;
	return false;
}

/* Microseconds, unlike the times mod_callcenter adds. */
static bool
read_time(struct freeswitch *fs, msec_t received)
{
	int64_t micros = fs_number(fs_header(fs, "Event-Date-Timestamp"));

	fs->at = micros > 0 ? micros / 1000 : received;
	if (fs->at <= 0)
		fs_refuse(fs, REFUSAL_MISSING, "Event-Date-Timestamp");
	else if (fs->at > TIME_HIGH)
		fs_refuse(fs, REFUSAL_BAD_VALUE, "Event-Date-Timestamp");
	else if (micros > 0 && received > 0)
		fs->ahead = fs->at - received;
	return fs->why == REFUSAL_NONE;
}

/* Events overtake each other by less; this is a clock that was set. */
#define SET_BACK 60000 /* ms */

static msec_t
no_earlier(msec_t at, msec_t than)
{
	return at > than || than - at > SET_BACK ? at : than;
}

static void
hear_event(struct freeswitch *fs, struct str text, msec_t received)
{
	int64_t sequence;
	int i;

	text = fs_mend(fs, text);
	if ((fs->root = json_tree_parse(fs->tree, text.p, text.n)) == NULL) {
		fs_refuse(fs, REFUSAL_NOT_JSON, "");
		return;
	}
	if ((i = name_find(fs)) < 0) {
		skip(fs, fs_header(fs, "Event-Name"));
		return;
	}
	if (!read_time(fs, received))
		return;
	sequence = fs_number(fs_header(fs, "Event-Sequence"));
	fs->sequence = sequence > 0 ? sequence : 0;
	fs_core_is(fs, fs_header(fs, "Core-UUID"));
	if (fs->why == REFUSAL_NONE && !is_repeat(fs))
		names[i].hear(fs);
	fs->sw->now = no_earlier(fs->at, fs->sw->now);
	fs_members_due(fs);
}

/* A reply bears no time: it is now, by the switch's clock.  It may be read late,
 * with more behind it on the line; so no time has passed for those who wait for
 * an event before an event says so. */
static void
hear_list(struct freeswitch *fs, struct str text, msec_t received)
{
	fs->at =
	    received > 0 && received + fs->ahead > fs->sw->now ? received + fs->ahead : fs->sw->now;
	fs->at = no_earlier(fs->at, fs->listed);
	if (fs->at <= 0 || fs->at > TIME_HIGH) {
		fs_refuse(fs, REFUSAL_MISSING, "time");
		return;
	}
	fs->listed = fs->at;
	fs_list(fs, fs_mend(fs, text));
	fs_members_due(fs);
}

static void
hear(struct freeswitch *fs, struct str text, msec_t received)
{
	fs->n = fs->given = 0;
	fs->ntexts = 0;
	fs->why = REFUSAL_NONE;
	fs->detail = STR_NONE;
	fs->sequence = 0;
	if (text.n > FS_MESSAGE_MAX)
		fs_refuse(fs, REFUSAL_OVERSIZED, "");
	else if (str_begins(text, "list "))
		hear_list(fs, text, received);
	else
		hear_event(fs, text, received);
}

static void
freeswitch_decode(
    void *state, const char *msg, size_t len, msec_t received, struct dialect_result *res)
{
	struct freeswitch *fs = state;

	if (msg != NULL)
		hear(fs, (struct str){ msg, (uint32_t)(len < UINT32_MAX ? len : UINT32_MAX) },
		    received);
	fs->next_note = 0;
	fs_hand_out(fs, res);
}

static void
freeswitch_close(void *state)
{
	struct freeswitch *fs = state;

	json_tree_free(fs->tree);
	free(fs->clean);
	free(fs);
}

static void *
freeswitch_open(const char *source)
{
	struct freeswitch *fs;

	if (source == NULL || name_check(str_of(source), 1, NAME_MAX_BYTES) != REFUSAL_NONE) {
		errno = EINVAL;
		return NULL;
	}
	if ((fs = calloc(1, sizeof(*fs))) == NULL)
		return NULL;
	fs->tree = json_tree_new_wide(FS_MESSAGE_MAX, FS_NODES_MAX, FS_NODES_MAX);
	fs->clean = malloc(FS_MESSAGE_MAX);
	if (fs->tree == NULL || fs->clean == NULL) {
		freeswitch_close(fs);
		return NULL;
	}
	json_tree_allow_repeats(fs->tree);
	fs->source_len = (uint32_t)strlen(source);
	memcpy(fs->source, source, fs->source_len);
	fs_slots_init(fs);
	return fs;
}

const struct dialect dialect_freeswitch = {
	.name = "freeswitch",
	.text = "FreeSWITCH's events in JSON, one a message; needs a source of its own",
	.needs_source = true,
	.open = freeswitch_open,
	.close = freeswitch_close,
	.decode = freeswitch_decode,
	.memory = &fs_memory,
};
