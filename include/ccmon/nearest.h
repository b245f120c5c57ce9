/* SPDX-License-Identifier: MIT */
/*
 * nearest.h: which known word may have been meant by one that nobody knows.
 */
#ifndef CCMON_NEAREST_H
#define CCMON_NEAREST_H

#include "base.h"

struct nearest {
	const char	*word;		/* borrowed */
	const char	*best;		/* borrowed; NULL: none is near */
	unsigned	 distance;	/* letters changed, added or left out */
};

/* Begin with the unknown word, offer every known one, look at best. */
void	nearest_begin(struct nearest *, const char *word);
void	nearest_offer(struct nearest *, const char *known);

#endif
