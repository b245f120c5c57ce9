/* SPDX-License-Identifier: MIT */
/*
 * vitals.h: from what the daemon sees of itself to the figures of
 * monitor.def.  Pure: facts and times are arguments.
 */
#ifndef CCMON_VITALS_H
#define CCMON_VITALS_H

#include <ccmon/rules.h>

#define RECENT_SLICES	10
#define RECENT_SLICE_MS	60000	/* ms; together ten minutes */

/* How often something happened in the last ten minutes, from a total. */
struct recent {
	uint64_t	 total, in[RECENT_SLICES];
	int64_t		 slice;		/* number of the newest */
	bool		 begun;
};

/* What is true now. */
struct facts {
	bool		 redis_good;	/* it took our last write, or nothing was to write */
	bool		 loaded;	/* the engine holds all there is to know */
	msec_t		 wall, engine_now;	/* -1: not told yet */
	msec_t		 oldest_page;	/* not delivered; -1: none */
	msec_t		 skew;		/* largest, either way; ms */
	uint64_t	 refused, given_up; /* so far */
};

struct vitals {
	msec_t		 good_at;	/* monotonic; Redis was good last */
	msec_t		 fresh_at;	/* monotonic; the figures were not behind last */
	struct recent	 refused, given_up;
};

void	vitals_init(struct vitals *, msec_t mono);
/* Each figure in its unit's smallest step. */
void	vitals_read(struct vitals *, const struct facts *, msec_t mono,
	    int64_t value[MONITOR_COUNT]);

#endif
