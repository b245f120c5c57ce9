/* SPDX-License-Identifier: MIT */
/*
 * sim.h: a contact center that is not there: events of calls, chats and
 * emails in time order, each as a real source would send it.  Pure: the same
 * options give the same events.
 */
#ifndef CCMON_FEED_SIM_H
#define CCMON_FEED_SIM_H

#include <ccmon/event.h>

struct sim_options {
	uint64_t	seed;
	msec_t		start;		/* the first instant, epoch ms; also boot */
	msec_t		length;		/* MSEC_NEVER: without end */
	double		rate;		/* contacts and agents, times this */
	bool		flat;		/* every hour as busy as the busiest */
	bool		story;		/* another house, where things happen */
	msec_t		past;		/* length and story begin so long after start */
};

struct sim;

struct sim *sim_new(const struct sim_options *) CCMON_CHECK;	/* NULL: no memory */
void	sim_free(struct sim *);
/* The next event; its texts are borrowed until the next call.  false: the
 * length is over, or memory is (then sim_failed). */
bool	sim_next(struct sim *, struct event *);
bool	sim_failed(const struct sim *);
/* Can that source not be heard just now?  What it says is to be held back
 * until it can. */
bool	sim_is_silent(const struct sim *, struct str source);

#endif
