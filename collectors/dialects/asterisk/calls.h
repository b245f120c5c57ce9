/* SPDX-License-Identifier: MIT */
/*
 * calls.h: the calls a switch has in its queues, for a dialect whose messages
 * tell of each only a piece.
 *
 * A row is one pass of a call through one queue, from entering it to the end
 * of the talk; the same call may be in two rows, when it was transferred to
 * another queue before the first said that it ended.
 */
#ifndef CCMON_DIALECTS_CALLS_H
#define CCMON_DIALECTS_CALLS_H

#include <ccmon/event.h>

#include "jot.h"
#include "slots.h"

#define CALLS_MAX	8192	/* more are in no switch's queues at once */

enum call_phase {
	CALL_WAITING,
	CALL_LEFT,	/* out of the queue: for an agent, or for good; not said yet */
	CALL_TALKING,
	CALL_ENDING,	/* transferred, and it was not said where to */
	CALL_NPHASES
};
#define PHASE(x)	(1u << CALL_##x)
#define PHASES_ALL	(PHASE(WAITING) | PHASE(LEFT) | PHASE(TALKING) | PHASE(ENDING))

/* What is known beside the phase. */
enum call_fact {
	FACT_ABANDONED	= 1,	/* the switch counts it as abandoned */
	FACT_DUMPED	= 2,	/* the agent hung up before they were joined */
	FACT_GONE	= 4,	/* its channel hung up */
	FACT_LOCAL	= 8,	/* its channel is a joint that may be optimised away */
	FACT_UNSEEN	= 16,	/* it left the queue while nobody listened */
	FACT_AGENT_GONE	= 32,	/* the agent's channel hung up */
};

struct call {
	uint8_t	phase;		/* enum call_phase */
	uint8_t	facts;		/* FACT_ */
	uint8_t	held;		/* a bit for each leg that holds */
	bool	seen;		/* said to be there since the listing began */
	bool	present;	/* so is its channel */
	uint64_t bridge;	/* a hash of where its channel is; 0: in none */
	msec_t	begun;		/* entered the queue */
	msec_t	since;		/* in this phase, or when the fact was learnt */
	msec_t	due;		/* when nothing more is waited for */
	msec_t	held_at, held_ms;
	int64_t	wait_ms, talk_ms; /* as the switch says; -1: it did not */
	char	contact[ID_MAX_BYTES + 1];
	char	queue[NAME_MAX_BYTES + 1];
	char	agent[NAME_MAX_BYTES + 1];
	char	peer[ID_MAX_BYTES + 1];		/* the agent's channel */
	char	linked[ID_MAX_BYTES + 1];	/* what all channels of the call share */
	char	target[ID_MAX_BYTES + 1];	/* where a transfer goes */
};

struct calls {
	struct slots	 slots;
	struct call	*row;
};

/* The words a call is found by. */
enum call_word { CALL_CONTACT, CALL_PEER, CALL_LINKED };

bool		 calls_init(struct calls *) CCMON_CHECK;
void		 calls_fini(struct calls *);

/* A new one, waiting; the oldest must be dropped first when calls_full(). */
struct call	*calls_add(struct calls *, struct str contact, struct str queue);
bool		 calls_full(const struct calls *);
struct call	*calls_oldest(struct calls *);
void		 calls_drop(struct calls *, struct call *);
void		 calls_drop_all(struct calls *);

/* Texts are copied, with their bounds; they were checked before. */
void		 calls_set(struct calls *, struct call *, enum call_word, struct str);
void		 calls_name(char *to, size_t max, struct str);
/* It was changed by hand: its note is due. */
void		 calls_change(struct calls *, const struct call *);

/* The first call in one of these phases (PHASE()) with this word, in this
 * queue (none: in any), or NULL; and the next after that. */
struct call	*calls_find(struct calls *, unsigned phases, enum call_word, struct str,
		    struct str queue);
struct call	*calls_find_next(struct calls *, const struct call *, unsigned phases,
		    enum call_word, struct str, struct str queue);
/* What the agent talks to there: by her name, when no id fits; rather one whose
 * channels are gone. */
struct call	*calls_of_agent(struct calls *, struct str agent, struct str queue);
/* The next from place *i on, which goes behind it; NULL: no more. */
struct call	*calls_walk(struct calls *, uint32_t *i);

/* Notes: the place of one that was changed (empty: it is gone), and back. */
bool		 calls_changed(struct calls *, uint32_t *i, struct jot *);
bool		 calls_recall(struct calls *, uint32_t i, struct str note);

#endif
