/* SPDX-License-Identifier: MIT */
/*
 * http.h: what the web server (http_server.h) leans on: http_host.c, whether
 * it is us who is meant, and http_guard.c, who may stay connected.
 */
#ifndef CCMON_HTTP_H
#define CCMON_HTTP_H

#include <sys/queue.h>

#include "base.h"

#define HTTP_HEAD_MAX	8192	/* bytes of a request line and its headers */

/* ---- http_host.c, pure */

/* Is that name, perhaps with a port, the address it listens at, this machine,
 * or one of names, which ends with NULL or is NULL? */
bool	http_host_is_ours(struct str host, const char *listen, char *const *names);

/* ---- http_guard.c */

struct bufferevent;
struct evconnlistener;
struct guard;

enum stage {
	STAGE_READING,		/* a request is on its way */
	STAGE_IDLE,		/* kept alive, and nothing came yet */
	STAGE_WAITING,		/* the request is here, the answer not yet */
	STAGE_ANSWERING,	/* the answer is on its way */
	STAGE_STREAMING,	/* and has no end; the caller looks after it */
	STAGE_LEAVING,		/* was sent away, and may still be talking */
	STAGE_COUNT
};

/* A connection. */
struct peer {
	TAILQ_ENTRY(peer) next;
	struct guard	*guard;
	struct bufferevent *bev;
	void		*own;		/* the caller's; NULL at first */
	msec_t		 since;		/* it is in its stage; monotonic */
	size_t		 received;	/* bytes of its request, in memory */
	uint8_t		 stage;		/* enum stage */
	uint8_t		 away;		/* the reason to send it away, or 0 */
};

struct guard_options {
	size_t		body_max;	/* bytes of a request's body */
	void		(*late)(void *arg, struct peer *); /* it waits too long */
	/* It was sent away with that status, or 0: without a word. */
	void		(*sent_away)(void *arg, int status, const char *why);
	void		*arg;
};

struct guard *guard_open(const struct guard_options *) CCMON_CHECK;	/* NULL: no memory */
void	guard_close(struct guard *);		/* nobody uses its bufferevents any more */
void	guard_listen(struct guard *, struct evconnlistener *);
void	guard_stop(struct guard *);		/* nobody new */
void	guard_pause(struct guard *);		/* nobody new for a moment */
void	guard_allow(struct guard *, unsigned connections);	/* so many more */
/* One for who is about to be accepted; the other owner frees it as its own. */
struct bufferevent *guard_admit(struct guard *) CCMON_CHECK;
struct peer *guard_find(struct guard *, const struct bufferevent *);	/* or NULL */
void	guard_stage(struct peer *, enum stage);
void	guard_next(struct peer *);		/* was answered; the next request, please */
bool	guard_is_busy(const struct guard *);	/* somebody still waits for an answer */

#endif
