/* SPDX-License-Identifier: MIT */
/*
 * slices.h: the fields of the state, asked for some at a time.  Pure: the
 * caller sends and receives.
 *
 *	slices_names --> slices_left? --> slices_ask --> slices_take --.
 *	                      ^---------------------------------------'
 */
#ifndef CCMON_SLICES_H
#define CCMON_SLICES_H

#include <ccmon/out.h>
#include <ccmon/rlink.h>

#include "engine/engine.h"

struct slices {
	struct out	 names;	/* u32 length and bytes of each */
	size_t		 asked;	/* where the slice under way begins */
	size_t		 next;	/* where the one after it does */
};

void	slices_init(struct slices *);
void	slices_fini(struct slices *);
/* All names, as HKEYS gives them.  false: no memory. */
bool	slices_names(struct slices *, const struct reply *) CCMON_CHECK;
bool	slices_left(const struct slices *);
/* The words after the key of an HMGET for the next slice; returns how many. */
size_t	slices_count(const struct slices *);
void	slices_ask(struct slices *, struct out *command);
/* Gives each field to put.  -1: put refused *bad; or, *bad is empty, Redis did
 * not give what was asked. */
int	slices_take(const struct slices *, const struct reply *,
	    int (*put)(void *arg, const struct state_field *), void *arg, struct str *bad) CCMON_CHECK;

#endif
