/* SPDX-License-Identifier: MIT */
/*
 * people.h: agents, what they are in over time, and those of a scope
 * together.  A part of engine_int.h, which includes it.
 */
#ifndef CCMON_ENGINE_PEOPLE_H
#define CCMON_ENGINE_PEOPLE_H

#include "samples.h"

/* ---- agents ---- */

enum agent_state {
	AGENT_OFFLINE, AGENT_AVAILABLE, AGENT_RINGING, AGENT_ON_CONTACT,
	AGENT_ON_HOLD, AGENT_ACW, AGENT_PAUSED, AGENT_NSTATES
};

/* What is summed of her over time: ms in each state, and ms that contacts had
 * her, of which there may be several at once. */
enum { SUM_CONTACTS = AGENT_NSTATES, AGENT_NSUMS };

enum agent_op {
	OP_LOGIN, OP_LOGOUT, OP_AVAILABLE, OP_PAUSE, OP_SEEN,
	OP_RING, OP_RING_END, OP_TALK, OP_TALK_END, OP_HOLD, OP_HOLD_END,
	OP_ACW, OP_ACW_END,
	OP_RESUME,
	OP_TALK_ON, OP_HOLD_ON,		/* the end before was none */
	OP_COUNT			/* saved by number: new ones stand last */
};

struct change {			/* one entry of a timeline */
	uint32_t	offset;		/* ms since its zero */
	uint8_t		op;		/* enum agent_op */
	uint16_t	reason;		/* of OP_PAUSE: number of a word */
};

struct standing {		/* what is true at a moment */
	msec_t		at;
	msec_t		login_at;	/* last time she came from offline */
	msec_t		since;		/* begin of the state that holds */
	msec_t		before_since;
	int64_t		sum[AGENT_NSUMS];	/* until `at` */
	int16_t		ring, talk, hold, acw;	/* contacts in each */
	uint16_t	why;		/* reason of the last pause */
	uint8_t		before;		/* state that held until just before `at` */
	bool		seen;		/* she was, by then */
	bool		in, paused, said;	/* logged in; paused; by a login */
};

#define MARK_EVERY	16	/* changes between two marks */

struct timeline {
	msec_t		 zero;
	struct change	*c;
	size_t		 n, cap;
	struct standing	*mark;		/* mark[i]: before c[i * MARK_EVERY] */
	size_t		 nmarks, marks_cap;
	struct standing	 last;		/* after all of them */
	int64_t		 day_sum[AGENT_NSUMS];	/* at the day's begin */
};

void		 timeline_insert(struct timeline *, struct memory *, msec_t at,
		    enum agent_op, uint16_t reason, msec_t day_begin);
/* Where a change at that time is put: not before what is remembered. */
msec_t		 timeline_when(const struct timeline *, msec_t at);
/* Takes back a change at that time, whosever: they are all alike.  An end that
 * is not remembered as a change any more gets a change against it. */
void		 timeline_remove(struct timeline *, struct memory *, msec_t at,
		    enum agent_op, msec_t day_begin);
/* Drops changes that no late one and no window of `keep` ms can reach. */
void		 timeline_forget(struct timeline *, struct memory *, msec_t now, msec_t keep);
void		 timeline_sums(const struct timeline *, msec_t at, int64_t sum[AGENT_NSUMS]);
/* What is true then; false: she was not seen yet. */
bool		 timeline_at(const struct timeline *, msec_t at, struct standing *);
/* After the last change, though it may be to come; or NULL. */
const struct standing *timeline_last(const struct timeline *);
/* When the first of these (bits of enum agent_op) was done after that time;
 * MSEC_NEVER: none was. */
msec_t		 timeline_next(const struct timeline *, msec_t after, unsigned ops);
enum agent_state standing_state(const struct standing *);
/* t->c and t->n stand: what was true before them, and all that follows. */
void		 timeline_restore(struct timeline *, struct memory *, const struct standing *base);
void		 timeline_fini(struct timeline *, struct memory *);

struct membership {
	uint32_t	queue;
	msec_t		joined, left;		/* -1: never */
	uint64_t	joined_no, left_no;	/* order of arrival */
	bool		counted;		/* at the last roll call */
};

struct agent {
	struct object_data o;
	char		*name;		/* NULL: forgotten */
	struct names	*names;		/* she stands for; NULL: she is herself (other.c) */
	struct timeline	 line;
	struct membership *member;
	size_t		 nmembers, members_cap;
	struct fed_by	 fed;
	uint32_t	 contacts_now;
	struct work	*works;		/* planned, newest first (work.c) */
	/* as counted at the last roll call */
	int64_t		 in_window[WINDOWS_MAX][AGENT_NSUMS];
	uint8_t		 counted_as;	/* enum agent_state */
	bool		 counted, called;
	/* loading: her record holds what was in parts before that one */
	uint64_t	 saved_part;
	int64_t		 saved_second;
};

/* Agents of a scope, summed at a roll call. */
struct crew {
	uint32_t	count[AGENT_NSTATES];
	int64_t		in_window[WINDOWS_MAX][AGENT_NSUMS];
};

#endif
