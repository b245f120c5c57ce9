/* SPDX-License-Identifier: MIT */
/*
 * outbox.h: the pages on disk, and how far each hook got with them.
 *
 * Pages are numbered as they come.  A finished one loses all but its head,
 * and goes after OUTBOX_KEEP_MS or when OUTBOX_KEEP newer ones are there.
 */
#ifndef CCMON_HOOKS_OUTBOX_H
#define CCMON_HOOKS_OUTBOX_H

#include <ccmon/base.h>

#define OUTBOX_KEEP_MS	(INT64_C(7) * 24 * 3600 * 1000)	/* ms */
#define OUTBOX_KEEP	100000	/* finished pages */

struct outbox_page {
	uint64_t	seq;		/* 1, 2 ... */
	msec_t		arrived;	/* epoch ms */
	msec_t		ended;		/* epoch ms; -1: not finished */
	bool		delivered;
	struct str	fields;		/* of its PAGE frame */
};

/* One page at the n-th of its hooks. */
struct outbox_delivery {
	uint32_t	attempt;	/* runs begun */
	uint8_t		done;		/* outcome is its end */
	uint8_t		outcome, doom;	/* as in lanes.h */
	msec_t		next;		/* epoch ms */
};

/* A hook since the outbox began. */
struct outbox_hook {
	uint64_t	delivered, given_up, attempts;
	msec_t		last_time;	/* epoch ms; -1 */
	uint8_t		last_outcome;
	char		last_why[160];
};

struct outbox;
/* Opens what is in the directory, which exists and is ours alone.  NULL: said why. */
struct outbox	*outbox_open(const char *dir);
void		 outbox_close(struct outbox *);

/* All pages, oldest first.  -1: the rest cannot be read, said why. */
int		 outbox_walk(struct outbox *, void (*page)(void *arg, const struct outbox_page *),
		    void *arg);
bool		 outbox_delivery(struct outbox *, uint64_t seq, unsigned n, struct outbox_delivery *);
bool		 outbox_hook(struct outbox *, const char *name, struct outbox_hook *);
bool		 outbox_has(struct outbox *, struct str id);
uint64_t	 outbox_last(const struct outbox *);	/* the newest page's number, or 0 */

/* A transaction: what goes wrong in it is told by its commit: -1, and all of
 * it is to be written again. */
void		 outbox_begin(struct outbox *);
void		 outbox_put_page(struct outbox *, const struct outbox_page *, struct str id);
void		 outbox_put_delivery(struct outbox *, uint64_t seq, unsigned n,
		    const struct outbox_delivery *);
/* Instead of all that is there of it. */
void		 outbox_put_finished(struct outbox *, const struct outbox_page *, struct str id,
		    unsigned ndeliveries);
void		 outbox_put_hook(struct outbox *, const char *name, const struct outbox_hook *);
int		 outbox_commit(struct outbox *) CCMON_CHECK;
const char	*outbox_problem(const struct outbox *);	/* why the last commit failed */

/* Removes a few finished pages, the oldest first: those whose time is up, and
 * those beyond so many.  True: there may be more. */
bool		 outbox_prune(struct outbox *, msec_t now, size_t keep);

#endif
