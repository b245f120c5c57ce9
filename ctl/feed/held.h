/* SPDX-License-Identifier: MIT */
/*
 * held.h: messages of a source that cannot be heard just now, in order.
 */
#ifndef CCMON_FEED_HELD_H
#define CCMON_FEED_HELD_H

#include <ccmon/event.h>
#include <ccmon/out.h>

struct held {
	char	 source[NAME_MAX_BYTES + 1];	/* "": nothing is held */
	struct out bytes;
	size_t	 taken;
};

void	held_init(struct held *);
void	held_fini(struct held *);
/* One source at a time.  false: no memory. */
bool	held_put(struct held *, struct str source, struct str topic, struct str body);
bool	held_is_of(const struct held *, struct str source);
/* The oldest, borrowed until the next put; false: there is none. */
bool	held_take(struct held *, struct str *topic, struct str *body);

#endif
