/* SPDX-License-Identifier: MIT */
/*
 * merge.h: after the daemon was away several collectors hand over what they
 * kept, each as fast as it can.  Whose block is next?  Pure: the time is an
 * argument, all of it monotonic but `received`.
 *
 *	merge_begin --> merge_passes: apply it as it came, no copy
 *	    |               | no
 *	    |           merge_keep --> merge_next, merge_first, merge_pop
 *	    `-- merge_goes_on: no --> merge_end: from now on all passes that
 *	                              has nothing of its own waiting
 */
#ifndef CCMON_MERGE_H
#define CCMON_MERGE_H

#include <sys/queue.h>

#include <ccmon/wire.h>

#define MERGE_LANE_MAX	WIRE_CREDIT	/* bytes a lane keeps; a block fits */
#define MERGE_STALLED_MS 5000		/* ms without a block: nobody waits for it */

struct merge_block;

/* A collector's blocks that wait, in the order it sent them.  The caller
 * says what is true of the collector. */
struct merge_lane {
	TAILQ_ENTRY(merge_lane)	 link;
	STAILQ_HEAD(merge_blocks, merge_block) blocks;
	size_t			 bytes;		/* of them */
	void			*owner;		/* the caller's */
	bool			 here;		/* it said HELLO */
	bool			 behind;	/* it had records then that are not applied */
	msec_t			 moved;		/* a block came, or was applied */
};

struct merge {
	TAILQ_HEAD(merge_lanes, merge_lane) lanes;
	msec_t			 until;		/* nothing goes */
	bool			 over;		/* or not yet begun */
};

void	merge_init(struct merge *);
/* A lane is in it for good; what waits in it ends with merge_drop. */
void	merge_join(struct merge *, struct merge_lane *, void *owner);
void	merge_drop(struct merge_lane *);
/* Nothing goes before it is `until`, or all who may come are here. */
void	merge_begin(struct merge *, msec_t until);
void	merge_all_here(struct merge *);
void	merge_end(struct merge *);
bool	merge_is_over(const struct merge *);

/* Need this lane's next block not wait for anybody? */
bool	merge_passes(const struct merge *, const struct merge_lane *, msec_t mono);
/* Else a copy of it waits.  false: there are too many, or no memory. */
bool	merge_keep(struct merge_lane *, const struct block *) CCMON_CHECK;
/* The lane whose first block is next; NULL: nothing waits, or somebody may
 * still send what is older. */
struct merge_lane *merge_next(const struct merge *, msec_t mono);
const struct block *merge_first(const struct merge_lane *);
void	merge_pop(struct merge_lane *);

bool	merge_waits(const struct merge *);	/* any block */
/* Does it move, and has it something from before? */
bool	merge_catches_up(const struct merge_lane *, msec_t mono);
/* Does any, or may one still come? */
bool	merge_goes_on(const struct merge *, msec_t mono);

#endif
