/* SPDX-License-Identifier: MIT */
/* replay.h: a recorded log, once more. */
#ifndef CCMON_FEED_REPLAY_H
#define CCMON_FEED_REPLAY_H

#include "publish.h"

struct replay_options {
	const char	*file;		/* "-": standard input */
	const char	*dialect, *source;
	bool		 shift;		/* so that the first event is now */
	bool		 paced;		/* times of native lines matter */
	bool		 read_all;	/* native lines too: who publishes keeps them by number */
	int64_t		 boot;		/* -1: the lines' own, or the first event's time */
};

/* false: it said why, and nothing or not all was sent. */
bool	replay(const struct replay_options *, struct publisher *);

#endif
