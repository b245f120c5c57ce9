/* SPDX-License-Identifier: MIT */
/*
 * folders.h: which files are in a Maildir, in the order in which they came.
 * It looks, and changes nothing.
 */
#ifndef COLLECTORS_FOLDERS_H
#define COLLECTORS_FOLDERS_H

#include "ccmon/base.h"

struct folders;

struct folders_options {
	const char	*path;		/* of the Maildir; stays */
	char		**more;		/* folders below it, NULL-ended, or NULL; stay */
	/* Is this file still to be handed out?  Asked of all when they are looked
	 * through, so it should be cheap. */
	bool		(*is_wanted)(void *arg, struct str unique);
	void		(*wake)(void *arg);	/* folders_turn should be called */
	void		*arg;
};

struct found {
	unsigned	folder;		/* 0: the Maildir itself; 1: the first of more */
	const char	*path;		/* good until the next call, as what follows */
	struct str	unique;		/* the part of its name that never changes */
	bool		is_whole;	/* whoever wrote it was done with it */
};

/* NULL: errno.  A directory that is not there is waited for. */
struct folders *folders_open(const struct folders_options *) CCMON_CHECK;
void	folders_close(struct folders *);
/* Looks for a bounded time.  false: there is more to be done at once. */
bool	folders_turn(struct folders *);
/* When the next turn is due if nothing wakes us; by the monotonic clock. */
msec_t	folders_due(const struct folders *);
/* The next file; false: none now. */
bool	folders_next(struct folders *, struct found *);
/* The file just handed out is gone: where it was moved to.  false: nowhere
 * that is watched, or nobody told us yet. */
bool	folders_moved(struct folders *, struct found *);
/* Something could not be read: look through all of it soon. */
void	folders_again(struct folders *);
/* Nothing is looked at until it is resumed; what came is found then. */
void	folders_pause(struct folders *);
void	folders_resume(struct folders *);

#endif
