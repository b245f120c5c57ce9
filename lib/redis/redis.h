/* SPDX-License-Identifier: MIT */
/*
 * redis.h: what the files of this folder share: hiredis's replies in our own
 * words, its sockets in our loop, and what is said first on a connection.
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
