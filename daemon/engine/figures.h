/* SPDX-License-Identifier: MIT */
/*
 * figures.h: a function for each row of metrics.def.  They look at a view and
 * return the figure in its unit's smallest step, or FIGURE_NAN.
 */
#ifndef CCMON_FIGURES_H
#define CCMON_FIGURES_H

#include "engine_int.h"

#define TEXT_SIZE	1024	/* bytes; scratch for a text that is put together */

typedef int64_t figure_fn(const struct view *);
typedef struct str text_fn(const struct view *);

#define METRIC(fn, name, unit, scopes, when, use, text)	figure_fn figure_##fn;
#define TEXT(fn, name, scopes, use, text)	text_fn text_##fn;
#include <ccmon/metrics.def>

#define COUNTER(fn, counter)                                                                       \
	int64_t figure_##fn(const struct view *v)                                                  \
	{                                                                                          \
		return v->t->c[counter];                                                           \
	}

/* How many do what, and, in ms over the view's window, for how long.  The
 * agents are called only when somebody asks. */
/* No: it stands for many, of whom nobody knows who is what. */
bool		 view_knows_states(const struct view *);
bool		 view_is_of_a_day(const struct view *);
const struct crew *view_crew(const struct view *);
const int64_t	*view_time(const struct view *);

/* A service level's ratio and, if n is not NULL, its denominator. */
int64_t		 sl_of(const struct totals *, enum sl_formula, int64_t *n);
enum sl_formula	 formula_of(const struct view *);

/* The agents that queue needs now, by its windows alone; or FIGURE_NAN. */
int64_t		 forecast_required(struct engine *, uint32_t queue);

/* A text that is put together in the engine's scratch, one at a time. */
struct draft {
	char		*p;
	uint32_t	 n;
};
struct draft	 draft_begin(struct engine *);
void		 draft_add(struct draft *, const char *);
void		 draft_figure(struct draft *, int64_t value, enum unit);
struct str	 draft_end(const struct draft *);	/* with a NUL behind it */

/* The next of the queues the view is of, from *i on, or NULL. */
const struct queue *view_queue(const struct view *, size_t *i);

/* Of the last `most` seconds, how many were observed, at least `least`; -1: it
 * was not fed yet. */
int64_t		 seconds_observed(const struct view *, int64_t least, int64_t most);

/* The first source that feeds it with that status, or NULL. */
const struct source *feed_with(const struct view *, enum feed_status);

#endif
