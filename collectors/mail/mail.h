/* SPDX-License-Identifier: MIT */
/*
 * mail.h: from the mails of one mailbox to events.  Pure: the same mails in
 * the same order give the same events.
 */
#ifndef MAIL_MAIL_H
#define MAIL_MAIL_H

#include "header.h"
#include "thread.h"

struct mailbox {
	struct str	source;		/* of its events */
	struct str	queue;		/* where nothing else is said */
	/* NULL-ended, or NULL: "address=name", "address", "@domain=name", "@domain" */
	char		**agents;	/* "alice@example.org=alice" */
	char		**addresses;	/* the mailbox's own: "sales@example.org=sales" */
	msec_t		anew_after;	/* a matter this old has been dealt with: the
					   customer's next mail is another; 0: never */
	struct threads	threads;
	void		(*event)(void *arg, struct event *);
	void		*arg;
};

struct mail {
	char		*block;		/* its headers; they are changed in place */
	size_t		n;
	msec_t		filed;		/* when its file was last written */
	bool		is_old;		/* from before we listened: makes no events */
};

enum mail_verdict {
	MAIL_TAKEN,		/* events were made of it */
	MAIL_SKIPPED,		/* it says nothing to count, and is remembered */
	MAIL_SEEN,		/* its Message-ID was here before */
	MAIL_NONE,		/* no mail: it has no headers */
	MAIL_UNNAMED		/* its agent's address makes no name */
};

enum mail_verdict mail_take(struct mailbox *, struct mail *);

#endif
