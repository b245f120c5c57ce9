/* SPDX-License-Identifier: MIT */
/*
 * gaps.h: which events of an input's sources did not come, and what to ask
 * their publisher for next.  Pure: told the time (monotonic, ms), and saved
 * as memos, so that what was published while nobody listened is asked for as
 * well.
 *
 * One request at a time: gaps_next, then gaps_wants for what comes, then
 * gaps_answered, gaps_failed, or gaps_dropped: as if it had not been asked.
 */
#ifndef COLLECTORS_GAPS_H
#define COLLECTORS_GAPS_H

#include "ccmon/missing.h"
#include "ccmon/replay.h"
#include "collectors/collector.h"

#define GAPS_SOURCES	64		/* of one input; of more none is looked after */
#define GAPS_MOST	(1 << 20)	/* numbers asked for in one gap: its newest */
#define GAPS_TRIES	4		/* of a request that is not answered */
#define GAPS_BACKOFF	INT64_C(1000)	/* ms after the first, twice that after the next ... */
#define GAPS_TOLD	16		/* ranges of what was not to be had that are named */

/* What is, or was, missing of one numbering, from when something was until
 * nothing was wanted any more. */
struct gap {
	struct str	source;
	int64_t		boot;
	uint64_t	wanted;		/* still */
	uint64_t	asked, had, not_had;	/* numbers; a second try counts in asked again */
	struct range	range[GAPS_TOLD];	/* not had, in order of giving up */
	uint32_t	nranges;
	uint64_t	unnamed;	/* not had, and in no range for want of room */
};

struct gaps_options {
	unsigned	 rate;		/* numbers asked for, a second */
	void		(*found)(void *arg, const struct gap *);
	void		(*ended)(void *arg, const struct gap *);
	void		*arg;
};

struct gaps;
struct gaps *gaps_new(const struct gaps_options *) CCMON_CHECK;	/* NULL: no memory */
void	gaps_free(struct gaps *);

/* A source nobody spoke of yet begins with what gaps_save gave, or nothing. */
bool	gaps_know(const struct gaps *, struct str source);
void	gaps_begin(struct gaps *, struct str source, struct str saved);
size_t	gaps_save(const struct gaps *, struct str source, char value[MEMO_VALUE_MAX]);

/* This number was published; it may show that others did not come.  true:
 * what gaps_save gives is another now. */
bool	gaps_note(struct gaps *, struct str source, int64_t boot, uint64_t seq);
/* It was replayed: is it one that was missing?  It is not any more. */
bool	gaps_wants(struct gaps *, struct str source, int64_t boot, uint64_t seq);

/* What to ask for now, or false: then not before *due; MSEC_NEVER: nothing is
 * wanted.  Borrowed until a source begins. */
bool	gaps_next(struct gaps *, msec_t now, struct replay_span *, msec_t *due);
void	gaps_answered(struct gaps *);	/* what did not come is not to be had */
void	gaps_failed(struct gaps *, msec_t now);
void	gaps_dropped(struct gaps *);

#endif
