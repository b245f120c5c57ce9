/* SPDX-License-Identifier: MIT */
/*
 * zev_int.h: the inside of a struct zev, for zev.c, which has it running, and
 * zev_ends.c, which binds and connects it.
 */
#ifndef LIB_ZEV_INT_H
#define LIB_ZEV_INT_H

#include <sys/queue.h>

#include <zmq.h>

#include "ccmon/log.h"
#include "ccmon/zev.h"
#include "lib/zap.h"

struct deed;

struct zev {
	LIST_ENTRY(zev)	 link;
	struct zev_options o;
	void		*socket;
	struct event	*readable, *timer;	/* NULL: used without a loop */
	zmq_msg_t	 peer, frame[3];	/* reused; frame[2] takes what nobody wants */
	struct zev_frames message;		/* what they hold */
	unsigned	 subscriptions;		/* XPUB */
	bool		 paused;
	bool		 held;			/* message was not taken */
	bool		 blocked;		/* zev_send said EAGAIN */
	bool		 pumping, closed;	/* closed while pumping: end it after */
	bool		 lingers;

	/* of zev_ends.c */
	STAILQ_HEAD(deed_list, deed) deeds;	/* done, to be done again after it was closed */
	struct deed	*undone;		/* the first that is not yet */
	struct event	*again;
	struct door	*door;			/* NULL: nobody comes over tcp, or everybody */
	struct log_complaint trouble;
};

#define BIT(type)	(1u << (type))
#define ANY		(~0u)

struct option {
	int		option;
	int		value;
	unsigned	types;
};

/* ---- zev.c */
extern void	*zev_context;
int	zev_set_options(struct zev *, const struct option *, size_t n) CCMON_CHECK;
/* The socket and its events; -1: errno, and there may be a part of it. */
int	zev_open_socket(struct zev *) CCMON_CHECK;
void	zev_close_socket(struct zev *);
/* After anything that may have used up the descriptor's word. */
void	zev_look_later(struct zev *);

/* ---- zev_ends.c */
void	zev_forget_ends(struct zev *);
void	zev_unlock_paths(void);

#endif
