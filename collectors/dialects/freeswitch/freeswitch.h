/* SPDX-License-Identifier: MIT */
/*
 * freeswitch.h: what the files of the dialect freeswitch share.
 *
 *	freeswitch.c		the dialect: a message, its time, what it is
 *	said.c			reading a message's headers
 *	members.c		callers in queues, and what becomes of them
 *	agents.c		agents, and the queues they are in (tiers)
 *	list.c			replies to listings: where to begin, what was missed
 *	told.c			the events, and handing them out
 *	notes.c			what is known, and its notes
 *
 * A message becomes a list of events, which are handed out a few at a time.
 * All memory is there from the start.
 */
#ifndef CCMON_DIALECTS_FREESWITCH_H
#define CCMON_DIALECTS_FREESWITCH_H

#include <ccmon/dialect.h>
#include <ccmon/json.h>

#define FS_MESSAGE_MAX	4194304	/* bytes; channels of a busy switch are a kilobyte each */
#define FS_NODES_MAX	131072	/* values in that */
#define FS_NAME_MAX	64	/* bytes; FreeSWITCH's own ids have 36 */
#define FS_SLOTS_MAX	16384	/* members, agents and tiers that are followed */
#define FS_EVENTS_MAX	32768	/* of one message */
#define FS_TEXTS_MAX	8388608	/* bytes of texts of one message's events */
#define FS_SEEN		4096	/* sequence numbers remembered */
#define FS_GRACE	5000	/* ms; longer no message is behind what it tells of */

struct fs_name {
	uint8_t		n;
	char		p[FS_NAME_MAX];
};

/* Who ended a call; 0: it cannot be told. */
enum fs_by { FS_BY_UNKNOWN, FS_BY_AGENT, FS_BY_CUSTOMER, FS_BY_SYSTEM };

/* A caller in a queue, until she is out of it and of what came of it. */
struct fs_member {
	struct fs_name	uuid, session, queue;
	struct fs_name	agent, agent_uuid; /* who took the call */
	int64_t		again;		/* s; when it came back under the same uuid; 0: it did not */
	msec_t		joined;
	msec_t		answered;	/* 0: nobody took it yet */
	msec_t		wait;		/* ms; till then, by the switch's own count */
	msec_t		hold_since;	/* 0: not on hold */
	msec_t		held;		/* ms; before that */
	msec_t		gone;		/* one of the channels ended, and nothing came of it yet; 0 */
	msec_t		missing;	/* a listing did not name it; 0 */
	msec_t		heard;		/* its last sign of life */
	uint8_t		by;		/* enum fs_by */
	bool		told;		/* that it was answered */
	bool		listed;		/* known from a listing only */
	bool		begun;		/* known, and not told yet: found in the listing that goes on,
					   or back in a queue it is not out of */
	/* of that listing; in no note */
	bool		queue_named, named, channel_named, channel_held;
};

enum fs_status { FS_STATUS_UNKNOWN, FS_LOGGED_OUT, FS_AVAILABLE, FS_ON_BREAK };

struct fs_agent {
	struct fs_name	name;
	struct fs_name	uuid;		/* of the call she is in; in no note */
	uint8_t		status;		/* enum fs_status */
	msec_t		wrap_up;	/* ms; 0: none */
	int64_t		sequence;	/* of the event that told the status; in no note */
	bool		named;
};

struct fs_tier {
	struct fs_name	agent, queue;
	bool		named;
};

/* The switch itself: slot 0. */
struct fs_switch {
	struct fs_name	core;		/* Core-UUID; empty: not known */
	int64_t		highest;	/* Event-Sequence of it */
	bool		tells_states;	/* agent-state-change comes from it */
	msec_t		now;		/* by its clock, as far as events tell */
};

enum fs_kind { FS_FREE, FS_SWITCH, FS_MEMBER, FS_AGENT, FS_TIER, FS_NKINDS };

/* One thing that is known, under the number of its note. */
struct fs_slot {
	uint8_t		kind;		/* enum fs_kind */
	bool		changed;
	unsigned	after;		/* events of this message the note waits for */
	union {
		struct fs_member member;
		struct fs_agent	agent;
		struct fs_tier	tier;
		struct fs_switch sw;
	};
};

struct freeswitch {
	char		source[NAME_MAX_BYTES];
	uint32_t	source_len;
	struct json_tree *tree;
	char		*clean;		/* a message whose UTF-8 had to be mended */
	struct fs_switch *sw;
	int64_t		old;		/* sequence numbers up to this were heard before the
					   collector began */
	int64_t		seen[FS_SEEN];	/* others, each at its remainder */
	msec_t		ahead;		/* its clock of ours, when both were last heard together */
	msec_t		listed;		/* by its clock, when a list came last */
	msec_t		due;		/* somebody's grace may end then */
	struct {
		bool	goes_on, has_channels;
		msec_t	began;
	} listing;
	/* the message */
	const struct json_node *root;
	msec_t		at;
	int64_t		sequence;	/* 0: it has none */
	enum refusal	why;
	struct str	detail;
	unsigned	n, given;	/* events there are, and handed out */
	size_t		ntexts;
	unsigned	nslots, first_free, next_note;
	unsigned	found[FS_NKINDS]; /* slots, the last time */
	char		note[DIALECT_NOTE_MAX + 1];
	struct event	events[FS_EVENTS_MAX];
	char		texts[FS_TEXTS_MAX];
	struct fs_slot	slots[FS_SLOTS_MAX];
};

/* ---- said.c */

/* What an event says, of that which is asked for most. */
enum fs_header { FS_UUID, FS_SESSION, FS_QUEUE, FS_AGENT_NAME, FS_AGENT_UUID, FS_NNAMES,
		 FS_JOINED = FS_NNAMES, FS_ANSWERED, FS_LEAVING, FS_NHEADERS };
#define FS_NEEDS(h)	(1u << FS_##h)

struct fs_said {
	struct fs_name	name[FS_NNAMES];
	msec_t		time[FS_NHEADERS]; /* from FS_JOINED on; 0: not there */
};

void	 fs_refuse(struct freeswitch *, enum refusal why, const char *detail);
/* False: refused. */
bool	 fs_said_read(struct freeswitch *, unsigned needs, struct fs_said *);
/* The text of a header; of one set more than once, the last.  Or none. */
struct str fs_header(const struct freeswitch *, const char *name);
bool	 fs_header_is(const struct freeswitch *, const char *name, const char *word);
/* Digits only; -1: anything else. */
int64_t	 fs_number(struct str);
/* Takes the text up to the next `end` off the front of rest. */
struct str fs_take(struct str *rest, char end);
bool	 fs_name_set(struct fs_name *, struct str);	/* false: it is none */
bool	 fs_name_is(const struct fs_name *, struct str);
struct str fs_name_str(const struct fs_name *);
/* The message as valid UTF-8. */
struct str fs_mend(struct freeswitch *, struct str);
/* Where the caller was transferred to by the agent who took the call at
 * `since`, or none: she was not. */
struct str fs_transfer_target(struct freeswitch *, msec_t since);
/* Who ended the channel of this event, if it is that of `side`. */
enum fs_by fs_who_ended(const struct freeswitch *, enum fs_by side);

/* ---- told.c */

/* Is there room for all that may become of one more thing? */
bool	 fs_has_room(const struct freeswitch *);
void	 fs_tell(struct freeswitch *, enum event_kind, msec_t at);
void	 fs_give(struct freeswitch *, enum event_member, struct str);
void	 fs_give_name(struct freeswitch *, enum event_member, const struct fs_name *);
void	 fs_give_length(struct freeswitch *, enum event_member, msec_t);
void	 fs_hand_out(struct freeswitch *, struct dialect_result *);

/* ---- notes.c */

/* The next thing after `last` (NULL: the first) of that kind, or NULL. */
void	 fs_slots_init(struct freeswitch *);
struct fs_slot *fs_next(struct freeswitch *, enum fs_kind, struct fs_slot *last);
/* The thing of that kind that `is` says yes to, or NULL; it is looked for from
 * behind the last one found, for listings come in the same order each time. */
typedef bool fs_is(const struct fs_slot *, const void *key);
struct fs_slot *fs_find(struct freeswitch *, enum fs_kind, fs_is *is, const void *key);
struct fs_slot *fs_new(struct freeswitch *, enum fs_kind);	/* NULL: too many */
void	 fs_changed(struct freeswitch *, struct fs_slot *);
void	 fs_forget(struct freeswitch *, struct fs_slot *);
extern const struct dialect_memory fs_memory;

/* ---- info.c */

/* False: nobody knows that CC-Action. */
bool	 fs_member_info(struct freeswitch *, struct str action);
/* An agent's state: that she is in a call shows that the two are joined. */
void	 fs_member_joined(struct freeswitch *);

/* ---- channels.c */

void	 fs_channel_hold(struct freeswitch *);
void	 fs_channel_unhold(struct freeswitch *);
void	 fs_channel_bridge(struct freeswitch *);
void	 fs_channel_hangup(struct freeswitch *);

/* ---- members.c */

/* Time has passed: what nothing came of. */
void	 fs_members_due(struct freeswitch *);
void	 fs_members_restart(struct freeswitch *);

/* ---- agents.c */

const struct fs_agent *fs_agent_find(struct freeswitch *, struct str name);	/* or NULL */
void	 fs_agent_info(struct freeswitch *);
void	 fs_agents_restart(struct freeswitch *);

/* ---- list.c */

#define FS_COLUMNS_MAX	32	/* 20 are the most there are */

struct fs_row {
	unsigned	n;
	struct str	column[FS_COLUMNS_MAX], field[FS_COLUMNS_MAX];
};

/* "list WHAT" and its reply. */
void	 fs_list(struct freeswitch *, struct str text);
struct str fs_row_get(const struct fs_row *, const char *column);	/* or none */

/* ---- what listings are made of, one row each time, and after the last
 * of a whole one */

void	 fs_agents_row(struct freeswitch *, const struct fs_row *);
void	 fs_agents_listed(struct freeswitch *);
void	 fs_tiers_row(struct freeswitch *, const struct fs_row *);
void	 fs_tiers_listed(struct freeswitch *);
/* resync.c */
void	 fs_resync_begin(struct freeswitch *);
void	 fs_members_row(struct freeswitch *, const struct fs_row *);
void	 fs_members_listed(struct freeswitch *, struct str queue);
void	 fs_channels_listed(struct freeswitch *, struct str json);
void	 fs_resync_end(struct freeswitch *);
/* freeswitch.c: the core that speaks now */
void	 fs_core_is(struct freeswitch *, struct str core);

#endif
