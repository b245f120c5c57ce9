/* SPDX-License-Identifier: MIT */
/*
 * house.h: a contact center as the textbooks have it (M/M/N+M), in events.
 */
#ifndef BENCH_HOUSE_H
#define BENCH_HOUSE_H

#include <ccmon/event.h>

#define HOUSE_AGENTS	64	/* at most */

struct house_plan {
	double		 per_hour;	/* calls */
	unsigned	 agents;
	msec_t		 handle;	/* ms; mean, exponential */
	msec_t		 patience;	/* ms; mean, exponential */
	msec_t		 cut_at;	/* since the begin; MSEC_NEVER */
	unsigned	 cut_to;	/* agents left from then on */
};

typedef void house_fn(void *arg, const struct event *);

struct house;
/* Begins with everybody at work and nobody calling.  The same seed brings the
 * same callers, whoever answers them.  NULL: no memory. */
struct house	*house_open(const struct house_plan *, uint64_t seed, msec_t begin,
		    house_fn *, void *arg);
/* Gives everything that happens up to then, in its order. */
void		 house_until(struct house *, msec_t then);
void		 house_close(struct house *);

#endif
