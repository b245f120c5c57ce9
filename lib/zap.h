/* SPDX-License-Identifier: MIT */
/*
 * zap.h: between zev.c, which has the sockets, and zap.c, which gives them
 * their keys and answers who may come.
 */
#ifndef LIB_ZAP_H
#define LIB_ZAP_H

#include "ccmon/keys.h"

/* The door of one bound socket. */
struct door;

/* Answers for all doors from now on, until zap_close; run by the loop. */
int	zap_open(void *context) CCMON_CHECK;
void	zap_close(void);

/* keys are looked at each time somebody comes, borrowed until door_free; where
 * is for the log.  NULL: no memory. */
struct door *door_new(const struct keys *, const char *where) CCMON_CHECK;
void	door_free(struct door *);

/* Before bind: only those of the keys' peers come in, and nobody does while
 * no one answers for the doors.  -1: errno, and the socket must not be bound. */
int	zap_guard(void *socket, const struct door *) CCMON_CHECK;
/* Before connect: only to who has the key that is called server. */
int	zap_greet(void *socket, const struct keys *) CCMON_CHECK;

#endif
