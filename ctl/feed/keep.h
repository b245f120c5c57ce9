/* SPDX-License-Identifier: MIT */
/*
 * keep.h: what was published, kept for a while for who missed it: the replay
 * socket of ccmon-events(7).
 */
#ifndef CCMON_FEED_KEEP_H
#define CCMON_FEED_KEEP_H

#include <ccmon/event.h>

struct keep;
struct keys;

/* Of the last `most` events; keys as of a struct zev_options.  NULL: it said why. */
struct keep *keep_open(const char *endpoint, size_t most, const struct keys *) CCMON_CHECK;
void	keep_close(struct keep *);
/* Before it is published; one without a number is not kept.  false: no memory. */
bool	keep_event(struct keep *, const struct event *, struct str body) CCMON_CHECK;
/* Answers for so long (ms). */
void	keep_serve(struct keep *, msec_t);

#endif
