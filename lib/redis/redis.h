/* SPDX-License-Identifier: MIT */
/*
 * redis.h: what the files of this folder share.
 */
#ifndef LIB_REDIS_REDIS_H
#define LIB_REDIS_REDIS_H

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include "route.h"

#define TIMEOUT_MS 2000 /* of rlink_options, when it says none */

/* ---- replies.c */

/* How many struct reply it takes. */
size_t	replies_count(const redisReply *);
/* Writes raw as *r, its items from `room` on; returns the first left.  Texts
 * stay where hiredis put them. */
struct reply *replies_translate(const redisReply *raw, struct reply *r, struct reply *room);

/* ---- options.c */

/* Makes texts of its own, also when it fails (out of memory). */
bool	options_copy(struct rlink_options *to, const struct rlink_options *from) CCMON_CHECK;
void	options_fini(struct rlink_options *);

/* ---- pending.c */

/* A command not yet answered. */
struct pending {
	reply_fn	*fn;
	void		*arg;
	uint64_t	 end;	/* its last byte, from the first of the connection */
	size_t		 nbytes;
};
struct pending_queue {
	struct pending	*ring;	/* of cap, a power of two */
	size_t		 head, n, cap;
	uint64_t	 queued; /* bytes since the connection began */
};
bool	pending_reserve(struct pending_queue *) CCMON_CHECK;	/* room for one more */
void	pending_add(struct pending_queue *, reply_fn *fn, void *arg, size_t nbytes);
struct pending pending_take(struct pending_queue *);		/* the oldest */
/* Is some of the oldest among the bytes that have not left? */
bool	pending_oldest_leaves(const struct pending_queue *, size_t unsent);
size_t	pending_oldest_bytes(const struct pending_queue *);
void	pending_reset(struct pending_queue *);			/* a new connection */
void	pending_fini(struct pending_queue *);

/* ---- watch.c */

enum watch_side { WATCH_READ, WATCH_WRITE };

/* Puts the connection in our loop.  `moving` is told before bytes come or
 * leave.  False: out of memory, and nothing will ever happen on it. */
bool	watch_attach(redisAsyncContext *, void (*moving)(void *arg, enum watch_side),
	    void *arg) CCMON_CHECK;

/* ---- greeting.c */

/* The i-th command of the greeting into *o; true with the last, which is the
 * route's question.  Any other must only not be answered with an error. */
bool	greeting_command(struct out *, const struct rlink_options *, const struct route *,
	    unsigned i);

#endif
