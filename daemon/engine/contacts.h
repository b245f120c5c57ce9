/* SPDX-License-Identifier: MIT */
/*
 * contacts.h: contacts, their visits, what is owed to them, and the
 * resolutions that may still come back.  A part of engine_int.h, which includes it.
 */
#ifndef CCMON_ENGINE_CONTACTS_H
#define CCMON_ENGINE_CONTACTS_H

#include "structures.h"

/* ---- contacts and visits ---- */

struct offer {			/* an agent rings for a visit */
	struct offer	*next;
	uint32_t	 agent;
	msec_t		 since;
};

struct work {			/* after-contact work (work.c) */
	struct work	*next;		/* of its visit, newest first */
	struct work	*newer, *older;	/* of its agent, where it is planned */
	struct visit	*visit;
	uint32_t	 agent;
	msec_t		 since;
	msec_t		 due;		/* planned until then; MSEC_NEVER: until wrapped */
	int64_t		 worked;	/* ms; talk and hold before it */
};

enum visit_state { VISIT_WAITING, VISIT_HANDLING, VISIT_BETWEEN, VISIT_OVER, VISIT_NSTATES };
enum outcome { OUTCOME_NONE, OUTCOME_ANSWERED, OUTCOME_ABANDONED, OUTCOME_FLOWED,
	       OUTCOME_CALLBACK, OUTCOME_STUCK };

struct visit {
	struct visit	*next;		/* of its contact */
	struct visit	*older, *newer;	/* waiting in its queue */
	struct contact	*contact;
	uint32_t	 queue, agent;	/* agent: who handles */
	uint64_t	 meant;		/* which of those its queue stands for (queue.c) */
	uint8_t		 state, outcome, direction;
	uint8_t		 sl;		/* enum sl */
	bool		 on_hold, breached;
	msec_t		 start;		/* queued */
	msec_t		 begun;		/* this handling's begin */
	msec_t		 phase;		/* begin of its talk or hold */
	int64_t		 held;		/* ms on hold before `phase` */
	msec_t		 closed_at;	/* by a deadline then; -1: not by one */
	int64_t		 sl_second;	/* where sl was counted */
	struct offer	*ringing;
	struct work	*works;
	uint16_t	 id_len;
	char		 id[];
};

/* A clock that was started and not stopped; doc/counting.md "The clocks". */
struct response {
	struct link	 by_start;	/* first: its queue's list gives it back */
	struct link	 by_due;	/* at: MSEC_NEVER where it has no due */
	uint32_t	 queue;		/* it started there: whose calendar; or NONE */
	bool		 still;		/* its time does not pass */
	bool		 missed;
	bool		 told;		/* that it was: not again */
	msec_t		 changed;	/* its start, or when it last stood still or went on */
	int64_t		 spent;		/* ms; own time until then */
	int64_t		 promised;	/* ms; own time it may take; 0: due was told */
	int64_t		 missed_at;	/* second it was counted as missed at, */
	uint32_t	 missed_in, missed_by;	/* in that queue, for that agent */
};

/* What is owed to a contact; there while it is open. */
struct matter {
	struct link	 by_opened;	/* first: its queue's list gives it back */
	struct contact	*contact;
	uint32_t	 queue;		/* that holds it */
	bool		 pending;	/* the customer's turn */
	bool		 responded;	/* since it was opened */
	bool		 resolution;	/* was started since */
	bool		 ended;		/* its conversation */
	bool		 linked;	/* it stands in its queue's lists */
	msec_t		 between;	/* transferred: `queued` comes by then; or MSEC_NEVER */
	struct response	*response[TARGET_COUNT];	/* NULL: does not run */
};

struct contact {
	struct heap_item due;		/* first: the heap gives it back; order: its
					   identity, the same after a load */
	struct contact	*quieter, *louder; /* nothing open, by `touched` */
	struct visit	*visits;	/* newest first */
	uint64_t	 hash;		/* in the index */
	uint32_t	 slot, source;
	msec_t		 touched;
	struct matter	*matter;	/* what is owed; NULL: nothing is open */
	uint64_t	 customer;	/* hash of the customer's key; 0: not said */
	bool		 quiet, unsaved, saved;
	uint16_t	 id_len;
	char		 id[];
};

/* ---- resolutions that may still come back ---- */

enum key { OF_CONTACT, OF_CUSTOMER, KEY_COUNT };

struct resolution {
	struct heap_item due;		/* first: the heap gives it back; at: its time,
					   order: of arrival */
	struct resolution_key {
		uint64_t	 hash;	/* 0: not said */
		struct resolution *newer, *older; /* of that key, by arrival */
	}		 by[KEY_COUNT];
	uint32_t	 slot, queue, agent;
	bool		 came_back;
	bool		 again;		/* its contact may be resolved again */
	bool		 settled[KEY_COUNT]; /* it came back, and all older ones of the key */
	bool		 unsaved, saved;
};

#endif
