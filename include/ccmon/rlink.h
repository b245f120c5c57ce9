/* SPDX-License-Identifier: MIT */
/*
 * rlink.h: one connection to Redis.  The only place that knows hiredis, that
 * it has no time-outs of its own, and where its contexts may be freed.
 *
 * Commands are RESP bytes built by resp_*(), sent in order, answered in
 * order.  No command is ever sent twice by rlink: when the connection is lost
 * each outstanding one is answered with reply == NULL ("outcome unknown").
 */
#ifndef CCMON_RLINK_H
#define CCMON_RLINK_H

#include "base.h"
#include "out.h"

/* A reply, in our own words, so that nobody else needs hiredis.h. */
enum reply_type { REPLY_STATUS, REPLY_ERROR, REPLY_INT, REPLY_TEXT, REPLY_NIL, REPLY_ARRAY };
struct reply {
	enum reply_type	 type;
	int64_t		 integer;
	struct str	 text;		/* STATUS, ERROR, TEXT; borrowed in the callback */
	size_t		 n;		/* ARRAY */
	struct reply	*item;
};

typedef void reply_fn(void *arg, const struct reply *);

struct rlink_options {
	const char	*unix_path;	/* or */
	const char	*host;		/* numeric address */
	int		 port;
	const char	*username;	/* or NULL */
	const char	*password;	/* or NULL */
	const char	*client_name;	/* CLIENT SETNAME */
	msec_t		 timeout;	/* connect, and oldest command; 0: 2 s */
	/* Connected and authenticated; or gone, or not reached (why is one line
	 * for a human).  It tries again by itself, after 100 ms doubling to 5 s
	 * with jitter; when Redis refused us after 5 s, while it loads its data
	 * after 200 ms.  Either may be NULL. */
	void		(*on_up)(void *arg);
	void		(*on_down)(void *arg, const char *why);
	void		*arg;
};

struct rlink;
/* Copies the options; connects from the loop.  NULL with errno: EINVAL when
 * host is no numeric address (looking up a name would block). */
struct rlink *rlink_open(const struct rlink_options *) CCMON_CHECK;
/* Answers what is outstanding with NULL; does not call on_down. */
void	rlink_close(struct rlink *);
bool	rlink_is_up(const struct rlink *);
size_t	rlink_in_flight(const struct rlink *);	/* commands not yet answered */
/* Drops the connection (on_down is called) and connects anew. */
void	rlink_drop(struct rlink *, const char *why);
/* Sends one command, which stays as it is; fn may be NULL.  -1 with errno:
 * ENOTCONN when not up, ENOMEM.  fn is called once, never from in here. */
int	rlink_send(struct rlink *, struct out *command, reply_fn *fn, void *arg) CCMON_CHECK;

/* Building a command: resp_begin(o, number of words) begins anew, then just
 * that many words. */
void	resp_begin(struct out *, size_t nwords);
void	resp_word(struct out *, const void *, size_t);
void	resp_text(struct out *, const char *);
void	resp_int(struct out *, int64_t);

/* For command-line tools: one connection, one question at a time, waited for
 * at most opts->timeout.  NULL: err is one line for a human. */
struct rclient;
struct rclient *rclient_open(const struct rlink_options *, char *err, size_t errlen);
void	rclient_close(struct rclient *);
/* The reply (free with reply_free), or NULL when the connection failed. */
struct reply *rclient_ask(struct rclient *, struct out *command);
void	reply_free(struct reply *);

#endif
