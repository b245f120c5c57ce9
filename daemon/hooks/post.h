/* SPDX-License-Identifier: MIT */
/*
 * post.h: the runner's pages, from the line to the hooks and back.
 */
#ifndef CCMON_HOOKS_POST_H
#define CCMON_HOOKS_POST_H

#include "frame.h"

struct post;
/* Opens the outbox in the directory, and writes what it has as TOLD frames,
 * and READY.  What post has to say it always writes to `to`.  NULL: said why. */
struct post	*post_open(const char *dir, struct out *to);
void		 post_close(struct post *);
/* Frames of the daemon. */
void		 post_take(struct post *, const struct frame *);
/* Stores, tells, starts.  Returns when to be called again (monotonic). */
msec_t		 post_turn(struct post *, bool may_start);

#endif
