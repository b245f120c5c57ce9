/* SPDX-License-Identifier: MIT */
/*
 * follow.h: the lines of a log, each once, whatever is done to its files.
 */
#ifndef COLLECTORS_FOLLOW_H
#define COLLECTORS_FOLLOW_H

#include "collectors/inputs/tail.h"

struct follow;

struct follow_options {
	const char	*path;		/* stays, as the next two */
	const char	*collector;	/* for what is logged */
	const uint8_t	*key;
	const struct mark *mark;	/* where we were; NULL: this is the first start */
	bool		is_all;		/* then also what is there already */
};

enum follow_got {
	FOLLOW_LINE,
	FOLLOW_NONE,	/* none now */
	FOLLOW_MORE,	/* none yet; ask again */
};

struct follow *follow_open(const struct follow_options *);	/* NULL: no memory */
void	follow_close(struct follow *);
enum follow_got follow_next(struct follow *, struct tail_line *) CCMON_CHECK;
/* Where we are: behind the last line.  It is to be kept also when true is
 * returned, for then it changed without one. */
bool	follow_mark(struct follow *, struct mark *);

#endif
