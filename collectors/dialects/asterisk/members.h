/* SPDX-License-Identifier: MIT */
/*
 * members.h: who is a member of which of a switch's queues, and what of an
 * agent follows from all her rows together.
 *
 * A row is a queue and an interface in it.  An agent is whoever its rows name:
 * there while a phone of one of them can be reached, paused while one of them
 * is.  So nobody has to remember what was told of her: it is what followed
 * before the change.
 */
#ifndef CCMON_DIALECTS_MEMBERS_H
#define CCMON_DIALECTS_MEMBERS_H

#include <ccmon/event.h>

#include "jot.h"
#include "slots.h"

#define MEMBERS_MAX	16384	/* queues times agents; who comes after is refused */
#define INTERFACE_MAX	80	/* bytes; AST_CHANNEL_NAME of Asterisk */
#define PAUSE_REASON_MAX 80	/* bytes; app_queue.c, reason_paused */

struct member {
	bool	away;		/* its phone cannot be reached */
	bool	paused;
	bool	named;		/* in this listing */
	uint64_t bridge;	/* a hash of where a channel of it is; 0: in none */
	msec_t	wrapup;
	char	queue[NAME_MAX_BYTES + 1];
	char	agent[NAME_MAX_BYTES + 1];
	char	interface[INTERFACE_MAX + 1];
	char	phone[INTERFACE_MAX + 1];	/* what its state is taken from */
	char	reason[PAUSE_REASON_MAX + 1];	/* of the pause */
};

struct members {
	struct slots	 slots;
	struct member	*row;
};

struct standing {
	bool	there, paused;
	char	reason[PAUSE_REASON_MAX + 1];
};

bool		 members_init(struct members *) CCMON_CHECK;
void		 members_fini(struct members *);

/* NULL: it is in no row, or there is no room for another. */
struct member	*members_find(struct members *, struct str queue, struct str interface);
struct member	*members_add(struct members *, struct str queue, struct str interface,
		    struct str agent);
void		 members_drop(struct members *, struct member *);
void		 members_change(struct members *, const struct member *);

/* The next from place *i on, which goes behind it; of all, or of an agent. */
struct member	*members_walk(struct members *, uint32_t *i);
struct member	*members_of(struct members *, struct str agent, uint32_t *i);
/* Any row of that agent in that queue, or NULL. */
struct member	*members_in(struct members *, struct str agent, struct str queue);

void		 members_standing(struct members *, struct str agent, struct standing *);
bool		 standing_same(const struct standing *, const struct standing *);

/* Is this the channel of a call to the member: "PJSIP/ann-0000002a"? */
bool		 member_has_channel(const struct member *, struct str channel);

/* Notes: the place of one that was changed (empty: it is gone), and back. */
bool		 members_changed(struct members *, uint32_t *i, struct jot *);
bool		 members_recall(struct members *, uint32_t i, struct str note);

#endif
