/* SPDX-License-Identifier: MIT */
/*
 * missing.h: which numbers of a numbering have not come, as ranges in order.
 * The daemon counts by it, a collector asks by it.
 */
#ifndef CCMON_MISSING_H
#define CCMON_MISSING_H

#include "base.h"

#define MISSING_MAX	1024	/* ranges of one numbering; 24 KiB */
#define NOT_MISSED	(-1)	/* a time */

struct range {
	uint64_t	first, last;
	msec_t		at;		/* when it was missed.  NOT_MISSED: from before we
					   listened; taken when it comes, else no loss */
};

/* The ranges are the caller's memory: the functions below that can make one
 * more want room for it, cap > n, and cap need never pass MISSING_MAX + 1. */
struct missing {
	struct range	*range;		/* ascending, with something between any two */
	uint32_t	 n, cap;
	uint64_t	 count;		/* numbers in all of them that were missed */
};

static inline bool
missing_wants_room(const struct missing *m)
{
	return m->n == m->cap;
}

/* Those from first to last, all above the ranges there are, have not come. */
void	missing_add(struct missing *, uint64_t first, uint64_t last, msec_t at);
/* This one came.  false: it was not missing.  May make two of a range. */
bool	missing_take(struct missing *, uint64_t number);
/* Those from first to last are not waited for any more: how many were missed. */
uint64_t missing_drop(struct missing *, uint64_t first, uint64_t last);
/* When there are more ranges than MISSING_MAX, the oldest is put in *dropped
 * and not waited for any more. */
bool	missing_shrink(struct missing *, struct range *dropped);
/* Numbers missed at that time or later. */
uint64_t missing_since(const struct missing *, msec_t at);

static inline uint64_t
range_size(const struct range *r)
{
	return r->last - r->first + 1;
}

#endif
