/* SPDX-License-Identifier: MIT */
/*
 * trial.h: what a site's rules would have told, had these events come.
 */
#ifndef CTL_TRIAL_H
#define CTL_TRIAL_H

#include <ccmon/event.h>
#include <ccmon/settings.h>

#include "daemon/engine/engine.h"
#include "daemon/page.h"

#define TRIAL_ALERT_MAX	256	/* bytes with NUL: rule and scope */

struct trial_episode {
	char		 alert[TRIAL_ALERT_MAX];	/* "oldest_wait/queue:sales" */
	char		 episode[EPISODE_MAX];
	const struct rule_def *rule;
	msec_t		 began, ended;	/* ended -1: it lasts */
	msec_t		 paged;		/* when first; -1: nobody was told */
	unsigned	 pages;		/* steps and repeats told */
	int64_t		 worst;		/* of what its first condition is about; FIGURE_NAN */
	uint8_t		 unit;
	bool		 flapping;
};

struct alerts;

struct trial {
	struct rules	 rules;		/* the site's; a page without hooks has one */
	struct engine	*engine;
	struct alerts	*alerts;
	msec_t		 began;		/* when it was first looked at; -1: not yet */
	msec_t		 now;		/* and last */
	msec_t		 heard;		/* the newest event */
	struct trial_episode *episode;	/* in the order of their beginnings */
	size_t		 n, cap;
	size_t		*open;		/* those that last */
	size_t		 nopen;
	unsigned	 sent;		/* pages: steps and repeats; a storm's is one */
	unsigned	 ends;		/* and those that say it is over */
};

/* The settings are borrowed, but for what the engine goes by.  NULL: no memory. */
struct trial	*trial_new(const struct settings *, enum site_clock);
void		 trial_free(struct trial *);
/* Lives up to now, second by second, then takes the event; with CLOCK_EVENTS
 * now is its own time. */
enum engine_rc	 trial_event(struct trial *, const struct event *, msec_t now);
/* now -1: nobody knows when. */
void		 trial_refused(struct trial *, const struct reject *, msec_t now);
void		 trial_until(struct trial *, msec_t now);
/* There are no more events. */
void		 trial_end(struct trial *);

#endif
