/* SPDX-License-Identifier: MIT */
/*
 * lease.h: whose the site is, and for how long that is certain.
 *
 * Every write of the owner moves the end of the lease in Redis, by the clock
 * of Redis (scripts.h).  Here is what follows from that for this daemon, by
 * its own monotonic clock: does it still own the site, may it page, and when
 * may one that stands by take over.
 */
#ifndef CCMON_LEASE_H
#define CCMON_LEASE_H

#include <ccmon/base.h>

/* A lease runs so long from each write.  Redis is told of an extension only
 * when it is worth LEASE_STEP_MS: so much less we count on. */
#define LEASE_MS	3000
#define LEASE_STEP_MS	500
#define LEASE_RENEW_MS	700	/* ms without a write: one for the lease alone */
#define LEASE_LONGEST	60000	/* ms; more is a mistake of a clock that was set back */
/* Redis was out of sight, or emptied: who had the site comes back first.
 * rlink tries again every 5 s, and a fifth of it later by chance. */
#define PATIENCE_MS	8000
#define AWAY_MS		1000	/* Redis is away, and not for a moment */
#define UNANSWERED_MS	1000	/* a command that waits longer is a sign of that */
#define HANG_MS		2000	/* without a turn we hung, and know nothing */
#define HUNG_MS		3000	/* after that we have found Redis if it is there */
#define STANDBY_ASK_MS	250	/* how often who stands by asks */

/* Which pages may go out: none, as another daemon may have the site; those a
 * commit has; all, as Redis is away. */
enum pages_allowed { PAGES_NONE, PAGES_COMMITTED, PAGES_ALL };

/* What may be taken: nothing; a lease that ran out under our eyes; a site
 * that nobody holds, too. */
enum lease_claim { CLAIM_NOTHING, CLAIM_EXPIRED, CLAIM_ANY };

struct lease {
	bool	standby;	/* another had it when we asked last */
	msec_t	until;		/* ours, certainly */
	msec_t	extended;	/* when the last write was sent that is known done */
	msec_t	trouble_since;	/* Redis is gone, or refuses; MSEC_NEVER */
	msec_t	looked;		/* the last turn */
	msec_t	dazed_until;	/* we hung before, and may be wrong about Redis */
	msec_t	patient_until;	/* standing by; 0: we see it run */
};

/* All times are monotonic ms. */
void	lease_init(struct lease *, msec_t mono);
/* A write that was sent then was done: the site was ours. */
void	lease_extend(struct lease *, msec_t sent);
void	lease_trouble(struct lease *, msec_t mono);	/* Redis is gone, or refuses */
void	lease_waits(struct lease *, msec_t sent, msec_t mono);	/* that is not answered yet */
void	lease_fine(struct lease *);			/* it answers */
bool	lease_is_due(const struct lease *, msec_t mono);
/* Once a turn. */
enum pages_allowed	lease_pages(struct lease *, msec_t mono, bool running);

/* Another has it, for so long; or nobody has (left < 0 where there is none). */
void	lease_is_others(struct lease *, msec_t left, bool anybody, msec_t mono);
/* Redis is there again, after we did not see it for a while. */
void	lease_unseen(struct lease *, msec_t mono);
enum lease_claim	lease_claim(const struct lease *, msec_t mono);

/* The lease asked for while a command of so many bytes is under way. */
msec_t	lease_for(size_t bytes);

#endif
