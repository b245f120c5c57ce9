/* SPDX-License-Identifier: MIT */
/*
 * route.h: who to ask next for the Redis that has our keys.
 *
 *	server		one address: there it is, or nowhere
 *	cluster		any node; it has our keys, or says who does (MOVED)
 *	sentinel	any sentinel, then the master it names
 *
 * Whoever connects goes to `at`, asks there what route_question says, and
 * shows the answer to route_judge.  Pure: it knows addresses and answers, no
 * socket and no time.
 */
#ifndef LIB_REDIS_ROUTE_H
#define LIB_REDIS_ROUTE_H

#include <ccmon/rlink.h>

#define ROUTE_WHERE_MAX 128 /* bytes with NUL; a socket's path has 107 */
#define ROUTE_WHY_MAX	256 /* bytes with NUL */

enum route_kind { ROUTE_SERVER, ROUTE_CLUSTER, ROUTE_SENTINEL };

enum route_question {
	ROUTE_PING,	/* are you there? */
	ROUTE_KEY,	/* have you our keys? */
	ROUTE_MASTER,	/* who is the master? (a sentinel) */
	ROUTE_ROLE,	/* are you one? */
};

enum route_verdict {
	ROUTE_HERE,	/* stay */
	ROUTE_ELSEWHERE, /* leave, and go on at once */
	ROUTE_LATER,	/* leave, and try again in a while */
	ROUTE_LOADING,	/* the same, it cannot be long */
	ROUTE_REFUSED,	/* leave; a human must act */
};

struct route {
	enum route_kind	 kind;
	const char	*unix_path, *master;	/* borrowed */
	struct redis_address *known;		/* server; nodes; or sentinels */
	size_t		 nknown, next;
	struct redis_address sent_to;		/* by MOVED or by a sentinel */
	bool		 sent;
	unsigned	 hops;			/* on this way, so far */
	struct redis_address at;		/* where to connect; nowhere: unix_path */
	enum route_question question;		/* what to ask there */
};

/* Borrows the options.  -1 with errno: EINVAL, an address is not numeric. */
int	route_init(struct route *, const struct rlink_options *) CCMON_CHECK;
void	route_fini(struct route *);
/* Sets `at` and `question`. */
void	route_next(struct route *);
/* Not reached, or lost: a new way begins, where we were sent or else at the
 * next address known. */
void	route_failed(struct route *);
/* What the answer to the question means; why, unless HERE or ELSEWHERE. */
enum route_verdict route_judge(struct route *, const struct reply *, char why[ROUTE_WHY_MAX]);
/* An answer to any later command: does it say that our keys are not, or no
 * longer, to be had here?  Then the next way begins where it says. */
bool	route_has_moved(struct route *, const struct reply *);
/* How many attempts find what can be found, for who does not try for ever. */
size_t	route_attempts(const struct route *);
/* `at`, for a human. */
const char *route_where(const struct route *, char buf[ROUTE_WHERE_MAX]);

#endif
