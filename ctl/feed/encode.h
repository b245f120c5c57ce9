/* SPDX-License-Identifier: MIT */
/* encode.h: an event in the native dialect's words.  Pure. */
#ifndef CCMON_FEED_ENCODE_H
#define CCMON_FEED_ENCODE_H

#include <ccmon/event.h>
#include <ccmon/out.h>

/* Appends the event as one JSON object. */
void	encode_event(struct out *, const struct event *);
/* Appends `<channel>.<queue>`, for what belongs to no queue
 * `source.<source>`; what is not ASCII becomes '_'. */
void	encode_topic(struct out *, const struct event *);

#endif
