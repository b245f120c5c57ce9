/* SPDX-License-Identifier: MIT */
/*
 * publish.h: events out of the program, at their time: over ZeroMQ, or as
 * lines into a file.
 */
#ifndef CCMON_FEED_PUBLISH_H
#define CCMON_FEED_PUBLISH_H

#include <ccmon/event.h>

struct publish_options {
	const char	*file;		/* "-": standard output; NULL: ZeroMQ */
	const char	*bind, *connect;
	const char	*key;		/* file with our secret key; NULL: no keys */
	const char	*peers;		/* bind: directory of who may come */
	const char	*server_key;	/* connect: file with the key of who is bound */
	bool		 plaintext;	/* tcp without keys, also to elsewhere */
	bool		 push;		/* PUSH, else XPUB */
	const char	*replay;	/* where events are to be had again; or NULL */
	size_t		 keep;		/* so many of them */
	msec_t		 stay;		/* after the last one, for who asks */
	unsigned	 wait;		/* subscribers to wait for */
	double		 speed;		/* 1: at their time; 0: as fast as it goes */
};

struct publisher;

/* NULL: it said why. */
struct publisher *publish_open(const struct publish_options *) CCMON_CHECK;
/* It is that time now: what is older is not waited for.  Without it, it is the
 * first event's. */
void	publish_now_is(struct publisher *, msec_t);
/* Waits until the time of an event has come; false: told to stop. */
bool	publish_at(struct publisher *, msec_t);
/* All false: it cannot be sent, or told to stop (publish_close knows). */
bool	publish_event(struct publisher *, const struct event *);
bool	publish_line(struct publisher *, struct str body);
/* The same for a source that may be silent: what it says is held back, and
 * goes out before the next that is not; or at the end. */
bool	publish_or_hold(struct publisher *, const struct event *, bool is_silent);
/* Sends what is left and says what there was; false: something failed. */
bool	publish_close(struct publisher *);

#endif
