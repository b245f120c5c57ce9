/* SPDX-License-Identifier: MIT */
/*
 * lanes.h: which delivery may start now.
 *
 * A delivery is one page for one hook; a lane holds those of one hook that
 * are not finished, as they came.  Pure: no clock (time is an argument, ms on
 * any clock that does not go back), no process, no disk.
 */
#ifndef CCMON_HOOKS_LANES_H
#define CCMON_HOOKS_LANES_H

#include "../page.h"

#define LANES_PROCESSES	64	/* runs at once, over all hooks */
#define RETRY_FIRST	INT64_C(1000)	/* ms; doubled with each attempt */
#define RETRY_LAST	INT64_C(60000)	/* ms; not longer than this */
#define NO_DOOM		HOOK_OUTCOME_COUNT

enum delivery_state { DELIVERY_WAITING, DELIVERY_RUNNING, DELIVERY_DONE };

struct delivery {
	struct delivery	*prev, *next;	/* in its lane */
	struct lane	*lane;
	const struct page *page;	/* borrowed */
	void		*owner;		/* whoever added it */
	bool		*cancelled;	/* by ref; the owner's memory */
	uint8_t		 state;		/* enum delivery_state */
	uint8_t		 outcome;	/* of the last run, or the end */
	uint8_t		 doom;		/* how it ends unless its run delivers; NO_DOOM */
	unsigned	 attempt;	/* runs begun */
	msec_t		 came;		/* epoch ms; the lanes do not look */
	msec_t		 arrived, due;
};

struct lane {
	struct delivery	*first, *last;
	size_t		 waiting, running;
	size_t		 limit;		/* runs at once; 0: no such hook */
	msec_t		 give_up;	/* a page is tried so long */
	msec_t		 asleep;	/* nothing may start before; a change wakes it */
	void		*owner;
};

struct lanes {
	struct lane	**lane;
	size_t		 nlanes;
	size_t		 turn;		/* the lane that may be first */
	size_t		 running;
	uint64_t	*seen;		/* episodes, while a lane is walked */
	size_t		 seen_size, nseen;
	/* A delivery ended without a run: struck off, or its hook is gone. */
	void		(*on_struck)(void *arg, struct delivery *);
	void		*arg;
};

void	lanes_fini(struct lanes *);	/* not the lanes' memory */
/* -1: no memory. */
int	lanes_join(struct lanes *, struct lane *) CCMON_CHECK;
/* The lane's limit or give_up were changed. */
void	lanes_set(struct lanes *, struct lane *, size_t limit, msec_t give_up);
/* Appends; what the page makes pointless is struck off. */
void	lanes_add(struct lanes *, struct lane *, struct delivery *);
/* One that may start, now running and its attempt counted; or NULL. */
struct delivery *lanes_next(struct lanes *, msec_t now);
/* When lanes_next may have one, if nothing happens before; MSEC_NEVER. */
msec_t	lanes_due(const struct lanes *);
/* Its run ended: DELIVERED, RETRY or GIVEN_UP.  RETRY sets due, or is the end
 * after all; d->outcome and d->state tell.  random: any 32 bits, for the jitter. */
void	lanes_ended(struct lanes *, struct delivery *, enum hook_outcome, msec_t now,
	    uint32_t random);
void	lanes_cancel(struct lanes *, struct str episode);

#endif
