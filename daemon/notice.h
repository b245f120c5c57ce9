/* SPDX-License-Identifier: MIT */
/*
 * notice.h: pages that no alert gave: the watchdog's sign of life, and the
 * test of a hook.  They look like any other page.
 */
#ifndef CCMON_NOTICE_H
#define CCMON_NOTICE_H

#include <ccmon/out.h>

#include "page.h"

#define NOTICE_WATCHDOG	"watchdog."	/* and the epoch second */
#define NOTICE_TEST	"test."		/* and the order's id; ".end" at its end */
#define NOTICE_ENV_MAX	20	/* variables */

struct notice {
	struct page	 page;		/* borrows from the rest */
	char		 id[PAGE_ID_MAX];
	char		 hook_name[65];	/* bytes with NUL; a name's 64 */
	struct str	 hook;
	struct str	 env[NOTICE_ENV_MAX];
	struct out	 envs;		/* each ended by a NUL */
	struct out	 body;
};

void	notice_init(struct notice *);
void	notice_fini(struct notice *);
void	notice_watchdog(struct notice *, const char *site, const char *hook, msec_t now);
/* A test, which began then; and its end, when it was delivered: whoever opened
 * an incident for it can close that. */
void	notice_test(struct notice *, const char *site, const char *hook, struct str order, msec_t now);
void	notice_test_end(struct notice *, const char *site, const char *hook, struct str order,
	    msec_t began, msec_t now);

#endif
