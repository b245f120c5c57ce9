/* SPDX-License-Identifier: MIT */
/*
 * walk.h: the members of a JSON object as they are written, one after the
 * other: keys and values are borrowed bytes, quotes and all, so that what is
 * passed on is passed on unchanged.
 */
#ifndef WALLBOARD_WALK_H
#define WALLBOARD_WALK_H

#include <ccmon/base.h>

struct walk {
	const char	*p, *end;
	bool		 begun, done;
	bool		 broken;	/* it is no object */
};

struct walk walk_object(struct str);
/* False: there are no more, or it is broken. */
bool	walk_next(struct walk *, struct str *key, struct str *value);
/* Is that key, which has its quotes, this name? */
bool	walk_is(struct str key, const char *name);
/* A whole number, as it is written; -1: it is none, or too long for a time. */
int64_t	walk_whole(struct str digits);

#endif
