/* SPDX-License-Identifier: MIT */
/*
 * seen.h: the events of a recording that have been seen, by the names their
 * source gave them.  The collector has its journal for that (memos); who reads
 * a file keeps them all in memory, eight bytes each.
 */
#ifndef CCMON_SEEN_H
#define CCMON_SEEN_H

#include "base.h"

struct seen;

struct seen *seen_new(void);	/* no memory is the end of the process */
void	seen_free(struct seen *);

/* Was this id of that source here before?  It was from now on.  An event
 * without an id never was. */
bool	seen_before(struct seen *, struct str source, struct str id);

#endif
