/* SPDX-License-Identifier: MIT */
/*
 * zev.h: a ZeroMQ socket as a libevent source.  The one place that knows
 * libzmq, and that ZMQ_FD is edge-triggered: it looks at ZMQ_EVENTS after the
 * descriptor's event, after every send, and every 100 ms to be safe.
 *
 * A socket that was given neither on_message nor on_writable needs no loop;
 * nor does opening one that was.
 */
#ifndef CCMON_ZEV_H
#define CCMON_ZEV_H

#include "base.h"

enum zev_type { ZEV_SUB, ZEV_PULL, ZEV_PUSH, ZEV_XPUB, ZEV_DEALER, ZEV_ROUTER };

struct zev;
struct keys;

struct zev_frames {		/* one message; borrowed during the callback */
	struct str	frame[2];	/* the first two frames */
	unsigned	n;		/* how many there were in all */
	struct str	peer;		/* ROUTER: the routing id, not among frames */
	struct str	user;		/* ROUTER with keys: whose key it has */
};

struct zev_options {
	enum zev_type	 type;
	int		 hwm;		/* messages, both ways; 0: no limit */
	int64_t		 max_msg;	/* bytes; a longer one drops its sender's connection */
	/* Called for each message.  false: not taken.  The socket is then
	 * paused and this very message is kept; after zev_resume it is given
	 * again, before any other.  NULL: nothing is ever received.  It may
	 * send, pause and close; it is never called from within zev_send. */
	bool		(*on_message)(void *arg, const struct zev_frames *);
	/* After a run of messages was taken and the socket is empty or the
	 * budget is spent; may be NULL. */
	void		(*on_drained)(void *arg, unsigned taken);
	/* XPUB: a subscription came (true) or went; others: may be sent to
	 * again after zev_send said -1 EAGAIN; may be NULL. */
	void		(*on_writable)(void *arg);
	void		*arg;
	unsigned	 budget;	/* messages a turn; 0: 256 */
	/* When a turn took fewer than coalesce_below messages, look again only
	 * after this long: waking for each message costs more than its work.
	 * 0: never wait.  A turn that took none waits for the descriptor. */
	msec_t		 coalesce_ms;
	unsigned	 coalesce_below;
	/* tcp: CURVE by these keys (keys.h), borrowed.  Who binds lets in the
	 * peers that stand there at the time they come; who connects talks to
	 * keys->server alone.  NULL: only ipc, or it says so: */
	const struct keys *keys;
	bool		 plaintext;	/* tcp without keys: everybody may come, and read */
};

/* NULL with errno.  linger 0; heartbeats 5 s / 20 s on tcp; SUB subscribes
 * with ZMQ_SNDHWM 0 so that no subscription is lost. */
struct zev *zev_open(const struct zev_options *) CCMON_CHECK;
void	zev_close(struct zev *);
/* ipc: EADDRINUSE when another process, or an earlier socket of this one, has
 * bound the path (a lock on PATH.lock says so until zev_end or exit);
 * ENAMETOOLONG; mode 0660.  tcp, as zev_connect: EACCES without the keys.
 * Other transports: EPROTONOSUPPORT. */
int	zev_bind(struct zev *, const char *endpoint) CCMON_CHECK;
int	zev_connect(struct zev *, const char *endpoint) CCMON_CHECK;
/* Cuts all peers off, and binds anew (tcp alone): as soon as the address is
 * free, which may take some milliseconds.  Who may come comes again by itself;
 * what was under way is lost.  Not from a callback of the socket. */
void	zev_reopen(struct zev *);
/* Is it a tcp endpoint of this machine, by its number? */
bool	zev_is_here(const char *endpoint);
int	zev_subscribe(struct zev *, const char *prefix) CCMON_CHECK;
/* Sends without waiting: 0, or -1 with EAGAIN (full), EHOSTUNREACH (ROUTER:
 * the peer is gone).  topic or peer may be STR_NONE.  ROUTER: first frame is
 * the peer; others: topic, when given, is a frame before the body. */
int	zev_send(struct zev *, struct str topic_or_peer, struct str body) CCMON_CHECK;
void	zev_pause(struct zev *);	/* take no messages until ... */
void	zev_resume(struct zev *);
/* For programs without a loop: block until it can be sent, or until n
 * subscriptions (XPUB) or a peer (others) are there: 0, or -1 with ETIMEDOUT.
 * What zev_send_wait took is still delivered after zev_close, for at most the
 * two seconds of zev_end; all else is dropped at once.  (Over ipc a receiver
 * that is at its hwm when the sender goes loses what the kernel holds.) */
int	zev_send_wait(struct zev *, struct str topic, struct str body) CCMON_CHECK;
int	zev_wait_subscribers(struct zev *, unsigned n, msec_t timeout) CCMON_CHECK;
/* Closes what is open and ends the process's one context; at most two
 * seconds.  Not from a callback. */
void	zev_end(void);
const char *zev_error(int errnum);

#endif
