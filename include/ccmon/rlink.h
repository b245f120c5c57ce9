/* SPDX-License-Identifier: MIT */
/*
 * rlink.h: one connection to Redis, wherever it is just now: lib/redis/.
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
	/* One of: a socket; an address; the nodes of a cluster, of which the link
	 * finds and follows the one that has `key`; sentinels, and the name by
	 * which they know the master.  Addresses are numeric. */
	const char	*unix_path;
	const char	*host;
	int		 port;
	const char *const *nodes;	/* "address:port"; NULL-ended */
	const char	*key;
	const char *const *sentinels;	/* "address:port"; NULL-ended */
	const char	*master;
	const char	*username;	/* or NULL */
	const char	*password;	/* or NULL */
	const char	*client_name;	/* CLIENT SETNAME */
	msec_t		 timeout;	/* to connect; of silence; 0: 2 s */
	/* Connected and authenticated; or gone, or not reached (why is one line
	 * for a human).  It tries again by itself, after 100 ms doubling to 5 s
	 * (1 s when there is somebody else to ask) with jitter; when Redis
	 * refused us after 5 s, while it loads its data after 200 ms.  Being sent
	 * from node to node on the way is not told.  Either may be NULL. */
	void		(*on_up)(void *arg);
	void		(*on_down)(void *arg, const char *why);
	void		*arg;
};

/* "127.0.0.1:6379", "[::1]:6379". */
struct redis_address {
	char		 host[46];	/* bytes with NUL; INET6_ADDRSTRLEN */
	int		 port;
};
/* False: its host is no numeric address, or its port none. */
bool	redis_address_parse(struct redis_address *, struct str) CCMON_CHECK;

struct rlink;
/* Copies the options; connects from the loop.  NULL with errno: EINVAL when
 * an address is not numeric (looking up a name would block). */
struct rlink *rlink_open(const struct rlink_options *) CCMON_CHECK;
/* Answers what is outstanding with NULL; does not call on_down. */
void	rlink_close(struct rlink *);
bool	rlink_is_up(const struct rlink *);
size_t	rlink_in_flight(const struct rlink *);	/* commands not yet answered */
/* Where it is, or tried last, in words; good until asked again. */
const char *rlink_where(const struct rlink *);
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
const char *rclient_where(const struct rclient *);	/* as rlink_where */
/* The reply (free with reply_free), or NULL when the connection failed. */
struct reply *rclient_ask(struct rclient *, struct out *command);
void	reply_free(struct reply *);

#endif
